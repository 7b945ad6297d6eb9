/*
 * Bitmaps. Nothing here locks: a driver guards its bitmap itself.
 */
#include "rtl.h"

#include <string.h>

#define NONE ((ULONG)-1)

static bool bit(const RTL_BITMAP *map, ULONG i)
{
    return map->Buffer[i / 32] >> (i % 32) & 1;
}

/* Where the run of bits equal to value that begins at i ends, at most limit. Whole words are skipped at once.
 */
static ULONG run_end(const RTL_BITMAP *map, ULONG i, ULONG limit, bool value)
{
    ULONG all = value ? 0xFFFFFFFF : 0;
    while (i < limit) {
        if (i % 32 == 0 && limit - i >= 32 && map->Buffer[i / 32] == all) {
            i += 32;
        } else {
            if (bit(map, i) != value)
                break;
            i++;
        }
    }
    return i;
}

static ULONG find_between(const RTL_BITMAP *map, ULONG count, ULONG from, ULONG to, bool value)
{
    while (from < to && to - from >= count) {
        ULONG start = run_end(map, from, to, !value);
        if (start >= to || to - start < count)
            return NONE;
        ULONG end = run_end(map, start, start + count, value);
        if (end - start >= count)
            return start;
        from = end;
    }
    return NONE;
}

/* From the hint to the end, then from the beginning, as far as a run may begin before the hint. */
static ULONG find(const RTL_BITMAP *map, ULONG count, ULONG hint, bool value)
{
    ULONG size = map->SizeOfBitMap;
    if (hint >= size)
        hint = 0;
    if (!count)
        return hint & ~7u;
    if (count > size)
        return NONE;
    ULONG found = find_between(map, count, hint, size, value);
    if (found == NONE && hint) {
        ULONG to = size - hint < count - 1 ? size : hint + count - 1;
        found = find_between(map, count, 0, to, value);
    }
    return found;
}

static void fill(PRTL_BITMAP map, ULONG start, ULONG count, bool value)
{
    for (ULONG i = start; i < start + count;) {
        if (i % 32 == 0 && start + count - i >= 32) {
            map->Buffer[i / 32] = value ? 0xFFFFFFFF : 0;
            i += 32;
        } else {
            if (value)
                map->Buffer[i / 32] |= 1u << (i % 32);
            else
                map->Buffer[i / 32] &= ~(1u << (i % 32));
            i++;
        }
    }
}

static ULONG count_set(const RTL_BITMAP *map)
{
    ULONG count = 0, words = map->SizeOfBitMap / 32, rest = map->SizeOfBitMap % 32;
    for (ULONG i = 0; i < words; i++)
        count += (ULONG)__builtin_popcount(map->Buffer[i]);
    if (rest)
        count += (ULONG)__builtin_popcount(map->Buffer[words] & ((1u << rest) - 1));
    return count;
}

static BOOLEAN are_all(const RTL_BITMAP *map, ULONG start, ULONG length, bool value)
{
    if (!length || start >= map->SizeOfBitMap || length > map->SizeOfBitMap - start)
        return FALSE;
    return run_end(map, start, start + length, value) == start + length;
}

VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap)
{
    GATE(RtlInitializeBitMap, BitMapHeader, BitMapBuffer, SizeOfBitMap);
    BitMapHeader->SizeOfBitMap = SizeOfBitMap;
    BitMapHeader->Buffer = BitMapBuffer;
}

VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    GATE(RtlClearBit, BitMapHeader, BitNumber);
    BitMapHeader->Buffer[BitNumber / 32] &= ~(1u << (BitNumber % 32));
}

VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    GATE(RtlSetBit, BitMapHeader, BitNumber);
    BitMapHeader->Buffer[BitNumber / 32] |= 1u << (BitNumber % 32);
}

BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    GATE(RtlTestBit, BitMapHeader, BitNumber);
    return bit(BitMapHeader, BitNumber);
}

VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader)
{
    GATE(RtlClearAllBits, BitMapHeader);
    memset(BitMapHeader->Buffer, 0, (size_t)((BitMapHeader->SizeOfBitMap + 31) / 32) * 4);
}

VOID RtlSetAllBits(PRTL_BITMAP BitMapHeader)
{
    GATE(RtlSetAllBits, BitMapHeader);
    memset(BitMapHeader->Buffer, 0xFF, (size_t)((BitMapHeader->SizeOfBitMap + 31) / 32) * 4);
}

VOID RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear)
{
    GATE(RtlClearBits, BitMapHeader, StartingIndex, NumberToClear);
    fill(BitMapHeader, StartingIndex, NumberToClear, false);
}

VOID RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet)
{
    GATE(RtlSetBits, BitMapHeader, StartingIndex, NumberToSet);
    fill(BitMapHeader, StartingIndex, NumberToSet, true);
}

