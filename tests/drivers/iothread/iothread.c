/*
 * Completes each read in a thread of its own, a little later; its DriverUnload waits for that thread.
 */
#include <ntddk.h>

static struct {
    KSPIN_LOCK Lock;
    LIST_ENTRY Queue;
    KSEMAPHORE Work;
    PVOID Thread;
    BOOLEAN Stop;
} Reader;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static DRIVER_DISPATCH OpenClose, Read;
static KSTART_ROUTINE ReaderThread;

static VOID ReaderThread(PVOID Context)
{
    LARGE_INTEGER pause;
    UNREFERENCED_PARAMETER(Context);
    pause.QuadPart = -20000;
    for (;;) {
        PLIST_ENTRY entry;
        PIRP irp;
        KeWaitForSingleObject(&Reader.Work, Executive, KernelMode, FALSE, NULL);
        entry = ExInterlockedRemoveHeadList(&Reader.Queue, &Reader.Lock);
        if (entry == NULL)
            break;
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
        irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        irp->IoStatus.Status = STATUS_SUCCESS;
        irp->IoStatus.Information = 0;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS OpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS Read(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoMarkIrpPending(Irp);
    ExInterlockedInsertTailList(&Reader.Queue, &Irp->Tail.Overlay.ListEntry, &Reader.Lock);
    KeReleaseSemaphore(&Reader.Work, IO_NO_INCREMENT, 1, FALSE);
    return STATUS_PENDING;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\IoThread");
    KeReleaseSemaphore(&Reader.Work, IO_NO_INCREMENT, 1, FALSE); /* without a request: the end */
    KeWaitForSingleObject(Reader.Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Reader.Thread);
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\IoThread");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\IoThread");
    PDEVICE_OBJECT device;
    HANDLE thread;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeSpinLock(&Reader.Lock);
    InitializeListHead(&Reader.Queue);
    KeInitializeSemaphore(&Reader.Work, 0, MAXLONG);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = OpenClose;
    DriverObject->MajorFunction[IRP_MJ_READ] = Read;
    DriverObject->DriverUnload = Unload;
    status = IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (NT_SUCCESS(status))
        status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ReaderThread, NULL);
    if (!NT_SUCCESS(status)) {
        IoDeleteSymbolicLink(&link);
        IoDeleteDevice(device);
        return status;
    }
    ObReferenceObjectByHandle(thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Reader.Thread, NULL);
    ZwClose(thread);
    return STATUS_SUCCESS;
}
