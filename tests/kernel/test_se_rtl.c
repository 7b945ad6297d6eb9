/* Identifiers, access control lists and descriptors. */
#include "rig.h"

#include <wdmsec.h>

static void sids_are_made_compared_and_copied(void **state)
{
    (void)state;
    SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    UCHAR a[SECURITY_MAX_SID_SIZE] __attribute__((aligned(4))),
        b[SECURITY_MAX_SID_SIZE] __attribute__((aligned(4)));
    assert_int_equal(RtlLengthRequiredSid(2), 16);
    assert_int_equal(RtlInitializeSid(a, &nt, 16), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlInitializeSid(a, &nt, 2), 0);
    *RtlSubAuthoritySid(a, 0) = SECURITY_BUILTIN_DOMAIN_RID;
    *RtlSubAuthoritySid(a, 1) = DOMAIN_ALIAS_RID_ADMINS;
    assert_int_equal(*RtlSubAuthorityCountSid(a), 2);
    assert_int_equal(RtlIdentifierAuthoritySid(a)->Value[5], 5);
    assert_int_equal(RtlLengthSid(a), 16);
    assert_true(RtlValidSid(a));
    assert_true(RtlEqualSid(a, SeExports->SeAliasAdminsSid));
    assert_int_equal(RtlCopySid(15, b, a), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlCopySid(sizeof b, b, a), 0);
    assert_true(RtlEqualSid(a, b));
    *RtlSubAuthoritySid(b, 1) = DOMAIN_ALIAS_RID_USERS;
    assert_false(RtlEqualSid(a, b));
    assert_true(RtlEqualPrefixSid(a, b));
    assert_false(RtlEqualPrefixSid(a, SeExports->SeWorldSid));
    a[1] = 16;
    assert_false(RtlValidSid(a));
    a[1] = 2, a[0] = 2;
    assert_false(RtlValidSid(a));
    PSID made;
    assert_int_equal(RtlAllocateAndInitializeSid(&nt, 9, 0, 0, 0, 0, 0, 0, 0, 0, &made), STATUS_INVALID_SID);
    assert_int_equal(RtlAllocateAndInitializeSid(&nt, 1, 18, 0, 0, 0, 0, 0, 0, 0, &made), 0);
    assert_true(RtlEqualSid(made, SeExports->SeLocalSystemSid));
    assert_null(RtlFreeSid(made));
}

static void sids_are_printed(void **state)
{
    (void)state;
    WCHAR buffer[32];
    UNICODE_STRING text, wanted;
    assert_int_equal(RtlConvertSidToUnicodeString(&text, SeExports->SeAliasAdminsSid, TRUE), 0);
    RtlInitUnicodeString(&wanted, L"S-1-5-32-544");
    assert_true(RtlEqualUnicodeString(&text, &wanted, FALSE));
    RtlFreeUnicodeString(&text);
    text = (UNICODE_STRING){0, 12 * sizeof(WCHAR), buffer};
    assert_int_equal(RtlConvertSidToUnicodeString(&text, SeExports->SeAliasAdminsSid, FALSE),
                     STATUS_BUFFER_OVERFLOW);
    text.MaximumLength = 13 * sizeof(WCHAR);
    assert_int_equal(RtlConvertSidToUnicodeString(&text, SeExports->SeAliasAdminsSid, FALSE), 0);
    assert_int_equal(text.Length, 24);
    UCHAR big[12] = {1, 1, 1, 2, 3, 4, 5, 6, 7};
    text.MaximumLength = sizeof buffer;
    assert_int_equal(RtlConvertSidToUnicodeString(&text, big, FALSE), 0);
    RtlInitUnicodeString(&wanted, L"S-1-0x010203040506-7");
    assert_true(RtlEqualUnicodeString(&text, &wanted, FALSE));
    big[0] = 9;
    assert_int_equal(RtlConvertSidToUnicodeString(&text, big, FALSE), STATUS_INVALID_SID);
}

