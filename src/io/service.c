/*
 * What the services that send an IRP have in common, from the handle to the result.
 */
#include "iop.h"

NTSTATUS iop_probe_iosb(PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode)
        return STATUS_SUCCESS;
    return MmProbe(iosb, sizeof *iosb, sizeof(ULONG), true);
}

NTSTATUS iop_open_call(struct iop_call *call, HANDLE handle, ACCESS_MASK access)
{
    call->thread = PspCurrentThread();
    call->mode = call->thread->Tcb.PreviousMode;
    call->synchronous = FALSE;
    call->event = NULL;
    call->irp = NULL;
    NTSTATUS status =
        ObpLookupHandle(handle, call->mode, IopFileObjectType, (PVOID *)&call->file, &call->granted);
    if (!NT_SUCCESS(status))
        return status;
    if (call->mode != KernelMode && (call->granted & access) != access) {
        ObpDereferenceObject(call->file);
        return STATUS_ACCESS_DENIED;
    }
    return STATUS_SUCCESS;
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

NTSTATUS iop_enter_call(struct iop_call *call)
{
    PFILE_OBJECT file = call->file;
    call->device = IopRelatedDevice(file);
    if (file->Flags & FO_SYNCHRONOUS_IO) {
        NTSTATUS status = IopLockFile(file, call->mode);
        if (!NT_SUCCESS(status))
            return status;
        call->synchronous = TRUE;
        return STATUS_SUCCESS; /* its event is cleared only when a request pends: iop_send */
    }
    KeClearEvent(&file->Event);
    return STATUS_SUCCESS;
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

static NTSTATUS make_irp(struct iop_call *call, UCHAR major)
{
    PIRP irp = IopAllocateIrp(call->device->StackSize);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    call->irp = irp;
    irp->Tail.Overlay.OriginalFileObject = call->file;
    irp->Tail.Overlay.Thread = (PETHREAD)call->thread;
    irp->RequestorMode = call->mode;
    irp->UserEvent = call->event;
    struct iop_request *request = iop_request(irp);
    atomic_init(&request->Life, 0);
    request->KeepsFile = call->synchronous;
    request->Granted = call->granted;
    request->Dispatch = (void *)call->device->DriverObject->MajorFunction[major];
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = major;
    stack->FileObject = call->file;
    call->stack = stack;
    return STATUS_SUCCESS;
}

NTSTATUS iop_make_irp(struct iop_call *call, UCHAR major, PIO_STATUS_BLOCK iosb, PIO_APC_ROUTINE apc,
                      PVOID apc_context)
{
    NTSTATUS status = make_irp(call, major);
    if (!NT_SUCCESS(status))
        return status;
    PIRP irp = call->irp;
    irp->UserIosb = iosb;
    irp->Overlay.AsynchronousParameters.UserApcRoutine = apc;
    irp->Overlay.AsynchronousParameters.UserApcContext = apc_context;
    return STATUS_SUCCESS;
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
static NTSTATUS wait_for_file(PFILE_OBJECT file, PIRP irp, PETHREAD thread, KPROCESSOR_MODE mode)
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

NTSTATUS iop_send(struct iop_call *call)
{
    PIRP irp = call->irp;
    PFILE_OBJECT file = call->file;
    GATE_NOTE(NOTE_IRP_BUILT, irp, call->device, call->stack->MajorFunction);
    IopQueueThreadIrp(irp);
    if (call->synchronous)
        __atomic_store_n(&file->FinalStatus, STATUS_PENDING, __ATOMIC_RELAXED);
    NTSTATUS status = IopCallDriver(call->device, irp, NULL);
    if (IopReturned(irp, status)) {
        if (status == STATUS_PENDING && call->synchronous)
            status = irp->IoStatus.Status;
        IopDequeueThreadIrp(irp);
        IopFinishRequest(irp);
    } else if (call->synchronous) {
        status = wait_for_file(file, irp, call->thread, call->mode);
    }
    if (call->synchronous) {
        IopUnlockFile(file);
        ObpDereferenceObject(file);
    }
    return status;
}

NTSTATUS iop_make_waiting_irp(struct iop_call *call, UCHAR major, struct iop_wait *wait)
{
    KeInitializeEvent(&wait->event, NotificationEvent, FALSE);
    wait->iosb = (IO_STATUS_BLOCK){.Status = STATUS_PENDING};
    NTSTATUS status = make_irp(call, major);
    if (!NT_SUCCESS(status))
        return status;
    PIRP irp = call->irp;
    irp->Flags = IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    irp->UserIosb = &wait->iosb;
    irp->UserEvent = &wait->event;
    iop_request(irp)->KeepsFile = TRUE;
    return STATUS_SUCCESS;
}

NTSTATUS iop_send_and_wait(struct iop_call *call, struct iop_wait *wait)
{
    PIRP irp = call->irp;
    GATE_NOTE(NOTE_IRP_BUILT, irp, call->device, call->stack->MajorFunction);
    IopQueueThreadIrp(irp);
    NTSTATUS status = IopCallDriver(call->device, irp, NULL);
    if (IopReturned(irp, status)) {
        wait->iosb = irp->IoStatus;
        IopDequeueThreadIrp(irp);
        IopFinishRequest(irp);
    } else {
        KeWaitForSingleObject(&wait->event, Executive, KernelMode, FALSE, NULL);
    }
    return wait->iosb.Status;
}
