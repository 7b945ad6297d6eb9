/*
 * Transactions: made, opened, committed, rolled back, queried; their time-outs.
 */
#include "tmp.h"

/* --- the object --- */

VOID tmp_delete_transaction(PVOID object)
{
    PKTRANSACTION transaction = object;
    tmp_free_text(&transaction->description);
    if (!TM) /* the others may be gone */
        return;
    tmp_forget(&transaction->identity);
    if (transaction->manager)
        ObpDereferenceObject(transaction->manager);
}

/* Nobody can commit it any more. (WDK: ZwCreateTransaction) */
VOID tmp_close_transaction(PEPROCESS process, PVOID object, ACCESS_MASK granted, ULONG process_handles,
                           ULONG handles)
{
    (void)process, (void)granted, (void)process_handles;
    if (handles > 1 || !TM)
        return;
    tmp_lock();
    tmp_start_rollback(object);
    tmp_unlock();
    tmp_drive(object);
}

void TmpAbort(PKTRANSACTION transaction)
{
    tmp_lock();
    tmp_start_rollback(transaction);
    tmp_unlock();
    tmp_drive(transaction);
}

NTSTATUS TmpTransactionByHandle(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode,
                                PKTRANSACTION *transaction)
{
    return ObReferenceObjectByHandle(handle, access, TmpTypes[TMP_TRANSACTION], mode, (PVOID *)transaction,
                                     NULL);
}

/* --- time --- */

static VOID NTAPI expire(PVOID context)
{
    PKTRANSACTION transaction = context;
    TmpAbort(transaction);
    ObpDereferenceObject(transaction);
}

static VOID NTAPI expired(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    (void)dpc, (void)argument1, (void)argument2;
    PKTRANSACTION transaction = context;
    ExQueueWorkItem(&transaction->expiry, DelayedWorkQueue); /* which has the timer's reference from now on */
}

/* Under the lock. 0: never. One that has begun to expire goes on. */
static void set_timeout(PKTRANSACTION transaction, LARGE_INTEGER timeout)
{
    if (transaction->timer_set && !KeCancelTimer(&transaction->timer))
        return;
    if (transaction->timer_set)
        ObpDereferenceObjectLater(transaction);
    transaction->timeout = timeout;
    transaction->timer_set = timeout.QuadPart != 0 && transaction->phase == TMP_ACTIVE;
    if (!transaction->timer_set)
        return;
    ObpReferenceObject(transaction);
    KeSetTimer(&transaction->timer, timeout, &transaction->dpc);
}

void tmp_stop_timers(void)
{
    if (gate_watched() & WATCH_CRASHED)
        return;
    tmp_lock();
    PLIST_ENTRY list = &TM->objects[TMP_TRANSACTION];
    for (PLIST_ENTRY e = list->Flink; e != list; e = e->Flink) {
        PKTRANSACTION transaction = CONTAINING_RECORD(e, KTRANSACTION, identity.link);
        if (transaction->timer_set)
            KeCancelTimer(&transaction->timer);
    }
    tmp_unlock();
}

/* --- services --- */

/*
 * Rolled back when its last handle is closed before it is committed, or when Timeout (relative or absolute; 0
 * or NULL: never) is over. TmHandle: STATUS_INVALID_HANDLE and the like. (WDK: ZwCreateTransaction)
 */
SERVICE(CreateTransaction,
        (PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         LPGUID Uow, HANDLE TmHandle, ULONG CreateOptions, ULONG IsolationLevel, ULONG IsolationFlags,
         PLARGE_INTEGER Timeout, PUNICODE_STRING Description),
        (TransactionHandle, DesiredAccess, ObjectAttributes, Uow, TmHandle, CreateOptions, IsolationLevel,
         IsolationFlags, Timeout, Description))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKTRANSACTION transaction;
    GUID id = {0};
    LARGE_INTEGER timeout = {0};
    if (!DesiredAccess || CreateOptions & ~(ULONG)TRANSACTION_MAXIMUM_OPTION)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = Uow ? tmp_capture_guid(Uow, mode, &id) : STATUS_SUCCESS;
    if (NT_SUCCESS(status) && Timeout)
        status = MmCopyFromMode(&timeout, Timeout, sizeof timeout, mode);
    if (NT_SUCCESS(status))
        status = ObCreateService(TransactionHandle, mode, TmpTypes[TMP_TRANSACTION], ObjectAttributes,
                                 sizeof *transaction, (PVOID *)&transaction);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(&transaction->ended, NotificationEvent, FALSE);
    KeInitializeTimer(&transaction->timer);
    KeInitializeDpc(&transaction->dpc, expired, transaction);
    ExInitializeWorkItem(&transaction->expiry, expire, transaction);
    InitializeListHead(&transaction->enlistments);
    InitializeListHead(&transaction->deliveries);
    transaction->isolation_level = IsolationLevel;
    transaction->isolation_flags = IsolationFlags;
    status =
        tmp_capture_text(Description, MAX_TRANSACTION_DESCRIPTION_LENGTH, mode, &transaction->description);
    if (NT_SUCCESS(status) && TmHandle)
        status = tmp_object(TmHandle, TRANSACTIONMANAGER_QUERY_INFORMATION, TMP_MANAGER,
                            (PVOID *)&transaction->manager);
    if (NT_SUCCESS(status) && !tmp_identify(&transaction->identity, TMP_TRANSACTION, &id))
        status = STATUS_OBJECT_NAME_COLLISION;
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(transaction);
        return status;
    }
    ObpReferenceObject(transaction); /* the handle may be closed by another thread at once */
    status = ObInsertService(transaction, DesiredAccess, TransactionHandle, mode);
    tmp_lock();
    if (NT_SUCCESS(status))
        set_timeout(transaction, timeout);
    tmp_unlock();
    ObpDereferenceObject(transaction);
    return status;
}

