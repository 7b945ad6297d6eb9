/*
 * The text trace, line by line.
 * DRIVERS: methods
 */
#include "win32_test.h"

#include <winioctl.h>
#include <string.h>

#include "../drivers/methods/methods.h"

static char text[16384];
static size_t length;

static void take(void *context, const char *piece, size_t size)
{
    (void)context;
    assert_true(length + size < sizeof text);
    memcpy(text + length, piece, size);
    length += size;
    text[length] = 0;
}

static int start(void **state)
{
    (void)state;
    const ntio_options options = {.trace = NTIO_TRACE_IRP, .log = take};
    length = 0;
    text[0] = 0;
    return ntio_start(&options);
}

/* What was traced since the last call is exactly this. */
static void assert_traced(const char *expected)
{
    assert_string_equal(text, expected);
    length = 0;
    text[0] = 0;
}

#define BUFFERED "\\Device\\MethodsBuffered (\\Driver\\methods)"
#define DIRECT   "\\Device\\MethodsDirect (\\Driver\\methods)"
#define NEITHER  "\\Device\\MethodsNeither (\\Driver\\methods)"

static HANDLE open_device(const char *name)
{
    HANDLE device = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    return device;
}

/* IRPs are numbered in the order of their coming. */
static void a_device_from_load_to_unload(void **state)
{
    (void)state;
    unsigned char data[] = {1, 2, 3, 4}, sum = 10, out[4];
    DWORD count;
    assert_int_equal(ntio_load_driver("methods"), STATUS_SUCCESS);
    assert_traced("driver   \\Driver\\methods  DriverEntry returned STATUS_SUCCESS\n");

    HANDLE device = open_device("\\\\.\\MethodsBuffered");
    assert_traced("irp 1   -> " BUFFERED "  IRP_MJ_CREATE name \"\", access 0x12019f, share 0x1, FILE_OPEN\n"
                  "irp 1      completed STATUS_SUCCESS, Information 0\n"
                  "irp 1   <- " BUFFERED " returned STATUS_SUCCESS\n"
                  "irp 1   done STATUS_SUCCESS, Information 0\n");

    assert_true(WriteFile(device, data, sizeof data, &count, NULL));
    assert_traced("irp 2   -> " BUFFERED "  IRP_MJ_WRITE length 4, offset 0, buffered\n"
                  "irp 2      completed STATUS_SUCCESS, Information 4\n"
                  "irp 2   <- " BUFFERED " returned STATUS_SUCCESS\n"
                  "irp 2   done STATUS_SUCCESS, Information 4\n");

    assert_true(ReadFile(device, out, 2, &count, NULL));
    assert_traced("irp 3   -> " BUFFERED "  IRP_MJ_READ length 2, offset 0, buffered\n"
                  "irp 3      completed STATUS_SUCCESS, Information 2\n"
                  "irp 3   <- " BUFFERED " returned STATUS_SUCCESS\n"
                  "irp 3   done STATUS_SUCCESS, Information 2, 2 bytes copied out\n");

    assert_true(DeviceIoControl(device, IOCTL_METHODS_BUFFERED, data, 4, out, 4, &count, NULL));
    assert_traced("irp 4   -> " BUFFERED "  IRP_MJ_DEVICE_CONTROL 0x82342404 (device type 0x8234, function 0x901, "
                  "METHOD_BUFFERED, access 0), in 4, out 4\n"
                  "irp 4      completed STATUS_SUCCESS, Information 4\n"
                  "irp 4   <- " BUFFERED " returned STATUS_SUCCESS\n"
                  "irp 4   done STATUS_SUCCESS, Information 4, 4 bytes copied out\n");

    assert_true(DeviceIoControl(device, IOCTL_METHODS_IN, &sum, 1, data, 4, &count, NULL));
    assert_traced("irp 5   -> " BUFFERED "  IRP_MJ_DEVICE_CONTROL 0x8234A409 (device type 0x8234, function 0x902, "
                  "METHOD_IN_DIRECT, access 2), in 1, out 4\n"
                  "irp 5      completed STATUS_SUCCESS, Information 4\n"
                  "irp 5   <- " BUFFERED " returned STATUS_SUCCESS\n"
                  "irp 5   done STATUS_SUCCESS, Information 4\n");

    assert_true(DeviceIoControl(device, IOCTL_METHODS_OUT, data, 4, out, 3, &count, NULL));
    assert_traced("irp 6   -> " BUFFERED "  IRP_MJ_DEVICE_CONTROL 0x8234640E (device type 0x8234, function 0x903, "
                  "METHOD_OUT_DIRECT, access 1), in 4, out 3\n"
                  "irp 6      completed STATUS_SUCCESS, Information 3\n"
                  "irp 6   <- " BUFFERED " returned STATUS_SUCCESS\n"
                  "irp 6   done STATUS_SUCCESS, Information 3\n");

    assert_true(DeviceIoControl(device, IOCTL_METHODS_NEITHER, data, 4, out, 4, &count, NULL));
    assert_traced("irp 7   -> " BUFFERED "  IRP_MJ_DEVICE_CONTROL 0x8234E413 (device type 0x8234, function 0x904, "
                  "METHOD_NEITHER, access 3), in 4, out 4\n"
                  "irp 7      completed STATUS_SUCCESS, Information 4\n"
                  "irp 7   <- " BUFFERED " returned STATUS_SUCCESS\n"
                  "irp 7   done STATUS_SUCCESS, Information 4\n");

    assert_true(CloseHandle(device));
    assert_traced("irp 8   -> " BUFFERED "  IRP_MJ_CLEANUP\n"
                  "irp 8      completed STATUS_SUCCESS, Information 0\n"
                  "irp 8   <- " BUFFERED " returned STATUS_SUCCESS\n"
                  "irp 8   done STATUS_SUCCESS, Information 0\n"
                  "irp 9   -> " BUFFERED "  IRP_MJ_CLOSE\n"
                  "irp 9      completed STATUS_SUCCESS, Information 0\n"
                  "irp 9   <- " BUFFERED " returned STATUS_SUCCESS\n"
                  "irp 9   done STATUS_SUCCESS, Information 0\n");

    assert_int_equal(ntio_unload_driver("methods"), STATUS_SUCCESS);
    assert_traced("driver   \\Driver\\methods  DriverUnload\n");
}

