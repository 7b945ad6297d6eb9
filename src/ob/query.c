/*
 * What is known about an object: names, types, counts; and handle flags and duplicates.
 */
#include "obp.h"

/* --- names --- */

/* The type's own answer, or the path of the object; the result's string stands behind the structure in the
 * same buffer. */
static NTSTATUS query_name(PVOID object, POBJECT_NAME_INFORMATION information, ULONG length, PULONG needed,
                           KPROCESSOR_MODE mode)
{
    POBP_HEADER header = obp_header(object);
    struct obp_name *name = atomic_load_explicit(&header->Name, memory_order_acquire);
    if (header->Type->Info.QueryNameProcedure)
        return header->Type->Info.QueryNameProcedure(object, name && name->Directory, information, length,
                                                     needed, mode);
    UNICODE_STRING full;
    NTSTATUS status = obp_full_name(header, &full);
    if (!NT_SUCCESS(status))
        return status;
    ULONG size = sizeof *information + (full.Buffer ? full.Length + (ULONG)sizeof(WCHAR) : 0);
    *needed = size;
    if (length < size) {
        status = STATUS_INFO_LENGTH_MISMATCH;
    } else if (!full.Buffer) {
        information->Name = (UNICODE_STRING){0};
    } else {
        PWSTR text = (PWSTR)(information + 1);
        memcpy(text, full.Buffer, full.Length + sizeof(WCHAR));
        information->Name = (UNICODE_STRING){full.Length, full.Length + sizeof(WCHAR), text};
    }
    if (full.Buffer)
        MmFreeSystemPool(full.Buffer);
    return status;
}

/*
 * The full name of an object; empty when it has none. STATUS_INFO_LENGTH_MISMATCH when it does not fit:
 * ReturnLength says what would. The buffer is the kernel's. Below DISPATCH_LEVEL.
 */
NTSTATUS NTAPI ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION ObjectNameInfo, ULONG Length,
                                 PULONG ReturnLength)
{
    GATE(ObQueryNameString, Object, ObjectNameInfo, Length, ReturnLength);
    return query_name(Object, ObjectNameInfo, Length, ReturnLength, KernelMode);
}

/* --- NtQueryObject --- */

/* What the documented classes return; the undocumented halves of the structures are filled as NT fills them.
 */
struct basic_information {
    ULONG Attributes;
    ACCESS_MASK GrantedAccess;
    ULONG HandleCount, PointerCount;
    ULONG PagedPoolCharge, NonPagedPoolCharge;
    ULONG Reserved[3];
    ULONG NameInfoSize, TypeInfoSize, SecurityDescriptorSize;
    LARGE_INTEGER CreationTime;
};
_Static_assert(sizeof(struct basic_information) == 56, "OBJECT_BASIC_INFORMATION");

struct type_information {
    UNICODE_STRING TypeName;
    ULONG TotalNumberOfObjects, TotalNumberOfHandles;
    ULONG PoolUsage[4];
    ULONG HighWaterNumberOfObjects, HighWaterNumberOfHandles;
    ULONG HighWaterPoolUsage[4];
    ULONG InvalidAttributes;
    GENERIC_MAPPING GenericMapping;
    ULONG ValidAccessMask;
    BOOLEAN SecurityRequired, MaintainHandleCount;
    UCHAR TypeIndex;
    CHAR ReservedByte;
    ULONG PoolType, DefaultPagedPoolCharge, DefaultNonPagedPoolCharge;
};
_Static_assert(sizeof(struct type_information) == 104, "OBJECT_TYPE_INFORMATION");

struct handle_flags {
    BOOLEAN Inherit, ProtectFromClose;
};

enum { CLASS_BASIC, CLASS_NAME, CLASS_TYPE, CLASS_TYPES, CLASS_HANDLE_FLAGS };

