/*
 * Special pool: each block on pages of its own, between inaccessible ones. At the end of its pages an access
 * behind it faults at once and what is written before it is seen when it is freed; at their start the other
 * way round. A freed block's pages are inaccessible until many others have been freed after it.
 *
 * WDK: "Special Pool", "Bug Check 0xC1", "0xCC", "0xCD", "0xD5", "0xD6".
 */
#include "mip.h"

#include <bugcodes.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARE      4      /* what part of the last quarter of the kernel's range it is */
#define QUARANTINE 65536u /* pages of freed blocks that are not used again yet */
#define SLACK_FILL 0xA7   /* in the pages of a block, outside of it */
#define LARGEST    (1u << 20)

struct special_block {
    struct mi_block block;
    struct special_block *next; /* in the quarantine */
    const void *freed_by;
    uint32_t page, pages; /* its own; one inaccessible page follows */
    uint32_t frame;       /* MI_NONE: none */
};

struct mi_special {
    bool at_start; /* blocks begin where their pages do */
    uint8_t *base;
    uint32_t pages, top; /* top: of the pages ever used */
    struct mi_bitmap used;
    struct special_block **blocks; /* of each page of a block, freed ones in the quarantine included */
    _Atomic unsigned lock;
    struct special_block *first, *last; /* the quarantine */
    uint32_t waiting;                   /* pages in it */
};

static struct mi_special *special(void)
{
    return mip()->special;
}

static uint8_t *page_address(const struct mi_special *s, uint32_t page)
{
    return s->base + (size_t)page * PAGE_SIZE;
}

bool mi_special_start(void)
{
    if (!ntio_machine.special_pool)
        return true;
    struct mi_special *s = mip()->special = calloc(1, sizeof *s);
    if (!s)
        return false;
    size_t size = ntio_machine.kernel_size / 4 / SHARE;
    s->at_start = ntio_machine.special_pool == MI_SPECIAL_START;
    s->base = MmReserveSystemRange(size);
    s->pages = (uint32_t)(size / PAGE_SIZE);
    s->blocks = mi_table_create((size_t)s->pages * sizeof s->blocks[0]);
    if (!s->base || !s->blocks || !mi_bitmap_create(&s->used, s->pages))
        return false;
    s->top = 1; /* the first page is nobody's */
    return mi_bitmap_take_at(&s->used, 0, 1);
}

void mi_special_stop(void)
{
    struct mi_special *s = special();
    if (!s)
        return;
    for (uint32_t page = 0; page < s->top;) {
        struct special_block *b = s->blocks[page];
        page += b ? b->pages : 1;
        free(b);
    }
    mi_table_destroy(s->blocks, (size_t)s->pages * sizeof s->blocks[0]);
    mi_bitmap_destroy(&s->used);
    free(s);
    mip()->special = NULL;
}

bool mi_is_special(const volatile void *address)
{
    const struct mi_special *s = special();
    return s && (uintptr_t)address - (uintptr_t)s->base < (size_t)s->pages * PAGE_SIZE;
}

/* Under the lock. */
static struct special_block *block_of_page(const struct mi_special *s, uint32_t page)
{
    return page < s->pages ? s->blocks[page] : NULL;
}

static struct special_block *find(struct mi_special *s, const volatile void *address)
{
    ki_lock(&s->lock);
    struct special_block *b =
        block_of_page(s, (uint32_t)(((uintptr_t)address - (uintptr_t)s->base) >> PAGE_SHIFT));
    ki_unlock(&s->lock);
    return b;
}

struct mi_block *mi_special_find(const volatile void *address)
{
    struct special_block *b = find(special(), address);
    return b && b->block.address == address ? &b->block : NULL;
}

PFN_NUMBER mi_special_pfn(const volatile void *address)
{
    struct mi_special *s = special();
    struct special_block *b = find(s, address);
    if (!b || b->frame == MI_NONE)
        return 0;
    uint32_t page = (uint32_t)(((uintptr_t)address - (uintptr_t)s->base) >> PAGE_SHIFT);
    return mi_pfn_of_frame(b->frame + page - b->page);
}

static uint8_t state_of(const struct special_block *b)
{
    return __atomic_load_n(&b->block.state, __ATOMIC_ACQUIRE);
}

/* --- allocating --- */

static bool commit(struct mi_special *s, struct special_block *b)
{
    uint8_t *at = page_address(s, b->page);
    b->frame = MI_NONE;
    if (!mip()->frames.section)
        return host_vm_commit(at, (size_t)b->pages * PAGE_SIZE, HOST_READ | HOST_WRITE);
    b->frame = mi_frames_allocate(b->pages);
    if (b->frame == MI_NONE)
        return false;
    if (mi_frames_map(b->frame, at, b->pages, HOST_READ | HOST_WRITE))
        return true;
    mi_frames_disown(b->frame, b->pages);
    return false;
}

static void publish(struct mi_special *s, struct special_block *b, struct special_block *value)
{
    for (uint32_t i = 0; i < b->pages; i++)
        s->blocks[b->page + i] = value;
}

