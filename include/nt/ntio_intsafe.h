/*
 * What <ntintsafe.h> (NTSTATUS) and <intsafe.h> (HRESULT) have in common: a name for each pair of types; what the compiler's overflow
 * builtins tell decides. They say what a name looks like (NTIO_SAFE_NAME_), and what comes of it (NTIO_SAFE_RESULT_, _OK_, _OVERFLOW_).
 */
#if defined(NTIO_SAFE_NAME_) && !defined(NTIO_INTSAFE_H)
#define NTIO_INTSAFE_H

/* --- limits and error values --- */

#ifndef INT8_MIN
#define INT8_MIN (-127 - 1)
#endif
#ifndef INT8_MAX
#define INT8_MAX 127
#endif
#ifndef INT8_ERROR
#define INT8_ERROR (-1)
#endif
#ifndef SHORT_MIN
#define SHORT_MIN (-32767 - 1)
#endif
#ifndef SHORT_MAX
#define SHORT_MAX 32767
#endif
#ifndef SHORT_ERROR
#define SHORT_ERROR (-1)
#endif
#ifndef INT16_MIN
#define INT16_MIN (-32767 - 1)
#endif
#ifndef INT16_MAX
#define INT16_MAX 32767
#endif
#ifndef INT16_ERROR
#define INT16_ERROR (-1)
#endif
#ifndef INT_MIN
#define INT_MIN (-2147483647 - 1)
#endif
#ifndef INT_MAX
#define INT_MAX 2147483647
#endif
#ifndef INT_ERROR
#define INT_ERROR (-1)
#endif
#ifndef INT32_MIN
#define INT32_MIN (-2147483647 - 1)
#endif
#ifndef INT32_MAX
#define INT32_MAX 2147483647
#endif
#ifndef INT32_ERROR
#define INT32_ERROR (-1)
#endif
#ifndef LONG_MIN
#define LONG_MIN (-2147483647 - 1)
#endif
#ifndef LONG_MAX
#define LONG_MAX 2147483647
#endif
#ifndef LONG_ERROR
#define LONG_ERROR (-1)
#endif
#ifndef LONGLONG_MIN
#define LONGLONG_MIN (-9223372036854775807ll - 1)
#endif
#ifndef LONGLONG_MAX
#define LONGLONG_MAX 9223372036854775807ll
#endif
#ifndef LONGLONG_ERROR
#define LONGLONG_ERROR (-1ll)
#endif
#ifndef LONG64_MIN
#define LONG64_MIN (-9223372036854775807ll - 1)
#endif
#ifndef LONG64_MAX
#define LONG64_MAX 9223372036854775807ll
#endif
#ifndef LONG64_ERROR
#define LONG64_ERROR (-1ll)
#endif
#ifndef INT64_MIN
#define INT64_MIN (-9223372036854775807ll - 1)
#endif
#ifndef INT64_MAX
#define INT64_MAX 9223372036854775807ll
#endif
#ifndef INT64_ERROR
#define INT64_ERROR (-1ll)
#endif
#ifndef INT_PTR_MIN
#define INT_PTR_MIN (-9223372036854775807ll - 1)
#endif
#ifndef INT_PTR_MAX
#define INT_PTR_MAX 9223372036854775807ll
#endif
#ifndef INT_PTR_ERROR
#define INT_PTR_ERROR (-1ll)
#endif
#ifndef LONG_PTR_MIN
#define LONG_PTR_MIN (-9223372036854775807ll - 1)
#endif
#ifndef LONG_PTR_MAX
#define LONG_PTR_MAX 9223372036854775807ll
#endif
#ifndef LONG_PTR_ERROR
#define LONG_PTR_ERROR (-1ll)
#endif
#ifndef PTRDIFF_T_MIN
#define PTRDIFF_T_MIN (-9223372036854775807ll - 1)
#endif
#ifndef PTRDIFF_T_MAX
#define PTRDIFF_T_MAX 9223372036854775807ll
#endif
#ifndef PTRDIFF_T_ERROR
#define PTRDIFF_T_ERROR (-1ll)
#endif
#ifndef SSIZE_T_MIN
#define SSIZE_T_MIN (-9223372036854775807ll - 1)
#endif
#ifndef SSIZE_T_MAX
#define SSIZE_T_MAX 9223372036854775807ll
#endif
#ifndef SSIZE_T_ERROR
#define SSIZE_T_ERROR (-1ll)
#endif
#ifndef UINT8_MAX
#define UINT8_MAX 0xff
#endif
#ifndef UINT8_ERROR
#define UINT8_ERROR 0xff
#endif
#ifndef BYTE_MAX
#define BYTE_MAX 0xff
#endif
#ifndef BYTE_ERROR
#define BYTE_ERROR 0xff
#endif
#ifndef USHORT_MAX
#define USHORT_MAX 0xffff
#endif
#ifndef USHORT_ERROR
#define USHORT_ERROR 0xffff
#endif
#ifndef UINT16_MAX
#define UINT16_MAX 0xffff
#endif
#ifndef UINT16_ERROR
#define UINT16_ERROR 0xffff
#endif
#ifndef WORD_MAX
#define WORD_MAX 0xffff
#endif
#ifndef WORD_ERROR
#define WORD_ERROR 0xffff
#endif
#ifndef UINT_MAX
#define UINT_MAX 0xffffffffu
#endif
#ifndef UINT_ERROR
#define UINT_ERROR 0xffffffffu
#endif
#ifndef UINT32_MAX
#define UINT32_MAX 0xffffffffu
#endif
#ifndef UINT32_ERROR
#define UINT32_ERROR 0xffffffffu
#endif
#ifndef ULONG_MAX
#define ULONG_MAX 0xffffffffu
#endif
#ifndef ULONG_ERROR
#define ULONG_ERROR 0xffffffffu
#endif
#ifndef DWORD_MAX
#define DWORD_MAX 0xffffffffu
#endif
#ifndef DWORD_ERROR
#define DWORD_ERROR 0xffffffffu
#endif
#ifndef ULONGLONG_MAX
#define ULONGLONG_MAX 0xffffffffffffffffull
#endif
#ifndef ULONGLONG_ERROR
#define ULONGLONG_ERROR 0xffffffffffffffffull
#endif
#ifndef DWORDLONG_MAX
#define DWORDLONG_MAX 0xffffffffffffffffull
#endif
#ifndef DWORDLONG_ERROR
#define DWORDLONG_ERROR 0xffffffffffffffffull
#endif
#ifndef ULONG64_MAX
#define ULONG64_MAX 0xffffffffffffffffull
#endif
#ifndef ULONG64_ERROR
#define ULONG64_ERROR 0xffffffffffffffffull
#endif
#ifndef DWORD64_MAX
#define DWORD64_MAX 0xffffffffffffffffull
#endif
#ifndef DWORD64_ERROR
#define DWORD64_ERROR 0xffffffffffffffffull
#endif
#ifndef UINT64_MAX
#define UINT64_MAX 0xffffffffffffffffull
#endif
#ifndef UINT64_ERROR
#define UINT64_ERROR 0xffffffffffffffffull
#endif
#ifndef UINT_PTR_MAX
#define UINT_PTR_MAX 0xffffffffffffffffull
#endif
#ifndef UINT_PTR_ERROR
#define UINT_PTR_ERROR 0xffffffffffffffffull
#endif
#ifndef ULONG_PTR_MAX
#define ULONG_PTR_MAX 0xffffffffffffffffull
#endif
#ifndef ULONG_PTR_ERROR
#define ULONG_PTR_ERROR 0xffffffffffffffffull
#endif
#ifndef DWORD_PTR_MAX
#define DWORD_PTR_MAX 0xffffffffffffffffull
#endif
#ifndef DWORD_PTR_ERROR
#define DWORD_PTR_ERROR 0xffffffffffffffffull
#endif
#ifndef SIZE_T_MAX
#define SIZE_T_MAX 0xffffffffffffffffull
#endif
#ifndef SIZE_T_ERROR
#define SIZE_T_ERROR 0xffffffffffffffffull
#endif

