/* Tokens made from others, and impersonation: kernel side. */
#include "rig.h"

static const SECURITY_QUALITY_OF_SERVICE by_copy = {sizeof by_copy, SecurityImpersonation, SECURITY_STATIC_TRACKING,
                                                    FALSE};

static void be(ntio_user user)
{
    assert_int_equal(ntio_set_client_user(user), 0);
}

static SECURITY_QUALITY_OF_SERVICE service(SECURITY_IMPERSONATION_LEVEL level, BOOLEAN dynamic, BOOLEAN effective_only)
{
    return (SECURITY_QUALITY_OF_SERVICE){sizeof by_copy, level, dynamic, effective_only};
}

static void clients_are_captured(void **state)
{
    (void)state;
    SECURITY_QUALITY_OF_SERVICE qos = by_copy;
    SECURITY_CLIENT_CONTEXT client, again;
    be(NTIO_USER_USER);
    PACCESS_TOKEN own = PsReferencePrimaryToken(PsGetCurrentProcess());
    assert_int_equal(SeTokenType(own), TokenPrimary);
    /* A copy. */
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &client), STATUS_SUCCESS);
    assert_ptr_not_equal(client.ClientToken, own);
    assert_false(client.DirectlyAccessClientToken);
    assert_int_equal(SeTokenType(client.ClientToken), TokenImpersonation);
    assert_int_equal(SeTokenImpersonationLevel(client.ClientToken), SecurityImpersonation);
    assert_int_equal(client.SecurityQos.ImpersonationLevel, SecurityImpersonation);
    SeDeleteClientSecurity(&client);
    /* The token itself. */
    qos = service(SecurityIdentification, SECURITY_DYNAMIC_TRACKING, TRUE);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &client), STATUS_SUCCESS);
    assert_ptr_equal(client.ClientToken, own);
    assert_true(client.DirectlyAccessClientToken);
    assert_true(client.DirectAccessEffectiveOnly);
    SeDeleteClientSecurity(&client);
    qos.ImpersonationLevel = (SECURITY_IMPERSONATION_LEVEL)4;
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &client), STATUS_INVALID_PARAMETER);
    /* A client of a client. */
    qos = by_copy;
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &client), STATUS_SUCCESS);
    SeImpersonateClient(&client, NULL);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &again), STATUS_SUCCESS);
    SeDeleteClientSecurity(&again);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, TRUE, &again), STATUS_BAD_IMPERSONATION_LEVEL);
    qos.ImpersonationLevel = SecurityDelegation;
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &again),
                     STATUS_BAD_IMPERSONATION_LEVEL);
    client.SecurityQos.ImpersonationLevel = SecurityIdentification;
    SeImpersonateClient(&client, NULL);
    qos.ImpersonationLevel = SecurityIdentification;
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &again),
                     STATUS_BAD_IMPERSONATION_LEVEL);
    PsRevertToSelf();
    SeDeleteClientSecurity(&client);
    PsDereferencePrimaryToken(own);
}

static void contexts_come_from_subjects(void **state)
{
    (void)state;
    SECURITY_QUALITY_OF_SERVICE qos = by_copy;
    SECURITY_CLIENT_CONTEXT client;
    SECURITY_SUBJECT_CONTEXT subject;
    be(NTIO_USER_USER);
    SeCaptureSubjectContext(&subject);
    be(NTIO_USER_ADMINISTRATOR);
    assert_int_equal(SeCreateClientSecurityFromSubjectContext(&subject, &qos, FALSE, &client), STATUS_SUCCESS);
    SeReleaseSubjectContext(&subject);
    assert_false(SeTokenIsAdmin(client.ClientToken));
    assert_int_equal(SeImpersonateClientEx(&client, PsGetCurrentThread()), STATUS_SUCCESS);
    SeCaptureSubjectContext(&subject);
    assert_ptr_equal(subject.ClientToken, client.ClientToken);
    assert_int_equal(subject.ImpersonationLevel, SecurityImpersonation);
    subject.ImpersonationLevel = SecurityIdentification;
    SECURITY_CLIENT_CONTEXT no;
    assert_int_equal(SeCreateClientSecurityFromSubjectContext(&subject, &qos, FALSE, &no),
                     STATUS_BAD_IMPERSONATION_LEVEL);
    SeReleaseSubjectContext(&subject);
    PsRevertThreadToSelf(PsGetCurrentThread());
    assert_false(PsIsThreadImpersonating(PsGetCurrentThread()));
    SeDeleteClientSecurity(&client);
}

