/*
 * The kernel's corners, as the documentation has them: timers whose time is over, mutexes that a DPC took, processors that are none, waits
 * for as many objects as a thread has blocks for.
 */
#include "ke_test.h"

#include <stdlib.h>
#include <string.h>

static int start_with_four(void **state)
{
    (void)state;
    return ntio_start(&(ntio_options){.processors = 4});
}

#define ON_FOUR(name) cmocka_unit_test_setup_teardown(name, start_with_four, stop_machine)

static VOID NTAPI set_event(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    KeSetEvent(context, 0, FALSE);
}

/* It has expired when KeSetTimer returns, so there is nothing left to cancel. */
static void a_timer_whose_time_is_over_expires_at_once(void **state)
{
    (void)state;
    KTIMER timer;
    KDPC dpc;
    KEVENT ran;
    LARGE_INTEGER now, past = {.QuadPart = 1}, zero = {.QuadPart = 0};
    KeInitializeEvent(&ran, SynchronizationEvent, FALSE);
    KeInitializeDpc(&dpc, set_event, &ran);
    KeInitializeTimerEx(&timer, NotificationTimer);
    KeQuerySystemTime(&now);
    LARGE_INTEGER times[] = {zero, past, now};
    for (unsigned i = 0; i < 3; i++) {
        assert_false(KeSetTimer(&timer, times[i], &dpc));
        assert_true(KeReadStateTimer(&timer));
        assert_false(KeCancelTimer(&timer));
        assert_int_equal(wait_for(&ran), STATUS_SUCCESS);
    }
    /* Set again it is not signalled, and cancelled it stays so. */
    assert_false(KeSetTimer(&timer, relative(MILLISECONDS(60000)), &dpc));
    assert_false(KeReadStateTimer(&timer));
    assert_true(KeCancelTimer(&timer));
    assert_false(KeCancelTimer(&timer));
    assert_false(KeReadStateTimer(&timer));
    /* A periodic one is in the queue for as long as nobody cancels it. */
    assert_false(KeSetTimerEx(&timer, zero, 60000, NULL));
    assert_true(KeReadStateTimer(&timer));
    assert_true(KeSetTimerEx(&timer, zero, 1, &dpc));
    assert_int_equal(wait_for(&ran), STATUS_SUCCESS);
    assert_int_equal(wait_for(&ran), STATUS_SUCCESS);
    assert_true(KeCancelTimer(&timer));
    KeFlushQueuedDpcs();
    /* A synchronization timer lets one through. */
    KeInitializeTimerEx(&timer, SynchronizationTimer);
    assert_false(KeSetTimer(&timer, zero, NULL));
    assert_int_equal(poll(&timer), STATUS_SUCCESS);
    assert_int_equal(poll(&timer), STATUS_TIMEOUT);
}

struct taken {
    KMUTEX mutex;
    NTSTATUS status;
};

static VOID NTAPI take_in_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    struct taken *taken = context;
    taken->status = poll(&taken->mutex);
}

