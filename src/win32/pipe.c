/*
 * Pipes, with and without a name.
 */
#include "win32p.h"

#include <ntio_pipe.h>
#include <stdlib.h>
#include <string.h>

#define ROOT L"\\Device\\NamedPipe\\"

/* --- pipes without a name: of one instance, whose name nobody else has --- */

#define DEFAULT_SIZE 4096

static NTSTATUS open_ends(HANDLE ends[2], LPSECURITY_ATTRIBUTES security, DWORD size)
{
    WCHAR text[48] = ROOT L"Win32Pipes.";
    static const WCHAR digits[] = L"0123456789abcdef";
    ULONGLONG number;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    size_t length = win32_length(text);
    host_random(&number, sizeof number);
    for (int shift = 60; shift >= 0; shift -= 4)
        text[length++] = digits[number >> shift & 15];
    text[length] = 0;
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(
        &attributes, &name, OBJ_CASE_INSENSITIVE | (security && security->bInheritHandle ? OBJ_INHERIT : 0),
        NULL, security ? security->lpSecurityDescriptor : NULL);
    LARGE_INTEGER timeout = {.QuadPart = -1200000000};
    NTSTATUS status = NtCreateNamedPipeFile(
        &ends[0], GENERIC_READ | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, &attributes, &io, FILE_SHARE_WRITE,
        FILE_CREATE, FILE_SYNCHRONOUS_IO_NONALERT, FILE_PIPE_BYTE_STREAM_TYPE, FILE_PIPE_BYTE_STREAM_MODE,
        FILE_PIPE_QUEUE_OPERATION, 1, size, size, &timeout);
    if (!NT_SUCCESS(status))
        return status;
    status = NtOpenFile(&ends[1], GENERIC_WRITE | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &io,
                        FILE_SHARE_READ, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(status))
        NtClose(ends[0]);
    return status;
}

BOOL WINAPI CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe, LPSECURITY_ATTRIBUTES lpPipeAttributes,
                       DWORD nSize)
{
    SECURITY_ATTRIBUTES security;
    HANDLE ends[2];
    if (lpPipeAttributes && !win32_read(&security, lpPipeAttributes, sizeof security))
        return FALSE;
    NTSTATUS status = open_ends(ends, lpPipeAttributes ? &security : NULL, nSize ? nSize : DEFAULT_SIZE);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    if (win32_write(hReadPipe, &ends[0], sizeof(HANDLE)) && win32_write(hWritePipe, &ends[1], sizeof(HANDLE)))
        return TRUE;
    NtClose(ends[0]);
    NtClose(ends[1]);
    return win32_error(ERROR_NOACCESS);
}

/* --- names --- */

/* What stands behind \\.\pipe\; NULL, with the last error set: it is no pipe's name. */
static LPCWSTR after_root(const struct win32_wide *name)
{
    static const WCHAR root[] = L"\\\\.\\PIPE\\";
    size_t length = sizeof root / sizeof root[0] - 1, i = 0;
    if (!name->text || name->length <= length) {
        win32_error(ERROR_INVALID_NAME);
        return NULL;
    }
    for (; i < length; i++) {
        WCHAR c = name->text[i] == L'/' ? L'\\' : win32_upper(name->text[i]);
        if (c != root[i]) {
            win32_error(ERROR_INVALID_NAME);
            return NULL;
        }
    }
    return name->text + length;
}

