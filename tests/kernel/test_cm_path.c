/*
 * The run-time library's registry functions: tables of values to read, and writing by path.
 */
#include "cm_test.h"

#define SERVICE L"Tabled"

static void write_values(void *unused)
{
    (void)unused;
    static const WCHAR list[] = L"one\0two\0", text[] = L"text";
    static const UCHAR bytes[10] = "123456789";
    ULONG number = 42;
    ULONGLONG large = 0x1122334455667788;
    assert_status(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, SERVICE), STATUS_SUCCESS);
    assert_status(RtlCreateRegistryKey(RTL_REGISTRY_SERVICES, SERVICE L"\\Sub"), STATUS_SUCCESS);
#define WRITE(path, name, type, data, size)                                                                  \
    assert_status(RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, path, name, type, data, size), STATUS_SUCCESS)
    WRITE(SERVICE, L"Number", REG_DWORD, &number, sizeof number);
    WRITE(SERVICE, L"Text", REG_SZ, (PVOID)text, sizeof text);
    WRITE(SERVICE, L"Path", REG_EXPAND_SZ, L"%systemroot%\\x", sizeof L"%systemroot%\\x");
    WRITE(SERVICE, L"List", REG_MULTI_SZ, (PVOID)list, sizeof list);
    WRITE(SERVICE, L"Bytes", REG_BINARY, (PVOID)bytes, sizeof bytes);
    WRITE(SERVICE, L"Large", REG_QWORD, &large, sizeof large);
    WRITE(SERVICE L"\\Sub", L"Inner", REG_DWORD, &number, sizeof number);
}

static NTSTATUS query(PRTL_QUERY_REGISTRY_TABLE table)
{
    return RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, SERVICE, table, NULL, NULL);
}

static void direct_entries_are_stored(void **state)
{
    (void)state;
    WCHAR room[16];
    ULONG number = 0, absent = 0, fallback = 9;
    UNICODE_STRING own = {0, sizeof room, room}, allocated = {0}, path = {0}, nothing = {0};
    union {
        LONG size;
        ULONG head[2];
        UCHAR bytes[32];
    } raw = {.size = -(LONG)sizeof raw}, told = {.size = sizeof told};
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Number", &number, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Absent", &absent, REG_DWORD, &fallback, sizeof fallback},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Text", &own, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Text", &allocated, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Path", &path, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"None", &nothing, REG_SZ, L"default", 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Bytes", &raw, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Bytes", &told, REG_NONE, NULL, 0},
        {0},
    };
    assert_status(query(table), STATUS_SUCCESS);
    assert_int_equal(number, 42);
    assert_int_equal(absent, 9);
    assert_text(room, own.Length, L"text");
    assert_text(allocated.Buffer, allocated.Length, L"text");
    assert_text(path.Buffer, path.Length, L"C:\\Windows\\x");
    assert_text(nothing.Buffer, nothing.Length, L"default");
    assert_memory_equal(raw.bytes, "123456789", 10);
    assert_int_equal(told.head[0], 10);
    assert_int_equal(told.head[1], REG_BINARY);
    assert_memory_equal(told.bytes + 8, "123456789", 10);
    RtlFreeUnicodeString(&allocated);
    RtlFreeUnicodeString(&path);
    RtlFreeUnicodeString(&nothing);
}

static void types_are_checked(void **state)
{
    (void)state;
    ULONG number = 0;
    UNICODE_STRING text = {0};
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK, L"Number", &number,
         (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE, NULL, 0}};
    assert_status(query(table), STATUS_SUCCESS);
    assert_int_equal(number, 42);
    table[0].Name = L"Text";
    assert_status(query(table), STATUS_OBJECT_TYPE_MISMATCH);
    table[0].DefaultType = (ULONG)REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    table[0].EntryContext = &text;
    assert_status(query(table), STATUS_SUCCESS);
    RtlFreeUnicodeString(&text);
    /* What counts is the type that is stored, not what it is expanded to. */
    text = (UNICODE_STRING){0};
    table[0].Name = L"Path";
    assert_status(query(table), STATUS_OBJECT_TYPE_MISMATCH);
    table[0].DefaultType = (ULONG)REG_EXPAND_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
    assert_status(query(table), STATUS_SUCCESS);
    assert_text(text.Buffer, text.Length, L"C:\\Windows\\x");
    RtlFreeUnicodeString(&text);
    table[0].Flags = RTL_QUERY_REGISTRY_TYPECHECK;
    table[0].QueryRoutine = (PRTL_QUERY_REGISTRY_ROUTINE)(ULONG_PTR)1;
    assert_status(query(table), STATUS_INVALID_PARAMETER);
}

struct seen {
    ULONG calls;
    char text[64];
};

