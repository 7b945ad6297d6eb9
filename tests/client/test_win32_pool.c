/*
 * Thread pools, new and old. DRIVERS: win32dev
 */
#include "win32_test.h"

#include "../drivers/win32dev/win32dev.h"

static struct {
    volatile LONG count, finalized, slow;
    HANDLE go, done;
    LONG last;
    PVOID context;
    TP_WAIT_RESULT result;
} seen;

static int start(void **state)
{
    memset((void *)&seen, 0, sizeof seen);
    int failed = machine_start(state);
    seen.go = CreateEventA(NULL, TRUE, FALSE, NULL);
    seen.done = CreateEventA(NULL, FALSE, FALSE, NULL);
    return failed;
}

static LONG count(void)
{
    return InterlockedAdd(&seen.count, 0);
}

static void until(LONG wanted)
{
    for (int i = 0; i < 5000 && count() < wanted; i++)
        Sleep(1);
    assert_true(count() >= wanted);
}

static VOID NTAPI work(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WORK work)
{
    (void)instance, (void)work;
    InterlockedExchangePointer(&seen.context, context);
    WaitForSingleObject(seen.go, INFINITE);
    InterlockedIncrement(&seen.count);
}

static void test_work(void **state)
{
    (void)state;
    int context;
    PTP_WORK object = CreateThreadpoolWork(work, &context, NULL);
    assert_non_null(object);
    for (int i = 0; i < 5; i++)
        SubmitThreadpoolWork(object);
    Sleep(5);
    assert_int_equal(count(), 0);
    SetEvent(seen.go);
    WaitForThreadpoolWorkCallbacks(object, FALSE);
    assert_int_equal(count(), 5);
    assert_ptr_equal(seen.context, &context);
    CloseThreadpoolWork(object);
    assert_fails(CreateThreadpoolWork(NULL, NULL, NULL), ERROR_INVALID_PARAMETER);
}

static VOID NTAPI simple(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    InterlockedIncrement(&seen.count);
    assert_true(CallbackMayRunLong(instance));
    SetEventWhenCallbackReturns(instance, context);
}

static VOID NTAPI finalize(PTP_CALLBACK_INSTANCE instance, PVOID context)
{
    (void)instance, (void)context;
    InterlockedIncrement(&seen.finalized);
}

static DWORD WINAPI function(LPVOID context)
{
    InterlockedIncrement(&seen.count);
    SetEvent(context);
    return 3;
}

static void test_once(void **state)
{
    (void)state;
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    assert_int_equal(environment.Version, 3);
    assert_int_equal(environment.Size, 72);
    assert_int_equal(environment.CallbackPriority, TP_CALLBACK_PRIORITY_NORMAL);
    environment.FinalizationCallback = finalize;
    assert_true(TrySubmitThreadpoolCallback(simple, seen.done, &environment));
    assert_int_equal(WaitForSingleObject(seen.done, 5000), WAIT_OBJECT_0);
    assert_int_equal(count(), 1);
    assert_int_equal(InterlockedAdd(&seen.finalized, 0), 1);
    assert_true(QueueUserWorkItem(function, seen.done, WT_EXECUTEDEFAULT));
    assert_int_equal(WaitForSingleObject(seen.done, 5000), WAIT_OBJECT_0);
    assert_int_equal(count(), 2);
    assert_fails(QueueUserWorkItem(NULL, NULL, 0), ERROR_INVALID_PARAMETER);
    DestroyThreadpoolEnvironment(&environment);
}

/* With one thread, what is behind a callback that runs can be cancelled. */
static void test_own_pool(void **state)
{
    (void)state;
    assert_fails(CreateThreadpool(seen.go), ERROR_INVALID_PARAMETER);
    PTP_POOL pool = CreateThreadpool(NULL);
    assert_non_null(pool);
    SetThreadpoolThreadMaximum(pool, 1);
    assert_true(SetThreadpoolThreadMinimum(pool, 1));
    TP_CALLBACK_ENVIRON environment;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackPool(&environment, pool);
    PTP_WORK object = CreateThreadpoolWork(work, &pool, &environment);
    for (int i = 0; i < 4; i++)
        SubmitThreadpoolWork(object);
    while (!InterlockedCompareExchangePointer(&seen.context, NULL, NULL))
        Sleep(1);
    HANDLE thread = CreateThread(NULL, 0, function, seen.done, CREATE_SUSPENDED, NULL);
    SetEvent(seen.go);
    WaitForThreadpoolWorkCallbacks(object, TRUE);
    assert_in_range(count(), 1, 4);
    CloseThreadpoolWork(object);
    CloseThreadpool(pool);
    TerminateThread(thread, 0);
    CloseHandle(thread);
}

