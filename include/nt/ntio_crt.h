/*
 * Microsoft's C run-time library as far as it differs from the host's: wide characters have 16 bits, formats are NT's, and there are names of
 * its own. The functions have ntio_ names and live in the library; the macros give them Microsoft's. Included by the wrappers of <string.h>,
 * <stdio.h>, ... of both sides, never by itself.
 */
#ifndef NTIO_CRT_H
#define NTIO_CRT_H

#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NTIO_CRT_ __attribute__((visibility("default")))

#ifndef _ERRNO_T_DEFINED
#define _ERRNO_T_DEFINED
typedef int errno_t;
#endif
#ifndef NTIO_RSIZE_T
#define NTIO_RSIZE_T
typedef size_t rsize_t;
#endif
#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif
#ifndef STRUNCATE
#define STRUNCATE 80
#endif

/* --- narrow strings --- */

NTIO_CRT_ errno_t ntio_strnset_s(char *text, size_t size, int c, size_t count);
NTIO_CRT_ errno_t ntio_strset_s(char *text, size_t size, int c);
NTIO_CRT_ errno_t ntio_wcsnset_s(wchar_t *text, size_t size, wchar_t c, size_t count);
NTIO_CRT_ errno_t ntio_wcsset_s(wchar_t *text, size_t size, wchar_t c);
NTIO_CRT_ errno_t ntio_splitpath_s(const char *path, char *drive, size_t drive_size, char *directory,
                                   size_t directory_size, char *name, size_t name_size, char *extension,
                                   size_t extension_size);
NTIO_CRT_ errno_t ntio_wsplitpath_s(const wchar_t *path, wchar_t *drive, size_t drive_size, wchar_t *directory,
                                    size_t directory_size, wchar_t *name, size_t name_size, wchar_t *extension,
                                    size_t extension_size);
NTIO_CRT_ errno_t ntio_makepath_s(char *path, size_t size, const char *drive, const char *directory, const char *name,
                                  const char *extension);
NTIO_CRT_ errno_t ntio_wmakepath_s(wchar_t *path, size_t size, const wchar_t *drive, const wchar_t *directory,
                                   const wchar_t *name, const wchar_t *extension);
NTIO_CRT_ void *ntio_bsearch_s(const void *key, const void *base, size_t count, size_t width,
                               int (*compare)(void *context, const void *, const void *), void *context);
NTIO_CRT_ void ntio_qsort_s(void *base, size_t count, size_t width,
                            int (*compare)(void *context, const void *, const void *), void *context);
NTIO_CRT_ int ntio_snscanf_s(const char *text, size_t length, const char *format, ...);
NTIO_CRT_ int ntio_snwscanf_s(const wchar_t *text, size_t length, const wchar_t *format, ...);
NTIO_CRT_ int ntio_stricmp(const char *a, const char *b);
NTIO_CRT_ int ntio_strnicmp(const char *a, const char *b, size_t count);
NTIO_CRT_ int ntio_memicmp(const void *a, const void *b, size_t count);
NTIO_CRT_ void *ntio_memccpy(void *to, const void *from, int stop, size_t count);
NTIO_CRT_ char *ntio_strupr(char *);
NTIO_CRT_ char *ntio_strlwr(char *);
NTIO_CRT_ char *ntio_strrev(char *);
NTIO_CRT_ char *ntio_strset(char *, int c);
NTIO_CRT_ char *ntio_strnset(char *, int c, size_t count);
NTIO_CRT_ size_t ntio_strnlen(const char *, size_t most);
NTIO_CRT_ char *ntio_strtok_s(char *, const char *delimiters, char **context);
NTIO_CRT_ errno_t ntio_strcpy_s(char *to, size_t size, const char *from);
NTIO_CRT_ errno_t ntio_strncpy_s(char *to, size_t size, const char *from, size_t count);
NTIO_CRT_ errno_t ntio_strcat_s(char *to, size_t size, const char *from);
NTIO_CRT_ errno_t ntio_strncat_s(char *to, size_t size, const char *from, size_t count);
NTIO_CRT_ errno_t ntio_strupr_s(char *, size_t size);
NTIO_CRT_ errno_t ntio_strlwr_s(char *, size_t size);
NTIO_CRT_ errno_t ntio_memcpy_s(void *to, size_t size, const void *from, size_t count);
NTIO_CRT_ errno_t ntio_memmove_s(void *to, size_t size, const void *from, size_t count);

