/*
 * Kernel stacks: with the option, what a driver runs on is a stack of the kernel's size, in the kernel's
 * address range. The first service a client's thread calls switches to it, as the processor does on NT;
 * system threads, DPCs and DriverEntry have stacks of their own.
 *
 *     low            limit                         base
 *      | the reserve  |  what the driver is told of  |
 *
 * Below the limit a driver is out of stack. The library, whose frames are the host compiler's and which calls
 * the host's C library, may go on into the reserve: it is opened by the first fault of code that is no
 * driver's, and closed again when a driver that stands above the limit calls next.
 *
 * A switch is a record on the stack that is left; a thread's records are a list, innermost first. A jump out
 * of a stack has to go through ki_leave_stack, which unwinds that list.
 */
#include "kip.h"
#include "exception.h"
#include "../mm/mm.h"

#include <bugcodes.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GUARD = 64 * 1024,     /* below everything, never opened */
    RESERVE = 1024 * 1024, /* address space until the library needs it */
    RED_ZONE = 512,        /* how far below its stack pointer code may touch its stack */
    LEAST = 4096,
    MOST = 1024 * 1024,
};

struct ki_switch {
    struct ki_switch *outer;
    struct ki_stack *from, *to; /* NULL: the host's */
    void *base, *limit;         /* of what was left */
    void *sp;                   /* where the stack that was left had been left before */
};

static struct host_stack *host_of(PKTHREAD thread, struct ki_stack *stack)
{
    return stack ? &stack->host : &thread->HostStack;
}

/* --- getting one --- */

static struct ki_stack *create(size_t room)
{
    struct kip_state *ke = kip();
    struct ki_stack *stack = calloc(1, sizeof *stack);
    if (!stack)
        return NULL;
    size_t size = GUARD + RESERVE + room;
    uint8_t *memory = MmReserveSystemRange(size);
    if (!memory || !host_vm_commit(memory + GUARD + RESERVE, room, HOST_READ | HOST_WRITE)) {
        free(stack);
        return NULL;
    }
    stack->low = memory + GUARD;
    stack->limit = stack->low + RESERVE;
    stack->base = stack->limit + room;
    stack->host = (struct host_stack){.low = stack->low, .size = RESERVE + room};
    ki_lock(&ke->stacks.lock);
    stack->all = ke->stacks.all;
    ke->stacks.all = stack;
    ki_unlock(&ke->stacks.lock);
    return stack;
}

static struct ki_stack *take_from(struct ki_stack **list, size_t room)
{
    while (*list && (size_t)((*list)->base - (*list)->limit) != room)
        list = &(*list)->next;
    struct ki_stack *stack = *list;
    if (stack)
        *list = stack->next;
    return stack;
}

static bool open_reserve(struct ki_stack *stack)
{
    stack->opened = host_vm_commit(stack->low, RESERVE, HOST_READ | HOST_WRITE);
    return stack->opened;
}

static void close_reserve(struct ki_stack *stack)
{
    host_vm_protect(stack->low, RESERVE, HOST_NONE);
    stack->opened = false;
}

static struct ki_stack *take(PKTHREAD thread, size_t room)
{
    struct kip_state *ke = kip();
    struct ki_stack *stack = take_from(&thread->SpareStacks, room);
    if (!stack) {
        ki_lock(&ke->stacks.lock);
        stack = take_from(&ke->stacks.free, room);
        ki_unlock(&ke->stacks.lock);
    }
    if (!stack)
        stack = create(room);
    if (!stack)
        return NULL;
    if (stack->abandoned)
        host_stack_abandon(&stack->host);
    if (stack->opened)
        close_reserve(stack);
    stack->abandoned = false;
    stack->depth = 0;
    return stack;
}

/* The thread itself may still be on it, for a moment: only the thread gets it again. */
static void give(PKTHREAD thread, struct ki_stack *stack)
{
    stack->next = thread->SpareStacks;
    thread->SpareStacks = stack;
}

void kip_release_stacks(PKTHREAD thread)
{
    struct kip_state *ke = kip();
    if (!thread->SpareStacks)
        return;
    ki_lock(&ke->stacks.lock);
    for (struct ki_stack *stack = thread->SpareStacks, *next; stack; stack = next) {
        next = stack->next;
        stack->next = ke->stacks.free;
        ke->stacks.free = stack;
    }
    ki_unlock(&ke->stacks.lock);
    thread->SpareStacks = NULL;
}

/* --- switching --- */

static void stand_on(PKTHREAD thread, struct ki_stack *stack)
{
    thread->Stack = stack;
    if (stack) {
        thread->StackBase = stack->base;
        thread->StackLimit = stack->limit;
    } else {
        thread->StackBase = thread->HostBase;
        thread->StackLimit = thread->HostLimit;
    }
}

