/*
 * Identifiers and descriptors as text, and the names of accounts.
 */
#include "win32p.h"

#include <sddl.h>
#include <stdlib.h>
#include <string.h>

#define SID_TEXT 192 /* fifteen numbers of ten digits, and what is before them */

static BOOL give(LPVOID client, const void *data, size_t size)
{
    HLOCAL copy = LocalAlloc(LMEM_FIXED, size);
    if (!copy)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(copy, data, size);
    if (win32_write(client, &copy, sizeof copy))
        return TRUE;
    LocalFree(copy);
    return FALSE;
}

static bool text_of(PSID sid, WCHAR text[SID_TEXT])
{
    return IsValidSid(sid) ? win32_result(win32_sid_text(sid, text, SID_TEXT))
                           : win32_error(ERROR_INVALID_SID);
}

BOOL WINAPI ConvertSidToStringSidW(PSID Sid, LPWSTR *StringSid)
{
    WCHAR text[SID_TEXT];
    return text_of(Sid, text) && give(StringSid, text, (win32_length(text) + 1) * sizeof(WCHAR));
}

BOOL WINAPI ConvertSidToStringSidA(PSID Sid, LPSTR *StringSid)
{
    WCHAR text[SID_TEXT];
    if (!text_of(Sid, text))
        return FALSE;
    LPSTR narrow = win32_narrow(text);
    BOOL done = narrow ? give(StringSid, narrow, strlen(narrow) + 1) : win32_error(ERROR_NOT_ENOUGH_MEMORY);
    free(narrow);
    return done;
}

/* A descriptor's owner is written as the identifier alone is. */
static BOOL to_sid(const struct win32_wide *text, PSID *client)
{
    void *made;
    uint32_t size;
    if (!text->text)
        return win32_error(ERROR_INVALID_PARAMETER);
    LPWSTR owner = malloc((text->length + 3) * sizeof(WCHAR));
    if (!owner)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    memcpy(owner, L"O:", 2 * sizeof(WCHAR));
    memcpy(owner + 2, text->text, (text->length + 1) * sizeof(WCHAR));
    NTSTATUS status = win32_descriptor_from_text((const uint16_t *)owner, text->length + 2, &made, &size);
    free(owner);
    if (!NT_SUCCESS(status))
        return win32_error(ERROR_INVALID_SID);
    const SECURITY_DESCRIPTOR_RELATIVE *descriptor = made;
    BOOL alone = descriptor->Owner && !descriptor->Group &&
                 !(descriptor->Control & (SE_DACL_PRESENT | SE_SACL_PRESENT));
    PSID sid = (char *)made + descriptor->Owner;
    BOOL done = alone ? give(client, sid, GetLengthSid(sid)) : win32_error(ERROR_INVALID_SID);
    win32_free_descriptor(made);
    return done;
}

BOOL WINAPI ConvertStringSidToSidW(LPCWSTR StringSid, PSID *Sid)
{
    struct win32_wide text;
    if (!win32_wide_from_wide(&text, StringSid))
        return FALSE;
    BOOL done = to_sid(&text, Sid);
    win32_wide_free(&text);
    return done;
}

BOOL WINAPI ConvertStringSidToSidA(LPCSTR StringSid, PSID *Sid)
{
    struct win32_wide text;
    if (!win32_wide_from_ansi(&text, StringSid))
        return FALSE;
    BOOL done = to_sid(&text, Sid);
    win32_wide_free(&text);
    return done;
}

