/*
 * ReadFile, WriteFile and DeviceIoControl, and what becomes of the requests that are pending.
 *
 * The first two members of an OVERLAPPED are the request's IO_STATUS_BLOCK.
 */
#include "win32p.h"

static NTSTATUS wait_for(HANDLE file, NTSTATUS status, IO_STATUS_BLOCK *io)
{
    if (status != STATUS_PENDING)
        return status;
    /* A synchronous handle: the file object is signalled when its request is done. */
    status = NtWaitForSingleObject(file, FALSE, NULL);
    return NT_SUCCESS(status) ? __atomic_load_n(&io->Status, __ATOMIC_ACQUIRE) : status;
}

/* The event's lowest bit keeps a request away from a completion port; then there is no context either. */
static PVOID context_of(LPOVERLAPPED overlapped)
{
    return (ULONG_PTR)overlapped->hEvent & 1 ? NULL : overlapped;
}

/*
 * Takes the event and the offset from the client's OVERLAPPED and marks it pending; false, with the last
 * error set, when it cannot be touched.
 */
static bool begin(LPOVERLAPPED overlapped, OVERLAPPED *copy)
{
    ULONG_PTR pending = STATUS_PENDING;
    return win32_read(copy, overlapped, sizeof *copy) &&
           win32_write(&overlapped->Internal, &pending, sizeof pending);
}

static bool store_transferred(LPDWORD count, LPOVERLAPPED overlapped)
{
    ULONG_PTR transferred = 0;
    return !count || (win32_read(&transferred, &overlapped->InternalHigh, sizeof transferred) &&
                      win32_store(count, (DWORD)transferred));
}

enum direction { READ, WRITE };

static NTSTATUS transfer(enum direction direction, HANDLE file, HANDLE event, PIO_APC_ROUTINE routine,
                         PVOID context, PIO_STATUS_BLOCK io, PVOID buffer, DWORD length,
                         PLARGE_INTEGER offset)
{
    if (direction == READ)
        return NtReadFile(file, event, routine, context, io, buffer, length, offset, NULL);
    return NtWriteFile(file, event, routine, context, io, buffer, length, offset, NULL);
}

static BOOL transfer_overlapped(enum direction direction, HANDLE file, PVOID buffer, DWORD length,
                                LPDWORD count, LPOVERLAPPED overlapped)
{
    OVERLAPPED copy;
    if (!begin(overlapped, &copy))
        return FALSE;
    LARGE_INTEGER offset = {.LowPart = copy.Offset, .HighPart = (LONG)copy.OffsetHigh};
    PVOID context = (ULONG_PTR)copy.hEvent & 1 ? NULL : overlapped;
    NTSTATUS status = transfer(direction, file, copy.hEvent, NULL, context, (PIO_STATUS_BLOCK)overlapped,
                               buffer, length, &offset);
    if (NT_SUCCESS(status) && status != STATUS_PENDING)
        return store_transferred(count, overlapped) ? TRUE : FALSE;
    return win32_fail(status);
}

static BOOL transfer_synchronous(enum direction direction, HANDLE file, PVOID buffer, DWORD length,
                                 LPDWORD count)
{
    IO_STATUS_BLOCK io = {{0}, 0};
    NTSTATUS status =
        wait_for(file, transfer(direction, file, NULL, NULL, NULL, &io, buffer, length, NULL), &io);
    if (NT_SUCCESS(status))
        return win32_store(count, (DWORD)io.Information) ? TRUE : FALSE;
    if (status == STATUS_END_OF_FILE && direction == READ)
        return win32_store(count, 0) ? TRUE : FALSE; /* the end is no error, only nothing read */
    if (NT_WARNING(status) && !win32_store(count, (DWORD)io.Information))
        return FALSE;
    return win32_fail(status);
}

