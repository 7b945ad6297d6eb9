/*
 * Registry keys: opening, creating, deleting, enumerating, waiting for changes.
 */
#include "registry.h"

#include <stdlib.h>
#include <string.h>

/* --- handles --- */

static const WCHAR *const roots[] = {
    L"\\REGISTRY\\MACHINE\\SOFTWARE\\Classes",
    NULL,
    L"\\REGISTRY\\MACHINE",
    L"\\REGISTRY\\USER",
    NULL,
    L"\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current"};

/* Which predefined key; -1: none. Programs for 32 bits leave the upper half at zero. */
static int predefined(HKEY key)
{
    ULONG_PTR number = (ULONG_PTR)key;
    ULONG low = (ULONG)number - 0x80000000u;
    bool sign = number >> 32 == 0xFFFFFFFF || number >> 32 == 0;
    return sign && low < WIN32_PREDEFINED_KEYS ? (int)low : -1;
}

/* Predefined keys are opened when first used, with whatever access there is, and stay open. */
HANDLE win32_key_handle(HKEY key)
{
    int which = predefined(key);
    if (which < 0)
        return (HANDLE)key;
    HANDLE *place = &win32_state()->predefined_keys[which];
    HANDLE handle = __atomic_load_n(place, __ATOMIC_ACQUIRE), fresh, none = NULL;
    if (handle)
        return handle;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    const WCHAR *path = which == 1 ? (const WCHAR *)win32_user_key() : roots[which];
    if (!path)
        return NULL;
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (!NT_SUCCESS(NtOpenKey(&fresh, MAXIMUM_ALLOWED, &attributes)))
        return NULL;
    if (__atomic_compare_exchange_n(place, &none, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    NtClose(fresh); /* another thread was quicker */
    return none;
}

LSTATUS WINAPI RegCloseKey(HKEY hKey)
{
    int which = predefined(hKey);
    if (which < 0)
        return hKey ? win32_key_result(NtClose((HANDLE)hKey)) : ERROR_INVALID_HANDLE;
    HANDLE handle = __atomic_exchange_n(&win32_state()->predefined_keys[which], NULL, __ATOMIC_ACQ_REL);
    if (handle)
        NtClose(handle);
    return ERROR_SUCCESS;
}

LSTATUS WINAPI RegFlushKey(HKEY hKey)
{
    return win32_key_result(NtFlushKey(win32_key_handle(hKey)));
}

/* --- strings --- */

LSTATUS win32_key_text(struct win32_wide *copy, LPCWSTR wide, LPCSTR ansi, UNICODE_STRING *string)
{
    if (!(ansi ? win32_wide_from_ansi(copy, ansi) : win32_wide_from_wide(copy, wide)))
        return (LSTATUS)win32_last_error();
    if (copy->length > 0x7FFE) {
        win32_wide_free(copy);
        return ERROR_INVALID_PARAMETER;
    }
    USHORT size = (USHORT)(copy->length * sizeof(WCHAR));
    *string = (UNICODE_STRING){size, size, copy->text};
    return ERROR_SUCCESS;
}

LSTATUS win32_key_give(void *client, LPDWORD room, const WCHAR *text, ULONG length, bool ansi)
{
    DWORD have = 0, unit = ansi ? 1 : sizeof(WCHAR);
    ULONG size = length;
    const void *from = text;
    void *made = NULL;
    if (!room)
        return client ? ERROR_INVALID_PARAMETER : ERROR_SUCCESS;
    if (!win32_read(&have, room, sizeof have))
        return ERROR_NOACCESS;
    if (ansi && !(from = made = win32_to_ansi(text, length * (ULONG)sizeof(WCHAR), &size)))
        return ERROR_NOT_ENOUGH_MEMORY;
    LSTATUS error = ERROR_SUCCESS;
    if (client && have < size + 1)
        error = ERROR_MORE_DATA;
    else if (client && (!win32_write(client, from, (size_t)size * unit) ||
                        !win32_write((char *)client + (size_t)size * unit, L"", unit)))
        error = ERROR_NOACCESS;
    if (error != ERROR_NOACCESS && !win32_store(room, size))
        error = ERROR_NOACCESS;
    free(made);
    return error;
}

/* --- opening --- */

static LSTATUS give_key(PHKEY out, HANDLE handle)
{
    if (win32_write(out, &handle, sizeof handle))
        return ERROR_SUCCESS;
    NtClose(handle);
    return ERROR_INVALID_PARAMETER;
}

/* NULL: in no transaction, but that of the root. */
static LSTATUS open_key_in(HKEY root, LPCWSTR wide, LPCSTR ansi, DWORD options, REGSAM access, PHKEY out,
                           HANDLE transaction)
{
    struct win32_wide copy;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle, parent = win32_key_handle(root);
    if (!parent)
        return ERROR_INVALID_HANDLE;
    if (!out || options & ~(DWORD)(REG_OPTION_OPEN_LINK | REG_OPTION_BACKUP_RESTORE))
        return ERROR_INVALID_PARAMETER;
    LSTATUS error = win32_key_text(&copy, wide, ansi, &name);
    if (error)
        return error;
    if (name.Length && *name.Buffer == L'\\') { /* not a subkey's name */
        win32_wide_free(&copy);
        return ERROR_BAD_PATHNAME;
    }
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, parent, NULL);
    error = win32_key_result(transaction
                                 ? NtOpenKeyTransactedEx(&handle, access, &attributes, options, transaction)
                                 : NtOpenKeyEx(&handle, access, &attributes, options));
    win32_wide_free(&copy);
    return error ? error : give_key(out, handle);
}

static LSTATUS open_key(HKEY root, LPCWSTR wide, LPCSTR ansi, DWORD options, REGSAM access, PHKEY out)
{
    return open_key_in(root, wide, ansi, options, access, out, NULL);
}

LSTATUS WINAPI RegOpenKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult)
{
    return open_key(hKey, lpSubKey, NULL, ulOptions, samDesired, phkResult);
}

