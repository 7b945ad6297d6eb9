/*
 * Interrupts raised by the test: level and lock of the service routine, its DPC, sharing, synchronisation,
 * disconnecting, and a read that waits for one.
 */
#include "rig.h"

#include <pthread.h>

enum { VECTOR = 0x51, OTHER = 0x52, DEVICE_IRQL = 5 };

static struct {
    PKINTERRUPT interrupt, second;
    int isrs, seconds, dpcs;
    KIRQL isr_irql, dpc_irql, sync_irql;
    BOOLEAN claim, dpc_before_isr_left, in_isr;
    PVOID context;
    long guarded; /* changed under the interrupt's lock only */
} t;

static BOOLEAN NTAPI isr(PKINTERRUPT interrupt, PVOID context)
{
    t.in_isr = TRUE;
    assert_ptr_equal(interrupt, t.interrupt);
    t.isrs++;
    t.isr_irql = KeGetCurrentIrql();
    t.context = context;
    if (t.claim)
        IoRequestDpc(rig.device, rig.device->CurrentIrp, NULL);
    t.in_isr = FALSE;
    return t.claim;
}

static BOOLEAN NTAPI second_isr(PKINTERRUPT interrupt, PVOID context)
{
    (void)context;
    assert_ptr_equal(interrupt, t.second);
    t.seconds++;
    return TRUE;
}

static VOID NTAPI dpc_for_isr(PKDPC dpc, PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)context;
    assert_ptr_equal(dpc, &rig.device->Dpc);
    assert_ptr_equal(device, rig.device);
    t.dpcs++;
    t.dpc_irql = KeGetCurrentIrql();
    t.dpc_before_isr_left |= t.in_isr;
    if (irp) {
        device->CurrentIrp = NULL;
        RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, "ready", 5);
        rig_complete(irp, STATUS_SUCCESS, 5);
    }
}

static NTSTATUS connect(PKINTERRUPT *interrupt, PKSERVICE_ROUTINE routine, BOOLEAN shared,
                        KINTERRUPT_MODE mode)
{
    return IoConnectInterrupt(interrupt, routine, &t, NULL, VECTOR, DEVICE_IRQL, DEVICE_IRQL, mode, shared, 1,
                              FALSE);
}

static void set_up(void)
{
    memset(&t, 0, sizeof t);
    IoInitializeDpcRequest(rig.device, dpc_for_isr);
}

static void service_routine_then_dpc(void *context)
{
    (void)context;
    set_up();
    assert_false(ntio_raise_interrupt(VECTOR)); /* nobody is connected */
    assert_int_equal(connect(&t.interrupt, isr, FALSE, Latched), STATUS_SUCCESS);
    assert_false(ntio_raise_interrupt(OTHER));
    assert_int_equal(t.isrs, 0);
    assert_false(ntio_raise_interrupt(VECTOR)); /* not claimed */
    assert_int_equal(t.isrs, 1);
    assert_int_equal(t.dpcs, 0);
    t.claim = TRUE;
    assert_true(ntio_raise_interrupt(VECTOR));
    assert_int_equal(t.isrs, 2);
    assert_int_equal(t.isr_irql, DEVICE_IRQL);
    assert_ptr_equal(t.context, &t);
    assert_int_equal(t.dpcs, 1); /* it has run */
    assert_int_equal(t.dpc_irql, DISPATCH_LEVEL);
    assert_false(t.dpc_before_isr_left);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);

    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_true(ntio_raise_interrupt(VECTOR)); /* interrupts DISPATCH_LEVEL, but its DPC does not */
    assert_int_equal(t.isrs, 3);
    assert_int_equal(t.dpcs, 1);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(irql);
    assert_int_equal(t.dpcs, 2);

    IoDisconnectInterrupt(t.interrupt);
    assert_false(ntio_raise_interrupt(VECTOR));
    assert_int_equal(t.isrs, 3);
}

