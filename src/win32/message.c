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
    ULONG_PTR value[128]; /* of a list; more than the 99th and two stars can ask for */
    unsigned last;        /* the highest number that was used */
    bool is_array;
    const ULONG_PTR *array;
    va_list list;
};

/* The insertion of that number; 0: the one behind the last. */
static bool insert(struct inserts *inserts, unsigned number, ULONG_PTR *value)
{
    if (!number)
        number = inserts->last + 1;
    if (number > sizeof inserts->value / sizeof inserts->value[0])
        return win32_error(ERROR_INVALID_PARAMETER);
    if (inserts->is_array) {
        if (inserts->last < number)
            inserts->last = number;
        return win32_read(value, &inserts->array[number - 1], sizeof *value);
    }
    while (inserts->last < number)
        inserts->value[inserts->last++] = va_arg(inserts->list, ULONG_PTR);
    *value = inserts->value[number - 1];
    return true;
}

/*
 * The arguments that a specification with stars takes: width and precision, then what is printed. Those
 * behind the first are the next ones in turn. In a list (and in no array) the value takes the number of the
 * last star, so that %1!*.*s! is followed by %3, as the page of FormatMessage has it.
 */
static bool insert_all(struct inserts *inserts, unsigned number, unsigned stars, ULONG_PTR value[3])
{
    for (unsigned i = 0; i <= stars; i++) {
        if (stars && i == stars && !inserts->is_array)
            inserts->last--;
        if (!insert(inserts, i ? 0 : number, &value[i]))
            return false;
    }
    return true;
}

#define NO_BLANK SIZE_MAX

struct text {
    LPWSTR text;
    size_t length, room;
    bool failed;          /* no memory */
    bool given_up;        /* the last error says why */
    size_t column, width; /* width 0: lines are as long as they are; SIZE_MAX: line ends become blanks */
    size_t blank;         /* where the line's last run of blanks begins */
    bool in_blanks;
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

/* Breaks a line that is full: its last blanks become the line's end, or it ends where it is. */
static void break_line(struct text *t)
{
    size_t word = t->length;
    if (t->blank == NO_BLANK)
        t->blank = t->length;
    else
        for (word = t->blank; word < t->length && t->text[word] == L' ';)
            word++;
    if (!reserve(t, 2))
        return;
    size_t tail = t->length - word;
    memmove(t->text + t->blank + 2, t->text + word, tail * sizeof(WCHAR));
    t->text[t->blank] = L'\r';
    t->text[t->blank + 1] = L'\n';
    t->length = t->blank + 2 + tail;
    t->column = tail;
    t->blank = NO_BLANK;
    t->in_blanks = false;
}

static void put(struct text *t, WCHAR c)
{
    if (!reserve(t, 1))
        return;
    if (c == L' ' && !t->in_blanks)
        t->blank = t->length;
    t->in_blanks = c == L' ';
    t->text[t->length++] = c;
    t->column++;
    if (c == L'\r' || c == L'\n') {
        t->column = 0;
        t->blank = NO_BLANK;
    }
    if (t->column == t->width && t->width)
        break_line(t);
}

static void put_text(struct text *t, LPCWSTR text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        put(t, text[i]);
}

static void end_line(struct text *t)
{
    put_text(t, L"\r\n", 2);
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

#define LONGEST_SPECIFICATION 30

/* What begins with an insertion's number; NULL, with the last error set: it cannot be. */
static LPCWSTR put_insert(struct text *t, LPCWSTR f, bool wide, struct inserts *inserts)
{
    WCHAR spec[LONGEST_SPECIFICATION + 3] = L"%";
    size_t length = 1;
    unsigned number = 0, stars = 0;
    for (int digits = 0; digits < 2 && *f >= L'0' && *f <= L'9'; digits++)
        number = number * 10 + (unsigned)(*f++ - L'0');
    if (*f == L'!') {
        for (f++; *f && *f != L'!' && length <= LONGEST_SPECIFICATION; f++) {
            stars += *f == L'*';
            spec[length++] = *f;
        }
        if (*f++ != L'!')
            stars = 3;
    }
    if (stars > 2 || (inserts->is_array && !inserts->array)) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (length == 1)
        spec[length++] = L's';
    spec[length] = 0;
    ULONG_PTR arguments[3] = {0};
    if (!insert_all(inserts, number, stars, arguments))
        return NULL;
    LPWSTR text = insertion(spec, wide, arguments);
    if (text)
        put_text(t, text, win32_length(text));
    else
        t->failed = true;
    free(text);
    return f;
}

/* What stands behind a percent sign; NULL, with the last error set: it cannot be. */
static LPCWSTR put_escape(struct text *t, LPCWSTR f, bool wide, DWORD flags, struct inserts *inserts,
                          bool *stop)
{
    bool ignore = flags & FORMAT_MESSAGE_IGNORE_INSERTS;
    if (*f >= L'1' && *f <= L'9' && !ignore)
        return put_insert(t, f, wide, inserts);
    switch (*f) {
    case 0:
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
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
        put(t, L'\t');
        break;
    case L'b':
        put(t, L' ');
        break;
    default: /* %%, %., %!, %<blank>: the character itself, unless everything is to be left for later */
        put_text(t, ignore ? f - 1 : f, ignore ? 2 : 1);
    }
    return f + 1;
}

static void expand(struct text *t, LPCWSTR f, bool wide, DWORD flags, struct inserts *inserts)
{
    bool stop = false;
    while (f && *f && !stop) {
        if (*f == L'%') {
            f = put_escape(t, f + 1, wide, flags, inserts, &stop);
            t->given_up = !f;
        } else if (*f == L'\r' || *f == L'\n') {
            f += f[0] == L'\r' && f[1] == L'\n' ? 2 : 1;
            if (t->width)
                put(t, L' ');
            else
                end_line(t);
        } else {
            put(t, *f++);
        }
    }
}

/* Texts are in one language; no other can be asked for by name. */
static bool is_our_language(DWORD language)
{
    return PRIMARYLANGID(language) == LANG_NEUTRAL ||
           language == MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US) ||
           win32_error(ERROR_RESOURCE_LANG_NOT_FOUND);
}

/* From the modules that have messages: kernel32 those of the system, ntdll those of NTSTATUS values, which
 * are the texts of the errors that they become. */
static bool module_message(HMODULE module, DWORD id, struct win32_wide *text)
{
    bool is_ntdll = module && module == GetModuleHandleA("ntdll.dll");
    if (!module || (!is_ntdll && module != GetModuleHandleA("kernel32.dll")))
        return win32_error(ERROR_RESOURCE_TYPE_NOT_FOUND);
    return system_message(is_ntdll ? RtlNtStatusToDosError((NTSTATUS)id) : id, text);
}

static bool definition(DWORD flags, const void *source, DWORD id, DWORD language, bool wide,
                       struct win32_wide *format)
{
    if (flags & FORMAT_MESSAGE_FROM_STRING) {
        bool read = wide ? win32_wide_from_wide(format, source) : win32_wide_from_ansi(format, source);
        return read && (format->text || win32_error(ERROR_INVALID_PARAMETER));
    }
    if (!(flags & (FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_FROM_SYSTEM)))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (!is_our_language(language))
        return false;
    if (flags & FORMAT_MESSAGE_FROM_HMODULE && module_message((HMODULE)source, id, format))
        return true;
    return flags & FORMAT_MESSAGE_FROM_SYSTEM && system_message(id, format);
}

/* The whole message, from malloc; NULL with the last error set. */
static LPWSTR build(DWORD flags, const void *source, DWORD id, DWORD language, bool wide, va_list *arguments)
{
    struct win32_wide format;
    struct inserts inserts = {.is_array = (flags & FORMAT_MESSAGE_ARGUMENT_ARRAY) || !arguments,
                              .array = (const ULONG_PTR *)arguments};
    struct text text = {.blank = NO_BLANK};
    if (!definition(flags, source, id, language, wide, &format))
        return NULL;
    DWORD width = flags & FORMAT_MESSAGE_MAX_WIDTH_MASK;
    text.width = width == FORMAT_MESSAGE_MAX_WIDTH_MASK ? SIZE_MAX : width;
    if (!inserts.is_array)
        va_copy(inserts.list, *arguments);
    expand(&text, format.text, wide, flags, &inserts);
    if (!inserts.is_array)
        va_end(inserts.list);
    win32_wide_free(&format);
    if (!reserve(&text, 0) || text.failed)
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
    else if (!text.given_up) {
        text.text[text.length] = 0;
        return text.text;
    }
    free(text.text);
    return NULL;
}

/* Hands text to the client, `length` characters and a terminator, or memory of its own that holds them. */
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
    return win32_write(client, text, size) ? (DWORD)length : 0;
}

