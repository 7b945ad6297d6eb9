/*
 * Running a routine on another stack, and telling the sanitizers of it. The frame pointers chain through the
 * switch, so a backtrace goes on into the stack that was left.
 */
#include "hostp.h"

/* There when anything in the process, a driver alone perhaps, was compiled for AddressSanitizer. */
void __asan_unpoison_memory_region(const volatile void *, size_t) __attribute__((weak));
void __sanitizer_start_switch_fiber(void **fake, const void *low, size_t) __attribute__((weak));
void __sanitizer_finish_switch_fiber(void *fake, const void **low, size_t *) __attribute__((weak));
#define SANITIZED_ADDRESSES __builtin_expect(__asan_unpoison_memory_region != NULL, 0)

#ifdef HOST_SANITIZED_THREADS
#include <sanitizer/tsan_interface.h>
#endif

/* --- the switch itself --- */

/* Calls routine(context) with the stack pointer at sp, a multiple of 16; *left is where this stack was left.
 */
void hostp_switch_stack(void (*routine)(void *), void *context, void *sp, void **left);

#if defined(__APPLE__)
#define SYMBOL(name) "_" #name
#define TYPE(name)   ""
#define SIZE(name)   ""
#else
#define SYMBOL(name) #name
#define TYPE(name)   ".type " #name ", %function\n"
#define SIZE(name)   ".size " #name ", . - " #name "\n"
#endif

#if defined(__x86_64__) && !defined(NTIO_PORTABLE_HOST)
__asm__(".text\n.p2align 4\n.globl " SYMBOL(hostp_switch_stack) "\n"
#if !defined(__APPLE__)
                                                                ".hidden hostp_switch_stack\n"
#endif
        TYPE(hostp_switch_stack) SYMBOL(hostp_switch_stack) ":\n"
                                                            "    .cfi_startproc\n"
                                                            "    pushq %rbp\n"
                                                            "    .cfi_def_cfa_offset 16\n"
                                                            "    .cfi_offset %rbp, -16\n"
                                                            "    movq %rsp, %rbp\n"
                                                            "    .cfi_def_cfa_register %rbp\n"
                                                            "    movq %rsp, (%rcx)\n"
                                                            "    movq %rdx, %rsp\n"
                                                            "    movq %rdi, %rax\n"
                                                            "    movq %rsi, %rdi\n"
                                                            "    callq *%rax\n"
                                                            "    movq %rbp, %rsp\n"
                                                            "    popq %rbp\n"
                                                            "    .cfi_def_cfa %rsp, 8\n"
                                                            "    retq\n"
                                                            "    .cfi_endproc\n" SIZE(hostp_switch_stack));
#elif defined(__aarch64__) && !defined(NTIO_PORTABLE_HOST)
__asm__(".text\n.p2align 4\n.globl " SYMBOL(hostp_switch_stack) "\n"
#if !defined(__APPLE__)
                                                                ".hidden hostp_switch_stack\n"
#endif
        TYPE(hostp_switch_stack) SYMBOL(hostp_switch_stack) ":\n"
                                                            "    .cfi_startproc\n"
                                                            "    stp x29, x30, [sp, #-16]!\n"
                                                            "    .cfi_def_cfa_offset 16\n"
                                                            "    .cfi_offset x29, -16\n"
                                                            "    .cfi_offset x30, -8\n"
                                                            "    mov x29, sp\n"
                                                            "    .cfi_def_cfa_register x29\n"
                                                            "    str x29, [x3]\n"
                                                            "    mov sp, x2\n"
                                                            "    mov x9, x0\n"
                                                            "    mov x0, x1\n"
                                                            "    blr x9\n"
                                                            "    mov sp, x29\n"
                                                            "    ldp x29, x30, [sp], #16\n"
                                                            "    .cfi_def_cfa sp, 0\n"
                                                            "    ret\n"
                                                            "    .cfi_endproc\n" SIZE(hostp_switch_stack));
#else

#include <ucontext.h>

/* makecontext passes ints only. */
static void start_context(unsigned high, unsigned low)
{
    void **call = (void **)((uintptr_t)high << 16 << 16 | low);
    ((void (*)(void *))call[0])(call[1]);
}

#define LEAST_CONTEXT_STACK                                                                                  \
    ((size_t)1024 * 1024) /* more than any stack has: makecontext only looks at its end */

#define BELOW ((size_t)16 * 1024) /* of the frame, for the frames of swapcontext */

