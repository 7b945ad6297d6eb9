/*
 * C run-time: formatted print to memory and to files.
 */
#include "rtl.h"

#include "../host/host.h"

#include <ntio_crt.h>
#include <stdio.h>

#define API __attribute__((visibility("default")))

/* Calls the va_list form of a function with its own arguments. */
#define FORWARD(last, call)                                                                                  \
    va_list list;                                                                                            \
    va_start(list, last);                                                                                    \
    int count = call;                                                                                        \
    va_end(list);                                                                                            \
    return count

/* --- narrow, to memory --- */

int ntio_vsnprintf_c99(char *to, size_t size, const char *format, va_list list)
{
    return rtl_print(to, size, format, list);
}

/* Microsoft's: no terminator when the text just fits, -1 when it does not fit. */
int ntio_vsnprintf(char *to, size_t size, const char *format, va_list list)
{
    /* One unit more than asked for would be the terminator: print all but the last character, then that one.
     */
    int count = rtl_print(NULL, 0, format, list);
    if (!size)
        return count ? -1 : 0;
    if (count < 0)
        return -1;
    if ((size_t)count < size)
        return rtl_print(to, size, format, list);
    rtl_print_raw(to, size, format, list);
    return (size_t)count == size ? count : -1;
}

int ntio_vsprintf(char *to, const char *format, va_list list)
{
    return rtl_print(to, SIZE_MAX, format, list);
}

int ntio_vsprintf_s(char *to, size_t size, const char *format, va_list list)
{
    if (!to || !size || !format)
        return -1;
    int count = rtl_print(to, size, format, list);
    if (count >= 0 && (size_t)count < size)
        return count;
    to[0] = 0;
    return -1;
}

int ntio_vsnprintf_s(char *to, size_t size, size_t count, const char *format, va_list list)
{
    if (!to || !size || !format)
        return -1;
    if (count == _TRUNCATE || count >= size) {
        int written = rtl_print(to, size, format, list);
        if (written >= 0 && (size_t)written < size)
            return written;
        if (count != _TRUNCATE)
            to[0] = 0;
        return -1;
    }
    int written = rtl_print(to, count + 1, format, list);
    return written >= 0 && (size_t)written <= count ? written : -1;
}

int ntio_vscprintf(const char *format, va_list list)
{
    return rtl_print(NULL, 0, format, list);
}

int ntio_sprintf(char *to, const char *format, ...)
{
    FORWARD(format, ntio_vsprintf(to, format, list));
}

int ntio_snprintf_c99(char *to, size_t size, const char *format, ...)
{
    FORWARD(format, ntio_vsnprintf_c99(to, size, format, list));
}

int ntio_snprintf(char *to, size_t size, const char *format, ...)
{
    FORWARD(format, ntio_vsnprintf(to, size, format, list));
}

int ntio_sprintf_s(char *to, size_t size, const char *format, ...)
{
    FORWARD(format, ntio_vsprintf_s(to, size, format, list));
}

int ntio_snprintf_s(char *to, size_t size, size_t most, const char *format, ...)
{
    FORWARD(format, ntio_vsnprintf_s(to, size, most, format, list));
}

int ntio_scprintf(const char *format, ...)
{
    FORWARD(format, ntio_vscprintf(format, list));
}

/* --- wide, to memory --- */

/* The standard's: -1 when it does not fit, and then what fits is terminated. */
int ntio_vswprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    int count = rtl_print_wide(to, size, format, list);
    return count >= 0 && (size_t)count < size ? count : -1;
}

int ntio_vsnwprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    int count = rtl_print_wide(NULL, 0, format, list);
    if (!size)
        return count ? -1 : 0;
    if (count < 0)
        return -1;
    if ((size_t)count < size)
        return rtl_print_wide(to, size, format, list);
    rtl_print_wide_raw(to, size, format, list);
    return (size_t)count == size ? count : -1;
}

int ntio_vswprintf_old(wchar_t *to, const wchar_t *format, va_list list)
{
    return rtl_print_wide(to, SIZE_MAX, format, list);
}

int ntio_vswprintf_s(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    if (!to || !size || !format)
        return -1;
    int count = rtl_print_wide(to, size, format, list);
    if (count >= 0 && (size_t)count < size)
        return count;
    to[0] = 0;
    return -1;
}

int ntio_vsnwprintf_s(wchar_t *to, size_t size, size_t count, const wchar_t *format, va_list list)
{
    if (!to || !size || !format)
        return -1;
    if (count == _TRUNCATE || count >= size) {
        int written = rtl_print_wide(to, size, format, list);
        if (written >= 0 && (size_t)written < size)
            return written;
        if (count != _TRUNCATE)
            to[0] = 0;
        return -1;
    }
    int written = rtl_print_wide(to, count + 1, format, list);
    return written >= 0 && (size_t)written <= count ? written : -1;
}

