/*
 * What is done to files by name: deleting, moving, copying, directories, attributes, temporary names.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

NTSTATUS win32_open_name(const struct win32_wide *name, ACCESS_MASK access, ULONG disposition, ULONG options,
                         HANDLE *handle)
{
    struct win32_path path;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    NTSTATUS status = win32_nt_path(name->text, name->length, &path);
    if (!NT_SUCCESS(status))
        return status;
    InitializeObjectAttributes(&attributes, &path.name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtCreateFile(handle, access | SYNCHRONIZE, &attributes, &io, NULL, FILE_ATTRIBUTE_NORMAL,
                          SHARE_ALL, disposition, options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    win32_path_free(&path);
    return status;
}

/* The two spellings of a function of one name. */
#define ON_NAME(function, routine)                                                                           \
    BOOL WINAPI function##W(LPCWSTR lpFileName)                                                              \
    {                                                                                                        \
        struct win32_wide name;                                                                              \
        if (!win32_wide_from_wide(&name, lpFileName))                                                        \
            return FALSE;                                                                                    \
        NTSTATUS status = routine(&name);                                                                    \
        win32_wide_free(&name);                                                                              \
        return win32_result(status);                                                                         \
    }                                                                                                        \
    BOOL WINAPI function##A(LPCSTR lpFileName)                                                               \
    {                                                                                                        \
        struct win32_wide name;                                                                              \
        if (!win32_wide_from_ansi(&name, lpFileName))                                                        \
            return FALSE;                                                                                    \
        NTSTATUS status = routine(&name);                                                                    \
        win32_wide_free(&name);                                                                              \
        return win32_result(status);                                                                         \
    }

/* --- deleting --- */

static NTSTATUS remove_name(const struct win32_wide *name, ULONG options)
{
    HANDLE handle;
    IO_STATUS_BLOCK io;
    FILE_DISPOSITION_INFORMATION disposition = {TRUE};
    NTSTATUS status =
        win32_open_name(name, DELETE | FILE_READ_ATTRIBUTES, FILE_OPEN,
                        options | FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT, &handle);
    if (!NT_SUCCESS(status))
        return status;
    status = NtSetInformationFile(handle, &io, &disposition, sizeof disposition, FileDispositionInformation);
    NtClose(handle);
    return status;
}

static NTSTATUS remove_file(const struct win32_wide *name)
{
    return remove_name(name, FILE_NON_DIRECTORY_FILE);
}
ON_NAME(DeleteFile, remove_file)

static NTSTATUS remove_directory(const struct win32_wide *name)
{
    return remove_name(name, FILE_DIRECTORY_FILE);
}
ON_NAME(RemoveDirectory, remove_directory)

/* --- directories --- */

static BOOL make_directory(const struct win32_wide *name, LPSECURITY_ATTRIBUTES security)
{
    SECURITY_ATTRIBUTES asked = {0};
    struct win32_path path;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    HANDLE handle;
    if (security && !win32_read(&asked, security, sizeof asked))
        return FALSE;
    NTSTATUS status = win32_nt_path(name->text, name->length, &path);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    InitializeObjectAttributes(&attributes, &path.name, OBJ_CASE_INSENSITIVE, NULL,
                               asked.lpSecurityDescriptor);
    status = NtCreateFile(&handle, FILE_LIST_DIRECTORY | SYNCHRONIZE, &attributes, &io, NULL,
                          FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE,
                          FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT,
                          NULL, 0);
    win32_path_free(&path);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    NtClose(handle);
    return TRUE;
}

BOOL WINAPI CreateDirectoryW(LPCWSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpPathName))
        return FALSE;
    BOOL made = make_directory(&name, lpSecurityAttributes);
    win32_wide_free(&name);
    return made;
}

BOOL WINAPI CreateDirectoryA(LPCSTR lpPathName, LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpPathName))
        return FALSE;
    BOOL made = make_directory(&name, lpSecurityAttributes);
    win32_wide_free(&name);
    return made;
}

