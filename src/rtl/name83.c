/*
 * Names of the FAT kind: eight characters, a dot, three characters, of the OEM code page.
 */
#include "rtl.h"

#include <string.h>

static bool is_illegal(WCHAR c)
{
    static const char illegal[] = "\"*+,/:;<=>?[\\]|";
    return c < ' ' || (c < 0x80 && memchr(illegal, c, sizeof illegal - 1));
}

/*
 * Legal as it stands? A lower case letter is (its case is lost); a space is, but not at the end of either
 * part. "." and ".." are. The name in the OEM code page, upcased, goes to OemName, which has room for 12
 * bytes, or is NULL.
 */
BOOLEAN RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName, PBOOLEAN NameContainsSpaces)
{
    GATE(RtlIsNameLegalDOS8Dot3, Name, OemName, NameContainsSpaces);
    ULONG length = Name->Length / (ULONG)sizeof(WCHAR), dot = length;
    char oem[12];
    bool spaces = false;
    if (!length || length > sizeof oem)
        return FALSE;
    for (ULONG i = 0; i < length; i++) {
        WCHAR c = rtl_upcase(Name->Buffer[i]);
        oem[i] = (char)rtl_from_wide(RTL_PAGE_OEM, c);
        if (oem[i] == '?')
            return FALSE;
    }
    bool dots = oem[0] == '.' && (length == 1 || (length == 2 && oem[1] == '.'));
    for (ULONG i = 0; !dots && i < length; i++) {
        if (oem[i] == ' ') {
            if (!i || i == length - 1 || oem[i + 1] == '.' || oem[i - 1] == '.')
                return FALSE;
            spaces = true;
        } else if (oem[i] == '.') {
            if (dot != length)
                return FALSE;
            dot = i;
        } else if (is_illegal((unsigned char)oem[i])) {
            return FALSE;
        }
    }
    if (!dots && (dot < 1 || dot > 8 || (dot != length && (length - dot < 2 || length - dot > 4))))
        return FALSE;
    if (NameContainsSpaces)
        *NameContainsSpaces = spaces;
    if (OemName) {
        OemName->Length = (USHORT)length;
        memcpy(OemName->Buffer, oem, length);
    }
    return TRUE;
}

/* Does the OEM code page have the character, upper case? Then it is that from now on. */
BOOLEAN RtlIsValidOemCharacter(PWCHAR Char)
{
    GATE(RtlIsValidOemCharacter, Char);
    WCHAR upper = rtl_upcase(*Char);
    unsigned char oem = rtl_from_wide(RTL_PAGE_OEM, upper);
    if (oem == '?' && upper != '?')
        return FALSE;
    *Char = rtl_to_wide(RTL_PAGE_OEM, oem);
    return TRUE;
}

/* The hash that NTFS puts into short names, four hexadecimal digits. */
static USHORT checksum(PCUNICODE_STRING name)
{
    USHORT sum = 0;
    for (ULONG i = 0; i < name->Length / sizeof(WCHAR); i++)
        sum = (USHORT)(sum * 37 + name->Buffer[i]);
    LONG mixed = (LONG)((ULONG)sum * 314159269u);
    if (mixed < 0)
        mixed = -mixed;
    mixed -= (LONG)(((ULONGLONG)((LONGLONG)mixed * 1152921497) >> 60) * 1000000007);
    sum = (USHORT)mixed;
    return (USHORT)((sum & 0xF000) >> 12 | (sum & 0x0F00) >> 4 | (sum & 0x00F0) << 4 | (sum & 0x000F) << 12);
}

/* The characters of a part that a short name can have, up to most of them. */
static ULONG filter(WCHAR *to, ULONG most, const WCHAR *from, const WCHAR *end, bool extended)
{
    ULONG count = 0;
    for (; from < end && count < most; from++) {
        WCHAR c = rtl_upcase(*from);
        if (c == ' ' || c == '.')
            continue;
        if (c >= 0x80)
            c = extended ? rtl_upcase(rtl_to_wide(RTL_PAGE_OEM, rtl_from_wide(RTL_PAGE_OEM, c))) : '_';
        if (is_illegal(c))
            c = '_';
        to[count++] = c;
    }
    return count;
}

static void insert_checksum(PGENERATE_NAME_CONTEXT context, PCUNICODE_STRING name)
{
    ULONG at = context->NameLength < 2 ? context->NameLength : 2;
    context->Checksum = checksum(name);
    for (int shift = 12; shift >= 0; shift -= 4)
        context->NameBuffer[at++] = (WCHAR) "0123456789ABCDEF"[context->Checksum >> shift & 15];
    context->NameLength = (UCHAR)at;
    context->CheckSumInserted = TRUE;
}

/*
 * A short name for a long one: its first six characters, a tilde, a number; from the fifth on two characters
 * and a hash. The caller tries again, with the same context (zeroes at first), for as long as the name is
 * taken. Name8dot3 has room for 12.
 */
NTSTATUS RtlGenerate8dot3Name(PCUNICODE_STRING Name, BOOLEAN AllowExtendedCharacters,
                              PGENERATE_NAME_CONTEXT Context, PUNICODE_STRING Name8dot3)
{
    GATE(RtlGenerate8dot3Name, Name, AllowExtendedCharacters, Context, Name8dot3);
    if (!Context->LastIndexValue) {
        const WCHAR *at = Name->Buffer, *end = at + Name->Length / sizeof(WCHAR), *dot = NULL;
        while (at < end && *at == '.')
            at++;
        for (const WCHAR *c = at; c < end; c++)
            if (*c == '.')
                dot = c;
        Context->NameLength =
            (UCHAR)filter(Context->NameBuffer, 6, at, dot ? dot : end, AllowExtendedCharacters);
        Context->ExtensionBuffer[0] = '.';
        Context->ExtensionLength =
            dot ? filter(Context->ExtensionBuffer + 1, 3, dot + 1, end, AllowExtendedCharacters) : 0;
        if (Context->ExtensionLength)
            Context->ExtensionLength++; /* the dot */
        if (Context->NameLength < 3)
            insert_checksum(Context, Name);
    }
    Context->LastIndexValue++;
    if (Context->LastIndexValue > 4 && !Context->CheckSumInserted) {
        insert_checksum(Context, Name);
        Context->LastIndexValue = 1;
    }
    if (Context->LastIndexValue > 999999)
        return STATUS_FILE_SYSTEM_LIMITATION;
    WCHAR tail[8], *digit = tail + RTL_COUNT(tail);
    ULONG number = Context->LastIndexValue;
    do
        *--digit = (WCHAR)('0' + number % 10);
    while (number /= 10);
    *--digit = '~';
    ULONG tail_length = (ULONG)(tail + RTL_COUNT(tail) - digit), length = Context->NameLength;
    if (length + tail_length > 8)
        length = 8 - tail_length;
    PWCHAR to = Name8dot3->Buffer;
    memcpy(to, Context->NameBuffer, length * sizeof(WCHAR));
    memcpy(to + length, digit, tail_length * sizeof(WCHAR));
    memcpy(to + length + tail_length, Context->ExtensionBuffer, Context->ExtensionLength * sizeof(WCHAR));
    Name8dot3->Length = (USHORT)((length + tail_length + Context->ExtensionLength) * sizeof(WCHAR));
    return STATUS_SUCCESS;
}