void hostp_switch_stack(void (*routine)(void *), void *context, void *sp, void **left)
{
    ucontext_t back, there;
    void *call[2] = {(void *)(uintptr_t)routine, context};
    *left = (char *)__builtin_frame_address(0) - BELOW;
    uintptr_t address = (uintptr_t)call;
    if (getcontext(&there))
        host_abort();
    there.uc_stack.ss_sp = (char *)sp - LEAST_CONTEXT_STACK;
    there.uc_stack.ss_size = LEAST_CONTEXT_STACK;
    there.uc_link = &back;
    makecontext(&there, (void (*)(void))start_context, 2, (unsigned)(address >> 16 >> 16), (unsigned)address);
    if (swapcontext(&back, &there))
        host_abort();
}

#endif

/* --- with the sanitizers' knowledge --- */

struct stack_call {
    struct host_stack *from, *to;
    void (*routine)(void *);
    void *context;
};

static void leave_for(struct host_stack *from, struct host_stack *to)
{
    if (SANITIZED_ADDRESSES)
        __sanitizer_start_switch_fiber(&from->fake, to->low, to->size);
#ifdef HOST_SANITIZED_MEMORY
    __msan_start_switch_fiber(to->low, to->size);
#endif
#ifdef HOST_SANITIZED_THREADS
    if (!from->fiber)
        from->fiber = __tsan_get_current_fiber();
    if (!to->fiber) {
        to->fiber = __tsan_create_fiber(0);
        to->own_fiber = true;
    }
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
}

static void arrive(struct host_stack *on, struct host_stack *from)
{
    const void *low = NULL;
    size_t size = 0;
#ifdef HOST_SANITIZED_MEMORY
    __msan_finish_switch_fiber(&low, &size);
#else
    if (!SANITIZED_ADDRESSES)
        return;
    __sanitizer_finish_switch_fiber(on->fake, &low, &size);
#endif
    on->fake = NULL;
    if (from) { /* as the sanitizer itself believes it to be, for the way back */
        from->low = (void *)(uintptr_t)low;
        from->size = size;
    }
}

#if defined(HOST_SANITIZED_THREADS)
#define UNTRACED __attribute__((no_sanitize("thread"))) /* it begins and ends in different fibers */
#else
#define UNTRACED
#endif

static UNTRACED void arrive_and_call(void *value)
{
    struct stack_call *call = value;
    arrive(call->to, call->from);
    call->routine(call->context);
    leave_for(call->to, call->from);
}

UNTRACED void host_stack_call(struct host_stack *from, struct host_stack *to, void *sp,
                              void (*routine)(void *), void *context)
{
    struct stack_call call = {from, to, routine, context};
    leave_for(from, to);
    hostp_switch_stack(arrive_and_call, &call, (void *)((uintptr_t)sp & ~(uintptr_t)15), &from->sp);
    arrive(from, NULL);
}

void host_stack_unpoison(struct host_stack *stack)
{
    if (SANITIZED_ADDRESSES)
        __asan_unpoison_memory_region(stack->low, stack->size);
}

void host_stack_abandon(struct host_stack *stack)
{
    host_stack_unpoison(stack);
#ifdef HOST_SANITIZED_THREADS
    host_stack_free(stack);
#endif
}

void host_stack_free(struct host_stack *stack)
{
    (void)stack;
#ifdef HOST_SANITIZED_THREADS
    if (stack->own_fiber)
        __tsan_destroy_fiber(stack->fiber);
    stack->fiber = NULL;
    stack->own_fiber = false;
#endif
}

/* --- whose code --- */

#if defined(__linux__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
#include <link.h>

struct program {
    uintptr_t base, end;
};

/* The first one told is the program itself. */
static int first_image(struct dl_phdr_info *info, size_t size, void *context)
{
    struct program *program = context;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_X))
            continue;
        program->base = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        program->end = program->base + info->dlpi_phdr[i].p_memsz;
        break;
    }
    return 1;
}

void hostp_find_program(struct host_state *host)
{
    struct program program = {0, 0};
    dl_iterate_phdr(first_image, &program);
    host->program_base = program.base;
    host->program_end = program.end;
}

#else

void hostp_find_program(struct host_state *host)
{
    (void)host;
}

#endif

bool host_is_program_code(const void *address)
{
    const struct host_state *host = ntio_machine.host;
    return host && (uintptr_t)address - host->program_base < host->program_end - host->program_base;
}