static VOID NTAPI cancelled(PVOID object, PVOID cleanup)
{
    assert_ptr_equal(object, &seen);
    InterlockedAdd((LONG *)cleanup, 1);
}

static void test_group(void **state)
{
    (void)state;
    PTP_CLEANUP_GROUP group = CreateThreadpoolCleanupGroup();
    TP_CALLBACK_ENVIRON environment;
    LONG told = 0;
    InitializeThreadpoolEnvironment(&environment);
    SetThreadpoolCallbackCleanupGroup(&environment, group, cancelled);
    PTP_WORK one = CreateThreadpoolWork(work, &seen, &environment), two = CreateThreadpoolWork(work, &seen, &environment);
    SetEvent(seen.go);
    SubmitThreadpoolWork(one);
    SubmitThreadpoolWork(two);
    CloseThreadpoolCleanupGroupMembers(group, FALSE, &told);
    assert_int_equal(count(), 2);
    assert_int_equal(told, 0);
    assert_non_null(CreateThreadpoolWork(work, &seen, &environment));
    CloseThreadpoolCleanupGroupMembers(group, TRUE, &told);
    assert_int_equal(told, 1);
    CloseThreadpoolCleanupGroup(group);
}

static VOID NTAPI tick(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_TIMER timer)
{
    (void)instance, (void)timer, (void)context;
    InterlockedIncrement(&seen.count);
}

static FILETIME in(LONGLONG milliseconds)
{
    LARGE_INTEGER time = {.QuadPart = -milliseconds * 10000};
    return (FILETIME){time.LowPart, (DWORD)time.HighPart};
}

static void test_timer(void **state)
{
    (void)state;
    PTP_TIMER timer = CreateThreadpoolTimer(tick, &seen, NULL);
    FILETIME due = in(1), late = in(100000), now;
    assert_false(IsThreadpoolTimerSet(timer));
    SetThreadpoolTimer(timer, &due, 0, 0);
    until(1);
    Sleep(5);
    assert_int_equal(count(), 1);
    assert_false(IsThreadpoolTimerSet(timer));
    SetThreadpoolTimer(timer, &due, 1, 0);
    assert_true(IsThreadpoolTimerSet(timer));
    until(5);
    assert_true(SetThreadpoolTimerEx(timer, NULL, 0, 0));
    assert_false(SetThreadpoolTimerEx(timer, &late, 0, 0));
    WaitForThreadpoolTimerCallbacks(timer, TRUE);
    LONG before = count();
    GetSystemTimeAsFileTime(&now); /* a time that is past */
    SetThreadpoolTimer(timer, &now, 0, 0);
    until(before + 1);
    CloseThreadpoolTimer(timer);
}

static VOID NTAPI waited(PTP_CALLBACK_INSTANCE instance, PVOID context, PTP_WAIT wait, TP_WAIT_RESULT result)
{
    (void)instance, (void)context, (void)wait;
    InterlockedExchange((LONG volatile *)&seen.result, (LONG)result);
    InterlockedIncrement(&seen.count);
}

static void test_wait(void **state)
{
    (void)state;
    PTP_WAIT wait = CreateThreadpoolWait(waited, NULL, NULL);
    FILETIME soon = in(2);
    SetThreadpoolWait(wait, seen.done, NULL);
    Sleep(5);
    assert_int_equal(count(), 0);
    SetEvent(seen.done);
    until(1);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    assert_int_equal(seen.result, WAIT_OBJECT_0);
    /* Once each time. */
    SetEvent(seen.done);
    Sleep(5);
    assert_int_equal(count(), 1);
    SetThreadpoolWait(wait, seen.done, &soon);
    until(2);
    SetThreadpoolWait(wait, seen.done, &soon);
    until(3);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    assert_int_equal(seen.result, WAIT_TIMEOUT);
    /* However late, the object is looked at first. */
    FILETIME past = {1, 0};
    SetEvent(seen.done);
    SetThreadpoolWait(wait, seen.done, &past);
    until(4);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    assert_int_equal(seen.result, WAIT_OBJECT_0);
    SetThreadpoolWait(wait, seen.done, &past);
    until(5);
    WaitForThreadpoolWaitCallbacks(wait, FALSE);
    assert_int_equal(seen.result, WAIT_TIMEOUT);
    SetThreadpoolWait(wait, seen.done, NULL);
    assert_true(SetThreadpoolWaitEx(wait, NULL, NULL, NULL));
    CloseThreadpoolWait(wait);
}

