/*
 * Compression in the LZNT1 format (MS-XCA): chunks of 4096 bytes, each with a header of two bytes, then
 * either the bytes themselves or groups of eight tokens behind a byte of flags: a byte, or a word that is the
 * distance and the length of what stood before.
 */
#include "rtl.h"

#include <string.h>

enum { CHUNK = 4096, SIGNATURE = 0x3000, COMPRESSED = 0x8000, LEAST_MATCH = 3 };

/* How many bits of a word are the length when at bytes of the chunk are there: the distance gets what it
 * needs. */
static unsigned length_bits(unsigned at)
{
    unsigned bits = 12;
    for (unsigned reach = at - 1; reach >= 16; reach >>= 1)
        bits--;
    return bits;
}

static unsigned word(const UCHAR *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static void put_word(UCHAR *at, unsigned value)
{
    at[0] = (UCHAR)value;
    at[1] = (UCHAR)(value >> 8);
}

static NTSTATUS check_format(USHORT format, bool compress)
{
    switch (format & 0xFF) {
    case COMPRESSION_FORMAT_NONE:
    case COMPRESSION_FORMAT_DEFAULT:
        return STATUS_INVALID_PARAMETER;
    case COMPRESSION_FORMAT_LZNT1:
        break;
    default:
        return STATUS_UNSUPPORTED_COMPRESSION;
    }
    if (compress && (format & 0xFF00) != COMPRESSION_ENGINE_STANDARD &&
        (format & 0xFF00) != COMPRESSION_ENGINE_MAXIMUM)
        return STATUS_NOT_SUPPORTED;
    return STATUS_SUCCESS;
}

/* --- back --- */

/* One chunk's tokens, as far as there is room. Returns how many bytes came out, or -1 for what cannot be. */
static LONG expand(UCHAR *to, ULONG room, const UCHAR *from, const UCHAR *end)
{
    ULONG at = 0;
    if (room > CHUNK)
        room = CHUNK;
    while (from < end && at < room) {
        unsigned flags = *from++;
        for (int i = 0; i < 8 && from < end && at < room; i++, flags >>= 1) {
            if (!(flags & 1)) {
                to[at++] = *from++;
                continue;
            }
            if (end - from < 2 || !at)
                return -1;
            unsigned token = word(from), bits = length_bits(at), distance = (token >> bits) + 1;
            ULONG length = (token & ((1u << bits) - 1)) + LEAST_MATCH;
            from += 2;
            if (distance > at)
                return -1;
            for (; length && at < room; length--, at++)
                to[at] = to[at - distance];
        }
    }
    return (LONG)at;
}

/* What is between the header and the next one; NULL when the buffer ends before. */
static const UCHAR *chunk_end(const UCHAR *from, const UCHAR *end)
{
    ULONG size = (word(from) & 0xFFF) + 1;
    return size <= (ULONG)(end - from - 2) ? from + 2 + size : NULL;
}

static LONG take_chunk(UCHAR *to, ULONG room, const UCHAR *from, const UCHAR *end)
{
    if (word(from) & COMPRESSED)
        return expand(to, room, from + 2, end);
    ULONG size = (ULONG)(end - from - 2);
    size = size < room ? size : room;
    memcpy(to, from + 2, size);
    return (LONG)size;
}

/* From the chunk at *from on. A chunk that came out short is followed by zeroes, if another follows it. */
static NTSTATUS take_chunks(UCHAR *to, ULONG room, const UCHAR *from, const UCHAR *end, ULONG done,
                            PULONG final)
{
    ULONG in_chunk = done % CHUNK;
    for (const UCHAR *next; end - from >= 2 && word(from) && done < room; from = next) {
        if (!(next = chunk_end(from, end)))
            return STATUS_BAD_COMPRESSION_BUFFER;
        if (in_chunk) {
            ULONG gap = CHUNK - in_chunk;
            if (gap >= room - done)
                break;
            memset(to + done, 0, gap);
            done += gap;
        }
        LONG got = take_chunk(to + done, room - done, from, next);
        if (got < 0)
            return STATUS_BAD_COMPRESSION_BUFFER;
        done += (ULONG)got;
        in_chunk = (ULONG)got % CHUNK;
    }
    *final = done;
    return STATUS_SUCCESS;
}

static NTSTATUS decompress(USHORT format, PUCHAR to, ULONG room, const UCHAR *from, ULONG length, PULONG made)
{
    NTSTATUS status = check_format(format, false);
    if (!NT_SUCCESS(status))
        return status;
    if (length < 2)
        return STATUS_BAD_COMPRESSION_BUFFER;
    return take_chunks(to, room, from, from + length, 0, made);
}

/*
 * Ends when the data or the room do. STATUS_BAD_COMPRESSION_BUFFER for what is no such data;
 * STATUS_INVALID_PARAMETER and STATUS_UNSUPPORTED_COMPRESSION for another format. IRQL <= APC_LEVEL. (WDK:
 * RtlDecompressBuffer)
 */
NTSTATUS NTAPI RtlDecompressBuffer(USHORT CompressionFormat, PUCHAR UncompressedBuffer,
                                   ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                   ULONG CompressedBufferSize, PULONG FinalUncompressedSize)
{
    GATE(RtlDecompressBuffer, CompressionFormat, UncompressedBuffer, CompressedBuffer, CompressedBufferSize);
    return decompress(CompressionFormat, UncompressedBuffer, UncompressedBufferSize, CompressedBuffer,
                      CompressedBufferSize, FinalUncompressedSize);
}

/* LZNT1 needs no WorkSpace. (WDK: RtlDecompressBufferEx) */
NTSTATUS NTAPI RtlDecompressBufferEx(USHORT CompressionFormat, PUCHAR UncompressedBuffer,
                                     ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                     ULONG CompressedBufferSize, PULONG FinalUncompressedSize,
                                     PVOID WorkSpace)
{
    (void)WorkSpace;
    GATE(RtlDecompressBufferEx, CompressionFormat, UncompressedBuffer, CompressedBuffer,
         CompressedBufferSize);
    return decompress(CompressionFormat, UncompressedBuffer, UncompressedBufferSize, CompressedBuffer,
                      CompressedBufferSize, FinalUncompressedSize);
}

/* As much as there is room for, from an offset on. WorkSpace holds a chunk. (WDK: RtlDecompressFragment) */
NTSTATUS NTAPI RtlDecompressFragment(USHORT CompressionFormat, PUCHAR UncompressedFragment,
                                     ULONG UncompressedFragmentSize, PUCHAR CompressedBuffer,
                                     ULONG CompressedBufferSize, ULONG FragmentOffset,
                                     PULONG FinalUncompressedSize, PVOID WorkSpace)
{
    GATE(RtlDecompressFragment, CompressionFormat, UncompressedFragment, CompressedBuffer, FragmentOffset);
    const UCHAR *from = CompressedBuffer, *end = from + CompressedBufferSize, *next;
    NTSTATUS status = check_format(CompressionFormat, false);
    if (!NT_SUCCESS(status))
        return status;
    if (CompressedBufferSize < 2)
        return STATUS_BAD_COMPRESSION_BUFFER;
    for (; FragmentOffset >= CHUNK && end - from >= 2 && word(from); FragmentOffset -= CHUNK, from = next)
        if (!(next = chunk_end(from, end)))
            return STATUS_BAD_COMPRESSION_BUFFER;
    *FinalUncompressedSize = 0;
    if (end - from < 2 || !word(from))
        return STATUS_SUCCESS;
    ULONG first = 0;
    if (FragmentOffset) {
        if (!(next = chunk_end(from, end)))
            return STATUS_BAD_COMPRESSION_BUFFER;
        LONG got = take_chunk(WorkSpace, CHUNK, from, next);
        if (got < 0)
            return STATUS_BAD_COMPRESSION_BUFFER;
        bool more = end - next >= 2 && word(next);
        if (more) { /* a short chunk is filled up */
            memset((PUCHAR)WorkSpace + got, 0, CHUNK - (ULONG)got);
            got = CHUNK;
        }
        first = (ULONG)got > FragmentOffset ? (ULONG)got - FragmentOffset : 0;
        first = first < UncompressedFragmentSize ? first : UncompressedFragmentSize;
        memcpy(UncompressedFragment, (PUCHAR)WorkSpace + FragmentOffset, first);
        from = next;
    }
    ULONG rest = 0;
    status = take_chunks(UncompressedFragment + first, UncompressedFragmentSize - first, from, end, 0, &rest);
    if (NT_SUCCESS(status))
        *FinalUncompressedSize = first + rest;
    return status;
}

/* --- there --- */

/* Where three bytes were seen: the last place of each hash, and the one before each place; 0: none, else the
 * place + 1. */
struct space {
    USHORT last[CHUNK], before[CHUNK];
};

static unsigned hash(const UCHAR *at)
{
    return ((unsigned)at[0] << 8 ^ (unsigned)at[1] << 4 ^ at[2]) % CHUNK;
}

static void remember(struct space *space, const UCHAR *chunk, ULONG at, ULONG size)
{
    if (size - at < LEAST_MATCH)
        return;
    unsigned h = hash(chunk + at);
    space->before[at] = space->last[h];
    space->last[h] = (USHORT)(at + 1);
}

static ULONG longest_match(const struct space *space, const UCHAR *chunk, ULONG at, ULONG size, int tries,
                           ULONG *distance)
{
    ULONG best = 0, most = size - at;
    if (!at || most < LEAST_MATCH)
        return 0;
    ULONG limit = (1u << length_bits(at)) - 1 + LEAST_MATCH;
    most = most < limit ? most : limit;
    for (ULONG place = space->last[hash(chunk + at)]; place && tries-- && best < most;
         place = space->before[place - 1]) {
        ULONG length = 0;
        while (length < most && chunk[place - 1 + length] == chunk[at + length])
            length++;
        if (length > best) {
            best = length;
            *distance = at - (place - 1);
        }
    }
    return best < LEAST_MATCH ? 0 : best;
}

/* The tokens of a chunk; returns their size, or 0 when they do not take less than the bytes themselves, or
 * than there is room. */
static ULONG shorten(UCHAR *to, ULONG room, const UCHAR *chunk, ULONG size, struct space *space, int tries)
{
    ULONG out = 0, at = 0;
    room = room < size - 1 ? room : size - 1;
    memset(space->last, 0, sizeof space->last);
    while (at < size) {
        ULONG flags = out++;
        if (out > room)
            return 0;
        to[flags] = 0;
        for (int i = 0; i < 8 && at < size; i++) {
            ULONG distance = 0, length = longest_match(space, chunk, at, size, tries, &distance);
            if (out + (length ? 2 : 1) > room)
                return 0;
            if (length) {
                put_word(to + out, (distance - 1) << length_bits(at) | (length - LEAST_MATCH));
                to[flags] |= (UCHAR)(1 << i);
                out += 2;
            } else {
                to[out++] = chunk[at];
                length = 1;
            }
            for (; length; length--, at++)
                remember(space, chunk, at, size);
        }
    }
    return out;
}

static bool is_zero(const UCHAR *from, ULONG size)
{
    for (; size; size--)
        if (*from++)
            return false;
    return true;
}

/*
 * Chunks are of 4096 bytes whatever UncompressedChunkSize says. STATUS_BUFFER_ALL_ZEROS (a success) when
 * there are only zeroes; STATUS_BUFFER_TOO_SMALL; STATUS_NOT_SUPPORTED for another engine; formats as
 * RtlDecompressBuffer. IRQL <= APC_LEVEL. (WDK: RtlCompressBuffer)
 */
NTSTATUS NTAPI RtlCompressBuffer(USHORT CompressionFormatAndEngine, PUCHAR UncompressedBuffer,
                                 ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                 ULONG CompressedBufferSize, ULONG UncompressedChunkSize,
                                 PULONG FinalCompressedSize, PVOID WorkSpace)
{
    GATE(RtlCompressBuffer, CompressionFormatAndEngine, UncompressedBuffer, CompressedBuffer,
         UncompressedChunkSize);
    NTSTATUS status = check_format(CompressionFormatAndEngine, true);
    if (!NT_SUCCESS(status))
        return status;
    int tries = CompressionFormatAndEngine & COMPRESSION_ENGINE_MAXIMUM ? CHUNK : 16;
    ULONG out = 0;
    for (ULONG at = 0, size; at < UncompressedBufferSize; at += size) {
        size = UncompressedBufferSize - at < CHUNK ? UncompressedBufferSize - at : CHUNK;
        if (CompressedBufferSize - out < 2)
            return STATUS_BUFFER_TOO_SMALL;
        UCHAR *to = CompressedBuffer + out;
        ULONG room = CompressedBufferSize - out - 2;
        ULONG shorter = shorten(to + 2, room, UncompressedBuffer + at, size, WorkSpace, tries);
        if (!shorter && size > room)
            return STATUS_BUFFER_TOO_SMALL;
        if (!shorter)
            memcpy(to + 2, UncompressedBuffer + at, size);
        ULONG length = shorter ? shorter : size;
        put_word(to, (shorter ? COMPRESSED : 0) | SIGNATURE | (length - 1));
        out += 2 + length;
    }
    *FinalCompressedSize = out;
    return is_zero(UncompressedBuffer, UncompressedBufferSize) ? STATUS_BUFFER_ALL_ZEROS : STATUS_SUCCESS;
}

/* Formats as above. (WDK: RtlGetCompressionWorkSpaceSize) */
NTSTATUS NTAPI RtlGetCompressionWorkSpaceSize(USHORT CompressionFormatAndEngine,
                                              PULONG CompressBufferWorkSpaceSize,
                                              PULONG CompressFragmentWorkSpaceSize)
{
    GATE(RtlGetCompressionWorkSpaceSize, CompressionFormatAndEngine, CompressBufferWorkSpaceSize,
         CompressFragmentWorkSpaceSize);
    NTSTATUS status = check_format(CompressionFormatAndEngine, true);
    if (!NT_SUCCESS(status))
        return status;
    *CompressBufferWorkSpaceSize = sizeof(struct space);
    *CompressFragmentWorkSpaceSize = CHUNK;
    return STATUS_SUCCESS;
}
