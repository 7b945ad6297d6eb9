/* IRPs: their memory, their way down and up, and what NT stops for. */
#include "rig.h"

/* --- memory --- */

static void allocate_some(void *context)
{
    (void)context;
    for (CCHAR stacks = 1; stacks < 30; stacks++) {
        PIRP irp = IoAllocateIrp(stacks, FALSE);
        assert_non_null(irp);
        assert_int_equal(irp->Type, IO_TYPE_IRP);
        assert_int_equal(irp->Size, sizeof(IRP) + (size_t)stacks * sizeof(IO_STACK_LOCATION));
        assert_int_equal(irp->StackCount, stacks);
        assert_int_equal(irp->CurrentLocation, stacks + 1);
        assert_ptr_equal(irp->Tail.Overlay.CurrentStackLocation, (PIO_STACK_LOCATION)(irp + 1) + stacks);
        assert_ptr_equal(IoGetNextIrpStackLocation(irp), (PIO_STACK_LOCATION)(irp + 1) + stacks - 1);
        memset(IoGetNextIrpStackLocation(irp), 0xAB, sizeof(IO_STACK_LOCATION));
        irp->IoStatus.Status = STATUS_UNSUCCESSFUL;
        irp->Cancel = TRUE;
        IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
        assert_int_equal(irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
        assert_false(irp->Cancel);
        assert_int_equal(irp->CurrentLocation, stacks + 1);
        assert_int_equal(IoGetNextIrpStackLocation(irp)->MajorFunction, 0);
        IoFreeIrp(irp);
    }
    PIRP own = ExAllocatePoolWithTag(NonPagedPool, IoSizeOfIrp(2), 'tseT');
    IoInitializeIrp(own, IoSizeOfIrp(2), 2);
    assert_int_equal(own->StackCount, 2);
    assert_int_equal(own->Type, IO_TYPE_IRP);
    ExFreePoolWithTag(own, 'tseT');
    assert_null(IoAllocateIrp(-1, FALSE));
}

static void irps_have_any_number_of_locations(void **state)
{
    (void)state;
    ntio_run_in_kernel(allocate_some, NULL);
}

/* --- up and down --- */

static struct {
    int calls;
    PDEVICE_OBJECT device[8];
    PVOID context[8];
    BOOLEAN pending[8];
    NTSTATUS answer;
} up;

static NTSTATUS NTAPI on_up(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    up.device[up.calls] = device;
    up.context[up.calls] = context;
    up.pending[up.calls] = irp->PendingReturned;
    up.calls++;
    if (irp->PendingReturned && device)
        IoMarkIrpPending(irp);
    return device ? STATUS_CONTINUE_COMPLETION : up.answer;
}

static struct {
    NTSTATUS status;
    BOOLEAN success, error, cancel, set_cancel, mark;
} plan;

static PDEVICE_OBJECT lower[3]; /* from the bottom */

/* The upper two pass it on with a completion routine, the lowest completes. */
static NTSTATUS pass_on(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)stack;
    if (device != lower[0]) {
        PDEVICE_OBJECT next = device == lower[2] ? lower[1] : lower[0];
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoSetCompletionRoutine(irp, on_up, next, plan.success, plan.error, plan.cancel);
        return IoCallDriver(next, irp);
    }
    if (plan.set_cancel)
        irp->Cancel = TRUE;
    if (plan.mark)
        IoMarkIrpPending(irp);
    rig_complete(irp, plan.status, 7);
    return plan.mark ? STATUS_PENDING : plan.status;
}

static void build_stack(void)
{
    lower[0] = rig.device;
    lower[1] = rig_device(NULL, 0, FALSE);
    lower[2] = rig_device(NULL, 0, FALSE);
    assert_ptr_equal(IoAttachDeviceToDeviceStack(lower[1], lower[0]), lower[0]);
    assert_ptr_equal(IoAttachDeviceToDeviceStack(lower[2], lower[0]), lower[1]);
    rig.on[IRP_MJ_PNP] = pass_on;
}

