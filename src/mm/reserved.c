/*
 * Ranges of system addresses that a driver reserves, to map MDLs there when there may be no room left. Its
 * tag is its key to them. Pages that have no frame, or are the kernel's own, stay at their address.
 */
#include "mip.h"

#include <stdlib.h>

/* WDK: "Bug Check 0xDA: SYSTEM_PTE_MISUSE". The first parameter for each way to misuse a reservation. */
enum misuse {
    EMPTY_REQUEST = 0x100,
    FREES_OTHERS = 0x101,
    FREES_NONE = 0x102,
    FREES_MAPPED = 0x103,
    MAPS_OTHERS = 0x104,
    MAPS_NONE = 0x105,
    MAPS_AGAIN = 0x107,
    UNMAPS_OTHERS = 0x108,
    UNMAPS_NONE = 0x109,
    UNMAPS_MORE = 0x10A,
    UNMAPS_UNMAPPED = 0x10B,
    UNMAPS_LESS = 0x10C,
};

static _Noreturn void refuse(enum misuse how, const void *base, ULONG_PTR p3, ULONG_PTR p4,
                             const void *caller)
{
    KiBugCheck(SYSTEM_PTE_MISUSE, how, (ULONG_PTR)base, p3, p4, caller);
}

/* By its own address, or by the one where the pages that are mapped in it show. */
static struct mi_reserved *find(const void *base)
{
    struct mi_reserved *r = mip()->reservations;
    while (r && r->base != base && !(r->mapped && r->shown == base))
        r = r->next;
    return r;
}

bool mi_is_reserved(const void *base)
{
    ki_lock(&mip()->reserved_lock);
    bool found = find(base) != NULL;
    ki_unlock(&mip()->reserved_lock);
    return found;
}

/* The reservation, locked; it must be there and have that tag. */
static struct mi_reserved *hold(const void *base, ULONG tag, enum misuse none, enum misuse others,
                                const void *caller)
{
    ki_lock(&mip()->reserved_lock);
    struct mi_reserved *r = find(base);
    ULONG owner = r ? r->tag : 0;
    if (r && owner == tag)
        return r;
    ki_unlock(&mip()->reserved_lock);
    refuse(r ? others : none, base, tag, owner, caller);
}

static void let_go(void)
{
    ki_unlock(&mip()->reserved_lock);
}

