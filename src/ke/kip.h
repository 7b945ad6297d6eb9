/*
 * The kernel's private state. Everything in a thread or a dispatcher object is guarded by the dispatcher lock unless it says
 * otherwise; Header.SignalState is atomic besides, see event.c.
 */
#pragma once

#include "ke.h"

#include <ntio/ntio.h>

#include <setjmp.h>

/* The host thread behind a KTHREAD. Outlives it: a host thread is joined after its KTHREAD may have been freed. */
struct kip_thread {
    struct kip_thread *next; /* kip_state.threads, under threads_lock */
    PKTHREAD thread;
    PKTHREAD *current; /* the host thread's KiThread */
    PKSTART_ROUTINE routine;
    PVOID context;
    struct host_thread *host; /* NULL: an adopted client thread */
    LONG exit_status;
    sigjmp_buf base;         /* a started thread's first frame */
    struct ki_switch *stack; /* it stands on: for a started thread the host's */
    bool has_base;           /* base is where it leaves to */
    bool ending;             /* kip_end_thread has begun: not twice */
    bool closing;            /* a client's host thread is ending and still uses this; under threads_lock */
    struct kip_thread *outer; /* what the host thread is besides: it plays this one for a while (KeRunAsThread) */
    _Atomic bool gone;       /* its last touch of the machine */
};

#define KIP_PROCESSORS 64

/* A processor: a thread at DISPATCH_LEVEL that runs DPCs for it, made when first needed. Processor 0's also runs the timers. */
struct kip_processor {
    UCHAR number;
    _Atomic bool started;
    PKTHREAD _Atomic thread; /* parked on its own parker when it has nothing to do */
    struct ke_dpc_queue dpcs;
    struct ke_dpc_queue threaded; /* its threaded DPCs: run at PASSIVE_LEVEL when dpcs is empty */
};

#define KIP_TIMER_BUCKETS 256

struct kip_state {
    _Atomic unsigned dispatcher; /* the dispatcher lock */
    _Atomic unsigned threads_lock;
    struct kip_thread *threads;
    PKTHREAD boot; /* before ps has started and after it has stopped; large enough for an ETHREAD of zeroes */
    _Atomic unsigned next_processor;
    _Atomic bool stopping; /* threads that park or come to the gate leave */
    bool threads_stopped;
    PKTHREAD _Atomic stopper; /* but not this one: it takes the machine down */

    ke_client_filter *_Atomic first_filter; /* KiSetClientFilters */
    ke_client_filter *_Atomic last_filter;

    PKTHREAD (*adopt)(bool);
    void (*ending)(PKTHREAD);
    void (*ended)(PKTHREAD);

    /* Timers hashed by due time, each bucket in order; due: of its first, for the clock thread's search. */
    LIST_ENTRY timers[KIP_TIMER_BUCKETS];
    uint64_t due[KIP_TIMER_BUCKETS];
    _Atomic uint64_t next_due;

    _Atomic unsigned processors_lock;
    struct kip_processor processors[KIP_PROCESSORS];

    _Atomic unsigned interrupts_lock;
    PKINTERRUPT interrupts; /* in the order in which they were connected */

    _Atomic unsigned ranges_lock;
    struct kip_range *ports; /* who answers for I/O ports (port.c) */
    struct kip_range *msrs;  /* and for the processor's registers (msr.c) */
    _Atomic unsigned pci_lock; /* held between the address and the data */

    _Atomic unsigned callbacks_lock;
    struct kip_nmi *nmi_callbacks;      /* under callbacks_lock (ipi.c) */
    struct kip_processor_callback *processor_callbacks; /* likewise (extended.c) */
    struct _KUSER_SHARED_DATA *shared;  /* NULL: nobody has asked for it */
    LIST_ENTRY bugcheck_callbacks, reason_callbacks; /* KBUGCHECK_CALLBACK_RECORD.Entry, ..._REASON_... */

