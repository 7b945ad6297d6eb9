/*
 * The kernel's interface for the components above it: the thread, and what they need of the dispatcher beyond the DDIs.
 */
#pragma once

#include <ntifs.h>
#include "../machine.h"
#include "../gate.h"
#include "../host/host.h"

#include <ntio_seh.h>

struct ki_switch;

/* Structured exceptions of one thread; exception.h's own. */
#define KE_SEH_HANDLINGS 32
struct ke_seh {
    struct ntio_seh_frame *First;  /* of the frames kept for use */
    struct ntio_seh_frame *Jumped; /* between a jump to a frame and the filter or __finally block there */
    struct ki_seh_search *Search;  /* the innermost one that a filter runs for */
    BOOLEAN Final;                 /* between the end of a __try body and its __finally block */
    UCHAR Handlings;
    const void *Site;                            /* the driver's instruction behind the last fault; NULL: not known */
    const void *FaultPc, *FaultFrame;            /* the last fault's instruction and frame, for the report */
    const void *FaultLink;                       /* the link register then; NULL: the processor has none */
    EXCEPTION_RECORD Record;                     /* the last exception raised */
    ULONG_PTR Context[1232 / sizeof(ULONG_PTR)]; /* a CONTEXT: where it was raised */
    struct ke_seh_handling {
        void *Function; /* its stack frame */
        ULONG Depth, Code;
        struct ntio_seh_frame *Frame; /* meaningful while it filters, late */
        struct ki_switch *Stack;      /* the function stands on */
    } Handling[KE_SEH_HANDLINGS]; /* exceptions being filtered or handled, innermost last */
};
void ke_seh_free(struct ke_seh *); /* when the thread object goes */

enum ke_thread_state { THREAD_INITIALIZED, THREAD_RUNNING, THREAD_WAITING, THREAD_READY, THREAD_TERMINATED };

/* DPCs that wait for one thread to run them. Anybody may take one out, so the list has a lock. */
struct ke_dpc_queue {
    LIST_ENTRY List;
    _Atomic unsigned Lock;
    _Atomic unsigned Count;    /* in List: what the owner looks at when it lowers its IRQL */
    _Atomic unsigned Draining; /* the owner is running them */
    _Atomic unsigned Drains;   /* how often the queue has become empty and its last DPC has returned */
};

/* How much of a stack the dispatch routines that are running use (trace). */
#define KI_ACTIVATIONS 16
struct ki_activation {
    uint8_t *entry, *lowest; /* the stack pointer of the call; the lowest byte seen to be used */
    PDRIVER_OBJECT driver;
    UCHAR major;
};

/* A kernel stack (stack.c). */
struct ki_stack {
    struct ki_stack *next, *all;
    struct host_stack host;
    uint8_t *low, *limit, *base; /* the reserve; what a driver is told of; its upper end */
    bool opened;                 /* the reserve is accessible */
    bool abandoned;              /* it was left by a jump */
    unsigned depth;
    struct ki_activation activations[KI_ACTIVATIONS];
};
struct ki_switch;

#define KE_HELD 4

