/*
 * IRPs that are completed before their dispatch routine has returned, with the full verifier and in special pool, where they are
 * hidden meanwhile: what a driver may do works as ever, and what it may not is told. Mistakes at their own line: tests/faults.
 */
#include "rig.h"

#define CODE(number, method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (number), method, FILE_ANY_ACCESS)

enum what {
    SIMPLY,       /* completes it */
    PENDS_FIRST,  /* marks it pending before */
    IN_THREAD,    /* another thread completes it, while the dispatch routine waits for that */
    IN_THREAD_WRITES, /* and then writes to it */
    WRITES,       /* to it, when it is completed */
    WRITES_BUFFER,
    RETURNS_STATUS, /* read from it */
    ASKS_AGAIN,   /* sends another request when it has completed its own */
    CANCELS,      /* cancels it itself; the cancel routine completes it */
};

static char told[4096];
static HANDLE second;

static void keep(void *context, const char *text, size_t length)
{
    (void)context;
    size_t used = strlen(told);
    if (length < sizeof told - used)
        memcpy(told + used, text, length);
}

static int start(const ntio_options *options)
{
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    memset(&rig, 0, sizeof rig);
    memset(told, 0, sizeof told);
    if (ntio_start(options) != 0)
        return -1;
    ntio_run_in_kernel(rig_make, &status);
    return NT_SUCCESS(status) && rig.device ? 0 : -1;
}

static int full(void **state)
{
    (void)state;
    return start(&(ntio_options){.verifier = NTIO_VERIFIER_FULL, .log = keep});
}

static int special(void **state)
{
    (void)state;
    return start(&(ntio_options){.verifier = NTIO_VERIFIER_OFF, .special_pool = NTIO_SPECIAL_POOL_END});
}

static int stop_with_one(void **state)
{
    (void)state;
    ntio_run_in_kernel(rig_unmake, NULL);
    return ntio_stop() == 1 ? 0 : -1;
}

/* --- the driver --- */

/* Apart, so that the store is made. */
static __attribute__((noinline)) void set_information(PIRP irp)
{
    irp->IoStatus.Information = 4;
}

static void answer(PIRP irp)
{
    strcpy(irp->AssociatedIrp.SystemBuffer, "answer");
    rig_complete(irp, STATUS_SUCCESS, 7);
}

static VOID NTAPI answer_in_thread(PVOID context)
{
    answer(context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS in_thread(PIRP irp)
{
    HANDLE thread;
    IoMarkIrpPending(irp);
    assert_int_equal(
        PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, answer_in_thread, irp),
        STATUS_SUCCESS);
    assert_int_equal(ZwWaitForSingleObject(thread, FALSE, NULL), STATUS_SUCCESS);
    ZwClose(thread);
    return STATUS_PENDING;
}

static VOID NTAPI on_cancel(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    rig_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    enum what what = (stack->Parameters.DeviceIoControl.IoControlCode >> 2 & 0xFFF) - 0x800;
    char *buffer = irp->AssociatedIrp.SystemBuffer, more[8];
    NTSTATUS status;
    IO_STATUS_BLOCK iosb;
    (void)device;
    switch (what) {
    case PENDS_FIRST:
        IoMarkIrpPending(irp);
        answer(irp);
        return STATUS_PENDING;
    case IN_THREAD:
    case IN_THREAD_WRITES:
        status = in_thread(irp);
        if (what == IN_THREAD_WRITES)
            set_information(irp);
        return status;
    case CANCELS:
        IoMarkIrpPending(irp);
        IoSetCancelRoutine(irp, on_cancel);
        assert_int_equal(NtCancelIoFileEx(second, NULL, &iosb), STATUS_SUCCESS);
        return STATUS_PENDING;
    default:
        break;
    }
    answer(irp);
    if (what == WRITES)
        set_information(irp);
    if (what == WRITES_BUFFER)
        buffer[5] = 'R';
    if (what == RETURNS_STATUS)
        return irp->IoStatus.Status;
    if (what == ASKS_AGAIN) {
        assert_int_equal(ZwDeviceIoControlFile(second, NULL, NULL, NULL, &iosb, CODE(SIMPLY, METHOD_BUFFERED),
                                               NULL, 0, more, sizeof more),
                         STATUS_SUCCESS);
        assert_string_equal(more, "answer");
    }
    return STATUS_SUCCESS;
}

/* --- its client --- */

static void ask(HANDLE handle, enum what what)
{
    char buffer[8] = "asked";
    IO_STATUS_BLOCK iosb;
    rig.on[IRP_MJ_DEVICE_CONTROL] = control;
    assert_int_equal(NtDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, CODE(what, METHOD_BUFFERED),
                                           buffer, sizeof buffer, buffer, sizeof buffer),
                     STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 7);
    assert_string_equal(buffer, "answer");
}