    struct {
        _Atomic unsigned lock;
        size_t size; /* 0: there are none */
        struct ki_stack *all, *free;
    } stacks;

    _Atomic int crashed; /* enum kip_crashed */
    PKTHREAD _Atomic crashing; /* who is writing the report */
    ULONG_PTR crash_data[5];   /* code and parameters, once it crashes */
};

enum kip_crashed { NOT_CRASHED, CRASHING, CRASHED };

/* A test that expects a bug check (ntio_machine.catcher). */
struct kip_catch {
    sigjmp_buf jump;
    struct kip_catch *outer;
    struct ki_switch *stack; /* the stack that jump lies on */
    uint64_t host_thread;
    struct ntio_bugcheck *caught;
    PKTHREAD thread; /* the catcher's, while it is one of the machine's */
};

static inline struct kip_state *kip(void)
{
    return ntio_machine.ke;
}

void kip_free_nmi(void);
void kip_free_processor_callbacks(void);
struct kip_range {
    struct kip_range *next;
    uint32_t first, count;
    _Atomic unsigned users; /* accesses under way: it must not go */
    union {
        ntio_ports ports;
        ntio_msrs msrs;
    };
};
struct kip_range *kip_hold_range(struct kip_range *const *list, uint32_t at); /* until let go; NULL: nobody answers */
void kip_let_range_go(struct kip_range *);
NTSTATUS kip_add_range(struct kip_range **list, const struct kip_range *);
void kip_remove_range(struct kip_range **list, uint32_t first);
void kip_free_ranges(struct kip_range **list);
#define UNITS_PER_MILLISECOND 10000
#define KI_TICK 156250u /* 100 ns units of a tick of the clock: 15.625 ms */

/* --- kernel stacks (stack.c) --- */

/* The offsets of Rsp and Rip in the x64 CONTEXT, in words. */
enum { KI_CONTEXT_RSP = 0x98 / 8, KI_CONTEXT_RIP = 0xF8 / 8 };

void kip_start_stacks(void);
void kip_stop_stacks(void);
void kip_release_stacks(PKTHREAD);
NTSTATUS kip_call_expanded(PKTHREAD, size_t size, void (*routine)(void *), void *context);
bool ki_switch_is_live(PKTHREAD, const struct ki_switch *);
/* An access below the limit of the thread's stack: true, go on; false: it is no matter of the stack's. */
bool ki_take_stack_fault(PKTHREAD, const struct host_fault *);
/* Opens the reserve when the exception that a fault becomes may have no room above it; true: there is more than before. */
bool ki_make_stack_room(PKTHREAD, const struct host_fault *);
/* Goes back to where thread->Switch was target (a value it had in a function that has not returned) and runs routine there, which
 * does not return. The thread may be NULL: there are no stacks then. */
_Noreturn void ki_leave_stack(PKTHREAD, struct ki_switch *target, void (*routine)(void *), void *context);
_Noreturn void ki_jump_slow(PKTHREAD, struct ki_switch *target, sigjmp_buf *, int value);
static inline _Noreturn void ki_jump(PKTHREAD thread, struct ki_switch *target, sigjmp_buf *to, int value)
{
    if (__builtin_expect(thread && thread->Switch, 0))
        ki_jump_slow(thread, target, to, value);
    siglongjmp(*to, value);
}

/* --- the dispatcher (wait.c) --- */

/* Threads made ready under the dispatcher lock; unparked by kip_unlock_dispatcher once it is free. */
struct kip_wake {
    PKTHREAD first;
};

