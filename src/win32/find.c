/*
 * Searching directories: FindFirstFile and its family. A search's handle is no NT handle; it is looked up
 * among those that are open, so that a bad one is only an error.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

#define FIND_BUFFER 4096

struct win32_find {
    struct win32_find *next;
    HANDLE directory; /* NULL: there was the one file */
    ULONG at, filled; /* bytes of the buffer given and there */
    bool more;        /* the buffer has an entry at `at` */
    unsigned char buffer[FIND_BUFFER] __attribute__((aligned(8)));
};

void win32_find_stop(void)
{
    while (win32_state()->finds) {
        struct win32_find *find = win32_state()->finds;
        win32_state()->finds = find->next;
        free(find); /* its handle goes with the process's */
    }
}

/* kernel32's patterns in the words of the file system: "*.*" is everything, and dots may be missing. */
static void translate(LPCWSTR pattern, size_t length, LPWSTR to)
{
    if (length == 3 && memcmp(pattern, L"*.*", 3 * sizeof(WCHAR)) == 0)
        length = 1;
    for (size_t i = 0; i < length; i++) {
        WCHAR c = pattern[i], next = i + 1 < length ? pattern[i + 1] : 0;
        if (c == L'?')
            c = L'>';
        else if (c == L'.' && (next == L'?' || next == L'*'))
            c = L'"';
        else if (c == L'*' && next == L'.')
            c = L'<';
        to[i] = c;
    }
    to[length] = 0;
}

static bool is_pattern(LPCWSTR text)
{
    for (; *text; text++)
        if (*text == L'*' || *text == L'?')
            return true;
    return false;
}

static NTSTATUS query(struct win32_find *find, PUNICODE_STRING pattern)
{
    IO_STATUS_BLOCK io;
    NTSTATUS status = NtQueryDirectoryFile(find->directory, NULL, NULL, NULL, &io, find->buffer, FIND_BUFFER,
                                           FileBothDirectoryInformation, FALSE, pattern, FALSE);
    find->at = 0;
    find->more = NT_SUCCESS(status);
    return status;
}

static void fill(WIN32_FIND_DATAW *data, const struct win32_find *find)
{
    const FILE_BOTH_DIR_INFORMATION *entry = (const void *)(find->buffer + find->at);
    size_t length = entry->FileNameLength / sizeof(WCHAR);
    memset(data, 0, sizeof *data);
    data->dwFileAttributes = entry->FileAttributes;
    memcpy(&data->ftCreationTime, &entry->CreationTime, sizeof(FILETIME));
    memcpy(&data->ftLastAccessTime, &entry->LastAccessTime, sizeof(FILETIME));
    memcpy(&data->ftLastWriteTime, &entry->LastWriteTime, sizeof(FILETIME));
    data->nFileSizeHigh = (DWORD)entry->EndOfFile.HighPart;
    data->nFileSizeLow = entry->EndOfFile.LowPart;
    memcpy(data->cFileName, entry->FileName, (length < MAX_PATH ? length : MAX_PATH - 1) * sizeof(WCHAR));
    memcpy(data->cAlternateFileName, entry->ShortName, (size_t)entry->ShortNameLength);
}

/* Moves on to the next entry; the buffer is filled again when it has been given. */
static NTSTATUS advance(struct win32_find *find, WIN32_FIND_DATAW *data)
{
    if (!find->directory)
        return STATUS_NO_MORE_FILES;
    if (!find->more) {
        NTSTATUS status = query(find, NULL);
        if (!NT_SUCCESS(status))
            return status;
    }
    fill(data, find);
    ULONG next =
        ((const FILE_BOTH_DIR_INFORMATION *)(const void *)(find->buffer + find->at))->NextEntryOffset;
    find->more = next != 0;
    find->at += next;
    return STATUS_SUCCESS;
}

