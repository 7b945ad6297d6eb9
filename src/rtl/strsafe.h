/*
 * The engine of <ntstrsafe.h> and <strsafe.h>: included once for each width, with CHAR and NAME(narrow, wide).
 */

/* Where the text is being put; end is where its terminator goes, remaining counts from there to the end of the buffer. */
struct NAME(safe_, safe_w) {
    CHAR *end;
    size_t remaining;
};

static size_t NAME(until_, until_w)(const CHAR *text, size_t most)
{
    size_t length = 0;
    while (length < most && text[length])
        length++;
    return length;
}

static int NAME(put_, put_w)(struct NAME(safe_, safe_w) *at, const CHAR *from, size_t most)
{
    size_t i = 0;
    for (; at->remaining > 1 && i < most && from[i]; i++) {
        *at->end++ = from[i];
        at->remaining--;
    }
    *at->end = 0;
    return i < most && from[i] ? NTIO_SAFE_TRUNCATED : NTIO_SAFE_OK;
}

/* What the flags of the Ex functions ask for at the end. */
static void NAME(finish_, finish_w)(int result, CHAR *to, size_t size, size_t odd, unsigned flags, size_t kept,
                                    struct NAME(safe_, safe_w) *at)
{
    unsigned char fill = (unsigned char)flags;
    if (result == NTIO_SAFE_OK) {
        if (flags & NTIO_SAFE_FILL_BEHIND && at->remaining)
            memset(at->end + 1, fill, (at->remaining - 1) * sizeof(CHAR) + odd);
        return;
    }
    if (!size)
        return;
    if (flags & NTIO_SAFE_NO_TRUNCATION) { /* an append leaves what was there */
        at->end = to + kept;
        at->remaining = size - kept;
        *at->end = 0;
    }
    if (flags & NTIO_SAFE_FILL_ON_FAILURE) {
        memset(to, fill, size * sizeof(CHAR) + odd);
        at->end = fill ? to + size - 1 : to;
        at->remaining = fill ? 1 : size;
        *at->end = 0;
    }
    if (flags & NTIO_SAFE_NULL_ON_FAILURE) {
        at->end = to;
        at->remaining = size;
        *at->end = 0;
    }
}

/* Checks the target and finds where to begin. */
static int NAME(begin_, begin_w)(CHAR *to, size_t size, unsigned flags, struct NAME(safe_, safe_w) *at)
{
    bool nulls = flags & NTIO_SAFE_IGNORE_NULLS;
    if (size > NTIO_SAFE_MAX || (!nulls && !size) || (!to && size))
        return NTIO_SAFE_INVALID;
    *at = (struct NAME(safe_, safe_w)){to, size};
    if (!(flags & NTIO_SAFE_APPEND) || !size)
        return NTIO_SAFE_OK;
    size_t used = NAME(until_, until_w)(to, size);
    if (used == size)
        return NTIO_SAFE_INVALID;
    at->end += used;
    at->remaining -= used;
    return NTIO_SAFE_OK;
}

static int NAME(end_, end_w)(int result, CHAR *to, size_t size, size_t odd, unsigned flags, size_t kept,
                             struct NAME(safe_, safe_w) *at, CHAR **end, size_t *remaining)
{
    NAME(finish_, finish_w)(result, to, size, odd, flags, kept, at);
    if (end && result != NTIO_SAFE_INVALID)
        *end = at->end;
    if (remaining && result != NTIO_SAFE_INVALID)
        *remaining = at->remaining;
    return result;
}

/* Fails for the sake of the source or the flags: the target is an empty string, or what it was appended to. */
static int NAME(refuse_, refuse_w)(CHAR *to, size_t size, size_t odd, unsigned flags, size_t kept,
                                   struct NAME(safe_, safe_w) *at)
{
    if (size && !(flags & NTIO_SAFE_APPEND))
        *to = 0;
    return NAME(end_, end_w)(NTIO_SAFE_INVALID, to, size, odd, flags, kept, at, NULL, NULL);
}

int NAME(ntio_safe_copy_a, ntio_safe_copy_w)(CHAR *to, size_t size, size_t odd, const CHAR *from, size_t most,
                                             CHAR **end, size_t *remaining, unsigned flags)
{
    static const CHAR empty[1];
    struct NAME(safe_, safe_w) at;
    int result = NAME(begin_, begin_w)(to, size, flags, &at);
    if (result != NTIO_SAFE_OK)
        return result;
    size_t kept = (size_t)(at.end - to);
    if (flags & ~NTIO_SAFE_ALL || (most >= NTIO_SAFE_MAX && most != NTIO_SAFE_WHOLE))
        return NAME(refuse_, refuse_w)(to, size, odd, flags, kept, &at);
    if (!from && flags & NTIO_SAFE_IGNORE_NULLS)
        from = empty;
    if (!size)
        result = !most || !*from ? NTIO_SAFE_OK : to ? NTIO_SAFE_TRUNCATED : NTIO_SAFE_INVALID;
    else
        result = NAME(put_, put_w)(&at, from, most);
    return NAME(end_, end_w)(result, to, size, odd, flags, kept, &at, end, remaining);
}

int NAME(ntio_safe_print_a, ntio_safe_print_w)(CHAR *to, size_t size, size_t odd, CHAR **end, size_t *remaining,
                                               unsigned flags, const CHAR *format, va_list list)
{
    static const CHAR empty[1];
    struct NAME(safe_, safe_w) at;
    int result = NAME(begin_, begin_w)(to, size, flags, &at);
    if (result != NTIO_SAFE_OK)
        return result;
    if (flags & ~NTIO_SAFE_ALL)
        return NAME(refuse_, refuse_w)(to, size, odd, flags, 0, &at);
    if (!format && flags & NTIO_SAFE_IGNORE_NULLS)
        format = empty;
    int count = size ? NAME(rtl_print, rtl_print_wide)(at.end, at.remaining, format, list) : 0;
    if (!size) {
        result = !*format ? NTIO_SAFE_OK : to ? NTIO_SAFE_TRUNCATED : NTIO_SAFE_INVALID;
    } else if (count < 0 || (size_t)count >= size) {
        result = NTIO_SAFE_TRUNCATED;
        at.end = to + size - 1;
        at.remaining = 1;
    } else {
        at.end += count;
        at.remaining -= (size_t)count;
    }
    return NAME(end_, end_w)(result, to, size, odd, flags, 0, &at, end, remaining);
}

int NAME(ntio_safe_length_a, ntio_safe_length_w)(const CHAR *text, size_t most, size_t *length)
{
    size_t found = 0;
    int result = NTIO_SAFE_INVALID;
    if (text && most <= NTIO_SAFE_MAX) {
        found = NAME(until_, until_w)(text, most);
        result = found < most ? NTIO_SAFE_OK : NTIO_SAFE_INVALID;
    }
    if (length)
        *length = result == NTIO_SAFE_OK ? found : 0;
    return result;
}
