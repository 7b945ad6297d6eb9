/*
 * lstr*, Char* and wsprintf: the string functions that kernel32 and user32 have beside the C library's.
 */
#include "win32p.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int WINAPI lstrlenA(LPCSTR lpString)
{
    return lpString ? (int)strlen(lpString) : 0;
}

int WINAPI lstrlenW(LPCWSTR lpString)
{
    return lpString ? (int)win32_length(lpString) : 0;
}

LPSTR WINAPI lstrcpyA(LPSTR lpString1, LPCSTR lpString2)
{
    return lpString1 && lpString2 ? strcpy(lpString1, lpString2) : NULL;
}

LPWSTR WINAPI lstrcpyW(LPWSTR lpString1, LPCWSTR lpString2)
{
    if (!lpString1 || !lpString2)
        return NULL;
    return memcpy(lpString1, lpString2, (win32_length(lpString2) + 1) * sizeof(WCHAR));
}

LPSTR WINAPI lstrcpynA(LPSTR lpString1, LPCSTR lpString2, int iMaxLength)
{
    if (!lpString1 || !lpString2 || iMaxLength <= 0)
        return NULL;
    size_t length = strnlen(lpString2, (size_t)iMaxLength - 1);
    memcpy(lpString1, lpString2, length);
    lpString1[length] = 0;
    return lpString1;
}

LPWSTR WINAPI lstrcpynW(LPWSTR lpString1, LPCWSTR lpString2, int iMaxLength)
{
    if (!lpString1 || !lpString2 || iMaxLength <= 0)
        return NULL;
    size_t length = 0;
    for (; length < (size_t)iMaxLength - 1 && lpString2[length]; length++)
        lpString1[length] = lpString2[length];
    lpString1[length] = 0;
    return lpString1;
}

LPSTR WINAPI lstrcatA(LPSTR lpString1, LPCSTR lpString2)
{
    return lpString1 && lpString2 ? strcat(lpString1, lpString2) : NULL;
}

LPWSTR WINAPI lstrcatW(LPWSTR lpString1, LPCWSTR lpString2)
{
    if (!lpString1 || !lpString2)
        return NULL;
    lstrcpyW(lpString1 + win32_length(lpString1), lpString2);
    return lpString1;
}

/* NULL sorts before any string. */
static int compare_null(const void *a, const void *b)
{
    return a ? 1 : b ? -1 : 0;
}

int WINAPI lstrcmpA(LPCSTR lpString1, LPCSTR lpString2)
{
    if (!lpString1 || !lpString2)
        return compare_null(lpString1, lpString2);
    int order = strcmp(lpString1, lpString2);
    return (order > 0) - (order < 0);
}

int WINAPI lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2)
{
    if (!lpString1 || !lpString2)
        return compare_null(lpString1, lpString2);
    const unsigned char *a = (const unsigned char *)lpString1, *b = (const unsigned char *)lpString2;
    for (;; a++, b++) {
        int x = *a >= 'A' && *a <= 'Z' ? *a + 32 : *a, y = *b >= 'A' && *b <= 'Z' ? *b + 32 : *b;
        if (x != y)
            return x < y ? -1 : 1;
        if (!x)
            return 0;
    }
}

int WINAPI lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2)
{
    if (!lpString1 || !lpString2)
        return compare_null(lpString1, lpString2);
    for (; *lpString1 && *lpString1 == *lpString2; lpString1++, lpString2++)
        ;
    return (*lpString1 > *lpString2) - (*lpString1 < *lpString2);
}

int WINAPI lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2)
{
    if (!lpString1 || !lpString2)
        return compare_null(lpString1, lpString2);
    for (; *lpString1 && win32_lower(*lpString1) == win32_lower(*lpString2); lpString1++, lpString2++)
        ;
    WCHAR x = win32_lower(*lpString1), y = win32_lower(*lpString2);
    return (x > y) - (x < y);
}

LPSTR WINAPI CharUpperA(LPSTR lpsz)
{
    if ((ULONG_PTR)lpsz <= 0xFFFF)
        return (LPSTR)(ULONG_PTR)((ULONG_PTR)lpsz < 0x80 ? win32_upper((WCHAR)(ULONG_PTR)lpsz)
                                                         : (ULONG_PTR)lpsz);
    for (char *c = lpsz; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 32);
    return lpsz;
}

LPSTR WINAPI CharLowerA(LPSTR lpsz)
{
    if ((ULONG_PTR)lpsz <= 0xFFFF)
        return (LPSTR)(ULONG_PTR)((ULONG_PTR)lpsz < 0x80 ? win32_lower((WCHAR)(ULONG_PTR)lpsz)
                                                         : (ULONG_PTR)lpsz);
    for (char *c = lpsz; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
    return lpsz;
}

LPWSTR WINAPI CharUpperW(LPWSTR lpsz)
{
    if ((ULONG_PTR)lpsz <= 0xFFFF)
        return (LPWSTR)(ULONG_PTR)win32_upper((WCHAR)(ULONG_PTR)lpsz);
    for (WCHAR *c = lpsz; *c; c++)
        *c = win32_upper(*c);
    return lpsz;
}

LPWSTR WINAPI CharLowerW(LPWSTR lpsz)
{
    if ((ULONG_PTR)lpsz <= 0xFFFF)
        return (LPWSTR)(ULONG_PTR)win32_lower((WCHAR)(ULONG_PTR)lpsz);
    for (WCHAR *c = lpsz; *c; c++)
        *c = win32_lower(*c);
    return lpsz;
}

#define WSPRINTF_ROOM 1025 /* at most 1024 characters, and the terminator */

int WINAPI wvsprintfA(LPSTR lpOut, LPCSTR lpFmt, va_list arglist)
{
    int length = win32_print(lpOut, WSPRINTF_ROOM, lpFmt, arglist);
    return length < WSPRINTF_ROOM ? length : WSPRINTF_ROOM - 1;
}

int WINAPI wvsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, va_list arglist)
{
    int length = win32_print_wide(lpOut, WSPRINTF_ROOM, lpFmt, arglist);
    return length < WSPRINTF_ROOM ? length : WSPRINTF_ROOM - 1;
}

int WINAPIV wsprintfA(LPSTR lpOut, LPCSTR lpFmt, ...)
{
    va_list list;
    va_start(list, lpFmt);
    int length = wvsprintfA(lpOut, lpFmt, list);
    va_end(list);
    return length;
}

int WINAPIV wsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, ...)
{
    va_list list;
    va_start(list, lpFmt);
    int length = wvsprintfW(lpOut, lpFmt, list);
    va_end(list);
    return length;
}
