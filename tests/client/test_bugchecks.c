/*
 * What NT stops for: a driver does it, the machine stops with Windows' code and parameters and names the driver, and the
 * next machine in the same process runs as if nothing had been.
 * DRIVERS: faulty iolife
 */
#include "win32_test.h"

#include <winioctl.h>
#include <string.h>

#include "../drivers/faulty/faulty.h"
#include "../drivers/iolife/iolife.h"

#define POINTER(value) ((uint64_t)(uintptr_t)(value))
#define IRQL_DISPATCH  2

static struct faulty_seen seen; /* outlives the machine */

static HANDLE open_faulty(void)
{
    HANDLE device = CreateFileA("\\\\.\\Faulty", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    return device;
}

static int start(void **state)
{
    if (machine_start(state))
        return -1;
    return ntio_load_driver("faulty") == STATUS_SUCCESS ? 0 : -1;
}

static void it_works(void)
{
    DWORD count;
    HANDLE device = open_faulty();
    assert_true(DeviceIoControl(device, IOCTL_FAULTY_NOTHING, NULL, 0, NULL, 0, &count, NULL));
    assert_true(CloseHandle(device));
}

static int stop(void **state)
{
    it_works();
    assert_int_equal(ntio_unload_driver("faulty"), STATUS_SUCCESS);
    return machine_stop(state);
}

static void ask(void *context)
{
    static unsigned char pages[2 * 4096] __attribute__((aligned(4096)));
    HANDLE device = open_faulty();
    DWORD count;
    DeviceIoControl(device, IOCTL_FAULTY(*(enum faulty *)context), pages, sizeof pages, &seen, sizeof seen, &count,
                    NULL);
}

/* The machine stops with this code, the report names the driver; a machine that works runs again afterwards. */
static ntio_bugcheck stops(enum faulty what, uint32_t code)
{
    static ntio_bugcheck caught;
    memset(&seen, 0, sizeof seen);
    assert_true(ntio_catch_bugcheck(ask, &what, &caught));
    assert_int_equal(caught.code, code);
    assert_non_null(strstr(caught.report, "\nDRIVER:  \\Driver\\faulty\n"));
    assert_int_equal(ntio_stop(), 0);
    assert_int_equal(start(NULL), 0);
    it_works();
    return caught;
}

static void assert_parameters(ntio_bugcheck caught, uint64_t p1, uint64_t p2, uint64_t p3, uint64_t p4)
{
    const uint64_t expected[] = {p1, p2, p3, p4};
    for (int i = 0; i < 4; i++)
        assert_int_equal(caught.parameters[i], expected[i]);
}

static void irps(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(FAULTY_COMPLETES_TWICE, 0x44);
    assert_parameters(caught, POINTER(seen.irp), 0, 0, 0);
    assert_non_null(strstr(caught.report, "MULTIPLE_IRP_COMPLETE_REQUESTS"));
    caught = stops(FAULTY_CALLS_WITHOUT_LOCATION, 0x35);
    assert_parameters(caught, POINTER(seen.irp), 0, 0, 0);
    caught = stops(FAULTY_FORGETS_THE_IRP, 0xC9);
    assert_parameters(caught, 0x226, caught.parameters[1], POINTER(seen.irp), 0);
    assert_non_null(strstr(caught.report, "IRP_MJ_DEVICE_CONTROL"));
    caught = stops(FAULTY_MARKS_AND_FORGETS, 0xC9);
    assert_parameters(caught, 0x23E, caught.parameters[1], POINTER(seen.irp), 0);
}

static void pool(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(FAULTY_FREES_TWICE, 0xC2);
    assert_parameters(caught, 0x07, 0, 'tluF', POINTER(seen.subject));
    caught = stops(FAULTY_FREES_INSIDE, 0xC2);
    assert_parameters(caught, 0x99, POINTER(seen.subject), 0, 0);
    caught = stops(FAULTY_FREES_A_LOCAL, 0xC2);
    assert_parameters(caught, 0x40, POINTER(seen.subject), caught.parameters[2], 0);
    assert_true(caught.parameters[2] != 0);
    caught = stops(FAULTY_FREES_NULL, 0xC2);
    assert_parameters(caught, 0x46, 0, 0, 0);
}

static void spin_locks_and_irql(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(FAULTY_ACQUIRES_TWICE, 0x0F);
    assert_parameters(caught, POINTER(seen.subject), 0, 0, 0);
    caught = stops(FAULTY_RELEASES_UNOWNED, 0x10);
    assert_parameters(caught, POINTER(seen.subject), 0, 0, 0);
    caught = stops(FAULTY_WAITS_RAISED, 0x0A);
    assert_parameters(caught, POINTER(seen.subject), IRQL_DISPATCH, caught.parameters[2], caught.parameters[3]);
    caught = stops(FAULTY_LOWERS_UPWARDS, 0x0A);
    assert_parameters(caught, IRQL_DISPATCH, 0, 0, caught.parameters[3]);
    caught = stops(FAULTY_TOUCHES_RAISED, 0xD1);
    assert_parameters(caught, POINTER(seen.subject), IRQL_DISPATCH, 1, caught.parameters[3]);
}

static void exceptions(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(FAULTY_READS_NULL, 0x3B);
    assert_parameters(caught, (uint32_t)STATUS_ACCESS_VIOLATION, caught.parameters[1], caught.parameters[2], 0);
    assert_true(caught.parameters[1] && caught.parameters[2]);
    caught = stops(FAULTY_WRITES_NULL, 0x3B);
    assert_int_equal(caught.parameters[0], (uint32_t)STATUS_ACCESS_VIOLATION);
#if defined(__x86_64__) /* an Arm processor takes 0 for the quotient */
    caught = stops(FAULTY_DIVIDES_BY_ZERO, 0x3B);
    assert_int_equal(caught.parameters[0], (uint32_t)STATUS_INTEGER_DIVIDE_BY_ZERO);
    caught = stops(FAULTY_DIVIDES_IN_DPC, 0x1E);
    assert_parameters(caught, (uint32_t)STATUS_INTEGER_DIVIDE_BY_ZERO, caught.parameters[1], 0, 0);
#endif
    caught = stops(FAULTY_RAISES, 0x3B);
    assert_int_equal(caught.parameters[0], (uint32_t)STATUS_DEVICE_NOT_READY);
    assert_non_null(strstr(caught.report, "\nAT:      Raises+"));
    caught = stops(FAULTY_RAISES_IN_THREAD, 0x7E);
    assert_int_equal(caught.parameters[0], (uint32_t)STATUS_DEVICE_NOT_READY);
    assert_non_null(strstr(caught.report, "\nAT:      RaiseInThread+"));
    caught = stops(FAULTY_TOUCHES_THE_SYSTEMS, 0x50);
    assert_parameters(caught, POINTER(seen.subject), 2, caught.parameters[2], 2);
}

static void locked_pages(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(FAULTY_FREES_A_LOCKED_MDL, 0x76);
    assert_parameters(caught, 0, POINTER(seen.process), 2, 0);
    caught = stops(FAULTY_UNLOCKS_TWICE, 0x76);
    assert_parameters(caught, 1, POINTER(seen.subject), 0, 0);
}

static void ask_to_unlock(void *context)
{
    DWORD count;
    DeviceIoControl(open_faulty(), IOCTL_FAULTY_UNLOCKS, NULL, 0, context, 2 * 4096, &count, NULL);
}

/* Of one page, and of several; the client's own, and the machine's. */
static void the_system_s_own_lock(void **state)
{
    static unsigned char own[2 * 4096];
    for (int i = 0; i < 2; i++) {
        ntio_bugcheck caught;
        void *buffer = i ? VirtualAlloc(NULL, 2 * 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE) : own;
        assert_true(ntio_catch_bugcheck(ask_to_unlock, buffer, &caught));
        assert_int_equal(caught.code, 0x76);
        assert_int_equal(caught.parameters[0], 1);
        assert_non_null(strstr(caught.report, "\nDRIVER:  \\Driver\\faulty\n"));
        assert_int_equal(start(state), 0);
    }
}

static void stop_it(void *context)
{
    (void)context;
    ntio_stop();
}

/* The process ends with the machine: nothing may be locked any more. */
static void pages_left_locked(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    enum faulty what = FAULTY_LEAVES_PAGES_LOCKED;
    assert_false(ntio_catch_bugcheck(ask, &what, &caught));
    assert_true(ntio_catch_bugcheck(stop_it, NULL, &caught));
    assert_int_equal(caught.code, 0x76);
    assert_parameters(caught, 0, POINTER(seen.process), 2, 0);
    assert_int_equal(start(state), 0);
}

static void its_own(void **state)
{
    (void)state;
    ntio_bugcheck caught = stops(FAULTY_STOPS_THE_SYSTEM, 0xE2);
    assert_parameters(caught, 1, 2, 3, 4);
}

/* --- what an unload leaves behind --- */

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

static void leave(void *context)
{
    DWORD count;
    HANDLE device = CreateFileA("\\\\.\\IoLife", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(DeviceIoControl(device, IOCTL_IOLIFE_LEAVE, context, sizeof(DWORD), NULL, 0, &count, NULL));
    assert_true(CloseHandle(device));
    ntio_unload_driver("iolife");
}

static void an_unload_says_what_was_left(void **state)
{
    (void)state;
    static const struct {
        DWORD what;
        const char *says, *from;
    } rows[] = {
        {IOLIFE_LEAVE_DEVICE, "left the device", "created in DriverEntry"},
        {IOLIFE_LEAVE_LINK, "left the symbolic link \\DosDevices\\IoLife", "created in DriverEntry"},
        {IOLIFE_LEAVE_POOL, "left 100 bytes of nonpaged pool", "tag 'Leak', allocated at LifeUnload"},
    };
    const ntio_options options = {.log = take};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        DWORD what = rows[i].what;
        ntio_bugcheck caught;
        assert_int_equal(ntio_start(&options), 0);
        assert_int_equal(ntio_load_driver("iolife"), STATUS_SUCCESS);
        length = 0;
        assert_true(ntio_catch_bugcheck(leave, &what, &caught));
        assert_int_equal(caught.code, 0xC4);
        assert_int_equal(caught.parameters[0], 0x62);
        assert_int_equal(caught.parameters[3], 1);
        assert_non_null(strstr(caught.report, "\\Driver\\iolife"));
        assert_non_null(strstr(text, rows[i].says));
        assert_non_null(strstr(text, rows[i].from));
        assert_int_equal(ntio_stop(), 0);
    }
}

static void what_is_permanent_may_be_left(void **state)
{
    (void)state;
    DWORD what = IOLIFE_LEAVE_PERMANENT;
    HANDLE event;
    assert_int_equal(ntio_start(NULL), 0);
    assert_int_equal(ntio_load_driver("iolife"), STATUS_SUCCESS);
    leave(&what);
    event = OpenEventA(SYNCHRONIZE, FALSE, "IoLifeStays");
    assert_non_null(event);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_true(CloseHandle(event));
    assert_int_equal(ntio_stop(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(irps, start, stop),
        cmocka_unit_test_setup_teardown(pool, start, stop),
        cmocka_unit_test_setup_teardown(spin_locks_and_irql, start, stop),
        cmocka_unit_test_setup_teardown(exceptions, start, stop),
        cmocka_unit_test_setup_teardown(locked_pages, start, stop),
        cmocka_unit_test_setup_teardown(the_system_s_own_lock, start, stop),
        cmocka_unit_test_setup_teardown(pages_left_locked, start, stop),
        cmocka_unit_test_setup_teardown(its_own, start, stop),
        cmocka_unit_test(an_unload_says_what_was_left),
        cmocka_unit_test(what_is_permanent_may_be_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
