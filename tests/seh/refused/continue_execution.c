/* expect: error: .*ntio: EXCEPTION_CONTINUE_EXECUTION is not supported */
#include <ntddk.h>
int f(int x)
{
    __try {
        x = 1;
    } __except (EXCEPTION_CONTINUE_EXECUTION) {
        x = 2;
    }
    return x;
}
