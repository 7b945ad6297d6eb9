/*
 * Compiler intrinsics of Microsoft's: the interlocked family, barriers, bit scans, byte swaps, rotations. Every
 * interlocked operation is a full barrier. The names are macros for inline functions of ours, as clang with
 * -fms-extensions reserves some of them for itself.
 */
#ifndef NTIO_INTRIN_H
#define NTIO_INTRIN_H

#include "ntdef.h"

#define NTIO_INTERLOCKED_FAMILY(suffix, type)                                                                \
    NTIO_INLINE type ntio_interlocked_increment##suffix(type volatile *p)                                    \
    {                                                                                                        \
        return __atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST);                                                   \
    }                                                                                                        \
    NTIO_INLINE type ntio_interlocked_decrement##suffix(type volatile *p)                                    \
    {                                                                                                        \
        return __atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST);                                                   \
    }                                                                                                        \
    NTIO_INLINE type ntio_interlocked_exchange##suffix(type volatile *p, type value)                         \
    {                                                                                                        \
        return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);                                              \
    }                                                                                                        \
    NTIO_INLINE type ntio_interlocked_add##suffix(type volatile *p, type value)                              \
    {                                                                                                        \
        return __atomic_add_fetch(p, value, __ATOMIC_SEQ_CST);                                               \
    }                                                                                                        \
    NTIO_INLINE type ntio_interlocked_exchange_add##suffix(type volatile *p, type value)                     \
    {                                                                                                        \
        return __atomic_fetch_add(p, value, __ATOMIC_SEQ_CST);                                               \
    }                                                                                                        \
    NTIO_INLINE type ntio_interlocked_and##suffix(type volatile *p, type value)                              \
    {                                                                                                        \
        return __atomic_fetch_and(p, value, __ATOMIC_SEQ_CST);                                               \
    }                                                                                                        \
    NTIO_INLINE type ntio_interlocked_or##suffix(type volatile *p, type value)                               \
    {                                                                                                        \
        return __atomic_fetch_or(p, value, __ATOMIC_SEQ_CST);                                                \
    }                                                                                                        \
    NTIO_INLINE type ntio_interlocked_xor##suffix(type volatile *p, type value)                              \
    {                                                                                                        \
        return __atomic_fetch_xor(p, value, __ATOMIC_SEQ_CST);                                               \
    }                                                                                                        \
    NTIO_INLINE type ntio_interlocked_compare_exchange##suffix(type volatile *p, type value, type comparand) \
    {                                                                                                        \
        __atomic_compare_exchange_n(p, &comparand, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);            \
        return comparand;                                                                                    \
    }
NTIO_INTERLOCKED_FAMILY(8, CHAR)
NTIO_INTERLOCKED_FAMILY(16, SHORT)
NTIO_INTERLOCKED_FAMILY(, LONG)
NTIO_INTERLOCKED_FAMILY(64, LONG64)
#undef NTIO_INTERLOCKED_FAMILY

