/*
 * The internal file system: the volume C:, with the host's files below the root that was named when the
 * machine was started, and with every registered driver image as a file <name>.sys in whatever directory
 * somebody looks for it. Without a root the images are all there is, and nothing can be written.
 */
#include "fs.h"

#define VOLUME L"\\Device\\HarddiskVolume1"

NTSTATUS fs_status(enum host_result result)
{
    static const NTSTATUS statuses[] = {
        [HOST_OK] = STATUS_SUCCESS,
        [HOST_MISSING] = STATUS_OBJECT_NAME_NOT_FOUND,
        [HOST_NO_PATH] = STATUS_OBJECT_PATH_NOT_FOUND,
        [HOST_EXISTS] = STATUS_OBJECT_NAME_COLLISION,
        [HOST_DENIED] = STATUS_ACCESS_DENIED,
        [HOST_NOT_EMPTY] = STATUS_DIRECTORY_NOT_EMPTY,
        [HOST_FULL] = STATUS_DISK_FULL,
        [HOST_READ_ONLY] = STATUS_MEDIA_WRITE_PROTECTED,
        [HOST_BAD_NAME] = STATUS_OBJECT_NAME_INVALID,
        [HOST_BAD_ADDRESS] = STATUS_INVALID_USER_BUFFER,
        [HOST_NO_MEMORY] = STATUS_INSUFFICIENT_RESOURCES,
        [HOST_FAILED] = STATUS_UNEXPECTED_IO_ERROR,
    };
    return statuses[result];
}

/* Whether the last component is <name>.sys of an image that is registered. */
BOOLEAN fs_is_image(PCUNICODE_STRING path)
{
    char name[64];
    size_t end = path->Length / sizeof(WCHAR), start = end, length;
    while (start > 0 && path->Buffer[start - 1] != L'\\')
        start--;
    length = end - start;
    if (length < 5 || length - 4 >= sizeof name)
        return FALSE;
    for (size_t i = 0; i < 4; i++)
        if ((path->Buffer[end - 4 + i] | (i ? 0x20 : 0)) != (WCHAR) ".sys"[i])
            return FALSE;
    for (size_t i = 0; i < length - 4; i++) {
        if (path->Buffer[start + i] > 0x7E)
            return FALSE;
        name[i] = (char)path->Buffer[start + i];
    }
    name[length - 4] = 0;
    return machine_image_path(name) != NULL;
}

/* --- files that are open --- */

struct fs_file *fs_find(const struct host_about *about)
{
    struct fs_file *file = FS->Files;
    while (file && (file->Deleted || file->Id != about->id || file->Device != about->device))
        file = file->Next;
    return file;
}

struct fs_file *fs_get(const struct host_about *about, const char *path)
{
    struct fs_file *file = fs_find(about);
    if (file) {
        /* Another program may have moved it since it was closed. */
        char *moved = file->Opens || strcmp(file->Path, path) == 0 ? NULL : strdup(path);
        if (moved) {
            free(file->Path);
            file->Path = moved;
        }
        return file;
    }
    file = MmAllocateSystemPool(sizeof *file, IOP_TAG_MISC);
    char *copy = strdup(path);
    if (!file || !copy) {
        if (file)
            MmFreeSystemPool(file);
        free(copy);
        return NULL;
    }
    *file = (struct fs_file){.Next = FS->Files,
                             .Device = about->device,
                             .Id = about->id,
                             .Directory = about->kind == HOST_DIRECTORY,
                             .Path = copy};
    FS->Files = file;
    return file;
}

static void close_data(struct fs_file *file)
{
    if (file->Reader)
        host_file_close(file->Reader);
    if (file->Writer)
        host_file_close(file->Writer);
    file->Reader = file->Writer = NULL;
}

void fs_release(struct fs_file *file)
{
    if (file->Opens)
        return;
    close_data(file);
    if ((file->Remembered || file->Created || file->Security) && !file->Deleted)
        return;
    fs_free_security(file);
    struct fs_file **link = &FS->Files;
    while (*link != file)
        link = &(*link)->Next;
    *link = file->Next;
    free(file->Path);
    MmFreeSystemPool(file);
}

/* In whole clusters: what the contents take, or what was set aside for them. */
LONGLONG fs_allocated(const struct fs_file *file, ULONGLONG size)
{
    if (file && (ULONGLONG)file->Allocated > size)
        size = (ULONGLONG)file->Allocated;
    return (LONGLONG)((size + FS_CLUSTER - 1) & ~(ULONGLONG)(FS_CLUSTER - 1));
}

ULONG fs_attributes(const struct fs_file *file, const struct host_about *about)
{
    BOOLEAN directory = about->kind == HOST_DIRECTORY;
    ULONG attributes = directory ? FILE_ATTRIBUTE_DIRECTORY : 0;
    if (file && file->Remembered)
        attributes |= file->Attributes;
    else if (!directory)
        attributes |= FILE_ATTRIBUTE_ARCHIVE;
    if (about->read_only && !directory)
        attributes |= FILE_ATTRIBUTE_READONLY;
    return attributes ? attributes : FILE_ATTRIBUTE_NORMAL;
}

/* --- the driver --- */