static bool is_of(PVOID object, PVOID manager)
{
    return !manager || ((PKTRANSACTION)object)->manager == manager;
}

/* STATUS_TRANSACTION_NOT_FOUND: none has that unit of work. (WDK: ZwOpenTransaction) */
SERVICE(OpenTransaction,
        (PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         LPGUID Uow, HANDLE TmHandle),
        (TransactionHandle, DesiredAccess, ObjectAttributes, Uow, TmHandle))
{
    PVOID manager = NULL;
    NTSTATUS status = TmHandle
                          ? tmp_object(TmHandle, TRANSACTIONMANAGER_QUERY_INFORMATION, TMP_MANAGER, &manager)
                          : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    struct tmp_search search = {TMP_TRANSACTION, Uow, is_of, manager, STATUS_TRANSACTION_NOT_FOUND};
    status = tmp_open(TransactionHandle, DesiredAccess, ObjectAttributes, &search, KiPreviousMode());
    if (manager)
        ObpDereferenceObject(manager);
    return status;
}

static NTSTATUS start_and_drive(PKTRANSACTION transaction, NTSTATUS (*start)(PKTRANSACTION), BOOLEAN wait,
                                KPROCESSOR_MODE mode)
{
    tmp_lock();
    NTSTATUS status = start(transaction);
    tmp_unlock();
    if (!NT_SUCCESS(status))
        return status;
    tmp_drive(transaction);
    if (wait)
        status = KeWaitForSingleObject(&transaction->ended, Executive, mode, FALSE, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    tmp_lock();
    enum tmp_phase phase = transaction->phase;
    bool ended = tmp_has_ended(transaction);
    tmp_unlock();
    if (!ended)
        return STATUS_PENDING;
    return phase == TMP_ABORTED && start == tmp_start_commit ? STATUS_TRANSACTION_ALREADY_ABORTED
                                                             : STATUS_SUCCESS;
}

/*
 * STATUS_PENDING: not everybody has answered, and nobody waits. STATUS_TRANSACTION_ALREADY_ABORTED: it has
 * been rolled back, also by a resource manager just now. STATUS_TRANSACTION_ALREADY_COMMITTED;
 * STATUS_TRANSACTION_REQUEST_NOT_VALID: it has begun already; STATUS_TRANSACTION_SUPERIOR_EXISTS. (WDK:
 * ZwCommitTransaction)
 */
SERVICE(CommitTransaction, (HANDLE TransactionHandle, BOOLEAN Wait), (TransactionHandle, Wait))
{
    PKTRANSACTION transaction;
    NTSTATUS status =
        TmpTransactionByHandle(TransactionHandle, TRANSACTION_COMMIT, KiPreviousMode(), &transaction);
    if (!NT_SUCCESS(status))
        return status;
    status = start_and_drive(transaction, tmp_start_commit, Wait, KiPreviousMode());
    ObpDereferenceObject(transaction);
    return status;
}

/* As long as its commit has not begun. (WDK: ZwRollbackTransaction) */
SERVICE(RollbackTransaction, (HANDLE TransactionHandle, BOOLEAN Wait), (TransactionHandle, Wait))
{
    PKTRANSACTION transaction;
    NTSTATUS status =
        TmpTransactionByHandle(TransactionHandle, TRANSACTION_ROLLBACK, KiPreviousMode(), &transaction);
    if (!NT_SUCCESS(status))
        return status;
    status = start_and_drive(transaction, tmp_start_rollback, Wait, KiPreviousMode());
    ObpDereferenceObject(transaction);
    return status;
}

NTSTATUS NTAPI TmCommitTransaction(PKTRANSACTION Transaction, BOOLEAN Wait)
{
    GATE(TmCommitTransaction, Transaction, Wait);
    return start_and_drive(Transaction, tmp_start_commit, Wait, KernelMode);
}

NTSTATUS NTAPI TmRollbackTransaction(PKTRANSACTION Transaction, BOOLEAN Wait)
{
    GATE(TmRollbackTransaction, Transaction, Wait);
    return start_and_drive(Transaction, tmp_start_rollback, Wait, KernelMode);
}

VOID NTAPI TmGetTransactionId(PKTRANSACTION Transaction, PUOW TransactionId)
{
    GATE(TmGetTransactionId, Transaction, TransactionId);
    *TransactionId = Transaction->identity.id;
}

/* Until pre-preparing or rolling back begins. */
BOOLEAN NTAPI TmIsTransactionActive(PKTRANSACTION Transaction)
{
    GATE(TmIsTransactionActive, Transaction);
    tmp_lock();
    BOOLEAN active = Transaction->phase == TMP_ACTIVE;
    tmp_unlock();
    return active;
}

/* --- information --- */

static ULONG outcome(PKTRANSACTION transaction)
{
    switch (transaction->phase) {
    case TMP_COMMITTING:
    case TMP_COMMITTED:
        return TransactionOutcomeCommitted;
    case TMP_ABORTING:
    case TMP_ABORTED:
        return TransactionOutcomeAborted;
    default:
        return TransactionOutcomeUndetermined;
    }
}

static NTSTATUS query_basic(PKTRANSACTION transaction, PVOID to, ULONG length, PULONG result,
                            KPROCESSOR_MODE mode)
{
    TRANSACTION_BASIC_INFORMATION info = {.TransactionId = transaction->identity.id};
    tmp_lock();
    info.Outcome = outcome(transaction);
    tmp_unlock();
    info.State = info.Outcome == TransactionOutcomeCommitted ? TransactionStateCommittedNotify
                                                             : TransactionStateNormal;
    struct tmp_answer answer = {&info, sizeof info, sizeof info, STATUS_INFO_LENGTH_MISMATCH};
    return tmp_give(&answer, to, length, result, mode);
}

static NTSTATUS query_properties(PKTRANSACTION transaction, PVOID to, ULONG length, PULONG result,
                                 KPROCESSOR_MODE mode)
{
    union {
        TRANSACTION_PROPERTIES_INFORMATION info;
        UCHAR room[sizeof(TRANSACTION_PROPERTIES_INFORMATION) +
                   MAX_TRANSACTION_DESCRIPTION_LENGTH * sizeof(WCHAR)];
    } said = {0};
    ULONG fixed = FIELD_OFFSET(TRANSACTION_PROPERTIES_INFORMATION, Description);
    tmp_lock();
    said.info.IsolationLevel = transaction->isolation_level;
    said.info.IsolationFlags = transaction->isolation_flags;
    said.info.Timeout = transaction->timeout;
    said.info.Outcome = outcome(transaction);
    said.info.DescriptionLength = transaction->description.Length;
    if (transaction->description.Length)
        memcpy(said.room + fixed, transaction->description.Buffer, transaction->description.Length);
    tmp_unlock();
    struct tmp_answer answer = {&said, fixed, fixed + said.info.DescriptionLength,
                                STATUS_INFO_LENGTH_MISMATCH};
    return tmp_give(&answer, to, length, result, mode);
}

static void pair_of(PKENLISTMENT enlistment, PTRANSACTION_ENLISTMENT_PAIR pair)
{
    pair->EnlistmentId = enlistment->identity.id;
    pair->ResourceManagerId = enlistment->manager->identity.id;
}

static NTSTATUS query_enlistments(PKTRANSACTION transaction, PVOID to, ULONG length, PULONG result,
                                  KPROCESSOR_MODE mode)
{
    ULONG fixed = FIELD_OFFSET(TRANSACTION_ENLISTMENTS_INFORMATION, EnlistmentPair), count = 0, room;
    TRANSACTION_ENLISTMENTS_INFORMATION *info;
    for (room = 16;; room = 2 * count) {
        info = calloc(1, fixed + room * sizeof info->EnlistmentPair[0]);
        if (!info)
            return STATUS_INSUFFICIENT_RESOURCES;
        tmp_lock();
        count = 0;
        PLIST_ENTRY list = &transaction->enlistments;
        for (PLIST_ENTRY e = list->Flink; e != list; e = e->Flink, count++)
            if (count < room)
                pair_of(CONTAINING_RECORD(e, KENLISTMENT, of_transaction), &info->EnlistmentPair[count]);
        tmp_unlock();
        if (count <= room)
            break;
        free(info);
    }
    info->NumberOfEnlistments = count;
    struct tmp_answer answer = {info, fixed, fixed + count * (ULONG)sizeof info->EnlistmentPair[0],
                                STATUS_INFO_LENGTH_MISMATCH};
    NTSTATUS status = tmp_give(&answer, to, length, result, mode);
    free(info);
    return status;
}

static NTSTATUS query_superior(PKTRANSACTION transaction, PVOID to, ULONG length, PULONG result,
                               KPROCESSOR_MODE mode)
{
    TRANSACTION_SUPERIOR_ENLISTMENT_INFORMATION info = {0};
    tmp_lock();
    if (transaction->superior)
        pair_of(transaction->superior, &info.SuperiorEnlistmentPair);
    tmp_unlock();
    struct tmp_answer answer = {&info, sizeof info, sizeof info, STATUS_INFO_LENGTH_MISMATCH};
    return tmp_give(&answer, to, length, result, mode);
}

/*
 * STATUS_INFO_LENGTH_MISMATCH: not even the fixed part fits. STATUS_BUFFER_OVERFLOW: as much as fits is
 * written. (WDK: ZwQueryInformationTransaction)
 */
SERVICE(QueryInformationTransaction,
        (HANDLE TransactionHandle, TRANSACTION_INFORMATION_CLASS TransactionInformationClass,
         PVOID TransactionInformation, ULONG TransactionInformationLength, PULONG ReturnLength),
        (TransactionHandle, TransactionInformationClass, TransactionInformation, TransactionInformationLength,
         ReturnLength))
{
    static NTSTATUS (*const query[])(PKTRANSACTION, PVOID, ULONG, PULONG, KPROCESSOR_MODE) = {
        [TransactionBasicInformation] = query_basic,
        [TransactionPropertiesInformation] = query_properties,
        [TransactionEnlistmentInformation] = query_enlistments,
        [TransactionSuperiorEnlistmentInformation] = query_superior,
    };
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKTRANSACTION transaction;
    if ((ULONG)TransactionInformationClass >= sizeof query / sizeof query[0])
        return STATUS_INVALID_INFO_CLASS;
    NTSTATUS status =
        TmpTransactionByHandle(TransactionHandle, TRANSACTION_QUERY_INFORMATION, mode, &transaction);
    if (!NT_SUCCESS(status))
        return status;
    status = query[TransactionInformationClass](transaction, TransactionInformation,
                                                TransactionInformationLength, ReturnLength, mode);
    ObpDereferenceObject(transaction);
    return status;
}

/* Isolation, time-out and description. (WDK: ZwSetInformationTransaction) */
SERVICE(SetInformationTransaction,
        (HANDLE TransactionHandle, TRANSACTION_INFORMATION_CLASS TransactionInformationClass,
         PVOID TransactionInformation, ULONG TransactionInformationLength),
        (TransactionHandle, TransactionInformationClass, TransactionInformation,
         TransactionInformationLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    TRANSACTION_PROPERTIES_INFORMATION info;
    PKTRANSACTION transaction;
    ULONG fixed = FIELD_OFFSET(TRANSACTION_PROPERTIES_INFORMATION, Description);
    UNICODE_STRING text, own;
    if (TransactionInformationClass != TransactionPropertiesInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (TransactionInformationLength < fixed)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status =
        TmpTransactionByHandle(TransactionHandle, TRANSACTION_SET_INFORMATION, mode, &transaction);
    if (!NT_SUCCESS(status))
        return status;
    if (mode != KernelMode)
        status = MmProbe(TransactionInformation, TransactionInformationLength, sizeof(ULONG), false);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&info, TransactionInformation, fixed, mode);
    if (NT_SUCCESS(status) && (info.DescriptionLength & 1 ||
                               info.DescriptionLength > MAX_TRANSACTION_DESCRIPTION_LENGTH * sizeof(WCHAR) ||
                               info.DescriptionLength > TransactionInformationLength - fixed))
        status = STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        goto out;
    text.Length = text.MaximumLength = (USHORT)info.DescriptionLength;
    text.Buffer = ((PTRANSACTION_PROPERTIES_INFORMATION)TransactionInformation)->Description;
    WCHAR copy[MAX_TRANSACTION_DESCRIPTION_LENGTH];
    status = MmCopyFromMode(copy, text.Buffer, text.Length, mode);
    text.Buffer = copy;
    if (NT_SUCCESS(status))
        status = tmp_capture_text(&text, MAX_TRANSACTION_DESCRIPTION_LENGTH, KernelMode, &own);
    if (!NT_SUCCESS(status))
        goto out;
    tmp_lock();
    UNICODE_STRING old = transaction->description;
    transaction->description = own;
    transaction->isolation_level = info.IsolationLevel;
    transaction->isolation_flags = info.IsolationFlags;
    set_timeout(transaction, info.Timeout);
    tmp_unlock();
    tmp_free_text(&old);
out:
    ObpDereferenceObject(transaction);
    return status;
}
