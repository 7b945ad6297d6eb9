/* Requests of several threads at once: one synchronous handle, requests that pend, cancelling while they are completed. */
#include "rig.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4, ROUNDS = 400 };

static atomic_int inside, most;

static NTSTATUS one_at_a_time(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    int now = atomic_fetch_add(&inside, 1) + 1;
    if (now > atomic_load(&most))
        atomic_store(&most, now);
    ULONG value = *(PULONG)irp->AssociatedIrp.SystemBuffer;
    *(PULONG)irp->AssociatedIrp.SystemBuffer = value + 1;
    atomic_fetch_sub(&inside, 1);
    return rig_complete(irp, STATUS_SUCCESS, sizeof(ULONG));
}

static void *send_many(void *context)
{
    HANDLE handle = context;
    for (ULONG i = 0; i < ROUNDS; i++) {
        IO_STATUS_BLOCK iosb;
        ULONG in = i, out = 0;
        if (NtDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, 0, 0), &in, sizeof in,
                                  &out, sizeof out) != STATUS_SUCCESS ||
            out != i + 1 || iosb.Information != sizeof out)
            return "a request went wrong";
    }
    return NULL;
}

static void run(void *(*routine)(void *), void *context)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, routine, context), 0);
    for (int i = 0; i < THREADS; i++) {
        void *what;
        pthread_join(threads[i], &what);
        if (what)
            fail_msg("%s", (const char *)what);
    }
}

static void a_synchronous_handle_serialises(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    rig.on[IRP_MJ_DEVICE_CONTROL] = one_at_a_time;
    atomic_store(&most, 0);
    run(send_many, handle);
    assert_int_equal(atomic_load(&most), 1);
    assert_int_equal(rig.count[IRP_MJ_DEVICE_CONTROL], THREADS * ROUNDS);
    NtClose(handle);
}

static void other_handles_do_not(void **state)
{
    (void)state;
    HANDLE handle;
    assert_int_equal(rig_open(L"\\Device\\Rig", GENERIC_READ | GENERIC_WRITE, 0, 0, &handle), 0);
    rig.on[IRP_MJ_DEVICE_CONTROL] = one_at_a_time;
    run(send_many, handle);
    assert_int_equal(rig.count[IRP_MJ_DEVICE_CONTROL], THREADS * ROUNDS);
    NtClose(handle);
}

/* --- a queue of pending requests, emptied by whoever comes --- */

static KSPIN_LOCK queue_lock;
static LIST_ENTRY queue;
static atomic_int completed;

static VOID NTAPI cancel_queued(PDEVICE_OBJECT device, PIRP irp)
{
    KIRQL irql;
    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    KeAcquireSpinLock(&queue_lock, &irql);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&queue_lock, irql);
    atomic_fetch_add(&completed, 1);
    rig_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS enqueue(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    KIRQL irql;
    (void)device, (void)stack;
    IoMarkIrpPending(irp);
    KeAcquireSpinLock(&queue_lock, &irql);
    InsertTailList(&queue, &irp->Tail.Overlay.ListEntry);
    IoSetCancelRoutine(irp, cancel_queued);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL)) {
        RemoveEntryList(&irp->Tail.Overlay.ListEntry);
        KeReleaseSpinLock(&queue_lock, irql);
        atomic_fetch_add(&completed, 1);
        rig_complete(irp, STATUS_CANCELLED, 0);
        return STATUS_PENDING;
    }
    KeReleaseSpinLock(&queue_lock, irql);
    return STATUS_PENDING;
}

static PIRP dequeue(void)
{
    KIRQL irql;
    PIRP irp = NULL;
    KeAcquireSpinLock(&queue_lock, &irql);
    for (PLIST_ENTRY entry = queue.Flink; entry != &queue && !irp; entry = entry->Flink) {
        PIRP candidate = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        if (IoSetCancelRoutine(candidate, NULL)) { /* otherwise its cancel routine waits for the lock */
            RemoveEntryList(entry);
            irp = candidate;
        }
    }
    KeReleaseSpinLock(&queue_lock, irql);
    return irp;
}

