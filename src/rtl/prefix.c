/*
 * Prefix tables: which of the names in the table is the longest prefix of a path, whole components only. An
 * entry is the caller's memory and stands in a list of the table's, in the order of the names.
 */
#include "rtl.h"

#include <string.h>

enum {
    TABLE_ANSI = 0x0200,
    ENTRY_ANSI = 0x0201,
    TABLE_WIDE = 0x0800,
    ENTRY_WIDE = 0x0801
}; /* node types, NT's */

static LONG compare(PCUNICODE_STRING a, PCUNICODE_STRING b)
{
    ULONG most = (a->Length < b->Length ? a->Length : b->Length) / (ULONG)sizeof(WCHAR);
    for (ULONG i = 0; i < most; i++)
        if (a->Buffer[i] != b->Buffer[i])
            return (LONG)a->Buffer[i] - (LONG)b->Buffer[i];
    return (LONG)a->Length - (LONG)b->Length;
}

/* How many components: NT's sort of the trees, and what NameLength says. */
static CSHORT components(PCUNICODE_STRING name)
{
    CSHORT count = 1;
    for (ULONG i = 0; i + 1 < name->Length / sizeof(WCHAR); i++)
        count += name->Buffer[i] == '\\';
    return count;
}

/* Whole components of name, from the first on. Characters from index on are compared without regard to case.
 */
static bool is_prefix(PCUNICODE_STRING prefix, PCUNICODE_STRING name, ULONG index)
{
    ULONG length = prefix->Length / (ULONG)sizeof(WCHAR);
    if (prefix->Length > name->Length)
        return false;
    for (ULONG i = 0; i < length; i++) {
        WCHAR a = prefix->Buffer[i], b = name->Buffer[i];
        if (a != b && (i < index || rtl_upcase(a) != rtl_upcase(b)))
            return false;
    }
    return prefix->Length == name->Length || !length || prefix->Buffer[length - 1] == '\\' ||
           name->Buffer[length] == '\\';
}

VOID RtlInitializeUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable)
{
    GATE(RtlInitializeUnicodePrefix, PrefixTable);
    PrefixTable->NodeTypeCode = TABLE_WIDE;
    PrefixTable->NameLength = 0;
    PrefixTable->NextPrefixTree = NULL;
    PrefixTable->LastNextEntry = NULL;
}

/* FALSE, and no entry, for a name that is there already with the same case. */
BOOLEAN RtlInsertUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING Prefix,
                               PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry)
{
    GATE(RtlInsertUnicodePrefix, PrefixTable, Prefix, PrefixTableEntry);
    PUNICODE_PREFIX_TABLE_ENTRY *at = &PrefixTable->NextPrefixTree;
    LONG order = -1;
    while (*at && (order = compare(Prefix, (*at)->Prefix)) > 0)
        at = &(*at)->NextPrefixTree;
    if (*at && order == 0)
        return FALSE;
    PrefixTableEntry->NodeTypeCode = ENTRY_WIDE;
    PrefixTableEntry->NameLength = components(Prefix);
    PrefixTableEntry->CaseMatch = PrefixTableEntry;
    RtlInitializeSplayLinks(&PrefixTableEntry->Links);
    PrefixTableEntry->Prefix = Prefix;
    PrefixTableEntry->NextPrefixTree = *at;
    *at = PrefixTableEntry;
    return TRUE;
}

VOID RtlRemoveUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry)
{
    GATE(RtlRemoveUnicodePrefix, PrefixTable, PrefixTableEntry);
    PrefixTable->LastNextEntry = NULL;
    for (PUNICODE_PREFIX_TABLE_ENTRY *at = &PrefixTable->NextPrefixTree; *at; at = &(*at)->NextPrefixTree)
        if (*at == PrefixTableEntry) {
            *at = PrefixTableEntry->NextPrefixTree;
            return;
        }
}

/* The longest prefix of FullName in the table, or NULL. CaseInsensitiveIndex: characters before it must have
 * the same case. */
