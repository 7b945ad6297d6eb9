/* expect: error: .*(jump into scope|cannot jump from this goto) */
#include <ntddk.h>
int f(int x)
{
    if (x)
        goto inside;
    __try {
    inside:
        x = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        x = 2;
    }
    return x;
}