LSTATUS WINAPI RegOpenKeyExA(HKEY hKey, LPCSTR lpSubKey, DWORD ulOptions, REGSAM samDesired, PHKEY phkResult)
{
    return open_key(hKey, NULL, lpSubKey, ulOptions, samDesired, phkResult);
}

LSTATUS WINAPI RegOpenKeyW(HKEY hKey, LPCWSTR lpSubKey, PHKEY phkResult)
{
    return open_key(hKey, lpSubKey, NULL, 0, MAXIMUM_ALLOWED, phkResult);
}

LSTATUS WINAPI RegOpenKeyA(HKEY hKey, LPCSTR lpSubKey, PHKEY phkResult)
{
    return open_key(hKey, NULL, lpSubKey, 0, MAXIMUM_ALLOWED, phkResult);
}

/* The key is associated with the transaction, and so is what is opened below it. (Windows SDK:
 * RegOpenKeyTransacted) */
LSTATUS WINAPI RegOpenKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, DWORD ulOptions, REGSAM samDesired,
                                     PHKEY phkResult, HANDLE hTransaction, PVOID pExtendedParemeter)
{
    if (pExtendedParemeter || !hTransaction)
        return pExtendedParemeter ? ERROR_INVALID_PARAMETER : ERROR_INVALID_HANDLE;
    return open_key_in(hKey, lpSubKey, NULL, ulOptions, samDesired, phkResult, hTransaction);
}

LSTATUS WINAPI RegOpenKeyTransactedA(HKEY hKey, LPCSTR lpSubKey, DWORD ulOptions, REGSAM samDesired,
                                     PHKEY phkResult, HANDLE hTransaction, PVOID pExtendedParemeter)
{
    if (pExtendedParemeter || !hTransaction)
        return pExtendedParemeter ? ERROR_INVALID_PARAMETER : ERROR_INVALID_HANDLE;
    return open_key_in(hKey, NULL, lpSubKey, ulOptions, samDesired, phkResult, hTransaction);
}

