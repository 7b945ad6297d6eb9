/*
 * Who may open which device, as a Win32 client sees it.
 *
 * DRIVERS: rights
 */
#include "win32_test.h"

#include <winioctl.h>

#include "../drivers/rights/rights.h"

static HANDLE open_device(const char *name, DWORD access)
{
    char path[80];
    snprintf(path, sizeof path, "\\\\.\\%s", name);
    SetLastError(0xDEAD);
    return CreateFileA(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
}

static void opens(const char *name, DWORD access)
{
    HANDLE handle = open_device(name, access);
    if (handle == INVALID_HANDLE_VALUE)
        fail_msg("%s with 0x%x: error %u", name, (unsigned)access, (unsigned)GetLastError());
    assert_true(CloseHandle(handle));
}

static void refused(const char *name, DWORD access)
{
    if (open_device(name, access) != INVALID_HANDLE_VALUE)
        fail_msg("%s with 0x%x was opened", name, (unsigned)access);
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
}

static int set_up(void **state)
{
    (void)state;
    if (ntio_start(NULL) != 0)
        return -1;
    return ntio_load_driver("rights") == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    ntio_unload_driver("rights");
    return ntio_stop() == 0 ? 0 : -1;
}

#define RW (GENERIC_READ | GENERIC_WRITE)

static void an_administrator_opens_what_is_his(void **state)
{
    (void)state;
    opens("RightsAdmin", RW);
    opens("RightsAdmin", GENERIC_ALL);
    opens("RightsAdmin", MAXIMUM_ALLOWED);
    opens("RightsDefault", GENERIC_ALL);
    opens("RightsWorldRead", RW);
    refused("RightsWorldRead", GENERIC_ALL); /* neither DELETE nor WRITE_OWNER are his */
    refused("RightsSystem", GENERIC_READ);
    refused("RightsKernel", RW);
}

static void a_plain_user_is_kept_out(void **state)
{
    (void)state;
    assert_int_equal(ntio_set_client_user(NTIO_USER_USER), 0);
    refused("RightsAdmin", GENERIC_READ);
    refused("RightsAdmin", GENERIC_WRITE);
    refused("RightsAdmin", 0); /* even this asks for FILE_READ_ATTRIBUTES and SYNCHRONIZE */
    refused("RightsAdmin", MAXIMUM_ALLOWED);
    refused("RightsSystem", GENERIC_READ);
    refused("RightsKernel", GENERIC_READ);
    opens("RightsDefault", RW);
    refused("RightsDefault", WRITE_DAC);
    opens("RightsWorldRead", GENERIC_READ);
    refused("RightsWorldRead", GENERIC_WRITE);
    refused("RightsWorldRead", RW);
}

static void the_system_opens_all_but_the_kernels(void **state)
{
    (void)state;
    assert_int_equal(ntio_set_client_user(NTIO_USER_SYSTEM), 0);
    opens("RightsSystem", GENERIC_ALL);
    opens("RightsAdmin", GENERIC_ALL);
    refused("RightsKernel", GENERIC_READ);
}

static void restricted_code_needs_its_own_entry(void **state)
{
    (void)state;
    assert_int_equal(ntio_set_client_user(NTIO_USER_RESTRICTED), 0);
    refused("RightsAdmin", GENERIC_READ); /* Administrators is there to deny only */
    refused("RightsWorldRead", GENERIC_READ);
    opens("RightsRestricted", GENERIC_READ);
    refused("RightsRestricted", GENERIC_WRITE);
    opens("RightsDefault", GENERIC_READ);
    refused("RightsDefault", GENERIC_WRITE);
    assert_int_equal(ntio_set_client_user(NTIO_USER_ADMINISTRATOR), 0);
    opens("RightsAdmin", RW);
}

static void names_below_are_guarded_where_that_was_asked_for(void **state)
{
    (void)state;
    assert_int_equal(ntio_set_client_user(NTIO_USER_USER), 0);
    refused("RightsAdmin\\below", GENERIC_READ);
    refused("RightsLoose", GENERIC_READ);
    opens("RightsLoose\\below", RW);
    opens("RightsLoose\\", RW);
}

static void the_handle_has_what_was_granted(void **state)
{
    (void)state;
    DWORD bytes;
    char buffer[4] = "abc";
    assert_int_equal(ntio_set_client_user(NTIO_USER_USER), 0);
    HANDLE handle = open_device("RightsReadOnly", GENERIC_READ);
    assert_ptr_not_equal(handle, INVALID_HANDLE_VALUE);
    assert_true(ReadFile(handle, buffer, sizeof buffer, &bytes, NULL));
    assert_fails(WriteFile(handle, buffer, sizeof buffer, &bytes, NULL), ERROR_ACCESS_DENIED);
    assert_true(DeviceIoControl(handle, IOCTL_RIGHTS_ANY, NULL, 0, NULL, 0, &bytes, NULL));
    assert_true(DeviceIoControl(handle, IOCTL_RIGHTS_READ, NULL, 0, NULL, 0, &bytes, NULL));
    assert_fails(DeviceIoControl(handle, IOCTL_RIGHTS_WRITE, NULL, 0, NULL, 0, &bytes, NULL),
                 ERROR_ACCESS_DENIED);
    /* No duplicate has more. */
    HANDLE copy;
    assert_fails(
        DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, GENERIC_WRITE, FALSE, 0),
        ERROR_ACCESS_DENIED);
    /* What is open stays as it is. */
    assert_int_equal(ntio_set_client_user(NTIO_USER_RESTRICTED), 0);
    assert_true(ReadFile(handle, buffer, sizeof buffer, &bytes, NULL));
    assert_true(CloseHandle(handle));
    /* The most that there is to have. */
    assert_int_equal(ntio_set_client_user(NTIO_USER_USER), 0);
    handle = open_device("RightsReadOnly", MAXIMUM_ALLOWED);
    assert_ptr_not_equal(handle, INVALID_HANDLE_VALUE);
    assert_true(ReadFile(handle, buffer, sizeof buffer, &bytes, NULL));
    assert_fails(WriteFile(handle, buffer, sizeof buffer, &bytes, NULL), ERROR_ACCESS_DENIED);
    assert_true(CloseHandle(handle));
}

