/*
 * Faults: the processor's traps become calls of one handler, what it does not want goes to whoever had the
 * signal before.
 */
#include "hostp.h"
#include "context.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>

static const int hostp_signals[HOSTP_SIGNALS] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

/*
 * The sanitizer's sigaction would call us from a handler of its own, which takes it for running until it
 * returns: an exception leaves by a jump. So the C library's is used, and what that handler does for the
 * sanitizer is done in on_signal.
 */
static int take_signal(int number, const struct sigaction *action, struct sigaction *before)
{
#ifdef HOST_SANITIZED_MEMORY
    struct host_state *host = ntio_machine.host;
    if (!host->sigaction)
        *(void **)&host->sigaction = dlsym(RTLD_NEXT, "sigaction");
    int result = host->sigaction(number, action, before);
    if (before)
        host_shadow_written(before, sizeof *before);
    return result;
#else
    return sigaction(number, action, before);
#endif
}

static struct sigaction *previous_of(struct host_state *host, int number)
{
    for (int i = 0; i < HOSTP_SIGNALS; i++)
        if (hostp_signals[i] == number)
            return &host->previous[i];
    return NULL;
}

/* Nobody takes the signal: die of it, with the registers of the fault wherever the host allows. */
static void default_action(int number, const siginfo_t *info)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    take_signal(number, &action, NULL);
    if (number == SIGTRAP || info->si_code <= 0)
        raise(number);
}

static void pass_on(int number, siginfo_t *info, void *context)
{
    struct host_state *host = ntio_machine.host;
    const struct sigaction *previous = host ? previous_of(host, number) : NULL;
    if (!previous || previous->sa_handler == SIG_DFL || previous->sa_handler == SIG_IGN)
        default_action(number, info);
    else if (previous->sa_flags & SA_SIGINFO)
        previous->sa_sigaction(number, info, context);
    else
        previous->sa_handler(number);
}

static enum host_fault_kind kind_of(int number, const siginfo_t *info)
{
    switch (number) {
    case SIGBUS:
        return info->si_code == BUS_ADRALN ? HOST_FAULT_ALIGNMENT : HOST_FAULT_ACCESS;
    case SIGFPE:
        return info->si_code == FPE_INTDIV || info->si_code == FPE_INTOVF ? HOST_FAULT_DIVIDE
                                                                          : HOST_FAULT_FLOAT;
    case SIGILL:
        return HOST_FAULT_ILLEGAL;
    case SIGTRAP:
        return HOST_FAULT_BREAKPOINT;
    default:
        return HOST_FAULT_ACCESS;
    }
}

static bool sent_by_somebody(const siginfo_t *info)
{
#if defined(__linux__)
    return info->si_code <= 0;
#else
    return info->si_code == SI_USER;
#endif
}

/* All ones, as NT has it, when the processor tells no address (on x86 for one that is not canonical). */
static void *address_of(const siginfo_t *info)
{
#if defined(SI_KERNEL)
    if (info->si_code == SI_KERNEL && !info->si_addr)
        return (void *)UINTPTR_MAX;
#endif
#if defined(__aarch64__)
    /* An emulator's word for addresses that it does not have: none, less where its guest's memory begins. */
    uintptr_t less = (uintptr_t)0 - (uintptr_t)info->si_addr;
    if (less % 4096 == 0 && less != 0 && less <= 0x100000)
        return (void *)UINTPTR_MAX;
#endif
    return info->si_addr;
}

static void on_fault_signal(int number, siginfo_t *info, void *context)
{
    struct host_state *host = ntio_machine.host;
    /* A sanitizer that stands in between blocks everything, whatever was asked for. */
    pthread_sigmask(SIG_SETMASK, &((const ucontext_t *)context)->uc_sigmask, NULL);
    if (!host || !host->fault_handler || sent_by_somebody(info)) {
        pass_on(number, info, context);
        return;
    }
    bool memory = number == SIGSEGV || number == SIGBUS;
    struct host_fault fault = {
        .kind = kind_of(number, info),
        .address = memory ? address_of(info) : NULL,
        .pc = (void *)context_pc(context),
        .link = (void *)context_link(context),
        .access = memory ? context_access(context, info->si_addr) : 0,
        .mapped = number == SIGSEGV && info->si_code == SEGV_ACCERR,
        .stack = (void *)context_sp(context),
        .frame = (void *)context_frame(context),
        .host_context = context,
    };
#ifdef HOST_SANITIZED_MEMORY
    fault.address = hostp_shadow_owner(&fault);
#endif
    enum host_verdict verdict = HOST_PASS;
    enum host_verdict (*first)(const struct host_fault *) =
        atomic_load_explicit(&host->first_handler, memory_order_acquire);
    if (__builtin_expect(first != NULL, 0)) {
        fault.copying = memory && hostp_is_copying(context);
#if defined(SEGV_PKUERR)
        fault.keyed = number == SIGSEGV && info->si_code == SEGV_PKUERR;
#endif
        verdict = first(&fault);
        if (verdict == HOST_AGAIN)
            return;
    }
    bool (*resolver)(void *, int) = atomic_load_explicit(&host->fault_resolver, memory_order_acquire);
    if (memory && resolver && verdict == HOST_PASS && resolver(fault.address, fault.access))
        return;
    if (memory && hostp_copy_recovers(context, (uintptr_t)info->si_addr))
        return;
    if (!host->fault_handler(&fault))
        pass_on(number, info, context);
}

