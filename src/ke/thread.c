/*
 * Threads: the host thread behind each, how it becomes one of the machine's and how it ends.
 *
 * A started thread leaves by jumping to its first frame; an adopted one is the client's own and leaves by
 * ending its host thread. Both do so at the gate or when they park, once kip_state.stopping is set.
 */
#include "kip.h"
#include "../mm/mm.h"

#include <stdlib.h>

__thread PKTHREAD KiThread __attribute__((tls_model("initial-exec")));

__thread struct kip_thread *kip_self;

void KeInitializeThread(PKTHREAD thread, KPROCESSOR_MODE previous_mode)
{
    kip_init_header(&thread->Header, ThreadObject, 0, 0); /* too large for its size in longs to fit */
    thread->PreviousMode = previous_mode;
    thread->InKernel = previous_mode == KernelMode;
    kip_set_thread_state(thread, THREAD_INITIALIZED);
    thread->Priority = thread->BasePriority = 8;
    InitializeListHead(&thread->MutantListHead);
    InitializeListHead(&thread->ApcState.ApcListHead[KernelMode]);
    InitializeListHead(&thread->ApcState.ApcListHead[UserMode]);
    kip_init_dpc_queue(&thread->Dpcs);
}

PKTHREAD KeGetCurrentThread(VOID)
{
    GATE(KeGetCurrentThread);
    return KiCurrentThread();
}

void KeSetThreadHooks(PKTHREAD (*adopt)(bool), void (*ending)(PKTHREAD), void (*ended)(PKTHREAD))
{
    kip()->adopt = adopt;
    kip()->ending = ending;
    kip()->ended = ended;
    /* Whoever boots the machine becomes a proper thread with the next call. */
    if (adopt && KiThread == kip()->boot)
        KiThread = NULL;
}

void kip_bind_thread(struct kip_thread *self, PKTHREAD thread)
{
    struct kip_state *ke = kip();
    unsigned count = ntio_machine.processors ? ntio_machine.processors : 1;
    ki_lock(&ke->threads_lock); /* a started thread's record is on the list already */
    self->thread = thread;
    self->current = &KiThread;
    ki_unlock(&ke->threads_lock);
    kip_self = self;
    thread->Kip = self;
    kip_set_thread_state(thread, THREAD_RUNNING);
    thread->Processor = (UCHAR)(atomic_fetch_add(&ke->next_processor, 1) % count);
    host_thread_stack(&thread->StackLimit, &thread->StackBase);
    thread->HostBase = thread->StackBase;
    thread->HostLimit = thread->StackLimit;
    thread->HostStack.low = thread->StackLimit;
    thread->HostStack.size = (size_t)((char *)thread->StackBase - (char *)thread->StackLimit);
    KiThread = thread;
}

void kip_link_thread(struct kip_thread *self)
{
    struct kip_state *ke = kip();
    ki_lock(&ke->threads_lock);
    self->next = ke->threads;
    ke->threads = self;
    ki_unlock(&ke->threads_lock);
}

/* Marks a client's thread as ending, for good; false: the stop was faster, and the record may be gone
 * already. */
static bool claim_end(struct kip_thread *self)
{
    struct kip_state *ke = kip();
    bool found = false;
    ki_lock(&ke->threads_lock);
    for (struct kip_thread *at = ke->threads; at && !found; at = at->next)
        found = at == self;
    if (found)
        self->closing = true;
    ki_unlock(&ke->threads_lock);
    return found;
}

void kip_unlink_thread(struct kip_thread *self)
{
    struct kip_state *ke = kip();
    ki_lock(&ke->threads_lock);
    struct kip_thread **at = &ke->threads;
    while (*at && *at != self)
        at = &(*at)->next;
    if (*at)
        *at = self->next;
    ki_unlock(&ke->threads_lock);
}

/* What every thread's end has in common; afterwards the thread object is signalled and may be gone. */
void kip_end_thread(struct kip_thread *self)
{
    struct kip_state *ke = kip();
    PKTHREAD thread = self->thread;
    self->ending = true;
    if (ke->ending)
        ke->ending(thread);
    kip_abandon_mutants(thread);
    struct kip_wake wake = kip_lock_dispatcher();
    if (thread->Queue)
        kip_leave_queue(thread, &wake);
    kip_unlock_dispatcher(&wake);
    kip_flush_apcs(thread);
    kip_release_stacks(thread);
    ki_lock(&ke->threads_lock);
    self->thread = NULL;
    thread->Kip = NULL;
    atomic_fetch_add(&ntio_machine.locked_pages, atomic_exchange(&thread->LockedPages, 0));
    ki_unlock(&ke->threads_lock);
    kip_set_thread_state(thread, THREAD_TERMINATED);
    KiSignalObject(&thread->Header);
    if (ke->ended)
        ke->ended(thread);
}

