/*
 * Symbolic links: the object, how a name passes through one, and its services.
 */
#include "obp.h"

void obp_delete_link(PVOID object)
{
    struct obp_link *link = object;
    if (link->Target.Buffer)
        MmFreeSystemPool(link->Target.Buffer);
}

/* The link itself when the name ends here and a link is wanted; else the walk starts again from the target.
 */
NTSTATUS obp_parse_link(PVOID object, POBJECT_TYPE wanted, PACCESS_STATE state, KPROCESSOR_MODE mode,
                        ULONG attributes, PUNICODE_STRING complete, PUNICODE_STRING remaining, PVOID context,
                        PVOID *result)
{
    (void)state;
    (void)mode;
    (void)attributes;
    (void)context;
    struct obp_link *link = object;
    if (!remaining->Length && wanted == OBP->link_type) {
        ObpReferenceObject(object);
        *result = object;
        return STATUS_SUCCESS;
    }
    UNICODE_STRING rest = *remaining;
    if (rest.Length && rest.Buffer[0] != L'\\')
        return STATUS_OBJECT_TYPE_MISMATCH;
    USHORT length = link->Target.Length / sizeof(WCHAR);
    if (rest.Length && length && link->Target.Buffer[length - 1] == L'\\') {
        rest.Buffer++;
        rest.Length -= sizeof(WCHAR);
    }
    NTSTATUS status = ObpReplaceName(complete, &link->Target, &rest);
    return NT_SUCCESS(status) ? STATUS_REPARSE : status;
}

static NTSTATUS capture_target(PUNICODE_STRING target, KPROCESSOR_MODE mode, PUNICODE_STRING own)
{
    UNICODE_STRING given;
    NTSTATUS status = MmCopyFromMode(&given, target, sizeof given, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (!given.MaximumLength || given.Length > given.MaximumLength || given.Length & 1)
        return STATUS_INVALID_PARAMETER;
    return obp_capture_buffer(&given, mode, own);
}

SERVICE(CreateSymbolicLinkObject,
        (PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         PUNICODE_STRING LinkTarget),
        (LinkHandle, DesiredAccess, ObjectAttributes, LinkTarget))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING target;
    HANDLE handle;
    struct obp_link *link;
    NTSTATUS status = obp_probe_handle_out(LinkHandle, mode);
    if (!NT_SUCCESS(status) || !NT_SUCCESS(status = capture_target(LinkTarget, mode, &target)))
        return status;
    status = ObCreateObject(mode, OBP->link_type, ObjectAttributes, mode, NULL, sizeof *link, 0, 0,
                            (PVOID *)&link);
    if (!NT_SUCCESS(status)) {
        if (target.Buffer)
            MmFreeSystemPool(target.Buffer);
        return status;
    }
    link->Target = target;
    KeQuerySystemTime(&link->CreationTime);
    status = ObInsertObject(link, NULL, DesiredAccess, 0, NULL, &handle);
    return NT_SUCCESS(status) ? ObReturnHandle(handle, LinkHandle, mode) : status;
}

SERVICE(OpenSymbolicLinkObject,
        (PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
        (LinkHandle, DesiredAccess, ObjectAttributes))
{
    return ObOpenService(LinkHandle, DesiredAccess, ObjectAttributes, OBP->link_type);
}

/*
 * STATUS_BUFFER_TOO_SMALL when the target does not fit; with ReturnedLength the terminating zero is
 * wanted too, and its value is what would be needed.
 */
SERVICE(QuerySymbolicLinkObject, (HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength),
        (LinkHandle, LinkTarget, ReturnedLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    UNICODE_STRING given;
    struct obp_link *link;
    NTSTATUS status = MmCopyFromMode(&given, LinkTarget, sizeof given, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (mode != KernelMode &&
        (!NT_SUCCESS(status = MmProbe(given.Buffer, given.MaximumLength, sizeof(WCHAR), true)) ||
         (ReturnedLength &&
          !NT_SUCCESS(status = MmProbe(ReturnedLength, sizeof(ULONG), sizeof(ULONG), true)))))
        return status;
    status = ObReferenceObjectByHandle(LinkHandle, SYMBOLIC_LINK_QUERY, OBP->link_type, mode, (PVOID *)&link,
                                       NULL);
    if (!NT_SUCCESS(status))
        return status;
    static const WCHAR empty[1];
    ULONG whole = link->Target.Length + (ULONG)sizeof(WCHAR);
    ULONG wanted = ReturnedLength ? whole : link->Target.Length;
    if (wanted <= given.MaximumLength) {
        status = MmCopyToMode(given.Buffer, link->Target.Buffer ? link->Target.Buffer : empty, wanted, mode);
        if (NT_SUCCESS(status))
            status = MmCopyToMode(&LinkTarget->Length, &link->Target.Length, sizeof(USHORT), mode);
    } else {
        status = STATUS_BUFFER_TOO_SMALL;
    }
    if (ReturnedLength && (NT_SUCCESS(status) || status == STATUS_BUFFER_TOO_SMALL)) {
        NTSTATUS told = MmCopyToMode(ReturnedLength, &whole, sizeof whole, mode);
        if (!NT_SUCCESS(told))
            status = told;
    }
    ObpDereferenceObject(link);
    return status;
}

NTSTATUS obp_make_link(const WCHAR *path, const WCHAR *target)
{
    UNICODE_STRING name, own = {0}, given, nothing = {0};
    struct obp_link *link;
    RtlInitUnicodeString(&name, path);
    RtlInitUnicodeString(&given, target);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    NTSTATUS status = ObCreateObject(KernelMode, OBP->link_type, &attributes, KernelMode, NULL, sizeof *link,
                                     0, 0, (PVOID *)&link);
    if (!NT_SUCCESS(status))
        return status;
    ob_own(link);
    status = ObpReplaceName(&own, &given, &nothing);
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(link);
        return status;
    }
    link->Target = own;
    status = ObInsertObject(link, NULL, 0, 0, NULL, NULL);
    if (NT_SUCCESS(status))
        ObpDereferenceObject(link);
    return status;
}
