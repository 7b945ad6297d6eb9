/*
 * Holding an object by its handle, inline: the hot path of every service that sends a request. The only
 * header of the object manager's own that another component (io: send.h) sees through; it takes nothing else
 * from obp.h.
 */
#pragma once

#include "obp.h"

/* NULL: not this way. ORDER HOLD. */
static inline POBP_HEADER obp_hold_entry(struct obp_entry *entry, PKTHREAD thread, _Atomic ULONG_PTR *place,
                                         ULONG *access)
{
    uint64_t before = atomic_load_explicit(&entry->Access, memory_order_acquire);
    uint64_t word = atomic_load_explicit(&entry->Object, memory_order_acquire) & OBP_POINTER_MASK;
    if (!word || !(before & OBP_ENTRY_HOLDABLE))
        return NULL;
    atomic_store_explicit(place, (ULONG_PTR)word, memory_order_relaxed);
    host_light_barrier();
    /* Only now is the object known to be one. */
    if (__builtin_expect((atomic_load_explicit(&entry->Object, memory_order_acquire) & OBP_POINTER_MASK) ==
                                 word &&
                             atomic_load_explicit(&entry->Access, memory_order_acquire) == before,
                         1)) {
        *access = (ULONG)before;
        return (POBP_HEADER)(uintptr_t)word;
    }
    ObpEmptyPlace(thread, place);
    return NULL;
}

struct ob_hold ObpHoldSlowly(PKTHREAD, HANDLE, KPROCESSOR_MODE, POBJECT_TYPE);

/*
 * Hot path, for types with Holdable: the object behind a handle, held by the thread instead of counted, which
 * costs no atomic read-modify-write. Only the same thread lets go (ObpLetGo), before its service returns;
 * whoever closes the handle meanwhile counts it for the thread. Holds are no references for anybody else: who
 * passes the object on takes one. What is ordinary first: a handle of the process's own, and nothing held
 * yet.
 */
static inline struct ob_hold ObpHoldByHandle(PKTHREAD Thread, HANDLE Handle, KPROCESSOR_MODE Mode,
                                             POBJECT_TYPE Type)
{
    PETHREAD thread = (PETHREAD)Thread;
    if (__builtin_expect((ULONG_PTR)Handle < OBP_KERNEL_HANDLE && !thread->AttachedProcess &&
                             KiIsVisited(Thread) &&
                             !atomic_load_explicit(&Thread->Held[0], memory_order_relaxed),
                         1)) {
        ULONG access;
        struct obp_entry *entry = obp_entry(thread->Process->Handles, (ULONG_PTR)Handle >> 2);
        POBP_HEADER header = entry ? obp_hold_entry(entry, Thread, &Thread->Held[0], &access) : NULL;
        if (__builtin_expect(header && header->Type == Type, 1))
            return (struct ob_hold){.Object = obp_body(header), .Granted = access & OBP_GRANTED_MASK};
        if (header)
            ObpEmptyPlace(Thread, &Thread->Held[0]);
    }
    return ObpHoldSlowly(Thread, Handle, Mode, Type);
}