static void what_may_be_done(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    second = rig_handle();
    for (int i = 0; i < 3; i++) {
        ask(handle, SIMPLY);
        ask(handle, PENDS_FIRST);
        ask(handle, IN_THREAD);
        ask(handle, ASKS_AGAIN);
    }
    NtClose(second);
    NtClose(handle);
}

/* An asynchronous file: the request has the event and a reference of its own. */
static void without_a_lock(void **state)
{
    (void)state;
    static const enum what ways[] = {SIMPLY, PENDS_FIRST, IN_THREAD};
    char buffer[8];
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    rig.on[IRP_MJ_DEVICE_CONTROL] = control;
    assert_int_equal(rig_open(L"\\Device\\Rig", GENERIC_READ | SYNCHRONIZE, 0, 0, &handle), STATUS_SUCCESS);
    for (int i = 0; i < 3; i++) {
        memset(buffer, 0, sizeof buffer);
        NTSTATUS status = NtDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, CODE(ways[i], METHOD_BUFFERED),
                                                NULL, 0, buffer, sizeof buffer);
        assert_int_equal(status, ways[i] == SIMPLY ? STATUS_SUCCESS : STATUS_PENDING);
        assert_int_equal(NtWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
        assert_int_equal(iosb.Information, 7);
        assert_string_equal(buffer, "answer");
    }
    NtClose(handle);
}

/* Who cancels a request looks at it: that one is not hidden. */
static void cancelled_by_itself(void **state)
{
    (void)state;
    char buffer[8];
    IO_STATUS_BLOCK iosb;
    rig.on[IRP_MJ_DEVICE_CONTROL] = control;
    assert_int_equal(rig_open(L"\\Device\\Rig", GENERIC_READ | SYNCHRONIZE, 0, 0, &second), STATUS_SUCCESS);
    assert_int_equal(NtDeviceIoControlFile(second, NULL, NULL, NULL, &iosb, CODE(CANCELS, METHOD_BUFFERED), NULL, 0,
                                           buffer, sizeof buffer),
                     STATUS_PENDING);
    assert_int_equal(NtWaitForSingleObject(second, FALSE, NULL), STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_CANCELLED);
    NtClose(second);
}

/* --- what is told, where no sanitizer tells it first --- */

static void expect_told(const char *first)
{
    const char *at = strstr(told, first);
    assert_non_null(at);
    assert_non_null(strstr(at, "completed at "));
    assert_non_null(strstr(at, "Sent to rig_dispatch"));
}

static void ask_one(enum what what)
{
    HANDLE handle = rig_handle();
    ask(handle, what);
    NtClose(handle);
}

static void writing(void **state)
{
    (void)state;
    ask_one(WRITES);
    expect_told("it was written to at offset 56 after it was completed");
}

static void writing_beside_a_thread(void **state)
{
    (void)state;
    ask_one(IN_THREAD_WRITES);
    expect_told("it was written to at offset 56 after it was completed");
}

static void writing_to_the_buffer(void **state)
{
    (void)state;
    ask_one(WRITES_BUFFER);
    expect_told("its system buffer was written to at offset 5 after it was completed");
}

static void returning_its_status(void **state)
{
    (void)state;
    ask_one(RETURNS_STATUS);
    expect_told("the status returned was read from it after it was completed");
}

/* --- a filter --- */

static PDEVICE_OBJECT upper, lower;
static BOOLEAN holds;

static NTSTATUS NTAPI hold(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device, (void)irp, (void)context;
    return holds ? STATUS_MORE_PROCESSING_REQUIRED : STATUS_CONTINUE_COMPLETION;
}

static NTSTATUS filter(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    if (device != upper)
        return control(device, irp, stack);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, hold, NULL, TRUE, TRUE, TRUE);
    NTSTATUS status = IoCallDriver(lower, irp);
    if (!holds)
        return status;
    /* It is alive: the completion has not gone beyond this driver. */
    assert_int_equal(irp->IoStatus.Information, 7);
    assert_int_equal(IoGetCurrentIrpStackLocation(irp)->MajorFunction, IRP_MJ_DEVICE_CONTROL);
    return rig_complete(irp, STATUS_SUCCESS, 7);
}

