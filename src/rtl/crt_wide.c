/*
 * C run-time: wide text.
 */
#include "rtl.h"

#include <ntio_crt.h>
#include <stdlib.h>
#include <string.h>

enum { CRT_EINVAL = 22, CRT_ERANGE = 34, CRT_EILSEQ = 42 };

#define UCHAR_             wchar_t
#define SET_CHAR           wchar_t
#define NAME(narrow, wide) wide
#undef CHAR
#define CHAR wchar_t
#include "crt_text.h"

size_t ntio_wcslen(const wchar_t *text)
{
    return length_w(text, SIZE_MAX);
}

wchar_t *ntio_wcscpy(wchar_t *to, const wchar_t *from)
{
    memcpy(to, from, (length_w(from, SIZE_MAX) + 1) * sizeof(wchar_t));
    return to;
}

wchar_t *ntio_wcsncpy(wchar_t *to, const wchar_t *from, size_t count)
{
    size_t i = 0;
    for (; i < count && from[i]; i++)
        to[i] = from[i];
    for (; i < count; i++)
        to[i] = 0;
    return to;
}

wchar_t *ntio_wcscat(wchar_t *to, const wchar_t *from)
{
    ntio_wcscpy(to + length_w(to, SIZE_MAX), from);
    return to;
}

wchar_t *ntio_wcsncat(wchar_t *to, const wchar_t *from, size_t count)
{
    wchar_t *end = to + length_w(to, SIZE_MAX);
    size_t length = length_w(from, count);
    memcpy(end, from, length * sizeof(wchar_t));
    end[length] = 0;
    return to;
}

int ntio_wcsncmp(const wchar_t *a, const wchar_t *b, size_t count)
{
    for (; count; a++, b++, count--) {
        if (*a != *b)
            return *a < *b ? -1 : 1;
        if (!*a)
            break;
    }
    return 0;
}

int ntio_wcscmp(const wchar_t *a, const wchar_t *b)
{
    return ntio_wcsncmp(a, b, SIZE_MAX);
}

wchar_t *ntio_wcschr(const wchar_t *text, wchar_t c)
{
    for (;; text++) {
        if (*text == c)
            return (wchar_t *)(uintptr_t)text;
        if (!*text)
            return NULL;
    }
}

wchar_t *ntio_wcsrchr(const wchar_t *text, wchar_t c)
{
    const wchar_t *found = NULL;
    for (;; text++) {
        if (*text == c)
            found = text;
        if (!*text)
            return (wchar_t *)(uintptr_t)found;
    }
}

wchar_t *ntio_wcsstr(const wchar_t *text, const wchar_t *what)
{
    size_t length = length_w(what, SIZE_MAX);
    for (;; text++) {
        if (!ntio_wcsncmp(text, what, length))
            return (wchar_t *)(uintptr_t)text;
        if (!*text)
            return NULL;
    }
}

size_t ntio_wcsspn(const wchar_t *text, const wchar_t *set)
{
    size_t i = 0;
    while (text[i] && is_in_w(set, text[i]))
        i++;
    return i;
}

size_t ntio_wcscspn(const wchar_t *text, const wchar_t *set)
{
    size_t i = 0;
    while (text[i] && !is_in_w(set, text[i]))
        i++;
    return i;
}

wchar_t *ntio_wcspbrk(const wchar_t *text, const wchar_t *set)
{
    text += ntio_wcscspn(text, set);
    return *text ? (wchar_t *)(uintptr_t)text : NULL;
}

