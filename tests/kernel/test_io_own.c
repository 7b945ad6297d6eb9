/*
 * What a driver sends by itself and waits for: forwarded and synchronous calls that pend, IRPs that become a
 * thread's, masters with parts, and threads that keep their device.
 */
#include "rig.h"

static struct {
    KTIMER timer;
    KDPC dpc;
    PIRP irp;
    NTSTATUS status;
    BOOLEAN pends, cancellable;
    int cancelled;
} bottom;

static VOID NTAPI complete_later(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    rig_complete(bottom.irp, bottom.status, 5);
}

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    bottom.cancelled++;
    rig_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS answer(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    LARGE_INTEGER soon = {.QuadPart = -20000};
    (void)device, (void)stack;
    if (!bottom.pends)
        return rig_complete(irp, bottom.status, 5);
    bottom.irp = irp;
    IoMarkIrpPending(irp);
    if (bottom.cancellable)
        IoSetCancelRoutine(irp, cancel);
    else
        KeSetTimer(&bottom.timer, soon, &bottom.dpc);
    return STATUS_PENDING;
}

static void prepare(BOOLEAN pends, NTSTATUS status)
{
    memset(&bottom, 0, sizeof bottom);
    KeInitializeTimer(&bottom.timer);
    KeInitializeDpc(&bottom.dpc, complete_later, NULL);
    bottom.pends = pends;
    bottom.status = status;
    rig.on[IRP_MJ_FLUSH_BUFFERS] = answer;
}

/* --- calls that wait --- */

static void called_synchronously(void *context)
{
    (void)context;
    PIRP irp = IoAllocateIrp(1, FALSE);
    for (int pends = 0; pends < 2; pends++)
        for (int fails = 0; fails < 2; fails++) {
            NTSTATUS status = fails ? STATUS_DEVICE_NOT_READY : STATUS_SUCCESS;
            prepare((BOOLEAN)pends, status);
            IoReuseIrp(irp, STATUS_UNSUCCESSFUL);
            IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
            assert_int_equal(IoSynchronousCallDriver(rig.device, irp), status);
            assert_int_equal(irp->IoStatus.Status, status); /* it is back, and not freed */
            assert_int_equal(irp->IoStatus.Information, 5);
            assert_int_equal(irp->CurrentLocation, 2);
        }
    IoFreeIrp(irp);
}

static void forwarded_and_pended(void *context)
{
    (void)context;
    PIRP irp = IoAllocateIrp(2, FALSE);
    for (int fails = 0; fails < 2; fails++) {
        prepare(TRUE, fails ? STATUS_DEVICE_NOT_READY : STATUS_SUCCESS);
        IoReuseIrp(irp, STATUS_UNSUCCESSFUL);
        IoSetNextIrpStackLocation(irp);
        IoGetCurrentIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
        assert_true(IoForwardIrpSynchronously(rig.device, irp)); /* whatever became of it */
        assert_int_equal(irp->IoStatus.Status, bottom.status);
        assert_int_equal(irp->CurrentLocation, 2);
    }
    IoFreeIrp(irp);
}

/* --- a thread's --- */

static PIRP thread_irp(PKEVENT event, PIO_STATUS_BLOCK iosb)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    KeInitializeEvent(event, NotificationEvent, FALSE);
    irp->UserEvent = event;
    irp->UserIosb = iosb;
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    IoQueueThreadIrp(irp);
    assert_ptr_equal(irp->Tail.Overlay.Thread, PsGetCurrentThread());
    return irp;
}

/* From then on the I/O manager finishes it: status block, event, and the IRP is freed. */
static void given_to_the_thread(void *context)
{
    (void)context;
    KEVENT event;
    IO_STATUS_BLOCK iosb = {.Status = 1};
    prepare(FALSE, STATUS_SUCCESS);
    assert_int_equal(IoCallDriver(rig.device, thread_irp(&event, &iosb)), STATUS_SUCCESS);
    assert_int_equal(KeReadStateEvent(&event), 1);
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 5);
    prepare(TRUE, STATUS_DEVICE_BUSY);
    assert_int_equal(IoCallDriver(rig.device, thread_irp(&event, &iosb)), STATUS_PENDING);
    assert_int_equal(KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_DEVICE_BUSY);

    /* In memory of the driver's own: its completion routine takes it back. */
    PIRP own = ExAllocatePoolWithTag(NonPagedPoolNx, IoSizeOfIrp(1), 'tseT');
    IoInitializeIrp(own, IoSizeOfIrp(1), 1);
    IoQueueThreadIrp(own);
    assert_ptr_equal(own->Tail.Overlay.Thread, PsGetCurrentThread());
    ExFreePoolWithTag(own, 'tseT');
}

static struct {
    KEVENT event;
    IO_STATUS_BLOCK iosb;
} left_behind;

static VOID NTAPI leave_one_behind(PVOID context)
{
    (void)context;
    IoCallDriver(rig.device, thread_irp(&left_behind.event, &left_behind.iosb));
}

static void join(HANDLE handle)
{
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    ZwClose(handle);
}

static void cancelled_with_its_thread(void *context)
{
    HANDLE handle;
    (void)context;
    prepare(TRUE, STATUS_SUCCESS);
    bottom.cancellable = TRUE;
    assert_int_equal(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, leave_one_behind, NULL),
        STATUS_SUCCESS);
    join(handle);
    assert_int_equal(bottom.cancelled, 1);
    assert_int_equal(left_behind.iosb.Status, STATUS_CANCELLED);
    assert_int_equal(KeReadStateEvent(&left_behind.event), 1);
}

/* --- masters --- */

