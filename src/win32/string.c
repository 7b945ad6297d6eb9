/*
 * Strings: UTF-8 and UTF-16, the client's and ours. The client's ANSI code page is UTF-8,
 * as a program's manifest can have it; the kernel's own stays what rtl/ says.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

#define REPLACEMENT 0xFFFD

size_t win32_length(LPCWSTR text)
{
    size_t length = 0;
    while (text[length])
        length++;
    return length;
}

LPWSTR win32_duplicate(LPCWSTR text)
{
    size_t size = (win32_length(text) + 1) * sizeof(WCHAR);
    LPWSTR copy = malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

bool win32_equal(LPCWSTR a, LPCWSTR b)
{
    while (*a && win32_upper(*a) == win32_upper(*b)) {
        a++;
        b++;
    }
    return win32_upper(*a) == win32_upper(*b);
}

/*
 * One character of UTF-8. Advances *s past it, or past one byte if it is none, and then returns the
 * replacement and sets *bad.
 */
static uint32_t decode(const unsigned char **s, const unsigned char *end, bool *bad)
{
    uint32_t c = *(*s)++;
    unsigned more = c >= 0xF0 && c < 0xF8 ? 3 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xC2 && c < 0xE0 ? 1 : 0;
    if (!more) {
        if (c < 0x80)
            return c;
        *bad = true;
        return REPLACEMENT;
    }
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    c &= 0x3Fu >> more;
    const unsigned char *next = *s;
    for (unsigned i = 0; i < more; i++) {
        if (next == end || (*next & 0xC0) != 0x80) {
            *bad = true;
            return REPLACEMENT;
        }
        c = c << 6 | (*next++ & 0x3F);
    }
    if (c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) {
        *bad = true;
        return REPLACEMENT;
    }
    *s = next;
    return c;
}

/* The units that length bytes make; stored as far as there is room. */
static size_t widen(const char *text, size_t length, LPWSTR wide, size_t room, bool *bad)
{
    const unsigned char *s = (const unsigned char *)text, *end = s + length;
    size_t units = 0;
    while (s < end) {
        uint32_t c = decode(&s, end, bad);
        WCHAR pair[2] = {(WCHAR)c, 0};
        size_t count = 1;
        if (c >= 0x10000) {
            pair[0] = (WCHAR)(0xD800 + ((c - 0x10000) >> 10));
            pair[1] = (WCHAR)(0xDC00 + (c & 0x3FF));
            count = 2;
        }
        for (size_t i = 0; i < count; i++, units++)
            if (units < room)
                wide[units] = pair[i];
    }
    return units;
}

/* The bytes that length units make; stored as far as there is room. */
static size_t narrow(LPCWSTR wide, size_t length, char *text, size_t room, bool *bad)
{
    size_t bytes = 0;
    for (size_t i = 0; i < length; i++) {
        uint32_t c = wide[i];
        if (c >= 0xD800 && c < 0xE000) {
            if (c < 0xDC00 && i + 1 < length && wide[i + 1] >= 0xDC00 && wide[i + 1] < 0xE000)
                c = 0x10000 + ((c - 0xD800) << 10) + (wide[++i] - 0xDC00u);
            else {
                c = REPLACEMENT;
                *bad = true;
            }
        }
        unsigned char unit[4];
        size_t count = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (size_t k = count; k-- > 1; c >>= 6)
            unit[k] = (unsigned char)(0x80 | (c & 0x3F));
        static const unsigned char head[] = {0, 0, 0xC0, 0xE0, 0xF0};
        unit[0] = (unsigned char)(head[count] | c);
        for (size_t k = 0; k < count; k++, bytes++)
            if (bytes < room)
                text[bytes] = (char)unit[k];
    }
    return bytes;
}

LPSTR win32_narrow(LPCWSTR text)
{
    bool bad = false;
    size_t length = win32_length(text), bytes = narrow(text, length, NULL, 0, &bad);
    LPSTR copy = malloc(bytes + 1);
    if (!copy)
        return NULL;
    narrow(text, length, copy, bytes, &bad);
    copy[bytes] = 0;
    return copy;
}

/*
 * How many characters of `unit` bytes stand before the terminator, or SIZE_MAX when the client's memory ends
 * before that. Reads never cross into a page before what is on this one has been looked at.
 */
static size_t client_length(const char *client, size_t unit)
{
    char piece[256];
    for (size_t done = 0;;) {
        uintptr_t at = (uintptr_t)client + done;
        size_t size = sizeof piece, rest = HOST_PAGE - (at & (HOST_PAGE - 1));
        if (size > rest)
            size = rest >= unit ? rest - rest % unit : unit;
        if (!host_copy(piece, (const void *)at, size, NULL))
            return SIZE_MAX;
        for (size_t i = 0; i < size; i += unit)
            if (!piece[i] && (unit == 1 || !piece[i + 1]))
                return (done + i) / unit;
        done += size;
    }
}

static bool reserve(struct win32_wide *wide, size_t length)
{
    wide->text = wide->room;
    wide->length = length;
    if (length < sizeof wide->room / sizeof wide->room[0])
        return true;
    wide->text = malloc((length + 1) * sizeof(WCHAR));
    return wide->text || win32_error(ERROR_NOT_ENOUGH_MEMORY);
}

bool win32_wide_from_ansi(struct win32_wide *wide, LPCSTR client)
{
    wide->text = NULL;
    wide->length = 0;
    if (!client)
        return true;
    size_t bytes = client_length(client, 1);
    if (bytes == SIZE_MAX)
        return win32_error(ERROR_NOACCESS);
    bool bad = false;
    if (!reserve(wide, widen(client, bytes, NULL, 0, &bad)))
        return false;
    widen(client, bytes, wide->text, wide->length, &bad);
    wide->text[wide->length] = 0;
    return true;
}

