/*
 * The engine of <ntstrsafe.h> and <strsafe.h> (include/nt/ntio_strsafe.h), and the functions on counted
 * strings.
 */
#include "rtl.h"

#include <ntio_strsafe.h>
#include <string.h>

#undef CHAR
#define CHAR               char
#define NAME(narrow, wide) narrow
#include "strsafe.h"
#undef CHAR
#undef NAME
#define CHAR               wchar_t
#define NAME(narrow, wide) wide
#include "strsafe.h"

/* --- counted strings: a UNICODE_STRING, without a terminator --- */

int ntio_safe_counted_copy(void *target, const wchar_t *from, size_t most, unsigned flags, void *rest)
{
    PUNICODE_STRING to = target, left = rest;
    bool nulls = flags & NTIO_SAFE_IGNORE_NULLS;
    if (flags & ~NTIO_SAFE_ALL || (most > NTIO_SAFE_COUNTED_MAX && most != NTIO_SAFE_WHOLE))
        return NTIO_SAFE_INVALID;
    if (!to || to->Length % 2 || to->MaximumLength % 2 || to->Length > to->MaximumLength ||
        (!to->Buffer && to->MaximumLength) || (!from && !nulls && most))
        return NTIO_SAFE_INVALID;
    size_t room = to->MaximumLength / sizeof(WCHAR),
           used = flags & NTIO_SAFE_APPEND ? to->Length / sizeof(WCHAR) : 0;
    size_t kept = used, i = 0;
    if (from)
        for (; used < room && i < most && (flags & NTIO_SAFE_COUNTED || from[i]); i++)
            to->Buffer[used++] = from[i];
    bool more = from && i < most && (flags & NTIO_SAFE_COUNTED || from[i]);
    unsigned char fill = (unsigned char)flags;
    if (more) {
        if (flags & NTIO_SAFE_FILL_ON_FAILURE)
            memset(to->Buffer, fill, room * sizeof(WCHAR));
        if (flags & (NTIO_SAFE_FILL_ON_FAILURE | NTIO_SAFE_NULL_ON_FAILURE))
            used = 0;
        else if (flags & NTIO_SAFE_NO_TRUNCATION)
            used = kept;
    } else if (flags & NTIO_SAFE_FILL_BEHIND) {
        memset(to->Buffer + used, fill, (room - used) * sizeof(WCHAR));
    }
    to->Length = (USHORT)(used * sizeof(WCHAR));
    if (left) {
        left->Buffer = to->Buffer ? to->Buffer + used : NULL;
        left->Length = 0;
        left->MaximumLength = (USHORT)((room - used) * sizeof(WCHAR));
    }
    return more ? NTIO_SAFE_TRUNCATED : NTIO_SAFE_OK;
}

int ntio_safe_counted_print(void *target, unsigned flags, void *rest, const wchar_t *format, va_list list)
{
    PUNICODE_STRING to = target, left = rest;
    static const wchar_t empty[1];
    if (flags & ~NTIO_SAFE_ALL || !to || to->Length % 2 || to->MaximumLength % 2 ||
        to->Length > to->MaximumLength || (!to->Buffer && to->MaximumLength))
        return NTIO_SAFE_INVALID;
    if (!format && flags & NTIO_SAFE_IGNORE_NULLS)
        format = empty;
    size_t room = to->MaximumLength / sizeof(WCHAR);
    int count = rtl_print_wide(NULL, 0, format, list);
    bool more = count < 0 || (size_t)count > room;
    size_t used = more ? room : (size_t)count;
    rtl_print_wide_raw(to->Buffer, room, format, list);
    unsigned char fill = (unsigned char)flags;
    if (more) {
        if (flags & NTIO_SAFE_FILL_ON_FAILURE)
            memset(to->Buffer, fill, room * sizeof(WCHAR));
        if (flags & (NTIO_SAFE_FILL_ON_FAILURE | NTIO_SAFE_NULL_ON_FAILURE | NTIO_SAFE_NO_TRUNCATION))
            used = 0;
    } else if (flags & NTIO_SAFE_FILL_BEHIND) {
        memset(to->Buffer + used, fill, (room - used) * sizeof(WCHAR));
    }
    to->Length = (USHORT)(used * sizeof(WCHAR));
    if (left) {
        left->Buffer = to->Buffer ? to->Buffer + used : NULL;
        left->Length = 0;
        left->MaximumLength = (USHORT)((room - used) * sizeof(WCHAR));
    }
    return more ? NTIO_SAFE_TRUNCATED : NTIO_SAFE_OK;
}
