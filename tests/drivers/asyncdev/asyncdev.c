/* A driver whose requests wait until they are told to go on; see asyncdev.h. */
#include <ntifs.h>
#include <csq.h>

#include "asyncdev.h"

typedef struct _DEVICE_EXTENSION {
    IO_CSQ Csq;
    LIST_ENTRY Queue;
    KSPIN_LOCK Lock;
    PIRP Held;
    KDPC Dpc;
    ASYNC_COUNTS Counts;
} DEVICE_EXTENSION, *PDEVICE_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\AsyncDev");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\AsyncDev");

static PDEVICE_EXTENSION ExtensionOf(PIO_CSQ Csq)
{
    return CONTAINING_RECORD(Csq, DEVICE_EXTENSION, Csq);
}

static VOID NTAPI CsqInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&ExtensionOf(Csq)->Queue, &Irp->Tail.Overlay.ListEntry);
    ExtensionOf(Csq)->Counts.Queued++;
}

static VOID NTAPI CsqRemove(PIO_CSQ Csq, PIRP Irp)
{
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    ExtensionOf(Csq)->Counts.Queued--;
}

static PIRP NTAPI CsqPeek(PIO_CSQ Csq, PIRP Irp, PVOID Context)
{
    PLIST_ENTRY head = &ExtensionOf(Csq)->Queue;
    PLIST_ENTRY entry = Irp ? Irp->Tail.Overlay.ListEntry.Flink : head->Flink;
    for (; entry != head; entry = entry->Flink) {
        PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        if (!Context || IoGetCurrentIrpStackLocation(next)->FileObject == Context)
            return next;
    }
    return NULL;
}

static VOID NTAPI CsqAcquire(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&ExtensionOf(Csq)->Lock, Irql);
}

static VOID NTAPI CsqRelease(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&ExtensionOf(Csq)->Lock, Irql);
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
    InterlockedIncrement((PLONG)&ExtensionOf(Csq)->Counts.Cancelled);
    Complete(Irp, STATUS_CANCELLED, 0);
}

static ULONG RoomOf(PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    return stack->MajorFunction == IRP_MJ_READ ? stack->Parameters.Read.Length
                                               : stack->Parameters.DeviceIoControl.OutputBufferLength;
}

static VOID Finish(PIRP Irp, NTSTATUS Status, ULONG Information)
{
    if (Information && Irp->AssociatedIrp.SystemBuffer)
        RtlFillMemory(Irp->AssociatedIrp.SystemBuffer, Information, 0x5A);
    Complete(Irp, Status, Information);
}

static VOID NTAPI FinishDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PIRP irp = IoCsqRemoveNextIrp(&((PDEVICE_EXTENSION)Context)->Csq, NULL);
    UNREFERENCED_PARAMETER(Dpc);
    if (irp)
        Finish(irp, (NTSTATUS)(LONG_PTR)Argument1, (ULONG)(ULONG_PTR)Argument2);
}

static NTSTATUS CompleteNext(PDEVICE_EXTENSION Extension, const ASYNC_COMPLETE *How)
{
    if (How->FromDpc) {
        KeInsertQueueDpc(&Extension->Dpc, (PVOID)(LONG_PTR)How->Status, (PVOID)(ULONG_PTR)How->Information);
        return STATUS_SUCCESS;
    }
    PIRP irp = IoCsqRemoveNextIrp(&Extension->Csq, NULL);
    if (!irp)
        return STATUS_NO_MORE_ENTRIES;
    Finish(irp, How->Status, How->Information);
    return STATUS_SUCCESS;
}

static POBJECT_TYPE TypeFor(ULONG What)
{
    switch (What) {
    case ASYNC_SET_EVENT:
    case ASYNC_RESET_EVENT:
    case ASYNC_READ_EVENT:
        return *ExEventObjectType;
    case ASYNC_RELEASE_SEMAPHORE:
    case ASYNC_READ_SEMAPHORE:
    case ASYNC_WAIT_SEMAPHORE:
        return *ExSemaphoreObjectType;
    default:
        return NULL; /* mutexes and timers: no type is exported for drivers */
    }
}

static NTSTATUS UseObject(const ASYNC_OBJECT *Object, PULONG Result)
{
    LARGE_INTEGER zero = {.QuadPart = 0};
    PVOID body;
    NTSTATUS status = ObReferenceObjectByHandle((HANDLE)(ULONG_PTR)Object->Handle, SYNCHRONIZE,
                                                TypeFor(Object->What), UserMode, &body, NULL);
    if (!NT_SUCCESS(status))
        return status;
    switch (Object->What) {
    case ASYNC_SET_EVENT:
        *Result = (ULONG)KeSetEvent(body, IO_NO_INCREMENT, FALSE);
        break;
    case ASYNC_RESET_EVENT:
        *Result = (ULONG)KeResetEvent(body);
        break;
    case ASYNC_READ_EVENT:
        *Result = (ULONG)KeReadStateEvent(body);
        break;
    case ASYNC_RELEASE_SEMAPHORE:
        __try {
            *Result = (ULONG)KeReleaseSemaphore(body, IO_NO_INCREMENT, (LONG)Object->Count, FALSE);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
        }
        break;
    case ASYNC_READ_SEMAPHORE:
        *Result = (ULONG)KeReadStateSemaphore(body);
        break;
    case ASYNC_READ_TIMER:
        *Result = KeReadStateTimer(body);
        break;
    default:
        *Result = (ULONG)KeWaitForSingleObject(body, Executive, KernelMode, FALSE, &zero);
        break;
    }
    ObDereferenceObject(body);
    return status;
}