/* A name without wildcards may be a file that its directory does not list: a driver's image. */
static bool single(LPCWSTR full, LPCWSTR leaf, WIN32_FIND_DATAW *data)
{
    WIN32_FILE_ATTRIBUTE_DATA about;
    if (is_pattern(leaf) || !GetFileAttributesExW(full, GetFileExInfoStandard, &about))
        return false;
    memset(data, 0, sizeof *data);
    data->dwFileAttributes = about.dwFileAttributes;
    data->ftCreationTime = about.ftCreationTime;
    data->ftLastAccessTime = about.ftLastAccessTime;
    data->ftLastWriteTime = about.ftLastWriteTime;
    data->nFileSizeHigh = about.nFileSizeHigh;
    data->nFileSizeLow = about.nFileSizeLow;
    size_t length = win32_length(leaf);
    memcpy(data->cFileName, leaf, (length < MAX_PATH ? length : MAX_PATH - 1) * sizeof(WCHAR));
    return true;
}

static DWORD begin(struct win32_find *find, LPWSTR full, bool ends_in_dot, WIN32_FIND_DATAW *data)
{
    size_t length = win32_length(full), start = length;
    WCHAR pattern[MAX_PATH];
    UNICODE_STRING text;
    while (start && full[start - 1] != L'\\')
        start--;
    if (!start || start == length || length - start >= MAX_PATH)
        return ERROR_FILE_NOT_FOUND;
    LPWSTR leaf = full + start;
    translate(leaf, length - start, pattern);
    /* The path has lost the dot of "a*.", which asks for names without one. */
    if (ends_in_dot && full[length - 1] == L'*')
        pattern[win32_length(pattern) - 1] = L'<';
    WCHAR first = *leaf;
    *leaf = 0;
    struct win32_wide directory = {.text = full, .length = start};
    NTSTATUS status = win32_open_name(&directory, FILE_LIST_DIRECTORY, FILE_OPEN,
                                      FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT, &find->directory);
    *leaf = first;
    bool there = NT_SUCCESS(status);
    if (there) {
        RtlInitUnicodeString(&text, pattern);
        status = query(find, &text);
        if (NT_SUCCESS(status))
            status = advance(find, data);
        if (NT_SUCCESS(status))
            return ERROR_SUCCESS;
        NtClose(find->directory);
    }
    find->directory = NULL;
    if (single(full, leaf, data))
        return ERROR_SUCCESS;
    DWORD error = RtlNtStatusToDosError(status);
    return !there && error == ERROR_FILE_NOT_FOUND ? ERROR_PATH_NOT_FOUND : error;
}

static HANDLE find_first(const struct win32_wide *name, WIN32_FIND_DATAW *data)
{
    if (!name->length) {
        win32_error(ERROR_PATH_NOT_FOUND);
        return INVALID_HANDLE_VALUE;
    }
    LPWSTR full = win32_full_path(name->text, name->length);
    struct win32_find *find = full ? calloc(1, sizeof *find) : NULL;
    DWORD error =
        find ? begin(find, full, name->text[name->length - 1] == L'.', data) : ERROR_NOT_ENOUGH_MEMORY;
    free(full);
    if (error) {
        free(find);
        win32_error(error);
        return INVALID_HANDLE_VALUE;
    }
    win32_lock();
    find->next = win32_state()->finds;
    win32_state()->finds = find;
    win32_unlock();
    return (HANDLE)find;
}

/* Both structures begin alike. */
static bool give_ansi(LPWIN32_FIND_DATAA client, const WIN32_FIND_DATAW *data)
{
    WIN32_FIND_DATAA narrow = {0};
    memcpy(&narrow, data, FIELD_OFFSET(WIN32_FIND_DATAA, cFileName));
    LPSTR name = win32_narrow(data->cFileName);
    if (!name)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    size_t length = strlen(name);
    memcpy(narrow.cFileName, name, length < MAX_PATH ? length : MAX_PATH - 1);
    free(name);
    return win32_write(client, &narrow, sizeof narrow);
}

static HANDLE finish(HANDLE find, bool given)
{
    if (find == INVALID_HANDLE_VALUE || given)
        return find;
    FindClose(find);
    win32_error(ERROR_NOACCESS);
    return INVALID_HANDLE_VALUE;
}

static HANDLE first_wide(LPCWSTR text, LPWIN32_FIND_DATAW client)
{
    struct win32_wide name;
    WIN32_FIND_DATAW data;
    if (!win32_wide_from_wide(&name, text))
        return INVALID_HANDLE_VALUE;
    HANDLE find = find_first(&name, &data);
    win32_wide_free(&name);
    return finish(find, find != INVALID_HANDLE_VALUE && win32_write(client, &data, sizeof data));
}

