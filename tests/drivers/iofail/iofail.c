/* A driver whose DriverEntry fails, and that does not clean up. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\IoFail"), link = RTL_CONSTANT_STRING(L"\\??\\IoFail");
    PDEVICE_OBJECT device;

    UNREFERENCED_PARAMETER(RegistryPath);
    if (NT_SUCCESS(IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device)))
        IoCreateSymbolicLink(&link, &name);
    return STATUS_DEVICE_CONFIGURATION_ERROR;
}