typedef struct _KTHREAD {
    DISPATCHER_HEADER Header; /* signalled when the thread has ended */
    KIRQL Irql;
    KPROCESSOR_MODE PreviousMode;
    BOOLEAN Alertable; /* of the current wait, with WaitMode and WaitIrql */
    BOOLEAN Alerted[2];
    UCHAR State; /* enum ke_thread_state */
    BOOLEAN InKernel; /* inside a system service or a system thread; decides whose __try frames an exception may reach */
    BOOLEAN InDpc;    /* running a DPC routine */
    KPROCESSOR_MODE WaitMode;
    KIRQL WaitIrql;
    BOOLEAN PagedForbidden; /* it is among those that may not touch paged pool: mm_forbid_paged */
    UCHAR Processor; /* the one it says it runs on, see KeGetCurrentProcessorNumber */
    unsigned PagedTurns; /* mm's: of the last fault in paged pool that it let the thread try again */
    _Atomic KAFFINITY UserAffinity; /* of NtSetInformationThread; 0: the process's */
    KAFFINITY SystemAffinity; /* of KeSetSystemAffinityThread; 0: none */
    KPRIORITY Priority, BasePriority;
    LONG KernelApcDisable, SpecialApcDisable; /* critical and guarded regions, negative while inside */
    LONG SpecialApcs; /* how many of the queued kernel APCs are special */
    LONG SpinLocksHeld;
    struct ntio_seh_frame *SehTop; /* innermost __try, whoever's it is */
    struct ke_seh Seh;
    struct ke_dpc_queue Dpcs; /* queued by this thread, run when it is below DISPATCH_LEVEL */
    struct host_parker Parker;
    LIST_ENTRY MutantListHead;
    KAPC_STATE ApcState;
    KWAIT_BLOCK WaitBlock[4]; /* three for objects, the last for the timeout, as NT has it */
    PKWAIT_BLOCK WaitBlockList;
    LONG_PTR WaitStatus;
    const void *WaitCaller; /* who called the last wait that blocked, written before the state says so */
    struct _KTHREAD *WakeNext; /* woken, and to be unparked once the dispatcher lock is free */
    struct _KTHREAD *HeldWakes; /* threads it has woken and not unparked yet: KiHoldWakes */
    BOOLEAN HoldsWakes;
    PKQUEUE Queue;             /* the one it is associated with: it last removed an entry there; queue.c */
    LIST_ENTRY QueueListEntry; /* in Queue->ThreadListHead */
    PLIST_ENTRY QueueEntry;    /* what a wait for a queue's entry ended with */
    void *StackBase, *StackLimit; /* of the stack it stands on */
    void *HostBase, *HostLimit;   /* of the host's, which is the client's */
    struct ki_stack *Stack;       /* the same; NULL: the host's */
    struct ki_switch *Switch;     /* the innermost change of stacks */
    struct ki_stack *SpareStacks; /* it had and may have again */
    struct host_stack HostStack;
    struct kip_thread *Kip; /* the host thread behind it; NULL: not running yet, or ended */
    _Atomic ULONG InOwn;    /* in between KiEnterOwn and KiLeaveOwn */
    _Atomic LONG64 LockedPages; /* the thread has locked, less those it has unlocked: its part of KiLockedPages */
    ULONG_PTR LowProbe, LowProbeLength; /* the last range probed that begins where null pointers point */
    struct access_thread *Access; /* of whoever watches memory (vf); NULL: nobody, or not yet */
    ULONG Calls; /* how many dispatch routines it is in, as far as they watch */
    _Atomic ULONG_PTR Held[KE_HELD]; /* objects it holds uncounted (ob: ObpHoldByHandle); low bit: counted meanwhile */
} KTHREAD;

extern __thread PKTHREAD KiThread __attribute__((tls_model("initial-exec")));
PKTHREAD KiAdoptThread(void); /* makes the calling host thread a client thread of the machine */

static inline PKTHREAD KiCurrentThread(void)
{
    PKTHREAD thread = KiThread;
    return __builtin_expect(thread != NULL, 1) ? thread : KiAdoptThread();
}

/*
 * System services (Nt*) open and close with these. Only the outermost one crosses from user to kernel mode: an
 * exception inside never reaches a __try of the client, one in an Nt* that a driver called does reach the driver's.
 */
static inline BOOLEAN KiEnterService(PKTHREAD thread)
{
    BOOLEAN was = thread->InKernel;
    if (!was)
        host_faults_renew();
    thread->InKernel = TRUE;
    return was;
}
/* Critical and guarded regions that the thread is in, as bug checks tell them. */
static inline ULONG_PTR KiCombinedApcDisable(PKTHREAD thread)
{
    return (ULONG_PTR)(USHORT)thread->KernelApcDisable | (ULONG_PTR)(USHORT)thread->SpecialApcDisable << 16;
}
/* The way back to user mode: delivers user APCs; bug-checks when the service comes back with its IRQL raised, or in a
 * region that it entered and did not leave. */
