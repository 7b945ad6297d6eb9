/* Ends by an exception that no __try takes: the filter of the process does (argument "filter"), or nobody. */
#include <stdio.h>
#include <windows.h>

static LONG WINAPI filter(EXCEPTION_POINTERS *pointers)
{
    printf("filter of %08lX\n", (unsigned long)(DWORD)pointers->ExceptionRecord->ExceptionCode);
    fflush(stdout);
    return EXCEPTION_EXECUTE_HANDLER;
}

int main(int argc, char **argv)
{
    (void)argv;
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
