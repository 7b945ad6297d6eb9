/*
 * ExTimers, the timers of devices, threaded DPCs, and what is called when a bug check stops the machine.
 */
#include "rig.h"

static struct {
    PEX_TIMER timer;
    KEVENT ran, deleted, go;
    int count, deletions;
    KIRQL irql;
    PVOID context;
    BOOLEAN delete_inside, stop_after;
} x;

static void set_up(void)
{
    memset(&x, 0, sizeof x);
    KeInitializeEvent(&x.ran, SynchronizationEvent, FALSE);
    KeInitializeEvent(&x.deleted, SynchronizationEvent, FALSE);
    KeInitializeEvent(&x.go, NotificationEvent, FALSE);
}

static NTSTATUS wait_for(PVOID object)
{
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS poll(PVOID object)
{
    LARGE_INTEGER now = {.QuadPart = 0};
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &now);
}

static VOID NTAPI deleted(PVOID context)
{
    assert_ptr_equal(context, &x);
    x.deletions++;
    KeSetEvent(&x.deleted, 0, FALSE);
}

static EXT_DELETE_PARAMETERS deletion(void)
{
    EXT_DELETE_PARAMETERS parameters;
    ExInitializeDeleteTimerParameters(&parameters);
    parameters.DeleteCallback = deleted;
    parameters.DeleteContext = &x;
    return parameters;
}

static VOID NTAPI expired(PEX_TIMER timer, PVOID context)
{
    x.count++;
    x.irql = KeGetCurrentIrql();
    x.context = context;
    if (x.delete_inside) {
        EXT_DELETE_PARAMETERS parameters = deletion();
        ExDeleteTimer(timer, TRUE, FALSE, &parameters);
    }
    KeSetEvent(&x.ran, 0, FALSE);
}

#define LONG_TIME (-3600 * 10000000ll)

static void a_timer_expires_once(void *context)
{
    (void)context;
    set_up();
    x.timer = ExAllocateTimer(expired, &x, 0);
    assert_non_null(x.timer);
    assert_false(ExCancelTimer(x.timer, NULL)); /* not set */
    assert_false(ExSetTimer(x.timer, LONG_TIME, 0, NULL));
    assert_true(ExSetTimer(x.timer, LONG_TIME, 0, NULL)); /* set already */
    assert_true(ExCancelTimer(x.timer, NULL));
    assert_false(ExCancelTimer(x.timer, NULL));
    assert_false(ExSetTimer(x.timer, -1, 0, NULL));
    wait_for(&x.ran);
    assert_int_equal(x.irql, DISPATCH_LEVEL);
    assert_ptr_equal(x.context, &x);
    assert_int_equal(wait_for(x.timer),
                     STATUS_SUCCESS); /* a dispatcher object, of the synchronization kind */
    assert_int_equal(poll(x.timer), STATUS_TIMEOUT);
    assert_false(ExDeleteTimer(x.timer, TRUE, TRUE, NULL));
    assert_int_equal(x.count, 1);
}

static void a_notification_timer_stays_signalled(void *context)
{
    (void)context;
    set_up();
    x.timer = ExAllocateTimer(NULL, NULL, EX_TIMER_NOTIFICATION | EX_TIMER_HIGH_RESOLUTION);
    assert_int_equal(poll(x.timer), STATUS_TIMEOUT);
    ExSetTimer(x.timer, -1, 0, NULL);
    assert_int_equal(wait_for(x.timer), STATUS_SUCCESS);
    assert_int_equal(poll(x.timer), STATUS_SUCCESS);
    ExDeleteTimer(x.timer, TRUE, TRUE, NULL);
}

