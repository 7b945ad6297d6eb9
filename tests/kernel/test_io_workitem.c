/*
 * I/O work items: where they run, what keeps their device, queueing again and freeing from within, and the
 * misuse that stops the machine.
 */
#include "rig.h"

static struct {
    KEVENT ran, go;
    int count;
    KIRQL irql;
    BOOLEAN system;
    PVOID object, context;
    PIO_WORKITEM item;
    CSHORT type; /* of the device object, read after it was deleted */
    int again;   /* how often the routine queues its item anew */
} w;

static void set_up(void)
{
    memset(&w, 0, sizeof w);
    KeInitializeEvent(&w.ran, SynchronizationEvent, FALSE);
    KeInitializeEvent(&w.go, NotificationEvent, FALSE);
}

static void wait_for(PKEVENT event)
{
    assert_int_equal(KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
}

static VOID NTAPI note(PDEVICE_OBJECT device, PVOID context)
{
    w.count++;
    w.irql = KeGetCurrentIrql();
    w.system = PsGetCurrentProcess() == PsInitialSystemProcess && PsIsSystemThread(PsGetCurrentThread());
    w.object = device;
    w.context = context;
    KeSetEvent(&w.ran, 0, FALSE);
}

static VOID NTAPI note_ex(PVOID object, PVOID context, PIO_WORKITEM item)
{
    w.item = item;
    note(object, context);
}

static void runs_in_a_system_thread(void *context)
{
    (void)context;
    static WORK_QUEUE_TYPE types[] = {CriticalWorkQueue, DelayedWorkQueue, HyperCriticalWorkQueue};
    set_up();
    PIO_WORKITEM item = IoAllocateWorkItem(rig.device);
    assert_non_null(item);
    for (int i = 0; i < 3; i++) {
        IoQueueWorkItem(item, note, types[i], &types[i]);
        wait_for(&w.ran);
        assert_int_equal(w.count, i + 1);
        assert_int_equal(w.irql, PASSIVE_LEVEL);
        assert_true(w.system);
        assert_ptr_equal(w.object, rig.device);
        assert_ptr_equal(w.context, &types[i]);
    }
    IoQueueWorkItemEx(item, note_ex, DelayedWorkQueue, NULL);
    wait_for(&w.ran);
    assert_ptr_equal(w.item, item);
    assert_null(w.context);
    IoFreeWorkItem(item);
}

static void queued_from_dispatch_level(void *context)
{
    (void)context;
    KIRQL irql;
    set_up();
    PIO_WORKITEM item = IoAllocateWorkItem(rig.device);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoQueueWorkItem(item, note, CriticalWorkQueue, NULL);
    KeLowerIrql(irql);
    wait_for(&w.ran);
    assert_int_equal(w.irql, PASSIVE_LEVEL);
    IoFreeWorkItem(item);
}

static void in_memory_of_the_drivers_own(void *context)
{
    (void)context;
    set_up();
    PIO_WORKITEM item = ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeofWorkItem(), 'tseT');
    IoInitializeWorkItem(rig.driver, item); /* a driver object will do */
    IoQueueWorkItemEx(item, note_ex, DelayedWorkQueue, &w);
    wait_for(&w.ran);
    assert_ptr_equal(w.object, rig.driver);
    assert_ptr_equal(w.item, item);
    IoUninitializeWorkItem(item);
    ExFreePoolWithTag(item, 'tseT');
}

/* --- from within the routine --- */

static VOID NTAPI again(PVOID object, PVOID context, PIO_WORKITEM item)
{
    assert_ptr_equal(object, rig.device);
    if (++w.count < w.again) {
        IoQueueWorkItemEx(item, again, DelayedWorkQueue, context);
        return;
    }
    IoFreeWorkItem(item);
    KeSetEvent(&w.ran, 0, FALSE);
}

static void requeued_and_freed_by_its_routine(void *context)
{
    (void)context;
    set_up();
    w.again = 5;
    IoQueueWorkItemEx(IoAllocateWorkItem(rig.device), again, DelayedWorkQueue, NULL);
    wait_for(&w.ran);
    assert_int_equal(w.count, 5);
}

static VOID NTAPI look_at_device(PVOID object, PVOID context, PIO_WORKITEM item)
{
    (void)context;
    wait_for(&w.go);
    w.type = ((PDEVICE_OBJECT)object)->Type;
    w.object = ((PDEVICE_OBJECT)object)->DriverObject;
    IoFreeWorkItem(item);
    KeSetEvent(&w.ran, 0, FALSE);
}

static void the_device_stays_until_the_routine_is_done(void *context)
{
    (void)context;
    set_up();
    PDEVICE_OBJECT device = rig_device(NULL, 0, FALSE);
    IoQueueWorkItemEx(IoAllocateWorkItem(device), look_at_device, DelayedWorkQueue, NULL);
    IoDeleteDevice(device);
    KeSetEvent(&w.go, 0, FALSE);
    wait_for(&w.ran);
    assert_int_equal(w.type, IO_TYPE_DEVICE);
    assert_ptr_equal(w.object, rig.driver);
}

