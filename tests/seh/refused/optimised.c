/* options: -O1 */
/* expect: error: .*ntio: a source that uses __try must be compiled at -O0 */
#include <ntddk.h>
int f(int x)
{
    __try {
        x = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        x = 2;
    }
    return x;
}