int ntio_vscwprintf(const wchar_t *format, va_list list)
{
    return rtl_print_wide(NULL, 0, format, list);
}

int ntio_swprintf_old(wchar_t *to, const wchar_t *format, ...)
{
    FORWARD(format, ntio_vswprintf_old(to, format, list));
}

int ntio_swprintf(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    FORWARD(format, ntio_vswprintf(to, size, format, list));
}

int ntio_snwprintf(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    FORWARD(format, ntio_vsnwprintf(to, size, format, list));
}

int ntio_swprintf_s(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    FORWARD(format, ntio_vswprintf_s(to, size, format, list));
}

int ntio_snwprintf_s(wchar_t *to, size_t size, size_t most, const wchar_t *format, ...)
{
    FORWARD(format, ntio_vsnwprintf_s(to, size, most, format, list));
}

int ntio_scwprintf(const wchar_t *format, ...)
{
    FORWARD(format, ntio_vscwprintf(format, list));
}

/* --- to files: wide characters become UTF-8, which is what the host's terminals and files have --- */

struct file_sink {
    struct rtl_sink sink;
    FILE *file;
};

static void put_in_file(struct rtl_sink *sink, unsigned unit)
{
    putc_unlocked((int)unit, ((struct file_sink *)sink)->file);
}

API int ntio_vfprintf(FILE *file, const char *format, va_list list);
int ntio_vfprintf(FILE *file, const char *format, va_list list)
{
    struct file_sink sink = {{put_in_file, RTL_UTF8, 0, 0}, file};
    flockfile(file); /* what one call prints stays together */
    int count = rtl_format(&sink.sink, format, list);
    funlockfile(file);
    return ferror(file) ? -1 : count;
}

API int ntio_vfwprintf(FILE *file, const wchar_t *format, va_list list);
int ntio_vfwprintf(FILE *file, const wchar_t *format, va_list list)
{
    struct file_sink sink = {{put_in_file, RTL_UTF8, 0, 0}, file};
    flockfile(file); /* what one call prints stays together */
    int count = rtl_format_wide(&sink.sink, format, list);
    funlockfile(file);
    return ferror(file) ? -1 : count;
}

API int ntio_vprintf(const char *format, va_list list);
int ntio_vprintf(const char *format, va_list list)
{
    return ntio_vfprintf(stdout, format, list);
}

API int ntio_vwprintf(const wchar_t *format, va_list list);
int ntio_vwprintf(const wchar_t *format, va_list list)
{
    return ntio_vfwprintf(stdout, format, list);
}

API int ntio_printf(const char *format, ...);
int ntio_printf(const char *format, ...)
{
    FORWARD(format, ntio_vfprintf(stdout, format, list));
}

API int ntio_fprintf(FILE *file, const char *format, ...);
int ntio_fprintf(FILE *file, const char *format, ...)
{
    FORWARD(format, ntio_vfprintf(file, format, list));
}

API int ntio_wprintf(const wchar_t *format, ...);
int ntio_wprintf(const wchar_t *format, ...)
{
    FORWARD(format, ntio_vfwprintf(stdout, format, list));
}

API int ntio_fwprintf(FILE *file, const wchar_t *format, ...);
int ntio_fwprintf(FILE *file, const wchar_t *format, ...)
{
    FORWARD(format, ntio_vfwprintf(file, format, list));
}

API int ntio_fputws(const wchar_t *text, FILE *file);
int ntio_fputws(const wchar_t *text, FILE *file)
{
    return ntio_fwprintf(file, L"%s", text) < 0 ? -1 : 0;
}

API int ntio_putws(const wchar_t *text);
int ntio_putws(const wchar_t *text)
{
    return ntio_fwprintf(stdout, L"%s\n", text) < 0 ? -1 : 0;
}

API int ntio_fputwc(wchar_t c, FILE *file);
int ntio_fputwc(wchar_t c, FILE *file)
{
    return ntio_fwprintf(file, L"%c", c) < 0 ? 0xFFFF : c;
}

API char *ntio_gets_s(char *text, size_t size);
char *ntio_gets_s(char *text, size_t size)
{
    if (!text || !size || size > INT32_MAX || !fgets(text, (int)size, stdin))
        return NULL;
    for (char *at = text; *at; at++)
        if (*at == '\n')
            *at = 0;
    return text;
}

/* --- keys --- */

API int ntio_getch(void);
int ntio_getch(void)
{
    return host_read_key(false);
}

API int ntio_getche(void);
int ntio_getche(void)
{
    return host_read_key(true);
}

API int ntio_kbhit(void);
int ntio_kbhit(void)
{
    return host_key_waiting();
}
