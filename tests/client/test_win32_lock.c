/*
 * Ranges of files that are locked. DRIVERS: lockdev win32dev
 */
#include "disk_test.h"
#include "../drivers/lockdev/lockdev.h"

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE)

static HANDLE open_it(const char *name, DWORD flags)
{
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, SHARE_ALL, NULL, OPEN_EXISTING, flags, NULL);
    assert_ptr_not_equal(file, INVALID_HANDLE_VALUE);
    return file;
}

static BOOL lock(HANDLE file, DWORD flags, DWORD offset, DWORD length)
{
    OVERLAPPED overlapped = {.Offset = offset};
    return LockFileEx(file, flags, 0, length, 0, &overlapped);
}

static BOOL read_at(HANDLE file, DWORD offset, DWORD length)
{
    char buffer[64];
    DWORD done;
    OVERLAPPED overlapped = {.Offset = offset};
    return ReadFile(file, buffer, length, &done, &overlapped);
}

static BOOL write_at(HANDLE file, DWORD offset, DWORD length)
{
    DWORD done;
    OVERLAPPED overlapped = {.Offset = offset};
    return WriteFile(file, "0123456789", length, &done, &overlapped);
}

static void test_exclusive(void **state)
{
    (void)state;
    make_file("C:\\f", "abcdefghijklmnopqrstuvwxyz");
    HANDLE mine = open_it("C:\\f", 0), other = open_it("C:\\f", 0);
    assert_true(LockFile(mine, 4, 0, 4, 0));
    /* The owner reads and writes, another handle of the same process neither. */
    assert_true(read_at(mine, 4, 4) && write_at(mine, 4, 4));
    assert_true(read_at(other, 0, 4) && write_at(other, 8, 4));
    assert_fails(read_at(other, 7, 1), ERROR_LOCK_VIOLATION);
    assert_fails(read_at(other, 0, 5), ERROR_LOCK_VIOLATION);
    assert_fails(write_at(other, 4, 1), ERROR_LOCK_VIOLATION);
    /* A NT name for each of the two. */
    char buffer[4];
    IO_STATUS_BLOCK io;
    LARGE_INTEGER offset = {.QuadPart = 4}, length = {.QuadPart = 4};
    assert_int_equal(NtReadFile(other, NULL, NULL, NULL, &io, buffer, 4, &offset, NULL), STATUS_FILE_LOCK_CONFLICT);
    assert_int_equal(NtLockFile(other, NULL, NULL, NULL, &io, &offset, &length, 0, TRUE, TRUE), STATUS_LOCK_NOT_GRANTED);
    /* Exclusive ones overlap nothing, not even their own handle's; the neighbours are free. */
    assert_fails(LockFile(mine, 4, 0, 4, 0), ERROR_LOCK_VIOLATION);
    assert_fails(LockFile(other, 7, 0, 10, 0), ERROR_LOCK_VIOLATION);
    assert_true(LockFile(other, 8, 0, 1, 0) && LockFile(other, 0, 0, 4, 0));
    /* Unlocking takes the same handle and range. */
    assert_fails(UnlockFile(other, 4, 0, 4, 0), ERROR_NOT_LOCKED);
    assert_fails(UnlockFile(mine, 4, 0, 3, 0), ERROR_NOT_LOCKED);
    assert_fails(UnlockFile(mine, 5, 0, 3, 0), ERROR_NOT_LOCKED);
    assert_true(UnlockFile(mine, 4, 0, 4, 0));
    assert_fails(UnlockFile(mine, 4, 0, 4, 0), ERROR_NOT_LOCKED);
    assert_true(read_at(other, 4, 4));
    /* A handle's locks go with it. */
    assert_fails(write_at(mine, 8, 1), ERROR_LOCK_VIOLATION);
    assert_true(CloseHandle(other));
    assert_true(write_at(mine, 8, 1) && write_at(mine, 0, 4));
    assert_true(CloseHandle(mine));
    assert_file("C:\\f", "012301230123mnopqrstuvwxyz");
}

static void test_shared(void **state)
{
    (void)state;
    make_file("C:\\f", "abcdefghij");
    HANDLE mine = open_it("C:\\f", 0), other = open_it("C:\\f", 0);
    assert_true(lock(mine, LOCKFILE_FAIL_IMMEDIATELY, 0, 5));
    assert_true(lock(other, LOCKFILE_FAIL_IMMEDIATELY, 3, 5));
    assert_fails(lock(other, LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK, 0, 1), ERROR_LOCK_VIOLATION);
    assert_true(read_at(mine, 0, 10) && read_at(other, 0, 10));
    /* Nobody writes there, its owner neither. */
    assert_fails(write_at(mine, 0, 1), ERROR_LOCK_VIOLATION);
    assert_fails(write_at(other, 2, 1), ERROR_LOCK_VIOLATION);
    assert_true(write_at(other, 8, 2));
    OVERLAPPED range = {.Offset = 3};
    assert_true(UnlockFileEx(other, 0, 5, 0, &range));
    assert_true(write_at(mine, 5, 3));
    range.Offset = 0;
    assert_true(UnlockFileEx(mine, 0, 5, 0, &range));
    /* A shared one over the handle's own exclusive one: two unlocks, the exclusive first. */
    assert_true(LockFile(mine, 0, 0, 5, 0));
    assert_true(lock(mine, LOCKFILE_FAIL_IMMEDIATELY, 0, 5));
    assert_fails(lock(other, LOCKFILE_FAIL_IMMEDIATELY, 0, 5), ERROR_LOCK_VIOLATION);
    assert_fails(write_at(mine, 0, 1), ERROR_LOCK_VIOLATION);
    assert_true(UnlockFile(mine, 0, 0, 5, 0));
    assert_true(read_at(other, 0, 5));
    assert_true(UnlockFile(mine, 0, 0, 5, 0));
    assert_true(write_at(mine, 0, 1));
    assert_true(CloseHandle(mine) && CloseHandle(other));
}

