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

/* What both functions check and leave behind. */
static bool is_counted(PUNICODE_STRING s)
{
    return s && s->Length % 2 == 0 && s->MaximumLength % 2 == 0 && s->Length <= s->MaximumLength &&
           (s->Buffer || !s->MaximumLength);
}

/* The string is `used` characters long now, of which it had `kept`; `more`: it should have become longer. */
static int end_counted(PUNICODE_STRING to, size_t used, size_t kept, bool more, unsigned flags,
                       PUNICODE_STRING left)
{
    size_t room = to->MaximumLength / sizeof(WCHAR);
    unsigned char fill = (unsigned char)flags;
    if (more && !to->Buffer)
        return NTIO_SAFE_INVALID;
    if (more) {
        if (flags & NTIO_SAFE_FILL_ON_FAILURE)
            memset(to->Buffer, fill, room * sizeof(WCHAR));
        if (flags & (NTIO_SAFE_FILL_ON_FAILURE | NTIO_SAFE_NULL_ON_FAILURE))
            used = 0;
        else if (flags & NTIO_SAFE_NO_TRUNCATION)
            used = kept;
    } else if (flags & NTIO_SAFE_FILL_BEHIND && used < room) {
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

int ntio_safe_counted_copy(void *target, const wchar_t *from, size_t most, unsigned flags, void *rest)
{
    UNICODE_STRING none = {0};
    bool nulls = flags & NTIO_SAFE_IGNORE_NULLS;
    PUNICODE_STRING to = !target && nulls ? &none : target;
    if (flags & ~NTIO_SAFE_ALL || (most > NTIO_SAFE_COUNTED_MAX && most != NTIO_SAFE_WHOLE))
        return NTIO_SAFE_INVALID;
    if (!is_counted(to) || (!from && !nulls && most))
        return NTIO_SAFE_INVALID;
    size_t room = to->MaximumLength / sizeof(WCHAR),
           used = flags & NTIO_SAFE_APPEND ? to->Length / sizeof(WCHAR) : 0;
    size_t kept = used, i = 0;
    if (from)
        for (; used < room && i < most && (flags & NTIO_SAFE_COUNTED || from[i]); i++)
            to->Buffer[used++] = from[i];
    bool more = from && i < most && (flags & NTIO_SAFE_COUNTED || from[i]);
    return end_counted(to, used, kept, more, flags, rest);
}

int ntio_safe_counted_print(void *target, unsigned flags, void *rest, const wchar_t *format, va_list list)
{
    static const wchar_t empty[1];
    UNICODE_STRING none = {0};
    bool nulls = flags & NTIO_SAFE_IGNORE_NULLS;
    PUNICODE_STRING to = !target && nulls ? &none : target;
    if (flags & ~NTIO_SAFE_ALL || !is_counted(to))
        return NTIO_SAFE_INVALID;
    if (!format && nulls)
        format = empty;
    size_t room = to->MaximumLength / sizeof(WCHAR);
    int count = rtl_print_wide(NULL, 0, format, list);
    bool more = count < 0 || (size_t)count > room;
    rtl_print_wide_raw(to->Buffer, room, format, list);
    return end_counted(to, more ? room : (size_t)count, 0, more, flags, rest);
}
