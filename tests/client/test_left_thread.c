/*
 * A driver is unloaded and has left a system thread, or somebody still has its addresses.
 * DRIVERS: leftthread
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>
#include <winioctl.h>
#include <ntio/ntio.h>

#include <string.h>

#include "../drivers/leftthread/leftthread.h"

static char text[8192];

static void collect(void *context, const char *line, size_t length)
{
    (void)context;
    size_t have = strlen(text);
    if (have + length < sizeof text)
        memcpy(text + have, line, length);
}

static int set_up(void **state)
{
    (void)state;
    memset(text, 0, sizeof text);
    return ntio_start(&(ntio_options){.log = collect}) || ntio_load_driver("leftthread");
}

static int stop(void **state)
{
    (void)state;
    return ntio_stop() == 0 ? 0 : -1;
}

static void ask(DWORD code, void *output, DWORD size)
{
    DWORD got;
    HANDLE device = CreateFileA("\\\\.\\LeftThread", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    assert_true(DeviceIoControl(device, code, NULL, 0, output, size, &got, NULL));
    assert_int_equal(got, size);
    assert_true(CloseHandle(device));
}

static void unload(void *context)
{
    (void)context;
    ntio_unload_driver("leftthread");
}

static void one_that_waits_is_told(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    ask(LEFT_WAITING, NULL, 0);
    ask(LEFT_LEAVING, NULL, 0);
    assert_true(ntio_catch_bugcheck(unload, NULL, &caught));
    assert_int_equal(caught.code, 0xC4);
    assert_int_equal(caught.parameters[0], 0x62);
    assert_int_equal(caught.parameters[3], 1);
    assert_non_null(strstr(text, "\\Driver\\leftthread left 1 system thread running, thread "));
    assert_non_null(strstr(text, " in Wait"));
    assert_non_null(strstr(text, ", which waits at Wait+0x"));
    assert_non_null(strstr(text, "DriverUnload has to wait for their end"));
}

static void one_that_ends_is_waited_for(void **state)
{
    (void)state;
    ask(LEFT_LEAVING, NULL, 0);
    ask(LEFT_LEAVING, NULL, 0);
    assert_int_equal(ntio_unload_driver("leftthread"), 0);
    assert_string_equal(text, "");
}

static void *places[2];

static void read_it(void *context)
{
    (void)context;
    (void)*(volatile LONG *)places[0];
}

static void write_it(void *context)
{
    (void)context;
    *(volatile LONG *)places[0] = 1;
}

static void call_it(void *context)
{
    ((void (*)(void *))(uintptr_t)places[1])(context);
}

static void in_kernel(void *context)
{
    ntio_run_in_kernel(*(void (**)(void *))context, NULL);
}

static void touch(void (*how)(void *), unsigned place, unsigned access, const char *what)
{
    ntio_bugcheck caught;
    ask(LEFT_PLACES, places, sizeof places);
    assert_int_equal(ntio_unload_driver("leftthread"), 0);
    assert_string_equal(text, "");
    assert_true(ntio_catch_bugcheck(in_kernel, &how, &caught));
    assert_int_equal(caught.code, 0xCE);
    assert_true(caught.parameters[0] == (uintptr_t)places[place]);
    assert_int_equal(caught.parameters[1], access);
    assert_non_null(strstr(text, "\\Driver\\leftthread was unloaded, and its "));
    assert_non_null(strstr(text, what));
}

static void its_data_is_read(void **state)
{
    (void)state;
    touch(read_it, 0, 0, "its data at ");
}

static void its_data_is_written(void **state)
{
    (void)state;
    touch(write_it, 0, 1, "its data at ");
}

static void its_code_is_called(void **state)
{
    (void)state;
    touch(call_it, 1, 8, "its code at ");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_that_waits_is_told), TEST(one_that_ends_is_waited_for), TEST(its_data_is_read),
        TEST(its_data_is_written),    TEST(its_code_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
