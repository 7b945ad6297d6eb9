/*
 * The C run-time functions that exist for narrow and for wide text: included once for each, with CHAR (the character) and
 * NAME(narrow, wide) (which of the two names). Case is ASCII's, as in the C locale.
 */

static CHAR NAME(lower_, lower_w)(CHAR c)
{
    return c >= 'A' && c <= 'Z' ? (CHAR)(c + 32) : c;
}

static CHAR NAME(upper_, upper_w)(CHAR c)
{
    return c >= 'a' && c <= 'z' ? (CHAR)(c - 32) : c;
}

static size_t NAME(length_, length_w)(const CHAR *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length])
        length++;
    return length;
}

static bool NAME(is_in_, is_in_w)(const CHAR *set, CHAR c)
{
    for (; *set; set++)
        if (*set == c)
            return true;
    return false;
}

int NAME(ntio_strnicmp, ntio_wcsnicmp)(const CHAR *a, const CHAR *b, size_t count)
{
    for (; count; a++, b++, count--) {
        UCHAR_ x = (UCHAR_)NAME(lower_, lower_w)(*a), y = (UCHAR_)NAME(lower_, lower_w)(*b);
        if (x != y)
            return (int)x - (int)y;
        if (!x)
            break;
    }
    return 0;
}

int NAME(ntio_stricmp, ntio_wcsicmp)(const CHAR *a, const CHAR *b)
{
    return NAME(ntio_strnicmp, ntio_wcsnicmp)(a, b, SIZE_MAX);
}

size_t NAME(ntio_strnlen, ntio_wcsnlen)(const CHAR *text, size_t most)
{
    return text ? NAME(length_, length_w)(text, most) : 0;
}

CHAR *NAME(ntio_strupr, ntio_wcsupr)(CHAR *text)
{
    for (CHAR *at = text; *at; at++)
        *at = NAME(upper_, upper_w)(*at);
    return text;
}

CHAR *NAME(ntio_strlwr, ntio_wcslwr)(CHAR *text)
{
    for (CHAR *at = text; *at; at++)
        *at = NAME(lower_, lower_w)(*at);
    return text;
}

CHAR *NAME(ntio_strrev, ntio_wcsrev)(CHAR *text)
{
    size_t length = NAME(length_, length_w)(text, SIZE_MAX);
    for (size_t i = 0; i < length / 2; i++) {
        CHAR c = text[i];
        text[i] = text[length - 1 - i];
        text[length - 1 - i] = c;
    }
    return text;
}

CHAR *NAME(ntio_strnset, ntio_wcsnset)(CHAR *text, SET_CHAR c, size_t count)
{
    for (size_t i = 0; i < count && text[i]; i++)
        text[i] = (CHAR)c;
    return text;
}

CHAR *NAME(ntio_strset, ntio_wcsset)(CHAR *text, SET_CHAR c)
{
    return NAME(ntio_strnset, ntio_wcsnset)(text, c, SIZE_MAX);
}

/* EINVAL, and an empty text, when there is no terminator in size characters, or count goes beyond it. */
errno_t NAME(ntio_strnset_s, ntio_wcsnset_s)(CHAR *text, size_t size, SET_CHAR c, size_t count)
{
    if (!text && !size && !count)
        return 0;
    if (!text || !size)
        return CRT_EINVAL;
    if (NAME(length_, length_w)(text, size) == size) {
        text[0] = 0;
        return CRT_EINVAL;
    }
    NAME(ntio_strnset, ntio_wcsnset)(text, c, count);
    return 0;
}

errno_t NAME(ntio_strset_s, ntio_wcsset_s)(CHAR *text, size_t size, SET_CHAR c)
{
    return NAME(ntio_strnset_s, ntio_wcsnset_s)(text, size, c, SIZE_MAX);
}

/* --- the parts of a path --- */

