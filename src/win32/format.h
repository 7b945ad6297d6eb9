/*
 * wsprintf's formats, and the ones between FormatMessage's exclamation marks.
 */
#pragma once

#include "win32p.h"

/* Where the arguments come from; each call gives the next one, as wide as a pointer. */
typedef ULONG_PTR win32_next_argument(void *context);

/*
 * Formats into `out`, stored as far as there is room and not terminated; the length it would have. %s and %c
 * mean wide characters when `wide` says so, UTF-8 otherwise; h, l, w and capitals say which, I, I32, I64, ll
 * and z how wide a number is.
 */
size_t win32_format(LPWSTR out, size_t room, LPCWSTR format, bool wide, win32_next_argument *next,
                    void *context);