static void attach(void *context)
{
    (void)context;
    upper = rig_device(NULL, DO_BUFFERED_IO, FALSE);
    lower = IoAttachDeviceToDeviceStack(upper, rig.device);
}

static void ask_filter(enum what what)
{
    char buffer[8];
    IO_STATUS_BLOCK iosb;
    rig.on[IRP_MJ_DEVICE_CONTROL] = filter;
    ntio_run_in_kernel(attach, NULL);
    HANDLE handle = rig_handle();
    for (int i = 0; i < 2; i++) {
        holds = i == 1;
        if (holds && what != SIMPLY)
            break;
        assert_int_equal(NtDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, CODE(what, METHOD_BUFFERED), NULL, 0,
                                               buffer, sizeof buffer),
                         STATUS_SUCCESS);
        assert_int_equal(iosb.Information, 7);
        assert_string_equal(buffer, "answer");
    }
    NtClose(handle);
}

static void a_filter_may_hold_it(void **state)
{
    (void)state;
    ask_filter(SIMPLY);
}

static void below_a_filter(void **state)
{
    (void)state;
    ask_filter(WRITES);
    expect_told("it was written to at offset 56 after it was completed");
}

/* --- a request that others make --- */

static int waits;

static NTSTATUS NTAPI one_is_done(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device, (void)irp, (void)context;
    waits++;
    return STATUS_CONTINUE_COMPLETION;
}

/* The master is completed with the last of the two. */
static NTSTATUS split(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    PIRP parts[2];
    (void)stack;
    if (device != upper)
        return rig_complete(irp, STATUS_SUCCESS, 0);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    irp->AssociatedIrp.IrpCount = 2;
    IoMarkIrpPending(irp);
    for (int i = 0; i < 2; i++) {
        parts[i] = IoMakeAssociatedIrp(irp, lower->StackSize);
        IoGetNextIrpStackLocation(parts[i])->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
        IoSetCompletionRoutine(parts[i], one_is_done, NULL, TRUE, TRUE, TRUE);
    }
    for (int i = 0; i < 2; i++)
        IoCallDriver(lower, parts[i]);
    return STATUS_PENDING;
}

static void a_master_goes_with_its_last(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    rig.on[IRP_MJ_FLUSH_BUFFERS] = split;
    waits = 0;
    ntio_run_in_kernel(attach, NULL);
    HANDLE handle = rig_handle();
    assert_int_equal(NtFlushBuffersFile(handle, &iosb), STATUS_SUCCESS);
    assert_int_equal(waits, 2);
    NtClose(handle);
}

/* --- completed twice --- */

static NTSTATUS twice(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    rig_complete(irp, STATUS_SUCCESS, 0);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static void ask_twice(void *context)
{
    char buffer[8];
    IO_STATUS_BLOCK iosb;
    NtReadFile(context, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, NULL, NULL);
}

static void completing_twice(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    rig.on[IRP_MJ_READ] = twice;
    assert_true(ntio_catch_bugcheck(ask_twice, rig_handle(), &caught));
    assert_int_equal(caught.code, MULTIPLE_IRP_COMPLETE_REQUESTS);
}

#if defined(__SANITIZE_ADDRESS__)
#define TOLD 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TOLD 0
#endif
#endif
#ifndef TOLD
#define TOLD 1
#endif

#define BOTH(test)                                                                                           \
    cmocka_unit_test_setup_teardown(test, full, rig_tear_down),                                              \
        cmocka_unit_test_setup_teardown(test, special, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(what_may_be_done),
        BOTH(without_a_lock),
        BOTH(cancelled_by_itself),
        BOTH(a_filter_may_hold_it),
        BOTH(a_master_goes_with_its_last),
        cmocka_unit_test_setup_teardown(completing_twice, full, rig_stop),
        cmocka_unit_test_setup_teardown(completing_twice, special, rig_stop),
    };
    const struct CMUnitTest mistakes[] = {
        cmocka_unit_test_setup_teardown(writing, full, stop_with_one),
        cmocka_unit_test_setup_teardown(writing_beside_a_thread, full, stop_with_one),
        cmocka_unit_test_setup_teardown(writing_to_the_buffer, full, stop_with_one),
        cmocka_unit_test_setup_teardown(returning_its_status, full, stop_with_one),
        cmocka_unit_test_setup_teardown(below_a_filter, full, stop_with_one),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (TOLD)
        failed += cmocka_run_group_tests(mistakes, NULL, NULL);
    return failed;
}
