/*
 * A driver whose reads wait. Read examples/first before this one; here only what is new is explained. The queue that the
 * reads wait in is in waiting.c.
 */
#include "queue.h"

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Queue");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Queue");

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = QueueCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = QueueCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = QueueCleanup;
    DriverObject->MajorFunction[IRP_MJ_READ] = QueueRead;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = QueueWrite;
    DriverObject->DriverUnload = QueueUnload;

    status = IoCreateDevice(DriverObject, sizeof(QUEUE_EXTENSION), &DeviceName, QUEUE_DEVICE_TYPE,
                            FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    device->Flags |= DO_BUFFERED_IO;
    status = QueueInitialize(device->DeviceExtension);
    if (NT_SUCCESS(status))
        status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status))
        IoDeleteDevice(device);
    return status;
}

/* No handle is open now, so no read can be waiting: each was completed when its handle was closed. */
VOID QueueUnload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS QueueComplete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

NTSTATUS QueueCreateClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return QueueComplete(Irp, STATUS_SUCCESS, 0);
}

/*
 * The last handle to a file object is closed. Its reads may still be waiting: nobody is interested in them any more, and as
 * long as they wait the file object cannot be closed. So they end here. (A read that another thread is sending at this very
 * moment comes too late for that. It waits until its thread ends or cancels it: a cancel routine is needed all the same.)
 */
NTSTATUS QueueCleanup(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PQUEUE_EXTENSION extension = DeviceObject->DeviceExtension;
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PIRP read;

    while ((read = IoCsqRemoveNextIrp(&extension->Queue, file)) != NULL)
        QueueComplete(read, STATUS_CANCELLED, 0);
    return QueueComplete(Irp, STATUS_SUCCESS, 0);
}

/*
 * A read waits. IoCsqInsertIrp marks the IRP pending (IoMarkIrpPending) before anybody else can see it, and from then on
 * the dispatch routine has to return STATUS_PENDING: always, even if the IRP has been cancelled or completed by another
 * thread before IoCsqInsertIrp returns. For the same reason the IRP must not be touched here any more.
 */
NTSTATUS QueueRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PQUEUE_EXTENSION extension = DeviceObject->DeviceExtension;

    IoCsqInsertIrp(&extension->Queue, Irp, NULL);
    return STATUS_PENDING;
}

/* A write completes a read: two IRPs, each with a status and a length of its own. */
NTSTATUS QueueWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PQUEUE_EXTENSION extension = DeviceObject->DeviceExtension;
    ULONG length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    PIRP read = IoCsqRemoveNextIrp(&extension->Queue, NULL);
    ULONG room;

    if (read == NULL)
        return QueueComplete(Irp, STATUS_DEVICE_NOT_READY, 0);

    /* The read is ours alone now; its caller may be another process, but its system buffer is good in any context. */
    room = IoGetCurrentIrpStackLocation(read)->Parameters.Read.Length;
    if (length > room)
        length = room;
    RtlCopyMemory(read->AssociatedIrp.SystemBuffer, Irp->AssociatedIrp.SystemBuffer, length);
    QueueComplete(read, STATUS_SUCCESS, length);
    return QueueComplete(Irp, STATUS_SUCCESS, length);
}
