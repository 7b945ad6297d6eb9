/*
 * Registry functions that are made of others: values of subkeys, trees copied, descriptors, and the old ones
 * of 16 bits' time.
 */
#include "registry.h"

#include <stdlib.h>
#include <string.h>

/* --- values of a subkey --- */

/* The key itself when the name is NULL or empty; then it is not to be closed. */
static LSTATUS make_subkey(HKEY key, LPCWSTR wide, LPCSTR ansi, REGSAM access, PHKEY out)
{
    *out = key;
    if (!wide && !ansi)
        return ERROR_SUCCESS;
    return ansi ? RegCreateKeyExA(key, ansi, 0, NULL, 0, access, NULL, out, NULL)
                : RegCreateKeyExW(key, wide, 0, NULL, 0, access, NULL, out, NULL);
}

static LSTATUS done_with(HKEY key, HKEY subkey, LSTATUS error)
{
    if (subkey != key)
        RegCloseKey(subkey);
    return error;
}

/* The subkey is made if it is missing. (Windows SDK: RegSetKeyValue) */
LSTATUS WINAPI RegSetKeyValueW(HKEY hKey, LPCWSTR lpSubKey, LPCWSTR lpValueName, DWORD dwType, LPCVOID lpData,
                               DWORD cbData)
{
    HKEY key;
    LSTATUS error = make_subkey(hKey, lpSubKey, NULL, KEY_SET_VALUE, &key);
    return error ? error : done_with(hKey, key, RegSetValueExW(key, lpValueName, 0, dwType, lpData, cbData));
}

LSTATUS WINAPI RegSetKeyValueA(HKEY hKey, LPCSTR lpSubKey, LPCSTR lpValueName, DWORD dwType, LPCVOID lpData,
                               DWORD cbData)
{
    HKEY key;
    LSTATUS error = make_subkey(hKey, NULL, lpSubKey, KEY_SET_VALUE, &key);
    return error ? error : done_with(hKey, key, RegSetValueExA(key, lpValueName, 0, dwType, lpData, cbData));
}

LSTATUS WINAPI RegDeleteKeyValueW(HKEY hKey, LPCWSTR lpSubKey, LPCWSTR lpValueName)
{
    HKEY key = hKey;
    LSTATUS error = lpSubKey ? RegOpenKeyExW(hKey, lpSubKey, 0, KEY_SET_VALUE, &key) : ERROR_SUCCESS;
    return error ? error : done_with(hKey, key, RegDeleteValueW(key, lpValueName));
}

LSTATUS WINAPI RegDeleteKeyValueA(HKEY hKey, LPCSTR lpSubKey, LPCSTR lpValueName)
{
    HKEY key = hKey;
    LSTATUS error = lpSubKey ? RegOpenKeyExA(hKey, lpSubKey, 0, KEY_SET_VALUE, &key) : ERROR_SUCCESS;
    return error ? error : done_with(hKey, key, RegDeleteValueA(key, lpValueName));
}

/* --- of old: a key's one value, its default, a string --- */

/* An empty string when there is none. */
LSTATUS WINAPI RegQueryValueW(HKEY hKey, LPCWSTR lpSubKey, LPWSTR lpData, PLONG lpcbData)
{
    LSTATUS error = RegGetValueW(hKey, lpSubKey, NULL, RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND,
                                 NULL, lpData, (LPDWORD)lpcbData);
    if (error != ERROR_FILE_NOT_FOUND)
        return error == ERROR_UNSUPPORTED_TYPE ? ERROR_INVALID_DATA : error;
    HKEY key = hKey;
    error = lpSubKey ? RegOpenKeyExW(hKey, lpSubKey, 0, KEY_QUERY_VALUE, &key) : ERROR_SUCCESS;
    if (error)
        return error;
    if (lpData && !win32_write(lpData, L"", sizeof(WCHAR)))
        error = ERROR_NOACCESS;
    else if (!win32_store((LPDWORD)lpcbData, sizeof(WCHAR)))
        error = ERROR_NOACCESS;
    return done_with(hKey, key, error);
}

