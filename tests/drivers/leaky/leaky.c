/*
 * Gives its caller what it never wrote.
 */
#include <ntddk.h>

#include "leaky.h"

#define TAG 'kaeL'

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD LeakyUnload;
static DRIVER_DISPATCH LeakyOpenClose;
static DRIVER_DISPATCH LeakyControl;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Leaky");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Leaky");

struct record {
    UCHAR Kind;
    ULONG Value;
};

static VOID CopyPool(PUCHAR Output, ULONG Length)
{
    PUCHAR block = ExAllocatePoolWithTag(PagedPool, Length, TAG);
    if (block == NULL)
        return;
    RtlFillMemory(block, 8, 'x');
    RtlCopyMemory(Output, block, Length);
    ExFreePoolWithTag(block, TAG);
}

static VOID CopyLocal(PUCHAR Output)
{
    struct record record;
    record.Kind = 1;
    record.Value = 2;
    RtlCopyMemory(Output, &record, sizeof record);
}

static VOID Fill(ULONG What, PUCHAR Output, ULONG Length, PULONG_PTR Information)
{
    *Information = Length;
    switch (What) {
    case LEAKY_ZERO:
        RtlZeroMemory(Output, Length);
        break;
    case LEAKY_HALF:
        RtlFillMemory(Output, Length / 2, 'x');
        break;
    case LEAKY_POOL:
        CopyPool(Output, Length);
        break;
    case LEAKY_LOCAL:
        CopyLocal(Output);
        *Information = sizeof(struct record);
        break;
    case LEAKY_PATTERN:
        RtlFillMemory(Output, 5, 'x');
        RtlFillMemory(Output + 6, Length - 6, 'x');
        break;
    }
}

static NTSTATUS FillRaw(ULONG What, PUCHAR Output, ULONG Length, PULONG_PTR Information)
{
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        ProbeForWrite(Output, Length, 1);
        Fill(What, Output, Length, Information);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS LeakyOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS LeakyControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode, what = (code >> 2 & 0xFFF) - 0x800;
    ULONG length = stack->Parameters.DeviceIoControl.OutputBufferLength;
    PUCHAR output;
    ULONG_PTR information = 0;
    NTSTATUS status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(DeviceObject);

    switch (METHOD_FROM_CTL_CODE(code)) {
    case METHOD_BUFFERED:
        Fill(what, Irp->AssociatedIrp.SystemBuffer, length, &information);
        break;
    case METHOD_OUT_DIRECT:
        output = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        if (output == NULL)
            return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
        Fill(what, output, length, &information);
        break;
    default:
        status = FillRaw(what, Irp->UserBuffer, length, &information);
        break;
    }
    return Complete(Irp, status, information);
}

static VOID LeakyUnload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(RegistryPath);

    DriverObject->MajorFunction[IRP_MJ_CREATE] = LeakyOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = LeakyOpenClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = LeakyControl;
    DriverObject->DriverUnload = LeakyUnload;
    status = IoCreateDevice(DriverObject, 0, &DeviceName, 0x8237, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(device);
    return status;
}