BOOL WINAPI ReadFile(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPDWORD lpNumberOfBytesRead,
                     LPOVERLAPPED lpOverlapped)
{
    if (!win32_store(lpNumberOfBytesRead, 0))
        return FALSE;
    if (win32_is_console(hFile))
        return win32_console_read(hFile, lpBuffer, nNumberOfBytesToRead, lpNumberOfBytesRead);
    if (lpOverlapped)
        return transfer_overlapped(READ, hFile, lpBuffer, nNumberOfBytesToRead, lpNumberOfBytesRead,
                                   lpOverlapped);
    return transfer_synchronous(READ, hFile, lpBuffer, nNumberOfBytesToRead, lpNumberOfBytesRead);
}

BOOL WINAPI WriteFile(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
                      LPDWORD lpNumberOfBytesWritten, LPOVERLAPPED lpOverlapped)
{
    PVOID buffer = (PVOID)lpBuffer;
    if (!win32_store(lpNumberOfBytesWritten, 0))
        return FALSE;
    if (win32_is_console(hFile))
        return win32_console_write(hFile, lpBuffer, nNumberOfBytesToWrite, lpNumberOfBytesWritten);
    if (lpOverlapped)
        return transfer_overlapped(WRITE, hFile, buffer, nNumberOfBytesToWrite, lpNumberOfBytesWritten,
                                   lpOverlapped);
    return transfer_synchronous(WRITE, hFile, buffer, nNumberOfBytesToWrite, lpNumberOfBytesWritten);
}

/* The APC of ReadFileEx and WriteFileEx: the context is the client's routine. */
static VOID NTAPI call_completion(PVOID context, PIO_STATUS_BLOCK io, ULONG reserved)
{
    LPOVERLAPPED_COMPLETION_ROUTINE routine = (LPOVERLAPPED_COMPLETION_ROUTINE)context;
    NTSTATUS status = io->Status;
    (void)reserved;
    routine(NT_SUCCESS(status) ? ERROR_SUCCESS : RtlNtStatusToDosError(status),
            NT_ERROR(status) ? 0 : (DWORD)io->Information, (LPOVERLAPPED)io);
}

static BOOL transfer_ex(enum direction direction, HANDLE file, PVOID buffer, DWORD length,
                        LPOVERLAPPED overlapped, LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    OVERLAPPED copy;
    if (!begin(overlapped, &copy))
        return FALSE;
    LARGE_INTEGER offset = {.LowPart = copy.Offset, .HighPart = (LONG)copy.OffsetHigh};
    NTSTATUS status = transfer(direction, file, NULL, call_completion, (PVOID)routine,
                               (PIO_STATUS_BLOCK)overlapped, buffer, length, &offset);
    return NT_ERROR(status) ? win32_fail(status) : TRUE;
}

BOOL WINAPI ReadFileEx(HANDLE hFile, LPVOID lpBuffer, DWORD nNumberOfBytesToRead, LPOVERLAPPED lpOverlapped,
                       LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    return transfer_ex(READ, hFile, lpBuffer, nNumberOfBytesToRead, lpOverlapped, lpCompletionRoutine);
}

BOOL WINAPI WriteFileEx(HANDLE hFile, LPCVOID lpBuffer, DWORD nNumberOfBytesToWrite,
                        LPOVERLAPPED lpOverlapped, LPOVERLAPPED_COMPLETION_ROUTINE lpCompletionRoutine)
{
    return transfer_ex(WRITE, hFile, (PVOID)lpBuffer, nNumberOfBytesToWrite, lpOverlapped,
                       lpCompletionRoutine);
}

static NTSTATUS control(HANDLE device, HANDLE event, PVOID context, PIO_STATUS_BLOCK io, DWORD code, PVOID in,
                        DWORD in_length, PVOID out, DWORD out_length)
{
    if (DEVICE_TYPE_FROM_CTL_CODE(code) == FILE_DEVICE_FILE_SYSTEM)
        return NtFsControlFile(device, event, NULL, context, io, code, in, in_length, out, out_length);
    return NtDeviceIoControlFile(device, event, NULL, context, io, code, in, in_length, out, out_length);
}

