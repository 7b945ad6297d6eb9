/*
 * Run-time library: what the components above rtl use of it beyond the Rtl DDIs.
 */
#pragma once

#include <ntifs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../gate.h"

#define RTL_COUNT(array) (sizeof(array) / sizeof *(array))

/* Less than, equal to or greater than 0: as the decimal numbers of any length that they are. */
int rtl_compare_altitudes(PCUNICODE_STRING, PCUNICODE_STRING);

/* --- formatted print, NT's formats (printf.c) --- */

/* Where formatted text goes, unit by unit. */
struct rtl_sink {
    void (*put)(struct rtl_sink *, unsigned unit);
    enum { RTL_ANSI, RTL_UTF8, RTL_WIDE } kind; /* what a unit is; wide characters are converted to it */
    size_t count;                               /* of units put */
    WCHAR high;                                 /* RTL_UTF8: the first half of a surrogate pair */
};

/* The format's own characters are char. Returns how many units the text has. */
int rtl_format(struct rtl_sink *, const char *format, va_list);
/* Gets what stands between the exclamation marks of %!NAME!, writes its text and takes its arguments. */
struct rtl_named {
    void (*put)(struct rtl_named *, struct rtl_sink *, const char *name, size_t length, va_list *);
};
int rtl_format_named(struct rtl_sink *, const char *format, va_list, struct rtl_named *);
/* For it: text of char units, and one conversion of printf's for which the arguments are taken from the list. */
void rtl_put_text(struct rtl_sink *, const char *text);
void rtl_put_conversion(struct rtl_sink *, const char *text, size_t length, va_list *);
/* The format's own characters are WCHAR; %s and %c mean wide ones. */
int rtl_format_wide(struct rtl_sink *, const WCHAR *format, va_list);

/*
 * To a buffer of size units, at most size - 1 of which are written, and a terminator if size is not 0. Returns how many
 * the whole text has.
 */
int rtl_print(char *to, size_t size, const char *format, va_list);
int rtl_print_utf8(char *to, size_t size, const char *format, va_list); /* for the host to read */
int rtl_print_wide(WCHAR *to, size_t size, const WCHAR *format, va_list);
int rtl_print_named(char *to, size_t size, const char *format, va_list, struct rtl_named *); /* UTF-8, too */
/* The first size units, with no terminator. */
void rtl_print_raw(char *to, size_t size, const char *format, va_list);
void rtl_print_wide_raw(WCHAR *to, size_t size, const WCHAR *format, va_list);

/* --- code pages (codepage.c): Windows-1252 is the ANSI one, 437 the OEM one --- */

enum rtl_page { RTL_PAGE_ANSI, RTL_PAGE_OEM };
WCHAR rtl_to_wide(enum rtl_page, unsigned char);
#define RTL_NOT_MAPPED '?'
unsigned char rtl_from_wide(enum rtl_page, WCHAR); /* RTL_NOT_MAPPED for what the page does not have */

/* --- case (case.c): NT's tables --- */

WCHAR rtl_upcase(WCHAR);
WCHAR rtl_downcase(WCHAR);
CHAR rtl_upper(CHAR); /* of the ANSI code page */

/* --- splay links (splay.c): each returns the node, or NULL --- */

PRTL_SPLAY_LINKS rtl_splay(PRTL_SPLAY_LINKS);        /* to the root */
PRTL_SPLAY_LINKS rtl_splay_delete(PRTL_SPLAY_LINKS); /* the new root */
PRTL_SPLAY_LINKS rtl_splay_next(PRTL_SPLAY_LINKS);

/* --- strings (string.c) --- */

size_t rtl_length(const WCHAR *); /* wcslen */
/* Pool for a string that RtlFreeUnicodeString and its like free, on the account of the DDI's caller. */
PVOID rtl_allocate(const void *caller, SIZE_T bytes);
