/*
 * The security of objects: who holds their descriptors, when access is checked, and the services to read and
 * set them. What a descriptor means is se's affair (struct ob_security).
 */
#include "obp.h"
#include "../rtl/security.h"

/* A descriptor may be in use while another takes its place: it is counted. */
struct obp_descriptor {
    _Alignas(16) _Atomic LONG References;
    ULONG Size;
    UCHAR Descriptor[] __attribute__((aligned(16)));
};

static struct obp_descriptor *counted(PSECURITY_DESCRIPTOR descriptor)
{
    return CONTAINING_RECORD(descriptor, struct obp_descriptor, Descriptor);
}

void ob_set_security(const struct ob_security *security)
{
    __atomic_store_n(&OBP->security, security, __ATOMIC_RELEASE);
}

const struct ob_security *ob_security_of_objects(void)
{
    return __atomic_load_n(&OBP->security, __ATOMIC_ACQUIRE);
}

/* --- descriptors of objects --- */

PSECURITY_DESCRIPTOR ObpReferenceSecurity(PVOID Object)
{
    POBP_HEADER header = obp_header(Object);
    if (!__atomic_load_n(&header->SecurityDescriptor, __ATOMIC_RELAXED))
        return NULL;
    ob_acquire(&OBP->security_lock);
    PSECURITY_DESCRIPTOR descriptor = header->SecurityDescriptor;
    atomic_fetch_add_explicit(&counted(descriptor)->References, 1, memory_order_relaxed);
    ob_release(&OBP->security_lock);
    return descriptor;
}

void ObpDereferenceSecurity(PSECURITY_DESCRIPTOR Descriptor)
{
    if (Descriptor &&
        atomic_fetch_sub_explicit(&counted(Descriptor)->References, 1, memory_order_acq_rel) == 1)
        MmFreeSystemPool(counted(Descriptor));
}

NTSTATUS ObpSetSecurity(PVOID Object, PSECURITY_DESCRIPTOR Descriptor)
{
    POBP_HEADER header = obp_header(Object);
    ULONG size = rtl_relative_size(rtl_sd_owner(Descriptor), rtl_sd_group(Descriptor),
                                   rtl_sd_sacl(Descriptor), rtl_sd_dacl(Descriptor));
    struct obp_descriptor *block = MmAllocateSystemPool(sizeof *block + size, OB_TAG_OBJECT);
    if (!block)
        return STATUS_INSUFFICIENT_RESOURCES;
    atomic_init(&block->References, 1);
    block->Size = size;
    memcpy(block->Descriptor, Descriptor, size);
    ob_acquire(&OBP->security_lock);
    PSECURITY_DESCRIPTOR old = header->SecurityDescriptor;
    __atomic_store_n(&header->SecurityDescriptor, (PSECURITY_DESCRIPTOR)block->Descriptor, __ATOMIC_RELEASE);
    ob_release(&OBP->security_lock);
    ObpDereferenceSecurity(old);
    return STATUS_SUCCESS;
}

void obp_drop_security(POBP_HEADER header)
{
    ObpDereferenceSecurity(header->SecurityDescriptor);
    header->SecurityDescriptor = NULL;
}

NTSTATUS obp_capture_security(PSECURITY_DESCRIPTOR given, KPROCESSOR_MODE mode, PSECURITY_DESCRIPTOR *own)
{
    *own = NULL;
    return given && ob_security_of_objects() ? ob_security_of_objects()->Capture(given, mode, own)
                                             : STATUS_SUCCESS;
}

/*
 * A new object is guarded when it has a name or was given a descriptor. The parent is the directory it is
 * entered in.
 */
NTSTATUS obp_assign_security(POBP_HEADER header, PSECURITY_DESCRIPTOR given, struct obp_directory *parent,
                             PACCESS_STATE state, KPROCESSOR_MODE mode)
{
    PSECURITY_DESCRIPTOR above, made;
    if (!ob_security_of_objects() || header->Type->Info.OwnSecurity || header->SecurityDescriptor || !state)
        return STATUS_SUCCESS;
    above = parent ? ObpReferenceSecurity(parent) : NULL;
    NTSTATUS status =
        ob_security_of_objects()->Assign(above, given, header->Type == OBP->directory_type, state,
                                         &header->Type->Info.GenericMapping, mode, &made);
    ObpDereferenceSecurity(above);
    if (!NT_SUCCESS(status))
        return status;
    status = ObpSetSecurity(obp_body(header), made);
    MmFreeSystemPool(made);
    return status;
}

/* --- checks --- */

KPROCESSOR_MODE obp_check_mode(KPROCESSOR_MODE mode, ULONG attributes)
{
    return attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : mode;
}