static HANDLE create(const struct win32_wide *name, DWORD open_mode, DWORD pipe_mode, DWORD instances,
                     DWORD out, DWORD in, DWORD timeout, LPSECURITY_ATTRIBUTES attributes)
{
    static const DWORD accesses[] = {0, GENERIC_READ, GENERIC_WRITE, GENERIC_READ | GENERIC_WRITE},
                       shares[] = {0, FILE_SHARE_WRITE, FILE_SHARE_READ, FILE_SHARE_READ | FILE_SHARE_WRITE};
    const DWORD known = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_WRITE_THROUGH |
                        FILE_FLAG_FIRST_PIPE_INSTANCE | WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY;
    SECURITY_ATTRIBUTES security = {0};
    struct win32_path path;
    OBJECT_ATTRIBUTES object;
    IO_STATUS_BLOCK io;
    HANDLE handle = INVALID_HANDLE_VALUE;
    DWORD direction = open_mode & PIPE_ACCESS_DUPLEX;
    LARGE_INTEGER limit = {.QuadPart = (timeout ? timeout : 50) * -10000LL};
    if (!after_root(name))
        return handle;
    if (!direction || open_mode & ~known || !instances || instances > PIPE_UNLIMITED_INSTANCES ||
        pipe_mode &
            ~(DWORD)(PIPE_NOWAIT | PIPE_READMODE_MESSAGE | PIPE_TYPE_MESSAGE | PIPE_REJECT_REMOTE_CLIENTS) ||
        (pipe_mode & PIPE_READMODE_MESSAGE && !(pipe_mode & PIPE_TYPE_MESSAGE))) {
        win32_error(ERROR_INVALID_PARAMETER);
        return handle;
    }
    if (attributes && !win32_read(&security, attributes, sizeof security))
        return handle;
    NTSTATUS status = win32_nt_path(name->text, name->length, &path);
    if (!NT_SUCCESS(status)) {
        win32_fail(status);
        return handle;
    }
    InitializeObjectAttributes(&object, &path.name,
                               OBJ_CASE_INSENSITIVE | (security.bInheritHandle ? OBJ_INHERIT : 0), NULL,
                               security.lpSecurityDescriptor);
    if (timeout == NMPWAIT_WAIT_FOREVER)
        limit.QuadPart = MINLONGLONG;
    status = NtCreateNamedPipeFile(
        &handle,
        accesses[direction] | SYNCHRONIZE | (open_mode & (WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY)),
        &object, &io, shares[direction],
        open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE ? FILE_CREATE : FILE_OPEN_IF,
        (open_mode & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0) |
            (open_mode & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT),
        pipe_mode & PIPE_TYPE_MESSAGE ? FILE_PIPE_MESSAGE_TYPE : FILE_PIPE_BYTE_STREAM_TYPE,
        pipe_mode & PIPE_READMODE_MESSAGE ? FILE_PIPE_MESSAGE_MODE : FILE_PIPE_BYTE_STREAM_MODE,
        pipe_mode & PIPE_NOWAIT ? FILE_PIPE_COMPLETE_OPERATION : FILE_PIPE_QUEUE_OPERATION,
        instances == PIPE_UNLIMITED_INSTANCES ? MAXULONG : instances, in, out, &limit);
    win32_path_free(&path);
    if (!NT_SUCCESS(status)) {
        win32_fail(status);
        return INVALID_HANDLE_VALUE;
    }
    return handle;
}

