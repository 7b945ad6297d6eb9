/*
 * The smaller file services: volume information, flush, directories, and those that open a name for a moment.
 */
#include "send.h"

/* --- volumes --- */

static const struct volume_class {
    ULONG query, set; /* smallest length; 0: not that way */
    ACCESS_MASK query_access, set_access;
} volume_classes[FileFsMaximumInformation] = {
    [FileFsVolumeInformation] = {sizeof(FILE_FS_VOLUME_INFORMATION), 0, 0, 0},
    [FileFsLabelInformation] = {0, sizeof(FILE_FS_LABEL_INFORMATION), 0, FILE_WRITE_DATA},
    [FileFsSizeInformation] = {sizeof(FILE_FS_SIZE_INFORMATION), 0, 0, 0},
    [FileFsDeviceInformation] = {sizeof(FILE_FS_DEVICE_INFORMATION), 0, 0, 0},
    [FileFsAttributeInformation] = {sizeof(FILE_FS_ATTRIBUTE_INFORMATION), 0, 0, 0},
    [FileFsFullSizeInformation] = {sizeof(FILE_FS_FULL_SIZE_INFORMATION), 0, 0, 0},
    [FileFsSectorSizeInformation] = {sizeof(FILE_FS_SECTOR_SIZE_INFORMATION), 0, 0, 0},
    [FileFsObjectIdInformation] = {sizeof(FILE_FS_OBJECTID_INFORMATION), sizeof(FILE_FS_OBJECTID_INFORMATION),
                                   0, FILE_WRITE_DATA},
};

struct iop_class iop_volume_class(FS_INFORMATION_CLASS class, bool sets)
{
    if ((ULONG) class >= FileFsMaximumInformation)
        return (struct iop_class){0};
    const struct volume_class *c = &volume_classes[class];
    return sets ? (struct iop_class){c->set, c->set_access} : (struct iop_class){c->query, c->query_access};
}

