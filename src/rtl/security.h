/*
 * The parts of SIDs, access control lists and security descriptors, for those who know the pointer to be good.
 */
#pragma once

#include <ntifs.h>

#include <stdbool.h>

static inline ULONG rtl_sid_length(const void *sid)
{
    return (ULONG)FIELD_OFFSET(SID, SubAuthority) + ((const SID *)sid)->SubAuthorityCount * (ULONG)sizeof(ULONG);
}

static inline bool rtl_same_sid(const void *a, const void *b)
{
    ULONG length = rtl_sid_length(a);
    return length == rtl_sid_length(b) && !__builtin_memcmp(a, b, length);
}

static inline PACE_HEADER rtl_first_ace(PACL acl)
{
    return (PACE_HEADER)(acl + 1);
}
static inline PACE_HEADER rtl_next_ace(PACE_HEADER ace)
{
    return (PACE_HEADER)((PUCHAR)ace + ace->AceSize);
}
/* Of the four simple kinds of entry, which all begin alike. */
static inline PSID rtl_ace_sid(PACE_HEADER ace)
{
    return &((PACCESS_ALLOWED_ACE)ace)->SidStart;
}

/* A part of a descriptor in either form: absolute (pointers) or self-relative (offsets). */
static inline PVOID rtl_sd_at(const void *descriptor, ULONG offset)
{
    return offset ? (PVOID)((PUCHAR)descriptor + offset) : NULL;
}
#define RTL_SD_PART(sd, part)                                                                                \
    (((const SECURITY_DESCRIPTOR_RELATIVE *)(sd))->Control & SE_SELF_RELATIVE                                \
         ? rtl_sd_at((sd), ((const SECURITY_DESCRIPTOR_RELATIVE *)(sd))->part)                               \
         : (PVOID)((const SECURITY_DESCRIPTOR *)(sd))->part)

static inline SECURITY_DESCRIPTOR_CONTROL rtl_sd_control(const void *sd)
{
    return ((const SECURITY_DESCRIPTOR_RELATIVE *)sd)->Control;
}
static inline PSID rtl_sd_owner(const void *sd)
{
    return RTL_SD_PART(sd, Owner);
}
static inline PSID rtl_sd_group(const void *sd)
{
    return RTL_SD_PART(sd, Group);
}
/* NULL when there is none, and for a NULL list: rtl_sd_control tells which. */
static inline PACL rtl_sd_dacl(const void *sd)
{
    return rtl_sd_control(sd) & SE_DACL_PRESENT ? (PACL)RTL_SD_PART(sd, Dacl) : NULL;
}
static inline PACL rtl_sd_sacl(const void *sd)
{
    return rtl_sd_control(sd) & SE_SACL_PRESENT ? (PACL)RTL_SD_PART(sd, Sacl) : NULL;
}

/* Without the gate, for the library's own use. */
bool rtl_valid_sid(PSID);
bool rtl_valid_acl(PACL);
/* Everything inside [descriptor, descriptor + length)? */
bool rtl_valid_relative_sd(PSECURITY_DESCRIPTOR, ULONG length);
/* Bytes of the self-relative form of the parts given; each may be NULL. */
ULONG rtl_relative_size(PSID owner, PSID group, PACL sacl, PACL dacl);
/* Builds it; control without SE_SELF_RELATIVE. The parts may lie in the old descriptor, not in `to`. */
void rtl_make_relative(PVOID to, SECURITY_DESCRIPTOR_CONTROL control, PSID owner, PSID group, PACL sacl, PACL dacl);
