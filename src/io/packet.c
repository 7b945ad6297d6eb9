/*
 * StartIo: the device queue of a device object, one IRP at a time handed to the driver's StartIo routine.
 */
#include "iop.h"

/* In iop_device_extension.StartIoFlags; what was asked for while StartIo was running. */
#define STARTIO_REQUESTED  0x0100
#define STARTIO_BY_KEY     0x0200
#define STARTIO_CANCELABLE 0x0400
#define STARTIO_WANTED     (STARTIO_REQUESTED | STARTIO_BY_KEY | STARTIO_CANCELABLE)
/* What IoSetStartIoAttributes set. */
#define STARTIO_DEFERRED   0x0800
#define STARTIO_NO_CANCEL  0x1000

static ULONG flags_of(PDEVICE_OBJECT device)
{
    return __atomic_load_n(&iop_device(device)->StartIoFlags, __ATOMIC_ACQUIRE);
}

/* Takes the next IRP off the queue, makes it the current one and starts it. */
static void start_next(PDEVICE_OBJECT device, ULONG how, ULONG key)
{
    KIRQL irql = 0;
    bool cancelable = how & STARTIO_CANCELABLE;
    if (cancelable)
        IoAcquireCancelSpinLock(&irql);
    device->CurrentIrp = NULL;
    PKDEVICE_QUEUE_ENTRY entry = how & STARTIO_BY_KEY ? KeRemoveByKeyDeviceQueue(&device->DeviceQueue, key)
                                                      : KeRemoveDeviceQueue(&device->DeviceQueue);
    PIRP irp = entry ? CONTAINING_RECORD(entry, IRP, Tail.Overlay.DeviceQueueEntry) : NULL;
    if (irp) {
        device->CurrentIrp = irp;
        if (cancelable && flags_of(device) & STARTIO_NO_CANCEL)
            IoSetCancelRoutine(irp, NULL);
    }
    if (cancelable)
        IoReleaseCancelSpinLock(irql);
    if (irp)
        device->DriverObject->DriverStartIo(device, irp);
}

/*
 * With deferral, StartIo is never called while it is running for the same device: a request for the next
 * packet is noted, and whoever leaves StartIo last makes it good.
 */
static void leave_start_io(PDEVICE_OBJECT device)
{
    struct iop_device_extension *extension = iop_device(device);
    while (__atomic_sub_fetch(&extension->StartIoCount, 1, __ATOMIC_ACQ_REL) == 0) {
        ULONG wanted = __atomic_fetch_and(&extension->StartIoFlags, ~(ULONG)STARTIO_WANTED, __ATOMIC_ACQ_REL);
        if (!(wanted & (STARTIO_REQUESTED | STARTIO_BY_KEY)))
            return;
        if (__atomic_add_fetch(&extension->StartIoCount, 1, __ATOMIC_ACQ_REL) > 1) {
            /* Somebody came in between; it is for him to find the wish when he leaves. */
            __atomic_fetch_or(&extension->StartIoFlags, wanted & STARTIO_WANTED, __ATOMIC_ACQ_REL);
            continue;
        }
        start_next(device, wanted, (ULONG)extension->StartIoKey);
    }
}

static void next_packet(PDEVICE_OBJECT device, ULONG how, ULONG key)
{
    struct iop_device_extension *extension = iop_device(device);
    if (!(flags_of(device) & STARTIO_DEFERRED)) {
        start_next(device, how, key);
        return;
    }
    if (__atomic_add_fetch(&extension->StartIoCount, 1, __ATOMIC_ACQ_REL) > 1) {
        extension->StartIoKey = (LONG)key;
        __atomic_fetch_or(&extension->StartIoFlags, how, __ATOMIC_ACQ_REL);
    } else {
        start_next(device, how, key);
    }
    leave_start_io(device);
}

/*
 * Gives the IRP to StartIo when the device is idle, else queues it (by *Key, if Key is given). With a cancel
 * routine the IRP can be cancelled while it waits. IRQL <= DISPATCH_LEVEL; StartIo runs at DISPATCH_LEVEL.
 * (WDK: IoStartPacket)
 */
VOID NTAPI IoStartPacket(PDEVICE_OBJECT DeviceObject, PIRP Irp, PULONG Key, PDRIVER_CANCEL CancelFunction)
{
    GATE(IoStartPacket, DeviceObject, Irp, Key, CancelFunction);
    KIRQL irql, cancel_irql = 0;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    if (CancelFunction) {
        IoAcquireCancelSpinLock(&cancel_irql);
        IoSetCancelRoutine(Irp, CancelFunction);
    }
    BOOLEAN queued =
        Key ? KeInsertByKeyDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry, *Key)
            : KeInsertDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
    if (!queued) {
        DeviceObject->CurrentIrp = Irp;
        if (CancelFunction) {
            if (flags_of(DeviceObject) & STARTIO_NO_CANCEL)
                IoSetCancelRoutine(Irp, NULL);
            IoReleaseCancelSpinLock(cancel_irql);
        }
        bool deferred = flags_of(DeviceObject) & STARTIO_DEFERRED;
        if (deferred)
            __atomic_add_fetch(&iop_device(DeviceObject)->StartIoCount, 1, __ATOMIC_ACQ_REL);
        DeviceObject->DriverObject->DriverStartIo(DeviceObject, Irp);
        if (deferred)
            leave_start_io(DeviceObject);
    } else if (CancelFunction) {
        if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL)) {
            /* Cancelled before it was queued. The routine releases the lock. */
            Irp->CancelIrql = cancel_irql;
            CancelFunction(DeviceObject, Irp);
        } else {
            IoReleaseCancelSpinLock(cancel_irql);
        }
    }
    KeLowerIrql(irql);
}

/* Starts the next queued IRP, if there is one; else the device is idle. IRQL DISPATCH_LEVEL. (WDK:
 * IoStartNextPacket) */
VOID NTAPI IoStartNextPacket(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable)
{
    GATE(IoStartNextPacket, DeviceObject, Cancelable);
    next_packet(DeviceObject, STARTIO_REQUESTED | (Cancelable ? STARTIO_CANCELABLE : 0), 0);
}

/* The next at or after Key, else the first. (WDK: IoStartNextPacketByKey) */
VOID NTAPI IoStartNextPacketByKey(PDEVICE_OBJECT DeviceObject, BOOLEAN Cancelable, ULONG Key)
{
    GATE(IoStartNextPacketByKey, DeviceObject, Cancelable, Key);
    next_packet(DeviceObject, STARTIO_BY_KEY | (Cancelable ? STARTIO_CANCELABLE : 0), Key);
}

/*
 * DeferredStartIo: StartIo is not called again from within itself. NonCancelable: an IRP's cancel routine is
 * taken away before StartIo gets it. (WDK: IoSetStartIoAttributes)
 */
VOID NTAPI IoSetStartIoAttributes(PDEVICE_OBJECT DeviceObject, BOOLEAN DeferredStartIo, BOOLEAN NonCancelable)
{
    GATE(IoSetStartIoAttributes, DeviceObject, DeferredStartIo, NonCancelable);
    ULONG flags = (DeferredStartIo ? STARTIO_DEFERRED : 0) | (NonCancelable ? STARTIO_NO_CANCEL : 0);
    __atomic_store_n(&iop_device(DeviceObject)->StartIoFlags, flags, __ATOMIC_RELEASE);
}
