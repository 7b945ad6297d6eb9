/*
 * The internal file system: what it tells about files and about the volume.
 */
#include "fs.h"

/* Everything there is to know, from which the classes take their parts. */
struct facts {
    FILE_BASIC_INFORMATION basic;
    FILE_STANDARD_INFORMATION standard;
    ULONGLONG id;
    UNICODE_STRING name;
    BOOLEAN own_name; /* to be freed */
};

static void bare_facts(PFILE_OBJECT object, struct facts *facts)
{
    LARGE_INTEGER now = {.QuadPart = (LONGLONG)KiSystemTime()};
    BOOLEAN directory = object->FileName.Length <= sizeof(WCHAR);
    facts->basic = (FILE_BASIC_INFORMATION){now, now, now, now,
                                            directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL};
    facts->standard = (FILE_STANDARD_INFORMATION){.NumberOfLinks = 1, .Directory = directory};
    facts->name = object->FileName;
}

static NTSTATUS file_facts(struct fs_file *file, struct facts *facts)
{
    struct host_about about;
    NTSTATUS status = fs_full_name(file->Path, &facts->name);
    if (!NT_SUCCESS(status))
        return status;
    facts->own_name = TRUE;
    struct host_file *data = file->Writer ? file->Writer : file->Reader;
    if (!file->Deleted)
        status = fs_status(host_path_about(FS->Root, file->Path, &about));
    else
        status = data && host_file_about(data, &about) ? STATUS_SUCCESS : STATUS_FILE_DELETED;
    if (!NT_SUCCESS(status))
        return status;
    BOOLEAN gone = file->DeletePending || file->Deleted;
    ULONGLONG size = file->Directory ? 0 : about.size;
    facts->basic =
        (FILE_BASIC_INFORMATION){{.QuadPart = file->Created ? file->Created : (LONGLONG)about.created},
                                 {.QuadPart = (LONGLONG)about.accessed},
                                 {.QuadPart = (LONGLONG)about.written},
                                 {.QuadPart = (LONGLONG)about.changed},
                                 fs_attributes(file, &about)};
    facts->standard = (FILE_STANDARD_INFORMATION){.AllocationSize.QuadPart = fs_allocated(file, size),
                                                  .EndOfFile.QuadPart = (LONGLONG)size,
                                                  .NumberOfLinks = file->Directory ? 1 : about.links,
                                                  .DeletePending = gone,
                                                  .Directory = file->Directory};
    if (gone && !file->Deleted)
        facts->standard.NumberOfLinks--;
    facts->id = about.id;
    return STATUS_SUCCESS;
}

/* The text as far as it goes; returns how many bytes of it there are in the buffer. */
static ULONG put_text(PVOID to, ULONG room, const void *text, ULONG length, NTSTATUS *status)
{
    if (length > room) {
        length = room;
        *status = STATUS_BUFFER_OVERFLOW;
    }
    if (length)
        memcpy(to, text, length);
    return length;
}

static ULONG put_name(PFILE_NAME_INFORMATION name, ULONG room, PCUNICODE_STRING path, NTSTATUS *status)
{
    ULONG head = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName);
    name->FileNameLength = path->Length;
    return head + put_text(name->FileName, room - head, path->Buffer, path->Length, status);
}

static ULONG put_stream(PFILE_STREAM_INFORMATION stream, ULONG room, const struct facts *facts,
                        NTSTATUS *status)
{
    static const WCHAR name[] = L"::$DATA";
    ULONG head = FIELD_OFFSET(FILE_STREAM_INFORMATION, StreamName), length = sizeof name - sizeof(WCHAR);
    if (facts->standard.Directory)
        return 0;
    stream->NextEntryOffset = 0;
    stream->StreamNameLength = length;
    stream->StreamSize = facts->standard.EndOfFile;
    stream->StreamAllocationSize = facts->standard.AllocationSize;
    return head + put_text(stream->StreamName, room - head, name, length, status);
}

static ULONG put_all(PFILE_ALL_INFORMATION all, ULONG room, PFILE_OBJECT object, const struct facts *facts,
                     NTSTATUS *status)
{
    ULONG head = FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation);
    all->BasicInformation = facts->basic;
    all->StandardInformation = facts->standard;
    all->InternalInformation.IndexNumber.QuadPart = (LONGLONG)facts->id;
    all->EaInformation.EaSize = 0;
    all->PositionInformation.CurrentByteOffset = object->CurrentByteOffset;
    return head + put_name(&all->NameInformation, room - head, &facts->name, status);
}

