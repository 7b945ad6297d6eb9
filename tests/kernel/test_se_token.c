/*
 * What a token tells besides its user and groups; which clients and priorities there are.
 */
#include "ob_test.h"

#include <string.h>

static void integrity_is_a_number(void **state)
{
    (void)state;
    struct {
        ULONG level, behind;
    } got = {77, 78};
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsInitialSystemProcess);
    assert_status(SeQueryInformationToken(token, TokenIntegrityLevel, (PVOID *)&got.level), STATUS_SUCCESS);
    assert_int_equal(got.level, 0x4000);
    assert_int_equal(got.behind, 78);
    PsDereferencePrimaryToken(token);
    token = PsReferencePrimaryToken(PsGetCurrentProcess());
    assert_status(SeQueryInformationToken(token, TokenIntegrityLevel, (PVOID *)&got.level), STATUS_SUCCESS);
    assert_int_equal(got.level, 0x3000);
    PsDereferencePrimaryToken(token);
}

static HANDLE open_token(void)
{
    HANDLE token;
    assert_status(NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &token), STATUS_SUCCESS);
    return token;
}

static BOOLEAN inside(const void *at, const void *room, ULONG size)
{
    return (ULONG_PTR)at >= (ULONG_PTR)room && (ULONG_PTR)at < (ULONG_PTR)room + size;
}

static void groups_and_privileges(void **state)
{
    (void)state;
    static ULONGLONG room[512], user[32], groups[256], privileges[64];
    ULONG size, length;
    HANDLE token = open_token();
    PTOKEN_GROUPS_AND_PRIVILEGES all = (PVOID)room;
    PTOKEN_USER one = (PVOID)user;
    PTOKEN_GROUPS listed = (PVOID)groups;
    PTOKEN_PRIVILEGES held = (PVOID)privileges;
    assert_status(NtQueryInformationToken(token, TokenGroupsAndPrivileges, NULL, 0, &size), STATUS_BUFFER_TOO_SMALL);
    assert_status(NtQueryInformationToken(token, TokenGroupsAndPrivileges, room, size - 1, &length),
                  STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, size);
    assert_status(NtQueryInformationToken(token, TokenGroupsAndPrivileges, room, size, &length), STATUS_SUCCESS);
    assert_int_equal(length, size);
    assert_status(NtQueryInformationToken(token, TokenUser, user, sizeof user, &length), STATUS_SUCCESS);
    assert_status(NtQueryInformationToken(token, TokenGroups, groups, sizeof groups, &length), STATUS_SUCCESS);
    assert_status(NtQueryInformationToken(token, TokenPrivileges, privileges, sizeof privileges, &length),
                  STATUS_SUCCESS);
    assert_int_equal(all->SidCount, listed->GroupCount + 1);
    assert_true(RtlEqualSid(all->Sids[0].Sid, one->User.Sid));
    ULONG sids = all->SidCount * (ULONG)sizeof(SID_AND_ATTRIBUTES);
    for (ULONG i = 0; i < all->SidCount; i++) {
        assert_true(inside(all->Sids[i].Sid, room, size));
        sids += RtlLengthSid(all->Sids[i].Sid);
        if (i == 0)
            continue;
        assert_true(RtlEqualSid(all->Sids[i].Sid, listed->Groups[i - 1].Sid));
        assert_int_equal(all->Sids[i].Attributes, listed->Groups[i - 1].Attributes);
    }
    assert_int_equal(all->SidLength, sids);
    assert_int_equal(all->RestrictedSidCount, 0);
    assert_int_equal(all->RestrictedSidLength, 0);
    assert_null(all->RestrictedSids);
    assert_int_equal(all->PrivilegeCount, held->PrivilegeCount);
    assert_int_equal(all->PrivilegeLength, held->PrivilegeCount * sizeof(LUID_AND_ATTRIBUTES));
    assert_true(inside(all->Privileges, room, size));
    assert_memory_equal(all->Privileges, held->Privileges, all->PrivilegeLength);
    NtClose(token);
}

