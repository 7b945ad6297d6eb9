/*
 * Push locks and rundown protection: one word each.
 *
 * A push lock's word counts its sharers from bit 4 on; bit 0: held exclusively, bit 1: somebody waits. Who
 * waits stands, first come first served, in a bucket chosen by the lock's address, with an event on his own
 * stack; the thread that lets go hands the lock on, so that nobody barges in while bit 1 is set.
 */
#include "exp.h"

#define EXCLUSIVE 1u
#define WAITERS   2u
#define SHARER    16u

struct waiter {
    LIST_ENTRY link;
    volatile ULONG_PTR *lock;
    bool exclusive;
    KEVENT granted;
};

static struct exp_lock_bucket *bucket_of(volatile ULONG_PTR *lock)
{
    return &exp_state()->buckets[((uintptr_t)lock >> 4) * 0x9E3779B97F4A7C15ull >> 58];
}

static bool is_free_for(ULONG_PTR word, bool exclusive)
{
    return exclusive ? (word & ~(ULONG_PTR)WAITERS) == 0 : !(word & (EXCLUSIVE | WAITERS));
}

static bool try_acquire(volatile ULONG_PTR *lock, bool exclusive)
{
    ULONG_PTR word = __atomic_load_n(lock, __ATOMIC_RELAXED);
    while (!(word & WAITERS) && is_free_for(word, exclusive))
        if (__atomic_compare_exchange_n(lock, &word, word + (exclusive ? EXCLUSIVE : SHARER), true,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return true;
    return false;
}

/* Under the bucket's lock: takes it after all, or marks it so that whoever lets go comes here. */
static bool take_or_mark(volatile ULONG_PTR *lock, bool exclusive)
{
    ULONG_PTR word = __atomic_load_n(lock, __ATOMIC_RELAXED);
    for (;;) {
        bool free = !(word & WAITERS) && is_free_for(word, exclusive);
        ULONG_PTR next = free ? word + (exclusive ? EXCLUSIVE : SHARER) : word | WAITERS;
        if (__atomic_compare_exchange_n(lock, &word, next, true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return free;
    }
}

static void acquire(volatile ULONG_PTR *lock, bool exclusive)
{
    if (try_acquire(lock, exclusive))
        return;
    struct exp_lock_bucket *bucket = bucket_of(lock);
    struct waiter waiter = {.lock = lock, .exclusive = exclusive};
    KeInitializeEvent(&waiter.granted, SynchronizationEvent, FALSE);
    ki_lock(&bucket->lock);
    bool taken = take_or_mark(lock, exclusive);
    if (!taken)
        InsertTailList(&bucket->waiters, &waiter.link);
    ki_unlock(&bucket->lock);
    if (!taken)
        exp_wait(&waiter.granted);
}

static struct waiter *next_waiter(struct exp_lock_bucket *bucket, volatile ULONG_PTR *lock)
{
    for (PLIST_ENTRY link = bucket->waiters.Flink; link != &bucket->waiters; link = link->Flink) {
        struct waiter *waiter = CONTAINING_RECORD(link, struct waiter, link);
        if (waiter->lock == lock)
            return waiter;
    }
    return NULL;
}

/* The lock is ours to give: to one exclusive waiter, or to all sharers at the head of the queue. */
static void hand_on(volatile ULONG_PTR *lock)
{
    struct exp_lock_bucket *bucket = bucket_of(lock);
    LIST_ENTRY granted;
    InitializeListHead(&granted);
    ki_lock(&bucket->lock);
    ULONG_PTR word = 0;
    struct waiter *waiter;
    while ((waiter = next_waiter(bucket, lock)) != NULL) {
        if (word && (waiter->exclusive || (word & EXCLUSIVE)))
            break;
        word += waiter->exclusive ? EXCLUSIVE : SHARER;
        RemoveEntryList(&waiter->link);
        InsertTailList(&granted, &waiter->link);
    }
    __atomic_store_n(lock, word | (waiter ? WAITERS : 0), __ATOMIC_RELEASE);
    ki_unlock(&bucket->lock);
    while (!IsListEmpty(&granted)) {
        /* Once its event is set the waiter is gone with its stack. */
        waiter = CONTAINING_RECORD(RemoveHeadList(&granted), struct waiter, link);
        KiSetEvent(&waiter->granted);
    }
}

static void release(volatile ULONG_PTR *lock, bool exclusive)
{
    ULONG_PTR part = exclusive ? EXCLUSIVE : SHARER, word = __atomic_load_n(lock, __ATOMIC_ACQUIRE);
    while (word != (part | WAITERS))
        if (__atomic_compare_exchange_n(lock, &word, word - part, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return;
    hand_on(lock);
}

/* --- push locks: acquired with normal kernel APCs disabled --- */

VOID NTAPI ExInitializePushLock(PEX_PUSH_LOCK PushLock)
{
    GATE(ExInitializePushLock, PushLock);
    *PushLock = 0;
}

VOID NTAPI ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    GATE(ExAcquirePushLockExclusiveEx, PushLock, Flags);
    acquire(PushLock, true);
}

VOID NTAPI ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    GATE(ExAcquirePushLockSharedEx, PushLock, Flags);
    acquire(PushLock, false);
}

VOID NTAPI ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    GATE(ExReleasePushLockExclusiveEx, PushLock, Flags);
    release(PushLock, true);
}

VOID NTAPI ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags)
{
    GATE(ExReleasePushLockSharedEx, PushLock, Flags);
    release(PushLock, false);
}

/* --- rundown protection: Count is twice the users; bit 0: run down, the rest then is who waits for the users
 * to go --- */

#ifndef EX_RUNDOWN_ACTIVE
#define EX_RUNDOWN_ACTIVE      0x1
#define EX_RUNDOWN_COUNT_SHIFT 0x1
#define EX_RUNDOWN_COUNT_INC   (1 << EX_RUNDOWN_COUNT_SHIFT)
#endif

struct rundown_wait {
    ULONG_PTR users;
    KEVENT gone;
};

static BOOLEAN protect(PEX_RUNDOWN_REF ref, ULONG users)
{
    ULONG_PTR count = __atomic_load_n(&ref->Count, __ATOMIC_RELAXED);
    while (!(count & EX_RUNDOWN_ACTIVE))
        if (__atomic_compare_exchange_n(&ref->Count, &count, count + (ULONG_PTR)users * EX_RUNDOWN_COUNT_INC,
                                        true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return TRUE;
    return FALSE;
}

static void unprotect(PEX_RUNDOWN_REF ref, ULONG users)
{
    ULONG_PTR count = __atomic_load_n(&ref->Count, __ATOMIC_ACQUIRE);
    while (!(count & EX_RUNDOWN_ACTIVE))
        if (__atomic_compare_exchange_n(&ref->Count, &count, count - (ULONG_PTR)users * EX_RUNDOWN_COUNT_INC,
                                        true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return;
    struct rundown_wait *wait = (struct rundown_wait *)(count & ~(ULONG_PTR)EX_RUNDOWN_ACTIVE);
    if (!__atomic_sub_fetch(&wait->users, users, __ATOMIC_ACQ_REL))
        KiSetEvent(&wait->gone);
}

static void wait_for_users(PEX_RUNDOWN_REF ref)
{
    struct rundown_wait wait;
    KeInitializeEvent(&wait.gone, NotificationEvent, FALSE);
    ULONG_PTR count = __atomic_load_n(&ref->Count, __ATOMIC_RELAXED);
    do {
        if (count & EX_RUNDOWN_ACTIVE)
            return; /* somebody else ran it down */
        wait.users = count >> EX_RUNDOWN_COUNT_SHIFT;
    } while (!__atomic_compare_exchange_n(
        &ref->Count, &count, wait.users ? (ULONG_PTR)&wait | EX_RUNDOWN_ACTIVE : EX_RUNDOWN_ACTIVE, true,
        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    if (count)
        exp_wait(&wait.gone);
}

VOID FASTCALL ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    GATE(ExInitializeRundownProtection, RunRef);
    RunRef->Count = 0;
}

VOID FASTCALL ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    GATE(ExReInitializeRundownProtection, RunRef);
    __atomic_store_n(&RunRef->Count, 0, __ATOMIC_RELEASE);
}

BOOLEAN FASTCALL ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    GATE(ExAcquireRundownProtection, RunRef);
    return protect(RunRef, 1);
}

BOOLEAN FASTCALL ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    GATE(ExAcquireRundownProtectionEx, RunRef, Count);
    return protect(RunRef, Count);
}

VOID FASTCALL ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    GATE(ExReleaseRundownProtection, RunRef);
    unprotect(RunRef, 1);
}

VOID FASTCALL ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    GATE(ExReleaseRundownProtectionEx, RunRef, Count);
    unprotect(RunRef, Count);
}

VOID FASTCALL ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef)
{
    GATE(ExWaitForRundownProtectionRelease, RunRef);
    wait_for_users(RunRef);
}

VOID FASTCALL ExRundownCompleted(PEX_RUNDOWN_REF RunRef)
{
    GATE(ExRundownCompleted, RunRef);
    __atomic_store_n(&RunRef->Count, EX_RUNDOWN_ACTIVE, __ATOMIC_RELEASE);
}

/* --- cache-aware rundown protection: one count suffices here --- */

struct _EX_RUNDOWN_REF_CACHE_AWARE {
    EX_RUNDOWN_REF ref;
    ULONG tag; /* of the pool block; 0: the caller's memory */
};

PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag)
{
    GATE(ExAllocateCacheAwareRundownProtection, PoolType, PoolTag);
    if (GATE_FAILS(ExAllocateCacheAwareRundownProtection))
        return NULL;
    PEX_RUNDOWN_REF_CACHE_AWARE aware =
        MmAllocatePoolFor(__builtin_return_address(0), PoolType, sizeof *aware, PoolTag);
    if (aware) {
        aware->ref.Count = 0;
        aware->tag = PoolTag;
    }
    return aware;
}

