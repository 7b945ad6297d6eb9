/*
 * <tchar.h>: names that are narrow or, when _UNICODE is defined, wide.
 */
#ifndef NTIO_SDK_TCHAR_H
#define NTIO_SDK_TCHAR_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#ifdef _UNICODE
#define __T(x) L##x
typedef wchar_t _TCHAR, _TSCHAR, _TUCHAR;
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef wchar_t TCHAR;
#endif
#define _tmain wmain
#define _TEOF  WEOF
#define _tprintf       wprintf
#define _ftprintf      fwprintf
#define _vtprintf      vwprintf
#define _vftprintf     vfwprintf
#define _tprintf_s     wprintf_s
#define _ftprintf_s    fwprintf_s
#define _stprintf      _swprintf
#define _stprintf_s    swprintf_s
#define _sntprintf     _snwprintf
#define _sntprintf_s   _snwprintf_s
#define _vstprintf     ntio_vswprintf_old
#define _vstprintf_s   vswprintf_s
#define _vsntprintf    _vsnwprintf
#define _vsntprintf_s  _vsnwprintf_s
#define _sctprintf     _scwprintf
#define _vsctprintf    _vscwprintf
#define _stscanf       swscanf
#define _stscanf_s     swscanf_s
#define _tscanf        wscanf
#define _tscanf_s      wscanf_s
#define _fputts        fputws
#define _putts         _putws
#define _puttchar      putwchar
#define _tcslen        wcslen
#define _tcsnlen       wcsnlen
#define _tcscpy        wcscpy
#define _tcsncpy       wcsncpy
#define _tcscat        wcscat
#define _tcsncat       wcsncat
#define _tcscmp        wcscmp
#define _tcsncmp       wcsncmp
#define _tcsicmp       _wcsicmp
#define _tcsnicmp      _wcsnicmp
#define _tcschr        wcschr
#define _tcsrchr       wcsrchr
#define _tcsstr        wcsstr
#define _tcsspn        wcsspn
#define _tcscspn       wcscspn
#define _tcspbrk       wcspbrk
#define _tcstok_s      wcstok_s
#define _tcsupr        _wcsupr
#define _tcslwr        _wcslwr
#define _tcsrev        _wcsrev
#define _tcsdup        _wcsdup
#define _tcscpy_s      wcscpy_s
#define _tcsncpy_s     wcsncpy_s
#define _tcscat_s      wcscat_s
#define _tcsncat_s     wcsncat_s
#define _tcstol        wcstol
#define _tcstoul       wcstoul
#define _tcstoi64      _wcstoi64
#define _tcstoui64     _wcstoui64
#define _ttoi          _wtoi
#define _ttol          _wtol
#define _ttoi64        _wtoi64
#define _itot          _itow
#define _ultot         _ultow
#define _totupper      towupper
#define _totlower      towlower
#define _istalpha      iswalpha
#define _istdigit      iswdigit
#define _istxdigit     iswxdigit
#define _istspace      iswspace
#define _istalnum      iswalnum
#define _istupper      iswupper
#define _istlower      iswlower
#define _istprint      iswprint
#define _istpunct      iswpunct
#else
#define __T(x) x
typedef char _TCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef char TCHAR;
#endif
#define _tmain main
#define _TEOF  EOF
#define _tprintf       printf
#define _ftprintf      fprintf
#define _vtprintf      vprintf
#define _vftprintf     vfprintf
#define _tprintf_s     printf_s
#define _ftprintf_s    fprintf_s
#define _stprintf      sprintf
#define _stprintf_s    sprintf_s
#define _sntprintf     _snprintf
#define _sntprintf_s   _snprintf_s
#define _vstprintf     vsprintf
#define _vstprintf_s   vsprintf_s
#define _vsntprintf    _vsnprintf
#define _vsntprintf_s  _vsnprintf_s
#define _sctprintf     _scprintf
#define _vsctprintf    _vscprintf
#define _stscanf       sscanf
#define _stscanf_s     sscanf_s
#define _tscanf        scanf
#define _tscanf_s      scanf_s
#define _fputts        fputs
#define _putts         puts
#define _puttchar      putchar
#define _tcslen        strlen
#define _tcsnlen       strnlen
#define _tcscpy        strcpy
#define _tcsncpy       strncpy
#define _tcscat        strcat
#define _tcsncat       strncat
#define _tcscmp        strcmp
#define _tcsncmp       strncmp
#define _tcsicmp       _stricmp
#define _tcsnicmp      _strnicmp
#define _tcschr        strchr
#define _tcsrchr       strrchr
#define _tcsstr        strstr
#define _tcsspn        strspn
#define _tcscspn       strcspn
#define _tcspbrk       strpbrk
#define _tcstok_s      strtok_s
#define _tcsupr        _strupr
#define _tcslwr        _strlwr
#define _tcsrev        _strrev
#define _tcsdup        _strdup
#define _tcscpy_s      strcpy_s
#define _tcsncpy_s     strncpy_s
#define _tcscat_s      strcat_s
#define _tcsncat_s     strncat_s
#define _tcstol        strtol
#define _tcstoul       strtoul
#define _tcstoi64      _strtoi64
#define _tcstoui64     _strtoui64
#define _ttoi          atoi
#define _ttol          atol
#define _ttoi64        _atoi64
#define _itot          _itoa
#define _ultot         _ultoa
#define _totupper      toupper
#define _totlower      tolower
#define _istalpha      isalpha
#define _istdigit      isdigit
#define _istxdigit     isxdigit
#define _istspace      isspace
#define _istalnum      isalnum
#define _istupper      isupper
#define _istlower      islower
#define _istprint      isprint
#define _istpunct      ispunct
#define _tfopen        fopen
#define _tfopen_s      fopen_s
#define _tsystem       system
#define _tgetenv       getenv
#endif
#define _T(x)    __T(x)
#define _TEXT(x) __T(x)

#endif
