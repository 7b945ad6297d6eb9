/*
 * Lists under a spin lock, and sequenced singly linked lists.
 *
 * An SLIST_HEADER keeps Windows' fields: depth in the low 16 bits of the first word, sequence above it, the
 * first entry in the second word, whose low four bits are free: bit 0 is the lock of a push or pop that is
 * under way. (Windows swaps both words at once and survives an entry that vanishes meanwhile by a trick in
 * its fault handler.)
 */
#include "exp.h"

/* KSPIN_LOCKs of lists may be used at any IRQL; ours is raised to DISPATCH_LEVEL if it is below. */
struct held {
    PKTHREAD thread;
    KIRQL irql;
};

static struct held hold(PKSPIN_LOCK lock)
{
    struct held held = {KiCurrentThread(), 0};
    held.irql = held.thread->Irql;
    if (held.irql < DISPATCH_LEVEL)
        KiRaiseIrql(held.thread, DISPATCH_LEVEL);
    KeAcquireSpinLockAtDpcLevel(lock);
    return held;
}

static void let_go(PKSPIN_LOCK lock, struct held held)
{
    KeReleaseSpinLockFromDpcLevel(lock);
    if (held.irql < DISPATCH_LEVEL)
        KiLowerIrql(held.thread, held.irql);
}

/* Returns what was first (last) before; NULL when the list was empty. */
PLIST_ENTRY FASTCALL ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                                 PKSPIN_LOCK Lock)
{
    GATE(ExInterlockedInsertHeadList, ListHead, ListEntry, Lock);
    struct held held = hold(Lock);
    PLIST_ENTRY first = IsListEmpty(ListHead) ? NULL : ListHead->Flink;
    InsertHeadList(ListHead, ListEntry);
    let_go(Lock, held);
    return first;
}

PLIST_ENTRY FASTCALL ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
                                                 PKSPIN_LOCK Lock)
{
    GATE(ExInterlockedInsertTailList, ListHead, ListEntry, Lock);
    struct held held = hold(Lock);
    PLIST_ENTRY last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;
    InsertTailList(ListHead, ListEntry);
    let_go(Lock, held);
    return last;
}

PLIST_ENTRY FASTCALL ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    GATE(ExInterlockedRemoveHeadList, ListHead, Lock);
    struct held held = hold(Lock);
    PLIST_ENTRY first = IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);
    let_go(Lock, held);
    return first;
}

PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
                                                       PSINGLE_LIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    GATE(ExInterlockedPushEntryList, ListHead, ListEntry, Lock);
    struct held held = hold(Lock);
    PSINGLE_LIST_ENTRY first = ListHead->Next;
    PushEntryList(ListHead, ListEntry);
    let_go(Lock, held);
    return first;
}

PSINGLE_LIST_ENTRY FASTCALL ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    GATE(ExInterlockedPopEntryList, ListHead, Lock);
    struct held held = hold(Lock);
    PSINGLE_LIST_ENTRY first = ListHead->Next;
    if (first)
        ListHead->Next = first->Next;
    let_go(Lock, held);
    return first;
}

LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment,
                                                 PKSPIN_LOCK Lock)
{
    GATE(ExInterlockedAddLargeInteger, Addend, Increment.QuadPart, Lock);
    struct held held = hold(Lock);
    LARGE_INTEGER before = *Addend;
    Addend->QuadPart = before.QuadPart + Increment.QuadPart;
    let_go(Lock, held);
    return before;
}

ULONG FASTCALL ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
    GATE(ExInterlockedAddUlong, Addend, Increment, Lock);
    struct held held = hold(Lock);
    ULONG before = *Addend;
    *Addend = before + Increment;
    let_go(Lock, held);
    return before;
}

/* --- SLISTs --- */

#define SLIST_LOCK 1ull

struct slist {
    ULONGLONG counts, first;
};

static ULONGLONG lock(struct slist *list)
{
    for (unsigned turn = 0;; host_spin(turn++)) {
        ULONGLONG first = __atomic_load_n(&list->first, __ATOMIC_RELAXED);
        if (!(first & SLIST_LOCK) && __atomic_compare_exchange_n(&list->first, &first, first | SLIST_LOCK,
                                                                 true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return first;
    }
}

static void unlock(struct slist *list, PSLIST_ENTRY first)
{
    __atomic_store_n(&list->first, (ULONGLONG)(uintptr_t)first, __ATOMIC_RELEASE);
}

/* The depth, modulo 65536, and one more in the sequence. */
static void count(struct slist *list, unsigned depth)
{
    __atomic_store_n(&list->counts, ((list->counts & ~0xFFFFull) + 0x10000) | (USHORT)depth,
                     __ATOMIC_RELAXED);
}

static PSLIST_ENTRY push(PSLIST_HEADER head, PSLIST_ENTRY entry)
{
    struct slist *list = (struct slist *)head;
    PSLIST_ENTRY first = (PSLIST_ENTRY)(uintptr_t)lock(list);
    entry->Next = first;
    count(list, (USHORT)list->counts + 1u);
    unlock(list, entry);
    return first;
}

static PSLIST_ENTRY pop(PSLIST_HEADER head)
{
    struct slist *list = (struct slist *)head;
    if (!(__atomic_load_n(&list->first, __ATOMIC_RELAXED) & ~SLIST_LOCK))
        return NULL;
    PSLIST_ENTRY first = (PSLIST_ENTRY)(uintptr_t)lock(list), next = first;
    if (first) {
        next = first->Next;
        count(list, (USHORT)list->counts - 1u);
    }
    unlock(list, next);
    return first;
}

static PSLIST_ENTRY flush(PSLIST_HEADER head)
{
    struct slist *list = (struct slist *)head;
    PSLIST_ENTRY first = (PSLIST_ENTRY)(uintptr_t)lock(list);
    count(list, 0);
    unlock(list, NULL);
    return first;
}

VOID NTAPI InitializeSListHead(PSLIST_HEADER SListHead)
{
    GATE(InitializeSListHead, SListHead);
    *(struct slist *)SListHead = (struct slist){0, 0};
}

VOID NTAPI ExInitializeSListHead(PSLIST_HEADER SListHead)
{
    GATE(ExInitializeSListHead, SListHead);
    *(struct slist *)SListHead = (struct slist){0, 0};
}

/* The first entry, which stays in the list. */
PSLIST_ENTRY NTAPI FirstEntrySList(const SLIST_HEADER *SListHead)
{
    GATE(FirstEntrySList, SListHead);
    return (PSLIST_ENTRY)(uintptr_t)(__atomic_load_n(&((struct slist *)SListHead)->first, __ATOMIC_ACQUIRE) &
                                     ~SLIST_LOCK);
}

USHORT NTAPI ExQueryDepthSList(PSLIST_HEADER SListHead)
{
    GATE(ExQueryDepthSList, SListHead);
    return (USHORT)__atomic_load_n(&((struct slist *)SListHead)->counts, __ATOMIC_RELAXED);
}

PSLIST_ENTRY NTAPI ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry)
{
    GATE(ExpInterlockedPushEntrySList, ListHead, ListEntry);
    return push(ListHead, ListEntry);
}

PSLIST_ENTRY NTAPI ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead)
{
    GATE(ExpInterlockedPopEntrySList, ListHead);
    return pop(ListHead);
}

PSLIST_ENTRY NTAPI ExpInterlockedFlushSList(PSLIST_HEADER ListHead)
{
    GATE(ExpInterlockedFlushSList, ListHead);
    return flush(ListHead);
}
