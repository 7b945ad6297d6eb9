/*
 * Cancel-safe queues: the driver keeps the queue and its lock, these routines keep insertion, removal and
 * cancellation from racing each other. Who takes an IRP's cancel routine away owns the IRP; everything here
 * follows from that.
 *
 * DriverContext[3] of a queued IRP is its queue, or its IO_CSQ_IRP_CONTEXT where the driver gave one; the two
 * are told apart by their Type, which is their first member.
 */
#include "iop.h"

#include <csq.h>

static void associate(PIO_CSQ csq, PIRP irp, PIO_CSQ_IRP_CONTEXT context)
{
    if (!context) {
        irp->Tail.Overlay.DriverContext[3] = csq;
        return;
    }
    context->Type = IO_TYPE_CSQ_IRP_CONTEXT;
    context->Irp = irp;
    context->Csq = csq;
    irp->Tail.Overlay.DriverContext[3] = context;
}

static void dissociate(PIRP irp)
{
    PIO_CSQ_IRP_CONTEXT context = irp->Tail.Overlay.DriverContext[3];
    if (context && context->Type == IO_TYPE_CSQ_IRP_CONTEXT)
        context->Irp = NULL;
    irp->Tail.Overlay.DriverContext[3] = NULL;
}

static VOID NTAPI cancel_queued(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    /* The queue has a lock of its own, which is what orders everything here. */
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    PIO_CSQ_IRP_CONTEXT context = Irp->Tail.Overlay.DriverContext[3];
    PIO_CSQ csq = context->Type == IO_TYPE_CSQ_IRP_CONTEXT ? context->Csq : (PIO_CSQ)context;
    KIRQL irql;
    csq->CsqAcquireLock(csq, &irql);
    csq->CsqRemoveIrp(csq, Irp);
    dissociate(Irp);
    csq->CsqReleaseLock(csq, irql);
    csq->CsqCompleteCanceledIrp(csq, Irp);
}

static void fill(PIO_CSQ csq, ULONG type, PIO_CSQ_REMOVE_IRP remove, PIO_CSQ_PEEK_NEXT_IRP peek,
                 PIO_CSQ_ACQUIRE_LOCK acquire, PIO_CSQ_RELEASE_LOCK release,
                 PIO_CSQ_COMPLETE_CANCELED_IRP complete)
{
    csq->Type = type;
    csq->CsqRemoveIrp = remove;
    csq->CsqPeekNextIrp = peek;
    csq->CsqAcquireLock = acquire;
    csq->CsqReleaseLock = release;
    csq->CsqCompleteCanceledIrp = complete;
    csq->ReservePointer = NULL;
}

/* Always STATUS_SUCCESS. (WDK: IoCsqInitialize) */
NTSTATUS NTAPI IoCsqInitialize(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP CsqInsertIrp, PIO_CSQ_REMOVE_IRP CsqRemoveIrp,
                               PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp, PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock,
                               PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                               PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    GATE(IoCsqInitialize, Csq);
    fill(Csq, IO_TYPE_CSQ, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
         CsqCompleteCanceledIrp);
    Csq->CsqInsertIrp = CsqInsertIrp;
    return STATUS_SUCCESS;
}

/* The same with an insertion routine that may refuse. Always STATUS_SUCCESS. (WDK: IoCsqInitializeEx) */
NTSTATUS NTAPI IoCsqInitializeEx(PIO_CSQ Csq, PIO_CSQ_INSERT_IRP_EX CsqInsertIrp,
                                 PIO_CSQ_REMOVE_IRP CsqRemoveIrp, PIO_CSQ_PEEK_NEXT_IRP CsqPeekNextIrp,
                                 PIO_CSQ_ACQUIRE_LOCK CsqAcquireLock, PIO_CSQ_RELEASE_LOCK CsqReleaseLock,
                                 PIO_CSQ_COMPLETE_CANCELED_IRP CsqCompleteCanceledIrp)
{
    GATE(IoCsqInitializeEx, Csq);
    fill(Csq, IO_TYPE_CSQ_EX, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock,
         CsqCompleteCanceledIrp);
    Csq->CsqInsertIrp = (PIO_CSQ_INSERT_IRP)(PVOID)CsqInsertIrp;
    return STATUS_SUCCESS;
}

