/*
 * What the tests of transactions share: a resource manager that writes down what it is told, and answers as it is bidden.
 */
#pragma once

#include "cm_test.h"

struct rm {
    HANDLE manager, handle, enlistment;
    PKRESOURCEMANAGER object;
    ULONG told[16];
    unsigned count;
    ULONG silent;           /* notifications that are not answered at once */
    ULONG vetoed;           /* answered with a rollback */
    ULONG failed;           /* the routine returns an error */
    ULONG read_only;        /* answered with TmReadOnlyEnlistment */
    ULONG rejected;         /* answered with TmSinglePhaseReject */
    PKENLISTMENT last;      /* whose notification was the last */
    NTSTATUS answer;        /* what the last answer returned */
    LONGLONG clock;
    BOOLEAN pushes_clock;
};

static inline NTSTATUS answer_to(PKENLISTMENT enlistment, ULONG what, PLARGE_INTEGER clock)
{
    switch (what) {
    case TRANSACTION_NOTIFY_PREPREPARE:
        return TmPrePrepareComplete(enlistment, clock);
    case TRANSACTION_NOTIFY_PREPARE:
        return TmPrepareComplete(enlistment, clock);
    case TRANSACTION_NOTIFY_COMMIT:
    case TRANSACTION_NOTIFY_SINGLE_PHASE_COMMIT:
        return TmCommitComplete(enlistment, clock);
    case TRANSACTION_NOTIFY_ROLLBACK:
        return TmRollbackComplete(enlistment, clock);
    default:
        return STATUS_SUCCESS; /* there is nothing to answer */
    }
}

static inline NTSTATUS NTAPI rm_told(PKENLISTMENT enlistment, PVOID context, PVOID key, ULONG what,
                                     PLARGE_INTEGER clock, ULONG length, PVOID argument)
{
    struct rm *rm = context;
    assert_ptr_equal(key, rm);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true((length == 0) == (argument == NULL));
    if (rm->count < 16)
        rm->told[rm->count++] = what;
    rm->last = enlistment;
    assert_true(clock->QuadPart > rm->clock);
    rm->clock = clock->QuadPart;
    if (rm->failed & what)
        return STATUS_UNSUCCESSFUL;
    if (rm->silent & what)
        return STATUS_PENDING;
    if (rm->vetoed & what)
        rm->answer = TmRollbackEnlistment(enlistment, clock);
    else if (rm->read_only & what)
        rm->answer = TmReadOnlyEnlistment(enlistment, clock);
    else if (rm->rejected & what)
        rm->answer = TmSinglePhaseReject(enlistment, clock);
    else
        rm->answer = answer_to(enlistment, what, clock);
    if (rm->pushes_clock)
        clock->QuadPart += 1000;
    return STATUS_SUCCESS;
}

static inline void rm_make(struct rm *rm, BOOLEAN callbacks)
{
    *rm = (struct rm){0};
    assert_status(NtCreateTransactionManager(&rm->manager, TRANSACTIONMANAGER_ALL_ACCESS, NULL, NULL,
                                             TRANSACTION_MANAGER_VOLATILE, 0),
                  STATUS_SUCCESS);
    assert_status(NtCreateResourceManager(&rm->handle, RESOURCEMANAGER_ALL_ACCESS, rm->manager, NULL, NULL,
                                          RESOURCE_MANAGER_VOLATILE, NULL),
                  STATUS_SUCCESS);
    if (!callbacks)
        return;
    assert_status(ObReferenceObjectByHandle(rm->handle, 0, *TmResourceManagerObjectType, KernelMode,
                                            (PVOID *)&rm->object, NULL),
                  STATUS_SUCCESS);
    assert_status(TmEnableCallbacks(rm->object, NULL, rm), STATUS_UNSUCCESSFUL);
    assert_status(TmEnableCallbacks(rm->object, rm_told, rm), STATUS_SUCCESS);
    ObDereferenceObject(rm->object);
}

static inline void rm_free(struct rm *rm)
{
    if (rm->enlistment)
        assert_status(NtClose(rm->enlistment), STATUS_SUCCESS);
    assert_status(NtClose(rm->handle), STATUS_SUCCESS);
    assert_status(NtClose(rm->manager), STATUS_SUCCESS);
}

#define NOTIFY_ALL                                                                                           \
    (TRANSACTION_NOTIFY_PREPREPARE | TRANSACTION_NOTIFY_PREPARE | TRANSACTION_NOTIFY_COMMIT |                \
     TRANSACTION_NOTIFY_ROLLBACK)

static inline NTSTATUS rm_enlist_as(struct rm *rm, HANDLE transaction, ULONG options, ULONG mask)
{
    return NtCreateEnlistment(&rm->enlistment, ENLISTMENT_ALL_ACCESS, rm->handle, transaction, NULL, options, mask, rm);
}

static inline void rm_enlist(struct rm *rm, HANDLE transaction, ULONG mask)
{
    assert_status(rm_enlist_as(rm, transaction, 0, mask), STATUS_SUCCESS);
}

static inline void rm_was_told(struct rm *rm, const ULONG *what, unsigned count)
{
    assert_int_equal(rm->count, count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(rm->told[i], what[i]);
}
#define TOLD(rm, ...) rm_was_told(rm, (ULONG[]){__VA_ARGS__}, sizeof((ULONG[]){__VA_ARGS__}) / sizeof(ULONG))

static inline HANDLE transaction_make(void)
{
    HANDLE transaction = NULL;
    assert_status(NtCreateTransaction(&transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0, 0, NULL, NULL),
                  STATUS_SUCCESS);
    return transaction;
}

static inline ULONG outcome_of(HANDLE transaction)
{
    TRANSACTION_BASIC_INFORMATION info;
    assert_status(NtQueryInformationTransaction(transaction, TransactionBasicInformation, &info, sizeof info, NULL),
                  STATUS_SUCCESS);
    assert_int_equal(info.State, info.Outcome == TransactionOutcomeCommitted ? TransactionStateCommittedNotify
                                                                              : TransactionStateNormal);
    return info.Outcome;
}

static inline BOOLEAN is_signalled(HANDLE handle)
{
    LARGE_INTEGER now = {.QuadPart = 0};
    return NtWaitForSingleObject(handle, FALSE, &now) == STATUS_SUCCESS;
}
