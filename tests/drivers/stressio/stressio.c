/*
 * Requests through StartIo, one at a time: half of them are completed by the device's own DPC, half by one of
 * another processor. A read gets the number of requests before it, a write is only counted.
 */
#include <ntifs.h>

#include "../stresscsq/stress.h"

typedef struct _DEVICE_EXTENSION {
    STRESS_COUNTS Counts;
    LONG Started;
    KDPC FarDpc;
} DEVICE_EXTENSION, *PDEVICE_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\StressIo");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\StressIo");

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* The current request is not taken from the device: it is done in no time. One that waits is. */
static VOID NTAPI Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_EXTENSION extension = DeviceObject->DeviceExtension;
    if (DeviceObject->CurrentIrp == Irp) {
        /* StartIo is about to be called with it, and finds Irp->Cancel. */
        IoReleaseCancelSpinLock(Irp->CancelIrql);
        return;
    }
    BOOLEAN removed =
        KeRemoveEntryDeviceQueue(&DeviceObject->DeviceQueue, &Irp->Tail.Overlay.DeviceQueueEntry);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    if (!removed)
        DbgPrint("stressio: a request with a cancel routine is neither queued nor current\n");
    InterlockedIncrement64(&extension->Counts.Cancelled);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static VOID Next(PDEVICE_OBJECT DeviceObject)
{
    IoStartNextPacket(DeviceObject, TRUE);
}

static VOID NTAPI StartIo(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_EXTENSION extension = DeviceObject->DeviceExtension;
    KIRQL irql;
    IoAcquireCancelSpinLock(&irql);
    BOOLEAN cancelled = Irp->Cancel;
    IoSetCancelRoutine(Irp, NULL);
    IoReleaseCancelSpinLock(irql);
    if (cancelled) {
        InterlockedIncrement64(&extension->Counts.Cancelled);
        Complete(Irp, STATUS_CANCELLED, 0);
        Next(DeviceObject);
        return;
    }
    if (++extension->Started & 1)
        IoRequestDpc(DeviceObject, Irp, NULL);
    else
        KeInsertQueueDpc(&extension->FarDpc, Irp, NULL);
}

static VOID Finish(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_EXTENSION extension = DeviceObject->DeviceExtension;
    if (IoGetCurrentIrpStackLocation(Irp)->MajorFunction == IRP_MJ_READ)
        *(PULONGLONG)Irp->AssociatedIrp.SystemBuffer = (ULONGLONG)extension->Started;
    InterlockedIncrement64(&extension->Counts.Succeeded);
    Next(DeviceObject);
    Complete(Irp, STATUS_SUCCESS, sizeof(ULONGLONG));
}

static VOID NTAPI NearDpc(PKDPC Dpc, PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    Finish(DeviceObject, Irp);
}

static VOID NTAPI FarDpc(PKDPC Dpc, PVOID Context, PVOID Irp, PVOID Argument)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument);
    Finish(Context, Irp);
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    switch (stack->MajorFunction) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        InterlockedIncrement64(&extension->Counts.Received);
        IoMarkIrpPending(Irp);
        IoStartPacket(DeviceObject, Irp, NULL, Cancel);
        return STATUS_PENDING;
    case IRP_MJ_DEVICE_CONTROL:
        *(STRESS_COUNTS *)Irp->AssociatedIrp.SystemBuffer = extension->Counts;
        return Complete(Irp, STATUS_SUCCESS, sizeof(STRESS_COUNTS));
    default:
        return Complete(Irp, STATUS_SUCCESS, 0);
    }
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS status = IoCreateDevice(DriverObject, sizeof(DEVICE_EXTENSION), &DeviceName, FILE_DEVICE_UNKNOWN,
                                     0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    PDEVICE_EXTENSION extension = device->DeviceExtension;
    IoInitializeDpcRequest(device, NearDpc);
    KeInitializeDpc(&extension->FarDpc, FarDpc, device);
    KeSetTargetProcessorDpc(&extension->FarDpc, 0);
    device->Flags |= DO_BUFFERED_IO;
    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = Dispatch;
    DriverObject->DriverStartIo = StartIo;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