static void test_ranges(void **state)
{
    (void)state;
    make_file("C:\\f", "x");
    HANDLE file = open_it("C:\\f", 0);
    /* Beyond the end of the file, and to the end of what there can be. */
    assert_true(LockFile(file, 100, 0, 1, 0));
    assert_true(LockFile(file, 0xFFFFFFFF, 0xFFFFFFFF, 1, 0));
    assert_fails(LockFile(file, 0xFFFFFFFF, 0xFFFFFFFF, 1, 0), ERROR_LOCK_VIOLATION);
    assert_fails(LockFile(file, 0xFFFFFFFF, 0xFFFFFFFF, 2, 0), ERROR_INVALID_LOCK_RANGE);
    assert_fails(LockFile(file, 2, 0, 0xFFFFFFFF, 0xFFFFFFFF), ERROR_INVALID_LOCK_RANGE);
    assert_true(LockFile(file, 100, 0, 0, 0)); /* of no length, at the edge */
    assert_true(UnlockFile(file, 100, 0, 0, 0));
    /* Keys are the services'. */
    IO_STATUS_BLOCK io = {{0}, 1};
    LARGE_INTEGER offset = {.QuadPart = 8}, length = {.QuadPart = 2};
    ULONG key = 7;
    assert_int_equal(NtLockFile(file, NULL, NULL, NULL, &io, &offset, &length, key, TRUE, TRUE), STATUS_SUCCESS);
    assert_int_equal(io.Status, STATUS_SUCCESS);
    assert_int_equal(io.Information, 0);
    char c = 'c';
    assert_int_equal(NtWriteFile(file, NULL, NULL, NULL, &io, &c, 1, &offset, NULL), STATUS_FILE_LOCK_CONFLICT);
    assert_int_equal(NtWriteFile(file, NULL, NULL, NULL, &io, &c, 1, &offset, &key), STATUS_SUCCESS);
    assert_int_equal(NtUnlockFile(file, &io, &offset, &length, 0), STATUS_RANGE_NOT_LOCKED);
    assert_int_equal(NtUnlockFile(file, &io, &offset, &length, key), STATUS_SUCCESS);
    /* Parameters. */
    OVERLAPPED overlapped = {.Offset = 0};
    assert_fails(LockFileEx(file, 0, 1, 1, 0, &overlapped), ERROR_INVALID_PARAMETER);
    assert_fails(LockFileEx(file, 4, 0, 1, 0, &overlapped), ERROR_INVALID_PARAMETER);
    assert_fails(LockFileEx(file, 0, 0, 1, 0, BAD_LOW), ERROR_NOACCESS);
    assert_fails(LockFile(NULL, 0, 0, 1, 0), ERROR_INVALID_HANDLE);
    assert_int_equal(NtLockFile(file, NULL, NULL, NULL, &io, NULL, &length, 0, TRUE, TRUE), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtLockFile(file, NULL, NULL, NULL, BAD_LOW, &offset, &length, 0, TRUE, TRUE),
                     STATUS_ACCESS_VIOLATION);
    assert_true(CloseHandle(file));
    file = CreateFileA("C:\\f", FILE_READ_ATTRIBUTES, SHARE_ALL, NULL, OPEN_EXISTING, 0, NULL);
    assert_fails(LockFile(file, 0, 0, 1, 0), ERROR_ACCESS_DENIED);
    assert_fails(UnlockFile(file, 0, 0, 1, 0), ERROR_ACCESS_DENIED);
    assert_true(CloseHandle(file));
}

