/*
 * What file servers ask on behalf of their clients: is the access enough, are class and length, is the list
 * well formed. And who a file object is for.
 */
#include "iop.h"

/* Maps generic rights in *DesiredAccess. STATUS_ACCESS_DENIED: not all of it was granted. (WDK:
 * IoCheckDesiredAccess) */
NTSTATUS NTAPI IoCheckDesiredAccess(PACCESS_MASK DesiredAccess, ACCESS_MASK GrantedAccess)
{
    GATE(IoCheckDesiredAccess, DesiredAccess, GrantedAccess);
    RtlMapGenericMask(DesiredAccess, &iop_file_mapping);
    return *DesiredAccess & ~GrantedAccess ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

struct needed {
    ACCESS_MASK all, any; /* every right of `all`, and one of `any` unless that is 0 */
};

/* What the services themselves ask for. */
static struct needed needed_for(UCHAR major, ULONG code, PVOID file_class, PVOID volume_class)
{
    switch (major) {
    case IRP_MJ_READ:
        return (struct needed){FILE_READ_DATA, 0};
    case IRP_MJ_WRITE:
    case IRP_MJ_FLUSH_BUFFERS:
        return (struct needed){0, FILE_WRITE_DATA | FILE_APPEND_DATA};
    case IRP_MJ_LOCK_CONTROL:
        return (struct needed){0, FILE_READ_DATA | FILE_WRITE_DATA};
    case IRP_MJ_DIRECTORY_CONTROL:
        return (struct needed){FILE_LIST_DIRECTORY, 0};
    case IRP_MJ_QUERY_EA:
        return (struct needed){FILE_READ_EA, 0};
    case IRP_MJ_SET_EA:
        return (struct needed){FILE_WRITE_EA, 0};
    case IRP_MJ_QUERY_SECURITY:
        return (struct needed){READ_CONTROL, 0};
    case IRP_MJ_QUERY_INFORMATION:
    case IRP_MJ_SET_INFORMATION:
        return (struct needed){
            iop_file_class(*(FILE_INFORMATION_CLASS *)file_class, major == IRP_MJ_SET_INFORMATION).access, 0};
    case IRP_MJ_QUERY_VOLUME_INFORMATION:
    case IRP_MJ_SET_VOLUME_INFORMATION:
        return (struct needed){
            iop_volume_class(*(FS_INFORMATION_CLASS *)volume_class, major == IRP_MJ_SET_VOLUME_INFORMATION)
                .access,
            0};
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL:
        return (struct needed){code >> 14 & (FILE_READ_DATA | FILE_WRITE_DATA), 0};
    default:
        return (struct needed){0, 0};
    }
}

/* Arg1 points to the FILE_INFORMATION_CLASS, Arg2 to the FS_INFORMATION_CLASS, where there is one. (WDK:
 * IoCheckFunctionAccess) */
NTSTATUS NTAPI IoCheckFunctionAccess(ACCESS_MASK GrantedAccess, UCHAR MajorFunction, UCHAR MinorFunction,
                                     ULONG IoControlCode, PVOID Argument1, PVOID Argument2)
{
    GATE(IoCheckFunctionAccess, GrantedAccess, MajorFunction, MinorFunction, IoControlCode);
    struct needed needed = needed_for(MajorFunction, IoControlCode, Argument1, Argument2);
    if (needed.all & ~GrantedAccess || (needed.any && !(needed.any & GrantedAccess)))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static NTSTATUS check(struct iop_class class, ULONG length)
{
    if (!class.length)
        return STATUS_INVALID_INFO_CLASS;
    return length < class.length ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

NTSTATUS NTAPI IoCheckQuerySetFileInformation(FILE_INFORMATION_CLASS FileInformationClass, ULONG Length,
                                              BOOLEAN SetOperation)
{
    GATE(IoCheckQuerySetFileInformation, FileInformationClass, Length, SetOperation);
    return check(iop_file_class(FileInformationClass, SetOperation), Length);
}

NTSTATUS NTAPI IoCheckQuerySetVolumeInformation(FS_INFORMATION_CLASS FsInformationClass, ULONG Length,
                                                BOOLEAN SetOperation)
{
    GATE(IoCheckQuerySetVolumeInformation, FsInformationClass, Length, SetOperation);
    return check(iop_volume_class(FsInformationClass, SetOperation), Length);
}

/*
 * STATUS_DATATYPE_MISALIGNMENT for the buffer itself, STATUS_QUOTA_LIST_INCONSISTENT for an entry;
 * *ErrorOffset says which. (WDK: IoCheckQuotaBufferValidity)
 */
NTSTATUS NTAPI IoCheckQuotaBufferValidity(PFILE_QUOTA_INFORMATION QuotaBuffer, ULONG QuotaLength,
                                          PULONG ErrorOffset)
{
    GATE(IoCheckQuotaBufferValidity, QuotaBuffer, QuotaLength, ErrorOffset);
    const ULONG head = FIELD_OFFSET(FILE_QUOTA_INFORMATION, Sid), least = FIELD_OFFSET(SID, SubAuthority);
    *ErrorOffset = 0;
    if ((ULONG_PTR)QuotaBuffer % sizeof(ULONG))
        return STATUS_DATATYPE_MISALIGNMENT;
    for (ULONG at = 0;;) {
        PFILE_QUOTA_INFORMATION entry = (PFILE_QUOTA_INFORMATION)((PUCHAR)QuotaBuffer + at);
        ULONG left = QuotaLength - at;
        *ErrorOffset = at;
        if ((LONG)QuotaLength < 0 || left < head + least || left - head < entry->SidLength ||
            entry->SidLength < least || !RtlValidSid(&entry->Sid) ||
            RtlLengthSid(&entry->Sid) != entry->SidLength)
            return STATUS_QUOTA_LIST_INCONSISTENT;
        if (!entry->NextEntryOffset)
            return STATUS_SUCCESS;
        if (entry->NextEntryOffset % sizeof(ULONG) || entry->NextEntryOffset < head + entry->SidLength ||
            entry->NextEntryOffset > left)
            return STATUS_QUOTA_LIST_INCONSISTENT;
        at += entry->NextEntryOffset;
    }
}

/* NULL: who opened it did so for itself, as everybody does here. (WDK: IoGetInitiatorProcess) */
PEPROCESS NTAPI IoGetInitiatorProcess(PFILE_OBJECT FileObject)
{
    GATE(IoGetInitiatorProcess, FileObject);
    return NULL;
}

/* STATUS_INVALID_PARAMETER_MIX: so it is already. (WDK: IoSetFileOrigin) */
NTSTATUS NTAPI IoSetFileOrigin(PFILE_OBJECT FileObject, BOOLEAN Remote)
{
    GATE(IoSetFileOrigin, FileObject, Remote);
    ULONG old = Remote ? __atomic_fetch_or(&FileObject->Flags, FO_REMOTE_ORIGIN, __ATOMIC_ACQ_REL)
                       : __atomic_fetch_and(&FileObject->Flags, ~(ULONG)FO_REMOTE_ORIGIN, __ATOMIC_ACQ_REL);
    return !(old & FO_REMOTE_ORIGIN) == !Remote ? STATUS_INVALID_PARAMETER_MIX : STATUS_SUCCESS;
}

BOOLEAN NTAPI IoIsFileOriginRemote(PFILE_OBJECT FileObject)
{
    GATE(IoIsFileOriginRemote, FileObject);
    return (iop_file_flags(FileObject) & FO_REMOTE_ORIGIN) != 0;
}
