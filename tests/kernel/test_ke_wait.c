/*
 * Events, semaphores, mutants and waits for them.
 */
#include "ke_test.h"

#include <ntio_seh.h>

static void events_keep_or_reset_their_state(void **state)
{
    (void)state;
    KEVENT notification, synchronization;
    KeInitializeEvent(&notification, NotificationEvent, FALSE);
    KeInitializeEvent(&synchronization, SynchronizationEvent, TRUE);
    assert_int_equal(KeReadStateEvent(&notification), 0);
    assert_int_equal(poll(&notification), STATUS_TIMEOUT);
    assert_int_equal(KeSetEvent(&notification, IO_NO_INCREMENT, FALSE), 0);
    assert_int_equal(KeSetEvent(&notification, IO_NO_INCREMENT, FALSE), 1);
    assert_int_equal(wait_for(&notification), STATUS_SUCCESS);
    assert_int_equal(wait_for(&notification), STATUS_SUCCESS);
    assert_int_equal(KeResetEvent(&notification), 1);
    assert_int_equal(KeResetEvent(&notification), 0);

    assert_int_equal(poll(&synchronization), STATUS_SUCCESS);
    assert_int_equal(poll(&synchronization), STATUS_TIMEOUT);
    KeSetEvent(&synchronization, IO_NO_INCREMENT, FALSE);
    KeClearEvent(&synchronization);
    assert_int_equal(KeReadStateEvent(&synchronization), 0);
}

static void a_timeout_is_waited_for(void **state)
{
    (void)state;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    LARGE_INTEGER timeout = relative(MILLISECONDS(20)), until;
    ULONGLONG start = KeQueryInterruptTime();
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &timeout), STATUS_TIMEOUT);
    assert_true(KeQueryInterruptTime() - start >= (ULONGLONG)MILLISECONDS(20));

    start = KeQueryInterruptTime();
    KeQuerySystemTime(&until);
    until.QuadPart += MILLISECONDS(20);
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &until), STATUS_TIMEOUT);
    assert_true(KeQueryInterruptTime() - start >= (ULONGLONG)MILLISECONDS(15));
    until.QuadPart = 1; /* long ago */
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, &until), STATUS_TIMEOUT);
}

struct ping_pong {
    KEVENT ping, pong;
    LONG rounds, seen;
};

static void answer(void *context)
{
    struct ping_pong *game = context;
    for (LONG i = 0; i < game->rounds; i++) {
        wait_for(&game->ping);
        game->seen++;
        KeSetEvent(&game->pong, IO_NO_INCREMENT, FALSE);
    }
}

static void two_threads_hand_over(void **state)
{
    (void)state;
    struct ping_pong game = {.rounds = 5000};
    struct beside other;
    KeInitializeEvent(&game.ping, SynchronizationEvent, FALSE);
    KeInitializeEvent(&game.pong, SynchronizationEvent, FALSE);
    run_beside(&other, answer, &game);
    for (LONG i = 0; i < game.rounds; i++) {
        KeSetEvent(&game.ping, IO_NO_INCREMENT, FALSE);
        assert_int_equal(wait_for(&game.pong), STATUS_SUCCESS);
        assert_int_equal(game.seen, i + 1);
    }
    join_beside(&other);
}

struct crowd {
    KEVENT gate;
    KSEMAPHORE ready, passed;
};

static void go_through(void *context)
{
    struct crowd *crowd = context;
    KeReleaseSemaphore(&crowd->ready, IO_NO_INCREMENT, 1, FALSE);
    wait_for(&crowd->gate);
    KeReleaseSemaphore(&crowd->passed, IO_NO_INCREMENT, 1, FALSE);
}

