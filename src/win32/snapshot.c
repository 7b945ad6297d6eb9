/*
 * Lists of processes, threads and drivers: tool help snapshots and psapi.
 */
#include "win32p.h"

#include <psapi.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

/* The class's answer, however long it becomes; from malloc. NULL, with the last error set. */
static void *query(SYSTEM_INFORMATION_CLASS class)
{
    ULONG size = 0x4000;
    for (;;) {
        void *buffer = malloc(size);
        if (!buffer) {
            win32_error(ERROR_NOT_ENOUGH_MEMORY);
            return NULL;
        }
        NTSTATUS status = NtQuerySystemInformation(class, buffer, size, &size);
        if (NT_SUCCESS(status))
            return buffer;
        free(buffer);
        if (status != STATUS_INFO_LENGTH_MISMATCH) {
            win32_fail(status);
            return NULL;
        }
        size += 0x1000;
    }
}

/* --- snapshots: a section would hold them on Windows; here a handle is looked up among those that are open
 * --- */

struct win32_snapshot {
    struct win32_snapshot *next;
    HANDLE handle; /* of an event, so that CloseHandle closes something */
    DWORD flags;
    SYSTEM_PROCESS_INFORMATION *processes;
    SYSTEM_PROCESS_INFORMATION *process; /* next; NULL: no more */
    SYSTEM_PROCESS_INFORMATION *owner;   /* of the next thread */
    ULONG thread;
    size_t module;
};

void win32_snapshot_stop(void)
{
    while (win32_state()->snapshots) {
        struct win32_snapshot *snapshot = win32_state()->snapshots;
        win32_state()->snapshots = snapshot->next;
        free(snapshot->processes);
        free(snapshot);
    }
}

/* CloseHandle tells: the handle's number may soon be another's. */
void win32_snapshot_closed(HANDLE handle)
{
    if (!win32_state()->snapshots)
        return;
    win32_lock();
    struct win32_snapshot **link = &win32_state()->snapshots;
    while (*link && (*link)->handle != handle)
        link = &(*link)->next;
    struct win32_snapshot *snapshot = *link;
    if (snapshot)
        *link = snapshot->next;
    win32_unlock();
    if (snapshot)
        free(snapshot->processes);
    free(snapshot);
}

static SYSTEM_PROCESS_INFORMATION *after(SYSTEM_PROCESS_INFORMATION *process)
{
    return process->NextEntryOffset ? (void *)((char *)process + process->NextEntryOffset) : NULL;
}

static bool is_process(DWORD id)
{
    SYSTEM_PROCESS_INFORMATION *list = query(SystemProcessInformation), *process = list;
    while (process && (DWORD)(ULONG_PTR)process->UniqueProcessId != id)
        process = after(process);
    free(list);
    return process != NULL;
}

