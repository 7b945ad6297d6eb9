/* The driver's functions without __try: optimised as the user says. */
#include <ntddk.h>

void seh_raise(int deep);
int seh_filter(int code, int wanted);

void seh_raise(int deep)
{
    if (deep > 0)
        seh_raise(deep - 1);
    ExRaiseStatus((NTSTATUS)0xE0000001);
}

int seh_filter(int code, int wanted)
{
    return code == wanted ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}
