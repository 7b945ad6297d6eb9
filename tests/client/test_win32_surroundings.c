/*
 * What surrounds a program: its standard handles, environment, modules, processors, and what its threads leave behind.
 */
#include "win32_test.h"

#include <setupapi.h>
#include <string.h>

static void replaces_standard_handles(void **state)
{
    (void)state;
    HANDLE before = GetStdHandle(STD_OUTPUT_HANDLE);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    DWORD written = 99;
    assert_ptr_not_equal(before, GetStdHandle(STD_ERROR_HANDLE));
    assert_true(SetStdHandle(STD_OUTPUT_HANDLE, event));
    assert_ptr_equal(GetStdHandle(STD_OUTPUT_HANDLE), event);
    assert_fails(WriteConsoleA(GetStdHandle(STD_OUTPUT_HANDLE), "x", 1, &written, NULL), ERROR_INVALID_HANDLE);
    assert_fails(WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "x", 1, &written, NULL), ERROR_INVALID_HANDLE);
    assert_true(WriteConsoleA(before, "", 0, &written, NULL));
    assert_true(SetStdHandle(STD_INPUT_HANDLE, NULL));
    assert_null(GetStdHandle(STD_INPUT_HANDLE));
    assert_fails(SetStdHandle(0, event), ERROR_INVALID_HANDLE);
    assert_fails(GetStdHandle(1) != INVALID_HANDLE_VALUE, ERROR_INVALID_HANDLE);
    assert_true(CloseHandle(event));
}

static void lists_the_environment(void **state)
{
    (void)state;
    unsigned narrow_found = 0, wide_found = 0;
    assert_true(SetEnvironmentVariableW(L"NTIO_ACCENT", L"\xE9t\xE9"));
    LPCH block = GetEnvironmentStrings();
    LPWCH wide = GetEnvironmentStringsW();
    for (LPCH next = block; *next; next += strlen(next) + 1)
        narrow_found += strcmp(next, "NTIO_ACCENT=\xC3\xA9t\xC3\xA9") == 0;
    for (LPWCH next = wide; *next; next += lstrlenW(next) + 1)
        wide_found += lstrcmpW(next, L"NTIO_ACCENT=\xE9t\xE9") == 0;
    assert_int_equal(narrow_found, 1);
    assert_int_equal(wide_found, 1);
    assert_true(FreeEnvironmentStringsA(block));
    assert_true(FreeEnvironmentStringsW(wide));
    assert_true(SetEnvironmentVariableW(L"NTIO_ACCENT", NULL));
}

static void finds_modules(void **state)
{
    (void)state;
    HMODULE module = NULL;
    ULONGLONG now = 0, later = 0;
    assert_true(GetModuleHandleExA(0, "ntdll", &module));
    assert_ptr_equal(module, GetModuleHandleA("ntdll.dll"));
    assert_true(GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN, NULL, &module));
    assert_ptr_equal(module, GetModuleHandleA(NULL));
    module = NULL;
    assert_true(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)(ULONG_PTR)finds_modules, &module));
    assert_ptr_equal(module, GetModuleHandleA(NULL));
    assert_fails(GetModuleHandleExA(0, "nowhere.dll", &module), ERROR_MOD_NOT_FOUND);
    assert_null(module);
    assert_fails(GetModuleHandleExA(3, "ntdll", &module), ERROR_INVALID_PARAMETER);
    assert_fails(GetModuleHandleExA(0, "ntdll", NULL), ERROR_INVALID_PARAMETER);
    assert_true(QueryUnbiasedInterruptTime(&now) && QueryUnbiasedInterruptTime(&later));
    assert_true(now && now <= later);
    assert_fails(QueryUnbiasedInterruptTime(NULL), ERROR_INVALID_PARAMETER);
}

static DWORD WINAPI tell_processor(LPVOID unused)
{
    (void)unused;
    return GetCurrentProcessorNumber();
}

static void runs_where_it_is_told(void **state)
{
    (void)state;
    DWORD_PTR process = 0, system = 0;
    assert_true(GetProcessAffinityMask(GetCurrentProcess(), &process, &system));
    assert_int_equal(process, system);
    assert_int_equal(system & 1, 1);
    DWORD last = 63 - (DWORD)__builtin_clzll(system);

    assert_int_equal(SetThreadAffinityMask(GetCurrentThread(), (DWORD_PTR)1 << last), system);
    assert_int_equal(GetCurrentProcessorNumber(), last);
    assert_int_equal(SetThreadAffinityMask(GetCurrentThread(), 1), (DWORD_PTR)1 << last);
    assert_int_equal(GetCurrentProcessorNumber(), 0);
    assert_fails(SetThreadAffinityMask(GetCurrentThread(), 0), ERROR_INVALID_PARAMETER);
    assert_fails(SetThreadAffinityMask(GetCurrentThread(), ~system), ERROR_INVALID_PARAMETER);
    assert_fails(SetThreadAffinityMask(NULL, 1), ERROR_INVALID_HANDLE);

    /* A thread begins where it was told to. */
    DWORD code = 99;
    HANDLE thread = CreateThread(NULL, 0, tell_processor, NULL, CREATE_SUSPENDED, NULL);
    assert_int_equal(SetThreadAffinityMask(thread, (DWORD_PTR)1 << last), system);
    assert_int_equal(ResumeThread(thread), 1);
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    assert_int_equal(code, last);
    assert_true(CloseHandle(thread));

    /* The process's is its threads', and holds them. */
    assert_true(SetProcessAffinityMask(GetCurrentProcess(), (DWORD_PTR)1 << last));
    assert_int_equal(GetCurrentProcessorNumber(), last);
    assert_true(GetProcessAffinityMask(GetCurrentProcess(), &process, &system));
    assert_int_equal(process, (DWORD_PTR)1 << last);
    if (last)
        assert_fails(SetThreadAffinityMask(GetCurrentThread(), 1), ERROR_INVALID_PARAMETER);
    assert_fails(SetProcessAffinityMask(GetCurrentProcess(), 0), ERROR_INVALID_PARAMETER);
    assert_fails(SetProcessAffinityMask(GetCurrentProcess(), ~system), ERROR_INVALID_PARAMETER);
}

