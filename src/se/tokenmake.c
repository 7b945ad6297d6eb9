/*
 * The services that make tokens from others and change what new objects get from one.
 */
#include "sep.h"

/* --- what the caller gives --- */

enum { MOST_SIDS = 256 };

union own_sid {
    SID sid;
    UCHAR room[SECURITY_MAX_SID_SIZE];
};

static NTSTATUS capture_sid(SID *from, KPROCESSOR_MODE mode, union own_sid *to)
{
    NTSTATUS status = MmCopyFromMode(to, from, FIELD_OFFSET(SID, SubAuthority), mode);
    UCHAR subs = to->sid.SubAuthorityCount;
    if (NT_SUCCESS(status) && (to->sid.Revision != SID_REVISION || subs > SID_MAX_SUB_AUTHORITIES))
        status = STATUS_INVALID_SID;
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(to->sid.SubAuthority, from->SubAuthority, subs * sizeof(ULONG), mode);
    return status;
}

/* The lists of a restriction: groups with their identifiers behind them, from malloc. */
static NTSTATUS capture_groups(PTOKEN_GROUPS given, KPROCESSOR_MODE mode, PTOKEN_GROUPS *own)
{
    ULONG count;
    *own = NULL;
    if (!given)
        return STATUS_SUCCESS;
    NTSTATUS status = MmCopyFromMode(&count, &given->GroupCount, sizeof count, mode);
    if (NT_SUCCESS(status) && count > MOST_SIDS)
        status = STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        return status;
    size_t head = FIELD_OFFSET(TOKEN_GROUPS, Groups) + count * sizeof(SID_AND_ATTRIBUTES);
    PTOKEN_GROUPS copy = calloc(1, head + count * sizeof(union own_sid));
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = MmCopyFromMode(copy->Groups, given->Groups, count * sizeof(SID_AND_ATTRIBUTES), mode);
    for (ULONG i = 0; NT_SUCCESS(status) && i < count; i++) {
        union own_sid *to = (union own_sid *)((PUCHAR)copy + head) + i;
        status = capture_sid(copy->Groups[i].Sid, mode, to);
        copy->Groups[i].Sid = to;
    }
    copy->GroupCount = count;
    if (NT_SUCCESS(status))
        *own = copy;
    else
        free(copy);
    return status;
}

static NTSTATUS capture_privileges(PTOKEN_PRIVILEGES given, KPROCESSOR_MODE mode, PTOKEN_PRIVILEGES *own)
{
    ULONG count;
    *own = NULL;
    if (!given)
        return STATUS_SUCCESS;
    NTSTATUS status = MmCopyFromMode(&count, &given->PrivilegeCount, sizeof count, mode);
    if (NT_SUCCESS(status) && count > MOST_SIDS)
        status = STATUS_INVALID_PARAMETER;
    if (!NT_SUCCESS(status))
        return status;
    size_t size = count * sizeof(LUID_AND_ATTRIBUTES);
    PTOKEN_PRIVILEGES copy = calloc(1, FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + size);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = MmCopyFromMode(copy->Privileges, given->Privileges, size, mode);
    copy->PrivilegeCount = count;
    if (NT_SUCCESS(status))
        *own = copy;
    else
        free(copy);
    return status;
}

/* --- new tokens --- */

/* A handle with the rights that the old one has when none are asked for. */
static NTSTATUS hand_out(struct sep_token *token, ACCESS_MASK access, ULONG attributes, PHANDLE out,
                         KPROCESSOR_MODE mode)
{
    HANDLE handle;
    if (mode != KernelMode)
        attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    NTSTATUS status = ObOpenObjectByPointer(token, attributes, NULL, access, SEP->token_type, mode, &handle);
    ObpDereferenceObject(token);
    return NT_SUCCESS(status) ? ObReturnHandle(handle, out, mode) : status;
}

/* The attributes' flags and the level that their quality of service asks for; SecurityAnonymous without one.
 */
