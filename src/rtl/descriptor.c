/*
 * Security descriptors in their two forms.
 */
#include "rtl.h"
#include "security.h"

#include <string.h>

static ULONG align4(ULONG length)
{
    return (length + 3) & ~3u;
}

NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision)
{
    GATE(RtlCreateSecurityDescriptor, SecurityDescriptor, Revision);
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    memset(SecurityDescriptor, 0, sizeof(SECURITY_DESCRIPTOR));
    ((PISECURITY_DESCRIPTOR)SecurityDescriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlCreateSecurityDescriptorRelative(PISECURITY_DESCRIPTOR_RELATIVE SecurityDescriptor,
                                                   ULONG Revision)
{
    GATE(RtlCreateSecurityDescriptorRelative, SecurityDescriptor, Revision);
    if (Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    memset(SecurityDescriptor, 0, sizeof *SecurityDescriptor);
    SecurityDescriptor->Revision = SECURITY_DESCRIPTOR_REVISION;
    SecurityDescriptor->Control = SE_SELF_RELATIVE;
    return STATUS_SUCCESS;
}

static bool valid_parts(PSECURITY_DESCRIPTOR sd)
{
    PSID owner = rtl_sd_owner(sd), group = rtl_sd_group(sd);
    PACL dacl = rtl_sd_dacl(sd), sacl = rtl_sd_sacl(sd);
    return (!owner || rtl_valid_sid(owner)) && (!group || rtl_valid_sid(group)) &&
           (!dacl || rtl_valid_acl(dacl)) && (!sacl || rtl_valid_acl(sacl));
}

BOOLEAN NTAPI RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    GATE(RtlValidSecurityDescriptor, SecurityDescriptor);
    return SecurityDescriptor &&
           ((PISECURITY_DESCRIPTOR)SecurityDescriptor)->Revision == SECURITY_DESCRIPTOR_REVISION &&
           valid_parts(SecurityDescriptor);
}

static bool sid_inside(PSECURITY_DESCRIPTOR sd, ULONG offset, ULONG length)
{
    if (!offset)
        return true;
    if (offset & 3 || offset < sizeof(SECURITY_DESCRIPTOR_RELATIVE) || offset > length ||
        length - offset < FIELD_OFFSET(SID, SubAuthority))
        return false;
    PSID sid = (PUCHAR)sd + offset;
    return rtl_valid_sid(sid) && rtl_sid_length(sid) <= length - offset;
}

static bool acl_inside(PSECURITY_DESCRIPTOR sd, ULONG offset, ULONG length)
{
    if (!offset)
        return true;
    if (offset & 3 || offset < sizeof(SECURITY_DESCRIPTOR_RELATIVE) || offset > length ||
        length - offset < sizeof(ACL))
        return false;
    PACL acl = (PACL)((PUCHAR)sd + offset);
    return acl->AclSize <= length - offset && rtl_valid_acl(acl);
}

bool rtl_valid_relative_sd(PSECURITY_DESCRIPTOR descriptor, ULONG length)
{
    PISECURITY_DESCRIPTOR_RELATIVE sd = descriptor;
    if (length < sizeof *sd || sd->Revision != SECURITY_DESCRIPTOR_REVISION ||
        !(sd->Control & SE_SELF_RELATIVE))
        return false;
    return sid_inside(sd, sd->Owner, length) && sid_inside(sd, sd->Group, length) &&
           (!(sd->Control & SE_DACL_PRESENT) || acl_inside(sd, sd->Dacl, length)) &&
           (!(sd->Control & SE_SACL_PRESENT) || acl_inside(sd, sd->Sacl, length));
}

/* Whether it is well formed, lies within the length, and has the parts asked for. */
BOOLEAN NTAPI RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptorInput,
                                                 ULONG SecurityDescriptorLength,
                                                 SECURITY_INFORMATION RequiredInformation)
{
    GATE(RtlValidRelativeSecurityDescriptor, SecurityDescriptorInput, SecurityDescriptorLength,
         RequiredInformation);
    PISECURITY_DESCRIPTOR_RELATIVE sd = SecurityDescriptorInput;
    if (!rtl_valid_relative_sd(sd, SecurityDescriptorLength))
        return FALSE;
    if (RequiredInformation & OWNER_SECURITY_INFORMATION && !sd->Owner)
        return FALSE;
    if (RequiredInformation & GROUP_SECURITY_INFORMATION && !sd->Group)
        return FALSE;
    if (RequiredInformation & DACL_SECURITY_INFORMATION && !(sd->Control & SE_DACL_PRESENT))
        return FALSE;
    return !(RequiredInformation & SACL_SECURITY_INFORMATION) || sd->Control & SE_SACL_PRESENT;
}

ULONG NTAPI RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor)
{
    GATE(RtlLengthSecurityDescriptor, SecurityDescriptor);
    ULONG head = rtl_sd_control(SecurityDescriptor) & SE_SELF_RELATIVE ? sizeof(SECURITY_DESCRIPTOR_RELATIVE)
                                                                       : sizeof(SECURITY_DESCRIPTOR);
    return head - (ULONG)sizeof(SECURITY_DESCRIPTOR_RELATIVE) +
           rtl_relative_size(rtl_sd_owner(SecurityDescriptor), rtl_sd_group(SecurityDescriptor),
                             rtl_sd_sacl(SecurityDescriptor), rtl_sd_dacl(SecurityDescriptor));
}

