/*
 * Access control lists.
 */
#include "rtl.h"
#include "security.h"

#include <string.h>

/* Room for at least the header of one more entry is not needed: a list may be full. */
bool rtl_valid_acl(PACL acl)
{
    if (!acl || acl->AclRevision < MIN_ACL_REVISION || acl->AclRevision > MAX_ACL_REVISION ||
        acl->AclSize < sizeof(ACL) || acl->AclSize & 3)
        return false;
    PUCHAR at = (PUCHAR)(acl + 1), end = (PUCHAR)acl + acl->AclSize;
    for (USHORT i = 0; i < acl->AceCount; i++) {
        PACE_HEADER ace = (PACE_HEADER)at;
        if ((size_t)(end - at) < sizeof(ACE_HEADER) || ace->AceSize > (size_t)(end - at) ||
            ace->AceSize < sizeof(ACE_HEADER) || ace->AceSize & 3)
            return false;
        if (ace->AceType <= SYSTEM_ALARM_ACE_TYPE) {
            ULONG head = (ULONG)FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart);
            if (ace->AceSize < head + FIELD_OFFSET(SID, SubAuthority) || !rtl_valid_sid(rtl_ace_sid(ace)) ||
                ace->AceSize < head + rtl_sid_length(rtl_ace_sid(ace)))
                return false;
        }
        at += ace->AceSize;
    }
    return true;
}

/* Where the next entry would go; NULL when the entries run over the end of the list. */
static PUCHAR first_free(PACL acl)
{
    PUCHAR at = (PUCHAR)(acl + 1), end = (PUCHAR)acl + acl->AclSize;
    for (USHORT i = 0; i < acl->AceCount; i++) {
        if ((size_t)(end - at) < sizeof(ACE_HEADER))
            return NULL;
        at += ((PACE_HEADER)at)->AceSize;
        if (at > end)
            return NULL;
    }
    return at;
}

NTSTATUS NTAPI RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision)
{
    GATE(RtlCreateAcl, Acl, AclLength, AclRevision);
    if (AclLength < sizeof(ACL))
        return STATUS_BUFFER_TOO_SMALL;
    if (AclRevision < MIN_ACL_REVISION || AclRevision > MAX_ACL_REVISION || AclLength > 0xFFFF)
        return STATUS_INVALID_PARAMETER;
    *Acl = (ACL){.AclRevision = (UCHAR)AclRevision, .AclSize = (USHORT)(AclLength & ~3u)};
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlValidAcl(PACL Acl)
{
    GATE(RtlValidAcl, Acl);
    return rtl_valid_acl(Acl);
}

static NTSTATUS add_known(PACL acl, ULONG revision, UCHAR type, ULONG flags, ACCESS_MASK mask, PSID sid)
{
    if (!rtl_valid_sid(sid))
        return STATUS_INVALID_SID;
    if (acl->AclRevision > MAX_ACL_REVISION || revision > MAX_ACL_REVISION)
        return STATUS_REVISION_MISMATCH;
    if (flags & ~(ULONG)VALID_INHERIT_FLAGS)
        return STATUS_INVALID_PARAMETER;
    if (!rtl_valid_acl(acl))
        return STATUS_INVALID_ACL;
    ULONG length = rtl_sid_length(sid), size = (ULONG)FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + length;
    PUCHAR at = first_free(acl);
    if (!at || at + size > (PUCHAR)acl + acl->AclSize)
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    PACCESS_ALLOWED_ACE ace = (PACCESS_ALLOWED_ACE)at;
    ace->Header = (ACE_HEADER){type, (UCHAR)flags, (USHORT)size};
    ace->Mask = mask;
    memcpy(&at[FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart)], sid, length);
    acl->AceCount++;
    if (acl->AclRevision < revision)
        acl->AclRevision = (UCHAR)revision;
    return STATUS_SUCCESS;
}

/* Appends. STATUS_INVALID_SID, STATUS_INVALID_ACL, STATUS_REVISION_MISMATCH, STATUS_ALLOTTED_SPACE_EXCEEDED.
 */
NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid)
{
    GATE(RtlAddAccessAllowedAce, Acl, AceRevision, AccessMask, Sid);
    return add_known(Acl, AceRevision, ACCESS_ALLOWED_ACE_TYPE, 0, AccessMask, Sid);
}

/* As above; STATUS_INVALID_PARAMETER for flags that are none of inheritance. */
NTSTATUS NTAPI RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask,
                                        PSID Sid)
{
    GATE(RtlAddAccessAllowedAceEx, Acl, AceRevision, AceFlags, AccessMask);
    return add_known(Acl, AceRevision, ACCESS_ALLOWED_ACE_TYPE, AceFlags, AccessMask, Sid);
}

NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid)
{
    GATE(RtlAddAccessDeniedAce, Acl, AceRevision, AccessMask, Sid);
    return add_known(Acl, AceRevision, ACCESS_DENIED_ACE_TYPE, 0, AccessMask, Sid);
}

/* Inserts entries before the one of that index; MAXULONG: at the end. STATUS_INVALID_PARAMETER for a list
 * that is not whole entries, STATUS_BUFFER_TOO_SMALL when they do not fit. */
NTSTATUS NTAPI RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList,
                         ULONG AceListLength)
{
    GATE(RtlAddAce, Acl, AceRevision, StartingAceIndex, AceList);
    if (!rtl_valid_acl(Acl) || AceRevision < MIN_ACL_REVISION || AceRevision > MAX_ACL_REVISION)
        return STATUS_INVALID_PARAMETER;
    USHORT count = 0;
    for (ULONG at = 0; at < AceListLength; count++) {
        PACE_HEADER ace = (PACE_HEADER)((PUCHAR)AceList + at);
        if (AceListLength - at < sizeof *ace || ace->AceSize < sizeof *ace ||
            ace->AceSize > AceListLength - at)
            return STATUS_INVALID_PARAMETER;
        at += ace->AceSize;
    }
    PUCHAR end = first_free(Acl), at = (PUCHAR)(Acl + 1);
    if (!end || end + AceListLength > (PUCHAR)Acl + Acl->AclSize)
        return STATUS_BUFFER_TOO_SMALL;
    for (ULONG i = 0; i < StartingAceIndex && i < Acl->AceCount; i++)
        at += ((PACE_HEADER)at)->AceSize;
    memmove(at + AceListLength, at, (size_t)(end - at));
    memcpy(at, AceList, AceListLength);
    Acl->AceCount += count;
    if (Acl->AclRevision < AceRevision)
        Acl->AclRevision = (UCHAR)AceRevision;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetAce(PACL Acl, ULONG AceIndex, PVOID *Ace)
{
    GATE(RtlGetAce, Acl, AceIndex, Ace);
    if (Acl->AclRevision < MIN_ACL_REVISION || Acl->AclRevision > MAX_ACL_REVISION ||
        AceIndex >= Acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    PUCHAR at = (PUCHAR)(Acl + 1);
    for (ULONG i = 0; i < AceIndex; i++) {
        if (at >= (PUCHAR)Acl + Acl->AclSize)
            return STATUS_INVALID_PARAMETER;
        at += ((PACE_HEADER)at)->AceSize;
    }
    if (at >= (PUCHAR)Acl + Acl->AclSize)
        return STATUS_INVALID_PARAMETER;
    *Ace = at;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlDeleteAce(PACL Acl, ULONG AceIndex)
{
    GATE(RtlDeleteAce, Acl, AceIndex);
    if (!rtl_valid_acl(Acl) || AceIndex >= Acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    PUCHAR end = first_free(Acl), at = (PUCHAR)(Acl + 1);
    for (ULONG i = 0; i < AceIndex; i++)
        at += ((PACE_HEADER)at)->AceSize;
    USHORT size = ((PACE_HEADER)at)->AceSize;
    memmove(at, at + size, (size_t)(end - at) - size);
    memset(end - size, 0, size);
    Acl->AceCount--;
    return STATUS_SUCCESS;
}