static void threads_tell_whom_they_act_as(void **state)
{
    (void)state;
    BOOLEAN copies = 7, effective_only = 7;
    SECURITY_IMPERSONATION_LEVEL level;
    PACCESS_TOKEN own = PsReferencePrimaryToken(PsGetCurrentProcess()), got;
    PETHREAD thread = PsGetCurrentThread();
    assert_null(PsReferenceImpersonationToken(thread, &copies, &effective_only, &level));
    assert_int_equal(copies, 7);
    assert_int_equal(PsImpersonateClient(thread, own, TRUE, FALSE, SecurityImpersonation), STATUS_SUCCESS);
    got = PsReferenceImpersonationToken(thread, &copies, &effective_only, &level);
    assert_ptr_equal(got, own);
    assert_int_equal(copies, TRUE);
    assert_int_equal(effective_only, FALSE);
    assert_int_equal(level, SecurityImpersonation);
    PsDereferenceImpersonationToken(got);
    assert_int_equal(PsImpersonateClient(thread, own, FALSE, TRUE, SecurityAnonymous), STATUS_SUCCESS);
    got = PsReferenceImpersonationToken(thread, &copies, &effective_only, &level);
    assert_int_equal(copies, FALSE);
    assert_int_equal(effective_only, TRUE);
    assert_int_equal(level, SecurityAnonymous);
    PsDereferenceImpersonationToken(got);
    HANDLE token;
    assert_int_equal(ZwOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &token), STATUS_CANT_OPEN_ANONYMOUS);
    assert_int_equal(PsImpersonateClient(thread, NULL, FALSE, FALSE, SecurityAnonymous), STATUS_SUCCESS);
    assert_int_equal(ZwOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &token), STATUS_NO_TOKEN);
    PsDereferencePrimaryToken(own);
}

/* What is opened of a token that is to be copied is another one. */
static void opens_copy(void **state)
{
    (void)state;
    PACCESS_TOKEN own = PsReferencePrimaryToken(PsGetCurrentProcess()), opened;
    for (BOOLEAN copies = 0; copies < 2; copies++) {
        HANDLE token;
        assert_int_equal(PsImpersonateClient(PsGetCurrentThread(), own, copies, FALSE, SecurityImpersonation), 0);
        assert_int_equal(ZwOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, TRUE, OBJ_KERNEL_HANDLE, &token), 0);
        PsRevertToSelf();
        assert_int_equal(ObReferenceObjectByHandle(token, TOKEN_QUERY, *SeTokenObjectType, KernelMode, &opened, NULL),
                         STATUS_SUCCESS);
        assert_int_equal(opened == own, !copies);
        ObDereferenceObject(opened);
        assert_int_equal(ZwClose(token), 0);
    }
    PsDereferencePrimaryToken(own);
}

