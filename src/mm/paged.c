/*
 * Paged pool that is out while somebody may not touch it: as long as a thread is at DISPATCH_LEVEL or above,
 * all blocks of paged pool are inaccessible. Pages belong to the process and not to a thread, so one that is
 * below and meets them makes them accessible again; they stay so until the next thread is raised.
 */
#include "mip.h"

static void protect(struct mi_paged *paged, bool accessible)
{
    int protection = accessible ? HOST_READ | HOST_WRITE : HOST_NONE;
    mi_pool_protect_paged(protection);
    mi_special_protect_paged(protection);
    paged->out = !accessible;
    paged->turns++;
}

void mm_forbid_paged(void)
{
    struct mi_paged *paged = &mip()->paged;
    ki_lock(&paged->lock);
    paged->raised++;
    if (!paged->out)
        protect(paged, false);
    ki_unlock(&paged->lock);
}

void mm_allow_paged(void)
{
    struct mi_paged *paged = &mip()->paged;
    ki_lock(&paged->lock);
    if (--paged->raised == 0 && paged->out)
        protect(paged, true);
    ki_unlock(&paged->lock);
}

static bool is_paged(const void *address)
{
    const struct mi_heap *heap = &mip()->pool.heaps[PagedPool];
    return (uintptr_t)address - (uintptr_t)heap->base < heap->size || mi_is_special(address);
}

bool mi_paged_resolve(const void *address)
{
    PKTHREAD thread = KiThread;
    struct mip_state *mm = mip();
    if (!mm || (thread && thread->Irql >= DISPATCH_LEVEL) || !is_paged(address))
        return false;
    ki_lock(&mm->paged.lock);
    bool again = mm->paged.out;
    if (again)
        protect(&mm->paged, true);
    /* It may have come back between the fault and now; a fault that stays is seen a second time, with nothing
     * changed. */
    else if (thread && thread->PagedTurns != mm->paged.turns)
        again = true;
    if (thread)
        thread->PagedTurns = mm->paged.turns;
    ki_unlock(&mm->paged.lock);
    return again;
}

void mi_paged_start(void)
{
    if (!ntio_machine.paged_out)
        return;
    host_faults_resolve(mi_resolve_fault);
    atomic_fetch_or(&ntio_machine.watch, WATCH_PAGED);
}

void mi_paged_stop(void)
{
    atomic_fetch_and(&ntio_machine.watch, ~(unsigned)WATCH_PAGED);
}
