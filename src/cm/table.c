/*
 * RtlQueryRegistryValues: a table of what to read, and what becomes of each value.
 */
#include "path.h"

struct walk {
    HANDLE top, key; /* the table's key, and the one that entries are for */
    PVOID context;
    PKEY_VALUE_FULL_INFORMATION value; /* from malloc */
    ULONG room;
    ULONG stored; /* the value's type before it is expanded or taken apart */
};

/* --- what an entry gets --- */

static bool is_string(ULONG type)
{
    return type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
}

/* The bytes of a string up to, not with, its first zero. */
static ULONG text_length(const void *data, ULONG size)
{
    const WCHAR *text = data;
    ULONG length = 0;
    while ((length + 1) * sizeof(WCHAR) <= size && text[length])
        length++;
    return length * (ULONG)sizeof(WCHAR);
}

/* Into the caller's UNICODE_STRING, whose buffer may be missing: then it is allocated, for
 * RtlFreeUnicodeString. Length leaves the last terminator out, that of a list as well. */
static NTSTATUS give_string(PRTL_QUERY_REGISTRY_TABLE entry, ULONG type, const void *data, ULONG size,
                            const void *caller)
{
    PUNICODE_STRING string = entry->EntryContext;
    ULONG length = type == REG_MULTI_SZ ? size : text_length(data, size);
    ULONG room = type == REG_MULTI_SZ ? size : length + (ULONG)sizeof(WCHAR);
    if (length > 0xFFFC)
        return STATUS_BUFFER_TOO_SMALL;
    if (!string->Buffer) {
        string->Buffer = rtl_allocate(caller, room ? room : sizeof(WCHAR));
        if (!string->Buffer)
            return STATUS_NO_MEMORY;
        string->MaximumLength = (USHORT)room;
    } else if (string->MaximumLength < room) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (length)
        memcpy(string->Buffer, data, length);
    if (type != REG_MULTI_SZ)
        string->Buffer[length / sizeof(WCHAR)] = 0;
    string->Length = (USHORT)(room < sizeof(WCHAR) ? 0 : room - sizeof(WCHAR));
    return STATUS_SUCCESS;
}

/*
 * Anything else: up to four bytes are stored as they are. For more, the buffer begins with a LONG: its own
 * size when negative, and then it gets the data alone; else it gets size, type and data. The first is the
 * documented trap: a buffer that was not initialised says something at random.
 */
