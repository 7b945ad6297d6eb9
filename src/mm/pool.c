/*
 * The pool allocator: spans of equal slots, free lists striped over threads, one depot a size class behind
 * them.
 *
 * What is known of a block (tag, size, whose, state) stands beside the span, not in it, so that no overrun
 * can forge it. In the span each block of less than a page has a guard before it and one right behind its
 * last byte; blocks of a page and more start on a page and end before an inaccessible one. Under
 * AddressSanitizer all that is no block's is poisoned, and freed blocks wait in a queue before they are used
 * again.
 */
#include "mip.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MI_QUARANTINE_BLOCKS 4096
#define MI_QUARANTINE_BYTES  (16u << 20)
#define MI_SHADOWED          (16u << 20) /* MemorySanitizer's shadow of a block costs as much memory again */
#define MI_FILL_UNVERIFIED   512u        /* how much of a freed block is filled when nobody verifies */

struct unaligned {
    uint64_t value;
} __attribute__((packed, may_alias));

/* --- classes --- */

static unsigned class_of(const struct mi_pool *pool, size_t size)
{
    if (size < PAGE_SIZE)
        return pool->class_of[size ? (size - 1) / 16 : 0];
    unsigned klass = pool->page_class;
    while (pool->classes[klass].capacity < size)
        klass++;
    return klass;
}

/* --- spans --- */

static bool commit_pages(const struct mi_span *span, uint8_t *at, size_t size)
{
    if (span->frame == MI_NONE)
        return host_vm_commit(at, size, HOST_READ | HOST_WRITE);
    uint32_t page = (uint32_t)((size_t)(at - span->base) >> PAGE_SHIFT);
    return mi_frames_map(span->frame + page, at, (uint32_t)(size >> PAGE_SHIFT), HOST_READ | HOST_WRITE);
}

static void publish(struct mi_heap *heap, struct mi_span *span)
{
    uint32_t unit = (uint32_t)((size_t)(span->base - heap->base) / MI_UNIT);
    for (uint32_t i = 0; i < span->units; i++)
        atomic_store_explicit(&heap->spans[unit + i], span, memory_order_release);
}

/* Under the pool's lock: what large blocks stood in these units before? */
static void retire_in(struct mi_pool *pool, struct mi_heap *heap, uint32_t unit, uint32_t units)
{
    for (uint32_t i = unit; i < unit + units; i++) {
        struct mi_span *old = atomic_load_explicit(&heap->spans[i], memory_order_relaxed);
        if (!old)
            continue;
        uint32_t first = (uint32_t)((size_t)(old->base - heap->base) / MI_UNIT);
        for (uint32_t j = 0; j < old->units; j++)
            atomic_store_explicit(&heap->spans[first + j], NULL, memory_order_relaxed);
        for (struct mi_span **link = &pool->all; *link; link = &(*link)->next) {
            if (*link == old) {
                *link = old->next;
                break;
            }
        }
        old->next = pool->retired;
        pool->retired = old;
    }
}

static struct mi_span *new_span(struct mi_pool *pool, uint32_t count)
{
    struct mi_span **link = &pool->retired;
    while (*link && (*link)->count != count)
        link = &(*link)->next;
    struct mi_span *span = *link;
    if (span)
        *link = span->next;
    else
        span = malloc(sizeof *span + count * sizeof span->blocks[0]);
    if (span)
        memset(span, 0, sizeof *span + count * sizeof span->blocks[0]);
    return span;
}

