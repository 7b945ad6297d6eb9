/*
 * Tokens: whose they are and what these users may do. The groups and privileges are those of Windows 10's
 * local accounts.
 */
#include "sep.h"

#include <ntio/ntio.h>

#include <stdio.h>

struct sep_tokens {
    struct sep_tokens *next;
    struct sep_token *token;
};

POBJECT_TYPE *SeTokenObjectType;

static void must(NTSTATUS status, const char *what)
{
    if (NT_SUCCESS(status))
        return;
    char text[128];
    int length =
        snprintf(text, sizeof text, "ntio: cannot start: %s failed with 0x%08X\n", what, (unsigned)status);
    host_log(text, (size_t)length);
    host_abort();
}

/* --- users --- */

struct member {
    enum sep_sid_index sid;
    ULONG attributes;
};

struct user {
    enum sep_sid_index user, owner, group, integrity;
    LUID session;
    struct member groups[12]; /* attributes 0 ends them */
    ULONG64 privileges, enabled;
    bool restricted;
    enum sep_sid_index dacl[5];
    ACCESS_MASK masks[5];
};

#define ON         (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)
#define OWNER      (ON | SE_GROUP_OWNER)
#define LOGON      (ON | SE_GROUP_LOGON_ID)
#define P(name)    (UINT64_C(1) << SE_##name##_PRIVILEGE)
#define EVERYBODYS (P(SHUTDOWN) | P(CHANGE_NOTIFY) | P(UNDOCK) | P(INC_WORKING_SET) | P(TIME_ZONE))
#define ADMINISTRATORS                                                                                       \
    (EVERYBODYS | P(INCREASE_QUOTA) | P(SECURITY) | P(TAKE_OWNERSHIP) | P(LOAD_DRIVER) | P(SYSTEM_PROFILE) | \
     P(SYSTEMTIME) | P(PROF_SINGLE_PROCESS) | P(INC_BASE_PRIORITY) | P(CREATE_PAGEFILE) | P(BACKUP) |        \
     P(RESTORE) | P(DEBUG) | P(SYSTEM_ENVIRONMENT) | P(REMOTE_SHUTDOWN) | P(MANAGE_VOLUME) |                 \
     P(IMPERSONATE) | P(CREATE_GLOBAL) | P(CREATE_SYMBOLIC_LINK) | P(DELEGATE_SESSION_USER_IMPERSONATE))
#define SYSTEMS                                                                                              \
    (ADMINISTRATORS | P(CREATE_TOKEN) | P(ASSIGNPRIMARYTOKEN) | P(LOCK_MEMORY) | P(TCB) |                    \
     P(CREATE_PERMANENT) | P(AUDIT) | P(RELABEL))
#define GENERIC_RX (GENERIC_READ | GENERIC_EXECUTE)

static const struct user users[] = {
    [SEP_ADMINISTRATOR] = {SEP_LocalAdministrator,
                           SEP_AliasAdmins,
                           SEP_NoneGroup,
                           SEP_HighMandatory,
                           {0x3E8, 0},
                           {{SEP_NoneGroup, ON},
                            {SEP_World, ON},
                            {SEP_AliasAdmins, OWNER},
                            {SEP_AliasUsers, ON},
                            {SEP_Interactive, ON},
                            {SEP_AuthenticatedUsers, ON},
                            {SEP_LogonSession, LOGON},
                            {SEP_Local, ON}},
                           ADMINISTRATORS,
                           P(CHANGE_NOTIFY) | P(IMPERSONATE) | P(CREATE_GLOBAL),
                           false,
                           {SEP_AliasAdmins, SEP_LocalSystem, SEP_LogonSession, SEP_SID_COUNT},
                           {GENERIC_ALL, GENERIC_ALL, GENERIC_RX}},
    [SEP_USER] = {SEP_PlainUser,
                  SEP_PlainUser,
                  SEP_NoneGroup,
                  SEP_MediumMandatory,
                  {0x3E9, 0},
                  {{SEP_NoneGroup, ON},
                   {SEP_World, ON},
                   {SEP_AliasUsers, ON},
                   {SEP_Interactive, ON},
                   {SEP_AuthenticatedUsers, ON},
                   {SEP_LogonSession, LOGON},
                   {SEP_Local, ON}},
                  EVERYBODYS,
                  P(CHANGE_NOTIFY),
                  false,
                  {SEP_PlainUser, SEP_LocalSystem, SEP_LogonSession, SEP_SID_COUNT},
                  {GENERIC_ALL, GENERIC_ALL, GENERIC_RX}},
    /* What Run As makes of an administrator who does not trust the program. */
    [SEP_RESTRICTED] = {SEP_LocalAdministrator,
                        SEP_LocalAdministrator,
                        SEP_NoneGroup,
                        SEP_MediumMandatory,
                        {0x3E8, 0},
                        {{SEP_NoneGroup, ON},
                         {SEP_World, ON},
                         {SEP_AliasAdmins, SE_GROUP_USE_FOR_DENY_ONLY},
                         {SEP_AliasUsers, ON},
                         {SEP_Interactive, ON},
                         {SEP_AuthenticatedUsers, ON},
                         {SEP_LogonSession, LOGON},
                         {SEP_Local, ON}},
                        P(CHANGE_NOTIFY),
                        P(CHANGE_NOTIFY),
                        true,
                        {SEP_LocalAdministrator, SEP_LocalSystem, SEP_LogonSession, SEP_Restricted,
                         SEP_SID_COUNT},
                        {GENERIC_ALL, GENERIC_ALL, GENERIC_RX, GENERIC_ALL}},
    [SEP_SYSTEM] =
        {SEP_LocalSystem,
         SEP_AliasAdmins,
         SEP_LocalSystem,
         SEP_SystemMandatory,
         {0x3E7, 0},
         {{SEP_AliasAdmins, OWNER & ~SE_GROUP_MANDATORY}, {SEP_World, ON}, {SEP_AuthenticatedUsers, ON}},
         SYSTEMS,
         SYSTEMS & ~(P(CREATE_TOKEN) | P(ASSIGNPRIMARYTOKEN) | P(INCREASE_QUOTA) | P(SECURITY) |
                     P(TAKE_OWNERSHIP) | P(LOAD_DRIVER) | P(SYSTEMTIME) | P(BACKUP) | P(RESTORE) |
                     P(SHUTDOWN) | P(SYSTEM_ENVIRONMENT) | P(UNDOCK) | P(MANAGE_VOLUME) | P(REMOTE_SHUTDOWN)),
         false,
         {SEP_LocalSystem, SEP_AliasAdmins, SEP_SID_COUNT},
         {GENERIC_ALL, GENERIC_RX | READ_CONTROL}},
};

