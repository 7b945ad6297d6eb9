/*
 * The C run-time library: descriptors that are made of others, and pipes.
 *
 * Descriptors 0, 1 and 2 are the console's until they are made another's. Then the standard stream over each
 * is one of ours, which goes to whatever the descriptor is, and the host's own comes back when the console
 * does.
 */
#include "win32p.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../../include/sdk/crt/fcntl.h"
#define NTIO_CRT_IO_PLAIN
#include "../../include/sdk/crt/io.h"
#include "../../include/sdk/crt/ntio_crt_io.h"

#define EXPORT __attribute__((visibility("default")))
#define FIRST  3

/* A handle of its own on what the descriptor is; NULL, with errno set. */
static HANDLE duplicate(int fd, int *flags)
{
    HANDLE handle = win32_crt_handle(fd, flags), copy;
    if (!handle || win32_is_console(handle))
        return handle;
    if (DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, TRUE,
                        DUPLICATE_SAME_ACCESS))
        return copy;
    win32_crt_fail_last();
    return NULL;
}

static void discard(HANDLE handle)
{
    if (!win32_is_console(handle))
        CloseHandle(handle);
}

EXPORT int _dup(int fd)
{
    int flags;
    HANDLE copy = duplicate(fd, &flags);
    if (!copy)
        return -1;
    int made = win32_crt_add(copy, flags);
    if (made < 0)
        discard(copy);
    return made;
}

/* --- the standard streams --- */

static int keep_open(int fd)
{
    (void)fd; /* the descriptor outlives the stream */
    return 0;
}

static int64_t seek(int fd, int64_t offset, int origin)
{
    return _lseeki64(fd, offset, origin);
}

/* The standard stream goes to the descriptor from now on, or to the console again. */
static bool redirect(int fd, bool to_console)
{
    static const struct host_stream_calls calls = {_read, _write, seek, keep_open};
    struct win32_redirected *redirected = &win32_state()->redirected[fd];
    if (!redirected->before == to_console)
        return true;
    if (to_console) {
        fflush(redirected->stream);
        host_stream_replace(fd, redirected->before);
        redirected->before = NULL;
        return true;
    }
    if (!redirected->stream && !(redirected->stream = host_stream_open(fd, fd ? "w" : "r", &calls)))
        return false;
    fflush(fd == 2 ? stderr : stdout);
    if (fd == 2)
        setvbuf(redirected->stream, NULL, _IONBF, 0);
    redirected->before = host_stream_replace(fd, redirected->stream);
    return redirected->before != NULL;
}

/* The machine goes: what is still in the streams goes where they lead. */
void win32_crt_stop(void)
{
    for (int fd = 0; fd < FIRST; fd++) {
        struct win32_redirected *redirected = &win32_state()->redirected[fd];
        if (redirected->before)
            host_stream_replace(fd, redirected->before);
        if (redirected->stream)
            fclose(redirected->stream);
        *redirected = (struct win32_redirected){NULL, NULL};
    }
}

/* 0. Of a standard descriptor what stands in its stream goes to where it led before. */
EXPORT int _dup2(int from, int to)
{
    int flags;
    HANDLE handle = win32_crt_handle(from, &flags);
    if (!handle)
        return -1;
    if (to < 0 || to >= WIN32_DESCRIPTORS)
        return win32_crt_fail(EBADF);
    if (from == to)
        return 0;
    HANDLE copy = duplicate(from, &flags);
    if (!copy)
        return -1;
    if (to < FIRST) {
        fflush(to == 0 ? stdin : to == 1 ? stdout : stderr);
        if (!redirect(to, win32_is_console(copy))) {
            discard(copy);
            return win32_crt_fail(ENOMEM);
        }
        SetStdHandle(STD_INPUT_HANDLE - (DWORD)to, copy);
    }
    win32_lock();
    struct win32_descriptor *descriptor = &win32_state()->descriptors[to];
    HANDLE old = descriptor->handle;
    /* The console's own is what a standard descriptor is without a handle. */
    descriptor->handle = to < FIRST && win32_is_console(copy) ? NULL : copy;
    descriptor->flags = flags;
    win32_unlock();
    if (old)
        discard(old);
    return 0;
}

/* ends[0] is read, ends[1] written. Flags: _O_BINARY, _O_TEXT (which is the default), _O_NOINHERIT. */
EXPORT int _pipe(int *ends, unsigned size, int mode)
{
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, !(mode & _O_NOINHERIT)};
    HANDLE handles[2];
    if (!ends || mode & ~(_O_BINARY | _O_TEXT | _O_NOINHERIT) ||
        (mode & (_O_BINARY | _O_TEXT)) == (_O_BINARY | _O_TEXT))
        return win32_crt_fail(EINVAL);
    ends[0] = ends[1] = -1;
    if (!CreatePipe(&handles[0], &handles[1], &attributes, size))
        return win32_crt_fail_last();
    int text = mode & _O_BINARY ? _O_BINARY : _O_TEXT;
    int reads = win32_crt_add(handles[0], _O_RDONLY | text),
        writes = reads < 0 ? -1 : win32_crt_add(handles[1], _O_WRONLY | text);
    if (writes < 0) {
        if (reads < 0)
            CloseHandle(handles[0]);
        else
            _close(reads);
        CloseHandle(handles[1]);
        return win32_crt_fail(EMFILE);
    }
    ends[0] = reads;
    ends[1] = writes;
    return 0;
}

/* --- streams that are opened again --- */

static bool is_hosts(const char *name)
{
    struct win32_wide wide;
    if (!win32_wide_from_ansi(&wide, name))
        return false;
    bool hosts = win32_equal(wide.text, L"NUL") ||
                 (win32_crt_is_hosts(wide.text) && !win32_equal(wide.text, L"CONOUT$") &&
                  !win32_equal(wide.text, L"CONIN$"));
    win32_wide_free(&wide);
    return hosts;
}

/* The stream goes to another file. NULL, with errno set: it could not be opened; the stream is as closed
 * then. */
EXPORT void *ntio_freopen(const char *name, const char *mode, void *stream)
{
    if (!name || !mode || !stream) {
        errno = EINVAL;
        return NULL;
    }
    int fd = ntio_fileno(stream), flags;
    if (fd < 0 || is_hosts(name)) {
        char plain[4] = {mode[0], strchr(mode, '+') ? '+' : 0};
        return freopen(strcasecmp(name, "NUL") ? name : "/dev/null", plain, stream);
    }
    bool reads = mode[0] == 'r', plus = strchr(mode, '+') != NULL;
    flags = (plus    ? _O_RDWR
             : reads ? _O_RDONLY
                     : _O_WRONLY) |
            (strchr(mode, 'b') ? _O_BINARY : _O_TEXT) |
            (mode[0] == 'w'   ? _O_CREAT | _O_TRUNC
             : mode[0] == 'a' ? _O_CREAT | _O_APPEND
                              : 0);
    fflush(stream);
    int made = ntio_open(name, flags, _S_IREAD | _S_IWRITE);
    if (made < 0)
        return NULL;
    int result = _dup2(made, fd);
    _close(made);
    if (result)
        return NULL;
    return fd == 0 ? stdin : fd == 1 ? stdout : fd == 2 ? stderr : stream;
}

EXPORT int ntio_freopen_s(void **file, const char *name, const char *mode, void *stream)
{
    if (!file || !name || !mode || !stream)
        return errno = EINVAL;
    *file = ntio_freopen(name, mode, stream);
    return *file ? 0 : errno;
}