/* Pages for it, or NULL when there are none left: the block comes from the ordinary pool then. */
static struct special_block *take(struct mi_special *s, uint32_t pages)
{
    struct special_block *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->pages = pages;
    ki_lock(&s->lock);
    b->page = mi_bitmap_take(&s->used, pages + 1);
    if (b->page == MI_NONE)
        goto none;
    if (!commit(s, b))
        goto no_memory;
    publish(s, b, b);
    if (b->page + pages + 1 > s->top)
        s->top = b->page + pages + 1;
    ki_unlock(&s->lock);
    return b;

no_memory:
    mi_bitmap_clear(&s->used, b->page, pages + 1);
none:
    ki_unlock(&s->lock);
    free(b);
    return NULL;
}

void *mi_special_allocate(POOL_TYPE type, SIZE_T size, ULONG tag, unsigned flags, const void *caller)
{
    struct mi_special *s = special();
    if (size > LARGEST)
        return NULL;
    size_t alignment = (type & 6) == NonPagedPoolCacheAligned ? 64 : 16;
    size_t taken = size ? (size + alignment - 1) & ~(alignment - 1) : alignment;
    uint32_t pages = (uint32_t)((taken + PAGE_SIZE - 1) >> PAGE_SHIFT);
    struct special_block *b = take(s, pages);
    if (!b)
        return NULL;
    bool start =
        size >= PAGE_SIZE || flags & MI_SPECIAL_UNDERRUN || (s->at_start && !(flags & MI_SPECIAL_OVERRUN));
    uint8_t *base = page_address(s, b->page);
    uint8_t *address = start ? base : base + (size_t)pages * PAGE_SIZE - taken;
    memset(base, SLACK_FILL, (size_t)pages * PAGE_SIZE);
    if (!(flags & MI_ZERO))
        memset(address, MI_NEW_FILL, size);
    host_shadow_new(base, (size_t)pages * PAGE_SIZE);
    if (flags & MI_ZERO)
        memset(address, 0, size);
    /* One by one: others look at the state of all that is published. */
    b->block.address = address;
    b->block.caller = caller;
    b->block.size = size;
    b->block.tag = tag;
    b->block.type = (uint16_t)type;
    b->block.flags = (uint8_t)flags;
    __atomic_store_n(&b->block.state, MI_ALLOCATED, __ATOMIC_RELEASE);
    return address;
}

/* --- freeing --- */

/* The oldest blocks leave the quarantine. Under the lock. */
static void release_old(struct mi_special *s)
{
    while (s->waiting > QUARANTINE) {
        struct special_block *old = s->first;
        s->first = old->next;
        if (!s->first)
            s->last = NULL;
        s->waiting -= old->pages + 1;
        publish(s, old, NULL);
        mi_bitmap_clear(&s->used, old->page, old->pages + 1);
        free(old);
    }
}

static void retire(struct mi_special *s, struct special_block *b)
{
    ki_lock(&s->lock);
    /* Under the lock: whoever makes paged pool accessible again would, a little later, make this so. */
    host_vm_decommit(page_address(s, b->page), (size_t)b->pages * PAGE_SIZE);
    if (b->frame != MI_NONE)
        mi_frames_disown(b->frame, b->pages);
    b->frame = MI_NONE;
    if (s->last)
        s->last->next = b;
    else
        s->first = b;
    s->last = b;
    s->waiting += b->pages + 1;
    release_old(s);
    ki_unlock(&s->lock);
}

static void describe(const struct special_block *b, const char *what)
{
    char allocated[200], freed[200] = "";
    const char *how = state_of(b) == MI_HIDDEN ? ", completed at " : ", freed at ";
    host_call_site(b->block.caller, allocated, sizeof allocated);
    if (b->freed_by)
        host_call_site(b->freed_by, freed, sizeof freed);
    machine_violation("pool block %p of %llu bytes (tag '%.4s', allocated at %s%s%s) %s",
                      (void *)b->block.address, (unsigned long long)b->block.size,
                      (const char *)&b->block.tag, allocated, b->freed_by ? how : "", freed, what);
}

static HOST_BLIND const uint8_t *first_changed(const uint8_t *from, const uint8_t *to)
{
    while (from < to && *from == SLACK_FILL)
        from++;
    return from < to ? from : NULL;
}

static HOST_BLIND void check_slack(struct mi_special *s, const struct special_block *b, const void *caller)
{
    const uint8_t *base = page_address(s, b->page), *address = b->block.address;
    const uint8_t *end = base + (size_t)b->pages * PAGE_SIZE;
    const uint8_t *before = first_changed(base, address);
    const uint8_t *behind = first_changed(address + b->block.size, end);
    if (!before && !behind)
        return;
    const uint8_t *bad = behind ? behind : before;
    describe(b, behind ? "was written to behind its end" : "was written to before its start");
    bool one_bit = __builtin_popcount((unsigned)(*bad ^ SLACK_FILL)) == 1 &&
                   !first_changed(bad + 1, behind ? end : address);
    KiBugCheck(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG_PTR)address, (ULONG_PTR)bad, 0,
               one_bit  ? 0x32
               : behind ? 0x24
                        : 0x23,
               caller);
}