/* Who has not the privilege acts as another only to know who that is. */
static void not_everybody_may_impersonate(void **state)
{
    (void)state;
    BOOLEAN copies, effective_only;
    SECURITY_IMPERSONATION_LEVEL level;
    PETHREAD thread = PsGetCurrentThread();
    be(NTIO_USER_USER);
    PACCESS_TOKEN user = PsReferencePrimaryToken(PsGetCurrentProcess());
    PACCESS_TOKEN other = PsReferencePrimaryToken(PsInitialSystemProcess), got;
    assert_int_equal(PsImpersonateClient(thread, other, FALSE, FALSE, SecurityImpersonation), STATUS_SUCCESS);
    got = PsReferenceImpersonationToken(thread, &copies, &effective_only, &level);
    assert_int_equal(level, SecurityIdentification);
    assert_ptr_not_equal(got, other);
    assert_int_equal(SeTokenImpersonationLevel(got), SecurityIdentification);
    PsDereferenceImpersonationToken(got);
    /* Himself he may be. */
    assert_int_equal(PsImpersonateClient(thread, user, FALSE, FALSE, SecurityImpersonation), STATUS_SUCCESS);
    got = PsReferenceImpersonationToken(thread, &copies, &effective_only, &level);
    assert_int_equal(level, SecurityImpersonation);
    PsDereferenceImpersonationToken(got);
    PsRevertToSelf();
    PsDereferencePrimaryToken(other);
    PsDereferencePrimaryToken(user);
}

static struct {
    KEVENT acting, done;
    PETHREAD thread;
    BOOLEAN acted, reverted;
} other;

static VOID NTAPI act(PVOID context)
{
    (void)context;
    other.thread = PsGetCurrentThread();
    KeSetEvent(&other.acting, 0, FALSE);
    KeWaitForSingleObject(&other.done, Executive, KernelMode, FALSE, NULL);
    SECURITY_SUBJECT_CONTEXT subject;
    SeCaptureSubjectContext(&subject);
    other.acted = subject.ClientToken != NULL && !SeTokenIsAdmin(subject.ClientToken);
    SeReleaseSubjectContext(&subject);
    KeSetEvent(&other.acting, 0, FALSE);
    KeWaitForSingleObject(&other.done, Executive, KernelMode, FALSE, NULL);
    other.reverted = !PsIsThreadImpersonating(PsGetCurrentThread());
}

static void another_thread_can_be_made_to_act(void *context)
{
    HANDLE handle;
    PVOID thread;
    SECURITY_CLIENT_CONTEXT *client = context;
    KeInitializeEvent(&other.acting, SynchronizationEvent, FALSE);
    KeInitializeEvent(&other.done, SynchronizationEvent, FALSE);
    assert_int_equal(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, act, NULL), 0);
    assert_int_equal(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode, &thread, NULL), 0);
    ZwClose(handle);
    KeWaitForSingleObject(&other.acting, Executive, KernelMode, FALSE, NULL);
    SeImpersonateClient(client, other.thread);
    KeSetEvent(&other.done, 0, FALSE);
    KeWaitForSingleObject(&other.acting, Executive, KernelMode, FALSE, NULL);
    PsRevertThreadToSelf(other.thread);
    KeSetEvent(&other.done, 0, FALSE);
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(thread);
    assert_true(other.acted);
    assert_true(other.reverted);
}

static void system_threads_act_as_clients(void **state)
{
    (void)state;
    SECURITY_QUALITY_OF_SERVICE qos = by_copy;
    SECURITY_CLIENT_CONTEXT client;
    be(NTIO_USER_USER);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &client), 0);
    ntio_run_in_kernel(another_thread_can_be_made_to_act, &client);
    SeDeleteClientSecurity(&client);
}

/* --- less than before --- */

static ULONG attributes_of(PACCESS_TOKEN token, PSID sid)
{
    PTOKEN_GROUPS groups;
    ULONG found = 0;
    assert_int_equal(SeQueryInformationToken(token, TokenGroups, (PVOID *)&groups), 0);
    const SID_AND_ATTRIBUTES *all = groups->Groups;
    for (ULONG i = 0; i < groups->GroupCount; i++)
        if (RtlEqualSid(all[i].Sid, sid))
            found = all[i].Attributes;
    ExFreePool(groups);
    return found;
}

static ULONG privileges_of(PACCESS_TOKEN token)
{
    PTOKEN_PRIVILEGES list;
    assert_int_equal(SeQueryInformationToken(token, TokenPrivileges, (PVOID *)&list), 0);
    ULONG count = list->PrivilegeCount;
    ExFreePool(list);
    return count;
}

