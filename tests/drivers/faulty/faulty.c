/*
 * Does wrong whatever faulty.h names.
 */
#include <ntifs.h>

#include "faulty.h"

#define TAG 'tluF'

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD FaultyUnload;
static DRIVER_DISPATCH FaultyOpenClose;
static DRIVER_DISPATCH FaultyControl;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Faulty");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Faulty");
static PDEVICE_OBJECT Device;
static KSPIN_LOCK Lock;
static KEVENT Event;
static KDPC Dpc;
static volatile ULONG Zero;

static NTSTATUS Complete(PIRP Irp)
{
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS FaultyOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp);
}

/* A sanitizer that stops at the mistake itself would keep us from seeing what becomes of it. */
#define UNCHECKED __attribute__((no_sanitize("address", "thread", "undefined"), noinline)) /* the report names it */

static UNCHECKED VOID DivideInDpc(PKDPC Self, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Zero = 1000 / Zero;
}

static VOID RaiseInThread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    ExRaiseStatus(STATUS_DEVICE_NOT_READY);
}

static VOID WaitForThread(VOID)
{
    HANDLE thread;
    if (NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, RaiseInThread, NULL))) {
        ZwWaitForSingleObject(thread, FALSE, NULL);
        ZwClose(thread);
    }
}

static VOID Frees(ULONG What, struct faulty_seen *Seen)
{
    UCHAR local[16];
    PUCHAR block = ExAllocatePoolWithTag(NonPagedPool, 100, TAG);
    Seen->subject = block;
    if (What == FAULTY_FREES_TWICE)
        ExFreePoolWithTag(block, TAG);
    else if (What == FAULTY_FREES_INSIDE)
        Seen->subject = block + 32;
    else if (What == FAULTY_FREES_A_LOCAL)
        Seen->subject = local;
    else
        Seen->subject = NULL;
    ExFreePool(Seen->subject);
}

static VOID LocksPages(ULONG What, PIRP Irp, struct faulty_seen *Seen)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    PMDL mdl = IoAllocateMdl(stack->Parameters.DeviceIoControl.Type3InputBuffer,
                             stack->Parameters.DeviceIoControl.InputBufferLength, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    Seen->subject = mdl;
    Seen->process = PsGetCurrentProcess();
    if (What == FAULTY_FREES_A_LOCKED_MDL)
        IoFreeMdl(mdl);
    if (What == FAULTY_UNLOCKS_TWICE) {
        MmUnlockPages(mdl);
        MmUnlockPages(mdl);
    }
}

static UNCHECKED VOID MisusesIrql(ULONG What, struct faulty_seen *Seen)
{
    KIRQL irql;
    switch (What) {
    case FAULTY_ACQUIRES_TWICE:
        Seen->subject = &Lock;
        KeAcquireSpinLock(&Lock, &irql);
        KeAcquireSpinLock(&Lock, &irql);
        break;
    case FAULTY_RELEASES_UNOWNED:
        Seen->subject = &Lock;
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        KeReleaseSpinLock(&Lock, irql);
        break;
    case FAULTY_WAITS_RAISED:
        Seen->subject = &Event;
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        break;
    case FAULTY_LOWERS_UPWARDS:
        KeLowerIrql(DISPATCH_LEVEL);
        break;
    case FAULTY_TOUCHES_RAISED:
        Seen->subject = (PVOID)(ULONG_PTR)0x30;
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        *(volatile ULONG *)Seen->subject = 1;
        break;
    }
}

static UNCHECKED VOID Raises(ULONG What, struct faulty_seen *Seen)
{
    switch (What) {
    case FAULTY_READS_NULL:
        Zero = *(volatile ULONG *)(ULONG_PTR)Zero;
        break;
    case FAULTY_WRITES_NULL:
        *(volatile ULONG *)(ULONG_PTR)Zero = 1;
        break;
    case FAULTY_DIVIDES_BY_ZERO:
        Zero = 1000 / Zero;
        break;
    case FAULTY_RAISES:
        ExRaiseStatus(STATUS_DEVICE_NOT_READY);
        break;
    case FAULTY_DIVIDES_IN_DPC:
        KeInitializeDpc(&Dpc, DivideInDpc, NULL);
        KeInsertQueueDpc(&Dpc, NULL, NULL);
        break;
    case FAULTY_RAISES_IN_THREAD:
        WaitForThread();
        break;
    case FAULTY_TOUCHES_THE_SYSTEMS:
        Seen->subject = (PVOID)(ULONG_PTR)0xFFFFF80000001000;
        *(volatile ULONG *)Seen->subject = 1;
        break;
    }
}

static NTSTATUS FaultyControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    struct faulty_seen *seen = Irp->UserBuffer;
    ULONG what = (stack->Parameters.DeviceIoControl.IoControlCode - IOCTL_FAULTY(0)) / 4;

    if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_FAULTY_NOTHING)
        return Complete(Irp);
    if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_FAULTY_UNLOCKS) {
        MmUnlockPages(Irp->MdlAddress);
        return Complete(Irp);
    }
    seen->irp = Irp;
    seen->device = DeviceObject;
    switch (what) {
    case FAULTY_COMPLETES_TWICE:
        Complete(Irp);
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
    case FAULTY_CALLS_WITHOUT_LOCATION:
        return IoCallDriver(DeviceObject, Irp);
    case FAULTY_FREES_TWICE:
    case FAULTY_FREES_INSIDE:
    case FAULTY_FREES_A_LOCAL:
    case FAULTY_FREES_NULL:
        Frees(what, seen);
        break;
    case FAULTY_FREES_A_LOCKED_MDL:
    case FAULTY_UNLOCKS_TWICE:
    case FAULTY_LEAVES_PAGES_LOCKED:
        LocksPages(what, Irp, seen);
        break;
    case FAULTY_FORGETS_THE_IRP:
        return STATUS_SUCCESS;
    case FAULTY_MARKS_AND_FORGETS:
        IoMarkIrpPending(Irp);
        return STATUS_SUCCESS;
    case FAULTY_STOPS_THE_SYSTEM:
        KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
    default:
        MisusesIrql(what, seen);
        Raises(what, seen);
    }
    return Complete(Irp);
}

static VOID FaultyUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(Device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = IoCreateDevice(DriverObject, 0, &DeviceName, FAULTY_TYPE, 0, FALSE, &Device);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(Device);
        return status;
    }
    KeInitializeSpinLock(&Lock);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = FaultyOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = FaultyOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = FaultyOpenClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = FaultyControl;
    DriverObject->DriverUnload = FaultyUnload;
    return STATUS_SUCCESS;
}
