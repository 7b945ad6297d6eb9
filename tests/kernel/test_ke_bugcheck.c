/*
 * Bug checks that the kernel itself raises, and the machine that starts again after each.
 */
#include "ke_test.h"

#include <string.h>

static void raise_own(void *context)
{
    (void)context;
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
}

static void nothing(void *context)
{
    (void)context;
}

static void caught_with_its_parameters(void **state)
{
    (void)state;
    ntio_bugcheck caught = expect_bugcheck(raise_own, NULL, MANUALLY_INITIATED_CRASH);
    for (int i = 0; i < 4; i++)
        assert_int_equal(caught.parameters[i], i + 1);
    assert_non_null(strstr(caught.report, "MANUALLY_INITIATED_CRASH"));
    assert_false(ntio_catch_bugcheck(nothing, NULL, &caught));
}

static void raise_with_freed_memory(void *context)
{
    (void)context;
    KeBugCheckEx(BAD_POOL_CALLER, 0x40, (ULONG_PTR)0xDDDDDDDDDDDDDDDDull, 3, 4);
}

static void values_and_rules_are_explained(void **state)
{
    (void)state;
    ntio_bugcheck caught = expect_bugcheck(raise_with_freed_memory, NULL, BAD_POOL_CALLER);
    assert_non_null(strstr(caught.report, "Arg2: dddddddddddddddd  see parameter 1: read from pool that was freed\n"));
    assert_non_null(strstr(caught.report, "RULE:    what was freed is the client's memory, not pool\n"));
}

static void the_machine_starts_again_many_times(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        expect_bugcheck(raise_own, NULL, MANUALLY_INITIATED_CRASH);
}

static void acquire_twice(void *context)
{
    KIRQL old;
    KeAcquireSpinLock((PKSPIN_LOCK)context, &old);
    KeAcquireSpinLockAtDpcLevel(context);
}

static void release_unowned(void *context)
{
    KIRQL old = KeRaiseIrqlToDpcLevel();
    KeReleaseSpinLock(context, old);
}

static void acquire_exclusive_twice(void *context)
{
    ExAcquireSpinLockExclusive(context);
    ExAcquireSpinLockExclusiveAtDpcLevel(context);
}

static void release_shared_unowned(void *context)
{
    KIRQL old = KeRaiseIrqlToDpcLevel();
    ExReleaseSpinLockShared(context, old);
}

static void spin_lock_mistakes(void **state)
{
    (void)state;
    KSPIN_LOCK lock = 0;
    EX_SPIN_LOCK shared = 0;
    assert_int_equal(expect_bugcheck(acquire_twice, &lock, SPIN_LOCK_ALREADY_OWNED).parameters[0], (uintptr_t)&lock);
    lock = 0;
    assert_int_equal(expect_bugcheck(release_unowned, &lock, SPIN_LOCK_NOT_OWNED).parameters[0], (uintptr_t)&lock);
    expect_bugcheck(acquire_exclusive_twice, (void *)&shared, SPIN_LOCK_ALREADY_OWNED);
    shared = 0;
    expect_bugcheck(release_shared_unowned, (void *)&shared, SPIN_LOCK_NOT_OWNED);
}

static void lower_to_higher(void *context)
{
    (void)context;
    KeLowerIrql(DISPATCH_LEVEL);
}

static void raise_to_lower(void *context)
{
    KIRQL old;
    (void)context;
    KeRaiseIrqlToDpcLevel();
    KeRaiseIrql(APC_LEVEL, &old);
}

static void wait_at_dispatch(void *context)
{
    KeRaiseIrqlToDpcLevel();
    wait_for(context);
}

static void wait_in_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    wait_for(context);
}

static void queue_waiting_dpc(void *context)
{
    KDPC dpc;
    KeInitializeDpc(&dpc, wait_in_dpc, context);
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

static void raised_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    KIRQL old;
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    KeRaiseIrql(HIGH_LEVEL, &old);
}

static void queue_raised_dpc(void *context)
{
    KDPC dpc;
    KeInitializeDpc(&dpc, raised_dpc, context);
    KeInsertQueueDpc(&dpc, NULL, NULL);
}

