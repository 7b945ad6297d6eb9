/*
 * Keys in transactions: what others see before and after, conflicts, callbacks that are told of it.
 */
#include "tm_test.h"

static NTSTATUS create_in(PHANDLE key, HANDLE root, const WCHAR *name, ULONG options, HANDLE transaction)
{
    ULONG disposition;
    return NtCreateKeyTransacted(key, KEY_ALL_ACCESS, NAMED_IN(root, name, OBJ_CASE_INSENSITIVE), 0, U(L"Cls"), options,
                                 transaction, &disposition);
}

static HANDLE make_in(HANDLE root, const WCHAR *name, HANDLE transaction)
{
    HANDLE key = NULL;
    assert_status(create_in(&key, root, name, 0, transaction), STATUS_SUCCESS);
    return key;
}

static HANDLE open_in(HANDLE root, const WCHAR *name, HANDLE transaction)
{
    HANDLE key = NULL;
    assert_status(NtOpenKeyTransacted(&key, KEY_ALL_ACCESS, NAMED_IN(root, name, OBJ_CASE_INSENSITIVE), transaction),
                  STATUS_SUCCESS);
    return key;
}

static NTSTATUS set_value(HANDLE key, const WCHAR *name, ULONG value)
{
    return NtSetValueKey(key, U(name), 0, REG_DWORD, &value, sizeof value);
}

/* The subkeys' names, one after the other. */
static void subkeys_are(HANDLE key, const WCHAR *wanted)
{
    WCHAR names[64] = {0};
    union {
        KEY_BASIC_INFORMATION basic;
        KEY_FULL_INFORMATION full;
        UCHAR room[128];
    } said;
    ULONG length, count = 0, at = 0;
    while (NtEnumerateKey(key, count, KeyBasicInformation, &said, sizeof said, &length) == STATUS_SUCCESS) {
        memcpy(names + at, said.basic.Name, said.basic.NameLength);
        at += said.basic.NameLength / sizeof(WCHAR);
        names[at++] = L' ';
        count++;
    }
    UNICODE_STRING got = {(USHORT)(at * 2), (USHORT)(at * 2), names};
    assert_true(RtlEqualUnicodeString(&got, U(wanted), FALSE));
    assert_status(NtQueryKey(key, KeyFullInformation, &said, sizeof said, &length), STATUS_SUCCESS);
    assert_int_equal(said.full.SubKeys, count);
}

