/* Reading, writing, sizes, information and renaming of the host's files; requests that drivers build. */
#include "file_test.h"

static void positions(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    char buffer[16];
    FILE_POSITION_INFORMATION position;
    HANDLE handle = disk_open(L"\\??\\C:\\data", GENERIC_READ | GENERIC_WRITE, FILE_CREATE);
    assert_int_equal(disk_read(handle, buffer, 4, 0, &iosb), STATUS_END_OF_FILE);
    assert_int_equal(disk_write(handle, "hello ", HERE, &iosb), STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 6);
    assert_int_equal(disk_write(handle, "world", HERE, &iosb), STATUS_SUCCESS);
    assert_int_equal(disk_query(handle, &iosb, &position, FilePositionInformation), STATUS_SUCCESS);
    assert_int_equal(position.CurrentByteOffset.QuadPart, 11);
    assert_int_equal(disk_read(handle, buffer, 4, HERE, &iosb), STATUS_END_OF_FILE);
    assert_int_equal(disk_read(handle, buffer, 16, 6, &iosb), STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 5);
    assert_memory_equal(buffer, "world", 5);
    assert_int_equal(disk_read(handle, buffer, 16, 11, &iosb), STATUS_END_OF_FILE);
    assert_int_equal(disk_read(handle, buffer, 0, 11, &iosb), STATUS_SUCCESS);
    assert_int_equal(disk_write(handle, "!", -1, &iosb), STATUS_SUCCESS); /* FILE_WRITE_TO_END_OF_FILE */
    assert_int_equal(disk_write(handle, "H", 0, &iosb), STATUS_SUCCESS);
    assert_int_equal(disk_write(handle, "?", 14, &iosb), STATUS_SUCCESS);
    assert_int_equal(disk_read(handle, buffer, 16, 0, &iosb), STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 15);
    assert_memory_equal(buffer, "Hello world!\0\0?", 15);
    assert_int_equal(NtFlushBuffersFile(handle, &iosb), STATUS_SUCCESS);
    assert_int_equal(disk_read(handle, (PVOID)16, 4, 0, &iosb), STATUS_ACCESS_VIOLATION);
    NtClose(handle);
}

static void appending(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    host_make("log", "one,");
    HANDLE handle = disk_open(L"\\??\\C:\\log", FILE_APPEND_DATA, FILE_OPEN_IF);
    assert_int_equal(disk_write(handle, "two,", 0, &iosb), STATUS_SUCCESS);
    assert_int_equal(disk_write(handle, "three", HERE, &iosb), STATUS_SUCCESS);
    NtClose(handle);
    assert_host_text("log", "one,two,three");
}

static void sizes(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    FILE_STANDARD_INFORMATION standard;
    FILE_END_OF_FILE_INFORMATION end = {.EndOfFile.QuadPart = 4};
    FILE_ALLOCATION_INFORMATION allocation = {.AllocationSize.QuadPart = 100};
    host_make("size", "0123456789");
    HANDLE handle = disk_open(L"\\??\\C:\\size", GENERIC_READ | GENERIC_WRITE, FILE_OPEN);
    assert_int_equal(disk_query(handle, &iosb, &standard, FileStandardInformation), STATUS_SUCCESS);
    assert_int_equal(standard.EndOfFile.QuadPart, 10);
    assert_int_equal(standard.AllocationSize.QuadPart, 4096);
    assert_int_equal(standard.NumberOfLinks, 1);
    assert_false(standard.Directory);
    assert_int_equal(disk_set(handle, &iosb, &end, FileEndOfFileInformation), STATUS_SUCCESS);
    assert_host_text("size", "0123");
    assert_int_equal(disk_set(handle, &iosb, &allocation, FileAllocationInformation), STATUS_SUCCESS);
    assert_host_text("size", "0123");
    allocation.AllocationSize.QuadPart = 2;
    assert_int_equal(disk_set(handle, &iosb, &allocation, FileAllocationInformation), STATUS_SUCCESS);
    assert_host_text("size", "01");
    end.EndOfFile.QuadPart = 5000;
    assert_int_equal(disk_set(handle, &iosb, &end, FileEndOfFileInformation), STATUS_SUCCESS);
    assert_int_equal(disk_query(handle, &iosb, &standard, FileStandardInformation), STATUS_SUCCESS);
    assert_int_equal(standard.EndOfFile.QuadPart, 5000);
    assert_int_equal(standard.AllocationSize.QuadPart, 8192);
    end.EndOfFile.QuadPart = -1;
    assert_int_equal(disk_set(handle, &iosb, &end, FileEndOfFileInformation), STATUS_INVALID_PARAMETER);
    NtClose(handle);
    handle = disk_open(L"\\??\\C:\\size", GENERIC_READ, FILE_OPEN);
    end.EndOfFile.QuadPart = 0;
    assert_int_equal(disk_set(handle, &iosb, &end, FileEndOfFileInformation), STATUS_ACCESS_DENIED);
    NtClose(handle);
}

