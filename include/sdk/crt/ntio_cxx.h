/*
 * The C run-time library of a client in C++. In C macros put Microsoft's functions in the place of the host's; C++ has the names
 * in namespace std and as members of classes, so here they are functions: the host's headers are read once, before anything else,
 * with those names hidden, and the names are then declared as ntio's. ntio_add_program has each C++ source begin with this header.
 *
 * Wide characters have 16 bits. What the host's library has for its own of 32, and ntio has not, does not link or compile.
 */
#ifndef NTIO_CXX_H
#define NTIO_CXX_H

#if !defined(__cplusplus)
#error "ntio_cxx.h is for C++"
#endif

#define NTIO_CXX_HOST /* our own wrappers of these headers let them pass */
#define _GLIBCXX_INCLUDE_NEXT_C_HEADERS
#ifndef __NO_INLINE__
#define __NO_INLINE__ 1
#define NTIO_CXX_INLINES
#endif
#define access      ntio_host_access
#define btowc       ntio_host_btowc
#define close       ntio_host_close
#define dup         ntio_host_dup
#define dup2        ntio_host_dup2
#define fgetwc      ntio_host_fgetwc
#define fgetws      ntio_host_fgetws
#define fopen       ntio_host_fopen
#define fprintf     ntio_host_fprintf
#define freopen     ntio_host_freopen
#define fputwc      ntio_host_fputwc
#define fputws      ntio_host_fputws
#define fscanf      ntio_host_fscanf
#define fwprintf    ntio_host_fwprintf
#define fwscanf     ntio_host_fwscanf
#define getwc       ntio_host_getwc
#define getwchar    ntio_host_getwchar
#define isatty      ntio_host_isatty
#define iswalnum    ntio_host_iswalnum
#define iswalpha    ntio_host_iswalpha
#define iswcntrl    ntio_host_iswcntrl
#define iswdigit    ntio_host_iswdigit
#define iswgraph    ntio_host_iswgraph
#define iswlower    ntio_host_iswlower
#define iswprint    ntio_host_iswprint
#define iswpunct    ntio_host_iswpunct
#define iswspace    ntio_host_iswspace
#define iswupper    ntio_host_iswupper
#define iswxdigit   ntio_host_iswxdigit
#define lseek       ntio_host_lseek
#define mbrtowc     ntio_host_mbrtowc
#define mbsrtowcs   ntio_host_mbsrtowcs
#define mbstowcs    ntio_host_mbstowcs
#define mbtowc      ntio_host_mbtowc
#define printf      ntio_host_printf
#define putwc       ntio_host_putwc
#define putwchar    ntio_host_putwchar
#define read        ntio_host_read
#define remove      ntio_host_remove
#define rename      ntio_host_rename
#define scanf       ntio_host_scanf
#define snprintf    ntio_host_snprintf
#define sprintf     ntio_host_sprintf
#define sscanf      ntio_host_sscanf
#define strnlen     ntio_host_strnlen
#define strtol      ntio_host_strtol
#define strtoul     ntio_host_strtoul
#define swprintf    ntio_host_swprintf
#define swscanf     ntio_host_swscanf
#define system      ntio_host_system
#define towlower    ntio_host_towlower
#define towupper    ntio_host_towupper
#define ungetwc     ntio_host_ungetwc
#define unlink      ntio_host_unlink
#define vfprintf    ntio_host_vfprintf
#define vfwprintf   ntio_host_vfwprintf
#define vfwscanf    ntio_host_vfwscanf
#define vprintf     ntio_host_vprintf
#define vsnprintf   ntio_host_vsnprintf
#define vsprintf    ntio_host_vsprintf
#define vswprintf   ntio_host_vswprintf
#define vswscanf    ntio_host_vswscanf
#define vwprintf    ntio_host_vwprintf
#define vwscanf     ntio_host_vwscanf
#define wcrtomb     ntio_host_wcrtomb
#define wcscat      ntio_host_wcscat
#define wcschr      ntio_host_wcschr
#define wcscmp      ntio_host_wcscmp
#define wcscoll     ntio_host_wcscoll
#define wcscpy      ntio_host_wcscpy
#define wcscspn     ntio_host_wcscspn
#define wcsdup      ntio_host_wcsdup
#define wcsftime    ntio_host_wcsftime
#define wcslen      ntio_host_wcslen
#define wcsncat     ntio_host_wcsncat
#define wcsncmp     ntio_host_wcsncmp
#define wcsncpy     ntio_host_wcsncpy
#define wcsnlen     ntio_host_wcsnlen
#define wcspbrk     ntio_host_wcspbrk
#define wcsrchr     ntio_host_wcsrchr
#define wcsrtombs   ntio_host_wcsrtombs
#define wcsspn      ntio_host_wcsspn
#define wcsstr      ntio_host_wcsstr
#define wcstod      ntio_host_wcstod
#define wcstof      ntio_host_wcstof
#define wcstok      ntio_host_wcstok
#define wcstol      ntio_host_wcstol
#define wcstold     ntio_host_wcstold
#define wcstoll     ntio_host_wcstoll
#define wcstombs    ntio_host_wcstombs
#define wcstoul     ntio_host_wcstoul
#define wcstoull    ntio_host_wcstoull
#define wcsxfrm     ntio_host_wcsxfrm
#define wctomb      ntio_host_wctomb
#define wmemchr     ntio_host_wmemchr
#define wmemcmp     ntio_host_wmemcmp
#define wmemcpy     ntio_host_wmemcpy
#define wmemmove    ntio_host_wmemmove
#define wmemset     ntio_host_wmemset
#define wprintf     ntio_host_wprintf
#define write       ntio_host_write
#define wscanf      ntio_host_wscanf

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#undef access
#undef btowc
#undef close
#undef dup
#undef dup2
#undef fgetwc
#undef fgetws
#undef fopen
#undef fprintf
#undef freopen
#undef fputwc
#undef fputws
#undef fscanf
#undef fwprintf
#undef fwscanf
#undef getwc
#undef getwchar
#undef isatty
#undef iswalnum
#undef iswalpha
#undef iswcntrl
#undef iswdigit
#undef iswgraph
#undef iswlower
#undef iswprint
#undef iswpunct
#undef iswspace
#undef iswupper
#undef iswxdigit
#undef lseek
#undef mbrtowc
#undef mbsrtowcs
#undef mbstowcs
#undef mbtowc
#undef printf
#undef putwc
#undef putwchar
#undef read
#undef remove
#undef rename
#undef scanf
#undef snprintf
#undef sprintf
#undef sscanf
#undef strnlen
#undef strtol
#undef strtoul
#undef swprintf
#undef swscanf
#undef system
#undef towlower
#undef towupper
#undef ungetwc
#undef unlink
#undef vfprintf
#undef vfwprintf
#undef vfwscanf
#undef vprintf
#undef vsnprintf
#undef vsprintf
#undef vswprintf
#undef vswscanf
#undef vwprintf
#undef vwscanf
#undef wcrtomb
#undef wcscat
#undef wcschr
#undef wcscmp
#undef wcscoll
#undef wcscpy
#undef wcscspn
#undef wcsdup
#undef wcsftime
#undef wcslen
#undef wcsncat
#undef wcsncmp
#undef wcsncpy
#undef wcsnlen
#undef wcspbrk
#undef wcsrchr
#undef wcsrtombs
#undef wcsspn
#undef wcsstr
#undef wcstod
#undef wcstof
#undef wcstok
#undef wcstol
#undef wcstold
#undef wcstoll
#undef wcstombs
#undef wcstoul
#undef wcstoull
#undef wcsxfrm
#undef wctomb
#undef wmemchr
#undef wmemcmp
#undef wmemcpy
#undef wmemmove
#undef wmemset
#undef wprintf
#undef write
#undef wscanf
#undef NTIO_CXX_HOST
#undef _GLIBCXX_INCLUDE_NEXT_C_HEADERS
#ifdef NTIO_CXX_INLINES
#undef __NO_INLINE__
#undef NTIO_CXX_INLINES
#endif

