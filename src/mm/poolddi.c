/*
 * The pool DDIs: what Windows checks of a request, and the report of what a driver left behind.
 */
#include "mip.h"

#include <string.h>

#define MI_TAG_NONE 'enoN' /* what ExAllocatePool uses, read "None" */

#ifndef PROTECTED_POOL
#define PROTECTED_POOL 0x80000000
#endif
/* Bits beside the kind of pool that POOL_TYPE parameters carry. */
#define MI_QUOTA_FAIL 0x8
#define MI_RAISE      0x10
#define MI_COLD       0x100
#define MI_ZEROED     0x400

static KIRQL current_irql(void)
{
    return KiThread ? KiThread->Irql : PASSIVE_LEVEL;
}

static void check_irql(POOL_TYPE type, SIZE_T size, const void *caller)
{
    KIRQL irql = current_irql();
    bool legal = irql <= APC_LEVEL || (irql == DISPATCH_LEVEL && !mi_heap_of(type));
    if (!legal && mip()->special)
        KiBugCheck(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, irql, type, size, 0x30, caller);
    if (!legal)
        KiBugCheck(BAD_POOL_CALLER, 0x8, irql, type, size, caller);
}

static bool letter_or_digit(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* WDK: "Bug Check 0xC2", values 0x9A to 0x9D. */
static void check_request(POOL_TYPE type, SIZE_T size, ULONG tag, const void *caller)
{
    check_irql(type, size, caller);
    if ((type & 7) == NonPagedPoolMustSucceed || (type & 7) == NonPagedPoolCacheAlignedMustS)
        KiBugCheck(BAD_POOL_CALLER, 0x9A, type, size, tag, caller);
    if (!tag)
        KiBugCheck(BAD_POOL_CALLER, 0x9B, type, size, (ULONG_PTR)caller, caller);
    if (tag == ' GIB' || tag == 'GIB')
        KiBugCheck(BAD_POOL_CALLER, 0x9C, type, size, (ULONG_PTR)caller, caller);
    const unsigned char *letters = (const unsigned char *)&tag;
    if (!letter_or_digit(letters[0]) && !letter_or_digit(letters[1]) && !letter_or_digit(letters[2]) &&
        !letter_or_digit(letters[3] & 0x7F))
        KiBugCheck(BAD_POOL_CALLER, 0x9D, tag, type, (ULONG_PTR)caller, caller);
}

static PVOID allocate(POOL_TYPE type, SIZE_T size, ULONG tag, unsigned flags, bool fail, const void *caller)
{
    if (type & MI_ZEROED)
        flags |= MI_ZERO;
    PVOID block = fail ? NULL : mi_pool_allocate(type, size, tag, flags, caller);
    if (!block && (type & MI_RAISE))
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    return block;
}

PVOID MmAllocatePoolFor(const void *caller, POOL_TYPE type, SIZE_T bytes, ULONG tag)
{
    check_request(type, bytes, tag, caller);
    return allocate(type, bytes, tag, 0, false, caller);
}

VOID MmFreePoolFor(const void *caller, PVOID block, ULONG tag)
{
    KIRQL irql = current_irql();
    if (irql > APC_LEVEL) {
        bool paged = mi_pool_is_paged(block);
        if ((irql > DISPATCH_LEVEL || paged) && mi_is_special(block))
            KiBugCheck(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, irql, paged ? PagedPool : NonPagedPool,
                       (ULONG_PTR)block, 0x31, caller);
        if (irql > DISPATCH_LEVEL || paged)
            KiBugCheck(BAD_POOL_CALLER, 0x9, irql, paged ? PagedPool : NonPagedPool, (ULONG_PTR)block,
                       caller);
    }
    mi_pool_check_owner(block, caller);
    mi_pool_free(block, tag, caller);
}

PVOID MmAllocateSystemPool(SIZE_T bytes, ULONG tag)
{
    return mi_pool_allocate(NonPagedPoolNx, bytes, tag, MI_SYSTEM, __builtin_return_address(0));
}

PVOID MmAllocateRequestPool(SIZE_T bytes, ULONG tag)
{
    return mi_pool_allocate(NonPagedPoolNx, bytes, tag, MI_SYSTEM | MI_SPECIAL, __builtin_return_address(0));
}

VOID MmFreeSystemPool(PVOID block)
{
    mi_pool_free(block, 0, __builtin_return_address(0));
}

/*
 * A request for zero bytes gets the smallest block. A tag of zero, a must-succeed type or a bad IRQL is bug
 * check 0xC2. Returns NULL when there is no memory, unless PoolType has POOL_RAISE_IF_ALLOCATION_FAILURE.
 */
PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    const void *caller = __builtin_return_address(0);
    GATE(ExAllocatePoolWithTag, PoolType, NumberOfBytes, Tag);
    check_request(PoolType, NumberOfBytes, Tag, caller);
    return allocate(PoolType, NumberOfBytes, Tag, 0, GATE_FAILS(ExAllocatePoolWithTag), caller);
}

