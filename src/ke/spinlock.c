/*
 * Spin locks. A KSPIN_LOCK is zero or its owner, with bit 0 set: a thread that takes one twice would hang,
 * and bug-checks instead. An EX_SPIN_LOCK has its readers' count in the low bits, or bit 31 and the writer's
 * tag; bit 30 keeps new readers out.
 *
 * In-stack queued locks use the same word: the queue is NT's way to be fair to processors, and these
 * "processors" are threads that the host may take off a processor while they stand in it.
 */
#include "kip.h"

#define CALLER __builtin_return_address(0)

static inline ULONG_PTR owner_of(PKTHREAD thread)
{
    return (ULONG_PTR)thread | 1;
}

static inline bool try_acquire(PKSPIN_LOCK lock, PKTHREAD thread)
{
    ULONG_PTR free = 0;
    if (!__atomic_compare_exchange_n(lock, &free, owner_of(thread), false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return false;
    thread->SpinLocksHeld++;
    return true;
}

/* Threads that are being stopped may wait for a lock whose owner has left. */
static void spin(unsigned turn)
{
    if (turn % 64 == 63 && gate_watched() & WATCH_CRASHED)
        KiStopCrashedThread();
    host_spin(turn);
}

static __attribute__((noinline)) void acquire_slow(PKSPIN_LOCK lock, PKTHREAD thread, const void *caller)
{
    if (__atomic_load_n(lock, __ATOMIC_RELAXED) == owner_of(thread))
        KiBugCheck(SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)lock, 0, 0, 0, caller);
    for (unsigned turn = 0; !try_acquire(lock, thread);)
        while (__atomic_load_n(lock, __ATOMIC_RELAXED))
            spin(turn++);
}

static inline void acquire(PKSPIN_LOCK lock, PKTHREAD thread, const void *caller)
{
    if (__builtin_expect(!try_acquire(lock, thread), 0))
        acquire_slow(lock, thread, caller);
}

static inline void release(PKSPIN_LOCK lock, PKTHREAD thread, const void *caller)
{
    if (__builtin_expect(__atomic_load_n(lock, __ATOMIC_RELAXED) != owner_of(thread), 0))
        KiBugCheck(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, 0, 0, 0, caller);
    thread->SpinLocksHeld--;
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

static inline KIRQL acquire_raising(PKSPIN_LOCK lock, const void *caller)
{
    PKTHREAD thread = KiCurrentThread();
    KIRQL old = thread->Irql;
    if (__builtin_expect(old > DISPATCH_LEVEL, 0))
        KiBugCheck(IRQL_NOT_GREATER_OR_EQUAL, DISPATCH_LEVEL, old, 0, (ULONG_PTR)caller, caller);
    KiRaiseIrql(thread, DISPATCH_LEVEL);
    acquire(lock, thread, caller);
    return old;
}

static inline void release_lowering(PKSPIN_LOCK lock, KIRQL irql, const void *caller)
{
    PKTHREAD thread = KiCurrentThread();
    release(lock, thread, caller);
    if (__builtin_expect(irql > thread->Irql, 0))
        KiBugCheck(IRQL_NOT_LESS_OR_EQUAL, irql, thread->Irql, 0, (ULONG_PTR)caller, caller);
    KiLowerIrql(thread, irql);
}

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
    GATE(KeInitializeSpinLock, SpinLock);
    __atomic_store_n(SpinLock, 0, __ATOMIC_RELAXED);
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    GATE(KeAcquireSpinLockRaiseToDpc, SpinLock);
    return acquire_raising(SpinLock, CALLER);
}

VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    GATE(KeReleaseSpinLock, SpinLock, NewIrql);
    release_lowering(SpinLock, NewIrql, CALLER);
}

VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    GATE(KeAcquireSpinLockAtDpcLevel, SpinLock);
    acquire(SpinLock, KiCurrentThread(), CALLER);
}

VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock)
{
    GATE(KeReleaseSpinLockFromDpcLevel, SpinLock);
    release(SpinLock, KiCurrentThread(), CALLER);
}

BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    GATE(KeTryToAcquireSpinLockAtDpcLevel, SpinLock);
    return try_acquire(SpinLock, KiCurrentThread());
}

BOOLEAN KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
    GATE(KeTestSpinLock, SpinLock);
    return __atomic_load_n(SpinLock, __ATOMIC_RELAXED) == 0;
}

/* The ForDpc pair serves ordinary and threaded DPCs alike: it raises only as far as it must. */
KIRQL KeAcquireSpinLockForDpc(PKSPIN_LOCK SpinLock)
{
    GATE(KeAcquireSpinLockForDpc, SpinLock);
    return acquire_raising(SpinLock, CALLER);
}

