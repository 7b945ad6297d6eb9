/* Who may do what with a file: descriptors of files, checked for the client and for whom a driver acts as. */
#include "file_test.h"

#include <sys/stat.h>

static void be(ntio_user user)
{
    assert_int_equal(ntio_set_client_user(user), 0);
}

struct opening {
    PCWSTR name;
    ACCESS_MASK access;
    ULONG disposition, options, attributes;
    PSECURITY_DESCRIPTOR descriptor;
    PSECURITY_CLIENT_CONTEXT client; /* whom a driver acts as */
    HANDLE handle;
    NTSTATUS status;
};

static void open_it(void *context)
{
    struct opening *o = context;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    IO_STATUS_BLOCK iosb;
    RtlInitUnicodeString(&name, o->name);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | o->attributes, NULL, o->descriptor);
    if (o->client)
        SeImpersonateClient(o->client, NULL);
    bool driver = ExGetPreviousMode() == KernelMode;
    o->status = (driver ? ZwCreateFile : NtCreateFile)(
        &o->handle, o->access | SYNCHRONIZE, &attributes, &iosb, NULL, 0, FILE_SHARE_VALID_FLAGS, o->disposition,
        o->options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (o->client)
        PsRevertToSelf();
    if (driver && NT_SUCCESS(o->status))
        assert_int_equal(ZwClose(o->handle), 0);
}

/* As the client, and closed again. */
static NTSTATUS try_open(PCWSTR name, ACCESS_MASK access, ULONG disposition, ULONG options)
{
    struct opening o = {.name = name, .access = access, .disposition = disposition, .options = options};
    open_it(&o);
    if (NT_SUCCESS(o.status))
        assert_int_equal(NtClose(o.handle), 0);
    return o.status;
}

/* As a driver. */
static NTSTATUS driver_opens(PCWSTR name, ACCESS_MASK access, ULONG attributes, PSECURITY_CLIENT_CONTEXT client)
{
    struct opening o = {.name = name, .access = access, .disposition = FILE_OPEN, .client = client,
                        .attributes = OBJ_KERNEL_HANDLE | attributes};
    ntio_run_in_kernel(open_it, &o);
    return o.status;
}

static struct {
    SECURITY_DESCRIPTOR sd;
    union {
        ACL acl;
        UCHAR room[128];
    } dacl;
} made;

