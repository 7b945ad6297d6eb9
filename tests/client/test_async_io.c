/*
 * Overlapped requests, cancelling them, and what becomes of those that are outstanding.
 * DRIVERS: asyncdev
 */
#include "async_test.h"

static HANDLE device;

static int set_up(void **state)
{
    if (async_start(state))
        return -1;
    device = async_open(FILE_FLAG_OVERLAPPED);
    return 0;
}

static int tear_down(void **state)
{
    CloseHandle(device);
    return async_stop(state);
}

static void read_pends(LPOVERLAPPED overlapped, void *buffer, DWORD length)
{
    assert_pends(ReadFile(device, buffer, length, NULL, overlapped));
    assert_false(HasOverlappedIoCompleted(overlapped));
}

static void assert_cancelled(LPOVERLAPPED overlapped)
{
    DWORD count = 7;
    assert_fails(GetOverlappedResult(device, overlapped, &count, TRUE), ERROR_OPERATION_ABORTED);
    assert_int_equal(count, 0);
    assert_int_equal((NTSTATUS)overlapped->Internal, (NTSTATUS)STATUS_CANCELLED);
}

/* --- the result --- */

static void the_result_comes_when_it_comes(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    char buffer[8];
    DWORD count = 99;
    read_pends(&overlapped, buffer, sizeof buffer);
    assert_fails(GetOverlappedResult(device, &overlapped, &count, FALSE), ERROR_IO_INCOMPLETE);
    assert_fails(GetOverlappedResultEx(device, &overlapped, &count, 0, TRUE), ERROR_IO_INCOMPLETE);
    assert_fails(GetOverlappedResultEx(device, &overlapped, &count, 1, FALSE), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(device, 0), WAIT_TIMEOUT);
    assert_int_equal(count, 99);
    async_complete(STATUS_SUCCESS, 6, TRUE);
    assert_int_equal(WaitForSingleObject(device, INFINITE), WAIT_OBJECT_0); /* no event: the handle is it */
    assert_true(GetOverlappedResult(device, &overlapped, &count, TRUE));
    assert_int_equal(count, 6);
    /* A warning comes with its bytes. */
    read_pends(&overlapped, buffer, sizeof buffer);
    async_complete(STATUS_BUFFER_OVERFLOW, 8, FALSE);
    assert_fails(GetOverlappedResult(device, &overlapped, &count, TRUE), ERROR_MORE_DATA);
    assert_int_equal(count, 8);
    /* An error too, and nothing is copied. */
    memset(buffer, 0, sizeof buffer);
    read_pends(&overlapped, buffer, sizeof buffer);
    async_complete(STATUS_IO_DEVICE_ERROR, 3, FALSE);
    assert_fails(GetOverlappedResult(device, &overlapped, &count, FALSE), ERROR_IO_DEVICE);
    assert_int_equal(count, 3);
    assert_int_equal(buffer[0], 0);
}

static int apcs;

static VOID NTAPI count_apc(ULONG_PTR data)
{
    apcs += (int)data;
}

