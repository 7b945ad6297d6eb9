/*
 * Memory descriptor lists: making, chaining, cutting and freeing them. Locking is in lock.c, mapping in
 * map.c.
 */
#include "mip.h"

#include <string.h>

static uint32_t span_pages(const volatile void *address, SIZE_T length)
{
    return (uint32_t)((((uintptr_t)address & (PAGE_SIZE - 1)) + length + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    GATE(MmSizeOfMdl, Base, Length);
    return sizeof(MDL) + span_pages(Base, Length) * sizeof(PFN_NUMBER);
}

static void chain(PIRP irp, PMDL mdl, BOOLEAN secondary)
{
    PMDL *link = &irp->MdlAddress;
    while (secondary && *link)
        link = &(*link)->Next;
    *link = mdl;
}

PMDL mi_mdl_create(const volatile void *address, ULONG length, unsigned flags, const void *caller)
{
    SIZE_T size = sizeof(MDL) + span_pages(address, length) * sizeof(PFN_NUMBER);
    PMDL mdl = mi_pool_allocate(NonPagedPoolNx, size, MI_TAG_MDL, flags, caller);
    if (!mdl)
        return NULL;
    mdl->Next = NULL;
    mdl->Size = (CSHORT)size;
    mdl->MdlFlags = 0;
    mdl->Process = NULL;
    mdl->MappedSystemVa = NULL;
    mdl->StartVa = (PVOID)((uintptr_t)address & ~(uintptr_t)(PAGE_SIZE - 1));
    mdl->ByteOffset = (uintptr_t)address & (PAGE_SIZE - 1);
    mdl->ByteCount = length;
    return mdl;
}

/*
 * Returns NULL when there is no memory or Length is more than an MDL describes (4 GB less a page). With an
 * Irp the MDL becomes its MdlAddress, or the last of that chain when SecondaryBuffer is TRUE.
 */
PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota,
                         PIRP Irp)
{
    GATE(IoAllocateMdl, VirtualAddress, Length, SecondaryBuffer, Irp);
    if (Length > ~0u - PAGE_SIZE + 1 || GATE_FAILS(IoAllocateMdl))
        return NULL;
    PMDL mdl = mi_mdl_create(VirtualAddress, Length, ChargeQuota ? MI_QUOTA : 0, __builtin_return_address(0));
    if (mdl && Irp)
        chain(Irp, mdl, SecondaryBuffer);
    return mdl;
}

/* Old drivers' way to make one: in memory of their own, or in pool when that is NULL. */
PMDL NTAPI MmCreateMdl(PMDL MemoryDescriptorList, PVOID Base, SIZE_T Length)
{
    GATE(MmCreateMdl, MemoryDescriptorList, Base, Length);
    if (!MemoryDescriptorList)
        return mi_mdl_create(Base, (ULONG)Length, 0, __builtin_return_address(0));
    MmInitializeMdl(MemoryDescriptorList, Base, Length);
    return MemoryDescriptorList;
}

/* An MDL whose pages it locked itself must be unlocked first: bug check 0x76. A mapping of a partial MDL goes
 * with it. */
VOID NTAPI IoFreeMdl(PMDL Mdl)
{
    const void *caller = __builtin_return_address(0);
    GATE(IoFreeMdl, Mdl);
    if ((Mdl->MdlFlags & (MDL_PARTIAL | MDL_PARTIAL_HAS_BEEN_MAPPED)) ==
        (MDL_PARTIAL | MDL_PARTIAL_HAS_BEEN_MAPPED))
        MmUnmapLockedPages(Mdl->MappedSystemVa, Mdl);
    if ((Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL)) == MDL_PAGES_LOCKED && Mdl->Process)
        KiBugCheck(PROCESS_HAS_LOCKED_PAGES, 0, (ULONG_PTR)Mdl->Process, mi_mdl_pages(Mdl), 0, caller);
    mi_pool_free(Mdl, 0, caller);
}

/* The buffer must be nonpaged: pool, a driver's image, or a kernel stack. Its address stays its system
 * address. */
