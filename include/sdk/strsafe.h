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

#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER   ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE         ((HRESULT)0x80070026)

NTIO_SAFE_INLINE_ HRESULT ntio_safe_hresult(int result)
{
    if (result == NTIO_SAFE_OK)
        return S_OK;
    return result == NTIO_SAFE_TRUNCATED ? STRSAFE_E_INSUFFICIENT_BUFFER : STRSAFE_E_INVALID_PARAMETER;
}

NTIO_SAFE_DEFINE(String, A, char, a, HRESULT, ntio_safe_hresult)
NTIO_SAFE_DEFINE(String, W, wchar_t, w, HRESULT, ntio_safe_hresult)

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
#endif

#endif
