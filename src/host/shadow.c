/*
 * Shadows of pages that have several addresses. The sanitizer keeps a shadow for each address; where two
 * addresses are one page, their shadows have to be one, too. So a section has a second file with the shadows
 * of its pages, and behind them the origins, and whoever maps pages maps those along.
 *
 * Where a shadow lies is no interface of the sanitizer's: it is tried out when the host starts. Where it lies
 * elsewhere there are no sections, and nothing has a second address.
 */
#include "hostp.h"

#ifdef HOST_SANITIZED_MEMORY

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *shadow_of(const volatile void *at)
{
    return (void *)((uintptr_t)at ^ HOST_SHADOW_FLIPS);
}

static void *origin_of(const volatile void *at)
{
    return (uint8_t *)shadow_of(at) + HOST_ORIGIN_BEHIND;
}

#if defined(__x86_64__) && defined(__linux__)
HOST_BLIND __attribute__((noinline)) bool hostp_shadow_is_known(void)
{
    volatile uint64_t word[2] = {0, 0};
    const volatile uint64_t *shadow = shadow_of(word);
    __msan_poison(word, sizeof word[0]);
    bool known = shadow[0] == UINT64_MAX && !shadow[1];
    __msan_unpoison(word, sizeof word[0]);
    return known && !shadow[0];
}
#else
bool hostp_shadow_is_known(void)
{
    return false;
}
#endif

/* Where Windows' kernel half would be there is no shadow: an address there faults when its shadow is looked
 * at. */
void *hostp_shadow_owner(const struct host_fault *fault)
{
    uintptr_t owner = (uintptr_t)fault->address ^ HOST_SHADOW_FLIPS, registers[HOST_REGISTERS];
    if ((uintptr_t)fault->address >> 47 != 0x1FFFF || fault->address == (void *)UINTPTR_MAX)
        return fault->address;
    for (unsigned i = 0, count = host_fault_registers(fault, registers); i < count; i++)
        if (registers[i] == owner)
            return (void *)owner;
    /* What is stored has its shadow stored first. */
    return fault->access == HOST_WRITE ? (void *)owner : fault->address;
}

/* mmap as the sanitizer does not see it: it would write a shadow that may still be another's. */
static void *raw_map(void *at, size_t size, int protection, int flags, int file, uint64_t offset)
{
    return (void *)syscall(SYS_mmap, at, size, protection, flags, file, offset);
}

void *hostp_map(void *at, size_t size, int protection, int flags, int file, uint64_t offset)
{
    if (!ntio_machine.host || !ntio_machine.host->shadows)
        return mmap(at, size, protection, flags, file, (off_t)offset);
    void *memory = raw_map(at, size, protection, flags, file, offset);
    if (memory != MAP_FAILED)
        hostp_shadow_detach(memory, size);
    return memory;
}

void hostp_shadow_detach(void *at, size_t size)
{
    const int flags = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE | MAP_FIXED;
    if (!ntio_machine.host || !ntio_machine.host->shadows)
        return;
    raw_map(shadow_of(at), size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (__msan_get_track_origins())
        raw_map(origin_of(at), size, PROT_READ | PROT_WRITE, flags, -1, 0);
}

bool hostp_shadow_attach(void *at, size_t size, int sharing, int file, uint64_t offset, uint64_t half)
{
    const int flags = sharing | MAP_FIXED | MAP_NORESERVE;
    if (raw_map(shadow_of(at), size, PROT_READ | PROT_WRITE, flags, file, offset) == MAP_FAILED)
        return false;
    return !__msan_get_track_origins() ||
           raw_map(origin_of(at), size, PROT_READ | PROT_WRITE, flags, file, half + offset) != MAP_FAILED;
}

#endif
