/*
 * DOS paths: from what a client writes to a whole path, and from there to NT's name.
 *
 *     \\?\X, \??\X     \??\X      taken as it stands
 *     \\.\X            \??\X      a device; . and .. and slashes are dealt with
 *     \\server\share   \??\UNC\server\share
 *     NUL, COM1, ...   \??\NUL    the old device names, wherever they stand last in a path
 *     C:\a, C:a, \a, a \??\C:\... whole, drive-relative, rooted, relative
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

static bool is_slash(WCHAR c)
{
    return c == L'\\' || c == L'/';
}

static bool is_letter(WCHAR c)
{
    return (c >= L'a' && c <= L'z') || (c >= L'A' && c <= L'Z');
}

/* The length of an old device's name at text, if what is there is one: NUL, nul.txt, COM1:, "AUX ". */
static size_t device_name(LPCWSTR text, size_t length)
{
    static const WCHAR names[][5] = {L"CON", L"PRN", L"AUX", L"NUL"};
    size_t end = 0;
    while (end < length && text[end] != L'.' && text[end] != L':')
        end++;
    while (end && text[end - 1] == L' ')
        end--;
    if (end == 3)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (win32_upper(text[0]) == names[i][0] && win32_upper(text[1]) == names[i][1] &&
                win32_upper(text[2]) == names[i][2])
                return end;
    if (end == 4 && text[3] >= L'1' && text[3] <= L'9') {
        WCHAR a = win32_upper(text[0]), b = win32_upper(text[1]), c = win32_upper(text[2]);
        if ((a == L'C' && b == L'O' && c == L'M') || (a == L'L' && b == L'P' && c == L'T'))
            return end;
    }
    static const WCHAR console[][8] = {L"CONIN$", L"CONOUT$"};
    for (size_t i = 0; i < 2; i++) {
        size_t k = 0;
        while (k < length && console[i][k] && win32_upper(text[k]) == console[i][k])
            k++;
        if (k == length && !console[i][k])
            return k;
    }
    return 0;
}

/*
 * Appends the parts of `tail` to `to`, whose first `root` characters cannot be climbed above by "..". What
 * trailing dots and blanks Windows drops, drops.
 */
static size_t append(LPWSTR to, size_t length, size_t root, LPCWSTR tail, size_t count)
{
    for (size_t i = 0; i < count;) {
        if (is_slash(tail[i])) {
            i++;
            continue;
        }
        size_t end = i;
        while (end < count && !is_slash(tail[end]))
            end++;
        size_t part = end - i;
        bool last = end == count;
        if (part == 2 && tail[i] == L'.' && tail[i + 1] == L'.') {
            while (length > root && to[length - 1] != L'\\')
                length--;
            if (length > root)
                length--;
        } else if (!(part == 1 && tail[i] == L'.')) {
            if (last)
                while (part && (tail[i + part - 1] == L'.' || tail[i + part - 1] == L' '))
                    part--;
            else if (tail[i + part - 1] == L'.')
                part--;
            if (part) {
                if (length && to[length - 1] != L'\\')
                    to[length++] = L'\\';
                memcpy(to + length, tail + i, part * sizeof(WCHAR));
                length += part;
            }
        }
        i = end;
    }
    if (count && is_slash(tail[count - 1]) && length && to[length - 1] != L'\\')
        to[length++] = L'\\';
    return length;
}

/* Where the name of an old device begins in a path that ends in one; SIZE_MAX: it does not. */
static size_t last_device(LPCWSTR dos, size_t length, size_t *name_length)
{
    size_t start = length;
    while (start && !is_slash(dos[start - 1]) && !(start == 2 && dos[1] == L':'))
        start--;
    *name_length = device_name(dos + start, length - start);
    return *name_length ? start : SIZE_MAX;
}

