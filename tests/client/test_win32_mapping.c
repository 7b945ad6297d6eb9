/*
 * File mappings in memory and on files, and a driver that looks into them.
 * DRIVERS: shared
 */
#include "disk_test.h"

#include <winioctl.h>

#include "../drivers/shared/shared.h"

static HANDLE in_memory(DWORD protect, DWORD size, const char *name)
{
    HANDLE mapping = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, protect, 0, size, name);
    assert_non_null(mapping);
    return mapping;
}

static void test_memory(void **state)
{
    (void)state;
    MEMORY_BASIC_INFORMATION info;
    HANDLE mapping = in_memory(PAGE_READWRITE, 0x12345, NULL);
    assert_int_equal(GetLastError(), ERROR_SUCCESS);
    char *a = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    char *b = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0x10000, 100);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal((ULONG_PTR)a & 0xFFFF, 0);
    assert_int_equal(a[0x10001], 0);
    a[0x10001] = 'x';
    assert_int_equal(b[1], 'x'); /* the same page */
    assert_int_equal(VirtualQuery(a, &info, sizeof info), sizeof info);
    assert_int_equal(info.Type, MEM_MAPPED);
    assert_int_equal(info.RegionSize, 0x13000);
    assert_int_equal(info.Protect, PAGE_READWRITE);
    assert_int_equal(VirtualQuery(b, &info, sizeof info), sizeof info);
    assert_int_equal(info.RegionSize, 0x1000);
    assert_int_equal(info.Protect, PAGE_READONLY);
    assert_fails(VirtualFree(a, 0, MEM_RELEASE), ERROR_INVALID_PARAMETER);
    /* The views outlive the handle. */
    assert_true(CloseHandle(mapping));
    a[0x10002] = 'y';
    assert_int_equal(b[2], 'y');
    assert_true(UnmapViewOfFile(a));
    assert_fails(UnmapViewOfFile(a), ERROR_INVALID_ADDRESS);
    assert_int_equal(b[2], 'y');
    assert_true(UnmapViewOfFile(b));
    assert_fails(UnmapViewOfFile(BAD_LOW), ERROR_INVALID_ADDRESS);
}

static void test_copy_on_write(void **state)
{
    (void)state;
    HANDLE mapping = in_memory(PAGE_READWRITE, 0x1000, NULL);
    char *shared = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    char *copy = MapViewOfFile(mapping, FILE_MAP_COPY, 0, 0, 0);
    assert_non_null(shared);
    assert_non_null(copy);
    shared[0] = 'a';
    assert_int_equal(copy[0], 'a');
    copy[0] = 'b';
    assert_int_equal(shared[0], 'a');
    assert_int_equal(copy[0], 'b');
    assert_true(UnmapViewOfFile(copy));
    assert_true(UnmapViewOfFile(shared));
    assert_true(CloseHandle(mapping));
}

static void test_names(void **state)
{
    (void)state;
    HANDLE a = in_memory(PAGE_READWRITE, 0x1000, "Local\\m");
    HANDLE b = in_memory(PAGE_READWRITE, 0x2000, "m");
    assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);
    HANDLE c = OpenFileMappingW(FILE_MAP_READ, FALSE, L"m");
    assert_non_null(c);
    assert_null(MapViewOfFile(c, FILE_MAP_WRITE, 0, 0, 0));
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    char *view = MapViewOfFile(c, FILE_MAP_READ, 0, 0, 0);
    assert_non_null(view);
    assert_true(UnmapViewOfFile(view));
    assert_true(CloseHandle(a) && CloseHandle(b) && CloseHandle(c));
    assert_null(OpenFileMappingA(FILE_MAP_READ, FALSE, "m"));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_null(OpenFileMappingA(FILE_MAP_READ, FALSE, NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    HANDLE mapping = in_memory(PAGE_READONLY, 0x20000, NULL);
    assert_fails(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 0, NULL),
                 ERROR_INVALID_PARAMETER);
    assert_fails(CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_NOACCESS, 0, 1, NULL),
                 ERROR_INVALID_PARAMETER);
    assert_fails(CreateFileMappingA((HANDLE)(ULONG_PTR)0x7770, NULL, PAGE_READONLY, 0, 1, NULL),
                 ERROR_INVALID_HANDLE);
    assert_fails(MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0), ERROR_ACCESS_DENIED);
    assert_fails(MapViewOfFile(mapping, FILE_MAP_READ, 0, 1, 0), ERROR_MAPPED_ALIGNMENT);
    assert_fails(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0x20000, 0), ERROR_ACCESS_DENIED);
    assert_fails(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0x20001), ERROR_ACCESS_DENIED);
    assert_fails(MapViewOfFile(NULL, FILE_MAP_READ, 0, 0, 0), ERROR_INVALID_HANDLE);
    assert_fails(MapViewOfFileEx(mapping, FILE_MAP_READ, 0, 0, 0, (LPVOID)(ULONG_PTR)0x1000),
                 ERROR_MAPPED_ALIGNMENT);
    assert_true(CloseHandle(mapping));
}

