/*
 * The service control manager, with drivers that start, that do not, and that do not stop.
 * DRIVERS: win32dev win32stay win32fail
 */
#include "win32_test.h"

static SC_HANDLE manager;

static int open_manager(void **state)
{
    if (machine_start(state))
        return -1;
    manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    assert_non_null(manager);
    return 0;
}

static int close_manager(void **state)
{
    assert_true(CloseServiceHandle(manager));
    return machine_stop(state);
}

static SC_HANDLE create(const char *name, const char *path)
{
    return CreateServiceA(manager, name, name, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                          SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);
}

static DWORD state_of(SC_HANDLE service)
{
    SERVICE_STATUS status;
    assert_true(QueryServiceStatus(service, &status));
    return status.dwCurrentState;
}

static void test_life(void **state)
{
    (void)state;
    SERVICE_STATUS status;
    SC_HANDLE service = create("win32dev", "C:\\somewhere\\win32dev.sys");
    assert_non_null(service);
    assert_int_equal(state_of(service), SERVICE_STOPPED);
    assert_fails(ControlService(service, SERVICE_CONTROL_STOP, &status), ERROR_SERVICE_NOT_ACTIVE);
    assert_true(StartServiceA(service, 0, NULL));
    assert_int_equal(state_of(service), SERVICE_RUNNING);
    assert_fails(StartServiceA(service, 0, NULL), ERROR_SERVICE_ALREADY_RUNNING);
    HANDLE device = CreateFileA("\\\\.\\Win32Dev", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    assert_true(CloseHandle(device));
    assert_true(ControlService(service, SERVICE_CONTROL_INTERROGATE, &status));
    assert_int_equal(status.dwCurrentState, SERVICE_RUNNING);
    assert_int_equal(status.dwServiceType, SERVICE_KERNEL_DRIVER);
    assert_int_equal(status.dwControlsAccepted, SERVICE_ACCEPT_STOP);
    assert_fails(ControlService(service, SERVICE_CONTROL_PAUSE, &status), ERROR_INVALID_SERVICE_CONTROL);
    assert_fails(ControlService(service, 77, &status), ERROR_INVALID_PARAMETER);
    assert_true(ControlService(service, SERVICE_CONTROL_STOP, &status));
    assert_int_equal(status.dwCurrentState, SERVICE_STOPPED);
    assert_int_equal(state_of(service), SERVICE_STOPPED);
    /* And again. */
    assert_true(StartServiceW(service, 0, NULL));
    assert_true(ControlService(service, SERVICE_CONTROL_STOP, &status));
    assert_true(DeleteService(service));
    assert_true(CloseServiceHandle(service));
    assert_fails(OpenServiceA(manager, "win32dev", SERVICE_ALL_ACCESS), ERROR_SERVICE_DOES_NOT_EXIST);
}

static void test_names_differ(void **state)
{
    (void)state;
    SERVICE_STATUS status;
    SC_HANDLE service = create("another", "\"C:\\dir with blanks\\win32dev.sys\"");
    assert_non_null(service);
    assert_true(StartServiceA(service, 0, NULL));
    assert_true(ControlService(service, SERVICE_CONTROL_STOP, &status));
    assert_true(CloseServiceHandle(service));
}

static void test_failures(void **state)
{
    (void)state;
    SERVICE_STATUS status;
    SC_HANDLE service = create("win32fail", "win32fail.sys");
    assert_fails(StartServiceA(service, 0, NULL), ERROR_NOT_READY);
    assert_true(QueryServiceStatus(service, &status));
    assert_int_equal(status.dwWin32ExitCode, ERROR_NOT_READY);
    assert_true(CloseServiceHandle(service));
    service = create("nowhere", "C:\\nowhere.sys");
    assert_fails(StartServiceA(service, 0, NULL), ERROR_FILE_NOT_FOUND);
    assert_true(ChangeServiceConfigA(service, SERVICE_NO_CHANGE, SERVICE_DISABLED, SERVICE_NO_CHANGE, NULL,
                                     NULL, NULL, NULL, NULL, NULL, NULL));
    assert_fails(StartServiceA(service, 0, NULL), ERROR_SERVICE_DISABLED);
    assert_true(CloseServiceHandle(service));
    service = create("win32stay", "win32stay.sys");
    assert_true(StartServiceA(service, 0, NULL));
    assert_fails(ControlService(service, SERVICE_CONTROL_STOP, &status), ERROR_INVALID_SERVICE_CONTROL);
    assert_int_equal(state_of(service), SERVICE_RUNNING);
    assert_true(CloseServiceHandle(service));
}

static void test_stop_while_open(void **state)
{
    (void)state;
    SERVICE_STATUS status;
    SC_HANDLE service = create("win32dev", "win32dev.sys");
    assert_true(StartServiceA(service, 0, NULL));
    HANDLE device = CreateFileA("\\\\.\\Win32Dev", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(ControlService(service, SERVICE_CONTROL_STOP, &status));
    assert_int_equal(status.dwCurrentState, SERVICE_STOP_PENDING);
    assert_true(CloseHandle(device));
    assert_int_equal(state_of(service), SERVICE_STOPPED);
    assert_true(CloseServiceHandle(service));
}

static void test_delete(void **state)
{
    (void)state;
    SERVICE_STATUS status;
    SC_HANDLE first = create("win32dev", "win32dev.sys");
    assert_fails(create("WIN32DEV", "x.sys"), ERROR_SERVICE_EXISTS);
    SC_HANDLE second = OpenServiceW(manager, L"Win32dev", SERVICE_ALL_ACCESS);
    assert_non_null(second);
    assert_true(StartServiceA(first, 0, NULL));
    assert_true(DeleteService(first));
    assert_fails(DeleteService(second), ERROR_SERVICE_MARKED_FOR_DELETE);
    assert_fails(create("win32dev", "win32dev.sys"), ERROR_SERVICE_MARKED_FOR_DELETE);
    assert_true(CloseServiceHandle(first));
    assert_fails(create("win32dev", "win32dev.sys"), ERROR_SERVICE_MARKED_FOR_DELETE);
    assert_true(ControlService(second, SERVICE_CONTROL_STOP, &status));
    assert_fails(StartServiceA(second, 0, NULL), ERROR_SERVICE_MARKED_FOR_DELETE);
    assert_true(CloseServiceHandle(second));
    SC_HANDLE third = create("win32dev", "win32dev.sys");
    assert_non_null(third);
    assert_true(CloseServiceHandle(third));
}

static void test_bad_input(void **state)
{
    (void)state;
    SERVICE_STATUS status;
    SC_HANDLE bad[] = {NULL, (SC_HANDLE)BAD_LOW, (SC_HANDLE)BAD_HIGH};
    SC_HANDLE service = create("win32dev", "win32dev.sys");
    for (int i = 0; i < 3; i++) {
        assert_fails(OpenServiceA(bad[i], "win32dev", SERVICE_ALL_ACCESS), ERROR_INVALID_HANDLE);
        assert_fails(StartServiceA(bad[i], 0, NULL), ERROR_INVALID_HANDLE);
        assert_fails(ControlService(bad[i], SERVICE_CONTROL_STOP, &status), ERROR_INVALID_HANDLE);
        assert_fails(QueryServiceStatus(bad[i], &status), ERROR_INVALID_HANDLE);
        assert_fails(DeleteService(bad[i]), ERROR_INVALID_HANDLE);
        assert_fails(CloseServiceHandle(bad[i]), ERROR_INVALID_HANDLE);
    }
    assert_fails(StartServiceA(manager, 0, NULL), ERROR_INVALID_HANDLE);
    assert_fails(OpenServiceA(service, "win32dev", 0), ERROR_INVALID_HANDLE);
    assert_fails(OpenServiceA(manager, NULL, 0), ERROR_INVALID_ADDRESS);
    assert_fails(OpenServiceA(manager, "a\\b", 0), ERROR_INVALID_NAME);
    assert_fails(OpenServiceA(manager, BAD_LOW, 0), ERROR_NOACCESS);
    assert_fails(create(NULL, "x.sys"), ERROR_INVALID_ADDRESS);
    assert_fails(create("x", NULL), ERROR_INVALID_ADDRESS);
    assert_fails(create("", "x.sys"), ERROR_INVALID_NAME);
    assert_fails(create("x", ""), ERROR_INVALID_PARAMETER);
    assert_fails(CreateServiceA(manager, "x", NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, 9, 0, "x.sys",
                                NULL, NULL, NULL, NULL, NULL),
                 ERROR_INVALID_PARAMETER);
    assert_fails(QueryServiceStatus(service, BAD_LOW), ERROR_INVALID_ADDRESS);
    assert_fails(OpenSCManagerA(NULL, "NoSuchDatabase", SC_MANAGER_CONNECT), ERROR_INVALID_NAME);
    assert_fails(OpenSCManagerA(NULL, SERVICES_FAILED_DATABASEA, SC_MANAGER_CONNECT),
                 ERROR_DATABASE_DOES_NOT_EXIST);
    assert_fails(OpenSCManagerA("another machine", NULL, SC_MANAGER_CONNECT), RPC_S_SERVER_UNAVAILABLE);
    assert_true(CloseServiceHandle(service));
    assert_fails(CloseServiceHandle(service), ERROR_INVALID_HANDLE);
    /* Rights that were not asked for are not there. */
    SC_HANDLE reader = OpenServiceA(manager, "win32dev", SERVICE_QUERY_STATUS);
    assert_fails(StartServiceA(reader, 0, NULL), ERROR_ACCESS_DENIED);
    assert_true(CloseServiceHandle(reader));
    SC_HANDLE visitor = OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT);
    assert_fails(CreateServiceA(visitor, "x", NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                                SERVICE_DEMAND_START, 0, "x.sys", NULL, NULL, NULL, NULL, NULL),
                 ERROR_ACCESS_DENIED);
    assert_true(CloseServiceHandle(visitor));
}

static void test_config(void **state)
{
    (void)state;
    union {
        QUERY_SERVICE_CONFIGA config;
        char room[512];
    } buffer;
    DWORD needed = 0;
    SC_HANDLE service = create("win32dev", "C:\\win32dev.sys");
    assert_fails(QueryServiceConfigA(service, NULL, 0, &needed), ERROR_INSUFFICIENT_BUFFER);
    assert_true(needed > sizeof buffer.config && needed <= sizeof buffer);
    assert_true(QueryServiceConfigA(service, &buffer.config, needed, &needed));
    assert_int_equal(buffer.config.dwServiceType, SERVICE_KERNEL_DRIVER);
    assert_int_equal(buffer.config.dwStartType, SERVICE_DEMAND_START);
    assert_string_equal(buffer.config.lpBinaryPathName, "C:\\win32dev.sys");
    assert_string_equal(buffer.config.lpDisplayName, "win32dev");
    assert_true(ChangeServiceConfigA(service, SERVICE_NO_CHANGE, SERVICE_NO_CHANGE, SERVICE_ERROR_IGNORE,
                                     NULL, NULL, NULL, NULL, NULL, NULL, "A display name"));
    assert_true(QueryServiceConfigA(service, &buffer.config, sizeof buffer, &needed));
    assert_int_equal(buffer.config.dwErrorControl, SERVICE_ERROR_IGNORE);
    assert_string_equal(buffer.config.lpDisplayName, "A display name");
    SERVICE_STATUS_PROCESS status;
    assert_fails(QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, NULL, 0, &needed),
                 ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(needed, sizeof status);
    assert_true(
        QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (LPBYTE)&status, sizeof status, &needed));
    assert_int_equal(status.dwCurrentState, SERVICE_STOPPED);
    assert_int_equal(status.dwProcessId, 0);
    assert_true(CloseServiceHandle(service));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_manager, close_manager)
        TEST(test_life),   TEST(test_names_differ), TEST(test_failures), TEST(test_stop_while_open),
        TEST(test_delete), TEST(test_bad_input),    TEST(test_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