void KiServiceExit(PKTHREAD);
static inline void KiLeaveService(PKTHREAD thread, BOOLEAN was)
{
    if (!was && __builtin_expect(thread->Irql | thread->KernelApcDisable | thread->SpecialApcDisable |
                                     __atomic_load_n(&thread->ApcState.UserApcPending, __ATOMIC_RELAXED) |
                                     __atomic_load_n(&thread->ApcState.KernelApcPending, __ATOMIC_RELAXED),
                                 0))
        KiServiceExit(thread);
    thread->InKernel = was;
}

/*
 * Kernel stacks (stack.c); without the option the routine is called where the caller stands. The first two change to another
 * stack only when the thread is not on one; the third always, as for a DPC; the last goes back to the host's large
 * stack, for what needs more room than a kernel stack has and is no driver's.
 */
void KiCallOnKernelStackSlow(PKTHREAD, void (*routine)(void *), void *context);
void KiCallOnNewStackSlow(PKTHREAD, void (*routine)(void *), void *context);
void KiCallOnHostStackSlow(PKTHREAD, void (*routine)(void *), void *context);
static inline void KiCallOnKernelStack(PKTHREAD thread, void (*routine)(void *), void *context)
{
    if (__builtin_expect(gate_watched() & WATCH_STACKS, 0))
        KiCallOnKernelStackSlow(thread, routine, context);
    else
        routine(context);
}
static inline void KiCallOnNewStack(PKTHREAD thread, void (*routine)(void *), void *context)
{
    if (__builtin_expect(gate_watched() & WATCH_STACKS, 0))
        KiCallOnNewStackSlow(thread, routine, context);
    else
        routine(context);
}
static inline void KiCallOnHostStack(PKTHREAD thread, void (*routine)(void *), void *context)
{
    if (__builtin_expect(thread && thread->Stack, 0))
        KiCallOnHostStackSlow(thread, routine, context);
    else
        routine(context);
}
#define KI_SERVICE_WORDS 14
NTSTATUS KiCallServiceOnStack(PKTHREAD, const void *service, const ULONG_PTR words[KI_SERVICE_WORDS]);
static inline BOOLEAN KiNeedsKernelStack(PKTHREAD thread)
{
    return (gate_watched() & WATCH_STACKS) && !thread->InKernel && !thread->Stack && thread->HostStack.size;
}
/* For the gate: a DDI whose frame this is was called. Bug check 0x7F when a driver stands below its stack's limit. */
void KiCheckStack(const void *frame, const void *caller);

/*
 * In the part of the calling thread's own stack that is in use: always there and writable, so that nothing needs to be probed
 * and a copy cannot fault. Buffers and status blocks of synchronous requests are often there. A thread
 * that runs on another stack than the host gave it is never believed.
 */
static inline BOOLEAN KiOnOwnStack(PKTHREAD thread, const volatile void *address, SIZE_T length)
{
    uintptr_t at = (uintptr_t)address, low = (uintptr_t)__builtin_frame_address(0), high = (uintptr_t)thread->HostBase;
    return at >= low && at < high && length <= high - at && low >= (uintptr_t)thread->HostLimit;
}

void ke_start(void);
void ke_stop(void);
/*
 * The threads of the machine end in three steps, because thread objects are freed by ps before ke stops:
 * ke_stop_threads ends all system and processor threads and forgets the client threads (their host threads are adopted
 * anew by the next machine); the caller stays what it is. ke_forget_thread then lets go of the caller too: until the machine is
 * down, and likewise before ps has installed its hooks, KiThread is a thread object of ke's own that has no process.
 * ps_stop calls both, the first before it frees any thread object; both are idempotent and called by ke_stop again.
 */
void ke_stop_threads(void);
void ke_forget_thread(void);

