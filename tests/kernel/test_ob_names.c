/*
 * Names, directories and symbolic links, as a client sees them.
 */
#include "ob_test.h"

static NTSTATUS open_directory(POBJECT_ATTRIBUTES attributes)
{
    HANDLE handle;
    NTSTATUS status = NtOpenDirectoryObject(&handle, DIRECTORY_QUERY, attributes);
    if (NT_SUCCESS(status))
        assert_status(NtClose(handle), STATUS_SUCCESS);
    return status;
}

static HANDLE make_directory(const WCHAR *name, ULONG flags)
{
    HANDLE handle;
    assert_status(NtCreateDirectoryObject(&handle, DIRECTORY_ALL_ACCESS, NAMED(name, flags)), STATUS_SUCCESS);
    return handle;
}

static HANDLE make_link(const WCHAR *name, const WCHAR *target)
{
    HANDLE handle;
    UNICODE_STRING text;
    RtlInitUnicodeString(&text, target);
    assert_status(NtCreateSymbolicLinkObject(&handle, SYMBOLIC_LINK_ALL_ACCESS, NAMED(name, 0), &text),
                  STATUS_SUCCESS);
    return handle;
}

static HANDLE make_event(const WCHAR *name)
{
    HANDLE handle;
    assert_status(NtCreateEvent(&handle, EVENT_ALL_ACCESS, NAMED(name, 0), NotificationEvent, FALSE),
                  STATUS_SUCCESS);
    return handle;
}

static NTSTATUS open_event(POBJECT_ATTRIBUTES attributes)
{
    HANDLE handle;
    NTSTATUS status = NtOpenEvent(&handle, EVENT_ALL_ACCESS, attributes);
    if (NT_SUCCESS(status))
        assert_status(NtClose(handle), STATUS_SUCCESS);
    return status;
}