VOID NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    GATE(ExFreeCacheAwareRundownProtection, RunRefCacheAware);
    MmFreePoolFor(__builtin_return_address(0), RunRefCacheAware, RunRefCacheAware->tag);
}

SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(VOID)
{
    GATE(ExSizeOfRundownProtectionCacheAware);
    return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE);
}

VOID NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                                   SIZE_T RunRefSize)
{
    GATE(ExInitializeRundownProtectionCacheAware, RunRefCacheAware, RunRefSize);
    RunRefCacheAware->ref.Count = 0;
    RunRefCacheAware->tag = 0;
}

VOID NTAPI ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    GATE(ExReInitializeRundownProtectionCacheAware, RunRefCacheAware);
    __atomic_store_n(&RunRefCacheAware->ref.Count, 0, __ATOMIC_RELEASE);
}

BOOLEAN NTAPI ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    GATE(ExAcquireRundownProtectionCacheAware, RunRefCacheAware);
    return protect(&RunRefCacheAware->ref, 1);
}

BOOLEAN NTAPI ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                                     ULONG Count)
{
    GATE(ExAcquireRundownProtectionCacheAwareEx, RunRefCacheAware, Count);
    return protect(&RunRefCacheAware->ref, Count);
}

VOID NTAPI ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    GATE(ExReleaseRundownProtectionCacheAware, RunRefCacheAware);
    unprotect(&RunRefCacheAware->ref, 1);
}

VOID NTAPI ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count)
{
    GATE(ExReleaseRundownProtectionCacheAwareEx, RunRef, Count);
    unprotect(&RunRef->ref, Count);
}

VOID NTAPI ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    GATE(ExRundownCompletedCacheAware, RunRefCacheAware);
    __atomic_store_n(&RunRefCacheAware->ref.Count, EX_RUNDOWN_ACTIVE, __ATOMIC_RELEASE);
}

VOID NTAPI ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    GATE(ExWaitForRundownProtectionReleaseCacheAware, RunRef);
    wait_for_users(&RunRef->ref);
}
