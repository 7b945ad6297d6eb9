/*
 * Conversions between Unicode, the two code pages and UTF-8.
 */
#include "rtl.h"

#include <string.h>

/* --- counted bytes; what does not fit is cut off --- */

/* From the end, so that both may begin at the same place. (WDK: RtlOemToUnicodeN) */
static NTSTATUS to_wide(enum rtl_page page, PWCH to, ULONG room, PULONG written, const CHAR *from,
                        ULONG length)
{
    ULONG count = room / sizeof(WCHAR) < length ? room / sizeof(WCHAR) : length;
    for (ULONG i = count; i-- > 0;)
        to[i] = rtl_to_wide(page, (unsigned char)from[i]);
    if (written)
        *written = count * sizeof(WCHAR);
    return count < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

/* The upper case is that of what the code page has. (WDK: RtlUpcaseUnicodeStringToCountedOemString) */
static NTSTATUS from_wide(enum rtl_page page, bool upcase, PCHAR to, ULONG room, PULONG written, PCWCH from,
                          ULONG bytes)
{
    ULONG length = bytes / sizeof(WCHAR), count = room < length ? room : length;
    for (ULONG i = 0; i < count; i++) {
        unsigned char c = rtl_from_wide(page, from[i]);
        to[i] = (CHAR)(upcase ? rtl_from_wide(page, rtl_upcase(rtl_to_wide(page, c))) : c);
    }
    if (written)
        *written = count;
    return count < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString,
                                PULONG BytesInUnicodeString, const CHAR *MultiByteString,
                                ULONG BytesInMultiByteString)
{
    GATE(RtlMultiByteToUnicodeN, UnicodeString, MaxBytesInUnicodeString, MultiByteString,
         BytesInMultiByteString);
    to_wide(RTL_PAGE_ANSI, UnicodeString, MaxBytesInUnicodeString, BytesInUnicodeString, MultiByteString,
            BytesInMultiByteString);
    return STATUS_SUCCESS;
}

NTSTATUS RtlOemToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString,
                          PCCH OemString, ULONG BytesInOemString)
{
    GATE(RtlOemToUnicodeN, UnicodeString, MaxBytesInUnicodeString, OemString, BytesInOemString);
    return to_wide(RTL_PAGE_OEM, UnicodeString, MaxBytesInUnicodeString, BytesInUnicodeString, OemString,
                   BytesInOemString);
}

NTSTATUS RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                ULONG BytesInUnicodeString)
{
    GATE(RtlUnicodeToMultiByteN, MultiByteString, MaxBytesInMultiByteString, UnicodeString,
         BytesInUnicodeString);
    from_wide(RTL_PAGE_ANSI, false, MultiByteString, MaxBytesInMultiByteString, BytesInMultiByteString,
              UnicodeString, BytesInUnicodeString);
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString,
                          PCWCH UnicodeString, ULONG BytesInUnicodeString)
{
    GATE(RtlUnicodeToOemN, OemString, MaxBytesInOemString, UnicodeString, BytesInUnicodeString);
    return from_wide(RTL_PAGE_OEM, false, OemString, MaxBytesInOemString, BytesInOemString, UnicodeString,
                     BytesInUnicodeString);
}

NTSTATUS RtlUpcaseUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString,
                                PCWCH UnicodeString, ULONG BytesInUnicodeString)
{
    GATE(RtlUpcaseUnicodeToOemN, OemString, MaxBytesInOemString, UnicodeString, BytesInUnicodeString);
    return from_wide(RTL_PAGE_OEM, true, OemString, MaxBytesInOemString, BytesInOemString, UnicodeString,
                     BytesInUnicodeString);
}

NTSTATUS RtlUpcaseUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                      PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                      ULONG BytesInUnicodeString)
{
    GATE(RtlUpcaseUnicodeToMultiByteN, MultiByteString, MaxBytesInMultiByteString, UnicodeString,
         BytesInUnicodeString);
    from_wide(RTL_PAGE_ANSI, true, MultiByteString, MaxBytesInMultiByteString, BytesInMultiByteString,
              UnicodeString, BytesInUnicodeString);
    return STATUS_SUCCESS;
}