static NTSTATUS open_volume(struct iop_call *call, HANDLE handle, PIO_STATUS_BLOCK iosb, PVOID buffer,
                            ULONG length, FS_INFORMATION_CLASS class, BOOLEAN query)
{
    struct iop_class needs = iop_volume_class(class, !query);
    if (needs.length == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (length < needs.length)
        return STATUS_INFO_LENGTH_MISMATCH;
    KPROCESSOR_MODE mode = KiPreviousMode();
    NTSTATUS status = iop_probe_iosb(iosb, mode);
    if (NT_SUCCESS(status) && mode != KernelMode)
        status = MmProbe(buffer, length, sizeof(ULONG), query);
    if (!NT_SUCCESS(status))
        return status;
    status = iop_open_call(call, PspCurrentThread(), handle, needs.access);
    if (!NT_SUCCESS(status))
        return status;
    status = iop_enter_call(call);
    return NT_SUCCESS(status) ? status : iop_abandon(call, status);
}

/* Sends the prepared IRP, waits, and ends the call. */

/* The device that was opened: its type, and its characteristics as far as a client may know them. */
static NTSTATUS query_device(struct iop_call *call, PIO_STATUS_BLOCK iosb, PVOID buffer)
{
    PDEVICE_OBJECT device = call->file->DeviceObject;
    FILE_FS_DEVICE_INFORMATION answer = {device->DeviceType, device->Characteristics};
    if (device->Vpb && device->Vpb->Flags & VPB_MOUNTED)
        answer.Characteristics |= FILE_DEVICE_IS_MOUNTED;
    NTSTATUS status = MmCopyToMode(buffer, &answer, sizeof answer, call->mode);
    if (NT_SUCCESS(status))
        iop_write_iosb(iosb, call->mode, STATUS_SUCCESS, sizeof answer);
    return iop_abandon(call, status);
}

SERVICE(QueryVolumeInformationFile,
        (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
         FS_INFORMATION_CLASS FsInformationClass),
        (FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass))
{
    struct iop_call call;
    struct iop_wait wait;
    NTSTATUS status =
        open_volume(&call, FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass, TRUE);
    if (!NT_SUCCESS(status))
        return status;
    if (FsInformationClass == FileFsDeviceInformation)
        return query_device(&call, IoStatusBlock, FsInformation);
    status = iop_make_waiting_irp(&call, IRP_MJ_QUERY_VOLUME_INFORMATION, &wait);
    if (NT_SUCCESS(status))
        status = IopCaptureSystemBuffer(call.irp, NULL, 0, Length);
    if (!NT_SUCCESS(status))
        return iop_abandon(&call, status);
    memset(call.irp->AssociatedIrp.SystemBuffer, 0, Length);
    call.irp->UserBuffer = FsInformation;
    call.irp->Flags |= IRP_INPUT_OPERATION;
    iop_request(call.irp)->BufferLength = Length;
    call.stack->Parameters.QueryVolume.Length = Length;
    call.stack->Parameters.QueryVolume.FsInformationClass = FsInformationClass;
    return iop_send_and_wait(&call, &wait, IoStatusBlock);
}

SERVICE(SetVolumeInformationFile,
        (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation, ULONG Length,
         FS_INFORMATION_CLASS FsInformationClass),
        (FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass))
{
    struct iop_call call;
    struct iop_wait wait;
    NTSTATUS status =
        open_volume(&call, FileHandle, IoStatusBlock, FsInformation, Length, FsInformationClass, FALSE);
    if (!NT_SUCCESS(status))
        return status;
    status = iop_make_waiting_irp(&call, IRP_MJ_SET_VOLUME_INFORMATION, &wait);
    if (NT_SUCCESS(status))
        status = IopCaptureSystemBuffer(call.irp, FsInformation, Length, Length);
    if (!NT_SUCCESS(status))
        return iop_abandon(&call, status);
    call.stack->Parameters.SetVolume.Length = Length;
    call.stack->Parameters.SetVolume.FsInformationClass = FsInformationClass;
    return iop_send_and_wait(&call, &wait, IoStatusBlock);
}

/* --- flush --- */

SERVICE(FlushBuffersFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock), (FileHandle, IoStatusBlock))
{
    struct iop_call call;
    struct iop_wait wait;
    NTSTATUS status = iop_probe_iosb(IoStatusBlock, KiPreviousMode());
    if (!NT_SUCCESS(status))
        return status;
    status = iop_open_call(&call, PspCurrentThread(), FileHandle, 0);
    if (!NT_SUCCESS(status))
        return status;
    if (call.mode != KernelMode && !(call.granted & (FILE_WRITE_DATA | FILE_APPEND_DATA)))
        return iop_abandon(&call, STATUS_ACCESS_DENIED);
    status = iop_enter_call(&call);
    if (NT_SUCCESS(status))
        status = iop_make_waiting_irp(&call, IRP_MJ_FLUSH_BUFFERS, &wait);
    if (!NT_SUCCESS(status))
        return iop_abandon(&call, status);
    return iop_send_and_wait(&call, &wait, IoStatusBlock);
}

/* --- directories --- */

