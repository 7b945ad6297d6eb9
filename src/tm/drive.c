/*
 * How a transaction goes from phase to phase: who is asked, what the answers lead to, and the one thread that
 * delivers.
 *
 * Pre-prepare, prepare and commit, or rollback; each ends when every enlistment that was asked has answered.
 * Who did not ask for a phase's notification is not asked. (WDK: Handling Commit Operations, Handling
 * Rollback Operations)
 */
#include "tmp.h"

static bool participates(PKENLISTMENT enlistment)
{
    return !enlistment->read_only && !enlistment->superior;
}

void tmp_notify(PKENLISTMENT enlistment, ULONG what)
{
    if (!(enlistment->mask & what))
        return;
    if (!enlistment->pending)
        InsertTailList(&enlistment->transaction->deliveries, &enlistment->delivery);
    enlistment->pending |= what;
}

static void withdraw(PKENLISTMENT enlistment)
{
    if (enlistment->pending)
        RemoveEntryList(&enlistment->delivery);
    enlistment->pending = 0;
}

void tmp_answered(PKENLISTMENT enlistment)
{
    withdraw(enlistment);
    if (!enlistment->asked)
        return;
    enlistment->asked = FALSE;
    enlistment->transaction->unanswered--;
}

static void ask(PKENLISTMENT enlistment, ULONG what)
{
    if (!(enlistment->mask & what) || enlistment->abandoned)
        return;
    enlistment->asked = TRUE;
    enlistment->transaction->unanswered++;
    tmp_notify(enlistment, what);
}

static PKENLISTMENT at(PLIST_ENTRY entry)
{
    return CONTAINING_RECORD(entry, KENLISTMENT, of_transaction);
}

void tmp_begin(PKTRANSACTION transaction, enum tmp_phase phase)
{
    ULONG what = phase == TMP_PREPREPARING ? TRANSACTION_NOTIFY_PREPREPARE
                 : phase == TMP_PREPARING  ? TRANSACTION_NOTIFY_PREPARE
                 : phase == TMP_COMMITTING ? TRANSACTION_NOTIFY_COMMIT
                                           : TRANSACTION_NOTIFY_ROLLBACK;
    transaction->phase = phase;
    for (PLIST_ENTRY e = transaction->enlistments.Flink; e != &transaction->enlistments; e = e->Flink) {
        PKENLISTMENT enlistment = at(e);
        if (phase == TMP_ABORTING)
            tmp_answered(enlistment); /* what it was asked before does not matter any more */
        if (participates(enlistment) || (phase == TMP_ABORTING && enlistment->superior))
            ask(enlistment, what);
    }
}

static void end(PKTRANSACTION transaction, enum tmp_phase phase, ULONG what)
{
    transaction->phase = phase;
    if (transaction->superior)
        tmp_notify(transaction->superior, what);
    if (transaction->timer_set && KeCancelTimer(&transaction->timer))
        ObpDereferenceObjectLater(transaction); /* the timer's */
    transaction->timer_set = FALSE;
    KeSetEvent(&transaction->ended, IO_NO_INCREMENT, FALSE);
}

/* All have answered. False: it is somebody else's turn. */
static bool go_on(PKTRANSACTION transaction)
{
    PKENLISTMENT superior = transaction->superior;
    switch (transaction->phase) {
    case TMP_PREPREPARING:
        if (!superior) {
            tmp_begin(transaction, TMP_PREPARING);
        } else {
            transaction->phase = TMP_PREPREPARED;
            tmp_notify(superior, TRANSACTION_NOTIFY_PREPREPARE_COMPLETE);
        }
        return true;
    case TMP_PREPARING:
        if (!superior) {
            tmp_begin(transaction, TMP_COMMITTING);
        } else {
            transaction->phase = TMP_PREPARED;
            tmp_notify(superior, TRANSACTION_NOTIFY_PREPARE_COMPLETE);
        }
        return true;
    case TMP_COMMITTING:
    case TMP_SINGLE_PHASE:
        end(transaction, TMP_COMMITTED, TRANSACTION_NOTIFY_COMMIT_COMPLETE);
        return true;
    case TMP_ABORTING:
        end(transaction, TMP_ABORTED, TRANSACTION_NOTIFY_ROLLBACK_COMPLETE);
        return true;
    default:
        return false;
    }
}

/* Under the lock, which it gives up meanwhile. */
static void deliver_first(PKTRANSACTION transaction)
{
    PKENLISTMENT enlistment = CONTAINING_RECORD(transaction->deliveries.Flink, KENLISTMENT, delivery);
    ULONG what = enlistment->pending & (0u - enlistment->pending);
    enlistment->pending &= ~what;
    if (!enlistment->pending)
        RemoveEntryList(&enlistment->delivery);
    ObpReferenceObject(enlistment);
    tmp_unlock();
    NTSTATUS status = tmp_deliver(enlistment->manager, enlistment, what, NULL);
    tmp_lock();
    if (!NT_SUCCESS(status) && enlistment->asked && tmp_may_roll_back(enlistment) &&
        what & (TRANSACTION_NOTIFY_PREPREPARE | TRANSACTION_NOTIFY_PREPARE |
                TRANSACTION_NOTIFY_SINGLE_PHASE_COMMIT))
        tmp_begin(transaction, TMP_ABORTING);
    tmp_unlock();
    ObpDereferenceObject(enlistment);
    tmp_lock();
}

