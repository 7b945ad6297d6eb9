/*
 * Opening files and devices, and what a file handle knows about itself. Nothing here sends a driver anything
 * but what the Nt* service of the same purpose sends.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

static bool disposition_of(DWORD disposition, ULONG *nt)
{
    switch (disposition) {
    case CREATE_NEW:
        *nt = FILE_CREATE;
        return true;
    case CREATE_ALWAYS:
        *nt = FILE_OVERWRITE_IF;
        return true;
    case OPEN_EXISTING:
        *nt = FILE_OPEN;
        return true;
    case OPEN_ALWAYS:
        *nt = FILE_OPEN_IF;
        return true;
    case TRUNCATE_EXISTING:
        *nt = FILE_OVERWRITE;
        return true;
    default:
        return false;
    }
}

static ULONG options_of(DWORD flags)
{
    static const struct {
        DWORD flag;
        ULONG option;
    } table[] = {
        {FILE_FLAG_WRITE_THROUGH, FILE_WRITE_THROUGH},
        {FILE_FLAG_NO_BUFFERING, FILE_NO_INTERMEDIATE_BUFFERING},
        {FILE_FLAG_RANDOM_ACCESS, FILE_RANDOM_ACCESS},
        {FILE_FLAG_SEQUENTIAL_SCAN, FILE_SEQUENTIAL_ONLY},
        {FILE_FLAG_DELETE_ON_CLOSE, FILE_DELETE_ON_CLOSE},
        {FILE_FLAG_BACKUP_SEMANTICS, FILE_OPEN_FOR_BACKUP_INTENT},
        {FILE_FLAG_OPEN_REPARSE_POINT, FILE_OPEN_REPARSE_POINT},
        {FILE_FLAG_OPEN_NO_RECALL, FILE_OPEN_NO_RECALL},
    };
    ULONG options = 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (flags & table[i].flag)
            options |= table[i].option;
    if (!(flags & FILE_FLAG_OVERLAPPED))
        options |= FILE_SYNCHRONOUS_IO_NONALERT;
    if (!(flags & FILE_FLAG_BACKUP_SEMANTICS))
        options |= FILE_NON_DIRECTORY_FILE;
    return options;
}

static HANDLE open_console(const struct win32_wide *name, DWORD access)
{
    if (win32_equal(name->text, L"CONIN$"))
        return WIN32_CONSOLE_INPUT;
    if (win32_equal(name->text, L"CONOUT$"))
        return WIN32_CONSOLE_OUTPUT;
    if (!win32_equal(name->text, L"CON"))
        return NULL;
    return access & GENERIC_WRITE ? WIN32_CONSOLE_OUTPUT : WIN32_CONSOLE_INPUT;
}

static DWORD open_error(NTSTATUS status, const struct win32_path *path, DWORD disposition)
{
    if (status == STATUS_OBJECT_NAME_COLLISION && disposition == CREATE_NEW)
        return ERROR_FILE_EXISTS;
    if (status == STATUS_FILE_IS_A_DIRECTORY)
        return path->ends_in_slash ? ERROR_PATH_NOT_FOUND : ERROR_ACCESS_DENIED;
    return RtlNtStatusToDosError(status);
}

static HANDLE create_file(const struct win32_wide *name, DWORD access, DWORD share,
                          LPSECURITY_ATTRIBUTES security, DWORD disposition, DWORD flags)
{
    ULONG nt_disposition;
    SECURITY_ATTRIBUTES asked = {0};
    HANDLE handle = INVALID_HANDLE_VALUE;
    if (!disposition_of(disposition, &nt_disposition)) {
        win32_error(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (disposition == TRUNCATE_EXISTING && !(access & (GENERIC_WRITE | FILE_WRITE_DATA))) {
        win32_error(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (!name->length) {
        win32_error(ERROR_PATH_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    if (security && !win32_read(&asked, security, sizeof asked))
        return INVALID_HANDLE_VALUE;
    HANDLE console = open_console(name, access);
    if (console)
        return console;

    struct win32_path path;
    NTSTATUS status = win32_nt_path(name->text, name->length, &path);
    if (!NT_SUCCESS(status)) {
        win32_fail(status);
        return INVALID_HANDLE_VALUE;
    }
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &path.name,
                               (flags & FILE_FLAG_POSIX_SEMANTICS ? 0 : OBJ_CASE_INSENSITIVE) |
                                   (asked.bInheritHandle ? OBJ_INHERIT : 0),
                               NULL, asked.lpSecurityDescriptor);
    SECURITY_QUALITY_OF_SERVICE quality = {
        .Length = sizeof quality,
        .ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)(flags >> 16 & 3),
        .ContextTrackingMode = (flags & SECURITY_CONTEXT_TRACKING) != 0,
        .EffectiveOnly = (flags & SECURITY_EFFECTIVE_ONLY) != 0,
    };
    ULONG options = options_of(flags);
    /* Of the flags' upper half the quality of service shares bits with recall and reparse; its mark says
     * whose they are. */
    if (flags & SECURITY_SQOS_PRESENT) {
        attributes.SecurityQualityOfService = &quality;
        options &= ~(ULONG)FILE_OPEN_NO_RECALL;
    }
    access |= SYNCHRONIZE | FILE_READ_ATTRIBUTES | (flags & FILE_FLAG_DELETE_ON_CLOSE ? DELETE : 0);
    IO_STATUS_BLOCK io = {{0}, 0};
    status = NtCreateFile(&handle, access, &attributes, &io, NULL,
                          flags & 0x7FFF & ~(DWORD)FILE_ATTRIBUTE_DIRECTORY, share, nt_disposition, options,
                          NULL, 0);
    if (NT_SUCCESS(status)) {
        bool existed = (disposition == CREATE_ALWAYS && io.Information == FILE_OVERWRITTEN) ||
                       (disposition == OPEN_ALWAYS && io.Information == FILE_OPENED);
        win32_set_last_error(existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    } else {
        handle = INVALID_HANDLE_VALUE;
        win32_error(open_error(status, &path, disposition));
    }
    win32_path_free(&path);
    return handle;
}