/* Moves what the subject gets from RemainingDesiredAccess to PreviouslyGrantedAccess. */
NTSTATUS obp_check_access(POBP_HEADER header, PACCESS_STATE state, KPROCESSOR_MODE mode)
{
    PSECURITY_DESCRIPTOR descriptor;
    BOOLEAN allocated;
    if (mode == KernelMode || !ob_security_of_objects())
        return STATUS_SUCCESS; /* obp_grant gives what is left */
    NTSTATUS status = ObGetObjectSecurity(obp_body(header), &descriptor, &allocated);
    if (!NT_SUCCESS(status))
        return status;
    status = ob_security_of_objects()->Check(descriptor, state, &header->Type->Info.GenericMapping);
    ObReleaseObjectSecurity(descriptor, allocated);
    return status;
}

/* Whoever makes an object may do everything with it but see its system list, for which a privilege is needed.
 */
NTSTATUS obp_check_creator(POBP_HEADER header, PACCESS_STATE state, KPROCESSOR_MODE mode)
{
    if (mode == KernelMode || !ob_security_of_objects() ||
        !(state->RemainingDesiredAccess & ACCESS_SYSTEM_SECURITY))
        return STATUS_SUCCESS;
    return ob_security_of_objects()->Check(NULL, state, &header->Type->Info.GenericMapping);
}

/* Whether the opener may do that in the directory; traversing is everybody's who holds
 * SeChangeNotifyPrivilege. */
NTSTATUS obp_check_directory(struct obp_directory *directory, PACCESS_STATE state, ACCESS_MASK access,
                             KPROCESSOR_MODE mode)
{
    if (mode == KernelMode || !state || !ob_security_of_objects() ||
        (access == DIRECTORY_TRAVERSE && state->Flags & OBP_TRAVERSE_PRIVILEGE))
        return STATUS_SUCCESS;
    PSECURITY_DESCRIPTOR descriptor = ObpReferenceSecurity(directory);
    ACCESS_STATE own = {.RemainingDesiredAccess = access,
                        .SubjectSecurityContext = state->SubjectSecurityContext};
    NTSTATUS status =
        ob_security_of_objects()->Check(descriptor, &own, &OBP->directory_type->Info.GenericMapping);
    ObpDereferenceSecurity(descriptor);
    return status;
}

void obp_complete_access_state(PACCESS_STATE state)
{
    if (ob_security_of_objects())
        ob_security_of_objects()->Subject(state);
}

/* --- reading and setting --- */

static NTSTATUS query_default(PVOID object, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR to, PULONG length)
{
    PSECURITY_DESCRIPTOR descriptor = ObpReferenceSecurity(object);
    NTSTATUS status = ob_security_of_objects()->Query(descriptor, what, to, *length, length);
    ObpDereferenceSecurity(descriptor);
    return status;
}

NTSTATUS ObpChangeSecurity(PVOID Object, SECURITY_INFORMATION What, PSECURITY_DESCRIPTOR From,
                           KPROCESSOR_MODE Mode)
{
    PSECURITY_DESCRIPTOR made, old;
    if (!ob_security_of_objects())
        return STATUS_NO_SECURITY_ON_OBJECT;
    old = ObpReferenceSecurity(Object);
    NTSTATUS status = ob_security_of_objects()->Replace(
        old, From, What, &obp_header(Object)->Type->Info.GenericMapping, Mode, &made);
    ObpDereferenceSecurity(old);
    if (!NT_SUCCESS(status))
        return status;
    status = ObpSetSecurity(Object, made);
    MmFreeSystemPool(made);
    return status;
}

/* To a buffer of the library's; *length: room, then the size. */
static NTSTATUS query(PVOID object, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR to, PULONG length)
{
    POBJECT_TYPE type = obp_header(object)->Type;
    if (!ob_security_of_objects())
        return STATUS_NO_SECURITY_ON_OBJECT;
    if (type->Info.SecurityProcedure)
        return type->Info.SecurityProcedure(object, QuerySecurityDescriptor, &what, to, length, KernelMode);
    return query_default(object, what, to, length);
}

/*
 * The object's descriptor, to be given back with ObReleaseObjectSecurity: NULL when it has none, so that
 * everybody may do everything. IRQL PASSIVE_LEVEL. (WDK: ObGetObjectSecurity)
 */
NTSTATUS NTAPI ObGetObjectSecurity(PVOID Object, PSECURITY_DESCRIPTOR *SecurityDescriptor,
                                   PBOOLEAN MemoryAllocated)
{
    GATE(ObGetObjectSecurity, Object, SecurityDescriptor, MemoryAllocated);
    const SECURITY_INFORMATION all = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION |
                                     DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION;
    *MemoryAllocated = FALSE;
    if (!obp_header(Object)->Type->Info.SecurityProcedure) {
        *SecurityDescriptor = ObpReferenceSecurity(Object);
        return STATUS_SUCCESS;
    }
    PVOID buffer = NULL;
    NTSTATUS status;
    ULONG length = 256;
    do { /* what a driver answers may grow */
        if (buffer)
            MmFreeSystemPool(buffer);
        if (!(buffer = MmAllocateSystemPool(length, OB_TAG_OBJECT)))
            return STATUS_INSUFFICIENT_RESOURCES;
        status = query(Object, all, buffer, &length);
    } while (status == STATUS_BUFFER_TOO_SMALL && length < 0x20000);
    if (!NT_SUCCESS(status)) {
        MmFreeSystemPool(buffer);
        buffer = NULL;
    }
    *SecurityDescriptor = buffer;
    *MemoryAllocated = buffer != NULL;
    return status;
}

