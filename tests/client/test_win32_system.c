/*
 * Modules and their functions, snapshots, the machine's names, environment, the console's modes and handlers.
 * DRIVERS: win32dev
 */
#include "win32_test.h"

#include <psapi.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

typedef DWORD(WINAPI *GET_ID)(VOID);
typedef NTSTATUS(NTAPI *CLOSE)(HANDLE);

static void test_modules(void **state)
{
    (void)state;
    HMODULE kernel = GetModuleHandleA("KERNEL32"), native = LoadLibraryW(L"C:\\Windows\\System32\\ntdll.dll");
    assert_non_null(kernel);
    assert_non_null(native);
    assert_ptr_equal(GetModuleHandleA("kernel32.dll"), kernel);
    assert_ptr_equal(LoadLibraryExA("kernel32", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32), kernel);
    assert_fails(LoadLibraryA("nothing.dll"), ERROR_MOD_NOT_FOUND);
    GET_ID id = (GET_ID)(void *)GetProcAddress(kernel, "GetCurrentProcessId");
    assert_non_null(id);
    assert_int_equal(id(), GetCurrentProcessId());
    CLOSE close = (CLOSE)(void *)GetProcAddress(native, "NtClose");
    assert_non_null(close);
    assert_int_equal(close((HANDLE)(ULONG_PTR)0x77770), STATUS_INVALID_HANDLE);
    assert_ptr_equal(GetProcAddress(native, "ZwClose"), close);
    assert_non_null(GetProcAddress(native, "RtlInitUnicodeString"));
    assert_non_null(GetProcAddress(GetModuleHandleA("advapi32"), "OpenSCManagerA"));
    assert_fails(GetProcAddress(kernel, "NtClose"), ERROR_PROC_NOT_FOUND);
    assert_fails(GetProcAddress(native, "CreateFileA"), ERROR_PROC_NOT_FOUND);
    assert_fails(GetProcAddress(kernel, "IoCreateDevice"), ERROR_PROC_NOT_FOUND);
    assert_fails(GetProcAddress(kernel, "ntio_start"), ERROR_PROC_NOT_FOUND);
    assert_fails(GetProcAddress(kernel, "NoSuchFunction"), ERROR_PROC_NOT_FOUND);
    assert_fails(GetProcAddress(kernel, (LPCSTR)(ULONG_PTR)7), ERROR_PROC_NOT_FOUND);
    assert_fails(GetProcAddress((HMODULE)(ULONG_PTR)0x1234, "x"), ERROR_MOD_NOT_FOUND);
    assert_true(FreeLibrary(kernel));
    assert_fails(FreeLibrary((HMODULE)(ULONG_PTR)0x1234), ERROR_INVALID_HANDLE);
    char path[MAX_PATH];
    assert_int_equal(GetModuleFileNameA(native, path, sizeof path), 29);
    assert_string_equal(path, "C:\\Windows\\System32\\ntdll.dll");
    assert_true(GetModuleFileNameA(GetModuleHandleA(NULL), path, sizeof path) > 20);
    assert_non_null(strstr(path, "test_win32_system"));
}