static void send_own(NTSTATUS status, BOOLEAN success, BOOLEAN error, BOOLEAN cancel, BOOLEAN set_cancel,
                     BOOLEAN mark, int calls)
{
    memset(&up, 0, sizeof up);
    up.answer = STATUS_MORE_PROCESSING_REQUIRED;
    plan.status = status, plan.success = success, plan.error = error, plan.cancel = cancel;
    plan.set_cancel = set_cancel, plan.mark = mark;
    PIRP irp = IoAllocateIrp(lower[2]->StackSize, FALSE);
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_PNP;
    stack->MinorFunction = 0x55;
    IoSetCompletionRoutine(irp, on_up, irp, TRUE, TRUE, TRUE);
    assert_int_equal(IoCallDriver(lower[2], irp), mark ? STATUS_PENDING : status);
    assert_int_equal(up.calls, calls);
    /* The one who allocated it has no device; it gets it back with the result. */
    assert_null(up.device[calls - 1]);
    assert_ptr_equal(up.context[calls - 1], irp);
    assert_int_equal(up.pending[calls - 1], mark);
    if (calls == 3) {
        assert_ptr_equal(up.device[0], lower[1]);
        assert_ptr_equal(up.context[0], lower[0]);
        assert_ptr_equal(up.device[1], lower[2]);
        assert_ptr_equal(up.context[1], lower[1]);
    }
    assert_int_equal(irp->IoStatus.Status, status);
    assert_int_equal(irp->IoStatus.Information, 7);
    assert_int_equal(irp->CurrentLocation, irp->StackCount + 1);
    IoFreeIrp(irp);
}

static void walk(void *context)
{
    (void)context;
    build_stack();
    send_own(STATUS_SUCCESS, TRUE, TRUE, TRUE, FALSE, FALSE, 3);
    send_own(STATUS_UNSUCCESSFUL, TRUE, TRUE, TRUE, FALSE, FALSE, 3);
    send_own(STATUS_SUCCESS, FALSE, TRUE, TRUE, FALSE, FALSE, 1);
    send_own(STATUS_UNSUCCESSFUL, TRUE, FALSE, FALSE, FALSE, FALSE, 1);
    send_own(STATUS_BUFFER_OVERFLOW, FALSE, TRUE, FALSE, FALSE, FALSE, 3); /* a warning is no success */
    send_own(STATUS_CANCELLED, FALSE, FALSE, TRUE, TRUE, FALSE, 3);
    send_own(STATUS_CANCELLED, FALSE, FALSE, TRUE, FALSE, FALSE, 1);
    send_own(STATUS_SUCCESS, TRUE, TRUE, TRUE, FALSE, TRUE, 3);
    send_own(STATUS_SUCCESS, FALSE, FALSE, FALSE, FALSE, TRUE,
             1); /* the mark goes up without a routine, too */
}

static void completion_routines_are_called_as_asked(void **state)
{
    (void)state;
    ntio_run_in_kernel(walk, NULL);
}

static void forward(void *context)
{
    (void)context;
    lower[0] = lower[1] = lower[2] = rig.device;
    rig.on[IRP_MJ_PNP] = NULL;
    PIRP irp = IoAllocateIrp(2, FALSE);
    IoSetNextIrpStackLocation(irp);
    IoGetCurrentIrpStackLocation(irp)->MajorFunction = IRP_MJ_PNP;
    assert_true(IoForwardIrpSynchronously(rig.device, irp));
    assert_int_equal(rig.count[IRP_MJ_PNP], 1);
    assert_int_equal(irp->IoStatus.Status, STATUS_SUCCESS);
    assert_int_equal(irp->CurrentLocation, 2);
    IoSetNextIrpStackLocation(irp);
    assert_false(IoForwardIrpSynchronously(rig.device, irp));
    IoFreeIrp(irp);
}

static void an_irp_is_forwarded_and_comes_back(void **state)
{
    (void)state;
    ntio_run_in_kernel(forward, NULL);
}

