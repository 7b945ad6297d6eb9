/*
 * Impersonation: whom a thread acts as. The thread itself looks at its token without a lock; who changes
 * another thread's leaves the old token alive, and who looks at another's does it under the lock.
 */
#include "sep.h"

/* --- tokens of processes and threads --- */

/* The process's token, referenced. (WDK: PsReferencePrimaryToken) */
PACCESS_TOKEN NTAPI PsReferencePrimaryToken(PEPROCESS Process)
{
    GATE(PsReferencePrimaryToken, Process);
    PVOID token = SepProcessToken(Process);
    ObpReferenceObject(token);
    return token;
}

VOID NTAPI PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken)
{
    GATE(PsDereferencePrimaryToken, PrimaryToken);
    ObpDereferenceObject(PrimaryToken);
}

struct sep_token *SepReferenceClient(PETHREAD thread, PBOOLEAN copy_on_open, PBOOLEAN effective_only,
                                     SECURITY_IMPERSONATION_LEVEL *level)
{
    if (!thread->ImpersonationToken)
        return NULL;
    sep_lock();
    struct sep_token *token = thread->ImpersonationToken;
    if (token) {
        *copy_on_open = thread->CopyOnOpen;
        *effective_only = thread->EffectiveOnly;
        *level = (SECURITY_IMPERSONATION_LEVEL)thread->ImpersonationLevel;
        ObpReferenceObject(token);
    }
    sep_unlock();
    return token;
}

/* The client's token when the thread impersonates one, referenced; else NULL. (WDK:
 * PsReferenceImpersonationToken) */
PACCESS_TOKEN NTAPI PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen,
                                                  PBOOLEAN EffectiveOnly,
                                                  PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    GATE(PsReferenceImpersonationToken, Thread, CopyOnOpen, EffectiveOnly, ImpersonationLevel);
    return SepReferenceClient(Thread, CopyOnOpen, EffectiveOnly, ImpersonationLevel);
}

VOID NTAPI PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken)
{
    GATE(PsDereferenceImpersonationToken, ImpersonationToken);
    if (ImpersonationToken)
        ObpDereferenceObject(ImpersonationToken);
}

BOOLEAN NTAPI PsIsThreadImpersonating(PETHREAD Thread)
{
    GATE(PsIsThreadImpersonating, Thread);
    return Thread->ImpersonationToken != NULL;
}

/* --- acting as somebody --- */

/* Takes the caller's reference to the token over. */
static void act_as(PETHREAD thread, struct sep_token *token, BOOLEAN copies, BOOLEAN effective_only,
                   SECURITY_IMPERSONATION_LEVEL level)
{
    sep_lock();
    PVOID old = thread->ImpersonationToken;
    thread->ImpersonationToken = token;
    thread->ImpersonationLevel = level;
    thread->ActsIn = thread == PspCurrentThread() ? thread->AttachedProcess : NULL;
    thread->CopyOnOpen = copies;
    thread->EffectiveOnly = effective_only;
    sep_unlock();
    if (old && thread == PspCurrentThread())
        ObpDereferenceObject(old);
    else if (old)
        SepRetire(old);
}

void SepPauseClient(struct sep_client *was)
{
    PETHREAD thread = PspCurrentThread();
    was->token = SepReferenceClient(thread, &was->copies, &was->effective_only, &was->level);
    if (was->token)
        act_as(thread, NULL, FALSE, FALSE, SecurityAnonymous);
}

void SepResumeClient(struct sep_client *was)
{
    if (was->token)
        act_as(PspCurrentThread(), was->token, was->copies, was->effective_only, was->level);
}

/*
 * Whether the process may act as that user: everybody at a level that only identifies, who has the privilege,
 * and who has the same user, not restricted less and not trusted more. (Win32: ImpersonateLoggedOnUser,
 * remarks)
 */
static bool may_act_as(struct sep_token *server, struct sep_token *client, SECURITY_IMPERSONATION_LEVEL level)
{
    static const LUID anonymous = {0x3E6, 0};
    if (level < SecurityImpersonation || sep_has_privilege(server, SE_IMPERSONATE_PRIVILEGE) ||
        RtlEqualLuid(&client->AuthenticationId, &anonymous))
        return true;
    return rtl_same_sid(client->Group[0].Sid, server->Group[0].Sid) &&
           (!server->RestrictedSids || client->RestrictedSids) &&
           ((SID *)client->Integrity)->SubAuthority[0] <= ((SID *)server->Integrity)->SubAuthority[0];
}

/*
 * The thread acts as the token's user until PsRevertToSelf; without a token it reverts. A process that may
 * not do that acts as him at SecurityIdentification. STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL. (WDK:
 * PsImpersonateClient)
 */
NTSTATUS NTAPI PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen,
                                   BOOLEAN EffectiveOnly, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    GATE(PsImpersonateClient, Thread, Token, CopyOnOpen, ImpersonationLevel);
    struct sep_token *token = Token;
    if (!token) {
        act_as(Thread, NULL, FALSE, FALSE, SecurityAnonymous);
        return STATUS_SUCCESS;
    }
    /* A thread that runs the system's own code is the system's. */
    PEPROCESS server =
        Thread->AttachedProcess == ps_system_process() ? Thread->AttachedProcess : Thread->Process;
    if (may_act_as(SepProcessToken(server), token, ImpersonationLevel)) {
        ObpReferenceObject(token);
    } else {
        ImpersonationLevel = SecurityIdentification;
        token = SepDuplicateToken(token, TokenImpersonation, ImpersonationLevel, EffectiveOnly);
        if (!token)
            return STATUS_INSUFFICIENT_RESOURCES;
    }
    act_as(Thread, token, CopyOnOpen, EffectiveOnly, ImpersonationLevel);
    return STATUS_SUCCESS;
}

