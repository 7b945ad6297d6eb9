/*
 * StartIo: one IRP at a time, the order of the rest, cancellation at every point, and what
 * IoSetStartIoAttributes changes.
 */
#include "rig.h"

static struct {
    PIRP started[8]; /* what StartIo was given, in order */
    int count;
    int depth, deepest;
    BOOLEAN complete_inside; /* StartIo completes its IRP and asks for the next itself */
    BOOLEAN by_key;
    ULONG key;
    BOOLEAN cancelable;
    PDRIVER_CANCEL cancel;
    BOOLEAN keyed;      /* IoStartPacket with the read's key */
    int cancelled;      /* calls of the cancel routine */
    BOOLEAN was_queued; /* the cancel routine found it in the device queue */
} s;

static VOID NTAPI start_io(PDEVICE_OBJECT device, PIRP irp)
{
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_ptr_equal(device->CurrentIrp, irp);
    assert_true(device->DeviceQueue.Busy);
    s.started[s.count++] = irp;
    if (++s.depth > s.deepest)
        s.deepest = s.depth;
    if (s.complete_inside) {
        rig_complete(irp, STATUS_SUCCESS, 0);
        if (s.by_key)
            IoStartNextPacketByKey(device, s.cancelable, s.key);
        else
            IoStartNextPacket(device, s.cancelable);
    }
    s.depth--;
}

/* As the documentation has it: the current IRP, one in the queue, or neither. */
static VOID NTAPI on_cancel(PDEVICE_OBJECT device, PIRP irp)
{
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    s.cancelled++;
    if (irp == device->CurrentIrp) {
        IoReleaseCancelSpinLock(irp->CancelIrql);
        rig_complete(irp, STATUS_CANCELLED, 0);
        KIRQL irql;
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        IoStartNextPacket(device, TRUE);
        KeLowerIrql(irql);
        return;
    }
    s.was_queued = KeRemoveEntryDeviceQueue(&device->DeviceQueue, &irp->Tail.Overlay.DeviceQueueEntry);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    rig_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS start_packet(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    ULONG key = stack->Parameters.Read.Key;
    IoMarkIrpPending(irp);
    IoStartPacket(device, irp, s.keyed ? &key : NULL, s.cancel);
    return STATUS_PENDING;
}

struct request {
    PIRP irp;
    int completed;
    NTSTATUS status;
};

static NTSTATUS NTAPI keep(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct request *request = context;
    (void)device;
    request->completed++;
    request->status = irp->IoStatus.Status;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void make(struct request *request, ULONG key)
{
    memset(request, 0, sizeof *request);
    request->irp = IoAllocateIrp(1, FALSE);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(request->irp);
    stack->MajorFunction = IRP_MJ_READ;
    stack->Parameters.Read.Key = key;
    IoSetCompletionRoutine(request->irp, keep, request, TRUE, TRUE, TRUE);
}

static void submit(struct request *request, ULONG key)
{
    make(request, key);
    assert_int_equal(IoCallDriver(rig.device, request->irp), STATUS_PENDING);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

static void set_up(BOOLEAN deferred, BOOLEAN non_cancelable)
{
    memset(&s, 0, sizeof s);
    rig.on[IRP_MJ_READ] = start_packet;
    rig.driver->DriverStartIo = start_io;
    IoSetStartIoAttributes(rig.device, deferred, non_cancelable);
}

static void next(BOOLEAN cancelable)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoStartNextPacket(rig.device, cancelable);
    KeLowerIrql(irql);
}

static void next_by_key(ULONG key)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    IoStartNextPacketByKey(rig.device, FALSE, key);
    KeLowerIrql(irql);
}

/* Completes the current IRP, which must be this one, and starts the next. */
static void done(struct request *request)
{
    assert_ptr_equal(rig.device->CurrentIrp, request->irp);
    rig_complete(request->irp, STATUS_SUCCESS, 0);
    assert_int_equal(request->completed, 1);
}

static void one_at_a_time(void *context)
{
    (void)context;
    struct request requests[3];
    set_up(FALSE, FALSE);
    for (int i = 0; i < 3; i++)
        submit(&requests[i], 0);
    assert_int_equal(s.count, 1);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(s.started[i], requests[i].irp);
        done(&requests[i]);
        next(FALSE);
        assert_int_equal(s.count, i < 2 ? i + 2 : 3);
    }
    assert_null(rig.device->CurrentIrp);
    assert_false(rig.device->DeviceQueue.Busy);
    assert_int_equal(s.deepest, 1);
    for (int i = 0; i < 3; i++)
        IoFreeIrp(requests[i].irp);
}