static void test_file(void **state)
{
    (void)state;
    DWORD done;
    make_file("C:\\f", "some text");
    HANDLE file = CreateFileA("C:\\f", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    assert_non_null(mapping);
    char *view = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    assert_non_null(view);
    assert_memory_equal(view, "some text\0\0\0", 12);
    memcpy(view, "SOME", 4);
    char text[32] = "";
    assert_true(ReadFile(file, text, sizeof text, &done, NULL)); /* the file's cache and its views are one */
    assert_int_equal(done, 9);
    assert_string_equal(text, "SOME text");
    assert_int_equal(SetFilePointer(file, 5, NULL, FILE_BEGIN), 5);
    assert_true(WriteFile(file, "TEXT", 4, &done, NULL));
    assert_memory_equal(view, "SOME TEXT", 9);
    assert_true(FlushViewOfFile(view, 0));
    assert_fails(FlushViewOfFile(view + 0x10000, 0), ERROR_INVALID_ADDRESS);
    /* A mapped file cannot become shorter. */
    assert_int_equal(SetFilePointer(file, 2, NULL, FILE_BEGIN), 2);
    assert_fails(SetEndOfFile(file), ERROR_USER_MAPPED_FILE);
    assert_true(CloseHandle(file));
    assert_true(CloseHandle(mapping));
    assert_fails(CreateFileA("C:\\f", GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL) != INVALID_HANDLE_VALUE,
                 ERROR_USER_MAPPED_FILE);
    view[0] = '!';
    assert_true(UnmapViewOfFile(view));
    assert_file("C:\\f", "!OME TEXT");
    make_file("C:\\f", "x");
}

static void test_file_sizes(void **state)
{
    (void)state;
    make_file("C:\\empty", "");
    make_file("C:\\short", "123");
    HANDLE file = CreateFileA("C:\\empty", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_fails(CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL), ERROR_FILE_INVALID);
    HANDLE mapping = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0x3001, NULL);
    assert_non_null(mapping);
    assert_int_equal(GetFileSize(file, NULL), 0x3001);
    char *view = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0);
    assert_non_null(view);
    view[0x3000] = 'x';
    assert_true(UnmapViewOfFile(view) && CloseHandle(mapping) && CloseHandle(file));
    file = CreateFileA("C:\\short", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_fails(CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL), ERROR_ACCESS_DENIED);
    assert_fails(CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 4, NULL), ERROR_NOT_ENOUGH_MEMORY);
    mapping = CreateFileMappingA(file, NULL, PAGE_WRITECOPY, 0, 0, NULL);
    assert_non_null(mapping);
    view = MapViewOfFile(mapping, FILE_MAP_COPY, 0, 0, 0);
    assert_non_null(view);
    view[0] = 'x';
    assert_true(UnmapViewOfFile(view) && CloseHandle(mapping) && CloseHandle(file));
    assert_file("C:\\short", "123");
    file = CreateFileA("C:\\", 0, 7, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    assert_false(CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL));
    assert_true(CloseHandle(file));
    /* What is left open and mapped goes with the machine. */
    file = CreateFileA("C:\\short", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    mapping = CreateFileMappingA(file, NULL, PAGE_READONLY, 0, 0, NULL);
    assert_non_null(MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0));
}

static void test_driver(void **state)
{
    (void)state;
    char was[16];
    DWORD got;
    assert_int_equal(ntio_load_driver("shared"), STATUS_SUCCESS);
    HANDLE device =
        CreateFileA("\\\\.\\Shared", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    HANDLE mapping = in_memory(PAGE_READWRITE, 0x3000, "ntio-shared");
    char *view = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    assert_non_null(view);
    strcpy(view, "client");
    assert_true(DeviceIoControl(device, IOCTL_SHARED_VIEW, NULL, 0, was, sizeof was, &got, NULL));
    assert_string_equal(was, "client");
    assert_string_equal(view, "driver");
    assert_true(DeviceIoControl(device, IOCTL_SHARED_SYSTEM, NULL, 0, was, sizeof was, &got, NULL));
    assert_string_equal(was, "driver");
    assert_string_equal(view, "system");
    /* Views as buffers: of memory, of a private copy, and read-only. */
    char *copy = MapViewOfFile(mapping, FILE_MAP_COPY, 0, 0, 0);
    char *constant = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
    assert_true(DeviceIoControl(device, IOCTL_SHARED_FILL, NULL, 0, view + 0xFFE, 4, &got, NULL));
    assert_memory_equal(view + 0xFFD, "\0####\0", 6);
    assert_true(DeviceIoControl(device, IOCTL_SHARED_FILL, NULL, 0, copy + 0x1FFE, 4, &got, NULL));
    assert_memory_equal(copy + 0x1FFD, "\0####\0", 6);
    assert_int_equal(view[0x1FFE], 0);
    assert_fails(DeviceIoControl(device, IOCTL_SHARED_FILL, NULL, 0, constant, 4, &got, NULL),
                 ERROR_NOACCESS);
    /* And of a file. */
    make_file("C:\\buffer", "........");
    HANDLE file = CreateFileA("C:\\buffer", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE on_file = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    char *bytes = MapViewOfFile(on_file, FILE_MAP_WRITE, 0, 0, 0);
    assert_non_null(bytes);
    assert_true(DeviceIoControl(device, IOCTL_SHARED_FILL, NULL, 0, bytes + 2, 3, &got, NULL));
    assert_true(UnmapViewOfFile(bytes) && CloseHandle(on_file) && CloseHandle(file));
    assert_file("C:\\buffer", "..###...");
    assert_true(UnmapViewOfFile(constant) && UnmapViewOfFile(copy) && UnmapViewOfFile(view));
    assert_true(CloseHandle(mapping) && CloseHandle(device));
    assert_int_equal(ntio_unload_driver("shared"), STATUS_SUCCESS);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, disk_set_up, disk_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_memory), ON_DISK(test_copy_on_write), ON_DISK(test_names),  ON_DISK(test_bad_arguments),
        ON_DISK(test_file),   ON_DISK(test_file_sizes),    ON_DISK(test_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
