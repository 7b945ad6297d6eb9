/*
 * The requests of a thread: the list they stand on until they are finished, and what a thread leaves when it
 * ends. Also what a driver may ask about the thread and stack it runs on.
 */
#include "iop.h"

struct iop_thread_cache *iop_thread_cache(PETHREAD thread)
{
    return thread->IrpCache ? thread->IrpCache : iop_make_cache(thread);
}

void IopQueueThreadIrp(PIRP irp)
{
    PETHREAD thread = (PETHREAD)irp->Tail.Overlay.Thread;
    iop_thread_cache(thread); /* cancelling finds threads by their caches */
    iop_acquire(&thread->IrpListLock);
    InsertHeadList(&thread->IrpList, &irp->ThreadListEntry);
    iop_request(irp)->State |= IOP_REQUEST_QUEUED;
    iop_release(&thread->IrpListLock);
}

/* Under the thread's lock. */
static void unlink_irp(PETHREAD thread, PIRP irp)
{
    iop_request(irp)->State &= ~IOP_REQUEST_QUEUED;
    RemoveEntryList(&irp->ThreadListEntry);
    InitializeListHead(&irp->ThreadListEntry);
    /* Set under the lock: IopThreadRundown takes it once more before the event goes out of scope. */
    if (thread->IrpCache && thread->IrpCache->Drained && IsListEmpty(&thread->IrpList))
        KiSetEvent(thread->IrpCache->Drained);
}

static BOOLEAN is_queued(PIRP irp)
{
    return IopIsOwnIrp(irp) && iop_request(irp)->State & IOP_REQUEST_QUEUED;
}

void IopDequeueThreadIrp(PIRP irp)
{
    PETHREAD thread = (PETHREAD)irp->Tail.Overlay.Thread;
    struct iop_request *request = iop_request(irp);
    for (unsigned turn = 0;; host_spin(turn++)) {
        iop_acquire(&thread->IrpListLock);
        if (__builtin_expect(!(request->State & IOP_REQUEST_PINNED), 1))
            break;
        iop_release(&thread->IrpListLock);
    }
    if (request->State & IOP_REQUEST_QUEUED)
        unlink_irp(thread, irp);
    iop_release(&thread->IrpListLock);
}

BOOLEAN IopClaimFinish(PIRP irp)
{
    if (!is_queued(irp))
        return TRUE;
    PETHREAD thread = (PETHREAD)irp->Tail.Overlay.Thread;
    struct iop_request *request = iop_request(irp);
    iop_acquire(&thread->IrpListLock);
    BOOLEAN pinned = (request->State & IOP_REQUEST_PINNED) != 0;
    if (pinned)
        request->State |= IOP_REQUEST_FINISH;
    else
        unlink_irp(thread, irp);
    iop_release(&thread->IrpListLock);
    return !pinned;
}

void IopUnpin(PETHREAD thread, PIRP irp)
{
    struct iop_request *request = iop_request(irp);
    iop_acquire(&thread->IrpListLock);
    request->State &= ~IOP_REQUEST_PINNED;
    BOOLEAN finish = (request->State & IOP_REQUEST_FINISH) != 0;
    if (finish)
        unlink_irp(thread, irp);
    iop_release(&thread->IrpListLock);
    if (finish)
        IopFinishRequest(irp);
}

/* A driver kept a request of a thread that is no more. As NT does, the request is cut off from the thread. */
static void disassociate(PETHREAD thread)
{
    char place[256];
    for (;;) {
        iop_acquire(&thread->IrpListLock);
        PIRP irp = IsListEmpty(&thread->IrpList)
                       ? NULL
                       : CONTAINING_RECORD(thread->IrpList.Flink, IRP, ThreadListEntry);
        if (irp) {
            iop_request(irp)->State &= ~IOP_REQUEST_QUEUED;
            RemoveEntryList(&irp->ThreadListEntry);
            InitializeListHead(&irp->ThreadListEntry);
        }
        iop_release(&thread->IrpListLock);
        if (!irp)
            return;
        host_symbol(iop_request(irp)->Dispatch, place, sizeof place);
        machine_violation("IRP %p was cancelled when its thread ended and never completed. Sent to %s",
                          (void *)irp, place);
    }
}

#define RUNDOWN_PATIENCE (-3 * 10000000ll) /* NT waits five minutes; no test should */

