/*
 * The bench driver: devices Bench0 and Bench1, whose dispatch routine touches one byte of each buffer and
 * completes; and what pended.c measures: requests that a DPC completes, and a queue of them.
 */
#include <ntddk.h>
#include <csq.h>

#include "device.h"
#include "public.h"

static const UNICODE_STRING device_names[BENCH_DEVICES] = {
    RTL_CONSTANT_STRING(L"\\Device\\Bench0"),
    RTL_CONSTANT_STRING(L"\\Device\\Bench1"),
};
static const UNICODE_STRING link_names[BENCH_DEVICES] = {
    RTL_CONSTANT_STRING(L"\\DosDevices\\Bench0"),
    RTL_CONSTANT_STRING(L"\\DosDevices\\Bench1"),
};

typedef struct _BENCH_EXTENSION {
    KDPC FarDpc, NearDpc;
    IO_CSQ Csq;
    LIST_ENTRY Queue;
    KSPIN_LOCK Lock;
} BENCH_EXTENSION, *PBENCH_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD BenchUnload;
static DRIVER_DISPATCH BenchOpenClose;
static DRIVER_DISPATCH BenchControl;

static NTSTATUS BenchComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS BenchOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return BenchComplete(Irp, STATUS_SUCCESS, 0);
}

static VOID BenchDpc(PKDPC Dpc, PVOID Context, PVOID Irp, PVOID Argument)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument);
    BenchComplete(Irp, STATUS_SUCCESS, 0);
}

static VOID BenchInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&CONTAINING_RECORD(Csq, BENCH_EXTENSION, Csq)->Queue, &Irp->Tail.Overlay.ListEntry);
}

static VOID BenchRemove(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP BenchPeek(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    PLIST_ENTRY head = &CONTAINING_RECORD(Csq, BENCH_EXTENSION, Csq)->Queue;
    PLIST_ENTRY next = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : head->Flink;
    UNREFERENCED_PARAMETER(Context);
    return next != head ? CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry) : NULL;
}

static VOID BenchAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, BENCH_EXTENSION, Csq)->Lock, Irql);
}

static VOID BenchRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, BENCH_EXTENSION, Csq)->Lock, Irql);
}

static VOID BenchCancelled(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    BenchComplete(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS BenchPend(PBENCH_EXTENSION Extension, PIRP Irp, ULONG Code)
{
    IoMarkIrpPending(Irp);
    if (Code == IOCTL_BENCH_PEND_FAR) {
        ULONG other = (KeGetCurrentProcessorNumberEx(NULL) + 1) % KeQueryActiveProcessorCount(NULL);
        KeSetTargetProcessorDpc(&Extension->FarDpc, (CCHAR)other);
        KeInsertQueueDpc(&Extension->FarDpc, Irp, NULL);
    } else {
        KeInsertQueueDpc(&Extension->NearDpc, Irp, NULL);
    }
    return STATUS_PENDING;
}

static NTSTATUS BenchControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PBENCH_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    volatile UCHAR *in, *out;
    PIRP next;

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_BENCH_BUFFERED:
        in = out = Irp->AssociatedIrp.SystemBuffer;
        break;
    case IOCTL_BENCH_IN_DIRECT:
        in = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        out = Irp->AssociatedIrp.SystemBuffer;
        break;
    case IOCTL_BENCH_OUT_DIRECT:
        in = Irp->AssociatedIrp.SystemBuffer;
        out = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        break;
    case IOCTL_BENCH_NEITHER:
        /* The benchmark's own memory: what a real driver must check is not what is measured. */
        in = stack->Parameters.DeviceIoControl.Type3InputBuffer;
        out = Irp->UserBuffer;
        break;
    case IOCTL_BENCH_PROBED:
        return BenchComplete(Irp,
                             BenchProbed(stack->Parameters.DeviceIoControl.Type3InputBuffer,
                                         stack->Parameters.DeviceIoControl.InputBufferLength, Irp->UserBuffer,
                                         stack->Parameters.DeviceIoControl.OutputBufferLength),
                             0);
    case IOCTL_BENCH_PEND_FAR:
    case IOCTL_BENCH_PEND_NEAR:
        return BenchPend(extension, Irp, stack->Parameters.DeviceIoControl.IoControlCode);
    case IOCTL_BENCH_QUEUE:
        IoCsqInsertIrp(&extension->Csq, Irp, NULL);
        return STATUS_PENDING;
    case IOCTL_BENCH_NEXT:
        next = IoCsqRemoveNextIrp(&extension->Csq, NULL);
        if (next != NULL)
            BenchComplete(next, STATUS_SUCCESS, 0);
        return BenchComplete(Irp, next != NULL ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES, 0);
    default:
        return BenchComplete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
    if (in == NULL || out == NULL)
        return BenchComplete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    *out = (UCHAR)(*in + 1);
    return BenchComplete(Irp, STATUS_SUCCESS, stack->Parameters.DeviceIoControl.OutputBufferLength);
}

static VOID BenchUnload(PDRIVER_OBJECT DriverObject)
{
    for (ULONG i = 0; i < BENCH_DEVICES; i++)
        IoDeleteSymbolicLink((PUNICODE_STRING)&link_names[i]);
    while (DriverObject->DeviceObject != NULL)
        IoDeleteDevice(DriverObject->DeviceObject);
}

static VOID BenchPrepare(PBENCH_EXTENSION Extension)
{
    KeInitializeDpc(&Extension->FarDpc, BenchDpc, NULL);
    KeInitializeDpc(&Extension->NearDpc, BenchDpc, NULL);
    InitializeListHead(&Extension->Queue);
    KeInitializeSpinLock(&Extension->Lock);
    IoCsqInitialize(&Extension->Csq, BenchInsert, BenchRemove, BenchPeek, BenchAcquire, BenchRelease,
                    BenchCancelled);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = BenchOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = BenchOpenClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BenchControl;
    DriverObject->DriverUnload = BenchUnload;
    for (ULONG i = 0; i < BENCH_DEVICES; i++) {
        PDEVICE_OBJECT device;
        NTSTATUS status =
            IoCreateDevice(DriverObject, sizeof(BENCH_EXTENSION), (PUNICODE_STRING)&device_names[i],
                           BENCH_TYPE, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
        if (NT_SUCCESS(status))
            status = IoCreateSymbolicLink((PUNICODE_STRING)&link_names[i], (PUNICODE_STRING)&device_names[i]);
        if (NT_SUCCESS(status))
            BenchPrepare(device->DeviceExtension);
        if (!NT_SUCCESS(status)) {
            BenchUnload(DriverObject);
            return status;
        }
    }
    return STATUS_SUCCESS;
}
