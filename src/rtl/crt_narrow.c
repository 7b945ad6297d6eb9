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

/* --- searching and sorting, with a context for the comparison --- */

void *ntio_bsearch_s(const void *key, const void *base, size_t count, size_t width,
                     int (*compare)(void *, const void *, const void *), void *context)
{
    if (!key || (!base && count) || !width || !compare)
        return NULL;
    for (size_t low = 0, high = count; low < high;) {
        size_t middle = low + (high - low) / 2;
        const char *at = (const char *)base + middle * width;
        int order = compare(context, key, at);
        if (!order)
            return (void *)(uintptr_t)at;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static void exchange(char *a, char *b, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        char c = a[i];
        a[i] = b[i];
        b[i] = c;
    }
}

/* A heap sort: it needs no memory, and no more than a constant part of the stack. */
void ntio_qsort_s(void *base, size_t count, size_t width, int (*compare)(void *, const void *, const void *),
                  void *context)
{
    char *all = base;
    if ((!base && count) || !width || !compare)
        return;
    for (size_t start = count / 2, end = count; end > 1;) {
        if (start)
            start--;
        else
            exchange(all, all + --end * width, width);
        for (size_t root = start, child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && compare(context, all + child * width, all + (child + 1) * width) < 0)
                child++;
            if (compare(context, all + root * width, all + child * width) >= 0)
                break;
            exchange(all + root * width, all + child * width, width);
        }
    }
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