/* Whoever is to get a buffer has none from the beginning. */
static bool no_buffer(DWORD flags, void *client)
{
    void *none = NULL;
    return !(flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) || win32_write(client, &none, sizeof none);
}

/* Too long a text is cut, and is an error; an empty one is none, and an error as well. */
DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPWSTR lpBuffer, DWORD nSize, va_list *Arguments)
{
    bool allocate = dwFlags & FORMAT_MESSAGE_ALLOCATE_BUFFER;
    if (!lpBuffer)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    if (!no_buffer(dwFlags, lpBuffer))
        return 0;
    LPWSTR text = build(dwFlags, lpSource, dwMessageId, dwLanguageId, true, Arguments);
    if (!text)
        return 0;
    size_t length = win32_length(text);
    DWORD result = 0;
    if (!allocate && nSize <= length) {
        if (nSize)
            text[nSize - 1] = 0;
        if (!nSize || win32_write(lpBuffer, text, nSize * sizeof(WCHAR)))
            win32_error(ERROR_INSUFFICIENT_BUFFER);
    } else if (length) {
        result = give(dwFlags, text, length, sizeof(WCHAR), lpBuffer, nSize);
    } else if (allocate || win32_write(lpBuffer, text, sizeof(WCHAR))) {
        win32_error(ERROR_NO_WORK_DONE);
    }
    free(text);
    return result;
}

#define LONGEST_NARROW 0x7FFF /* what FormatMessageA takes for nSize */

/* As FormatMessageW; but when it fails it leaves the buffer alone. */
DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPSTR lpBuffer, DWORD nSize, va_list *Arguments)
{
    bool allocate = dwFlags & FORMAT_MESSAGE_ALLOCATE_BUFFER;
    if (allocate && !lpBuffer)
        return (DWORD)win32_error(ERROR_NOT_ENOUGH_MEMORY);
    if (!no_buffer(dwFlags, lpBuffer))
        return 0;
    if (nSize > LONGEST_NARROW)
        return (DWORD)win32_error(ERROR_INVALID_PARAMETER);
    LPWSTR wide = build(dwFlags, lpSource, dwMessageId, dwLanguageId, false, Arguments);
    if (!wide)
        return 0;
    LPSTR text = win32_narrow(wide);
    free(wide);
    if (!text)
        return (DWORD)win32_error(ERROR_NOT_ENOUGH_MEMORY);
    size_t length = strlen(text);
    DWORD result = 0;
    if (!allocate && nSize <= length)
        win32_error(ERROR_INSUFFICIENT_BUFFER);
    else if (!length)
        win32_error(ERROR_NO_WORK_DONE);
    else
        result = give(dwFlags, text, length, 1, lpBuffer, nSize);
    free(text);
    return result;
}
