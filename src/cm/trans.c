/*
 * Keys in transactions.
 *
 * What a transaction does to a key hangs off the key (cmp_pending) until the transaction ends: nobody else
 * sees it. A key's content is copied when it is changed first; a new key stands in a list of its own at its
 * parent; a deleted one is marked. Committing moves all this to where everybody looks, rolling back drops it.
 * One transaction at a time can change a key: another's attempt is STATUS_TRANSACTIONAL_CONFLICT, and whoever
 * changes the key without a transaction wins, the transaction is rolled back. (Windows SDK:
 * RegOpenKeyTransacted)
 *
 * The registry is one resource manager, which enlists in a transaction when its first key is opened.
 */
#include "cmp.h"

#include "../tm/tm.h"

#define FRESH CMP_FRESH

static void reference(struct cmp_trans *trans)
{
    trans->references++;
}

static void dereference(struct cmp_trans *trans)
{
    if (--trans->references)
        return;
    RemoveEntryList(&trans->link);
    ObpDereferenceObjectLater(trans->transaction);
    free(trans);
}

void cmp_reference_trans(struct cmp_trans *trans)
{
    reference(trans);
}

void cmp_release_trans(struct cmp_trans *trans)
{
    if (!trans)
        return;
    cmp_lock();
    dereference(trans);
    cmp_unlock();
}

/* --- what is pending --- */

static struct cmp_pending *pending_of(struct cmp_node *node, struct cmp_trans *trans)
{
    struct cmp_pending *pending = node->pending;
    return pending && pending->owner == trans ? pending : NULL;
}

/* The transaction's hold on the key, made if need be. */
static NTSTATUS hold(struct cmp_node *node, struct cmp_trans *trans, struct cmp_pending **result)
{
    struct cmp_pending *pending = node->pending;
    if (pending && pending->owner != trans)
        return STATUS_TRANSACTIONAL_CONFLICT;
    if (!pending) {
        pending = calloc(1, sizeof *pending);
        if (!pending)
            return STATUS_INSUFFICIENT_RESOURCES;
        pending->owner = trans;
        pending->node = node;
        cmp_reference(node);
        node->pending = pending;
        InsertTailList(&trans->pending, &pending->link);
    }
    *result = pending;
    return STATUS_SUCCESS;
}

static void drop_shadow(struct cmp_pending *pending)
{
    if (pending->shadow)
        cmp_dereference(pending->shadow);
    pending->shadow = NULL;
}

static void let_go(struct cmp_pending *pending)
{
    struct cmp_node *node = pending->node;
    drop_shadow(pending);
    RemoveEntryList(&pending->link);
    node->pending = NULL;
    free(pending);
    cmp_dereference(node);
}

static void undo(struct cmp_trans *trans)
{
    trans->closed = TRUE;
    while (!IsListEmpty(&trans->pending)) {
        struct cmp_pending *pending = CONTAINING_RECORD(trans->pending.Blink, struct cmp_pending, link);
        if (pending->fresh)
            cmp_remove_fresh(pending->node);
        let_go(pending);
    }
}

/* Deleted keys first, in the order in which they were deleted; new ones in the order in which they were made.
 */
static void commit(struct cmp_trans *trans)
{
    for (int pass = 0; pass < 2; pass++) {
        for (PLIST_ENTRY e = trans->pending.Flink; e != &trans->pending;) {
            struct cmp_pending *pending = CONTAINING_RECORD(e, struct cmp_pending, link);
            struct cmp_node *node = pending->node, *parent = node->parent;
            e = e->Flink;
            if (pending->going != (pass == 0))
                continue;
            if (pending->going) {
                node->pending = NULL; /* nothing is in the way */
                cmp_cleanup_watches(node);
                cmp_remove(node);
                cmp_report(parent, REG_NOTIFY_CHANGE_NAME);
            } else if (pending->fresh) {
                cmp_settle(node);
                cmp_report(parent, REG_NOTIFY_CHANGE_NAME);
            } else if (pending->shadow) {
                cmp_swap_content(node, pending->shadow);
                cmp_report(node, REG_NOTIFY_CHANGE_LAST_SET);
            }
            let_go(pending);
        }
    }
}

/* Its transaction is rolled back by cmp_unlock. */
static void break_off(struct cmp_trans *trans)
{
    undo(trans);
    trans->broken = TRUE;
    reference(trans);
    trans->next_broken = CM->broken;
    CM->broken = trans;
}

void cmp_abort(struct cmp_trans *broken)
{
    while (broken) {
        struct cmp_trans *next = broken->next_broken;
        TmpAbort(broken->transaction);
        cmp_release_trans(broken);
        broken = next;
    }
}

static NTSTATUS push_aside(struct cmp_node *node, bool force)
{
    struct cmp_trans *trans = node->pending ? node->pending->owner : NULL;
    if (!trans)
        return STATUS_SUCCESS;
    if (trans->closed && !force) /* its commit has begun: it comes first */
        return STATUS_TRANSACTIONAL_CONFLICT;
    break_off(trans);
    return STATUS_SUCCESS;
}

NTSTATUS cmp_make_way(struct cmp_node *node)
{
    return push_aside(node, false);
}

