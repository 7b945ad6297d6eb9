/*
 * Tokens and privileges.
 */
#ifndef NTIO_SECURITYBASEAPI_H
#define NTIO_SECURITYBASEAPI_H

#include "minwinbase.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SE_CREATE_TOKEN_NAME        TEXT("SeCreateTokenPrivilege")
#define SE_ASSIGNPRIMARYTOKEN_NAME  TEXT("SeAssignPrimaryTokenPrivilege")
#define SE_LOCK_MEMORY_NAME         TEXT("SeLockMemoryPrivilege")
#define SE_INCREASE_QUOTA_NAME      TEXT("SeIncreaseQuotaPrivilege")
#define SE_TCB_NAME                 TEXT("SeTcbPrivilege")
#define SE_SECURITY_NAME            TEXT("SeSecurityPrivilege")
#define SE_TAKE_OWNERSHIP_NAME      TEXT("SeTakeOwnershipPrivilege")
#define SE_LOAD_DRIVER_NAME         TEXT("SeLoadDriverPrivilege")
#define SE_SYSTEM_PROFILE_NAME      TEXT("SeSystemProfilePrivilege")
#define SE_SYSTEMTIME_NAME          TEXT("SeSystemtimePrivilege")
#define SE_CREATE_PERMANENT_NAME    TEXT("SeCreatePermanentPrivilege")
#define SE_BACKUP_NAME              TEXT("SeBackupPrivilege")
#define SE_RESTORE_NAME             TEXT("SeRestorePrivilege")
#define SE_SHUTDOWN_NAME            TEXT("SeShutdownPrivilege")
#define SE_DEBUG_NAME               TEXT("SeDebugPrivilege")
#define SE_SYSTEM_ENVIRONMENT_NAME  TEXT("SeSystemEnvironmentPrivilege")
#define SE_CHANGE_NOTIFY_NAME       TEXT("SeChangeNotifyPrivilege")
#define SE_MANAGE_VOLUME_NAME       TEXT("SeManageVolumePrivilege")
#define SE_IMPERSONATE_NAME         TEXT("SeImpersonatePrivilege")
#define SE_CREATE_GLOBAL_NAME       TEXT("SeCreateGlobalPrivilege")
#define SE_CREATE_SYMBOLIC_LINK_NAME TEXT("SeCreateSymbolicLinkPrivilege")

WINBASEAPI BOOL WINAPI OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle);
WINBASEAPI BOOL WINAPI OpenThreadToken(HANDLE ThreadHandle, DWORD DesiredAccess, BOOL OpenAsSelf, PHANDLE TokenHandle);
WINBASEAPI BOOL WINAPI GetTokenInformation(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                           LPVOID TokenInformation, DWORD TokenInformationLength, PDWORD ReturnLength);
WINBASEAPI BOOL WINAPI AdjustTokenPrivileges(HANDLE TokenHandle, BOOL DisableAllPrivileges, PTOKEN_PRIVILEGES NewState,
                                             DWORD BufferLength, PTOKEN_PRIVILEGES PreviousState, PDWORD ReturnLength);
WINBASEAPI BOOL WINAPI LookupPrivilegeValueA(LPCSTR lpSystemName, LPCSTR lpName, PLUID lpLuid);
WINBASEAPI BOOL WINAPI LookupPrivilegeValueW(LPCWSTR lpSystemName, LPCWSTR lpName, PLUID lpLuid);
#ifdef UNICODE
#define LookupPrivilegeValue LookupPrivilegeValueW
#else
#define LookupPrivilegeValue LookupPrivilegeValueA
#endif

#ifdef __cplusplus
}
#endif

#endif
