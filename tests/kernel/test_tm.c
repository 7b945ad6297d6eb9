/*
 * Transactions: commit in two phases, rollback, vetoes, notification masks, superior enlistments, queues, time-outs.
 */
#include "tm_test.h"

#define PREPREPARE TRANSACTION_NOTIFY_PREPREPARE
#define PREPARE    TRANSACTION_NOTIFY_PREPARE
#define COMMIT     TRANSACTION_NOTIFY_COMMIT
#define ROLLBACK   TRANSACTION_NOTIFY_ROLLBACK
#define SINGLE     TRANSACTION_NOTIFY_SINGLE_PHASE_COMMIT

static void one_ends_once(void **state)
{
    (void)state;
    HANDLE transaction = transaction_make();
    assert_int_equal(outcome_of(transaction), TransactionOutcomeUndetermined);
    assert_false(is_signalled(transaction));
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    assert_int_equal(outcome_of(transaction), TransactionOutcomeCommitted);
    assert_true(is_signalled(transaction));
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_TRANSACTION_ALREADY_COMMITTED);
    assert_status(NtRollbackTransaction(transaction, TRUE), STATUS_TRANSACTION_ALREADY_COMMITTED);
    NtClose(transaction);

    transaction = transaction_make();
    assert_status(NtRollbackTransaction(transaction, FALSE), STATUS_SUCCESS);
    assert_int_equal(outcome_of(transaction), TransactionOutcomeAborted);
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_TRANSACTION_ALREADY_ABORTED);
    assert_status(NtRollbackTransaction(transaction, TRUE), STATUS_TRANSACTION_ALREADY_ABORTED);
    NtClose(transaction);

    assert_status(NtCommitTransaction((HANDLE)0x7770, TRUE), STATUS_INVALID_HANDLE);
    HANDLE event;
    assert_status(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    assert_status(NtCommitTransaction(event, TRUE), STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(event);
    assert_status(NtCreateTransaction(&transaction, TRANSACTION_QUERY_INFORMATION, NULL, NULL, NULL, 0, 0, 0, NULL,
                                      NULL),
                  STATUS_SUCCESS);
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_ACCESS_DENIED);
    assert_status(NtRollbackTransaction(transaction, TRUE), STATUS_ACCESS_DENIED);
    NtClose(transaction);
}

