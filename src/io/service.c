/*
 * What the services that send an IRP have in common, from the handle to the result.
 */
#include "send.h"

NTSTATUS iop_probe_iosb(PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode)
        return STATUS_SUCCESS;
    return MmProbe(iosb, sizeof *iosb, sizeof(ULONG), true);
}

NTSTATUS iop_take_event(struct iop_call *call, HANDLE event)
{
    if (!event)
        return STATUS_SUCCESS;
    NTSTATUS status = ObReferenceObjectByHandle(event, EVENT_MODIFY_STATE, *ExEventObjectType, call->mode,
                                                (PVOID *)&call->event, NULL);
    if (NT_SUCCESS(status))
        KeClearEvent(call->event);
    else
        call->event = NULL;
    return status;
}

static void release_event(struct iop_call *call)
{
    if (call->event)
        ObpDereferenceObject(call->event);
    call->event = NULL;
}

void iop_leave_call(struct iop_call *call)
{
    if (call->synchronous)
        IopUnlockFile(call->file);
    ObpDereferenceObject(call->file);
}

NTSTATUS iop_abandon(struct iop_call *call, NTSTATUS status)
{
    if (call->irp) {
        IopUnlockMdls(call->irp);
        IopFreeMdls(call->irp);
        IopFreeSystemBuffer(call->irp);
        IopFreeIrp(call->irp);
    }
    release_event(call);
    iop_leave_call(call);
    return status;
}

/* The wait of a synchronous request was broken off by an APC or an alert: the request goes with it, unless it
 * is done. */
static void cancel_waiting(PIRP irp, PETHREAD thread)
{
    KIRQL irql;
    KeRaiseIrql(APC_LEVEL, &irql);
    IopCancelThreadIrp(thread, irp);
    KeLowerIrql(irql);
}

/*
 * FinalStatus is STATUS_PENDING from before the request is sent until it is finished, and the file is locked,
 * so it tells whether this request is done. The event is cleared only now; the completion sets it after
 * FinalStatus, so whichever comes first, it is set in the end.
 */
NTSTATUS iop_wait_for_file(PFILE_OBJECT file, PIRP irp, PETHREAD thread, KPROCESSOR_MODE mode)
{
    NTSTATUS status;
    BOOLEAN alertable = (file->Flags & FO_ALERTABLE_IO) != 0;
    KeClearEvent(&file->Event);
    while ((status = __atomic_load_n(&file->FinalStatus, __ATOMIC_ACQUIRE)) == STATUS_PENDING) {
        NTSTATUS wait = KeWaitForSingleObject(&file->Event, Executive, mode, alertable, NULL);
        if (wait == STATUS_ALERTED || wait == STATUS_USER_APC) {
            cancel_waiting(irp, thread);
            alertable = FALSE;
            mode = KernelMode;
        }
    }
    KiSetEvent(&file->Event);
    return status;
}

NTSTATUS iop_make_waiting_irp(struct iop_call *call, UCHAR major, struct iop_wait *wait)
{
    KeInitializeEvent(&wait->event, NotificationEvent, FALSE);
    wait->iosb = (IO_STATUS_BLOCK){.Status = STATUS_PENDING};
    NTSTATUS status = iop_make_irp(call, major, &wait->iosb, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    PIRP irp = call->irp;
    irp->Flags = IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    irp->UserEvent = &wait->event;
    iop_request(irp)->KeepsFile = TRUE;
    return STATUS_SUCCESS;
}

NTSTATUS iop_send_and_wait(struct iop_call *call, struct iop_wait *wait)
{
    PIRP irp = call->irp;
    GATE_NOTE(NOTE_IRP_BUILT, irp, call->device, call->stack->MajorFunction);
    iop_enter_slot(call->thread, irp);
    NTSTATUS status = IopCallDriver(call->device, irp, NULL);
    if (IopReturned(irp, status)) {
        wait->iosb = irp->IoStatus;
        iop_leave_slot(call->thread, irp);
        IopFinishRequest(irp);
    } else {
        IopListSlot(call->thread, irp);
        KeWaitForSingleObject(&wait->event, Executive, KernelMode, FALSE, NULL);
    }
    return wait->iosb.Status;
}
