/*
 * IRQL: a number of the thread's. Lowering it below DISPATCH_LEVEL runs the thread's DPCs, below APC_LEVEL
 * its kernel APCs.
 */
#include "../mm/mm.h"
#include "kip.h"

void KiForbidPaged(PKTHREAD thread, KIRQL irql)
{
    if (irql < DISPATCH_LEVEL || thread->PagedForbidden)
        return;
    thread->PagedForbidden = TRUE;
    mm_forbid_paged();
}

static void allow_paged(PKTHREAD thread)
{
    if (!thread->PagedForbidden)
        return;
    thread->PagedForbidden = FALSE;
    if (gate_watched() & WATCH_PAGED)
        mm_allow_paged();
}

/* Kernel APCs run at PASSIVE_LEVEL and above all DPCs; either may queue more of both. */
void KiLowerIrqlSlow(PKTHREAD thread, KIRQL irql)
{
    for (;;) {
        if (irql < DISPATCH_LEVEL && atomic_load(&thread->Dpcs.Count) && !thread->InDpc) {
            thread->Irql = DISPATCH_LEVEL;
            kip_drain_dpcs(thread, &thread->Dpcs);
            continue;
        }
        if (irql < APC_LEVEL && kip_kernel_apc_due(thread)) {
            thread->Irql = APC_LEVEL;
            allow_paged(thread);
            kip_deliver_kernel_apcs(thread);
            continue;
        }
        break;
    }
    thread->Irql = irql;
    if (irql < DISPATCH_LEVEL)
        allow_paged(thread);
}

KIRQL KeGetCurrentIrql(VOID)
{
    GATE(KeGetCurrentIrql);
    return KiCurrentThread()->Irql;
}

/*
 * Raising to a lower level is bug check 0x09 and lowering to a higher one 0x0A, as the HAL of a checked build
 * has it: parameter 1 is the level asked for, parameter 2 the current one, parameter 4 the caller.
 */
KIRQL KfRaiseIrql(KIRQL NewIrql)
{
    GATE(KfRaiseIrql, NewIrql);
    PKTHREAD thread = KiCurrentThread();
    if (__builtin_expect(NewIrql < thread->Irql, 0))
        KiBugCheck(IRQL_NOT_GREATER_OR_EQUAL, NewIrql, thread->Irql, 0,
                   (ULONG_PTR)__builtin_return_address(0), __builtin_return_address(0));
    return KiRaiseIrql(thread, NewIrql);
}

KIRQL KeRaiseIrqlToDpcLevel(VOID)
{
    GATE(KeRaiseIrqlToDpcLevel);
    PKTHREAD thread = KiCurrentThread();
    if (__builtin_expect(thread->Irql > DISPATCH_LEVEL, 0))
        KiBugCheck(IRQL_NOT_GREATER_OR_EQUAL, DISPATCH_LEVEL, thread->Irql, 0,
                   (ULONG_PTR)__builtin_return_address(0), __builtin_return_address(0));
    return KiRaiseIrql(thread, DISPATCH_LEVEL);
}

VOID KeLowerIrql(KIRQL NewIrql)
{
    GATE(KeLowerIrql, NewIrql);
    PKTHREAD thread = KiCurrentThread();
    if (__builtin_expect(NewIrql > thread->Irql, 0))
        KiBugCheck(IRQL_NOT_LESS_OR_EQUAL, NewIrql, thread->Irql, 0, (ULONG_PTR)__builtin_return_address(0),
                   __builtin_return_address(0));
    KiLowerIrql(thread, NewIrql);
}

/* The level at which NT synchronizes processors. */
KIRQL KeRaiseIrqlToSynchLevel(VOID)
{
    GATE(KeRaiseIrqlToSynchLevel);
    const KIRQL synch_level = 12;
    PKTHREAD thread = KiCurrentThread();
    if (thread->Irql > synch_level)
        KiBugCheck(IRQL_NOT_GREATER_OR_EQUAL, synch_level, thread->Irql, 0,
                   (ULONG_PTR)__builtin_return_address(0), __builtin_return_address(0));
    return KiRaiseIrql(thread, synch_level);
}

/* A system service comes back to the client. */
void KiServiceExit(PKTHREAD thread)
{
    if (thread->Irql != PASSIVE_LEVEL && thread->PreviousMode == UserMode)
        KiBugCheck(IRQL_GT_ZERO_AT_SYSTEM_SERVICE, (ULONG_PTR)__builtin_return_address(0), thread->Irql, 0, 0,
                   __builtin_return_address(0));
    if (KiCombinedApcDisable(thread) && thread->PreviousMode == UserMode)
        KiBugCheck(APC_INDEX_MISMATCH, (ULONG_PTR)__builtin_return_address(0), 0,
                   KiCombinedApcDisable(thread), 0, __builtin_return_address(0));
    if (kip_kernel_apc_due(thread))
        KiLowerIrqlSlow(thread, thread->Irql);
    if (__atomic_load_n(&thread->ApcState.UserApcPending, __ATOMIC_RELAXED) &&
        thread->PreviousMode == UserMode)
        kip_deliver_user_apcs(thread);
}
