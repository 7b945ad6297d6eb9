/*
 * Identifiers and descriptors as text, and the names of accounts and privileges.
 */
#include "win32_test.h"

#include <sddl.h>
#include <string.h>

static void test_sids(void **state)
{
    (void)state;
    static const char *const texts[] = {"S-1-5-32-544", "S-1-1-0", "S-1-5-18", "S-1-5-21-1-4294967295-3-500"};
    PSID sid;
    LPSTR text;
    LPWSTR wide;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(ConvertStringSidToSidA(texts[i], &sid));
        assert_true(IsValidSid(sid));
        assert_true(ConvertSidToStringSidA(sid, &text));
        assert_string_equal(text, texts[i]);
        assert_null(LocalFree(text));
        assert_null(LocalFree(sid));
    }
    assert_true(ConvertStringSidToSidW(L"BA", &sid));
    assert_true(ConvertSidToStringSidW(sid, &wide));
    assert_memory_equal(wide, L"S-1-5-32-544", 26);
    LocalFree(wide);
    assert_fails(ConvertSidToStringSidA(sid, NULL), ERROR_NOACCESS);
    LocalFree(sid);
    assert_fails(ConvertSidToStringSidA(NULL, &text), ERROR_INVALID_SID);
    assert_fails(ConvertStringSidToSidA("", &sid), ERROR_INVALID_SID);
    assert_fails(ConvertStringSidToSidA("S-1-", &sid), ERROR_INVALID_SID);
    assert_fails(ConvertStringSidToSidA("BAG:SY", &sid), ERROR_INVALID_SID);
    assert_fails(ConvertStringSidToSidA("BAD:(A;;GA;;;WD)", &sid), ERROR_INVALID_SID);
    assert_fails(ConvertStringSidToSidA(NULL, &sid), ERROR_INVALID_PARAMETER);
}

static void test_descriptors(void **state)
{
    (void)state;
    PSECURITY_DESCRIPTOR descriptor;
    ULONG size = 0;
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA("D:P(A;;GA;;;SY)(A;;GR;;;WD)", SDDL_REVISION_1,
                                                                     &descriptor, &size));
    const SECURITY_DESCRIPTOR_RELATIVE *made = descriptor;
    assert_true(size > sizeof *made);
    assert_int_equal(made->Control & (SE_SELF_RELATIVE | SE_DACL_PRESENT | SE_DACL_PROTECTED | SE_SACL_PRESENT),
                     SE_SELF_RELATIVE | SE_DACL_PRESENT | SE_DACL_PROTECTED);
    assert_int_equal(((PACL)((char *)descriptor + made->Dacl))->AceCount, 2);
    /* It is what an object can have. */
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, descriptor, FALSE};
    HANDLE event = CreateEventA(&attributes, TRUE, FALSE, "described");
    assert_non_null(event);
    CloseHandle(event);
    assert_null(LocalFree(descriptor));
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorW(L"O:BA", 1, &descriptor, NULL));
    assert_null(LocalFree(descriptor));
    assert_fails(ConvertStringSecurityDescriptorToSecurityDescriptorA("D:(X)", 1, &descriptor, &size),
                 ERROR_INVALID_PARAMETER);
    assert_fails(ConvertStringSecurityDescriptorToSecurityDescriptorA("D:", 2, &descriptor, &size),
                 ERROR_UNKNOWN_REVISION);
    assert_fails(ConvertStringSecurityDescriptorToSecurityDescriptorA(NULL, 1, &descriptor, &size),
                 ERROR_INVALID_PARAMETER);
}

static void look_up(const char *text, const char *name, const char *domain, SID_NAME_USE use)
{
    PSID sid;
    char got[64], its[64];
    DWORD length = sizeof got, its_length = sizeof its;
    SID_NAME_USE kind = SidTypeUnknown;
    assert_true(ConvertStringSidToSidA(text, &sid));
    assert_true(LookupAccountSidA(NULL, sid, got, &length, its, &its_length, &kind));
    assert_string_equal(got, name);
    assert_int_equal(length, strlen(name));
    assert_string_equal(its, domain);
    assert_int_equal(its_length, strlen(domain));
    assert_int_equal(kind, use);
    LocalFree(sid);
}

static void test_accounts(void **state)
{
    (void)state;
    char computer[32];
    DWORD size = sizeof computer;
    assert_true(GetComputerNameA(computer, &size));
    look_up("S-1-5-18", "SYSTEM", "NT AUTHORITY", SidTypeWellKnownGroup);
    look_up("S-1-1-0", "Everyone", "", SidTypeWellKnownGroup);
    look_up("BA", "Administrators", "BUILTIN", SidTypeAlias);
    look_up("ME", "Medium Mandatory Level", "Mandatory Label", SidTypeLabel);
    look_up("LA", "Administrator", computer, SidTypeUser);
    /* The client's own. */
    HANDLE token;
    union {
        TOKEN_USER user;
        char room[128];
    } about;
    DWORD needed, length = 4, domain_length = 4;
    WCHAR name[4], domain[4];
    SID_NAME_USE use;
    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_true(GetTokenInformation(token, TokenUser, &about, sizeof about, &needed));
    CloseHandle(token);
    assert_fails(LookupAccountSidW(NULL, about.user.User.Sid, name, &length, domain, &domain_length, &use),
                 ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(length, sizeof "Administrator");
    assert_int_equal(domain_length, strlen(computer) + 1);
    PSID nobody;
    assert_true(ConvertStringSidToSidA("S-1-5-21-1-2-3-4", &nobody));
    assert_fails(LookupAccountSidW(NULL, nobody, name, &length, domain, &domain_length, &use), ERROR_NONE_MAPPED);
    LocalFree(nobody);
    assert_fails(LookupAccountSidW(NULL, NULL, name, &length, domain, &domain_length, &use), ERROR_INVALID_SID);
}

static void test_privileges(void **state)
{
    (void)state;
    LUID luid;
    char name[64];
    WCHAR wide[64];
    DWORD length = sizeof name;
    assert_true(LookupPrivilegeValueA(NULL, "SeLoadDriverPrivilege", &luid));
    assert_true(LookupPrivilegeNameA(NULL, &luid, name, &length));
    assert_string_equal(name, "SeLoadDriverPrivilege");
    assert_int_equal(length, 21);
    length = 21;
    assert_fails(LookupPrivilegeNameW(NULL, &luid, wide, &length), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(length, 22);
    assert_true(LookupPrivilegeNameW(NULL, &luid, wide, &length));
    assert_int_equal(length, 21);
    luid.LowPart = 1;
    assert_fails(LookupPrivilegeNameA(NULL, &luid, name, &length), ERROR_NO_SUCH_PRIVILEGE);
    luid.LowPart = 1000;
    assert_fails(LookupPrivilegeNameA(NULL, &luid, name, &length), ERROR_NO_SUCH_PRIVILEGE);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, machine_start, machine_stop)
    const struct CMUnitTest tests[] = {CASE(test_sids), CASE(test_descriptors), CASE(test_accounts),
                                       CASE(test_privileges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