/* --- fiber-local storage --- */

static LONG told; /* the sum of the values that were given back */
static DWORD told_by;

static VOID WINAPI give_back(PVOID value)
{
    InterlockedExchangeAdd(&told, (LONG)(LONG_PTR)value);
    __atomic_store_n(&told_by, GetCurrentThreadId(), __ATOMIC_SEQ_CST);
}

struct fls_use {
    DWORD index;
    BOOL leave; /* by ExitThread */
    HANDLE set, go;
};

static DWORD WINAPI use_fls(LPVOID context)
{
    struct fls_use *use = context;
    if (FlsGetValue(use->index) || !FlsSetValue(use->index, (PVOID)(ULONG_PTR)7))
        return 1;
    if (use->set) {
        SetEvent(use->set);
        WaitForSingleObject(use->go, INFINITE);
    }
    if (use->leave)
        ExitThread(2);
    return 3;
}

static DWORD run(struct fls_use *use, DWORD *id)
{
    DWORD code = 99;
    HANDLE thread = CreateThread(NULL, 0, use_fls, use, 0, id);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

static void gives_values_back(void **state)
{
    (void)state;
    DWORD id = 0;
    told = 0;
    struct fls_use use = {.index = FlsAlloc(give_back)};
    DWORD silent = FlsAlloc(NULL);
    assert_int_not_equal(use.index, FLS_OUT_OF_INDEXES);
    assert_int_not_equal(use.index, silent);
    assert_null(FlsGetValue(use.index));
    assert_int_equal(GetLastError(), ERROR_SUCCESS);
    assert_true(FlsSetValue(use.index, (PVOID)100));
    assert_true(FlsSetValue(silent, (PVOID)1000));

    /* Whichever way a thread ends, it is the one that gives its value back. */
    assert_int_equal(run(&use, &id), 3);
    assert_int_equal(told, 7);
    assert_int_equal(told_by, id);
    use.leave = TRUE;
    assert_int_equal(run(&use, &id), 2);
    assert_int_equal(told, 14);
    assert_int_equal(told_by, id);

    /* When the index goes, the values of all threads do. */
    use.set = CreateEventA(NULL, FALSE, FALSE, NULL);
    use.go = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, use_fls, &use, 0, NULL);
    assert_int_equal(WaitForSingleObject(use.set, INFINITE), WAIT_OBJECT_0);
    assert_ptr_equal(FlsGetValue(use.index), (PVOID)100);
    assert_true(FlsFree(use.index));
    assert_int_equal(told, 14 + 7 + 100);
    assert_int_equal(told_by, GetCurrentThreadId());
    assert_true(SetEvent(use.go));
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    assert_int_equal(told, 121);
    assert_true(CloseHandle(thread) && CloseHandle(use.set) && CloseHandle(use.go));

    assert_true(FlsFree(silent));
    assert_fails(FlsFree(silent), ERROR_INVALID_PARAMETER);
    assert_fails(FlsSetValue(silent, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(FlsGetValue(FLS_OUT_OF_INDEXES), ERROR_INVALID_PARAMETER);
    assert_int_equal(FlsAlloc(NULL), use.index); /* the lowest that is free, with no value in it */
    assert_null(FlsGetValue(use.index));
    unsigned more = 0;
    while (FlsAlloc(NULL) != FLS_OUT_OF_INDEXES)
        more++;
    assert_int_equal(GetLastError(), ERROR_NO_MORE_ITEMS);
    assert_int_equal(more, FLS_MAXIMUM_AVAILABLE - 2);
}

/* Old names, and the format of images: that they are there. */
static void knows_old_names(void **state)
{
    (void)state;
    PSP_INTERFACE_DEVICE_DETAIL_DATA detail = NULL;
    assert_int_equal(sizeof(SP_INTERFACE_DEVICE_DATA), sizeof(SP_DEVICE_INTERFACE_DATA));
    assert_null(detail);
    assert_int_equal(sizeof(IMAGE_NT_HEADERS64), 264);
    assert_int_equal(sizeof(IMAGE_DOS_HEADER), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replaces_standard_handles, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(lists_the_environment, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(finds_modules, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(runs_where_it_is_told, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(gives_values_back, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(knows_old_names, machine_start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