/* --- wide strings --- */

NTIO_CRT_ size_t ntio_wcslen(const wchar_t *);
NTIO_CRT_ size_t ntio_wcsnlen(const wchar_t *, size_t most);
NTIO_CRT_ wchar_t *ntio_wcscpy(wchar_t *to, const wchar_t *from);
NTIO_CRT_ wchar_t *ntio_wcsncpy(wchar_t *to, const wchar_t *from, size_t count);
NTIO_CRT_ wchar_t *ntio_wcscat(wchar_t *to, const wchar_t *from);
NTIO_CRT_ wchar_t *ntio_wcsncat(wchar_t *to, const wchar_t *from, size_t count);
NTIO_CRT_ int ntio_wcscmp(const wchar_t *a, const wchar_t *b);
NTIO_CRT_ int ntio_wcsncmp(const wchar_t *a, const wchar_t *b, size_t count);
NTIO_CRT_ int ntio_wcsicmp(const wchar_t *a, const wchar_t *b);
NTIO_CRT_ int ntio_wcsnicmp(const wchar_t *a, const wchar_t *b, size_t count);
NTIO_CRT_ wchar_t *ntio_wcschr(const wchar_t *, wchar_t c);
NTIO_CRT_ wchar_t *ntio_wcsrchr(const wchar_t *, wchar_t c);
NTIO_CRT_ wchar_t *ntio_wcsstr(const wchar_t *, const wchar_t *what);
NTIO_CRT_ size_t ntio_wcsspn(const wchar_t *, const wchar_t *set);
NTIO_CRT_ size_t ntio_wcscspn(const wchar_t *, const wchar_t *set);
NTIO_CRT_ wchar_t *ntio_wcspbrk(const wchar_t *, const wchar_t *set);
NTIO_CRT_ wchar_t *ntio_wcstok_s(wchar_t *, const wchar_t *delimiters, wchar_t **context);
NTIO_CRT_ wchar_t *ntio_wcsupr(wchar_t *);
NTIO_CRT_ wchar_t *ntio_wcslwr(wchar_t *);
NTIO_CRT_ wchar_t *ntio_wcsrev(wchar_t *);
NTIO_CRT_ wchar_t *ntio_wcsset(wchar_t *, wchar_t c);
NTIO_CRT_ wchar_t *ntio_wcsnset(wchar_t *, wchar_t c, size_t count);
NTIO_CRT_ errno_t ntio_wcscpy_s(wchar_t *to, size_t size, const wchar_t *from);
NTIO_CRT_ errno_t ntio_wcsncpy_s(wchar_t *to, size_t size, const wchar_t *from, size_t count);
NTIO_CRT_ errno_t ntio_wcscat_s(wchar_t *to, size_t size, const wchar_t *from);
NTIO_CRT_ errno_t ntio_wcsncat_s(wchar_t *to, size_t size, const wchar_t *from, size_t count);
NTIO_CRT_ errno_t ntio_wcsupr_s(wchar_t *, size_t size);
NTIO_CRT_ errno_t ntio_wcslwr_s(wchar_t *, size_t size);
NTIO_CRT_ wchar_t *ntio_wmemcpy(wchar_t *to, const wchar_t *from, size_t count);
NTIO_CRT_ wchar_t *ntio_wmemmove(wchar_t *to, const wchar_t *from, size_t count);
NTIO_CRT_ wchar_t *ntio_wmemset(wchar_t *to, wchar_t c, size_t count);
NTIO_CRT_ int ntio_wmemcmp(const wchar_t *a, const wchar_t *b, size_t count);
NTIO_CRT_ wchar_t *ntio_wmemchr(const wchar_t *, wchar_t c, size_t count);
NTIO_CRT_ size_t ntio_mbstowcs(wchar_t *to, const char *from, size_t count);
NTIO_CRT_ size_t ntio_wcstombs(char *to, const wchar_t *from, size_t count);
NTIO_CRT_ errno_t ntio_mbstowcs_s(size_t *converted, wchar_t *to, size_t size, const char *from, size_t count);
NTIO_CRT_ errno_t ntio_wcstombs_s(size_t *converted, char *to, size_t size, const wchar_t *from, size_t count);
NTIO_CRT_ int ntio_mbtowc(wchar_t *to, const char *from, size_t count);
NTIO_CRT_ int ntio_wctomb(char *to, wchar_t c);