/* Initialises the KTHREAD part of a thread object (ps calls it; ke knows nothing of ETHREAD). */
void KeInitializeThread(PKTHREAD, KPROCESSOR_MODE previous_mode);
/* Runs routine(context) on a host thread of its own as that thread; the thread object is signalled at the end. */
NTSTATUS KeStartThread(PKTHREAD, PKSTART_ROUTINE routine, PVOID context);
_Noreturn void KeTerminateThread(LONG exit_status);
/*
 * The calling host thread plays another thread, one that was never started, for as long as routine(context) runs; nests. The thread
 * stays what it is and can be played again, unless it ended meanwhile (KeTerminateThread): then false. False too without memory, and
 * when the machine is not the same any more.
 */
bool KeRunAsThread(PKTHREAD, void (*routine)(void *), void *context);
void ke_end_playing(void); /* the calling host thread is what it was at first, wherever it comes from */
/*
 * ps installs these. adopt: a thread object of the client's, or (own) of the system's for one of ke's own threads, KeInitializeThread done, for the host thread that calls; it may call nothing that asks for
 * the current thread (or sets KiThread itself first). ending: the thread, adopted or started, is about to end: it is
 * still whole and may wait. ended: it is signalled and runs no more: the reference that its running held can be
 * dropped. Each once for each thread, on its own host thread with KiThread still set; for client threads that
 * outlive the machine on the one that stops it. Not called after a bug check.
 */
void KeSetThreadHooks(PKTHREAD (*adopt)(bool own), void (*ending)(PKTHREAD), void (*ended)(PKTHREAD));

/* What NT exports and ntifs.h leaves out; drivers declare it themselves. */
typedef enum _KAPC_ENVIRONMENT { OriginalApcEnvironment, AttachedApcEnvironment, CurrentApcEnvironment } KAPC_ENVIRONMENT;
NTKERNELAPI VOID KeInitializeApc(PRKAPC, PRKTHREAD, KAPC_ENVIRONMENT, PKKERNEL_ROUTINE, PKRUNDOWN_ROUTINE, PKNORMAL_ROUTINE,
                     KPROCESSOR_MODE, PVOID);
NTKERNELAPI BOOLEAN KeInsertQueueApc(PRKAPC, PVOID, PVOID, KPRIORITY);
NTKERNELAPI BOOLEAN KeRemoveQueueApc(PRKAPC);
NTKERNELAPI BOOLEAN KeTestAlertThread(KPROCESSOR_MODE);
BOOLEAN KeAlertThread(PKTHREAD, KPROCESSOR_MODE);
/*
 * Queues a user APC that runs as soon as the thread is on its way back to user mode, alertable or not, before all others; a
 * wait in user mode ends for it. FALSE: it is queued already, or the thread has ended.
 */
BOOLEAN KiInsertUrgentApc(PRKAPC);
/*
 * KeRemoveQueue for several entries, and alertable. How many were taken; or an NTSTATUS of no success below: with it nothing
 * was. STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ALERTED; STATUS_ABANDONED: KiAbandonQueue.
 */
NTSTATUS KiRemoveQueue(PRKQUEUE, KPROCESSOR_MODE, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PLIST_ENTRY *Entries,
                       ULONG Count, PULONG Removed, const void *Caller);
/* The queue is used no more: who waits for an entry, and whoever comes to, gets STATUS_ABANDONED. */
VOID KiAbandonQueue(PRKQUEUE);
/*
 * Between the two the calling thread unparks nobody: whom it wakes runs on only after KiReleaseWakes, and finds the caller done. Not
 * nested; the caller must not park.
 */
static inline void KiHoldWakes(PKTHREAD self)
{
    self->HoldsWakes = TRUE;
}
void KiReleaseWakes(PKTHREAD);
/* KeReleaseSemaphore with a status instead of an exception: STATUS_SEMAPHORE_LIMIT_EXCEEDED. */
NTSTATUS KiReleaseSemaphore(PRKSEMAPHORE, LONG Adjustment, PLONG Previous);
BOOLEAN KiIsTimerSet(PKTIMER);
/* A dispatcher object that ends (a process): signalled for good. */
VOID KiSignalObject(DISPATCHER_HEADER *);