static HANDLE first_ansi(LPCSTR text, LPWIN32_FIND_DATAA client)
{
    struct win32_wide name;
    WIN32_FIND_DATAW data;
    if (!win32_wide_from_ansi(&name, text))
        return INVALID_HANDLE_VALUE;
    HANDLE find = find_first(&name, &data);
    win32_wide_free(&name);
    return finish(find, find != INVALID_HANDLE_VALUE && give_ansi(client, &data));
}

HANDLE WINAPI FindFirstFileW(LPCWSTR lpFileName, LPWIN32_FIND_DATAW lpFindFileData)
{
    return first_wide(lpFileName, lpFindFileData);
}

HANDLE WINAPI FindFirstFileA(LPCSTR lpFileName, LPWIN32_FIND_DATAA lpFindFileData)
{
    return first_ansi(lpFileName, lpFindFileData);
}

/* That only directories are wanted is a hint, which no file system of Windows takes either. */
static bool takes(FINDEX_INFO_LEVELS level, FINDEX_SEARCH_OPS search, LPVOID filter)
{
    return (level < FindExInfoMaxInfoLevel && search <= FindExSearchLimitToDirectories && !filter) ||
           win32_error(ERROR_INVALID_PARAMETER);
}

HANDLE WINAPI FindFirstFileExW(LPCWSTR lpFileName, FINDEX_INFO_LEVELS fInfoLevelId, LPVOID lpFindFileData,
                               FINDEX_SEARCH_OPS fSearchOp, LPVOID lpSearchFilter, DWORD dwAdditionalFlags)
{
    (void)dwAdditionalFlags; /* how quick and in whose case: not what is found */
    if (!takes(fInfoLevelId, fSearchOp, lpSearchFilter))
        return INVALID_HANDLE_VALUE;
    return first_wide(lpFileName, lpFindFileData);
}

HANDLE WINAPI FindFirstFileExA(LPCSTR lpFileName, FINDEX_INFO_LEVELS fInfoLevelId, LPVOID lpFindFileData,
                               FINDEX_SEARCH_OPS fSearchOp, LPVOID lpSearchFilter, DWORD dwAdditionalFlags)
{
    (void)dwAdditionalFlags;
    if (!takes(fInfoLevelId, fSearchOp, lpSearchFilter))
        return INVALID_HANDLE_VALUE;
    return first_ansi(lpFileName, lpFindFileData);
}

/* The search with that handle, taken out of the list of those that are open; NULL, with the last error set.
 */
static struct win32_find *take(HANDLE handle)
{
    win32_lock();
    struct win32_find **link = &win32_state()->finds;
    while (*link && *link != (struct win32_find *)handle)
        link = &(*link)->next;
    struct win32_find *find = *link;
    if (find)
        *link = find->next;
    win32_unlock();
    if (!find)
        win32_error(ERROR_INVALID_HANDLE);
    return find;
}

/* While one thread goes on with a search it is in no list: a second thread's is refused. */
static bool next(HANDLE handle, WIN32_FIND_DATAW *data)
{
    struct win32_find *find = take(handle);
    if (!find)
        return false;
    NTSTATUS status = advance(find, data);
    win32_lock();
    find->next = win32_state()->finds;
    win32_state()->finds = find;
    win32_unlock();
    return win32_result(status);
}

BOOL WINAPI FindNextFileW(HANDLE hFindFile, LPWIN32_FIND_DATAW lpFindFileData)
{
    WIN32_FIND_DATAW data;
    return next(hFindFile, &data) && win32_write(lpFindFileData, &data, sizeof data);
}

BOOL WINAPI FindNextFileA(HANDLE hFindFile, LPWIN32_FIND_DATAA lpFindFileData)
{
    WIN32_FIND_DATAW data;
    return next(hFindFile, &data) && give_ansi(lpFindFileData, &data);
}

BOOL WINAPI FindClose(HANDLE hFindFile)
{
    struct win32_find *find = take(hFindFile);
    if (!find)
        return FALSE;
    if (find->directory)
        NtClose(find->directory);
    free(find);
    return TRUE;
}