/* --- wide characters --- */

NTIO_CRT_ wchar_t ntio_towupper(wchar_t);
NTIO_CRT_ wchar_t ntio_towlower(wchar_t);
NTIO_CRT_ int ntio_iswupper(wchar_t);
NTIO_CRT_ int ntio_iswlower(wchar_t);
NTIO_CRT_ int ntio_iswalpha(wchar_t);
NTIO_CRT_ int ntio_iswdigit(wchar_t);
NTIO_CRT_ int ntio_iswxdigit(wchar_t);
NTIO_CRT_ int ntio_iswalnum(wchar_t);
NTIO_CRT_ int ntio_iswspace(wchar_t);
NTIO_CRT_ int ntio_iswpunct(wchar_t);
NTIO_CRT_ int ntio_iswprint(wchar_t);
NTIO_CRT_ int ntio_iswgraph(wchar_t);
NTIO_CRT_ int ntio_iswcntrl(wchar_t);

/* --- numbers; long has 32 bits in all of these --- */

NTIO_CRT_ int ntio_wtoi(const wchar_t *);
NTIO_CRT_ long long ntio_wtoi64(const wchar_t *);
NTIO_CRT_ long long ntio_atoi64(const char *);
NTIO_CRT_ int ntio_wcstol(const wchar_t *, wchar_t **end, int base);
NTIO_CRT_ unsigned ntio_wcstoul(const wchar_t *, wchar_t **end, int base);
NTIO_CRT_ long long ntio_wcstoll(const wchar_t *, wchar_t **end, int base);
NTIO_CRT_ unsigned long long ntio_wcstoull(const wchar_t *, wchar_t **end, int base);
NTIO_CRT_ double ntio_wcstod(const wchar_t *, wchar_t **end);
NTIO_CRT_ int ntio_strtol(const char *, char **end, int base);
NTIO_CRT_ unsigned ntio_strtoul(const char *, char **end, int base);
NTIO_CRT_ long long ntio_strtoll(const char *, char **end, int base);
NTIO_CRT_ unsigned long long ntio_strtoull(const char *, char **end, int base);
NTIO_CRT_ int ntio_rand(void);        /* the kernel's; a client has a sequence of its own */
NTIO_CRT_ void ntio_srand(unsigned);
NTIO_CRT_ int ntio_client_rand(void);
NTIO_CRT_ void ntio_client_srand(unsigned);
NTIO_CRT_ char *ntio_itoa(int value, char *to, int base);
NTIO_CRT_ char *ntio_ultoa(unsigned value, char *to, int base);
NTIO_CRT_ char *ntio_i64toa(long long value, char *to, int base);
NTIO_CRT_ char *ntio_ui64toa(unsigned long long value, char *to, int base);
NTIO_CRT_ wchar_t *ntio_itow(int value, wchar_t *to, int base);
NTIO_CRT_ wchar_t *ntio_ultow(unsigned value, wchar_t *to, int base);
NTIO_CRT_ wchar_t *ntio_i64tow(long long value, wchar_t *to, int base);
NTIO_CRT_ wchar_t *ntio_ui64tow(unsigned long long value, wchar_t *to, int base);
NTIO_CRT_ errno_t ntio_itoa_s(int value, char *to, size_t size, int base);
NTIO_CRT_ errno_t ntio_ultoa_s(unsigned value, char *to, size_t size, int base);
NTIO_CRT_ errno_t ntio_i64toa_s(long long value, char *to, size_t size, int base);
NTIO_CRT_ errno_t ntio_ui64toa_s(unsigned long long value, char *to, size_t size, int base);
NTIO_CRT_ errno_t ntio_itow_s(int value, wchar_t *to, size_t size, int base);
NTIO_CRT_ errno_t ntio_ultow_s(unsigned value, wchar_t *to, size_t size, int base);
NTIO_CRT_ errno_t ntio_i64tow_s(long long value, wchar_t *to, size_t size, int base);
NTIO_CRT_ errno_t ntio_ui64tow_s(unsigned long long value, wchar_t *to, size_t size, int base);

