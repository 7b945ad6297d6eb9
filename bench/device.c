/*
 * The bench driver: devices Bench0 and Bench1, whose dispatch routine touches one byte of each buffer and
 * completes.
 */
#include <ntddk.h>

#include "public.h"

static const UNICODE_STRING device_names[BENCH_DEVICES] = {
    RTL_CONSTANT_STRING(L"\\Device\\Bench0"),
    RTL_CONSTANT_STRING(L"\\Device\\Bench1"),
};
static const UNICODE_STRING link_names[BENCH_DEVICES] = {
    RTL_CONSTANT_STRING(L"\\DosDevices\\Bench0"),
    RTL_CONSTANT_STRING(L"\\DosDevices\\Bench1"),
};

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

static NTSTATUS BenchControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    volatile UCHAR *in, *out;
    UNREFERENCED_PARAMETER(DeviceObject);

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

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = BenchOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = BenchOpenClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = BenchControl;
    DriverObject->DriverUnload = BenchUnload;
    for (ULONG i = 0; i < BENCH_DEVICES; i++) {
        PDEVICE_OBJECT device;
        NTSTATUS status = IoCreateDevice(DriverObject, 0, (PUNICODE_STRING)&device_names[i], BENCH_TYPE,
                                         FILE_DEVICE_SECURE_OPEN, FALSE, &device);
        if (NT_SUCCESS(status))
            status = IoCreateSymbolicLink((PUNICODE_STRING)&link_names[i], (PUNICODE_STRING)&device_names[i]);
        if (!NT_SUCCESS(status)) {
            BenchUnload(DriverObject);
            return status;
        }
    }
    return STATUS_SUCCESS;
}
