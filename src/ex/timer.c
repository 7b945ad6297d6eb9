/*
 * Timers by handle: the kernel's KTIMER, and the user APC that NtSetTimer can have queued to the caller at
 * expiry.
 */
#include "sync.h"
#include "../ps/ps.h"

POBJECT_TYPE *ExTimerObjectType;

struct ex_timer {
    KTIMER Timer;
    KDPC Dpc;
    KAPC Apc;
    PETHREAD Thread; /* who gets the APC, referenced; NULL: none is wanted */
    PTIMER_APC_ROUTINE Routine;
    PVOID Context;
    _Atomic bool ApcQueued;
    _Atomic uint32_t Lock; /* Thread, Routine and Context against the DPC */
};

static void lock(struct ex_timer *timer)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&timer->Lock, 1, memory_order_acquire);)
        host_spin(turn++);
}

static void unlock(struct ex_timer *timer)
{
    atomic_store_explicit(&timer->Lock, 0, memory_order_release);
}

static VOID NTAPI apc_delivered(PRKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                                PVOID *Argument1, PVOID *Argument2)
{
    (void)NormalRoutine, (void)NormalContext, (void)Argument1, (void)Argument2;
    struct ex_timer *timer = CONTAINING_RECORD(Apc, struct ex_timer, Apc);
    atomic_store(&timer->ApcQueued, false);
    ObpDereferenceObject(timer);
}

static VOID NTAPI apc_dropped(PRKAPC Apc)
{
    struct ex_timer *timer = CONTAINING_RECORD(Apc, struct ex_timer, Apc);
    atomic_store(&timer->ApcQueued, false);
    ObpDereferenceObject(timer);
}

static VOID NTAPI expired(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    (void)Dpc, (void)Argument1, (void)Argument2;
    struct ex_timer *timer = Context;
    lock(timer);
    /* The APC keeps the timer; one that is being deleted this very moment has no more of them. */
    if (timer->Thread && !atomic_load(&timer->ApcQueued) && ObpReferenceObjectSafe(timer)) {
        ULARGE_INTEGER now;
        KeQuerySystemTime((PLARGE_INTEGER)&now);
        atomic_store(&timer->ApcQueued, true);
        KeInitializeApc(&timer->Apc, &timer->Thread->Tcb, CurrentApcEnvironment, apc_delivered, apc_dropped,
                        (PKNORMAL_ROUTINE)(PVOID)timer->Routine, UserMode, timer->Context);
        if (!KeInsertQueueApc(&timer->Apc, (PVOID)(ULONG_PTR)now.LowPart, (PVOID)(ULONG_PTR)now.HighPart,
                              0)) {
            atomic_store(&timer->ApcQueued, false);
            ObpDereferenceObject(timer);
        }
    }
    unlock(timer);
}

static PETHREAD set_target(struct ex_timer *timer, PETHREAD thread, PTIMER_APC_ROUTINE routine, PVOID context)
{
    lock(timer);
    PETHREAD old = timer->Thread;
    timer->Thread = thread;
    timer->Routine = routine;
    timer->Context = context;
    unlock(timer);
    return old;
}

/* Stops the timer and takes back an APC that has not been delivered. TRUE: it was set. */
static BOOLEAN stop(struct ex_timer *timer)
{
    BOOLEAN was_set = KeCancelTimer(&timer->Timer);
    KeRemoveQueueDpc(&timer->Dpc);
    PETHREAD thread = set_target(timer, NULL, NULL, NULL);
    if (thread) {
        if (atomic_load(&timer->ApcQueued) && KeRemoveQueueApc(&timer->Apc)) {
            atomic_store(&timer->ApcQueued, false);
            ObpDereferenceObject(timer);
        }
        ObpDereferenceObject(thread);
    }
    return was_set;
}

static VOID delete_timer(PVOID Object)
{
    struct ex_timer *timer = Object;
    stop(timer);
    /* The DPC may be running on the timers' thread this very moment, and the timer is about to be freed. */
    KeFlushQueuedDpcs();
}

