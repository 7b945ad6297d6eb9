/*
 * Completion ports.
 * DRIVERS: asyncdev
 */
#include "async_test.h"

static HANDLE device, port;

static int set_up(void **state)
{
    if (async_start(state))
        return -1;
    device = async_open(FILE_FLAG_OVERLAPPED);
    port = CreateIoCompletionPort(device, NULL, 42, 1);
    assert_non_null(port);
    return 0;
}

static int tear_down(void **state)
{
    CloseHandle(device);
    CloseHandle(port);
    return async_stop(state);
}

/* What is in the port next: a wait of no time. */
static void assert_packet(LPOVERLAPPED expected, ULONG_PTR key, DWORD bytes)
{
    LPOVERLAPPED overlapped = NULL;
    ULONG_PTR got = 0;
    DWORD count = 0;
    assert_true(GetQueuedCompletionStatus(port, &count, &got, &overlapped, 0));
    assert_ptr_equal(overlapped, expected);
    assert_int_equal(got, key);
    assert_int_equal(count, bytes);
}

static void assert_no_packet(void)
{
    LPOVERLAPPED overlapped = (LPOVERLAPPED)(ULONG_PTR)1;
    ULONG_PTR key = 7;
    DWORD count = 7;
    assert_fails(GetQueuedCompletionStatus(port, &count, &key, &overlapped, 0), WAIT_TIMEOUT);
    assert_null(overlapped);
    assert_int_equal(key, 7); /* untouched */
    assert_int_equal(count, 7);
}

static void packets_can_be_posted(void **state)
{
    (void)state;
    OVERLAPPED overlapped;
    assert_no_packet();
    assert_true(PostQueuedCompletionStatus(port, 11, 1, &overlapped));
    assert_true(PostQueuedCompletionStatus(port, 22, 2, NULL));
    assert_packet(&overlapped, 1, 11);
    assert_packet(NULL, 2, 22);
    assert_no_packet();
    assert_fails(PostQueuedCompletionStatus(device, 0, 0, NULL), ERROR_INVALID_HANDLE);
    assert_fails(PostQueuedCompletionStatus(NULL, 0, 0, NULL), ERROR_INVALID_HANDLE);
}

static void a_finished_request_leaves_a_packet(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    char buffer[16] = {0};
    DWORD count;
    for (int dpc = 0; dpc < 2; dpc++) {
        assert_pends(ReadFile(device, buffer, sizeof buffer, NULL, &overlapped));
        assert_false(HasOverlappedIoCompleted(&overlapped));
        assert_no_packet();
        async_complete(STATUS_SUCCESS, 5, dpc);
        assert_packet(&overlapped, 42, 5);
        assert_true(HasOverlappedIoCompleted(&overlapped));
        assert_true(GetOverlappedResult(device, &overlapped, &count, FALSE));
        assert_int_equal(count, 5);
        assert_int_equal(buffer[4], 0x5A);
        assert_int_equal(buffer[5], 0);
        assert_no_packet();
    }
}

static void requests_done_at_once_leave_one_too(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    NTSTATUS status = STATUS_SUCCESS;
    char out[8];
    DWORD count = 0;
    assert_true(DeviceIoControl(device, IOCTL_ASYNC_NOW, &status, sizeof status, out, sizeof out, &count,
                                &overlapped));
    assert_int_equal(count, 8);
    assert_packet(&overlapped, 42, 8);

    assert_pends(DeviceIoControl(device, IOCTL_ASYNC_NOW_PENDING, &status, sizeof status, out, sizeof out,
                                 NULL, &overlapped));
    assert_packet(&overlapped, 42, 8);

    /* A warning comes with a packet, whose status is told as an error. */
    status = STATUS_BUFFER_OVERFLOW;
    assert_fails(DeviceIoControl(device, IOCTL_ASYNC_NOW, &status, sizeof status, out, sizeof out, &count,
                                 &overlapped),
                 ERROR_MORE_DATA);
    LPOVERLAPPED got = NULL;
    ULONG_PTR key;
    assert_fails(GetQueuedCompletionStatus(port, &count, &key, &got, 0), ERROR_MORE_DATA);
    assert_ptr_equal(got, &overlapped);
    assert_int_equal(count, 8);

    /* An error that is told at once leaves none; one that is told later does. */
    status = STATUS_DEVICE_NOT_READY;
    assert_fails(
        DeviceIoControl(device, IOCTL_ASYNC_NOW, &status, sizeof status, NULL, 0, &count, &overlapped),
        ERROR_NOT_READY);
    assert_no_packet();
    assert_pends(
        DeviceIoControl(device, IOCTL_ASYNC_NOW_PENDING, &status, sizeof status, NULL, 0, NULL, &overlapped));
    got = NULL;
    assert_fails(GetQueuedCompletionStatus(port, &count, &key, &got, 0), ERROR_NOT_READY);
    assert_ptr_equal(got, &overlapped);
    assert_int_equal(key, 42);
}

