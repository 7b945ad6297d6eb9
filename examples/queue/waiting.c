/*
 * The cancel-safe queue: the reads that wait.
 *
 * An IRP that waits must have a cancel routine, because its caller may close the handle, call CancelIoEx or end. A cancel
 * routine of one's own races with everything else that takes IRPs off the queue, and the rules for getting that right fill
 * a chapter. The IoCsq routines follow these rules. They ask the driver for six simple things, and call them with the
 * queue's lock held where that matters:
 *
 *   insert, remove   put an IRP on the list, take that IRP off it
 *   peek             the next IRP that somebody wants, without taking it
 *   lock, unlock     whatever lock guards the list
 *   complete         an IRP that was cancelled; it is off the list and nobody else has it
 *
 * In return, whoever gets an IRP from IoCsqRemoveNextIrp owns it: it is off the list, it has no cancel routine any more,
 * and nobody else can complete it.
 */
#include "queue.h"

static PQUEUE_EXTENSION QueueOf(PIO_CSQ Csq)
{
    return CONTAINING_RECORD(Csq, QUEUE_EXTENSION, Queue);
}

static VOID QueueInsert(PIO_CSQ Csq, PIRP Irp)
{
    InsertTailList(&QueueOf(Csq)->Waiting, &Irp->Tail.Overlay.ListEntry);
}

static VOID QueueRemove(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

/*
 * The IRP behind the given one (the first of all when it is NULL) that matches. What PeekContext means is for the driver to
 * say: here it is the file object whose reads are wanted, or NULL for anybody's.
 */
static PIRP QueuePeek(PIO_CSQ Csq, PIRP Irp, PVOID PeekContext)
{
    PLIST_ENTRY head = &QueueOf(Csq)->Waiting;
    PLIST_ENTRY entry = Irp != NULL ? Irp->Tail.Overlay.ListEntry.Flink : head->Flink;

    for (; entry != head; entry = entry->Flink) {
        PIRP next = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        if (PeekContext == NULL || IoGetCurrentIrpStackLocation(next)->FileObject == PeekContext)
            return next;
    }
    return NULL;
}

static VOID QueueLock(PIO_CSQ Csq, PKIRQL Irql)
{
    KeAcquireSpinLock(&QueueOf(Csq)->Lock, Irql);
}

static VOID QueueUnlock(PIO_CSQ Csq, KIRQL Irql)
{
    KeReleaseSpinLock(&QueueOf(Csq)->Lock, Irql);
}

/*
 * Called without the lock, and that is no detail: IoCompleteRequest calls the drivers above, which may send us the next read
 * from inside it. Never complete an IRP with a spin lock held.
 */
static VOID QueueCompleteCanceled(PIO_CSQ Csq, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Csq);
    QueueComplete(Irp, STATUS_CANCELLED, 0);
}

NTSTATUS QueueInitialize(PQUEUE_EXTENSION Extension)
{
    InitializeListHead(&Extension->Waiting);
    KeInitializeSpinLock(&Extension->Lock);
    return IoCsqInitialize(&Extension->Queue, QueueInsert, QueueRemove, QueuePeek, QueueLock, QueueUnlock,
                           QueueCompleteCanceled);
}
