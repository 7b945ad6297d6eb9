/*
 * The C run-time and the safe string functions, as a driver calls them.
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
#include <ntstrsafe.h>
#include <ntio_crt.h>

static void narrow(void **state)
{
    (void)state;
    char buffer[8];
    assert_int_equal(_stricmp("AbC", "aBc"), 0);
    assert_true(_stricmp("a", "b") < 0);
    assert_true(_stricmp("_", "A") < 0); /* compared as lower case */
    assert_int_equal(_strnicmp("abX", "ABy", 2), 0);
    assert_int_equal(strcpy_s(buffer, 8, "1234567"), 0);
    assert_int_equal(strcpy_s(buffer, 7, "1234567"), 34);
    assert_int_equal(buffer[0], 0);
    assert_int_equal(strcpy_s(NULL, 7, "x"), 22);
    assert_int_equal(strncpy_s(buffer, 4, "abcdef", 3), 0);
    assert_string_equal(buffer, "abc");
    assert_int_equal(strncpy_s(buffer, 4, "abcdef", 4), 34);
    assert_int_equal(strncpy_s(buffer, 4, "abcdef", _TRUNCATE), STRUNCATE);
    assert_string_equal(buffer, "abc");
    assert_int_equal(strcat_s(buffer, 8, "def"), 0);
    assert_string_equal(buffer, "abcdef");
    assert_int_equal(strcat_s(buffer, 8, "gh"), 34);
    char text[] = " a,b,,c", *context = NULL;
    assert_string_equal(strtok_s(text, " ,", &context), "a");
    assert_string_equal(strtok_s(NULL, " ,", &context), "b");
    assert_string_equal(strtok_s(NULL, " ,", &context), "c");
    assert_null(strtok_s(NULL, " ,", &context));
    assert_string_equal(_strrev(_strupr(strcpy(buffer, "abc"))), "CBA");
    assert_int_equal(memcpy_s(buffer, 2, "abc", 3), 34);
}

static void wide(void **state)
{
    (void)state;
    WCHAR buffer[8];
    assert_int_equal(wcslen(L"abc"), 3);
    assert_int_equal(_wcsicmp(L"AbC", L"aBc"), 0);
    assert_true(wcscmp(L"a", L"b") < 0);
    assert_int_equal(wcsncmp(L"abX", L"abY", 2), 0);
    const WCHAR *text = L"hello world";
    assert_ptr_equal(wcschr(text, L'o'), text + 4);
    assert_ptr_equal(wcsrchr(text, L'o'), text + 7);
    assert_ptr_equal(wcsstr(text, L"wor"), text + 6);
    assert_null(wcsstr(text, L"x"));
    assert_int_equal(wcsspn(text, L"leh"), 4);
    assert_int_equal(wcscmp(wcscat(wcscpy(buffer, L"ab"), L"cd"), L"abcd"), 0);
    assert_int_equal(wcscmp(_wcsupr(buffer), L"ABCD"), 0);
    wcsncpy(buffer, L"xy", 4);
    assert_memory_equal(buffer, L"xy\0\0", 8);
    assert_int_equal(wcscpy_s(buffer, 3, L"abc"), 34);
    assert_int_equal(buffer[0], 0);
    assert_int_equal(swprintf(buffer, L"%d", 42), 2);
    assert_int_equal(swprintf(buffer, 8, L"%d", 43), 2);
    assert_int_equal(wcscmp(buffer, L"43"), 0);
    char narrow_buffer[8];
    assert_int_equal(wcstombs(narrow_buffer, L"a\u20AC", 8), 2);
    assert_string_equal(narrow_buffer, "a\x80");
    size_t count;
    assert_int_equal(mbstowcs_s(&count, buffer, 8, "abc", _TRUNCATE), 0);
    assert_int_equal(count, 4);
    assert_int_equal(towupper(L'\u00E9'), 0xC9);
    assert_true(iswdigit(L'5'));
    assert_true(iswspace(L'\t'));
}

static void numbers(void **state)
{
    (void)state;
    char buffer[40];
    WCHAR wide_buffer[40], *end;
    assert_string_equal(_itoa(-255, buffer, 10), "-255");
    assert_string_equal(_itoa(-1, buffer, 16), "ffffffff");
    assert_string_equal(_i64toa(INT64_MIN, buffer, 10), "-9223372036854775808");
    assert_int_equal(wcscmp(_itow(7, wide_buffer, 2), L"111"), 0);
    assert_int_equal(_itoa_s(12345, buffer, 5, 10), 34);
    assert_int_equal(wcstoul(L" 0xFFx", &end, 0), 255);
    assert_int_equal(*end, L'x');
    assert_int_equal(wcstoul(L"4294967296", NULL, 10), 0xFFFFFFFF);
    assert_int_equal(strtoul("-1", NULL, 10), 0xFFFFFFFF);
    assert_int_equal(strtol("-2147483649", NULL, 10), INT32_MIN);
    assert_int_equal(strtol("077", NULL, 0), 63);
    assert_int_equal(_wtoi(L"  -12abc"), -12);
    assert_int_equal(_atoi64("9223372036854775807"), INT64_MAX);
    assert_int_equal(_strtoui64("18446744073709551615", NULL, 10), UINT64_MAX);
}

