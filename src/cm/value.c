/*
 * Values: the services that query, enumerate, set and delete them.
 */
#include "cmp.h"

static ULONG round_up(ULONG offset, ULONG alignment)
{
    return (offset + alignment - 1) & ~(alignment - 1);
}

static NTSTATUS describe_basic(struct cmp_value *value, struct cmp_answer *answer)
{
    answer->fixed = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name);
    answer->needed = answer->fixed + value->name.Length;
    PKEY_VALUE_BASIC_INFORMATION info = calloc(1, (size_t)answer->needed + 16);
    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    answer->bytes = (PUCHAR)info;
    info->Type = value->type;
    info->NameLength = value->name.Length;
    if (value->name.Length)
        memcpy(info->Name, value->name.Buffer, value->name.Length);
    return STATUS_SUCCESS;
}

/* The data stand behind the name, aligned. */
static NTSTATUS describe_full(struct cmp_value *value, ULONG alignment, struct cmp_answer *answer)
{
    answer->fixed = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
    ULONG behind = answer->fixed + value->name.Length;
    if (value->size)
        behind = round_up(behind, alignment);
    answer->needed = behind + value->size;
    PKEY_VALUE_FULL_INFORMATION info = calloc(1, (size_t)answer->needed + 16);
    if (!info)
        return STATUS_INSUFFICIENT_RESOURCES;
    answer->bytes = (PUCHAR)info;
    info->Type = value->type;
    info->NameLength = value->name.Length;
    info->DataOffset = value->size ? behind : (ULONG)-1;
    info->DataLength = value->size;
    if (value->name.Length)
        memcpy(info->Name, value->name.Buffer, value->name.Length);
    if (value->size)
        memcpy(answer->bytes + behind, value->data, value->size);
    return STATUS_SUCCESS;
}

static NTSTATUS describe_partial(struct cmp_value *value, bool align64, struct cmp_answer *answer)
{
    ULONG header[3] = {0, value->type, value->size}; /* the other structure has no TitleIndex */
    answer->fixed = align64 ? FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data)
                            : FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    answer->needed = answer->fixed + value->size;
    answer->bytes = malloc(answer->needed);
    if (!answer->bytes)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(answer->bytes, header + (align64 ? 1 : 0), answer->fixed);
    if (value->size)
        memcpy(answer->bytes + answer->fixed, value->data, value->size);
    return STATUS_SUCCESS;
}

