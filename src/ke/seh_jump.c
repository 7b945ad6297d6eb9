/*
 * The jumps of structured exception handling that C cannot express (include/nt/ntio_seh.h).
 *
 * ntio_seh_enter notes the place in the function where it returns to, with the registers that a function
 * keeps over a call. ntio_seh_resume goes to such a place and returns 1 there.
 *
 * ki_seh_ask goes there, too, but leaves the stack pointer where it is, below what is to stay: the function
 * addresses its locals by another register, so its filter runs and may call whatever it likes. ki_seh_answer,
 * called at the end of the filter, has ki_seh_ask return. As some compilers keep room for arguments at the
 * stack pointer, there is room above it.
 *
 * A return or goto out of a __try body calls ntio_seh_exit, the scope's cleanup function, on its way. There
 * may be a __finally block to run first, in the middle of the function that is being left, and then the way
 * goes on where it was interrupted. So ntio_seh_exit saves the context to which its own return would go, and
 * the frame is jumped to; at the end of the block ntio_seh_resume does that return. Between the two the
 * function runs only code outside of the scope, so what the compiler keeps in the stack frame for the
 * interrupted way is still there. ntio_seh_resume(0) and (1) just return that number.
 *
 * ORDER SEH: words is the first member of ntio_seh_place and state of ntio_seh_scope; bit 0 of state is
 * NTIO_SEH_ENDED_.
 */
#include "exception.h"

#if defined(__APPLE__)
#define SYMBOL(name)   "_" #name
#define FUNCTION(name) ".globl _" #name "\n_" #name ":\n"
#define PRIVATE(name)  ".private_extern _" #name "\n_" #name ":\n"
#else
#define SYMBOL(name)   #name
#define FUNCTION(name) ".globl " #name "\n.type " #name ", %function\n" #name ":\n"
#define PRIVATE(name)  ".globl " #name "\n.hidden " #name "\n.type " #name ", %function\n" #name ":\n"
#endif

#if defined(__x86_64__)
_Static_assert(sizeof(((struct ntio_seh_place *)0)->words) == 64, "ORDER SEH");
/* clang-format off */
__asm__(".text\n"
    FUNCTION(ntio_seh_enter)
    "    subq $8, %rsp\n"
    "    call " SYMBOL(ki_seh_enter) "\n"
    "    addq $8, %rsp\n"
    "    movq (%rsp), %rcx\n"
    "    leaq 8(%rsp), %rdx\n"
    "    movq %rcx, (%rax)\n"
    "    movq %rdx, 8(%rax)\n"
    "    movq %rbx, 16(%rax)\n"
    "    movq %rbp, 24(%rax)\n"
    "    movq %r12, 32(%rax)\n"
    "    movq %r13, 40(%rax)\n"
    "    movq %r14, 48(%rax)\n"
    "    movq %r15, 56(%rax)\n"
    "    xorl %eax, %eax\n"
    "    ret\n"
    PRIVATE(ki_seh_ask)
    "    pushq %rbp\n"
    "    pushq %rbx\n"
    "    pushq %r12\n"
    "    pushq %r13\n"
    "    pushq %r14\n"
    "    pushq %r15\n"
    "    movq %rsp, (%rsi)\n"
    "    subq $1032, %rsp\n"
    "    movq 16(%rdi), %rbx\n"
    "    movq 24(%rdi), %rbp\n"
    "    movq 32(%rdi), %r12\n"
    "    movq 40(%rdi), %r13\n"
    "    movq 48(%rdi), %r14\n"
    "    movq 56(%rdi), %r15\n"
    "    movl $1, %eax\n"
    "    jmp *(%rdi)\n"
    PRIVATE(ki_seh_answer)
    "    movq %rsi, %rsp\n"
    "    movl %edi, %eax\n"
    "    popq %r15\n"
    "    popq %r14\n"
    "    popq %r13\n"
    "    popq %r12\n"
    "    popq %rbx\n"
    "    popq %rbp\n"
    "    ret\n"
    FUNCTION(ntio_seh_exit)
    "    testl $1, (%rdi)\n"
    "    jnz " SYMBOL(ki_seh_ended) "\n"
    "    subq $72, %rsp\n"
    "    movq 72(%rsp), %rax\n"
    "    movq %rax, (%rsp)\n"
    "    leaq 80(%rsp), %rax\n"
    "    movq %rax, 8(%rsp)\n"
    "    movq %rbx, 16(%rsp)\n"
    "    movq %rbp, 24(%rsp)\n"
    "    movq %r12, 32(%rsp)\n"
    "    movq %r13, 40(%rsp)\n"
    "    movq %r14, 48(%rsp)\n"
    "    movq %r15, 56(%rsp)\n"
    "    movq %rsp, %rdi\n"
    "    call " SYMBOL(ki_seh_left) "\n"
    "    ud2\n"
    FUNCTION(ntio_seh_resume)
    "    cmpq $1, %rdi\n"
    "    jbe 1f\n"
    "    movq 16(%rdi), %rbx\n"
    "    movq 24(%rdi), %rbp\n"
    "    movq 32(%rdi), %r12\n"
    "    movq 40(%rdi), %r13\n"
    "    movq 48(%rdi), %r14\n"
    "    movq 56(%rdi), %r15\n"
    "    movq 8(%rdi), %rsp\n"
    "    movl $1, %eax\n"
    "    jmp *(%rdi)\n"
    "1:  movl %edi, %eax\n"
    "    ret\n");
