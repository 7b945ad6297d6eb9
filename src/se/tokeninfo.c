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

/* TOKEN_OWNER, TOKEN_PRIMARY_GROUP, TOKEN_APPCONTAINER_INFORMATION: a pointer alone. */
static PVOID bare_sid(struct reply *r, PSID sid)
{
    PSID *owner = reply_begin(r, sizeof *owner, sid ? rtl_sid_length(sid) : 0);
    if (owner && sid)
        *owner = reply_sid(r, sid);
    return owner;
}

static size_t length_of_sids(const SID_AND_ATTRIBUTES *list, ULONG count)
{
    size_t length = 0;
    for (ULONG i = 0; i < count; i++)
        length += rtl_sid_length(list[i].Sid);
    return length;
}

static PVOID sid_list(struct reply *r, const SID_AND_ATTRIBUTES *list, ULONG count)
{
    size_t behind = length_of_sids(list, count);
    PTOKEN_GROUPS groups = reply_begin(r, FIELD_OFFSET(TOKEN_GROUPS, Groups) + count * sizeof *list, behind);
    if (!groups)
        return NULL;
    groups->GroupCount = count;
    for (ULONG i = 0; i < count; i++)
        groups->Groups[i] = (SID_AND_ATTRIBUTES){reply_sid(r, list[i].Sid), list[i].Attributes};
    return groups;
}

static void write_privileges(const struct sep_token *token, ULONG64 held, PLUID_AND_ATTRIBUTES to)
{
    ULONG64 enabled = atomic_load(&token->EnabledPrivileges);
    for (ULONG bit = 0; bit < 64; bit++)
        if (held >> bit & 1)
            *to++ = (LUID_AND_ATTRIBUTES){
                {bit, 0},
                (token->DefaultPrivileges >> bit & 1 ? SE_PRIVILEGE_ENABLED_BY_DEFAULT : 0) |
                    (enabled >> bit & 1 ? SE_PRIVILEGE_ENABLED : 0)};
}

static PVOID privilege_list(struct reply *r, struct sep_token *token)
{
    ULONG64 held = atomic_load(&token->Privileges);
    ULONG count = (ULONG)__builtin_popcountll(held);
    PTOKEN_PRIVILEGES list =
        reply_begin(r, FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + count * sizeof(LUID_AND_ATTRIBUTES), 0);
    if (!list)
        return NULL;
    list->PrivilegeCount = count;
    write_privileges(token, held, list->Privileges);
    return list;
}

/* An array in front, its identifiers behind all arrays. */
static PSID_AND_ATTRIBUTES reply_sids(struct reply *r, PUCHAR *at, const SID_AND_ATTRIBUTES *list,
                                      ULONG count)
{
    PSID_AND_ATTRIBUTES array = (PSID_AND_ATTRIBUTES)*at;
    *at += count * sizeof *list;
    for (ULONG i = 0; i < count; i++)
        array[i] = (SID_AND_ATTRIBUTES){reply_sid(r, list[i].Sid), list[i].Attributes};
    return count ? array : NULL;
}

