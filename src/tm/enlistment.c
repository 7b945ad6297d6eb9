/*
 * Enlistments: made, opened, queried; the answers to notifications, and what superior ones command.
 */
#include "tmp.h"

/* --- the object --- */

VOID tmp_delete_enlistment(PVOID object)
{
    PKENLISTMENT enlistment = object;
    if (enlistment->recovery)
        MmFreeSystemPool(enlistment->recovery);
    if (!TM)
        return;
    tmp_forget(&enlistment->identity);
    if (!enlistment->transaction) /* it could not enlist */
        return;
    tmp_lock();
    RemoveEntryList(&enlistment->of_manager);
    tmp_unlock();
    ObpDereferenceObject(enlistment->transaction);
    ObpDereferenceObject(enlistment->manager);
}

VOID tmp_close_enlistment(PEPROCESS process, PVOID object, ACCESS_MASK granted, ULONG process_handles,
                          ULONG handles)
{
    (void)process, (void)granted, (void)process_handles;
    if (handles == 1 && TM)
        tmp_abandon(object);
}

struct enlisting {
    PKRESOURCEMANAGER manager;
    PKTRANSACTION transaction;
    NOTIFICATION_MASK mask;
    PVOID key;
    ULONG options;
};

/* The object is zeroed. It is in both lists afterwards, and the transaction has a reference. */
static NTSTATUS enlist(PKENLISTMENT enlistment, const struct enlisting *e)
{
    NTSTATUS status = STATUS_SUCCESS;
    tmp_lock();
    if (e->manager->offline)
        status = STATUS_TRANSACTIONMANAGER_NOT_ONLINE;
    else if (e->transaction->phase != TMP_ACTIVE)
        status = STATUS_TRANSACTION_NOT_ACTIVE;
    else if (e->options & ENLISTMENT_SUPERIOR && e->transaction->superior)
        status = STATUS_TRANSACTION_SUPERIOR_EXISTS;
    if (NT_SUCCESS(status)) {
        ObpReferenceObject(enlistment->transaction = e->transaction);
        ObpReferenceObject(enlistment->manager = e->manager);
        enlistment->mask = e->mask;
        enlistment->key = e->key;
        enlistment->key_references = 1;
        enlistment->superior = (e->options & ENLISTMENT_SUPERIOR) != 0;
        if (enlistment->superior)
            e->transaction->superior = enlistment;
        ObpReferenceObject(enlistment);
        InsertTailList(&e->transaction->enlistments, &enlistment->of_transaction);
        InsertTailList(&e->manager->enlistments, &enlistment->of_manager);
    }
    tmp_unlock();
    return status;
}

NTSTATUS TmpEnlist(PKRESOURCEMANAGER manager, PKTRANSACTION transaction, NOTIFICATION_MASK mask, PVOID key)
{
    struct enlisting e = {manager, transaction, mask, key, 0};
    OBJECT_ATTRIBUTES none;
    PKENLISTMENT enlistment;
    InitializeObjectAttributes(&none, NULL, 0, NULL, NULL);
    NTSTATUS status = ObCreateObject(KernelMode, TmpTypes[TMP_ENLISTMENT], &none, KernelMode, NULL,
                                     sizeof *enlistment, 0, 0, (PVOID *)&enlistment);
    if (!NT_SUCCESS(status))
        return status;
    tmp_identify(&enlistment->identity, TMP_ENLISTMENT, NULL);
    status = enlist(enlistment, &e);
    ObpDereferenceObject(enlistment);
    return status;
}

static NTSTATUS create(PHANDLE out, KPROCESSOR_MODE mode, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                       const struct enlisting *e)
{
    PKENLISTMENT enlistment;
    if (e->options & ~(ULONG)ENLISTMENT_MAXIMUM_OPTION || !e->mask ||
        e->mask & ~(ULONG)TRANSACTION_NOTIFY_MASK)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObCreateService(out, mode, TmpTypes[TMP_ENLISTMENT], attributes, sizeof *enlistment,
                                      (PVOID *)&enlistment);
    if (!NT_SUCCESS(status))
        return status;
    tmp_identify(&enlistment->identity, TMP_ENLISTMENT, NULL);
    status = enlist(enlistment, e);
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(enlistment);
        return status;
    }
    ObpReferenceObject(enlistment);
    status = ObInsertService(enlistment, access, out, mode);
    if (!NT_SUCCESS(status))
        tmp_abandon(enlistment);
    ObpDereferenceObject(enlistment);
    return status;
}