static void others_see_it_when_it_is_committed(void **state)
{
    (void)state;
    ULONG value;
    HANDLE key = make_key(NULL, SOFTWARE L"\\T"), old = make_key(key, L"Old");
    set_dword(key, L"kept", 1);
    set_dword(key, L"gone", 2);
    NtClose(make_key(key, L"Victim"));
    HANDLE transaction = transaction_make();
    HANDLE mine = open_in(NULL, SOFTWARE L"\\T", transaction);
    HANDLE fresh = make_in(mine, L"Fresh", transaction);
    HANDLE below = make_key(fresh, L"Below"); /* the root key's transaction is its own */
    HANDLE is_volatile;
    assert_status(create_in(&is_volatile, mine, L"Another", REG_OPTION_VOLATILE, transaction), STATUS_SUCCESS);
    HANDLE stable;
    assert_status(create_in(&stable, is_volatile, L"x", 0, transaction), STATUS_CHILD_MUST_BE_VOLATILE);
    assert_status(set_value(mine, L"new", 7), STATUS_SUCCESS);
    assert_status(set_value(mine, L"kept", 8), STATUS_SUCCESS);
    assert_status(NtDeleteValueKey(mine, U(L"gone")), STATUS_SUCCESS);
    assert_status(NtDeleteValueKey(mine, U(L"gone")), STATUS_OBJECT_NAME_NOT_FOUND);
    set_dword(fresh, L"inside", 9);
    HANDLE victim = open_in(mine, L"Victim", transaction);
    assert_status(NtDeleteKey(victim), STATUS_SUCCESS);
    assert_status(NtDeleteKey(victim), STATUS_KEY_DELETED);

    /* Within. */
    subkeys_are(mine, L"Fresh Old Another ");
    assert_status(try_open(mine, L"Victim"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(try_open(mine, L"fresh\\below"), STATUS_SUCCESS);
    assert_status(get_dword(mine, L"new", &value), STATUS_SUCCESS);
    assert_status(get_dword(mine, L"gone", &value), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(get_dword(mine, L"kept", &value), STATUS_SUCCESS);
    assert_int_equal(value, 8);
    /* Without. */
    subkeys_are(key, L"Old Victim ");
    assert_status(try_open(key, L"Fresh"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(get_dword(key, L"new", &value), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(get_dword(key, L"gone", &value), STATUS_SUCCESS);
    assert_status(get_dword(key, L"kept", &value), STATUS_SUCCESS);
    assert_int_equal(value, 1);
    /* In another. */
    HANDLE second = transaction_make(), theirs = open_in(NULL, SOFTWARE L"\\T", second);
    subkeys_are(theirs, L"Old Victim ");
    assert_status(get_dword(theirs, L"kept", &value), STATUS_SUCCESS);
    assert_int_equal(value, 1);

    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    subkeys_are(key, L"Fresh Old Another ");
    subkeys_are(theirs, L"Fresh Old Another ");
    assert_status(try_open(key, L"fresh\\below"), STATUS_SUCCESS);
    assert_status(get_dword(key, L"new", &value), STATUS_SUCCESS);
    assert_int_equal(value, 7);
    assert_status(get_dword(key, L"gone", &value), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(get_dword(key, L"kept", &value), STATUS_SUCCESS);
    assert_int_equal(value, 8);
    UCHAR room[64];
    ULONG length;
    HANDLE there = open_key(SOFTWARE L"\\T\\Fresh");
    assert_status(NtQueryKey(there, KeyNodeInformation, room, sizeof room, &length), STATUS_SUCCESS);
    assert_text(room + ((PKEY_NODE_INFORMATION)(void *)room)->ClassOffset, 6, L"Cls");
    assert_status(get_dword(there, L"inside", &value), STATUS_SUCCESS);

    /* Its handles have had their day. */
    assert_status(set_value(mine, L"late", 1), STATUS_TRANSACTION_NOT_ACTIVE);
    assert_status(get_dword(mine, L"kept", &value), STATUS_TRANSACTION_NOT_ACTIVE);
    assert_status(NtDeleteKey(below), STATUS_TRANSACTION_NOT_ACTIVE);
    assert_status(try_open(mine, L"Old"), STATUS_TRANSACTION_NOT_ACTIVE);
    assert_status(NtOpenKeyTransacted(&below, KEY_READ, NAMED(SOFTWARE, 0), transaction), STATUS_TRANSACTION_NOT_ACTIVE);
    NtClose(second);
    NtClose(transaction);
    (void)old;
}

static void nothing_is_left_of_a_rollback(void **state)
{
    (void)state;
    ULONG value;
    HANDLE key = make_key(NULL, SOFTWARE L"\\T"), transaction = transaction_make();
    NtClose(make_key(key, L"Old"));
    set_dword(key, L"v", 1);
    HANDLE mine = open_in(NULL, SOFTWARE L"\\T", transaction), fresh = make_in(mine, L"A", transaction);
    HANDLE below = make_in(fresh, L"B", transaction);
    assert_status(NtDeleteKey(fresh), STATUS_CANNOT_DELETE);
    assert_status(set_value(mine, L"v", 2), STATUS_SUCCESS);
    HANDLE old = open_in(mine, L"Old", transaction);
    assert_status(NtDeleteKey(old), STATUS_SUCCESS);
    HANDLE again = make_in(mine, L"Old", transaction); /* deleted and made anew */
    set_dword(again, L"new", 1);
    subkeys_are(mine, L"A Old ");
    assert_status(NtDeleteKey(below), STATUS_SUCCESS);
    assert_status(NtDeleteKey(fresh), STATUS_SUCCESS);
    subkeys_are(mine, L"Old ");
    assert_status(NtRollbackTransaction(transaction, TRUE), STATUS_SUCCESS);
    subkeys_are(key, L"Old ");
    assert_status(get_dword(key, L"v", &value), STATUS_SUCCESS);
    assert_int_equal(value, 1);
    assert_status(NtDeleteKey(mine), STATUS_TRANSACTION_NOT_ACTIVE);
    assert_status(set_value(again, L"new", 1), STATUS_TRANSACTION_NOT_ACTIVE);
    NtClose(transaction);

    /* The same, committed; and one that nobody decides about. */
    transaction = transaction_make();
    mine = open_in(NULL, SOFTWARE L"\\T", transaction);
    old = open_in(mine, L"Old", transaction);
    assert_status(NtDeleteKey(old), STATUS_SUCCESS);
    again = make_in(mine, L"Old", transaction);
    set_dword(again, L"new", 1);
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    HANDLE there = open_key(SOFTWARE L"\\T\\Old");
    assert_status(get_dword(there, L"new", &value), STATUS_SUCCESS);
    NtClose(transaction);
    transaction = transaction_make();
    make_in(NULL, SOFTWARE L"\\T\\Undecided", transaction);
    NtClose(transaction);
    assert_status(try_open(key, L"Undecided"), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void two_cannot_change_one_key(void **state)
{
    (void)state;
    HANDLE key = make_key(NULL, SOFTWARE L"\\T"), child = make_key(key, L"Child"), other;
    HANDLE first = transaction_make(), second = transaction_make();
    HANDLE a = open_in(NULL, SOFTWARE L"\\T", first), b = open_in(NULL, SOFTWARE L"\\T", second);
    assert_status(set_value(a, L"v", 1), STATUS_SUCCESS);
    assert_status(set_value(b, L"v", 2), STATUS_TRANSACTIONAL_CONFLICT);
    assert_status(NtDeleteValueKey(b, U(L"v")), STATUS_TRANSACTIONAL_CONFLICT);
    assert_status(create_in(&other, a, L"N", 0, first), STATUS_SUCCESS);
    assert_status(create_in(&other, b, L"n", 0, second), STATUS_TRANSACTIONAL_CONFLICT);
    assert_status(create_in(&other, b, L"m", 0, second), STATUS_SUCCESS); /* another key */
    HANDLE child_a = open_in(a, L"Child", first), child_b = open_in(b, L"Child", second);
    assert_status(create_in(&other, child_b, L"x", 0, second), STATUS_SUCCESS);
    assert_status(NtDeleteKey(child_a), STATUS_TRANSACTIONAL_CONFLICT);
    assert_status(NtDeleteKey(other), STATUS_SUCCESS);
    assert_status(NtDeleteKey(child_a), STATUS_SUCCESS);
    assert_status(create_in(&other, child_b, L"x", 0, second), STATUS_TRANSACTIONAL_CONFLICT);
    assert_status(NtDeleteKey(child_b), STATUS_TRANSACTIONAL_CONFLICT);
    assert_status(NtCommitTransaction(first, TRUE), STATUS_SUCCESS);
    assert_status(NtCommitTransaction(second, TRUE), STATUS_SUCCESS);
    subkeys_are(key, L"m N ");
    assert_status(set_value(child, L"v", 1), STATUS_KEY_DELETED);
    assert_status(NtRenameKey(open_in(NULL, SOFTWARE L"\\T", transaction_make()), U(L"R")),
                  STATUS_OPERATION_NOT_SUPPORTED_IN_TRANSACTION);
}

static void who_has_no_transaction_wins(void **state)
{
    (void)state;
    ULONG value;
    HANDLE key = make_key(NULL, SOFTWARE L"\\T"), transaction, mine, fresh;
    struct rm rm;
    rm_make(&rm, TRUE);
    for (int how = 0; how < 6; how++) {
        HANDLE child = make_key(key, L"Child");
        transaction = transaction_make();
        mine = open_in(NULL, SOFTWARE L"\\T\\Child", transaction);
        rm.count = 0;
        rm_enlist(&rm, transaction, TRANSACTION_NOTIFY_ROLLBACK);
        fresh = make_in(mine, L"Fresh", transaction);
        if (how != 2 && how != 3) /* a new child is no change of the key itself */
            assert_status(set_value(mine, L"v", 2), STATUS_SUCCESS);
        switch (how) {
        case 0:
            assert_status(set_value(child, L"other", 1), STATUS_SUCCESS);
            break;
        case 1:
            assert_status(NtDeleteValueKey(child, U(L"nothing")), STATUS_OBJECT_NAME_NOT_FOUND);
            break;
        case 2:
            assert_status(NtDeleteKey(child), STATUS_SUCCESS);
            break;
        case 3:
            NtClose(make_key(child, L"fresh"));
            break;
        case 4:
            assert_int_equal(ntio_registry_set("HKLM\\Software\\T\\Child", "x", REG_DWORD, &value, 4), 0);
            break;
        default:
            assert_status(NtRenameKey(child, U(L"Renamed")), STATUS_SUCCESS);
        }
        assert_int_equal(rm.count, 1);
        assert_status(set_value(mine, L"v", 3), STATUS_TRANSACTION_NOT_ACTIVE);
        assert_status(NtCommitTransaction(transaction, TRUE), STATUS_TRANSACTION_ALREADY_ABORTED);
        assert_status(get_dword(child, L"v", &value),
                      how == 2 ? STATUS_KEY_DELETED : STATUS_OBJECT_NAME_NOT_FOUND);
        if (how == 3)
            assert_status(NtDeleteKey(open_key(SOFTWARE L"\\T\\Child\\fresh")), STATUS_SUCCESS);
        if (how != 2)
            assert_status(NtDeleteKey(child), STATUS_SUCCESS);
        NtClose(rm.enlistment);
        NtClose(transaction);
        (void)fresh;
    }
    rm.enlistment = NULL;
    /* Reading, and what happens elsewhere, is no conflict. */
    transaction = transaction_make();
    mine = open_in(NULL, SOFTWARE L"\\T", transaction);
    assert_status(set_value(mine, L"v", 2), STATUS_SUCCESS);
    make_in(mine, L"Fresh", transaction);
    assert_status(get_dword(key, L"v", &value), STATUS_OBJECT_NAME_NOT_FOUND);
    NtClose(make_key(key, L"Sibling"));
    subkeys_are(mine, L"Fresh Sibling ");
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    subkeys_are(key, L"Fresh Sibling ");
    rm_free(&rm);
}

static void one_prepared_is_not_disturbed(void **state)
{
    (void)state;
    ULONG value;
    struct rm rm;
    HANDLE key = make_key(NULL, SOFTWARE L"\\T"), transaction = transaction_make();
    HANDLE mine = open_in(NULL, SOFTWARE L"\\T", transaction);
    assert_status(set_value(mine, L"v", 2), STATUS_SUCCESS);
    rm_make(&rm, TRUE);
    rm_enlist(&rm, transaction, NOTIFY_ALL);
    rm.silent = TRANSACTION_NOTIFY_PREPARE;
    assert_status(NtCommitTransaction(transaction, FALSE), STATUS_PENDING);
    assert_status(set_value(mine, L"v", 3), STATUS_TRANSACTION_NOT_ACTIVE);
    assert_status(set_value(key, L"v", 3), STATUS_TRANSACTIONAL_CONFLICT);
    assert_status(NtDeleteKey(key), STATUS_TRANSACTIONAL_CONFLICT);
    assert_status(NtPrepareComplete(rm.enlistment, NULL), STATUS_SUCCESS);
    assert_status(get_dword(key, L"v", &value), STATUS_SUCCESS);
    assert_int_equal(value, 2);
    assert_status(set_value(key, L"v", 3), STATUS_SUCCESS);
    NtClose(transaction);

    /* One whose keys were changed while it pre-prepared says no. */
    transaction = transaction_make();
    mine = open_in(NULL, SOFTWARE L"\\T", transaction);
    assert_status(set_value(mine, L"v", 4), STATUS_SUCCESS);
    NtClose(rm.enlistment);
    rm_enlist(&rm, transaction, NOTIFY_ALL);
    rm.silent = TRANSACTION_NOTIFY_PREPREPARE;
    assert_status(NtCommitTransaction(transaction, FALSE), STATUS_PENDING);
    assert_status(set_value(key, L"v", 5), STATUS_SUCCESS);
    assert_status(NtPrePrepareComplete(rm.enlistment, NULL), STATUS_SUCCESS);
    assert_int_equal(outcome_of(transaction), TransactionOutcomeAborted);
    assert_status(get_dword(key, L"v", &value), STATUS_SUCCESS);
    assert_int_equal(value, 5);
    NtClose(transaction);
    rm_free(&rm);
}

static void watchers_are_told_at_commit(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    HANDLE event, key = make_key(NULL, SOFTWARE L"\\T"), transaction = transaction_make();
    assert_status(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    assert_status(NtNotifyChangeKey(key, event, NULL, NULL, &iosb, REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET,
                                    TRUE, NULL, 0, TRUE),
                  STATUS_PENDING);
    HANDLE mine = make_in(NULL, SOFTWARE L"\\T\\New", transaction);
    set_dword(mine, L"v", 1);
    assert_false(is_signalled(event));
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    assert_true(is_signalled(event));
}

struct watch {
    LARGE_INTEGER cookie;
    PKTRANSACTION expected;
    unsigned explicit, bound;
    HANDLE transaction;
};

static NTSTATUS NTAPI watch(PVOID context, PVOID argument1, PVOID argument2)
{
    struct watch *w = context;
    PREG_CREATE_KEY_INFORMATION info = argument2;
    PREG_SET_VALUE_KEY_INFORMATION set = argument2;
    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)argument1) {
    case RegNtPreCreateKeyEx:
    case RegNtPreOpenKeyEx:
        w->explicit += info->Transaction == w->expected;
        w->bound += CmGetBoundTransaction(&w->cookie, info->RootObject) == w->expected;
        break;
    case RegNtPreSetValueKey:
        w->bound += CmGetBoundTransaction(&w->cookie, set->Object) == w->expected;
        break;
    default:
        break;
    }
    return STATUS_SUCCESS;
}

static void callbacks_are_told_of_it(void **state)
{
    (void)state;
    struct watch w = {.transaction = transaction_make()};
    HANDLE key = make_key(NULL, SOFTWARE L"\\T");
    assert_status(ObReferenceObjectByHandle(w.transaction, 0, *TmTransactionObjectType, KernelMode,
                                            (PVOID *)&w.expected, NULL),
                  STATUS_SUCCESS);
    assert_status(CmRegisterCallbackEx(watch, U(L"380000"), NULL, &w, &w.cookie, NULL), STATUS_SUCCESS);
    HANDLE mine = make_in(NULL, SOFTWARE L"\\T\\New", w.transaction);
    assert_int_equal(w.explicit, 1);
    assert_int_equal(w.bound, 0);
    HANDLE below = make_key(mine, L"Below");
    assert_int_equal(w.explicit, 1);
    assert_int_equal(w.bound, 1);
    set_dword(below, L"v", 1);
    assert_int_equal(w.bound, 2);
    set_dword(key, L"v", 1);
    assert_int_equal(w.bound, 2);
    assert_status(CmUnRegisterCallback(w.cookie), STATUS_SUCCESS);
    NtClose(w.transaction);
    ObDereferenceObject(w.expected);
}

static void parameters_are_checked(void **state)
{
    (void)state;
    HANDLE key, transaction = transaction_make(), weak;
    assert_status(NtOpenKeyTransactedEx(&key, KEY_READ, NAMED(SOFTWARE, 0), 1, transaction), STATUS_INVALID_PARAMETER_4);
    assert_status(NtOpenKeyTransactedEx(&key, KEY_READ, NAMED(SOFTWARE, 0), REG_OPTION_OPEN_LINK, transaction),
                  STATUS_SUCCESS);
    assert_status(NtOpenKeyTransacted(&key, KEY_READ, NAMED(SOFTWARE, 0), key), STATUS_OBJECT_TYPE_MISMATCH);
    assert_status(NtOpenKeyTransacted(&key, KEY_READ, NAMED(SOFTWARE, 0), NULL), STATUS_INVALID_HANDLE);
    assert_status(NtOpenKeyTransacted(&key, KEY_READ, NAMED(SOFTWARE L"\\none", 0), transaction),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(create_in(&key, NULL, SOFTWARE L"\\x", 0x100, transaction), STATUS_INVALID_PARAMETER);
    assert_status(NtOpenKeyTransacted(BAD, KEY_READ, NAMED(SOFTWARE, 0), transaction), STATUS_ACCESS_VIOLATION);
    assert_status(NtCreateTransaction(&weak, TRANSACTION_COMMIT, NULL, NULL, NULL, 0, 0, 0, NULL, NULL), STATUS_SUCCESS);
    assert_status(NtOpenKeyTransacted(&key, KEY_READ, NAMED(SOFTWARE, 0), weak), STATUS_ACCESS_DENIED);
    /* Through a link it stays in the transaction. */
    HANDLE mine = make_in(NULL, L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\tx", transaction);
    assert_status(try_open(NULL, L"\\Registry\\Machine\\System\\ControlSet001\\Services\\tx"),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(NtCommitTransaction(transaction, TRUE), STATUS_SUCCESS);
    assert_status(try_open(NULL, L"\\Registry\\Machine\\System\\ControlSet001\\Services\\tx"), STATUS_SUCCESS);
    (void)mine;
}

static void a_machine_stops_in_the_middle(void **state)
{
    (void)state;
    HANDLE transaction = transaction_make();
    HANDLE key = make_in(NULL, SOFTWARE L"\\T", transaction);
    set_dword(key, L"v", 1);
    HANDLE mine = open_in(NULL, SOFTWARE, transaction);
    set_dword(mine, L"v", 1);
    assert_int_equal(ntio_stop(), 0);
    assert_int_equal(ntio_start(NULL), 0);
    assert_status(try_open(NULL, SOFTWARE L"\\T"), STATUS_OBJECT_NAME_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(others_see_it_when_it_is_committed, start, stop),
        cmocka_unit_test_setup_teardown(nothing_is_left_of_a_rollback, start, stop),
        cmocka_unit_test_setup_teardown(two_cannot_change_one_key, start, stop),
        cmocka_unit_test_setup_teardown(who_has_no_transaction_wins, start, stop),
        cmocka_unit_test_setup_teardown(one_prepared_is_not_disturbed, start, stop),
        cmocka_unit_test_setup_teardown(watchers_are_told_at_commit, start, stop),
        cmocka_unit_test_setup_teardown(callbacks_are_told_of_it, start, stop),
        cmocka_unit_test_setup_teardown(parameters_are_checked, start, stop),
        cmocka_unit_test_setup_teardown(a_machine_stops_in_the_middle, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