HANDLE WINAPI CreateNamedPipeW(LPCWSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode, DWORD nMaxInstances,
                               DWORD nOutBufferSize, DWORD nInBufferSize, DWORD nDefaultTimeOut,
                               LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return INVALID_HANDLE_VALUE;
    HANDLE handle = create(&name, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize, nInBufferSize,
                           nDefaultTimeOut, lpSecurityAttributes);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateNamedPipeA(LPCSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode, DWORD nMaxInstances,
                               DWORD nOutBufferSize, DWORD nInBufferSize, DWORD nDefaultTimeOut,
                               LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return INVALID_HANDLE_VALUE;
    HANDLE handle = create(&name, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize, nInBufferSize,
                           nDefaultTimeOut, lpSecurityAttributes);
    win32_wide_free(&name);
    return handle;
}

/* --- requests to a pipe --- */

/* Waits for it, whatever kind of handle it is. */
static NTSTATUS control(HANDLE pipe, ULONG code, PVOID in, ULONG in_length, PVOID out, ULONG out_length,
                        PIO_STATUS_BLOCK io)
{
    io->Status = STATUS_PENDING;
    NTSTATUS status = NtFsControlFile(pipe, NULL, NULL, NULL, io, code, in, in_length, out, out_length);
    if (status != STATUS_PENDING)
        return status;
    status = NtWaitForSingleObject(pipe, FALSE, NULL);
    return NT_SUCCESS(status) ? __atomic_load_n(&io->Status, __ATOMIC_ACQUIRE) : status;
}

/* As rw.c's requests with an OVERLAPPED. FALSE and ERROR_IO_PENDING: it is under way. */
static BOOL control_overlapped(HANDLE pipe, ULONG code, PVOID in, ULONG in_length, PVOID out,
                               ULONG out_length, LPDWORD count, LPOVERLAPPED overlapped)
{
    OVERLAPPED copy;
    ULONG_PTR pending = STATUS_PENDING, done = 0;
    if (!win32_read(&copy, overlapped, sizeof copy) ||
        !win32_write(&overlapped->Internal, &pending, sizeof pending))
        return FALSE;
    NTSTATUS status = NtFsControlFile(pipe, copy.hEvent, NULL, (ULONG_PTR)copy.hEvent & 1 ? NULL : overlapped,
                                      (PIO_STATUS_BLOCK)overlapped, code, in, in_length, out, out_length);
    if (!NT_SUCCESS(status) || status == STATUS_PENDING)
        return win32_fail(status);
    return !count ||
           (win32_read(&done, &overlapped->InternalHigh, sizeof done) && win32_store(count, (DWORD)done));
}

BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped)
{
    IO_STATUS_BLOCK io;
    if (lpOverlapped)
        return control_overlapped(hNamedPipe, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0, NULL, lpOverlapped);
    return win32_result(control(hNamedPipe, FSCTL_PIPE_LISTEN, NULL, 0, NULL, 0, &io));
}

BOOL WINAPI DisconnectNamedPipe(HANDLE hNamedPipe)
{
    IO_STATUS_BLOCK io;
    return win32_result(control(hNamedPipe, FSCTL_PIPE_DISCONNECT, NULL, 0, NULL, 0, &io));
}

static BOOL wait_for(const struct win32_wide *name, DWORD timeout)
{
    LPCWSTR rest = after_root(name);
    if (!rest)
        return FALSE;
    UNICODE_STRING root;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    HANDLE pipes;
    size_t length = win32_length(rest) * sizeof(WCHAR);
    if (length > 0xFFFC)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    RtlInitUnicodeString(&root, ROOT);
    InitializeObjectAttributes(&attributes, &root, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtOpenFile(&pipes, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &io,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    FILE_PIPE_WAIT_FOR_BUFFER *asked = malloc(sizeof *asked + length);
    if (!asked) {
        NtClose(pipes);
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    }
    asked->Timeout.QuadPart = timeout == NMPWAIT_WAIT_FOREVER ? MINLONGLONG : timeout * -10000LL;
    asked->TimeoutSpecified = timeout != NMPWAIT_USE_DEFAULT_WAIT;
    asked->NameLength = (ULONG)length;
    memcpy(asked->Name, rest, length);
    status = control(pipes, FSCTL_PIPE_WAIT, asked, (ULONG)(sizeof *asked + length), NULL, 0, &io);
    free(asked);
    NtClose(pipes);
    return win32_result(status);
}

BOOL WINAPI WaitNamedPipeW(LPCWSTR lpNamedPipeName, DWORD nTimeOut)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpNamedPipeName))
        return FALSE;
    BOOL done = wait_for(&name, nTimeOut);
    win32_wide_free(&name);
    return done;
}