static NTSTATUS give_binary(PVOID to, ULONG type, const void *data, ULONG size)
{
    LONG room;
    if (size <= sizeof(ULONG)) {
        memcpy(to, data, size);
        return STATUS_SUCCESS;
    }
    memcpy(&room, to, sizeof room);
    if (room < 0) {
        if ((ULONG)-room < size)
            return STATUS_BUFFER_TOO_SMALL;
        memcpy(to, data, size);
        return STATUS_SUCCESS;
    }
    if ((ULONG)room < size + 2 * sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(to, &size, sizeof size);
    memcpy((PUCHAR)to + sizeof size, &type, sizeof type);
    memcpy((PUCHAR)to + 2 * sizeof size, data, size);
    return STATUS_SUCCESS;
}

static NTSTATUS give_direct(struct walk *walk, PRTL_QUERY_REGISTRY_TABLE entry, ULONG type, const void *data,
                            ULONG size, const void *caller)
{
    if (entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) {
        ULONG wanted = entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
        if (wanted != walk->stored && wanted != REG_NONE) /* not what it was made into */
            return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (is_string(type))
        return give_string(entry, type, data, size, caller);
    return give_binary(entry->EntryContext, type, data, size);
}

static NTSTATUS call(struct walk *walk, PRTL_QUERY_REGISTRY_TABLE entry, PWSTR name, ULONG type, PVOID data,
                     ULONG size, const void *caller)
{
    if (entry->Flags & RTL_QUERY_REGISTRY_DIRECT)
        return give_direct(walk, entry, type, data, size, caller);
    NTSTATUS status = entry->QueryRoutine(name, type, data, size, walk->context, entry->EntryContext);
    return status == STATUS_BUFFER_TOO_SMALL ? STATUS_SUCCESS : status;
}

/* Each string of a list by itself, as REG_SZ; stored directly, each in a UNICODE_STRING of its own, the next
 * in the caller's array. */
static NTSTATUS call_each(struct walk *walk, PRTL_QUERY_REGISTRY_TABLE entry, PWSTR name, PWSTR list,
                          ULONG size, const void *caller)
{
    while (size >= sizeof(WCHAR)) {
        ULONG length = text_length(list, size) + (ULONG)sizeof(WCHAR);
        if (length == sizeof(WCHAR) || length > size)
            break;
        NTSTATUS status = call(walk, entry, name, REG_SZ, list, length, caller);
        if (status != STATUS_BUFFER_TOO_SMALL && !NT_SUCCESS(status))
            return status;
        if (entry->Flags & RTL_QUERY_REGISTRY_DIRECT)
            entry->EntryContext = (PUNICODE_STRING)entry->EntryContext + 1;
        list += length / sizeof(WCHAR);
        size -= length;
    }
    return STATUS_SUCCESS;
}

/* %SystemRoot% is the only variable that the system itself has. The result is from malloc. */
static PWSTR expand(const WCHAR *text, ULONG size, PULONG expanded)
{
    static const WCHAR variable[] = L"%SystemRoot%", meaning[] = L"C:\\Windows";
    ULONG count = text_length(text, size) / (ULONG)sizeof(WCHAR), length = 0;
    PWSTR result = malloc(((size_t)count + 1) * sizeof(WCHAR)); /* the meaning is shorter than the variable */
    for (ULONG i = 0; result && i < count;) {
        ULONG j = 0;
        while (i + j < count && variable[j] && rtl_upcase(text[i + j]) == rtl_upcase(variable[j]))
            j++;
        if (variable[j]) {
            result[length++] = text[i++];
            continue;
        }
        memcpy(result + length, meaning, sizeof meaning - sizeof(WCHAR));
        length += RTL_COUNT(meaning) - 1;
        i += j;
    }
    if (result)
        result[length] = 0;
    *expanded = (length + 1) * (ULONG)sizeof(WCHAR);
    return result;
}

static NTSTATUS use(struct walk *walk, PRTL_QUERY_REGISTRY_TABLE entry, PWSTR name, ULONG type, PVOID data,
                    ULONG size, const void *caller)
{
    walk->stored = type;
    if (entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND)
        return call(walk, entry, name, type, data, size, caller);
    if (type == REG_MULTI_SZ)
        return call_each(walk, entry, name, data, size, caller);
    if (type != REG_EXPAND_SZ)
        return call(walk, entry, name, type, data, size, caller);
    ULONG length;
    PWSTR text = expand(data, size, &length);
    if (!text)
        return STATUS_NO_MEMORY;
    NTSTATUS status = call(walk, entry, name, REG_SZ, text, length, caller);
    free(text);
    return status;
}

static ULONG default_type(PRTL_QUERY_REGISTRY_TABLE entry)
{
    return entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK
               ? entry->DefaultType & ~(ULONG)RTL_QUERY_REGISTRY_TYPECHECK_MASK
               : entry->DefaultType;
}

/* There is no such value: the default, when there is one; who has one requires none. A default string's
 * length need not be given. */
static NTSTATUS use_default(struct walk *walk, PRTL_QUERY_REGISTRY_TABLE entry, const void *caller)
{
    ULONG type = default_type(entry), size = entry->DefaultLength;
    if (type == REG_NONE)
        return entry->Flags & RTL_QUERY_REGISTRY_REQUIRED ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_SUCCESS;
    PVOID data = entry->DefaultData;
    if (!size && data && type == REG_MULTI_SZ) {
        const WCHAR *text = data;
        while (text[size / sizeof(WCHAR)])
            size += ((ULONG)rtl_length(text + size / sizeof(WCHAR)) + 1) * (ULONG)sizeof(WCHAR);
        size += sizeof(WCHAR);
    } else if (!size && data && is_string(type)) {
        size = ((ULONG)rtl_length(data) + 1) * (ULONG)sizeof(WCHAR);
    }
    return use(walk, entry, entry->Name, type, data, size, caller);
}

/* --- reading --- */

/* The value by name, or by index without one, into walk->value. A terminator stands behind the data. */
static NTSTATUS read(struct walk *walk, PUNICODE_STRING name, ULONG index)
{
    for (;;) {
        ULONG needed = 0;
        NTSTATUS status =
            name ? ZwQueryValueKey(walk->key, name, KeyValueFullInformation, walk->value, walk->room, &needed)
                 : ZwEnumerateValueKey(walk->key, index, KeyValueFullInformation, walk->value, walk->room,
                                       &needed);
        if (status != STATUS_BUFFER_OVERFLOW && status != STATUS_BUFFER_TOO_SMALL)
            return status;
        free(walk->value);
        walk->room = needed;
        if (!(walk->value = calloc(1, (size_t)needed + 2 * sizeof(WCHAR))))
            return STATUS_NO_MEMORY;
    }
}

static NTSTATUS use_read(struct walk *walk, PRTL_QUERY_REGISTRY_TABLE entry, const void *caller)
{
    PKEY_VALUE_FULL_INFORMATION value = walk->value;
    /* A value without a type, or an empty one of the default's, counts as none. */
    if (value->Type == REG_NONE || (!value->DataLength && value->Type == default_type(entry)))
        return use_default(walk, entry, caller);
    PWSTR name = malloc((size_t)value->NameLength + sizeof(WCHAR));
    PUCHAR data = calloc(1, (size_t)value->DataLength + 2 * sizeof(WCHAR)); /* strings may lack their zero */
    NTSTATUS status = STATUS_NO_MEMORY;
    if (name && data) {
        memcpy(name, value->Name, value->NameLength);
        name[value->NameLength / sizeof(WCHAR)] = 0;
        if (value->DataLength)
            memcpy(data, (PUCHAR)value + value->DataOffset, value->DataLength);
        status = use(walk, entry, name, value->Type, data, value->DataLength, caller);
    }
    free(name);
    free(data);
    return status;
}

static NTSTATUS query_named(struct walk *walk, PRTL_QUERY_REGISTRY_TABLE entry, const void *caller)
{
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, entry->Name);
    NTSTATUS status = read(walk, &name, 0);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return use_default(walk, entry, caller);
    if (NT_SUCCESS(status))
        status = use_read(walk, entry, caller);
    if (NT_SUCCESS(status) && entry->Flags & RTL_QUERY_REGISTRY_DELETE)
        ZwDeleteValueKey(walk->key, &name);
    return status;
}

/* Without a name: every value of the key. */
static NTSTATUS query_all(struct walk *walk, PRTL_QUERY_REGISTRY_TABLE entry, const void *caller)
{
    ULONG count = 0;
    for (ULONG index = 0;;) {
        NTSTATUS status = read(walk, NULL, index);
        if (status == STATUS_NO_MORE_ENTRIES)
            break;
        if (NT_SUCCESS(status))
            status = use_read(walk, entry, caller);
        if (!NT_SUCCESS(status))
            return status;
        count++;
        UNICODE_STRING name = {(USHORT)walk->value->NameLength, (USHORT)walk->value->NameLength,
                               walk->value->Name};
        if (!(entry->Flags & RTL_QUERY_REGISTRY_DELETE) || !NT_SUCCESS(ZwDeleteValueKey(walk->key, &name)))
            index++;
    }
    return !count && entry->Flags & RTL_QUERY_REGISTRY_REQUIRED ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                : STATUS_SUCCESS;
}

static void leave_subkey(struct walk *walk)
{
    if (walk->key != walk->top)
        ZwClose(walk->key);
    walk->key = walk->top;
}

static NTSTATUS enter_subkey(struct walk *walk, PRTL_QUERY_REGISTRY_TABLE entry, ULONG access)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    HANDLE key;
    leave_subkey(walk);
    if (!entry->Name)
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(&name, entry->Name);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, walk->top, NULL);
    NTSTATUS status = ZwOpenKey(&key, access, &attributes);
    if (NT_SUCCESS(status))
        walk->key = key;
    return status;
}

