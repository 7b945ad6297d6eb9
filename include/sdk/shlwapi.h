/*
 * The part of shlwapi that is about paths and strings. Buffers that a path is put into have room for MAX_PATH characters.
 */
#ifndef NTIO_SHLWAPI_H
#define NTIO_SHLWAPI_H
#define _INC_SHLWAPI

#include "windef.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STIF_DEFAULT     0x00000000L
#define STIF_SUPPORT_HEX 0x00000001L

#define NTIO_SHLWAPI_(C, S)                                                                                  \
    NTIO_EXPORT BOOL WINAPI PathFileExists##S(const C *pszPath);                                             \
    NTIO_EXPORT BOOL WINAPI PathIsDirectory##S(const C *pszPath);                                            \
    NTIO_EXPORT BOOL WINAPI PathIsRelative##S(const C *pszPath);                                             \
    NTIO_EXPORT BOOL WINAPI PathIsRoot##S(const C *pszPath);                                                 \
    NTIO_EXPORT BOOL WINAPI PathIsFileSpec##S(const C *pszPath);                                             \
    NTIO_EXPORT C *WINAPI PathFindFileName##S(const C *pszPath);                                             \
    NTIO_EXPORT C *WINAPI PathFindExtension##S(const C *pszPath);                                            \
    NTIO_EXPORT C *WINAPI PathGetArgs##S(const C *pszPath);                                                  \
    NTIO_EXPORT C *WINAPI PathSkipRoot##S(const C *pszPath);                                                 \
    NTIO_EXPORT int WINAPI PathGetDriveNumber##S(const C *pszPath);                                          \
    NTIO_EXPORT BOOL WINAPI PathRemoveFileSpec##S(C *pszPath);                                               \
    NTIO_EXPORT VOID WINAPI PathRemoveExtension##S(C *pszPath);                                              \
    NTIO_EXPORT BOOL WINAPI PathRenameExtension##S(C *pszPath, const C *pszExt);                             \
    NTIO_EXPORT BOOL WINAPI PathAddExtension##S(C *pszPath, const C *pszExt);                                \
    NTIO_EXPORT C *WINAPI PathAddBackslash##S(C *pszPath);                                                   \
    NTIO_EXPORT C *WINAPI PathRemoveBackslash##S(C *pszPath);                                                \
    NTIO_EXPORT VOID WINAPI PathStripPath##S(C *pszPath);                                                    \
    NTIO_EXPORT BOOL WINAPI PathStripToRoot##S(C *pszPath);                                                  \
    NTIO_EXPORT BOOL WINAPI PathQuoteSpaces##S(C *pszPath);                                                  \
    NTIO_EXPORT BOOL WINAPI PathUnquoteSpaces##S(C *pszPath);                                                \
    NTIO_EXPORT BOOL WINAPI PathCanonicalize##S(C *pszBuf, const C *pszPath);                                \
    NTIO_EXPORT C *WINAPI PathCombine##S(C *pszDest, const C *pszDir, const C *pszFile);                     \
    NTIO_EXPORT BOOL WINAPI PathAppend##S(C *pszPath, const C *pszMore);                                     \
    NTIO_EXPORT BOOL WINAPI PathMatchSpec##S(const C *pszFile, const C *pszSpec);                            \
    NTIO_EXPORT C *WINAPI StrChr##S(const C *pszStart, WORD wMatch);                                         \
    NTIO_EXPORT C *WINAPI StrChrI##S(const C *pszStart, WORD wMatch);                                        \
    NTIO_EXPORT C *WINAPI StrRChr##S(const C *pszStart, const C *pszEnd, WORD wMatch);                       \
    NTIO_EXPORT C *WINAPI StrStr##S(const C *pszFirst, const C *pszSrch);                                    \
    NTIO_EXPORT C *WINAPI StrStrI##S(const C *pszFirst, const C *pszSrch);                                   \
    NTIO_EXPORT int WINAPI StrCmpI##S(const C *psz1, const C *psz2);                                         \
    NTIO_EXPORT int WINAPI StrCmpN##S(const C *psz1, const C *psz2, int nChar);                              \
    NTIO_EXPORT int WINAPI StrCmpNI##S(const C *psz1, const C *psz2, int nChar);                             \
    NTIO_EXPORT int WINAPI StrToInt##S(const C *pszSrc);                                                     \
    NTIO_EXPORT BOOL WINAPI StrToIntEx##S(const C *pszString, DWORD dwFlags, int *piRet);                    \
    NTIO_EXPORT BOOL WINAPI StrToInt64Ex##S(const C *pszString, DWORD dwFlags, LONGLONG *pllRet);            \
    NTIO_EXPORT BOOL WINAPI StrTrim##S(C *psz, const C *pszTrimChars);                                       \
    NTIO_EXPORT C *WINAPI StrDup##S(const C *pszSrch);
