/*
 * The internal file system: a volume on which every registered driver image is a file <name>.sys, in whatever
 * directory somebody looks for it. It is there for clients that look for their driver before they install it.
 * Nothing else exists on it, and it cannot be written.
 */
#include "iop.h"

#define VOLUME L"\\Device\\HarddiskVolume1"

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IopCompleteRequest(irp, IO_NO_INCREMENT, NULL);
    return status;
}

static BOOLEAN is_root(PCUNICODE_STRING path)
{
    return path->Length == 0 || (path->Length == sizeof(WCHAR) && path->Buffer[0] == L'\\');
}

/* Whether the last component is <name>.sys of an image that is registered. */
static BOOLEAN is_image(PCUNICODE_STRING path)
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

static NTSTATUS NTAPI on_create(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PCUNICODE_STRING path = &stack->FileObject->FileName;
    ULONG disposition = stack->Parameters.Create.Options >> 24,
          options = stack->Parameters.Create.Options & 0xFFFFFF;
    BOOLEAN directory = is_root(path);
    if (!directory && path->Buffer[path->Length / sizeof(WCHAR) - 1] == L'\\')
        return complete(irp, STATUS_OBJECT_NAME_INVALID, 0);
    if (!directory && !is_image(path)) {
        BOOLEAN creates = disposition != FILE_OPEN && disposition != FILE_OVERWRITE;
        return complete(irp, creates ? STATUS_MEDIA_WRITE_PROTECTED : STATUS_OBJECT_NAME_NOT_FOUND,
                        FILE_DOES_NOT_EXIST);
    }
    if (disposition == FILE_CREATE)
        return complete(irp, STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS);
    if (disposition != FILE_OPEN && disposition != FILE_OPEN_IF)
        return complete(irp, STATUS_MEDIA_WRITE_PROTECTED, 0);
    if (options & FILE_DIRECTORY_FILE && !directory)
        return complete(irp, STATUS_NOT_A_DIRECTORY, 0);
    if (options & FILE_NON_DIRECTORY_FILE && directory && path->Length)
        return complete(irp, STATUS_FILE_IS_A_DIRECTORY, 0);
    if (options & FILE_DELETE_ON_CLOSE)
        return complete(irp, STATUS_CANNOT_DELETE, 0);
    return complete(irp, STATUS_SUCCESS, FILE_OPENED);
}

static NTSTATUS NTAPI on_close(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return complete(irp, STATUS_SUCCESS, 0);
}

/* The files are empty: what they would hold is the image's code, which nobody here reads. */
static NTSTATUS NTAPI on_read(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return complete(irp, STATUS_END_OF_FILE, 0);
}

static NTSTATUS NTAPI on_write(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    return complete(irp, STATUS_MEDIA_WRITE_PROTECTED, 0);
}

static void fill_basic(PFILE_BASIC_INFORMATION basic, ULONG attributes)
{
    LARGE_INTEGER now = {.QuadPart = (LONGLONG)KiSystemTime()};
    *basic = (FILE_BASIC_INFORMATION){now, now, now, now, attributes};
}

static ULONG fill_name(PFILE_NAME_INFORMATION name, ULONG room, PCUNICODE_STRING path, NTSTATUS *status)
{
    ULONG head = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName), length = path->Length;
    name->FileNameLength = length;
    if (length > room - head) {
        length = room - head;
        *status = STATUS_BUFFER_OVERFLOW;
    }
    if (length)
        memcpy(name->FileName, path->Buffer, length);
    return head + length;
}

static NTSTATUS NTAPI on_query(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = stack->FileObject;
    PVOID buffer = irp->AssociatedIrp.SystemBuffer;
    ULONG room = stack->Parameters.QueryFile.Length;
    BOOLEAN directory = is_root(&file->FileName);
    ULONG attributes = directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_NORMAL;
    FILE_STANDARD_INFORMATION standard = {.NumberOfLinks = 1, .Directory = directory};
    FILE_BASIC_INFORMATION basic;
    NTSTATUS status = STATUS_SUCCESS;
    ULONG_PTR length = 0;
    fill_basic(&basic, attributes);
    switch (stack->Parameters.QueryFile.FileInformationClass) {
    case FileBasicInformation:
        *(PFILE_BASIC_INFORMATION)buffer = basic;
        length = sizeof basic;
        break;
    case FileStandardInformation:
        *(PFILE_STANDARD_INFORMATION)buffer = standard;
        length = sizeof standard;
        break;
    case FileNetworkOpenInformation:
        *(PFILE_NETWORK_OPEN_INFORMATION)buffer = (FILE_NETWORK_OPEN_INFORMATION){
            basic.CreationTime, basic.LastAccessTime, basic.LastWriteTime, basic.ChangeTime, {{0}}, {{0}},
            attributes};
        length = sizeof(FILE_NETWORK_OPEN_INFORMATION);
        break;
    case FileAttributeTagInformation:
        *(PFILE_ATTRIBUTE_TAG_INFORMATION)buffer = (FILE_ATTRIBUTE_TAG_INFORMATION){attributes, 0};
        length = sizeof(FILE_ATTRIBUTE_TAG_INFORMATION);
        break;
    case FileNameInformation:
        length = fill_name(buffer, room, &file->FileName, &status);
        break;
    case FileAllInformation: {
        PFILE_ALL_INFORMATION all = buffer;
        all->BasicInformation = basic;
        all->StandardInformation = standard;
        all->PositionInformation.CurrentByteOffset = file->CurrentByteOffset;
        length = FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation);
        length += fill_name(&all->NameInformation, room - (ULONG)length, &file->FileName, &status);
        break;
    }
    default:
        status = STATUS_INVALID_PARAMETER;
        break;
    }
    return complete(irp, status, length);
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    (void)registry_path;
    UNICODE_STRING name;
    PDEVICE_OBJECT device;
    driver->MajorFunction[IRP_MJ_CREATE] = on_create;
    driver->MajorFunction[IRP_MJ_CLEANUP] = on_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = on_close;
    driver->MajorFunction[IRP_MJ_READ] = on_read;
    driver->MajorFunction[IRP_MJ_WRITE] = on_write;
    driver->MajorFunction[IRP_MJ_QUERY_INFORMATION] = on_query;
    RtlInitUnicodeString(&name, VOLUME);
    return IoCreateDevice(driver, 0, &name, FILE_DEVICE_DISK, 0, FALSE, &device);
}

static const WCHAR *const links[][2] = {
    {L"\\GLOBAL??\\C:", VOLUME},
    {L"\\SystemRoot", VOLUME L"\\Windows"},
};

void IopStartFileSystem(void)
{
    UNICODE_STRING name, target;
    RtlInitUnicodeString(&name, L"\\FileSystem\\ntio");
    if (!NT_SUCCESS(IopCreateBuiltinDriver(&name, entry, &IOP->file_system)))
        return;
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
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        RtlInitUnicodeString(&name, links[i][0]);
        (void)IoDeleteSymbolicLink(&name);
    }
    IoDeleteDevice(IOP->file_system->DeviceObject);
    IopDiscardDriver(IOP->file_system);
    IOP->file_system = NULL;
}