static void tokens_are_filtered(void **state)
{
    (void)state;
    PACCESS_TOKEN own = PsReferencePrimaryToken(PsGetCurrentProcess()), less, even_less;
    TOKEN_GROUPS sids = {1, {{SeExports->SeAliasAdminsSid, 0}}};
    TOKEN_PRIVILEGES gone = {1, {{RtlConvertUlongToLuid(SE_DEBUG_PRIVILEGE), 0}}};
    ULONG before = privileges_of(own);
    assert_int_equal(SeFilterToken(own, 0, &sids, &gone, NULL, &less), STATUS_SUCCESS);
    assert_int_equal(SeTokenType(less), TokenPrimary);
    assert_true(SeTokenIsAdmin(own));
    assert_false(SeTokenIsAdmin(less));
    assert_false(SeTokenIsRestricted(less));
    assert_int_equal(attributes_of(less, SeExports->SeAliasAdminsSid), SE_GROUP_USE_FOR_DENY_ONLY);
    assert_int_equal(privileges_of(less), before - 1);
    assert_int_equal(privileges_of(own), before);
    ObDereferenceObject(less);
    /* Restricted: what both lists let in. */
    sids.Groups[0].Sid = SeExports->SeWorldSid;
    assert_int_equal(SeFilterToken(own, DISABLE_MAX_PRIVILEGE, NULL, NULL, &sids, &less), STATUS_SUCCESS);
    assert_true(SeTokenIsRestricted(less));
    assert_false(SeTokenIsAdmin(less));
    assert_int_equal(privileges_of(less), 1);
    sids.Groups[0].Sid = SeExports->SeRestrictedSid;
    assert_int_equal(SeFilterToken(less, 0, NULL, NULL, &sids, &even_less), STATUS_SUCCESS);
    PTOKEN_GROUPS list;
    assert_int_equal(SeQueryInformationToken(even_less, TokenRestrictedSids, (PVOID *)&list), 0);
    assert_int_equal(list->GroupCount, 0);
    ExFreePool(list);
    ObDereferenceObject(even_less);
    ObDereferenceObject(less);
    assert_int_equal(SeFilterToken(own, LUA_TOKEN | WRITE_RESTRICTED, NULL, NULL, &sids, &less), STATUS_SUCCESS);
    assert_int_equal(privileges_of(less), 5);
    assert_true(SeTokenIsWriteRestricted(less));
    assert_false(SeTokenIsWriteRestricted(own));
    ObDereferenceObject(less);
    sids.Groups[0].Attributes = SE_GROUP_ENABLED;
    assert_int_equal(SeFilterToken(own, 0, &sids, NULL, NULL, &less), STATUS_INVALID_PARAMETER);
    assert_int_equal(SeFilterToken(own, 0x10, NULL, NULL, NULL, &less), STATUS_INVALID_PARAMETER);
    PsDereferencePrimaryToken(own);
}

/* Reading is not restricted, writing is. */
static void restricted_in_writing(void **state)
{
    (void)state;
    static GENERIC_MAPPING mapping = {1, 2, 4, 7};
    PACCESS_TOKEN own = PsReferencePrimaryToken(PsGetCurrentProcess()), less;
    TOKEN_GROUPS sids = {1, {{SeExports->SeRestrictedSid, 0}}};
    SECURITY_SUBJECT_CONTEXT subject;
    SECURITY_DESCRIPTOR sd;
    union {
        ACL acl;
        UCHAR room[128];
    } dacl;
    ACCESS_MASK granted;
    NTSTATUS status;
    assert_int_equal(SeFilterToken(own, WRITE_RESTRICTED, NULL, NULL, &sids, &less), STATUS_SUCCESS);
    RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(&dacl.acl, sizeof dacl, ACL_REVISION);
    RtlAddAccessAllowedAce(&dacl.acl, ACL_REVISION, 7, SeExports->SeWorldSid);
    RtlSetDaclSecurityDescriptor(&sd, TRUE, &dacl.acl, FALSE);
    assert_int_equal(PsImpersonateClient(PsGetCurrentThread(), less, FALSE, FALSE, SecurityImpersonation), 0);
    SeCaptureSubjectContext(&subject);
    assert_true(SeAccessCheck(&sd, &subject, FALSE, 1, 0, NULL, &mapping, UserMode, &granted, &status));
    assert_int_equal(granted, 1);
    assert_false(SeAccessCheck(&sd, &subject, FALSE, 2, 0, NULL, &mapping, UserMode, &granted, &status));
    assert_int_equal(status, STATUS_ACCESS_DENIED);
    assert_true(SeAccessCheck(&sd, &subject, FALSE, MAXIMUM_ALLOWED, 0, NULL, &mapping, UserMode, &granted, &status));
    assert_int_equal(granted, 5);
    SeReleaseSubjectContext(&subject);
    PsRevertToSelf();
    ObDereferenceObject(less);
    PsDereferencePrimaryToken(own);
}

