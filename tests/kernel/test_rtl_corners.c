/*
 * The strings' corners, as the documentation has them: what is too long already, what a code page lacks, what is empty, what lies on top of
 * what it comes from.
 */
#include "rtl_test.h"

#define U(text) ((UNICODE_STRING)RTL_CONSTANT_STRING(text))

/* A string that is longer than it may be has no room for anything. */
static void nothing_is_appended_to_a_string_that_is_too_long(void **state)
{
    (void)state;
    char bytes[8] = "abcdefg";
    STRING to = {5, 4, bytes}, more = RTL_CONSTANT_STRING("xy");
    assert_int_equal(RtlAppendStringToString(&to, &more), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlAppendAsciizToString(&to, "x"), STATUS_BUFFER_TOO_SMALL);
    assert_string_equal(bytes, "abcdefg");
    assert_int_equal(to.Length, 5);
    WCHAR wide[8] = L"abcdefg";
    UNICODE_STRING wide_to = {10, 8, wide}, wide_more = U(L"xy");
    assert_int_equal(RtlAppendUnicodeStringToString(&wide_to, &wide_more), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlAppendUnicodeToString(&wide_to, L"x"), STATUS_BUFFER_TOO_SMALL);
    assert_memory_equal(wide, L"abcdefg", sizeof wide);
}

/* Full to the last character there is no room for a terminator, and none is needed. */
static void the_last_character_fits(void **state)
{
    (void)state;
    WCHAR wide[5] = L"####";
    UNICODE_STRING to = {0, 8, wide}, empty = {0, 0, NULL};
    assert_int_equal(RtlAppendUnicodeToString(&to, L"abcd"), STATUS_SUCCESS);
    assert_int_equal(to.Length, 8);
    assert_int_equal(wide[4], 0);
    assert_int_equal(RtlAppendUnicodeStringToString(&to, &empty), STATUS_SUCCESS);
    assert_int_equal(RtlAppendUnicodeToString(&to, L""), STATUS_SUCCESS);
    assert_int_equal(RtlAppendUnicodeToString(&empty, L""), STATUS_SUCCESS);
    assert_int_equal(RtlAppendUnicodeToString(&empty, L"a"), STATUS_BUFFER_TOO_SMALL);
    RtlCopyUnicodeString(&empty, &to);
    assert_int_equal(empty.Length, 0);
    RtlCopyUnicodeString(&to, NULL);
    assert_int_equal(to.Length, 0);
    assert_int_equal(wide[0], L'a'); /* only the count says so */
}

/* 0x83 is the florin sign, whose capital Windows-1252 lacks; 0xFF has one there. */
static void what_has_no_capital_stays(void **state)
{
    (void)state;
    assert_int_equal(RtlUpperChar((CHAR)0x83), (CHAR)0x83);
    assert_int_equal(RtlUpperChar((CHAR)0xFF), (CHAR)0x9F);
    assert_int_equal(RtlUpperChar((CHAR)0xE4), (CHAR)0xC4);
    assert_int_equal(RtlUpperChar('?'), '?');
    char bytes[3] = "xx";
    STRING florin = RTL_CONSTANT_STRING("\x83"), question = RTL_CONSTANT_STRING("?"), to = {0, 2, bytes};
    RtlUpperString(&to, &florin);
    assert_int_equal(to.Length, 1);
    assert_string_equal(bytes, "\x83x");
    assert_false(RtlEqualString(&florin, &question, TRUE));
    assert_int_not_equal(RtlCompareString(&florin, &question, TRUE), 0);
}

