/*
 * NtQueryInformationFile and NtSetInformationFile: what the I/O manager knows itself, and the rest by IRP.
 */
#include "send.h"

#include "ntio_pipe.h"

static const struct iop_class query_classes[FileMaximumInformation] = {
    [FileBasicInformation] = {sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES},
    [FileStandardInformation] = {sizeof(FILE_STANDARD_INFORMATION), 0},
    [FileInternalInformation] = {sizeof(FILE_INTERNAL_INFORMATION), 0},
    [FileEaInformation] = {sizeof(FILE_EA_INFORMATION), FILE_READ_EA},
    [FileAccessInformation] = {sizeof(FILE_ACCESS_INFORMATION), 0},
    [FileNameInformation] = {sizeof(FILE_NAME_INFORMATION), 0},
    [FilePositionInformation] = {sizeof(FILE_POSITION_INFORMATION), 0},
    [FileModeInformation] = {sizeof(FILE_MODE_INFORMATION), 0},
    [FileAlignmentInformation] = {sizeof(FILE_ALIGNMENT_INFORMATION), 0},
    [FileAllInformation] = {sizeof(FILE_ALL_INFORMATION), FILE_READ_ATTRIBUTES},
    [FileAlternateNameInformation] = {sizeof(FILE_NAME_INFORMATION), 0},
    [FileStreamInformation] = {sizeof(FILE_STREAM_INFORMATION), 0},
    [FilePipeInformation] = {sizeof(FILE_PIPE_INFORMATION), FILE_READ_ATTRIBUTES},
    [FilePipeLocalInformation] = {sizeof(FILE_PIPE_LOCAL_INFORMATION), FILE_READ_ATTRIBUTES},
    [FileNetworkOpenInformation] = {sizeof(FILE_NETWORK_OPEN_INFORMATION), FILE_READ_ATTRIBUTES},
    [FileIoCompletionNotificationInformation] = {sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION), 0},
    [FileAttributeTagInformation] = {sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), FILE_READ_ATTRIBUTES},
    [FileIsRemoteDeviceInformation] = {sizeof(FILE_IS_REMOTE_DEVICE_INFORMATION), 0},
};

static const struct iop_class set_classes[FileMaximumInformation] = {
    [FileBasicInformation] = {sizeof(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES},
    [FileRenameInformation] = {sizeof(FILE_RENAME_INFORMATION), DELETE},
    [FileRenameInformationEx] = {sizeof(FILE_RENAME_INFORMATION), DELETE},
    [FileLinkInformation] = {sizeof(FILE_LINK_INFORMATION), 0},
    [FileDispositionInformation] = {sizeof(FILE_DISPOSITION_INFORMATION), DELETE},
    [FileDispositionInformationEx] = {sizeof(FILE_DISPOSITION_INFORMATION_EX), DELETE},
    [FilePositionInformation] = {sizeof(FILE_POSITION_INFORMATION), 0},
    [FileModeInformation] = {sizeof(FILE_MODE_INFORMATION), 0},
    [FilePipeInformation] = {sizeof(FILE_PIPE_INFORMATION), FILE_WRITE_ATTRIBUTES},
    [FileAllocationInformation] = {sizeof(FILE_ALLOCATION_INFORMATION), FILE_WRITE_DATA},
    [FileCompletionInformation] = {sizeof(FILE_COMPLETION_INFORMATION), 0},
    [FileIoCompletionNotificationInformation] = {sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION), 0},
    [FileEndOfFileInformation] = {sizeof(FILE_END_OF_FILE_INFORMATION), FILE_WRITE_DATA},
    [FileValidDataLengthInformation] = {sizeof(FILE_VALID_DATA_LENGTH_INFORMATION), FILE_WRITE_DATA},
};

struct iop_class iop_file_class(FILE_INFORMATION_CLASS class, bool sets)
{
    if ((ULONG) class >= FileMaximumInformation)
        return (struct iop_class){0};
    return sets ? set_classes[class] : query_classes[class];
}