static void client_thread_ended(void *value)
{
    struct kip_thread *self = value;
    if (!kip() || !claim_end(self))
        return;
    /* There is no leaving a host thread that is ending already: a stop comes back here. */
    self->stack = self->thread ? self->thread->Switch : NULL;
    if (sigsetjmp(self->base, 0) == 0 && !atomic_load(&kip()->crashed)) {
        self->has_base = true;
        kip_end_thread(self);
    }
    KiThread = NULL;
    kip_self = NULL;
    kip_unlink_thread(self);
    free(self);
}

/* The thread that expects the bug check goes back to where it expects it; nobody else does anything here. */
static void return_to_catcher(PKTHREAD thread)
{
    struct kip_state *ke = kip();
    struct kip_catch *catch = atomic_load(&ntio_machine.catcher);
    if (!catch || catch->host_thread != host_thread_id() || !atomic_load(&ke->crashed))
        return;
    if (thread && ke->crashing == thread)
        return;
    for (unsigned turn = 0; atomic_load(&ke->crashed) == CRASHING; turn++)
        host_spin(turn);
    ki_jump(thread, catch->stack, &catch->jump, 1);
}

PKTHREAD KiAdoptThread(void)
{
    struct kip_state *ke = kip();
    if (!ke) {
        static const char text[] = "ntio: a call of the system while the machine is not running\n";
        host_log(text, sizeof text - 1);
        host_abort();
    }
    if (!ke->adopt)
        return KiThread = ke->boot;
    if (atomic_load(&ke->stopping)) {
        return_to_catcher(NULL);
        host_thread_exit();
    }
    struct kip_thread *self = calloc(1, sizeof *self);
    PKTHREAD thread = self ? ke->adopt(false) : NULL;
    if (!thread) {
        static const char text[] = "ntio: no memory for a thread\n";
        host_log(text, sizeof text - 1);
        host_abort();
    }
    kip_bind_thread(self, thread);
    kip_link_thread(self);
    host_thread_at_exit(client_thread_ended, self);
    return thread;
}

/* Joins host threads that have ended, so that a long run does not collect them. */
static void reap_threads(void)
{
    struct kip_state *ke = kip();
    struct kip_thread *ended = NULL;
    ki_lock(&ke->threads_lock);
    for (struct kip_thread **at = &ke->threads; *at;) {
        struct kip_thread *self = *at;
        if (!self->host || !atomic_load(&self->gone)) {
            at = &self->next;
            continue;
        }
        *at = self->next;
        self->next = ended;
        ended = self;
    }
    ki_unlock(&ke->threads_lock);
    while (ended) {
        struct kip_thread *self = ended;
        ended = self->next;
        host_thread_join(self->host);
        free(self);
    }
}

static void check_thread_end(PKTHREAD thread)
{
    if (thread->Irql != PASSIVE_LEVEL || KiCombinedApcDisable(thread))
        KiBugCheck(KERNEL_APC_PENDING_DURING_EXIT, 0, KiCombinedApcDisable(thread), thread->Irql, 0,
                   (const void *)(ULONG_PTR)thread->Kip->routine);
}

static void run_started_thread(struct kip_thread *self)
{
    int left = sigsetjmp(self->base, 0);
    if (left == 0) {
        self->has_base = true;
        mm_switch_context();
        self->routine(self->context);
        self->exit_status = STATUS_SUCCESS;
    }
    if (atomic_load(&kip()->crashed) || self->ending)
        return;
    if (left != KIP_LEAVE_STOPPED)
        check_thread_end(self->thread);
    self->thread->Irql = PASSIVE_LEVEL;
    kip_end_thread(self);
}

static void started_thread_main(void *value)
{
    struct kip_thread *self = value;
    PKTHREAD thread = self->thread ? self->thread : kip()->adopt(true);
    if (thread) {
        kip_bind_thread(self, thread);
        thread->PreviousMode = KernelMode;
        thread->InKernel = TRUE;
        run_started_thread(self);
    }
    KiThread = NULL;
    kip_self = NULL;
    atomic_store(&self->gone, true);
}

/* Without a thread object (NULL) one is adopted on the new host thread: ke's own threads, which ps knows
 * nothing of. */
NTSTATUS KeStartThread(PKTHREAD thread, PKSTART_ROUTINE routine, PVOID context)
{
    reap_threads();
    struct kip_thread *self = calloc(1, sizeof *self);
    if (!self)
        return STATUS_INSUFFICIENT_RESOURCES;
    self->thread = thread;
    self->routine = routine;
    self->context = context;
    /* Linked first and under the lock until its host thread is known: the stop must not miss it. */
    ki_lock(&kip()->threads_lock);
    self->host = host_thread_create(started_thread_main, self, (size_t)1024 * 1024, "ntio system");
    bool started = self->host;
    if (started) {
        self->next = kip()->threads;
        kip()->threads = self;
    }
    ki_unlock(&kip()->threads_lock);
    if (started) /* and perhaps ended and reaped by another thread already */
        return STATUS_SUCCESS;
    free(self);
    return STATUS_INSUFFICIENT_RESOURCES;
}

