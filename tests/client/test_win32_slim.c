/*
 * Slim locks, condition variables, one-time initialisation, waiting on addresses.
 */
#include "win32_test.h"

static struct {
    SRWLOCK lock;
    CONDITION_VARIABLE changed;
    CRITICAL_SECTION section;
    INIT_ONCE once;
    LONG value, calls, readers, most;
} shared;

static int start(void **state)
{
    memset(&shared, 0, sizeof shared);
    return machine_start(state);
}

static void run(LPTHREAD_START_ROUTINE routine, unsigned count, void (*meanwhile)(void))
{
    HANDLE threads[8];
    for (unsigned i = 0; i < count; i++) {
        threads[i] = CreateThread(NULL, 0, routine, (LPVOID)(ULONG_PTR)i, 0, NULL);
        assert_non_null(threads[i]);
    }
    if (meanwhile)
        meanwhile();
    assert_int_equal(WaitForMultipleObjects(count, threads, TRUE, 20000), WAIT_OBJECT_0);
    for (unsigned i = 0; i < count; i++)
        assert_true(CloseHandle(threads[i]));
}

static DWORD WINAPI write_often(LPVOID context)
{
    (void)context;
    for (int i = 0; i < 500; i++) {
        AcquireSRWLockExclusive(&shared.lock);
        LONG value = shared.value;
        if (i % 50 == 0)
            SwitchToThread();
        shared.value = value + 1;
        ReleaseSRWLockExclusive(&shared.lock);
    }
    return 0;
}

static void test_exclusive(void **state)
{
    (void)state;
    run(write_often, 4, NULL);
    assert_int_equal(shared.value, 2000);
    assert_null(shared.lock.Ptr);
}

static DWORD WINAPI read_and_write(LPVOID context)
{
    for (int i = 0; i < 200; i++) {
        if ((ULONG_PTR)context == 0) {
            AcquireSRWLockExclusive(&shared.lock);
            shared.value++;
            shared.calls++;
            ReleaseSRWLockExclusive(&shared.lock);
        } else {
            AcquireSRWLockShared(&shared.lock);
            if (shared.value != shared.calls)
                InterlockedIncrement(&shared.most);
            ReleaseSRWLockShared(&shared.lock);
        }
    }
    return 0;
}

static void test_shared(void **state)
{
    (void)state;
    AcquireSRWLockShared(&shared.lock);
    assert_true(TryAcquireSRWLockShared(&shared.lock));
    assert_false(TryAcquireSRWLockExclusive(&shared.lock));
    ReleaseSRWLockShared(&shared.lock);
    ReleaseSRWLockShared(&shared.lock);
    assert_true(TryAcquireSRWLockExclusive(&shared.lock));
    assert_false(TryAcquireSRWLockShared(&shared.lock));
    ReleaseSRWLockExclusive(&shared.lock);
    run(read_and_write, 4, NULL);
    assert_int_equal(shared.value, 200);
    assert_int_equal(shared.most, 0);
}

static DWORD WINAPI wait_for_value(LPVOID context)
{
    LONG wanted = (LONG)(ULONG_PTR)context + 1;
    EnterCriticalSection(&shared.section);
    while (shared.value < wanted)
        SleepConditionVariableCS(&shared.changed, &shared.section, INFINITE);
    shared.calls++;
    LeaveCriticalSection(&shared.section);
    return 0;
}

static void raise_value(void)
{
    for (int i = 0; i < 4; i++) {
        EnterCriticalSection(&shared.section);
        shared.value++;
        LeaveCriticalSection(&shared.section);
        WakeAllConditionVariable(&shared.changed);
    }
}