static void a_cancelled_request_leaves_a_packet(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    LPOVERLAPPED got = NULL;
    ULONG_PTR key;
    DWORD count;
    char buffer[4];
    assert_pends(ReadFile(device, buffer, sizeof buffer, NULL, &overlapped));
    assert_true(CancelIoEx(device, &overlapped));
    assert_fails(GetQueuedCompletionStatus(port, &count, &key, &got, 0), ERROR_OPERATION_ABORTED);
    assert_ptr_equal(got, &overlapped);
    assert_int_equal(overlapped.Internal, (ULONG)STATUS_CANCELLED);
}

static void the_low_bit_of_the_event_keeps_the_port_out(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    DWORD count;
    char buffer[4];
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    assert_pends(ReadFile(device, buffer, sizeof buffer, NULL, &overlapped));
    async_complete(STATUS_SUCCESS, 3, TRUE);
    assert_true(GetOverlappedResult(device, &overlapped, &count, TRUE));
    assert_int_equal(count, 3);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_no_packet();
    /* With the bit clear there are both. */
    overlapped.hEvent = event;
    assert_pends(ReadFile(device, buffer, sizeof buffer, NULL, &overlapped));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    async_complete(STATUS_SUCCESS, 2, FALSE);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_packet(&overlapped, 42, 2);
    CloseHandle(event);
}