static void test_waiting(void **state)
{
    (void)state;
    make_file("C:\\f", "abcdefghij");
    HANDLE mine = open_it("C:\\f", 0), other = open_it("C:\\f", FILE_FLAG_OVERLAPPED);
    OVERLAPPED first = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)}, second = {.Offset = 2};
    DWORD done;
    second.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    assert_true(LockFile(mine, 0, 0, 5, 0));
    assert_fails(LockFileEx(other, LOCKFILE_EXCLUSIVE_LOCK, 0, 4, 0, &first), ERROR_IO_PENDING);
    assert_fails(LockFileEx(other, 0, 0, 4, 0, &second), ERROR_IO_PENDING);
    assert_false(HasOverlappedIoCompleted(&first));
    assert_int_equal(WaitForSingleObject(first.hEvent, 0), WAIT_TIMEOUT);
    /* Granted in their order, as far as they do not stand in each other's way: the second is the first's own. */
    assert_true(UnlockFile(mine, 0, 0, 5, 0));
    assert_true(GetOverlappedResult(other, &first, &done, TRUE));
    assert_true(GetOverlappedResult(other, &second, &done, TRUE));
    assert_fails(read_at(mine, 0, 1), ERROR_LOCK_VIOLATION);
    /* One that is cancelled. */
    OVERLAPPED third = {.hEvent = first.hEvent};
    HANDLE last = open_it("C:\\f", FILE_FLAG_OVERLAPPED);
    assert_fails(LockFileEx(last, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &third), ERROR_IO_PENDING);
    assert_true(CancelIo(last));
    assert_fails(GetOverlappedResult(last, &third, &done, TRUE), ERROR_OPERATION_ABORTED);
    /* One whose handle is closed while it waits. */
    assert_fails(LockFileEx(last, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &third), ERROR_IO_PENDING);
    assert_true(CloseHandle(last));
    assert_int_equal(WaitForSingleObject(third.hEvent, 5000), WAIT_OBJECT_0);
    assert_int_equal((NTSTATUS)third.Internal, STATUS_RANGE_NOT_LOCKED);
    assert_true(CloseHandle(other));
    assert_true(read_at(mine, 0, 1));
    CloseHandle(mine);
    CloseHandle(first.hEvent);
    CloseHandle(second.hEvent);
}

static DWORD WINAPI lock_and_wait(LPVOID event)
{
    HANDLE file = open_it("C:\\f", 0);
    SetEvent(event);
    BOOL locked = lock(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 1);
    CloseHandle(file);
    return (DWORD)locked;
}

/* A synchronous handle waits inside the call. */
static void test_waiting_thread(void **state)
{
    (void)state;
    make_file("C:\\f", "a");
    HANDLE file = open_it("C:\\f", 0), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD code;
    assert_true(LockFile(file, 0, 0, 1, 0));
    HANDLE thread = CreateThread(NULL, 0, lock_and_wait, event, 0, NULL);
    assert_int_equal(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    assert_true(UnlockFile(file, 0, 0, 1, 0));
    assert_int_equal(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    assert_int_equal(code, TRUE);
    CloseHandle(thread);
    CloseHandle(event);
    CloseHandle(file);
}

static void test_driver(void **state)
{
    (void)state;
    assert_int_equal(ntio_load_driver("lockdev"), 0);
    assert_int_equal(ntio_load_driver("win32dev"), 0);
    struct lockdev_last last;
    DWORD done;
    HANDLE device = open_it("\\\\.\\LockDev", 0);
    assert_true(LockFile(device, 1, 0, 3, 4));
    assert_true(DeviceIoControl(device, LOCKDEV_LAST, NULL, 0, &last, sizeof last, &done, NULL));
    assert_int_equal(last.minor, 1); /* IRP_MN_LOCK */
    assert_int_equal(last.flags, 3); /* SL_FAIL_IMMEDIATELY | SL_EXCLUSIVE_LOCK */
    assert_int_equal(last.key, 0);
    assert_int_equal(last.offset, 1);
    assert_int_equal(last.length, 0x400000003);
    assert_true(lock(device, 0, 5, 1));
    assert_true(DeviceIoControl(device, LOCKDEV_LAST, NULL, 0, &last, sizeof last, &done, NULL));
    assert_int_equal(last.flags, 0);
    assert_true(UnlockFile(device, 5, 0, 1, 0));
    assert_true(DeviceIoControl(device, LOCKDEV_LAST, NULL, 0, &last, sizeof last, &done, NULL));
    assert_int_equal(last.minor, 2); /* IRP_MN_UNLOCK_SINGLE */
    assert_int_equal(last.times, 3);
    assert_fails(LockFile(device, 4096, 0, 1, 0), ERROR_LOCK_VIOLATION);
    assert_fails(UnlockFile(device, 4096, 0, 1, 0), ERROR_NOT_LOCKED);
    assert_true(CloseHandle(device));
    /* One that has none. */
    device = open_it("\\\\.\\Win32Dev", 0);
    assert_fails(LockFile(device, 0, 0, 1, 0), ERROR_INVALID_FUNCTION);
    assert_true(CloseHandle(device));
    assert_int_equal(ntio_unload_driver("win32dev"), 0);
    assert_int_equal(ntio_unload_driver("lockdev"), 0);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, disk_set_up, disk_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_exclusive), ON_DISK(test_shared),         ON_DISK(test_ranges),
        ON_DISK(test_waiting),   ON_DISK(test_waiting_thread), ON_DISK(test_driver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
