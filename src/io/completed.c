/*
 * IRPs between their completion and the return of the dispatch routine that they were sent to. NT frees one
 * at that moment; here its sender has it until the routine is back. So that a driver which still touches it
 * is seen, IRP and system buffer are hidden meanwhile (mm/hide.c): where the verifier is full, in special
 * pool, and under a sanitizer of memory, that is where no IRP is cached. WDK: "Bug Check 0xD5".
 *
 * A hidden IRP is in no slot and on no list, so nobody but its sender knows of it. iop_state.completed_lock
 * decides between the completion, which hides it, and the sender, who is back: IOP_LIFE_BACK is set under it.
 * Who holds that lock may take an IrpListLock, not the other way round.
 */
#include "iop.h"

#include <stdio.h>

struct iop_completed {
    struct iop_completed *next;
    PIRP irp;
    const void *caller; /* of IoCompleteRequest */
    struct mm_hidden block, buffer;
};

BOOLEAN IopHideCompleted(PIRP irp, const void *caller)
{
    struct iop_request *request = iop_request(irp);
    BOOLEAN hidden = FALSE;
    if (atomic_load_explicit(&request->Life, memory_order_acquire) & IOP_LIFE_RETURNED)
        return FALSE;
    struct iop_completed *completed = calloc(1, sizeof *completed);
    if (!completed)
        return FALSE;
    iop_acquire(&IOP->completed_lock);
    if (atomic_load_explicit(&request->Life, memory_order_acquire) & (IOP_LIFE_RETURNED | IOP_LIFE_BACK))
        goto out;
    if (request->Tracked && !IopTakeOff(irp))
        goto out; /* somebody is about to cancel it, and looks at it */
    atomic_fetch_or_explicit(&request->Life, IOP_LIFE_COMPLETED, memory_order_acq_rel);
    hidden = TRUE;
    PVOID buffer = irp->Flags & IRP_DEALLOCATE_BUFFER ? irp->AssociatedIrp.SystemBuffer : NULL;
    if (!MmHideBlock(&completed->block, irp, caller))
        goto out;
    MmHideBlock(&completed->buffer, buffer, caller);
    completed->irp = irp;
    completed->caller = caller;
    completed->next = IOP->completed;
    IOP->completed = completed;
    completed = NULL;
out:
    iop_release(&IOP->completed_lock);
    free(completed);
    return hidden;
}

/* Under the lock. */
static struct iop_completed **find(PIRP irp)
{
    struct iop_completed **link = &IOP->completed;
    while (*link && (*link)->irp != irp)
        link = &(*link)->next;
    return link;
}

BOOLEAN IopIsHidden(PIRP irp)
{
    iop_acquire(&IOP->completed_lock);
    BOOLEAN hidden = *find(irp) != NULL;
    iop_release(&IOP->completed_lock);
    return hidden;
}

static void tell(const struct iop_completed *completed, const char *what)
{
    char sent[200], place[200];
    host_symbol(iop_request(completed->irp)->Dispatch, sent, sizeof sent);
    host_call_site(completed->caller, place, sizeof place);
    machine_violation("IRP %p: %s after it was completed. Sent to %s, completed at %s",
                      (void *)completed->irp, what, sent, completed->caller ? place : "?");
}

static void tell_written(const struct iop_completed *completed, const char *what, SIZE_T offset)
{
    char text[80];
    if (offset == MM_UNTOUCHED)
        return;
    snprintf(text, sizeof text, "%s was written to at offset %llu", what, (unsigned long long)offset);
    tell(completed, text);
}

static HOST_BLIND BOOLEAN is_freed_word(const volatile NTSTATUS *status)
{
    return *status == (NTSTATUS)MM_FREED_WORD;
}

NTSTATUS IopTakeBack(PIRP irp, NTSTATUS status)
{
    iop_acquire(&IOP->completed_lock);
    struct iop_completed **link = find(irp), *completed = *link;
    if (completed)
        *link = completed->next;
    else
        atomic_fetch_or_explicit(&iop_request(irp)->Life, IOP_LIFE_BACK, memory_order_acq_rel);
    iop_release(&IOP->completed_lock);
    if (!completed)
        return status;
    BOOLEAN filled = completed->block.copy != NULL;
    SIZE_T in_irp = MmShowBlock(&completed->block), in_buffer = MmShowBlock(&completed->buffer);
    tell_written(completed, "it", in_irp);
    tell_written(completed, "its system buffer", in_buffer);
    if (filled && is_freed_word(&status)) {
        tell(completed, "the status returned was read from it");
        status = irp->IoStatus.Status; /* what was meant; Windows has whatever stands there */
    }
    free(completed);
    return status;
}

void IopFreeCompleted(void)
{
    while (IOP->completed) {
        struct iop_completed *completed = IOP->completed;
        IOP->completed = completed->next;
        MmForgetHidden(&completed->block);
        MmForgetHidden(&completed->buffer);
        free(completed);
    }
}