HANDLE WINAPI CreateToolhelp32Snapshot(DWORD dwFlags, DWORD th32ProcessID)
{
    /* The id says whose heaps and modules: processes and threads are always all. */
    if (dwFlags & (TH32CS_SNAPMODULE | TH32CS_SNAPMODULE32) && th32ProcessID &&
        th32ProcessID != GetCurrentProcessId()) {
        win32_error(is_process(th32ProcessID) ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    if (!(dwFlags & (TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD | TH32CS_SNAPMODULE))) {
        win32_error(dwFlags & TH32CS_SNAPALL ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    struct win32_snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (!snapshot) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return INVALID_HANDLE_VALUE;
    }
    snapshot->flags = dwFlags;
    snapshot->processes = query(SystemProcessInformation);
    if (!snapshot->processes || !(snapshot->handle = CreateEventA(NULL, TRUE, FALSE, NULL))) {
        free(snapshot->processes);
        free(snapshot);
        return INVALID_HANDLE_VALUE;
    }
    win32_lock();
    snapshot->next = win32_state()->snapshots;
    win32_state()->snapshots = snapshot;
    win32_unlock();
    return snapshot->handle;
}

static struct win32_snapshot *snapshot_of(HANDLE handle, DWORD flag)
{
    win32_lock();
    struct win32_snapshot *snapshot = win32_state()->snapshots;
    while (snapshot && snapshot->handle != handle)
        snapshot = snapshot->next;
    win32_unlock();
    if (!snapshot)
        win32_error(ERROR_INVALID_HANDLE);
    else if (!(snapshot->flags & flag))
        win32_error(ERROR_NO_MORE_FILES);
    return snapshot && snapshot->flags & flag ? snapshot : NULL;
}

HMODULE win32_snapshot_module(HANDLE handle, bool first)
{
    struct win32_snapshot *snapshot = snapshot_of(handle, TH32CS_SNAPMODULE);
    if (!snapshot)
        return NULL;
    if (first)
        snapshot->module = 0;
    HMODULE module = win32_module_at(snapshot->module);
    if (module)
        snapshot->module++;
    else
        win32_error(ERROR_NO_MORE_FILES);
    return module;
}

static bool next_process(HANDLE handle, bool first, PROCESSENTRY32W *entry)
{
    struct win32_snapshot *snapshot = snapshot_of(handle, TH32CS_SNAPPROCESS);
    if (!snapshot)
        return false;
    if (first)
        snapshot->process = snapshot->processes;
    SYSTEM_PROCESS_INFORMATION *process = snapshot->process;
    if (!process)
        return win32_error(ERROR_NO_MORE_FILES);
    snapshot->process = after(process);
    static const WCHAR idle[] = L"[System Process]";
    size_t length = process->ImageName.Length / sizeof(WCHAR);
    memset(entry, 0, sizeof *entry);
    entry->dwSize = sizeof *entry;
    entry->th32ProcessID = (DWORD)(ULONG_PTR)process->UniqueProcessId;
    entry->th32ParentProcessID = (DWORD)(ULONG_PTR)process->Reserved2;
    entry->cntThreads = process->NumberOfThreads;
    entry->pcPriClassBase = process->BasePriority;
    if (!process->ImageName.Buffer)
        memcpy(entry->szExeFile, idle, sizeof idle);
    else
        memcpy(entry->szExeFile, process->ImageName.Buffer,
               (length < MAX_PATH ? length : MAX_PATH - 1) * sizeof(WCHAR));
    return true;
}

static BOOL give_wide(HANDLE handle, bool first, LPPROCESSENTRY32W client)
{
    PROCESSENTRY32W entry;
    DWORD size;
    if (!win32_read(&size, client, sizeof size))
        return FALSE;
    if (size < sizeof entry)
        return win32_error(ERROR_BAD_LENGTH);
    return next_process(handle, first, &entry) && win32_write(client, &entry, sizeof entry);
}

BOOL WINAPI Process32FirstW(HANDLE hSnapshot, LPPROCESSENTRY32W lppe)
{
    return give_wide(hSnapshot, true, lppe);
}

BOOL WINAPI Process32NextW(HANDLE hSnapshot, LPPROCESSENTRY32W lppe)
{
    return give_wide(hSnapshot, false, lppe);
}

static BOOL give_ansi(HANDLE handle, bool first, LPPROCESSENTRY32 client)
{
    PROCESSENTRY32W entry;
    PROCESSENTRY32 narrow = {0};
    DWORD size;
    if (!win32_read(&size, client, sizeof size))
        return FALSE;
    if (size < sizeof narrow)
        return win32_error(ERROR_BAD_LENGTH);
    if (!next_process(handle, first, &entry))
        return FALSE;
    memcpy(&narrow, &entry, FIELD_OFFSET(PROCESSENTRY32, szExeFile));
    narrow.dwSize = sizeof narrow;
    LPSTR name = win32_narrow(entry.szExeFile);
    if (name)
        strncpy(narrow.szExeFile, name, MAX_PATH - 1);
    free(name);
    return win32_write(client, &narrow, sizeof narrow);
}

BOOL WINAPI Process32First(HANDLE hSnapshot, LPPROCESSENTRY32 lppe)
{
    return give_ansi(hSnapshot, true, lppe);
}

BOOL WINAPI Process32Next(HANDLE hSnapshot, LPPROCESSENTRY32 lppe)
{
    return give_ansi(hSnapshot, false, lppe);
}

static BOOL give_thread(HANDLE handle, bool first, LPTHREADENTRY32 client)
{
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    DWORD size;
    if (!win32_read(&size, client, sizeof size))
        return FALSE;
    if (size < sizeof entry)
        return win32_error(ERROR_BAD_LENGTH);
    struct win32_snapshot *snapshot = snapshot_of(handle, TH32CS_SNAPTHREAD);
    if (!snapshot)
        return FALSE;
    if (first) {
        snapshot->owner = snapshot->processes;
        snapshot->thread = 0;
    }
    while (snapshot->owner && snapshot->thread >= snapshot->owner->NumberOfThreads) {
        snapshot->owner = after(snapshot->owner);
        snapshot->thread = 0;
    }
    if (!snapshot->owner)
        return win32_error(ERROR_NO_MORE_FILES);
    const SYSTEM_THREAD_INFORMATION *thread = (const void *)(snapshot->owner + 1);
    thread += snapshot->thread++;
    entry.th32ThreadID = (DWORD)(ULONG_PTR)thread->ClientId.UniqueThread;
    entry.th32OwnerProcessID = (DWORD)(ULONG_PTR)thread->ClientId.UniqueProcess;
    entry.tpBasePri = thread->BasePriority;
    return win32_write(client, &entry, sizeof entry);
}

BOOL WINAPI Thread32First(HANDLE hSnapshot, LPTHREADENTRY32 lpte)
{
    return give_thread(hSnapshot, true, lpte);
}

BOOL WINAPI Thread32Next(HANDLE hSnapshot, LPTHREADENTRY32 lpte)
{
    return give_thread(hSnapshot, false, lpte);
}

/* --- psapi --- */

BOOL WINAPI EnumProcesses(DWORD *lpidProcess, DWORD cb, LPDWORD lpcbNeeded)
{
    SYSTEM_PROCESS_INFORMATION *list = query(SystemProcessInformation), *process = list;
    DWORD count = 0, room = cb / (DWORD)sizeof(DWORD);
    bool good = list != NULL;
    for (; good && process && count < room; process = after(process), count++) {
        DWORD id = (DWORD)(ULONG_PTR)process->UniqueProcessId;
        good = win32_write(lpidProcess + count, &id, sizeof id);
    }
    free(list);
    return good && win32_store(lpcbNeeded, count * (DWORD)sizeof(DWORD));
}

/* RTL_PROCESS_MODULES; the header that has it is the kernel's. */
struct module_list {
    ULONG count;
    struct {
        PVOID reserved[2], base;
        ULONG size, flags;
        USHORT order[3], name;
        CHAR path[256];
    } module[];
};

BOOL WINAPI EnumDeviceDrivers(LPVOID *lpImageBase, DWORD cb, LPDWORD lpcbNeeded)
{
    struct module_list *list = query(SystemModuleInformation);
    bool good = list != NULL;
    DWORD needed = good ? list->count * (DWORD)sizeof(LPVOID) : 0;
    for (ULONG i = 0; good && i < list->count && (i + 1) * sizeof(LPVOID) <= cb; i++)
        good = win32_write(lpImageBase + i, &list->module[i].base, sizeof(LPVOID));
    free(list);
    return good && win32_store(lpcbNeeded, needed);
}

/* The driver's path, or its file's name; from malloc. */
static LPWSTR driver_name(LPVOID base, bool whole)
{
    struct module_list *list = query(SystemModuleInformation);
    LPWSTR name = NULL;
    bool found = false;
    for (ULONG i = 0; list && i < list->count && !found; i++) {
        struct win32_wide wide;
        found = list->module[i].base == base;
        if (found && win32_wide_from_ansi(&wide, list->module[i].path + (whole ? 0 : list->module[i].name))) {
            name = win32_duplicate(wide.text);
            win32_wide_free(&wide);
        }
    }
    free(list);
    if (!name)
        win32_error(found ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_HANDLE);
    return name;
}

/* What does not fit is cut off. */
static DWORD give_name_wide(LPVOID base, bool whole, LPWSTR client, DWORD room)
{
    LPWSTR name = driver_name(base, whole);
    size_t length = name ? win32_length(name) : 0;
    if (name && length >= room) {
        length = room ? room - 1 : 0;
        name[length] = 0;
    }
    if (!name || !room || !win32_write(client, name, (length + 1) * sizeof(WCHAR)))
        length = 0;
    free(name);
    return (DWORD)length;
}

static DWORD give_name_ansi(LPVOID base, bool whole, LPSTR client, DWORD room)
{
    LPWSTR wide = driver_name(base, whole);
    LPSTR name = wide ? win32_narrow(wide) : NULL;
    size_t length = name ? strlen(name) : 0;
    if (name && length >= room) {
        length = room ? room - 1 : 0;
        name[length] = 0;
    }
    if (!name || !room || !win32_write(client, name, length + 1))
        length = 0;
    free(name);
    free(wide);
    return (DWORD)length;
}

DWORD WINAPI GetDeviceDriverBaseNameW(LPVOID ImageBase, LPWSTR lpBaseName, DWORD nSize)
{
    return give_name_wide(ImageBase, false, lpBaseName, nSize);
}

DWORD WINAPI GetDeviceDriverBaseNameA(LPVOID ImageBase, LPSTR lpBaseName, DWORD nSize)
{
    return give_name_ansi(ImageBase, false, lpBaseName, nSize);
}

DWORD WINAPI GetDeviceDriverFileNameW(LPVOID ImageBase, LPWSTR lpFilename, DWORD nSize)
{
    return give_name_wide(ImageBase, true, lpFilename, nSize);
}

DWORD WINAPI GetDeviceDriverFileNameA(LPVOID ImageBase, LPSTR lpFilename, DWORD nSize)
{
    return give_name_ansi(ImageBase, true, lpFilename, nSize);
}