/* --- formatted print to memory --- */

NTIO_CRT_ int ntio_sprintf(char *to, const char *format, ...);
NTIO_CRT_ int ntio_vsprintf(char *to, const char *format, va_list);
NTIO_CRT_ int ntio_snprintf_c99(char *to, size_t size, const char *format, ...);
NTIO_CRT_ int ntio_vsnprintf_c99(char *to, size_t size, const char *format, va_list);
NTIO_CRT_ int ntio_snprintf(char *to, size_t size, const char *format, ...);
NTIO_CRT_ int ntio_vsnprintf(char *to, size_t size, const char *format, va_list);
NTIO_CRT_ int ntio_sprintf_s(char *to, size_t size, const char *format, ...);
NTIO_CRT_ int ntio_vsprintf_s(char *to, size_t size, const char *format, va_list);
NTIO_CRT_ int ntio_snprintf_s(char *to, size_t size, size_t count, const char *format, ...);
NTIO_CRT_ int ntio_vsnprintf_s(char *to, size_t size, size_t count, const char *format, va_list);
NTIO_CRT_ int ntio_scprintf(const char *format, ...);
NTIO_CRT_ int ntio_vscprintf(const char *format, va_list);
NTIO_CRT_ int ntio_swprintf_old(wchar_t *to, const wchar_t *format, ...);
NTIO_CRT_ int ntio_vswprintf_old(wchar_t *to, const wchar_t *format, va_list);
NTIO_CRT_ int ntio_swprintf(wchar_t *to, size_t size, const wchar_t *format, ...);
NTIO_CRT_ int ntio_vswprintf(wchar_t *to, size_t size, const wchar_t *format, va_list);
NTIO_CRT_ int ntio_snwprintf(wchar_t *to, size_t size, const wchar_t *format, ...);
NTIO_CRT_ int ntio_vsnwprintf(wchar_t *to, size_t size, const wchar_t *format, va_list);
NTIO_CRT_ int ntio_swprintf_s(wchar_t *to, size_t size, const wchar_t *format, ...);
NTIO_CRT_ int ntio_vswprintf_s(wchar_t *to, size_t size, const wchar_t *format, va_list);
NTIO_CRT_ int ntio_snwprintf_s(wchar_t *to, size_t size, size_t count, const wchar_t *format, ...);
NTIO_CRT_ int ntio_vsnwprintf_s(wchar_t *to, size_t size, size_t count, const wchar_t *format, va_list);
NTIO_CRT_ int ntio_scwprintf(const wchar_t *format, ...);
NTIO_CRT_ int ntio_vscwprintf(const wchar_t *format, va_list);

#ifdef __cplusplus
}
#endif

