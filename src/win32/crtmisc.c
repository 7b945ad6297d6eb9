/*
 * The C run-time library's smaller things: paths taken apart and put together, wide lines, the environment.
 */
#include "win32p.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ntio_strsafe.h>

#include "../../include/sdk/crt/ntio_crt_misc.h"

#define EXPORT __attribute__((visibility("default")))

/* --- paths; the same for both kinds of character --- */

#define PATHS(CHAR, split, make)                                                                             \
    static void split##_part(CHAR *to, size_t most, const CHAR *from, size_t length)                         \
    {                                                                                                        \
        if (!to)                                                                                             \
            return;                                                                                          \
        if (length >= most)                                                                                  \
            length = most - 1;                                                                               \
        memcpy(to, from, length * sizeof(CHAR));                                                             \
        to[length] = 0;                                                                                      \
    }                                                                                                        \
    EXPORT void split(const CHAR *path, CHAR *drive, CHAR *directory, CHAR *name, CHAR *extension)           \
    {                                                                                                        \
        size_t start = path[0] && path[1] == ':' ? 2 : 0, last = start, end = start, dot;                    \
        for (; path[end]; end++)                                                                             \
            if (path[end] == '\\' || path[end] == '/')                                                       \
                last = end + 1;                                                                              \
        for (dot = end; dot > last && path[dot] != '.'; dot--)                                               \
            ;                                                                                                \
        if (path[dot] != '.')                                                                                \
            dot = end;                                                                                       \
        split##_part(drive, 3, path, start);                                                                 \
        split##_part(directory, 256, path + start, last - start);                                            \
        split##_part(name, 256, path + last, dot - last);                                                    \
        split##_part(extension, 256, path + dot, end - dot);                                                 \
    }                                                                                                        \
    EXPORT void make(CHAR *path, const CHAR *drive, const CHAR *directory, const CHAR *name,                 \
                     const CHAR *extension)                                                                  \
    {                                                                                                        \
        CHAR *at = path;                                                                                     \
        if (drive && *drive) {                                                                               \
            *at++ = *drive;                                                                                  \
            *at++ = ':';                                                                                     \
        }                                                                                                    \
        if (directory && *directory) {                                                                       \
            while (*directory)                                                                               \
                *at++ = *directory++;                                                                        \
            if (at[-1] != '\\' && at[-1] != '/')                                                             \
                *at++ = '\\';                                                                                \
        }                                                                                                    \
        while (name && *name)                                                                                \
            *at++ = *name++;                                                                                 \
        if (extension && *extension && *extension != '.')                                                    \
            *at++ = '.';                                                                                     \
        while (extension && *extension)                                                                      \
            *at++ = *extension++;                                                                            \
        *at = 0;                                                                                             \
    }

PATHS(char, _splitpath, _makepath)
PATHS(WCHAR, _wsplitpath, _wmakepath)

EXPORT char *_fullpath(char *to, const char *path, size_t size)
{
    char full[MAX_PATH];
    DWORD length = GetFullPathNameA(path && *path ? path : ".", sizeof full, full, NULL);
    if (!length || length >= sizeof full || (to && length >= size)) {
        errno = ERANGE;
        return NULL;
    }
    if (!to && !(to = malloc(length + (size_t)1)))
        return NULL;
    memcpy(to, full, length + (size_t)1);
    return to;
}

/* --- wide lines --- */

/* UTF-8 on the outside, as what wide printing writes. */
EXPORT WCHAR *ntio_fgetws(WCHAR *to, int size, void *stream)
{
    if (!to || size <= 0)
        return NULL;
    char *line = malloc((size_t)size);
    struct win32_wide wide;
    WCHAR *result = NULL;
    /* No character is fewer bytes than units, so that what fits as bytes fits. */
    if (line && fgets(line, size, stream) && win32_wide_from_ansi(&wide, line)) {
        memcpy(to, wide.text, (wide.length + 1) * sizeof(WCHAR));
        win32_wide_free(&wide);
        result = to;
    }
    free(line);
    return result;
}

/* A line of less than `size` bytes without its end, from malloc; NULL: there is none. */
static char *read_line(size_t size)
{
    size_t length = 0, room = 128;
    int c = size > 1 ? getc(stdin) : EOF;
    char *line = c == EOF ? NULL : malloc(room);
    for (; line && c != EOF && c != '\n'; c = getc(stdin)) {
        if (length + 1 == room) {
            char *grown = realloc(line, room *= 2);
            if (!grown) {
                free(line);
                return NULL;
            }
            line = grown;
        }
        line[length++] = (char)c;
        if (length + 1 == size)
            break;
    }
    if (line)
        line[length] = 0;
    return line;
}

