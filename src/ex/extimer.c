/*
 * ExTimers: timer objects that the system allocates. Each is a KTIMER, so that it can be waited for, and a
 * DPC that calls the driver's routine.
 *
 * Who frees one: ExDeleteTimer when it waits; else a work item, since only PASSIVE_LEVEL can wait until a DPC
 * that may be on its way to the routine has run. A timer that is deleted but not cancelled stays until it has
 * expired.
 */
#include "exp.h"

#include <string.h>

struct _EX_TIMER {
    KTIMER Timer; /* first: drivers wait for the EX_TIMER */
    KDPC Dpc;
    PEXT_CALLBACK Callback;
    PVOID Context;
    _Atomic unsigned Lock; /* guards all that follows */
    BOOLEAN HighResolution;
    BOOLEAN Periodic;
    BOOLEAN Deleted;   /* ExDeleteTimer was called */
    BOOLEAN Finishing; /* somebody has taken it on to free it */
    EXT_DELETE_PARAMETERS Delete;
    WORK_QUEUE_ITEM Work;
};

#define EXP_TAG_TIMER   'mTxE'
#define PER_MILLISECOND 10000

/* At PASSIVE_LEVEL or APC_LEVEL: nothing can reach the timer once the DPCs have run. */
static void finish(PEX_TIMER timer)
{
    KeFlushQueuedDpcs();
    if (timer->Delete.DeleteCallback)
        timer->Delete.DeleteCallback(timer->Delete.DeleteContext);
    MmFreeSystemPool(timer);
}

static VOID NTAPI finish_later(PVOID Parameter)
{
    finish(Parameter);
}

static void queue_finish(PEX_TIMER timer)
{
    ExInitializeWorkItem(&timer->Work, finish_later, timer);
    ExQueueWorkItem(&timer->Work, DelayedWorkQueue);
}

static VOID NTAPI expire(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    PEX_TIMER timer = DeferredContext;
    (void)Dpc, (void)SystemArgument1, (void)SystemArgument2;
    if (timer->Callback)
        timer->Callback(timer, timer->Context);
    ki_lock(&timer->Lock);
    BOOLEAN again = !timer->Periodic && KiIsTimerSet(&timer->Timer);
    BOOLEAN finishes = timer->Deleted && !timer->Finishing && !again;
    if (finishes) {
        KeCancelTimer(&timer->Timer);
        timer->Finishing = TRUE;
    }
    ki_unlock(&timer->Lock);
    if (finishes)
        queue_finish(timer);
}

/*
 * NULL: no memory. Callback may be NULL; it runs at DISPATCH_LEVEL. A synchronization timer unless Attributes
 * says EX_TIMER_NOTIFICATION; high resolution and no wake exclude each other. Windows documents a bug check
 * for that without its code; here it is 0xC7. IRQL <= DISPATCH_LEVEL. (WDK: ExAllocateTimer)
 */
PEX_TIMER NTAPI ExAllocateTimer(PEXT_CALLBACK Callback, PVOID CallbackContext, ULONG Attributes)
{
    GATE(ExAllocateTimer, Callback, CallbackContext, Attributes);
    const ULONG exclusive = EX_TIMER_HIGH_RESOLUTION | EX_TIMER_NO_WAKE;
    if ((Attributes & exclusive) == exclusive)
        KiBugCheck(TIMER_OR_DPC_INVALID, 0, Attributes, 0, 0, __builtin_return_address(0));
    PEX_TIMER timer = GATE_FAILS(ExAllocateTimer) ? NULL : MmAllocateSystemPool(sizeof *timer, EXP_TAG_TIMER);
    if (!timer)
        return NULL;
    memset(timer, 0, sizeof *timer);
    KeInitializeTimerEx(&timer->Timer,
                        Attributes & EX_TIMER_NOTIFICATION ? NotificationTimer : SynchronizationTimer);
    KeInitializeDpc(&timer->Dpc, expire, timer);
    timer->Callback = Callback;
    timer->Context = CallbackContext;
    timer->HighResolution = (Attributes & EX_TIMER_HIGH_RESOLUTION) != 0;
    return timer;
}

/* In milliseconds, rounded up: the finest a KTIMER knows. */
static LONG period_of(LONGLONG period)
{
    if (period <= 0)
        return 0;
    LONGLONG milliseconds = period / PER_MILLISECOND + (period % PER_MILLISECOND != 0);
    return milliseconds > MAXLONG ? MAXLONG : (LONG)milliseconds;
}

/*
 * DueTime negative: relative, else absolute system time; Period in 100 ns as well, 0: none. TRUE: it was set
 * already, and is set anew. The tolerance in Parameters means nothing here. An absolute time for a
 * high-resolution timer is a bug check, 0xC7 for want of a documented code. IRQL <= DISPATCH_LEVEL. (WDK:
 * ExSetTimer)
 */
BOOLEAN NTAPI ExSetTimer(PEX_TIMER Timer, LONGLONG DueTime, LONGLONG Period, PEXT_SET_PARAMETERS Parameters)
{
    GATE(ExSetTimer, Timer, DueTime, Period, Parameters);
    if (Timer->HighResolution && DueTime >= 0)
        KiBugCheck(TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)Timer, 0, 0, __builtin_return_address(0));
    ki_lock(&Timer->Lock);
    LONG period = period_of(Period);
    Timer->Periodic = period != 0;
    BOOLEAN was_set = KeSetTimerEx(&Timer->Timer, (LARGE_INTEGER){.QuadPart = DueTime}, period, &Timer->Dpc);
    ki_unlock(&Timer->Lock);
    return was_set;
}

/* TRUE: it was set. Its routine may be running still. IRQL <= DISPATCH_LEVEL. (WDK: ExCancelTimer) */
BOOLEAN NTAPI ExCancelTimer(PEX_TIMER Timer, PEXT_CANCEL_PARAMETERS Parameters)
{
    GATE(ExCancelTimer, Timer, Parameters);
    ki_lock(&Timer->Lock);
    BOOLEAN cancelled = KeCancelTimer(&Timer->Timer);
    ki_unlock(&Timer->Lock);
    return cancelled;
}

/*
 * Cancel: TRUE comes back when that cancelled it; without Cancel a timer that is set expires once more. Wait
 * (with Cancel and IRQL <= APC_LEVEL only): its routine has returned, and the delete callback too. Else both
 * may come later. Wait without Cancel is a bug check whose code Windows does not document; here it is 0xC7.
 * (WDK: ExDeleteTimer)
 */
BOOLEAN NTAPI ExDeleteTimer(PEX_TIMER Timer, BOOLEAN Cancel, BOOLEAN Wait, PEXT_DELETE_PARAMETERS Parameters)
{
    GATE(ExDeleteTimer, Timer, Cancel, Wait, Parameters);
    if (Wait && !Cancel)
        KiBugCheck(TIMER_OR_DPC_INVALID, 0, (ULONG_PTR)Timer, 0, 0, __builtin_return_address(0));
    ki_lock(&Timer->Lock);
    if (Parameters)
        Timer->Delete = *Parameters;
    Timer->Deleted = TRUE;
    BOOLEAN cancelled = Cancel && KeCancelTimer(&Timer->Timer);
    BOOLEAN finishes = Cancel || !KiIsTimerSet(&Timer->Timer);
    Timer->Finishing = finishes;
    ki_unlock(&Timer->Lock);
    if (finishes && Wait)
        finish(Timer);
    else if (finishes)
        queue_finish(Timer);
    return cancelled;
}