#include <ntio_crt.h>
#define NTIO_CXX_DECLARES
#include "ntio_crt_client.h"
#undef NTIO_CXX_DECLARES

#define NTIO_CXX_TEXT2_(x)     #x
#define NTIO_CXX_TEXT_(x)      NTIO_CXX_TEXT2_(x)
#define NTIO_CXX_SYMBOL_(name) __asm__(NTIO_CXX_TEXT_(__USER_LABEL_PREFIX__) #name)
/* `name` is ntio's function, with its type or another. */
#define NTIO_CXX_IS_(name)             extern decltype(ntio_##name) name NTIO_CXX_SYMBOL_(ntio_##name);
#define NTIO_CXX_AS_(declaration, ours) extern declaration NTIO_CXX_SYMBOL_(ours);
#if defined(__has_attribute)
#if __has_attribute(error)
#define NTIO_CXX_ERROR_(name) __attribute__((error("ntio has no " #name " for wide characters of 16 bits")))
#endif
#endif
#ifndef NTIO_CXX_ERROR_
#define NTIO_CXX_ERROR_(name)
#endif
/* Namespace std wants the name; a call of it is an error. */
#define NTIO_CXX_NO_(type, name, ...) extern type name(__VA_ARGS__) NTIO_CXX_SYMBOL_(ntio_has_no_##name) NTIO_CXX_ERROR_(name);