static void no_container(void **state)
{
    (void)state;
    ULONG value = 77, length;
    ULONGLONG room[16];
    HANDLE token = open_token();
    assert_status(NtQueryInformationToken(token, TokenIsAppContainer, &value, sizeof value, &length), STATUS_SUCCESS);
    assert_int_equal(value, 0);
    assert_int_equal(length, 4);
    value = 77;
    assert_status(NtQueryInformationToken(token, TokenAppContainerNumber, &value, sizeof value, &length),
                  STATUS_SUCCESS);
    assert_int_equal(value, 0);
    assert_status(NtQueryInformationToken(token, TokenAppContainerSid, room, sizeof room, &length), STATUS_SUCCESS);
    assert_null(((PTOKEN_APPCONTAINER_INFORMATION)(PVOID)room)->TokenAppContainer);
    assert_int_equal(length, 8);
    assert_status(NtQueryInformationToken(token, TokenCapabilities, room, sizeof room, &length), STATUS_SUCCESS);
    assert_int_equal(((PTOKEN_GROUPS)(PVOID)room)->GroupCount, 0);
    assert_status(NtQueryInformationToken(token, TokenOrigin, room, sizeof room, &length), STATUS_SUCCESS);
    assert_int_equal(((PTOKEN_ORIGIN)(PVOID)room)->OriginatingLogonSession.LowPart, 0x3E7);
    assert_int_equal(length, 8);
    assert_status(NtQueryInformationToken(token, TokenLinkedToken, room, sizeof room, &length),
                  STATUS_NO_SUCH_LOGON_SESSION);
    NtClose(token);
}

static void clients_are_named_by_id(void **state)
{
    (void)state;
    HANDLE handle;
    OBJECT_ATTRIBUTES attributes;
    CLIENT_ID cid = {PsGetCurrentProcessId(), NULL};
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    assert_status(NtOpenProcess(&handle, PROCESS_QUERY_INFORMATION, &attributes, &cid), STATUS_SUCCESS);
    NtClose(handle);
    cid.UniqueThread = PsGetCurrentThreadId();
    assert_status(NtOpenProcess(&handle, PROCESS_QUERY_INFORMATION, &attributes, &cid), STATUS_SUCCESS);
    NtClose(handle);
    cid.UniqueThread = (HANDLE)(ULONG_PTR)0x123454; /* what was left uninitialised */
    assert_status(NtOpenProcess(&handle, PROCESS_QUERY_INFORMATION, &attributes, &cid), STATUS_INVALID_CID);
    cid = (CLIENT_ID){PsGetProcessId(PsInitialSystemProcess), PsGetCurrentThreadId()};
    assert_status(NtOpenProcess(&handle, PROCESS_QUERY_INFORMATION, &attributes, &cid), STATUS_INVALID_CID);
    assert_status(NtOpenProcess(&handle, PROCESS_QUERY_INFORMATION, &attributes, NULL), STATUS_INVALID_PARAMETER_MIX);
    cid = (CLIENT_ID){PsGetCurrentProcessId(), PsGetCurrentThreadId()};
    assert_status(NtOpenProcess(&handle, PROCESS_QUERY_INFORMATION, NAMED(L"\\Process", 0), &cid),
                  STATUS_INVALID_PARAMETER_MIX);
    assert_status(NtOpenThread(&handle, THREAD_QUERY_INFORMATION, NAMED(L"\\Thread", 0), &cid),
                  STATUS_INVALID_PARAMETER_MIX);
}

static void priorities(void **state)
{
    (void)state;
    KPRIORITY priority = 9;
    PAGE_PRIORITY_INFORMATION pages = {MEMORY_PRIORITY_LOW};
    assert_status(NtSetInformationThread(NtCurrentThread(), ThreadPriority, &priority, sizeof priority), STATUS_SUCCESS);
    assert_int_equal(KeQueryPriorityThread(KeGetCurrentThread()), 9);
    assert_status(NtSetInformationThread(NtCurrentThread(), ThreadPriority, &priority, sizeof priority + 1),
                  STATUS_INFO_LENGTH_MISMATCH);
    priority = LOW_PRIORITY;
    assert_status(NtSetInformationThread(NtCurrentThread(), ThreadPriority, &priority, sizeof priority),
                  STATUS_INVALID_PARAMETER);
    priority = HIGH_PRIORITY + 1;
    assert_status(NtSetInformationThread(NtCurrentThread(), ThreadPriority, &priority, sizeof priority),
                  STATUS_INVALID_PARAMETER);
    priority = LOW_REALTIME_PRIORITY; /* a privilege that is held, and not enabled */
    assert_status(NtSetInformationThread(NtCurrentThread(), ThreadPriority, &priority, sizeof priority),
                  STATUS_PRIVILEGE_NOT_HELD);
    assert_int_equal(KeQueryPriorityThread(KeGetCurrentThread()), 9);
    assert_status(NtSetInformationThread(NtCurrentThread(), ThreadPagePriority, &pages, sizeof pages), STATUS_SUCCESS);
    pages.PagePriority = MEMORY_PRIORITY_NORMAL + 1;
    assert_status(NtSetInformationThread(NtCurrentThread(), ThreadPagePriority, &pages, sizeof pages),
                  STATUS_INVALID_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(integrity_is_a_number, start, stop),
        cmocka_unit_test_setup_teardown(groups_and_privileges, start, stop),
        cmocka_unit_test_setup_teardown(no_container, start, stop),
        cmocka_unit_test_setup_teardown(clients_are_named_by_id, start, stop),
        cmocka_unit_test_setup_teardown(priorities, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
