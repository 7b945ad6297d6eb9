/*
 * Going on from a fault in a routine, on the stack of the fault, and from there back to the instruction. The
 * signal's frame, which the kernel has put on the signal's stack, is copied to where the kernel would have
 * put it without such a stack: the routine returns into the end of the signal, as a handler does.
 */
#include "hostp.h"
#include "context.h"

#include <stddef.h>
#include <string.h>

#if HOSTP_LINUX && (defined(__x86_64__) || defined(__aarch64__))

#define RED_ZONE 128
#define ROOM     4096        /* that the routine has at least */
#define FRAME    (64 * 1024) /* of a function: what it touches above the stack pointer is its own */

/* What unwinders and debuggers know as the end of a signal, by its bytes. */
void hostp_end_of_signal(void) __attribute__((visibility("hidden")));
#if defined(__x86_64__)
__asm__(".text\n    nop\n.globl hostp_end_of_signal\n.hidden hostp_end_of_signal\n"
        ".type hostp_end_of_signal, %function\nhostp_end_of_signal:\n"
        "    movq $15, %rax\n    syscall\n");
#else
__asm__(".text\n.p2align 2\n    nop\n.globl hostp_end_of_signal\n.hidden hostp_end_of_signal\n"
        ".type hostp_end_of_signal, %function\nhostp_end_of_signal:\n"
        "    mov x8, #139\n    svc #0\n");
#endif

/* The signal was delivered on the stack of the fault: there is no other, or it was that one. */
static bool is_same_stack(const ucontext_t *context, uintptr_t sp)
{
    const stack_t *stack = &context->uc_stack;
    return stack->ss_flags & SS_DISABLE || sp - (uintptr_t)stack->ss_sp <= stack->ss_size;
}

/* The stack itself has ended there: what lies beyond is not its. */
static bool is_overflow(const struct host_fault *fault, uintptr_t low)
{
    return fault->kind == HOST_FAULT_ACCESS &&
           (uintptr_t)fault->address - low < (uintptr_t)fault->stack + FRAME - low;
}

static uintptr_t down(uintptr_t address, size_t size, size_t alignment)
{
    return (address - size) & ~(uintptr_t)(alignment - 1);
}

static bool put(uintptr_t to, const void *from, size_t size)
{
    return host_copy((void *)to, from, size, NULL);
}

#if defined(__x86_64__)

/* The kernel's part of a ucontext_t ends with the first word of the mask. */
#define CONTEXT_SIZE (offsetof(ucontext_t, uc_sigmask) + 8)

/* What follows the 512 bytes of fxsave, and how much it is, the kernel says in the last of them. */
static size_t float_size(const void *state)
{
    const uint32_t magic = 0x46505853;
    uint32_t words[2];
    memcpy(words, (const char *)state + 464, sizeof words);
    return words[0] == magic ? words[1] : 512;
}

bool host_fault_call(const struct host_fault *fault, void (*routine)(struct host_fault *))
{
    const uint64_t unwanted = 0x10500; /* resume, direction and trap flag: as for a handler */
    ucontext_t *context = fault->host_context;
    uintptr_t sp = (uintptr_t)fault->stack;
    void *state = context->uc_mcontext.fpregs;
    if (is_same_stack(context, sp) || !state)
        return false;
    uintptr_t copy = down(sp - RED_ZONE, sizeof *fault, 16);
    uintptr_t floats = down(copy, float_size(state), 64);
    uintptr_t frame = down(floats, CONTEXT_SIZE, 16);
    void (*end)(void) = hostp_end_of_signal;
    struct host_fault there = *fault;
    there.host_context = (void *)frame;
    greg_t flags = context->uc_mcontext.gregs[REG_EFL];
    context->uc_mcontext.fpregs = (void *)floats;
    bool fits = !is_overflow(fault, frame - ROOM) && put(frame - ROOM, &end, sizeof end) &&
                put(copy, &there, sizeof there) && put(floats, state, float_size(state)) &&
                put(frame, context, CONTEXT_SIZE) && put(frame - sizeof end, &end, sizeof end);
    context->uc_mcontext.fpregs = state;
    if (!fits)
        return false;
    context->uc_mcontext.gregs[REG_RSP] = (greg_t)(frame - sizeof end);
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)routine;
    context->uc_mcontext.gregs[REG_RDI] = (greg_t)copy;
    context->uc_mcontext.gregs[REG_EFL] = flags & ~(greg_t)unwanted;
    return true;
}

