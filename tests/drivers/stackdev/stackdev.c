/*
 * \Device\StackDev: a device whose driver uses as much of its stack as it is asked to, see stackdev.h.
 */
#include <ntifs.h>

#include "stackdev.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD StackUnload;
static DRIVER_DISPATCH StackOpenClose;
static DRIVER_DISPATCH StackControl;
static KDEFERRED_ROUTINE StackDpc;
static KSTART_ROUTINE StackThread;

static struct stack_bounds EntryBounds;

static VOID Measure(struct stack_bounds *Bounds)
{
    ULONG_PTR low, high;
    volatile UCHAR local = 0;
    IoGetStackLimits(&low, &high);
    Bounds->low = low;
    Bounds->high = high;
    Bounds->initial = KeGetCurrentIrql() < DISPATCH_LEVEL ? (ULONG_PTR)IoGetInitialStack() : high;
    Bounds->remaining = IoGetRemainingStackSize();
    Bounds->local = (ULONG_PTR)&local;
}

static VOID StackDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Measure(Context);
}

static VOID StackThread(PVOID Context)
{
    Measure(Context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID StackCallout(PVOID Context)
{
    Measure(Context);
}

#define PIECE 256

static ULONG Descend(LONG Bytes, ULONG What);

/* Opens a device; with Bounds asks it. */
static NTSTATUS Open(PCWSTR Name, struct stack_bounds *Bounds)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    NTSTATUS status;
    RtlInitUnicodeString(&name, Name);
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = ZwCreateFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, NULL, 0,
                          FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (!NT_SUCCESS(status))
        return status;
    if (Bounds)
        status = ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, IOCTL_STACK_BOUNDS, NULL, 0, Bounds,
                                       sizeof *Bounds);
    ZwClose(handle);
    return status;
}

/* As deep as it may go. */
static ULONG DescendNearly(ULONG What)
{
    volatile UCHAR piece[64];
    piece[0] = (UCHAR)What;
    if (IoGetRemainingStackSize() > 1024)
        return DescendNearly(What) + piece[0];
    return Descend(0, What);
}

static ULONG Descend(LONG Bytes, ULONG What)
{
    volatile UCHAR piece[PIECE];
    ULONG i;
    for (i = 0; i < PIECE; i++)
        piece[i] = (UCHAR)Bytes;
    if (Bytes > PIECE)
        return Descend(Bytes - PIECE, What) + piece[Bytes % PIECE];
    if (What == DO_RAISE)
        ExRaiseStatus(STATUS_DATA_ERROR);
    if (What == DO_PRINT)
        DbgPrint("stackdev: %d bytes down, %wZ\n", (int)Bytes, (PUNICODE_STRING)NULL);
    if (What == DO_OPEN)
        return Open(L"\\Device\\StackDev", NULL);
    if (What == DO_OPEN_NOTHING)
        return Open(L"\\Device\\NoSuchDevice\\And\\No\\Such\\File", NULL);
    if (What == DO_READ_NULL)
        return *(volatile ULONG *)NULL;
    return piece[0];
}

#if defined(__clang__)
#pragma clang diagnostic ignored "-Winfinite-recursion"
#else
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Winfinite-recursion"
#endif
static __declspec(noinline) ULONG RecurseForEver(ULONG Level)
{
    volatile UCHAR piece[PIECE];
    piece[Level % PIECE] = (UCHAR)Level;
    return RecurseForEver(Level + 1) + piece[Level % PIECE];
}

static __declspec(noinline) ULONG LargeArray(ULONG Index)
{
    volatile UCHAR array[128 * 1024];
    array[Index] = 1;
    KeGetCurrentIrql();
    return array[Index];
}

static NTSTATUS Raise(LONG Bytes)
{
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        Descend(Bytes, DO_RAISE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static NTSTATUS ProbeLocal(VOID)
{
    ULONG local = 0;
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        ProbeForRead(&local, sizeof local, 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static NTSTATUS RunThread(struct stack_bounds *Bounds)
{
    HANDLE handle;
    PVOID thread;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, StackThread, Bounds);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL);
    ZwClose(handle);
    if (!NT_SUCCESS(status))
        return status;
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(thread);
    return STATUS_SUCCESS;
}

static NTSTATUS StackOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS StackControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    struct stack_bounds *bounds = Irp->AssociatedIrp.SystemBuffer;
    NTSTATUS *code = Irp->AssociatedIrp.SystemBuffer;
    ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength;
    LONG bytes = in >= sizeof bytes ? *(PLONG)Irp->AssociatedIrp.SystemBuffer : 0;
    NTSTATUS status = STATUS_SUCCESS;
    KDPC dpc;
    UNREFERENCED_PARAMETER(Device);
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_STACK_BOUNDS:
        Measure(bounds);
        break;
    case IOCTL_STACK_DPC:
        KeInitializeDpc(&dpc, StackDpc, bounds);
        KeInsertQueueDpc(&dpc, NULL, NULL);
        break;
    case IOCTL_STACK_THREAD:
        status = RunThread(bounds);
        break;
    case IOCTL_STACK_EXPANDED:
        status = KeExpandKernelStackAndCallout(StackCallout, bounds, 60 * 1024);
        break;
    case IOCTL_STACK_USE:
        Descend(bytes, DO_NOTHING);
        break;
    case IOCTL_STACK_RECURSE:
        RecurseForEver(0);
        break;
    case IOCTL_STACK_ARRAY:
        LargeArray((ULONG)bytes);
        break;
    case IOCTL_STACK_RAISE:
        *code = Raise(bytes);
        break;
    case IOCTL_STACK_PRINT:
        Descend(bytes, DO_PRINT);
        break;
    case IOCTL_STACK_ENTRY:
        *bounds = EntryBounds;
        break;
    case IOCTL_STACK_NEARLY:
        DescendNearly((ULONG)bytes);
        break;
    case IOCTL_STACK_PROBE:
        *code = ProbeLocal();
        break;
    case IOCTL_STACK_HANDED:
        status = Open(L"\\Device\\StackDev", bounds);
        break;
    case IOCTL_STACK_NULL:
        Descend(bytes, DO_READ_NULL);
        break;
    case IOCTL_STACK_WILD:
        *(volatile UCHAR *)((ULONG_PTR)&dpc - 200 * 1024) = 1;
        break;
    default:
        status = STATUS_INVALID_DEVICE_REQUEST;
        break;
    }
    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = NT_SUCCESS(status) ? stack->Parameters.DeviceIoControl.OutputBufferLength : 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

static VOID StackUnload(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING link;
    RtlInitUnicodeString(&link, L"\\DosDevices\\StackDev");
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name, link;
    PDEVICE_OBJECT device;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(RegistryPath);
    Measure(&EntryBounds);
    RtlInitUnicodeString(&name, L"\\Device\\StackDev");
    RtlInitUnicodeString(&link, L"\\DosDevices\\StackDev");
    status = IoCreateDevice(Driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    Driver->MajorFunction[IRP_MJ_CREATE] = StackOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = StackOpenClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = StackControl;
    Driver->DriverUnload = StackUnload;
    return STATUS_SUCCESS;
}
