/*
 * APCs. Kernel APCs run on their thread below APC_LEVEL, normal ones only outside critical regions, special
 * ones only outside guarded regions; they end a wait for the time they run. User APCs run when an alertable
 * wait in user mode comes back to the client. Queues are under the dispatcher lock.
 */
#include "kip.h"

VOID KeInitializeApc(PRKAPC Apc, PRKTHREAD Thread, KAPC_ENVIRONMENT Environment,
                     PKKERNEL_ROUTINE KernelRoutine, PKRUNDOWN_ROUTINE RundownRoutine,
                     PKNORMAL_ROUTINE NormalRoutine, KPROCESSOR_MODE ApcMode, PVOID NormalContext)
{
    GATE(KeInitializeApc, Apc, Thread, KernelRoutine, NormalRoutine);
    *Apc = (KAPC){
        .Type = ApcObject,
        .Size = sizeof(KAPC),
        .Thread = Thread,
        .ApcStateIndex = (CCHAR)Environment,
    };
    Apc->KernelRoutine = KernelRoutine;
    Apc->RundownRoutine = RundownRoutine;
    Apc->NormalRoutine = NormalRoutine;
    Apc->ApcMode = NormalRoutine ? ApcMode : KernelMode;
    Apc->NormalContext = NormalRoutine ? NormalContext : NULL;
}

static PRKAPC first_apc(PKTHREAD thread, KPROCESSOR_MODE mode)
{
    PLIST_ENTRY head = &thread->ApcState.ApcListHead[(int)mode];
    return IsListEmpty(head) ? NULL : CONTAINING_RECORD(head->Flink, KAPC, ApcListEntry);
}