#ifndef NTIO_BUILDING
#define _stricmp    ntio_stricmp
#define stricmp     ntio_stricmp
#define _strcmpi    ntio_stricmp
#define strcmpi     ntio_stricmp
#define _strnicmp   ntio_strnicmp
#define strnicmp    ntio_strnicmp
#define _memicmp    ntio_memicmp
#define memicmp     ntio_memicmp
#define _memccpy    ntio_memccpy
#define _strupr     ntio_strupr
#define strupr      ntio_strupr
#define _strlwr     ntio_strlwr
#define strlwr      ntio_strlwr
#define _strrev     ntio_strrev
#define strrev      ntio_strrev
#define _strset     ntio_strset
#define strset      ntio_strset
#define _strnset    ntio_strnset
#define strnset     ntio_strnset
#define strnlen_s   ntio_strnlen
#define strtok_s    ntio_strtok_s
#define strcpy_s    ntio_strcpy_s
#define strncpy_s   ntio_strncpy_s
#define strcat_s    ntio_strcat_s
#define strncat_s   ntio_strncat_s
#define _strupr_s   ntio_strupr_s
#define _strlwr_s   ntio_strlwr_s
#define memcpy_s    ntio_memcpy_s
#define memmove_s   ntio_memmove_s

#define wcsnlen_s   ntio_wcsnlen
#define _wcsicmp    ntio_wcsicmp
#define wcsicmp     ntio_wcsicmp
#define _wcsnicmp   ntio_wcsnicmp
#define wcsnicmp    ntio_wcsnicmp
#define wcstok_s    ntio_wcstok_s
#define _wcsupr     ntio_wcsupr
#define wcsupr      ntio_wcsupr
#define _wcslwr     ntio_wcslwr
#define wcslwr      ntio_wcslwr
#define _wcsrev     ntio_wcsrev
#define wcsrev      ntio_wcsrev
#define _wcsset     ntio_wcsset
#define wcsset      ntio_wcsset
#define _wcsnset    ntio_wcsnset
#define wcsnset     ntio_wcsnset
#define wcscpy_s    ntio_wcscpy_s
#define wcsncpy_s   ntio_wcsncpy_s
#define wcscat_s    ntio_wcscat_s
#define wcsncat_s   ntio_wcsncat_s
#define _wcsupr_s   ntio_wcsupr_s
#define _wcslwr_s   ntio_wcslwr_s
#define mbstowcs_s  ntio_mbstowcs_s
#define wcstombs_s  ntio_wcstombs_s


#define _wtoi       ntio_wtoi
#define _wtol       ntio_wtoi
#define _wtoi64     ntio_wtoi64
#define _wtoll      ntio_wtoi64
#define _atoi64     ntio_atoi64
#define _wcstoi64   ntio_wcstoll
#define _wcstoui64  ntio_wcstoull
#define _strnset_s  ntio_strnset_s
#define _strset_s   ntio_strset_s
#define _wcsnset_s  ntio_wcsnset_s
#define _wcsset_s   ntio_wcsset_s
#define _splitpath_s ntio_splitpath_s
#define _wsplitpath_s ntio_wsplitpath_s
#define _makepath_s ntio_makepath_s
#define _wmakepath_s ntio_wmakepath_s
#define bsearch_s   ntio_bsearch_s
#define qsort_s     ntio_qsort_s
#define _snscanf_s  ntio_snscanf_s
#define _snwscanf_s ntio_snwscanf_s
#define _strtoi64   ntio_strtoll
#define _strtoui64  ntio_strtoull
#define _itoa       ntio_itoa
#define _ltoa       ntio_itoa
#define _ultoa      ntio_ultoa
#define _i64toa     ntio_i64toa
#define _ui64toa    ntio_ui64toa
#define _itow       ntio_itow
#define _ltow       ntio_itow
#define _ultow      ntio_ultow
#define _i64tow     ntio_i64tow
#define _ui64tow    ntio_ui64tow
#define _itoa_s     ntio_itoa_s
#define _ltoa_s     ntio_itoa_s
#define _ultoa_s    ntio_ultoa_s
#define _i64toa_s   ntio_i64toa_s
#define _ui64toa_s  ntio_ui64toa_s
#define _itow_s     ntio_itow_s
#define _ltow_s     ntio_itow_s
#define _ultow_s    ntio_ultow_s
#define _i64tow_s   ntio_i64tow_s
#define _ui64tow_s  ntio_ui64tow_s

