/*
 * APCs, regions, and threads that end.
 */
#include "ke_test.h"

typedef enum _KAPC_ENVIRONMENT { OriginalApcEnvironment, AttachedApcEnvironment, CurrentApcEnvironment } KAPC_ENVIRONMENT;
NTKERNELAPI VOID KeInitializeApc(PRKAPC, PRKTHREAD, KAPC_ENVIRONMENT, PKKERNEL_ROUTINE, PKRUNDOWN_ROUTINE,
                                 PKNORMAL_ROUTINE, KPROCESSOR_MODE, PVOID);
NTKERNELAPI BOOLEAN KeInsertQueueApc(PRKAPC, PVOID, PVOID, KPRIORITY);
NTKERNELAPI BOOLEAN KeRemoveQueueApc(PRKAPC);

struct log {
    char text[32];
    unsigned length;
    KIRQL kernel_irql, normal_irql;
    PKTHREAD thread;
};

static void write_log(struct log *log, char what)
{
    log->text[log->length++] = what;
    log->text[log->length] = 0;
}

static VOID kernel_routine(PRKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context, PVOID *argument1, PVOID *argument2)
{
    struct log *log = *argument1;
    (void)apc, (void)context, (void)argument2;
    log->kernel_irql = KeGetCurrentIrql();
    log->thread = KeGetCurrentThread();
    write_log(log, *normal ? 'k' : 's');
}

static VOID normal_routine(PVOID context, PVOID argument1, PVOID argument2)
{
    struct log *log = argument1;
    (void)argument2;
    log->normal_irql = KeGetCurrentIrql();
    write_log(log, (char)(LONG_PTR)context);
}

static void init_apc(PRKAPC apc, PKTHREAD thread, char normal, KPROCESSOR_MODE mode)
{
    KeInitializeApc(apc, thread, OriginalApcEnvironment, kernel_routine, NULL, normal ? normal_routine : NULL, mode,
                    (PVOID)(LONG_PTR)normal);
}

static void apcs_run_at_once_or_when_they_may(void **state)
{
    (void)state;
    struct log log = {.length = 0};
    KAPC normal, special;
    KIRQL old;
    init_apc(&normal, KeGetCurrentThread(), 'n', KernelMode);
    init_apc(&special, KeGetCurrentThread(), 0, KernelMode);
    assert_true(KeInsertQueueApc(&normal, &log, NULL, IO_NO_INCREMENT));
    assert_string_equal(log.text, "kn");
    assert_int_equal(log.kernel_irql, APC_LEVEL);
    assert_int_equal(log.normal_irql, PASSIVE_LEVEL);

    KeEnterCriticalRegion();
    assert_true(KeInsertQueueApc(&normal, &log, NULL, IO_NO_INCREMENT));
    assert_false(KeInsertQueueApc(&normal, &log, NULL, IO_NO_INCREMENT));
    assert_true(KeInsertQueueApc(&special, &log, NULL, IO_NO_INCREMENT)); /* overtakes the normal one */
    assert_string_equal(log.text, "kns");
    KeLeaveCriticalRegion();
    assert_string_equal(log.text, "knskn");

    KeEnterGuardedRegion();
    assert_true(KeAreAllApcsDisabled());
    KeInsertQueueApc(&special, &log, NULL, IO_NO_INCREMENT);
    assert_string_equal(log.text, "knskn");
    KeLeaveGuardedRegion();
    assert_string_equal(log.text, "knskns");

    KeRaiseIrql(APC_LEVEL, &old);
    KeInsertQueueApc(&special, &log, NULL, IO_NO_INCREMENT);
    KeInsertQueueApc(&normal, &log, NULL, IO_NO_INCREMENT);
    assert_true(KeRemoveQueueApc(&normal));
    assert_false(KeRemoveQueueApc(&normal));
    assert_string_equal(log.text, "knskns");
    KeLowerIrql(old);
    assert_string_equal(log.text, "knsknss");
}

struct waiter {
    KEVENT started, finish;
    PKTHREAD thread;
    NTSTATUS status;
    KPROCESSOR_MODE mode;
    BOOLEAN alertable;
};

static void wait_to_finish(void *context)
{
    struct waiter *waiter = context;
    waiter->thread = KeGetCurrentThread();
    KeSetEvent(&waiter->started, IO_NO_INCREMENT, FALSE);
    waiter->status = KeWaitForSingleObject(&waiter->finish, Executive, waiter->mode, waiter->alertable, NULL);
    if (waiter->status == STATUS_USER_APC)
        KeWaitForSingleObject(&waiter->finish, Executive, KernelMode, FALSE, NULL);
}

