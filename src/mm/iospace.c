/*
 * The memory and the registers of devices. There is no hardware: a test has a device's memory at physical
 * addresses (ntio_add_memory), and drivers map it. The bytes are those of the very frames with these numbers,
 * so that a physical address is the same wherever it is asked for. What nobody answers for reads as ones, as
 * on a bus without a device, until it is written to.
 */
#include "mip.h"

#include <stdlib.h>
#include <string.h>

#include <ntio/ntio.h>

#define MOST_UNANSWERED (16u << 20 >> PAGE_SHIFT) /* in one mapping: their ones must be written */

struct mi_device {
    struct mi_device *next;
    ntio_memory memory;
    PFN_NUMBER first;
    uint32_t pages;
    void *bytes;
    _Atomic unsigned users; /* calls of its functions under way: it must not go */
};

static struct mi_io_space *io_space(void)
{
    return &mip()->io;
}

static struct mi_device *first_device(void)
{
    return atomic_load_explicit(&io_space()->devices, memory_order_acquire);
}

static struct mi_device *find(PFN_NUMBER pfn)
{
    struct mi_device *d = first_device();
    while (d && pfn - d->first >= d->pages)
        d = d->next;
    return d;
}

bool mi_is_device(PFN_NUMBER first, uint32_t pages)
{
    ki_lock(&io_space()->lock);
    struct mi_device *d = find(first);
    bool inside = d && pages <= d->pages - (first - d->first);
    ki_unlock(&io_space()->lock);
    return inside;
}

/* --- mappings --- */

/* Gives the first pages of a mapping back. */
static void let_go_pages(const struct mi_io_mapping *mapping, uint32_t pages)
{
    for (uint32_t i = 0; i < pages; i++)
        mi_frames_unpin(mi_frame_of_pfn(mapping->pfns[i]), 1);
}

/* A pin on each frame; those that nobody has are taken, and *ones tells which. */
static bool hold_pages(struct mi_io_mapping *mapping, PFN_NUMBER first, uint8_t *ones)
{
    uint32_t unanswered = 0;
    for (uint32_t i = 0; i < mapping->pages; i++) {
        uint32_t frame = mi_frame_of_pfn(first + i);
        mapping->pfns[i] = first + i;
        ones[i] = 0;
        if (mi_frames_pin_used(frame))
            continue;
        if (++unanswered > MOST_UNANSWERED || !mi_frames_take(frame, 1)) {
            let_go_pages(mapping, i);
            return false;
        }
        mi_frames_pin(frame, 1);
        mi_frames_disown(frame, 1); /* the pin alone holds it, until the last mapping goes */
        ones[i] = 1;
    }
    return true;
}