void tmp_drive(PKTRANSACTION transaction)
{
    ObpReferenceObject(transaction);
    tmp_lock();
    bool mine = !transaction->driven;
    transaction->driven = TRUE;
    for (bool more = mine; more;) {
        if (!IsListEmpty(&transaction->deliveries))
            deliver_first(transaction);
        else
            more = !transaction->unanswered && go_on(transaction);
    }
    if (mine)
        transaction->driven = FALSE;
    if (mine && tmp_has_ended(transaction))
        transaction->superior = NULL;
    while (mine && tmp_has_ended(transaction) && !IsListEmpty(&transaction->enlistments)) {
        PKENLISTMENT enlistment = at(RemoveHeadList(&transaction->enlistments));
        InitializeListHead(&enlistment->of_transaction);
        tmp_unlock();
        ObpDereferenceObject(enlistment);
        tmp_lock();
    }
    tmp_unlock();
    ObpDereferenceObject(transaction);
}

/* --- what begins it --- */

static PKENLISTMENT only_participant(PKTRANSACTION transaction)
{
    PKENLISTMENT only = NULL;
    for (PLIST_ENTRY e = transaction->enlistments.Flink; e != &transaction->enlistments; e = e->Flink) {
        if (!participates(at(e)))
            continue;
        if (only)
            return NULL;
        only = at(e);
    }
    return only;
}

NTSTATUS tmp_start_commit(PKTRANSACTION transaction)
{
    PKENLISTMENT superior = transaction->superior, only;
    switch (transaction->phase) {
    case TMP_ABORTING:
    case TMP_ABORTED:
        return STATUS_TRANSACTION_ALREADY_ABORTED;
    case TMP_COMMITTED:
        return STATUS_TRANSACTION_ALREADY_COMMITTED;
    case TMP_ACTIVE:
        break;
    default:
        return STATUS_TRANSACTION_REQUEST_NOT_VALID;
    }
    if (superior && !(superior->mask & TRANSACTION_NOTIFY_COMMIT_REQUEST))
        return STATUS_TRANSACTION_SUPERIOR_EXISTS;
    only = superior ? NULL : only_participant(transaction);
    if (superior) {
        transaction->phase = TMP_REQUESTING;
        tmp_notify(superior, TRANSACTION_NOTIFY_COMMIT_REQUEST);
    } else if (only && only->mask & TRANSACTION_NOTIFY_SINGLE_PHASE_COMMIT) {
        transaction->phase = TMP_SINGLE_PHASE;
        ask(only, TRANSACTION_NOTIFY_SINGLE_PHASE_COMMIT);
    } else {
        tmp_begin(transaction, TMP_PREPREPARING);
    }
    return STATUS_SUCCESS;
}

NTSTATUS tmp_start_rollback(PKTRANSACTION transaction)
{
    switch (transaction->phase) {
    case TMP_ACTIVE:
        tmp_begin(transaction, TMP_ABORTING);
        return STATUS_SUCCESS;
    case TMP_COMMITTED:
        return STATUS_TRANSACTION_ALREADY_COMMITTED;
    case TMP_ABORTING:
    case TMP_ABORTED:
        return STATUS_TRANSACTION_ALREADY_ABORTED;
    default:
        return STATUS_TRANSACTION_REQUEST_NOT_VALID;
    }
}

/* A superior's decision stands until it has committed, the others' until they are prepared. */
bool tmp_may_roll_back(PKENLISTMENT enlistment)
{
    if (enlistment->read_only)
        return false;
    switch (enlistment->transaction->phase) {
    case TMP_ACTIVE:
    case TMP_PREPREPARING:
    case TMP_PREPREPARED:
    case TMP_PREPARING:
    case TMP_REQUESTING:
        return enlistment->superior || !enlistment->prepared;
    case TMP_PREPARED:
        return enlistment->superior;
    case TMP_SINGLE_PHASE:
        return enlistment->asked;
    default:
        return false;
    }
}

static void tell_disconnected(PKENLISTMENT gone)
{
    PKTRANSACTION transaction = gone->transaction;
    for (PLIST_ENTRY e = transaction->enlistments.Flink; e != &transaction->enlistments; e = e->Flink)
        if (at(e) != gone)
            tmp_notify(at(e), TRANSACTION_NOTIFY_RM_DISCONNECTED);
}

/*
 * Before its transaction has committed this rolls it back; what it would be asked from then on counts as
 * answered. (WDK: Enlistment Objects)
 */
void tmp_abandon(PKENLISTMENT enlistment)
{
    PKTRANSACTION transaction = enlistment->transaction;
    tmp_lock();
    enlistment->abandoned = TRUE;
    if (transaction->phase == TMP_SINGLE_PHASE && enlistment->asked)
        tell_disconnected(enlistment);
    if (tmp_may_roll_back(enlistment))
        tmp_begin(transaction, TMP_ABORTING);
    tmp_answered(enlistment);
    tmp_unlock();
    tmp_drive(transaction);
}