/* clang-format on */
#elif defined(__aarch64__)
_Static_assert(sizeof(((struct ntio_seh_place *)0)->words) == 176, "ORDER SEH");
/* All that a function keeps, as words of which the second is sp, to and from where base points. */
#define SAVE(base)                                                                                           \
    "    stp x19, x20, [" base ", #16]\n"                                                                    \
    "    stp x21, x22, [" base ", #32]\n"                                                                    \
    "    stp x23, x24, [" base ", #48]\n"                                                                    \
    "    stp x25, x26, [" base ", #64]\n"                                                                    \
    "    stp x27, x28, [" base ", #80]\n"                                                                    \
    "    str x29, [" base ", #96]\n"                                                                         \
    "    stp d8, d9, [" base ", #104]\n"                                                                     \
    "    stp d10, d11, [" base ", #120]\n"                                                                   \
    "    stp d12, d13, [" base ", #136]\n"                                                                   \
    "    stp d14, d15, [" base ", #152]\n"
#define LOAD(base)                                                                                           \
    "    ldp x19, x20, [" base ", #16]\n"                                                                    \
    "    ldp x21, x22, [" base ", #32]\n"                                                                    \
    "    ldp x23, x24, [" base ", #48]\n"                                                                    \
    "    ldp x25, x26, [" base ", #64]\n"                                                                    \
    "    ldp x27, x28, [" base ", #80]\n"                                                                    \
    "    ldr x29, [" base ", #96]\n"                                                                         \
    "    ldp d8, d9, [" base ", #104]\n"                                                                     \
    "    ldp d10, d11, [" base ", #120]\n"                                                                   \
    "    ldp d12, d13, [" base ", #136]\n"                                                                   \
    "    ldp d14, d15, [" base ", #152]\n"
/* clang-format off */
__asm__(".text\n.p2align 2\n"
    FUNCTION(ntio_seh_enter)
    "    stp x29, x30, [sp, #-16]!\n"
    "    mov x29, sp\n"
    "    bl " SYMBOL(ki_seh_enter) "\n"
    "    ldp x29, x30, [sp], #16\n"
    "    mov x1, sp\n"
    "    stp x30, x1, [x0]\n"
    SAVE("x0")
    "    mov w0, #0\n"
    "    ret\n"
    PRIVATE(ki_seh_ask)
    "    sub sp, sp, #176\n"
    "    str x30, [sp]\n"
    SAVE("sp")
    "    mov x2, sp\n"
    "    str x2, [x1]\n"
    "    sub sp, sp, #1024\n"
    LOAD("x0")
    "    ldr x30, [x0]\n"
    "    mov w0, #1\n"
    "    ret\n"
    PRIVATE(ki_seh_answer)
    "    mov sp, x1\n"
    "    ldr x30, [sp]\n"
    LOAD("sp")
    "    add sp, sp, #176\n"
    "    ret\n"
    FUNCTION(ntio_seh_exit)
    "    ldr w1, [x0]\n"
    "    tbz w1, #0, 1f\n"
    "    b " SYMBOL(ki_seh_ended) "\n"
    "1:  mov x1, sp\n"
    "    sub sp, sp, #176\n"
    "    stp x30, x1, [sp]\n"
    SAVE("sp")
    "    mov x0, sp\n"
    "    bl " SYMBOL(ki_seh_left) "\n"
    "    brk #1\n"
    FUNCTION(ntio_seh_resume)
    "    cmp x0, #1\n"
    "    b.ls 1f\n"
    "    ldp x30, x1, [x0]\n"
    "    mov sp, x1\n"
    LOAD("x0")
    "    mov w0, #1\n"
    "    ret\n"
    "1:  ret\n");
/* clang-format on */
#else
int ntio_seh_enter(int how)
{
    ki_seh_enter(how);
    return 0;
}

/* No such jump here: all frames are late ones. */
int ki_seh_ask(const unsigned long long *words, void **deep)
{
    (void)words;
    (void)deep;
    return 0;
}

void ki_seh_answer(int disposition, void *deep)
{
    (void)disposition;
    (void)deep;
}

/* Nor this: leaving a body other than by its end, an exception or __leave is refused by name. */
void ntio_seh_exit(struct ntio_seh_scope *scope)
{
    if (scope->state & NTIO_SEH_ENDED_)
        ki_seh_ended(scope);
    else
        ki_seh_misuse(
            "return, goto, break or continue out of a __try body is not supported on this processor");
}

int ntio_seh_resume(struct ntio_seh_place *place)
{
    return (int)(uintptr_t)place;
}
#endif
