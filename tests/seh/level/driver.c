/* Has a device if its locals keep their values, and none if they do not. */
#include <ntddk.h>

#define CODE ((int)0xE0000001)
#include "locals.h"

static NTSTATUS done(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\SehLocals");
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\SehLocals"),
                   link = RTL_CONSTANT_STRING(L"\\DosDevices\\SehLocals");
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(path);
    int failed = check_locals();
    if (failed) {
        DbgPrint("the driver's check in line %d of locals.h failed\n", failed);
        return STATUS_UNSUCCESSFUL;
    }
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = done;
    driver->DriverUnload = unload;
    NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    return NT_SUCCESS(status) ? IoCreateSymbolicLink(&link, &name) : status;
}