#define _snprintf   ntio_snprintf
#define _vsnprintf  ntio_vsnprintf
#define sprintf_s   ntio_sprintf_s
#define vsprintf_s  ntio_vsprintf_s
#define _snprintf_s ntio_snprintf_s
#define _vsnprintf_s ntio_vsnprintf_s
#define vsnprintf_s ntio_vsnprintf_s
#define _scprintf   ntio_scprintf
#define _vscprintf  ntio_vscprintf
#define _snwprintf  ntio_snwprintf
#define _vsnwprintf ntio_vsnwprintf
#define swprintf_s  ntio_swprintf_s
#define vswprintf_s ntio_vswprintf_s
#define _snwprintf_s ntio_snwprintf_s
#define _vsnwprintf_s ntio_vsnwprintf_s
#define _scwprintf  ntio_scwprintf
#define _vscwprintf ntio_vscwprintf
#define _swprintf   ntio_swprintf_old
/* Names that the host has, too: in a client in C++ they are functions (ntio_cxx.h). */
#ifndef NTIO_CXX_H
#define strnlen     ntio_strnlen
#define wcslen      ntio_wcslen
#define wcsnlen     ntio_wcsnlen
#define wcscpy      ntio_wcscpy
#define wcsncpy     ntio_wcsncpy
#define wcscat      ntio_wcscat
#define wcsncat     ntio_wcsncat
#define wcscmp      ntio_wcscmp
#define wcsncmp     ntio_wcsncmp
#define wcschr      ntio_wcschr
#define wcsrchr     ntio_wcsrchr
#define wcsstr      ntio_wcsstr
#define wcsspn      ntio_wcsspn
#define wcscspn     ntio_wcscspn
#define wcspbrk     ntio_wcspbrk
#define wcstok      ntio_wcstok_s
#define wmemcpy     ntio_wmemcpy
#define wmemmove    ntio_wmemmove
#define wmemset     ntio_wmemset
#define wmemcmp     ntio_wmemcmp
#define wmemchr     ntio_wmemchr
#define mbstowcs    ntio_mbstowcs
#define wcstombs    ntio_wcstombs
#define mbtowc      ntio_mbtowc
#define wctomb      ntio_wctomb
#define towupper    ntio_towupper
#define towlower    ntio_towlower
#define iswupper    ntio_iswupper
#define iswlower    ntio_iswlower
#define iswalpha    ntio_iswalpha
#define iswdigit    ntio_iswdigit
#define iswxdigit   ntio_iswxdigit
#define iswalnum    ntio_iswalnum
#define iswspace    ntio_iswspace
#define iswpunct    ntio_iswpunct
#define iswprint    ntio_iswprint
#define iswgraph    ntio_iswgraph
#define iswcntrl    ntio_iswcntrl
#define wcstol      ntio_wcstol
#define wcstoul     ntio_wcstoul
#define wcstoll     ntio_wcstoll
#define wcstoull    ntio_wcstoull
#define wcstod      ntio_wcstod
#define strtol      ntio_strtol
#define strtoul     ntio_strtoul
#define sprintf     ntio_sprintf
#define vsprintf    ntio_vsprintf
#define snprintf    ntio_snprintf_c99
#define vsnprintf   ntio_vsnprintf_c99
/* Microsoft has two of these under one name: the old one without a size, which the kernel has, and the standard's. */
#ifdef __cplusplus
#define swprintf  ntio_swprintf
#define vswprintf ntio_vswprintf
#else
#define NTIO_WIDE_PRINT_(second, old, standard)                                                              \
    _Generic((second), wchar_t *: old, const wchar_t *: old, default: standard)
#define swprintf(to, second, ...)                                                                            \
    NTIO_WIDE_PRINT_(second, ntio_swprintf_old, ntio_swprintf)(to, second __VA_OPT__(, ) __VA_ARGS__)
#define vswprintf(to, second, ...)                                                                           \
    NTIO_WIDE_PRINT_(second, ntio_vswprintf_old, ntio_vswprintf)(to, second __VA_OPT__(, ) __VA_ARGS__)
#endif
#endif
#endif

#ifdef __cplusplus
#include "ntio_crt_safe.h"
#endif

#endif
