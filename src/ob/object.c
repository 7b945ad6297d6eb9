/*
 * Objects: creation, reference counts, deletion, types.
 */
#include "obp.h"

#include <stdio.h>

/* --- reference counts --- */

void obp_last_reference(POBP_HEADER header, LONG64 left, const void *caller)
{
    ULONG_PTR type = (ULONG_PTR)header->Type, object = (ULONG_PTR)obp_body(header);
    if (left < 0)
        KiBugCheck(REFERENCE_BY_POINTER, type, object, 2, (ULONG_PTR)left, caller);
    LONG64 handles = atomic_load(&header->HandleCount);
    if (handles != 0)
        KiBugCheck(REFERENCE_BY_POINTER, type, object, 1, (ULONG_PTR)handles, caller);
    if (KiCurrentThread()->Irql == PASSIVE_LEVEL)
        obp_delete(header);
    else
        ObpDeferDelete(obp_body(header));
}

void obp_delete(POBP_HEADER header)
{
    POBJECT_TYPE type = header->Type;
    ob_acquire(&type->Lock);
    RemoveEntryList(&header->TypeEntry);
    ob_release(&type->Lock);
    if (header->Create) {
        obp_release_create(header->Create);
        MmFreeSystemPool(header->Create);
        header->Create = NULL;
    }
    if (type->Info.DeleteProcedure)
        type->Info.DeleteProcedure(obp_body(header));
    struct obp_name *name = atomic_load_explicit(&header->Name, memory_order_relaxed);
    if (name)
        MmFreeSystemPool(name);
    obp_drop_security(header);
    atomic_fetch_sub(&type->Objects, 1);
    /* One more dereference of a dead object must not look like the last of a live one. */
    atomic_store_explicit(&header->PointerCount, INT64_MIN / 2, memory_order_relaxed);
    MmFreeSystemPool(header);
}

/* The body is deleted later, at PASSIVE_LEVEL, by the reaper; any IRQL. */
void ObpDeferDelete(PVOID Object)
{
    POBP_HEADER header = obp_header(Object);
    POBP_HEADER first = atomic_load(&OBP->deferred);
    do
        header->NextDeferred = first;
    while (!atomic_compare_exchange_weak(&OBP->deferred, &first, header));
    if (!first && OBP->wake_reaper)
        OBP->wake_reaper();
}

void ob_reap(void)
{
    POBP_HEADER header;
    atomic_fetch_add(&OBP->reaping, 1); /* before the list is taken: ob_settle sees the one or the other */
    while ((header = atomic_exchange(&OBP->deferred, NULL)) != NULL) {
        while (header) {
            POBP_HEADER next = header->NextDeferred;
            obp_delete(header);
            header = next;
        }
    }
    atomic_fetch_sub(&OBP->reaping, 1);
}

void ob_settle(void)
{
    ob_reap();
    for (unsigned turn = 0; atomic_load(&OBP->reaping) || atomic_load(&OBP->deferred); ob_reap())
        host_spin(turn++);
}

void ob_set_reaper(void (*wake)(void))
{
    OBP->wake_reaper = wake;
}

void ObpReferenceObject(PVOID Object)
{
    obp_reference(obp_header(Object), 1);
}

void ObpDereferenceObject(PVOID Object)
{
    obp_dereference(obp_header(Object), 1, __builtin_return_address(0));
}

static LONG_PTR reference(PVOID object, const void *caller)
{
    POBP_HEADER header = obp_header(object);
    LONG64 count = atomic_fetch_add_explicit(&header->PointerCount, 1, memory_order_relaxed) + 1;
    if (__builtin_expect(count <= 1, 0))
        KiBugCheck(REFERENCE_BY_POINTER, 0, (ULONG_PTR)object, 0x10, (ULONG_PTR)count, caller);
    return (LONG_PTR)count;
}

/* A driver that drops a reference which is the system's is told at once, not when the system uses the object.
 */
static void check_spare(PVOID object, const void *caller)
{
    POBP_HEADER header = obp_header(object);
    LONG64 count = atomic_load_explicit(&header->PointerCount, memory_order_relaxed);
    if (count > 0 && header->Type->Info.SpareProcedure && !header->Type->Info.SpareProcedure(object))
        KiBugCheck(REFERENCE_BY_POINTER, (ULONG_PTR)header->Type, (ULONG_PTR)object, 3, (ULONG_PTR)count,
                   caller);
}

static LONG_PTR dereference(PVOID object, const void *caller)
{
    check_spare(object, caller);
    return (LONG_PTR)obp_dereference(obp_header(object), 1, caller);
}

/* Adds a reference. Any IRQL up to DISPATCH_LEVEL. Bug check 0x18 when the object has none left (it is being
 * deleted). */
LONG_PTR FASTCALL ObfReferenceObject(PVOID Object)
{
    GATE(ObfReferenceObject, Object);
    return reference(Object, __builtin_return_address(0));
}

LONG_PTR FASTCALL ObfReferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    GATE(ObfReferenceObjectWithTag, Object, Tag);
    return reference(Object, __builtin_return_address(0));
}

