/*
 * Counted strings: initialise, copy, append, compare. A counted string need not be terminated; where there is
 * room, copies and appends terminate it, as Windows does.
 */
#include "rtl.h"
#include "../mm/mm.h"

#include <string.h>

#define RTL_TAG 'grtS'

size_t rtl_length(const WCHAR *text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

PVOID rtl_allocate(const void *caller, SIZE_T bytes)
{
    return MmAllocatePoolFor(caller, PagedPool, bytes, RTL_TAG);
}

/* --- initialise --- */

VOID RtlInitString(PSTRING DestinationString, PCSZ SourceString)
{
    GATE(RtlInitString, DestinationString, SourceString);
    size_t length = SourceString ? strlen(SourceString) : 0;
    if (length > 0xFFFE)
        length = 0xFFFE;
    DestinationString->Length = (USHORT)length;
    DestinationString->MaximumLength = SourceString ? (USHORT)(length + 1) : 0;
    DestinationString->Buffer = (PCHAR)(uintptr_t)SourceString;
}

VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString)
{
    GATE(RtlInitAnsiString, DestinationString, SourceString);
    RtlInitString(DestinationString, SourceString);
}

VOID RtlInitUTF8String(PUTF8_STRING DestinationString, PCSZ SourceString)
{
    GATE(RtlInitUTF8String, DestinationString, SourceString);
    RtlInitString(DestinationString, SourceString);
}

NTSTATUS RtlInitStringEx(PSTRING DestinationString, PCSZ SourceString)
{
    GATE(RtlInitStringEx, DestinationString, SourceString);
    if (SourceString && strlen(SourceString) > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    RtlInitString(DestinationString, SourceString);
    return STATUS_SUCCESS;
}

NTSTATUS RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSZ SourceString)
{
    GATE(RtlInitUTF8StringEx, DestinationString, SourceString);
    return RtlInitStringEx(DestinationString, SourceString);
}

NTSTATUS RtlInitAnsiStringEx(PANSI_STRING DestinationString, PCSZ SourceString)
{
    GATE(RtlInitAnsiStringEx, DestinationString, SourceString);
    return RtlInitStringEx(DestinationString, SourceString);
}

static void init_wide(PUNICODE_STRING to, PCWSTR from, size_t length)
{
    to->Length = (USHORT)(length * sizeof(WCHAR));
    to->MaximumLength = from ? (USHORT)((length + 1) * sizeof(WCHAR)) : 0;
    to->Buffer = (PWCHAR)(uintptr_t)from;
}

/* Longer text is cut off at 32766 characters. */
VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    GATE(RtlInitUnicodeString, DestinationString, SourceString);
    size_t length = SourceString ? rtl_length(SourceString) : 0;
    init_wide(DestinationString, SourceString, length > 0x7FFE ? 0x7FFE : length);
}

NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    GATE(RtlInitUnicodeStringEx, DestinationString, SourceString);
    size_t length = SourceString ? rtl_length(SourceString) : 0;
    if (length > 0x7FFE)
        return STATUS_NAME_TOO_LONG;
    init_wide(DestinationString, SourceString, length);
    return STATUS_SUCCESS;
}

BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    GATE(RtlCreateUnicodeString, DestinationString, SourceString);
    size_t length = rtl_length(SourceString);
    if (length > 0x7FFE)
        return FALSE;
    PWCHAR buffer = rtl_allocate(__builtin_return_address(0), (length + 1) * sizeof(WCHAR));
    if (!buffer)
        return FALSE;
    memcpy(buffer, SourceString, (length + 1) * sizeof(WCHAR));
    init_wide(DestinationString, buffer, length);
    return TRUE;
}

NTSTATUS RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String)
{
    GATE(RtlValidateUnicodeString, Flags, String);
    if (Flags)
        return STATUS_INVALID_PARAMETER;
    if (!String)
        return STATUS_SUCCESS;
    if (String->Length % 2 || String->MaximumLength % 2 || String->Length > String->MaximumLength)
        return STATUS_INVALID_PARAMETER;
    if (!String->Buffer && (String->Length || String->MaximumLength))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn, PUNICODE_STRING StringOut)
{
    GATE(RtlDuplicateUnicodeString, Flags, StringIn, StringOut);
    bool terminate = Flags & RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE;
    bool even_empty = Flags & RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING;
    if (Flags & ~3u || (even_empty && !terminate) || !StringOut)
        return STATUS_INVALID_PARAMETER;
    if (RtlValidateUnicodeString(0, StringIn) != STATUS_SUCCESS)
        return STATUS_INVALID_PARAMETER;
    USHORT length = StringIn ? StringIn->Length : 0;
    if (terminate && length == UNICODE_STRING_MAX_BYTES)
        return STATUS_NAME_TOO_LONG;
    memset(StringOut, 0, sizeof *StringOut);
    if (!length && !even_empty)
        return STATUS_SUCCESS;
    USHORT size = (USHORT)(length + (terminate ? sizeof(WCHAR) : 0));
    PWCHAR buffer = rtl_allocate(__builtin_return_address(0), size);
    if (!buffer)
        return STATUS_NO_MEMORY;
    if (length)
        memcpy(buffer, StringIn->Buffer, length);
    if (terminate)
        buffer[length / sizeof(WCHAR)] = 0;
    StringOut->Length = length;
    StringOut->MaximumLength = size;
    StringOut->Buffer = buffer;
    return STATUS_SUCCESS;
}

