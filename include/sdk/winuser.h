/*
 * The part of user32 that needs no window.
 */
#ifndef NTIO_WINUSER_H
#define NTIO_WINUSER_H
#define _WINUSER_

#include "windef.h"

#ifdef __cplusplus
extern "C" {
#endif

/* At most 1024 characters, as there; the length written. */
WINUSERAPI int WINAPIV wsprintfA(LPSTR lpOut, LPCSTR lpFmt, ...);
WINUSERAPI int WINAPIV wsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, ...);
WINUSERAPI int WINAPI wvsprintfA(LPSTR lpOut, LPCSTR lpFmt, va_list arglist);
WINUSERAPI int WINAPI wvsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, va_list arglist);

/* A string, or one character in the low word of the pointer. */
WINUSERAPI LPSTR WINAPI CharUpperA(LPSTR lpsz);
WINUSERAPI LPWSTR WINAPI CharUpperW(LPWSTR lpsz);
WINUSERAPI LPSTR WINAPI CharLowerA(LPSTR lpsz);
WINUSERAPI LPWSTR WINAPI CharLowerW(LPWSTR lpsz);

#ifdef UNICODE
#define wsprintf  wsprintfW
#define wvsprintf wvsprintfW
#define CharUpper CharUpperW
#define CharLower CharLowerW
#else
#define wsprintf  wsprintfA
#define wvsprintf wvsprintfA
#define CharUpper CharUpperA
#define CharLower CharLowerA
#endif

#ifdef __cplusplus
}
#endif

#endif
