/*
 * The requests of a thread: the list they stand on until they are finished, and what a thread leaves when it
 * ends. Also what a driver may ask about the thread and stack it runs on.
 */
#include "iop.h"

/* Set under the thread's lock: who waits takes it once more before the event goes out of scope. */
static void tell_left(PETHREAD thread)
{
    struct iop_thread_cache *cache = thread->IrpCache;
    if (cache && cache->Left)
        KiSetEvent(cache->Left);
}

void IopQueueThreadIrp(PIRP irp)
{
    PETHREAD thread = irp->Tail.Overlay.Thread;
    iop_thread_cache(thread); /* cancelling finds threads by their caches */
    struct iop_request *request = iop_request(irp);
    request->Tracked = TRUE;
    iop_acquire(&thread->IrpListLock);
    InsertHeadList(&thread->IrpList, &irp->ThreadListEntry);
    request->State |= IOP_REQUEST_QUEUED;
    iop_release(&thread->IrpListLock);
}

/* Under the thread's lock, and not pinned. */
static void unlink_irp(PETHREAD thread, PIRP irp)
{
    struct iop_request *request = iop_request(irp);
    if (!(request->State & IOP_REQUEST_QUEUED))
        return;
    request->State &= ~IOP_REQUEST_QUEUED;
    RemoveEntryList(&irp->ThreadListEntry);
    InitializeListHead(&irp->ThreadListEntry);
    tell_left(thread);
}

/* Under the thread's lock: takes it out of the slot; FALSE: it is not there, or somebody has it pinned. */
static BOOLEAN empty_slot(PETHREAD thread, PIRP irp)
{
    uintptr_t expected = (uintptr_t)irp;
    return thread->IrpCache && atomic_compare_exchange_strong(&thread->IrpCache->Slot, &expected, 0);
}

/* Under the thread's lock: off the slot or the list; FALSE: somebody has it pinned. */
static BOOLEAN take_off(PETHREAD thread, PIRP irp)
{
    struct iop_request *request = iop_request(irp);
    if (request->InSlot) {
        if (!empty_slot(thread, irp))
            return FALSE;
        request->InSlot = FALSE;
        tell_left(thread);
        return TRUE;
    }
    if (request->State & IOP_REQUEST_PINNED)
        return FALSE;
    unlink_irp(thread, irp);
    return TRUE;
}

BOOLEAN IopTakeOff(PIRP irp)
{
    PETHREAD thread = irp->Tail.Overlay.Thread;
    iop_acquire(&thread->IrpListLock);
    BOOLEAN done = take_off(thread, irp);
    iop_release(&thread->IrpListLock);
    return done;
}

void IopListSlot(PETHREAD thread, PIRP irp)
{
    iop_acquire(&thread->IrpListLock);
    if (empty_slot(thread, irp)) { /* otherwise it is finished, or pinned and stays until it is finished */
        iop_request(irp)->InSlot = FALSE;
        InsertHeadList(&thread->IrpList, &irp->ThreadListEntry);
        iop_request(irp)->State |= IOP_REQUEST_QUEUED;
    }
    iop_release(&thread->IrpListLock);
}

void IopDequeueThreadIrp(PIRP irp)
{
    for (unsigned turn = 0; !IopTakeOff(irp);)
        host_spin(turn++);
}

/*
 * Finishes another thread's request that is off its list. Until it is done the thread does not end: the
 * requester's memory is written to, and what ends with the thread has been told by then.
 *
 * The file is never closed inside: NT drops the request's reference in the requester's context, and a driver
 * that completes a request with a lock held, or in the thread that its DriverUnload waits for, does not
 * expect its close and unload routines there.
 */
static void finish_counted(PETHREAD thread, struct iop_thread_cache *cache, PIRP irp)
{
    PKTHREAD self = KiCurrentThread();
    KiHoldWakes(self); /* the thread is likely to wait for nothing but this, and goes on at once */
    PFILE_OBJECT file = IopTellRequester(irp);
    iop_acquire(&thread->IrpListLock);
    cache->Finishing--;
    tell_left(thread);
    iop_release(&thread->IrpListLock);
    KiReleaseWakes(self);
    if (file)
        ObpDereferenceObjectLater(file);
}

void IopSettle(PETHREAD thread)
{
    struct iop_thread_cache *cache = thread->IrpCache;
    for (unsigned turn = 0; cache && atomic_load_explicit(&cache->Finishing, memory_order_acquire);) {
        if (gate_watched() & WATCH_CRASHED)
            KiStopCrashedThread();
        host_spin(turn++);
    }
}