static void cutting_off_is_no_error_of_the_ansi_conversions(void **state)
{
    (void)state;
    char narrow[4] = "###";
    WCHAR wide[4] = L"###";
    ULONG length;
    assert_int_equal(RtlUpcaseUnicodeToMultiByteN(narrow, 2, &length, L"abc", 6), STATUS_SUCCESS);
    assert_int_equal(length, 2);
    assert_string_equal(narrow, "AB#");
    assert_int_equal(RtlUnicodeToMultiByteN(narrow, 2, NULL, L"abc", 6), STATUS_SUCCESS);
    assert_string_equal(narrow, "ab#");
    assert_int_equal(RtlMultiByteToUnicodeN(wide, 5, &length, "abc", 3), STATUS_SUCCESS);
    assert_int_equal(length, 4);
    assert_memory_equal(wide, L"ab#", 8);
    assert_int_equal(RtlUpcaseUnicodeToOemN(narrow, 2, &length, L"xyz", 6), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(narrow, "XY#");
    assert_int_equal(RtlOemToUnicodeN(wide, 4, &length, "xyz", 3), STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(wide, L"xy#", 8);
}

/* A code page of single bytes can be made wide where it is. */
static void oem_becomes_wide_in_place(void **state)
{
    (void)state;
    union {
        char narrow[12];
        WCHAR wide[6];
    } both;
    ULONG length;
    memcpy(both.narrow, "abc\x84\xE1z", 6);
    assert_int_equal(RtlOemToUnicodeN(both.wide, sizeof both, &length, both.narrow, 6), STATUS_SUCCESS);
    assert_int_equal(length, 12);
    assert_memory_equal(both.wide, L"abc\x00E4\x00DFz", 12);
    assert_int_equal(RtlUnicodeToOemN(both.narrow, 6, &length, both.wide, 12), STATUS_SUCCESS);
    assert_memory_equal(both.narrow, "abc\x84\xE1z", 6);
    memcpy(both.narrow, "abcdef", 6);
    assert_int_equal(RtlMultiByteToUnicodeN(both.wide, sizeof both, NULL, both.narrow, 6), STATUS_SUCCESS);
    assert_memory_equal(both.wide, L"abcdef", 12);
}

/* An OEM string is converted whole or not at all; an ANSI one is cut off. */
static void oem_strings_are_not_cut_off(void **state)
{
    (void)state;
    char narrow[5] = "####";
    OEM_STRING to = {0, 4, narrow};
    UNICODE_STRING four = U(L"wxyz"), three = U(L"wxy");
    assert_int_equal(RtlUnicodeStringToOemString(&to, &four, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(to.Length, 4);
    assert_string_equal(narrow, "####");
    assert_int_equal(RtlUpcaseUnicodeStringToOemString(&to, &four, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_string_equal(narrow, "####");
    assert_int_equal(RtlUnicodeStringToOemString(&to, &three, FALSE), STATUS_SUCCESS);
    assert_memory_equal(narrow, "wxy\0", 5);
    assert_int_equal(RtlUpcaseUnicodeStringToCountedOemString(&to, &four, FALSE), STATUS_SUCCESS);
    assert_memory_equal(narrow, "WXYZ", 5);
    to.MaximumLength = 3;
    assert_int_equal(RtlUnicodeStringToCountedOemString(&to, &four, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(narrow, "WXYZ", 5);
}

static void counted_oem_has_every_character_or_none(void **state)
{
    (void)state;
    char narrow[8];
    OEM_STRING to = {0, sizeof narrow, narrow}, allocated = {1, 2, NULL};
    UNICODE_STRING strange = U(L"a\x4E00" L"b"), question = U(L"a?b");
    assert_int_equal(RtlUnicodeStringToCountedOemString(&to, &strange, FALSE), STATUS_UNMAPPABLE_CHARACTER);
    assert_int_equal(RtlUpcaseUnicodeStringToCountedOemString(&allocated, &strange, TRUE), STATUS_UNMAPPABLE_CHARACTER);
    assert_null(allocated.Buffer);
    assert_int_equal(RtlUpcaseUnicodeStringToCountedOemString(&allocated, &question, TRUE), STATUS_SUCCESS);
    assert_int_equal(allocated.Length, 3);
    assert_memory_equal(allocated.Buffer, "A?B", 3);
    RtlFreeOemString(&allocated);
    /* The others put the default character in its place. */
    assert_int_equal(RtlUnicodeStringToOemString(&to, &strange, FALSE), STATUS_SUCCESS);
    assert_string_equal(narrow, "a?b");
    assert_int_equal(RtlUnicodeStringToAnsiString(&to, &strange, FALSE), STATUS_SUCCESS);
    assert_string_equal(narrow, "a?b");
}

/* Windows writes the nearest character where there is one. */
static void what_a_code_page_lacks_becomes_the_nearest(void **state)
{
    (void)state;
    char narrow[16];
    ANSI_STRING to = {0, sizeof narrow, narrow};
    UNICODE_STRING wide = U(L"\x0141\x00D3" L"d\x017A \x2212\xFF21\x03B2\x25A0\x0132");
    assert_int_equal(RtlUnicodeStringToAnsiString(&to, &wide, FALSE), STATUS_SUCCESS);
    assert_string_equal(narrow, "L\xD3" "dz -A\xDF\xA6?");
    wide = U(L"\x00A9\x00E3\x03B1\x2022\x2013\xFF5E\x0191");
    assert_int_equal(RtlUnicodeStringToOemString(&to, &wide, FALSE), STATUS_SUCCESS);
    assert_string_equal(narrow, "ca\xE0\x07-~\x9F");
    /* The upper case is that of the nearest. */
    wide = U(L"\x00A9\x00E3\x00FF\x03B4");
    assert_int_equal(RtlUpcaseUnicodeStringToCountedOemString(&to, &wide, FALSE), STATUS_SUCCESS);
    assert_int_equal(to.Length, 4);
    assert_memory_equal(narrow, "CAY\xEB", 4);
    WCHAR c = 0x0142;
    assert_true(RtlIsValidOemCharacter(&c));
    assert_int_equal(c, L'L');
}

/* Nothing is allocated for a counted string of nothing, which a caller need not free. */
static void an_empty_counted_string_has_no_buffer(void **state)
{
    (void)state;
    UNICODE_STRING wide = {2, 2, (PWSTR)&wide}, nothing = {0, 0, NULL};
    OEM_STRING oem = {1, 1, (PCHAR)&oem}, no_oem = {0, 0, NULL};
    assert_int_equal(RtlUnicodeStringToCountedOemString(&oem, &nothing, TRUE), STATUS_SUCCESS);
    assert_null(oem.Buffer);
    assert_int_equal(oem.Length + oem.MaximumLength, 0);
    assert_int_equal(RtlOemStringToCountedUnicodeString(&wide, &no_oem, TRUE), STATUS_SUCCESS);
    assert_null(wide.Buffer);
    assert_int_equal(wide.Length + wide.MaximumLength, 0);
    /* A terminated one has its terminator. */
    assert_int_equal(RtlOemStringToUnicodeString(&wide, &no_oem, TRUE), STATUS_SUCCESS);
    assert_int_equal(wide.MaximumLength, 2);
    assert_int_equal(wide.Buffer[0], 0);
    RtlFreeUnicodeString(&wide);
    assert_int_equal(RtlUnicodeStringToAnsiString(&oem, &nothing, TRUE), STATUS_SUCCESS);
    assert_int_equal(oem.MaximumLength, 1);
    RtlFreeAnsiString(&oem);
}

/* Half a character is none: what has been allocated for it is freed again. */
static void an_odd_length_is_refused_whole(void **state)
{
    (void)state;
    UNICODE_STRING odd = {3, 4, L"ab"};
    UTF8_STRING to = {0, 0, NULL};
    assert_int_equal(RtlUnicodeStringToUTF8String(&to, &odd, TRUE), STATUS_INVALID_PARAMETER_5);
    assert_null(to.Buffer);
}

static void revisions_of_entries_are_checked(void **state)
{
    (void)state;
    ULONG buffer[16];
    PACL acl = (PACL)buffer;
    ACE_HEADER ace = {0x40, 0, sizeof ace};
    assert_int_equal(RtlCreateAcl(acl, sizeof buffer, ACL_REVISION), STATUS_SUCCESS);
    assert_int_equal(RtlAddAce(acl, 0, MAXULONG, &ace, sizeof ace), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlAddAce(acl, 5, MAXULONG, &ace, sizeof ace), STATUS_INVALID_PARAMETER);
    assert_int_equal(acl->AceCount, 0);
    assert_int_equal(RtlAddAce(acl, ACL_REVISION_DS, MAXULONG, &ace, sizeof ace), STATUS_SUCCESS);
    assert_int_equal(acl->AceCount, 1);
    assert_int_equal(acl->AclRevision, ACL_REVISION_DS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_appended_to_a_string_that_is_too_long),
        TEST(the_last_character_fits),
        TEST(what_has_no_capital_stays),
        TEST(cutting_off_is_no_error_of_the_ansi_conversions),
        TEST(oem_becomes_wide_in_place),
        TEST(oem_strings_are_not_cut_off),
        TEST(counted_oem_has_every_character_or_none),
        TEST(what_a_code_page_lacks_becomes_the_nearest),
        TEST(an_empty_counted_string_has_no_buffer),
        TEST(an_odd_length_is_refused_whole),
        TEST(revisions_of_entries_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
