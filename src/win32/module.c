/*
 * Modules: the program, and the DLLs whose functions this library has. GetProcAddress finds what a client
 * could link against.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

struct module {
    const WCHAR *name;
    bool native; /* has the services and Rtl functions */
};

static const struct module modules[] = {
    {L"", true}, /* the program: what it has linked */
    {L"ntdll.dll", true},
    {L"kernel32.dll", false},
    {L"kernelbase.dll", false},
    {L"advapi32.dll", false},
    {L"user32.dll", false},
    {L"msvcrt.dll", false},
    {L"ucrtbase.dll", false},
    {L"psapi.dll", false},
};
#define MODULES (sizeof modules / sizeof modules[0])

static const struct module *module_of(HMODULE handle)
{
    for (size_t i = 0; i < MODULES; i++)
        if ((const struct module *)handle == &modules[i])
            return &modules[i];
    win32_error(ERROR_MOD_NOT_FOUND);
    return NULL;
}

/* "C:\Windows\System32\NTDLL" is ntdll.dll; no name is the program. */
static HMODULE find(const struct win32_wide *name)
{
    if (!name->text)
        return (HMODULE)(ULONG_PTR)&modules[0];
    size_t start = name->length;
    while (start && name->text[start - 1] != L'\\' && name->text[start - 1] != L'/')
        start--;
    WCHAR leaf[32];
    size_t length = name->length - start;
    if (length && length < 27) {
        memcpy(leaf, name->text + start, (length + 1) * sizeof(WCHAR));
        bool dot = false;
        for (size_t i = 0; i < length; i++)
            dot = dot || leaf[i] == L'.';
        if (!dot)
            memcpy(leaf + length, L".dll", 5 * sizeof(WCHAR));
        for (size_t i = 1; i < MODULES; i++)
            if (win32_equal(leaf, modules[i].name))
                return (HMODULE)(ULONG_PTR)&modules[i];
    }
    win32_error(ERROR_MOD_NOT_FOUND);
    return NULL;
}

HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpModuleName))
        return NULL;
    HMODULE module = find(&name);
    win32_wide_free(&name);
    return module;
}

HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpModuleName))
        return NULL;
    HMODULE module = find(&name);
    win32_wide_free(&name);
    return module;
}

/* What both functions check; `found` is what the name means. */
static BOOL give_module(DWORD flags, bool by_address, HMODULE found, HMODULE *client)
{
    const DWORD both = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    if (!client || flags & ~(both | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) || (flags & both) == both)
        return win32_error(ERROR_INVALID_PARAMETER);
    HMODULE module = by_address ? (HMODULE)(ULONG_PTR)&modules[0] : found;
    return win32_write(client, &module, sizeof module) && (module || win32_error(ERROR_MOD_NOT_FOUND));
}

BOOL WINAPI GetModuleHandleExW(DWORD dwFlags, LPCWSTR lpModuleName, HMODULE *phModule)
{
    bool by_address = dwFlags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS && lpModuleName;
    return give_module(dwFlags, by_address, by_address ? NULL : GetModuleHandleW(lpModuleName), phModule);
}

BOOL WINAPI GetModuleHandleExA(DWORD dwFlags, LPCSTR lpModuleName, HMODULE *phModule)
{
    bool by_address = dwFlags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS && lpModuleName;
    return give_module(dwFlags, by_address, by_address ? NULL : GetModuleHandleA(lpModuleName), phModule);
}

HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
    (void)dwFlags; /* where it is looked for, and that nothing shall run */
    if (hFile || !lpLibFileName) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return GetModuleHandleW(lpLibFileName);
}

HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
{
    (void)dwFlags;
    if (hFile || !lpLibFileName) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return GetModuleHandleA(lpLibFileName);
}

HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName)
{
    return LoadLibraryExW(lpLibFileName, NULL, 0);
}

HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName)
{
    return LoadLibraryExA(lpLibFileName, NULL, 0);
}

BOOL WINAPI FreeLibrary(HMODULE hLibModule)
{
    return module_of(hLibModule) ? TRUE : win32_error(ERROR_INVALID_HANDLE);
}

static const struct ddi_info *ddi_of(const char *name)
{
    for (size_t i = 0; i < DDI_COUNT; i++)
        if (strcmp(ddi_table[i].name, name) == 0)
            return &ddi_table[i];
    return NULL;
}

static bool begins(const char *name, const char *with)
{
    return strncmp(name, with, strlen(with)) == 0;
}

/* The kernel's and ntio's own are nobody's there; the native ones ntdll's. */
static bool is_in(const struct module *module, const char *name)
{
    bool native = begins(name, "Nt") || begins(name, "Zw") || begins(name, "Rtl");
    if (begins(name, "ntio_") || (ddi_of(name) && !native))
        return false;
    return native ? module->native : module != &modules[1];
}

FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName)
{
    char name[128];
    const struct module *module = module_of(hModule ? hModule : (HMODULE)(ULONG_PTR)&modules[0]);
    FARPROC found = NULL;
    if (!module)
        return NULL;
    if ((ULONG_PTR)lpProcName >> 16) { /* else it is an ordinal */
        struct win32_wide wide;
        if (!win32_wide_from_ansi(&wide, lpProcName))
            return NULL;
        LPSTR text = win32_narrow(wide.text);
        win32_wide_free(&wide);
        if (text && strlen(text) < sizeof name && is_in(module, text)) {
            strcpy(name, text);
            if (begins(name, "Zw")) /* to a client the two are one */
                memcpy(name, "Nt", 2);
            found = (FARPROC)(ULONG_PTR)host_own_symbol(name);
        }
        free(text);
    }
    if (!found)
        win32_error(ERROR_PROC_NOT_FOUND);
    return found;
}

LPWSTR win32_module_path(HMODULE module)
{
    const struct module *known = module_of(module);
    if (!known)
        return NULL;
    const WCHAR folder[] = L"C:\\Windows\\System32\\";
    LPWSTR path = malloc(sizeof folder + win32_length(known->name) * sizeof(WCHAR));
    if (!path) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    memcpy(path, folder, sizeof folder);
    memcpy(path + sizeof folder / sizeof(WCHAR) - 1, known->name,
           (win32_length(known->name) + 1) * sizeof(WCHAR));
    return path;
}

HMODULE win32_module_at(size_t index)
{
    return index < MODULES ? (HMODULE)(ULONG_PTR)&modules[index] : NULL;
}

bool win32_is_program(HMODULE module)
{
    return !module || (const struct module *)module == &modules[0];
}