static NTSTATUS query_basic(POBP_HEADER header, POBJECT_HANDLE_INFORMATION handle, PVOID buffer, ULONG length,
                            PULONG used)
{
    struct basic_information *basic = buffer;
    *used = sizeof *basic;
    if (length != sizeof *basic)
        return STATUS_INFO_LENGTH_MISMATCH;
    memset(basic, 0, sizeof *basic);
    ULONG flags = atomic_load(&header->Flags);
    basic->Attributes = handle->HandleAttributes | (flags & OBP_PERMANENT ? OBJ_PERMANENT : 0) |
                        (flags & OBP_EXCLUSIVE ? OBJ_EXCLUSIVE : 0);
    basic->GrantedAccess = handle->GrantedAccess;
    basic->HandleCount = (ULONG)atomic_load(&header->HandleCount);
    basic->PointerCount = (ULONG)atomic_load(&header->PointerCount) - 1; /* less this call's own */
    basic->TypeInfoSize = sizeof(struct type_information) + header->Type->Name.MaximumLength;
    UNICODE_STRING full;
    NTSTATUS status = obp_full_name(header, &full);
    if (!NT_SUCCESS(status))
        return status;
    if (full.Buffer) {
        basic->NameInfoSize = sizeof(OBJECT_NAME_INFORMATION) + full.Length + (ULONG)sizeof(WCHAR);
        MmFreeSystemPool(full.Buffer);
    }
    if (header->Type == OBP->link_type)
        basic->CreationTime = ((struct obp_link *)obp_body(header))->CreationTime;
    return STATUS_SUCCESS;
}

static NTSTATUS query_type(POBJECT_TYPE type, PVOID buffer, ULONG length, PULONG used)
{
    struct type_information *info = buffer;
    *used = sizeof *info + type->Name.MaximumLength;
    if (length < *used)
        return STATUS_INFO_LENGTH_MISMATCH;
    memset(info, 0, sizeof *info);
    PWSTR text = (PWSTR)(info + 1);
    memcpy(text, type->Name.Buffer, type->Name.MaximumLength);
    info->TypeName = (UNICODE_STRING){type->Name.Length, type->Name.MaximumLength, text};
    info->TotalNumberOfObjects = (ULONG)atomic_load(&type->Objects);
    info->TotalNumberOfHandles = (ULONG)atomic_load(&type->Handles);
    info->HighWaterNumberOfObjects = (ULONG)atomic_load(&type->MostObjects);
    info->HighWaterNumberOfHandles = (ULONG)atomic_load(&type->MostHandles);
    info->InvalidAttributes = type->Info.InvalidAttributes;
    info->GenericMapping = type->Info.GenericMapping;
    info->ValidAccessMask = type->Info.ValidAccessMask;
    info->TypeIndex = (UCHAR)type->Index;
    return STATUS_SUCCESS;
}

static NTSTATUS query_handle(POBJECT_HANDLE_INFORMATION handle, PVOID buffer, ULONG length, PULONG used)
{
    struct handle_flags *flags = buffer;
    *used = sizeof *flags;
    if (length != sizeof *flags)
        return STATUS_INFO_LENGTH_MISMATCH;
    flags->Inherit = (handle->HandleAttributes & OBJ_INHERIT) != 0;
    flags->ProtectFromClose = (handle->HandleAttributes & OBJ_PROTECT_CLOSE) != 0;
    return STATUS_SUCCESS;
}

/* Strings that the answer points to were written into our copy: make the pointer the caller's. */
static void rebase(PUNICODE_STRING string, PVOID ours, PVOID theirs)
{
    if (string->Buffer)
        string->Buffer = (PWSTR)((PUCHAR)theirs + ((PUCHAR)string->Buffer - (PUCHAR)ours));
}

static NTSTATUS query_class(ULONG class, PVOID object, POBJECT_HANDLE_INFORMATION handle, PVOID ours,
                            PVOID theirs, ULONG length, PULONG used, KPROCESSOR_MODE mode)
{
    NTSTATUS status;
    switch (class) {
    case CLASS_BASIC:
        return query_basic(obp_header(object), handle, ours, length, used);
    case CLASS_HANDLE_FLAGS:
        return query_handle(handle, ours, length, used);
    case CLASS_NAME:
        status = query_name(object, ours, length, used, mode);
        if (NT_SUCCESS(status))
            rebase(&((POBJECT_NAME_INFORMATION)ours)->Name, ours, theirs);
        return status;
    default:
        status = query_type(obp_header(object)->Type, ours, length, used);
        if (NT_SUCCESS(status))
            rebase(&((struct type_information *)ours)->TypeName, ours, theirs);
        return status;
    }
}

