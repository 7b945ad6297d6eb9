/*
 * Integers and GUIDs to text and back.
 */
#include "rtl.h"

#include <string.h>

/* --- to text --- */

static bool is_base(ULONG base)
{
    return base == 2 || base == 8 || base == 10 || base == 16;
}

/* Digits without a terminator at the end of the buffer; returns where they begin. NULL for a base that is
 * none. */
static char *digits(ULONGLONG value, ULONG base, char *end)
{
    if (!base)
        base = 10;
    if (!is_base(base))
        return NULL;
    do
        *--end = "0123456789ABCDEF"[value % base];
    while (value /= base);
    return end;
}

static NTSTATUS to_string(ULONGLONG value, ULONG base, PUNICODE_STRING string)
{
    char text[64], *end = text + sizeof text, *start = digits(value, base, end);
    if (!start)
        return STATUS_INVALID_PARAMETER;
    size_t length = (size_t)(end - start), size = (length + 1) * sizeof(WCHAR);
    string->Length = (USHORT)(length * sizeof(WCHAR)); /* also where it does not fit */
    if (size > string->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    for (size_t i = 0; i < length; i++)
        string->Buffer[i] = (WCHAR)start[i];
    string->Buffer[length] = 0;
    return STATUS_SUCCESS;
}

/* The string must have room for a terminator too. */
NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    GATE(RtlIntegerToUnicodeString, Value, Base, String);
    return to_string(Value, Base, String);
}

NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String)
{
    GATE(RtlInt64ToUnicodeString, Value, Base, String);
    return to_string(Value, Base, String);
}

/* --- from text --- */

/* The text, of either width. */
struct text {
    const char *narrow;
    const WCHAR *wide;
    size_t length;
};

static unsigned character(const struct text *text, size_t i)
{
    if (i >= text->length)
        return 0;
    return text->narrow ? (unsigned char)text->narrow[i] : text->wide[i];
}

static unsigned digit(unsigned c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Blanks, a sign, a prefix when base is 0, digits as far as they go. Returns how much was read. */
static NTSTATUS from_text(const struct text *text, ULONG base, ULONGLONG *value, size_t *read)
{
    size_t i = 0;
    bool negative = false;
    while (i < text->length && character(text, i) <= ' ')
        i++;
    if (character(text, i) == '-' || character(text, i) == '+')
        negative = character(text, i++) == '-';
    if (!base) {
        base = 10;
        if (character(text, i) == '0') {
            unsigned c = character(text, i + 1);
            base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 10;
            if (base != 10)
                i += 2;
        }
    } else if (!is_base(base)) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONGLONG result = 0;
    for (unsigned d; i < text->length && (d = digit(character(text, i))) < base; i++)
        result = result * base + d;
    *value = negative ? 0 - result : result;
    *read = i;
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
    GATE(RtlUnicodeStringToInteger, String, Base, Value);
    if (String->Length < sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    struct text text = {.wide = String->Buffer, .length = String->Length / sizeof(WCHAR)};
    ULONGLONG value;
    size_t read;
    NTSTATUS status = from_text(&text, Base, &value, &read);
    if (NT_SUCCESS(status))
        *Value = (ULONG)value;
    return status;
}

NTSTATUS RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, PLONG64 Number, PWSTR *EndPointer)
{
    GATE(RtlUnicodeStringToInt64, String, Base, Number, EndPointer);
    struct text text = {.wide = String->Buffer, .length = String->Length / sizeof(WCHAR)};
    ULONGLONG value;
    size_t read;
    NTSTATUS status = from_text(&text, Base, &value, &read);
    if (!NT_SUCCESS(status))
        return status;
    *Number = (LONG64)value;
    if (EndPointer)
        *EndPointer = String->Buffer + read;
    return STATUS_SUCCESS;
}

NTSTATUS RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value)
{
    GATE(RtlCharToInteger, String, Base, Value);
    struct text text = {.narrow = String, .length = strlen(String)};
    ULONGLONG value;
    size_t read;
    NTSTATUS status = from_text(&text, Base, &value, &read);
    if (NT_SUCCESS(status))
        *Value = (ULONG)value;
    return status;
}

/* --- GUIDs: {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx} --- */

enum { GUID_LENGTH = 38 };

/* Which byte of the GUID each pair of digits is; the first three fields are numbers, so their bytes run
 * backwards. */
static const struct {
    unsigned char at, byte;
} guid_pairs[16] = {{1, 3},  {3, 2},  {5, 1},   {7, 0},   {10, 5},  {12, 4},  {15, 7},  {17, 6},
                    {20, 8}, {22, 9}, {25, 10}, {27, 11}, {29, 12}, {31, 13}, {33, 14}, {35, 15}};
static const char guid_frame[] = "{        -    -    -    -            }";

NTSTATUS RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString)
{
    GATE(RtlStringFromGUID, Guid, GuidString);
    PWCHAR buffer = rtl_allocate(__builtin_return_address(0), (GUID_LENGTH + 1) * sizeof(WCHAR));
    if (!buffer)
        return STATUS_NO_MEMORY;
    unsigned char bytes[16];
    memcpy(bytes, Guid, sizeof bytes);
    for (int i = 0; i <= GUID_LENGTH; i++)
        buffer[i] = (WCHAR)guid_frame[i];
    for (int i = 0; i < 16; i++) {
        unsigned char byte = bytes[guid_pairs[i].byte];
        buffer[guid_pairs[i].at] = (WCHAR) "0123456789abcdef"[byte >> 4];
        buffer[guid_pairs[i].at + 1] = (WCHAR) "0123456789abcdef"[byte & 15];
    }
    GuidString->Length = GUID_LENGTH * sizeof(WCHAR);
    GuidString->MaximumLength = (GUID_LENGTH + 1) * sizeof(WCHAR);
    GuidString->Buffer = buffer;
    return STATUS_SUCCESS;
}

NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid)
{
    GATE(RtlGUIDFromString, GuidString, Guid);
    if (GuidString->Length != GUID_LENGTH * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    unsigned char bytes[16];
    for (int i = 0; i < GUID_LENGTH; i++)
        if (guid_frame[i] != ' ' && GuidString->Buffer[i] != (WCHAR)guid_frame[i])
            return STATUS_INVALID_PARAMETER;
    for (int i = 0; i < 16; i++) {
        unsigned high = digit(GuidString->Buffer[guid_pairs[i].at]);
        unsigned low = digit(GuidString->Buffer[guid_pairs[i].at + 1]);
        if (high > 15 || low > 15)
            return STATUS_INVALID_PARAMETER;
        bytes[guid_pairs[i].byte] = (unsigned char)(high << 4 | low);
    }
    memcpy(Guid, bytes, sizeof bytes);
    return STATUS_SUCCESS;
}
