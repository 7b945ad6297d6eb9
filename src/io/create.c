/*
 * NtCreateFile, NtOpenFile and IoCreateFile: the parameters are checked, then the object manager finds the
 * device.
 */
#include "iop.h"

#define DIRECTORY_OPTIONS                                                                                    \
    (FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT | FILE_WRITE_THROUGH |   \
     FILE_COMPLETE_IF_OPLOCKED | FILE_OPEN_FOR_BACKUP_INTENT | FILE_DELETE_ON_CLOSE |                        \
     FILE_OPEN_FOR_FREE_SPACE_QUERY | FILE_OPEN_BY_FILE_ID | FILE_OPEN_REPARSE_POINT | FILE_NO_COMPRESSION | \
     FILE_OPEN_REMOTE_INSTANCE | FILE_OPEN_REQUIRING_OPLOCK | FILE_DISALLOW_EXCLUSIVE)

struct create {
    PHANDLE handle;
    ACCESS_MASK access;
    POBJECT_ATTRIBUTES attributes;
    PIO_STATUS_BLOCK iosb;
    PLARGE_INTEGER allocation_size;
    ULONG file_attributes, share, disposition, options;
    PVOID ea;
    ULONG ea_length;
    CREATE_FILE_TYPE type;
    PVOID extra;
    ULONG io_options;
};

static BOOLEAN are_valid(const struct create *c)
{
    ULONG synchronous = c->options & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT);
    if (c->file_attributes & ~(ULONG)FILE_ATTRIBUTE_VALID_FLAGS ||
        c->share & ~(ULONG)FILE_SHARE_VALID_FLAGS || c->disposition > FILE_MAXIMUM_DISPOSITION ||
        c->options & ~(ULONG)FILE_VALID_OPTION_FLAGS)
        return FALSE;
    if (synchronous && !(c->access & SYNCHRONIZE))
        return FALSE;
    if (synchronous == (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT))
        return FALSE;
    if (c->options & FILE_DELETE_ON_CLOSE && !(c->access & DELETE))
        return FALSE;
    if (c->options & FILE_DIRECTORY_FILE && !(c->options & FILE_NON_DIRECTORY_FILE) &&
        (c->options & ~(ULONG)DIRECTORY_OPTIONS ||
         (c->disposition != FILE_CREATE && c->disposition != FILE_OPEN && c->disposition != FILE_OPEN_IF)))
        return FALSE;
    if (c->options & FILE_DIRECTORY_FILE && c->options & FILE_NON_DIRECTORY_FILE)
        return FALSE;
    if (c->options & FILE_COMPLETE_IF_OPLOCKED && c->options & FILE_RESERVE_OPFILTER)
        return FALSE;
    return !(c->options & FILE_NO_INTERMEDIATE_BUFFERING && c->access & FILE_APPEND_DATA);
}

/* The caller's extended attributes in system pool, checked. */
static NTSTATUS capture_ea(const struct create *c, KPROCESSOR_MODE mode, PVOID *result)
{
    *result = NULL;
    if (!c->ea || !c->ea_length)
        return STATUS_SUCCESS;
    PVOID copy = MmAllocateSystemPool(c->ea_length, IOP_TAG_BUFFER);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    ULONG offset;
    NTSTATUS status = MmCopyFromMode(copy, c->ea, c->ea_length, mode);
    if (NT_SUCCESS(status))
        status = IoCheckEaBufferValidity(copy, c->ea_length, &offset);
    if (!NT_SUCCESS(status)) {
        MmFreeSystemPool(copy);
        if (status == STATUS_EA_LIST_INCONSISTENT)
            iop_write_iosb(c->iosb, mode, status, offset);
        return status;
    }
    *result = copy;
    return STATUS_SUCCESS;
}