void mi_special_free(void *address, ULONG tag, const void *caller)
{
    struct mi_special *s = special();
    struct special_block *b = find(s, address);
    uint8_t allocated = MI_ALLOCATED;
    if (b && b->block.address != address && state_of(b) == MI_ALLOCATED) {
        describe(b, "was freed by an address that is not its start");
        KiBugCheck(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG_PTR)address, b->block.size,
                   (ULONG_PTR)page_address(s, b->page + b->pages) - (ULONG_PTR)address, 0x21, caller);
    }
    if (!b || !__atomic_compare_exchange_n(&b->block.state, &allocated, MI_FREE, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE)) {
        if (b)
            describe(b, "was freed again");
        KiBugCheck(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG_PTR)address, 0, 0, 0x20, caller);
    }
    if (tag && tag != b->block.tag) {
        char what[64];
        __atomic_store_n(&b->block.state, MI_ALLOCATED, __ATOMIC_RELEASE);
        snprintf(what, sizeof what, "was freed with the tag '%.4s'", (const char *)&tag);
        describe(b, what);
        KiBugCheck(BAD_POOL_CALLER, 0xA, (ULONG_PTR)address, b->block.tag, tag, caller);
    }
    check_slack(s, b, caller);
    b->freed_by = caller;
    retire(s, b);
}

/* --- hiding (hide.c) --- */

void mi_special_hide(void *address, const void *caller)
{
    struct mi_special *s = special();
    struct special_block *b = find(s, address);
    b->freed_by = caller;
    host_vm_protect(page_address(s, b->page), (size_t)b->pages * PAGE_SIZE, HOST_NONE);
}

void mi_special_show(void *address)
{
    struct mi_special *s = special();
    struct special_block *b = find(s, address);
    b->freed_by = NULL;
    host_vm_protect(page_address(s, b->page), (size_t)b->pages * PAGE_SIZE, HOST_READ | HOST_WRITE);
}

/* --- faults --- */

/* In the page between the two: one that is freed is not what was meant while the other is not. */
static bool is_nearer(const struct special_block *behind, const struct special_block *before,
                      const uint8_t *address)
{
    bool there = state_of(behind) == MI_ALLOCATED, here = state_of(before) == MI_ALLOCATED;
    if (there != here)
        return there;
    return behind->block.address - address < address - (before->block.address + before->block.size);
}

void mi_special_fault(const void *address, bool write, const void *pc)
{
    struct mi_special *s = special();
    uint32_t page = (uint32_t)(((uintptr_t)address - (uintptr_t)s->base) >> PAGE_SHIFT);
    ki_lock(&s->lock);
    struct special_block *own = block_of_page(s, page), *before = page ? block_of_page(s, page - 1) : NULL,
                         *behind = block_of_page(s, page + 1);
    ki_unlock(&s->lock);
    struct special_block *b = own ? own : before ? before : behind;
    if (!own && before && behind && is_nearer(behind, before, address))
        b = behind;
    if (!b || (own && state_of(own) == MI_ALLOCATED))
        return; /* nobody's, and perhaps never was; or one that is out */
    bool freed = state_of(b) != MI_ALLOCATED, driver = mm_image_owner(pc) != NULL;
    describe(b, state_of(b) == MI_HIDDEN ? "was touched after its request was completed"
                : freed                  ? "was touched after it was freed"
                : b == behind            ? "was touched before its start"
                                         : "was touched behind its end");
    ULONG code = freed ? driver ? DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL : PAGE_FAULT_IN_FREED_SPECIAL_POOL
                 : driver ? DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION
                          : PAGE_FAULT_BEYOND_END_OF_ALLOCATION;
    KiBugCheck(code, (ULONG_PTR)address, write, (ULONG_PTR)pc, 0, pc);
}

void mi_special_protect_paged(int protection)
{
    struct mi_special *s = special();
    if (!s)
        return;
    ki_lock(&s->lock);
    for (uint32_t page = 0; page < s->top;) {
        struct special_block *b = s->blocks[page];
        if (b && state_of(b) == MI_ALLOCATED && b->block.type & PagedPool)
            host_vm_protect(page_address(s, page), (size_t)b->pages * PAGE_SIZE, protection);
        page += b ? b->pages : 1;
    }
    ki_unlock(&s->lock);
}

/* --- all of them --- */

void mi_special_walk(void (*visit)(void *context, struct mi_block *), void *context)
{
    struct mi_special *s = special();
    if (!s)
        return;
    ki_lock(&s->lock);
    for (uint32_t page = 0; page < s->top;) {
        struct special_block *b = s->blocks[page];
        if (b && state_of(b) == MI_ALLOCATED)
            visit(context, &b->block);
        page += b ? b->pages : 1;
    }
    ki_unlock(&s->lock);
}
