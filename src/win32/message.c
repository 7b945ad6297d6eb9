/*
 * FormatMessage.
 */
#include "win32p.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST_SYSTEM_MESSAGE 15999

static const struct {
    DWORD id;
    const char *text;
} messages[] = {
#define MESSAGE(error, text) {error, text},
#include "messages.h"
#undef MESSAGE
};

/* The text for a number, wide, with its line's end; false: there is none. */
static bool system_message(DWORD id, struct win32_wide *text)
{
    char line[128];
    if (id >> 16 == (0x80000000u | FACILITY_WIN32 << 16) >> 16)
        id &= 0xFFFF; /* HRESULT_FROM_WIN32 */
    if (id > LAST_SYSTEM_MESSAGE)
        return win32_error(ERROR_MR_MID_NOT_FOUND);
    snprintf(line, sizeof line, "Error %u.\r\n", id);
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        if (messages[i].id == id)
            snprintf(line, sizeof line, "%s\r\n", messages[i].text);
    return win32_wide_from_ansi(text, line);
}

/* The insertions: a list that can only be walked forwards, or an array. */
struct inserts {
    ULONG_PTR value[99];
    unsigned known;
    bool is_array;
    const ULONG_PTR *array;
    va_list list;
};

static ULONG_PTR insert(struct inserts *inserts, unsigned number)
{
    if (number < 1 || number > 99)
        return 0;
    while (inserts->known < number) {
        ULONG_PTR value = 0;
        if (inserts->is_array)
            host_copy(&value, &inserts->array[inserts->known], sizeof value, NULL);
        else
            value = va_arg(inserts->list, ULONG_PTR);
        inserts->value[inserts->known++] = value;
    }
    return inserts->value[number - 1];
}

struct text {
    LPWSTR text;
    size_t length, room;
    bool failed;
    size_t column, width; /* width 0: lines are as long as they are; SIZE_MAX: line ends become blanks */
};

static bool reserve(struct text *t, size_t more)
{
    if (t->length + more + 1 <= t->room)
        return true;
    size_t room = 2 * t->room + more + 128;
    LPWSTR grown = realloc(t->text, room * sizeof(WCHAR));
    if (!grown)
        t->failed = true;
    else {
        t->text = grown;
        t->room = room;
    }
    return grown != NULL;
}

static void put(struct text *t, WCHAR c)
{
    if (reserve(t, 1))
        t->text[t->length++] = c;
}

static void end_line(struct text *t)
{
    put(t, L'\r');
    put(t, L'\n');
    t->column = 0;
}

/* Breaks the line at its last blank when it has become longer than the width. */
static void wrap(struct text *t)
{
    size_t start = t->length - t->column, blank = t->length;
    if (!t->width || t->width == SIZE_MAX || t->column <= t->width)
        return;
    while (blank > start && t->text[blank - 1] != L' ')
        blank--;
    if (blank == start || !reserve(t, 2))
        return;
    size_t tail = t->length - blank;
    memmove(t->text + blank + 1, t->text + blank, tail * sizeof(WCHAR));
    t->text[blank - 1] = L'\r';
    t->text[blank] = L'\n';
    t->length++;
    t->column = tail;
}

static void put_text(struct text *t, LPCWSTR text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        put(t, text[i]);
        t->column = text[i] == L'\n' ? 0 : t->column + 1;
        wrap(t);
    }
}

/* One insertion by its specification; the length of the whole. Up to two stars in it take arguments of their
 * own. */
static int print_wide(LPWSTR to, size_t room, LPCWSTR spec, ...)
{
    va_list list;
    va_start(list, spec);
    int length = win32_print_wide(to, room, spec, list);
    va_end(list);
    return length;
}

static int print_narrow(LPSTR to, size_t room, LPCSTR spec, ...)
{
    va_list list;
    va_start(list, spec);
    int length = win32_print(to, room, spec, list);
    va_end(list);
    return length;
}

/* The insertion's text, from malloc; in the narrow function strings are UTF-8, as its whole text is. */
static LPWSTR insertion(LPCWSTR spec, bool wide, const ULONG_PTR a[3])
{
    if (wide) {
        int length = print_wide(NULL, 0, spec, a[0], a[1], a[2]);
        LPWSTR text = length < 0 ? NULL : malloc(((size_t)length + 1) * sizeof(WCHAR));
        if (text)
            print_wide(text, (size_t)length + 1, spec, a[0], a[1], a[2]);
        return text;
    }
    LPSTR narrow_spec = win32_narrow(spec);
    int length = narrow_spec ? print_narrow(NULL, 0, narrow_spec, a[0], a[1], a[2]) : -1;
    LPSTR narrow = length < 0 ? NULL : malloc((size_t)length + 1);
    LPWSTR text = NULL;
    struct win32_wide converted;
    if (narrow) {
        print_narrow(narrow, (size_t)length + 1, narrow_spec, a[0], a[1], a[2]);
        if (win32_wide_from_ansi(&converted, narrow)) {
            text = win32_duplicate(converted.text);
            win32_wide_free(&converted);
        }
    }
    free(narrow);
    free(narrow_spec);
    return text;
}