LPWSTR win32_full_path(LPCWSTR dos, size_t length)
{
    /* The directory may change meanwhile; a copy of it is all that is needed. */
    win32_lock();
    LPWSTR directory = win32_duplicate(win32_state()->directory);
    win32_unlock();
    if (!directory)
        return NULL;
    LPWSTR to = malloc((win32_length(directory) + length + 8) * sizeof(WCHAR));
    size_t at = 0, root = 0, skip = 0, device_length, device = SIZE_MAX;
    if (!to)
        goto done;
    bool slashes = length >= 2 && is_slash(dos[0]) && is_slash(dos[1]);
    if (!slashes)
        device = last_device(dos, length, &device_length);
    if (device != SIZE_MAX) {
        memcpy(to, L"\\\\.\\", 4 * sizeof(WCHAR));
        memcpy(to + 4, dos + device, device_length * sizeof(WCHAR));
        to[4 + device_length] = 0;
        goto done;
    }
    if (slashes) {
        bool names_device =
            length >= 3 && (dos[2] == L'.' || dos[2] == L'?') && (length == 3 || is_slash(dos[3]));
        to[at++] = L'\\';
        to[at++] = L'\\';
        skip = 2;
        if (names_device) {
            to[at++] = dos[2];
            to[at++] = L'\\';
            skip = length == 3 ? 3 : 4;
        }
        root = at;
    } else if (length >= 2 && is_letter(dos[0]) && dos[1] == L':') {
        skip = 2;
        bool relative = length == 2 || !is_slash(dos[2]);
        if (relative && win32_upper(directory[0]) == win32_upper(dos[0])) {
            at = win32_length(directory);
            memcpy(to, directory, at * sizeof(WCHAR));
        } else {
            to[at++] = dos[0];
            to[at++] = L':';
            to[at++] = L'\\';
        }
        root = 3;
    } else {
        bool rooted = length && is_slash(dos[0]);
        at = rooted ? 3 : win32_length(directory);
        memcpy(to, directory, at * sizeof(WCHAR));
        root = 3;
    }
    at = append(to, at, root, dos + skip, length - skip);
    to[at] = 0;
done:
    free(directory);
    return to;
}

static NTSTATUS prefixed(LPCWSTR prefix, LPCWSTR rest, struct win32_path *path)
{
    size_t head = win32_length(prefix), tail = win32_length(rest);
    if (head + tail > 0x7FFF - 1)
        return STATUS_NAME_TOO_LONG;
    LPWSTR text = malloc((head + tail + 1) * sizeof(WCHAR));
    if (!text)
        return STATUS_NO_MEMORY;
    memcpy(text, prefix, head * sizeof(WCHAR));
    memcpy(text + head, rest, (tail + 1) * sizeof(WCHAR));
    path->name.Buffer = text;
    path->name.Length = (USHORT)((head + tail) * sizeof(WCHAR));
    path->name.MaximumLength = (USHORT)(path->name.Length + sizeof(WCHAR));
    path->ends_in_slash = head + tail && text[head + tail - 1] == L'\\';
    return STATUS_SUCCESS;
}

/* A name that cannot be one fails as a path that is not there, which is what kernel32 makes of it. */
NTSTATUS win32_nt_path(LPCWSTR dos, size_t length, struct win32_path *path)
{
    *path = (struct win32_path){.name = {0}};
    if (!length)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (length >= 4 && dos[0] == L'\\' && dos[2] == L'?' && dos[3] == L'\\' &&
        (dos[1] == L'\\' || dos[1] == L'?'))
        return prefixed(L"\\??\\", dos + 4, path);
    if (length > 0x7FFF)
        return STATUS_NAME_TOO_LONG;
    LPWSTR full = win32_full_path(dos, length);
    if (!full)
        return STATUS_NO_MEMORY;
    NTSTATUS status;
    bool slashes = full[0] == L'\\' && full[1] == L'\\';
    if (win32_length(full) >= MAX_PATH)
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    else if (slashes && (full[2] == L'.' || full[2] == L'?') && full[3] == L'\\')
        status = prefixed(L"\\??\\", full + 4, path);
    else if (slashes)
        status = prefixed(L"\\??\\UNC\\", full + 2, path);
    else
        status = prefixed(L"\\??\\", full, path);
    free(full);
    return status;
}

void win32_path_free(struct win32_path *path)
{
    free(path->name.Buffer);
    path->name.Buffer = NULL;
}

/* Where the last part of a whole path begins; NULL when it ends in a slash. */
static size_t file_part(LPCWSTR full)
{
    size_t length = win32_length(full), start = length;
    while (start && full[start - 1] != L'\\')
        start--;
    return start == length ? SIZE_MAX : start;
}