static void parameters_are_checked(void **state)
{
    (void)state;
    HANDLE handle;
    WCHAR text[66];
    for (int i = 0; i < 65; i++)
        text[i] = L'x';
    text[65] = 0;
    assert_status(NtCreateTransaction(&handle, 0, NULL, NULL, NULL, 0, 0, 0, NULL, NULL), STATUS_INVALID_PARAMETER);
    assert_status(NtCreateTransaction(&handle, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 2, 0, 0, NULL, NULL),
                  STATUS_INVALID_PARAMETER);
    assert_status(NtCreateTransaction(&handle, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0, 0, NULL, U(text)),
                  STATUS_INVALID_PARAMETER);
    assert_status(NtCreateTransaction(BAD, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0, 0, NULL, NULL),
                  STATUS_ACCESS_VIOLATION);
    text[64] = 0;
    assert_status(NtCreateTransaction(&handle, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 1, 0, 0, NULL, U(text)),
                  STATUS_SUCCESS);
    NtClose(handle);

    assert_status(NtCreateTransactionManager(&handle, TRANSACTIONMANAGER_ALL_ACCESS, NULL, NULL, 0, 0),
                  STATUS_INVALID_PARAMETER);
    assert_status(NtCreateTransactionManager(&handle, TRANSACTIONMANAGER_ALL_ACCESS, NULL, U(L"\\??\\C:\\log"),
                                             TRANSACTION_MANAGER_VOLATILE, 0),
                  STATUS_INVALID_PARAMETER);
    assert_status(NtCreateTransactionManager(&handle, TRANSACTIONMANAGER_ALL_ACCESS, NULL, U(L"\\??\\C:\\log"), 0, 0),
                  STATUS_NOT_SUPPORTED);
    assert_status(NtCreateTransactionManager(&handle, TRANSACTIONMANAGER_ALL_ACCESS, NULL, NULL, 0x41, 0),
                  STATUS_INVALID_PARAMETER);

    struct rm rm;
    rm_make(&rm, FALSE);
    assert_status(NtRecoverTransactionManager(rm.manager), STATUS_TM_VOLATILE);
    assert_status(NtCreateResourceManager(&handle, RESOURCEMANAGER_ALL_ACCESS, rm.manager, NULL, NULL, 0, NULL),
                  STATUS_TM_VOLATILE);
    assert_status(NtCreateResourceManager(&handle, RESOURCEMANAGER_ALL_ACCESS, rm.manager, NULL, NULL, 5, NULL),
                  STATUS_INVALID_PARAMETER);
    assert_status(NtCreateResourceManager(&handle, RESOURCEMANAGER_ALL_ACCESS, rm.handle, NULL, NULL,
                                          RESOURCE_MANAGER_VOLATILE, NULL),
                  STATUS_OBJECT_TYPE_MISMATCH);
    GUID id = {1, 2, 3, {4}};
    assert_status(NtCreateResourceManager(&handle, RESOURCEMANAGER_ALL_ACCESS, rm.manager, &id, NULL,
                                          RESOURCE_MANAGER_VOLATILE, U(L"about")),
                  STATUS_SUCCESS);
    HANDLE other;
    assert_status(NtCreateResourceManager(&other, RESOURCEMANAGER_ALL_ACCESS, rm.manager, &id, NULL,
                                          RESOURCE_MANAGER_VOLATILE, NULL),
                  STATUS_OBJECT_NAME_COLLISION);
    assert_status(NtOpenResourceManager(&other, RESOURCEMANAGER_ALL_ACCESS, rm.manager, &id, NULL), STATUS_SUCCESS);
    NtClose(other);
    union {
        RESOURCEMANAGER_BASIC_INFORMATION info;
        UCHAR room[64];
    } said;
    ULONG length;
    assert_status(NtQueryInformationResourceManager(handle, ResourceManagerBasicInformation, &said, 19, &length),
                  STATUS_BUFFER_TOO_SMALL);
    assert_status(NtQueryInformationResourceManager(handle, ResourceManagerBasicInformation, &said, 24, &length),
                  STATUS_BUFFER_OVERFLOW);
    assert_int_equal(length, 30);
    assert_status(NtQueryInformationResourceManager(handle, ResourceManagerBasicInformation, &said, sizeof said, &length),
                  STATUS_SUCCESS);
    assert_memory_equal(&said.info.ResourceManagerId, &id, sizeof id);
    assert_text(said.info.Description, said.info.DescriptionLength, L"about");
    assert_status(NtQueryInformationResourceManager(handle, 9, &said, sizeof said, &length), STATUS_INVALID_INFO_CLASS);
    NtClose(handle);
    assert_status(NtOpenResourceManager(&other, RESOURCEMANAGER_ALL_ACCESS, rm.manager, &id, NULL),
                  STATUS_RESOURCEMANAGER_NOT_FOUND);

    HANDLE transaction = transaction_make();
    assert_status(rm_enlist_as(&rm, transaction, 2, NOTIFY_ALL), STATUS_INVALID_PARAMETER);
    assert_status(rm_enlist_as(&rm, transaction, 0, 0x40000000), STATUS_INVALID_PARAMETER);
    assert_status(rm_enlist_as(&rm, transaction, 0, 0), STATUS_INVALID_PARAMETER);
    assert_status(rm_enlist_as(&rm, rm.handle, 0, NOTIFY_ALL), STATUS_OBJECT_TYPE_MISMATCH);
    NtCommitTransaction(transaction, TRUE);
    assert_status(rm_enlist_as(&rm, transaction, 0, NOTIFY_ALL), STATUS_TRANSACTION_NOT_ACTIVE);
    NtClose(transaction);
    rm.enlistment = NULL;
    rm_free(&rm);
}

static void all_commit_phase_by_phase(void **state)
{
    (void)state;
    struct rm a, b, c;
    HANDLE transaction = transaction_make();
    rm_make(&a, TRUE);
    rm_make(&b, TRUE);
    rm_make(&c, TRUE);
    rm_enlist(&a, transaction, NOTIFY_ALL);
    rm_enlist(&b, transaction, COMMIT | ROLLBACK);
    rm_enlist(&c, transaction, NOTIFY_ALL | SINGLE);
    b.pushes_clock = TRUE;
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    TOLD(&a, PREPREPARE, PREPARE, COMMIT);
    TOLD(&b, COMMIT);
    TOLD(&c, PREPREPARE, PREPARE, COMMIT); /* not alone: no single phase */
    assert_status(a.answer, STATUS_SUCCESS);
    TRANSACTIONMANAGER_BASIC_INFORMATION info;
    assert_status(NtQueryInformationTransactionManager(b.manager, TransactionManagerBasicInformation, &info, sizeof info,
                                                       NULL),
                  STATUS_SUCCESS);
    assert_int_equal(info.VirtualClock.QuadPart, b.clock + 1000);
    /* Too late for anything. */
    assert_status(NtCommitComplete(a.enlistment, NULL), STATUS_TRANSACTION_NOT_REQUESTED);
    assert_status(NtRollbackEnlistment(a.enlistment, NULL), STATUS_TRANSACTION_REQUEST_NOT_VALID);
    assert_status(NtReadOnlyEnlistment(a.enlistment, NULL), STATUS_TRANSACTION_NOT_REQUESTED);
    rm_free(&a);
    rm_free(&b);
    rm_free(&c);
    NtClose(transaction);
}

