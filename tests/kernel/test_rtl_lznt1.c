/*
 * LZNT1: known streams, there and back, fragments, what is damaged.
 */
#include "rtl_test.h"

enum { LARGE = 5 * 4096 + 123 };
static UCHAR plain[LARGE], packed[LARGE + 64], back[LARGE + 8];

static PVOID space(USHORT format, ULONG *fragment)
{
    ULONG size, other;
    assert_int_equal(RtlGetCompressionWorkSpaceSize(format, &size, fragment ? fragment : &other), STATUS_SUCCESS);
    return malloc(size);
}

static void known_streams_expand(void **state)
{
    (void)state;
    ULONG size;
    UCHAR text[64];
    static UCHAR bytes[] = {0x04, 0xB0, 0x00, 'a', 'b', 'c', 'd'};
    assert_int_equal(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, text, sizeof text, bytes, sizeof bytes, &size), 0);
    assert_int_equal(size, 4);
    assert_memory_equal(text, "abcd", 4);
    /* "abc" and six more from three back: the word is (3 - 1) << 12 | 6 - 3. */
    static UCHAR match[] = {0x05, 0xB0, 0x08, 'a', 'b', 'c', 0x03, 0x20};
    assert_int_equal(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, text, sizeof text, match, sizeof match, &size), 0);
    assert_int_equal(size, 9);
    assert_memory_equal(text, "abcabcabc", 9);
    assert_int_equal(RtlDecompressBufferEx(COMPRESSION_FORMAT_LZNT1, text + 9, 9, match, sizeof match, &size, NULL), 0);
    assert_memory_equal(text, "abcabcabcabcabcabc", 18);
    assert_int_equal(RtlDecompressBufferEx(COMPRESSION_FORMAT_XPRESS, text, 9, match, sizeof match, &size, NULL),
                     STATUS_UNSUPPORTED_COMPRESSION);
    assert_int_equal(RtlDecompressBufferEx(COMPRESSION_FORMAT_LZNT1, text, 9, match, 1, &size, NULL),
                     STATUS_BAD_COMPRESSION_BUFFER);
    /* As much as there is room for. */
    assert_int_equal(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, text, 5, match, sizeof match, &size), 0);
    assert_int_equal(size, 5);
    /* The bytes themselves, and the end. */
    static UCHAR raw[] = {0x02, 0x30, 'x', 'y', 'z', 0, 0, 'j', 'u', 'n', 'k'};
    assert_int_equal(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, text, sizeof text, raw, sizeof raw, &size), 0);
    assert_int_equal(size, 3);
    assert_memory_equal(text, "xyz", 3);
    /* A short chunk before another is filled up with zeroes. */
    static UCHAR two[] = {0x00, 0x30, 'x', 0x00, 0x30, 'y'};
    memset(back, 0xEE, sizeof back);
    assert_int_equal(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, back, LARGE, two, sizeof two, &size), 0);
    assert_int_equal(size, 4097);
    assert_int_equal(back[0], 'x');
    assert_int_equal(back[1], 0);
    assert_int_equal(back[4095], 0);
    assert_int_equal(back[4096], 'y');
}

static void damage_is_told(void **state)
{
    (void)state;
    UCHAR text[64];
    ULONG size;
#define BAD(...)                                                                                                       \
    do {                                                                                                               \
        UCHAR data[] = {__VA_ARGS__};                                                                                  \
        assert_int_equal(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, text, sizeof text, data, sizeof data, &size),   \
                         STATUS_BAD_COMPRESSION_BUFFER);                                                               \
    } while (0)
    BAD(0x05);                                     /* no header */
    BAD(0x05, 0xB0, 0x00, 'a');                    /* ends too soon */
    BAD(0x03, 0xB0, 0x01, 0x00, 0x00, 'a');        /* a match before anything */
    BAD(0x03, 0xB0, 0x02, 'a', 0x00, 0x10);        /* from before the beginning */
    BAD(0x02, 0xB0, 0x02, 'a', 0x00);              /* half a word */
    UCHAR one[] = {0x00, 0x30, 'x'};
    assert_int_equal(RtlDecompressBuffer(COMPRESSION_FORMAT_NONE, text, 64, one, 3, &size), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlDecompressBuffer(COMPRESSION_FORMAT_DEFAULT, text, 64, one, 3, &size), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlDecompressBuffer(COMPRESSION_FORMAT_XPRESS, text, 64, one, 3, &size),
                     STATUS_UNSUPPORTED_COMPRESSION);
    assert_int_equal(RtlGetCompressionWorkSpaceSize(COMPRESSION_FORMAT_LZNT1 | COMPRESSION_ENGINE_HIBER, &size, &size),
                     STATUS_NOT_SUPPORTED);
}

