/*
 * Remove locks: how many are using a device, and waiting until nobody is. A driver built with DBG has the
 * longer structure, in which each acquisition is remembered by its tag, so that a release that matches none
 * can be told.
 */
#include "iop.h"

struct _IO_REMOVE_LOCK_TRACKING_BLOCK {
    PIO_REMOVE_LOCK_TRACKING_BLOCK Link;
    PVOID Tag;
    PCSTR File;
    ULONG Line;
};

/* The layout of a driver that was built with DBG; ours is without. */
struct tracked_lock {
    IO_REMOVE_LOCK_COMMON_BLOCK Common;
    IO_REMOVE_LOCK_DBG_BLOCK Dbg;
};

static struct tracked_lock *tracked(PIO_REMOVE_LOCK lock, ULONG size)
{
    return size >= sizeof(struct tracked_lock) ? (struct tracked_lock *)lock : NULL;
}

static void check_watermark(struct tracked_lock *lock, LONG count, const void *caller)
{
    if (!lock->Dbg.HighWatermark || count <= (LONG)lock->Dbg.HighWatermark)
        return;
    char place[256];
    host_call_site(caller, place, sizeof place);
    machine_violation("remove lock %p is acquired %d times, at most %u are expected, from %s", (void *)lock,
                      count, lock->Dbg.HighWatermark, place);
}

static void remember(struct tracked_lock *lock, PVOID tag, PCSTR file, ULONG line)
{
    PIO_REMOVE_LOCK_TRACKING_BLOCK block = MmAllocateSystemPool(sizeof *block, IOP_TAG_MISC);
    if (!block) { /* one release will match no block */
        __atomic_add_fetch(&lock->Dbg.LowMemoryCount, 1, __ATOMIC_RELAXED);
        return;
    }
    block->Tag = tag;
    block->File = file;
    block->Line = line;
    KIRQL irql;
    KeAcquireSpinLock(&lock->Dbg.Spin, &irql);
    block->Link = lock->Dbg.Blocks;
    lock->Dbg.Blocks = block;
    KeReleaseSpinLock(&lock->Dbg.Spin, irql);
}

static void forget(struct tracked_lock *lock, PVOID tag, const void *caller)
{
    KIRQL irql;
    KeAcquireSpinLock(&lock->Dbg.Spin, &irql);
    PIO_REMOVE_LOCK_TRACKING_BLOCK *link = &lock->Dbg.Blocks, block;
    while (*link && (*link)->Tag != tag)
        link = &(*link)->Link;
    block = *link;
    if (block)
        *link = block->Link;
    KeReleaseSpinLock(&lock->Dbg.Spin, irql);
    if (block) {
        MmFreeSystemPool(block);
        return;
    }
    if (__atomic_load_n(&lock->Dbg.LowMemoryCount, __ATOMIC_RELAXED) > 0) {
        __atomic_sub_fetch(&lock->Dbg.LowMemoryCount, 1, __ATOMIC_RELAXED);
        return;
    }
    char place[256];
    host_call_site(caller, place, sizeof place);
    machine_violation("remove lock %p was released with tag %p, with which it is not held, from %s",
                      (void *)lock, tag, place);
}

/*
 * HighWatermark: the most acquisitions at a time, 0: any number; more are reported for a driver built with
 * DBG. MaxLockedMinutes is recorded only. PASSIVE_LEVEL. (WDK: IoInitializeRemoveLock)
 */
VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes,
                                    ULONG HighWatermark, ULONG RemlockSize)
{
    GATE(IoInitializeRemoveLockEx, Lock, AllocateTag, MaxLockedMinutes, HighWatermark);
    struct tracked_lock *full = tracked(Lock, RemlockSize);
    if (full) {
        memset(&full->Dbg, 0, sizeof full->Dbg);
        full->Dbg.Signature = 'COLR';
        full->Dbg.HighWatermark = HighWatermark;
        full->Dbg.MaxLockedTicks = (LONGLONG)MaxLockedMinutes * 600000000;
        full->Dbg.AllocateTag = (LONG)AllocateTag;
        KeInitializeSpinLock(&full->Dbg.Spin);
    }
    Lock->Common.Removed = FALSE;
    Lock->Common.IoCount = 1;
    KeInitializeEvent(&Lock->Common.RemoveEvent, SynchronizationEvent, FALSE);
}

/* STATUS_DELETE_PENDING once IoReleaseRemoveLockAndWait has been called. IRQL <= DISPATCH_LEVEL. (WDK:
 * IoAcquireRemoveLock) */
NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, PCSTR File, ULONG Line,
                                     ULONG RemlockSize)
{
    GATE(IoAcquireRemoveLockEx, RemoveLock, Tag, File, Line);
    struct tracked_lock *full = tracked(RemoveLock, RemlockSize);
    LONG count = __atomic_add_fetch(&RemoveLock->Common.IoCount, 1, __ATOMIC_ACQ_REL);
    if (__atomic_load_n(&RemoveLock->Common.Removed, __ATOMIC_SEQ_CST)) {
        if (__atomic_sub_fetch(&RemoveLock->Common.IoCount, 1, __ATOMIC_ACQ_REL) == 0)
            KeSetEvent(&RemoveLock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
        return STATUS_DELETE_PENDING;
    }
    if (full) {
        check_watermark(full, count - 1, __builtin_return_address(0)); /* one is the device's own */
        remember(full, Tag, File, Line);
    }
    return STATUS_SUCCESS;
}

static LONG release(PIO_REMOVE_LOCK lock, PVOID tag, ULONG size, const void *caller)
{
    struct tracked_lock *full = tracked(lock, size);
    if (full)
        forget(full, tag, caller);
    return __atomic_sub_fetch(&lock->Common.IoCount, 1, __ATOMIC_ACQ_REL);
}

/* IRQL <= DISPATCH_LEVEL. (WDK: IoReleaseRemoveLock) */
VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    GATE(IoReleaseRemoveLockEx, RemoveLock, Tag);
    if (release(RemoveLock, Tag, RemlockSize, __builtin_return_address(0)) == 0)
        KeSetEvent(&RemoveLock->Common.RemoveEvent, IO_NO_INCREMENT, FALSE);
}

/*
 * Refuses all further acquisitions, gives up the caller's own and waits until everybody has. PASSIVE_LEVEL.
 * (WDK: IoReleaseRemoveLockAndWait)
 */
VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    GATE(IoReleaseRemoveLockAndWaitEx, RemoveLock, Tag);
    __atomic_store_n(&RemoveLock->Common.Removed, TRUE, __ATOMIC_SEQ_CST);
    release(RemoveLock, Tag, RemlockSize, __builtin_return_address(0));
    /* The one that IoInitializeRemoveLock began with. */
    if (__atomic_sub_fetch(&RemoveLock->Common.IoCount, 1, __ATOMIC_ACQ_REL) > 0)
        KeWaitForSingleObject(&RemoveLock->Common.RemoveEvent, Executive, KernelMode, FALSE, NULL);
}