static void one_that_says_no_rolls_all_back(void **state)
{
    (void)state;
    static const ULONG when[] = {PREPREPARE, PREPARE};
    for (int i = 0; i < 4; i++) {
        struct rm a, b, c;
        HANDLE transaction = transaction_make();
        rm_make(&a, TRUE);
        rm_make(&b, TRUE);
        rm_make(&c, TRUE);
        rm_enlist(&a, transaction, NOTIFY_ALL);
        rm_enlist(&b, transaction, NOTIFY_ALL);
        rm_enlist(&c, transaction, NOTIFY_ALL);
        if (i < 2)
            b.vetoed = when[i];
        else
            b.failed = when[i - 2];
        assert_status(NtCommitTransaction(transaction, TRUE), STATUS_TRANSACTION_ALREADY_ABORTED);
        assert_int_equal(outcome_of(transaction), TransactionOutcomeAborted);
        if (when[i % 2] == PREPREPARE) {
            TOLD(&a, PREPREPARE, ROLLBACK);
            TOLD(&b, PREPREPARE, ROLLBACK);
            TOLD(&c, ROLLBACK); /* its turn had not come */
        } else {
            TOLD(&a, PREPREPARE, PREPARE, ROLLBACK);
            TOLD(&b, PREPREPARE, PREPARE, ROLLBACK);
            TOLD(&c, PREPREPARE, ROLLBACK);
        }
        assert_status(NtCommitTransaction(transaction, TRUE), STATUS_TRANSACTION_ALREADY_ABORTED);
        rm_free(&a);
        rm_free(&b);
        rm_free(&c);
        NtClose(transaction);
    }
}

static void answers_may_come_later(void **state)
{
    (void)state;
    struct rm a, b;
    HANDLE transaction = transaction_make();
    rm_make(&a, TRUE);
    rm_make(&b, TRUE);
    rm_enlist(&a, transaction, NOTIFY_ALL);
    rm_enlist(&b, transaction, NOTIFY_ALL);
    a.silent = NOTIFY_ALL;
    assert_status(NtCommitComplete(a.enlistment, NULL), STATUS_TRANSACTION_NOT_REQUESTED);
    assert_status(NtCommitTransaction(transaction, FALSE), STATUS_PENDING);
    TOLD(&a, PREPREPARE);
    TOLD(&b, PREPREPARE);
    assert_status(NtCommitTransaction(transaction, FALSE), STATUS_TRANSACTION_REQUEST_NOT_VALID);
    assert_status(NtRollbackTransaction(transaction, FALSE), STATUS_TRANSACTION_REQUEST_NOT_VALID);
    assert_status(NtPrepareComplete(a.enlistment, NULL), STATUS_TRANSACTION_NOT_REQUESTED);
    assert_status(NtPrePrepareComplete(a.enlistment, NULL), STATUS_SUCCESS);
    TOLD(&a, PREPREPARE, PREPARE);
    assert_status(NtPrepareComplete(a.enlistment, NULL), STATUS_SUCCESS);
    TOLD(&a, PREPREPARE, PREPARE, COMMIT);
    assert_status(NtRollbackEnlistment(a.enlistment, NULL), STATUS_TRANSACTION_REQUEST_NOT_VALID);
    assert_int_equal(outcome_of(transaction), TransactionOutcomeCommitted);
    assert_false(is_signalled(transaction));
    assert_status(TmCommitComplete(a.last, NULL), STATUS_SUCCESS);
    assert_true(is_signalled(transaction));
    assert_status(NtCommitTransaction(transaction, FALSE), STATUS_TRANSACTION_ALREADY_COMMITTED);
    rm_free(&a);
    rm_free(&b);
    NtClose(transaction);
}

