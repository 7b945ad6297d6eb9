/*
 * Security descriptors from text: the Security Descriptor Definition Language, without the entries that only
 * directory services, resources and conditions need. (Windows SDK: Security Descriptor String Format; WDK:
 * SDDL for Device Objects)
 */
#include "sep.h"

struct parser {
    const WCHAR *at, *end;
};

struct parts {
    SECURITY_DESCRIPTOR_CONTROL control;
    PSID owner, group;
    PACL dacl, sacl;
    UCHAR sids[2][SECURITY_MAX_SID_SIZE] __attribute__((aligned(4)));
};

struct code {
    char text[4];
    ULONG value;
};

static WCHAR upcase(WCHAR c)
{
    return c >= L'a' && c <= L'z' ? (WCHAR)(c - 32) : c;
}

static void skip_blanks(struct parser *p)
{
    while (p->at < p->end && (*p->at == L' ' || *p->at == L'\t' || *p->at == L'\r' || *p->at == L'\n'))
        p->at++;
}

static bool take(struct parser *p, WCHAR c)
{
    skip_blanks(p);
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

static bool take_text(struct parser *p, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(p->end - p->at) < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (upcase(p->at[i]) != (WCHAR)text[i])
            return false;
    p->at += n;
    return true;
}

static int digit(WCHAR c, unsigned base)
{
    int value = c >= L'0' && c <= L'9'                   ? c - L'0'
                : upcase(c) >= L'A' && upcase(c) <= L'F' ? upcase(c) - L'A' + 10
                                                         : 16;
    return value < (int)base ? value : -1;
}

/* Decimal, 0x hexadecimal, or (where allowed) octal with a leading zero, not beyond `most`. */
static bool take_number(struct parser *p, ULONG64 most, bool octal, ULONG64 *value)
{
    unsigned base = 10;
    skip_blanks(p);
    if (take_text(p, "0X"))
        base = 16;
    else if (octal && p->end - p->at > 1 && p->at[0] == L'0' && digit(p->at[1], 8) >= 0)
        base = 8;
    const WCHAR *start = p->at;
    *value = 0;
    for (; p->at < p->end && digit(*p->at, base) >= 0; p->at++) {
        if (base == 16 && p->end - p->at > 1 && p->at[1] == L':') /* the next section's letter */
            break;
        *value = *value * base + (unsigned)digit(*p->at, base);
        if (*value > most)
            return false;
    }
    return p->at > start;
}

/* S-1-... or one of the two-letter names. */
static NTSTATUS take_sid(struct parser *p, PSID to)
{
    PISID sid = to;
    ULONG64 value;
    skip_blanks(p);
    if (p->end - p->at < 2)
        return STATUS_INVALID_PARAMETER;
    if (!take_text(p, "S-")) {
        PSID known = sep_sid_by_alias(p->at);
        if (!known)
            return STATUS_INVALID_PARAMETER;
        memcpy(to, known, rtl_sid_length(known));
        p->at += 2;
        return STATUS_SUCCESS;
    }
    if (!take_number(p, SID_REVISION, false, &value) || value != SID_REVISION || !take(p, L'-') ||
        !take_number(p, 0xFFFFFFFFFFFFull, false, &value))
        return STATUS_INVALID_PARAMETER;
    sid->Revision = SID_REVISION;
    sid->SubAuthorityCount = 0;
    for (int i = 0; i < 6; i++)
        sid->IdentifierAuthority.Value[i] = (UCHAR)(value >> (8 * (5 - i)));
    while (p->at < p->end && *p->at == L'-') {
        p->at++;
        if (sid->SubAuthorityCount == SID_MAX_SUB_AUTHORITIES || !take_number(p, 0xFFFFFFFF, false, &value))
            return STATUS_INVALID_PARAMETER;
        sid->SubAuthority[sid->SubAuthorityCount++] = (ULONG)value;
    }
    return sid->SubAuthorityCount ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* Two-letter words up to the next semicolon, or'ed. */
static bool take_codes(struct parser *p, const struct code *codes, size_t count, ULONG *value)
{
    *value = 0;
    for (;;) {
        size_t i = 0;
        skip_blanks(p);
        if (p->at < p->end && *p->at == L';')
            return true;
        while (i < count && !take_text(p, codes[i].text))
            i++;
        if (i == count)
            return false;
        *value |= codes[i].value;
    }
}

static const struct code rights[] = {
    {"GA", GENERIC_ALL},
    {"GR", GENERIC_READ},
    {"GW", GENERIC_WRITE},
    {"GX", GENERIC_EXECUTE},
    {"RC", READ_CONTROL},
    {"SD", DELETE},
    {"WD", WRITE_DAC},
    {"WO", WRITE_OWNER},
    {"CC", 0x0001},
    {"DC", 0x0002},
    {"LC", 0x0004},
    {"SW", 0x0008},
    {"RP", 0x0010},
    {"WP", 0x0020},
    {"DT", 0x0040},
    {"LO", 0x0080},
    {"CR", 0x0100},
    {"FA", FILE_ALL_ACCESS},
    {"FR", FILE_GENERIC_READ},
    {"FW", FILE_GENERIC_WRITE},
    {"FX", FILE_GENERIC_EXECUTE},
    {"KA", 0x000F003F},
    {"KR", 0x00020019},
    {"KW", 0x00020006},
    {"KX", 0x00020019},
};

static const struct code ace_flags[] = {
    {"OI", OBJECT_INHERIT_ACE},     {"CI", CONTAINER_INHERIT_ACE}, {"NP", NO_PROPAGATE_INHERIT_ACE},
    {"IO", INHERIT_ONLY_ACE},       {"ID", INHERITED_ACE},         {"SA", SUCCESSFUL_ACCESS_ACE_FLAG},
    {"FA", FAILED_ACCESS_ACE_FLAG},
};

static bool take_rights(struct parser *p, ULONG *mask)
{
    skip_blanks(p);
    if (p->at < p->end && digit(*p->at, 10) >= 0) {
        ULONG64 value;
        bool good = take_number(p, 0xFFFFFFFF, true, &value);
        *mask = (ULONG)value;
        return good;
    }
    return take_codes(p, rights, sizeof rights / sizeof rights[0], mask);
}

/* (type;flags;rights;;;sid), behind the parenthesis. The list has room for it. */
static NTSTATUS take_ace(struct parser *p, PACL acl, ULONG *used, bool audit)
{
    UCHAR type;
    ULONG flags, mask;
    skip_blanks(p);
    if (audit && take_text(p, "AU"))
        type = SYSTEM_AUDIT_ACE_TYPE;
    else if (!audit && take_text(p, "A"))
        type = ACCESS_ALLOWED_ACE_TYPE;
    else if (!audit && take_text(p, "D"))
        type = ACCESS_DENIED_ACE_TYPE;
    else
        return STATUS_INVALID_PARAMETER;
    if (!take(p, L';') || !take_codes(p, ace_flags, sizeof ace_flags / sizeof ace_flags[0], &flags) ||
        !take(p, L';') || !take_rights(p, &mask) || !take(p, L';') || !take(p, L';') || !take(p, L';'))
        return STATUS_INVALID_PARAMETER;
    if (!audit && flags & (SUCCESSFUL_ACCESS_ACE_FLAG | FAILED_ACCESS_ACE_FLAG))
        return STATUS_INVALID_PARAMETER;
    PACCESS_ALLOWED_ACE ace = (PACCESS_ALLOWED_ACE)((PUCHAR)acl + *used);
    NTSTATUS status = take_sid(p, (PUCHAR)ace + FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart));
    if (!NT_SUCCESS(status))
        return status;
    if (!take(p, L')'))
        return STATUS_INVALID_PARAMETER;
    ULONG size =
        (ULONG)FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + rtl_sid_length(rtl_ace_sid(&ace->Header));
    ace->Header = (ACE_HEADER){type, (UCHAR)flags, (USHORT)size};
    ace->Mask = mask;
    *used += size;
    acl->AceCount++;
    return *used > 0xFFFC ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

/* The flags before the entries. */
static void take_acl_flags(struct parser *p, struct parts *parts, bool audit, bool *null)
{
    static const struct code flags[] = {
        {"AR", SE_DACL_AUTO_INHERIT_REQ}, {"AI", SE_DACL_AUTO_INHERITED}, {"P", SE_DACL_PROTECTED}};
    *null = false;
    for (bool more = true; more;) {
        more = false;
        skip_blanks(p);
        if (!audit && take_text(p, "NO_ACCESS_CONTROL"))
            more = *null = true;
        for (size_t i = 0; !more && i < sizeof flags / sizeof flags[0]; i++)
            if (take_text(p, flags[i].text)) {
                parts->control |= (SECURITY_DESCRIPTOR_CONTROL)(flags[i].value << (audit ? 1 : 0));
                more = true;
            }
    }
}

static NTSTATUS take_acl(struct parser *p, struct parts *parts, bool audit)
{
    size_t entries = 0;
    bool null;
    for (const WCHAR *c = p->at; c < p->end; c++)
        entries += *c == L'(';
    size_t size =
        sizeof(ACL) + entries * (FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + SECURITY_MAX_SID_SIZE);
    PACL acl = calloc(1, size);
    if (!acl)
        return STATUS_INSUFFICIENT_RESOURCES;
    *(audit ? &parts->sacl : &parts->dacl) = acl;
    parts->control |= audit ? SE_SACL_PRESENT : SE_DACL_PRESENT;
    acl->AclRevision = ACL_REVISION;
    take_acl_flags(p, parts, audit, &null);
    ULONG used = sizeof(ACL);
    while (take(p, L'(')) {
        NTSTATUS status = take_ace(p, acl, &used, audit);
        if (!NT_SUCCESS(status))
            return status;
    }
    acl->AclSize = (USHORT)used;
    if (null && acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    if (null) {
        free(acl);
        parts->dacl = NULL;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS take_section(struct parser *p, struct parts *parts)
{
    WCHAR letter = upcase(*p->at++);
    if (!take(p, L':'))
        return STATUS_INVALID_PARAMETER;
    switch (letter) {
    case L'O':
        return parts->owner ? STATUS_INVALID_PARAMETER : take_sid(p, parts->owner = parts->sids[0]);
    case L'G':
        return parts->group ? STATUS_INVALID_PARAMETER : take_sid(p, parts->group = parts->sids[1]);
    case L'D':
        return parts->control & SE_DACL_PRESENT ? STATUS_INVALID_PARAMETER : take_acl(p, parts, false);
    case L'S':
        return parts->control & SE_SACL_PRESENT ? STATUS_INVALID_PARAMETER : take_acl(p, parts, true);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS SeDescriptorFromText(PCUNICODE_STRING text, PSECURITY_DESCRIPTOR *descriptor)
{
    struct parser p = {text->Buffer, text->Buffer + text->Length / sizeof(WCHAR)};
    struct parts parts = {0};
    NTSTATUS status = STATUS_SUCCESS;
    *descriptor = NULL;
    for (skip_blanks(&p); NT_SUCCESS(status) && p.at < p.end; skip_blanks(&p))
        status = take_section(&p, &parts);
    if (NT_SUCCESS(status)) {
        ULONG size = rtl_relative_size(parts.owner, parts.group, parts.sacl, parts.dacl);
        *descriptor = MmAllocateSystemPool(size, SE_TAG_DESCRIPTOR);
        if (*descriptor)
            rtl_make_relative(*descriptor, parts.control, parts.owner, parts.group, parts.sacl, parts.dacl);
        else
            status = STATUS_INSUFFICIENT_RESOURCES;
    }
    free(parts.dacl);
    free(parts.sacl);
    return status;
}