static PSECURITY_DESCRIPTOR allow(ACCESS_MASK administrators, ACCESS_MASK everybody, ULONG flags)
{
    RtlCreateSecurityDescriptor(&made.sd, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(&made.dacl.acl, sizeof made.dacl, ACL_REVISION);
    if (administrators)
        RtlAddAccessAllowedAceEx(&made.dacl.acl, ACL_REVISION, flags, administrators, SeExports->SeAliasAdminsSid);
    if (everybody)
        RtlAddAccessAllowedAceEx(&made.dacl.acl, ACL_REVISION, flags, everybody, SeExports->SeWorldSid);
    RtlSetDaclSecurityDescriptor(&made.sd, TRUE, &made.dacl.acl, FALSE);
    made.sd.Control |= SE_DACL_PROTECTED;
    return &made.sd;
}

static void make(PCWSTR name, PSECURITY_DESCRIPTOR descriptor, ULONG options)
{
    struct opening o = {.name = name, .access = GENERIC_READ, .disposition = FILE_CREATE, .options = options,
                        .descriptor = descriptor};
    open_it(&o);
    assert_int_equal(o.status, STATUS_SUCCESS);
    assert_int_equal(NtClose(o.handle), 0);
}

static void make_host_file(const char *name)
{
    FILE *file = fopen(host_path(name), "w");
    assert_non_null(file);
    fputs("contents", file);
    fclose(file);
}

/* --- */

static void files_of_the_host_have_what_all_have(void **state)
{
    (void)state;
    make_host_file("plain");
    be(NTIO_USER_USER);
    assert_int_equal(try_open(L"\\??\\C:\\plain", GENERIC_READ | GENERIC_WRITE | DELETE, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(try_open(L"\\??\\C:\\plain", WRITE_DAC, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(try_open(L"\\??\\C:\\plain", ACCESS_SYSTEM_SECURITY, FILE_OPEN, 0), STATUS_PRIVILEGE_NOT_HELD);
    struct opening o = {.name = L"\\??\\C:\\plain", .access = MAXIMUM_ALLOWED, .disposition = FILE_OPEN};
    open_it(&o);
    assert_int_equal(o.status, STATUS_SUCCESS);
    FILE_ACCESS_INFORMATION access;
    IO_STATUS_BLOCK iosb;
    assert_int_equal(NtQueryInformationFile(o.handle, &iosb, &access, sizeof access, FileAccessInformation), 0);
    assert_int_equal(access.AccessFlags, 0x1301BF);
    NtClose(o.handle);
    be(NTIO_USER_ADMINISTRATOR);
    assert_int_equal(try_open(L"\\??\\C:\\plain", FILE_ALL_ACCESS, FILE_OPEN, 0), STATUS_SUCCESS);
    be(NTIO_USER_RESTRICTED);
    assert_int_equal(try_open(L"\\??\\C:\\plain", GENERIC_READ, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
}

static void descriptors_decide(void **state)
{
    (void)state;
    make(L"\\??\\C:\\closed", allow(FILE_ALL_ACCESS, FILE_GENERIC_READ, 0), 0);
    be(NTIO_USER_USER);
    assert_int_equal(try_open(L"\\??\\C:\\closed", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(try_open(L"\\??\\C:\\closed", FILE_WRITE_DATA, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    /* Overwriting is writing, whatever is asked for. */
    assert_int_equal(try_open(L"\\??\\C:\\closed", GENERIC_READ, FILE_OVERWRITE, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(try_open(L"\\??\\C:\\closed", GENERIC_READ, FILE_SUPERSEDE, 0), STATUS_ACCESS_DENIED);
    be(NTIO_USER_ADMINISTRATOR);
    assert_int_equal(try_open(L"\\??\\C:\\closed", GENERIC_READ, FILE_OVERWRITE, 0), STATUS_SUCCESS);
}

/* A driver is not checked, unless it asks for that; then it is who it acts as that counts. */
static void drivers_act_as_clients(void **state)
{
    (void)state;
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityImpersonation, SECURITY_STATIC_TRACKING, FALSE};
    SECURITY_CLIENT_CONTEXT user, administrator;
    make(L"\\??\\C:\\closed", allow(FILE_ALL_ACCESS, 0, 0), 0);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &administrator), 0);
    be(NTIO_USER_USER);
    assert_int_equal(SeCreateClientSecurity(PsGetCurrentThread(), &qos, FALSE, &user), 0);
    assert_int_equal(driver_opens(L"\\??\\C:\\closed", GENERIC_READ, 0, &user), STATUS_SUCCESS);
    assert_int_equal(driver_opens(L"\\??\\C:\\closed", GENERIC_READ, OBJ_FORCE_ACCESS_CHECK, &user),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(driver_opens(L"\\??\\C:\\closed", GENERIC_READ, OBJ_FORCE_ACCESS_CHECK, &administrator),
                     STATUS_SUCCESS);
    assert_int_equal(driver_opens(L"\\??\\C:\\closed", GENERIC_READ, OBJ_FORCE_ACCESS_CHECK, NULL), STATUS_SUCCESS);
    user.SecurityQos.ImpersonationLevel = SecurityIdentification;
    assert_int_equal(driver_opens(L"\\??\\C:\\closed", GENERIC_READ, OBJ_FORCE_ACCESS_CHECK, &user),
                     STATUS_BAD_IMPERSONATION_LEVEL);
    SeDeleteClientSecurity(&user);
    SeDeleteClientSecurity(&administrator);
}

static void directories_decide_about_what_is_in_them(void **state)
{
    (void)state;
    make(L"\\??\\C:\\closed", allow(FILE_ALL_ACCESS, FILE_GENERIC_READ, 0), FILE_DIRECTORY_FILE);
    make(L"\\??\\C:\\open", allow(FILE_ALL_ACCESS, FILE_GENERIC_READ | FILE_ADD_FILE | FILE_DELETE_CHILD, 0),
         FILE_DIRECTORY_FILE);
    make(L"\\??\\C:\\open\\kept", allow(FILE_ALL_ACCESS, 0, 0), 0);
    make(L"\\??\\C:\\closed\\kept", allow(FILE_ALL_ACCESS, 0, 0), 0);
    be(NTIO_USER_USER);
    assert_int_equal(try_open(L"\\??\\C:\\closed\\new", GENERIC_WRITE, FILE_CREATE, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(access(host_path("closed/new"), F_OK), -1);
    assert_int_equal(try_open(L"\\??\\C:\\open\\new", GENERIC_WRITE, FILE_CREATE, 0), STATUS_SUCCESS);
    assert_int_equal(try_open(L"\\??\\C:\\open\\new", GENERIC_WRITE, FILE_CREATE, FILE_DIRECTORY_FILE),
                     STATUS_OBJECT_NAME_COLLISION);
    assert_int_equal(try_open(L"\\??\\C:\\open\\newer", GENERIC_READ, FILE_CREATE, FILE_DIRECTORY_FILE),
                     STATUS_ACCESS_DENIED);
    /* Deleting and looking are the directory's to give, too. */
    assert_int_equal(try_open(L"\\??\\C:\\closed\\kept", DELETE, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(try_open(L"\\??\\C:\\open\\kept", FILE_READ_DATA, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    struct opening o = {.name = L"\\??\\C:\\open\\kept", .access = DELETE | FILE_READ_ATTRIBUTES,
                        .disposition = FILE_OPEN, .options = FILE_DELETE_ON_CLOSE};
    made.sd.Control = 0;
    o.access &= ~SYNCHRONIZE;
    open_it(&o);
    assert_int_equal(o.status, STATUS_ACCESS_DENIED); /* SYNCHRONIZE is the file's */
}

static void new_files_inherit(void **state)
{
    (void)state;
    make(L"\\??\\C:\\secret", allow(FILE_ALL_ACCESS, 0, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE), FILE_DIRECTORY_FILE);
    make(L"\\??\\C:\\secret\\file", NULL, 0);
    be(NTIO_USER_USER);
    assert_int_equal(try_open(L"\\??\\C:\\secret\\file", FILE_READ_DATA, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    /* Who makes a file owns it. */
    make(L"\\??\\C:\\mine", NULL, 0);
    assert_int_equal(try_open(L"\\??\\C:\\mine", WRITE_DAC | READ_CONTROL, FILE_OPEN, 0), STATUS_SUCCESS);
    assert_int_equal(try_open(L"\\??\\C:\\mine", WRITE_OWNER, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
}

static void descriptors_can_be_asked_and_set(void **state)
{
    (void)state;
    make_host_file("plain");
    struct opening o = {.name = L"\\??\\C:\\plain", .access = READ_CONTROL | WRITE_DAC, .disposition = FILE_OPEN};
    open_it(&o);
    assert_int_equal(o.status, STATUS_SUCCESS);
    UCHAR room[512];
    ULONG needed = 0;
    PACL acl;
    PSID owner;
    BOOLEAN present, defaulted;
    SECURITY_INFORMATION all = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    assert_int_equal(NtQuerySecurityObject(o.handle, all, NULL, 0, &needed), STATUS_BUFFER_TOO_SMALL);
    assert_true(needed > sizeof(SECURITY_DESCRIPTOR_RELATIVE) && needed < sizeof room);
    assert_int_equal(NtQuerySecurityObject(o.handle, all, room, sizeof room, &needed), STATUS_SUCCESS);
    assert_int_equal(RtlGetOwnerSecurityDescriptor(room, &owner, &defaulted), 0);
    assert_true(RtlEqualSid(owner, SeExports->SeAliasAdminsSid));
    assert_int_equal(RtlGetDaclSecurityDescriptor(room, &present, &acl, &defaulted), 0);
    assert_int_equal(acl->AceCount, 4);
    assert_int_equal(NtSetSecurityObject(o.handle, DACL_SECURITY_INFORMATION, allow(FILE_ALL_ACCESS, 0, 0)),
                     STATUS_SUCCESS);
    assert_int_equal(NtQuerySecurityObject(o.handle, all, room, sizeof room, &needed), STATUS_SUCCESS);
    assert_int_equal(RtlGetDaclSecurityDescriptor(room, &present, &acl, &defaulted), 0);
    assert_int_equal(acl->AceCount, 1);
    NtClose(o.handle);
    be(NTIO_USER_USER);
    assert_int_equal(try_open(L"\\??\\C:\\plain", GENERIC_READ, FILE_OPEN, 0), STATUS_ACCESS_DENIED);
    be(NTIO_USER_SYSTEM); /* one of the administrators */
    assert_int_equal(try_open(L"\\??\\C:\\plain", GENERIC_READ, FILE_OPEN, 0), STATUS_SUCCESS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, disk_set_up, disk_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_of_the_host_have_what_all_have),
        TEST(descriptors_decide),
        TEST(drivers_act_as_clients),
        TEST(directories_decide_about_what_is_in_them),
        TEST(new_files_inherit),
        TEST(descriptors_can_be_asked_and_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