/* No file has extended attributes. (WDK: ZwQueryEaFile) */
NTSTATUS fs_no_attributes(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    (void)irp, (void)stack, (void)information;
    return STATUS_EAS_NOT_SUPPORTED;
}

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    static iop_routine *const routines[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
        [IRP_MJ_CREATE] = fs_create,
        [IRP_MJ_CLEANUP] = fs_cleanup,
        [IRP_MJ_CLOSE] = fs_close,
        [IRP_MJ_READ] = fs_read,
        [IRP_MJ_WRITE] = fs_write,
        [IRP_MJ_FLUSH_BUFFERS] = fs_flush,
        [IRP_MJ_QUERY_EA] = fs_no_attributes,
        [IRP_MJ_SET_EA] = fs_no_attributes,
        [IRP_MJ_QUERY_INFORMATION] = fs_query,
        [IRP_MJ_SET_INFORMATION] = fs_set,
        [IRP_MJ_QUERY_VOLUME_INFORMATION] = fs_query_volume,
        [IRP_MJ_DIRECTORY_CONTROL] = fs_directory,
        [IRP_MJ_LOCK_CONTROL] = fs_lock_control,
        [IRP_MJ_QUERY_SECURITY] = fs_query_security,
        [IRP_MJ_SET_SECURITY] = fs_set_security,
    };
    (void)device;
    return IopServeBuiltin(irp, routines);
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    static const UCHAR majors[] = {IRP_MJ_CREATE,
                                   IRP_MJ_CLEANUP,
                                   IRP_MJ_CLOSE,
                                   IRP_MJ_READ,
                                   IRP_MJ_WRITE,
                                   IRP_MJ_FLUSH_BUFFERS,
                                   IRP_MJ_QUERY_EA,
                                   IRP_MJ_SET_EA,
                                   IRP_MJ_QUERY_INFORMATION,
                                   IRP_MJ_SET_INFORMATION,
                                   IRP_MJ_QUERY_VOLUME_INFORMATION,
                                   IRP_MJ_DIRECTORY_CONTROL,
                                   IRP_MJ_LOCK_CONTROL,
                                   IRP_MJ_QUERY_SECURITY,
                                   IRP_MJ_SET_SECURITY};
    (void)registry_path;
    UNICODE_STRING name;
    PDEVICE_OBJECT device;
    for (size_t i = 0; i < sizeof majors; i++)
        driver->MajorFunction[majors[i]] = dispatch;
    RtlInitUnicodeString(&name, VOLUME);
    NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_DISK, 0, FALSE, &device);
    if (NT_SUCCESS(status))
        device->SectorSize = 512;
    return status;
}

/* --- start and stop --- */

static const WCHAR *const links[][2] = {
    {L"\\GLOBAL??\\C:", VOLUME},
    {L"\\SystemRoot", VOLUME L"\\Windows"},
};

/* The directories that every Windows has. */
static void make_directories(void)
{
    static const WCHAR *const names[] = {L"\\Windows", L"\\Windows\\System32",
                                         L"\\Windows\\System32\\drivers", L"\\Windows\\Temp"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct fs_walk walk;
        UNICODE_STRING name;
        RtlInitUnicodeString(&name, names[i]);
        if (fs_walk(&walk, &name) == STATUS_OBJECT_NAME_NOT_FOUND)
            (void)host_directory_make(FS->Root, walk.path);
    }
}

static BOOLEAN start_volume(void)
{
    FS = MmAllocateSystemPool(sizeof *FS, IOP_TAG_MISC);
    if (!FS)
        return FALSE;
    memset(FS, 0, sizeof *FS);
    KeInitializeMutex(&FS->Lock, 0);
    fs_start_locks(FS);
    if (ntio_machine.files)
        FS->Root = host_root_open(ntio_machine.files);
    if (FS->Root)
        make_directories();
    return TRUE;
}

void IopStartFileSystem(void)
{
    UNICODE_STRING name, target;
    RtlInitUnicodeString(&name, L"\\FileSystem\\ntio");
    if (!start_volume() || !NT_SUCCESS(IopCreateBuiltinDriver(&name, entry, &IOP->file_system)))
        return;
    MmSetFiles(&fs_mapped_files);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        RtlInitUnicodeString(&name, links[i][0]);
        RtlInitUnicodeString(&target, links[i][1]);
        (void)IoCreateSymbolicLink(&name, &target);
    }
}

void IopStopFileSystem(void)
{
    UNICODE_STRING name;
    if (!IOP->file_system)
        return;
    MmUnmapViews(NULL);
    MmSetFiles(NULL);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        RtlInitUnicodeString(&name, links[i][0]);
        (void)IoDeleteSymbolicLink(&name);
    }
    IoDeleteDevice(IOP->file_system->DeviceObject);
    IopDiscardDriver(IOP->file_system);
    IOP->file_system = NULL;
}

void IopFreeFileSystem(void)
{
    /* After a bug check pool goes with its ranges. */
    BOOLEAN crashed = (gate_watched() & WATCH_CRASHED) != 0;
    if (!FS)
        return;
    for (struct fs_file *next, *file = FS->Files; file; file = next) {
        next = file->Next;
        close_data(file);
        free(file->Path);
        fs_free_locks(file);
        if (!crashed) {
            fs_free_security(file);
            MmFreeSystemPool(file);
        }
    }
    if (FS->Root)
        host_root_close(FS->Root);
    for (size_t i = 0; !crashed && i < sizeof FS->Security / sizeof FS->Security[0]; i++)
        if (FS->Security[i])
            MmFreeSystemPool(FS->Security[i]);
    if (!crashed)
        MmFreeSystemPool(FS);
    FS = NULL;
}
