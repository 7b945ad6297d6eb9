/*
 * Rules of the registry's pages that are easily missed: who opens a key in place of the registry, what is told
 * of an operation that fails afterwards, aligned answers, unregistering from inside, bits of an access mask
 * that are no rights.
 */
#include "cm_test.h"

struct opener {
    LARGE_INTEGER cookie;
    PVOID gives; /* instead of what is opened */
    ACCESS_MASK granted;
    NTSTATUS makes; /* of a success, afterwards */
    ULONG after;
    NTSTATUS seen;
    PVOID seen_object;
    ULONG wow64;
};

static NTSTATUS NTAPI opener(PVOID context, PVOID argument1, PVOID argument2)
{
    struct opener *o = context;
    PREG_OPEN_KEY_INFORMATION_V1 info = argument2;
    PREG_POST_OPERATION_INFORMATION post = argument2;
    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1) {
    case RegNtPreOpenKeyEx:
        o->wow64 = info->Wow64Flags;
        if (!o->gives)
            return STATUS_SUCCESS;
        ObReferenceObject(o->gives);
        *info->ResultObject = o->gives;
        info->GrantedAccess = o->granted;
        return STATUS_CALLBACK_BYPASS;
    case RegNtPostOpenKeyEx:
        o->after++;
        o->seen = post->Status;
        o->seen_object = post->Object;
        if (NT_SUCCESS(post->Status) && !NT_SUCCESS(o->makes)) {
            post->ReturnStatus = o->makes;
            return STATUS_CALLBACK_BYPASS;
        }
        return STATUS_SUCCESS;
    default:
        return STATUS_SUCCESS;
    }
}

static void reference_sam(void *object)
{
    HANDLE sam;
    assert_status(ZwOpenKey(&sam, KEY_READ, NAMED(L"\\Registry\\Machine\\SAM", OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE)),
                  STATUS_SUCCESS);
    assert_status(ObReferenceObjectByHandle(sam, 0, *CmKeyObjectType, KernelMode, object, NULL), STATUS_SUCCESS);
    ZwClose(sam);
}

/* The descriptor of SAM lets nobody in but the system. */
static void who_opens_a_key_grants_access(void **state)
{
    (void)state;
    HANDLE key;
    struct opener o = {.granted = KEY_READ};
    UCHAR basic[56];
    ULONG length;
    assert_status(try_open(NULL, L"\\Registry\\Machine\\SAM"), STATUS_ACCESS_DENIED);
    ntio_run_in_kernel(reference_sam, &o.gives);
    assert_status(CmRegisterCallbackEx(opener, U(L"380000"), NULL, &o, &o.cookie, NULL), STATUS_SUCCESS);
    assert_status(NtOpenKey(&key, KEY_READ, NAMED(SOFTWARE L"\\Elsewhere", OBJ_CASE_INSENSITIVE)), STATUS_SUCCESS);
    assert_status(NtQueryObject(key, 0, basic, sizeof basic, &length), STATUS_SUCCESS);
    assert_int_equal(*(PULONG)(void *)(basic + 4), KEY_READ);
    assert_status(NtClose(key), STATUS_SUCCESS);
    assert_status(NtOpenKey(&key, MAXIMUM_ALLOWED, NAMED(SOFTWARE L"\\Elsewhere", OBJ_CASE_INSENSITIVE)), STATUS_SUCCESS);
    assert_status(NtQueryObject(key, 0, basic, sizeof basic, &length), STATUS_SUCCESS);
    assert_int_equal(*(PULONG)(void *)(basic + 4), KEY_READ);
    assert_status(NtClose(key), STATUS_SUCCESS);
    assert_int_equal(o.after, 0);
    assert_status(CmUnRegisterCallback(o.cookie), STATUS_SUCCESS);
    ObDereferenceObject(o.gives);
}

static void a_failed_open_has_no_object(void **state)
{
    (void)state;
    struct opener high = {0}, low = {.makes = STATUS_ACCESS_DENIED};
    assert_status(CmRegisterCallbackEx(opener, U(L"380002"), NULL, &high, &high.cookie, NULL), STATUS_SUCCESS);
    assert_status(CmRegisterCallbackEx(opener, U(L"380001"), NULL, &low, &low.cookie, NULL), STATUS_SUCCESS);
    assert_status(try_open(NULL, SOFTWARE), STATUS_ACCESS_DENIED);
    assert_status(low.seen, STATUS_SUCCESS);
    assert_non_null(low.seen_object);
    assert_status(high.seen, STATUS_ACCESS_DENIED);
    assert_null(high.seen_object);
    assert_status(CmUnRegisterCallback(high.cookie), STATUS_SUCCESS);
    assert_status(CmUnRegisterCallback(low.cookie), STATUS_SUCCESS);
}

