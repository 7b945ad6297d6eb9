/*
 * What a token tells.
 */
#include "sep.h"

BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN Token)
{
    GATE(SeTokenIsAdmin, Token);
    const struct sep_token *token = Token;
    return SepTokenHas(token, sep_sid(SEP_AliasAdmins), false) &&
           (!token->RestrictedSids || SepRestrictedHas(token, sep_sid(SEP_AliasAdmins)));
}

BOOLEAN NTAPI SeTokenIsRestricted(PACCESS_TOKEN Token)
{
    GATE(SeTokenIsRestricted, Token);
    return ((struct sep_token *)Token)->RestrictedSids != 0;
}

BOOLEAN NTAPI SeTokenIsWriteRestricted(PACCESS_TOKEN Token)
{
    GATE(SeTokenIsWriteRestricted, Token);
    return ((struct sep_token *)Token)->WriteRestricted;
}

SECURITY_IMPERSONATION_LEVEL NTAPI SeTokenImpersonationLevel(PACCESS_TOKEN Token)
{
    GATE(SeTokenImpersonationLevel, Token);
    return ((struct sep_token *)Token)->Level;
}

TOKEN_TYPE NTAPI SeTokenType(PACCESS_TOKEN Token)
{
    GATE(SeTokenType, Token);
    return ((struct sep_token *)Token)->Type;
}

/* LUIDs of log-ons: SYSTEM's is 0x3E7. (WDK: SeQueryAuthenticationIdToken) */
NTSTATUS NTAPI SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId)
{
    GATE(SeQueryAuthenticationIdToken, Token, AuthenticationId);
    *AuthenticationId = ((struct sep_token *)Token)->AuthenticationId;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId)
{
    GATE(SeQuerySessionIdToken, Token, SessionId);
    *SessionId = ((struct sep_token *)Token)->SessionId;
    return STATUS_SUCCESS;
}

/* --- SeQueryInformationToken: structures with the identifiers they point to behind them --- */

struct reply {
    const void *caller; /* NULL: the system's own */
    PUCHAR block, next; /* next: where the next identifier goes */
    size_t size;
};

static PVOID reply_begin(struct reply *r, size_t head, size_t behind)
{
    head = (head + 7) & ~(size_t)7;
    r->size = head + behind;
    r->block = r->caller ? MmAllocatePoolFor(r->caller, PagedPool, head + behind, SE_TAG_TOKEN)
                         : MmAllocateSystemPool(head + behind, SE_TAG_TOKEN);
    if (!r->block)
        return NULL;
    memset(r->block, 0, head + behind);
    r->next = r->block + head;
    return r->block;
}

static PSID reply_sid(struct reply *r, PSID sid)
{
    PUCHAR at = r->next;
    memcpy(at, sid, rtl_sid_length(sid));
    r->next += rtl_sid_length(sid);
    return at;
}

static PVOID one_sid(struct reply *r, PSID sid, ULONG attributes)
{
    PSID_AND_ATTRIBUTES user = reply_begin(r, sizeof *user, rtl_sid_length(sid));
    if (user)
        *user = (SID_AND_ATTRIBUTES){reply_sid(r, sid), attributes};
    return user;
}

/* TOKEN_OWNER, TOKEN_PRIMARY_GROUP: a pointer alone. */
static PVOID bare_sid(struct reply *r, PSID sid)
{
    PSID *owner = reply_begin(r, sizeof *owner, rtl_sid_length(sid));
    if (owner)
        *owner = reply_sid(r, sid);
    return owner;
}

static PVOID sid_list(struct reply *r, const SID_AND_ATTRIBUTES *list, ULONG count)
{
    size_t behind = 0;
    for (ULONG i = 0; i < count; i++)
        behind += rtl_sid_length(list[i].Sid);
    PTOKEN_GROUPS groups = reply_begin(r, FIELD_OFFSET(TOKEN_GROUPS, Groups) + count * sizeof *list, behind);
    if (!groups)
        return NULL;
    groups->GroupCount = count;
    for (ULONG i = 0; i < count; i++)
        groups->Groups[i] = (SID_AND_ATTRIBUTES){reply_sid(r, list[i].Sid), list[i].Attributes};
    return groups;
}

