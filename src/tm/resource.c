/*
 * Transaction managers and resource managers: made, opened, queried; notifications delivered to a callback or
 * fetched from a queue; virtual clocks.
 */
#include "tmp.h"

/* --- transaction managers --- */

VOID tmp_delete_manager(PVOID object)
{
    if (TM)
        tmp_forget(&((PKTM)object)->identity);
}

/*
 * Only volatile ones: there is no log. STATUS_INVALID_PARAMETER: unknown options, a volatile one with a log
 * file, or neither. STATUS_NOT_SUPPORTED: one with a log file. (WDK: ZwCreateTransactionManager)
 */
SERVICE(CreateTransactionManager,
        (PHANDLE TmHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         PUNICODE_STRING LogFileName, ULONG CreateOptions, ULONG CommitStrength),
        (TmHandle, DesiredAccess, ObjectAttributes, LogFileName, CreateOptions, CommitStrength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKTM manager;
    bool is_volatile = CreateOptions & TRANSACTION_MANAGER_VOLATILE;
    if (CreateOptions & ~(ULONG)TRANSACTION_MANAGER_MAXIMUM_OPTION || CommitStrength ||
        is_volatile == (LogFileName != NULL))
        return STATUS_INVALID_PARAMETER;
    if (!is_volatile)
        return STATUS_NOT_SUPPORTED;
    NTSTATUS status = ObCreateService(TmHandle, mode, TmpTypes[TMP_MANAGER], ObjectAttributes,
                                      sizeof *manager, (PVOID *)&manager);
    if (!NT_SUCCESS(status))
        return status;
    tmp_identify(&manager->identity, TMP_MANAGER, NULL);
    return ObInsertService(manager, DesiredAccess, TmHandle, mode);
}

/* By identity or by name. STATUS_TRANSACTIONMANAGER_NOT_FOUND. (WDK: ZwOpenTransactionManager) */
SERVICE(OpenTransactionManager,
        (PHANDLE TmHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         PUNICODE_STRING LogFileName, LPGUID TmIdentity, ULONG OpenOptions),
        (TmHandle, DesiredAccess, ObjectAttributes, LogFileName, TmIdentity, OpenOptions))
{
    if (OpenOptions)
        return STATUS_INVALID_PARAMETER;
    if (LogFileName)
        return STATUS_NOT_SUPPORTED;
    if (!TmIdentity)
        return ObOpenService(TmHandle, DesiredAccess, ObjectAttributes, TmpTypes[TMP_MANAGER]);
    struct tmp_search search = {TMP_MANAGER, TmIdentity, NULL, NULL, STATUS_TRANSACTIONMANAGER_NOT_FOUND};
    return tmp_open(TmHandle, DesiredAccess, ObjectAttributes, &search, KiPreviousMode());
}

static NTSTATUS recover_manager(HANDLE handle)
{
    PKTM manager;
    NTSTATUS status = tmp_object(handle, TRANSACTIONMANAGER_RECOVER, TMP_MANAGER, (PVOID *)&manager);
    if (!NT_SUCCESS(status))
        return status;
    ObpDereferenceObject(manager);
    return STATUS_TM_VOLATILE;
}

/* STATUS_TM_VOLATILE: there is nothing to recover from. (WDK: ZwRecoverTransactionManager) */
SERVICE(RecoverTransactionManager, (HANDLE TransactionManagerHandle), (TransactionManagerHandle))
{
    return recover_manager(TransactionManagerHandle);
}

SERVICE(RollforwardTransactionManager, (HANDLE TransactionManagerHandle, PLARGE_INTEGER TmVirtualClock),
        (TransactionManagerHandle, TmVirtualClock))
{
    (void)TmVirtualClock;
    return recover_manager(TransactionManagerHandle);
}

NTSTATUS NTAPI TmRecoverTransactionManager(PKTM Tm, PLARGE_INTEGER TargetVirtualClock)
{
    GATE(TmRecoverTransactionManager, Tm, TargetVirtualClock);
    (void)Tm, (void)TargetVirtualClock;
    return STATUS_TM_VOLATILE;
}

/* Of a volatile one there is the basic information; what concerns a log is STATUS_TM_VOLATILE. */
SERVICE(QueryInformationTransactionManager,
        (HANDLE TransactionManagerHandle,
         TRANSACTIONMANAGER_INFORMATION_CLASS TransactionManagerInformationClass,
         PVOID TransactionManagerInformation, ULONG TransactionManagerInformationLength, PULONG ReturnLength),
        (TransactionManagerHandle, TransactionManagerInformationClass, TransactionManagerInformation,
         TransactionManagerInformationLength, ReturnLength))
{
    PKTM manager;
    NTSTATUS status = tmp_object(TransactionManagerHandle, TRANSACTIONMANAGER_QUERY_INFORMATION, TMP_MANAGER,
                                 (PVOID *)&manager);
    if (!NT_SUCCESS(status))
        return status;
    TRANSACTIONMANAGER_BASIC_INFORMATION info = {.TmIdentity = manager->identity.id};
    tmp_lock();
    info.VirtualClock.QuadPart = manager->clock;
    tmp_unlock();
    struct tmp_answer answer = {&info, sizeof info, sizeof info, STATUS_BUFFER_TOO_SMALL};
    switch (TransactionManagerInformationClass) {
    case TransactionManagerBasicInformation:
        status = tmp_give(&answer, TransactionManagerInformation, TransactionManagerInformationLength,
                          ReturnLength, KiPreviousMode());
        break;
    case TransactionManagerLogInformation:
    case TransactionManagerLogPathInformation:
    case TransactionManagerRecoveryInformation:
        status = STATUS_TM_VOLATILE;
        break;
    default:
        status = STATUS_INVALID_INFO_CLASS;
    }
    ObpDereferenceObject(manager);
    return status;
}

NTSTATUS tmp_advance_clock(PKTM manager, PLARGE_INTEGER clock, KPROCESSOR_MODE mode)
{
    LARGE_INTEGER value;
    if (!clock)
        return STATUS_SUCCESS;
    NTSTATUS status =
        mode == KernelMode ? STATUS_SUCCESS : MmProbe(clock, sizeof value, sizeof(ULONG), false);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&value, clock, sizeof value, mode);
    if (!NT_SUCCESS(status))
        return status;
    tmp_lock();
    manager->clock = max(manager->clock, value.QuadPart);
    tmp_unlock();
    return STATUS_SUCCESS;
}

