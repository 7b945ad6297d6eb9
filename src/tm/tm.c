/*
 * The transaction manager's start and stop, its types, and what its services share.
 */
#include "tmp.h"

#include "../components.h"

POBJECT_TYPE TmpTypes[TMP_KINDS];
POBJECT_TYPE *TmTransactionManagerObjectType = &TmpTypes[TMP_MANAGER]; /* what drivers import */
POBJECT_TYPE *TmResourceManagerObjectType = &TmpTypes[TMP_RESOURCE_MANAGER];
POBJECT_TYPE *TmEnlistmentObjectType = &TmpTypes[TMP_ENLISTMENT];
POBJECT_TYPE *TmTransactionObjectType = &TmpTypes[TMP_TRANSACTION];

static const OB_TYPE_INITIALIZER types[TMP_KINDS] = {
    [TMP_MANAGER] = {.Name = L"TmTm",
                     .GenericMapping = {TRANSACTIONMANAGER_GENERIC_READ, TRANSACTIONMANAGER_GENERIC_WRITE,
                                        TRANSACTIONMANAGER_GENERIC_EXECUTE, TRANSACTIONMANAGER_ALL_ACCESS},
                     .ValidAccessMask = TRANSACTIONMANAGER_ALL_ACCESS,
                     .UseDefaultObject = TRUE,
                     .DefaultObjectOffset = -1,
                     .DeleteProcedure = tmp_delete_manager},
    [TMP_RESOURCE_MANAGER] = {.Name = L"TmRm",
                              .GenericMapping = {RESOURCEMANAGER_GENERIC_READ, RESOURCEMANAGER_GENERIC_WRITE,
                                                 RESOURCEMANAGER_GENERIC_EXECUTE, RESOURCEMANAGER_ALL_ACCESS},
                              .ValidAccessMask = RESOURCEMANAGER_ALL_ACCESS,
                              .CloseProcedure = tmp_close_resource_manager,
                              .DeleteProcedure = tmp_delete_resource_manager},
    [TMP_ENLISTMENT] = {.Name = L"TmEn",
                        .GenericMapping = {ENLISTMENT_GENERIC_READ, ENLISTMENT_GENERIC_WRITE,
                                           ENLISTMENT_GENERIC_EXECUTE, ENLISTMENT_ALL_ACCESS},
                        .ValidAccessMask = ENLISTMENT_ALL_ACCESS,
                        .UseDefaultObject = TRUE,
                        .DefaultObjectOffset = -1,
                        .CloseProcedure = tmp_close_enlistment,
                        .DeleteProcedure = tmp_delete_enlistment},
    [TMP_TRANSACTION] = {.Name = L"TmTx",
                         .GenericMapping = {TRANSACTION_GENERIC_READ, TRANSACTION_GENERIC_WRITE,
                                            TRANSACTION_GENERIC_EXECUTE, TRANSACTION_ALL_ACCESS},
                         .ValidAccessMask = TRANSACTION_ALL_ACCESS,
                         .CloseProcedure = tmp_close_transaction,
                         .DeleteProcedure = tmp_delete_transaction},
};

void tm_start(void)
{
    struct tmp_state *tm = ntio_machine.tm = calloc(1, sizeof *tm);
    if (!tm)
        host_abort();
    for (int kind = 0; kind < TMP_KINDS; kind++) {
        InitializeListHead(&tm->objects[kind]);
        if (!NT_SUCCESS(ObCreateObjectType(&types[kind], &TmpTypes[kind])))
            host_abort();
    }
}

/* Objects may be left; what they do when they go later is nothing. */
void tm_stop(void)
{
    struct tmp_state *tm = ntio_machine.tm;
    if (!tm)
        return;
    tmp_stop_timers();
    ntio_machine.tm = NULL;
    free(tm);
    memset(TmpTypes, 0, sizeof TmpTypes);
}

/* --- identities --- */

static struct tmp_identity *find(enum tmp_kind kind, const GUID *id)
{
    for (PLIST_ENTRY e = TM->objects[kind].Flink; e != &TM->objects[kind]; e = e->Flink) {
        struct tmp_identity *identity = CONTAINING_RECORD(e, struct tmp_identity, link);
        if (memcmp(&identity->id, id, sizeof *id) == 0)
            return identity;
    }
    return NULL;
}

bool tmp_identify(struct tmp_identity *identity, enum tmp_kind kind, const GUID *id)
{
    static const GUID nil;
    if (id && memcmp(id, &nil, sizeof nil) != 0)
        identity->id = *id;
    else
        ExUuidCreate(&identity->id);
    tmp_lock();
    bool fresh = !find(kind, &identity->id);
    if (fresh)
        InsertTailList(&TM->objects[kind], &identity->link);
    tmp_unlock();
    return fresh;
}

void tmp_forget(struct tmp_identity *identity)
{
    tmp_lock();
    if (identity->link.Flink)
        RemoveEntryList(&identity->link);
    tmp_unlock();
}