static void there_and_back(USHORT engine, ULONG length, NTSTATUS expected, ULONG at_most)
{
    ULONG size, again, fragment_size;
    USHORT format = COMPRESSION_FORMAT_LZNT1 | engine;
    PVOID work = space(format, &fragment_size);
    assert_int_equal(RtlCompressBuffer(format, plain, length, packed, sizeof packed, 4096, &size, work), expected);
    assert_true(size <= at_most);
    memset(back, 0xEE, sizeof back);
    assert_int_equal(RtlDecompressBuffer(COMPRESSION_FORMAT_LZNT1, back, length, packed, size, &again), 0);
    assert_int_equal(again, length);
    assert_memory_equal(back, plain, length);
    assert_int_equal(back[length], 0xEE);
    /* No byte less will do. */
    if (size) {
        ULONG small;
        UCHAR *exact = malloc(size);
        assert_int_equal(RtlCompressBuffer(format, plain, length, exact, size, 4096, &small, work), expected);
        assert_int_equal(small, size);
        assert_int_equal(RtlCompressBuffer(format, plain, length, exact, size - 1, 4096, &small, work),
                         STATUS_BUFFER_TOO_SMALL);
        free(exact);
    }
    free(work);
    work = malloc(fragment_size);
    static const ULONG offsets[] = {0, 1, 4095, 4096, 5000, 8192, 12345};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        ULONG offset = offsets[i], want = offset < length ? length - offset : 0;
        want = want < 6000 ? want : 6000;
        memset(back, 0xEE, sizeof back);
        assert_int_equal(
            RtlDecompressFragment(COMPRESSION_FORMAT_LZNT1, back, 6000, packed, size, offset, &again, work), 0);
        assert_int_equal(again, want);
        assert_memory_equal(back, plain + offset, want);
        assert_int_equal(back[want], 0xEE);
    }
    free(work);
}

static void what_is_compressed_expands(void **state)
{
    (void)state;
    ULONG seed = 3;
    for (USHORT engine = 0; engine <= COMPRESSION_ENGINE_MAXIMUM; engine += COMPRESSION_ENGINE_MAXIMUM) {
        memset(plain, 0, sizeof plain);
        there_and_back(engine, LARGE, STATUS_BUFFER_ALL_ZEROS, 64);
        memset(plain, 'x', sizeof plain);
        there_and_back(engine, LARGE, STATUS_SUCCESS, 64);
        there_and_back(engine, 4096, STATUS_SUCCESS, 16);
        there_and_back(engine, 4097, STATUS_SUCCESS, 32);
        for (int i = 0; i < LARGE; i++)
            plain[i] = (UCHAR) "the quick brown fox "[i % 20];
        there_and_back(engine, LARGE, STATUS_SUCCESS, 2000);
        for (int i = 0; i < LARGE; i++)
            plain[i] = (UCHAR)RtlRandomEx(&seed);
        there_and_back(engine, LARGE, STATUS_SUCCESS, LARGE + 12); /* two bytes more for each chunk */
        for (int i = 0; i < LARGE; i++)
            plain[i] = (UCHAR)(RtlRandomEx(&seed) & 3);
        there_and_back(engine, LARGE, STATUS_SUCCESS, LARGE * 2 / 3);
        plain[0] = 1;
        there_and_back(engine, 1, STATUS_SUCCESS, 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(known_streams_expand), TEST(damage_is_told),
                                       TEST(what_is_compressed_expands)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
