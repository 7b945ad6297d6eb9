/*
 * Memory, masks, large integers of old, assertions, stack traces.
 */
#include "rtl.h"
#include "../ke/ke.h"

#include <string.h>

/* How many bytes are equal, from the first on. */
SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length)
{
    GATE(RtlCompareMemory, Source1, Source2, Length);
    const unsigned char *a = Source1, *b = Source2;
    if (!memcmp(a, b, Length))
        return Length;
    SIZE_T i = 0;
    while (i < Length && a[i] == b[i]) /* somebody may write meanwhile */
        i++;
    return i;
}

BOOLEAN RtlIsZeroMemory(PVOID Buffer, SIZE_T Length)
{
    GATE(RtlIsZeroMemory, Buffer, Length);
    const unsigned char *at = Buffer;
    return !Length || (!at[0] && !memcmp(at, at + 1, Length - 1));
}

/* CRC-32 of ISO 3309, as zlib computes it; PartialCrc is 0, or what came out for the bytes before. */
ULONG RtlComputeCrc32(ULONG PartialCrc, PVOID Buffer, ULONG Length)
{
    GATE(RtlComputeCrc32, PartialCrc, Buffer, Length);
    ULONG crc = ~PartialCrc;
    for (const unsigned char *at = Buffer, *end = at + Length; at < end; at++) {
        crc ^= *at;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xEDB88320 & (0 - (crc & 1)));
    }
    return ~crc;
}

/* 0 for memory that is not aligned, or no whole number of ULONGs. (WDK: RtlCompareMemoryUlong) */
SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern)
{
    GATE(RtlCompareMemoryUlong, Source, Length, Pattern);
    const unsigned char *at = Source;
    SIZE_T i = 0;
    if ((ULONG_PTR)Source % sizeof(ULONG) || Length % sizeof(ULONG))
        return 0;
    while (i < Length && !memcmp(at + i, &Pattern, sizeof Pattern))
        i += sizeof(ULONG);
    return i;
}

VOID RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern)
{
    GATE(RtlFillMemoryUlong, Destination, Length, Pattern);
    for (SIZE_T i = 0; i + sizeof(ULONG) <= Length; i += sizeof(ULONG))
        memcpy((char *)Destination + i, &Pattern, sizeof Pattern);
}

VOID RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length, ULONGLONG Pattern)
{
    GATE(RtlFillMemoryUlonglong, Destination, Length, Pattern);
    for (SIZE_T i = 0; i + sizeof(ULONGLONG) <= Length; i += sizeof(ULONGLONG))
        memcpy((char *)Destination + i, &Pattern, sizeof Pattern);
}

VOID RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length)
{
    GATE(RtlPrefetchMemoryNonTemporal, Source, Length);
    for (SIZE_T i = 0; i < Length; i += 64)
        __builtin_prefetch((const char *)Source + i, 0, 0);
}

VOID RtlMapGenericMask(PACCESS_MASK AccessMask, const GENERIC_MAPPING *GenericMapping)
{
    GATE(RtlMapGenericMask, AccessMask, GenericMapping);
    if (*AccessMask & GENERIC_READ)
        *AccessMask |= GenericMapping->GenericRead;
    if (*AccessMask & GENERIC_WRITE)
        *AccessMask |= GenericMapping->GenericWrite;
    if (*AccessMask & GENERIC_EXECUTE)
        *AccessMask |= GenericMapping->GenericExecute;
    if (*AccessMask & GENERIC_ALL)
        *AccessMask |= GenericMapping->GenericAll;
    *AccessMask &= ~(ACCESS_MASK)(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL);
}

VOID RtlCopyLuid(PLUID DestinationLuid, PLUID SourceLuid)
{
    GATE(RtlCopyLuid, DestinationLuid, SourceLuid);
    *DestinationLuid = *SourceLuid;
}

/* --- large integers --- */

static LARGE_INTEGER large(LONGLONG value)
{
    LARGE_INTEGER result;
    result.QuadPart = value;
    return result;
}

