/*
 * Taking OBJECT_ATTRIBUTES and names from a caller who may be lying.
 */
#include "obp.h"

#define VALID_ATTRIBUTES                                                                                     \
    (OBJ_INHERIT | OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_CASE_INSENSITIVE | OBJ_OPENIF | OBJ_OPENLINK |        \
     OBJ_KERNEL_HANDLE | OBJ_FORCE_ACCESS_CHECK | OBJ_IGNORE_IMPERSONATED_DEVICEMAP | OBJ_DONT_REPARSE)

/* NT probes a structure of pointers for the alignment of a ULONG only. */
#define STRUCTURE_ALIGNMENT 4

static NTSTATUS capture(PVOID to, const void *from, SIZE_T size, ULONG alignment, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode) {
        memcpy(to, from, size);
        return STATUS_SUCCESS;
    }
    NTSTATUS status = MmProbe(from, size, alignment, false);
    return NT_SUCCESS(status) ? MmCopyFromMode(to, from, size, mode) : status;
}

/* A copy of the caller's characters in system pool, terminated. The structure has been captured before. */
NTSTATUS obp_capture_buffer(PCUNICODE_STRING given, KPROCESSOR_MODE mode, PUNICODE_STRING own)
{
    *own = (UNICODE_STRING){0};
    PWSTR buffer = MmAllocateSystemPool(given->Length + sizeof(WCHAR), OB_TAG_NAME);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status =
        given->Length ? capture(buffer, given->Buffer, given->Length, sizeof(WCHAR), mode) : STATUS_SUCCESS;
    if (!NT_SUCCESS(status)) {
        MmFreeSystemPool(buffer);
        return status;
    }
    buffer[given->Length / sizeof(WCHAR)] = 0;
    *own = (UNICODE_STRING){given->Length, given->Length + sizeof(WCHAR), buffer};
    return STATUS_SUCCESS;
}

/* Empty for an empty name. STATUS_OBJECT_NAME_INVALID for an odd length or one that leaves no room for a
 * zero. */
NTSTATUS obp_capture_name(PUNICODE_STRING name, KPROCESSOR_MODE mode, PUNICODE_STRING own)
{
    UNICODE_STRING given;
    *own = (UNICODE_STRING){0};
    NTSTATUS status = capture(&given, name, sizeof given, 1, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (!given.Length)
        return STATUS_SUCCESS;
    if (given.Length & 1 || given.Length > 0xFFFC)
        return STATUS_OBJECT_NAME_INVALID;
    return obp_capture_buffer(&given, mode, own);
}

/*
 * NULL attributes mean none. A user cannot ask for a kernel handle: the flag is dropped, as NT does.
 * STATUS_INVALID_PARAMETER for a wrong Length or unknown attributes.
 */
NTSTATUS obp_capture_attributes(POBJECT_ATTRIBUTES attributes, KPROCESSOR_MODE mode, struct obp_create *own)
{
    *own = (struct obp_create){.Mode = mode};
    if (!attributes)
        return STATUS_SUCCESS;
    OBJECT_ATTRIBUTES given;
    NTSTATUS status = capture(&given, attributes, sizeof given, STRUCTURE_ALIGNMENT, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (given.Length != sizeof given || given.Attributes & ~(ULONG)VALID_ATTRIBUTES)
        return STATUS_INVALID_PARAMETER;
    own->Attributes = given.Attributes;
    if (mode != KernelMode)
        own->Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    own->RootDirectory = given.RootDirectory;
    status = obp_capture_security(given.SecurityDescriptor, mode, &own->SecurityDescriptor);
    if (!NT_SUCCESS(status) || !given.ObjectName)
        return status;
    status = obp_capture_name(given.ObjectName, mode, &own->Name);
    if (!NT_SUCCESS(status))
        obp_release_create(own);
    return status;
}

void obp_release_create(struct obp_create *create)
{
    if (create->Name.Buffer)
        MmFreeSystemPool(create->Name.Buffer);
    create->Name = (UNICODE_STRING){0};
    if (create->SecurityDescriptor)
        MmFreeSystemPool(create->SecurityDescriptor);
    create->SecurityDescriptor = NULL;
}

/* A service that will write a handle probes for it first, so that nothing is created for a caller who cannot
 * have it. */
NTSTATUS obp_probe_handle_out(PHANDLE handle, KPROCESSOR_MODE mode)
{
    return mode == KernelMode ? STATUS_SUCCESS : MmProbe(handle, sizeof *handle, STRUCTURE_ALIGNMENT, true);
}

NTSTATUS ObProbeHandleOut(PHANDLE Handle, KPROCESSOR_MODE Mode)
{
    return obp_probe_handle_out(Handle, Mode);
}

/* Writes a new handle to the caller; when he has taken his memory away meanwhile, the handle is closed again.
 */
NTSTATUS ObReturnHandle(HANDLE Handle, PHANDLE Out, KPROCESSOR_MODE Mode)
{
    if (Mode == KernelMode) {
        *Out = Handle;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = MmCopyToMode(Out, &Handle, sizeof Handle, Mode);
    if (!NT_SUCCESS(status)) {
        ULONG_PTR index;
        struct ob_handle_table *table = obp_table_of(Handle, Mode, &index);
        if (table)
            obp_close(table, index, Mode, TRUE);
    }
    return status;
}