static void held_back_by_irql(void *context)
{
    (void)context;
    set_up();
    assert_int_equal(connect(&t.interrupt, isr, FALSE, Latched), STATUS_SUCCESS);
    t.claim = TRUE;
    KIRQL old = KeAcquireInterruptSpinLock(t.interrupt);
    assert_int_equal(old, PASSIVE_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), DEVICE_IRQL);
    assert_false(ntio_raise_interrupt(VECTOR));
    assert_int_equal(t.isrs, 0);
    KeReleaseInterruptSpinLock(t.interrupt, old);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    IoDisconnectInterrupt(t.interrupt);
}

static void shared_vectors(void *context)
{
    (void)context;
    set_up();
    assert_int_equal(connect(&t.interrupt, isr, TRUE, LevelSensitive), STATUS_SUCCESS);
    assert_int_equal(connect(&t.second, second_isr, FALSE, LevelSensitive), STATUS_INVALID_PARAMETER);
    assert_null(t.second);
    assert_int_equal(connect(&t.second, second_isr, TRUE, Latched), STATUS_INVALID_PARAMETER);
    assert_int_equal(connect(&t.second, second_isr, TRUE, LevelSensitive), STATUS_SUCCESS);
    assert_true(ntio_raise_interrupt(VECTOR)); /* the first does not claim it */
    assert_int_equal(t.isrs, 1);
    assert_int_equal(t.seconds, 1);
    t.claim = TRUE;
    assert_true(ntio_raise_interrupt(VECTOR)); /* the first does: the second is not asked */
    assert_int_equal(t.isrs, 2);
    assert_int_equal(t.seconds, 1);
    IoDisconnectInterrupt(t.interrupt);
    assert_true(ntio_raise_interrupt(VECTOR));
    assert_int_equal(t.seconds, 2);
    IoDisconnectInterrupt(t.second);

    /* Edges: everybody is asked. */
    assert_int_equal(connect(&t.interrupt, isr, TRUE, Latched), STATUS_SUCCESS);
    assert_int_equal(connect(&t.second, second_isr, TRUE, Latched), STATUS_SUCCESS);
    assert_true(ntio_raise_interrupt(VECTOR));
    assert_int_equal(t.isrs, 3);
    assert_int_equal(t.seconds, 3);
    IoDisconnectInterrupt(t.second);
    IoDisconnectInterrupt(t.interrupt);
}

static void what_makes_no_sense_is_refused(void *context)
{
    PKINTERRUPT none = (PKINTERRUPT)&t;
    (void)context;
    assert_int_equal(IoConnectInterrupt(&none, isr, &t, NULL, VECTOR, 6, 5, Latched, FALSE, 1, FALSE),
                     STATUS_INVALID_PARAMETER); /* SynchronizeIrql below Irql */
    assert_null(none);
    assert_int_equal(IoConnectInterrupt(&none, isr, &t, NULL, VECTOR, 5, 5, Latched, FALSE, 0, FALSE),
                     STATUS_INVALID_PARAMETER); /* on no processor */
    assert_int_equal(IoConnectInterrupt(&none, isr, &t, NULL, VECTOR, 16, 16, Latched, FALSE, 1, FALSE),
                     STATUS_INVALID_PARAMETER);
}

