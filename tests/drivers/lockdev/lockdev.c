/*
 * A device that has locks of its own: it remembers what it was asked, and refuses offsets from 4096 on.
 */
#include <ntddk.h>

#include "lockdev.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

static NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS Succeed(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Lock(PDEVICE_OBJECT device, PIRP irp)
{
    struct lockdev_last *last = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    last->minor = stack->MinorFunction;
    last->flags = stack->Flags;
    last->key = stack->Parameters.LockControl.Key;
    last->offset = stack->Parameters.LockControl.ByteOffset.QuadPart;
    last->length = stack->Parameters.LockControl.Length->QuadPart;
    last->times++;
    if (last->offset >= 4096)
        return finish(irp, last->minor == IRP_MN_LOCK ? STATUS_LOCK_NOT_GRANTED : STATUS_RANGE_NOT_LOCKED, 0);
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    if (stack->Parameters.DeviceIoControl.IoControlCode != LOCKDEV_LAST ||
        stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(struct lockdev_last))
        return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, device->DeviceExtension, sizeof(struct lockdev_last));
    return finish(irp, STATUS_SUCCESS, sizeof(struct lockdev_last));
}

VOID Unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\LockDev");
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\LockDev"), link = RTL_CONSTANT_STRING(L"\\DosDevices\\LockDev");
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(registry_path);
    driver->MajorFunction[IRP_MJ_CREATE] = Succeed;
    driver->MajorFunction[IRP_MJ_CLEANUP] = Succeed;
    driver->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    driver->MajorFunction[IRP_MJ_LOCK_CONTROL] = Lock;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    driver->DriverUnload = Unload;
    NTSTATUS status = IoCreateDevice(driver, sizeof(struct lockdev_last), &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(device);
    return status;
}