/* No flag: it makes the copying functions fail, which is how a target gets what its flags ask for then. */
#define FAIL        0x2000u
#define END_REACHED 3 /* NTIO_SAFE_END */

/* strsafe.h's functions, which say by their result that there was no line, or no room for one. */
EXPORT int ntio_safe_gets_a(char *to, size_t size, size_t odd, char **end, size_t *remaining, unsigned flags)
{
    bool valid = !(flags & ~0x1FFFu) && size <= NTIO_SAFE_MAX && (to || !size);
    char *line = valid ? read_line(size) : NULL;
    int result = ntio_safe_copy_a(to, size, odd, line ? line : "", NTIO_SAFE_WHOLE, end, remaining,
                                  line ? flags : flags | FAIL);
    bool read = line != NULL;
    free(line);
    if (read || !valid)
        return result;
    if (size > 1)
        return END_REACHED;
    if (end)
        *end = to;
    if (remaining)
        *remaining = size;
    return NTIO_SAFE_TRUNCATED;
}

EXPORT int ntio_safe_gets_w(WCHAR *to, size_t size, size_t odd, WCHAR **end, size_t *remaining,
                            unsigned flags)
{
    bool valid = !(flags & ~0x1FFFu) && size <= NTIO_SAFE_MAX && (to || !size);
    char *line = valid ? read_line(size) : NULL; /* no character is fewer bytes than units */
    struct win32_wide wide = {.text = NULL};
    bool read = line && win32_wide_from_ansi(&wide, line);
    int result = ntio_safe_copy_w(to, size, odd, read ? wide.text : L"", NTIO_SAFE_WHOLE, end, remaining,
                                  read ? flags : flags | FAIL);
    free(line);
    if (read)
        win32_wide_free(&wide);
    if (read || !valid)
        return result;
    if (size > 1)
        return END_REACHED;
    if (end)
        *end = to;
    if (remaining)
        *remaining = size;
    return NTIO_SAFE_TRUNCATED;
}

EXPORT void _wperror(const WCHAR *text)
{
    LPSTR narrow = text ? win32_narrow(text) : NULL;
    perror(narrow);
    free(narrow);
}

/* --- the environment and the shell --- */

EXPORT int _wsystem(const WCHAR *command)
{
    LPSTR narrow = command ? win32_narrow(command) : NULL;
    int result = ntio_system(narrow);
    free(narrow);
    return result;
}

static bool is_command(const char *command, const char *name)
{
    while (*command == ' ')
        command++;
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        if ((command[i] | 0x20) != name[i])
            return false;
    command += length;
    while (*command == ' ')
        command++;
    return !*command || (*command == '>' && strstr(command, "nul"));
}

/* There is no cmd.exe: what programs ask of it to hold or clear their window is done, the rest is an error.
 */
EXPORT int ntio_system(const char *command)
{
    if (!command)
        return 0;
    if (is_command(command, "cls"))
        return 0;
    if (is_command(command, "pause")) {
        if (!strchr(command, '>'))
            fputs("Press any key to continue . . . ", stdout);
        fflush(stdout);
        host_read_key(false);
        fputs("\n", stdout);
        return 0;
    }
    errno = ENOENT;
    return -1;
}

EXPORT int ntio_getenv_s(size_t *needed, char *to, size_t size, const char *name)
{
    const char *value = name ? host_getenv(name) : NULL;
    size_t length = value ? strlen(value) + 1 : 0;
    if (!needed || !name || (!to && size))
        return EINVAL;
    *needed = length;
    if (to && size)
        *to = 0;
    if (!length || !size)
        return 0;
    if (length > size)
        return ERANGE;
    memcpy(to, value, length);
    return 0;
}

EXPORT int _dupenv_s(char **to, size_t *length, const char *name)
{
    if (!to || !name)
        return EINVAL;
    const char *value = host_getenv(name);
    *to = value ? strdup(value) : NULL;
    if (length)
        *length = *to ? strlen(*to) + 1 : 0;
    return value && !*to ? ENOMEM : 0;
}