PVOID NTAPI ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    const void *caller = __builtin_return_address(0);
    GATE(ExAllocatePool, PoolType, NumberOfBytes);
    check_request(PoolType, NumberOfBytes, MI_TAG_NONE, caller);
    return allocate(PoolType, NumberOfBytes, MI_TAG_NONE, 0, GATE_FAILS(ExAllocatePool), caller);
}

/* Raises STATUS_INSUFFICIENT_RESOURCES unless PoolType has POOL_QUOTA_FAIL_INSTEAD_OF_RAISE. */
PVOID NTAPI ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    const void *caller = __builtin_return_address(0);
    GATE(ExAllocatePoolWithQuotaTag, PoolType, NumberOfBytes, Tag);
    POOL_TYPE type = PoolType & MI_QUOTA_FAIL ? PoolType & ~MI_QUOTA_FAIL : PoolType | MI_RAISE;
    check_request(type, NumberOfBytes, Tag, caller);
    return allocate(type, NumberOfBytes, Tag, MI_QUOTA, GATE_FAILS(ExAllocatePoolWithQuotaTag), caller);
}

PVOID NTAPI ExAllocatePoolWithQuota(POOL_TYPE PoolType, SIZE_T NumberOfBytes)
{
    const void *caller = __builtin_return_address(0);
    GATE(ExAllocatePoolWithQuota, PoolType, NumberOfBytes);
    POOL_TYPE type = PoolType & MI_QUOTA_FAIL ? PoolType & ~MI_QUOTA_FAIL : PoolType | MI_RAISE;
    check_request(type, NumberOfBytes, MI_TAG_NONE, caller);
    return allocate(type, NumberOfBytes, MI_TAG_NONE, MI_QUOTA, GATE_FAILS(ExAllocatePoolWithQuota), caller);
}

/* XxxPoolPrioritySpecialPoolOverrun, ...Underrun; WDK: "Special Pool". */
static unsigned how_by_priority(EX_POOL_PRIORITY priority)
{
    return !(priority & 8) ? 0 : priority & 1 ? MI_SPECIAL_UNDERRUN : MI_SPECIAL_OVERRUN;
}

PVOID NTAPI ExAllocatePoolWithTagPriority(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag,
                                          EX_POOL_PRIORITY Priority)
{
    const void *caller = __builtin_return_address(0);
    GATE(ExAllocatePoolWithTagPriority, PoolType, NumberOfBytes, Tag, Priority);
    check_request(PoolType, NumberOfBytes, Tag, caller);
    return allocate(PoolType, NumberOfBytes, Tag, how_by_priority(Priority),
                    GATE_FAILS(ExAllocatePoolWithTagPriority), caller);
}

/* --- POOL_FLAGS --- */

#define MI_POOL_KINDS (POOL_FLAG_NON_PAGED | POOL_FLAG_NON_PAGED_EXECUTE | POOL_FLAG_PAGED)
#define MI_POOL_KNOWN                                                                                        \
    (MI_POOL_KINDS | POOL_FLAG_USE_QUOTA | POOL_FLAG_UNINITIALIZED | POOL_FLAG_SESSION |                     \
     POOL_FLAG_CACHE_ALIGNED | POOL_FLAG_RAISE_ON_FAILURE)
/* The low half holds what must be understood, the high half what may be ignored. WDK: "POOL_FLAGS". */
#define MI_POOL_REQUIRED 0x00000000FFFFFFFFull

static bool flags_are_valid(POOL_FLAGS flags, POOL_TYPE *type)
{
    POOL_FLAGS kind = flags & MI_POOL_KINDS;
    if ((flags & MI_POOL_REQUIRED & ~(POOL_FLAGS)MI_POOL_KNOWN) || !kind || (kind & (kind - 1)))
        return false;
    *type = kind == POOL_FLAG_PAGED ? PagedPool : kind == POOL_FLAG_NON_PAGED ? NonPagedPoolNx : NonPagedPool;
    if (flags & POOL_FLAG_CACHE_ALIGNED)
        *type |= NonPagedPoolCacheAligned;
    return true;
}

static PVOID allocate_by_flags(POOL_FLAGS flags, SIZE_T size, ULONG tag, unsigned how, bool fail,
                               const void *caller)
{
    POOL_TYPE type;
    bool raise = (flags & POOL_FLAG_RAISE_ON_FAILURE) != 0;
    if (!tag || !flags_are_valid(flags, &type)) {
        if (raise)
            ExRaiseStatus(STATUS_INVALID_PARAMETER);
        return NULL;
    }
    check_request(type, size, tag, caller);
    how |= (flags & POOL_FLAG_UNINITIALIZED ? 0 : MI_ZERO) | (flags & POOL_FLAG_USE_QUOTA ? MI_QUOTA : 0);
    return allocate(raise ? type | MI_RAISE : type, size, tag, how, fail, caller);
}