/* The limit is met here, where the thread stands on its stack, and not while it is on its way to another. */
static __attribute__((noinline)) void reach_down(void)
{
    volatile char room[1024];
    room[0] = 0;
    (void)room[0];
}

static void switch_to(PKTHREAD thread, struct ki_stack *to, void *sp, void (*routine)(void *), void *context)
{
    struct host_stack *from = host_of(thread, thread->Stack);
    struct ki_switch here = {
        .outer = thread->Switch,
        .from = thread->Stack,
        .to = to,
        .base = thread->StackBase,
        .limit = thread->StackLimit,
        .sp = from->sp,
    };
    if (thread->Stack)
        reach_down();
    thread->Switch = &here;
    stand_on(thread, to);
    host_stack_call(from, host_of(thread, to), sp, routine, context);
    thread->Switch = here.outer;
    thread->Stack = here.from;
    thread->StackBase = here.base;
    thread->StackLimit = here.limit;
    from->sp = here.sp;
}

static bool call_on_new(PKTHREAD thread, size_t room, void (*routine)(void *), void *context)
{
    struct ki_stack *stack = take(thread, room);
    if (!stack)
        return false;
    switch_to(thread, stack, stack->base, routine, context);
    give(thread, stack);
    return true;
}

static _Noreturn void no_stack(void)
{
    static const char text[] = "ntio: no memory for a kernel stack\n";
    machine_log(text, sizeof text - 1);
    host_abort();
}

/* The host did not say where the thread's own stack is: it cannot be switched. */
static bool is_known(PKTHREAD thread)
{
    return thread->HostStack.size != 0;
}

void KiCallOnNewStackSlow(PKTHREAD thread, void (*routine)(void *), void *context)
{
    if (!is_known(thread))
        routine(context);
    else if (!call_on_new(thread, kip()->stacks.size, routine, context))
        no_stack();
}

void KiCallOnKernelStackSlow(PKTHREAD thread, void (*routine)(void *), void *context)
{
    if (thread->Switch && (thread->Stack || thread->InKernel))
        routine(context);
    else
        KiCallOnNewStackSlow(thread, routine, context);
}

void KiCallOnHostStackSlow(PKTHREAD thread, void (*routine)(void *), void *context)
{
    if (!thread->Stack)
        routine(context);
    else
        switch_to(thread, NULL, thread->HostStack.sp, routine, context);
}

NTSTATUS kip_call_expanded(PKTHREAD thread, size_t size, void (*routine)(void *), void *context)
{
    size_t left = (size_t)((uintptr_t)__builtin_frame_address(0) - (uintptr_t)thread->StackLimit);
    if (!thread->Stack || left >= size + RED_ZONE) {
        routine(context);
        return STATUS_SUCCESS;
    }
    size_t room = kip()->stacks.size > KERNEL_LARGE_STACK_SIZE ? kip()->stacks.size : KERNEL_LARGE_STACK_SIZE;
    return call_on_new(thread, room, routine, context) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

struct service_call {
    const void *service;
    const ULONG_PTR *words;
    NTSTATUS status;
};

/* More arguments than the service has do no harm in the calling conventions of ours. */
#if defined(__clang__) && __clang_major__ >= 17
__attribute__((no_sanitize("function")))
#endif
static void
call_service(void *context)
{
    typedef NTSTATUS service(ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR,
                             ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR);
    struct service_call *call = context;
    const ULONG_PTR *w = call->words;
    call->status = ((service *)call->service)(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9],
                                              w[10], w[11], w[12], w[13]);
}

NTSTATUS KiCallServiceOnStack(PKTHREAD thread, const void *service, const ULONG_PTR words[KI_SERVICE_WORDS])
{
    struct service_call call = {service, words, STATUS_SUCCESS};
    if (!call_on_new(thread, kip()->stacks.size, call_service, &call))
        return STATUS_INSUFFICIENT_RESOURCES;
    return call.status;
}

/* --- leaving by a jump --- */

bool ki_switch_is_live(PKTHREAD thread, const struct ki_switch *one)
{
    const struct ki_switch *at = thread->Switch;
    while (at && at != one)
        at = at->outer;
    return at == one;
}