static void an_apc_interrupts_a_wait(void **state)
{
    (void)state;
    struct log log = {.length = 0};
    struct waiter waiter = {.mode = KernelMode};
    struct beside other;
    KAPC apc, user;
    KeInitializeEvent(&waiter.started, SynchronizationEvent, FALSE);
    KeInitializeEvent(&waiter.finish, NotificationEvent, FALSE);
    run_beside(&other, wait_to_finish, &waiter);
    wait_for(&waiter.started);
    pause_for(5);
    init_apc(&apc, waiter.thread, 0, KernelMode);
    init_apc(&user, waiter.thread, 'u', UserMode);
    KeInsertQueueApc(&apc, &log, NULL, IO_NO_INCREMENT);
    KeInsertQueueApc(&user, &log, NULL, IO_NO_INCREMENT); /* not alertable: it stays */
    pause_for(5);
    KeSetEvent(&waiter.finish, IO_NO_INCREMENT, FALSE);
    join_beside(&other);
    assert_string_equal(log.text, "s");
    assert_ptr_equal(log.thread, waiter.thread);
    assert_int_equal(waiter.status, STATUS_SUCCESS); /* the wait went on */
}

static void an_alertable_wait_ends_for_a_user_apc(void **state)
{
    (void)state;
    struct log log = {.length = 0};
    struct waiter waiter = {.mode = UserMode, .alertable = TRUE};
    struct beside other;
    KAPC apc;
    KeInitializeEvent(&waiter.started, SynchronizationEvent, FALSE);
    KeInitializeEvent(&waiter.finish, NotificationEvent, FALSE);
    run_beside(&other, wait_to_finish, &waiter);
    wait_for(&waiter.started);
    init_apc(&apc, waiter.thread, 'u', UserMode);
    KeInsertQueueApc(&apc, &log, NULL, IO_NO_INCREMENT);
    pause_for(5);
    KeSetEvent(&waiter.finish, IO_NO_INCREMENT, FALSE);
    join_beside(&other);
    assert_int_equal(waiter.status, STATUS_USER_APC);
}

struct worker {
    KEVENT go;
    LONG done;
};

static VOID work(PVOID context)
{
    struct worker *worker = context;
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    wait_for(&worker->go);
    worker->done++;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void start(void *context)
{
    struct worker *worker = context;
    HANDLE handle;
    PVOID thread;
    KeInitializeEvent(&worker->go, NotificationEvent, FALSE);
    assert_int_equal(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, work, worker), STATUS_SUCCESS);
    assert_int_equal(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    assert_int_equal(poll(thread), STATUS_TIMEOUT);
    KeSetEvent(&worker->go, IO_NO_INCREMENT, FALSE);
    assert_int_equal(wait_for(thread), STATUS_SUCCESS);
    assert_int_equal(wait_for(thread), STATUS_SUCCESS); /* stays signalled */
    assert_int_equal(worker->done, 1);
    ObDereferenceObject(thread);
}

static void a_thread_is_signalled_when_it_ends(void **state)
{
    (void)state;
    struct worker worker = {.done = 0};
    for (int i = 0; i < 20; i++) {
        worker.done = 0;
        ntio_run_in_kernel(start, &worker);
    }
}

static VOID end_raised(PVOID context)
{
    KIRQL old;
    (void)context;
    KeRaiseIrql(APC_LEVEL, &old);
}

static void let_end_raised(void *context)
{
    HANDLE handle;
    (void)context;
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, end_raised, NULL);
    pause_for(60000);
}

static void a_thread_may_not_end_raised(void **state)
{
    (void)state;
    assert_int_equal(expect_bugcheck(let_end_raised, NULL, KERNEL_APC_PENDING_DURING_EXIT).parameters[2], APC_LEVEL);
}

static VOID never_end(PVOID context)
{
    wait_for(context);
}

static void leave_a_thread(void *context)
{
    HANDLE handle;
    KeInitializeEvent(context, NotificationEvent, FALSE);
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, never_end, context);
    ZwClose(handle);
}

static void the_stop_ends_every_thread(void **state)
{
    (void)state;
    static KEVENT never;
    for (int i = 0; i < 5; i++) {
        ntio_run_in_kernel(leave_a_thread, &never);
        ntio_stop();
        assert_int_equal(ntio_start(NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(apcs_run_at_once_or_when_they_may),
        CASE(an_apc_interrupts_a_wait),
        CASE(an_alertable_wait_ends_for_a_user_apc),
        CASE(a_thread_is_signalled_when_it_ends),
        CASE(a_thread_may_not_end_raised),
        CASE(the_stop_ends_every_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
