/*
 * An IRP's way down: calling the next driver, and what is found out when its dispatch routine returns.
 */
#include "iop.h"

/* The dispatch routine returned at another IRQL than it was called at. */
void IopReportIrql(PDEVICE_OBJECT device, KIRQL before, const void *dispatch)
{
    KiBugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x05, (ULONG_PTR)device, before, KiCurrentThread()->Irql,
               dispatch);
}

NTSTATUS IopCallDriver(PDEVICE_OBJECT device, PIRP irp, const void *caller)
{
    if (__builtin_expect(irp->Type != IO_TYPE_IRP, 0))
        KiBugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x03, (ULONG_PTR)irp, 0, 0, caller);
    if (__builtin_expect(device->Type != IO_TYPE_DEVICE, 0))
        KiBugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x04, (ULONG_PTR)device, 0, 0, caller);
    if (__builtin_expect(irp->CurrentLocation <= 1, 0))
        KiBugCheck(NO_MORE_IRP_STACK_LOCATIONS, (ULONG_PTR)irp, 0, 0, 0, caller);
    irp->CurrentLocation--;
    PIO_STACK_LOCATION stack = --irp->Tail.Overlay.CurrentStackLocation;
    stack->DeviceObject = device;
    UCHAR major = stack->MajorFunction;
    PDRIVER_DISPATCH dispatch = device->DriverObject->MajorFunction[major];
    GATE_NOTE(NOTE_IRP_DISPATCH, device, irp, stack);
    PKTHREAD thread = KiCurrentThread();
    KIRQL irql = thread->Irql;
    NTSTATUS status = dispatch(device, irp);
    if (__builtin_expect(thread->Irql != irql, 0))
        IopReportIrql(device, irql, (void *)dispatch);
    if (!caller && iop_hides_completed())
        status = IopTakeBack(irp, status);
    GATE_NOTE(NOTE_IRP_DISPATCHED, device, irp, status, major);
    return status;
}

/*
 * Hands the IRP to the next driver. Bug check 0x35 when it has no stack location left; 0xC9 with 0x03 or 0x04
 * when Irp or DeviceObject is none. IRQL <= DISPATCH_LEVEL. (WDK: IofCallDriver)
 */
NTSTATUS FASTCALL IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    GATE(IofCallDriver, DeviceObject, Irp);
    return IopCallDriver(DeviceObject, Irp, __builtin_return_address(0));
}

/* What a driver has in the slots of MajorFunction that it does not fill. */
NTSTATUS NTAPI IopInvalidDeviceRequest(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    if (stack->MajorFunction == IRP_MJ_POWER || stack->MajorFunction == IRP_MJ_PNP) {
        /* Requests that carry a status already keep it. */
        NTSTATUS status = Irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
        IopCompleteRequest(Irp, IO_NO_INCREMENT, NULL);
        return status;
    }
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    Irp->IoStatus.Information = 0;
    IopCompleteRequest(Irp, IO_NO_INCREMENT, NULL);
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* The driver that has the IRP now: the one its current location was sent to. */
static const void *holder(PIRP irp)
{
    if (irp->CurrentLocation > irp->StackCount)
        return iop_request(irp)->Dispatch;
    PIO_STACK_LOCATION stack = irp->Tail.Overlay.CurrentStackLocation;
    if (!stack->DeviceObject)
        return iop_request(irp)->Dispatch;
    return (void *)stack->DeviceObject->DriverObject->MajorFunction[stack->MajorFunction];
}

/* Driver Verifier's code and arguments: what is wrong, an address in the driver, the IRP. */
static _Noreturn void stop_for(PIRP irp, ULONG what)
{
    const void *who = holder(irp);
    KiBugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, what, (ULONG_PTR)who, (ULONG_PTR)irp, 0, who);
}

/*
 * Status and pending mark contradict each other in a completed request. NT hangs or frees the IRP twice where
 * it defers the completion, and gets along with it where it does not (device control).
 */