/* NULL: no room. A size of zero is bug check 0xDA. */
PVOID NTAPI MmAllocateMappingAddress(SIZE_T NumberOfBytes, ULONG PoolTag)
{
    const void *caller = __builtin_return_address(0);
    GATE(MmAllocateMappingAddress, NumberOfBytes, PoolTag);
    SIZE_T pages = (NumberOfBytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
    if (!NumberOfBytes)
        refuse(EMPTY_REQUEST, NULL, PoolTag, (ULONG_PTR)caller, caller);
    if (!pages || pages > mip()->ptes.pages || GATE_FAILS(MmAllocateMappingAddress))
        return NULL;
    struct mi_reserved *r = malloc(sizeof *r);
    void *base = r ? mi_reserve((uint32_t)pages) : NULL;
    if (!base) {
        free(r);
        return NULL;
    }
    *r = (struct mi_reserved){.base = base, .pages = (uint32_t)pages, .tag = PoolTag, .caller = caller};
    ki_lock(&mip()->reserved_lock);
    r->next = mip()->reservations;
    mip()->reservations = r;
    let_go();
    return base;
}

VOID NTAPI MmFreeMappingAddress(PVOID BaseAddress, ULONG PoolTag)
{
    const void *caller = __builtin_return_address(0);
    GATE(MmFreeMappingAddress, BaseAddress, PoolTag);
    struct mi_reserved *r = hold(BaseAddress, PoolTag, FREES_NONE, FREES_OTHERS, caller);
    if (r->mapped) {
        let_go();
        refuse(FREES_MAPPED, BaseAddress, PoolTag, r->pages, caller);
    }
    struct mi_reserved **at = &mip()->reservations;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    let_go();
    mi_release(r->base, r->pages);
    free(r);
}

/*
 * Returns the buffer's address, with its offset; MappedSystemVa has none (WDK). NULL: the MDL has more pages
 * than were reserved. IRQL <= DISPATCH_LEVEL.
 */
PVOID NTAPI MmMapLockedPagesWithReservedMapping(PVOID MappingAddress, ULONG PoolTag,
                                                PMDL MemoryDescriptorList, MEMORY_CACHING_TYPE CacheType)
{
    PMDL mdl = MemoryDescriptorList;
    const void *caller = __builtin_return_address(0);
    GATE(MmMapLockedPagesWithReservedMapping, MappingAddress, PoolTag, mdl, CacheType);
    uint32_t pages = mi_mdl_pages(mdl);
    uint8_t *base = MappingAddress;
    struct mi_reserved *r = hold(base, PoolTag, MAPS_NONE, MAPS_OTHERS, caller);
    if (r->mapped) {
        let_go();
        refuse(MAPS_AGAIN, base, (ULONG_PTR)base, (ULONG_PTR)base + (size_t)(r->pages - 1) * PAGE_SIZE,
               caller);
    }
    bool mapped = pages && pages <= r->pages;
    if (mapped && mi_needs_alias(mdl))
        mapped = mi_map_reserved(base, MmGetMdlPfnArray(mdl), pages);
    else if (mapped)
        base =
            mi_pfn_is_own(MmGetMdlPfnArray(mdl)[0]) ? mi_own_address(MmGetMdlPfnArray(mdl)[0]) : mdl->StartVa;
    if (mapped)
        r->mapped = pages, r->shown = base;
    let_go();
    if (!mapped)
        return NULL;
    mdl->MappedSystemVa = base;
    mdl->MdlFlags |=
        MDL_MAPPED_TO_SYSTEM_VA | (mdl->MdlFlags & MDL_PARTIAL ? MDL_PARTIAL_HAS_BEEN_MAPPED : 0);
    return base + mdl->ByteOffset;
}

VOID NTAPI MmUnmapReservedMapping(PVOID BaseAddress, ULONG PoolTag, PMDL MemoryDescriptorList)
{
    PMDL mdl = MemoryDescriptorList;
    const void *caller = __builtin_return_address(0);
    GATE(MmUnmapReservedMapping, BaseAddress, PoolTag, mdl);
    uint32_t pages = mi_mdl_pages(mdl);
    struct mi_reserved *r = hold(PAGE_ALIGN(BaseAddress), PoolTag, UNMAPS_NONE, UNMAPS_OTHERS, caller);
    uint32_t mapped = r->mapped, reserved = r->pages;
    if (mapped == pages) {
        if (r->shown == r->base)
            mi_unmap_reserved(r->base, pages);
        r->mapped = 0;
    }
    let_go();
    if (!mapped)
        refuse(UNMAPS_UNMAPPED, BaseAddress, PoolTag, pages, caller);
    if (pages > reserved)
        refuse(UNMAPS_MORE, BaseAddress, reserved, pages, caller);
    if (mapped != pages)
        refuse(UNMAPS_LESS, BaseAddress, PoolTag, pages, caller);
    mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
    mdl->MappedSystemVa = NULL;
}

void mi_reserved_report(void)
{
    for (const struct mi_reserved *r = mip()->reservations; r; r = r->next) {
        char where[200];
        host_call_site(r->caller, where, sizeof where);
        machine_violation(
            "somebody left %u pages of system addresses reserved at %p, tag '%.4s', reserved at %s", r->pages,
            (void *)r->base, (const char *)&r->tag, where);
    }
}

void mi_reserved_stop(void)
{
    for (struct mi_reserved *r = mip()->reservations, *next; r; r = next) {
        next = r->next;
        free(r);
    }
}