/*
 * STATUS_INVALID_PARAMETER: options or mask. STATUS_TRANSACTION_NOT_ACTIVE: it is too late.
 * STATUS_TRANSACTION_SUPERIOR_EXISTS. STATUS_TRANSACTIONMANAGER_NOT_ONLINE: the resource manager's handles
 * are closed. (WDK: ZwCreateEnlistment)
 */
SERVICE(CreateEnlistment,
        (PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess, HANDLE ResourceManagerHandle,
         HANDLE TransactionHandle, POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
         NOTIFICATION_MASK NotificationMask, PVOID EnlistmentKey),
        (EnlistmentHandle, DesiredAccess, ResourceManagerHandle, TransactionHandle, ObjectAttributes,
         CreateOptions, NotificationMask, EnlistmentKey))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct enlisting e = {.mask = NotificationMask, .key = EnlistmentKey, .options = CreateOptions};
    NTSTATUS status =
        tmp_object(ResourceManagerHandle, RESOURCEMANAGER_ENLIST, TMP_RESOURCE_MANAGER, (PVOID *)&e.manager);
    if (!NT_SUCCESS(status))
        return status;
    status = TmpTransactionByHandle(TransactionHandle, TRANSACTION_ENLIST, mode, &e.transaction);
    if (NT_SUCCESS(status)) {
        status = create(EnlistmentHandle, mode, DesiredAccess, ObjectAttributes, &e);
        ObpDereferenceObject(e.transaction);
    }
    ObpDereferenceObject(e.manager);
    return status;
}

/* The handle is for a caller of that mode. (WDK: TmCreateEnlistment) */
NTSTATUS NTAPI TmCreateEnlistment(PHANDLE EnlistmentHandle, KPROCESSOR_MODE PreviousMode,
                                  ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                  PRKRESOURCEMANAGER ResourceManager, PKTRANSACTION Transaction,
                                  ULONG CreateOptions, NOTIFICATION_MASK NotificationMask,
                                  PVOID EnlistmentKey)
{
    GATE(TmCreateEnlistment, EnlistmentHandle, PreviousMode, DesiredAccess, ObjectAttributes);
    struct enlisting e = {ResourceManager, Transaction, NotificationMask, EnlistmentKey, CreateOptions};
    return create(EnlistmentHandle, PreviousMode, DesiredAccess, ObjectAttributes, &e);
}

static bool is_of(PVOID object, PVOID manager)
{
    return ((PKENLISTMENT)object)->manager == manager;
}

/* STATUS_ENLISTMENT_NOT_FOUND: the resource manager has none of that GUID. (WDK: ZwOpenEnlistment) */
SERVICE(OpenEnlistment,
        (PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess, HANDLE RmHandle, LPGUID EnlistmentGuid,
         POBJECT_ATTRIBUTES ObjectAttributes),
        (EnlistmentHandle, DesiredAccess, RmHandle, EnlistmentGuid, ObjectAttributes))
{
    PVOID manager;
    NTSTATUS status = tmp_object(RmHandle, RESOURCEMANAGER_QUERY_INFORMATION, TMP_RESOURCE_MANAGER, &manager);
    if (!NT_SUCCESS(status))
        return status;
    struct tmp_search search = {TMP_ENLISTMENT, EnlistmentGuid, is_of, manager, STATUS_ENLISTMENT_NOT_FOUND};
    status = tmp_open(EnlistmentHandle, DesiredAccess, ObjectAttributes, &search, KiPreviousMode());
    ObpDereferenceObject(manager);
    return status;
}

