/*
 * C run-time: formatted input. As with print, %ld is 32 bits and %I64d, %S and %hs are Microsoft's; the _s
 * functions take the size of each text target behind it.
 */
#include "rtl.h"

#include <stdio.h>
#include <stdlib.h>

#define API __attribute__((visibility("default")))
#define END (-1)

/* Where characters come from: a file, or text of either width. */
struct source {
    FILE *file;
    const char *narrow;
    const WCHAR *wide;
    bool limited;
    size_t left; /* of limited text */
    int pushed;  /* one character put back, or END */
    size_t read;
};

struct conversion {
    bool suppress, wide, safe;
    int width;
    enum { NONE, CHAR_SIZE, SHORT_SIZE, LONG_SIZE, SIZE_64 } size;
};

static int get(struct source *in)
{
    int c = in->pushed;
    in->read++;
    if (c != END) {
        in->pushed = END;
        return c;
    }
    if (in->limited && !in->left--) {
        in->left = 0;
        c = END;
    } else if (in->file)
        c = getc(in->file);
    else if (in->narrow)
        c = *in->narrow ? (unsigned char)*in->narrow++ : END;
    else
        c = *in->wide ? *in->wide++ : END;
    if (c == EOF)
        c = END;
    if (c == END)
        in->read--;
    return c;
}

static void unget(struct source *in, int c)
{
    if (c == END)
        return;
    in->pushed = c;
    in->read--;
}

