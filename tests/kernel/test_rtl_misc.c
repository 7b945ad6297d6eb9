/*
 * Bitmaps, time, statuses, memory, versions.
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

static void bitmaps(void **state)
{
    (void)state;
    ULONG words[4], index;
    RTL_BITMAP map;
    RtlInitializeBitMap(&map, words, 100);
    RtlClearAllBits(&map);
    assert_int_equal(RtlNumberOfClearBits(&map), 100);
    assert_int_equal(RtlFindClearBitsAndSet(&map, 40, 0), 0);
    assert_int_equal(RtlFindClearBits(&map, 60, 0), 40);
    assert_int_equal(RtlFindClearBits(&map, 61, 0), 0xFFFFFFFF);
    assert_int_equal(RtlFindClearBits(&map, 10, 50), 50);
    assert_int_equal(RtlFindClearBits(&map, 10, 95), 40);
    RtlSetBits(&map, 60, 5);
    assert_int_equal(RtlNumberOfSetBits(&map), 45);
    assert_int_equal(RtlFindNextForwardRunClear(&map, 0, &index), 20);
    assert_int_equal(index, 40);
    assert_int_equal(RtlFindLongestRunClear(&map, &index), 35);
    assert_int_equal(index, 65);
    assert_true(RtlAreBitsSet(&map, 60, 5));
    assert_false(RtlAreBitsSet(&map, 60, 6));
    assert_true(RtlAreBitsClear(&map, 65, 35));
    assert_false(RtlAreBitsClear(&map, 65, 36));
    assert_false(RtlAreBitsClear(&map, 65, 0));
    RTL_BITMAP_RUN runs[2];
    assert_int_equal(RtlFindClearRuns(&map, runs, 2, TRUE), 2);
    assert_int_equal(runs[0].StartingIndex, 65);
    assert_int_equal(runs[0].NumberOfBits, 35);
    assert_int_equal(runs[1].StartingIndex, 40);
    assert_int_equal(RtlFindClearRuns(&map, runs, 1, FALSE), 1);
    assert_int_equal(runs[0].StartingIndex, 40);
    assert_int_equal(RtlFindLastBackwardRunClear(&map, 64, &index), 20);
    assert_int_equal(index, 40);
    RtlClearBit(&map, 0);
    assert_false(RtlTestBit(&map, 0));
    assert_int_equal(RtlCheckBit(&map, 1), 1);
    assert_int_equal(RtlFindSetBits(&map, 39, 0), 1);
    RtlSetAllBits(&map);
    assert_int_equal(RtlNumberOfSetBits(&map), 100);
    assert_int_equal(RtlFindFirstRunClear(&map, &index), 0);
    assert_int_equal(RtlFindMostSignificantBit(0x8000000000000001), 63);
    assert_int_equal(RtlFindLeastSignificantBit(0x80), 7);
    assert_int_equal(RtlFindLeastSignificantBit(0), -1);
}

static void times(void **state)
{
    (void)state;
    TIME_FIELDS f;
    LARGE_INTEGER t = {.QuadPart = 0}, back;
    RtlTimeToTimeFields(&t, &f);
    assert_int_equal(f.Year, 1601);
    assert_int_equal(f.Month, 1);
    assert_int_equal(f.Day, 1);
    assert_int_equal(f.Weekday, 1);
    t.QuadPart = 125963031456789012; /* 2000-02-29 13:05:45.678 */
    RtlTimeToTimeFields(&t, &f);
    assert_int_equal(f.Year, 2000);
    assert_int_equal(f.Month, 2);
    assert_int_equal(f.Day, 29);
    assert_int_equal(f.Hour, 13);
    assert_int_equal(f.Minute, 5);
    assert_int_equal(f.Second, 45);
    assert_int_equal(f.Milliseconds, 678);
    assert_int_equal(f.Weekday, 2);
    assert_true(RtlTimeFieldsToTime(&f, &back));
    assert_int_equal(back.QuadPart, t.QuadPart / 10000 * 10000);
    f.Day = 30;
    assert_false(RtlTimeFieldsToTime(&f, &back));
    ULONG seconds;
    RtlSecondsSince1970ToTime(0, &t);
    assert_int_equal(t.QuadPart, 116444736000000000);
    assert_true(RtlTimeToSecondsSince1970(&t, &seconds));
    assert_int_equal(seconds, 0);
    t.QuadPart--;
    assert_false(RtlTimeToSecondsSince1970(&t, &seconds));
    RtlSecondsSince1980ToTime(1, &t);
    assert_int_equal(t.QuadPart, 119600064010000000);
    assert_true(RtlTimeToSecondsSince1980(&t, &seconds));
    assert_int_equal(seconds, 1);
    /* Every day there and back. */
    for (LONGLONG day = 0; day < 366 * 800; day += 13) {
        t.QuadPart = day * 864000000000;
        RtlTimeToTimeFields(&t, &f);
        assert_true(RtlTimeFieldsToTime(&f, &back));
        assert_int_equal(back.QuadPart, t.QuadPart);
    }
}

