/*
 * Ranges of files that are locked.
 */
#include "win32p.h"

static LARGE_INTEGER large(DWORD low, DWORD high)
{
    return (LARGE_INTEGER){.LowPart = low, .HighPart = (LONG)high};
}

/* Exclusively and without waiting: ERROR_LOCK_VIOLATION when something is in the way. */
BOOL WINAPI LockFile(HANDLE hFile, DWORD dwFileOffsetLow, DWORD dwFileOffsetHigh,
                     DWORD nNumberOfBytesToLockLow, DWORD nNumberOfBytesToLockHigh)
{
    IO_STATUS_BLOCK io = {{0}, 0};
    LARGE_INTEGER offset = large(dwFileOffsetLow, dwFileOffsetHigh),
                  length = large(nNumberOfBytesToLockLow, nNumberOfBytesToLockHigh);
    NTSTATUS status = NtLockFile(hFile, NULL, NULL, NULL, &io, &offset, &length, 0, TRUE, TRUE);
    if (status == STATUS_PENDING) {
        status = NtWaitForSingleObject(hFile, FALSE, NULL);
        if (NT_SUCCESS(status))
            status = __atomic_load_n(&io.Status, __ATOMIC_ACQUIRE);
    }
    return win32_result(status);
}

BOOL WINAPI LockFileEx(HANDLE hFile, DWORD dwFlags, DWORD dwReserved, DWORD nNumberOfBytesToLockLow,
                       DWORD nNumberOfBytesToLockHigh, LPOVERLAPPED lpOverlapped)
{
    OVERLAPPED copy;
    ULONG_PTR pending = STATUS_PENDING;
    if (dwReserved || dwFlags & ~(DWORD)(LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_read(&copy, lpOverlapped, sizeof copy) ||
        !win32_write(&lpOverlapped->Internal, &pending, sizeof pending))
        return FALSE;
    LARGE_INTEGER offset = large(copy.Offset, copy.OffsetHigh),
                  length = large(nNumberOfBytesToLockLow, nNumberOfBytesToLockHigh);
    PVOID context = (ULONG_PTR)copy.hEvent & 1 ? NULL : lpOverlapped;
    NTSTATUS status =
        NtLockFile(hFile, copy.hEvent, NULL, context, (PIO_STATUS_BLOCK)lpOverlapped, &offset, &length, 0,
                   (dwFlags & LOCKFILE_FAIL_IMMEDIATELY) != 0, (dwFlags & LOCKFILE_EXCLUSIVE_LOCK) != 0);
    return NT_SUCCESS(status) && status != STATUS_PENDING ? TRUE : win32_fail(status);
}

static NTSTATUS unlock(HANDLE file, LARGE_INTEGER offset, LARGE_INTEGER length, PIO_STATUS_BLOCK io)
{
    return NtUnlockFile(file, io, &offset, &length, 0);
}

/* ERROR_NOT_LOCKED unless it is exactly a range that was locked with this handle. */
BOOL WINAPI UnlockFile(HANDLE hFile, DWORD dwFileOffsetLow, DWORD dwFileOffsetHigh,
                       DWORD nNumberOfBytesToUnlockLow, DWORD nNumberOfBytesToUnlockHigh)
{
    IO_STATUS_BLOCK io;
    return win32_result(unlock(hFile, large(dwFileOffsetLow, dwFileOffsetHigh),
                               large(nNumberOfBytesToUnlockLow, nNumberOfBytesToUnlockHigh), &io));
}

BOOL WINAPI UnlockFileEx(HANDLE hFile, DWORD dwReserved, DWORD nNumberOfBytesToUnlockLow,
                         DWORD nNumberOfBytesToUnlockHigh, LPOVERLAPPED lpOverlapped)
{
    OVERLAPPED copy;
    if (dwReserved)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_read(&copy, lpOverlapped, sizeof copy))
        return FALSE;
    return win32_result(unlock(hFile, large(copy.Offset, copy.OffsetHigh),
                               large(nNumberOfBytesToUnlockLow, nNumberOfBytesToUnlockHigh),
                               (PIO_STATUS_BLOCK)lpOverlapped));
}