static NTSTATUS NTAPI remember(PWSTR name, ULONG type, PVOID data, ULONG size, PVOID context, PVOID entry)
{
    (void)context;
    struct seen *seen = entry;
    seen->calls++;
    size_t at = strlen(seen->text);
    seen->text[at++] = name ? (char)name[0] : '-';
    seen->text[at++] = (char)('0' + type);
    seen->text[at++] = (char)('a' + size);
    if (type == REG_SZ && size)
        seen->text[at++] = (char)*(PWSTR)data;
    seen->text[at] = 0;
    return STATUS_SUCCESS;
}

static void routines_are_called(void **state)
{
    (void)state;
    struct seen list = {0}, whole = {0}, sub = {0}, none = {0}, inner = {0};
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {remember, 0, L"List", &list, REG_NONE, NULL, 0},
        {remember, RTL_QUERY_REGISTRY_NOEXPAND, L"List", &whole, REG_NONE, NULL, 0},
        {remember, RTL_QUERY_REGISTRY_NOVALUE, NULL, &none, REG_NONE, NULL, 0},
        {remember, RTL_QUERY_REGISTRY_SUBKEY, L"Sub", &sub, REG_NONE, NULL, 0},
        {remember, 0, L"Inner", &inner, REG_NONE, NULL, 0},
        {remember, RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_REQUIRED, L"Number", &inner, REG_NONE, NULL,
         0},
        {0},
    };
    assert_status(query(table), STATUS_SUCCESS);
    assert_string_equal(list.text, "L1ioL1it"); /* each string by itself */
    assert_string_equal(whole.text, "L7s");
    assert_string_equal(none.text, "-0a");
    assert_string_equal(sub.text, "I4e");
    assert_string_equal(inner.text, "I4eN4e");
    RTL_QUERY_REGISTRY_TABLE all[] = {{remember, 0, NULL, memset(&list, 0, sizeof list), REG_NONE, NULL, 0},
                                      {0}};
    assert_status(query(all), STATUS_SUCCESS);
    assert_int_equal(list.calls, 7); /* six values, one of them a list of two */
}

static NTSTATUS NTAPI answer(PWSTR name, ULONG type, PVOID data, ULONG size, PVOID context, PVOID entry)
{
    (void)name, (void)type, (void)data, (void)size, (void)context;
    return *(NTSTATUS *)entry;
}

static void a_routines_answer_counts(void **state)
{
    (void)state;
    NTSTATUS small = STATUS_BUFFER_TOO_SMALL, bad = STATUS_TOO_LATE;
    RTL_QUERY_REGISTRY_TABLE table[] = {{answer, 0, L"Number", &small, REG_NONE, NULL, 0},
                                        {answer, 0, L"List", &small, REG_NONE, NULL, 0},
                                        {answer, 0, NULL, &small, REG_NONE, NULL, 0},
                                        {answer, 0, L"Number", &bad, REG_NONE, NULL, 0},
                                        {0}};
    assert_status(query(table), STATUS_TOO_LATE);
    table[3].EntryContext = &small;
    assert_status(query(table), STATUS_SUCCESS);
}

static void lists_are_stored_whole(void **state)
{
    (void)state;
    WCHAR room[16];
    UNICODE_STRING own = {0, sizeof room, room}, allocated = {0}, small = {0, 16, room}, standard = {0};
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_NOEXPAND, L"List", &own, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_NOEXPAND, L"List", &allocated, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_NOEXPAND, L"None", &standard, REG_MULTI_SZ, L"x\0yz\0", 0},
        {0},
        {0}};
    assert_status(query(table), STATUS_SUCCESS);
    assert_int_equal(own.Length, sizeof L"one\0two\0" - sizeof(WCHAR)); /* its last terminator is not counted */
    assert_memory_equal(room, L"one\0two\0", own.Length);
    assert_int_equal(allocated.Length, own.Length);
    assert_int_equal(allocated.MaximumLength, sizeof L"one\0two\0");
    assert_int_equal(standard.Length, sizeof L"x\0yz\0" - sizeof(WCHAR));
    assert_memory_equal(standard.Buffer, L"x\0yz\0", standard.Length);
    RtlFreeUnicodeString(&allocated);
    RtlFreeUnicodeString(&standard);
    allocated = standard = (UNICODE_STRING){0};
    table[0].EntryContext = &small;
    assert_status(query(table), STATUS_BUFFER_TOO_SMALL);
    /* Unexpanded, and a binary buffer that is too small by one. */
    union {
        LONG size;
        UCHAR bytes[18];
    } raw = {.size = -9};
    UNICODE_STRING path = {0};
    RTL_QUERY_REGISTRY_TABLE more[] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_NOEXPAND, L"Path", &path, REG_NONE, NULL, 0},
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Bytes", &raw, REG_NONE, NULL, 0},
        {0}};
    assert_status(query(more), STATUS_BUFFER_TOO_SMALL);
    assert_text(path.Buffer, path.Length, L"%systemroot%\\x");
    RtlFreeUnicodeString(&path);
    more[0] = more[1];
    more[1] = (RTL_QUERY_REGISTRY_TABLE){0};
    raw.size = 17;
    assert_status(query(more), STATUS_BUFFER_TOO_SMALL);
    raw.size = 18;
    assert_status(query(more), STATUS_SUCCESS);
    raw.size = -10;
    assert_status(query(more), STATUS_SUCCESS);
    assert_memory_equal(raw.bytes, "123456789", 10);
}