struct creation {
    HANDLE parent, transaction;
    SECURITY_ATTRIBUTES security; /* of the last key */
    UNICODE_STRING class;
    DWORD options;
    REGSAM access;
    DWORD disposition;
};

static NTSTATUS create_one(struct creation *c, POBJECT_ATTRIBUTES attributes, bool last, HANDLE *handle)
{
    REGSAM access = last ? c->access : MAXIMUM_ALLOWED;
    UNICODE_STRING *class = last ? &c->class : NULL;
    DWORD options = last ? c->options : c->options & (DWORD)REG_OPTION_VOLATILE;
    return c->transaction ? NtCreateKeyTransacted(handle, access, attributes, 0, class, options,
                                                  c->transaction, &c->disposition)
                          : NtCreateKey(handle, access, attributes, 0, class, options, &c->disposition);
}

/* Keys that are missing on the way are made, too, one after the other. */
static NTSTATUS create_path(struct creation *c, UNICODE_STRING path, HANDLE *handle)
{
    NTSTATUS status;
    HANDLE parent = c->parent;
    for (;;) {
        UNICODE_STRING name = path;
        USHORT units = path.Length / sizeof(WCHAR), at = 0;
        while (at < units && path.Buffer[at] != L'\\')
            at++;
        bool last = at == units;
        name.Length = (USHORT)(at * sizeof(WCHAR));
        OBJECT_ATTRIBUTES attributes;
        InitializeObjectAttributes(
            &attributes, &name, OBJ_CASE_INSENSITIVE | (last && c->security.bInheritHandle ? OBJ_INHERIT : 0),
            parent, last ? c->security.lpSecurityDescriptor : NULL);
        status = create_one(c, &attributes, last, handle);
        if (parent != c->parent)
            NtClose(parent);
        if (!NT_SUCCESS(status) || last)
            return status;
        parent = *handle;
        path.Buffer += at + 1;
        path.Length = (USHORT)(path.Length - (at + 1) * sizeof(WCHAR));
    }
}

struct creation_names {
    LPCWSTR name_wide;
    LPCSTR name_ansi;
    LPCWSTR class_wide;
    LPCSTR class_ansi;
};

static LSTATUS create_key(HKEY root, const struct creation_names *names, DWORD options, REGSAM access,
                          const SECURITY_ATTRIBUTES *security, PHKEY out, LPDWORD disposition,
                          HANDLE transaction)
{
    struct win32_wide name, class;
    UNICODE_STRING path = {0};
    struct creation c = {
        .parent = win32_key_handle(root), .transaction = transaction, .options = options, .access = access};
    HANDLE handle;
    if (security && !win32_read(&c.security, security, sizeof c.security))
        return ERROR_NOACCESS;
    if (!c.parent)
        return ERROR_INVALID_HANDLE;
    if (!out)
        return ERROR_INVALID_PARAMETER;
    LSTATUS error = win32_key_text(&name, names->name_wide, names->name_ansi, &path);
    if (error)
        return error;
    error = win32_key_text(&class, names->class_wide, names->class_ansi, &c.class);
    if (!error) {
        error = path.Length && *path.Buffer == L'\\' ? ERROR_BAD_PATHNAME
                                                     : win32_key_result(create_path(&c, path, &handle));
        win32_wide_free(&class);
    }
    win32_wide_free(&name);
    if (error)
        return error;
    if (!win32_store(disposition, c.disposition)) {
        NtClose(handle);
        return ERROR_INVALID_PARAMETER;
    }
    return give_key(out, handle);
}

