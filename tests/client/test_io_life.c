/*
 * The life of a driver: loaded, unloaded, loaded again; refused, deferred; what it leaves behind.
 * DRIVERS: iolife iostay iofail iofilter iothread
 */
#include "win32_test.h"

#include <winioctl.h>
#include <string.h>

#include "../drivers/iolife/iolife.h"

static HANDLE open_life(void)
{
    HANDLE device =
        CreateFileA("\\\\.\\IoLife", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    return device;
}

static IOLIFE_FACTS facts_of(HANDLE device)
{
    IOLIFE_FACTS facts;
    DWORD count = 0;
    assert_true(DeviceIoControl(device, IOCTL_IOLIFE_FACTS, NULL, 0, &facts, sizeof facts, &count, NULL));
    assert_int_equal(count, sizeof facts);
    return facts;
}

static void assert_wide(const WCHAR *text, const char *expected)
{
    size_t i;
    for (i = 0; expected[i]; i++)
        assert_int_equal(text[i], expected[i]);
    assert_int_equal(text[i], 0);
}

static void a_driver_finds_itself_set_up(void **state)
{
    (void)state;
    assert_int_equal(ntio_load_driver("iolife"), STATUS_SUCCESS);
    HANDLE device = open_life();
    IOLIFE_FACTS facts = facts_of(device);
    assert_int_equal(facts.Loads, 1);
    assert_true(facts.Initializing);
    assert_false(facts.StillSet);
    assert_int_equal(facts.Reinitialized, 2);
    assert_true(facts.InImage);
    assert_true(facts.InitIsEntry);
    assert_true(facts.ExtensionFound);
    assert_true(facts.ExtensionZeroed);
    assert_true(facts.CollisionSeen);
    assert_int_equal(facts.EntryIrql, 0);
    assert_int_equal(facts.EntryProcess, 4);
    assert_wide(facts.RegistryPath, "\\REGISTRY\\MACHINE\\SYSTEM\\CurrentControlSet\\Services\\iolife");
    assert_wide(facts.DriverName, "\\Driver\\iolife");
    assert_wide(facts.ServiceKeyName, "iolife");
    assert_wide(facts.HardwareDatabase, "\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM");
    CloseHandle(device);
    assert_int_equal(ntio_load_driver("IoLife"), STATUS_IMAGE_ALREADY_LOADED);
    assert_int_equal(ntio_load_driver("nosuch"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ntio_unload_driver("nosuch"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ntio_unload_driver("iolife"), STATUS_SUCCESS);
    assert_int_equal(ntio_unload_driver("iolife"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_ptr_equal(CreateFileA("\\\\.\\IoLife", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL),
                     INVALID_HANDLE_VALUE);
}

static void a_driver_loaded_again_starts_afresh(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ntio_load_driver("iolife"), STATUS_SUCCESS);
        HANDLE device = open_life();
        assert_int_equal(facts_of(device).Loads, 1);
        CloseHandle(device);
        assert_int_equal(ntio_unload_driver("iolife"), STATUS_SUCCESS);
    }
}

static void unloading_waits_for_open_files(void **state)
{
    (void)state;
    assert_int_equal(ntio_load_driver("iolife"), STATUS_SUCCESS);
    HANDLE device = open_life();
    assert_int_equal(ntio_unload_driver("iolife"), STATUS_SUCCESS);
    /* It cannot be opened any more, but what is open works. */
    assert_ptr_equal(CreateFileA("\\\\.\\IoLife", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL),
                     INVALID_HANDLE_VALUE);
    assert_int_equal(facts_of(device).Loads, 1);
    assert_int_equal(ntio_load_driver("iolife"), STATUS_IMAGE_ALREADY_LOADED);
    CloseHandle(device); /* now it goes */
    assert_int_equal(ntio_load_driver("iolife"), STATUS_SUCCESS);
    assert_int_equal(ntio_unload_driver("iolife"), STATUS_SUCCESS);
}

static void a_driver_without_unload_stays(void **state)
{
    (void)state;
    assert_int_equal(ntio_load_driver("iostay"), STATUS_SUCCESS);
    assert_int_equal(ntio_unload_driver("iostay"), STATUS_INVALID_DEVICE_REQUEST);
    /* Nothing that it holds is a leak: it would be there until the power goes. */
}

static void a_filter_sees_everything(void **state)
{
    (void)state;
    assert_int_equal(ntio_load_driver("iofilter"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(ntio_load_driver("iolife"), STATUS_SUCCESS);
    assert_int_equal(ntio_load_driver("iofilter"), STATUS_SUCCESS);
    HANDLE device = open_life();
    assert_int_equal(facts_of(device).Loads, 1);
    CloseHandle(device);
    /* The lower one cannot go while something is attached to it; it goes with the filter. */
    assert_int_equal(ntio_unload_driver("iolife"), STATUS_SUCCESS);
    assert_int_equal(ntio_load_driver("iolife"), STATUS_IMAGE_ALREADY_LOADED);
    assert_int_equal(ntio_unload_driver("iofilter"), STATUS_SUCCESS);
    assert_int_equal(ntio_load_driver("iolife"), STATUS_SUCCESS);
    assert_int_equal(ntio_unload_driver("iolife"), STATUS_SUCCESS);
}

static void services_load_and_unload(void **state)
{
    (void)state;
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\iolife");
    assert_int_equal(NtLoadDriver(&name), STATUS_SUCCESS);
    assert_int_equal(NtLoadDriver(&name), STATUS_IMAGE_ALREADY_LOADED);
    assert_int_equal(NtUnloadDriver(&name), STATUS_SUCCESS);
    assert_int_equal(NtUnloadDriver(&name), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(NtLoadDriver((PUNICODE_STRING)BAD_LOW), STATUS_ACCESS_VIOLATION);
}

static int violations;

static void a_driver_entry_that_fails_is_reported(void **state)
{
    (void)state;
    assert_int_equal(ntio_load_driver("iofail"), (int32_t)STATUS_DEVICE_CONFIGURATION_ERROR);
    assert_ptr_equal(CreateFileA("\\\\.\\IoFail", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL),
                     INVALID_HANDLE_VALUE);
    /* What it left is gone as well, so that it can try again. */
    assert_int_equal(ntio_load_driver("iofail"), (int32_t)STATUS_DEVICE_CONFIGURATION_ERROR);
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE service = OpenServiceA(manager, "iofail", SERVICE_ALL_ACCESS);
    if (!service)
        service = CreateServiceA(manager, "iofail", NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START,
                                 SERVICE_ERROR_NORMAL, "C:\\iofail.sys", NULL, NULL, NULL, NULL, NULL);
    assert_non_null(service);
    assert_false(StartServiceA(service, 0, NULL));
    assert_true(CloseServiceHandle(service) && CloseServiceHandle(manager));
    violations = ntio_stop();
    assert_int_equal(violations, 6); /* each time the device and the link */
}

static void leave(void *context)
{
    DWORD what = (DWORD)(ULONG_PTR)context, count;
    HANDLE device = open_life();
    assert_true(DeviceIoControl(device, IOCTL_IOLIFE_LEAVE, &what, sizeof what, NULL, 0, &count, NULL));
    CloseHandle(device);
    ntio_unload_driver("iolife");
}

static void leaving_things_behind_stops(void **state)
{
    (void)state;
    static const struct {
        ULONG_PTR what;
        ULONG count;
    } rows[] = {{IOLIFE_LEAVE_DEVICE, 1},
                {IOLIFE_LEAVE_LINK, 1},
                {IOLIFE_LEAVE_DEVICE | IOLIFE_LEAVE_LINK, 2},
                {IOLIFE_LEAVE_POOL, 1},
                {IOLIFE_LEAVE_INTERRUPT, 1},
                {IOLIFE_LEAVE_INTERRUPT | IOLIFE_LEAVE_CALLBACK, 2},
                {IOLIFE_LEAVE_NOTIFY, 3},
                {IOLIFE_LEAVE_FILTER, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ntio_bugcheck caught;
        assert_int_equal(ntio_load_driver("iolife"), STATUS_SUCCESS);
        assert_true(ntio_catch_bugcheck(leave, (void *)rows[i].what, &caught));
        assert_int_equal(caught.code, 0xC4);
        assert_int_equal(caught.parameters[0], 0x62);
        assert_int_equal(caught.parameters[3], rows[i].count);
        assert_int_equal(ntio_stop(), 0);
        assert_int_equal(ntio_start(NULL), 0);
    }
}

/* What would fire into an image that is gone: the timer itself, or only its DPC's routine. */
static void a_timer_left_set_stops(void **state)
{
    (void)state;
    static const struct {
        ULONG_PTR leave;
        ULONG what;
    } rows[] = {{IOLIFE_LEAVE_TIMER, 0}, {IOLIFE_LEAVE_TIMER_IN_POOL, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ntio_bugcheck caught;
        assert_int_equal(ntio_load_driver("iolife"), STATUS_SUCCESS);
        assert_true(ntio_catch_bugcheck(leave, (void *)rows[i].leave, &caught));
        assert_int_equal(caught.code, 0xC7);
        assert_int_equal(caught.parameters[0], rows[i].what);
        assert_true(caught.parameters[1] >= caught.parameters[2] &&
                    caught.parameters[1] < caught.parameters[3]);
        assert_int_equal(ntio_stop(), 0);
        assert_int_equal(ntio_start(NULL), 0);
    }
}

/*
 * A request outlives its handle, and the driver is to be unloaded when it is back: not in the driver's own
 * thread that completes it, which its DriverUnload waits for; and the machine does not stop before that is
 * done.
 */
static void a_driver_s_thread_does_not_unload_it(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
        char buffer[4];
        DWORD count;
        assert_int_equal(ntio_load_driver("iothread"), STATUS_SUCCESS);
        HANDLE device =
            CreateFileA("\\\\.\\IoThread", GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
        assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
        assert_false(ReadFile(device, buffer, sizeof buffer, &count, &overlapped));
        assert_int_equal(GetLastError(), ERROR_IO_PENDING);
        assert_true(CloseHandle(device));
        if (round % 2)
            assert_int_equal(ntio_unload_driver("iothread"), STATUS_SUCCESS);
        assert_int_equal(WaitForSingleObject(overlapped.hEvent, INFINITE), WAIT_OBJECT_0);
        if (!(round % 2))
            assert_int_equal(ntio_unload_driver("iothread"), STATUS_SUCCESS);
        assert_true(CloseHandle(overlapped.hEvent));
        assert_int_equal(ntio_stop(), 0);
        assert_int_equal(ntio_start(NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_driver_finds_itself_set_up, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(a_driver_loaded_again_starts_afresh, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(unloading_waits_for_open_files, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(a_driver_without_unload_stays, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(a_filter_sees_everything, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(services_load_and_unload, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(a_timer_left_set_stops, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(a_driver_s_thread_does_not_unload_it, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(a_driver_entry_that_fails_is_reported, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(leaving_things_behind_stops, machine_start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
