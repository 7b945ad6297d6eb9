/* Tokens and the access check. */
#include "rig.h"

/* --- what the tests build descriptors from --- */

static GENERIC_MAPPING mapping = {0x20001, 0x20002, 0x20004, 0x1F000F};

struct ace {
    UCHAR type, flags;
    ACCESS_MASK mask;
    PSID sid;
};

static struct {
    UCHAR acl[256] __attribute__((aligned(8)));
    SECURITY_DESCRIPTOR sd;
} made;

static PSECURITY_DESCRIPTOR build(PSID owner, const struct ace *aces, size_t count)
{
    PACL acl = (PACL)made.acl;
    RtlCreateSecurityDescriptor(&made.sd, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&made.sd, owner, FALSE);
    RtlCreateAcl(acl, sizeof made.acl, ACL_REVISION);
    for (size_t i = 0; i < count; i++) {
        NTSTATUS status =
            aces[i].type == ACCESS_ALLOWED_ACE_TYPE
                ? RtlAddAccessAllowedAceEx(acl, ACL_REVISION, aces[i].flags, aces[i].mask, aces[i].sid)
                : RtlAddAccessDeniedAce(acl, ACL_REVISION, aces[i].mask, aces[i].sid);
        assert_int_equal(status, 0);
    }
    RtlSetDaclSecurityDescriptor(&made.sd, TRUE, acl, FALSE);
    return &made.sd;
}
#define BUILD(owner, ...)                                                                                    \
    build(owner, (const struct ace[]){__VA_ARGS__},                                                          \
          sizeof((const struct ace[]){__VA_ARGS__}) / sizeof(struct ace))
#define ALLOW(mask, sid)                                                                                     \
    {                                                                                                        \
        ACCESS_ALLOWED_ACE_TYPE, 0, mask, SeExports->Se##sid##Sid                                            \
    }
#define DENY(mask, sid)                                                                                      \
    {                                                                                                        \
        ACCESS_DENIED_ACE_TYPE, 0, mask, SeExports->Se##sid##Sid                                             \
    }

static struct {
    ACCESS_MASK granted;
    NTSTATUS status;
    ULONG privilege; /* the only one used, or 0 */
} result;

/* As the client, whose thread this is. */
static BOOLEAN check(PSECURITY_DESCRIPTOR sd, ACCESS_MASK desired, ACCESS_MASK previous)
{
    SECURITY_SUBJECT_CONTEXT subject;
    PPRIVILEGE_SET used = NULL;
    SeCaptureSubjectContext(&subject);
    SeLockSubjectContext(&subject);
    BOOLEAN yes = SeAccessCheck(sd, &subject, TRUE, desired, previous, &used, &mapping, UserMode,
                                &result.granted, &result.status);
    SeUnlockSubjectContext(&subject);
    SeReleaseSubjectContext(&subject);
    result.privilege = used ? used->Privilege[0].Luid.LowPart : 0;
    if (used)
        SeFreePrivileges(used);
    assert_int_equal(yes, NT_SUCCESS(result.status));
    return yes;
}

static void be(ntio_user user)
{
    assert_int_equal(ntio_set_client_user(user), 0);
}

#define GRANTS(sd, desired, previous, all)                                                                   \
    do {                                                                                                     \
        assert_true(check(sd, desired, previous));                                                           \
        assert_int_equal(result.granted, all);                                                               \
    } while (0)
#define REFUSES(sd, desired, previous, why)                                                                  \
    do {                                                                                                     \
        assert_false(check(sd, desired, previous));                                                          \
        assert_int_equal(result.granted, 0);                                                                 \
        assert_int_equal(result.status, why);                                                                \
    } while (0)

/* --- the check --- */

