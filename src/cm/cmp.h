/*
 * Private to the registry: keys and values in memory, the Key object, callbacks, notifications and the state they hang off.
 *
 * One lock, cmp_state.lock, guards the whole tree, the watches and the list of callbacks. It is a leaf, spins, and is held for
 * no copy to or from the client's memory, no callback and nothing that waits. Setting an event under it is allowed (the
 * dispatcher lock lies below).
 */
#pragma once

#include "../ke/service.h"
#include "../mm/mm.h"
#include "../ob/ob.h"
#include "../ps/ps.h"
#include "../rtl/rtl.h"
#include "cm.h"

#include <ntio_tm.h>

#include <stdlib.h>
#include <string.h>

#define CMP_TAG 'tpmC'

#define CMP_MAX_KEY_NAME   512u   /* bytes of one component */
#define CMP_MAX_VALUE_NAME 32766u /* bytes */
#define CMP_MAX_DEPTH      512u

#define CMP_FRESH 2 /* the list of new children that are not committed */

#define CMP_LINK_VALUE L"SymbolicLinkValue"

struct cmp_value {
    UNICODE_STRING name;
    ULONG type, size;
    PVOID data; /* NULL when size is 0 */
};

/* A key. Lives while it is in the tree, while a child hangs below it, or while a Key object or a watch means it. */
struct cmp_node {
    LIST_ENTRY all;
    ULONG references; /* one of the tree, one of each child, key object and walker */
    struct cmp_node *parent;
    UNICODE_STRING name, class;
    LARGE_INTEGER written;
    ULONG count[3], room[3];    /* of the children: stable ones, volatile ones, transactions' new ones */
    struct cmp_node **child[3]; /* each sorted by name */
    ULONG values, values_room;
    struct cmp_value *value; /* in the order in which they were set first */
    BOOLEAN is_volatile, is_link, deleted;
    BOOLEAN fixed; /* cannot be deleted, and only the system creates keys in it */
    BOOLEAN hive;  /* the root of a hive: cannot be deleted */
    struct cmp_security *security; /* NULL: the parent's */
    struct cmp_pending *pending; /* what a transaction has done to it; NULL: nothing */
};

/* What a transaction has done to a key and not committed; everybody else sees the key as it was. */
struct cmp_pending {
    LIST_ENTRY link;         /* in its transaction's list, in the order in which it is to be done */
    struct cmp_node *node;   /* referenced */
    struct cmp_trans *owner; /* nobody else's transaction can change the key */
    BOOLEAN fresh;           /* the key is new, and in its parent's list of these */
    BOOLEAN going;           /* the key is deleted */
    struct cmp_node *shadow; /* its values, class and time as they will be; NULL: as they are */
};

/* A transaction that keys were opened in. */
struct cmp_trans {
    LIST_ENTRY link; /* in cmp_state.transactions, until it is freed */
    ULONG references; /* one of its enlistment, one of each key object */
    PKTRANSACTION transaction; /* referenced */
    LIST_ENTRY pending;
    BOOLEAN closed; /* nothing can be done in it any more */
    BOOLEAN broken; /* undone, because somebody changed one of its keys outside of it */
    struct cmp_trans *next_broken;
};

struct cmp_watch;
struct cmp_post;

/* The body of a Key object: one for each open. */
struct cmp_key {
    struct cmp_node *node;
    struct cmp_trans *trans;  /* the transaction it was opened in, referenced; NULL: none */
    struct cmp_watch *watch;  /* made by the first NtNotifyChangeKey */
    LIST_ENTRY contexts;      /* callbacks' contexts of this object, under the lock */
    PUNICODE_STRING own_name; /* what CmCallbackGetKeyObjectID gave out */
};

/* Handed to the parse method by the services; without one a key is only opened. */
struct cmp_parse {
    BOOLEAN create;
    ULONG options;
    ULONG title;
    UNICODE_STRING class;
    ULONG disposition; /* out */
    struct cmp_trans *trans; /* referenced */
    ACCESS_STATE *access;    /* who opens */
    KPROCESSOR_MODE mode;    /* KernelMode: access is not checked */
    struct cmp_node *allowed;      /* where a key may be made, referenced, and what guards it then */
    struct cmp_security *security;
    BOOLEAN named;           /* the caller has named the transaction; else it is the root key's */
};

