/*
 * The client's tokens: opening them, asking them, enabling privileges.
 */
#include "win32p.h"

#include <stdlib.h>

BOOL WINAPI OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess, PHANDLE TokenHandle)
{
    return win32_result(NtOpenProcessToken(ProcessHandle, DesiredAccess, TokenHandle));
}

BOOL WINAPI OpenThreadToken(HANDLE ThreadHandle, DWORD DesiredAccess, BOOL OpenAsSelf, PHANDLE TokenHandle)
{
    return win32_result(NtOpenThreadToken(ThreadHandle, DesiredAccess, OpenAsSelf != 0, TokenHandle));
}

BOOL WINAPI GetTokenInformation(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                LPVOID TokenInformation, DWORD TokenInformationLength, PDWORD ReturnLength)
{
    return win32_result(NtQueryInformationToken(TokenHandle, TokenInformationClass, TokenInformation,
                                                TokenInformationLength, ReturnLength));
}

/* TRUE with ERROR_NOT_ALL_ASSIGNED as the last error: the token does not have all of them. */
BOOL WINAPI AdjustTokenPrivileges(HANDLE TokenHandle, BOOL DisableAllPrivileges, PTOKEN_PRIVILEGES NewState,
                                  DWORD BufferLength, PTOKEN_PRIVILEGES PreviousState, PDWORD ReturnLength)
{
    NTSTATUS status = NtAdjustPrivilegesToken(TokenHandle, DisableAllPrivileges != 0, NewState, BufferLength,
                                              PreviousState, ReturnLength);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    win32_set_last_error(status == STATUS_NOT_ALL_ASSIGNED ? ERROR_NOT_ALL_ASSIGNED : ERROR_SUCCESS);
    return TRUE;
}

/* By their numbers, from SE_MIN_WELL_KNOWN_PRIVILEGE on. */
static const LPCWSTR privileges[] = {
    L"SeCreateTokenPrivilege",
    L"SeAssignPrimaryTokenPrivilege",
    L"SeLockMemoryPrivilege",
    L"SeIncreaseQuotaPrivilege",
    L"SeMachineAccountPrivilege",
    L"SeTcbPrivilege",
    L"SeSecurityPrivilege",
    L"SeTakeOwnershipPrivilege",
    L"SeLoadDriverPrivilege",
    L"SeSystemProfilePrivilege",
    L"SeSystemtimePrivilege",
    L"SeProfileSingleProcessPrivilege",
    L"SeIncreaseBasePriorityPrivilege",
    L"SeCreatePagefilePrivilege",
    L"SeCreatePermanentPrivilege",
    L"SeBackupPrivilege",
    L"SeRestorePrivilege",
    L"SeShutdownPrivilege",
    L"SeDebugPrivilege",
    L"SeAuditPrivilege",
    L"SeSystemEnvironmentPrivilege",
    L"SeChangeNotifyPrivilege",
    L"SeRemoteShutdownPrivilege",
    L"SeUndockPrivilege",
    L"SeSyncAgentPrivilege",
    L"SeEnableDelegationPrivilege",
    L"SeManageVolumePrivilege",
    L"SeImpersonatePrivilege",
    L"SeCreateGlobalPrivilege",
    L"SeTrustedCredManAccessPrivilege",
    L"SeRelabelPrivilege",
    L"SeIncreaseWorkingSetPrivilege",
    L"SeTimeZonePrivilege",
    L"SeCreateSymbolicLinkPrivilege",
    L"SeDelegateSessionUserImpersonatePrivilege",
};
#define PRIVILEGES (sizeof privileges / sizeof privileges[0])
_Static_assert(PRIVILEGES == SE_MAX_WELL_KNOWN_PRIVILEGE - SE_MIN_WELL_KNOWN_PRIVILEGE + 1, "privileges");

static BOOL look_up(struct win32_wide *name, PLUID luid)
{
    BOOL done = FALSE;
    ULONG i = 0;
    while (i < PRIVILEGES && !(name->text && win32_equal(name->text, privileges[i])))
        i++;
    if (i == PRIVILEGES) {
        win32_error(ERROR_NO_SUCH_PRIVILEGE);
    } else {
        LUID found = {SE_MIN_WELL_KNOWN_PRIVILEGE + i, 0};
        done = win32_write(luid, &found, sizeof found);
    }
    win32_wide_free(name);
    return done;
}

/* There is this system only. ERROR_NO_SUCH_PRIVILEGE. */
BOOL WINAPI LookupPrivilegeValueW(LPCWSTR lpSystemName, LPCWSTR lpName, PLUID lpLuid)
{
    struct win32_wide name;
    (void)lpSystemName;
    return win32_wide_from_wide(&name, lpName) && look_up(&name, lpLuid);
}

BOOL WINAPI LookupPrivilegeValueA(LPCSTR lpSystemName, LPCSTR lpName, PLUID lpLuid)
{
    struct win32_wide name;
    (void)lpSystemName;
    return win32_wide_from_ansi(&name, lpName) && look_up(&name, lpLuid);
}

static LPCWSTR name_of(PLUID client)
{
    LUID luid;
    if (!win32_read(&luid, client, sizeof luid))
        return NULL;
    ULONG index = luid.LowPart - (ULONG)SE_MIN_WELL_KNOWN_PRIVILEGE;
    if (!luid.HighPart && index < PRIVILEGES)
        return privileges[index];
    win32_error(ERROR_NO_SUCH_PRIVILEGE);
    return NULL;
}

BOOL WINAPI LookupPrivilegeNameW(LPCWSTR lpSystemName, PLUID lpLuid, LPWSTR lpName, LPDWORD cchName)
{
    LPCWSTR name = name_of(lpLuid);
    (void)lpSystemName;
    return name && win32_give_sized_wide(lpName, cchName, name, ERROR_INSUFFICIENT_BUFFER, 0);
}

BOOL WINAPI LookupPrivilegeNameA(LPCSTR lpSystemName, PLUID lpLuid, LPSTR lpName, LPDWORD cchName)
{
    LPCWSTR name = name_of(lpLuid);
    (void)lpSystemName;
    LPSTR narrow = name ? win32_narrow(name) : NULL;
    BOOL done = narrow && win32_give_sized_ansi(lpName, cchName, narrow, ERROR_INSUFFICIENT_BUFFER, 0);
    free(narrow);
    return done;
}
