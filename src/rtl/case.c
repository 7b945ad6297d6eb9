/*
 * Upper and lower case of single characters.
 */
#include "rtl.h"
#include "case_table.h"

static WCHAR map(const struct case_run *runs, size_t count, WCHAR c)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (runs[middle].last < c)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < count && c >= runs[low].first && (c - runs[low].first) % runs[low].step == 0)
        return (WCHAR)(c + runs[low].delta);
    return c;
}

WCHAR rtl_upcase(WCHAR c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? (WCHAR)(c - 32) : c;
    return map(upper_runs, RTL_COUNT(upper_runs), c);
}

WCHAR rtl_downcase(WCHAR c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? (WCHAR)(c + 32) : c;
    return map(lower_runs, RTL_COUNT(lower_runs), c);
}

WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter)
{
    GATE(RtlUpcaseUnicodeChar, SourceCharacter);
    return rtl_upcase(SourceCharacter);
}

WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter)
{
    GATE(RtlDowncaseUnicodeChar, SourceCharacter);
    return rtl_downcase(SourceCharacter);
}

/* A character whose upper case the code page does not have stays what it is. */
CHAR rtl_upper(CHAR c)
{
    if ((unsigned char)c < 0x80)
        return c >= 'a' && c <= 'z' ? (CHAR)(c - 32) : c;
    unsigned char upper =
        rtl_from_wide(RTL_PAGE_ANSI, rtl_upcase(rtl_to_wide(RTL_PAGE_ANSI, (unsigned char)c)));
    return upper == RTL_NOT_MAPPED ? c : (CHAR)upper;
}

CHAR RtlUpperChar(CHAR Character)
{
    GATE(RtlUpperChar, Character);
    return rtl_upper(Character);
}