/* Class and length first, then addresses, then the handle. */
static NTSTATUS begin(struct iop_call *call, const struct iop_class *classes, HANDLE handle,
                      PIO_STATUS_BLOCK iosb, PVOID buffer, ULONG length, FILE_INFORMATION_CLASS class,
                      BOOLEAN writes)
{
    if ((ULONG) class >= FileMaximumInformation || classes[class].length == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (length < classes[class].length)
        return STATUS_INFO_LENGTH_MISMATCH;
    KPROCESSOR_MODE mode = KiPreviousMode();
    if (mode != KernelMode) {
        /* Two classes are a single byte. */
        BOOLEAN byte = class == FileDispositionInformation || class == FileIsRemoteDeviceInformation;
        NTSTATUS status = MmProbe(buffer, length, byte ? 1 : sizeof(ULONG), writes);
        if (NT_SUCCESS(status))
            status = iop_probe_iosb(iosb, mode);
        if (!NT_SUCCESS(status))
            return status;
    }
    NTSTATUS status = iop_open_call(call, PspCurrentThread(), handle, classes[class].access);
    if (!NT_SUCCESS(status))
        return status;
    status = iop_enter_call(call);
    if (!NT_SUCCESS(status))
        iop_abandon(call, status);
    return status;
}

static ULONG mode_of(PFILE_OBJECT file)
{
    ULONG mode = 0;
    if (iop_file_flags(file) & FO_SYNCHRONOUS_IO)
        mode |=
            iop_file_flags(file) & FO_ALERTABLE_IO ? FILE_SYNCHRONOUS_IO_ALERT : FILE_SYNCHRONOUS_IO_NONALERT;
    if (iop_file_flags(file) & FO_NO_INTERMEDIATE_BUFFERING)
        mode |= FILE_NO_INTERMEDIATE_BUFFERING;
    if (iop_file_flags(file) & FO_WRITE_THROUGH)
        mode |= FILE_WRITE_THROUGH;
    if (iop_file_flags(file) & FO_SEQUENTIAL_ONLY)
        mode |= FILE_SEQUENTIAL_ONLY;
    if (iop_file_flags(file) & FO_DELETE_ON_CLOSE)
        mode |= FILE_DELETE_ON_CLOSE;
    return mode;
}

/* TRUE: answered without the driver. */
static BOOLEAN query_here(struct iop_call *call, FILE_INFORMATION_CLASS class, PVOID answer, PULONG length)
{
    switch (class) {
    case FileAccessInformation:
        ((PFILE_ACCESS_INFORMATION)answer)->AccessFlags = call->granted;
        *length = sizeof(FILE_ACCESS_INFORMATION);
        return TRUE;
    case FileModeInformation:
        ((PFILE_MODE_INFORMATION)answer)->Mode = mode_of(call->file);
        *length = sizeof(FILE_MODE_INFORMATION);
        return TRUE;
    case FileIoCompletionNotificationInformation:
        ((PFILE_IO_COMPLETION_NOTIFICATION_INFORMATION)answer)->Flags = IopNotificationModes(call->file);
        *length = sizeof(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION);
        return TRUE;
    case FileAlignmentInformation:
        ((PFILE_ALIGNMENT_INFORMATION)answer)->AlignmentRequirement = call->device->AlignmentRequirement;
        *length = sizeof(FILE_ALIGNMENT_INFORMATION);
        return TRUE;
    case FileIsRemoteDeviceInformation:
        ((PFILE_IS_REMOTE_DEVICE_INFORMATION)answer)->IsRemote =
            (call->file->DeviceObject->Characteristics & FILE_REMOTE_DEVICE) != 0;
        *length = sizeof(FILE_IS_REMOTE_DEVICE_INFORMATION);
        return TRUE;
    case FilePositionInformation:
        if (!call->synchronous)
            return FALSE;
        ((PFILE_POSITION_INFORMATION)answer)->CurrentByteOffset = call->file->CurrentByteOffset;
        *length = sizeof(FILE_POSITION_INFORMATION);
        return TRUE;
    default:
        return FALSE;
    }
}

/* File systems answer these two without an IRP, for a caller that waits. */
static BOOLEAN try_fast_query(struct iop_call *call, FILE_INFORMATION_CLASS class, PVOID answer,
                              PIO_STATUS_BLOCK iosb)
{
    PFAST_IO_DISPATCH fast = call->device->DriverObject->FastIoDispatch;
    BOOLEAN taken;
    if (!fast || !call->synchronous)
        return FALSE;
    if (class == FileBasicInformation && fast->FastIoQueryBasicInfo)
        taken = fast->FastIoQueryBasicInfo(call->file, TRUE, answer, iosb, call->device);
    else if (class == FileStandardInformation && fast->FastIoQueryStandardInfo)
        taken = fast->FastIoQueryStandardInfo(call->file, TRUE, answer, iosb, call->device);
    else
        return FALSE;
    GATE_NOTE(NOTE_FAST_IO, call->device, call->file, IRP_MJ_QUERY_INFORMATION, taken);
    return taken;
}

static NTSTATUS query_by_irp(struct iop_call *call, PVOID buffer, ULONG length, FILE_INFORMATION_CLASS class,
                             struct iop_wait *wait)
{
    NTSTATUS status = iop_make_waiting_irp(call, IRP_MJ_QUERY_INFORMATION, wait);
    if (NT_SUCCESS(status))
        status = IopCaptureSystemBuffer(call->irp, NULL, 0, length);
    if (!NT_SUCCESS(status))
        return status;
    PIRP irp = call->irp;
    irp->UserBuffer = buffer;
    irp->Flags |= IRP_INPUT_OPERATION;
    iop_request(irp)->BufferLength = length;
    call->stack->Parameters.QueryFile.Length = length;
    call->stack->Parameters.QueryFile.FileInformationClass = class;
    memset(irp->AssociatedIrp.SystemBuffer, 0, length);
    if (class == FileAllInformation) {
        /* The I/O manager's own parts; the driver adds to Information what it fills in. */
        PFILE_ALL_INFORMATION all = irp->AssociatedIrp.SystemBuffer;
        all->AccessInformation.AccessFlags = call->granted;
        all->ModeInformation.Mode = mode_of(call->file);
        all->AlignmentInformation.AlignmentRequirement = call->device->AlignmentRequirement;
        irp->IoStatus.Information = sizeof(FILE_ACCESS_INFORMATION) + sizeof(FILE_MODE_INFORMATION) +
                                    sizeof(FILE_ALIGNMENT_INFORMATION);
    }
    return STATUS_PENDING;
}

/* Sends what was prepared; the call is over in any case. */
static NTSTATUS finish(struct iop_call *call, struct iop_wait *wait, PIO_STATUS_BLOCK iosb, NTSTATUS prepared)
{
    if (prepared != STATUS_PENDING)
        return iop_abandon(call, prepared);
    return iop_send_and_wait(call, wait, iosb);
}

static NTSTATUS answer(struct iop_call *call, PIO_STATUS_BLOCK iosb, PVOID buffer, const void *data,
                       ULONG length, NTSTATUS status)
{
    if (!NT_ERROR(status) && length) {
        NTSTATUS copied = MmCopyToMode(buffer, data, length, call->mode);
        if (!NT_SUCCESS(copied))
            return iop_abandon(call, copied);
    }
    if (!NT_ERROR(status))
        iop_write_iosb(iosb, call->mode, status, length);
    return iop_abandon(call, status);
}

SERVICE(QueryInformationFile,
        (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
         FILE_INFORMATION_CLASS FileInformationClass),
        (FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass))
{
    struct iop_call call;
    struct iop_wait wait;
    union {
        FILE_BASIC_INFORMATION basic;
        FILE_STANDARD_INFORMATION standard;
        UCHAR bytes[64];
    } own = {.bytes = {0}};
    ULONG own_length;
    IO_STATUS_BLOCK fast = {0};
    NTSTATUS status = begin(&call, query_classes, FileHandle, IoStatusBlock, FileInformation, Length,
                            FileInformationClass, TRUE);
    if (!NT_SUCCESS(status))
        return status;
    if (query_here(&call, FileInformationClass, &own, &own_length))
        return answer(&call, IoStatusBlock, FileInformation, &own, own_length, STATUS_SUCCESS);
    if (try_fast_query(&call, FileInformationClass, &own, &fast))
        return answer(&call, IoStatusBlock, FileInformation, &own,
                      fast.Information < sizeof own ? (ULONG)fast.Information : (ULONG)sizeof own,
                      fast.Status);
    status = query_by_irp(&call, FileInformation, Length, FileInformationClass, &wait);
    return finish(&call, &wait, IoStatusBlock, status);
}

static NTSTATUS set_position(struct iop_call *call, PVOID buffer)
{
    FILE_POSITION_INFORMATION position;
    NTSTATUS status = MmCopyFromMode(&position, buffer, sizeof position, call->mode);
    if (!NT_SUCCESS(status))
        return status;
    if (position.CurrentByteOffset.QuadPart < 0)
        return STATUS_INVALID_PARAMETER;
    if (iop_file_flags(call->file) & FO_NO_INTERMEDIATE_BUFFERING &&
        position.CurrentByteOffset.LowPart & call->device->AlignmentRequirement)
        return STATUS_INVALID_PARAMETER;
    call->file->CurrentByteOffset = position.CurrentByteOffset;
    return STATUS_SUCCESS;
}

#define MODES_THAT_CHANGE                                                                                    \
    (FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT)

static NTSTATUS set_mode(struct iop_call *call, PVOID buffer)
{
    FILE_MODE_INFORMATION mode;
    PFILE_OBJECT file = call->file;
    NTSTATUS status = MmCopyFromMode(&mode, buffer, sizeof mode, call->mode);
    if (!NT_SUCCESS(status))
        return status;
    ULONG synchronous = mode.Mode & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
    if (mode.Mode & ~(ULONG)MODES_THAT_CHANGE ||
        synchronous == (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT) ||
        (synchronous != 0) != ((iop_file_flags(file) & FO_SYNCHRONOUS_IO) != 0))
        return STATUS_INVALID_PARAMETER;
    ULONG flags = iop_file_flags(file) & ~(ULONG)(FO_WRITE_THROUGH | FO_SEQUENTIAL_ONLY | FO_ALERTABLE_IO);
    if (mode.Mode & FILE_WRITE_THROUGH)
        flags |= FO_WRITE_THROUGH;
    if (mode.Mode & FILE_SEQUENTIAL_ONLY)
        flags |= FO_SEQUENTIAL_ONLY;
    if (mode.Mode & FILE_SYNCHRONOUS_IO_ALERT)
        flags |= FO_ALERTABLE_IO;
    __atomic_store_n(&file->Flags, flags, __ATOMIC_RELAXED);
    return STATUS_SUCCESS;
}

/*
 * Where a file is renamed or linked to: a path of its own, or one below RootDirectory, has its directory
 * opened for the driver, which gets the file object. A plain name stays in the directory that the file is in.
 */
static NTSTATUS open_target(struct iop_call *call, PFILE_RENAME_INFORMATION rename, ULONG length,
                            HANDLE *target)
{
    BOOLEAN flags_told = call->stack->Parameters.SetFile.FileInformationClass == FileRenameInformationEx;
    if (rename->FileNameLength == 0 || rename->FileNameLength % sizeof(WCHAR) ||
        rename->FileNameLength > 0xFFFC ||
        rename->FileNameLength > length - FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName))
        return STATUS_INVALID_PARAMETER;
    call->stack->Parameters.SetFile.ReplaceIfExists =
        flags_told ? rename->Flags & FILE_RENAME_REPLACE_IF_EXISTS : rename->ReplaceIfExists;
    if (rename->FileName[0] != L'\\' && !rename->RootDirectory)
        return STATUS_SUCCESS;
    UNICODE_STRING name = {(USHORT)rename->FileNameLength, (USHORT)rename->FileNameLength, rename->FileName};
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    PFILE_OBJECT file;
    /* The buffers are the kernel's, the rights are the caller's. */
    ULONG flags = call->mode == KernelMode ? OBJ_KERNEL_HANDLE : OBJ_FORCE_ACCESS_CHECK;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | flags, rename->RootDirectory, NULL);
    NTSTATUS status = IoCreateFile(target, FILE_WRITE_DATA | SYNCHRONIZE, &attributes, &iosb, NULL, 0,
                                   FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN,
                                   FILE_OPEN_FOR_BACKUP_INTENT, NULL, 0, CreateFileTypeNone, NULL,
                                   IO_NO_PARAMETER_CHECKING | IO_OPEN_TARGET_DIRECTORY);
    if (!NT_SUCCESS(status)) {
        *target = NULL;
        return status;
    }
    status = ObReferenceObjectByHandle(*target, FILE_WRITE_DATA, IopFileObjectType, KernelMode,
                                       (PVOID *)&file, NULL);
    if (!NT_SUCCESS(status))
        return status;
    ObpDereferenceObject(file); /* the handle keeps it */
    if (IopRelatedDevice(file) != call->device)
        return STATUS_NOT_SAME_DEVICE;
    call->stack->Parameters.SetFile.FileObject = file;
    return STATUS_SUCCESS;
}