static void connected_by_parameters(void *context)
{
    (void)context;
    IO_CONNECT_INTERRUPT_PARAMETERS in = {.Version = CONNECT_FULLY_SPECIFIED};
    IO_DISCONNECT_INTERRUPT_PARAMETERS out = {.Version = CONNECT_FULLY_SPECIFIED};
    IO_REPORT_INTERRUPT_ACTIVE_STATE_PARAMETERS report = {.Version = CONNECT_FULLY_SPECIFIED};
    KSPIN_LOCK lock;
    set_up();
    KeInitializeSpinLock(&lock);
    in.FullySpecified = (IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS){
        .PhysicalDeviceObject = rig.device,
        .InterruptObject = &t.interrupt,
        .ServiceRoutine = isr,
        .ServiceContext = &in,
        .SpinLock = &lock,
        .SynchronizeIrql = 9,
        .Vector = VECTOR,
        .Irql = DEVICE_IRQL,
        .InterruptMode = LevelSensitive,
        .ProcessorEnableMask = 1,
        .Group = 7, /* means nothing in this version */
    };
    assert_int_equal(IoConnectInterruptEx(&in), STATUS_SUCCESS);
    t.claim = TRUE;
    assert_true(ntio_raise_interrupt(VECTOR));
    assert_int_equal(t.isr_irql, 9);
    assert_ptr_equal(t.context, &in);
    KIRQL old = KeAcquireInterruptSpinLock(t.interrupt);
    assert_int_not_equal(lock, 0);
    KeReleaseInterruptSpinLock(t.interrupt, old);
    assert_int_equal(lock, 0);

    report.ConnectionContext.InterruptObject = out.ConnectionContext.InterruptObject = t.interrupt;
    IoReportInterruptInactive(&report);
    assert_false(ntio_raise_interrupt(VECTOR));
    IoReportInterruptActive(&report);
    assert_true(ntio_raise_interrupt(VECTOR));
    IoDisconnectInterruptEx(&out);
    assert_false(ntio_raise_interrupt(VECTOR));

    in.Version = CONNECT_FULLY_SPECIFIED_GROUP;
    assert_int_equal(IoConnectInterruptEx(&in), STATUS_INVALID_PARAMETER); /* there is one group */
    in.Version = CONNECT_LINE_BASED;
    assert_int_equal(IoConnectInterruptEx(&in), STATUS_NOT_FOUND);
    in.Version = 99;
    assert_int_equal(IoConnectInterruptEx(&in), STATUS_NOT_SUPPORTED);
}

static BOOLEAN NTAPI passive_isr(PKINTERRUPT interrupt, PVOID context)
{
    (void)interrupt, (void)context;
    t.isrs++;
    t.isr_irql = KeGetCurrentIrql();
    return TRUE;
}

static BOOLEAN NTAPI at_passive(PVOID context)
{
    (void)context;
    t.sync_irql = KeGetCurrentIrql();
    return TRUE;
}

static void at_passive_level(void *context)
{
    (void)context;
    set_up();
    assert_int_equal(IoConnectInterrupt(&t.interrupt, passive_isr, NULL, NULL, VECTOR, PASSIVE_LEVEL,
                                        PASSIVE_LEVEL, LevelSensitive, FALSE, 1, FALSE),
                     STATUS_SUCCESS);
    assert_true(ntio_raise_interrupt(VECTOR));
    assert_int_equal(t.isr_irql, PASSIVE_LEVEL);
    assert_true(KeSynchronizeExecution(t.interrupt, at_passive, NULL));
    assert_int_equal(t.sync_irql, PASSIVE_LEVEL);
    IoDisconnectInterrupt(t.interrupt);
}

/* --- against the service routine, from another thread --- */

enum { TIMES = 5000 };

static BOOLEAN NTAPI count_isr(PKINTERRUPT interrupt, PVOID context)
{
    (void)interrupt, (void)context;
    t.guarded++;
    return TRUE;
}

static BOOLEAN NTAPI count_synchronized(PVOID context)
{
    assert_ptr_equal(context, &t);
    t.sync_irql = KeGetCurrentIrql();
    t.guarded++;
    return t.guarded > 0;
}

static void raise_often(void *context)
{
    (void)context;
    for (int i = 0; i < TIMES; i++)
        assert_true(ntio_raise_interrupt(VECTOR));
}

static void *raise_main(void *context)
{
    raise_often(context); /* as a client thread, which an interrupt may interrupt, too */
    return NULL;
}

static void synchronize_often(void *context)
{
    (void)context;
    for (int i = 0; i < TIMES; i++) {
        assert_true(KeSynchronizeExecution(t.interrupt, count_synchronized, &t));
        KIRQL old = KeAcquireInterruptSpinLock(t.interrupt);
        t.guarded++;
        KeReleaseInterruptSpinLock(t.interrupt, old);
    }
}

static void connect_counter(void *context)
{
    (void)context;
    set_up();
    assert_int_equal(connect(&t.interrupt, count_isr, FALSE, Latched), STATUS_SUCCESS);
}

