/*
 * The access check.
 */
#include "sep.h"

typedef bool matches(const struct sep_token *, PSID, bool to_deny);

static bool in_restricted(const struct sep_token *token, PSID sid, bool to_deny)
{
    (void)to_deny;
    return SepRestrictedHas(token, sid);
}

static bool owns(PSECURITY_DESCRIPTOR sd, const struct sep_token *token)
{
    PSID owner = rtl_sd_owner(sd);
    return owner && SepTokenHas(token, owner, false) &&
           (!token->RestrictedSids || SepRestrictedHas(token, owner));
}

/* The entries are for the owner, whoever that is, when they name Owner Rights. */
static bool concerns(PACE_HEADER ace, const struct sep_token *token, matches *match, bool owner)
{
    PSID sid = rtl_ace_sid(ace);
    return match(token, sid, ace->AceType == ACCESS_DENIED_ACE_TYPE) ||
           (owner && rtl_same_sid(sid, sep_sid(SEP_OwnerRights)));
}

/* The first entry that says something about a right decides about it. Returns what is allowed. */
static ACCESS_MASK walk(PACL dacl, const struct sep_token *token, matches *match, bool owner,
                        ACCESS_MASK wanted)
{
    ACCESS_MASK allowed = 0, denied = 0;
    PACE_HEADER ace = rtl_first_ace(dacl);
    for (USHORT i = 0; i < dacl->AceCount; i++, ace = rtl_next_ace(ace)) {
        if (ace->AceFlags & INHERIT_ONLY_ACE || ace->AceType > ACCESS_DENIED_ACE_TYPE ||
            !concerns(ace, token, match, owner))
            continue;
        ACCESS_MASK mask = ((PACCESS_ALLOWED_ACE)ace)->Mask & wanted;
        if (ace->AceType == ACCESS_ALLOWED_ACE_TYPE)
            allowed |= mask & ~denied;
        else
            denied |= mask & ~allowed;
    }
    return allowed;
}

static bool names_owner_rights(PACL dacl)
{
    PACE_HEADER ace = dacl ? rtl_first_ace(dacl) : NULL;
    for (USHORT i = 0; dacl && i < dacl->AceCount; i++, ace = rtl_next_ace(ace))
        if (ace->AceType <= ACCESS_DENIED_ACE_TYPE && !(ace->AceFlags & INHERIT_ONLY_ACE) &&
            rtl_same_sid(rtl_ace_sid(ace), sep_sid(SEP_OwnerRights)))
            return true;
    return false;
}

/* Of a token that is restricted in writing, the rights that are none of writing. */
static ACCESS_MASK free_of_restriction(const struct sep_token *token, const GENERIC_MAPPING *mapping)
{
    return token->WriteRestricted
               ? ~(mapping->GenericWrite & ~(mapping->GenericRead | mapping->GenericExecute)) &
                     ~(ACCESS_MASK)(DELETE | WRITE_DAC | WRITE_OWNER)
               : 0;
}

static bool use_privilege(struct sep_token *token, ULONG privilege, ULONG64 *used)
{
    if (!sep_has_privilege(token, privilege))
        return false;
    *used |= UINT64_C(1) << privilege;
    return true;
}

NTSTATUS SepAccessCheck(PSECURITY_DESCRIPTOR sd, struct sep_token *token, ACCESS_MASK desired,
                        ACCESS_MASK previous, const GENERIC_MAPPING *mapping, ACCESS_MASK *granted,
                        ULONG64 *privileges)
{
    PACL dacl = rtl_sd_dacl(sd);
    bool owner = owns(sd, token);
    *granted = 0;
    *privileges = 0;
    RtlMapGenericMask(&desired, mapping);
    RtlMapGenericMask(&previous, mapping);
    ACCESS_MASK left = desired & ~previous;
    if (left & ACCESS_SYSTEM_SECURITY) {
        if (!use_privilege(token, SE_SECURITY_PRIVILEGE, privileges))
            return STATUS_PRIVILEGE_NOT_HELD;
        previous |= ACCESS_SYSTEM_SECURITY;
    }
    if (left & WRITE_OWNER && use_privilege(token, SE_TAKE_OWNERSHIP_PRIVILEGE, privileges))
        previous |= WRITE_OWNER;
    bool maximum = left & MAXIMUM_ALLOWED;
    /* An owner can read and change the list, whatever it says. */
    if (owner && !names_owner_rights(dacl))
        previous |= (maximum ? READ_CONTROL | WRITE_DAC : left & (READ_CONTROL | WRITE_DAC));
    left &= ~(previous | MAXIMUM_ALLOWED);
    if (!dacl) { /* none at all, or one that lets everybody in */
        previous |= maximum ? mapping->GenericAll | left : left;
    } else if (left || maximum) {
        ACCESS_MASK wanted = maximum ? ~(ACCESS_MASK)(MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY) : left;
        ACCESS_MASK allowed = walk(dacl, token, SepTokenHas, owner, wanted);
        if (token->RestrictedSids)
            allowed &= walk(dacl, token, in_restricted, owner, wanted) | free_of_restriction(token, mapping);
        if (left & ~allowed)
            return STATUS_ACCESS_DENIED;
        previous |= allowed;
    }
    if (!previous)
        return STATUS_ACCESS_DENIED;
    *granted = previous;
    return STATUS_SUCCESS;
}