/* The user is the first of the groups. */
static PVOID groups_and_privileges(struct reply *r, struct sep_token *token)
{
    ULONG64 held = atomic_load(&token->Privileges);
    ULONG count = (ULONG)__builtin_popcountll(held);
    size_t sids = length_of_sids(token->Group, token->Groups),
           restricted = length_of_sids(token->RestrictedSid, token->RestrictedSids),
           arrays = (token->Groups + token->RestrictedSids) * sizeof(SID_AND_ATTRIBUTES),
           privileges = count * sizeof(LUID_AND_ATTRIBUTES);
    PTOKEN_GROUPS_AND_PRIVILEGES all = reply_begin(r, sizeof *all + arrays + privileges, sids + restricted);
    if (!all)
        return NULL;
    PUCHAR at = (PUCHAR)(all + 1);
    *all = (TOKEN_GROUPS_AND_PRIVILEGES){
        .SidCount = token->Groups,
        .SidLength = (ULONG)(sids + token->Groups * sizeof(SID_AND_ATTRIBUTES)),
        .Sids = reply_sids(r, &at, token->Group, token->Groups),
        .RestrictedSidCount = token->RestrictedSids,
        .RestrictedSidLength = (ULONG)(restricted + token->RestrictedSids * sizeof(SID_AND_ATTRIBUTES)),
        .AuthenticationId = token->AuthenticationId,
        .PrivilegeCount = count,
        .PrivilegeLength = (ULONG)privileges,
    };
    all->RestrictedSids = reply_sids(r, &at, token->RestrictedSid, token->RestrictedSids);
    all->Privileges = (PLUID_AND_ATTRIBUTES)at;
    write_privileges(token, held, all->Privileges);
    return all;
}

/* Users have logged on with their passwords, which the system's own log-on took. */
static PVOID origin(struct reply *r, const struct sep_token *token)
{
    PTOKEN_ORIGIN all = reply_begin(r, sizeof *all, 0);
    if (all && token->SessionId)
        all->OriginatingLogonSession = (LUID){0x3E7, 0};
    return all;
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
    case TokenGroupsAndPrivileges:
        *reply = groups_and_privileges(r, token);
        break;
    case TokenOrigin:
        *reply = origin(r, token);
        break;
    case TokenLinkedToken: /* no log-on here has two tokens */
        return STATUS_NO_SUCH_LOGON_SESSION;
    case TokenCapabilities:
        *reply = sid_list(r, NULL, 0);
        break;
    case TokenAppContainerSid:
        *reply = bare_sid(r, NULL);
        break;
    case TokenIsAppContainer:
    case TokenAppContainerNumber:
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

static void move_sids(PSID_AND_ATTRIBUTES *sids, ULONG count, ptrdiff_t by)
{
    for (ULONG i = 0; i < count; i++)
        (*sids)[i].Sid = (PUCHAR)(*sids)[i].Sid + by;
    if (*sids)
        *sids = (PSID_AND_ATTRIBUTES)((PUCHAR)*sids + by);
}

static void move_all(PTOKEN_GROUPS_AND_PRIVILEGES all, ptrdiff_t by)
{
    move_sids(&all->Sids, all->SidCount, by);
    move_sids(&all->RestrictedSids, all->RestrictedSidCount, by);
    all->Privileges = (PLUID_AND_ATTRIBUTES)((PUCHAR)all->Privileges + by);
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
    case TokenGroupsAndPrivileges:
        move_all((PTOKEN_GROUPS_AND_PRIVILEGES)block, by);
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
    static const ULONG64 numbers =
        1u << TokenType | 1u << TokenElevationType | 1u << TokenElevation | 1u << TokenImpersonationLevel |
        1u << TokenSessionId | 1u << TokenSandBoxInert | 1u << TokenHasRestrictions |
        1u << TokenVirtualizationAllowed | 1u << TokenVirtualizationEnabled | 1u << TokenUIAccess |
        1u << TokenMandatoryPolicy | 1u << TokenIsAppContainer | UINT64_C(1) << TokenAppContainerNumber;
    return class < 64 && numbers >> class & 1;
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
 * *TokenInformation: a block from pool for ExFreePool, except for TokenSessionId and TokenIntegrityLevel,
 * which are numbers of 32 bits written into *TokenInformation itself. STATUS_INVALID_INFO_CLASS. IRQL
 * PASSIVE_LEVEL. (WDK: SeQueryInformationToken)
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
    if ((ULONG)TokenInformationClass == TokenIntegrityLevel) {
        *(PULONG)TokenInformation = ((SID *)token->Integrity)->SubAuthority[0];
        return STATUS_SUCCESS;
    }
    return answer(&r, token, (ULONG)TokenInformationClass, TokenInformation);
}