static NTSTATUS capture_attributes(POBJECT_ATTRIBUTES given, KPROCESSOR_MODE mode, PULONG flags,
                                   SECURITY_IMPERSONATION_LEVEL *level)
{
    OBJECT_ATTRIBUTES own;
    SECURITY_QUALITY_OF_SERVICE qos;
    *flags = 0;
    *level = SecurityAnonymous;
    if (!given)
        return STATUS_SUCCESS;
    NTSTATUS status = MmCopyFromMode(&own, given, sizeof own, mode);
    if (!NT_SUCCESS(status))
        return status;
    *flags = own.Attributes & (OBJ_INHERIT | OBJ_KERNEL_HANDLE);
    if (!own.SecurityQualityOfService)
        return STATUS_SUCCESS;
    status = MmCopyFromMode(&qos, own.SecurityQualityOfService, sizeof qos, mode);
    if (NT_SUCCESS(status) && (ULONG)qos.ImpersonationLevel > SecurityDelegation)
        status = STATUS_BAD_IMPERSONATION_LEVEL;
    *level = qos.ImpersonationLevel;
    return status;
}

/*
 * The level of an impersonation token comes from the attributes' quality of service.
 * STATUS_BAD_IMPERSONATION_LEVEL: more than the old token has, or a primary token from one that only
 * identifies. STATUS_INVALID_PARAMETER: no such type. (WDK: ZwDuplicateToken)
 */
SERVICE(DuplicateToken,
        (HANDLE ExistingTokenHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         BOOLEAN EffectiveOnly, TOKEN_TYPE TokenType, PHANDLE NewTokenHandle),
        (ExistingTokenHandle, DesiredAccess, ObjectAttributes, EffectiveOnly, TokenType, NewTokenHandle))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    OBJECT_HANDLE_INFORMATION about;
    SECURITY_IMPERSONATION_LEVEL level;
    struct sep_token *token, *copy = NULL;
    ULONG flags;
    if (TokenType != TokenPrimary && TokenType != TokenImpersonation)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObProbeHandleOut(NewTokenHandle, mode);
    if (NT_SUCCESS(status))
        status = capture_attributes(ObjectAttributes, mode, &flags, &level);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(ExistingTokenHandle, TOKEN_DUPLICATE, SEP->token_type, mode,
                                           (PVOID *)&token, &about);
    if (!NT_SUCCESS(status))
        return status;
    if (token->Type == TokenImpersonation &&
        (TokenType == TokenImpersonation ? level > token->Level : token->Level < SecurityImpersonation))
        status = STATUS_BAD_IMPERSONATION_LEVEL;
    else if (!(copy = SepDuplicateToken(token, TokenType, level, EffectiveOnly)))
        status = STATUS_INSUFFICIENT_RESOURCES;
    ObpDereferenceObject(token);
    return copy ? hand_out(copy, DesiredAccess ? DesiredAccess : about.GrantedAccess, flags, NewTokenHandle,
                           mode)
                : status;
}

/* SeFilterToken for handles; the new one has the rights of the old one. */
SERVICE(FilterToken,
        (HANDLE ExistingTokenHandle, ULONG Flags, PTOKEN_GROUPS SidsToDisable,
         PTOKEN_PRIVILEGES PrivilegesToDelete, PTOKEN_GROUPS RestrictedSids, PHANDLE NewTokenHandle),
        (ExistingTokenHandle, Flags, SidsToDisable, PrivilegesToDelete, RestrictedSids, NewTokenHandle))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    OBJECT_HANDLE_INFORMATION about;
    struct sep_token *token, *made = NULL;
    PTOKEN_GROUPS disable, restricted = NULL;
    PTOKEN_PRIVILEGES remove = NULL;
    NTSTATUS status = ObProbeHandleOut(NewTokenHandle, mode);
    if (!NT_SUCCESS(status))
        return status;
    status = capture_groups(SidsToDisable, mode, &disable);
    if (NT_SUCCESS(status))
        status = capture_privileges(PrivilegesToDelete, mode, &remove);
    if (NT_SUCCESS(status))
        status = capture_groups(RestrictedSids, mode, &restricted);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(ExistingTokenHandle, TOKEN_DUPLICATE, SEP->token_type, mode,
                                           (PVOID *)&token, &about);
    if (NT_SUCCESS(status)) {
        status = SepFilterToken(token, Flags, disable, remove, restricted, &made);
        ObpDereferenceObject(token);
    }
    free(disable);
    free(remove);
    free(restricted);
    return NT_SUCCESS(status) ? hand_out(made, about.GrantedAccess, 0, NewTokenHandle, mode) : status;
}

