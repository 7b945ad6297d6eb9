/*
 * Host threads: POSIX threads with a signal stack each, and the end of threads that are not ours.
 */
#include "hostp.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#elif defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
#include <pthread_np.h>
#endif

#define SIGNAL_STACK_SIZE ((size_t)256 * 1024) /* bug-check reports are written on it */

struct host_thread {
    pthread_t thread;
    void (*entry)(void *);
    void *context;
    char name[16];
    _Atomic int holders; /* the thread itself and whoever may still join or detach it */
};

/* What happens when a thread that is not ours ends. Thread-local, so nothing is left to free. */
struct exit_record {
    void (*routine)(void *);
    void *value;
    void *signal_stack;
};
static __thread struct exit_record thread_exit;

static void run_exit_record(void *value)
{
    struct exit_record *record = value;
    if (record->routine)
        record->routine(record->value);
    record->routine = NULL;
    hostp_signal_stack_remove(record->signal_stack);
    record->signal_stack = NULL;
}

void host_start(void)
{
    struct host_state *host = calloc(1, sizeof *host);
    if (!host || pthread_key_create(&host->exit_key, run_exit_record))
        host_abort();
    hostp_image_range((const void *)(uintptr_t)host_start, &host->own_base, &host->own_end);
    hostp_find_program(host);
#ifdef HOST_SANITIZED_MEMORY
    host->shadows = hostp_shadow_is_known();
#endif
    ntio_machine.host = host;
    hostp_barrier_start();
    hostp_parking_start();
}

void host_stop(void)
{
    struct host_state *host = ntio_machine.host;
    thread_exit.routine = NULL;
    pthread_key_delete(host->exit_key);
    hostp_parking_stop();
    hostp_lines_stop(host);
    ntio_machine.host = NULL;
    free(host);
}

static void set_name(const char *name)
{
#if defined(__linux__)
    pthread_setname_np(pthread_self(), name);
#elif defined(__APPLE__)
    pthread_setname_np(name);
#elif defined(__FreeBSD__) || defined(__OpenBSD__)
    pthread_set_name_np(pthread_self(), name);
#else
    (void)name;
#endif
}

static void let_go(struct host_thread *thread)
{
    if (atomic_fetch_sub(&thread->holders, 1) == 1)
        free(thread);
}

static void *thread_main(void *argument)
{
    struct host_thread *self = argument;
    set_name(self->name);
    void *signal_stack = hostp_signal_stack_add();
    self->entry(self->context);
    hostp_signal_stack_remove(signal_stack);
    let_go(self);
    return NULL;
}

struct host_thread *host_thread_create(void (*entry)(void *), void *context, size_t stack_size,
                                       const char *name)
{
    struct host_thread *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->entry = entry;
    self->context = context;
    self->holders = 2;
    snprintf(self->name, sizeof self->name, "%s", name ? name : "ntio");
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes))
        goto no_attributes;
    /* A small stack is what NT has, but the host's libraries and the sanitizers expect room. */
    size_t least = (size_t)256 * 1024;
    if (stack_size && pthread_attr_setstacksize(&attributes, stack_size > least ? stack_size : least))
        goto no_thread;
    if (pthread_create(&self->thread, &attributes, thread_main, self))
        goto no_thread;
    pthread_attr_destroy(&attributes);
    return self;

no_thread:
    pthread_attr_destroy(&attributes);
no_attributes:
    free(self);
    return NULL;
}

void host_thread_join(struct host_thread *thread)
{
    pthread_join(thread->thread, NULL);
    let_go(thread);
}

void host_thread_detach(struct host_thread *thread)
{
    pthread_detach(thread->thread);
    let_go(thread);
}

void host_thread_stack(void **low, void **high)
{
    *low = *high = NULL;
#if defined(__APPLE__)
    *high = pthread_get_stackaddr_np(pthread_self());
    *low = (char *)*high - pthread_get_stacksize_np(pthread_self());
#elif !defined(__OpenBSD__)
    pthread_attr_t attributes;
    size_t size;
#if defined(__FreeBSD__) || defined(__NetBSD__)
    pthread_attr_init(&attributes);
    if (pthread_attr_get_np(pthread_self(), &attributes))
        return;
#else
    if (pthread_getattr_np(pthread_self(), &attributes))
        return;
#endif
    if (!pthread_attr_getstack(&attributes, low, &size))
        *high = (char *)*low + size;
    pthread_attr_destroy(&attributes);
#else
    stack_t stack;
    if (pthread_stackseg_np(pthread_self(), &stack))
        return;
    *high = stack.ss_sp;
    *low = (char *)stack.ss_sp - stack.ss_size;
#endif
}

uint64_t host_thread_id(void)
{
#if defined(__linux__)
    return (uint64_t)syscall(SYS_gettid);
#elif defined(__APPLE__)
    uint64_t id = 0;
    pthread_threadid_np(NULL, &id);
    return id;
#else
    return (uint64_t)(uintptr_t)pthread_self();
#endif
}

void host_thread_at_exit(void (*routine)(void *), void *value)
{
    if (routine && !thread_exit.signal_stack)
        thread_exit.signal_stack = hostp_signal_stack_add();
    thread_exit.routine = routine;
    thread_exit.value = value;
    pthread_setspecific(ntio_machine.host->exit_key, &thread_exit);
}

void host_thread_exit(void)
{
    pthread_exit(NULL);
}

void *hostp_signal_stack_add(void)
{
    stack_t old;
    if (sigaltstack(NULL, &old) || !(old.ss_flags & SS_DISABLE))
        return NULL;
    void *memory = mmap(NULL, SIGNAL_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    stack_t stack = {.ss_sp = memory, .ss_size = SIGNAL_STACK_SIZE};
    if (!sigaltstack(&stack, NULL))
        return memory;
    munmap(memory, SIGNAL_STACK_SIZE);
    return NULL;
}

void hostp_signal_stack_remove(void *memory)
{
    if (!memory)
        return;
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(memory, SIGNAL_STACK_SIZE);
}

void host_spin(unsigned turn)
{
    if (turn >= 64) {
        sched_yield();
        return;
    }
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory");
#else
    __asm__ volatile("" ::: "memory");
#endif
}

unsigned host_processor_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > 64 ? 64 : (unsigned)count;
}

unsigned host_current_processor(void)
{
#if defined(__linux__)
    int processor = sched_getcpu();
    return processor < 0 ? 0 : (unsigned)processor;
#else
    return 0;
#endif
}