LSTATUS WINAPI RegCreateKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass,
                                       DWORD dwOptions, REGSAM samDesired,
                                       const LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult,
                                       LPDWORD lpdwDisposition, HANDLE hTransaction, PVOID pExtendedParemeter)
{
    struct creation_names names = {.name_wide = lpSubKey, .class_wide = lpClass};
    if (Reserved || pExtendedParemeter || !lpSubKey)
        return lpSubKey ? ERROR_INVALID_PARAMETER : ERROR_BADKEY;
    return hTransaction ? create_key(hKey, &names, dwOptions, samDesired, lpSecurityAttributes, phkResult,
                                     lpdwDisposition, hTransaction)
                        : ERROR_INVALID_HANDLE;
}

LSTATUS WINAPI RegCreateKeyTransactedA(HKEY hKey, LPCSTR lpSubKey, DWORD Reserved, LPSTR lpClass,
                                       DWORD dwOptions, REGSAM samDesired,
                                       const LPSECURITY_ATTRIBUTES lpSecurityAttributes, PHKEY phkResult,
                                       LPDWORD lpdwDisposition, HANDLE hTransaction, PVOID pExtendedParemeter)
{
    struct creation_names names = {.name_ansi = lpSubKey, .class_ansi = lpClass};
    if (Reserved || pExtendedParemeter || !lpSubKey)
        return lpSubKey ? ERROR_INVALID_PARAMETER : ERROR_BADKEY;
    return hTransaction ? create_key(hKey, &names, dwOptions, samDesired, lpSecurityAttributes, phkResult,
                                     lpdwDisposition, hTransaction)
                        : ERROR_INVALID_HANDLE;
}

LSTATUS WINAPI RegCreateKeyExW(HKEY hKey, LPCWSTR lpSubKey, DWORD Reserved, LPWSTR lpClass, DWORD dwOptions,
                               REGSAM samDesired, const LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                               PHKEY phkResult, LPDWORD lpdwDisposition)
{
    struct creation_names names = {.name_wide = lpSubKey, .class_wide = lpClass};
    if (Reserved || !lpSubKey)
        return lpSubKey ? ERROR_INVALID_PARAMETER : ERROR_BADKEY;
    return create_key(hKey, &names, dwOptions, samDesired, lpSecurityAttributes, phkResult, lpdwDisposition,
                      NULL);
}

LSTATUS WINAPI RegCreateKeyExA(HKEY hKey, LPCSTR lpSubKey, DWORD Reserved, LPSTR lpClass, DWORD dwOptions,
                               REGSAM samDesired, const LPSECURITY_ATTRIBUTES lpSecurityAttributes,
                               PHKEY phkResult, LPDWORD lpdwDisposition)
{
    struct creation_names names = {.name_ansi = lpSubKey, .class_ansi = lpClass};
    if (Reserved || !lpSubKey)
        return lpSubKey ? ERROR_INVALID_PARAMETER : ERROR_BADKEY;
    return create_key(hKey, &names, dwOptions, samDesired, lpSecurityAttributes, phkResult, lpdwDisposition,
                      NULL);
}

LSTATUS WINAPI RegCreateKeyW(HKEY hKey, LPCWSTR lpSubKey, PHKEY phkResult)
{
    struct creation_names names = {.name_wide = lpSubKey};
    return create_key(hKey, &names, 0, MAXIMUM_ALLOWED, NULL, phkResult, NULL, NULL);
}

LSTATUS WINAPI RegCreateKeyA(HKEY hKey, LPCSTR lpSubKey, PHKEY phkResult)
{
    struct creation_names names = {.name_ansi = lpSubKey};
    return create_key(hKey, &names, 0, MAXIMUM_ALLOWED, NULL, phkResult, NULL, NULL);
}

/* --- deleting --- */

static LSTATUS delete_key(HKEY root, LPCWSTR wide, LPCSTR ansi, HANDLE transaction)
{
    HKEY key;
    if (!wide && !ansi)
        return ERROR_INVALID_PARAMETER;
    LSTATUS error = open_key_in(root, wide, ansi, REG_OPTION_OPEN_LINK, DELETE, &key, transaction);
    if (error)
        return error;
    NTSTATUS status = NtDeleteKey((HANDLE)key);
    NtClose((HANDLE)key);
    return status == STATUS_CANNOT_DELETE ? ERROR_ACCESS_DENIED : win32_key_result(status);
}