PUNICODE_PREFIX_TABLE_ENTRY RtlFindUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PCUNICODE_STRING FullName,
                                                 ULONG CaseInsensitiveIndex)
{
    GATE(RtlFindUnicodePrefix, PrefixTable, FullName, CaseInsensitiveIndex);
    PUNICODE_PREFIX_TABLE_ENTRY best = NULL;
    for (PUNICODE_PREFIX_TABLE_ENTRY at = PrefixTable->NextPrefixTree; at; at = at->NextPrefixTree)
        if ((!best || at->Prefix->Length > best->Prefix->Length) &&
            is_prefix(at->Prefix, FullName, CaseInsensitiveIndex))
            best = at;
    return best;
}

/* All entries, one at a call: the first with Restart, NULL after the last. */
PUNICODE_PREFIX_TABLE_ENTRY RtlNextUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, BOOLEAN Restart)
{
    GATE(RtlNextUnicodePrefix, PrefixTable, Restart);
    PUNICODE_PREFIX_TABLE_ENTRY last = PrefixTable->LastNextEntry;
    PUNICODE_PREFIX_TABLE_ENTRY next = Restart || !last ? PrefixTable->NextPrefixTree : last->NextPrefixTree;
    PrefixTable->LastNextEntry = next;
    return next;
}

/* --- the same for narrow strings, which are compared as they are --- */

static bool is_narrow_prefix(const STRING *prefix, const STRING *name)
{
    if (prefix->Length > name->Length || memcmp(prefix->Buffer, name->Buffer, prefix->Length))
        return false;
    return prefix->Length == name->Length || !prefix->Length || prefix->Buffer[prefix->Length - 1] == '\\' ||
           name->Buffer[prefix->Length] == '\\';
}

VOID PfxInitialize(PPREFIX_TABLE PrefixTable)
{
    GATE(PfxInitialize, PrefixTable);
    PrefixTable->NodeTypeCode = TABLE_ANSI;
    PrefixTable->NameLength = 0;
    PrefixTable->NextPrefixTree = NULL;
}

BOOLEAN PfxInsertPrefix(PPREFIX_TABLE PrefixTable, PSTRING Prefix, PPREFIX_TABLE_ENTRY PrefixTableEntry)
{
    GATE(PfxInsertPrefix, PrefixTable, Prefix, PrefixTableEntry);
    PPREFIX_TABLE_ENTRY *at = &PrefixTable->NextPrefixTree;
    for (; *at; at = &(*at)->NextPrefixTree)
        if ((*at)->Prefix->Length == Prefix->Length &&
            !memcmp((*at)->Prefix->Buffer, Prefix->Buffer, Prefix->Length))
            return FALSE;
    PrefixTableEntry->NodeTypeCode = ENTRY_ANSI;
    PrefixTableEntry->NameLength = (CSHORT)Prefix->Length;
    RtlInitializeSplayLinks(&PrefixTableEntry->Links);
    PrefixTableEntry->Prefix = Prefix;
    PrefixTableEntry->NextPrefixTree = NULL;
    *at = PrefixTableEntry;
    return TRUE;
}

VOID PfxRemovePrefix(PPREFIX_TABLE PrefixTable, PPREFIX_TABLE_ENTRY PrefixTableEntry)
{
    GATE(PfxRemovePrefix, PrefixTable, PrefixTableEntry);
    for (PPREFIX_TABLE_ENTRY *at = &PrefixTable->NextPrefixTree; *at; at = &(*at)->NextPrefixTree)
        if (*at == PrefixTableEntry) {
            *at = PrefixTableEntry->NextPrefixTree;
            return;
        }
}

PPREFIX_TABLE_ENTRY PfxFindPrefix(PPREFIX_TABLE PrefixTable, PSTRING FullName)
{
    GATE(PfxFindPrefix, PrefixTable, FullName);
    PPREFIX_TABLE_ENTRY best = NULL;
    for (PPREFIX_TABLE_ENTRY at = PrefixTable->NextPrefixTree; at; at = at->NextPrefixTree)
        if ((!best || at->Prefix->Length > best->Prefix->Length) && is_narrow_prefix(at->Prefix, FullName))
            best = at;
    return best;
}
