/*
 * Connecting interrupts: the DDIs. What an interrupt is, ke/interrupt.c knows.
 */
#include "iop.h"

/*
 * STATUS_INVALID_PARAMETER: the vector is in use and one of the two does not share it, no processor in the
 * mask exists, or SynchronizeIrql is below Irql. IRQL PASSIVE_LEVEL. (WDK: IoConnectInterrupt)
 */
NTSTATUS NTAPI IoConnectInterrupt(PKINTERRUPT *InterruptObject, PKSERVICE_ROUTINE ServiceRoutine,
                                  PVOID ServiceContext, PKSPIN_LOCK SpinLock, ULONG Vector, KIRQL Irql,
                                  KIRQL SynchronizeIrql, KINTERRUPT_MODE InterruptMode, BOOLEAN ShareVector,
                                  KAFFINITY ProcessorEnableMask, BOOLEAN FloatingSave)
{
    GATE(IoConnectInterrupt, InterruptObject, ServiceRoutine, ServiceContext, Vector);
    const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS parameters = {
        .InterruptObject = InterruptObject,
        .ServiceRoutine = ServiceRoutine,
        .ServiceContext = ServiceContext,
        .SpinLock = SpinLock,
        .SynchronizeIrql = SynchronizeIrql,
        .FloatingSave = FloatingSave,
        .ShareVector = ShareVector,
        .Vector = Vector,
        .Irql = Irql,
        .InterruptMode = InterruptMode,
        .ProcessorEnableMask = ProcessorEnableMask,
    };
    *InterruptObject = NULL;
    if (GATE_FAILS(IoConnectInterrupt))
        return STATUS_INSUFFICIENT_RESOURCES;
    return KiConnectInterrupt(&parameters, InterruptObject);
}

/* When it returns, the service routine does not run and is not called again. IRQL PASSIVE_LEVEL. */
VOID NTAPI IoDisconnectInterrupt(PKINTERRUPT InterruptObject)
{
    GATE(IoDisconnectInterrupt, InterruptObject);
    KiDisconnectInterrupt(InterruptObject);
}

/*
 * Line- and message-based connections look the device's interrupts up in its resources: STATUS_NOT_FOUND, as
 * no device has any. STATUS_NOT_SUPPORTED for a version that is not known. IRQL PASSIVE_LEVEL. (WDK:
 * IoConnectInterruptEx)
 */
NTSTATUS NTAPI IoConnectInterruptEx(PIO_CONNECT_INTERRUPT_PARAMETERS Parameters)
{
    GATE(IoConnectInterruptEx, Parameters);
    IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS full;
    switch (Parameters->Version) {
    case CONNECT_FULLY_SPECIFIED:
    case CONNECT_FULLY_SPECIFIED_GROUP:
        break;
    case CONNECT_LINE_BASED:
    case CONNECT_MESSAGE_BASED:
        return STATUS_NOT_FOUND;
    default:
        return STATUS_NOT_SUPPORTED;
    }
    if (GATE_FAILS(IoConnectInterruptEx))
        return STATUS_INSUFFICIENT_RESOURCES;
    full = Parameters->FullySpecified;
    if (Parameters->Version == CONNECT_FULLY_SPECIFIED)
        full.Group = 0; /* the member is not there in that version */
    return KiConnectInterrupt(&full, full.InterruptObject);
}

VOID NTAPI IoDisconnectInterruptEx(PIO_DISCONNECT_INTERRUPT_PARAMETERS Parameters)
{
    GATE(IoDisconnectInterruptEx, Parameters);
    KiDisconnectInterrupt(Parameters->ConnectionContext.InterruptObject);
}

/* The interrupt is delivered again. (WDK: IoReportInterruptActive) */
VOID NTAPI IoReportInterruptActive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters)
{
    GATE(IoReportInterruptActive, Parameters);
    KiActivateInterrupt(Parameters->ConnectionContext.InterruptObject, TRUE);
}

/* The interrupt stays connected and is not delivered. (WDK: IoReportInterruptInactive) */
VOID NTAPI IoReportInterruptInactive(PIO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS Parameters)
{
    GATE(IoReportInterruptInactive, Parameters);
    KiActivateInterrupt(Parameters->ConnectionContext.InterruptObject, FALSE);
}
