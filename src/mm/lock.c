/*
 * Locking the pages of MDLs. Client memory of ours is checked by its PTEs and pinned by its frames; any other
 * memory is touched, a byte a page, and taken as it is.
 */
#include "mip.h"

#include <string.h>

#include "../ps/ps.h" /* only to know the current process */

#define MI_LOCK_FORBIDS                                                                                      \
    (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE)

static NTSTATUS lock_by_touch(const uint8_t *start, uint32_t pages, bool write, PPFN_NUMBER pfns)
{
    const uint8_t *page = (const uint8_t *)((uintptr_t)start & ~(uintptr_t)(PAGE_SIZE - 1));
    for (uint32_t i = 0; i < pages; i++) {
        const uint8_t *at = i ? page + (size_t)i * PAGE_SIZE : start;
        if (!mi_touch(at, write))
            return STATUS_ACCESS_VIOLATION;
        pfns[i] = MmIsKernelAddress(at) ? mi_pfn_of_address(at) : mi_pfn_own(at);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS lock_range(PMDL mdl, KPROCESSOR_MODE mode, bool write, bool *client)
{
    struct mi_space *space = &mip()->client;
    const uint8_t *start = (uint8_t *)mdl->StartVa + mdl->ByteOffset;
    uint32_t pages = mi_mdl_pages(mdl);
    if ((uintptr_t)start + mdl->ByteCount < (uintptr_t)start)
        return STATUS_ACCESS_VIOLATION;
    bool system = MmIsSystemAddress(start, mdl->ByteCount);
    *client = !system;
    if (mode != KernelMode && (system || (uintptr_t)start + mdl->ByteCount > MmUserProbeAddress))
        return STATUS_ACCESS_VIOLATION;
    if (!mdl->ByteCount)
        return STATUS_SUCCESS;
    if (mi_in_space(space, start))
        return mi_space_lock_pages(space, start, pages, write, MmGetMdlPfnArray(mdl));
    return lock_by_touch(start, pages, write, MmGetMdlPfnArray(mdl));
}

static bool is_pageable(const MDL *mdl)
{
    const uint8_t *start = (uint8_t *)mdl->StartVa + mdl->ByteOffset;
    return !MmIsSystemAddress(start, 1) || mi_pool_is_paged(start);
}

NTSTATUS MmLockMdl(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation, const void *caller)
{
    if (mdl->MdlFlags & MI_LOCK_FORBIDS)
        KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xB0, (ULONG_PTR)mdl, (USHORT)mdl->MdlFlags,
                   mdl->MdlFlags & MI_LOCK_FORBIDS, caller);
    bool client, write = operation != IoReadAccess;
    if (caller && KiCurrentThread()->Irql > APC_LEVEL && is_pageable(mdl))
        gate_check_irql(DDI_MmProbeAndLockPages, APC_LEVEL, " for memory that can be paged out", caller);
    NTSTATUS status = lock_range(mdl, mode, write, &client);
    if (!NT_SUCCESS(status))
        return status;
    mdl->Process = client ? PspCurrentProcess() : NULL;
    mdl->MdlFlags |= MDL_PAGES_LOCKED | (write ? MDL_WRITE_OPERATION : 0);
    if (client)
        KiCountLockedPages(KiCurrentThread(), mi_mdl_pages(mdl));
    if (client && atomic_load_explicit(&ntio_machine.contexts, memory_order_relaxed))
        atomic_fetch_add(&mdl->Process->LockedPages, mi_mdl_pages(mdl));
    return STATUS_SUCCESS;
}

/* Raises STATUS_ACCESS_VIOLATION when a page is not there or does not allow the operation in that mode. */
VOID NTAPI MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                               LOCK_OPERATION Operation)
{
    GATE(MmProbeAndLockPages, MemoryDescriptorList, AccessMode, Operation);
    NTSTATUS status = MmLockMdl(MemoryDescriptorList, AccessMode, Operation, __builtin_return_address(0));
    if (!NT_SUCCESS(status))
        ExRaiseStatus(status);
}