/* --- the parts --- */

static NTSTATUS changeable(PISECURITY_DESCRIPTOR sd)
{
    if (sd->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    return sd->Control & SE_SELF_RELATIVE ? STATUS_INVALID_SECURITY_DESCR : STATUS_SUCCESS;
}

static void set_control(PISECURITY_DESCRIPTOR sd, SECURITY_DESCRIPTOR_CONTROL bit, BOOLEAN on)
{
    sd->Control = (SECURITY_DESCRIPTOR_CONTROL)(on ? sd->Control | bit : sd->Control & ~bit);
}

/* Of an absolute descriptor. A NULL list that is present lets everybody in. STATUS_UNKNOWN_REVISION,
 * STATUS_INVALID_SECURITY_DESCR for a self-relative one. The list is not copied. */
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent,
                                            PACL Dacl, BOOLEAN DaclDefaulted)
{
    GATE(RtlSetDaclSecurityDescriptor, SecurityDescriptor, DaclPresent, Dacl, DaclDefaulted);
    PISECURITY_DESCRIPTOR sd = SecurityDescriptor;
    NTSTATUS status = changeable(sd);
    if (!NT_SUCCESS(status))
        return status;
    set_control(sd, SE_DACL_PRESENT, DaclPresent);
    if (!DaclPresent)
        return STATUS_SUCCESS;
    sd->Dacl = Dacl;
    set_control(sd, SE_DACL_DEFAULTED, DaclDefaulted);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN SaclPresent,
                                            PACL Sacl, BOOLEAN SaclDefaulted)
{
    GATE(RtlSetSaclSecurityDescriptor, SecurityDescriptor, SaclPresent, Sacl, SaclDefaulted);
    PISECURITY_DESCRIPTOR sd = SecurityDescriptor;
    NTSTATUS status = changeable(sd);
    if (!NT_SUCCESS(status))
        return status;
    set_control(sd, SE_SACL_PRESENT, SaclPresent);
    if (!SaclPresent)
        return STATUS_SUCCESS;
    sd->Sacl = Sacl;
    set_control(sd, SE_SACL_DEFAULTED, SaclDefaulted);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner,
                                             BOOLEAN OwnerDefaulted)
{
    GATE(RtlSetOwnerSecurityDescriptor, SecurityDescriptor, Owner, OwnerDefaulted);
    PISECURITY_DESCRIPTOR sd = SecurityDescriptor;
    NTSTATUS status = changeable(sd);
    if (!NT_SUCCESS(status))
        return status;
    sd->Owner = Owner;
    set_control(sd, SE_OWNER_DEFAULTED, OwnerDefaulted);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group,
                                             BOOLEAN GroupDefaulted)
{
    GATE(RtlSetGroupSecurityDescriptor, SecurityDescriptor, Group, GroupDefaulted);
    PISECURITY_DESCRIPTOR sd = SecurityDescriptor;
    NTSTATUS status = changeable(sd);
    if (!NT_SUCCESS(status))
        return status;
    sd->Group = Group;
    set_control(sd, SE_GROUP_DEFAULTED, GroupDefaulted);
    return STATUS_SUCCESS;
}

