/*
 * Semaphores.
 */
#include "kip.h"

VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit)
{
    GATE(KeInitializeSemaphore, Semaphore, Count, Limit);
    kip_init_header(&Semaphore->Header, SemaphoreObject, sizeof(KSEMAPHORE) / sizeof(LONG), Count);
    Semaphore->Limit = Limit;
}

NTSTATUS KiReleaseSemaphore(PRKSEMAPHORE Semaphore, LONG Adjustment, PLONG Previous)
{
    struct kip_wake wake = kip_lock_dispatcher();
    LONG old = kip_state_of(&Semaphore->Header);
    LONG count = old + Adjustment;
    bool over = count > Semaphore->Limit || count < old;
    if (!over) {
        kip_set_state(&Semaphore->Header, count);
        if (count > 0)
            kip_satisfy(&Semaphore->Header, &wake);
    }
    kip_unlock_dispatcher(&wake);
    *Previous = old;
    return over ? STATUS_SEMAPHORE_LIMIT_EXCEEDED : STATUS_SUCCESS;
}

/* Raises STATUS_SEMAPHORE_LIMIT_EXCEEDED, and leaves the count, when it would pass the limit. Returns the
 * previous count. */
LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait)
{
    GATE(KeReleaseSemaphore, Semaphore, Increment, Adjustment, Wait);
    LONG previous;
    NTSTATUS status = KiReleaseSemaphore(Semaphore, Adjustment, &previous);
    if (!NT_SUCCESS(status))
        ExRaiseStatus(status);
    return previous;
}

LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore)
{
    GATE(KeReadStateSemaphore, Semaphore);
    return kip_state_of(&Semaphore->Header);
}