static void an_alertable_wait_for_it_runs_apcs(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    char buffer[8];
    DWORD count = 0;
    apcs = 0;
    read_pends(&overlapped, buffer, sizeof buffer);
    QueueUserAPC(count_apc, GetCurrentThread(), 1);
    assert_fails(GetOverlappedResultEx(device, &overlapped, &count, INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(apcs, 1);
    async_complete(STATUS_SUCCESS, 1, FALSE);
    assert_true(GetOverlappedResultEx(device, &overlapped, &count, INFINITE, TRUE));
    assert_int_equal(count, 1);
    CloseHandle(overlapped.hEvent);
}

static DWORD routine_error, routine_count;
static LPOVERLAPPED routine_overlapped;

static VOID WINAPI completion_routine(DWORD error, DWORD count, LPOVERLAPPED overlapped)
{
    routine_error = error;
    routine_count = count;
    routine_overlapped = overlapped;
    apcs++;
}

static void completion_routines_run_in_alertable_waits(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    char buffer[8];
    apcs = 0;
    assert_true(ReadFileEx(device, buffer, sizeof buffer, &overlapped, completion_routine));
    async_complete(STATUS_SUCCESS, 4, TRUE);
    while (!HasOverlappedIoCompleted(&overlapped))
        SwitchToThread();
    assert_int_equal(SleepEx(0, FALSE), 0);
    assert_int_equal(apcs, 0);
    assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(apcs, 1);
    assert_int_equal(routine_error, ERROR_SUCCESS);
    assert_int_equal(routine_count, 4);
    assert_ptr_equal(routine_overlapped, &overlapped);

    assert_true(ReadFileEx(device, buffer, sizeof buffer, &overlapped, completion_routine));
    assert_true(CancelIo(device));
    assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(routine_error, ERROR_OPERATION_ABORTED);
    assert_int_equal(routine_count, 0);

    assert_true(WriteFileEx(device, buffer, 5, &overlapped, completion_routine));
    assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(routine_error, ERROR_SUCCESS);
    assert_int_equal(routine_count, 5);
    assert_int_equal(apcs, 3);
}

/* --- cancelling --- */

static DWORD WINAPI cancel_io(LPVOID context)
{
    return CancelIo(context) ? ERROR_SUCCESS : GetLastError();
}

static DWORD WINAPI cancel_io_ex(LPVOID context)
{
    return CancelIoEx(device, context) ? ERROR_SUCCESS : GetLastError();
}

static DWORD run_thread(LPTHREAD_START_ROUTINE routine, LPVOID context)
{
    DWORD code;
    HANDLE thread = CreateThread(NULL, 0, routine, context, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    CloseHandle(thread);
    return code;
}

static void requests_are_cancelled_one_or_all(void **state)
{
    (void)state;
    OVERLAPPED overlapped[3] = {{0}};
    char buffer[3][4];
    for (int i = 0; i < 3; i++) {
        overlapped[i].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        read_pends(&overlapped[i], buffer[i], 4);
    }
    assert_int_equal(run_thread(cancel_io, device), ERROR_SUCCESS); /* not that thread's: nothing happens */
    assert_int_equal(async_counts().Queued, 3);
    assert_int_equal(run_thread(cancel_io_ex, &overlapped[1]), ERROR_SUCCESS);
    assert_cancelled(&overlapped[1]);
    assert_false(HasOverlappedIoCompleted(&overlapped[0]));
    assert_int_equal(run_thread(cancel_io_ex, &overlapped[1]), ERROR_NOT_FOUND);
    assert_true(CancelIo(device));
    assert_true(HasOverlappedIoCompleted(&overlapped[0])); /* CancelIo waits for them */
    assert_cancelled(&overlapped[0]);
    assert_cancelled(&overlapped[2]);
    assert_true(CancelIo(device));                           /* nothing to cancel is no error here, */
    assert_fails(CancelIoEx(device, NULL), ERROR_NOT_FOUND); /* but here it is */
    for (int i = 0; i < 3; i++) {
        ResetEvent(overlapped[i].hEvent);
        read_pends(&overlapped[i], buffer[i], 4);
    }
    assert_int_equal(run_thread(cancel_io_ex, NULL), ERROR_SUCCESS);
    for (int i = 0; i < 3; i++) {
        assert_cancelled(&overlapped[i]);
        CloseHandle(overlapped[i].hEvent);
    }
    assert_fails(CancelIo(INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
    assert_fails(CancelIoEx(NULL, NULL), ERROR_INVALID_HANDLE);
    assert_int_equal(async_counts().Cancelled, 6);
}

static void one_handle_s_requests_are_left_alone_by_another_s(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    char buffer[4];
    HANDLE other = async_open(FILE_FLAG_OVERLAPPED);
    read_pends(&overlapped, buffer, 4);
    assert_fails(CancelIoEx(other, NULL), ERROR_NOT_FOUND);
    assert_fails(CancelIoEx(other, &overlapped), ERROR_NOT_FOUND);
    assert_true(CancelIo(other));
    CloseHandle(other);
    assert_false(HasOverlappedIoCompleted(&overlapped));
    assert_true(CancelIoEx(device, &overlapped));
    assert_cancelled(&overlapped);
}

static void what_cannot_be_cancelled_goes_on(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    assert_pends(DeviceIoControl(device, IOCTL_ASYNC_HOLD, NULL, 0, NULL, 0, NULL, &overlapped));
    assert_true(CancelIoEx(device, &overlapped));
    assert_true(CancelIoEx(device, &overlapped)); /* it is still there */
    assert_false(HasOverlappedIoCompleted(&overlapped));
    assert_true(async_tell(IOCTL_ASYNC_RELEASE, NULL, 0, NULL, 0));
    DWORD count;
    assert_true(GetOverlappedResult(device, &overlapped, &count, TRUE));
    assert_fails(CancelIoEx(device, &overlapped), ERROR_NOT_FOUND);
}

/* --- synchronous requests --- */

struct reader {
    HANDLE device, thread;
    volatile LONG started;
    BOOL done;
    DWORD error, count;
    char buffer[4];
};

static DWORD WINAPI read_once(LPVOID context)
{
    struct reader *reader = context;
    reader->done = ReadFile(reader->device, reader->buffer, sizeof reader->buffer, &reader->count, NULL);
    reader->error = GetLastError();
    return 5;
}

static void start_reader(struct reader *reader, HANDLE synchronous)
{
    *reader = (struct reader){.device = synchronous};
    reader->thread = CreateThread(NULL, 0, read_once, reader, 0, NULL);
    assert_non_null(reader->thread);
}

static void join(HANDLE thread, DWORD expected)
{
    DWORD code;
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    assert_int_equal(code, expected);
    CloseHandle(thread);
}

static void a_waiting_thread_can_be_freed(void **state)
{
    (void)state;
    struct reader reader;
    HANDLE synchronous = async_open(0);
    start_reader(&reader, synchronous);
    async_await_queued(1);
    assert_true(CancelSynchronousIo(reader.thread));
    assert_int_equal(WaitForSingleObject(reader.thread, INFINITE), WAIT_OBJECT_0);
    assert_fails(CancelSynchronousIo(reader.thread), ERROR_NOT_FOUND);
    join(reader.thread, 5);
    assert_false(reader.done);
    assert_int_equal(reader.error, ERROR_OPERATION_ABORTED);

    start_reader(&reader, synchronous);
    async_await_queued(1);
    assert_true(CancelIoEx(synchronous, NULL)); /* from another thread, without waiting for the file */
    join(reader.thread, 5);
    assert_int_equal(reader.error, ERROR_OPERATION_ABORTED);
    assert_fails(CancelSynchronousIo(GetCurrentThread()), ERROR_NOT_FOUND);
    assert_fails(CancelSynchronousIo(device), ERROR_INVALID_HANDLE);

    /* Overlapped requests are none that the thread waits for. */
    OVERLAPPED overlapped = {0};
    read_pends(&overlapped, reader.buffer, 4);
    assert_fails(CancelSynchronousIo(GetCurrentThread()), ERROR_NOT_FOUND);
    CancelIo(device);
    CloseHandle(synchronous);
}

static DWORD WINAPI write_many(LPVOID context)
{
    for (int i = 0; i < 50; i++) {
        DWORD count;
        if (!WriteFile(context, "x", 1, &count, NULL) || count != 1)
            return 1;
    }
    return 0;
}

static void two_threads_on_a_synchronous_handle_take_turns(void **state)
{
    (void)state;
    HANDLE synchronous = async_open(0), threads[3];
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, write_many, synchronous, 0, NULL);
    for (int i = 0; i < 3; i++)
        join(threads[i], 0);
    assert_int_equal(async_counts().MostRunning, 1);
    CloseHandle(synchronous);
}

static HANDLE open_alertable(void)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK io;
    HANDLE handle = NULL;
    RtlInitUnicodeString(&name, L"\\Device\\AsyncDev");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(
        NtOpenFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &io, 0, FILE_SYNCHRONOUS_IO_ALERT),
        STATUS_SUCCESS);
    return handle;
}

static DWORD WINAPI read_alertable(LPVOID context)
{
    struct reader *reader = context;
    IO_STATUS_BLOCK io = {.Information = 77};
    NTSTATUS status =
        NtReadFile(reader->device, NULL, NULL, NULL, &io, reader->buffer, sizeof reader->buffer, NULL, NULL);
    return (DWORD)status;
}

static void an_apc_ends_an_alertable_synchronous_request(void **state)
{
    (void)state;
    struct reader reader = {.device = open_alertable()};
    apcs = 0;
    reader.thread = CreateThread(NULL, 0, read_alertable, &reader, 0, NULL);
    async_await_queued(1);
    QueueUserAPC(count_apc, reader.thread, 1);
    join(reader.thread, (DWORD)STATUS_CANCELLED);
    assert_int_equal(apcs, 1);
    CloseHandle(reader.device);
}

/* --- ends --- */

static void closing_a_handle_cleans_up(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    char buffer[4];
    HANDLE other = async_open(FILE_FLAG_OVERLAPPED);
    ULONG cleanups = async_counts().Cleanups;
    assert_pends(ReadFile(other, buffer, 4, NULL, &overlapped));
    CloseHandle(other);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, INFINITE), WAIT_OBJECT_0);
    assert_int_equal((NTSTATUS)overlapped.Internal, (NTSTATUS)STATUS_CANCELLED);
    ASYNC_COUNTS counts = async_counts();
    assert_int_equal(counts.Cleanups, cleanups + 2); /* that one and async_counts' own */
    assert_int_equal(counts.Closes, counts.Cleanups);
    CloseHandle(overlapped.hEvent);
}

