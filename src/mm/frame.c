/*
 * Frames: the pages of the one section that stands for physical memory, who holds them and who has locked
 * them. Also the bitmaps and tables that all of mm is built with.
 */
#include "mip.h"

#include <stdlib.h>
#include <string.h>

#define MI_FRAMES       (8u << 20) /* 32 GB, sparse; halved until the host agrees */
#define MI_FRAMES_LEAST (64u << 10)

/* --- tables and bitmaps --- */

static size_t whole_pages(size_t size)
{
    return (size + HOST_PAGE - 1) & ~(size_t)(HOST_PAGE - 1);
}

void *mi_table_create(size_t size)
{
    size = whole_pages(size);
    void *table = host_vm_reserve(size);
    if (table && !host_vm_commit(table, size, HOST_READ | HOST_WRITE)) {
        host_vm_release(table, size);
        return NULL;
    }
    return table;
}

void mi_table_destroy(void *table, size_t size)
{
    if (table)
        host_vm_release(table, whole_pages(size));
}

bool mi_bitmap_create(struct mi_bitmap *map, uint32_t count)
{
    map->words = mi_table_create(((size_t)count + 63) / 64 * 8);
    map->count = count;
    map->hint = 0;
    return map->words != NULL;
}

void mi_bitmap_destroy(struct mi_bitmap *map)
{
    mi_table_destroy(map->words, ((size_t)map->count + 63) / 64 * 8);
    map->words = NULL;
}

static bool bit(const struct mi_bitmap *map, uint32_t i)
{
    return map->words[i / 64] >> i % 64 & 1;
}

static void set_bits(struct mi_bitmap *map, uint32_t first, uint32_t run)
{
    for (uint32_t i = first, end = first + run; i < end;) {
        uint32_t here = 64 - i % 64;
        if (here > end - i)
            here = end - i;
        uint64_t mask = here == 64 ? ~0ull : ((1ull << here) - 1) << i % 64;
        map->words[i / 64] |= mask;
        i += here;
    }
}

void mi_bitmap_clear(struct mi_bitmap *map, uint32_t first, uint32_t run)
{
    for (uint32_t i = first, end = first + run; i < end;) {
        uint32_t here = 64 - i % 64;
        if (here > end - i)
            here = end - i;
        uint64_t mask = here == 64 ? ~0ull : ((1ull << here) - 1) << i % 64;
        map->words[i / 64] &= ~mask;
        i += here;
    }
}

static uint32_t find_run(const struct mi_bitmap *map, uint32_t from, uint32_t to, uint32_t run)
{
    uint32_t found = 0;
    for (uint32_t i = from; i < to;) {
        if (i % 64 == 0 && i + 64 <= to && (map->words[i / 64] == ~0ull || map->words[i / 64] == 0)) {
            found = map->words[i / 64] ? 0 : found + 64;
            i += 64;
        } else {
            found = bit(map, i) ? 0 : found + 1;
            i++;
        }
        if (found >= run)
            return i - found;
    }
    return MI_NONE;
}

uint32_t mi_bitmap_take(struct mi_bitmap *map, uint32_t run)
{
    if (!run || run > map->count)
        return MI_NONE;
    uint32_t first = find_run(map, map->hint, map->count, run);
    if (first == MI_NONE)
        first = find_run(map, 0, map->count, run);
    if (first == MI_NONE)
        return MI_NONE;
    set_bits(map, first, run);
    map->hint = first + run < map->count ? first + run : 0;
    return first;
}

bool mi_bitmap_take_at(struct mi_bitmap *map, uint32_t first, uint32_t run)
{
    if (first > map->count || run > map->count - first)
        return false;
    for (uint32_t i = first; i < first + run; i++)
        if (bit(map, i))
            return false;
    set_bits(map, first, run);
    return true;
}

/* --- frames --- */

static size_t pins_size(const struct mi_frames *frames)
{
    return (size_t)frames->used.count * sizeof frames->pins[0];
}

bool mi_frames_start(void)
{
    struct mi_frames *frames = &mip()->frames;
    uint32_t count = MI_FRAMES;
    for (; count >= MI_FRAMES_LEAST; count /= 2) {
        frames->section = host_section_create((uint64_t)count * PAGE_SIZE);
        if (frames->section)
            break;
    }
    if (!frames->section)
        count = MI_FRAMES / 2; /* one for each page of the client's range */
    if (!mi_bitmap_create(&frames->used, count))
        return false;
    frames->pins = mi_table_create(pins_size(frames));
    if (!frames->pins)
        return false;
    frames->lowest = frames->section ? (uint32_t)(MI_RAM_BASE - MI_PFN_BASE) : 0;
    return !frames->lowest || mi_bitmap_take_at(&frames->used, 0, frames->lowest);
}

void mi_frames_stop(void)
{
    struct mi_frames *frames = &mip()->frames;
    mi_table_destroy((void *)frames->pins, pins_size(frames));
    mi_bitmap_destroy(&frames->used);
    if (frames->section)
        host_section_free(frames->section);
}

