/*
 * Mutants: SignalState 1 is free, 0 and below owned, one less for each further time the owner has it.
 * ApcDisable tells a driver's mutex, whose owner gets no normal kernel APCs, from a mutant of the Nt
 * services.
 */
#include "kip.h"

static void init_mutant(PRKMUTANT mutant, UCHAR apc_disable)
{
    kip_init_header(&mutant->Header, MutantObject, sizeof(KMUTANT) / sizeof(LONG), 1);
    InitializeListHead(&mutant->MutantListEntry);
    mutant->OwnerThread = NULL;
    mutant->Abandoned = FALSE;
    mutant->ApcDisable = apc_disable;
}

/* Level is historic and ignored, as on NT. */
VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
    GATE(KeInitializeMutex, Mutex, Level);
    init_mutant(Mutex, 1);
}

VOID KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner)
{
    GATE(KeInitializeMutant, Mutant, InitialOwner);
    init_mutant(Mutant, 0);
    if (!InitialOwner)
        return;
    PKTHREAD thread = KiCurrentThread();
    struct kip_wake wake = kip_lock_dispatcher();
    kip_set_state(&Mutant->Header, 0);
    kip_own_mutant(Mutant, thread);
    kip_unlock_dispatcher(&wake);
}

bool kip_owns_mutant(PRKMUTANT mutant, PKTHREAD thread)
{
    return mutant->OwnerThread == thread && mutant->Header.DpcActive == thread->InDpc;
}

void kip_own_mutant(PRKMUTANT mutant, PKTHREAD thread)
{
    mutant->OwnerThread = thread;
    __atomic_store_n(&mutant->Header.DpcActive, thread->InDpc, __ATOMIC_RELAXED);
    InsertTailList(&thread->MutantListHead, &mutant->MutantListEntry);
}

static void let_go(PRKMUTANT mutant, PKTHREAD owner, struct kip_wake *wake)
{
    RemoveEntryList(&mutant->MutantListEntry);
    mutant->OwnerThread = NULL;
    owner->KernelApcDisable += mutant->ApcDisable;
    kip_set_state(&mutant->Header, 1);
    kip_satisfy(&mutant->Header, wake);
}

static LONG release(PRKMUTANT mutant, bool abandon)
{
    PKTHREAD thread = KiCurrentThread();
    struct kip_wake wake = kip_lock_dispatcher();
    LONG old = kip_state_of(&mutant->Header);
    bool was_abandoned = mutant->Abandoned, owned = kip_owns_mutant(mutant, thread);
    if (!owned && !abandon) {
        kip_unlock_dispatcher(&wake);
        ExRaiseStatus(was_abandoned ? STATUS_ABANDONED : STATUS_MUTANT_NOT_OWNED);
    }
    if (abandon) {
        mutant->Abandoned = TRUE;
        if (mutant->OwnerThread)
            let_go(mutant, mutant->OwnerThread, &wake);
    } else if (old == 0) {
        let_go(mutant, thread, &wake);
    } else {
        kip_set_state(&mutant->Header, old + 1);
    }
    kip_unlock_dispatcher(&wake);
    if (owned && thread->Irql < APC_LEVEL)
        KiLowerIrql(thread, thread->Irql); /* APCs that the mutex kept away */
    return old;
}

/* Raises STATUS_MUTANT_NOT_OWNED when the calling thread does not own it, or owns it on behalf of a DPC that
 * ran on it, or the other way round. Returns the previous state: 0 means it is free now. */
LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
    GATE(KeReleaseMutex, Mutex, Wait);
    return release(Mutex, false);
}

LONG KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait)
{
    GATE(KeReleaseMutant, Mutant, Increment, Abandoned, Wait);
    return release(Mutant, Abandoned);
}

LONG KeReadStateMutex(PRKMUTEX Mutex)
{
    GATE(KeReadStateMutex, Mutex);
    return kip_state_of(&Mutex->Header);
}

LONG KeReadStateMutant(PRKMUTANT Mutant)
{
    GATE(KeReadStateMutant, Mutant);
    return kip_state_of(&Mutant->Header);
}

void kip_abandon_mutants(PKTHREAD thread)
{
    struct kip_wake wake = kip_lock_dispatcher();
    while (!IsListEmpty(&thread->MutantListHead)) {
        PRKMUTANT mutant = CONTAINING_RECORD(thread->MutantListHead.Flink, KMUTANT, MutantListEntry);
        if (mutant->ApcDisable && thread->Kip && !atomic_load(&kip()->stopping)) {
            kip_unlock_dispatcher(&wake);
            KiBugCheck(THREAD_TERMINATE_HELD_MUTEX, (ULONG_PTR)thread, (ULONG_PTR)mutant, 0, 0, NULL);
        }
        mutant->Abandoned = TRUE;
        let_go(mutant, thread, &wake);
    }
    kip_unlock_dispatcher(&wake);
}
