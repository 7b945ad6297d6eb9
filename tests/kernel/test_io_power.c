/*
 * Power requests that a filter hands on: PoStartNextPowerIrp and PoCallDriver, as drivers for Windows 2000 and XP do it.
 */
#include "rig.h"

static PDEVICE_OBJECT lower, filter;
static UCHAR minor_seen;

static NTSTATUS on_power(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    if (device == lower) {
        minor_seen = stack->MinorFunction;
        return rig_complete(irp, STATUS_SUCCESS, 0);
    }
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(lower, irp);
}

static NTSTATUS NTAPI take_back(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)irp;
    *(PBOOLEAN)context = TRUE;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP power_irp(PBOOLEAN completed)
{
    rig.on[IRP_MJ_POWER] = on_power;
    lower = rig_device(NULL, 0, FALSE);
    filter = rig_device(NULL, 0, FALSE);
    assert_ptr_equal(IoAttachDeviceToDeviceStack(filter, lower), lower);
    PIRP irp = IoAllocateIrp(filter->StackSize, FALSE);
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoSetCompletionRoutine(irp, take_back, completed, TRUE, TRUE, TRUE);
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);
    next->MajorFunction = IRP_MJ_POWER;
    next->MinorFunction = IRP_MN_QUERY_POWER;
    return irp;
}

static void pass_on(void *context)
{
    (void)context;
    BOOLEAN completed = FALSE;
    PIRP irp = power_irp(&completed);
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(PoCallDriver(filter, irp), STATUS_SUCCESS);
    KeLowerIrql(irql);
    assert_true(completed);
    assert_int_equal(rig.count[IRP_MJ_POWER], 2);
    assert_int_equal(minor_seen, IRP_MN_QUERY_POWER);
    assert_int_equal(irp->IoStatus.Status, STATUS_SUCCESS);
    IoFreeIrp(irp);
}

static void a_filter_hands_it_on(void **state)
{
    (void)state;
    ntio_run_in_kernel(pass_on, NULL);
}

static void too_far(void *context)
{
    (void)context;
    BOOLEAN completed = FALSE;
    PIRP irp = power_irp(&completed);
    PoCallDriver(filter, irp);
    irp->CurrentLocation = 1; /* none left */
    PoCallDriver(lower, irp);
}

static void without_a_stack_location_it_is_a_bug_check(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(too_far, NULL, &caught));
    assert_int_equal(caught.code, NO_MORE_IRP_STACK_LOCATIONS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_filter_hands_it_on, rig_set_up, rig_tear_down),
        cmocka_unit_test_setup_teardown(without_a_stack_location_it_is_a_bug_check, rig_set_up, rig_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