static void one_alone_commits_in_a_single_phase(void **state)
{
    (void)state;
    struct rm a, b;
    HANDLE transaction = transaction_make();
    rm_make(&a, TRUE);
    rm_make(&b, TRUE);
    rm_enlist(&a, transaction, NOTIFY_ALL | SINGLE);
    rm_enlist(&b, transaction, NOTIFY_ALL);
    assert_status(NtReadOnlyEnlistment(b.enlistment, NULL), STATUS_SUCCESS);
    assert_status(NtReadOnlyEnlistment(b.enlistment, NULL), STATUS_TRANSACTION_NOT_REQUESTED);
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    TOLD(&a, SINGLE);
    assert_int_equal(b.count, 0);
    rm_free(&b);
    NtClose(a.enlistment);
    NtClose(transaction);

    transaction = transaction_make();
    a.count = 0;
    a.rejected = SINGLE;
    rm_enlist(&a, transaction, NOTIFY_ALL | SINGLE);
    assert_status(NtSinglePhaseReject(a.enlistment, NULL), STATUS_TRANSACTION_NOT_REQUESTED);
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    TOLD(&a, SINGLE, PREPREPARE, PREPARE, COMMIT);
    NtClose(a.enlistment);
    NtClose(transaction);

    transaction = transaction_make();
    a.count = 0;
    a.rejected = 0;
    a.read_only = PREPARE;
    rm_enlist(&a, transaction, NOTIFY_ALL);
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    TOLD(&a, PREPREPARE, PREPARE);
    rm_free(&a);
    NtClose(transaction);
}

static void closed_handles_roll_back(void **state)
{
    (void)state;
    struct rm a, b;
    /* The transaction's own. */
    HANDLE transaction = transaction_make(), other;
    rm_make(&a, TRUE);
    rm_make(&b, TRUE);
    rm_enlist(&a, transaction, NOTIFY_ALL);
    assert_status(NtDuplicateObject(NtCurrentProcess(), transaction, NtCurrentProcess(), &other, 0, 0,
                                    DUPLICATE_SAME_ACCESS),
                  STATUS_SUCCESS);
    NtClose(transaction);
    assert_int_equal(a.count, 0);
    NtClose(other);
    TOLD(&a, ROLLBACK);
    NtClose(a.enlistment);

    /* An enlistment's. */
    transaction = transaction_make();
    a.count = 0;
    rm_enlist(&a, transaction, NOTIFY_ALL);
    rm_enlist(&b, transaction, NOTIFY_ALL);
    NtClose(b.enlistment);
    b.enlistment = NULL;
    TOLD(&a, ROLLBACK);
    assert_int_equal(b.count, 0); /* nobody is there to be told */
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_TRANSACTION_ALREADY_ABORTED);
    NtClose(transaction);
    NtClose(a.enlistment);

    /* A read-only one may go. */
    transaction = transaction_make();
    a.count = 0;
    rm_enlist(&a, transaction, NOTIFY_ALL);
    rm_enlist(&b, transaction, NOTIFY_ALL);
    assert_status(NtReadOnlyEnlistment(b.enlistment, NULL), STATUS_SUCCESS);
    NtClose(b.enlistment);
    b.enlistment = NULL;
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    TOLD(&a, PREPREPARE, PREPARE, COMMIT);
    NtClose(transaction);
    NtClose(a.enlistment);

    /* A resource manager's. */
    transaction = transaction_make();
    a.count = 0;
    rm_enlist(&a, transaction, NOTIFY_ALL);
    rm_enlist(&b, transaction, NOTIFY_ALL);
    NtClose(b.handle);
    TOLD(&a, ROLLBACK);
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_TRANSACTION_ALREADY_ABORTED);
    NtClose(b.enlistment);
    NtClose(b.manager);
    NtClose(transaction);
    rm_free(&a);
}

