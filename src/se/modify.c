/*
 * Reading and changing the descriptors of objects.
 */
#include "sep.h"

NTSTATUS SepQuery(PSECURITY_DESCRIPTOR sd, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR to, ULONG length,
                  ULONG *needed)
{
    PSID owner = sd && what & OWNER_SECURITY_INFORMATION ? rtl_sd_owner(sd) : NULL;
    PSID group = sd && what & GROUP_SECURITY_INFORMATION ? rtl_sd_group(sd) : NULL;
    PACL dacl = sd && what & DACL_SECURITY_INFORMATION ? rtl_sd_dacl(sd) : NULL;
    PACL sacl = sd && what & SACL_SECURITY_INFORMATION ? rtl_sd_sacl(sd) : NULL;
    SECURITY_DESCRIPTOR_CONTROL control = sd ? rtl_sd_control(sd) : 0, told = 0;
    if (what & OWNER_SECURITY_INFORMATION)
        told |= control & SE_OWNER_DEFAULTED;
    if (what & GROUP_SECURITY_INFORMATION)
        told |= control & SE_GROUP_DEFAULTED;
    if (what & DACL_SECURITY_INFORMATION)
        told |= control & (SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED);
    if (what & SACL_SECURITY_INFORMATION)
        told |= control & (SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED);
    *needed = rtl_relative_size(owner, group, sacl, dacl);
    if (length < *needed)
        return STATUS_BUFFER_TOO_SMALL;
    rtl_make_relative(to, told, owner, group, sacl, dacl);
    return STATUS_SUCCESS;
}

/* Of the two descriptors, each part from the one that `what` says; SepAssign maps and checks the new parts.
 */
