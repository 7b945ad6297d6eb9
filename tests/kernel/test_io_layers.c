/*
 * IRPs that cross two and three drivers: completion routines at each level, the pending mark on its way up,
 * requests that a driver makes itself, uses again, or splits with partial MDLs and associated IRPs.
 */
#include "rig.h"

/* Levels are 0 (bottom) to 2 (top); each device's extension is its level. */
enum { LEVELS = 3 };

static struct level {
    PDEVICE_OBJECT device, lower;
    PIO_COMPLETION_ROUTINE routine; /* NULL: the location is skipped */
    int sent, completed;
    BOOLEAN pending; /* PendingReturned as the completion routine saw it */
    NTSTATUS status;
    NTSTATUS returned; /* of IoCallDriver */
} levels[LEVELS];

static int order[16], steps; /* the levels in the order of their completion routines */
static BOOLEAN pend_at_bottom, mark;
static PIRP pended;

static struct level *level_of(PDEVICE_OBJECT device)
{
    return *(struct level **)device->DeviceExtension;
}

static NTSTATUS NTAPI note(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct level *level = context;
    assert_ptr_equal(device, level->device); /* that of the driver whose routine it is */
    assert_ptr_equal(IoGetCurrentIrpStackLocation(irp)->DeviceObject, device);
    level->completed++;
    level->pending = irp->PendingReturned;
    level->status = irp->IoStatus.Status;
    order[steps++] = (int)(level - levels);
    if (irp->PendingReturned && mark)
        IoMarkIrpPending(irp);
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS bottom(PIRP irp)
{
    if (!pend_at_bottom)
        return rig_complete(irp, STATUS_SUCCESS, 4);
    IoMarkIrpPending(irp);
    pended = irp;
    return STATUS_PENDING;
}

static NTSTATUS dispatch(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    struct level *level = level_of(device);
    (void)stack;
    level->sent++;
    if (!level->lower)
        return bottom(irp);
    if (!level->routine) {
        IoSkipCurrentIrpStackLocation(irp);
    } else {
        IoCopyCurrentIrpStackLocationToNext(irp);
        IoSetCompletionRoutine(irp, level->routine, level, TRUE, TRUE, TRUE);
    }
    return level->returned = IoCallDriver(level->lower, irp);
}

static void build(int count, PIO_COMPLETION_ROUTINE routine)
{
    memset(levels, 0, sizeof levels);
    steps = 0;
    pended = NULL;
    pend_at_bottom = FALSE;
    mark = TRUE;
    rig.on[IRP_MJ_READ] = dispatch;
    for (int i = 0; i < count; i++) {
        struct level *level = &levels[i];
        level->device = rig_device(i == 0 ? L"\\Device\\Layers" : NULL, DO_BUFFERED_IO, FALSE);
        level->routine = i ? routine : NULL;
        *(struct level **)level->device->DeviceExtension = level;
        if (i)
            level->lower = IoAttachDeviceToDeviceStack(level->device, levels[0].device);
        assert_ptr_equal(level->lower, i ? levels[i - 1].device : NULL);
        assert_int_equal(level->device->StackSize, i + 1);
    }
}

static void two_levels(void *context)
{
    (void)context;
    build(2, note);
}

static void three_levels(void *context)
{
    (void)context;
    build(3, note);
}

static HANDLE open_layers(ULONG options)
{
    HANDLE handle;
    assert_int_equal(rig_open(L"\\Device\\Layers", GENERIC_READ | SYNCHRONIZE, 0, options, &handle),
                     STATUS_SUCCESS);
    return handle;
}

/* --- a service's request crosses them --- */

static void cross(int count)
{
    char buffer[8];
    IO_STATUS_BLOCK iosb;
    HANDLE handle = open_layers(FILE_SYNCHRONOUS_IO_NONALERT);
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 4);
    assert_int_equal(steps, count - 1);
    for (int i = 1; i < count; i++) {
        assert_int_equal(order[i - 1], i); /* from the bottom to the top */
        assert_int_equal(levels[i].sent, 1);
        assert_int_equal(levels[i].completed, 1);
        assert_false(levels[i].pending);
        assert_int_equal(levels[i].returned, STATUS_SUCCESS);
    }
    assert_int_equal(levels[0].sent, 1);
    assert_int_equal(NtClose(handle), STATUS_SUCCESS);
}