static void the_first_entry_about_a_right_decides(void **state)
{
    (void)state;
    be(NTIO_USER_USER);
    PSECURITY_DESCRIPTOR sd = BUILD(SeExports->SeLocalSystemSid, DENY(1, World), ALLOW(3, AliasUsers));
    REFUSES(sd, 1, 0, STATUS_ACCESS_DENIED);
    GRANTS(sd, 2, 0, 2);
    REFUSES(sd, 3, 0, STATUS_ACCESS_DENIED);
    GRANTS(sd, MAXIMUM_ALLOWED, 0, 2);
    sd = BUILD(SeExports->SeLocalSystemSid, ALLOW(3, AliasUsers), DENY(1, World));
    GRANTS(sd, 3, 0, 3);
    GRANTS(sd, MAXIMUM_ALLOWED, 0, 3);
    /* Gathered from several entries. */
    sd = BUILD(SeExports->SeLocalSystemSid, ALLOW(1, World), ALLOW(2, Interactive), ALLOW(4, AliasAdmins));
    GRANTS(sd, 3, 0, 3);
    REFUSES(sd, 7, 0, STATUS_ACCESS_DENIED);
    GRANTS(sd, MAXIMUM_ALLOWED, 0, 3);
    REFUSES(sd, MAXIMUM_ALLOWED | 4, 0, STATUS_ACCESS_DENIED);
    GRANTS(sd, MAXIMUM_ALLOWED | 1, 0, 3);
    be(NTIO_USER_ADMINISTRATOR);
    GRANTS(sd, 7, 0, 7);
}

static void lists_can_be_empty_null_or_absent(void **state)
{
    (void)state;
    SECURITY_DESCRIPTOR sd;
    be(NTIO_USER_USER);
    build(SeExports->SeLocalSystemSid, NULL, 0);
    REFUSES(&made.sd, 1, 0, STATUS_ACCESS_DENIED);
    REFUSES(&made.sd, MAXIMUM_ALLOWED, 0, STATUS_ACCESS_DENIED);
    GRANTS(&made.sd, MAXIMUM_ALLOWED, 4, 4);
    RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
    GRANTS(&sd, 5, 0, 5);
    GRANTS(&sd, MAXIMUM_ALLOWED, 0, 0x1F000F);
    RtlSetDaclSecurityDescriptor(&sd, TRUE, NULL, FALSE);
    GRANTS(&sd, 5, 0, 5);
    REFUSES(NULL, 1, 0, STATUS_ACCESS_DENIED);
}

static void generic_rights_are_mapped(void **state)
{
    (void)state;
    be(NTIO_USER_USER);
    PSECURITY_DESCRIPTOR sd = BUILD(SeExports->SeLocalSystemSid, ALLOW(0x20003, World));
    GRANTS(sd, GENERIC_READ, 0, 0x20001);
    GRANTS(sd, GENERIC_READ | GENERIC_WRITE, 0, 0x20003);
    REFUSES(sd, GENERIC_EXECUTE, 0, STATUS_ACCESS_DENIED);
    REFUSES(sd, GENERIC_ALL, 0, STATUS_ACCESS_DENIED);
    /* In an entry they mean nothing until a descriptor is assigned. */
    sd = BUILD(SeExports->SeLocalSystemSid, ALLOW(GENERIC_READ, World));
    REFUSES(sd, GENERIC_READ, 0, STATUS_ACCESS_DENIED);
}

static void what_was_granted_before_counts(void **state)
{
    (void)state;
    be(NTIO_USER_USER);
    PSECURITY_DESCRIPTOR sd = BUILD(SeExports->SeLocalSystemSid, ALLOW(1, World));
    GRANTS(sd, 0, 8, 8);
    REFUSES(sd, 0, 0, STATUS_ACCESS_DENIED);
    GRANTS(sd, 1, 8, 9);
    GRANTS(sd, 8, 8, 8);
    REFUSES(sd, 2, 8, STATUS_ACCESS_DENIED);
    GRANTS(sd, MAXIMUM_ALLOWED, 8, 9);
}