/*
 * Drops a reference; the last one deletes the object, at once at PASSIVE_LEVEL and by the reaper above it.
 * Bug check 0x18 for one dereference too many.
 */
LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object)
{
    GATE(ObfDereferenceObject, Object);
    return dereference(Object, __builtin_return_address(0));
}

LONG_PTR FASTCALL ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    GATE(ObfDereferenceObjectWithTag, Object, Tag);
    return dereference(Object, __builtin_return_address(0));
}

static void dereference_defer(PVOID object, const void *caller)
{
    POBP_HEADER header = obp_header(object);
    check_spare(object, caller);
    LONG64 left = atomic_fetch_sub_explicit(&header->PointerCount, 1, memory_order_acq_rel) - 1;
    if (left < 0)
        KiBugCheck(REFERENCE_BY_POINTER, (ULONG_PTR)header->Type, (ULONG_PTR)object, 2, (ULONG_PTR)left,
                   caller);
    if (left == 0)
        ObpDeferDelete(object);
}

void ObpDereferenceObjectLater(PVOID Object)
{
    dereference_defer(Object, __builtin_return_address(0));
}

/* As ObDereferenceObject, but the object is never deleted inside the call. */
VOID NTAPI ObDereferenceObjectDeferDelete(PVOID Object)
{
    GATE(ObDereferenceObjectDeferDelete, Object);
    dereference_defer(Object, __builtin_return_address(0));
}

VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag)
{
    GATE(ObDereferenceObjectDeferDeleteWithTag, Object, Tag);
    dereference_defer(Object, __builtin_return_address(0));
}

/* False when the object is already on its way out (its count has been zero). */
BOOLEAN NTAPI ObReferenceObjectSafe(PVOID Object)
{
    GATE(ObReferenceObjectSafe, Object);
    return ObpReferenceObjectSafe(Object);
}

BOOLEAN ObpReferenceObjectSafe(PVOID Object)
{
    POBP_HEADER header = obp_header(Object);
    LONG64 count = atomic_load_explicit(&header->PointerCount, memory_order_relaxed);
    while (count > 0)
        if (atomic_compare_exchange_weak(&header->PointerCount, &count, count + 1))
            return TRUE;
    return FALSE;
}

static NTSTATUS reference_by_pointer(PVOID object, POBJECT_TYPE type, KPROCESSOR_MODE mode)
{
    if (obp_header(object)->Type != type && (mode != KernelMode || type == OBP->link_type))
        return STATUS_OBJECT_TYPE_MISMATCH;
    obp_reference(obp_header(object), 1);
    return STATUS_SUCCESS;
}

/* A kernel-mode caller's object may be of any type; a user-mode caller's must be of the type given. */
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                          KPROCESSOR_MODE AccessMode)
{
    GATE(ObReferenceObjectByPointer, Object, DesiredAccess, ObjectType, AccessMode);
    (void)DesiredAccess;
    return reference_by_pointer(Object, ObjectType, AccessMode);
}

NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess,
                                                 POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                                 ULONG Tag)
{
    GATE(ObReferenceObjectByPointerWithTag, Object, DesiredAccess, ObjectType, AccessMode);
    (void)DesiredAccess;
    (void)Tag;
    return reference_by_pointer(Object, ObjectType, AccessMode);
}

/* --- creation --- */

/*
 * Under ASan a backtrace of every creation would dominate the tests, and with the verifier off nobody reads
 * it. Only what a driver can leave behind is worth the walk: callers ask for kernel handles and permanent
 * names alone.
 */
const void *obp_creator(void)
{
    if (ntio_machine.verifier == VERIFIER_OFF)
        return NULL;
    void *frames[24];
    int count = host_backtrace(frames, 24);
    for (int i = 0; i < count; i++)
        if (!host_is_own_code(frames[i]))
            return frames[i];
    return NULL;
}

static POBP_HEADER allocate(POBJECT_TYPE type, ULONG size)
{
    POBP_HEADER header = MmAllocateSystemPool(sizeof(OBP_HEADER) + size, OB_TAG_OBJECT);
    if (!header)
        return NULL;
    memset(header, 0, sizeof(OBP_HEADER) + size);
    atomic_init(&header->PointerCount, 1);
    header->Type = type;
    header->BodySize = size;
    LONG count = atomic_fetch_add(&type->Objects, 1) + 1;
    if (count > atomic_load(&type->MostObjects))
        atomic_store(&type->MostObjects, count);
    ob_acquire(&type->Lock);
    InsertTailList(&type->ObjectList, &header->TypeEntry);
    ob_release(&type->Lock);
    return header;
}

