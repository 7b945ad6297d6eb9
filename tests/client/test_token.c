/*
 * The client's tokens: opened, asked, privileges enabled.
 */
#include "win32_test.h"

#include <string.h>

static HANDLE own_token(DWORD access)
{
    HANDLE token;
    assert_true(OpenProcessToken(GetCurrentProcess(), access, &token));
    return token;
}

static void privileges_can_be_enabled(void **state)
{
    (void)state;
    HANDLE token = own_token(TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY);
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1}, before;
    DWORD size = 0;
    assert_true(LookupPrivilegeValue(NULL, SE_LOAD_DRIVER_NAME, &wanted.Privileges[0].Luid));
    assert_int_equal(wanted.Privileges[0].Luid.LowPart, SE_LOAD_DRIVER_PRIVILEGE);
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    assert_true(AdjustTokenPrivileges(token, FALSE, &wanted, sizeof before, &before, &size));
    assert_int_equal(GetLastError(), ERROR_SUCCESS);
    assert_int_equal(before.PrivilegeCount, 1);
    assert_int_equal(before.Privileges[0].Attributes, 0);
    assert_int_equal(size, sizeof before);
    /* Enabled already: nothing changes. */
    assert_true(AdjustTokenPrivileges(token, FALSE, &wanted, sizeof before, &before, &size));
    assert_int_equal(before.PrivilegeCount, 0);
    assert_int_equal(size, 4);
    union {
        TOKEN_PRIVILEGES list;
        char room[1024];
    } all;
    assert_true(GetTokenInformation(token, TokenPrivileges, &all, sizeof all, &size));
    const LUID_AND_ATTRIBUTES *privileges = all.list.Privileges;
    int found = 0;
    for (ULONG i = 0; i < all.list.PrivilegeCount; i++)
        if (privileges[i].Luid.LowPart == SE_LOAD_DRIVER_PRIVILEGE)
            found += (privileges[i].Attributes & SE_PRIVILEGE_ENABLED) != 0;
    assert_int_equal(found, 1);
    /* One that it does not have. */
    assert_true(LookupPrivilegeValueA(NULL, "SeTcbPrivilege", &wanted.Privileges[0].Luid));
    assert_true(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL));
    assert_int_equal(GetLastError(), ERROR_NOT_ALL_ASSIGNED);
    assert_true(AdjustTokenPrivileges(token, TRUE, NULL, 0, NULL, NULL));
    assert_true(GetTokenInformation(token, TokenPrivileges, &all, sizeof all, &size));
    for (ULONG i = 0; i < all.list.PrivilegeCount; i++)
        assert_false(privileges[i].Attributes & SE_PRIVILEGE_ENABLED);
    assert_false(LookupPrivilegeValueA(NULL, "SeNoSuchPrivilege", &wanted.Privileges[0].Luid));
    assert_int_equal(GetLastError(), ERROR_NO_SUCH_PRIVILEGE);
    CloseHandle(token);
    token = own_token(TOKEN_QUERY);
    assert_false(AdjustTokenPrivileges(token, TRUE, NULL, 0, NULL, NULL));
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    CloseHandle(token);
}

static void tokens_can_be_asked(void **state)
{
    (void)state;
    static const UCHAR administrator[] = {1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0};
    HANDLE token = own_token(TOKEN_QUERY);
    DWORD size = 0, number;
    union {
        SID_AND_ATTRIBUTES user;
        PSID owner;
        TOKEN_GROUPS groups;
        char room[2048];
    } answer;
    assert_false(GetTokenInformation(token, TokenUser, NULL, 0, &size));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(size, sizeof(SID_AND_ATTRIBUTES) + 28);
    assert_true(GetTokenInformation(token, TokenUser, &answer, sizeof answer, &size));
    assert_int_equal(size, sizeof(SID_AND_ATTRIBUTES) + 28);
    assert_ptr_equal(answer.user.Sid, (char *)&answer + sizeof(SID_AND_ATTRIBUTES));
    assert_memory_equal(answer.user.Sid, administrator, sizeof administrator);
    assert_true(GetTokenInformation(token, TokenOwner, &answer, sizeof answer, &size));
    assert_int_equal(size, sizeof(PSID) + 16); /* S-1-5-32-544 */
    assert_ptr_equal(answer.owner, (char *)&answer + sizeof(PSID));
    assert_true(GetTokenInformation(token, TokenGroups, &answer, sizeof answer, &size));
    const SID_AND_ATTRIBUTES *groups = answer.groups.Groups;
    for (ULONG i = 0; i < answer.groups.GroupCount; i++) {
        char *sid = groups[i].Sid;
        assert_true(sid > (char *)&answer && sid < (char *)&answer + size);
        assert_int_equal(*sid, 1);
    }
    assert_true(GetTokenInformation(token, TokenElevation, &number, sizeof number, &size));
    assert_int_equal(number, 1);
    assert_int_equal(size, 4);
    assert_true(GetTokenInformation(token, TokenSessionId, &number, sizeof number, &size));
    assert_int_equal(number, 1);
    assert_false(GetTokenInformation(token, TokenImpersonationLevel, &number, sizeof number, &size));
    CloseHandle(token);
    assert_false(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
    assert_int_equal(GetLastError(), ERROR_NO_TOKEN);
}

static void ask_user(void *context)
{
    DWORD size;
    HANDLE token = own_token(TOKEN_QUERY);
    assert_true(GetTokenInformation(token, TokenElevation, context, 4, &size));
    CloseHandle(token);
}

static void another_process_has_another(void **state)
{
    (void)state;
    ntio_process *process;
    ntio_user user = NTIO_USER_USER;
    DWORD elevated = 7, size;
    HANDLE token;
    assert_int_equal(ntio_process_create(&(ntio_process_options){.user = &user}, &process), 0);
    assert_true(ntio_process_call(process, ask_user, &elevated));
    assert_int_equal(elevated, 0);
    HANDLE handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, ntio_process_id(process));
    elevated = 7;
    assert_true(OpenProcessToken(handle, TOKEN_QUERY, &token));
    assert_true(GetTokenInformation(token, TokenElevation, &elevated, 4, &size));
    assert_int_equal(elevated, 0);
    CloseHandle(token);
    CloseHandle(handle);
    assert_int_equal(ntio_process_end(process, 0), 0);
}

