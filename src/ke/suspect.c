/*
 * What a fault in kernel mode tells about the driver, before it becomes an exception that the driver's own
 * __try may hide: an address that can only come from memory nobody wrote, a null pointer, a call of something
 * that is no code.
 */
#include "exception.h"
#include "../mm/mm.h"

#include <bugcodes.h>
#include <ntio_image.h>

#include <stdio.h>

#define NULL_REGION 0x10000u

/* The bytes that memory is filled with, and what it then was. A pointer made of them is near enough. */
#define GUARD 0xFDFDFDFDFDFDFDFD

static const struct suspect_fill {
    uint64_t word;
    const char *what;
} fills[] = {
    {0xDDDDDDDDDDDDDDDD, "read from pool that was freed"},
    {0xCDCDCDCDCDCDCDCD, "read from pool that was never written to"},
    {GUARD, "read from beyond the end of a pool block"},
    {0xFEFEFEFEFEFEFEFE, "read from a local variable that was never written to"}, /* gcc's */
    {0xAAAAAAAAAAAAAAAA, "read from a local variable that was never written to"}, /* clang's */
};

static const struct suspect_fill *fill_of(uintptr_t address)
{
#if defined(__aarch64__)
    const unsigned ignored = 8; /* the top byte is no part of an address, and the host leaves it out */
#else
    const unsigned ignored = 0;
#endif
    for (unsigned i = 0; i < sizeof fills / sizeof fills[0]; i++)
        if ((address - fills[i].word + NULL_REGION) << ignored < (uintptr_t)(2 * NULL_REGION) << ignored)
            return &fills[i];
    return NULL;
}

const char *KiDescribeFill(uint64_t value)
{
    const struct suspect_fill *fill = fill_of((uintptr_t)value);
    return fill ? fill->what : NULL;
}

/* At the jump of an image's __x86_indirect_thunk_*: what is told is about the call that led there. */
static bool in_passage(const void *pc)
{
#if defined(__x86_64__)
    unsigned char code[3];
    if (!host_peek(code, pc, sizeof code))
        return false;
    const unsigned char *jump = code[0] == 0x41 ? code + 1 : code;
    return jump[0] == 0xFF && (jump[1] & 0xF8) == 0xE0;
#else
    (void)pc;
    return false;
#endif
}

const void *ki_fault_site(const struct host_fault *fault)
{
    if (mm_image_owner(fault->pc) && !in_passage(fault->pc))
        return fault->pc;
    const char *caller = host_fault_caller(fault);
    if (caller && mm_image_owner(caller - 1))
        return caller - 1;
    void *frames[32];
    int count = host_backtrace(frames, 32);
    for (int i = 0; i < count; i++)
        if (mm_image_owner((char *)frames[i] - 1))
            return (char *)frames[i] - 1;
    return fault->pc;
}

/* "\\Driver\\name" of whoever's code `site` is. */
static void name_driver(const void *site, char *text, size_t size)
{
    PDRIVER_OBJECT driver = mm_image_owner(site);
    size_t length = driver ? driver->DriverName.Length / sizeof(WCHAR) : 0;
    if (!length) {
        snprintf(text, size, "the kernel");
        return;
    }
    if (length > size - 1)
        length = size - 1;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)driver->DriverName.Buffer[i];
    text[length] = 0;
}

static void tell(const struct host_fault *fault, uintptr_t address, const char *what)
{
    char place[200], driver[100];
    const void *site = ki_fault_site(fault);
    host_place(site, place, sizeof place);
    name_driver(site, driver, sizeof driver);
    const char *did = fault->access == HOST_EXECUTE || in_passage(fault->pc) ? "called"
                      : fault->access == HOST_WRITE                          ? "wrote to"
                                                                             : "followed";
    machine_violation("%s %s the address %016llx, %s, at %s", driver, did, (unsigned long long)address, what,
                      place);
}

/* There when anything in the process, a driver alone perhaps, was compiled for AddressSanitizer. */
void __asan_poison_memory_region(const volatile void *, size_t) __attribute__((weak));

/* A sanitizer's shadow of an address that stands in another register. */
static bool is_shadow(uintptr_t value, const uintptr_t *registers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (value == registers[i] >> 3 || value == (registers[i] >> 3) + 0x7FFF8000)
            return true;
#ifdef HOST_SANITIZED_MEMORY
        if (value == (registers[i] ^ HOST_SHADOW_FLIPS) ||
            value == (registers[i] ^ HOST_SHADOW_FLIPS) + HOST_ORIGIN_BEHIND)
            return true;
#endif
    }
    return false;
}

