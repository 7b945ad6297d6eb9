/*
 * Cancel-safe queues: insertion, removal by peek and by context, and cancellation before, while and after an
 * IRP is queued.
 */
#include "rig.h"

#include <csq.h>
#include <pthread.h>

static struct {
    IO_CSQ csq;
    LIST_ENTRY list;
    KSPIN_LOCK lock;
    int inserted, removed, cancelled;
    PVOID insert_context;
    NTSTATUS refuse;           /* what the Ex routine returns */
    PIRP cancel_on_insert;     /* IoCancelIrp is called for it inside the insertion routine */
    NTSTATUS insert_status;    /* of IoCsqInsertIrpEx */
    PIO_CSQ_IRP_CONTEXT given; /* context for the next insertion */
    bool extended;
} q;

static VOID NTAPI acquire(PIO_CSQ csq, PKIRQL irql)
{
    assert_ptr_equal(csq, &q.csq);
    KeAcquireSpinLock(&q.lock, irql);
}

static VOID NTAPI release(PIO_CSQ csq, KIRQL irql)
{
    (void)csq;
    KeReleaseSpinLock(&q.lock, irql);
}

static VOID NTAPI insert(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    InsertTailList(&q.list, &irp->Tail.Overlay.ListEntry);
    q.inserted++;
    if (q.cancel_on_insert)
        assert_false(IoCancelIrp(q.cancel_on_insert)); /* no routine yet */
}

static NTSTATUS NTAPI insert_ex(PIO_CSQ csq, PIRP irp, PVOID context)
{
    q.insert_context = context;
    if (!NT_SUCCESS(q.refuse))
        return q.refuse;
    insert(csq, irp);
    return q.refuse;
}

static VOID NTAPI remove_irp(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    q.removed++;
}

/* The context is a Key to look for in the read's parameters, or NULL for any. */
static PIRP NTAPI peek(PIO_CSQ csq, PIRP irp, PVOID context)
{
    (void)csq;
    PLIST_ENTRY at = irp ? irp->Tail.Overlay.ListEntry.Flink : q.list.Flink;
    for (; at != &q.list; at = at->Flink) {
        PIRP found = CONTAINING_RECORD(at, IRP, Tail.Overlay.ListEntry);
        if (!context || IoGetCurrentIrpStackLocation(found)->Parameters.Read.Key == (ULONG)(ULONG_PTR)context)
            return found;
    }
    return NULL;
}