/* An event that nobody can be waiting on, for the hot path: no lock, no DDI. */
static inline VOID KiResetEvent(PKEVENT event)
{
    __atomic_store_n(&event->Header.SignalState, 0, __ATOMIC_RELEASE);
}
static inline LONG KiEventState(PKEVENT event)
{
    /* All of the word that KiSetEvent exchanges: what is read of a part of it orders nothing. */
    return (LONG)(__atomic_load_n((uint64_t *)(void *)&event->Header, __ATOMIC_ACQUIRE) >> 32);
}
/* Sets an event on behalf of the system, as KeSetEvent does. */
LONG KiSetEvent(PKEVENT);
/* The clocks of the machine (a deterministic scheduler makes them virtual): interrupt time and system time, 100 ns. */
ULONGLONG KiInterruptTime(VOID);
ULONGLONG KiSystemTime(VOID);

/* A spin lock of the library's own: no IRQL, no owner, never held across a call out. */
static inline void ki_lock(_Atomic unsigned *lock)
{
    for (unsigned turn = 0; atomic_exchange_explicit(lock, 1, memory_order_acquire);)
        while (atomic_load_explicit(lock, memory_order_relaxed))
            host_spin(turn++);
}
static inline void ki_unlock(_Atomic unsigned *lock)
{
    atomic_store_explicit(lock, 0, memory_order_release);
}

/*
 * What belongs to a running thread and is seldom visited by others: its requests in flight, the objects that it holds
 * uncounted. ORDER OWN: the owner changes it between KiEnterOwn and KiLeaveOwn, which cost it no atomic
 * read-modify-write, and a visitor sees it inside KiVisitThreads, which keeps every owner out. In between the owner calls
 * nothing, and takes no lock that a visitor could hold. Only for threads that KiVisitThreads finds (KiIsVisited).
 */
static inline BOOLEAN KiIsVisited(PKTHREAD thread)
{
    return thread->Kip != NULL;
}
static inline void KiEnterOwn(PKTHREAD thread)
{
    for (unsigned turn = 0;; host_spin(turn++)) {
        atomic_store_explicit(&thread->InOwn, 1, memory_order_relaxed);
        host_light_barrier(); /* the other half is in KiVisitThreads */
        if (__builtin_expect(!atomic_load_explicit(&ntio_machine.intruding, memory_order_acquire), 1))
            return;
        atomic_store_explicit(&thread->InOwn, 0, memory_order_release);
    }
}
static inline void KiLeaveOwn(PKTHREAD thread)
{
    atomic_store_explicit(&thread->InOwn, 0, memory_order_release);
}
/*
 * Calls visit for every running thread while none of them is inside its own section. visit must be short, and neither
 * block nor take a lock. Costs a system call and disturbs every processor the process runs on.
 */
void KiVisitThreads(void (*visit)(PKTHREAD, void *context), void *context);

/*
 * Pages of the client's that MDLs have locked. Each thread counts for itself and writes to no line that others do; a count of
 * its own may well be negative.
 */
LONG64 KiLockedPages(void);
static inline void KiCountLockedPages(PKTHREAD current, LONG64 pages)
{
    LONG64 count = atomic_load_explicit(&current->LockedPages, memory_order_relaxed);
    atomic_store_explicit(&current->LockedPages, count + pages, memory_order_relaxed);
}

