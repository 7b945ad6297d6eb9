/*
 * Activity IDs of requests and threads, for tracing. A request's is kept beside it, in a list: few have one.
 * The list's lock is the innermost, for these are called at any IRQL.
 */
#include "iop.h"

#include <stdlib.h>

#include "../ps/ps.h"

#define IOP_IRP_HAS_ACTIVITY                                                                                 \
    0x80 /* in AllocationFlags: there is an entry that is this request's, not that of one before it */

struct iop_activity {
    struct iop_activity *next; /* IOP->activities, under activities_lock */
    PIRP irp;
    GUID id;
};

static struct iop_activity *find(PIRP irp)
{
    struct iop_activity *a = IOP->activities;
    while (a && a->irp != irp)
        a = a->next;
    return a;
}

static BOOLEAN get(PIRP irp, GUID *id)
{
    if (!(irp->AllocationFlags & IOP_IRP_HAS_ACTIVITY))
        return FALSE;
    ki_lock(&IOP->activities_lock);
    *id = find(irp)->id;
    ki_unlock(&IOP->activities_lock);
    return TRUE;
}

static NTSTATUS set(PIRP irp, const GUID *id)
{
    struct iop_activity *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return STATUS_INSUFFICIENT_RESOURCES;
    ki_lock(&IOP->activities_lock);
    struct iop_activity *a = find(irp);
    if (!a) {
        a = fresh;
        a->irp = irp;
        a->next = IOP->activities;
        IOP->activities = a;
    }
    a->id = *id;
    ki_unlock(&IOP->activities_lock);
    if (a != fresh)
        free(fresh);
    irp->AllocationFlags |= IOP_IRP_HAS_ACTIVITY;
    return STATUS_SUCCESS;
}

/* Of a request that IoFreeIrp frees. */
void IopForgetActivity(PIRP irp)
{
    if (!(irp->AllocationFlags & IOP_IRP_HAS_ACTIVITY))
        return;
    ki_lock(&IOP->activities_lock);
    struct iop_activity **at = &IOP->activities, *gone;
    while ((*at)->irp != irp)
        at = &(*at)->next;
    gone = *at;
    *at = gone->next;
    ki_unlock(&IOP->activities_lock);
    free(gone);
}

/* At the machine's end: those of requests that the I/O manager made. */
void IopForgetActivities(void)
{
    for (struct iop_activity *next, *a = IOP->activities; a; a = next) {
        next = a->next;
        free(a);
    }
    IOP->activities = NULL;
}

/* STATUS_NOT_FOUND: the request has none. Any IRQL. (WDK: IoGetActivityIdIrp) */
NTSTATUS NTAPI IoGetActivityIdIrp(PIRP Irp, GUID *Guid)
{
    GATE(IoGetActivityIdIrp, Irp, Guid);
    return get(Irp, Guid) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

/*
 * Guid NULL: the current thread's, if it is the one that sent the request; STATUS_NOT_SUPPORTED when there is
 * none. Any IRQL with a GUID. (WDK: IoSetActivityIdIrp)
 */
NTSTATUS NTAPI IoSetActivityIdIrp(PIRP Irp, const GUID *Guid)
{
    GATE(IoSetActivityIdIrp, Irp, Guid);
    if (!Guid && Irp->Tail.Overlay.Thread == PspCurrentThread())
        Guid = ps_activity(PspCurrentThread());
    return Guid ? set(Irp, Guid) : STATUS_NOT_SUPPORTED;
}

/* NULL: the thread has none. Any IRQL. (WDK: IoGetActivityIdThread) */
LPCGUID NTAPI IoGetActivityIdThread(VOID)
{
    GATE(IoGetActivityIdThread);
    return ps_activity(PspCurrentThread());
}

static LPCGUID exchange(LPCGUID id)
{
    PETHREAD thread = PspCurrentThread();
    LPCGUID before = ps_activity(thread);
    thread->ActivityIdAt = id == &thread->ActivityId ? NULL : id;
    return before;
}

/* The thread keeps the pointer. Returns the one before, for IoClearActivityIdThread. Any IRQL. (WDK:
 * IoSetActivityIdThread) */
LPCGUID NTAPI IoSetActivityIdThread(LPCGUID ActivityId)
{
    GATE(IoSetActivityIdThread, ActivityId);
    return exchange(ActivityId);
}

VOID NTAPI IoClearActivityIdThread(LPCGUID OriginalId)
{
    GATE(IoClearActivityIdThread, OriginalId);
    exchange(OriginalId);
}

/*
 * Copies the request's ID to PropagatedId, which becomes the thread's until
 * IoClearActivityIdThread(*OriginalId). STATUS_NOT_FOUND: it has none. Any IRQL. (WDK:
 * IoPropagateActivityIdToThread)
 */
NTSTATUS NTAPI IoPropagateActivityIdToThread(PIRP Irp, LPGUID PropagatedId, LPCGUID *OriginalId)
{
    GATE(IoPropagateActivityIdToThread, Irp, PropagatedId, OriginalId);
    if (!get(Irp, PropagatedId))
        return STATUS_NOT_FOUND;
    *OriginalId = exchange(PropagatedId);
    return STATUS_SUCCESS;
}
