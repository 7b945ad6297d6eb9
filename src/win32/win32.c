/*
 * win32/'s state, its start and its end.
 */
#include "win32p.h"
#include "../components.h"
#include "win32.h"

#include <stdlib.h>
#include <string.h>

void win32_lock(void)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&win32_state()->lock, true, memory_order_acquire);)
        host_spin(turn++);
}

void win32_unlock(void)
{
    atomic_store_explicit(&win32_state()->lock, false, memory_order_release);
}

/* "C:" and the host's directory with the slashes turned. */
static LPWSTR first_directory(void)
{
    char path[4096] = "/";
    if (!host_current_directory(path, sizeof path))
        strcpy(path, "/");
    for (char *c = path; *c; c++)
        if (*c == '/')
            *c = '\\';
    struct win32_wide wide;
    if (!win32_wide_from_ansi(&wide, path))
        return win32_duplicate(L"C:\\");
    LPWSTR text = malloc((wide.length + 3) * sizeof(WCHAR));
    if (text) {
        text[0] = L'C';
        text[1] = L':';
        memcpy(text + 2, wide.text, (wide.length + 1) * sizeof(WCHAR));
    }
    win32_wide_free(&wide);
    return text;
}

void win32_start(void)
{
    struct win32p_state *state = calloc(1, sizeof *state);
    if (!state)
        host_abort();
    ntio_machine.win32 = state;
    win32_heap_start();
    win32_pool_start();
    win32_fls_start();
    state->console.standard[0] = WIN32_CONSOLE_INPUT;
    state->console.standard[1] = WIN32_CONSOLE_OUTPUT;
    state->console.standard[2] = WIN32_CONSOLE_ERROR;
    state->console.mode[0] = ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT;
    state->console.mode[1] = ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT;
    state->console.attributes = FOREGROUND_RED | FOREGROUND_GREEN | FOREGROUND_BLUE;
    state->console.size = (COORD){80, 300};
    state->console.window = (SMALL_RECT){0, 0, 79, 24};
    state->console.shape = (CONSOLE_CURSOR_INFO){25, TRUE};
    state->files = ntio_machine.files != NULL;
    state->directory = state->files ? win32_duplicate(L"C:\\") : first_directory();
    state->command_line = calloc(1, 1);
    state->command_line_wide = calloc(1, sizeof(WCHAR));
    if (!state->directory || !state->command_line || !state->command_line_wide)
        host_abort();
}

void win32_stop(void)
{
    struct win32p_state *state = win32_state();
    if (!state)
        return;
    win32_service_stop();
    win32_dos_device_stop();
    win32_find_stop();
    win32_pool_stop();
    win32_snapshot_stop();
    win32_exception_stop();
    win32_fls_stop();
    win32_crt_stop();
    free(state->console.title);
    win32_heap_stop();
    free(state->directory);
    free(state->wide_variable);
    free(state->command_line);
    free(state->command_line_wide);
    free(state);
    ntio_machine.win32 = NULL;
}

/* Arguments with blanks or none at all are quoted, and quotes escaped, so that taking the line apart gives
 * them back. */
void win32_set_arguments(int count, char *const *arguments)
{
    size_t size = 1;
    for (int i = 0; i < count; i++)
        size += 2 * strlen(arguments[i]) + 3;
    char *line = malloc(size), *next = line;
    if (!line)
        return;
    for (int i = 0; i < count; i++) {
        const char *text = arguments[i];
        bool quote = !*text || strpbrk(text, " \t\"");
        if (i)
            *next++ = ' ';
        if (quote)
            *next++ = '"';
        for (; *text; text++) {
            if (*text == '"')
                *next++ = '\\';
            *next++ = *text;
        }
        if (quote)
            *next++ = '"';
    }
    *next = 0;
    struct win32_wide wide;
    if (!win32_wide_from_ansi(&wide, line)) {
        free(line);
        return;
    }
    LPWSTR copy = win32_duplicate(wide.text);
    win32_wide_free(&wide);
    if (!copy) {
        free(line);
        return;
    }
    struct win32p_state *state = win32_state();
    free(state->command_line);
    free(state->command_line_wide);
    state->command_line = line;
    state->command_line_wide = copy;
}

LPSTR WINAPI GetCommandLineA(VOID)
{
    return win32_state()->command_line;
}

LPWSTR WINAPI GetCommandLineW(VOID)
{
    return win32_state()->command_line_wide;
}
