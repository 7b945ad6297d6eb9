/*
 * Formatting what a driver prints: its arguments may be the client's addresses, and bad ones print nothing.
 */
#define NTIO_SEH_OPTIMIZED /* nothing is written inside the block but a volatile */
#include "guard.h"

#include <ntio_seh.h>

NTSTATUS dbgp_call_guarded(void (*routine)(void *), void *context)
{
    NTSTATUS volatile status = STATUS_SUCCESS;
    __try {
        routine(context);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}