static void end_host_thread(void *context)
{
    (void)context;
    host_thread_exit();
}

void KeTerminateThread(LONG exit_status)
{
    KiCurrentThread();
    struct kip_thread *self = kip_self;
    if (self->has_base) {
        self->exit_status = exit_status;
        ki_jump(self->thread, self->stack, &self->base, KIP_LEAVE_TERMINATED);
    }
    /* A client's thread: its host thread ends, which runs client_thread_ended. */
    ki_leave_stack(self->thread, NULL, end_host_thread, NULL);
}

bool kip_park(PKTHREAD thread, uint64_t deadline)
{
    if (atomic_load_explicit(&kip()->stopping, memory_order_relaxed))
        KiStopCrashedThread();
    mm_leave_context();
    bool woken = host_park(&thread->Parker, deadline);
    mm_switch_context();
    if (atomic_load_explicit(&kip()->stopping, memory_order_relaxed))
        KiStopCrashedThread();
    return woken;
}

static void leave_for_good(void *context)
{
    struct kip_thread *self = context;
    host_thread_at_exit(NULL, NULL);
    KiThread = NULL;
    kip_self = NULL;
    atomic_store(&self->gone, true);
    host_thread_exit();
}

/*
 * The machine stops and the calling thread is in it: it leaves for good. Returns only on the thread that does
 * the stopping, or when nothing is being stopped.
 */
void KiStopCrashedThread(void)
{
    struct kip_state *ke = kip();
    PKTHREAD thread = KiThread;
    if (!ke || !atomic_load(&ke->stopping) || !thread || thread == ke->boot || thread == ke->stopper)
        return;
    return_to_catcher(thread);
    struct kip_thread *self = kip_self;
    if (!self || ke->crashing == thread) /* not quite started, or still reporting */
        return;
    if (self->has_base)
        ki_jump(thread, self->stack, &self->base, KIP_LEAVE_STOPPED);
    ki_leave_stack(thread, NULL, leave_for_good, self);
}

void kip_wake_everybody(void)
{
    struct kip_state *ke = kip();
    ki_lock(&ke->threads_lock);
    for (struct kip_thread *self = ke->threads; self; self = self->next)
        if (self->thread && !atomic_load(&self->gone))
            host_unpark(&self->thread->Parker);
    ki_unlock(&ke->threads_lock);
}

/* Under the lock of the list of threads, which also keeps visitors from each other. */
void KiVisitThreads(void (*visit)(PKTHREAD, void *), void *context)
{
    struct kip_state *ke = kip();
    ki_lock(&ke->threads_lock);
    atomic_store_explicit(&ntio_machine.intruding, 1, memory_order_relaxed);
    host_barrier(); /* from here on an owner sees the flag, or we see it inside */
    for (struct kip_thread *self = ke->threads; self; self = self->next) {
        PKTHREAD thread = self->thread;
        if (!thread)
            continue;
        for (unsigned turn = 0; atomic_load_explicit(&thread->InOwn, memory_order_acquire);)
            host_spin(turn++);
        visit(thread, context);
    }
    atomic_store_explicit(&ntio_machine.intruding, 0, memory_order_release);
    ki_unlock(&ke->threads_lock);
}

static void add_locked_pages(PKTHREAD thread, void *sum)
{
    *(LONG64 *)sum += atomic_load_explicit(&thread->LockedPages, memory_order_relaxed);
}

LONG64 KiLockedPages(void)
{
    LONG64 sum = 0;
    if (kip()) {
        sum = atomic_load(&kip()->boot->LockedPages);
        KiVisitThreads(add_locked_pages, &sum);
    }
    return sum + atomic_load(&ntio_machine.locked_pages);
}

/* A foreign thread's own flag, read in passing. */
__attribute__((no_sanitize("thread"))) static bool is_in_kernel(const KTHREAD *thread)
{
    return *(const volatile BOOLEAN *)&thread->InKernel;
}

bool KiHasThreadEnded(const KTHREAD *thread)
{
    return kip_thread_state(thread) == THREAD_TERMINATED;
}

const void *KiBlockedBy(const KTHREAD *thread)
{
    return kip_thread_state(thread) == THREAD_WAITING ? __atomic_load_n(&thread->WaitCaller, __ATOMIC_RELAXED)
                                                      : NULL;
}

