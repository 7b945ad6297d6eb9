/*
 * The internal file system: files under sections.
 */
#include "fs.h"

#include "../mm/mm.h"

static BOOLEAN writes(ULONG protect)
{
    return protect == PAGE_READWRITE || protect == PAGE_EXECUTE_READWRITE;
}

static ACCESS_MASK access_for(ULONG protect)
{
    ACCESS_MASK access = protect == PAGE_EXECUTE ? FILE_EXECUTE : FILE_READ_DATA;
    if (protect >= PAGE_EXECUTE)
        access |= FILE_EXECUTE;
    return access | (writes(protect) ? FILE_WRITE_DATA : 0);
}

static NTSTATUS open(struct fs_file *file, ULONG protect, ULONGLONG *size, struct host_section **section)
{
    struct host_about about;
    NTSTATUS status = file->Deleted ? STATUS_FILE_DELETED
                                    : fs_open_data(file, writes(protect) ? HOST_OPEN_WRITE : HOST_OPEN_READ);
    if (!NT_SUCCESS(status))
        return status;
    struct host_file *data = file->Writer ? file->Writer : file->Reader;
    if (!host_file_about(data, &about))
        return STATUS_UNEXPECTED_IO_ERROR;
    if (!*size)
        *size = about.size;
    if (!*size)
        return STATUS_MAPPED_FILE_SIZE_ZERO;
    if (*size > about.size) {
        enum host_result result = writes(protect) ? host_file_resize(data, *size) : HOST_FAILED;
        if (result != HOST_OK)
            return writes(protect) ? fs_status(result) : STATUS_SECTION_TOO_BIG;
    }
    *section = host_file_section(data);
    if (!*section)
        return STATUS_INSUFFICIENT_RESOURCES;
    file->Mapped++;
    return STATUS_SUCCESS;
}

static NTSTATUS open_file(HANDLE handle, ULONG protect, KPROCESSOR_MODE mode, ULONGLONG *size,
                          struct host_section **section, PVOID *context)
{
    PFILE_OBJECT object;
    NTSTATUS status = ObReferenceObjectByHandle(handle, access_for(protect & 0xFF), *IoFileObjectType, mode,
                                                (PVOID *)&object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    struct fs_file *file = NULL;
    if (IOP->file_system && object->DeviceObject->DriverObject == IOP->file_system)
        file = fs_file_of(object);
    if (!file || file->Directory) {
        ObpDereferenceObject(object);
        return STATUS_INVALID_FILE_FOR_SECTION;
    }
    fs_lock();
    status = open(file, protect & 0xFF, size, section);
    fs_unlock();
    if (NT_SUCCESS(status))
        *context = object;
    else
        ObpDereferenceObject(object);
    return status;
}

static void close_file(PVOID context)
{
    PFILE_OBJECT object = context;
    fs_lock();
    fs_file_of(object)->Mapped--;
    fs_unlock();
    ObpDereferenceObject(object);
}

const struct mm_files fs_mapped_files = {open_file, close_file};