static PVOID map(PHYSICAL_ADDRESS address, SIZE_T bytes, int protection, const void *caller)
{
    ULONGLONG from = (ULONGLONG)address.QuadPart;
    PFN_NUMBER first = from >> PAGE_SHIFT, end = (from + bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
    struct mi_frames *frames = &mip()->frames;
    if (!bytes || from + bytes < from || !frames->section || first < MI_PFN_BASE ||
        end > MI_PFN_BASE + frames->used.count || end - first > mip()->ptes.pages)
        return NULL;
    uint32_t pages = (uint32_t)(end - first);
    struct mi_io_mapping *mapping = calloc(1, sizeof *mapping + pages * (sizeof mapping->pfns[0] + 1));
    if (!mapping)
        return NULL;
    mapping->pages = pages;
    mapping->bytes = bytes;
    mapping->caller = caller;
    uint8_t *ones = (uint8_t *)(mapping->pfns + pages);
    if (!hold_pages(mapping, first, ones)) {
        free(mapping);
        return NULL;
    }
    mapping->base = mi_map_pfns(mapping->pfns, pages, HOST_READ | HOST_WRITE);
    for (uint32_t i = 0; mapping->base && i < pages; i++)
        if (ones[i])
            memset(mapping->base + (size_t)i * PAGE_SIZE, 0xFF, PAGE_SIZE);
    if (mapping->base && protection != (HOST_READ | HOST_WRITE) &&
        !mi_map_protect(mapping->base, pages, protection)) {
        mi_unmap(mapping->base, pages);
        mapping->base = NULL;
    }
    if (!mapping->base) {
        let_go_pages(mapping, pages);
        free(mapping);
        return NULL;
    }
    ki_lock(&io_space()->lock);
    mapping->next = io_space()->mappings;
    io_space()->mappings = mapping;
    ki_unlock(&io_space()->lock);
    return mapping->base + (from & (PAGE_SIZE - 1));
}

/*
 * NULL: no room, or no such address (those from 32 GB on, and page 0), or too much of it is nobody's. RAM is
 * mapped like anything else. Caching makes no difference here.
 */
PVOID NTAPI MmMapIoSpace(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes,
                         MEMORY_CACHING_TYPE CacheType)
{
    GATE(MmMapIoSpace, PhysicalAddress.QuadPart, NumberOfBytes, CacheType);
    if (GATE_FAILS(MmMapIoSpace))
        return NULL;
    return map(PhysicalAddress, NumberOfBytes, HOST_READ | HOST_WRITE, __builtin_return_address(0));
}

PVOID NTAPI MmMapIoSpaceEx(PHYSICAL_ADDRESS PhysicalAddress, SIZE_T NumberOfBytes, ULONG Protect)
{
    GATE(MmMapIoSpaceEx, PhysicalAddress.QuadPart, NumberOfBytes, Protect);
    const ULONG caching = PAGE_NOCACHE | PAGE_WRITECOMBINE;
    int protection = mi_host_protection(Protect & ~caching);
    if (protection < 0 || protection == HOST_NONE || (Protect & caching) == caching ||
        GATE_FAILS(MmMapIoSpaceEx))
        return NULL;
    return map(PhysicalAddress, NumberOfBytes, protection, __builtin_return_address(0));
}

/* WDK: "Bug Check 0xDA: SYSTEM_PTE_MISUSE". */
static _Noreturn void refuse_unmapping(const uint8_t *base, SIZE_T bytes, const struct mi_io_mapping *around,
                                       const void *caller)
{
    ULONG_PTR pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(base, bytes);
    if (!around)
        KiBugCheck(SYSTEM_PTE_MISUSE, 0x302, (ULONG_PTR)base, 0, 0, caller);
    if (PAGE_ALIGN(base) != (PVOID)around->base)
        KiBugCheck(SYSTEM_PTE_MISUSE, 0x304, (ULONG_PTR)base, pages, 0, caller);
    KiBugCheck(SYSTEM_PTE_MISUSE, 0x305, (ULONG_PTR)base, pages, around->pages, caller);
}

/* Bug check 0xDA unless it is exactly what was mapped, as far as pages go. */
VOID NTAPI MmUnmapIoSpace(PVOID BaseAddress, SIZE_T NumberOfBytes)
{
    GATE(MmUnmapIoSpace, BaseAddress, NumberOfBytes);
    uint8_t *base = BaseAddress;
    ki_lock(&io_space()->lock);
    struct mi_io_mapping **at = &io_space()->mappings, *mapping;
    while ((mapping = *at) != NULL && (size_t)(base - mapping->base) >= (size_t)mapping->pages * PAGE_SIZE)
        at = &mapping->next;
    bool exact = mapping && PAGE_ALIGN(base) == (PVOID)mapping->base &&
                 ADDRESS_AND_SIZE_TO_SPAN_PAGES(base, NumberOfBytes) == mapping->pages;
    if (exact)
        *at = mapping->next;
    ki_unlock(&io_space()->lock);
    if (!exact)
        refuse_unmapping(base, NumberOfBytes, mapping, __builtin_return_address(0));
    mi_unmap(mapping->base, mapping->pages);
    let_go_pages(mapping, mapping->pages);
    free(mapping);
}

/* --- registers --- */

/* The device whose functions answer for the address, kept until its users count is taken back; NULL: memory
 * like any other. */
static struct mi_device *hold(const volatile void *address, uint64_t *offset)
{
    if (!first_device() || !mi_is_pte_address(&mip()->ptes, address))
        return NULL;
    PFN_NUMBER pfn = mi_map_pfn(address);
    ki_lock(&io_space()->lock);
    struct mi_device *d = find(pfn);
    if (d && !d->memory.read && !d->memory.write)
        d = NULL;
    if (d)
        d->users++;
    ki_unlock(&io_space()->lock);
    if (d)
        *offset = ((pfn - d->first) << PAGE_SHIFT) + ((uintptr_t)address & (PAGE_SIZE - 1));
    return d;
}

/* Registers are not cached and accesses keep their order. A register may be at any address, as on x64. */
static uint64_t read_bytes(const volatile void *address, unsigned size)
{
    uint64_t value = 0;
    host_full_fence();
    if ((uintptr_t)address % size)
        memcpy(&value, (const void *)address, size);
    else if (size == 1)
        value = __atomic_load_n((const volatile uint8_t *)address, __ATOMIC_RELAXED);
    else if (size == 2)
        value = __atomic_load_n((const volatile uint16_t *)address, __ATOMIC_RELAXED);
    else if (size == 4)
        value = __atomic_load_n((const volatile uint32_t *)address, __ATOMIC_RELAXED);
    else
        value = __atomic_load_n((const volatile uint64_t *)address, __ATOMIC_RELAXED);
    return value;
}

static void write_bytes(volatile void *address, unsigned size, uint64_t value)
{
    if ((uintptr_t)address % size)
        memcpy((void *)address, &value, size);
    else if (size == 1)
        __atomic_store_n((volatile uint8_t *)address, (uint8_t)value, __ATOMIC_RELAXED);
    else if (size == 2)
        __atomic_store_n((volatile uint16_t *)address, (uint16_t)value, __ATOMIC_RELAXED);
    else if (size == 4)
        __atomic_store_n((volatile uint32_t *)address, (uint32_t)value, __ATOMIC_RELAXED);
    else
        __atomic_store_n((volatile uint64_t *)address, value, __ATOMIC_RELAXED);
    host_full_fence();
}

static uint64_t read_register(const volatile void *address, unsigned size)
{
    uint64_t offset, value;
    struct mi_device *d = hold(address, &offset);
    value = d && d->memory.read ? d->memory.read(d->memory.context, offset, size) : read_bytes(address, size);
    if (d)
        d->users--;
    return value;
}

static void write_register(volatile void *address, unsigned size, uint64_t value)
{
    uint64_t offset;
    struct mi_device *d = hold(address, &offset);
    if (d && d->memory.write)
        d->memory.write(d->memory.context, offset, size, value);
    else
        write_bytes(address, size, value);
    if (d)
        d->users--;
}

/* What drivers call, at any IRQL (WDK: READ_REGISTER_UCHAR and its family). Of a buffer's registers each is
 * the next one. */
#define REGISTERS(TYPE)                                                                                      \
    TYPE NTAPI READ_REGISTER_##TYPE(volatile TYPE *Register)                                                 \
    {                                                                                                        \
        GATE(READ_REGISTER_##TYPE, Register);                                                                \
        return (TYPE)read_register(Register, sizeof(TYPE));                                                  \
    }                                                                                                        \
    VOID NTAPI WRITE_REGISTER_##TYPE(volatile TYPE *Register, TYPE Value)                                    \
    {                                                                                                        \
        GATE(WRITE_REGISTER_##TYPE, Register, Value);                                                        \
        write_register(Register, sizeof(TYPE), Value);                                                       \
    }                                                                                                        \
    VOID NTAPI READ_REGISTER_BUFFER_##TYPE(volatile TYPE *Register, TYPE *Buffer, ULONG Count)               \
    {                                                                                                        \
        GATE(READ_REGISTER_BUFFER_##TYPE, Register, Buffer, Count);                                          \
        for (ULONG i = 0; i < Count; i++) {                                                                  \
            TYPE value = (TYPE)read_register(Register + i, sizeof(TYPE));                                    \
            memcpy((char *)Buffer + i * sizeof(TYPE), &value, sizeof(TYPE));                                 \
        }                                                                                                    \
    }                                                                                                        \
    VOID NTAPI WRITE_REGISTER_BUFFER_##TYPE(volatile TYPE *Register, TYPE *Buffer, ULONG Count)              \
    {                                                                                                        \
        GATE(WRITE_REGISTER_BUFFER_##TYPE, Register, Buffer, Count);                                         \
        for (ULONG i = 0; i < Count; i++) {                                                                  \
            TYPE value;                                                                                      \
            memcpy(&value, (const char *)Buffer + i * sizeof(TYPE), sizeof(TYPE));                           \
            write_register(Register + i, sizeof(TYPE), value);                                               \
        }                                                                                                    \
    }

REGISTERS(UCHAR)
REGISTERS(USHORT)
REGISTERS(ULONG)
REGISTERS(ULONG64)

/* --- the test's side (ntio.h) --- */

NTIO_API int32_t ntio_add_memory(const ntio_memory *memory, void **bytes)
{
    if (!mip())
        return STATUS_UNSUCCESSFUL;
    struct mi_frames *frames = &mip()->frames;
    if (!frames->section)
        return STATUS_NOT_SUPPORTED;
    uint64_t end = (MI_PFN_BASE + frames->used.count) << PAGE_SHIFT;
    if (!memory || !memory->size || (memory->address | memory->size) & (PAGE_SIZE - 1) ||
        memory->address < MI_PFN_BASE << PAGE_SHIFT || memory->address >= end ||
        memory->size > end - memory->address)
        return STATUS_INVALID_PARAMETER;
    struct mi_device *added = calloc(1, sizeof *added);
    if (!added)
        return STATUS_INSUFFICIENT_RESOURCES;
    added->memory = *memory;
    added->first = memory->address >> PAGE_SHIFT;
    added->pages = (uint32_t)(memory->size >> PAGE_SHIFT);
    uint32_t frame = mi_frame_of_pfn(added->first);
    if (!mi_frames_take(frame, added->pages)) {
        free(added);
        return STATUS_CONFLICTING_ADDRESSES;
    }
    added->bytes = mi_map_frames(frame, added->pages);
    if (!added->bytes) {
        mi_frames_disown(frame, added->pages);
        free(added);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (bytes)
        *bytes = added->bytes;
    ki_lock(&io_space()->lock);
    added->next = first_device();
    atomic_store_explicit(&io_space()->devices, added, memory_order_release);
    ki_unlock(&io_space()->lock);
    return STATUS_SUCCESS;
}

NTIO_API void ntio_remove_memory(uint64_t address)
{
    if (!mip())
        return;
    ki_lock(&io_space()->lock);
    struct mi_device *removed = first_device(), *before = NULL;
    while (removed && removed->memory.address != address)
        before = removed, removed = removed->next;
    if (removed && before)
        before->next = removed->next;
    else if (removed)
        atomic_store_explicit(&io_space()->devices, removed->next, memory_order_release);
    ki_unlock(&io_space()->lock);
    if (!removed)
        return;
    for (unsigned turn = 0; removed->users; ++turn)
        host_spin(turn);
    mi_unmap(removed->bytes, removed->pages);
    mi_frames_disown(mi_frame_of_pfn(removed->first), removed->pages);
    free(removed);
}

/* --- the end --- */

void mi_io_report(void)
{
    for (const struct mi_io_mapping *m = io_space()->mappings; m; m = m->next) {
        char where[200];
        host_call_site(m->caller, where, sizeof where);
        machine_violation(
            "somebody left %llu bytes at the physical address 0x%llX mapped, at %p, mapped at %s",
            (unsigned long long)m->bytes, (unsigned long long)(m->pfns[0] << PAGE_SHIFT), (void *)m->base,
            where);
    }
}

void mi_io_stop(void)
{
    for (struct mi_io_mapping *m = io_space()->mappings, *next; m; m = next) {
        next = m->next;
        free(m);
    }
    for (struct mi_device *d = first_device(), *next; d; d = next) {
        next = d->next;
        free(d);
    }
}
