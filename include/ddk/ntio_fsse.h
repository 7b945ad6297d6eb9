/*
 * What <ntifs.h> adds to Ob, Ps and Se: objects by pointer and their names, processes and threads by their ids, tokens and impersonation.
 */
#ifndef NTIO_DDK_FSSE_H
#define NTIO_DDK_FSSE_H

#include "ntio_fs.h"

NTKERNELAPI NTSTATUS ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes, PACCESS_STATE PassedAccessState,
                                           ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                           KPROCESSOR_MODE AccessMode, PHANDLE Handle);
NTKERNELAPI NTSTATUS ObOpenObjectByPointerWithTag(PVOID Object, ULONG HandleAttributes,
                                                  PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                                  POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, ULONG Tag,
                                                  PHANDLE Handle);
NTKERNELAPI NTSTATUS ObQueryNameString(PVOID Object, POBJECT_NAME_INFORMATION ObjectNameInfo, ULONG Length,
                                       PULONG ReturnLength);
NTKERNELAPI NTSTATUS ObInsertObject(PVOID Object, PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                                    ULONG ObjectPointerBias, PVOID *NewObject, PHANDLE Handle);
NTKERNELAPI VOID ObMakeTemporaryObject(PVOID Object);
NTKERNELAPI BOOLEAN ObIsKernelHandle(HANDLE Handle, KPROCESSOR_MODE AccessMode);
NTKERNELAPI LARGE_INTEGER PsGetProcessExitTime(VOID);
NTKERNELAPI NTSTATUS SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING *pImageFileName);
NTKERNELAPI BOOLEAN PsIsSystemThread(PETHREAD Thread);
NTKERNELAPI BOOLEAN PsIsThreadTerminating(PETHREAD Thread);
NTKERNELAPI NTSTATUS PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS *Process);
NTKERNELAPI NTSTATUS PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD *Thread);

#define TOKEN_HAS_TRAVERSE_PRIVILEGE    0x0001
#define TOKEN_HAS_BACKUP_PRIVILEGE      0x0002
#define TOKEN_HAS_RESTORE_PRIVILEGE     0x0004
#define TOKEN_HAS_ADMIN_GROUP           0x0008
#define TOKEN_IS_RESTRICTED             0x0010
#define TOKEN_HAS_IMPERSONATE_PRIVILEGE 0x0080