static void one_set_wakes_one_or_all(void **state)
{
    (void)state;
    enum { MANY = 4 };
    struct crowd crowd;
    struct beside others[MANY];
    KeInitializeEvent(&crowd.gate, SynchronizationEvent, FALSE);
    KeInitializeSemaphore(&crowd.ready, 0, MANY);
    KeInitializeSemaphore(&crowd.passed, 0, MANY);
    for (int i = 0; i < MANY; i++)
        run_beside(&others[i], go_through, &crowd);
    for (int i = 0; i < MANY; i++)
        wait_for(&crowd.ready);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(poll(&crowd.passed), STATUS_TIMEOUT);
        KeSetEvent(&crowd.gate, IO_NO_INCREMENT, FALSE);
        assert_int_equal(wait_for(&crowd.passed), STATUS_SUCCESS);
    }
    for (int i = 0; i < MANY; i++)
        join_beside(&others[i]);

    KeInitializeEvent(&crowd.gate, NotificationEvent, FALSE);
    for (int i = 0; i < MANY; i++)
        run_beside(&others[i], go_through, &crowd);
    for (int i = 0; i < MANY; i++)
        wait_for(&crowd.ready);
    pause_for(5);
    KePulseEvent(&crowd.gate, IO_NO_INCREMENT, FALSE);
    assert_int_equal(KeReadStateEvent(&crowd.gate), 0);
    KeSetEvent(&crowd.gate, IO_NO_INCREMENT, FALSE);
    for (int i = 0; i < MANY; i++)
        join_beside(&others[i]);
}

static void any_of_several(void **state)
{
    (void)state;
    KEVENT first, second, third, fourth;
    PVOID objects[4] = {&first, &second, &third, &fourth};
    KWAIT_BLOCK blocks[4];
    LARGE_INTEGER now = {.QuadPart = 0};
    for (int i = 0; i < 4; i++)
        KeInitializeEvent(objects[i], SynchronizationEvent, FALSE);
    assert_int_equal(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, &now, NULL),
                     STATUS_TIMEOUT);
    KeSetEvent(&third, IO_NO_INCREMENT, FALSE);
    KeSetEvent(&second, IO_NO_INCREMENT, FALSE);
    assert_int_equal(KeWaitForMultipleObjects(3, objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL),
                     STATUS_WAIT_1);
    assert_int_equal(KeReadStateEvent(&third), 1);
    KeSetEvent(&fourth, IO_NO_INCREMENT, FALSE);
    KeResetEvent(&third);
    assert_int_equal(
        KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, NULL, blocks),
        STATUS_WAIT_3);
    LARGE_INTEGER soon = relative(MILLISECONDS(5));
    assert_int_equal(
        KeWaitForMultipleObjects(4, objects, WaitAny, Executive, KernelMode, FALSE, &soon, blocks),
        STATUS_TIMEOUT);
}

/* As many objects as there can be, with wait blocks of the driver's own. */
static void as_many_as_there_can_be(void **state)
{
    (void)state;
    static KEVENT events[MAXIMUM_WAIT_OBJECTS];
    static KWAIT_BLOCK blocks[MAXIMUM_WAIT_OBJECTS];
    PVOID objects[MAXIMUM_WAIT_OBJECTS];
    LARGE_INTEGER soon = relative(MILLISECONDS(2));
    for (int i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
        KeInitializeEvent(&events[i], SynchronizationEvent, i != 40);
        objects[i] = &events[i];
    }
    assert_int_equal(KeWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, objects, WaitAll, Executive, KernelMode,
                                              FALSE, &soon, blocks),
                     STATUS_TIMEOUT);
    KeSetEvent(&events[40], IO_NO_INCREMENT, FALSE);
    assert_int_equal(KeWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, objects, WaitAll, Executive, KernelMode,
                                              FALSE, NULL, blocks),
                     STATUS_SUCCESS);
    for (int i = 0; i < MAXIMUM_WAIT_OBJECTS; i++)
        assert_int_equal(KeReadStateEvent(&events[i]), 0);
    KeSetEvent(&events[63], IO_NO_INCREMENT, FALSE);
    assert_int_equal(KeWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, objects, WaitAny, Executive, KernelMode,
                                              FALSE, NULL, blocks),
                     STATUS_WAIT_63);
}

