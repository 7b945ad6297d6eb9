/*
 * The console's screen buffer: its size, the window on it, the cursor. They are kept, and held to the rules
 * of a real one; the cells are not there, because the program's output is a stream of the host's.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST_WIDTH  80
#define LARGEST_HEIGHT 25

/* NULL, with the last error set: it is not the screen. */
static struct win32_console *screen_of(HANDLE handle)
{
    if (win32_is_console(handle) && handle != WIN32_CONSOLE_INPUT)
        return &win32_state()->console;
    win32_error(ERROR_INVALID_HANDLE);
    return NULL;
}

static bool is_inside(const struct win32_console *screen, COORD at)
{
    return at.X >= 0 && at.Y >= 0 && at.X < screen->size.X && at.Y < screen->size.Y;
}

BOOL WINAPI GetConsoleScreenBufferInfo(HANDLE hConsoleOutput,
                                       PCONSOLE_SCREEN_BUFFER_INFO lpConsoleScreenBufferInfo)
{
    struct win32_console *screen = screen_of(hConsoleOutput);
    if (!screen)
        return FALSE;
    CONSOLE_SCREEN_BUFFER_INFO info = {
        .dwSize = screen->size,
        .dwCursorPosition = screen->cursor,
        .wAttributes = screen->attributes,
        .srWindow = screen->window,
        .dwMaximumWindowSize = {screen->size.X < LARGEST_WIDTH ? screen->size.X : LARGEST_WIDTH,
                                screen->size.Y < LARGEST_HEIGHT ? screen->size.Y : LARGEST_HEIGHT},
    };
    return win32_write(lpConsoleScreenBufferInfo, &info, sizeof info);
}

COORD WINAPI GetLargestConsoleWindowSize(HANDLE hConsoleOutput)
{
    return screen_of(hConsoleOutput) ? (COORD){LARGEST_WIDTH, LARGEST_HEIGHT} : (COORD){0, 0};
}

BOOL WINAPI SetConsoleCursorPosition(HANDLE hConsoleOutput, COORD dwCursorPosition)
{
    struct win32_console *screen = screen_of(hConsoleOutput);
    if (!screen)
        return FALSE;
    if (!is_inside(screen, dwCursorPosition))
        return win32_error(ERROR_INVALID_PARAMETER);
    screen->cursor = dwCursorPosition;
    return TRUE;
}

BOOL WINAPI GetConsoleCursorInfo(HANDLE hConsoleOutput, PCONSOLE_CURSOR_INFO lpConsoleCursorInfo)
{
    struct win32_console *screen = screen_of(hConsoleOutput);
    return screen && win32_write(lpConsoleCursorInfo, &screen->shape, sizeof screen->shape);
}

BOOL WINAPI SetConsoleCursorInfo(HANDLE hConsoleOutput, const CONSOLE_CURSOR_INFO *lpConsoleCursorInfo)
{
    struct win32_console *screen = screen_of(hConsoleOutput);
    CONSOLE_CURSOR_INFO shape;
    if (!screen || !win32_read(&shape, lpConsoleCursorInfo, sizeof shape))
        return FALSE;
    if (shape.dwSize < 1 || shape.dwSize > 100)
        return win32_error(ERROR_INVALID_PARAMETER);
    screen->shape = shape;
    return TRUE;
}

/* Not smaller than the window. */
BOOL WINAPI SetConsoleScreenBufferSize(HANDLE hConsoleOutput, COORD dwSize)
{
    struct win32_console *screen = screen_of(hConsoleOutput);
    if (!screen)
        return FALSE;
    if (dwSize.X <= screen->window.Right || dwSize.Y <= screen->window.Bottom)
        return win32_error(ERROR_INVALID_PARAMETER);
    screen->size = dwSize;
    if (screen->cursor.X >= dwSize.X)
        screen->cursor.X = dwSize.X - 1;
    if (screen->cursor.Y >= dwSize.Y)
        screen->cursor.Y = dwSize.Y - 1;
    return TRUE;
}