BOOL WINAPI DeviceIoControl(HANDLE hDevice, DWORD dwIoControlCode, LPVOID lpInBuffer, DWORD nInBufferSize,
                            LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesReturned,
                            LPOVERLAPPED lpOverlapped)
{
    if (win32_is_console(hDevice))
        return win32_error(ERROR_INVALID_HANDLE);
    if (lpOverlapped) {
        OVERLAPPED copy;
        if (!begin(lpOverlapped, &copy))
            return FALSE;
        NTSTATUS status = control(hDevice, copy.hEvent, context_of(&copy) ? lpOverlapped : NULL,
                                  (PIO_STATUS_BLOCK)lpOverlapped, dwIoControlCode, lpInBuffer, nInBufferSize,
                                  lpOutBuffer, nOutBufferSize);
        /* A warning (a buffer too small for everything) comes with what did fit. */
        if (!NT_ERROR(status) && status != STATUS_PENDING &&
            !store_transferred(lpBytesReturned, lpOverlapped))
            return FALSE;
        return NT_SUCCESS(status) && status != STATUS_PENDING ? TRUE : win32_fail(status);
    }
    IO_STATUS_BLOCK io = {{0}, 0};
    NTSTATUS status = wait_for(hDevice,
                               control(hDevice, NULL, NULL, &io, dwIoControlCode, lpInBuffer, nInBufferSize,
                                       lpOutBuffer, nOutBufferSize),
                               &io);
    if (!NT_ERROR(status) && !win32_store(lpBytesReturned, (DWORD)io.Information))
        return FALSE;
    return NT_SUCCESS(status) ? TRUE : win32_fail(status);
}

static NTSTATUS overlapped_status(LPOVERLAPPED overlapped)
{
    return (NTSTATUS)__atomic_load_n((ULONG *)&overlapped->Internal, __ATOMIC_ACQUIRE);
}

BOOL WINAPI GetOverlappedResultEx(HANDLE hFile, LPOVERLAPPED lpOverlapped, LPDWORD lpNumberOfBytesTransferred,
                                  DWORD dwMilliseconds, BOOL bAlertable)
{
    OVERLAPPED copy;
    if (!win32_read(&copy, lpOverlapped, sizeof copy))
        return FALSE;
    if (overlapped_status(lpOverlapped) == STATUS_PENDING) {
        if (!dwMilliseconds)
            return win32_error(ERROR_IO_INCOMPLETE);
        DWORD waited = WaitForSingleObjectEx(copy.hEvent ? copy.hEvent : hFile, dwMilliseconds, bAlertable);
        if (waited == WAIT_FAILED)
            return FALSE;
        if (waited != WAIT_OBJECT_0)
            return win32_error(waited); /* WAIT_TIMEOUT, WAIT_IO_COMPLETION */
    }
    NTSTATUS status = overlapped_status(lpOverlapped);
    if (!store_transferred(lpNumberOfBytesTransferred, lpOverlapped))
        return FALSE;
    return win32_result(status);
}

BOOL WINAPI GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped, LPDWORD lpNumberOfBytesTransferred,
                                BOOL bWait)
{
    return GetOverlappedResultEx(hFile, lpOverlapped, lpNumberOfBytesTransferred, bWait ? INFINITE : 0,
                                 FALSE);
}

BOOL WINAPI CancelIo(HANDLE hFile)
{
    IO_STATUS_BLOCK io;
    return win32_result(NtCancelIoFile(hFile, &io));
}

BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped)
{
    IO_STATUS_BLOCK io;
    return win32_result(NtCancelIoFileEx(hFile, (PIO_STATUS_BLOCK)lpOverlapped, &io));
}

BOOL WINAPI CancelSynchronousIo(HANDLE hThread)
{
    IO_STATUS_BLOCK io;
    return win32_result(NtCancelSynchronousIoFile(hThread, NULL, &io));
}
