/*
 * Mapping the pages of MDLs, and pages that belong to MDLs alone (MmAllocatePagesForMdl, contiguous memory).
 *
 * Pages that have frames and are not the kernel's own already get a second address in the range of system
 * mappings; everything else is mapped where it is.
 */
#include "mip.h"

#include <string.h>

bool mi_needs_alias(const MDL *mdl)
{
    return mip()->frames.section && !mi_pfn_is_own(MmGetMdlPfnArray((PMDL)mdl)[0]) &&
           !MmIsKernelAddress(mdl->StartVa);
}

/* The client's pages, locked to be read: an option takes Windows' leave to write to them away. */
static bool is_for_reading(const MDL *mdl)
{
    return __builtin_expect(ntio_machine.access & ACCESS_READ_ONLY, 0) && mdl->Process &&
           mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL) && !(mdl->MdlFlags & MDL_WRITE_OPERATION);
}

/* Under AddressSanitizer the bytes of the first and last page outside the buffer are nobody's. */
static void poison_edges(uint8_t *base, const MDL *mdl)
{
    size_t end = (size_t)mdl->ByteOffset + mdl->ByteCount, pages = (size_t)mi_mdl_pages(mdl) * PAGE_SIZE;
    mi_poison(base, mdl->ByteOffset);
    mi_poison(base + end, pages - end);
}

static PVOID map_kernel(PMDL mdl, ULONG priority)
{
    uint8_t *base;
    if (!mdl->ByteCount) {
        base = mdl->StartVa;
    } else if (mi_needs_alias(mdl)) {
        int protection =
            priority & MdlMappingNoWrite || is_for_reading(mdl) ? HOST_READ : HOST_READ | HOST_WRITE;
        base = mi_map_pfns(MmGetMdlPfnArray(mdl), mi_mdl_pages(mdl), protection);
        if (!base)
            return NULL;
        poison_edges(base, mdl);
    } else {
        PFN_NUMBER first = MmGetMdlPfnArray(mdl)[0];
        base = mi_pfn_is_own(first) ? mi_own_address(first) : mdl->StartVa;
    }
    mdl->MappedSystemVa = base + mdl->ByteOffset;
    mdl->MdlFlags |=
        MDL_MAPPED_TO_SYSTEM_VA | (mdl->MdlFlags & MDL_PARTIAL ? MDL_PARTIAL_HAS_BEEN_MAPPED : 0);
    if (__builtin_expect(ntio_machine.hooks != NULL, 0))
        ntio_machine.hooks->mapped(mdl);
    return mdl->MappedSystemVa;
}

static PVOID map_user(PMDL mdl, PVOID at, ULONG priority)
{
    PFN_NUMBER first = MmGetMdlPfnArray(mdl)[0];
    if (mi_pfn_is_own(first) || !mip()->frames.section) {
        uint8_t *own = mi_pfn_is_own(first) ? mi_own_address(first) : mdl->StartVa;
        return at ? NULL : own + mdl->ByteOffset;
    }
    ULONG protect = priority & MdlMappingNoWrite || is_for_reading(mdl) ? PAGE_READONLY : PAGE_READWRITE;
    uint8_t *base = mi_space_map(&mip()->client, MmGetMdlPfnArray(mdl), mi_mdl_pages(mdl), protect, at);
    return base ? base + mdl->ByteOffset : NULL;
}

/* A driver may put an MDL's array together itself: of pages that are somebody's. */
static void check_pfns(PMDL mdl, const void *caller)
{
    const PFN_NUMBER *pfns = MmGetMdlPfnArray(mdl);
    if (!mdl->ByteCount || !mip()->frames.section || mdl->MdlFlags & MDL_IO_SPACE ||
        MmIsKernelAddress(mdl->StartVa))
        return;
    for (uint32_t i = 0, pages = mi_mdl_pages(mdl); i < pages; i++)
        if (mi_pfn_is_own(pfns[i]) ? pfns[i] >= 2 * MI_PFN_OWN : !mi_pfn_is_used(pfns[i]))
            KiBugCheck(PFN_LIST_CORRUPT, 0x99, pfns[i], (ULONG_PTR)mdl, 0, caller);
}

static PVOID map(PMDL mdl, KPROCESSOR_MODE mode, PVOID at, BOOLEAN bug_check, ULONG priority,
                 const void *caller)
{
    const CSHORT ready = MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE;
    const CSHORT mapped = mode == KernelMode ? MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL : 0;
    if (!(mdl->MdlFlags & ready))
        KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xB3, (ULONG_PTR)mdl, (USHORT)mdl->MdlFlags, ready,
                   caller);
    if (mdl->MdlFlags & mapped)
        KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xB2, (ULONG_PTR)mdl, (USHORT)mdl->MdlFlags,
                   mdl->MdlFlags & mapped, caller);
    check_pfns(mdl, caller);
    if (mode != KernelMode) {
        gate_check_irql(DDI_MmMapLockedPagesSpecifyCache, APC_LEVEL, " in user mode", caller);
        PVOID address = map_user(mdl, at, priority);
        if (!address)
            ExRaiseStatus(at ? STATUS_CONFLICTING_ADDRESSES : STATUS_INSUFFICIENT_RESOURCES);
        return address;
    }
    PVOID address = map_kernel(mdl, priority);
    if (!address && bug_check)
        KiBugCheck(NO_MORE_SYSTEM_PTES, 0, mi_mdl_pages(mdl), 0, 0, caller);
    return address;
}

