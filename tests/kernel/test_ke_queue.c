/*
 * Queues: KeInsertQueue, KeRemoveQueue, and how many threads they let run.
 */
#include "ke_test.h"

static KQUEUE queue;
static LIST_ENTRY entries[8];

static PLIST_ENTRY take(PLARGE_INTEGER timeout)
{
    return KeRemoveQueue(&queue, KernelMode, timeout);
}

static PLIST_ENTRY try_take(void)
{
    LARGE_INTEGER zero = {.QuadPart = 0};
    return take(&zero);
}

static void entries_come_out_in_order(void **state)
{
    (void)state;
    PLIST_ENTRY taken[8];
    KeInitializeQueue(&queue, 1);
    assert_int_equal(KeReadStateQueue(&queue), 0);
    assert_int_equal((ULONG_PTR)try_take(), STATUS_TIMEOUT);
    assert_int_equal(KeInsertQueue(&queue, &entries[0]), 0);
    assert_int_equal(KeInsertQueue(&queue, &entries[1]), 1);
    assert_int_equal(KeInsertHeadQueue(&queue, &entries[2]), 2);
    assert_int_equal(KeReadStateQueue(&queue), 3);
    assert_ptr_equal(take(NULL), &entries[2]);
    assert_ptr_equal(take(NULL), &entries[0]);
    assert_ptr_equal(take(NULL), &entries[1]);
    assert_int_equal((ULONG_PTR)try_take(), STATUS_TIMEOUT);
    for (int i = 0; i < 3; i++)
        KeInsertQueue(&queue, &entries[i]);
    assert_int_equal(KeRemoveQueueEx(&queue, KernelMode, FALSE, NULL, taken, 2), 2);
    assert_ptr_equal(taken[1], &entries[1]);
    assert_int_equal(KeRemoveQueueEx(&queue, KernelMode, FALSE, NULL, taken, 8), 1);
    assert_ptr_equal(taken[0], &entries[2]);
    assert_null(KeRundownQueue(&queue));
    assert_int_equal((ULONG_PTR)try_take(), STATUS_ABANDONED);
    KeRundownQueue(&queue);
}

static void a_rundown_returns_what_is_left(void **state)
{
    (void)state;
    KeInitializeQueue(&queue, 0);
    assert_int_equal(queue.MaximumCount, KeQueryActiveProcessorCount(NULL));
    for (int i = 0; i < 3; i++)
        KeInsertQueue(&queue, &entries[i]);
    assert_ptr_equal(take(NULL), &entries[0]);
    PLIST_ENTRY first = KeRundownQueue(&queue);
    assert_ptr_equal(first, &entries[1]);
    assert_ptr_equal(first->Flink, &entries[2]);
    assert_ptr_equal(first->Flink->Flink, first);
    assert_int_equal(KeReadStateQueue(&queue), 0);
    assert_int_equal(queue.CurrentCount, 0);
}

static KEVENT gate;
static KSEMAPHORE taken;
static PLIST_ENTRY got[3];
static ULONG_PTR last;

static void take_one(void *context)
{
    got[(ULONG_PTR)context] = take(NULL);
    __atomic_store_n(&last, (ULONG_PTR)context, __ATOMIC_SEQ_CST);
    KeReleaseSemaphore(&taken, 0, 1, FALSE);
    wait_for(&gate);
}

static void await_waiters(int count)
{
    for (int waiting = 0; waiting != count;) {
        LARGE_INTEGER zero = {.QuadPart = 0};
        PLIST_ENTRY head = &queue.Header.WaitListHead;
        KeDelayExecutionThread(KernelMode, FALSE, &zero);
        waiting = 0;
        for (PLIST_ENTRY at = head; (at = __atomic_load_n(&at->Flink, __ATOMIC_SEQ_CST)) != head;)
            waiting++;
    }
    KePulseEvent(&gate, 0, FALSE); /* once through the lock under which the last of them is still entering its wait */
}

static void the_last_to_wait_is_served_first_and_no_more_than_may_run(void **state)
{
    (void)state;
    struct beside threads[2];
    KeInitializeQueue(&queue, 1);
    KeInitializeEvent(&gate, NotificationEvent, FALSE);
    KeInitializeSemaphore(&taken, 0, 8);
    for (int i = 0; i < 2; i++) {
        run_beside(&threads[i], take_one, (PVOID)(ULONG_PTR)i);
        await_waiters(i + 1);
    }
    assert_int_equal(queue.CurrentCount, 0);
    assert_int_equal(KeInsertQueue(&queue, &entries[0]), 0);
    wait_for(&taken);
    assert_int_equal(__atomic_load_n(&last, __ATOMIC_SEQ_CST), 1); /* last come, first served */
    /* The one that took it waits for the gate, which lets the other have the next. */
    KeInsertQueue(&queue, &entries[1]);
    wait_for(&taken);
    assert_ptr_equal(got[1], &entries[0]);
    assert_ptr_equal(got[0], &entries[1]);
    /* Nobody is left to take this one: the threads are associated, but do not wait for the queue. */
    KeInsertQueue(&queue, &entries[2]);
    assert_int_equal(poll(&taken), STATUS_TIMEOUT);
    KeSetEvent(&gate, 0, FALSE);
    for (int i = 0; i < 2; i++)
        join_beside(&threads[i]);
    assert_int_equal(queue.CurrentCount, 0);
    assert_ptr_equal(take(NULL), &entries[2]);
    assert_null(KeRundownQueue(&queue));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(entries_come_out_in_order),
        CASE(a_rundown_returns_what_is_left),
        CASE(the_last_to_wait_is_served_first_and_no_more_than_may_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