static void test_processes(void **state)
{
    (void)state;
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    PROCESSENTRY32W wide = {.dwSize = sizeof wide};
    THREADENTRY32 thread = {.dwSize = sizeof thread};
    DWORD ids[16], needed, found = 0;
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS | TH32CS_SNAPTHREAD, 0);
    assert_ptr_not_equal(snapshot, INVALID_HANDLE_VALUE);
    assert_true(Process32First(snapshot, &entry));
    assert_int_equal(entry.th32ProcessID, 0);
    assert_string_equal(entry.szExeFile, "[System Process]");
    assert_true(Process32Next(snapshot, &entry));
    assert_int_equal(entry.th32ProcessID, 4);
    assert_string_equal(entry.szExeFile, "System");
    assert_true(Process32Next(snapshot, &entry));
    assert_int_equal(entry.th32ProcessID, GetCurrentProcessId());
    assert_int_equal(entry.th32ParentProcessID, 4);
    assert_fails(Process32Next(snapshot, &entry), ERROR_NO_MORE_FILES);
    assert_true(Process32FirstW(snapshot, &wide) && Process32NextW(snapshot, &wide));
    assert_memory_equal(wide.szExeFile, L"System", 14);
    for (BOOL more = Thread32First(snapshot, &thread); more; more = Thread32Next(snapshot, &thread))
        found +=
            thread.th32ThreadID == GetCurrentThreadId() && thread.th32OwnerProcessID == GetCurrentProcessId();
    assert_int_equal(found, 1);
    entry.dwSize = 8;
    assert_fails(Process32First(snapshot, &entry), ERROR_BAD_LENGTH);
    assert_true(CloseHandle(snapshot));
    entry.dwSize = sizeof entry;
    assert_fails(Process32First(snapshot, &entry), ERROR_INVALID_HANDLE);
    assert_fails(CreateToolhelp32Snapshot(0, 0) != INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
    assert_fails(CreateToolhelp32Snapshot(TH32CS_SNAPHEAPLIST, 0) != INVALID_HANDLE_VALUE, ERROR_NOT_SUPPORTED);
    assert_true(EnumProcesses(ids, sizeof ids, &needed));
    assert_int_equal(needed, 3 * sizeof(DWORD));
    assert_int_equal(ids[2], GetCurrentProcessId());
    /* Left open: the machine's end frees it. */
    assert_ptr_not_equal(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0), INVALID_HANDLE_VALUE);
}

static void test_drivers(void **state)
{
    (void)state;
    LPVOID bases[8];
    DWORD needed = 0;
    char name[64];
    assert_int_equal(ntio_load_driver("win32dev"), STATUS_SUCCESS);
    assert_true(EnumDeviceDrivers(bases, sizeof bases, &needed));
    assert_int_equal(needed, 2 * sizeof(LPVOID));
    assert_int_equal(GetDeviceDriverBaseNameA(bases[0], name, sizeof name), 12);
    assert_string_equal(name, "ntoskrnl.exe");
    assert_int_equal(GetDeviceDriverBaseNameA(bases[1], name, sizeof name), 12);
    assert_string_equal(name, "win32dev.sys");
    assert_int_equal(GetDeviceDriverFileNameA(bases[1], name, sizeof name), 41);
    assert_string_equal(name, "\\SystemRoot\\System32\\drivers\\win32dev.sys");
    assert_int_equal(GetDeviceDriverBaseNameA(bases[1], name, 4), 3);
    assert_string_equal(name, "win");
    assert_fails(GetDeviceDriverBaseNameA((LPVOID)(ULONG_PTR)0x10, name, sizeof name), ERROR_INVALID_HANDLE);
    assert_int_equal(ntio_unload_driver("win32dev"), STATUS_SUCCESS);
}

static void test_names(void **state)
{
    (void)state;
    char text[64];
    DWORD size = sizeof text;
    assert_true(GetComputerNameA(text, &size));
    assert_string_equal(text, "NTIO");
    assert_int_equal(size, 4);
    size = 4;
    assert_fails(GetComputerNameA(text, &size), ERROR_BUFFER_OVERFLOW);
    assert_int_equal(size, 5);
    size = sizeof text;
    assert_true(GetUserNameA(text, &size));
    assert_string_equal(text, "Administrator");
    assert_int_equal(size, 14);
    assert_int_equal(MulDiv(7, 3, 2), 11);
    assert_int_equal(MulDiv(-7, 3, 2), -11);
    assert_int_equal(MulDiv(1, 1, 0), -1);
    assert_int_equal(MulDiv(INT32_MAX, 2, 1), -1);
    assert_false(IsBadReadPtr(text, sizeof text));
    assert_true(IsBadReadPtr(BAD_LOW, 1));
    assert_true(IsBadReadPtr(NULL, 1));
    assert_false(IsBadReadPtr(NULL, 0));
    assert_true(IsBadWritePtr((LPVOID)(ULONG_PTR) "constant", 1));
    STARTUPINFOA info;
    GetStartupInfoA(&info);
    assert_int_equal(info.cb, sizeof info);
}