/* The first pages of those that the MDL has locked. */
static void unpin(PMDL mdl, uint32_t pages)
{
    if (!mdl->ByteCount || !mi_in_space(&mip()->client, mdl->StartVa))
        return;
    const PFN_NUMBER *pfns = MmGetMdlPfnArray(mdl);
    if (mi_pfn_is_own(pfns[0])) /* a view of a file */
        return;
    for (uint32_t i = 0, run; i < pages; i += run) {
        for (run = 1; i + run < pages && pfns[i + run] == pfns[i] + run;)
            run++;
        mi_frames_unpin(mi_frame_of_pfn(pfns[i]), run);
    }
}

static void unlock(PMDL mdl, uint32_t pages)
{
    unpin(mdl, pages);
    if (mdl->Process)
        KiCountLockedPages(KiCurrentThread(), -(LONG64)pages);
    if (mdl->Process && atomic_load_explicit(&ntio_machine.contexts, memory_order_relaxed))
        atomic_fetch_sub(&mdl->Process->LockedPages, pages);
}

/* Unmaps the system address, too. Pages that are not locked: bug check 0x76, 1; nonpaged pool: 0xC4, 0x7D. */
VOID NTAPI MmUnlockPages(PMDL MemoryDescriptorList)
{
    PMDL mdl = MemoryDescriptorList;
    const void *caller = __builtin_return_address(0);
    GATE(MmUnlockPages, mdl);
    if (mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL)
        KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x7D, (ULONG_PTR)mdl, (USHORT)mdl->MdlFlags, 0,
                   caller);
    if (!(mdl->MdlFlags & MDL_PAGES_LOCKED) || (mdl->MdlFlags & MDL_PARTIAL))
        KiBugCheck(PROCESS_HAS_LOCKED_PAGES, 1, (ULONG_PTR)mdl, MmLockedPageCount(), 0, caller);
    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    unlock(mdl, mi_mdl_pages(mdl));
    mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION | MDL_DESCRIBES_AWE);
    mdl->Process = NULL;
}

/*
 * The MDL describes what is left of its buffer behind the first bytes. Pages that lie before it are unlocked,
 * and unmapped where they had a system address. STATUS_INVALID_PARAMETER_2: nothing would be left. (WDK:
 * MmAdvanceMdl)
 */
NTSTATUS NTAPI MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes)
{
    GATE(MmAdvanceMdl, Mdl, NumberOfBytes);
    const CSHORT shared = MDL_PARTIAL | MDL_PARTIAL_HAS_BEEN_MAPPED;
    if (NumberOfBytes >= Mdl->ByteCount)
        return STATUS_INVALID_PARAMETER_2;
    ULONG_PTR offset = (ULONG_PTR)Mdl->ByteOffset + NumberOfBytes;
    uint32_t passed = (uint32_t)(offset >> PAGE_SHIFT), pages = mi_mdl_pages(Mdl);
    PPFN_NUMBER pfns = MmGetMdlPfnArray(Mdl);
    bool mapped = (Mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) != 0;
    bool watched = mapped && __builtin_expect(ntio_machine.hooks != NULL, 0);
    if (watched)
        ntio_machine.hooks->unmapping(Mdl);
    uint8_t *base = PAGE_ALIGN(Mdl->MappedSystemVa);
    if (passed && mapped && mi_is_pte_address(&mip()->ptes, base) && mi_needs_alias(Mdl) &&
        (Mdl->MdlFlags & shared) != MDL_PARTIAL && !mi_is_reserved(base))
        mi_unmap_head(base, passed);
    if (passed && (Mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL)) == MDL_PAGES_LOCKED)
        unlock(Mdl, passed);
    memmove(pfns, pfns + passed, (pages - passed) * sizeof pfns[0]);
    Mdl->StartVa = (uint8_t *)Mdl->StartVa + (size_t)passed * PAGE_SIZE;
    Mdl->ByteOffset = (ULONG)(offset & (PAGE_SIZE - 1));
    Mdl->ByteCount -= NumberOfBytes;
    if (mapped || Mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL)
        Mdl->MappedSystemVa = (uint8_t *)Mdl->MappedSystemVa + NumberOfBytes;
    if (watched)
        ntio_machine.hooks->mapped(Mdl);
    return STATUS_SUCCESS;
}

VOID MmCheckLockedPages(PEPROCESS process)
{
    ULONG_PTR locked = MmLockedPageCount();
    if (locked)
        mi_tell_locked(NULL);
    if (locked)
        KiBugCheck(PROCESS_HAS_LOCKED_PAGES, 0, (ULONG_PTR)process, locked, 0, NULL);
}
