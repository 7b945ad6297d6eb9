/*
 * A device for the tests of the client's functions. What an open does is in the name behind the device's:
 *
 *     \Device\Win32Dev            succeeds, FILE_OPENED
 *     \Device\Win32Dev\new        FILE_CREATED
 *     \Device\Win32Dev\old        FILE_OPENED, FILE_OVERWRITTEN when the disposition may overwrite, a
 * collision for FILE_CREATE \Device\Win32Dev\directory  STATUS_FILE_IS_A_DIRECTORY \Device\Win32Dev\anything
 * STATUS_OBJECT_NAME_NOT_FOUND
 */
#include <ntddk.h>

#include "win32dev.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

struct extension {
    KSPIN_LOCK lock;
    PIRP pending;
    UCHAR data[WIN32DEV_SIZE];
};

static NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static BOOLEAN is(PCUNICODE_STRING name, PCWSTR text)
{
    UNICODE_STRING other;
    RtlInitUnicodeString(&other, text);
    return RtlEqualUnicodeString(name, &other, TRUE);
}

static NTSTATUS Create(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PCUNICODE_STRING name = &stack->FileObject->FileName;
    ULONG disposition = stack->Parameters.Create.Options >> 24;
    UNREFERENCED_PARAMETER(device);
    if (!name->Length)
        return finish(irp, STATUS_SUCCESS, FILE_OPENED);
    if (is(name, L"\\new"))
        return finish(irp, STATUS_SUCCESS, FILE_CREATED);
    if (is(name, L"\\directory") || is(name, L"\\directory\\"))
        return finish(irp, STATUS_FILE_IS_A_DIRECTORY, 0);
    if (!is(name, L"\\old"))
        return finish(irp, STATUS_OBJECT_NAME_NOT_FOUND, 0);
    if (disposition == FILE_CREATE)
        return finish(irp, STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS);
    return finish(irp, STATUS_SUCCESS,
                  disposition == FILE_OVERWRITE_IF || disposition == FILE_OVERWRITE ? FILE_OVERWRITTEN
                                                                                    : FILE_OPENED);
}

static NTSTATUS Succeed(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    return finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS ReadWrite(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *own = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    LONGLONG offset = stack->Parameters.Read.ByteOffset.QuadPart;
    ULONG length = stack->Parameters.Read.Length;
    if (offset < 0 || offset >= WIN32DEV_SIZE)
        return finish(irp, stack->MajorFunction == IRP_MJ_READ ? STATUS_END_OF_FILE : STATUS_DISK_FULL, 0);
    if (length > WIN32DEV_SIZE - offset)
        length = (ULONG)(WIN32DEV_SIZE - offset);
    if (stack->MajorFunction == IRP_MJ_READ)
        RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, own->data + offset, length);
    else
        RtlCopyMemory(own->data + offset, irp->AssociatedIrp.SystemBuffer, length);
    if (stack->FileObject->Flags & FO_SYNCHRONOUS_IO)
        stack->FileObject->CurrentByteOffset.QuadPart = offset + length;
    return finish(irp, STATUS_SUCCESS, length);
}

static NTSTATUS QueryInformation(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PFILE_STANDARD_INFORMATION standard = irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(device);
    if (stack->Parameters.QueryFile.FileInformationClass != FileStandardInformation)
        return finish(irp, STATUS_INVALID_PARAMETER, 0);
    RtlZeroMemory(standard, sizeof *standard);
    standard->EndOfFile.QuadPart = WIN32DEV_SIZE;
    standard->NumberOfLinks = 1;
    return finish(irp, STATUS_SUCCESS, sizeof *standard);
}

static VOID Cancel(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *own = device->DeviceExtension;
    KIRQL irql;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    KeAcquireSpinLock(&own->lock, &irql);
    if (own->pending == irp)
        own->pending = NULL;
    KeReleaseSpinLock(&own->lock, irql);
    finish(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS Pend(struct extension *own, PIRP irp)
{
    KIRQL irql;
    NTSTATUS status = STATUS_PENDING;
    KeAcquireSpinLock(&own->lock, &irql);
    IoSetCancelRoutine(irp, Cancel);
    if (own->pending)
        status = STATUS_DEVICE_BUSY;
    else if (irp->Cancel)
        status = STATUS_CANCELLED;
    if (status != STATUS_PENDING && IoSetCancelRoutine(irp, NULL)) {
        KeReleaseSpinLock(&own->lock, irql);
        return finish(irp, status, 0);
    }
    IoMarkIrpPending(irp);
    if (status == STATUS_PENDING)
        own->pending = irp;
    KeReleaseSpinLock(&own->lock, irql);
    return STATUS_PENDING;
}

static VOID Release(struct extension *own)
{
    KIRQL irql;
    KeAcquireSpinLock(&own->lock, &irql);
    PIRP irp = own->pending;
    if (irp && !IoSetCancelRoutine(irp, NULL))
        irp = NULL; /* the cancel routine has it */
    else
        own->pending = NULL;
    KeReleaseSpinLock(&own->lock, irql);
    if (irp)
        finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS Control(PDEVICE_OBJECT device, PIRP irp)
{
    struct extension *own = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength;
    struct win32dev_return wanted;
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_WIN32DEV_RETURN:
        if (in < sizeof wanted)
            return finish(irp, STATUS_INVALID_PARAMETER, 0);
        wanted = *(struct win32dev_return *)irp->AssociatedIrp.SystemBuffer;
        RtlFillMemory(irp->AssociatedIrp.SystemBuffer, wanted.bytes < out ? wanted.bytes : out, 0xA5);
        return finish(irp, wanted.status, wanted.bytes < out ? wanted.bytes : out);
    case IOCTL_WIN32DEV_PEND:
        return Pend(own, irp);
    case IOCTL_WIN32DEV_RELEASE:
        Release(own);
        return finish(irp, STATUS_SUCCESS, 0);
    case IOCTL_WIN32DEV_WRITERS:
        return finish(irp, STATUS_SUCCESS, 0);
    default:
        return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS FileSystemControl(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    UNREFERENCED_PARAMETER(device);
    if (stack->Parameters.FileSystemControl.FsControlCode != FSCTL_WIN32DEV_ECHO ||
        !stack->Parameters.FileSystemControl.InputBufferLength ||
        !stack->Parameters.FileSystemControl.OutputBufferLength)
        return finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    return finish(irp, STATUS_SUCCESS, 1);
}

VOID Unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Win32Dev");
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Win32Dev");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Win32Dev");
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(registry);
    NTSTATUS status =
        IoCreateDevice(driver, sizeof(struct extension), &name, WIN32DEV_TYPE, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    struct extension *own = device->DeviceExtension;
    KeInitializeSpinLock(&own->lock);
    for (UCHAR i = 0; i < WIN32DEV_SIZE; i++)
        own->data[i] = i;
    device->Flags |= DO_BUFFERED_IO;
    driver->MajorFunction[IRP_MJ_CREATE] = Create;
    driver->MajorFunction[IRP_MJ_CLEANUP] = Succeed;
    driver->MajorFunction[IRP_MJ_CLOSE] = Succeed;
    driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = Succeed;
    driver->MajorFunction[IRP_MJ_READ] = ReadWrite;
    driver->MajorFunction[IRP_MJ_WRITE] = ReadWrite;
    driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = QueryInformation;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Control;
    driver->MajorFunction[IRP_MJ_FILE_SYSTEM_CONTROL] = FileSystemControl;
    driver->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