static void disconnect_counter(void *context)
{
    (void)context;
    IoDisconnectInterrupt(t.interrupt);
}

static void synchronized_with_the_service_routine(void **state)
{
    pthread_t thread;
    (void)state;
    ntio_run_in_kernel(connect_counter, NULL);
    assert_int_equal(pthread_create(&thread, NULL, raise_main, NULL), 0);
    ntio_run_in_kernel(synchronize_often, NULL);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(t.guarded, 3 * TIMES);
    assert_int_equal(t.sync_irql, DEVICE_IRQL);
    ntio_run_in_kernel(disconnect_counter, NULL);
}

/* --- a read that is completed by the DPC of an interrupt --- */

static NTSTATUS wait_for_interrupt(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)stack;
    IoMarkIrpPending(irp);
    device->CurrentIrp = irp;
    return STATUS_PENDING;
}

static void connect_device(void *context)
{
    (void)context;
    set_up();
    t.claim = TRUE;
    rig.on[IRP_MJ_READ] = wait_for_interrupt;
    assert_int_equal(connect(&t.interrupt, isr, FALSE, Latched), STATUS_SUCCESS);
}

static void an_interrupt_completes_a_read(void **state)
{
    HANDLE handle;
    IO_STATUS_BLOCK iosb = {.Status = STATUS_PENDING};
    LARGE_INTEGER offset = {.QuadPart = 0};
    char buffer[8] = "";
    (void)state;
    ntio_run_in_kernel(connect_device, NULL);
    assert_int_equal(rig_open(L"\\Device\\Rig", GENERIC_READ, 0, 0, &handle), STATUS_SUCCESS);
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, sizeof buffer, &offset, NULL),
                     STATUS_PENDING);
    assert_int_equal(iosb.Status, STATUS_PENDING);
    assert_true(ntio_raise_interrupt(VECTOR));
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 5);
    assert_string_equal(buffer, "ready");
    assert_int_equal(NtClose(handle), STATUS_SUCCESS);
    ntio_run_in_kernel(disconnect_counter, NULL);
}

/* --- misuse --- */

static BOOLEAN NTAPI leave_low(PKINTERRUPT interrupt, PVOID context)
{
    (void)interrupt, (void)context;
    KeLowerIrql(DISPATCH_LEVEL);
    return TRUE;
}

static void lower_in_isr(void *context)
{
    connect_counter(context);
    IoDisconnectInterrupt(t.interrupt);
    assert_int_equal(connect(&t.interrupt, leave_low, FALSE, Latched), STATUS_SUCCESS);
    ntio_raise_interrupt(VECTOR);
}

static void synchronize_from_above(void *context)
{
    KIRQL irql;
    connect_counter(context);
    KeRaiseIrql(HIGH_LEVEL, &irql);
    KeSynchronizeExecution(t.interrupt, count_synchronized, &t);
}

static void a_service_routine_that_lowers_its_irql_stops(void **state)
{
    (void)state;
    expect_bugcheck(lower_in_isr, NULL, 0xC8, DISPATCH_LEVEL << 16 | DEVICE_IRQL << 8);
}
static void synchronizing_from_above_stops(void **state)
{
    (void)state;
    expect_bugcheck(synchronize_from_above, NULL, 0x09, DEVICE_IRQL);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }
IN_KERNEL(service_routine_then_dpc)
IN_KERNEL(held_back_by_irql)
IN_KERNEL(shared_vectors)
IN_KERNEL(what_makes_no_sense_is_refused)
IN_KERNEL(connected_by_parameters)
IN_KERNEL(at_passive_level)

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)
#define STOP(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_service_routine_then_dpc),
        CASE(test_held_back_by_irql),
        CASE(test_shared_vectors),
        CASE(test_what_makes_no_sense_is_refused),
        CASE(test_connected_by_parameters),
        CASE(test_at_passive_level),
        CASE(synchronized_with_the_service_routine),
        CASE(an_interrupt_completes_a_read),
        STOP(a_service_routine_that_lowers_its_irql_stops),
        STOP(synchronizing_from_above_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