/* map_kernel for a locked page that is mapped where it is: FALSE: it is none. */
static inline bool map_in_place(PMDL mdl)
{
    const CSHORT looked_at =
        MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE;
    PFN_NUMBER first = *MmGetMdlPfnArray(mdl);
    if ((mdl->MdlFlags & looked_at) != MDL_PAGES_LOCKED || !mdl->ByteCount || !mi_pfn_is_own(first))
        return false;
    mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    mdl->MappedSystemVa = (uint8_t *)mi_own_address(first) + mdl->ByteOffset;
    return true;
}

/*
 * In kernel mode NULL means no room (a bug check with BugCheckOnFailure); in user mode failure raises
 * STATUS_INSUFFICIENT_RESOURCES, or STATUS_CONFLICTING_ADDRESSES for a bad RequestedAddress.
 * MdlMappingNoWrite in Priority makes the mapping read-only where it has an address of its own.
 */
PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                         MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
                                         ULONG BugCheckOnFailure, ULONG Priority)
{
    /* Every direct request comes here: what is common calls nothing and saves no register. */
    if (__builtin_expect(!gate_watched() && AccessMode == KernelMode && map_in_place(MemoryDescriptorList),
                         1))
        return MemoryDescriptorList->MappedSystemVa;
    GATE(MmMapLockedPagesSpecifyCache, MemoryDescriptorList, AccessMode, CacheType, Priority);
    if (AccessMode == KernelMode && !BugCheckOnFailure && GATE_FAILS(MmMapLockedPagesSpecifyCache))
        return NULL;
    return map(MemoryDescriptorList, AccessMode, RequestedAddress, BugCheckOnFailure != 0, Priority,
               __builtin_return_address(0));
}

PVOID NTAPI MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode)
{
    GATE(MmMapLockedPages, MemoryDescriptorList, AccessMode);
    return map(MemoryDescriptorList, AccessMode, NULL, TRUE, NormalPagePriority, __builtin_return_address(0));
}

VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList)
{
    PMDL mdl = MemoryDescriptorList;
    GATE(MmUnmapLockedPages, BaseAddress, mdl);
    struct mip_state *mm = mip();
    PVOID page = (PVOID)((uintptr_t)BaseAddress & ~(uintptr_t)(PAGE_SIZE - 1));
    if (mdl->MappedSystemVa != BaseAddress ||
        !(mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))) {
        if (mi_in_space(&mm->client, page) && mi_space_unmap(&mm->client, page))
            return;
        if (BaseAddress == (uint8_t *)mi_own_address(MmGetMdlPfnArray(mdl)[0]) + mdl->ByteOffset)
            return;
        KiBugCheck(SYSTEM_PTE_MISUSE, 0x300, (ULONG_PTR)BaseAddress, (ULONG_PTR)mdl, mi_mdl_pages(mdl),
                   __builtin_return_address(0));
    }
    if (__builtin_expect(ntio_machine.hooks != NULL, 0))
        ntio_machine.hooks->unmapping(mdl);
    /* A partial MDL whose source was mapped lives in that mapping. */
    if (mi_is_pte_address(&mm->ptes, page) && mdl->ByteCount && mi_needs_alias(mdl) &&
        (mdl->MdlFlags & (MDL_PARTIAL | MDL_PARTIAL_HAS_BEEN_MAPPED)) != MDL_PARTIAL) {
        if (__builtin_expect(mm->reservations != NULL, 0) && mi_is_reserved(page))
            KiBugCheck(SYSTEM_PTE_MISUSE, 0x301, (ULONG_PTR)BaseAddress, 0, 0, __builtin_return_address(0));
        mi_unmap(page, mi_mdl_pages(mdl));
    }
    mdl->MdlFlags &= ~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
    mdl->MappedSystemVa = NULL;
}

int mi_host_protection(ULONG protect)
{
    switch (protect) {
    case PAGE_NOACCESS:
        return HOST_NONE;
    case PAGE_READONLY:
        return HOST_READ;
    case PAGE_READWRITE:
        return HOST_READ | HOST_WRITE;
    case PAGE_EXECUTE:
    case PAGE_EXECUTE_READ:
        return HOST_READ | HOST_EXECUTE;
    case PAGE_EXECUTE_READWRITE:
        return HOST_READ | HOST_WRITE | HOST_EXECUTE;
    default:
        return -1;
    }
}