static VOID NTAPI wait_to_go(PVOID object, PVOID context, PIO_WORKITEM item)
{
    (void)object, (void)context, (void)item;
    KeSetEvent(&w.ran, 0, FALSE);
    wait_for(&w.go);
}

static void tried_while_it_is_queued(void *context)
{
    (void)context;
    enum { BLOCKERS = 16 }; /* all the workers there can be */
    PIO_WORKITEM blockers[BLOCKERS], item = IoAllocateWorkItem(rig.device);
    set_up();
    for (int i = 0; i < BLOCKERS; i++) {
        blockers[i] = IoAllocateWorkItem(rig.device);
        IoQueueWorkItemEx(blockers[i], wait_to_go, DelayedWorkQueue, NULL);
        wait_for(&w.ran);
    }
    assert_true(IoTryQueueWorkItem(item, note_ex, DelayedWorkQueue, &item));
    assert_false(IoTryQueueWorkItem(item, note_ex, DelayedWorkQueue, NULL)); /* the first stands */
    KeSetEvent(&w.go, 0, FALSE);
    wait_for(&w.ran);
    assert_int_equal(w.count, 1);
    assert_ptr_equal(w.context, &item);
    /* A worker that is running its item counts it as queued no more. */
    assert_true(IoTryQueueWorkItem(item, note_ex, DelayedWorkQueue, NULL));
    wait_for(&w.ran);
    for (int i = 0; i < BLOCKERS; i++)
        IoFreeWorkItem(blockers[i]);
    IoFreeWorkItem(item);
}

/* --- misuse --- */

static PIO_WORKITEM misused;

static VOID NTAPI never_done(PVOID object, PVOID context, PIO_WORKITEM item)
{
    (void)object, (void)context, (void)item;
    wait_for(&w.go);
}

/* With every worker busy the item stays in its queue. */
static void fill_queue(void)
{
    set_up();
    for (int i = 0; i < 16; i++)
        IoQueueWorkItemEx(IoAllocateWorkItem(rig.device), never_done, DelayedWorkQueue, NULL);
    misused = IoAllocateWorkItem(rig.device);
    IoQueueWorkItemEx(misused, note_ex, DelayedWorkQueue, NULL);
}

static void queue_twice(void *context)
{
    (void)context;
    fill_queue();
    IoQueueWorkItemEx(misused, note_ex, DelayedWorkQueue, NULL);
}

static void free_queued(void *context)
{
    (void)context;
    fill_queue();
    IoFreeWorkItem(misused);
}

static void uninitialize_queued(void *context)
{
    (void)context;
    fill_queue();
    IoUninitializeWorkItem(misused);
}

static VOID NTAPI stay_raised(PVOID object, PVOID context, PIO_WORKITEM item)
{
    (void)object, (void)context, (void)item;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
}

static void return_raised(void *context)
{
    (void)context;
    set_up();
    IoQueueWorkItemEx(IoAllocateWorkItem(rig.device), stay_raised, DelayedWorkQueue, NULL);
    wait_for(&w.go);
}

static void queueing_twice_stops(void **state)
{
    (void)state;
    expect_bugcheck(queue_twice, NULL, 0xE4, 1);
}
static void freeing_a_queued_one_stops(void **state)
{
    (void)state;
    expect_bugcheck(free_queued, NULL, 0xE4, 0);
}
static void uninitializing_a_queued_one_stops(void **state)
{
    (void)state;
    expect_bugcheck(uninitialize_queued, NULL, 0xE4, 0);
}
static void returning_at_a_raised_irql_stops(void **state)
{
    ntio_bugcheck caught;
    (void)state;
    assert_true(ntio_catch_bugcheck(return_raised, NULL, &caught));
    assert_int_equal(caught.code, 0xE1);
    assert_int_equal(caught.parameters[1], DISPATCH_LEVEL);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }
IN_KERNEL(runs_in_a_system_thread)
IN_KERNEL(queued_from_dispatch_level)
IN_KERNEL(in_memory_of_the_drivers_own)
IN_KERNEL(requeued_and_freed_by_its_routine)
IN_KERNEL(the_device_stays_until_the_routine_is_done)
IN_KERNEL(tried_while_it_is_queued)

#define CASE(name) cmocka_unit_test_setup_teardown(test_##name, rig_set_up, rig_tear_down)
#define STOP(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(runs_in_a_system_thread),
        CASE(queued_from_dispatch_level),
        CASE(in_memory_of_the_drivers_own),
        CASE(requeued_and_freed_by_its_routine),
        CASE(the_device_stays_until_the_routine_is_done),
        CASE(tried_while_it_is_queued),
        STOP(queueing_twice_stops),
        STOP(freeing_a_queued_one_stops),
        STOP(uninitializing_a_queued_one_stops),
        STOP(returning_at_a_raised_irql_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