static void contradiction(PIRP irp, ULONG what)
{
    if (irp->Flags & IRP_DEFER_IO_COMPLETION)
        stop_for(irp, what);
    if (ntio_machine.verifier == VERIFIER_OFF)
        return;
    char place[256];
    host_place(iop_request(irp)->Dispatch, place, sizeof place);
    machine_violation("IRP %p: %s (0xC9/0x%X). Sent to %s", (void *)irp,
                      what == 0x23D ? "STATUS_PENDING was returned, but the IRP was not marked pending"
                                    : "the IRP was marked pending, but STATUS_PENDING was not returned",
                      what, place);
}

BOOLEAN IopReturnedSlow(PIRP irp, NTSTATUS status)
{
    struct iop_request *request = iop_request(irp);
    ULONG life = atomic_load_explicit(&request->Life, memory_order_acquire);
    if (status == STATUS_PENDING) {
        if (!(life & IOP_LIFE_COMPLETED))
            life = atomic_fetch_or_explicit(&request->Life, IOP_LIFE_RETURNED, memory_order_acq_rel);
        if (!(life & IOP_LIFE_COMPLETED))
            return FALSE; /* it may be gone by now */
        if (!irp->PendingReturned)
            contradiction(irp, 0x23D);
        return TRUE;
    }
    if (!(life & IOP_LIFE_COMPLETED)) {
        BOOLEAN marked = irp->CurrentLocation <= irp->StackCount &&
                         irp->Tail.Overlay.CurrentStackLocation->Control & SL_PENDING_RETURNED;
        stop_for(irp, marked ? 0x23E : 0x226); /* 0x226: neither passed down nor completed nor pended */
    }
    if (irp->PendingReturned)
        contradiction(irp, 0x23E);
    return TRUE;
}

/* --- sending and waiting --- */