static struct mi_span *create_span(unsigned heap_index, unsigned klass, size_t capacity, uint32_t stride,
                                   uint32_t offset, uint32_t count, size_t bytes)
{
    struct mi_pool *pool = &mip()->pool;
    struct mi_heap *heap = &pool->heaps[heap_index];
    uint32_t units = (uint32_t)((bytes + MI_UNIT - 1) / MI_UNIT);
    ki_lock(&pool->lock);
    uint32_t unit = mi_bitmap_take(&heap->used, units);
    struct mi_span *span = NULL;
    if (unit == MI_NONE)
        goto out;
    retire_in(pool, heap, unit, units);
    span = new_span(pool, count);
    if (!span)
        goto no_span;
    span->base = heap->base + (size_t)unit * MI_UNIT;
    span->units = units;
    span->stride = stride;
    span->offset = offset;
    span->capacity = capacity;
    span->count = count;
    span->heap = (uint8_t)heap_index;
    span->klass = (uint8_t)klass;
    span->frame = MI_NONE;
    if (mip()->frames.section) {
        span->frame = mi_frames_allocate(units * (MI_UNIT / PAGE_SIZE));
        if (span->frame == MI_NONE)
            goto no_frames;
    }
    if (!mi_is_paged_slot(span) && !commit_pages(span, span->base, (size_t)units * MI_UNIT))
        goto no_commit;
    if (!mi_is_paged_slot(span)) /* what is behind a block may be a slot that was never used */
        host_shadow_new(span->base, (size_t)units * MI_UNIT);
    mi_poison(span->base, (size_t)units * MI_UNIT);
    span->next = pool->all;
    pool->all = span;
    publish(heap, span);
out:
    ki_unlock(&pool->lock);
    return span;

no_commit:
    if (span->frame != MI_NONE)
        mi_frames_disown(span->frame, units * (MI_UNIT / PAGE_SIZE));
no_frames:
    span->next = pool->retired;
    pool->retired = span;
    span = NULL;
no_span:
    mi_bitmap_clear(&heap->used, unit, units);
    goto out;
}

struct mi_span *mi_pool_span(const volatile void *address)
{
    struct mi_pool *pool = &mip()->pool;
    for (unsigned i = 0; i < MI_HEAPS; i++) {
        struct mi_heap *heap = &pool->heaps[i];
        size_t offset = (uintptr_t)address - (uintptr_t)heap->base;
        if (offset < heap->size)
            return atomic_load_explicit(&heap->spans[offset / MI_UNIT], memory_order_acquire);
    }
    return NULL;
}

struct mi_block *mi_pool_find(const volatile void *address, struct mi_span **where)
{
    struct mi_span *span = mi_pool_span(address);
    *where = span;
    if (!span)
        return mi_is_special(address) ? mi_special_find(address) : NULL;
    size_t offset = (uintptr_t)address - (uintptr_t)span->base - span->offset;
    uint32_t slot = (uint32_t)(offset / span->stride);
    if (slot >= atomic_load_explicit(&span->carved, memory_order_acquire) ||
        (size_t)slot * span->stride != offset)
        return NULL;
    return &span->blocks[slot];
}

bool mi_pool_is_paged(const volatile void *address)
{
    struct mi_span *span = mi_pool_span(address);
    if (span)
        return span->heap == PagedPool;
    const struct mi_block *block = mi_is_special(address) ? mi_special_find(address) : NULL;
    return block && block->type & PagedPool;
}

PFN_NUMBER mi_pool_pfn(const volatile void *address)
{
    struct mi_span *span = mi_pool_span(address);
    if (!span && mi_is_special(address))
        return mi_special_pfn(address);
    if (!span || span->frame == MI_NONE)
        return 0;
    return mi_pfn_of_frame(span->frame +
                           (uint32_t)(((uintptr_t)address - (uintptr_t)span->base) >> PAGE_SHIFT));
}

/* --- fills and guards --- */

static size_t fill_length(size_t capacity)
{
    return ntio_machine.verifier == VERIFIER_OFF && capacity > MI_FILL_UNVERIFIED ? MI_FILL_UNVERIFIED
                                                                                  : capacity;
}

static size_t tail_room(const struct mi_span *span, size_t size)
{
    size_t slack = span->capacity - size;
    return mi_is_paged_slot(span) ? (slack < MI_GUARD ? 0 : MI_GUARD) : MI_GUARD;
}

static MI_RAW void write_guard(uint8_t *at)
{
    ((volatile struct unaligned *)at)[0].value = MI_GUARD_WORD;
    ((volatile struct unaligned *)at)[1].value = MI_GUARD_WORD;
}

static MI_RAW bool guard_is_whole(const uint8_t *at, uint64_t *found)
{
    for (unsigned i = 0; i < 2; i++) {
        *found = ((const volatile struct unaligned *)at)[i].value;
        if (*found != MI_GUARD_WORD)
            return false;
    }
    return true;
}

