/*
 * ntintsafe.h; lengths of unaligned strings.
 */
#include "rtl_test.h"

#include <ntintsafe.h>
#include <ntstrsafe.h>

#define assert_good(call, result, value)                                                                     \
    do {                                                                                                     \
        assert_int_equal((call), STATUS_SUCCESS);                                                            \
        assert_true((result) == (value));                                                                    \
    } while (0)
#define assert_over(call, result, value)                                                                     \
    do {                                                                                                     \
        assert_int_equal((call), STATUS_INTEGER_OVERFLOW);                                                   \
        assert_true((result) == (value));                                                                    \
    } while (0)

static void computes_safely(void **state)
{
    (void)state;
    ULONG u;
    LONG l;
    USHORT us;
    SIZE_T size;
    LONGLONG ll;
    ULONGLONG ull;
    UINT8 u8;
    ptrdiff_t d;
    assert_good(RtlULongAdd(0xFFFFFFFE, 1, &u), u, 0xFFFFFFFF);
    assert_over(RtlULongAdd(0xFFFFFFFF, 1, &u), u, ULONG_ERROR);
    assert_good(RtlULongSub(1, 1, &u), u, 0);
    assert_over(RtlULongSub(0, 1, &u), u, 0xFFFFFFFF);
    assert_good(RtlULongMult(0x10000, 0xFFFF, &u), u, 0xFFFF0000);
    assert_over(RtlULongMult(0x10000, 0x10000, &u), u, 0xFFFFFFFF);
    assert_over(RtlLongAdd(0x7FFFFFFF, 1, &l), l, LONG_ERROR);
    assert_over(RtlLong32Sub(-0x7FFFFFFF, 2, &l), l, -1);
    assert_over(RtlLongMult(-0x10000, 0x8001, &l), l, -1);
    assert_good(RtlLongMult(-0x10000, 0x8000, &l), l, -0x7FFFFFFF - 1);
    assert_over(RtlUShortAdd(0xFFFF, 1, &us), us, USHORT_ERROR);
    assert_good(RtlWordMult(255, 257, &us), us, 0xFFFF);
    assert_over(RtlSizeTMult(SIZE_MAX / 2 + 1, 2, &size), size, SIZE_T_ERROR);
    assert_good(RtlSIZETAdd(SIZE_MAX - 1, 1, &size), size, SIZE_MAX);
    assert_over(RtlULongLongSub(0, 1, &ull), ull, ULONGLONG_ERROR);
    assert_over(RtlInt64Add(INT64_MAX, 1, &ll), ll, -1);
    assert_over(RtlUInt8Mult(16, 16, &u8), u8, 0xFF);
    assert_over(RtlPtrdiffTMult(PTRDIFF_T_MAX, 2, &d), d, -1);
}

static void converts_safely(void **state)
{
    (void)state;
    CHAR c;
    UCHAR uc;
    INT8 i8;
    UINT8 u8;
    SHORT s;
    USHORT us;
    LONG l;
    ULONG u;
    UINT ui;
    LONG_PTR lp;
    SIZE_T size;
    ULONG_PTR dp;
    assert_good(RtlULongToUShort(0xFFFF, &us), us, 0xFFFF);
    assert_over(RtlULongToUShort(0x10000, &us), us, 0xFFFF);
    assert_good(RtlULongToUChar(255, &uc), uc, 255);
    assert_over(RtlULongToUChar(256, &uc), uc, 0); /* UCHAR's error value is none */
    assert_over(RtlULongToUInt8(256, &u8), u8, 0xFF);
    assert_over(RtlULongToByte(256, &u8), u8, 0xFF);
    assert_good(RtlByteToChar(127, &c), c, 127);
    assert_over(RtlByteToChar(128, &c), c, -1);
    assert_over(RtlByteToInt8(128, &i8), i8, -1);
    assert_good(RtlShortToInt8(-128, &i8), i8, -128);
    assert_over(RtlShortToInt8(-129, &i8), i8, -1);
    assert_over(RtlShortToULong(-1, &u), u, 0xFFFFFFFF);
    assert_over(RtlShortToDWordPtr(-1, &dp), dp, ~(ULONG_PTR)0);
    assert_over(RtlLongLongToULong(-1, &u), u, 0xFFFFFFFF);
    assert_good(RtlLongLongToULong(0xFFFFFFFF, &u), u, 0xFFFFFFFF);
    assert_over(RtlULongLongToULong(0x100000000, &u), u, 0xFFFFFFFF);
    assert_over(RtlULongToLong(0x80000000, &l), l, -1);
    assert_over(RtlUShortToShort(0x8000, &s), s, -1);
    assert_over(RtlSizeTToULong(0x100000000, &u), u, 0xFFFFFFFF);
    assert_over(RtlIntToSizeT(-1, &size), size, SIZE_T_ERROR);
    assert_over(RtlLongPtrToUInt(-5, &ui), ui, 0xFFFFFFFF);
    assert_over(RtlSIZETToSSIZET(SIZE_MAX, &lp), lp, -1);
    assert_good(RtlDWord64ToLongPtr(7, &lp), lp, 7);
}

static void measures_unaligned_strings(void **state)
{
    (void)state;
    char bytes[1 + 4 * sizeof(WCHAR)];
    NTSTRSAFE_PCUWSTR text = (NTSTRSAFE_PCUWSTR)(bytes + 1);
    size_t length = 99;
    memcpy(bytes + 1, L"abc", 4 * sizeof(WCHAR));
    assert_int_equal(RtlUnalignedStringCchLengthW(text, 4, &length), STATUS_SUCCESS);
    assert_int_equal(length, 3);
    assert_int_equal(RtlUnalignedStringCbLengthW(text, 8, &length), STATUS_SUCCESS);
    assert_int_equal(length, 6);
    assert_int_equal(RtlUnalignedStringCchLengthW(text, 3, &length), STATUS_INVALID_PARAMETER);
    assert_int_equal(length, 0);
    assert_int_equal(RtlUnalignedStringCchLengthW(NULL, 3, &length), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnalignedStringCchLengthW(text, 0, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlUnalignedStringCchLengthW(text, (size_t)NTSTRSAFE_MAX_CCH + 1, NULL),
                     STATUS_INVALID_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(computes_safely), TEST(converts_safely),
                                       TEST(measures_unaligned_strings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
