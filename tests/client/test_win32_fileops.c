/*
 * Files by name: searching, deleting, moving, copying, directories, attributes, times, temporary files, the
 * volume. DRIVERS: win32dev
 */
#include "disk_test.h"

#define GONE(name) assert_int_equal(GetFileAttributesA(name), INVALID_FILE_ATTRIBUTES)

static void test_deleting(void **state)
{
    (void)state;
    make_file("C:\\a.txt", "a");
    assert_true(DeleteFileA("c:/A.TXT"));
    GONE("C:\\a.txt");
    assert_fails(DeleteFileA("C:\\a.txt"), ERROR_FILE_NOT_FOUND);
    assert_fails(DeleteFileA("C:\\none\\a.txt"), ERROR_PATH_NOT_FOUND);
    assert_fails(DeleteFileA("C:\\Windows"), ERROR_ACCESS_DENIED);
    assert_fails(DeleteFileA(""), ERROR_PATH_NOT_FOUND);
    assert_fails(DeleteFileA(NULL), ERROR_PATH_NOT_FOUND);
    assert_fails(DeleteFileA(BAD_LOW), ERROR_NOACCESS);
    /* An open file that others may not delete; then one that goes with its last handle. */
    make_file("C:\\b", "b");
    HANDLE file = CreateFileA("C:\\b", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_fails(DeleteFileA("C:\\b"), ERROR_SHARING_VIOLATION);
    assert_true(CloseHandle(file));
    file = CreateFileA("C:\\b", GENERIC_READ, FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(DeleteFileW(L"C:\\b"));
    assert_fails(DeleteFileA("C:\\b"), ERROR_ACCESS_DENIED); /* STATUS_DELETE_PENDING */
    assert_true(CloseHandle(file));
    assert_fails(DeleteFileA("C:\\b"), ERROR_FILE_NOT_FOUND);
    make_file("C:\\c", "c");
    assert_true(SetFileAttributesA("C:\\c", FILE_ATTRIBUTE_READONLY));
    assert_fails(DeleteFileA("C:\\c"), ERROR_ACCESS_DENIED);
    assert_true(SetFileAttributesW(L"C:\\c", 0));
    assert_int_equal(GetFileAttributesA("C:\\c"), FILE_ATTRIBUTE_NORMAL);
    assert_true(DeleteFileA("C:\\c"));
}

static void test_directories(void **state)
{
    (void)state;
    assert_true(CreateDirectoryA("C:\\d", NULL));
    assert_int_equal(GetFileAttributesA("C:\\d"), FILE_ATTRIBUTE_DIRECTORY);
    assert_fails(CreateDirectoryA("C:\\D", NULL), ERROR_ALREADY_EXISTS);
    assert_fails(CreateDirectoryA("C:\\x\\y", NULL), ERROR_PATH_NOT_FOUND);
    assert_true(CreateDirectoryW(L"C:\\d\\e\\", NULL));
    assert_fails(RemoveDirectoryA("C:\\d"), ERROR_DIR_NOT_EMPTY);
    make_file("C:\\d\\e\\f", "f");
    assert_fails(RemoveDirectoryA("C:\\d\\e\\f"), ERROR_DIRECTORY);
    assert_true(SetCurrentDirectoryA("\\d"));
    assert_file("e\\f", "f");
    assert_fails(SetCurrentDirectoryA("e\\f"), ERROR_DIRECTORY);
    assert_fails(SetCurrentDirectoryA("nowhere"), ERROR_FILE_NOT_FOUND);
    char now[MAX_PATH];
    assert_int_equal(GetCurrentDirectoryA(sizeof now, now), 4);
    assert_string_equal(now, "C:\\d");
    assert_true(DeleteFileA("e\\f"));
    assert_true(RemoveDirectoryA("e"));
    assert_true(SetCurrentDirectoryW(L"C:\\"));
    assert_true(RemoveDirectoryW(L"d"));
    assert_fails(RemoveDirectoryA("d"), ERROR_FILE_NOT_FOUND);
}

static void test_moving(void **state)
{
    (void)state;
    make_file("C:\\one", "1");
    make_file("C:\\two", "2");
    assert_fails(MoveFileA("C:\\one", "C:\\two"), ERROR_ALREADY_EXISTS);
    assert_true(MoveFileExA("C:\\one", "C:\\two", MOVEFILE_REPLACE_EXISTING));
    assert_file("C:\\two", "1");
    GONE("C:\\one");
    assert_fails(MoveFileA("C:\\one", "C:\\three"), ERROR_FILE_NOT_FOUND);
    assert_fails(MoveFileA("C:\\two", "C:\\none\\three"), ERROR_PATH_NOT_FOUND);
    assert_true(CreateDirectoryA("C:\\m", NULL));
    assert_true(MoveFileW(L"C:\\two", L"C:\\m\\three"));
    assert_true(MoveFileA("C:\\m", "C:\\n"));
    assert_file("C:\\n\\three", "1");
    assert_fails(MoveFileExA("C:\\n", NULL, MOVEFILE_DELAY_UNTIL_REBOOT), ERROR_NOT_SUPPORTED);
}

static void test_copying(void **state)
{
    (void)state;
    FILETIME written = {0x12340000, 0x01D00000}, copied;
    make_file("C:\\from", "some text");
    assert_true(SetFileAttributesA("C:\\from", FILE_ATTRIBUTE_HIDDEN));
    HANDLE file = CreateFileA("C:\\from", FILE_WRITE_ATTRIBUTES, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(SetFileTime(file, NULL, NULL, &written));
    assert_true(CloseHandle(file));
    assert_true(CopyFileA("C:\\from", "C:\\to", TRUE));
    assert_file("C:\\to", "some text");
    assert_int_equal(GetFileAttributesA("C:\\to"), FILE_ATTRIBUTE_HIDDEN);
    file = CreateFileA("C:\\to", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(GetFileTime(file, NULL, NULL, &copied));
    assert_int_equal(CompareFileTime(&written, &copied), 0);
    assert_true(CloseHandle(file));
    assert_fails(CopyFileA("C:\\from", "C:\\to", TRUE), ERROR_FILE_EXISTS);
    assert_true(SetFileAttributesA("C:\\to", FILE_ATTRIBUTE_NORMAL));
    make_file("C:\\longer", "a text that is longer");
    assert_true(CopyFileW(L"C:\\from", L"C:\\longer", FALSE));
    assert_file("C:\\longer", "some text");
    assert_fails(CopyFileA("C:\\none", "C:\\to", FALSE), ERROR_FILE_NOT_FOUND);
    assert_fails(CopyFileA("C:\\Windows", "C:\\to", FALSE), ERROR_ACCESS_DENIED);
    assert_fails(CopyFileA("C:\\from", "C:\\none\\to", FALSE), ERROR_PATH_NOT_FOUND);
    /* As installers do with a driver. */
    assert_true(CopyFileA("win32dev.sys", "C:\\Windows\\System32\\drivers\\win32dev.sys", FALSE));
    assert_true(DeleteFileA("C:\\Windows\\System32\\drivers\\win32dev.sys"));
}

/* What the pattern finds, names separated by blanks. */
static const char *found(const char *pattern)
{
    static char names[512];
    WIN32_FIND_DATAA data;
    names[0] = 0;
    HANDLE find = FindFirstFileA(pattern, &data);
    if (find == INVALID_HANDLE_VALUE)
        return NULL;
    do {
        strcat(names, data.cFileName);
        strcat(names, " ");
    } while (FindNextFileA(find, &data));
    assert_int_equal(GetLastError(), ERROR_NO_MORE_FILES);
    assert_true(FindClose(find));
    return names;
}

static void test_finding(void **state)
{
    (void)state;
    assert_true(CreateDirectoryA("C:\\f", NULL));
    make_file("C:\\f\\a.txt", "12345");
    make_file("C:\\f\\B.TXT", "");
    make_file("C:\\f\\ab", "");
    make_file("C:\\f\\a.b.txt", "");
    assert_string_equal(found("C:\\f\\*"), ". .. a.b.txt a.txt ab B.TXT ");
    assert_string_equal(found("C:\\f\\*.*"), ". .. a.b.txt a.txt ab B.TXT ");
    assert_string_equal(found("C:\\f\\*.txt"), "a.b.txt a.txt B.TXT ");
    assert_string_equal(found("C:\\f\\?.txt"), "a.txt B.TXT ");
    assert_string_equal(found("C:\\f\\a*."), "ab ");
    assert_string_equal(found("C:\\f\\??"), "ab ");
    assert_string_equal(found("C:\\f\\b.txt"), "B.TXT ");
    assert_string_equal(found("C:\\f"), "f ");
    assert_null(found("C:\\f\\c*"));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_null(found("C:\\f\\"));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_null(found("C:\\"));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_null(found("C:\\none\\*"));
    assert_int_equal(GetLastError(), ERROR_PATH_NOT_FOUND);
    assert_null(found("C:\\f\\ab\\*"));
    assert_int_equal(GetLastError(), ERROR_DIRECTORY);
    assert_null(found(""));
    assert_int_equal(GetLastError(), ERROR_PATH_NOT_FOUND);
    assert_null(found(BAD_LOW));
    assert_int_equal(GetLastError(), ERROR_NOACCESS);
}

static void test_find_data(void **state)
{
    (void)state;
    WIN32_FIND_DATAW data;
    WIN32_FILE_ATTRIBUTE_DATA about;
    make_file("C:\\five", "12345");
    HANDLE find = FindFirstFileW(L"C:\\FIVE", &data);
    assert_ptr_not_equal(find, INVALID_HANDLE_VALUE);
    assert_int_equal(data.nFileSizeLow, 5);
    assert_int_equal(data.nFileSizeHigh, 0);
    assert_int_equal(data.dwFileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    assert_memory_equal(data.cFileName, L"five", 10);
    assert_int_equal(data.cAlternateFileName[0], 0);
    assert_true(GetFileAttributesExA("C:\\five", GetFileExInfoStandard, &about));
    assert_int_equal(CompareFileTime(&about.ftLastWriteTime, &data.ftLastWriteTime), 0);
    assert_fails(FindNextFileW(find, &data), ERROR_NO_MORE_FILES);
    assert_true(FindClose(find));
    assert_fails(FindClose(find), ERROR_INVALID_HANDLE);
    assert_fails(FindClose(INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
    assert_fails(FindNextFileW(NULL, &data), ERROR_INVALID_HANDLE);
    SetLastError(0);
    assert_ptr_equal(FindFirstFileW(L"C:\\five", BAD_LOW), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), ERROR_NOACCESS);
    /* One is left open: the end of the machine frees it. */
    assert_ptr_not_equal(FindFirstFileExW(L"C:\\*", FindExInfoBasic, &data, FindExSearchNameMatch, NULL, 0),
                         INVALID_HANDLE_VALUE);
    /* A driver's image is where it is looked for, be there such a directory or not. */
    find = FindFirstFileW(L"C:\\nowhere\\Win32dev.sys", &data);
    assert_ptr_not_equal(find, INVALID_HANDLE_VALUE);
    assert_memory_equal(data.cFileName, L"Win32dev.sys", 26);
    assert_fails(FindNextFileW(find, &data), ERROR_NO_MORE_FILES);
    assert_true(FindClose(find));
}

/* More than one buffer of entries. */
static void test_many_files(void **state)
{
    (void)state;
    char name[64];
    unsigned count = 0;
    WIN32_FIND_DATAA data;
    assert_true(CreateDirectoryA("C:\\many", NULL));
    for (int i = 0; i < 100; i++) {
        sprintf(name, "C:\\many\\a file with a name that is long %03d", i);
        make_file(name, "");
    }
    HANDLE find = FindFirstFileA("C:\\many\\a*", &data);
    assert_ptr_not_equal(find, INVALID_HANDLE_VALUE);
    do {
        sprintf(name, "a file with a name that is long %03u", count++);
        assert_string_equal(data.cFileName, name);
    } while (FindNextFileA(find, &data));
    assert_int_equal(count, 100);
    assert_true(FindClose(find));
}

static void test_by_handle(void **state)
{
    (void)state;
    BY_HANDLE_FILE_INFORMATION a, b;
    make_file("C:\\h", "1234567");
    HANDLE file = CreateFileA("C:\\h", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE again = CreateFileA("C:\\H", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(GetFileInformationByHandle(file, &a));
    assert_true(GetFileInformationByHandle(again, &b));
    assert_int_equal(a.nFileSizeLow, 7);
    assert_int_equal(a.nNumberOfLinks, 1);
    assert_int_equal(a.dwFileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    assert_int_equal(a.nFileIndexLow, b.nFileIndexLow);
    assert_int_not_equal(a.nFileIndexLow, 0);
    assert_int_equal(a.dwVolumeSerialNumber, 0x4E54494F);
    assert_fails(GetFileInformationByHandle(file, BAD_LOW), ERROR_NOACCESS);
    assert_true(CloseHandle(file));
    assert_true(CloseHandle(again));
    assert_fails(GetFileInformationByHandle(NULL, &a), ERROR_INVALID_HANDLE);
}

static void test_sizes(void **state)
{
    (void)state;
    LARGE_INTEGER size, to = {.QuadPart = 3};
    make_file("C:\\s", "1234567");
    HANDLE file = CreateFileA("C:\\s", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_int_equal(GetFileSize(file, NULL), 7);
    assert_true(SetFilePointerEx(file, to, NULL, FILE_BEGIN));
    assert_true(SetEndOfFile(file));
    assert_true(GetFileSizeEx(file, &size));
    assert_int_equal(size.QuadPart, 3);
    assert_int_equal(SetFilePointer(file, 2, NULL, FILE_END), 5);
    assert_true(SetEndOfFile(file));
    assert_int_equal(GetFileSize(file, NULL), 5);
    assert_true(CloseHandle(file));
    assert_file("C:\\s", "123"); /* and two zeros */
}

static void test_temporary(void **state)
{
    (void)state;
    char path[MAX_PATH], name[MAX_PATH], other[MAX_PATH];
    assert_int_equal(GetTempPathA(sizeof path, path), 16);
    assert_string_equal(path, "C:\\Windows\\Temp\\");
    assert_int_equal(GetTempPathA(16, path), 17);
    UINT number = GetTempFileNameA(path, "abcd", 0, name);
    assert_int_not_equal(number, 0);
    char expected[MAX_PATH];
    sprintf(expected, "C:\\Windows\\Temp\\abc%X.TMP", number);
    assert_string_equal(name, expected);
    assert_int_equal(GetFileAttributesA(name), FILE_ATTRIBUTE_ARCHIVE);
    assert_int_not_equal(GetTempFileNameA(path, "abc", 0, other), 0);
    assert_string_not_equal(name, other);
    assert_int_equal(GetTempFileNameA("C:\\Windows", "", 0x1AB, name), 0x1AB);
    assert_string_equal(name, "C:\\Windows\\1AB.TMP");
    GONE(name);
    assert_fails(GetTempFileNameA("C:\\none", "a", 0, name), ERROR_DIRECTORY);
}

static void test_volume(void **state)
{
    (void)state;
    ULARGE_INTEGER available, total, unused;
    DWORD sectors, bytes, serial, component, flags;
    char label[MAX_PATH], system[MAX_PATH], drives[16];
    assert_true(GetDiskFreeSpaceExA("C:\\", &available, &total, &unused));
    assert_true(available.QuadPart <= unused.QuadPart && unused.QuadPart <= total.QuadPart);
    assert_true(GetDiskFreeSpaceA(NULL, &sectors, &bytes, NULL, NULL));
    assert_int_equal(sectors * bytes, 4096);
    assert_fails(GetDiskFreeSpaceExA("Q:\\", &available, NULL, NULL), ERROR_PATH_NOT_FOUND);
    assert_true(GetVolumeInformationA("C:\\", label, sizeof label, &serial, &component, &flags, system,
                                      sizeof system));
    assert_string_equal(label, "ntio");
    assert_string_equal(system, "NTFS");
    assert_int_equal(component, 255);
    assert_fails(GetVolumeInformationA("C:\\", label, 2, NULL, NULL, NULL, NULL, 0), ERROR_BAD_LENGTH);
    assert_int_equal(GetDriveTypeA("C:\\"), DRIVE_FIXED);
    assert_int_equal(GetDriveTypeA("Q:\\"), DRIVE_NO_ROOT_DIR);
    assert_int_equal(GetDriveTypeA(NULL), DRIVE_FIXED);
    assert_int_equal(GetLogicalDrives(), 1 << 2);
    assert_int_equal(GetLogicalDriveStringsA(sizeof drives, drives), 4);
    assert_memory_equal(drives, "C:\\\0", 5);
    assert_int_equal(GetLogicalDriveStringsA(4, drives), 5);
}

/* Without a root a driver can still be copied where installers want it. */
static void test_image_over_image(void **state)
{
    (void)state;
    assert_true(CopyFileA("C:\\x\\win32dev.sys", "C:\\Windows\\System32\\drivers\\win32dev.sys", FALSE));
    assert_fails(CopyFileA("C:\\win32dev.sys", "C:\\other\\win32dev.sys", TRUE), ERROR_FILE_EXISTS);
    assert_fails(CopyFileA("C:\\win32dev.sys", "C:\\other\\else.sys", FALSE), ERROR_WRITE_PROTECT);
    assert_fails(CreateDirectoryA("C:\\d", NULL), ERROR_WRITE_PROTECT);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, disk_set_up, disk_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_deleting),
        ON_DISK(test_directories),
        ON_DISK(test_moving),
        ON_DISK(test_copying),
        ON_DISK(test_finding),
        ON_DISK(test_find_data),
        ON_DISK(test_many_files),
        ON_DISK(test_by_handle),
        ON_DISK(test_sizes),
        ON_DISK(test_temporary),
        ON_DISK(test_volume),
        cmocka_unit_test_setup_teardown(test_image_over_image, machine_start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