SERVICE(QueryObject,
        (HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass, PVOID ObjectInformation,
         ULONG ObjectInformationLength, PULONG ReturnLength),
        (Handle, ObjectInformationClass, ObjectInformation, ObjectInformationLength, ReturnLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    ULONG class = (ULONG)ObjectInformationClass, used = 0;
    NTSTATUS status;
    if (class != CLASS_BASIC && class != CLASS_NAME && class != CLASS_TYPE && class != CLASS_HANDLE_FLAGS)
        return STATUS_INVALID_INFO_CLASS;
    if (mode != KernelMode &&
        (!NT_SUCCESS(status = MmProbe(ObjectInformation, ObjectInformationLength,
                                      class == CLASS_HANDLE_FLAGS ? 1 : 4, true)) ||
         (ReturnLength && !NT_SUCCESS(status = MmProbe(ReturnLength, sizeof(ULONG), sizeof(ULONG), true)))))
        return status;
    PVOID object;
    OBJECT_HANDLE_INFORMATION handle;
    status = ObReferenceObjectByHandle(Handle, 0, NULL, mode, &object, &handle);
    if (!NT_SUCCESS(status))
        return status;
    ULONG length = ObjectInformationLength < 0x20000 ? ObjectInformationLength : 0x20000;
    PVOID ours = calloc(1, (size_t)length + 1);
    if (!ours) {
        ObpDereferenceObject(object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    status = query_class(class, object, &handle, ours, ObjectInformation, length, &used, mode);
    NTSTATUS told = STATUS_SUCCESS;
    if (NT_SUCCESS(status))
        told = MmCopyToMode(ObjectInformation, ours, used, mode);
    if (NT_SUCCESS(told) && ReturnLength)
        told = MmCopyToMode(ReturnLength, &used, sizeof used, mode);
    free(ours);
    ObpDereferenceObject(object);
    return NT_SUCCESS(told) ? status : told;
}

/* Only the flags of a handle can be set (SetHandleInformation). */
SERVICE(SetInformationObject,
        (HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass, PVOID ObjectInformation,
         ULONG ObjectInformationLength),
        (Handle, ObjectInformationClass, ObjectInformation, ObjectInformationLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct handle_flags flags;
    if ((ULONG)ObjectInformationClass != CLASS_HANDLE_FLAGS)
        return STATUS_INVALID_INFO_CLASS;
    if (ObjectInformationLength != sizeof flags)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromMode(&flags, ObjectInformation, sizeof flags, mode);
    if (!NT_SUCCESS(status))
        return status;
    ULONG_PTR index;
    struct ob_handle_table *table = obp_table_of(Handle, mode, &index);
    struct obp_entry *entry = table ? obp_entry(table, index) : NULL;
    if (!entry)
        return STATUS_INVALID_HANDLE;
    ob_acquire(&table->Lock);
    bool open = atomic_load_explicit(&entry->Object, memory_order_relaxed) != 0;
    if (open) {
        uint64_t access = atomic_load_explicit(&entry->Access, memory_order_relaxed);
        access &= ~(uint64_t)(OBP_ENTRY_INHERIT | OBP_ENTRY_PROTECT);
        access |= (flags.Inherit ? OBP_ENTRY_INHERIT : 0) | (flags.ProtectFromClose ? OBP_ENTRY_PROTECT : 0);
        atomic_store_explicit(&entry->Access, access + OBP_SEQUENCE_ONE, memory_order_release);
    }
    ob_release(&table->Lock);
    return open ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/* --- NtDuplicateObject --- */

static NTSTATUS reference_process(HANDLE handle, KPROCESSOR_MODE mode, PEPROCESS *process)
{
    return ObReferenceObjectByHandle(handle, PROCESS_DUP_HANDLE, *PsProcessType, mode, (PVOID *)process,
                                     NULL);
}

/* Acts inside another process for the time of a look-up. */
static PEPROCESS enter_process(PEPROCESS process)
{
    return PspAttach(process);
}

static NTSTATUS duplicate_access(POBJECT_TYPE type, ACCESS_MASK desired, ACCESS_MASK had, ULONG options,
                                 PACCESS_STATE state)
{
    if (options & DUPLICATE_SAME_ACCESS)
        desired = had;
    obp_init_access_state(state, desired, type);
    if (type->Info.OwnSecurity && state->RemainingDesiredAccess & ~(MAXIMUM_ALLOWED | had))
        return STATUS_ACCESS_DENIED;
    if (type->Info.OwnSecurity && state->RemainingDesiredAccess & MAXIMUM_ALLOWED)
        state->RemainingDesiredAccess = had;
    /* What the source has needs no check. */
    state->PreviouslyGrantedAccess = state->RemainingDesiredAccess & had;
    state->RemainingDesiredAccess &= ~had;
    return STATUS_SUCCESS;
}

static NTSTATUS duplicate(PEPROCESS source, HANDLE handle, PEPROCESS target, PHANDLE out, ACCESS_MASK desired,
                          ULONG attributes, ULONG options, KPROCESSOR_MODE mode)
{
    PVOID object;
    OBJECT_HANDLE_INFORMATION info;
    HANDLE made = NULL;
    PEPROCESS was = enter_process(source);
    NTSTATUS status = ObReferenceObjectByHandle(handle, 0, NULL, mode, &object, &info);
    PspAttach(was);
    if (!NT_SUCCESS(status))
        return status;
    if (target) {
        ACCESS_STATE state;
        if (options & DUPLICATE_SAME_ATTRIBUTES)
            attributes = info.HandleAttributes | (ObIsKernelHandle(handle, mode) ? OBJ_KERNEL_HANDLE : 0);
        status = duplicate_access(obp_header(object)->Type, desired, info.GrantedAccess, options, &state);
        struct ob_handle_table *table =
            attributes & OBJ_KERNEL_HANDLE && mode == KernelMode ? NULL : target->Handles;
        if (NT_SUCCESS(status))
            status = obp_duplicate_handle(source, obp_header(object), &state, attributes, mode, table, &made);
        if (NT_SUCCESS(status) && out) {
            was = enter_process(target);
            status = ObReturnHandle(made, out, mode);
            PspAttach(was);
        }
    }
    if (options & DUPLICATE_CLOSE_SOURCE) {
        was = enter_process(source);
        ULONG_PTR index;
        struct ob_handle_table *table = obp_table_of(handle, mode, &index);
        if (table)
            obp_close(table, index, mode, FALSE);
        PspAttach(was);
    }
    ObpDereferenceObject(object);
    return status;
}

/*
 * A second handle. STATUS_INVALID_HANDLE for the source or a process; STATUS_ACCESS_DENIED for more access to
 * a file than the source has. DUPLICATE_CLOSE_SOURCE closes the source whatever else happens, even without a
 * target.
 */
SERVICE(DuplicateObject,
        (HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle, PHANDLE TargetHandle,
         ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options),
        (SourceProcessHandle, SourceHandle, TargetProcessHandle, TargetHandle, DesiredAccess,
         HandleAttributes, Options))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PEPROCESS source, target = NULL;
    NTSTATUS status;
    if (TargetHandle && !NT_SUCCESS(status = obp_probe_handle_out(TargetHandle, mode)))
        return status;
    status = reference_process(SourceProcessHandle, mode, &source);
    if (!NT_SUCCESS(status))
        return status;
    if (TargetProcessHandle)
        status = reference_process(TargetProcessHandle, mode, &target);
    if (mode != KernelMode)
        HandleAttributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    NTSTATUS done = STATUS_SUCCESS;
    if (NT_SUCCESS(status) || Options & DUPLICATE_CLOSE_SOURCE)
        done = duplicate(source, SourceHandle, target, TargetHandle, DesiredAccess, HandleAttributes, Options,
                         mode);
    if (NT_SUCCESS(status))
        status = done;
    if (target)
        ObpDereferenceObject(target);
    ObpDereferenceObject(source);
    return status;
}

/* Lets the name of an object go with its last handle. The handle needs DELETE access. */
SERVICE(MakeTemporaryObject, (HANDLE Handle), (Handle))
{
    PVOID object;
    NTSTATUS status = ObReferenceObjectByHandle(Handle, DELETE, NULL, KiPreviousMode(), &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    atomic_fetch_and(&obp_header(object)->Flags, ~(ULONG)OBP_PERMANENT);
    obp_check_name(obp_header(object));
    ObpDereferenceObject(object);
    return STATUS_SUCCESS;
}