/* --- the services --- */

static NTSTATUS duplicate(HANDLE token, SECURITY_IMPERSONATION_LEVEL level, BOOLEAN effective_only, TOKEN_TYPE type,
                          PHANDLE copy)
{
    SECURITY_QUALITY_OF_SERVICE qos = service(level, FALSE, FALSE);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    attributes.SecurityQualityOfService = &qos;
    return ZwDuplicateToken(token, 0, &attributes, effective_only, type, copy);
}

static void tokens_are_duplicated(void *context)
{
    (void)context;
    HANDLE token, one, two;
    PACCESS_TOKEN body;
    assert_int_equal(ZwOpenProcessTokenEx(NtCurrentProcess(), TOKEN_ALL_ACCESS, OBJ_KERNEL_HANDLE, &token), 0);
    assert_int_equal(duplicate(token, SecurityIdentification, FALSE, (TOKEN_TYPE)3, &one), STATUS_INVALID_PARAMETER);
    assert_int_equal(duplicate(token, (SECURITY_IMPERSONATION_LEVEL)4, FALSE, TokenImpersonation, &one),
                     STATUS_BAD_IMPERSONATION_LEVEL);
    assert_int_equal(duplicate(token, SecurityIdentification, FALSE, TokenImpersonation, &one), STATUS_SUCCESS);
    assert_int_equal(duplicate(one, SecurityImpersonation, FALSE, TokenImpersonation, &two),
                     STATUS_BAD_IMPERSONATION_LEVEL);
    assert_int_equal(duplicate(one, SecurityAnonymous, FALSE, TokenPrimary, &two), STATUS_BAD_IMPERSONATION_LEVEL);
    assert_int_equal(ZwClose(one), 0);
    assert_int_equal(duplicate(token, SecurityImpersonation, TRUE, TokenImpersonation, &one), STATUS_SUCCESS);
    assert_int_equal(ObReferenceObjectByHandle(one, TOKEN_ALL_ACCESS, *SeTokenObjectType, KernelMode, &body, NULL),
                     STATUS_SUCCESS);
    PACCESS_TOKEN own = PsReferencePrimaryToken(PsGetCurrentProcess());
    assert_true(privileges_of(body) < privileges_of(own)); /* only the enabled ones */
    PsDereferencePrimaryToken(own);
    ObDereferenceObject(body);
    assert_int_equal(duplicate(one, SecurityAnonymous, FALSE, TokenPrimary, &two), STATUS_SUCCESS);
    assert_int_equal(ZwClose(two), 0);
    /* Used by a thread; a primary one cannot be. */
    assert_int_equal(ZwSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &token, sizeof token),
                     STATUS_BAD_TOKEN_TYPE);
    assert_int_equal(ZwSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &one, 4),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(ZwSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &one, sizeof one), 0);
    assert_true(PsIsThreadImpersonating(PsGetCurrentThread()));
    two = NULL;
    assert_int_equal(ZwSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &two, sizeof two), 0);
    assert_false(PsIsThreadImpersonating(PsGetCurrentThread()));
    assert_int_equal(ZwClose(one), 0);
    assert_int_equal(ZwClose(token), 0);
}