NTIO_INLINE PVOID ntio_interlocked_exchange_pointer(PVOID volatile *p, PVOID value)
{
    return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);
}
NTIO_INLINE PVOID ntio_interlocked_compare_exchange_pointer(PVOID volatile *p, PVOID value, PVOID comparand)
{
    __atomic_compare_exchange_n(p, &comparand, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return comparand;
}
NTIO_INLINE UCHAR ntio_interlocked_set_bit(LONG volatile *p, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));
    return (__atomic_fetch_or(p + (bit >> 5), mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
NTIO_INLINE UCHAR ntio_interlocked_reset_bit(LONG volatile *p, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));
    return (__atomic_fetch_and(p + (bit >> 5), ~mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
NTIO_INLINE UCHAR ntio_interlocked_complement_bit(LONG volatile *p, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));
    return (__atomic_fetch_xor(p + (bit >> 5), mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
NTIO_INLINE UCHAR ntio_interlocked_set_bit64(LONG64 volatile *p, LONG64 bit)
{
    LONG64 mask = (LONG64)(1ull << (bit & 63));
    return (__atomic_fetch_or(p + (bit >> 6), mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
NTIO_INLINE UCHAR ntio_interlocked_reset_bit64(LONG64 volatile *p, LONG64 bit)
{
    LONG64 mask = (LONG64)(1ull << (bit & 63));
    return (__atomic_fetch_and(p + (bit >> 6), ~mask, __ATOMIC_SEQ_CST) & mask) != 0;
}
/* 16 bytes at once: takes two values, high first, and tells whether it exchanged; the comparand gets what was there. */
NTIO_INLINE UCHAR ntio_interlocked_compare_exchange128(LONG64 volatile *p, LONG64 high, LONG64 low, LONG64 *comparand)
{
#if defined(__x86_64__)
    UCHAR exchanged;
    __asm__ __volatile__("lock cmpxchg16b %1\n\tsetz %0"
                         : "=q"(exchanged), "+m"(*(LONG64 volatile(*)[2])p), "+a"(comparand[0]), "+d"(comparand[1])
                         : "b"(low), "c"(high)
                         : "cc", "memory");
    return exchanged;
#else
    unsigned __int128 value = ((unsigned __int128)(ULONG64)high << 64) | (ULONG64)low;
    return __atomic_compare_exchange_n((unsigned __int128 volatile *)p, (unsigned __int128 *)comparand, value, 0,
                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
#endif
}

#define InterlockedIncrement           ntio_interlocked_increment
#define InterlockedDecrement           ntio_interlocked_decrement
#define InterlockedExchange            ntio_interlocked_exchange
#define InterlockedAdd                 ntio_interlocked_add
#define InterlockedExchangeAdd         ntio_interlocked_exchange_add
#define InterlockedAnd                 ntio_interlocked_and
#define InterlockedOr                  ntio_interlocked_or
#define InterlockedXor                 ntio_interlocked_xor
#define InterlockedCompareExchange     ntio_interlocked_compare_exchange
#define InterlockedIncrement64         ntio_interlocked_increment64
#define InterlockedDecrement64         ntio_interlocked_decrement64
#define InterlockedExchange64          ntio_interlocked_exchange64
#define InterlockedAdd64               ntio_interlocked_add64
#define InterlockedExchangeAdd64       ntio_interlocked_exchange_add64
#define _InlineInterlockedAdd          ntio_interlocked_add
#define _InlineInterlockedAdd64        ntio_interlocked_add64
#define InterlockedAnd64               ntio_interlocked_and64
#define InterlockedOr64                ntio_interlocked_or64
#define InterlockedXor64               ntio_interlocked_xor64
#define InterlockedCompareExchange64   ntio_interlocked_compare_exchange64
#define InterlockedIncrement16         ntio_interlocked_increment16
#define InterlockedDecrement16         ntio_interlocked_decrement16
#define InterlockedExchange16          ntio_interlocked_exchange16
#define InterlockedExchangeAdd16       ntio_interlocked_exchange_add16
#define InterlockedAnd16               ntio_interlocked_and16
#define InterlockedOr16                ntio_interlocked_or16
#define InterlockedXor16               ntio_interlocked_xor16
#define InterlockedCompareExchange16   ntio_interlocked_compare_exchange16
#define InterlockedExchange8           ntio_interlocked_exchange8
#define InterlockedExchangeAdd8        ntio_interlocked_exchange_add8
#define InterlockedAnd8                ntio_interlocked_and8
#define InterlockedOr8                 ntio_interlocked_or8
#define InterlockedXor8                ntio_interlocked_xor8
#define InterlockedCompareExchange128  ntio_interlocked_compare_exchange128
#define InterlockedExchangePointer         ntio_interlocked_exchange_pointer
#define InterlockedCompareExchangePointer  ntio_interlocked_compare_exchange_pointer
#define InterlockedBitTestAndSet           ntio_interlocked_set_bit
#define InterlockedBitTestAndReset         ntio_interlocked_reset_bit
#define InterlockedBitTestAndComplement    ntio_interlocked_complement_bit
#define InterlockedBitTestAndSet64         ntio_interlocked_set_bit64
#define InterlockedBitTestAndReset64       ntio_interlocked_reset_bit64
#define InterlockedExchangeAddSizeT(p, v)  ((SIZE_T)ntio_interlocked_exchange_add64((LONG64 volatile *)(p), (LONG64)(v)))
#define InterlockedIncrementSizeT(p)       ((SIZE_T)ntio_interlocked_increment64((LONG64 volatile *)(p)))
#define InterlockedDecrementSizeT(p)       ((SIZE_T)ntio_interlocked_decrement64((LONG64 volatile *)(p)))
#define InterlockedAddSizeT(p, v)          ((SIZE_T)ntio_interlocked_add64((LONG64 volatile *)(p), (LONG64)(v)))
#define InterlockedAndAffinity(p, v)       InterlockedAnd64((LONG64 volatile *)(p), (v))
#define InterlockedOrAffinity(p, v)        InterlockedOr64((LONG64 volatile *)(p), (v))

/* Acquire, release and no-fence forms are at least as strong here as there. */
#define InterlockedIncrementAcquire        InterlockedIncrement
#define InterlockedIncrementRelease        InterlockedIncrement
#define InterlockedIncrementNoFence        InterlockedIncrement
#define InterlockedDecrementAcquire        InterlockedDecrement
#define InterlockedDecrementRelease        InterlockedDecrement
#define InterlockedDecrementNoFence        InterlockedDecrement
#define InterlockedIncrementAcquire64      InterlockedIncrement64
#define InterlockedIncrementRelease64      InterlockedIncrement64
#define InterlockedIncrementNoFence64      InterlockedIncrement64
#define InterlockedDecrementAcquire64      InterlockedDecrement64
#define InterlockedDecrementRelease64      InterlockedDecrement64
#define InterlockedDecrementNoFence64      InterlockedDecrement64
#define InterlockedExchangeAcquire         InterlockedExchange
#define InterlockedExchangeNoFence         InterlockedExchange
#define InterlockedExchangeAcquire64       InterlockedExchange64
#define InterlockedExchangeNoFence64       InterlockedExchange64
#define InterlockedExchangeAddAcquire      InterlockedExchangeAdd
#define InterlockedExchangeAddRelease      InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence      InterlockedExchangeAdd
#define InterlockedExchangeAddAcquire64    InterlockedExchangeAdd64
#define InterlockedExchangeAddRelease64    InterlockedExchangeAdd64
#define InterlockedExchangeAddNoFence64    InterlockedExchangeAdd64
#define InterlockedCompareExchangeAcquire  InterlockedCompareExchange
#define InterlockedCompareExchangeRelease  InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence  InterlockedCompareExchange
#define InterlockedCompareExchangeAcquire64 InterlockedCompareExchange64
#define InterlockedCompareExchangeRelease64 InterlockedCompareExchange64
#define InterlockedCompareExchangeNoFence64 InterlockedCompareExchange64
#define InterlockedExchangePointerAcquire  InterlockedExchangePointer
#define InterlockedExchangePointerNoFence  InterlockedExchangePointer
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer
#define InterlockedAndAcquire              InterlockedAnd
#define InterlockedAndRelease              InterlockedAnd
#define InterlockedAndNoFence              InterlockedAnd
#define InterlockedOrAcquire               InterlockedOr
#define InterlockedOrRelease               InterlockedOr
#define InterlockedOrNoFence               InterlockedOr
#define InterlockedXorNoFence              InterlockedXor
#define InterlockedAnd64NoFence            InterlockedAnd64
#define InterlockedOr64NoFence             InterlockedOr64

#define _InterlockedIncrement          InterlockedIncrement
#define _InterlockedDecrement          InterlockedDecrement
#define _InterlockedExchange           InterlockedExchange
#define _InterlockedExchangeAdd        InterlockedExchangeAdd
#define _InterlockedCompareExchange    InterlockedCompareExchange
#define _InterlockedAnd                InterlockedAnd
#define _InterlockedOr                 InterlockedOr
#define _InterlockedXor                InterlockedXor
#define _InterlockedIncrement64        InterlockedIncrement64
#define _InterlockedDecrement64        InterlockedDecrement64
#define _InterlockedExchange64         InterlockedExchange64
#define _InterlockedExchangeAdd64      InterlockedExchangeAdd64
#define _InterlockedCompareExchange64  InterlockedCompareExchange64
#define _InterlockedAnd64              InterlockedAnd64
#define _InterlockedOr64               InterlockedOr64
#define _InterlockedXor64              InterlockedXor64
#define _InterlockedIncrement16        InterlockedIncrement16
#define _InterlockedDecrement16        InterlockedDecrement16
#define _InterlockedCompareExchange16  InterlockedCompareExchange16
#define _InterlockedCompareExchange128 InterlockedCompareExchange128
#define _InterlockedExchangePointer         InterlockedExchangePointer
#define _InterlockedCompareExchangePointer  InterlockedCompareExchangePointer
#define _interlockedbittestandset      InterlockedBitTestAndSet
#define _interlockedbittestandreset    InterlockedBitTestAndReset
#define _interlockedbittestandset64    InterlockedBitTestAndSet64
#define _interlockedbittestandreset64  InterlockedBitTestAndReset64

/* Plain accesses with an order. */
#define NTIO_ORDERED(suffix, type)                                                                           \
    NTIO_INLINE type ntio_read_acquire##suffix(type const volatile *p)                                       \
    {                                                                                                        \
        return __atomic_load_n(p, __ATOMIC_ACQUIRE);                                                         \
    }                                                                                                        \
    NTIO_INLINE type ntio_read_no_fence##suffix(type const volatile *p)                                      \
    {                                                                                                        \
        return __atomic_load_n(p, __ATOMIC_RELAXED);                                                         \
    }                                                                                                        \
    NTIO_INLINE void ntio_write_release##suffix(type volatile *p, type value)                                \
    {                                                                                                        \
        __atomic_store_n(p, value, __ATOMIC_RELEASE);                                                        \
    }                                                                                                        \
    NTIO_INLINE void ntio_write_no_fence##suffix(type volatile *p, type value)                               \
    {                                                                                                        \
        __atomic_store_n(p, value, __ATOMIC_RELAXED);                                                        \
    }
NTIO_ORDERED(8, CHAR)
NTIO_ORDERED(16, SHORT)
NTIO_ORDERED(32, LONG)
NTIO_ORDERED(64, LONG64)
NTIO_ORDERED(_pointer, PVOID)
#undef NTIO_ORDERED
#define ReadAcquire8      ntio_read_acquire8
#define ReadAcquire16     ntio_read_acquire16
#define ReadAcquire       ntio_read_acquire32
#define ReadAcquire64     ntio_read_acquire64
#define ReadNoFence8      ntio_read_no_fence8
#define ReadNoFence16     ntio_read_no_fence16
#define ReadNoFence       ntio_read_no_fence32
#define ReadNoFence64     ntio_read_no_fence64
#define WriteRelease8     ntio_write_release8
#define WriteRelease16    ntio_write_release16
#define WriteRelease      ntio_write_release32
#define WriteRelease64    ntio_write_release64
#define WriteNoFence8     ntio_write_no_fence8
#define WriteNoFence16    ntio_write_no_fence16
#define WriteNoFence      ntio_write_no_fence32
#define WriteNoFence64    ntio_write_no_fence64
#define ReadRaw           ntio_read_no_fence32
#define WriteRaw          ntio_write_no_fence32
#define ReadRaw64         ntio_read_no_fence64
#define WriteRaw64        ntio_write_no_fence64
#define ReadPointerAcquire(p)      ntio_read_acquire_pointer((PVOID const volatile *)(p))
#define ReadPointerNoFence(p)      ntio_read_no_fence_pointer((PVOID const volatile *)(p))
#define ReadPointerRaw(p)          ntio_read_no_fence_pointer((PVOID const volatile *)(p))
#define WritePointerRelease(p, v)  ntio_write_release_pointer((PVOID volatile *)(p), (v))
#define WritePointerNoFence(p, v)  ntio_write_no_fence_pointer((PVOID volatile *)(p), (v))
#define WritePointerRaw(p, v)      ntio_write_no_fence_pointer((PVOID volatile *)(p), (v))
#define ReadULongAcquire(p)        ((ULONG)ReadAcquire((LONG const volatile *)(p)))
#define ReadULongNoFence(p)        ((ULONG)ReadNoFence((LONG const volatile *)(p)))
#define ReadULong64Acquire(p)      ((ULONG64)ReadAcquire64((LONG64 const volatile *)(p)))
#define ReadULong64NoFence(p)      ((ULONG64)ReadNoFence64((LONG64 const volatile *)(p)))
#define ReadInt32Acquire           ReadAcquire
#define ReadInt32NoFence           ReadNoFence
#define ReadInt32Raw               ReadRaw
#define ReadUInt32Acquire(p)       ((UINT32)ReadAcquire((LONG const volatile *)(p)))
#define ReadUInt32NoFence(p)       ((UINT32)ReadNoFence((LONG const volatile *)(p)))
#define ReadUInt32Raw(p)           ((UINT32)ReadRaw((LONG const volatile *)(p)))
#define ReadBooleanRaw(p)          ((BOOLEAN)ReadNoFence8((CHAR const volatile *)(p)))
#define WriteInt32Release          WriteRelease
#define WriteInt32NoFence          WriteNoFence
#define WriteInt32Raw              WriteRaw
#define WriteUInt32Release(p, v)   WriteRelease((LONG volatile *)(p), (LONG)(v))
#define WriteUInt32NoFence(p, v)   WriteNoFence((LONG volatile *)(p), (LONG)(v))
#define WriteUInt32Raw(p, v)       WriteRaw((LONG volatile *)(p), (LONG)(v))
#define WriteULongRelease(p, v)    WriteRelease((LONG volatile *)(p), (LONG)(v))
#define WriteULongNoFence(p, v)    WriteNoFence((LONG volatile *)(p), (LONG)(v))
#define WriteULong64Release(p, v)  WriteRelease64((LONG64 volatile *)(p), (LONG64)(v))

/* Barriers. */
#define MemoryBarrier()        __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define FastFence()            __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define LoadFence()            __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define MemoryFence()          __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define StoreFence()           __atomic_thread_fence(__ATOMIC_RELEASE)
#define KeMemoryBarrier()      __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrierWithoutFence() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadWriteBarrier()    __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier()         __atomic_signal_fence(__ATOMIC_ACQUIRE)
#define _WriteBarrier()        __atomic_signal_fence(__ATOMIC_RELEASE)
#if defined(__x86_64__) || defined(__i386__)
#define YieldProcessor()       __builtin_ia32_pause()
#elif defined(__aarch64__)
#define YieldProcessor()       __asm__ __volatile__("yield" ::: "memory")
#else
#define YieldProcessor()       __atomic_signal_fence(__ATOMIC_SEQ_CST)
#endif
#define PreFetchCacheLine(l, a) __builtin_prefetch((const void *)(a))
#define PrefetchForWrite(a)     __builtin_prefetch((const void *)(a), 1)
#define PF_TEMPORAL_LEVEL_1        1
#define PF_TEMPORAL_LEVEL_2        2
#define PF_TEMPORAL_LEVEL_3        3
#define PF_NON_TEMPORAL_LEVEL_ALL  0

/* Bits and bytes. */
NTIO_INLINE UCHAR ntio_bit_scan_forward(ULONG *index, ULONG mask)
{
    if (mask)
        *index = (ULONG)__builtin_ctz(mask);
    return mask != 0;
}
NTIO_INLINE UCHAR ntio_bit_scan_reverse(ULONG *index, ULONG mask)
{
    if (mask)
        *index = 31u - (ULONG)__builtin_clz(mask);
    return mask != 0;
}
NTIO_INLINE UCHAR ntio_bit_scan_forward64(ULONG *index, ULONG64 mask)
{
    if (mask)
        *index = (ULONG)__builtin_ctzll(mask);
    return mask != 0;
}
NTIO_INLINE UCHAR ntio_bit_scan_reverse64(ULONG *index, ULONG64 mask)
{
    if (mask)
        *index = 63u - (ULONG)__builtin_clzll(mask);
    return mask != 0;
}
NTIO_INLINE UCHAR ntio_bit_test(LONG const *p, LONG bit)
{
    return (UCHAR)(((ULONG)p[bit >> 5] >> (bit & 31)) & 1);
}
NTIO_INLINE UCHAR ntio_bit_test_and_set(LONG *p, LONG bit)
{
    UCHAR was = ntio_bit_test(p, bit);
    p[bit >> 5] = (LONG)((ULONG)p[bit >> 5] | 1u << (bit & 31));
    return was;
}
NTIO_INLINE UCHAR ntio_bit_test_and_reset(LONG *p, LONG bit)
{
    UCHAR was = ntio_bit_test(p, bit);
    p[bit >> 5] = (LONG)((ULONG)p[bit >> 5] & ~(1u << (bit & 31)));
    return was;
}
NTIO_INLINE UCHAR ntio_bit_test_and_complement(LONG *p, LONG bit)
{
    UCHAR was = ntio_bit_test(p, bit);
    p[bit >> 5] = (LONG)((ULONG)p[bit >> 5] ^ 1u << (bit & 31));
    return was;
}
NTIO_INLINE UCHAR ntio_bit_test64(LONG64 const *p, LONG64 bit)
{
    return (UCHAR)(((ULONG64)p[bit >> 6] >> (bit & 63)) & 1);
}
NTIO_INLINE UCHAR ntio_bit_test_and_set64(LONG64 *p, LONG64 bit)
{
    UCHAR was = ntio_bit_test64(p, bit);
    p[bit >> 6] = (LONG64)((ULONG64)p[bit >> 6] | 1ull << (bit & 63));
    return was;
}
NTIO_INLINE UCHAR ntio_bit_test_and_reset64(LONG64 *p, LONG64 bit)
{
    UCHAR was = ntio_bit_test64(p, bit);
    p[bit >> 6] = (LONG64)((ULONG64)p[bit >> 6] & ~(1ull << (bit & 63)));
    return was;
}
NTIO_INLINE UCHAR ntio_bit_test_and_complement64(LONG64 *p, LONG64 bit)
{
    UCHAR was = ntio_bit_test64(p, bit);
    p[bit >> 6] = (LONG64)((ULONG64)p[bit >> 6] ^ 1ull << (bit & 63));
    return was;
}
NTIO_INLINE ULONG ntio_rotl32(ULONG value, int shift)
{
    return value << (shift & 31) | value >> (-shift & 31);
}
NTIO_INLINE ULONG ntio_rotr32(ULONG value, int shift)
{
    return value >> (shift & 31) | value << (-shift & 31);
}
NTIO_INLINE ULONG64 ntio_rotl64(ULONG64 value, int shift)
{
    return value << (shift & 63) | value >> (-shift & 63);
}
NTIO_INLINE ULONG64 ntio_rotr64(ULONG64 value, int shift)
{
    return value >> (shift & 63) | value << (-shift & 63);
}
#undef _rotl
#undef _rotr
#undef _lrotl
#undef _lrotr
#define _BitScanForward    ntio_bit_scan_forward
#define _BitScanReverse    ntio_bit_scan_reverse
#define _BitScanForward64  ntio_bit_scan_forward64
#define _BitScanReverse64  ntio_bit_scan_reverse64
#define BitScanForward     ntio_bit_scan_forward
#define BitScanReverse     ntio_bit_scan_reverse
#define BitScanForward64   ntio_bit_scan_forward64
#define BitScanReverse64   ntio_bit_scan_reverse64
#define _bittest           ntio_bit_test
#define _bittestandset     ntio_bit_test_and_set
#define _bittestandreset   ntio_bit_test_and_reset
#define _bittestandcomplement ntio_bit_test_and_complement
#define _BitTest64         ntio_bit_test64
#define _BitTestAndSet64   ntio_bit_test_and_set64
#define _BitTestAndReset64 ntio_bit_test_and_reset64
#define _BitTestAndComplement64 ntio_bit_test_and_complement64
#define _bittest64         ntio_bit_test64
#define _bittestandset64   ntio_bit_test_and_set64
#define _bittestandreset64 ntio_bit_test_and_reset64
#define _bittestandcomplement64 ntio_bit_test_and_complement64
#define BitTest64          ntio_bit_test64
#define BitTestAndSet64    ntio_bit_test_and_set64
#define BitTestAndReset64  ntio_bit_test_and_reset64
#define BitTestAndComplement64 ntio_bit_test_and_complement64
#define BitTest            ntio_bit_test
#define BitTestAndSet      ntio_bit_test_and_set
#define BitTestAndReset    ntio_bit_test_and_reset
#define BitTestAndComplement ntio_bit_test_and_complement
#define _rotl(v, s)        ntio_rotl32((v), (s))
#define _rotr(v, s)        ntio_rotr32((v), (s))
#define _lrotl(v, s)       ntio_rotl32((v), (s))
#define _lrotr(v, s)       ntio_rotr32((v), (s))
#define _rotl64(v, s)      ntio_rotl64((v), (s))
#define _rotr64(v, s)      ntio_rotr64((v), (s))
#define RotateLeft32(v, s)  ntio_rotl32((v), (s))
#define RotateRight32(v, s) ntio_rotr32((v), (s))
#define RotateLeft64(v, s)  ntio_rotl64((v), (s))
#define RotateRight64(v, s) ntio_rotr64((v), (s))
#define _byteswap_ushort(v) __builtin_bswap16(v)
#define _byteswap_ulong(v)  __builtin_bswap32(v)
#define _byteswap_uint64(v) __builtin_bswap64(v)
#define __popcnt(v)         ((unsigned int)__builtin_popcount(v))
#define __popcnt64(v)       ((unsigned long long)__builtin_popcountll(v))
#define __lzcnt(v)          ((v) ? (unsigned int)__builtin_clz(v) : 32u)
#define PopulationCount64(v) __popcnt64(v)
#define __emul(a, b)        ((LONGLONG)(a) * (LONGLONG)(b))
#define __emulu(a, b)       ((ULONGLONG)(a) * (ULONGLONG)(b))
#if defined(__x86_64__) || defined(__i386__)
#define ReadTimeStampCounter() __builtin_ia32_rdtsc()
#define __debugbreak()      __asm__ __volatile__("int3")
#else
#define __debugbreak()      __builtin_trap()
#endif
#define __fastfail(code)    __builtin_trap()
#define UnsignedMultiplyHigh(a, b) ((ULONG64)(((unsigned __int128)(ULONG64)(a) * (ULONG64)(b)) >> 64))

#endif