static void an_owner_reads_and_changes_the_list(void **state)
{
    (void)state;
    be(NTIO_USER_ADMINISTRATOR);
    PSECURITY_DESCRIPTOR sd = BUILD(SeExports->SeAliasAdminsSid, DENY(READ_CONTROL | WRITE_DAC | 1, World));
    GRANTS(sd, READ_CONTROL | WRITE_DAC, 0, READ_CONTROL | WRITE_DAC);
    GRANTS(sd, MAXIMUM_ALLOWED, 0, READ_CONTROL | WRITE_DAC);
    REFUSES(sd, READ_CONTROL | 1, 0, STATUS_ACCESS_DENIED);
    be(NTIO_USER_USER);
    REFUSES(sd, READ_CONTROL, 0, STATUS_ACCESS_DENIED);
    be(NTIO_USER_ADMINISTRATOR);
    /* Unless an entry for the owner says otherwise. */
    sd = BUILD(SeExports->SeAliasAdminsSid, ALLOW(READ_CONTROL, OwnerRights));
    GRANTS(sd, READ_CONTROL, 0, READ_CONTROL);
    REFUSES(sd, WRITE_DAC, 0, STATUS_ACCESS_DENIED);
}

static void entries_for_objects_below_do_not_count(void **state)
{
    (void)state;
    be(NTIO_USER_USER);
    PSECURITY_DESCRIPTOR sd =
        BUILD(SeExports->SeLocalSystemSid,
              {ACCESS_ALLOWED_ACE_TYPE, INHERIT_ONLY_ACE | CONTAINER_INHERIT_ACE, 3, SeExports->SeWorldSid});
    REFUSES(sd, 1, 0, STATUS_ACCESS_DENIED);
}

static void the_system_list_needs_a_privilege(void **state)
{
    (void)state;
    PSECURITY_DESCRIPTOR sd =
        BUILD(SeExports->SeLocalSystemSid, ALLOW(0x1F000F | ACCESS_SYSTEM_SECURITY, World));
    be(NTIO_USER_USER);
    REFUSES(sd, ACCESS_SYSTEM_SECURITY | 1, 0, STATUS_PRIVILEGE_NOT_HELD);
    be(NTIO_USER_ADMINISTRATOR); /* held, but not enabled */
    REFUSES(sd, ACCESS_SYSTEM_SECURITY, 0, STATUS_PRIVILEGE_NOT_HELD);
}

static void restricted_tokens_pass_twice(void **state)
{
    (void)state;
    be(NTIO_USER_RESTRICTED);
    PSECURITY_DESCRIPTOR sd = BUILD(SeExports->SeLocalSystemSid, ALLOW(7, World), ALLOW(1, Restricted));
    GRANTS(sd, 1, 0, 1);
    REFUSES(sd, 3, 0, STATUS_ACCESS_DENIED);
    GRANTS(sd, MAXIMUM_ALLOWED, 0, 1);
    sd = BUILD(SeExports->SeLocalSystemSid, ALLOW(7, Restricted));
    REFUSES(sd, 1, 0, STATUS_ACCESS_DENIED);
    /* A deny-only group denies, and allows nothing. */
    sd = BUILD(SeExports->SeLocalSystemSid, DENY(1, AliasAdmins), ALLOW(3, World), ALLOW(3, Restricted));
    REFUSES(sd, 1, 0, STATUS_ACCESS_DENIED);
    GRANTS(sd, 2, 0, 2);
    sd = BUILD(SeExports->SeLocalSystemSid, ALLOW(3, AliasAdmins), ALLOW(3, Restricted));
    REFUSES(sd, 2, 0, STATUS_ACCESS_DENIED);
}

static void kernel_mode_gets_what_it_wants(void **state)
{
    (void)state;
    SECURITY_SUBJECT_CONTEXT subject;
    ACCESS_MASK granted;
    NTSTATUS status;
    be(NTIO_USER_USER);
    PSECURITY_DESCRIPTOR sd = build(SeExports->SeLocalSystemSid, NULL, 0);
    SeCaptureSubjectContext(&subject);
    assert_true(SeAccessCheck(sd, &subject, FALSE, 5, 8, NULL, &mapping, KernelMode, &granted, &status));
    assert_int_equal(granted, 13);
    assert_int_equal(status, 0);
    assert_true(SeAccessCheck(sd, &subject, FALSE, MAXIMUM_ALLOWED, 0, NULL, &mapping, KernelMode, &granted,
                              &status));
    assert_int_equal(granted, 0x1F000F);
    SeReleaseSubjectContext(&subject);
}