LSTATUS WINAPI RegQueryValueA(HKEY hKey, LPCSTR lpSubKey, LPSTR lpData, PLONG lpcbData)
{
    LSTATUS error = RegGetValueA(hKey, lpSubKey, NULL, RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND,
                                 NULL, lpData, (LPDWORD)lpcbData);
    if (error != ERROR_FILE_NOT_FOUND)
        return error == ERROR_UNSUPPORTED_TYPE ? ERROR_INVALID_DATA : error;
    HKEY key = hKey;
    error = lpSubKey ? RegOpenKeyExA(hKey, lpSubKey, 0, KEY_QUERY_VALUE, &key) : ERROR_SUCCESS;
    if (error)
        return error;
    if (lpData && !win32_write(lpData, "", 1))
        error = ERROR_NOACCESS;
    else if (!win32_store((LPDWORD)lpcbData, 1))
        error = ERROR_NOACCESS;
    return done_with(hKey, key, error);
}

/* cbData is not looked at: the string ends with its zero. */
LSTATUS WINAPI RegSetValueW(HKEY hKey, LPCWSTR lpSubKey, DWORD dwType, LPCWSTR lpData, DWORD cbData)
{
    struct win32_wide text;
    (void)cbData;
    if (dwType != REG_SZ)
        return ERROR_INVALID_PARAMETER;
    if (!win32_wide_from_wide(&text, lpData))
        return (LSTATUS)win32_last_error();
    LSTATUS error = RegSetKeyValueW(hKey, lpSubKey, NULL, REG_SZ, text.text ? text.text : L"",
                                    (DWORD)((text.length + 1) * sizeof(WCHAR)));
    win32_wide_free(&text);
    return error;
}

LSTATUS WINAPI RegSetValueA(HKEY hKey, LPCSTR lpSubKey, DWORD dwType, LPCSTR lpData, DWORD cbData)
{
    HKEY key;
    struct win32_wide text;
    (void)cbData;
    if (dwType != REG_SZ)
        return ERROR_INVALID_PARAMETER;
    LSTATUS error = make_subkey(hKey, NULL, lpSubKey, KEY_SET_VALUE, &key);
    if (error)
        return error;
    if (!win32_wide_from_ansi(&text, lpData))
        return done_with(hKey, key, (LSTATUS)win32_last_error());
    error = RegSetValueExW(key, NULL, 0, REG_SZ, (const BYTE *)(text.text ? text.text : L""),
                           (DWORD)((text.length + 1) * sizeof(WCHAR)));
    win32_wide_free(&text);
    return done_with(hKey, key, error);
}

LSTATUS WINAPI RegEnumKeyW(HKEY hKey, DWORD dwIndex, LPWSTR lpName, DWORD cchName)
{
    return RegEnumKeyExW(hKey, dwIndex, lpName, &cchName, NULL, NULL, NULL, NULL);
}

LSTATUS WINAPI RegEnumKeyA(HKEY hKey, DWORD dwIndex, LPSTR lpName, DWORD cchName)
{
    return RegEnumKeyExA(hKey, dwIndex, lpName, &cchName, NULL, NULL, NULL, NULL);
}

/* --- trees --- */

static LSTATUS copy_values(HKEY from, HKEY to)
{
    LSTATUS error = ERROR_SUCCESS;
    ULONG length, size = 4096;
    PKEY_VALUE_FULL_INFORMATION info = malloc(size);
    for (DWORD i = 0; info && !error; i++) {
        NTSTATUS status = NtEnumerateValueKey((HANDLE)from, i, KeyValueFullInformation, info, size, &length);
        if (status == STATUS_BUFFER_OVERFLOW) {
            free(info);
            info = malloc(size = length);
            i--;
            continue;
        }
        if (status == STATUS_NO_MORE_ENTRIES)
            break;
        UNICODE_STRING name = {(USHORT)info->NameLength, (USHORT)info->NameLength, info->Name};
        if (NT_SUCCESS(status))
            status =
                NtSetValueKey((HANDLE)to, &name, 0, info->Type,
                              info->DataLength ? (char *)info + info->DataOffset : NULL, info->DataLength);
        error = win32_key_result(status);
    }
    error = info ? error : ERROR_NOT_ENOUGH_MEMORY;
    free(info);
    return error;
}