NTIO_SHLWAPI_(CHAR, A)
NTIO_SHLWAPI_(WCHAR, W)

#ifdef UNICODE
#define NTIO_AW_(name) name##W
#else
#define NTIO_AW_(name) name##A
#endif
#define PathFileExists      NTIO_AW_(PathFileExists)
#define PathIsDirectory     NTIO_AW_(PathIsDirectory)
#define PathIsRelative      NTIO_AW_(PathIsRelative)
#define PathIsRoot          NTIO_AW_(PathIsRoot)
#define PathIsFileSpec      NTIO_AW_(PathIsFileSpec)
#define PathFindFileName    NTIO_AW_(PathFindFileName)
#define PathFindExtension   NTIO_AW_(PathFindExtension)
#define PathGetArgs         NTIO_AW_(PathGetArgs)
#define PathSkipRoot        NTIO_AW_(PathSkipRoot)
#define PathGetDriveNumber  NTIO_AW_(PathGetDriveNumber)
#define PathRemoveFileSpec  NTIO_AW_(PathRemoveFileSpec)
#define PathRemoveExtension NTIO_AW_(PathRemoveExtension)
#define PathRenameExtension NTIO_AW_(PathRenameExtension)
#define PathAddExtension    NTIO_AW_(PathAddExtension)
#define PathAddBackslash    NTIO_AW_(PathAddBackslash)
#define PathRemoveBackslash NTIO_AW_(PathRemoveBackslash)
#define PathStripPath       NTIO_AW_(PathStripPath)
#define PathStripToRoot     NTIO_AW_(PathStripToRoot)
#define PathQuoteSpaces     NTIO_AW_(PathQuoteSpaces)
#define PathUnquoteSpaces   NTIO_AW_(PathUnquoteSpaces)
#define PathCanonicalize    NTIO_AW_(PathCanonicalize)
#define PathCombine         NTIO_AW_(PathCombine)
#define PathAppend          NTIO_AW_(PathAppend)
#define PathMatchSpec       NTIO_AW_(PathMatchSpec)
#define StrChr              NTIO_AW_(StrChr)
#define StrChrI             NTIO_AW_(StrChrI)
#define StrRChr             NTIO_AW_(StrRChr)
#define StrStr              NTIO_AW_(StrStr)
#define StrStrI             NTIO_AW_(StrStrI)
#define StrCmpI             NTIO_AW_(StrCmpI)
#define StrCmpN             NTIO_AW_(StrCmpN)
#define StrCmpNI            NTIO_AW_(StrCmpNI)
#define StrToInt            NTIO_AW_(StrToInt)
#define StrToIntEx          NTIO_AW_(StrToIntEx)
#define StrToInt64Ex        NTIO_AW_(StrToInt64Ex)
#define StrTrim             NTIO_AW_(StrTrim)
#define StrDup              NTIO_AW_(StrDup)

#ifdef __cplusplus
}
#endif

#endif
