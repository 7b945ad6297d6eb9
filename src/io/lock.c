/*
 * NtLockFile and NtUnlockFile: byte ranges, which are the file system's (fslock.c) or the driver's own
 * business.
 */
#include "send.h"

/* Either way of using a file will do. */
static NTSTATUS open_call(struct iop_call *call, HANDLE handle)
{
    NTSTATUS status = iop_open_call(call, PspCurrentThread(), handle, 0);
    if (!NT_SUCCESS(status))
        return status;
    if (call->mode != KernelMode && !(call->granted & (FILE_READ_DATA | FILE_WRITE_DATA)))
        return iop_abandon(call, STATUS_ACCESS_DENIED);
    return STATUS_SUCCESS;
}

struct range {
    LARGE_INTEGER offset, length;
};

static NTSTATUS capture(struct range *range, PIO_STATUS_BLOCK iosb, PLARGE_INTEGER offset,
                        PLARGE_INTEGER length, KPROCESSOR_MODE mode)
{
    NTSTATUS status = iop_probe_iosb(iosb, mode);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&range->offset, offset, sizeof range->offset, mode);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&range->length, length, sizeof range->length, mode);
    return status;
}

/* The length goes by pointer, into a block that is freed with the request. */
static NTSTATUS fill(struct iop_call *call, UCHAR minor, const struct range *range, ULONG key)
{
    PLARGE_INTEGER length = MmAllocateSystemPool(sizeof *length, IOP_TAG_MISC);
    if (!length)
        return STATUS_INSUFFICIENT_RESOURCES;
    *length = range->length;
    call->irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)length;
    call->stack->MinorFunction = minor;
    call->stack->Parameters.LockControl.Length = length;
    call->stack->Parameters.LockControl.Key = key;
    call->stack->Parameters.LockControl.ByteOffset = range->offset;
    return STATUS_SUCCESS;
}

static BOOLEAN took(struct iop_call *call, PIO_STATUS_BLOCK to, const IO_STATUS_BLOCK *iosb, BOOLEAN taken)
{
    GATE_NOTE(NOTE_FAST_IO, call->device, call->file, IRP_MJ_LOCK_CONTROL, taken);
    if (taken)
        iop_write_iosb(to, call->mode, iosb->Status, iosb->Information);
    if (taken && call->event)
        KiSetEvent(call->event);
    return taken;
}

/*
 * Locks a range for the handle, the process and the key: for everybody's writing and others' reading
 * (exclusive), or for writing. What is in the way is waited for (STATUS_PENDING on an asynchronous file)
 * unless FailImmediately: STATUS_LOCK_NOT_GRANTED. STATUS_INVALID_LOCK_RANGE: it goes on behind the largest
 * offset. (WDK: IRP_MJ_LOCK_CONTROL)
 */
SERVICE(LockFile,
        (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
         PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key,
         BOOLEAN FailImmediately, BOOLEAN ExclusiveLock),
        (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, ByteOffset, Length, Key, FailImmediately,
         ExclusiveLock))
{
    struct iop_call call;
    struct range range;
    NTSTATUS status = open_call(&call, FileHandle);
    if (!NT_SUCCESS(status))
        return status;
    status = capture(&range, IoStatusBlock, ByteOffset, Length, call.mode);
    if (NT_SUCCESS(status))
        status = iop_take_event(&call, Event);
    if (NT_SUCCESS(status))
        status = iop_enter_call(&call);
    if (!NT_SUCCESS(status))
        return iop_abandon(&call, status);
    PFAST_IO_DISPATCH fast = call.device->DriverObject->FastIoDispatch;
    if (fast && fast->FastIoLock && !call.file->CompletionContext && !ApcRoutine) {
        IO_STATUS_BLOCK iosb = {0};
        GATE_NOTE(NOTE_FAST_IO_CALL, call.device, call.file, IRP_MJ_LOCK_CONTROL);
        BOOLEAN taken = fast->FastIoLock(call.file, &range.offset, &range.length, PspCurrentProcess(), Key,
                                         FailImmediately, ExclusiveLock, &iosb, call.device);
        if (took(&call, IoStatusBlock, &iosb, taken)) {
            call.file->LockOperation = TRUE;
            return iop_abandon(&call, iosb.Status);
        }
    }
    status = iop_make_irp(&call, IRP_MJ_LOCK_CONTROL, IoStatusBlock, ApcRoutine, ApcContext);
    if (NT_SUCCESS(status))
        status = fill(&call, IRP_MN_LOCK, &range, Key);
    if (!NT_SUCCESS(status))
        return iop_abandon(&call, status);
    call.irp->Flags |= IRP_DEFER_IO_COMPLETION;
    call.stack->Flags = (FailImmediately ? SL_FAIL_IMMEDIATELY : 0) | (ExclusiveLock ? SL_EXCLUSIVE_LOCK : 0);
    call.file->LockOperation = TRUE;
    return iop_send(&call);
}

/* Exactly a range that was locked, with the same key: else STATUS_RANGE_NOT_LOCKED. An exclusive lock goes
 * before a shared one. */
SERVICE(UnlockFile,
        (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length,
         ULONG Key),
        (FileHandle, IoStatusBlock, ByteOffset, Length, Key))
{
    struct iop_call call;
    struct iop_wait wait;
    struct range range;
    NTSTATUS status = open_call(&call, FileHandle);
    if (!NT_SUCCESS(status))
        return status;
    status = capture(&range, IoStatusBlock, ByteOffset, Length, call.mode);
    if (NT_SUCCESS(status))
        status = iop_enter_call(&call);
    if (!NT_SUCCESS(status))
        return iop_abandon(&call, status);
    PFAST_IO_DISPATCH fast = call.device->DriverObject->FastIoDispatch;
    if (fast && fast->FastIoUnlockSingle) {
        IO_STATUS_BLOCK iosb = {0};
        GATE_NOTE(NOTE_FAST_IO_CALL, call.device, call.file, IRP_MJ_LOCK_CONTROL);
        BOOLEAN taken = fast->FastIoUnlockSingle(call.file, &range.offset, &range.length, PspCurrentProcess(),
                                                 Key, &iosb, call.device);
        if (took(&call, IoStatusBlock, &iosb, taken))
            return iop_abandon(&call, iosb.Status);
    }
    status = iop_make_waiting_irp(&call, IRP_MJ_LOCK_CONTROL, &wait);
    if (NT_SUCCESS(status))
        status = fill(&call, IRP_MN_UNLOCK_SINGLE, &range, Key);
    if (!NT_SUCCESS(status))
        return iop_abandon(&call, status);
    return iop_send_and_wait(&call, &wait, IoStatusBlock);
}