static void events_are_their_makers(void **state)
{
    (void)state;
    assert_int_equal(ntio_set_client_user(NTIO_USER_SYSTEM), 0);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, "Global\\RightsEvent");
    assert_non_null(event);
    assert_int_equal(ntio_set_client_user(NTIO_USER_USER), 0);
    assert_fails(OpenEventA(EVENT_MODIFY_STATE, FALSE, "Global\\RightsEvent"), ERROR_ACCESS_DENIED);
    assert_fails(OpenEventA(SYNCHRONIZE, FALSE, "Global\\RightsEvent"), ERROR_ACCESS_DENIED);
    assert_true(SetEvent(event));
    assert_int_equal(ntio_set_client_user(NTIO_USER_ADMINISTRATOR), 0);
    assert_fails(OpenEventA(EVENT_MODIFY_STATE, FALSE, "Global\\RightsEvent"), ERROR_ACCESS_DENIED);
    HANDLE other = OpenEventA(SYNCHRONIZE, FALSE, "Global\\RightsEvent"); /* administrators look */
    assert_non_null(other);
    assert_true(CloseHandle(other));
    assert_true(CloseHandle(event));
}

static void no_such_user(void **state)
{
    (void)state;
    assert_int_equal((uint32_t)ntio_set_client_user((ntio_user)77), 0xC000000D);
    opens("RightsAdmin", RW);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_administrator_opens_what_is_his),
        T(a_plain_user_is_kept_out),
        T(the_system_opens_all_but_the_kernels),
        T(restricted_code_needs_its_own_entry),
        T(names_below_are_guarded_where_that_was_asked_for),
        T(the_handle_has_what_was_granted),
        T(events_are_their_makers),
        T(no_such_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
