/*
 * The variable of a function in which clang keeps where a jump out of a __try goes on.
 *
 * clang has one for all scopes of the function. The jump sets it before the cleanup function is called, the
 * code behind the call loads it: a __try in the __finally block that runs in between would change it. gcc has
 * a variable for each scope. The code is followed from behind the call to the first load of 32 bits, which is
 * the one. Only a few instructions can stand in between: those with which AddressSanitizer marks the scope as
 * left, and those that make up an address.
 */
#include "exception.h"

#include <string.h>

enum { FOLLOWED = 10 /* instructions */ };

#if defined(__x86_64__)
/* A memory operand's address relative to rbp, rbx or rsp, which keep their values over a call; *code moves
 * behind it. NULL for any other operand. */
static unsigned *memory_operand(const unsigned char **code, const struct ntio_seh_place *place)
{
    unsigned byte = *(*code)++, mode = byte >> 6, base = byte & 7;
    if (mode != 1 && mode != 2)
        return NULL;
    if (base == 4 && *(*code)++ != 0x24)
        return NULL;
    int32_t offset = (int8_t) * *code;
    if (mode == 2)
        memcpy(&offset, *code, sizeof offset);
    *code += mode == 2 ? 4 : 1;
    uintptr_t value = place->words[base == 5 ? 3 : base == 3 ? 2 : 1];
    return base == 3 || base == 4 || base == 5 ? (unsigned *)(value + (uintptr_t)(intptr_t)offset) : NULL;
}

unsigned *ki_seh_destination(const struct ntio_seh_place *place)
{
    const unsigned char *code = (const unsigned char *)place->words[0];
    for (int i = 0; i < FOLLOWED; i++) {
        if (code[0] == 0x8B) { /* mov r32, memory: this is it */
            code++;
            return memory_operand(&code, place);
        }
        if (code[0] == 0x48 && code[1] == 0x8B) { /* mov r64, memory */
            code += 2;
            (void)memory_operand(&code, place);
        } else if (code[0] == 0xC6) { /* mov memory, imm8 */
            code++;
            (void)memory_operand(&code, place);
            code++;
        } else {
            return NULL;
        }
    }
    return NULL;
}
#elif defined(__aarch64__)
/* What the registers hold, as far as it is known; 31 is sp. */
struct registers {
    uintptr_t value[32];
    uint32_t known;
};

static void set(struct registers *registers, unsigned which, bool known, uintptr_t value)
{
    registers->value[which] = value;
    registers->known = (registers->known & ~(1u << which)) | (uint32_t)known << which;
}

static intptr_t signed_bits(uint32_t word, unsigned first, unsigned count)
{
    return (int32_t)(word << (32 - first - count)) >> (32 - count);
}

/* The offset of a load that has one: scaled, or of nine bits. */
static bool is_load(uint32_t word, uint32_t size, uintptr_t *offset)
{
    if ((word & 0xFFC00000) == (size << 30 | 0x39400000)) {
        *offset = (word >> 10 & 0xFFF) << size;
        return true;
    }
    *offset = (uintptr_t)signed_bits(word, 12, 9);
    return (word & 0xFFE00C00) == (size << 30 | 0x38400000);
}

unsigned *ki_seh_destination(const struct ntio_seh_place *place)
{
    struct registers registers = {.known = 0xBFF80000}; /* all that a function keeps: ORDER SEH */
    registers.value[31] = place->words[1];
    for (unsigned i = 19; i < 30; i++)
        registers.value[i] = place->words[i - 17];
    const uint32_t *code = (const uint32_t *)place->words[0];
    for (int i = 0; i < FOLLOWED; i++) {
        uint32_t word = *code++;
        unsigned to = word & 31, from = word >> 5 & 31;
        bool known = registers.known >> from & 1;
        uintptr_t offset, base = registers.value[from];
        if (is_load(word, 2, &offset)) /* this is it */
            return known ? (unsigned *)(base + offset) : NULL;
        if (is_load(word, 3, &offset)) /* an address that was made up before */
            set(&registers, to, known, known ? *(const uintptr_t *)(base + offset) : 0);
        else if ((word & 0xBF800000) == 0x91000000) /* add with a constant; sub */
            set(&registers, to, known,
                base + (uintptr_t)(word >> 10 & 0xFFF) * (word & 1u << 22 ? 4096 : 1) *
                           (word & 1u << 30 ? (uintptr_t)-1 : 1));
        else if ((word & 0x1F800000) == 0x12800000 || (word & 0xFF200000) == 0x8B000000) /* mov; add */
            set(&registers, to, false, 0);
        else if ((word & 0xFC000000) == 0x14000000) /* b */
            code += signed_bits(word, 0, 26) - 1;
        else if ((word & 0x0A400000) != 0x08000000) /* no store */
            return NULL;
    }
    return NULL;
}
#else
unsigned *ki_seh_destination(const struct ntio_seh_place *place)
{
    (void)place;
    return NULL;
}
#endif