static NTSTATUS set_by_irp(struct iop_call *call, PVOID buffer, ULONG length, FILE_INFORMATION_CLASS class,
                           struct iop_wait *wait, HANDLE *target)
{
    NTSTATUS status = iop_make_waiting_irp(call, IRP_MJ_SET_INFORMATION, wait);
    if (NT_SUCCESS(status))
        status = IopCaptureSystemBuffer(call->irp, buffer, length, length);
    if (!NT_SUCCESS(status))
        return status;
    call->stack->Parameters.SetFile.Length = length;
    call->stack->Parameters.SetFile.FileInformationClass = class;
    if (class == FileRenameInformation || class == FileRenameInformationEx || class == FileLinkInformation)
        status = open_target(call, call->irp->AssociatedIrp.SystemBuffer, length, target);
    return NT_SUCCESS(status) ? STATUS_PENDING : status;
}

SERVICE(SetInformationFile,
        (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
         FILE_INFORMATION_CLASS FileInformationClass),
        (FileHandle, IoStatusBlock, FileInformation, Length, FileInformationClass))
{
    struct iop_call call;
    struct iop_wait wait;
    NTSTATUS status = begin(&call, set_classes, FileHandle, IoStatusBlock, FileInformation, Length,
                            FileInformationClass, FALSE);
    if (!NT_SUCCESS(status))
        return status;
    if (FileInformationClass == FilePositionInformation && call.synchronous)
        return answer(&call, IoStatusBlock, NULL, NULL, 0, set_position(&call, FileInformation));
    if (FileInformationClass == FileModeInformation)
        return answer(&call, IoStatusBlock, NULL, NULL, 0, set_mode(&call, FileInformation));
    if (FileInformationClass == FileCompletionInformation)
        return answer(&call, IoStatusBlock, NULL, NULL, 0,
                      IopSetCompletionPort(call.file, FileInformation, call.mode));
    if (FileInformationClass == FileIoCompletionNotificationInformation)
        return answer(&call, IoStatusBlock, NULL, NULL, 0,
                      IopSetNotificationModes(call.file, FileInformation, call.mode));
    HANDLE target = NULL;
    status = set_by_irp(&call, FileInformation, Length, FileInformationClass, &wait, &target);
    status = finish(&call, &wait, IoStatusBlock, status);
    if (target)
        NtClose(target);
    return status;
}