/* Its corners, or how far they move. */
BOOL WINAPI SetConsoleWindowInfo(HANDLE hConsoleOutput, BOOL bAbsolute, const SMALL_RECT *lpConsoleWindow)
{
    struct win32_console *screen = screen_of(hConsoleOutput);
    SMALL_RECT asked;
    if (!screen || !win32_read(&asked, lpConsoleWindow, sizeof asked))
        return FALSE;
    const SMALL_RECT now = bAbsolute ? (SMALL_RECT){0, 0, 0, 0} : screen->window;
    int left = now.Left + asked.Left, top = now.Top + asked.Top, right = now.Right + asked.Right,
        bottom = now.Bottom + asked.Bottom;
    if (left < 0 || top < 0 || right < left || bottom < top || right >= screen->size.X ||
        bottom >= screen->size.Y || right - left >= LARGEST_WIDTH || bottom - top >= LARGEST_HEIGHT)
        return win32_error(ERROR_INVALID_PARAMETER);
    screen->window = (SMALL_RECT){(SHORT)left, (SHORT)top, (SHORT)right, (SHORT)bottom};
    return TRUE;
}

static BOOL fill(HANDLE output, DWORD length, COORD at, LPDWORD written)
{
    struct win32_console *screen = screen_of(output);
    if (!screen)
        return FALSE;
    DWORD left = 0;
    if (is_inside(screen, at))
        left = (DWORD)(screen->size.X * (screen->size.Y - at.Y) - at.X);
    DWORD count = length < left ? length : left;
    return win32_write(written, &count, sizeof count);
}

BOOL WINAPI FillConsoleOutputCharacterA(HANDLE hConsoleOutput, CHAR cCharacter, DWORD nLength,
                                        COORD dwWriteCoord, LPDWORD lpNumberOfCharsWritten)
{
    (void)cCharacter;
    return fill(hConsoleOutput, nLength, dwWriteCoord, lpNumberOfCharsWritten);
}

BOOL WINAPI FillConsoleOutputCharacterW(HANDLE hConsoleOutput, WCHAR cCharacter, DWORD nLength,
                                        COORD dwWriteCoord, LPDWORD lpNumberOfCharsWritten)
{
    (void)cCharacter;
    return fill(hConsoleOutput, nLength, dwWriteCoord, lpNumberOfCharsWritten);
}

BOOL WINAPI FillConsoleOutputAttribute(HANDLE hConsoleOutput, WORD wAttribute, DWORD nLength,
                                       COORD dwWriteCoord, LPDWORD lpNumberOfAttrsWritten)
{
    (void)wAttribute;
    return fill(hConsoleOutput, nLength, dwWriteCoord, lpNumberOfAttrsWritten);
}

/* --- the title; a copy from malloc, which may be empty --- */

static LPWSTR copy_title(void)
{
    win32_lock();
    LPCWSTR title = win32_state()->console.title;
    LPWSTR copy = win32_duplicate(title ? title : L"");
    win32_unlock();
    if (!copy)
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
    return copy;
}

DWORD WINAPI GetConsoleTitleW(LPWSTR lpConsoleTitle, DWORD nSize)
{
    LPWSTR title = copy_title();
    DWORD length = title ? (DWORD)win32_length(title) : 0;
    if (title && nSize) {
        DWORD given = length < nSize ? length : nSize - 1;
        title[given] = 0;
        if (!win32_write(lpConsoleTitle, title, (given + (size_t)1) * sizeof(WCHAR)))
            length = 0;
    }
    free(title);
    return length;
}

DWORD WINAPI GetConsoleTitleA(LPSTR lpConsoleTitle, DWORD nSize)
{
    LPWSTR wide = copy_title();
    LPSTR title = wide ? win32_narrow(wide) : NULL;
    DWORD length = title ? (DWORD)strlen(title) : 0;
    if (title && nSize) {
        DWORD given = length < nSize ? length : nSize - 1;
        title[given] = 0;
        if (!win32_write(lpConsoleTitle, title, given + (size_t)1))
            length = 0;
    }
    free(title);
    free(wide);
    return length;
}

BOOL WINAPI AllocConsole(VOID)
{
    return win32_error(ERROR_ACCESS_DENIED);
}

BOOL WINAPI AttachConsole(DWORD dwProcessId)
{
    (void)dwProcessId;
    return win32_error(ERROR_ACCESS_DENIED);
}
