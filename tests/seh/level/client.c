/* The same locals in a client, and the driver's verdict. */
#include <stdio.h>
#include <windows.h>

#define CODE ((int)EXCEPTION_ACCESS_VIOLATION)
#include "locals.h"

void seh_raise(int deep)
{
    if (deep > 0)
        seh_raise(deep - 1);
    *(volatile int *)(size_t)(16 + 4 * deep) = 1;
}

int seh_filter(int code, int wanted)
{
    return code == wanted ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}

int main(void)
{
    int failed = check_locals();
    if (failed)
        printf("the client's check in line %d of locals.h failed\n", failed);
    HANDLE device = CreateFileA("\\\\.\\SehLocals", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE)
        return 1;
    CloseHandle(device);
    return failed != 0;
}