/* --- resource managers --- */

VOID tmp_delete_resource_manager(PVOID object)
{
    PKRESOURCEMANAGER manager = object;
    tmp_free_text(&manager->description);
    while (manager->queue.Flink && !IsListEmpty(&manager->queue))
        MmFreeSystemPool(CONTAINING_RECORD(RemoveHeadList(&manager->queue), struct tmp_notification, link));
    if (!TM)
        return;
    tmp_forget(&manager->identity);
    if (manager->manager)
        ObpDereferenceObject(manager->manager);
}

/* Nobody answers for its enlistments any more. (WDK: Resource Manager Objects) */
VOID tmp_close_resource_manager(PEPROCESS process, PVOID object, ACCESS_MASK granted, ULONG process_handles,
                                ULONG handles)
{
    (void)process, (void)granted, (void)process_handles;
    PKRESOURCEMANAGER manager = object;
    if (handles > 1 || !TM)
        return;
    tmp_lock();
    manager->offline = TRUE;
    for (PLIST_ENTRY e = manager->enlistments.Flink; e != &manager->enlistments;) {
        PKENLISTMENT enlistment = CONTAINING_RECORD(e, KENLISTMENT, of_manager);
        e = e->Flink;
        if (enlistment->abandoned || tmp_has_ended(enlistment->transaction) ||
            !ObpReferenceObjectSafe(enlistment))
            continue;
        tmp_unlock();
        tmp_abandon(enlistment);
        ObpDereferenceObject(enlistment);
        tmp_lock();
        e = manager->enlistments.Flink; /* the list may be another by now */
    }
    tmp_unlock();
}