static void safe_copy(void **state)
{
    (void)state;
    char buffer[8];
    WCHAR wide_buffer[4];
    size_t left;
    char *end;
    assert_int_equal(RtlStringCchCopyA(buffer, 8, "1234567"), STATUS_SUCCESS);
    assert_int_equal(RtlStringCchCopyA(buffer, 4, "1234567"), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(buffer, "123");
    assert_int_equal(RtlStringCchCopyA(buffer, 0, "x"), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchCopyA(buffer, 0x80000000, "x"), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchCatA(buffer, 8, "4567"), STATUS_SUCCESS);
    assert_string_equal(buffer, "1234567");
    assert_int_equal(RtlStringCchCatA(buffer, 8, "8"), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(RtlStringCchCatA(buffer, 4, "8"), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchCopyNA(buffer, 8, "abcdef", 2), STATUS_SUCCESS);
    assert_string_equal(buffer, "ab");
    assert_int_equal(RtlStringCbCopyW(wide_buffer, sizeof wide_buffer, L"abcd"), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(wcscmp(wide_buffer, L"abc"), 0);
    assert_int_equal(RtlStringCbCopyW(wide_buffer, 1, L""), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCchCopyExA(buffer, 8, "ab", &end, &left, STRSAFE_FILL_BYTE(0x55)),
                     STATUS_SUCCESS);
    assert_ptr_equal(end, buffer + 2);
    assert_int_equal(left, 6);
    assert_memory_equal(buffer, "ab\0UUUUU", 8);
    assert_int_equal(RtlStringCchCopyExA(buffer, 3, "abc", &end, &left, STRSAFE_NO_TRUNCATION),
                     STATUS_BUFFER_OVERFLOW);
    assert_string_equal(buffer, "");
    assert_int_equal(RtlStringCchCopyExA(buffer, 3, NULL, &end, &left, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    assert_int_equal(left, 3);
    assert_int_equal(RtlStringCbCatExW(wide_buffer, 7, L"", NULL, &left, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlStringCbCopyExW(wide_buffer, 7, L"a", NULL, &left, 0), STATUS_SUCCESS);
    assert_int_equal(left, 5);
    assert_int_equal(RtlStringCchLengthA("abc", 4, &left), STATUS_SUCCESS);
    assert_int_equal(left, 3);
    assert_int_equal(RtlStringCchLengthA("abc", 3, &left), STATUS_INVALID_PARAMETER);
    assert_int_equal(left, 0);
    assert_int_equal(RtlStringCbLengthW(L"abc", 8, &left), STATUS_SUCCESS);
    assert_int_equal(left, 6);
}

static void safe_print(void **state)
{
    (void)state;
    char buffer[6];
    WCHAR wide_buffer[6];
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"xyz"), text = {0, 8, wide_buffer}, rest;
    assert_int_equal(RtlStringCchPrintfA(buffer, 6, "%d", 12345), STATUS_SUCCESS);
    assert_int_equal(RtlStringCchPrintfA(buffer, 6, "%d", 123456), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(buffer, "12345");
    assert_int_equal(RtlStringCbPrintfW(wide_buffer, sizeof wide_buffer, L"%wZ", &name), STATUS_SUCCESS);
    assert_int_equal(wcscmp(wide_buffer, L"xyz"), 0);
    assert_int_equal(RtlUnicodeStringPrintf(&text, L"%d", 1234), STATUS_SUCCESS);
    assert_int_equal(text.Length, 8);
    assert_int_equal(RtlUnicodeStringPrintf(&text, L"%d", 12345), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(text.Length, 8);
    assert_int_equal(RtlUnicodeStringCopyString(&text, L"ab"), STATUS_SUCCESS);
    assert_int_equal(RtlUnicodeStringCatEx(&text, &name, &rest, 0), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(text.Length, 8);
    assert_memory_equal(wide_buffer, L"abxy", 8);
    assert_int_equal(rest.MaximumLength, 0);
    assert_int_equal(RtlUnicodeStringInit(&text, L"q"), STATUS_SUCCESS);
    assert_int_equal(text.MaximumLength, 4);
    assert_int_equal(RtlStringCchCopyUnicodeString(wide_buffer, 6, &name), STATUS_SUCCESS);
    assert_int_equal(wcscmp(wide_buffer, L"xyz"), 0);
    assert_int_equal(RtlStringCchCopyUnicodeString(wide_buffer, 3, &name), STATUS_BUFFER_OVERFLOW);
}

int ntio_sscanf(const char *, const char *, ...);
int ntio_sscanf_s(const char *, const char *, ...);
int ntio_swscanf(const wchar_t *, const wchar_t *, ...);

static void scan(void **state)
{
    (void)state;
    ULONG values[2] = {1, 0xAAAAAAAA};
    ULONGLONG large;
    char word[8], set[8];
    double d;
    assert_int_equal(ntio_sscanf("12 ff", "%lu %lx", &values[0], &large), 2);
    assert_int_equal(values[0], 12);
    assert_int_equal(values[1], 0xAAAAAAAA); /* %lu writes 32 bits */
    assert_int_equal(ntio_sscanf("0x123456789", "%I64x", &large), 1);
    assert_int_equal(large, 0x123456789);
    assert_int_equal(ntio_sscanf(" word abc,1.5", "%7s %[a-c],%lf", word, set, &d), 3);
    assert_string_equal(word, "word");
    assert_string_equal(set, "abc");
    assert_true(d == 1.5);
    assert_int_equal(ntio_sscanf_s("abcdefgh", "%s", word, 4u), 0);
    assert_int_equal(ntio_sscanf_s("abc", "%s", word, 4u), 1);
    assert_int_equal(ntio_sscanf("", "%d", &values[0]), -1);
    assert_int_equal(ntio_sscanf("x", "%d", &values[0]), 0);
    assert_int_equal(ntio_swscanf(L"-5 end", L"%d %hs", &values[0], word), 2);
    assert_int_equal((LONG)values[0], -5);
    assert_string_equal(word, "end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(narrow),    cmocka_unit_test(wide),       cmocka_unit_test(numbers),
        cmocka_unit_test(safe_copy), cmocka_unit_test(safe_print), cmocka_unit_test(scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
