/* Bits of 64-bit words, and reads and writes that keep their order: what the headers make of them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntifs.h>
#include <intrin.h>

static void bits(void **state)
{
    (void)state;
    LONG64 words[2] = {0, 1};
    assert_int_equal(_BitTest64(words, 63), 0);
    assert_int_equal(_BitTest64(words, 64), 1);
    assert_int_equal(_BitTestAndSet64(words, 63), 0);
    assert_true((ULONG64)words[0] == 0x8000000000000000);
    assert_int_equal(_BitTestAndSet64(words, 63), 1);
    assert_int_equal(_BitTestAndComplement64(words, 127), 0);
    assert_true((ULONG64)words[1] == 0x8000000000000001);
    assert_int_equal(_BitTestAndComplement64(words, 127), 1);
    assert_int_equal(_BitTestAndReset64(words, 64), 1);
    assert_int_equal(words[1], 0);
    assert_int_equal(BitTestAndReset64(words, 64), 0);
}

static void reads_and_writes(void **state)
{
    (void)state;
    INT32 i = -5;
    UINT32 u = 0xFFFFFFF0;
    BOOLEAN b = 0x80;
    assert_int_equal(ReadInt32Acquire(&i), -5);
    assert_int_equal(ReadInt32NoFence(&i) + ReadInt32Raw(&i), -10);
    assert_true(ReadUInt32Acquire(&u) == 0xFFFFFFF0 && ReadUInt32NoFence(&u) / 16 == 0xFFFFFFF && ReadUInt32Raw(&u) > 5);
    assert_int_equal(ReadBooleanRaw(&b), 0x80);
    WriteInt32Release(&i, 1);
    assert_int_equal(i, 1);
    WriteInt32NoFence(&i, 2);
    assert_int_equal(i, 2);
    WriteInt32Raw(&i, 3);
    assert_int_equal(i, 3);
    WriteUInt32Release(&u, 1);
    assert_int_equal(u, 1);
    WriteUInt32NoFence(&u, 0x80000000);
    assert_true(u == 0x80000000);
    WriteUInt32Raw(&u, 3);
    assert_int_equal(u, 3);
}

static void large_integers(void **state)
{
    (void)state;
    LARGE_INTEGER a = {.QuadPart = 0x100000001}, b = {.QuadPart = 2}, r;
    assert_true(RtlLargeIntegerAdd(a, b).QuadPart == 0x100000003);
    assert_true(RtlLargeIntegerSubtract(b, a).QuadPart == -0xFFFFFFFFll);
    assert_true(RtlLargeIntegerNegate(a).QuadPart == -0x100000001ll);
    assert_true(RtlLargeIntegerShiftLeft(a, 31).QuadPart == (LONGLONG)0x8000000080000000);
    r = RtlLargeIntegerShiftLeft(a, 31);
    assert_true(RtlLargeIntegerShiftRight(r, 60).QuadPart == 8);
    assert_true(RtlLargeIntegerArithmeticShift(r, 60).QuadPart == -8);
    RtlLargeIntegerAnd(r, a, b);
    assert_true(r.QuadPart == 0);
    LONG64 sum = 40;
    assert_int_equal(_InlineInterlockedAdd64(&sum, 2), 42);
    assert_int_equal(sum, 42);
}

#if defined(__x86_64__) || defined(__i386__)
static void processor(void **state)
{
    (void)state;
    int r[4], again[4];
    unsigned aux;
    __cpuid(r, 0);
    assert_true(r[0] >= 1);
    assert_true(r[1] && r[2] && r[3]); /* the maker's name */
    __cpuidex(again, 0, 0);
    assert_memory_equal(r, again, sizeof r);
    assert_true(__rdtscp(&aux) != 0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits),
        cmocka_unit_test(reads_and_writes),
        cmocka_unit_test(large_integers),
#if defined(__x86_64__) || defined(__i386__)
        cmocka_unit_test(processor),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
