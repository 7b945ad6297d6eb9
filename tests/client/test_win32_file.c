/*
 * CreateFile, ReadFile, WriteFile, file pointers and DeviceIoControl against a device.
 * DRIVERS: win32dev
 */
#include "win32_test.h"

#include <winioctl.h>

#include "../drivers/win32dev/win32dev.h"

static int load(void **state)
{
    if (machine_start(state))
        return -1;
    assert_int_equal(ntio_load_driver("win32dev"), STATUS_SUCCESS);
    return 0;
}

static int unload(void **state)
{
    assert_int_equal(ntio_unload_driver("win32dev"), STATUS_SUCCESS);
    return machine_stop(state);
}

static HANDLE try_open(const char *name, DWORD disposition, DWORD flags)
{
    SetLastError(0xDEAD);
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, disposition, flags, NULL);
}

static HANDLE open_device(DWORD flags)
{
    HANDLE device = try_open("\\\\.\\Win32Dev", OPEN_EXISTING, flags);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    return device;
}

static void assert_open(const char *name, DWORD disposition, DWORD error)
{
    HANDLE handle = try_open(name, disposition, 0);
    assert_ptr_not_equal(handle, INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
    assert_true(CloseHandle(handle));
}

static void assert_no_open(const char *name, DWORD disposition, DWORD error)
{
    assert_ptr_equal(try_open(name, disposition, 0), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
}

static void test_names(void **state)
{
    (void)state;
    assert_open("\\\\.\\Win32Dev", OPEN_EXISTING, ERROR_SUCCESS);
    assert_open("\\\\.\\win32dev", OPEN_EXISTING, ERROR_SUCCESS);
    assert_open("\\\\?\\Win32Dev", OPEN_EXISTING, ERROR_SUCCESS);
    assert_open("\\??\\Win32Dev", OPEN_EXISTING, ERROR_SUCCESS);
    assert_open("//./Win32Dev", OPEN_EXISTING, ERROR_SUCCESS);
    assert_open("\\\\.\\elsewhere\\..\\Win32Dev", OPEN_EXISTING, ERROR_SUCCESS);
    assert_open("\\\\.\\Global\\Win32Dev", OPEN_EXISTING, ERROR_SUCCESS);
    assert_no_open("\\\\.\\NoSuchDevice", OPEN_EXISTING, ERROR_FILE_NOT_FOUND);
    assert_no_open("\\\\.\\Win32Dev\\nothing", OPEN_EXISTING, ERROR_FILE_NOT_FOUND);
    assert_no_open("\\\\.\\NoSuchDevice\\x", OPEN_EXISTING, ERROR_PATH_NOT_FOUND);
    assert_no_open("", OPEN_EXISTING, ERROR_PATH_NOT_FOUND);
    assert_no_open(NULL, OPEN_EXISTING, ERROR_PATH_NOT_FOUND);
    assert_no_open(BAD_LOW, OPEN_EXISTING, ERROR_NOACCESS);
    assert_no_open(BAD_HIGH, OPEN_EXISTING, ERROR_NOACCESS);
    HANDLE wide = CreateFileW(L"\\\\.\\Win32Dev", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(wide, INVALID_HANDLE_VALUE);
    assert_true(CloseHandle(wide));
}

static void test_dispositions(void **state)
{
    (void)state;
    assert_open("\\\\.\\Win32Dev\\new", CREATE_ALWAYS, ERROR_SUCCESS);
    assert_open("\\\\.\\Win32Dev\\old", CREATE_ALWAYS, ERROR_ALREADY_EXISTS);
    assert_open("\\\\.\\Win32Dev\\old", OPEN_ALWAYS, ERROR_ALREADY_EXISTS);
    assert_open("\\\\.\\Win32Dev\\old", OPEN_EXISTING, ERROR_SUCCESS);
    assert_open("\\\\.\\Win32Dev\\old", TRUNCATE_EXISTING, ERROR_SUCCESS);
    assert_no_open("\\\\.\\Win32Dev\\old", CREATE_NEW, ERROR_FILE_EXISTS);
    assert_no_open("\\\\.\\Win32Dev\\directory", OPEN_EXISTING, ERROR_ACCESS_DENIED);
    assert_no_open("\\\\.\\Win32Dev\\directory\\", OPEN_EXISTING, ERROR_PATH_NOT_FOUND);
    assert_no_open("\\\\.\\Win32Dev", 0, ERROR_INVALID_PARAMETER);
    assert_no_open("\\\\.\\Win32Dev", 6, ERROR_INVALID_PARAMETER);
    SetLastError(0xDEAD);
    assert_ptr_equal(CreateFileA("\\\\.\\Win32Dev", GENERIC_READ, 0, NULL, TRUNCATE_EXISTING, 0, NULL),
                     INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void test_image_of_a_driver(void **state)
{
    (void)state;
    char path[MAX_PATH];
    assert_true(GetCurrentDirectoryA(sizeof path, path) > 0);
    lstrcatA(path, "\\win32dev.sys");
    HANDLE file = CreateFileA(path, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    assert_true(CloseHandle(file));
    assert_int_not_equal(GetFileAttributesA(path), INVALID_FILE_ATTRIBUTES);
    lstrcpyA(path + lstrlenA(path) - 12, "nodriver.sys");
    assert_ptr_equal(try_open(path, OPEN_EXISTING, 0), INVALID_HANDLE_VALUE);
    assert_fails(GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES, GetLastError());
}

static void test_synchronous_transfer(void **state)
{
    (void)state;
    HANDLE device = open_device(0);
    unsigned char data[100];
    DWORD count = 77;
    assert_true(ReadFile(device, data, 16, &count, NULL));
    assert_int_equal(count, 16);
    assert_int_equal(data[15], 15);
    assert_true(ReadFile(device, data, 16, &count, NULL));
    assert_int_equal(data[0], 16);
    assert_true(ReadFile(device, data, 100, &count, NULL));
    assert_int_equal(count, 32);
    /* At the end a synchronous read succeeds with nothing. */
    assert_true(ReadFile(device, data, 16, &count, NULL));
    assert_int_equal(count, 0);
    assert_fails(WriteFile(device, data, 1, &count, NULL), ERROR_DISK_FULL);
    assert_true(ReadFile(device, data, 0, NULL, NULL));
    /* An OVERLAPPED says where, on a synchronous handle too; there the end is an error. */
    OVERLAPPED overlapped = {.Offset = 40};
    assert_true(ReadFile(device, data, 4, &count, &overlapped));
    assert_int_equal(data[0], 40);
    assert_int_equal(overlapped.InternalHigh, 4);
    overlapped.Offset = WIN32DEV_SIZE;
    assert_fails(ReadFile(device, data, 4, &count, &overlapped), ERROR_HANDLE_EOF);
    assert_true(FlushFileBuffers(device));
    assert_true(CloseHandle(device));
}

static void test_file_pointer(void **state)
{
    (void)state;
    HANDLE device = open_device(0);
    unsigned char byte;
    DWORD count;
    LONG high = 0;
    LARGE_INTEGER to = {.QuadPart = 5}, now;
    assert_int_equal(SetFilePointer(device, 10, NULL, FILE_BEGIN), 10);
    assert_true(ReadFile(device, &byte, 1, &count, NULL));
    assert_int_equal(byte, 10);
    assert_int_equal(SetFilePointer(device, -3, NULL, FILE_CURRENT), 8);
    assert_int_equal(SetFilePointer(device, -4, NULL, FILE_END), WIN32DEV_SIZE - 4);
    assert_true(ReadFile(device, &byte, 1, &count, NULL));
    assert_int_equal(byte, WIN32DEV_SIZE - 4);
    assert_true(SetFilePointerEx(device, to, &now, FILE_BEGIN));
    assert_int_equal(now.QuadPart, 5);
    assert_true(SetFilePointerEx(device, to, NULL, FILE_CURRENT));
    high = 1;
    assert_int_equal(SetFilePointer(device, 2, &high, FILE_BEGIN), 2);
    assert_int_equal(high, 1);
    assert_int_equal(SetFilePointer(device, -1, &high, FILE_BEGIN), INVALID_SET_FILE_POINTER);
    assert_int_equal(GetLastError(), ERROR_SUCCESS);
    assert_int_equal(high, 1);
    assert_fails(SetFilePointer(device, -1, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER,
                 ERROR_NEGATIVE_SEEK);
    assert_fails(SetFilePointer(device, 0, NULL, 3) != INVALID_SET_FILE_POINTER, ERROR_INVALID_PARAMETER);
    assert_fails(SetFilePointer(NULL, 0, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER, ERROR_INVALID_HANDLE);
    assert_fails(SetFilePointer(device, 0, BAD_LOW, FILE_BEGIN) != INVALID_SET_FILE_POINTER, ERROR_NOACCESS);
    assert_int_equal(GetFileSize(device, NULL), WIN32DEV_SIZE);
    assert_true(GetFileSizeEx(device, &now));
    assert_int_equal(now.QuadPart, WIN32DEV_SIZE);
    assert_int_equal(GetFileType(device), FILE_TYPE_UNKNOWN);
    assert_true(CloseHandle(device));
}

static void test_control(void **state)
{
    (void)state;
    HANDLE device = open_device(0);
    struct win32dev_return wanted = {STATUS_SUCCESS, 5};
    unsigned char out[8] = {0};
    DWORD count = 77;
    assert_true(DeviceIoControl(device, IOCTL_WIN32DEV_RETURN, &wanted, sizeof wanted, out, sizeof out,
                                &count, NULL));
    assert_int_equal(count, 5);
    assert_int_equal(out[4], 0xA5);
    assert_int_equal(out[5], 0);
    /* A warning fails, but says how much there is and gives it. */
    wanted = (struct win32dev_return){STATUS_BUFFER_OVERFLOW, 6};
    assert_fails(
        DeviceIoControl(device, IOCTL_WIN32DEV_RETURN, &wanted, sizeof wanted, out, sizeof out, &count, NULL),
        ERROR_MORE_DATA);
    assert_int_equal(count, 6);
    assert_int_equal(out[5], 0xA5);
    /* An error gives nothing. */
    wanted = (struct win32dev_return){STATUS_DEVICE_NOT_READY, 8};
    assert_fails(
        DeviceIoControl(device, IOCTL_WIN32DEV_RETURN, &wanted, sizeof wanted, out, sizeof out, &count, NULL),
        ERROR_NOT_READY);
    assert_int_equal(out[7], 0);
    assert_fails(DeviceIoControl(device, 0x12345678, NULL, 0, NULL, 0, &count, NULL), ERROR_INVALID_FUNCTION);
    assert_true(DeviceIoControl(device, FSCTL_WIN32DEV_ECHO, "x", 1, out, 1, &count, NULL));
    assert_int_equal(out[0], 'x');
    assert_true(CloseHandle(device));
    device = CreateFileA("\\\\.\\Win32Dev", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_fails(DeviceIoControl(device, IOCTL_WIN32DEV_WRITERS, NULL, 0, NULL, 0, &count, NULL),
                 ERROR_ACCESS_DENIED);
    assert_true(CloseHandle(device));
}

static void test_bad_input(void **state)
{
    (void)state;
    HANDLE device = open_device(0), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    struct win32dev_return wanted = {STATUS_SUCCESS, 8};
    unsigned char out[8];
    DWORD count;
    HANDLE handles[] = {NULL, (HANDLE)(ULONG_PTR)0x5000, (HANDLE)(ULONG_PTR)0x13579BDF2468ACE0};
    for (size_t i = 0; i < 3; i++) {
        assert_fails(
            DeviceIoControl(handles[i], IOCTL_WIN32DEV_RETURN, &wanted, sizeof wanted, out, 8, &count, NULL),
            ERROR_INVALID_HANDLE);
        assert_fails(ReadFile(handles[i], out, 1, &count, NULL), ERROR_INVALID_HANDLE);
        assert_fails(WriteFile(handles[i], out, 1, &count, NULL), ERROR_INVALID_HANDLE);
        assert_fails(FlushFileBuffers(handles[i]), ERROR_INVALID_HANDLE);
        assert_fails(CloseHandle(handles[i]), ERROR_INVALID_HANDLE);
    }
    /* A handle of another type. */
    assert_fails(ReadFile(event, out, 1, &count, NULL), ERROR_INVALID_HANDLE);
    void *bad[] = {BAD_LOW, BAD_HIGH};
    for (size_t i = 0; i < 2; i++) {
        assert_fails(DeviceIoControl(device, IOCTL_WIN32DEV_RETURN, bad[i], 8, out, 8, &count, NULL),
                     ERROR_NOACCESS);
        assert_fails(DeviceIoControl(device, IOCTL_WIN32DEV_RETURN, &wanted, 8, bad[i], 8, &count, NULL),
                     ERROR_NOACCESS);
        assert_fails(DeviceIoControl(device, IOCTL_WIN32DEV_RETURN, &wanted, 8, out, 8, bad[i], NULL),
                     ERROR_NOACCESS);
        assert_fails(DeviceIoControl(device, IOCTL_WIN32DEV_RETURN, &wanted, 8, out, 8, &count, bad[i]),
                     ERROR_NOACCESS);
        assert_fails(ReadFile(device, bad[i], 8, &count, NULL), ERROR_NOACCESS);
        assert_fails(ReadFile(device, out, 8, bad[i], NULL), ERROR_NOACCESS);
        assert_fails(WriteFile(device, bad[i], 8, &count, NULL), ERROR_NOACCESS);
    }
    assert_true(DeviceIoControl(device, IOCTL_WIN32DEV_RETURN, &wanted, 8, out, 8, NULL, NULL));
    assert_true(DeviceIoControl(device, IOCTL_WIN32DEV_RETURN, &wanted, 8, out, 8, &count, NULL));
    assert_true(CloseHandle(event));
    assert_true(CloseHandle(device));
}

static void test_duplicate(void **state)
{
    (void)state;
    HANDLE device = open_device(0), second = NULL;
    struct win32dev_return wanted = {STATUS_SUCCESS, 8};
    unsigned char out[8];
    DWORD count, flags;
    assert_true(DuplicateHandle(GetCurrentProcess(), device, GetCurrentProcess(), &second, 0, FALSE,
                                DUPLICATE_SAME_ACCESS));
    assert_true(CloseHandle(device));
    assert_true(DeviceIoControl(second, IOCTL_WIN32DEV_RETURN, &wanted, sizeof wanted, out, 8, &count, NULL));
    assert_true(SetHandleInformation(second, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE));
    assert_true(GetHandleInformation(second, &flags));
    assert_int_equal(flags, HANDLE_FLAG_PROTECT_FROM_CLOSE);
    assert_true(SetHandleInformation(second, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0));
    assert_true(CloseHandle(second));
    assert_fails(CloseHandle(second), ERROR_INVALID_HANDLE);
    assert_fails(DuplicateHandle(GetCurrentProcess(), second, GetCurrentProcess(), &second, 0, FALSE,
                                 DUPLICATE_SAME_ACCESS),
                 ERROR_INVALID_HANDLE);
}

static void test_overlapped(void **state)
{
    (void)state;
    HANDLE device = open_device(FILE_FLAG_OVERLAPPED);
    unsigned char data[8];
    DWORD count = 77;
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    assert_fails(DeviceIoControl(device, IOCTL_WIN32DEV_PEND, NULL, 0, NULL, 0, &count, &overlapped),
                 ERROR_IO_PENDING);
    assert_false(HasOverlappedIoCompleted(&overlapped));
    assert_fails(GetOverlappedResult(device, &overlapped, &count, FALSE), ERROR_IO_INCOMPLETE);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, 0), WAIT_TIMEOUT);
    OVERLAPPED other = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    assert_true(DeviceIoControl(device, IOCTL_WIN32DEV_RELEASE, NULL, 0, NULL, 0, &count, &other));
    assert_true(GetOverlappedResult(device, &overlapped, &count, TRUE));
    assert_true(HasOverlappedIoCompleted(&overlapped));
    assert_int_equal(count, 0);
    /* Cancelled. */
    assert_fails(DeviceIoControl(device, IOCTL_WIN32DEV_PEND, NULL, 0, NULL, 0, &count, &overlapped),
                 ERROR_IO_PENDING);
    assert_fails(CancelIoEx(device, &other), ERROR_NOT_FOUND);
    assert_true(CancelIoEx(device, &overlapped));
    assert_fails(GetOverlappedResult(device, &overlapped, &count, TRUE), ERROR_OPERATION_ABORTED);
    assert_fails(DeviceIoControl(device, IOCTL_WIN32DEV_PEND, NULL, 0, NULL, 0, &count, &overlapped),
                 ERROR_IO_PENDING);
    assert_true(CancelIo(device));
    assert_fails(GetOverlappedResultEx(device, &overlapped, &count, 5000, FALSE), ERROR_OPERATION_ABORTED);
    /* Completed at once: the event is set, the count is there. */
    overlapped.Offset = 3;
    assert_true(ReadFile(device, data, 2, &count, &overlapped));
    assert_int_equal(count, 2);
    assert_int_equal(data[0], 3);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, 0), WAIT_OBJECT_0);
    overlapped.Offset = WIN32DEV_SIZE;
    SetLastError(0xDEAD);
    assert_false(ReadFile(device, data, 2, &count, &overlapped));
    assert_int_equal(GetLastError(), ERROR_HANDLE_EOF);
    assert_true(CloseHandle(overlapped.hEvent));
    assert_true(CloseHandle(other.hEvent));
    assert_true(CloseHandle(device));
}

static DWORD completed_error, completed_bytes;
static LPOVERLAPPED completed;

static VOID CALLBACK on_complete(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    completed_error = error;
    completed_bytes = bytes;
    completed = overlapped;
}

static void test_completion_routine(void **state)
{
    (void)state;
    HANDLE device = open_device(FILE_FLAG_OVERLAPPED);
    unsigned char data[8];
    OVERLAPPED overlapped = {.Offset = 60};
    assert_true(ReadFileEx(device, data, 8, &overlapped, on_complete));
    assert_null(completed);
    assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_ptr_equal(completed, &overlapped);
    assert_int_equal(completed_error, ERROR_SUCCESS);
    assert_int_equal(completed_bytes, 4);
    assert_int_equal(SleepEx(0, TRUE), 0);
    assert_fails(ReadFileEx(device, BAD_LOW, 8, &overlapped, on_complete), ERROR_NOACCESS);
    assert_true(CloseHandle(device));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, load, unload)
        TEST(test_names),
        TEST(test_dispositions),
        TEST(test_image_of_a_driver),
        TEST(test_synchronous_transfer),
        TEST(test_file_pointer),
        TEST(test_control),
        TEST(test_bad_input),
        TEST(test_duplicate),
        TEST(test_overlapped),
        TEST(test_completion_routine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
