/*
 * The client's tokens made from others, whom its threads act as, and identifiers.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

/* --- tokens from tokens --- */

static NTSTATUS duplicate(HANDLE token, ACCESS_MASK access, ULONG attributes, PVOID descriptor,
                          SECURITY_IMPERSONATION_LEVEL level, TOKEN_TYPE type, PHANDLE out)
{
    SECURITY_QUALITY_OF_SERVICE service = {sizeof service, level, SECURITY_STATIC_TRACKING, FALSE};
    OBJECT_ATTRIBUTES object;
    InitializeObjectAttributes(&object, NULL, attributes, NULL, descriptor);
    object.SecurityQualityOfService = &service;
    return NtDuplicateToken(token, access, &object, FALSE, type, out);
}

BOOL WINAPI DuplicateTokenEx(HANDLE hExistingToken, DWORD dwDesiredAccess,
                             LPSECURITY_ATTRIBUTES lpTokenAttributes,
                             SECURITY_IMPERSONATION_LEVEL ImpersonationLevel, TOKEN_TYPE TokenType,
                             PHANDLE phNewToken)
{
    SECURITY_ATTRIBUTES own = {0};
    if (lpTokenAttributes && !win32_read(&own, lpTokenAttributes, sizeof own))
        return FALSE;
    return win32_result(duplicate(hExistingToken, dwDesiredAccess, own.bInheritHandle ? OBJ_INHERIT : 0,
                                  own.lpSecurityDescriptor, ImpersonationLevel, TokenType, phNewToken));
}

/* An impersonation token that can be used for nothing else. */
BOOL WINAPI DuplicateToken(HANDLE ExistingTokenHandle, SECURITY_IMPERSONATION_LEVEL ImpersonationLevel,
                           PHANDLE DuplicateTokenHandle)
{
    return win32_result(duplicate(ExistingTokenHandle, TOKEN_IMPERSONATE | TOKEN_QUERY, 0, NULL,
                                  ImpersonationLevel, TokenImpersonation, DuplicateTokenHandle));
}

/* A counted list before what the client gives as an array and a number; from malloc. False: no memory, or a
 * bad pointer. */
static bool counted(const void *array, DWORD count, size_t size, size_t offset, void *list)
{
    void **out = list;
    *out = NULL;
    if (!count)
        return true;
    if (count > 256)
        return win32_fail(STATUS_INVALID_PARAMETER);
    if (!(*out = calloc(1, offset + count * size)))
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(*out, &count, sizeof count);
    if (win32_read((char *)*out + offset, array, count * size))
        return true;
    free(*out);
    *out = NULL;
    return false;
}

BOOL WINAPI CreateRestrictedToken(HANDLE ExistingTokenHandle, DWORD Flags, DWORD DisableSidCount,
                                  PSID_AND_ATTRIBUTES SidsToDisable, DWORD DeletePrivilegeCount,
                                  PLUID_AND_ATTRIBUTES PrivilegesToDelete, DWORD RestrictedSidCount,
                                  PSID_AND_ATTRIBUTES SidsToRestrict, PHANDLE NewTokenHandle)
{
    PTOKEN_GROUPS disable = NULL, restricted = NULL;
    PTOKEN_PRIVILEGES remove = NULL;
    const size_t groups = FIELD_OFFSET(TOKEN_GROUPS, Groups),
                 privileges = FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges);
    BOOL done =
        counted(SidsToDisable, DisableSidCount, sizeof *SidsToDisable, groups, &disable) &&
        counted(PrivilegesToDelete, DeletePrivilegeCount, sizeof *PrivilegesToDelete, privileges, &remove) &&
        counted(SidsToRestrict, RestrictedSidCount, sizeof *SidsToRestrict, groups, &restricted) &&
        win32_result(NtFilterToken(ExistingTokenHandle, Flags, disable, remove, restricted, NewTokenHandle));
    free(disable);
    free(remove);
    free(restricted);
    return done;
}

BOOL WINAPI SetTokenInformation(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                LPVOID TokenInformation, DWORD TokenInformationLength)
{
    return win32_result(
        NtSetInformationToken(TokenHandle, TokenInformationClass, TokenInformation, TokenInformationLength));
}

