/*
 * Lists of the process's modules: tool help's and psapi's. A module begins where its handle says and has one
 * page, which is what it has here for an image.
 */
#include "win32p.h"

#include <psapi.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

#define IMAGE_SIZE 0x1000
#define NAME_ROOM  MAX_PATH

static size_t leaf_of(LPCWSTR path)
{
    size_t at = win32_length(path);
    while (at && path[at - 1] != L'\\')
        at--;
    return at;
}

/* Whole path or name; false, with the last error set: no such module. */
static bool name_of(HMODULE module, bool whole, WCHAR name[NAME_ROOM])
{
    if (!GetModuleFileNameW(module, name, NAME_ROOM)) {
        win32_error(ERROR_INVALID_HANDLE);
        return false;
    }
    size_t start = whole ? 0 : leaf_of(name);
    memmove(name, name + start, (win32_length(name + start) + 1) * sizeof(WCHAR));
    return true;
}

/* --- tool help --- */

static bool next_module(HANDLE snapshot, bool first, MODULEENTRY32W *entry)
{
    HMODULE module = win32_snapshot_module(snapshot, first);
    WCHAR name[NAME_ROOM];
    if (!module)
        return false;
    memset(entry, 0, sizeof *entry);
    entry->dwSize = sizeof *entry;
    entry->th32ModuleID = 1; /* nobody uses it, and that is its value */
    entry->th32ProcessID = GetCurrentProcessId();
    entry->GlblcntUsage = entry->ProccntUsage = 0xFFFF;
    entry->modBaseAddr = (BYTE *)module;
    entry->modBaseSize = IMAGE_SIZE;
    entry->hModule = module;
    if (!name_of(module, true, entry->szExePath) || !name_of(module, false, name))
        return false;
    size_t length = win32_length(name);
    memcpy(entry->szModule, name, (length < MAX_MODULE_NAME32 ? length : MAX_MODULE_NAME32) * sizeof(WCHAR));
    return true;
}

static BOOL give_wide(HANDLE snapshot, bool first, LPMODULEENTRY32W client)
{
    MODULEENTRY32W entry;
    DWORD size;
    if (!win32_read(&size, client, sizeof size))
        return FALSE;
    if (size < sizeof entry)
        return win32_error(ERROR_BAD_LENGTH);
    return next_module(snapshot, first, &entry) && win32_write(client, &entry, sizeof entry);
}

static BOOL give_ansi(HANDLE snapshot, bool first, LPMODULEENTRY32 client)
{
    MODULEENTRY32W entry;
    MODULEENTRY32 narrow = {0};
    DWORD size;
    if (!win32_read(&size, client, sizeof size))
        return FALSE;
    if (size < sizeof narrow)
        return win32_error(ERROR_BAD_LENGTH);
    if (!next_module(snapshot, first, &entry))
        return FALSE;
    memcpy(&narrow, &entry, FIELD_OFFSET(MODULEENTRY32, szModule));
    narrow.dwSize = sizeof narrow;
    LPSTR name = win32_narrow(entry.szModule), path = win32_narrow(entry.szExePath);
    if (name && path) {
        strncpy(narrow.szModule, name, sizeof narrow.szModule - 1);
        strncpy(narrow.szExePath, path, sizeof narrow.szExePath - 1);
    }
    BOOL good =
        name && path ? win32_write(client, &narrow, sizeof narrow) : win32_error(ERROR_NOT_ENOUGH_MEMORY);
    free(name);
    free(path);
    return good;
}

BOOL WINAPI Module32FirstW(HANDLE hSnapshot, LPMODULEENTRY32W lpme)
{
    return give_wide(hSnapshot, true, lpme);
}

BOOL WINAPI Module32NextW(HANDLE hSnapshot, LPMODULEENTRY32W lpme)
{
    return give_wide(hSnapshot, false, lpme);
}

BOOL WINAPI Module32First(HANDLE hSnapshot, LPMODULEENTRY32 lpme)
{
    return give_ansi(hSnapshot, true, lpme);
}

BOOL WINAPI Module32Next(HANDLE hSnapshot, LPMODULEENTRY32 lpme)
{
    return give_ansi(hSnapshot, false, lpme);
}