VOID NTAPI ObReleaseObjectSecurity(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN MemoryAllocated)
{
    GATE(ObReleaseObjectSecurity, SecurityDescriptor, MemoryAllocated);
    if (MemoryAllocated)
        MmFreeSystemPool(SecurityDescriptor);
    else
        ObpDereferenceSecurity(SecurityDescriptor);
}

static NTSTATUS set(PVOID object, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR from, KPROCESSOR_MODE mode)
{
    POBJECT_TYPE type = obp_header(object)->Type;
    if (type->Info.SecurityProcedure)
        return type->Info.SecurityProcedure(object, SetSecurityDescriptor, &what, from, NULL, mode);
    return ObpChangeSecurity(object, what, from, mode);
}

/* Parts of an object's descriptor, without an access check. Exported, and in ntifs.h. IRQL PASSIVE_LEVEL. */
NTSTATUS NTAPI ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION SecurityInformation,
                                            PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    GATE(ObSetSecurityObjectByPointer, Object, SecurityInformation, SecurityDescriptor);
    return set(Object, SecurityInformation, SecurityDescriptor, KernelMode);
}

static ACCESS_MASK access_to_query(SECURITY_INFORMATION what)
{
    ACCESS_MASK access = 0;
    if (what & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |
                LABEL_SECURITY_INFORMATION))
        access |= READ_CONTROL;
    return what & SACL_SECURITY_INFORMATION ? access | ACCESS_SYSTEM_SECURITY : access;
}

static ACCESS_MASK access_to_set(SECURITY_INFORMATION what)
{
    ACCESS_MASK access = 0;
    if (what & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION))
        access |= WRITE_OWNER;
    if (what & DACL_SECURITY_INFORMATION)
        access |= WRITE_DAC;
    return what & SACL_SECURITY_INFORMATION ? access | ACCESS_SYSTEM_SECURITY : access;
}

/*
 * The parts asked for, self-relative. The handle needs READ_CONTROL, for the system list
 * ACCESS_SYSTEM_SECURITY. STATUS_BUFFER_TOO_SMALL, with the length that it takes.
 */
SERVICE(QuerySecurityObject,
        (HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor,
         ULONG Length, PULONG LengthNeeded),
        (Handle, SecurityInformation, SecurityDescriptor, Length, LengthNeeded))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PVOID object, buffer = NULL;
    ULONG needed = Length < 0x20000 ? Length : 0x20000;
    NTSTATUS status =
        mode == KernelMode ? STATUS_SUCCESS : MmProbe(LengthNeeded, sizeof(ULONG), sizeof(ULONG), true);
    if (NT_SUCCESS(status) && mode != KernelMode && Length)
        status = MmProbe(SecurityDescriptor, Length, sizeof(ULONG), true);
    if (!NT_SUCCESS(status))
        return status;
    status =
        ObReferenceObjectByHandle(Handle, access_to_query(SecurityInformation), NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (needed && !(buffer = MmAllocateSystemPool(needed, OB_TAG_OBJECT)))
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(status)) {
        status = query(object, SecurityInformation, buffer, &needed);
        NTSTATUS told = MmCopyToMode(LengthNeeded, &needed, sizeof needed, mode);
        if (NT_SUCCESS(status) && NT_SUCCESS(told))
            told = MmCopyToMode(SecurityDescriptor, buffer, needed, mode);
        if (NT_SUCCESS(status))
            status = told;
    }
    if (buffer)
        MmFreeSystemPool(buffer);
    ObpDereferenceObject(object);
    return status;
}

/* The handle needs WRITE_OWNER for owner and group, WRITE_DAC, ACCESS_SYSTEM_SECURITY. STATUS_INVALID_OWNER:
 * not one of the caller's. */
SERVICE(SetSecurityObject,
        (HANDLE Handle, SECURITY_INFORMATION SecurityInformation, PSECURITY_DESCRIPTOR SecurityDescriptor),
        (Handle, SecurityInformation, SecurityDescriptor))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PSECURITY_DESCRIPTOR own;
    PVOID object;
    if (!SecurityDescriptor)
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS status =
        ObReferenceObjectByHandle(Handle, access_to_set(SecurityInformation), NULL, mode, &object, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = obp_capture_security(SecurityDescriptor, mode, &own);
    if (NT_SUCCESS(status) && own) {
        status = set(object, SecurityInformation, own, mode);
        MmFreeSystemPool(own);
    }
    ObpDereferenceObject(object);
    return status;
}