static void a_periodic_timer_goes_on(void *context)
{
    (void)context;
    set_up();
    EXT_DELETE_PARAMETERS parameters = deletion();
    EXT_SET_PARAMETERS set;
    ExInitializeSetTimerParameters(&set);
    assert_int_equal(set.NoWakeTolerance, 0);
    x.timer = ExAllocateTimer(expired, NULL, 0);
    assert_false(ExSetTimer(x.timer, LONG_TIME, 0, &set));
    assert_true(ExSetTimer(x.timer, -1, 5000, NULL)); /* 500 microseconds: rounded up to a millisecond */
    for (int i = 0; i < 5; i++)
        wait_for(&x.ran);
    assert_true(ExDeleteTimer(x.timer, TRUE, TRUE, &parameters));
    assert_int_equal(x.deletions, 1); /* waited */
    assert_true(x.count >= 5);
}

static void the_resolution_is_told(void *context)
{
    (void)context;
    ULONG most, least, now;
    ExQueryTimerResolution(&most, &least, &now);
    assert_int_equal(most, KeQueryTimeIncrement());
    assert_int_equal(least, 5000);
    assert_int_equal(now, most);
    assert_int_equal(ExSetTimerResolution(20000, TRUE), 20000);
    assert_int_equal(ExSetTimerResolution(50000, TRUE), 20000); /* the finest that anybody wants */
    assert_int_equal(ExSetTimerResolution(1, TRUE), 5000);
    ExQueryTimerResolution(&most, &least, &now);
    assert_int_equal(now, 5000);
    assert_int_equal(ExSetTimerResolution(0, FALSE), 5000);
    assert_int_equal(ExSetTimerResolution(0, FALSE), 5000);
    assert_int_equal(ExSetTimerResolution(0, FALSE), most);
}