/* A part that is not wanted has neither target nor size. */
static bool NAME(part_, part_w)(CHAR *to, size_t size, const CHAR *from, const CHAR *end)
{
    size_t length = (size_t)(end - from);
    if (!to)
        return true;
    if (length >= size)
        return false;
    for (size_t i = 0; i < length; i++)
        to[i] = from[i];
    to[length] = 0;
    return true;
}

errno_t NAME(ntio_splitpath_s, ntio_wsplitpath_s)(const CHAR *path, CHAR *drive, size_t drive_size, CHAR *directory,
                                                  size_t directory_size, CHAR *name, size_t name_size, CHAR *extension,
                                                  size_t extension_size)
{
    bool fits = path && !drive == !drive_size && !directory == !directory_size && !name == !name_size &&
                !extension == !extension_size;
    errno_t error = fits ? CRT_ERANGE : CRT_EINVAL;
    if (fits) {
        const CHAR *colon = path[0] && path[1] == ':' ? path + 2 : path, *base = colon, *end, *dot = NULL;
        for (end = colon; *end; end++) {
            if (*end == '\\' || *end == '/') {
                base = end + 1;
                dot = NULL;
            } else if (*end == '.') {
                dot = end;
            }
        }
        if (!dot)
            dot = end;
        fits = NAME(part_, part_w)(drive, drive_size, path, colon) &&
               NAME(part_, part_w)(directory, directory_size, colon, base) &&
               NAME(part_, part_w)(name, name_size, base, dot) &&
               NAME(part_, part_w)(extension, extension_size, dot, end);
    }
    if (fits)
        return 0;
    if (drive && drive_size)
        drive[0] = 0;
    if (directory && directory_size)
        directory[0] = 0;
    if (name && name_size)
        name[0] = 0;
    if (extension && extension_size)
        extension[0] = 0;
    return error;
}

/* Puts in what is missing between the parts: the drive's colon, the backslash behind the directory, the extension's dot. */
errno_t NAME(ntio_makepath_s, ntio_wmakepath_s)(CHAR *path, size_t size, const CHAR *drive, const CHAR *directory,
                                                const CHAR *name, const CHAR *extension)
{
    size_t used = 0;
    CHAR last = 0;
    if (!path || !size)
        return CRT_EINVAL;
#define PUT(c)                                                                                               \
    do {                                                                                                     \
        if (used + 1 >= size) {                                                                              \
            path[0] = 0;                                                                                     \
            return CRT_ERANGE;                                                                               \
        }                                                                                                    \
        path[used++] = last = (c);                                                                           \
    } while (0)
    if (drive && drive[0]) {
        PUT(drive[0]);
        PUT(':');
    }
    if (directory && directory[0]) {
        while (*directory)
            PUT(*directory++);
        if (last != '\\' && last != '/')
            PUT('\\');
    }
    while (name && *name)
        PUT(*name++);
    if (extension && extension[0] && extension[0] != '.')
        PUT('.');
    while (extension && *extension)
        PUT(*extension++);
#undef PUT
    path[used] = 0;
    return 0;
}

CHAR *NAME(ntio_strtok_s, ntio_wcstok_s)(CHAR *text, const CHAR *delimiters, CHAR **context)
{
    CHAR *at = text ? text : *context;
    if (!at)
        return NULL;
    while (*at && NAME(is_in_, is_in_w)(delimiters, *at))
        at++;
    CHAR *token = at;
    while (*at && !NAME(is_in_, is_in_w)(delimiters, *at))
        at++;
    *context = *at ? at + 1 : at;
    bool none = token == at;
    *at = 0;
    return none ? NULL : token;
}

/* --- the safe ones: 0, or EINVAL or ERANGE and an empty target --- */

static errno_t NAME(append_, append_w)(CHAR *to, size_t size, size_t used, const CHAR *from, size_t count)
{
    if (!from) {
        to[0] = 0;
        return CRT_EINVAL;
    }
    bool truncate = count == _TRUNCATE;
    size_t length = NAME(length_, length_w)(from, truncate ? size - used : count), i;
    if (length >= size - used) {
        if (!truncate) {
            to[0] = 0;
            return CRT_ERANGE;
        }
        length = size - used - 1;
        for (i = 0; i < length; i++)
            to[used + i] = from[i];
        to[used + i] = 0;
        return STRUNCATE;
    }
    for (i = 0; i < length; i++)
        to[used + i] = from[i];
    to[used + i] = 0;
    return 0;
}

