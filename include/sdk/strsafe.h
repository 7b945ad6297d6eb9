/*
 * <strsafe.h>: the safe string functions of clients.
 */
#ifndef NTIO_STRSAFE_SDK_H
#define NTIO_STRSAFE_SDK_H
#define _STRSAFE_H_INCLUDED_

#include <windef.h>
#include <stdio.h>
#include <string.h>
#include <ntio_strsafe.h>

#ifndef _HRESULT_DEFINED
#define _HRESULT_DEFINED
typedef LONG HRESULT;
#endif
#ifndef S_OK
#define S_OK ((HRESULT)0)
#endif
#ifndef SUCCEEDED
#define SUCCEEDED(hr) (((HRESULT)(hr)) >= 0)
#define FAILED(hr)    (((HRESULT)(hr)) < 0)
#endif

typedef char *STRSAFE_LPSTR;
typedef const char *STRSAFE_LPCSTR;
typedef wchar_t *STRSAFE_LPWSTR;
typedef const wchar_t *STRSAFE_LPCWSTR;
typedef const wchar_t UNALIGNED *STRSAFE_LPCUWSTR;

#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER   ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE         ((HRESULT)0x80070026)

#define NTIO_SAFE_END 3 /* nothing was left to be read */

NTIO_SAFE_INLINE_ HRESULT ntio_safe_hresult(int result)
{
    if (result == NTIO_SAFE_OK)
        return S_OK;
    if (result == NTIO_SAFE_END)
        return STRSAFE_E_END_OF_FILE;
    return result == NTIO_SAFE_TRUNCATED ? STRSAFE_E_INSUFFICIENT_BUFFER : STRSAFE_E_INVALID_PARAMETER;
}

NTIO_SAFE_DEFINE(String, A, char, a, HRESULT, ntio_safe_hresult)
NTIO_SAFE_DEFINE(String, W, wchar_t, w, HRESULT, ntio_safe_hresult)

/* --- a line from the standard input --- */

#ifdef __cplusplus
extern "C" {
#endif
NTIO_CRT_ int ntio_safe_gets_a(char *to, size_t size, size_t odd, char **end, size_t *remaining, unsigned flags);
NTIO_CRT_ int ntio_safe_gets_w(wchar_t *to, size_t size, size_t odd, wchar_t **end, size_t *remaining, unsigned flags);
#ifdef __cplusplus
}
#endif

#define NTIO_SAFE_DEFINE_GETS_(S, C, e)                                                                      \
    NTIO_SAFE_INLINE_ HRESULT StringCchGetsEx##S(C *pszDest, size_t cchDest, C **ppszDestEnd,                \
                                                 size_t *pcchRemaining, unsigned dwFlags)                    \
    {                                                                                                        \
        return ntio_safe_hresult(                                                                            \
            ntio_safe_gets_##e(pszDest, cchDest, 0, ppszDestEnd, pcchRemaining, dwFlags));                   \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ HRESULT StringCchGets##S(C *pszDest, size_t cchDest)                                   \
    {                                                                                                        \
        return StringCchGetsEx##S(pszDest, cchDest, NULL, NULL, 0);                                          \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ HRESULT StringCbGetsEx##S(C *pszDest, size_t cbDest, C **ppszDestEnd,                  \
                                                size_t *pcbRemaining, unsigned dwFlags)                      \
    {                                                                                                        \
        size_t left_ = 0;                                                                                    \
        HRESULT result_ = ntio_safe_hresult(ntio_safe_gets_##e(pszDest, cbDest / sizeof(C),                  \
                                                               cbDest % sizeof(C), ppszDestEnd, &left_,      \
                                                               dwFlags));                                    \
        if (pcbRemaining && result_ != STRSAFE_E_INVALID_PARAMETER)                                          \
            *pcbRemaining = left_ * sizeof(C) + cbDest % sizeof(C);                                          \
        return result_;                                                                                      \
    }                                                                                                        \
    NTIO_SAFE_INLINE_ HRESULT StringCbGets##S(C *pszDest, size_t cbDest)                                     \
    {                                                                                                        \
        return StringCchGets##S(pszDest, cbDest / sizeof(C));                                                \
    }
NTIO_SAFE_DEFINE_GETS_(A, char, a)
NTIO_SAFE_DEFINE_GETS_(W, wchar_t, w)
#undef NTIO_SAFE_DEFINE_GETS_

#ifdef UNICODE
#define StringCchCopy        StringCchCopyW
#define StringCchCopyN       StringCchCopyNW
#define StringCchCopyEx      StringCchCopyExW
#define StringCchCopyNEx     StringCchCopyNExW
#define StringCchCat         StringCchCatW
#define StringCchCatN        StringCchCatNW
#define StringCchCatEx       StringCchCatExW
#define StringCchCatNEx      StringCchCatNExW
#define StringCchPrintf      StringCchPrintfW
#define StringCchVPrintf     StringCchVPrintfW
#define StringCchPrintfEx    StringCchPrintfExW
#define StringCchVPrintfEx   StringCchVPrintfExW
#define StringCchLength      StringCchLengthW
#define StringCbCopy         StringCbCopyW
#define StringCbCopyN        StringCbCopyNW
#define StringCbCopyEx       StringCbCopyExW
#define StringCbCopyNEx      StringCbCopyNExW
#define StringCbCat          StringCbCatW
#define StringCbCatN         StringCbCatNW
#define StringCbCatEx        StringCbCatExW
#define StringCbCatNEx       StringCbCatNExW
#define StringCbPrintf       StringCbPrintfW
#define StringCbVPrintf      StringCbVPrintfW
#define StringCbPrintfEx     StringCbPrintfExW
#define StringCbVPrintfEx    StringCbVPrintfExW
#define StringCbLength       StringCbLengthW
#define StringCchGets        StringCchGetsW
#define StringCchGetsEx      StringCchGetsExW
#define StringCbGets         StringCbGetsW
#define StringCbGetsEx       StringCbGetsExW
#else
#define StringCchCopy        StringCchCopyA
#define StringCchCopyN       StringCchCopyNA
#define StringCchCopyEx      StringCchCopyExA
#define StringCchCopyNEx     StringCchCopyNExA
#define StringCchCat         StringCchCatA
#define StringCchCatN        StringCchCatNA
#define StringCchCatEx       StringCchCatExA
#define StringCchCatNEx      StringCchCatNExA
#define StringCchPrintf      StringCchPrintfA
#define StringCchVPrintf     StringCchVPrintfA
#define StringCchPrintfEx    StringCchPrintfExA
#define StringCchVPrintfEx   StringCchVPrintfExA
#define StringCchLength      StringCchLengthA
#define StringCbCopy         StringCbCopyA
#define StringCbCopyN        StringCbCopyNA
#define StringCbCopyEx       StringCbCopyExA
#define StringCbCopyNEx      StringCbCopyNExA
#define StringCbCat          StringCbCatA
#define StringCbCatN         StringCbCatNA
#define StringCbCatEx        StringCbCatExA
#define StringCbCatNEx       StringCbCatNExA
#define StringCbPrintf       StringCbPrintfA
#define StringCbVPrintf      StringCbVPrintfA
#define StringCbPrintfEx     StringCbPrintfExA
#define StringCbVPrintfEx    StringCbVPrintfExA
#define StringCbLength       StringCbLengthA
#define StringCchGets        StringCchGetsA
#define StringCchGetsEx      StringCchGetsExA
#define StringCbGets         StringCbGetsA
#define StringCbGetsEx       StringCbGetsExA
#endif

#endif
