/*
 * Taking requests back: the cancel spin lock, IoCancelIrp, and the services that cancel by file and thread.
 */
#include "iop.h"

/* WDK: IoAcquireCancelSpinLock. IRQL <= DISPATCH_LEVEL; DISPATCH_LEVEL on return. */
VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql)
{
    GATE(IoAcquireCancelSpinLock, Irql);
    KeAcquireSpinLock(&IOP->cancel_lock, Irql);
}

/* WDK: IoReleaseCancelSpinLock. In a cancel routine Irql is Irp->CancelIrql. */
VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql)
{
    GATE(IoReleaseCancelSpinLock, Irql);
    KeReleaseSpinLock(&IOP->cancel_lock, Irql);
}

/* Drivers read it as they please: the exchange of the cancel routine is what orders the two. */
__attribute__((no_sanitize("thread"), noinline)) static void mark_cancelled(PIRP irp)
{
    *(volatile BOOLEAN *)&irp->Cancel = TRUE;
}

BOOLEAN IopCancelIrp(PIRP irp)
{
    KIRQL irql;
    KeAcquireSpinLock(&IOP->cancel_lock, &irql);
    mark_cancelled(irp);
    PDRIVER_CANCEL routine = IoSetCancelRoutine(irp, NULL);
    GATE_NOTE(NOTE_IRP_CANCEL, irp, routine);
    if (!routine) {
        KeReleaseSpinLock(&IOP->cancel_lock, irql);
        return FALSE;
    }
    if (irp->CurrentLocation > irp->StackCount + 1)
        KiBugCheck(CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)irp, (ULONG_PTR)routine, 0, 0, (void *)routine);
    irp->CancelIrql = irql;
    PDEVICE_OBJECT device =
        irp->CurrentLocation <= irp->StackCount ? irp->Tail.Overlay.CurrentStackLocation->DeviceObject : NULL;
    routine(device, irp); /* it releases the lock */
    return TRUE;
}

/*
 * Marks the IRP cancelled and calls its cancel routine, if it has one, holding the cancel spin lock. TRUE:
 * there was one. Bug check 0x48 when the IRP was completed with its cancel routine still set. IRQL <=
 * DISPATCH_LEVEL. (WDK: IoCancelIrp)
 */
BOOLEAN NTAPI IoCancelIrp(PIRP Irp)
{
    GATE(IoCancelIrp, Irp);
    return IopCancelIrp(Irp);
}

/* --- by thread and file --- */

#define PINS_AT_ONCE 64

struct pin {
    PETHREAD thread;
    PIRP irp;
};

struct wanted {
    PETHREAD thread;
    PEPROCESS process;
    PFILE_OBJECT file;
    PIO_STATUS_BLOCK iosb;
    PIRP irp;            /* this one, and no other */
    BOOLEAN synchronous; /* only requests that their thread waits for */
    ULONG round; /* numbers cancellations: what one has dealt with it leaves alone, a later one does not */
};

static BOOLEAN is_synchronous(PIRP irp)
{
    PFILE_OBJECT file = irp->Tail.Overlay.OriginalFileObject;
    return irp->Flags & IRP_SYNCHRONOUS_API || (file && iop_file_flags(file) & FO_SYNCHRONOUS_IO);
}

static BOOLEAN is_wanted(PIRP irp, const struct wanted *wanted)
{
    ULONG state = iop_request(irp)->State;
    if (state & IOP_REQUEST_PINNED || iop_request(irp)->Round >= wanted->round)
        return FALSE;
    if (wanted->irp && irp != wanted->irp)
        return FALSE;
    if (wanted->file && irp->Tail.Overlay.OriginalFileObject != wanted->file)
        return FALSE;
    if (wanted->synchronous && !is_synchronous(irp))
        return FALSE;
    return !wanted->iosb || irp->UserIosb == wanted->iosb;
}

/* Under the thread's lock: pins the request in the slot, if it is wanted. ORDER SLOT (send.h) */
static PIRP pin_slot(struct iop_thread_cache *cache, const struct wanted *wanted)
{
    uintptr_t value = atomic_load(&cache->Slot);
    if (!value || value & (IOP_SLOT_PINNED | IOP_SLOT_FINISH) ||
        !atomic_compare_exchange_strong(&cache->Slot, &value, value | IOP_SLOT_PINNED))
        return NULL;
    PIRP irp = (PIRP)value;
    if (is_wanted(irp, wanted))
        return irp;
    atomic_store(&cache->Slot, value);
    return NULL;
}

/* Pins requests that are wanted, as many as there is room for. */
static ULONG pin_some(const struct wanted *wanted, struct pin *pins)
{
    ULONG count = 0;
    iop_acquire(&IOP->caches_lock);
    for (struct iop_thread_cache *cache = IOP->caches; cache && count < PINS_AT_ONCE; cache = cache->Next) {
        PETHREAD thread = cache->Thread;
        PIRP irp;
        if ((wanted->thread && thread != wanted->thread) ||
            (wanted->process && thread->Process != wanted->process))
            continue;
        iop_acquire(&thread->IrpListLock);
        if ((irp = pin_slot(cache, wanted)) != NULL) {
            iop_request(irp)->Round = wanted->round;
            pins[count++] = (struct pin){thread, irp};
        }
        for (PLIST_ENTRY entry = thread->IrpList.Flink; entry != &thread->IrpList && count < PINS_AT_ONCE;
             entry = entry->Flink) {
            irp = CONTAINING_RECORD(entry, IRP, ThreadListEntry);
            if (!is_wanted(irp, wanted))
                continue;
            iop_request(irp)->State |= IOP_REQUEST_PINNED;
            iop_request(irp)->Round = wanted->round;
            pins[count++] = (struct pin){thread, irp};
        }
        iop_release(&thread->IrpListLock);
    }
    iop_release(&IOP->caches_lock);
    return count;
}