/* Which view of the registry is meant is no right. */
static void views_are_no_rights(void **state)
{
    (void)state;
    HANDLE key;
    struct opener o = {0};
    UCHAR basic[56];
    ULONG length;
    assert_status(CmRegisterCallbackEx(opener, U(L"380000"), NULL, &o, &o.cookie, NULL), STATUS_SUCCESS);
    assert_status(NtOpenKey(&key, KEY_READ | KEY_WOW64_64KEY, NAMED(SOFTWARE, OBJ_CASE_INSENSITIVE)), STATUS_SUCCESS);
    assert_int_equal(o.wow64, KEY_WOW64_64KEY);
    assert_status(NtQueryObject(key, 0, basic, sizeof basic, &length), STATUS_SUCCESS);
    assert_int_equal(*(PULONG)(void *)(basic + 4), KEY_READ);
    NtClose(key);
    assert_status(CmUnRegisterCallback(o.cookie), STATUS_SUCCESS);
}

static void aligned_answers(void **state)
{
    (void)state;
    DECLSPEC_ALIGN(8) UCHAR room[72];
    ULONG length;
    HANDLE key = make_key(NULL, SOFTWARE L"\\Aligned");
    set_dword(key, L"v", 7);
    static const KEY_VALUE_INFORMATION_CLASS classes[] = {KeyValueFullInformationAlign64,
                                                          KeyValuePartialInformationAlign64};
    for (int i = 0; i < 2; i++) {
        assert_status(NtQueryValueKey(key, U(L"v"), classes[i], room + 4, 64, &length), STATUS_DATATYPE_MISALIGNMENT);
        assert_status(NtEnumerateValueKey(key, 0, classes[i], room + 4, 64, &length), STATUS_DATATYPE_MISALIGNMENT);
        assert_status(NtQueryValueKey(key, U(L"v"), classes[i], room + 8, 64, &length), STATUS_SUCCESS);
        assert_status(NtEnumerateValueKey(key, 0, classes[i], room + 8, 64, &length), STATUS_SUCCESS);
    }
    assert_status(NtQueryValueKey(key, U(L"v"), KeyValuePartialInformation, room + 4, 64, &length), STATUS_SUCCESS);
    NtClose(key);
}

struct leaver {
    LARGE_INTEGER cookie;
    NTSTATUS left;
    ULONG calls;
};

static NTSTATUS NTAPI leaver(PVOID context, PVOID argument1, PVOID argument2)
{
    struct leaver *l = context;
    (void)argument2;
    if ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1 != RegNtPreSetValueKey)
        return STATUS_SUCCESS;
    l->calls++;
    l->left = CmUnRegisterCallback(l->cookie);
    return STATUS_SUCCESS;
}

/* Windows would wait for ever. */
static void unregistering_from_inside_is_a_violation(void **state)
{
    (void)state;
    struct leaver l = {.left = STATUS_UNSUCCESSFUL};
    assert_int_equal(ntio_start(NULL), 0);
    HANDLE key = make_key(NULL, SOFTWARE L"\\Left");
    assert_status(CmRegisterCallbackEx(leaver, U(L"380000"), NULL, &l, &l.cookie, NULL), STATUS_SUCCESS);
    set_dword(key, L"v", 1);
    set_dword(key, L"v", 2);
    assert_int_equal(l.calls, 1);
    assert_status(l.left, STATUS_SUCCESS);
    assert_status(CmUnRegisterCallback(l.cookie), STATUS_INVALID_PARAMETER);
    NtClose(key);
    assert_int_equal(ntio_stop(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_opens_a_key_grants_access, start, stop),
        cmocka_unit_test_setup_teardown(a_failed_open_has_no_object, start, stop),
        cmocka_unit_test_setup_teardown(views_are_no_rights, start, stop),
        cmocka_unit_test_setup_teardown(aligned_answers, start, stop),
        cmocka_unit_test(unregistering_from_inside_is_a_violation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