static void a_request_keeps_its_closed_file(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    HANDLE other = async_open(FILE_FLAG_OVERLAPPED);
    assert_pends(DeviceIoControl(other, IOCTL_ASYNC_HOLD, NULL, 0, NULL, 0, NULL, &overlapped));
    ULONG closes = async_counts().Closes;
    CloseHandle(other);
    assert_int_equal(async_counts().Closes, closes + 1); /* async_counts' own */
    assert_true(async_tell(IOCTL_ASYNC_RELEASE, NULL, 0, NULL, 0));
    assert_true(HasOverlappedIoCompleted(&overlapped));
    assert_int_equal(async_counts().Closes, closes + 4);
}

static OVERLAPPED left;
static char left_buffer[4];

static DWORD WINAPI leave_a_request(LPVOID context)
{
    (void)context;
    if (ReadFile(device, left_buffer, 4, NULL, &left) || GetLastError() != ERROR_IO_PENDING)
        return 1;
    ExitThread(7);
}

static void a_thread_that_ends_takes_its_requests_along(void **state)
{
    (void)state;
    memset(&left, 0, sizeof left);
    assert_int_equal(run_thread(leave_a_request, NULL), 7);
    assert_true(HasOverlappedIoCompleted(&left));
    assert_cancelled(&left);
}

