/*
 * ERESOURCEs: many sharers or one owner.
 *
 * OwnerEntry is the exclusive owner or one of the sharers, OwnerTable (its first entry holds its size) the
 * other sharers; ActiveEntries counts owners, those included who have been let in and are only just waking
 * up. Exclusive waiters come before new sharers, sharers that wait before exclusive waiters when an exclusive
 * owner leaves. Everything is under the resource's SpinLock, which is never held across a wait.
 */
#include "exp.h"

#include <string.h>

#define EXP_TAG_OWNERS 'tOsR'

#define FIRST_TABLE 4u

enum sharing { SHARE_FAIRLY, SHARE_STARVING_EXCLUSIVE, SHARE_AFTER_EXCLUSIVE };

static void lock(PERESOURCE resource)
{
    for (unsigned turn = 0; __atomic_exchange_n(&resource->SpinLock, 1, __ATOMIC_ACQUIRE);)
        host_spin(turn++);
}

static void unlock(PERESOURCE resource)
{
    __atomic_store_n(&resource->SpinLock, 0, __ATOMIC_RELEASE);
}

static ERESOURCE_THREAD me(void)
{
    return (ERESOURCE_THREAD)KiCurrentThread();
}

static bool is_exclusive(const ERESOURCE *resource)
{
    return (resource->Flag & ResourceOwnedExclusive) != 0;
}

static POWNER_ENTRY find_owner(PERESOURCE resource, ERESOURCE_THREAD thread)
{
    if (resource->OwnerEntry.OwnerThread == thread)
        return &resource->OwnerEntry;
    POWNER_ENTRY table = resource->OwnerTable;
    for (ULONG i = 1; table && i < table[0].TableSize; i++)
        if (table[i].OwnerThread == thread)
            return &table[i];
    return NULL;
}

static POWNER_ENTRY grow_table(PERESOURCE resource)
{
    POWNER_ENTRY old = resource->OwnerTable;
    ULONG had = old ? old[0].TableSize : 1, size = old ? had * 2 : FIRST_TABLE;
    POWNER_ENTRY table = MmAllocateSystemPool(size * sizeof *table, EXP_TAG_OWNERS);
    if (!table)
        return NULL;
    memset(table, 0, size * sizeof *table);
    if (old) {
        memcpy(table, old, had * sizeof *table);
        MmFreeSystemPool(old);
    }
    table[0].TableSize = size;
    resource->OwnerTable = table;
    return &table[had];
}

/* A sharer's new entry; never fails, for NT's callers do not expect it to. */
static void add_sharer(PERESOURCE resource, ERESOURCE_THREAD thread)
{
    POWNER_ENTRY entry = find_owner(resource, 0);
    if (!entry)
        entry = grow_table(resource);
    if (!entry)
        KiBugCheck(NO_MORE_SYSTEM_PTES, 0, 0, 0, 0, NULL);
    entry->OwnerThread = thread;
    entry->OwnerCount = 1;
}

/* --- letting in who waits --- */

/* What the sharers and exclusive owners wait on is made when the first one waits. */
static void make_waitables(PERESOURCE resource)
{
    if (!resource->SharedWaiters) {
        PKSEMAPHORE semaphore = MmAllocateSystemPool(sizeof *semaphore, EXP_TAG_OWNERS);
        PKEVENT event = MmAllocateSystemPool(sizeof *event, EXP_TAG_OWNERS);
        if (!semaphore || !event)
            KiBugCheck(NO_MORE_SYSTEM_PTES, 0, 0, 0, 0, NULL);
        KeInitializeSemaphore(semaphore, 0, MAXLONG);
        KeInitializeEvent(event, SynchronizationEvent, FALSE);
        resource->SharedWaiters = semaphore;
        resource->ExclusiveWaiters = event;
    }
}

struct woken {
    ULONG sharers;
    bool exclusive;
};

static void let_sharers_in(PERESOURCE resource, struct woken *woken)
{
    woken->sharers = resource->NumberOfSharedWaiters;
    resource->ActiveEntries += woken->sharers;
    resource->NumberOfSharedWaiters = 0;
}

