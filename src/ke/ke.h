/*
 * The kernel's interface for the components above it: the thread, and what they need of the dispatcher beyond the DDIs.
 */
#pragma once

#include <ntifs.h>
#include "../machine.h"
#include "../gate.h"
#include "../host/host.h"

#include <ntio_seh.h>

/* Structured exceptions of one thread; exception.c's own. */
#define KE_SEH_HANDLINGS 32
struct ke_seh {
    UCHAR Pending, Reason; /* between the end of a __try body and what follows it */
    UCHAR Handlings;
    unsigned long long Resume[NTIO_SEH_RESUME_WORDS_];
    EXCEPTION_RECORD Record; /* the last exception raised */
    ULONG_PTR Context[1232 / sizeof(ULONG_PTR)]; /* a CONTEXT: where it was raised */
    struct ke_seh_handling {
        void *Function; /* its stack frame */
        ULONG Depth, Code;
    } Handling[KE_SEH_HANDLINGS]; /* exceptions being filtered or handled, innermost last */
};

typedef struct _KTHREAD {
    DISPATCHER_HEADER Header; /* signalled when the thread has ended */
    KIRQL Irql;
    KPROCESSOR_MODE PreviousMode;
    BOOLEAN Alertable;
    BOOLEAN Alerted[2];
    UCHAR State; /* enum ke_thread_state */
    BOOLEAN InKernel; /* inside a system service or a system thread; decides whose __try frames an exception may reach */
    KPRIORITY Priority, BasePriority;
    LONG KernelApcDisable, SpecialApcDisable; /* critical and guarded regions, negative while inside */
    LONG SpinLocksHeld;
    struct ntio_seh_frame *SehTop; /* innermost __try, whoever's it is */
    struct ke_seh Seh;
    struct host_parker Parker;
    struct host_thread *Host; /* NULL: an adopted client thread */
    LIST_ENTRY MutantListHead;
    KAPC_STATE ApcState;
    KWAIT_BLOCK WaitBlock[4]; /* three for objects, the last for the timeout, as NT has it */
    PKWAIT_BLOCK WaitBlockList;
    LONG_PTR WaitStatus;
    LIST_ENTRY DpcQueue; /* DPCs queued by this thread at DISPATCH_LEVEL or above, run when it lowers */
    BOOLEAN InDpc;
    LIST_ENTRY ThreadListEntry; /* all threads of the machine */
    void *StackBase, *StackLimit;
    void *CrashJump; /* where the thread goes when a bug check has stopped the machine; NULL: it stops where it is */
    void *Kip;       /* more state private to ke */
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
    thread->InKernel = TRUE;
    return was;
}
static inline void KiLeaveService(PKTHREAD thread, BOOLEAN was)
{
    thread->InKernel = was;
}

void ke_start(void);
void ke_stop(void); /* ends all system threads; client threads are forgotten */

/* Initialises the KTHREAD part of a thread object (ps calls it; ke knows nothing of ETHREAD). */
void KeInitializeThread(PKTHREAD, KPROCESSOR_MODE previous_mode);
/* Runs routine(context) on a host thread of its own as that thread; the thread object is signalled at the end. */
NTSTATUS KeStartThread(PKTHREAD, PKSTART_ROUTINE routine, PVOID context);
_Noreturn void KeTerminateThread(LONG exit_status);
/* ps installs these: how a foreign host thread gets its ETHREAD, and what happens when it is gone. */
void KeSetThreadHooks(PKTHREAD (*adopt)(void), void (*ended)(PKTHREAD));

/* APCs as the I/O manager uses them (real NT prototypes). */
typedef enum _KAPC_ENVIRONMENT { OriginalApcEnvironment, AttachedApcEnvironment, CurrentApcEnvironment } KAPC_ENVIRONMENT;
VOID KeInitializeApc(PRKAPC, PRKTHREAD, KAPC_ENVIRONMENT, PKKERNEL_ROUTINE, PKRUNDOWN_ROUTINE, PKNORMAL_ROUTINE,
                     KPROCESSOR_MODE, PVOID);
BOOLEAN KeInsertQueueApc(PRKAPC, PVOID, PVOID, KPRIORITY);
BOOLEAN KeRemoveQueueApc(PRKAPC);
BOOLEAN KeTestAlertThread(KPROCESSOR_MODE);

/* Bug checks on behalf of the system itself; Caller is whose fault it is (a return address), for the report. */
_Noreturn void KiBugCheck(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, const void *Caller);
/* The machine has crashed and this thread came to the gate: it leaves, or stays parked until the tear-down. */
void KiStopCrashedThread(void);

/* Exceptions: dispatches to the thread's SEH frames, bug-checks when nobody takes it. Does not return. */
_Noreturn void KiRaiseException(const EXCEPTION_RECORD *);
void ke_exceptions_start(void); /* from here on faults of the host are exceptions */
void ke_exceptions_stop(void);