static DWORD WINAPI wait_for_ever(LPVOID context)
{
    if (context)
        ReleaseSemaphore(context, 1, NULL);
    Sleep(INFINITE);
    return 1;
}

static volatile LONG spins;

static DWORD WINAPI call_for_ever(LPVOID context)
{
    (void)context;
    for (;;) {
        InterlockedIncrement(&spins);
        SwitchToThread();
    }
}

static DWORD WINAPI leave_and_wait(LPVOID context)
{
    if (ReadFile(device, left_buffer, 4, NULL, &left) || GetLastError() != ERROR_IO_PENDING)
        return 1;
    return wait_for_ever(context);
}

static void a_thread_can_be_ended_by_another(void **state)
{
    (void)state;
    HANDLE there = CreateSemaphoreA(NULL, 0, 1, NULL);
    HANDLE thread = CreateThread(NULL, 0, wait_for_ever, there, 0, NULL);
    DWORD code;
    WaitForSingleObject(there, INFINITE);
    assert_true(GetExitCodeThread(thread, &code));
    assert_int_equal(code, STILL_ACTIVE);
    assert_true(TerminateThread(thread, 11));
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    assert_true(TerminateThread(thread, 12)); /* too late to change anything */
    join(thread, 11);

    spins = 0;
    thread = CreateThread(NULL, 0, call_for_ever, NULL, 0, NULL);
    while (!__atomic_load_n(&spins, __ATOMIC_RELAXED))
        SwitchToThread();
    assert_true(TerminateThread(thread, 13));
    join(thread, 13);

    thread = CreateThread(NULL, 0, wait_for_ever, NULL, CREATE_SUSPENDED, NULL);
    assert_true(TerminateThread(thread, 14));
    join(thread, 14);

    /* What it has outstanding goes with it: overlapped, */
    memset(&left, 0, sizeof left);
    thread = CreateThread(NULL, 0, leave_and_wait, there, 0, NULL);
    WaitForSingleObject(there, INFINITE);
    assert_true(TerminateThread(thread, 15));
    join(thread, 15);
    assert_cancelled(&left);
    /* and the one it waits for. */
    struct reader reader;
    HANDLE synchronous = async_open(0);
    start_reader(&reader, synchronous);
    async_await_queued(1);
    assert_true(TerminateThread(reader.thread, 16));
    join(reader.thread, 16);
    assert_int_equal(async_counts().Queued, 0);
    CloseHandle(synchronous);

    assert_fails(TerminateThread(NULL, 0), ERROR_INVALID_HANDLE);
    assert_fails(TerminateThread(there, 0), ERROR_INVALID_HANDLE);
    CloseHandle(there);
}

