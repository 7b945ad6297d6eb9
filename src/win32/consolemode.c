/*
 * The console beyond reading and writing: its modes, its colours, who is told of Ctrl+C. What a terminal
 * would do with them is only noted down: the program's streams are the host's.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

static struct win32_console *console(void)
{
    return &win32_state()->console;
}

/* Which console handle it is: 0 input, 1 output and errors; -1, with the last error set: none. */
static int kind_of(HANDLE handle)
{
    if (!win32_is_console(handle)) {
        win32_error(ERROR_INVALID_HANDLE);
        return -1;
    }
    return handle == WIN32_CONSOLE_INPUT ? 0 : 1;
}

BOOL WINAPI GetConsoleMode(HANDLE hConsoleHandle, LPDWORD lpMode)
{
    int kind = kind_of(hConsoleHandle);
    return kind >= 0 && win32_write(lpMode, &console()->mode[kind], sizeof(DWORD));
}

BOOL WINAPI SetConsoleMode(HANDLE hConsoleHandle, DWORD dwMode)
{
    int kind = kind_of(hConsoleHandle);
    if (kind < 0)
        return FALSE;
    console()->mode[kind] = dwMode;
    return TRUE;
}

BOOL WINAPI SetConsoleTextAttribute(HANDLE hConsoleOutput, WORD wAttributes)
{
    if (kind_of(hConsoleOutput) != 1)
        return win32_error(ERROR_INVALID_HANDLE);
    console()->attributes = wAttributes;
    return TRUE;
}

UINT WINAPI GetConsoleCP(VOID)
{
    return CP_UTF8;
}

UINT WINAPI GetConsoleOutputCP(VOID)
{
    return CP_UTF8;
}

/* Text is UTF-8 whatever is asked for. */
BOOL WINAPI SetConsoleCP(UINT wCodePageID)
{
    return wCodePageID == CP_UTF8 || win32_error(ERROR_INVALID_PARAMETER);
}

BOOL WINAPI SetConsoleOutputCP(UINT wCodePageID)
{
    return SetConsoleCP(wCodePageID);
}

static BOOL set_title(const struct win32_wide *title)
{
    LPWSTR copy = title->text ? win32_duplicate(title->text) : NULL;
    if (!copy)
        return win32_error(title->text ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
    win32_lock();
    LPWSTR old = console()->title;
    console()->title = copy;
    win32_unlock();
    free(old);
    return TRUE;
}

BOOL WINAPI SetConsoleTitleW(LPCWSTR lpConsoleTitle)
{
    struct win32_wide title;
    if (!win32_wide_from_wide(&title, lpConsoleTitle))
        return FALSE;
    BOOL set = set_title(&title);
    win32_wide_free(&title);
    return set;
}

BOOL WINAPI SetConsoleTitleA(LPCSTR lpConsoleTitle)
{
    struct win32_wide title;
    if (!win32_wide_from_ansi(&title, lpConsoleTitle))
        return FALSE;
    BOOL set = set_title(&title);
    win32_wide_free(&title);
    return set;
}

BOOL WINAPI ReadConsoleA(HANDLE hConsoleInput, LPVOID lpBuffer, DWORD nNumberOfCharsToRead,
                         LPDWORD lpNumberOfCharsRead, LPVOID pInputControl)
{
    (void)pInputControl;
    return win32_console_read(hConsoleInput, lpBuffer, nNumberOfCharsToRead, lpNumberOfCharsRead);
}

BOOL WINAPI ReadConsoleW(HANDLE hConsoleInput, LPVOID lpBuffer, DWORD nNumberOfCharsToRead,
                         LPDWORD lpNumberOfCharsRead, LPVOID pInputControl)
{
    DWORD bytes = 0;
    struct win32_wide wide;
    (void)pInputControl;
    char *line = calloc((size_t)nNumberOfCharsToRead + 1, 1);
    if (!line)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    BOOL done = win32_console_read(hConsoleInput, line, nNumberOfCharsToRead, &bytes);
    if (done && win32_wide_from_ansi(&wide, line)) {
        done = win32_write(lpBuffer, wide.text, wide.length * sizeof(WCHAR)) &&
               win32_store(lpNumberOfCharsRead, (DWORD)wide.length);
        win32_wide_free(&wide);
    } else {
        done = FALSE;
    }
    free(line);
    return done;
}

/* --- control handlers: the latest first, until one says that it has dealt with it --- */

BOOL WINAPI SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add)
{
    struct win32_console *state = console();
    BOOL done = TRUE;
    if (!HandlerRoutine) { /* Ctrl+C ends nobody, or does again */
        state->ignores = Add != 0;
        return TRUE;
    }
    win32_lock();
    if (Add) {
        done = state->handler_count < WIN32_CONSOLE_HANDLERS;
        if (done)
            state->handlers[state->handler_count++] = HandlerRoutine;
    } else {
        unsigned i = state->handler_count;
        while (i && state->handlers[i - 1] != HandlerRoutine)
            i--;
        done = i != 0;
        if (done) {
            memmove(&state->handlers[i - 1], &state->handlers[i],
                    (state->handler_count - i) * sizeof state->handlers[0]);
            state->handler_count--;
        }
    }
    win32_unlock();
    return done || win32_error(Add ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
}

/* On a thread of its own, as Windows does it. */
static DWORD WINAPI deliver(LPVOID context)
{
    DWORD event = (DWORD)(ULONG_PTR)context;
    struct win32_console *state = console();
    win32_lock();
    unsigned count = state->handler_count;
    PHANDLER_ROUTINE handlers[WIN32_CONSOLE_HANDLERS];
    memcpy(handlers, state->handlers, sizeof handlers);
    win32_unlock();
    while (count)
        if (handlers[--count](event))
            return 0;
    if (event != CTRL_C_EVENT || !state->ignores)
        exit((int)STATUS_CONTROL_C_EXIT);
    return 0;
}

BOOL WINAPI GenerateConsoleCtrlEvent(DWORD dwCtrlEvent, DWORD dwProcessGroupId)
{
    if (dwCtrlEvent > CTRL_BREAK_EVENT || dwProcessGroupId)
        return win32_error(ERROR_INVALID_PARAMETER);
    HANDLE thread = CreateThread(NULL, 0, deliver, (LPVOID)(ULONG_PTR)dwCtrlEvent, 0, NULL);
    return thread && CloseHandle(thread);
}
