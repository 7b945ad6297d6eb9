/*
 * Streams of the C library over functions of ours.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fopencookie */
#endif

#include "hostp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

struct stream {
    struct host_stream_calls calls;
    int number;
};

static int close_stream(void *cookie)
{
    struct stream *stream = cookie;
    int result = stream->calls.close(stream->number);
    free(stream);
    return result;
}

#ifdef __GLIBC__

static ssize_t read_stream(void *cookie, char *buffer, size_t size)
{
    struct stream *stream = cookie;
    return stream->calls.read(stream->number, buffer, size > INT32_MAX ? INT32_MAX : (unsigned)size);
}

/* 0 is how an error is told. */
static ssize_t write_stream(void *cookie, const char *buffer, size_t size)
{
    struct stream *stream = cookie;
    int done = stream->calls.write(stream->number, buffer, size > INT32_MAX ? INT32_MAX : (unsigned)size);
    return done < 0 ? 0 : done;
}

static int seek_stream(void *cookie, off64_t *offset, int whence)
{
    struct stream *stream = cookie;
    int64_t at = stream->calls.seek(stream->number, *offset, whence);
    if (at < 0)
        return -1;
    *offset = at;
    return 0;
}

static FILE *open_stream(struct stream *stream, const char *mode)
{
    cookie_io_functions_t functions = {read_stream, write_stream, seek_stream, close_stream};
    return fopencookie(stream, mode, functions);
}

#else

static int read_stream(void *cookie, char *buffer, int size)
{
    struct stream *stream = cookie;
    return stream->calls.read(stream->number, buffer, (unsigned)size);
}

static int write_stream(void *cookie, const char *buffer, int size)
{
    struct stream *stream = cookie;
    return stream->calls.write(stream->number, buffer, (unsigned)size);
}

static fpos_t seek_stream(void *cookie, fpos_t offset, int whence)
{
    struct stream *stream = cookie;
    return (fpos_t)stream->calls.seek(stream->number, (int64_t)offset, whence);
}

static FILE *open_stream(struct stream *stream, const char *mode)
{
    int (*reads)(void *, char *, int) = mode[0] == 'r' || mode[1] == '+' ? read_stream : NULL;
    int (*writes)(void *, const char *, int) = mode[0] != 'r' || mode[1] == '+' ? write_stream : NULL;
    return funopen(stream, reads, writes, seek_stream, close_stream);
}

#endif

void *host_stream_open(int number, const char *mode, const struct host_stream_calls *calls)
{
    struct stream *stream = malloc(sizeof *stream);
    if (!stream)
        return NULL;
    *stream = (struct stream){*calls, number};
    FILE *file = open_stream(stream, mode);
    if (!file)
        free(stream);
    else
        host_shadow_written(file, sizeof *file); /* the sanitizer does not know the call */
    return file;
}

void *host_stream_replace(int standard, void *stream)
{
#ifdef __GLIBC__
    FILE **place = standard == 0 ? &stdin : standard == 1 ? &stdout : &stderr;
    FILE *before = *place;
    *place = stream;
    return before;
#else
    (void)standard, (void)stream;
    return NULL;
#endif
}
