/*
 * A CMocka test of the filter: what it changes, what it leaves alone, and its coming and going while the device below is in
 * use.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <windows.h>
#include <string.h>

#include "../queue/public.h"

#define STATUS_OBJECT_NAME_NOT_FOUND ((int32_t)0xC0000034)

static HANDLE reader, writer;

static int open_devices(void)
{
    reader = CreateFileA(QUEUE_WIN32_NAME, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    writer = CreateFileA(QUEUE_WIN32_NAME, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    return reader == INVALID_HANDLE_VALUE || writer == INVALID_HANDLE_VALUE ? -1 : 0;
}

static int set_up(void **state)
{
    (void)state;
    if (ntio_start(NULL) != 0 || ntio_load_driver("queue") != 0 || ntio_load_driver("filter") != 0)
        return -1;
    return open_devices();
}

static int tear_down(void **state)
{
    (void)state;
    CloseHandle(reader);
    CloseHandle(writer);
    /* The filter first: a device that has another one attached to it stays. */
    ntio_unload_driver("filter");
    int unloaded = ntio_unload_driver("queue");
    return ntio_stop() == 0 && unloaded == 0 ? 0 : -1;
}

struct read {
    OVERLAPPED overlapped;
    char buffer[16];
};

static void start(struct read *read)
{
    memset(read, 0, sizeof *read);
    read->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    assert_false(ReadFile(reader, read->buffer, sizeof read->buffer, NULL, &read->overlapped));
    assert_int_equal(GetLastError(), ERROR_IO_PENDING);
}

static void expect(struct read *read, const char *text)
{
    DWORD count = 0;
    assert_true(GetOverlappedResult(reader, &read->overlapped, &count, TRUE));
    assert_int_equal(count, strlen(text));
    assert_string_equal(read->buffer, text);
    assert_true(CloseHandle(read->overlapped.hEvent));
}

static void give(const char *text)
{
    DWORD count = 0;
    assert_true(WriteFile(writer, text, (DWORD)strlen(text), &count, NULL));
    assert_int_equal(count, strlen(text));
}

static void what_is_read_becomes_upper_case(void **state)
{
    struct read read;
    (void)state;
    start(&read);
    give("Abc xyz{`@[");
    expect(&read, "ABC XYZ{`@[");
}

static void errors_pass_unchanged(void **state)
{
    struct read read;
    DWORD count = 0;
    (void)state;
    assert_false(WriteFile(writer, "x", 1, &count, NULL));
    assert_int_equal(GetLastError(), ERROR_NOT_READY);
    start(&read);
    assert_true(CancelIoEx(reader, &read.overlapped));
    assert_false(GetOverlappedResult(reader, &read.overlapped, &count, TRUE));
    assert_int_equal(GetLastError(), ERROR_OPERATION_ABORTED);
    assert_true(CloseHandle(read.overlapped.hEvent));
}

static void after_unloading_it_changes_nothing(void **state)
{
    struct read read;
    (void)state;
    assert_int_equal(ntio_unload_driver("filter"), 0); /* while the device is open */
    start(&read);
    give("abc");
    expect(&read, "abc");
    assert_int_equal(ntio_load_driver("filter"), 0); /* a handle that is open goes through it again */
    start(&read);
    give("abc");
    expect(&read, "ABC");
}

/* A read that went through the filter still has its completion routine to call: the filter's code stays until then. */
static void a_read_below_comes_back_through_an_unloaded_filter(void **state)
{
    struct read before, after;
    (void)state;
    start(&before);
    assert_int_equal(ntio_unload_driver("filter"), 0);
    start(&after);
    give("before");
    give("after");
    expect(&before, "BEFORE");
    expect(&after, "after");
}

static void without_its_target_it_does_not_load(void **state)
{
    (void)state;
    CloseHandle(reader);
    CloseHandle(writer);
    assert_int_equal(ntio_unload_driver("filter"), 0);
    assert_int_equal(ntio_unload_driver("queue"), 0);
    assert_int_equal(ntio_load_driver("filter"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ntio_load_driver("queue"), 0);
    assert_int_equal(open_devices(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_read_becomes_upper_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_pass_unchanged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_unloading_it_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_read_below_comes_back_through_an_unloaded_filter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_its_target_it_does_not_load, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
