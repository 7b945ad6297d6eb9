/*
 * A driver that is written in C++.
 *
 * DRIVERS: cxxdev
 */
#include "win32_test.h"

#include <winioctl.h>

#include "../drivers/cxxdev/public.h"

static HANDLE device;

static int set_up(void **state)
{
    (void)state;
    if (ntio_start(NULL) != 0 || ntio_load_driver("cxxdev") != 0)
        return -1;
    device = CreateFileW(L"\\\\.\\CxxDev", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    return device != INVALID_HANDLE_VALUE ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    CloseHandle(device);
    ntio_unload_driver("cxxdev");
    return ntio_stop() == 0 ? 0 : -1;
}

static DWORD number(DWORD code, DWORD in)
{
    DWORD out = 0xDEAD, length = 0;
    assert_true(DeviceIoControl(device, code, &in, sizeof in, &out, sizeof out, &length, NULL));
    return length == 0 ? 0 : out;
}

static void the_headers_mean_the_same(void **state)
{
    (void)state;
    assert_int_equal(number(IOCTL_CXX_SELF, 0), 0);
}

static void classes_work(void **state)
{
    (void)state;
    assert_int_equal(number(IOCTL_CXX_SUM, 0), 0);
    for (DWORD i = 1; i <= 10; i++)
        number(IOCTL_CXX_PUSH, i);
    assert_int_equal(number(IOCTL_CXX_SUM, 0), 55);
    assert_int_equal(number(IOCTL_CXX_SQUARE, 12), 144);
}

/* The driver's delete[] has no size. */
static void arrays_are_deleted(void **state)
{
    (void)state;
    assert_int_equal(number(IOCTL_CXX_ARRAY, 3), 3);
}

static void exceptions_are_caught(void **state)
{
    DWORD length = 0, said = 0;
    (void)state;
    assert_true(DeviceIoControl(device, IOCTL_CXX_TRY, "seven..", 7, &said, sizeof said, &length, NULL));
    assert_int_equal(said, 7);
    assert_false(DeviceIoControl(device, IOCTL_CXX_TRY, (void *)0x10, 7, &said, sizeof said, &length, NULL));
    assert_int_equal(GetLastError(), ERROR_NOACCESS);
    assert_false(DeviceIoControl(device, IOCTL_CXX_TRY, "seven..", 7, (void *)0x10000, sizeof said, &length, NULL));
    assert_int_equal(GetLastError(), ERROR_NOACCESS);
}

/* Its globals are as new, also those with a constructor. */
static void loads_again(void **state)
{
    (void)state;
    number(IOCTL_CXX_PUSH, 1);
    assert_true(CloseHandle(device));
    assert_int_equal(ntio_unload_driver("cxxdev"), 0);
    assert_int_equal(ntio_load_driver("cxxdev"), 0);
    device = CreateFileW(L"\\\\.\\CxxDev", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    assert_int_equal(number(IOCTL_CXX_SUM, 0), 0);
}

static void call_pure(void *context)
{
    (void)context;
    number(IOCTL_CXX_PURE, 0);
}

static void a_pure_call_stops_the_machine(void **state)
{
    ntio_bugcheck caught;
    (void)state;
    assert_true(ntio_catch_bugcheck(call_pure, NULL, &caught));
    assert_int_equal(caught.code, 0x3B);
    assert_int_equal((NTSTATUS)caught.parameters[0], STATUS_ILLEGAL_INSTRUCTION);
    assert_int_equal(ntio_stop(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_headers_mean_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(classes_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(arrays_are_deleted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exceptions_are_caught, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loads_again, set_up, tear_down),
        cmocka_unit_test_setup(a_pure_call_stops_the_machine, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