/* --- psapi --- */

static bool is_own(HANDLE process)
{
    DWORD id = GetProcessId(process);
    return id && (id == GetCurrentProcessId() || win32_error(ERROR_NOT_SUPPORTED));
}

BOOL WINAPI EnumProcessModulesEx(HANDLE hProcess, HMODULE *lphModule, DWORD cb, LPDWORD lpcbNeeded,
                                 DWORD dwFilterFlag)
{
    if (dwFilterFlag > LIST_MODULES_ALL)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!is_own(hProcess))
        return FALSE;
    DWORD count = 0;
    if (dwFilterFlag != LIST_MODULES_32BIT)
        for (HMODULE module; (module = win32_module_at(count)) != NULL; count++)
            if ((count + 1) * sizeof module <= cb && !win32_write(lphModule + count, &module, sizeof module))
                return FALSE;
    DWORD needed = count * (DWORD)sizeof(HMODULE);
    return win32_write(lpcbNeeded, &needed, sizeof needed);
}

BOOL WINAPI EnumProcessModules(HANDLE hProcess, HMODULE *lphModule, DWORD cb, LPDWORD lpcbNeeded)
{
    return EnumProcessModulesEx(hProcess, lphModule, cb, lpcbNeeded, LIST_MODULES_DEFAULT);
}

static DWORD give_name_wide(HANDLE process, HMODULE module, bool whole, LPWSTR client, DWORD room)
{
    WCHAR name[NAME_ROOM];
    if (!is_own(process) || !name_of(module, whole, name))
        return 0;
    size_t length = win32_length(name);
    if (!room)
        return (DWORD)win32_error(ERROR_INSUFFICIENT_BUFFER);
    if (length >= room)
        length = room - 1;
    name[length] = 0;
    return win32_write(client, name, (length + 1) * sizeof(WCHAR)) ? (DWORD)length : 0;
}

static DWORD give_name_ansi(HANDLE process, HMODULE module, bool whole, LPSTR client, DWORD room)
{
    WCHAR wide[NAME_ROOM];
    if (!is_own(process) || !name_of(module, whole, wide))
        return 0;
    if (!room)
        return (DWORD)win32_error(ERROR_INSUFFICIENT_BUFFER);
    LPSTR name = win32_narrow(wide);
    size_t length = name ? strlen(name) : 0;
    if (!name)
        return (DWORD)win32_error(ERROR_NOT_ENOUGH_MEMORY);
    if (length >= room)
        length = room - 1;
    name[length] = 0;
    bool good = win32_write(client, name, length + 1);
    free(name);
    return good ? (DWORD)length : 0;
}

DWORD WINAPI GetModuleBaseNameW(HANDLE hProcess, HMODULE hModule, LPWSTR lpBaseName, DWORD nSize)
{
    return give_name_wide(hProcess, hModule, false, lpBaseName, nSize);
}

DWORD WINAPI GetModuleBaseNameA(HANDLE hProcess, HMODULE hModule, LPSTR lpBaseName, DWORD nSize)
{
    return give_name_ansi(hProcess, hModule, false, lpBaseName, nSize);
}

DWORD WINAPI GetModuleFileNameExW(HANDLE hProcess, HMODULE hModule, LPWSTR lpFilename, DWORD nSize)
{
    return give_name_wide(hProcess, hModule, true, lpFilename, nSize);
}

DWORD WINAPI GetModuleFileNameExA(HANDLE hProcess, HMODULE hModule, LPSTR lpFilename, DWORD nSize)
{
    return give_name_ansi(hProcess, hModule, true, lpFilename, nSize);
}

BOOL WINAPI GetModuleInformation(HANDLE hProcess, HMODULE hModule, LPMODULEINFO lpmodinfo, DWORD cb)
{
    WCHAR name[NAME_ROOM];
    if (!is_own(hProcess) || !name_of(hModule, true, name))
        return FALSE;
    if (cb < sizeof *lpmodinfo)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    MODULEINFO about = {hModule ? (LPVOID)hModule : (LPVOID)win32_module_at(0), IMAGE_SIZE, NULL};
    return win32_write(lpmodinfo, &about, sizeof about);
}
