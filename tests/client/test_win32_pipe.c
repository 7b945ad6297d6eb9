/*
 * Pipes: CreatePipe, CreateNamedPipe and what is done with them.
 */
#include "win32_test.h"

#define NAME "\\\\.\\pipe\\ntio test"

/* --- without a name --- */

static void make(HANDLE ends[2], DWORD size)
{
    assert_true(CreatePipe(&ends[0], &ends[1], NULL, size));
    assert_ptr_not_equal(ends[0], ends[1]);
}

static void assert_reads(HANDLE pipe, const char *expected)
{
    char buffer[256] = {0};
    DWORD count = 99;
    assert_true(ReadFile(pipe, buffer, sizeof buffer, &count, NULL));
    assert_int_equal(count, strlen(expected));
    assert_memory_equal(buffer, expected, count);
}

static void assert_writes(HANDLE pipe, const char *text)
{
    DWORD count = 99;
    assert_true(WriteFile(pipe, text, (DWORD)strlen(text), &count, NULL));
    assert_int_equal(count, strlen(text));
}

static void assert_peeks(HANDLE pipe, DWORD room, const char *expected, DWORD available, DWORD left)
{
    char buffer[64] = {0};
    DWORD count = 99, all = 99, rest = 99;
    assert_true(PeekNamedPipe(pipe, buffer, room, &count, &all, &rest));
    assert_int_equal(count, strlen(expected));
    assert_string_equal(buffer, expected);
    assert_int_equal(all, available);
    assert_int_equal(rest, left);
}

static void test_bytes(void **state)
{
    HANDLE ends[2];
    char buffer[8];
    DWORD count;
    (void)state;
    make(ends, 0);
    assert_int_equal(GetFileType(ends[0]), FILE_TYPE_PIPE);
    assert_int_equal(GetFileType(ends[1]), FILE_TYPE_PIPE);
    assert_peeks(ends[0], 8, "", 0, 0);
    assert_writes(ends[1], "one");
    assert_writes(ends[1], ""); /* bytes: nothing is nothing */
    assert_writes(ends[1], "two");
    assert_peeks(ends[0], 8, "onetwo", 6, 0);
    assert_peeks(ends[0], 4, "onet", 6, 0);
    assert_peeks(ends[0], 0, "", 6, 0);
    assert_true(PeekNamedPipe(ends[0], NULL, 0, NULL, NULL, NULL));
    assert_true(ReadFile(ends[0], buffer, 4, &count, NULL)); /* no message ends a read */
    assert_int_equal(count, 4);
    assert_memory_equal(buffer, "onet", 4);
    assert_reads(ends[0], "wo");
    /* Each end has one direction. */
    assert_fails(WriteFile(ends[0], "x", 1, &count, NULL), ERROR_ACCESS_DENIED);
    assert_fails(ReadFile(ends[1], buffer, 1, &count, NULL), ERROR_ACCESS_DENIED);
    assert_fails(PeekNamedPipe(ends[1], NULL, 0, NULL, NULL, NULL), ERROR_ACCESS_DENIED);
    assert_true(CloseHandle(ends[0]));
    assert_true(CloseHandle(ends[1]));
    assert_fails(CreatePipe(NULL, &ends[1], NULL, 0), ERROR_NOACCESS);
    assert_fails(CreatePipe(&ends[0], BAD_LOW, NULL, 0), ERROR_NOACCESS);
}

static void test_broken(void **state)
{
    HANDLE ends[2];
    char buffer[8];
    DWORD count = 99;
    (void)state;
    make(ends, 0);
    assert_writes(ends[1], "last");
    assert_true(CloseHandle(ends[1]));
    assert_peeks(ends[0], 8, "last", 4, 0);
    assert_reads(ends[0], "last"); /* what was written is read first */
    assert_fails(ReadFile(ends[0], buffer, sizeof buffer, &count, NULL), ERROR_BROKEN_PIPE);
    assert_int_equal(count, 0);
    assert_fails(PeekNamedPipe(ends[0], NULL, 0, NULL, NULL, NULL), ERROR_BROKEN_PIPE);
    assert_true(CloseHandle(ends[0]));

    make(ends, 0);
    assert_true(CloseHandle(ends[0]));
    assert_fails(WriteFile(ends[1], "x", 1, &count, NULL), ERROR_NO_DATA);
    assert_true(FlushFileBuffers(ends[1]));
    assert_true(CloseHandle(ends[1]));
}

