/*
 * What a client's C run-time library adds to ntio_crt.h: the console and files. All of the host's headers that declare a name that
 * becomes a macro are included first.
 */
#if defined(__cplusplus) && !defined(NTIO_CXX_H)
#include "ntio_cxx.h" /* which includes this one */
#endif
#ifndef NTIO_CRT_CLIENT_H
#define NTIO_CRT_CLIENT_H

#ifndef NTIO_CXX_DECLARES
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>
#endif

#include <ntio_crt.h>

#include "ntio_crt_io.h"
#include "ntio_crt_misc.h"
#include "ntio_crt_more.h"

EXTERN_C_START

NTIO_CRT_ int ntio_printf(const char *format, ...);
NTIO_CRT_ int ntio_vprintf(const char *format, va_list);
NTIO_CRT_ int ntio_fprintf(FILE *, const char *format, ...);
NTIO_CRT_ int ntio_vfprintf(FILE *, const char *format, va_list);
NTIO_CRT_ int ntio_wprintf(const wchar_t *format, ...);
NTIO_CRT_ int ntio_vwprintf(const wchar_t *format, va_list);
NTIO_CRT_ int ntio_fwprintf(FILE *, const wchar_t *format, ...);
NTIO_CRT_ int ntio_vfwprintf(FILE *, const wchar_t *format, va_list);
NTIO_CRT_ int ntio_fputws(const wchar_t *, FILE *);
NTIO_CRT_ int ntio_putws(const wchar_t *);
NTIO_CRT_ int ntio_fputwc(wchar_t, FILE *);
NTIO_CRT_ int ntio_scanf(const char *format, ...);
NTIO_CRT_ int ntio_scanf_s(const char *format, ...);
NTIO_CRT_ int ntio_fscanf(FILE *, const char *format, ...);
NTIO_CRT_ int ntio_fscanf_s(FILE *, const char *format, ...);
NTIO_CRT_ int ntio_sscanf(const char *text, const char *format, ...);
NTIO_CRT_ int ntio_sscanf_s(const char *text, const char *format, ...);
NTIO_CRT_ int ntio_swscanf(const wchar_t *text, const wchar_t *format, ...);
NTIO_CRT_ int ntio_swscanf_s(const wchar_t *text, const wchar_t *format, ...);
NTIO_CRT_ wchar_t *ntio_wcsdup(const wchar_t *);
NTIO_CRT_ char *ntio_gets_s(char *, size_t size);

#define printf_s    ntio_printf
#define vprintf_s   ntio_vprintf
#define fprintf_s   ntio_fprintf
#define vfprintf_s  ntio_vfprintf
#define wprintf_s   ntio_wprintf
#define fwprintf_s  ntio_fwprintf
#define _putws      ntio_putws
#define scanf_s     ntio_scanf_s
#define fscanf_s    ntio_fscanf_s
#define sscanf_s    ntio_sscanf_s
#define swscanf_s   ntio_swscanf_s
#define _strdup     strdup
#define _wcsdup     ntio_wcsdup
#define _wfopen(name, mode)        ((FILE *)ntio_wfopen((name), (mode)))
#define fopen_s(file, name, mode)  ntio_fopen_s((void **)(FILE **)(file), (name), (mode))
#define _wfopen_s(file, name, mode) ntio_wfopen_s((void **)(FILE **)(file), (name), (mode))
#define freopen_s(file, name, mode, stream) ntio_freopen_s((void **)(FILE **)(file), (name), (mode), (stream))
#define _fsopen(name, mode, share) ((FILE *)ntio_fopen((name), (mode)))
#define _wfsopen(name, mode, share) ((FILE *)ntio_wfopen((name), (mode)))
#define _fdopen(fd, mode)          ((FILE *)ntio_fdopen((fd), (mode)))
#define gets_s      ntio_gets_s
#define _fileno(file)              ntio_fileno(file)
#define _fcloseall() fflush(NULL)
#define _fgetchar()  getchar()
#define _fputchar(c) putchar(c)
#define clearerr_s(file) ((file) ? (clearerr(file), 0) : 22)
#define _flushall() fflush(NULL)
#define _abs64(x)   __builtin_llabs(x)

#define getenv_s                   ntio_getenv_s
/* Names that the host has, too: in a client in C++ they are functions (ntio_cxx.h). */
#ifndef NTIO_CXX_H
#define printf      ntio_printf
#define vprintf     ntio_vprintf
#define fprintf     ntio_fprintf
#define vfprintf    ntio_vfprintf
#define wprintf     ntio_wprintf
#define vwprintf    ntio_vwprintf
#define fwprintf    ntio_fwprintf
#define vfwprintf   ntio_vfwprintf
#define fputws      ntio_fputws
#define fputwc      ntio_fputwc
#define putwc       ntio_fputwc
#define putwchar(c) ntio_fputwc((c), stdout)
#define scanf       ntio_scanf
#define fscanf      ntio_fscanf
#define sscanf      ntio_sscanf
#define swscanf     ntio_swscanf
#define wcsdup      ntio_wcsdup
#define fopen(name, mode)          ((FILE *)ntio_fopen((name), (mode)))
#define freopen(name, mode, stream) ((FILE *)ntio_freopen((name), (mode), (stream)))
#define remove(name)               ntio_remove(name)
#define rename(from, to)           ntio_rename((from), (to))
#define fgetws(to, size, file)      ntio_fgetws((to), (size), (file))
#define system(command)            ntio_system(command)
#endif
#ifndef _countof
#define _countof(a) (sizeof(a) / sizeof((a)[0]))
#endif

#ifndef _MAX_PATH
#define _MAX_PATH  260
#define _MAX_DRIVE 3
#define _MAX_DIR   256
#define _MAX_FNAME 256
#define _MAX_EXT   256
#endif
#ifndef __max
#define __max(a, b) ((a) > (b) ? (a) : (b))
#define __min(a, b) ((a) < (b) ? (a) : (b))
#endif

EXTERN_C_END

#endif
