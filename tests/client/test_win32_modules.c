/*
 * Lists of the process's modules.
 */
#include "win32_test.h"

#include <psapi.h>
#include <string.h>
#include <tlhelp32.h>

static void test_snapshot(void **state)
{
    (void)state;
    _Static_assert(sizeof(MODULEENTRY32W) == 1080 && sizeof(MODULEENTRY32) == 568, "as on Windows x64");
    MODULEENTRY32W entry = {.dwSize = sizeof entry};
    MODULEENTRY32 narrow = {.dwSize = sizeof narrow};
    char path[MAX_PATH];
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0);
    assert_ptr_not_equal(snapshot, INVALID_HANDLE_VALUE);
    assert_true(Module32First(snapshot, &narrow));
    assert_ptr_equal(narrow.hModule, GetModuleHandleA(NULL));
    assert_ptr_equal(narrow.modBaseAddr, narrow.hModule);
    assert_int_equal(narrow.th32ModuleID, 1);
    assert_int_equal(narrow.th32ProcessID, GetCurrentProcessId());
    assert_true(GetModuleFileNameA(NULL, path, sizeof path) > 0);
    assert_string_equal(narrow.szExePath, path);
    assert_string_equal(narrow.szModule, strrchr(path, '\\') + 1);
    int count = 1, found = 0;
    while (Module32NextW(snapshot, &entry)) {
        count++;
        found += entry.hModule == GetModuleHandleA("ntdll.dll") && memcmp(entry.szModule, L"ntdll.dll", 20) == 0;
    }
    assert_int_equal(GetLastError(), ERROR_NO_MORE_FILES);
    assert_int_equal(found, 1);
    assert_true(Module32FirstW(snapshot, &entry));
    assert_ptr_equal(entry.hModule, narrow.hModule);
    entry.dwSize--;
    assert_fails(Module32FirstW(snapshot, &entry), ERROR_BAD_LENGTH);
    narrow.dwSize = 0;
    assert_fails(Module32Next(snapshot, &narrow), ERROR_BAD_LENGTH);
    assert_fails(Module32First(snapshot, NULL), ERROR_NOACCESS);
    PROCESSENTRY32 process = {.dwSize = sizeof process};
    assert_fails(Process32First(snapshot, &process), ERROR_NO_MORE_FILES);
    assert_true(CloseHandle(snapshot));
    narrow.dwSize = sizeof narrow;
    assert_fails(Module32First(snapshot, &narrow), ERROR_INVALID_HANDLE);
    /* With processes, but of no other one. */
    snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPMODULE, GetCurrentProcessId());
    assert_ptr_not_equal(snapshot, INVALID_HANDLE_VALUE);
    assert_true(Process32First(snapshot, &process));
    assert_true(Module32First(snapshot, &narrow));
    assert_true(CloseHandle(snapshot));
    snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    assert_fails(Module32First(snapshot, &narrow), ERROR_NO_MORE_FILES);
    assert_true(CloseHandle(snapshot));
    assert_fails(CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 4) != INVALID_HANDLE_VALUE, ERROR_NOT_SUPPORTED);
    assert_fails(CreateToolhelp32Snapshot(TH32CS_SNAPMODULE, 0x7FFF0) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
}

static void test_psapi(void **state)
{
    (void)state;
    HANDLE self = GetCurrentProcess();
    HMODULE modules[64];
    DWORD needed = 0;
    char name[MAX_PATH], path[MAX_PATH];
    WCHAR wide[MAX_PATH];
    assert_true(EnumProcessModules(self, NULL, 0, &needed));
    assert_true(needed > 2 * sizeof(HMODULE) && needed <= sizeof modules);
    assert_true(EnumProcessModules(self, modules, sizeof modules, &needed));
    assert_ptr_equal(modules[0], GetModuleHandleA(NULL));
    assert_fails(EnumProcessModules(self, modules, sizeof modules, NULL), ERROR_NOACCESS);
    assert_fails(EnumProcessModules((HANDLE)0x1230, modules, sizeof modules, &needed), ERROR_INVALID_HANDLE);
    assert_true(EnumProcessModulesEx(self, modules, sizeof modules, &needed, LIST_MODULES_32BIT));
    assert_int_equal(needed, 0);
    assert_fails(EnumProcessModulesEx(self, modules, sizeof modules, &needed, 4), ERROR_INVALID_PARAMETER);
    HMODULE ntdll = GetModuleHandleA("ntdll");
    assert_int_equal(GetModuleBaseNameA(self, ntdll, name, sizeof name), 9);
    assert_string_equal(name, "ntdll.dll");
    assert_int_equal(GetModuleBaseNameA(self, ntdll, name, 4), 3);
    assert_string_equal(name, "ntd");
    assert_int_equal(GetModuleBaseNameW(self, ntdll, wide, MAX_PATH), 9);
    assert_memory_equal(wide, L"ntdll.dll", 20);
    assert_int_equal(GetModuleFileNameExW(self, ntdll, wide, 3), 2);
    assert_memory_equal(wide, L"C:", 6);
    assert_fails(GetModuleBaseNameA(self, ntdll, name, 0), ERROR_INSUFFICIENT_BUFFER);
    assert_fails(GetModuleBaseNameA(self, (HMODULE)0x10, name, sizeof name), ERROR_INVALID_HANDLE);
    assert_true(GetModuleFileNameExA(self, NULL, name, sizeof name) > 0);
    assert_true(GetModuleFileNameA(NULL, path, sizeof path) > 0);
    assert_string_equal(name, path);
    MODULEINFO about;
    assert_true(GetModuleInformation(self, ntdll, &about, sizeof about));
    assert_ptr_equal(about.lpBaseOfDll, ntdll);
    assert_fails(GetModuleInformation(self, ntdll, &about, sizeof about - 1), ERROR_INSUFFICIENT_BUFFER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_snapshot, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(test_psapi, machine_start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