/* IRQL without the gate, for the library itself. Lowering runs the DPCs and APCs that have become due. */
void KiLowerIrqlSlow(PKTHREAD, KIRQL);
void KiForbidPaged(PKTHREAD, KIRQL); /* it is about to be at that level */
static inline KIRQL KiRaiseIrql(PKTHREAD thread, KIRQL irql)
{
    KIRQL old = thread->Irql;
    if (__builtin_expect(gate_watched() & WATCH_PAGED, 0))
        KiForbidPaged(thread, irql);
    thread->Irql = irql;
    return old;
}
static inline void KiLowerIrql(PKTHREAD thread, KIRQL irql)
{
    if (__builtin_expect(irql < DISPATCH_LEVEL &&
                             (atomic_load_explicit(&thread->Dpcs.Count, memory_order_relaxed) | thread->PagedForbidden |
                              __atomic_load_n(&thread->ApcState.KernelApcPending, __ATOMIC_RELAXED)),
                         0))
        KiLowerIrqlSlow(thread, irql);
    else
        thread->Irql = irql;
}

/* What a bug check's code and its parameters mean. */
struct ki_bug_code {
    ULONG code;
    const char *name;
    const char *text;          /* one sentence, or NULL */
    const char *parameters[4]; /* or NULL */
};
const struct ki_bug_code *KiFindBugCode(ULONG code); /* NULL: not known */
const char *KiFindBugRule(ULONG code, const uint64_t *parameters); /* which of its rules was broken; NULL: not known */
KAFFINITY KiAllProcessors(void);
const char *KiDescribeFill(uint64_t value); /* which memory has such a value; NULL: any */

/*
 * Interrupts (interrupt.c). Connecting: STATUS_INVALID_PARAMETER when the vector is taken and not shared by both, or the levels
 * make no sense. Disconnecting waits until the service routine has returned.
 */
NTSTATUS KiConnectInterrupt(const IO_CONNECT_INTERRUPT_FULLY_SPECIFIED_PARAMETERS *, PKINTERRUPT *);
VOID KiDisconnectInterrupt(PKINTERRUPT);
VOID KiActivateInterrupt(PKINTERRUPT, BOOLEAN active); /* an inactive one is not delivered */
/* The interrupt whose service routine lies in that image, or NULL; its vector. */
PKINTERRUPT KiFindInterrupt(const void *base, size_t size, PULONG vector);
/* Bug check 0xC7 when a timer is set that lies in the image, or whose DPC or DPC routine does. */
void KiCheckTimers(const void *base, size_t size, const void *caller);
/* Takes away the bug check callbacks of an image; returns how many there were. */
ULONG KiForgetBugCheckCallbacks(const void *base, size_t size);

/* Bug checks on behalf of the system itself; Caller is whose fault it is (a return address), for the report. */
_Noreturn void KiBugCheck(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, const void *Caller);
/* Code and parameters of the bug check that is under way; zeroes when none is. */
void KiQueryBugCheckData(ULONG_PTR data[5]);
/* The machine has crashed and this thread came to the gate: it leaves, or stays parked until the tear-down. */
void KiStopCrashedThread(void);
/* The machine is about to stop: a thread of its own that comes from the client's code ends here, but not the one that stops it. */
void KiLeaveFromClient(void);
void KiBeginLeaving(void); /* the calling thread stops the machine; sets WATCH_LEAVING */
bool KiHasThreadEnded(const KTHREAD *);
const void *KiBlockedBy(const KTHREAD *); /* who called the wait that it is blocked in; NULL: it is in none */

/* Exceptions: asks the filters of the thread's frames, bug-checks when nobody takes it. Returns when one has the execution go on. */
void KiRaiseException(const EXCEPTION_RECORD *);
/*
 * Asked about the exceptions of the client's own code, before its frames and after them, when nobody took the exception. What
 * they say is a filter's value; the second is a process' own filter, which does not return for EXCEPTION_EXECUTE_HANDLER.
 * NULL: there is nobody to ask.
 */
typedef LONG ke_client_filter(PEXCEPTION_POINTERS);
void KiSetClientFilters(ke_client_filter *first, ke_client_filter *last);
/* An exception raised now would find a __try of the same side. */
BOOLEAN KiIsInTry(PKTHREAD);
/* The driver's instruction behind a fault, which may lie in a function that the driver called. */
const void *KiFaultSite(const struct host_fault *);
void ke_exceptions_start(void); /* from here on faults of the host are exceptions */
void ke_exceptions_stop(void);
