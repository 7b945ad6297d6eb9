/*
 * A CMocka test of the driver, for what is hard to see from a client: who gets what, and that nothing is lost however a read
 * ends. ntio_stop, in tear_down, would tell of an IRP that was never completed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <windows.h>
#include <string.h>

#include "public.h"

static HANDLE reader, writer;

struct read {
    OVERLAPPED overlapped;
    char buffer[16];
};

static HANDLE open_device(DWORD flags)
{
    return CreateFileA(QUEUE_WIN32_NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
}

static int set_up(void **state)
{
    (void)state;
    if (ntio_start(NULL) != 0 || ntio_load_driver("queue") != 0)
        return -1;
    reader = open_device(FILE_FLAG_OVERLAPPED);
    writer = open_device(0);
    return reader == INVALID_HANDLE_VALUE || writer == INVALID_HANDLE_VALUE ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    CloseHandle(reader);
    CloseHandle(writer);
    int unloaded = ntio_unload_driver("queue");
    return ntio_stop() == 0 && unloaded == 0 ? 0 : -1;
}

static void start(HANDLE device, struct read *read)
{
    memset(read, 0, sizeof *read);
    read->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    assert_false(ReadFile(device, read->buffer, sizeof read->buffer, NULL, &read->overlapped));
    assert_int_equal(GetLastError(), ERROR_IO_PENDING);
    assert_false(HasOverlappedIoCompleted(&read->overlapped));
}

/* How many bytes it got; -1: it failed. */
static int ended(HANDLE device, struct read *read)
{
    DWORD count = 0, error = ERROR_SUCCESS;
    if (!GetOverlappedResult(device, &read->overlapped, &count, TRUE))
        error = GetLastError();
    assert_true(CloseHandle(read->overlapped.hEvent));
    SetLastError(error);
    return error == ERROR_SUCCESS ? (int)count : -1;
}

static void give(const char *text, DWORD taken)
{
    DWORD count = 0;
    assert_true(WriteFile(writer, text, (DWORD)strlen(text), &count, NULL));
    assert_int_equal(count, taken);
}

static void the_oldest_read_is_served_first(void **state)
{
    static const char *const texts[] = {"one", "two", "three"};
    struct read reads[3];
    (void)state;
    for (int i = 0; i < 3; i++)
        start(reader, &reads[i]);
    for (int i = 0; i < 3; i++)
        give(texts[i], (DWORD)strlen(texts[i]));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ended(reader, &reads[i]), strlen(texts[i]));
        assert_string_equal(reads[i].buffer, texts[i]);
    }
}

static void a_long_write_is_cut(void **state)
{
    struct read read;
    (void)state;
    start(reader, &read);
    give("0123456789abcdefgh", sizeof read.buffer);
    assert_int_equal(ended(reader, &read), sizeof read.buffer);
    assert_memory_equal(read.buffer, "0123456789abcdef", sizeof read.buffer);
}

static void a_cancelled_read_takes_nothing(void **state)
{
    struct read reads[3];
    (void)state;
    for (int i = 0; i < 3; i++)
        start(reader, &reads[i]);
    assert_true(CancelIoEx(reader, &reads[1].overlapped));
    give("first", 5);
    give("last", 4);
    assert_int_equal(ended(reader, &reads[0]), 5);
    assert_int_equal(ended(reader, &reads[1]), -1);
    assert_int_equal(GetLastError(), ERROR_OPERATION_ABORTED);
    assert_string_equal(reads[1].buffer, "");
    assert_int_equal(ended(reader, &reads[2]), 4);
    assert_string_equal(reads[2].buffer, "last");
}

static void all_reads_of_a_handle_are_cancelled(void **state)
{
    struct read reads[2];
    (void)state;
    for (int i = 0; i < 2; i++)
        start(reader, &reads[i]);
    assert_true(CancelIo(reader));
    for (int i = 0; i < 2; i++)
        assert_int_equal(ended(reader, &reads[i]), -1);
    assert_false(CancelIoEx(reader, NULL));
    assert_int_equal(GetLastError(), ERROR_NOT_FOUND);
}

/* The read of the handle that is closed ends, the other one goes on waiting. */
static void closing_a_handle_ends_its_reads_only(void **state)
{
    HANDLE other = open_device(FILE_FLAG_OVERLAPPED);
    struct read lost, kept;
    DWORD count = 0;
    (void)state;
    start(other, &lost);
    start(reader, &kept);
    assert_true(CloseHandle(other));
    assert_int_equal(WaitForSingleObject(lost.overlapped.hEvent, INFINITE), WAIT_OBJECT_0);
    assert_int_equal((DWORD)lost.overlapped.Internal, 0xC0000120); /* STATUS_CANCELLED */
    assert_true(CloseHandle(lost.overlapped.hEvent));
    assert_false(HasOverlappedIoCompleted(&kept.overlapped));
    give("kept", 4);
    assert_int_equal(ended(reader, &kept), 4);
    assert_false(WriteFile(writer, "x", 1, &count, NULL));
    assert_int_equal(GetLastError(), ERROR_NOT_READY);
}

static void reads_that_wait_when_the_machine_stops_are_cancelled(void **state)
{
    static struct read read; /* its end is written when the machine stops */
    (void)state;
    start(reader, &read);
}

#define ROUNDS 500

static DWORD WINAPI write_all(LPVOID parameter)
{
    DWORD count, done = 0;
    (void)parameter;
    while (done < ROUNDS)
        if (WriteFile(writer, "data", 4, &count, NULL))
            done++;
        else
            SwitchToThread();
    return 0;
}

/* Reads are cancelled while another thread serves them: each ends once, and each write has gone to exactly one. */
static void cancelling_and_writing_at_the_same_time(void **state)
{
    HANDLE thread = CreateThread(NULL, 0, write_all, NULL, 0, NULL);
    int served = 0, cancelled = 0;
    (void)state;
    while (served < ROUNDS) {
        struct read read = {0};
        read.overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        assert_false(ReadFile(reader, read.buffer, sizeof read.buffer, NULL, &read.overlapped));
        if ((served + cancelled) % 2)
            CancelIoEx(reader, &read.overlapped);
        if (ended(reader, &read) == 4)
            served++;
        else
            cancelled++;
    }
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    assert_true(CloseHandle(thread));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_oldest_read_is_served_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_write_is_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_read_takes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_reads_of_a_handle_are_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(closing_a_handle_ends_its_reads_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_that_wait_when_the_machine_stops_are_cancelled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancelling_and_writing_at_the_same_time, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