/* --- attributes --- */

static NTSTATUS set_attributes(const struct win32_wide *name, DWORD attributes)
{
    HANDLE handle;
    IO_STATUS_BLOCK io;
    FILE_BASIC_INFORMATION basic = {.FileAttributes = attributes & 0x7FB7};
    NTSTATUS status = win32_open_name(name, FILE_WRITE_ATTRIBUTES, FILE_OPEN,
                                      FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT, &handle);
    if (!NT_SUCCESS(status))
        return status;
    if (!basic.FileAttributes)
        basic.FileAttributes = FILE_ATTRIBUTE_NORMAL; /* nothing would mean: as it is */
    status = NtSetInformationFile(handle, &io, &basic, sizeof basic, FileBasicInformation);
    NtClose(handle);
    return status;
}

BOOL WINAPI SetFileAttributesW(LPCWSTR lpFileName, DWORD dwFileAttributes)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpFileName))
        return FALSE;
    NTSTATUS status = set_attributes(&name, dwFileAttributes);
    win32_wide_free(&name);
    return win32_result(status);
}

BOOL WINAPI SetFileAttributesA(LPCSTR lpFileName, DWORD dwFileAttributes)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpFileName))
        return FALSE;
    NTSTATUS status = set_attributes(&name, dwFileAttributes);
    win32_wide_free(&name);
    return win32_result(status);
}

/* --- moving and copying --- */

struct names {
    struct win32_wide from, to;
};

static bool names_from_wide(struct names *names, LPCWSTR from, LPCWSTR to)
{
    if (!win32_wide_from_wide(&names->from, from))
        return false;
    if (win32_wide_from_wide(&names->to, to))
        return true;
    win32_wide_free(&names->from);
    return false;
}

static bool names_from_ansi(struct names *names, LPCSTR from, LPCSTR to)
{
    if (!win32_wide_from_ansi(&names->from, from))
        return false;
    if (win32_wide_from_ansi(&names->to, to))
        return true;
    win32_wide_free(&names->from);
    return false;
}

static void names_free(struct names *names)
{
    win32_wide_free(&names->from);
    win32_wide_free(&names->to);
}

/* There is one volume, so that nothing has to be copied; what shall happen at the next start never does. */
static NTSTATUS move(struct names *names, DWORD flags)
{
    struct win32_path path;
    HANDLE handle;
    IO_STATUS_BLOCK io;
    if (flags & MOVEFILE_DELAY_UNTIL_REBOOT)
        return STATUS_NOT_SUPPORTED;
    NTSTATUS status = win32_open_name(&names->from, DELETE | FILE_READ_ATTRIBUTES, FILE_OPEN,
                                      FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT, &handle);
    if (!NT_SUCCESS(status))
        return status;
    status = win32_nt_path(names->to.text, names->to.length, &path);
    if (NT_SUCCESS(status)) {
        ULONG size = (ULONG)sizeof(FILE_RENAME_INFORMATION) + path.name.Length;
        PFILE_RENAME_INFORMATION rename = calloc(1, size);
        if (rename) {
            rename->ReplaceIfExists = (flags & MOVEFILE_REPLACE_EXISTING) != 0;
            rename->FileNameLength = path.name.Length;
            memcpy(rename->FileName, path.name.Buffer, path.name.Length);
            status = NtSetInformationFile(handle, &io, rename, size, FileRenameInformation);
            free(rename);
        } else {
            status = STATUS_NO_MEMORY;
        }
        win32_path_free(&path);
    }
    NtClose(handle);
    return status;
}

BOOL WINAPI MoveFileExW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, DWORD dwFlags)
{
    struct names names;
    if (!names_from_wide(&names, lpExistingFileName, lpNewFileName))
        return FALSE;
    NTSTATUS status = move(&names, dwFlags);
    names_free(&names);
    return win32_result(status);
}

