/*
 * The C run-time library: error texts, the environment, random numbers.
 */
#include "win32p.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/sdk/crt/ntio_crt_more.h"

#define EXPORT __attribute__((visibility("default")))

/* --- errors --- */

EXPORT int ntio_strerror_s(char *to, size_t size, int error)
{
    if (!to || !size)
        return EINVAL;
    snprintf(to, size, "%s", strerror(error));
    return 0;
}

EXPORT int _wcserror_s(WCHAR *to, size_t size, int error)
{
    struct win32_wide wide;
    if (!to || !size)
        return EINVAL;
    if (!win32_wide_from_ansi(&wide, strerror(error)))
        return ENOMEM;
    size_t length = wide.length < size ? wide.length : size - 1;
    memcpy(to, wide.text, length * sizeof(WCHAR));
    to[length] = 0;
    win32_wide_free(&wide);
    return 0;
}

EXPORT int _get_errno(int *value)
{
    if (!value)
        return EINVAL;
    *value = errno;
    return 0;
}

EXPORT int _set_errno(int value)
{
    errno = value;
    return 0;
}

/* --- the environment --- */

EXPORT int _wputenv_s(const WCHAR *name, const WCHAR *value)
{
    if (!name || !value || !*name)
        return errno = EINVAL;
    return SetEnvironmentVariableW(name, *value ? value : NULL) || !*value ? 0 : (errno = EINVAL);
}

EXPORT int _putenv_s(const char *name, const char *value)
{
    if (!name || !value || !*name)
        return errno = EINVAL;
    return SetEnvironmentVariableA(name, *value ? value : NULL) || !*value ? 0 : (errno = EINVAL);
}

EXPORT int _putenv(const char *assignment)
{
    const char *equals = assignment ? strchr(assignment, '=') : NULL;
    if (!equals || equals == assignment) {
        errno = EINVAL;
        return -1;
    }
    char *name = strndup(assignment, (size_t)(equals - assignment));
    int result = name ? _putenv_s(name, equals + 1) : ENOMEM;
    free(name);
    return result ? -1 : 0;
}

EXPORT int _wputenv(const WCHAR *assignment)
{
    LPSTR narrow = assignment ? win32_narrow(assignment) : NULL;
    int result = _putenv(narrow);
    free(narrow);
    return result;
}

EXPORT WCHAR *_wgetenv(const WCHAR *name)
{
    struct win32p_state *state = win32_state();
    DWORD size = name ? GetEnvironmentVariableW(name, NULL, 0) : 0;
    LPWSTR text = size ? malloc(size * sizeof(WCHAR)) : NULL;
    if (!text)
        return NULL;
    GetEnvironmentVariableW(name, text, size);
    win32_lock();
    LPWSTR before = state->wide_variable;
    state->wide_variable = text;
    win32_unlock();
    free(before);
    return text;
}

/* --- numbers --- */

EXPORT int ntio_rand_s(unsigned *value)
{
    if (!value)
        return errno = EINVAL;
    host_random(value, sizeof *value);
    return 0;
}