/* Nobody owns it: the sharers that wait, else one exclusive waiter. Under the lock; wake() follows without
 * it. */
static struct woken let_in(PERESOURCE resource)
{
    struct woken woken = {0, false};
    if (resource->NumberOfSharedWaiters) {
        let_sharers_in(resource, &woken);
    } else if (resource->NumberOfExclusiveWaiters) {
        resource->NumberOfExclusiveWaiters--;
        resource->ActiveEntries = 1;
        resource->Flag |= ResourceOwnedExclusive;
        resource->OwnerEntry.OwnerThread = 1; /* no thread's: the waiter signs when it wakes */
        resource->OwnerEntry.OwnerCount = 1;
        woken.exclusive = true;
    }
    return woken;
}

static void wake(PERESOURCE resource, struct woken woken)
{
    if (woken.sharers)
        KeReleaseSemaphore((PKSEMAPHORE)resource->SharedWaiters, 0, (LONG)woken.sharers, FALSE);
    if (woken.exclusive)
        KiSetEvent((PKEVENT)resource->ExclusiveWaiters);
}

/* --- acquiring --- */

static BOOLEAN acquire_exclusive(PERESOURCE resource, BOOLEAN wait)
{
    ERESOURCE_THREAD thread = me();
    lock(resource);
    if (!resource->ActiveEntries) {
        resource->ActiveEntries = 1;
        resource->ActiveCount = 1;
        resource->Flag |= ResourceOwnedExclusive;
        resource->OwnerEntry.OwnerThread = thread;
        resource->OwnerEntry.OwnerCount = 1;
        unlock(resource);
        return TRUE;
    }
    if (is_exclusive(resource) && resource->OwnerEntry.OwnerThread == thread) {
        resource->OwnerEntry.OwnerCount++;
        unlock(resource);
        return TRUE;
    }
    if (!wait) {
        unlock(resource);
        return FALSE;
    }
    make_waitables(resource);
    resource->NumberOfExclusiveWaiters++;
    resource->ContentionCount++;
    PKEVENT turn = resource->ExclusiveWaiters;
    unlock(resource);
    exp_wait(turn);
    lock(resource);
    resource->OwnerEntry.OwnerThread = thread;
    unlock(resource);
    return TRUE;
}

static bool share_now(PERESOURCE resource, ERESOURCE_THREAD thread, enum sharing how)
{
    POWNER_ENTRY mine = resource->ActiveEntries ? find_owner(resource, thread) : NULL;
    if (is_exclusive(resource)) {
        if (mine)
            mine->OwnerCount++;
        return mine != NULL;
    }
    if (resource->NumberOfExclusiveWaiters &&
        (how == SHARE_AFTER_EXCLUSIVE || (how == SHARE_FAIRLY && !mine)))
        return false;
    if (mine) {
        mine->OwnerCount++;
        return true;
    }
    add_sharer(resource, thread);
    resource->ActiveEntries++;
    resource->ActiveCount = 1;
    return true;
}

static BOOLEAN acquire_shared(PERESOURCE resource, BOOLEAN wait, enum sharing how)
{
    ERESOURCE_THREAD thread = me();
    lock(resource);
    if (share_now(resource, thread, how)) {
        unlock(resource);
        return TRUE;
    }
    if (!wait) {
        unlock(resource);
        return FALSE;
    }
    make_waitables(resource);
    resource->NumberOfSharedWaiters++;
    resource->ContentionCount++;
    PKSEMAPHORE turn = resource->SharedWaiters;
    unlock(resource);
    exp_wait(turn);
    lock(resource);
    /* Counted in ActiveEntries by whoever let us in; it may be a second share of ours. */
    POWNER_ENTRY mine = find_owner(resource, thread);
    if (mine) {
        mine->OwnerCount++;
        resource->ActiveEntries--;
    } else {
        add_sharer(resource, thread);
    }
    unlock(resource);
    return TRUE;
}