NTSTATUS cmp_describe_value(struct cmp_value *value, KEY_VALUE_INFORMATION_CLASS class,
                            struct cmp_answer *answer)
{
    switch (class) {
    case KeyValueBasicInformation:
        return describe_basic(value, answer);
    case KeyValueFullInformation:
        return describe_full(value, 4, answer);
    case KeyValueFullInformationAlign64:
        return describe_full(value, 8, answer);
    case KeyValuePartialInformation:
        return describe_partial(value, false, answer);
    case KeyValuePartialInformationAlign64:
        return describe_partial(value, true, answer);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* By name, or by index when there is no name. Under the lock. */
static NTSTATUS describe(struct cmp_key *key, PCUNICODE_STRING name, ULONG index,
                         KEY_VALUE_INFORMATION_CLASS class, struct cmp_answer *answer)
{
    NTSTATUS status = cmp_look(key);
    if (!NT_SUCCESS(status))
        return status;
    struct cmp_node *node = cmp_seen(key->node, key->trans);
    struct cmp_value *value = NULL;
    if (name)
        value = cmp_find_value(node, name);
    else if (index < node->values)
        value = &node->value[index];
    if (!value)
        return name ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_NO_MORE_ENTRIES;
    return cmp_describe_value(value, class, answer);
}

/* The aligned classes want an aligned buffer, whoever asks. (WDK: KEY_VALUE_INFORMATION_CLASS) */
static NTSTATUS check_alignment(KEY_VALUE_INFORMATION_CLASS class, PVOID buffer)
{
    BOOLEAN aligned = class == KeyValueFullInformationAlign64 || class == KeyValuePartialInformationAlign64;
    return aligned && (ULONG_PTR)buffer & 7 ? STATUS_DATATYPE_MISALIGNMENT : STATUS_SUCCESS;
}

/*
 * STATUS_OBJECT_NAME_NOT_FOUND: no such value. STATUS_BUFFER_TOO_SMALL: not even the fixed part fits, nothing
 * is written. STATUS_BUFFER_OVERFLOW: as much as fits is. ResultLength says what the whole takes in each
 * case. (WDK: ZwQueryValueKey)
 */
SERVICE(QueryValueKey,
        (HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
         PVOID KeyValueInformation, ULONG Length, PULONG ResultLength),
        (KeyHandle, ValueName, KeyValueInformationClass, KeyValueInformation, Length, ResultLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct cmp_key *key;
    struct cmp_call call;
    struct cmp_answer answer = {0};
    UNICODE_STRING name = {0};
    if ((ULONG)KeyValueInformationClass > KeyValuePartialInformationAlign64)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = cmp_key_of(KeyHandle, KEY_QUERY_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = cmp_probe_answer(KeyValueInformation, Length, ResultLength, mode);
    if (NT_SUCCESS(status))
        status = check_alignment(KeyValueInformationClass, KeyValueInformation);
    if (NT_SUCCESS(status))
        status = cmp_capture_name(ValueName, mode, TRUE, &name);
    if (!NT_SUCCESS(status))
        goto out;
    REG_QUERY_VALUE_KEY_INFORMATION info = {.Object = key,
                                            .ValueName = &name,
                                            .KeyValueInformationClass = KeyValueInformationClass,
                                            .KeyValueInformation = KeyValueInformation,
                                            .Length = Length,
                                            .ResultLength = ResultLength};
    if (CMP_BEFORE(&call, RegNtPreQueryValueKey, &info, key)) {
        cmp_lock();
        status = describe(key, &name, 0, KeyValueInformationClass, &answer);
        cmp_unlock();
        if (NT_SUCCESS(status))
            status = cmp_give(&answer, KeyValueInformation, Length, ResultLength, mode);
    }
    status = cmp_after(&call, RegNtPostQueryValueKey, key, key, status);
    cmp_free_name(&name);
out:
    ObpDereferenceObject(key);
    return status;
}

/* Values come in the order in which they were first set. (WDK: ZwEnumerateValueKey) */
SERVICE(EnumerateValueKey,
        (HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
         PVOID KeyValueInformation, ULONG Length, PULONG ResultLength),
        (KeyHandle, Index, KeyValueInformationClass, KeyValueInformation, Length, ResultLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct cmp_key *key;
    struct cmp_call call;
    struct cmp_answer answer = {0};
    if ((ULONG)KeyValueInformationClass > KeyValuePartialInformationAlign64)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = cmp_key_of(KeyHandle, KEY_QUERY_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = cmp_probe_answer(KeyValueInformation, Length, ResultLength, mode);
    if (NT_SUCCESS(status))
        status = check_alignment(KeyValueInformationClass, KeyValueInformation);
    if (!NT_SUCCESS(status))
        goto out;
    REG_ENUMERATE_VALUE_KEY_INFORMATION info = {.Object = key,
                                                .Index = Index,
                                                .KeyValueInformationClass = KeyValueInformationClass,
                                                .KeyValueInformation = KeyValueInformation,
                                                .Length = Length,
                                                .ResultLength = ResultLength};
    if (CMP_BEFORE(&call, RegNtPreEnumerateValueKey, &info, key)) {
        cmp_lock();
        status = describe(key, NULL, Index, KeyValueInformationClass, &answer);
        cmp_unlock();
        if (NT_SUCCESS(status))
            status = cmp_give(&answer, KeyValueInformation, Length, ResultLength, mode);
    }
    status = cmp_after(&call, RegNtPostEnumerateValueKey, key, key, status);
out:
    ObpDereferenceObject(key);
    return status;
}

/* A link has one value only. Under the lock. */
static NTSTATUS set(struct cmp_key *key, PCUNICODE_STRING name, ULONG type, PVOID data, ULONG size)
{
    struct cmp_node *content;
    NTSTATUS status = cmp_claim(key, &content);
    if (!NT_SUCCESS(status))
        return status;
    if (key->node->is_link) {
        UNICODE_STRING link;
        RtlInitUnicodeString(&link, CMP_LINK_VALUE);
        if (type != REG_LINK || !RtlEqualUnicodeString(name, &link, TRUE))
            return STATUS_ACCESS_DENIED;
    }
    struct cmp_value *old = cmp_find_value(content, name);
    if (old && old->type == type && old->size == size && (!size || !memcmp(old->data, data, size)))
        return STATUS_SUCCESS; /* nothing changes: nobody is told, and the time of writing stays */
    status = cmp_set_value(content, name, type, data, size);
    if (NT_SUCCESS(status))
        cmp_changed(key, REG_NOTIFY_CHANGE_LAST_SET);
    return status;
}

SERVICE(SetValueKey,
        (HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data,
         ULONG DataSize),
        (KeyHandle, ValueName, TitleIndex, Type, Data, DataSize))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct cmp_key *key;
    struct cmp_call call;
    UNICODE_STRING name = {0};
    PVOID data = NULL;
    if (DataSize > 0x7FFFFFFF)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = cmp_key_of(KeyHandle, KEY_SET_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = cmp_capture_name(ValueName, mode, TRUE, &name);
    if (NT_SUCCESS(status))
        status = cmp_capture(Data, DataSize, mode, &data);
    if (!NT_SUCCESS(status))
        goto out;
    REG_SET_VALUE_KEY_INFORMATION info = {.Object = key,
                                          .ValueName = &name,
                                          .TitleIndex = TitleIndex,
                                          .Type = Type,
                                          .Data = data,
                                          .DataSize = DataSize};
    if (CMP_BEFORE(&call, RegNtPreSetValueKey, &info, key)) {
        cmp_lock();
        status = set(key, &name, Type, data, DataSize);
        cmp_unlock();
    }
    status = cmp_after(&call, RegNtPostSetValueKey, key, key, status);
out:
    if (data)
        MmFreeSystemPool(data);
    cmp_free_name(&name);
    ObpDereferenceObject(key);
    return status;
}

static NTSTATUS delete_value(struct cmp_key *key, PCUNICODE_STRING name)
{
    struct cmp_node *content;
    NTSTATUS status = cmp_claim(key, &content);
    if (!NT_SUCCESS(status))
        return status;
    struct cmp_value *value = cmp_find_value(content, name);
    if (!value)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    cmp_delete_value(content, value);
    cmp_changed(key, REG_NOTIFY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}

/* STATUS_OBJECT_NAME_NOT_FOUND: no such value. (WDK: ZwDeleteValueKey) */
SERVICE(DeleteValueKey, (HANDLE KeyHandle, PUNICODE_STRING ValueName), (KeyHandle, ValueName))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct cmp_key *key;
    struct cmp_call call;
    UNICODE_STRING name;
    NTSTATUS status = cmp_key_of(KeyHandle, KEY_SET_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = cmp_capture_name(ValueName, mode, TRUE, &name);
    if (!NT_SUCCESS(status))
        goto out;
    REG_DELETE_VALUE_KEY_INFORMATION info = {.Object = key, .ValueName = &name};
    if (CMP_BEFORE(&call, RegNtPreDeleteValueKey, &info, key)) {
        cmp_lock();
        status = delete_value(key, &name);
        cmp_unlock();
    }
    status = cmp_after(&call, RegNtPostDeleteValueKey, key, key, status);
    cmp_free_name(&name);
out:
    ObpDereferenceObject(key);
    return status;
}

/* --- several at once --- */

struct several {
    KEY_VALUE_ENTRY *entries; /* ours, with names of ours */
    UNICODE_STRING *names;
    ULONG count;
    PUCHAR data;
    ULONG needed;
};

/* All values' data, each at a multiple of four. Under the lock. */
static NTSTATUS collect(struct cmp_key *key, struct several *s)
{
    NTSTATUS status = cmp_look(key);
    if (!NT_SUCCESS(status))
        return status;
    struct cmp_node *node = cmp_seen(key->node, key->trans);
    for (int pass = 0; pass < 2; pass++) {
        ULONG at = 0;
        for (ULONG i = 0; i < s->count; i++) {
            struct cmp_value *value = cmp_find_value(node, &s->names[i]);
            if (!value)
                return STATUS_OBJECT_NAME_NOT_FOUND;
            at = round_up(at, 4);
            s->entries[i].Type = value->type;
            s->entries[i].DataLength = value->size;
            s->entries[i].DataOffset = at;
            if (pass && value->size)
                memcpy(s->data + at, value->data, value->size);
            at += value->size;
        }
        s->needed = at;
        if (!pass && !(s->data = calloc(1, (size_t)at + 1)))
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS give_several(struct several *s, PKEY_VALUE_ENTRY entries, PVOID buffer, PULONG length,
                             PULONG required, KPROCESSOR_MODE mode)
{
    ULONG room;
    NTSTATUS status = MmCopyFromMode(&room, length, sizeof room, mode);
    BOOLEAN fits = NT_SUCCESS(status) && room >= s->needed;
    for (ULONG i = 0; i < s->count && NT_SUCCESS(status); i++) {
        KEY_VALUE_ENTRY *mine = &s->entries[i];
        if (mine->DataOffset + mine->DataLength <= room)
            status = MmCopyToMode(&entries[i].DataLength, &mine->DataLength, 3 * sizeof(ULONG), mode);
    }
    if (NT_SUCCESS(status))
        status = MmCopyToMode(buffer, s->data, fits ? s->needed : room, mode);
    if (NT_SUCCESS(status) && required)
        status = MmCopyToMode(required, &s->needed, sizeof s->needed, mode);
    if (NT_SUCCESS(status) && fits)
        status = MmCopyToMode(length, &s->needed, sizeof s->needed, mode);
    return NT_SUCCESS(status) && !fits ? STATUS_BUFFER_OVERFLOW : status;
}

static NTSTATUS capture_several(PKEY_VALUE_ENTRY entries, ULONG count, KPROCESSOR_MODE mode,
                                struct several *s)
{
    PVOID own;
    NTSTATUS status = cmp_capture(entries, count * (ULONG)sizeof *entries, mode, &own);
    if (!NT_SUCCESS(status))
        return status;
    s->entries = own;
    s->names = calloc((size_t)count + 1, sizeof *s->names);
    if (!s->names)
        return STATUS_INSUFFICIENT_RESOURCES;
    while (NT_SUCCESS(status) && s->count < count) {
        status = cmp_capture_name(s->entries[s->count].ValueName, mode, TRUE, &s->names[s->count]);
        if (NT_SUCCESS(status)) {
            s->entries[s->count].ValueName = &s->names[s->count];
            s->count++;
        }
    }
    return status;
}

/* STATUS_OBJECT_NAME_NOT_FOUND when one is missing, STATUS_BUFFER_OVERFLOW when they do not all fit. */
SERVICE(QueryMultipleValueKey,
        (HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount, PVOID ValueBuffer,
         PULONG BufferLength, PULONG RequiredBufferLength),
        (KeyHandle, ValueEntries, EntryCount, ValueBuffer, BufferLength, RequiredBufferLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct cmp_key *key;
    struct cmp_call call;
    struct several s = {0};
    if (EntryCount > 0x10000)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = cmp_key_of(KeyHandle, KEY_QUERY_VALUE, mode, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = capture_several(ValueEntries, EntryCount, mode, &s);
    if (!NT_SUCCESS(status))
        goto out;
    REG_QUERY_MULTIPLE_VALUE_KEY_INFORMATION info = {.Object = key,
                                                     .ValueEntries = s.entries,
                                                     .EntryCount = EntryCount,
                                                     .ValueBuffer = ValueBuffer,
                                                     .BufferLength = BufferLength,
                                                     .RequiredBufferLength = RequiredBufferLength};
    if (CMP_BEFORE(&call, RegNtPreQueryMultipleValueKey, &info, key)) {
        cmp_lock();
        status = collect(key, &s);
        cmp_unlock();
        if (NT_SUCCESS(status))
            status = give_several(&s, ValueEntries, ValueBuffer, BufferLength, RequiredBufferLength, mode);
    }
    status = cmp_after(&call, RegNtPostQueryMultipleValueKey, key, key, status);
out:
    for (ULONG i = 0; i < s.count; i++)
        cmp_free_name(&s.names[i]);
    free(s.names);
    if (s.entries)
        MmFreeSystemPool(s.entries);
    free(s.data);
    ObpDereferenceObject(key);
    return status;
}
