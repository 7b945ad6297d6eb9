/* expect: ^[^a-z]*$ */
#include <ntddk.h>
static int filter(PEXCEPTION_POINTERS pointers)
{
    return pointers->ExceptionRecord->NumberParameters ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}
int f(int x)
{
    for (;;) {
        __try {
            if (x == 1)
                break;
            if (x == 2)
                continue;
            if (x == 3)
                goto out;
            if (x == 4)
                return 4;
            __try {
                if (x == 5)
                    __leave;
                x = 6;
            } __finally {
                if (AbnormalTermination())
                    goto out;
                if (x == 7)
                    return 7;
            }
        } __except (filter(GetExceptionInformation())) {
            if (GetExceptionCode() == STATUS_ACCESS_VIOLATION)
                break;
            if (x == 8)
                continue;
            return 8;
        }
    }
out:
    return x;
}