bool win32_wide_from_wide(struct win32_wide *wide, LPCWSTR client)
{
    wide->text = NULL;
    wide->length = 0;
    if (!client)
        return true;
    size_t units = client_length((const char *)client, sizeof(WCHAR));
    if (units == SIZE_MAX)
        return win32_error(ERROR_NOACCESS);
    if (!reserve(wide, units))
        return false;
    memcpy(wide->text, client, units * sizeof(WCHAR));
    wide->text[units] = 0;
    return true;
}

void win32_wide_free(struct win32_wide *wide)
{
    if (wide->text != wide->room)
        free(wide->text);
    wide->text = NULL;
}

DWORD win32_give_wide(LPWSTR client, DWORD room, LPCWSTR text)
{
    size_t length = win32_length(text);
    if (room <= length)
        return (DWORD)length + 1;
    return win32_write(client, text, (length + 1) * sizeof(WCHAR)) ? (DWORD)length : 0;
}

DWORD win32_give_ansi(LPSTR client, DWORD room, LPCWSTR text)
{
    LPSTR copy = win32_narrow(text);
    if (!copy) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return 0;
    }
    size_t length = strlen(copy);
    DWORD result = (DWORD)length + 1;
    if (room > length)
        result = win32_write(client, copy, length + 1) ? (DWORD)length : 0;
    free(copy);
    return result;
}

UINT WINAPI GetACP(VOID)
{
    return CP_UTF8;
}

UINT WINAPI GetOEMCP(VOID)
{
    return CP_UTF8;
}

static bool is_utf8(UINT page)
{
    return page == CP_ACP || page == CP_OEMCP || page == CP_THREAD_ACP || page == CP_UTF8;
}

int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr, int cbMultiByte,
                               LPWSTR lpWideCharStr, int cchWideChar)
{
    if (!lpMultiByteStr || !cbMultiByte || cbMultiByte < -1 || cchWideChar < 0 ||
        (cchWideChar && !lpWideCharStr) || (const void *)lpMultiByteStr == lpWideCharStr ||
        !is_utf8(CodePage))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (dwFlags & ~(DWORD)(MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS | MB_ERR_INVALID_CHARS))
        return win32_error(ERROR_INVALID_FLAGS);
    size_t bytes = (size_t)cbMultiByte;
    if (cbMultiByte == -1) {
        bytes = client_length(lpMultiByteStr, 1);
        if (bytes == SIZE_MAX)
            return win32_error(ERROR_NOACCESS);
        bytes++;
    }
    bool bad = false;
    size_t units = widen(lpMultiByteStr, bytes, lpWideCharStr, (size_t)cchWideChar, &bad);
    if (bad && dwFlags & MB_ERR_INVALID_CHARS)
        return win32_error(ERROR_NO_UNICODE_TRANSLATION);
    if (cchWideChar && units > (size_t)cchWideChar)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    return (int)units;
}

int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWSTR lpWideCharStr, int cchWideChar,
                               LPSTR lpMultiByteStr, int cbMultiByte, LPCSTR lpDefaultChar,
                               LPBOOL lpUsedDefaultChar)
{
    if (!lpWideCharStr || !cchWideChar || cchWideChar < -1 || cbMultiByte < 0 ||
        (cbMultiByte && !lpMultiByteStr) || (const void *)lpWideCharStr == lpMultiByteStr ||
        !is_utf8(CodePage))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (CodePage == CP_UTF8 && (lpDefaultChar || lpUsedDefaultChar))
        return win32_error(ERROR_INVALID_PARAMETER);
    size_t units = (size_t)cchWideChar;
    if (cchWideChar == -1) {
        units = client_length((const char *)lpWideCharStr, sizeof(WCHAR));
        if (units == SIZE_MAX)
            return win32_error(ERROR_NOACCESS);
        units++;
    }
    bool bad = false;
    size_t bytes = narrow(lpWideCharStr, units, lpMultiByteStr, (size_t)cbMultiByte, &bad);
    if (bad && dwFlags & WC_ERR_INVALID_CHARS)
        return win32_error(ERROR_NO_UNICODE_TRANSLATION);
    if (lpUsedDefaultChar)
        *lpUsedDefaultChar = bad;
    if (cbMultiByte && bytes > (size_t)cbMultiByte)
        return win32_error(ERROR_INSUFFICIENT_BUFFER);
    return (int)bytes;
}

BOOL win32_give_sized_wide(LPWSTR client, LPDWORD size, LPCWSTR text, DWORD too_small, DWORD extra)
{
    DWORD room, length = (DWORD)win32_length(text);
    if (!win32_read(&room, size, sizeof room))
        return FALSE;
    if (room <= length)
        return win32_store(size, length + 1) && win32_error(too_small);
    return win32_write(client, text, (length + 1) * sizeof(WCHAR)) && win32_store(size, length + extra);
}

BOOL win32_give_sized_ansi(LPSTR client, LPDWORD size, LPCSTR text, DWORD too_small, DWORD extra)
{
    DWORD room, length = (DWORD)strlen(text);
    if (!win32_read(&room, size, sizeof room))
        return FALSE;
    if (room <= length)
        return win32_store(size, length + 1) && win32_error(too_small);
    return win32_write(client, text, length + 1) && win32_store(size, length + extra);
}