#else

/* Some of the vector state is not in the context, but behind it. */
static bool has_more(const ucontext_t *context)
{
    const uint32_t extra = 0x45585401;
    const unsigned char *record = context->uc_mcontext.__reserved;
    const unsigned char *end = record + sizeof context->uc_mcontext.__reserved;
    uint32_t header[2];
    for (; record + sizeof header <= end; record += header[1]) {
        memcpy(header, record, sizeof header);
        if (header[0] == extra)
            return true;
        if (header[0] == 0 || header[1] == 0)
            break;
    }
    return false;
}

bool host_fault_call(const struct host_fault *fault, void (*routine)(struct host_fault *))
{
    enum {
        BEFORE = 128,
        BRANCH_TYPE = 3 << 10
    }; /* of the frame, a siginfo_t; what a jump to the routine was */
    ucontext_t *context = fault->host_context;
    uintptr_t sp = (uintptr_t)fault->stack;
    if (is_same_stack(context, sp) || has_more(context))
        return false;
    uintptr_t copy = down(sp - RED_ZONE, sizeof *fault, 16);
    uintptr_t frame = down(copy, sizeof *context, 16);
    struct host_fault there = *fault;
    there.host_context = (void *)frame;
    if (is_overflow(fault, frame - ROOM) || !put(frame - ROOM, &there, sizeof there) ||
        !put(copy, &there, sizeof there) || !put(frame, context, sizeof *context))
        return false;
    context->uc_mcontext.sp = frame - BEFORE;
    context->uc_mcontext.pc = (uintptr_t)routine;
    context->uc_mcontext.regs[0] = copy;
    context->uc_mcontext.regs[30] = (uintptr_t)hostp_end_of_signal;
    context->uc_mcontext.pstate &= ~(uint64_t)BRANCH_TYPE;
    return true;
}

#endif

#else

bool host_fault_call(const struct host_fault *fault, void (*routine)(struct host_fault *))
{
    (void)fault;
    (void)routine;
    return false;
}

#endif

enum { RSP = 4, RIP = 16 };

#if defined(__linux__) && defined(__x86_64__)
static const int order[HOST_FAULT_WORDS] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                            REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                            REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};

void host_fault_get(const struct host_fault *fault, unsigned long long words[HOST_FAULT_WORDS],
                    uint32_t *flags)
{
    const ucontext_t *context = fault->host_context;
    for (int i = 0; i < HOST_FAULT_WORDS; i++)
        words[i] = (unsigned long long)context->uc_mcontext.gregs[order[i]];
    *flags = (uint32_t)context->uc_mcontext.gregs[REG_EFL];
}

void host_fault_set(struct host_fault *fault, const unsigned long long words[HOST_FAULT_WORDS],
                    uint32_t flags)
{
    const greg_t computed = 0xCD5; /* what instructions compute and look at */
    ucontext_t *context = fault->host_context;
    for (int i = 0; i < HOST_FAULT_WORDS; i++)
        context->uc_mcontext.gregs[order[i]] = (greg_t)words[i];
    context->uc_mcontext.gregs[REG_EFL] =
        (context->uc_mcontext.gregs[REG_EFL] & ~computed) | (flags & computed);
}
#else
void host_fault_get(const struct host_fault *fault, unsigned long long words[HOST_FAULT_WORDS],
                    uint32_t *flags)
{
    memset(words, 0, HOST_FAULT_WORDS * sizeof *words);
    words[RSP] = (uintptr_t)fault->stack;
    words[RIP] = (uintptr_t)fault->pc;
    *flags = 0;
}

void host_fault_set(struct host_fault *fault, const unsigned long long words[HOST_FAULT_WORDS],
                    uint32_t flags)
{
    (void)flags;
#if defined(CONTEXT_PC)
    *CONTEXT_PC((ucontext_t *)fault->host_context) = (uintptr_t)words[RIP];
#else
    (void)fault;
    (void)words;
#endif
}
#endif
