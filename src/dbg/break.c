/*
 * Break points, and the debugger that may be there to take them. Without one a break point is an exception
 * that nobody handles, as on Windows. With one (ntio_options.debugger, NTIO_DEBUGGER=1) it is told on the log
 * and answered with "g".
 */
#include "../ke/ke.h"

PBOOLEAN KdDebuggerEnabled = &ntio_machine.kd_enabled, KdDebuggerNotPresent = &ntio_machine.kd_not_present;

static void break_point(ULONG status, void *caller)
{
    if (machine_take_break_point(caller))
        return;
    KiRaiseException(&(EXCEPTION_RECORD){
        .ExceptionCode = STATUS_BREAKPOINT,
        .ExceptionAddress = caller,
        .NumberParameters = 1,
        .ExceptionInformation = {status},
    });
}

VOID DbgBreakPoint(VOID)
{
    GATE(DbgBreakPoint);
    break_point(0, __builtin_return_address(0));
}

VOID DbgBreakPointWithStatus(ULONG Status)
{
    GATE(DbgBreakPointWithStatus, Status);
    break_point(Status, __builtin_return_address(0));
}

/* STATUS_DEBUGGER_INACTIVE without a debugger, STATUS_ACCESS_DENIED with one: it stays as the machine was
 * started. */
NTSTATUS KdDisableDebugger(VOID)
{
    GATE(KdDisableDebugger);
    return ntio_machine.kd_enabled ? STATUS_ACCESS_DENIED : STATUS_DEBUGGER_INACTIVE;
}

NTSTATUS KdEnableDebugger(VOID)
{
    GATE(KdEnableDebugger);
    return ntio_machine.kd_enabled ? STATUS_SUCCESS : STATUS_DEBUGGER_INACTIVE;
}

BOOLEAN KdRefreshDebuggerNotPresent(VOID)
{
    GATE(KdRefreshDebuggerNotPresent);
    return ntio_machine.kd_not_present;
}