VOID NTAPI MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList)
{
    PMDL mdl = MemoryDescriptorList;
    GATE(MmBuildMdlForNonPagedPool, mdl);
    const void *caller = __builtin_return_address(0);
    if (ntio_machine.verifier != VERIFIER_OFF && mi_pool_is_paged((uint8_t *)mdl->StartVa + mdl->ByteOffset))
        KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x7F, KiCurrentThread()->Irql, (ULONG_PTR)mdl,
                   (USHORT)mdl->MdlFlags, caller);
    PPFN_NUMBER pfns = MmGetMdlPfnArray(mdl);
    for (uint32_t i = 0, pages = mi_mdl_pages(mdl); i < pages; i++)
        pfns[i] = mi_pfn_of_address((uint8_t *)mdl->StartVa + (size_t)i * PAGE_SIZE);
    mdl->Process = NULL;
    mdl->MappedSystemVa = (uint8_t *)mdl->StartVa + mdl->ByteOffset;
    mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
}

/* Windows copies what lies behind the source's array then, and whoever locks or maps it stops: 0x4E. */
static void check_part(const MDL *source, uintptr_t offset, ULONG length, const void *caller)
{
    char where[200];
    if (offset <= source->ByteCount && length <= source->ByteCount - offset)
        return;
    host_call_site(caller, where, sizeof where);
    machine_violation(
        "IoBuildPartialMdl was given %u bytes from offset %lld of an MDL that describes %u, at %s", length,
        (long long)offset, source->ByteCount, where);
    KiBugCheck(PFN_LIST_CORRUPT, 0x99, 0, (ULONG_PTR)source, 0, caller);
}

/*
 * TargetMdl describes Length bytes of SourceMdl's buffer from VirtualAddress on; 0: up to its end. A target
 * too small for it is bug check 0x40.
 */
VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length)
{
    GATE(IoBuildPartialMdl, SourceMdl, TargetMdl, VirtualAddress, Length);
    uintptr_t offset = (uintptr_t)VirtualAddress - (uintptr_t)SourceMdl->StartVa - SourceMdl->ByteOffset;
    ULONG length = Length ? Length : SourceMdl->ByteCount - (ULONG)offset;
    uint32_t pages = span_pages(VirtualAddress, length);
    if (ntio_machine.verifier != VERIFIER_OFF)
        check_part(SourceMdl, offset, length, __builtin_return_address(0));
    if (pages > ((USHORT)TargetMdl->Size - sizeof(MDL)) / sizeof(PFN_NUMBER))
        KiBugCheck(TARGET_MDL_TOO_SMALL, 0, 0, 0, 0, __builtin_return_address(0));
    const CSHORT kept = MDL_ALLOCATED_FIXED_SIZE | MDL_ALLOCATED_MUST_SUCCEED;
    /* What a part may do to the pages is of interest to an option alone (map.c). */
    const CSHORT watched = ntio_machine.access & ACCESS_READ_ONLY ? MDL_WRITE_OPERATION : 0;
    const CSHORT taken =
        MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA | MDL_IO_PAGE_READ | MDL_IO_SPACE | watched;
    TargetMdl->MdlFlags =
        (CSHORT)((TargetMdl->MdlFlags & kept) | (SourceMdl->MdlFlags & taken) | MDL_PARTIAL);
    TargetMdl->StartVa = (PVOID)((uintptr_t)VirtualAddress & ~(uintptr_t)(PAGE_SIZE - 1));
    TargetMdl->ByteOffset = (uintptr_t)VirtualAddress & (PAGE_SIZE - 1);
    TargetMdl->ByteCount = length;
    TargetMdl->Process = SourceMdl->Process;
    TargetMdl->MappedSystemVa = (uint8_t *)SourceMdl->MappedSystemVa + offset;
    size_t skipped = ((uintptr_t)TargetMdl->StartVa - (uintptr_t)SourceMdl->StartVa) >> PAGE_SHIFT;
    memcpy(MmGetMdlPfnArray(TargetMdl), MmGetMdlPfnArray(SourceMdl) + skipped, pages * sizeof(PFN_NUMBER));
}
