/*
 * Tokens, subjects and access states.
 */
#include "se.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sep_state {
    POBJECT_TYPE token_type;
    _Atomic LONG next_luid;
};
#define SEP (ntio_machine.se)

struct sep_token { /* the body of a Token object */
    LUID TokenId;
    BOOLEAN Administrator; /* has every privilege there is */
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

static struct sep_token *create_token(BOOLEAN administrator)
{
    struct sep_token *token;
    must(ObCreateObject(KernelMode, SEP->token_type, NULL, KernelMode, NULL, sizeof *token, 0, 0,
                        (PVOID *)&token),
         "creating a token");
    must(ObInsertObject(token, NULL, 0, 0, NULL, NULL), "creating a token");
    ob_own(token);
    token->TokenId.LowPart = (ULONG)atomic_fetch_add(&SEP->next_luid, 1);
    token->Administrator = administrator;
    return token;
}

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
    };
    must(ObCreateObjectType(&info, &se->token_type), "creating the type Token");
    SeTokenObjectType = ObTypePointer(se->token_type);
    ps_system_process()->Token = create_token(TRUE);
    ps_client_process()->Token = create_token(TRUE);
}

/* The tokens are their processes', which outlive this. */
void se_stop(void)
{
    free(ntio_machine.se);
    ntio_machine.se = NULL;
    SeTokenObjectType = NULL;
}

/* --- subjects --- */

/* The token of the current thread's process. It stays good until released: processes keep their tokens.
 * PASSIVE_LEVEL. */
VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    GATE(SeCaptureSubjectContext, SubjectContext);
    PETHREAD thread = PspCurrentThread();
    memset(SubjectContext, 0, sizeof *SubjectContext);
    SubjectContext->PrimaryToken = thread->Process->Token;
    SubjectContext->ProcessAuditId = thread->Process->UniqueProcessId;
    if (SubjectContext->PrimaryToken)
        ObpReferenceObject(SubjectContext->PrimaryToken);
}

VOID NTAPI SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    GATE(SeReleaseSubjectContext, SubjectContext);
    if (SubjectContext->PrimaryToken)
        ObpDereferenceObject(SubjectContext->PrimaryToken);
    SubjectContext->PrimaryToken = NULL;
}

/* Tokens do not change here: there is nothing to lock. */
VOID NTAPI SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    GATE(SeLockSubjectContext, SubjectContext);
    (void)SubjectContext;
}

VOID NTAPI SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    GATE(SeUnlockSubjectContext, SubjectContext);
    (void)SubjectContext;
}

/* The process's token, referenced. */
PACCESS_TOKEN NTAPI PsReferencePrimaryToken(PEPROCESS Process)
{
    GATE(PsReferencePrimaryToken, Process);
    ObpReferenceObject(Process->Token);
    return Process->Token;
}

VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken)
{
    GATE(PsDereferencePrimaryToken, PrimaryToken);
    ObpDereferenceObject(PrimaryToken);
}

BOOLEAN NTAPI SeTokenIsAdmin(PACCESS_TOKEN Token)
{
    GATE(SeTokenIsAdmin, Token);
    return ((struct sep_token *)Token)->Administrator;
}

/* Whether the caller holds the privilege; a caller in kernel mode always does. PASSIVE_LEVEL. */
BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode)
{
    GATE(SeSinglePrivilegeCheck, PrivilegeValue.LowPart, PreviousMode);
    struct sep_token *token = PspCurrentThread()->Process->Token;
    return PreviousMode == KernelMode || (token && token->Administrator);
}

/* All of the privileges, or any one when the set does not say PRIVILEGE_SET_ALL_NECESSARY; those found are
 * marked as used. */
BOOLEAN NTAPI SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges,
                               PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, KPROCESSOR_MODE AccessMode)
{
    GATE(SePrivilegeCheck, RequiredPrivileges, SubjectSecurityContext, AccessMode);
    struct sep_token *token = SubjectSecurityContext->ClientToken ? SubjectSecurityContext->ClientToken
                                                                  : SubjectSecurityContext->PrimaryToken;
    if (AccessMode == KernelMode)
        return TRUE;
    if (!token || !token->Administrator)
        return FALSE;
    for (ULONG i = 0; i < RequiredPrivileges->PrivilegeCount; i++)
        RequiredPrivileges->Privilege[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
    return TRUE;
}

/* --- access states --- */

NTSTATUS SeCreateAccessState(PACCESS_STATE state, PAUX_ACCESS_DATA aux, ACCESS_MASK access,
                             PGENERIC_MAPPING mapping)
{
    memset(state, 0, sizeof *state);
    memset(aux, 0, sizeof *aux);
    SeCaptureSubjectContext(&state->SubjectSecurityContext);
    state->AuxData = aux;
    state->OriginalDesiredAccess = access;
    if (mapping) {
        aux->GenericMapping = *mapping;
        RtlMapGenericMask(&access, mapping);
    }
    state->RemainingDesiredAccess = access;
    return STATUS_SUCCESS;
}

VOID SeDeleteAccessState(PACCESS_STATE state)
{
    SeReleaseSubjectContext(&state->SubjectSecurityContext);
}