static inline struct kip_wake kip_lock_dispatcher(void)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&kip()->dispatcher, 1, memory_order_acquire); host_spin(turn++))
        if (gate_watched() & WATCH_CRASHED)
            KiStopCrashedThread(); /* its owner may have been stopped for good, in an object that is broken */
    return (struct kip_wake){NULL};
}
void kip_unlock_dispatcher(struct kip_wake *);
/* An object that nobody initialised has no list: NT faults on it with the dispatcher database locked. */
static inline void kip_check_object(const DISPATCHER_HEADER *header, const void *caller)
{
    if (__builtin_expect(__atomic_load_n(&header->WaitListHead.Flink, __ATOMIC_RELAXED) == NULL, 0))
        KiBugCheck(IRQL_NOT_LESS_OR_EQUAL, 0, DISPATCH_LEVEL, 1, (ULONG_PTR)caller, caller);
}
/* Gives the object to those who wait for it, as far as its state goes. */
void kip_satisfy(DISPATCHER_HEADER *, struct kip_wake *);
/* Ends a thread's wait early (APC, alert); it must be waiting. */
void kip_end_wait(PKTHREAD, LONG_PTR status, struct kip_wake *);
void kip_init_header(DISPATCHER_HEADER *, UCHAR type, UCHAR size, LONG state);

/* check_object looks at a list's head without the lock. */
static inline void kip_link_tail(LIST_ENTRY *head, LIST_ENTRY *entry)
{
    LIST_ENTRY *last = head->Blink;
    entry->Flink = head;
    entry->Blink = last;
    head->Blink = entry;
    __atomic_store_n(&last->Flink, entry, __ATOMIC_RELEASE);
}
static inline void kip_unlink(LIST_ENTRY *entry)
{
    LIST_ENTRY *before = entry->Blink, *after = entry->Flink;
    after->Blink = before;
    __atomic_store_n(&before->Flink, after, __ATOMIC_RELAXED);
}
/* A thread's state is changed to and from waiting under the lock, and looked at without it. */
static inline UCHAR kip_thread_state(const KTHREAD *thread)
{
    return __atomic_load_n(&thread->State, __ATOMIC_RELAXED);
}
static inline void kip_set_thread_state(PKTHREAD thread, enum ke_thread_state state)
{
    __atomic_store_n(&thread->State, (UCHAR)state, __ATOMIC_RELAXED);
}
/*
 * A header's first eight bytes: type, flags and, in the upper half, the state (ORDER: DISPATCHER_HEADER, little endian). Bit
 * KIP_WAITED (in the byte that NT calls Signalling, unused for events) is set while wait blocks may be linked.
 */
#define KIP_WAITED 0x8000u
static inline uint64_t *kip_header_word(DISPATCHER_HEADER *header)
{
    return (uint64_t *)(void *)header;
}
static inline uint64_t kip_load_word(const DISPATCHER_HEADER *header)
{
    return __atomic_load_n((const uint64_t *)(const void *)header, __ATOMIC_SEQ_CST);
}
/* The type never changes, but it lies in the word that setters exchange. */
static inline UCHAR kip_type(const DISPATCHER_HEADER *header)
{
    return __atomic_load_n(&header->Type, __ATOMIC_RELAXED);
}
static inline bool kip_is_event(const DISPATCHER_HEADER *header)
{
    return kip_type(header) == EventNotificationObject || kip_type(header) == EventSynchronizationObject;
}
static inline LONG kip_state_of(const DISPATCHER_HEADER *header)
{
    return (LONG)(kip_load_word(header) >> 32);
}
/* On the whole word, as setters do: an exchange of the upper half alone would not be ordered with theirs. */
static inline LONG kip_set_state(DISPATCHER_HEADER *header, LONG state)
{
    uint64_t old = kip_load_word(header), word;
    do
        word = (uint32_t)old | (uint64_t)(uint32_t)state << 32;
    while (!__atomic_compare_exchange_n(kip_header_word(header), &old, word, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST));
    return (LONG)(old >> 32);
}

/* A mutant that a DPC has taken is its thread's only while DPCs run there. Under the dispatcher lock (mutant.c). */
bool kip_owns_mutant(PRKMUTANT, PKTHREAD);
void kip_own_mutant(PRKMUTANT, PKTHREAD);

/* An absolute (positive) or relative (negative) NT time as an interrupt time. */
uint64_t kip_deadline(LONGLONG time);

