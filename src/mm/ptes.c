/*
 * System mappings: the range of the kernel's addresses in which frames get a second address. Each mapping is
 * followed by an inaccessible page.
 */
#include "mip.h"

#include <string.h>

bool mi_ptes_start(void *base, size_t size)
{
    struct mi_ptes *ptes = &mip()->ptes;
    ptes->base = base;
    ptes->pages = (uint32_t)(size / PAGE_SIZE);
    ptes->pfns = mi_table_create((size_t)ptes->pages * sizeof ptes->pfns[0]);
    return ptes->pfns && mi_bitmap_create(&ptes->used, ptes->pages);
}

void mi_ptes_stop(void)
{
    struct mi_ptes *ptes = &mip()->ptes;
    mi_table_destroy(ptes->pfns, (size_t)ptes->pages * sizeof ptes->pfns[0]);
    mi_bitmap_destroy(&ptes->used);
}

static uint8_t *page_address(struct mi_ptes *ptes, uint32_t page)
{
    return ptes->base + (size_t)page * PAGE_SIZE;
}

static uint32_t page_of(struct mi_ptes *ptes, const volatile void *address)
{
    return (uint32_t)(((uintptr_t)address - (uintptr_t)ptes->base) >> PAGE_SHIFT);
}

PFN_NUMBER mi_map_pfn(const volatile void *address)
{
    struct mi_ptes *ptes = &mip()->ptes;
    return __atomic_load_n(&ptes->pfns[page_of(ptes, address)], __ATOMIC_RELAXED) & ~MI_PFN_ODD;
}

bool MmIsSystemMapping(const volatile void *address)
{
    return mi_is_pte_address(&mip()->ptes, address) && mi_map_pfn(address);
}

/* How many of the pages, from the first, lie in frames that follow each other. */
static uint32_t contiguous(const PFN_NUMBER *pfns, uint32_t pages)
{
    uint32_t run = 1;
    while (run < pages && pfns[run] == pfns[0] + run)
        run++;
    return run;
}

/*
 * Unmapped runs of frames are kept mapped for the next request, but only when nobody verifies: a driver that
 * goes on using a mapping it gave back must fault.
 */
static struct mi_map_cached *cache_slot(struct mi_ptes *ptes, uint32_t frame, uint32_t pages)
{
    if (ntio_machine.verifier != VERIFIER_OFF)
        return NULL;
    return &ptes->cache[(frame ^ pages * 7) % MI_MAP_CACHE];
}

static void discard(struct mi_ptes *ptes, uint32_t page, uint32_t pages)
{
    memset(&ptes->pfns[page], 0, (size_t)pages * sizeof ptes->pfns[0]);
    host_vm_decommit(page_address(ptes, page), (size_t)pages * PAGE_SIZE);
    mi_bitmap_clear(&ptes->used, page, pages + 1);
}

static void *map_cached(struct mi_ptes *ptes, const PFN_NUMBER *pfns, uint32_t pages)
{
    struct mi_map_cached *slot = cache_slot(ptes, mi_frame_of_pfn(pfns[0]), pages);
    if (!slot || slot->pages != pages || slot->frame != mi_frame_of_pfn(pfns[0]) ||
        contiguous(pfns, pages) != pages)
        return NULL;
    slot->pages = 0;
    return page_address(ptes, slot->page);
}

static bool map_runs(struct mi_ptes *ptes, uint32_t page, const PFN_NUMBER *pfns, uint32_t pages,
                     int protection)
{
    for (uint32_t done = 0; done < pages;) {
        uint32_t run = contiguous(pfns + done, pages - done);
        if (!mi_frames_map(mi_frame_of_pfn(pfns[done]), page_address(ptes, page + done), run, protection))
            return false;
        done += run;
    }
    return true;
}

