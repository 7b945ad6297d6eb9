/*
 * Who acts: subject contexts, access states.
 */
#include "sep.h"

/* --- subject contexts --- */

static void capture(PETHREAD thread, PEPROCESS process, PSECURITY_SUBJECT_CONTEXT subject)
{
    BOOLEAN copies, effective_only;
    memset(subject, 0, sizeof *subject);
    subject->PrimaryToken = SepProcessToken(process);
    subject->ProcessAuditId = process->UniqueProcessId;
    if (subject->PrimaryToken)
        ObpReferenceObject(subject->PrimaryToken);
    if (thread)
        subject->ClientToken =
            SepReferenceClient(thread, &copies, &effective_only, &subject->ImpersonationLevel);
}

/*
 * The token of the current process (the one the thread is attached to), and the client's if the thread
 * impersonates one. IRQL PASSIVE_LEVEL. (WDK: SeCaptureSubjectContext)
 */
VOID NTAPI SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    GATE(SeCaptureSubjectContext, SubjectContext);
    PETHREAD thread = PspCurrentThread();
    capture(thread->AttachedProcess == thread->ActsIn ? thread : NULL, PspCurrentProcess(), SubjectContext);
}

/* Of any thread and process; without a thread nobody is impersonated. (WDK: SeCaptureSubjectContextEx) */
VOID NTAPI SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process,
                                     PSECURITY_SUBJECT_CONTEXT SubjectContext)
{
    GATE(SeCaptureSubjectContextEx, Thread, Process, SubjectContext);
    capture(Thread, Process, SubjectContext);
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