static VOID NTAPI release_in_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    struct taken *taken = context;
    NTSTATUS volatile status = STATUS_SUCCESS;
    __try {
        KeReleaseMutex(&taken->mutex, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    taken->status = status;
}

static NTSTATUS try_release(PRKMUTEX mutex)
{
    NTSTATUS volatile status = STATUS_SUCCESS;
    __try {
        KeReleaseMutex(mutex, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

/* Though it runs on the thread that queued it, what a DPC takes is not the thread's. */
static void a_mutex_taken_in_a_dpc_is_released_in_one(void *unused)
{
    (void)unused;
    struct taken taken;
    KDPC take, release;
    KeInitializeMutex(&taken.mutex, 0);
    KeInitializeDpc(&take, take_in_dpc, &taken);
    KeInitializeDpc(&release, release_in_dpc, &taken);
    KeInsertQueueDpc(&take, NULL, NULL);
    assert_int_equal(taken.status, STATUS_SUCCESS);
    assert_int_equal(try_release(&taken.mutex), STATUS_MUTANT_NOT_OWNED);
    KeInsertQueueDpc(&release, NULL, NULL);
    assert_int_equal(taken.status, STATUS_SUCCESS);
    assert_int_equal(KeReadStateMutex(&taken.mutex), 1);
    assert_int_equal(wait_for(&taken.mutex), STATUS_SUCCESS);
    KeInsertQueueDpc(&release, NULL, NULL);
    assert_int_equal(taken.status, STATUS_MUTANT_NOT_OWNED);
    assert_int_equal(try_release(&taken.mutex), STATUS_SUCCESS);
    assert_int_equal(try_release(&taken.mutex), STATUS_MUTANT_NOT_OWNED);
}

static void mutexes_of_dpcs(void **state)
{
    (void)state;
    ntio_run_in_kernel(a_mutex_taken_in_a_dpc_is_released_in_one, NULL);
}

static void a_processor_that_is_none_is_no_target(void **state)
{
    (void)state;
    KDPC dpc, before;
    PROCESSOR_NUMBER number = {.Number = 4}, group = {.Group = 1};
    KeInitializeDpc(&dpc, set_event, NULL);
    KeSetTargetProcessorDpc(&dpc, 3);
    before = dpc;
    KeSetTargetProcessorDpc(&dpc, 4);
    KeSetTargetProcessorDpc(&dpc, -1);
    assert_int_equal(KeSetTargetProcessorDpcEx(&dpc, &number), STATUS_INVALID_PARAMETER);
    assert_int_equal(KeSetTargetProcessorDpcEx(&dpc, &group), STATUS_INVALID_PARAMETER);
    assert_int_equal(dpc.Number, before.Number);
    KeSetTargetProcessorDpc(&dpc, 2);
    assert_int_not_equal(dpc.Number, before.Number);
}

static void affinity_means_processors_that_there_are(void **state)
{
    (void)state;
    assert_int_equal(KeQueryActiveProcessors(), 15);
    assert_int_equal(KeNumberProcessors, 4);
    KeRevertToUserAffinityThreadEx(8); /* nothing to revert */
    assert_int_equal(KeSetSystemAffinityThreadEx(4), 0);
    assert_int_equal(KeGetCurrentProcessorNumber(), 2);
    KeSetSystemAffinityThreadEx(0);
    KeSetSystemAffinityThreadEx(0x13); /* one of them is none */
    assert_int_equal(KeGetCurrentProcessorNumber(), 2);
    assert_int_equal(KeSetSystemAffinityThreadEx(2), 4);
    assert_int_equal(KeGetCurrentProcessorNumber(), 1);
    KeRevertToUserAffinityThreadEx(4);
    assert_int_equal(KeGetCurrentProcessorNumber(), 2);

    GROUP_AFFINITY wanted = {.Mask = 8}, bad = {.Mask = 16}, elsewhere = {.Mask = 1, .Group = 1}, previous;
    KeSetSystemGroupAffinityThread(&wanted, &previous);
    assert_int_equal(previous.Mask, 4);
    assert_int_equal(KeGetCurrentProcessorNumber(), 3);
    memset(&previous, 0xEE, sizeof previous);
    KeSetSystemGroupAffinityThread(&bad, &previous);
    assert_int_equal(previous.Mask + previous.Group, 0);
    memset(&previous, 0xEE, sizeof previous);
    KeSetSystemGroupAffinityThread(&elsewhere, &previous);
    assert_int_equal(previous.Mask + previous.Group, 0);
    KeRevertToUserGroupAffinityThread(&elsewhere);
    assert_int_equal(KeSetSystemAffinityThreadEx(8), 8);
    KeRevertToUserGroupAffinityThread(&previous);
    assert_int_equal(KeSetSystemAffinityThreadEx(1), 0);
    KeRevertToUserAffinityThread();
}

static VOID NTAPI note(PVOID parameter)
{
    *(KIRQL *)parameter = KeGetCurrentIrql();
}

static void a_larger_stack_is_not_waited_for_at_dispatch_level(void **state)
{
    (void)state;
    KIRQL irql, old;
    KeRaiseIrql(DISPATCH_LEVEL, &old);
    assert_int_equal(KeExpandKernelStackAndCalloutEx(note, &irql, 4096, TRUE, NULL), STATUS_INVALID_PARAMETER_4);
    assert_int_equal(KeExpandKernelStackAndCalloutEx(note, &irql, 4096, FALSE, NULL), STATUS_SUCCESS);
    assert_int_equal(irql, DISPATCH_LEVEL);
    KeLowerIrql(old);
    assert_int_equal(KeExpandKernelStackAndCalloutEx(note, &irql, 4096, TRUE, NULL), STATUS_SUCCESS);
    assert_int_equal(irql, PASSIVE_LEVEL);
    assert_int_equal(KeExpandKernelStackAndCalloutEx(note, &irql, MAXIMUM_EXPANSION_SIZE + 1, TRUE, NULL),
                     STATUS_INVALID_PARAMETER_3);
}

static void wait_for_four(void *unused)
{
    (void)unused;
    KEVENT events[4];
    PVOID objects[4];
    LARGE_INTEGER zero = {.QuadPart = 0};
    for (unsigned i = 0; i < 4; i++) {
        KeInitializeEvent(&events[i], NotificationEvent, TRUE);
        objects[i] = &events[i];
    }
    KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, &zero, NULL);
}

/* Three objects need no array; the fourth is a bug check, also where nobody would wait. */
static void a_thread_has_three_wait_blocks(void **state)
{
    (void)state;
    KEVENT events[4];
    PVOID objects[4];
    KWAIT_BLOCK blocks[4];
    LARGE_INTEGER zero = {.QuadPart = 0};
    for (unsigned i = 0; i < 4; i++) {
        KeInitializeEvent(&events[i], SynchronizationEvent, i == 2);
        objects[i] = &events[i];
    }
    assert_int_equal(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &zero, NULL),
                     STATUS_WAIT_2);
    assert_int_equal(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &zero, NULL),
                     STATUS_TIMEOUT);
    for (unsigned i = 0; i < 4; i++)
        KeSetEvent(&events[i], 0, FALSE);
    KeResetEvent(&events[3]);
    assert_int_equal(KeWaitForMultipleObjects(4, objects, WaitAll, Executive, KernelMode, FALSE, &zero, blocks),
                     STATUS_TIMEOUT);
    assert_int_equal(KeReadStateEvent(&events[0]), 1); /* nothing was taken */
    KeSetEvent(&events[3], 0, FALSE);
    assert_int_equal(KeWaitForMultipleObjects(4, objects, WaitAll, Executive, KernelMode, FALSE, &zero, blocks),
                     STATUS_SUCCESS);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(KeReadStateEvent(&events[i]), 0);
    expect_bugcheck(wait_for_four, NULL, 0x0C);
}

static void come_back_in_a_region(void *mutex)
{
    if (mutex) {
        KeInitializeMutex(mutex, 0);
        wait_for(mutex);
    } else {
        KeEnterGuardedRegion();
        KeLeaveCriticalRegion();
    }
    NtClose(NULL);
}

/* A region that is entered is left before the client goes on; a mutex is one. */
static void a_service_leaves_the_regions_it_entered(void **state)
{
    (void)state;
    KMUTEX mutex;
    ntio_bugcheck caught = expect_bugcheck(come_back_in_a_region, &mutex, 0x01);
    assert_int_equal(caught.parameters[2], 0xFFFF);
    assert_int_equal(caught.parameters[3], 0);
    caught = expect_bugcheck(come_back_in_a_region, NULL, 0x01);
    assert_int_equal(caught.parameters[2], 0xFFFF0001); /* one entered, one left too often */
}

static void set_a_zeroed_timer(void *unused)
{
    (void)unused;
    KTIMER timer;
    memset(&timer, 0, sizeof timer);
    KeSetTimer(&timer, relative(1), NULL);
}

static void insert_in_a_zeroed_queue(void *unused)
{
    (void)unused;
    KQUEUE queue;
    LIST_ENTRY entry;
    memset(&queue, 0, sizeof queue);
    KeInsertQueue(&queue, &entry);
}

/* NT follows a null pointer with the dispatcher locked. */
static void what_nobody_initialised_is_a_bug_check(void **state)
{
    (void)state;
    assert_int_equal(expect_bugcheck(set_a_zeroed_timer, NULL, 0x0A).parameters[1], DISPATCH_LEVEL);
    expect_bugcheck(insert_in_a_zeroed_queue, NULL, 0x0A);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_timer_whose_time_is_over_expires_at_once),
        CASE(mutexes_of_dpcs),
        ON_FOUR(a_processor_that_is_none_is_no_target),
        ON_FOUR(affinity_means_processors_that_there_are),
        CASE(a_larger_stack_is_not_waited_for_at_dispatch_level),
        CASE(a_thread_has_three_wait_blocks),
        CASE(a_service_leaves_the_regions_it_entered),
        CASE(what_nobody_initialised_is_a_bug_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