static NTSTATUS NTAPI keep(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device, (void)irp;
    ++*(int *)context;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Parts that pend: the last to come back completes the master, at whatever level that is. */
static void parts_that_pend(void *context)
{
    (void)context;
    int completed = 0;
    KIRQL irql;
    PIRP master = IoAllocateIrp(1, FALSE), parts[2], held[2];
    IoSetCompletionRoutine(master, keep, &completed, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(master);
    IoMarkIrpPending(master);
    master->AssociatedIrp.IrpCount = 2;
    master->IoStatus.Status = STATUS_SUCCESS;
    prepare(TRUE, STATUS_SUCCESS);
    bottom.cancellable = TRUE; /* nothing completes them by itself */
    for (int i = 0; i < 2; i++) {
        parts[i] = IoMakeAssociatedIrpEx(master, rig.device, 1);
        assert_ptr_equal(parts[i]->AssociatedIrp.MasterIrp, master);
        assert_true(parts[i]->Flags & IRP_ASSOCIATED_IRP);
        IoGetNextIrpStackLocation(parts[i])->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
        assert_int_equal(IoCallDriver(rig.device, parts[i]), STATUS_PENDING);
        held[i] = bottom.irp;
    }
    assert_int_equal(completed, 0);
    assert_true(IoCancelIrp(held[1])); /* a part that is cancelled counts like any other */
    assert_int_equal(completed, 0);
    IoSetCancelRoutine(held[0], NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    rig_complete(held[0], STATUS_SUCCESS, 0);
    KeLowerIrql(irql);
    assert_int_equal(completed, 1);
    IoFreeIrp(master);
}

/* --- completing for somebody else --- */

static PVOID closer, completer;
static PIRP held;

static NTSTATUS hold(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    held = irp;
    IoMarkIrpPending(irp);
    return STATUS_PENDING;
}

static NTSTATUS note_closer(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    __atomic_store_n(&closer, PsGetCurrentThread(), __ATOMIC_RELEASE);
    return rig_complete(irp, STATUS_SUCCESS, 0);
}

static VOID NTAPI complete_held(PVOID context)
{
    (void)context;
    completer = PsGetCurrentThread();
    rig_complete(held, STATUS_SUCCESS, 0);
}

static void start_completer(void *handle)
{
    assert_int_equal(PsCreateSystemThread(handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, complete_held, NULL),
                     STATUS_SUCCESS);
}

static void join_completer(void *handle)
{
    join(*(HANDLE *)handle);
}

/* The handle is closed; the request's reference is the file's last. The driver is not called back for it. */
static void test_completing_closes_no_file(void **state)
{
    (void)state;
    HANDLE file, thread;
    UCHAR buffer[4];
    IO_STATUS_BLOCK iosb = {.Status = STATUS_PENDING};
    LARGE_INTEGER offset = {.QuadPart = 0}, pause = {.QuadPart = -10000};
    closer = completer = NULL;
    rig.on[IRP_MJ_READ] = hold;
    rig.on[IRP_MJ_CLOSE] = note_closer;
    assert_int_equal(rig_open(L"\\Device\\Rig", GENERIC_READ, 0, 0, &file), STATUS_SUCCESS);
    assert_int_equal(NtReadFile(file, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, &offset, NULL),
                     STATUS_PENDING);
    assert_int_equal(NtClose(file), STATUS_SUCCESS);
    assert_null(closer);
    ntio_run_in_kernel(start_completer, &thread);
    ntio_run_in_kernel(join_completer, &thread);
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    while (!__atomic_load_n(&closer, __ATOMIC_ACQUIRE))
        NtDelayExecution(FALSE, &pause);
    assert_non_null(completer);
    assert_ptr_not_equal(closer, completer);
}

/* --- threads that keep their device --- */

static KEVENT leave;

static VOID NTAPI linger(PVOID context)
{
    KeWaitForSingleObject(&leave, Executive, KernelMode, FALSE, NULL);
    *(int *)context = 1;
    PsTerminateSystemThread(STATUS_ALERTED); /* which does not come back to who started it */
}

static void a_thread_keeps_its_device(void *context)
{
    HANDLE handle;
    PVOID thread;
    int ran = 0;
    (void)context;
    KeInitializeEvent(&leave, NotificationEvent, FALSE);
    PDEVICE_OBJECT device = rig_device(NULL, 0, FALSE);
    LONG_PTR before = ObReferenceObject(device);
    assert_int_equal(IoCreateSystemThread(device, &handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, linger, &ran),
                     STATUS_SUCCESS);
    assert_int_equal(ObReferenceObject(device), before + 2);
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, &thread, NULL),
                     STATUS_SUCCESS);
    KeSetEvent(&leave, IO_NO_INCREMENT, FALSE);
    join(handle);
    assert_int_equal(ran, 1);
    assert_int_equal(PsGetThreadExitStatus(thread), STATUS_ALERTED);
    ObDereferenceObject(thread);
    ObDereferenceObject(device);
    assert_int_equal(ObReferenceObject(device), before + 1);
    ObDereferenceObject(device);
    ObDereferenceObject(device);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }
IN_KERNEL(called_synchronously)
IN_KERNEL(forwarded_and_pended)
IN_KERNEL(given_to_the_thread)
IN_KERNEL(cancelled_with_its_thread)
IN_KERNEL(parts_that_pend)
IN_KERNEL(a_thread_keeps_its_device)

#define CASE(name) cmocka_unit_test_setup_teardown(test_##name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(called_synchronously),      CASE(forwarded_and_pended),      CASE(given_to_the_thread),
        CASE(completing_closes_no_file), CASE(cancelled_with_its_thread), CASE(parts_that_pend),
        CASE(a_thread_keeps_its_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