static bool is_blank(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip_blanks(struct source *in)
{
    int c;
    do
        c = get(in);
    while (is_blank(c));
    unget(in, c);
}

/* The arguments, in a structure since a va_list parameter may be an array. */
struct arguments {
    va_list list;
};

static void store_integer(const struct conversion *how, struct arguments *arguments, unsigned long long value)
{
    void *to = va_arg(arguments->list, void *);
    switch (how->size) {
    case CHAR_SIZE:
        *(uint8_t *)to = (uint8_t)value;
        break;
    case SHORT_SIZE:
        *(uint16_t *)to = (uint16_t)value;
        break;
    case SIZE_64:
        *(uint64_t *)to = value;
        break;
    default:
        *(uint32_t *)to = (uint32_t)value;
    }
}

static int digit_value(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

static bool scan_integer(struct source *in, const struct conversion *how, int base,
                         struct arguments *arguments)
{
    int left = how->width ? how->width : 1000, c;
    bool negative = false, any = false;
    unsigned long long value = 0;
    skip_blanks(in);
    c = get(in);
    if ((c == '-' || c == '+') && left-- > 1) {
        negative = c == '-';
        c = get(in);
    }
    if (c == '0' && (base == 0 || base == 16) && left > 1) {
        any = true;
        left--;
        c = get(in);
        if (c == 'x' || c == 'X') {
            any = false;
            left--;
            base = 16;
            c = get(in);
        } else if (!base) {
            base = 8;
        }
    }
    if (!base)
        base = 10;
    for (; left > 0 && digit_value(c) < base; left--) {
        any = true;
        value = value * (unsigned)base + (unsigned)digit_value(c);
        c = get(in);
    }
    unget(in, c);
    if (any && !how->suppress)
        store_integer(how, arguments, negative ? 0 - value : value);
    return any;
}

static bool scan_float(struct source *in, const struct conversion *how, struct arguments *arguments)
{
    char text[128], *end;
    int length = 0, left = how->width && how->width < 127 ? how->width : 127, c;
    skip_blanks(in);
    for (c = get(in); length < left; c = get(in)) {
        bool exponent = length && (text[length - 1] == 'e' || text[length - 1] == 'E');
        if (!((c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' ||
              ((c == '-' || c == '+') && (!length || exponent))))
            break;
        text[length++] = (char)c;
    }
    unget(in, c);
    text[length] = 0;
    double value = strtod(text, &end);
    if (end == text)
        return false;
    if (how->suppress)
        return true;
    if (how->size == LONG_SIZE || how->size == SIZE_64)
        *va_arg(arguments->list, double *) = value;
    else
        *va_arg(arguments->list, float *) = (float)value;
    return true;
}

/* The characters of %[...]: in ASCII, which is all that sets are used for. */
struct set {
    bool has[128], others;
};

static bool fits(const struct set *set, int c)
{
    if (!set)
        return !is_blank(c);
    return c < 128 ? set->has[c] : set->others;
}

/* set: NULL for %s; count: of %c, else 0. */
static bool scan_text(struct source *in, const struct conversion *how, const struct set *set, int count,
                      struct arguments *arguments)
{
    void *to = how->suppress ? NULL : va_arg(arguments->list, void *);
    size_t room = SIZE_MAX, length = 0, most = how->width ? (size_t)how->width : SIZE_MAX;
    if (to && how->safe)
        room = va_arg(arguments->list, unsigned);
    if (count)
        most = (size_t)count;
    else if (!set)
        skip_blanks(in);
    int c = get(in);
    for (; c != END && length < most && (count || fits(set, c)); c = get(in)) {
        if (to && length + !count >= room) { /* no room: the target is empty, the conversion fails */
            if (room && how->wide)
                *(WCHAR *)to = 0;
            else if (room)
                *(char *)to = 0;
            unget(in, c);
            return false;
        }
        if (to && how->wide)
            ((WCHAR *)to)[length] = in->wide ? (WCHAR)c : rtl_to_wide(RTL_PAGE_ANSI, (unsigned char)c);
        else if (to)
            ((char *)to)[length] = (char)(in->wide ? rtl_from_wide(RTL_PAGE_ANSI, (WCHAR)c) : c);
        length++;
    }
    unget(in, c);
    if (!length || (count && length < most))
        return false;
    if (to && !count && how->wide)
        ((WCHAR *)to)[length] = 0;
    else if (to && !count)
        ((char *)to)[length] = 0;
    return true;
}

/* The format, read as ints whatever its width. */
struct format {
    const char *narrow;
    const WCHAR *wide;
};

static int peek(const struct format *format)
{
    return format->narrow ? (unsigned char)*format->narrow : *format->wide;
}

static int next(struct format *format)
{
    int c = peek(format);
    if (c && format->narrow)
        format->narrow++;
    else if (c)
        format->wide++;
    return c;
}

static void read_set(struct format *format, struct set *set)
{
    bool in = true;
    if (peek(format) == '^') {
        next(format);
        in = false;
    }
    for (int i = 0; i < 128; i++)
        set->has[i] = !in;
    set->others = !in;
    for (int c = next(format), first = 1, last = 0; c && (c != ']' || first); c = next(format), first = 0) {
        int from = c, to = c;
        if (c == '-' && last && peek(format) && peek(format) != ']') {
            from = last;
            to = next(format);
        }
        for (int i = from; i <= to && i < 128; i++)
            set->has[i] = in;
        last = to;
    }
}

static void read_size(struct format *format, struct conversion *how, bool wide_function)
{
    bool given = false;
    for (;; given = true) {
        switch (peek(format)) {
        case 'h':
            how->size = how->size == SHORT_SIZE ? CHAR_SIZE : SHORT_SIZE;
            how->wide = false;
            break;
        case 'l':
            how->size = how->size == LONG_SIZE ? SIZE_64 : LONG_SIZE;
            how->wide = true;
            break;
        case 'w':
            how->wide = true;
            break;
        case 'L':
        case 'j':
        case 'z':
        case 't':
            how->size = SIZE_64;
            break;
        case 'I':
            next(format);
            how->size = SIZE_64;
            if (peek(format) == '3') {
                next(format);
                next(format);
                how->size = LONG_SIZE;
            } else if (peek(format) == '6') {
                next(format);
                next(format);
            }
            continue;
        default:
            if (!given)
                how->wide = wide_function;
            if (!given && (peek(format) == 'S' || peek(format) == 'C'))
                how->wide = !wide_function;
            return;
        }
        next(format);
    }
}

/* Returns how many targets were filled, or -1 when the input ended before the first. */
static int scan(struct source *in, struct format format, bool safe, struct arguments *arguments)
{
    int filled = 0;
    bool wide_function = format.wide != NULL, converted = false;
    for (int c; (c = next(&format)) != 0;) {
        if (is_blank(c)) {
            skip_blanks(in);
            continue;
        }
        if (c != '%' || peek(&format) == '%') {
            if (c == '%') {
                next(&format);
                skip_blanks(in);
            }
            int got = get(in);
            if (got != c) {
                unget(in, got);
                return got == END && !converted ? -1 : filled;
            }
            continue;
        }
        struct conversion how = {.safe = safe};
        if (peek(&format) == '*') {
            next(&format);
            how.suppress = true;
        }
        while (peek(&format) >= '0' && peek(&format) <= '9')
            how.width = how.width * 10 + next(&format) - '0';
        read_size(&format, &how, wide_function);
        int type = next(&format);
        if (type == 'n') {
            if (!how.suppress)
                store_integer(&how, arguments, in->read);
            continue;
        }
        int ahead = get(in);
        unget(in, ahead);
        if (ahead == END)
            return converted ? filled : -1;
        bool ok;
        struct set set;
        switch (type) {
        case 'd':
        case 'u':
            ok = scan_integer(in, &how, 10, arguments);
            break;
        case 'i':
            ok = scan_integer(in, &how, 0, arguments);
            break;
        case 'o':
            ok = scan_integer(in, &how, 8, arguments);
            break;
        case 'p':
            how.size = SIZE_64; /* and then as %x */
            /* fall through */
        case 'x':
        case 'X':
            ok = scan_integer(in, &how, 16, arguments);
            break;
        case 'e':
        case 'f':
        case 'g':
        case 'E':
        case 'G':
        case 'a':
            ok = scan_float(in, &how, arguments);
            break;
        case 's':
        case 'S':
            ok = scan_text(in, &how, NULL, 0, arguments);
            break;
        case 'c':
        case 'C':
            ok = scan_text(in, &how, NULL, how.width ? how.width : 1, arguments);
            break;
        case '[':
            read_set(&format, &set);
            ok = scan_text(in, &how, &set, 0, arguments);
            break;
        default:
            return filled;
        }
        if (!ok) {
            ahead = get(in);
            unget(in, ahead);
            return ahead == END && !converted ? -1 : filled;
        }
        converted = true;
        filled += !how.suppress;
    }
    return filled;
}

static int run(struct source in, struct format format, bool safe, va_list list)
{
    struct arguments arguments;
    in.pushed = END;
    va_copy(arguments.list, list);
    int filled = scan(&in, format, safe, &arguments);
    va_end(arguments.list);
    if (in.file && in.pushed != END)
        ungetc(in.pushed, in.file);
    return filled;
}

/* No more than the first length characters of the text. */
#define DEFINE_SCAN_N(name, type, where)                                                                     \
    API int name(const type *text, size_t length, const type *format, ...);                                  \
    int name(const type *text, size_t length, const type *format, ...)                                       \
    {                                                                                                        \
        struct source source_ = {.where = text, .limited = true, .left = length};                            \
        struct format format_ = {.where = format};                                                           \
        va_list list;                                                                                        \
        va_start(list, format);                                                                              \
        int filled = run(source_, format_, true, list);                                                      \
        va_end(list);                                                                                        \
        return filled;                                                                                       \
    }

DEFINE_SCAN_N(ntio_snscanf_s, char, narrow)
DEFINE_SCAN_N(ntio_snwscanf_s, wchar_t, wide)

/* One exported function; where says which member of a source its text is, form that of the format. */
#define DEFINE_SCAN(name, parameters, where, value, form, safe)                                              \
    API int name parameters;                                                                                 \
    int name parameters                                                                                      \
    {                                                                                                        \
        struct source source_ = {.where = (value)};                                                          \
        struct format format_ = {.form = format};                                                            \
        va_list list;                                                                                        \
        va_start(list, format);                                                                              \
        int filled = run(source_, format_, safe, list);                                                      \
        va_end(list);                                                                                        \
        return filled;                                                                                       \
    }

DEFINE_SCAN(ntio_scanf, (const char *format, ...), file, stdin, narrow, false)
DEFINE_SCAN(ntio_scanf_s, (const char *format, ...), file, stdin, narrow, true)
DEFINE_SCAN(ntio_fscanf, (FILE * file, const char *format, ...), file, file, narrow, false)
DEFINE_SCAN(ntio_fscanf_s, (FILE * file, const char *format, ...), file, file, narrow, true)
DEFINE_SCAN(ntio_sscanf, (const char *text, const char *format, ...), narrow, text, narrow, false)
DEFINE_SCAN(ntio_sscanf_s, (const char *text, const char *format, ...), narrow, text, narrow, true)
DEFINE_SCAN(ntio_swscanf, (const wchar_t *text, const wchar_t *format, ...), wide, text, wide, false)
DEFINE_SCAN(ntio_swscanf_s, (const wchar_t *text, const wchar_t *format, ...), wide, text, wide, true)