void ex_create_timer_type(void)
{
    static const OB_TYPE_INITIALIZER info = {
        .Name = L"Timer",
        .GenericMapping = {STANDARD_RIGHTS_READ | TIMER_QUERY_STATE,
                           STANDARD_RIGHTS_WRITE | TIMER_MODIFY_STATE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
                           TIMER_ALL_ACCESS},
        .ValidAccessMask = TIMER_ALL_ACCESS,
        .DeleteProcedure = delete_timer,
    };
    ExTimerObjectType = ex_create_type(&info);
}

SERVICE(CreateTimer,
        (PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         TIMER_TYPE TimerType),
        (TimerHandle, DesiredAccess, ObjectAttributes, TimerType))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct ex_timer *timer;
    if (TimerType != NotificationTimer && TimerType != SynchronizationTimer)
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = ObCreateService(TimerHandle, mode, *ExTimerObjectType, ObjectAttributes, sizeof *timer,
                                      (PVOID *)&timer);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeTimerEx(&timer->Timer, TimerType);
    KeInitializeDpc(&timer->Dpc, expired, timer);
    return ObInsertService(timer, DesiredAccess, TimerHandle, mode);
}

SERVICE(OpenTimer, (PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
        (TimerHandle, DesiredAccess, ObjectAttributes))
{
    return ObOpenService(TimerHandle, DesiredAccess, ObjectAttributes, *ExTimerObjectType);
}

/* The previous state is whether the timer was signalled. */
static NTSTATUS return_state(PBOOLEAN out, LONG state, KPROCESSOR_MODE mode)
{
    BOOLEAN value = state != 0;
    return out ? MmCopyToMode(out, &value, sizeof value, mode) : STATUS_SUCCESS;
}

SERVICE(SetTimer,
        (HANDLE TimerHandle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE TimerApcRoutine, PVOID TimerContext,
         BOOLEAN ResumeTimer, LONG Period, PBOOLEAN PreviousState),
        (TimerHandle, DueTime, TimerApcRoutine, TimerContext, ResumeTimer, Period, PreviousState))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    LARGE_INTEGER due;
    struct ex_timer *timer;
    NTSTATUS status = MmCopyFromMode(&due, DueTime, sizeof due, mode);
    if (NT_SUCCESS(status) && PreviousState)
        status = ex_probe_out(PreviousState, sizeof *PreviousState, mode);
    if (NT_SUCCESS(status) && Period < 0)
        status = STATUS_INVALID_PARAMETER_6;
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(TimerHandle, TIMER_MODIFY_STATE, *ExTimerObjectType, mode,
                                           (PVOID *)&timer, NULL);
    if (!NT_SUCCESS(status))
        return status;

    stop(timer);
    LONG state = KeReadStateTimer(&timer->Timer);
    if (TimerApcRoutine) {
        PETHREAD thread = PspCurrentThread();
        ObpReferenceObject(thread);
        set_target(timer, thread, TimerApcRoutine, TimerContext);
    }
    KeSetTimerEx(&timer->Timer, due, Period, TimerApcRoutine ? &timer->Dpc : NULL);
    ObpDereferenceObject(timer);
    status = return_state(PreviousState, state, mode);
    /* No machine sleeps here, so there is nothing to resume; NT says the same where the hardware cannot. */
    return NT_SUCCESS(status) && ResumeTimer ? STATUS_TIMER_RESUME_IGNORED : status;
}

SERVICE(CancelTimer, (HANDLE TimerHandle, PBOOLEAN CurrentState), (TimerHandle, CurrentState))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct ex_timer *timer;
    NTSTATUS status = CurrentState ? ex_probe_out(CurrentState, sizeof *CurrentState, mode) : STATUS_SUCCESS;
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(TimerHandle, TIMER_MODIFY_STATE, *ExTimerObjectType, mode,
                                           (PVOID *)&timer, NULL);
    if (!NT_SUCCESS(status))
        return status;
    stop(timer);
    LONG state = KeReadStateTimer(&timer->Timer);
    ObpDereferenceObject(timer);
    return return_state(CurrentState, state, mode);
}
