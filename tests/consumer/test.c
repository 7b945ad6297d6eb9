/* A CMocka test of the driver. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <windows.h>
#include <winioctl.h>
#include <ntio/ntio.h>

#include "public.h"

static void test_answer(void **state)
{
    DWORD answer = 0, length = 0;
    (void)state;
    assert_int_equal(ntio_start(NULL), 0);
    assert_int_equal(ntio_load_driver("consumer"), 0);
    HANDLE device = CreateFileW(L"\\\\.\\Consumer", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    assert_true(DeviceIoControl(device, IOCTL_CONSUMER_ANSWER, NULL, 0, &answer, sizeof answer, &length, NULL));
    assert_int_equal(answer, 42);
    assert_int_equal(length, sizeof answer);
    assert_true(CloseHandle(device));
    assert_int_equal(ntio_unload_driver("consumer"), 0);
    assert_int_equal(ntio_stop(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