LSTATUS WINAPI RegDeleteKeyW(HKEY hKey, LPCWSTR lpSubKey)
{
    return delete_key(hKey, lpSubKey, NULL, NULL);
}

LSTATUS WINAPI RegDeleteKeyA(HKEY hKey, LPCSTR lpSubKey)
{
    return delete_key(hKey, NULL, lpSubKey, NULL);
}

LSTATUS WINAPI RegDeleteKeyExW(HKEY hKey, LPCWSTR lpSubKey, REGSAM samDesired, DWORD Reserved)
{
    (void)samDesired;
    return Reserved ? ERROR_INVALID_PARAMETER : delete_key(hKey, lpSubKey, NULL, NULL);
}

LSTATUS WINAPI RegDeleteKeyExA(HKEY hKey, LPCSTR lpSubKey, REGSAM samDesired, DWORD Reserved)
{
    (void)samDesired;
    return Reserved ? ERROR_INVALID_PARAMETER : delete_key(hKey, NULL, lpSubKey, NULL);
}

LSTATUS WINAPI RegDeleteKeyTransactedW(HKEY hKey, LPCWSTR lpSubKey, REGSAM samDesired, DWORD Reserved,
                                       HANDLE hTransaction, PVOID pExtendedParameter)
{
    (void)samDesired;
    if (Reserved || pExtendedParameter || !hTransaction)
        return hTransaction ? ERROR_INVALID_PARAMETER : ERROR_INVALID_HANDLE;
    return delete_key(hKey, lpSubKey, NULL, hTransaction);
}

LSTATUS WINAPI RegDeleteKeyTransactedA(HKEY hKey, LPCSTR lpSubKey, REGSAM samDesired, DWORD Reserved,
                                       HANDLE hTransaction, PVOID pExtendedParameter)
{
    (void)samDesired;
    if (Reserved || pExtendedParameter || !hTransaction)
        return hTransaction ? ERROR_INVALID_PARAMETER : ERROR_INVALID_HANDLE;
    return delete_key(hKey, NULL, lpSubKey, hTransaction);
}

/* All values and all keys below; the key itself when it has been named by its parent. */
static LSTATUS empty_key(HANDLE key)
{
    struct {
        KEY_BASIC_INFORMATION info;
        WCHAR name[256];
    } child;
    struct {
        KEY_VALUE_BASIC_INFORMATION info;
        WCHAR name[16384];
    } *value = malloc(sizeof *value);
    ULONG length;
    LSTATUS error = value ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    while (!error && NT_SUCCESS(NtEnumerateKey(key, 0, KeyBasicInformation, &child, sizeof child, &length))) {
        UNICODE_STRING name = {(USHORT)child.info.NameLength, (USHORT)child.info.NameLength, child.info.Name};
        OBJECT_ATTRIBUTES attributes;
        HANDLE handle;
        InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_OPENLINK, key, NULL);
        error = win32_key_result(NtOpenKey(&handle, KEY_ALL_ACCESS, &attributes));
        if (error)
            break;
        error = empty_key(handle);
        if (!error)
            error = win32_key_result(NtDeleteKey(handle));
        NtClose(handle);
    }
    while (!error &&
           NT_SUCCESS(NtEnumerateValueKey(key, 0, KeyValueBasicInformation, value, sizeof *value, &length))) {
        UNICODE_STRING name = {(USHORT)value->info.NameLength, (USHORT)value->info.NameLength,
                               value->info.Name};
        error = win32_key_result(NtDeleteValueKey(key, &name));
    }
    free(value);
    return error;
}

