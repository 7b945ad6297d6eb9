/*
 * Rules of the files' pages that are easily missed: what cannot be deleted, the ways of deleting, space set
 * aside, rights as many as there are, and the smaller questions.
 */
#include "file_test.h"

#define FILE_AT L"\\??\\C:\\file"

static NTSTATUS dispose(HANDLE handle, ULONG flags)
{
    IO_STATUS_BLOCK iosb;
    FILE_DISPOSITION_INFORMATION_EX info = {flags};
    return disk_set(handle, &iosb, &info, FileDispositionInformationEx);
}

static void what_is_mapped_stays(void **state)
{
    (void)state;
    HANDLE handle, section;
    IO_STATUS_BLOCK iosb;
    FILE_DISPOSITION_INFORMATION deletes = {TRUE};
    host_make("file", "mapped");
    handle = disk_open(FILE_AT, GENERIC_READ | DELETE, FILE_OPEN);
    assert_int_equal(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_COMMIT, handle),
                     STATUS_SUCCESS);
    assert_int_equal(disk_set(handle, &iosb, &deletes, FileDispositionInformation), STATUS_CANNOT_DELETE);
    assert_int_equal(dispose(handle, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS), STATUS_CANNOT_DELETE);
    NtClose(section);
    assert_int_equal(disk_set(handle, &iosb, &deletes, FileDispositionInformation), STATUS_SUCCESS);
    NtClose(handle);
    assert_int_equal(access(host_path("file"), F_OK), -1);
}

static void ways_of_deleting(void **state)
{
    (void)state;
    HANDLE handle, other;
    IO_STATUS_BLOCK iosb;
    char buffer[8];
    FILE_STANDARD_INFORMATION standard;
    /* Only the flags that there are, and only with the right. */
    host_make("file", "text");
    handle = disk_open(FILE_AT, GENERIC_READ, FILE_OPEN);
    assert_int_equal(dispose(handle, FILE_DISPOSITION_DELETE), STATUS_ACCESS_DENIED);
    NtClose(handle);
    handle = disk_open(FILE_AT, DELETE, FILE_OPEN);
    assert_int_equal(dispose(handle, FILE_DISPOSITION_DELETE | 0x100), STATUS_INVALID_PARAMETER);
    /* A plain one waits for the last handle, and can be taken back. */
    assert_int_equal(dispose(handle, FILE_DISPOSITION_DELETE), STATUS_SUCCESS);
    assert_int_equal(disk_try(FILE_AT, GENERIC_READ, FILE_OPEN, 0), STATUS_DELETE_PENDING);
    assert_int_equal(dispose(handle, FILE_DISPOSITION_DO_NOT_DELETE), STATUS_SUCCESS);
    /* With POSIX semantics the name goes with the handle; who has the file goes on with it. */
    other = disk_open(FILE_AT, GENERIC_READ, FILE_OPEN);
    assert_int_equal(dispose(handle, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS), STATUS_SUCCESS);
    NtClose(handle);
    assert_int_equal(access(host_path("file"), F_OK), -1);
    assert_int_equal(disk_read(other, buffer, 4, 0, &iosb), STATUS_SUCCESS);
    assert_memory_equal(buffer, "text", 4);
    assert_int_equal(disk_query(other, &iosb, &standard, FileStandardInformation), STATUS_SUCCESS);
    assert_int_equal(standard.NumberOfLinks, 0);
    assert_true(standard.DeletePending);
    handle = disk_open(FILE_AT, GENERIC_WRITE, FILE_CREATE); /* another one of that name */
    assert_int_equal(disk_write(handle, "new", 0, &iosb), STATUS_SUCCESS);
    NtClose(handle);
    NtClose(other);
    assert_host_text("file", "new");
    /* Deleting on close can be taken back this way, and not the old way. */
    assert_int_equal(disk_create(FILE_AT, DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE, &handle), STATUS_SUCCESS);
    assert_int_equal(dispose(handle, FILE_DISPOSITION_DO_NOT_DELETE | FILE_DISPOSITION_ON_CLOSE), STATUS_SUCCESS);
    NtClose(handle);
    assert_host_text("file", "new");
    FILE_DISPOSITION_INFORMATION keep = {FALSE};
    assert_int_equal(disk_create(FILE_AT, DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE, &handle), STATUS_SUCCESS);
    assert_int_equal(disk_set(handle, &iosb, &keep, FileDispositionInformation), STATUS_SUCCESS);
    NtClose(handle);
    assert_int_equal(access(host_path("file"), F_OK), -1);
}

