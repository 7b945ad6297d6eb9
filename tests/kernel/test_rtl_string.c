/*
 * Counted strings, conversions and case.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>
#include <ntio_crt.h>

#define U(text) ((UNICODE_STRING)RTL_CONSTANT_STRING(text))

static int setup(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static int teardown(void **state)
{
    (void)state;
    return ntio_stop();
}

static void init(void **state)
{
    (void)state;
    UNICODE_STRING u;
    ANSI_STRING a;
    RtlInitUnicodeString(&u, L"abc");
    assert_int_equal(u.Length, 6);
    assert_int_equal(u.MaximumLength, 8);
    RtlInitUnicodeString(&u, NULL);
    assert_int_equal(u.Length, 0);
    assert_int_equal(u.MaximumLength, 0);
    assert_null(u.Buffer);
    RtlInitUnicodeString(&u, L"");
    assert_int_equal(u.Length, 0);
    assert_int_equal(u.MaximumLength, 2);
    RtlInitAnsiString(&a, "abc");
    assert_int_equal(a.Length, 3);
    assert_int_equal(a.MaximumLength, 4);
    WCHAR *longer = malloc(40001 * sizeof(WCHAR));
    for (int i = 0; i < 40000; i++)
        longer[i] = L'x';
    longer[40000] = 0;
    RtlInitUnicodeString(&u, longer);
    assert_int_equal(u.Length, 65532);
    assert_int_equal(u.MaximumLength, 65534);
    assert_int_equal(RtlInitUnicodeStringEx(&u, longer), STATUS_NAME_TOO_LONG);
    longer[32766] = 0;
    assert_int_equal(RtlInitUnicodeStringEx(&u, longer), STATUS_SUCCESS);
    assert_int_equal(u.Length, 65532);
    free(longer);
}

static void copy_and_append(void **state)
{
    (void)state;
    WCHAR buffer[8] = L"#######";
    UNICODE_STRING to = {0, sizeof buffer, buffer}, from = U(L"abc");
    RtlCopyUnicodeString(&to, &from);
    assert_int_equal(to.Length, 6);
    assert_int_equal(ntio_wcscmp(buffer, L"abc"), 0);
    assert_int_equal(RtlAppendUnicodeToString(&to, L"de"), STATUS_SUCCESS);
    assert_int_equal(RtlAppendUnicodeStringToString(&to, &from), STATUS_SUCCESS);
    assert_int_equal(to.Length, 16);
    assert_memory_equal(buffer, L"abcdeabc", 16);
    assert_int_equal(RtlAppendUnicodeToString(&to, L"x"), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(to.Length, 16);
    assert_int_equal(RtlAppendUnicodeToString(&to, NULL), STATUS_SUCCESS);
    assert_int_equal(RtlAppendUnicodeToString(&to, L""), STATUS_SUCCESS);
    to.MaximumLength = 4;
    RtlCopyUnicodeString(&to, &from);
    assert_int_equal(to.Length, 4);
    RtlCopyUnicodeString(&to, NULL);
    assert_int_equal(to.Length, 0);
    char narrow[4];
    STRING target = {0, 4, narrow};
    STRING source = RTL_CONSTANT_STRING("hello");
    RtlCopyString(&target, &source);
    assert_int_equal(target.Length, 4);
    assert_memory_equal(narrow, "hell", 4);
}

static void compare(void **state)
{
    (void)state;
    UNICODE_STRING a = U(L"Device"), b = U(L"DEVICE"), c = U(L"DeviceX"), empty = U(L"");
    assert_true(RtlEqualUnicodeString(&a, &b, TRUE));
    assert_false(RtlEqualUnicodeString(&a, &b, FALSE));
    assert_int_equal(RtlCompareUnicodeString(&a, &b, TRUE), 0);
    assert_int_equal(RtlCompareUnicodeString(&a, &b, FALSE), 'e' - 'E');
    assert_int_equal(RtlCompareUnicodeString(&a, &c, TRUE), -2);
    assert_int_equal(RtlCompareUnicodeString(&c, &a, TRUE), 2);
    assert_int_equal(RtlCompareUnicodeString(&empty, &empty, TRUE), 0);
    assert_true(RtlPrefixUnicodeString(&b, &c, TRUE));
    assert_false(RtlPrefixUnicodeString(&b, &c, FALSE));
    assert_false(RtlPrefixUnicodeString(&c, &a, TRUE));
    assert_true(RtlPrefixUnicodeString(&empty, &a, FALSE));
    UNICODE_STRING sharp = U(L"\u00E4\u03C3"), upper = U(L"\u00C4\u03A3");
    assert_true(RtlEqualUnicodeString(&sharp, &upper, TRUE));
    STRING s = RTL_CONSTANT_STRING("abc"), t = RTL_CONSTANT_STRING("ABD");
    assert_int_equal(RtlCompareString(&s, &t, TRUE), -1);
    assert_false(RtlEqualString(&s, &t, TRUE));
    ULONG hash;
    assert_int_equal(RtlHashUnicodeString(&a, TRUE, HASH_STRING_ALGORITHM_X65599, &hash), STATUS_SUCCESS);
    ULONG other;
    assert_int_equal(RtlHashUnicodeString(&b, FALSE, HASH_STRING_ALGORITHM_DEFAULT, &other), STATUS_SUCCESS);
    assert_int_equal(hash, other);
    UNICODE_STRING ab = U(L"AB");
    RtlHashUnicodeString(&ab, FALSE, 0, &hash);
    assert_int_equal(hash, 65 * 65599 + 66);
    assert_int_equal(RtlHashUnicodeString(&a, TRUE, 7, &hash), STATUS_INVALID_PARAMETER);
}

static void case_of_characters(void **state)
{
    (void)state;
    assert_int_equal(RtlUpcaseUnicodeChar(L'a'), L'A');
    assert_int_equal(RtlUpcaseUnicodeChar(L'\u00E9'), 0xC9);
    assert_int_equal(RtlUpcaseUnicodeChar(L'\u00FF'), 0x178);
    assert_int_equal(RtlUpcaseUnicodeChar(L'\u00DF'), 0xDF);
    assert_int_equal(RtlUpcaseUnicodeChar(L'\u0131'), 0x131);
    assert_int_equal(RtlUpcaseUnicodeChar(L'\u0101'), 0x100);
    assert_int_equal(RtlUpcaseUnicodeChar(L'\u0100'), 0x100);
    assert_int_equal(RtlUpcaseUnicodeChar(L'\u0451'), 0x401);
    assert_int_equal(RtlUpcaseUnicodeChar(L'\uFF41'), 0xFF21);
    assert_int_equal(RtlDowncaseUnicodeChar(L'\u0401'), 0x451);
    assert_int_equal(RtlUpperChar('z'), 'Z');
    assert_int_equal((unsigned char)RtlUpperChar((char)0xE4), 0xC4);
    /* What changes case comes back. */
    for (unsigned c = 0; c < 0x10000; c++) {
        WCHAR up = RtlUpcaseUnicodeChar((WCHAR)c);
        if (up != c)
            assert_int_equal(RtlDowncaseUnicodeChar(up), c);
    }
    UNICODE_STRING from = U(L"a\u00E4Z"), to;
    assert_int_equal(RtlUpcaseUnicodeString(&to, &from, TRUE), STATUS_SUCCESS);
    assert_int_equal(to.Length, 6);
    assert_int_equal(to.MaximumLength, 6);
    assert_memory_equal(to.Buffer, L"A\u00C4Z", 6);
    RtlFreeUnicodeString(&to);
    assert_null(to.Buffer);
    WCHAR small[2];
    to = (UNICODE_STRING){0, sizeof small, small};
    assert_int_equal(RtlUpcaseUnicodeString(&to, &from, FALSE), STATUS_BUFFER_OVERFLOW);
}