NTSTATUS ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE Type, POBJECT_ATTRIBUTES ObjectAttributes,
                        KPROCESSOR_MODE OwnershipMode, PVOID ParseContext, ULONG BodySize, ULONG PagedCharge,
                        ULONG NonPagedCharge, PVOID *Object)
{
    (void)ParseContext;
    (void)PagedCharge;
    (void)NonPagedCharge;
    *Object = NULL;
    struct obp_create captured = {0};
    NTSTATUS status = obp_capture_attributes(ObjectAttributes, ProbeMode, &captured);
    if (!NT_SUCCESS(status))
        return status;
    if (captured.Attributes & Type->Info.InvalidAttributes) {
        status = STATUS_INVALID_PARAMETER;
        goto undo_capture;
    }
    status = STATUS_INSUFFICIENT_RESOURCES;
    struct obp_create *create = MmAllocateSystemPool(sizeof *create, OB_TAG_NAME);
    if (!create)
        goto undo_capture;
    POBP_HEADER header = allocate(Type, BodySize);
    if (!header)
        goto undo_create;
    *create = captured;
    create->Mode = ProbeMode;
    header->Create = create;
    ULONG flags = OBP_NEW;
    if (captured.Attributes & OBJ_PERMANENT)
        flags |= OBP_PERMANENT;
    if (captured.Attributes & OBJ_EXCLUSIVE)
        flags |= OBP_EXCLUSIVE;
    if (OwnershipMode == KernelMode)
        flags |= OBP_KERNEL_ONLY;
    atomic_store_explicit(&header->Flags, flags, memory_order_relaxed);
    if (captured.Attributes & OBJ_PERMANENT)
        header->Creator = obp_creator();
    *Object = obp_body(header);
    return STATUS_SUCCESS;

undo_create:
    MmFreeSystemPool(create);
undo_capture:
    obp_release_create(&captured);
    return status;
}

/* --- types --- */

static POBP_HEADER allocate_type(const OB_TYPE_INITIALIZER *info)
{
    struct obp_state *ob = OBP;
    POBP_HEADER header;
    if (ob->type_type) {
        header = allocate(ob->type_type, sizeof(OBJECT_TYPE));
        if (!header)
            return NULL;
    } else { /* the first type is an object of itself */
        header = MmAllocateSystemPool(sizeof(OBP_HEADER) + sizeof(OBJECT_TYPE), OB_TAG_OBJECT);
        if (!header)
            return NULL;
        memset(header, 0, sizeof(OBP_HEADER) + sizeof(OBJECT_TYPE));
        atomic_init(&header->PointerCount, 1);
        header->BodySize = sizeof(OBJECT_TYPE);
    }
    POBJECT_TYPE type = obp_body(header);
    type->Info = *info;
    type->Self = type;
    InitializeListHead(&type->ObjectList);
    USHORT length = 0;
    while (info->Name[length])
        length++;
    type->Name = (UNICODE_STRING){length * sizeof(WCHAR), (length + 1) * sizeof(WCHAR), (PWSTR)info->Name};
    for (USHORT i = 0; i < length && i + 1u < sizeof type->Text; i++)
        type->Text[i] = (char)info->Name[i];
    if (!header->Type) {
        header->Type = type;
        ob->type_type = type;
        atomic_store(&type->Objects, 1);
        InsertTailList(&type->ObjectList, &header->TypeEntry);
    }
    return header;
}

NTSTATUS ObCreateObjectType(const OB_TYPE_INITIALIZER *Info, POBJECT_TYPE *Type)
{
    struct obp_state *ob = OBP;
    *Type = NULL;
    POBP_HEADER header = allocate_type(Info);
    if (!header)
        return STATUS_INSUFFICIENT_RESOURCES;
    POBJECT_TYPE type = obp_body(header);
    atomic_store(&header->Flags, OBP_SYSTEM | OBP_PERMANENT | OBP_KERNEL_ONLY);
    ob_acquire(&ob->names);
    type->Index = ++ob->type_count + 1; /* NT's first type has index 2 */
    type->Next = ob->types;
    ob->types = type;
    ob_release(&ob->names);
    *Type = type;
    return ob->root ? obp_enter_type(type) : STATUS_SUCCESS;
}

POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object)
{
    GATE(ObGetObjectType, Object);
    return obp_header(Object)->Type;
}

ULONG_PTR ObGetPointerCount(PVOID Object)
{
    return (ULONG_PTR)atomic_load(&obp_header(Object)->PointerCount);
}

ULONG ObGetHandleCount(PVOID Object)
{
    return (ULONG)atomic_load(&obp_header(Object)->HandleCount);
}

PCUNICODE_STRING ObGetObjectName(PVOID Object)
{
    static const UNICODE_STRING none;
    struct obp_name *name = atomic_load_explicit(&obp_header(Object)->Name, memory_order_acquire);
    return name ? &name->Name : &none;
}

POBJECT_TYPE *ObTypePointer(POBJECT_TYPE Type)
{
    return &Type->Self;
}

const char *ObGetTypeText(POBJECT_TYPE Type)
{
    return Type->Text;
}

const void *ObGetCreator(PVOID Object)
{
    return obp_header(Object)->Creator;
}

void ob_own(PVOID Object)
{
    atomic_fetch_or(&obp_header(Object)->Flags, OBP_SYSTEM);
}