extern "C" {
NTIO_CXX_IS_(fprintf)
NTIO_CXX_IS_(fputws)
NTIO_CXX_IS_(fscanf)
NTIO_CXX_IS_(fwprintf)
NTIO_CXX_IS_(mbstowcs)
NTIO_CXX_IS_(mbtowc)
NTIO_CXX_IS_(printf)
NTIO_CXX_IS_(remove)
NTIO_CXX_IS_(rename)
NTIO_CXX_IS_(scanf)
NTIO_CXX_IS_(sprintf)
NTIO_CXX_IS_(sscanf)
NTIO_CXX_IS_(strnlen)
NTIO_CXX_IS_(swscanf)
NTIO_CXX_IS_(system)
NTIO_CXX_IS_(vfprintf)
NTIO_CXX_IS_(vfwprintf)
NTIO_CXX_IS_(vprintf)
NTIO_CXX_IS_(vsprintf)
NTIO_CXX_IS_(vwprintf)
NTIO_CXX_IS_(wcscat)
NTIO_CXX_IS_(wcschr)
NTIO_CXX_IS_(wcscmp)
NTIO_CXX_IS_(wcscpy)
NTIO_CXX_IS_(wcscspn)
NTIO_CXX_IS_(wcsdup)
NTIO_CXX_IS_(wcslen)
NTIO_CXX_IS_(wcsncat)
NTIO_CXX_IS_(wcsncmp)
NTIO_CXX_IS_(wcsncpy)
NTIO_CXX_IS_(wcsnlen)
NTIO_CXX_IS_(wcspbrk)
NTIO_CXX_IS_(wcsrchr)
NTIO_CXX_IS_(wcsspn)
NTIO_CXX_IS_(wcsstr)
NTIO_CXX_IS_(wcstod)
NTIO_CXX_IS_(wcstoll)
NTIO_CXX_IS_(wcstombs)
NTIO_CXX_IS_(wcstoull)
NTIO_CXX_IS_(wctomb)
NTIO_CXX_IS_(wmemchr)
NTIO_CXX_IS_(wmemcmp)
NTIO_CXX_IS_(wmemcpy)
NTIO_CXX_IS_(wmemmove)
NTIO_CXX_IS_(wmemset)
NTIO_CXX_IS_(wprintf)
NTIO_CXX_AS_(decltype(ntio_snprintf_c99) snprintf, ntio_snprintf_c99)
NTIO_CXX_AS_(decltype(ntio_vsnprintf_c99) vsnprintf, ntio_vsnprintf_c99)
NTIO_CXX_AS_(decltype(ntio_wcstok_s) wcstok, ntio_wcstok_s)
NTIO_CXX_AS_(FILE *fopen(const char *, const char *), ntio_fopen)
NTIO_CXX_AS_(FILE *freopen(const char *, const char *, FILE *), ntio_freopen)

NTIO_CXX_NO_(wint_t, fgetwc, FILE *)
NTIO_CXX_NO_(int, fwscanf, FILE *, const wchar_t *, ...)
NTIO_CXX_NO_(wint_t, getwc, FILE *)
NTIO_CXX_NO_(wint_t, getwchar, void)
NTIO_CXX_NO_(size_t, mbrtowc, wchar_t *, const char *, size_t, mbstate_t *)
NTIO_CXX_NO_(size_t, mbsrtowcs, wchar_t *, const char **, size_t, mbstate_t *)
NTIO_CXX_NO_(wint_t, ungetwc, wint_t, FILE *)
NTIO_CXX_NO_(int, vfwscanf, FILE *, const wchar_t *, va_list)
NTIO_CXX_NO_(int, vswscanf, const wchar_t *, const wchar_t *, va_list)
NTIO_CXX_NO_(int, vwscanf, const wchar_t *, va_list)
NTIO_CXX_NO_(size_t, wcrtomb, char *, wchar_t, mbstate_t *)
NTIO_CXX_NO_(int, wcscoll, const wchar_t *, const wchar_t *)
NTIO_CXX_NO_(size_t, wcsftime, wchar_t *, size_t, const wchar_t *, const struct tm *)
NTIO_CXX_NO_(size_t, wcsrtombs, char *, const wchar_t **, size_t, mbstate_t *)
NTIO_CXX_NO_(size_t, wcsxfrm, wchar_t *, const wchar_t *, size_t)
NTIO_CXX_NO_(int, wscanf, const wchar_t *, ...)
}