/* --- arithmetic --- */

#define NTIO_SAFE_ADD(name, type)                                                                            \
    NTIO_INLINE NTIO_SAFE_RESULT_ NTIO_SAFE_NAME_(name##Add)(type Augend, type Addend, type *Result)         \
    {                                                                                                        \
        if (!__builtin_add_overflow(Augend, Addend, Result))                                                 \
            return NTIO_SAFE_OK_;                                                                            \
        *Result = (type)-1;                                                                                  \
        return NTIO_SAFE_OVERFLOW_;                                                                          \
    }
#define NTIO_SAFE_SUB(name, type)                                                                            \
    NTIO_INLINE NTIO_SAFE_RESULT_ NTIO_SAFE_NAME_(name##Sub)(type Minuend, type Subtrahend, type *Result)    \
    {                                                                                                        \
        if (!__builtin_sub_overflow(Minuend, Subtrahend, Result))                                            \
            return NTIO_SAFE_OK_;                                                                            \
        *Result = (type)-1;                                                                                  \
        return NTIO_SAFE_OVERFLOW_;                                                                          \
    }
#define NTIO_SAFE_MULT(name, type)                                                                           \
    NTIO_INLINE NTIO_SAFE_RESULT_ NTIO_SAFE_NAME_(name##Mult)(type Multiplicand, type Multiplier, type *Result) \
    {                                                                                                        \
        if (!__builtin_mul_overflow(Multiplicand, Multiplier, Result))                                       \
            return NTIO_SAFE_OK_;                                                                            \
        *Result = (type)-1;                                                                                  \
        return NTIO_SAFE_OVERFLOW_;                                                                          \
    }
#define NTIO_SAFE_MATH(name, type)                                                                           \
    NTIO_SAFE_ADD(name, type)                                                                                \
    NTIO_SAFE_SUB(name, type)                                                                                \
    NTIO_SAFE_MULT(name, type)

NTIO_SAFE_MATH(Int8, INT8)
NTIO_SAFE_MATH(UInt8, UINT8)
NTIO_SAFE_MATH(Short, SHORT)
NTIO_SAFE_MATH(Int16, INT16)
NTIO_SAFE_MATH(UShort, USHORT)
NTIO_SAFE_MATH(UInt16, UINT16)
NTIO_SAFE_MATH(Word, USHORT)
NTIO_SAFE_MATH(Int, INT)
NTIO_SAFE_MATH(Int32, INT32)
NTIO_SAFE_MATH(UInt, UINT)
NTIO_SAFE_MATH(UInt32, UINT32)
NTIO_SAFE_MATH(Long, LONG)
NTIO_SAFE_MATH(ULong, ULONG)
NTIO_SAFE_MATH(DWord, ULONG)
NTIO_SAFE_MATH(LongLong, LONGLONG)
NTIO_SAFE_MATH(Long64, LONG64)
NTIO_SAFE_MATH(Int64, INT64)
NTIO_SAFE_MATH(ULongLong, ULONGLONG)
NTIO_SAFE_MATH(DWordLong, ULONGLONG)
NTIO_SAFE_MATH(ULong64, ULONG64)
NTIO_SAFE_MATH(DWord64, ULONG64)
NTIO_SAFE_MATH(UInt64, UINT64)
NTIO_SAFE_MATH(IntPtr, INT_PTR)
NTIO_SAFE_MATH(UIntPtr, UINT_PTR)
NTIO_SAFE_MATH(LongPtr, LONG_PTR)
NTIO_SAFE_MATH(ULongPtr, ULONG_PTR)
NTIO_SAFE_MATH(DWordPtr, ULONG_PTR)
NTIO_SAFE_MATH(PtrdiffT, ptrdiff_t)
NTIO_SAFE_MATH(SizeT, size_t)
NTIO_SAFE_MATH(SIZET, SIZE_T)
NTIO_SAFE_MATH(SSIZET, SSIZE_T)

/* --- conversions --- */

#define NTIO_SAFE_CONVERSION(from, from_type, to, to_type, error)                                            \
    NTIO_INLINE NTIO_SAFE_RESULT_ NTIO_SAFE_NAME_(from##To##to)(from_type Operand, to_type *Result)          \
    {                                                                                                        \
        if (!__builtin_add_overflow(Operand, 0, Result))                                                     \
            return NTIO_SAFE_OK_;                                                                            \
        *Result = (to_type)(error);                                                                          \
        return NTIO_SAFE_OVERFLOW_;                                                                          \
    }
#define NTIO_SAFE_CONVERSIONS(from, type)                                                                    \
    NTIO_SAFE_CONVERSION(from, type, Int8, INT8, -1)                                                         \
    NTIO_SAFE_CONVERSION(from, type, UInt8, UINT8, -1)                                                       \
    NTIO_SAFE_CONVERSION(from, type, Byte, UCHAR, -1)                                                        \
    NTIO_SAFE_CONVERSION(from, type, Char, CHAR, -1)                                                         \
    NTIO_SAFE_CONVERSION(from, type, UChar, UCHAR, 0)                                                        \
    NTIO_SAFE_CONVERSION(from, type, Short, SHORT, -1)                                                       \
    NTIO_SAFE_CONVERSION(from, type, Int16, INT16, -1)                                                       \
    NTIO_SAFE_CONVERSION(from, type, UShort, USHORT, -1)                                                     \
    NTIO_SAFE_CONVERSION(from, type, UInt16, UINT16, -1)                                                     \
    NTIO_SAFE_CONVERSION(from, type, Word, USHORT, -1)                                                       \
    NTIO_SAFE_CONVERSION(from, type, Int, INT, -1)                                                           \
    NTIO_SAFE_CONVERSION(from, type, Int32, INT32, -1)                                                       \
    NTIO_SAFE_CONVERSION(from, type, UInt, UINT, -1)                                                         \
    NTIO_SAFE_CONVERSION(from, type, UInt32, UINT32, -1)                                                     \
    NTIO_SAFE_CONVERSION(from, type, Long, LONG, -1)                                                         \
    NTIO_SAFE_CONVERSION(from, type, ULong, ULONG, -1)                                                       \
    NTIO_SAFE_CONVERSION(from, type, DWord, ULONG, -1)                                                       \
    NTIO_SAFE_CONVERSION(from, type, LongLong, LONGLONG, -1)                                                 \
    NTIO_SAFE_CONVERSION(from, type, Long64, LONG64, -1)                                                     \
    NTIO_SAFE_CONVERSION(from, type, Int64, INT64, -1)                                                       \
    NTIO_SAFE_CONVERSION(from, type, ULongLong, ULONGLONG, -1)                                               \
    NTIO_SAFE_CONVERSION(from, type, DWordLong, ULONGLONG, -1)                                               \
    NTIO_SAFE_CONVERSION(from, type, ULong64, ULONG64, -1)                                                   \
    NTIO_SAFE_CONVERSION(from, type, DWord64, ULONG64, -1)                                                   \
    NTIO_SAFE_CONVERSION(from, type, UInt64, UINT64, -1)                                                     \
    NTIO_SAFE_CONVERSION(from, type, IntPtr, INT_PTR, -1)                                                    \
    NTIO_SAFE_CONVERSION(from, type, UIntPtr, UINT_PTR, -1)                                                  \
    NTIO_SAFE_CONVERSION(from, type, LongPtr, LONG_PTR, -1)                                                  \
    NTIO_SAFE_CONVERSION(from, type, ULongPtr, ULONG_PTR, -1)                                                \
    NTIO_SAFE_CONVERSION(from, type, DWordPtr, ULONG_PTR, -1)                                                \
    NTIO_SAFE_CONVERSION(from, type, PtrdiffT, ptrdiff_t, -1)                                                \
    NTIO_SAFE_CONVERSION(from, type, SizeT, size_t, -1)                                                      \
    NTIO_SAFE_CONVERSION(from, type, SIZET, SIZE_T, -1)                                                      \
    NTIO_SAFE_CONVERSION(from, type, SSIZET, SSIZE_T, -1)

NTIO_SAFE_CONVERSIONS(Int8, INT8)
NTIO_SAFE_CONVERSIONS(UInt8, UINT8)
NTIO_SAFE_CONVERSIONS(Byte, UCHAR)
NTIO_SAFE_CONVERSIONS(Char, CHAR)
NTIO_SAFE_CONVERSIONS(UChar, UCHAR)
NTIO_SAFE_CONVERSIONS(Short, SHORT)
NTIO_SAFE_CONVERSIONS(Int16, INT16)
NTIO_SAFE_CONVERSIONS(UShort, USHORT)
NTIO_SAFE_CONVERSIONS(UInt16, UINT16)
NTIO_SAFE_CONVERSIONS(Word, USHORT)
NTIO_SAFE_CONVERSIONS(Int, INT)
NTIO_SAFE_CONVERSIONS(Int32, INT32)
NTIO_SAFE_CONVERSIONS(UInt, UINT)
NTIO_SAFE_CONVERSIONS(UInt32, UINT32)
NTIO_SAFE_CONVERSIONS(Long, LONG)
NTIO_SAFE_CONVERSIONS(ULong, ULONG)
NTIO_SAFE_CONVERSIONS(DWord, ULONG)
NTIO_SAFE_CONVERSIONS(LongLong, LONGLONG)
NTIO_SAFE_CONVERSIONS(Long64, LONG64)
NTIO_SAFE_CONVERSIONS(Int64, INT64)
NTIO_SAFE_CONVERSIONS(ULongLong, ULONGLONG)
NTIO_SAFE_CONVERSIONS(DWordLong, ULONGLONG)
NTIO_SAFE_CONVERSIONS(ULong64, ULONG64)
NTIO_SAFE_CONVERSIONS(DWord64, ULONG64)
NTIO_SAFE_CONVERSIONS(UInt64, UINT64)
NTIO_SAFE_CONVERSIONS(IntPtr, INT_PTR)
NTIO_SAFE_CONVERSIONS(UIntPtr, UINT_PTR)
NTIO_SAFE_CONVERSIONS(LongPtr, LONG_PTR)
NTIO_SAFE_CONVERSIONS(ULongPtr, ULONG_PTR)
NTIO_SAFE_CONVERSIONS(DWordPtr, ULONG_PTR)
NTIO_SAFE_CONVERSIONS(PtrdiffT, ptrdiff_t)
NTIO_SAFE_CONVERSIONS(SizeT, size_t)
NTIO_SAFE_CONVERSIONS(SIZET, SIZE_T)
NTIO_SAFE_CONVERSIONS(SSIZET, SSIZE_T)

#undef NTIO_SAFE_ADD
#undef NTIO_SAFE_SUB
#undef NTIO_SAFE_MULT
#undef NTIO_SAFE_MATH
#undef NTIO_SAFE_CONVERSION
#undef NTIO_SAFE_CONVERSIONS

#endif