/* --- tokens --- */

static LUID luid(ULONG low)
{
    return (LUID){low, 0};
}

static void privileges_are_those_of_the_user(void **state)
{
    (void)state;
    SECURITY_SUBJECT_CONTEXT subject;
    struct {
        ULONG count, control;
        LUID_AND_ATTRIBUTES set[2];
    } two = {2,
             PRIVILEGE_SET_ALL_NECESSARY,
             {{SeExports->SeChangeNotifyPrivilege, 0}, {SeExports->SeDebugPrivilege, 0}}};
    assert_true(SeSinglePrivilegeCheck(luid(SE_CHANGE_NOTIFY_PRIVILEGE), UserMode));
    assert_true(SeSinglePrivilegeCheck(luid(SE_IMPERSONATE_PRIVILEGE), UserMode));
    assert_false(SeSinglePrivilegeCheck(luid(SE_LOAD_DRIVER_PRIVILEGE), UserMode)); /* not enabled */
    assert_true(SeSinglePrivilegeCheck(luid(SE_LOAD_DRIVER_PRIVILEGE), KernelMode));
    assert_false(SeSinglePrivilegeCheck((LUID){SE_CHANGE_NOTIFY_PRIVILEGE, 1}, UserMode));
    assert_false(SeSinglePrivilegeCheck(luid(200), UserMode));
    SeCaptureSubjectContext(&subject);
    assert_false(SePrivilegeCheck((PPRIVILEGE_SET)&two, &subject, UserMode));
    two.control = 0;
    assert_true(SePrivilegeCheck((PPRIVILEGE_SET)&two, &subject, UserMode));
    assert_int_equal(two.set[0].Attributes, SE_PRIVILEGE_USED_FOR_ACCESS);
    assert_int_equal(two.set[1].Attributes, 0);
    SeReleaseSubjectContext(&subject);
    be(NTIO_USER_SYSTEM);
    assert_true(SeSinglePrivilegeCheck(luid(SE_TCB_PRIVILEGE), UserMode));
    be(NTIO_USER_USER);
    assert_false(SeSinglePrivilegeCheck(luid(SE_IMPERSONATE_PRIVILEGE), UserMode));
    assert_true(SeSinglePrivilegeCheck(luid(SE_CHANGE_NOTIFY_PRIVILEGE), UserMode));
}

static void tokens_tell_who_they_are(void **state)
{
    (void)state;
    PVOID block;
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsInitialSystemProcess);
    LUID id;
    assert_int_equal(SeQueryInformationToken(token, TokenUser, &block), 0);
    assert_true(RtlEqualSid(((PTOKEN_USER)block)->User.Sid, SeExports->SeLocalSystemSid));
    ExFreePool(block);
    assert_true(SeTokenIsAdmin(token));
    assert_false(SeTokenIsRestricted(token));
    assert_int_equal(SeTokenType(token), TokenPrimary);
    assert_int_equal(SeQueryAuthenticationIdToken(token, &id), 0);
    assert_int_equal(id.LowPart, 0x3E7);
    PsDereferencePrimaryToken(token);

    be(NTIO_USER_RESTRICTED);
    token = PsReferencePrimaryToken(PsGetCurrentProcess());
    assert_false(SeTokenIsAdmin(token));
    assert_true(SeTokenIsRestricted(token));
    assert_int_equal(SeQueryInformationToken(token, TokenGroups, &block), 0);
    PTOKEN_GROUPS groups = block;
    int found = 0;
    for (ULONG i = 0; i < groups->GroupCount; i++)
        if (RtlEqualSid(groups->Groups[i].Sid, SeExports->SeAliasAdminsSid))
            found = groups->Groups[i].Attributes == SE_GROUP_USE_FOR_DENY_ONLY;
    assert_true(found);
    ExFreePool(block);
    assert_int_equal(SeQueryInformationToken(token, TokenRestrictedSids, &block), 0);
    assert_int_equal(((PTOKEN_GROUPS)block)->GroupCount, 2);
    ExFreePool(block);
    assert_int_equal(SeQueryInformationToken(token, TokenPrivileges, &block), 0);
    assert_int_equal(((PTOKEN_PRIVILEGES)block)->PrivilegeCount, 1);
    ExFreePool(block);
    assert_int_equal(SeQueryInformationToken(token, TokenDefaultDacl, &block), 0);
    assert_true(RtlValidAcl(((PTOKEN_DEFAULT_DACL)block)->DefaultDacl));
    ExFreePool(block);
    ULONG session = 77;
    assert_int_equal(SeQueryInformationToken(token, TokenSessionId, (PVOID *)&session), 0);
    assert_int_equal(session, 1);
    assert_int_equal(SeQueryInformationToken(token, TokenImpersonationLevel, &block),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal(SeQueryInformationToken(token, 99, &block), STATUS_INVALID_INFO_CLASS);
    PsDereferencePrimaryToken(token);
}

