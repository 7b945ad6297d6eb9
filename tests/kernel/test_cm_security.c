/*
 * Who may do what with keys: descriptors that are there, inherited, given and set; callbacks and watchers that are told.
 */
#include "cm_test.h"

#define ENUM L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum"

static NTSTATUS opens(HANDLE root, const WCHAR *name, ACCESS_MASK access, ULONG attributes)
{
    HANDLE key;
    NTSTATUS status = NtOpenKey(&key, access, NAMED_IN(root, name, OBJ_CASE_INSENSITIVE | attributes));
    if (NT_SUCCESS(status))
        NtClose(key);
    return status;
}

/* A descriptor with a list that has nobody in it. */
struct closed {
    SECURITY_DESCRIPTOR descriptor;
    ACL acl;
};

static PSECURITY_DESCRIPTOR close_up(struct closed *c)
{
    assert_status(RtlCreateSecurityDescriptor(&c->descriptor, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS);
    assert_status(RtlCreateAcl(&c->acl, sizeof c->acl, ACL_REVISION), STATUS_SUCCESS);
    assert_status(RtlSetDaclSecurityDescriptor(&c->descriptor, TRUE, &c->acl, FALSE), STATUS_SUCCESS);
    return &c->descriptor;
}

static void some_keys_are_the_systems(void **state)
{
    (void)state;
    assert_status(opens(NULL, ENUM, KEY_READ, 0), STATUS_SUCCESS);
    assert_status(opens(NULL, ENUM, DELETE, 0), STATUS_ACCESS_DENIED);
    assert_status(opens(NULL, ENUM, KEY_CREATE_SUB_KEY, 0), STATUS_ACCESS_DENIED);
    assert_status(opens(NULL, L"\\Registry\\Machine\\SAM", KEY_READ, 0), STATUS_ACCESS_DENIED);
    assert_status(opens(NULL, SOFTWARE, KEY_ALL_ACCESS, 0), STATUS_SUCCESS);
    HANDLE key;
    assert_status(create_at(&key, NULL, ENUM L"\\Mine", 0), STATUS_ACCESS_DENIED);
    assert_status(NtOpenKey(&key, MAXIMUM_ALLOWED, NAMED(ENUM, 0)), STATUS_SUCCESS);
    assert_status(create_at(&key, key, L"Mine", 0), STATUS_ACCESS_DENIED);
}

static VOID kernel_is_asked_when_it_wants(PVOID context)
{
    (void)context;
    HANDLE key;
    assert_status(ZwOpenKey(&key, DELETE, NAMED(ENUM, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE)), STATUS_SUCCESS);
    ZwClose(key);
    assert_status(ZwCreateKey(&key, KEY_ALL_ACCESS, NAMED(ENUM L"\\Ours", OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE), 0,
                              NULL, 0, NULL),
                  STATUS_SUCCESS);
    assert_status(ZwDeleteKey(key), STATUS_SUCCESS);
    ZwClose(key);
}

static void the_kernel_may_do_everything(void **state)
{
    (void)state;
    ntio_run_in_kernel(kernel_is_asked_when_it_wants, NULL);
}

static void new_keys_are_guarded(void **state)
{
    (void)state;
    struct closed none;
    HANDLE key, below;
    OBJECT_ATTRIBUTES attributes = *NAMED(SOFTWARE L"\\Closed", OBJ_CASE_INSENSITIVE);
    attributes.SecurityDescriptor = close_up(&none);
    /* Its maker gets what it asks for; afterwards nobody gets anything but its owner, who may change that. */
    assert_status(NtCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL), STATUS_SUCCESS);
    set_dword(key, L"v", 1);
    assert_status(opens(NULL, SOFTWARE L"\\Closed", KEY_READ, 0), STATUS_ACCESS_DENIED);
    assert_status(opens(NULL, SOFTWARE L"\\Closed", KEY_QUERY_VALUE, 0), STATUS_ACCESS_DENIED);
    assert_status(opens(NULL, SOFTWARE L"\\Closed", READ_CONTROL | WRITE_DAC, 0), STATUS_SUCCESS);
    assert_status(create_at(&below, NULL, SOFTWARE L"\\Closed\\Below", 0), STATUS_ACCESS_DENIED);
    assert_status(NtCreateKey(&below, KEY_READ, &attributes, 0, NULL, 0, NULL), STATUS_ACCESS_DENIED);
    NtClose(key);

    UCHAR room[512];
    ULONG length;
    PSID owner;
    BOOLEAN defaulted;
    key = make_key(NULL, SOFTWARE L"\\Open");
    assert_status(NtQuerySecurityObject(key, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, room, 4, &length),
                  STATUS_BUFFER_TOO_SMALL);
    assert_true(length > 4 && length <= sizeof room);
    assert_status(NtQuerySecurityObject(key, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, room, sizeof room,
                                        &length),
                  STATUS_SUCCESS);
    assert_status(RtlGetOwnerSecurityDescriptor(room, &owner, &defaulted), STATUS_SUCCESS);
    assert_non_null(owner);
    PACL acl;
    BOOLEAN present;
    assert_status(RtlGetDaclSecurityDescriptor(room, &present, &acl, &defaulted), STATUS_SUCCESS);
    assert_true(present && acl && acl->AceCount >= 3); /* inherited from SOFTWARE */
    NtClose(key);
}