DWORD WINAPI GetFullPathNameW(LPCWSTR lpFileName, DWORD nBufferLength, LPWSTR lpBuffer, LPWSTR *lpFilePart)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpFileName))
        return 0;
    LPWSTR full = name.length ? win32_full_path(name.text, name.length) : NULL;
    bool empty = !name.length;
    win32_wide_free(&name);
    if (!full)
        return (DWORD)win32_error(empty ? ERROR_INVALID_NAME : ERROR_NOT_ENOUGH_MEMORY);
    size_t part = file_part(full), length = win32_length(full);
    DWORD result = win32_give_wide(lpBuffer, nBufferLength, full);
    if (lpFilePart && result == length)
        *lpFilePart = part == SIZE_MAX ? NULL : lpBuffer + part;
    free(full);
    return result;
}

DWORD WINAPI GetFullPathNameA(LPCSTR lpFileName, DWORD nBufferLength, LPSTR lpBuffer, LPSTR *lpFilePart)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpFileName))
        return 0;
    LPWSTR full = name.length ? win32_full_path(name.text, name.length) : NULL;
    bool empty = !name.length;
    win32_wide_free(&name);
    if (!full)
        return (DWORD)win32_error(empty ? ERROR_INVALID_NAME : ERROR_NOT_ENOUGH_MEMORY);
    DWORD result = win32_give_ansi(lpBuffer, nBufferLength, full);
    free(full);
    if (result && result < nBufferLength && lpFilePart) {
        char *last = strrchr(lpBuffer, '\\');
        *lpFilePart = last && last[1] ? last + 1 : NULL;
    }
    return result;
}

DWORD WINAPI GetCurrentDirectoryW(DWORD nBufferLength, LPWSTR lpBuffer)
{
    win32_lock();
    LPWSTR directory = win32_duplicate(win32_state()->directory);
    win32_unlock();
    if (!directory)
        return (DWORD)win32_error(ERROR_NOT_ENOUGH_MEMORY);
    DWORD result = win32_give_wide(lpBuffer, nBufferLength, directory);
    free(directory);
    return result;
}

DWORD WINAPI GetCurrentDirectoryA(DWORD nBufferLength, LPSTR lpBuffer)
{
    win32_lock();
    LPWSTR directory = win32_duplicate(win32_state()->directory);
    win32_unlock();
    if (!directory)
        return (DWORD)win32_error(ERROR_NOT_ENOUGH_MEMORY);
    DWORD result = win32_give_ansi(lpBuffer, nBufferLength, directory);
    free(directory);
    return result;
}

/* Without files of its own "C:\x" is the host's "/x". */
static bool is_host_directory(LPCWSTR full)
{
    LPSTR host = win32_upper(full[0]) == L'C' && full[1] == L':' ? win32_narrow(full + 2) : NULL;
    for (char *c = host; c && *c; c++)
        if (*c == '\\')
            *c = '/';
    bool is = host && host_is_directory(host);
    free(host);
    return is;
}

static DWORD check_directory(LPCWSTR full)
{
    if (!win32_state()->files)
        return is_host_directory(full) ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND;
    DWORD attributes = GetFileAttributesW(full);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return win32_last_error();
    return attributes & FILE_ATTRIBUTE_DIRECTORY ? ERROR_SUCCESS : ERROR_DIRECTORY;
}

/* Only a directory that is there can be gone to. */
static DWORD change_directory(const struct win32_wide *name)
{
    if (!name->length)
        return name->text ? ERROR_INVALID_NAME : ERROR_INVALID_PARAMETER;
    LPWSTR full = win32_full_path(name->text, name->length);
    if (!full)
        return ERROR_NOT_ENOUGH_MEMORY;
    size_t length = win32_length(full);
    if (length > 3 && full[length - 1] == L'\\')
        full[length - 1] = 0;
    DWORD error = check_directory(full);
    if (!error) {
        win32_lock();
        LPWSTR old = win32_state()->directory;
        win32_state()->directory = full;
        win32_unlock();
        full = old;
    }
    free(full);
    return error;
}

BOOL WINAPI SetCurrentDirectoryW(LPCWSTR lpPathName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpPathName))
        return FALSE;
    DWORD error = change_directory(&name);
    win32_wide_free(&name);
    return error ? win32_error(error) : TRUE;
}

BOOL WINAPI SetCurrentDirectoryA(LPCSTR lpPathName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpPathName))
        return FALSE;
    DWORD error = change_directory(&name);
    win32_wide_free(&name);
    return error ? win32_error(error) : TRUE;
}