static void all_or_none(void **state)
{
    (void)state;
    KEVENT event;
    KSEMAPHORE semaphore;
    PVOID objects[2] = {&event, &semaphore};
    LARGE_INTEGER soon = relative(MILLISECONDS(5));
    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    KeInitializeSemaphore(&semaphore, 0, 3);
    assert_int_equal(KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, &soon, NULL),
                     STATUS_TIMEOUT);
    assert_int_equal(KeReadStateEvent(&event), 1); /* nothing taken */
    KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 2, FALSE);
    assert_int_equal(KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(KeReadStateEvent(&event), 0);
    assert_int_equal(KeReadStateSemaphore(&semaphore), 1);
}

struct assembly {
    KEVENT events[3];
    KEVENT done;
};

static void wait_for_all(void *context)
{
    struct assembly *parts = context;
    PVOID objects[3] = {&parts->events[0], &parts->events[1], &parts->events[2]};
    for (int i = 0; i < 300; i++) {
        KeWaitForMultipleObjects(3, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
        KeSetEvent(&parts->done, IO_NO_INCREMENT, FALSE);
    }
}

static void all_arrive_one_after_the_other(void **state)
{
    (void)state;
    struct assembly parts;
    struct beside other;
    for (int i = 0; i < 3; i++)
        KeInitializeEvent(&parts.events[i], SynchronizationEvent, FALSE);
    KeInitializeEvent(&parts.done, SynchronizationEvent, FALSE);
    run_beside(&other, wait_for_all, &parts);
    for (int i = 0; i < 300; i++) {
        for (int k = 0; k < 3; k++)
            KeSetEvent(&parts.events[(i + k) % 3], IO_NO_INCREMENT, FALSE);
        assert_int_equal(wait_for(&parts.done), STATUS_SUCCESS);
    }
    join_beside(&other);
}

static NTSTATUS release_too_many(PRKSEMAPHORE semaphore)
{
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        KeReleaseSemaphore(semaphore, IO_NO_INCREMENT, 2, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = (NTSTATUS)GetExceptionCode();
    }
    return status;
}

static void semaphores_count_to_their_limit(void **state)
{
    (void)state;
    KSEMAPHORE semaphore;
    KeInitializeSemaphore(&semaphore, 1, 2);
    assert_int_equal(KeReleaseSemaphore(&semaphore, IO_NO_INCREMENT, 1, FALSE), 1);
    assert_int_equal(poll(&semaphore), STATUS_SUCCESS);
    assert_int_equal(release_too_many(&semaphore), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    assert_int_equal(KeReadStateSemaphore(&semaphore), 1);
    assert_int_equal(poll(&semaphore), STATUS_SUCCESS);
    assert_int_equal(poll(&semaphore), STATUS_TIMEOUT);
}

static NTSTATUS release_mutex(PRKMUTEX mutex)
{
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        KeReleaseMutex(mutex, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = (NTSTATUS)GetExceptionCode();
    }
    return status;
}

static void mutexes_have_an_owner(void **state)
{
    (void)state;
    KMUTEX mutex;
    KeInitializeMutex(&mutex, 0);
    assert_int_equal(KeReadStateMutex(&mutex), 1);
    assert_int_equal(release_mutex(&mutex), STATUS_MUTANT_NOT_OWNED);
    assert_false(KeAreApcsDisabled());
    assert_int_equal(KeWaitForMutexObject(&mutex, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    assert_true(KeAreApcsDisabled());
    assert_int_equal(wait_for(&mutex), STATUS_SUCCESS);
    assert_int_equal(KeReadStateMutex(&mutex), -1);
    assert_int_equal(KeReleaseMutex(&mutex, FALSE), -1);
    assert_int_equal(KeReleaseMutex(&mutex, FALSE), 0);
    assert_false(KeAreApcsDisabled());
    assert_int_equal(release_mutex(&mutex), STATUS_MUTANT_NOT_OWNED);
}

struct guarded {
    KMUTEX mutex;
    LONG value;
};

static void add_many(void *context)
{
    struct guarded *guarded = context;
    for (int i = 0; i < 2000; i++) {
        wait_for(&guarded->mutex);
        guarded->value++;
        KeReleaseMutex(&guarded->mutex, FALSE);
    }
}

static void mutexes_exclude(void **state)
{
    (void)state;
    struct guarded guarded = {.value = 0};
    struct beside one, two;
    KeInitializeMutex(&guarded.mutex, 0);
    run_beside(&one, add_many, &guarded);
    run_beside(&two, add_many, &guarded);
    join_beside(&one);
    join_beside(&two);
    assert_int_equal(guarded.value, 4000);
}

static void take_and_end(void *context)
{
    wait_for(context);
}

static void an_ended_owner_abandons(void **state)
{
    (void)state;
    KMUTANT mutant;
    struct beside other;
    KeInitializeMutant(&mutant, FALSE);
    run_beside(&other, take_and_end, &mutant);
    join_beside(&other);
    assert_int_equal(wait_for(&mutant), STATUS_ABANDONED);
    KeReleaseMutant(&mutant, IO_NO_INCREMENT, FALSE, FALSE);
    assert_int_equal(wait_for(&mutant), STATUS_SUCCESS);
    KeReleaseMutant(&mutant, IO_NO_INCREMENT, FALSE, FALSE);

    /* One of several: which it was, and that it was abandoned; all of them: only that one was. */
    KEVENT event;
    PVOID objects[2] = {&event, &mutant};
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    run_beside(&other, take_and_end, &mutant);
    join_beside(&other);
    assert_int_equal(KeWaitForMultipleObjects(2, objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL),
                     STATUS_ABANDONED_WAIT_0 + 1);
    KeReleaseMutant(&mutant, IO_NO_INCREMENT, FALSE, FALSE);
    KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
    run_beside(&other, take_and_end, &mutant);
    join_beside(&other);
    assert_int_equal(KeWaitForMultipleObjects(2, objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL),
                     STATUS_ABANDONED);
    KeReleaseMutant(&mutant, IO_NO_INCREMENT, FALSE, FALSE);
}

static void a_set_is_never_lost(void **state)
{
    (void)state;
    struct ping_pong game = {.rounds = 20000};
    struct beside other;
    KeInitializeEvent(&game.ping, NotificationEvent, FALSE);
    KeInitializeEvent(&game.pong, SynchronizationEvent, FALSE);
    game.rounds = 1;
    for (int i = 0; i < 300; i++) {
        KeResetEvent(&game.ping);
        run_beside(&other, answer, &game);
        KeSetEvent(&game.ping, IO_NO_INCREMENT, FALSE);
        assert_int_equal(wait_for(&game.pong), STATUS_SUCCESS);
        join_beside(&other);
    }
}

/* Set before the wait begins and for the same time, a timer has expired when the wait is over. */
static void a_timer_that_is_due_first_comes_first(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        KTIMER timer;
        LARGE_INTEGER soon = {.QuadPart = -10000 - 300 * i};
        KeInitializeTimerEx(&timer, i & 1 ? SynchronizationTimer : NotificationTimer);
        KeSetTimer(&timer, soon, NULL);
        assert_int_equal(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, &soon), STATUS_SUCCESS);
        assert_false(KeCancelTimer(&timer));
        soon.QuadPart = -100000000;
        KeSetTimer(&timer, soon, NULL);
        soon.QuadPart = -1000;
        assert_int_equal(KeWaitForSingleObject(&timer, Executive, KernelMode, FALSE, &soon), STATUS_TIMEOUT);
        KeCancelTimer(&timer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(events_keep_or_reset_their_state),
        CASE(a_timeout_is_waited_for),
        CASE(a_timer_that_is_due_first_comes_first),
        CASE(two_threads_hand_over),
        CASE(one_set_wakes_one_or_all),
        CASE(any_of_several),
        CASE(as_many_as_there_can_be),
        CASE(all_or_none),
        CASE(all_arrive_one_after_the_other),
        CASE(semaphores_count_to_their_limit),
        CASE(mutexes_have_an_owner),
        CASE(mutexes_exclude),
        CASE(an_ended_owner_abandons),
        CASE(a_set_is_never_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
