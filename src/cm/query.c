/*
 * What is known about a key and its subkeys: NtQueryKey, NtEnumerateKey.
 */
#include "cmp.h"

static PVOID allocate(struct cmp_answer *answer, ULONG fixed, ULONG needed)
{
    answer->fixed = fixed;
    answer->needed = needed;
    answer->bytes = calloc(1, (size_t)needed + 16); /* the last member may reach beyond */
    return answer->bytes;
}

static NTSTATUS describe_basic(struct cmp_node *node, struct cmp_trans *trans, struct cmp_answer *answer)
{
    ULONG fixed = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);
    PKEY_BASIC_INFORMATION info = allocate(answer, fixed, fixed + node->name.Length);
    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    info->LastWriteTime = cmp_seen(node, trans)->written;
    info->NameLength = node->name.Length;
    if (node->name.Length)
        memcpy(info->Name, node->name.Buffer, node->name.Length);
    return STATUS_SUCCESS;
}

static NTSTATUS describe_node(struct cmp_node *node, struct cmp_trans *trans, struct cmp_answer *answer)
{
    ULONG fixed = FIELD_OFFSET(KEY_NODE_INFORMATION, Name), behind = fixed + node->name.Length;
    PKEY_NODE_INFORMATION info = allocate(answer, fixed, behind + node->class.Length);
    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    info->LastWriteTime = cmp_seen(node, trans)->written;
    info->NameLength = node->name.Length;
    memcpy(info->Name, node->name.Buffer, node->name.Length);
    info->ClassOffset = node->class.Length ? behind : (ULONG)-1;
    info->ClassLength = node->class.Length;
    if (node->class.Length)
        memcpy(answer->bytes + behind, node->class.Buffer, node->class.Length);
    return STATUS_SUCCESS;
}

struct longest {
    ULONG name, class, value_name, value_data;
};

static struct longest measure(struct cmp_node *node, struct cmp_trans *trans)
{
    struct longest most = {0};
    struct cmp_node *child;
    for (ULONG i = 0; (child = cmp_child_seen_at(node, i, trans)) != NULL; i++) {
        most.name = max(most.name, child->name.Length);
        most.class = max(most.class, child->class.Length);
    }
    node = cmp_seen(node, trans);
    for (ULONG i = 0; i < node->values; i++) {
        most.value_name = max(most.value_name, node->value[i].name.Length);
        most.value_data = max(most.value_data, node->value[i].size);
    }
    return most;
}

static NTSTATUS describe_full(struct cmp_node *node, struct cmp_trans *trans, struct cmp_answer *answer)
{
    struct longest most = measure(node, trans);
    ULONG fixed = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);
    PKEY_FULL_INFORMATION info = allocate(answer, fixed, fixed + node->class.Length);
    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    info->LastWriteTime = cmp_seen(node, trans)->written;
    info->ClassOffset = node->class.Length ? fixed : (ULONG)-1;
    info->ClassLength = node->class.Length;
    info->SubKeys = cmp_children_seen(node, trans);
    info->MaxNameLen = most.name;
    info->MaxClassLen = most.class;
    info->Values = cmp_seen(node, trans)->values;
    info->MaxValueNameLen = most.value_name;
    info->MaxValueDataLen = most.value_data;
    if (node->class.Length)
        memcpy(info->Class, node->class.Buffer, node->class.Length);
    return STATUS_SUCCESS;
}

static NTSTATUS describe_name(struct cmp_node *node, struct cmp_answer *answer)
{
    ULONG fixed = FIELD_OFFSET(KEY_NAME_INFORMATION, Name), length = cmp_path_length(node);
    PKEY_NAME_INFORMATION info = allocate(answer, fixed, fixed + length);
    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    info->NameLength = length;
    cmp_write_path(node, info->Name);
    return STATUS_SUCCESS;
}

static NTSTATUS describe_cached(struct cmp_node *node, struct cmp_trans *trans, struct cmp_answer *answer)
{
    struct longest most = measure(node, trans);
    PKEY_CACHED_INFORMATION info = allocate(answer, sizeof *info, sizeof *info);
    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    info->LastWriteTime = cmp_seen(node, trans)->written;
    info->SubKeys = cmp_children_seen(node, trans);
    info->MaxNameLen = most.name;
    info->Values = cmp_seen(node, trans)->values;
    info->MaxValueNameLen = most.value_name;
    info->MaxValueDataLen = most.value_data;
    info->NameLength = node->name.Length;
    return STATUS_SUCCESS;
}