void IopFinishTracked(PIRP irp)
{
    if (!IopIsOwnIrp(irp) || !iop_request(irp)->Tracked) {
        IopFinishRequest(irp);
        return;
    }
    PETHREAD thread = irp->Tail.Overlay.Thread;
    struct iop_request *request = iop_request(irp);
    struct iop_thread_cache *cache = thread == PspCurrentThread() ? NULL : thread->IrpCache;
    iop_acquire(&thread->IrpListLock);
    BOOLEAN mine = take_off(thread, irp);
    if (mine && cache)
        cache->Finishing++;
    else if (!mine && request->InSlot)
        atomic_fetch_or(&thread->IrpCache->Slot, IOP_SLOT_FINISH);
    else if (!mine)
        request->State |= IOP_REQUEST_FINISH;
    iop_release(&thread->IrpListLock);
    if (mine && cache)
        finish_counted(thread, cache, irp);
    else if (mine)
        IopFinishRequest(irp);
}

void IopUnpin(PETHREAD thread, PIRP irp)
{
    struct iop_request *request = iop_request(irp);
    struct iop_thread_cache *cache = thread->IrpCache;
    BOOLEAN finish;
    iop_acquire(&thread->IrpListLock);
    if (request->InSlot) {
        finish = (atomic_load(&thread->IrpCache->Slot) & IOP_SLOT_FINISH) != 0;
        if (finish)
            request->InSlot = FALSE;
        /* Not finished: its owner may free it from here on. */
        atomic_store(&thread->IrpCache->Slot, finish ? 0 : (uintptr_t)irp);
        if (finish)
            tell_left(thread);
    } else {
        request->State &= ~IOP_REQUEST_PINNED;
        finish = (request->State & IOP_REQUEST_FINISH) != 0;
        if (finish)
            unlink_irp(thread, irp);
    }
    if (finish)
        cache->Finishing++;
    iop_release(&thread->IrpListLock);
    if (finish)
        finish_counted(thread, cache, irp);
}

PIRP IopCurrentIrp(PETHREAD thread)
{
    struct iop_thread_cache *cache = thread->IrpCache;
    return cache ? (PIRP)(atomic_load(&cache->Slot) & ~(uintptr_t)(IOP_SLOT_PINNED | IOP_SLOT_FINISH)) : NULL;
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
            iop_request(irp)->Tracked = FALSE;
            irp->Overlay.AsynchronousParameters.UserApcRoutine = NULL;
            RemoveEntryList(&irp->ThreadListEntry);
            InitializeListHead(&irp->ThreadListEntry);
        }
        iop_release(&thread->IrpListLock);
        if (!irp)
            return;
        host_place(iop_request(irp)->Dispatch, place, sizeof place);
        machine_violation("IRP %p was cancelled when its thread ended and never completed. Sent to %s",
                          (void *)irp, place);
    }
}

/* Under the thread's lock: requests on the file, NULL: on any. */
static BOOLEAN any_left(PETHREAD thread, PFILE_OBJECT file)
{
    struct iop_thread_cache *cache = thread->IrpCache;
    PIRP current = IopCurrentIrp(thread);
    if (!cache || cache->Finishing)
        return cache != NULL;
    /* What is in the slot is looked into by its own thread alone: to others it may go away meanwhile. */
    if (current && (!file || current->Tail.Overlay.OriginalFileObject == file))
        return TRUE;
    for (PLIST_ENTRY entry = thread->IrpList.Flink; entry != &thread->IrpList; entry = entry->Flink)
        if (!file || CONTAINING_RECORD(entry, IRP, ThreadListEntry)->Tail.Overlay.OriginalFileObject == file)
            return TRUE;
    return FALSE;
}

BOOLEAN IopWaitForRequests(PETHREAD thread, PFILE_OBJECT file, PLARGE_INTEGER patience)
{
    KEVENT left;
    NTSTATUS status = STATUS_SUCCESS;
    KeInitializeEvent(&left, SynchronizationEvent, FALSE);
    for (;;) {
        iop_acquire(&thread->IrpListLock);
        BOOLEAN outstanding = any_left(thread, file);
        if (thread->IrpCache)
            thread->IrpCache->Left = outstanding && status != STATUS_TIMEOUT ? &left : NULL;
        iop_release(&thread->IrpListLock);
        if (!outstanding || status == STATUS_TIMEOUT)
            return !outstanding;
        status = KeWaitForSingleObject(&left, Executive, KernelMode, FALSE, patience);
    }
}

#define RUNDOWN_PATIENCE (-3 * 10000000ll) /* NT waits five minutes; no test should */

