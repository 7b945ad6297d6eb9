/*
 * The services that make, open, delete, rename and flush keys.
 */
#include "cmp.h"

/* Releases what->trans. */
static NTSTATUS open_by_name(PHANDLE out, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                             struct cmp_parse *what)
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE handle;
    NTSTATUS status = ObProbeHandleOut(out, mode);
    if (NT_SUCCESS(status))
        status = ObOpenObjectByName(attributes, CmpKeyObjectType, mode, NULL, access, what, &handle);
    cmp_release_trans(what->trans);
    return NT_SUCCESS(status) ? ObReturnHandle(handle, out, mode) : status;
}

static NTSTATUS create_key(PHANDLE out, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes,
                           PUNICODE_STRING class, PULONG disposition, HANDLE transaction,
                           struct cmp_parse *what)
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    NTSTATUS status = STATUS_SUCCESS;
    if (what->options & ~(ULONG)REG_LEGAL_OPTION)
        return STATUS_INVALID_PARAMETER;
    if (disposition && mode != KernelMode)
        status = MmProbe(disposition, sizeof *disposition, sizeof(ULONG), true);
    if (NT_SUCCESS(status) && class)
        status = cmp_capture_name(class, mode, FALSE, &what->class);
    if (NT_SUCCESS(status) && what->named)
        status = cmp_join_transaction(transaction, mode, &what->trans);
    if (NT_SUCCESS(status))
        status = open_by_name(out, access, attributes, what);
    if (NT_SUCCESS(status) && disposition)
        MmCopyToMode(disposition, &what->disposition, sizeof what->disposition, mode);
    cmp_free_name(&what->class);
    return status;
}

/*
 * STATUS_OBJECT_NAME_NOT_FOUND when a key on the way is missing: only the last one is made. Directly below
 * \REGISTRY, \REGISTRY\MACHINE and \REGISTRY\USER nobody can make one: STATUS_INVALID_PARAMETER. (WDK:
 * ZwCreateKey)
 */
SERVICE(CreateKey,
        (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
         PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition),
        (KeyHandle, DesiredAccess, ObjectAttributes, TitleIndex, Class, CreateOptions, Disposition))
{
    struct cmp_parse what = {.create = TRUE, .options = CreateOptions, .title = TitleIndex};
    return create_key(KeyHandle, DesiredAccess, ObjectAttributes, Class, Disposition, NULL, &what);
}

/*
 * Nobody else sees the key, or what is done through the handle, until the transaction is committed; then the
 * handle is of no more use (STATUS_TRANSACTION_NOT_ACTIVE). STATUS_TRANSACTIONAL_CONFLICT: another
 * transaction has made it. (WDK: ZwCreateKeyTransacted)
 */
SERVICE(CreateKeyTransacted,
        (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
         PUNICODE_STRING Class, ULONG CreateOptions, HANDLE TransactionHandle, PULONG Disposition),
        (KeyHandle, DesiredAccess, ObjectAttributes, TitleIndex, Class, CreateOptions, TransactionHandle,
         Disposition))
{
    struct cmp_parse what = {.create = TRUE, .options = CreateOptions, .title = TitleIndex, .named = TRUE};
    return create_key(KeyHandle, DesiredAccess, ObjectAttributes, Class, Disposition, TransactionHandle,
                      &what);
}