NTSTATUS cmp_make_way_for_child(struct cmp_node *parent, PCUNICODE_STRING name)
{
    NTSTATUS status = parent->pending && parent->pending->going ? cmp_make_way(parent) : STATUS_SUCCESS;
    struct cmp_node *fresh = NT_SUCCESS(status) ? cmp_find_fresh(parent, name) : NULL;
    return fresh ? cmp_make_way(fresh) : status;
}

NTSTATUS cmp_make_way_to_delete(struct cmp_node *node)
{
    NTSTATUS status = cmp_make_way(node);
    while (NT_SUCCESS(status) && node->count[FRESH])
        status = cmp_make_way(node->child[FRESH][0]);
    return status;
}

void cmp_clear_way(struct cmp_node *node)
{
    push_aside(node, true);
    while (node->count[FRESH])
        push_aside(node->child[FRESH][0], true);
}

/* --- what a transaction sees --- */

struct cmp_node *cmp_seen(struct cmp_node *node, struct cmp_trans *trans)
{
    struct cmp_pending *pending = trans ? pending_of(node, trans) : NULL;
    return pending && pending->shadow ? pending->shadow : node;
}

static bool is_going(struct cmp_node *node, struct cmp_trans *trans)
{
    struct cmp_pending *pending = pending_of(node, trans);
    return pending && pending->going;
}

struct cmp_node *cmp_child_seen(struct cmp_node *node, PCUNICODE_STRING name, struct cmp_trans *trans)
{
    struct cmp_node *child = trans ? cmp_find_fresh(node, name) : NULL;
    if (child && pending_of(child, trans))
        return child;
    child = cmp_find_child(node, name);
    return child && trans && is_going(child, trans) ? NULL : child;
}

/* The index-th child that the transaction sees, and how many there are when there are not so many. */
static struct cmp_node *nth(struct cmp_node *node, ULONG index, struct cmp_trans *trans, ULONG *count)
{
    *count = 0;
    for (int kind = 0; kind < FRESH; kind++) {
        for (ULONG old = 0, fresh = 0; old < node->count[kind] || fresh < node->count[FRESH];) {
            struct cmp_node *a = old < node->count[kind] ? node->child[kind][old] : NULL;
            struct cmp_node *b = fresh < node->count[FRESH] ? node->child[FRESH][fresh] : NULL;
            if (a && is_going(a, trans)) {
                old++;
            } else if (b && (b->is_volatile != kind || !pending_of(b, trans))) {
                fresh++;
            } else {
                bool first = !b || (a && RtlCompareUnicodeString(&a->name, &b->name, TRUE) < 0);
                if ((*count)++ == index)
                    return first ? a : b;
                if (first)
                    old++;
                else
                    fresh++;
            }
        }
    }
    return NULL;
}

struct cmp_node *cmp_child_seen_at(struct cmp_node *node, ULONG index, struct cmp_trans *trans)
{
    ULONG count;
    return trans ? nth(node, index, trans, &count) : cmp_child_at(node, index);
}

ULONG cmp_children_seen(struct cmp_node *node, struct cmp_trans *trans)
{
    ULONG count = node->count[0] + node->count[1];
    if (trans)
        nth(node, MAXULONG, trans, &count);
    return count;
}

NTSTATUS cmp_look_transacted(struct cmp_node *node, struct cmp_trans *trans)
{
    if (trans->closed)
        return STATUS_TRANSACTION_NOT_ACTIVE;
    return node->deleted || is_going(node, trans) ? STATUS_KEY_DELETED : STATUS_SUCCESS;
}

/* --- what a transaction does --- */

NTSTATUS cmp_claim_transacted(struct cmp_node *node, struct cmp_trans *trans, struct cmp_node **content)
{
    struct cmp_pending *pending;
    NTSTATUS status = cmp_look_transacted(node, trans);
    if (NT_SUCCESS(status))
        status = hold(node, trans, &pending);
    if (!NT_SUCCESS(status))
        return status;
    if (!pending->fresh && !pending->shadow && !(pending->shadow = cmp_copy_content(node)))
        return STATUS_INSUFFICIENT_RESOURCES;
    *content = pending->fresh ? node : pending->shadow;
    return STATUS_SUCCESS;
}

NTSTATUS cmp_add_transacted(struct cmp_node *parent, PCUNICODE_STRING name, BOOLEAN is_volatile,
                            struct cmp_trans *trans, struct cmp_node **result)
{
    struct cmp_pending *pending;
    if ((parent->pending && parent->pending->owner != trans && parent->pending->going) ||
        cmp_find_fresh(parent, name))
        return STATUS_TRANSACTIONAL_CONFLICT;
    struct cmp_node *node = cmp_add_fresh(parent, name, is_volatile);
    if (!node)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = hold(node, trans, &pending);
    if (!NT_SUCCESS(status)) {
        cmp_remove_fresh(node);
        return status;
    }
    pending->fresh = TRUE;
    *result = node;
    return STATUS_SUCCESS;
}