/* A list that is stored directly and not left whole fills an array of strings. */
static void a_list_fills_an_array(void **state)
{
    (void)state;
    UNICODE_STRING strings[3] = {0};
    RTL_QUERY_REGISTRY_TABLE table[2] = {{NULL, RTL_QUERY_REGISTRY_DIRECT, L"List", strings, REG_NONE, NULL, 0}};
    assert_status(query(table), STATUS_SUCCESS);
    assert_text(strings[0].Buffer, strings[0].Length, L"one");
    assert_text(strings[1].Buffer, strings[1].Length, L"two");
    assert_null(strings[2].Buffer);
    assert_ptr_equal(table[0].EntryContext, &strings[2]);
    RtlFreeUnicodeString(&strings[0]);
    RtlFreeUnicodeString(&strings[1]);
}

/* What has no type, or nothing of the default's type, is as if it were not there. */
static void empty_values_have_the_default(void **state)
{
    (void)state;
    ULONG number = 0, standard = 5;
    UNICODE_STRING text = {0};
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, SERVICE, L"Typeless", REG_NONE, &number, 4);
    RtlWriteRegistryValue(RTL_REGISTRY_SERVICES, SERVICE, L"Empty", REG_SZ, L"", 0);
    RTL_QUERY_REGISTRY_TABLE table[] = {
        {NULL, RTL_QUERY_REGISTRY_DIRECT, L"Typeless", &number, REG_DWORD, &standard, 4},
        {NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK, L"Empty", &text,
         (REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_SZ, L"standard", 0},
        {0}};
    assert_status(query(table), STATUS_SUCCESS);
    assert_int_equal(number, 5);
    assert_text(text.Buffer, text.Length, L"standard");
    RtlFreeUnicodeString(&text);
    table[0].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    table[0].DefaultType = REG_NONE;
    assert_status(query(table), STATUS_OBJECT_NAME_NOT_FOUND);
    table[0].Flags = RTL_QUERY_REGISTRY_DIRECT;
    table[1] = (RTL_QUERY_REGISTRY_TABLE){NULL, RTL_QUERY_REGISTRY_DIRECT, L"Empty", &text, REG_NONE, NULL, 0};
    assert_status(query(table), STATUS_SUCCESS);
    assert_int_equal(text.Length, 0);
    assert_non_null(text.Buffer);
    RtlFreeUnicodeString(&text);
}

static void unchecked(void *unused)
{
    (void)unused;
    ULONG number;
    RTL_QUERY_REGISTRY_TABLE table[2] = {{NULL, RTL_QUERY_REGISTRY_DIRECT, L"v", &number, REG_NONE, NULL, 0}};
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, L"\\Registry\\User\\.Default\\Software", table, NULL, NULL);
}

static void unchecked_in_kernel(void *unused)
{
    ntio_run_in_kernel(unchecked, unused);
}

/* What a user may have written is not stored unchecked. */
static void users_hives_are_not_trusted(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(unchecked_in_kernel, NULL, &caught));
    assert_int_equal(caught.code, 0x139);
    assert_int_equal(caught.parameters[0], 9);
}