/* A processor that faults without an address has found one that cannot be: which register holds it? */
static bool judge_registers(const struct host_fault *fault)
{
    uintptr_t registers[HOST_REGISTERS], odd = 0, beyond = 0;
    unsigned count = host_fault_registers(fault, registers);
    for (unsigned i = 0; i < count; i++) {
        const struct suspect_fill *fill = fill_of(registers[i]);
        if (fill && fill->word == GUARD) {
            beyond = registers[i]; /* or the pool's own code has left it there: any other goes first */
            continue;
        }
        if (fill) {
            tell(fault, registers[i], fill->what);
            return true;
        }
        intptr_t top = (intptr_t)registers[i] >> 47;
        if (!odd && top != 0 && top != -1 && !is_shadow(registers[i], registers, count))
            odd = registers[i];
    }
    if (!odd && beyond) {
        tell(fault, beyond, fill_of(beyond)->what);
        return true;
    }
    if (odd)
        tell(fault, odd, "which no processor has");
    return odd != 0;
}

static void judge_call(const struct host_fault *fault)
{
    uintptr_t address = (uintptr_t)fault->address;
    const struct suspect_fill *fill = fill_of(address);
    /* NT: code is in images; all the rest, pool and the client's memory alike, may not be executed in kernel
     * mode. */
    if (fault->mapped)
        KiBugCheck(ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, address, 0, 0, 0, ki_fault_site(fault));
    if (MmIsKernelAddress(fault->address))
        return;
    tell(fault, address,
         fill                    ? fill->what
         : address < NULL_REGION ? "a null pointer"
                                 : "where there is no code");
}

/* NT: a page fault in an image that was unloaded is the driver's, whoever runs into it. */
void ki_judge_unloaded(const struct host_fault *fault)
{
    bool executed = fault->access == HOST_EXECUTE || fault->pc == fault->address;
    const char *name = mm_unloaded_image(fault->address);
    if (!name || fault->mapped)
        return;
    machine_violation("%s was unloaded, and its %s at %p was still in use", name, executed ? "code" : "data",
                      fault->address);
    KiBugCheck(DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS, (uintptr_t)fault->address,
               executed                      ? 8
               : fault->access == HOST_WRITE ? 1
                                             : 0,
               (uintptr_t)fault->pc, 0, ki_fault_site(fault));
}

void ki_judge_fault(PKTHREAD thread, const struct host_fault *fault)
{
    uintptr_t address = (uintptr_t)fault->address;
    if (address == UINTPTR_MAX) {
        judge_registers(fault);
        return;
    }
    if (fault->access == HOST_EXECUTE || fault->pc == fault->address) {
        judge_call(fault);
        return;
    }
    const struct suspect_fill *fill = fill_of(address);
    if (fill)
        tell(fault, address, fill->what);
    else if (address >> 55)
        tell(fault, address, "which no processor has");
#if defined(__aarch64__)
    else if (address == 0 &&
             judge_registers(fault)) /* an emulator's word for addresses that it does not have */
        return;
#endif
    else if (address < NULL_REGION && address - thread->LowProbe >= thread->LowProbeLength)
        tell(fault, address, "a null pointer");
}

/*
 * AddressSanitizer looks at the shadow of an address first, and where there can be none that is the access
 * that faults, without an address. The kernel half's addresses are told all the same: both stand in
 * registers. NULL: it was something else.
 */
void *ki_shadowed_address(const struct host_fault *fault)
{
    uintptr_t registers[HOST_REGISTERS];
    unsigned count = host_fault_registers(fault, registers);
    for (unsigned i = 0; i < count; i++) {
        if (registers[i] >> 47 != 0x1FFFF)
            continue;
        for (unsigned j = 0; j < count; j++)
            if (is_shadow(registers[j], &registers[i], 1))
                return (void *)registers[i];
    }
    /* Code that is not optimised keeps the address in memory: the shadow has all of it but the lowest bits.
     */
    for (unsigned i = 0; __asan_poison_memory_region && i < count; i++)
        for (unsigned added = 0; added < 2; added++) {
            uintptr_t index = registers[i] - (added ? 0x7FFF8000 : 0);
            if (index >> 44 == 0x1FFFF)
                return (void *)(index << 3);
        }
    return NULL;
}

/* Not GATE's: the compiler calls it, no driver does. */
void ntio_image_overran(const void *where)
{
    uintptr_t expected = 0;
#if defined(__x86_64__) && defined(__linux__)
    __asm__("movq %%fs:0x28, %0" : "=r"(expected));
#endif
    KiBugCheck(DRIVER_OVERRAN_STACK_BUFFER, 0, expected, ~expected, 0, (const char *)where - 1);
}

void ntio_image_strayed(const void *address, const void *where)
{
    KiBugCheck(ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, (ULONG_PTR)address, 0, 0, 0, (const char *)where - 1);
}
