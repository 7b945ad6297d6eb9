/*
 * Calling a registry callback: an exception that it lets out stops the machine.
 */
#define NTIO_SEH_OPTIMIZED /* nothing is written inside the block but a volatile */
#include "cmp.h"

#include <ntio_seh.h>

NTSTATUS cmp_call_guarded(struct cmp_callback *callback, REG_NOTIFY_CLASS class, PVOID information)
{
    NTSTATUS volatile status = STATUS_SUCCESS;
    __try {
        status = callback->function(callback->context, (PVOID)(ULONG_PTR) class, information);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        KiBugCheck(REGISTRY_FILTER_DRIVER_EXCEPTION, (ULONG)GetExceptionCode(), 0,
                   (ULONG_PTR)callback->function, 0, (const void *)(ULONG_PTR)callback->function);
    }
    return status;
}