/* Those whose types differ: Windows' long has 32 bits, its wint_t 16. */
#define NTIO_CXX_CLASS_(name)                                                                                \
    inline int name(wint_t c)                                                                                \
    {                                                                                                        \
        return ntio_##name((wchar_t)c);                                                                      \
    }
NTIO_CXX_CLASS_(iswalnum)
NTIO_CXX_CLASS_(iswalpha)
NTIO_CXX_CLASS_(iswcntrl)
NTIO_CXX_CLASS_(iswdigit)
NTIO_CXX_CLASS_(iswgraph)
NTIO_CXX_CLASS_(iswlower)
NTIO_CXX_CLASS_(iswprint)
NTIO_CXX_CLASS_(iswpunct)
NTIO_CXX_CLASS_(iswspace)
NTIO_CXX_CLASS_(iswupper)
NTIO_CXX_CLASS_(iswxdigit)

inline wint_t btowc(int c)
{
    return c >= 0 && c < 0x80 ? (wint_t)c : WEOF;
}
inline wint_t towlower(wint_t c)
{
    return ntio_towlower((wchar_t)c);
}
inline wint_t towupper(wint_t c)
{
    return ntio_towupper((wchar_t)c);
}
inline long strtol(const char *text, char **end, int base)
{
    return ntio_strtol(text, end, base);
}
inline unsigned long strtoul(const char *text, char **end, int base)
{
    return ntio_strtoul(text, end, base);
}
inline long wcstol(const wchar_t *text, wchar_t **end, int base)
{
    return ntio_wcstol(text, end, base);
}
inline unsigned long wcstoul(const wchar_t *text, wchar_t **end, int base)
{
    return ntio_wcstoul(text, end, base);
}
inline float wcstof(const wchar_t *text, wchar_t **end)
{
    return (float)ntio_wcstod(text, end);
}
inline long double wcstold(const wchar_t *text, wchar_t **end)
{
    return ntio_wcstod(text, end);
}
inline wchar_t *fgetws(wchar_t *to, int size, FILE *file)
{
    return ntio_fgetws(to, size, file);
}
inline wint_t fputwc(wchar_t c, FILE *file)
{
    return ntio_fputwc(c, file);
}
inline wint_t putwc(wchar_t c, FILE *file)
{
    return ntio_fputwc(c, file);
}
inline wint_t putwchar(wchar_t c)
{
    return ntio_fputwc(c, stdout);
}

/* With a size, and Microsoft's old ones without. */
template <typename... Rest> int swprintf(wchar_t *to, size_t size, const wchar_t *format, Rest... rest)
{
    return ntio_swprintf(to, size, format, rest...);
}
template <typename... Rest> int swprintf(wchar_t *to, const wchar_t *format, Rest... rest)
{
    return ntio_swprintf_old(to, format, rest...);
}
inline int vswprintf(wchar_t *to, size_t size, const wchar_t *format, va_list rest)
{
    return ntio_vswprintf(to, size, format, rest);
}
inline int vswprintf(wchar_t *to, const wchar_t *format, va_list rest)
{
    return ntio_vswprintf_old(to, format, rest);
}

/*
 * The host's C++ library uses as names what Windows has as macros (__in, __out, __try, ...), so all of it is read before
 * those are there. Templates on wchar_t are instantiated in the program: what is in the library's file is for 32 bits.
 */
#ifdef NTIO_CXX_LIBRARY
#if !__has_include(<bits/stdc++.h>)
#error "ntio: clients that use the C++ library need GNU's, libstdc++"
#endif
#include <bits/c++config.h>
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0
#define wcout          ntio_host_wcout
#define wcerr          ntio_host_wcerr
#define wclog          ntio_host_wclog
#define wcin           ntio_host_wcin
#define wfilebuf       ntio_host_wfilebuf
#define wfstream       ntio_host_wfstream
#define wifstream      ntio_host_wifstream
#define wistringstream ntio_host_wistringstream
#define wofstream      ntio_host_wofstream
#define wostringstream ntio_host_wostringstream
#define wstringbuf     ntio_host_wstringbuf
#define wstringstream  ntio_host_wstringstream
#include <bits/stdc++.h>
#undef wcout
#undef wcerr
#undef wclog
#undef wcin
#undef wfilebuf
#undef wfstream
#undef wifstream
#undef wistringstream
#undef wofstream
#undef wostringstream
#undef wstringbuf
#undef wstringstream
#include "ntio_cxx_stream.h"
#endif

#ifdef _WIN32
#include <sys/stat.h> /* which Microsoft's <wchar.h> includes, and so <iostream> and <string> */
#endif

#endif