static PVOID privilege_list(struct reply *r, struct sep_token *token)
{
    ULONG64 enabled = atomic_load(&token->EnabledPrivileges), held = atomic_load(&token->Privileges);
    ULONG count = (ULONG)__builtin_popcountll(held);
    PTOKEN_PRIVILEGES list =
        reply_begin(r, FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + count * sizeof(LUID_AND_ATTRIBUTES), 0);
    if (!list)
        return NULL;
    for (ULONG bit = 0; bit < 64; bit++)
        if (held >> bit & 1)
            list->Privileges[list->PrivilegeCount++] = (LUID_AND_ATTRIBUTES){
                {bit, 0},
                (token->DefaultPrivileges >> bit & 1 ? SE_PRIVILEGE_ENABLED_BY_DEFAULT : 0) |
                    (enabled >> bit & 1 ? SE_PRIVILEGE_ENABLED : 0)};
    return list;
}

static PVOID default_dacl(struct reply *r, struct sep_token *token)
{
    PACL list;
    if (!NT_SUCCESS(SepDefaultDacl(token, &list)))
        return NULL;
    PTOKEN_DEFAULT_DACL dacl = reply_begin(r, sizeof *dacl, list ? list->AclSize : 0);
    if (dacl && list) {
        dacl->DefaultDacl = (PACL)r->next;
        memcpy(dacl->DefaultDacl, list, list->AclSize);
    }
    free(list);
    return dacl;
}

static PVOID statistics(struct reply *r, struct sep_token *token)
{
    PTOKEN_STATISTICS all = reply_begin(r, sizeof *all, 0);
    if (!all)
        return NULL;
    *all = (TOKEN_STATISTICS){.TokenId = token->TokenId,
                              .AuthenticationId = token->AuthenticationId,
                              .ExpirationTime.QuadPart = INT64_MAX,
                              .TokenType = token->Type,
                              .ImpersonationLevel = token->Level,
                              .GroupCount = token->Groups - 1,
                              .PrivilegeCount = (ULONG)__builtin_popcountll(atomic_load(&token->Privileges)),
                              .ModifiedId = sep_modified(token)};
    return all;
}

static PVOID source(struct reply *r, struct sep_token *token)
{
    PTOKEN_SOURCE all = reply_begin(r, sizeof *all, 0);
    if (all)
        memcpy(all->SourceName, token->SessionId ? "User32 " : "*SYSTEM*", sizeof all->SourceName);
    return all;
}

