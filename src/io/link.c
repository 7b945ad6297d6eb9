/*
 * Symbolic links to devices. The object manager has the links; here is who made them, for the report at
 * unload.
 */
#include "iop.h"

static void remember(PVOID object, PUNICODE_STRING name, PUNICODE_STRING target, const void *caller)
{
    struct iop_link *link = calloc(1, sizeof *link + name->Length + target->Length);
    if (!link)
        return;
    link->Object = object;
    link->Creator = caller;
    link->Name = (UNICODE_STRING){name->Length, name->Length, (PWSTR)(link + 1)};
    link->Target =
        (UNICODE_STRING){target->Length, target->Length, (PWSTR)((PUCHAR)(link + 1) + name->Length)};
    memcpy(link->Name.Buffer, name->Buffer, name->Length);
    memcpy(link->Target.Buffer, target->Buffer, target->Length);
    iop_lock_database();
    link->Next = IOP->links;
    IOP->links = link;
    iop_unlock_database();
}

/* By the object: it has as many names as \DosDevices, \??, \GLOBAL?? and Global in them are worth. */
static void forget(PVOID object)
{
    iop_lock_database();
    struct iop_link **at = &IOP->links;
    while (*at && (*at)->Object != object)
        at = &(*at)->Next;
    struct iop_link *link = *at;
    if (link)
        *at = link->Next;
    iop_unlock_database();
    free(link);
}

void iop_forget_links(void)
{
    while (IOP->links) {
        struct iop_link *link = IOP->links;
        IOP->links = link->Next;
        free(link);
    }
}

/* Its address; the link stays where it is, for it is permanent. */
static PVOID object_of(HANDLE handle)
{
    PVOID object = NULL;
    if (NT_SUCCESS(ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, NULL)))
        ObDereferenceObject(object);
    return object;
}

static NTSTATUS create_link(PUNICODE_STRING name, PUNICODE_STRING target, const void *caller)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    InitializeObjectAttributes(&attributes, name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    NTSTATUS status = ZwCreateSymbolicLinkObject(&handle, SYMBOLIC_LINK_ALL_ACCESS, &attributes, target);
    if (!NT_SUCCESS(status))
        return status;
    PVOID object = object_of(handle);
    ZwClose(handle);
    remember(object, name, target, caller);
    return STATUS_SUCCESS;
}

/*
 * A permanent link from a name that clients see (\DosDevices\X, \??\X, \GLOBAL??\X) to a device.
 * STATUS_OBJECT_NAME_COLLISION when the name exists. IRQL PASSIVE_LEVEL. (WDK: IoCreateSymbolicLink)
 */
NTSTATUS NTAPI IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName)
{
    GATE(IoCreateSymbolicLink, SymbolicLinkName, DeviceName);
    if (GATE_FAILS(IoCreateSymbolicLink))
        return STATUS_INSUFFICIENT_RESOURCES;
    return create_link(SymbolicLinkName, DeviceName, __builtin_return_address(0));
}

/* As above, with a security descriptor that lets everybody change the link. (WDK:
 * IoCreateUnprotectedSymbolicLink) */
NTSTATUS NTAPI IoCreateUnprotectedSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName)
{
    GATE(IoCreateUnprotectedSymbolicLink, SymbolicLinkName, DeviceName);
    if (GATE_FAILS(IoCreateUnprotectedSymbolicLink))
        return STATUS_INSUFFICIENT_RESOURCES;
    return create_link(SymbolicLinkName, DeviceName, __builtin_return_address(0));
}

/* STATUS_OBJECT_NAME_NOT_FOUND when there is no such link. (WDK: IoDeleteSymbolicLink) */
NTSTATUS NTAPI IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName)
{
    GATE(IoDeleteSymbolicLink, SymbolicLinkName);
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    InitializeObjectAttributes(&attributes, SymbolicLinkName, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL,
                               NULL);
    NTSTATUS status = ZwOpenSymbolicLinkObject(&handle, DELETE, &attributes);
    if (!NT_SUCCESS(status))
        return status;
    PVOID object = object_of(handle);
    status = ZwMakeTemporaryObject(handle);
    if (NT_SUCCESS(status))
        forget(object);
    ZwClose(handle);
    return status;
}
