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
#define _fgetts        fgetws
#define _fputtc        fputwc
#define _puttc         fputwc
#define _tcstok        wcstok
#define _tcsset        _wcsset
#define _tcsnset       _wcsnset
#define _tcsncat_s     wcsncat_s
#define _tcscmpi       _wcsicmp
#define _tcsclen       wcslen
#define _tcsccpy       wcscpy
#define _tcsncicmp     _wcsnicmp
#define _tcsnccmp      wcsncmp
#define _tcsnccpy      wcsncpy
#define _tcsupr_s      _wcsupr_s
#define _tcslwr_s      _wcslwr_s
#define _tcstod        wcstod
#define _tcstoll       wcstoll
#define _tcstoull      wcstoull
#define _tstoi         _wtoi
#define _tstol         _wtol
#define _tstoi64       _wtoi64
#define _itot_s        _itow_s
#define _ltot          _ltow
#define _ltot_s        _ltow_s
#define _ultot_s       _ultow_s
#define _i64tot        _i64tow
#define _i64tot_s      _i64tow_s
#define _ui64tot       _ui64tow
#define _ui64tot_s     _ui64tow_s
#define _istcntrl      iswcntrl
#define _istgraph      iswgraph
#define _istascii(c)   ((unsigned)(c) < 0x80)
#define _tfopen        _wfopen
#define _tfopen_s      _wfopen_s
#define _tfsopen       _wfsopen
#define _topen         _wopen
#define _tunlink       _wunlink
#define _tmkdir        _wmkdir
#define _trmdir        _wrmdir
#define _taccess       _waccess
#define _tsplitpath    _wsplitpath
#define _tmakepath     _wmakepath
#define _tperror       _wperror
#define _tsystem       _wsystem
#define _tWinMain      wWinMain
#define _targv         __wargv
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
#define _fgetts        fgets
#define _fputtc        fputc
#define _puttc         putc
#define _tcstok        strtok
#define _tcsset        _strset
#define _tcsnset       _strnset
#define _tcsncat_s     strncat_s
#define _tcscmpi       _stricmp
#define _tcsclen       strlen
#define _tcsccpy       strcpy
#define _tcsncicmp     _strnicmp
#define _tcsnccmp      strncmp
#define _tcsnccpy      strncpy
#define _tcsupr_s      _strupr_s
#define _tcslwr_s      _strlwr_s
#define _tcstod        strtod
#define _tcstoll       strtoll
#define _tcstoull      strtoull
#define _tstoi         atoi
#define _tstol         atol
#define _tstoi64       _atoi64
#define _itot_s        _itoa_s
#define _ltot          _ltoa
#define _ltot_s        _ltoa_s
#define _ultot_s       _ultoa_s
#define _i64tot        _i64toa
#define _i64tot_s      _i64toa_s
#define _ui64tot       _ui64toa
#define _ui64tot_s     _ui64toa_s
#define _istcntrl      iscntrl
#define _istgraph      isgraph
#define _istascii(c)   ((unsigned)(c) < 0x80)
#define _tfsopen       _fsopen
#define _topen         _open
#define _tunlink       _unlink
#define _tmkdir        _mkdir
#define _trmdir        _rmdir
#define _taccess       _access
#define _tsplitpath    _splitpath
#define _tmakepath     _makepath
#define _tperror       perror
#define _tWinMain      WinMain
#define _targv         __argv
#define _tfopen        fopen
#define _tfopen_s      fopen_s
#define _tsystem       system
#define _tgetenv       getenv
#endif
#define _tcsinc(p)     ((p) + 1)
#define _tcsdec(s, p)  ((p) > (s) ? (p) - 1 : NULL)
#define _tcsnextc(p)   ((unsigned)*(p))
#define _tcsninc(p, n) ((p) + (n))
#define _T(x)    __T(x)
#define _TEXT(x) __T(x)

#endif