/* A block whose first slot it is: its memory, guard and fill come into being. */
static bool furnish(struct mi_span *span, struct mi_block *block)
{
    if (mi_is_paged_slot(span) && !commit_pages(span, block->address, span->capacity))
        return false;
    if (!mi_is_paged_slot(span)) {
        write_guard(block->address - MI_GUARD);
        host_shadow_new(block->address - MI_GUARD, MI_GUARD);
    }
    mi_unpoison(block->address, span->capacity);
    memset(block->address, MI_FREE_FILL, fill_length(span->capacity));
    host_shadow_new(block->address, span->capacity);
    mi_poison(block->address, span->capacity);
    return true;
}

__attribute__((format(printf, 2, 3))) static void describe(const struct mi_block *block, const char *what,
                                                           ...)
{
    char allocated[200], freed[200] = "", text[200];
    const void *freed_by = __atomic_load_n(&block->freed_by, __ATOMIC_RELAXED);
    va_list list;
    uint32_t tag = __atomic_load_n(&block->tag, __ATOMIC_RELAXED);
    host_call_site(__atomic_load_n(&block->caller, __ATOMIC_RELAXED), allocated, sizeof allocated);
    if (freed_by)
        host_call_site(freed_by, freed, sizeof freed);
    va_start(list, what);
    vsnprintf(text, sizeof text, what, list);
    va_end(list);
    machine_violation("pool block %p of %llu bytes (tag '%.4s', allocated at %s%s%s) %s",
                      (void *)block->address,
                      (unsigned long long)__atomic_load_n(&block->size, __ATOMIC_RELAXED), (const char *)&tag,
                      allocated, freed_by ? ", freed at " : "", freed, text);
}

HOST_BLIND const uint8_t *mi_pool_first_changed(const struct mi_block *block, size_t length)
{
    const uint8_t *bytes = block->address;
    const uint64_t *words = (const uint64_t *)block->address;
    size_t i = 0;
    while (i < length && words[i / 8] == MI_FREE_WORD)
        i += 8;
    while (i < length && bytes[i] == MI_FREE_FILL)
        i++;
    return i < length ? bytes + i : NULL;
}

void mi_pool_tell_changed(const struct mi_block *block, size_t offset)
{
    describe(block, "was written to at offset %zu after it was freed", offset);
}

/* Nobody has written to it since it was freed; done to the whole block when somebody verifies. */
static HOST_BLIND void check_fill(const struct mi_span *span, const struct mi_block *block)
{
    if (ntio_machine.verifier == VERIFIER_OFF)
        return;
    const uint8_t *bad = mi_pool_first_changed(block, span->capacity);
    if (!bad)
        return;
    mi_pool_tell_changed(block, (size_t)(bad - block->address));
    KiBugCheck(BAD_POOL_HEADER, 0xD, (ULONG_PTR)block->address, (ULONG_PTR)bad, *bad, block->caller);
}

/* --- free lists --- */

static struct mi_stripe *my_stripe(struct mi_pool *pool)
{
    /* Any thread-local's address is the thread's own; KiThread's needs no call to find. */
    uint64_t thread = (uintptr_t)&KiThread >> 6;
    return &pool->stripes[thread * 0x9E3779B97F4A7C15ull >> 60];
}

static struct mi_block *carve(struct mi_depot *depot, unsigned heap, unsigned klass)
{
    const struct mi_class *class = &mip()->pool.classes[klass];
    struct mi_span *span = depot->current;
    if (!span || atomic_load_explicit(&span->carved, memory_order_relaxed) == span->count) {
        size_t bytes = class->offset ? MI_UNIT : 4 * (size_t) class->stride;
        span = create_span(heap, klass, class->capacity, class->stride, class->offset,
                           (uint32_t)((bytes < MI_UNIT ? MI_UNIT : bytes) / class->stride), bytes);
        if (!span)
            return NULL;
        depot->current = span;
    }
    uint32_t slot = atomic_load_explicit(&span->carved, memory_order_relaxed);
    struct mi_block *block = &span->blocks[slot];
    block->address = span->base + (size_t)slot * span->stride + span->offset;
    if (!furnish(span, block))
        return NULL;
    block->state = MI_FREE;
    atomic_store_explicit(&span->carved, slot + 1, memory_order_release);
    return block;
}