/* STATUS_NOT_MAPPED_VIEW when the MDL has no system address of its own that could be protected. */
NTSTATUS NTAPI MmProtectMdlSystemAddress(PMDL MemoryDescriptorList, ULONG NewProtect)
{
    PMDL mdl = MemoryDescriptorList;
    GATE(MmProtectMdlSystemAddress, mdl, NewProtect);
    int protection = mi_host_protection(NewProtect);
    if (protection < 0)
        return STATUS_INVALID_PAGE_PROTECTION;
    PVOID page = (PVOID)((uintptr_t)mdl->MappedSystemVa & ~(uintptr_t)(PAGE_SIZE - 1));
    if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) || !mi_is_pte_address(&mip()->ptes, page))
        return STATUS_NOT_MAPPED_VIEW;
    return mi_map_protect(page, mi_mdl_pages(mdl), protection) ? STATUS_SUCCESS
                                                               : STATUS_INSUFFICIENT_RESOURCES;
}

/* --- pages of an MDL's own --- */

/* A host without a section has no pages but those at addresses: they are where they will be mapped. */
static bool own_pages(PPFN_NUMBER pfns, uint32_t pages)
{
    uint8_t *base = mi_map_private(pages);
    for (uint32_t i = 0; base && i < pages; i++)
        pfns[i] = mi_pfn_own(base + (size_t)i * PAGE_SIZE);
    return base != NULL;
}

static bool find_pages(PPFN_NUMBER pfns, uint32_t pages, PFN_NUMBER low, PFN_NUMBER high)
{
    if (!mip()->frames.section)
        return own_pages(pfns, pages);
    uint32_t frame = mi_frames_allocate(pages);
    if (frame == MI_NONE)
        return false;
    if (mi_pfn_of_frame(frame) < low || mi_pfn_of_frame(frame + pages - 1) > high) {
        mi_frames_disown(frame, pages);
        return false;
    }
    for (uint32_t i = 0; i < pages; i++)
        pfns[i] = mi_pfn_of_frame(frame + i);
    return true;
}

static PMDL allocate_pages(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, SIZE_T bytes, const void *caller)
{
    SIZE_T pages = (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
    if (!pages || pages >= ~0u >> PAGE_SHIFT)
        return NULL;
    PMDL mdl = mi_mdl_create(NULL, (ULONG)(pages << PAGE_SHIFT), 0, caller);
    if (!mdl)
        return NULL;
    if (!find_pages(MmGetMdlPfnArray(mdl), (uint32_t)pages, (PFN_NUMBER)low.QuadPart >> PAGE_SHIFT,
                    (PFN_NUMBER)high.QuadPart >> PAGE_SHIFT)) {
        mi_pool_free(mdl, 0, caller);
        return NULL;
    }
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
    return mdl;
}

/* The pages are zeroed. We never give fewer than asked; NULL when there are not so many. SkipBytes is not
 * looked at. */
PMDL NTAPI MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                 PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes)
{
    GATE(MmAllocatePagesForMdl, LowAddress.QuadPart, HighAddress.QuadPart, SkipBytes.QuadPart, TotalBytes);
    if (GATE_FAILS(MmAllocatePagesForMdl))
        return NULL;
    return allocate_pages(LowAddress, HighAddress, TotalBytes, __builtin_return_address(0));
}

PMDL NTAPI MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                                   PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                                   MEMORY_CACHING_TYPE CacheType, ULONG Flags)
{
    (void)CacheType, (void)Flags;
    GATE(MmAllocatePagesForMdlEx, LowAddress.QuadPart, HighAddress.QuadPart, SkipBytes.QuadPart, TotalBytes);
    if (GATE_FAILS(MmAllocatePagesForMdlEx))
        return NULL;
    return allocate_pages(LowAddress, HighAddress, TotalBytes, __builtin_return_address(0));
}

/* The MDL itself is the caller's to free, with ExFreePool. */
VOID NTAPI MmFreePagesFromMdl(PMDL MemoryDescriptorList)
{
    PMDL mdl = MemoryDescriptorList;
    GATE(MmFreePagesFromMdl, mdl);
    PPFN_NUMBER pfns = MmGetMdlPfnArray(mdl);
    uint32_t pages = mi_mdl_pages(mdl);
    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    if (mi_pfn_is_own(pfns[0]))
        mi_unmap(mi_own_address(pfns[0]), pages);
    else
        for (uint32_t i = 0; i < pages; i++)
            mi_frames_disown(mi_frame_of_pfn(pfns[i]), 1);
    mdl->MdlFlags &= ~MDL_PAGES_LOCKED;
    mdl->ByteCount = 0;
}