void *mi_map_pfns(const PFN_NUMBER *pfns, uint32_t pages, int protection)
{
    struct mi_ptes *ptes = &mip()->ptes;
    bool plain = protection == (HOST_READ | HOST_WRITE);
    ki_lock(&ptes->lock);
    void *address = plain ? map_cached(ptes, pfns, pages) : NULL;
    if (!address) {
        uint32_t page = mi_bitmap_take(&ptes->used, pages + 1);
        if (page != MI_NONE && map_runs(ptes, page, pfns, pages, protection)) {
            memcpy(&ptes->pfns[page], pfns, (size_t)pages * sizeof pfns[0]);
            if (!plain)
                ptes->pfns[page] |= MI_PFN_ODD;
            address = page_address(ptes, page);
        } else if (page != MI_NONE) {
            discard(ptes, page, pages);
        }
    }
    ki_unlock(&ptes->lock);
    return address;
}

void mi_unmap(void *base, uint32_t pages)
{
    struct mi_ptes *ptes = &mip()->ptes;
    uint32_t page = page_of(ptes, base);
    mi_unpoison(base, (size_t)pages * PAGE_SIZE);
    ki_lock(&ptes->lock);
    const PFN_NUMBER *pfns = &ptes->pfns[page];
    bool plain = !(pfns[0] & (MI_PFN_ODD | MI_PFN_OWN));
    struct mi_map_cached *slot = plain ? cache_slot(ptes, mi_frame_of_pfn(pfns[0]), pages) : NULL;
    if (slot && contiguous(pfns, pages) == pages) {
        if (slot->pages)
            discard(ptes, slot->page, slot->pages);
        *slot = (struct mi_map_cached){mi_frame_of_pfn(pfns[0]), pages, page};
    } else {
        discard(ptes, page, pages);
    }
    ki_unlock(&ptes->lock);
}

void *mi_reserve(uint32_t pages)
{
    struct mi_ptes *ptes = &mip()->ptes;
    ki_lock(&ptes->lock);
    uint32_t page = mi_bitmap_take(&ptes->used, pages + 1);
    ki_unlock(&ptes->lock);
    return page == MI_NONE ? NULL : page_address(ptes, page);
}

bool mi_map_reserved(void *base, const PFN_NUMBER *pfns, uint32_t pages)
{
    struct mi_ptes *ptes = &mip()->ptes;
    uint32_t page = page_of(ptes, base);
    ki_lock(&ptes->lock);
    bool mapped = map_runs(ptes, page, pfns, pages, HOST_READ | HOST_WRITE);
    if (mapped)
        memcpy(&ptes->pfns[page], pfns, (size_t)pages * sizeof pfns[0]);
    else
        host_vm_decommit(base, (size_t)pages * PAGE_SIZE);
    ki_unlock(&ptes->lock);
    return mapped;
}

static void forget(struct mi_ptes *ptes, void *base, uint32_t pages)
{
    mi_unpoison(base, (size_t)pages * PAGE_SIZE);
    memset(&ptes->pfns[page_of(ptes, base)], 0, (size_t)pages * sizeof ptes->pfns[0]);
    host_vm_decommit(base, (size_t)pages * PAGE_SIZE);
}

void mi_unmap_reserved(void *base, uint32_t pages)
{
    struct mi_ptes *ptes = &mip()->ptes;
    ki_lock(&ptes->lock);
    forget(ptes, base, pages);
    ki_unlock(&ptes->lock);
}

void mi_release(void *base, uint32_t pages)
{
    struct mi_ptes *ptes = &mip()->ptes;
    ki_lock(&ptes->lock);
    mi_bitmap_clear(&ptes->used, page_of(ptes, base), pages + 1);
    ki_unlock(&ptes->lock);
}

