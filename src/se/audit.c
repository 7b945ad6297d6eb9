/*
 * Auditing, which is off: what asks whether it is on is told so, and what would write a record writes none.
 */
#include "sep.h"

BOOLEAN NTAPI SeAuditingFileEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    GATE(SeAuditingFileEvents, AccessGranted, SecurityDescriptor);
    return FALSE;
}

BOOLEAN NTAPI SeAuditingFileOrGlobalEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                           PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext)
{
    GATE(SeAuditingFileOrGlobalEvents, AccessGranted, SecurityDescriptor, SubjectSecurityContext);
    return FALSE;
}

BOOLEAN NTAPI SeAuditingHardLinkEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    GATE(SeAuditingHardLinkEvents, AccessGranted, SecurityDescriptor);
    return FALSE;
}

VOID NTAPI SeAuditHardLinkCreation(PUNICODE_STRING FileName, PUNICODE_STRING LinkName, BOOLEAN bSuccess)
{
    GATE(SeAuditHardLinkCreation, FileName, LinkName, bSuccess);
}

/* Nothing is to be told when the handle is closed, either. */
VOID NTAPI SeOpenObjectAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object,
                                  PUNICODE_STRING AbsoluteObjectName, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                  PACCESS_STATE AccessState, BOOLEAN ObjectCreated, BOOLEAN AccessGranted,
                                  KPROCESSOR_MODE AccessMode, PBOOLEAN GenerateOnClose)
{
    (void)AbsoluteObjectName, (void)SecurityDescriptor, (void)ObjectCreated, (void)AccessMode;
    GATE(SeOpenObjectAuditAlarm, ObjectTypeName, Object, AccessState, AccessGranted);
    *GenerateOnClose = FALSE;
}

VOID NTAPI SeOpenObjectForDeleteAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object,
                                           PUNICODE_STRING AbsoluteObjectName,
                                           PSECURITY_DESCRIPTOR SecurityDescriptor, PACCESS_STATE AccessState,
                                           BOOLEAN ObjectCreated, BOOLEAN AccessGranted,
                                           KPROCESSOR_MODE AccessMode, PBOOLEAN GenerateOnClose)
{
    (void)AbsoluteObjectName, (void)SecurityDescriptor, (void)ObjectCreated, (void)AccessMode;
    GATE(SeOpenObjectForDeleteAuditAlarm, ObjectTypeName, Object, AccessState, AccessGranted);
    *GenerateOnClose = FALSE;
}

VOID NTAPI SeDeleteObjectAuditAlarm(PVOID Object, HANDLE Handle)
{
    GATE(SeDeleteObjectAuditAlarm, Object, Handle);
}