static void success_at_once_can_go_untold(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    NTSTATUS status = STATUS_SUCCESS;
    DWORD count;
    char buffer[4];
    assert_fails(SetFileCompletionNotificationModes(device, 8), ERROR_INVALID_PARAMETER);
    assert_true(SetFileCompletionNotificationModes(device, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    assert_true(
        DeviceIoControl(device, IOCTL_ASYNC_NOW, &status, sizeof status, NULL, 0, &count, &overlapped));
    assert_no_packet();
    assert_int_equal(WaitForSingleObject(device, 0), WAIT_OBJECT_0);
    assert_pends(
        DeviceIoControl(device, IOCTL_ASYNC_NOW_PENDING, &status, sizeof status, NULL, 0, NULL, &overlapped));
    assert_packet(&overlapped, 42, 0);

    assert_true(SetFileCompletionNotificationModes(device, FILE_SKIP_SET_EVENT_ON_HANDLE));
    FILE_IO_COMPLETION_NOTIFICATION_INFORMATION modes;
    IO_STATUS_BLOCK io;
    assert_int_equal(
        NtQueryInformationFile(device, &io, &modes, sizeof modes, FileIoCompletionNotificationInformation),
        STATUS_SUCCESS);
    assert_int_equal(modes.Flags, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE);
    assert_pends(ReadFile(device, buffer, sizeof buffer, NULL, &overlapped));
    async_complete(STATUS_SUCCESS, 1, FALSE);
    assert_int_equal(WaitForSingleObject(device, 0), WAIT_TIMEOUT);
    assert_packet(&overlapped, 42, 1);

    HANDLE synchronous = async_open(0);
    assert_fails(SetFileCompletionNotificationModes(synchronous, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS),
                 ERROR_INVALID_PARAMETER);
    CloseHandle(synchronous);
}

static void several_packets_at_a_time(void **state)
{
    (void)state;
    OVERLAPPED_ENTRY entries[8];
    OVERLAPPED some[3];
    ULONG removed = 99;
    assert_fails(GetQueuedCompletionStatusEx(port, entries, 8, &removed, 0, FALSE), WAIT_TIMEOUT);
    assert_int_equal(removed, 0);
    for (ULONG i = 0; i < 3; i++)
        assert_true(PostQueuedCompletionStatus(port, 10 + i, i, &some[i]));
    assert_true(GetQueuedCompletionStatusEx(port, entries, 2, &removed, INFINITE, FALSE));
    assert_int_equal(removed, 2);
    assert_true(GetQueuedCompletionStatusEx(port, entries + 2, 6, &removed, INFINITE, FALSE));
    assert_int_equal(removed, 1);
    for (ULONG i = 0; i < 3; i++) {
        assert_int_equal(entries[i].lpCompletionKey, i);
        assert_ptr_equal(entries[i].lpOverlapped, &some[i]);
        assert_int_equal(entries[i].dwNumberOfBytesTransferred, 10 + i);
    }
    assert_fails(GetQueuedCompletionStatusEx(port, entries, 0, &removed, 0, FALSE), ERROR_INVALID_PARAMETER);
}

static int apcs;

static VOID NTAPI count_apc(ULONG_PTR data)
{
    apcs += (int)data;
}

static void an_alertable_wait_runs_apcs(void **state)
{
    (void)state;
    OVERLAPPED_ENTRY entry;
    ULONG removed;
    apcs = 0;
    assert_true(QueueUserAPC(count_apc, GetCurrentThread(), 3));
    assert_fails(GetQueuedCompletionStatusEx(port, &entry, 1, &removed, INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(apcs, 3);
}

static VOID WINAPI never_called(DWORD error, DWORD count, LPOVERLAPPED overlapped)
{
    (void)error, (void)count, (void)overlapped;
    fail();
}

static void a_file_has_one_port_and_no_apcs(void **state)
{
    (void)state;
    OVERLAPPED overlapped = {0};
    char buffer[4];
    assert_fails(CreateIoCompletionPort(device, port, 43, 0), ERROR_INVALID_PARAMETER);
    assert_fails(CreateIoCompletionPort(device, NULL, 43, 0), ERROR_INVALID_PARAMETER);
    assert_fails(CreateIoCompletionPort(INVALID_HANDLE_VALUE, port, 43, 0), ERROR_INVALID_PARAMETER);
    assert_fails(CreateIoCompletionPort(port, port, 43, 0), ERROR_INVALID_HANDLE);
    assert_fails(CreateIoCompletionPort(NULL, port, 43, 0), ERROR_INVALID_HANDLE);
    HANDLE other = async_open(FILE_FLAG_OVERLAPPED), synchronous = async_open(0);
    assert_fails(CreateIoCompletionPort(other, device, 43, 0), ERROR_INVALID_HANDLE);
    assert_fails(CreateIoCompletionPort(synchronous, port, 43, 0), ERROR_INVALID_PARAMETER);
    assert_ptr_equal(CreateIoCompletionPort(other, port, 43, 0), port);
    assert_fails(ReadFileEx(other, buffer, sizeof buffer, &overlapped, never_called),
                 ERROR_INVALID_PARAMETER);
    CloseHandle(synchronous);
    CloseHandle(other);
}

static void the_services_tell_exactly(void **state)
{
    (void)state;
    IO_COMPLETION_BASIC_INFORMATION about;
    LARGE_INTEGER zero = {.QuadPart = 0};
    IO_STATUS_BLOCK io;
    PVOID key, context;
    ULONG length;
    HANDLE named, again;
    assert_true(PostQueuedCompletionStatus(port, 1, 1, NULL));
    assert_int_equal(NtQueryIoCompletion(port, IoCompletionBasicInformation, &about, sizeof about, &length),
                     STATUS_SUCCESS);
    assert_int_equal(about.Depth, 1);
    assert_int_equal(length, sizeof about);
    assert_int_equal(NtQueryIoCompletion(port, IoCompletionBasicInformation, &about, 8, &length),
                     (NTSTATUS)STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(NtQueryIoCompletion(port, 1, &about, sizeof about, &length),
                     (NTSTATUS)STATUS_INVALID_INFO_CLASS);
    assert_int_equal(WaitForSingleObject(port, 0), WAIT_OBJECT_0); /* it has something, and keeps it */
    assert_int_equal(NtRemoveIoCompletion(port, BAD_LOW, &context, &io, &zero),
                     (NTSTATUS)STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtRemoveIoCompletion(port, &key, &context, &io, &zero), STATUS_SUCCESS);
    assert_int_equal(NtRemoveIoCompletion(port, &key, &context, &io, &zero), STATUS_TIMEOUT);
    assert_int_equal(WaitForSingleObject(port, 0), WAIT_TIMEOUT);
    assert_int_equal(NtSetIoCompletion(port, (PVOID)1, (PVOID)2, STATUS_DISK_FULL, 3), STATUS_SUCCESS);
    assert_int_equal(NtRemoveIoCompletion(port, &key, &context, &io, NULL), STATUS_SUCCESS);
    assert_int_equal(io.Status, (NTSTATUS)STATUS_DISK_FULL);
    assert_int_equal(io.Information, 3);
    assert_ptr_equal(context, 2);

    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    RtlInitUnicodeString(&name, L"\\BaseNamedObjects\\AsyncPort");
    InitializeObjectAttributes(&attributes, &name, 0, NULL, NULL);
    assert_int_equal(NtCreateIoCompletion(&named, IO_COMPLETION_ALL_ACCESS, &attributes, 0), STATUS_SUCCESS);
    assert_int_equal(NtOpenIoCompletion(&again, IO_COMPLETION_QUERY_STATE, &attributes), STATUS_SUCCESS);
    assert_int_equal(NtSetIoCompletion(again, NULL, NULL, 0, 0), (NTSTATUS)STATUS_ACCESS_DENIED);
    assert_int_equal(NtSetIoCompletion(named, NULL, NULL, 0, 0), STATUS_SUCCESS); /* goes with the port */
    NtClose(again);
    NtClose(named);
}

/* --- threads --- */

#define WORKERS 4

struct worker {
    HANDLE thread;
    LONG taken;
};
static volatile LONG running, most_running, taken_total;

static DWORD WINAPI take_packets(LPVOID context)
{
    struct worker *worker = context;
    LPOVERLAPPED overlapped;
    ULONG_PTR key;
    DWORD count;
    while (GetQueuedCompletionStatus(port, &count, &key, &overlapped, INFINITE)) {
        LONG now = InterlockedIncrement(&running), most;
        do
            most = __atomic_load_n(&most_running, __ATOMIC_RELAXED);
        while (now > most && InterlockedCompareExchange(&most_running, now, most) != most);
        worker->taken++;
        InterlockedIncrement(&taken_total);
        SwitchToThread();
        InterlockedDecrement(&running);
    }
    return GetLastError();
}

static void only_so_many_threads_run_and_all_leave_with_the_port(void **state)
{
    (void)state;
    struct worker workers[WORKERS] = {{NULL, 0}};
    LONG total = 0;
    DWORD code;
    running = most_running = taken_total = 0;
    for (int i = 0; i < WORKERS; i++)
        workers[i].thread = CreateThread(NULL, 0, take_packets, &workers[i], 0, NULL);
    for (int i = 0; i < 500; i++)
        assert_true(PostQueuedCompletionStatus(port, 0, 0, NULL));
    while (__atomic_load_n(&taken_total, __ATOMIC_RELAXED) < 500)
        SwitchToThread();
    CloseHandle(port);
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(WaitForSingleObject(workers[i].thread, INFINITE), WAIT_OBJECT_0);
        assert_true(GetExitCodeThread(workers[i].thread, &code));
        assert_true(code == ERROR_ABANDONED_WAIT_0 || code == ERROR_INVALID_HANDLE);
        total += workers[i].taken;
        CloseHandle(workers[i].thread);
    }
    assert_int_equal(total, 500);
    assert_int_equal(most_running, 1); /* the port was made for one */
    port = NULL;
}

static HANDLE gate, passed;

/* Takes a packet, and waits for something else while it deals with it. */
static DWORD WINAPI take_and_block(LPVOID context)
{
    LPOVERLAPPED overlapped;
    ULONG_PTR key;
    DWORD count;
    (void)context;
    if (!GetQueuedCompletionStatus(port, &count, &key, &overlapped, INFINITE))
        return 1;
    ReleaseSemaphore(passed, 1, NULL);
    return WaitForSingleObject(gate, INFINITE);
}

static void a_thread_that_blocks_makes_room_for_another(void **state)
{
    (void)state;
    HANDLE threads[3];
    gate = CreateEventA(NULL, TRUE, FALSE, NULL);
    passed = CreateSemaphoreA(NULL, 0, 3, NULL);
    for (int i = 0; i < 3; i++)
        assert_true(PostQueuedCompletionStatus(port, 0, 0, NULL));
    for (int i = 0; i < 3; i++)
        threads[i] = CreateThread(NULL, 0, take_and_block, NULL, 0, NULL);
    for (int i = 0; i < 3; i++)
        assert_int_equal(WaitForSingleObject(passed, INFINITE), WAIT_OBJECT_0);
    SetEvent(gate);
    assert_int_equal(WaitForMultipleObjects(3, threads, TRUE, INFINITE), WAIT_OBJECT_0);
    for (int i = 0; i < 3; i++)
        CloseHandle(threads[i]);
    CloseHandle(gate);
    CloseHandle(passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(packets_can_be_posted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_finished_request_leaves_a_packet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_done_at_once_leave_one_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_request_leaves_a_packet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_low_bit_of_the_event_keeps_the_port_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(success_at_once_can_go_untold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(several_packets_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_alertable_wait_runs_apcs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_has_one_port_and_no_apcs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_services_tell_exactly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_so_many_threads_run_and_all_leave_with_the_port, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_thread_that_blocks_makes_room_for_another, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
