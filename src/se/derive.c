/*
 * Tokens made from others: duplicates and restricted ones, and the memory that is a token's own.
 */
#include "sep.h"

struct sep_memory {
    struct sep_memory *next;
    _Alignas(8) UCHAR data[];
};

PVOID SepKeep(struct sep_token *token, const void *what, size_t size)
{
    struct sep_memory *memory = malloc(sizeof *memory + size);
    if (!memory)
        return NULL;
    memcpy(memory->data, what, size);
    memory->next = atomic_load(&token->Memory);
    while (!atomic_compare_exchange_weak(&token->Memory, &memory->next, memory))
        ;
    return memory->data;
}

void SepDeleteToken(PVOID object)
{
    struct sep_token *token = object;
    for (struct sep_memory *next, *memory = atomic_load(&token->Memory); memory; memory = next) {
        next = memory->next;
        free(memory);
    }
}

/* --- duplicates --- */

/* Identifiers of accounts that we know are constants; others have been brought by somebody. */
static bool keep_restricted(struct sep_token *token)
{
    for (ULONG i = 0; i < token->RestrictedSids; i++) {
        PSID sid = SepKeep(token, token->RestrictedSid[i].Sid, rtl_sid_length(token->RestrictedSid[i].Sid));
        if (!sid)
            return false;
        token->RestrictedSid[i].Sid = sid;
    }
    return true;
}

static void only_effective(struct sep_token *token)
{
    ULONG left = 1;
    for (ULONG i = 1; i < token->Groups; i++)
        if (token->Group[i].Attributes & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY))
            token->Group[left++] = token->Group[i];
    token->Groups = left;
    atomic_init(&token->Privileges, atomic_load(&token->EnabledPrivileges));
}

struct sep_token *SepDuplicateToken(struct sep_token *token, TOKEN_TYPE type,
                                    SECURITY_IMPERSONATION_LEVEL level, bool effective_only)
{
    struct sep_token *copy;
    PACL own = atomic_load(&token->OwnDacl);
    if (!NT_SUCCESS(SepCreateTokenObject(&copy)))
        return NULL;
    copy->TokenId = SepNewLuid();
    copy->AuthenticationId = token->AuthenticationId;
    atomic_init(&copy->Modified, atomic_load(&token->Modified));
    copy->Type = type;
    copy->Level = level;
    copy->SessionId = token->SessionId;
    copy->Groups = token->Groups;
    memcpy(copy->Group, token->Group, sizeof copy->Group);
    copy->RestrictedSids = token->RestrictedSids;
    memcpy(copy->RestrictedSid, token->RestrictedSid, sizeof copy->RestrictedSid);
    copy->WriteRestricted = token->WriteRestricted;
    copy->SandboxInert = token->SandboxInert;
    copy->Integrity = token->Integrity;
    atomic_init(&copy->Owner, atomic_load(&token->Owner));
    atomic_init(&copy->PrimaryGroup, atomic_load(&token->PrimaryGroup));
    ULONG64 held = atomic_load(&token->Privileges);
    atomic_init(&copy->Privileges, held);
    copy->DefaultPrivileges = token->DefaultPrivileges;
    atomic_init(&copy->EnabledPrivileges, atomic_load(&token->EnabledPrivileges) & held);
    copy->DefaultDacl = token->DefaultDacl;
    copy->DefaultMasks = token->DefaultMasks;
    if (own)
        atomic_init(&copy->OwnDacl, SepKeep(copy, own, own->AclSize));
    if (!keep_restricted(copy) || (own && !copy->OwnDacl)) {
        ObpDereferenceObject(copy);
        return NULL;
    }
    if (effective_only)
        only_effective(copy);
    return copy;
}

/* --- restricted tokens --- */

#define LUA_PRIVILEGES                                                                                       \
    (UINT64_C(1) << SE_SHUTDOWN_PRIVILEGE | UINT64_C(1) << SE_CHANGE_NOTIFY_PRIVILEGE |                      \
     UINT64_C(1) << SE_UNDOCK_PRIVILEGE | UINT64_C(1) << SE_INC_WORKING_SET_PRIVILEGE |                      \
     UINT64_C(1) << SE_TIME_ZONE_PRIVILEGE)

/* The groups that a token without rights of administration has for denying only. */
static const enum sep_sid_index powerful[] = {
    SEP_AliasAdmins,       SEP_AliasPowerUsers, SEP_AliasAccountOps,           SEP_AliasSystemOps,
    SEP_AliasPrintOps,     SEP_AliasBackupOps,  SEP_AliasNetworkConfiguration, SEP_AliasCryptoOps,
    SEP_AliasHyperVAdmins,
};

static void deny_only(struct sep_token *token, PSID sid)
{
    for (ULONG i = 0; i < token->Groups; i++)
        if (rtl_same_sid(token->Group[i].Sid, sid))
            token->Group[i].Attributes =
                (token->Group[i].Attributes & ~(ULONG)(SE_GROUP_MANDATORY | SE_GROUP_ENABLED |
                                                       SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_OWNER)) |
                SE_GROUP_USE_FOR_DENY_ONLY;
    if (rtl_same_sid(atomic_load(&token->Owner), sid))
        atomic_init(&token->Owner, token->Group[0].Sid);
}