/* Fetches half of what the stripe may keep, new slots when the depot has none. */
static struct mi_block *refill(struct mi_stripe *stripe, unsigned heap, unsigned klass)
{
    struct mi_pool *pool = &mip()->pool;
    struct mi_depot *depot = &pool->heaps[heap].depots[klass];
    unsigned wanted = pool->classes[klass].most / 2u;
    ki_lock(&depot->lock);
    struct mi_block *block = depot->free;
    if (block)
        depot->free = block->next;
    else
        block = carve(depot, heap, klass);
    while (wanted-- > 1 && depot->free) {
        struct mi_block *more = depot->free;
        depot->free = more->next;
        more->next = stripe->free[heap][klass];
        stripe->free[heap][klass] = more;
        stripe->count[heap][klass]++;
    }
    ki_unlock(&depot->lock);
    return block;
}

static struct mi_block *take(unsigned heap, unsigned klass)
{
    struct mi_stripe *stripe = my_stripe(&mip()->pool);
    ki_lock(&stripe->lock);
    struct mi_block *block = stripe->free[heap][klass];
    if (__builtin_expect(block != NULL, 1)) {
        stripe->free[heap][klass] = block->next;
        stripe->count[heap][klass]--;
    } else {
        block = refill(stripe, heap, klass);
    }
    ki_unlock(&stripe->lock);
    return block;
}

static void spill(struct mi_stripe *stripe, unsigned heap, unsigned klass)
{
    struct mi_pool *pool = &mip()->pool;
    struct mi_depot *depot = &pool->heaps[heap].depots[klass];
    ki_lock(&depot->lock);
    while (stripe->count[heap][klass] > pool->classes[klass].most / 2u) {
        struct mi_block *block = stripe->free[heap][klass];
        stripe->free[heap][klass] = block->next;
        stripe->count[heap][klass]--;
        block->next = depot->free;
        depot->free = block;
    }
    ki_unlock(&depot->lock);
}

static void put(struct mi_span *span, struct mi_block *block)
{
    struct mi_pool *pool = &mip()->pool;
    struct mi_stripe *stripe = my_stripe(pool);
    unsigned heap = span->heap, klass = span->klass;
    ki_lock(&stripe->lock);
    block->next = stripe->free[heap][klass];
    stripe->free[heap][klass] = block;
    if (++stripe->count[heap][klass] > pool->classes[klass].most)
        spill(stripe, heap, klass);
    ki_unlock(&stripe->lock);
}

/* Under AddressSanitizer a freed block waits; what leaves the queue goes to the free lists. */
static void put_later(struct mi_span *span, struct mi_block *block)
{
    struct mi_pool *pool = &mip()->pool;
    struct mi_block *leaving = NULL;
    ki_lock(&pool->quarantine.lock);
    block->next = NULL;
    if (pool->quarantine.last)
        pool->quarantine.last->next = block;
    else
        pool->quarantine.first = block;
    pool->quarantine.last = block;
    pool->quarantine.count++;
    pool->quarantine.bytes += span->capacity;
    if (pool->quarantine.count > MI_QUARANTINE_BLOCKS || pool->quarantine.bytes > MI_QUARANTINE_BYTES) {
        leaving = pool->quarantine.first;
        pool->quarantine.first = leaving->next;
        if (!leaving->next)
            pool->quarantine.last = NULL;
        span = mi_pool_span(leaving->address);
        pool->quarantine.count--;
        pool->quarantine.bytes -= span->capacity;
    }
    ki_unlock(&pool->quarantine.lock);
    if (leaving)
        put(span, leaving);
}

/* --- large blocks --- */