/* The queue is in order of the keys; by key, the next at or after it is taken, at the end the first: an
 * elevator. */
static void keys_give_the_order(void *context)
{
    (void)context;
    static const ULONG keys[] = {50, 30, 10, 40, 20, 30};
    struct request requests[6];
    set_up(FALSE, FALSE);
    s.keyed = TRUE;
    for (int i = 0; i < 6; i++)
        submit(&requests[i], keys[i]);
    done(&requests[0]);
    next_by_key(25); /* the first of the two with 30 */
    done(&requests[1]);
    next_by_key(30);
    done(&requests[5]);
    next_by_key(41); /* nothing: begins again */
    done(&requests[2]);
    next(FALSE);
    done(&requests[4]);
    next(FALSE);
    done(&requests[3]);
    next(FALSE);
    assert_int_equal(s.count, 6);
    assert_false(rig.device->DeviceQueue.Busy);
    for (int i = 0; i < 6; i++)
        IoFreeIrp(requests[i].irp);
}

/* --- cancel --- */

static void cancelled_while_queued(void *context)
{
    (void)context;
    struct request requests[3];
    set_up(FALSE, FALSE);
    s.cancel = on_cancel;
    for (int i = 0; i < 3; i++)
        submit(&requests[i], 0);
    assert_true(IoCancelIrp(requests[1].irp));
    assert_true(s.was_queued);
    assert_int_equal(requests[1].completed, 1);
    assert_int_equal(requests[1].status, STATUS_CANCELLED);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IoSetCancelRoutine(requests[0].irp, NULL);
    done(&requests[0]);
    next(TRUE);
    assert_int_equal(s.count, 2);
    assert_ptr_equal(s.started[1], requests[2].irp); /* the cancelled one is not started */
    IoSetCancelRoutine(requests[2].irp, NULL);
    done(&requests[2]);
    next(TRUE);
    for (int i = 0; i < 3; i++)
        IoFreeIrp(requests[i].irp);
}

static void cancelled_while_current(void *context)
{
    (void)context;
    struct request requests[2];
    set_up(FALSE, FALSE);
    s.cancel = on_cancel;
    for (int i = 0; i < 2; i++)
        submit(&requests[i], 0);
    assert_non_null(requests[0].irp->CancelRoutine); /* StartIo is to take it away */
    assert_true(IoCancelIrp(requests[0].irp));
    assert_int_equal(requests[0].status, STATUS_CANCELLED);
    assert_int_equal(s.count, 2);
    assert_ptr_equal(rig.device->CurrentIrp, requests[1].irp);
    IoSetCancelRoutine(requests[1].irp, NULL);
    done(&requests[1]);
    next(TRUE);
    for (int i = 0; i < 2; i++)
        IoFreeIrp(requests[i].irp);
}

/* Cancelled before it comes: when the device is busy it never waits, when it is idle StartIo is to look. */
static void cancelled_before_it_comes(void *context)
{
    (void)context;
    struct request requests[2];
    set_up(FALSE, FALSE);
    s.cancel = on_cancel;
    for (int i = 0; i < 2; i++) {
        make(&requests[i], 0);
        assert_false(IoCancelIrp(requests[i].irp));
        assert_int_equal(IoCallDriver(rig.device, requests[i].irp), STATUS_PENDING);
        assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
    assert_int_equal(s.count, 1);
    assert_int_equal(requests[0].completed, 0);
    assert_true(requests[0].irp->Cancel);
    assert_int_equal(s.cancelled, 1);
    assert_true(s.was_queued);
    assert_int_equal(requests[1].status, STATUS_CANCELLED);
    IoSetCancelRoutine(requests[0].irp, NULL);
    done(&requests[0]);
    next(TRUE);
    assert_int_equal(s.count, 1);
    for (int i = 0; i < 2; i++)
        IoFreeIrp(requests[i].irp);
}

static void without_a_cancel_routine_there_is_no_cancelling(void *context)
{
    (void)context;
    struct request requests[2];
    set_up(FALSE, FALSE);
    for (int i = 0; i < 2; i++)
        submit(&requests[i], 0);
    assert_false(IoCancelIrp(requests[1].irp));
    assert_int_equal(requests[1].completed, 0);
    done(&requests[0]);
    next(FALSE);
    done(&requests[1]);
    next(FALSE);
    for (int i = 0; i < 2; i++)
        IoFreeIrp(requests[i].irp);
}

static void non_cancelable_once_it_is_started(void *context)
{
    (void)context;
    struct request requests[2];
    set_up(FALSE, TRUE);
    s.cancel = on_cancel;
    for (int i = 0; i < 2; i++)
        submit(&requests[i], 0);
    assert_null(requests[0].irp->CancelRoutine);
    assert_false(IoCancelIrp(requests[0].irp));
    assert_non_null(requests[1].irp->CancelRoutine);
    done(&requests[0]);
    next(TRUE);
    assert_null(requests[1].irp->CancelRoutine);
    assert_false(IoCancelIrp(requests[1].irp));
    done(&requests[1]);
    next(TRUE);
    assert_int_equal(s.cancelled, 0);
    for (int i = 0; i < 2; i++)
        IoFreeIrp(requests[i].irp);
}

/* --- StartIo that asks for the next packet itself --- */

static void pile_up(struct request *requests, int count)
{
    s.complete_inside = FALSE;
    for (int i = 0; i < count; i++)
        submit(&requests[i], 100 - (ULONG)i);
    assert_int_equal(s.count, 1);
    s.complete_inside = TRUE;
    rig_complete(requests[0].irp, STATUS_SUCCESS, 0);
}

static void free_all(struct request *requests, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(requests[i].completed, 1);
        assert_int_equal(requests[i].status, STATUS_SUCCESS);
        IoFreeIrp(requests[i].irp);
    }
    assert_false(rig.device->DeviceQueue.Busy);
    assert_int_equal(s.depth, 0);
}

