/*
 * <ntstrsafe.h>: the safe string functions of drivers.
 */
#ifndef NTIO_NTSTRSAFE_H
#define NTIO_NTSTRSAFE_H
#define _NTSTRSAFE_H_INCLUDED_

#include <ntdef.h>
#include <ntstatus.h>
#include <ntio_strsafe.h>
#include <stdio.h>
#include <string.h>

#define NTSTRSAFE_MAX_CCH                STRSAFE_MAX_CCH
#define NTSTRSAFE_MAX_LENGTH             (NTSTRSAFE_MAX_CCH - 1)
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xFFFF / sizeof(wchar_t))

typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef wchar_t *NTSTRSAFE_PWSTR;
typedef const wchar_t *NTSTRSAFE_PCWSTR;
typedef const wchar_t UNALIGNED *NTSTRSAFE_PCUWSTR;

NTIO_SAFE_INLINE_ NTSTATUS ntio_safe_status(int result)
{
    if (result == NTIO_SAFE_OK)
        return STATUS_SUCCESS;
    return result == NTIO_SAFE_TRUNCATED ? STATUS_BUFFER_OVERFLOW : STATUS_INVALID_PARAMETER;
}

NTIO_SAFE_DEFINE(RtlString, A, char, a, NTSTATUS, ntio_safe_status)
NTIO_SAFE_DEFINE(RtlString, W, wchar_t, w, NTSTATUS, ntio_safe_status)

/* --- UNICODE_STRING --- */

NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringInitEx(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc, ULONG dwFlags)
{
    size_t length = 0;
    if (!DestinationString || dwFlags & ~(ULONG)STRSAFE_IGNORE_NULLS)
        return STATUS_INVALID_PARAMETER;
    DestinationString->Length = 0;
    DestinationString->MaximumLength = 0;
    DestinationString->Buffer = NULL;
    if (!pszSrc)
        return STATUS_SUCCESS;
    if (ntio_safe_length_w(pszSrc, NTSTRSAFE_UNICODE_STRING_MAX_CCH + 1, &length) != NTIO_SAFE_OK)
        return STATUS_INVALID_PARAMETER;
    DestinationString->Length = (USHORT)(length * sizeof(wchar_t));
    DestinationString->MaximumLength =
        (USHORT)((length < NTSTRSAFE_UNICODE_STRING_MAX_CCH ? length + 1 : length) * sizeof(wchar_t));
    DestinationString->Buffer = (PWCHAR)(ULONG_PTR)pszSrc;
    return STATUS_SUCCESS;
}

NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc)
{
    return RtlUnicodeStringInitEx(DestinationString, pszSrc, 0);
}

NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringValidateEx(PCUNICODE_STRING SourceString, ULONG dwFlags)
{
    if (dwFlags & ~(ULONG)STRSAFE_IGNORE_NULLS)
        return STATUS_INVALID_PARAMETER;
    if (!SourceString)
        return dwFlags ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    if (SourceString->Length % 2 || SourceString->MaximumLength % 2 ||
        SourceString->Length > SourceString->MaximumLength ||
        (!SourceString->Buffer && SourceString->MaximumLength))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING SourceString)
{
    return RtlUnicodeStringValidateEx(SourceString, 0);
}

/* From one counted string to the other: at most most characters. */
NTIO_SAFE_INLINE_ NTSTATUS ntio_safe_counted(PUNICODE_STRING to, PCUNICODE_STRING from, size_t most, ULONG flags,
                                             PUNICODE_STRING rest)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidateEx(from, flags & STRSAFE_IGNORE_NULLS)) ||
        (most != NTIO_SAFE_WHOLE && most > NTSTRSAFE_UNICODE_STRING_MAX_CCH))
        return STATUS_INVALID_PARAMETER;
    size_t length = from ? from->Length / sizeof(wchar_t) : 0;
    return ntio_safe_status(ntio_safe_counted_copy(to, from ? from->Buffer : NULL, length < most ? length : most,
                                                   flags | NTIO_SAFE_COUNTED, rest));
}

