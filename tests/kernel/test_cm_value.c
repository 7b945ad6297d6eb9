/*
 * Values: setting, querying, enumerating, deleting, several at once; and the notifications of their changes.
 */
#include "cm_test.h"

static HANDLE key;

static int start_with_key(void **state)
{
    int result = start(state);
    key = make_key(NULL, SOFTWARE L"\\Values");
    return result;
}

static int stop_with_key(void **state)
{
    NtClose(key);
    return stop(state);
}

static void layouts_are_exact(void **state)
{
    (void)state;
    UCHAR room[128], data[5] = {1, 2, 3, 4, 5};
    ULONG length;
    assert_status(NtSetValueKey(key, U(L"Abc"), 0, REG_BINARY, data, sizeof data), STATUS_SUCCESS);

    PKEY_VALUE_BASIC_INFORMATION basic = (void *)room;
    assert_status(NtQueryValueKey(key, U(L"aBC"), KeyValueBasicInformation, room, sizeof room, &length),
                  STATUS_SUCCESS);
    assert_int_equal(length, 12 + 6);
    assert_int_equal(basic->Type, REG_BINARY);
    assert_text(basic->Name, basic->NameLength, L"Abc");

    PKEY_VALUE_FULL_INFORMATION full = (void *)room;
    assert_status(NtQueryValueKey(key, U(L"Abc"), KeyValueFullInformation, room, sizeof room, &length),
                  STATUS_SUCCESS);
    assert_int_equal(full->DataOffset, 28); /* 20 + 6, rounded up */
    assert_int_equal(full->DataLength, 5);
    assert_int_equal(length, 33);
    assert_memory_equal(room + 28, data, 5);
    assert_status(NtQueryValueKey(key, U(L"Abc"), KeyValueFullInformationAlign64, room, sizeof room, &length),
                  STATUS_SUCCESS);
    assert_int_equal(full->DataOffset, 32);

    PKEY_VALUE_PARTIAL_INFORMATION partial = (void *)room;
    assert_status(NtQueryValueKey(key, U(L"Abc"), KeyValuePartialInformation, room, sizeof room, &length),
                  STATUS_SUCCESS);
    assert_int_equal(length, 12 + 5);
    assert_int_equal(partial->TitleIndex, 0);
    assert_int_equal(partial->DataLength, 5);
    assert_memory_equal(partial->Data, data, 5);
    PKEY_VALUE_PARTIAL_INFORMATION_ALIGN64 aligned = (void *)room;
    assert_status(
        NtQueryValueKey(key, U(L"Abc"), KeyValuePartialInformationAlign64, room, sizeof room, &length),
        STATUS_SUCCESS);
    assert_int_equal(length, 8 + 5);
    assert_int_equal(aligned->Type, REG_BINARY);
    assert_memory_equal(aligned->Data, data, 5);

    memset(room, 0xEE, sizeof room);
    assert_status(NtQueryValueKey(key, U(L"Abc"), KeyValuePartialInformation, room, 11, &length),
                  STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, 17);
    assert_int_equal(room[0], 0xEE);
    assert_status(NtQueryValueKey(key, U(L"Abc"), KeyValuePartialInformation, room, 14, &length),
                  STATUS_BUFFER_OVERFLOW);
    assert_int_equal(length, 17);
    assert_int_equal(partial->DataLength, 5);
    assert_memory_equal(partial->Data, "\1\2\xEE", 3);
    assert_status(NtQueryValueKey(key, U(L"Abc"), KeyValuePartialInformation, NULL, 0, &length),
                  STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, 17);
}