wchar_t *ntio_wcsdup(const wchar_t *text);
__attribute__((visibility("default"))) wchar_t *ntio_wcsdup(const wchar_t *text)
{
    size_t bytes = (length_w(text, SIZE_MAX) + 1) * sizeof(wchar_t);
    wchar_t *copy = malloc(bytes);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

/* --- wide memory --- */

wchar_t *ntio_wmemcpy(wchar_t *to, const wchar_t *from, size_t count)
{
    return memcpy(to, from, count * sizeof(wchar_t));
}

wchar_t *ntio_wmemmove(wchar_t *to, const wchar_t *from, size_t count)
{
    return memmove(to, from, count * sizeof(wchar_t));
}

wchar_t *ntio_wmemset(wchar_t *to, wchar_t c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = c;
    return to;
}

int ntio_wmemcmp(const wchar_t *a, const wchar_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

wchar_t *ntio_wmemchr(const wchar_t *text, wchar_t c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text[i] == c)
            return (wchar_t *)(uintptr_t)(text + i);
    return NULL;
}

/* --- to and from the ANSI code page --- */

size_t ntio_mbstowcs(wchar_t *to, const char *from, size_t count)
{
    if (!to)
        return strlen(from);
    size_t i = 0;
    for (; i < count; i++) {
        to[i] = rtl_to_wide(RTL_PAGE_ANSI, (unsigned char)from[i]);
        if (!from[i])
            break;
    }
    return i;
}

size_t ntio_wcstombs(char *to, const wchar_t *from, size_t count)
{
    if (!to)
        return length_w(from, SIZE_MAX);
    size_t i = 0;
    for (; i < count; i++) {
        to[i] = (char)rtl_from_wide(RTL_PAGE_ANSI, from[i]);
        if (!from[i])
            break;
    }
    return i;
}

/* Of count characters at most; *converted counts the terminator. */
errno_t ntio_mbstowcs_s(size_t *converted, wchar_t *to, size_t size, const char *from, size_t count)
{
    size_t length = ntio_strnlen(from, count == _TRUNCATE ? SIZE_MAX : count);
    errno_t result = 0;
    if (!to) {
        if (converted)
            *converted = length + 1;
        return size ? CRT_EINVAL : 0;
    }
    if (length >= size) {
        if (!size || count != _TRUNCATE) {
            if (size)
                to[0] = 0;
            if (converted)
                *converted = 0;
            return CRT_ERANGE;
        }
        length = size - 1;
        result = STRUNCATE;
    }
    for (size_t i = 0; i < length; i++)
        to[i] = rtl_to_wide(RTL_PAGE_ANSI, (unsigned char)from[i]);
    to[length] = 0;
    if (converted)
        *converted = length + 1;
    return result;
}

errno_t ntio_wcstombs_s(size_t *converted, char *to, size_t size, const wchar_t *from, size_t count)
{
    size_t length = length_w(from, count == _TRUNCATE ? SIZE_MAX : count);
    errno_t result = 0;
    if (!to) {
        if (converted)
            *converted = length + 1;
        return size ? CRT_EINVAL : 0;
    }
    if (length >= size) {
        if (!size || count != _TRUNCATE) {
            if (size)
                to[0] = 0;
            if (converted)
                *converted = 0;
            return CRT_ERANGE;
        }
        length = size - 1;
        result = STRUNCATE;
    }
    for (size_t i = 0; i < length; i++)
        to[i] = (char)rtl_from_wide(RTL_PAGE_ANSI, from[i]);
    to[length] = 0;
    if (converted)
        *converted = length + 1;
    return result;
}

int ntio_mbtowc(wchar_t *to, const char *from, size_t count)
{
    if (!from || !count)
        return 0;
    if (to)
        *to = rtl_to_wide(RTL_PAGE_ANSI, (unsigned char)*from);
    return *from != 0;
}

int ntio_wctomb(char *to, wchar_t c)
{
    if (!to)
        return 0;
    *to = (char)rtl_from_wide(RTL_PAGE_ANSI, c);
    return 1;
}

/* --- characters --- */

wchar_t ntio_towupper(wchar_t c)
{
    return rtl_upcase(c);
}

wchar_t ntio_towlower(wchar_t c)
{
    return rtl_downcase(c);
}

int ntio_iswupper(wchar_t c)
{
    return rtl_downcase(c) != c;
}

int ntio_iswlower(wchar_t c)
{
    return rtl_upcase(c) != c;
}

int ntio_iswdigit(wchar_t c)
{
    return c >= '0' && c <= '9';
}

int ntio_iswxdigit(wchar_t c)
{
    return digit_w(c) < 16;
}

int ntio_iswspace(wchar_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0x3000;
}

int ntio_iswcntrl(wchar_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/* Beyond ASCII: what has a case, and every character of the scripts that have none. */
int ntio_iswalpha(wchar_t c)
{
    return ntio_iswupper(c) || ntio_iswlower(c) || c == 0xDF || (c >= 0x0370 && c < 0x2000) ||
           (c >= 0x3040 && c < 0xD7A4);
}

int ntio_iswalnum(wchar_t c)
{
    return ntio_iswalpha(c) || ntio_iswdigit(c);
}

int ntio_iswgraph(wchar_t c)
{
    return !ntio_iswcntrl(c) && !ntio_iswspace(c);
}

int ntio_iswprint(wchar_t c)
{
    return !ntio_iswcntrl(c);
}

int ntio_iswpunct(wchar_t c)
{
    return ntio_iswgraph(c) && !ntio_iswalnum(c);
}

int ntio_wtoi(const wchar_t *text)
{
    return ntio_wcstol(text, NULL, 10);
}

/* The host reads the number: all its characters are ASCII. */
double ntio_wcstod(const wchar_t *text, wchar_t **end)
{
    char copy[128];
    size_t skip = 0, i = 0;
    while (ntio_iswspace(text[skip]))
        skip++;
    for (; i < sizeof copy - 1 && text[skip + i] > ' ' && text[skip + i] < 0x7F; i++)
        copy[i] = (char)text[skip + i];
    copy[i] = 0;
    char *stop;
    double value = strtod(copy, &stop);
    if (end)
        *end = (wchar_t *)(uintptr_t)(stop == copy ? text : text + skip + (stop - copy));
    return value;
}