static LSTATUS delete_tree(HKEY root, LPCWSTR wide, LPCSTR ansi)
{
    HKEY key;
    LSTATUS error = open_key(root, wide, ansi, 0, KEY_ALL_ACCESS, &key);
    if (error)
        return error;
    error = empty_key((HANDLE)key);
    if (!error && (wide || ansi))
        error = win32_key_result(NtDeleteKey((HANDLE)key));
    NtClose((HANDLE)key);
    return error;
}

LSTATUS WINAPI RegDeleteTreeW(HKEY hKey, LPCWSTR lpSubKey)
{
    return delete_tree(hKey, lpSubKey, NULL);
}

LSTATUS WINAPI RegDeleteTreeA(HKEY hKey, LPCSTR lpSubKey)
{
    return delete_tree(hKey, NULL, lpSubKey);
}

/* --- what there is --- */

static FILETIME file_time(LARGE_INTEGER time)
{
    return (FILETIME){time.LowPart, (DWORD)time.HighPart};
}

static LSTATUS enumerate(HKEY key, DWORD index, void *name, LPDWORD name_room, void *class,
                         LPDWORD class_room, PFILETIME time, bool ansi)
{
    ULONG length, size = 2048;
    PKEY_NODE_INFORMATION info;
    NTSTATUS status;
    for (;;) {
        info = malloc(size);
        if (!info)
            return ERROR_NOT_ENOUGH_MEMORY;
        status = NtEnumerateKey(win32_key_handle(key), index, KeyNodeInformation, info, size, &length);
        if (status != STATUS_BUFFER_OVERFLOW)
            break;
        free(info);
        size = length;
    }
    LSTATUS error = status == STATUS_NO_MORE_ENTRIES ? ERROR_NO_MORE_ITEMS : win32_key_result(status);
    if (!error && (!name || !name_room))
        error = ERROR_INVALID_PARAMETER;
    if (!error)
        error = win32_key_give(name, name_room, info->Name, info->NameLength / sizeof(WCHAR), ansi);
    if (!error && (class || class_room)) {
        const WCHAR *text =
            info->ClassLength ? (const WCHAR *)(void *)((char *)info + info->ClassOffset) : L"";
        error = win32_key_give(class, class_room, text, info->ClassLength / sizeof(WCHAR), ansi);
    }
    FILETIME written = file_time(info->LastWriteTime);
    if (!error && time && !win32_write(time, &written, sizeof written))
        error = ERROR_NOACCESS;
    free(info);
    return error;
}

LSTATUS WINAPI RegEnumKeyExW(HKEY hKey, DWORD dwIndex, LPWSTR lpName, LPDWORD lpcchName, LPDWORD lpReserved,
                             LPWSTR lpClass, LPDWORD lpcchClass, PFILETIME lpftLastWriteTime)
{
    if (lpReserved)
        return ERROR_INVALID_PARAMETER;
    return enumerate(hKey, dwIndex, lpName, lpcchName, lpClass, lpcchClass, lpftLastWriteTime, false);
}

LSTATUS WINAPI RegEnumKeyExA(HKEY hKey, DWORD dwIndex, LPSTR lpName, LPDWORD lpcchName, LPDWORD lpReserved,
                             LPSTR lpClass, LPDWORD lpcchClass, PFILETIME lpftLastWriteTime)
{
    if (lpReserved)
        return ERROR_INVALID_PARAMETER;
    return enumerate(hKey, dwIndex, lpName, lpcchName, lpClass, lpcchClass, lpftLastWriteTime, true);
}

struct about {
    LPDWORD subkeys, name, class, values, value_name, value, security;
    PFILETIME time;
};

/* Of the key's descriptor without its system list; 0: the handle does not let one read it. */
static DWORD descriptor_size(HANDLE key)
{
    ULONG needed = 0;
    NTSTATUS status = NtQuerySecurityObject(
        key, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, 0,
        &needed);
    return status == STATUS_BUFFER_TOO_SMALL ? needed : 0;
}