static NTSTATUS get_acl(PSECURITY_DESCRIPTOR sd, SECURITY_DESCRIPTOR_CONTROL present_bit,
                        SECURITY_DESCRIPTOR_CONTROL defaulted_bit, PACL found, PBOOLEAN present, PACL *acl,
                        PBOOLEAN defaulted)
{
    SECURITY_DESCRIPTOR_CONTROL control = rtl_sd_control(sd);
    if (((PISECURITY_DESCRIPTOR)sd)->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *present = (control & present_bit) != 0;
    if (*present) {
        *acl = found;
        *defaulted = (control & defaulted_bit) != 0;
    }
    return STATUS_SUCCESS;
}

/* The list and the flag are written only when there is a list. */
NTSTATUS NTAPI RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent,
                                            PACL *Dacl, PBOOLEAN DaclDefaulted)
{
    GATE(RtlGetDaclSecurityDescriptor, SecurityDescriptor, DaclPresent, Dacl, DaclDefaulted);
    return get_acl(SecurityDescriptor, SE_DACL_PRESENT, SE_DACL_DEFAULTED, rtl_sd_dacl(SecurityDescriptor),
                   DaclPresent, Dacl, DaclDefaulted);
}

NTSTATUS NTAPI RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN SaclPresent,
                                            PACL *Sacl, PBOOLEAN SaclDefaulted)
{
    GATE(RtlGetSaclSecurityDescriptor, SecurityDescriptor, SaclPresent, Sacl, SaclDefaulted);
    return get_acl(SecurityDescriptor, SE_SACL_PRESENT, SE_SACL_DEFAULTED, rtl_sd_sacl(SecurityDescriptor),
                   SaclPresent, Sacl, SaclDefaulted);
}

