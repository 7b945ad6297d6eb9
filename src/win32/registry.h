/*
 * What the files of the registry's functions share.
 */
#pragma once

#include "win32p.h"

/* A value, or a key's information, as the service gave it; bytes from malloc. */
struct win32_answer {
    void *bytes;
    ULONG length;
};

/* The handle behind an HKEY, predefined or not; NULL: ERROR_INVALID_HANDLE. */
HANDLE win32_key_handle(HKEY);
static inline LSTATUS win32_key_result(NTSTATUS status)
{
    return NT_SUCCESS(status) ? ERROR_SUCCESS : (LSTATUS)RtlNtStatusToDosError(status);
}
/* The string of a client that may be bad, as a counted one; an error of Windows'. NULL is an empty one. */
LSTATUS win32_key_text(struct win32_wide *, LPCWSTR wide, LPCSTR ansi, UNICODE_STRING *);
/*
 * A string for a client that says in *room how many characters it has, and is told how many there are, without the
 * terminator. ERROR_MORE_DATA when it does not fit.
 */
LSTATUS win32_key_give(void *client, LPDWORD room, const WCHAR *text, ULONG length, bool ansi);

/* Data as stored and as an A function has them: strings are converted. Both from malloc; false: no memory. */
bool win32_is_text(DWORD type);
void *win32_to_ansi(const void *data, ULONG size, ULONG *result);
void *win32_from_ansi(const void *data, ULONG size, ULONG *result);