/* The pattern, captured: the string and its text in one block of system pool. */
static NTSTATUS capture_pattern(PUNICODE_STRING given, KPROCESSOR_MODE mode, PUNICODE_STRING *result)
{
    UNICODE_STRING name;
    *result = NULL;
    if (!given)
        return STATUS_SUCCESS;
    NTSTATUS status = MmCopyFromMode(&name, given, sizeof name, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (name.Length % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    PUNICODE_STRING copy = MmAllocateSystemPool(sizeof *copy + name.Length, IOP_TAG_NAME);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    *copy = (UNICODE_STRING){name.Length, name.Length, (PWSTR)(copy + 1)};
    status = name.Length ? MmCopyFromMode(copy->Buffer, name.Buffer, name.Length, mode) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        MmFreeSystemPool(copy);
        return status;
    }
    *result = copy;
    return STATUS_SUCCESS;
}

/* The shortest buffer of a class that a client may ask for. */
static NTSTATUS check_directory_class(FILE_INFORMATION_CLASS class, ULONG length)
{
    static const ULONG least[FileMaximumInformation] = {
        [FileDirectoryInformation] = sizeof(FILE_DIRECTORY_INFORMATION),
        [FileFullDirectoryInformation] = sizeof(FILE_FULL_DIR_INFORMATION),
        [FileBothDirectoryInformation] = sizeof(FILE_BOTH_DIR_INFORMATION),
        [FileNamesInformation] = sizeof(FILE_NAMES_INFORMATION),
        [FileIdBothDirectoryInformation] = sizeof(FILE_ID_BOTH_DIR_INFORMATION),
        [FileIdFullDirectoryInformation] = sizeof(FILE_ID_FULL_DIR_INFORMATION),
        [FileIdGlobalTxDirectoryInformation] = sizeof(FILE_ID_GLOBAL_TX_DIR_INFORMATION),
        [FileIdExtdDirectoryInformation] = sizeof(FILE_ID_EXTD_DIR_INFORMATION),
        [FileIdExtdBothDirectoryInformation] = sizeof(FILE_ID_EXTD_BOTH_DIR_INFORMATION),
    };
    if ((ULONG) class >= FileMaximumInformation || !least[class])
        return STATUS_INVALID_INFO_CLASS;
    return length < least[class] ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

struct directory_query {
    HANDLE file, event;
    PIO_APC_ROUTINE apc;
    PVOID context;
    PIO_STATUS_BLOCK iosb;
    PVOID buffer;
    ULONG length;
    FILE_INFORMATION_CLASS class;
    UCHAR flags; /* SL_* */
    PUNICODE_STRING name;
};

static NTSTATUS query_directory(const struct directory_query *q)
{
    struct iop_call call;
    PUNICODE_STRING pattern;
    KPROCESSOR_MODE mode = KiPreviousMode();
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS : check_directory_class(q->class, q->length);
    if (NT_SUCCESS(status))
        status = iop_probe_iosb(q->iosb, mode);
    if (NT_SUCCESS(status) && mode != KernelMode)
        status = MmProbe(q->buffer, q->length, sizeof(ULONG), true);
    if (NT_SUCCESS(status))
        status = capture_pattern(q->name, mode, &pattern);
    if (!NT_SUCCESS(status))
        return status;
    status = iop_open_call(&call, PspCurrentThread(), q->file, FILE_LIST_DIRECTORY);
    if (!NT_SUCCESS(status)) {
        if (pattern)
            MmFreeSystemPool(pattern);
        return status;
    }
    status = iop_take_event(&call, q->event);
    if (NT_SUCCESS(status))
        status = iop_enter_call(&call);
    if (NT_SUCCESS(status))
        status = iop_make_irp(&call, IRP_MJ_DIRECTORY_CONTROL, q->iosb, q->apc, q->context);
    if (!NT_SUCCESS(status)) {
        if (pattern)
            MmFreeSystemPool(pattern);
        return iop_abandon(&call, status);
    }
    PIRP irp = call.irp;
    irp->Tail.Overlay.AuxiliaryBuffer = (PCHAR)pattern; /* freed with the request */
    irp->Flags |= IRP_DEFER_IO_COMPLETION;
    call.stack->MinorFunction = IRP_MN_QUERY_DIRECTORY;
    call.stack->Flags = q->flags;
    call.stack->Parameters.QueryDirectory.Length = q->length;
    call.stack->Parameters.QueryDirectory.FileName = pattern;
    call.stack->Parameters.QueryDirectory.FileInformationClass = q->class;
    status = iop_attach_buffer(&call, q->buffer, q->length, false);
    if (!NT_SUCCESS(status)) {
        if (pattern)
            MmFreeSystemPool(pattern);
        return iop_abandon(&call, status);
    }
    return iop_send(&call);
}

SERVICE(QueryDirectoryFile,
        (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
         PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
         FILE_INFORMATION_CLASS FileInformationClass, BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
         BOOLEAN RestartScan),
        (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FileInformation, Length,
         FileInformationClass, ReturnSingleEntry, FileName, RestartScan))
{
    UCHAR flags = (RestartScan ? SL_RESTART_SCAN : 0) | (ReturnSingleEntry ? SL_RETURN_SINGLE_ENTRY : 0);
    return query_directory(&(struct directory_query){FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                                                     FileInformation, Length, FileInformationClass, flags,
                                                     FileName});
}

/* The flags of SL_QUERY_DIRECTORY_MASK reach the file system as they are; others do not. (WDK:
 * NtQueryDirectoryFileEx) */
SERVICE(QueryDirectoryFileEx,
        (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
         PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
         FILE_INFORMATION_CLASS FileInformationClass, ULONG QueryFlags, PUNICODE_STRING FileName),
        (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FileInformation, Length,
         FileInformationClass, QueryFlags, FileName))
{
    UCHAR flags = (UCHAR)(QueryFlags & SL_QUERY_DIRECTORY_MASK);
    return query_directory(&(struct directory_query){FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock,
                                                     FileInformation, Length, FileInformationClass, flags,
                                                     FileName});
}

/* --- by name --- */

/* What stands in the answer of FileNetworkOpenInformation, from a file opened for a moment. */
static NTSTATUS query_by_name(POBJECT_ATTRIBUTES attributes, PFILE_NETWORK_OPEN_INFORMATION information)
{
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    KPROCESSOR_MODE mode = KiPreviousMode();
    /* The attributes are the caller's, so the caller's mode opens; what is written is ours, so it must not
     * probe. */
    OPEN_PACKET packet = {.Type = IO_TYPE_OPEN_PACKET,
                          .Size = sizeof packet,
                          .CreateOptions = FILE_OPEN_REPARSE_POINT,
                          .ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                          .Disposition = FILE_OPEN};
    NTSTATUS status =
        ObOpenObjectByName(attributes, NULL, mode, NULL, FILE_READ_ATTRIBUTES, &packet, &handle);
    if (!NT_SUCCESS(status))
        return status;
    if (packet.ParseCheck != OPEN_PACKET_PATTERN) {
        NtClose(handle);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    PKTHREAD thread = KiCurrentThread();
    thread->PreviousMode = KernelMode; /* the handle may be the client's: only the buffers are the kernel's */
    status =
        NtQueryInformationFile(handle, &iosb, information, sizeof *information, FileNetworkOpenInformation);
    thread->PreviousMode = mode;
    NtClose(handle);
    return status;
}

SERVICE(QueryFullAttributesFile,
        (POBJECT_ATTRIBUTES ObjectAttributes, struct _FILE_NETWORK_OPEN_INFORMATION *FileInformation),
        (ObjectAttributes, FileInformation))
{
    FILE_NETWORK_OPEN_INFORMATION information;
    KPROCESSOR_MODE mode = KiPreviousMode();
    NTSTATUS status =
        mode == KernelMode ? STATUS_SUCCESS : MmProbe(FileInformation, sizeof information, 4, true);
    if (NT_SUCCESS(status))
        status = query_by_name(ObjectAttributes, &information);
    return NT_SUCCESS(status) ? MmCopyToMode(FileInformation, &information, sizeof information, mode)
                              : status;
}

SERVICE(QueryAttributesFile,
        (POBJECT_ATTRIBUTES ObjectAttributes, struct _FILE_BASIC_INFORMATION *FileInformation),
        (ObjectAttributes, FileInformation))
{
    FILE_NETWORK_OPEN_INFORMATION all;
    KPROCESSOR_MODE mode = KiPreviousMode();
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS
                                         : MmProbe(FileInformation, sizeof(FILE_BASIC_INFORMATION), 4, true);
    if (NT_SUCCESS(status))
        status = query_by_name(ObjectAttributes, &all);
    if (!NT_SUCCESS(status))
        return status;
    FILE_BASIC_INFORMATION basic = {all.CreationTime, all.LastAccessTime, all.LastWriteTime, all.ChangeTime,
                                    all.FileAttributes};
    return MmCopyToMode(FileInformation, &basic, sizeof basic, mode);
}

/* Opens the file to be deleted when the handle is closed, which is at once. */
SERVICE(DeleteFile, (POBJECT_ATTRIBUTES ObjectAttributes), (ObjectAttributes))
{
    HANDLE handle;
    OPEN_PACKET packet = {.Type = IO_TYPE_OPEN_PACKET,
                          .Size = sizeof packet,
                          .CreateOptions = FILE_DELETE_ON_CLOSE,
                          .ShareAccess = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                          .Disposition = FILE_OPEN};
    NTSTATUS status =
        ObOpenObjectByName(ObjectAttributes, NULL, KiPreviousMode(), NULL, DELETE, &packet, &handle);
    if (!NT_SUCCESS(status))
        return status;
    NtClose(handle);
    return packet.ParseCheck == OPEN_PACKET_PATTERN ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}
