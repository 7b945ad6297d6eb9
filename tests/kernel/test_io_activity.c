/*
 * Activity IDs: of requests, of threads, from the one to the other; event tracing sees the same.
 */
#include "rig.h"

#include <evntrace.h>

static const GUID one = {1, 2, 3, {4}}, two = {5, 6, 7, {8}};

#define assert_guid(a, b) assert_memory_equal(a, b, sizeof(GUID))

static void requests(void *context)
{
    (void)context;
    GUID id = {0};
    PIRP irp = IoAllocateIrp(1, FALSE), other = IoAllocateIrp(1, FALSE);
    assert_int_equal(IoGetActivityIdIrp(irp, &id), STATUS_NOT_FOUND);
    assert_int_equal(IoSetActivityIdIrp(irp, &one), STATUS_SUCCESS);
    assert_int_equal(IoGetActivityIdIrp(irp, &id), STATUS_SUCCESS);
    assert_guid(&id, &one);
    assert_int_equal(IoGetActivityIdIrp(other, &id), STATUS_NOT_FOUND);
    assert_int_equal(IoSetActivityIdIrp(irp, &two), STATUS_SUCCESS);
    assert_int_equal(IoSetActivityIdIrp(other, &one), STATUS_SUCCESS);
    IoReuseIrp(irp, STATUS_SUCCESS);
    assert_int_equal(IoGetActivityIdIrp(irp, &id), STATUS_SUCCESS);
    assert_guid(&id, &two);
    IoFreeIrp(irp);
    IoFreeIrp(other);
    /* Another that may have the same address. */
    irp = IoAllocateIrp(1, FALSE);
    assert_int_equal(IoGetActivityIdIrp(irp, &id), STATUS_NOT_FOUND);

    /* The thread's, of a request that it sends itself. */
    assert_int_equal(IoSetActivityIdIrp(irp, NULL), STATUS_NOT_SUPPORTED);
    irp->Tail.Overlay.Thread = PsGetCurrentThread();
    assert_int_equal(IoSetActivityIdIrp(irp, NULL), STATUS_NOT_SUPPORTED);
    LPCGUID before = IoSetActivityIdThread(&two);
    assert_int_equal(IoSetActivityIdIrp(irp, NULL), STATUS_SUCCESS);
    assert_int_equal(IoGetActivityIdIrp(irp, &id), STATUS_SUCCESS);
    assert_guid(&id, &two);
    IoClearActivityIdThread(before);
    IoFreeIrp(irp);
}

static void requests_have_ids(void **state)
{
    (void)state;
    ntio_run_in_kernel(requests, NULL);
}

static void threads(void *context)
{
    (void)context;
    GUID id, zero = {0}, copy;
    LPCGUID before;
    assert_null(IoGetActivityIdThread());
    assert_null(IoSetActivityIdThread(&one));
    assert_ptr_equal(IoGetActivityIdThread(), &one);
    assert_int_equal(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_GET_ID, &id), STATUS_SUCCESS);
    assert_guid(&id, &one);
    before = IoSetActivityIdThread(&two);
    assert_ptr_equal(before, &one);
    IoClearActivityIdThread(before);
    assert_ptr_equal(IoGetActivityIdThread(), &one);
    IoClearActivityIdThread(NULL);
    assert_null(IoGetActivityIdThread());

    id = two;
    assert_int_equal(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &id), STATUS_SUCCESS);
    assert_guid(IoGetActivityIdThread(), &two);
    PIRP irp = IoAllocateIrp(1, FALSE);
    assert_int_equal(IoPropagateActivityIdToThread(irp, &copy, &before), STATUS_NOT_FOUND);
    assert_int_equal(IoSetActivityIdIrp(irp, &one), STATUS_SUCCESS);
    assert_int_equal(IoPropagateActivityIdToThread(irp, &copy, &before), STATUS_SUCCESS);
    assert_ptr_equal(IoGetActivityIdThread(), &copy);
    assert_guid(&copy, &one);
    assert_guid(before, &two);
    IoClearActivityIdThread(before);
    assert_guid(IoGetActivityIdThread(), &two);
    assert_int_equal(EtwActivityIdControl(EVENT_ACTIVITY_CTRL_SET_ID, &zero), STATUS_SUCCESS);
    assert_null(IoGetActivityIdThread());
    IoFreeIrp(irp);
}

static void threads_have_ids(void **state)
{
    (void)state;
    ntio_run_in_kernel(threads, NULL);
}

#define RIG_TEST(function) cmocka_unit_test_setup_teardown(function, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {RIG_TEST(requests_have_ids), RIG_TEST(threads_have_ids)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
