/*
 * The pool as a whole: the classes of blocks it has, its heaps' start and stop, and what goes over all
 * blocks.
 */
#include "mip.h"

#include <stdlib.h>

/* --- classes --- */

static void add_class(struct mi_pool *pool, size_t capacity, uint32_t stride, uint32_t offset)
{
    uint32_t most = 64u * 1024 / stride;
    pool->classes[pool->class_count++] = (struct mi_class){
        .capacity = capacity,
        .stride = stride,
        .offset = offset,
        .most = (uint16_t)(most < 4     ? 4
                           : most > 128 ? 128
                                        : most),
    };
}

static void make_classes(struct mi_pool *pool)
{
    static const uint8_t pages[] = {1, 2, 3, 4, 6, 8, 12, 16};
    size_t step = 16, capacity = 16;
    while (capacity < PAGE_SIZE) {
        add_class(pool, capacity, (uint32_t)(capacity + 2 * MI_GUARD), MI_GUARD);
        if (capacity >= 8 * step)
            step *= 2;
        capacity += step;
    }
    /* The last one must hold whatever is less than a page. */
    if (pool->classes[pool->class_count - 1].capacity < PAGE_SIZE - 1)
        add_class(pool, PAGE_SIZE, PAGE_SIZE + 2 * MI_GUARD, MI_GUARD);
    for (unsigned i = 0, klass = 0; i < PAGE_SIZE / 16; i++) {
        while (pool->classes[klass].capacity < (i + 1) * 16)
            klass++;
        pool->class_of[i] = (uint8_t)klass;
    }
    pool->page_class = pool->class_count;
    for (unsigned i = 0; i < sizeof pages; i++)
        add_class(pool, (size_t)pages[i] * PAGE_SIZE, (pages[i] + 1u) * PAGE_SIZE, 0);
}

/* --- all blocks --- */

struct walk {
    void (*visit)(void *context, const struct mi_block *);
    void *context;
};

static void visit_copy(void *context, struct mi_block *block)
{
    const struct walk *walk = context;
    struct mi_block seen = *block;
    walk->visit(walk->context, &seen);
}

void mi_pool_walk(void (*visit)(void *context, const struct mi_block *), void *context)
{
    struct mi_pool *pool = &mip()->pool;
    ki_lock(&pool->lock);
    for (struct mi_span *span = pool->all; span; span = span->next) {
        uint32_t carved = atomic_load_explicit(&span->carved, memory_order_acquire);
        for (uint32_t i = 0; i < carved; i++) {
            const struct mi_block *block = &span->blocks[i];
            if (__atomic_load_n(&block->state, __ATOMIC_ACQUIRE) != MI_ALLOCATED)
                continue;
            struct mi_block seen = {
                .address = block->address,
                .caller = __atomic_load_n(&block->caller, __ATOMIC_RELAXED),
                .size = __atomic_load_n(&block->size, __ATOMIC_RELAXED),
                .tag = __atomic_load_n(&block->tag, __ATOMIC_RELAXED),
                .type = __atomic_load_n(&block->type, __ATOMIC_RELAXED),
                .flags = __atomic_load_n(&block->flags, __ATOMIC_RELAXED),
            };
            visit(context, &seen);
        }
    }
    ki_unlock(&pool->lock);
    struct walk walk = {visit, context};
    mi_special_walk(visit_copy, &walk);
}

/* Blocks in a free list were written to: what is known of them, and where. Their fill is made good. */
struct changed {
    void *driver; /* whose blocks; NULL: all */
    unsigned count;
    struct mi_block block[16];
    size_t offset[16];
};

static HOST_BLIND void check_list(struct changed *changed, struct mi_block *block, size_t capacity)
{
    for (; block && changed->count < 16; block = block->next) {
        const uint8_t *bad = changed->driver && mm_image_owner(block->caller) != changed->driver
                                 ? NULL
                                 : mi_pool_first_changed(block, capacity);
        if (!bad)
            continue;
        size_t offset = (size_t)(bad - block->address);
        changed->block[changed->count] = *block;
        changed->offset[changed->count++] = offset;
        memset(block->address + offset, MI_FREE_FILL, capacity - offset);
        host_shadow_freed(block->address, capacity);
    }
}

void mi_pool_check_free(void *driver)
{
    struct mi_pool *pool = &mip()->pool;
    struct changed changed = {.driver = driver};
    if (ntio_machine.verifier == VERIFIER_OFF || mi_asan())
        return;
    for (unsigned heap = 0; heap < MI_HEAPS; heap++)
        for (unsigned klass = 0; klass < pool->class_count; klass++) {
            struct mi_depot *depot = &pool->heaps[heap].depots[klass];
            ki_lock(&depot->lock);
            check_list(&changed, depot->free, pool->classes[klass].capacity);
            ki_unlock(&depot->lock);
            for (unsigned i = 0; i < MI_STRIPES; i++) {
                struct mi_stripe *stripe = &pool->stripes[i];
                ki_lock(&stripe->lock);
                check_list(&changed, stripe->free[heap][klass], pool->classes[klass].capacity);
                ki_unlock(&stripe->lock);
            }
        }
    for (unsigned i = 0; i < changed.count; i++)
        mi_pool_tell_changed(&changed.block[i], changed.offset[i]);
}

/* All blocks of paged pool; what lies between large ones stays inaccessible. */
void mi_pool_protect_paged(int protection)
{
    struct mi_pool *pool = &mip()->pool;
    ki_lock(&pool->lock);
    for (struct mi_span *span = pool->all; span; span = span->next) {
        if (span->heap != PagedPool)
            continue;
        if (!mi_is_paged_slot(span)) {
            host_vm_protect(span->base, (size_t)span->units * MI_UNIT, protection);
            continue;
        }
        uint32_t carved = atomic_load_explicit(&span->carved, memory_order_acquire);
        for (uint32_t i = 0; i < carved; i++)
            if (!mi_is_large(span) ||
                __atomic_load_n(&span->blocks[i].state, __ATOMIC_ACQUIRE) == MI_ALLOCATED)
                host_vm_protect(span->blocks[i].address, span->capacity, protection);
    }
    ki_unlock(&pool->lock);
}

/* --- start and stop --- */

static bool start_heap(struct mi_heap *heap, void *base, size_t size)
{
    uint32_t units = (uint32_t)(size / MI_UNIT);
    heap->base = base;
    heap->size = size;
    heap->spans = mi_table_create((size_t)units * sizeof heap->spans[0]);
    return heap->spans && mi_bitmap_create(&heap->used, units);
}

bool mi_pool_start(void *nonpaged, void *paged, size_t size)
{
    struct mi_pool *pool = &mip()->pool;
    make_classes(pool);
    return start_heap(&pool->heaps[NonPagedPool], nonpaged, size) &&
           start_heap(&pool->heaps[PagedPool], paged, size);
}

static void free_spans(struct mi_span *span)
{
    while (span) {
        struct mi_span *next = span->next;
        mi_unpoison(span->base, (size_t)span->units * MI_UNIT);
        free(span);
        span = next;
    }
}

void mi_pool_stop(void)
{
    struct mi_pool *pool = &mip()->pool;
    free_spans(pool->all);
    free_spans(pool->retired);
    for (unsigned i = 0; i < MI_HEAPS; i++) {
        struct mi_heap *heap = &pool->heaps[i];
        mi_table_destroy((void *)heap->spans, heap->size / MI_UNIT * sizeof heap->spans[0]);
        mi_bitmap_destroy(&heap->used);
    }
}
