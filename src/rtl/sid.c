/*
 * Security identifiers.
 */
#include "rtl.h"
#include "security.h"
#include "../mm/mm.h"

#include <stdio.h>
#include <string.h>

bool rtl_valid_sid(PSID Sid)
{
    const SID *sid = Sid;
    return sid && (sid->Revision & 0xF) == SID_REVISION && sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

BOOLEAN NTAPI RtlValidSid(PSID Sid)
{
    GATE(RtlValidSid, Sid);
    SID head;
    UCHAR last;
    /* One that cannot be read is none. */
    if (!Sid || !host_peek(&head, Sid, FIELD_OFFSET(SID, SubAuthority)) ||
        (head.SubAuthorityCount && !host_peek(&last, (PUCHAR)Sid + rtl_sid_length(&head) - 1, 1)))
        return FALSE;
    return rtl_valid_sid(&head);
}

BOOLEAN NTAPI RtlEqualSid(PSID Sid1, PSID Sid2)
{
    GATE(RtlEqualSid, Sid1, Sid2);
    return rtl_same_sid(Sid1, Sid2);
}

/* Whether all but the last subauthority agree. */
BOOLEAN NTAPI RtlEqualPrefixSid(PSID Sid1, PSID Sid2)
{
    GATE(RtlEqualPrefixSid, Sid1, Sid2);
    const SID *a = Sid1, *b = Sid2;
    if (a->SubAuthorityCount != b->SubAuthorityCount || a->Revision != b->Revision ||
        memcmp(&a->IdentifierAuthority, &b->IdentifierAuthority, sizeof a->IdentifierAuthority))
        return FALSE;
    return a->SubAuthorityCount == 0 ||
           !memcmp(a->SubAuthority, b->SubAuthority, (a->SubAuthorityCount - 1u) * sizeof(ULONG));
}

ULONG NTAPI RtlLengthSid(PSID Sid)
{
    GATE(RtlLengthSid, Sid);
    return rtl_sid_length(Sid);
}

ULONG NTAPI RtlLengthRequiredSid(ULONG SubAuthorityCount)
{
    GATE(RtlLengthRequiredSid, SubAuthorityCount);
    return (ULONG)FIELD_OFFSET(SID, SubAuthority) + SubAuthorityCount * (ULONG)sizeof(ULONG);
}

/* The subauthorities are the caller's to fill in. STATUS_INVALID_PARAMETER: more than 15 of them. */
NTSTATUS NTAPI RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                UCHAR SubAuthorityCount)
{
    GATE(RtlInitializeSid, Sid, IdentifierAuthority, SubAuthorityCount);
    if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES)
        return STATUS_INVALID_PARAMETER;
    PISID sid = Sid;
    sid->Revision = SID_REVISION;
    sid->SubAuthorityCount = SubAuthorityCount;
    sid->IdentifierAuthority = *IdentifierAuthority;
    return STATUS_SUCCESS;
}

#pragma clang diagnostic ignored "-Wvarargs" /* Windows has the last named parameter a UCHAR */
/* As above, with the sub-authorities behind it. */
NTSTATUS RtlInitializeSidEx(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount,
                            ...)
{
    GATE(RtlInitializeSidEx, Sid, IdentifierAuthority, SubAuthorityCount);
    if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES)
        return STATUS_INVALID_PARAMETER;
    PISID sid = Sid;
    sid->Revision = SID_REVISION;
    sid->SubAuthorityCount = SubAuthorityCount;
    sid->IdentifierAuthority = *IdentifierAuthority;
    va_list list;
    va_start(list, SubAuthorityCount);
    for (UCHAR i = 0; i < SubAuthorityCount; i++)
        sid->SubAuthority[i] = va_arg(list, ULONG);
    va_end(list);
    return STATUS_SUCCESS;
}

PSID_IDENTIFIER_AUTHORITY NTAPI RtlIdentifierAuthoritySid(PSID Sid)
{
    GATE(RtlIdentifierAuthoritySid, Sid);
    return &((PISID)Sid)->IdentifierAuthority;
}

PULONG NTAPI RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority)
{
    GATE(RtlSubAuthoritySid, Sid, SubAuthority);
    return ((PISID)Sid)->SubAuthority + SubAuthority;
}

PUCHAR NTAPI RtlSubAuthorityCountSid(PSID Sid)
{
    GATE(RtlSubAuthorityCountSid, Sid);
    return &((PISID)Sid)->SubAuthorityCount;
}