static void basics(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    FILE_BASIC_INFORMATION basic, set = {.CreationTime.QuadPart = 0x01C0000000000000,
                                         .LastWriteTime.QuadPart = 0x01D0000000000000,
                                         .FileAttributes = FILE_ATTRIBUTE_HIDDEN};
    FILE_NETWORK_OPEN_INFORMATION network;
    FILE_ATTRIBUTE_TAG_INFORMATION tag;
    host_make("basic", "12345");
    HANDLE handle = disk_open(L"\\??\\C:\\basic", GENERIC_READ | FILE_WRITE_ATTRIBUTES, FILE_OPEN);
    assert_int_equal(disk_query(handle, &iosb, &basic, FileBasicInformation), STATUS_SUCCESS);
    assert_int_equal(basic.FileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    LARGE_INTEGER now;
    KeQuerySystemTime(&now);
    assert_true(basic.LastWriteTime.QuadPart <= now.QuadPart + 10000000 &&
                basic.LastWriteTime.QuadPart > now.QuadPart - 600000000);
    assert_int_equal(disk_set(handle, &iosb, &set, FileBasicInformation), STATUS_SUCCESS);
    NtClose(handle);
    /* What the host has no place for is known as long as the machine runs. */
    handle = disk_open(L"\\??\\C:\\basic", GENERIC_READ | FILE_WRITE_ATTRIBUTES, FILE_OPEN);
    assert_int_equal(disk_query(handle, &iosb, &network, FileNetworkOpenInformation), STATUS_SUCCESS);
    assert_int_equal(network.FileAttributes, FILE_ATTRIBUTE_HIDDEN);
    assert_int_equal(network.CreationTime.QuadPart, set.CreationTime.QuadPart);
    assert_int_equal(network.LastWriteTime.QuadPart, set.LastWriteTime.QuadPart);
    assert_int_equal(network.EndOfFile.QuadPart, 5);
    assert_int_equal(disk_query(handle, &iosb, &tag, FileAttributeTagInformation), STATUS_SUCCESS);
    assert_int_equal(tag.FileAttributes, FILE_ATTRIBUTE_HIDDEN);
    assert_int_equal(tag.ReparseTag, 0);
    set.FileAttributes = FILE_ATTRIBUTE_DIRECTORY;
    assert_int_equal(disk_set(handle, &iosb, &set, FileBasicInformation), STATUS_INVALID_PARAMETER);
    NtClose(handle);
    /* Overwriting asks for them. */
    assert_int_equal(disk_try(L"\\??\\C:\\basic", GENERIC_WRITE, FILE_OVERWRITE_IF, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(disk_create_below(NULL, L"\\??\\C:\\basic", GENERIC_WRITE, FILE_ATTRIBUTE_HIDDEN,
                                       SHARE_ALL, FILE_OVERWRITE_IF, 0, &handle),
                     STATUS_SUCCESS);
    NtClose(handle);
}

static void all_at_once(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    union {
        FILE_ALL_INFORMATION all;
        UCHAR bytes[256];
    } answer;
    FILE_INTERNAL_INFORMATION internal;
    ULONG head = FIELD_OFFSET(FILE_ALL_INFORMATION, NameInformation.FileName);
    host_make("Everything", "12345");
    HANDLE handle = disk_open(L"\\??\\C:\\everything", GENERIC_READ, FILE_OPEN);
    assert_int_equal(disk_query(handle, &iosb, &internal, FileInternalInformation), STATUS_SUCCESS);
    assert_int_equal(NtQueryInformationFile(handle, &iosb, &answer, sizeof answer, FileAllInformation),
                     STATUS_SUCCESS);
    assert_int_equal(iosb.Information, head + 11 * sizeof(WCHAR));
    assert_int_equal(answer.all.StandardInformation.EndOfFile.QuadPart, 5);
    assert_int_equal(answer.all.InternalInformation.IndexNumber.QuadPart, internal.IndexNumber.QuadPart);
    assert_int_equal(answer.all.AccessInformation.AccessFlags, FILE_GENERIC_READ);
    assert_int_equal(answer.all.ModeInformation.Mode, FILE_SYNCHRONOUS_IO_NONALERT);
    assert_int_equal(answer.all.NameInformation.FileNameLength, 11 * sizeof(WCHAR));
    assert_memory_equal(answer.all.NameInformation.FileName, L"\\Everything", 11 * sizeof(WCHAR));
    assert_int_equal(
        NtQueryInformationFile(handle, &iosb, &answer, sizeof(FILE_ALL_INFORMATION), FileAllInformation),
        STATUS_BUFFER_OVERFLOW);
    NtClose(handle);
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    FILE_NETWORK_OPEN_INFORMATION network;
    RtlInitUnicodeString(&name, L"\\??\\C:\\EVERYTHING");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(NtQueryFullAttributesFile(&attributes, &network), STATUS_SUCCESS);
    assert_int_equal(network.EndOfFile.QuadPart, 5);
}

static NTSTATUS rename_to(HANDLE handle, HANDLE root, PCWSTR name, BOOLEAN replace)
{
    union {
        FILE_RENAME_INFORMATION rename;
        UCHAR bytes[256];
    } buffer = {.rename = {{replace}, root, 0, {0}}};
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, name);
    buffer.rename.FileNameLength = text.Length;
    memcpy(buffer.rename.FileName, text.Buffer, text.Length);
    return NtSetInformationFile(handle, &iosb, &buffer, sizeof buffer, FileRenameInformation);
}

static void renaming(void **state)
{
    (void)state;
    HANDLE handle, other, directory;
    host_make("old", "text");
    host_make("taken", "taken");
    mkdir(host_path("dir"), 0777);
    handle = disk_open(L"\\??\\C:\\old", DELETE | GENERIC_READ, FILE_OPEN);
    assert_int_equal(rename_to(handle, NULL, L"new", FALSE), STATUS_SUCCESS);
    assert_host_text("new", "text");
    assert_int_equal(disk_try(L"\\??\\C:\\old", GENERIC_READ, FILE_OPEN, 0), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(disk_try(L"\\??\\C:\\new", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(rename_to(handle, NULL, L"NEW", FALSE), STATUS_SUCCESS); /* only its case */
    assert_host_text("NEW", "text");
    assert_int_equal(rename_to(handle, NULL, L"taken", FALSE), STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(rename_to(handle, NULL, L"dir", TRUE), STATUS_ACCESS_DENIED);
    assert_int_equal(rename_to(handle, NULL, L"a?b", FALSE), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(rename_to(handle, NULL, L"\\??\\C:\\none\\x", FALSE), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(rename_to(handle, NULL, L"\\??\\C:\\DIR\\moved", FALSE), STATUS_SUCCESS);
    assert_host_text("dir/moved", "text");
    directory = disk_open(L"\\??\\C:\\", GENERIC_READ, FILE_OPEN);
    other = disk_open(L"\\??\\C:\\taken", GENERIC_READ, FILE_OPEN);
    assert_int_equal(rename_to(handle, directory, L"taken", TRUE), STATUS_ACCESS_DENIED); /* it is open */
    NtClose(other);
    assert_int_equal(rename_to(handle, directory, L"taken", TRUE), STATUS_SUCCESS);
    assert_host_text("taken", "text");
    NtClose(directory);
    NtClose(handle);
    /* A directory moves unless something in it is open. */
    host_make("dir/file", "");
    directory = disk_open(L"\\??\\C:\\dir", DELETE, FILE_OPEN);
    handle = disk_open(L"\\??\\C:\\dir\\file", GENERIC_READ, FILE_OPEN);
    assert_int_equal(rename_to(directory, NULL, L"away", FALSE), STATUS_ACCESS_DENIED);
    NtClose(handle);
    assert_int_equal(rename_to(directory, NULL, L"\\??\\C:\\dir\\below", FALSE), STATUS_INVALID_PARAMETER);
    assert_int_equal(rename_to(directory, NULL, L"away", FALSE), STATUS_SUCCESS);
    NtClose(directory);
    assert_int_equal(access(host_path("away/file"), F_OK), 0);
}

static void overlapped(void **state)
{
    (void)state;
    HANDLE handle, event;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb = {{0}, 0};
    char buffer[8];
    LARGE_INTEGER at = {.QuadPart = 2};
    host_make("async", "abcdef");
    RtlInitUnicodeString(&name, L"\\??\\C:\\async");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(NtOpenFile(&handle, GENERIC_READ, &attributes, &iosb, 0, 0), STATUS_SUCCESS);
    assert_int_equal(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    assert_int_equal(NtReadFile(handle, event, NULL, NULL, &iosb, buffer, 8, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    NTSTATUS status = NtReadFile(handle, event, NULL, NULL, &iosb, buffer, 8, &at, NULL);
    assert_true(status == STATUS_SUCCESS || status == STATUS_PENDING);
    assert_int_equal(NtWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 4);
    assert_memory_equal(buffer, "cdef", 4);
    NtClose(event);
    NtClose(handle);
}

/* --- as a virtual disk's driver does it --- */

static NTSTATUS NTAPI on_completion(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    *irp->UserIosb = irp->IoStatus;
    if (irp->MdlAddress) {
        MmUnlockPages(irp->MdlAddress);
        IoFreeMdl(irp->MdlAddress);
    }
    IoFreeIrp(irp);
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static struct {
    NTSTATUS open, write, read;
    IO_STATUS_BLOCK written, got;
    UCHAR data[8];
} built;

static void build(void *context)
{
    (void)context;
    HANDLE handle;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    PFILE_OBJECT file;
    KEVENT event;
    LARGE_INTEGER at = {.QuadPart = 512};
    PUCHAR buffer = ExAllocatePoolWithTag(NonPagedPool, 512, 'tseT');
    memset(buffer, 'w', 512);
    RtlInitUnicodeString(&name, L"\\??\\C:\\disk.img");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    built.open =
        ZwCreateFile(&handle, GENERIC_READ | GENERIC_WRITE, &attributes, &iosb, NULL, FILE_ATTRIBUTE_NORMAL,
                     0, FILE_OPEN_IF, FILE_NON_DIRECTORY_FILE | FILE_NO_INTERMEDIATE_BUFFERING, NULL, 0);
    if (!NT_SUCCESS(built.open))
        return;
    ObReferenceObjectByHandle(handle, FILE_READ_DATA, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL);
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoBuildAsynchronousFsdRequest(IRP_MJ_WRITE, device, buffer, 512, &at, &built.written);
    IoGetNextIrpStackLocation(irp)->FileObject = file;
    IoSetCompletionRoutine(irp, on_completion, &event, TRUE, TRUE, TRUE);
    built.write = IoCallDriver(device, irp);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);

    memset(buffer, 0, 512);
    KeClearEvent(&event);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, buffer, 512, &at, &event, &built.got);
    IoGetNextIrpStackLocation(irp)->FileObject = file;
    built.read = IoCallDriver(device, irp);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    memcpy(built.data, buffer, sizeof built.data);
    ObDereferenceObject(file);
    ZwClose(handle);
    ExFreePoolWithTag(buffer, 'tseT');
}

static void built_by_hand(void **state)
{
    (void)state;
    ntio_run_in_kernel(build, NULL);
    assert_int_equal(built.open, STATUS_SUCCESS);
    assert_int_equal(built.write, STATUS_SUCCESS);
    assert_int_equal(built.written.Information, 512);
    assert_int_equal(built.read, STATUS_SUCCESS);
    assert_int_equal(built.got.Information, 512);
    assert_memory_equal(built.data, "wwwwwwww", 8);
    struct stat about;
    assert_int_equal(stat(host_path("disk.img"), &about), 0);
    assert_int_equal(about.st_size, 1024);
}

static void volumes(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    FILE_FS_SIZE_INFORMATION size;
    union {
        FILE_FS_ATTRIBUTE_INFORMATION about;
        UCHAR bytes[64];
    } answer;
    HANDLE handle = disk_open(L"\\??\\C:\\", GENERIC_READ, FILE_OPEN);
    assert_int_equal(NtQueryVolumeInformationFile(handle, &iosb, &size, sizeof size, FileFsSizeInformation),
                     STATUS_SUCCESS);
    assert_int_equal(size.BytesPerSector, 512);
    assert_true(size.TotalAllocationUnits.QuadPart >= size.AvailableAllocationUnits.QuadPart);
    assert_int_equal(
        NtQueryVolumeInformationFile(handle, &iosb, &answer, sizeof answer, FileFsAttributeInformation),
        STATUS_SUCCESS);
    assert_int_equal(answer.about.MaximumComponentNameLength, 255);
    assert_memory_equal(answer.about.FileSystemName, L"NTFS", 8);
    NtClose(handle);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, disk_set_up, disk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(positions), TEST(appending),  TEST(sizes),         TEST(basics),  TEST(all_at_once),
        TEST(renaming),  TEST(overlapped), TEST(built_by_hand), TEST(volumes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