SERVICE(OpenKey, (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
        (KeyHandle, DesiredAccess, ObjectAttributes))
{
    struct cmp_parse what = {0};
    return open_by_name(KeyHandle, DesiredAccess, ObjectAttributes, &what);
}

/* OpenOptions: REG_OPTION_OPEN_LINK and REG_OPTION_BACKUP_RESTORE, else STATUS_INVALID_PARAMETER_4. (WDK:
 * ZwOpenKeyEx) */
SERVICE(OpenKeyEx,
        (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         ULONG OpenOptions),
        (KeyHandle, DesiredAccess, ObjectAttributes, OpenOptions))
{
    struct cmp_parse what = {.options = OpenOptions};
    if (OpenOptions & ~(ULONG)(REG_OPTION_OPEN_LINK | REG_OPTION_BACKUP_RESTORE))
        return STATUS_INVALID_PARAMETER_4;
    return open_by_name(KeyHandle, DesiredAccess, ObjectAttributes, &what);
}

static NTSTATUS open_transacted(PHANDLE out, ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, ULONG options,
                                HANDLE transaction)
{
    struct cmp_parse what = {.options = options, .named = TRUE};
    if (options & ~(ULONG)(REG_OPTION_OPEN_LINK | REG_OPTION_BACKUP_RESTORE))
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = cmp_join_transaction(transaction, KiPreviousMode(), &what.trans);
    return NT_SUCCESS(status) ? open_by_name(out, access, attributes, &what) : status;
}

/* STATUS_TRANSACTION_NOT_ACTIVE: its commit or rollback has begun. (WDK: ZwOpenKeyTransacted) */
SERVICE(OpenKeyTransacted,
        (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         HANDLE TransactionHandle),
        (KeyHandle, DesiredAccess, ObjectAttributes, TransactionHandle))
{
    return open_transacted(KeyHandle, DesiredAccess, ObjectAttributes, 0, TransactionHandle);
}

SERVICE(OpenKeyTransactedEx,
        (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions,
         HANDLE TransactionHandle),
        (KeyHandle, DesiredAccess, ObjectAttributes, OpenOptions, TransactionHandle))
{
    return open_transacted(KeyHandle, DesiredAccess, ObjectAttributes, OpenOptions, TransactionHandle);
}

static NTSTATUS delete_node(struct cmp_node *node)
{
    if (node->deleted)
        return STATUS_KEY_DELETED;
    if (node->count[0] || node->count[1] || node->hive || !node->parent)
        return STATUS_CANNOT_DELETE;
    NTSTATUS status = cmp_make_way_to_delete(node);
    if (!NT_SUCCESS(status))
        return status;
    struct cmp_node *parent = node->parent;
    cmp_cleanup_watches(node);
    cmp_remove(node);
    cmp_report(parent, REG_NOTIFY_CHANGE_NAME);
    return STATUS_SUCCESS;
}

/*
 * The name is free at once; what is done through handles that are still open ends as STATUS_KEY_DELETED.
 * STATUS_CANNOT_DELETE: it has subkeys, or is the root of a hive. (WDK: ZwDeleteKey)
 */
SERVICE(DeleteKey, (HANDLE KeyHandle), (KeyHandle))
{
    struct cmp_key *key;
    struct cmp_call call;
    NTSTATUS status = cmp_key_of(KeyHandle, DELETE, KiPreviousMode(), &key);
    if (!NT_SUCCESS(status))
        return status;
    REG_DELETE_KEY_INFORMATION info = {.Object = key};
    if (CMP_BEFORE(&call, RegNtPreDeleteKey, &info, key)) {
        cmp_lock();
        status = key->trans ? cmp_delete_transacted(key->node, key->trans) : delete_node(key->node);
        cmp_unlock();
    }
    status = cmp_after(&call, RegNtPostDeleteKey, key, key, status);
    ObpDereferenceObject(key);
    return status;
}

static NTSTATUS rename_node(struct cmp_node *node, PCUNICODE_STRING name)
{
    if (node->deleted)
        return STATUS_KEY_DELETED;
    if (node->hive || !node->parent)
        return STATUS_ACCESS_DENIED;
    struct cmp_node *other = cmp_find_child(node->parent, name);
    if (other && other != node)
        return STATUS_CANNOT_DELETE; /* what NT says when the name is taken */
    NTSTATUS status = cmp_make_way(node);
    if (NT_SUCCESS(status))
        status = cmp_make_way_for_child(node->parent, name);
    if (NT_SUCCESS(status))
        status = cmp_rename(node, name);
    if (NT_SUCCESS(status))
        cmp_report(node->parent, REG_NOTIFY_CHANGE_NAME);
    return status;
}

SERVICE(RenameKey, (HANDLE KeyHandle, PUNICODE_STRING NewName), (KeyHandle, NewName))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct cmp_key *key;
    struct cmp_call call;
    UNICODE_STRING name;
    NTSTATUS status = cmp_capture_name(NewName, mode, FALSE, &name);
    if (!NT_SUCCESS(status))
        return status;
    status = STATUS_INVALID_PARAMETER;
    if (!name.Length || name.Length > CMP_MAX_KEY_NAME)
        goto out;
    for (USHORT i = 0; i < name.Length / sizeof(WCHAR); i++)
        if (name.Buffer[i] == L'\\')
            goto out;
    status = cmp_key_of(KeyHandle, KEY_WRITE, mode, &key);
    if (!NT_SUCCESS(status))
        goto out;
    REG_RENAME_KEY_INFORMATION info = {.Object = key, .NewName = &name};
    if (CMP_BEFORE(&call, RegNtPreRenameKey, &info, key)) {
        cmp_lock();
        status = key->trans ? STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION : rename_node(key->node, &name);
        cmp_unlock();
    }
    status = cmp_after(&call, RegNtPostRenameKey, key, key, status);
    ObpDereferenceObject(key);
out:
    cmp_free_name(&name);
    return status;
}

/* There is nothing to write the registry to. */
SERVICE(FlushKey, (HANDLE KeyHandle), (KeyHandle))
{
    struct cmp_key *key;
    struct cmp_call call;
    NTSTATUS status = cmp_key_of(KeyHandle, 0, KiPreviousMode(), &key);
    if (!NT_SUCCESS(status))
        return status;
    REG_FLUSH_KEY_INFORMATION info = {.Object = key};
    if (CMP_BEFORE(&call, RegNtPreFlushKey, &info, key)) {
        cmp_lock();
        status = cmp_look(key);
        cmp_unlock();
    }
    status = cmp_after(&call, RegNtPostFlushKey, key, key, status);
    ObpDereferenceObject(key);
    return status;
}

/* KeyWriteTimeInformation. STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS. (WDK: ZwSetInformationKey)
 */
SERVICE(SetInformationKey,
        (HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS KeySetInformationClass, PVOID KeySetInformation,
         ULONG KeySetInformationLength),
        (KeyHandle, KeySetInformationClass, KeySetInformation, KeySetInformationLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    KEY_WRITE_TIME_INFORMATION time;
    struct cmp_key *key;
    struct cmp_call call;
    if (KeySetInformationClass != KeyWriteTimeInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (KeySetInformationLength != sizeof time)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS : MmProbe(KeySetInformation, sizeof time, 4, false);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&time, KeySetInformation, sizeof time, mode);
    if (NT_SUCCESS(status))
        status = cmp_key_of(KeyHandle, KEY_SET_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    REG_SET_INFORMATION_KEY_INFORMATION info = {.Object = key,
                                                .KeySetInformationClass = KeySetInformationClass,
                                                .KeySetInformation = &time,
                                                .KeySetInformationLength = sizeof time};
    if (CMP_BEFORE(&call, RegNtPreSetInformationKey, &info, key)) {
        cmp_lock();
        struct cmp_node *content;
        status = cmp_claim(key, &content);
        if (NT_SUCCESS(status)) {
            content->written = time.LastWriteTime;
            cmp_changed(key, REG_NOTIFY_CHANGE_ATTRIBUTES);
        }
        cmp_unlock();
    }
    status = cmp_after(&call, RegNtPostSetInformationKey, key, key, status);
    ObpDereferenceObject(key);
    return status;
}