/* Below \REGISTRY\MACHINE, where all hives are the system's. */
static bool is_trusted(HANDLE handle)
{
    struct cmp_key *key;
    if (!NT_SUCCESS(cmp_key_of(handle, 0, KernelMode, &key)))
        return true;
    cmp_lock();
    struct cmp_node *node = key->node;
    while (node->parent && node->parent->parent)
        node = node->parent;
    UNICODE_STRING machine;
    RtlInitUnicodeString(&machine, L"MACHINE");
    bool trusted = !node->parent || RtlEqualUnicodeString(&node->name, &machine, TRUE);
    cmp_unlock();
    ObpDereferenceObject(key);
    return trusted;
}

static NTSTATUS do_entry(struct walk *walk, PRTL_QUERY_REGISTRY_TABLE entry, const void *caller)
{
    ULONG flags = entry->Flags;
    if (flags & RTL_QUERY_REGISTRY_DIRECT &&
        (!entry->Name || flags & RTL_QUERY_REGISTRY_SUBKEY || entry->QueryRoutine))
        return STATUS_INVALID_PARAMETER;
    if (flags & RTL_QUERY_REGISTRY_TYPECHECK && !(flags & RTL_QUERY_REGISTRY_DIRECT))
        return STATUS_INVALID_PARAMETER;
    if (flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY))
        leave_subkey(walk);
    if (flags & RTL_QUERY_REGISTRY_DIRECT && !(flags & RTL_QUERY_REGISTRY_TYPECHECK) &&
        !is_trusted(walk->key))
        KiBugCheck(KERNEL_SECURITY_CHECK_FAILURE, FAST_FAIL_UNSAFE_REGISTRY_ACCESS, 0, 0, 0, caller);
    if (flags & RTL_QUERY_REGISTRY_SUBKEY) {
        NTSTATUS status = enter_subkey(walk, entry, MAXIMUM_ALLOWED);
        if (!NT_SUCCESS(status) || !entry->QueryRoutine)
            return status;
        return query_all(walk, entry, caller);
    }
    if (flags & RTL_QUERY_REGISTRY_NOVALUE)
        return entry->QueryRoutine
                   ? entry->QueryRoutine(NULL, REG_NONE, NULL, 0, walk->context, entry->EntryContext)
                   : STATUS_INVALID_PARAMETER;
    return entry->Name ? query_named(walk, entry, caller) : query_all(walk, entry, caller);
}