static const enum sep_sid_index restricting[] = {SEP_Restricted, SEP_LogonSession};

/* --- tokens --- */

LUID SepNewLuid(void)
{
    return (LUID){(ULONG)atomic_fetch_add(&SEP->next_luid, 1), 0};
}

void SepTokenChanged(struct sep_token *token)
{
    atomic_store(&token->Modified, (LONG)SepNewLuid().LowPart);
}

NTSTATUS SepCreateTokenObject(struct sep_token **token)
{
    NTSTATUS status = ObCreateObject(KernelMode, SEP->token_type, NULL, KernelMode, NULL, sizeof **token, 0,
                                     0, (PVOID *)token);
    if (NT_SUCCESS(status))
        status = ObInsertObject(*token, NULL, 0, 0, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    ob_own(*token);
    return STATUS_SUCCESS;
}

NTSTATUS SepCreateToken(enum sep_user who, struct sep_token **result)
{
    const struct user *user = &users[who];
    struct sep_token *token;
    NTSTATUS status = SepCreateTokenObject(&token);
    if (!NT_SUCCESS(status))
        return status;
    token->TokenId = SepNewLuid();
    SepTokenChanged(token);
    token->AuthenticationId = user->session;
    token->SessionId = who == SEP_SYSTEM ? 0 : 1;
    token->Type = TokenPrimary;
    token->Group[token->Groups++] = (SID_AND_ATTRIBUTES){sep_sid(user->user), 0};
    for (const struct member *m = user->groups; m->attributes; m++)
        token->Group[token->Groups++] = (SID_AND_ATTRIBUTES){sep_sid(m->sid), m->attributes};
    for (size_t i = 0; user->restricted && i < sizeof restricting / sizeof restricting[0]; i++)
        token->RestrictedSid[token->RestrictedSids++] = (SID_AND_ATTRIBUTES){sep_sid(restricting[i]), ON};
    atomic_init(&token->Owner, sep_sid(user->owner));
    atomic_init(&token->PrimaryGroup, sep_sid(user->group));
    token->Integrity = sep_sid(user->integrity);
    atomic_init(&token->Privileges, user->privileges);
    token->DefaultPrivileges = user->enabled;
    atomic_init(&token->EnabledPrivileges, user->enabled);
    token->DefaultDacl = user->dacl;
    token->DefaultMasks = user->masks;
    *result = token;
    return STATUS_SUCCESS;
}

NTSTATUS SepDefaultDacl(struct sep_token *token, PACL *acl)
{
    PACL own = atomic_load(&token->OwnDacl);
    ULONG size = sizeof(ACL);
    *acl = NULL;
    if (own && !own->AclRevision)
        return STATUS_SUCCESS;
    for (const enum sep_sid_index *sid = token->DefaultDacl; !own && *sid != SEP_SID_COUNT; sid++)
        size += (ULONG)FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + rtl_sid_length(sep_sid(*sid));
    if (own)
        size = own->AclSize;
    if (!(*acl = malloc(size)))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (own) {
        memcpy(*acl, own, size);
        return STATUS_SUCCESS;
    }
    RtlCreateAcl(*acl, size, ACL_REVISION);
    for (int i = 0; token->DefaultDacl[i] != SEP_SID_COUNT; i++)
        RtlAddAccessAllowedAce(*acl, ACL_REVISION, token->DefaultMasks[i], sep_sid(token->DefaultDacl[i]));
    return STATUS_SUCCESS;
}

bool SepTokenHas(const struct sep_token *token, PSID sid, bool to_deny)
{
    for (ULONG i = 0; i < token->Groups; i++)
        if (rtl_same_sid(token->Group[i].Sid, sid)) {
            ULONG attributes = token->Group[i].Attributes;
            if (attributes & SE_GROUP_USE_FOR_DENY_ONLY)
                return to_deny;
            return i == 0 || attributes & SE_GROUP_ENABLED;
        }
    return false;
}

bool SepRestrictedHas(const struct sep_token *token, PSID sid)
{
    for (ULONG i = 0; i < token->RestrictedSids; i++)
        if (rtl_same_sid(token->RestrictedSid[i].Sid, sid))
            return true;
    return false;
}

/* --- processes' tokens --- */

PVOID SepProcessToken(PEPROCESS process)
{
    return __atomic_load_n(&process->Token, __ATOMIC_ACQUIRE);
}

/* The process gets the token (and the caller's reference to it); the one it had lives on until the machine
 * stops. */
static NTSTATUS give(PEPROCESS process, struct sep_token *token)
{
    struct sep_tokens *entry = malloc(sizeof *entry);
    if (!entry) {
        ObpDereferenceObject(token);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    entry->token = token;
    ObpReferenceObject(token); /* the list's */
    sep_lock();
    entry->next = SEP->tokens;
    SEP->tokens = entry;
    sep_unlock();
    PVOID old = __atomic_exchange_n(&process->Token, token, __ATOMIC_ACQ_REL);
    if (old)
        ObpDereferenceObject(old);
    return STATUS_SUCCESS;
}

void SepRetire(PVOID token)
{
    struct sep_tokens *entry = malloc(sizeof *entry);
    if (!entry)
        return; /* it stays for ever */
    entry->token = token;
    sep_lock();
    entry->next = SEP->tokens;
    SEP->tokens = entry;
    sep_unlock();
}

static NTSTATUS give_token(PEPROCESS process, enum sep_user who)
{
    struct sep_token *token;
    NTSTATUS status = SepCreateToken(who, &token);
    return NT_SUCCESS(status) ? give(process, token) : status;
}

static const enum sep_user known_users[] = {
    [NTIO_USER_ADMINISTRATOR] = SEP_ADMINISTRATOR,
    [NTIO_USER_USER] = SEP_USER,
    [NTIO_USER_RESTRICTED] = SEP_RESTRICTED,
    [NTIO_USER_SYSTEM] = SEP_SYSTEM,
};

NTSTATUS SeGiveToken(PEPROCESS process, PEPROCESS parent, ULONG user)
{
    if (!parent)
        return user < sizeof known_users / sizeof known_users[0] ? give_token(process, known_users[user])
                                                                 : STATUS_INVALID_PARAMETER;
    struct sep_token *copy =
        SepDuplicateToken(SepProcessToken(parent), TokenPrimary, SecurityAnonymous, false);
    return copy ? give(process, copy) : STATUS_INSUFFICIENT_RESOURCES;
}

NTIO_API int32_t ntio_set_client_user(ntio_user user)
{
    return SEP ? SeGiveToken(ps_client_process(), NULL, (ULONG)user) : STATUS_UNSUCCESSFUL;
}

/* --- start and stop --- */

void se_start(void)
{
    struct sep_state *se = ntio_machine.se = calloc(1, sizeof *se);
    if (!se)
        must(STATUS_NO_MEMORY, "allocating");
    atomic_store(&se->next_luid, 1000); /* below stand the well-known ones */
    static const OB_TYPE_INITIALIZER info = {
        .Name = L"Token",
        .GenericMapping = {TOKEN_READ, TOKEN_WRITE, TOKEN_EXECUTE, TOKEN_ALL_ACCESS},
        .ValidAccessMask = TOKEN_ALL_ACCESS,
        .UseDefaultObject = TRUE,
        .DefaultObjectOffset = -1,
        .OwnSecurity = TRUE,
        .DeleteProcedure = SepDeleteToken,
    };
    must(ObCreateObjectType(&info, &se->token_type), "creating the type Token");
    SeTokenObjectType = ObTypePointer(se->token_type);
    must(give_token(ps_system_process(), SEP_SYSTEM), "creating a token");
    must(give_token(ps_client_process(), SEP_ADMINISTRATOR), "creating a token");
    sep_start_objects();
}

/* The processes keep their last tokens, and outlive this. */
void se_stop(void)
{
    struct sep_state *se = SEP;
    if (!se)
        return;
    bool crashed = gate_watched() & WATCH_CRASHED;
    sep_stop_objects();
    while (se->tokens) {
        struct sep_tokens *entry = se->tokens;
        se->tokens = entry->next;
        if (!crashed)
            ObpDereferenceObject(entry->token);
        free(entry);
    }
    free(se);
    ntio_machine.se = NULL;
    SeTokenObjectType = NULL;
}
