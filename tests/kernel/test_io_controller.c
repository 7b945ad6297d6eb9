/* Controller objects: devices take their turns, in order, at once or when the one before is done. */
#include "rig.h"

static struct {
    PCONTROLLER_OBJECT controller;
    char order[32];
    int count;
    IO_ALLOCATION_ACTION action;
    KIRQL irql;
    PIRP irp;
} turn;

static IO_ALLOCATION_ACTION NTAPI on_turn(PDEVICE_OBJECT device, PIRP irp, PVOID base, PVOID context)
{
    (void)device;
    assert_null(base);
    turn.order[turn.count++] = *(char *)context;
    turn.irql = KeGetCurrentIrql();
    turn.irp = irp;
    return turn.action;
}

static void ask(PDEVICE_OBJECT device, char *name)
{
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    IoAllocateController(turn.controller, device, on_turn, name);
    KeLowerIrql(old);
}

static void done(void)
{
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    IoFreeController(turn.controller);
    KeLowerIrql(old);
}

static void take_turns(void *context)
{
    (void)context;
    memset(&turn, 0, sizeof turn);
    turn.controller = IoCreateController(100);
    assert_non_null(turn.controller);
    assert_int_equal(turn.controller->Type, IO_TYPE_CONTROLLER);
    PUCHAR extension = turn.controller->ControllerExtension;
    for (int i = 0; i < 100; i++)
        assert_int_equal(extension[i], 0);
    extension[99] = 1;
    PDEVICE_OBJECT a = rig_device(NULL, 0, FALSE), b = rig_device(NULL, 0, FALSE), c = rig_device(NULL, 0, FALSE);
    IRP irp;
    a->CurrentIrp = &irp;

    /* It is free, and given back at once. */
    turn.action = DeallocateObject;
    ask(a, "a");
    assert_string_equal(turn.order, "a");
    assert_int_equal(turn.irql, DISPATCH_LEVEL);
    assert_ptr_equal(turn.irp, &irp);
    ask(b, "b");
    assert_string_equal(turn.order, "ab");
    assert_null(turn.irp);

    /* It is kept: the others wait, each for the one before. */
    turn.action = KeepObject;
    ask(a, "A");
    ask(b, "B");
    ask(c, "C");
    assert_string_equal(turn.order, "abA");
    done();
    assert_string_equal(turn.order, "abAB");
    ask(a, "D");
    done();
    assert_string_equal(turn.order, "abABC");
    /* All that are left in one go. */
    ask(b, "E");
    turn.action = DeallocateObject;
    done();
    assert_string_equal(turn.order, "abABCDE");
    ask(c, "F");
    assert_string_equal(turn.order, "abABCDEF");
    a->CurrentIrp = NULL;
    IoDeleteController(turn.controller);
}

static void turns(void **state)
{
    (void)state;
    ntio_run_in_kernel(take_turns, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(turns, rig_set_up, rig_tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