BOOL WINAPI MoveFileExA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, DWORD dwFlags)
{
    struct names names;
    if (!names_from_ansi(&names, lpExistingFileName, lpNewFileName))
        return FALSE;
    NTSTATUS status = move(&names, dwFlags);
    names_free(&names);
    return win32_result(status);
}

BOOL WINAPI MoveFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName)
{
    return MoveFileExW(lpExistingFileName, lpNewFileName, MOVEFILE_COPY_ALLOWED);
}

BOOL WINAPI MoveFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName)
{
    return MoveFileExA(lpExistingFileName, lpNewFileName, MOVEFILE_COPY_ALLOWED);
}

static NTSTATUS copy_bytes(HANDLE from, HANDLE to)
{
    enum { PIECE = 0x10000 };
    IO_STATUS_BLOCK io;
    void *piece = malloc(PIECE);
    NTSTATUS status = piece ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    while (NT_SUCCESS(status)) {
        status = NtReadFile(from, NULL, NULL, NULL, &io, piece, PIECE, NULL, NULL);
        if (NT_SUCCESS(status))
            status = NtWriteFile(to, NULL, NULL, NULL, &io, piece, (ULONG)io.Information, NULL, NULL);
    }
    free(piece);
    return status == STATUS_END_OF_FILE ? STATUS_SUCCESS : status;
}

/* The copy has the original's attributes and the time it was last written. */
static NTSTATUS copy_attributes(HANDLE from, HANDLE to)
{
    IO_STATUS_BLOCK io;
    FILE_BASIC_INFORMATION basic;
    NTSTATUS status = NtQueryInformationFile(from, &io, &basic, sizeof basic, FileBasicInformation);
    if (!NT_SUCCESS(status))
        return status;
    basic.CreationTime.QuadPart = basic.LastAccessTime.QuadPart = basic.ChangeTime.QuadPart = 0;
    return NtSetInformationFile(to, &io, &basic, sizeof basic, FileBasicInformation);
}

static BOOL copy(struct names *names, BOOL fail_if_exists)
{
    HANDLE from, to;
    const ULONG plain = FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY;
    NTSTATUS status = win32_open_name(&names->from, GENERIC_READ, FILE_OPEN, plain, &from);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    status = win32_open_name(&names->to, GENERIC_WRITE | DELETE,
                             fail_if_exists ? FILE_CREATE : FILE_OVERWRITE_IF, plain, &to);
    if (!NT_SUCCESS(status)) {
        NtClose(from);
        return status == STATUS_OBJECT_NAME_COLLISION ? win32_error(ERROR_FILE_EXISTS) : win32_fail(status);
    }
    status = copy_bytes(from, to);
    /* A driver's image has neither bytes nor attributes that could be changed. */
    if (NT_SUCCESS(status) && copy_attributes(from, to) == STATUS_UNEXPECTED_IO_ERROR)
        status = STATUS_UNEXPECTED_IO_ERROR;
    if (!NT_SUCCESS(status)) {
        IO_STATUS_BLOCK io;
        FILE_DISPOSITION_INFORMATION disposition = {TRUE};
        NtSetInformationFile(to, &io, &disposition, sizeof disposition, FileDispositionInformation);
    }
    NtClose(to);
    NtClose(from);
    return win32_result(status);
}

BOOL WINAPI CopyFileW(LPCWSTR lpExistingFileName, LPCWSTR lpNewFileName, BOOL bFailIfExists)
{
    struct names names;
    if (!names_from_wide(&names, lpExistingFileName, lpNewFileName))
        return FALSE;
    BOOL copied = copy(&names, bFailIfExists);
    names_free(&names);
    return copied;
}