static BOOL to_descriptor(const struct win32_wide *text, DWORD revision, PSECURITY_DESCRIPTOR *client,
                          PULONG length)
{
    void *made;
    uint32_t size;
    if (!text->text)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (revision != SDDL_REVISION_1)
        return win32_error(ERROR_UNKNOWN_REVISION);
    NTSTATUS status = win32_descriptor_from_text((const uint16_t *)text->text, text->length, &made, &size);
    if (!NT_SUCCESS(status))
        return win32_fail(status);
    BOOL done = win32_store((LPDWORD)length, size) && give(client, made, size);
    win32_free_descriptor(made);
    return done;
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(LPCWSTR StringSecurityDescriptor,
                                                                 DWORD StringSDRevision,
                                                                 PSECURITY_DESCRIPTOR *SecurityDescriptor,
                                                                 PULONG SecurityDescriptorSize)
{
    struct win32_wide text;
    if (!win32_wide_from_wide(&text, StringSecurityDescriptor))
        return FALSE;
    BOOL done = to_descriptor(&text, StringSDRevision, SecurityDescriptor, SecurityDescriptorSize);
    win32_wide_free(&text);
    return done;
}

BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(LPCSTR StringSecurityDescriptor,
                                                                 DWORD StringSDRevision,
                                                                 PSECURITY_DESCRIPTOR *SecurityDescriptor,
                                                                 PULONG SecurityDescriptorSize)
{
    struct win32_wide text;
    if (!win32_wide_from_ansi(&text, StringSecurityDescriptor))
        return FALSE;
    BOOL done = to_descriptor(&text, StringSDRevision, SecurityDescriptor, SecurityDescriptorSize);
    win32_wide_free(&text);
    return done;
}

/* --- names --- */

enum domain { NOBODYS, AUTHORITY, BUILTIN, LABEL, MACHINE };

static const struct account {
    LPCWSTR sid, name;
    enum domain domain;
    SID_NAME_USE use;
} accounts[] = {
    {L"S-1-0-0", L"NULL SID", NOBODYS, SidTypeWellKnownGroup},
    {L"S-1-1-0", L"Everyone", NOBODYS, SidTypeWellKnownGroup},
    {L"S-1-2-0", L"LOCAL", NOBODYS, SidTypeWellKnownGroup},
    {L"S-1-3-0", L"CREATOR OWNER", NOBODYS, SidTypeWellKnownGroup},
    {L"S-1-3-1", L"CREATOR GROUP", NOBODYS, SidTypeWellKnownGroup},
    {L"S-1-3-4", L"OWNER RIGHTS", NOBODYS, SidTypeWellKnownGroup},
    {L"S-1-5-1", L"DIALUP", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-2", L"NETWORK", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-3", L"BATCH", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-4", L"INTERACTIVE", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-6", L"SERVICE", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-7", L"ANONYMOUS LOGON", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-10", L"SELF", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-11", L"Authenticated Users", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-12", L"RESTRICTED", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-18", L"SYSTEM", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-19", L"LOCAL SERVICE", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-20", L"NETWORK SERVICE", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-33", L"WRITE RESTRICTED", AUTHORITY, SidTypeWellKnownGroup},
    {L"S-1-5-32-544", L"Administrators", BUILTIN, SidTypeAlias},
    {L"S-1-5-32-545", L"Users", BUILTIN, SidTypeAlias},
    {L"S-1-5-32-546", L"Guests", BUILTIN, SidTypeAlias},
    {L"S-1-5-32-547", L"Power Users", BUILTIN, SidTypeAlias},
    {L"S-1-5-32-551", L"Backup Operators", BUILTIN, SidTypeAlias},
    {L"S-1-5-32-555", L"Remote Desktop Users", BUILTIN, SidTypeAlias},
    {L"S-1-16-0", L"Untrusted Mandatory Level", LABEL, SidTypeLabel},
    {L"S-1-16-4096", L"Low Mandatory Level", LABEL, SidTypeLabel},
    {L"S-1-16-8192", L"Medium Mandatory Level", LABEL, SidTypeLabel},
    {L"S-1-16-12288", L"High Mandatory Level", LABEL, SidTypeLabel},
    {L"S-1-16-16384", L"System Mandatory Level", LABEL, SidTypeLabel},
    {L"S-1-5-21-1000000001-1000000002-1000000003-500", L"Administrator", MACHINE, SidTypeUser},
    {L"S-1-5-21-1000000001-1000000002-1000000003-501", L"Guest", MACHINE, SidTypeUser},
    {L"S-1-5-21-1000000001-1000000002-1000000003-513", L"None", MACHINE, SidTypeGroup},
};

static const struct account *account_of(PSID sid)
{
    WCHAR text[SID_TEXT];
    if (!text_of(sid, text))
        return NULL;
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++)
        if (win32_equal(accounts[i].sid, text))
            return &accounts[i];
    win32_error(ERROR_NONE_MAPPED);
    return NULL;
}

static LPCWSTR domain_of(const struct account *account, WCHAR computer[MAX_PATH])
{
    static const LPCWSTR names[] = {L"", L"NT AUTHORITY", L"BUILTIN", L"Mandatory Label"};
    DWORD size = MAX_PATH;
    if (account->domain != MACHINE)
        return names[account->domain];
    return GetComputerNameW(computer, &size) ? computer : L"";
}

/* Both lengths are told, also where only one of the two has no room. */
BOOL WINAPI LookupAccountSidW(LPCWSTR lpSystemName, PSID Sid, LPWSTR Name, LPDWORD cchName,
                              LPWSTR ReferencedDomainName, LPDWORD cchReferencedDomainName,
                              PSID_NAME_USE peUse)
{
    WCHAR computer[MAX_PATH];
    const struct account *account = account_of(Sid);
    (void)lpSystemName;
    if (!account)
        return FALSE;
    BOOL name = win32_give_sized_wide(Name, cchName, account->name, ERROR_INSUFFICIENT_BUFFER, 0);
    BOOL domain = win32_give_sized_wide(ReferencedDomainName, cchReferencedDomainName,
                                        domain_of(account, computer), ERROR_INSUFFICIENT_BUFFER, 0);
    return name && domain && win32_write(peUse, &account->use, sizeof *peUse);
}

BOOL WINAPI LookupAccountSidA(LPCSTR lpSystemName, PSID Sid, LPSTR Name, LPDWORD cchName,
                              LPSTR ReferencedDomainName, LPDWORD cchReferencedDomainName,
                              PSID_NAME_USE peUse)
{
    WCHAR computer[MAX_PATH];
    const struct account *account = account_of(Sid);
    (void)lpSystemName;
    if (!account)
        return FALSE;
    LPSTR own = win32_narrow(account->name), its = win32_narrow(domain_of(account, computer));
    BOOL done = own && its ? TRUE : win32_error(ERROR_NOT_ENOUGH_MEMORY);
    if (done) {
        BOOL name = win32_give_sized_ansi(Name, cchName, own, ERROR_INSUFFICIENT_BUFFER, 0);
        BOOL domain = win32_give_sized_ansi(ReferencedDomainName, cchReferencedDomainName, its,
                                            ERROR_INSUFFICIENT_BUFFER, 0);
        done = name && domain && win32_write(peUse, &account->use, sizeof *peUse);
    }
    free(own);
    free(its);
    return done;
}
