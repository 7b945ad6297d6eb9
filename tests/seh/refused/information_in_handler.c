/* expect: error: .*ntio: GetExceptionInformation\(\) is for the filter of an __except */
#include <ntddk.h>
int f(int x)
{
    __try {
        x = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        x = GetExceptionInformation()->ExceptionRecord->ExceptionCode;
    }
    return x;
}
