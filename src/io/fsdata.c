/*
 * The internal file system: reading and writing, and the end of an open file.
 */
#include "fs.h"

/* Where the requester's bytes are: in an MDL, if there is one, or (the volume asks for neither) where it
 * says. */
static PVOID buffer_of(PIRP irp)
{
    return irp->MdlAddress ? MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority)
                           : irp->UserBuffer;
}

static BOOLEAN is_unaligned(PFILE_OBJECT object, ULONG length, LONGLONG offset)
{
    return object->Flags & FO_NO_INTERMEDIATE_BUFFERING && (length | (ULONGLONG)offset) & 511;
}

/* An open for kernel code may not have asked for what a request built by hand wants. */
static NTSTATUS data_of(struct fs_file *file, enum host_open how, struct host_file **data)
{
    *data = __atomic_load_n(&file->Writer, __ATOMIC_ACQUIRE);
    if (!*data && how == HOST_OPEN_READ)
        *data = __atomic_load_n(&file->Reader, __ATOMIC_ACQUIRE);
    if (*data)
        return STATUS_SUCCESS;
    fs_lock();
    NTSTATUS status = file->Deleted ? STATUS_FILE_DELETED : fs_open_data(file, how);
    *data = how == HOST_OPEN_READ && !file->Writer ? file->Reader : file->Writer;
    fs_unlock();
    return status;
}

static void move_position(PFILE_OBJECT object, LONGLONG offset, size_t done)
{
    if (object->Flags & FO_SYNCHRONOUS_IO)
        object->CurrentByteOffset.QuadPart = offset + (LONGLONG)done;
}

NTSTATUS fs_read(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    PFILE_OBJECT object = stack->FileObject;
    struct fs_file *file = fs_file_of(object);
    struct host_file *data;
    ULONG length = stack->Parameters.Read.Length;
    LONGLONG offset = stack->Parameters.Read.ByteOffset.QuadPart;
    size_t done;
    /* An image is empty: what it would hold is the driver's code, which nobody here reads. */
    if (!file)
        return STATUS_END_OF_FILE;
    if (file->Directory)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (length == 0)
        return STATUS_SUCCESS;
    if (offset < 0 || is_unaligned(object, length, offset))
        return STATUS_INVALID_PARAMETER;
    PVOID buffer = buffer_of(irp);
    if (!buffer)
        return STATUS_INVALID_USER_BUFFER;
    NTSTATUS status = fs_check_locks(file, irp, offset, length, stack->Parameters.Read.Key, FALSE);
    if (NT_SUCCESS(status))
        status = data_of(file, HOST_OPEN_READ, &data);
    if (!NT_SUCCESS(status))
        return status;
    enum host_result result = host_file_read(data, buffer, length, (ULONGLONG)offset, &done);
    if (result != HOST_OK)
        return fs_status(result);
    if (done == 0)
        return STATUS_END_OF_FILE;
    move_position(object, offset, done);
    *information = done;
    return STATUS_SUCCESS;
}

NTSTATUS fs_write(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    PFILE_OBJECT object = stack->FileObject;
    struct fs_file *file = fs_file_of(object);
    struct host_file *data;
    ULONG length = stack->Parameters.Write.Length;
    LARGE_INTEGER at = stack->Parameters.Write.ByteOffset;
    BOOLEAN appends = at.HighPart == -1 && at.LowPart == FILE_WRITE_TO_END_OF_FILE;
    size_t done;
    if (!file)
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (file->Directory)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (length == 0)
        return STATUS_SUCCESS;
    if (!appends && (at.QuadPart < 0 || at.QuadPart > INT64_MAX - length))
        return STATUS_INVALID_PARAMETER;
    if (is_unaligned(object, length, appends ? 0 : at.QuadPart))
        return STATUS_INVALID_PARAMETER;
    PVOID buffer = buffer_of(irp);
    if (!buffer)
        return STATUS_INVALID_USER_BUFFER;
    ULONG key = stack->Parameters.Write.Key;
    NTSTATUS status = appends ? STATUS_SUCCESS : fs_check_locks(file, irp, at.QuadPart, length, key, TRUE);
    if (NT_SUCCESS(status))
        status = data_of(file, HOST_OPEN_WRITE, &data);
    if (!NT_SUCCESS(status))
        return status;
    enum host_result result = HOST_OK;
    if (appends) { /* finding the end and writing there are one */
        struct host_about about;
        fs_lock();
        result = host_file_about(data, &about) ? HOST_OK : HOST_FAILED;
        at.QuadPart = (LONGLONG)about.size;
        if (result == HOST_OK)
            status = fs_check_locks(file, irp, at.QuadPart, length, key, TRUE);
        if (result == HOST_OK && NT_SUCCESS(status))
            result = host_file_write(data, buffer, length, about.size, &done);
        fs_unlock();
        if (!NT_SUCCESS(status))
            return status;
    } else {
        result = host_file_write(data, buffer, length, (ULONGLONG)at.QuadPart, &done);
    }
    if (result != HOST_OK)
        return fs_status(result);
    move_position(object, at.QuadPart, done);
    if (object->Flags & FO_WRITE_THROUGH || stack->Flags & SL_WRITE_THROUGH)
        (void)host_file_flush(data);
    *information = done;
    return STATUS_SUCCESS;
}

NTSTATUS fs_flush(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    (void)irp, (void)information;
    struct fs_file *file = fs_file_of(stack->FileObject);
    struct host_file *data = file ? __atomic_load_n(&file->Writer, __ATOMIC_ACQUIRE) : NULL;
    return data ? fs_status(host_file_flush(data)) : STATUS_SUCCESS;
}

/* --- the end --- */

static bool stop_at_first(void *context, const struct host_entry *entry)
{
    (void)entry;
    *(BOOLEAN *)context = FALSE;
    return false;
}

BOOLEAN fs_is_empty(const char *path)
{
    BOOLEAN empty = TRUE;
    return host_directory_list(FS->Root, path, stop_at_first, &empty) == HOST_OK && empty;
}

/* The last handle is gone: now a file that was to be deleted is. What others still hold is a file without a
 * name. */
static void delete_now(struct fs_file *file)
{
    enum host_result result =
        host_path_remove(FS->Root, file->Path, file->Directory ? HOST_DIRECTORY : HOST_FILE);
    file->DeletePending = FALSE;
    file->Deleted = result == HOST_OK || result == HOST_MISSING;
}

NTSTATUS fs_cleanup(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    (void)irp, (void)information;
    PFILE_OBJECT object = stack->FileObject;
    struct fs_file *file = fs_file_of(object);
    struct fs_open *open = object->FsContext2;
    if (!file)
        return STATUS_SUCCESS;
    fs_drop_locks(file, object);
    fs_lock();
    IoRemoveShareAccess(object, &file->Sharing);
    if (open->DeleteOnClose && !file->Deleted) /* else another file may have its name */
        file->DeletePending = TRUE;
    file->Handles--;
    if (file->DeletePending && (!file->Handles || open->Posix))
        delete_now(file);
    if (!file->Handles)
        file->Allocated = 0;
    fs_unlock();
    return STATUS_SUCCESS;
}

NTSTATUS fs_close(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    (void)irp, (void)information;
    struct fs_file *file = fs_file_of(stack->FileObject);
    struct fs_open *open = stack->FileObject->FsContext2;
    if (!file)
        return STATUS_SUCCESS;
    stack->FileObject->FsContext = stack->FileObject->FsContext2 = NULL;
    fs_lock();
    file->Opens--;
    fs_release(file);
    fs_unlock();
    fs_forget_scan(open);
    free(open);
    return STATUS_SUCCESS;
}
