/*
 * Altitudes of filters and callbacks: decimal numbers of any length, as text.
 */
#include "rtl.h"

struct digits {
    const WCHAR *text;
    ULONG whole, fraction; /* how many; the fraction starts behind the point */
};

static struct digits digits_of(PCUNICODE_STRING altitude)
{
    ULONG length = altitude->Length / sizeof(WCHAR), at = 0;
    while (at < length && altitude->Buffer[at] == L'0')
        at++;
    struct digits d = {altitude->Buffer + at, 0, 0};
    while (at + d.whole < length && d.text[d.whole] != L'.')
        d.whole++;
    if (at + d.whole < length)
        d.fraction = length - at - d.whole - 1;
    return d;
}

int rtl_compare_altitudes(PCUNICODE_STRING left, PCUNICODE_STRING right)
{
    struct digits a = digits_of(left), b = digits_of(right);
    if (a.whole != b.whole)
        return a.whole < b.whole ? -1 : 1;
    for (ULONG i = 0; i < a.whole; i++)
        if (a.text[i] != b.text[i])
            return a.text[i] < b.text[i] ? -1 : 1;
    for (ULONG i = 1; i <= max(a.fraction, b.fraction); i++) {
        WCHAR x = i <= a.fraction ? a.text[a.whole + i] : L'0',
              y = i <= b.fraction ? b.text[b.whole + i] : L'0';
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}
