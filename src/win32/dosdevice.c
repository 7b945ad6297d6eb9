/*
 * DOS devices: the symbolic links of \??, asked about and defined.
 *
 * Definitions of one name stack: the newest is the link's target, the older ones wait here until it is
 * removed.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

#define LINKS L"\\??\\"

struct win32_dos_device {
    struct win32_dos_device *next;
    LPWSTR name;
    LPWSTR target; /* hidden by a newer definition of the same name; NULL: the client made the link */
};

static NTSTATUS remove_link(LPCWSTR device);
static void free_hidden(struct win32_dos_device *);

void win32_dos_device_stop(void)
{
    while (win32_state()->dos_devices) {
        struct win32_dos_device *device = win32_state()->dos_devices;
        win32_state()->dos_devices = device->next;
        if (!device->target && !(gate_watched() & WATCH_CRASHED))
            remove_link(device->name);
        free_hidden(device);
    }
}

static void remember(struct win32_dos_device *device)
{
    win32_lock();
    device->next = win32_state()->dos_devices;
    win32_state()->dos_devices = device;
    win32_unlock();
}

/* The name of a link, from malloc in name->Buffer. */
static bool link_name(LPCWSTR device, UNICODE_STRING *name)
{
    size_t length = win32_length(device), head = win32_length(LINKS);
    if (length > 0x7000)
        return win32_error(ERROR_FILE_NOT_FOUND);
    LPWSTR text = malloc((head + length + 1) * sizeof(WCHAR));
    if (!text)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(text, LINKS, head * sizeof(WCHAR));
    memcpy(text + head, device, (length + 1) * sizeof(WCHAR));
    RtlInitUnicodeString(name, text);
    return true;
}

/* The link's target, terminated, from malloc. */
static NTSTATUS query_link(LPCWSTR device, LPWSTR *target)
{
    UNICODE_STRING name, text;
    OBJECT_ATTRIBUTES attributes;
    HANDLE link;
    *target = NULL;
    if (!link_name(device, &name))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtOpenSymbolicLinkObject(&link, SYMBOLIC_LINK_QUERY, &attributes);
    free(name.Buffer);
    if (!NT_SUCCESS(status))
        return status;
    text.Length = 0;
    text.MaximumLength = 0xFFFE;
    text.Buffer = malloc(0x10000);
    status = text.Buffer ? NtQuerySymbolicLinkObject(link, &text, NULL) : STATUS_NO_MEMORY;
    NtClose(link);
    if (!NT_SUCCESS(status)) {
        free(text.Buffer);
        return status;
    }
    text.Buffer[text.Length / sizeof(WCHAR)] = 0;
    *target = text.Buffer;
    return STATUS_SUCCESS;
}

/* A growing list of strings, each with its terminator, the list closed by one more. */
struct list {
    LPWSTR text;
    size_t length, room;
};

static bool list_add(struct list *list, LPCWSTR text, size_t length)
{
    if (list->length + length + 2 > list->room) {
        size_t room = 2 * list->room + length + 64;
        LPWSTR grown = realloc(list->text, room * sizeof(WCHAR));
        if (!grown)
            return false;
        list->text = grown;
        list->room = room;
    }
    memcpy(list->text + list->length, text, length * sizeof(WCHAR));
    list->length += length;
    list->text[list->length++] = 0;
    list->text[list->length] = 0;
    return true;
}

/* What a name stands for, the newest definition first. */
static DWORD list_targets(LPCWSTR device, struct list *list)
{
    LPWSTR target;
    NTSTATUS status = query_link(device, &target);
    if (!NT_SUCCESS(status))
        return RtlNtStatusToDosError(status);
    bool stored = list_add(list, target, win32_length(target));
    free(target);
    win32_lock();
    for (struct win32_dos_device *d = win32_state()->dos_devices; d && stored; d = d->next)
        if (d->target && win32_equal(d->name, device))
            stored = list_add(list, d->target, win32_length(d->target));
    win32_unlock();
    return stored ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

/* All names. */
static DWORD list_names(struct list *list)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE directory;
    ULONG context = 0;
    union {
        OBJECT_DIRECTORY_INFORMATION entry;
        char room[2048];
    } buffer;
    RtlInitUnicodeString(&name, L"\\??");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtOpenDirectoryObject(&directory, DIRECTORY_QUERY, &attributes);
    if (!NT_SUCCESS(status))
        return RtlNtStatusToDosError(status);
    DWORD error = ERROR_SUCCESS;
    while (!error) {
        status = NtQueryDirectoryObject(directory, &buffer, sizeof buffer, TRUE, FALSE, &context, NULL);
        if (status == STATUS_NO_MORE_ENTRIES)
            break;
        if (!NT_SUCCESS(status))
            error = RtlNtStatusToDosError(status);
        else if (!list_add(list, buffer.entry.Name.Buffer, buffer.entry.Name.Length / sizeof(WCHAR)))
            error = ERROR_NOT_ENOUGH_MEMORY;
    }
    NtClose(directory);
    return error;
}