/* A control request completes what is queued. */
static NTSTATUS empty_queue(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    PIRP other;
    (void)device, (void)stack;
    while ((other = dequeue()) != NULL) {
        atomic_fetch_add(&completed, 1);
        rig_complete(other, STATUS_SUCCESS, 0);
    }
    return rig_complete(irp, STATUS_SUCCESS, 0);
}

static atomic_uint role;

static void *read_and_cancel(void *context)
{
    HANDLE handle = context, event;
    UCHAR buffer[16];
    LARGE_INTEGER offset = {.QuadPart = 0};
    unsigned mine = atomic_fetch_add(&role, 1);
    if (NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE) != STATUS_SUCCESS)
        return "no event";
    for (int i = 0; i < ROUNDS; i++) {
        IO_STATUS_BLOCK iosb = {.Status = STATUS_PENDING}, other;
        NTSTATUS status = NtReadFile(handle, event, NULL, NULL, &iosb, buffer, sizeof buffer, &offset, NULL);
        if (status != STATUS_PENDING)
            return "a read did not pend";
        if (mine % 2)
            NtCancelIoFileEx(handle, NULL, &other);
        else
            NtDeviceIoControlFile(handle, NULL, NULL, NULL, &other, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, 0, 0), NULL, 0, NULL,
                                  0);
        NtCancelIoFileEx(handle, &iosb, &other);
        if (NtWaitForSingleObject(event, FALSE, NULL) != STATUS_SUCCESS)
            return "a wait failed";
        status = __atomic_load_n(&iosb.Status, __ATOMIC_ACQUIRE);
        if (status != STATUS_SUCCESS && status != STATUS_CANCELLED)
            return "a read ended with another status";
    }
    NtClose(event);
    return NULL;
}

static void every_pending_request_ends_once(void **state)
{
    (void)state;
    HANDLE handle;
    KeInitializeSpinLock(&queue_lock);
    InitializeListHead(&queue);
    atomic_store(&completed, 0);
    rig.on[IRP_MJ_READ] = enqueue;
    rig.on[IRP_MJ_DEVICE_CONTROL] = empty_queue;
    assert_int_equal(rig_open(L"\\Device\\Rig", GENERIC_READ | GENERIC_WRITE, 0, 0, &handle), 0);
    run(read_and_cancel, handle);
    assert_int_equal(atomic_load(&completed), THREADS * ROUNDS);
    assert_true(IsListEmpty(&queue));
    NtClose(handle);
}

static void *leave_one_behind(void *context)
{
    static IO_STATUS_BLOCK iosb[THREADS];
    static UCHAR buffer[THREADS][16];
    unsigned mine = atomic_fetch_add(&role, 1) % THREADS;
    LARGE_INTEGER offset = {.QuadPart = 0};
    if (NtReadFile(context, NULL, NULL, NULL, &iosb[mine], buffer[mine], 16, &offset, NULL) != STATUS_PENDING)
        return "a read did not pend";
    return NULL;
}

static void a_thread_that_ends_takes_its_requests_along(void **state)
{
    (void)state;
    HANDLE handle;
    KeInitializeSpinLock(&queue_lock);
    InitializeListHead(&queue);
    atomic_store(&completed, 0);
    atomic_store(&role, 0);
    rig.on[IRP_MJ_READ] = enqueue;
    assert_int_equal(rig_open(L"\\Device\\Rig", GENERIC_READ | GENERIC_WRITE, 0, 0, &handle), 0);
    run(leave_one_behind, handle);
    assert_int_equal(atomic_load(&completed), THREADS);
    NtClose(handle);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_synchronous_handle_serialises),
        T(other_handles_do_not),
        T(every_pending_request_ends_once),
        T(a_thread_that_ends_takes_its_requests_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
