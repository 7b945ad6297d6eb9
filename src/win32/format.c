/*
 * The formatter behind wsprintf and FormatMessage: a specification is taken apart here, numbers are printed
 * by the host.
 */
#include "format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct output {
    LPWSTR out;
    size_t room, length;
};

struct spec {
    bool left, zero, plus, blank, alternate;
    int width, precision; /* precision -1: none given */
    char size;            /* 0, 'h', 'l', 'w' or, for 64 bits, 'q' */
    WCHAR type;
};

static void put(struct output *o, WCHAR c)
{
    if (o->length < o->room)
        o->out[o->length] = c;
    o->length++;
}

static void put_padded(struct output *o, const struct spec *spec, LPCWSTR text, size_t length)
{
    size_t width = spec->width > 0 ? (size_t)spec->width : 0, pad = width > length ? width - length : 0;
    if (!spec->left)
        for (size_t i = 0; i < pad; i++)
            put(o, spec->zero ? L'0' : L' ');
    for (size_t i = 0; i < length; i++)
        put(o, text[i]);
    if (spec->left)
        for (size_t i = 0; i < pad; i++)
            put(o, L' ');
}

static LPCWSTR parse(LPCWSTR f, struct spec *spec, win32_next_argument *next, void *context)
{
    *spec = (struct spec){.precision = -1};
    for (;; f++) {
        if (*f == L'-')
            spec->left = true;
        else if (*f == L'0')
            spec->zero = true;
        else if (*f == L'+')
            spec->plus = true;
        else if (*f == L' ')
            spec->blank = true;
        else if (*f == L'#')
            spec->alternate = true;
        else
            break;
    }
    if (*f == L'*') {
        spec->width = (int)next(context);
        f++;
        if (spec->width < 0) {
            spec->left = true;
            spec->width = -spec->width;
        }
    }
    for (; *f >= L'0' && *f <= L'9'; f++)
        if (spec->width < 10000)
            spec->width = spec->width * 10 + (*f - L'0');
    if (*f == L'.') {
        spec->precision = 0;
        if (*++f == L'*') {
            spec->precision = (int)next(context);
            f++;
        }
        for (; *f >= L'0' && *f <= L'9'; f++)
            if (spec->precision < 10000)
                spec->precision = spec->precision * 10 + (*f - L'0');
    }
    if (f[0] == L'I' && f[1] == L'6' && f[2] == L'4') {
        spec->size = 'q';
        f += 3;
    } else if (f[0] == L'I' && f[1] == L'3' && f[2] == L'2') {
        f += 3;
    } else if (*f == L'I' || *f == L'z') {
        spec->size = 'q';
        f++;
    } else if (f[0] == L'l' && f[1] == L'l') {
        spec->size = 'q';
        f += 2;
    } else if (*f == L'h' || *f == L'l' || *f == L'w') {
        spec->size = (char)*f++;
    }
    spec->type = *f;
    return *f ? f + 1 : f;
}

static void put_string(struct output *o, const struct spec *spec, bool wide, ULONG_PTR argument)
{
    struct win32_wide text;
    LPCWSTR null = L"(null)";
    bool ok =
        wide ? win32_wide_from_wide(&text, (LPCWSTR)argument) : win32_wide_from_ansi(&text, (LPCSTR)argument);
    size_t length = ok && text.text ? text.length : win32_length(null);
    if (spec->precision >= 0 && length > (size_t)spec->precision)
        length = (size_t)spec->precision;
    put_padded(o, spec, ok && text.text ? text.text : null, length);
    if (ok)
        win32_wide_free(&text);
}