static DWORD query(const struct win32_wide *device, struct list *list)
{
    DWORD error = device->text ? list_targets(device->text, list) : list_names(list);
    if (!error && !list->text)
        error = list_add(list, L"", 0) ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
    return error;
}

DWORD WINAPI QueryDosDeviceW(LPCWSTR lpDeviceName, LPWSTR lpTargetPath, DWORD ucchMax)
{
    struct win32_wide device;
    struct list list = {0};
    DWORD result = 0;
    if (!win32_wide_from_wide(&device, lpDeviceName))
        return 0;
    DWORD error = query(&device, &list);
    win32_wide_free(&device);
    if (error)
        win32_error(error);
    else if (list.length + 1 > ucchMax)
        win32_error(ERROR_INSUFFICIENT_BUFFER);
    else if (win32_write(lpTargetPath, list.text, (list.length + 1) * sizeof(WCHAR)))
        result = (DWORD)list.length + 1;
    free(list.text);
    return result;
}

DWORD WINAPI QueryDosDeviceA(LPCSTR lpDeviceName, LPSTR lpTargetPath, DWORD ucchMax)
{
    struct win32_wide device;
    struct list list = {0};
    DWORD result = 0;
    LPSTR text = NULL;
    if (!win32_wide_from_ansi(&device, lpDeviceName))
        return 0;
    DWORD error = query(&device, &list);
    win32_wide_free(&device);
    int size = 0;
    if (!error) {
        size = WideCharToMultiByte(CP_ACP, 0, list.text, (int)list.length + 1, NULL, 0, NULL, NULL);
        text = malloc((size_t)size);
        if (text)
            WideCharToMultiByte(CP_ACP, 0, list.text, (int)list.length + 1, text, size, NULL, NULL);
        else
            error = ERROR_NOT_ENOUGH_MEMORY;
    }
    if (error)
        win32_error(error);
    else if ((DWORD)size > ucchMax)
        win32_error(ERROR_INSUFFICIENT_BUFFER);
    else if (win32_write(lpTargetPath, text, (size_t)size))
        result = (DWORD)size;
    free(text);
    free(list.text);
    return result;
}

static NTSTATUS create_link(LPCWSTR device, LPCWSTR target)
{
    UNICODE_STRING name, text;
    OBJECT_ATTRIBUTES attributes;
    HANDLE link;
    if (!link_name(device, &name))
        return STATUS_NO_MEMORY;
    RtlInitUnicodeString(&text, target);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    NTSTATUS status = NtCreateSymbolicLinkObject(&link, SYMBOLIC_LINK_ALL_ACCESS, &attributes, &text);
    free(name.Buffer);
    if (NT_SUCCESS(status))
        NtClose(link);
    return status;
}

static NTSTATUS remove_link(LPCWSTR device)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE link;
    if (!link_name(device, &name))
        return STATUS_NO_MEMORY;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    NTSTATUS status = NtOpenSymbolicLinkObject(&link, DELETE, &attributes);
    free(name.Buffer);
    if (!NT_SUCCESS(status))
        return status;
    status = NtMakeTemporaryObject(link);
    NtClose(link);
    return status;
}

/* Takes the newest hidden definition that fits (any, when target is NULL) out of the list. */
static struct win32_dos_device *take_hidden(LPCWSTR device, LPCWSTR target, bool exact)
{
    win32_lock();
    struct win32_dos_device **at = &win32_state()->dos_devices;
    for (; *at; at = &(*at)->next) {
        if (!(*at)->target || !win32_equal((*at)->name, device))
            continue;
        if (!target)
            break;
        size_t length = win32_length(target);
        bool prefix = win32_length((*at)->target) >= length;
        for (size_t i = 0; i < length && prefix; i++)
            prefix = win32_upper((*at)->target[i]) == win32_upper(target[i]);
        if (exact ? win32_equal((*at)->target, target) : prefix)
            break;
    }
    struct win32_dos_device *taken = *at;
    if (taken)
        *at = taken->next;
    win32_unlock();
    return taken;
}

/* Takes the note that the client made the link out of the list. */
static struct win32_dos_device *take_made(LPCWSTR device)
{
    win32_lock();
    struct win32_dos_device **at = &win32_state()->dos_devices;
    while (*at && ((*at)->target || !win32_equal((*at)->name, device)))
        at = &(*at)->next;
    struct win32_dos_device *taken = *at;
    if (taken)
        *at = taken->next;
    win32_unlock();
    return taken;
}

