/*
 * The console: the host program's standard streams, shared with its printf.
 */
#include "win32p.h"

#include <stdio.h>
#include <stdlib.h>

/* NULL, with the last error set: it is none of the three. */
static HANDLE *standard_of(DWORD which)
{
    DWORD index = STD_INPUT_HANDLE - which;
    if (index < 3)
        return &win32_state()->console.standard[index];
    win32_error(ERROR_INVALID_HANDLE);
    return NULL;
}

HANDLE WINAPI GetStdHandle(DWORD nStdHandle)
{
    HANDLE *standard = standard_of(nStdHandle);
    return standard ? __atomic_load_n(standard, __ATOMIC_RELAXED) : INVALID_HANDLE_VALUE;
}

BOOL WINAPI SetStdHandle(DWORD nStdHandle, HANDLE hHandle)
{
    HANDLE *standard = standard_of(nStdHandle);
    if (!standard)
        return FALSE;
    __atomic_store_n(standard, hHandle, __ATOMIC_RELAXED);
    return TRUE;
}

/* The console is the host's stream, also where the client has redirected its own. */
static FILE *stream_of(int fd, FILE *now)
{
    FILE *before = win32_state()->redirected[fd].before;
    return before ? before : now;
}

static FILE *output_of(HANDLE handle)
{
    return handle == WIN32_CONSOLE_OUTPUT  ? stream_of(1, stdout)
           : handle == WIN32_CONSOLE_ERROR ? stream_of(2, stderr)
                                           : NULL;
}

/* One line at most, as a console in its line mode reads. */
BOOL win32_console_read(HANDLE handle, LPVOID buffer, DWORD length, LPDWORD read)
{
    if (handle != WIN32_CONSOLE_INPUT)
        return win32_error(ERROR_INVALID_HANDLE);
    char *copy = malloc(length ? length : 1);
    if (!copy)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    DWORD count = 0;
    for (int c = 0; count < length && c != '\n';) {
        c = getc(stream_of(0, stdin));
        if (c == EOF)
            break;
        copy[count++] = (char)c;
    }
    BOOL done = win32_write(buffer, copy, count) && win32_store(read, count);
    free(copy);
    return done;
}

BOOL win32_console_write(HANDLE handle, LPCVOID buffer, DWORD length, LPDWORD written)
{
    FILE *file = output_of(handle);
    if (!file)
        return win32_error(ERROR_INVALID_HANDLE);
    char *copy = malloc(length ? length : 1);
    if (!copy)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    BOOL done = win32_read(copy, buffer, length);
    if (done) {
        size_t count = fwrite(copy, 1, length, file);
        fflush(file);
        done = win32_store(written, (DWORD)count);
    }
    free(copy);
    return done;
}

BOOL WINAPI WriteConsoleA(HANDLE hConsoleOutput, const VOID *lpBuffer, DWORD nNumberOfCharsToWrite,
                          LPDWORD lpNumberOfCharsWritten, LPVOID lpReserved)
{
    (void)lpReserved;
    return win32_console_write(hConsoleOutput, lpBuffer, nNumberOfCharsToWrite, lpNumberOfCharsWritten);
}

BOOL WINAPI WriteConsoleW(HANDLE hConsoleOutput, const VOID *lpBuffer, DWORD nNumberOfCharsToWrite,
                          LPDWORD lpNumberOfCharsWritten, LPVOID lpReserved)
{
    (void)lpReserved;
    if (!output_of(hConsoleOutput))
        return win32_error(ERROR_INVALID_HANDLE);
    LPWSTR copy = calloc(nNumberOfCharsToWrite + (size_t)1, sizeof(WCHAR));
    if (!copy)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    BOOL done = win32_read(copy, lpBuffer, nNumberOfCharsToWrite * sizeof(WCHAR));
    LPSTR text = done ? win32_narrow(copy) : NULL;
    if (text) {
        fputs(text, output_of(hConsoleOutput));
        fflush(output_of(hConsoleOutput));
        done = win32_store(lpNumberOfCharsWritten, nNumberOfCharsToWrite);
    }
    free(text);
    free(copy);
    return done;
}
