/*
 * Exceptions of the client: RaiseException, memory that is committed when it is touched, and the filters of the process.
 */
#include "win32_test.h"

#include <string.h>

#define A 0xE0000001u
#define B 0xE0000002u

static char way[64];

static LONG says(char what, LONG disposition)
{
    size_t length = strlen(way);
    if (length < sizeof way - 1)
        way[length] = what;
    return disposition;
}

static void start_way(void)
{
    memset(way, 0, sizeof way);
}

/* --- RaiseException --- */

static LONG keep(EXCEPTION_POINTERS *pointers, EXCEPTION_RECORD *record)
{
    *record = *pointers->ExceptionRecord;
    return EXCEPTION_EXECUTE_HANDLER;
}

static EXCEPTION_RECORD raised(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments)
{
    EXCEPTION_RECORD record = {0};
    DWORD handled = 0;
    __try {
        RaiseException(code, flags, count, arguments);
        fail();
    } __except (keep(GetExceptionInformation(), &record)) {
        handled = GetExceptionCode();
    }
    assert_int_equal(handled, (DWORD)record.ExceptionCode);
    return record;
}

static void test_raise(void **state)
{
    (void)state;
    ULONG_PTR arguments[20];
    for (unsigned i = 0; i < 20; i++)
        arguments[i] = 100 + i;
    EXCEPTION_RECORD record = raised(A, 0, 2, arguments);
    assert_int_equal((DWORD)record.ExceptionCode, A);
    assert_int_equal(record.ExceptionFlags, 0);
    assert_null(record.ExceptionRecord);
    assert_non_null(record.ExceptionAddress);
    assert_int_equal(record.NumberParameters, 2);
    assert_int_equal(record.ExceptionInformation[1], 101);
    record = raised(0xFFFFFFFF, EXCEPTION_NONCONTINUABLE, 20, arguments);
    assert_int_equal((DWORD)record.ExceptionCode, 0xEFFFFFFF); /* bit 28 is the system's */
    assert_int_equal(record.ExceptionFlags, EXCEPTION_NONCONTINUABLE);
    assert_int_equal(record.NumberParameters, EXCEPTION_MAXIMUM_PARAMETERS);
    assert_int_equal(record.ExceptionInformation[14], 114);
    record = raised(B, 0, 5, NULL);
    assert_int_equal(record.NumberParameters, 0);
}

static void test_continue(void **state)
{
    (void)state;
    DWORD seen = 0;
    start_way();
    __try {
        __try {
            RaiseException(A, 0, 0, NULL);
            says('w', 0);
            RaiseException(B, EXCEPTION_NONCONTINUABLE, 0, NULL);
            says('!', 0);
        } __finally {
            says(AbnormalTermination() ? 'a' : 'n', 0);
        }
    } __except (GetExceptionCode() == EXCEPTION_NONCONTINUABLE_EXCEPTION
                    ? says('n', EXCEPTION_EXECUTE_HANDLER)
                    : says(GetExceptionCode() == A ? 'A' : 'B', EXCEPTION_CONTINUE_EXECUTION)) {
        seen = GetExceptionCode();
    }
    assert_string_equal(way, "AwBna");
    assert_int_equal(seen, (DWORD)EXCEPTION_NONCONTINUABLE_EXCEPTION);
}

/* --- committing memory when it is touched --- */

#define PAGES 20