struct cmp_callback {
    LIST_ENTRY link;
    PEX_CALLBACK_FUNCTION function;
    PVOID context;
    LARGE_INTEGER cookie;
    UNICODE_STRING altitude;
    LIST_ENTRY contexts;
    ULONG running; /* under the lock */
    BOOLEAN leaving;
    KEVENT idle;
};

struct cmp_state {
    _Atomic uint32_t lock;
    LIST_ENTRY nodes;
    struct cmp_node *root;
    LIST_ENTRY watches;
    struct cmp_post *told; /* to be told by cmp_unlock */
    struct cmp_trans *broken; /* to be rolled back by cmp_unlock */
    LIST_ENTRY transactions;
    PKRESOURCEMANAGER manager;
    LIST_ENTRY callbacks; /* highest altitude first */
    LIST_ENTRY left_callbacks; /* unregistered while they ran */
    _Atomic ULONG callback_count;
    LONGLONG next_cookie;
};
#define CM (ntio_machine.cm)

extern POBJECT_TYPE CmpKeyObjectType;

static inline void cmp_lock(void)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&CM->lock, 1, memory_order_acquire);) {
        if (gate_watched() & WATCH_CRASHED)
            KiStopCrashedThread(); /* the owner may have been stopped for good */
        host_spin(turn++);
    }
}
void cmp_tell(struct cmp_post *);
void cmp_abort(struct cmp_trans *); /* trans.c */
static inline void cmp_unlock(void)
{
    struct cmp_post *told = CM->told;
    struct cmp_trans *broken = CM->broken;
    CM->told = NULL;
    CM->broken = NULL;
    atomic_store_explicit(&CM->lock, 0, memory_order_release);
    if (told)
        cmp_tell(told);
    if (broken)
        cmp_abort(broken);
}

/* --- node.c: everything under the lock, but for what says otherwise --- */

NTSTATUS cmp_start_tree(void); /* needs no lock */
void cmp_free_tree(void);      /* likewise */
void cmp_reference(struct cmp_node *);
void cmp_dereference(struct cmp_node *);
struct cmp_node *cmp_find_child(struct cmp_node *, PCUNICODE_STRING name);
/* A new child that is not there yet; NULL: no memory. The tree has its reference. */
struct cmp_node *cmp_add_child(struct cmp_node *, PCUNICODE_STRING name, BOOLEAN is_volatile);
void cmp_remove(struct cmp_node *); /* out of the tree; it has no children, but for transactions', which are rolled back */
/* A transaction's new child; it becomes a proper one when it is settled. */
struct cmp_node *cmp_add_fresh(struct cmp_node *, PCUNICODE_STRING name, BOOLEAN is_volatile);
struct cmp_node *cmp_find_fresh(struct cmp_node *, PCUNICODE_STRING name);
void cmp_remove_fresh(struct cmp_node *);
void cmp_settle(struct cmp_node *);
/* A node outside the tree with the same values, class and time; NULL: no memory. */
struct cmp_node *cmp_copy_content(struct cmp_node *);
void cmp_swap_content(struct cmp_node *, struct cmp_node *);
NTSTATUS cmp_rename(struct cmp_node *, PCUNICODE_STRING name);
struct cmp_node *cmp_child_at(struct cmp_node *, ULONG index);
struct cmp_value *cmp_find_value(struct cmp_node *, PCUNICODE_STRING name);
NTSTATUS cmp_set_value(struct cmp_node *, PCUNICODE_STRING name, ULONG type, const void *data, ULONG size);
void cmp_delete_value(struct cmp_node *, struct cmp_value *);
void cmp_touch(struct cmp_node *);
ULONG cmp_path_length(struct cmp_node *); /* bytes */
void cmp_write_path(struct cmp_node *, PWSTR to);
/* Splits the first component off, past any number of backslashes; false: nothing is left. Needs no lock. */
bool cmp_next_component(PUNICODE_STRING remaining, PUNICODE_STRING component);
bool cmp_link_target(struct cmp_node *, PUNICODE_STRING target); /* points into the value */
NTSTATUS cmp_copy_string(PUNICODE_STRING to, PCUNICODE_STRING from); /* malloc; needs no lock */

