/* Touches the client's memory from its own context and from others. */
#include <ntifs.h>

#include "contexts.h"

static PDEVICE_OBJECT Device;
static UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Contexts"),
                      Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Contexts");
static PUCHAR Remembered;
static KDPC Dpc;

typedef struct _JOB {
    PIO_WORKITEM Item;
    PIRP Irp;
} JOB;

static NTSTATUS Touch(PUCHAR Byte)
{
    __try {
        (*Byte)++;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS LockOld(VOID)
{
    NTSTATUS status = STATUS_SUCCESS;
    PMDL mdl = IoAllocateMdl(Remembered, 1, FALSE, FALSE, NULL);
    if (!mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    if (NT_SUCCESS(status))
        MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    return status;
}

static NTSTATUS TouchAttached(PIRP Irp)
{
    KAPC_STATE state;
    NTSTATUS status;
    KeStackAttachProcess((PRKPROCESS)IoGetRequestorProcess(Irp), &state);
    status = Touch(Irp->UserBuffer);
    KeUnstackDetachProcess(&state);
    return status;
}

static void Answer(PIRP Irp, CONTEXTS_ANSWER *Answer)
{
    Answer->Requester = IoGetRequestorProcessId(Irp);
    Answer->Here = HandleToULong(PsGetCurrentProcessId());
    Irp->IoStatus.Information = sizeof *Answer;
}

static VOID NTAPI Work(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    JOB *job = Context;
    PIRP irp = job->Irp;
    NTSTATUS status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(DeviceObject);
    irp->IoStatus.Information = 0;
    switch (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_TOUCH_ITEM:
        status = Touch(irp->UserBuffer);
        break;
    case IOCTL_TOUCH_ATTACHED:
        status = TouchAttached(irp);
        break;
    case IOCTL_TOUCH_CRASH:
        (*(PUCHAR)irp->UserBuffer)++;
        break;
    case IOCTL_LATE_BUFFERED:
        Answer(irp, irp->AssociatedIrp.SystemBuffer);
        break;
    case IOCTL_LATE_DIRECT:
        Answer(irp, MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority));
        break;
    }
    IoFreeWorkItem(job->Item);
    ExFreePoolWithTag(job, 'txtC');
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static NTSTATUS Later(PIRP Irp)
{
    JOB *job = ExAllocatePoolWithTag(NonPagedPool, sizeof *job, 'txtC');
    if (!job)
        return STATUS_INSUFFICIENT_RESOURCES;
    job->Irp = Irp;
    job->Item = IoAllocateWorkItem(Device);
    IoMarkIrpPending(Irp);
    IoQueueWorkItem(job->Item, Work, DelayedWorkQueue, job);
    return STATUS_PENDING;
}

static VOID NTAPI OnDpc(PKDPC Self, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PIRP irp = Argument1;
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument2);
    irp->IoStatus.Information = 0;
    if (IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode == IOCTL_TOUCH_DPC)
        (*(PUCHAR)irp->UserBuffer)++;
    else
        Answer(irp, irp->AssociatedIrp.SystemBuffer);
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    NTSTATUS status = STATUS_SUCCESS;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Information = 0;
    if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL)
        switch (stack->Parameters.DeviceIoControl.IoControlCode) {
        case IOCTL_TOUCH_HERE:
            status = Touch(Irp->UserBuffer);
            break;
        case IOCTL_REMEMBER:
            Remembered = Irp->UserBuffer;
            break;
        case IOCTL_TOUCH_OLD:
            status = Touch(Remembered);
            break;
        case IOCTL_LOCK_OLD:
            status = LockOld();
            break;
        case IOCTL_TOUCH_DPC:
        case IOCTL_LATE_DPC:
            IoMarkIrpPending(Irp);
            KeInsertQueueDpc(&Dpc, Irp, NULL);
            return STATUS_PENDING;
        default:
            status = Later(Irp);
            if (status == STATUS_PENDING)
                return status;
        }
    Irp->IoStatus.Status = status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(Device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = IoCreateDevice(DriverObject, 0, &Name, 0x8124, 0, FALSE, &Device);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(Device);
        return status;
    }
    KeInitializeDpc(&Dpc, OnDpc, NULL);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