static LONG commit(EXCEPTION_POINTERS *pointers, char *base, unsigned *commits)
{
    EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    if (record->ExceptionCode != (NTSTATUS)EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_EXECUTE_HANDLER;
    char *at = (char *)record->ExceptionInformation[1];
    if (at < base || at >= base + PAGES * 4096 || *commits == PAGES)
        return EXCEPTION_EXECUTE_HANDLER;
    if (VirtualAlloc(at, 1, MEM_COMMIT, PAGE_READWRITE) != (char *)((ULONG_PTR)at & ~(ULONG_PTR)4095))
        return EXCEPTION_EXECUTE_HANDLER;
    ++*commits;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static unsigned fill(int beyond)
{
    unsigned commits = 0;
    volatile BOOL failed = FALSE;
    char *base = VirtualAlloc(NULL, PAGES * 4096, MEM_RESERVE, PAGE_NOACCESS);
    assert_non_null(base);
    for (int i = 0; i < PAGES * 4096 + beyond; i++) {
        __try {
            base[i] = 'a';
        } __except (commit(GetExceptionInformation(), base, &commits)) {
            failed = TRUE;
            break;
        }
    }
    assert_int_equal(failed, beyond != 0);
    for (int i = 0; i < PAGES * 4096; i += 1000)
        assert_int_equal(base[i], 'a');
    assert_true(VirtualFree(base, 0, MEM_RELEASE));
    return commits;
}

static void test_commit_on_demand(void **state)
{
    (void)state;
    assert_int_equal(fill(0), PAGES);
    assert_int_equal(fill(1), PAGES);
}

static DWORD WINAPI fill_in_thread(void *context)
{
    (void)context;
    DWORD sum = 0;
    for (int i = 0; i < 5; i++)
        sum += fill(0);
    return sum;
}

static void test_threads(void **state)
{
    (void)state;
    HANDLE threads[3];
    DWORD code;
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, fill_in_thread, NULL, 0, NULL);
    assert_int_equal(WaitForMultipleObjects(3, threads, TRUE, INFINITE), WAIT_OBJECT_0);
    for (int i = 0; i < 3; i++) {
        assert_true(GetExitCodeThread(threads[i], &code));
        assert_int_equal(code, 5 * PAGES);
        assert_true(CloseHandle(threads[i]));
    }
}

static LONG unprotect(EXCEPTION_POINTERS *pointers)
{
    DWORD before;
    void *at = (void *)pointers->ExceptionRecord->ExceptionInformation[1];
    if (pointers->ExceptionRecord->ExceptionInformation[0] != EXCEPTION_WRITE_FAULT)
        return says('r', EXCEPTION_EXECUTE_HANDLER);
    return VirtualProtect(at, 1, PAGE_READWRITE, &before) && before == PAGE_READONLY
               ? says('w', EXCEPTION_CONTINUE_EXECUTION)
               : EXCEPTION_EXECUTE_HANDLER;
}

static void test_write_protection(void **state)
{
    (void)state;
    char *page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    start_way();
    __try {
        page[5] += 7;
        memset(page + 10, 3, 100);
        page[6] = page[5];
    } __except (unprotect(GetExceptionInformation())) {
        fail();
    }
    assert_string_equal(way, "w");
    assert_int_equal(page[6], 7);
    assert_int_equal(page[109], 3);
    assert_true(VirtualFree(page, 0, MEM_RELEASE));
}

/* --- no stack left --- */

static int recurse(volatile char *outer)
{
    volatile char room[4000];
    room[0] = outer ? (char)(outer[0] + 1) : 0;
    return recurse(room) + room[0];
}

static DWORD WINAPI overflow(void *context)
{
    volatile DWORD code = 0;
    (void)context;
    for (int i = 0; i < 2; i++) {
        code = 0;
        __try {
            recurse(NULL);
        } __except (GetExceptionCode() == EXCEPTION_STACK_OVERFLOW ? EXCEPTION_EXECUTE_HANDLER
                                                                     : EXCEPTION_CONTINUE_SEARCH) {
            code = GetExceptionCode();
        }
        assert_int_equal(code, (DWORD)EXCEPTION_STACK_OVERFLOW);
    }
    return code;
}

static void test_stack_overflow(void **state)
{
    (void)state;
    DWORD code;
    HANDLE thread = CreateThread(NULL, 0, overflow, NULL, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    assert_int_equal(code, (DWORD)EXCEPTION_STACK_OVERFLOW);
    assert_true(CloseHandle(thread));
    overflow(NULL);
}

/* --- filters of the process --- */

static LONG WINAPI first_handler(EXCEPTION_POINTERS *pointers)
{
    return says('1', pointers->ExceptionRecord->ExceptionCode == (NTSTATUS)A ? EXCEPTION_CONTINUE_EXECUTION
                                                                               : EXCEPTION_CONTINUE_SEARCH);
}

static LONG WINAPI second_handler(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return says('2', EXCEPTION_CONTINUE_SEARCH);
}

static void raise_and_handle(DWORD code)
{
    __try {
        RaiseException(code, 0, 0, NULL);
        says('c', 0);
    } __except (says('f', EXCEPTION_EXECUTE_HANDLER)) {
        says('h', 0);
    }
    says('.', 0);
}

static void test_vectored(void **state)
{
    (void)state;
    start_way();
    PVOID first = AddVectoredExceptionHandler(0, first_handler);
    PVOID second = AddVectoredExceptionHandler(0, second_handler);
    assert_non_null(first);
    assert_non_null(second);
    raise_and_handle(A);
    raise_and_handle(B);
    assert_string_equal(way, "1c.12fh.");
    assert_true(RemoveVectoredExceptionHandler(second));
    assert_false(RemoveVectoredExceptionHandler(second));
    start_way();
    second = AddVectoredExceptionHandler(1, second_handler);
    raise_and_handle(B);
    raise_and_handle(A);
    assert_string_equal(way, "21fh.21c.");
    assert_true(RemoveVectoredExceptionHandler(first));
    start_way();
    raise_and_handle(A);
    assert_string_equal(way, "2fh.");
    assert_true(RemoveVectoredExceptionHandler(second));
    start_way();
    raise_and_handle(A);
    assert_string_equal(way, "fh.");
}

static LONG WINAPI nesting_handler(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode == (NTSTATUS)B)
        return EXCEPTION_CONTINUE_SEARCH;
    says('n', 0);
    raise_and_handle(B);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void test_exceptions_in_a_handler(void **state)
{
    (void)state;
    PVOID handle = AddVectoredExceptionHandler(1, nesting_handler);
    start_way();
    raise_and_handle(A);
    assert_string_equal(way, "nfh.c.");
    assert_true(RemoveVectoredExceptionHandler(handle));
}

static char *lonely;

static LONG WINAPI top_filter(EXCEPTION_POINTERS *pointers)
{
    says('t', 0);
    if (pointers->ExceptionRecord->ExceptionCode == (NTSTATUS)EXCEPTION_ACCESS_VIOLATION)
        VirtualAlloc((void *)pointers->ExceptionRecord->ExceptionInformation[1], 1, MEM_COMMIT, PAGE_READWRITE);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void test_unhandled(void **state)
{
    (void)state;
    assert_null(SetUnhandledExceptionFilter(top_filter));
    lonely = VirtualAlloc(NULL, 4096, MEM_RESERVE, PAGE_NOACCESS);
    start_way();
    lonely[7] = 3; /* no __try anywhere */
    assert_int_equal(lonely[7], 3);
    RaiseException(A, 0, 0, NULL);
    __try {
        RaiseException(A, 0, 0, NULL);
    } __except (says('s', EXCEPTION_CONTINUE_SEARCH)) {
        fail();
    }
    raise_and_handle(B);
    assert_string_equal(way, "ttstfh.");
    start_way();
    __try {
        RaiseException(A, 0, 0, NULL);
        says('c', 0);
    } __except (UnhandledExceptionFilter(GetExceptionInformation())) {
        fail();
    }
    assert_string_equal(way, "tc");
    assert_ptr_equal(SetUnhandledExceptionFilter(NULL), top_filter);
    start_way();
    __try {
        RaiseException(A, 0, 0, NULL);
        fail();
    } __except (UnhandledExceptionFilter(GetExceptionInformation())) {
        says('h', 0);
    }
    assert_string_equal(way, "h");
    assert_true(VirtualFree(lonely, 0, MEM_RELEASE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_raise, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(test_continue, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(test_commit_on_demand, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(test_threads, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(test_write_protection, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(test_stack_overflow, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(test_vectored, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(test_exceptions_in_a_handler, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(test_unhandled, machine_start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
