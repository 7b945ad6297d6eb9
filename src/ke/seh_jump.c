/*
 * The two jumps of structured exception handling that C cannot express (include/nt/ntio_seh.h).
 *
 * A return or goto out of a __try body calls the frame's cleanup function, ntio_seh_exit, on its way. There
 * is a __finally block to run first, in the middle of the function that is being left, and then the way goes
 * on where it was interrupted. So ntio_seh_exit saves its caller's context as a setjmp would (what it does is
 * what its own return would do) and jumps to the frame; at the end of the block ntio_seh_resume returns to
 * that caller. ntio_seh_resume(NULL) just returns 0.
 *
 * ORDER SEH: resume is the first member of ntio_seh_frame, state stands right behind it, bit 0 of state is
 * NTIO_SEH_ENDED_.
 */
#include "exception.h"

#if defined(__APPLE__)
#define SYMBOL(name) "_" #name
#define GLOBAL(name) ".globl _" #name "\n"
#else
#define SYMBOL(name) #name
#define GLOBAL(name) ".globl " #name "\n.type " #name ", %function\n"
#endif

#if defined(__x86_64__)
_Static_assert(offsetof(struct ntio_seh_frame, state) == 64, "ORDER SEH");
__asm__(".text\n" GLOBAL(ntio_seh_exit) SYMBOL(
    ntio_seh_exit) ":\n"
                   "    testl $1, 64(%rdi)\n"
                   "    jnz " SYMBOL(ki_seh_ended) "\n"
                                                   "    movq (%rsp), %rax\n"
                                                   "    movq %rax, (%rdi)\n"
                                                   "    leaq 8(%rsp), %rax\n"
                                                   "    movq %rax, 8(%rdi)\n"
                                                   "    movq %rbx, 16(%rdi)\n"
                                                   "    movq %rbp, 24(%rdi)\n"
                                                   "    movq %r12, 32(%rdi)\n"
                                                   "    movq %r13, 40(%rdi)\n"
                                                   "    movq %r14, 48(%rdi)\n"
                                                   "    movq %r15, 56(%rdi)\n"
                                                   "    jmp " SYMBOL(ki_seh_left) "\n" GLOBAL(ntio_seh_resume)
                                                       SYMBOL(ntio_seh_resume) ":\n"
                                                                               "    testq %rdi, %rdi\n"
                                                                               "    jz 1f\n"
                                                                               "    movq 16(%rdi), %rbx\n"
                                                                               "    movq 24(%rdi), %rbp\n"
                                                                               "    movq 32(%rdi), %r12\n"
                                                                               "    movq 40(%rdi), %r13\n"
                                                                               "    movq 48(%rdi), %r14\n"
                                                                               "    movq 56(%rdi), %r15\n"
                                                                               "    movq 8(%rdi), %rsp\n"
                                                                               "    jmp *(%rdi)\n"
                                                                               "1:  xorl %eax, %eax\n"
                                                                               "    ret\n");
#elif defined(__aarch64__)
_Static_assert(offsetof(struct ntio_seh_frame, state) == 168, "ORDER SEH");
__asm__(".text\n" GLOBAL(ntio_seh_exit) SYMBOL(
    ntio_seh_exit) ":\n"
                   "    ldr w1, [x0, #168]\n"
                   "    tbnz w1, #0, 1f\n"
                   "    mov x1, sp\n"
                   "    stp x30, x1, [x0]\n"
                   "    stp x19, x20, [x0, #16]\n"
                   "    stp x21, x22, [x0, #32]\n"
                   "    stp x23, x24, [x0, #48]\n"
                   "    stp x25, x26, [x0, #64]\n"
                   "    stp x27, x28, [x0, #80]\n"
                   "    str x29, [x0, #96]\n"
                   "    stp d8, d9, [x0, #104]\n"
                   "    stp d10, d11, [x0, #120]\n"
                   "    stp d12, d13, [x0, #136]\n"
                   "    stp d14, d15, [x0, #152]\n"
                   "    b " SYMBOL(ki_seh_left) "\n"
                                                "1:  b " SYMBOL(ki_seh_ended) "\n" GLOBAL(ntio_seh_resume)
                                                    SYMBOL(ntio_seh_resume) ":\n"
                                                                            "    cbz x0, 1f\n"
                                                                            "    ldp x30, x1, [x0]\n"
                                                                            "    mov sp, x1\n"
                                                                            "    ldp x19, x20, [x0, #16]\n"
                                                                            "    ldp x21, x22, [x0, #32]\n"
                                                                            "    ldp x23, x24, [x0, #48]\n"
                                                                            "    ldp x25, x26, [x0, #64]\n"
                                                                            "    ldp x27, x28, [x0, #80]\n"
                                                                            "    ldr x29, [x0, #96]\n"
                                                                            "    ldp d8, d9, [x0, #104]\n"
                                                                            "    ldp d10, d11, [x0, #120]\n"
                                                                            "    ldp d12, d13, [x0, #136]\n"
                                                                            "    ldp d14, d15, [x0, #152]\n"
                                                                            "    ret\n"
                                                                            "1:  mov w0, #0\n"
                                                                            "    ret\n");
#else
/* No such jump here: leaving a body other than by its end, an exception or __leave is refused by name. */
void ntio_seh_exit(struct ntio_seh_frame *frame)
{
    if (frame->state & NTIO_SEH_ENDED_)
        ki_seh_ended(frame);
    else
        ki_seh_misuse(
            "return, goto, break or continue out of a __try body is not supported on this processor");
}

int ntio_seh_resume(unsigned long long *where)
{
    (void)where;
    return 0;
}
#endif
