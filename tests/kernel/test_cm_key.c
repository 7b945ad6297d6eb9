/*
 * Keys: creating, opening, describing, enumerating, deleting, renaming, links.
 */
#include "cm_test.h"

static void names_are_found_whatever_their_case(void **state)
{
    (void)state;
    HANDLE key = make_key(NULL, SOFTWARE L"\\One"), child = make_key(key, L"Two");
    assert_status(try_open(NULL, L"\\REGISTRY"), STATUS_SUCCESS);
    assert_status(try_open(NULL, L"\\registry\\machine\\software\\oNE\\tWO"), STATUS_SUCCESS);
    assert_status(try_open(NULL, SOFTWARE L"\\\\One\\Two\\"), STATUS_SUCCESS);
    assert_status(try_open(key, L"two"), STATUS_SUCCESS);
    assert_status(try_open(key, L""), STATUS_SUCCESS);
    assert_status(try_open(key, L"\\two"), STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_status(try_open(key, L"three"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(try_open(key, L"three\\four"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(try_open(NULL, L"Registry"), STATUS_OBJECT_PATH_SYNTAX_BAD);
    WCHAR name[260];
    for (int i = 0; i < 259; i++)
        name[i] = L'x';
    name[257] = 0;
    assert_status(try_open(key, name), STATUS_INVALID_PARAMETER);
    name[256] = 0;
    assert_status(try_open(key, name), STATUS_OBJECT_NAME_NOT_FOUND);
    HANDLE handle;
    assert_status(NtOpenKey(&handle, KEY_READ, NAMED(L"\\Device\\Null", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(NtOpenEvent(&handle, EVENT_ALL_ACCESS, NAMED(SOFTWARE, OBJ_CASE_INSENSITIVE)),
                  STATUS_OBJECT_TYPE_MISMATCH);
    assert_status(NtOpenKey(BAD, KEY_READ, NAMED(SOFTWARE, 0)), STATUS_ACCESS_VIOLATION);
    assert_status(NtOpenKeyEx(&handle, KEY_READ, NAMED(SOFTWARE, 0), 1), STATUS_INVALID_PARAMETER_4);
    NtClose(child);
    NtClose(key);
}

static void creation_says_what_it_did(void **state)
{
    (void)state;
    HANDLE key, again;
    ULONG disposition = 0;
    POBJECT_ATTRIBUTES name = NAMED(SOFTWARE L"\\New", OBJ_CASE_INSENSITIVE);
    assert_status(NtCreateKey(&key, KEY_ALL_ACCESS, name, 0, U(L"A class"), 0, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_CREATED_NEW_KEY);
    assert_status(NtCreateKey(&again, KEY_ALL_ACCESS, name, 0, NULL, 0, &disposition), STATUS_SUCCESS);
    assert_int_equal(disposition, REG_OPENED_EXISTING_KEY);
    NtClose(again);
    assert_status(create_at(&again, key, L"a\\b", 0), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(create_at(&again, key, L"a", 0x100), STATUS_INVALID_PARAMETER);
    assert_status(create_at(&again, NULL, L"\\Registry\\Machine\\New", 0), STATUS_INVALID_PARAMETER);
    assert_status(create_at(&again, NULL, L"\\Registry\\New", 0), STATUS_INVALID_PARAMETER);
    assert_status(create_at(&again, key, L"volatile", REG_OPTION_VOLATILE), STATUS_SUCCESS);
    HANDLE below;
    assert_status(create_at(&below, again, L"stable", 0), STATUS_CHILD_MUST_BE_VOLATILE);
    assert_status(create_at(&below, again, L"volatile", REG_OPTION_VOLATILE), STATUS_SUCCESS);
    NtClose(below);
    NtClose(again);
    NtClose(key);
}

static void keys_are_described(void **state)
{
    (void)state;
    HANDLE key, child;
    UCHAR room[512];
    ULONG length;
    assert_status(NtCreateKey(&key, KEY_ALL_ACCESS, NAMED(SOFTWARE L"\\Told", 0), 0, U(L"Cls"), 0, NULL),
                  STATUS_SUCCESS);
    assert_status(create_at(&child, key, L"Child", 0), STATUS_SUCCESS);
    set_dword(key, L"Value", 1);

    PKEY_BASIC_INFORMATION basic = (void *)room;
    assert_status(NtQueryKey(key, KeyBasicInformation, room, sizeof room, &length), STATUS_SUCCESS);
    assert_int_equal(length, 16 + 8);
    assert_text(basic->Name, basic->NameLength, L"Told");
    assert_true(basic->LastWriteTime.QuadPart > 0);

    PKEY_NODE_INFORMATION node = (void *)room;
    assert_status(NtQueryKey(key, KeyNodeInformation, room, sizeof room, &length), STATUS_SUCCESS);
    assert_int_equal(length, 24 + 8 + 6);
    assert_int_equal(node->ClassOffset, 24 + 8);
    assert_text(room + node->ClassOffset, node->ClassLength, L"Cls");
    assert_status(NtQueryKey(child, KeyNodeInformation, room, sizeof room, &length), STATUS_SUCCESS);
    assert_int_equal(node->ClassOffset, (ULONG)-1);

    PKEY_FULL_INFORMATION full = (void *)room;
    assert_status(NtQueryKey(key, KeyFullInformation, room, sizeof room, &length), STATUS_SUCCESS);
    assert_int_equal(length, 44 + 6);
    assert_int_equal(full->SubKeys, 1);
    assert_int_equal(full->MaxNameLen, 10);
    assert_int_equal(full->Values, 1);
    assert_int_equal(full->MaxValueNameLen, 10);
    assert_int_equal(full->MaxValueDataLen, 4);
    assert_int_equal(full->ClassOffset, 44);

    PKEY_NAME_INFORMATION name = (void *)room;
    assert_status(NtQueryKey(key, KeyNameInformation, room, sizeof room, &length), STATUS_SUCCESS);
    assert_text(name->Name, name->NameLength, L"\\REGISTRY\\MACHINE\\SOFTWARE\\Told");
    assert_int_equal(length, 4 + name->NameLength);

    PKEY_CACHED_INFORMATION cached = (void *)room;
    assert_status(NtQueryKey(key, KeyCachedInformation, room, sizeof room, &length), STATUS_SUCCESS);
    assert_int_equal(length, sizeof *cached);
    assert_int_equal(cached->NameLength, 8);

    /* Too little room. */
    memset(room, 0xEE, sizeof room);
    assert_status(NtQueryKey(key, KeyBasicInformation, room, 15, &length), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, 24);
    assert_int_equal(room[0], 0xEE);
    assert_status(NtQueryKey(key, KeyBasicInformation, NULL, 0, &length), STATUS_BUFFER_TOO_SMALL);
    assert_status(NtQueryKey(key, KeyBasicInformation, room, 20, &length), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(length, 24);
    assert_int_equal(basic->NameLength, 8);
    assert_memory_equal(basic->Name, L"To", 4);
    assert_int_equal(room[20], 0xEE);
    assert_status(NtQueryKey(key, 77, room, sizeof room, &length), STATUS_INVALID_PARAMETER);
    assert_status(NtQueryKey(key, KeyBasicInformation, room, sizeof room, BAD), STATUS_ACCESS_VIOLATION);
    assert_status(NtQueryKey(key, KeyBasicInformation, BAD, 100, &length), STATUS_ACCESS_VIOLATION);
    NtClose(child);
    NtClose(key);
}

static void subkeys_come_sorted(void **state)
{
    (void)state;
    static const WCHAR *const names[] = {L"b", L"C", L"a", L"D"}, *const sorted[] = {L"a", L"b", L"D", L"C"};
    HANDLE key = make_key(NULL, SOFTWARE L"\\List"), child;
    UCHAR room[64];
    ULONG length;
    PKEY_BASIC_INFORMATION basic = (void *)room;
    for (int i = 0; i < 4; i++) { /* C is volatile: it comes last */
        assert_status(create_at(&child, key, names[i], i == 1 ? REG_OPTION_VOLATILE : 0), STATUS_SUCCESS);
        NtClose(child);
    }
    for (ULONG i = 0; i < 4; i++) {
        assert_status(NtEnumerateKey(key, i, KeyBasicInformation, room, sizeof room, &length),
                      STATUS_SUCCESS);
        assert_int_equal(basic->NameLength, 2);
        assert_int_equal(basic->Name[0], sorted[i][0]);
    }
    assert_status(NtEnumerateKey(key, 4, KeyBasicInformation, room, sizeof room, &length),
                  STATUS_NO_MORE_ENTRIES);
    assert_status(NtEnumerateKey(key, 0, KeyNameInformation, room, sizeof room, &length),
                  STATUS_INVALID_PARAMETER);
    HANDLE weak;
    assert_status(NtOpenKey(&weak, KEY_SET_VALUE, NAMED_IN(key, L"", 0)), STATUS_SUCCESS);
    assert_status(NtEnumerateKey(weak, 0, KeyBasicInformation, room, sizeof room, &length),
                  STATUS_ACCESS_DENIED);
    assert_status(NtQueryKey(weak, KeyBasicInformation, room, sizeof room, &length), STATUS_ACCESS_DENIED);
    assert_status(NtQueryKey(weak, KeyNameInformation, room, sizeof room, &length), STATUS_BUFFER_OVERFLOW);
    NtClose(weak);
    NtClose(key);
}

static void deleted_keys_are_gone(void **state)
{
    (void)state;
    HANDLE key = make_key(NULL, SOFTWARE L"\\Gone"), child = make_key(key, L"Child"), other;
    ULONG length, value = 1;
    UCHAR room[64];
    assert_status(NtDeleteKey(key), STATUS_CANNOT_DELETE);
    assert_status(NtDeleteKey(child), STATUS_SUCCESS);
    assert_status(try_open(key, L"Child"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(NtDeleteKey(child), STATUS_KEY_DELETED);
    assert_status(NtQueryKey(child, KeyBasicInformation, room, sizeof room, &length), STATUS_KEY_DELETED);
    assert_status(NtQueryKey(child, KeyNameInformation, room, sizeof room, &length), STATUS_KEY_DELETED);
    assert_status(NtSetValueKey(child, U(L"v"), 0, REG_DWORD, &value, 4), STATUS_KEY_DELETED);
    assert_status(get_dword(child, L"v", &value), STATUS_KEY_DELETED);
    assert_status(NtDeleteValueKey(child, U(L"v")), STATUS_KEY_DELETED);
    assert_status(NtFlushKey(child), STATUS_KEY_DELETED);
    assert_status(create_at(&other, child, L"below", 0), STATUS_KEY_DELETED);
    other = make_key(key, L"child"); /* the name is free at once */
    NtClose(child);
    assert_status(NtDeleteKey(other), STATUS_SUCCESS);
    NtClose(other);
    assert_status(NtDeleteKey(key), STATUS_SUCCESS);
    NtClose(key);
    HANDLE hive = open_key(SOFTWARE);
    assert_status(NtDeleteKey(hive), STATUS_CANNOT_DELETE);
    assert_status(NtFlushKey(hive), STATUS_SUCCESS);
    NtClose(hive);
}

static void keys_are_renamed(void **state)
{
    (void)state;
    HANDLE key = make_key(NULL, SOFTWARE L"\\Names"), a = make_key(key, L"a"), b = make_key(key, L"b");
    assert_status(NtRenameKey(a, U(L"B")), STATUS_CANNOT_DELETE);
    assert_status(NtRenameKey(a, U(L"x\\y")), STATUS_INVALID_PARAMETER);
    assert_status(NtRenameKey(a, U(L"")), STATUS_INVALID_PARAMETER);
    assert_status(NtRenameKey(a, U(L"z")), STATUS_SUCCESS);
    assert_status(try_open(key, L"a"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(try_open(key, L"Z"), STATUS_SUCCESS);
    NtClose(b);
    NtClose(a);
    NtClose(key);
}

static void links_lead_elsewhere(void **state)
{
    (void)state;
    static const WCHAR target[] = L"\\Registry\\Machine\\SOFTWARE\\Target";
    HANDLE key = make_key(NULL, SOFTWARE L"\\Links"), there = make_key(NULL, target), link, child;
    ULONG value = 0;
    assert_status(create_at(&link, key, L"Link", REG_OPTION_CREATE_LINK), STATUS_SUCCESS);
    assert_status(try_open(key, L"Link"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(NtSetValueKey(link, U(L"other"), 0, REG_DWORD, &value, 4), STATUS_ACCESS_DENIED);
    assert_status(NtSetValueKey(link, U(L"symboliclinkvalue"), 0, REG_LINK, (PVOID)target, sizeof target - 2),
                  STATUS_SUCCESS);
    child = make_key(key, L"Link\\Child"); /* is made where it leads to */
    assert_status(try_open(there, L"Child"), STATUS_SUCCESS);
    set_dword(there, L"v", 7);
    NtClose(child);
    assert_status(NtOpenKey(&child, KEY_ALL_ACCESS, NAMED_IN(key, L"link", OBJ_CASE_INSENSITIVE)),
                  STATUS_SUCCESS);
    assert_status(get_dword(child, L"v", &value), STATUS_SUCCESS);
    assert_int_equal(value, 7);
    NtClose(child);
    assert_status(
        NtOpenKey(&child, KEY_ALL_ACCESS, NAMED_IN(key, L"link", OBJ_CASE_INSENSITIVE | OBJ_OPENLINK)),
        STATUS_SUCCESS);
    assert_status(get_dword(child, L"v", &value), STATUS_OBJECT_NAME_NOT_FOUND);
    NtClose(child);
    assert_status(NtOpenKeyEx(&child, KEY_ALL_ACCESS, NAMED_IN(key, L"link", OBJ_CASE_INSENSITIVE),
                              REG_OPTION_OPEN_LINK),
                  STATUS_SUCCESS);
    assert_status(NtDeleteKey(child), STATUS_SUCCESS);
    NtClose(child);
    NtClose(link);
    NtClose(there);
    NtClose(key);

    /* Windows' own. */
    UCHAR room[256];
    ULONG length;
    PKEY_NAME_INFORMATION name = (void *)room;
    key = open_key(L"\\Registry\\Machine\\System\\CurrentControlSet\\Services");
    assert_status(NtQueryKey(key, KeyNameInformation, room, sizeof room, &length), STATUS_SUCCESS);
    assert_text(name->Name, name->NameLength, L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services");
    NtClose(key);
}

static void every_machine_starts_anew(void **state)
{
    (void)state;
    HANDLE key = make_key(NULL, SOFTWARE L"\\Once"), left = make_key(key, L"left open");
    set_dword(left, L"v", 1);
    assert_int_equal(ntio_stop(), 0);
    assert_int_equal(ntio_start(NULL), 0);
    assert_status(try_open(NULL, SOFTWARE L"\\Once"), STATUS_OBJECT_NAME_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_are_found_whatever_their_case, start, stop),
        cmocka_unit_test_setup_teardown(creation_says_what_it_did, start, stop),
        cmocka_unit_test_setup_teardown(keys_are_described, start, stop),
        cmocka_unit_test_setup_teardown(subkeys_come_sorted, start, stop),
        cmocka_unit_test_setup_teardown(deleted_keys_are_gone, start, stop),
        cmocka_unit_test_setup_teardown(keys_are_renamed, start, stop),
        cmocka_unit_test_setup_teardown(links_lead_elsewhere, start, stop),
        cmocka_unit_test_setup_teardown(every_machine_starts_anew, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
