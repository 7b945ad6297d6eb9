/*
 * C run-time: narrow text and memory.
 */
#include "rtl.h"

#include <ntio_crt.h>
#include <string.h>

enum { CRT_EINVAL = 22, CRT_ERANGE = 34 };

#define UCHAR_             unsigned char
#define SET_CHAR           int
#define NAME(narrow, wide) narrow
#undef CHAR
#define CHAR char
#include "crt_text.h"

int ntio_memicmp(const void *a, const void *b, size_t count)
{
    const char *x = a, *y = b;
    for (size_t i = 0; i < count; i++) {
        unsigned char p = (unsigned char)lower_(x[i]), q = (unsigned char)lower_(y[i]);
        if (p != q)
            return (int)p - (int)q;
    }
    return 0;
}

void *ntio_memccpy(void *to, const void *from, int stop, size_t count)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    for (size_t i = 0; i < count; i++) {
        out[i] = in[i];
        if (in[i] == (unsigned char)stop)
            return out + i + 1;
    }
    return NULL;
}

errno_t ntio_memcpy_s(void *to, size_t size, const void *from, size_t count)
{
    if (!count)
        return 0;
    if (!to)
        return CRT_EINVAL;
    if (!from || count > size) {
        memset(to, 0, size);
        return from ? CRT_ERANGE : CRT_EINVAL;
    }
    memcpy(to, from, count);
    return 0;
}

errno_t ntio_memmove_s(void *to, size_t size, const void *from, size_t count)
{
    if (!count)
        return 0;
    if (!to || !from)
        return CRT_EINVAL;
    if (count > size)
        return CRT_ERANGE;
    memmove(to, from, count);
    return 0;
}