static void set_pending(BOOLEAN *flag, BOOLEAN value)
{
    __atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

/* The first kernel APC that may run now; special ones stand before all normal ones. */
static PRKAPC runnable_apc(PKTHREAD thread)
{
    PRKAPC apc = first_apc(thread, KernelMode);
    if (!apc || thread->SpecialApcDisable)
        return NULL;
    if (apc->NormalRoutine && (thread->KernelApcDisable || thread->ApcState.KernelApcInProgress))
        return NULL;
    return apc;
}

bool kip_kernel_apc_due(PKTHREAD thread)
{
    return __builtin_expect(__atomic_load_n(&thread->ApcState.KernelApcPending, __ATOMIC_ACQUIRE), 0) &&
           !thread->SpecialApcDisable &&
           (__atomic_load_n(&thread->SpecialApcs, __ATOMIC_RELAXED) ||
            (!thread->KernelApcDisable && !thread->ApcState.KernelApcInProgress));
}

static void unqueue(PRKAPC apc)
{
    PKTHREAD thread = apc->Thread;
    RemoveEntryList(&apc->ApcListEntry);
    apc->Inserted = FALSE;
    if (apc->ApcMode == UserMode)
        return;
    if (!apc->NormalRoutine)
        __atomic_fetch_sub(&thread->SpecialApcs, 1, __ATOMIC_RELAXED);
    if (!first_apc(thread, KernelMode))
        set_pending(&thread->ApcState.KernelApcPending, FALSE);
}

/* Behind the special ones already there, before everything normal. */
static void queue_special(PLIST_ENTRY head, PRKAPC apc)
{
    PLIST_ENTRY at = head->Flink;
    while (at != head && !CONTAINING_RECORD(at, KAPC, ApcListEntry)->NormalRoutine)
        at = at->Flink;
    InsertTailList(at, &apc->ApcListEntry);
}

/* Under the dispatcher lock: the thread's wait ends for the APC, if it is in one that allows it. */
static void interrupt_wait(PKTHREAD thread, PRKAPC apc, struct kip_wake *wake)
{
    if (kip_thread_state(thread) != THREAD_WAITING)
        return;
    if (apc->ApcMode == KernelMode) {
        if (thread->WaitIrql < APC_LEVEL && runnable_apc(thread))
            kip_end_wait(thread, STATUS_KERNEL_APC, wake);
    } else if (thread->WaitMode == UserMode && thread->Alertable) {
        set_pending(&thread->ApcState.UserApcPending, TRUE);
        kip_end_wait(thread, STATUS_USER_APC, wake);
    }
}

/* FALSE: it is queued already, or the thread has ended. */
BOOLEAN KeInsertQueueApc(PRKAPC Apc, PVOID SystemArgument1, PVOID SystemArgument2, KPRIORITY Increment)
{
    GATE(KeInsertQueueApc, Apc, SystemArgument1, SystemArgument2, Increment);
    PKTHREAD thread = Apc->Thread, self = KiCurrentThread();
    struct kip_wake wake = kip_lock_dispatcher();
    bool done = !Apc->Inserted && kip_thread_state(thread) != THREAD_TERMINATED;
    if (done) {
        PLIST_ENTRY head = &thread->ApcState.ApcListHead[(int)Apc->ApcMode];
        Apc->SystemArgument1 = SystemArgument1;
        Apc->SystemArgument2 = SystemArgument2;
        Apc->Inserted = TRUE;
        if (Apc->NormalRoutine)
            InsertTailList(head, &Apc->ApcListEntry);
        else
            queue_special(head, Apc);
        if (Apc->ApcMode == KernelMode) {
            if (!Apc->NormalRoutine)
                __atomic_fetch_add(&thread->SpecialApcs, 1, __ATOMIC_RELAXED);
            set_pending(&thread->ApcState.KernelApcPending, TRUE);
        }
        interrupt_wait(thread, Apc, &wake);
    }
    kip_unlock_dispatcher(&wake);
    if (done && thread == self && self->Irql < APC_LEVEL)
        KiLowerIrql(self, self->Irql);
    return done;
}

BOOLEAN KiInsertUrgentApc(PRKAPC apc)
{
    PKTHREAD thread = apc->Thread;
    struct kip_wake wake = kip_lock_dispatcher();
    bool done = !apc->Inserted && kip_thread_state(thread) != THREAD_TERMINATED;
    if (done) {
        apc->Inserted = TRUE;
        InsertHeadList(&thread->ApcState.ApcListHead[UserMode], &apc->ApcListEntry);
        set_pending(&thread->ApcState.UserApcPending, TRUE);
        if (kip_thread_state(thread) == THREAD_WAITING && thread->WaitMode == UserMode)
            kip_end_wait(thread, STATUS_USER_APC, &wake);
    }
    kip_unlock_dispatcher(&wake);
    return done;
}

BOOLEAN KeRemoveQueueApc(PRKAPC Apc)
{
    GATE(KeRemoveQueueApc, Apc);
    struct kip_wake wake = kip_lock_dispatcher();
    bool queued = Apc->Inserted;
    if (queued)
        unqueue(Apc);
    kip_unlock_dispatcher(&wake);
    return queued;
}

/* An APC as it is run: its own memory may be freed by its kernel routine. */
struct apc_call {
    PRKAPC apc;
    PKKERNEL_ROUTINE kernel;
    PKNORMAL_ROUTINE normal;
    PVOID context, argument1, argument2;
};

static struct apc_call take(PRKAPC apc)
{
    struct apc_call call = {apc,
                            apc->KernelRoutine,
                            apc->NormalRoutine,
                            apc->NormalContext,
                            apc->SystemArgument1,
                            apc->SystemArgument2};
    unqueue(apc);
    return call;
}

static void call_kernel_routine(PKTHREAD thread, struct apc_call *call)
{
    PKKERNEL_ROUTINE kernel = call->kernel;
    thread->Irql = APC_LEVEL;
    kernel(call->apc, &call->normal, &call->context, &call->argument1, &call->argument2);
    if (thread->Irql != APC_LEVEL)
        KiBugCheck(IRQL_UNEXPECTED_VALUE, (ULONG_PTR)thread->Irql << 16 | APC_LEVEL << 8, (ULONG_PTR)kernel,
                   0, 0, (const void *)(ULONG_PTR)kernel);
}

void kip_deliver_kernel_apcs(PKTHREAD thread)
{
    BOOLEAN in_kernel = thread->InKernel;
    KPROCESSOR_MODE mode = thread->PreviousMode;
    thread->InKernel = TRUE;
    thread->PreviousMode = KernelMode;
    for (;;) {
        struct kip_wake wake = kip_lock_dispatcher();
        PRKAPC apc = runnable_apc(thread);
        struct apc_call call = {NULL, NULL, NULL, NULL, NULL, NULL};
        if (apc)
            call = take(apc);
        kip_unlock_dispatcher(&wake);
        if (!apc)
            break;
        bool special = !call.normal;
        if (!special)
            thread->ApcState.KernelApcInProgress = TRUE;
        call_kernel_routine(thread, &call);
        if (!special && call.normal) {
            KiLowerIrql(thread, PASSIVE_LEVEL);
            call.normal(call.context, call.argument1, call.argument2);
            thread->Irql = APC_LEVEL;
        }
        if (!special)
            thread->ApcState.KernelApcInProgress = FALSE;
    }
    thread->PreviousMode = mode;
    thread->InKernel = in_kernel;
}

static void call_normal(void *context)
{
    struct apc_call *call = context;
    call->normal(call->context, call->argument1, call->argument2);
}

void kip_deliver_user_apcs(PKTHREAD thread)
{
    for (;;) {
        struct kip_wake wake = kip_lock_dispatcher();
        PRKAPC apc = first_apc(thread, UserMode);
        struct apc_call call = {NULL, NULL, NULL, NULL, NULL, NULL};
        if (apc)
            call = take(apc);
        else
            set_pending(&thread->ApcState.UserApcPending, FALSE);
        kip_unlock_dispatcher(&wake);
        if (!apc)
            return;
        call_kernel_routine(thread, &call);
        KiLowerIrql(thread, PASSIVE_LEVEL);
        if (!call.normal)
            continue;
        thread->InKernel = FALSE;
        KiCallOnHostStack(thread, call_normal, &call); /* the client's */
        thread->InKernel = TRUE;
    }
}

void kip_flush_apcs(PKTHREAD thread)
{
    for (int mode = KernelMode; mode <= UserMode; mode++) {
        for (;;) {
            struct kip_wake wake = kip_lock_dispatcher();
            PRKAPC apc = first_apc(thread, (KPROCESSOR_MODE)mode);
            PKRUNDOWN_ROUTINE rundown = apc ? apc->RundownRoutine : NULL;
            if (apc)
                unqueue(apc);
            kip_set_thread_state(thread, THREAD_TERMINATED); /* no more are queued */
            kip_unlock_dispatcher(&wake);
            if (!apc)
                break;
            if (rundown)
                rundown(apc);
        }
    }
}

/* --- alerts --- */

NTSTATUS kip_test_alert(PKTHREAD thread, KPROCESSOR_MODE mode, BOOLEAN alertable)
{
    /* One that is on its way to user mode is not kept: APCs are waiting for it there. */
    if (mode == UserMode && thread->ApcState.UserApcPending)
        return STATUS_USER_APC;
    if (!alertable)
        return STATUS_SUCCESS;
    if (thread->Alerted[(int)mode]) {
        thread->Alerted[(int)mode] = FALSE;
        return STATUS_ALERTED;
    }
    if (mode == UserMode && first_apc(thread, UserMode)) {
        set_pending(&thread->ApcState.UserApcPending, TRUE);
        return STATUS_USER_APC;
    }
    if (thread->Alerted[KernelMode]) {
        thread->Alerted[KernelMode] = FALSE;
        return STATUS_ALERTED;
    }
    return STATUS_SUCCESS;
}

/* Returns whether the thread was alerted already. */
BOOLEAN KeAlertThread(PKTHREAD Thread, KPROCESSOR_MODE AlertMode)
{
    struct kip_wake wake = kip_lock_dispatcher();
    BOOLEAN was = Thread->Alerted[(int)AlertMode];
    if (!was && kip_thread_state(Thread) == THREAD_WAITING && Thread->Alertable &&
        AlertMode <= Thread->WaitMode)
        kip_end_wait(Thread, STATUS_ALERTED, &wake);
    else
        Thread->Alerted[(int)AlertMode] = TRUE;
    kip_unlock_dispatcher(&wake);
    return was;
}

/* Returns and clears the calling thread's alert; in user mode, user APCs that wait become due. */
BOOLEAN KeTestAlertThread(KPROCESSOR_MODE AlertMode)
{
    GATE(KeTestAlertThread, AlertMode);
    PKTHREAD thread = KiCurrentThread();
    struct kip_wake wake = kip_lock_dispatcher();
    BOOLEAN was = thread->Alerted[(int)AlertMode];
    if (was)
        thread->Alerted[(int)AlertMode] = FALSE;
    else if (AlertMode == UserMode && first_apc(thread, UserMode))
        set_pending(&thread->ApcState.UserApcPending, TRUE);
    kip_unlock_dispatcher(&wake);
    return was;
}

/* --- regions --- */

VOID KeEnterCriticalRegion(VOID)
{
    GATE(KeEnterCriticalRegion);
    KiCurrentThread()->KernelApcDisable--;
}

static void leave_region(PKTHREAD thread)
{
    if (thread->Irql < APC_LEVEL)
        KiLowerIrql(thread, thread->Irql);
}

VOID KeLeaveCriticalRegion(VOID)
{
    GATE(KeLeaveCriticalRegion);
    PKTHREAD thread = KiCurrentThread();
    thread->KernelApcDisable++;
    leave_region(thread);
}

VOID KeEnterGuardedRegion(VOID)
{
    GATE(KeEnterGuardedRegion);
    KiCurrentThread()->SpecialApcDisable--;
}

VOID KeLeaveGuardedRegion(VOID)
{
    GATE(KeLeaveGuardedRegion);
    PKTHREAD thread = KiCurrentThread();
    thread->SpecialApcDisable++;
    leave_region(thread);
}

/* Normal kernel APCs are disabled by a region; APC_LEVEL by itself does not count, as in NT. */
BOOLEAN KeAreApcsDisabled(VOID)
{
    GATE(KeAreApcsDisabled);
    PKTHREAD thread = KiCurrentThread();
    return thread->KernelApcDisable != 0 || thread->SpecialApcDisable != 0;
}

BOOLEAN KeAreAllApcsDisabled(VOID)
{
    GATE(KeAreAllApcsDisabled);
    PKTHREAD thread = KiCurrentThread();
    return thread->SpecialApcDisable != 0 || thread->Irql >= APC_LEVEL;
}
