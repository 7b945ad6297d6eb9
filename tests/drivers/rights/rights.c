/*
 * One device for each way to guard one.
 */
#include <ntddk.h>
#include <wdmsec.h>

#include "rights.h"

DECLARE_CONST_UNICODE_STRING(READ_ONLY, L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;BU)");

static const struct {
    PCWSTR Name;
    PCUNICODE_STRING Sddl; /* NULL: the default */
    ULONG Characteristics;
} Devices[] = {
    {L"RightsKernel", &SDDL_DEVOBJ_KERNEL_ONLY, FILE_DEVICE_SECURE_OPEN},
    {L"RightsSystem", &SDDL_DEVOBJ_SYS_ALL, FILE_DEVICE_SECURE_OPEN},
    {L"RightsAdmin", &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, FILE_DEVICE_SECURE_OPEN},
    {L"RightsLoose", &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, 0},
    {L"RightsReadOnly", &READ_ONLY, FILE_DEVICE_SECURE_OPEN},
    {L"RightsWorldRead", &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_R, FILE_DEVICE_SECURE_OPEN},
    {L"RightsRestricted", &SDDL_DEVOBJ_SYS_ALL_ADM_RWX_WORLD_RW_RES_R, FILE_DEVICE_SECURE_OPEN},
    {L"RightsDefault", NULL, 0},
};

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD RightsUnload;
_Dispatch_type_(IRP_MJ_CREATE) DRIVER_DISPATCH RightsDispatch;

NTSTATUS RightsDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID Full(PUNICODE_STRING Name, PWSTR Buffer, USHORT Size, PCWSTR Folder, PCWSTR Last)
{
    RtlInitEmptyUnicodeString(Name, Buffer, Size);
    RtlAppendUnicodeToString(Name, Folder);
    RtlAppendUnicodeToString(Name, Last);
}

VOID RightsUnload(PDRIVER_OBJECT DriverObject)
{
    WCHAR buffer[64];
    UNICODE_STRING link;
    for (ULONG i = 0; i < ARRAYSIZE(Devices); i++) {
        Full(&link, buffer, sizeof(buffer), L"\\DosDevices\\", Devices[i].Name);
        IoDeleteSymbolicLink(&link);
    }
    while (DriverObject->DeviceObject)
        IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = RightsUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = RightsDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = RightsDispatch;
    DriverObject->MajorFunction[IRP_MJ_READ] = RightsDispatch;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = RightsDispatch;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = RightsDispatch;
    for (ULONG i = 0; i < ARRAYSIZE(Devices) && NT_SUCCESS(status); i++) {
        WCHAR deviceBuffer[64], linkBuffer[64];
        UNICODE_STRING name, link;
        PDEVICE_OBJECT device;
        Full(&name, deviceBuffer, sizeof(deviceBuffer), L"\\Device\\", Devices[i].Name);
        Full(&link, linkBuffer, sizeof(linkBuffer), L"\\DosDevices\\", Devices[i].Name);
        if (Devices[i].Sddl)
            status = IoCreateDeviceSecure(DriverObject, 0, &name, 0x8123, Devices[i].Characteristics, FALSE,
                                          Devices[i].Sddl, NULL, &device);
        else
            status =
                IoCreateDevice(DriverObject, 0, &name, 0x8123, Devices[i].Characteristics, FALSE, &device);
        if (NT_SUCCESS(status)) {
            device->Flags |= DO_BUFFERED_IO;
            status = IoCreateSymbolicLink(&link, &name);
        }
    }
    if (!NT_SUCCESS(status))
        RightsUnload(DriverObject);
    return status;
}
