/*
 * Lookaside lists: blocks kept for the next request. When somebody verifies, or under a sanitizer, none
 * are kept: each goes back to the pool, which then sees what is done to it afterwards.
 */
#include "exp.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define EXP_KEEPS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define EXP_KEEPS 0
#endif
#endif
#ifndef EXP_KEEPS
#define EXP_KEEPS 1
#endif

#define EXP_DEPTH         64
#define EXP_MAXIMUM_DEPTH 256
#define EXP_SMALLEST      sizeof(PVOID) /* of an SLIST_ENTRY's link */

/* The part that both kinds of list share; GENERAL_LOOKASIDE only adds padding. */
#define POOL_PART(lookaside) ((GENERAL_LOOKASIDE_POOL *)&(lookaside)->L)

static PVOID NTAPI default_allocate(POOL_TYPE type, SIZE_T size, ULONG tag)
{
    return MmAllocatePoolFor(__builtin_return_address(0), type, size, tag);
}

static VOID NTAPI default_free(PVOID block)
{
    MmFreePoolFor(__builtin_return_address(0), block, 0);
}

static void initialize(GENERAL_LOOKASIDE_POOL *list, POOL_TYPE type, SIZE_T size, ULONG tag)
{
    memset(list, 0, sizeof *list);
    InitializeSListHead(&list->ListHead);
    InitializeListHead(&list->ListEntry);
    list->Depth = EXP_KEEPS && ntio_machine.verifier == VERIFIER_OFF ? EXP_DEPTH : 0;
    list->MaximumDepth = EXP_MAXIMUM_DEPTH;
    list->Type = type;
    list->Tag = tag;
    list->Size = (ULONG)(size < EXP_SMALLEST ? EXP_SMALLEST : size);
}

static void count(ULONG *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static PVOID kept(GENERAL_LOOKASIDE_POOL *list)
{
    count(&list->TotalAllocates);
    PVOID block = InterlockedPopEntrySList(&list->ListHead);
    if (!block)
        count(&list->AllocateMisses);
    return block;
}

static bool keep(GENERAL_LOOKASIDE_POOL *list, PVOID block)
{
    count(&list->TotalFrees);
    if (ExQueryDepthSList(&list->ListHead) >= list->Depth) {
        count(&list->FreeMisses);
        return false;
    }
    InterlockedPushEntrySList(&list->ListHead, block);
    return true;
}

static PVOID allocate(GENERAL_LOOKASIDE_POOL *list, const void *caller)
{
    PVOID block = kept(list);
    if (block)
        return block;
    if (list->Allocate == default_allocate)
        return MmAllocatePoolFor(caller, list->Type, list->Size, list->Tag);
    return list->Allocate(list->Type, list->Size, list->Tag);
}

static void release(GENERAL_LOOKASIDE_POOL *list, PVOID block, const void *caller)
{
    if (list->Free == default_free)
        MmFreePoolFor(caller, block, 0);
    else
        list->Free(block);
}

static void empty(GENERAL_LOOKASIDE_POOL *list, const void *caller)
{
    PVOID block;
    while ((block = InterlockedPopEntrySList(&list->ListHead)) != NULL)
        release(list, block, caller);
}

/* Flags: POOL_RAISE_IF_ALLOCATION_FAILURE, POOL_NX_ALLOCATION. Depth is not looked at. */
VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                           PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
                                           USHORT Depth)
{
    GATE(ExInitializeNPagedLookasideList, Lookaside, Flags, Size, Tag);
    (void)Depth;
    initialize(POOL_PART(Lookaside), (POOL_TYPE)(NonPagedPool | Flags), Size, Tag);
    Lookaside->L.Allocate = Allocate ? Allocate : default_allocate;
    Lookaside->L.Free = Free ? Free : default_free;
}

VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate,
                                          PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag,
                                          USHORT Depth)
{
    GATE(ExInitializePagedLookasideList, Lookaside, Flags, Size, Tag);
    (void)Depth;
    initialize(POOL_PART(Lookaside), (POOL_TYPE)(PagedPool | Flags), Size, Tag);
    Lookaside->L.Allocate = Allocate ? Allocate : default_allocate;
    Lookaside->L.Free = Free ? Free : default_free;
}

VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    GATE(ExDeleteNPagedLookasideList, Lookaside);
    empty(POOL_PART(Lookaside), __builtin_return_address(0));
}