static NTSTATUS answer(PFILE_OBJECT object, const struct facts *facts, FILE_INFORMATION_CLASS class,
                       PVOID buffer, ULONG room, ULONG_PTR *length)
{
    const FILE_BASIC_INFORMATION *basic = &facts->basic;
    NTSTATUS status = STATUS_SUCCESS;
    switch (class) {
    case FileBasicInformation:
        *(PFILE_BASIC_INFORMATION)buffer = *basic;
        *length = sizeof *basic;
        break;
    case FileStandardInformation:
        *(PFILE_STANDARD_INFORMATION)buffer = facts->standard;
        *length = sizeof facts->standard;
        break;
    case FileInternalInformation:
        ((PFILE_INTERNAL_INFORMATION)buffer)->IndexNumber.QuadPart = (LONGLONG)facts->id;
        *length = sizeof(FILE_INTERNAL_INFORMATION);
        break;
    case FileEaInformation:
        ((PFILE_EA_INFORMATION)buffer)->EaSize = 0;
        *length = sizeof(FILE_EA_INFORMATION);
        break;
    case FilePositionInformation:
        ((PFILE_POSITION_INFORMATION)buffer)->CurrentByteOffset = object->CurrentByteOffset;
        *length = sizeof(FILE_POSITION_INFORMATION);
        break;
    case FileNetworkOpenInformation:
        *(PFILE_NETWORK_OPEN_INFORMATION)buffer = (FILE_NETWORK_OPEN_INFORMATION){
            basic->CreationTime,  basic->LastAccessTime,          basic->LastWriteTime,
            basic->ChangeTime,    facts->standard.AllocationSize, facts->standard.EndOfFile,
            basic->FileAttributes};
        *length = sizeof(FILE_NETWORK_OPEN_INFORMATION);
        break;
    case FileAttributeTagInformation:
        *(PFILE_ATTRIBUTE_TAG_INFORMATION)buffer = (FILE_ATTRIBUTE_TAG_INFORMATION){basic->FileAttributes, 0};
        *length = sizeof(FILE_ATTRIBUTE_TAG_INFORMATION);
        break;
    case FileNameInformation:
        *length = put_name(buffer, room, &facts->name, &status);
        break;
    case FileStreamInformation:
        *length = put_stream(buffer, room, facts, &status);
        break;
    case FileAlternateNameInformation: /* no file has a short name */
        status = STATUS_OBJECT_NAME_NOT_FOUND;
        break;
    case FileAllInformation:
        *length = put_all(buffer, room, object, facts, &status);
        break;
    default:
        status = STATUS_INVALID_PARAMETER;
        break;
    }
    return status;
}

NTSTATUS fs_query(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    PFILE_OBJECT object = stack->FileObject;
    struct fs_file *file = fs_file_of(object);
    struct facts facts = {.own_name = FALSE};
    NTSTATUS status = fs_check_length(iop_file_class(stack->Parameters.QueryFile.FileInformationClass, false),
                                      stack->Parameters.QueryFile.Length);
    if (!NT_SUCCESS(status))
        return status;
    if (file) {
        fs_lock();
        status = file_facts(file, &facts);
        fs_unlock();
    } else {
        bare_facts(object, &facts);
    }
    if (NT_SUCCESS(status))
        status = answer(object, &facts, stack->Parameters.QueryFile.FileInformationClass,
                        irp->AssociatedIrp.SystemBuffer, stack->Parameters.QueryFile.Length, information);
    if (facts.own_name)
        MmFreeSystemPool(facts.name.Buffer);
    return status;
}

/* --- the volume --- */

#define SECTOR 512

NTSTATUS fs_query_volume(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    static const WCHAR label[] = L"ntio", system[] = L"NTFS";
    PVOID buffer = irp->AssociatedIrp.SystemBuffer;
    ULONG room = stack->Parameters.QueryVolume.Length;
    uint64_t total = 0, free_bytes = 0, available = 0;
    NTSTATUS status =
        fs_check_length(iop_volume_class(stack->Parameters.QueryVolume.FsInformationClass, false), room);
    if (!NT_SUCCESS(status))
        return status;
    if (FS->Root)
        (void)host_root_space(FS->Root, &total, &free_bytes, &available);
    const LARGE_INTEGER all = {.QuadPart = (LONGLONG)(total / FS_CLUSTER)},
                        left = {.QuadPart = (LONGLONG)(available / FS_CLUSTER)},
                        unused = {.QuadPart = (LONGLONG)(free_bytes / FS_CLUSTER)};
    switch (stack->Parameters.QueryVolume.FsInformationClass) {
    case FileFsVolumeInformation: {
        PFILE_FS_VOLUME_INFORMATION volume = buffer;
        ULONG head = FIELD_OFFSET(FILE_FS_VOLUME_INFORMATION, VolumeLabel),
              length = sizeof label - sizeof(WCHAR);
        volume->VolumeSerialNumber = 0x4E54494F;
        volume->VolumeLabelLength = length;
        *information = head + put_text(volume->VolumeLabel, room - head, label, length, &status);
        break;
    }
    case FileFsSizeInformation:
        *(PFILE_FS_SIZE_INFORMATION)buffer =
            (FILE_FS_SIZE_INFORMATION){all, left, FS_CLUSTER / SECTOR, SECTOR};
        *information = sizeof(FILE_FS_SIZE_INFORMATION);
        break;
    case FileFsFullSizeInformation:
        *(PFILE_FS_FULL_SIZE_INFORMATION)buffer =
            (FILE_FS_FULL_SIZE_INFORMATION){all, left, unused, FS_CLUSTER / SECTOR, SECTOR};
        *information = sizeof(FILE_FS_FULL_SIZE_INFORMATION);
        break;
    case FileFsSectorSizeInformation:
        *(PFILE_FS_SECTOR_SIZE_INFORMATION)buffer = (FILE_FS_SECTOR_SIZE_INFORMATION){
            SECTOR,
            SECTOR,
            SECTOR,
            SECTOR,
            SSINFO_FLAGS_ALIGNED_DEVICE | SSINFO_FLAGS_PARTITION_ALIGNED_ON_DEVICE,
            0,
            0};
        *information = sizeof(FILE_FS_SECTOR_SIZE_INFORMATION);
        break;
    case FileFsAttributeInformation: {
        PFILE_FS_ATTRIBUTE_INFORMATION about = buffer;
        ULONG head = FIELD_OFFSET(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName),
              length = sizeof system - sizeof(WCHAR);
        about->FileSystemAttributes =
            FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | (FS->Root ? 0 : FILE_READ_ONLY_VOLUME);
        about->MaximumComponentNameLength = FS_NAME - 1;
        about->FileSystemNameLength = length;
        *information = head + put_text(about->FileSystemName, room - head, system, length, &status);
        break;
    }
    default:
        status = STATUS_INVALID_PARAMETER;
        break;
    }
    return status;
}