NTSTATUS NTAPI RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid)
{
    GATE(RtlCopySid, DestinationSidLength, DestinationSid, SourceSid);
    ULONG length = rtl_sid_length(SourceSid);
    if (length > DestinationSidLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(DestinationSid, SourceSid, length);
    return STATUS_SUCCESS;
}

/* "S-1-5-32-544"; an authority beyond 32 bits is written in hexadecimal. Returns the length without the zero.
 */
static size_t print_sid(const SID *sid, char *text, size_t size)
{
    const UCHAR *value = sid->IdentifierAuthority.Value;
    int at;
    if (value[0] || value[1])
        at = snprintf(text, size, "S-%u-0x%02x%02x%02x%02x%02x%02x", sid->Revision, value[0], value[1],
                      value[2], value[3], value[4], value[5]);
    else
        at = snprintf(text, size, "S-%u-%u", sid->Revision,
                      (unsigned)value[2] << 24 | (unsigned)value[3] << 16 | (unsigned)value[4] << 8 |
                          value[5]);
    for (unsigned i = 0; i < sid->SubAuthorityCount; i++)
        at += snprintf(text + at, size - (size_t)at, "-%u", (unsigned)sid->SubAuthority[i]);
    return (size_t)at;
}

/*
 * The SID as text. STATUS_INVALID_SID; STATUS_BUFFER_OVERFLOW when the caller's buffer does not hold the text
 * and its zero; STATUS_NO_MEMORY. RtlFreeUnicodeString frees an allocated string. (WDK:
 * RtlConvertSidToUnicodeString)
 */
NTSTATUS NTAPI RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid,
                                            BOOLEAN AllocateDestinationString)
{
    GATE(RtlConvertSidToUnicodeString, UnicodeString, Sid, AllocateDestinationString);
    char text[256];
    if (!rtl_valid_sid(Sid))
        return STATUS_INVALID_SID;
    size_t length = print_sid(Sid, text, sizeof text);
    USHORT size = (USHORT)((length + 1) * sizeof(WCHAR));
    if (AllocateDestinationString) {
        UnicodeString->Buffer = rtl_allocate(__builtin_return_address(0), size);
        if (!UnicodeString->Buffer)
            return STATUS_NO_MEMORY;
        UnicodeString->MaximumLength = size;
    } else if (UnicodeString->MaximumLength < size) {
        return STATUS_BUFFER_OVERFLOW;
    }
    UnicodeString->Length = (USHORT)(size - sizeof(WCHAR));
    for (size_t i = 0; i <= length; i++)
        UnicodeString->Buffer[i] = (WCHAR)text[i];
    return STATUS_SUCCESS;
}

/* A new SID with up to eight subauthorities, for RtlFreeSid. STATUS_INVALID_SID: more than eight. */
NTSTATUS NTAPI RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                           UCHAR SubAuthorityCount, ULONG SubAuthority0, ULONG SubAuthority1,
                                           ULONG SubAuthority2, ULONG SubAuthority3, ULONG SubAuthority4,
                                           ULONG SubAuthority5, ULONG SubAuthority6, ULONG SubAuthority7,
                                           PSID *Sid)
{
    GATE(RtlAllocateAndInitializeSid, IdentifierAuthority, SubAuthorityCount, Sid);
    const ULONG given[8] = {SubAuthority0, SubAuthority1, SubAuthority2, SubAuthority3,
                            SubAuthority4, SubAuthority5, SubAuthority6, SubAuthority7};
    if (SubAuthorityCount > 8)
        return STATUS_INVALID_SID;
    PISID sid = rtl_allocate(__builtin_return_address(0),
                             FIELD_OFFSET(SID, SubAuthority) + SubAuthorityCount * sizeof(ULONG));
    if (!sid)
        return STATUS_NO_MEMORY;
    sid->Revision = SID_REVISION;
    sid->SubAuthorityCount = SubAuthorityCount;
    sid->IdentifierAuthority = *IdentifierAuthority;
    memcpy(sid->SubAuthority, given, SubAuthorityCount * sizeof(ULONG));
    *Sid = sid;
    return STATUS_SUCCESS;
}

PVOID NTAPI RtlFreeSid(PSID Sid)
{
    GATE(RtlFreeSid, Sid);
    MmFreePoolFor(__builtin_return_address(0), Sid, 0);
    return NULL;
}