static void free_hidden(struct win32_dos_device *device)
{
    if (!device)
        return;
    free(device->name);
    free(device->target);
    free(device);
}

static DWORD define(LPCWSTR device, LPCWSTR target)
{
    struct win32_dos_device *hidden = calloc(1, sizeof *hidden);
    if (!hidden || !(hidden->name = win32_duplicate(device))) {
        free_hidden(hidden);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    NTSTATUS status = create_link(device, target);
    if (NT_SUCCESS(status)) {
        remember(hidden);
        return ERROR_SUCCESS;
    }
    if (status == STATUS_OBJECT_NAME_COLLISION)
        status = query_link(device, &hidden->target);
    if (NT_SUCCESS(status))
        status = remove_link(device);
    if (NT_SUCCESS(status))
        status = create_link(device, target);
    if (!NT_SUCCESS(status)) {
        free_hidden(hidden);
        return RtlNtStatusToDosError(status);
    }
    remember(hidden);
    return ERROR_SUCCESS;
}

static DWORD undefine(LPCWSTR device, LPCWSTR target, bool exact)
{
    LPWSTR now;
    NTSTATUS status = query_link(device, &now);
    if (!NT_SUCCESS(status))
        return RtlNtStatusToDosError(status);
    bool fits = true;
    if (target) {
        size_t length = win32_length(target);
        fits = exact ? win32_equal(now, target) : win32_length(now) >= length;
        for (size_t i = 0; i < length && fits; i++)
            fits = win32_upper(now[i]) == win32_upper(target[i]);
    }
    free(now);
    if (!fits) {
        struct win32_dos_device *hidden = take_hidden(device, target, exact);
        DWORD error = hidden ? ERROR_SUCCESS : ERROR_FILE_NOT_FOUND;
        free_hidden(hidden);
        return error;
    }
    status = remove_link(device);
    struct win32_dos_device *older = NT_SUCCESS(status) ? take_hidden(device, NULL, false) : NULL;
    if (older)
        status = create_link(device, older->target);
    else if (NT_SUCCESS(status))
        older = take_made(device);
    free_hidden(older);
    return NT_SUCCESS(status) ? ERROR_SUCCESS : RtlNtStatusToDosError(status);
}

static DWORD define_or_remove(DWORD flags, const struct win32_wide *device, const struct win32_wide *target)
{
    const DWORD known = DDD_RAW_TARGET_PATH | DDD_REMOVE_DEFINITION | DDD_EXACT_MATCH_ON_REMOVE |
                        DDD_NO_BROADCAST_SYSTEM | DDD_LUID_BROADCAST_DRIVE;
    if (flags & ~known || !device->length ||
        (flags & DDD_EXACT_MATCH_ON_REMOVE && !(flags & DDD_REMOVE_DEFINITION)))
        return ERROR_INVALID_PARAMETER;
    if (!target->text && !(flags & DDD_REMOVE_DEFINITION))
        return ERROR_INVALID_PARAMETER;
    struct win32_path path = {.name = {0}};
    LPCWSTR raw = target->text;
    if (raw && !(flags & DDD_RAW_TARGET_PATH)) {
        NTSTATUS status = win32_nt_path(target->text, target->length, &path);
        if (!NT_SUCCESS(status))
            return RtlNtStatusToDosError(status);
        raw = path.name.Buffer;
    }
    DWORD error = flags & DDD_REMOVE_DEFINITION
                      ? undefine(device->text, raw, (flags & DDD_EXACT_MATCH_ON_REMOVE) != 0)
                      : define(device->text, raw);
    win32_path_free(&path);
    return error;
}

BOOL WINAPI DefineDosDeviceW(DWORD dwFlags, LPCWSTR lpDeviceName, LPCWSTR lpTargetPath)
{
    struct win32_wide device, target;
    if (!win32_wide_from_wide(&device, lpDeviceName))
        return FALSE;
    if (!win32_wide_from_wide(&target, lpTargetPath)) {
        win32_wide_free(&device);
        return FALSE;
    }
    DWORD error = define_or_remove(dwFlags, &device, &target);
    win32_wide_free(&device);
    win32_wide_free(&target);
    return error ? win32_error(error) : TRUE;
}

BOOL WINAPI DefineDosDeviceA(DWORD dwFlags, LPCSTR lpDeviceName, LPCSTR lpTargetPath)
{
    struct win32_wide device, target;
    if (!win32_wide_from_ansi(&device, lpDeviceName))
        return FALSE;
    if (!win32_wide_from_ansi(&target, lpTargetPath)) {
        win32_wide_free(&device);
        return FALSE;
    }
    DWORD error = define_or_remove(dwFlags, &device, &target);
    win32_wide_free(&device);
    win32_wide_free(&target);
    return error ? win32_error(error) : TRUE;
}
