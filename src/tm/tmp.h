/*
 * Private to the transaction manager: its four kinds of objects and the state they hang off.
 *
 * One lock, tmp_state.lock, guards all of them. It is a leaf, spins, and is held over no notification and nothing that waits;
 * setting an event under it is allowed.
 *
 * ORDER TM: who may keep whom. An enlistment keeps its transaction and its resource manager, a resource manager its transaction
 * manager, and a transaction the enlistments in its list until it has ended, and itself while it is being driven.
 */
#pragma once

#include "../ke/service.h"
#include "../mm/mm.h"
#include "../ob/ob.h"
#include "tm.h"

#include <stdlib.h>
#include <string.h>

#define TMP_TAG 'pmTK'

enum tmp_phase {
    TMP_ACTIVE,
    TMP_PREPREPARING,
    TMP_PREPREPARED, /* a superior is to go on */
    TMP_PREPARING,
    TMP_PREPARED, /* likewise */
    TMP_SINGLE_PHASE,
    TMP_REQUESTING, /* a superior has been asked to commit */
    TMP_COMMITTING,
    TMP_COMMITTED,
    TMP_ABORTING,
    TMP_ABORTED,
};

/* What is common to all: found by a GUID. */
struct tmp_identity {
    LIST_ENTRY link; /* in tmp_state.objects[kind] */
    GUID id;
};
enum tmp_kind { TMP_MANAGER, TMP_RESOURCE_MANAGER, TMP_ENLISTMENT, TMP_TRANSACTION, TMP_KINDS };

struct _KTM {
    struct tmp_identity identity;
    LONGLONG clock; /* virtual: one more with each notification */
};

struct _KRESOURCEMANAGER {
    KEVENT available; /* first: a handle can be waited on. Set while there are notifications in the queue */
    struct tmp_identity identity;
    PKTM manager;
    PTM_RM_NOTIFICATION callback;
    PVOID context;
    LIST_ENTRY queue; /* struct tmp_notification */
    LIST_ENTRY enlistments;
    BOOLEAN offline; /* its last handle is gone */
    UNICODE_STRING description;
};

/* In the queue of a resource manager that has no callback. */
struct tmp_notification {
    LIST_ENTRY link;
    PVOID key;
    ULONG what;
    LONGLONG clock;
    ULONG argument_length;
    TRANSACTION_NOTIFICATION_RECOVERY_ARGUMENT argument;
};

struct _KENLISTMENT {
    struct tmp_identity identity;
    LIST_ENTRY of_transaction, of_manager;
    PKTRANSACTION transaction;
    PKRESOURCEMANAGER manager;
    NOTIFICATION_MASK mask;
    PVOID key;
    ULONG key_references;
    BOOLEAN superior, read_only;
    BOOLEAN asked;      /* a phase's notification is unanswered */
    BOOLEAN prepared;   /* it cannot roll back any more */
    BOOLEAN abandoned;  /* nobody has a handle any more */
    ULONG pending;      /* notifications that are yet to be delivered; then it is in the list of deliveries */
    LIST_ENTRY delivery;
    PVOID recovery;   /* system pool */
    ULONG recovery_length;
};

struct _KTRANSACTION {
    KEVENT ended; /* first: a handle can be waited on */
    struct tmp_identity identity;
    enum tmp_phase phase;
    LIST_ENTRY enlistments;
    PKENLISTMENT superior; /* one of them, or NULL */
    ULONG unanswered;      /* enlistments asked in this phase */
    LIST_ENTRY deliveries; /* enlistments with something pending */
    BOOLEAN driven;        /* a thread is in tmp_drive */
    PKTM manager;          /* of the creator's choice, referenced, or NULL */
    ULONG isolation_level, isolation_flags;
    LARGE_INTEGER timeout;
    KTIMER timer;
    KDPC dpc;
    WORK_QUEUE_ITEM expiry;
    BOOLEAN timer_set;
    UNICODE_STRING description;
};

struct tmp_state {
    _Atomic uint32_t lock;
    LIST_ENTRY objects[TMP_KINDS];
};
#define TM (ntio_machine.tm)

extern POBJECT_TYPE TmpTypes[TMP_KINDS];