static void conversions(void **state)
{
    (void)state;
    ANSI_STRING a = RTL_CONSTANT_STRING("\x80x");
    UNICODE_STRING u;
    assert_int_equal(RtlAnsiStringToUnicodeString(&u, &a, TRUE), STATUS_SUCCESS);
    assert_int_equal(u.Length, 4);
    assert_int_equal(u.MaximumLength, 6);
    assert_memory_equal(u.Buffer, L"\u20ACx", 6);
    ANSI_STRING back;
    assert_int_equal(RtlUnicodeStringToAnsiString(&back, &u, TRUE), STATUS_SUCCESS);
    assert_int_equal(back.Length, 2);
    assert_int_equal(back.MaximumLength, 3);
    assert_memory_equal(back.Buffer, "\x80x", 3);
    RtlFreeAnsiString(&back);
    RtlFreeUnicodeString(&u);
    WCHAR buffer[2];
    u = (UNICODE_STRING){0, sizeof buffer, buffer};
    assert_int_equal(RtlAnsiStringToUnicodeString(&u, &a, FALSE), STATUS_BUFFER_OVERFLOW);
    char narrow[3];
    UNICODE_STRING longer = U(L"abcdef");
    back = (ANSI_STRING){0, sizeof narrow, narrow};
    assert_int_equal(RtlUnicodeStringToAnsiString(&back, &longer, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(back.Length, 2);
    assert_string_equal(narrow, "ab");
    assert_int_equal(RtlAnsiStringToUnicodeSize(&a), 6);
    assert_int_equal(RtlUnicodeStringToAnsiSize(&longer), 7);
    char none[4];
    ULONG written;
    assert_int_equal(RtlUnicodeToMultiByteN(none, 4, &written, L"\u4E2Da", 4), STATUS_SUCCESS);
    assert_int_equal(written, 2);
    assert_memory_equal(none, "?a", 2);
    OEM_STRING oem = RTL_CONSTANT_STRING("\x81");
    assert_int_equal(RtlOemStringToUnicodeString(&u, &oem, FALSE), STATUS_SUCCESS);
    assert_int_equal(buffer[0], 0xFC);
    STRING big = {0xFFFF, 0xFFFF, narrow};
    assert_int_equal(RtlAnsiStringToUnicodeString(&u, &big, TRUE), STATUS_INVALID_PARAMETER_2);
}

static void utf8(void **state)
{
    (void)state;
    char bytes[16];
    WCHAR wide[8];
    ULONG count;
    assert_int_equal(RtlUnicodeToUTF8N(bytes, 16, &count, L"a\u00E4\u20AC\xD83D\xDE00", 10), STATUS_SUCCESS);
    assert_int_equal(count, 10);
    assert_memory_equal(bytes, "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 10);
    assert_int_equal(RtlUTF8ToUnicodeN(wide, sizeof wide, &count, bytes, 10), STATUS_SUCCESS);
    assert_int_equal(count, 10);
    assert_memory_equal(wide, L"a\u00E4\u20AC\xD83D\xDE00", 10);
    assert_int_equal(RtlUnicodeToUTF8N(bytes, 16, &count, L"\xD83Dx", 4), STATUS_SOME_NOT_MAPPED);
    assert_memory_equal(bytes, "\xEF\xBF\xBDx", 4);
    assert_int_equal(RtlUnicodeToUTF8N(bytes, 2, &count, L"a\u20AC", 4), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(count, 1);
    assert_int_equal(RtlUnicodeToUTF8N(NULL, 0, &count, L"\u20AC", 2), STATUS_SUCCESS);
    assert_int_equal(count, 3);
    assert_int_equal(RtlUTF8ToUnicodeN(wide, sizeof wide, &count,
                                       "\xC0\x80"
                                       "a\xE2\x82",
                                       5),
                     STATUS_SOME_NOT_MAPPED);
    assert_int_equal(wide[0], 0xFFFD);
    assert_int_equal(RtlUTF8ToUnicodeN(wide, 2, &count, "\xF0\x9F\x98\x80", 4), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlUnicodeToUTF8N(bytes, 16, &count, NULL, 0), STATUS_INVALID_PARAMETER_4);
    assert_int_equal(RtlUnicodeToUTF8N(NULL, 0, NULL, L"", 0), STATUS_INVALID_PARAMETER);
}

static void duplicates(void **state)
{
    (void)state;
    UNICODE_STRING from = U(L"abc"), to, empty = {0, 0, NULL};
    assert_int_equal(RtlDuplicateUnicodeString(1, &from, &to), STATUS_SUCCESS);
    assert_int_equal(to.Length, 6);
    assert_int_equal(to.MaximumLength, 8);
    assert_int_equal(to.Buffer[3], 0);
    RtlFreeUnicodeString(&to);
    assert_int_equal(RtlDuplicateUnicodeString(0, &empty, &to), STATUS_SUCCESS);
    assert_null(to.Buffer);
    assert_int_equal(RtlDuplicateUnicodeString(3, &empty, &to), STATUS_SUCCESS);
    assert_int_equal(to.MaximumLength, 2);
    RtlFreeUnicodeString(&to);
    assert_int_equal(RtlDuplicateUnicodeString(2, &from, &to), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlCreateUnicodeString(&to, L"xyz"), TRUE);
    assert_int_equal(to.MaximumLength, 8);
    RtlFreeUnicodeString(&to);
}

static void integers(void **state)
{
    (void)state;
    WCHAR buffer[12];
    UNICODE_STRING s = {0, sizeof buffer, buffer};
    assert_int_equal(RtlIntegerToUnicodeString(0xBEEF, 16, &s), STATUS_SUCCESS);
    assert_int_equal(s.Length, 8);
    assert_int_equal(ntio_wcscmp(buffer, L"BEEF"), 0);
    assert_int_equal(RtlIntegerToUnicodeString(4294967295u, 0, &s), STATUS_SUCCESS);
    assert_int_equal(ntio_wcscmp(buffer, L"4294967295"), 0);
    assert_int_equal(RtlIntegerToUnicodeString(0, 10, &s), STATUS_SUCCESS);
    assert_int_equal(s.Length, 2);
    assert_int_equal(RtlIntegerToUnicodeString(1, 7, &s), STATUS_INVALID_PARAMETER);
    s.MaximumLength = 4;
    assert_int_equal(RtlIntegerToUnicodeString(12, 10, &s), STATUS_BUFFER_OVERFLOW);
    ULONG value;
    UNICODE_STRING text = U(L"  -12x");
    assert_int_equal(RtlUnicodeStringToInteger(&text, 10, &value), STATUS_SUCCESS);
    assert_int_equal((LONG)value, -12);
    text = U(L"0x1F");
    assert_int_equal(RtlUnicodeStringToInteger(&text, 0, &value), STATUS_SUCCESS);
    assert_int_equal(value, 0x1F);
    assert_int_equal(RtlUnicodeStringToInteger(&text, 3, &value), STATUS_INVALID_PARAMETER);
    text = U(L"");
    assert_int_equal(RtlUnicodeStringToInteger(&text, 10, &value), STATUS_INVALID_PARAMETER);
    assert_int_equal(value, 0x1F);
    assert_int_equal(RtlCharToInteger("0b101", 0, &value), STATUS_SUCCESS);
    assert_int_equal(value, 5);
}

static void guids(void **state)
{
    (void)state;
    static const GUID guid = {0xA5DCBF10, 0x6530, 0x11D2, {0x90, 0x1F, 0x00, 0xC0, 0x4F, 0xB9, 0x51, 0xED}};
    UNICODE_STRING text;
    GUID read;
    assert_int_equal(RtlStringFromGUID(&guid, &text), STATUS_SUCCESS);
    assert_int_equal(text.Length, 76);
    assert_int_equal(ntio_wcscmp(text.Buffer, L"{a5dcbf10-6530-11d2-901f-00c04fb951ed}"), 0);
    assert_int_equal(RtlGUIDFromString(&text, &read), STATUS_SUCCESS);
    assert_memory_equal(&read, &guid, sizeof guid);
    text.Buffer[5] = L'g';
    assert_int_equal(RtlGUIDFromString(&text, &read), STATUS_INVALID_PARAMETER);
    RtlFreeUnicodeString(&text);
    text = U(L"{}");
    assert_int_equal(RtlGUIDFromString(&text, &read), STATUS_INVALID_PARAMETER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(init),        TEST(copy_and_append),
        TEST(compare),     TEST(case_of_characters),
        TEST(conversions), TEST(utf8),
        TEST(duplicates),  TEST(integers),
        TEST(guids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
