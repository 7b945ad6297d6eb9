/*
 * Processes and threads as the components above see them. One "System" process (PID 4) and, from the
 * start, one client process; more can be made from the test side later.
 */
#pragma once

#include "../ke/ke.h"
#include "../ob/ob.h"

struct iop_thread_cache;
struct cmp_callback;

/* Somebody asks for a thread's end: claims it, says with which status, and only then may the thread look. */
enum ps_doom { PS_NOT_DOOMED, PS_BEING_DOOMED, PS_DOOMED };

typedef struct _ETHREAD {
    KTHREAD Tcb; /* must be first: PKTHREAD and PETHREAD are the same pointer */
    CLIENT_ID Cid;
    struct _EPROCESS *Process;         /* the process it belongs to */
    struct _EPROCESS *AttachedProcess; /* KeStackAttachProcess; NULL: none */
    PVOID _Atomic ImpersonationToken; /* whom it acts as, with a reference; NULL: nobody. Changed by se/client.c alone */
    _Atomic ULONG ImpersonationLevel;
    BOOLEAN CopyOnOpen, EffectiveOnly; /* PsImpersonateClient's */
    struct _EPROCESS *ActsIn; /* the AttachedProcess when it began: elsewhere it is itself, as a system thread of Windows would be */
    ULONG LastError;                   /* Win32's */
    LONG ExitStatus;
    LIST_ENTRY IrpList; /* outstanding requests of the thread, under IrpListLock */
    _Atomic ULONG IrpListLock;
    PIRP TopLevelIrp;
    struct iop_thread_cache *IrpCache; /* freed by the I/O manager when the thread ends */
    LIST_ENTRY ProcessListEntry;       /* threads of the process */
    PVOID TlsSlots[64];                /* Win32's: TLS_MINIMUM_AVAILABLE, as a TEB has */
    PVOID FlsValues;                   /* Win32's fiber-local storage */
    struct cmp_callback *Callback;     /* the registry callback that it is in; NULL: none */
    ULONG ObjectCallbacks;             /* how many object callbacks it is in */
    BOOLEAN BirthTold;                 /* by itself; only it looks at this, and who plays it before it runs */
    struct psp_call *Calls;            /* the notify routines that it is in, innermost first */
    PVOID IoObject;                    /* IoCreateSystemThread's, referenced: it stays until the thread ends */
    BOOLEAN Visiting;                  /* the system itself is in AttachedProcess, also from a DPC */
    PDEVICE_OBJECT DeviceToVerify;     /* IoSetHardErrorOrVerifyDevice's */
    BOOLEAN HardErrorsDisabled;        /* IoSetThreadHardErrorMode */
    BOOLEAN RunDown;                   /* its requests have been dealt with */
    BOOLEAN Counted;                   /* in its process's LiveThreads; its end is told */
    _Atomic BOOLEAN Terminating;
    _Atomic UCHAR Doomed;              /* enum ps_doom */
    KAPC TerminateApc;
    NTSTATUS TerminateStatus; /* once it is doomed */
    _Atomic LONG SuspendCount;
    KEVENT Resumed;   /* the count may have become 0 */
    KAPC SuspendApc;  /* brings the thread to where it waits for that */
    PKSTART_ROUTINE StartAddress;
    PVOID StartContext;
    LARGE_INTEGER CreateTime;
    GUID ActivityId; /* of event tracing; only the thread itself reads and writes these two */
    const GUID *ActivityIdAt; /* a driver's that stands for it, IoSetActivityIdThread; NULL: none */
    /* What never changes, and others read: in a word of its own, for the compiler reads neighbouring flags at once. */
    BOOLEAN Adopted; /* a foreign host thread */
    BOOLEAN System;  /* PsCreateSystemThread's */
} ETHREAD;

/* The thread's activity ID; NULL: it has none. */
static inline const GUID *ps_activity(PETHREAD thread)
{
    static const GUID none;
    if (thread->ActivityIdAt)
        return thread->ActivityIdAt;
    return memcmp(&thread->ActivityId, &none, sizeof none) ? &thread->ActivityId : NULL;
}

typedef struct _EPROCESS {
    DISPATCHER_HEADER Header; /* signalled when the process has ended */
    HANDLE UniqueProcessId;
    struct ob_handle_table *Handles;
    LIST_ENTRY ThreadList;
    LIST_ENTRY ProcessLinks;
    HANDLE ParentProcessId;
    LARGE_INTEGER CreateTime, ExitTime;
    _Atomic ULONG ActiveThreads;
    _Atomic KAFFINITY Affinity; /* 0: all processors */
    PVOID Token; /* se's; the process has a reference */
    LONG ExitStatus;
    UNICODE_STRING ImageFileName; /* full NT path */
    UNICODE_STRING FileName;      /* as it was opened, \??\C:\...; empty: nobody opened it */
    UNICODE_STRING CommandLine;
    CHAR ImageName[16];
    /* Of processes that a test or a client has started; the two that every machine has never end. */
    BOOLEAN Simulated;
    BOOLEAN OwnsNames;
    _Atomic LONG64 LockedPages; /* of its memory, since contexts are on; never less than there are */
    BOOLEAN GivenUp; /* the stop has waited for it in vain */
    _Atomic BOOLEAN Exiting; /* no thread is made in it any more */
    _Atomic LONG LiveThreads; /* the last one ends the process */
    PETHREAD MainThread;      /* alive until MainState says it has ended */
    _Atomic int MainState;    /* enum ps_main_state */
    PVOID SectionBaseAddress; /* where its image is */
    struct ps_disk_counters { /* PsUpdateDiskCounters */
        ULONG64 BytesRead, BytesWritten, Reads, Writes, Flushes;
    } Disk;
} EPROCESS;