static LSTATUS copy_tree(HKEY from, HKEY to)
{
    WCHAR name[256];
    LSTATUS error = copy_values(from, to);
    for (DWORD i = 0; !error; i++) {
        HKEY a = NULL, b = NULL;
        DWORD length = 256;
        error = RegEnumKeyExW(from, i, name, &length, NULL, NULL, NULL, NULL);
        if (error == ERROR_NO_MORE_ITEMS)
            return ERROR_SUCCESS;
        if (!error)
            error = RegOpenKeyExW(from, name, 0, KEY_READ, &a);
        if (!error)
            error = RegCreateKeyExW(to, name, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &b, NULL);
        if (!error)
            error = copy_tree(a, b);
        if (a)
            RegCloseKey(a);
        if (b)
            RegCloseKey(b);
    }
    return error;
}

/* Values and subkeys, without their descriptors. (Windows SDK: RegCopyTree) */
LSTATUS WINAPI RegCopyTreeW(HKEY hKeySrc, LPCWSTR lpSubKey, HKEY hKeyDest)
{
    HKEY key = (HKEY)win32_key_handle(hKeySrc), own = key;
    LSTATUS error = lpSubKey ? RegOpenKeyExW(hKeySrc, lpSubKey, 0, KEY_READ, &own) : ERROR_SUCCESS;
    return error ? error : done_with(key, own, copy_tree(own, (HKEY)win32_key_handle(hKeyDest)));
}

LSTATUS WINAPI RegCopyTreeA(HKEY hKeySrc, LPCSTR lpSubKey, HKEY hKeyDest)
{
    HKEY key = (HKEY)win32_key_handle(hKeySrc), own = key;
    LSTATUS error = lpSubKey ? RegOpenKeyExA(hKeySrc, lpSubKey, 0, KEY_READ, &own) : ERROR_SUCCESS;
    return error ? error : done_with(key, own, copy_tree(own, (HKEY)win32_key_handle(hKeyDest)));
}

LSTATUS WINAPI RegRenameKey(HKEY hKey, LPCWSTR lpSubKeyName, LPCWSTR lpNewKeyName)
{
    struct win32_wide copy;
    UNICODE_STRING name;
    HKEY key = hKey;
    LSTATUS error = lpSubKeyName ? RegOpenKeyExW(hKey, lpSubKeyName, 0, KEY_WRITE, &key) : ERROR_SUCCESS;
    if (error)
        return error;
    error = win32_key_text(&copy, lpNewKeyName, NULL, &name);
    if (error)
        return done_with(hKey, key, error);
    error = win32_key_result(NtRenameKey(win32_key_handle(key), &name));
    win32_wide_free(&copy);
    return done_with(hKey, key, error);
}

LSTATUS WINAPI RegOpenCurrentUser(REGSAM samDesired, PHKEY phkResult)
{
    return RegOpenKeyExW(HKEY_CURRENT_USER, NULL, 0, samDesired, phkResult);
}

/* --- descriptors --- */

/* ERROR_INSUFFICIENT_BUFFER, with the size that it takes. */
LSTATUS WINAPI RegGetKeySecurity(HKEY hKey, SECURITY_INFORMATION SecurityInformation,
                                 PSECURITY_DESCRIPTOR pSecurityDescriptor, LPDWORD lpcbSecurityDescriptor)
{
    DWORD size;
    ULONG needed = 0;
    if (!lpcbSecurityDescriptor || !win32_read(&size, lpcbSecurityDescriptor, sizeof size))
        return ERROR_INVALID_PARAMETER;
    LSTATUS error = win32_key_result(NtQuerySecurityObject(win32_key_handle(hKey), SecurityInformation,
                                                           pSecurityDescriptor, size, &needed));
    if ((!error || error == ERROR_INSUFFICIENT_BUFFER) && !win32_store(lpcbSecurityDescriptor, needed))
        return ERROR_NOACCESS;
    return error;
}

LSTATUS WINAPI RegSetKeySecurity(HKEY hKey, SECURITY_INFORMATION SecurityInformation,
                                 PSECURITY_DESCRIPTOR pSecurityDescriptor)
{
    return win32_key_result(
        NtSetSecurityObject(win32_key_handle(hKey), SecurityInformation, pSecurityDescriptor));
}