NTSTATUS cmp_describe_key(struct cmp_node *node, struct cmp_trans *trans, KEY_INFORMATION_CLASS class,
                          struct cmp_answer *answer)
{
    switch (class) {
    case KeyBasicInformation:
        return describe_basic(node, trans, answer);
    case KeyNodeInformation:
        return describe_node(node, trans, answer);
    case KeyFullInformation:
        return describe_full(node, trans, answer);
    case KeyNameInformation:
        return describe_name(node, answer);
    case KeyCachedInformation:
        return describe_cached(node, trans, answer);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* KeyInformationClass: Basic, Node, Full, Name, Cached; the others are STATUS_INVALID_PARAMETER. (WDK:
 * ZwQueryKey) */
SERVICE(QueryKey,
        (HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length,
         PULONG ResultLength),
        (KeyHandle, KeyInformationClass, KeyInformation, Length, ResultLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct cmp_key *key;
    struct cmp_call call;
    struct cmp_answer answer = {0};
    if ((ULONG)KeyInformationClass > KeyCachedInformation)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status =
        cmp_key_of(KeyHandle, KeyInformationClass == KeyNameInformation ? 0 : KEY_QUERY_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = cmp_probe_answer(KeyInformation, Length, ResultLength, mode);
    if (!NT_SUCCESS(status))
        goto out;
    REG_QUERY_KEY_INFORMATION info = {.Object = key,
                                      .KeyInformationClass = KeyInformationClass,
                                      .KeyInformation = KeyInformation,
                                      .Length = Length,
                                      .ResultLength = ResultLength};
    if (CMP_BEFORE(&call, RegNtPreQueryKey, &info, key)) {
        cmp_lock();
        status = cmp_look(key);
        if (NT_SUCCESS(status))
            status = cmp_describe_key(key->node, key->trans, KeyInformationClass, &answer);
        cmp_unlock();
        if (NT_SUCCESS(status))
            status = cmp_give(&answer, KeyInformation, Length, ResultLength, mode);
    }
    status = cmp_after(&call, RegNtPostQueryKey, key, key, status);
out:
    ObpDereferenceObject(key);
    return status;
}

static NTSTATUS describe_child(struct cmp_key *key, ULONG index, KEY_INFORMATION_CLASS class,
                               struct cmp_answer *answer)
{
    NTSTATUS status = cmp_look(key);
    if (!NT_SUCCESS(status))
        return status;
    struct cmp_node *child = cmp_child_seen_at(key->node, index, key->trans);
    return child ? cmp_describe_key(child, key->trans, class, answer) : STATUS_NO_MORE_ENTRIES;
}

/* Subkeys come sorted by name, volatile ones after the others. Basic, Node, Full. (WDK: ZwEnumerateKey) */
SERVICE(EnumerateKey,
        (HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
         ULONG Length, PULONG ResultLength),
        (KeyHandle, Index, KeyInformationClass, KeyInformation, Length, ResultLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct cmp_key *key;
    struct cmp_call call;
    struct cmp_answer answer = {0};
    if ((ULONG)KeyInformationClass > KeyFullInformation)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = cmp_key_of(KeyHandle, KEY_ENUMERATE_SUB_KEYS, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = cmp_probe_answer(KeyInformation, Length, ResultLength, mode);
    if (!NT_SUCCESS(status))
        goto out;
    REG_ENUMERATE_KEY_INFORMATION info = {.Object = key,
                                          .Index = Index,
                                          .KeyInformationClass = KeyInformationClass,
                                          .KeyInformation = KeyInformation,
                                          .Length = Length,
                                          .ResultLength = ResultLength};
    if (CMP_BEFORE(&call, RegNtPreEnumerateKey, &info, key)) {
        cmp_lock();
        status = describe_child(key, Index, KeyInformationClass, &answer);
        cmp_unlock();
        if (NT_SUCCESS(status))
            status = cmp_give(&answer, KeyInformation, Length, ResultLength, mode);
    }
    status = cmp_after(&call, RegNtPostEnumerateKey, key, key, status);
out:
    ObpDereferenceObject(key);
    return status;
}