typedef struct _TOKEN_CONTROL {
    LUID TokenId;
    LUID AuthenticationId;
    LUID ModifiedId;
    TOKEN_SOURCE TokenSource;
} TOKEN_CONTROL, *PTOKEN_CONTROL;
typedef struct _SECURITY_CLIENT_CONTEXT {
    SECURITY_QUALITY_OF_SERVICE SecurityQos;
    PACCESS_TOKEN ClientToken;
    BOOLEAN DirectlyAccessClientToken;
    BOOLEAN DirectAccessEffectiveOnly;
    BOOLEAN ServerIsRemote;
    TOKEN_CONTROL ClientTokenControl;
} SECURITY_CLIENT_CONTEXT, *PSECURITY_CLIENT_CONTEXT;
typedef struct _SE_EXPORTS {
    LUID SeCreateTokenPrivilege;
    LUID SeAssignPrimaryTokenPrivilege;
    LUID SeLockMemoryPrivilege;
    LUID SeIncreaseQuotaPrivilege;
    LUID SeUnsolicitedInputPrivilege;
    LUID SeTcbPrivilege;
    LUID SeSecurityPrivilege;
    LUID SeTakeOwnershipPrivilege;
    LUID SeLoadDriverPrivilege;
    LUID SeCreatePagefilePrivilege;
    LUID SeIncreaseBasePriorityPrivilege;
    LUID SeSystemProfilePrivilege;
    LUID SeSystemtimePrivilege;
    LUID SeProfileSingleProcessPrivilege;
    LUID SeCreatePermanentPrivilege;
    LUID SeBackupPrivilege;
    LUID SeRestorePrivilege;
    LUID SeShutdownPrivilege;
    LUID SeDebugPrivilege;
    LUID SeAuditPrivilege;
    LUID SeSystemEnvironmentPrivilege;
    LUID SeChangeNotifyPrivilege;
    LUID SeRemoteShutdownPrivilege;
    PSID SeNullSid;
    PSID SeWorldSid;
    PSID SeLocalSid;
    PSID SeCreatorOwnerSid;
    PSID SeCreatorGroupSid;
    PSID SeNtAuthoritySid;
    PSID SeDialupSid;
    PSID SeNetworkSid;
    PSID SeBatchSid;
    PSID SeInteractiveSid;
    PSID SeLocalSystemSid;
    PSID SeAliasAdminsSid;
    PSID SeAliasUsersSid;
    PSID SeAliasGuestsSid;
    PSID SeAliasPowerUsersSid;
    PSID SeAliasAccountOpsSid;
    PSID SeAliasSystemOpsSid;
    PSID SeAliasPrintOpsSid;
    PSID SeAliasBackupOpsSid;
    PSID SeAuthenticatedUsersSid;
    PSID SeRestrictedSid;
    PSID SeAnonymousLogonSid;
    LUID SeUndockPrivilege;
    LUID SeSyncAgentPrivilege;
    LUID SeEnableDelegationPrivilege;
    PSID SeLocalServiceSid;
    PSID SeNetworkServiceSid;
    LUID SeManageVolumePrivilege;
    LUID SeImpersonatePrivilege;
    LUID SeCreateGlobalPrivilege;
    LUID SeTrustedCredManAccessPrivilege;
    LUID SeRelabelPrivilege;
    LUID SeIncreaseWorkingSetPrivilege;
    LUID SeTimeZonePrivilege;
    LUID SeCreateSymbolicLinkPrivilege;
    PSID SeIUserSid;
    PSID SeUntrustedMandatorySid;
    PSID SeLowMandatorySid;
    PSID SeMediumMandatorySid;
    PSID SeHighMandatorySid;
    PSID SeSystemMandatorySid;
    PSID SeOwnerRightsSid;
} SE_EXPORTS, *PSE_EXPORTS;

extern NTKERNELAPI PSE_EXPORTS SeExports;
NTKERNELAPI BOOLEAN SeTokenIsAdmin(PACCESS_TOKEN Token);
NTKERNELAPI PACCESS_TOKEN PsReferencePrimaryToken(PEPROCESS Process);
NTKERNELAPI VOID PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken);
NTKERNELAPI BOOLEAN SePrivilegeCheck(PPRIVILEGE_SET RequiredPrivileges,
                                     PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, KPROCESSOR_MODE AccessMode);
NTKERNELAPI NTSTATUS SeAppendPrivileges(PACCESS_STATE AccessState, PPRIVILEGE_SET Privileges);
NTKERNELAPI VOID SeFreePrivileges(PPRIVILEGE_SET Privileges);
NTKERNELAPI NTSTATUS SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation,
                                                   PSECURITY_DESCRIPTOR SecurityDescriptor, PULONG Length,
                                                   PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor);
NTKERNELAPI NTSTATUS SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION SecurityInformation,
                                                 PSECURITY_DESCRIPTOR ModificationDescriptor,
                                                 PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor, POOL_TYPE PoolType,
                                                 PGENERIC_MAPPING GenericMapping);
NTKERNELAPI NTSTATUS SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                             PVOID *TokenInformation);
NTKERNELAPI NTSTATUS SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId);
NTKERNELAPI NTSTATUS SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId);
NTKERNELAPI BOOLEAN SeTokenIsRestricted(PACCESS_TOKEN Token);
NTKERNELAPI BOOLEAN SeTokenIsWriteRestricted(PACCESS_TOKEN Token);
NTKERNELAPI TOKEN_TYPE SeTokenType(PACCESS_TOKEN Token);
NTKERNELAPI SECURITY_IMPERSONATION_LEVEL SeTokenImpersonationLevel(PACCESS_TOKEN Token);
NTKERNELAPI NTSTATUS SeFilterToken(PACCESS_TOKEN ExistingToken, ULONG Flags, PTOKEN_GROUPS SidsToDisable,
                                   PTOKEN_PRIVILEGES PrivilegesToDelete, PTOKEN_GROUPS RestrictedSids,
                                   PACCESS_TOKEN *FilteredToken);