/* What a caller in kernel mode gets: what he wants. */
static ACCESS_MASK grant_kernel(ACCESS_MASK desired, ACCESS_MASK previous, const GENERIC_MAPPING *mapping)
{
    ACCESS_MASK granted = desired | previous;
    if (granted & MAXIMUM_ALLOWED)
        granted = (granted & ~(ACCESS_MASK)MAXIMUM_ALLOWED) | mapping->GenericAll;
    return granted;
}

static NTSTATUS return_privileges(ULONG64 used, PPRIVILEGE_SET *result, const void *caller)
{
    if (!used || !result)
        return STATUS_SUCCESS;
    ULONG count = (ULONG)__builtin_popcountll(used);
    PPRIVILEGE_SET set = MmAllocatePoolFor(
        caller, PagedPool, FIELD_OFFSET(PRIVILEGE_SET, Privilege) + count * sizeof(LUID_AND_ATTRIBUTES),
        SE_TAG_TOKEN);
    if (!set)
        return STATUS_INSUFFICIENT_RESOURCES;
    set->PrivilegeCount = 0;
    set->Control = 0;
    for (ULONG bit = 0; bit < 64; bit++)
        if (used >> bit & 1)
            set->Privilege[set->PrivilegeCount++] =
                (LUID_AND_ATTRIBUTES){{bit, 0}, SE_PRIVILEGE_USED_FOR_ACCESS};
    *result = set;
    return STATUS_SUCCESS;
}

/*
 * Whether the subject gets the access to an object of that descriptor. *GrantedAccess: all that it has then.
 * *AccessStatus: STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD, STATUS_BAD_IMPERSONATION_LEVEL.
 * *Privileges: those that were needed, for SeFreePrivileges, or NULL. IRQL PASSIVE_LEVEL. (WDK:
 * SeAccessCheck)
 */
BOOLEAN NTAPI SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor,
                            PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, BOOLEAN SubjectContextLocked,
                            ACCESS_MASK DesiredAccess, ACCESS_MASK PreviouslyGrantedAccess,
                            PPRIVILEGE_SET *Privileges, PGENERIC_MAPPING GenericMapping,
                            KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess, PNTSTATUS AccessStatus)
{
    GATE(SeAccessCheck, SecurityDescriptor, SubjectSecurityContext, DesiredAccess, AccessMode);
    (void)SubjectContextLocked; /* tokens are never changed under a check */
    ULONG64 used;
    if (Privileges)
        *Privileges = NULL;
    if (AccessMode == KernelMode) {
        *GrantedAccess = grant_kernel(DesiredAccess, PreviouslyGrantedAccess, GenericMapping);
        *AccessStatus = STATUS_SUCCESS;
        return TRUE;
    }
    *GrantedAccess = 0;
    *AccessStatus = STATUS_ACCESS_DENIED;
    if (!SecurityDescriptor)
        return FALSE;
    if (SubjectSecurityContext->ClientToken &&
        SubjectSecurityContext->ImpersonationLevel < SecurityImpersonation) {
        *AccessStatus = STATUS_BAD_IMPERSONATION_LEVEL;
        return FALSE;
    }
    if (!DesiredAccess) {
        if (!PreviouslyGrantedAccess)
            return FALSE;
        *GrantedAccess = PreviouslyGrantedAccess;
        *AccessStatus = STATUS_SUCCESS;
        return TRUE;
    }
    NTSTATUS status = SepAccessCheck(SecurityDescriptor, sep_effective(SubjectSecurityContext), DesiredAccess,
                                     PreviouslyGrantedAccess, GenericMapping, GrantedAccess, &used);
    if (NT_SUCCESS(status))
        status = return_privileges(used, Privileges, __builtin_return_address(0));
    if (!NT_SUCCESS(status))
        *GrantedAccess = 0;
    *AccessStatus = status;
    return NT_SUCCESS(status);
}