static NTSTATUS NTAPI keep(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device, (void)irp;
    ++*(int *)context;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void associate(void *context)
{
    (void)context;
    int completed = 0;
    PIRP master = IoAllocateIrp(1, FALSE), part[3];
    IoSetCompletionRoutine(master, keep, &completed, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(master);
    master->AssociatedIrp.IrpCount = 3;
    master->IoStatus.Status = STATUS_SUCCESS;
    for (int i = 0; i < 3; i++) {
        part[i] = IoMakeAssociatedIrp(master, 1);
        assert_non_null(part[i]);
        assert_ptr_equal(part[i]->AssociatedIrp.MasterIrp, master);
        assert_true(part[i]->Flags & IRP_ASSOCIATED_IRP);
        IoGetNextIrpStackLocation(part[i])->MajorFunction = IRP_MJ_READ;
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(completed, 0);
        assert_int_equal(IoCallDriver(rig.device, part[i]), STATUS_SUCCESS);
    }
    assert_int_equal(completed, 1);
    IoFreeIrp(master);
}

static void a_master_is_completed_with_its_last_part(void **state)
{
    (void)state;
    ntio_run_in_kernel(associate, NULL);
}

/* --- built requests --- */

static NTSTATUS reverse(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG out = stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG method = METHOD_FROM_CTL_CODE(stack->Parameters.DeviceIoControl.IoControlCode);
    PUCHAR from = irp->AssociatedIrp.SystemBuffer, to = from;
    assert_int_equal(irp->RequestorMode, KernelMode);
    if (method == METHOD_NEITHER) {
        from = stack->Parameters.DeviceIoControl.Type3InputBuffer;
        to = irp->UserBuffer;
    } else if (method != METHOD_BUFFERED) {
        to = out ? MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority) : NULL;
    }
    UCHAR copy[16];
    assert_true(in <= sizeof copy && in <= out);
    memcpy(copy, from, in);
    for (ULONG i = 0; i < in; i++)
        to[i] = copy[in - 1 - i];
    return rig_complete(irp, STATUS_SUCCESS, in);
}

static void build(void *context)
{
    (void)context;
    rig.on[IRP_MJ_DEVICE_CONTROL] = rig.on[IRP_MJ_INTERNAL_DEVICE_CONTROL] = reverse;
    for (ULONG method = METHOD_BUFFERED; method <= METHOD_NEITHER; method++)
        for (BOOLEAN internal = FALSE; internal <= TRUE; internal++) {
            KEVENT event;
            IO_STATUS_BLOCK iosb = {.Status = 1234};
            UCHAR in[4] = "abc", out[6] = "......";
            KeInitializeEvent(&event, NotificationEvent, FALSE);
            PIRP irp =
                IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, method, FILE_ANY_ACCESS),
                                              rig.device, in, 3, out, 6, internal, &event, &iosb);
            assert_non_null(irp);
            assert_int_equal(IoCallDriver(rig.device, irp), STATUS_SUCCESS);
            assert_int_equal(iosb.Status, STATUS_SUCCESS);
            assert_int_equal(iosb.Information, 3);
            assert_int_equal(KeReadStateEvent(&event), 1);
            assert_memory_equal(out, "cba...", 6);
        }
    assert_int_equal(rig.count[IRP_MJ_DEVICE_CONTROL], 4);
    assert_int_equal(rig.count[IRP_MJ_INTERNAL_DEVICE_CONTROL], 4);
}

static void control_requests_are_built_for_each_method(void **state)
{
    (void)state;
    ntio_run_in_kernel(build, NULL);
}

static LARGE_INTEGER seen_offset;

static NTSTATUS fill(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    ULONG length = stack->Parameters.Read.Length;
    PUCHAR to = irp->UserBuffer;
    seen_offset = stack->Parameters.Read.ByteOffset;
    if (device->Flags & DO_BUFFERED_IO)
        to = irp->AssociatedIrp.SystemBuffer;
    else if (device->Flags & DO_DIRECT_IO)
        to = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    memset(to, 'x', length);
    return rig_complete(irp, STATUS_SUCCESS, length);
}

static void read_synchronously(void *context)
{
    (void)context;
    static const ULONG kinds[] = {DO_BUFFERED_IO, DO_DIRECT_IO, 0};
    rig.on[IRP_MJ_READ] = fill;
    for (int i = 0; i < 3; i++) {
        PDEVICE_OBJECT device = rig_device(NULL, kinds[i], FALSE);
        KEVENT event;
        IO_STATUS_BLOCK iosb = {0};
        LARGE_INTEGER offset = {.QuadPart = 0x123456789};
        UCHAR out[6] = "......";
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, out, 4, &offset, &event, &iosb);
        assert_int_equal(IoCallDriver(device, irp), STATUS_SUCCESS);
        assert_int_equal(iosb.Information, 4);
        assert_int_equal(seen_offset.QuadPart, 0x123456789);
        assert_memory_equal(out, "xxxx..", 6);
    }
}