static void free_string(const void *caller, void *string)
{
    PUNICODE_STRING counted = string; /* STRING has the same layout */
    if (counted->Buffer)
        MmFreePoolFor(caller, counted->Buffer, 0);
    memset(counted, 0, sizeof *counted);
}

VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
    GATE(RtlFreeUnicodeString, UnicodeString);
    free_string(__builtin_return_address(0), UnicodeString);
}

VOID RtlFreeAnsiString(PANSI_STRING AnsiString)
{
    GATE(RtlFreeAnsiString, AnsiString);
    free_string(__builtin_return_address(0), AnsiString);
}

VOID RtlFreeOemString(POEM_STRING OemString)
{
    GATE(RtlFreeOemString, OemString);
    free_string(__builtin_return_address(0), OemString);
}

VOID RtlFreeUTF8String(PUTF8_STRING Utf8String)
{
    GATE(RtlFreeUTF8String, Utf8String);
    free_string(__builtin_return_address(0), Utf8String);
}

/* --- copy and append --- */

VOID RtlCopyString(PSTRING DestinationString, const STRING *SourceString)
{
    GATE(RtlCopyString, DestinationString, SourceString);
    USHORT length = SourceString ? SourceString->Length : 0;
    if (length > DestinationString->MaximumLength)
        length = DestinationString->MaximumLength;
    DestinationString->Length = length;
    if (length)
        memmove(DestinationString->Buffer, SourceString->Buffer, length);
}

VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    GATE(RtlCopyUnicodeString, DestinationString, SourceString);
    USHORT length = SourceString ? SourceString->Length : 0;
    if (length > DestinationString->MaximumLength)
        length = DestinationString->MaximumLength;
    DestinationString->Length = length;
    if (!SourceString)
        return;
    if (length)
        memmove(DestinationString->Buffer, SourceString->Buffer, length);
    if (length + sizeof(WCHAR) <= DestinationString->MaximumLength)
        DestinationString->Buffer[length / sizeof(WCHAR)] = 0;
}

static NTSTATUS append(PSTRING to, const char *from, size_t length)
{
    if (to->Length + length > to->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    if (length)
        memmove(to->Buffer + to->Length, from, length);
    to->Length = (USHORT)(to->Length + length);
    return STATUS_SUCCESS;
}

NTSTATUS RtlAppendStringToString(PSTRING Destination, const STRING *Source)
{
    GATE(RtlAppendStringToString, Destination, Source);
    return Source ? append(Destination, Source->Buffer, Source->Length) : STATUS_SUCCESS;
}

NTSTATUS RtlAppendAsciizToString(PSTRING Destination, PCSZ Source)
{
    GATE(RtlAppendAsciizToString, Destination, Source);
    return Source ? append(Destination, Source, strlen(Source)) : STATUS_SUCCESS;
}

static NTSTATUS append_wide(PUNICODE_STRING to, const WCHAR *from, size_t bytes)
{
    if (to->Length + bytes > to->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    PWCHAR end = to->Buffer + to->Length / sizeof(WCHAR);
    if (bytes)
        memmove(end, from, bytes);
    to->Length = (USHORT)(to->Length + bytes);
    if (to->Length + sizeof(WCHAR) <= to->MaximumLength)
        end[bytes / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    GATE(RtlAppendUnicodeStringToString, Destination, Source);
    return Source && Source->Length ? append_wide(Destination, Source->Buffer, Source->Length)
                                    : STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    GATE(RtlAppendUnicodeToString, Destination, Source);
    return Source ? append_wide(Destination, Source, rtl_length(Source) * sizeof(WCHAR)) : STATUS_SUCCESS;
}

/* --- compare --- */

static LONG compare(const char *a, size_t a_length, const char *b, size_t b_length, bool ignore_case)
{
    size_t length = a_length < b_length ? a_length : b_length;
    for (size_t i = 0; i < length; i++) {
        char x = ignore_case ? rtl_upper(a[i]) : a[i], y = ignore_case ? rtl_upper(b[i]) : b[i];
        if (x != y)
            return (LONG)(unsigned char)x - (LONG)(unsigned char)y;
    }
    return (LONG)a_length - (LONG)b_length;
}

LONG RtlCompareString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
    GATE(RtlCompareString, String1, String2, CaseInSensitive);
    return compare(String1->Buffer, String1->Length, String2->Buffer, String2->Length, CaseInSensitive);
}

BOOLEAN RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
    GATE(RtlEqualString, String1, String2, CaseInSensitive);
    return String1->Length == String2->Length &&
           compare(String1->Buffer, String1->Length, String2->Buffer, String2->Length, CaseInSensitive) == 0;
}

BOOLEAN RtlPrefixString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive)
{
    GATE(RtlPrefixString, String1, String2, CaseInSensitive);
    return String1->Length <= String2->Length &&
           compare(String1->Buffer, String1->Length, String2->Buffer, String1->Length, CaseInSensitive) == 0;
}

