/* expect: break_out_of_finally.c:9: break leaves a +__finally block.*break_out_of_finally.c:25: continue leaves.*break_out_of_finally.c:32: */
#include <ntddk.h>
void f(int x)
{
    for (;;) {
        __try {
            x = 1; /* break; */
        } __finally {
            if (x) break;
            while (x)
                break;
            for (int i = 0; i < 3; i++)
                if (i)
                    continue;
                else
                    break;
            do {
                switch (x) {
                case 1:
                    continue;
                }
                break;
            } while (x);
            switch (x) {
            case 1: continue;
            case 2: break;
            }
            DbgPrint("break; } {%c", '{');
            __try {
                x = 3;
            } __except (EXCEPTION_EXECUTE_HANDLER) {
                { break; }
            }
        }
        break;
    }
}