static NTSTATUS insert(PIO_CSQ csq, PIRP irp, PIO_CSQ_IRP_CONTEXT context, PVOID insert_context)
{
    KIRQL irql;
    csq->CsqAcquireLock(csq, &irql);
    associate(csq, irp, context);
    if (csq->Type == IO_TYPE_CSQ_EX) {
        NTSTATUS status = ((PIO_CSQ_INSERT_IRP_EX)(PVOID)csq->CsqInsertIrp)(csq, irp, insert_context);
        if (!NT_SUCCESS(status)) {
            dissociate(irp);
            csq->CsqReleaseLock(csq, irql);
            return status;
        }
    } else {
        csq->CsqInsertIrp(csq, irp);
    }
    /* Nobody can remove it before the lock is released, so it is marked in time. */
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, cancel_queued);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL)) {
        /* Cancelled before the routine was set, and nobody else has taken the routine: it is ours to
         * complete. */
        csq->CsqRemoveIrp(csq, irp);
        dissociate(irp);
        csq->CsqReleaseLock(csq, irql);
        csq->CsqCompleteCanceledIrp(csq, irp);
        return STATUS_SUCCESS;
    }
    csq->CsqReleaseLock(csq, irql);
    return STATUS_SUCCESS;
}

/*
 * Marks the IRP pending and queues it; the dispatch routine must return STATUS_PENDING. IRQL <=
 * DISPATCH_LEVEL. (WDK: IoCsqInsertIrp)
 */
VOID NTAPI IoCsqInsertIrp(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context)
{
    GATE(IoCsqInsertIrp, Csq, Irp, Context);
    insert(Csq, Irp, Context, NULL);
}

/*
 * The status of the driver's CsqInsertIrpEx. When that is an error the IRP is neither queued nor marked
 * pending, and remains the caller's. (WDK: IoCsqInsertIrpEx)
 */
NTSTATUS NTAPI IoCsqInsertIrpEx(PIO_CSQ Csq, PIRP Irp, PIO_CSQ_IRP_CONTEXT Context, PVOID InsertContext)
{
    GATE(IoCsqInsertIrpEx, Csq, Irp, Context, InsertContext);
    return insert(Csq, Irp, Context, InsertContext);
}

/* The next IRP that matches PeekContext and is not being cancelled, or NULL. (WDK: IoCsqRemoveNextIrp) */
PIRP NTAPI IoCsqRemoveNextIrp(PIO_CSQ Csq, PVOID PeekContext)
{
    GATE(IoCsqRemoveNextIrp, Csq, PeekContext);
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    PIRP irp = Csq->CsqPeekNextIrp(Csq, NULL, PeekContext);
    while (irp && !IoSetCancelRoutine(irp, NULL)) /* its cancel routine runs and waits for our lock */
        irp = Csq->CsqPeekNextIrp(Csq, irp, PeekContext);
    if (irp) {
        Csq->CsqRemoveIrp(Csq, irp);
        dissociate(irp);
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}

/* The IRP that was inserted with this context, or NULL when it is gone or being cancelled. (WDK:
 * IoCsqRemoveIrp) */
PIRP NTAPI IoCsqRemoveIrp(PIO_CSQ Csq, PIO_CSQ_IRP_CONTEXT Context)
{
    GATE(IoCsqRemoveIrp, Csq, Context);
    KIRQL irql;
    Csq->CsqAcquireLock(Csq, &irql);
    PIRP irp = Context->Irp;
    if (irp && !IoSetCancelRoutine(irp, NULL))
        irp = NULL;
    if (irp) {
        Csq->CsqRemoveIrp(Csq, irp);
        dissociate(irp);
    }
    Csq->CsqReleaseLock(Csq, irql);
    return irp;
}
