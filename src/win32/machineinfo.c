/*
 * The machine and its user as a client asks about them; environment variables; small arithmetic and probing.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

BOOL WINAPI GetComputerNameW(LPWSTR lpBuffer, LPDWORD nSize)
{
    return win32_give_sized_wide(lpBuffer, nSize, L"NTIO", ERROR_BUFFER_OVERFLOW, 0);
}

BOOL WINAPI GetComputerNameA(LPSTR lpBuffer, LPDWORD nSize)
{
    return win32_give_sized_ansi(lpBuffer, nSize, "NTIO", ERROR_BUFFER_OVERFLOW, 0);
}

/* The name that the token's user has from the start; ntio_set_client_user gives rights, not names. */
BOOL WINAPI GetUserNameW(LPWSTR lpBuffer, LPDWORD pcbBuffer)
{
    return win32_give_sized_wide(lpBuffer, pcbBuffer, L"Administrator", ERROR_INSUFFICIENT_BUFFER, 1);
}

BOOL WINAPI GetUserNameA(LPSTR lpBuffer, LPDWORD pcbBuffer)
{
    return win32_give_sized_ansi(lpBuffer, pcbBuffer, "Administrator", ERROR_INSUFFICIENT_BUFFER, 1);
}

BOOL WINAPI IsWow64Process(HANDLE hProcess, PBOOL Wow64Process)
{
    BOOL no = FALSE;
    (void)hProcess; /* every process has 64 bits */
    return win32_write(Wow64Process, &no, sizeof no);
}

DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION lpTimeZoneInformation)
{
    TIME_ZONE_INFORMATION zone = {.Bias = host_time_zone_bias_minutes()};
    memcpy(zone.StandardName, L"Local time", 11 * sizeof(WCHAR));
    if (!win32_write(lpTimeZoneInformation, &zone, sizeof zone))
        return TIME_ZONE_ID_INVALID;
    return TIME_ZONE_ID_UNKNOWN; /* the bias is the one of now: there are no two kinds of time */
}

/* --- environment variables --- */

static BOOL set_variable(const struct win32_wide *name, const struct win32_wide *value)
{
    LPSTR narrow = name->length ? win32_narrow(name->text) : NULL,
          text = value->text ? win32_narrow(value->text) : NULL;
    bool good = narrow && !strchr(narrow, '=') && (text || !value->text) && host_setenv(narrow, text);
    free(narrow);
    free(text);
    return good || win32_error(ERROR_INVALID_PARAMETER);
}

/* All of it, in units of `unit` bytes; from the process's heap. */
static void *environment(size_t unit)
{
    size_t used = 0, room = 0;
    char *block = NULL;
    for (char *const *next = host_environment(); next && *next; next++) {
        struct win32_wide wide = {.text = NULL};
        if (unit == sizeof(WCHAR) && !win32_wide_from_ansi(&wide, *next))
            break;
        const void *text = wide.text ? (const void *)wide.text : *next;
        size_t size = wide.text ? (wide.length + 1) * unit : strlen(*next) + 1;
        if (used + size + unit > room) {
            room = 2 * room + size + unit;
            char *grown =
                block ? HeapReAlloc(GetProcessHeap(), 0, block, room) : HeapAlloc(GetProcessHeap(), 0, room);
            if (!grown)
                HeapFree(GetProcessHeap(), 0, block);
            block = grown;
        }
        if (block)
            memcpy(block + used, text, size);
        used += size;
        if (wide.text)
            win32_wide_free(&wide);
        if (!block)
            return NULL;
    }
    if (!block)
        return HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 2 * unit);
    memset(block + used, 0, unit);
    return block;
}

LPWCH WINAPI GetEnvironmentStringsW(VOID)
{
    return environment(sizeof(WCHAR));
}

LPCH WINAPI GetEnvironmentStrings(VOID)
{
    return environment(1);
}

BOOL WINAPI FreeEnvironmentStringsW(LPWCH penv)
{
    return HeapFree(GetProcessHeap(), 0, penv);
}

BOOL WINAPI FreeEnvironmentStringsA(LPCH penv)
{
    return HeapFree(GetProcessHeap(), 0, penv);
}

BOOL WINAPI SetEnvironmentVariableW(LPCWSTR lpName, LPCWSTR lpValue)
{
    struct win32_wide name, value;
    if (!win32_wide_from_wide(&name, lpName))
        return FALSE;
    BOOL done = win32_wide_from_wide(&value, lpValue);
    if (done) {
        done = set_variable(&name, &value);
        win32_wide_free(&value);
    }
    win32_wide_free(&name);
    return done;
}

BOOL WINAPI SetEnvironmentVariableA(LPCSTR lpName, LPCSTR lpValue)
{
    struct win32_wide name, value;
    if (!win32_wide_from_ansi(&name, lpName))
        return FALSE;
    BOOL done = win32_wide_from_ansi(&value, lpValue);
    if (done) {
        done = set_variable(&name, &value);
        win32_wide_free(&value);
    }
    win32_wide_free(&name);
    return done;
}

