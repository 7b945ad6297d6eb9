/*
 * Sums the client's bytes by every method, in the caller's context and in others, as a driver should.
 */
#include <ntifs.h>

#include "matrix.h"

#define TAG 'rtaM'

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD MatrixUnload;
static DRIVER_DISPATCH MatrixDispatch;
static IO_WORKITEM_ROUTINE MatrixWork;
static KDEFERRED_ROUTINE MatrixDpc;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Matrix");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Matrix");
static PDEVICE_OBJECT Device;

typedef struct _JOB {
    PIO_WORKITEM Item;
    PIRP Irp;
    PMDL In, Out;
    KTIMER Timer;
    KDPC Dpc;
} JOB, *PJOB;

static ULONG Sum(const UCHAR *Bytes, ULONG Length)
{
    ULONG i, sum = 0;
    for (i = 0; i < Length; i++)
        sum += Bytes[i];
    return sum;
}

/* Reads each byte of the client's once, by way of paged pool. */
static ULONG SumOfClients(const VOID *Bytes, ULONG Length)
{
    ULONG sum;
    PUCHAR copy = ExAllocatePoolWithTag(PagedPool, Length, TAG);
    if (copy == NULL)
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    __try {
        RtlCopyMemory(copy, Bytes, Length);
        sum = Sum(copy, Length);
    } __finally {
        ExFreePoolWithTag(copy, TAG);
    }
    return sum;
}

static VOID SumOfRaw(PVOID Bytes, ULONG Length, BOOLEAN Probe, MATRIX_ANSWER *Answer)
{
    UCHAR local[256];
    __try {
        if (Probe)
            ProbeForRead(Bytes, Length, 1);
        if (Length <= sizeof local) {
            RtlCopyMemory(local, Bytes, Length);
            Answer->Sum = Sum(local, Length);
        } else {
            Answer->Sum = SumOfClients(Bytes, Length);
        }
        Answer->Status = STATUS_SUCCESS;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Answer->Status = GetExceptionCode();
        Answer->Sum = 0;
    }
}

