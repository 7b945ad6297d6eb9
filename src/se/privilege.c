/*
 * Privileges.
 */
#include "sep.h"

/* Whether the caller holds the privilege, enabled; a caller in kernel mode always does. IRQL PASSIVE_LEVEL.
 * (WDK: SeSinglePrivilegeCheck) */
BOOLEAN NTAPI SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode)
{
    GATE(SeSinglePrivilegeCheck, PrivilegeValue.LowPart, PreviousMode);
    if (PreviousMode == KernelMode)
        return TRUE;
    SECURITY_SUBJECT_CONTEXT subject;
    SeCaptureSubjectContext(&subject);
    BOOLEAN low = subject.ClientToken && subject.ImpersonationLevel < SecurityImpersonation;
    BOOLEAN held = !low && PrivilegeValue.HighPart == 0 &&
                   PrivilegeValue.LowPart <= SE_MAX_WELL_KNOWN_PRIVILEGE &&
                   sep_has_privilege(sep_effective(&subject), PrivilegeValue.LowPart);
    SeReleaseSubjectContext(&subject);
    return held;
}

/*
 * All of the privileges, or any one when the set does not say PRIVILEGE_SET_ALL_NECESSARY; those found are
 * marked as used. A client impersonated below SecurityImpersonation holds none. IRQL PASSIVE_LEVEL. (WDK:
 * SePrivilegeCheck)
 */
BOOLEAN NTAPI SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges,
                               PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, KPROCESSOR_MODE AccessMode)
{
    GATE(SePrivilegeCheck, RequiredPrivileges, SubjectSecurityContext, AccessMode);
    struct sep_token *token = sep_effective(SubjectSecurityContext);
    if (AccessMode == KernelMode)
        return TRUE;
    if (SubjectSecurityContext->ClientToken &&
        SubjectSecurityContext->ImpersonationLevel < SecurityImpersonation)
        return FALSE;
    ULONG found = 0;
    for (ULONG i = 0; i < RequiredPrivileges->PrivilegeCount; i++) {
        LUID luid = RequiredPrivileges->Privilege[i].Luid;
        if (luid.HighPart || luid.LowPart > SE_MAX_WELL_KNOWN_PRIVILEGE ||
            !sep_has_privilege(token, luid.LowPart))
            continue;
        RequiredPrivileges->Privilege[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
        found++;
    }
    return RequiredPrivileges->Control & PRIVILEGE_SET_ALL_NECESSARY
               ? found == RequiredPrivileges->PrivilegeCount
               : found != 0;
}

/* Adds the set to the access state's own. (WDK: SeAppendPrivileges) STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS NTAPI SeAppendPrivileges(PACCESS_STATE AccessState, PPRIVILEGE_SET Privileges)
{
    GATE(SeAppendPrivileges, AccessState, Privileges);
    PPRIVILEGE_SET own = &AccessState->Privileges.PrivilegeSet;
    if (own->PrivilegeCount + Privileges->PrivilegeCount > INITIAL_PRIVILEGE_COUNT)
        return STATUS_INSUFFICIENT_RESOURCES; /* only two privileges are ever used for access */
    for (ULONG i = 0; i < Privileges->PrivilegeCount; i++)
        AccessState->Privileges.InitialPrivilegeSet.Privilege[own->PrivilegeCount++] =
            Privileges->Privilege[i];
    return STATUS_SUCCESS;
}

/* Frees what SeAccessCheck gave. (WDK: SeFreePrivileges) */
VOID NTAPI SeFreePrivileges(PPRIVILEGE_SET Privileges)
{
    GATE(SeFreePrivileges, Privileges);
    MmFreePoolFor(__builtin_return_address(0), Privileges, 0);
}