VOID NTAPI ExDeletePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    GATE(ExDeletePagedLookasideList, Lookaside);
    empty(POOL_PART(Lookaside), __builtin_return_address(0));
}

PVOID NTAPI ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    GATE(ExAllocateFromNPagedLookasideList, Lookaside);
    return GATE_FAILS(ExAllocateFromNPagedLookasideList)
               ? NULL
               : allocate(POOL_PART(Lookaside), __builtin_return_address(0));
}

PVOID NTAPI ExAllocateFromPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside)
{
    GATE(ExAllocateFromPagedLookasideList, Lookaside);
    return GATE_FAILS(ExAllocateFromPagedLookasideList)
               ? NULL
               : allocate(POOL_PART(Lookaside), __builtin_return_address(0));
}

VOID NTAPI ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    GATE(ExFreeToNPagedLookasideList, Lookaside, Entry);
    if (!keep(POOL_PART(Lookaside), Entry))
        release(POOL_PART(Lookaside), Entry, __builtin_return_address(0));
}

VOID NTAPI ExFreeToPagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    GATE(ExFreeToPagedLookasideList, Lookaside, Entry);
    if (!keep(POOL_PART(Lookaside), Entry))
        release(POOL_PART(Lookaside), Entry, __builtin_return_address(0));
}

/* --- LOOKASIDE_LIST_EX: the routines are told which list; without routines it is the pool --- */

static GENERAL_LOOKASIDE_POOL *general(PLOOKASIDE_LIST_EX list)
{
    return &list->L;
}

static void release_ex(PLOOKASIDE_LIST_EX list, PVOID block, const void *caller)
{
    if (general(list)->FreeEx)
        general(list)->FreeEx(block, list);
    else
        MmFreePoolFor(caller, block, 0);
}

static bool is_pool_type(POOL_TYPE type)
{
    type &= ~(POOL_TYPE)POOL_NX_ALLOCATION;
    return type == NonPagedPool || type == PagedPool || type == NonPagedPoolCacheAligned ||
           type == PagedPoolCacheAligned;
}

/* STATUS_INVALID_PARAMETER_4 for a pool type, _5 for flags that are not valid. An allocation routine finds
 * the flag in its PoolType. (WDK: ExInitializeLookasideListEx) */
NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate,
                                           PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags,
                                           SIZE_T Size, ULONG Tag, USHORT Depth)
{
    GATE(ExInitializeLookasideListEx, Lookaside, PoolType, Flags, Size);
    (void)Depth;
    if (!is_pool_type(PoolType))
        return STATUS_INVALID_PARAMETER_4;
    if (Flags != 0 && Flags != EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL &&
        Flags != EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)
        return STATUS_INVALID_PARAMETER_5;
    if (Flags == EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL)
        PoolType |= POOL_RAISE_IF_ALLOCATION_FAILURE;
    if (Flags == EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE)
        PoolType |= POOL_QUOTA_FAIL_INSTEAD_OF_RAISE;
    initialize(general(Lookaside), PoolType, Size, Tag);
    general(Lookaside)->AllocateEx = Allocate;
    general(Lookaside)->FreeEx = Free;
    return STATUS_SUCCESS;
}

VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    GATE(ExFlushLookasideListEx, Lookaside);
    PVOID block;
    while ((block = InterlockedPopEntrySList(&general(Lookaside)->ListHead)) != NULL)
        release_ex(Lookaside, block, __builtin_return_address(0));
}

VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    GATE(ExDeleteLookasideListEx, Lookaside);
    PVOID block;
    while ((block = InterlockedPopEntrySList(&general(Lookaside)->ListHead)) != NULL)
        release_ex(Lookaside, block, __builtin_return_address(0));
}

PVOID NTAPI ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    GATE(ExAllocateFromLookasideListEx, Lookaside);
    GENERAL_LOOKASIDE_POOL *list = general(Lookaside);
    PVOID block = GATE_FAILS(ExAllocateFromLookasideListEx) ? NULL : kept(list);
    if (block)
        return block;
    if (list->AllocateEx)
        return list->AllocateEx(list->Type, list->Size, list->Tag, Lookaside);
    return MmAllocatePoolFor(__builtin_return_address(0), list->Type, list->Size, list->Tag);
}

VOID NTAPI ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
    GATE(ExFreeToLookasideListEx, Lookaside, Entry);
    if (!keep(general(Lookaside), Entry))
        release_ex(Lookaside, Entry, __builtin_return_address(0));
}
