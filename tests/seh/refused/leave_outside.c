/* expect: error: .*ntio_seh_leave_ */
#include <ntddk.h>
int f(int x)
{
    __try {
        x = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        __leave;
    }
    return x;
}
