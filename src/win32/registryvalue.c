/*
 * Registry values. Strings are stored as UTF-16; the A functions convert them on the way.
 */
#include "registry.h"

#include <stdlib.h>
#include <string.h>

bool win32_is_text(DWORD type)
{
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

/* UTF-16 to UTF-8, zeros and all. */
void *win32_to_ansi(const void *data, ULONG size, ULONG *result)
{
    size_t units = size / sizeof(WCHAR), at = 0;
    unsigned char *to = malloc(units * 3 + 1);
    for (size_t i = 0; to && i < units; i++) {
        WCHAR c, d;
        memcpy(&c, (const char *)data + i * sizeof c, sizeof c);
        unsigned code = c;
        if (c >= 0xD800 && c < 0xDC00 && i + 1 < units) {
            memcpy(&d, (const char *)data + ++i * sizeof d, sizeof d);
            code = 0x10000 + ((code - 0xD800) << 10) + (d & 0x3FF);
        }
        unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        to[at++] = (unsigned char)(more ? (0x7F80 >> more & 0xFF) | code >> 6 * more : code);
        while (more--)
            to[at++] = (unsigned char)(0x80 | (code >> 6 * more & 0x3F));
    }
    *result = (ULONG)at;
    return to;
}

void *win32_from_ansi(const void *data, ULONG size, ULONG *result)
{
    const unsigned char *from = data;
    WCHAR *to = malloc(((size_t)size + 1) * sizeof(WCHAR));
    size_t at = 0;
    for (ULONG i = 0; to && i < size;) {
        unsigned char c = from[i++];
        unsigned more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
        unsigned code = more == 3 ? c & 7 : more == 2 ? c & 15 : more == 1 ? c & 31 : c;
        for (; more && i < size && (from[i] & 0xC0) == 0x80; more--)
            code = code << 6 | (from[i++] & 0x3F);
        if (code < 0x10000) {
            to[at++] = (WCHAR)code;
        } else {
            to[at++] = (WCHAR)(0xD800 + ((code - 0x10000) >> 10));
            to[at++] = (WCHAR)(0xDC00 + (code & 0x3FF));
        }
    }
    *result = (ULONG)(at * sizeof(WCHAR));
    return to;
}

/* --- reading --- */

/* A value read whole. */
struct value {
    DWORD type;
    void *data; /* from malloc, followed by two zeros that do not count */
    ULONG size;
    WCHAR *name; /* of an enumerated one, from malloc */
    ULONG name_length;
};

static void free_value(struct value *value)
{
    free(value->data);
    free(value->name);
}

/* The A functions' view of the data. */
static LSTATUS convert(struct value *value, bool ansi)
{
    if (!ansi || !win32_is_text(value->type))
        return ERROR_SUCCESS;
    void *made = win32_to_ansi(value->data, value->size, &value->size);
    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    free(value->data);
    value->data = made;
    return ERROR_SUCCESS;
}

/* By name, or by index without one. */
static LSTATUS read_value(HANDLE key, UNICODE_STRING *name, DWORD index, bool ansi, struct value *value)
{
    ULONG length = 0, size = 256;
    PKEY_VALUE_FULL_INFORMATION info = NULL;
    NTSTATUS status;
    do {
        free(info);
        info = malloc(size);
        if (!info)
            return ERROR_NOT_ENOUGH_MEMORY;
        status = name ? NtQueryValueKey(key, name, KeyValueFullInformation, info, size, &length)
                      : NtEnumerateValueKey(key, index, KeyValueFullInformation, info, size, &length);
        size = length;
    } while (status == STATUS_BUFFER_OVERFLOW);
    LSTATUS error = status == STATUS_NO_MORE_ENTRIES ? ERROR_NO_MORE_ITEMS : win32_key_result(status);
    if (!error) {
        *value =
            (struct value){.type = info->Type, .size = info->DataLength, .name_length = info->NameLength / 2};
        value->data = calloc(1, (size_t)info->DataLength + 2 * sizeof(WCHAR));
        value->name = calloc(1, (size_t)info->NameLength + sizeof(WCHAR));
        error = value->data && value->name ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
        if (!error) {
            if (info->DataLength)
                memcpy(value->data, (char *)info + info->DataOffset, info->DataLength);
            memcpy(value->name, info->Name, info->NameLength);
            error = convert(value, ansi);
        }
        if (error)
            free_value(value);
    }
    free(info);
    return error;
}

static LSTATUS give_data(const struct value *value, LPDWORD type, void *data, LPDWORD size)
{
    DWORD room = 0;
    if (data && !size)
        return ERROR_INVALID_PARAMETER;
    if (!win32_store(type, value->type) || (size && !win32_read(&room, size, sizeof room)) ||
        !win32_store(size, value->size))
        return ERROR_NOACCESS;
    if (!data)
        return ERROR_SUCCESS;
    if (room < value->size)
        return ERROR_MORE_DATA;
    /* A zero behind a string that has none, where there is room for it. */
    size_t zeros = win32_is_text(value->type) && room - value->size >= sizeof(WCHAR) ? sizeof(WCHAR) : 0;
    if (!win32_write(data, value->data, value->size))
        return ERROR_NOACCESS;
    if (zeros)
        win32_write((char *)data + value->size, L"", zeros);
    return ERROR_SUCCESS;
}

static LSTATUS query_value(HKEY key, LPCWSTR wide, LPCSTR ansi_name, LPDWORD type, void *data, LPDWORD size,
                           bool ansi)
{
    struct win32_wide copy;
    UNICODE_STRING name;
    struct value value;
    LSTATUS error = win32_key_text(&copy, wide, ansi_name, &name);
    if (error)
        return error;
    error = read_value(win32_key_handle(key), &name, 0, ansi, &value);
    win32_wide_free(&copy);
    if (error)
        return error;
    error = give_data(&value, type, data, size);
    free_value(&value);
    return error;
}

LSTATUS WINAPI RegQueryValueExW(HKEY hKey, LPCWSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType,
                                LPBYTE lpData, LPDWORD lpcbData)
{
    if (lpReserved || (lpData && !lpcbData))
        return ERROR_INVALID_PARAMETER;
    return query_value(hKey, lpValueName, NULL, lpType, lpData, lpcbData, false);
}

LSTATUS WINAPI RegQueryValueExA(HKEY hKey, LPCSTR lpValueName, LPDWORD lpReserved, LPDWORD lpType,
                                LPBYTE lpData, LPDWORD lpcbData)
{
    if (lpReserved || (lpData && !lpcbData))
        return ERROR_INVALID_PARAMETER;
    return query_value(hKey, NULL, lpValueName, lpType, lpData, lpcbData, true);
}

static LSTATUS enumerate(HKEY key, DWORD index, void *name, LPDWORD room, LPDWORD type, void *data,
                         LPDWORD size, bool ansi)
{
    struct value value;
    if (!name || !room || (data && !size))
        return ERROR_INVALID_PARAMETER;
    LSTATUS error = read_value(win32_key_handle(key), NULL, index, ansi, &value);
    if (error)
        return error;
    error = win32_key_give(name, room, value.name, value.name_length, ansi);
    if (!error)
        error = give_data(&value, type, data, size);
    free_value(&value);
    return error;
}

LSTATUS WINAPI RegEnumValueW(HKEY hKey, DWORD dwIndex, LPWSTR lpValueName, LPDWORD lpcchValueName,
                             LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData)
{
    if (lpReserved)
        return ERROR_INVALID_PARAMETER;
    return enumerate(hKey, dwIndex, lpValueName, lpcchValueName, lpType, lpData, lpcbData, false);
}

LSTATUS WINAPI RegEnumValueA(HKEY hKey, DWORD dwIndex, LPSTR lpValueName, LPDWORD lpcchValueName,
                             LPDWORD lpReserved, LPDWORD lpType, LPBYTE lpData, LPDWORD lpcbData)
{
    if (lpReserved)
        return ERROR_INVALID_PARAMETER;
    return enumerate(hKey, dwIndex, lpValueName, lpcchValueName, lpType, lpData, lpcbData, true);
}

/* --- RegGetValue --- */

struct wanted {
    HKEY key;
    LPCWSTR subkey, name;
    LPCSTR subkey_ansi, name_ansi;
    DWORD flags;
    bool ansi;
};

static LSTATUS check_type(DWORD flags, const struct value *value)
{
    static const DWORD bits[] = {[REG_NONE] = RRF_RT_REG_NONE,           [REG_SZ] = RRF_RT_REG_SZ,
                                 [REG_EXPAND_SZ] = RRF_RT_REG_EXPAND_SZ, [REG_BINARY] = RRF_RT_REG_BINARY,
                                 [REG_DWORD] = RRF_RT_REG_DWORD,         [REG_MULTI_SZ] = RRF_RT_REG_MULTI_SZ,
                                 [REG_QWORD] = RRF_RT_REG_QWORD};
    DWORD bit = value->type < sizeof bits / sizeof *bits ? bits[value->type] : 0;
    if ((flags & RRF_RT_ANY) == RRF_RT_ANY)
        return ERROR_SUCCESS;
    if (!(flags & bit))
        return ERROR_UNSUPPORTED_TYPE;
    if (value->type == REG_BINARY && (flags & RRF_RT_ANY) == RRF_RT_DWORD && value->size != 4)
        return ERROR_DATATYPE_MISMATCH;
    if (value->type == REG_BINARY && (flags & RRF_RT_ANY) == RRF_RT_QWORD && value->size != 8)
        return ERROR_DATATYPE_MISMATCH;
    return ERROR_SUCCESS;
}

/* A REG_EXPAND_SZ becomes a REG_SZ. The value is as it is stored. */
static LSTATUS expand(struct value *value)
{
    WCHAR *text = calloc(1, (size_t)value->size + sizeof(WCHAR)), *to = NULL;
    DWORD room = 0;
    LSTATUS error = text ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    if (!error && value->size)
        memcpy(text, value->data, value->size);
    if (!error && !(room = ExpandEnvironmentStringsW(text, NULL, 0)))
        error = (LSTATUS)win32_last_error();
    if (!error && !(to = malloc(room * sizeof(WCHAR))))
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (!error && ExpandEnvironmentStringsW(text, to, room) != room)
        error = ERROR_INVALID_DATA;
    free(text);
    if (error) {
        free(to);
        return error;
    }
    free(value->data);
    value->data = to;
    value->size = room * (ULONG)sizeof(WCHAR);
    value->type = REG_SZ;
    return ERROR_SUCCESS;
}

/* Strings always come with their terminators. */
static void terminate(struct value *value, bool ansi)
{
    ULONG unit = ansi ? 1 : sizeof(WCHAR), zeros = value->type == REG_MULTI_SZ ? 2 : 1;
    const char *bytes = value->data;
    if (!win32_is_text(value->type))
        return;
    ULONG there = 0;
    while (there < zeros && value->size >= (there + 1) * unit && !bytes[value->size - (there + 1) * unit] &&
           !bytes[value->size - there * unit - 1])
        there++;
    char *room = realloc(value->data, (size_t)value->size + 2 * sizeof(WCHAR));
    if (!room)
        return;
    memset(room + value->size, 0, 2 * sizeof(WCHAR));
    value->data = room;
    value->size += (zeros - there) * unit;
}

static LSTATUS get_value(struct wanted *w, LPDWORD type, void *data, LPDWORD size)
{
    HKEY key = w->key;
    struct win32_wide copy;
    UNICODE_STRING name;
    struct value value;
    LSTATUS error = ERROR_SUCCESS;
    if (data && !size)
        return ERROR_INVALID_PARAMETER;
    if ((w->flags & RRF_RT_REG_EXPAND_SZ) && !(w->flags & RRF_NOEXPAND) &&
        (w->flags & RRF_RT_ANY) != RRF_RT_ANY)
        return ERROR_INVALID_PARAMETER;
    if ((w->flags & RRF_WOW64_MASK) == RRF_WOW64_MASK)
        return ERROR_INVALID_PARAMETER;
    if (w->subkey)
        error = RegOpenKeyExW(w->key, w->subkey, 0, KEY_QUERY_VALUE, &key);
    else if (w->subkey_ansi)
        error = RegOpenKeyExA(w->key, w->subkey_ansi, 0, KEY_QUERY_VALUE, &key);
    if (error)
        return error;
    error = win32_key_text(&copy, w->name, w->name_ansi, &name);
    if (!error) {
        error = read_value(win32_key_handle(key), &name, 0, false, &value);
        win32_wide_free(&copy);
    }
    if (w->subkey || w->subkey_ansi)
        RegCloseKey(key);
    if (error)
        return error;
    if (value.type == REG_EXPAND_SZ && !(w->flags & RRF_NOEXPAND))
        error = expand(&value);
    if (!error)
        error = convert(&value, w->ansi);
    if (!error)
        terminate(&value, w->ansi);
    if (!error)
        error = check_type(w->flags, &value);
    if (!error)
        error = give_data(&value, type, data, size);
    free_value(&value);
    return error;
}

static LSTATUS get_or_zero(struct wanted *w, LPDWORD type, void *data, LPDWORD size)
{
    DWORD room = 0;
    if (w->flags & RRF_ZEROONFAILURE && data && size && !win32_read(&room, size, sizeof room))
        return ERROR_NOACCESS;
    LSTATUS error = get_value(w, type, data, size);
    for (DWORD i = 0; error && data && i < room; i++)
        if (!win32_write((char *)data + i, "", 1))
            break;
    return error;
}

LSTATUS WINAPI RegGetValueW(HKEY hkey, LPCWSTR lpSubKey, LPCWSTR lpValue, DWORD dwFlags, LPDWORD pdwType,
                            PVOID pvData, LPDWORD pcbData)
{
    struct wanted w = {.key = hkey, .subkey = lpSubKey, .name = lpValue, .flags = dwFlags};
    return get_or_zero(&w, pdwType, pvData, pcbData);
}

LSTATUS WINAPI RegGetValueA(HKEY hkey, LPCSTR lpSubKey, LPCSTR lpValue, DWORD dwFlags, LPDWORD pdwType,
                            PVOID pvData, LPDWORD pcbData)
{
    struct wanted w = {
        .key = hkey, .subkey_ansi = lpSubKey, .name_ansi = lpValue, .flags = dwFlags, .ansi = true};
    return get_or_zero(&w, pdwType, pvData, pcbData);
}

/* --- writing --- */

static LSTATUS set_value(HKEY key, LPCWSTR wide, LPCSTR ansi, DWORD type, const void *data, DWORD size)
{
    struct win32_wide copy;
    UNICODE_STRING name;
    LSTATUS error = win32_key_text(&copy, wide, ansi, &name);
    if (error)
        return error;
    error = win32_key_result(NtSetValueKey(win32_key_handle(key), &name, 0, type, (PVOID)data, size));
    win32_wide_free(&copy);
    return error;
}

LSTATUS WINAPI RegSetValueExW(HKEY hKey, LPCWSTR lpValueName, DWORD Reserved, DWORD dwType,
                              const BYTE *lpData, DWORD cbData)
{
    return Reserved ? ERROR_INVALID_PARAMETER : set_value(hKey, lpValueName, NULL, dwType, lpData, cbData);
}

LSTATUS WINAPI RegSetValueExA(HKEY hKey, LPCSTR lpValueName, DWORD Reserved, DWORD dwType, const BYTE *lpData,
                              DWORD cbData)
{
    void *own = NULL, *wide = NULL;
    ULONG size = cbData;
    if (Reserved)
        return ERROR_INVALID_PARAMETER;
    if (!win32_is_text(dwType) || !cbData)
        return set_value(hKey, NULL, lpValueName, dwType, lpData, cbData);
    LSTATUS error = ERROR_NOT_ENOUGH_MEMORY;
    own = malloc(cbData);
    if (own)
        error = win32_read(own, lpData, cbData) ? ERROR_SUCCESS : ERROR_NOACCESS;
    if (!error && !(wide = win32_from_ansi(own, cbData, &size)))
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (!error)
        error = set_value(hKey, NULL, lpValueName, dwType, wide, size);
    free(own);
    free(wide);
    return error;
}

static LSTATUS delete_value(HKEY key, LPCWSTR wide, LPCSTR ansi)
{
    struct win32_wide copy;
    UNICODE_STRING name;
    LSTATUS error = win32_key_text(&copy, wide, ansi, &name);
    if (error)
        return error;
    error = win32_key_result(NtDeleteValueKey(win32_key_handle(key), &name));
    win32_wide_free(&copy);
    return error;
}

LSTATUS WINAPI RegDeleteValueW(HKEY hKey, LPCWSTR lpValueName)
{
    return delete_value(hKey, lpValueName, NULL);
}

LSTATUS WINAPI RegDeleteValueA(HKEY hKey, LPCSTR lpValueName)
{
    return delete_value(hKey, NULL, lpValueName);
}