LARGE_INTEGER RtlExtendedIntegerMultiply(LARGE_INTEGER Multiplicand, LONG Multiplier)
{
    GATE(RtlExtendedIntegerMultiply, Multiplicand.QuadPart, Multiplier);
    return large(Multiplicand.QuadPart * Multiplier);
}

LARGE_INTEGER RtlEnlargedIntegerMultiply(LONG Multiplicand, LONG Multiplier)
{
    GATE(RtlEnlargedIntegerMultiply, Multiplicand, Multiplier);
    return large((LONGLONG)Multiplicand * Multiplier);
}

LARGE_INTEGER RtlEnlargedUnsignedMultiply(ULONG Multiplicand, ULONG Multiplier)
{
    GATE(RtlEnlargedUnsignedMultiply, Multiplicand, Multiplier);
    return large((LONGLONG)((ULONGLONG)Multiplicand * Multiplier));
}

LARGE_INTEGER RtlExtendedLargeIntegerDivide(LARGE_INTEGER Dividend, ULONG Divisor, PULONG Remainder)
{
    GATE(RtlExtendedLargeIntegerDivide, Dividend.QuadPart, Divisor, Remainder);
    if (!Divisor)
        RtlRaiseStatus(STATUS_INTEGER_DIVIDE_BY_ZERO);
    ULONGLONG value = (ULONGLONG)Dividend.QuadPart;
    if (Remainder)
        *Remainder = (ULONG)(value % Divisor);
    return large((LONGLONG)(value / Divisor));
}

LARGE_INTEGER RtlLargeIntegerDivide(LARGE_INTEGER Dividend, LARGE_INTEGER Divisor, PLARGE_INTEGER Remainder)
{
    GATE(RtlLargeIntegerDivide, Dividend.QuadPart, Divisor.QuadPart, Remainder);
    if (!Divisor.QuadPart)
        RtlRaiseStatus(STATUS_INTEGER_DIVIDE_BY_ZERO);
    ULONGLONG value = (ULONGLONG)Dividend.QuadPart, by = (ULONGLONG)Divisor.QuadPart;
    if (Remainder)
        Remainder->QuadPart = (LONGLONG)(value % by);
    return large((LONGLONG)(value / by));
}

/* --- assertions and stack traces --- */

/* Without a debugger to ask, an assertion that failed is the exception STATUS_ASSERTION_FAILURE. */
VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PSTR MutableMessage)
{
    GATE(RtlAssert, VoidFailedAssertion, VoidFileName, LineNumber, MutableMessage);
    DbgPrint("\n*** Assertion failed: %s%s\n***   Source File: %s, line %lu\n\n",
             MutableMessage ? MutableMessage : "", (const char *)VoidFailedAssertion,
             (const char *)VoidFileName, LineNumber);
    if (machine_take_break_point(__builtin_return_address(0)))
        return;
    KiRaiseException(&(EXCEPTION_RECORD){
        .ExceptionCode = STATUS_ASSERTION_FAILURE,
        .ExceptionAddress = __builtin_return_address(0),
    });
}

static ULONG stack_trace(void **frames, ULONG skip, ULONG most)
{
    void *all[128];
    int count = host_backtrace(all, RTL_COUNT(all));
    ULONG copied = 0;
    for (int i = (int)skip; i < count && copied < most; i++)
        frames[copied++] = all[i];
    return copied;
}

USHORT RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID *BackTrace,
                                PULONG BackTraceHash)
{
    GATE(RtlCaptureStackBackTrace, FramesToSkip, FramesToCapture, BackTrace, BackTraceHash);
    ULONG count = stack_trace(BackTrace, FramesToSkip + 2, FramesToCapture), hash = 0;
    for (ULONG i = 0; i < count; i++)
        hash += (ULONG)(ULONG_PTR)BackTrace[i];
    if (BackTraceHash)
        *BackTraceHash = hash;
    return (USHORT)count;
}

ULONG RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags)
{
    GATE(RtlWalkFrameChain, Callers, Count, Flags);
    return stack_trace(Callers, 2, Count);
}