static void a_superior_leads(void **state)
{
    (void)state;
    const ULONG mask = TRANSACTION_NOTIFY_PREPREPARE_COMPLETE | TRANSACTION_NOTIFY_PREPARE_COMPLETE |
                       TRANSACTION_NOTIFY_COMMIT_COMPLETE | TRANSACTION_NOTIFY_ROLLBACK |
                       TRANSACTION_NOTIFY_ROLLBACK_COMPLETE;
    struct rm top, a;
    HANDLE transaction = transaction_make();
    rm_make(&top, TRUE);
    rm_make(&a, TRUE);
    rm_enlist(&a, transaction, NOTIFY_ALL | SINGLE);
    assert_status(rm_enlist_as(&top, transaction, ENLISTMENT_SUPERIOR, mask), STATUS_SUCCESS);
    HANDLE second;
    assert_status(NtCreateEnlistment(&second, ENLISTMENT_ALL_ACCESS, a.handle, transaction, NULL, ENLISTMENT_SUPERIOR,
                                     mask, &a),
                  STATUS_TRANSACTION_SUPERIOR_EXISTS);
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_TRANSACTION_SUPERIOR_EXISTS);
    assert_status(NtPrePrepareEnlistment(a.enlistment, NULL), STATUS_ENLISTMENT_NOT_SUPERIOR);
    assert_status(NtReadOnlyEnlistment(top.enlistment, NULL), STATUS_TRANSACTION_NOT_REQUESTED);
    assert_status(NtPrepareEnlistment(top.enlistment, NULL), STATUS_TRANSACTION_REQUEST_NOT_VALID);
    assert_status(NtCommitEnlistment(top.enlistment, NULL), STATUS_TRANSACTION_REQUEST_NOT_VALID);
    assert_status(NtPrePrepareEnlistment(top.enlistment, NULL), STATUS_SUCCESS);
    TOLD(&a, PREPREPARE);
    TOLD(&top, TRANSACTION_NOTIFY_PREPREPARE_COMPLETE);
    assert_status(NtPrepareEnlistment(top.enlistment, NULL), STATUS_SUCCESS);
    TOLD(&a, PREPREPARE, PREPARE);
    assert_int_equal(top.told[1], TRANSACTION_NOTIFY_PREPARE_COMPLETE);
    assert_status(NtCommitEnlistment(top.enlistment, NULL), STATUS_SUCCESS);
    TOLD(&a, PREPREPARE, PREPARE, COMMIT);
    assert_int_equal(top.told[2], TRANSACTION_NOTIFY_COMMIT_COMPLETE);
    assert_int_equal(top.count, 3);
    assert_status(NtCommitEnlistment(top.enlistment, NULL), STATUS_TRANSACTION_NOT_ACTIVE);
    NtClose(transaction);
    NtClose(top.enlistment);
    NtClose(a.enlistment);

    /* It rolls back what is prepared. */
    transaction = transaction_make();
    a.count = top.count = 0;
    rm_enlist(&a, transaction, NOTIFY_ALL);
    assert_status(rm_enlist_as(&top, transaction, ENLISTMENT_SUPERIOR, mask), STATUS_SUCCESS);
    NtPrePrepareEnlistment(top.enlistment, NULL);
    NtPrepareEnlistment(top.enlistment, NULL);
    assert_status(NtRollbackEnlistment(a.enlistment, NULL), STATUS_TRANSACTION_REQUEST_NOT_VALID);
    assert_status(NtRollbackEnlistment(top.enlistment, NULL), STATUS_SUCCESS);
    TOLD(&a, PREPREPARE, PREPARE, ROLLBACK);
    TOLD(&top, TRANSACTION_NOTIFY_PREPREPARE_COMPLETE, TRANSACTION_NOTIFY_PREPARE_COMPLETE, ROLLBACK,
         TRANSACTION_NOTIFY_ROLLBACK_COMPLETE);
    assert_status(NtCommitEnlistment(top.enlistment, NULL), STATUS_TRANSACTION_ALREADY_ABORTED);
    NtClose(transaction);
    NtClose(top.enlistment);
    NtClose(a.enlistment);

    /* A client's commit becomes its own. */
    transaction = transaction_make();
    a.count = top.count = 0;
    rm_enlist(&a, transaction, NOTIFY_ALL);
    assert_status(rm_enlist_as(&top, transaction, ENLISTMENT_SUPERIOR, TRANSACTION_NOTIFY_COMMIT_REQUEST | ROLLBACK),
                  STATUS_SUCCESS);
    assert_status(NtCommitTransaction(transaction, FALSE), STATUS_PENDING);
    TOLD(&top, TRANSACTION_NOTIFY_COMMIT_REQUEST);
    assert_status(NtPrePrepareEnlistment(top.enlistment, NULL), STATUS_TRANSACTION_RESPONSE_NOT_ENLISTED);
    NtClose(transaction);
    rm_free(&top);
    rm_free(&a);
}