VOID KeReleaseSpinLockForDpc(PKSPIN_LOCK SpinLock, KIRQL OldIrql)
{
    GATE(KeReleaseSpinLockForDpc, SpinLock, OldIrql);
    release_lowering(SpinLock, OldIrql, CALLER);
}

static inline void fill_handle(PKLOCK_QUEUE_HANDLE handle, PKSPIN_LOCK lock, KIRQL old)
{
    handle->LockQueue.Next = NULL;
    handle->LockQueue.Lock = lock;
    handle->OldIrql = old;
}

VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    GATE(KeAcquireInStackQueuedSpinLock, SpinLock, LockHandle);
    fill_handle(LockHandle, SpinLock, acquire_raising(SpinLock, CALLER));
}

VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
    GATE(KeReleaseInStackQueuedSpinLock, LockHandle);
    release_lowering((PKSPIN_LOCK)LockHandle->LockQueue.Lock, LockHandle->OldIrql, CALLER);
}

VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    GATE(KeAcquireInStackQueuedSpinLockAtDpcLevel, SpinLock, LockHandle);
    PKTHREAD thread = KiCurrentThread();
    acquire(SpinLock, thread, CALLER);
    fill_handle(LockHandle, SpinLock, thread->Irql);
}

VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
    GATE(KeReleaseInStackQueuedSpinLockFromDpcLevel, LockHandle);
    release((PKSPIN_LOCK)LockHandle->LockQueue.Lock, KiCurrentThread(), CALLER);
}

VOID KeAcquireInStackQueuedSpinLockForDpc(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    GATE(KeAcquireInStackQueuedSpinLockForDpc, SpinLock, LockHandle);
    fill_handle(LockHandle, SpinLock, acquire_raising(SpinLock, CALLER));
}

VOID KeReleaseInStackQueuedSpinLockForDpc(PKLOCK_QUEUE_HANDLE LockHandle)
{
    GATE(KeReleaseInStackQueuedSpinLockForDpc, LockHandle);
    release_lowering((PKSPIN_LOCK)LockHandle->LockQueue.Lock, LockHandle->OldIrql, CALLER);
}

/* --- reader-writer spin locks --- */

#define WRITER         0x80000000u
#define WRITER_WAITING 0x40000000u
#define READERS        0x3FFFFFFFu

/* Enough of the owner to recognise it: objects are 16-byte aligned, so the tag is unique within 16 GB of
 * pool. */
static inline ULONG writer_of(PKTHREAD thread)
{
    return WRITER | ((ULONG)((ULONG_PTR)thread >> 4) & READERS);
}