static NTSTATUS rename_to(HANDLE handle, PCWSTR name, ULONG flags)
{
    union {
        FILE_RENAME_INFORMATION rename;
        UCHAR bytes[64];
    } buffer = {.rename = {.Flags = flags}};
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, name);
    buffer.rename.FileNameLength = text.Length;
    memcpy(buffer.rename.FileName, text.Buffer, text.Length);
    return disk_set(handle, &iosb, &buffer, FileRenameInformationEx);
}

static void ways_of_renaming(void **state)
{
    (void)state;
    HANDLE handle, other, section;
    IO_STATUS_BLOCK iosb;
    char buffer[8];
    FILE_BASIC_INFORMATION basic = {.FileAttributes = FILE_ATTRIBUTE_READONLY};
    const ULONG replaces = FILE_RENAME_REPLACE_IF_EXISTS;
    host_make("file", "old!");
    host_make("one", "new1");
    host_make("two", "new2");
    handle = disk_open(L"\\??\\C:\\one", DELETE | GENERIC_READ, FILE_OPEN);
    assert_int_equal(rename_to(handle, L"file", 0x200 | replaces), STATUS_INVALID_PARAMETER);
    assert_int_equal(rename_to(handle, L"file", FILE_RENAME_POSIX_SEMANTICS), STATUS_OBJECT_NAME_COLLISION);
    /* What is open is replaced with POSIX semantics only. Whoever has it goes on, and cannot delete what came. */
    assert_int_equal(disk_create(FILE_AT, GENERIC_READ | DELETE, FILE_OPEN,
                                 FILE_DELETE_ON_CLOSE | FILE_SYNCHRONOUS_IO_NONALERT, &other), STATUS_SUCCESS);
    assert_int_equal(rename_to(handle, L"file", replaces), STATUS_ACCESS_DENIED);
    assert_int_equal(rename_to(handle, L"file", replaces | FILE_RENAME_POSIX_SEMANTICS), STATUS_SUCCESS);
    assert_host_text("file", "new1");
    assert_int_equal(disk_read(other, buffer, 4, 0, &iosb), STATUS_SUCCESS);
    assert_memory_equal(buffer, "old!", 4);
    NtClose(other);
    assert_host_text("file", "new1");
    NtClose(handle);
    /* Nor what is read-only, unless that is to be ignored, ... */
    handle = disk_open(FILE_AT, FILE_WRITE_ATTRIBUTES, FILE_OPEN);
    assert_int_equal(disk_set(handle, &iosb, &basic, FileBasicInformation), STATUS_SUCCESS);
    NtClose(handle);
    handle = disk_open(L"\\??\\C:\\two", DELETE | GENERIC_READ, FILE_OPEN);
    assert_int_equal(rename_to(handle, L"file", replaces), STATUS_ACCESS_DENIED);
    assert_int_equal(rename_to(handle, L"file", replaces | FILE_RENAME_IGNORE_READONLY_ATTRIBUTE), STATUS_SUCCESS);
    assert_host_text("file", "new2");
    NtClose(handle);
    /* ... nor what is mapped, even with no handle left. */
    other = disk_open(FILE_AT, GENERIC_READ, FILE_OPEN);
    assert_int_equal(NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY, SEC_COMMIT, other),
                     STATUS_SUCCESS);
    NtClose(other);
    host_make("three", "new3");
    handle = disk_open(L"\\??\\C:\\three", DELETE, FILE_OPEN);
    assert_int_equal(rename_to(handle, L"file", replaces | FILE_RENAME_POSIX_SEMANTICS), STATUS_ACCESS_DENIED);
    NtClose(section);
    assert_int_equal(rename_to(handle, L"file", replaces), STATUS_SUCCESS);
    NtClose(handle);
    assert_host_text("file", "new3");
}

static void read_only_files(void **state)
{
    (void)state;
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    FILE_BASIC_INFORMATION basic = {.FileAttributes = FILE_ATTRIBUTE_READONLY};
    host_make("file", "text");
    handle = disk_open(FILE_AT, DELETE | FILE_WRITE_ATTRIBUTES, FILE_OPEN);
    assert_int_equal(disk_set(handle, &iosb, &basic, FileBasicInformation), STATUS_SUCCESS);
    assert_int_equal(dispose(handle, FILE_DISPOSITION_DELETE), STATUS_CANNOT_DELETE);
    assert_int_equal(dispose(handle, FILE_DISPOSITION_DELETE | FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE),
                     STATUS_SUCCESS);
    NtClose(handle);
    assert_int_equal(access(host_path("file"), F_OK), -1);
}