static void own(struct mi_frames *frames, uint32_t first, uint32_t run)
{
    for (uint32_t i = first; i < first + run; i++)
        atomic_store_explicit(&frames->pins[i], MI_OWNED, memory_order_relaxed);
}

uint32_t mi_frames_allocate(uint32_t run)
{
    struct mi_frames *frames = &mip()->frames;
    ki_lock(&frames->lock);
    uint32_t first = mi_bitmap_take(&frames->used, run);
    ki_unlock(&frames->lock);
    if (first != MI_NONE)
        own(frames, first, run);
    return first;
}

uint32_t mi_frames_allocate_at(uint32_t first, uint32_t run)
{
    struct mi_frames *frames = &mip()->frames;
    ki_lock(&frames->lock);
    bool taken = mi_bitmap_take_at(&frames->used, first, run);
    ki_unlock(&frames->lock);
    if (!taken)
        return MI_NONE;
    own(frames, first, run);
    return first;
}

bool mi_frames_take(uint32_t first, uint32_t run)
{
    struct mi_frames *frames = &mip()->frames;
    uint32_t low = first >= frames->lowest ? 0 : frames->lowest - first < run ? frames->lowest - first : run;
    ki_lock(&frames->lock);
    bool taken = first <= frames->used.count && run <= frames->used.count - first;
    for (uint32_t i = 0; taken && i < low; i++)
        taken = !frames->pins[first + i];
    if (taken && low < run)
        taken = mi_bitmap_take_at(&frames->used, first + low, run - low);
    if (taken)
        own(frames, first, run);
    ki_unlock(&frames->lock);
    return taken;
}

bool mi_frames_pin_used(uint32_t frame)
{
    struct mi_frames *frames = &mip()->frames;
    uint32_t pins = frame < frames->used.count ? frames->pins[frame] : 0;
    while (pins && !atomic_compare_exchange_weak(&frames->pins[frame], &pins, pins + 1))
        ;
    return pins != 0;
}

/* The frames lose their contents and can be used again. */
static void release(struct mi_frames *frames, uint32_t first, uint32_t run)
{
    if (frames->section)
        host_section_discard(frames->section, (uint64_t)first * PAGE_SIZE, (size_t)run * PAGE_SIZE);
    else
        host_vm_decommit(mip()->client.base + (size_t)first * PAGE_SIZE, (size_t)run * PAGE_SIZE);
    uint32_t low = first >= frames->lowest ? 0 : frames->lowest - first;
    if (low >= run)
        return;
    ki_lock(&frames->lock);
    mi_bitmap_clear(&frames->used, first + low, run - low);
    ki_unlock(&frames->lock);
}

/* Takes `part` off each frame's count; runs that nobody holds any more are released together. */
static void drop(uint32_t first, uint32_t run, uint32_t part)
{
    struct mi_frames *frames = &mip()->frames;
    uint32_t start = first, end = first + run;
    for (uint32_t i = first; i < end; i++) {
        if (atomic_fetch_sub_explicit(&frames->pins[i], part, memory_order_acq_rel) == part)
            continue;
        if (i > start)
            release(frames, start, i - start);
        start = i + 1;
    }
    if (end > start)
        release(frames, start, end - start);
}

void mi_frames_disown(uint32_t first, uint32_t run)
{
    drop(first, run, MI_OWNED);
}

void mi_frames_unpin(uint32_t first, uint32_t run)
{
    drop(first, run, 1);
}

void mi_frames_pin(uint32_t first, uint32_t run)
{
    struct mi_frames *frames = &mip()->frames;
    for (uint32_t i = first; i < first + run; i++)
        atomic_fetch_add_explicit(&frames->pins[i], 1, memory_order_relaxed);
}

bool mi_frames_map(uint32_t first, void *at, uint32_t run, int protection)
{
    return host_section_map(mip()->frames.section, (uint64_t)first * PAGE_SIZE, at, (size_t)run * PAGE_SIZE,
                            protection);
}

bool mi_pfn_is_used(PFN_NUMBER pfn)
{
    struct mi_frames *frames = &mip()->frames;
    uint32_t frame = mi_frame_of_pfn(pfn);
    return pfn >= MI_PFN_BASE && pfn - MI_PFN_BASE < frames->used.count &&
           atomic_load_explicit(&frames->pins[frame], memory_order_relaxed);
}

PFN_NUMBER mi_pfn_of_address(const volatile void *address)
{
    struct mip_state *mm = mip();
    PFN_NUMBER pfn = 0;
    if (mi_in_space(&mm->client, address))
        pfn = mi_space_pfn(&mm->client, address);
    else if (mi_is_pte_address(&mm->ptes, address))
        pfn = mi_map_pfn(address);
    else if (MmIsKernelAddress(address))
        pfn = mi_pool_pfn(address);
    return pfn ? pfn : mi_pfn_own(address);
}
