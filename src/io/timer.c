/*
 * A device's timer: a routine called once a second while it is started. NT has one clock for all devices,
 * here each has a periodic KTIMER of its own, so that the first call comes a whole second after IoStartTimer.
 */
#include "iop.h"

struct _IO_TIMER {
    KTIMER Timer;
    KDPC Dpc;
    KSPIN_LOCK
    Lock; /* held while the routine runs, as in NT: once IoStopTimer has returned it does not run */
    BOOLEAN Started; /* under the lock */
    PIO_TIMER_ROUTINE Routine;
    PVOID Context;
    PDEVICE_OBJECT Device;
};

#define SECOND       10000000 /* in 100 ns */
#define MILLISECONDS 1000

static VOID NTAPI tick(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    PIO_TIMER timer = DeferredContext;
    (void)Dpc, (void)SystemArgument1, (void)SystemArgument2;
    KeAcquireSpinLockAtDpcLevel(&timer->Lock);
    if (timer->Started)
        timer->Routine(timer->Device, timer->Context);
    KeReleaseSpinLockFromDpcLevel(&timer->Lock);
}

/*
 * STATUS_INSUFFICIENT_RESOURCES when there is no memory; a second call for the same device changes routine
 * and context. The routine runs at DISPATCH_LEVEL. IRQL PASSIVE_LEVEL. (WDK: IoInitializeTimer)
 */
NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context)
{
    GATE(IoInitializeTimer, DeviceObject, TimerRoutine, Context);
    PIO_TIMER timer = DeviceObject->Timer;
    if (!timer) {
        timer = GATE_FAILS(IoInitializeTimer) ? NULL : MmAllocateSystemPool(sizeof *timer, IOP_TAG_DEVICE);
        if (!timer)
            return STATUS_INSUFFICIENT_RESOURCES;
        memset(timer, 0, sizeof *timer);
        KeInitializeTimerEx(&timer->Timer, SynchronizationTimer);
        KeInitializeDpc(&timer->Dpc, tick, timer);
        KeInitializeSpinLock(&timer->Lock);
        timer->Device = DeviceObject;
        DeviceObject->Timer = timer;
    }
    KIRQL irql;
    KeAcquireSpinLock(&timer->Lock, &irql);
    timer->Routine = TimerRoutine;
    timer->Context = Context;
    KeReleaseSpinLock(&timer->Lock, irql);
    return STATUS_SUCCESS;
}

/* Nothing happens when it is started, or the device is going. IRQL <= DISPATCH_LEVEL. (WDK: IoStartTimer) */
VOID NTAPI IoStartTimer(PDEVICE_OBJECT DeviceObject)
{
    GATE(IoStartTimer, DeviceObject);
    PIO_TIMER timer = DeviceObject->Timer;
    if (__atomic_load_n(&iop_device(DeviceObject)->ExtensionFlags, __ATOMIC_RELAXED) & DOE_DELETE_PENDING)
        return;
    KIRQL irql;
    KeAcquireSpinLock(&timer->Lock, &irql);
    if (!timer->Started) {
        timer->Started = TRUE;
        KeSetTimerEx(&timer->Timer, (LARGE_INTEGER){.QuadPart = -SECOND}, MILLISECONDS, &timer->Dpc);
    }
    KeReleaseSpinLock(&timer->Lock, irql);
}

static void stop(PIO_TIMER timer)
{
    KIRQL irql;
    KeAcquireSpinLock(&timer->Lock, &irql);
    timer->Started = FALSE;
    KeCancelTimer(&timer->Timer);
    KeReleaseSpinLock(&timer->Lock, irql);
}

/*
 * When it returns, the routine does not run and is not called again. Called by the routine itself it is a
 * deadlock on Windows and bug check 0x0F here. IRQL <= DISPATCH_LEVEL. (WDK: IoStopTimer, "Do not call from
 * within the IoTimer routine")
 */
VOID NTAPI IoStopTimer(PDEVICE_OBJECT DeviceObject)
{
    GATE(IoStopTimer, DeviceObject);
    stop(DeviceObject->Timer);
}

void IopDeleteTimer(PDEVICE_OBJECT device)
{
    PIO_TIMER timer = device->Timer;
    if (!timer)
        return;
    stop(timer);
    KeFlushQueuedDpcs(); /* a tick may stand in a queue still */
    device->Timer = NULL;
    MmFreeSystemPool(timer);
}