/* NULL, or an exception with POOL_FLAG_RAISE_ON_FAILURE, for a tag of zero and for flags that are not valid.
 */
PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    GATE(ExAllocatePool2, Flags, NumberOfBytes, Tag);
    return allocate_by_flags(Flags, NumberOfBytes, Tag, 0, GATE_FAILS(ExAllocatePool2),
                             __builtin_return_address(0));
}

/* Parameters that must be understood and are not make it fail; optional ones are passed over. WDK:
 * "ExAllocatePool3". */
PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                            PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount)
{
    GATE(ExAllocatePool3, Flags, NumberOfBytes, Tag, ExtendedParameters);
    unsigned how = 0;
    for (ULONG i = 0; i < ExtendedParametersCount; i++) {
        if (ExtendedParameters[i].Type == PoolExtendedParameterPriority)
            how = how_by_priority(ExtendedParameters[i].Priority);
        if (ExtendedParameters[i].Optional || ExtendedParameters[i].Type == PoolExtendedParameterPriority ||
            ExtendedParameters[i].Type == PoolExtendedParameterNumaNode)
            continue;
        if (Flags & POOL_FLAG_RAISE_ON_FAILURE)
            ExRaiseStatus(STATUS_INVALID_PARAMETER);
        return NULL;
    }
    return allocate_by_flags(Flags, NumberOfBytes, Tag, how, GATE_FAILS(ExAllocatePool3),
                             __builtin_return_address(0));
}

/* --- freeing --- */

/* Tag 0 frees a block whatever its tag; another tag than the block's is bug check 0xC2, 0xA. */
VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    GATE(ExFreePoolWithTag, P, Tag);
    MmFreePoolFor(__builtin_return_address(0), P, Tag);
}

VOID NTAPI ExFreePool(PVOID P)
{
    GATE(ExFreePool, P);
    MmFreePoolFor(__builtin_return_address(0), P, 0);
}

VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                       ULONG ExtendedParametersCount)
{
    GATE(ExFreePool2, P, Tag, ExtendedParameters, ExtendedParametersCount);
    MmFreePoolFor(__builtin_return_address(0), P, Tag);
}

/* --- what is left --- */

struct left {
    void *driver; /* NULL: whoever */
    ULONG count;
    const char *whose;
};

static void report_left(void *context, const struct mi_block *block)
{
    struct left *left = context;
    if (block->flags & MI_SYSTEM)
        return;
    if (left->driver && mm_image_owner(block->caller) != left->driver)
        return;
    char where[200], tag[5];
    memcpy(tag, &block->tag, 4);
    tag[4] = 0;
    for (int i = 0; i < 4; i++)
        if (tag[i] < 0x20)
            tag[i] = '.';
    host_call_site(block->caller, where, sizeof where);
    machine_violation("%s left %llu bytes of %s pool at %p, tag '%s', allocated at %s", left->whose,
                      (unsigned long long)block->size, block->type & PagedPool ? "paged" : "nonpaged",
                      block->address, tag, where);
    left->count++;
}

ULONG MmReportDriverPool(void *driver_object)
{
    PDRIVER_OBJECT driver = driver_object;
    char name[64] = "the driver";
    for (ULONG i = 0; i < driver->DriverName.Length / sizeof(WCHAR) && i < sizeof name - 1; i++) {
        name[i] = (char)driver->DriverName.Buffer[i];
        name[i + 1] = 0;
    }
    struct left left = {driver_object, 0, name};
    mi_pool_check_free(driver_object);
    mi_pool_walk(report_left, &left);
    if (left.count)
        KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, (ULONG_PTR)driver->DriverName.Buffer, 0,
                   left.count, driver->DriverStart);
    return 0;
}

static void forgive_left(void *context, const struct mi_block *block)
{
    struct mi_span *span;
    if (block->flags & MI_SYSTEM || mm_image_owner(block->caller) != context || mi_is_special(block->address))
        return;
    struct mi_block *own = mi_pool_find(block->address, &span); /* what is visited is a copy */
    if (own)
        __atomic_fetch_or(&own->flags, MI_SYSTEM, __ATOMIC_RELAXED);
}

static void forgive_special(void *context, struct mi_block *block)
{
    if (mm_image_owner(block->caller) == context)
        block->flags |= MI_SYSTEM;
}

VOID MmForgiveDriverPool(void *driver_object)
{
    mi_pool_walk(forgive_left, driver_object);
    mi_special_walk(forgive_special, driver_object);
}

void mi_pool_report(void)
{
    struct left left = {NULL, 0, "somebody"};
    mi_pool_walk(report_left, &left);
}