BOOL WINAPI IsTokenRestricted(HANDLE TokenHandle)
{
    DWORD restricted = 0, size;
    return win32_result(NtQueryInformationToken(TokenHandle, TokenHasRestrictions, &restricted,
                                                sizeof restricted, &size)) &&
           restricted;
}

/* --- whom a thread acts as --- */

static NTSTATUS act_as(HANDLE thread, HANDLE token)
{
    return NtSetInformationThread(thread, ThreadImpersonationToken, &token, sizeof token);
}

BOOL WINAPI SetThreadToken(PHANDLE Thread, HANDLE Token)
{
    HANDLE thread = NtCurrentThread();
    if (Thread && !win32_read(&thread, Thread, sizeof thread))
        return FALSE;
    return win32_result(act_as(thread, Token));
}

BOOL WINAPI RevertToSelf(VOID)
{
    return win32_result(act_as(NtCurrentThread(), NULL));
}

static NTSTATUS impersonate(HANDLE token, SECURITY_IMPERSONATION_LEVEL level)
{
    HANDLE copy;
    NTSTATUS status =
        duplicate(token, TOKEN_IMPERSONATE | TOKEN_QUERY, 0, NULL, level, TokenImpersonation, &copy);
    if (!NT_SUCCESS(status))
        return status;
    status = act_as(NtCurrentThread(), copy);
    NtClose(copy);
    return status;
}

/* A primary token is duplicated, at SecurityImpersonation; an impersonation token is used at its own level.
 */
BOOL WINAPI ImpersonateLoggedOnUser(HANDLE hToken)
{
    DWORD type, size;
    NTSTATUS status = NtQueryInformationToken(hToken, TokenType, &type, sizeof type, &size);
    if (NT_SUCCESS(status))
        status = type == TokenPrimary ? impersonate(hToken, SecurityImpersonation)
                                      : act_as(NtCurrentThread(), hToken);
    return win32_result(status);
}

BOOL WINAPI ImpersonateSelf(SECURITY_IMPERSONATION_LEVEL ImpersonationLevel)
{
    HANDLE token;
    NTSTATUS status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_DUPLICATE, &token);
    if (NT_SUCCESS(status)) {
        status = impersonate(token, ImpersonationLevel);
        NtClose(token);
    }
    return win32_result(status);
}

/* --- identifiers --- */

union own_sid {
    SID sid;
    UCHAR room[SECURITY_MAX_SID_SIZE];
};

static ULONG length_of(const void *sid)
{
    return (ULONG)FIELD_OFFSET(SID, SubAuthority) +
           ((const SID *)sid)->SubAuthorityCount * (ULONG)sizeof(ULONG);
}

static bool same(const void *a, const void *b)
{
    return length_of(a) == length_of(b) && memcmp(a, b, length_of(a)) == 0;
}

/* The client's; ERROR_INVALID_SID. */
static bool read_sid(PSID client, union own_sid *own)
{
    if (!win32_read(own, client, FIELD_OFFSET(SID, SubAuthority)))
        return false;
    UCHAR count = own->sid.SubAuthorityCount;
    if (own->sid.Revision != SID_REVISION || count > SID_MAX_SUB_AUTHORITIES)
        return win32_error(ERROR_INVALID_SID);
    return win32_read(own->sid.SubAuthority, ((SID *)client)->SubAuthority, count * sizeof(ULONG));
}

BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority, BYTE nSubAuthorityCount,
                                     DWORD nSubAuthority0, DWORD nSubAuthority1, DWORD nSubAuthority2,
                                     DWORD nSubAuthority3, DWORD nSubAuthority4, DWORD nSubAuthority5,
                                     DWORD nSubAuthority6, DWORD nSubAuthority7, PSID *pSid)
{
    const DWORD all[8] = {nSubAuthority0, nSubAuthority1, nSubAuthority2, nSubAuthority3,
                          nSubAuthority4, nSubAuthority5, nSubAuthority6, nSubAuthority7};
    SID_IDENTIFIER_AUTHORITY authority;
    if (nSubAuthorityCount > 8)
        return win32_fail(STATUS_INVALID_SID);
    if (!win32_read(&authority, pIdentifierAuthority, sizeof authority))
        return FALSE;
    SID *sid = LocalAlloc(LMEM_FIXED, FIELD_OFFSET(SID, SubAuthority) + nSubAuthorityCount * sizeof(DWORD));
    if (!sid)
        return FALSE;
    sid->Revision = SID_REVISION;
    sid->SubAuthorityCount = nSubAuthorityCount;
    sid->IdentifierAuthority = authority;
    memcpy(sid->SubAuthority, all, nSubAuthorityCount * sizeof(DWORD));
    if (win32_write(pSid, &sid, sizeof sid))
        return TRUE;
    LocalFree(sid);
    return FALSE;
}

