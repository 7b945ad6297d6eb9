/*
 * A second source of the driver: the same trace functions and control blocks.
 */
#include <ntddk.h>
#include "trace.h"
#include "other.tmh"

VOID TracingOther(VOID);

VOID TracingOther(VOID)
{
    ULONG i;
    for (i = 0; i < 2; i++)
        if (i)
            DoTraceMessage(TRACE_LIFE, "other source, line %!LINE!");
        else
            TraceFunction(TRACE_LIFE, "first");
}