static void initialize(PKRESOURCEMANAGER manager)
{
    KeInitializeEvent(&manager->available, NotificationEvent, FALSE);
    InitializeListHead(&manager->queue);
    InitializeListHead(&manager->enlistments);
}

NTSTATUS TmpCreateInternalManager(PTM_RM_NOTIFICATION callback, PVOID context, PKRESOURCEMANAGER *result)
{
    OBJECT_ATTRIBUTES none;
    PKTM clock;
    PKRESOURCEMANAGER manager;
    InitializeObjectAttributes(&none, NULL, 0, NULL, NULL);
    NTSTATUS status = ObCreateObject(KernelMode, TmpTypes[TMP_MANAGER], &none, KernelMode, NULL,
                                     sizeof *clock, 0, 0, (PVOID *)&clock);
    if (!NT_SUCCESS(status))
        return status;
    status = ObCreateObject(KernelMode, TmpTypes[TMP_RESOURCE_MANAGER], &none, KernelMode, NULL,
                            sizeof *manager, 0, 0, (PVOID *)&manager);
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(clock);
        return status;
    }
    initialize(manager);
    tmp_identify(&clock->identity, TMP_MANAGER, NULL);
    tmp_identify(&manager->identity, TMP_RESOURCE_MANAGER, NULL);
    manager->manager = clock;
    manager->callback = callback;
    manager->context = context;
    *result = manager;
    return STATUS_SUCCESS;
}

/*
 * STATUS_TM_VOLATILE: its transaction manager is volatile and it does not want to be.
 * STATUS_OBJECT_NAME_COLLISION: there is one of that GUID. (WDK: ZwCreateResourceManager)
 */
SERVICE(CreateResourceManager,
        (PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess, HANDLE TmHandle, LPGUID RmGuid,
         POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions, PUNICODE_STRING Description),
        (ResourceManagerHandle, DesiredAccess, TmHandle, RmGuid, ObjectAttributes, CreateOptions,
         Description))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKTM clock;
    PKRESOURCEMANAGER manager;
    GUID id = {0};
    if (CreateOptions & ~(ULONG)RESOURCE_MANAGER_MAXIMUM_OPTION)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = RmGuid ? tmp_capture_guid(RmGuid, mode, &id) : STATUS_SUCCESS;
    if (NT_SUCCESS(status))
        status = tmp_object(TmHandle, TRANSACTIONMANAGER_CREATE_RM, TMP_MANAGER, (PVOID *)&clock);
    if (!NT_SUCCESS(status))
        return status;
    if (!(CreateOptions & RESOURCE_MANAGER_VOLATILE))
        status = STATUS_TM_VOLATILE;
    if (NT_SUCCESS(status))
        status = ObCreateService(ResourceManagerHandle, mode, TmpTypes[TMP_RESOURCE_MANAGER],
                                 ObjectAttributes, sizeof *manager, (PVOID *)&manager);
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(clock);
        return status;
    }
    initialize(manager);
    manager->manager = clock;
    status =
        tmp_capture_text(Description, MAX_RESOURCEMANAGER_DESCRIPTION_LENGTH, mode, &manager->description);
    if (NT_SUCCESS(status) && !tmp_identify(&manager->identity, TMP_RESOURCE_MANAGER, &id))
        status = STATUS_OBJECT_NAME_COLLISION;
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(manager);
        return status;
    }
    return ObInsertService(manager, DesiredAccess, ResourceManagerHandle, mode);
}