static void test_environment(void **state)
{
    (void)state;
    char text[64];
    assert_true(SetEnvironmentVariableA("NTIO_TEST_VARIABLE", "value"));
    assert_int_equal(GetEnvironmentVariableA("NTIO_TEST_VARIABLE", text, sizeof text), 5);
    assert_int_equal(ExpandEnvironmentStringsA("a%NTIO_TEST_VARIABLE%b%none% %", text, sizeof text), 16);
    assert_string_equal(text, "avalueb%none% %");
    assert_int_equal(ExpandEnvironmentStringsA("%SystemRoot%\\x", text, 4), 13);
    assert_int_equal(ExpandEnvironmentStringsA("%SystemRoot%\\x", text, sizeof text), 13);
    assert_string_equal(text, "C:\\Windows\\x");
    assert_true(SetEnvironmentVariableW(L"NTIO_TEST_VARIABLE", NULL));
    assert_int_equal(GetEnvironmentVariableA("NTIO_TEST_VARIABLE", text, sizeof text), 0);
    assert_int_equal(GetLastError(), ERROR_ENVVAR_NOT_FOUND);
    assert_fails(SetEnvironmentVariableA("a=b", "c"), ERROR_INVALID_PARAMETER);
    assert_fails(SetEnvironmentVariableA("", "c"), ERROR_INVALID_PARAMETER);
}

static LONG handled[2];
static HANDLE told;

static BOOL WINAPI first(DWORD event)
{
    InterlockedExchange(&handled[0], (LONG)event + 1);
    SetEvent(told);
    return TRUE;
}

static BOOL WINAPI second(DWORD event)
{
    InterlockedExchange(&handled[1], (LONG)event + 1);
    return FALSE;
}

static void test_console(void **state)
{
    (void)state;
    DWORD mode;
    CONSOLE_SCREEN_BUFFER_INFO info;
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    assert_true(GetConsoleMode(out, &mode));
    assert_true(SetConsoleMode(out, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING));
    assert_true(GetConsoleMode(out, &mode));
    assert_true(mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    assert_fails(GetConsoleMode(NULL, &mode), ERROR_INVALID_HANDLE);
    assert_true(SetConsoleTextAttribute(out, FOREGROUND_RED));
    assert_true(GetConsoleScreenBufferInfo(out, &info));
    assert_int_equal(info.wAttributes, FOREGROUND_RED);
    assert_true(SetConsoleTitleA("title"));
    assert_int_equal(GetConsoleOutputCP(), CP_UTF8);
    told = CreateEventA(NULL, FALSE, FALSE, NULL);
    assert_true(SetConsoleCtrlHandler(first, TRUE));
    assert_true(SetConsoleCtrlHandler(second, TRUE)); /* asked first, and passes it on */
    assert_true(GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, 0));
    assert_int_equal(WaitForSingleObject(told, 10000), WAIT_OBJECT_0);
    assert_int_equal(InterlockedExchange(&handled[0], 0), CTRL_BREAK_EVENT + 1);
    assert_int_equal(InterlockedExchange(&handled[1], 0), CTRL_BREAK_EVENT + 1);
    assert_true(SetConsoleCtrlHandler(second, FALSE));
    assert_fails(SetConsoleCtrlHandler(second, FALSE), ERROR_INVALID_PARAMETER);
    assert_true(GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0));
    assert_int_equal(WaitForSingleObject(told, 10000), WAIT_OBJECT_0);
    assert_int_equal(InterlockedExchange(&handled[0], 0), CTRL_C_EVENT + 1);
    assert_int_equal(InterlockedExchange(&handled[1], 0), 0);
    assert_true(CloseHandle(told));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, machine_start, machine_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_modules), WITH(test_processes),   WITH(test_drivers),
        WITH(test_names),   WITH(test_environment), WITH(test_console),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
