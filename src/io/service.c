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
    if (NT_SUCCESS(status)) {
        IopSettle(call->thread);
        KeClearEvent(call->event);
    } else {
        call->event = NULL;
    }
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
    ObpLetGo(&call->thread->Tcb, call->hold);
}

NTSTATUS iop_abandon(struct iop_call *call, NTSTATUS status)
{
    if (call->irp) {
        IopUnlockMdls(call->irp, NULL);
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
 * ORDER ARMED: FinalStatus is STATUS_PENDING from before a request is sent to a synchronous (and so locked)
 * file. Either the thread arms it and waits for the event, or the completion comes first; the completion sets
 * the event only when it finds it armed, and looks at the file no more in either case. The event is cleared
 * only now, and is set again in the end.
 */
NTSTATUS iop_wait_for_file(PFILE_OBJECT file, PIRP irp, PETHREAD thread, KPROCESSOR_MODE mode)
{
    NTSTATUS status = STATUS_PENDING;
    BOOLEAN alertable = (iop_file_flags(file) & FO_ALERTABLE_IO) != 0;
    KiResetEvent(&file->Event);
    if (!__atomic_compare_exchange_n(&file->FinalStatus, &status, IOP_FILE_ARMED, FALSE, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        KiSetEvent(&file->Event);
        return status;
    }
    while (KeWaitForSingleObject(&file->Event, Executive, mode, alertable, NULL) != STATUS_SUCCESS) {
        cancel_waiting(irp, thread);
        alertable = FALSE;
        mode = KernelMode;
    }
    return __atomic_load_n(&file->FinalStatus, __ATOMIC_ACQUIRE);
}

NTSTATUS iop_attach_buffer(struct iop_call *call, PVOID buffer, ULONG length, bool sets)
{
    PIRP irp = call->irp;
    irp->UserBuffer = buffer;
    if (call->device->Flags & DO_BUFFERED_IO && length) {
        if (!sets) {
            irp->Flags |= IRP_INPUT_OPERATION;
            iop_request(irp)->BufferLength = length;
        }
        return IopCaptureSystemBuffer(irp, sets ? buffer : NULL, sets ? length : 0, length);
    }
    if (call->device->Flags & DO_DIRECT_IO && length)
        return IopLockUserBuffer(irp, buffer, length, call->mode, sets ? IoReadAccess : IoWriteAccess);
    return STATUS_SUCCESS;
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
    iop_request(irp)->KeepsFile = IOP_FILE_WAITED;
    return STATUS_SUCCESS;
}

NTSTATUS iop_send_and_wait(struct iop_call *call, struct iop_wait *wait, PIO_STATUS_BLOCK iosb)
{
    PIRP irp = call->irp;
    GATE_NOTE(NOTE_IRP_BUILT, irp, call->device, call->stack->MajorFunction);
    iop_enter_slot(call->thread, irp, iop_request(irp));
    NTSTATUS status = IopCallDriver(call->device, irp, NULL);
    if (IopReturned(irp, iop_request(irp), status)) {
        wait->iosb = irp->IoStatus;
        iop_leave_slot(call->thread, irp, iop_request(irp));
        IopFinishRequest(irp);
    } else {
        IopListSlot(call->thread, irp);
        KeWaitForSingleObject(&wait->event, Executive, KernelMode, FALSE, NULL);
    }
    status = wait->iosb.Status;
    if (!NT_ERROR(status))
        iop_write_iosb(iosb, call->mode, status, wait->iosb.Information);
    iop_leave_call(call);
    return status;
}