void IopThreadRundown(PETHREAD thread)
{
    struct iop_thread_cache *cache = thread->IrpCache;
    if (!cache)
        return;
    if (!(gate_watched() & WATCH_CRASHED)) {
        KEVENT drained;
        LARGE_INTEGER patience = {.QuadPart = RUNDOWN_PATIENCE};
        KeInitializeEvent(&drained, NotificationEvent, FALSE);
        iop_acquire(&thread->IrpListLock);
        BOOLEAN outstanding = !IsListEmpty(&thread->IrpList);
        cache->Drained = &drained;
        iop_release(&thread->IrpListLock);
        if (outstanding) {
            IopCancelRequests(thread, NULL, NULL, NULL);
            NTSTATUS status = KeWaitForSingleObject(&drained, Executive, KernelMode, FALSE, &patience);
            iop_acquire(&thread->IrpListLock);
            cache->Drained = NULL;
            iop_release(&thread->IrpListLock);
            if (status == STATUS_TIMEOUT)
                disassociate(thread);
        }
    }
    iop_free_cache(cache);
}

/* --- questions --- */

/* The process that asked for the request, or NULL for one of the kernel's own. (WDK: IoGetRequestorProcess)
 */
PEPROCESS NTAPI IoGetRequestorProcess(PIRP Irp)
{
    GATE(IoGetRequestorProcess, Irp);
    PETHREAD thread = (PETHREAD)Irp->Tail.Overlay.Thread;
    return thread ? thread->Process : NULL;
}

/* Its process id; 0 when there is none. (WDK: IoGetRequestorProcessId) */
ULONG NTAPI IoGetRequestorProcessId(PIRP Irp)
{
    GATE(IoGetRequestorProcessId, Irp);
    PETHREAD thread = (PETHREAD)Irp->Tail.Overlay.Thread;
    return thread ? (ULONG)(ULONG_PTR)thread->Process->UniqueProcessId : 0;
}

/* No process here is a 32-bit one. (WDK: IoIs32bitProcess) */
BOOLEAN NTAPI IoIs32bitProcess(PIRP Irp)
{
    GATE(IoIs32bitProcess, Irp);
    return FALSE;
}

/* The IRP that a file system marked as the one this thread works for, or one of the FSRTL_ values. (WDK:
 * IoGetTopLevelIrp) */
PIRP NTAPI IoGetTopLevelIrp(VOID)
{
    GATE(IoGetTopLevelIrp);
    return PspCurrentThread()->TopLevelIrp;
}

VOID NTAPI IoSetTopLevelIrp(PIRP Irp)
{
    GATE(IoSetTopLevelIrp, Irp);
    PspCurrentThread()->TopLevelIrp = Irp;
}

/* Whether the requester waits: a synchronous file object or service, or synchronous paging. (WDK:
 * IoIsOperationSynchronous) */
BOOLEAN NTAPI IoIsOperationSynchronous(PIRP Irp)
{
    GATE(IoIsOperationSynchronous, Irp);
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    if ((file && file->Flags & FO_SYNCHRONOUS_IO) || Irp->Flags & IRP_SYNCHRONOUS_API)
        return !(Irp->Flags & IRP_PAGING_IO) || (Irp->Flags & IRP_SYNCHRONOUS_PAGING_IO) != 0;
    return (Irp->Flags & (IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO)) ==
           (IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO);
}

static void stack_bounds(PULONG_PTR low, PULONG_PTR high)
{
    PKTHREAD thread = KiCurrentThread();
    *low = (ULONG_PTR)thread->StackLimit;
    *high = (ULONG_PTR)thread->StackBase;
    if (*low >= *high) {
        void *from, *to;
        host_thread_stack(&from, &to);
        *low = (ULONG_PTR)from;
        *high = (ULONG_PTR)to;
    }
}

/* The bounds of the current thread's stack; the host's, which is far larger than Windows' 24 KB. (WDK:
 * IoGetStackLimits) */
VOID NTAPI IoGetStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit)
{
    GATE(IoGetStackLimits, LowLimit, HighLimit);
    stack_bounds(LowLimit, HighLimit);
}

/* The base, that is the highest address, of the current thread's stack. (WDK: IoGetInitialStack) */
PVOID NTAPI IoGetInitialStack(VOID)
{
    GATE(IoGetInitialStack);
    ULONG_PTR low, high;
    stack_bounds(&low, &high);
    return (PVOID)high;
}