static NTSTATUS NTAPI signal_event(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    (void)DeviceObject;
    if (Irp->PendingReturned)
        KiSetEvent(Context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/*
 * Copies the current location to the next, sends the IRP down and waits until the lower drivers have
 * completed it; the caller owns it again then. FALSE: no stack location left. IRQL PASSIVE_LEVEL. (WDK:
 * IoForwardIrpSynchronously)
 */
BOOLEAN NTAPI IoForwardIrpSynchronously(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    GATE(IoForwardIrpSynchronously, DeviceObject, Irp);
    if (Irp->CurrentLocation <= 1)
        return FALSE;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(Irp);
    IoSetCompletionRoutine(Irp, signal_event, &event, TRUE, TRUE, TRUE);
    if (IopCallDriver(DeviceObject, Irp, __builtin_return_address(0)) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Suspended, KernelMode, FALSE, NULL);
    return TRUE;
}

NTSTATUS IopSendAndWait(PDEVICE_OBJECT device, PFILE_OBJECT file, UCHAR major, ULONG flags,
                        void (*fill)(PIRP, PIO_STACK_LOCATION, void *), void *context)
{
    IO_STATUS_BLOCK iosb;
    return IopSendForResult(device, file, major, flags, fill, context, &iosb);
}

NTSTATUS IopSendForResult(PDEVICE_OBJECT device, PFILE_OBJECT file, UCHAR major, ULONG flags,
                          void (*fill)(PIRP, PIO_STACK_LOCATION, void *), void *context,
                          PIO_STATUS_BLOCK result)
{
    PIRP irp = IopAllocateIrp(device->StackSize);
    *result = (IO_STATUS_BLOCK){.Status = STATUS_INSUFFICIENT_RESOURCES};
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    KEVENT event;
    IO_STATUS_BLOCK iosb = {.Status = STATUS_PENDING};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp->Tail.Overlay.Thread = (PETHREAD)PspCurrentThread();
    irp->Tail.Overlay.OriginalFileObject = file;
    irp->Flags = IRP_SYNCHRONOUS_API | IRP_CLOSE_OPERATION | flags;
    irp->UserIosb = &iosb;
    irp->UserEvent = &event;
    irp->RequestorMode = KernelMode;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = major;
    stack->FileObject = file;
    if (fill)
        fill(irp, stack, context);
    struct iop_request *request = iop_request(irp);
    request->Dispatch = (void *)device->DriverObject->MajorFunction[major];
    atomic_init(&request->Life, 0);
    GATE_NOTE(NOTE_IRP_BUILT, irp, device, major);
    if (IopReturned(irp, iop_request(irp), IopCallDriver(device, irp, NULL)))
        iosb = irp->IoStatus;
    else
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    GATE_NOTE(NOTE_IRP_FINISHED, irp, iosb.Status, iosb.Information, 0);
    IopFreeMdls(irp);
    IopFreeSystemBuffer(irp);
    IopFreeIrp(irp);
    *result = iosb;
    return iosb.Status;
}

/*
 * Sends an IRP whose next location is set up and waits until the lower drivers have completed it; the caller
 * owns it again then. Returns its status. IRQL <= APC_LEVEL. (WDK: IoSynchronousCallDriver)
 */
NTSTATUS NTAPI IoSynchronousCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    GATE(IoSynchronousCallDriver, DeviceObject, Irp);
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Irp, signal_event, &event, TRUE, TRUE, TRUE);
    if (IopCallDriver(DeviceObject, Irp, __builtin_return_address(0)) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    return Irp->IoStatus.Status;
}

/* --- completion routines that keep their driver loaded --- */

struct kept_completion {
    PDEVICE_OBJECT device;
    PIO_COMPLETION_ROUTINE routine;
    PVOID context;
    UCHAR control;
};

static NTSTATUS NTAPI call_kept(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    struct kept_completion kept = *(struct kept_completion *)Context;
    NTSTATUS status = Irp->IoStatus.Status;
    MmFreeSystemPool(Context);
    if ((NT_SUCCESS(status) && kept.control & SL_INVOKE_ON_SUCCESS) ||
        (!NT_SUCCESS(status) && kept.control & SL_INVOKE_ON_ERROR) ||
        (Irp->Cancel && kept.control & SL_INVOKE_ON_CANCEL)) {
        status = kept.routine(DeviceObject, Irp, kept.context);
    } else {
        if (Irp->PendingReturned && Irp->CurrentLocation <= Irp->StackCount)
            IoMarkIrpPending(Irp);
        status = STATUS_SUCCESS;
    }
    ObpDereferenceObject(kept.device);
    return status;
}

/*
 * As IoSetCompletionRoutine, but the device, and so the driver, stays until the routine has returned.
 * STATUS_INSUFFICIENT_RESOURCES. (WDK: IoSetCompletionRoutineEx)
 */
NTSTATUS NTAPI IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp,
                                        PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context,
                                        BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError,
                                        BOOLEAN InvokeOnCancel)
{
    GATE(IoSetCompletionRoutineEx, DeviceObject, Irp, CompletionRoutine, Context);
    struct kept_completion *kept =
        GATE_FAILS(IoSetCompletionRoutineEx) ? NULL : MmAllocateSystemPool(sizeof *kept, IOP_TAG_MISC);
    if (!kept)
        return STATUS_INSUFFICIENT_RESOURCES;
    ObpReferenceObject(DeviceObject);
    *kept = (struct kept_completion){DeviceObject, CompletionRoutine, Context,
                                     (UCHAR)((InvokeOnSuccess ? SL_INVOKE_ON_SUCCESS : 0) |
                                             (InvokeOnError ? SL_INVOKE_ON_ERROR : 0) |
                                             (InvokeOnCancel ? SL_INVOKE_ON_CANCEL : 0))};
    IoSetCompletionRoutine(Irp, call_kept, kept, TRUE, TRUE, TRUE);
    return STATUS_SUCCESS;
}
