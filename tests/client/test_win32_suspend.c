/*
 * Threads that are stopped and let go on. DRIVERS: win32dev
 */
#include "win32_test.h"

static struct {
    HANDLE start, go;
    LONG count;
    volatile LONG end;
} shared;

static DWORD WINAPI count_up(LPVOID context)
{
    (void)context;
    while (!shared.end) {
        InterlockedIncrement(&shared.count);
        SwitchToThread();
    }
    return 7;
}

static void test_running(void **state)
{
    (void)state;
    shared.end = shared.count = 0;
    HANDLE thread = CreateThread(NULL, 0, count_up, NULL, CREATE_SUSPENDED, NULL);
    Sleep(5);
    assert_int_equal(InterlockedAdd(&shared.count, 0), 0);
    assert_int_equal(SuspendThread(thread), 1);
    assert_int_equal(ResumeThread(thread), 2);
    assert_int_equal(ResumeThread(thread), 1);
    assert_int_equal(ResumeThread(thread), 0); /* it was not */
    while (InterlockedAdd(&shared.count, 0) < 3)
        Sleep(1);
    assert_int_equal(SuspendThread(thread), 0);
    Sleep(20); /* by then it has called the system */
    LONG before = InterlockedAdd(&shared.count, 0);
    Sleep(20);
    assert_int_equal(InterlockedAdd(&shared.count, 0), before);
    shared.end = 1;
    assert_int_equal(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    assert_int_equal(ResumeThread(thread), 1);
    assert_int_equal(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    assert_int_equal((int)SuspendThread(thread), -1); /* STATUS_THREAD_IS_TERMINATING */
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    CloseHandle(thread);
}

static DWORD WINAPI wait_for_go(LPVOID context)
{
    (void)context;
    SetEvent(shared.start);
    return WaitForSingleObject(shared.go, INFINITE);
}

/* One that waits stops in its wait: what it waits for comes and goes, and is not taken. */
static void test_waiting(void **state)
{
    (void)state;
    shared.start = CreateEventA(NULL, TRUE, FALSE, NULL);
    shared.go = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, wait_for_go, NULL, 0, NULL);
    assert_int_equal(WaitForSingleObject(shared.start, 5000), WAIT_OBJECT_0);
    Sleep(5);
    assert_int_equal(SuspendThread(thread), 0);
    Sleep(5);
    SetEvent(shared.go);
    assert_int_equal(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    assert_int_equal(ResumeThread(thread), 1);
    assert_int_equal(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CloseHandle(thread);
    CloseHandle(shared.start);
    CloseHandle(shared.go);
}

static DWORD WINAPI suspend_itself(LPVOID context)
{
    (void)context;
    return SuspendThread(GetCurrentThread());
}

static void test_itself(void **state)
{
    (void)state;
    DWORD code;
    HANDLE thread = CreateThread(NULL, 0, suspend_itself, NULL, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    while (ResumeThread(thread) == 0)
        Sleep(1);
    assert_int_equal(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 0);
    CloseHandle(thread);
}

static void test_limits(void **state)
{
    (void)state;
    HANDLE thread = CreateThread(NULL, 0, wait_for_go, NULL, CREATE_SUSPENDED, NULL);
    for (int i = 1; i < MAXIMUM_SUSPEND_COUNT; i++)
        assert_int_equal(SuspendThread(thread), i);
    assert_int_equal((int)SuspendThread(thread), -1);
    assert_int_equal(GetLastError(), ERROR_SIGNAL_REFUSED);
    ULONG count;
    assert_int_equal(NtSuspendThread(thread, &count), STATUS_SUSPEND_COUNT_EXCEEDED);
    assert_int_equal(NtResumeThread(thread, BAD_LOW), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtSuspendThread(thread, &count), STATUS_SUCCESS);
    assert_int_equal(count, MAXIMUM_SUSPEND_COUNT - 1);
    /* Its end lets it go. */
    assert_true(TerminateThread(thread, 5));
    assert_int_equal(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CloseHandle(thread);
    assert_int_equal((int)SuspendThread(NULL), -1);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    HANDLE less = OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId());
    assert_int_equal((int)SuspendThread(less), -1);
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    CloseHandle(less);
}

/* The machine's stop ends one that nobody has resumed. */
static void test_left(void **state)
{
    (void)state;
    shared.start = CreateEventA(NULL, TRUE, FALSE, NULL);
    shared.go = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, wait_for_go, NULL, 0, NULL);
    assert_int_equal(WaitForSingleObject(shared.start, 5000), WAIT_OBJECT_0);
    assert_int_equal(SuspendThread(thread), 0);
    Sleep(5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_start, machine_stop)
        TEST(test_running), TEST(test_waiting), TEST(test_itself), TEST(test_limits), TEST(test_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