_Noreturn void ki_leave_stack(PKTHREAD thread, struct ki_switch *target, void (*routine)(void *),
                              void *context)
{
    if (thread && thread->Stack)
        host_stack_unpoison(&thread->Stack->host); /* it may be the signal's stack that we come from */
    if (!thread || thread->Switch == target || !ki_switch_is_live(thread, target))
        goto here;
    struct host_stack *from = host_of(thread, thread->Stack);
    struct ki_switch *last;
    void *sp;
    do {
        last = thread->Switch;
        struct host_stack *left = host_of(thread, last->from);
        sp = left->sp;
        left->sp = last->sp;
        if (last->to) {
            last->to->abandoned = true;
            give(thread, last->to);
        }
        thread->Switch = last->outer;
    } while (thread->Switch != target);
    thread->Stack = last->from;
    thread->StackBase = last->base;
    thread->StackLimit = last->limit;
    host_stack_call(from, host_of(thread, last->from), sp, routine, context);
    host_abort();
here:
    routine(context);
    host_abort();
}

struct jump {
    sigjmp_buf *to;
    int value;
};

static void do_jump(void *context)
{
    struct jump *jump = context;
    siglongjmp(*jump->to, jump->value);
}

_Noreturn void ki_jump_slow(PKTHREAD thread, struct ki_switch *target, sigjmp_buf *to, int value)
{
    struct jump jump = {to, value};
    ki_leave_stack(thread, target, do_jump, &jump);
}

/* --- overflow --- */

static _Noreturn void overflow(PKTHREAD thread, const void *pc, const void *sp, const void *site)
{
    memset(thread->Seh.Context, 0, sizeof thread->Seh.Context);
    thread->Seh.Context[KI_CONTEXT_RSP] = (ULONG_PTR)sp;
    thread->Seh.Context[KI_CONTEXT_RIP] = (ULONG_PTR)pc;
    KiBugCheck(UNEXPECTED_KERNEL_MODE_TRAP, 8, (ULONG_PTR)thread->Seh.Context, (ULONG_PTR)sp, (ULONG_PTR)pc,
               site);
}

static bool is_driver_code(const void *pc)
{
    return mm_image_owner(pc) || (host_is_program_code(pc) && !host_is_own_code(pc));
}

bool ki_take_stack_fault(PKTHREAD thread, const struct host_fault *fault)
{
    struct ki_stack *stack = thread->Stack;
    uint8_t *at = fault->address;
    if (!stack || at >= stack->limit || at < stack->low - GUARD || at + RED_ZONE < (uint8_t *)fault->stack)
        return false;
    bool driver = is_driver_code(fault->pc) || (!host_is_own_code(fault->pc) && is_driver_code(fault->link));
    if (!driver && !stack->opened && at >= stack->low && open_reserve(stack))
        return true;
    ki_note_fault(thread, fault);
    overflow(thread, fault->pc, fault->stack, ki_fault_site(fault));
}

bool ki_make_stack_room(PKTHREAD thread, const struct host_fault *fault)
{
    enum { ROOM = 32 * 1024 };
    struct ki_stack *stack = thread->Stack;
    uint8_t *sp = fault->stack;
    if (!stack || sp > stack->base || sp < stack->low)
        return false;
    if (stack->opened && sp - stack->low < ROOM)
        overflow(thread, fault->pc, sp, ki_fault_site(fault));
    return !stack->opened && sp - stack->limit < ROOM && open_reserve(stack);
}

void KiCheckStack(const void *frame, const void *caller)
{
    PKTHREAD thread = KiThread;
    struct ki_stack *stack = thread ? thread->Stack : NULL;
    if (!stack || !stack->opened)
        return;
    if ((const uint8_t *)frame < stack->limit && (const uint8_t *)frame >= stack->low)
        overflow(thread, caller, frame, caller);
    if ((uint8_t *)__builtin_frame_address(0) > stack->limit + RED_ZONE)
        close_reserve(stack);
}

/* --- start and stop --- */

void kip_start_stacks(void)
{
    size_t size = ntio_machine.kernel_stacks;
    if (!size)
        return;
#if defined(__APPLE__) && defined(__aarch64__)
    static const char text[] =
        "ntio: no kernel stacks on this host: its calling convention packs arguments\n";
    machine_log(text, sizeof text - 1);
    ntio_machine.kernel_stacks = 0;
    return;
#endif
    if (size < LEAST)
        size = LEAST;
    if (size > MOST)
        size = MOST;
    kip()->stacks.size = ntio_machine.kernel_stacks = (size + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1);
    atomic_fetch_or(&ntio_machine.watch, WATCH_STACKS);
}

void kip_stop_stacks(void)
{
    struct kip_state *ke = kip();
    if (!ke->stacks.size)
        return;
    atomic_fetch_and(&ntio_machine.watch, ~(unsigned)WATCH_STACKS);
    for (struct ki_stack *stack = ke->stacks.all, *next; stack; stack = next) {
        next = stack->all;
        host_stack_abandon(&stack->host);
        host_stack_free(&stack->host);
        free(stack);
    }
    ke->stacks.all = ke->stacks.free = NULL;
}