enum ps_main_state { PS_MAIN_NONE, PS_MAIN_IDLE /* nobody plays it */, PS_MAIN_BUSY, PS_MAIN_ENDED };

static inline PETHREAD PspCurrentThread(void)
{
    return (PETHREAD)KiCurrentThread();
}
/* The process whose handles and memory are meant: the attached one, if any. */
static inline PEPROCESS PspCurrentProcess(void)
{
    PETHREAD thread = PspCurrentThread();
    return thread->AttachedProcess ? thread->AttachedProcess : thread->Process;
}

/*
 * The system reaches for another process's memory, from wherever the current thread is (a request is completed in an arbitrary
 * context). Nests, does nothing while contexts are off; any IRQL up to DISPATCH_LEVEL.
 */
struct ps_visit {
    struct _EPROCESS *attached;
    BOOLEAN visiting, begun;
};
struct ps_visit PspVisit(PEPROCESS);
void PspEndVisit(struct ps_visit);
static inline struct ps_visit ps_visit(PEPROCESS process)
{
    if (__builtin_expect(atomic_load_explicit(&ntio_machine.contexts, memory_order_relaxed), 0) && process)
        return PspVisit(process);
    return (struct ps_visit){NULL, FALSE, FALSE};
}
static inline void ps_end_visit(struct ps_visit visit)
{
    if (__builtin_expect(visit.begun, 0))
        PspEndVisit(visit);
}
/* The current thread goes on in that process (NULL: its own), whose handles and memory it now means; returns what was before. */
PEPROCESS PspAttach(PEPROCESS);

void ps_start(void);
void ps_stop(void);
/*
 * The machine is about to stop. ps_doom_client_threads asks the client's threads (not adopted ones, nor the caller) to
 * end as NtTerminateThread does, and lets none of them in any more; ps_await_client_threads waits until they have ended, those
 * in the client's own code too, which may just be in win32/; but not for ever.
 */
void ps_doom_client_threads(void);
void ps_await_client_threads(void);
PEPROCESS ps_system_process(void);
PEPROCESS ps_client_process(void); /* the default client */
/* Called by ps when a thread ends, before it is signalled: io cancels and waits for its requests. */
void ps_set_thread_rundown(void (*routine)(PETHREAD));
/* Win32's, in user mode, when a client's thread has come back from its routine. */
void ps_set_client_rundown(void (*routine)(void));

/*
 * The client goes: every handle of every process but System is closed, with the IRPs that this sends. io_stop begins with
 * it, while drivers can still answer. May be called again.
 */
void ps_close_client_handles(void);
/* Before that: the processes that are left end as NtTerminateProcess ends them. */
void ps_end_processes(void);
/*
 * SYSTEM_PROCESS_INFORMATION of all processes, as far as there is room; how many bytes there are. client: where they will stand when
 * they are read, for the pointers in them.
 */
ULONG PspListProcesses(PVOID buffer, ULONG room, PVOID client);
/* Reports and takes away the notify routines that lie in the image; returns how many there were. */
ULONG ps_report_left(const void *base, size_t size, const char *driver);
/* Tells who wants to know that an image has been mapped; process: its id, or NULL for a driver's. */
bool PspImagesAreTold(void);
void PspTellImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info);
/* Calls routine for every thread there is, with the list of threads locked: it must not block or call back into ps. */
void ps_for_each_thread(void (*routine)(PETHREAD, void *context), void *context);

/*
 * A thread of the current process that runs start(context) in user mode and ends with what it returns (as
 * CreateThread). stack_size 0: the default. PS_THREAD_SUSPENDED: it waits for NtResumeThread first. The handle has
 * THREAD_ALL_ACCESS; out parameters are the library's memory, cid may be NULL.
 */
#define PS_THREAD_SUSPENDED 1u
NTSTATUS PspCreateUserThread(ULONG (*start)(PVOID), PVOID context, SIZE_T stack_size, ULONG flags, PHANDLE handle,
                             PCLIENT_ID cid);
/*
 * A process of that image (C:\...), a child of the current one, whose main thread runs start(context) in user mode; when that returns
 * it has to end the process. The handles have all access that object callbacks leave them.
 */
NTSTATUS PspStartProgram(PCUNICODE_STRING image, PCUNICODE_STRING command, ULONG (*start)(PVOID), PVOID context, ULONG flags,
                         PHANDLE process, PHANDLE thread, PCLIENT_ID);
/* Ends the calling thread, whoever's it is. */
_Noreturn void PspExitThread(NTSTATUS exit_status);

/* Makes the calling thread act for the system: PreviousMode KernelMode, inside the kernel, attached to System. Nests. */
struct ps_system_scope {
    KPROCESSOR_MODE mode;
    BOOLEAN in_kernel;
    struct _EPROCESS *attached;
};
struct ps_system_scope ps_enter_system(void);
void ps_leave_system(struct ps_system_scope);