static struct mi_block *take_large(unsigned heap, size_t size, struct mi_span **span)
{
    size_t capacity = (size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
    if (size > mip()->pool.heaps[heap].size / 2)
        return NULL;
    struct mi_span *made = create_span(heap, 0, capacity, MI_ONE_SLOT, 0, 1, capacity + PAGE_SIZE);
    if (!made)
        return NULL;
    *span = made;
    struct mi_block *block = &made->blocks[0];
    block->address = made->base;
    if (!commit_pages(made, made->base, capacity))
        return NULL; /* stays a reservation nobody uses; the host is out of memory anyway */
    atomic_store_explicit(&made->carved, 1, memory_order_release);
    return block;
}

/* The memory goes at once, so that a late access faults; the span stays to tell a second free from a wild
 * one. */
static void put_large(struct mi_span *span)
{
    struct mi_pool *pool = &mip()->pool;
    struct mi_heap *heap = &pool->heaps[span->heap];
    mi_unpoison(span->base, (size_t)span->units * MI_UNIT);
    ki_lock(&pool->lock);
    /* Under the lock: whoever makes paged pool accessible again would, a little later, make this so. */
    host_vm_decommit(span->base, span->capacity);
    if (span->frame != MI_NONE)
        mi_frames_disown(span->frame, span->units * (MI_UNIT / PAGE_SIZE));
    mi_bitmap_clear(&heap->used, (uint32_t)((size_t)(span->base - heap->base) / MI_UNIT), span->units);
    ki_unlock(&pool->lock);
}

/* --- allocating and freeing --- */

void *mi_pool_allocate(POOL_TYPE type, SIZE_T size, ULONG tag, unsigned flags, const void *caller)
{
    struct mi_pool *pool = &mip()->pool;
    if (__builtin_expect(mip()->special != NULL, 0) && (flags & (MI_SYSTEM | MI_SPECIAL)) != MI_SYSTEM) {
        void *special = mi_special_allocate(type, size, tag, flags, caller);
        if (special)
            return special;
    }
    unsigned heap = mi_heap_of(type);
    struct mi_span *span = NULL;
    struct mi_block *block;
    /* Cache-aligned blocks: a page is aligned enough, and nobody asks for many. */
    bool aligned = (type & 6) == NonPagedPoolCacheAligned, zeroed = flags & MI_ZERO;
    size_t least = aligned && size < PAGE_SIZE ? PAGE_SIZE : size;
    if (least <= MI_LARGEST) {
        block = take(heap, class_of(pool, least));
        if (!block)
            return NULL;
        span = mi_pool_span(block->address);
        mi_unpoison(block->address, span->capacity);
        check_fill(span, block);
        mi_poison(block->address, span->capacity);
        mi_unpoison(block->address, size);
    } else {
        block = take_large(heap, size, &span);
        if (!block)
            return NULL;
        mi_unpoison(block->address, size);
        flags &= ~MI_ZERO; /* fresh pages */
    }
    uint8_t *address = block->address;
    if (flags & MI_ZERO)
        memset(address, 0, size);
    else if (!(flags & MI_SYSTEM) && least <= MI_LARGEST)
        memset(address, MI_NEW_FILL, size < MI_FILL_UNVERIFIED ? size : fill_length(size));
    if (tail_room(span, size))
        write_guard(address + size);
    host_shadow_new(address + size, span->capacity - size + tail_room(span, size));
    if (!zeroed)
        host_shadow_new(address, size < MI_SHADOWED ? size : MI_SHADOWED);
    __atomic_store_n(&block->caller, caller, __ATOMIC_RELAXED);
    __atomic_store_n(&block->freed_by, NULL, __ATOMIC_RELAXED);
    __atomic_store_n(&block->size, size, __ATOMIC_RELAXED);
    __atomic_store_n(&block->tag, tag, __ATOMIC_RELAXED);
    __atomic_store_n(&block->type, (uint16_t)type, __ATOMIC_RELAXED);
    __atomic_store_n(&block->flags, (uint8_t)flags, __ATOMIC_RELAXED);
    __atomic_store_n(&block->state, MI_ALLOCATED, __ATOMIC_RELEASE);
    return address;
}

/* The block that the address lies in, whether it is allocated or not. */
static const struct mi_block *block_around(const struct mi_span *span, const uint8_t *address)
{
    size_t offset = (uintptr_t)address - (uintptr_t)span->base - span->offset;
    uint32_t slot = (uint32_t)(offset / span->stride);
    if ((uintptr_t)address < (uintptr_t)span->base + span->offset || slot >= atomic_load(&span->carved))
        return NULL;
    const struct mi_block *block = &span->blocks[slot];
    return (size_t)(address - block->address) < block->size ? block : NULL;
}

static _Noreturn void bad_free(void *address, const struct mi_span *span, const struct mi_block *block,
                               const void *caller)
{
    const struct mi_block *around = span && !block ? block_around(span, address) : NULL;
    if (block)
        describe(block, "was freed again");
    else if (around)
        describe(around, "was freed by an address %zu bytes behind its start",
                 (size_t)((uint8_t *)address - around->address));
    if (block)
        KiBugCheck(BAD_POOL_CALLER, 0x7, 0, block->tag, (ULONG_PTR)address, caller);
    if (!MmIsKernelAddress(address) && address)
        KiBugCheck(BAD_POOL_CALLER, 0x40, (ULONG_PTR)address, ntio_machine.kernel_base, 0, caller);
    if (span)
        KiBugCheck(BAD_POOL_CALLER, 0x99, (ULONG_PTR)address, 0, 0, caller);
    KiBugCheck(BAD_POOL_CALLER, 0x46, (ULONG_PTR)address, 0, 0, caller);
}

static void check_guards(const struct mi_span *span, const struct mi_block *block, const void *caller)
{
    uint64_t found;
    uint8_t *address = block->address;
    if (tail_room(span, block->size) && !guard_is_whole(address + block->size, &found)) {
        describe(block, "was written to behind its end");
        KiBugCheck(BAD_POOL_HEADER, 0x21, (ULONG_PTR)address, block->size, found, caller);
    }
    if (!mi_is_paged_slot(span) && !guard_is_whole(address - MI_GUARD, &found)) {
        describe(block, "was written to before its start");
        KiBugCheck(BAD_POOL_HEADER, 0x20, (ULONG_PTR)(address - MI_GUARD),
                   (ULONG_PTR)(address + span->capacity), found, caller);
    }
}

void mi_pool_check_owner(void *address, const void *caller)
{
    struct mi_span *span;
    const struct mi_block *block = mi_pool_find(address, &span);
    if (!block && span)
        block = block_around(span, address);
    if (!block || __atomic_load_n(&block->state, __ATOMIC_ACQUIRE) != MI_ALLOCATED ||
        (block->flags & (MI_SYSTEM | MI_SPECIAL)) != (MI_SYSTEM | MI_SPECIAL))
        return;
    describe(block, "was freed by a driver: it is the I/O manager's, an IRP or the system buffer of one");
    KiBugCheck(BAD_POOL_CALLER, 0x99, (ULONG_PTR)address, 0, 0, caller);
}

void mi_pool_free(void *address, ULONG tag, const void *caller)
{
    struct mi_span *span;
    if (__builtin_expect(mip()->special != NULL, 0) && mi_is_special(address)) {
        mi_special_free(address, tag, caller);
        return;
    }
    struct mi_block *block = mi_pool_find(address, &span);
    uint8_t allocated = MI_ALLOCATED;
    if (!block || !__atomic_compare_exchange_n(&block->state, &allocated, MI_FREE, false, __ATOMIC_ACQ_REL,
                                               __ATOMIC_ACQUIRE))
        bad_free(address, span, block, caller);
    if (tag && tag != block->tag) {
        __atomic_store_n(&block->state, MI_ALLOCATED, __ATOMIC_RELEASE);
        describe(block, "was freed with the tag '%.4s'", (const char *)&tag);
        KiBugCheck(BAD_POOL_CALLER, 0xA, (ULONG_PTR)address, block->tag, tag, caller);
    }
    check_guards(span, block, caller);
    __atomic_store_n(&block->freed_by, caller, __ATOMIC_RELAXED);
    if (mi_is_large(span)) {
        put_large(span);
        return;
    }
    mi_unpoison(block->address, span->capacity);
    memset(block->address, MI_FREE_FILL, fill_length(span->capacity));
    host_shadow_freed(block->address, span->capacity);
    mi_poison(block->address, span->capacity);
    if (mi_asan())
        put_later(span, block);
    else
        put(span, block);
}
