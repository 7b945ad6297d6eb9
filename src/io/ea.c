/*
 * Extended attributes of files: the two services. What they mean is the file system's business.
 */
#include "send.h"

#define FILE_EA_ALIGNMENT sizeof(ULONG)

/* The names that are asked for, as they must be: each ends with a zero, the next begins behind it at a
 * multiple of four. */
static bool are_names(const UCHAR *start, ULONG length)
{
    const ULONG head = FIELD_OFFSET(FILE_GET_EA_INFORMATION, EaName);
    for (ULONG at = 0;;) {
        const FILE_GET_EA_INFORMATION *ea = (const FILE_GET_EA_INFORMATION *)(start + at);
        ULONG left = length - at;
        if (left < head || left < head + ea->EaNameLength + 1u || ea->EaName[ea->EaNameLength])
            return false;
        if (!ea->NextEntryOffset)
            return true;
        if (ea->NextEntryOffset != ((head + ea->EaNameLength + 1u + 3u) & ~3u) || ea->NextEntryOffset > left)
            return false;
        at += ea->NextEntryOffset;
    }
}

static NTSTATUS capture_names(PVOID given, ULONG length, KPROCESSOR_MODE mode, PVOID *names)
{
    *names = NULL;
    if (!given || !length)
        return STATUS_SUCCESS;
    PVOID copy = MmAllocateSystemPool(length, IOP_TAG_NAME);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = MmCopyFromMode(copy, given, length, mode);
    if (NT_SUCCESS(status) && !are_names(copy, length))
        status = STATUS_EA_LIST_INCONSISTENT;
    if (status) {
        MmFreeSystemPool(copy);
        return status;
    }
    *names = copy;
    return STATUS_SUCCESS;
}

/* Handle, access and buffer; then the IRP is there, with the buffer as the device wants it. */
static NTSTATUS prepare(struct iop_call *call, struct iop_wait *wait, HANDLE handle, PVOID buffer,
                        ULONG length, bool sets)
{
    NTSTATUS status = iop_open_call(call, PspCurrentThread(), handle, sets ? FILE_WRITE_EA : FILE_READ_EA);
    if (!NT_SUCCESS(status))
        return status;
    status = iop_enter_call(call);
    if (NT_SUCCESS(status))
        status = iop_make_waiting_irp(call, sets ? IRP_MJ_SET_EA : IRP_MJ_QUERY_EA, wait);
    if (!NT_SUCCESS(status))
        return iop_abandon(call, status);
    status = iop_attach_buffer(call, buffer, length, sets);
    return NT_SUCCESS(status) ? status : iop_abandon(call, status);
}

static NTSTATUS probe(PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG length, KPROCESSOR_MODE mode, bool write)
{
    NTSTATUS status = iop_probe_iosb(iosb, mode);
    return NT_SUCCESS(status) && mode != KernelMode ? MmProbe(buffer, length, FILE_EA_ALIGNMENT, write)
                                                    : status;
}

/* STATUS_EA_LIST_INCONSISTENT when the list of names is not well formed. (WDK: ZwQueryEaFile) */
SERVICE(QueryEaFile,
        (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
         BOOLEAN ReturnSingleEntry, PVOID EaList, ULONG EaListLength, PULONG EaIndex, BOOLEAN RestartScan),
        (FileHandle, IoStatusBlock, Buffer, Length, ReturnSingleEntry, EaList, EaListLength, EaIndex,
         RestartScan))
{
    struct iop_call call;
    struct iop_wait wait;
    PVOID names = NULL;
    ULONG index = 0;
    KPROCESSOR_MODE mode = KiPreviousMode();
    NTSTATUS status = probe(IoStatusBlock, Buffer, Length, mode, true);
    if (NT_SUCCESS(status) && EaIndex)
        status = MmCopyFromMode(&index, EaIndex, sizeof index, mode);
    if (NT_SUCCESS(status))
        status = capture_names(EaList, EaListLength, mode, &names);
    if (status)
        return status;
    status = prepare(&call, &wait, FileHandle, Buffer, Length, false);
    if (!NT_SUCCESS(status)) {
        if (names)
            MmFreeSystemPool(names);
        return status;
    }
    call.irp->Tail.Overlay.AuxiliaryBuffer = names; /* freed with the request */
    call.stack->Flags = (RestartScan ? SL_RESTART_SCAN : 0) |
                        (ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0) | (EaIndex ? SL_INDEX_SPECIFIED : 0);
    call.stack->Parameters.QueryEa.Length = Length;
    call.stack->Parameters.QueryEa.EaList = names;
    call.stack->Parameters.QueryEa.EaListLength = names ? EaListLength : 0;
    call.stack->Parameters.QueryEa.EaIndex = index;
    return iop_send_and_wait(&call, &wait, IoStatusBlock);
}

/*
 * STATUS_EA_LIST_INCONSISTENT when the list is not well formed; Information says where. It is looked at only
 * where the file system gets a copy, as on Windows. (WDK: ZwSetEaFile)
 */
SERVICE(SetEaFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length),
        (FileHandle, IoStatusBlock, Buffer, Length))
{
    struct iop_call call;
    struct iop_wait wait;
    NTSTATUS status = probe(IoStatusBlock, Buffer, Length, KiPreviousMode(), false);
    if (!NT_SUCCESS(status))
        return status;
    status = prepare(&call, &wait, FileHandle, Buffer, Length, true);
    if (!NT_SUCCESS(status))
        return status;
    call.stack->Parameters.SetEa.Length = Length;
    PFILE_FULL_EA_INFORMATION copy = call.irp->AssociatedIrp.SystemBuffer;
    ULONG offset;
    if (copy && (status = IoCheckEaBufferValidity(copy, Length, &offset)) != STATUS_SUCCESS) {
        iop_write_iosb(IoStatusBlock, call.mode, status, offset);
        return iop_abandon(&call, status);
    }
    return iop_send_and_wait(&call, &wait, IoStatusBlock);
}
