/*
 * Who acts: subject contexts, impersonation, access states.
 */
#include "sep.h"

/* --- subject contexts --- */

static PETHREAD impersonating(void)
{
    PETHREAD thread = PspCurrentThread();
    return thread->ImpersonationToken && !thread->AttachedProcess ? thread : NULL;
}

/*
 * The token of the current process (the one the thread is attached to), and the client's if the thread
 * impersonates one. IRQL PASSIVE_LEVEL. (WDK: SeCaptureSubjectContext)
 */
VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    GATE(SeCaptureSubjectContext, SubjectContext);
    PEPROCESS process = PspCurrentProcess();
    PETHREAD thread = impersonating();
    memset(SubjectContext, 0, sizeof *SubjectContext);
    SubjectContext->PrimaryToken = SepProcessToken(process);
    SubjectContext->ProcessAuditId = process->UniqueProcessId;
    if (SubjectContext->PrimaryToken)
        ObpReferenceObject(SubjectContext->PrimaryToken);
    if (thread) {
        SubjectContext->ClientToken = thread->ImpersonationToken;
        SubjectContext->ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)thread->ImpersonationLevel;
        ObpReferenceObject(SubjectContext->ClientToken);
    }
}

VOID NTAPI SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    GATE(SeReleaseSubjectContext, SubjectContext);
    if (SubjectContext->PrimaryToken)
        ObpDereferenceObject(SubjectContext->PrimaryToken);
    if (SubjectContext->ClientToken)
        ObpDereferenceObject(SubjectContext->ClientToken);
    SubjectContext->PrimaryToken = SubjectContext->ClientToken = NULL;
}

/* Groups do not change in a token, and which privileges are enabled is one word: there is nothing to lock. */
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

/* The token that the thread impersonates, referenced, or NULL. Only the current thread's is safe to ask for.
 * (WDK: PsReferenceImpersonationToken) */
PACCESS_TOKEN NTAPI PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen,
                                                  PBOOLEAN EffectiveOnly,
                                                  PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    GATE(PsReferenceImpersonationToken, Thread, CopyOnOpen, EffectiveOnly, ImpersonationLevel);
    PVOID token = Thread->ImpersonationToken;
    if (!token)
        return NULL;
    *CopyOnOpen = FALSE;
    *EffectiveOnly = FALSE;
    *ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)Thread->ImpersonationLevel;
    ObpReferenceObject(token);
    return token;
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

/* --- impersonation --- */

static void set_impersonation(PETHREAD thread, struct sep_token *token, SECURITY_IMPERSONATION_LEVEL level)
{
    PVOID old = thread->ImpersonationToken;
    if (token)
        ObpReferenceObject(token);
    thread->ImpersonationToken = token;
    thread->ImpersonationLevel = level;
    if (old)
        ObpDereferenceObject(old);
}

/* The current thread acts as the token's user until PsRevertToSelf; without a token it reverts. (WDK:
 * PsImpersonateClient) */
NTSTATUS NTAPI PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen,
                                   BOOLEAN EffectiveOnly, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    GATE(PsImpersonateClient, Thread, Token, CopyOnOpen, ImpersonationLevel);
    (void)CopyOnOpen, (void)EffectiveOnly;
    set_impersonation(Thread, Token, ImpersonationLevel);
    return STATUS_SUCCESS;
}

VOID NTAPI PsRevertToSelf(VOID)
{
    GATE(PsRevertToSelf);
    set_impersonation(PspCurrentThread(), NULL, SecurityAnonymous);
}

/*
 * Who the client thread acts as, for impersonating it later (SeImpersonateClientEx) until
 * SeDeleteClientSecurity. STATUS_BAD_IMPERSONATION_LEVEL when the client itself impersonates less than was
 * asked for. IRQL PASSIVE_LEVEL. (WDK: SeCreateClientSecurity)
 */
NTSTATUS NTAPI SeCreateClientSecurity(PETHREAD ClientThread, PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                      BOOLEAN RemoteSession, PSECURITY_CLIENT_CONTEXT ClientContext)
{
    GATE(SeCreateClientSecurity, ClientThread, ClientSecurityQos, RemoteSession, ClientContext);
    struct sep_token *token = ClientThread->ImpersonationToken, *source;
    SECURITY_IMPERSONATION_LEVEL level = ClientSecurityQos->ImpersonationLevel;
    memset(ClientContext, 0, sizeof *ClientContext);
    if (token && (ULONG)level > ClientThread->ImpersonationLevel)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    source = token ? token : SepProcessToken(ClientThread->Process);
    if (ClientSecurityQos->ContextTrackingMode == SECURITY_DYNAMIC_TRACKING && !token)
        ObpReferenceObject(token = source);
    else if (!(token = SepDuplicateToken(source, TokenImpersonation, level)))
        return STATUS_INSUFFICIENT_RESOURCES;
    ClientContext->SecurityQos = *ClientSecurityQos;
    ClientContext->ClientToken = token;
    ClientContext->DirectlyAccessClientToken = token == source;
    ClientContext->DirectAccessEffectiveOnly = ClientSecurityQos->EffectiveOnly;
    ClientContext->ServerIsRemote = RemoteSession;
    ClientContext->ClientTokenControl.TokenId = token->TokenId;
    ClientContext->ClientTokenControl.AuthenticationId = token->AuthenticationId;
    ClientContext->ClientTokenControl.ModifiedId = token->ModifiedId;
    return STATUS_SUCCESS;
}

/* The server thread (NULL: the current one) acts as that client. (WDK: SeImpersonateClientEx) */
NTSTATUS NTAPI SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread)
{
    GATE(SeImpersonateClientEx, ClientContext, ServerThread);
    return PsImpersonateClient(ServerThread ? ServerThread : PspCurrentThread(), ClientContext->ClientToken,
                               TRUE, ClientContext->DirectAccessEffectiveOnly,
                               ClientContext->SecurityQos.ImpersonationLevel);
}

/* The same for drivers of older kernels, which do not learn whether it succeeded. (WDK: SeImpersonateClient)
 */
VOID NTAPI SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread)
{
    GATE(SeImpersonateClient, ClientContext, ServerThread);
    (VOID) SeImpersonateClientEx(ClientContext, ServerThread);
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
    if (sep_has_privilege(sep_effective(&state->SubjectSecurityContext), SE_CHANGE_NOTIFY_PRIVILEGE))
        state->Flags = TOKEN_HAS_TRAVERSE_PRIVILEGE;
    return STATUS_SUCCESS;
}

VOID SeDeleteAccessState(PACCESS_STATE state)
{
    SeReleaseSubjectContext(&state->SubjectSecurityContext);
}
