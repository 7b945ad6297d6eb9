/*
 * Interrupts. There is no hardware: a test raises a vector, and the service routines connected to it run on
 * the calling thread, at their IRQL and under their spin lock; the DPCs they queue run when the thread's IRQL
 * drops, as after any other rise. An interrupt at PASSIVE_LEVEL has an event for a lock.
 */
#include "kip.h"

#include <string.h>

#include <ntio/ntio.h>

#include "../mm/mm.h"

#define CALLER       __builtin_return_address(0)
#define TAG          'rtnI'
#define CHAIN_LENGTH 16 /* most interrupts that share a vector */

struct _KINTERRUPT {
    struct _KINTERRUPT *Next; /* kip_state.interrupts */
    PKSERVICE_ROUTINE ServiceRoutine;
    PVOID ServiceContext;
    PKSPIN_LOCK ActualLock; /* the driver's, or SpinLock */
    KSPIN_LOCK SpinLock;
    KEVENT PassiveLock;
    ULONG Vector;
    KIRQL Irql, SynchronizeIrql;
    BOOLEAN ShareVector;
    KINTERRUPT_MODE Mode;
    _Atomic bool Inactive;
    _Atomic unsigned Users; /* deliveries under way: it must not go */
};

/* --- the lock --- */

static KIRQL acquire(PKINTERRUPT interrupt, const void *caller)
{
    PKTHREAD thread = KiCurrentThread();
    KIRQL level = interrupt->SynchronizeIrql;
    if (thread->Irql > level)
        KiBugCheck(IRQL_NOT_GREATER_OR_EQUAL, level, thread->Irql, 0, (ULONG_PTR)caller, caller);
    if (level == PASSIVE_LEVEL) {
        KeWaitForSingleObject(&interrupt->PassiveLock, Executive, KernelMode, FALSE, NULL);
        return PASSIVE_LEVEL;
    }
    KIRQL old = KiRaiseIrql(thread, level);
    KeAcquireSpinLockAtDpcLevel(interrupt->ActualLock);
    return old;
}

static void release(PKINTERRUPT interrupt, KIRQL old)
{
    if (interrupt->SynchronizeIrql == PASSIVE_LEVEL) {
        KeSetEvent(&interrupt->PassiveLock, 0, FALSE);
        return;
    }
    KeReleaseSpinLockFromDpcLevel(interrupt->ActualLock);
    KiLowerIrql(KiCurrentThread(), old);
}

/*
 * Runs the routine as the service routine runs: at SynchronizeIrql, holding the interrupt's lock. Bug check
 * 0x09 from a higher level. (WDK: KeSynchronizeExecution)
 */
BOOLEAN NTAPI KeSynchronizeExecution(PKINTERRUPT Interrupt, PKSYNCHRONIZE_ROUTINE SynchronizeRoutine,
                                     PVOID SynchronizeContext)
{
    GATE(KeSynchronizeExecution, Interrupt, SynchronizeRoutine, SynchronizeContext);
    KIRQL old = acquire(Interrupt, CALLER);
    BOOLEAN result = SynchronizeRoutine(SynchronizeContext);
    release(Interrupt, old);
    return result;
}

/* Raises the IRQL to the interrupt's SynchronizeIrql; returns the one before. (WDK:
 * KeAcquireInterruptSpinLock) */
KIRQL NTAPI KeAcquireInterruptSpinLock(PKINTERRUPT Interrupt)
{
    GATE(KeAcquireInterruptSpinLock, Interrupt);
    return acquire(Interrupt, CALLER);
}

VOID NTAPI KeReleaseInterruptSpinLock(PKINTERRUPT Interrupt, KIRQL OldIrql)
{
    GATE(KeReleaseInterruptSpinLock, Interrupt, OldIrql);
    release(Interrupt, OldIrql);
}

/* --- connecting --- */

static bool makes_sense(const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS *p)
{
    KAFFINITY processors = KeQueryActiveProcessors();
    return p->ServiceRoutine && p->Irql <= HIGH_LEVEL && p->SynchronizeIrql >= p->Irql &&
           p->SynchronizeIrql <= HIGH_LEVEL && !p->FloatingSave && p->Group == 0 &&
           p->ProcessorEnableMask & processors &&
           (p->Irql == PASSIVE_LEVEL) == (p->SynchronizeIrql == PASSIVE_LEVEL);
}

static bool may_share(const struct _KINTERRUPT *one, const struct _KINTERRUPT *other)
{
    return one->ShareVector && other->ShareVector && one->Mode == other->Mode &&
           (one->Irql == PASSIVE_LEVEL) == (other->Irql == PASSIVE_LEVEL);
}

static bool link_interrupt(PKINTERRUPT interrupt)
{
    struct kip_state *ke = kip();
    unsigned sharing = 0;
    bool fits = true;
    ki_lock(&ke->interrupts_lock);
    PKINTERRUPT *end = &ke->interrupts;
    for (; *end; end = &(*end)->Next) {
        if ((*end)->Vector != interrupt->Vector)
            continue;
        fits = fits && may_share(*end, interrupt);
        sharing++;
    }
    fits = fits && sharing < CHAIN_LENGTH;
    if (fits)
        *end = interrupt;
    ki_unlock(&ke->interrupts_lock);
    return fits;
}

