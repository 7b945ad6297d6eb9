/*
 * A driver that shares memory with its client by a section's name.
 */
#include <ntddk.h>

#include "shared.h"

NTKERNELAPI NTSTATUS MmMapViewInSystemSpace(PVOID Section, PVOID *MappedBase, PSIZE_T ViewSize);
NTKERNELAPI NTSTATUS MmUnmapViewInSystemSpace(PVOID MappedBase);

static NTSTATUS open_section(PHANDLE section)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    RtlInitUnicodeString(&name, L"\\BaseNamedObjects\\ntio-shared");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenSection(section, SECTION_MAP_READ | SECTION_MAP_WRITE, &attributes);
}

static NTSTATUS through_view(PVOID output)
{
    HANDLE section;
    PVOID base = NULL;
    SIZE_T size = 0;
    NTSTATUS status = open_section(&section);
    if (!NT_SUCCESS(status))
        return status;
    status = ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, NULL, &size, ViewUnmap, 0,
                                PAGE_READWRITE);
    if (NT_SUCCESS(status)) {
        RtlCopyMemory(output, base, 16);
        RtlCopyMemory(base, "driver", 7);
        status = ZwUnmapViewOfSection(ZwCurrentProcess(), base);
    }
    ZwClose(section);
    return status;
}

static NTSTATUS through_system(PVOID output)
{
    HANDLE section;
    PVOID object, base;
    SIZE_T size = 0;
    NTSTATUS status = open_section(&section);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(section, SECTION_MAP_WRITE, NULL, KernelMode, &object, NULL);
    ZwClose(section);
    if (!NT_SUCCESS(status))
        return status;
    status = MmMapViewInSystemSpace(object, &base, &size);
    ObDereferenceObject(object);
    if (!NT_SUCCESS(status))
        return status;
    RtlCopyMemory(output, base, 16);
    RtlCopyMemory(base, "system", 7);
    return MmUnmapViewInSystemSpace(base);
}

static NTSTATUS fill(PIRP irp)
{
    PVOID buffer = irp->MdlAddress ? MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority) : NULL;
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlFillMemory(buffer, MmGetMdlByteCount(irp->MdlAddress), '#');
    return STATUS_SUCCESS;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG_PTR information = 0;
    UNREFERENCED_PARAMETER(device);
    if (code == IOCTL_SHARED_FILL) {
        status = fill(irp);
        information = stack->Parameters.DeviceIoControl.OutputBufferLength;
    } else if (stack->Parameters.DeviceIoControl.OutputBufferLength < 16) {
        status = STATUS_BUFFER_TOO_SMALL;
    } else {
        information = 16;
        if (code == IOCTL_SHARED_VIEW)
            status = through_view(irp->AssociatedIrp.SystemBuffer);
        else if (code == IOCTL_SHARED_SYSTEM)
            status = through_system(irp->AssociatedIrp.SystemBuffer);
    }
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = NT_SUCCESS(status) ? information : 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS succeed(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link;
    RtlInitUnicodeString(&link, L"\\DosDevices\\Shared");
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name, link;
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(path);
    RtlInitUnicodeString(&name, L"\\Device\\Shared");
    RtlInitUnicodeString(&link, L"\\DosDevices\\Shared");
    driver->MajorFunction[IRP_MJ_CREATE] = succeed;
    driver->MajorFunction[IRP_MJ_CLOSE] = succeed;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->DriverUnload = unload;
    NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (NT_SUCCESS(status) && !NT_SUCCESS(status = IoCreateSymbolicLink(&link, &name)))
        IoDeleteDevice(device);
    return status;
}