/* --- information --- */

static NTSTATUS query_recovery(PKENLISTMENT enlistment, PVOID to, ULONG length, PULONG result)
{
    tmp_lock();
    ULONG size = enlistment->recovery_length;
    UCHAR *copy = malloc((size_t)size + 1);
    if (copy && size)
        memcpy(copy, enlistment->recovery, size);
    tmp_unlock();
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct tmp_answer answer = {copy, size, size, STATUS_INFO_LENGTH_MISMATCH};
    NTSTATUS status = tmp_give(&answer, to, length, result, KiPreviousMode());
    free(copy);
    return status;
}

SERVICE(QueryInformationEnlistment,
        (HANDLE EnlistmentHandle, ENLISTMENT_INFORMATION_CLASS EnlistmentInformationClass,
         PVOID EnlistmentInformation, ULONG EnlistmentInformationLength, PULONG ReturnLength),
        (EnlistmentHandle, EnlistmentInformationClass, EnlistmentInformation, EnlistmentInformationLength,
         ReturnLength))
{
    PKENLISTMENT enlistment;
    if (EnlistmentInformationClass != EnlistmentBasicInformation &&
        EnlistmentInformationClass != EnlistmentRecoveryInformation)
        return STATUS_INVALID_INFO_CLASS;
    NTSTATUS status =
        tmp_object(EnlistmentHandle, ENLISTMENT_QUERY_INFORMATION, TMP_ENLISTMENT, (PVOID *)&enlistment);
    if (!NT_SUCCESS(status))
        return status;
    ENLISTMENT_BASIC_INFORMATION info = {enlistment->identity.id, enlistment->transaction->identity.id,
                                         enlistment->manager->identity.id};
    struct tmp_answer answer = {&info, sizeof info, sizeof info, STATUS_INFO_LENGTH_MISMATCH};
    status =
        EnlistmentInformationClass == EnlistmentRecoveryInformation
            ? query_recovery(enlistment, EnlistmentInformation, EnlistmentInformationLength, ReturnLength)
            : tmp_give(&answer, EnlistmentInformation, EnlistmentInformationLength, ReturnLength,
                       KiPreviousMode());
    ObpDereferenceObject(enlistment);
    return status;
}

