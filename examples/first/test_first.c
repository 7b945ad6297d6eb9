/*
 * A CMocka test of the driver: it starts the machine, loads the driver by its service name, and talks to it
 * as a client does. Every test begins with a fresh machine and ends by asking whether anything was left behind.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <windows.h>
#include <winioctl.h>
#include <string.h>

#include "public.h"

static HANDLE device;

static int set_up(void **state)
{
    (void)state;
    if (ntio_start(NULL) != 0 || ntio_load_driver("first") != 0)
        return -1;
    device = CreateFileA("\\\\.\\FirstBuffered", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    return device == INVALID_HANDLE_VALUE ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    CloseHandle(device);
    int unloaded = ntio_unload_driver("first");
    return ntio_stop() == 0 && unloaded == 0 ? 0 : -1;
}

static void each_device_returns_what_was_written(void **state)
{
    static const char *const names[] = {"\\\\.\\FirstBuffered", "\\\\.\\FirstDirect", "\\\\.\\FirstNeither"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        HANDLE other = CreateFileA(names[i], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        char back[16] = {0};
        DWORD count = 0;
        assert_ptr_not_equal(other, INVALID_HANDLE_VALUE);
        assert_true(WriteFile(other, "abc", 3, &count, NULL));
        assert_int_equal(count, 3);
        assert_true(ReadFile(other, back, sizeof back, &count, NULL));
        assert_int_equal(count, 3);
        assert_memory_equal(back, "abc\0\0", 5);
        assert_true(CloseHandle(other));
    }
}

static void a_write_that_is_too_long_is_refused(void **state)
{
    static char page[4097];
    DWORD count = 1;
    (void)state;
    assert_false(WriteFile(device, page, sizeof page, &count, NULL));
    assert_int_equal(GetLastError(), ERROR_INVALID_USER_BUFFER);
    assert_int_equal(count, 0);
}

static void buffered_reverses_and_checks_the_output_length(void **state)
{
    char output[4] = "....";
    DWORD count = 9;
    (void)state;
    assert_true(DeviceIoControl(device, IOCTL_FIRST_REVERSE, "abc", 3, output, sizeof output, &count, NULL));
    assert_int_equal(count, 3);
    assert_memory_equal(output, "cba.", 4);
    assert_false(DeviceIoControl(device, IOCTL_FIRST_REVERSE, "abcd", 4, output, 3, &count, NULL));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_memory_equal(output, "cba.", 4);
}

static void in_direct_reads_the_second_buffer(void **state)
{
    DWORD sum = 6, count = 9;
    (void)state;
    assert_true(DeviceIoControl(device, IOCTL_FIRST_CHECKSUM, &sum, sizeof sum, "\1\2\3", 3, &count, NULL));
    assert_int_equal(count, 0);
    assert_false(DeviceIoControl(device, IOCTL_FIRST_CHECKSUM, &sum, sizeof sum, "\1\2\4", 3, &count, NULL));
    assert_int_equal(GetLastError(), ERROR_CRC);
}

static void out_direct_writes_the_callers_pages(void **state)
{
    static BYTE pages[3 * 4096];
    BYTE fill = 0xA5;
    DWORD count = 0;
    (void)state;
    /* Neither aligned nor a multiple of a page. */
    assert_true(DeviceIoControl(device, IOCTL_FIRST_FILL, &fill, 1, pages + 100, 2 * 4096, &count, NULL));
    assert_int_equal(count, 2 * 4096);
    assert_int_equal(pages[99], 0);
    assert_int_equal(pages[100], 0xA5);
    assert_int_equal(pages[100 + 2 * 4096 - 1], 0xA5);
    assert_int_equal(pages[100 + 2 * 4096], 0);
}

static void neither_survives_bad_addresses(void **state)
{
    char output[4] = "....";
    DWORD count = 0;
    (void)state;
    assert_true(DeviceIoControl(device, IOCTL_FIRST_UPPERCASE, "aB1", 3, output, 4, &count, NULL));
    assert_int_equal(count, 3);
    assert_memory_equal(output, "AB1.", 4);
    assert_false(DeviceIoControl(device, IOCTL_FIRST_UPPERCASE, (PVOID)16, 3, output, 4, &count, NULL));
    assert_int_equal(GetLastError(), ERROR_NOACCESS);
    assert_false(DeviceIoControl(device, IOCTL_FIRST_UPPERCASE, "abc", 3, (PVOID)16, 4, &count, NULL));
    assert_int_equal(GetLastError(), ERROR_NOACCESS);
}

static void the_handles_access_is_checked(void **state)
{
    HANDLE reader = CreateFileA("\\\\.\\FirstBuffered", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    BYTE fill = 1, byte = 0;
    DWORD count = 0;
    (void)state;
    assert_ptr_not_equal(reader, INVALID_HANDLE_VALUE);
    assert_true(DeviceIoControl(reader, IOCTL_FIRST_FILL, &fill, 1, &byte, 1, &count, NULL));
    assert_int_equal(byte, 1);
    assert_false(DeviceIoControl(reader, IOCTL_FIRST_REVERSE, "a", 1, &byte, 1, &count, NULL));
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_true(CloseHandle(reader));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_device_returns_what_was_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_write_that_is_too_long_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(buffered_reverses_and_checks_the_output_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(in_direct_reads_the_second_buffer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(out_direct_writes_the_callers_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(neither_survives_bad_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_handles_access_is_checked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
