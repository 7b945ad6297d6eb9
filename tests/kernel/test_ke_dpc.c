/*
 * IRQL, DPCs and timers.
 */
#include "ke_test.h"

static void irql_goes_up_and_down(void **state)
{
    (void)state;
    KIRQL old, older;
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(APC_LEVEL, &old);
    assert_int_equal(old, PASSIVE_LEVEL);
    older = KeRaiseIrqlToDpcLevel();
    assert_int_equal(older, APC_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(older);
    KeLowerIrql(old);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

struct order {
    KDPC dpcs[4];
    LONG ran[8];
    LONG count;
    KIRQL irql;
};

static void note(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct order *order = context;
    (void)argument2;
    order->irql = KeGetCurrentIrql();
    order->ran[order->count++] = (LONG)(LONG_PTR)argument1;
    assert_true(KeIsExecutingDpc());
    assert_true(dpc >= order->dpcs && dpc < order->dpcs + 4);
}

static void a_dpc_runs_at_once_below_dispatch(void **state)
{
    (void)state;
    struct order order = {.count = 0};
    KeInitializeDpc(&order.dpcs[0], note, &order);
    assert_true(KeInsertQueueDpc(&order.dpcs[0], (PVOID)7, NULL));
    assert_int_equal(order.count, 1);
    assert_int_equal(order.ran[0], 7);
    assert_int_equal(order.irql, DISPATCH_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void dpcs_wait_for_the_irql_to_drop(void **state)
{
    (void)state;
    struct order order = {.count = 0};
    for (int i = 0; i < 4; i++)
        KeInitializeDpc(&order.dpcs[i], note, &order);
    KeSetImportanceDpc(&order.dpcs[2], HighImportance);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    for (LONG_PTR i = 0; i < 4; i++)
        assert_true(KeInsertQueueDpc(&order.dpcs[i], (PVOID)i, NULL));
    assert_false(KeInsertQueueDpc(&order.dpcs[1], (PVOID)99, NULL)); /* queued already */
    assert_true(KeRemoveQueueDpc(&order.dpcs[3]));
    assert_false(KeRemoveQueueDpc(&order.dpcs[3]));
    assert_int_equal(order.count, 0);
    KeLowerIrql(old);
    assert_int_equal(order.count, 3);
    assert_int_equal(order.ran[0], 2); /* high importance goes first */
    assert_int_equal(order.ran[1], 0);
    assert_int_equal(order.ran[2], 1);
}

struct chain {
    KDPC dpc;
    LONG left;
};

static void queue_again(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct chain *chain = context;
    if (--chain->left > 0)
        assert_true(KeInsertQueueDpc(dpc, argument1, argument2));
}

static void a_dpc_may_queue_itself(void **state)
{
    (void)state;
    struct chain chain = {.left = 10};
    KeInitializeDpc(&chain.dpc, queue_again, &chain);
    KeInsertQueueDpc(&chain.dpc, NULL, NULL);
    assert_int_equal(chain.left, 0);
}

static void spin_locks_lower_and_drain(void **state)
{
    (void)state;
    struct order order = {.count = 0};
    KSPIN_LOCK lock;
    KIRQL old;
    KLOCK_QUEUE_HANDLE handle;
    KeInitializeSpinLock(&lock);
    KeInitializeDpc(&order.dpcs[0], note, &order);
    KeAcquireSpinLock(&lock, &old);
    assert_false(KeTestSpinLock(&lock));
    KeInsertQueueDpc(&order.dpcs[0], (PVOID)1, NULL);
    assert_int_equal(order.count, 0);
    KeReleaseSpinLock(&lock, old);
    assert_int_equal(order.count, 1);
    KeAcquireInStackQueuedSpinLock(&lock, &handle);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_int_equal(handle.OldIrql, PASSIVE_LEVEL);
    KeReleaseInStackQueuedSpinLock(&handle);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

struct shared {
    KSPIN_LOCK lock;
    EX_SPIN_LOCK readers_writer;
    LONG value, copy;
};

static void add_under_lock(void *context)
{
    struct shared *shared = context;
    KIRQL old;
    for (int i = 0; i < 5000; i++) {
        KeAcquireSpinLock(&shared->lock, &old);
        shared->value++;
        KeReleaseSpinLock(&shared->lock, old);
        if (i % 4) {
            old = ExAcquireSpinLockShared(&shared->readers_writer);
            LONG copy = shared->copy;
            (void)copy;
            ExReleaseSpinLockShared(&shared->readers_writer, old);
        } else {
            old = ExAcquireSpinLockExclusive(&shared->readers_writer);
            shared->copy++;
            ExReleaseSpinLockExclusive(&shared->readers_writer, old);
        }
    }
}

static void spin_locks_exclude(void **state)
{
    (void)state;
    struct shared shared = {.value = 0};
    struct beside one, two;
    KeInitializeSpinLock(&shared.lock);
    run_beside(&one, add_under_lock, &shared);
    run_beside(&two, add_under_lock, &shared);
    join_beside(&one);
    join_beside(&two);
    assert_int_equal(shared.value, 10000);
    assert_int_equal(shared.copy, 2500);
}

struct ticking {
    KTIMER timer;
    KDPC dpc;
    KEVENT done;
    LONG left;
    KIRQL irql;
};

static void tick(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct ticking *ticking = context;
    (void)dpc, (void)argument1, (void)argument2;
    ticking->irql = KeGetCurrentIrql();
    if (--ticking->left == 0)
        KeSetEvent(&ticking->done, IO_NO_INCREMENT, FALSE);
}

static void timers_signal_and_call(void **state)
{
    (void)state;
    struct ticking ticking = {.left = 1};
    KeInitializeTimer(&ticking.timer);
    KeInitializeDpc(&ticking.dpc, tick, &ticking);
    KeInitializeEvent(&ticking.done, NotificationEvent, FALSE);
    ULONGLONG start = KeQueryInterruptTime();
    assert_false(KeSetTimer(&ticking.timer, relative(MILLISECONDS(10)), &ticking.dpc));
    assert_false(KeReadStateTimer(&ticking.timer));
    assert_int_equal(wait_for(&ticking.timer), STATUS_SUCCESS);
    assert_true(KeQueryInterruptTime() - start >= (ULONGLONG)MILLISECONDS(10));
    assert_int_equal(wait_for(&ticking.done), STATUS_SUCCESS);
    assert_int_equal(ticking.irql, DISPATCH_LEVEL);
    assert_true(KeReadStateTimer(&ticking.timer));
    assert_false(KeCancelTimer(&ticking.timer));
}

static void timers_can_be_cancelled_and_set_again(void **state)
{
    (void)state;
    KTIMER timer;
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    assert_false(KeSetTimer(&timer, relative(MILLISECONDS(60000)), NULL));
    assert_true(KeSetTimer(&timer, relative(MILLISECONDS(1)), NULL)); /* it was set */
    assert_int_equal(wait_for(&timer), STATUS_SUCCESS);
    assert_int_equal(poll(&timer), STATUS_TIMEOUT); /* one wait takes it */
    assert_false(KeSetTimer(&timer, relative(MILLISECONDS(60000)), NULL));
    assert_true(KeCancelTimer(&timer));
    assert_false(KeCancelTimer(&timer));
    assert_false(KeSetCoalescableTimer(&timer, relative(MILLISECONDS(1)), 0, 5, NULL));
    assert_int_equal(wait_for(&timer), STATUS_SUCCESS);
    LARGE_INTEGER past = {.QuadPart = 1}, when;
    KeQuerySystemTime(&when); /* absolute times are the system's */
    when.QuadPart += MILLISECONDS(20);
    ULONGLONG start = KeQueryInterruptTime();
    assert_false(KeSetTimer(&timer, when, NULL));
    assert_int_equal(poll(&timer), STATUS_TIMEOUT);
    assert_int_equal(wait_for(&timer), STATUS_SUCCESS);
    assert_true(KeQueryInterruptTime() - start >= (ULONGLONG)MILLISECONDS(15));
    assert_false(KeSetTimer(&timer, past, NULL));
    assert_int_equal(wait_for(&timer), STATUS_SUCCESS);
}

static void periodic_timers_go_on(void **state)
{
    (void)state;
    struct ticking ticking = {.left = 5};
    KeInitializeTimerEx(&ticking.timer, NotificationTimer);
    KeInitializeDpc(&ticking.dpc, tick, &ticking);
    KeInitializeEvent(&ticking.done, NotificationEvent, FALSE);
    ULONGLONG start = KeQueryInterruptTime();
    KeSetTimerEx(&ticking.timer, relative(MILLISECONDS(2)), 2, &ticking.dpc);
    assert_int_equal(wait_for(&ticking.done), STATUS_SUCCESS);
    assert_true(KeQueryInterruptTime() - start >= (ULONGLONG)MILLISECONDS(9));
    assert_true(KeCancelTimer(&ticking.timer));
    KeFlushQueuedDpcs();
    LONG left = ticking.left;
    pause_for(10);
    assert_int_equal(ticking.left, left);
}

static void many_timers_expire_in_order(void **state)
{
    (void)state;
    enum { MANY = 40 };
    static KTIMER timers[MANY];
    for (int i = 0; i < MANY; i++) {
        KeInitializeTimer(&timers[i]);
        KeSetTimer(&timers[i], relative(MILLISECONDS(1 + (i * 7) % MANY)), NULL);
    }
    for (int i = 0; i < MANY; i++)
        assert_int_equal(wait_for(&timers[i]), STATUS_SUCCESS);
}

static void note_processor(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument2;
    *(ULONG *)context = KeGetCurrentProcessorNumber();
    KeSetEvent(argument1, IO_NO_INCREMENT, FALSE);
}

static void dpcs_run_on_their_target(void **state)
{
    (void)state;
    KDPC dpc;
    KEVENT done;
    ULONG where;
    KeInitializeEvent(&done, SynchronizationEvent, FALSE);
    for (ULONG i = 0; i < KeQueryActiveProcessorCount(NULL); i++) {
        where = ~0u;
        KeInitializeDpc(&dpc, note_processor, &where);
        KeSetTargetProcessorDpc(&dpc, (CCHAR)i);
        KeInsertQueueDpc(&dpc, &done, NULL);
        assert_int_equal(wait_for(&done), STATUS_SUCCESS);
        KeFlushQueuedDpcs();
        assert_int_equal(where, i);
        where = ~0u;
        PROCESSOR_NUMBER number = {.Number = (UCHAR)i};
        KeInitializeDpc(&dpc, note_processor, &where);
        assert_int_equal(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_SUCCESS);
        KeInsertQueueDpc(&dpc, &done, NULL);
        assert_int_equal(wait_for(&done), STATUS_SUCCESS);
        KeFlushQueuedDpcs();
        assert_int_equal(where, i);
    }
    PROCESSOR_NUMBER none = {.Number = (UCHAR)KeQueryActiveProcessorCount(NULL)}, group = {.Group = 1};
    assert_int_equal(KeSetTargetProcessorDpcEx(&dpc, &none), STATUS_INVALID_PARAMETER);
    assert_int_equal(KeSetTargetProcessorDpcEx(&dpc, &group), STATUS_INVALID_PARAMETER);
}

static void take_long(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    for (int i = 0; i < 20; i++)
        KeStallExecutionProcessor(100);
    *(LONG *)context = 1; /* plain: the flush orders it */
}

/* Whatever processor it is on, and however long it takes. */
static void a_flush_waits_for_what_is_queued(void **state)
{
    (void)state;
    KDPC dpc;
    LONG done = 0;
    KeInitializeDpc(&dpc, take_long, &done);
    ULONG other = (KeGetCurrentProcessorNumber() + 1) % KeQueryActiveProcessorCount(NULL);
    KeSetTargetProcessorDpc(&dpc, (CCHAR)other);
    assert_true(KeInsertQueueDpc(&dpc, NULL, NULL));
    KeFlushQueuedDpcs();
    assert_int_equal(done, 1);
    assert_false(KeRemoveQueueDpc(&dpc));
}

static void device_queues(void **state)
{
    (void)state;
    KDEVICE_QUEUE queue;
    KDEVICE_QUEUE_ENTRY entries[4];
    KeInitializeDeviceQueue(&queue);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    assert_false(KeInsertDeviceQueue(&queue, &entries[0])); /* idle: not queued, now busy */
    assert_true(KeInsertByKeyDeviceQueue(&queue, &entries[1], 30));
    assert_true(KeInsertByKeyDeviceQueue(&queue, &entries[2], 10));
    assert_true(KeInsertByKeyDeviceQueue(&queue, &entries[3], 20));
    assert_ptr_equal(KeRemoveByKeyDeviceQueue(&queue, 15), &entries[3]);
    assert_true(KeRemoveEntryDeviceQueue(&queue, &entries[1]));
    assert_false(KeRemoveEntryDeviceQueue(&queue, &entries[1]));
    assert_ptr_equal(KeRemoveDeviceQueue(&queue), &entries[2]);
    assert_null(KeRemoveDeviceQueue(&queue));
    assert_false(queue.Busy);
    assert_null(KeRemoveByKeyDeviceQueueIfBusy(&queue, 5));
    assert_false(queue.Busy);
    assert_false(KeInsertByKeyDeviceQueue(&queue, &entries[0], 1));
    for (int i = 1; i < 4; i++)
        assert_true(KeInsertByKeyDeviceQueue(&queue, &entries[i], (ULONG)i));
    assert_ptr_equal(KeRemoveByKeyDeviceQueueIfBusy(&queue, 2), &entries[2]);
    assert_ptr_equal(KeRemoveByKeyDeviceQueueIfBusy(&queue, 9), &entries[1]); /* none at or after: the first */
    assert_ptr_equal(KeRemoveByKeyDeviceQueueIfBusy(&queue, 0), &entries[3]);
    assert_true(queue.Busy);
    assert_null(KeRemoveByKeyDeviceQueueIfBusy(&queue, 0));
    assert_false(queue.Busy);
    KeLowerIrql(old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(irql_goes_up_and_down),
        CASE(a_dpc_runs_at_once_below_dispatch),
        CASE(dpcs_wait_for_the_irql_to_drop),
        CASE(a_dpc_may_queue_itself),
        CASE(spin_locks_lower_and_drain),
        CASE(spin_locks_exclude),
        CASE(timers_signal_and_call),
        CASE(timers_can_be_cancelled_and_set_again),
        CASE(periodic_timers_go_on),
        CASE(many_timers_expire_in_order),
        CASE(dpcs_run_on_their_target),
        CASE(a_flush_waits_for_what_is_queued),
        CASE(device_queues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