HANDLE WINAPI CreateFileW(LPCWSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                          LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
                          DWORD dwFlagsAndAttributes, HANDLE hTemplateFile)
{
    struct win32_wide name;
    (void)hTemplateFile; /* extended attributes to copy: devices have none */
    if (!win32_wide_from_wide(&name, lpFileName))
        return INVALID_HANDLE_VALUE;
    HANDLE handle = create_file(&name, dwDesiredAccess, dwShareMode, lpSecurityAttributes,
                                dwCreationDisposition, dwFlagsAndAttributes);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateFileA(LPCSTR lpFileName, DWORD dwDesiredAccess, DWORD dwShareMode,
                          LPSECURITY_ATTRIBUTES lpSecurityAttributes, DWORD dwCreationDisposition,
                          DWORD dwFlagsAndAttributes, HANDLE hTemplateFile)
{
    struct win32_wide name;
    (void)hTemplateFile;
    if (!win32_wide_from_ansi(&name, lpFileName))
        return INVALID_HANDLE_VALUE;
    HANDLE handle = create_file(&name, dwDesiredAccess, dwShareMode, lpSecurityAttributes,
                                dwCreationDisposition, dwFlagsAndAttributes);
    win32_wide_free(&name);
    return handle;
}

BOOL WINAPI FlushFileBuffers(HANDLE hFile)
{
    IO_STATUS_BLOCK io;
    if (win32_is_console(hFile))
        return TRUE;
    return win32_result(NtFlushBuffersFile(hFile, &io));
}

/* The position that a distance and a method mean; no request goes to the driver for the first two methods. */
static NTSTATUS position_of(HANDLE file, LONGLONG distance, DWORD method, LONGLONG *position)
{
    IO_STATUS_BLOCK io;
    NTSTATUS status;
    FILE_POSITION_INFORMATION now;
    FILE_STANDARD_INFORMATION standard;
    switch (method) {
    case FILE_BEGIN:
        *position = distance;
        return STATUS_SUCCESS;
    case FILE_CURRENT:
        status = NtQueryInformationFile(file, &io, &now, sizeof now, FilePositionInformation);
        if (NT_SUCCESS(status))
            *position = now.CurrentByteOffset.QuadPart + distance;
        return status;
    case FILE_END:
        status = NtQueryInformationFile(file, &io, &standard, sizeof standard, FileStandardInformation);
        if (NT_SUCCESS(status))
            *position = standard.EndOfFile.QuadPart + distance;
        return status;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static BOOL move_position(HANDLE file, LONGLONG distance, DWORD method, bool only_low, LONGLONG *position)
{
    IO_STATUS_BLOCK io;
    FILE_POSITION_INFORMATION wanted;
    if (win32_is_console(file))
        return win32_error(ERROR_INVALID_FUNCTION);
    NTSTATUS status = position_of(file, distance, method, position);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    if (*position < 0)
        return win32_error(ERROR_NEGATIVE_SEEK);
    if (only_low && *position >> 32)
        return win32_error(ERROR_INVALID_PARAMETER);
    wanted.CurrentByteOffset.QuadPart = *position;
    return win32_result(NtSetInformationFile(file, &io, &wanted, sizeof wanted, FilePositionInformation));
}

BOOL WINAPI SetFilePointerEx(HANDLE hFile, LARGE_INTEGER liDistanceToMove, PLARGE_INTEGER lpNewFilePointer,
                             DWORD dwMoveMethod)
{
    LONGLONG position = 0;
    if (!move_position(hFile, liDistanceToMove.QuadPart, dwMoveMethod, false, &position))
        return FALSE;
    return !lpNewFilePointer || win32_store64(lpNewFilePointer, (ULONGLONG)position);
}

DWORD WINAPI SetFilePointer(HANDLE hFile, LONG lDistanceToMove, PLONG lpDistanceToMoveHigh,
                            DWORD dwMoveMethod)
{
    LONG high = 0;
    LONGLONG distance = lDistanceToMove, position = 0;
    if (lpDistanceToMoveHigh) {
        if (!win32_read(&high, lpDistanceToMoveHigh, sizeof high))
            return INVALID_SET_FILE_POINTER;
        distance = (LONGLONG)((ULONGLONG)(ULONG)high << 32 | (ULONG)lDistanceToMove);
    }
    if (!move_position(hFile, distance, dwMoveMethod, !lpDistanceToMoveHigh, &position))
        return INVALID_SET_FILE_POINTER;
    if (!win32_store((LPDWORD)lpDistanceToMoveHigh, (DWORD)(position >> 32)))
        return INVALID_SET_FILE_POINTER;
    /* A low half that looks like failure is told apart by the last error. */
    if ((DWORD)position == INVALID_SET_FILE_POINTER)
        win32_set_last_error(ERROR_SUCCESS);
    return (DWORD)position;
}

BOOL WINAPI SetEndOfFile(HANDLE hFile)
{
    IO_STATUS_BLOCK io;
    FILE_POSITION_INFORMATION now;
    FILE_END_OF_FILE_INFORMATION end;
    NTSTATUS status = NtQueryInformationFile(hFile, &io, &now, sizeof now, FilePositionInformation);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    end.EndOfFile = now.CurrentByteOffset;
    return win32_result(NtSetInformationFile(hFile, &io, &end, sizeof end, FileEndOfFileInformation));
}

BOOL WINAPI GetFileSizeEx(HANDLE hFile, PLARGE_INTEGER lpFileSize)
{
    IO_STATUS_BLOCK io;
    FILE_STANDARD_INFORMATION standard;
    NTSTATUS status = NtQueryInformationFile(hFile, &io, &standard, sizeof standard, FileStandardInformation);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    return win32_store64(lpFileSize, (ULONGLONG)standard.EndOfFile.QuadPart);
}

DWORD WINAPI GetFileSize(HANDLE hFile, LPDWORD lpFileSizeHigh)
{
    LARGE_INTEGER size;
    if (!GetFileSizeEx(hFile, &size) || !win32_store(lpFileSizeHigh, (DWORD)size.HighPart))
        return INVALID_FILE_SIZE;
    if (size.LowPart == INVALID_FILE_SIZE)
        win32_set_last_error(ERROR_SUCCESS);
    return size.LowPart;
}

DWORD WINAPI GetFileType(HANDLE hFile)
{
    IO_STATUS_BLOCK io;
    FILE_FS_DEVICE_INFORMATION device;
    if (win32_is_console(hFile))
        return FILE_TYPE_CHAR;
    NTSTATUS status =
        NtQueryVolumeInformationFile(hFile, &io, &device, sizeof device, FileFsDeviceInformation);
    if (!NT_SUCCESS(status)) {
        win32_fail(status);
        return FILE_TYPE_UNKNOWN;
    }
    switch (device.DeviceType) {
    case FILE_DEVICE_CD_ROM:
    case FILE_DEVICE_CD_ROM_FILE_SYSTEM:
    case FILE_DEVICE_CONTROLLER:
    case FILE_DEVICE_DATALINK:
    case FILE_DEVICE_DFS:
    case FILE_DEVICE_DISK:
    case FILE_DEVICE_DISK_FILE_SYSTEM:
    case FILE_DEVICE_VIRTUAL_DISK:
        return FILE_TYPE_DISK;
    case FILE_DEVICE_KEYBOARD:
    case FILE_DEVICE_MOUSE:
    case FILE_DEVICE_NULL:
    case FILE_DEVICE_PARALLEL_PORT:
    case FILE_DEVICE_PRINTER:
    case FILE_DEVICE_SERIAL_PORT:
    case FILE_DEVICE_SCREEN:
    case FILE_DEVICE_SOUND:
    case FILE_DEVICE_MODEM:
    case FILE_DEVICE_CONSOLE:
        return FILE_TYPE_CHAR;
    case FILE_DEVICE_NAMED_PIPE:
        return FILE_TYPE_PIPE;
    default:
        win32_set_last_error(ERROR_SUCCESS);
        return FILE_TYPE_UNKNOWN;
    }
}

static BOOL attributes_of(const struct win32_wide *name, WIN32_FILE_ATTRIBUTE_DATA *data)
{
    struct win32_path path;
    FILE_NETWORK_OPEN_INFORMATION about;
    OBJECT_ATTRIBUTES attributes;
    memset(data, 0, sizeof *data);
    NTSTATUS status = win32_nt_path(name->text, name->length, &path);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    InitializeObjectAttributes(&attributes, &path.name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtQueryFullAttributesFile(&attributes, &about);
    win32_path_free(&path);
    if (NT_SUCCESS(status)) {
        data->dwFileAttributes = about.FileAttributes;
        memcpy(&data->ftCreationTime, &about.CreationTime, sizeof(FILETIME));
        memcpy(&data->ftLastAccessTime, &about.LastAccessTime, sizeof(FILETIME));
        memcpy(&data->ftLastWriteTime, &about.LastWriteTime, sizeof(FILETIME));
        data->nFileSizeHigh = (DWORD)about.EndOfFile.HighPart;
        data->nFileSizeLow = about.EndOfFile.LowPart;
        return TRUE;
    }
    return win32_fail(status);
}

DWORD WINAPI GetFileAttributesW(LPCWSTR lpFileName)
{
    struct win32_wide name;
    WIN32_FILE_ATTRIBUTE_DATA data;
    if (!win32_wide_from_wide(&name, lpFileName))
        return INVALID_FILE_ATTRIBUTES;
    BOOL known = attributes_of(&name, &data);
    win32_wide_free(&name);
    return known ? data.dwFileAttributes : INVALID_FILE_ATTRIBUTES;
}

DWORD WINAPI GetFileAttributesA(LPCSTR lpFileName)
{
    struct win32_wide name;
    WIN32_FILE_ATTRIBUTE_DATA data;
    if (!win32_wide_from_ansi(&name, lpFileName))
        return INVALID_FILE_ATTRIBUTES;
    BOOL known = attributes_of(&name, &data);
    win32_wide_free(&name);
    return known ? data.dwFileAttributes : INVALID_FILE_ATTRIBUTES;
}

BOOL WINAPI GetFileAttributesExW(LPCWSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId,
                                 LPVOID lpFileInformation)
{
    struct win32_wide name;
    WIN32_FILE_ATTRIBUTE_DATA data;
    if (fInfoLevelId != GetFileExInfoStandard)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_wide_from_wide(&name, lpFileName))
        return FALSE;
    BOOL known = attributes_of(&name, &data);
    win32_wide_free(&name);
    return known && win32_write(lpFileInformation, &data, sizeof data);
}

BOOL WINAPI GetFileAttributesExA(LPCSTR lpFileName, GET_FILEEX_INFO_LEVELS fInfoLevelId,
                                 LPVOID lpFileInformation)
{
    struct win32_wide name;
    WIN32_FILE_ATTRIBUTE_DATA data;
    if (fInfoLevelId != GetFileExInfoStandard)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!win32_wide_from_ansi(&name, lpFileName))
        return FALSE;
    BOOL known = attributes_of(&name, &data);
    win32_wide_free(&name);
    return known && win32_write(lpFileInformation, &data, sizeof data);
}
