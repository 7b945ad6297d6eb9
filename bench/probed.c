/*
 * A METHOD_NEITHER handler that does what it should: it probes and touches the client's memory inside a
 * __try.
 */
#include <ntddk.h>

#include "device.h"

NTSTATUS BenchProbed(PVOID In, ULONG InLength, PVOID Out, ULONG OutLength)
{
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        ProbeForRead(In, InLength, 1);
        ProbeForWrite(Out, OutLength, 1);
        *(volatile UCHAR *)Out = (UCHAR)(*(volatile UCHAR *)In + 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}