BOOL WINAPI WaitNamedPipeA(LPCSTR lpNamedPipeName, DWORD nTimeOut)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpNamedPipeName))
        return FALSE;
    BOOL done = wait_for(&name, nTimeOut);
    win32_wide_free(&name);
    return done;
}

BOOL WINAPI PeekNamedPipe(HANDLE hNamedPipe, LPVOID lpBuffer, DWORD nBufferSize, LPDWORD lpBytesRead,
                          LPDWORD lpTotalBytesAvail, LPDWORD lpBytesLeftThisMessage)
{
    const DWORD head = FIELD_OFFSET(FILE_PIPE_PEEK_BUFFER, Data);
    IO_STATUS_BLOCK io = {{0}, 0};
    if (nBufferSize > MAXULONG - head || !lpBuffer)
        nBufferSize = 0;
    FILE_PIPE_PEEK_BUFFER *answer = malloc(sizeof *answer + nBufferSize);
    if (!answer)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    NTSTATUS status = control(hNamedPipe, FSCTL_PIPE_PEEK, NULL, 0, answer, head + nBufferSize, &io);
    BOOL done = !NT_ERROR(status) || win32_fail(status); /* more than there is room for is no error */
    if (done) {
        DWORD count = (DWORD)io.Information - head;
        done =
            (!count || win32_write(lpBuffer, answer->Data, count)) && win32_store(lpBytesRead, count) &&
            win32_store(lpTotalBytesAvail, answer->ReadDataAvailable) &&
            win32_store(lpBytesLeftThisMessage, answer->NumberOfMessages ? answer->MessageLength - count : 0);
    }
    free(answer);
    return done;
}

BOOL WINAPI TransactNamedPipe(HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                              DWORD nOutBufferSize, LPDWORD lpBytesRead, LPOVERLAPPED lpOverlapped)
{
    IO_STATUS_BLOCK io = {{0}, 0};
    if (!win32_store(lpBytesRead, 0))
        return FALSE;
    if (lpOverlapped)
        return control_overlapped(hNamedPipe, FSCTL_PIPE_TRANSCEIVE, lpInBuffer, nInBufferSize, lpOutBuffer,
                                  nOutBufferSize, lpBytesRead, lpOverlapped);
    NTSTATUS status = control(hNamedPipe, FSCTL_PIPE_TRANSCEIVE, lpInBuffer, nInBufferSize, lpOutBuffer,
                              nOutBufferSize, &io);
    if (!NT_ERROR(status) && !win32_store(lpBytesRead, (DWORD)io.Information))
        return FALSE;
    return win32_result(status);
}

/* --- a whole conversation --- */

static HANDLE open_for_call(const struct win32_wide *name, DWORD timeout)
{
    for (;;) {
        HANDLE pipe =
            CreateFileW(name->text, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                        OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
        if (pipe != INVALID_HANDLE_VALUE || win32_last_error() != ERROR_PIPE_BUSY ||
            timeout == NMPWAIT_NOWAIT)
            return pipe;
        if (!wait_for(name, timeout))
            return INVALID_HANDLE_VALUE;
    }
}

static BOOL call(const struct win32_wide *name, LPVOID in, DWORD in_length, LPVOID out, DWORD out_length,
                 LPDWORD read, DWORD timeout)
{
    DWORD mode = PIPE_READMODE_MESSAGE | PIPE_WAIT;
    HANDLE pipe = open_for_call(name, timeout);
    if (pipe == INVALID_HANDLE_VALUE)
        return FALSE;
    BOOL done = SetNamedPipeHandleState(pipe, &mode, NULL, NULL) &&
                TransactNamedPipe(pipe, in, in_length, out, out_length, read, NULL);
    DWORD error = win32_last_error();
    NtClose(pipe);
    win32_set_last_error(error);
    return done;
}

BOOL WINAPI CallNamedPipeW(LPCWSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize,
                           LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead, DWORD nTimeOut)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpNamedPipeName))
        return FALSE;
    BOOL done = call(&name, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead, nTimeOut);
    win32_wide_free(&name);
    return done;
}