static LONG compare_wide(const WCHAR *a, size_t a_length, const WCHAR *b, size_t b_length, bool ignore_case)
{
    size_t length = a_length < b_length ? a_length : b_length;
    for (size_t i = 0; i < length; i++) {
        WCHAR x = a[i], y = b[i];
        if (x == y)
            continue;
        if (ignore_case) {
            x = rtl_upcase(x);
            y = rtl_upcase(y);
        }
        if (x != y)
            return (LONG)x - (LONG)y;
    }
    return (LONG)((a_length - b_length) * sizeof(WCHAR)); /* NT subtracts the byte counts */
}

LONG RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2, SIZE_T String2Length,
                              BOOLEAN CaseInSensitive)
{
    GATE(RtlCompareUnicodeStrings, String1, String1Length, String2, String2Length);
    LONG result = compare_wide(String1, String1Length, String2, String2Length, CaseInSensitive);
    return result;
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    GATE(RtlCompareUnicodeString, String1, String2, CaseInSensitive);
    return compare_wide(String1->Buffer, String1->Length / sizeof(WCHAR), String2->Buffer,
                        String2->Length / sizeof(WCHAR), CaseInSensitive);
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    GATE(RtlEqualUnicodeString, String1, String2, CaseInSensitive);
    return String1->Length == String2->Length &&
           compare_wide(String1->Buffer, String1->Length / sizeof(WCHAR), String2->Buffer,
                        String2->Length / sizeof(WCHAR), CaseInSensitive) == 0;
}

BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    GATE(RtlPrefixUnicodeString, String1, String2, CaseInSensitive);
    size_t length = String1->Length / sizeof(WCHAR);
    return String1->Length <= String2->Length &&
           compare_wide(String1->Buffer, length, String2->Buffer, length, CaseInSensitive) == 0;
}

BOOLEAN RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    GATE(RtlSuffixUnicodeString, String1, String2, CaseInSensitive);
    size_t length = String1->Length / sizeof(WCHAR), whole = String2->Length / sizeof(WCHAR);
    return length <= whole && compare_wide(String1->Buffer, length, String2->Buffer + (whole - length),
                                           length, CaseInSensitive) == 0;
}

NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm,
                              PULONG HashValue)
{
    GATE(RtlHashUnicodeString, String, CaseInSensitive, HashAlgorithm, HashValue);
    if (!String || !HashValue)
        return STATUS_INVALID_PARAMETER;
    if (HashAlgorithm != HASH_STRING_ALGORITHM_DEFAULT && HashAlgorithm != HASH_STRING_ALGORITHM_X65599)
        return STATUS_INVALID_PARAMETER;
    ULONG hash = 0;
    for (size_t i = 0; i < String->Length / sizeof(WCHAR); i++)
        hash = hash * 65599 + (CaseInSensitive ? rtl_upcase(String->Buffer[i]) : String->Buffer[i]);
    *HashValue = hash;
    return STATUS_SUCCESS;
}

/* --- case --- */

VOID RtlUpperString(PSTRING DestinationString, const STRING *SourceString)
{
    GATE(RtlUpperString, DestinationString, SourceString);
    USHORT length = SourceString->Length;
    if (length > DestinationString->MaximumLength)
        length = DestinationString->MaximumLength;
    for (USHORT i = 0; i < length; i++)
        DestinationString->Buffer[i] = rtl_upper(SourceString->Buffer[i]);
    DestinationString->Length = length;
}

static NTSTATUS map_string(const void *caller, PUNICODE_STRING to, PCUNICODE_STRING from, bool allocate,
                           WCHAR (*map)(WCHAR))
{
    if (allocate) {
        to->Buffer = rtl_allocate(caller, from->Length ? from->Length : sizeof(WCHAR));
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
        to->MaximumLength = from->Length;
    } else if (from->Length > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (size_t i = 0; i < from->Length / sizeof(WCHAR); i++)
        to->Buffer[i] = map(from->Buffer[i]);
    to->Length = from->Length;
    return STATUS_SUCCESS;
}

NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                BOOLEAN AllocateDestinationString)
{
    GATE(RtlUpcaseUnicodeString, DestinationString, SourceString, AllocateDestinationString);
    return map_string(__builtin_return_address(0), DestinationString, SourceString, AllocateDestinationString,
                      rtl_upcase);
}

NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                  BOOLEAN AllocateDestinationString)
{
    GATE(RtlDowncaseUnicodeString, DestinationString, SourceString, AllocateDestinationString);
    return map_string(__builtin_return_address(0), DestinationString, SourceString, AllocateDestinationString,
                      rtl_downcase);
}