#ifdef HOST_SANITIZED_MEMORY
/* Where the code that was interrupted keeps the shadows of arguments: of those that vary, and how many there
 * are. */
extern __thread uint64_t __msan_va_arg_tls[100], __msan_va_arg_overflow_size_tls;

static HOST_BLIND void on_signal(int number, siginfo_t *info, void *context)
{
    uint64_t kept[100], size = __msan_va_arg_overflow_size_tls;
    for (unsigned i = 0; i < 100; i++)
        kept[i] = __msan_va_arg_tls[i];
    host_shadow_written(info, sizeof *info);
    host_shadow_written(context, sizeof(ucontext_t));
    on_fault_signal(number, info, context);
    for (unsigned i = 0; i < 100; i++)
        __msan_va_arg_tls[i] = kept[i];
    __msan_va_arg_overflow_size_tls = size;
    __msan_unpoison_param(100);
}
#else
#define on_signal on_fault_signal
#endif

void host_faults_first(enum host_verdict (*handler)(const struct host_fault *))
{
    atomic_store_explicit(&ntio_machine.host->first_handler, handler, memory_order_release);
}

unsigned host_fault_registers(const struct host_fault *fault, uintptr_t registers[HOST_REGISTERS])
{
#if defined(CONTEXT_GENERALS)
    const ucontext_t *context = fault->host_context;
    for (unsigned i = 0; i < CONTEXT_GENERALS; i++)
        registers[i] = CONTEXT_GENERAL(context, i);
    return CONTEXT_GENERALS;
#else
    (void)fault;
    (void)registers;
    return 0;
#endif
}

void *host_fault_caller(const struct host_fault *fault)
{
#if defined(__x86_64__)
    void *caller;
    return host_peek(&caller, fault->stack, sizeof caller) ? caller : NULL;
#elif defined(CONTEXT_GENERALS) && defined(__aarch64__)
    const ucontext_t *context = fault->host_context;
    return (void *)CONTEXT_GENERAL(context, 30);
#else
    (void)fault;
    return NULL;
#endif
}

bool host_faults_install(bool (*handler)(const struct host_fault *))
{
    struct host_state *host = ntio_machine.host;
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_ONSTACK | SA_NODEFER | SA_SIGINFO};
    host->fault_handler = handler;
    for (int i = 0; i < HOSTP_SIGNALS; i++) {
        struct sigaction old;
        if (take_signal(hostp_signals[i], NULL, &old))
            return false;
        host->previous[i] = old;
        if (take_signal(hostp_signals[i], &action, NULL))
            return false;
    }
    return true;
}

void host_faults_resolve(bool (*resolver)(void *, int))
{
    atomic_store_explicit(&ntio_machine.host->fault_resolver, resolver, memory_order_release);
}

#ifdef HOST_SIGNALS_TAKEN
void host_faults_renew(void)
{
    struct host_state *host = ntio_machine.host;
    if (!host || !host->fault_handler)
        return;
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_ONSTACK | SA_NODEFER | SA_SIGINFO},
                     now;
    for (unsigned turn = 0; atomic_exchange_explicit(&host->renewing, true, memory_order_acquire);)
        host_spin(turn++);
    for (int i = 0; i < HOSTP_SIGNALS; i++) {
        if (take_signal(hostp_signals[i], NULL, &now) || now.sa_sigaction == on_signal)
            continue;
        host->previous[i] = now;
        take_signal(hostp_signals[i], &action, NULL);
    }
    atomic_store_explicit(&host->renewing, false, memory_order_release);
}
#endif

void host_faults_remove(void)
{
    struct host_state *host = ntio_machine.host;
    if (!host->fault_handler)
        return;
    for (int i = 0; i < HOSTP_SIGNALS; i++) {
        struct sigaction now;
        /* Somebody who took the signal after us has our handler as his previous one: leave it to him. */
        if (!take_signal(hostp_signals[i], NULL, &now) && now.sa_flags & SA_SIGINFO &&
            now.sa_sigaction == on_signal)
            take_signal(hostp_signals[i], &host->previous[i], NULL);
    }
    atomic_store(&host->fault_resolver, NULL);
    host->fault_handler = NULL;
}

/*
 * A test framework that sets its own handlers between ntio_start and the test (CMocka does, with signal())
 * must not take the faults away from the machine: while it has them, whoever sets a handler for one gets
 * those it passes on.
 */
__attribute__((visibility("default"))) void (*signal(int number, void (*routine)(int)))(int)
{
    struct host_state *host = ntio_machine.host;
    struct sigaction *previous = host && host->fault_handler ? previous_of(host, number) : NULL;
    if (previous) {
        void (*before)(int) = previous->sa_handler;
        *previous = (struct sigaction){.sa_handler = routine};
        return before;
    }
    void (*(*real)(int, void (*)(int)))(int);
    *(void **)&real = dlsym(RTLD_NEXT, "signal");
    return real(number, routine);
}

bool host_copy_failed(uintptr_t address, const void *to, const void *from, size_t size, void **bad)
{
    if (!bad)
        return false;
    /* The host names no address for a pointer that is not even canonical: tell which of the two it was. */
    uintptr_t source = (uintptr_t)from, target = (uintptr_t)to;
    if (address - source >= size && address - target >= size)
        address = (intptr_t)source >> 47 == 0 ? target : source;
    /* A piece of the copy may have met the page in its middle. */
    uintptr_t start = address - source < size ? source : target, page = address & ~(uintptr_t)4095;
    address = page > start ? page : start;
    *bad = (void *)address;
    return false;
}