static VOID NTAPI complete_cancelled(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    assert_null(irp->CancelRoutine);
    assert_null(irp->Tail.Overlay.DriverContext[3]);
    __atomic_add_fetch(&q.cancelled, 1, __ATOMIC_RELAXED);
    rig_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS queue_it(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    PIO_CSQ_IRP_CONTEXT context = q.given;
    if (!q.extended) {
        IoCsqInsertIrp(&q.csq, irp, context);
        return STATUS_PENDING;
    }
    q.insert_status = IoCsqInsertIrpEx(&q.csq, irp, context, &q);
    if (!NT_SUCCESS(q.insert_status))
        return rig_complete(irp, q.insert_status, 0);
    return STATUS_PENDING;
}

/* --- an IRP of the test's own --- */

struct request {
    PIRP irp;
    int completed;
    BOOLEAN pending;
    NTSTATUS returned, status;
};

static NTSTATUS NTAPI keep(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct request *request = context;
    (void)device;
    request->completed++;
    request->pending = irp->PendingReturned;
    request->status = irp->IoStatus.Status;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void make(struct request *request, ULONG key)
{
    memset(request, 0, sizeof *request);
    request->irp = IoAllocateIrp(1, FALSE);
    assert_non_null(request->irp);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(request->irp);
    stack->MajorFunction = IRP_MJ_READ;
    stack->Parameters.Read.Key = key;
    IoSetCompletionRoutine(request->irp, keep, request, TRUE, TRUE, TRUE);
}

static void submit(struct request *request, ULONG key)
{
    make(request, key);
    request->returned = IoCallDriver(rig.device, request->irp);
}

static void set_up_queue(bool extended)
{
    memset(&q, 0, sizeof q);
    q.extended = extended;
    InitializeListHead(&q.list);
    KeInitializeSpinLock(&q.lock);
    rig.on[IRP_MJ_READ] = queue_it;
    NTSTATUS status =
        extended
            ? IoCsqInitializeEx(&q.csq, insert_ex, remove_irp, peek, acquire, release, complete_cancelled)
            : IoCsqInitialize(&q.csq, insert, remove_irp, peek, acquire, release, complete_cancelled);
    assert_int_equal(status, STATUS_SUCCESS);
}

static void finish(PIRP irp, ULONG_PTR information)
{
    assert_null(__atomic_load_n(&irp->CancelRoutine, __ATOMIC_RELAXED)); /* IoCancelIrp looks too */
    assert_null(irp->Tail.Overlay.DriverContext[3]);
    rig_complete(irp, STATUS_SUCCESS, information);
}

/* --- queue and take --- */

static void first_in_first_out(void *context)
{
    (void)context;
    struct request requests[3];
    set_up_queue(false);
    assert_null(IoCsqRemoveNextIrp(&q.csq, NULL));
    for (int i = 0; i < 3; i++) {
        submit(&requests[i], 0);
        assert_int_equal(requests[i].returned, STATUS_PENDING);
        assert_int_equal(requests[i].completed, 0);
        assert_non_null(requests[i].irp->CancelRoutine);
        assert_ptr_equal(requests[i].irp->Tail.Overlay.DriverContext[3], &q.csq);
    }
    assert_int_equal(q.inserted, 3);
    for (int i = 0; i < 3; i++) {
        PIRP irp = IoCsqRemoveNextIrp(&q.csq, NULL);
        assert_ptr_equal(irp, requests[i].irp);
        finish(irp, 0);
        assert_int_equal(requests[i].completed, 1);
        assert_int_equal(requests[i].status, STATUS_SUCCESS);
        assert_true(requests[i].pending); /* IoCsqInsertIrp marked it */
        IoFreeIrp(irp);
    }
    assert_null(IoCsqRemoveNextIrp(&q.csq, NULL));
    assert_int_equal(q.removed, 3);
    assert_int_equal(q.cancelled, 0);
}

static void the_peek_context_chooses(void *context)
{
    (void)context;
    struct request requests[3];
    set_up_queue(false);
    for (int i = 0; i < 3; i++)
        submit(&requests[i], (ULONG)i + 1);
    assert_ptr_equal(IoCsqRemoveNextIrp(&q.csq, (PVOID)2), requests[1].irp);
    assert_null(IoCsqRemoveNextIrp(&q.csq, (PVOID)2));
    assert_ptr_equal(IoCsqRemoveNextIrp(&q.csq, (PVOID)3), requests[2].irp);
    assert_ptr_equal(IoCsqRemoveNextIrp(&q.csq, NULL), requests[0].irp);
    for (int i = 0; i < 3; i++) {
        finish(requests[i].irp, 0);
        IoFreeIrp(requests[i].irp);
    }
}

static void removed_by_context(void *context)
{
    (void)context;
    struct request requests[2];
    IO_CSQ_IRP_CONTEXT contexts[2];
    set_up_queue(false);
    for (int i = 0; i < 2; i++) {
        q.given = &contexts[i];
        submit(&requests[i], 0);
        assert_ptr_equal(requests[i].irp->Tail.Overlay.DriverContext[3], &contexts[i]);
        assert_ptr_equal(contexts[i].Irp, requests[i].irp);
        assert_ptr_equal(contexts[i].Csq, &q.csq);
    }
    assert_ptr_equal(IoCsqRemoveIrp(&q.csq, &contexts[1]), requests[1].irp);
    assert_null(contexts[1].Irp);
    assert_null(IoCsqRemoveIrp(&q.csq, &contexts[1])); /* it is gone */
    assert_ptr_equal(IoCsqRemoveNextIrp(&q.csq, NULL), requests[0].irp);
    assert_null(IoCsqRemoveIrp(&q.csq, &contexts[0])); /* taken by the other routine */
    for (int i = 0; i < 2; i++) {
        finish(requests[i].irp, 0);
        IoFreeIrp(requests[i].irp);
    }
}

static void the_insertion_is_refused(void *context)
{
    (void)context;
    struct request request;
    IO_CSQ_IRP_CONTEXT csq_context;
    set_up_queue(true);
    q.refuse = STATUS_DEVICE_BUSY;
    q.given = &csq_context;
    submit(&request, 0);
    assert_int_equal(q.insert_status, STATUS_DEVICE_BUSY);
    assert_ptr_equal(q.insert_context, &q);
    assert_int_equal(request.returned, STATUS_DEVICE_BUSY);
    assert_int_equal(request.completed, 1);
    assert_false(request.pending);
    assert_null(request.irp->CancelRoutine);
    assert_null(csq_context.Irp);
    assert_null(IoCsqRemoveIrp(&q.csq, &csq_context));
    assert_int_equal(q.removed, 0);
    IoFreeIrp(request.irp);

    q.refuse = STATUS_SUCCESS;
    submit(&request, 0);
    assert_int_equal(request.returned, STATUS_PENDING);
    assert_ptr_equal(IoCsqRemoveIrp(&q.csq, &csq_context), request.irp);
    finish(request.irp, 0);
    assert_true(request.pending);
    IoFreeIrp(request.irp);
}

/* --- cancel --- */

static void expect_cancelled(const struct request *request)
{
    assert_int_equal(request->completed, 1);
    assert_int_equal(request->status, STATUS_CANCELLED);
    assert_int_equal(q.cancelled, 1);
    assert_true(IsListEmpty(&q.list));
    assert_int_equal(q.removed, q.inserted);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void cancelled_before_it_is_sent(void *context)
{
    (void)context;
    struct request request;
    set_up_queue(false);
    make(&request, 0);
    assert_false(IoCancelIrp(request.irp));
    request.returned = IoCallDriver(rig.device, request.irp);
    assert_int_equal(request.returned, STATUS_PENDING);
    expect_cancelled(&request);
    assert_true(request.pending);
    IoFreeIrp(request.irp);
}

static void cancelled_while_it_is_inserted(void *context)
{
    (void)context;
    struct request request;
    set_up_queue(true);
    make(&request, 0);
    q.cancel_on_insert = request.irp;
    request.returned = IoCallDriver(rig.device, request.irp);
    assert_int_equal(request.returned, STATUS_PENDING);
    assert_int_equal(q.insert_status, STATUS_SUCCESS); /* cancelled is inserted, too */
    expect_cancelled(&request);
    IoFreeIrp(request.irp);
}

static void cancelled_while_it_is_queued(void *context)
{
    (void)context;
    struct request request;
    IO_CSQ_IRP_CONTEXT csq_context;
    for (int with_context = 0; with_context < 2; with_context++) {
        set_up_queue(false);
        q.given = with_context ? &csq_context : NULL;
        submit(&request, 0);
        assert_true(IoCancelIrp(request.irp));
        expect_cancelled(&request);
        assert_null(IoCsqRemoveNextIrp(&q.csq, NULL));
        if (with_context)
            assert_null(IoCsqRemoveIrp(&q.csq, &csq_context));
        IoFreeIrp(request.irp);
    }
}

static void cancelled_after_it_was_taken(void *context)
{
    (void)context;
    struct request request;
    set_up_queue(false);
    submit(&request, 0);
    PIRP irp = IoCsqRemoveNextIrp(&q.csq, NULL);
    assert_ptr_equal(irp, request.irp);
    assert_false(IoCancelIrp(irp)); /* the driver's now; it may look at the flag */
    assert_true(irp->Cancel);
    assert_int_equal(request.completed, 0);
    finish(irp, 0);
    assert_int_equal(request.completed, 1);
    assert_int_equal(q.cancelled, 0);
    IoFreeIrp(irp);
}

/* An IRP whose cancel routine has been taken by IoCancelIrp, but has not got the queue's lock yet, is passed
 * over. */
static void one_that_is_being_cancelled_is_passed_over(void *context)
{
    (void)context;
    struct request requests[2];
    IO_CSQ_IRP_CONTEXT contexts[2];
    set_up_queue(false);
    for (int i = 0; i < 2; i++) {
        q.given = &contexts[i];
        submit(&requests[i], 0);
    }
    PDRIVER_CANCEL routine = IoSetCancelRoutine(requests[0].irp, NULL); /* as IoCancelIrp begins */
    requests[0].irp->Cancel = TRUE;
    assert_null(IoCsqRemoveIrp(&q.csq, &contexts[0]));
    assert_ptr_equal(IoCsqRemoveNextIrp(&q.csq, NULL), requests[1].irp);
    assert_null(IoCsqRemoveNextIrp(&q.csq, NULL));
    KIRQL irql;
    IoAcquireCancelSpinLock(&irql);
    requests[0].irp->CancelIrql = irql;
    routine(rig.device, requests[0].irp);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(requests[0].status, STATUS_CANCELLED);
    assert_null(contexts[0].Irp);
    finish(requests[1].irp, 0);
    IoFreeIrp(requests[0].irp);
    IoFreeIrp(requests[1].irp);
}

/* --- taking against cancelling, truly at the same time --- */

#define ROUNDS 2000

static struct race {
    struct request request;
    int turn; /* 2 * round + 1: go; 2 * round + 2: the other is done */
    PIRP taken;
} race;

static void take_each(void *context)
{
    (void)context;
    for (int round = 0; round < ROUNDS; round++) {
        while (__atomic_load_n(&race.turn, __ATOMIC_ACQUIRE) != 2 * round + 1)
            ;
        race.taken = IoCsqRemoveNextIrp(&q.csq, NULL);
        if (race.taken)
            finish(race.taken, 0);
        __atomic_store_n(&race.turn, 2 * round + 2, __ATOMIC_RELEASE);
    }
}

static void *take_main(void *context)
{
    ntio_run_in_kernel(take_each, context);
    return NULL;
}

static void cancel_each(void *context)
{
    (void)context;
    int taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
        submit(&race.request, 0);
        __atomic_store_n(&race.turn, 2 * round + 1, __ATOMIC_RELEASE);
        IoCancelIrp(race.request.irp);
        while (__atomic_load_n(&race.turn, __ATOMIC_ACQUIRE) != 2 * round + 2)
            ;
        assert_int_equal(race.request.completed, 1);
        if (race.taken) {
            assert_int_equal(race.request.status, STATUS_SUCCESS);
            taken++;
        } else {
            assert_int_equal(race.request.status, STATUS_CANCELLED);
        }
        IoFreeIrp(race.request.irp);
    }
    assert_int_equal(q.cancelled + taken, ROUNDS);
    assert_int_equal(q.removed, ROUNDS);
}

static void taking_and_cancelling_never_both_win(void **state)
{
    pthread_t thread;
    (void)state;
    memset(&race, 0, sizeof race);
    set_up_queue(false);
    assert_int_equal(pthread_create(&thread, NULL, take_main, NULL), 0);
    ntio_run_in_kernel(cancel_each, NULL);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }
IN_KERNEL(first_in_first_out)
IN_KERNEL(the_peek_context_chooses)
IN_KERNEL(removed_by_context)
IN_KERNEL(the_insertion_is_refused)
IN_KERNEL(cancelled_before_it_is_sent)
IN_KERNEL(cancelled_while_it_is_inserted)
IN_KERNEL(cancelled_while_it_is_queued)
IN_KERNEL(cancelled_after_it_was_taken)
IN_KERNEL(one_that_is_being_cancelled_is_passed_over)

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_first_in_first_out),
        CASE(test_the_peek_context_chooses),
        CASE(test_removed_by_context),
        CASE(test_the_insertion_is_refused),
        CASE(test_cancelled_before_it_is_sent),
        CASE(test_cancelled_while_it_is_inserted),
        CASE(test_cancelled_while_it_is_queued),
        CASE(test_cancelled_after_it_was_taken),
        CASE(test_one_that_is_being_cancelled_is_passed_over),
        CASE(taking_and_cancelling_never_both_win),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