static PVOID object_of(enum tmp_kind kind, struct tmp_identity *identity)
{
    switch (kind) {
    case TMP_MANAGER:
        return CONTAINING_RECORD(identity, KTM, identity);
    case TMP_RESOURCE_MANAGER:
        return CONTAINING_RECORD(identity, KRESOURCEMANAGER, identity);
    case TMP_ENLISTMENT:
        return CONTAINING_RECORD(identity, KENLISTMENT, identity);
    default:
        return CONTAINING_RECORD(identity, KTRANSACTION, identity);
    }
}

PVOID tmp_find(enum tmp_kind kind, const GUID *id, bool (*accept)(PVOID, PVOID), PVOID context)
{
    tmp_lock();
    struct tmp_identity *identity = find(kind, id);
    PVOID object = identity ? object_of(kind, identity) : NULL;
    if (object && ((accept && !accept(object, context)) || !ObpReferenceObjectSafe(object)))
        object = NULL;
    tmp_unlock();
    return object;
}

/* --- services --- */

NTSTATUS tmp_open(PHANDLE out, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                  const struct tmp_search *search, KPROCESSOR_MODE mode)
{
    GUID id;
    HANDLE handle;
    OBJECT_ATTRIBUTES given = {0};
    if (!access || !search->id)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObProbeHandleOut(out, mode);
    if (NT_SUCCESS(status))
        status = tmp_capture_guid(search->id, mode, &id);
    if (NT_SUCCESS(status) && attributes)
        status = MmCopyFromMode(&given, attributes, sizeof given, mode);
    if (!NT_SUCCESS(status))
        return status;
    PVOID object = tmp_find(search->kind, &id, search->accept, search->context);
    if (!object)
        return search->missing;
    ULONG wanted = given.Attributes & (OBJ_INHERIT | (mode == KernelMode ? OBJ_KERNEL_HANDLE : 0));
    status = ObOpenObjectByPointer(object, wanted, NULL, access, TmpTypes[search->kind], mode, &handle);
    ObpDereferenceObject(object);
    return NT_SUCCESS(status) ? ObReturnHandle(handle, out, mode) : status;
}

NTSTATUS tmp_object(HANDLE handle, ACCESS_MASK access, enum tmp_kind kind, PVOID *object)
{
    return ObReferenceObjectByHandle(handle, access, TmpTypes[kind], KiPreviousMode(), object, NULL);
}

NTSTATUS tmp_capture_guid(const GUID *from, KPROCESSOR_MODE mode, GUID *own)
{
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS : MmProbe(from, sizeof *own, sizeof(ULONG), false);
    return NT_SUCCESS(status) ? MmCopyFromMode(own, from, sizeof *own, mode) : status;
}

NTSTATUS tmp_capture_text(PUNICODE_STRING text, ULONG characters, KPROCESSOR_MODE mode, PUNICODE_STRING own)
{
    UNICODE_STRING given;
    *own = (UNICODE_STRING){0};
    if (!text)
        return STATUS_SUCCESS;
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS : MmProbe(text, sizeof given, sizeof(ULONG), false);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&given, text, sizeof given, mode);
    if (!NT_SUCCESS(status) || !given.Length)
        return status;
    if (given.Length & 1 || given.Length > characters * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    if (mode != KernelMode)
        status = MmProbe(given.Buffer, given.Length, sizeof(WCHAR), false);
    if (!NT_SUCCESS(status))
        return status;
    own->Buffer = MmAllocateSystemPool(given.Length, TMP_TAG);
    if (!own->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    own->Length = own->MaximumLength = given.Length;
    status = MmCopyFromMode(own->Buffer, given.Buffer, given.Length, mode);
    if (!NT_SUCCESS(status))
        tmp_free_text(own);
    return status;
}

void tmp_free_text(PUNICODE_STRING text)
{
    if (text->Buffer)
        MmFreeSystemPool(text->Buffer);
    *text = (UNICODE_STRING){0};
}

NTSTATUS tmp_give(const struct tmp_answer *answer, PVOID to, ULONG length, PULONG result,
                  KPROCESSOR_MODE mode)
{
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS : MmProbe(to, length, sizeof(ULONG), true);
    if (NT_SUCCESS(status) && result && mode != KernelMode)
        status = MmProbe(result, sizeof *result, sizeof(ULONG), true);
    if (NT_SUCCESS(status) && length < answer->fixed)
        return answer->too_short;
    if (NT_SUCCESS(status))
        status = MmCopyToMode(to, answer->bytes, length < answer->whole ? length : answer->whole, mode);
    if (NT_SUCCESS(status) && result)
        status = MmCopyToMode(result, &answer->whole, sizeof *result, mode);
    return NT_SUCCESS(status) && length < answer->whole ? STATUS_BUFFER_OVERFLOW : status;
}
