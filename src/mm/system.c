/*
 * What drivers ask the memory manager about the system: physical addresses, its size, its routines, pageable
 * sections; and contiguous and noncached memory.
 */
#include "mip.h"

#include <string.h>

/* The same page has the same physical address wherever it is mapped. */
PHYSICAL_ADDRESS NTAPI MmGetPhysicalAddress(PVOID BaseAddress)
{
    GATE(MmGetPhysicalAddress, BaseAddress);
    PFN_NUMBER pfn = mi_pfn_of_address(BaseAddress);
    PHYSICAL_ADDRESS physical;
    physical.QuadPart = (LONGLONG)(pfn << PAGE_SHIFT | ((uintptr_t)BaseAddress & (PAGE_SIZE - 1)));
    return physical;
}

MM_SYSTEMSIZE NTAPI MmQuerySystemSize(VOID)
{
    GATE(MmQuerySystemSize);
    return MmLargeSystem;
}

BOOLEAN NTAPI MmIsThisAnNtAsSystem(VOID)
{
    GATE(MmIsThisAnNtAsSystem);
    return FALSE;
}

static int compare(const char *name, PCUNICODE_STRING text)
{
    USHORT length = text->Length / sizeof(WCHAR);
    for (USHORT i = 0; i < length; i++)
        if (!name[i] || (unsigned char)name[i] != text->Buffer[i])
            return 1;
    return name[length] != 0;
}

/* The verifier is on for all drivers or for none. (WDK: MmIsDriverVerifying and its page's see-also) */
BOOLEAN NTAPI MmIsDriverVerifying(PDRIVER_OBJECT DriverObject)
{
    GATE(MmIsDriverVerifying, DriverObject);
    return ntio_machine.verifier != VERIFIER_OFF;
}

LOGICAL NTAPI MmIsDriverVerifyingByAddress(PVOID AddressWithinSection)
{
    GATE(MmIsDriverVerifyingByAddress, AddressWithinSection);
    const void *within = AddressWithinSection;
    return ntio_machine.verifier != VERIFIER_OFF && mm_image_owner(within);
}

LOGICAL NTAPI MmIsDriverSuspectForVerifier(PDRIVER_OBJECT DriverObject)
{
    GATE(MmIsDriverSuspectForVerifier, DriverObject);
    return ntio_machine.verifier != VERIFIER_OFF;
}

/* Only what ddi.def lists is found: what a driver could link against. The name's case counts. */
PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
    GATE(MmGetSystemRoutineAddress, SystemRoutineName);
    for (size_t i = 0; i < DDI_COUNT; i++)
        if (!compare(ddi_table[i].name, SystemRoutineName))
            return host_own_symbol(ddi_table[i].name);
    return NULL;
}

/*
 * Drivers' images are never paged out here, so locking a section and paging a driver change nothing a driver
 * could see. The handle is any address in the section, as on Windows it is opaque.
 */
PVOID NTAPI MmLockPagableDataSection(PVOID AddressWithinSection)
{
    GATE(MmLockPagableDataSection, AddressWithinSection);
    return AddressWithinSection;
}

VOID NTAPI MmLockPagableSectionByHandle(PVOID ImageSectionHandle)
{
    GATE(MmLockPagableSectionByHandle, ImageSectionHandle);
}

VOID NTAPI MmUnlockPagableImageSection(PVOID ImageSectionHandle)
{
    GATE(MmUnlockPagableImageSection, ImageSectionHandle);
}

PVOID NTAPI MmPageEntireDriver(PVOID AddressWithinSection)
{
    GATE(MmPageEntireDriver, AddressWithinSection);
    const void *start = AddressWithinSection;
    PDRIVER_OBJECT driver = mm_image_owner(start);
    return driver ? driver->DriverStart : NULL;
}

VOID NTAPI MmResetDriverPaging(PVOID AddressWithinSection)
{
    GATE(MmResetDriverPaging, AddressWithinSection);
}

/* --- contiguous and noncached memory: frames in a row at a system address, zeroed --- */

#define MI_TAG_CONTIGUOUS 'tnoC'

static PVOID allocate_contiguous(SIZE_T bytes, PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high)
{
    SIZE_T pages = (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
    if (!pages || pages > mip()->ptes.pages)
        return NULL;
    if (!mip()->frames.section)
        return mi_map_private((uint32_t)pages);
    uint32_t frame = mi_frames_allocate((uint32_t)pages);
    if (frame == MI_NONE)
        return NULL;
    uint8_t *base = NULL;
    if (mi_pfn_of_frame(frame) >= (PFN_NUMBER)low.QuadPart >> PAGE_SHIFT &&
        mi_pfn_of_frame(frame + (uint32_t)pages - 1) <= (PFN_NUMBER)high.QuadPart >> PAGE_SHIFT)
        base = mi_map_frames(frame, (uint32_t)pages);
    if (!base)
        mi_frames_disown(frame, (uint32_t)pages);
    return base;
}

static void free_contiguous(PVOID base, const void *caller)
{
    uint32_t frame, pages = mi_map_size(base, &frame);
    if (!pages)
        KiBugCheck(BAD_POOL_CALLER, 0x60, (ULONG_PTR)base, 0, 0, caller);
    mi_unmap(base, pages);
    if (frame != MI_NONE)
        mi_frames_disown(frame, pages);
}

static const PHYSICAL_ADDRESS lowest = {.QuadPart = 0}, highest = {.QuadPart = INT64_MAX};

PVOID NTAPI MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress)
{
    GATE(MmAllocateContiguousMemory, NumberOfBytes, HighestAcceptableAddress.QuadPart);
    if (GATE_FAILS(MmAllocateContiguousMemory))
        return NULL;
    return allocate_contiguous(NumberOfBytes, lowest, HighestAcceptableAddress);
}