NTSTATUS RtlMultiByteToUnicodeSize(PULONG BytesInUnicodeString, const CHAR *MultiByteString,
                                   ULONG BytesInMultiByteString)
{
    GATE(RtlMultiByteToUnicodeSize, BytesInUnicodeString, MultiByteString, BytesInMultiByteString);
    *BytesInUnicodeString = BytesInMultiByteString * (ULONG)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                   ULONG BytesInUnicodeString)
{
    GATE(RtlUnicodeToMultiByteSize, BytesInMultiByteString, UnicodeString, BytesInUnicodeString);
    *BytesInMultiByteString = BytesInUnicodeString / (ULONG)sizeof(WCHAR);
    return STATUS_SUCCESS;
}

ULONG RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString)
{
    GATE(RtlxAnsiStringToUnicodeSize, AnsiString);
    return (AnsiString->Length + 1u) * (ULONG)sizeof(WCHAR);
}

ULONG RtlxOemStringToUnicodeSize(PCOEM_STRING OemString)
{
    GATE(RtlxOemStringToUnicodeSize, OemString);
    return (OemString->Length + 1u) * (ULONG)sizeof(WCHAR);
}

ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString)
{
    GATE(RtlxUnicodeStringToAnsiSize, UnicodeString);
    return UnicodeString->Length / (ULONG)sizeof(WCHAR) + 1;
}

ULONG RtlxUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString)
{
    GATE(RtlxUnicodeStringToOemSize, UnicodeString);
    return UnicodeString->Length / (ULONG)sizeof(WCHAR) + 1;
}

/* --- counted strings --- */

enum {
    TERMINATED = 1, /* the result has a terminator, which its Length does not count */
    UPPER_CASE = 2,
    CUT_OFF = 4 /* what does not fit, rather than refused */
};

/* A counted result that is empty has no buffer at all. */
static bool is_empty(PUNICODE_STRING to, ULONG size)
{
    if (size)
        return false;
    to->Length = to->MaximumLength = 0;
    to->Buffer = NULL;
    return true;
}