/* EnlistmentRecoveryInformation: any bytes, kept in memory until the next call. */
SERVICE(SetInformationEnlistment,
        (HANDLE EnlistmentHandle, ENLISTMENT_INFORMATION_CLASS EnlistmentInformationClass,
         PVOID EnlistmentInformation, ULONG EnlistmentInformationLength),
        (EnlistmentHandle, EnlistmentInformationClass, EnlistmentInformation, EnlistmentInformationLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKENLISTMENT enlistment;
    PVOID own = NULL;
    if (EnlistmentInformationClass != EnlistmentRecoveryInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (!EnlistmentInformationLength)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status =
        tmp_object(EnlistmentHandle, ENLISTMENT_SET_INFORMATION, TMP_ENLISTMENT, (PVOID *)&enlistment);
    if (!NT_SUCCESS(status))
        return status;
    if (mode != KernelMode)
        status = MmProbe(EnlistmentInformation, EnlistmentInformationLength, 1, false);
    if (NT_SUCCESS(status) && !(own = MmAllocateSystemPool(EnlistmentInformationLength, TMP_TAG)))
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(own, EnlistmentInformation, EnlistmentInformationLength, mode);
    if (NT_SUCCESS(status)) {
        tmp_lock();
        PVOID old = enlistment->recovery;
        enlistment->recovery = own;
        enlistment->recovery_length = EnlistmentInformationLength;
        tmp_unlock();
        own = old;
    }
    if (own)
        MmFreeSystemPool(own);
    ObpDereferenceObject(enlistment);
    return status;
}

/* STATUS_UNSUCCESSFUL: it has no reference left. (WDK: TmReferenceEnlistmentKey) */
NTSTATUS NTAPI TmReferenceEnlistmentKey(PKENLISTMENT Enlistment, PVOID *Key)
{
    GATE(TmReferenceEnlistmentKey, Enlistment, Key);
    NTSTATUS status = STATUS_SUCCESS;
    if (!Key)
        return STATUS_INVALID_PARAMETER;
    tmp_lock();
    if (!Enlistment->key_references)
        status = STATUS_UNSUCCESSFUL;
    else if (Enlistment->key_references == MAXULONG)
        status = STATUS_INSUFFICIENT_RESOURCES;
    else
        Enlistment->key_references++;
    tmp_unlock();
    if (NT_SUCCESS(status))
        *Key = Enlistment->key;
    return status;
}

NTSTATUS NTAPI TmDereferenceEnlistmentKey(PKENLISTMENT Enlistment, PBOOLEAN LastReference)
{
    GATE(TmDereferenceEnlistmentKey, Enlistment, LastReference);
    tmp_lock();
    NTSTATUS status = Enlistment->key_references ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    BOOLEAN last = NT_SUCCESS(status) && --Enlistment->key_references == 0;
    tmp_unlock();
    if (NT_SUCCESS(status) && LastReference)
        *LastReference = last;
    return status;
}

/* --- answers and commands, under the lock --- */

static NTSTATUS answer(PKENLISTMENT enlistment, bool in_phase)
{
    if (!in_phase || !enlistment->asked || enlistment->pending)
        return STATUS_TRANSACTION_NOT_REQUESTED;
    tmp_answered(enlistment);
    return STATUS_SUCCESS;
}

static NTSTATUS preprepare_complete(PKENLISTMENT enlistment)
{
    return answer(enlistment, enlistment->transaction->phase == TMP_PREPREPARING);
}

static NTSTATUS prepare_complete(PKENLISTMENT enlistment)
{
    NTSTATUS status = answer(enlistment, enlistment->transaction->phase == TMP_PREPARING);
    enlistment->prepared |= NT_SUCCESS(status);
    return status;
}

static NTSTATUS commit_complete(PKENLISTMENT enlistment)
{
    enum tmp_phase phase = enlistment->transaction->phase;
    return answer(enlistment, phase == TMP_COMMITTING || phase == TMP_SINGLE_PHASE);
}

static NTSTATUS rollback_complete(PKENLISTMENT enlistment)
{
    return answer(enlistment, enlistment->transaction->phase == TMP_ABORTING);
}

/* At any time up to the answer to prepare. (WDK: Creating a Resource Manager) */
static NTSTATUS read_only(PKENLISTMENT enlistment)
{
    enum tmp_phase phase = enlistment->transaction->phase;
    bool early = phase == TMP_ACTIVE || phase == TMP_PREPREPARING || phase == TMP_PREPREPARED ||
                 phase == TMP_PREPARING;
    if (enlistment->superior || enlistment->read_only || enlistment->prepared || !early)
        return STATUS_TRANSACTION_NOT_REQUESTED;
    enlistment->read_only = TRUE;
    tmp_answered(enlistment);
    return STATUS_SUCCESS;
}

static NTSTATUS single_phase_reject(PKENLISTMENT enlistment)
{
    NTSTATUS status = answer(enlistment, enlistment->transaction->phase == TMP_SINGLE_PHASE);
    if (NT_SUCCESS(status))
        tmp_begin(enlistment->transaction, TMP_PREPREPARING);
    return status;
}

static NTSTATUS roll_back(PKENLISTMENT enlistment)
{
    if (!tmp_may_roll_back(enlistment))
        return STATUS_TRANSACTION_REQUEST_NOT_VALID;
    tmp_begin(enlistment->transaction, TMP_ABORTING);
    return STATUS_SUCCESS;
}

static NTSTATUS command(PKENLISTMENT enlistment, ULONG wanted, bool in_phase, enum tmp_phase next)
{
    if (!enlistment->superior)
        return STATUS_ENLISTMENT_NOT_SUPERIOR;
    if (!(enlistment->mask & wanted))
        return STATUS_TRANSACTION_RESPONSE_NOT_ENLISTED;
    if (!in_phase)
        return STATUS_TRANSACTION_REQUEST_NOT_VALID;
    tmp_begin(enlistment->transaction, next);
    return STATUS_SUCCESS;
}

static NTSTATUS preprepare(PKENLISTMENT enlistment)
{
    enum tmp_phase phase = enlistment->transaction->phase;
    return command(enlistment, TRANSACTION_NOTIFY_PREPREPARE_COMPLETE,
                   phase == TMP_ACTIVE || phase == TMP_REQUESTING, TMP_PREPREPARING);
}

static NTSTATUS prepare(PKENLISTMENT enlistment)
{
    return command(enlistment, TRANSACTION_NOTIFY_PREPARE_COMPLETE,
                   enlistment->transaction->phase == TMP_PREPREPARED, TMP_PREPARING);
}

static NTSTATUS commit(PKENLISTMENT enlistment)
{
    enum tmp_phase phase = enlistment->transaction->phase;
    NTSTATUS status =
        command(enlistment, TRANSACTION_NOTIFY_COMMIT_COMPLETE, phase == TMP_PREPARED, TMP_COMMITTING);
    if (status != STATUS_TRANSACTION_REQUEST_NOT_VALID)
        return status;
    if (phase == TMP_ABORTING || phase == TMP_ABORTED)
        return STATUS_TRANSACTION_ALREADY_ABORTED;
    return phase == TMP_COMMITTING || phase == TMP_COMMITTED ? STATUS_TRANSACTION_NOT_ACTIVE : status;
}

/* What can be done in time: the superior is asked, or all is rolled back while it may be. */
static NTSTATUS request_outcome(PKENLISTMENT enlistment)
{
    PKTRANSACTION transaction = enlistment->transaction;
    if (enlistment->superior)
        return STATUS_TRANSACTION_REQUEST_NOT_VALID;
    if (transaction->phase == TMP_PREPARED && transaction->superior)
        tmp_notify(transaction->superior, TRANSACTION_NOTIFY_REQUEST_OUTCOME);
    else if (transaction->phase == TMP_PREPARING && transaction->unanswered)
        tmp_begin(transaction, TMP_ABORTING);
    return STATUS_SUCCESS;
}

/* The outcome is told once more. STATUS_TRANSACTION_REQUEST_NOT_VALID: there is nothing to recover yet. */
static NTSTATUS recover(PKENLISTMENT enlistment)
{
    enum tmp_phase phase = enlistment->transaction->phase;
    if (phase == TMP_COMMITTING && enlistment->asked)
        tmp_notify(enlistment, TRANSACTION_NOTIFY_COMMIT);
    else if (phase == TMP_ABORTING && enlistment->asked)
        tmp_notify(enlistment, TRANSACTION_NOTIFY_ROLLBACK);
    else if (enlistment->prepared && (phase == TMP_PREPARING || phase == TMP_PREPARED))
        tmp_notify(enlistment, TRANSACTION_NOTIFY_INDOUBT);
    else
        return STATUS_TRANSACTION_REQUEST_NOT_VALID;
    return enlistment->manager->callback ? STATUS_SUCCESS : STATUS_PENDING;
}

static NTSTATUS act(PKENLISTMENT enlistment, NTSTATUS (*what)(PKENLISTMENT), PLARGE_INTEGER clock,
                    KPROCESSOR_MODE mode)
{
    NTSTATUS status = tmp_advance_clock(enlistment->manager->manager, clock, mode);
    if (!NT_SUCCESS(status))
        return status;
    tmp_lock();
    status = what(enlistment);
    tmp_unlock();
    if (NT_SUCCESS(status))
        tmp_drive(enlistment->transaction);
    return status;
}

static NTSTATUS act_by_handle(HANDLE handle, ACCESS_MASK access, NTSTATUS (*what)(PKENLISTMENT),
                              PLARGE_INTEGER clock)
{
    PKENLISTMENT enlistment;
    NTSTATUS status = tmp_object(handle, access, TMP_ENLISTMENT, (PVOID *)&enlistment);
    if (!NT_SUCCESS(status))
        return status;
    status = act(enlistment, what, clock, KiPreviousMode());
    ObpDereferenceObject(enlistment);
    return status;
}

#define ACTION(name, rights, what)                                                                           \
    SERVICE(name, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock),                                  \
            (EnlistmentHandle, TmVirtualClock))                                                              \
    {                                                                                                        \
        return act_by_handle(EnlistmentHandle, rights, what, TmVirtualClock);                                \
    }                                                                                                        \
    NTSTATUS NTAPI Tm##name(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock)                          \
    {                                                                                                        \
        GATE(Tm##name, Enlistment, TmVirtualClock);                                                          \
        return act(Enlistment, what, TmVirtualClock, KernelMode);                                            \
    }

/* STATUS_TRANSACTION_NOT_REQUESTED: there is no notification that this would answer. */
ACTION(PrePrepareComplete, ENLISTMENT_SUBORDINATE_RIGHTS, preprepare_complete)
ACTION(PrepareComplete, ENLISTMENT_SUBORDINATE_RIGHTS, prepare_complete)
ACTION(CommitComplete, ENLISTMENT_SUBORDINATE_RIGHTS, commit_complete)
ACTION(RollbackComplete, ENLISTMENT_SUBORDINATE_RIGHTS, rollback_complete)
ACTION(ReadOnlyEnlistment, ENLISTMENT_SUBORDINATE_RIGHTS, read_only)
ACTION(SinglePhaseReject, ENLISTMENT_SUBORDINATE_RIGHTS, single_phase_reject)
/* STATUS_TRANSACTION_REQUEST_NOT_VALID: it is prepared, or the end is decided. */
ACTION(RollbackEnlistment, ENLISTMENT_SUBORDINATE_RIGHTS, roll_back)
/*
 * STATUS_ENLISTMENT_NOT_SUPERIOR; STATUS_TRANSACTION_RESPONSE_NOT_ENLISTED: it did not ask to be told of the
 * phase's end; STATUS_TRANSACTION_REQUEST_NOT_VALID: not in this phase. (WDK: Creating a Superior Transaction
 * Manager)
 */
ACTION(PrePrepareEnlistment, ENLISTMENT_SUPERIOR_RIGHTS, preprepare)
ACTION(PrepareEnlistment, ENLISTMENT_SUPERIOR_RIGHTS, prepare)
ACTION(CommitEnlistment, ENLISTMENT_SUPERIOR_RIGHTS, commit)

NTSTATUS NTAPI TmRequestOutcomeEnlistment(PKENLISTMENT Enlistment, PLARGE_INTEGER TmVirtualClock)
{
    GATE(TmRequestOutcomeEnlistment, Enlistment, TmVirtualClock);
    return act(Enlistment, request_outcome, TmVirtualClock, KernelMode);
}

static NTSTATUS recover_with_key(PKENLISTMENT enlistment, PVOID key)
{
    tmp_lock();
    enlistment->key = key;
    tmp_unlock();
    return act(enlistment, recover, NULL, KernelMode);
}

SERVICE(RecoverEnlistment, (HANDLE EnlistmentHandle, PVOID EnlistmentKey), (EnlistmentHandle, EnlistmentKey))
{
    PKENLISTMENT enlistment;
    NTSTATUS status = tmp_object(EnlistmentHandle, ENLISTMENT_RECOVER, TMP_ENLISTMENT, (PVOID *)&enlistment);
    if (!NT_SUCCESS(status))
        return status;
    status = recover_with_key(enlistment, EnlistmentKey);
    ObpDereferenceObject(enlistment);
    return status;
}

NTSTATUS NTAPI TmRecoverEnlistment(PKENLISTMENT Enlistment, PVOID EnlistmentKey)
{
    GATE(TmRecoverEnlistment, Enlistment, EnlistmentKey);
    return recover_with_key(Enlistment, EnlistmentKey);
}
