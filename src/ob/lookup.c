/*
 * From a name to an object: the walk through directories, links and parse methods (NT's ObpLookupObjectName).
 */
#include "obp.h"

#define SEPARATOR L'\\'

static WCHAR upcase(WCHAR c)
{
    if (c < 0x80)
        return c >= L'a' && c <= L'z' ? (WCHAR)(c - 32) : c;
    return RtlUpcaseUnicodeChar(c);
}

BOOLEAN obp_same_name(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignore_case)
{
    if (a->Length != b->Length)
        return FALSE;
    for (USHORT i = 0; i < a->Length / sizeof(WCHAR); i++) {
        WCHAR x = a->Buffer[i], y = b->Buffer[i];
        if (x != y && (!ignore_case || upcase(x) != upcase(y)))
            return FALSE;
    }
    return TRUE;
}

/* Case never matters here: a look-up that ignores it must find the same bucket. */
ULONG obp_hash_name(PCUNICODE_STRING name)
{
    ULONG hash = 0;
    for (USHORT i = 0; i < name->Length / sizeof(WCHAR); i++)
        hash = hash * 37 + upcase(name->Buffer[i]);
    return hash;
}

static struct obp_name *find(struct obp_directory *directory, PCUNICODE_STRING name, ULONG hash,
                             BOOLEAN ignore_case)
{
    struct obp_name *entry = directory->Buckets[hash % OBP_BUCKETS];
    while (entry && (entry->Hash != hash || !obp_same_name(&entry->Name, name, ignore_case)))
        entry = entry->Next;
    return entry;
}

/* Takes an entered name out of its directory; the caller drops the two references. Under the names lock. */
static void unlink_name(struct obp_name *name)
{
    struct obp_directory *directory = name->Directory;
    struct obp_name **link = &directory->Buckets[name->Hash % OBP_BUCKETS];
    while (*link != name)
        link = &(*link)->Next;
    *link = name->Next;
    directory->Count--;
    name->Directory = NULL;
}

void obp_check_name(POBP_HEADER header)
{
    struct obp_name *name = atomic_load_explicit(&header->Name, memory_order_acquire);
    if (!name)
        return;
    ob_acquire(&OBP->names);
    struct obp_directory *directory = name->Directory;
    bool gone =
        directory && !atomic_load(&header->HandleCount) && !(atomic_load(&header->Flags) & OBP_PERMANENT);
    if (gone)
        unlink_name(name);
    ob_release(&OBP->names);
    if (gone) {
        ObpDereferenceObject(directory);
        obp_dereference(header, 1, NULL);
    }
}

/* Lets the name go with the last handle (at once when there is none). PASSIVE_LEVEL. */
VOID NTAPI ObMakeTemporaryObject(PVOID Object)
{
    GATE(ObMakeTemporaryObject, Object);
    atomic_fetch_and(&obp_header(Object)->Flags, ~(ULONG)OBP_PERMANENT);
    obp_check_name(obp_header(Object));
}

NTSTATUS ObpReplaceName(PUNICODE_STRING CompleteName, PCUNICODE_STRING Prefix, PCUNICODE_STRING Rest)
{
    size_t length = (size_t)Prefix->Length + Rest->Length;
    if (length > 0xFFFC)
        return STATUS_NAME_TOO_LONG;
    PWSTR buffer = MmAllocateSystemPool(length + sizeof(WCHAR), OB_TAG_NAME);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Prefix->Length)
        memcpy(buffer, Prefix->Buffer, Prefix->Length);
    if (Rest->Length)
        memcpy(buffer + Prefix->Length / sizeof(WCHAR), Rest->Buffer, Rest->Length);
    buffer[length / sizeof(WCHAR)] = 0;
    if (CompleteName->Buffer)
        MmFreeSystemPool(CompleteName->Buffer);
    *CompleteName = (UNICODE_STRING){(USHORT)length, (USHORT)(length + sizeof(WCHAR)), buffer};
    return STATUS_SUCCESS;
}