static void release(PERESOURCE resource, ERESOURCE_THREAD thread, const void *caller)
{
    struct woken woken = {0, false};
    lock(resource);
    POWNER_ENTRY entry = resource->ActiveEntries ? find_owner(resource, thread) : NULL;
    if (!entry) {
        unlock(resource);
        KiBugCheck(RESOURCE_NOT_OWNED, (ULONG_PTR)resource, thread, (ULONG_PTR)resource->OwnerTable, 0,
                   caller);
    }
    if (--entry->OwnerCount == 0) {
        entry->OwnerThread = 0;
        resource->Flag &= (USHORT)~ResourceOwnedExclusive;
        if (--resource->ActiveEntries == 0) {
            woken = let_in(resource);
            resource->ActiveCount = resource->ActiveEntries != 0;
        }
    }
    unlock(resource);
    wake(resource, woken);
}

static void set_owner(PERESOURCE resource, ERESOURCE_THREAD owner, const void *caller)
{
    lock(resource);
    POWNER_ENTRY mine = find_owner(resource, me()),
                 its = is_exclusive(resource) ? NULL : find_owner(resource, owner);
    bool owned = mine != NULL;
    if (owned && its && its != mine) {
        its->OwnerCount += mine->OwnerCount;
        mine->OwnerThread = 0;
        mine->OwnerCount = 0;
        resource->ActiveEntries--;
    } else if (owned) {
        mine->OwnerThread = owner;
    }
    unlock(resource);
    if (!owned)
        KiBugCheck(RESOURCE_NOT_OWNED, (ULONG_PTR)resource, me(), (ULONG_PTR)resource->OwnerTable, 0, caller);
}

/* --- DDIs; the callers have normal kernel APCs disabled --- */

NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource)
{
    GATE(ExInitializeResourceLite, Resource);
    memset(Resource, 0, sizeof *Resource);
    InitializeListHead(&Resource->SystemResourcesList);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource)
{
    GATE(ExDeleteResourceLite, Resource);
    if (Resource->OwnerTable)
        MmFreeSystemPool(Resource->OwnerTable);
    if (Resource->SharedWaiters)
        MmFreeSystemPool((PVOID)Resource->SharedWaiters);
    if (Resource->ExclusiveWaiters)
        MmFreeSystemPool((PVOID)Resource->ExclusiveWaiters);
    memset(Resource, 0, sizeof *Resource);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExReinitializeResourceLite(PERESOURCE Resource)
{
    GATE(ExReinitializeResourceLite, Resource);
    POWNER_ENTRY table = Resource->OwnerTable;
    if (table)
        memset(table + 1, 0, (table[0].TableSize - 1) * sizeof *table);
    memset(&Resource->OwnerEntry, 0, sizeof Resource->OwnerEntry);
    Resource->ActiveCount = 0;
    Resource->Flag = 0;
    Resource->ActiveEntries = Resource->ContentionCount = 0;
    Resource->NumberOfSharedWaiters = Resource->NumberOfExclusiveWaiters = 0;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    GATE(ExAcquireResourceExclusiveLite, Resource, Wait);
    return acquire_exclusive(Resource, Wait);
}

BOOLEAN NTAPI ExTryToAcquireResourceExclusiveLite(PERESOURCE Resource)
{
    GATE(ExTryToAcquireResourceExclusiveLite, Resource);
    return acquire_exclusive(Resource, FALSE);
}

BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
    GATE(ExAcquireResourceSharedLite, Resource, Wait);
    return acquire_shared(Resource, Wait, SHARE_FAIRLY);
}

BOOLEAN NTAPI ExAcquireSharedStarveExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    GATE(ExAcquireSharedStarveExclusive, Resource, Wait);
    return acquire_shared(Resource, Wait, SHARE_STARVING_EXCLUSIVE);
}

BOOLEAN NTAPI ExAcquireSharedWaitForExclusive(PERESOURCE Resource, BOOLEAN Wait)
{
    GATE(ExAcquireSharedWaitForExclusive, Resource, Wait);
    return acquire_shared(Resource, Wait, SHARE_AFTER_EXCLUSIVE);
}

PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceExclusive(PERESOURCE Resource)
{
    GATE(ExEnterCriticalRegionAndAcquireResourceExclusive, Resource);
    KeEnterCriticalRegion();
    acquire_exclusive(Resource, TRUE);
    return KiCurrentThread();
}

