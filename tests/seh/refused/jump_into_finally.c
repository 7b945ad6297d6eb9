/* expect: error: .*(jump into scope|cannot jump from this goto) */
#include <ntddk.h>
int f(int x)
{
    if (x)
        goto inside;
    __try {
        x = 1;
    } __finally {
    inside:
        x = 2;
    }
    return x;
}
