/*
 * The Rtl's edges: what does not fit, what is no number, every flag of the safe strings, sums and products of every width against wider
 * ones, bitmaps against a model, every day of the calendar.
 */
#include "rtl_test.h"

#include <ntintsafe.h>
#include <ntstrsafe.h>

#define U(text) ((UNICODE_STRING)RTL_CONSTANT_STRING(text))

static void texts_that_do_not_fit(void **state)
{
    (void)state;
    WCHAR wide[4] = L"####";
    char narrow[4] = "###";
    UNICODE_STRING to = {2, sizeof wide, wide};
    ANSI_STRING four = RTL_CONSTANT_STRING("abcd"), three = RTL_CONSTANT_STRING("abc");
    /* Refused whole; the length is what it would have been. */
    assert_int_equal(RtlAnsiStringToUnicodeString(&to, &four, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(to.Length, 8);
    assert_memory_equal(wide, L"####", 8);
    assert_int_equal(RtlAnsiStringToUnicodeString(&to, &three, FALSE), STATUS_SUCCESS);
    assert_memory_equal(wide, L"abc", 8);
    assert_int_equal(RtlOemStringToCountedUnicodeString(&to, &four, FALSE), STATUS_SUCCESS);
    assert_memory_equal(wide, L"abcd", 8);
    assert_int_equal(to.Length, 8);

    /* Cut off, with its terminator. */
    ANSI_STRING back = {1, sizeof narrow, narrow};
    UNICODE_STRING source = U(L"wxyz");
    assert_int_equal(RtlUnicodeStringToAnsiString(&back, &source, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(back.Length, 3);
    assert_string_equal(narrow, "wxy");
    back.MaximumLength = 1;
    assert_int_equal(RtlUnicodeStringToAnsiString(&back, &source, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(back.Length, 0);
    assert_int_equal(narrow[0], 0);
    back.MaximumLength = 0;
    narrow[0] = '!';
    assert_int_equal(RtlUnicodeStringToAnsiString(&back, &source, FALSE), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(back.Length, 4);
    assert_int_equal(narrow[0], '!');

    to.MaximumLength = 6;
    assert_int_equal(RtlIntegerToUnicodeString(123, 10, &to), STATUS_BUFFER_OVERFLOW); /* no room for the terminator */
    assert_int_equal(to.Length, 6);
    assert_int_equal(RtlIntegerToUnicodeString(12, 10, &to), STATUS_SUCCESS);
    assert_int_equal(to.Length, 4);
    WCHAR bits[40];
    to = (UNICODE_STRING){0, sizeof bits, bits};
    assert_int_equal(RtlIntegerToUnicodeString(0xFFFFFFFF, 2, &to), STATUS_SUCCESS);
    assert_int_equal(to.Length, 64);
    assert_int_equal(RtlIntegerToUnicodeString(0xFFFFFFFF, 8, &to), STATUS_SUCCESS);
    assert_memory_equal(bits, L"37777777777", 24);
    assert_int_equal(RtlInt64ToUnicodeString(0xFEDCBA9876543210, 16, &to), STATUS_SUCCESS);
    assert_memory_equal(bits, L"FEDCBA9876543210", 34);
}

static void numbers_and_what_is_none(void **state)
{
    (void)state;
    static const struct {
        PCWSTR text;
        ULONG base, value;
        NTSTATUS status;
    } cases[] = {
        {L"0x1f", 0, 0x1F, 0},      {L"0X1f", 0, 0, 0},          {L"0o17", 0, 15, 0},
        {L"0b1012", 0, 5, 0},       {L"017", 0, 17, 0},          {L"0x", 0, 0, 0},
        {L"-0x10", 0, (ULONG)-16, 0}, {L"+7", 0, 7, 0},          {L"+-7", 0, 0, 0},
        {L"- 7", 0, 0, 0},          {L" \t\r\n 42 ", 0, 42, 0},  {L"12abc", 10, 12, 0},
        {L"abc", 10, 0, 0},         {L"abc", 16, 0xABC, 0},      {L"0xabc", 16, 0, 0},
        {L"789", 8, 7, 0},          {L"1012", 2, 5, 0},          {L"4294967295", 10, 0xFFFFFFFF, 0},
        {L"4294967296", 10, 0, 0},  {L"4294967303", 10, 7, 0},   {L"-1", 10, 0xFFFFFFFF, 0},
        {L"-2147483648", 10, 0x80000000, 0},
        {L"", 0, 77, STATUS_INVALID_PARAMETER}, {L" ", 10, 0, 0}, {L"-", 10, 0, 0},
        {L"1", 1, 77, STATUS_INVALID_PARAMETER},
        {L"1", 36, 77, STATUS_INVALID_PARAMETER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        UNICODE_STRING text;
        ULONG value = 77;
        RtlInitUnicodeString(&text, cases[i].text);
        assert_int_equal(RtlUnicodeStringToInteger(&text, cases[i].base, &value), cases[i].status);
        assert_int_equal(value, cases[i].value);
    }
    /* No further than the count. */
    UNICODE_STRING text = {4, 4, L"1234"};
    ULONG value;
    LONG64 large;
    PWSTR end;
    assert_int_equal(RtlUnicodeStringToInteger(&text, 10, &value), STATUS_SUCCESS);
    assert_int_equal(value, 12);
    text = U(L"-9223372036854775808!");
    assert_int_equal(RtlUnicodeStringToInt64(&text, 10, &large, &end), STATUS_SUCCESS);
    assert_true(large == INT64_MIN);
    assert_int_equal(*end, L'!');
    assert_int_equal(RtlCharToInteger(" 0x7F ", 0, &value), STATUS_SUCCESS);
    assert_int_equal(value, 127);
    assert_int_equal(RtlCharToInteger("1", 3, &value), STATUS_INVALID_PARAMETER);
}

/* --- every flag of the safe strings, on an eight-byte buffer --- */

static void expect_copy(PCSTR before, PCSTR source, size_t size, ULONG flags, NTSTATUS status, const char *after,
                        size_t end_at, size_t left)
{
    char buffer[9];
    char *end = NULL;
    size_t remaining = 99;
    memcpy(buffer, before, 9);
    assert_int_equal(RtlStringCchCopyExA(buffer, size, source, &end, &remaining, flags), status);
    assert_memory_equal(buffer, after, 8);
    if (status != (NTSTATUS)STATUS_INVALID_PARAMETER) {
        assert_int_equal(end - buffer, end_at);
        assert_int_equal(remaining, left);
    }
}

static void expect_cat(PCSTR before, PCSTR source, size_t size, ULONG flags, NTSTATUS status, const char *after,
                       size_t end_at, size_t left)
{
    char buffer[9];
    char *end = NULL;
    size_t remaining = 99;
    memcpy(buffer, before, 9);
    assert_int_equal(RtlStringCchCatExA(buffer, size, source, &end, &remaining, flags), status);
    assert_memory_equal(buffer, after, 8);
    if (status != (NTSTATUS)STATUS_INVALID_PARAMETER) {
        assert_int_equal(end - buffer, end_at);
        assert_int_equal(remaining, left);
    }
}

static void safe_strings_obey_their_flags(void **state)
{
    (void)state;
    expect_copy("########", "abc", 8, 0, STATUS_SUCCESS, "abc\0####", 3, 5);
    expect_copy("########", "", 8, 0, STATUS_SUCCESS, "\0#######", 0, 8);
    expect_copy("########", "abc", 4, 0, STATUS_SUCCESS, "abc\0####", 3, 1);
    expect_copy("########", "abcd", 4, 0, STATUS_BUFFER_OVERFLOW, "abc\0####", 3, 1);
    expect_copy("########", "abcd", 4, STRSAFE_FILL_BYTE('x'), STATUS_BUFFER_OVERFLOW, "abc\0####", 3, 1);
    expect_copy("########", "ab", 6, STRSAFE_FILL_BYTE('x'), STATUS_SUCCESS, "ab\0xxx##", 2, 4);
    expect_copy("########", "abcd", 4, STRSAFE_FAILURE_BYTE('x'), STATUS_BUFFER_OVERFLOW, "xxx\0####", 3, 1);
    expect_copy("########", "abcd", 4, STRSAFE_FAILURE_BYTE(0), STATUS_BUFFER_OVERFLOW, "\0\0\0\0####", 0, 4);
    expect_copy("########", "abcd", 4, STRSAFE_NULL_ON_FAILURE, STATUS_BUFFER_OVERFLOW, "\0bc\0####", 0, 4);
    expect_copy("########", "abcd", 4, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "\0bc\0####", 0, 4);
    expect_copy("########", NULL, 4, STRSAFE_IGNORE_NULLS, STATUS_SUCCESS, "\0#######", 0, 4);
    expect_copy("########", "abc", 0, 0, STATUS_INVALID_PARAMETER, "########", 0, 0);
    expect_copy("########", "abc", 8, 0x2000, STATUS_INVALID_PARAMETER, "\0#######", 0, 0);
    expect_copy("########", "abc", 4, 0x2000 | STRSAFE_FAILURE_BYTE('x'), STATUS_INVALID_PARAMETER, "xxx\0####", 0, 0);
    expect_copy("########", "abcd", 4, STRSAFE_NO_TRUNCATION | STRSAFE_FAILURE_BYTE('x'), STATUS_BUFFER_OVERFLOW,
                "xxx\0####", 3, 1);
    expect_copy("########", "abcd", 4, STRSAFE_NULL_ON_FAILURE | STRSAFE_FAILURE_BYTE('x'), STATUS_BUFFER_OVERFLOW,
                "\0xx\0####", 0, 4);
    expect_copy("########", "abc", (size_t)NTSTRSAFE_MAX_CCH + 1, 0, STATUS_INVALID_PARAMETER, "########", 0, 0);

    expect_cat("ab\0#####", "cd", 8, 0, STATUS_SUCCESS, "abcd\0###", 4, 4);
    expect_cat("ab\0#####", "cd", 5, 0, STATUS_SUCCESS, "abcd\0###", 4, 1);
    expect_cat("ab\0#####", "cdef", 5, 0, STATUS_BUFFER_OVERFLOW, "abcd\0###", 4, 1);
    expect_cat("ab\0#####", "cdef", 5, STRSAFE_NO_TRUNCATION, STATUS_BUFFER_OVERFLOW, "ab\0d\0###", 2, 3);
    expect_cat("ab\0#####", "cdef", 5, STRSAFE_NULL_ON_FAILURE, STATUS_BUFFER_OVERFLOW, "\0bcd\0###", 0, 5);
    expect_cat("ab\0#####", "cdef", 5, STRSAFE_FAILURE_BYTE('x'), STATUS_BUFFER_OVERFLOW, "xxxx\0###", 4, 1);
    expect_cat("ab\0#####", "cdef", 5, STRSAFE_NO_TRUNCATION | STRSAFE_FAILURE_BYTE('x'), STATUS_BUFFER_OVERFLOW,
               "xxxx\0###", 4, 1);
    expect_cat("ab\0#####", "cd", 5, 0x2000, STATUS_INVALID_PARAMETER, "ab\0#####", 0, 0);
    expect_cat("ab\0#####", "cd", 5, 0x2000 | STRSAFE_NULL_ON_FAILURE, STATUS_INVALID_PARAMETER, "\0b\0#####", 0, 0);
    expect_cat("ab\0#####", "c", 7, STRSAFE_FILL_BYTE('x'), STATUS_SUCCESS, "abc\0xxx#", 3, 4);
    expect_cat("abcdefgh", "i", 8, 0, STATUS_INVALID_PARAMETER, "abcdefgh", 0, 0);

    char buffer[8];
    char *end;
    size_t left;
    memset(buffer, '#', sizeof buffer);
    assert_int_equal(RtlStringCchPrintfExA(buffer, 8, &end, &left, STRSAFE_FILL_BYTE('x'), "%d", 42), STATUS_SUCCESS);
    assert_memory_equal(buffer, "42\0xxxxx", 8);
    assert_int_equal(left, 6);
    memset(buffer, '#', sizeof buffer);
    assert_int_equal(RtlStringCchPrintfExA(buffer, 4, &end, &left, 0, "%d", 12345), STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(buffer, "123\0####", 8);
    assert_int_equal(end - buffer, 3);
    assert_int_equal(left, 1);
    assert_int_equal(RtlStringCchPrintfExA(buffer, 4, &end, &left, STRSAFE_NO_TRUNCATION, "%d", 12345),
                     STATUS_BUFFER_OVERFLOW);
    assert_int_equal(buffer[0], 0);
    assert_int_equal(left, 4);

    /* More than the longest string is refused, and leaves an empty one. */
    memcpy(buffer, "#######", sizeof buffer);
    assert_int_equal(RtlStringCchCopyNA(buffer, 8, "a", NTSTRSAFE_MAX_CCH), STATUS_INVALID_PARAMETER);
    assert_int_equal(buffer[0], 0);
    assert_int_equal(RtlStringCchCopyNA(buffer, 8, "a", NTSTRSAFE_MAX_LENGTH), STATUS_SUCCESS);
    assert_int_equal(RtlStringCchCatNA(buffer, 8, "b", NTSTRSAFE_MAX_CCH), STATUS_INVALID_PARAMETER);
    assert_string_equal(buffer, "a");

    /* No buffer holds the empty string, and nothing else. */
    left = 99;
    end = buffer;
    assert_int_equal(RtlStringCchCopyExA(NULL, 0, "", &end, &left, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    assert_null(end);
    assert_int_equal(left, 0);
    left = 99;
    assert_int_equal(RtlStringCchCopyExA(NULL, 0, "a", NULL, &left, STRSAFE_IGNORE_NULLS), STATUS_INVALID_PARAMETER);
    assert_int_equal(left, 99);
    assert_int_equal(RtlStringCchCopyExA(buffer, 0, "a", NULL, &left, STRSAFE_IGNORE_NULLS), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(left, 0);
    assert_int_equal(RtlStringCchPrintfExA(NULL, 0, NULL, NULL, STRSAFE_IGNORE_NULLS, NULL), STATUS_SUCCESS);
    assert_int_equal(RtlStringCchPrintfExA(NULL, 0, NULL, NULL, STRSAFE_IGNORE_NULLS, "%s", ""), STATUS_INVALID_PARAMETER);
}

static void counted_safe_strings(void **state)
{
    (void)state;
    WCHAR buffer[6];
    UNICODE_STRING to, rest, five = U(L"vwxyz");
#define FRESH() (memcpy(buffer, L"######", 12), to = (UNICODE_STRING){4, 8, buffer})
    FRESH();
    assert_int_equal(RtlUnicodeStringCopy(&to, &five), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(to.Length, 8);
    assert_memory_equal(buffer, L"vwxy##", 12); /* to the last character, and no terminator */
    FRESH();
    assert_int_equal(RtlUnicodeStringCatEx(&to, &five, &rest, 0), STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(buffer, L"##vw##", 12);
    assert_ptr_equal(rest.Buffer, buffer + 4);
    assert_int_equal(rest.MaximumLength, 0);
    FRESH();
    assert_int_equal(RtlUnicodeStringCatEx(&to, &five, &rest, STRSAFE_NO_TRUNCATION), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(to.Length, 4);
    assert_ptr_equal(rest.Buffer, buffer + 2);
    assert_int_equal(rest.MaximumLength, 4);
    FRESH();
    assert_int_equal(RtlUnicodeStringCopyEx(&to, &five, NULL, STRSAFE_ZERO_LENGTH_ON_FAILURE), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(to.Length, 0);
    FRESH();
    assert_int_equal(RtlUnicodeStringCopyEx(&to, &five, NULL, STRSAFE_FAILURE_BYTE(0x11)), STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(buffer, L"\x1111\x1111\x1111\x1111##", 12);
    FRESH();
    assert_int_equal(RtlUnicodeStringCatEx(&to, &five, &rest, STRSAFE_NO_TRUNCATION | STRSAFE_FAILURE_BYTE(0x11)),
                     STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(buffer, L"\x1111\x1111\x1111\x1111##", 12);
    assert_int_equal(to.Length, 0);
    assert_int_equal(rest.MaximumLength, 8);
    assert_int_equal(RtlUnicodeStringCopyStringEx(NULL, L"", &rest, STRSAFE_IGNORE_NULLS), STATUS_SUCCESS);
    assert_null(rest.Buffer);
    assert_int_equal(rest.MaximumLength, 0);
    assert_int_equal(RtlUnicodeStringCopyStringEx(NULL, L"a", NULL, STRSAFE_IGNORE_NULLS), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringCopyStringEx(NULL, L"", NULL, 0), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringPrintfEx(NULL, NULL, STRSAFE_IGNORE_NULLS, NULL), STATUS_SUCCESS);
    assert_int_equal(RtlUnicodeStringPrintfEx(NULL, NULL, STRSAFE_IGNORE_NULLS, L"%d", 1), STATUS_INVALID_PARAMETER);
    UNICODE_STRING none = {0};
    assert_int_equal(RtlUnicodeStringCopy(&none, &five), STATUS_INVALID_PARAMETER);
    FRESH();
    assert_int_equal(RtlUnicodeStringCopyStringEx(&to, L"a", &rest, STRSAFE_FILL_BYTE(0x22)), STATUS_SUCCESS);
    assert_memory_equal(buffer, L"a\x2222\x2222\x2222##", 12);
    assert_int_equal(to.Length, 2);
    assert_int_equal(rest.MaximumLength, 6);
    FRESH();
    assert_int_equal(RtlUnicodeStringCchCopyN(&to, &five, 3), STATUS_SUCCESS);
    assert_int_equal(to.Length, 6);
    assert_int_equal(RtlUnicodeStringCbCatStringN(&to, L"pq", 2), STATUS_SUCCESS);
    assert_memory_equal(buffer, L"vwxp##", 12);
    FRESH();
    assert_int_equal(RtlUnicodeStringPrintf(&to, L"%d", 1234), STATUS_SUCCESS);
    assert_int_equal(to.Length, 8);
    assert_memory_equal(buffer, L"1234##", 12);
    assert_int_equal(RtlUnicodeStringPrintf(&to, L"%d", 56789), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(to.Length, 8);
    assert_memory_equal(buffer, L"5678##", 12);
    to.Length = 3;
    assert_int_equal(RtlUnicodeStringCopy(&to, &five), STATUS_INVALID_PARAMETER);
    to.Length = 10;
    assert_int_equal(RtlUnicodeStringCatString(&to, L"a"), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnicodeStringInit(&to, NULL), STATUS_SUCCESS);
    assert_null(to.Buffer);
    assert_int_equal(RtlUnicodeStringInit(&to, L"abc"), STATUS_SUCCESS);
    assert_int_equal(to.MaximumLength, 8);
}

/* --- checked arithmetic, against 128 bits --- */

#define MATH(name, type, low, high)                                                                            \
    do {                                                                                                       \
        static const type at[] = {(type)(low), (type)((low) + 1), 0, 1, 2, (type)((high) / 2), (type)((high)-1), \
                                  (type)(high), (type)-1};                                                     \
        for (unsigned i = 0; i < 81; i++) {                                                                    \
            __int128 a = at[i / 9], b = at[i % 9];                                                             \
            type result;                                                                                       \
            NTSTATUS status = Rtl##name##Add(at[i / 9], at[i % 9], &result);                                   \
            bool fits = a + b >= (__int128)(low) && a + b <= (__int128)(high);                                 \
            assert_int_equal(status, fits ? STATUS_SUCCESS : STATUS_INTEGER_OVERFLOW);                         \
            assert_true(result == (fits ? (type)(a + b) : (type)-1));                                          \
            status = Rtl##name##Sub(at[i / 9], at[i % 9], &result);                                            \
            fits = a - b >= (__int128)(low) && a - b <= (__int128)(high);                                      \
            assert_int_equal(status, fits ? STATUS_SUCCESS : STATUS_INTEGER_OVERFLOW);                         \
            assert_true(result == (fits ? (type)(a - b) : (type)-1));                                          \
            __int128 product;                                                                                  \
            bool wraps = __builtin_mul_overflow(a, b, &product);                                               \
            status = Rtl##name##Mult(at[i / 9], at[i % 9], &result);                                           \
            fits = !wraps && product >= (__int128)(low) && product <= (__int128)(high);                        \
            assert_int_equal(status, fits ? STATUS_SUCCESS : STATUS_INTEGER_OVERFLOW);                         \
            assert_true(result == (fits ? (type)product : (type)-1));                                          \
        }                                                                                                      \
    } while (0)

static void sums_and_products_of_every_width(void **state)
{
    (void)state;
    MATH(Int8, INT8, -128, 127);
    MATH(UInt8, UINT8, 0, 255);
    MATH(Short, SHORT, -32768, 32767);
    MATH(UShort, USHORT, 0, 65535);
    MATH(Int, INT, -2147483648ll, 2147483647ll);
    MATH(UInt, UINT, 0, 4294967295ll);
    MATH(Long, LONG, -2147483648ll, 2147483647ll);
    MATH(ULong, ULONG, 0, 4294967295ll);
    MATH(LongLong, LONGLONG, LONGLONG_MIN, LONGLONG_MAX);
    MATH(ULongLong, ULONGLONG, 0, ULONGLONG_MAX);
    MATH(SizeT, size_t, 0, SIZE_T_MAX);
    MATH(ULongPtr, ULONG_PTR, 0, ULONG_PTR_MAX);
    MATH(LongPtr, LONG_PTR, LONG_PTR_MIN, LONG_PTR_MAX);
}

/* --- bitmaps against one byte a bit --- */

enum { BITS = 77 };
static UCHAR model[BITS];

static ULONG model_find(UCHAR value, ULONG count, ULONG from, ULONG to)
{
    for (ULONG i = from; i + count <= to; i++) {
        ULONG n = 0;
        while (n < count && model[i + n] == value)
            n++;
        if (n == count)
            return i;
    }
    return ~0u;
}

static void bitmaps_are_as_their_model(void **state)
{
    (void)state;
    ULONG words[4] = {0, 0, 0, 0xDEADBEEF}, seed = 1;
    RTL_BITMAP map;
    RtlInitializeBitMap(&map, words, BITS);
    RtlClearAllBits(&map);
    assert_int_equal(words[3], 0xDEADBEEF);
    memset(model, 0, sizeof model);
    for (int round = 0; round < 4000; round++) {
        ULONG start = RtlRandomEx(&seed) % BITS, count = RtlRandomEx(&seed) % (BITS - start + 1);
        if (count > 40 && round % 8)
            count %= 7;
        UCHAR value = (UCHAR)(RtlRandomEx(&seed) & 1);
        if (value)
            RtlSetBits(&map, start, count);
        else
            RtlClearBits(&map, start, count);
        memset(model + start, value, count);
        ULONG set = 0, longest = 0, longest_at = 0, run = 0;
        for (ULONG i = 0; i < BITS; i++) {
            assert_int_equal(RtlTestBit(&map, i), model[i]);
            assert_int_equal(RtlCheckBit(&map, i), model[i]);
            set += model[i];
            run = model[i] ? 0 : run + 1;
            if (run > longest) {
                longest = run;
                longest_at = i + 1 - run;
            }
        }
        assert_int_equal(RtlNumberOfSetBits(&map), set);
        assert_int_equal(RtlNumberOfClearBits(&map), BITS - set);
        ULONG at;
        assert_int_equal(RtlFindLongestRunClear(&map, &at), longest);
        if (longest)
            assert_int_equal(at, longest_at);
        ULONG wanted = 1 + RtlRandomEx(&seed) % 6;
        ULONG found = model_find(0, wanted, 0, BITS);
        assert_int_equal(RtlFindClearBits(&map, wanted, 0), found);
        assert_int_equal(RtlFindSetBits(&map, wanted, 0), model_find(1, wanted, 0, BITS));
        /* With a hint: something that fits, and nothing only if there is nothing. */
        ULONG hint = RtlRandomEx(&seed) % BITS, hinted = RtlFindClearBits(&map, wanted, hint);
        assert_int_equal(hinted == ~0u, found == ~0u);
        if (hinted != ~0u) {
            assert_true(RtlAreBitsClear(&map, hinted, wanted));
            if (model_find(0, wanted, hint, BITS) != ~0u)
                assert_int_equal(hinted, model_find(0, wanted, hint, BITS));
        }
        ULONG first, length = RtlFindNextForwardRunClear(&map, hint, &first);
        ULONG next = hint;
        while (next < BITS && model[next])
            next++;
        if (next < BITS) {
            assert_int_equal(first, next);
            assert_true(RtlAreBitsClear(&map, first, length));
            assert_true(first + length == BITS || model[first + length]);
        } else {
            assert_int_equal(length, 0);
        }
        assert_int_equal(words[3], 0xDEADBEEF);
    }
    assert_false(RtlAreBitsClear(&map, BITS, 1));
    assert_false(RtlAreBitsSet(&map, BITS - 1, 2));
    assert_false(RtlAreBitsSet(&map, 0, 0));
    assert_int_equal(RtlFindClearBits(&map, BITS + 1, 0), ~0u);
    RtlClearAllBits(&map);
    assert_int_equal(RtlFindClearBitsAndSet(&map, 5, 75), 0); /* wraps */
    assert_int_equal(RtlFindClearBitsAndSet(&map, 2, 75), 75);
    assert_int_equal(RtlFindSetBitsAndClear(&map, 5, 50), 0);
    assert_int_equal(RtlNumberOfSetBits(&map), 2);
    assert_int_equal(RtlFindClearBits(&map, 0, 13), 8);
    assert_int_equal(RtlNumberOfSetBitsUlongPtr(0x8000000000000001), 2);
}

static void every_day_of_the_calendar(void **state)
{
    (void)state;
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    TIME_FIELDS fields = {.Year = 1601, .Month = 1, .Day = 1}, back;
    LARGE_INTEGER time, expected = {.QuadPart = 0};
    int weekday = 1;
    while (fields.Year < 2102) {
        assert_true(RtlTimeFieldsToTime(&fields, &time));
        assert_true(time.QuadPart == expected.QuadPart);
        RtlTimeToTimeFields(&time, &back);
        fields.Weekday = (CSHORT)weekday;
        assert_memory_equal(&back, &fields, sizeof back);
        int leap = fields.Year % 4 == 0 && (fields.Year % 100 != 0 || fields.Year % 400 == 0);
        if (++fields.Day > days[fields.Month - 1] + (fields.Month == 2 && leap)) {
            assert_false(RtlTimeFieldsToTime(&fields, &time)); /* one more is no day */
            fields.Day = 1;
            if (++fields.Month > 12) {
                fields.Month = 1;
                fields.Year++;
            }
        }
        weekday = (weekday + 1) % 7;
        expected.QuadPart += 864000000000;
    }
    static const TIME_FIELDS wrong[] = {
        {.Year = 1600, .Month = 1, .Day = 1},  {.Year = 30828, .Month = 1, .Day = 1}, {.Year = 2000, .Month = 0, .Day = 1},
        {.Year = 2000, .Month = 13, .Day = 1}, {.Year = 2000, .Month = 1, .Day = 0},  {.Year = 2000, .Month = 1, .Day = 1, .Hour = 24},
        {.Year = 2000, .Month = 1, .Day = 1, .Minute = 60}, {.Year = 2000, .Month = 1, .Day = 1, .Second = 60},
        {.Year = 2000, .Month = 1, .Day = 1, .Milliseconds = 1000}, {.Year = 2000, .Month = 1, .Day = 1, .Hour = -1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        TIME_FIELDS copy = wrong[i];
        assert_false(RtlTimeFieldsToTime(&copy, &time));
    }
    fields = (TIME_FIELDS){.Year = 30827, .Month = 12, .Day = 31, .Hour = 23, .Minute = 59, .Second = 59, .Milliseconds = 999, .Weekday = 5};
    assert_true(RtlTimeFieldsToTime(&fields, &time));
    RtlTimeToTimeFields(&time, &back);
    back.Weekday = fields.Weekday;
    assert_memory_equal(&back, &fields, sizeof back);
    ULONG seconds;
    RtlSecondsSince1970ToTime(0xFFFFFFFF, &time);
    assert_true(RtlTimeToSecondsSince1970(&time, &seconds));
    assert_true(seconds == 0xFFFFFFFF);
    time.QuadPart += 10000000;
    assert_false(RtlTimeToSecondsSince1970(&time, &seconds));
    RtlSecondsSince1980ToTime(0, &time);
    assert_true(RtlTimeToSecondsSince1970(&time, &seconds));
    assert_int_equal(seconds, 315532800);
    time.QuadPart--;
    assert_false(RtlTimeToSecondsSince1980(&time, &seconds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(texts_that_do_not_fit),   TEST(numbers_and_what_is_none),         TEST(safe_strings_obey_their_flags),
        TEST(counted_safe_strings),    TEST(sums_and_products_of_every_width), TEST(bitmaps_are_as_their_model),
        TEST(every_day_of_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