PVOID NTAPI ExEnterCriticalRegionAndAcquireResourceShared(PERESOURCE Resource)
{
    GATE(ExEnterCriticalRegionAndAcquireResourceShared, Resource);
    KeEnterCriticalRegion();
    acquire_shared(Resource, TRUE, SHARE_FAIRLY);
    return KiCurrentThread();
}

PVOID NTAPI ExEnterCriticalRegionAndAcquireSharedWaitForExclusive(PERESOURCE Resource)
{
    GATE(ExEnterCriticalRegionAndAcquireSharedWaitForExclusive, Resource);
    KeEnterCriticalRegion();
    acquire_shared(Resource, TRUE, SHARE_AFTER_EXCLUSIVE);
    return KiCurrentThread();
}

VOID FASTCALL ExReleaseResourceLite(PERESOURCE Resource)
{
    GATE(ExReleaseResourceLite, Resource);
    release(Resource, me(), __builtin_return_address(0));
}

VOID NTAPI ExReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId)
{
    GATE(ExReleaseResourceForThreadLite, Resource, ResourceThreadId);
    release(Resource, ResourceThreadId, __builtin_return_address(0));
}

VOID FASTCALL ExReleaseResourceAndLeaveCriticalRegion(PERESOURCE Resource)
{
    GATE(ExReleaseResourceAndLeaveCriticalRegion, Resource);
    release(Resource, me(), __builtin_return_address(0));
    KeLeaveCriticalRegion();
}

VOID NTAPI ExConvertExclusiveToSharedLite(PERESOURCE Resource)
{
    GATE(ExConvertExclusiveToSharedLite, Resource);
    struct woken woken = {0, false};
    lock(Resource);
    Resource->Flag &= (USHORT)~ResourceOwnedExclusive;
    let_sharers_in(Resource, &woken);
    unlock(Resource);
    wake(Resource, woken);
}

/* From now on the share belongs to OwnerPointer (its two low bits set); ExReleaseResourceForThreadLite gives
 * it back. */
VOID NTAPI ExSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer)
{
    GATE(ExSetResourceOwnerPointer, Resource, OwnerPointer);
    set_owner(Resource, (ERESOURCE_THREAD)OwnerPointer, __builtin_return_address(0));
}

VOID NTAPI ExSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags)
{
    GATE(ExSetResourceOwnerPointerEx, Resource, OwnerPointer, Flags);
    set_owner(Resource, (ERESOURCE_THREAD)OwnerPointer, __builtin_return_address(0));
}

BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
    GATE(ExIsResourceAcquiredExclusiveLite, Resource);
    lock(Resource);
    BOOLEAN mine = is_exclusive(Resource) && Resource->OwnerEntry.OwnerThread == me();
    unlock(Resource);
    return mine;
}

/* How often the calling thread has it, shared or exclusive. */
ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
    GATE(ExIsResourceAcquiredSharedLite, Resource);
    lock(Resource);
    POWNER_ENTRY mine = find_owner(Resource, me());
    ULONG count = mine ? mine->OwnerCount : 0;
    unlock(Resource);
    return count;
}

ULONG NTAPI ExGetExclusiveWaiterCount(PERESOURCE Resource)
{
    GATE(ExGetExclusiveWaiterCount, Resource);
    lock(Resource);
    ULONG waiters = Resource->NumberOfExclusiveWaiters;
    unlock(Resource);
    return waiters;
}

ULONG NTAPI ExGetSharedWaiterCount(PERESOURCE Resource)
{
    GATE(ExGetSharedWaiterCount, Resource);
    lock(Resource);
    ULONG waiters = Resource->NumberOfSharedWaiters;
    unlock(Resource);
    return waiters;
}

/* Owners are not boosted anyhow: priorities are recorded and not obeyed. (WDK: ExDisableResourceBoostLite) */
VOID NTAPI ExDisableResourceBoostLite(PERESOURCE Resource)
{
    GATE(ExDisableResourceBoostLite, Resource);
    lock(Resource);
    Resource->Flag |= ResourceDisableBoost;
    unlock(Resource);
}