/* Restricted once more: what both have. */
static NTSTATUS restrict_to(struct sep_token *token, const TOKEN_GROUPS *sids)
{
    ULONG left = 0;
    if (token->RestrictedSids) {
        for (ULONG i = 0; i < token->RestrictedSids; i++)
            for (ULONG j = 0; j < sids->GroupCount; j++)
                if (rtl_same_sid(token->RestrictedSid[i].Sid, sids->Groups[j].Sid)) {
                    token->RestrictedSid[left++] = token->RestrictedSid[i];
                    break;
                }
        token->RestrictedSids = left;
        return STATUS_SUCCESS;
    }
    if (sids->GroupCount > SEP_MOST_GROUPS)
        return STATUS_INVALID_PARAMETER;
    for (; left < sids->GroupCount; left++) {
        PSID sid = SepKeep(token, sids->Groups[left].Sid, rtl_sid_length(sids->Groups[left].Sid));
        if (!sid)
            return STATUS_INSUFFICIENT_RESOURCES;
        token->RestrictedSid[left] =
            (SID_AND_ATTRIBUTES){sid, SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED};
    }
    token->RestrictedSids = left;
    return STATUS_SUCCESS;
}

static bool plain(const TOKEN_GROUPS *sids)
{
    for (ULONG i = 0; sids && i < sids->GroupCount; i++)
        if (sids->Groups[i].Attributes)
            return false;
    return true;
}

static void filter(struct sep_token *token, ULONG flags, const TOKEN_GROUPS *disable,
                   const TOKEN_PRIVILEGES *remove)
{
    ULONG64 held = atomic_load(&token->Privileges);
    for (ULONG i = 0; disable && i < disable->GroupCount; i++)
        deny_only(token, disable->Groups[i].Sid);
    for (ULONG i = 0; remove && i < remove->PrivilegeCount; i++)
        if (!remove->Privileges[i].Luid.HighPart && remove->Privileges[i].Luid.LowPart < 64)
            held &= ~(UINT64_C(1) << remove->Privileges[i].Luid.LowPart);
    if (flags & DISABLE_MAX_PRIVILEGE)
        held &= UINT64_C(1) << SE_CHANGE_NOTIFY_PRIVILEGE;
    if (flags & LUA_TOKEN) {
        held &= LUA_PRIVILEGES;
        for (size_t i = 0; i < sizeof powerful / sizeof powerful[0]; i++)
            deny_only(token, sep_sid(powerful[i]));
    }
    atomic_init(&token->Privileges, held);
    atomic_init(&token->EnabledPrivileges, atomic_load(&token->EnabledPrivileges) & held);
    if (flags & SANDBOX_INERT)
        token->SandboxInert = true;
    if (flags & WRITE_RESTRICTED)
        token->WriteRestricted = true;
}

NTSTATUS SepFilterToken(struct sep_token *token, ULONG flags, const TOKEN_GROUPS *disable,
                        const TOKEN_PRIVILEGES *remove, const TOKEN_GROUPS *restricted,
                        struct sep_token **result)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (flags & ~(ULONG)(DISABLE_MAX_PRIVILEGE | SANDBOX_INERT | LUA_TOKEN | WRITE_RESTRICTED) ||
        !plain(disable) || !plain(restricted))
        return STATUS_INVALID_PARAMETER;
    struct sep_token *copy = SepDuplicateToken(token, token->Type, token->Level, false);
    if (!copy)
        return STATUS_INSUFFICIENT_RESOURCES;
    filter(copy, flags, disable, remove);
    if (restricted && restricted->GroupCount)
        status = restrict_to(copy, restricted);
    SepTokenChanged(copy);
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(copy);
        return status;
    }
    *result = copy;
    return STATUS_SUCCESS;
}

/*
 * A token of the same kind that may do less; the caller dereferences it. Groups in SidsToDisable only deny
 * from then on, all of RestrictedSids has to be let in as well. Attributes have to be 0:
 * STATUS_INVALID_PARAMETER. IRQL PASSIVE_LEVEL. (WDK: SeFilterToken)
 */
NTSTATUS NTAPI SeFilterToken(PACCESS_TOKEN ExistingToken, ULONG Flags, PTOKEN_GROUPS SidsToDisable,
                             PTOKEN_PRIVILEGES PrivilegesToDelete, PTOKEN_GROUPS RestrictedSids,
                             PACCESS_TOKEN *FilteredToken)
{
    GATE(SeFilterToken, ExistingToken, Flags, SidsToDisable, PrivilegesToDelete, RestrictedSids);
    struct sep_token *made;
    NTSTATUS status =
        SepFilterToken(ExistingToken, Flags, SidsToDisable, PrivilegesToDelete, RestrictedSids, &made);
    *FilteredToken = NT_SUCCESS(status) ? made : NULL;
    return status;
}
