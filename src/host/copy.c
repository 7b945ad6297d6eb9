/*
 * The copy that may fault. Where the registers of a fault can be changed it is a loop in assembly whose
 * addresses the signal handler knows; elsewhere the thread saves its place first.
 */
#include "hostp.h"
#include "context.h"

#if HOSTP_COPY_ASM

#if defined(__APPLE__)
#define SYMBOL(name) "_" #name
#define HIDDEN(name) ".private_extern _" #name "\n"
#else
#define SYMBOL(name) #name
#define HIDDEN(name) ".hidden " #name "\n"
#endif

extern const char hostp_copy_end[], hostp_copy_recover[];

/* clang-format off */
#define GLOBAL(name) ".globl " SYMBOL(name) "\n" HIDDEN(name)

/*
 * The copy goes forward and never touches a byte outside; on success the first return register is zero. From 16 to 64 bytes
 * it is done in pieces that overlap in the middle: host_copy_failed finds the first bad byte all the same. A touch reads
 * one byte or, to find out whether it may be written, writes back what it read: as NT's own probes do, with the same small
 * window in which another thread's write to that byte is lost. An atomic step would cost more than all the rest of a probe.
 */
#if defined(__x86_64__)
__asm__(
    ".text\n"
    GLOBAL(hostp_copy) GLOBAL(hostp_touch) GLOBAL(hostp_store) GLOBAL(hostp_copy_end) GLOBAL(hostp_copy_recover)
    ".p2align 4\n"
    SYMBOL(hostp_copy) ":\n"
    "    .cfi_startproc\n"
    "    leaq -16(%rdx), %rax\n"
    "    cmpq $48, %rax\n"
    "    ja 9f\n"
    "    movups (%rsi), %xmm0\n"
    "    movups -16(%rsi,%rdx), %xmm1\n"
    "    cmpq $16, %rax\n"
    "    jbe 8f\n"
    "    movups 16(%rsi), %xmm2\n"
    "    movups -32(%rsi,%rdx), %xmm3\n"
    "    movups %xmm0, (%rdi)\n"
    "    movups %xmm2, 16(%rdi)\n"
    "    movups %xmm3, -32(%rdi,%rdx)\n"
    "    movups %xmm1, -16(%rdi,%rdx)\n"
    "    xorl %eax, %eax\n"
    "    ret\n"
    "8:  movups %xmm0, (%rdi)\n"
    "    movups %xmm1, -16(%rdi,%rdx)\n"
    "    xorl %eax, %eax\n"
    "    ret\n"
    "9:  movq %rdx, %rcx\n"
    "    cmpq $512, %rdx\n"
    "    jae 5f\n"
    "1:  cmpq $32, %rcx\n"
    "    jb 2f\n"
    "    movups (%rsi), %xmm0\n"
    "    movups 16(%rsi), %xmm1\n"
    "    movups %xmm0, (%rdi)\n"
    "    movups %xmm1, 16(%rdi)\n"
    "    addq $32, %rsi\n"
    "    addq $32, %rdi\n"
    "    subq $32, %rcx\n"
    "    jmp 1b\n"
    "2:  cmpq $8, %rcx\n"
    "    jb 3f\n"
    "    movq (%rsi), %rax\n"
    "    movq %rax, (%rdi)\n"
    "    addq $8, %rsi\n"
    "    addq $8, %rdi\n"
    "    subq $8, %rcx\n"
    "    jmp 2b\n"
    "3:  testb $4, %cl\n"
    "    jz 7f\n"
    "    movl (%rsi), %eax\n"
    "    movl %eax, (%rdi)\n"
    "    addq $4, %rsi\n"
    "    addq $4, %rdi\n"
    "    subq $4, %rcx\n"
    "7:  testq %rcx, %rcx\n"
    "    jz 4f\n"
    "    movb (%rsi), %al\n"
    "    movb %al, (%rdi)\n"
    "    incq %rsi\n"
    "    incq %rdi\n"
    "    decq %rcx\n"
    "    jmp 7b\n"
    SYMBOL(hostp_touch) ":\n"
    "    testl %esi, %esi\n"
    "    jnz 6f\n"
    "    movb (%rdi), %al\n"
    "    jmp 4f\n"
    "6:  movb (%rdi), %al\n"
    "    movb %al, (%rdi)\n"
    "    jmp 4f\n"
    SYMBOL(hostp_store) ":\n"
    "    movl %esi, (%rdi)\n"
    "4:  xorl %eax, %eax\n"
    "    ret\n"
    "5:  rep movsb\n"
    "    xorl %eax, %eax\n"
    SYMBOL(hostp_copy_end) ":\n"
    SYMBOL(hostp_copy_recover) ":\n"
    "    ret\n"
    "    .cfi_endproc\n");