static bool try_shared(PEX_SPIN_LOCK lock)
{
    ULONG value = __atomic_load_n((volatile ULONG *)lock, __ATOMIC_RELAXED);
    while (!(value & (WRITER | WRITER_WAITING)))
        if (__atomic_compare_exchange_n((volatile ULONG *)lock, &value, value + 1, true, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

static bool try_exclusive(PEX_SPIN_LOCK lock, PKTHREAD thread, ULONG readers)
{
    ULONG value = __atomic_load_n((volatile ULONG *)lock, __ATOMIC_RELAXED);
    while (!(value & WRITER) && (value & READERS) == readers)
        if (__atomic_compare_exchange_n((volatile ULONG *)lock, &value, writer_of(thread), true,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return true;
    return false;
}

static bool is_writer(PEX_SPIN_LOCK lock, PKTHREAD thread)
{
    ULONG value = __atomic_load_n((volatile ULONG *)lock, __ATOMIC_RELAXED);
    return value & WRITER && (value & ~WRITER_WAITING) == (writer_of(thread) & ~WRITER_WAITING);
}

static void acquire_shared(PEX_SPIN_LOCK lock, PKTHREAD thread, const void *caller)
{
    for (unsigned turn = 0; !try_shared(lock); spin(turn++))
        if (turn == 0 && is_writer(lock, thread))
            KiBugCheck(SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)lock, 0, 0, 0, caller);
    thread->SpinLocksHeld++;
}

static void acquire_exclusive(PEX_SPIN_LOCK lock, PKTHREAD thread, const void *caller)
{
    for (unsigned turn = 0; !try_exclusive(lock, thread, 0); spin(turn++)) {
        if (turn == 0 && is_writer(lock, thread))
            KiBugCheck(SPIN_LOCK_ALREADY_OWNED, (ULONG_PTR)lock, 0, 0, 0, caller);
        /* A writer's release clears the whole word, so the bit only says something while readers hold it. */
        ULONG value = __atomic_load_n((volatile ULONG *)lock, __ATOMIC_RELAXED);
        if (value && !(value & (WRITER | WRITER_WAITING)))
            __atomic_compare_exchange_n((volatile ULONG *)lock, &value, value | WRITER_WAITING, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    thread->SpinLocksHeld++;
}

static void release_shared(PEX_SPIN_LOCK lock, PKTHREAD thread, const void *caller)
{
    ULONG value = __atomic_load_n((volatile ULONG *)lock, __ATOMIC_RELAXED);
    if (value & WRITER || !(value & READERS))
        KiBugCheck(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, 0, 0, 0, caller);
    thread->SpinLocksHeld--;
    __atomic_fetch_sub((volatile ULONG *)lock, 1, __ATOMIC_RELEASE);
}

static void release_exclusive(PEX_SPIN_LOCK lock, PKTHREAD thread, const void *caller)
{
    if (!is_writer(lock, thread))
        KiBugCheck(SPIN_LOCK_NOT_OWNED, (ULONG_PTR)lock, 0, 0, 0, caller);
    thread->SpinLocksHeld--;
    __atomic_store_n((volatile ULONG *)lock, 0, __ATOMIC_RELEASE);
}

static KIRQL raise_for(PKTHREAD thread, const void *caller)
{
    if (thread->Irql > DISPATCH_LEVEL)
        KiBugCheck(IRQL_NOT_GREATER_OR_EQUAL, DISPATCH_LEVEL, thread->Irql, 0, (ULONG_PTR)caller, caller);
    return KiRaiseIrql(thread, DISPATCH_LEVEL);
}

KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock)
{
    GATE(ExAcquireSpinLockShared, SpinLock);
    PKTHREAD thread = KiCurrentThread();
    KIRQL old = raise_for(thread, CALLER);
    acquire_shared(SpinLock, thread, CALLER);
    return old;
}

VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    GATE(ExReleaseSpinLockShared, SpinLock, OldIrql);
    PKTHREAD thread = KiCurrentThread();
    release_shared(SpinLock, thread, CALLER);
    KiLowerIrql(thread, OldIrql);
}

VOID ExAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    GATE(ExAcquireSpinLockSharedAtDpcLevel, SpinLock);
    acquire_shared(SpinLock, KiCurrentThread(), CALLER);
}

VOID ExReleaseSpinLockSharedFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    GATE(ExReleaseSpinLockSharedFromDpcLevel, SpinLock);
    release_shared(SpinLock, KiCurrentThread(), CALLER);
}

KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
    GATE(ExAcquireSpinLockExclusive, SpinLock);
    PKTHREAD thread = KiCurrentThread();
    KIRQL old = raise_for(thread, CALLER);
    acquire_exclusive(SpinLock, thread, CALLER);
    return old;
}

VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql)
{
    GATE(ExReleaseSpinLockExclusive, SpinLock, OldIrql);
    PKTHREAD thread = KiCurrentThread();
    release_exclusive(SpinLock, thread, CALLER);
    KiLowerIrql(thread, OldIrql);
}

VOID ExAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    GATE(ExAcquireSpinLockExclusiveAtDpcLevel, SpinLock);
    acquire_exclusive(SpinLock, KiCurrentThread(), CALLER);
}

VOID ExReleaseSpinLockExclusiveFromDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    GATE(ExReleaseSpinLockExclusiveFromDpcLevel, SpinLock);
    release_exclusive(SpinLock, KiCurrentThread(), CALLER);
}

LOGICAL ExTryAcquireSpinLockSharedAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    GATE(ExTryAcquireSpinLockSharedAtDpcLevel, SpinLock);
    bool taken = try_shared(SpinLock);
    KiCurrentThread()->SpinLocksHeld += taken;
    return taken;
}

LOGICAL ExTryAcquireSpinLockExclusiveAtDpcLevel(PEX_SPIN_LOCK SpinLock)
{
    GATE(ExTryAcquireSpinLockExclusiveAtDpcLevel, SpinLock);
    PKTHREAD thread = KiCurrentThread();
    bool taken = try_exclusive(SpinLock, thread, 0);
    thread->SpinLocksHeld += taken;
    return taken;
}

/* The only reader becomes the writer, without letting go in between; nonzero when it has. */
LOGICAL ExTryConvertSharedSpinLockExclusive(PEX_SPIN_LOCK SpinLock)
{
    GATE(ExTryConvertSharedSpinLockExclusive, SpinLock);
    return try_exclusive(SpinLock, KiCurrentThread(), 1);
}