struct told {
    LARGE_INTEGER cookie;
    unsigned queries, sets, after;
    NTSTATUS refuse;
};

static NTSTATUS NTAPI told(PVOID context, PVOID argument1, PVOID argument2)
{
    struct told *t = context;
    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1) {
    case RegNtPreQueryKeySecurity:
        t->queries++;
        assert_int_equal(*((PREG_QUERY_KEY_SECURITY_INFORMATION)argument2)->SecurityInformation, DACL_SECURITY_INFORMATION);
        return t->refuse;
    case RegNtPreSetKeySecurity:
        t->sets++;
        return t->refuse;
    case RegNtPostQueryKeySecurity:
    case RegNtPostSetKeySecurity:
        t->after++;
        return STATUS_SUCCESS;
    default:
        return STATUS_SUCCESS;
    }
}

static void setting_is_told(void **state)
{
    (void)state;
    struct closed none;
    struct told t = {0};
    UCHAR room[512];
    ULONG length;
    IO_STATUS_BLOCK iosb;
    HANDLE event, key = make_key(NULL, SOFTWARE L"\\T");
    assert_status(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    assert_status(NtNotifyChangeKey(key, event, NULL, NULL, &iosb, REG_NOTIFY_CHANGE_SECURITY, FALSE, NULL, 0, TRUE),
                  STATUS_PENDING);
    assert_status(CmRegisterCallbackEx(told, U(L"380000"), NULL, &t, &t.cookie, NULL), STATUS_SUCCESS);
    t.refuse = STATUS_TOO_LATE;
    assert_status(NtQuerySecurityObject(key, DACL_SECURITY_INFORMATION, room, sizeof room, &length), STATUS_TOO_LATE);
    assert_status(NtSetSecurityObject(key, DACL_SECURITY_INFORMATION, close_up(&none)), STATUS_TOO_LATE);
    assert_int_equal(t.after, 0);
    t.refuse = STATUS_SUCCESS;
    assert_status(NtQuerySecurityObject(key, DACL_SECURITY_INFORMATION, room, sizeof room, &length), STATUS_SUCCESS);
    assert_status(opens(NULL, SOFTWARE L"\\T", KEY_READ, 0), STATUS_SUCCESS);
    LARGE_INTEGER now = {.QuadPart = 0};
    assert_status(NtWaitForSingleObject(event, FALSE, &now), STATUS_TIMEOUT);
    assert_status(NtSetSecurityObject(key, DACL_SECURITY_INFORMATION, &none), STATUS_SUCCESS);
    assert_status(NtWaitForSingleObject(event, FALSE, &now), STATUS_SUCCESS);
    assert_int_equal(t.queries, 2); /* an open is none */
    assert_int_equal(t.sets, 2);
    assert_int_equal(t.after, 2);
    assert_status(CmUnRegisterCallback(t.cookie), STATUS_SUCCESS);
    assert_status(opens(NULL, SOFTWARE L"\\T", KEY_READ, 0), STATUS_ACCESS_DENIED);
    set_dword(key, L"v", 1); /* a handle keeps what it has */
    NtClose(key);
}

static void a_transaction_keeps_it_to_itself(void **state)
{
    (void)state;
    struct closed none;
    HANDLE transaction, mine;
    NtClose(make_key(NULL, SOFTWARE L"\\T"));
    for (int commit = 0; commit < 2; commit++) {
        assert_status(NtCreateTransaction(&transaction, TRANSACTION_ALL_ACCESS, NULL, NULL, NULL, 0, 0, 0, NULL, NULL),
                      STATUS_SUCCESS);
        assert_status(NtOpenKeyTransacted(&mine, KEY_ALL_ACCESS, NAMED(SOFTWARE L"\\T", 0), transaction), STATUS_SUCCESS);
        assert_status(NtSetSecurityObject(mine, DACL_SECURITY_INFORMATION, close_up(&none)), STATUS_SUCCESS);
        assert_status(opens(mine, L"", KEY_READ, 0), STATUS_ACCESS_DENIED);
        assert_status(opens(NULL, SOFTWARE L"\\T", KEY_READ, 0), STATUS_SUCCESS);
        if (commit)
            assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
        else
            assert_status(NtRollbackTransaction(transaction, TRUE), STATUS_SUCCESS);
        NtClose(transaction);
    }
    assert_status(opens(NULL, SOFTWARE L"\\T", KEY_READ, 0), STATUS_ACCESS_DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(some_keys_are_the_systems, start, stop),
        cmocka_unit_test_setup_teardown(the_kernel_may_do_everything, start, stop),
        cmocka_unit_test_setup_teardown(new_keys_are_guarded, start, stop),
        cmocka_unit_test_setup_teardown(setting_is_told, start, stop),
        cmocka_unit_test_setup_teardown(a_transaction_keeps_it_to_itself, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