static void the_kinds_of_buffer_and_failures(void **state)
{
    (void)state;
    unsigned char data[] = {1, 2, 3, 4}, out[4];
    DWORD count;
    assert_int_equal(ntio_load_driver("methods"), STATUS_SUCCESS);
    HANDLE direct = open_device("\\\\.\\MethodsDirect"), neither = open_device("\\\\.\\MethodsNeither");
    assert_traced("driver   \\Driver\\methods  DriverEntry returned STATUS_SUCCESS\n"
                  "irp 1   -> " DIRECT "  IRP_MJ_CREATE name \"\", access 0x12019f, share 0x1, FILE_OPEN\n"
                  "irp 1      completed STATUS_SUCCESS, Information 0\n"
                  "irp 1   <- " DIRECT " returned STATUS_SUCCESS\n"
                  "irp 1   done STATUS_SUCCESS, Information 0\n"
                  "irp 2   -> " NEITHER "  IRP_MJ_CREATE name \"\", access 0x12019f, share 0x1, FILE_OPEN\n"
                  "irp 2      completed STATUS_SUCCESS, Information 0\n"
                  "irp 2   <- " NEITHER " returned STATUS_SUCCESS\n"
                  "irp 2   done STATUS_SUCCESS, Information 0\n");

    assert_true(WriteFile(direct, data, 3, &count, NULL));
    assert_true(ReadFile(neither, out, 4, &count, NULL));
    assert_traced("irp 3   -> " DIRECT "  IRP_MJ_WRITE length 3, offset 0, direct\n"
                  "irp 3      completed STATUS_SUCCESS, Information 3\n"
                  "irp 3   <- " DIRECT " returned STATUS_SUCCESS\n"
                  "irp 3   done STATUS_SUCCESS, Information 3\n"
                  "irp 4   -> " NEITHER "  IRP_MJ_READ length 4, offset 0, neither\n"
                  "irp 4      completed STATUS_SUCCESS, Information 0\n"
                  "irp 4   <- " NEITHER " returned STATUS_SUCCESS\n"
                  "irp 4   done STATUS_SUCCESS, Information 0\n");

    /* Refused by the driver, by the I/O manager in the driver's place, and before there is an IRP. */
    assert_fails(DeviceIoControl(direct, IOCTL_METHODS_IN, NULL, 0, NULL, 0, &count, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(FlushFileBuffers(direct), ERROR_INVALID_FUNCTION);
    assert_fails(WriteFile(direct, BAD_LOW, 3, &count, NULL), ERROR_NOACCESS);
    assert_traced("irp 5   -> " DIRECT "  IRP_MJ_DEVICE_CONTROL 0x8234A409 (device type 0x8234, function 0x902, "
                  "METHOD_IN_DIRECT, access 2), in 0, out 0\n"
                  "irp 5      completed STATUS_INVALID_PARAMETER, Information 0\n"
                  "irp 5   <- " DIRECT " returned STATUS_INVALID_PARAMETER\n"
                  "irp 5   done STATUS_INVALID_PARAMETER, Information 0\n"
                  "irp 6   -> " DIRECT "  IRP_MJ_FLUSH_BUFFERS\n"
                  "irp 6      completed STATUS_INVALID_DEVICE_REQUEST, Information 0\n"
                  "irp 6   <- " DIRECT " returned STATUS_INVALID_DEVICE_REQUEST\n"
                  "irp 6   done STATUS_INVALID_DEVICE_REQUEST, Information 0\n");
    assert_true(CloseHandle(direct));
    assert_true(CloseHandle(neither));
    assert_int_equal(ntio_unload_driver("methods"), STATUS_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_from_load_to_unload, start, machine_stop),
        cmocka_unit_test_setup_teardown(the_kinds_of_buffer_and_failures, start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