#else
__asm__(
    ".text\n"
    GLOBAL(hostp_copy) GLOBAL(hostp_touch) GLOBAL(hostp_store) GLOBAL(hostp_copy_end) GLOBAL(hostp_copy_recover)
    ".p2align 4\n"
    SYMBOL(hostp_copy) ":\n"
    "    .cfi_startproc\n"
    "1:  cmp x2, #16\n"
    "    b.lo 2f\n"
    "    ldp x3, x4, [x1], #16\n"
    "    stp x3, x4, [x0], #16\n"
    "    sub x2, x2, #16\n"
    "    b 1b\n"
    "2:  cbz x2, 3f\n"
    "    ldrb w3, [x1], #1\n"
    "    strb w3, [x0], #1\n"
    "    sub x2, x2, #1\n"
    "    b 2b\n"
    SYMBOL(hostp_touch) ":\n"
    "    cbnz w1, 4f\n"
    "    ldrb w3, [x0]\n"
    "    b 3f\n"
    "4:  ldrb w3, [x0]\n"
    "    strb w3, [x0]\n"
    "    b 3f\n"
    SYMBOL(hostp_store) ":\n"
    "    str w1, [x0]\n"
    "3:  mov x0, #0\n"
    SYMBOL(hostp_copy_end) ":\n"
    SYMBOL(hostp_copy_recover) ":\n"
    "    ret\n"
    "    .cfi_endproc\n");
#endif
/* clang-format on */

bool hostp_is_copying(void *host_context)
{
    ucontext_t *context = host_context;
    uintptr_t start = (uintptr_t)hostp_copy;
    return *CONTEXT_PC(context) - start < (uintptr_t)hostp_copy_end - start;
}

bool hostp_copy_recovers(void *host_context, uintptr_t address)
{
    ucontext_t *context = host_context;
    if (!hostp_is_copying(host_context))
        return false;
    *CONTEXT_FIRST(context) = 1;
    *CONTEXT_SECOND(context) = address;
    *CONTEXT_PC(context) = (uintptr_t)hostp_copy_recover;
    return true;
}

#else

#include <setjmp.h>

struct copy_place {
    sigjmp_buf jump;
    volatile uintptr_t address;
};
static __thread struct copy_place *volatile copy_place;

struct hostp_copied hostp_copy(void *to, const void *from, size_t size)
{
    struct copy_place place = {.address = 0};
    if (sigsetjmp(place.jump, 0))
        return (struct hostp_copied){1, place.address};
    copy_place = &place;
    volatile char *target = to;
    const volatile char *source = from;
    for (size_t i = 0; i < size; i++)
        target[i] = source[i];
    copy_place = NULL;
    return (struct hostp_copied){0, 0};
}

struct hostp_copied hostp_touch(volatile void *address, int write)
{
    struct copy_place place = {.address = 0};
    if (sigsetjmp(place.jump, 0))
        return (struct hostp_copied){1, place.address};
    copy_place = &place;
    unsigned char byte = *(volatile unsigned char *)address;
    if (write)
        *(volatile unsigned char *)address = byte;
    copy_place = NULL;
    return (struct hostp_copied){0, 0};
}

bool hostp_is_copying(void *host_context)
{
    (void)host_context;
    return copy_place != NULL;
}

struct hostp_copied hostp_store(void *to, uint32_t value)
{
    return hostp_copy(to, &value, sizeof value);
}

bool hostp_copy_recovers(void *host_context, uintptr_t address)
{
    (void)host_context;
    struct copy_place *place = copy_place;
    if (!place)
        return false;
    copy_place = NULL;
    place->address = address;
    siglongjmp(place->jump, 1);
}

#endif
