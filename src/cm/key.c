/*
 * The Key object: its type, opening and creating by name, closing; and what the services share in dealing
 * with callers.
 */
#include "cmp.h"

POBJECT_TYPE CmpKeyObjectType;
POBJECT_TYPE *CmKeyObjectType = &CmpKeyObjectType; /* what a driver imports */

/* --- names --- */

NTSTATUS cmp_name_of(struct cmp_node *node, PUNICODE_STRING path)
{
    *path = (UNICODE_STRING){0};
    NTSTATUS status = STATUS_SUCCESS;
    cmp_lock();
    ULONG length = cmp_path_length(node);
    if (node->deleted)
        status = STATUS_KEY_DELETED;
    else if (!(path->Buffer = MmAllocateSystemPool(length + sizeof(WCHAR), CMP_TAG)))
        status = STATUS_INSUFFICIENT_RESOURCES;
    else
        cmp_write_path(node, path->Buffer);
    cmp_unlock();
    if (!NT_SUCCESS(status))
        return status;
    path->Buffer[length / sizeof(WCHAR)] = 0;
    path->Length = (USHORT)length;
    path->MaximumLength = (USHORT)(length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

static NTSTATUS give_name(struct cmp_key *key, POBJECT_NAME_INFORMATION information, ULONG length,
                          PULONG needed)
{
    UNICODE_STRING path;
    NTSTATUS status = cmp_name_of(key->node, &path);
    if (!NT_SUCCESS(status))
        return status;
    *needed = (ULONG)sizeof *information + path.MaximumLength;
    if (length < *needed) {
        status = length < sizeof *information ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    } else {
        PWSTR text = (PWSTR)(information + 1);
        memcpy(text, path.Buffer, path.MaximumLength);
        information->Name = (UNICODE_STRING){path.Length, path.MaximumLength, text};
    }
    MmFreeSystemPool(path.Buffer);
    return status;
}

/* ObQueryNameString. */
static NTSTATUS query_name(PVOID object, BOOLEAN has_name, POBJECT_NAME_INFORMATION information, ULONG length,
                           PULONG needed, KPROCESSOR_MODE mode)
{
    (void)has_name, (void)mode;
    struct cmp_key *key = object;
    struct cmp_call call;
    NTSTATUS status = STATUS_SUCCESS;
    if (!CM || !key->node)
        return STATUS_KEY_DELETED;
    REG_QUERY_KEY_NAME info = {
        .Object = key, .ObjectNameInfo = information, .Length = length, .ReturnLength = needed};
    if (CMP_BEFORE(&call, RegNtPreQueryKeyName, &info, key))
        status = give_name(key, information, length, needed);
    return cmp_after(&call, RegNtPostQueryKeyName, key, key, status);
}

/* --- opening --- */

/* The name starts anew at the link's target, followed by `rest`. Under the lock. */
static NTSTATUS follow(struct cmp_node *link, PCUNICODE_STRING rest, PUNICODE_STRING moved)
{
    UNICODE_STRING target;
    if (!cmp_link_target(link, &target))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    PWSTR text = malloc(target.Length + sizeof(WCHAR));
    if (!text)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(text, target.Buffer, target.Length);
    text[target.Length / sizeof(WCHAR)] = L'\\';
    UNICODE_STRING front = {target.Length, target.Length, text};
    if (rest->Length)
        front.Length += sizeof(WCHAR);
    NTSTATUS status = ObpReplaceName(moved, &front, rest);
    free(text);
    return NT_SUCCESS(status) ? STATUS_REPARSE : status;
}

static NTSTATUS create_child(struct cmp_node *parent, PCUNICODE_STRING name, struct cmp_parse *what,
                             struct cmp_node **result)
{
    BOOLEAN is_volatile = (what->options & REG_OPTION_VOLATILE) != 0;
    if (parent->fixed)
        return STATUS_INVALID_PARAMETER;
    if (parent->is_volatile && !is_volatile)
        return STATUS_CHILD_MUST_BE_VOLATILE;
    if (cmp_path_length(parent) + name->Length > 0xF000)
        return STATUS_NAME_TOO_LONG;
    if (what->allowed != parent) {
        *result = parent;
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    UNICODE_STRING class;
    struct cmp_node *node = NULL;
    NTSTATUS status = cmp_copy_string(&class, &what->class);
    if (!NT_SUCCESS(status))
        return status;
    if (what->trans) {
        status = cmp_add_transacted(parent, name, is_volatile, what->trans, &node);
    } else {
        status = cmp_make_way_for_child(parent, name);
        if (NT_SUCCESS(status) && !(node = cmp_add_child(parent, name, is_volatile)))
            status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(status)) {
        free(class.Buffer);
        return status;
    }
    node->class = class;
    node->security = what->security;
    what->security = NULL;
    node->is_link = (what->options & REG_OPTION_CREATE_LINK) != 0;
    what->disposition = REG_CREATED_NEW_KEY;
    if (!what->trans)
        cmp_report(parent, REG_NOTIFY_CHANGE_NAME);
    *result = node;
    return STATUS_SUCCESS;
}

/*
 * From the node down the name. STATUS_REPARSE: *moved is the name to open instead.
 * STATUS_MORE_PROCESSING_REQUIRED: a key would be made in *result, if that is allowed. Under the lock.
 */
static NTSTATUS walk(struct cmp_node *node, UNICODE_STRING remaining, struct cmp_parse *what,
                     ULONG attributes, PUNICODE_STRING moved, struct cmp_node **result)
{
    BOOLEAN open_link = attributes & OBJ_OPENLINK || what->options & REG_OPTION_OPEN_LINK;
    what->disposition = REG_OPENED_EXISTING_KEY;
    NTSTATUS status = what->trans     ? cmp_look_transacted(node, what->trans)
                      : node->deleted ? STATUS_KEY_DELETED
                                      : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    for (;;) {
        UNICODE_STRING name, rest;
        bool more = cmp_next_component(&remaining, &name);
        if (node->is_link && what->disposition != REG_CREATED_NEW_KEY && (more || !open_link)) {
            rest = name;
            rest.Length += remaining.Length;
            if (!more && what->create && what->options & REG_OPTION_CREATE_LINK)
                return STATUS_OBJECT_NAME_COLLISION;
            return follow(cmp_seen(node, what->trans), &rest, moved);
        }
        if (!more)
            break;
        if (name.Length > CMP_MAX_KEY_NAME)
            return STATUS_INVALID_PARAMETER;
        struct cmp_node *child = cmp_child_seen(node, &name, what->trans);
        UNICODE_STRING further = remaining;
        if (!child && (!what->create || cmp_next_component(&further, &rest)))
            return STATUS_OBJECT_NAME_NOT_FOUND;
        if (!child) {
            status = create_child(node, &name, what, &child);
            *result = child;
            if (!NT_SUCCESS(status))
                return status;
        }
        node = child;
    }
    if (what->disposition == REG_OPENED_EXISTING_KEY && what->create &&
        what->options & REG_OPTION_CREATE_LINK)
        return STATUS_OBJECT_NAME_COLLISION;
    *result = node;
    return STATUS_SUCCESS;
}

static NTSTATUS new_key(KPROCESSOR_MODE mode, POBJECT_ATTRIBUTES attributes, struct cmp_key **result)
{
    struct cmp_key *key;
    NTSTATUS status = ObCreateObject(KernelMode, CmpKeyObjectType, attributes, mode, NULL, sizeof *key, 0, 0,
                                     (PVOID *)&key);
    if (!NT_SUCCESS(status))
        return status;
    InitializeListHead(&key->contexts);
    *result = key;
    return STATUS_SUCCESS;
}

static void forget_allowed(struct cmp_parse *what)
{
    cmp_release_security(what->security);
    what->security = NULL;
    if (!what->allowed)
        return;
    cmp_lock();
    cmp_dereference(what->allowed);
    cmp_unlock();
    what->allowed = NULL;
}

/* Takes the reference over. */
static NTSTATUS allow(struct cmp_node *parent, struct cmp_parse *what)
{
    forget_allowed(what);
    what->allowed = parent;
    return cmp_check_create(parent, what->trans, (what->options & REG_OPTION_CREATE_LINK) != 0, what->access,
                            what->mode, &what->security);
}

static NTSTATUS open_key(struct cmp_key *root, PUNICODE_STRING remaining, struct cmp_parse *what,
                         ULONG attributes, KPROCESSOR_MODE mode, PUNICODE_STRING moved, PVOID *object)
{
    struct cmp_key *key;
    struct cmp_node *node = NULL;
    OBJECT_ATTRIBUTES none;
    InitializeObjectAttributes(&none, NULL, attributes & OBJ_INHERIT, NULL, NULL);
    NTSTATUS status = new_key(mode, &none, &key);
    if (!NT_SUCCESS(status))
        return status;
    do {
        cmp_lock();
        status = walk(root->node, *remaining, what, attributes, moved, &node);
        if (status == STATUS_SUCCESS)
            cmp_reference(key->node = node);
        if (status == STATUS_SUCCESS && what->trans)
            cmp_reference_trans(key->trans = what->trans);
        if (status == STATUS_MORE_PROCESSING_REQUIRED)
            cmp_reference(node);
        cmp_unlock();
    } while (status == STATUS_MORE_PROCESSING_REQUIRED && (status = allow(node, what)) == STATUS_SUCCESS);
    forget_allowed(what);
    if (status == STATUS_SUCCESS && what->disposition == REG_CREATED_NEW_KEY)
        cmp_grant_creator(what->access);
    else if (status == STATUS_SUCCESS && what->mode != KernelMode)
        status = cmp_check_open(key->node, key->trans, what->access);
    if (status == STATUS_SUCCESS)
        *object = key;
    else
        ObpDereferenceObject(key);
    return status;
}

/* Who opens a key himself says what its handle may be used for. (WDK: REG_CREATE_KEY_INFORMATION_V1) */
static void take_grant(PACCESS_STATE access, ACCESS_MASK granted)
{
    access->PreviouslyGrantedAccess |= granted;
    access->RemainingDesiredAccess &= ~(granted | MAXIMUM_ALLOWED);
}

static NTSTATUS parse(PVOID object, POBJECT_TYPE type, PACCESS_STATE access, KPROCESSOR_MODE mode,
                      ULONG attributes, PUNICODE_STRING complete, PUNICODE_STRING remaining, PVOID context,
                      PVOID *result)
{
    struct cmp_key *root = object;
    struct cmp_parse plain = {0}, *what = &plain;
    *result = NULL;
    if (type && type != CmpKeyObjectType)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (type && context)
        what = context;
    /* A name relative to a key must not begin with a backslash; one that began at the root has lost
     * "\REGISTRY". */
    UNICODE_STRING rest = *remaining;
    if (rest.Length && *rest.Buffer == L'\\') {
        if (rest.Buffer == complete->Buffer)
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        rest.Buffer++;
        rest.Length -= sizeof(WCHAR);
    }
    /* Which of two views is meant, of which there is one here, is no right. */
    ULONG view = (access->RemainingDesiredAccess | access->PreviouslyGrantedAccess) & KEY_WOW64_RES;
    access->RemainingDesiredAccess &= ~(ACCESS_MASK)KEY_WOW64_RES;
    if (root->trans && !what->trans) { /* what is below a key of a transaction is opened in it, too */
        cmp_lock();
        cmp_reference_trans(what->trans = root->trans);
        cmp_unlock();
    }
    REG_CREATE_KEY_INFORMATION_V1 info = {
        .CompleteName = complete,
        .RootObject = root,
        .ObjectType = CmpKeyObjectType,
        .Options = what->options,
        .Class = what->class.Length ? &what->class : NULL,
        .DesiredAccess = access->RemainingDesiredAccess | access->PreviouslyGrantedAccess | view,
        .Disposition = &what->disposition,
        .SecurityDescriptor = access->SecurityDescriptor,
        .Transaction = what->named ? what->trans->transaction : NULL,
        .ResultObject = result,
        .Version = 1,
        .RemainingName = &rest,
        .Wow64Flags = view,
        .Attributes = attributes,
        .CheckAccessMode = mode,
    };
    what->access = access;
    what->mode = attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : mode;
    struct cmp_call call;
    UNICODE_STRING moved = {0}; /* the callbacks still see the old name when there is a new one */
    NTSTATUS status = STATUS_SUCCESS;
    bool ours = cmp_before(&call, what->create ? RegNtPreCreateKeyEx : RegNtPreOpenKeyEx, &info,
                           &info.CallContext, &info.RootObjectContext, root);
    if (ours)
        status = open_key(root, &rest, what, attributes, mode, &moved, result);
    status =
        cmp_after(&call, what->create ? RegNtPostCreateKeyEx : RegNtPostOpenKeyEx, root, *result, status);
    if (!ours && NT_SUCCESS(status))
        take_grant(access, info.GrantedAccess);
    if (!NT_SUCCESS(status) && *result) { /* a callback made a failure of it */
        ObpDereferenceObject(*result);
        *result = NULL;
    }
    if (status == STATUS_REPARSE && moved.Buffer) {
        MmFreeSystemPool(complete->Buffer);
        *complete = moved;
    } else if (moved.Buffer) {
        MmFreeSystemPool(moved.Buffer);
    }
    cmp_release_trans(plain.trans);
    return status;
}

/* --- closing --- */

static VOID close_key(PEPROCESS process, PVOID object, ACCESS_MASK granted, ULONG process_handles,
                      ULONG handles)
{
    (void)process, (void)granted, (void)process_handles;
    if (handles > 1 || !CM)
        return;
    cmp_tell_close(object);
    cmp_drop_watch(object);
}

static VOID delete_key(PVOID object)
{
    struct cmp_key *key = object;
    if (key->own_name)
        MmFreeSystemPool(key->own_name);
    if (!CM) /* the tree is gone already */
        return;
    cmp_forget_contexts(key);
    cmp_drop_watch(key);
    if (!key->node)
        return;
    cmp_lock();
    cmp_dereference(key->node);
    cmp_unlock();
    cmp_release_trans(key->trans);
}

NTSTATUS cmp_start_keys(void)
{
    static const OB_TYPE_INITIALIZER info = {
        .Name = L"Key",
        .GenericMapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS},
        .ValidAccessMask = KEY_ALL_ACCESS,
        .UseDefaultObject = TRUE,
        .DefaultObjectOffset = -1,
        .CaseInsensitive = TRUE,
        .CloseProcedure = close_key,
        .DeleteProcedure = delete_key,
        .ParseProcedure = parse,
        .SecurityProcedure = cmp_security_procedure,
        .QueryNameProcedure = query_name,
    };
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    struct cmp_key *root;
    NTSTATUS status = ObCreateObjectType(&info, &CmpKeyObjectType);
    if (!NT_SUCCESS(status))
        return status;
    RtlInitUnicodeString(&name, L"\\REGISTRY");
    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    status = new_key(KernelMode, &attributes, &root);
    if (!NT_SUCCESS(status))
        return status;
    ob_own(root);
    cmp_reference(root->node = CM->root);
    status = ObInsertObject(root, NULL, 0, 0, NULL, NULL);
    if (NT_SUCCESS(status))
        ObpDereferenceObject(root); /* its name keeps it */
    return status;
}

/* --- callers --- */

NTSTATUS cmp_key_of(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode, struct cmp_key **key)
{
    return ObReferenceObjectByHandle(handle, access, CmpKeyObjectType, mode, (PVOID *)key, NULL);
}

/* In the library's pool, which goes with the machine: a callback may be called while it is held, and stop it
 * for good. */
NTSTATUS cmp_capture(const void *from, ULONG size, KPROCESSOR_MODE mode, PVOID *own)
{
    *own = NULL;
    if (!size)
        return STATUS_SUCCESS;
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS : MmProbe(from, size, 1, false);
    if (!NT_SUCCESS(status))
        return status;
    if (!(*own = MmAllocateSystemPool(size, 'atDC')))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = MmCopyFromMode(*own, from, size, mode);
    if (!NT_SUCCESS(status)) {
        MmFreeSystemPool(*own);
        *own = NULL;
    }
    return status;
}

/*
 * The name is terminated in the copy, for callbacks that take it for a string. Zeros at the end of a value's
 * name do not count, as in NT. NULL: an access violation. STATUS_INVALID_PARAMETER for an odd or too long
 * one.
 */
NTSTATUS cmp_capture_name(PUNICODE_STRING name, KPROCESSOR_MODE mode, BOOLEAN value_name, PUNICODE_STRING own)
{
    UNICODE_STRING given;
    *own = (UNICODE_STRING){0};
    NTSTATUS status = mode == KernelMode ? STATUS_SUCCESS : MmProbe(name, sizeof given, sizeof(ULONG), false);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&given, name, sizeof given, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (given.Length & 1 || given.Length > (value_name ? CMP_MAX_VALUE_NAME : 0xFFFC))
        return STATUS_INVALID_PARAMETER;
    PWSTR text = MmAllocateSystemPool(given.Length + sizeof(WCHAR), CMP_TAG);
    if (!text)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (mode != KernelMode)
        status = MmProbe(given.Buffer, given.Length, sizeof(WCHAR), false);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(text, given.Buffer, given.Length, mode);
    if (!NT_SUCCESS(status)) {
        MmFreeSystemPool(text);
        return status;
    }
    while (value_name && given.Length && !text[given.Length / sizeof(WCHAR) - 1])
        given.Length -= sizeof(WCHAR);
    text[given.Length / sizeof(WCHAR)] = 0;
    *own = (UNICODE_STRING){given.Length, given.Length + sizeof(WCHAR), text};
    return STATUS_SUCCESS;
}

void cmp_free_name(PUNICODE_STRING name)
{
    if (name->Buffer)
        MmFreeSystemPool(name->Buffer);
    *name = (UNICODE_STRING){0};
}

NTSTATUS cmp_probe_answer(PVOID buffer, ULONG length, PULONG result, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode)
        return STATUS_SUCCESS;
    NTSTATUS status = MmProbe(buffer, length, sizeof(ULONG), true);
    return NT_SUCCESS(status) ? MmProbe(result, sizeof *result, sizeof(ULONG), true) : status;
}

NTSTATUS cmp_give(struct cmp_answer *answer, PVOID buffer, ULONG length, PULONG result, KPROCESSOR_MODE mode)
{
    ULONG given = length < answer->needed ? length : answer->needed;
    NTSTATUS status = length < answer->fixed    ? STATUS_BUFFER_TOO_SMALL
                      : length < answer->needed ? STATUS_BUFFER_OVERFLOW
                                                : STATUS_SUCCESS;
    NTSTATUS told = STATUS_SUCCESS;
    if (status != STATUS_BUFFER_TOO_SMALL)
        told = MmCopyToMode(buffer, answer->bytes, given, mode);
    if (NT_SUCCESS(told))
        told = MmCopyToMode(result, &answer->needed, sizeof *result, mode);
    free(answer->bytes);
    answer->bytes = NULL;
    return NT_SUCCESS(told) ? status : told;
}
