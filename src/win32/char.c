/*
 * user32's characters, and shell32's command line.
 */
#include "win32p.h"

#include <shellapi.h>
#include <stdlib.h>
#include <string.h>

/* --- code pages: both are UTF-8 --- */

static BOOL copy_narrow(LPCSTR from, LPSTR to)
{
    return from && to ? (memmove(to, from, strlen(from) + 1), TRUE) : FALSE;
}

BOOL WINAPI CharToOemA(LPCSTR pSrc, LPSTR pDst)
{
    return copy_narrow(pSrc, pDst);
}

BOOL WINAPI OemToCharA(LPCSTR pSrc, LPSTR pDst)
{
    return copy_narrow(pSrc, pDst);
}

BOOL WINAPI CharToOemW(LPCWSTR pSrc, LPSTR pDst)
{
    LPSTR text = pSrc && pDst ? win32_narrow(pSrc) : NULL;
    BOOL done = copy_narrow(text, pDst);
    free(text);
    return done;
}

BOOL WINAPI OemToCharW(LPCSTR pSrc, LPWSTR pDst)
{
    struct win32_wide wide;
    if (!pSrc || !pDst || !win32_wide_from_ansi(&wide, pSrc))
        return FALSE;
    memcpy(pDst, wide.text, (wide.length + 1) * sizeof(WCHAR));
    win32_wide_free(&wide);
    return TRUE;
}

/* --- one character on or back; a byte of UTF-8 is one, as there --- */

LPSTR WINAPI CharNextA(LPCSTR lpsz)
{
    return (LPSTR)(*lpsz ? lpsz + 1 : lpsz);
}

LPWSTR WINAPI CharNextW(LPCWSTR lpsz)
{
    return (LPWSTR)(*lpsz ? lpsz + 1 : lpsz);
}

LPSTR WINAPI CharPrevA(LPCSTR lpszStart, LPCSTR lpszCurrent)
{
    return (LPSTR)(lpszCurrent > lpszStart ? lpszCurrent - 1 : lpszStart);
}

LPWSTR WINAPI CharPrevW(LPCWSTR lpszStart, LPCWSTR lpszCurrent)
{
    return (LPWSTR)(lpszCurrent > lpszStart ? lpszCurrent - 1 : lpszStart);
}

DWORD WINAPI CharUpperBuffW(LPWSTR lpsz, DWORD cchLength)
{
    for (DWORD i = 0; i < cchLength; i++)
        lpsz[i] = win32_upper(lpsz[i]);
    return cchLength;
}

DWORD WINAPI CharLowerBuffW(LPWSTR lpsz, DWORD cchLength)
{
    for (DWORD i = 0; i < cchLength; i++)
        lpsz[i] = win32_lower(lpsz[i]);
    return cchLength;
}

DWORD WINAPI CharUpperBuffA(LPSTR lpsz, DWORD cchLength)
{
    for (DWORD i = 0; i < cchLength; i++)
        if (lpsz[i] >= 'a' && lpsz[i] <= 'z')
            lpsz[i] = (CHAR)(lpsz[i] - 'a' + 'A');
    return cchLength;
}

DWORD WINAPI CharLowerBuffA(LPSTR lpsz, DWORD cchLength)
{
    for (DWORD i = 0; i < cchLength; i++)
        if (lpsz[i] >= 'A' && lpsz[i] <= 'Z')
            lpsz[i] = (CHAR)(lpsz[i] - 'A' + 'a');
    return cchLength;
}

/* --- the command line --- */

static bool is_blank(WCHAR c)
{
    return c == L' ' || c == L'\t';
}

/*
 * One argument, its characters to `to` (which has room); what is behind it. The first, the program's name,
 * knows no backslashes before quotes. Else 2n of them before a quote are n, one more makes the quote a
 * character, and "" within quotes is a quote.
 */
static LPCWSTR take(LPCWSTR at, bool first, LPWSTR *to)
{
    bool quoted = false;
    while (*at && (quoted || !is_blank(*at))) {
        size_t backslashes = 0;
        while (!first && at[backslashes] == L'\\')
            backslashes++;
        at += backslashes;
        bool quote = *at == L'"';
        for (size_t i = 0; i < (quote ? backslashes / 2 : backslashes); i++)
            *(*to)++ = L'\\';
        if (quote && backslashes % 2) {
            *(*to)++ = *at++;
        } else if (quote && quoted && !first && at[1] == L'"') {
            *(*to)++ = L'"';
            at += 2;
        } else if (quote) {
            quoted = !quoted;
            at++;
        } else if (*at && (quoted || !is_blank(*at))) {
            *(*to)++ = *at++;
        }
    }
    *(*to)++ = 0;
    return at;
}

LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR lpCmdLine, int *pNumArgs)
{
    WCHAR own[MAX_PATH];
    if (!lpCmdLine || !pNumArgs) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    bool whole = !*lpCmdLine;
    if (whole) {
        if (!GetModuleFileNameW(NULL, own, MAX_PATH))
            return NULL;
        lpCmdLine = own;
    }
    size_t length = win32_length(lpCmdLine), most = length / 2 + 3;
    LPWSTR *block = LocalAlloc(LMEM_FIXED, most * sizeof(LPWSTR) + (length + most) * sizeof(WCHAR));
    if (!block) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    LPWSTR to = (LPWSTR)(block + most);
    int count = 0;
    if (whole) {
        memcpy(to, own, (length + 1) * sizeof(WCHAR));
        block[count++] = to;
    } else {
        for (LPCWSTR at = lpCmdLine; *at || !count;) {
            block[count] = to;
            at = take(at, count == 0, &to);
            count++;
            while (is_blank(*at))
                at++;
        }
    }
    block[count] = NULL;
    *pNumArgs = count;
    return block;
}
