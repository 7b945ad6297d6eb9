/*
 * The internal file system: what changes a file's attributes, times, size and name, and what deletes it.
 */
#include "fs.h"

#define KEPT                                                                                                 \
    (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_ARCHIVE)

#define DISPOSITIONS                                                                                         \
    (FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS |                                            \
     FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK | FILE_DISPOSITION_ON_CLOSE |                                \
     FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE)

static NTSTATUS about_file(const struct fs_file *file, struct host_about *about)
{
    if (file->Deleted)
        return STATUS_FILE_DELETED;
    return fs_status(host_path_about(FS->Root, file->Path, about));
}

/* 0 leaves a time as it is; -1 and -2 say who may change it from now on, which is nobody's matter here. */
static NTSTATUS set_basic(struct fs_file *file, const FILE_BASIC_INFORMATION *basic)
{
    struct host_about about;
    ULONG attributes = basic->FileAttributes;
    LONGLONG created = basic->CreationTime.QuadPart, accessed = basic->LastAccessTime.QuadPart,
             written = basic->LastWriteTime.QuadPart;
    if (created < -2 || accessed < -2 || written < -2 || basic->ChangeTime.QuadPart < -2)
        return STATUS_INVALID_PARAMETER;
    if (attributes & FILE_ATTRIBUTE_DIRECTORY && !file->Directory)
        return STATUS_INVALID_PARAMETER;
    if (attributes & FILE_ATTRIBUTE_TEMPORARY && file->Directory)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = about_file(file, &about);
    if (!NT_SUCCESS(status))
        return status;
    if (attributes) {
        BOOLEAN read_only = (attributes & FILE_ATTRIBUTE_READONLY) != 0;
        if (!file->Directory && read_only != about.read_only)
            status = fs_status(host_path_set_read_only(FS->Root, file->Path, read_only));
        if (!NT_SUCCESS(status))
            return status;
        file->Attributes = attributes & KEPT;
        file->Remembered = file->Attributes != (file->Directory ? 0u : FILE_ATTRIBUTE_ARCHIVE);
    }
    if (created > 0)
        file->Created = created;
    if (accessed > 0 || written > 0) {
        /* Without a time of its own the host's birth time moves with the others. */
        if (!file->Created && written > 0 && (ULONGLONG)written < about.created)
            file->Created = (LONGLONG)about.created;
        status = fs_status(host_path_set_times(FS->Root, file->Path, accessed > 0 ? (ULONGLONG)accessed : 0,
                                               written > 0 ? (ULONGLONG)written : 0));
    }
    return status;
}

/* STATUS_CANNOT_DELETE: it is read-only, or there is a section on it. (WDK: FILE_DISPOSITION_INFORMATION_EX)
 */