static void a_thread_can_act_as_another(void **state)
{
    (void)state;
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityImpersonation, SECURITY_STATIC_TRACKING, FALSE};
    SECURITY_CLIENT_CONTEXT client;
    SECURITY_SUBJECT_CONTEXT subject;
    be(NTIO_USER_USER);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &client), 0);
    be(NTIO_USER_ADMINISTRATOR);
    PSECURITY_DESCRIPTOR sd = BUILD(SeExports->SeLocalSystemSid, ALLOW(1, AliasAdmins));
    GRANTS(sd, 1, 0, 1);
    assert_int_equal(SeImpersonateClientEx(&client, NULL), 0);
    assert_true(PsIsThreadImpersonating(PsGetCurrentThread()));
    REFUSES(sd, 1, 0, STATUS_ACCESS_DENIED);
    SeCaptureSubjectContext(&subject);
    assert_ptr_equal(SeQuerySubjectContextToken(&subject), client.ClientToken);
    assert_false(SeTokenIsAdmin(SeQuerySubjectContextToken(&subject)));
    SeReleaseSubjectContext(&subject);
    client.SecurityQos.ImpersonationLevel = SecurityIdentification;
    SeImpersonateClient(&client, NULL);
    REFUSES(sd, 1, 0, STATUS_BAD_IMPERSONATION_LEVEL);
    assert_false(SeSinglePrivilegeCheck(luid(SE_IMPERSONATE_PRIVILEGE), UserMode));
    PsRevertToSelf();
    assert_false(PsIsThreadImpersonating(PsGetCurrentThread()));
    GRANTS(sd, 1, 0, 1);
    SeDeleteClientSecurity(&client);
}

/* --- assigning --- */

