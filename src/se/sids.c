/*
 * The identifiers that everybody knows.
 */
#include "sep.h"

struct well_known {
    UCHAR Revision, Count, Authority[6];
    ULONG Sub[6];
    char Alias[4];
};

static const struct well_known table[SEP_SID_COUNT] = {
#define SEP_SID(name, alias, authority, count, ...)                                                          \
    {SID_REVISION, count, {0, 0, 0, 0, 0, authority}, {__VA_ARGS__}, alias},
    SEP_SIDS
#undef SEP_SID
};

PSID sep_sid(enum sep_sid_index index)
{
    return (PSID)&table[index];
}

PSID sep_sid_by_alias(const WCHAR letters[2])
{
    WCHAR a = RtlUpcaseUnicodeChar(letters[0]), b = RtlUpcaseUnicodeChar(letters[1]);
    for (size_t i = 0; i < SEP_SID_COUNT; i++)
        if (table[i].Alias[0] == (char)a && table[i].Alias[1] == (char)b && a < 0x80 && b < 0x80 && a)
            return (PSID)&table[i];
    return NULL;
}