void mi_unmap_head(void *base, uint32_t pages)
{
    struct mi_ptes *ptes = &mip()->ptes;
    uint32_t page = page_of(ptes, base);
    ki_lock(&ptes->lock);
    /* What is left is as odd as the whole was. */
    ptes->pfns[page + pages] |= ptes->pfns[page] & MI_PFN_ODD;
    forget(ptes, base, pages);
    mi_bitmap_clear(&ptes->used, page, pages);
    ki_unlock(&ptes->lock);
}

void *mi_map_frames(uint32_t frame, uint32_t pages)
{
    struct mi_ptes *ptes = &mip()->ptes;
    ki_lock(&ptes->lock);
    uint32_t page = mi_bitmap_take(&ptes->used, pages + 1);
    void *address = page == MI_NONE ? NULL : page_address(ptes, page);
    if (address && !mi_frames_map(frame, address, pages, HOST_READ | HOST_WRITE)) {
        mi_bitmap_clear(&ptes->used, page, pages + 1);
        address = NULL;
    }
    for (uint32_t i = 0; address && i < pages; i++)
        ptes->pfns[page + i] = mi_pfn_of_frame(frame + i);
    ki_unlock(&ptes->lock);
    return address;
}

uint32_t mi_map_size(const void *base, uint32_t *frame)
{
    struct mi_ptes *ptes = &mip()->ptes;
    if (!mi_is_pte_address(ptes, base) || (uintptr_t)base & (PAGE_SIZE - 1))
        return 0;
    uint32_t page = page_of(ptes, base), pages = 0;
    ki_lock(&ptes->lock);
    if (!page || !ptes->pfns[page - 1])
        while (ptes->pfns[page + pages])
            pages++;
    *frame =
        pages && !mi_pfn_is_own(ptes->pfns[page]) ? mi_frame_of_pfn(ptes->pfns[page] & ~MI_PFN_ODD) : MI_NONE;
    ki_unlock(&ptes->lock);
    return pages;
}

bool mi_map_protect(void *base, uint32_t pages, int protection)
{
    struct mi_ptes *ptes = &mip()->ptes;
    ki_lock(&ptes->lock);
    ptes->pfns[page_of(ptes, base)] |= MI_PFN_ODD;
    ki_unlock(&ptes->lock);
    return host_vm_protect(base, (size_t)pages * PAGE_SIZE, protection);
}

void *mi_map_view(struct mm_pages *section, uint32_t first, uint32_t pages)
{
    struct mi_ptes *ptes = &mip()->ptes;
    ki_lock(&ptes->lock);
    uint32_t page = mi_bitmap_take(&ptes->used, pages + 1);
    uint8_t *address = page == MI_NONE ? NULL : page_address(ptes, page);
    if (address && !mi_pages_map(section, first, address, pages, HOST_READ | HOST_WRITE, false)) {
        discard(ptes, page, pages);
        address = NULL;
    }
    for (uint32_t i = 0; address && i < pages; i++) {
        PFN_NUMBER pfn = mi_pages_pfn(section, first + i);
        /* Never kept for others: the section's frames may be somebody else's by then. */
        ptes->pfns[page + i] = pfn ? pfn | MI_PFN_ODD : mi_pfn_own(address + (size_t)i * PAGE_SIZE);
    }
    ki_unlock(&ptes->lock);
    return address;
}

void *mi_map_private(uint32_t pages)
{
    struct mi_ptes *ptes = &mip()->ptes;
    ki_lock(&ptes->lock);
    uint32_t page = mi_bitmap_take(&ptes->used, pages + 1);
    void *address = page == MI_NONE ? NULL : page_address(ptes, page);
    if (address && !host_vm_commit(address, (size_t)pages * PAGE_SIZE, HOST_READ | HOST_WRITE)) {
        mi_bitmap_clear(&ptes->used, page, pages + 1);
        address = NULL;
    }
    for (uint32_t i = 0; address && i < pages; i++)
        ptes->pfns[page + i] = mi_pfn_own((uint8_t *)address + (size_t)i * PAGE_SIZE);
    ki_unlock(&ptes->lock);
    return address;
}
