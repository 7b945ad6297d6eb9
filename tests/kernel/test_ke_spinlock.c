/*
 * Spin locks of all kinds, and what each does to the IRQL: plain, at DISPATCH_LEVEL, queued, for DPCs, shared
 * and exclusive.
 */
#include "ke_test.h"

#include <stdatomic.h>
#include <string.h>

static struct {
    KSPIN_LOCK lock;
    EX_SPIN_LOCK shared;
    LONG value, copy; /* deliberately plain: the locks must protect them */
    _Atomic LONG inside, tried;
    _Atomic BOOLEAN stop, torn;
} one;

static int set_up(void **state)
{
    memset(&one, 0, sizeof one);
    return start_machine(state);
}

/* Runs body on this thread and on others at the same time. */
static void compete(void (*body)(void *))
{
    struct beside others[3];
    for (int i = 0; i < 3; i++)
        run_beside(&others[i], body, NULL);
    ntio_run_in_kernel(body, NULL);
    for (int i = 0; i < 3; i++)
        join_beside(&others[i]);
}

/* --- KSPIN_LOCK --- */

static void at_dispatch_level(void **state)
{
    (void)state;
    KLOCK_QUEUE_HANDLE queued;
    KeInitializeSpinLock(&one.lock);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    assert_true(KeTestSpinLock(&one.lock));
    KeAcquireSpinLockAtDpcLevel(&one.lock);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_false(KeTestSpinLock(&one.lock));
    assert_false(KeTryToAcquireSpinLockAtDpcLevel(&one.lock));
    KeReleaseSpinLockFromDpcLevel(&one.lock);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_true(KeTryToAcquireSpinLockAtDpcLevel(&one.lock));
    KeReleaseSpinLockFromDpcLevel(&one.lock);
    KeAcquireInStackQueuedSpinLockAtDpcLevel(&one.lock, &queued);
    assert_false(KeTestSpinLock(&one.lock));
    KeReleaseInStackQueuedSpinLockFromDpcLevel(&queued);
    assert_true(KeTestSpinLock(&one.lock));
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
}

