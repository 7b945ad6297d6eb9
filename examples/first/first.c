/*
 * The driver's life: DriverEntry makes the devices and fills in the dispatch table, DriverUnload takes them away again.
 * Read this file first, then readwrite.c, then control.c.
 */
#include "first.h"

static const PCWSTR DeviceNames[FirstTransfers] = {
    L"\\Device\\FirstBuffered",
    L"\\Device\\FirstDirect",
    L"\\Device\\FirstNeither",
};

/* Win32 programs cannot name \Device\...; a link in \DosDevices makes the device \\.\FirstBuffered for them. */
static const PCWSTR LinkNames[FirstTransfers] = {
    L"\\DosDevices\\FirstBuffered",
    L"\\DosDevices\\FirstDirect",
    L"\\DosDevices\\FirstNeither",
};

static NTSTATUS FirstMakeDevice(PDRIVER_OBJECT DriverObject, FIRST_TRANSFER Transfer)
{
    UNICODE_STRING deviceName, linkName;
    PDEVICE_OBJECT device;
    PFIRST_EXTENSION extension;
    NTSTATUS status;

    RtlInitUnicodeString(&deviceName, DeviceNames[Transfer]);
    RtlInitUnicodeString(&linkName, LinkNames[Transfer]);

    status = IoCreateDevice(DriverObject, sizeof(FIRST_EXTENSION), &deviceName, FIRST_DEVICE_TYPE,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;

    extension = device->DeviceExtension;
    extension->Transfer = Transfer;
    KeInitializeSpinLock(&extension->Lock);

    /*
     * These two flags tell the I/O manager how to hand over the buffer of a read or write. With neither of them
     * the driver gets the caller's address as it is. They say nothing about control codes: those carry their method
     * themselves.
     */
    if (Transfer == FirstBuffered)
        device->Flags |= DO_BUFFERED_IO;
    if (Transfer == FirstDirect)
        device->Flags |= DO_DIRECT_IO;

    status = IoCreateSymbolicLink(&linkName, &deviceName);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(device);
    return status;
}

VOID FirstUnload(PDRIVER_OBJECT DriverObject)
{
    PDEVICE_OBJECT device = DriverObject->DeviceObject;

    while (device != NULL) {
        PDEVICE_OBJECT next = device->NextDevice;
        PFIRST_EXTENSION extension = device->DeviceExtension;
        UNICODE_STRING linkName;

        RtlInitUnicodeString(&linkName, LinkNames[extension->Transfer]);
        IoDeleteSymbolicLink(&linkName);
        IoDeleteDevice(device);
        device = next;
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    FIRST_TRANSFER transfer;
    NTSTATUS status = STATUS_SUCCESS;

    DbgPrint("first: loaded from %wZ\n", RegistryPath);

    /* Every major function that is not set here stays with the I/O manager: STATUS_INVALID_DEVICE_REQUEST. */
    DriverObject->MajorFunction[IRP_MJ_CREATE] = FirstCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = FirstCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = FirstCreateClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = FirstReadWrite;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = FirstReadWrite;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = FirstDeviceControl;
    DriverObject->DriverUnload = FirstUnload;

    for (transfer = FirstBuffered; transfer < FirstTransfers && NT_SUCCESS(status); transfer++)
        status = FirstMakeDevice(DriverObject, transfer);

    /* DriverUnload is not called for a driver whose DriverEntry fails, so what was made must go now. */
    if (!NT_SUCCESS(status))
        FirstUnload(DriverObject);
    return status;
}

/*
 * The end of every request. The status goes into the IRP, where the caller's IO_STATUS_BLOCK is filled from, and is
 * returned to the I/O manager as well; the two must agree. After IoCompleteRequest the IRP is gone: it must not be touched.
 */
NTSTATUS FirstComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/*
 * IRP_MJ_CREATE comes when a handle is opened, IRP_MJ_CLEANUP when the last handle to the file object is closed, and
 * IRP_MJ_CLOSE when its last reference is gone, which can be later. This driver keeps nothing per open file.
 */
NTSTATUS FirstCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return FirstComplete(Irp, STATUS_SUCCESS, 0);
}