NTKERNELAPI NTSTATUS SeCreateClientSecurity(PETHREAD ClientThread, PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                            BOOLEAN RemoteSession, PSECURITY_CLIENT_CONTEXT ClientContext);
NTKERNELAPI NTSTATUS SeCreateClientSecurityFromSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext,
                                                              PSECURITY_QUALITY_OF_SERVICE ClientSecurityQos,
                                                              BOOLEAN ServerIsRemote,
                                                              PSECURITY_CLIENT_CONTEXT ClientContext);
NTKERNELAPI VOID SeImpersonateClient(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread);
NTKERNELAPI NTSTATUS SeImpersonateClientEx(PSECURITY_CLIENT_CONTEXT ClientContext, PETHREAD ServerThread);
NTKERNELAPI NTSTATUS PsImpersonateClient(PETHREAD Thread, PACCESS_TOKEN Token, BOOLEAN CopyOnOpen,
                                         BOOLEAN EffectiveOnly, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel);
NTKERNELAPI VOID PsRevertToSelf(VOID);
NTKERNELAPI VOID PsRevertThreadToSelf(PETHREAD Thread);
NTKERNELAPI PACCESS_TOKEN PsReferenceImpersonationToken(PETHREAD Thread, PBOOLEAN CopyOnOpen, PBOOLEAN EffectiveOnly,
                                                        PSECURITY_IMPERSONATION_LEVEL ImpersonationLevel);
NTKERNELAPI VOID PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken);
NTKERNELAPI NTSTATUS ObSetSecurityObjectByPointer(PVOID Object, SECURITY_INFORMATION SecurityInformation,
                                                  PSECURITY_DESCRIPTOR SecurityDescriptor);

/* --- auditing --- */

NTKERNELAPI BOOLEAN SeAuditingFileEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor);
NTKERNELAPI BOOLEAN SeAuditingFileOrGlobalEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor,
                                                 PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext);
NTKERNELAPI BOOLEAN SeAuditingHardLinkEvents(BOOLEAN AccessGranted, PSECURITY_DESCRIPTOR SecurityDescriptor);
NTKERNELAPI VOID SeAuditHardLinkCreation(PUNICODE_STRING FileName, PUNICODE_STRING LinkName, BOOLEAN bSuccess);
NTKERNELAPI VOID SeOpenObjectAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object, PUNICODE_STRING AbsoluteObjectName,
                                        PSECURITY_DESCRIPTOR SecurityDescriptor, PACCESS_STATE AccessState,
                                        BOOLEAN ObjectCreated, BOOLEAN AccessGranted, KPROCESSOR_MODE AccessMode,
                                        PBOOLEAN GenerateOnClose);
NTKERNELAPI VOID SeOpenObjectForDeleteAuditAlarm(PUNICODE_STRING ObjectTypeName, PVOID Object,
                                                 PUNICODE_STRING AbsoluteObjectName,
                                                 PSECURITY_DESCRIPTOR SecurityDescriptor, PACCESS_STATE AccessState,
                                                 BOOLEAN ObjectCreated, BOOLEAN AccessGranted,
                                                 KPROCESSOR_MODE AccessMode, PBOOLEAN GenerateOnClose);
NTKERNELAPI VOID SeDeleteObjectAuditAlarm(PVOID Object, HANDLE Handle);
NTKERNELAPI VOID SeCaptureSubjectContextEx(PETHREAD Thread, PEPROCESS Process, PSECURITY_SUBJECT_CONTEXT SubjectContext);

#define SeQuerySubjectContextToken(SubjectContext)                                                           \
    ((SubjectContext)->ClientToken ? (SubjectContext)->ClientToken : (SubjectContext)->PrimaryToken)
#define SeLengthSid(Sid) (8 + 4 * ((PISID)(Sid))->SubAuthorityCount)
#define SeDeleteClientSecurity(C) PsDereferenceImpersonationToken((C)->ClientToken)
#define SeStopImpersonatingClient() PsRevertToSelf()

#endif
