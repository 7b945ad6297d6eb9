/*
 * Heaps. Each block is one of the host's, so that a sanitizer sees it, behind a header that links it to its
 * heap: a heap that is destroyed, and the process heap at the end, frees what the client left.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

struct block {
    LIST_ENTRY link;
    struct win32_heap *heap;
    size_t size;
};

_Static_assert(sizeof(struct block) % 16 == 0, "blocks are aligned as on Windows x64");

static void list_start(LIST_ENTRY *head)
{
    head->Flink = head->Blink = head;
}

static void list_add(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    entry->Flink = head;
    entry->Blink = head->Blink;
    head->Blink->Flink = entry;
    head->Blink = entry;
}

static void list_remove(LIST_ENTRY *entry)
{
    entry->Blink->Flink = entry->Flink;
    entry->Flink->Blink = entry->Blink;
}

static void empty(struct win32_heap *heap)
{
    while (heap->blocks.Flink != &heap->blocks) {
        struct block *block = CONTAINING_RECORD(heap->blocks.Flink, struct block, link);
        list_remove(&block->link);
        free(block);
    }
}

void win32_heap_start(void)
{
    list_start(&win32_state()->process_heap.blocks);
}

void win32_heap_stop(void)
{
    empty(&win32_state()->process_heap);
    while (win32_state()->heaps) {
        struct win32_heap *heap = win32_state()->heaps;
        win32_state()->heaps = heap->next;
        empty(heap);
        free(heap);
    }
}

/* Under the lock. */
static struct win32_heap *find(HANDLE handle)
{
    if (handle == &win32_state()->process_heap)
        return handle;
    struct win32_heap *heap = win32_state()->heaps;
    while (heap && heap != handle)
        heap = heap->next;
    return heap;
}

static struct block *block_of(LPCVOID memory)
{
    return (struct block *)((ULONG_PTR)memory - sizeof(struct block));
}

/* The block of a heap at an address that may be none; the header is read with care. */
static struct block *checked_block(HANDLE heap, LPCVOID memory)
{
    struct block header;
    if (!memory || (ULONG_PTR)memory % 16 || !host_copy(&header, block_of(memory), sizeof header, NULL) ||
        header.heap != heap)
        return NULL;
    return block_of(memory);
}

HANDLE WINAPI GetProcessHeap(VOID)
{
    return &win32_state()->process_heap;
}

HANDLE WINAPI HeapCreate(DWORD flOptions, SIZE_T dwInitialSize, SIZE_T dwMaximumSize)
{
    if (dwMaximumSize && dwInitialSize > dwMaximumSize) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    struct win32_heap *heap = calloc(1, sizeof *heap);
    if (!heap) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    heap->options = flOptions;
    list_start(&heap->blocks);
    win32_lock();
    heap->next = win32_state()->heaps;
    win32_state()->heaps = heap;
    win32_unlock();
    return heap;
}

BOOL WINAPI HeapDestroy(HANDLE hHeap)
{
    win32_lock();
    struct win32_heap **link = &win32_state()->heaps;
    while (*link && *link != hHeap)
        link = &(*link)->next;
    struct win32_heap *heap = *link;
    if (heap)
        *link = heap->next;
    win32_unlock();
    if (!heap)
        return win32_error(ERROR_INVALID_HANDLE);
    empty(heap);
    free(heap);
    return TRUE;
}

LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes)
{
    struct block *block = NULL;
    if (dwBytes < SIZE_MAX - sizeof *block)
        block =
            dwFlags & HEAP_ZERO_MEMORY ? calloc(1, sizeof *block + dwBytes) : malloc(sizeof *block + dwBytes);
    if (!block) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    win32_lock();
    block->heap = find(hHeap);
    block->size = dwBytes;
    if (block->heap)
        list_add(&block->heap->blocks, &block->link);
    win32_unlock();
    if (!block->heap) {
        free(block);
        win32_error(ERROR_INVALID_HANDLE);
        return NULL;
    }
    return block + 1;
}

BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem)
{
    (void)dwFlags;
    if (!lpMem)
        return TRUE;
    struct block *block = checked_block(hHeap, lpMem);
    if (!block)
        return win32_error(ERROR_INVALID_PARAMETER);
    win32_lock();
    list_remove(&block->link);
    win32_unlock();
    block->heap = NULL; /* so that freeing it twice is noticed where no sanitizer watches */
    free(block);
    return TRUE;
}

LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes)
{
    struct block *block = checked_block(hHeap, lpMem);
    if (!block) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    size_t before = block->size;
    if (dwFlags & HEAP_REALLOC_IN_PLACE_ONLY) {
        if (dwBytes > before) {
            win32_error(ERROR_NOT_ENOUGH_MEMORY);
            return NULL;
        }
        block->size = dwBytes;
        return lpMem;
    }
    LPVOID moved = HeapAlloc(hHeap, dwFlags, dwBytes);
    if (!moved)
        return NULL;
    memcpy(moved, lpMem, before < dwBytes ? before : dwBytes);
    HeapFree(hHeap, 0, lpMem);
    return moved;
}

SIZE_T WINAPI HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem)
{
    (void)dwFlags;
    struct block *block = checked_block(hHeap, lpMem);
    if (!block) {
        win32_error(ERROR_INVALID_PARAMETER);
        return (SIZE_T)-1;
    }
    return block->size;
}

BOOL WINAPI HeapValidate(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem)
{
    (void)dwFlags;
    if (lpMem)
        return checked_block(hHeap, lpMem) != NULL;
    win32_lock();
    bool known = find(hHeap) != NULL;
    win32_unlock();
    return known;
}

/* Local and global memory: never moved, so a handle is the address. */

HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes)
{
    return HeapAlloc(GetProcessHeap(), uFlags & LMEM_ZEROINIT ? HEAP_ZERO_MEMORY : 0, uBytes);
}

HLOCAL WINAPI LocalReAlloc(HLOCAL hMem, SIZE_T uBytes, UINT uFlags)
{
    struct block *block = checked_block(GetProcessHeap(), hMem);
    if (!block) {
        win32_error(ERROR_INVALID_HANDLE);
        return NULL;
    }
    size_t before = block->size;
    HLOCAL moved = HeapReAlloc(GetProcessHeap(), 0, hMem, uBytes);
    if (moved && uFlags & LMEM_ZEROINIT && uBytes > before)
        memset((char *)moved + before, 0, uBytes - before);
    return moved;
}

/* NULL on success, the handle itself when it is none. */
HLOCAL WINAPI LocalFree(HLOCAL hMem)
{
    if (HeapFree(GetProcessHeap(), 0, hMem))
        return NULL;
    win32_error(ERROR_INVALID_HANDLE);
    return hMem;
}

LPVOID WINAPI LocalLock(HLOCAL hMem)
{
    if (checked_block(GetProcessHeap(), hMem))
        return hMem;
    win32_error(ERROR_INVALID_HANDLE);
    return NULL;
}

/* Memory that does not move has no lock count. */
BOOL WINAPI LocalUnlock(HLOCAL hMem)
{
    return win32_error(checked_block(GetProcessHeap(), hMem) ? ERROR_NOT_LOCKED : ERROR_INVALID_HANDLE);
}

SIZE_T WINAPI LocalSize(HLOCAL hMem)
{
    struct block *block = checked_block(GetProcessHeap(), hMem);
    if (block)
        return block->size;
    win32_error(ERROR_INVALID_HANDLE);
    return 0;
}

HGLOBAL WINAPI GlobalAlloc(UINT uFlags, SIZE_T dwBytes)
{
    return LocalAlloc(uFlags, dwBytes);
}

HGLOBAL WINAPI GlobalReAlloc(HGLOBAL hMem, SIZE_T dwBytes, UINT uFlags)
{
    return LocalReAlloc(hMem, dwBytes, uFlags);
}

HGLOBAL WINAPI GlobalFree(HGLOBAL hMem)
{
    return LocalFree(hMem);
}

LPVOID WINAPI GlobalLock(HGLOBAL hMem)
{
    return LocalLock(hMem);
}

/* Fixed global memory says that it is still locked, which no caller takes for a failure. */
BOOL WINAPI GlobalUnlock(HGLOBAL hMem)
{
    return checked_block(GetProcessHeap(), hMem) ? TRUE : win32_error(ERROR_INVALID_HANDLE);
}

SIZE_T WINAPI GlobalSize(HGLOBAL hMem)
{
    return LocalSize(hMem);
}