static NTSTATUS string_to_wide(const void *caller, enum rtl_page page, PUNICODE_STRING to, const STRING *from,
                               bool allocate, ULONG flags)
{
    ULONG size = (from->Length + (flags & TERMINATED)) * (ULONG)sizeof(WCHAR);
    if (is_empty(to, size))
        return STATUS_SUCCESS;
    if (size > 0xFFFF)
        return STATUS_INVALID_PARAMETER_2;
    to->Length = (USHORT)(from->Length * sizeof(WCHAR)); /* also where it does not fit: what it would take */
    if (allocate) {
        to->Buffer = rtl_allocate(caller, size);
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
        to->MaximumLength = (USHORT)size;
    } else if (size > to->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    to_wide(page, to->Buffer, to->Length, NULL, from->Buffer, from->Length);
    if (flags & TERMINATED)
        to->Buffer[from->Length] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS string_from_wide(const void *caller, enum rtl_page page, PSTRING to, PCUNICODE_STRING from,
                                 bool allocate, ULONG flags)
{
    ULONG length = from->Length / (ULONG)sizeof(WCHAR), terminator = flags & TERMINATED;
    ULONG size = length + terminator;
    NTSTATUS status = STATUS_SUCCESS;
    to->Length = (USHORT)length;
    if (allocate) {
        to->Buffer = rtl_allocate(caller, size);
        if (!to->Buffer)
            return STATUS_NO_MEMORY;
        to->MaximumLength = (USHORT)size;
    } else if (size > to->MaximumLength) {
        if (!(flags & CUT_OFF) || !to->MaximumLength)
            return STATUS_BUFFER_OVERFLOW;
        length = to->MaximumLength - terminator;
        status = STATUS_BUFFER_OVERFLOW;
    }
    to->Length = (USHORT)length;
    from_wide(page, (flags & UPPER_CASE) != 0, to->Buffer, length, NULL, from->Buffer, from->Length);
    if (terminator)
        to->Buffer[length] = 0;
    return status;
}

/* Without a terminator; STATUS_UNMAPPABLE_CHARACTER when the code page lacks one of the characters. */
static NTSTATUS counted_oem(const void *caller, POEM_STRING to, PCUNICODE_STRING from, bool allocate,
                            ULONG flags)
{
    if (is_empty((PUNICODE_STRING)to, from->Length / sizeof(WCHAR)))
        return STATUS_SUCCESS;
    NTSTATUS status = string_from_wide(caller, RTL_PAGE_OEM, to, from, allocate, flags);
    if (!NT_SUCCESS(status))
        return status;
    for (USHORT i = 0; i < to->Length; i++) {
        if (to->Buffer[i] != RTL_NOT_MAPPED || from->Buffer[i] == RTL_NOT_MAPPED)
            continue;
        if (allocate)
            RtlFreeOemString(to);
        return STATUS_UNMAPPABLE_CHARACTER;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                      BOOLEAN AllocateDestinationString)
{
    GATE(RtlAnsiStringToUnicodeString, DestinationString, SourceString, AllocateDestinationString);
    return string_to_wide(__builtin_return_address(0), RTL_PAGE_ANSI, DestinationString, SourceString,
                          AllocateDestinationString, TERMINATED);
}

NTSTATUS RtlOemStringToUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString,
                                     BOOLEAN AllocateDestinationString)
{
    GATE(RtlOemStringToUnicodeString, DestinationString, SourceString, AllocateDestinationString);
    return string_to_wide(__builtin_return_address(0), RTL_PAGE_OEM, DestinationString, SourceString,
                          AllocateDestinationString, TERMINATED);
}

NTSTATUS RtlOemStringToCountedUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    GATE(RtlOemStringToCountedUnicodeString, DestinationString, SourceString, AllocateDestinationString);
    return string_to_wide(__builtin_return_address(0), RTL_PAGE_OEM, DestinationString, SourceString,
                          AllocateDestinationString, 0);
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString)
{
    GATE(RtlUnicodeStringToAnsiString, DestinationString, SourceString, AllocateDestinationString);
    return string_from_wide(__builtin_return_address(0), RTL_PAGE_ANSI, DestinationString, SourceString,
                            AllocateDestinationString, TERMINATED | CUT_OFF);
}

NTSTATUS RtlUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                     BOOLEAN AllocateDestinationString)
{
    GATE(RtlUnicodeStringToOemString, DestinationString, SourceString, AllocateDestinationString);
    return string_from_wide(__builtin_return_address(0), RTL_PAGE_OEM, DestinationString, SourceString,
                            AllocateDestinationString, TERMINATED);
}

NTSTATUS RtlUpcaseUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                           BOOLEAN AllocateDestinationString)
{
    GATE(RtlUpcaseUnicodeStringToOemString, DestinationString, SourceString, AllocateDestinationString);
    return string_from_wide(__builtin_return_address(0), RTL_PAGE_OEM, DestinationString, SourceString,
                            AllocateDestinationString, TERMINATED | UPPER_CASE);
}

NTSTATUS RtlUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    GATE(RtlUnicodeStringToCountedOemString, DestinationString, SourceString, AllocateDestinationString);
    return counted_oem(__builtin_return_address(0), DestinationString, SourceString,
                       AllocateDestinationString, 0);
}

NTSTATUS RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING DestinationString,
                                                  PCUNICODE_STRING SourceString,
                                                  BOOLEAN AllocateDestinationString)
{
    GATE(RtlUpcaseUnicodeStringToCountedOemString, DestinationString, SourceString,
         AllocateDestinationString);
    return counted_oem(__builtin_return_address(0), DestinationString, SourceString,
                       AllocateDestinationString, UPPER_CASE);
}

/* --- UTF-8 --- */