errno_t NAME(ntio_strncpy_s, ntio_wcsncpy_s)(CHAR *to, size_t size, const CHAR *from, size_t count)
{
    if (!to && !size && !count)
        return 0;
    if (!to || !size)
        return CRT_EINVAL;
    if (!count) {
        to[0] = 0;
        return 0;
    }
    return NAME(append_, append_w)(to, size, 0, from, count);
}

errno_t NAME(ntio_strcpy_s, ntio_wcscpy_s)(CHAR *to, size_t size, const CHAR *from)
{
    if (!to || !size)
        return CRT_EINVAL;
    return NAME(append_, append_w)(to, size, 0, from, SIZE_MAX - 1);
}

errno_t NAME(ntio_strncat_s, ntio_wcsncat_s)(CHAR *to, size_t size, const CHAR *from, size_t count)
{
    if (!to || !size)
        return CRT_EINVAL;
    size_t used = NAME(length_, length_w)(to, size);
    if (used == size) {
        to[0] = 0;
        return CRT_EINVAL;
    }
    if (!count)
        return 0;
    return NAME(append_, append_w)(to, size, used, from, count);
}

errno_t NAME(ntio_strcat_s, ntio_wcscat_s)(CHAR *to, size_t size, const CHAR *from)
{
    return NAME(ntio_strncat_s, ntio_wcsncat_s)(to, size, from, SIZE_MAX - 1);
}

errno_t NAME(ntio_strupr_s, ntio_wcsupr_s)(CHAR *text, size_t size)
{
    if (!text || NAME(length_, length_w)(text, size) == size)
        return CRT_EINVAL;
    NAME(ntio_strupr, ntio_wcsupr)(text);
    return 0;
}

errno_t NAME(ntio_strlwr_s, ntio_wcslwr_s)(CHAR *text, size_t size)
{
    if (!text || NAME(length_, length_w)(text, size) == size)
        return CRT_EINVAL;
    NAME(ntio_strlwr, ntio_wcslwr)(text);
    return 0;
}

/* --- numbers to text --- */

static errno_t NAME(number_, number_w)(unsigned long long value, bool negative, CHAR *to, size_t size, int base)
{
    char digits[66], *end = digits + sizeof digits, *at = end;
    if (!to || !size)
        return CRT_EINVAL;
    to[0] = 0;
    if (base < 2 || base > 36)
        return CRT_EINVAL;
    do
        *--at = "0123456789abcdefghijklmnopqrstuvwxyz"[value % (unsigned)base];
    while (value /= (unsigned)base);
    if (negative)
        *--at = '-';
    if ((size_t)(end - at) >= size)
        return CRT_ERANGE;
    while (at < end)
        *to++ = (CHAR)*at++;
    *to = 0;
    return 0;
}

/* Only decimal numbers have a sign. */
errno_t NAME(ntio_i64toa_s, ntio_i64tow_s)(long long value, CHAR *to, size_t size, int base)
{
    bool negative = base == 10 && value < 0;
    return NAME(number_, number_w)(negative ? 0 - (unsigned long long)value : (unsigned long long)value, negative, to,
                                   size, base);
}

errno_t NAME(ntio_itoa_s, ntio_itow_s)(int value, CHAR *to, size_t size, int base)
{
    bool negative = base == 10 && value < 0;
    return NAME(number_, number_w)(negative ? 0 - (unsigned)value : (unsigned)value, negative, to, size, base);
}

errno_t NAME(ntio_ultoa_s, ntio_ultow_s)(unsigned value, CHAR *to, size_t size, int base)
{
    return NAME(number_, number_w)(value, false, to, size, base);
}