static void lists_hold_what_fits(void **state)
{
    (void)state;
    UCHAR memory[64] __attribute__((aligned(8)));
    PACL acl = (PACL)memory;
    PACCESS_ALLOWED_ACE ace;
    PSID world = SeExports->SeWorldSid, system = SeExports->SeLocalSystemSid;
    assert_int_equal(RtlCreateAcl(acl, 7, ACL_REVISION), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlCreateAcl(acl, 64, 1), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlCreateAcl(acl, 64, 5), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlCreateAcl(acl, 0x10000, ACL_REVISION), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlCreateAcl(acl, 8 + 2 * 20 + 3, ACL_REVISION), 0);
    assert_int_equal(acl->AclSize, 48);
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION, 0x10, world), 0);
    assert_int_equal(RtlAddAccessAllowedAceEx(acl, ACL_REVISION, 0x40, 0x10, world),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlAddAccessAllowedAce(acl, 5, 0x10, world), STATUS_REVISION_MISMATCH);
    assert_int_equal(RtlAddAccessDeniedAce(acl, ACL_REVISION, 0x20, system), 0);
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION, 1, world), STATUS_ALLOTTED_SPACE_EXCEEDED);
    assert_true(RtlValidAcl(acl));
    assert_int_equal(RtlGetAce(acl, 1, (PVOID *)&ace), 0);
    assert_int_equal(ace->Header.AceType, ACCESS_DENIED_ACE_TYPE);
    assert_int_equal(ace->Header.AceSize, 20);
    assert_int_equal(ace->Mask, 0x20);
    assert_true(RtlEqualSid(&ace->SidStart, system));
    assert_int_equal(RtlGetAce(acl, 2, (PVOID *)&ace), STATUS_INVALID_PARAMETER);
    UCHAR copy[20] __attribute__((aligned(4)));
    memcpy(copy, ace, 20);
    assert_int_equal(RtlDeleteAce(acl, 1), 0);
    assert_int_equal(RtlDeleteAce(acl, 1), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlAddAce(acl, ACL_REVISION, 0, copy, 19), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlAddAce(acl, ACL_REVISION, 0, copy, 20), 0);
    assert_int_equal(acl->AceCount, 2);
    assert_int_equal(RtlGetAce(acl, 0, (PVOID *)&ace), 0);
    assert_int_equal(ace->Mask, 0x20);
    assert_int_equal(RtlAddAce(acl, ACL_REVISION, MAXULONG, copy, 20), STATUS_BUFFER_TOO_SMALL);
    acl->AceCount = 3;
    assert_false(RtlValidAcl(acl));
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION, 1, world), STATUS_INVALID_ACL);
}

