/* expect: error: .*(switch jumps into scope|cannot jump from switch) */
#include <ntddk.h>
int f(int x)
{
    switch (x) {
    case 1:
        __try {
        case 2:
            x = 1;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            x = 2;
        }
    }
    return x;
}