/* Splits the first component off; false when it is empty. */
static bool next_component(PUNICODE_STRING remaining, PUNICODE_STRING component)
{
    if (remaining->Length && *remaining->Buffer == SEPARATOR) {
        remaining->Buffer++;
        remaining->Length -= sizeof(WCHAR);
    }
    *component = *remaining;
    while (remaining->Length && *remaining->Buffer != SEPARATOR) {
        remaining->Buffer++;
        remaining->Length -= sizeof(WCHAR);
    }
    component->Length -= remaining->Length;
    return component->Length != 0;
}

/* "\??" and what stands below it means \GLOBAL??: there is one map of DOS devices. */
static bool strip_dos_prefix(PUNICODE_STRING name)
{
    if (name->Length < 6 || name->Buffer[0] != SEPARATOR || name->Buffer[1] != L'?' ||
        name->Buffer[2] != L'?')
        return false;
    if (name->Length > 6 && name->Buffer[3] != SEPARATOR)
        return false;
    name->Buffer += 3;
    name->Length -= 6;
    return true;
}

static bool is_absolute(PCUNICODE_STRING name)
{
    return name->Length && name->Buffer[0] == SEPARATOR;
}

static NTSTATUS reference_found(struct obp_lookup *l, PVOID object)
{
    if (l->Type && obp_header(object)->Type != l->Type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    ObpReferenceObject(object);
    l->Object = object;
    return STATUS_SUCCESS;
}

/* Enters l->Insert under the name; `fresh` is the entry made for it before the lock was taken. Under the
 * names lock. */
static void enter(struct obp_lookup *l, struct obp_directory *directory, struct obp_name *fresh)
{
    fresh->Directory = directory;
    fresh->Object = l->Insert;
    fresh->Next = directory->Buckets[fresh->Hash % OBP_BUCKETS];
    directory->Buckets[fresh->Hash % OBP_BUCKETS] = fresh;
    directory->Count++;
    ObpReferenceObject(directory);
    obp_reference(l->Insert, 2); /* the entry's and the caller's */
    atomic_store_explicit(&l->Insert->Name, fresh, memory_order_release);
    l->Object = obp_body(l->Insert);
}

static struct obp_name *new_name(PCUNICODE_STRING component, ULONG hash)
{
    struct obp_name *name =
        MmAllocateSystemPool(sizeof *name + component->Length + sizeof(WCHAR), OB_TAG_NAME);
    if (!name)
        return NULL;
    memset(name, 0, sizeof *name);
    name->Hash = hash;
    name->Name = (UNICODE_STRING){component->Length, component->Length + sizeof(WCHAR), name->Buffer};
    memcpy(name->Buffer, component->Buffer, component->Length);
    name->Buffer[component->Length / sizeof(WCHAR)] = 0;
    return name;
}

static NTSTATUS check_creation(struct obp_lookup *l, struct obp_directory *directory, KPROCESSOR_MODE mode)
{
    ACCESS_MASK access =
        l->Insert->Type == OBP->directory_type ? DIRECTORY_CREATE_SUBDIRECTORY : DIRECTORY_CREATE_OBJECT;
    NTSTATUS status = obp_check_directory(directory, l->AccessState, access, mode);
    return NT_SUCCESS(status) ? obp_assign_security(l->Insert, l->Security, directory, l->AccessState, mode)
                              : status;
}

/* One step: what the component means in the directory, referenced; or Insert entered there (*found NULL). */
static NTSTATUS step(struct obp_lookup *l, struct obp_directory *directory, PCUNICODE_STRING component,
                     bool last, BOOLEAN ignore_case, PVOID *found)
{
    ULONG hash = obp_hash_name(component);
    KPROCESSOR_MODE mode = obp_check_mode(l->Mode, l->Attributes);
    struct obp_name *fresh = NULL;
    *found = NULL;
    NTSTATUS status = obp_check_directory(directory, l->AccessState, DIRECTORY_TRAVERSE, mode),
             may = STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    if (last && l->Insert) {
        /* Guarded before anybody can find it. */
        may = check_creation(l, directory, mode);
        if (NT_SUCCESS(may) && !(fresh = new_name(component, hash)))
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    ob_acquire(&OBP->names);
    struct obp_name *entry = find(directory, component, hash, ignore_case);
    if (entry) {
        *found = obp_body(entry->Object);
        ObpReferenceObject(*found);
    } else if (fresh) {
        enter(l, directory, fresh);
        fresh = NULL;
    }
    ob_release(&OBP->names);
    if (fresh)
        MmFreeSystemPool(fresh);
    if (*found || l->Object)
        return STATUS_SUCCESS;
    if (!NT_SUCCESS(may))
        return may;
    return last ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_NOT_FOUND;
}

/* Hands the rest of the name to the object's type. STATUS_REPARSE: *l->Name is new. */
static NTSTATUS parse(struct obp_lookup *l, PVOID object, PUNICODE_STRING remaining)
{
    PVOID result = NULL;
    NTSTATUS status =
        obp_header(object)->Type->Info.ParseProcedure(object, l->Type, l->AccessState, l->Mode, l->Attributes,
                                                      l->Name, remaining, l->ParseContext, &result);
    if (status == STATUS_REPARSE || status == STATUS_REPARSE_OBJECT || !NT_SUCCESS(status))
        return status == STATUS_REPARSE_OBJECT ? STATUS_REPARSE : status;
    l->Object = result;
    return result ? status : STATUS_OBJECT_NAME_NOT_FOUND;
}

/* Walks `remaining` from the directory, whose reference it takes over. STATUS_REPARSE: start again with
 * *l->Name. */
static NTSTATUS walk(struct obp_lookup *l, struct obp_directory *directory, UNICODE_STRING remaining,
                     BOOLEAN ignore_case)
{
    for (;;) {
        UNICODE_STRING component;
        PVOID found;
        NTSTATUS status = STATUS_OBJECT_NAME_INVALID;
        if (next_component(&remaining, &component))
            status = step(l, directory, &component, remaining.Length == 0, ignore_case, &found);
        ObpDereferenceObject(directory);
        if (!NT_SUCCESS(status) || !found)
            return status;
        POBJECT_TYPE type = obp_header(found)->Type;
        OB_PARSE_METHOD method = type->Info.ParseProcedure;
        if (method && (!l->Insert || method == obp_parse_link)) {
            status = parse(l, found, &remaining);
        } else if (!remaining.Length) {
            status = l->Insert ? (ObpReferenceObject(found), l->Object = found, STATUS_SUCCESS)
                               : reference_found(l, found);
        } else if (type == OBP->directory_type) {
            directory = found; /* with its reference */
            continue;
        } else {
            status = STATUS_OBJECT_TYPE_MISMATCH;
        }
        ObpDereferenceObject(found);
        return status;
    }
}

/* A name below an object that is no directory: files and keys opened relative to one. */
static NTSTATUS walk_below(struct obp_lookup *l, PVOID root)
{
    for (unsigned turn = 0; turn < OBP_MAX_REPARSE; turn++) {
        UNICODE_STRING remaining = *l->Name;
        NTSTATUS status = parse(l, root, &remaining);
        if (status != STATUS_REPARSE || !l->Name->Length || is_absolute(l->Name))
            return status;
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS walk_relative(struct obp_lookup *l, BOOLEAN ignore_case)
{
    PVOID root;
    ACCESS_MASK granted;
    NTSTATUS status = ObpLookupHandle(l->Root, l->Mode, NULL, &root, &granted);
    if (!NT_SUCCESS(status))
        return status;
    POBJECT_TYPE type = obp_header(root)->Type;
    if (type == OBP->directory_type) {
        if (is_absolute(l->Name))
            status = STATUS_OBJECT_PATH_SYNTAX_BAD;
        else if (l->Name->Length)
            return walk(l, root, *l->Name, ignore_case);
        else
            status = reference_found(l, root);
    } else if (!type->Info.ParseProcedure || type->Info.ParseProcedure == obp_parse_link) {
        status = STATUS_INVALID_HANDLE;
    } else {
        status = walk_below(l, root);
    }
    ObpDereferenceObject(root);
    return status;
}

static NTSTATUS walk_absolute(struct obp_lookup *l, BOOLEAN ignore_case)
{
    UNICODE_STRING remaining = *l->Name;
    if (!is_absolute(&remaining))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    struct obp_directory *start = strip_dos_prefix(&remaining) ? OBP->global : OBP->root;
    if (!remaining.Length || (start == OBP->root && remaining.Length == sizeof(WCHAR)))
        return l->Insert ? STATUS_OBJECT_NAME_COLLISION : reference_found(l, start);
    ObpReferenceObject(start);
    return walk(l, start, remaining, ignore_case);
}

/*
 * STATUS_OBJECT_PATH_SYNTAX_BAD, _NAME_INVALID, _NAME_NOT_FOUND, _PATH_NOT_FOUND, _TYPE_MISMATCH as NT gives
 * them. A chain of more than OBP_MAX_REPARSE links ends as STATUS_OBJECT_NAME_NOT_FOUND.
 */
NTSTATUS obp_lookup(struct obp_lookup *l)
{
    l->Object = NULL;
    BOOLEAN ignore_case = l->Attributes & OBJ_CASE_INSENSITIVE || !l->Type || l->Type->Info.CaseInsensitive;
    NTSTATUS status = l->Root ? walk_relative(l, ignore_case) : walk_absolute(l, ignore_case);
    for (unsigned turn = 0; status == STATUS_REPARSE; turn++) {
        if (turn == OBP_MAX_REPARSE)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        status = walk_absolute(l, ignore_case);
    }
    return status;
}

/* --- paths --- */

NTSTATUS obp_full_name(POBP_HEADER header, PUNICODE_STRING full)
{
    *full = (UNICODE_STRING){0};
    size_t capacity = 1024;
    PWSTR buffer = MmAllocateSystemPool(capacity, OB_TAG_NAME);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    /* Written from the end: the chain runs upwards. */
    size_t at = capacity / sizeof(WCHAR) - 1;
    bool complete = obp_body(header) == (PVOID)OBP->root;
    buffer[at] = 0;
    if (complete)
        buffer[--at] = SEPARATOR;
    NTSTATUS status = STATUS_SUCCESS;
    ob_acquire(&OBP->names);
    for (struct obp_name *name; (name = atomic_load(&header->Name)) && name->Directory;) {
        size_t count = name->Name.Length / sizeof(WCHAR);
        if (at < count + 1) {
            status = STATUS_NAME_TOO_LONG;
            break;
        }
        at -= count + 1;
        buffer[at] = SEPARATOR;
        memcpy(buffer + at + 1, name->Name.Buffer, name->Name.Length);
        complete = true;
        header = obp_header(name->Directory);
    }
    ob_release(&OBP->names);
    if (!NT_SUCCESS(status) || !complete) {
        MmFreeSystemPool(buffer);
        return status;
    }
    size_t length = capacity - at * sizeof(WCHAR) - sizeof(WCHAR);
    memmove(buffer, buffer + at, length + sizeof(WCHAR));
    *full = (UNICODE_STRING){(USHORT)length, (USHORT)capacity, buffer};
    return STATUS_SUCCESS;
}

NTSTATUS ObpFullName(PVOID Object, PUNICODE_STRING FullName)
{
    return obp_full_name(obp_header(Object), FullName);
}
