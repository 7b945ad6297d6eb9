/*
 * NtReadFile and NtWriteFile.
 */
#include "send.h"

struct transfer {
    PIO_APC_ROUTINE apc;
    PVOID apc_context;
    PIO_STATUS_BLOCK iosb;
    PVOID buffer;
    ULONG length;
    PLARGE_INTEGER offset;
    PULONG key;
    BOOLEAN writing;
    LARGE_INTEGER at; /* captured offset */
    ULONG key_value;
};

static BOOLEAN is_special(LARGE_INTEGER offset, ULONG low)
{
    return offset.HighPart == -1 && offset.LowPart == low;
}

static NTSTATUS capture(const struct iop_call *call, struct transfer *t)
{
    NTSTATUS status;
    if (call->mode != KernelMode) {
        status = iop_probe(call->thread, t->iosb, sizeof(IO_STATUS_BLOCK), sizeof(ULONG), true);
        if (NT_SUCCESS(status) && t->length)
            status = iop_probe(call->thread, t->buffer, t->length, 1, !t->writing);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (t->offset) {
        status = MmCopyFromMode(&t->at, t->offset, sizeof t->at, call->mode);
        if (!NT_SUCCESS(status))
            return status;
    }
    return t->key ? MmCopyFromMode(&t->key_value, t->key, sizeof t->key_value, call->mode) : STATUS_SUCCESS;
}

/* Where to read or write. Called with a synchronous file locked: its current offset holds still. */
static NTSTATUS find_offset(const struct iop_call *call, struct transfer *t)
{
    PFILE_OBJECT file = call->file;
    if (__builtin_expect(
            t->writing && (call->granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)) == FILE_APPEND_DATA, 0)) {
        t->at = (LARGE_INTEGER){.LowPart = FILE_WRITE_TO_END_OF_FILE, .HighPart = -1};
        return STATUS_SUCCESS;
    }
    if (t->writing && t->offset && is_special(t->at, FILE_WRITE_TO_END_OF_FILE))
        return STATUS_SUCCESS;
    if (call->synchronous && (!t->offset || is_special(t->at, FILE_USE_FILE_POINTER_POSITION))) {
        t->at = file->CurrentByteOffset;
    } else if (!t->offset) {
        if (!(iop_file_flags(file) & (FO_NAMED_PIPE | FO_MAILSLOT)))
            return STATUS_INVALID_PARAMETER;
        t->at.QuadPart = 0;
    }
    return t->at.HighPart < 0 ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* NT's rule: only for a file that the driver has put into the cache, and only when the caller waits. */
static BOOLEAN try_fast_io(struct iop_call *call, const struct transfer *t, NTSTATUS *status)
{
    PFAST_IO_DISPATCH fast = call->device->DriverObject->FastIoDispatch;
    if (__builtin_expect(!fast, 1) || !call->synchronous || !call->file->PrivateCacheMap)
        return FALSE;
    IO_STATUS_BLOCK iosb = {0};
    LARGE_INTEGER at = t->at;
    BOOLEAN taken = FALSE;
    if (t->writing ? !fast->FastIoWrite : !fast->FastIoRead)
        return FALSE;
    GATE_NOTE(NOTE_FAST_IO_CALL, call->device, call->file, t->writing ? IRP_MJ_WRITE : IRP_MJ_READ);
    if (t->writing)
        taken =
            fast->FastIoWrite(call->file, &at, t->length, TRUE, t->key_value, t->buffer, &iosb, call->device);
    else
        taken =
            fast->FastIoRead(call->file, &at, t->length, TRUE, t->key_value, t->buffer, &iosb, call->device);
    taken = taken && (iosb.Status == STATUS_SUCCESS || iosb.Status == STATUS_BUFFER_OVERFLOW ||
                      iosb.Status == STATUS_END_OF_FILE);
    GATE_NOTE(NOTE_FAST_IO, call->device, call->file, t->writing ? IRP_MJ_WRITE : IRP_MJ_READ, taken);
    if (!taken)
        return FALSE;
    iop_write_iosb(t->iosb, call->mode, iosb.Status, iosb.Information);
    if (call->event)
        KiSetEvent(call->event);
    *status = iosb.Status;
    return TRUE;
}

static NTSTATUS attach_buffer(struct iop_call *call, const struct transfer *t)
{
    PIRP irp = call->irp;
    if (call->device->Flags & DO_BUFFERED_IO) {
        irp->UserBuffer = t->buffer;
        irp->Flags |= IRP_BUFFERED_IO;
        if (!t->writing) {
            irp->Flags |= IRP_INPUT_OPERATION;
            iop_request(irp)->BufferLength = t->length;
        }
        if (t->length == 0)
            return STATUS_SUCCESS;
        return iop_capture(call->thread, irp, t->buffer, t->writing ? t->length : 0, t->length);
    }
    if (t->writing)
        iop_is_sent(call->mode, t->buffer, t->length);
    if (call->device->Flags & DO_DIRECT_IO) {
        if (t->length == 0)
            return STATUS_SUCCESS;
        return iop_lock_buffer(call->thread, irp, t->buffer, t->length, call->mode,
                               t->writing ? IoReadAccess : IoWriteAccess);
    }
    irp->UserBuffer = t->buffer;
    return STATUS_SUCCESS;
}

static void fill_location(const struct iop_call *call, const struct transfer *t)
{
    PIO_STACK_LOCATION stack = call->stack;
    ULONG flags = IRP_DEFER_IO_COMPLETION | (t->writing ? IRP_WRITE_OPERATION : IRP_READ_OPERATION);
    if (iop_file_flags(call->file) & FO_NO_INTERMEDIATE_BUFFERING)
        flags |= IRP_NOCACHE;
    call->irp->Flags |= flags;
    if (t->writing) {
        stack->Parameters.Write.Length = t->length;
        stack->Parameters.Write.Key = t->key_value;
        stack->Parameters.Write.ByteOffset = t->at;
        if (iop_file_flags(call->file) & FO_WRITE_THROUGH)
            stack->Flags |= SL_WRITE_THROUGH;
    } else {
        stack->Parameters.Read.Length = t->length;
        stack->Parameters.Read.Key = t->key_value;
        stack->Parameters.Read.ByteOffset = t->at;
    }
}

static NTSTATUS transfer(HANDLE handle, HANDLE event, struct transfer *t)
{
    struct iop_call call;
    NTSTATUS status = iop_open_call(&call, PspCurrentThread(), handle, t->writing ? 0 : FILE_READ_DATA);
    if (!NT_SUCCESS(status))
        return status;
    if (t->writing && call.mode != KernelMode && !(call.granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
        return iop_abandon(&call, STATUS_ACCESS_DENIED);
    status = capture(&call, t);
    if (NT_SUCCESS(status))
        status = iop_take_event(&call, event);
    if (NT_SUCCESS(status))
        status = iop_enter_call(&call);
    if (NT_SUCCESS(status))
        status = find_offset(&call, t);
    if (!NT_SUCCESS(status) || try_fast_io(&call, t, &status))
        return iop_abandon(&call, status);
    status = iop_make_irp(&call, t->writing ? IRP_MJ_WRITE : IRP_MJ_READ, t->iosb, t->apc, t->apc_context);
    if (NT_SUCCESS(status))
        status = attach_buffer(&call, t);
    if (!NT_SUCCESS(status))
        return iop_abandon(&call, status);
    fill_location(&call, t);
    return iop_send(&call);
}

SERVICE(ReadFile,
        (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
         PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key),
        (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key))
{
    struct transfer t = {ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length,
                         ByteOffset, Key,        FALSE,         {{0}},  0};
    return transfer(FileHandle, Event, &t);
}

SERVICE(WriteFile,
        (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
         PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset, PULONG Key),
        (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length, ByteOffset, Key))
{
    struct transfer t = {ApcRoutine, ApcContext, IoStatusBlock, Buffer, Length,
                         ByteOffset, Key,        TRUE,          {{0}},  0};
    return transfer(FileHandle, Event, &t);
}