static const SID_AND_ATTRIBUTES *logon(const struct sep_token *token)
{
    for (ULONG i = 1; i < token->Groups; i++)
        if ((token->Group[i].Attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID)
            return &token->Group[i];
    return NULL;
}

static PVOID one_number(struct reply *r, ULONG number)
{
    PULONG all = reply_begin(r, sizeof *all, 0);
    if (all)
        *all = number;
    return all;
}

static NTSTATUS answer(struct reply *r, struct sep_token *token, ULONG class, PVOID *reply)
{
    switch (class) {
    case TokenUser:
        *reply = one_sid(r, token->Group[0].Sid, 0);
        break;
    case TokenGroups:
        *reply = sid_list(r, token->Group + 1, token->Groups - 1);
        break;
    case TokenRestrictedSids:
        *reply = sid_list(r, token->RestrictedSid, token->RestrictedSids);
        break;
    case TokenPrivileges:
        *reply = privilege_list(r, token);
        break;
    case TokenOwner:
        *reply = bare_sid(r, token->Owner);
        break;
    case TokenPrimaryGroup:
        *reply = bare_sid(r, token->PrimaryGroup);
        break;
    case TokenIntegrityLevel:
        *reply = one_sid(r, token->Integrity, 0x60);
        break;
    case TokenDefaultDacl:
        *reply = default_dacl(r, token);
        break;
    case TokenSource:
        *reply = source(r, token);
        break;
    case TokenStatistics:
        *reply = statistics(r, token);
        break;
    case TokenType:
        *reply = one_number(r, token->Type);
        break;
    case TokenElevationType:
        *reply = one_number(r, 1); /* TokenElevationTypeDefault: no linked token */
        break;
    case TokenElevation:
        *reply = one_number(r, SepTokenHas(token, sep_sid(SEP_AliasAdmins), false));
        break;
    case TokenImpersonationLevel:
        if (token->Type != TokenImpersonation)
            return STATUS_INVALID_INFO_CLASS;
        *reply = one_number(r, token->Level);
        break;
    case TokenSessionId:
        *reply = one_number(r, token->SessionId);
        break;
    case TokenSandBoxInert:
        *reply = one_number(r, token->SandboxInert);
        break;
    case TokenHasRestrictions:
        *reply = one_number(r, token->RestrictedSids != 0);
        break;
    case TokenVirtualizationAllowed:
    case TokenVirtualizationEnabled:
    case TokenUIAccess:
        *reply = one_number(r, 0);
        break;
    case TokenMandatoryPolicy:
        *reply = one_number(r, 3); /* TOKEN_MANDATORY_POLICY_VALID_MASK */
        break;
    case TokenLogonSid:
        *reply = sid_list(r, logon(token), logon(token) != NULL);
        break;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
    return *reply ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* The pointers of an answer go on pointing to what stands behind it, wherever it is moved. */
static void move(ULONG class, PUCHAR block, PUCHAR to)
{
    ptrdiff_t by = to - block;
    PTOKEN_GROUPS groups = (PTOKEN_GROUPS)block;
    PUCHAR *first = (PUCHAR *)block;
    switch (class) {
    case TokenUser:
    case TokenOwner:
    case TokenPrimaryGroup:
    case TokenIntegrityLevel:
    case TokenDefaultDacl:
        if (*first) /* no list at all */
            *first += by;
        break;
    case TokenGroups:
    case TokenRestrictedSids:
    case TokenLogonSid:
        for (ULONG i = 0; i < groups->GroupCount; i++)
            groups->Groups[i].Sid = (PUCHAR)groups->Groups[i].Sid + by;
        break;
    }
}

static bool is_number(ULONG class)
{
    static const ULONG numbers = 1u << TokenType | 1u << TokenElevationType | 1u << TokenElevation |
                                 1u << TokenImpersonationLevel | 1u << TokenSessionId |
                                 1u << TokenSandBoxInert | 1u << TokenHasRestrictions |
                                 1u << TokenVirtualizationAllowed | 1u << TokenVirtualizationEnabled |
                                 1u << TokenUIAccess | 1u << TokenMandatoryPolicy;
    return class < 32 && numbers >> class & 1;
}

NTSTATUS SepQueryToken(struct sep_token *token, ULONG class, PVOID at, PVOID *reply, ULONG *size)
{
    struct reply r = {0};
    NTSTATUS status = answer(&r, token, class, reply);
    if (!NT_SUCCESS(status))
        return status;
    move(class, *reply, at);
    /* Numbers stand in whole words; what is told is the number's own size. */
    *size = is_number(class) ? sizeof(ULONG) : (ULONG)r.size;
    return STATUS_SUCCESS;
}

/*
 * *TokenInformation: a block from pool for ExFreePool, except for TokenSessionId and its like, which are
 * numbers written into *TokenInformation itself. STATUS_INVALID_INFO_CLASS. IRQL PASSIVE_LEVEL. (WDK:
 * SeQueryInformationToken)
 */
NTSTATUS NTAPI SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                       PVOID *TokenInformation)
{
    GATE(SeQueryInformationToken, Token, TokenInformationClass, TokenInformation);
    struct reply r = {.caller = __builtin_return_address(0)};
    struct sep_token *token = Token;
    if ((ULONG)TokenInformationClass == TokenSessionId) {
        *(PULONG)TokenInformation = token->SessionId;
        return STATUS_SUCCESS;
    }
    return answer(&r, token, (ULONG)TokenInformationClass, TokenInformation);
}