static void put_number(struct output *o, const struct spec *spec, ULONG_PTR argument)
{
    char format[16], text[128];
    WCHAR wide[128];
    bool is_signed = spec->type == L'd' || spec->type == L'i';
    unsigned long long value = argument;
    if (spec->type != L'p' && spec->size != 'q')
        value = is_signed ? (unsigned long long)(LONG)argument : (ULONG)argument;
    if (spec->size == 'h')
        value = is_signed ? (unsigned long long)(SHORT)argument : (USHORT)argument;
    int precision = spec->type == L'p' ? 16 : spec->precision > 100 ? 100 : spec->precision;
    snprintf(format, sizeof format, "%%%s%s%s.*ll%c", spec->plus && is_signed ? "+" : "",
             spec->blank && is_signed ? " " : "", spec->alternate && spec->type != L'p' ? "#" : "",
             spec->type == L'p'   ? 'X'
             : spec->type == L'i' ? 'd'
                                  : (char)spec->type);
    int length = snprintf(text, sizeof text, format, precision, value);
    for (int i = 0; i < length; i++)
        wide[i] = (WCHAR)(unsigned char)text[i];
    struct spec padded = *spec;
    if (spec->precision >= 0)
        padded.zero = false;
    size_t sign = padded.zero && !padded.left && (text[0] == '-' || text[0] == '+' || text[0] == ' ');
    if (sign) {
        put(o, wide[0]);
        padded.width--;
    }
    put_padded(o, &padded, wide + sign, (size_t)length - sign);
}

size_t win32_format(LPWSTR out, size_t room, LPCWSTR format, bool wide, win32_next_argument *next,
                    void *context)
{
    struct output o = {out, room, 0};
    while (*format) {
        if (*format != L'%') {
            put(&o, *format++);
            continue;
        }
        if (format[1] == L'%') {
            put(&o, L'%');
            format += 2;
            continue;
        }
        struct spec spec;
        LPCWSTR start = format;
        format = parse(format + 1, &spec, next, context);
        bool is_wide = spec.size ? spec.size != 'h' : wide;
        switch (spec.type) {
        case L'S':
        case L'C':
            is_wide = spec.size ? spec.size != 'h' : !wide;
            if (spec.type == L'S') {
                put_string(&o, &spec, is_wide, next(context));
                break;
            }
            /* fall through */
        case L'c': {
            WCHAR c = (WCHAR)next(context);
            if (!is_wide)
                c &= 0xFF;
            put_padded(&o, &spec, &c, 1);
            break;
        }
        case L's':
            put_string(&o, &spec, is_wide, next(context));
            break;
        case L'd':
        case L'i':
        case L'u':
        case L'x':
        case L'X':
        case L'o':
        case L'p':
            put_number(&o, &spec, next(context));
            break;
        default: /* no specification: the text as it stands */
            for (; start < format; start++)
                put(&o, *start);
        }
    }
    return o.length;
}

struct list {
    va_list arguments;
};

static ULONG_PTR next_of_list(void *context)
{
    return va_arg(((struct list *)context)->arguments, ULONG_PTR);
}

#define WSPRINTF_MOST 1024

int WINAPI wvsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, va_list arglist)
{
    struct list list;
    va_copy(list.arguments, arglist);
    size_t length = win32_format(lpOut, WSPRINTF_MOST - 1, lpFmt, true, next_of_list, &list);
    va_end(list.arguments);
    if (length > WSPRINTF_MOST - 1)
        length = WSPRINTF_MOST - 1;
    lpOut[length] = 0;
    return (int)length;
}

int WINAPI wvsprintfA(LPSTR lpOut, LPCSTR lpFmt, va_list arglist)
{
    WCHAR text[WSPRINTF_MOST];
    struct win32_wide format;
    if (!win32_wide_from_ansi(&format, lpFmt) || !format.text)
        return -1;
    struct list list;
    va_copy(list.arguments, arglist);
    size_t length = win32_format(text, WSPRINTF_MOST - 1, format.text, false, next_of_list, &list);
    va_end(list.arguments);
    win32_wide_free(&format);
    if (length > WSPRINTF_MOST - 1)
        length = WSPRINTF_MOST - 1;
    int bytes =
        length ? WideCharToMultiByte(CP_UTF8, 0, text, (int)length, lpOut, WSPRINTF_MOST - 1, NULL, NULL) : 0;
    lpOut[bytes] = 0;
    return bytes;
}

int WINAPIV wsprintfA(LPSTR lpOut, LPCSTR lpFmt, ...)
{
    va_list list;
    va_start(list, lpFmt);
    int length = wvsprintfA(lpOut, lpFmt, list);
    va_end(list);
    return length;
}

int WINAPIV wsprintfW(LPWSTR lpOut, LPCWSTR lpFmt, ...)
{
    va_list list;
    va_start(list, lpFmt);
    int length = wvsprintfW(lpOut, lpFmt, list);
    va_end(list);
    return length;
}