static void statuses(void **state)
{
    (void)state;
    static const struct {
        NTSTATUS status;
        ULONG error;
    } rows[] = {
        {STATUS_SUCCESS, 0},
        {STATUS_ACCESS_DENIED, 5},
        {STATUS_OBJECT_NAME_NOT_FOUND, 2},
        {STATUS_OBJECT_PATH_NOT_FOUND, 3},
        {STATUS_INVALID_HANDLE, 6},
        {STATUS_INVALID_PARAMETER, 87},
        {STATUS_INVALID_DEVICE_REQUEST, 1},
        {STATUS_NOT_IMPLEMENTED, 1},
        {STATUS_NOT_SUPPORTED, 50},
        {STATUS_INSUFFICIENT_RESOURCES, 1450},
        {STATUS_BUFFER_TOO_SMALL, 122},
        {STATUS_BUFFER_OVERFLOW, 234},
        {STATUS_MORE_ENTRIES, 234},
        {STATUS_NO_MORE_ENTRIES, 259},
        {STATUS_PENDING, 997},
        {STATUS_CANCELLED, 995},
        {STATUS_TIMEOUT, 1460},
        {STATUS_ACCESS_VIOLATION, 998},
        {STATUS_END_OF_FILE, 38},
        {STATUS_SHARING_VIOLATION, 32},
        {STATUS_OBJECT_NAME_COLLISION, 183},
        {STATUS_NO_SUCH_DEVICE, 433},
        {STATUS_DELETE_PENDING, 5},
        {STATUS_DEVICE_NOT_READY, 21},
        {STATUS_UNSUCCESSFUL, 31},
        {STATUS_INFO_LENGTH_MISMATCH, 24},
        {STATUS_DEVICE_BUSY, 170},
        {(NTSTATUS)0xC0070005, 5},
        {(NTSTATUS)0xD0000022, 5},
        {(NTSTATUS)0xC000FFFF, 317},
        {(NTSTATUS)0xE0001234, 0xE0001234},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(RtlNtStatusToDosErrorNoTeb(rows[i].status), rows[i].error);
}

static void memory(void **state)
{
    (void)state;
    ULONG words[3] = {7, 7, 8};
    assert_int_equal(RtlCompareMemory("abcd", "abxd", 4), 2);
    assert_int_equal(RtlCompareMemory("abcd", "abcd", 4), 4);
    assert_int_equal(RtlCompareMemory("a", "b", 0), 0);
    assert_int_equal(RtlCompareMemoryUlong(words, 12, 7), 8);
    assert_int_equal(RtlCompareMemoryUlong(words, 8, 7), 8);
    assert_int_equal(RtlCompareMemoryUlong(words, 0, 7), 0);
    assert_int_equal(RtlCompareMemoryUlong(words, 7, 7), 0); /* no whole number of ULONGs */
    assert_int_equal(RtlCompareMemoryUlong((char *)words + 1, 4, 0x07000000), 0);
    RtlFillMemoryUlong(words, 11, 5);
    assert_int_equal(words[1], 5);
    assert_int_equal(words[2], 8);
    ACCESS_MASK mask = GENERIC_READ | 0x100;
    GENERIC_MAPPING mapping = {1, 2, 4, 7};
    RtlMapGenericMask(&mask, &mapping);
    assert_int_equal(mask, 0x101);
}

static void versions(void **state)
{
    (void)state;
    RTL_OSVERSIONINFOEXW v = {.dwOSVersionInfoSize = sizeof v};
    assert_int_equal(RtlGetVersion((PRTL_OSVERSIONINFOW)&v), STATUS_SUCCESS);
    assert_int_equal(v.dwMajorVersion, 10);
    assert_int_equal(v.dwPlatformId, 2);
    assert_int_equal(v.wProductType, 1);
    assert_true(RtlIsNtDdiVersionAvailable(0x06020000));
    assert_true(RtlIsNtDdiVersionAvailable(0x0A000000));
    assert_false(RtlIsNtDdiVersionAvailable(0x0B000000));
    assert_false(RtlIsNtDdiVersionAvailable(0x06000100));
    ULONG seed = 1, again = 1;
    ULONG first = RtlRandomEx(&seed);
    assert_true(first < 0x7FFFFFFF);
    assert_int_equal(RtlRandomEx(&again), first);
    assert_int_equal(seed, again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bitmaps), TEST(times), TEST(statuses), TEST(memory), TEST(versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