errno_t NAME(ntio_ui64toa_s, ntio_ui64tow_s)(unsigned long long value, CHAR *to, size_t size, int base)
{
    return NAME(number_, number_w)(value, false, to, size, base);
}

CHAR *NAME(ntio_itoa, ntio_itow)(int value, CHAR *to, int base)
{
    NAME(ntio_itoa_s, ntio_itow_s)(value, to, 66, base);
    return to;
}

CHAR *NAME(ntio_ultoa, ntio_ultow)(unsigned value, CHAR *to, int base)
{
    NAME(number_, number_w)(value, false, to, 66, base);
    return to;
}

CHAR *NAME(ntio_i64toa, ntio_i64tow)(long long value, CHAR *to, int base)
{
    NAME(ntio_i64toa_s, ntio_i64tow_s)(value, to, 67, base);
    return to;
}

CHAR *NAME(ntio_ui64toa, ntio_ui64tow)(unsigned long long value, CHAR *to, int base)
{
    NAME(number_, number_w)(value, false, to, 66, base);
    return to;
}

/* --- text to numbers --- */

static int NAME(digit_, digit_w)(CHAR c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = NAME(lower_, lower_w)(c);
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* Magnitude and sign; *overflow when it is more than most. */
static unsigned long long NAME(parse_, parse_w)(const CHAR *text, CHAR **end, int base, unsigned long long most,
                                                bool *negative, bool *overflow)
{
    const CHAR *at = text;
    unsigned long long value = 0;
    bool any = false;
    *negative = *overflow = false;
    while (*at == ' ' || (*at >= '\t' && *at <= '\r'))
        at++;
    if (*at == '-' || *at == '+')
        *negative = *at++ == '-';
    if ((base == 0 || base == 16) && at[0] == '0' && (at[1] == 'x' || at[1] == 'X') &&
        NAME(digit_, digit_w)(at[2]) < 16) {
        at += 2;
        base = 16;
    } else if (base == 0) {
        base = *at == '0' ? 8 : 10;
    }
    for (int d; (d = NAME(digit_, digit_w)(*at)) < base; at++) {
        any = true;
        if (value > (most - (unsigned)d) / (unsigned)base)
            *overflow = true;
        else
            value = value * (unsigned)base + (unsigned)d;
    }
    if (end)
        *end = (CHAR *)(uintptr_t)(any ? at : text);
    return *overflow ? most : value;
}

unsigned NAME(ntio_strtoul, ntio_wcstoul)(const CHAR *text, CHAR **end, int base)
{
    bool negative, overflow;
    unsigned value = (unsigned)NAME(parse_, parse_w)(text, end, base, UINT32_MAX, &negative, &overflow);
    return negative && !overflow ? 0 - value : value;
}

int NAME(ntio_strtol, ntio_wcstol)(const CHAR *text, CHAR **end, int base)
{
    bool negative, overflow;
    unsigned long long value = NAME(parse_, parse_w)(text, end, base, 0x80000000u, &negative, &overflow);
    if (value > 0x7FFFFFFF)
        return negative ? INT32_MIN : INT32_MAX;
    return negative ? -(int)value : (int)value;
}

unsigned long long NAME(ntio_strtoull, ntio_wcstoull)(const CHAR *text, CHAR **end, int base)
{
    bool negative, overflow;
    unsigned long long value = NAME(parse_, parse_w)(text, end, base, UINT64_MAX, &negative, &overflow);
    return negative && !overflow ? 0 - value : value;
}

long long NAME(ntio_strtoll, ntio_wcstoll)(const CHAR *text, CHAR **end, int base)
{
    bool negative, overflow;
    unsigned long long value = NAME(parse_, parse_w)(text, end, base, 0x8000000000000000u, &negative, &overflow);
    if (value > INT64_MAX)
        return negative ? INT64_MIN : INT64_MAX;
    return negative ? -(long long)value : (long long)value;
}

long long NAME(ntio_atoi64, ntio_wtoi64)(const CHAR *text)
{
    return NAME(ntio_strtoll, ntio_wcstoll)(text, NULL, 10);
}