/* --- cm.c --- */

/* The key of a full path; what is missing is made if wanted. Under the lock. */
NTSTATUS cmp_find_path(PCUNICODE_STRING path, BOOLEAN create, struct cmp_node **);

/* --- key.c --- */

NTSTATUS cmp_start_keys(void);
/* The key behind a handle of the caller, referenced. */
NTSTATUS cmp_key_of(HANDLE, ACCESS_MASK, KPROCESSOR_MODE, struct cmp_key **);
/* The full path, in system pool, terminated; STATUS_KEY_DELETED. Takes the lock. */
NTSTATUS cmp_name_of(struct cmp_node *, PUNICODE_STRING path);
/* Copies of a caller's name (system pool) and data (malloc); NULL buffers for nothing. */
NTSTATUS cmp_capture_name(PUNICODE_STRING, KPROCESSOR_MODE, BOOLEAN value_name, PUNICODE_STRING own);
void cmp_free_name(PUNICODE_STRING);
NTSTATUS cmp_capture(const void *from, ULONG size, KPROCESSOR_MODE, PVOID *own);

/* What a query wrote, laid out as the caller will have it: `made` bytes of `needed`, of which `fixed` must fit. */
struct cmp_answer {
    PUCHAR bytes;
    ULONG fixed, needed;
};
NTSTATUS cmp_probe_answer(PVOID buffer, ULONG length, PULONG result, KPROCESSOR_MODE);
/* Gives it to the caller and frees it. STATUS_BUFFER_TOO_SMALL, STATUS_BUFFER_OVERFLOW. */
NTSTATUS cmp_give(struct cmp_answer *, PVOID buffer, ULONG length, PULONG result, KPROCESSOR_MODE);
/* Under the lock. */
NTSTATUS cmp_describe_key(struct cmp_node *, struct cmp_trans *, KEY_INFORMATION_CLASS, struct cmp_answer *);
NTSTATUS cmp_describe_value(struct cmp_value *, KEY_VALUE_INFORMATION_CLASS, struct cmp_answer *);

void cmp_report(struct cmp_node *, ULONG filter); /* notify.c */

/* --- trans.c: under the lock, but for what says otherwise --- */

NTSTATUS cmp_start_transactions(void);
void cmp_free_transactions(void);
/* The registry's part in a transaction, referenced; takes the lock. STATUS_TRANSACTION_NOT_ACTIVE. */
NTSTATUS cmp_join_transaction(HANDLE, KPROCESSOR_MODE, struct cmp_trans **);
void cmp_reference_trans(struct cmp_trans *);
void cmp_release_trans(struct cmp_trans *); /* NULL: nothing; takes the lock */

/* What is seen in a transaction, or without one (NULL): the node with a key's values, class and time; its children. */
struct cmp_node *cmp_seen(struct cmp_node *, struct cmp_trans *);
struct cmp_node *cmp_child_seen(struct cmp_node *, PCUNICODE_STRING name, struct cmp_trans *);
struct cmp_node *cmp_child_seen_at(struct cmp_node *, ULONG index, struct cmp_trans *);
ULONG cmp_children_seen(struct cmp_node *, struct cmp_trans *);

NTSTATUS cmp_look_transacted(struct cmp_node *, struct cmp_trans *);
NTSTATUS cmp_claim_transacted(struct cmp_node *, struct cmp_trans *, struct cmp_node **content);
NTSTATUS cmp_add_transacted(struct cmp_node *parent, PCUNICODE_STRING name, BOOLEAN is_volatile, struct cmp_trans *,
                            struct cmp_node **);
NTSTATUS cmp_delete_transacted(struct cmp_node *, struct cmp_trans *);
/*
 * Before a change outside of transactions: those that have changed the same are rolled back. STATUS_TRANSACTIONAL_CONFLICT: one is
 * being committed. cmp_clear_way rolls back that one, too.
 */