static void queues_are_read(void **state)
{
    (void)state;
    struct rm a;
    TRANSACTION_NOTIFICATION told;
    LARGE_INTEGER now = {.QuadPart = 0};
    ULONG length = 0;
    HANDLE transaction = transaction_make();
    rm_make(&a, FALSE);
    rm_enlist(&a, transaction, NOTIFY_ALL);
    assert_status(NtGetNotificationResourceManager(a.handle, &told, sizeof told, &now, &length, 0, 0), STATUS_TIMEOUT);
    assert_status(NtGetNotificationResourceManager(a.handle, &told, sizeof told, &now, &length, 1, 0),
                  STATUS_INVALID_PARAMETER);
    assert_false(is_signalled(a.handle));
    assert_status(NtCommitTransaction(transaction, FALSE), STATUS_PENDING);
    assert_true(is_signalled(a.handle));
    assert_status(NtGetNotificationResourceManager(a.handle, &told, sizeof told - 1, &now, &length, 0, 0),
                  STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, sizeof told);
    assert_status(NtGetNotificationResourceManager(a.handle, &told, sizeof told, NULL, NULL, 0, 0), STATUS_SUCCESS);
    assert_int_equal(told.TransactionNotification, PREPREPARE);
    assert_ptr_equal(told.TransactionKey, &a);
    assert_int_equal(told.ArgumentLength, 0);
    assert_false(is_signalled(a.handle));
    assert_status(NtPrePrepareComplete(a.enlistment, &told.TmVirtualClock), STATUS_SUCCESS);
    assert_status(NtGetNotificationResourceManager(a.handle, &told, sizeof told, NULL, NULL, 0, 0), STATUS_SUCCESS);
    assert_int_equal(told.TransactionNotification, PREPARE);
    assert_status(NtRollbackEnlistment(a.enlistment, NULL), STATUS_SUCCESS);
    assert_status(NtGetNotificationResourceManager(a.handle, &told, sizeof told, NULL, NULL, 0, 0), STATUS_SUCCESS);
    assert_int_equal(told.TransactionNotification, ROLLBACK);
    assert_status(NtRollbackComplete(a.enlistment, NULL), STATUS_SUCCESS);
    assert_int_equal(outcome_of(transaction), TransactionOutcomeAborted);

    /* Recovery: one for each enlistment, and the last. */
    struct {
        TRANSACTION_NOTIFICATION head;
        TRANSACTION_NOTIFICATION_RECOVERY_ARGUMENT argument;
    } recover;
    ENLISTMENT_BASIC_INFORMATION ids;
    assert_status(NtQueryInformationEnlistment(a.enlistment, EnlistmentBasicInformation, &ids, sizeof ids, NULL),
                  STATUS_SUCCESS);
    assert_status(NtRecoverResourceManager(a.handle), STATUS_SUCCESS);
    assert_status(NtGetNotificationResourceManager(a.handle, (PVOID)&recover, sizeof recover, NULL, &length, 0, 0),
                  STATUS_SUCCESS);
    assert_int_equal(recover.head.TransactionNotification, TRANSACTION_NOTIFY_RECOVER);
    assert_int_equal(recover.head.ArgumentLength, sizeof recover.argument);
    assert_memory_equal(&recover.argument.EnlistmentId, &ids.EnlistmentId, sizeof(GUID));
    assert_memory_equal(&recover.argument.UOW, &ids.TransactionId, sizeof(GUID));
    assert_status(NtGetNotificationResourceManager(a.handle, &told, sizeof told, NULL, &length, 0, 0), STATUS_SUCCESS);
    assert_int_equal(told.TransactionNotification, TRANSACTION_NOTIFY_LAST_RECOVER);
    assert_status(NtRecoverEnlistment(a.enlistment, &a), STATUS_TRANSACTION_REQUEST_NOT_VALID);
    NtClose(transaction);
    rm_free(&a);
}

