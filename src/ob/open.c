/*
 * Inserting objects and opening them, by name and by pointer.
 */
#include "obp.h"

/* The access state of an open that brought none (SeCreateAccessState in little). */
void obp_init_access_state(PACCESS_STATE state, ACCESS_MASK access, POBJECT_TYPE type)
{
    memset(state, 0, sizeof *state);
    state->OriginalDesiredAccess = access;
    if (type)
        RtlMapGenericMask(&access, &type->Info.GenericMapping);
    state->RemainingDesiredAccess = access;
    PEPROCESS process = PspCurrentProcess();
    if (!process) /* the machine is starting or stopping */
        return;
    state->SubjectSecurityContext.ProcessAuditId = process->UniqueProcessId;
    obp_complete_access_state(state);
}

static void map_generic(PACCESS_STATE state, POBJECT_TYPE type)
{
    RtlMapGenericMask(&state->RemainingDesiredAccess, &type->Info.GenericMapping);
}

NTSTATUS obp_enter_type(POBJECT_TYPE type)
{
    static const WCHAR prefix[] = L"\\ObjectTypes\\";
    UNICODE_STRING front = {sizeof prefix - sizeof(WCHAR), sizeof prefix, (PWSTR)prefix}, path = {0};
    NTSTATUS status = ObpReplaceName(&path, &front, &type->Name);
    if (!NT_SUCCESS(status))
        return status;
    struct obp_lookup look = {
        .Name = &path, .Type = OBP->type_type, .Mode = KernelMode, .Insert = obp_header(type)};
    status = obp_lookup(&look);
    if (NT_SUCCESS(status)) {
        if (look.Object != (PVOID)type)
            status = STATUS_OBJECT_NAME_COLLISION;
        ObpDereferenceObject(look.Object);
    }
    MmFreeSystemPool(path.Buffer);
    return status;
}

/* The name of a new object leads to one that was there before. */
static NTSTATUS found_other(POBP_HEADER header, struct obp_create *create, PVOID found)
{
    if (!(create->Attributes & OBJ_OPENIF))
        return STATUS_OBJECT_NAME_COLLISION;
    return obp_header(found)->Type == header->Type ? STATUS_OBJECT_NAME_EXISTS : STATUS_OBJECT_TYPE_MISMATCH;
}

/* Enters the name; *target is the object that the handle is for, referenced. */
static NTSTATUS enter_name(POBP_HEADER header, struct obp_create *create, PACCESS_STATE state, PVOID *target)
{
    *target = obp_body(header);
    if (!create->Name.Length) {
        if (create->SecurityDescriptor) {
            NTSTATUS guarded = obp_assign_security(header, create->SecurityDescriptor, NULL, state,
                                                   obp_check_mode(create->Mode, create->Attributes));
            if (!NT_SUCCESS(guarded))
                return guarded;
        }
        ObpReferenceObject(*target);
        return STATUS_SUCCESS;
    }
    struct obp_lookup look = {.Root = create->RootDirectory,
                              .Name = &create->Name,
                              .Attributes = create->Attributes,
                              .Type = header->Type,
                              .Mode = create->Mode,
                              .AccessState = state,
                              .Security = create->SecurityDescriptor,
                              .Insert = header};
    NTSTATUS status = obp_lookup(&look);
    if (!NT_SUCCESS(status))
        return status;
    *target = look.Object;
    if (look.Object == obp_body(header))
        return STATUS_SUCCESS;
    status = found_other(header, create, look.Object);
    if (!NT_SUCCESS(status))
        ObpDereferenceObject(look.Object);
    return status;
}

NTSTATUS NTAPI ObInsertObject(PVOID Object, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                              ULONG ObjectPointerBias, PVOID *NewObject, PHANDLE Handle)
{
    GATE(ObInsertObject, Object, AccessState, DesiredAccess, ObjectPointerBias);
    POBP_HEADER header = obp_header(Object);
    struct obp_create *create = header->Create;
    ACCESS_STATE own_state;
    PVOID target;
    if (Handle)
        *Handle = NULL;
    if (!create)
        return STATUS_INVALID_PARAMETER;
    if (AccessState)
        map_generic(AccessState, header->Type);
    else
        obp_init_access_state(AccessState = &own_state, DesiredAccess, header->Type);
    header->Create = NULL;
    atomic_fetch_and(&header->Flags, ~(ULONG)OBP_NEW);
    NTSTATUS status = enter_name(header, create, AccessState, &target);
    if (!NT_SUCCESS(status))
        goto out;
    bool own = target == Object;
    if (Handle) {
        NTSTATUS made = obp_create_handle(own ? ObCreateHandle : ObOpenHandle, obp_header(target), NULL,
                                          AccessState, create->Attributes, create->Mode, NULL, Handle);
        if (!NT_SUCCESS(made)) {
            status = made;
            if (own) {
                atomic_fetch_and(&header->Flags, ~(ULONG)OBP_PERMANENT);
                obp_check_name(header);
            }
            ObpDereferenceObject(target);
            goto out;
        }
    }
    if (ObjectPointerBias)
        obp_reference(obp_header(target), ObjectPointerBias);
    if (NewObject)
        *NewObject = target;
    ObpDereferenceObject(target);
    if (own && !Handle) { /* the creation reference stays with the caller */
        obp_release_create(create);
        MmFreeSystemPool(create);
        return status;
    }
out:
    obp_release_create(create);
    MmFreeSystemPool(create);
    ObpDereferenceObject(Object);
    return status;
}