NTSTATUS cmp_make_way(struct cmp_node *);
NTSTATUS cmp_make_way_for_child(struct cmp_node *, PCUNICODE_STRING name);
NTSTATUS cmp_make_way_to_delete(struct cmp_node *);
void cmp_clear_way(struct cmp_node *);

/* May anything be done with the key object? STATUS_KEY_DELETED, STATUS_TRANSACTION_NOT_ACTIVE. */
static inline NTSTATUS cmp_look(struct cmp_key *key)
{
    if (key->trans)
        return cmp_look_transacted(key->node, key->trans);
    return key->node->deleted ? STATUS_KEY_DELETED : STATUS_SUCCESS;
}
/* The node whose values, class and time may be changed through the key object. */
static inline NTSTATUS cmp_claim(struct cmp_key *key, struct cmp_node **content)
{
    if (key->trans)
        return cmp_claim_transacted(key->node, key->trans, content);
    *content = key->node;
    return key->node->deleted   ? STATUS_KEY_DELETED
           : key->node->pending ? cmp_make_way(key->node)
                                : STATUS_SUCCESS;
}
/* A change of the key itself is to be told; one in a transaction when it is committed. */
static inline void cmp_changed(struct cmp_key *key, ULONG filter)
{
    if (!key->trans)
        cmp_report(key->node, filter);
}

/* --- security.c: takes the lock itself --- */

extern const GENERIC_MAPPING cmp_mapping;
NTSTATUS cmp_guard_tree(void);
struct cmp_security *cmp_reference_security(struct cmp_security *);
void cmp_release_security(struct cmp_security *);
/* Moves what is granted in the access state. */
NTSTATUS cmp_check_open(struct cmp_node *, struct cmp_trans *, PACCESS_STATE);
/* May a key be made there? What guards the new one. */
NTSTATUS cmp_check_create(struct cmp_node *parent, struct cmp_trans *, BOOLEAN link, PACCESS_STATE, KPROCESSOR_MODE,
                          struct cmp_security **);
void cmp_grant_creator(PACCESS_STATE);
NTSTATUS cmp_security_procedure(PVOID object, SECURITY_OPERATION_CODE, PSECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
                                PULONG length, KPROCESSOR_MODE);

/* --- notify.c --- */

void cmp_report(struct cmp_node *, ULONG filter); /* under the lock: something happened to the key */
void cmp_drop_watch(struct cmp_key *);            /* completes what waits with STATUS_NOTIFY_CLEANUP; takes the lock */
void cmp_cleanup_watches(struct cmp_node *);      /* the key is deleted; under the lock */
void cmp_free_watches(void);                      /* the machine has crashed */

/* --- callback.c --- */

#define CMP_MAX_CALLBACKS 32

/* One operation that callbacks are told of: which were asked before it, and what they left for afterwards. */
struct cmp_call {
    ULONG count;  /* in the list */
    ULONG called; /* of them, before the operation, with success */
    struct cmp_callback *callback[CMP_MAX_CALLBACKS];
    PVOID context[CMP_MAX_CALLBACKS];
    PVOID before; /* the REG_*_INFORMATION */
    BOOLEAN taken; /* a callback has done the operation, or refused it, with this status */
    NTSTATUS status;
};
/*
 * True: nobody objects, do it. False: it has been done, or refused. The structure's two contexts are set
 * for each callback. cmp_after must follow either way; what it returns is the operation's status.
 */
bool cmp_before(struct cmp_call *, REG_NOTIFY_CLASS, PVOID information, PVOID *call_context, PVOID *object_context,
                struct cmp_key *);
NTSTATUS cmp_after(struct cmp_call *, REG_NOTIFY_CLASS, struct cmp_key *, PVOID object, NTSTATUS status);
#define CMP_BEFORE(call, class, info, key)                                                                   \
    cmp_before(call, class, info, &(info)->CallContext, &(info)->ObjectContext, key)

NTSTATUS cmp_call_guarded(struct cmp_callback *, REG_NOTIFY_CLASS, PVOID information); /* guard.c */
void cmp_tell_close(struct cmp_key *);      /* the last handle goes */
void cmp_forget_contexts(struct cmp_key *); /* the object goes */
void cmp_free_callbacks(void);
