/*
 * Three devices, \Device\MethodsBuffered, ...Direct and ...Neither: a write replaces what the device holds, a read gives it,
 * the control codes are in methods.h.
 */
#include <ntddk.h>

#include "methods.h"

#define CAPACITY 64

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD MethodsUnload;
static DRIVER_DISPATCH MethodsOpenClose;
static DRIVER_DISPATCH MethodsReadWrite;
static DRIVER_DISPATCH MethodsControl;

typedef struct _EXTENSION {
    PCWSTR LinkName;
    ULONG Length;
    UCHAR Data[CAPACITY];
} EXTENSION, *PEXTENSION;

static const struct {
    PCWSTR DeviceName, LinkName;
    ULONG Flags;
} Devices[] = {
    {L"\\Device\\MethodsBuffered", L"\\DosDevices\\MethodsBuffered", DO_BUFFERED_IO},
    {L"\\Device\\MethodsDirect", L"\\DosDevices\\MethodsDirect", DO_DIRECT_IO},
    {L"\\Device\\MethodsNeither", L"\\DosDevices\\MethodsNeither", 0},
};

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS MethodsOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static VOID Reverse(PUCHAR To, const UCHAR *From, ULONG Length)
{
    ULONG i;
    UCHAR byte;
    for (i = 0; i < (Length + 1) / 2; i++) {
        byte = From[i];
        To[i] = From[Length - 1 - i];
        To[Length - 1 - i] = byte;
    }
}

static NTSTATUS MethodsReadWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
    PEXTENSION extension = Device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    BOOLEAN write = stack->MajorFunction == IRP_MJ_WRITE;
    ULONG length = write ? stack->Parameters.Write.Length : stack->Parameters.Read.Length;
    PVOID buffer = Irp->UserBuffer;
    NTSTATUS status = STATUS_SUCCESS;

    if (length > (write ? CAPACITY : extension->Length))
        length = write ? CAPACITY : extension->Length;
    if (Device->Flags & DO_BUFFERED_IO)
        buffer = Irp->AssociatedIrp.SystemBuffer;
    else if (Device->Flags & DO_DIRECT_IO && Irp->MdlAddress)
        buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    __try {
        if (!(Device->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO))) {
            if (write)
                ProbeForRead(buffer, stack->Parameters.Write.Length, 1);
            else
                ProbeForWrite(buffer, stack->Parameters.Read.Length, 1);
        }
        if (write) {
            RtlCopyMemory(extension->Data, buffer, length);
            extension->Length = length;
        } else {
            RtlCopyMemory(buffer, extension->Data, length);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
        length = 0;
    }
    return Complete(Irp, status, length);
}

static NTSTATUS ReverseNeither(PVOID In, ULONG InLength, PVOID Out, ULONG OutLength)
{
    __try {
        ProbeForRead(In, InLength, 1);
        ProbeForWrite(Out, OutLength, 1);
        Reverse(Out, In, InLength < OutLength ? InLength : OutLength);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS MethodsControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG both = in < out ? in : out, i;
    PUCHAR input = Irp->AssociatedIrp.SystemBuffer, direct = NULL, sum;
    UCHAR total = 0;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(Device);
    if (Irp->MdlAddress) {
        direct = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        if (!direct)
            return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_METHODS_BUFFERED:
        Reverse(input, input, both);
        return Complete(Irp, STATUS_SUCCESS, both);
    case IOCTL_METHODS_IN:
        sum = input;
        if (in != 1)
            return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
        for (i = 0; i < out; i++)
            total = (UCHAR)(total + direct[i]);
        return Complete(Irp, total == *sum ? STATUS_SUCCESS : STATUS_CRC_ERROR, out);
    case IOCTL_METHODS_OUT:
        Reverse(direct, input, both);
        return Complete(Irp, STATUS_SUCCESS, both);
    case IOCTL_METHODS_NEITHER:
        status = ReverseNeither(stack->Parameters.DeviceIoControl.Type3InputBuffer, in, Irp->UserBuffer, out);
        return Complete(Irp, status, NT_SUCCESS(status) ? both : 0);
    default:
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static VOID MethodsUnload(PDRIVER_OBJECT DriverObject)
{
    PDEVICE_OBJECT device;
    UNICODE_STRING link;
    while ((device = DriverObject->DeviceObject) != NULL) {
        RtlInitUnicodeString(&link, ((PEXTENSION)device->DeviceExtension)->LinkName);
        IoDeleteSymbolicLink(&link);
        IoDeleteDevice(device);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name, link;
    PDEVICE_OBJECT device;
    NTSTATUS status = STATUS_SUCCESS;
    ULONG i;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = MethodsOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = MethodsOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = MethodsOpenClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = MethodsReadWrite;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = MethodsReadWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = MethodsControl;
    DriverObject->DriverUnload = MethodsUnload;
    for (i = 0; i < RTL_NUMBER_OF(Devices) && NT_SUCCESS(status); i++) {
        RtlInitUnicodeString(&name, Devices[i].DeviceName);
        RtlInitUnicodeString(&link, Devices[i].LinkName);
        status = IoCreateDevice(DriverObject, sizeof(EXTENSION), &name, METHODS_TYPE, 0, FALSE, &device);
        if (!NT_SUCCESS(status))
            break;
        ((PEXTENSION)device->DeviceExtension)->LinkName = Devices[i].LinkName;
        device->Flags |= Devices[i].Flags;
        status = IoCreateSymbolicLink(&link, &name);
    }
    if (!NT_SUCCESS(status))
        MethodsUnload(DriverObject);
    return status;
}