static bool is_of(PVOID object, PVOID manager)
{
    return ((PKRESOURCEMANAGER)object)->manager == manager;
}

/* STATUS_RESOURCEMANAGER_NOT_FOUND: the transaction manager has none of that GUID. (WDK:
 * ZwOpenResourceManager) */
SERVICE(OpenResourceManager,
        (PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess, HANDLE TmHandle,
         LPGUID ResourceManagerGuid, POBJECT_ATTRIBUTES ObjectAttributes),
        (ResourceManagerHandle, DesiredAccess, TmHandle, ResourceManagerGuid, ObjectAttributes))
{
    PVOID manager;
    NTSTATUS status = tmp_object(TmHandle, TRANSACTIONMANAGER_QUERY_INFORMATION, TMP_MANAGER, &manager);
    if (!NT_SUCCESS(status))
        return status;
    struct tmp_search search = {TMP_RESOURCE_MANAGER, ResourceManagerGuid, is_of, manager,
                                STATUS_RESOURCEMANAGER_NOT_FOUND};
    status = tmp_open(ResourceManagerHandle, DesiredAccess, ObjectAttributes, &search, KiPreviousMode());
    ObpDereferenceObject(manager);
    return status;
}

/* STATUS_BUFFER_TOO_SMALL for the fixed part, STATUS_BUFFER_OVERFLOW for the description. */
SERVICE(QueryInformationResourceManager,
        (HANDLE ResourceManagerHandle, RESOURCEMANAGER_INFORMATION_CLASS ResourceManagerInformationClass,
         PVOID ResourceManagerInformation, ULONG ResourceManagerInformationLength, PULONG ReturnLength),
        (ResourceManagerHandle, ResourceManagerInformationClass, ResourceManagerInformation,
         ResourceManagerInformationLength, ReturnLength))
{
    union {
        RESOURCEMANAGER_BASIC_INFORMATION info;
        UCHAR room[sizeof(RESOURCEMANAGER_BASIC_INFORMATION) +
                   MAX_RESOURCEMANAGER_DESCRIPTION_LENGTH * sizeof(WCHAR)];
    } said = {0};
    ULONG fixed = FIELD_OFFSET(RESOURCEMANAGER_BASIC_INFORMATION, Description);
    PKRESOURCEMANAGER manager;
    if (ResourceManagerInformationClass != ResourceManagerBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    NTSTATUS status = tmp_object(ResourceManagerHandle, RESOURCEMANAGER_QUERY_INFORMATION,
                                 TMP_RESOURCE_MANAGER, (PVOID *)&manager);
    if (!NT_SUCCESS(status))
        return status;
    said.info.ResourceManagerId = manager->identity.id;
    said.info.DescriptionLength = manager->description.Length;
    if (manager->description.Length)
        memcpy(said.room + fixed, manager->description.Buffer, manager->description.Length);
    struct tmp_answer answer = {&said, fixed, fixed + manager->description.Length, STATUS_BUFFER_TOO_SMALL};
    status = tmp_give(&answer, ResourceManagerInformation, ResourceManagerInformationLength, ReturnLength,
                      KiPreviousMode());
    ObpDereferenceObject(manager);
    return status;
}

/* --- notifications --- */

/* Notifications go to the routine instead of the queue. STATUS_UNSUCCESSFUL: there is none. (WDK:
 * TmEnableCallbacks) */
NTSTATUS NTAPI TmEnableCallbacks(PKRESOURCEMANAGER ResourceManager, PTM_RM_NOTIFICATION CallbackRoutine,
                                 PVOID RMKey)
{
    GATE(TmEnableCallbacks, ResourceManager, CallbackRoutine, RMKey);
    if (!CallbackRoutine)
        return STATUS_UNSUCCESSFUL;
    tmp_lock();
    ResourceManager->callback = CallbackRoutine;
    ResourceManager->context = RMKey;
    tmp_unlock();
    return STATUS_SUCCESS;
}

static NTSTATUS call(PKRESOURCEMANAGER manager, PTM_RM_NOTIFICATION callback, PKENLISTMENT enlistment,
                     const struct tmp_notification *notification)
{
    LARGE_INTEGER clock = {.QuadPart = notification->clock};
    TRANSACTION_NOTIFICATION_RECOVERY_ARGUMENT argument = notification->argument;
    NTSTATUS status =
        callback(enlistment, manager->context, notification->key, notification->what, &clock,
                 notification->argument_length, notification->argument_length ? &argument : NULL);
    tmp_advance_clock(manager->manager, &clock, KernelMode);
    return status;
}

NTSTATUS tmp_deliver(PKRESOURCEMANAGER manager, PKENLISTMENT enlistment, ULONG what,
                     const TRANSACTION_NOTIFICATION_RECOVERY_ARGUMENT *argument)
{
    struct tmp_notification made = {.key = enlistment ? enlistment->key : NULL, .what = what};
    if (argument) {
        made.argument = *argument;
        made.argument_length = sizeof *argument;
    }
    tmp_lock();
    PTM_RM_NOTIFICATION callback = manager->callback;
    made.clock = ++manager->manager->clock;
    tmp_unlock();
    if (callback)
        return call(manager, callback, enlistment, &made);
    struct tmp_notification *queued = MmAllocateSystemPool(sizeof *queued, TMP_TAG);
    if (!queued)
        return STATUS_INSUFFICIENT_RESOURCES;
    *queued = made;
    tmp_lock();
    InsertTailList(&manager->queue, &queued->link);
    KeSetEvent(&manager->available, IO_NO_INCREMENT, FALSE);
    tmp_unlock();
    return STATUS_SUCCESS;
}

/* The first in the queue, if it fits into `length` bytes; NULL: there is none, or it needs *needed. */
static struct tmp_notification *take(PKRESOURCEMANAGER manager, ULONG length, PULONG needed)
{
    struct tmp_notification *first = NULL;
    *needed = 0;
    tmp_lock();
    if (!IsListEmpty(&manager->queue)) {
        first = CONTAINING_RECORD(manager->queue.Flink, struct tmp_notification, link);
        *needed = (ULONG)sizeof(TRANSACTION_NOTIFICATION) + first->argument_length;
        if (*needed > length)
            first = NULL;
        else
            RemoveEntryList(&first->link);
    }
    if (IsListEmpty(&manager->queue))
        KeClearEvent(&manager->available);
    tmp_unlock();
    return first;
}

static NTSTATUS give(struct tmp_notification *notification, PVOID to, KPROCESSOR_MODE mode)
{
    struct {
        TRANSACTION_NOTIFICATION head;
        TRANSACTION_NOTIFICATION_RECOVERY_ARGUMENT argument;
    } said = {.head = {.TransactionKey = notification->key,
                       .TransactionNotification = notification->what,
                       .TmVirtualClock.QuadPart = notification->clock,
                       .ArgumentLength = notification->argument_length},
              .argument = notification->argument};
    return MmCopyToMode(to, &said, sizeof said.head + notification->argument_length, mode);
}

/*
 * The next notification of a resource manager without a callback. Timeout NULL: waits for one; 0: does not
 * wait (STATUS_TIMEOUT). STATUS_BUFFER_TOO_SMALL: it stays in the queue, and ReturnLength says what it takes.
 * (WDK: ZwGetNotificationResourceManager)
 */
SERVICE(GetNotificationResourceManager,
        (HANDLE ResourceManagerHandle, PTRANSACTION_NOTIFICATION TransactionNotification,
         ULONG NotificationLength, PLARGE_INTEGER Timeout, PULONG ReturnLength, ULONG Asynchronous,
         ULONG_PTR AsynchronousContext),
        (ResourceManagerHandle, TransactionNotification, NotificationLength, Timeout, ReturnLength,
         Asynchronous, AsynchronousContext))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKRESOURCEMANAGER manager;
    LARGE_INTEGER timeout;
    ULONG needed;
    if (Asynchronous || AsynchronousContext)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = mode == KernelMode
                          ? STATUS_SUCCESS
                          : MmProbe(TransactionNotification, NotificationLength, sizeof(ULONG), true);
    if (NT_SUCCESS(status) && Timeout)
        status = MmCopyFromMode(&timeout, Timeout, sizeof timeout, mode);
    if (NT_SUCCESS(status) && ReturnLength && mode != KernelMode)
        status = MmProbe(ReturnLength, sizeof *ReturnLength, sizeof(ULONG), true);
    if (NT_SUCCESS(status))
        status = tmp_object(ResourceManagerHandle, RESOURCEMANAGER_GET_NOTIFICATION, TMP_RESOURCE_MANAGER,
                            (PVOID *)&manager);
    if (!NT_SUCCESS(status))
        return status;
    struct tmp_notification *first;
    while (!(first = take(manager, NotificationLength, &needed)) && !needed) {
        status =
            KeWaitForSingleObject(&manager->available, UserRequest, mode, FALSE, Timeout ? &timeout : NULL);
        if (status != STATUS_SUCCESS)
            goto out;
    }
    status = first ? give(first, TransactionNotification, mode) : STATUS_BUFFER_TOO_SMALL;
    if (ReturnLength)
        MmCopyToMode(ReturnLength, &needed, sizeof needed, mode);
    if (first)
        MmFreeSystemPool(first);
out:
    ObpDereferenceObject(manager);
    return status;
}