static void reads_are_built_for_each_kind_of_device(void **state)
{
    (void)state;
    ntio_run_in_kernel(read_synchronously, NULL);
}

/* --- cancelling --- */

static int cancelled;

static VOID NTAPI on_cancel(PDEVICE_OBJECT device, PIRP irp)
{
    assert_ptr_equal(device, rig.device);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    cancelled++;
    rig_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, on_cancel);
    return STATUS_PENDING;
}

static void cancel(void *context)
{
    (void)context;
    int completed = 0;
    cancelled = 0;
    rig.on[IRP_MJ_READ] = pend;
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(irp, keep, &completed, TRUE, TRUE, TRUE);
    assert_int_equal(IoCallDriver(rig.device, irp), STATUS_PENDING);
    assert_int_equal(completed, 0);
    assert_true(IoCancelIrp(irp));
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(cancelled, 1);
    assert_int_equal(completed, 1);
    assert_true(irp->Cancel);
    assert_false(IoCancelIrp(irp));
    IoFreeIrp(irp);
}

static void a_pending_irp_is_cancelled(void **state)
{
    (void)state;
    ntio_run_in_kernel(cancel, NULL);
}

/* --- what the machine stops for --- */

static NTSTATUS complete_twice(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    rig_complete(irp, STATUS_SUCCESS, 0);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS forget(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    irp->IoStatus.Status = STATUS_SUCCESS;
    return STATUS_SUCCESS;
}

static NTSTATUS complete_unmarked(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    rig_complete(irp, STATUS_SUCCESS, 0);
    return STATUS_PENDING;
}

static NTSTATUS mark_and_succeed(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    IoMarkIrpPending(irp);
    return STATUS_SUCCESS;
}

static NTSTATUS go_too_deep(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)stack;
    return IoCallDriver(device, irp);
}

static NTSTATUS complete_pending(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    IoMarkIrpPending(irp);
    rig_complete(irp, STATUS_PENDING, 0);
    return STATUS_PENDING;
}

static NTSTATUS complete_with_cancel_routine(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    IoSetCancelRoutine(irp, on_cancel);
    return rig_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS stay_raised(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    return rig_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS fall(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    static int *volatile nowhere = (int *)8;
    *nowhere = 1;
    return rig_complete(irp, STATUS_SUCCESS, 0);
}

static void send_read(void *context)
{
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    UCHAR buffer[8];
    rig.on[IRP_MJ_READ] = (rig_routine *)context;
    NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, NULL, NULL);
}

static ntio_bugcheck caught;

static void stops(rig_routine *routine, uint32_t code)
{
    assert_true(ntio_catch_bugcheck(send_read, (void *)routine, &caught));
    assert_int_equal(caught.code, code);
}

static void completing_twice_stops(void **state)
{
    (void)state;
    stops(complete_twice, 0x44);
}
static void running_out_of_locations_stops(void **state)
{
    (void)state;
    stops(go_too_deep, 0x35);
}
static void forgetting_an_irp_stops(void **state)
{
    (void)state;
    stops(forget, 0xC9);
    assert_int_equal(caught.parameters[0], 0x226);
    assert_int_equal(caught.parameters[1], (uintptr_t)rig_dispatch);
}
static void pending_unmarked_stops(void **state)
{
    (void)state;
    stops(complete_unmarked, 0xC9);
    assert_int_equal(caught.parameters[0], 0x23D);
    assert_non_null(strstr(caught.report, "RULE:    a dispatch routine returned STATUS_PENDING for an IRP that it has not marked"));
}
static void marking_without_pending_stops(void **state)
{
    (void)state;
    stops(mark_and_succeed, 0xC9);
    assert_int_equal(caught.parameters[0], 0x23E);
}
static void completing_as_pending_stops(void **state)
{
    (void)state;
    stops(complete_pending, 0xC9);
    assert_int_equal(caught.parameters[0], 0x06);
    assert_int_equal(caught.parameters[1], STATUS_PENDING);
}
static void completing_with_a_cancel_routine_stops(void **state)
{
    (void)state;
    stops(complete_with_cancel_routine, 0xC9);
    assert_int_equal(caught.parameters[0], 0x07);
    assert_int_equal(caught.parameters[1], (uintptr_t)on_cancel);
}
static void returning_raised_stops(void **state)
{
    (void)state;
    stops(stay_raised, 0xC9);
    assert_int_equal(caught.parameters[0], 0x05);
    assert_int_equal(caught.parameters[2], PASSIVE_LEVEL);
    assert_int_equal(caught.parameters[3], DISPATCH_LEVEL);
}
static void falling_in_a_dispatch_routine_stops(void **state)
{
    (void)state;
    stops(fall, 0x3B);
    assert_int_equal((NTSTATUS)caught.parameters[0], STATUS_ACCESS_VIOLATION);
}

static void free_twice(void *context)
{
    (void)context;
    PIRP irp = IoAllocateIrp(1, FALSE);
    IoFreeIrp(irp);
    IoFreeIrp(irp);
}

static void free_on_a_thread(void *context)
{
    (void)context;
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoFreeIrp(IoBuildDeviceIoControlRequest(0x222000, rig.device, NULL, 0, NULL, 0, FALSE, &event, &iosb));
}

static PIRP pended_flush;

static VOID NTAPI complete_flush(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)context, (void)argument1, (void)argument2;
    rig_complete(pended_flush, STATUS_SUCCESS, 0);
}