static NTSTATUS Hold(PDEVICE_EXTENSION Extension, PIRP Irp)
{
    IoMarkIrpPending(Irp);
    InterlockedExchangePointer((PVOID *)&Extension->Held, Irp);
    return STATUS_PENDING;
}

static NTSTATUS Control(PDEVICE_EXTENSION Extension, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PVOID buffer = Irp->AssociatedIrp.SystemBuffer;
    ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength, out = RoomOf(Irp), result = 0;
    NTSTATUS status;
    PIRP held;

    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_ASYNC_NOW:
        return in < sizeof(ULONG) ? Complete(Irp, STATUS_INVALID_PARAMETER, 0)
                                  : Complete(Irp, *(NTSTATUS *)buffer, out);
    case IOCTL_ASYNC_NOW_PENDING:
        IoMarkIrpPending(Irp);
        Complete(Irp, *(NTSTATUS *)buffer, out);
        return STATUS_PENDING;
    case IOCTL_ASYNC_WAIT:
        IoCsqInsertIrp(&Extension->Csq, Irp, NULL);
        return STATUS_PENDING;
    case IOCTL_ASYNC_HOLD:
        return Hold(Extension, Irp);
    case IOCTL_ASYNC_RELEASE:
        held = InterlockedExchangePointer((PVOID *)&Extension->Held, NULL);
        if (!held)
            return Complete(Irp, STATUS_NO_MORE_ENTRIES, 0);
        Complete(held, STATUS_SUCCESS, 0);
        return Complete(Irp, STATUS_SUCCESS, 0);
    case IOCTL_ASYNC_COMPLETE:
        return Complete(Irp, CompleteNext(Extension, buffer), 0);
    case IOCTL_ASYNC_OBJECT:
        status = UseObject(buffer, &result);
        if (!NT_SUCCESS(status))
            return Complete(Irp, status, 0);
        *(PULONG)buffer = result;
        return Complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
    case IOCTL_ASYNC_COUNTS: {
        KIRQL irql;
        KeAcquireSpinLock(&Extension->Lock, &irql);
        *(ASYNC_COUNTS *)buffer = Extension->Counts;
        KeReleaseSpinLock(&Extension->Lock, irql);
        return Complete(Irp, STATUS_SUCCESS, sizeof(ASYNC_COUNTS));
    }
    default:
        return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

/* How many writes are in here at a time is what is looked at; each gives way in the middle of it. */
static NTSTATUS Write(PDEVICE_EXTENSION Extension, PIRP Irp)
{
    LONG running = InterlockedIncrement((PLONG)&Extension->Counts.Running);
    LARGE_INTEGER zero = {.QuadPart = 0};
    KIRQL irql;
    KeAcquireSpinLock(&Extension->Lock, &irql);
    if ((ULONG)running > Extension->Counts.MostRunning)
        Extension->Counts.MostRunning = (ULONG)running;
    KeReleaseSpinLock(&Extension->Lock, irql);
    KeDelayExecutionThread(KernelMode, FALSE, &zero);
    InterlockedDecrement((PLONG)&Extension->Counts.Running);
    return Complete(Irp, STATUS_SUCCESS, IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length);
}

static VOID CancelForFile(PDEVICE_EXTENSION Extension, PFILE_OBJECT File)
{
    PIRP irp;
    while ((irp = IoCsqRemoveNextIrp(&Extension->Csq, File)) != NULL)
        CsqCancelled(&Extension->Csq, irp);
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PDEVICE_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    switch (stack->MajorFunction) {
    case IRP_MJ_READ:
        IoCsqInsertIrp(&extension->Csq, Irp, NULL);
        return STATUS_PENDING;
    case IRP_MJ_WRITE:
        return Write(extension, Irp);
    case IRP_MJ_DEVICE_CONTROL:
        return Control(extension, Irp);
    case IRP_MJ_CLEANUP:
        InterlockedIncrement((PLONG)&extension->Counts.Cleanups);
        CancelForFile(extension, stack->FileObject);
        return Complete(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_CLOSE:
        InterlockedIncrement((PLONG)&extension->Counts.Closes);
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

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS status = IoCreateDevice(DriverObject, sizeof(DEVICE_EXTENSION), &DeviceName, FILE_DEVICE_UNKNOWN,
                                     0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    PDEVICE_EXTENSION extension = device->DeviceExtension;
    InitializeListHead(&extension->Queue);
    KeInitializeSpinLock(&extension->Lock);
    KeInitializeDpc(&extension->Dpc, FinishDpc, extension);
    IoCsqInitialize(&extension->Csq, CsqInsert, CsqRemove, CsqPeek, CsqAcquire, CsqRelease, CsqCancelled);
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