NTSTATUS NTAPI RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Owner,
                                             PBOOLEAN OwnerDefaulted)
{
    GATE(RtlGetOwnerSecurityDescriptor, SecurityDescriptor, Owner, OwnerDefaulted);
    if (((PISECURITY_DESCRIPTOR)SecurityDescriptor)->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *Owner = rtl_sd_owner(SecurityDescriptor);
    *OwnerDefaulted = (rtl_sd_control(SecurityDescriptor) & SE_OWNER_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Group,
                                             PBOOLEAN GroupDefaulted)
{
    GATE(RtlGetGroupSecurityDescriptor, SecurityDescriptor, Group, GroupDefaulted);
    if (((PISECURITY_DESCRIPTOR)SecurityDescriptor)->Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    *Group = rtl_sd_group(SecurityDescriptor);
    *GroupDefaulted = (rtl_sd_control(SecurityDescriptor) & SE_GROUP_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

/* --- from one form to the other --- */

ULONG rtl_relative_size(PSID owner, PSID group, PACL sacl, PACL dacl)
{
    return (ULONG)sizeof(SECURITY_DESCRIPTOR_RELATIVE) + (owner ? align4(rtl_sid_length(owner)) : 0) +
           (group ? align4(rtl_sid_length(group)) : 0) + (sacl ? align4(sacl->AclSize) : 0) +
           (dacl ? align4(dacl->AclSize) : 0);
}

static ULONG put(PVOID to, ULONG *at, const void *from, ULONG length)
{
    ULONG offset = *at;
    if (!from)
        return 0;
    memcpy((PUCHAR)to + offset, from, length);
    memset((PUCHAR)to + offset + length, 0, align4(length) - length);
    *at = offset + align4(length);
    return offset;
}

void rtl_make_relative(PVOID to, SECURITY_DESCRIPTOR_CONTROL control, PSID owner, PSID group, PACL sacl,
                       PACL dacl)
{
    ULONG at = sizeof(SECURITY_DESCRIPTOR_RELATIVE);
    PISECURITY_DESCRIPTOR_RELATIVE sd = to;
    *sd =
        (SECURITY_DESCRIPTOR_RELATIVE){.Revision = SECURITY_DESCRIPTOR_REVISION,
                                       .Control = (SECURITY_DESCRIPTOR_CONTROL)(control | SE_SELF_RELATIVE)};
    sd->Sacl = put(to, &at, sacl, sacl ? sacl->AclSize : 0);
    sd->Dacl = put(to, &at, dacl, dacl ? dacl->AclSize : 0);
    sd->Owner = put(to, &at, owner, owner ? rtl_sid_length(owner) : 0);
    sd->Group = put(to, &at, group, group ? rtl_sid_length(group) : 0);
}

/* STATUS_BAD_DESCRIPTOR_FORMAT for one that is self-relative already; STATUS_BUFFER_TOO_SMALL with the size.
 */
NTSTATUS NTAPI RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                           PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                           PULONG BufferLength)
{
    GATE(RtlAbsoluteToSelfRelativeSD, AbsoluteSecurityDescriptor, SelfRelativeSecurityDescriptor,
         BufferLength);
    PISECURITY_DESCRIPTOR sd = AbsoluteSecurityDescriptor;
    if (sd->Control & SE_SELF_RELATIVE)
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    PACL sacl = rtl_sd_sacl(sd), dacl = rtl_sd_dacl(sd);
    ULONG size = rtl_relative_size(sd->Owner, sd->Group, sacl, dacl);
    if (*BufferLength < size) {
        *BufferLength = size;
        return STATUS_BUFFER_TOO_SMALL;
    }
    rtl_make_relative(SelfRelativeSecurityDescriptor, sd->Control, sd->Owner, sd->Group, sacl, dacl);
    return STATUS_SUCCESS;
}

static bool take_size(PULONG given, ULONG needed)
{
    bool enough = *given >= needed;
    *given = needed;
    return enough;
}

/* Each part goes to a buffer of its own; STATUS_BUFFER_TOO_SMALL tells all the sizes. */
NTSTATUS NTAPI RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                           PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                           PULONG AbsoluteSecurityDescriptorSize, PACL Dacl, PULONG DaclSize,
                                           PACL Sacl, PULONG SaclSize, PSID Owner, PULONG OwnerSize,
                                           PSID PrimaryGroup, PULONG PrimaryGroupSize)
{
    GATE(RtlSelfRelativeToAbsoluteSD, SelfRelativeSecurityDescriptor, AbsoluteSecurityDescriptor);
    SECURITY_DESCRIPTOR_CONTROL control = rtl_sd_control(SelfRelativeSecurityDescriptor);
    if (!(control & SE_SELF_RELATIVE))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    PSID owner = rtl_sd_owner(SelfRelativeSecurityDescriptor);
    PSID group = rtl_sd_group(SelfRelativeSecurityDescriptor);
    PACL dacl = rtl_sd_dacl(SelfRelativeSecurityDescriptor),
         sacl = rtl_sd_sacl(SelfRelativeSecurityDescriptor);
    bool enough = take_size(AbsoluteSecurityDescriptorSize, sizeof(SECURITY_DESCRIPTOR));
    enough &= take_size(DaclSize, dacl ? align4(dacl->AclSize) : 0);
    enough &= take_size(SaclSize, sacl ? align4(sacl->AclSize) : 0);
    enough &= take_size(OwnerSize, owner ? align4(rtl_sid_length(owner)) : 0);
    enough &= take_size(PrimaryGroupSize, group ? align4(rtl_sid_length(group)) : 0);
    if (!enough)
        return STATUS_BUFFER_TOO_SMALL;
    PISECURITY_DESCRIPTOR sd = AbsoluteSecurityDescriptor;
    *sd = (SECURITY_DESCRIPTOR){.Revision = SECURITY_DESCRIPTOR_REVISION,
                                .Control = (SECURITY_DESCRIPTOR_CONTROL)(control & ~SE_SELF_RELATIVE)};
    if (owner)
        sd->Owner = memmove(Owner, owner, rtl_sid_length(owner));
    if (group)
        sd->Group = memmove(PrimaryGroup, group, rtl_sid_length(group));
    if (dacl)
        sd->Dacl = memmove(Dacl, dacl, dacl->AclSize);
    if (sacl)
        sd->Sacl = memmove(Sacl, sacl, sacl->AclSize);
    return STATUS_SUCCESS;
}