static void through_two(void **state)
{
    (void)state;
    ntio_run_in_kernel(two_levels, NULL);
    cross(2);
}

static void through_three(void **state)
{
    (void)state;
    ntio_run_in_kernel(three_levels, NULL);
    cross(3);
}

static void complete_pended(void *context)
{
    (void)context;
    rig_complete(pended, STATUS_SUCCESS, 4);
}

/* The bottom pends: the mark goes up by each routine, and over a level that has none by itself. */
static void pends_through_three(void **state)
{
    char buffer[8];
    LARGE_INTEGER offset = {.QuadPart = 0};
    (void)state;
    ntio_run_in_kernel(three_levels, NULL);
    for (int skipped = 0; skipped < LEVELS; skipped++) { /* 0: none is */
        IO_STATUS_BLOCK iosb = {.Status = STATUS_PENDING};
        HANDLE handle = open_layers(0);
        pend_at_bottom = TRUE;
        steps = 0;
        for (int i = 1; i < LEVELS; i++) {
            levels[i].routine = i == skipped ? NULL : note;
            levels[i].pending = FALSE;
        }
        assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, &offset, NULL),
                         STATUS_PENDING);
        assert_int_equal(steps, 0);
        assert_int_equal(iosb.Status, STATUS_PENDING);
        ntio_run_in_kernel(complete_pended, NULL);
        assert_int_equal(steps, skipped ? 1 : 2);
        for (int i = 1; i < LEVELS; i++) {
            assert_int_equal(levels[i].returned, STATUS_PENDING);
            assert_true(levels[i].pending == (i != skipped));
        }
        assert_int_equal(iosb.Status, STATUS_SUCCESS);
        assert_int_equal(iosb.Information, 4);
        assert_int_equal(NtClose(handle), STATUS_SUCCESS);
    }
}

/* --- a level that holds the IRP up --- */

static KEVENT held;

static NTSTATUS NTAPI hold(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    note(device, irp, context);
    KeSetEvent(&held, 0, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void hold_and_release(void *context)
{
    (void)context;
    PIRP irp = pended;
    rig_complete(irp, STATUS_SUCCESS, 4);
    assert_int_equal(levels[1].completed, 1);
    assert_int_equal(levels[2].completed, 0); /* held at level 1 */
    irp->IoStatus.Information = 3;
    IoCompleteRequest(irp, IO_NO_INCREMENT); /* on from level 1 */
    assert_int_equal(levels[1].completed, 1);
    assert_int_equal(levels[2].completed, 1);
}

static void held_up_half_way(void **state)
{
    char buffer[8];
    LARGE_INTEGER offset = {.QuadPart = 0};
    IO_STATUS_BLOCK iosb = {.Status = STATUS_PENDING};
    (void)state;
    ntio_run_in_kernel(three_levels, NULL);
    KeInitializeEvent(&held, NotificationEvent, FALSE);
    levels[1].routine = hold;
    pend_at_bottom = TRUE;
    HANDLE handle = open_layers(0);
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, &offset, NULL),
                     STATUS_PENDING);
    ntio_run_in_kernel(hold_and_release, NULL);
    assert_true(levels[2].pending);
    assert_int_equal(iosb.Information, 3);
    assert_int_equal(NtClose(handle), STATUS_SUCCESS);
}

/* --- a driver's own IRPs --- */

static struct own {
    int completed;
    BOOLEAN pending;
    NTSTATUS status;
} own;

