/* expect: error: .*ntio: this is for the filter and the handler of an __except */
#include <ntddk.h>
int f(void)
{
    __try {
        (void)0;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
    return GetExceptionCode();
}