/* Returns the index of the first bit, or 0xFFFFFFFF. */
ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    GATE(RtlFindClearBits, BitMapHeader, NumberToFind, HintIndex);
    return find(BitMapHeader, NumberToFind, HintIndex, false);
}

ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    GATE(RtlFindSetBits, BitMapHeader, NumberToFind, HintIndex);
    return find(BitMapHeader, NumberToFind, HintIndex, true);
}

ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    GATE(RtlFindClearBitsAndSet, BitMapHeader, NumberToFind, HintIndex);
    ULONG found = find(BitMapHeader, NumberToFind, HintIndex, false);
    if (found != NONE)
        fill(BitMapHeader, found, NumberToFind, true);
    return found;
}

ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    GATE(RtlFindSetBitsAndClear, BitMapHeader, NumberToFind, HintIndex);
    ULONG found = find(BitMapHeader, NumberToFind, HintIndex, true);
    if (found != NONE)
        fill(BitMapHeader, found, NumberToFind, false);
    return found;
}

ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader)
{
    GATE(RtlNumberOfClearBits, BitMapHeader);
    return BitMapHeader->SizeOfBitMap - count_set(BitMapHeader);
}

ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader)
{
    GATE(RtlNumberOfSetBits, BitMapHeader);
    return count_set(BitMapHeader);
}

ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target)
{
    GATE(RtlNumberOfSetBitsUlongPtr, Target);
    return (ULONG)__builtin_popcountll(Target);
}

BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
    GATE(RtlAreBitsClear, BitMapHeader, StartingIndex, Length);
    return are_all(BitMapHeader, StartingIndex, Length, false);
}

BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
    GATE(RtlAreBitsSet, BitMapHeader, StartingIndex, Length);
    return are_all(BitMapHeader, StartingIndex, Length, true);
}

static ULONG next_clear_run(const RTL_BITMAP *map, ULONG from, PULONG start)
{
    if (from >= map->SizeOfBitMap) {
        *start = from;
        return 0;
    }
    *start = run_end(map, from, map->SizeOfBitMap, true);
    return run_end(map, *start, map->SizeOfBitMap, false) - *start;
}

ULONG RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex)
{
    GATE(RtlFindNextForwardRunClear, BitMapHeader, FromIndex, StartingRunIndex);
    return next_clear_run(BitMapHeader, FromIndex, StartingRunIndex);
}

ULONG RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex)
{
    GATE(RtlFindFirstRunClear, BitMapHeader, StartingIndex);
    return next_clear_run(BitMapHeader, 0, StartingIndex);
}

/* The last clear run that ends at or before FromIndex. */
ULONG RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex)
{
    GATE(RtlFindLastBackwardRunClear, BitMapHeader, FromIndex, StartingRunIndex);
    ULONG i = FromIndex;
    if (i >= BitMapHeader->SizeOfBitMap)
        i = BitMapHeader->SizeOfBitMap ? BitMapHeader->SizeOfBitMap - 1 : 0;
    while (i > 0 && bit(BitMapHeader, i))
        i--;
    *StartingRunIndex = i;
    if (!BitMapHeader->SizeOfBitMap || bit(BitMapHeader, i))
        return 0;
    ULONG end = i + 1;
    while (i > 0 && !bit(BitMapHeader, i - 1))
        i--;
    *StartingRunIndex = i;
    return end - i;
}

ULONG RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex)
{
    GATE(RtlFindLongestRunClear, BitMapHeader, StartingIndex);
    ULONG best = 0, start;
    *StartingIndex = 0;
    for (ULONG from = 0; from < BitMapHeader->SizeOfBitMap;) {
        ULONG length = next_clear_run(BitMapHeader, from, &start);
        if (length > best) {
            best = length;
            *StartingIndex = start;
        }
        from = start + length;
    }
    return best;
}

/* The first runs in order of their place, or the longest ones, longest first. */
ULONG RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray, ULONG SizeOfRunArray,
                       BOOLEAN LocateLongestRuns)
{
    GATE(RtlFindClearRuns, BitMapHeader, RunArray, SizeOfRunArray, LocateLongestRuns);
    ULONG count = 0, start;
    for (ULONG from = 0; from < BitMapHeader->SizeOfBitMap;) {
        ULONG length = next_clear_run(BitMapHeader, from, &start);
        from = start + length;
        if (!length)
            break;
        ULONG at = count;
        if (LocateLongestRuns)
            while (at > 0 && RunArray[at - 1].NumberOfBits < length)
                at--;
        if (at >= SizeOfRunArray) {
            if (!LocateLongestRuns)
                break;
            continue;
        }
        ULONG last = count < SizeOfRunArray ? count : SizeOfRunArray - 1;
        memmove(&RunArray[at + 1], &RunArray[at], (last - at) * sizeof *RunArray);
        RunArray[at] = (RTL_BITMAP_RUN){start, length};
        if (count < SizeOfRunArray)
            count++;
    }
    return count;
}

/* Bit numbers, or -1 when no bit is set. */
CCHAR RtlFindMostSignificantBit(ULONGLONG Set)
{
    GATE(RtlFindMostSignificantBit, Set);
    return Set ? (CCHAR)(63 - __builtin_clzll(Set)) : -1;
}

CCHAR RtlFindLeastSignificantBit(ULONGLONG Set)
{
    GATE(RtlFindLeastSignificantBit, Set);
    return Set ? (CCHAR)__builtin_ctzll(Set) : -1;
}