void KiBeginLeaving(void)
{
    atomic_store(&kip()->stopper, KiCurrentThread());
    atomic_fetch_or(&ntio_machine.watch, WATCH_LEAVING);
}

void KiLeaveFromClient(void)
{
    PKTHREAD thread = KiThread;
    struct kip_thread *self = kip_self;
    if (!thread || !self || !self->host || !self->has_base || self->ending || thread->InKernel ||
        thread == atomic_load(&kip()->stopper))
        return;
    thread->InKernel = TRUE;
    ki_jump(thread, self->stack, &self->base, KIP_LEAVE_STOPPED);
}

/* Threads other than the caller's that are inside the machine. */
static unsigned count_inside(bool *clients)
{
    struct kip_state *ke = kip();
    unsigned inside = 0;
    ki_lock(&ke->threads_lock);
    for (struct kip_thread *self = ke->threads; self; self = self->next) {
        if (self->current == &KiThread || atomic_load(&self->gone))
            continue;
        if (self->host || self->closing || is_in_kernel(self->thread))
            inside++;
        else
            *clients = true;
    }
    ki_unlock(&ke->threads_lock);
    return inside;
}

bool kip_wait_for_threads(uint64_t deadline)
{
    PKTHREAD self = KiThread;
    struct host_parker nap = {0};
    const uint64_t millisecond = 10000;
    bool clients = false;
    for (unsigned turn = 0; count_inside(&clients); turn++) {
        if (host_clock() >= deadline)
            return false;
        kip_wake_everybody();
        host_park(&nap, host_clock() + (turn < 10 ? millisecond / 10 : millisecond));
    }
    /* A client's thread may have passed the gate and not yet be marked as inside. */
    if (clients && self)
        host_park(&nap, host_clock() + 5 * millisecond);
    return true;
}

/* Every started thread is past its end; a client's thread forgets the machine and is adopted anew by the
 * next. */
static void forget_threads(bool all_left)
{
    struct kip_state *ke = kip();
    struct kip_thread *threads, *kept = NULL;
    ki_lock(&ke->threads_lock);
    threads = ke->threads;
    ke->threads = NULL;
    ki_unlock(&ke->threads_lock);
    while (threads) {
        struct kip_thread *self = threads;
        threads = self->next;
        if (self->current == &KiThread) {
            self->next = kept;
            kept = self;
            continue;
        }
        if (self->host) {
            if (all_left || atomic_load(&self->gone))
                host_thread_join(self->host);
            else
                host_thread_detach(self->host);
        } else if (self->closing) {
            continue; /* patience is over, and it still uses its record */
        } else {
            if (!atomic_load(&self->gone))
                __atomic_store_n(self->current, NULL, __ATOMIC_RELAXED);
            if (self->thread && !atomic_load(&ke->crashed))
                kip_end_thread(self);
        }
        free(self);
    }
    ke->threads = kept;
}

void ke_stop_threads(void)
{
    struct kip_state *ke = kip();
    if (ke->threads_stopped)
        return;
    ke->threads_stopped = true;
    ke->stopper = KiThread;
    reap_threads();
    atomic_store(&ke->stopping, true);
    const uint64_t patience = 5 * 10000000ull;
    bool all_left = kip_wait_for_threads(host_clock() + patience);
    if (!all_left)
        machine_violation(
            "a thread is still running and calls nothing of the system, where it would be stopped: it "
            "is left behind");
    forget_threads(all_left);
}

void ke_forget_thread(void)
{
    struct kip_state *ke = kip();
    if (KiThread == ke->boot)
        return;
    struct kip_thread *self = ke->threads;
    ke->threads = NULL;
    if (self) {
        host_thread_at_exit(NULL, NULL);
        if (!atomic_load(&ke->crashed))
            kip_end_thread(self);
        free(self);
        kip_self = NULL;
    }
    ke->adopt = NULL;
    ke->ending = ke->ended = NULL;
    ke->stopper = ke->boot;
    KiThread = ke->boot;
}

/* --- priorities: kept and told, the host schedules as it likes --- */

KPRIORITY KeQueryPriorityThread(PKTHREAD Thread)
{
    GATE(KeQueryPriorityThread, Thread);
    return __atomic_load_n(&Thread->Priority, __ATOMIC_RELAXED);
}

KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority)
{
    GATE(KeSetPriorityThread, Thread, Priority);
    return __atomic_exchange_n(&Thread->Priority, Priority, __ATOMIC_RELAXED);
}

LONG KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment)
{
    GATE(KeSetBasePriorityThread, Thread, Increment);
    const KPRIORITY normal = 8;
    return __atomic_exchange_n(&Thread->BasePriority, normal + Increment, __ATOMIC_RELAXED) - normal;
}
