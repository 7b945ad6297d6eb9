/*
 * Private to the client's range (space.c, spaceview.c): its pages and the VADs they are in. All under the space's lock.
 */
#pragma once

#include "mip.h"

#define MI_UNIT_PAGES (MI_UNIT / PAGE_SIZE)

static inline uint8_t *mi_page_address(const struct mi_space *space, uint32_t page)
{
    return space->base + (size_t)page * PAGE_SIZE;
}

static inline uint32_t mi_page_of(const struct mi_space *space, const volatile void *address)
{
    return (uint32_t)(((uintptr_t)address - (uintptr_t)space->base) >> PAGE_SHIFT);
}

static inline struct mi_vad *mi_vad_of(const struct mi_space *space, uint32_t page)
{
    struct mi_vad *vad = space->vads[page / MI_UNIT_PAGES];
    return vad && page < vad->first + vad->pages ? vad : NULL;
}

static inline bool mi_is_foreign(const struct mi_vad *vad, const void *process)
{
    return atomic_load_explicit(&ntio_machine.contexts, memory_order_relaxed) && vad->owner != process;
}

/* As the process sees it. */
static inline struct mi_vad *mi_vad_for(const struct mi_space *space, const void *process, uint32_t page)
{
    struct mi_vad *vad = mi_vad_of(space, page);
    return vad && !mi_is_foreign(vad, process) ? vad : NULL;
}

/* MI_NONE: wherever there is room; NULL: there is none. */
struct mi_vad *mi_vad_reserve(struct mi_space *, void *owner, uint32_t first_unit, uint32_t pages, ULONG protect);
void mi_vad_unreserve(struct mi_space *, struct mi_vad *);
void mi_vad_decommit(struct mi_space *, struct mi_vad *, uint32_t page, uint32_t pages);