static NTSTATUS NTAPI keep(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct own *result = context;
    assert_null(device); /* the one who allocated it has no location */
    result->completed++;
    result->pending = irp->PendingReturned;
    result->status = irp->IoStatus.Status;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void prepare(PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(irp, keep, &own, TRUE, TRUE, TRUE);
}

static void sent_again_and_again(void *context)
{
    (void)context;
    build(3, note);
    PIRP irp = IoAllocateIrp(levels[2].device->StackSize, FALSE);
    for (int round = 0; round < 10; round++) {
        memset(&own, 0, sizeof own);
        pend_at_bottom = round % 2 != 0;
        steps = 0;
        prepare(irp);
        NTSTATUS status = IoCallDriver(levels[2].device, irp);
        if (pend_at_bottom) {
            assert_int_equal(status, STATUS_PENDING);
            assert_int_equal(own.completed, 0);
            complete_pended(NULL);
        } else {
            assert_int_equal(status, STATUS_SUCCESS);
        }
        assert_int_equal(own.completed, 1);
        assert_int_equal(own.pending, pend_at_bottom);
        assert_int_equal(own.status, STATUS_SUCCESS);
        assert_int_equal(steps, 2);
        IoReuseIrp(irp, STATUS_UNSUCCESSFUL);
        assert_int_equal(irp->IoStatus.Status, STATUS_UNSUCCESSFUL);
        assert_int_equal(irp->StackCount, 3);
        assert_int_equal(irp->CurrentLocation, 4);
        assert_false(irp->PendingReturned);
        assert_false(irp->Cancel);
    }
    IoFreeIrp(irp);
}

static NTSTATUS NTAPI send_again(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    keep(device, irp, context);
    if (own.completed < 5) {
        IoReuseIrp(irp, STATUS_SUCCESS);
        IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
        IoSetCompletionRoutine(irp, send_again, context, TRUE, TRUE, TRUE);
        IoCallDriver(levels[1].device, irp);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void sent_again_by_its_completion_routine(void *context)
{
    (void)context;
    build(2, note);
    memset(&own, 0, sizeof own);
    PIRP irp = IoAllocateIrp(2, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoSetCompletionRoutine(irp, send_again, &own, TRUE, TRUE, TRUE);
    assert_int_equal(IoCallDriver(levels[1].device, irp), STATUS_SUCCESS);
    assert_int_equal(own.completed, 5);
    assert_int_equal(levels[0].sent, 5);
    IoFreeIrp(irp);
}

static NTSTATUS NTAPI unwanted(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device, (void)irp;
    ++*(int *)context;
    return STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS refuse(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    return rig_complete(irp, STATUS_DEVICE_BUSY, 0);
}

/* Success, error and cancel are asked for one by one; a cancelled IRP that succeeds is both. */
static void routines_are_called_for_what_they_asked(void *context)
{
    (void)context;
    static const struct {
        BOOLEAN success, error, cancel, fails, cancelled, called;
    } cases[] = {
        {TRUE, FALSE, FALSE, FALSE, FALSE, TRUE},  {TRUE, FALSE, FALSE, TRUE, FALSE, FALSE},
        {FALSE, TRUE, FALSE, TRUE, FALSE, TRUE},   {FALSE, TRUE, FALSE, FALSE, FALSE, FALSE},
        {FALSE, FALSE, TRUE, FALSE, TRUE, TRUE},   {FALSE, FALSE, TRUE, TRUE, FALSE, FALSE},
        {FALSE, FALSE, TRUE, FALSE, FALSE, FALSE},
    };
    build(1, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int called = 0;
        memset(&own, 0, sizeof own);
        rig.on[IRP_MJ_READ] = cases[i].fails ? refuse : dispatch;
        PIRP irp = IoAllocateIrp(2, FALSE);
        prepare(irp); /* the outer location, which keeps the IRP */
        IoSetNextIrpStackLocation(irp);
        IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
        IoSetCompletionRoutine(irp, unwanted, &called, cases[i].success, cases[i].error, cases[i].cancel);
        if (cases[i].cancelled)
            IoCancelIrp(irp);
        IoCallDriver(levels[0].device, irp);
        assert_int_equal(called, cases[i].called);
        assert_int_equal(own.completed, 1);
        IoFreeIrp(irp);
    }
}

/* --- a request in parts: associated IRPs with partial MDLs --- */

enum { PARTS = 4, PART = 1024 };

static int parts_done;

static NTSTATUS fill_part(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    PUCHAR bytes = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    ULONG length = stack->Parameters.Read.Length;
    assert_int_equal(MmGetMdlByteCount(irp->MdlAddress), length);
    memset(bytes, (int)stack->Parameters.Read.Key, length);
    return rig_complete(irp, STATUS_SUCCESS, length);
}

static NTSTATUS NTAPI part_done(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    assert_ptr_equal(irp->AssociatedIrp.MasterIrp, context);
    assert_int_equal(irp->IoStatus.Information, PART);
    assert_true(irp->Flags & IRP_ASSOCIATED_IRP);
    parts_done++;
    return STATUS_CONTINUE_COMPLETION; /* the I/O manager frees it and its MDL, and counts */
}

static NTSTATUS split(PDEVICE_OBJECT device, PIRP master, PIO_STACK_LOCATION stack)
{
    PIRP parts[PARTS];
    (void)device;
    if (level_of(device) == &levels[0])
        return fill_part(device, master, stack);
    assert_int_equal(stack->Parameters.Read.Length, PARTS * PART);
    PUCHAR address = MmGetMdlVirtualAddress(master->MdlAddress);
    IoMarkIrpPending(master);
    master->IoStatus.Status = STATUS_SUCCESS;
    master->IoStatus.Information = PARTS * PART;
    master->AssociatedIrp.IrpCount = PARTS;
    for (int i = 0; i < PARTS; i++) {
        parts[i] = IoMakeAssociatedIrp(master, levels[0].device->StackSize);
        assert_non_null(parts[i]);
        assert_ptr_equal(parts[i]->Tail.Overlay.Thread, master->Tail.Overlay.Thread);
        PMDL mdl = IoAllocateMdl(address + i * PART, PART, FALSE, FALSE, parts[i]);
        IoBuildPartialMdl(master->MdlAddress, mdl, address + i * PART, PART);
        assert_true(mdl->MdlFlags & MDL_PARTIAL);
        PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(parts[i]);
        next->MajorFunction = IRP_MJ_READ;
        next->Parameters.Read.Length = PART;
        next->Parameters.Read.Key = 'a' + (ULONG)i;
        IoSetCompletionRoutine(parts[i], part_done, master, TRUE, TRUE, TRUE);
    }
    for (int i = 0; i < PARTS; i++)
        assert_int_equal(IoCallDriver(levels[0].device, parts[i]), STATUS_SUCCESS);
    return STATUS_PENDING; /* the last part has completed the master */
}

static void split_levels(void *context)
{
    (void)context;
    build(2, note);
    rig.on[IRP_MJ_READ] = split;
    for (int i = 0; i < 2; i++)
        levels[i].device->Flags = (levels[i].device->Flags & ~(ULONG)DO_BUFFERED_IO) | DO_DIRECT_IO;
    parts_done = 0;
}

static void a_request_in_parts(void **state)
{
    IO_STATUS_BLOCK iosb = {.Status = STATUS_PENDING};
    (void)state;
    ntio_run_in_kernel(split_levels, NULL);
    HANDLE handle = open_layers(FILE_SYNCHRONOUS_IO_NONALERT);
    char *buffer = ntio_user_alloc(2 * PARTS * PART);
    char *begin = buffer + 100; /* parts that begin and end inside pages */
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, begin, PARTS * PART, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(iosb.Information, PARTS * PART);
    assert_int_equal(parts_done, PARTS);
    for (int i = 0; i < PARTS * PART; i++)
        assert_int_equal(begin[i], 'a' + i / PART);
    assert_int_equal(begin[-1], 0);
    assert_int_equal(begin[PARTS * PART], 0);
    ntio_user_free(buffer);
    assert_int_equal(NtClose(handle), STATUS_SUCCESS);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }
IN_KERNEL(sent_again_and_again)
IN_KERNEL(sent_again_by_its_completion_routine)
IN_KERNEL(routines_are_called_for_what_they_asked)

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(through_two),
        CASE(through_three),
        CASE(pends_through_three),
        CASE(held_up_half_way),
        CASE(test_sent_again_and_again),
        CASE(test_sent_again_by_its_completion_routine),
        CASE(test_routines_are_called_for_what_they_asked),
        CASE(a_request_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
