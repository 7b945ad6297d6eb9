/*
 * Formatted print with NT's formats: %ld is 32 bits, %I64d, %p has 16 digits, %S is the other width, %wZ and
 * %Z are counted strings. Numbers are made here, floating point by the host.
 */
#include "rtl.h"

#include <stdio.h>
#include <string.h>

enum { MINUS = 1, PLUS = 2, SPACE = 4, ZERO = 8, SHARP = 16 };
enum size { SIZE_NONE, SIZE_CHAR, SIZE_SHORT, SIZE_LONG, SIZE_64, SIZE_WIDE };

struct spec {
    unsigned flags;
    int width, precision; /* precision: -1 none */
    enum size size;
    bool wide_format; /* the caller is a wide function: %s and %c are wide */
};

/* The format string, of either width. */
struct reader {
    const char *narrow;
    const WCHAR *wide;
};

static unsigned peek(const struct reader *in, unsigned ahead)
{
    /* Never past the terminator: callers look ahead only behind characters that matched. */
    return in->narrow ? (unsigned char)in->narrow[ahead] : in->wide[ahead];
}

static void skip(struct reader *in, unsigned count)
{
    if (in->narrow)
        in->narrow += count;
    else
        in->wide += count;
}

static bool at(const struct reader *in, const char *text)
{
    for (unsigned i = 0; text[i]; i++)
        if (peek(in, i) != (unsigned char)text[i])
            return false;
    return true;
}

/* --- characters --- */

static void put(struct rtl_sink *out, unsigned unit)
{
    out->put(out, unit);
    out->count++;
}