static void information_is_given(void **state)
{
    (void)state;
    struct rm a;
    UOW uow = {7, 8, 9, {10}};
    HANDLE transaction, other;
    ULONG length = 0;
    union {
        TRANSACTION_PROPERTIES_INFORMATION properties;
        TRANSACTION_ENLISTMENTS_INFORMATION enlistments;
        TRANSACTION_BASIC_INFORMATION basic;
        UCHAR room[128];
    } said;
    assert_status(NtCreateTransaction(&transaction, TRANSACTION_ALL_ACCESS, NULL, &uow, NULL, 0, 0, 0, NULL,
                                      U(L"a test")),
                  STATUS_SUCCESS);
    assert_status(NtCreateTransaction(&other, TRANSACTION_ALL_ACCESS, NULL, &uow, NULL, 0, 0, 0, NULL, NULL),
                  STATUS_OBJECT_NAME_COLLISION);
    assert_status(NtOpenTransaction(&other, TRANSACTION_ALL_ACCESS, NULL, &uow, NULL), STATUS_SUCCESS);
    NtClose(other);
    assert_status(NtOpenTransaction(&other, 0, NULL, &uow, NULL), STATUS_INVALID_PARAMETER);
    assert_status(NtOpenTransaction(&other, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    UOW none = {1, 1, 1, {1}};
    assert_status(NtOpenTransaction(&other, TRANSACTION_ALL_ACCESS, NULL, &none, NULL), STATUS_TRANSACTION_NOT_FOUND);
    assert_status(NtQueryInformationTransaction(transaction, 17, &said, sizeof said, &length), STATUS_INVALID_INFO_CLASS);
    assert_status(NtQueryInformationTransaction(transaction, TransactionBasicInformation, &said,
                                                sizeof said.basic - 1, &length),
                  STATUS_INFO_LENGTH_MISMATCH);
    assert_status(NtQueryInformationTransaction(transaction, TransactionBasicInformation, &said, sizeof said, &length),
                  STATUS_SUCCESS);
    assert_int_equal(length, 24);
    assert_memory_equal(&said.basic.TransactionId, &uow, sizeof uow);
    assert_status(NtQueryInformationTransaction(transaction, TransactionPropertiesInformation, &said, 30, &length),
                  STATUS_BUFFER_OVERFLOW);
    assert_int_equal(length, 24 + 12);
    assert_status(NtQueryInformationTransaction(transaction, TransactionPropertiesInformation, &said, sizeof said,
                                                &length),
                  STATUS_SUCCESS);
    assert_text(said.properties.Description, said.properties.DescriptionLength, L"a test");
    assert_int_equal(said.properties.Outcome, TransactionOutcomeUndetermined);
    memcpy(said.properties.Description, L"be", 4);
    said.properties.DescriptionLength = 4;
    assert_status(NtSetInformationTransaction(transaction, TransactionPropertiesInformation, &said, 27),
                  STATUS_INVALID_PARAMETER);
    assert_status(NtSetInformationTransaction(transaction, TransactionPropertiesInformation, &said, 23),
                  STATUS_INFO_LENGTH_MISMATCH);
    assert_status(NtSetInformationTransaction(transaction, TransactionBasicInformation, &said, 28),
                  STATUS_INVALID_INFO_CLASS);
    assert_status(NtSetInformationTransaction(transaction, TransactionPropertiesInformation, &said, 28), STATUS_SUCCESS);
    memset(&said, 0, sizeof said);
    NtQueryInformationTransaction(transaction, TransactionPropertiesInformation, &said, sizeof said, &length);
    assert_text(said.properties.Description, said.properties.DescriptionLength, L"be");

    rm_make(&a, TRUE);
    rm_enlist(&a, transaction, NOTIFY_ALL);
    assert_status(NtQueryInformationTransaction(transaction, TransactionEnlistmentInformation, &said, sizeof said,
                                                &length),
                  STATUS_SUCCESS);
    assert_int_equal(length, 4 + 32);
    assert_int_equal(said.enlistments.NumberOfEnlistments, 1);
    ENLISTMENT_BASIC_INFORMATION ids;
    assert_status(NtQueryInformationEnlistment(a.enlistment, EnlistmentBasicInformation, &ids, sizeof ids, NULL),
                  STATUS_SUCCESS);
    assert_memory_equal(&said.enlistments.EnlistmentPair[0].EnlistmentId, &ids.EnlistmentId, sizeof(GUID));
    assert_memory_equal(&said.enlistments.EnlistmentPair[0].ResourceManagerId, &ids.ResourceManagerId, sizeof(GUID));
    assert_memory_equal(&ids.TransactionId, &uow, sizeof uow);
    assert_status(NtOpenEnlistment(&other, ENLISTMENT_ALL_ACCESS, a.handle, &ids.EnlistmentId, NULL), STATUS_SUCCESS);
    assert_status(NtOpenEnlistment(&transaction, ENLISTMENT_ALL_ACCESS, a.handle, &uow, NULL),
                  STATUS_ENLISTMENT_NOT_FOUND);
    assert_status(NtSetInformationEnlistment(other, EnlistmentRecoveryInformation, "memory", 7), STATUS_SUCCESS);
    char memory[8] = "";
    assert_status(NtQueryInformationEnlistment(a.enlistment, EnlistmentRecoveryInformation, memory, 6, &length),
                  STATUS_INFO_LENGTH_MISMATCH);
    assert_status(NtQueryInformationEnlistment(a.enlistment, EnlistmentRecoveryInformation, memory, 8, &length),
                  STATUS_SUCCESS);
    assert_string_equal(memory, "memory");

    PKENLISTMENT object;
    PVOID key;
    BOOLEAN last = TRUE;
    assert_status(ObReferenceObjectByHandle(other, 0, *TmEnlistmentObjectType, KernelMode, (PVOID *)&object, NULL),
                  STATUS_SUCCESS);
    assert_status(TmReferenceEnlistmentKey(object, NULL), STATUS_INVALID_PARAMETER);
    assert_status(TmReferenceEnlistmentKey(object, &key), STATUS_SUCCESS);
    assert_ptr_equal(key, &a);
    assert_status(TmDereferenceEnlistmentKey(object, &last), STATUS_SUCCESS);
    assert_false(last);
    assert_status(TmDereferenceEnlistmentKey(object, &last), STATUS_SUCCESS);
    assert_true(last);
    assert_status(TmDereferenceEnlistmentKey(object, &last), STATUS_UNSUCCESSFUL);
    assert_status(TmReferenceEnlistmentKey(object, &key), STATUS_UNSUCCESSFUL);
    ObDereferenceObject(object);
    NtClose(other);

    PKTRANSACTION pointer;
    UOW same;
    assert_status(ObReferenceObjectByHandle(transaction, 0, *TmTransactionObjectType, KernelMode, (PVOID *)&pointer,
                                            NULL),
                  STATUS_SUCCESS);
    assert_true(TmIsTransactionActive(pointer));
    TmGetTransactionId(pointer, &same);
    assert_memory_equal(&same, &uow, sizeof uow);
    assert_status(TmCommitTransaction(pointer, TRUE), STATUS_SUCCESS);
    assert_false(TmIsTransactionActive(pointer));
    assert_status(TmRollbackTransaction(pointer, TRUE), STATUS_TRANSACTION_ALREADY_COMMITTED);
    ObDereferenceObject(pointer);
    NtClose(transaction);
    rm_free(&a);
}

static void time_runs_out(void **state)
{
    (void)state;
    struct rm a;
    HANDLE transaction;
    LARGE_INTEGER soon = {.QuadPart = -10000}, long_after = {.QuadPart = -10000000LL * 3600};
    assert_status(NtCreateTransaction(&transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0, 0, &long_after, NULL),
                  STATUS_SUCCESS);
    TRANSACTION_PROPERTIES_INFORMATION info = {.Timeout = soon};
    rm_make(&a, TRUE);
    rm_enlist(&a, transaction, NOTIFY_ALL);
    assert_status(NtSetInformationTransaction(transaction, TransactionPropertiesInformation, &info, sizeof info),
                  STATUS_SUCCESS);
    assert_status(NtWaitForSingleObject(transaction, FALSE, NULL), STATUS_SUCCESS);
    TOLD(&a, ROLLBACK);
    assert_int_equal(outcome_of(transaction), TransactionOutcomeAborted);
    NtClose(transaction);

    assert_status(NtCreateTransaction(&transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0, 0, &long_after, NULL),
                  STATUS_SUCCESS);
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS); /* the timer goes */
    NtClose(transaction);
    rm_free(&a);
}

static void a_machine_stops_with_one_open(void **state)
{
    (void)state;
    struct rm a;
    LARGE_INTEGER long_after = {.QuadPart = -10000000LL * 3600};
    HANDLE transaction;
    assert_status(NtCreateTransaction(&transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0, 0, &long_after, NULL),
                  STATUS_SUCCESS);
    rm_make(&a, FALSE);
    rm_enlist(&a, transaction, NOTIFY_ALL);
    assert_status(NtCommitTransaction(transaction, FALSE), STATUS_PENDING);
    assert_int_equal(ntio_stop(), 0);
    assert_int_equal(ntio_start(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_ends_once, start, stop),
        cmocka_unit_test_setup_teardown(parameters_are_checked, start, stop),
        cmocka_unit_test_setup_teardown(all_commit_phase_by_phase, start, stop),
        cmocka_unit_test_setup_teardown(one_that_says_no_rolls_all_back, start, stop),
        cmocka_unit_test_setup_teardown(answers_may_come_later, start, stop),
        cmocka_unit_test_setup_teardown(one_alone_commits_in_a_single_phase, start, stop),
        cmocka_unit_test_setup_teardown(closed_handles_roll_back, start, stop),
        cmocka_unit_test_setup_teardown(a_superior_leads, start, stop),
        cmocka_unit_test_setup_teardown(queues_are_read, start, stop),
        cmocka_unit_test_setup_teardown(information_is_given, start, stop),
        cmocka_unit_test_setup_teardown(time_runs_out, start, stop),
        cmocka_unit_test_setup_teardown(a_machine_stops_with_one_open, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
