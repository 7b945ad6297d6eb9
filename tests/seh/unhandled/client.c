/* Ends by an exception that no __try takes: the filter of the process does (argument "filter"), or nobody; or one raises whenever it
 * is asked ("nested"). */
#include <stdio.h>
#include <string.h>
#include <windows.h>

static LONG WINAPI filter(EXCEPTION_POINTERS *pointers)
{
    printf("filter of %08lX\n", (unsigned long)(DWORD)pointers->ExceptionRecord->ExceptionCode);
    fflush(stdout);
    return EXCEPTION_EXECUTE_HANDLER;
}

static int raises(void)
{
    RaiseException(0xE0000008, 0, 0, NULL);
    return EXCEPTION_EXECUTE_HANDLER;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "nested")) {
        __try {
            RaiseException(0xE0000007, 0, 0, NULL);
        } __except (raises()) {
            printf("not reached\n");
        }
        return 0;
    }
    if (argc > 1)
        SetUnhandledExceptionFilter(filter);
    __try {
        RaiseException(0xE0000007, 0, 0, NULL);
        printf("not reached\n");
    } __finally {
        printf("nor this\n");
    }
    return 0;
}
