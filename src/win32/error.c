/*
 * The last error, and reading and writing through pointers that may be bad.
 */
#include "win32p.h"

#include <stdlib.h>
#include <string.h>

DWORD WINAPI GetLastError(VOID)
{
    return win32_last_error();
}

VOID WINAPI SetLastError(DWORD dwErrCode)
{
    win32_set_last_error(dwErrCode);
}

BOOL win32_error(DWORD error)
{
    win32_set_last_error(error);
    return FALSE;
}

BOOL win32_fail(NTSTATUS status)
{
    return win32_error(RtlNtStatusToDosError(status));
}

bool win32_read(void *to, const void *client, size_t size)
{
    return host_copy(to, client, size, NULL) || win32_error(ERROR_NOACCESS);
}

bool win32_write(void *client, const void *from, size_t size)
{
    return host_copy(client, from, size, NULL) || win32_error(ERROR_NOACCESS);
}

bool win32_store64(void *client, ULONGLONG value)
{
    return win32_write(client, &value, sizeof value);
}

UINT WINAPI GetErrorMode(VOID)
{
    win32_lock();
    UINT mode = win32_state()->error_mode;
    win32_unlock();
    return mode;
}

UINT WINAPI SetErrorMode(UINT uMode)
{
    win32_lock();
    UINT mode = win32_state()->error_mode;
    win32_state()->error_mode = uMode;
    win32_unlock();
    return mode;
}

VOID WINAPI OutputDebugStringA(LPCSTR lpOutputString)
{
    DWORD error = win32_last_error();
    struct win32_wide wide;
    if (!win32_wide_from_ansi(&wide, lpOutputString))
        return;
    OutputDebugStringW(wide.text);
    win32_wide_free(&wide);
    win32_set_last_error(error);
}

VOID WINAPI OutputDebugStringW(LPCWSTR lpOutputString)
{
    DWORD error = win32_last_error();
    struct win32_wide wide;
    if (!win32_wide_from_wide(&wide, lpOutputString))
        return;
    LPSTR text = wide.text ? win32_narrow(wide.text) : NULL;
    if (text)
        win32_debug_text(text, (unsigned)strlen(text));
    free(text);
    win32_wide_free(&wide);
    win32_set_last_error(error);
}

BOOL WINAPI IsDebuggerPresent(VOID)
{
    return FALSE;
}