static void put_utf8(struct rtl_sink *out, WCHAR c)
{
    uint32_t code = c;
    if (c >= 0xD800 && c <= 0xDBFF) {
        out->high = c;
        return;
    }
    if (c >= 0xDC00 && c <= 0xDFFF)
        code = out->high ? 0x10000u + ((out->high - 0xD800u) << 10) + (c - 0xDC00u) : 0xFFFD;
    out->high = 0;
    if (code < 0x80) {
        put(out, code);
    } else if (code < 0x800) {
        put(out, 0xC0 | code >> 6);
        put(out, 0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(out, 0xE0 | code >> 12);
        put(out, 0x80 | (code >> 6 & 0x3F));
        put(out, 0x80 | (code & 0x3F));
    } else {
        put(out, 0xF0 | code >> 18);
        put(out, 0x80 | (code >> 12 & 0x3F));
        put(out, 0x80 | (code >> 6 & 0x3F));
        put(out, 0x80 | (code & 0x3F));
    }
}

static void put_wide(struct rtl_sink *out, WCHAR c)
{
    if (out->kind == RTL_WIDE)
        put(out, c);
    else if (out->kind == RTL_UTF8)
        put_utf8(out, c);
    else
        put(out, rtl_from_wide(RTL_PAGE_ANSI, c));
}

static void put_narrow(struct rtl_sink *out, char c)
{
    put(out, out->kind == RTL_WIDE ? rtl_to_wide(RTL_PAGE_ANSI, (unsigned char)c) : (unsigned char)c);
}

static void pad(struct rtl_sink *out, char with, int count)
{
    while (count-- > 0)
        put_narrow(out, with);
}

/* length in characters; what is padded is characters too. */
static void put_string(struct rtl_sink *out, const struct spec *spec, const void *text, size_t length,
                       bool wide)
{
    int padding = spec->width > 0 && (size_t)spec->width > length ? spec->width - (int)length : 0;
    char with = spec->flags & ZERO && !(spec->flags & MINUS) ? '0' : ' ';
    if (!(spec->flags & MINUS))
        pad(out, with, padding);
    for (size_t i = 0; i < length; i++) {
        if (wide)
            put_wide(out, ((const WCHAR *)text)[i]);
        else
            put_narrow(out, ((const char *)text)[i]);
    }
    if (spec->flags & MINUS)
        pad(out, ' ', padding);
}

static void put_terminated(struct rtl_sink *out, const struct spec *spec, const void *text, bool wide)
{
    size_t most = spec->precision >= 0 ? (size_t)spec->precision : SIZE_MAX, length = 0;
    if (!text) {
        text = "(null)";
        wide = false;
    }
    if (wide)
        while (length < most && ((const WCHAR *)text)[length])
            length++;
    else
        while (length < most && ((const char *)text)[length])
            length++;
    put_string(out, spec, text, length, wide);
}

/* --- numbers --- */

/* A number: sign or prefix, zeros, digits. */
static void put_number(struct rtl_sink *out, const struct spec *spec, const char *prefix, const char *digits,
                       int length)
{
    int prefixed = (int)strlen(prefix), zeros = 0, spaces;
    if (spec->precision > length)
        zeros = spec->precision - length;
    spaces = spec->width - prefixed - zeros - length;
    if (spec->flags & ZERO && !(spec->flags & MINUS) && spec->precision < 0 && spaces > 0) {
        zeros += spaces;
        spaces = 0;
    }
    if (!(spec->flags & MINUS))
        pad(out, ' ', spaces);
    for (int i = 0; i < prefixed; i++)
        put_narrow(out, prefix[i]);
    pad(out, '0', zeros);
    for (int i = 0; i < length; i++)
        put_narrow(out, digits[i]);
    if (spec->flags & MINUS)
        pad(out, ' ', spaces);
}

static void put_unsigned(struct rtl_sink *out, const struct spec *spec, uint64_t value, unsigned base,
                         bool upper, const char *prefix)
{
    char digits[24], *end = digits + sizeof digits, *start = end;
    const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    while (value) {
        *--start = set[value % base];
        value /= base;
    }
    if (start == end && spec->precision != 0)
        *--start = '0';
    if (base == 8 && spec->flags & SHARP && (start == end || *start != '0') && spec->precision <= end - start)
        *--start = '0';
    put_number(out, spec, prefix, start, (int)(end - start));
}

static void put_integer(struct rtl_sink *out, const struct spec *spec, unsigned type, uint64_t value)
{
    bool is_signed = type == 'd' || type == 'i';
    switch (spec->size) {
    case SIZE_CHAR:
        value = is_signed ? (uint64_t)(int64_t)(int8_t)value : (uint8_t)value;
        break;
    case SIZE_SHORT:
        value = is_signed ? (uint64_t)(int64_t)(int16_t)value : (uint16_t)value;
        break;
    case SIZE_64:
        break;
    default:
        value = is_signed ? (uint64_t)(int64_t)(int32_t)value : (uint32_t)value;
    }
    if (is_signed) {
        const char *sign = (int64_t)value < 0    ? "-"
                           : spec->flags & PLUS  ? "+"
                           : spec->flags & SPACE ? " "
                                                 : "";
        put_unsigned(out, spec, (int64_t)value < 0 ? 0 - value : value, 10, false, sign);
    } else if (type == 'u') {
        put_unsigned(out, spec, value, 10, false, "");
    } else if (type == 'o') {
        put_unsigned(out, spec, value, 8, false, "");
    } else {
        const char *prefix = spec->flags & SHARP && value ? type == 'x' ? "0x" : "0X" : "";
        put_unsigned(out, spec, value, 16, type == 'X', prefix);
    }
}

static void put_float(struct rtl_sink *out, const struct spec *spec, unsigned type, double value)
{
    /* Longest: 309 digits before the point and as many as we allow behind it. */
    char format[16], text[900];
    int i = 0, precision = spec->precision;
    format[i++] = '%';
    if (spec->flags & PLUS)
        format[i++] = '+';
    if (spec->flags & SPACE)
        format[i++] = ' ';
    if (spec->flags & SHARP)
        format[i++] = '#';
    format[i++] = '.';
    format[i++] = '*';
    format[i++] = (char)type;
    format[i] = 0;
    if (precision > 500)
        precision = 500;
    if (precision < 0 && (type == 'a' || type == 'A'))
        precision = 13;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int length = snprintf(text, sizeof text, format, precision < 0 ? 6 : precision, value);
#pragma GCC diagnostic pop
    char sign[2] = {0, 0};
    const char *digits = text;
    if (*digits == '-' || *digits == '+' || *digits == ' ') {
        sign[0] = *digits++;
        length--;
    }
    struct spec padded = *spec;
    padded.precision = -1;
    if (*digits == 'i' || *digits == 'I' || *digits == 'n' || *digits == 'N')
        padded.flags &= ~(unsigned)ZERO;
    put_number(out, &padded, sign, digits, length);
}

/* --- specifications --- */

static void read_flags(struct reader *in, struct spec *spec)
{
    for (;; skip(in, 1)) {
        switch (peek(in, 0)) {
        case '-':
            spec->flags |= MINUS;
            break;
        case '+':
            spec->flags |= PLUS;
            break;
        case ' ':
            spec->flags |= SPACE;
            break;
        case '0':
            spec->flags |= ZERO;
            break;
        case '#':
            spec->flags |= SHARP;
            break;
        default:
            return;
        }
    }
}

static int read_digits(struct reader *in)
{
    int value = 0;
    for (unsigned c; (c = peek(in, 0)) >= '0' && c <= '9'; skip(in, 1))
        if (value < 100000)
            value = value * 10 + (int)(c - '0');
    return value;
}

static void read_size(struct reader *in, struct spec *spec)
{
    static const struct {
        char text[4];
        enum size size;
    } sizes[] = {{"I64", SIZE_64},  {"I32", SIZE_LONG}, {"I", SIZE_64},   {"hh", SIZE_CHAR},
                 {"h", SIZE_SHORT}, {"ll", SIZE_64},    {"l", SIZE_LONG}, {"w", SIZE_WIDE},
                 {"j", SIZE_64},    {"z", SIZE_64},     {"t", SIZE_64},   {"L", SIZE_64}};
    for (size_t i = 0; i < RTL_COUNT(sizes); i++) {
        if (at(in, sizes[i].text)) {
            spec->size = sizes[i].size;
            skip(in, (unsigned)strlen(sizes[i].text));
            return;
        }
    }
}

/* Whether the text of %c or %s (other: %C or %S) is wide. */
static bool is_wide(const struct spec *spec, bool other)
{
    if (spec->size == SIZE_SHORT)
        return false;
    if (spec->size == SIZE_LONG || spec->size == SIZE_WIDE)
        return true;
    return spec->wide_format != other;
}

/* The arguments, in a structure since a va_list parameter may be an array. */
struct arguments {
    va_list list;
    struct rtl_named *named; /* who knows %!NAME!; NULL: nobody */
};

static void put_counted(struct rtl_sink *out, const struct spec *spec, const STRING *string)
{
    bool wide = spec->size == SIZE_LONG || spec->size == SIZE_WIDE;
    if (!string || !string->Buffer)
        put_string(out, spec, "(null)", 6, false);
    else
        put_string(out, spec, string->Buffer, wide ? string->Length / sizeof(WCHAR) : string->Length, wide);
}

static bool is_address(uintptr_t word)
{
    return word >> 32 && ((intptr_t)word >> 47 == 0 || (intptr_t)word >> 47 == -1);
}

/*
 * A counted string may be given by value: Windows x64 passes such a structure by its address, and drivers
 * that forget the & work. Here its halves are two arguments, lengths that make no address and the buffer.
 */
static void put_counted_argument(struct rtl_sink *out, const struct spec *spec, struct arguments *arguments)
{
    const STRING *string = va_arg(arguments->list, const STRING *);
    STRING value = {(USHORT)(uintptr_t)string, (USHORT)((uintptr_t)string >> 16), NULL};
    if (!is_address((uintptr_t)string) && value.MaximumLength && value.Length <= value.MaximumLength) {
        struct arguments ahead;
        va_copy(ahead.list, arguments->list);
        value.Buffer = va_arg(ahead.list, PCHAR);
        va_end(ahead.list);
        if (is_address((uintptr_t)value.Buffer)) {
            (void)va_arg(arguments->list, PCHAR);
            string = &value;
        }
    }
    put_counted(out, spec, string);
}

static void put_value(struct rtl_sink *out, struct spec *spec, unsigned type, struct arguments *arguments)
{
    switch (type) {
    case 'c':
    case 'C': {
        int value = va_arg(arguments->list, int);
        WCHAR wide = (WCHAR)value;
        char narrow = (char)value;
        bool is = is_wide(spec, type == 'C');
        put_string(out, spec, is ? (const void *)&wide : &narrow, 1, is);
        return;
    }
    case 's':
    case 'S':
        put_terminated(out, spec, va_arg(arguments->list, const void *), is_wide(spec, type == 'S'));
        return;
    case 'Z':
        put_counted_argument(out, spec, arguments);
        return;
    case 'p':
        spec->precision = 16;
        put_unsigned(out, spec, (uintptr_t)va_arg(arguments->list, void *), 16, true, "");
        return;
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        put_integer(out, spec, type,
                    spec->size == SIZE_64 ? va_arg(arguments->list, uint64_t)
                                          : va_arg(arguments->list, unsigned));
        return;
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        put_float(out, spec, type, va_arg(arguments->list, double));
        return;
    case 'n': /* refused, as on Windows; the argument is skipped */
        (void)va_arg(arguments->list, void *);
        return;
    default: /* no specification: the character stands for itself, as %% does */
        if (out->kind == RTL_WIDE)
            put(out, type);
        else
            put_wide(out, (WCHAR)type);
    }
}

/* False when no second exclamation mark follows. */
static bool put_named(struct rtl_sink *out, struct reader *in, struct arguments *arguments)
{
    const char *end = strchr(in->narrow, '!');
    if (!end)
        return false;
    arguments->named->put(arguments->named, out, in->narrow, (size_t)(end - in->narrow), &arguments->list);
    in->narrow = end + 1;
    return true;
}

static int format(struct rtl_sink *out, struct reader in, struct arguments *arguments)
{
    bool wide_format = in.wide != NULL;
    for (unsigned c; (c = peek(&in, 0)) != 0;) {
        skip(&in, 1);
        if (c != '%') {
            if (wide_format)
                put_wide(out, (WCHAR)c);
            else
                put_narrow(out, (char)c);
            continue;
        }
        struct spec spec = {.precision = -1, .wide_format = wide_format};
        read_flags(&in, &spec);
        if (peek(&in, 0) == '*') {
            skip(&in, 1);
            spec.width = va_arg(arguments->list, int);
            if (spec.width < 0) {
                spec.flags |= MINUS;
                spec.width = -spec.width;
            }
        } else {
            spec.width = read_digits(&in);
        }
        if (peek(&in, 0) == '.') {
            skip(&in, 1);
            if (peek(&in, 0) == '*') {
                skip(&in, 1);
                spec.precision = va_arg(arguments->list, int);
                if (spec.precision < 0)
                    spec.precision = -1;
            } else {
                spec.precision = read_digits(&in);
            }
        }
        read_size(&in, &spec);
        unsigned type = peek(&in, 0);
        if (!type)
            break;
        skip(&in, 1);
        if (type == '!' && arguments->named && put_named(out, &in, arguments))
            continue;
        put_value(out, &spec, type, arguments);
    }
    return out->count > INT32_MAX ? -1 : (int)out->count;
}

int rtl_format(struct rtl_sink *out, const char *text, va_list list)
{
    struct arguments arguments = {.named = NULL};
    va_copy(arguments.list, list);
    int count = format(out, (struct reader){.narrow = text}, &arguments);
    va_end(arguments.list);
    return count;
}

int rtl_format_named(struct rtl_sink *out, const char *text, va_list list, struct rtl_named *named)
{
    struct arguments arguments = {.named = named};
    va_copy(arguments.list, list);
    int count = format(out, (struct reader){.narrow = text}, &arguments);
    va_end(arguments.list);
    return count;
}

void rtl_put_text(struct rtl_sink *out, const char *text)
{
    while (*text)
        put_narrow(out, *text++);
}

void rtl_put_conversion(struct rtl_sink *out, const char *text, size_t length, va_list *list)
{
    char conversion[24] = "%";
    struct arguments arguments = {.named = NULL};
    if (length > sizeof conversion - 2)
        return;
    memcpy(conversion + 1, text, length);
    va_copy(arguments.list, *list);
    format(out, (struct reader){.narrow = conversion}, &arguments);
    va_end(*list);
    va_copy(*list, arguments.list);
    va_end(arguments.list);
}

int rtl_format_wide(struct rtl_sink *out, const WCHAR *text, va_list list)
{
    struct arguments arguments = {.named = NULL};
    va_copy(arguments.list, list);
    int count = format(out, (struct reader){.wide = text}, &arguments);
    va_end(arguments.list);
    return count;
}

/* --- to buffers --- */

struct buffer_sink {
    struct rtl_sink sink;
    void *to;
    size_t room; /* without the terminator */
};

static void put_in_buffer(struct rtl_sink *sink, unsigned unit)
{
    struct buffer_sink *buffer = (struct buffer_sink *)sink;
    if (sink->count >= buffer->room)
        return;
    if (sink->kind == RTL_WIDE)
        ((WCHAR *)buffer->to)[sink->count] = (WCHAR)unit;
    else
        ((char *)buffer->to)[sink->count] = (char)unit;
}

static int print_as(int kind, char *to, size_t size, const char *text, va_list list)
{
    struct buffer_sink buffer = {{put_in_buffer, kind, 0, 0}, to, size ? size - 1 : 0};
    int count = rtl_format(&buffer.sink, text, list);
    if (size)
        to[buffer.sink.count < buffer.room ? buffer.sink.count : buffer.room] = 0;
    return count;
}

int rtl_print(char *to, size_t size, const char *text, va_list list)
{
    return print_as(RTL_ANSI, to, size, text, list);
}

int rtl_print_utf8(char *to, size_t size, const char *text, va_list list)
{
    return print_as(RTL_UTF8, to, size, text, list);
}

int rtl_print_named(char *to, size_t size, const char *text, va_list list, struct rtl_named *named)
{
    struct buffer_sink buffer = {{put_in_buffer, RTL_UTF8, 0, 0}, to, size ? size - 1 : 0};
    int count = rtl_format_named(&buffer.sink, text, list, named);
    if (size)
        to[buffer.sink.count < buffer.room ? buffer.sink.count : buffer.room] = 0;
    return count;
}

void rtl_print_raw(char *to, size_t size, const char *text, va_list list)
{
    struct buffer_sink buffer = {{put_in_buffer, RTL_ANSI, 0, 0}, to, size};
    rtl_format(&buffer.sink, text, list);
}

void rtl_print_wide_raw(WCHAR *to, size_t size, const WCHAR *text, va_list list)
{
    struct buffer_sink buffer = {{put_in_buffer, RTL_WIDE, 0, 0}, to, size};
    rtl_format_wide(&buffer.sink, text, list);
}

int rtl_print_wide(WCHAR *to, size_t size, const WCHAR *text, va_list list)
{
    struct buffer_sink buffer = {{put_in_buffer, RTL_WIDE, 0, 0}, to, size ? size - 1 : 0};
    int count = rtl_format_wide(&buffer.sink, text, list);
    if (size)
        to[buffer.sink.count < buffer.room ? buffer.sink.count : buffer.room] = 0;
    return count;
}
