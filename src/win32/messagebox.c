/*
 * MessageBox: the text goes to the log, and the answer comes from who was told to answer, or is that of a
 * user who presses Enter.
 */
#include "win32p.h"

#include <ntio/ntio.h>
#include <stdio.h>
#include <stdlib.h>

struct buttons {
    const char *names;
    int answers[3];
};

static const struct buttons buttons[] = {
    [MB_OK] = {"OK", {IDOK}},
    [MB_OKCANCEL] = {"OK, Cancel", {IDOK, IDCANCEL}},
    [MB_ABORTRETRYIGNORE] = {"Abort, Retry, Ignore", {IDABORT, IDRETRY, IDIGNORE}},
    [MB_YESNOCANCEL] = {"Yes, No, Cancel", {IDYES, IDNO, IDCANCEL}},
    [MB_YESNO] = {"Yes, No", {IDYES, IDNO}},
    [MB_RETRYCANCEL] = {"Retry, Cancel", {IDRETRY, IDCANCEL}},
    [MB_CANCELTRYCONTINUE] = {"Cancel, Try Again, Continue", {IDCANCEL, IDTRYAGAIN, IDCONTINUE}},
};

static int usual_answer(const struct buttons *asked, UINT type)
{
    unsigned which = (type & MB_DEFMASK) >> 8;
    return which < 3 && asked->answers[which] ? asked->answers[which] : asked->answers[0];
}

static int show(LPCSTR text, LPCSTR caption, UINT type)
{
    const struct buttons *asked = &buttons[type & MB_TYPEMASK];
    ntio_message_box *answer = win32_state()->message_box;
    int length = snprintf(NULL, 0, "ntio: message box \"%s\": %s [%s]\n", caption, text, asked->names);
    char *line = malloc((size_t)length + 1);
    if (!line) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return 0;
    }
    snprintf(line, (size_t)length + 1, "ntio: message box \"%s\": %s [%s]\n", caption, text, asked->names);
    machine_log(line, (size_t)length);
    free(line);
    int given = answer ? answer(win32_state()->message_box_context, text, caption, type) : 0;
    return given ? given : usual_answer(asked, type);
}

/* A caption that is not given is "Error". 0: ERROR_INVALID_MSGBOX_STYLE, ERROR_NOACCESS. */
static int show_wide(const struct win32_wide *text, const struct win32_wide *caption, UINT type)
{
    if ((type & MB_TYPEMASK) >= sizeof buttons / sizeof buttons[0]) {
        win32_error(ERROR_INVALID_MSGBOX_STYLE);
        return 0;
    }
    LPSTR narrow_text = win32_narrow(text->text ? text->text : L""),
          narrow_caption = win32_narrow(caption->text ? caption->text : L"Error");
    int answer = 0;
    if (narrow_text && narrow_caption)
        answer = show(narrow_text, narrow_caption, type);
    else
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
    free(narrow_text);
    free(narrow_caption);
    return answer;
}

int WINAPI MessageBoxExA(HWND hWnd, LPCSTR lpText, LPCSTR lpCaption, UINT uType, WORD wLanguageId)
{
    struct win32_wide text, caption;
    int answer = 0;
    (void)hWnd, (void)wLanguageId;
    if (!win32_wide_from_ansi(&text, lpText))
        return 0;
    if (win32_wide_from_ansi(&caption, lpCaption)) {
        answer = show_wide(&text, &caption, uType);
        win32_wide_free(&caption);
    }
    win32_wide_free(&text);
    return answer;
}

int WINAPI MessageBoxExW(HWND hWnd, LPCWSTR lpText, LPCWSTR lpCaption, UINT uType, WORD wLanguageId)
{
    struct win32_wide text, caption;
    int answer = 0;
    (void)hWnd, (void)wLanguageId;
    if (!win32_wide_from_wide(&text, lpText))
        return 0;
    if (win32_wide_from_wide(&caption, lpCaption)) {
        answer = show_wide(&text, &caption, uType);
        win32_wide_free(&caption);
    }
    win32_wide_free(&text);
    return answer;
}

int WINAPI MessageBoxA(HWND hWnd, LPCSTR lpText, LPCSTR lpCaption, UINT uType)
{
    return MessageBoxExA(hWnd, lpText, lpCaption, uType, 0);
}

int WINAPI MessageBoxW(HWND hWnd, LPCWSTR lpText, LPCWSTR lpCaption, UINT uType)
{
    return MessageBoxExW(hWnd, lpText, lpCaption, uType, 0);
}

NTIO_API void ntio_answer_message_boxes(ntio_message_box *answer, void *context)
{
    win32_state()->message_box_context = context;
    win32_state()->message_box = answer;
}
