/*
 * A meeting place: each write is handed to one read, and both wait in cancel-safe queues until the other
 * comes. Every other pair is completed by a DPC of another processor.
 */
#include <ntifs.h>
#include <csq.h>

#include "stress.h"

typedef struct _QUEUE {
    IO_CSQ Csq;
    LIST_ENTRY List;
    KSPIN_LOCK Lock;
    STRESS_COUNTS *Counts;
} QUEUE, *PQUEUE;

typedef struct _DEVICE_EXTENSION {
    QUEUE Readers, Writers;
    STRESS_COUNTS Counts;
    LONG Arrivals; /* goes up after each insertion */
    LONG Pairs;
    LIST_ENTRY Done;
    KSPIN_LOCK DoneLock;
    KDPC Dpc;
} DEVICE_EXTENSION, *PDEVICE_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\StressCsq");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\StressCsq");

static VOID NTAPI CsqInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&CONTAINING_RECORD(Csq, QUEUE, Csq)->List, &Irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI CsqRemove(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI CsqPeek(PIO_CSQ Csq, PIRP Irp, PVOID File)
{
    PLIST_ENTRY head = &CONTAINING_RECORD(Csq, QUEUE, Csq)->List;
    PLIST_ENTRY entry = Irp ? Irp->Tail.Overlay.ListEntry.Flink : head->Flink;
    for (; entry != head; entry = entry->Flink) {
        PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        if (!File || IoGetCurrentIrpStackLocation(next)->FileObject == File)
            return next;
    }
    return NULL;
}

static VOID NTAPI CsqAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(Csq, QUEUE, Csq)->Lock, Irql);
}

static VOID NTAPI CsqRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(Csq, QUEUE, Csq)->Lock, Irql);
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI CsqCancelled(PIO_CSQ Csq, PIRP Irp)
{
    InterlockedIncrement64(&CONTAINING_RECORD(Csq, QUEUE, Csq)->Counts->Cancelled);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static VOID Succeed(PDEVICE_EXTENSION Extension, PIRP Irp)
{
    InterlockedIncrement64(&Extension->Counts.Succeeded);
    Complete(Irp, STATUS_SUCCESS, sizeof(ULONGLONG));
}

static VOID NTAPI DoneDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PDEVICE_EXTENSION extension = Context;
    PLIST_ENTRY entry;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    while ((entry = ExInterlockedRemoveHeadList(&extension->Done, &extension->DoneLock)) != NULL)
        Succeed(extension, CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry));
}

static VOID Join(PDEVICE_EXTENSION Extension, PIRP Reader, PIRP Writer)
{
    *(PULONGLONG)Reader->AssociatedIrp.SystemBuffer = *(PULONGLONG)Writer->AssociatedIrp.SystemBuffer;
    if (InterlockedIncrement(&Extension->Pairs) & 1) {
        Succeed(Extension, Writer);
        Succeed(Extension, Reader);
        return;
    }
    ExInterlockedInsertTailList(&Extension->Done, &Reader->Tail.Overlay.ListEntry, &Extension->DoneLock);
    ExInterlockedInsertTailList(&Extension->Done, &Writer->Tail.Overlay.ListEntry, &Extension->DoneLock);
    KeInsertQueueDpc(&Extension->Dpc, NULL, NULL);
}

/* Whoever comes while one of the two is out of its queue does not find it, but changes Arrivals. */
static VOID Match(PDEVICE_EXTENSION Extension)
{
    for (;;) {
        LONG arrivals = ReadAcquire(&Extension->Arrivals);
        PIRP reader = IoCsqRemoveNextIrp(&Extension->Readers.Csq, NULL);
        PIRP writer = reader ? IoCsqRemoveNextIrp(&Extension->Writers.Csq, NULL) : NULL;
        if (writer) {
            Join(Extension, reader, writer);
            continue;
        }
        if (reader)
            IoCsqInsertIrp(&Extension->Readers.Csq, reader, NULL);
        if (ReadAcquire(&Extension->Arrivals) == arrivals)
            return;
    }
}

static VOID Empty(PQUEUE Queue, PFILE_OBJECT File)
{
    PIRP irp;
    while ((irp = IoCsqRemoveNextIrp(&Queue->Csq, File)) != NULL)
        CsqCancelled(&Queue->Csq, irp);
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    switch (stack->MajorFunction) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        InterlockedIncrement64(&extension->Counts.Received);
        IoCsqInsertIrp(stack->MajorFunction == IRP_MJ_READ ? &extension->Readers.Csq
                                                           : &extension->Writers.Csq,
                       Irp, NULL);
        InterlockedIncrement(&extension->Arrivals);
        Match(extension);
        return STATUS_PENDING;
    case IRP_MJ_DEVICE_CONTROL:
        *(STRESS_COUNTS *)Irp->AssociatedIrp.SystemBuffer = extension->Counts; /* nothing is under way then */
        return Complete(Irp, STATUS_SUCCESS, sizeof(STRESS_COUNTS));
    case IRP_MJ_CLEANUP:
        Empty(&extension->Readers, stack->FileObject);
        Empty(&extension->Writers, stack->FileObject);
        return Complete(Irp, STATUS_SUCCESS, 0);
    default:
        return Complete(Irp, STATUS_SUCCESS, 0);
    }
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(DriverObject->DeviceObject);
}

static VOID InitializeQueue(PQUEUE Queue, STRESS_COUNTS *Counts)
{
    InitializeListHead(&Queue->List);
    KeInitializeSpinLock(&Queue->Lock);
    Queue->Counts = Counts;
    IoCsqInitialize(&Queue->Csq, CsqInsert, CsqRemove, CsqPeek, CsqAcquire, CsqRelease, CsqCancelled);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS status = IoCreateDevice(DriverObject, sizeof(DEVICE_EXTENSION), &DeviceName, FILE_DEVICE_UNKNOWN,
                                     0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    PDEVICE_EXTENSION extension = device->DeviceExtension;
    InitializeQueue(&extension->Readers, &extension->Counts);
    InitializeQueue(&extension->Writers, &extension->Counts);
    InitializeListHead(&extension->Done);
    KeInitializeSpinLock(&extension->DoneLock);
    KeInitializeDpc(&extension->Dpc, DoneDpc, extension);
    KeSetTargetProcessorDpc(&extension->Dpc, 0);
    device->Flags |= DO_BUFFERED_IO;
    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = Dispatch;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
