/*
 * The two jumps of structured exception handling that C cannot express (include/nt/ntio_seh.h).
 *
 * A return or goto out of a __try body calls ntio_seh_exit, the scope's cleanup function, on its way. There
 * may be a __finally block to run first, in the middle of the function that is being left, and then the way
 * goes on where it was interrupted. So ntio_seh_exit saves the context to which its own return would go, and
 * the frame is jumped to; at the end of the block ntio_seh_resume does that return. Between the two the
 * function runs only code outside of the scope, so what the compiler keeps in the stack frame for the
 * interrupted way is still there. ntio_seh_resume(NULL) just returns 0.
 *
 * ORDER SEH: words is the first member of ntio_seh_place and state of ntio_seh_scope; bit 0 of state is
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
_Static_assert(sizeof(((struct ntio_seh_place *)0)->words) == 64, "ORDER SEH");
__asm__(".text\n" GLOBAL(ntio_seh_exit) SYMBOL(
    ntio_seh_exit) ":\n"
                   "    testl $1, (%rdi)\n"
                   "    jnz " SYMBOL(
                       ki_seh_ended) "\n"
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
                                     "    call " SYMBOL(
                                         ki_seh_left) "\n"
                                                      "    ud2\n" GLOBAL(ntio_seh_resume)
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
_Static_assert(sizeof(((struct ntio_seh_place *)0)->words) == 176, "ORDER SEH");
__asm__(".text\n" GLOBAL(ntio_seh_exit) SYMBOL(
    ntio_seh_exit) ":\n"
                   "    ldr w1, [x0]\n"
                   "    tbz w1, #0, 1f\n"
                   "    b " SYMBOL(
                       ki_seh_ended) "\n"
                                     "1:  mov x1, sp\n"
                                     "    sub sp, sp, #176\n"
                                     "    stp x30, x1, [sp]\n"
                                     "    stp x19, x20, [sp, #16]\n"
                                     "    stp x21, x22, [sp, #32]\n"
                                     "    stp x23, x24, [sp, #48]\n"
                                     "    stp x25, x26, [sp, #64]\n"
                                     "    stp x27, x28, [sp, #80]\n"
                                     "    str x29, [sp, #96]\n"
                                     "    stp d8, d9, [sp, #104]\n"
                                     "    stp d10, d11, [sp, #120]\n"
                                     "    stp d12, d13, [sp, #136]\n"
                                     "    stp d14, d15, [sp, #152]\n"
                                     "    mov x0, sp\n"
                                     "    bl " SYMBOL(
                                         ki_seh_left) "\n"
                                                      "    brk #1\n" GLOBAL(ntio_seh_resume) SYMBOL(
                                                          ntio_seh_resume) ":\n"
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
    (void)place;
    return 0;
}
#endif