static void what_is_missing_has_its_status(void **state)
{
    (void)state;
    ULONG number = 7, standard = 8;
    WCHAR room[2];
    UNICODE_STRING small = {0, sizeof room, room};
    RTL_QUERY_REGISTRY_TABLE table[2] = {{NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_REQUIRED,
                                          L"Absent", &number, REG_NONE, &standard, 4}};
    assert_status(query(table), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(number, 7);
    table[0].DefaultType = REG_DWORD; /* it is required only where there is no default */
    assert_status(query(table), STATUS_SUCCESS);
    assert_int_equal(number, 8);
    table[0].Flags = RTL_QUERY_REGISTRY_DIRECT;
    table[0].DefaultType = REG_NONE;
    assert_status(query(table), STATUS_SUCCESS); /* nothing is stored */
    assert_int_equal(number, 8);
    table[0].Name = L"Text";
    table[0].EntryContext = &small;
    assert_status(query(table), STATUS_BUFFER_TOO_SMALL);
    table[0].Flags |= RTL_QUERY_REGISTRY_SUBKEY;
    assert_status(query(table), STATUS_INVALID_PARAMETER);
    assert_status(RtlQueryRegistryValues(RTL_REGISTRY_SERVICES, L"Nowhere", table, NULL, NULL),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(RtlQueryRegistryValues(77, L"Nowhere", table, NULL, NULL), STATUS_INVALID_PARAMETER);
    table[0] = (RTL_QUERY_REGISTRY_TABLE){
        NULL, RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_DELETE, L"Number", &number, REG_NONE, NULL, 0};
    assert_status(query(table), STATUS_SUCCESS);
    assert_int_equal(number, 42);
    table[0].Flags |= RTL_QUERY_REGISTRY_REQUIRED;
    assert_status(query(table), STATUS_OBJECT_NAME_NOT_FOUND);
}

static void paths_mean_keys(void **state)
{
    (void)state;
    HANDLE key;
    ULONG value = 3;
    assert_status(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, SERVICE), STATUS_SUCCESS);
    assert_status(RtlCheckRegistryKey(RTL_REGISTRY_SERVICES, L"Nowhere"), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_status(RtlCheckRegistryKey(RTL_REGISTRY_CONTROL, L""), STATUS_SUCCESS);
    assert_status(RtlCheckRegistryKey(RTL_REGISTRY_WINDOWS_NT, NULL), STATUS_SUCCESS);
    assert_status(RtlCheckRegistryKey(RTL_REGISTRY_DEVICEMAP, NULL), STATUS_SUCCESS);
    assert_status(RtlCheckRegistryKey(RTL_REGISTRY_USER, L"Software"), STATUS_SUCCESS);
    assert_status(RtlCheckRegistryKey(RTL_REGISTRY_ABSOLUTE, SOFTWARE), STATUS_SUCCESS);
    assert_status(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, SERVICE, L"Number"), STATUS_SUCCESS);
    assert_status(RtlDeleteRegistryValue(RTL_REGISTRY_SERVICES, SERVICE, L"Number"),
                  STATUS_OBJECT_NAME_NOT_FOUND);
    HANDLE doomed = make_key(NULL, SOFTWARE L"\\ByHandle"); /* checked means closed */
    assert_status(RtlCheckRegistryKey(RTL_REGISTRY_HANDLE, (PWSTR)doomed), STATUS_SUCCESS);
    assert_status(get_dword(doomed, L"v", &value), STATUS_INVALID_HANDLE);
    key = make_key(NULL, SOFTWARE L"\\ByHandle");
    assert_status(RtlWriteRegistryValue(RTL_REGISTRY_HANDLE, (PCWSTR)key, L"v", REG_DWORD, &value, 4),
                  STATUS_SUCCESS);
    value = 0;
    assert_status(get_dword(key, L"v", &value), STATUS_SUCCESS);
    assert_int_equal(value, 3);
    NtClose(key);
}

static void in_kernel(void *test)
{
    ((void (*)(void **))test)(NULL);
}

#define IN_KERNEL(test)                                                                                      \
    static void kernel_##test(void **state)                                                                  \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(in_kernel, (void *)test);                                                         \
    }
IN_KERNEL(direct_entries_are_stored)
IN_KERNEL(types_are_checked)
IN_KERNEL(routines_are_called)
IN_KERNEL(what_is_missing_has_its_status)
IN_KERNEL(paths_mean_keys)
IN_KERNEL(a_routines_answer_counts)
IN_KERNEL(lists_are_stored_whole)
IN_KERNEL(a_list_fills_an_array)
IN_KERNEL(empty_values_have_the_default)

static int start_in_kernel(void **state)
{
    (void)state;
    start(NULL);
    ntio_run_in_kernel(write_values, NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kernel_direct_entries_are_stored, start_in_kernel, stop),
        cmocka_unit_test_setup_teardown(kernel_types_are_checked, start_in_kernel, stop),
        cmocka_unit_test_setup_teardown(kernel_routines_are_called, start_in_kernel, stop),
        cmocka_unit_test_setup_teardown(kernel_what_is_missing_has_its_status, start_in_kernel, stop),
        cmocka_unit_test_setup_teardown(kernel_paths_mean_keys, start_in_kernel, stop),
        cmocka_unit_test_setup_teardown(kernel_a_routines_answer_counts, start_in_kernel, stop),
        cmocka_unit_test_setup_teardown(kernel_lists_are_stored_whole, start_in_kernel, stop),
        cmocka_unit_test_setup_teardown(kernel_a_list_fills_an_array, start_in_kernel, stop),
        cmocka_unit_test_setup_teardown(kernel_empty_values_have_the_default, start_in_kernel, stop),
        cmocka_unit_test_setup_teardown(users_hives_are_not_trusted, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