static inline void tmp_lock(void)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&TM->lock, 1, memory_order_acquire);) {
        if (gate_watched() & WATCH_CRASHED)
            KiStopCrashedThread(); /* the owner may have been stopped for good */
        host_spin(turn++);
    }
}
static inline void tmp_unlock(void)
{
    atomic_store_explicit(&TM->lock, 0, memory_order_release);
}

/* --- tm.c --- */

/* Enters it among its kind; a nil GUID is replaced by a new one. False: there is such an identity already. */
bool tmp_identify(struct tmp_identity *, enum tmp_kind, const GUID *);
void tmp_forget(struct tmp_identity *);
/* The object with that identity that `accept` (if given) agrees to, referenced; NULL: there is none. */
PVOID tmp_find(enum tmp_kind, const GUID *, bool (*accept)(PVOID object, PVOID context), PVOID context);
/* What NtOpen* does: a handle to an object found by its GUID. `missing` when there is none. */
struct tmp_search {
    enum tmp_kind kind;
    const GUID *id; /* the caller's */
    bool (*accept)(PVOID object, PVOID context);
    PVOID context;
    NTSTATUS missing;
};
NTSTATUS tmp_open(PHANDLE out, ACCESS_MASK, POBJECT_ATTRIBUTES, const struct tmp_search *, KPROCESSOR_MODE);
NTSTATUS tmp_capture_guid(const GUID *, KPROCESSOR_MODE, GUID *own);
/* A description: at most `characters`, else STATUS_INVALID_PARAMETER. In system pool. */
NTSTATUS tmp_capture_text(PUNICODE_STRING, ULONG characters, KPROCESSOR_MODE, PUNICODE_STRING own);
void tmp_free_text(PUNICODE_STRING);
/* What a query says: `whole` bytes, of which `fixed` must fit; what does not fit of the rest is STATUS_BUFFER_OVERFLOW. */
struct tmp_answer {
    const void *bytes;
    ULONG fixed, whole;
    NTSTATUS too_short;
};
NTSTATUS tmp_give(const struct tmp_answer *, PVOID to, ULONG length, PULONG result, KPROCESSOR_MODE);
NTSTATUS tmp_object(HANDLE, ACCESS_MASK, enum tmp_kind, PVOID *object);

/* --- drive.c: under the lock, but for what says otherwise --- */

/* Takes no lock: delivers what is pending and goes on from phase to phase, until an answer is missing. */
void tmp_drive(PKTRANSACTION);
void tmp_begin(PKTRANSACTION, enum tmp_phase);
/* The next phase that the enlistment's answer leads to may begin; so may it when it leaves. */
void tmp_answered(PKENLISTMENT);
void tmp_notify(PKENLISTMENT, ULONG what);
NTSTATUS tmp_start_commit(PKTRANSACTION);
NTSTATUS tmp_start_rollback(PKTRANSACTION); /* for a client */
bool tmp_may_roll_back(PKENLISTMENT);
/* The enlistment's last handle is gone: what it has not answered it never will. Takes the lock. */
void tmp_abandon(PKENLISTMENT);
static inline bool tmp_has_ended(PKTRANSACTION transaction)
{
    return transaction->phase == TMP_COMMITTED || transaction->phase == TMP_ABORTED;
}

/* --- resource.c --- */

/*
 * To the manager's callback, or into its queue. Without an enlistment it is of none. Takes the lock. The callback's status; it
 * may have answered.
 */
NTSTATUS tmp_deliver(PKRESOURCEMANAGER, PKENLISTMENT, ULONG what,
                     const TRANSACTION_NOTIFICATION_RECOVERY_ARGUMENT *);
NTSTATUS tmp_advance_clock(PKTM, PLARGE_INTEGER clock, KPROCESSOR_MODE); /* a caller's clock. Takes the lock */

/* --- the types' procedures --- */

typedef VOID tmp_close_procedure(PEPROCESS, PVOID, ACCESS_MASK, ULONG, ULONG);
tmp_close_procedure tmp_close_resource_manager, tmp_close_enlistment, tmp_close_transaction;
VOID tmp_delete_manager(PVOID);
VOID tmp_delete_resource_manager(PVOID);
VOID tmp_delete_enlistment(PVOID);
VOID tmp_delete_transaction(PVOID);
void tmp_stop_timers(void); /* the machine stops */