static LONGLONG allocated(HANDLE handle)
{
    IO_STATUS_BLOCK iosb;
    FILE_STANDARD_INFORMATION standard;
    assert_int_equal(disk_query(handle, &iosb, &standard, FileStandardInformation), STATUS_SUCCESS);
    return standard.AllocationSize.QuadPart;
}

static HANDLE create_allocated(ULONG disposition, LONGLONG size)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    LARGE_INTEGER allocation = {.QuadPart = size};
    RtlInitUnicodeString(&name, FILE_AT);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(NtCreateFile(&handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb,
                                  &allocation, 0, SHARE_ALL, disposition, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0),
                     STATUS_SUCCESS);
    return handle;
}

/* The space is the file's as long as it is open; its contents' length is another matter. */
static void space_is_set_aside(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    FILE_ALLOCATION_INFORMATION allocation = {.AllocationSize.QuadPart = 10000};
    FILE_STANDARD_INFORMATION standard;
    HANDLE handle = create_allocated(FILE_CREATE, 5000);
    assert_int_equal(allocated(handle), 8192);
    assert_int_equal(disk_write(handle, "text", 0, &iosb), STATUS_SUCCESS);
    assert_int_equal(allocated(handle), 8192);
    assert_int_equal(disk_set(handle, &iosb, &allocation, FileAllocationInformation), STATUS_SUCCESS);
    assert_int_equal(disk_query(handle, &iosb, &standard, FileStandardInformation), STATUS_SUCCESS);
    assert_int_equal(standard.AllocationSize.QuadPart, 12288);
    assert_int_equal(standard.EndOfFile.QuadPart, 4);
    NtClose(handle);
    handle = create_allocated(FILE_OPEN, 50000); /* of no concern for what is only opened */
    assert_int_equal(allocated(handle), 4096);
    NtClose(handle);
    handle = create_allocated(FILE_OVERWRITE, 5000);
    assert_int_equal(allocated(handle), 8192);
    NtClose(handle);
}

/* Who gets all there is takes part in sharing with all of it. */
static void as_much_as_there_is(void **state)
{
    (void)state;
    HANDLE handle, other;
    host_make("file", "text");
    assert_int_equal(disk_create_below(NULL, FILE_AT, GENERIC_READ, 0, FILE_SHARE_READ, FILE_OPEN, 0, &handle),
                     STATUS_SUCCESS);
    assert_int_equal(disk_create(FILE_AT, MAXIMUM_ALLOWED, FILE_OPEN, 0, &other), STATUS_SHARING_VIOLATION);
    assert_int_equal(disk_create(FILE_AT, FILE_READ_ATTRIBUTES, FILE_OPEN, 0, &other), STATUS_SUCCESS);
    NtClose(other);
    NtClose(handle);
    assert_int_equal(disk_create_below(NULL, FILE_AT, MAXIMUM_ALLOWED, 0, FILE_SHARE_READ, FILE_OPEN, 0, &handle),
                     STATUS_SUCCESS);
    assert_int_equal(disk_try(FILE_AT, GENERIC_WRITE, FILE_OPEN, 0), STATUS_SHARING_VIOLATION);
    assert_int_equal(disk_create_below(NULL, FILE_AT, GENERIC_READ, 0, FILE_SHARE_READ, FILE_OPEN, 0, &other),
                     STATUS_SHARING_VIOLATION); /* the first one may write */
    NtClose(handle);
}