static NTSTATUS look_up_named(struct obp_create *create, POBJECT_TYPE type, KPROCESSOR_MODE mode,
                              PACCESS_STATE state, PVOID context, PVOID *object)
{
    struct obp_lookup look = {.Root = create->RootDirectory,
                              .Name = &create->Name,
                              .Attributes = create->Attributes,
                              .Type = type,
                              .Mode = mode,
                              .ParseContext = context,
                              .AccessState = state};
    NTSTATUS status = obp_lookup(&look);
    *object = look.Object;
    return status;
}

NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES ObjectAttributes, POBJECT_TYPE ObjectType,
                            KPROCESSOR_MODE AccessMode, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                            PVOID ParseContext, PHANDLE Handle)
{
    struct obp_create create;
    ACCESS_STATE own_state;
    PVOID object;
    *Handle = NULL;
    if (!ObjectAttributes)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = obp_capture_attributes(ObjectAttributes, AccessMode, &create);
    if (!NT_SUCCESS(status))
        return status;
    if (!AccessState)
        obp_init_access_state(AccessState = &own_state, DesiredAccess, ObjectType);
    else if (ObjectType)
        map_generic(AccessState, ObjectType);
    AccessState->SecurityDescriptor = create.SecurityDescriptor;
    status = look_up_named(&create, ObjectType, AccessMode, AccessState, ParseContext, &object);
    if (!NT_SUCCESS(status))
        goto out;
    map_generic(AccessState, obp_header(object)->Type);
    /* What a parse method made for this open (a file) is new: its handle counts as the creation's. */
    POBP_HEADER header = obp_header(object);
    OB_OPEN_REASON reason = ObOpenHandle;
    if (atomic_load(&header->Flags) & OBP_NEW) {
        reason = ObCreateHandle;
        atomic_fetch_and(&header->Flags, ~(ULONG)OBP_NEW);
        if (header->Create) {
            obp_release_create(header->Create);
            MmFreeSystemPool(header->Create);
            header->Create = NULL;
        }
    }
    NTSTATUS made = obp_create_handle(reason, header, ObjectType, AccessState, create.Attributes, AccessMode,
                                      NULL, Handle);
    ObpDereferenceObject(object);
    if (!NT_SUCCESS(made))
        status = made;
out:
    obp_release_create(&create);
    return status;
}

/*
 * An object by its name, referenced, without a handle. PASSIVE_LEVEL. Attributes: OBJ_CASE_INSENSITIVE.
 * Undocumented by Microsoft, exported by NT and used by many drivers.
 */
NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING ObjectName, ULONG Attributes,
                                       PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                                       POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                       PVOID ParseContext, PVOID *Object)
{
    GATE(ObReferenceObjectByName, ObjectName, Attributes, DesiredAccess, ObjectType);
    struct obp_create create = {.Attributes = Attributes, .Mode = AccessMode};
    ACCESS_STATE own_state;
    *Object = NULL;
    if (!ObjectName)
        return STATUS_OBJECT_NAME_INVALID;
    NTSTATUS status = obp_capture_name(ObjectName, AccessMode, &create.Name);
    if (!NT_SUCCESS(status))
        return status;
    if (!create.Name.Length)
        return STATUS_OBJECT_NAME_INVALID;
    if (!AccessState)
        obp_init_access_state(AccessState = &own_state, DesiredAccess, ObjectType);
    status = look_up_named(&create, ObjectType, AccessMode, AccessState, ParseContext, Object);
    obp_release_create(&create);
    if (NT_SUCCESS(status)) {
        status = obp_check_access(obp_header(*Object), AccessState, obp_check_mode(AccessMode, Attributes));
        if (!NT_SUCCESS(status)) {
            ObpDereferenceObject(*Object);
            *Object = NULL;
        }
    }
    return status;
}

/*
 * A handle for an object one has a pointer to. PASSIVE_LEVEL (NT: APC_LEVEL and below). HandleAttributes:
 * OBJ_KERNEL_HANDLE, OBJ_INHERIT, ... STATUS_OBJECT_TYPE_MISMATCH as ObReferenceObjectByPointer.
 */
NTSTATUS NTAPI ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE PassedAccessState,
                                     ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                     KPROCESSOR_MODE AccessMode, PHANDLE Handle)
{
    GATE(ObOpenObjectByPointer, Object, HandleAttributes, DesiredAccess, ObjectType);
    POBP_HEADER header = obp_header(Object);
    ACCESS_STATE own_state;
    *Handle = NULL;
    if (header->Type != ObjectType && (AccessMode != KernelMode || ObjectType == OBP->link_type))
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (header->Type->Info.InvalidAttributes & HandleAttributes)
        return STATUS_INVALID_PARAMETER;
    if (!PassedAccessState)
        obp_init_access_state(PassedAccessState = &own_state, DesiredAccess, header->Type);
    return obp_create_handle(ObOpenHandle, header, NULL, PassedAccessState, HandleAttributes, AccessMode,
                             NULL, Handle);
}

NTSTATUS NTAPI ObOpenObjectByPointerWithTag(PVOID Object, ULONG HandleAttributes,
                                            PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                            POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, ULONG Tag,
                                            PHANDLE Handle)
{
    GATE(ObOpenObjectByPointerWithTag, Object, DesiredAccess, ObjectType, Tag);
    return ObOpenObjectByPointer(Object, HandleAttributes, PassedAccessState, DesiredAccess, ObjectType,
                                 AccessMode, Handle);
}