static void bad_arguments_have_their_statuses(void **state)
{
    (void)state;
    UCHAR room[64];
    ULONG length, value = 1;
    UNICODE_STRING odd = {3, 4, L"ab"};
    set_dword(key, L"v", 1);
    assert_status(NtQueryValueKey(key, U(L"none"), KeyValuePartialInformation, room, 64, &length),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(NtQueryValueKey(key, U(L"v"), 99, room, 64, &length), STATUS_INVALID_PARAMETER);
    assert_status(NtQueryValueKey(key, &odd, KeyValuePartialInformation, room, 64, &length),
                  STATUS_INVALID_PARAMETER);
    assert_status(NtQueryValueKey(key, BAD, KeyValuePartialInformation, room, 64, &length),
                  STATUS_ACCESS_VIOLATION);
    assert_status(NtQueryValueKey(key, U(L"v"), KeyValuePartialInformation, BAD, 64, &length),
                  STATUS_ACCESS_VIOLATION);
    assert_status(NtQueryValueKey(key, U(L"v"), KeyValuePartialInformation, room, 64, NULL),
                  STATUS_ACCESS_VIOLATION);
    assert_status(NtQueryValueKey(NULL, U(L"v"), KeyValuePartialInformation, room, 64, &length),
                  STATUS_INVALID_HANDLE);
    assert_status(NtSetValueKey(key, U(L"v"), 0, REG_BINARY, BAD, 8), STATUS_ACCESS_VIOLATION);
    assert_status(NtSetValueKey(key, &odd, 0, REG_DWORD, &value, 4), STATUS_INVALID_PARAMETER);
    assert_status(NtDeleteValueKey(key, U(L"none")), STATUS_OBJECT_NAME_NOT_FOUND);
    HANDLE event, weak;
    assert_status(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    assert_status(NtSetValueKey(event, U(L"v"), 0, REG_DWORD, &value, 4), STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(event);
    assert_status(NtOpenKey(&weak, KEY_QUERY_VALUE, NAMED_IN(key, L"", 0)), STATUS_SUCCESS);
    assert_status(NtSetValueKey(weak, U(L"v"), 0, REG_DWORD, &value, 4), STATUS_ACCESS_DENIED);
    assert_status(NtDeleteValueKey(weak, U(L"v")), STATUS_ACCESS_DENIED);
    assert_status(NtDeleteKey(weak), STATUS_ACCESS_DENIED);
    NtClose(weak);
}

static void values_keep_their_order(void **state)
{
    (void)state;
    UCHAR room[64];
    ULONG length, value;
    PKEY_VALUE_BASIC_INFORMATION basic = (void *)room;
    set_dword(key, L"b", 1);
    set_dword(key, L"a", 2);
    set_dword(key, L"", 3);  /* the default value */
    set_dword(key, L"B", 4); /* the first one again */
    static const WCHAR *const names[] = {L"b", L"a", L""};
    for (ULONG i = 0; i < 3; i++) {
        UNICODE_STRING name;
        RtlInitUnicodeString(&name, names[i]);
        assert_status(NtEnumerateValueKey(key, i, KeyValueBasicInformation, room, sizeof room, &length),
                      STATUS_SUCCESS);
        assert_int_equal(basic->NameLength, name.Length);
        assert_memory_equal(basic->Name, name.Buffer, name.Length);
    }
    assert_status(NtEnumerateValueKey(key, 3, KeyValueBasicInformation, room, sizeof room, &length),
                  STATUS_NO_MORE_ENTRIES);
    assert_status(get_dword(key, L"b", &value), STATUS_SUCCESS);
    assert_int_equal(value, 4);
    assert_status(NtDeleteValueKey(key, U(L"B")), STATUS_SUCCESS);
    assert_status(NtEnumerateValueKey(key, 0, KeyValueBasicInformation, room, sizeof room, &length),
                  STATUS_SUCCESS);
    assert_int_equal(basic->Name[0], L'a');
    /* No data at all, and zeros at the end of a name. */
    UNICODE_STRING zeros = {6, 6, L"n\0\0"};
    assert_status(NtSetValueKey(key, &zeros, 0, REG_NONE, NULL, 0), STATUS_SUCCESS);
    PKEY_VALUE_FULL_INFORMATION full = (void *)room;
    assert_status(NtQueryValueKey(key, U(L"n"), KeyValueFullInformation, room, sizeof room, &length),
                  STATUS_SUCCESS);
    assert_int_equal(full->DataOffset, (ULONG)-1);
    assert_int_equal(length, 22);
}

static void several_are_read_at_once(void **state)
{
    (void)state;
    UCHAR room[64];
    ULONG length = sizeof room, required = 0;
    assert_status(NtSetValueKey(key, U(L"three"), 0, REG_BINARY, "abc", 3), STATUS_SUCCESS);
    set_dword(key, L"four", 4);
    KEY_VALUE_ENTRY entries[2] = {{.ValueName = U(L"three")}, {.ValueName = U(L"four")}};
    assert_status(NtQueryMultipleValueKey(key, entries, 2, room, &length, &required), STATUS_SUCCESS);
    assert_int_equal(required, 8);
    assert_int_equal(length, 8);
    assert_int_equal(entries[1].DataOffset, 4);
    assert_int_equal(entries[0].DataLength, 3);
    assert_int_equal(entries[1].Type, REG_DWORD);
    assert_int_equal(room[4], 4);
    length = 5;
    assert_status(NtQueryMultipleValueKey(key, entries, 2, room, &length, &required), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(required, 8);
    entries[1].ValueName = U(L"none");
    assert_status(NtQueryMultipleValueKey(key, entries, 2, room, &length, NULL),
                  STATUS_OBJECT_NAME_NOT_FOUND);
}

static bool is_set(HANDLE event)
{
    LARGE_INTEGER now = {0};
    return NtWaitForSingleObject(event, FALSE, &now) == STATUS_SUCCESS;
}

static void changes_are_told(void **state)
{
    (void)state;
    HANDLE event, child = make_key(key, L"child"), watched;
    IO_STATUS_BLOCK iosb = {0};
    assert_status(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE), STATUS_SUCCESS);
    assert_status(NtOpenKey(&watched, KEY_ALL_ACCESS, NAMED_IN(key, L"", 0)), STATUS_SUCCESS);
#define NOTIFY(filter, tree) NtNotifyChangeKey(watched, event, NULL, NULL, &iosb, filter, tree, NULL, 0, TRUE)
    assert_status(NOTIFY(0x40, FALSE), STATUS_INVALID_PARAMETER);
    assert_status(NOTIFY(REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
    assert_false(is_set(event));
    set_dword(child, L"v", 1); /* below: not watched */
    assert_false(is_set(event));
    set_dword(key, L"v", 1);
    assert_true(is_set(event));
    assert_int_equal(iosb.Status, STATUS_NOTIFY_ENUM_DIR);
    set_dword(key, L"v", 2); /* between two calls */
    assert_status(NOTIFY(REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_SUCCESS);
    assert_true(is_set(event));
    assert_status(NOTIFY(REG_NOTIFY_CHANGE_LAST_SET, FALSE), STATUS_PENDING);
    KEY_BASIC_INFORMATION before, after;
    ULONG length;
    NtQueryKey(key, KeyBasicInformation, &before, sizeof before, &length);
    NtDelayExecution(FALSE, &(LARGE_INTEGER){.QuadPart = -10000});
    set_dword(key, L"v", 2); /* the value it has: no change */
    assert_false(is_set(event));
    NtQueryKey(key, KeyBasicInformation, &after, sizeof after, &length);
    assert_int_equal(after.LastWriteTime.QuadPart, before.LastWriteTime.QuadPart);
    assert_status(NtClose(watched), STATUS_SUCCESS);
    assert_true(is_set(event));
    assert_int_equal(iosb.Status, STATUS_NOTIFY_CLEANUP);

    assert_status(NtOpenKey(&watched, KEY_ALL_ACCESS, NAMED_IN(key, L"", 0)), STATUS_SUCCESS);
    assert_status(NOTIFY(REG_NOTIFY_CHANGE_NAME, TRUE), STATUS_PENDING);
    set_dword(child, L"v", 1); /* not what is watched */
    assert_false(is_set(event));
    HANDLE grandchild = make_key(child, L"grandchild");
    assert_true(is_set(event));
    assert_status(NOTIFY(REG_NOTIFY_CHANGE_NAME, TRUE), STATUS_PENDING);
    assert_status(NtDeleteKey(grandchild), STATUS_SUCCESS);
    assert_true(is_set(event));
    assert_status(NOTIFY(REG_NOTIFY_CHANGE_NAME, TRUE), STATUS_PENDING);
    NtClose(grandchild);
    NtClose(watched);
    NtClose(child);
    NtClose(event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(layouts_are_exact, start_with_key, stop_with_key),
        cmocka_unit_test_setup_teardown(bad_arguments_have_their_statuses, start_with_key, stop_with_key),
        cmocka_unit_test_setup_teardown(values_keep_their_order, start_with_key, stop_with_key),
        cmocka_unit_test_setup_teardown(several_are_read_at_once, start_with_key, stop_with_key),
        cmocka_unit_test_setup_teardown(changes_are_told, start_with_key, stop_with_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