#define NTIO_SAFE_COUNTED_(verb, flag)                                                                       \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeString##verb##StringEx(                                             \
        PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc, PUNICODE_STRING RemainingString,         \
        ULONG dwFlags)                                                                                       \
    {                                                                                                        \
        return ntio_safe_status(ntio_safe_counted_copy(DestinationString, pszSrc, NTIO_SAFE_WHOLE,           \
                                                       dwFlags | (flag), RemainingString));                  \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeString##verb##String(PUNICODE_STRING DestinationString,             \
                                                              NTSTRSAFE_PCWSTR pszSrc)                       \
    {                                                                                                        \
        return RtlUnicodeString##verb##StringEx(DestinationString, pszSrc, NULL, 0);                         \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringCch##verb##StringNEx(                                         \
        PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc, size_t cchMax,                           \
        PUNICODE_STRING RemainingString, ULONG dwFlags)                                                      \
    {                                                                                                        \
        if (cchMax > NTSTRSAFE_UNICODE_STRING_MAX_CCH)                                                       \
            return STATUS_INVALID_PARAMETER;                                                                 \
        return ntio_safe_status(                                                                             \
            ntio_safe_counted_copy(DestinationString, pszSrc, cchMax, dwFlags | (flag), RemainingString));   \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringCch##verb##StringN(PUNICODE_STRING DestinationString,         \
                                                                  NTSTRSAFE_PCWSTR pszSrc, size_t cchMax)    \
    {                                                                                                        \
        return RtlUnicodeStringCch##verb##StringNEx(DestinationString, pszSrc, cchMax, NULL, 0);             \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringCb##verb##StringNEx(                                          \
        PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc, size_t cbMax,                            \
        PUNICODE_STRING RemainingString, ULONG dwFlags)                                                      \
    {                                                                                                        \
        return RtlUnicodeStringCch##verb##StringNEx(DestinationString, pszSrc, cbMax / sizeof(wchar_t),      \
                                                    RemainingString, dwFlags);                               \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringCb##verb##StringN(PUNICODE_STRING DestinationString,          \
                                                                 NTSTRSAFE_PCWSTR pszSrc, size_t cbMax)      \
    {                                                                                                        \
        return RtlUnicodeStringCch##verb##StringNEx(DestinationString, pszSrc, cbMax / sizeof(wchar_t),      \
                                                    NULL, 0);                                                \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeString##verb##Ex(PUNICODE_STRING DestinationString,                 \
                                                          PCUNICODE_STRING SourceString,                     \
                                                          PUNICODE_STRING RemainingString, ULONG dwFlags)    \
    {                                                                                                        \
        return ntio_safe_counted(DestinationString, SourceString, NTIO_SAFE_WHOLE, dwFlags | (flag),         \
                                 RemainingString);                                                           \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeString##verb(PUNICODE_STRING DestinationString,                     \
                                                      PCUNICODE_STRING SourceString)                         \
    {                                                                                                        \
        return RtlUnicodeString##verb##Ex(DestinationString, SourceString, NULL, 0);                         \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringCch##verb##NEx(                                               \
        PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, size_t cchMax,                     \
        PUNICODE_STRING RemainingString, ULONG dwFlags)                                                      \
    {                                                                                                        \
        return ntio_safe_counted(DestinationString, SourceString, cchMax, dwFlags | (flag),                  \
                                 RemainingString);                                                           \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringCch##verb##N(PUNICODE_STRING DestinationString,               \
                                                            PCUNICODE_STRING SourceString, size_t cchMax)    \
    {                                                                                                        \
        return ntio_safe_counted(DestinationString, SourceString, cchMax, (flag), NULL);                     \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringCb##verb##NEx(                                                \
        PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, size_t cbMax,                      \
        PUNICODE_STRING RemainingString, ULONG dwFlags)                                                      \
    {                                                                                                        \
        return ntio_safe_counted(DestinationString, SourceString, cbMax / sizeof(wchar_t), dwFlags | (flag), \
                                 RemainingString);                                                           \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringCb##verb##N(PUNICODE_STRING DestinationString,                \
                                                           PCUNICODE_STRING SourceString, size_t cbMax)      \
    {                                                                                                        \
        return ntio_safe_counted(DestinationString, SourceString, cbMax / sizeof(wchar_t), (flag), NULL);    \
    }
NTIO_SAFE_COUNTED_(Copy, 0)
NTIO_SAFE_COUNTED_(Cat, NTIO_SAFE_APPEND)
#undef NTIO_SAFE_COUNTED_

NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringVPrintfEx(PUNICODE_STRING DestinationString, PUNICODE_STRING RemainingString,
                                                     ULONG dwFlags, NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
    return ntio_safe_status(ntio_safe_counted_print(DestinationString, dwFlags, RemainingString, pszFormat, argList));
}

NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat,
                                                   va_list argList)
{
    return ntio_safe_status(ntio_safe_counted_print(DestinationString, 0, NULL, pszFormat, argList));
}

NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringPrintfEx(PUNICODE_STRING DestinationString, PUNICODE_STRING RemainingString,
                                                    ULONG dwFlags, NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = RtlUnicodeStringVPrintfEx(DestinationString, RemainingString, dwFlags, pszFormat, list);
    va_end(list);
    return status;
}

NTIO_SAFE_INLINE_ NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = RtlUnicodeStringVPrintf(DestinationString, pszFormat, list);
    va_end(list);
    return status;
}

/* --- lengths of strings that may be unaligned --- */

NTIO_SAFE_INLINE_ NTSTATUS RtlUnalignedStringCchLengthW(NTSTRSAFE_PCUWSTR psz, size_t cchMax, size_t *pcchLength)
{
    size_t length = 0;
    wchar_t c = 1;
    if (pcchLength)
        *pcchLength = 0;
    if (!psz || cchMax > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    for (; length < cchMax; length++) {
        memcpy(&c, (const char *)psz + length * sizeof c, sizeof c);
        if (!c)
            break;
    }
    if (length == cchMax)
        return STATUS_INVALID_PARAMETER;
    if (pcchLength)
        *pcchLength = length;
    return STATUS_SUCCESS;
}

NTIO_SAFE_INLINE_ NTSTATUS RtlUnalignedStringCbLengthW(NTSTRSAFE_PCUWSTR psz, size_t cbMax, size_t *pcbLength)
{
    size_t length = 0;
    NTSTATUS status = RtlUnalignedStringCchLengthW(psz, cbMax / sizeof(wchar_t), &length);
    if (pcbLength)
        *pcbLength = length * sizeof(wchar_t);
    return status;
}

/* --- from a UNICODE_STRING to a terminated string --- */

NTIO_SAFE_INLINE_ NTSTATUS RtlStringCchCopyUnicodeStringEx(NTSTRSAFE_PWSTR pszDest, size_t cchDest,
                                                           PCUNICODE_STRING SourceString, NTSTRSAFE_PWSTR *ppszDestEnd,
                                                           size_t *pcchRemaining, ULONG dwFlags)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidateEx(SourceString, dwFlags & STRSAFE_IGNORE_NULLS)))
        return STATUS_INVALID_PARAMETER;
    size_t length = SourceString ? SourceString->Length / sizeof(wchar_t) : 0;
    return RtlStringCchCopyNExW(pszDest, cchDest, length ? SourceString->Buffer : (NTSTRSAFE_PCWSTR)L"", length,
                                ppszDestEnd, pcchRemaining, dwFlags);
}

NTIO_SAFE_INLINE_ NTSTATUS RtlStringCchCopyUnicodeString(NTSTRSAFE_PWSTR pszDest, size_t cchDest,
                                                         PCUNICODE_STRING SourceString)
{
    return RtlStringCchCopyUnicodeStringEx(pszDest, cchDest, SourceString, NULL, NULL, 0);
}

NTIO_SAFE_INLINE_ NTSTATUS RtlStringCbCopyUnicodeStringEx(NTSTRSAFE_PWSTR pszDest, size_t cbDest,
                                                          PCUNICODE_STRING SourceString, NTSTRSAFE_PWSTR *ppszDestEnd,
                                                          size_t *pcbRemaining, ULONG dwFlags)
{
    if (!NT_SUCCESS(RtlUnicodeStringValidateEx(SourceString, dwFlags & STRSAFE_IGNORE_NULLS)))
        return STATUS_INVALID_PARAMETER;
    size_t length = SourceString ? SourceString->Length : 0;
    return RtlStringCbCopyNExW(pszDest, cbDest, length ? SourceString->Buffer : (NTSTRSAFE_PCWSTR)L"", length,
                               ppszDestEnd, pcbRemaining, dwFlags);
}

NTIO_SAFE_INLINE_ NTSTATUS RtlStringCbCopyUnicodeString(NTSTRSAFE_PWSTR pszDest, size_t cbDest,
                                                        PCUNICODE_STRING SourceString)
{
    return RtlStringCbCopyUnicodeStringEx(pszDest, cbDest, SourceString, NULL, NULL, 0);
}

#endif