/* --- what new objects get --- */

/* Which of the token's identifiers it is; NULL: none. */
static PSID find_group(struct sep_token *token, PSID sid, bool as_owner)
{
    for (ULONG i = 0; i < token->Groups; i++)
        if (rtl_same_sid(token->Group[i].Sid, sid) &&
            (!as_owner || i == 0 || token->Group[i].Attributes & SE_GROUP_OWNER))
            return token->Group[i].Sid;
    return NULL;
}

static NTSTATUS set_group(struct sep_token *token, PVOID information, KPROCESSOR_MODE mode, bool owner)
{
    PSID given;
    union own_sid own;
    NTSTATUS status = MmCopyFromMode(&given, information, sizeof given, mode);
    if (NT_SUCCESS(status))
        status = capture_sid(given, mode, &own);
    if (!NT_SUCCESS(status))
        return status;
    PSID found = find_group(token, &own, owner);
    if (!found)
        return owner ? STATUS_INVALID_OWNER : STATUS_INVALID_PRIMARY_GROUP;
    atomic_store(owner ? &token->Owner : &token->PrimaryGroup, found);
    return STATUS_SUCCESS;
}

static NTSTATUS set_dacl(struct sep_token *token, PVOID information, KPROCESSOR_MODE mode)
{
    static const ACL none = {.AclSize = sizeof none};
    const void *what = &none;
    PACL given, copy = NULL;
    ACL head = none;
    NTSTATUS status = MmCopyFromMode(&given, information, sizeof given, mode);
    if (NT_SUCCESS(status) && given) {
        status = MmCopyFromMode(&head, given, sizeof head, mode);
        if (NT_SUCCESS(status) && head.AclSize < sizeof head)
            status = STATUS_INVALID_ACL;
        if (NT_SUCCESS(status) && !(copy = malloc(head.AclSize)))
            status = STATUS_INSUFFICIENT_RESOURCES;
        if (NT_SUCCESS(status))
            status = MmCopyFromMode(copy, given, head.AclSize, mode);
        if (NT_SUCCESS(status)) {
            copy->AclSize = head.AclSize; /* it may have changed meanwhile */
            what = copy;
            if (!RtlValidAcl(copy))
                status = STATUS_INVALID_ACL;
        }
    }
    PACL own = NT_SUCCESS(status) ? SepKeep(token, what, head.AclSize) : NULL;
    free(copy);
    if (!NT_SUCCESS(status))
        return status;
    if (!own)
        return STATUS_INSUFFICIENT_RESOURCES;
    atomic_store(&token->OwnDacl, own);
    return STATUS_SUCCESS;
}

/*
 * TokenOwner, TokenPrimaryGroup (of the token's groups: STATUS_INVALID_OWNER, STATUS_INVALID_PRIMARY_GROUP)
 * and TokenDefaultDacl. STATUS_INFO_LENGTH_MISMATCH, STATUS_INVALID_INFO_CLASS. (WDK: ZwSetInformationToken)
 */
SERVICE(SetInformationToken,
        (HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass, PVOID TokenInformation,
         ULONG TokenInformationLength),
        (TokenHandle, TokenInformationClass, TokenInformation, TokenInformationLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct sep_token *token;
    ULONG class = (ULONG)TokenInformationClass;
    if (class != TokenOwner && class != TokenPrimaryGroup && class != TokenDefaultDacl)
        return STATUS_INVALID_INFO_CLASS;
    if (TokenInformationLength < sizeof(PVOID)) /* each is one pointer */
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = ObReferenceObjectByHandle(TokenHandle, TOKEN_ADJUST_DEFAULT, SEP->token_type, mode,
                                                (PVOID *)&token, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (class == TokenDefaultDacl)
        status = set_dacl(token, TokenInformation, mode);
    else
        status = set_group(token, TokenInformation, mode, class == TokenOwner);
    if (NT_SUCCESS(status))
        SepTokenChanged(token);
    ObpDereferenceObject(token);
    return status;
}
