/*
 * A driver that does without <ntifs.h> and declares for itself what it needs of tokens, processes and impersonation, in the spelling of
 * several kits.
 */
#include <ntddk.h>

#define TOKEN_SOURCE_LENGTH 8

typedef enum _TOKEN_TYPE { TokenPrimary = 1, TokenImpersonation } TOKEN_TYPE;
typedef struct _TOKEN_SOURCE {
    CCHAR SourceName[TOKEN_SOURCE_LENGTH];
    LUID SourceIdentifier;
} TOKEN_SOURCE, *PTOKEN_SOURCE;
typedef struct _TOKEN_CONTROL {
    LUID TokenId, AuthenticationId, ModifiedId;
    TOKEN_SOURCE TokenSource;
} TOKEN_CONTROL, *PTOKEN_CONTROL;
typedef struct _SECURITY_CLIENT_CONTEXT {
    SECURITY_QUALITY_OF_SERVICE SecurityQos;
    PACCESS_TOKEN ClientToken;
    BOOLEAN DirectlyAccessClientToken, DirectAccessEffectiveOnly, ServerIsRemote;
    TOKEN_CONTROL ClientTokenControl;
} SECURITY_CLIENT_CONTEXT, *PSECURITY_CLIENT_CONTEXT;
#define PsDereferencePrimaryToken(T) (ObDereferenceObject((T)))
#define SeDeleteClientSecurity(C)                                                                                       \
    {                                                                                                                   \
        if (SeTokenType((C)->ClientToken) == TokenPrimary)                                                              \
            PsDereferencePrimaryToken((C)->ClientToken);                                                                \
    }
NTKERNELAPI VOID PsRevertToSelf(VOID);
NTKERNELAPI NTSTATUS SeCreateClientSecurity(IN PETHREAD Thread, IN PSECURITY_QUALITY_OF_SERVICE QualityOfService,
                                            IN BOOLEAN RemoteClient, OUT PSECURITY_CLIENT_CONTEXT ClientContext);
NTKERNELAPI VOID SeImpersonateClient(IN PSECURITY_CLIENT_CONTEXT ClientContext, IN PETHREAD ServerThread OPTIONAL);
NTKERNELAPI TOKEN_TYPE SeTokenType(IN PACCESS_TOKEN Token);

typedef struct _SID_IDENTIFIER_AUTHORITY {
    UCHAR Value[6];
} SID_IDENTIFIER_AUTHORITY, *PSID_IDENTIFIER_AUTHORITY;
typedef struct _SID {
    UCHAR Revision, SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    ULONG SubAuthority[ANYSIZE_ARRAY];
} SID, *PISID;

typedef struct _KAPC_STATE {
    LIST_ENTRY ApcListHead[2];
    PKPROCESS Process;
    UCHAR KernelApcInProgress, KernelApcPending, UserApcPending;
} KAPC_STATE, *PKAPC_STATE, *PRKAPC_STATE;
NTKERNELAPI VOID KeStackAttachProcess(PVOID Process, PKAPC_STATE ApcState);
NTKERNELAPI NTSTATUS PsLookupProcessByProcessId(ULONG_PTR ProcessId, PEPROCESS *Process);
NTKERNELAPI NTSTATUS ObOpenObjectByPointer(PVOID, ULONG, PVOID, ULONG, PVOID, CCHAR, PHANDLE);
NTSYSAPI NTSTATUS NTAPI ZwQueryDirectoryFile(HANDLE, HANDLE, PVOID, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG, ULONG, BOOLEAN,
                                             PUNICODE_STRING, BOOLEAN);
typedef struct _FILE_BOTH_DIR_INFORMATION {
    ULONG NextEntryOffset, FileIndex;
} FILE_BOTH_DIR_INFORMATION;

NTSTATUS act_as(PSECURITY_CLIENT_CONTEXT client);
NTSTATUS act_as(PSECURITY_CLIENT_CONTEXT client)
{
    SECURITY_QUALITY_OF_SERVICE service = {sizeof service, SecurityImpersonation, SECURITY_STATIC_TRACKING, FALSE};
    KAPC_STATE state;
    PEPROCESS process;
    NTSTATUS status = PsLookupProcessByProcessId(4, &process);
    if (!NT_SUCCESS(status))
        return status;
    KeStackAttachProcess(process, &state);
    status = SeCreateClientSecurity(PsGetCurrentThread(), &service, FALSE, client);
    if (NT_SUCCESS(status)) {
        SeImpersonateClient(client, NULL);
        PsRevertToSelf();
        SeDeleteClientSecurity(client);
    }
    return status;
}