static NTSTATUS set_disposition(PFILE_OBJECT object, struct fs_file *file, ULONG flags)
{
    struct fs_open *open = object->FsContext2;
    struct host_about about;
    if (flags & ~(ULONG)DISPOSITIONS)
        return STATUS_INVALID_PARAMETER;
    if (!(flags & FILE_DISPOSITION_DELETE)) {
        if (flags & FILE_DISPOSITION_ON_CLOSE)
            open->DeleteOnClose = FALSE;
        file->DeletePending = object->DeletePending = FALSE;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = about_file(file, &about);
    if (!NT_SUCCESS(status))
        return status;
    BOOLEAN read_only = !(flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE) &&
                        fs_attributes(file, &about) & FILE_ATTRIBUTE_READONLY;
    if (!*file->Path || read_only || file->Mapped)
        return STATUS_CANNOT_DELETE;
    if (file->Directory && !fs_is_empty(file->Path))
        return STATUS_DIRECTORY_NOT_EMPTY;
    open->Posix = (flags & FILE_DISPOSITION_POSIX_SEMANTICS) != 0;
    if (flags & FILE_DISPOSITION_ON_CLOSE)
        open->DeleteOnClose = TRUE;
    else
        file->DeletePending = object->DeletePending = TRUE;
    return STATUS_SUCCESS;
}

static NTSTATUS resize(struct fs_file *file, LONGLONG size)
{
    struct host_about about;
    if (file->Directory || size < 0)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = fs_open_data(file, HOST_OPEN_WRITE);
    if (!NT_SUCCESS(status))
        return status;
    if (file->Mapped && host_file_about(file->Writer, &about) && (ULONGLONG)size < about.size)
        return STATUS_USER_MAPPED_FILE;
    return fs_status(host_file_resize(file->Writer, (ULONGLONG)size));
}

/* The contents never take more than was set aside for them. (WDK: FILE_ALLOCATION_INFORMATION) */
static NTSTATUS set_allocation(struct fs_file *file, LONGLONG size)
{
    struct host_about about;
    if (file->Directory || size < 0)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = fs_open_data(file, HOST_OPEN_WRITE);
    if (NT_SUCCESS(status) && !host_file_about(file->Writer, &about))
        status = STATUS_UNEXPECTED_IO_ERROR;
    if (NT_SUCCESS(status) && (ULONGLONG)size < about.size)
        status = resize(file, size);
    if (NT_SUCCESS(status))
        file->Allocated = size;
    return status;
}

/* All of a file is valid: there is nothing that could become so. (WDK: FILE_VALID_DATA_LENGTH_INFORMATION) */
static NTSTATUS set_valid_length(struct fs_file *file, PIRP irp, LONGLONG length)
{
    static const LUID manages = {SE_MANAGE_VOLUME_PRIVILEGE, 0};
    struct host_about about;
    if (!SeSinglePrivilegeCheck(manages, irp->RequestorMode))
        return STATUS_PRIVILEGE_NOT_HELD;
    NTSTATUS status = file->Directory ? STATUS_INVALID_PARAMETER : about_file(file, &about);
    if (NT_SUCCESS(status) && (length < 0 || (ULONGLONG)length != about.size))
        status = STATUS_INVALID_PARAMETER;
    return status;
}

/* --- another name --- */

static BOOLEAN is_below(const char *path, const char *directory)
{
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* Something below the directory is open: it cannot be moved then. What is only remembered moves along. */
static BOOLEAN is_in_use(const char *directory)
{
    for (struct fs_file *file = FS->Files; file; file = file->Next)
        if (!file->Deleted && file->Handles && is_below(file->Path, directory))
            return TRUE;
    return FALSE;
}

/* Where it goes: the directory that the I/O manager opened, or the one it is in. */
static NTSTATUS find_target(struct fs_file *file, PFILE_OBJECT directory,
                            const FILE_RENAME_INFORMATION *rename, struct fs_walk *walk)
{
    UNICODE_STRING parent, whole,
        leaf = {(USHORT)rename->FileNameLength, (USHORT)rename->FileNameLength, (PWSTR)rename->FileName};
    char text[FS_PATH];
    if (directory)
        leaf = directory->FileName;
    NTSTATUS status = fs_component(leaf.Buffer, leaf.Length / sizeof(WCHAR), text);
    if (!NT_SUCCESS(status))
        return status;
    const char *base = directory ? fs_file_of(directory)->Path : file->Path;
    status = fs_full_name(base, &parent);
    if (!NT_SUCCESS(status))
        return status;
    if (!directory)
        while (parent.Length > sizeof(WCHAR) && parent.Buffer[parent.Length / sizeof(WCHAR)] != L'\\')
            parent.Length -= sizeof(WCHAR);
    size_t length = (size_t)parent.Length + sizeof(WCHAR) + leaf.Length;
    PWSTR buffer = length <= 0xFFFE ? malloc(length) : NULL;
    if (buffer) {
        size_t head = parent.Length == sizeof(WCHAR) ? 0 : parent.Length;
        memcpy(buffer, parent.Buffer, head);
        buffer[head / sizeof(WCHAR)] = L'\\';
        memcpy((PUCHAR)buffer + head + sizeof(WCHAR), leaf.Buffer, leaf.Length);
        whole = (UNICODE_STRING){(USHORT)(head + sizeof(WCHAR) + leaf.Length), (USHORT)length, buffer};
        status = fs_walk(walk, &whole);
        if (walk->found && NT_SUCCESS(status) && walk->about.id == file->Id &&
            walk->about.device == file->Device) {
            /* Itself: perhaps its case is what changes. */
            const char *slash = strrchr(walk->path, '/');
            walk->path[walk->length = slash ? (size_t)(slash - walk->path) : 0] = 0;
            status = fs_append(walk, text, strlen(text));
        }
    } else {
        status = length <= 0xFFFE ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NAME_TOO_LONG;
    }
    free(buffer);
    MmFreeSystemPool(parent.Buffer);
    return status;
}

#define RENAMES                                                                                              \
    (FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS |                                           \
     FILE_RENAME_SUPPRESS_PIN_STATE_INHERITANCE | FILE_RENAME_SUPPRESS_STORAGE_RESERVE_INHERITANCE |         \
     FILE_RENAME_PRESERVE_AVAILABLE_SPACE | FILE_RENAME_IGNORE_READONLY_ATTRIBUTE |                          \
     FILE_RENAME_FORCE_RESIZE_SR)

/*
 * What stands in the way and may be replaced is taken away by the host's renaming. Who has it open goes on
 * with it, but only POSIX semantics let that be. (WDK: FILE_RENAME_INFORMATION)
 */
static NTSTATUS may_replace(const struct fs_walk *walk, const struct fs_file *file, ULONG flags)
{
    if (walk->about.id == file->Id && walk->about.device == file->Device)
        return STATUS_SUCCESS;
    if (!(flags & FILE_RENAME_REPLACE_IF_EXISTS))
        return STATUS_OBJECT_NAME_COLLISION;
    struct fs_file *other = fs_find(&walk->about);
    BOOLEAN open = other && other->Handles && !(flags & FILE_RENAME_POSIX_SEMANTICS);
    BOOLEAN read_only = !(flags & FILE_RENAME_IGNORE_READONLY_ATTRIBUTE) &&
                        fs_attributes(other, &walk->about) & FILE_ATTRIBUTE_READONLY;
    if (walk->about.kind == HOST_DIRECTORY || file->Directory || open || read_only ||
        (other && other->Mapped))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static void move_paths(const char *from, const char *to)
{
    size_t old = strlen(from), new = strlen(to);
    for (struct fs_file *file = FS->Files; file; file = file->Next) {
        BOOLEAN below = is_below(file->Path, from);
        if (!below && strcmp(file->Path, from) != 0)
            continue;
        if (file->Deleted)
            continue;
        char *path = malloc(new + strlen(file->Path) - old + 1);
        if (!path)
            continue;
        memcpy(path, to, new);
        strcpy(path + new, file->Path + old);
        free(file->Path);
        file->Path = path;
    }
}

static NTSTATUS set_name(PFILE_OBJECT object, struct fs_file *file, PIO_STACK_LOCATION stack,
                         const FILE_RENAME_INFORMATION *rename)
{
    struct fs_walk walk;
    UNICODE_STRING name;
    PFILE_OBJECT target = stack->Parameters.SetFile.FileObject;
    ULONG flags = stack->Parameters.SetFile.ReplaceIfExists ? FILE_RENAME_REPLACE_IF_EXISTS : 0;
    if (stack->Parameters.SetFile.FileInformationClass == FileRenameInformationEx)
        flags = rename->Flags;
    if (flags & ~(ULONG)RENAMES)
        return STATUS_INVALID_PARAMETER;
    if (rename->FileNameLength >
            stack->Parameters.SetFile.Length - FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName) ||
        rename->FileNameLength > 0xFFFC)
        return STATUS_INVALID_PARAMETER;
    if (file->Deleted)
        return STATUS_FILE_DELETED;
    if (!*file->Path)
        return STATUS_INVALID_PARAMETER;
    if (target && !fs_file_of(target))
        return STATUS_NOT_SAME_DEVICE;
    NTSTATUS status = find_target(file, target, rename, &walk);
    if (!NT_SUCCESS(status) && status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    struct fs_file *replaced = NULL;
    if (walk.found) {
        status = may_replace(&walk, file, flags);
        if (!NT_SUCCESS(status))
            return status;
        if (walk.about.id != file->Id || walk.about.device != file->Device)
            replaced = fs_find(&walk.about);
    }
    if (file->Directory && is_in_use(file->Path))
        return STATUS_ACCESS_DENIED;
    if (file->Directory && is_below(walk.path, file->Path))
        return STATUS_INVALID_PARAMETER;
    status = fs_full_name(walk.path, &name);
    if (!NT_SUCCESS(status))
        return status;
    enum host_result result = host_path_rename(FS->Root, file->Path, walk.path);
    if (result != HOST_OK) {
        MmFreeSystemPool(name.Buffer);
        return fs_status(result);
    }
    if (replaced) {
        replaced->Deleted = TRUE;
        replaced->DeletePending = FALSE; /* its name is another file's now */
        fs_release(replaced);
    }
    char *from = strdup(file->Path);
    if (from)
        move_paths(from, walk.path);
    free(from);
    MmFreeSystemPool(object->FileName.Buffer);
    object->FileName = name;
    return STATUS_SUCCESS;
}

/* --- the request --- */

NTSTATUS fs_set(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    PFILE_OBJECT object = stack->FileObject;
    struct fs_file *file = fs_file_of(object);
    PVOID buffer = irp->AssociatedIrp.SystemBuffer;
    FILE_INFORMATION_CLASS class = stack->Parameters.SetFile.FileInformationClass;
    (void)information;
    NTSTATUS status = fs_check_length(iop_file_class(class, true), stack->Parameters.SetFile.Length);
    if (!NT_SUCCESS(status))
        return status;
    if (class == FilePositionInformation) { /* of a file for overlapped requests: it is only noted down */
        object->CurrentByteOffset = ((PFILE_POSITION_INFORMATION)buffer)->CurrentByteOffset;
        return STATUS_SUCCESS;
    }
    if (!file)
        return class == FileDispositionInformation || class == FileDispositionInformationEx
                   ? STATUS_CANNOT_DELETE
                   : STATUS_MEDIA_WRITE_PROTECTED;
    fs_lock();
    switch (class) {
    case FileBasicInformation:
        status = set_basic(file, buffer);
        break;
    case FileDispositionInformation:
        status = set_disposition(object, file,
                                 ((PFILE_DISPOSITION_INFORMATION)buffer)->DeleteFile
                                     ? FILE_DISPOSITION_DELETE
                                     : FILE_DISPOSITION_DO_NOT_DELETE);
        break;
    case FileDispositionInformationEx:
        status = set_disposition(object, file, ((PFILE_DISPOSITION_INFORMATION_EX)buffer)->Flags);
        break;
    case FileEndOfFileInformation:
        status = resize(file, ((PFILE_END_OF_FILE_INFORMATION)buffer)->EndOfFile.QuadPart);
        break;
    case FileAllocationInformation:
        status = set_allocation(file, ((PFILE_ALLOCATION_INFORMATION)buffer)->AllocationSize.QuadPart);
        break;
    case FileValidDataLengthInformation:
        status = set_valid_length(file, irp,
                                  ((PFILE_VALID_DATA_LENGTH_INFORMATION)buffer)->ValidDataLength.QuadPart);
        break;
    case FileRenameInformation:
    case FileRenameInformationEx:
        status = set_name(object, file, stack, buffer);
        break;
    default:
        status = STATUS_INVALID_PARAMETER;
        break;
    }
    fs_unlock();
    return status;
}
