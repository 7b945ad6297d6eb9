/*
 * What is mapped into the client's range and is not its own: frames that a driver has locked, and views of
 * sections.
 */
#include "space.h"

/* --- frames mapped for the client (MmMapLockedPagesSpecifyCache in user mode) --- */

void *mi_space_map(struct mi_space *space, const PFN_NUMBER *pfns, uint32_t pages, ULONG protect, void *at)
{
    uint32_t unit = MI_NONE;
    void *address = NULL;
    if (at) {
        if (!mi_in_space(space, at) || (uintptr_t)at & (MI_UNIT - 1))
            return NULL;
        unit = mi_page_of(space, at) / MI_UNIT_PAGES;
    }
    ki_lock(&space->lock);
    struct mi_vad *vad = mi_vad_reserve(space, mi_context(), unit, pages, protect);
    if (!vad)
        goto out;
    vad->kind = MI_VAD_MAPPED;
    for (uint32_t i = 0; i < pages; i++) {
        uint32_t frame = mi_frame_of_pfn(pfns[i]);
        if (!mi_frames_map(frame, mi_page_address(space, vad->first + i), 1,
                           mi_space_host_protection(protect))) {
            mi_vad_decommit(space, vad, vad->first, pages);
            mi_vad_unreserve(space, vad);
            goto out;
        }
        vad->ptes[i] = (struct mi_pte){frame + 1, protect};
    }
    if (__builtin_expect(mip()->shield_key, 0))
        mi_shield_new(space, vad->first, pages, mi_space_host_protection(protect));
    address = mi_page_address(space, vad->first);
out:
    ki_unlock(&space->lock);
    return address;
}

bool mi_space_unmap(struct mi_space *space, void *base)
{
    ki_lock(&space->lock);
    struct mi_vad *vad = mi_vad_for(space, mi_context(), mi_page_of(space, base));
    bool mapped = vad && vad->kind == MI_VAD_MAPPED && !vad->section;
    if (mapped) {
        mi_vad_decommit(space, vad, vad->first, vad->pages);
        mi_vad_unreserve(space, vad);
    }
    ki_unlock(&space->lock);
    return mapped;
}

/* --- views of sections --- */

void *mi_space_map_view(struct mi_space *space, struct mm_pages *section, uint32_t first, uint32_t pages,
                        ULONG protect, void *owner, void *at)
{
    bool copy = (protect & 0xFF) == PAGE_WRITECOPY || (protect & 0xFF) == PAGE_EXECUTE_WRITECOPY;
    uint32_t unit = MI_NONE;
    void *address = NULL;
    if (at) {
        if (!mi_in_space(space, at) || (uintptr_t)at & (MI_UNIT - 1))
            return NULL;
        unit = mi_page_of(space, at) / MI_UNIT_PAGES;
    }
    ki_lock(&space->lock);
    struct mi_vad *vad = mi_vad_reserve(space, owner, unit, pages, protect);
    if (!vad)
        goto out;
    address = mi_page_address(space, vad->first);
    if (!mi_pages_map(section, first, address, pages, mi_space_host_protection(protect), copy)) {
        host_vm_decommit(address, (size_t)pages * PAGE_SIZE);
        mi_vad_unreserve(space, vad);
        address = NULL;
        goto out;
    }
    if (__builtin_expect(mip()->shield_key, 0))
        mi_shield_new(space, vad->first, pages, mi_space_host_protection(protect));
    vad->kind = MI_VAD_MAPPED;
    vad->section = section;
    for (uint32_t i = 0; i < pages; i++) {
        PFN_NUMBER pfn = copy ? 0 : mi_pages_pfn(section, first + i);
        vad->ptes[i] = (struct mi_pte){pfn ? mi_frame_of_pfn(pfn) + 1 : MI_PTE_OWN, protect};
    }
out:
    ki_unlock(&space->lock);
    return address;
}

struct mm_pages *mi_space_unmap_view(struct mi_space *space, const void *address)
{
    ki_lock(&space->lock);
    struct mi_vad *vad = mi_vad_of(space, mi_page_of(space, address));
    struct mm_pages *section = vad ? vad->section : NULL;
    if (section) {
        host_vm_decommit(mi_page_address(space, vad->first), (size_t)vad->pages * PAGE_SIZE);
        mi_vad_unreserve(space, vad);
    }
    ki_unlock(&space->lock);
    return section;
}

void *mi_space_next_view(struct mi_space *space, const void *after, const void *owner)
{
    void *found = NULL;
    ki_lock(&space->lock);
    for (uint32_t unit = after ? mi_page_of(space, after) / MI_UNIT_PAGES : 0;
         unit < space->used.count && !found; unit++) {
        struct mi_vad *vad = space->used.words[unit / 64] ? space->vads[unit] : NULL;
        if (vad && vad->section && (!owner || vad->owner == owner))
            found = mi_page_address(space, vad->first);
    }
    ki_unlock(&space->lock);
    return found;
}

uint32_t mi_space_view_size(struct mi_space *space, const void *address)
{
    ki_lock(&space->lock);
    uint32_t page = mi_page_of(space, address);
    struct mi_vad *vad = mi_vad_of(space, page);
    uint32_t rest = vad && vad->section ? vad->first + vad->pages - page : 0;
    ki_unlock(&space->lock);
    return rest;
}