static NTSTATUS pend_flush(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    static KTIMER timer;
    static KDPC dpc;
    LARGE_INTEGER soon = {.QuadPart = -20000};
    (void)device, (void)stack;
    pended_flush = irp;
    IoMarkIrpPending(irp);
    KeInitializeTimer(&timer);
    KeInitializeDpc(&dpc, complete_flush, NULL);
    KeSetTimer(&timer, soon, &dpc);
    return STATUS_PENDING;
}

/* An IRP of the driver's own with a thread, an event and no completion routine: it is freed when it is completed. */
static void free_what_is_completed(void *context)
{
    (void)context;
    KEVENT event;
    IO_STATUS_BLOCK iosb;
    PIRP irp = IoAllocateIrp(1, FALSE);
    rig.on[IRP_MJ_FLUSH_BUFFERS] = pend_flush;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp->UserEvent = &event;
    irp->UserIosb = &iosb;
    irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    assert_int_equal(IoCallDriver(rig.device, irp), STATUS_PENDING);
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    IoFreeIrp(irp);
}

static void in_kernel(void *context)
{
    ntio_run_in_kernel((void (*)(void *))context, NULL);
}

static void freeing_wrongly_stops(void **state)
{
    (void)state;
    assert_true(ntio_catch_bugcheck(in_kernel, (void *)free_twice, &caught));
    assert_int_equal(caught.code, 0x44);
}

static void freeing_a_threads_irp_stops(void **state)
{
    (void)state;
    assert_true(ntio_catch_bugcheck(in_kernel, (void *)free_on_a_thread, &caught));
    assert_int_equal(caught.code, 0xC9);
    assert_int_equal(caught.parameters[0], 0x02);
}

static void freeing_what_completion_freed_stops(void **state)
{
    (void)state;
    assert_true(ntio_catch_bugcheck(in_kernel, (void *)free_what_is_completed, &caught));
    assert_int_equal(caught.code, 0x44);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
#define B(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(irps_have_any_number_of_locations),
        T(completion_routines_are_called_as_asked),
        T(an_irp_is_forwarded_and_comes_back),
        T(a_master_is_completed_with_its_last_part),
        T(control_requests_are_built_for_each_method),
        T(reads_are_built_for_each_kind_of_device),
        T(a_pending_irp_is_cancelled),
        B(completing_twice_stops),
        B(running_out_of_locations_stops),
        B(forgetting_an_irp_stops),
        B(pending_unmarked_stops),
        B(marking_without_pending_stops),
        B(completing_as_pending_stops),
        B(completing_with_a_cancel_routine_stops),
        B(returning_raised_stops),
        B(falling_in_a_dispatch_routine_stops),
        B(freeing_wrongly_stops),
        B(freeing_a_threads_irp_stops),
        B(freeing_what_completion_freed_stops),
        T(a_pending_irp_is_cancelled), /* after all that, the process goes on */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