static void threads_can_act_as_others(void **state)
{
    (void)state;
    HANDLE token = own_token(TOKEN_DUPLICATE | TOKEN_QUERY), other, thread;
    DWORD level, size;
    BOOL member = 7;
    PSID admins;
    SID_IDENTIFIER_AUTHORITY authority = {SECURITY_NT_AUTHORITY};
    assert_true(AllocateAndInitializeSid(&authority, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0,
                                         0, &admins));
    assert_int_equal(GetLengthSid(admins), 16);
    assert_true(IsValidSid(admins));
    assert_true(EqualSid(admins, admins));
    assert_true(CheckTokenMembership(NULL, admins, &member));
    assert_true(member);
    assert_false(CheckTokenMembership(token, admins, &member));
    assert_int_equal(GetLastError(), ERROR_NO_IMPERSONATION_TOKEN);
    /* Without the group. */
    SID_AND_ATTRIBUTES group = {admins, 0};
    HANDLE restricted;
    assert_true(CreateRestrictedToken(token, 0, 1, &group, 0, NULL, 0, NULL, &restricted));
    assert_false(IsTokenRestricted(restricted));
    assert_true(ImpersonateLoggedOnUser(restricted));
    assert_true(CheckTokenMembership(NULL, admins, &member));
    assert_false(member);
    assert_true(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &thread));
    assert_true(GetTokenInformation(thread, TokenImpersonationLevel, &level, sizeof level, &size));
    assert_int_equal(level, SecurityImpersonation);
    CloseHandle(thread);
    assert_true(RevertToSelf());
    assert_false(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &thread));
    assert_int_equal(GetLastError(), ERROR_NO_TOKEN);
    CloseHandle(restricted);
    assert_true(CreateRestrictedToken(token, 0, 0, NULL, 0, NULL, 1, &group, &restricted));
    assert_true(IsTokenRestricted(restricted));
    CloseHandle(restricted);
    /* Levels. */
    assert_true(DuplicateToken(token, SecurityIdentification, &other));
    assert_false(DuplicateToken(other, SecurityIdentification, &thread)); /* it is no handle to duplicate by */
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    assert_true(SetThreadToken(NULL, other));
    assert_true(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &thread));
    assert_true(GetTokenInformation(thread, TokenImpersonationLevel, &level, sizeof level, &size));
    assert_int_equal(level, SecurityIdentification);
    CloseHandle(thread);
    assert_true(SetThreadToken(NULL, NULL));
    CloseHandle(other);
    assert_true(DuplicateTokenEx(token, TOKEN_ALL_ACCESS, NULL, SecurityImpersonation, TokenPrimary, &other));
    assert_false(SetThreadToken(NULL, other));
    assert_int_equal(GetLastError(), ERROR_BAD_TOKEN_TYPE);
    CloseHandle(other);
    assert_true(ImpersonateSelf(SecurityImpersonation));
    assert_true(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &thread));
    CloseHandle(thread);
    assert_true(RevertToSelf());
    assert_null(FreeSid(admins));
    CloseHandle(token);
}

/* Removed for good. */
static void privileges_can_be_removed(void **state)
{
    (void)state;
    HANDLE token = own_token(TOKEN_ADJUST_PRIVILEGES);
    TOKEN_PRIVILEGES wanted = {1, {{{SE_DEBUG_PRIVILEGE, 0}, SE_PRIVILEGE_REMOVED}}};
    assert_true(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL));
    assert_int_equal(GetLastError(), ERROR_SUCCESS);
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    assert_true(AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL));
    assert_int_equal(GetLastError(), ERROR_NOT_ALL_ASSIGNED);
    CloseHandle(token);
}

static int set_up(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static int tear_down(void **state)
{
    (void)state;
    return ntio_stop();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(privileges_can_be_enabled),
        TEST(tokens_can_be_asked),
        TEST(another_process_has_another),
        TEST(threads_can_act_as_others),
        TEST(privileges_can_be_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