/* What every Windows has, whatever the host's environment says nothing about. */
static const char *known_variable(const char *name)
{
    static const char *const known[][2] = {
        {"SystemRoot", "C:\\Windows"}, {"windir", "C:\\Windows"},    {"SystemDrive", "C:"},
        {"TEMP", "C:\\Windows\\Temp"}, {"TMP", "C:\\Windows\\Temp"}, {"COMPUTERNAME", "NTIO"},
    };
    const char *value = host_getenv(name);
    for (size_t i = 0; !value && i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(name, known[i][0]) == 0)
            value = known[i][1];
    return value;
}

/* "%NAME%" becomes its value, and stays when there is none. From malloc. */
static LPSTR expand(const char *text)
{
    size_t size = strlen(text) + 1, length = 0;
    char *to = malloc(size);
    while (to && *text) {
        const char *end = *text == '%' ? strchr(text + 1, '%') : NULL, *value = NULL;
        size_t count = 1;
        if (end && end - text < 200) {
            char name[200];
            memcpy(name, text + 1, (size_t)(end - text) - 1);
            name[end - text - 1] = 0;
            value = known_variable(name);
        }
        if (value)
            count = strlen(value);
        if (length + count + strlen(text) + 1 > size) {
            size = length + count + strlen(text) + 64;
            char *more = realloc(to, size);
            if (!more)
                free(to);
            to = more;
        }
        if (!to)
            break;
        memcpy(to + length, value ? value : text, count);
        length += count;
        text = value ? end + 1 : text + 1;
    }
    if (to)
        to[length] = 0;
    return to;
}

/* With the terminator, also when there is not enough room. */
static DWORD expand_wide(const struct win32_wide *source, LPWSTR client, DWORD room, bool ansi,
                         LPSTR narrow_client)
{
    LPSTR narrow = source->text ? win32_narrow(source->text) : NULL,
          expanded = narrow ? expand(narrow) : NULL;
    struct win32_wide wide;
    DWORD result = 0;
    free(narrow);
    if (!expanded) {
        win32_error(source->text ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
        return 0;
    }
    if (ansi) {
        result = (DWORD)strlen(expanded) + 1;
        if (result <= room && !win32_write(narrow_client, expanded, result))
            result = 0;
    } else if (win32_wide_from_ansi(&wide, expanded)) {
        result = (DWORD)wide.length + 1;
        if (result <= room && !win32_write(client, wide.text, result * sizeof(WCHAR)))
            result = 0;
        win32_wide_free(&wide);
    }
    free(expanded);
    return result;
}

DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR lpSrc, LPWSTR lpDst, DWORD nSize)
{
    struct win32_wide source;
    if (!win32_wide_from_wide(&source, lpSrc))
        return 0;
    DWORD result = expand_wide(&source, lpDst, nSize, false, NULL);
    win32_wide_free(&source);
    return result;
}

DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR lpSrc, LPSTR lpDst, DWORD nSize)
{
    struct win32_wide source;
    if (!win32_wide_from_ansi(&source, lpSrc))
        return 0;
    DWORD result = expand_wide(&source, NULL, nSize, true, lpDst);
    win32_wide_free(&source);
    return result;
}

/* --- the rest --- */

/* number * numerator / denominator, rounded; -1 when it has no 32 bits. */
int WINAPI MulDiv(int nNumber, int nNumerator, int nDenominator)
{
    if (!nDenominator)
        return -1;
    LONGLONG product = (LONGLONG)nNumber * nNumerator, half = llabs((LONGLONG)nDenominator) / 2;
    LONGLONG result = (product >= 0 ? product + half : product - half) / nDenominator;
    return result > INT32_MAX || result < INT32_MIN ? -1 : (int)result;
}

static BOOL is_bad(const void *memory, UINT_PTR size, bool write)
{
    const char *at = memory;
    if (!size)
        return FALSE;
    if (!memory || (ULONG_PTR)at + size < (ULONG_PTR)at)
        return TRUE;
    for (UINT_PTR done = 0; done < size; done += HOST_PAGE)
        if (!host_touch((volatile void *)(ULONG_PTR)(at + done), write))
            return TRUE;
    return !host_touch((volatile void *)(ULONG_PTR)(at + size - 1), write);
}

BOOL WINAPI IsBadReadPtr(const VOID *lp, UINT_PTR ucb)
{
    return is_bad(lp, ucb, false);
}

BOOL WINAPI IsBadWritePtr(LPVOID lp, UINT_PTR ucb)
{
    return is_bad(lp, ucb, true);
}

BOOL WINAPI IsBadStringPtrA(LPCSTR lpsz, UINT_PTR ucchMax)
{
    for (UINT_PTR i = 0; i < ucchMax; i++)
        if (is_bad(lpsz + i, 1, false))
            return TRUE;
        else if (!lpsz[i])
            break;
    return FALSE;
}

VOID WINAPI GetStartupInfoW(LPSTARTUPINFOW lpStartupInfo)
{
    STARTUPINFOW info = {.cb = sizeof info};
    win32_write(lpStartupInfo, &info, sizeof info);
}

VOID WINAPI GetStartupInfoA(LPSTARTUPINFOA lpStartupInfo)
{
    STARTUPINFOA info = {.cb = sizeof info};
    win32_write(lpStartupInfo, &info, sizeof info);
}