NTSTATUS SepReplace(PSECURITY_DESCRIPTOR old, PSECURITY_DESCRIPTOR from, SECURITY_INFORMATION what,
                    struct sep_token *token, const GENERIC_MAPPING *mapping, KPROCESSOR_MODE mode,
                    PSECURITY_DESCRIPTOR *result)
{
    const SECURITY_DESCRIPTOR_CONTROL dacl_bits =
        SE_DACL_PRESENT | SE_DACL_DEFAULTED | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED;
    const SECURITY_DESCRIPTOR_CONTROL sacl_bits =
        SE_SACL_PRESENT | SE_SACL_DEFAULTED | SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED;
    PSECURITY_DESCRIPTOR mapped;
    *result = NULL;
    if (what & OWNER_SECURITY_INFORMATION && !rtl_sd_owner(from))
        return STATUS_INVALID_OWNER;
    if (what & GROUP_SECURITY_INFORMATION && !rtl_sd_group(from))
        return STATUS_INVALID_PRIMARY_GROUP;
    /* Only what is taken from it is checked. */
    SECURITY_DESCRIPTOR chosen = {
        .Revision = SECURITY_DESCRIPTOR_REVISION,
        .Control = (SECURITY_DESCRIPTOR_CONTROL)(rtl_sd_control(from) &
                                                 ((what & DACL_SECURITY_INFORMATION ? dacl_bits : 0) |
                                                  (what & SACL_SECURITY_INFORMATION ? sacl_bits : 0))),
        .Owner = what & OWNER_SECURITY_INFORMATION ? rtl_sd_owner(from) : NULL,
        .Group = what & GROUP_SECURITY_INFORMATION ? rtl_sd_group(from) : NULL,
        .Dacl = rtl_sd_dacl(from),
        .Sacl = rtl_sd_sacl(from)};
    NTSTATUS status = SepAssign(NULL, &chosen, FALSE, token, mapping, mode, &mapped);
    if (!NT_SUCCESS(status))
        return status;
    SECURITY_DESCRIPTOR_CONTROL was = old ? rtl_sd_control(old) : 0;
    bool new_dacl = what & DACL_SECURITY_INFORMATION, new_sacl = what & SACL_SECURITY_INFORMATION;
    SECURITY_DESCRIPTOR_CONTROL control =
        (SECURITY_DESCRIPTOR_CONTROL)(((new_dacl ? chosen.Control : was) & dacl_bits) |
                                      ((new_sacl ? chosen.Control : was) & sacl_bits));
    if (what & PROTECTED_DACL_SECURITY_INFORMATION)
        control |= SE_DACL_PROTECTED;
    if (what & UNPROTECTED_DACL_SECURITY_INFORMATION)
        control &= ~SE_DACL_PROTECTED;
    PSID owner = what & OWNER_SECURITY_INFORMATION || !old ? rtl_sd_owner(mapped) : rtl_sd_owner(old);
    PSID group = what & GROUP_SECURITY_INFORMATION || !old ? rtl_sd_group(mapped) : rtl_sd_group(old);
    /* A list that is taken away is no list, not the default one. */
    PACL dacl = !new_dacl                          ? (old ? rtl_sd_dacl(old) : NULL)
                : chosen.Control & SE_DACL_PRESENT ? rtl_sd_dacl(mapped)
                                                   : NULL;
    PACL sacl = new_sacl ? rtl_sd_sacl(mapped) : old ? rtl_sd_sacl(old) : NULL;
    *result = MmAllocateSystemPool(rtl_relative_size(owner, group, sacl, dacl), SE_TAG_DESCRIPTOR);
    if (*result)
        rtl_make_relative(*result, control, owner, group, sacl, dacl);
    MmFreeSystemPool(mapped);
    return *result ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/*
 * The parts asked for, self-relative; *Length: room, then the size. STATUS_BUFFER_TOO_SMALL. (WDK:
 * SeQuerySecurityDescriptorInfo)
 */
NTSTATUS NTAPI SeQuerySecurityDescriptorInfo(PSECURITY_INFORMATION SecurityInformation,
                                             PSECURITY_DESCRIPTOR SecurityDescriptor, PULONG Length,
                                             PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor)
{
    GATE(SeQuerySecurityDescriptorInfo, SecurityInformation, SecurityDescriptor, Length);
    ULONG needed;
    NTSTATUS status =
        SepQuery(*ObjectsSecurityDescriptor, *SecurityInformation, SecurityDescriptor, *Length, &needed);
    *Length = needed;
    return status;
}

/*
 * *ObjectsSecurityDescriptor gives way to a new one from pool, with the parts that SecurityInformation says;
 * the old one stays the caller's to free. STATUS_NO_SECURITY_ON_OBJECT when there is none,
 * STATUS_BAD_DESCRIPTOR_FORMAT when it is not self-relative. (WDK: SeSetSecurityDescriptorInfo)
 */
NTSTATUS NTAPI SeSetSecurityDescriptorInfo(PVOID Object, PSECURITY_INFORMATION SecurityInformation,
                                           PSECURITY_DESCRIPTOR ModificationDescriptor,
                                           PSECURITY_DESCRIPTOR *ObjectsSecurityDescriptor,
                                           POOL_TYPE PoolType, PGENERIC_MAPPING GenericMapping)
{
    GATE(SeSetSecurityDescriptorInfo, Object, SecurityInformation, ModificationDescriptor,
         ObjectsSecurityDescriptor);
    (void)Object;
    PSECURITY_DESCRIPTOR made;
    SECURITY_SUBJECT_CONTEXT subject;
    if (!*ObjectsSecurityDescriptor)
        return STATUS_NO_SECURITY_ON_OBJECT;
    if (!(rtl_sd_control(*ObjectsSecurityDescriptor) & SE_SELF_RELATIVE))
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    SeCaptureSubjectContext(&subject);
    NTSTATUS status = SepReplace(*ObjectsSecurityDescriptor, ModificationDescriptor, *SecurityInformation,
                                 sep_effective(&subject), GenericMapping, KiPreviousMode(), &made);
    SeReleaseSubjectContext(&subject);
    if (!NT_SUCCESS(status))
        return status;
    ULONG size =
        rtl_relative_size(rtl_sd_owner(made), rtl_sd_group(made), rtl_sd_sacl(made), rtl_sd_dacl(made));
    PVOID copy = MmAllocatePoolFor(__builtin_return_address(0), PoolType, size, SE_TAG_DESCRIPTOR);
    if (copy)
        *ObjectsSecurityDescriptor = memcpy(copy, made, size);
    MmFreeSystemPool(made);
    return copy ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