void IopThreadRundown(PETHREAD thread)
{
    struct iop_thread_cache *cache = thread->IrpCache;
    if (thread->IoObject && !(gate_watched() & WATCH_CRASHED))
        ObpDereferenceObject(thread->IoObject);
    thread->IoObject = NULL;
    if (!cache)
        return;
    if (!(gate_watched() & WATCH_CRASHED)) {
        LARGE_INTEGER patience = {.QuadPart = RUNDOWN_PATIENCE};
        if (IopCurrentIrp(thread))
            IopListSlot(thread, IopCurrentIrp(thread));
        iop_acquire(&thread->IrpListLock);
        BOOLEAN outstanding = any_left(thread, NULL);
        iop_release(&thread->IrpListLock);
        if (outstanding) {
            IopCancelRequests(thread, NULL, NULL, NULL);
            if (!IopWaitForRequests(thread, NULL, &patience))
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
    PETHREAD thread = Irp->Tail.Overlay.Thread;
    return thread ? thread->Process : NULL;
}

/* Its process id; 0 when there is none. (WDK: IoGetRequestorProcessId) */
ULONG NTAPI IoGetRequestorProcessId(PIRP Irp)
{
    GATE(IoGetRequestorProcessId, Irp);
    PETHREAD thread = Irp->Tail.Overlay.Thread;
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
    if ((file && iop_file_flags(file) & FO_SYNCHRONOUS_IO) || Irp->Flags & IRP_SYNCHRONOUS_API)
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

/* The bounds of the stack that the thread stands on; without kernel stacks the host's, which is far larger
 * than Windows' 24 KB. (WDK: IoGetStackLimits) */
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

/* Whether all of the region is on the current thread's stack. (WDK: IoWithinStackLimits) */
LOGICAL NTAPI IoWithinStackLimits(ULONG_PTR RegionStart, SIZE_T RegionSize)
{
    GATE(IoWithinStackLimits, RegionStart, RegionSize);
    ULONG_PTR low, high;
    stack_bounds(&low, &high);
    return RegionStart >= low && RegionStart <= high && RegionSize <= high - RegionStart;
}

/*
 * Puts a driver's own IRP among the requests of the current thread. One in memory of the driver's own becomes
 * the thread's, but cancelling by thread does not find it. (WDK: IoQueueThreadIrp)
 */
VOID NTAPI IoQueueThreadIrp(PIRP Irp)
{
    GATE(IoQueueThreadIrp, Irp);
    Irp->Tail.Overlay.Thread = PspCurrentThread();
    if (IopIsOwnIrp(Irp))
        IopQueueThreadIrp(Irp);
}

/* --- threads that keep their driver --- */

struct kept_thread {
    PVOID object;
    PKSTART_ROUTINE routine;
    PVOID context;
};

static VOID NTAPI run_kept(PVOID context)
{
    struct kept_thread start = *(struct kept_thread *)context;
    MmFreeSystemPool(context);
    PspCurrentThread()->IoObject = start.object;
    start.routine(start.context);
}

/*
 * PsCreateSystemThread for a driver: IoObject, one of its devices or its driver object, stays until the
 * thread has ended. IRQL PASSIVE_LEVEL. (WDK: IoCreateSystemThread)
 */
NTSTATUS NTAPI IoCreateSystemThread(PVOID IoObject, PHANDLE ThreadHandle, ULONG DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                    PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    GATE(IoCreateSystemThread, IoObject, ThreadHandle, StartRoutine, StartContext);
    struct kept_thread *start =
        GATE_FAILS(IoCreateSystemThread) ? NULL : MmAllocateSystemPool(sizeof *start, IOP_TAG_MISC);
    if (!start)
        return STATUS_INSUFFICIENT_RESOURCES;
    *start = (struct kept_thread){IoObject, StartRoutine, StartContext};
    ObpReferenceObject(IoObject);
    NTSTATUS status = PsCreateSystemThread(ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle,
                                           ClientId, run_kept, start);
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(IoObject);
        MmFreeSystemPool(start);
    }
    return status;
}

/* There is one session. STATUS_UNSUCCESSFUL for a request of no process. (WDK: IoGetRequestorSessionId) */
NTSTATUS NTAPI IoGetRequestorSessionId(PIRP Irp, PULONG pSessionId)
{
    GATE(IoGetRequestorSessionId, Irp, pSessionId);
    if (!Irp->Tail.Overlay.Thread) {
        *pSessionId = (ULONG)-1;
        return STATUS_UNSUCCESSFUL;
    }
    *pSessionId = Irp->Tail.Overlay.Thread->Process == ps_system_process() ? 0 : 1;
    return STATUS_SUCCESS;
}

/* WDK: IoIsSystemThread */
BOOLEAN NTAPI IoIsSystemThread(PETHREAD Thread)
{
    GATE(IoIsSystemThread, Thread);
    return Thread->Process == ps_system_process();
}