/*
 * Ends at the first entry that fails, with its status. A routine's STATUS_BUFFER_TOO_SMALL is passed over.
 * RTL_QUERY_REGISTRY_DIRECT without TYPECHECK stores what is there, whatever its type: as on Windows, that
 * may be more than the caller thought; in a user's hive it is bug check 0x139. STATUS_OBJECT_TYPE_MISMATCH:
 * TYPECHECK found another type. STATUS_INVALID_PARAMETER: flags that contradict one another. PASSIVE_LEVEL.
 * (WDK: RtlQueryRegistryValues)
 */
NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
                                      PVOID Context, PVOID Environment)
{
    GATE(RtlQueryRegistryValues, RelativeTo, Path, QueryTable, Context);
    (void)Environment;
    struct walk walk = {.context = Context};
    const void *caller = __builtin_return_address(0);
    NTSTATUS status = cmp_open_path(RelativeTo, Path, MAXIMUM_ALLOWED, FALSE, &walk.top);
    if (!NT_SUCCESS(status))
        return status;
    walk.key = walk.top;
    for (PRTL_QUERY_REGISTRY_TABLE entry = QueryTable; NT_SUCCESS(status); entry++) {
        if (!entry->QueryRoutine && !(entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)))
            break;
        status = do_entry(&walk, entry, caller);
    }
    leave_subkey(&walk);
    cmp_close_path(RelativeTo, walk.top);
    free(walk.value);
    return status;
}
