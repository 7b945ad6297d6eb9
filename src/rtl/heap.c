/*
 * Heaps of a driver's own. Each block is pool on the account of the heap's maker; the heap knows its blocks,
 * and frees them with itself.
 */
#include "rtl.h"

#include "../host/host.h"
#include "../mm/mm.h"

#include <string.h>

#define TAG       'paeH'
#define SIGNATURE 0xFFEEFFEE

struct heap {
    ULONG Signature, Flags;
    _Atomic unsigned Lock;
    const void *Caller;
    LIST_ENTRY Blocks;
};

struct block {
    LIST_ENTRY InHeap;
    SIZE_T Size;
    struct heap *Heap;
};
_Static_assert(sizeof(struct block) % MEMORY_ALLOCATION_ALIGNMENT == 0, "what the caller gets is aligned");

static void lock(struct heap *heap)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&heap->Lock, 1, memory_order_acquire); turn++)
        host_spin(turn);
}

static void unlock(struct heap *heap)
{
    atomic_store_explicit(&heap->Lock, 0, memory_order_release);
}

/*
 * A growable heap: HeapBase, CommitSize and Lock of the caller's, and a CommitRoutine, are for heaps in the
 * caller's own memory, which there are none of (NULL). ReserveSize without HEAP_GROWABLE is no limit either.
 */
PVOID RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                    PRTL_HEAP_PARAMETERS Parameters)
{
    GATE(RtlCreateHeap, Flags, HeapBase, ReserveSize, CommitSize);
    (void)Lock;
    if (HeapBase || (Parameters && Parameters->CommitRoutine))
        return NULL;
    const void *caller = __builtin_return_address(0);
    struct heap *heap = MmAllocatePoolFor(caller, NonPagedPoolNx, sizeof *heap, TAG);
    if (!heap)
        return NULL;
    heap->Signature = SIGNATURE;
    heap->Flags = Flags;
    atomic_init(&heap->Lock, 0);
    heap->Caller = caller;
    InitializeListHead(&heap->Blocks);
    return heap;
}

/* HEAP_ZERO_MEMORY; HEAP_GENERATE_EXCEPTIONS raises STATUS_NO_MEMORY instead of returning NULL. Size 0 is a
 * block, too. */
PVOID RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size)
{
    GATE(RtlAllocateHeap, HeapHandle, Flags, Size);
    struct heap *heap = HeapHandle;
    struct block *block = NULL;
    Flags |= heap->Flags;
    if (Size <= SIZE_MAX / 2 && !GATE_FAILS(RtlAllocateHeap))
        block = MmAllocatePoolFor(heap->Caller, NonPagedPoolNx, sizeof *block + Size, TAG);
    if (!block) {
        if (Flags & HEAP_GENERATE_EXCEPTIONS)
            RtlRaiseStatus(STATUS_NO_MEMORY);
        return NULL;
    }
    block->Size = Size;
    block->Heap = heap;
    if (Flags & HEAP_ZERO_MEMORY)
        memset(block + 1, 0, Size);
    lock(heap);
    InsertTailList(&heap->Blocks, &block->InHeap);
    unlock(heap);
    return block + 1;
}

/* TRUE for NULL; FALSE for a block of another heap. */
BOOLEAN RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    GATE(RtlFreeHeap, HeapHandle, Flags, BaseAddress);
    struct heap *heap = HeapHandle;
    struct block *block = BaseAddress;
    if (!BaseAddress)
        return TRUE;
    if ((--block)->Heap != heap)
        return FALSE;
    lock(heap);
    RemoveEntryList(&block->InHeap);
    unlock(heap);
    MmFreePoolFor(__builtin_return_address(0), block, TAG);
    return TRUE;
}

SIZE_T RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress)
{
    GATE(RtlSizeHeap, HeapHandle, Flags, BaseAddress);
    struct block *block = BaseAddress;
    return block && (--block)->Heap == HeapHandle ? block->Size : (SIZE_T)-1;
}

/* NULL: it is gone. What is no heap is returned. */
PVOID RtlDestroyHeap(PVOID HeapHandle)
{
    GATE(RtlDestroyHeap, HeapHandle);
    struct heap *heap = HeapHandle;
    const void *caller = __builtin_return_address(0);
    if (!heap)
        return NULL;
    if (heap->Signature != SIGNATURE)
        return heap;
    while (!IsListEmpty(&heap->Blocks))
        MmFreePoolFor(caller, CONTAINING_RECORD(RemoveHeadList(&heap->Blocks), struct block, InHeap), TAG);
    heap->Signature = 0;
    MmFreePoolFor(caller, heap, TAG);
    return NULL;
}