static void test_condition(void **state)
{
    (void)state;
    InitializeCriticalSection(&shared.section);
    run(wait_for_value, 4, raise_value);
    assert_int_equal(shared.calls, 4);
    EnterCriticalSection(&shared.section);
    assert_fails(SleepConditionVariableCS(&shared.changed, &shared.section, 1), ERROR_TIMEOUT);
    LeaveCriticalSection(&shared.section);
    DeleteCriticalSection(&shared.section);
    AcquireSRWLockShared(&shared.lock);
    assert_fails(
        SleepConditionVariableSRW(&shared.changed, &shared.lock, 1, CONDITION_VARIABLE_LOCKMODE_SHARED),
        ERROR_TIMEOUT);
    ReleaseSRWLockShared(&shared.lock);
    AcquireSRWLockExclusive(&shared.lock);
    assert_fails(SleepConditionVariableSRW(&shared.changed, &shared.lock, 0, 0), ERROR_TIMEOUT);
    assert_fails(SleepConditionVariableSRW(&shared.changed, &shared.lock, 0, 2), ERROR_INVALID_PARAMETER);
    ReleaseSRWLockExclusive(&shared.lock);
}

static DWORD WINAPI take_one(LPVOID context)
{
    (void)context;
    AcquireSRWLockExclusive(&shared.lock);
    while (!shared.value)
        SleepConditionVariableSRW(&shared.changed, &shared.lock, INFINITE, 0);
    shared.value--;
    shared.calls++;
    ReleaseSRWLockExclusive(&shared.lock);
    return 0;
}

static void give_three(void)
{
    for (int i = 0; i < 3; i++) {
        AcquireSRWLockExclusive(&shared.lock);
        shared.value++;
        ReleaseSRWLockExclusive(&shared.lock);
        WakeConditionVariable(&shared.changed);
    }
}

static void test_wake_one(void **state)
{
    (void)state;
    run(take_one, 3, give_three);
    assert_int_equal(shared.calls, 3);
    assert_int_equal(shared.value, 0);
}

static BOOL WINAPI initialise(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once;
    InterlockedIncrement(&shared.calls);
    *context = (PVOID)0x1000;
    return *(BOOL *)parameter;
}

static DWORD WINAPI initialise_once(LPVOID context)
{
    BOOL succeed = TRUE;
    LPVOID got = NULL;
    (void)context;
    if (InitOnceExecuteOnce(&shared.once, initialise, &succeed, &got) && got == (LPVOID)0x1000)
        InterlockedIncrement(&shared.value);
    return 0;
}

static void test_once(void **state)
{
    (void)state;
    BOOL fail = FALSE, pending;
    LPVOID context;
    assert_false(InitOnceExecuteOnce(&shared.once, initialise, &fail, NULL));
    assert_fails(InitOnceBeginInitialize(&shared.once, INIT_ONCE_CHECK_ONLY, &pending, NULL),
                 ERROR_GEN_FAILURE);
    shared.calls = 0;
    run(initialise_once, 4, NULL);
    assert_int_equal(shared.calls, 1);
    assert_int_equal(shared.value, 4);
    assert_true(InitOnceBeginInitialize(&shared.once, INIT_ONCE_CHECK_ONLY, &pending, &context));
    assert_false(pending);
    assert_ptr_equal(context, (LPVOID)0x1000);
    assert_fails(InitOnceComplete(&shared.once, 0, NULL), ERROR_GEN_FAILURE);
    assert_fails(InitOnceBeginInitialize(&shared.once, INIT_ONCE_ASYNC, &pending, NULL),
                 ERROR_INVALID_PARAMETER);
}

static DWORD WINAPI wait_for_change(LPVOID context)
{
    LONG old = 0;
    (void)context;
    while (InterlockedCompareExchange(&shared.value, 0, 0) == 0)
        WaitOnAddress(&shared.value, &old, sizeof old, INFINITE);
    return 0;
}

static void change(void)
{
    InterlockedExchange(&shared.value, 1);
    WakeByAddressAll(&shared.value);
}

static void test_address(void **state)
{
    (void)state;
    UCHAR byte = 3, same = 3, other = 4;
    assert_true(WaitOnAddress(&byte, &other, 1, INFINITE));
    assert_fails(WaitOnAddress(&byte, &same, 1, 1), ERROR_TIMEOUT);
    assert_fails(WaitOnAddress(&byte, &same, 3, 1), ERROR_INVALID_PARAMETER);
    run(wait_for_change, 4, change);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, start, machine_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(test_exclusive), WITH(test_shared), WITH(test_condition),
        WITH(test_wake_one),  WITH(test_once),   WITH(test_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
