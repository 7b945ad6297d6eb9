/* A driver without DriverUnload. */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\IoStay"), link = RTL_CONSTANT_STRING(L"\\??\\IoStay");
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(DriverObject, 16, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (NT_SUCCESS(status))
        status = IoCreateSymbolicLink(&link, &name);
    ExAllocatePoolWithTag(PagedPool, 10, 'yatS');
    return status;
}