NTSTATUS KiConnectInterrupt(const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS *p, PKINTERRUPT *result)
{
    *result = NULL;
    if (!makes_sense(p))
        return STATUS_INVALID_PARAMETER;
    PKINTERRUPT interrupt = MmAllocateSystemPool(sizeof *interrupt, TAG);
    if (!interrupt)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(interrupt, 0, sizeof *interrupt);
    KeInitializeSpinLock(&interrupt->SpinLock);
    KeInitializeEvent(&interrupt->PassiveLock, SynchronizationEvent, TRUE);
    interrupt->ServiceRoutine = p->ServiceRoutine;
    interrupt->ServiceContext = p->ServiceContext;
    interrupt->ActualLock = p->SpinLock ? p->SpinLock : &interrupt->SpinLock;
    interrupt->Vector = p->Vector;
    interrupt->Irql = p->Irql;
    interrupt->SynchronizeIrql = p->SynchronizeIrql;
    interrupt->ShareVector = p->ShareVector;
    interrupt->Mode = p->InterruptMode;
    *result = interrupt; /* the service routine may run before we return */
    if (link_interrupt(interrupt))
        return STATUS_SUCCESS;
    *result = NULL;
    MmFreeSystemPool(interrupt);
    return STATUS_INVALID_PARAMETER;
}

VOID KiDisconnectInterrupt(PKINTERRUPT interrupt)
{
    struct kip_state *ke = kip();
    ki_lock(&ke->interrupts_lock);
    PKINTERRUPT *at = &ke->interrupts;
    while (*at && *at != interrupt)
        at = &(*at)->Next;
    if (*at)
        *at = interrupt->Next;
    ki_unlock(&ke->interrupts_lock);
    for (unsigned turn = 0; atomic_load(&interrupt->Users); turn++) {
        if (gate_watched() & WATCH_CRASHED)
            KiStopCrashedThread();
        host_spin(turn);
    }
    MmFreeSystemPool(interrupt);
}

VOID KiActivateInterrupt(PKINTERRUPT interrupt, BOOLEAN active)
{
    atomic_store(&interrupt->Inactive, !active);
}

PKINTERRUPT KiFindInterrupt(const void *base, size_t size, PULONG vector)
{
    struct kip_state *ke = kip();
    ki_lock(&ke->interrupts_lock);
    PKINTERRUPT found = ke->interrupts;
    while (found && (uintptr_t)found->ServiceRoutine - (uintptr_t)base >= size)
        found = found->Next;
    if (found)
        *vector = found->Vector;
    ki_unlock(&ke->interrupts_lock);
    return found;
}

void kip_free_interrupts(void)
{
    struct kip_state *ke = kip();
    while (ke->interrupts && !(gate_watched() & WATCH_CRASHED))
        KiDisconnectInterrupt(ke->interrupts);
}

/* --- delivering --- */

/* Those on the vector that an IRQL does not hold back, each with a use of it. */
static unsigned take_chain(ULONG vector, KIRQL irql, PKINTERRUPT *chain)
{
    struct kip_state *ke = kip();
    unsigned count = 0;
    ki_lock(&ke->interrupts_lock);
    for (PKINTERRUPT at = ke->interrupts; at; at = at->Next) {
        bool held_back = at->Irql == PASSIVE_LEVEL ? irql > PASSIVE_LEVEL : irql >= at->Irql;
        if (at->Vector != vector || held_back || atomic_load(&at->Inactive))
            continue;
        atomic_fetch_add(&at->Users, 1);
        chain[count++] = at;
    }
    ki_unlock(&ke->interrupts_lock);
    return count;
}

static bool serve(PKINTERRUPT interrupt, PKTHREAD thread)
{
    thread->Irql = interrupt->SynchronizeIrql; /* also from that of the one before it on the chain */
    acquire(interrupt, NULL);
    bool claimed = interrupt->ServiceRoutine(interrupt, interrupt->ServiceContext);
    const void *routine = (const void *)(ULONG_PTR)interrupt->ServiceRoutine;
    if (thread->Irql != interrupt->SynchronizeIrql)
        KiBugCheck(IRQL_UNEXPECTED_VALUE,
                   (ULONG_PTR)thread->Irql << 16 | (ULONG_PTR)interrupt->SynchronizeIrql << 8,
                   (ULONG_PTR)routine, 0, 0, routine);
    /* It stays raised: the next on the chain comes before any DPC. */
    release(interrupt, interrupt->SynchronizeIrql);
    return claimed;
}

NTIO_API bool ntio_raise_interrupt(uint32_t vector)
{
    PKINTERRUPT chain[CHAIN_LENGTH];
    PKTHREAD thread = KiCurrentThread();
    KIRQL irql = thread->Irql;
    unsigned count = take_chain(vector, irql, chain);
    BOOLEAN in_kernel = KiEnterService(thread);
    KPROCESSOR_MODE mode = thread->PreviousMode;
    bool claimed = false, done = false;
    thread->PreviousMode = KernelMode;
    for (unsigned i = 0; i < count; i++) {
        if (!done && serve(chain[i], thread)) {
            claimed = true;
            done = chain[i]->Mode == LevelSensitive;
        }
        atomic_fetch_sub(&chain[i]->Users, 1);
    }
    KiLowerIrql(thread, irql);
    thread->PreviousMode = mode;
    KiLeaveService(thread, in_kernel);
    return claimed;
}