static ULONG encode(uint32_t code, unsigned char bytes[4])
{
    if (code < 0x80) {
        bytes[0] = (unsigned char)code;
        return 1;
    }
    if (code < 0x800) {
        bytes[0] = (unsigned char)(0xC0 | code >> 6);
        bytes[1] = (unsigned char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        bytes[0] = (unsigned char)(0xE0 | code >> 12);
        bytes[1] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
        bytes[2] = (unsigned char)(0x80 | (code & 0x3F));
        return 3;
    }
    bytes[0] = (unsigned char)(0xF0 | code >> 18);
    bytes[1] = (unsigned char)(0x80 | (code >> 12 & 0x3F));
    bytes[2] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
    bytes[3] = (unsigned char)(0x80 | (code & 0x3F));
    return 4;
}

/* Half a surrogate pair becomes U+FFFD. */
NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount,
                           PULONG UTF8StringActualByteCount, PCWCH UnicodeStringSource,
                           ULONG UnicodeStringByteCount)
{
    GATE(RtlUnicodeToUTF8N, UTF8StringDestination, UTF8StringMaxByteCount, UnicodeStringSource,
         UnicodeStringByteCount);
    if (!UnicodeStringSource)
        return STATUS_INVALID_PARAMETER_4;
    if (!UTF8StringDestination && !UTF8StringActualByteCount)
        return STATUS_INVALID_PARAMETER;
    if (UTF8StringDestination && UnicodeStringByteCount % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER_5;
    NTSTATUS status = STATUS_SUCCESS;
    ULONG length = UnicodeStringByteCount / (ULONG)sizeof(WCHAR), written = 0;
    for (ULONG i = 0; i < length; i++) {
        uint32_t code = UnicodeStringSource[i];
        if (code >= 0xD800 && code <= 0xDBFF && i + 1 < length && UnicodeStringSource[i + 1] >= 0xDC00 &&
            UnicodeStringSource[i + 1] <= 0xDFFF) {
            code = 0x10000u + ((code - 0xD800u) << 10) + (UnicodeStringSource[++i] - 0xDC00u);
        } else if (code >= 0xD800 && code <= 0xDFFF) {
            code = 0xFFFD;
            status = STATUS_SOME_NOT_MAPPED;
        }
        unsigned char bytes[4];
        ULONG count = encode(code, bytes);
        if (UTF8StringDestination) {
            if (count > UTF8StringMaxByteCount - written) {
                status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            memcpy(UTF8StringDestination + written, bytes, count);
        }
        written += count;
    }
    if (UTF8StringActualByteCount)
        *UTF8StringActualByteCount = written;
    return status;
}

/* Reads one code point; 0xFFFD with *bad for what is none. Overlong forms and surrogates are none. */
static uint32_t decode(const unsigned char **at, const unsigned char *end, bool *bad)
{
    unsigned char first = *(*at)++;
    if (first < 0x80)
        return first;
    int more = first >= 0xC2 && first <= 0xDF   ? 1
               : first >= 0xE0 && first <= 0xEF ? 2
               : first >= 0xF0 && first <= 0xF4 ? 3
                                                : 0;
    uint32_t code = more == 1 ? first & 0x1F : more == 2 ? first & 0x0F : first & 0x07;
    for (int i = 0; i < more; i++) {
        unsigned char low = 0x80, high = 0xBF;
        if (i == 0 && first == 0xE0)
            low = 0xA0;
        if (i == 0 && first == 0xED)
            high = 0x9F;
        if (i == 0 && first == 0xF0)
            low = 0x90;
        if (i == 0 && first == 0xF4)
            high = 0x8F;
        if (*at == end || **at < low || **at > high) {
            more = 0;
            break;
        }
        code = code << 6 | (*(*at)++ & 0x3F);
    }
    if (more)
        return code;
    *bad = true;
    return 0xFFFD;
}

NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount,
                           PULONG UnicodeStringActualByteCount, PCCH UTF8StringSource,
                           ULONG UTF8StringByteCount)
{
    GATE(RtlUTF8ToUnicodeN, UnicodeStringDestination, UnicodeStringMaxByteCount, UTF8StringSource,
         UTF8StringByteCount);
    if (!UTF8StringSource)
        return STATUS_INVALID_PARAMETER_4;
    if (!UnicodeStringDestination && !UnicodeStringActualByteCount)
        return STATUS_INVALID_PARAMETER;
    const unsigned char *at = (const unsigned char *)UTF8StringSource, *end = at + UTF8StringByteCount;
    ULONG room = UnicodeStringMaxByteCount / (ULONG)sizeof(WCHAR), written = 0;
    NTSTATUS status = STATUS_SUCCESS;
    while (at < end) {
        bool bad = false;
        uint32_t code = decode(&at, end, &bad);
        ULONG count = code >= 0x10000 ? 2 : 1;
        if (bad)
            status = STATUS_SOME_NOT_MAPPED;
        if (UnicodeStringDestination) {
            if (count > room - written) {
                status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            UnicodeStringDestination[written] =
                (WCHAR)(count == 1 ? code : 0xD800 + ((code - 0x10000) >> 10));
            if (count == 2)
                UnicodeStringDestination[written + 1] = (WCHAR)(0xDC00 + (code & 0x3FF));
        }
        written += count;
    }
    if (UnicodeStringActualByteCount)
        *UnicodeStringActualByteCount = written * (ULONG)sizeof(WCHAR);
    return status;
}

NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString,
                                      BOOLEAN AllocateDestinationString)
{
    GATE(RtlUnicodeStringToUTF8String, DestinationString, SourceString, AllocateDestinationString);
    ULONG size = 0;
    NTSTATUS status = STATUS_SUCCESS;
    if (SourceString->Length)
        status = RtlUnicodeToUTF8N(NULL, 0, &size, SourceString->Buffer, SourceString->Length);
    if (!NT_SUCCESS(status))
        return status;
    if (size + 1 > 0xFFFF)
        return STATUS_INVALID_PARAMETER_2;
    if (AllocateDestinationString) {
        DestinationString->Buffer = rtl_allocate(__builtin_return_address(0), size + 1);
        if (!DestinationString->Buffer)
            return STATUS_NO_MEMORY;
        DestinationString->MaximumLength = (USHORT)(size + 1);
    } else if (size + 1 > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    if (SourceString->Length)
        status = RtlUnicodeToUTF8N(DestinationString->Buffer, size, &size, SourceString->Buffer,
                                   SourceString->Length);
    if (!NT_SUCCESS(status)) {
        if (AllocateDestinationString)
            RtlFreeUTF8String(DestinationString);
        return status;
    }
    DestinationString->Length = (USHORT)size;
    DestinationString->Buffer[size] = 0;
    return status;
}

NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PUTF8_STRING SourceString,
                                      BOOLEAN AllocateDestinationString)
{
    GATE(RtlUTF8StringToUnicodeString, DestinationString, SourceString, AllocateDestinationString);
    ULONG size = 0;
    NTSTATUS status = STATUS_SUCCESS;
    if (SourceString->Length)
        status = RtlUTF8ToUnicodeN(NULL, 0, &size, SourceString->Buffer, SourceString->Length);
    if (!NT_SUCCESS(status))
        return status;
    if (size + sizeof(WCHAR) > 0xFFFF)
        return STATUS_INVALID_PARAMETER_2;
    if (AllocateDestinationString) {
        DestinationString->Buffer = rtl_allocate(__builtin_return_address(0), size + sizeof(WCHAR));
        if (!DestinationString->Buffer)
            return STATUS_NO_MEMORY;
        DestinationString->MaximumLength = (USHORT)(size + sizeof(WCHAR));
    } else if (size + sizeof(WCHAR) > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    if (SourceString->Length)
        status = RtlUTF8ToUnicodeN(DestinationString->Buffer, size, &size, SourceString->Buffer,
                                   SourceString->Length);
    DestinationString->Length = (USHORT)size;
    DestinationString->Buffer[size / sizeof(WCHAR)] = 0;
    return status;
}