static void irql_mistakes(void **state)
{
    (void)state;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    ntio_bugcheck caught = expect_bugcheck(lower_to_higher, NULL, IRQL_NOT_LESS_OR_EQUAL);
    assert_int_equal(caught.parameters[0], DISPATCH_LEVEL);
    assert_int_equal(caught.parameters[1], PASSIVE_LEVEL);
    expect_bugcheck(raise_to_lower, NULL, IRQL_NOT_GREATER_OR_EQUAL);
    caught = expect_bugcheck(wait_at_dispatch, &event, IRQL_NOT_LESS_OR_EQUAL);
    assert_int_equal(caught.parameters[0], (uintptr_t)&event);
    assert_int_equal(caught.parameters[1], DISPATCH_LEVEL);
    expect_bugcheck(queue_waiting_dpc, &event, ATTEMPTED_SWITCH_FROM_DPC);
    caught = expect_bugcheck(queue_raised_dpc, NULL, IRQL_UNEXPECTED_VALUE);
    assert_int_equal(caught.parameters[0], HIGH_LEVEL << 16 | DISPATCH_LEVEL << 8);
}

static void wait_for_too_many(void *context)
{
    PVOID objects[4] = {context, context, context, context};
    KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL);
}

static void too_many_objects(void **state)
{
    (void)state;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    expect_bugcheck(wait_for_too_many, &event, MAXIMUM_WAIT_OBJECTS_EXCEEDED);
}

static void crash_in_timer(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    KeBugCheckEx(0xDEAD, 5, 6, 7, 8);
}

static void wait_while_a_timer_crashes(void *context)
{
    KEVENT never;
    KTIMER timer;
    KDPC dpc;
    (void)context;
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, crash_in_timer, NULL);
    KeSetTimer(&timer, relative(MILLISECONDS(5)), &dpc);
    wait_for(&never);
}

static void crash_on_another_thread(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(expect_bugcheck(wait_while_a_timer_crashes, NULL, 0xDEAD).parameters[3], 8);
}

struct bystanders {
    KEVENT never, parked;
    KSPIN_LOCK held;
    struct beside waiting, spinning, crashing;
};

static void wait_for_ever(void *context)
{
    struct bystanders *all = context;
    KeSetEvent(&all->parked, IO_NO_INCREMENT, FALSE);
    wait_for(&all->never);
}

static void spin_for_ever(void *context)
{
    struct bystanders *all = context;
    KIRQL old;
    KeSetEvent(&all->parked, IO_NO_INCREMENT, FALSE);
    KeAcquireSpinLock(&all->held, &old);
}

static void join_everybody(void *context)
{
    struct bystanders *all = context;
    KIRQL old;
    KeInitializeEvent(&all->never, NotificationEvent, FALSE);
    KeInitializeEvent(&all->parked, SynchronizationEvent, FALSE);
    all->held = 0;
    run_beside(&all->waiting, wait_for_ever, all);
    wait_for(&all->parked);
    KeAcquireSpinLock(&all->held, &old);
    KeLowerIrql(old); /* the lock stays held: whoever spins for it never gets it */
    run_beside(&all->spinning, spin_for_ever, all);
    wait_for(&all->parked);
    run_beside(&all->crashing, raise_own, NULL);
    pthread_join(all->crashing.thread, NULL);
    wait_for(&all->never);
}

static void every_thread_leaves(void **state)
{
    (void)state;
    static struct bystanders all;
    for (int i = 0; i < 5; i++) {
        expect_bugcheck(join_everybody, &all, MANUALLY_INITIATED_CRASH);
        pthread_join(all.waiting.thread, NULL);
        pthread_join(all.spinning.thread, NULL);
    }
}

static void end_holding_mutex(void *context)
{
    KeInitializeMutex(context, 0);
    wait_for(context);
    KeLeaveCriticalRegion(); /* else coming back in the mutex's region is a bug check of its own */
}

static void let_thread_end(void *context)
{
    struct beside other;
    run_beside(&other, end_holding_mutex, context);
    pthread_join(other.thread, NULL);
    pause_for(1);
}

static void a_mutex_may_not_outlive_its_owner(void **state)
{
    (void)state;
    KMUTEX mutex;
    assert_int_equal(expect_bugcheck(let_thread_end, &mutex, THREAD_TERMINATE_HELD_MUTEX).parameters[1],
                     (uintptr_t)&mutex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(caught_with_its_parameters),
        CASE(values_and_rules_are_explained),
        CASE(the_machine_starts_again_many_times),
        CASE(spin_lock_mistakes),
        CASE(irql_mistakes),
        CASE(too_many_objects),
        CASE(crash_on_another_thread),
        CASE(every_thread_leaves),
        CASE(a_mutex_may_not_outlive_its_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