static void duplicates(void **state)
{
    (void)state;
    ntio_run_in_kernel(tokens_are_duplicated, NULL);
}

static void defaults_can_be_set(void **state)
{
    (void)state;
    HANDLE token, copy;
    TOKEN_OWNER owner = {SeExports->SeAliasAdminsSid};
    TOKEN_PRIMARY_GROUP group = {SeExports->SeAliasUsersSid};
    TOKEN_DEFAULT_DACL dacl = {NULL};
    union {
        ACL acl;
        UCHAR room[64];
    } list;
    union {
        TOKEN_DEFAULT_DACL dacl;
        TOKEN_OWNER owner;
        UCHAR room[256];
    } answer;
    ULONG size;
    assert_int_equal(NtOpenProcessToken(NtCurrentProcess(), TOKEN_ALL_ACCESS, &token), 0);
    assert_int_equal(NtDuplicateToken(token, TOKEN_ADJUST_DEFAULT | TOKEN_QUERY, NULL, FALSE, TokenPrimary, &copy), 0);
    assert_int_equal(NtSetInformationToken(copy, TokenOwner, &owner, sizeof owner), STATUS_SUCCESS);
    owner.Owner = SeExports->SeLocalSystemSid;
    assert_int_equal(NtSetInformationToken(copy, TokenOwner, &owner, sizeof owner), STATUS_INVALID_OWNER);
    assert_int_equal(NtSetInformationToken(copy, TokenOwner, &owner, 4), STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(NtQueryInformationToken(copy, TokenOwner, &answer, sizeof answer, &size), 0);
    assert_true(RtlEqualSid(answer.owner.Owner, SeExports->SeAliasAdminsSid));
    assert_int_equal(NtSetInformationToken(copy, TokenPrimaryGroup, &group, sizeof group), STATUS_SUCCESS);
    group.PrimaryGroup = SeExports->SeLocalSystemSid;
    assert_int_equal(NtSetInformationToken(copy, TokenPrimaryGroup, &group, sizeof group),
                     STATUS_INVALID_PRIMARY_GROUP);
    assert_int_equal(NtSetInformationToken(copy, TokenUser, &group, sizeof group), STATUS_INVALID_INFO_CLASS);
    RtlCreateAcl(&list.acl, 28, ACL_REVISION);
    RtlAddAccessAllowedAce(&list.acl, ACL_REVISION, GENERIC_ALL, SeExports->SeWorldSid);
    dacl.DefaultDacl = &list.acl;
    assert_int_equal(NtSetInformationToken(copy, TokenDefaultDacl, &dacl, sizeof dacl), STATUS_SUCCESS);
    assert_int_equal(NtQueryInformationToken(copy, TokenDefaultDacl, &answer, sizeof answer, &size), 0);
    assert_int_equal(size, sizeof(PVOID) + 28);
    assert_memory_equal(answer.dacl.DefaultDacl, &list, 28);
    list.acl.AclRevision = 9;
    assert_int_equal(NtSetInformationToken(copy, TokenDefaultDacl, &dacl, sizeof dacl), STATUS_INVALID_ACL);
    dacl.DefaultDacl = NULL;
    assert_int_equal(NtSetInformationToken(copy, TokenDefaultDacl, &dacl, sizeof dacl), STATUS_SUCCESS);
    assert_int_equal(NtQueryInformationToken(copy, TokenDefaultDacl, &answer, sizeof answer, &size), 0);
    assert_null(answer.dacl.DefaultDacl);
    NtClose(copy);
    NtClose(token);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clients_are_captured),
        TEST(contexts_come_from_subjects),
        TEST(threads_tell_whom_they_act_as),
        TEST(opens_copy),
        TEST(not_everybody_may_impersonate),
        TEST(system_threads_act_as_clients),
        TEST(tokens_are_filtered),
        TEST(restricted_in_writing),
        TEST(duplicates),
        TEST(defaults_can_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