static NTSTATUS capture(const struct create *c, KPROCESSOR_MODE mode, POPEN_PACKET packet)
{
    NTSTATUS status;
    if (mode != KernelMode) {
        status = MmProbe(c->handle, sizeof(HANDLE), sizeof(HANDLE), true);
        if (!NT_SUCCESS(status))
            return status;
        status = iop_probe_iosb(c->iosb, mode);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (c->allocation_size) {
        status = MmCopyFromMode(&packet->AllocationSize, c->allocation_size, sizeof(LARGE_INTEGER), mode);
        if (!NT_SUCCESS(status))
            return status;
        if (packet->AllocationSize.QuadPart < 0)
            return STATUS_INVALID_PARAMETER;
    }
    return capture_ea(c, mode, &packet->EaBuffer);
}

static NTSTATUS create_file(const struct create *c, KPROCESSOR_MODE mode)
{
    BOOLEAN check = mode != KernelMode || c->io_options & IO_CHECK_CREATE_PARAMETERS;
    if (check && !are_valid(c))
        return STATUS_INVALID_PARAMETER;
    OPEN_PACKET packet = {
        .Type = IO_TYPE_OPEN_PACKET,
        .Size = sizeof packet,
        .CreateOptions = c->options,
        .FileAttributes = (USHORT)c->file_attributes,
        .ShareAccess = (USHORT)c->share,
        .EaLength = c->ea ? c->ea_length : 0,
        .Options = c->io_options,
        .Disposition = c->disposition,
        .CreateFileType = c->type,
        .ExtraCreateParameters = c->extra,
    };
    NTSTATUS status = capture(c, mode, &packet);
    if (!NT_SUCCESS(status))
        return status;
    HANDLE handle = NULL;
    status = ObOpenObjectByName(c->attributes, NULL, mode, NULL, c->access, &packet, &handle);
    if (packet.EaBuffer)
        MmFreeSystemPool(packet.EaBuffer);
    if (NT_SUCCESS(status) && packet.ParseCheck != OPEN_PACKET_PATTERN) {
        /* The name led to something that is no device, so that nothing was opened as a file. */
        ZwClose(handle);
        status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (!NT_SUCCESS(status)) {
        /* What the driver said counts; a status that is no error is told with its information. */
        if (packet.FinalStatus && !NT_SUCCESS(packet.FinalStatus) && packet.FinalStatus != STATUS_REPARSE) {
            status = packet.FinalStatus;
            if (NT_WARNING(status))
                iop_write_iosb(c->iosb, mode, status, packet.Information);
        }
        return status;
    }
    /* Somebody else may have closed the handle already, and the file object with it: it is not looked at
     * here. */
    status = mode == KernelMode ? (*c->handle = handle, STATUS_SUCCESS)
                                : MmCopyToMode(c->handle, &handle, sizeof handle, mode);
    if (!NT_SUCCESS(status)) {
        NtClose(handle);
        return status;
    }
    iop_write_iosb(c->iosb, mode, packet.FinalStatus, packet.Information);
    return packet.FinalStatus;
}

SERVICE(CreateFile,
        (PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes,
         ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength),
        (FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, AllocationSize, FileAttributes,
         ShareAccess, CreateDisposition, CreateOptions, EaBuffer, EaLength))
{
    const struct create c = {FileHandle,
                             DesiredAccess,
                             ObjectAttributes,
                             IoStatusBlock,
                             AllocationSize,
                             FileAttributes,
                             ShareAccess,
                             CreateDisposition,
                             CreateOptions,
                             EaBuffer,
                             EaLength,
                             CreateFileTypeNone,
                             NULL,
                             0};
    return create_file(&c, KiPreviousMode());
}

SERVICE(OpenFile,
        (PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions),
        (FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, ShareAccess, OpenOptions))
{
    const struct create c = {FileHandle,
                             DesiredAccess,
                             ObjectAttributes,
                             IoStatusBlock,
                             NULL,
                             0,
                             ShareAccess,
                             FILE_OPEN,
                             OpenOptions,
                             NULL,
                             0,
                             CreateFileTypeNone,
                             NULL,
                             0};
    return create_file(&c, KiPreviousMode());
}

/*
 * As ZwCreateFile, with parameters for named pipes and mailslots, and options: IO_NO_PARAMETER_CHECKING makes
 * the parameters trusted kernel addresses, whatever the previous mode. IRQL PASSIVE_LEVEL. (WDK:
 * IoCreateFile)
 */
NTSTATUS NTAPI IoCreateFile(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                            POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                            PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                            ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                            CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options)
{
    GATE(IoCreateFile, FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock);
    const struct create c = {FileHandle,         DesiredAccess,  ObjectAttributes, IoStatusBlock,
                             AllocationSize,     FileAttributes, ShareAccess,      Disposition,
                             CreateOptions,      EaBuffer,       EaLength,         CreateFileType,
                             InternalParameters, Options};
    return create_file(&c, Options & IO_NO_PARAMETER_CHECKING ? KernelMode : KiPreviousMode());
}

/* As IoCreateFile; a driver context (filters' device hints, extra parameters) is not looked at. (WDK:
 * IoCreateFileEx) */
NTSTATUS NTAPI IoCreateFileEx(PHANDLE FileHandle, ACCESS_MASK DesiredAccess,
                              POBJECT_ATTRIBUTES ObjectAttributes, PIO_STATUS_BLOCK IoStatusBlock,
                              PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
                              ULONG Disposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength,
                              CREATE_FILE_TYPE CreateFileType, PVOID InternalParameters, ULONG Options,
                              PIO_DRIVER_CREATE_CONTEXT DriverContext)
{
    GATE(IoCreateFileEx, FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock);
    (void)DriverContext;
    const struct create c = {FileHandle,         DesiredAccess,  ObjectAttributes, IoStatusBlock,
                             AllocationSize,     FileAttributes, ShareAccess,      Disposition,
                             CreateOptions,      EaBuffer,       EaLength,         CreateFileType,
                             InternalParameters, Options};
    return create_file(&c, Options & IO_NO_PARAMETER_CHECKING ? KernelMode : KiPreviousMode());
}

/* NULL: no file is opened in a transaction here. Any IRQL. (WDK: IoGetTransactionParameterBlock) */
PTXN_PARAMETER_BLOCK NTAPI IoGetTransactionParameterBlock(PFILE_OBJECT FileObject)
{
    GATE(IoGetTransactionParameterBlock, FileObject);
    return NULL;
}

/*
 * Whether a list of extended attributes is well formed. *ErrorOffset: where it is not.
 * STATUS_EA_LIST_INCONSISTENT. (WDK: IoCheckEaBufferValidity)
 */
NTSTATUS NTAPI IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength, PULONG ErrorOffset)
{
    GATE(IoCheckEaBufferValidity, EaBuffer, EaLength, ErrorOffset);
    PUCHAR start = (PUCHAR)EaBuffer;
    ULONG at = 0;
    for (;;) {
        *ErrorOffset = at;
        ULONG left = EaLength - at;
        PFILE_FULL_EA_INFORMATION ea = (PFILE_FULL_EA_INFORMATION)(start + at);
        ULONG head = FIELD_OFFSET(FILE_FULL_EA_INFORMATION, EaName);
        if (left < head || left < head + ea->EaNameLength + 1u + ea->EaValueLength ||
            ea->EaName[ea->EaNameLength] != 0)
            return STATUS_EA_LIST_INCONSISTENT;
        ULONG size = head + ea->EaNameLength + 1u + ea->EaValueLength;
        if (ea->NextEntryOffset == 0)
            return STATUS_SUCCESS;
        if (ea->NextEntryOffset != ((size + 3u) & ~3u) || ea->NextEntryOffset > left)
            return STATUS_EA_LIST_INCONSISTENT;
        at += ea->NextEntryOffset;
    }
}