static void the_machine_stops_with_requests_outstanding(void **state)
{
    (void)state;
    static OVERLAPPED overlapped[2];
    static char buffer[2][4];
    memset(overlapped, 0, sizeof overlapped);
    read_pends(&overlapped[0], buffer[0], 4);
    assert_pends(DeviceIoControl(device, IOCTL_ASYNC_WAIT, NULL, 0, buffer[1], 4, NULL, &overlapped[1]));
    assert_int_equal(ntio_stop(), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal((NTSTATUS)overlapped[i].Internal, (NTSTATUS)STATUS_CANCELLED);
    assert_int_equal(async_start(state), 0);
    device = async_open(FILE_FLAG_OVERLAPPED);
}

static struct reader last_reader;

static void the_machine_stops_with_a_thread_waiting(void **state)
{
    (void)state;
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    start_reader(&last_reader, async_open(0));
    CreateThread(NULL, 0, wait_for_ever, NULL, 0, NULL);
    assert_non_null(port);
    async_await_queued(1);
    assert_int_equal(ntio_stop(), 0);
    assert_int_equal(async_start(state), 0);
    device = async_open(FILE_FLAG_OVERLAPPED);
}

/* --- the client's objects in the driver's hands --- */

static DWORD use(HANDLE handle, ULONG what, ULONG count)
{
    ASYNC_OBJECT object = {(ULONG_PTR)handle, what, count};
    ULONG result = 0xDEAD;
    DWORD bytes;
    HANDLE synchronous = async_open(0);
    BOOL done = DeviceIoControl(synchronous, IOCTL_ASYNC_OBJECT, &object, sizeof object, &result,
                                sizeof result, &bytes, NULL);
    DWORD error = GetLastError();
    CloseHandle(synchronous);
    SetLastError(error);
    return done ? result : 0xBAD;
}

static DWORD WINAPI try_mutex(LPVOID context)
{
    return use(context, ASYNC_WAIT_MUTEX, 0);
}

static void the_driver_uses_the_client_s_objects(void **state)
{
    (void)state;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), semaphore = CreateSemaphoreA(NULL, 1, 3, NULL);
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL), timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    assert_int_equal(use(event, ASYNC_SET_EVENT, 0), 0);
    assert_int_equal(use(event, ASYNC_SET_EVENT, 0), 1);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_int_equal(use(event, ASYNC_READ_EVENT, 0), 0);
    SetEvent(event);
    assert_int_equal(use(event, ASYNC_RESET_EVENT, 0), 1);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);

    assert_int_equal(use(semaphore, ASYNC_RELEASE_SEMAPHORE, 2), 1);
    assert_int_equal(use(semaphore, ASYNC_READ_SEMAPHORE, 0), 3);
    assert_int_equal(use(semaphore, ASYNC_RELEASE_SEMAPHORE, 1), 0xBAD);
    assert_int_equal(GetLastError(), ERROR_TOO_MANY_POSTS);
    for (int i = 0; i < 2; i++)
        assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    assert_int_equal(use(semaphore, ASYNC_WAIT_SEMAPHORE, 0), STATUS_SUCCESS);
    assert_int_equal(use(semaphore, ASYNC_WAIT_SEMAPHORE, 0), STATUS_TIMEOUT);

    /* The dispatch routine runs on the client's thread, which owns the mutex; another does not. */
    assert_int_equal(use(mutex, ASYNC_WAIT_MUTEX, 0), STATUS_SUCCESS);
    assert_int_equal(run_thread(try_mutex, mutex), STATUS_TIMEOUT);
    assert_true(ReleaseMutex(mutex));
    assert_true(ReleaseMutex(mutex));
    assert_fails(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    assert_int_equal(run_thread(try_mutex, mutex), STATUS_SUCCESS); /* and ends with it */
    assert_int_equal(WaitForSingleObject(mutex, 0), WAIT_ABANDONED);

    LARGE_INTEGER far_off = {.QuadPart = -10000000000ll}, now = {.QuadPart = -1};
    assert_true(SetWaitableTimer(timer, &far_off, 0, NULL, NULL, FALSE));
    assert_int_equal(use(timer, ASYNC_WAIT_TIMER, 0), STATUS_TIMEOUT);
    assert_true(SetWaitableTimer(timer, &now, 0, NULL, NULL, FALSE));
    assert_int_equal(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0);
    assert_int_equal(use(timer, ASYNC_WAIT_TIMER, 0), STATUS_SUCCESS);
    assert_int_equal(use(timer, ASYNC_READ_TIMER, 0), 1);

    assert_int_equal(use(event, ASYNC_READ_SEMAPHORE, 0), 0xBAD); /* STATUS_OBJECT_TYPE_MISMATCH */
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    assert_int_equal(use(event, ASYNC_SET_EVENT, 0), 0xBAD);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    CloseHandle(semaphore);
    CloseHandle(mutex);
    CloseHandle(timer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_result_comes_when_it_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_alertable_wait_for_it_runs_apcs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(completion_routines_run_in_alertable_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_are_cancelled_one_or_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_handle_s_requests_are_left_alone_by_another_s, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_cancelled_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_waiting_thread_can_be_freed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_threads_on_a_synchronous_handle_take_turns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_apc_ends_an_alertable_synchronous_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closing_a_handle_cleans_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_keeps_its_closed_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_thread_that_ends_takes_its_requests_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_thread_can_be_ended_by_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_machine_stops_with_requests_outstanding, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_machine_stops_with_a_thread_waiting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_driver_uses_the_client_s_objects, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