static NTSTATUS AnswerRaw(PVOID To, const MATRIX_ANSWER *Answer)
{
    __try {
        ProbeForWrite(To, sizeof *Answer, 1);
        RtlCopyMemory(To, Answer, sizeof *Answer);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/* Locked, or NULL. */
static PMDL Lock(PVOID Address, ULONG Length, LOCK_OPERATION Operation)
{
    PMDL mdl = IoAllocateMdl(Address, Length, FALSE, FALSE, NULL);
    if (mdl == NULL)
        return NULL;
    __try {
        MmProbeAndLockPages(mdl, UserMode, Operation);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        mdl = NULL;
    }
    return mdl;
}

static VOID Unlock(PMDL Mdl)
{
    if (Mdl != NULL) {
        MmUnlockPages(Mdl);
        IoFreeMdl(Mdl);
    }
}

static NTSTATUS SumMdls(PMDL In, PMDL Out, PIRP Irp)
{
    MATRIX_ANSWER answer = {0};
    PVOID from = MmGetSystemAddressForMdlSafe(In, NormalPagePriority), to;
    to = MmGetSystemAddressForMdlSafe(Out, NormalPagePriority);
    if (from == NULL || to == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    answer.Sum = SumOfClients(from, MmGetMdlByteCount(In));
    answer.Requester = IoGetRequestorProcessId(Irp);
    RtlCopyMemory(to, &answer, sizeof answer);
    Irp->IoStatus.Information = sizeof answer;
    return STATUS_SUCCESS;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    if (!NT_SUCCESS(Status))
        Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID Drop(PJOB Job)
{
    Unlock(Job->In);
    Unlock(Job->Out);
    if (Job->Item != NULL)
        IoFreeWorkItem(Job->Item);
    ExFreePoolWithTag(Job, TAG);
}

static NTSTATUS SumThere(PIRP Irp, BOOLEAN Attach)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    MATRIX_ANSWER answer = {0};
    KAPC_STATE state;
    NTSTATUS status;
    if (Attach)
        KeStackAttachProcess((PRKPROCESS)IoGetRequestorProcess(Irp), &state);
    SumOfRaw(stack->Parameters.DeviceIoControl.Type3InputBuffer, stack->Parameters.DeviceIoControl.InputBufferLength, TRUE,
           &answer);
    answer.Requester = IoGetRequestorProcessId(Irp);
    status = AnswerRaw(Irp->UserBuffer, &answer);
    if (Attach)
        KeUnstackDetachProcess(&state);
    Irp->IoStatus.Information = sizeof answer;
    return status;
}

static VOID NTAPI MatrixWork(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    PJOB job = Context;
    PIRP irp = job->Irp;
    ULONG code = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode;
    NTSTATUS status = code == IOCTL_MATRIX_ITEM ? SumMdls(job->In, job->Out, irp)
                                                : SumThere(irp, code == IOCTL_MATRIX_ATTACHED);
    UNREFERENCED_PARAMETER(DeviceObject);
    Drop(job);
    Complete(irp, status);
}

static VOID AnswerBuffered(PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    MATRIX_ANSWER *answer = Irp->AssociatedIrp.SystemBuffer;
    ULONG sum = Sum(Irp->AssociatedIrp.SystemBuffer, stack->Parameters.DeviceIoControl.InputBufferLength);
    answer->Status = STATUS_SUCCESS;
    answer->Sum = sum;
    answer->Requester = IoGetRequestorProcessId(Irp);
    Irp->IoStatus.Information = sizeof *answer;
}

static VOID NTAPI MatrixDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PJOB job = Context;
    PIRP irp = job->Irp;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    AnswerBuffered(irp);
    ExFreePoolWithTag(job, TAG);
    Complete(irp, STATUS_SUCCESS);
}

static NTSTATUS Later(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    ULONG code = Stack->Parameters.DeviceIoControl.IoControlCode;
    PJOB job = ExAllocatePoolWithTag(NonPagedPool, sizeof *job, TAG);
    LARGE_INTEGER soon;
    if (job == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlZeroMemory(job, sizeof *job);
    job->Irp = Irp;
    if (code == IOCTL_MATRIX_DPC) {
        soon.QuadPart = -1;
        KeInitializeTimer(&job->Timer);
        KeInitializeDpc(&job->Dpc, MatrixDpc, job);
        IoMarkIrpPending(Irp);
        KeSetTimer(&job->Timer, soon, &job->Dpc);
        return STATUS_PENDING;
    }
    job->Item = IoAllocateWorkItem(Device);
    if (code == IOCTL_MATRIX_ITEM) {
        job->In = Lock(Stack->Parameters.DeviceIoControl.Type3InputBuffer,
                       Stack->Parameters.DeviceIoControl.InputBufferLength, IoReadAccess);
        job->Out = Lock(Irp->UserBuffer, sizeof(MATRIX_ANSWER), IoWriteAccess);
    }
    if (job->Item == NULL || (code == IOCTL_MATRIX_ITEM && (job->In == NULL || job->Out == NULL))) {
        Drop(job);
        return STATUS_ACCESS_VIOLATION;
    }
    IoMarkIrpPending(Irp);
    IoQueueWorkItem(job->Item, MatrixWork, DelayedWorkQueue, job);
    return STATUS_PENDING;
}

static NTSTATUS ByOwnMdls(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PMDL in = Lock(Stack->Parameters.DeviceIoControl.Type3InputBuffer, Stack->Parameters.DeviceIoControl.InputBufferLength,
                   IoReadAccess);
    PMDL out = Lock(Irp->UserBuffer, sizeof(MATRIX_ANSWER), IoWriteAccess);
    NTSTATUS status = in && out ? SumMdls(in, out, Irp) : STATUS_ACCESS_VIOLATION;
    Unlock(in);
    Unlock(out);
    return status;
}

static NTSTATUS Control(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    MATRIX_ANSWER *answer = Irp->AssociatedIrp.SystemBuffer, own = {0};
    MATRIX_POINTER pointer;
    ULONG input = Stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG output = Stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG code = Stack->Parameters.DeviceIoControl.IoControlCode;
    PUCHAR mapped = NULL;
    if (output < sizeof *answer || input < sizeof *answer)
        return STATUS_BUFFER_TOO_SMALL;
    if (Irp->MdlAddress != NULL) {
        mapped = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        if (mapped == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    own.Requester = IoGetRequestorProcessId(Irp);
    switch (code) {
    case IOCTL_MATRIX_BUFFERED:
        AnswerBuffered(Irp);
        return STATUS_SUCCESS;
    case IOCTL_MATRIX_IN_DIRECT: /* nothing goes back but a number */
        Irp->IoStatus.Information = SumOfClients(mapped, output) % output;
        return STATUS_SUCCESS;
    case IOCTL_MATRIX_OUT_DIRECT:
        own.Sum = Sum(Irp->AssociatedIrp.SystemBuffer, input);
        RtlCopyMemory(mapped, &own, sizeof own);
        Irp->IoStatus.Information = sizeof own;
        return STATUS_SUCCESS;
    case IOCTL_MATRIX_NEITHER:
        SumOfRaw(Stack->Parameters.DeviceIoControl.Type3InputBuffer, input, TRUE, &own);
        Irp->IoStatus.Information = sizeof own;
        return AnswerRaw(Irp->UserBuffer, &own);
    case IOCTL_MATRIX_POINTER:
    case IOCTL_MATRIX_FOLLOW:
        pointer = *(MATRIX_POINTER *)Irp->AssociatedIrp.SystemBuffer;
        SumOfRaw(pointer.Pointer, pointer.Length, code == IOCTL_MATRIX_POINTER, &own);
        *answer = own;
        Irp->IoStatus.Information = sizeof own;
        return STATUS_SUCCESS;
    case IOCTL_MATRIX_MDL:
        return ByOwnMdls(Irp, Stack);
    case IOCTL_MATRIX_ITEM:
    case IOCTL_MATRIX_ATTACHED:
    case IOCTL_MATRIX_REACH:
    case IOCTL_MATRIX_DPC:
        return Later(Irp, Stack);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

static NTSTATUS NTAPI MatrixDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Information = 0;
    if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL)
        status = Control(Irp, stack);
    return status == STATUS_PENDING ? status : Complete(Irp, status);
}

static VOID NTAPI MatrixUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(Device);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = IoCreateDevice(DriverObject, 0, &DeviceName, 0x8237, 0, FALSE, &Device);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(Device);
        return status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = MatrixDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = MatrixDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = MatrixDispatch;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = MatrixDispatch;
    DriverObject->DriverUnload = MatrixUnload;
    return STATUS_SUCCESS;
}
