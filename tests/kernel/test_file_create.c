/* Opening files of the host: dispositions, names, directories, sharing, deletion, the borders of the root. */
#include "file_test.h"

static void dispositions(void **state)
{
    (void)state;
    static const struct {
        ULONG disposition;
        NTSTATUS missing, present;
        ULONG_PTR made, found;
        const char *left; /* of "old" */
    } rows[] = {
        {FILE_OPEN, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS, 99, FILE_OPENED, "old"},
        {FILE_CREATE, STATUS_SUCCESS, STATUS_OBJECT_NAME_COLLISION, FILE_CREATED, 99, "old"},
        {FILE_OPEN_IF, STATUS_SUCCESS, STATUS_SUCCESS, FILE_CREATED, FILE_OPENED, "old"},
        {FILE_OVERWRITE, STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS, 99, FILE_OVERWRITTEN, ""},
        {FILE_OVERWRITE_IF, STATUS_SUCCESS, STATUS_SUCCESS, FILE_CREATED, FILE_OVERWRITTEN, ""},
        {FILE_SUPERSEDE, STATUS_SUCCESS, STATUS_SUCCESS, FILE_CREATED, FILE_SUPERSEDED, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unlink(host_path("missing"));
        host_make("present", "old");
        assert_int_equal(disk_try(L"\\??\\C:\\missing", GENERIC_WRITE, rows[i].disposition, 0),
                         rows[i].missing);
        assert_int_equal(disk.information, rows[i].made);
        assert_int_equal(access(host_path("missing"), F_OK) == 0, rows[i].missing == STATUS_SUCCESS);
        assert_int_equal(disk_try(L"\\??\\C:\\Present", GENERIC_WRITE, rows[i].disposition, 0),
                         rows[i].present);
        assert_int_equal(disk.information, rows[i].found);
        assert_host_text("present", rows[i].left);
    }
}

static void names(void **state)
{
    (void)state;
    HANDLE handle;
    static const WCHAR *const invalid[] = {
        L"\\??\\C:\\a\\\\b", L"\\??\\C:\\a\\..\\b", L"\\??\\C:\\.",  L"\\??\\C:\\a*", L"\\??\\C:\\a:b",
        L"\\??\\C:\\a/b",    L"\\??\\C:\\a\x1f",    L"\\??\\C:\\\\", L"\\??\\C:\\..", L"\\??\\C:\\\xd800"};
    mkdir(host_path("Dir"), 0777);
    host_make("Dir/MiXed.Txt", "text");
    host_make("Dir/\xc3\x84rger", "umlaut");
    assert_int_equal(disk_try(L"\\??\\C:\\DIR\\mixed.TXT", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(disk_try(L"\\??\\c:\\dir\\\x00e4RGER", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(disk_try(L"\\Device\\HarddiskVolume1\\dir\\mixed.txt", GENERIC_READ, FILE_OPEN, 0),
                     STATUS_SUCCESS);
    assert_int_equal(disk_try(L"\\??\\C:\\none\\mixed.txt", GENERIC_READ, FILE_OPEN, 0),
                     STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(disk_try(L"\\??\\C:\\none\\new", GENERIC_WRITE, FILE_CREATE, 0),
                     STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(disk_try(L"\\??\\C:\\Dir\\mixed.txt\\x", GENERIC_READ, FILE_OPEN, 0),
                     STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(disk_try(L"\\??\\C:\\Dir\\mixed.txt\\", GENERIC_READ, FILE_OPEN, 0),
                     STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(disk_try(L"\\??\\C:\\Dir\\new\\", GENERIC_WRITE, FILE_CREATE, 0),
                     STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(disk_try(L"\\??\\C:\\Dir\\", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(disk_try(L"\\??\\C:\\", GENERIC_READ, FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
        assert_int_equal(disk_try(invalid[i], GENERIC_READ, FILE_OPEN, 0), STATUS_OBJECT_NAME_INVALID);
    /* What Windows always has. */
    assert_int_equal(disk_try(L"\\SystemRoot\\System32\\Drivers\\new.dat", GENERIC_WRITE, FILE_CREATE, 0),
                     STATUS_SUCCESS);
    assert_int_equal(access(host_path("Windows/System32/drivers/new.dat"), F_OK), 0);
    /* The file object's name is the whole one, as the disk has it. */
    struct {
        FILE_NAME_INFORMATION name;
        WCHAR more[64];
    } answer;
    IO_STATUS_BLOCK iosb;
    handle = disk_open(L"\\??\\C:\\DIR\\mixed.TXT", FILE_READ_ATTRIBUTES, FILE_OPEN);
    assert_int_equal(NtQueryInformationFile(handle, &iosb, &answer, sizeof answer, FileNameInformation),
                     STATUS_SUCCESS);
    assert_int_equal(answer.name.FileNameLength, 14 * sizeof(WCHAR));
    assert_memory_equal(answer.name.FileName, L"\\Dir\\MiXed.Txt", 14 * sizeof(WCHAR));
    assert_int_equal(iosb.Information, 4 + 14 * sizeof(WCHAR));
    assert_int_equal(NtQueryInformationFile(handle, &iosb, &answer, 12, FileNameInformation),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(answer.name.FileNameLength, 14 * sizeof(WCHAR));
    assert_int_equal(iosb.Information, 12);
    NtClose(handle);
}

static void directories(void **state)
{
    (void)state;
    HANDLE directory, handle;
    host_make("file", "");
    assert_int_equal(
        disk_create(L"\\??\\C:\\new", GENERIC_READ, FILE_CREATE, FILE_DIRECTORY_FILE, &directory),
        STATUS_SUCCESS);
    assert_int_equal(disk.information, FILE_CREATED);
    assert_int_equal(disk_try(L"\\??\\C:\\new", GENERIC_READ, FILE_CREATE, FILE_DIRECTORY_FILE),
                     STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(disk_try(L"\\??\\C:\\new", GENERIC_READ, FILE_OPEN_IF, FILE_DIRECTORY_FILE),
                     STATUS_SUCCESS);
    assert_int_equal(disk.information, FILE_OPENED);
    assert_int_equal(disk_try(L"\\??\\C:\\new", GENERIC_READ, FILE_OPEN, FILE_NON_DIRECTORY_FILE),
                     STATUS_FILE_IS_A_DIRECTORY);
    assert_int_equal(disk_try(L"\\??\\C:\\new", GENERIC_READ, FILE_OVERWRITE_IF, 0),
                     STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(disk_try(L"\\??\\C:\\file", GENERIC_READ, FILE_OPEN, FILE_DIRECTORY_FILE),
                     STATUS_NOT_A_DIRECTORY);
    /* Relative to it. */
    assert_int_equal(disk_create_below(directory, L"in\\side", GENERIC_WRITE, 0, 0, FILE_CREATE, 0, &handle),
                     STATUS_OBJECT_PATH_NOT_FOUND);
    assert_int_equal(disk_create_below(directory, L"\\inside", GENERIC_WRITE, 0, 0, FILE_CREATE, 0, &handle),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(disk_create_below(directory, L"..\\file", GENERIC_READ, 0, 0, FILE_OPEN, 0, &handle),
                     STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(disk_create_below(directory, L"inside", GENERIC_WRITE, 0, 0, FILE_CREATE, 0, &handle),
                     STATUS_SUCCESS);
    NtClose(handle);
    assert_int_equal(access(host_path("new/inside"), F_OK), 0);
    assert_int_equal(disk_create_below(directory, L"", GENERIC_READ, 0, SHARE_ALL, FILE_OPEN, 0, &handle),
                     STATUS_SUCCESS);
    NtClose(handle);
    IO_STATUS_BLOCK iosb;
    char buffer[4];
    assert_int_equal(disk_read(directory, buffer, 4, 0, &iosb), STATUS_INVALID_DEVICE_REQUEST);
    NtClose(directory);
}

static void sharing(void **state)
{
    (void)state;
    HANDLE first, second;
    host_make("shared", "x");
    PCWSTR name = L"\\??\\C:\\shared";
    assert_int_equal(disk_create_below(NULL, name, GENERIC_READ, 0, FILE_SHARE_READ, FILE_OPEN, 0, &first),
                     STATUS_SUCCESS);
    assert_int_equal(disk_create_below(NULL, name, GENERIC_READ, 0, 0, FILE_OPEN, 0, &second),
                     STATUS_SHARING_VIOLATION);
    assert_int_equal(disk_create_below(NULL, name, GENERIC_WRITE, 0, SHARE_ALL, FILE_OPEN, 0, &second),
                     STATUS_SHARING_VIOLATION);
    assert_int_equal(disk_create_below(NULL, name, GENERIC_READ, 0, SHARE_ALL, FILE_OVERWRITE, 0, &second),
                     STATUS_SHARING_VIOLATION);
    assert_int_equal(disk_create_below(NULL, name, DELETE, 0, SHARE_ALL, FILE_OPEN, 0, &second),
                     STATUS_SHARING_VIOLATION);
    assert_int_equal(disk_create_below(NULL, name, FILE_READ_ATTRIBUTES, 0, 0, FILE_OPEN, 0, &second),
                     STATUS_SUCCESS);
    NtClose(second);
    assert_int_equal(
        disk_create_below(NULL, L"\\??\\C:\\SHARED", GENERIC_READ, 0, FILE_SHARE_READ, FILE_OPEN, 0, &second),
        STATUS_SUCCESS);
    NtClose(second);
    NtClose(first);
    assert_host_text("shared", "x");
    assert_int_equal(disk_create_below(NULL, name, GENERIC_WRITE, 0, 0, FILE_OPEN, 0, &second),
                     STATUS_SUCCESS);
    NtClose(second);
}

static void deletion(void **state)
{
    (void)state;
    HANDLE first, second;
    IO_STATUS_BLOCK iosb;
    FILE_DISPOSITION_INFORMATION yes = {TRUE}, no = {FALSE};
    FILE_STANDARD_INFORMATION standard;
    char buffer[8];
    host_make("gone", "text");
    first = disk_open(L"\\??\\C:\\gone", GENERIC_READ | DELETE, FILE_OPEN);
    second = disk_open(L"\\??\\C:\\gone", GENERIC_READ, FILE_OPEN);
    assert_int_equal(disk_set(second, &iosb, &yes, FileDispositionInformation), STATUS_ACCESS_DENIED);
    assert_int_equal(disk_set(first, &iosb, &yes, FileDispositionInformation), STATUS_SUCCESS);
    assert_int_equal(disk_query(second, &iosb, &standard, FileStandardInformation), STATUS_SUCCESS);
    assert_true(standard.DeletePending);
    assert_int_equal(standard.NumberOfLinks, 0);
    assert_int_equal(disk_try(L"\\??\\C:\\gone", GENERIC_READ, FILE_OPEN, 0), STATUS_DELETE_PENDING);
    assert_int_equal(disk_set(first, &iosb, &no, FileDispositionInformation), STATUS_SUCCESS);
    assert_int_equal(disk_try(L"\\??\\C:\\gone", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(disk_set(first, &iosb, &yes, FileDispositionInformation), STATUS_SUCCESS);
    NtClose(first);
    assert_int_equal(access(host_path("gone"), F_OK), 0);
    assert_int_equal(disk_read(second, buffer, 4, 0, &iosb), STATUS_SUCCESS);
    NtClose(second);
    assert_int_not_equal(access(host_path("gone"), F_OK), 0);

    assert_int_equal(
        disk_try(L"\\??\\C:\\temporary", GENERIC_WRITE | DELETE, FILE_CREATE, FILE_DELETE_ON_CLOSE),
        STATUS_SUCCESS);
    assert_int_not_equal(access(host_path("temporary"), F_OK), 0);

    mkdir(host_path("full"), 0777);
    host_make("full/file", "");
    first = disk_open(L"\\??\\C:\\full", DELETE, FILE_OPEN);
    assert_int_equal(disk_set(first, &iosb, &yes, FileDispositionInformation), STATUS_DIRECTORY_NOT_EMPTY);
    unlink(host_path("full/file"));
    assert_int_equal(disk_set(first, &iosb, &yes, FileDispositionInformation), STATUS_SUCCESS);
    NtClose(first);
    assert_int_not_equal(access(host_path("full"), F_OK), 0);

    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    RtlInitUnicodeString(&name, L"\\??\\C:\\third");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(NtDeleteFile(&attributes), STATUS_OBJECT_NAME_NOT_FOUND);
    host_make("third", "");
    assert_int_equal(NtDeleteFile(&attributes), STATUS_SUCCESS);
    assert_int_not_equal(access(host_path("third"), F_OK), 0);
}

static void read_only_files(void **state)
{
    (void)state;
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    FILE_BASIC_INFORMATION basic = {.FileAttributes = FILE_ATTRIBUTE_NORMAL};
    FILE_DISPOSITION_INFORMATION yes = {TRUE};
    PCWSTR name = L"\\??\\C:\\fixed";
    assert_int_equal(disk_create_below(NULL, name, GENERIC_WRITE, FILE_ATTRIBUTE_READONLY, SHARE_ALL,
                                       FILE_CREATE, 0, &handle),
                     STATUS_SUCCESS);
    assert_int_equal(disk_write(handle, "abc", 0, &iosb), STATUS_SUCCESS); /* who makes it may */
    NtClose(handle);
    assert_int_equal(disk_try(name, GENERIC_WRITE, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(disk_try(name, GENERIC_READ, FILE_OVERWRITE_IF, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(disk_try(name, GENERIC_READ | DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE),
                     STATUS_CANNOT_DELETE);
    handle = disk_open(name, GENERIC_READ | DELETE | FILE_WRITE_ATTRIBUTES, FILE_OPEN);
    assert_int_equal(disk_set(handle, &iosb, &yes, FileDispositionInformation), STATUS_CANNOT_DELETE);
    assert_int_equal(disk_set(handle, &iosb, &basic, FileBasicInformation), STATUS_SUCCESS);
    assert_int_equal(disk_set(handle, &iosb, &yes, FileDispositionInformation), STATUS_SUCCESS);
    NtClose(handle);
    assert_int_not_equal(access(host_path("fixed"), F_OK), 0);
}

static void links(void **state)
{
    (void)state;
    char outside[128];
    mkdir(host_path("dir"), 0777);
    host_make("dir/file", "inside");
    assert_int_equal(symlink("dir", host_path("relative")), 0);
    assert_int_equal(symlink("../dir/file", host_path("dir/up")), 0);
    assert_int_equal(symlink("../../etc", host_path("dir/out")), 0);
    assert_int_equal(symlink("/etc", host_path("absolute")), 0);
    assert_int_equal(symlink("loop", host_path("loop")), 0);
    snprintf(outside, sizeof outside, "%s/dir", disk.root);
    assert_int_equal(symlink(outside, host_path("within")), 0);
    assert_int_equal(disk_try(L"\\??\\C:\\relative\\FILE", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(disk_try(L"\\??\\C:\\dir\\up", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(disk_try(L"\\??\\C:\\within\\file", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(disk_try(L"\\??\\C:\\absolute\\passwd", GENERIC_READ, FILE_OPEN, 0),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(disk_try(L"\\??\\C:\\absolute", GENERIC_READ, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(disk_try(L"\\??\\C:\\dir\\out\\passwd", GENERIC_READ, FILE_OPEN, 0),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(disk_try(L"\\??\\C:\\loop", GENERIC_READ, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(mkfifo(host_path("pipe"), 0666), 0);
    assert_int_equal(disk_try(L"\\??\\C:\\pipe", GENERIC_READ, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
}

static void images_are_still_there(void **state)
{
    (void)state;
    ntio_register_image("shown", "/nowhere/shown.sys");
    assert_int_equal(disk_try(L"\\??\\C:\\any\\where\\SHOWN.sys", GENERIC_READ, FILE_OPEN, 0),
                     STATUS_SUCCESS);
    assert_int_equal(disk_try(L"\\SystemRoot\\shown.sys", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    /* A file of that name is another matter. */
    HANDLE handle = disk_open(L"\\SystemRoot\\shown.sys", GENERIC_WRITE, FILE_CREATE);
    IO_STATUS_BLOCK iosb;
    assert_int_equal(disk_write(handle, "MZ", 0, &iosb), STATUS_SUCCESS);
    NtClose(handle);
    assert_host_text("Windows/shown.sys", "MZ");
}

static void leave_open(void *context)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\left.txt");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    HANDLE file;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    *(NTSTATUS *)context =
        ZwCreateFile(&file, GENERIC_WRITE | DELETE | SYNCHRONIZE, &attributes, &io, NULL, 0, 0, FILE_CREATE,
                     FILE_SYNCHRONOUS_IO_NONALERT | FILE_DELETE_ON_CLOSE, NULL, 0);
}

/* A handle of the system's that nobody closes is closed when the machine stops. */
static void handles_left_open(void **state)
{
    (void)state;
    NTSTATUS status;
    ntio_run_in_kernel(leave_open, &status);
    assert_int_equal(status, STATUS_SUCCESS);
    assert_int_equal(access(host_path("left.txt"), F_OK), 0);
    assert_int_equal(ntio_stop(), 1);
    assert_int_equal(access(host_path("left.txt"), F_OK), -1);
    assert_int_equal(ntio_start(&(ntio_options){.root = disk.root}), 0);
}

static void no_such_root(void **state)
{
    (void)state;
    assert_int_equal(ntio_start(&(ntio_options){.root = "/nowhere/at/all"}), -1);
    assert_int_equal(setenv("NTIO_ROOT", mkdtemp(strcpy(disk.root, "/tmp/ntio-test-XXXXXX")), 1), 0);
    assert_int_equal(ntio_start(NULL), 0);
    assert_int_equal(disk_try(L"\\??\\C:\\", GENERIC_READ, FILE_OPEN, FILE_DIRECTORY_FILE), STATUS_SUCCESS);
    assert_int_equal(ntio_stop(), 0);
    unsetenv("NTIO_ROOT");
    nftw(disk.root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, disk_set_up, disk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(dispositions),
        TEST(names),
        TEST(directories),
        TEST(sharing),
        TEST(deletion),
        TEST(read_only_files),
        TEST(links),
        TEST(images_are_still_there),
        TEST(handles_left_open),
        cmocka_unit_test(no_such_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