static LSTATUS query_info(HKEY key, void *class, LPDWORD class_room, const struct about *a, bool ansi)
{
    union {
        KEY_FULL_INFORMATION full;
        UCHAR room[4096];
    } info;
    ULONG length;
    LSTATUS error =
        win32_key_result(NtQueryKey(win32_key_handle(key), KeyFullInformation, &info, sizeof info, &length));
    if (error)
        return error;
    if (class || class_room)
        error =
            win32_key_give(class, class_room, info.full.Class, info.full.ClassLength / sizeof(WCHAR), ansi);
    FILETIME written = file_time(info.full.LastWriteTime);
    if (!win32_store(a->subkeys, info.full.SubKeys) || !win32_store(a->name, info.full.MaxNameLen / 2) ||
        !win32_store(a->class, info.full.MaxClassLen / 2) || !win32_store(a->values, info.full.Values) ||
        !win32_store(a->value_name, info.full.MaxValueNameLen / 2) ||
        !win32_store(a->value, info.full.MaxValueDataLen) ||
        (a->security && !win32_store(a->security, descriptor_size(win32_key_handle(key)))) ||
        (a->time && !win32_write(a->time, &written, sizeof written)))
        return ERROR_NOACCESS;
    return error;
}

LSTATUS WINAPI RegQueryInfoKeyW(HKEY hKey, LPWSTR lpClass, LPDWORD lpcchClass, LPDWORD lpReserved,
                                LPDWORD lpcSubKeys, LPDWORD lpcbMaxSubKeyLen, LPDWORD lpcbMaxClassLen,
                                LPDWORD lpcValues, LPDWORD lpcbMaxValueNameLen, LPDWORD lpcbMaxValueLen,
                                LPDWORD lpcbSecurityDescriptor, PFILETIME lpftLastWriteTime)
{
    struct about a = {lpcSubKeys,          lpcbMaxSubKeyLen, lpcbMaxClassLen,        lpcValues,
                      lpcbMaxValueNameLen, lpcbMaxValueLen,  lpcbSecurityDescriptor, lpftLastWriteTime};
    return lpReserved ? ERROR_INVALID_PARAMETER : query_info(hKey, lpClass, lpcchClass, &a, false);
}

LSTATUS WINAPI RegQueryInfoKeyA(HKEY hKey, LPSTR lpClass, LPDWORD lpcchClass, LPDWORD lpReserved,
                                LPDWORD lpcSubKeys, LPDWORD lpcbMaxSubKeyLen, LPDWORD lpcbMaxClassLen,
                                LPDWORD lpcValues, LPDWORD lpcbMaxValueNameLen, LPDWORD lpcbMaxValueLen,
                                LPDWORD lpcbSecurityDescriptor, PFILETIME lpftLastWriteTime)
{
    struct about a = {lpcSubKeys,          lpcbMaxSubKeyLen, lpcbMaxClassLen,        lpcValues,
                      lpcbMaxValueNameLen, lpcbMaxValueLen,  lpcbSecurityDescriptor, lpftLastWriteTime};
    return lpReserved ? ERROR_INVALID_PARAMETER : query_info(hKey, lpClass, lpcchClass, &a, true);
}

/* --- changes --- */

LSTATUS WINAPI RegNotifyChangeKeyValue(HKEY hKey, BOOL bWatchSubtree, DWORD dwNotifyFilter, HANDLE hEvent,
                                       BOOL fAsynchronous)
{
    IO_STATUS_BLOCK iosb;
    HANDLE key = win32_key_handle(hKey);
    if (!fAsynchronous)
        return win32_key_result(NtNotifyChangeKey(key, NULL, NULL, NULL, &iosb, dwNotifyFilter,
                                                  bWatchSubtree != 0, NULL, 0, FALSE));
    return hEvent ? win32_key_result(win32_notify_key(key, hEvent, dwNotifyFilter, bWatchSubtree != 0))
                  : ERROR_INVALID_PARAMETER;
}