static void start_io_nests(void *context)
{
    (void)context;
    struct request requests[5];
    set_up(FALSE, FALSE);
    pile_up(requests, 5);
    next(FALSE);
    assert_int_equal(s.count, 5);
    assert_int_equal(s.deepest, 4); /* each calls the next before it returns */
    free_all(requests, 5);
}

static void deferred_start_io_does_not_nest(void *context)
{
    (void)context;
    struct request requests[5], single;
    set_up(TRUE, FALSE);
    pile_up(requests, 5);
    next(FALSE);
    assert_int_equal(s.count, 5);
    assert_int_equal(s.deepest, 1);
    for (int i = 0; i < 5; i++)
        assert_ptr_equal(s.started[i], requests[i].irp);
    free_all(requests, 5);
    submit(&single, 0); /* straight from IoStartPacket, too */
    assert_int_equal(s.count, 6);
    assert_int_equal(s.deepest, 1);
    free_all(&single, 1);
}

static void deferred_by_key_keeps_the_key(void *context)
{
    (void)context;
    struct request requests[4];
    set_up(TRUE, FALSE);
    s.keyed = s.by_key = TRUE;
    s.key = 98;
    pile_up(requests, 4); /* 100, 99, 98, 97 */
    next_by_key(98);
    assert_int_equal(s.count, 4);
    assert_int_equal(s.deepest, 1);
    assert_ptr_equal(s.started[1], requests[2].irp); /* 98 */
    assert_ptr_equal(s.started[2], requests[1].irp); /* 99: the next at or after 98 */
    assert_ptr_equal(s.started[3], requests[3].irp); /* 97: from the beginning again */
    free_all(requests, 4);
}

static void deferred_and_cancelable(void *context)
{
    (void)context;
    struct request requests[3];
    set_up(TRUE, TRUE);
    s.cancel = on_cancel;
    s.cancelable = TRUE;
    pile_up(requests, 3);
    next(TRUE);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.deepest, 1);
    free_all(requests, 3);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }
IN_KERNEL(one_at_a_time)
IN_KERNEL(keys_give_the_order)
IN_KERNEL(cancelled_while_queued)
IN_KERNEL(cancelled_while_current)
IN_KERNEL(cancelled_before_it_comes)
IN_KERNEL(without_a_cancel_routine_there_is_no_cancelling)
IN_KERNEL(non_cancelable_once_it_is_started)
IN_KERNEL(start_io_nests)
IN_KERNEL(deferred_start_io_does_not_nest)
IN_KERNEL(deferred_by_key_keeps_the_key)
IN_KERNEL(deferred_and_cancelable)

#define CASE(name) cmocka_unit_test_setup_teardown(test_##name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_at_a_time),
        CASE(keys_give_the_order),
        CASE(cancelled_while_queued),
        CASE(cancelled_while_current),
        CASE(cancelled_before_it_comes),
        CASE(without_a_cancel_routine_there_is_no_cancelling),
        CASE(non_cancelable_once_it_is_started),
        CASE(start_io_nests),
        CASE(deferred_start_io_does_not_nest),
        CASE(deferred_by_key_keeps_the_key),
        CASE(deferred_and_cancelable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