/* A boundary that the pages would cross makes it fail; they are not sought elsewhere. */
static PVOID allocate_bounded(SIZE_T bytes, PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high,
                              PHYSICAL_ADDRESS multiple)
{
    PVOID base = allocate_contiguous(bytes, low, high);
    ULONGLONG boundary = (ULONGLONG)multiple.QuadPart;
    if (!base || !boundary)
        return base;
    ULONGLONG first = (ULONGLONG)(mi_pfn_of_address(base) << PAGE_SHIFT), last = first + bytes - 1;
    if (first / boundary == last / boundary)
        return base;
    free_contiguous(base, NULL);
    return NULL;
}

PVOID NTAPI MmAllocateContiguousMemorySpecifyCache(SIZE_T NumberOfBytes,
                                                   PHYSICAL_ADDRESS LowestAcceptableAddress,
                                                   PHYSICAL_ADDRESS HighestAcceptableAddress,
                                                   PHYSICAL_ADDRESS BoundaryAddressMultiple,
                                                   MEMORY_CACHING_TYPE CacheType)
{
    GATE(MmAllocateContiguousMemorySpecifyCache, NumberOfBytes, LowestAcceptableAddress.QuadPart,
         HighestAcceptableAddress.QuadPart, CacheType);
    if (GATE_FAILS(MmAllocateContiguousMemorySpecifyCache))
        return NULL;
    return allocate_bounded(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
                            BoundaryAddressMultiple);
}

/* There is one node. */
PVOID NTAPI MmAllocateContiguousMemorySpecifyCacheNode(
    SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress, PHYSICAL_ADDRESS HighestAcceptableAddress,
    PHYSICAL_ADDRESS BoundaryAddressMultiple, MEMORY_CACHING_TYPE CacheType, NODE_REQUIREMENT PreferredNode)
{
    (void)PreferredNode;
    GATE(MmAllocateContiguousMemorySpecifyCacheNode, NumberOfBytes, LowestAcceptableAddress.QuadPart,
         HighestAcceptableAddress.QuadPart, CacheType);
    if (GATE_FAILS(MmAllocateContiguousMemorySpecifyCacheNode))
        return NULL;
    return allocate_bounded(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
                            BoundaryAddressMultiple);
}

/* NULL also for a Protect other than PAGE_READWRITE or PAGE_EXECUTE_READWRITE, with one of the two ways to
 * cache or none. */
PVOID NTAPI MmAllocateContiguousNodeMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS LowestAcceptableAddress,
                                           PHYSICAL_ADDRESS HighestAcceptableAddress,
                                           PHYSICAL_ADDRESS BoundaryAddressMultiple, ULONG Protect,
                                           NODE_REQUIREMENT PreferredNode)
{
    (void)PreferredNode;
    GATE(MmAllocateContiguousNodeMemory, NumberOfBytes, LowestAcceptableAddress.QuadPart,
         HighestAcceptableAddress.QuadPart, Protect);
    const ULONG caching = PAGE_NOCACHE | PAGE_WRITECOMBINE;
    ULONG protect = Protect & ~caching;
    if ((protect != PAGE_READWRITE && protect != PAGE_EXECUTE_READWRITE) || (Protect & caching) == caching ||
        GATE_FAILS(MmAllocateContiguousNodeMemory))
        return NULL;
    PVOID base = allocate_bounded(NumberOfBytes, LowestAcceptableAddress, HighestAcceptableAddress,
                                  BoundaryAddressMultiple);
    uint32_t pages = (uint32_t)((NumberOfBytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
    if (base && protect == PAGE_EXECUTE_READWRITE &&
        !mi_map_protect(base, pages, mi_host_protection(protect))) {
        free_contiguous(base, NULL);
        return NULL;
    }
    return base;
}

VOID NTAPI MmFreeContiguousMemory(PVOID BaseAddress)
{
    GATE(MmFreeContiguousMemory, BaseAddress);
    free_contiguous(BaseAddress, __builtin_return_address(0));
}

VOID NTAPI MmFreeContiguousMemorySpecifyCache(PVOID BaseAddress, SIZE_T NumberOfBytes,
                                              MEMORY_CACHING_TYPE CacheType)
{
    GATE(MmFreeContiguousMemorySpecifyCache, BaseAddress, NumberOfBytes, CacheType);
    free_contiguous(BaseAddress, __builtin_return_address(0));
}

PVOID NTAPI MmAllocateNonCachedMemory(SIZE_T NumberOfBytes)
{
    GATE(MmAllocateNonCachedMemory, NumberOfBytes);
    return GATE_FAILS(MmAllocateNonCachedMemory) ? NULL : allocate_contiguous(NumberOfBytes, lowest, highest);
}

VOID NTAPI MmFreeNonCachedMemory(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    GATE(MmFreeNonCachedMemory, BaseAddress, NumberOfBytes);
    free_contiguous(BaseAddress, __builtin_return_address(0));
}
