/*
 * Completion ports.
 */
#include "win32p.h"

_Static_assert(sizeof(OVERLAPPED_ENTRY) == sizeof(FILE_IO_COMPLETION_INFORMATION),
               "GetQueuedCompletionStatusEx hands its entries on");

HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort,
                                     ULONG_PTR CompletionKey, DWORD NumberOfConcurrentThreads)
{
    HANDLE port = ExistingCompletionPort;
    NTSTATUS status;
    if (FileHandle == INVALID_HANDLE_VALUE && port) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!port) {
        status = NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, NumberOfConcurrentThreads);
        if (!NT_SUCCESS(status)) {
            win32_fail(status);
            return NULL;
        }
    }
    if (FileHandle == INVALID_HANDLE_VALUE)
        return port;
    FILE_COMPLETION_INFORMATION tie = {port, (PVOID)CompletionKey};
    IO_STATUS_BLOCK io;
    status = NtSetInformationFile(FileHandle, &io, &tie, sizeof tie, FileCompletionInformation);
    if (NT_SUCCESS(status))
        return port;
    if (!ExistingCompletionPort)
        NtClose(port);
    win32_fail(status);
    return NULL;
}

static BOOL not_taken(NTSTATUS status)
{
    switch (status) {
    case STATUS_TIMEOUT:
        return win32_error(WAIT_TIMEOUT);
    case STATUS_USER_APC:
        return win32_error(WAIT_IO_COMPLETION);
    case STATUS_ABANDONED_WAIT_0: /* the port was closed meanwhile */
        return win32_error(ERROR_ABANDONED_WAIT_0);
    default:
        return win32_fail(status);
    }
}

BOOL WINAPI GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred,
                                      PULONG_PTR lpCompletionKey, LPOVERLAPPED *lpOverlapped,
                                      DWORD dwMilliseconds)
{
    LARGE_INTEGER room;
    IO_STATUS_BLOCK io;
    PVOID key, context, none = NULL;
    NTSTATUS status =
        NtRemoveIoCompletion(CompletionPort, &key, &context, &io, win32_timeout(&room, dwMilliseconds));
    if (status != STATUS_SUCCESS) {
        if (!win32_write(lpOverlapped, &none, sizeof none))
            return FALSE;
        return not_taken(status);
    }
    ULONG_PTR told = (ULONG_PTR)key;
    if (!win32_write(lpCompletionKey, &told, sizeof told) ||
        !win32_write(lpOverlapped, &context, sizeof context) ||
        !win32_store(lpNumberOfBytesTransferred, (DWORD)io.Information))
        return FALSE;
    return win32_result(io.Status);
}

BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE CompletionPort, LPOVERLAPPED_ENTRY lpCompletionPortEntries,
                                        ULONG ulCount, PULONG ulNumEntriesRemoved, DWORD dwMilliseconds,
                                        BOOL fAlertable)
{
    LARGE_INTEGER room;
    PLARGE_INTEGER timeout = win32_timeout(&room, dwMilliseconds);
    NTSTATUS status;
    do
        status =
            NtRemoveIoCompletionEx(CompletionPort, (PFILE_IO_COMPLETION_INFORMATION)lpCompletionPortEntries,
                                   ulCount, ulNumEntriesRemoved, timeout, (BOOLEAN)(fAlertable != 0));
    while (fAlertable && status == STATUS_ALERTED);
    return status == STATUS_SUCCESS ? TRUE : not_taken(status);
}

BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred,
                                       ULONG_PTR dwCompletionKey, LPOVERLAPPED lpOverlapped)
{
    return win32_result(NtSetIoCompletion(CompletionPort, (PVOID)dwCompletionKey, lpOverlapped,
                                          STATUS_SUCCESS, dwNumberOfBytesTransferred));
}

BOOL WINAPI SetFileCompletionNotificationModes(HANDLE FileHandle, UCHAR Flags)
{
    FILE_IO_COMPLETION_NOTIFICATION_INFORMATION modes = {Flags};
    IO_STATUS_BLOCK io;
    return win32_result(
        NtSetInformationFile(FileHandle, &io, &modes, sizeof modes, FileIoCompletionNotificationInformation));
}