NTSTATUS cmp_delete_transacted(struct cmp_node *node, struct cmp_trans *trans)
{
    struct cmp_pending *pending;
    NTSTATUS status = cmp_look_transacted(node, trans);
    if (!NT_SUCCESS(status))
        return status;
    if (node->hive || !node->parent || cmp_children_seen(node, trans))
        return STATUS_CANNOT_DELETE;
    for (ULONG i = 0; i < node->count[FRESH]; i++)
        if (!pending_of(node->child[FRESH][i], trans))
            return STATUS_TRANSACTIONAL_CONFLICT;
    status = hold(node, trans, &pending);
    if (!NT_SUCCESS(status))
        return status;
    if (pending->fresh) {
        cmp_remove_fresh(node);
        let_go(pending);
        return STATUS_SUCCESS;
    }
    drop_shadow(pending);
    pending->going = TRUE;
    RemoveEntryList(&pending->link);
    InsertTailList(&trans->pending, &pending->link);
    return STATUS_SUCCESS;
}

/* --- the resource manager --- */

static NTSTATUS NTAPI told(PKENLISTMENT enlistment, PVOID context, PVOID key, ULONG what,
                           PLARGE_INTEGER clock, ULONG length, PVOID argument)
{
    (void)context, (void)length, (void)argument;
    struct cmp_trans *trans = key;
    bool broken = false;
    if (CM) { /* else the tree is gone already */
        cmp_lock();
        trans->closed = TRUE;
        broken = trans->broken;
        if (what == TRANSACTION_NOTIFY_COMMIT)
            commit(trans);
        else if (what == TRANSACTION_NOTIFY_ROLLBACK)
            undo(trans);
        if (what != TRANSACTION_NOTIFY_PREPARE)
            dereference(trans);
        cmp_unlock();
    }
    if (what == TRANSACTION_NOTIFY_COMMIT)
        return TmCommitComplete(enlistment, clock);
    if (what == TRANSACTION_NOTIFY_ROLLBACK)
        return TmRollbackComplete(enlistment, clock);
    return broken ? TmRollbackEnlistment(enlistment, clock) : TmPrepareComplete(enlistment, clock);
}

static struct cmp_trans *find(PKTRANSACTION transaction)
{
    for (PLIST_ENTRY e = CM->transactions.Flink; e != &CM->transactions; e = e->Flink) {
        struct cmp_trans *trans = CONTAINING_RECORD(e, struct cmp_trans, link);
        if (trans->transaction == transaction)
            return trans;
    }
    return NULL;
}

/* Enlists; two threads may be about it for one transaction: they serve one after the other. */
static NTSTATUS join(PKTRANSACTION transaction, struct cmp_trans **result)
{
    struct cmp_trans *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return STATUS_INSUFFICIENT_RESOURCES;
    fresh->transaction = transaction;
    fresh->references = 2; /* the enlistment's and the caller's */
    InitializeListHead(&fresh->pending);
    cmp_lock();
    struct cmp_trans *there = find(transaction);
    if (there) {
        reference(there);
    } else {
        ObpReferenceObject(transaction);
        InsertTailList(&CM->transactions, &fresh->link);
    }
    cmp_unlock();
    if (there) {
        free(fresh);
        *result = there;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = TmpEnlist(
        CM->manager, transaction,
        TRANSACTION_NOTIFY_PREPARE | TRANSACTION_NOTIFY_COMMIT | TRANSACTION_NOTIFY_ROLLBACK, fresh);
    if (NT_SUCCESS(status)) {
        *result = fresh;
        return STATUS_SUCCESS;
    }
    cmp_lock();
    undo(fresh);         /* another thread may have found it */
    fresh->references--; /* the enlistment's */
    dereference(fresh);
    cmp_unlock();
    return status;
}

NTSTATUS cmp_join_transaction(HANDLE handle, KPROCESSOR_MODE mode, struct cmp_trans **result)
{
    PKTRANSACTION transaction;
    NTSTATUS status = TmpTransactionByHandle(handle, TRANSACTION_ENLIST, mode, &transaction);
    if (!NT_SUCCESS(status))
        return status;
    status = join(transaction, result);
    ObpDereferenceObject(transaction);
    return status;
}

NTSTATUS cmp_start_transactions(void)
{
    InitializeListHead(&CM->transactions);
    return TmpCreateInternalManager(told, NULL, &CM->manager);
}

/* Nodes go with the tree, what is pending with its node. */
void cmp_free_transactions(void)
{
    if (!(gate_watched() & WATCH_CRASHED))
        ObpDereferenceObject(CM->manager);
    while (!IsListEmpty(&CM->transactions))
        free(CONTAINING_RECORD(RemoveHeadList(&CM->transactions), struct cmp_trans, link));
}

/*
 * The transaction object, not referenced, that the key object was opened in; NULL: in none. (WDK:
 * CmGetBoundTransaction)
 */
PVOID NTAPI CmGetBoundTransaction(PLARGE_INTEGER Cookie, PVOID Object)
{
    GATE(CmGetBoundTransaction, Cookie, Object);
    struct cmp_key *key = Object;
    if (!Object || ObGetObjectType(Object) != CmpKeyObjectType || !key->trans)
        return NULL;
    return key->trans->transaction;
}