BOOL WINAPI CopyFileA(LPCSTR lpExistingFileName, LPCSTR lpNewFileName, BOOL bFailIfExists)
{
    struct names names;
    if (!names_from_ansi(&names, lpExistingFileName, lpNewFileName))
        return FALSE;
    BOOL copied = copy(&names, bFailIfExists);
    names_free(&names);
    return copied;
}

/* --- temporary files --- */

#define TEMP L"C:\\Windows\\Temp\\"

DWORD WINAPI GetTempPathW(DWORD nBufferLength, LPWSTR lpBuffer)
{
    return win32_give_wide(lpBuffer, nBufferLength, TEMP);
}

DWORD WINAPI GetTempPathA(DWORD nBufferLength, LPSTR lpBuffer)
{
    return win32_give_ansi(lpBuffer, nBufferLength, TEMP);
}

static bool is_directory(LPCWSTR path)
{
    DWORD attributes = GetFileAttributesW(path);
    return attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
}

/*
 * "<path>\<pre><number>.TMP", at most three letters and four digits. Without a number the file is made, so
 * that nobody else gets the name.
 */
static UINT temporary_name(const struct win32_wide *path, const struct win32_wide *prefix, UINT unique,
                           WCHAR result[MAX_PATH])
{
    if (path->length > MAX_PATH - 14)
        return (UINT)win32_error(ERROR_BUFFER_OVERFLOW);
    if (!is_directory(path->text))
        return (UINT)win32_error(ERROR_DIRECTORY);
    size_t at = path->length, letters = prefix->length < 3 ? prefix->length : 3;
    memcpy(result, path->text, at * sizeof(WCHAR));
    if (at && result[at - 1] != L'\\' && result[at - 1] != L'/')
        result[at++] = L'\\';
    if (letters)
        memcpy(result + at, prefix->text, letters * sizeof(WCHAR));
    at += letters;
    UINT number = unique & 0xFFFF ? unique & 0xFFFF : (GetTickCount() & 0xFFFF ? GetTickCount() & 0xFFFF : 1);
    for (UINT first = number;;) {
        wsprintfW(result + at, L"%X.TMP", number);
        if (unique & 0xFFFF)
            return number;
        HANDLE file = CreateFileW(result, GENERIC_READ, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file != INVALID_HANDLE_VALUE) {
            CloseHandle(file);
            return number;
        }
        if (win32_last_error() != ERROR_FILE_EXISTS)
            return 0;
        number = number == 0xFFFF ? 1 : number + 1;
        if (number == first)
            return (UINT)win32_error(ERROR_FILE_EXISTS);
    }
}

UINT WINAPI GetTempFileNameW(LPCWSTR lpPathName, LPCWSTR lpPrefixString, UINT uUnique, LPWSTR lpTempFileName)
{
    struct names names;
    WCHAR result[MAX_PATH];
    if (!lpPathName)
        return (UINT)win32_error(ERROR_INVALID_PARAMETER);
    if (!names_from_wide(&names, lpPathName, lpPrefixString))
        return 0;
    UINT number = temporary_name(&names.from, &names.to, uUnique, result);
    names_free(&names);
    if (number && !win32_write(lpTempFileName, result, (win32_length(result) + 1) * sizeof(WCHAR)))
        return 0;
    return number;
}

UINT WINAPI GetTempFileNameA(LPCSTR lpPathName, LPCSTR lpPrefixString, UINT uUnique, LPSTR lpTempFileName)
{
    struct names names;
    WCHAR result[MAX_PATH];
    if (!lpPathName)
        return (UINT)win32_error(ERROR_INVALID_PARAMETER);
    if (!names_from_ansi(&names, lpPathName, lpPrefixString))
        return 0;
    UINT number = temporary_name(&names.from, &names.to, uUnique, result);
    names_free(&names);
    LPSTR narrow = number ? win32_narrow(result) : NULL;
    if (number && !(narrow && win32_write(lpTempFileName, narrow, strlen(narrow) + 1)))
        number = 0;
    free(narrow);
    return number;
}
