/*
 * FormatMessage: every flag, every sequence, and what it says when it cannot.
 */
#include "win32_test.h"

#include <stdarg.h>
#include <string.h>

#define STRING FORMAT_MESSAGE_FROM_STRING
#define SYSTEM FORMAT_MESSAGE_FROM_SYSTEM

static DWORD format(DWORD flags, PCSTR source, PSTR to, DWORD size, ...)
{
    va_list list;
    va_start(list, size);
    DWORD length = FormatMessageA(flags, source, 0, 0, to, size, &list);
    va_end(list);
    return length;
}

static DWORD format_wide(DWORD flags, PCWSTR source, PWSTR to, DWORD size, ...)
{
    va_list list;
    va_start(list, size);
    DWORD length = FormatMessageW(flags, source, 0, 0, to, size, &list);
    va_end(list);
    return length;
}

#define assert_formats(text, flags, source, ...)                                                             \
    do {                                                                                                     \
        char to_[300];                                                                                       \
        assert_int_equal(format((flags), (source), to_, sizeof to_, ##__VA_ARGS__), sizeof(text) - 1);       \
        assert_string_equal(to_, (text));                                                                    \
    } while (0)
#define assert_wide(wide_text, source, ...)                                                                  \
    do {                                                                                                     \
        WCHAR to_[100];                                                                                      \
        assert_int_equal(format_wide(STRING, (source), to_, 100, ##__VA_ARGS__),                             \
                         sizeof(wide_text) / sizeof(WCHAR) - 1);                                             \
        assert_memory_equal(to_, (wide_text), sizeof(wide_text));                                            \
    } while (0)

static void knows_its_sequences(void **state)
{
    (void)state;
    assert_formats(" %% ", STRING, " %%%% ");
    assert_formats(" ..  427", STRING, " %.%.  %1!d!", 427);
    assert_formats("test", STRING, "test%0test");
    assert_formats("yah!", STRING, "yah%!%0   ");
    assert_formats("    ", STRING, "% %   ");
    assert_formats("\r\n\r\t \\", STRING, "%n%r%t%b%\\");
    assert_formats("hi\r\n", STRING, "hi\n");
    assert_formats("\r\n\r\n", STRING, "\r\r\n");
    assert_formats("hi ", STRING | FORMAT_MESSAGE_MAX_WIDTH_MASK, "hi\r\n");
    assert_formats("  ", STRING | FORMAT_MESSAGE_MAX_WIDTH_MASK, "\r\r\n");
    assert_formats("a\r\nb", STRING | FORMAT_MESSAGE_MAX_WIDTH_MASK, "a%nb");
}

static void inserts(void **state)
{
    (void)state;
    assert_formats("test", STRING, "%1%3%2%1", "t", "s", "e");
    assert_formats("(null)", STRING, "%1", NULL);
    assert_formats("   b|B   | 1AB", STRING, "%1!4x!|%1!-4X!|%2!4X!", 11, 0x1ab);
    assert_formats("narrow wide wide", STRING, "%1!s! %2!ls! %2!S!", "narrow", L"wide");
    assert_formats("81985529216486895", STRING, "%1!I64u!", 0x123456789ABCDEFull);
    assert_formats("tenth: j, then b0", STRING, "tenth: %10, then %2%3!u!", "a", "b", 0, "d", "e", "f", "g", "h", "i",
                   "j");
    assert_wide(L"wide narrow", L"%1 %2!S!", L"wide", "narrow");
    assert_wide(L"tes", L"%1!c!%2!lc!%3!wc!", 't', 'e', 's');

    /* Stars: the first takes the insertion's number, the others what follows. */
    assert_wide(L"   t", L"%1!*s!", 4, L"t");
    assert_wide(L"  001", L"%1!*.*u!", 5, 3, 1);
    assert_wide(L"  001, 0002", L"%1!*.*u!,%1!*.*u!", 5, 3, 1, 4, 2);
    assert_wide(L"  001,  0002", L"%1!*.*u!,%3!*.*u!", 5, 3, 1, 6, 4, 2);
    assert_wide(L"  Bi Bob   Bill", L"%1!*.*s! %3 %4!*s!", 4, 2, L"Bill", L"Bob", 6, L"Bill");
    ULONG_PTR array[] = {4, 2, (ULONG_PTR)L"Bill", (ULONG_PTR)L"Bob", 6, (ULONG_PTR)L"Bill"};
    WCHAR wide[40];
    assert_int_equal(FormatMessageW(STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, L"%1!*.*s! %4 %5!*s!", 0, 0, wide, 40,
                                    (va_list *)array),
                     15);
    assert_memory_equal(wide, L"  Bi Bob   Bill", 32);
    ULONG_PTR numbers[] = {6, 4, 2, 5, 3, 1};
    assert_int_equal(FormatMessageW(STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, L"%1!*.*u!,%1!*.*u!", 0, 0, wide, 40,
                                    (va_list *)numbers),
                     13);
    assert_memory_equal(wide, L"  0002, 00003", 28);
}

static void leaves_inserts_alone(void **state)
{
    (void)state;
    const DWORD flags = STRING | FORMAT_MESSAGE_IGNORE_INSERTS;
    assert_formats("test%1%2!*.*s!%99", flags, "test%1%2!*.*s!%99");
    assert_formats("%%% %.%!", flags, "%%% %.%!");
    assert_formats("\r\n\r\t", flags, "%n%r%t");
    assert_formats("test", flags, "test%0test");
    assert_formats("hi\r\n", flags, "hi\n");
}

static void breaks_lines(void **state)
{
    (void)state;
    static const struct {
        DWORD width;
        PCSTR source, text;
    } cases[] = {
        {20, "short long line", "short long line"},
        {11, "short long line", "short long\r\nline"},
        {10, "short long line", "short\r\nlong line"},
        {7, "short long line", "short\r\nlong\r\nline"},
        {16, "short long    line", "short long\r\nline"},
        {16, "short long    wordlongerthanaline", "short long\r\nwordlongerthanal\r\nine"},
        {12, "short long    line", "short long\r\n  line"},
        {11, "   shortlong line", "\r\nshortlong\r\nline"},
        {11, "l1%n   shortlong line", "l1\r\n\r\nshortlong\r\nline"},
        {5, "                ", "\r\n\r\n\r\n "},
        {8, "shortlon", "shortlon\r\n"},
        {8, "shortlongline", "shortlon\r\ngline"},
        {8, "shortlon%n", "shortlon\r\n\r\n"},
        {11, "short\nlong line", "short long\r\nline"},
        {8, "short%nlong line", "short\r\nlong\r\nline"},
        {8, "short%rlong line", "short\rlong\r\nline"},
        {11, "short long\tline", "short\r\nlong\tline"},
        {11, "short long-line", "short\r\nlong-line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char to[100];
        assert_int_equal(FormatMessageA(STRING | cases[i].width, cases[i].source, 0, 0, to, sizeof to, NULL),
                         strlen(cases[i].text));
        assert_string_equal(to, cases[i].text);
    }
}

static void fails(void **state)
{
    (void)state;
    char to[8] = "xxxxxxx";
    WCHAR wide[8] = L"xxxxxxx";
    void *buffer = BAD_LOW;

    /* No room: the narrow function leaves the buffer alone, the wide one fills it. */
    assert_fails(FormatMessageA(STRING, "test", 0, 0, to, 0, NULL), ERROR_INSUFFICIENT_BUFFER);
    assert_fails(FormatMessageA(STRING, "test", 0, 0, to, 4, NULL), ERROR_INSUFFICIENT_BUFFER);
    assert_string_equal(to, "xxxxxxx");
    assert_fails(FormatMessageW(STRING, L"test", 0, 0, wide, 0, NULL), ERROR_INSUFFICIENT_BUFFER);
    assert_memory_equal(wide, L"xxxxxxx", 16);
    assert_fails(FormatMessageW(STRING, L"test", 0, 0, wide, 4, NULL), ERROR_INSUFFICIENT_BUFFER);
    assert_memory_equal(wide, L"tes\0xxx", 16);
    assert_fails(FormatMessageA(STRING, "test", 0, 0, to, 0x8000, NULL), ERROR_INVALID_PARAMETER);

    /* Nothing to say. */
    assert_fails(FormatMessageA(STRING, "", 0, 0, to, 8, NULL), ERROR_NO_WORK_DONE);
    assert_string_equal(to, "xxxxxxx");
    assert_fails(FormatMessageW(STRING, L"%0test", 0, 0, wide, 8, NULL), ERROR_NO_WORK_DONE);
    assert_int_equal(wide[0], 0);
    assert_fails(FormatMessageA(STRING | FORMAT_MESSAGE_ALLOCATE_BUFFER, "", 0, 0, (PSTR)&buffer, 0, NULL),
                 ERROR_NO_WORK_DONE);
    assert_null(buffer);

    /* Nothing to say it with. */
    assert_fails(FormatMessageA(STRING, "%", 0, 0, to, 8, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(FormatMessageA(STRING, "test%", 0, 0, to, 8, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(FormatMessageA(STRING, "%1", 0, 0, to, 8, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(FormatMessageA(STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, "%1", 0, 0, to, 8, NULL),
                 ERROR_INVALID_PARAMETER);
    assert_fails(FormatMessageA(STRING | FORMAT_MESSAGE_ARGUMENT_ARRAY, "%1", 0, 0, to, 8, BAD_LOW), ERROR_NOACCESS);
    assert_fails(format(STRING, "%1!s", to, 8, "a"), ERROR_INVALID_PARAMETER);
    assert_fails(format(STRING, "%1!0000000000000000000000000000001d!", to, 8, 1), ERROR_INVALID_PARAMETER);
    assert_fails(format(STRING, "%1!***d!", to, 8, 1, 2, 3, 4), ERROR_INVALID_PARAMETER);

    /* Nothing to say it from, nowhere to say it. */
    assert_fails(FormatMessageA(0, "test", 0, 0, to, 8, NULL), ERROR_INVALID_PARAMETER);
    buffer = BAD_LOW;
    assert_fails(FormatMessageW(FORMAT_MESSAGE_ALLOCATE_BUFFER, L"test", 0, 0, (PWSTR)&buffer, 0, NULL),
                 ERROR_INVALID_PARAMETER);
    assert_null(buffer);
    assert_fails(FormatMessageA(SYSTEM, NULL, 5, 0, NULL, 1, NULL), ERROR_INSUFFICIENT_BUFFER);
    assert_fails(FormatMessageA(SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, 5, 0, NULL, 0, NULL),
                 ERROR_NOT_ENOUGH_MEMORY);
    assert_fails(FormatMessageW(SYSTEM, NULL, 5, 0, NULL, 256, NULL), ERROR_INVALID_PARAMETER);
    assert_string_equal(to, "xxxxxxx");
}

static void finds_messages(void **state)
{
    (void)state;
    char denied[100], to[100], *allocated;
    DWORD length = FormatMessageA(SYSTEM, NULL, ERROR_ACCESS_DENIED, 0, denied, sizeof denied, NULL);
    assert_true(length > 2);
    assert_string_equal(denied + length - 2, "\r\n");

    /* A string comes before the others; then a module's message, then the system's. */
    assert_int_equal(FormatMessageA(STRING | SYSTEM | FORMAT_MESSAGE_FROM_HMODULE, "test", 5, 0, to, 100, NULL), 4);
    assert_int_equal(FormatMessageA(SYSTEM | FORMAT_MESSAGE_FROM_HMODULE, GetModuleHandleA("ntdll"),
                                    (DWORD)STATUS_ACCESS_DENIED, 0, to, 100, NULL),
                     length);
    assert_string_equal(to, denied);
    assert_int_equal(FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE, GetModuleHandleA("kernel32.dll"), ERROR_ACCESS_DENIED,
                                    0, to, 100, NULL),
                     length);
    assert_int_equal(FormatMessageA(SYSTEM | FORMAT_MESSAGE_FROM_HMODULE, NULL, ERROR_ACCESS_DENIED, 0, to, 100, NULL),
                     length);
    assert_fails(FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE, NULL, ERROR_ACCESS_DENIED, 0, to, 100, NULL),
                 ERROR_RESOURCE_TYPE_NOT_FOUND);
    assert_int_equal(FormatMessageA(SYSTEM, NULL, 0x80070005, 0, to, 100, NULL), length); /* E_ACCESSDENIED */

    /* The system's language, by any of its names. */
    static const WORD languages[] = {
        MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT),
        MAKELANGID(LANG_NEUTRAL, SUBLANG_SYS_DEFAULT),
        MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US),
    };
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
        assert_int_equal(FormatMessageA(SYSTEM, NULL, ERROR_ACCESS_DENIED, languages[i], to, 100, NULL), length);
    assert_fails(FormatMessageA(SYSTEM, NULL, ERROR_ACCESS_DENIED, MAKELANGID(LANG_GERMAN, SUBLANG_DEFAULT), to, 100, NULL),
                 ERROR_RESOURCE_LANG_NOT_FOUND);
    assert_fails(FormatMessageA(SYSTEM, NULL, 0x70000000, 0, to, 100, NULL), ERROR_MR_MID_NOT_FOUND);

    assert_int_equal(FormatMessageA(STRING | FORMAT_MESSAGE_ALLOCATE_BUFFER, "test", 0, 0, (PSTR)&allocated, 1024, NULL),
                     4);
    assert_true(LocalSize(allocated) >= 1024);
    assert_string_equal(allocated, "test");
    assert_null(LocalFree(allocated));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(knows_its_sequences, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(inserts, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(leaves_inserts_alone, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(breaks_lines, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(fails, machine_start, machine_stop),
        cmocka_unit_test_setup_teardown(finds_messages, machine_start, machine_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