static void system_directories_are_there(void **state)
{
    (void)state;
    static const WCHAR *const names[] = {L"\\",
                                         L"\\Device",
                                         L"\\Driver",
                                         L"\\FileSystem",
                                         L"\\GLOBAL\?\?",
                                         L"\\\?\?",
                                         L"\\DosDevices",
                                         L"\\BaseNamedObjects",
                                         L"\\ObjectTypes",
                                         L"\\KernelObjects",
                                         L"\\Callback",
                                         L"\\device",
                                         L"\\\?\?\\Global",
                                         L"\\\?\?\\GLOBALROOT\\Device",
                                         L"\\BaseNamedObjects\\Global"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_status(open_directory(NAMED(names[i], OBJ_CASE_INSENSITIVE)), STATUS_SUCCESS);
    assert_status(open_directory(NAMED(L"\\\?\?\\", 0)), STATUS_OBJECT_NAME_INVALID);
}

static void bad_paths_have_their_statuses(void **state)
{
    (void)state;
    HANDLE event = make_event(L"\\BaseNamedObjects\\there");
    assert_status(open_directory(NULL), STATUS_INVALID_PARAMETER);
    assert_status(open_directory(NAMED(NULL, 0)), STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_status(open_directory(NAMED(L"", 0)), STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_status(open_directory(NAMED(L"Device", 0)), STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_status(open_directory(NAMED(L"\\Nowhere", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(open_directory(NAMED(L"\\Nowhere\\Below", 0)), STATUS_OBJECT_PATH_NOT_FOUND);
    assert_status(open_directory(NAMED(L"\\\\Device", 0)), STATUS_OBJECT_NAME_INVALID);
    assert_status(open_directory(NAMED(L"\\Device\\", 0)), STATUS_OBJECT_NAME_INVALID);
    assert_status(open_directory(NAMED(L"\\BaseNamedObjects\\there", 0)), STATUS_OBJECT_TYPE_MISMATCH);
    assert_status(open_event(NAMED(L"\\BaseNamedObjects\\there\\more", 0)), STATUS_OBJECT_TYPE_MISMATCH);
    assert_status(open_event(NAMED(L"\\BaseNamedObjects", 0)), STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(event);
}

static void attributes_are_captured_with_care(void **state)
{
    (void)state;
    struct named n;
    named_at(&n, L"\\Device", 0, NULL);
    n.attributes.Length--;
    assert_status(open_directory(&n.attributes), STATUS_INVALID_PARAMETER);
    named_at(&n, L"\\Device", 0x80000000, NULL);
    assert_status(open_directory(&n.attributes), STATUS_INVALID_PARAMETER);
    named_at(&n, L"\\Device", 0, NULL);
    n.name.Length--;
    assert_status(open_directory(&n.attributes), STATUS_OBJECT_NAME_INVALID);
    named_at(&n, L"\\Device", 0, NULL);
    n.name.Buffer = BAD;
    assert_status(open_directory(&n.attributes), STATUS_ACCESS_VIOLATION);
    n.attributes.ObjectName = BAD;
    assert_status(open_directory(&n.attributes), STATUS_ACCESS_VIOLATION);
    assert_status(open_directory(BAD), STATUS_ACCESS_VIOLATION);
    assert_status(open_directory((PVOID)((ULONG_PTR)&n.attributes + 1)), STATUS_DATATYPE_MISALIGNMENT);
    named_at(&n, L"\\Device", 0, NULL);
    assert_status(NtOpenDirectoryObject(NULL, DIRECTORY_QUERY, &n.attributes), STATUS_ACCESS_VIOLATION);
    assert_status(NtOpenDirectoryObject(BAD, DIRECTORY_QUERY, &n.attributes), STATUS_ACCESS_VIOLATION);
    named_at(&n, L"\\Device", 0, (HANDLE)(ULONG_PTR)0x7777770);
    assert_status(open_directory(&n.attributes), STATUS_INVALID_HANDLE);
}

static void creation_collides_or_opens(void **state)
{
    (void)state;
    HANDLE event = make_event(L"\\BaseNamedObjects\\Once"), again = NULL;
    assert_status(NtCreateEvent(&again, EVENT_ALL_ACCESS, NAMED(L"\\BaseNamedObjects\\Once", 0),
                                NotificationEvent, FALSE),
                  STATUS_OBJECT_NAME_COLLISION);
    assert_status(NtCreateEvent(&again, EVENT_ALL_ACCESS, NAMED(L"\\BaseNamedObjects\\Once", OBJ_OPENIF),
                                NotificationEvent, FALSE),
                  STATUS_OBJECT_NAME_EXISTS);
    assert_status(NtSetEvent(again, NULL), STATUS_SUCCESS);
    LONG before = -1;
    assert_status(NtResetEvent(event, &before), STATUS_SUCCESS);
    assert_int_equal(before, 1);
    NtClose(again);
    assert_status(
        NtCreateMutant(&again, MUTANT_ALL_ACCESS, NAMED(L"\\BaseNamedObjects\\Once", OBJ_OPENIF), FALSE),
        STATUS_OBJECT_TYPE_MISMATCH);
    assert_status(
        NtCreateEvent(&again, EVENT_ALL_ACCESS, NAMED(L"\\Nowhere\\Once", 0), NotificationEvent, FALSE),
        STATUS_OBJECT_PATH_NOT_FOUND);
    assert_status(NtCreateEvent(&again, EVENT_ALL_ACCESS, NULL, 7, FALSE), STATUS_INVALID_PARAMETER);
    NtClose(event);
    assert_status(open_event(NAMED(L"\\BaseNamedObjects\\Once", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void case_matters_where_it_should(void **state)
{
    (void)state;
    HANDLE event = make_event(L"\\BaseNamedObjects\\Case\u00c4"), second;
    assert_status(open_event(NAMED(L"\\BaseNamedObjects\\case\u00e4", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(open_event(NAMED(L"\\BaseNamedObjects\\case\u00e4", OBJ_CASE_INSENSITIVE)), STATUS_SUCCESS);
    second = make_event(L"\\BaseNamedObjects\\case\u00c4");
    NtClose(second);
    NtClose(event);
    /* Directories and links ignore case whatever the flag says. */
    assert_status(open_directory(NAMED(L"\\DEVICE", 0)), STATUS_SUCCESS);
}

static void names_can_be_relative(void **state)
{
    (void)state;
    HANDLE directory = make_directory(L"\\Relative", 0), event, link;
    assert_status(
        NtCreateEvent(&event, EVENT_ALL_ACCESS, NAMED_IN(directory, L"e", 0), NotificationEvent, FALSE),
        STATUS_SUCCESS);
    assert_status(open_event(NAMED_IN(directory, L"e", 0)), STATUS_SUCCESS);
    assert_status(open_event(NAMED(L"\\Relative\\e", 0)), STATUS_SUCCESS);
    assert_status(open_event(NAMED_IN(directory, L"\\e", 0)), STATUS_OBJECT_PATH_SYNTAX_BAD);
    assert_status(open_event(NAMED_IN(directory, L"f", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(open_event(NAMED_IN(event, L"f", 0)), STATUS_INVALID_HANDLE);
    assert_status(open_directory(NAMED_IN(directory, L"", 0)), STATUS_SUCCESS);
    assert_status(open_event(NAMED_IN(directory, L"", 0)), STATUS_OBJECT_TYPE_MISMATCH);
    link = make_link(L"\\Relative\\up", L"\\Relative");
    assert_status(open_event(NAMED_IN(directory, L"up\\up\\e", 0)), STATUS_SUCCESS);
    NtClose(link);
    NtClose(event);
    NtClose(directory);
    assert_status(open_directory(NAMED(L"\\Relative", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void links_lead_on(void **state)
{
    (void)state;
    HANDLE event = make_event(L"\\BaseNamedObjects\\target");
    HANDLE link = make_link(L"\\\?\?\\way", L"\\BaseNamedObjects\\"), other;
    HANDLE straight = make_link(L"\\DosDevices\\straight", L"\\BaseNamedObjects\\target");
    assert_status(open_event(NAMED(L"\\GLOBAL\?\?\\way\\target", 0)), STATUS_SUCCESS);
    assert_status(open_event(NAMED(L"\\\?\?\\straight", 0)), STATUS_SUCCESS);
    assert_status(open_event(NAMED(L"\\\?\?\\straight\\on", 0)), STATUS_OBJECT_TYPE_MISMATCH);

    assert_status(NtOpenSymbolicLinkObject(&other, SYMBOLIC_LINK_QUERY, NAMED(L"\\\?\?\\STRAIGHT", 0)),
                  STATUS_SUCCESS);
    WCHAR text[64];
    UNICODE_STRING target = {0, sizeof text, text};
    ULONG length = 0;
    assert_status(NtQuerySymbolicLinkObject(other, &target, &length), STATUS_SUCCESS);
    assert_int_equal(target.Length, 24 * sizeof(WCHAR));
    assert_int_equal(length, 25 * sizeof(WCHAR));
    assert_memory_equal(text, L"\\BaseNamedObjects\\target", 25 * sizeof(WCHAR));
    target.MaximumLength = 24 * sizeof(WCHAR);
    assert_status(NtQuerySymbolicLinkObject(other, &target, NULL), STATUS_SUCCESS);
    length = 0;
    assert_status(NtQuerySymbolicLinkObject(other, &target, &length), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(length, 25 * sizeof(WCHAR));
    target.Buffer = BAD;
    assert_status(NtQuerySymbolicLinkObject(other, &target, NULL), STATUS_ACCESS_VIOLATION);
    assert_status(NtQuerySymbolicLinkObject(event, &(UNICODE_STRING){0, 8, text}, NULL),
                  STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(other);

    UNICODE_STRING empty = {0};
    assert_status(
        NtCreateSymbolicLinkObject(&other, SYMBOLIC_LINK_ALL_ACCESS, NAMED(L"\\\?\?\\x", 0), &empty),
        STATUS_INVALID_PARAMETER);
    NtClose(straight);
    NtClose(link);
    NtClose(event);
    assert_status(open_event(NAMED(L"\\\?\?\\straight", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void links_do_not_lead_on_for_ever(void **state)
{
    (void)state;
    HANDLE a = make_link(L"\\BaseNamedObjects\\a", L"\\BaseNamedObjects\\b");
    HANDLE b = make_link(L"\\BaseNamedObjects\\b", L"\\BaseNamedObjects\\a");
    assert_status(open_event(NAMED(L"\\BaseNamedObjects\\a", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
    NtClose(a);
    NtClose(b);
}

static void permanence(void **state)
{
    (void)state;
    HANDLE directory = make_directory(L"\\Stays", OBJ_PERMANENT);
    NtClose(directory);
    assert_status(open_directory(NAMED(L"\\Stays", 0)), STATUS_SUCCESS);
    assert_status(NtOpenDirectoryObject(&directory, DIRECTORY_QUERY, NAMED(L"\\Stays", 0)), STATUS_SUCCESS);
    assert_status(NtMakeTemporaryObject(directory), STATUS_ACCESS_DENIED);
    NtClose(directory);
    assert_status(NtOpenDirectoryObject(&directory, DELETE, NAMED(L"\\Stays", 0)), STATUS_SUCCESS);
    assert_status(NtMakeTemporaryObject(directory), STATUS_SUCCESS);
    assert_status(open_directory(NAMED(L"\\Stays", 0)), STATUS_SUCCESS);
    NtClose(directory);
    assert_status(open_directory(NAMED(L"\\Stays", 0)), STATUS_OBJECT_NAME_NOT_FOUND);
}

struct entry { /* OBJECT_DIRECTORY_INFORMATION */
    UNICODE_STRING Name, TypeName;
};

static void directories_are_listed(void **state)
{
    (void)state;
    HANDLE directory = make_directory(L"\\Listed", 0), events[3];
    events[0] = make_event(L"\\Listed\\one");
    events[1] = make_event(L"\\Listed\\two");
    events[2] = make_event(L"\\Listed\\three");
    union {
        struct entry entries[8];
        UCHAR bytes[1024];
    } buffer;
    ULONG context = 0, length = 0, seen = 0;
    assert_status(NtQueryDirectoryObject(directory, &buffer, sizeof buffer, FALSE, TRUE, &context, &length),
                  STATUS_SUCCESS);
    assert_int_equal(context, 3);
    for (; buffer.entries[seen].Name.Buffer; seen++) {
        assert_int_equal(buffer.entries[seen].TypeName.Length, 5 * sizeof(WCHAR));
        assert_memory_equal(buffer.entries[seen].TypeName.Buffer, L"Event", 6 * sizeof(WCHAR));
    }
    assert_int_equal(seen, 3);
    assert_status(NtQueryDirectoryObject(directory, &buffer, sizeof buffer, FALSE, FALSE, &context, &length),
                  STATUS_NO_MORE_ENTRIES);
    for (seen = 0; NT_SUCCESS(
             NtQueryDirectoryObject(directory, &buffer, sizeof buffer, TRUE, seen == 0, &context, NULL));)
        seen++;
    assert_int_equal(seen, 3);
    assert_status(NtQueryDirectoryObject(directory, &buffer, 40, TRUE, TRUE, &context, &length),
                  STATUS_BUFFER_TOO_SMALL);
    assert_true(length > 40);
    assert_status(NtQueryDirectoryObject(directory, &buffer, 120, FALSE, TRUE, &context, &length),
                  STATUS_MORE_ENTRIES);
    assert_status(NtQueryDirectoryObject(directory, BAD, 120, FALSE, TRUE, &context, &length),
                  STATUS_ACCESS_VIOLATION);
    assert_status(NtQueryDirectoryObject(events[0], &buffer, 120, FALSE, TRUE, &context, NULL),
                  STATUS_OBJECT_TYPE_MISMATCH);
    for (int i = 0; i < 3; i++)
        NtClose(events[i]);
    NtClose(directory);
}

static void objects_know_their_names(void **state)
{
    (void)state;
    HANDLE event = make_event(L"\\BaseNamedObjects\\Global\\me"), nameless;
    struct {
        UNICODE_STRING name;
        WCHAR text[64];
    } buffer;
    ULONG length = 0;
    assert_status(NtQueryObject(event, 1, &buffer, sizeof buffer, &length), STATUS_SUCCESS);
    assert_memory_equal(buffer.name.Buffer, L"\\BaseNamedObjects\\me", 21 * sizeof(WCHAR));
    assert_int_equal(buffer.name.Length, 20 * sizeof(WCHAR));
    assert_int_equal(length, sizeof(UNICODE_STRING) + 21 * sizeof(WCHAR));
    assert_status(NtQueryObject(event, 1, &buffer, 20, &length), STATUS_INFO_LENGTH_MISMATCH);
    assert_status(NtQueryObject(event, 2, &buffer, sizeof buffer, &length), STATUS_SUCCESS);
    assert_memory_equal(buffer.name.Buffer, L"Event", 6 * sizeof(WCHAR));
    assert_status(NtQueryObject(event, 99, &buffer, sizeof buffer, &length), STATUS_INVALID_INFO_CLASS);
    assert_status(NtCreateEvent(&nameless, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    assert_status(NtQueryObject(nameless, 1, &buffer, sizeof buffer, &length), STATUS_SUCCESS);
    assert_int_equal(buffer.name.Length, 0);
    ULONG basic[14];
    assert_status(NtQueryObject(event, 0, basic, sizeof basic, &length), STATUS_SUCCESS);
    assert_int_equal(basic[1], EVENT_ALL_ACCESS);
    assert_int_equal(basic[2], 1); /* handles */
    assert_status(NtQueryObject(event, 0, basic, sizeof basic - 4, &length), STATUS_INFO_LENGTH_MISMATCH);
    NtClose(nameless);
    NtClose(event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(system_directories_are_there, start, stop),
        cmocka_unit_test_setup_teardown(bad_paths_have_their_statuses, start, stop),
        cmocka_unit_test_setup_teardown(attributes_are_captured_with_care, start, stop),
        cmocka_unit_test_setup_teardown(creation_collides_or_opens, start, stop),
        cmocka_unit_test_setup_teardown(case_matters_where_it_should, start, stop),
        cmocka_unit_test_setup_teardown(names_can_be_relative, start, stop),
        cmocka_unit_test_setup_teardown(links_lead_on, start, stop),
        cmocka_unit_test_setup_teardown(links_do_not_lead_on_for_ever, start, stop),
        cmocka_unit_test_setup_teardown(permanence, start, stop),
        cmocka_unit_test_setup_teardown(directories_are_listed, start, stop),
        cmocka_unit_test_setup_teardown(objects_know_their_names, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