PVOID WINAPI FreeSid(PSID pSid)
{
    return LocalFree(pSid);
}

BOOL WINAPI IsValidSid(PSID pSid)
{
    union own_sid sid;
    return read_sid(pSid, &sid);
}

DWORD WINAPI GetLengthSid(PSID pSid)
{
    union own_sid sid;
    return read_sid(pSid, &sid) ? length_of(&sid) : 0;
}

BOOL WINAPI EqualSid(PSID pSid1, PSID pSid2)
{
    union own_sid one, other;
    if (!read_sid(pSid1, &one) || !read_sid(pSid2, &other))
        return FALSE;
    win32_set_last_error(ERROR_SUCCESS);
    return same(&one, &other);
}

BOOL WINAPI CopySid(DWORD nDestinationSidLength, PSID pDestinationSid, PSID pSourceSid)
{
    union own_sid sid;
    if (!read_sid(pSourceSid, &sid))
        return FALSE;
    if (nDestinationSidLength < length_of(&sid))
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    return win32_write(pDestinationSid, &sid, length_of(&sid));
}

/* --- membership --- */

static bool listed(HANDLE token, TOKEN_INFORMATION_CLASS class, PSID sid, bool *any)
{
    union {
        TOKEN_GROUPS list;
        UCHAR room[8192];
    } groups;
    ULONG size;
    *any = false;
    if (!NT_SUCCESS(NtQueryInformationToken(token, class, &groups, sizeof groups, &size)))
        return false;
    const SID_AND_ATTRIBUTES *all = groups.list.Groups;
    for (ULONG i = 0; i < groups.list.GroupCount; i++) {
        *any = true;
        if (all[i].Attributes & SE_GROUP_ENABLED && same(all[i].Sid, sid))
            return true;
    }
    return false;
}

static bool is_user(HANDLE token, PSID sid)
{
    union {
        TOKEN_USER user;
        UCHAR room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } about;
    ULONG size;
    return NT_SUCCESS(NtQueryInformationToken(token, TokenUser, &about, sizeof about, &size)) &&
           same(about.user.User.Sid, sid);
}

/* The token that the caller acts with: its thread's, or its process's. */
static NTSTATUS effective(PHANDLE token)
{
    NTSTATUS status = NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, token);
    return status == STATUS_NO_TOKEN ? NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, token) : status;
}

/*
 * Whether the identifier lets the token in: it is the user's or that of an enabled group, and if the token is
 * restricted, one of those too. Of a primary token, ERROR_NO_IMPERSONATION_TOKEN.
 */
BOOL WINAPI CheckTokenMembership(HANDLE TokenHandle, PSID SidToCheck, PBOOL IsMember)
{
    union own_sid sid;
    DWORD type, size;
    HANDLE own = NULL;
    bool any, restricted;
    if (!read_sid(SidToCheck, &sid))
        return FALSE;
    NTSTATUS status = TokenHandle ? NtQueryInformationToken(TokenHandle, TokenType, &type, sizeof type, &size)
                                  : effective(&own);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    if (TokenHandle && type != TokenImpersonation)
        return win32_error(ERROR_NO_IMPERSONATION_TOKEN);
    HANDLE token = TokenHandle ? TokenHandle : own;
    BOOL member = is_user(token, &sid) || listed(token, TokenGroups, &sid, &any);
    if (member && !listed(token, TokenRestrictedSids, &sid, &restricted) && restricted)
        member = FALSE;
    if (own)
        NtClose(own);
    return win32_write(IsMember, &member, sizeof member);
}