/* More handles than one thread can wait for, and one that is closed meanwhile. */
static void test_many_waits(void **state)
{
    (void)state;
    enum { MANY = 100 };
    HANDLE events[MANY];
    PTP_WAIT waits[MANY];
    for (int i = 0; i < MANY; i++) {
        events[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
        waits[i] = CreateThreadpoolWait(waited, NULL, NULL);
        SetThreadpoolWait(waits[i], events[i], NULL);
    }
    CloseHandle(events[0]);
    for (int i = 1; i < MANY; i++)
        SetEvent(events[i]);
    until(MANY - 1);
    for (int i = 0; i < MANY; i++) {
        CloseThreadpoolWait(waits[i]);
        if (i)
            CloseHandle(events[i]);
    }
}

static VOID NTAPI registered(PVOID context, BOOLEAN timed_out)
{
    InterlockedExchangePointer(&seen.context, context);
    InterlockedExchange(&seen.last, timed_out);
    InterlockedIncrement(&seen.count);
}

static VOID NTAPI registered_slow(PVOID context, BOOLEAN timed_out)
{
    InterlockedIncrement(&seen.count);
    InterlockedIncrement(&seen.slow);
    WaitForSingleObject(context, 5000);
    registered(context, timed_out);
}

static void test_registered(void **state)
{
    (void)state;
    HANDLE wait;
    assert_true(RegisterWaitForSingleObject(&wait, seen.done, registered, &seen, INFINITE, 0));
    for (int i = 1; i <= 3; i++) { /* again and again */
        SetEvent(seen.done);
        until(i);
    }
    assert_int_equal(seen.last, FALSE);
    assert_true(UnregisterWaitEx(wait, INVALID_HANDLE_VALUE));
    SetEvent(seen.done);
    Sleep(5);
    assert_int_equal(count(), 3);
    assert_int_equal(WaitForSingleObject(seen.done, 0), WAIT_OBJECT_0);
    assert_fails(UnregisterWait(wait), ERROR_INVALID_HANDLE);
    assert_fails(UnregisterWait(NULL), ERROR_INVALID_HANDLE);
    assert_true(RegisterWaitForSingleObject(&wait, seen.done, registered, &seen, 1, WT_EXECUTEONLYONCE));
    until(4);
    Sleep(5);
    assert_int_equal(count(), 4);
    assert_int_equal(seen.last, TRUE);
    assert_true(UnregisterWait(wait));
    /* While a callback is under way. */
    assert_true(RegisterWaitForSingleObject(&wait, seen.done, registered_slow, seen.go, 0, WT_EXECUTEONLYONCE));
    until(5);
    assert_fails(UnregisterWait(wait), ERROR_IO_PENDING);
    SetEvent(seen.go);
    until(6);
    assert_fails(RegisterWaitForSingleObject(BAD_LOW, seen.done, registered, NULL, 0, 0), ERROR_NOACCESS);
}

static void test_timer_queue(void **state)
{
    (void)state;
    HANDLE queue = CreateTimerQueue(), timer, other;
    assert_non_null(queue);
    assert_true(CreateTimerQueueTimer(&timer, queue, registered, &timer, 1, 0, 0));
    until(1);
    assert_int_equal(seen.last, TRUE);
    assert_ptr_equal(seen.context, &timer);
    assert_true(ChangeTimerQueueTimer(queue, timer, 0, 0)); /* has no effect: it has expired */
    Sleep(5);
    assert_int_equal(count(), 1);
    assert_true(DeleteTimerQueueTimer(queue, timer, INVALID_HANDLE_VALUE));
    assert_fails(DeleteTimerQueueTimer(queue, timer, NULL), ERROR_INVALID_HANDLE);
    assert_true(CreateTimerQueueTimer(&timer, queue, registered, NULL, 0, 1, 0));
    until(4);
    assert_true(ChangeTimerQueueTimer(queue, timer, 100000, 0));
    assert_true(CreateTimerQueueTimer(&other, NULL, registered_slow, seen.go, 0, 0, 0));
    for (int i = 0; i < 5000 && !InterlockedAdd(&seen.slow, 0); i++)
        Sleep(1);
    assert_fails(DeleteTimerQueueTimer(NULL, other, NULL), ERROR_IO_PENDING);
    SetEvent(seen.go);
    assert_true(DeleteTimerQueueEx(queue, seen.done));
    assert_int_equal(WaitForSingleObject(seen.done, 5000), WAIT_OBJECT_0);
    assert_fails(DeleteTimerQueueEx(queue, NULL), ERROR_INVALID_HANDLE);
    assert_fails(DeleteTimerQueueEx(NULL, NULL), ERROR_INVALID_HANDLE);
    assert_fails(CreateTimerQueueTimer(&timer, queue, registered, NULL, 0, 0, 0), ERROR_INVALID_HANDLE);
    assert_null(timer);
    queue = CreateTimerQueue();
    assert_true(CreateTimerQueueTimer(&timer, queue, registered, NULL, 100000, 0, WT_EXECUTEONLYONCE));
    assert_true(DeleteTimerQueue(queue));
}

static struct {
    PVOID overlapped;
    ULONG error;
    ULONG_PTR bytes;
} transfer;

static VOID WINAPI moved(PTP_CALLBACK_INSTANCE instance, PVOID context, PVOID overlapped, ULONG error,
                         ULONG_PTR bytes, PTP_IO io)
{
    (void)instance, (void)context, (void)io;
    transfer.overlapped = overlapped;
    transfer.error = error;
    transfer.bytes = bytes;
    InterlockedIncrement(&seen.count);
}

static VOID WINAPI bound(DWORD error, DWORD bytes, LPOVERLAPPED overlapped)
{
    moved(NULL, NULL, overlapped, error, bytes, NULL);
}

static HANDLE open_device(void)
{
    HANDLE device = CreateFileA("\\\\.\\Win32Dev", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    return device;
}

static void test_io(void **state)
{
    (void)state;
    char buffer[8];
    assert_int_equal(ntio_load_driver("win32dev"), 0);
    HANDLE device = open_device();
    PTP_IO io = CreateThreadpoolIo(device, moved, NULL, NULL);
    assert_non_null(io);
    OVERLAPPED overlapped = {0}, end = {.Offset = WIN32DEV_SIZE};
    StartThreadpoolIo(io);
    assert_true(ReadFile(device, buffer, 4, NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING);
    WaitForThreadpoolIoCallbacks(io, FALSE);
    assert_int_equal(count(), 1);
    assert_ptr_equal(transfer.overlapped, &overlapped);
    assert_int_equal(transfer.error, ERROR_SUCCESS);
    assert_int_equal(transfer.bytes, 4);
    /* One that fails at once has no completion. */
    StartThreadpoolIo(io);
    assert_fails(ReadFile(device, buffer, 4, NULL, &end), ERROR_HANDLE_EOF);
    CancelThreadpoolIo(io);
    WaitForThreadpoolIoCallbacks(io, TRUE);
    assert_int_equal(count(), 1);
    assert_fails(CreateThreadpoolIo(device, moved, NULL, NULL), ERROR_INVALID_PARAMETER); /* it has a port */
    CloseHandle(device);
    CloseThreadpoolIo(io);
    device = open_device();
    assert_true(BindIoCompletionCallback(device, bound, 0));
    assert_true(WriteFile(device, "abc", 3, NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING);
    until(2);
    assert_int_equal(transfer.bytes, 3);
    CloseHandle(device);
    assert_fails(BindIoCompletionCallback(NULL, bound, 0), ERROR_INVALID_HANDLE);
    assert_int_equal(ntio_unload_driver("win32dev"), 0);
}

/* What is not closed goes with the machine. */
static void test_left(void **state)
{
    (void)state;
    HANDLE timer;
    assert_true(CreateTimerQueueTimer(&timer, CreateTimerQueue(), registered, NULL, 0, 1, 0));
    until(2);
    PTP_WORK object = CreateThreadpoolWork(work, NULL, NULL);
    SubmitThreadpoolWork(object);
    CreateThreadpoolCleanupGroup();
    CreateThreadpool(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, machine_stop)
        TEST(test_work),       TEST(test_once), TEST(test_own_pool),   TEST(test_group),
        TEST(test_timer),      TEST(test_wait), TEST(test_many_waits), TEST(test_registered),
        TEST(test_timer_queue), TEST(test_io),  TEST(test_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
