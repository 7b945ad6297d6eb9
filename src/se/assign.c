/*
 * The descriptors of new objects, and of others a copy.
 */
#include "sep.h"

/* --- capturing --- */

/* A caller's descriptor may be anything; it is copied piece by piece before it is looked at. */
struct pieces {
    SECURITY_DESCRIPTOR head;
    PUCHAR piece[4]; /* owner, group, dacl, sacl */
};

static NTSTATUS copy_piece(PUCHAR *to, const void *from, bool acl, KPROCESSOR_MODE mode)
{
    ACL head;
    ULONG length;
    UCHAR count;
    NTSTATUS status;
    if (acl) {
        status = MmCopyFromMode(&head, from, sizeof head, mode);
        length = head.AclSize;
        if (NT_SUCCESS(status) && length < sizeof(ACL))
            return STATUS_INVALID_ACL;
    } else {
        status = MmCopyFromMode(&count, (PUCHAR)from + FIELD_OFFSET(SID, SubAuthorityCount), 1, mode);
        length = (ULONG)FIELD_OFFSET(SID, SubAuthority) + count * (ULONG)sizeof(ULONG);
        if (NT_SUCCESS(status) && count > SID_MAX_SUB_AUTHORITIES)
            return STATUS_INVALID_SID;
    }
    if (!NT_SUCCESS(status))
        return status;
    if (!(*to = malloc(length)))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = MmCopyFromMode(*to, from, length, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (acl)
        return ((PACL)*to)->AclSize == length && rtl_valid_acl((PACL)*to) ? STATUS_SUCCESS
                                                                          : STATUS_INVALID_ACL;
    return ((PISID)*to)->SubAuthorityCount == count && rtl_valid_sid(*to) ? STATUS_SUCCESS
                                                                          : STATUS_INVALID_SID;
}

static NTSTATUS copy_head(PSECURITY_DESCRIPTOR given, KPROCESSOR_MODE mode, PISECURITY_DESCRIPTOR head)
{
    SECURITY_DESCRIPTOR_RELATIVE relative;
    NTSTATUS status =
        mode == KernelMode ? STATUS_SUCCESS : MmProbe(given, sizeof relative, sizeof(ULONG), false);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&relative, given, sizeof relative, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (relative.Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    if (!(relative.Control & SE_SELF_RELATIVE))
        return MmCopyFromMode(head, given, sizeof *head, mode);
    *head = (SECURITY_DESCRIPTOR){.Control = relative.Control,
                                  .Owner = rtl_sd_at(given, relative.Owner),
                                  .Group = rtl_sd_at(given, relative.Group),
                                  .Dacl = rtl_sd_at(given, relative.Dacl),
                                  .Sacl = rtl_sd_at(given, relative.Sacl)};
    return STATUS_SUCCESS;
}

NTSTATUS SepCapture(PSECURITY_DESCRIPTOR given, KPROCESSOR_MODE mode, PSECURITY_DESCRIPTOR *own)
{
    struct pieces p = {0};
    *own = NULL;
    NTSTATUS status = copy_head(given, mode, &p.head);
    if (!NT_SUCCESS(status))
        return status;
    const void *from[4] = {p.head.Owner, p.head.Group, p.head.Control & SE_DACL_PRESENT ? p.head.Dacl : NULL,
                           p.head.Control & SE_SACL_PRESENT ? p.head.Sacl : NULL};
    for (int i = 0; i < 4 && NT_SUCCESS(status); i++)
        if (from[i])
            status = copy_piece(&p.piece[i], from[i], i >= 2, mode);
    if (NT_SUCCESS(status)) {
        PACL dacl = (PACL)p.piece[2], sacl = (PACL)p.piece[3];
        *own = MmAllocateSystemPool(rtl_relative_size(p.piece[0], p.piece[1], sacl, dacl), SE_TAG_DESCRIPTOR);
        if (*own)
            rtl_make_relative(*own, p.head.Control & ~SE_SELF_RELATIVE, p.piece[0], p.piece[1], sacl, dacl);
        else
            status = STATUS_INSUFFICIENT_RESOURCES;
    }
    for (int i = 0; i < 4; i++)
        free(p.piece[i]);
    return status;
}

/* --- lists --- */

struct creation {
    PSID owner, group;
    const GENERIC_MAPPING *mapping;
    BOOLEAN directory;
};

static PACL new_acl(size_t size)
{
    PACL acl = size <= 0xFFFC ? calloc(1, size) : NULL;
    if (acl)
        *acl = (ACL){.AclRevision = ACL_REVISION, .AclSize = sizeof(ACL)};
    return acl;
}

/* What stands in for the creator gives way to who it is; the list has room. */
static void append_ace(PACL acl, const struct creation *c, PACE_HEADER from, UCHAR flags)
{
    PACCESS_ALLOWED_ACE to = (PACCESS_ALLOWED_ACE)((PUCHAR)acl + acl->AclSize);
    ACCESS_MASK mask = ((PACCESS_ALLOWED_ACE)from)->Mask;
    PSID sid = rtl_ace_sid(from);
    bool simple = from->AceType <= SYSTEM_ALARM_ACE_TYPE;
    if (!simple || flags & INHERIT_ONLY_ACE) { /* it is for the objects below: it stays as it is */
        memcpy(to, from, from->AceSize);
        to->Header.AceFlags = flags;
    } else {
        RtlMapGenericMask(&mask, c->mapping);
        if (rtl_same_sid(sid, sep_sid(SEP_CreatorOwner)))
            sid = c->owner;
        else if (rtl_same_sid(sid, sep_sid(SEP_CreatorGroup)))
            sid = c->group;
        ULONG length = rtl_sid_length(sid), head = (ULONG)FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart);
        to->Header = (ACE_HEADER){from->AceType, flags, (USHORT)(head + length)};
        to->Mask = mask;
        memcpy((PUCHAR)to + head, sid, length);
    }
    acl->AclSize = (USHORT)(acl->AclSize + to->Header.AceSize);
    acl->AceCount++;
}

/* Entries at most twice, each with room for the longest identifier. */
static size_t room_for(PACL acl)
{
    return acl->AclSize +
           (size_t)acl->AceCount * 2 * (FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + SECURITY_MAX_SID_SIZE);
}

static PACL map_acl(const struct creation *c, PACL from)
{
    PACL acl = calloc(1, room_for(from));
    if (!acl)
        return NULL;
    *acl = (ACL){.AclRevision = from->AclRevision, .AclSize = sizeof(ACL)};
    PACE_HEADER ace = rtl_first_ace(from);
    for (USHORT i = 0; i < from->AceCount; i++, ace = rtl_next_ace(ace))
        append_ace(acl, c, ace, ace->AceFlags);
    return acl;
}

/* What of the parent's list goes to a new object below it; NULL: nothing. */
static PACL inherit_acl(const struct creation *c, PACL parent)
{
    PACL acl = parent ? new_acl(room_for(parent) <= 0xFFFC ? room_for(parent) : 0xFFFC) : NULL;
    PACE_HEADER ace = parent ? rtl_first_ace(parent) : NULL;
    for (USHORT i = 0; acl && i < parent->AceCount; i++, ace = rtl_next_ace(ace)) {
        UCHAR flags = ace->AceFlags;
        if (!c->directory) {
            if (flags & OBJECT_INHERIT_ACE)
                append_ace(acl, c, ace, flags & ~VALID_INHERIT_FLAGS);
            continue;
        }
        UCHAR onward =
            flags & NO_PROPAGATE_INHERIT_ACE ? 0 : flags & (OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
        if (flags & CONTAINER_INHERIT_ACE)
            append_ace(acl, c, ace, flags & ~VALID_INHERIT_FLAGS);
        if (onward)
            append_ace(acl, c, ace, (UCHAR)((flags & ~VALID_INHERIT_FLAGS) | onward | INHERIT_ONLY_ACE));
    }
    if (acl && !acl->AceCount) {
        free(acl);
        acl = NULL;
    }
    return acl;
}

static NTSTATUS default_acl(const struct creation *c, struct sep_token *token, PACL *acl)
{
    PACL plain;
    NTSTATUS status = SepDefaultDacl(token, &plain);
    *acl = plain ? map_acl(c, plain) : NULL;
    if (plain && !*acl)
        status = STATUS_INSUFFICIENT_RESOURCES;
    free(plain);
    return status;
}

/* --- a new object's descriptor --- */

static bool may_own(struct sep_token *token, PSID owner)
{
    if (sep_has_privilege(token, SE_RESTORE_PRIVILEGE) || rtl_same_sid(token->Group[0].Sid, owner))
        return true;
    for (ULONG i = 1; i < token->Groups; i++)
        if (rtl_same_sid(token->Group[i].Sid, owner))
            return token->Group[i].Attributes & SE_GROUP_OWNER;
    return false;
}

NTSTATUS SepAssign(PSECURITY_DESCRIPTOR parent, PSECURITY_DESCRIPTOR given, BOOLEAN directory,
                   struct sep_token *token, const GENERIC_MAPPING *mapping, KPROCESSOR_MODE mode,
                   PSECURITY_DESCRIPTOR *result)
{
    SECURITY_DESCRIPTOR_CONTROL said = given ? rtl_sd_control(given) : 0, control = 0;
    struct creation c = {given ? rtl_sd_owner(given) : NULL, given ? rtl_sd_group(given) : NULL, mapping,
                         directory};
    PACL dacl = NULL, sacl = NULL;
    NTSTATUS status = STATUS_SUCCESS;
    *result = NULL;
    if (!c.owner)
        c.owner = token->Owner;
    else if (mode != KernelMode && !may_own(token, c.owner))
        return STATUS_INVALID_OWNER;
    if (!c.group)
        c.group = token->PrimaryGroup;
    if (said & SE_SACL_PRESENT && mode != KernelMode && !sep_has_privilege(token, SE_SECURITY_PRIVILEGE))
        return STATUS_PRIVILEGE_NOT_HELD;

    PACL inherited = NULL;
    bool own = said & SE_DACL_PRESENT && !(said & SE_DACL_DEFAULTED);
    if (!own && parent)
        inherited = inherit_acl(&c, rtl_sd_dacl(parent));
    if (inherited) {
        dacl = inherited;
        control |= SE_DACL_PRESENT;
    } else if (said & SE_DACL_PRESENT) {
        PACL from = rtl_sd_dacl(given);
        control |= said & (SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED);
        if (from && !(dacl = map_acl(&c, from)))
            status = STATUS_INSUFFICIENT_RESOURCES;
    } else {
        control |= SE_DACL_PRESENT | SE_DACL_DEFAULTED;
        status = default_acl(&c, token, &dacl);
    }
    if (NT_SUCCESS(status) && said & SE_SACL_PRESENT) {
        PACL from = rtl_sd_sacl(given);
        control |= said & (SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED);
        if (from && !(sacl = map_acl(&c, from)))
            status = STATUS_INSUFFICIENT_RESOURCES;
    } else if (NT_SUCCESS(status) && parent && (sacl = inherit_acl(&c, rtl_sd_sacl(parent)))) {
        control |= SE_SACL_PRESENT;
    }
    if (NT_SUCCESS(status)) {
        *result = MmAllocateSystemPool(rtl_relative_size(c.owner, c.group, sacl, dacl), SE_TAG_DESCRIPTOR);
        if (*result)
            rtl_make_relative(*result, control, c.owner, c.group, sacl, dacl);
        else
            status = STATUS_INSUFFICIENT_RESOURCES;
    }
    free(dacl);
    free(sacl);
    return status;
}

static NTSTATUS to_callers_pool(PSECURITY_DESCRIPTOR *descriptor, const void *caller)
{
    PSECURITY_DESCRIPTOR own = *descriptor;
    ULONG size = rtl_relative_size(rtl_sd_owner(own), rtl_sd_group(own), rtl_sd_sacl(own), rtl_sd_dacl(own));
    *descriptor = MmAllocatePoolFor(caller, PagedPool, size, SE_TAG_DESCRIPTOR);
    if (*descriptor)
        memcpy(*descriptor, own, size);
    MmFreeSystemPool(own);
    return *descriptor ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/*
 * The self-relative descriptor of a new object: what was given for it, what it inherits, and the subject's
 * defaults. From paged pool, whatever PoolType says, for SeDeassignSecurity. STATUS_INVALID_OWNER,
 * STATUS_PRIVILEGE_NOT_HELD (a system list without SeSecurityPrivilege). IRQL PASSIVE_LEVEL. (WDK:
 * SeAssignSecurity)
 */
NTSTATUS NTAPI SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor,
                                PSECURITY_DESCRIPTOR ExplicitDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor,
                                BOOLEAN IsDirectoryObject, PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType)
{
    GATE(SeAssignSecurity, ParentDescriptor, ExplicitDescriptor, NewDescriptor, IsDirectoryObject);
    (void)PoolType;
    NTSTATUS status =
        SepAssign(ParentDescriptor, ExplicitDescriptor, IsDirectoryObject, sep_effective(SubjectContext),
                  GenericMapping, KiPreviousMode(), NewDescriptor);
    return NT_SUCCESS(status) ? to_callers_pool(NewDescriptor, __builtin_return_address(0)) : status;
}

NTSTATUS NTAPI SeDeassignSecurity(PSECURITY_DESCRIPTOR *SecurityDescriptor)
{
    GATE(SeDeassignSecurity, SecurityDescriptor);
    if (*SecurityDescriptor)
        MmFreePoolFor(__builtin_return_address(0), *SecurityDescriptor, 0);
    *SecurityDescriptor = NULL;
    return STATUS_SUCCESS;
}

/* Whether a self-relative descriptor with an owner lies within the length. (WDK: SeValidSecurityDescriptor)
 */
BOOLEAN NTAPI SeValidSecurityDescriptor(ULONG Length, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    GATE(SeValidSecurityDescriptor, Length, SecurityDescriptor);
    return rtl_valid_relative_sd(SecurityDescriptor, Length) && rtl_sd_owner(SecurityDescriptor) != NULL;
}