/* From wherever they are called, as threaded DPCs need. */
static void for_dpcs(void **state)
{
    (void)state;
    KLOCK_QUEUE_HANDLE queued;
    KeInitializeSpinLock(&one.lock);
    KIRQL old = KeAcquireSpinLockForDpc(&one.lock);
    assert_int_equal(old, PASSIVE_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseSpinLockForDpc(&one.lock, old);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KIRQL outer = KeRaiseIrqlToDpcLevel();
    old = KeAcquireSpinLockForDpc(&one.lock);
    assert_int_equal(old, DISPATCH_LEVEL);
    KeReleaseSpinLockForDpc(&one.lock, old);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(outer);
    KeAcquireInStackQueuedSpinLockForDpc(&one.lock, &queued);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeReleaseInStackQueuedSpinLockForDpc(&queued);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void add_in_all_ways(void *context)
{
    (void)context;
    for (int i = 0; i < 2000; i++) {
        KLOCK_QUEUE_HANDLE queued;
        KIRQL old;
        KeAcquireInStackQueuedSpinLock(&one.lock, &queued);
        one.value++;
        KeReleaseInStackQueuedSpinLock(&queued);
        KeAcquireSpinLock(&one.lock, &old);
        one.value++;
        KeReleaseSpinLock(&one.lock, old);
        KeRaiseIrql(DISPATCH_LEVEL, &old);
        KeAcquireInStackQueuedSpinLockAtDpcLevel(&one.lock, &queued);
        one.value++;
        KeReleaseInStackQueuedSpinLockFromDpcLevel(&queued);
        while (!KeTryToAcquireSpinLockAtDpcLevel(&one.lock))
            ;
        one.value++;
        KeReleaseSpinLockFromDpcLevel(&one.lock);
        KeLowerIrql(old);
    }
}

static void one_lock_taken_in_all_ways_excludes(void **state)
{
    (void)state;
    KeInitializeSpinLock(&one.lock);
    compete(add_in_all_ways);
    assert_int_equal(one.value, 4 * 4 * 2000);
}

/* --- EX_SPIN_LOCK --- */

static void sharing_alone(void **state)
{
    (void)state;
    KIRQL old = ExAcquireSpinLockShared(&one.shared);
    assert_int_equal(old, PASSIVE_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ExAcquireSpinLockSharedAtDpcLevel(&one.shared); /* nobody waits for it exclusively */
    assert_true(ExTryAcquireSpinLockSharedAtDpcLevel(&one.shared));
    assert_false(ExTryAcquireSpinLockExclusiveAtDpcLevel(&one.shared));
    assert_false(ExTryConvertSharedSpinLockExclusive(&one.shared)); /* one of three */
    ExReleaseSpinLockSharedFromDpcLevel(&one.shared);
    ExReleaseSpinLockSharedFromDpcLevel(&one.shared);
    assert_true(ExTryConvertSharedSpinLockExclusive(&one.shared)); /* the only one */
    assert_false(ExTryAcquireSpinLockSharedAtDpcLevel(&one.shared));
    assert_false(ExTryAcquireSpinLockExclusiveAtDpcLevel(&one.shared));
    ExReleaseSpinLockExclusive(&one.shared, old);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(one.shared, 0);

    old = KeRaiseIrqlToDpcLevel();
    ExAcquireSpinLockExclusiveAtDpcLevel(&one.shared);
    assert_false(ExTryAcquireSpinLockSharedAtDpcLevel(&one.shared));
    ExReleaseSpinLockExclusiveFromDpcLevel(&one.shared);
    assert_true(ExTryAcquireSpinLockExclusiveAtDpcLevel(&one.shared));
    ExReleaseSpinLockExclusiveFromDpcLevel(&one.shared);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(old);
}

static void read_and_write(void *context)
{
    (void)context;
    for (int i = 0; i < 3000; i++) {
        KIRQL old = ExAcquireSpinLockShared(&one.shared);
        if (i % 8) {
            if (one.value != one.copy)
                atomic_store(&one.torn, TRUE);
            ExReleaseSpinLockShared(&one.shared, old);
        } else if (ExTryConvertSharedSpinLockExclusive(&one.shared)) {
            one.value++;
            one.copy++;
            atomic_fetch_add(&one.tried, 1);
            ExReleaseSpinLockExclusive(&one.shared, old);
        } else {
            ExReleaseSpinLockShared(&one.shared, old);
            old = ExAcquireSpinLockExclusive(&one.shared);
            one.value++;
            one.copy++;
            atomic_fetch_add(&one.tried, 1);
            ExReleaseSpinLockExclusive(&one.shared, old);
        }
    }
}

static void readers_share_and_writers_do_not(void **state)
{
    (void)state;
    compete(read_and_write);
    assert_int_equal(one.value, 4 * 375);
    assert_int_equal(one.copy, one.value);
    assert_int_equal(one.tried, one.value);
    assert_false(one.torn);
    assert_int_equal(one.shared, 0);
}

static void hold_shared(void *context)
{
    (void)context;
    KIRQL old = ExAcquireSpinLockShared(&one.shared);
    atomic_store(&one.inside, 1);
    while (!atomic_load(&one.stop))
        ;
    ExReleaseSpinLockShared(&one.shared, old);
}

static void hold_exclusive(void *context)
{
    (void)context;
    KIRQL old = ExAcquireSpinLockExclusive(&one.shared);
    one.value = 1;
    ExReleaseSpinLockExclusive(&one.shared, old);
}

/* A stream of readers does not keep a writer out for ever. */
static void a_waiting_writer_keeps_new_readers_out(void **state)
{
    (void)state;
    struct beside reader, writer;
    run_beside(&reader, hold_shared, NULL);
    while (!atomic_load(&one.inside))
        ;
    run_beside(&writer, hold_exclusive, NULL);
    KIRQL old = KeRaiseIrqlToDpcLevel();
    while (ExTryAcquireSpinLockSharedAtDpcLevel(&one.shared))
        ExReleaseSpinLockSharedFromDpcLevel(&one.shared);
    KeLowerIrql(old);
    atomic_store(&one.stop, TRUE);
    join_beside(&reader);
    join_beside(&writer);
    assert_int_equal(one.value, 1);
    assert_int_equal(one.shared, 0);
}

/* --- what the machine stops for --- */

static void take_exclusive_twice(void *context)
{
    (void)context;
    ExAcquireSpinLockExclusive(&one.shared);
    ExAcquireSpinLockExclusiveAtDpcLevel(&one.shared);
}

static void release_unowned_exclusive(void *context)
{
    (void)context;
    KIRQL old = KeRaiseIrqlToDpcLevel();
    ExReleaseSpinLockExclusive(&one.shared, old);
}

static void release_unowned_shared(void *context)
{
    (void)context;
    KIRQL old = KeRaiseIrqlToDpcLevel();
    ExReleaseSpinLockShared(&one.shared, old);
}

static void acquire_above_dispatch_level(void *context)
{
    KIRQL old;
    KeRaiseIrql(DISPATCH_LEVEL + 1, &old);
    if (context)
        ExAcquireSpinLockShared(&one.shared);
    else
        KeAcquireSpinLock(&one.lock, &old);
}

static void mistakes_stop(void **state)
{
    (void)state;
    ntio_bugcheck caught = expect_bugcheck(take_exclusive_twice, NULL, 0x0F);
    assert_ptr_equal((void *)caught.parameters[0], &one.shared);
    one.shared = 0;
    caught = expect_bugcheck(release_unowned_exclusive, NULL, 0x10);
    assert_ptr_equal((void *)caught.parameters[0], &one.shared);
    caught = expect_bugcheck(release_unowned_shared, NULL, 0x10);
    assert_ptr_equal((void *)caught.parameters[0], &one.shared);
    caught = expect_bugcheck(acquire_above_dispatch_level, NULL, 0x09);
    assert_int_equal(caught.parameters[1], DISPATCH_LEVEL + 1);
    caught = expect_bugcheck(acquire_above_dispatch_level, &one, 0x09);
    assert_int_equal(caught.parameters[1], DISPATCH_LEVEL + 1);
}

int main(void)
{
#define LOCKS(name) cmocka_unit_test_setup_teardown(name, set_up, stop_machine)
    const struct CMUnitTest tests[] = {
        LOCKS(at_dispatch_level),
        LOCKS(for_dpcs),
        LOCKS(one_lock_taken_in_all_ways_excludes),
        LOCKS(sharing_alone),
        LOCKS(readers_share_and_writers_do_not),
        LOCKS(a_waiting_writer_keeps_new_readers_out),
        LOCKS(mistakes_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