VOID NTAPI PsRevertToSelf(VOID)
{
    GATE(PsRevertToSelf);
    act_as(PspCurrentThread(), NULL, FALSE, FALSE, SecurityAnonymous);
}

VOID NTAPI PsRevertThreadToSelf(PETHREAD Thread)
{
    GATE(PsRevertThreadToSelf, Thread);
    act_as(Thread, NULL, FALSE, FALSE, SecurityAnonymous);
}

/* NtSetInformationThread's: STATUS_BAD_TOKEN_TYPE for a primary token; no handle reverts. */
NTSTATUS SeSetThreadToken(PETHREAD thread, HANDLE handle, KPROCESSOR_MODE mode)
{
    struct sep_token *token;
    if (!handle)
        return PsImpersonateClient(thread, NULL, FALSE, FALSE, SecurityAnonymous);
    NTSTATUS status =
        ObReferenceObjectByHandle(handle, TOKEN_IMPERSONATE, SEP->token_type, mode, (PVOID *)&token, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (token->Type != TokenImpersonation)
        status = STATUS_BAD_TOKEN_TYPE;
    else
        status = PsImpersonateClient(thread, token, FALSE, FALSE, token->Level);
    ObpDereferenceObject(token);
    return status;
}

/* --- client contexts --- */

static NTSTATUS client_context(struct sep_token *token, BOOLEAN impersonates,
                               SECURITY_IMPERSONATION_LEVEL its, BOOLEAN effective_only,
                               PSECURITY_QUALITY_OF_SERVICE qos, BOOLEAN remote,
                               PSECURITY_CLIENT_CONTEXT context)
{
    SECURITY_IMPERSONATION_LEVEL level = qos->ImpersonationLevel;
    if ((ULONG)level > SecurityDelegation)
        return STATUS_INVALID_PARAMETER;
    if (impersonates && (level > its || its < SecurityImpersonation || (remote && its != SecurityDelegation)))
        return STATUS_BAD_IMPERSONATION_LEVEL;
    memset(context, 0, sizeof *context);
    context->SecurityQos = *qos;
    context->ServerIsRemote = remote;
    context->DirectlyAccessClientToken = qos->ContextTrackingMode == SECURITY_DYNAMIC_TRACKING;
    if (context->DirectlyAccessClientToken) {
        context->DirectAccessEffectiveOnly = effective_only || qos->EffectiveOnly;
        ObpReferenceObject(token);
    } else if (!(token = SepDuplicateToken(token, TokenImpersonation, level, effective_only))) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    context->ClientToken = token;
    context->ClientTokenControl.TokenId = token->TokenId;
    context->ClientTokenControl.AuthenticationId = token->AuthenticationId;
    context->ClientTokenControl.ModifiedId = sep_modified(token);
    return STATUS_SUCCESS;
}

/*
 * Who the client thread acts as, for impersonating it later (SeImpersonateClientEx) until
 * SeDeleteClientSecurity. STATUS_BAD_IMPERSONATION_LEVEL when the client itself impersonates somebody and
 * that cannot be passed on: at less than SecurityImpersonation, less than is asked for, or to a remote server
 * without SecurityDelegation. IRQL PASSIVE_LEVEL. (WDK: SeCreateClientSecurity)
 */
NTSTATUS NTAPI SeCreateClientSecurity(PETHREAD ClientThread, PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                      BOOLEAN RemoteSession, PSECURITY_CLIENT_CONTEXT ClientContext)
{
    GATE(SeCreateClientSecurity, ClientThread, ClientSecurityQos, RemoteSession, ClientContext);
    BOOLEAN copies, effective_only = FALSE;
    SECURITY_IMPERSONATION_LEVEL level = SecurityAnonymous;
    struct sep_token *client = SepReferenceClient(ClientThread, &copies, &effective_only, &level);
    NTSTATUS status = client_context(client ? client : SepProcessToken(ClientThread->Process), client != NULL,
                                     level, effective_only, ClientSecurityQos, RemoteSession, ClientContext);
    if (client)
        ObpDereferenceObject(client);
    return status;
}

/* The same for a subject context that was captured. (WDK: SeCreateClientSecurityFromSubjectContext) */
NTSTATUS NTAPI SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                        PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                                        BOOLEAN ServerIsRemote,
                                                        PSECURITY_CLIENT_CONTEXT ClientContext)
{
    GATE(SeCreateClientSecurityFromSubjectContext, SubjectContext, ClientSecurityQos, ServerIsRemote,
         ClientContext);
    return client_context(sep_effective(SubjectContext), SubjectContext->ClientToken != NULL,
                          SubjectContext->ImpersonationLevel, FALSE, ClientSecurityQos, ServerIsRemote,
                          ClientContext);
}

static NTSTATUS impersonate(PSECURITY_CLIENT_CONTEXT context, PETHREAD thread)
{
    BOOLEAN effective_only = context->DirectlyAccessClientToken ? context->DirectAccessEffectiveOnly
                                                                : context->SecurityQos.EffectiveOnly;
    return PsImpersonateClient(thread ? thread : PspCurrentThread(), context->ClientToken, TRUE,
                               effective_only, context->SecurityQos.ImpersonationLevel);
}

/* The server thread (NULL: the current one) acts as that client. (WDK: SeImpersonateClientEx) */
NTSTATUS NTAPI SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread)
{
    GATE(SeImpersonateClientEx, ClientContext, ServerThread);
    return impersonate(ClientContext, ServerThread);
}

/* The old one, which does not tell whether it could. (WDK: SeImpersonateClient) */
VOID NTAPI SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread)
{
    GATE(SeImpersonateClient, ClientContext, ServerThread);
    (void)impersonate(ClientContext, ServerThread);
}