static LPCWSTR put_insert(struct text *t, LPCWSTR f, bool wide, struct inserts *inserts)
{
    WCHAR spec[40] = L"%";
    size_t length = 1, stars = 0;
    unsigned number = 0;
    for (int digits = 0; digits < 2 && *f >= L'0' && *f <= L'9'; digits++)
        number = number * 10 + (unsigned)(*f++ - L'0');
    if (*f == L'!') {
        LPCWSTR end = f + 1;
        while (*end && *end != L'!')
            end++;
        if (*end == L'!' && end - f < 37) {
            for (f++; f < end; f++) {
                stars += *f == L'*';
                spec[length++] = *f;
            }
            f++;
        }
    }
    if (length == 1)
        spec[length++] = L's';
    spec[length] = 0;
    ULONG_PTR arguments[3] = {0};
    for (size_t i = 0; i <= stars && i < 3; i++)
        arguments[i] = insert(inserts, number + (unsigned)i);
    LPWSTR text = insertion(spec, wide, arguments);
    if (text)
        put_text(t, text, win32_length(text));
    else
        t->failed = true;
    free(text);
    return f;
}

/* What stands behind a percent sign. */
static LPCWSTR put_escape(struct text *t, LPCWSTR f, bool wide, DWORD flags, struct inserts *inserts,
                          bool *stop)
{
    if (*f >= L'1' && *f <= L'9') {
        if (!(flags & FORMAT_MESSAGE_IGNORE_INSERTS))
            return put_insert(t, f, wide, inserts);
        put_text(t, L"%", 1);
        return f;
    }
    switch (*f) {
    case 0:
        return f;
    case L'0':
        *stop = true;
        break;
    case L'n':
        end_line(t);
        break;
    case L'r':
        put(t, L'\r');
        break;
    case L't':
        put_text(t, L"\t", 1);
        break;
    case L'b':
        put_text(t, L" ", 1);
        break;
    default: /* %%, %., %!, %<blank>: the character itself */
        put_text(t, f, 1);
    }
    return f + 1;
}

static void expand(struct text *t, LPCWSTR f, bool wide, DWORD flags, struct inserts *inserts)
{
    bool stop = false;
    while (*f && !stop) {
        if (*f == L'%') {
            f = put_escape(t, f + 1, wide, flags, inserts, &stop);
        } else if (*f == L'\r' || *f == L'\n') {
            f += f[0] == L'\r' && f[1] == L'\n' ? 2 : 1;
            if (t->width)
                put_text(t, L" ", 1);
            else
                end_line(t);
        } else {
            put_text(t, f++, 1);
        }
    }
}

/* The whole message, from malloc; NULL with the last error set. */
static LPWSTR build(DWORD flags, const void *source, DWORD id, bool wide, va_list *arguments)
{
    struct win32_wide format;
    struct inserts inserts = {.is_array = (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY) || !arguments,
                              .array = (const ULONG_PTR *)arguments};
    struct text text = {0};
    bool found;
    if (flags & FORMAT_MESSAGE_FROM_STRING)
        found = wide ? win32_wide_from_wide(&format, source) : win32_wide_from_ansi(&format, source);
    else if (flags & FORMAT_MESSAGE_FROM_SYSTEM)
        found = system_message(id, &format);
    else
        found = win32_error(flags & FORMAT_MESSAGE_FROM_HMODULE ? ERROR_RESOURCE_TYPE_NOT_FOUND
                                                                : ERROR_INVALID_PARAMETER);
    if (!found)
        return NULL;
    if (!format.text) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    DWORD width = flags & FORMAT_MESSAGE_MAX_WIDTH_MASK;
    text.width = width == FORMAT_MESSAGE_MAX_WIDTH_MASK ? SIZE_MAX : width;
    if (!inserts.is_array)
        va_copy(inserts.list, *arguments);
    expand(&text, format.text, wide, flags, &inserts);
    if (!inserts.is_array)
        va_end(inserts.list);
    win32_wide_free(&format);
    if (!reserve(&text, 0) || text.failed) {
        free(text.text);
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    text.text[text.length] = 0;
    if (!text.length) {
        free(text.text);
        win32_error(ERROR_SUCCESS); /* an empty message is none, and no error */
        return NULL;
    }
    return text.text;
}

/* Hands `size` bytes of text, `length` characters and a terminator, to the client, or memory of its own that
 * holds them. */
static DWORD give(DWORD flags, const void *text, size_t length, size_t unit, void *client, DWORD room)
{
    size_t size = (length + 1) * unit;
    if (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        void *copy = LocalAlloc(LMEM_FIXED, size > room * unit ? size : room * unit);
        if (!copy)
            return 0;
        memcpy(copy, text, size);
        if (win32_write(client, &copy, sizeof copy))
            return (DWORD)length;
        LocalFree(copy);
        return 0;
    }
    if (room <= length)
        return (DWORD)win32_error(ERROR_INSUFFICIENT_BUFFER);
    return win32_write(client, text, size) ? (DWORD)length : 0;
}

DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPWSTR lpBuffer, DWORD nSize, va_list *Arguments)
{
    (void)dwLanguageId;
    if (!lpBuffer)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    LPWSTR text = build(dwFlags, lpSource, dwMessageId, true, Arguments);
    if (!text)
        return 0;
    DWORD result = give(dwFlags, text, win32_length(text), sizeof(WCHAR), lpBuffer, nSize);
    free(text);
    return result;
}

DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPSTR lpBuffer, DWORD nSize, va_list *Arguments)
{
    (void)dwLanguageId;
    if (!lpBuffer)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    LPWSTR wide = build(dwFlags, lpSource, dwMessageId, false, Arguments);
    if (!wide)
        return 0;
    LPSTR text = win32_narrow(wide);
    free(wide);
    if (!text)
        return (DWORD)win32_error(ERROR_NOT_ENOUGH_MEMORY);
    DWORD result = give(dwFlags, text, strlen(text), 1, lpBuffer, nSize);
    free(text);
    return result;
}