/* What there is to know of a wait that cannot be satisfied at once. */
struct kip_wait {
    PKTHREAD thread;
    PKWAIT_BLOCK blocks;
    PVOID *objects;
    ULONG count;
    WAIT_TYPE type; /* WaitDequeue: for an entry of the queue that is the one object */
    KPROCESSOR_MODE mode;
    BOOLEAN alertable;
    bool poll;         /* zero timeout */
    uint64_t deadline; /* HOST_FOREVER: none */
    const void *caller;
};
NTSTATUS kip_wait(const struct kip_wait *);
void kip_set_timeout(struct kip_wait *, PLARGE_INTEGER);

/* --- queues (queue.c), all under the dispatcher lock --- */

/* The thread, associated with the queue and running, takes an entry if the queue lets it. */
bool kip_take_entry(PRKQUEUE, PKTHREAD, NTSTATUS *);
void kip_queue_thread_blocks(PKTHREAD, struct kip_wake *); /* it is about to wait: another may run in its place */
static inline void kip_queue_thread_runs(PKTHREAD thread)
{
    if (__builtin_expect(thread->Queue != NULL, 0))
        thread->Queue->CurrentCount++;
}
void kip_leave_queue(PKTHREAD, struct kip_wake *);

/* --- mutants (mutant.c) --- */

/* A thread ends: what it holds is abandoned; a kernel mutex held is a bug check. */
void kip_abandon_mutants(PKTHREAD);

/* --- threads (thread.c) --- */

/* The calling host thread's record, from its start to its very end; KiThread may be gone before. */
extern __thread struct kip_thread *kip_self;
enum { KIP_LEAVE_TERMINATED = 1, KIP_LEAVE_STOPPED }; /* how a thread came back to its first frame */
void kip_bind_thread(struct kip_thread *, PKTHREAD);  /* the calling host thread is that thread from now on */
void kip_link_thread(struct kip_thread *);
void kip_unlink_thread(struct kip_thread *);
void kip_end_thread(struct kip_thread *); /* what every end has in common; then the thread object is signalled and may be gone */

/* The thread's own parker; leaves for good when the machine is being stopped. False: the deadline came. */
bool kip_park(PKTHREAD, uint64_t deadline);
void kip_wake_everybody(void); /* parked threads, to let them notice that they must leave */
bool kip_wait_for_threads(uint64_t deadline); /* until no thread but the caller's is inside the machine */

/* --- DPCs and timers --- */

void kip_init_dpc_queue(struct ke_dpc_queue *);
void kip_drain_dpcs(PKTHREAD, struct ke_dpc_queue *); /* at DISPATCH_LEVEL */
bool kip_queue_dpc(PKDPC, PVOID, PVOID, struct ke_dpc_queue *own, UCHAR own_processor);
void kip_start_processor(struct kip_processor *);
uint64_t kip_run_timers(struct ke_dpc_queue *); /* returns when the next is due */
void kip_flush_dpcs(PKTHREAD);
void kip_start_timers(void);

/* --- interrupts, bug check callbacks (interrupt.c, callback.c) --- */

void kip_free_interrupts(void);
void kip_call_bugcheck_callbacks(PKTHREAD); /* the machine is crashing, and this thread's the only one that matters */

/* --- APCs (apc.c) --- */

void kip_deliver_kernel_apcs(PKTHREAD); /* below APC_LEVEL */
bool kip_kernel_apc_due(PKTHREAD);      /* under the dispatcher lock or on the thread itself */
void kip_deliver_user_apcs(PKTHREAD);   /* on the way back to user mode */
void kip_flush_apcs(PKTHREAD);          /* the thread ends */
/* An alertable wait in user mode is about to begin: what ends it at once, or STATUS_SUCCESS. Under the dispatcher lock. */
NTSTATUS kip_test_alert(PKTHREAD, KPROCESSOR_MODE mode, BOOLEAN alertable);