struct job {
    HANDLE pipe, started;
    char buffer[64];
    DWORD length, count, error;
    BOOL done;
};

static DWORD WINAPI reader(void *context)
{
    struct job *job = context;
    SetEvent(job->started);
    job->done = ReadFile(job->pipe, job->buffer, job->length, &job->count, NULL);
    job->error = GetLastError();
    return 0;
}

static DWORD WINAPI writer(void *context)
{
    struct job *job = context;
    SetEvent(job->started);
    job->done = WriteFile(job->pipe, job->buffer, job->length, &job->count, NULL);
    job->error = GetLastError();
    return 0;
}

static HANDLE begin(LPTHREAD_START_ROUTINE routine, struct job *job)
{
    job->started = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, routine, job, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(job->started, INFINITE), WAIT_OBJECT_0);
    CloseHandle(job->started);
    return thread;
}

static void end(HANDLE thread)
{
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CloseHandle(thread);
}

/* Until the pipe holds that much: who wrote it has been let go, or waits. */
static void await_bytes(HANDLE pipe, DWORD count)
{
    DWORD available = 0;
    while (available != count) {
        assert_true(PeekNamedPipe(pipe, NULL, 0, NULL, &available, NULL));
        SwitchToThread();
    }
}

static void test_blocking(void **state)
{
    HANDLE ends[2];
    struct job job = {.length = 8};
    (void)state;
    make(ends, 10);
    job.pipe = ends[0];
    HANDLE thread = begin(reader, &job);
    assert_writes(ends[1], "hello");
    end(thread);
    assert_true(job.done);
    assert_int_equal(job.count, 5);
    assert_memory_equal(job.buffer, "hello", 5);
    /* A writer waits until what it wrote fits. */
    job = (struct job){.pipe = ends[1], .buffer = "0123456789abcdef", .length = 16};
    thread = begin(writer, &job);
    await_bytes(ends[0], 16);
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    char buffer[6];
    DWORD count;
    assert_true(ReadFile(ends[0], buffer, 5, &count, NULL));
    assert_int_equal(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    assert_true(ReadFile(ends[0], buffer, 1, &count, NULL));
    end(thread);
    assert_true(job.done);
    assert_int_equal(job.count, 16);
    assert_reads(ends[0], "6789abcdef");
    /* The other end's going ends the wait. */
    job = (struct job){.pipe = ends[1], .buffer = "0123456789abcdef", .length = 16};
    thread = begin(writer, &job);
    await_bytes(ends[0], 16);
    assert_true(CloseHandle(ends[0]));
    end(thread);
    assert_false(job.done);
    assert_int_equal(job.error, ERROR_BROKEN_PIPE);
    assert_true(CloseHandle(ends[1]));

    make(ends, 10);
    job = (struct job){.pipe = ends[0], .length = 8};
    thread = begin(reader, &job);
    assert_true(CloseHandle(ends[1]));
    end(thread);
    assert_false(job.done);
    assert_int_equal(job.error, ERROR_BROKEN_PIPE);
    assert_true(CloseHandle(ends[0]));
}

/* --- with a name --- */

static HANDLE serve(DWORD open, DWORD mode, DWORD instances)
{
    return CreateNamedPipeA(NAME, open, mode, instances, 100, 200, 50, NULL);
}

static HANDLE connect(DWORD access)
{
    SetLastError(0xDEAD);
    return CreateFileA(NAME, access, 0, NULL, OPEN_EXISTING, 0, NULL);
}

static void assert_no_pipe(HANDLE handle, DWORD error)
{
    assert_ptr_equal(handle, INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
}

static void test_creation(void **state)
{
    (void)state;
    assert_no_pipe(CreateNamedPipeA("\\\\.\\pope\\x", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL), ERROR_INVALID_NAME);
    assert_no_pipe(CreateNamedPipeA("\\\\.\\pipe\\", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL), ERROR_INVALID_NAME);
    assert_no_pipe(CreateNamedPipeA("x", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL), ERROR_INVALID_NAME);
    assert_no_pipe(serve(0, 0, 1), ERROR_INVALID_PARAMETER);
    assert_no_pipe(serve(PIPE_ACCESS_DUPLEX, 0, 0), ERROR_INVALID_PARAMETER);
    assert_no_pipe(serve(PIPE_ACCESS_DUPLEX, 0, 256), ERROR_INVALID_PARAMETER);
    assert_no_pipe(serve(PIPE_ACCESS_DUPLEX, PIPE_READMODE_MESSAGE, 1), ERROR_INVALID_PARAMETER);
    assert_no_pipe(connect(GENERIC_READ), ERROR_FILE_NOT_FOUND);
    assert_fails(WaitNamedPipeA(NAME, 1), ERROR_FILE_NOT_FOUND);
    assert_fails(WaitNamedPipeA("C:\\x", 1), ERROR_INVALID_NAME);

    HANDLE server = serve(PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 2);
    assert_ptr_not_equal(server, INVALID_HANDLE_VALUE);
    assert_no_pipe(serve(PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 2), ERROR_ACCESS_DENIED);
    assert_no_pipe(serve(PIPE_ACCESS_INBOUND, PIPE_TYPE_MESSAGE, 2), ERROR_ACCESS_DENIED);
    assert_no_pipe(serve(PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_MESSAGE, 2),
                   ERROR_ACCESS_DENIED);
    HANDLE second = serve(PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 2);
    assert_ptr_not_equal(second, INVALID_HANDLE_VALUE);
    assert_no_pipe(serve(PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 2), ERROR_PIPE_BUSY);
    DWORD flags, out, in, most;
    assert_true(GetNamedPipeInfo(server, &flags, &out, &in, &most));
    assert_int_equal(flags, PIPE_SERVER_END | PIPE_TYPE_MESSAGE);
    assert_int_equal(out, 100);
    assert_int_equal(in, 200);
    assert_int_equal(most, 2);
    assert_true(GetNamedPipeInfo(server, NULL, NULL, NULL, NULL));
    assert_true(CloseHandle(second));
    assert_true(CloseHandle(server));
    assert_no_pipe(connect(GENERIC_READ), ERROR_FILE_NOT_FOUND);

    server = serve(PIPE_ACCESS_INBOUND, 0, PIPE_UNLIMITED_INSTANCES);
    assert_true(GetNamedPipeInfo(server, NULL, NULL, NULL, &most));
    assert_int_equal(most, PIPE_UNLIMITED_INSTANCES);
    assert_no_pipe(connect(GENERIC_READ), ERROR_ACCESS_DENIED);
    HANDLE client = CreateFileA("\\\\.\\PIPE\\NTIO TEST", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(client, INVALID_HANDLE_VALUE);
    assert_no_pipe(connect(GENERIC_WRITE), ERROR_PIPE_BUSY);
    ULONG id = 0;
    assert_true(GetNamedPipeClientProcessId(server, &id));
    assert_int_equal(id, GetCurrentProcessId());
    assert_true(GetNamedPipeServerProcessId(client, &id));
    assert_int_equal(id, GetCurrentProcessId());
    assert_true(CloseHandle(client));
    assert_true(CloseHandle(server));
}

static void test_states(void **state)
{
    char buffer[8];
    DWORD count;
    (void)state;
    HANDLE server = serve(PIPE_ACCESS_DUPLEX, 0, 1);
    /* Nobody has connected. */
    assert_fails(ReadFile(server, buffer, 1, &count, NULL), ERROR_PIPE_LISTENING);
    assert_fails(WriteFile(server, buffer, 1, &count, NULL), ERROR_PIPE_LISTENING);
    assert_fails(PeekNamedPipe(server, NULL, 0, NULL, NULL, NULL), ERROR_BAD_PIPE);
    assert_fails(DisconnectNamedPipe(server), ERROR_PIPE_LISTENING);
    assert_true(FlushFileBuffers(server));
    HANDLE client = connect(GENERIC_READ | GENERIC_WRITE);
    assert_ptr_not_equal(client, INVALID_HANDLE_VALUE);
    assert_fails(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED);
    assert_fails(ConnectNamedPipe(client, NULL), ERROR_INVALID_FUNCTION);
    assert_fails(DisconnectNamedPipe(client), ERROR_INVALID_FUNCTION);
    assert_writes(server, "to you");
    assert_writes(client, "to me");
    assert_reads(client, "to you");
    assert_reads(server, "to me");
    /* The client goes. */
    assert_writes(server, "lost");
    assert_writes(client, "kept");
    assert_true(CloseHandle(client));
    assert_fails(ConnectNamedPipe(server, NULL), ERROR_NO_DATA);
    assert_fails(WriteFile(server, buffer, 1, &count, NULL), ERROR_NO_DATA);
    assert_reads(server, "kept");
    assert_fails(ReadFile(server, buffer, 1, &count, NULL), ERROR_BROKEN_PIPE);
    assert_no_pipe(connect(GENERIC_READ), ERROR_PIPE_BUSY);
    assert_true(DisconnectNamedPipe(server));
    assert_fails(DisconnectNamedPipe(server), ERROR_PIPE_NOT_CONNECTED);
    assert_fails(ReadFile(server, buffer, 1, &count, NULL), ERROR_PIPE_NOT_CONNECTED);
    assert_fails(WriteFile(server, buffer, 1, &count, NULL), ERROR_PIPE_NOT_CONNECTED);
    assert_fails(PeekNamedPipe(server, NULL, 0, NULL, NULL, NULL), ERROR_BAD_PIPE);
    assert_no_pipe(connect(GENERIC_READ), ERROR_PIPE_BUSY);
    assert_true(CloseHandle(server));
}

static void test_disconnect(void **state)
{
    char buffer[8];
    DWORD count, nowait = PIPE_NOWAIT;
    (void)state;
    HANDLE server = serve(PIPE_ACCESS_DUPLEX, PIPE_NOWAIT, 1);
    assert_fails(ConnectNamedPipe(server, NULL), ERROR_PIPE_LISTENING);
    HANDLE client = connect(GENERIC_READ | GENERIC_WRITE);
    assert_writes(server, "lost");
    assert_fails(ReadFile(server, buffer, 1, &count, NULL), ERROR_NO_DATA);
    assert_true(DisconnectNamedPipe(server));
    assert_fails(ReadFile(client, buffer, 1, &count, NULL), ERROR_PIPE_NOT_CONNECTED);
    assert_fails(WriteFile(client, buffer, 1, &count, NULL), ERROR_PIPE_NOT_CONNECTED);
    assert_fails(PeekNamedPipe(client, NULL, 0, NULL, NULL, NULL), ERROR_PIPE_NOT_CONNECTED);
    assert_fails(GetNamedPipeInfo(client, NULL, NULL, NULL, NULL), ERROR_PIPE_NOT_CONNECTED);
    assert_fails(FlushFileBuffers(client), ERROR_PIPE_NOT_CONNECTED);
    assert_true(ConnectNamedPipe(server, NULL)); /* it listens again */
    assert_fails(ConnectNamedPipe(server, NULL), ERROR_PIPE_LISTENING);
    HANDLE another = connect(GENERIC_READ | GENERIC_WRITE);
    assert_ptr_not_equal(another, INVALID_HANDLE_VALUE);
    assert_true(CloseHandle(client)); /* which has nothing to do with it any more */
    assert_true(SetNamedPipeHandleState(another, &nowait, NULL, NULL));
    assert_fails(ReadFile(another, buffer, 1, &count, NULL), ERROR_NO_DATA);
    /* As much as there is room for. */
    char much[300] = {0};
    assert_true(WriteFile(another, much, sizeof much, &count, NULL));
    assert_int_equal(count, 200);
    assert_true(WriteFile(another, much, 1, &count, NULL));
    assert_int_equal(count, 0);
    assert_true(CloseHandle(another));
    assert_true(CloseHandle(server));
}

static void test_messages(void **state)
{
    char buffer[32];
    DWORD count, left, mode = PIPE_READMODE_MESSAGE;
    (void)state;
    HANDLE server = serve(PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    HANDLE client = connect(GENERIC_READ | GENERIC_WRITE);
    assert_writes(client, "first");
    assert_writes(client, "");
    assert_writes(client, "third");
    assert_peeks(server, 8, "first", 10, 0);
    assert_peeks(server, 2, "fi", 10, 3);
    assert_fails(ReadFile(server, buffer, 3, &count, NULL), ERROR_MORE_DATA);
    assert_int_equal(count, 3);
    assert_true(PeekNamedPipe(server, NULL, 0, NULL, NULL, &left));
    assert_int_equal(left, 2);
    assert_reads(server, "st");
    assert_reads(server, "");
    assert_reads(server, "third");
    /* The client reads bytes until it says otherwise. */
    assert_writes(server, "one");
    assert_writes(server, "two");
    assert_reads(client, "onetwo");
    assert_true(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    assert_writes(server, "one");
    assert_writes(server, "two");
    assert_reads(client, "one");
    assert_reads(client, "two");
    mode = 0x100;
    assert_fails(SetNamedPipeHandleState(client, &mode, NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_true(CloseHandle(client));
    assert_true(CloseHandle(server));

    server = serve(PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    client = connect(GENERIC_READ | GENERIC_WRITE);
    mode = PIPE_READMODE_MESSAGE;
    assert_fails(SetNamedPipeHandleState(client, &mode, NULL, NULL), ERROR_INVALID_PARAMETER);
    assert_true(CloseHandle(client));
    assert_true(CloseHandle(server));
}

static DWORD WINAPI answer(void *context)
{
    char buffer[32];
    DWORD count;
    HANDLE server = context;
    if (!ConnectNamedPipe(server, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
        return 1;
    if (!ReadFile(server, buffer, sizeof buffer, &count, NULL))
        return 2;
    for (DWORD i = 0; i < count; i++)
        buffer[i] ^= 0x20;
    return WriteFile(server, buffer, count, &count, NULL) && FlushFileBuffers(server) ? 0 : 3;
}

static void test_transactions(void **state)
{
    char buffer[32];
    DWORD count = 99, mode = PIPE_READMODE_MESSAGE, code = 99;
    (void)state;
    HANDLE server = serve(PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    HANDLE thread = CreateThread(NULL, 0, answer, server, 0, NULL);
    assert_true(CallNamedPipeA(NAME, "hello", 5, buffer, sizeof buffer, &count, NMPWAIT_WAIT_FOREVER));
    assert_int_equal(count, 5);
    assert_memory_equal(buffer, "HELLO", 5);
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 0);
    CloseHandle(thread);
    assert_true(DisconnectNamedPipe(server));
    /* An answer for which there is not enough room. */
    thread = CreateThread(NULL, 0, answer, server, 0, NULL);
    assert_true(WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER));
    HANDLE client = connect(GENERIC_READ | GENERIC_WRITE);
    assert_fails(TransactNamedPipe(client, "x", 1, buffer, 1, &count, NULL), ERROR_BAD_PIPE); /* it reads bytes */
    assert_true(SetNamedPipeHandleState(client, &mode, NULL, NULL));
    assert_fails(TransactNamedPipe(client, "hello", 5, buffer, 2, &count, NULL), ERROR_MORE_DATA);
    assert_int_equal(count, 2);
    assert_fails(TransactNamedPipe(client, "x", 1, buffer, 1, &count, NULL), ERROR_PIPE_BUSY); /* the rest is there */
    assert_reads(client, "LLO");
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CloseHandle(thread);
    assert_true(CloseHandle(server));
    assert_fails(TransactNamedPipe(client, "x", 1, buffer, 1, &count, NULL), ERROR_BAD_PIPE);
    assert_true(CloseHandle(client));
    assert_fails(CallNamedPipeA(NAME, "x", 1, buffer, 1, &count, 10), ERROR_FILE_NOT_FOUND);
}

static DWORD WINAPI wait_forever(void *context)
{
    struct job *job = context;
    SetEvent(job->started);
    job->done = WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER);
    return 0;
}

static void test_waiting(void **state)
{
    struct job job = {0};
    (void)state;
    HANDLE server = serve(PIPE_ACCESS_DUPLEX, 0, 2);
    assert_true(WaitNamedPipeA(NAME, 1));
    HANDLE client = connect(GENERIC_READ);
    assert_fails(WaitNamedPipeA(NAME, 1), ERROR_SEM_TIMEOUT);
    assert_fails(WaitNamedPipeA(NAME, NMPWAIT_USE_DEFAULT_WAIT), ERROR_SEM_TIMEOUT);
    HANDLE thread = begin(wait_forever, &job);
    HANDLE second = serve(PIPE_ACCESS_DUPLEX, 0, 2);
    end(thread);
    assert_true(job.done);
    assert_true(CloseHandle(second));
    assert_true(CloseHandle(client));
    assert_true(CloseHandle(server));
}

static void test_overlapped(void **state)
{
    char buffer[16];
    DWORD count = 99;
    (void)state;
    HANDLE server = serve(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1);
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    assert_fails(ConnectNamedPipe(server, &overlapped), ERROR_IO_PENDING);
    assert_true(CancelIo(server));
    assert_fails(GetOverlappedResult(server, &overlapped, &count, TRUE), ERROR_OPERATION_ABORTED);
    assert_fails(ConnectNamedPipe(server, &overlapped), ERROR_IO_PENDING);
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, 0), WAIT_TIMEOUT);
    HANDLE client = connect(GENERIC_READ | GENERIC_WRITE);
    assert_true(GetOverlappedResult(server, &overlapped, &count, TRUE));
    assert_int_equal(count, 0);
    assert_fails(ConnectNamedPipe(server, &overlapped), ERROR_PIPE_CONNECTED);
    /* A read that is cancelled takes nothing. */
    assert_fails(ReadFile(server, buffer, sizeof buffer, NULL, &overlapped), ERROR_IO_PENDING);
    assert_true(CancelIoEx(server, &overlapped));
    assert_fails(GetOverlappedResult(server, &overlapped, &count, TRUE), ERROR_OPERATION_ABORTED);
    assert_writes(client, "text");
    assert_true(ReadFile(server, buffer, sizeof buffer, &count, &overlapped));
    assert_int_equal(count, 4);
    /* A write that is cancelled was not written. */
    char much[150] = {0};
    assert_fails(WriteFile(server, much, sizeof much, NULL, &overlapped), ERROR_IO_PENDING);
    assert_true(CancelIoEx(server, &overlapped));
    assert_fails(GetOverlappedResult(server, &overlapped, &count, TRUE), ERROR_OPERATION_ABORTED);
    assert_peeks(client, 8, "", 0, 0);
    /* A disconnection ends what waits. */
    assert_fails(ReadFile(server, buffer, sizeof buffer, NULL, &overlapped), ERROR_IO_PENDING);
    assert_true(DisconnectNamedPipe(server));
    assert_fails(GetOverlappedResult(server, &overlapped, &count, TRUE), ERROR_PIPE_NOT_CONNECTED);
    assert_true(CloseHandle(client));
    assert_fails(ConnectNamedPipe(server, &overlapped), ERROR_IO_PENDING);
    assert_true(CloseHandle(server));
    assert_int_equal(WaitForSingleObject(overlapped.hEvent, INFINITE), WAIT_OBJECT_0);
    CloseHandle(overlapped.hEvent);
}

/* Both ends of many pipes at once: nothing is lost, and all is in its order. */
static DWORD WINAPI pump(void *context)
{
    HANDLE pipe = context;
    for (DWORD i = 0; i < 500; i++) {
        DWORD count, value[3] = {i, ~i, i * 3};
        if (!WriteFile(pipe, value, sizeof value, &count, NULL) || count != sizeof value)
            return 1;
    }
    return 0;
}

static void test_threads(void **state)
{
    HANDLE ends[3][2], threads[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        make(ends[i], 32);
        threads[i] = CreateThread(NULL, 0, pump, ends[i][1], 0, NULL);
    }
    for (DWORD n = 0; n < 500; n++)
        for (int i = 0; i < 3; i++) {
            DWORD value[3], done = 0, count;
            for (; done < sizeof value; done += count)
                assert_true(ReadFile(ends[i][0], (char *)value + done, sizeof value - done, &count, NULL));
            assert_int_equal(value[0], n);
            assert_int_equal(value[1], ~n);
            assert_int_equal(value[2], n * 3);
        }
    for (int i = 0; i < 3; i++) {
        DWORD code = 99;
        assert_int_equal(WaitForSingleObject(threads[i], INFINITE), WAIT_OBJECT_0);
        assert_true(GetExitCodeThread(threads[i], &code));
        assert_int_equal(code, 0);
        CloseHandle(threads[i]);
        CloseHandle(ends[i][0]);
        CloseHandle(ends[i][1]);
    }
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, machine_start, machine_stop)
    const struct CMUnitTest tests[] = {
        CASE(test_bytes),    CASE(test_broken),       CASE(test_blocking), CASE(test_creation),   CASE(test_states),
        CASE(test_disconnect), CASE(test_messages), CASE(test_transactions), CASE(test_waiting), CASE(test_overlapped),
        CASE(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