/* --- recovery --- */

static PKENLISTMENT next_enlistment(PKRESOURCEMANAGER manager, ULONG index)
{
    PKENLISTMENT found = NULL;
    tmp_lock();
    for (PLIST_ENTRY e = manager->enlistments.Flink; e != &manager->enlistments && !found; e = e->Flink)
        if (index-- == 0)
            found = CONTAINING_RECORD(e, KENLISTMENT, of_manager);
    if (found && !ObpReferenceObjectSafe(found))
        found = NULL;
    tmp_unlock();
    return found;
}

static NTSTATUS recover(PKRESOURCEMANAGER manager)
{
    PKENLISTMENT enlistment;
    for (ULONG i = 0; (enlistment = next_enlistment(manager, i)) != NULL; i++) {
        TRANSACTION_NOTIFICATION_RECOVERY_ARGUMENT argument = {enlistment->identity.id,
                                                               enlistment->transaction->identity.id};
        tmp_deliver(manager, enlistment,
                    enlistment->superior ? TRANSACTION_NOTIFY_RECOVER_QUERY : TRANSACTION_NOTIFY_RECOVER,
                    &argument);
        ObpDereferenceObject(enlistment);
    }
    return tmp_deliver(manager, NULL, TRANSACTION_NOTIFY_LAST_RECOVER, NULL);
}

/* TRANSACTION_NOTIFY_RECOVER for each enlistment, then TRANSACTION_NOTIFY_LAST_RECOVER. (WDK:
 * ZwRecoverResourceManager) */
SERVICE(RecoverResourceManager, (HANDLE ResourceManagerHandle), (ResourceManagerHandle))
{
    PKRESOURCEMANAGER manager;
    NTSTATUS status =
        tmp_object(ResourceManagerHandle, RESOURCEMANAGER_RECOVER, TMP_RESOURCE_MANAGER, (PVOID *)&manager);
    if (!NT_SUCCESS(status))
        return status;
    status = recover(manager);
    ObpDereferenceObject(manager);
    return status;
}

NTSTATUS NTAPI TmRecoverResourceManager(PKRESOURCEMANAGER ResourceManager)
{
    GATE(TmRecoverResourceManager, ResourceManager);
    return recover(ResourceManager);
}
