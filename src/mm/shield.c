/*
 * The shield: the client's pages out of reach, whatever protection the client has given them. What the
 * client's tables say stays as it is; only what the host is told differs, so any page can be opened again at
 * any time.
 */
#include "mip.h"

static uint8_t *page_address(const struct mi_space *space, uint32_t page)
{
    return space->base + (size_t)page * PAGE_SIZE;
}

void MmSetShieldKey(int key)
{
    mip()->shield_key = key;
}

static void set(uint8_t *address, size_t size, int protection, enum mm_shield shield)
{
    int key = mip()->shield_key;
    if (!key)
        host_vm_protect(address, size, shield == MM_OPEN ? protection : HOST_NONE);
    else
        host_key_protect(address, size, shield == MM_HIDDEN ? HOST_NONE : protection,
                         shield == MM_SHUT ? key : 0);
}

void mi_shield_new(struct mi_space *space, uint32_t page, uint32_t run, int protection)
{
    set(page_address(space, page), (size_t)run * PAGE_SIZE, protection, MM_SHUT);
}

/* Of [page, end), which belong to the allocation. One that is shut for its context stays as it is. */
static void shield_pages(struct mi_space *space, const struct mi_vad *vad, uint32_t page, uint32_t end,
                         enum mm_shield shield)
{
    while (page < end && !vad->shut) {
        const struct mi_pte *pte = &vad->ptes[page - vad->first];
        uint32_t run = 1;
        while (page + run < end && !pte[run].frame == !pte->frame && pte[run].protect == pte->protect)
            run++;
        int protection = pte->frame ? mi_space_host_protection(pte->protect) : HOST_NONE;
        if (protection != HOST_NONE)
            set(page_address(space, page), (size_t)run * PAGE_SIZE, protection, shield);
        page += run;
    }
}

void MmShield(const volatile void *address, SIZE_T length, enum mm_shield shield)
{
    struct mi_space *space = &mip()->client;
    if (!length || !mi_in_space(space, address))
        return;
    uint32_t page = (uint32_t)(((uintptr_t)address - (uintptr_t)space->base) >> PAGE_SHIFT);
    uint32_t end = (uint32_t)(((uintptr_t)address + length - 1 - (uintptr_t)space->base) >> PAGE_SHIFT) + 1;
    ki_lock(&space->lock);
    while (page < end && page < space->pages) {
        const struct mi_vad *vad = space->vads[page / (MI_UNIT / PAGE_SIZE)];
        uint32_t here = vad ? vad->first + vad->pages : page + 1;
        if (vad && page < here)
            shield_pages(space, vad, page, here < end ? here : end, shield);
        page = page < here ? here : page + 1;
    }
    ki_unlock(&space->lock);
}

void MmShieldAll(enum mm_shield shield)
{
    struct mi_space *space = &mip()->client;
    ki_lock(&space->lock);
    for (uint32_t word = 0; word < (space->used.count + 63) / 64; word++)
        for (uint64_t bits = space->used.words[word]; bits; bits &= bits - 1) {
            uint32_t unit = word * 64 + (uint32_t)__builtin_ctzll(bits);
            const struct mi_vad *vad = space->vads[unit];
            if (vad && vad->first == unit * (MI_UNIT / PAGE_SIZE))
                shield_pages(space, vad, vad->first, vad->first + vad->pages, shield);
        }
    ki_unlock(&space->lock);
}

static bool is_others(const struct mi_vad *vad)
{
    return atomic_load_explicit(&ntio_machine.contexts, memory_order_relaxed) && vad->owner != mi_context();
}

static struct mi_vad *vad_of(const struct mi_space *space, const volatile void *address)
{
    if (!mi_in_space(space, address))
        return NULL;
    uint32_t page = (uint32_t)(((uintptr_t)address - (uintptr_t)space->base) >> PAGE_SHIFT);
    struct mi_vad *vad = space->vads[page / (MI_UNIT / PAGE_SIZE)];
    return vad && page < vad->first + vad->pages && !is_others(vad) ? vad : NULL;
}

static const struct mi_pte *pte_of(const struct mi_space *space, const volatile void *address)
{
    const struct mi_vad *vad = vad_of(space, address);
    if (!vad)
        return NULL;
    uint32_t page = (uint32_t)(((uintptr_t)address - (uintptr_t)space->base) >> PAGE_SHIFT);
    const struct mi_pte *pte = &vad->ptes[page - vad->first];
    return pte->frame ? pte : NULL;
}

bool MmReopenContext(const volatile void *address, enum mm_shield shield)
{
    struct mi_space *space = &mip()->client;
    ki_lock(&space->lock);
    struct mi_vad *vad = vad_of(space, address);
    bool was_shut = vad && vad->shut;
    if (was_shut) {
        mi_open_vad(space, vad);
        shield_pages(space, vad, vad->first, vad->first + vad->pages, shield);
    }
    ki_unlock(&space->lock);
    return was_shut;
}

int MmClientProtection(const volatile void *address)
{
    struct mi_space *space = &mip()->client;
    ki_lock(&space->lock);
    const struct mi_pte *pte = pte_of(space, address);
    int protection = pte ? mi_space_host_protection(pte->protect) : -1;
    ki_unlock(&space->lock);
    return protection;
}

bool MmIsReachedByMdl(const volatile void *address)
{
    struct mi_space *space = &mip()->client;
    if (mip()->frames.section)
        return false;
    ki_lock(&space->lock);
    const struct mi_pte *pte = pte_of(space, address);
    bool locked =
        pte && pte->frame != MI_PTE_OWN && atomic_load(&mip()->frames.pins[pte->frame - 1]) & ~MI_OWNED;
    ki_unlock(&space->lock);
    return locked;
}