static void descriptors_change_form(void **state)
{
    (void)state;
    UCHAR acl_memory[64] __attribute__((aligned(8))), flat[128] __attribute__((aligned(8)));
    UCHAR owner[32], group[32], dacl[64] __attribute__((aligned(8))), sacl[8] __attribute__((aligned(8)));
    SECURITY_DESCRIPTOR sd, back;
    BOOLEAN present, defaulted;
    PACL list;
    PSID sid;
    assert_int_equal(RtlCreateSecurityDescriptor(&sd, 2), STATUS_UNKNOWN_REVISION);
    assert_int_equal(RtlCreateSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION), 0);
    assert_int_equal(RtlLengthSecurityDescriptor(&sd), 40);
    assert_int_equal(RtlCreateAcl((PACL)acl_memory, 28, ACL_REVISION), 0);
    assert_int_equal(RtlAddAccessAllowedAce((PACL)acl_memory, ACL_REVISION, 7, SeExports->SeWorldSid), 0);
    assert_int_equal(RtlGetDaclSecurityDescriptor(&sd, &present, &list, &defaulted), 0);
    assert_false(present);
    assert_int_equal(RtlSetDaclSecurityDescriptor(&sd, TRUE, (PACL)acl_memory, TRUE), 0);
    assert_int_equal(RtlSetOwnerSecurityDescriptor(&sd, SeExports->SeAliasAdminsSid, FALSE), 0);
    assert_int_equal(RtlSetGroupSecurityDescriptor(&sd, SeExports->SeLocalSystemSid, TRUE), 0);
    assert_true(RtlValidSecurityDescriptor(&sd));
    ULONG size = 0;
    assert_int_equal(RtlAbsoluteToSelfRelativeSD(&sd, flat, &size), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 20 + 28 + 16 + 12);
    assert_int_equal(RtlLengthSecurityDescriptor(&sd), size + 20);
    assert_int_equal(RtlAbsoluteToSelfRelativeSD(&sd, flat, &size), 0);
    assert_int_equal(RtlLengthSecurityDescriptor(flat), size);
    assert_true(RtlValidSecurityDescriptor(flat));
    assert_true(RtlValidRelativeSecurityDescriptor(flat, size, DACL_SECURITY_INFORMATION));
    assert_false(RtlValidRelativeSecurityDescriptor(flat, size, SACL_SECURITY_INFORMATION));
    assert_false(RtlValidRelativeSecurityDescriptor(flat, size - 1, 0));
    assert_true(SeValidSecurityDescriptor(size, flat));
    assert_int_equal(RtlAbsoluteToSelfRelativeSD(flat, flat, &size), STATUS_BAD_DESCRIPTOR_FORMAT);
    assert_int_equal(RtlSetOwnerSecurityDescriptor(flat, NULL, FALSE), STATUS_INVALID_SECURITY_DESCR);
    assert_int_equal(RtlGetOwnerSecurityDescriptor(flat, &sid, &defaulted), 0);
    assert_true(RtlEqualSid(sid, SeExports->SeAliasAdminsSid));
    assert_false(defaulted);
    assert_int_equal(RtlGetGroupSecurityDescriptor(flat, &sid, &defaulted), 0);
    assert_true(RtlEqualSid(sid, SeExports->SeLocalSystemSid));
    assert_true(defaulted);

    ULONG s[5] = {0};
    assert_int_equal(
        RtlSelfRelativeToAbsoluteSD(&sd, &back, s, NULL, s + 1, NULL, s + 2, NULL, s + 3, NULL, s + 4),
        STATUS_BAD_DESCRIPTOR_FORMAT);
    assert_int_equal(
        RtlSelfRelativeToAbsoluteSD(flat, &back, s, NULL, s + 1, NULL, s + 2, NULL, s + 3, NULL, s + 4),
        STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(s[0], sizeof(SECURITY_DESCRIPTOR));
    assert_int_equal(s[1], 28);
    assert_int_equal(s[2], 0);
    assert_int_equal(s[3], 16);
    assert_int_equal(s[4], 12);
    assert_int_equal(RtlSelfRelativeToAbsoluteSD(flat, &back, s, (PACL)dacl, s + 1, (PACL)sacl, s + 2, owner,
                                                 s + 3, group, s + 4),
                     0);
    assert_int_equal(RtlGetDaclSecurityDescriptor(&back, &present, &list, &defaulted), 0);
    assert_true(present && defaulted);
    assert_ptr_equal(list, dacl);
    assert_memory_equal(dacl, acl_memory, 28);
}

static const char *narrow(PCUNICODE_STRING text)
{
    static char buffer[128];
    size_t n = 0;
    for (; n < text->Length / sizeof(WCHAR) && n + 1 < sizeof buffer; n++)
        buffer[n] = (char)text->Buffer[n];
    buffer[n] = 0;
    return buffer;
}

/* A device is guarded as the text says. */
static void expect(PCWSTR text, NTSTATUS status)
{
    UNICODE_STRING sddl;
    PDEVICE_OBJECT device;
    UNICODE_STRING name;
    RtlInitUnicodeString(&sddl, text);
    RtlInitUnicodeString(&name, L"\\Device\\Sddl");
    NTSTATUS got = WdmlibIoCreateDeviceSecure(rig.driver, 0, &name, 0x8001, 0, FALSE, &sddl, NULL, &device);
    if (got != status)
        fail_msg("%s: 0x%08x", narrow(&sddl), (unsigned)got);
    if (NT_SUCCESS(got))
        IoDeleteDevice(device);
    else
        assert_null(device);
}