static ULONG new_round(void)
{
    return atomic_fetch_add_explicit(&IOP->cancel_round, 1, memory_order_relaxed) + 1;
}

static ULONG cancel_wanted(const struct wanted *wanted)
{
    struct pin pins[PINS_AT_ONCE];
    ULONG total = 0, count;
    while ((count = pin_some(wanted, pins)) != 0) {
        for (ULONG i = 0; i < count; i++) {
            IopCancelIrp(pins[i].irp);
            IopUnpin(pins[i].thread, pins[i].irp);
        }
        total += count;
    }
    return total;
}

ULONG IopCancelRequests(PETHREAD thread, PEPROCESS process, PFILE_OBJECT file, PIO_STATUS_BLOCK iosb)
{
    const struct wanted wanted = {thread, process, file, iosb, NULL, FALSE, new_round()};
    return cancel_wanted(&wanted);
}

BOOLEAN IopCancelThreadIrp(PETHREAD thread, PIRP irp)
{
    const struct wanted wanted = {.irp = irp, .round = new_round()};
    PIRP found = NULL;
    iop_acquire(&thread->IrpListLock);
    if (thread->IrpCache && IopCurrentIrp(thread) == irp)
        found = pin_slot(thread->IrpCache, &wanted);
    for (PLIST_ENTRY entry = thread->IrpList.Flink; entry != &thread->IrpList && !found; entry = entry->Flink)
        if (CONTAINING_RECORD(entry, IRP, ThreadListEntry) == irp && is_wanted(irp, &wanted)) {
            iop_request(irp)->State |= IOP_REQUEST_PINNED;
            found = irp;
        }
    if (found)
        iop_request(irp)->Round = wanted.round;
    iop_release(&thread->IrpListLock);
    if (!found)
        return FALSE;
    IopCancelIrp(irp);
    IopUnpin(thread, irp);
    return TRUE;
}

/* --- the services --- */

static NTSTATUS open_file(HANDLE handle, PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode, PFILE_OBJECT *file)
{
    ACCESS_MASK granted;
    NTSTATUS status = iop_probe_iosb(iosb, mode);
    if (!NT_SUCCESS(status))
        return status;
    return ObpLookupHandle(handle, mode, IopFileObjectType, (PVOID *)file, &granted);
}

/* Cancels what the calling thread has outstanding on the file, and waits until it is completed. */
SERVICE(CancelIoFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock), (FileHandle, IoStatusBlock))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PETHREAD thread = PspCurrentThread();
    PFILE_OBJECT file;
    NTSTATUS status = open_file(FileHandle, IoStatusBlock, mode, &file);
    if (!NT_SUCCESS(status))
        return status;
    if (IopCancelRequests(thread, NULL, file, NULL))
        IopWaitForRequests(thread, file, NULL);
    iop_write_iosb(IoStatusBlock, mode, STATUS_SUCCESS, 0);
    ObpDereferenceObject(file);
    return STATUS_SUCCESS;
}

/* Cancels what the process has outstanding on the file: all of it, or the request with that status block.
 * Does not wait. */
SERVICE(CancelIoFileEx,
        (HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock),
        (FileHandle, IoRequestToCancel, IoStatusBlock))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PFILE_OBJECT file;
    NTSTATUS status = open_file(FileHandle, IoStatusBlock, mode, &file);
    if (!NT_SUCCESS(status))
        return status;
    status = IopCancelRequests(NULL, PspCurrentProcess(), file, IoRequestToCancel) ? STATUS_SUCCESS
                                                                                   : STATUS_NOT_FOUND;
    iop_write_iosb(IoStatusBlock, mode, status, 0);
    ObpDereferenceObject(file);
    return status;
}

/* Cancels the requests that a thread waits for: all of them, or the one with that status block. Does not
 * wait. */
SERVICE(CancelSynchronousIoFile,
        (HANDLE ThreadHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock),
        (ThreadHandle, IoRequestToCancel, IoStatusBlock))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PETHREAD thread;
    NTSTATUS status = iop_probe_iosb(IoStatusBlock, mode);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(ThreadHandle, THREAD_TERMINATE, *PsThreadType, mode, (PVOID *)&thread,
                                       NULL);
    if (!NT_SUCCESS(status))
        return status;
    const struct wanted wanted = {thread, NULL, NULL, IoRequestToCancel, NULL, TRUE, new_round()};
    status = cancel_wanted(&wanted) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    iop_write_iosb(IoStatusBlock, mode, status, 0);
    ObpDereferenceObject(thread);
    return status;
}
