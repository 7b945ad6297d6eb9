// A driver in C++ with one answer.
#include <ntddk.h>

#include "public.h"

namespace
{

template <typename T> class Answer
{
public:
    constexpr explicit Answer(T value) : m_value(value) {}
    constexpr T Next() const { return m_value + 1; }

private:
    T m_value;
};

NTSTATUS Complete(PIRP irp, NTSTATUS status = STATUS_SUCCESS, ULONG_PTR information = 0)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Consumer");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\ConsumerCxx");
    PDEVICE_OBJECT device = nullptr;
    auto status = IoCreateDevice(driver, 0, &name, CONSUMER_TYPE, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = [](PDEVICE_OBJECT, PIRP irp) {
        return Complete(irp);
    };
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = [](PDEVICE_OBJECT, PIRP irp) {
        auto &parameters = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
        if (parameters.IoControlCode != IOCTL_CONSUMER_ANSWER || parameters.OutputBufferLength < sizeof(ULONG))
            return Complete(irp, STATUS_INVALID_DEVICE_REQUEST);
        *static_cast<PULONG>(irp->AssociatedIrp.SystemBuffer) = Answer<ULONG>(42).Next();
        return Complete(irp, STATUS_SUCCESS, sizeof(ULONG));
    };
    driver->DriverUnload = [](PDRIVER_OBJECT driver) {
        UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\ConsumerCxx");
        IoDeleteSymbolicLink(&link);
        IoDeleteDevice(driver->DeviceObject);
    };
    return status;
}