static void deleted_without_waiting(void *context)
{
    (void)context;
    KIRQL irql;
    EXT_DELETE_PARAMETERS parameters = deletion();
    set_up();
    x.timer = ExAllocateTimer(expired, NULL, 0);
    ExSetTimer(x.timer, LONG_TIME, 0, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_true(ExDeleteTimer(x.timer, TRUE, FALSE, &parameters));
    KeLowerIrql(irql);
    wait_for(&x.deleted);
    assert_int_equal(x.count, 0);
}

static void deleted_but_not_cancelled(void *context)
{
    (void)context;
    EXT_DELETE_PARAMETERS parameters = deletion();
    for (LONGLONG period = 0; period <= 10000; period += 10000) {
        set_up();
        x.timer = ExAllocateTimer(expired, NULL, 0);
        ExSetTimer(x.timer, -20000, period, NULL);
        assert_false(ExDeleteTimer(x.timer, FALSE, FALSE, &parameters));
        wait_for(&x.deleted);
        assert_true(period || x.count == 1); /* it has expired, and for the last time */
        assert_true(x.count >= 1);
        assert_int_equal(x.deletions, 1);
    }
}

static void deleted_by_its_own_routine(void *context)
{
    (void)context;
    set_up();
    x.delete_inside = TRUE;
    x.timer = ExAllocateTimer(expired, NULL, 0);
    ExSetTimer(x.timer, -1, 10000, NULL);
    wait_for(&x.deleted);
    assert_int_equal(x.count, 1);
}

static void never_set_and_deleted(void *context)
{
    (void)context;
    EXT_DELETE_PARAMETERS parameters = deletion();
    set_up();
    assert_false(ExDeleteTimer(ExAllocateTimer(NULL, NULL, 0), FALSE, FALSE, &parameters));
    wait_for(&x.deleted);
}

static void wait_without_cancel(void *context)
{
    (void)context;
    ExDeleteTimer(ExAllocateTimer(NULL, NULL, 0), FALSE, TRUE, NULL);
}

/* The clock that such a timer has knows no absolute times. */
static void set_absolutely(void *context)
{
    (void)context;
    ExSetTimer(ExAllocateTimer(NULL, NULL, EX_TIMER_HIGH_RESOLUTION), 0, 0, NULL);
}

static void high_resolution_is_relative(void **state)
{
    (void)state;
    expect_bugcheck(set_absolutely, NULL, 0xC7, 0);
}

static void waiting_without_cancelling_stops(void **state)
{
    (void)state;
    expect_bugcheck(wait_without_cancel, NULL, 0xC7, 0);
}

/* --- the timer of a device --- */

static VOID NTAPI ticked(PDEVICE_OBJECT device, PVOID context)
{
    assert_ptr_equal(device, rig.device);
    x.irql = KeGetCurrentIrql();
    x.context = context;
    x.count++;
    KeSetEvent(&x.ran, 0, FALSE);
}

static VOID NTAPI stop_inside(PDEVICE_OBJECT device, PVOID context)
{
    (void)context;
    IoStopTimer(device);
}

static void a_device_ticks_each_second(void *context)
{
    (void)context;
    ULONGLONG begin = KeQueryInterruptTime();
    set_up();
    assert_int_equal(IoInitializeTimer(rig.device, stop_inside, NULL), STATUS_SUCCESS);
    assert_non_null(rig.device->Timer);
    assert_int_equal(IoInitializeTimer(rig.device, ticked, &x), STATUS_SUCCESS); /* the later one counts */
    IoStopTimer(rig.device);
    IoStartTimer(rig.device);
    IoStartTimer(rig.device);
    wait_for(&x.ran);
    assert_in_range(KeQueryInterruptTime() - begin, 9900000, 60 * 10000000ll);
    IoStopTimer(rig.device);
    assert_int_equal(x.count, 1);
    assert_int_equal(x.irql, DISPATCH_LEVEL);
    assert_ptr_equal(x.context, &x);
    IoStartTimer(rig.device); /* IoDeleteDevice stops it */
}

static void stop_in_routine(void *context)
{
    (void)context;
    set_up();
    IoInitializeTimer(rig.device, stop_inside, NULL);
    IoStartTimer(rig.device);
    wait_for(&x.go);
}

static void stopping_a_devices_timer_inside_it_stops(void **state)
{
    ntio_bugcheck caught;
    (void)state;
    assert_true(ntio_catch_bugcheck(stop_in_routine, NULL, &caught));
    assert_int_equal(caught.code, 0x0F); /* a spin lock taken twice */
}

/* --- threaded DPCs --- */

static VOID NTAPI threaded(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    KIRQL irql;
    assert_ptr_equal(context, &x);
    assert_ptr_equal(argument1, dpc);
    x.irql = KeGetCurrentIrql();
    irql = KeAcquireSpinLockForDpc(argument2);
    x.count++;
    KeReleaseSpinLockForDpc(argument2, irql);
}

static void a_threaded_dpc_runs_at_passive_level(void *context)
{
    KDPC dpc;
    KSPIN_LOCK lock;
    (void)context;
    set_up();
    KeInitializeSpinLock(&lock);
    KeInitializeThreadedDpc(&dpc, threaded, &x);
    for (int i = 0; i < 20; i++) {
        if (i >= 10)
            KeSetTargetProcessorDpc(&dpc, 0);
        assert_true(KeInsertQueueDpc(&dpc, &dpc, &lock));
        KeFlushQueuedDpcs();
        assert_int_equal(x.count, i + 1);
        assert_int_equal(x.irql, PASSIVE_LEVEL);
    }
}

/* --- bug check callbacks --- */

static struct {
    KBUGCHECK_CALLBACK_RECORD plain, broken, gone;
    KBUGCHECK_REASON_CALLBACK_RECORD reason;
    UCHAR buffer[16];
    KIRQL irql, reason_irql;
    ULONG length, room;
    UCHAR state;
} b;

static VOID NTAPI note_buffer(PVOID buffer, ULONG length)
{
    assert_ptr_equal(buffer, b.buffer);
    b.irql = KeGetCurrentIrql();
    b.length = length;
    b.state = b.plain.State;
    memset(buffer, 0x5A, length);
}

static VOID NTAPI never(PVOID buffer, ULONG length)
{
    (void)buffer, (void)length;
    b.length = 999;
}

static VOID NTAPI note_reason(KBUGCHECK_CALLBACK_REASON reason,
                              struct _KBUGCHECK_REASON_CALLBACK_RECORD *record, PVOID data, ULONG length)
{
    assert_int_equal(reason, KbCallbackSecondaryDumpData);
    assert_ptr_equal(record, &b.reason);
    assert_int_equal(length, sizeof(KBUGCHECK_SECONDARY_DUMP_DATA));
    b.room = ((PKBUGCHECK_SECONDARY_DUMP_DATA)data)->InBufferLength;
    b.reason_irql = KeGetCurrentIrql();
}

static void crash(void *context)
{
    (void)context;
    memset(&b, 0, sizeof b);
    KeInitializeCallbackRecord(&b.plain);
    assert_true(
        KeRegisterBugCheckCallback(&b.plain, note_buffer, b.buffer, sizeof b.buffer, (PUCHAR) "test"));
    assert_false(
        KeRegisterBugCheckCallback(&b.plain, note_buffer, b.buffer, sizeof b.buffer, (PUCHAR) "test"));
    assert_true(KeRegisterBugCheckCallback(&b.broken, never, NULL, 0, (PUCHAR) "test"));
    b.broken.Length = 7; /* overwritten: the checksum tells */
    assert_true(KeRegisterBugCheckCallback(&b.gone, never, NULL, 0, (PUCHAR) "test"));
    assert_true(KeDeregisterBugCheckCallback(&b.gone));
    assert_false(KeDeregisterBugCheckCallback(&b.gone));
    assert_true(KeRegisterBugCheckReasonCallback(&b.reason, note_reason, KbCallbackSecondaryDumpData,
                                                 (PUCHAR) "test"));
    KeBugCheckEx(0xDEADDEAD, 1, 2, 3, 4);
}

static void callbacks_are_called(void **state)
{
    (void)state;
    expect_bugcheck(crash, NULL, 0xDEADDEAD, 1);
    assert_int_equal(b.length, sizeof b.buffer);
    assert_int_equal(b.irql, HIGH_LEVEL);
    assert_int_equal(b.state, BufferStarted);
    assert_int_equal(b.plain.State, BufferFinished);
    assert_int_equal(b.buffer[15], 0x5A);
    assert_int_equal(b.reason_irql, HIGH_LEVEL);
    assert_true(b.room > 0);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }
IN_KERNEL(a_timer_expires_once)
IN_KERNEL(a_notification_timer_stays_signalled)
IN_KERNEL(a_periodic_timer_goes_on)
IN_KERNEL(the_resolution_is_told)
IN_KERNEL(deleted_without_waiting)
IN_KERNEL(deleted_but_not_cancelled)
IN_KERNEL(deleted_by_its_own_routine)
IN_KERNEL(never_set_and_deleted)
IN_KERNEL(a_device_ticks_each_second)
IN_KERNEL(a_threaded_dpc_runs_at_passive_level)

#define CASE(name) cmocka_unit_test_setup_teardown(test_##name, rig_set_up, rig_tear_down)
#define STOP(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_timer_expires_once),
        CASE(a_notification_timer_stays_signalled),
        CASE(a_periodic_timer_goes_on),
        CASE(the_resolution_is_told),
        CASE(deleted_without_waiting),
        CASE(deleted_but_not_cancelled),
        CASE(deleted_by_its_own_routine),
        CASE(never_set_and_deleted),
        CASE(a_device_ticks_each_second),
        CASE(a_threaded_dpc_runs_at_passive_level),
        STOP(waiting_without_cancelling_stops),
        STOP(high_resolution_is_relative),
        STOP(stopping_a_devices_timer_inside_it_stops),
        STOP(callbacks_are_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