BOOL WINAPI CallNamedPipeA(LPCSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize, LPVOID lpOutBuffer,
                           DWORD nOutBufferSize, LPDWORD lpBytesRead, DWORD nTimeOut)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpNamedPipeName))
        return FALSE;
    BOOL done = call(&name, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead, nTimeOut);
    win32_wide_free(&name);
    return done;
}

/* --- modes, and what is known --- */

BOOL WINAPI SetNamedPipeHandleState(HANDLE hNamedPipe, LPDWORD lpMode, LPDWORD lpMaxCollectionCount,
                                    LPDWORD lpCollectDataTimeout)
{
    IO_STATUS_BLOCK io;
    DWORD mode;
    if (lpMaxCollectionCount || lpCollectDataTimeout) /* of pipes on other machines */
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!lpMode)
        return TRUE;
    if (!win32_read(&mode, lpMode, sizeof mode))
        return FALSE;
    if (mode & ~(DWORD)(PIPE_READMODE_MESSAGE | PIPE_NOWAIT))
        return win32_error(ERROR_INVALID_PARAMETER);
    FILE_PIPE_INFORMATION modes = {
        mode & PIPE_READMODE_MESSAGE ? FILE_PIPE_MESSAGE_MODE : FILE_PIPE_BYTE_STREAM_MODE,
        mode & PIPE_NOWAIT ? FILE_PIPE_COMPLETE_OPERATION : FILE_PIPE_QUEUE_OPERATION};
    return win32_result(NtSetInformationFile(hNamedPipe, &io, &modes, sizeof modes, FilePipeInformation));
}

static BOOL about(HANDLE pipe, FILE_PIPE_LOCAL_INFORMATION *local)
{
    IO_STATUS_BLOCK io;
    return win32_result(NtQueryInformationFile(pipe, &io, local, sizeof *local, FilePipeLocalInformation));
}

static DWORD instances_of(ULONG count)
{
    return count >= PIPE_UNLIMITED_INSTANCES ? PIPE_UNLIMITED_INSTANCES : count;
}

BOOL WINAPI GetNamedPipeInfo(HANDLE hNamedPipe, LPDWORD lpFlags, LPDWORD lpOutBufferSize,
                             LPDWORD lpInBufferSize, LPDWORD lpMaxInstances)
{
    FILE_PIPE_LOCAL_INFORMATION local;
    if (!about(hNamedPipe, &local))
        return FALSE;
    return win32_store(lpFlags, (local.NamedPipeType == FILE_PIPE_MESSAGE_TYPE ? PIPE_TYPE_MESSAGE : 0) |
                                    (local.NamedPipeEnd == FILE_PIPE_SERVER_END ? PIPE_SERVER_END : 0)) &&
           win32_store(lpOutBufferSize, local.OutboundQuota) &&
           win32_store(lpInBufferSize, local.InboundQuota) &&
           win32_store(lpMaxInstances, instances_of(local.MaximumInstances));
}

static BOOL process_of(HANDLE pipe, const char *name, ULONG length, PULONG id)
{
    IO_STATUS_BLOCK io;
    ULONG answer;
    NTSTATUS status =
        control(pipe, FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE, (PVOID)name, length, &answer, sizeof answer, &io);
    return NT_SUCCESS(status) ? win32_write(id, &answer, sizeof answer) : win32_fail(status);
}

BOOL WINAPI GetNamedPipeClientProcessId(HANDLE Pipe, PULONG ClientProcessId)
{
    static const char name[] = "ClientProcessId";
    return process_of(Pipe, name, sizeof name, ClientProcessId);
}

BOOL WINAPI GetNamedPipeServerProcessId(HANDLE Pipe, PULONG ServerProcessId)
{
    static const char name[] = "ServerProcessId";
    return process_of(Pipe, name, sizeof name, ServerProcessId);
}