static void new_objects_get_their_descriptor(void **state)
{
    (void)state;
    SECURITY_SUBJECT_CONTEXT subject;
    PSECURITY_DESCRIPTOR got, plain;
    BOOLEAN present, defaulted;
    PACL acl;
    PSID owner;
    PACCESS_ALLOWED_ACE ace;
    be(NTIO_USER_USER);
    SeCaptureSubjectContext(&subject);
    /* Nothing said: the token's defaults, generic rights mapped. */
    assert_int_equal(SeAssignSecurity(NULL, NULL, &got, FALSE, &subject, &mapping, PagedPool), 0);
    assert_int_equal(RtlGetDaclSecurityDescriptor(got, &present, &acl, &defaulted), 0);
    assert_true(present && acl);
    assert_int_equal(acl->AceCount, 3);
    assert_int_equal(RtlGetAce(acl, 0, (PVOID *)&ace), 0);
    assert_int_equal(ace->Mask, 0x1F000F);
    assert_int_equal(RtlGetOwnerSecurityDescriptor(got, &owner, &defaulted), 0);
    assert_true(RtlEqualSid(owner, &ace->SidStart));
    GRANTS(got, GENERIC_ALL, 0, 0x1F000F);
    assert_int_equal(SeDeassignSecurity(&got), 0);
    assert_null(got);
    /* The maker becomes the creator that the parent's inheritable entry is about. */
    plain = BUILD(NULL,
                  {ACCESS_ALLOWED_ACE_TYPE, OBJECT_INHERIT_ACE | INHERIT_ONLY_ACE, GENERIC_WRITE,
                   SeExports->SeCreatorOwnerSid},
                  ALLOW(4, World));
    assert_int_equal(SeAssignSecurity(plain, NULL, &got, FALSE, &subject, &mapping, PagedPool), 0);
    GRANTS(got, MAXIMUM_ALLOWED, 0, 0x20002 | READ_CONTROL | WRITE_DAC);
    assert_int_equal(SeDeassignSecurity(&got), 0);
    /* Given: mapped. Another's owner only with a privilege. */
    plain = BUILD(NULL, ALLOW(GENERIC_READ, World));
    assert_int_equal(SeAssignSecurity(NULL, plain, &got, FALSE, &subject, &mapping, PagedPool), 0);
    GRANTS(got, GENERIC_READ, 0, 0x20001);
    /* Changing it. */
    ULONG size = 0;
    SECURITY_INFORMATION what = DACL_SECURITY_INFORMATION;
    assert_int_equal(SeQuerySecurityDescriptorInfo(&what, NULL, &size, &got), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 20 + 28);
    PSECURITY_DESCRIPTOR old = got;
    plain = BUILD(NULL, ALLOW(GENERIC_EXECUTE, World));
    assert_int_equal(SeSetSecurityDescriptorInfo(NULL, &what, plain, &got, PagedPool, &mapping), 0);
    GRANTS(got, MAXIMUM_ALLOWED, 0, 0x20004 | READ_CONTROL | WRITE_DAC);
    SeDeassignSecurity(&old);
    SeDeassignSecurity(&got);
    assert_int_equal(SeSetSecurityDescriptorInfo(NULL, &what, plain, &got, PagedPool, &mapping),
                     STATUS_NO_SECURITY_ON_OBJECT);
    SECURITY_DESCRIPTOR absolute;
    got = &absolute;
    RtlCreateSecurityDescriptor(got, SECURITY_DESCRIPTOR_REVISION);
    assert_int_equal(SeSetSecurityDescriptorInfo(NULL, &what, plain, &got, PagedPool, &mapping),
                     STATUS_BAD_DESCRIPTOR_FORMAT);
    assert_ptr_equal(got, &absolute);
    SeReleaseSubjectContext(&subject);
}

static void only_a_privilege_gives_objects_away(void **state)
{
    (void)state;
    SECURITY_DESCRIPTOR sd;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    HANDLE handle;
    be(NTIO_USER_USER);
    RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&sd, SeExports->SeLocalSystemSid, FALSE);
    RtlInitUnicodeString(&name, L"\\BaseNamedObjects\\Given");
    InitializeObjectAttributes(&attributes, &name, 0, NULL, &sd);
    assert_int_equal(NtCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                     STATUS_INVALID_OWNER);
    ULONG dead = 0;
    attributes.SecurityDescriptor = &dead;
    assert_int_equal(NtCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                     STATUS_UNKNOWN_REVISION);
    attributes.SecurityDescriptor = (PVOID)(ULONG_PTR)0x10;
    assert_int_equal(NtCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                     STATUS_ACCESS_VIOLATION);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_first_entry_about_a_right_decides),
        T(lists_can_be_empty_null_or_absent),
        T(generic_rights_are_mapped),
        T(what_was_granted_before_counts),
        T(an_owner_reads_and_changes_the_list),
        T(entries_for_objects_below_do_not_count),
        T(the_system_list_needs_a_privilege),
        T(restricted_tokens_pass_twice),
        T(kernel_mode_gets_what_it_wants),
        T(privileges_are_those_of_the_user),
        T(tokens_tell_who_they_are),
        T(a_thread_can_act_as_another),
        T(new_objects_get_their_descriptor),
        T(only_a_privilege_gives_objects_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