static void smaller_questions(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    FILE_IS_REMOTE_DEVICE_INFORMATION remote = {77};
    FILE_FS_SECTOR_SIZE_INFORMATION sectors;
    FILE_VALID_DATA_LENGTH_INFORMATION valid = {.ValidDataLength.QuadPart = 4};
    UCHAR room[64];
    host_make("file", "text");
    HANDLE handle = disk_open(FILE_AT, GENERIC_READ | GENERIC_WRITE, FILE_OPEN);
    assert_int_equal(disk_query(handle, &iosb, &remote, FileIsRemoteDeviceInformation), STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 1);
    assert_false(remote.IsRemote);
    assert_int_equal(NtQueryInformationFile(handle, &iosb, room, 0, FileIsRemoteDeviceInformation),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(
        NtQueryVolumeInformationFile(handle, &iosb, &sectors, sizeof sectors, FileFsSectorSizeInformation),
        STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 28);
    assert_int_equal(sectors.LogicalBytesPerSector, 512);
    assert_int_equal(sectors.PhysicalBytesPerSectorForPerformance, 512);
    assert_int_equal(sectors.ByteOffsetForPartitionAlignment, 0);
    assert_int_equal(
        NtQueryVolumeInformationFile(handle, &iosb, &sectors, sizeof sectors - 1, FileFsSectorSizeInformation),
        STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(NtQueryEaFile(handle, &iosb, room, sizeof room, TRUE, NULL, 0, NULL, TRUE),
                     STATUS_EAS_NOT_SUPPORTED);
    /* For those who may manage volumes, which this user may and has not said. */
    assert_int_equal(disk_set(handle, &iosb, &valid, FileValidDataLengthInformation), STATUS_PRIVILEGE_NOT_HELD);
    NtClose(handle);
}

/* --- requests that a driver builds --- */

static struct {
    NTSTATUS basic, set, rename, sizes, fits;
    BOOLEAN untouched;
} asked;

static NTSTATUS NTAPI keep(PDEVICE_OBJECT device, PIRP irp, PVOID event)
{
    (void)device, (void)irp;
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS ask(PFILE_OBJECT file, UCHAR major, ULONG class, PVOID buffer, ULONG length)
{
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    irp->AssociatedIrp.SystemBuffer = buffer;
    irp->Tail.Overlay.Thread = PsGetCurrentThread();
    stack->MajorFunction = major;
    stack->FileObject = file;
    if (major == IRP_MJ_SET_INFORMATION) {
        stack->Parameters.SetFile.Length = length;
        stack->Parameters.SetFile.FileInformationClass = class;
    } else { /* a volume's are the same */
        stack->Parameters.QueryFile.Length = length;
        stack->Parameters.QueryFile.FileInformationClass = class;
    }
    IoSetCompletionRoutine(irp, keep, &event, TRUE, TRUE, TRUE);
    IoCallDriver(device, irp);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    NTSTATUS status = irp->IoStatus.Status;
    IoFreeIrp(irp);
    return status;
}

static void ask_shortly(void *context)
{
    PFILE_OBJECT file = context;
    UCHAR buffer[64];
    union {
        FILE_RENAME_INFORMATION rename;
        UCHAR bytes[64];
    } to = {.rename = {{TRUE}, NULL, 80, {L'x'}}};
    memset(buffer, 0xA5, sizeof buffer);
    asked.basic = ask(file, IRP_MJ_QUERY_INFORMATION, FileBasicInformation, buffer, sizeof(FILE_BASIC_INFORMATION) - 1);
    asked.set = ask(file, IRP_MJ_SET_INFORMATION, FileEndOfFileInformation, buffer, 4);
    asked.rename = ask(file, IRP_MJ_SET_INFORMATION, FileRenameInformation, &to, sizeof to);
    asked.sizes = ask(file, IRP_MJ_QUERY_VOLUME_INFORMATION, FileFsSizeInformation, buffer, 8);
    asked.untouched = TRUE;
    for (size_t i = 0; i < sizeof buffer; i++)
        if (buffer[i] != 0xA5)
            asked.untouched = FALSE;
    asked.fits = ask(file, IRP_MJ_QUERY_INFORMATION, FileBasicInformation, buffer, sizeof(FILE_BASIC_INFORMATION));
}

static void requests_that_are_too_short(void **state)
{
    (void)state;
    host_make("file", "text");
    HANDLE handle = disk_open(FILE_AT, GENERIC_READ | GENERIC_WRITE | DELETE, FILE_OPEN);
    PFILE_OBJECT file;
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL),
                     STATUS_SUCCESS);
    ntio_run_in_kernel(ask_shortly, file);
    ObDereferenceObject(file);
    assert_int_equal(asked.basic, STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(asked.set, STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(asked.rename, STATUS_INVALID_PARAMETER);
    assert_int_equal(asked.sizes, STATUS_INFO_LENGTH_MISMATCH);
    assert_true(asked.untouched);
    assert_int_equal(asked.fits, STATUS_SUCCESS);
    NtClose(handle);
    assert_host_text("file", "text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_mapped_stays, disk_set_up, disk_tear_down),
        cmocka_unit_test_setup_teardown(ways_of_deleting, disk_set_up, disk_tear_down),
        cmocka_unit_test_setup_teardown(ways_of_renaming, disk_set_up, disk_tear_down),
        cmocka_unit_test_setup_teardown(read_only_files, disk_set_up, disk_tear_down),
        cmocka_unit_test_setup_teardown(space_is_set_aside, disk_set_up, disk_tear_down),
        cmocka_unit_test_setup_teardown(as_much_as_there_is, disk_set_up, disk_tear_down),
        cmocka_unit_test_setup_teardown(smaller_questions, disk_set_up, disk_tear_down),
        cmocka_unit_test_setup_teardown(requests_that_are_too_short, disk_set_up, disk_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