static void try_texts(void *context)
{
    (void)context;
    static const PCWSTR good[] = {
        L"D:P",
        L"",
        L"D:",
        L"D:NO_ACCESS_CONTROL",
        L"O:BAG:SYD:PAI(A;;GA;;;SY)",
        L"O:S-1-5-32-544G:S-1-5-18D:(A;;0x1f01ff;;;S-1-1-0)",
        L"D:P(D;;FW;;;AN)(A;OICINPIO;GRGWGX;;;AU)(A;;KAKRKW;;;BU)S:(AU;SAFA;GA;;;WD)",
        L"D:P(A;;RCSDWDWOCCDCLCSWRPWPDTLOCR;;;IU)",
        L"D: P (A ; ; GA ; ; ; SY) ( A;;GR;;;WD )",
        L"d:p(a;;ga;;;sy)",
        L"D:P(A;;;;;WD)",
        L"D:P(A;;01;;;WD)(A;;4294967295;;;UD)",
        L"O:S-1-0x100000000000-5D:P",
    };
    static const PCWSTR bad[] = {
        L"X:P",
        L"D",
        L"D:Q",
        L"D:P(A;;GA;;;SY",
        L"D:P(A;;GA;;;ZZ)",
        L"D:P(A;;XX;;;SY)",
        L"D:P(A;;GA;;;)",
        L"D:P(A;XX;GA;;;SY)",
        L"D:P(A;;GA;;SY)",
        L"D:P(OA;;GA;;;SY)",
        L"D:P(AU;SA;GA;;;SY)",
        L"S:(A;;GA;;;SY)",
        L"D:P(A;SA;GA;;;SY)",
        L"D:P(A;;GA;bf967950-0de6-11d0-a285-00aa003049e2;;SY)",
        L"D:PD:P",
        L"O:BAO:BA",
        L"D:P(A;;0x1ffffffff;;;SY)",
        L"D:P(A;;GA;;;S-2-5-18)",
        L"D:P(A;;GA;;;S-1-5)",
        L"D:P(A;;GA;;;S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16)",
        L"D:P(A;;GA;;;SY)junk",
        L"D:NO_ACCESS_CONTROL(A;;GA;;;SY)",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        expect(good[i], STATUS_SUCCESS);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect(bad[i], STATUS_INVALID_PARAMETER);
}

static void sddl_is_understood_or_refused(void **state)
{
    (void)state;
    ntio_run_in_kernel(try_texts, NULL);
}

static void try_names(void *context)
{
    (void)context;
    UNICODE_STRING sddl, empty = {0};
    PDEVICE_OBJECT device;
    RtlInitUnicodeString(&sddl, L"D:P(A;;GA;;;SY)");
    assert_int_equal(WdmlibIoCreateDeviceSecure(rig.driver, 0, NULL, 0x8001, 0, FALSE, &sddl, NULL, &device),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(
        WdmlibIoCreateDeviceSecure(rig.driver, 0, &empty, 0x8001, 0, FALSE, &sddl, NULL, &device),
        STATUS_INVALID_PARAMETER);
    assert_int_equal(WdmlibIoCreateDeviceSecure(rig.driver, 0, NULL, 0x8001, FILE_AUTOGENERATED_DEVICE_NAME,
                                                FALSE, &sddl, NULL, &device),
                     0);
    assert_true(device->Flags & DO_DEVICE_HAS_NAME);
    IoDeleteDevice(device);
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, L"\\Device\\Rig");
    assert_int_equal(WdmlibIoCreateDeviceSecure(rig.driver, 0, &name, 0x8001, 0, FALSE, &sddl, NULL, &device),
                     STATUS_OBJECT_NAME_COLLISION);
}

static void a_secure_device_has_a_name(void **state)
{
    (void)state;
    ntio_run_in_kernel(try_names, NULL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(sids_are_made_compared_and_copied),
        T(sids_are_printed),
        T(lists_hold_what_fits),
        T(descriptors_change_form),
        T(sddl_is_understood_or_refused),
        T(a_secure_device_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
