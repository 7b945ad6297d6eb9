/*
 * Processes and threads as the components above see them. One "System" process (PID 4) and, from the
 * start, one client process; more can be made from the test side later.
 */
#pragma once

#include "../ke/ke.h"
#include "../ob/ob.h"

struct iop_thread_cache;

typedef struct _ETHREAD {
    KTHREAD Tcb; /* must be first: PKTHREAD and PETHREAD are the same pointer */
    CLIENT_ID Cid;
    struct _EPROCESS *Process;         /* the process it belongs to */
    struct _EPROCESS *AttachedProcess; /* KeStackAttachProcess; NULL: none */
    ULONG LastError;                   /* Win32's */
    LONG ExitStatus;
    LIST_ENTRY IrpList; /* outstanding requests of the thread, under IrpListLock */
    _Atomic ULONG IrpListLock;
    PIRP TopLevelIrp;
    struct iop_thread_cache *IrpCache; /* freed by the I/O manager when the thread ends */
    LIST_ENTRY ProcessListEntry;       /* threads of the process */
    PVOID Win32;                       /* per-thread state of win32/ */
    BOOLEAN Adopted;                   /* a foreign host thread */
} ETHREAD;

typedef struct _EPROCESS {
    DISPATCHER_HEADER Header; /* signalled when the process has ended */
    HANDLE UniqueProcessId;
    struct ob_handle_table *Handles;
    LIST_ENTRY ThreadList;
    LIST_ENTRY ProcessLinks;
    EX_PUSH_LOCK Lock;
    PVOID Token; /* se */
    LONG ExitStatus;
    UNICODE_STRING ImageFileName; /* full NT path */
    CHAR ImageName[16];
} EPROCESS;

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

void ps_start(void);
void ps_stop(void);
PEPROCESS ps_system_process(void);
PEPROCESS ps_client_process(void); /* the default client */
/* Called by ps when a thread ends, before it is signalled: io cancels and waits for its requests. */
void ps_set_thread_rundown(void (*routine)(PETHREAD));

/* Makes the calling thread act for the system: PreviousMode KernelMode, attached to System. Nests. */
struct ps_system_scope { KPROCESSOR_MODE mode; struct _EPROCESS *attached; };
struct ps_system_scope ps_enter_system(void);
void ps_leave_system(struct ps_system_scope);
