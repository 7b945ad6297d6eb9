/*
 * The C run-time library's files: descriptors over handles, and streams over descriptors.
 *
 * Names are the client's: C:\x and \\.\x, and when C: has files, relative ones, too. Only a machine without
 * files leaves plain names to the host, whose files a program then sees as any program of the host does.
 */
#include "win32p.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/sdk/crt/fcntl.h"
#define NTIO_CRT_IO_PLAIN /* no names without an underscore */
#include "../../include/sdk/crt/io.h"
#include "../../include/sdk/crt/ntio_crt_io.h"

#define EXPORT __attribute__((visibility("default")))
#define FIRST  3 /* 0, 1 and 2 are the console's */

/* --- descriptors --- */

int win32_crt_fail(int error)
{
    errno = error;
    return -1;
}

int win32_crt_fail_last(void)
{
    static const struct {
        DWORD error;
        int number;
    } table[] = {
        {ERROR_FILE_NOT_FOUND, ENOENT}, {ERROR_PATH_NOT_FOUND, ENOENT},
        {ERROR_INVALID_NAME, ENOENT},   {ERROR_BAD_PATHNAME, ENOENT},
        {ERROR_ALREADY_EXISTS, EEXIST}, {ERROR_FILE_EXISTS, EEXIST},
        {ERROR_INVALID_HANDLE, EBADF},  {ERROR_NOT_ENOUGH_MEMORY, ENOMEM},
        {ERROR_DISK_FULL, ENOSPC},      {ERROR_DIR_NOT_EMPTY, ENOTEMPTY},
        {ERROR_ACCESS_DENIED, EACCES},  {ERROR_SHARING_VIOLATION, EACCES},
        {ERROR_WRITE_PROTECT, EACCES},  {ERROR_LOCK_VIOLATION, EACCES},
        {ERROR_NOACCESS, EACCES},       {ERROR_BROKEN_PIPE, EPIPE},
    };
    DWORD error = win32_last_error();
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].error == error)
            return win32_crt_fail(table[i].number);
    return win32_crt_fail(EINVAL);
}

static HANDLE console_of(int fd)
{
    static const HANDLE handles[] = {WIN32_CONSOLE_INPUT, WIN32_CONSOLE_OUTPUT, WIN32_CONSOLE_ERROR};
    return handles[fd];
}

HANDLE win32_crt_handle(int fd, int *flags)
{
    *flags = 0;
    if (fd < 0 || fd >= WIN32_DESCRIPTORS || !win32_state()) { /* a stream that outlives the machine */
        errno = EBADF;
        return NULL;
    }
    win32_lock();
    HANDLE handle = win32_state()->descriptors[fd].handle;
    *flags = win32_state()->descriptors[fd].flags;
    win32_unlock();
    if (!handle && fd < FIRST)
        return console_of(fd);
    if (!handle)
        errno = EBADF;
    return handle;
}

int win32_crt_add(HANDLE handle, int flags)
{
    int fd = FIRST;
    win32_lock();
    struct win32_descriptor *table = win32_state()->descriptors;
    while (fd < WIN32_DESCRIPTORS && table[fd].handle)
        fd++;
    if (fd < WIN32_DESCRIPTORS)
        table[fd] = (struct win32_descriptor){handle, flags, NULL};
    win32_unlock();
    return fd < WIN32_DESCRIPTORS ? fd : win32_crt_fail(EMFILE);
}

static void set_stream(int fd, void *stream)
{
    win32_lock();
    win32_state()->descriptors[fd].stream = stream;
    win32_unlock();
}

/* --- opening --- */

static int open_file(LPCWSTR name, int flags, int mode)
{
    static const DWORD access[] = {GENERIC_READ, GENERIC_WRITE, GENERIC_READ | GENERIC_WRITE, 0};
    DWORD disposition = flags & _O_CREAT   ? (flags & _O_EXCL    ? CREATE_NEW
                                              : flags & _O_TRUNC ? CREATE_ALWAYS
                                                                 : OPEN_ALWAYS)
                        : flags & _O_TRUNC ? TRUNCATE_EXISTING
                                           : OPEN_EXISTING;
    DWORD attributes =
        flags & _O_CREAT && !(mode & _S_IWRITE) ? FILE_ATTRIBUTE_READONLY : FILE_ATTRIBUTE_NORMAL;
    if (flags & _O_TEMPORARY)
        attributes |= FILE_FLAG_DELETE_ON_CLOSE;
    if ((flags & 3) == 3)
        return win32_crt_fail(EINVAL);
    if (!(flags & (_O_BINARY | _O_TEXT)))
        flags |= _O_TEXT;
    HANDLE handle = CreateFileW(name, access[flags & 3], FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                disposition, attributes, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return win32_crt_fail_last();
    int fd = win32_crt_add(handle, flags);
    if (fd < 0)
        CloseHandle(handle);
    return fd;
}

EXPORT int ntio_open(const char *name, int flags, int mode)
{
    struct win32_wide wide;
    if (!name)
        return win32_crt_fail(EINVAL);
    if (!win32_wide_from_ansi(&wide, name))
        return win32_crt_fail_last();
    int fd = open_file(wide.text, flags, mode);
    win32_wide_free(&wide);
    return fd;
}

EXPORT int ntio_wopen(const WCHAR *name, int flags, int mode)
{
    return name ? open_file(name, flags, mode) : win32_crt_fail(EINVAL);
}

EXPORT int _open_osfhandle(intptr_t handle, int flags)
{
    if (!handle || handle == (intptr_t)INVALID_HANDLE_VALUE)
        return win32_crt_fail(EBADF);
    /* Unlike _open: without _O_TEXT it is binary. */
    return win32_crt_add((HANDLE)handle, flags & _O_TEXT ? flags : flags | _O_BINARY);
}

EXPORT intptr_t _get_osfhandle(int fd)
{
    int flags;
    HANDLE handle = win32_crt_handle(fd, &flags);
    return handle ? (intptr_t)handle : (intptr_t)INVALID_HANDLE_VALUE;
}

EXPORT int _close(int fd)
{
    HANDLE handle = NULL;
    if (fd >= 0 && fd < WIN32_DESCRIPTORS && win32_state()) {
        win32_lock();
        handle = win32_state()->descriptors[fd].handle;
        win32_state()->descriptors[fd] = (struct win32_descriptor){NULL, 0, NULL};
        win32_unlock();
    }
    if (!handle)
        return fd >= 0 && fd < FIRST ? 0 : win32_crt_fail(EBADF);
    return win32_is_console(handle) || CloseHandle(handle) ? 0 : win32_crt_fail_last();
}

/* --- reading and writing --- */

/* "\r\n" becomes "\n"; a "\r" at the end may belong to a "\n" that is not read yet. */
static DWORD from_text(HANDLE handle, char *buffer, DWORD count)
{
    DWORD kept = 0;
    for (DWORD i = 0; i < count; i++) {
        if (buffer[i] == 0x1A)
            break;
        if (buffer[i] == '\r' && i + 1 == count) {
            char next;
            DWORD read = 0;
            if (GetFileType(handle) == FILE_TYPE_PIPE) { /* what was read from it cannot be put back */
                if (!PeekNamedPipe(handle, &next, 1, &read, NULL, NULL) || read != 1 || next != '\n') {
                    buffer[kept++] = '\r';
                    break;
                }
            }
            if (ReadFile(handle, &next, 1, &read, NULL) && read == 1) {
                if (next == '\n') {
                    buffer[kept++] = '\n';
                    break;
                }
                SetFilePointer(handle, -1, NULL, FILE_CURRENT);
            }
        } else if (buffer[i] == '\r' && buffer[i + 1] == '\n') {
            continue;
        }
        buffer[kept++] = buffer[i];
    }
    return kept;
}

EXPORT int _read(int fd, void *buffer, unsigned count)
{
    int flags;
    DWORD read = 0;
    HANDLE handle = win32_crt_handle(fd, &flags);
    if (!handle)
        return -1;
    if (count > INT32_MAX)
        return win32_crt_fail(EINVAL);
    if (!ReadFile(handle, buffer, count, &read, NULL)) {
        DWORD error = win32_last_error();
        if (error == ERROR_HANDLE_EOF || error == ERROR_BROKEN_PIPE)
            return 0;
        return error == ERROR_ACCESS_DENIED ? win32_crt_fail(EBADF)
                                            : win32_crt_fail_last(); /* it was not opened for reading */
    }
    return (int)(flags & _O_TEXT ? from_text(handle, buffer, read) : read);
}

static int write_all(HANDLE handle, const void *buffer, unsigned count)
{
    DWORD written = 0;
    if (WriteFile(handle, buffer, count, &written, NULL))
        return (int)written;
    return win32_last_error() == ERROR_ACCESS_DENIED ? win32_crt_fail(EBADF) : win32_crt_fail_last();
}

static int write_text(HANDLE handle, const char *text, unsigned count)
{
    unsigned lines = 0, at = 0;
    for (unsigned i = 0; i < count; i++)
        lines += text[i] == '\n';
    char *copy = malloc((size_t)count + lines + 1);
    if (!copy)
        return win32_crt_fail(ENOMEM);
    for (unsigned i = 0; i < count; i++) {
        if (text[i] == '\n')
            copy[at++] = '\r';
        copy[at++] = text[i];
    }
    int written = write_all(handle, copy, at);
    free(copy);
    return written < 0 ? written : written == (int)at ? (int)count : written;
}

EXPORT int _write(int fd, const void *buffer, unsigned count)
{
    int flags;
    HANDLE handle = win32_crt_handle(fd, &flags);
    if (!handle)
        return -1;
    if (count > INT32_MAX)
        return win32_crt_fail(EINVAL);
    if (!count)
        return 0;
    if (flags & _O_APPEND)
        SetFilePointer(handle, 0, NULL, FILE_END);
    return flags & _O_TEXT ? write_text(handle, buffer, count) : write_all(handle, buffer, count);
}

EXPORT long long _lseeki64(int fd, long long offset, int origin)
{
    int flags;
    LARGE_INTEGER distance = {.QuadPart = offset}, position;
    HANDLE handle = win32_crt_handle(fd, &flags);
    if (!handle)
        return -1;
    if (!SetFilePointerEx(handle, distance, &position, (DWORD)origin))
        return win32_crt_fail(EINVAL);
    return position.QuadPart;
}

EXPORT int _lseek(int fd, int offset, int origin)
{
    return (int)_lseeki64(fd, offset, origin);
}

EXPORT long long _telli64(int fd)
{
    return _lseeki64(fd, 0, FILE_CURRENT);
}

EXPORT int _tell(int fd)
{
    return (int)_telli64(fd);
}

EXPORT long long _filelengthi64(int fd)
{
    int flags;
    LARGE_INTEGER size;
    HANDLE handle = win32_crt_handle(fd, &flags);
    if (!handle)
        return -1;
    return GetFileSizeEx(handle, &size) ? size.QuadPart : win32_crt_fail_last();
}

EXPORT int _filelength(int fd)
{
    return (int)_filelengthi64(fd);
}

EXPORT int _eof(int fd)
{
    long long at = _telli64(fd), size = at < 0 ? -1 : _filelengthi64(fd);
    return size < 0 ? -1 : at >= size;
}

EXPORT int _chsize_s(int fd, long long size)
{
    long long at = _telli64(fd);
    int flags;
    HANDLE handle = win32_crt_handle(fd, &flags);
    if (at < 0 || size < 0 || _lseeki64(fd, size, FILE_BEGIN) < 0)
        return errno = handle ? EINVAL : EBADF;
    int result = SetEndOfFile(handle) ? 0 : (win32_crt_fail_last(), errno);
    _lseeki64(fd, at, FILE_BEGIN);
    return result;
}

EXPORT int _chsize(int fd, int size)
{
    return _chsize_s(fd, size) ? -1 : 0;
}

EXPORT int _commit(int fd)
{
    int flags;
    HANDLE handle = win32_crt_handle(fd, &flags);
    return !handle ? -1 : FlushFileBuffers(handle) ? 0 : win32_crt_fail_last();
}

EXPORT int _isatty(int fd)
{
    int flags;
    HANDLE handle = win32_crt_handle(fd, &flags);
    return handle && GetFileType(handle) == FILE_TYPE_CHAR ? 64 : 0;
}

/* The mode before; the console's streams are the host's and stay as they are. */
EXPORT int _setmode(int fd, int mode)
{
    if (mode != _O_TEXT && mode != _O_BINARY)
        return win32_crt_fail(EINVAL);
    int flags;
    HANDLE handle = win32_crt_handle(fd, &flags);
    if (!handle)
        return -1;
    if (win32_is_console(handle))
        return _O_TEXT;
    win32_lock();
    struct win32_descriptor *descriptor = &win32_state()->descriptors[fd];
    descriptor->flags = (descriptor->flags & ~(_O_TEXT | _O_BINARY)) | mode;
    win32_unlock();
    return flags & _O_TEXT ? _O_TEXT : _O_BINARY;
}

/* --- streams --- */

static int close_descriptor(int fd)
{
    return _close(fd);
}

static int64_t seek_descriptor(int fd, int64_t offset, int origin)
{
    return _lseeki64(fd, offset, origin);
}

/* Also the mode for the host: what only Microsoft's has is left out. */
static bool parse_mode(const char *mode, int *flags, char plain[4])
{
    bool plus = strchr(mode, '+') != NULL;
    switch (mode[0]) {
    case 'r':
        *flags = plus ? _O_RDWR : _O_RDONLY;
        break;
    case 'w':
        *flags = (plus ? _O_RDWR : _O_WRONLY) | _O_CREAT | _O_TRUNC;
        break;
    case 'a':
        *flags = (plus ? _O_RDWR : _O_WRONLY) | _O_CREAT | _O_APPEND;
        break;
    default:
        return false;
    }
    *flags |= strchr(mode, 'b') ? _O_BINARY : _O_TEXT;
    if (strchr(mode, 'x'))
        *flags |= _O_EXCL;
    plain[0] = mode[0];
    plain[1] = plus ? '+' : 0;
    plain[2] = 0;
    return true;
}

static FILE *stream_of(int fd, const char *plain)
{
    static const struct host_stream_calls calls = {_read, _write, seek_descriptor, close_descriptor};
    FILE *file = host_stream_open(fd, plain, &calls);
    if (file)
        set_stream(fd, file);
    return file;
}

/* A plain name on a machine whose C: has no files. */
bool win32_crt_is_hosts(LPCWSTR name)
{
    if (win32_state()->files || !name[0])
        return false;
    bool slashes = (name[0] == L'\\' || name[0] == L'/') && (name[1] == L'\\' || name[1] == L'/');
    return !slashes && name[1] != L':';
}

static FILE *open_hosts(LPCWSTR name, const char *mode)
{
    LPSTR path = win32_narrow(name);
    FILE *file = NULL;
    if (path) {
        for (char *c = path; *c; c++)
            if (*c == '\\')
                *c = '/';
        file = fopen(path, mode);
    }
    free(path);
    return file;
}

static FILE *open_stream(LPCWSTR name, const char *mode)
{
    int flags;
    char plain[4];
    if (!parse_mode(mode, &flags, plain)) {
        errno = EINVAL;
        return NULL;
    }
    if (win32_equal(name, L"NUL"))
        return fopen("/dev/null", plain);
    if (win32_crt_is_hosts(name)) {
        char with[8];
        snprintf(with, sizeof with, "%s%s", plain, flags & _O_EXCL ? "x" : "");
        return open_hosts(name, with);
    }
    int fd = open_file(name, flags, _S_IREAD | _S_IWRITE);
    if (fd < 0)
        return NULL;
    FILE *file = stream_of(fd, plain);
    if (!file) {
        _close(fd);
        errno = ENOMEM;
    } else if (flags & _O_APPEND) {
        _lseeki64(fd, 0, FILE_END);
    }
    return file;
}

EXPORT void *ntio_fopen(const char *name, const char *mode)
{
    struct win32_wide wide;
    if (!name || !mode) {
        errno = EINVAL;
        return NULL;
    }
    if (!win32_state()) /* before the machine runs, and after */
        return fopen(name, mode);
    if (!win32_wide_from_ansi(&wide, name)) {
        errno = ENOMEM;
        return NULL;
    }
    FILE *file = open_stream(wide.text, mode);
    win32_wide_free(&wide);
    return file;
}

EXPORT void *ntio_wfopen(const WCHAR *name, const WCHAR *mode)
{
    LPSTR narrow = name && mode ? win32_narrow(mode) : NULL;
    FILE *file = NULL;
    if (narrow)
        file = open_stream(name, narrow);
    else
        errno = EINVAL;
    free(narrow);
    return file;
}

EXPORT int ntio_fopen_s(void **file, const char *name, const char *mode)
{
    if (!file || !name || !mode)
        return EINVAL;
    *file = ntio_fopen(name, mode);
    return *file ? 0 : errno;
}

EXPORT int ntio_wfopen_s(void **file, const WCHAR *name, const WCHAR *mode)
{
    if (!file || !name || !mode)
        return EINVAL;
    *file = ntio_wfopen(name, mode);
    return *file ? 0 : errno;
}

EXPORT void *ntio_fdopen(int fd, const char *mode)
{
    int flags, mode_flags;
    char plain[4];
    if (!mode || !parse_mode(mode, &mode_flags, plain)) {
        errno = EINVAL;
        return NULL;
    }
    if (fd >= 0 && fd < FIRST)
        return fd == 0 ? stdin : fd == 1 ? stdout : stderr;
    return win32_crt_handle(fd, &flags) ? stream_of(fd, plain) : NULL;
}

/* The descriptor of ours behind a stream; the host's streams have the console's. */
EXPORT int ntio_fileno(void *stream)
{
    if (stream == stdin || stream == stdout || stream == stderr)
        return stream == stdin ? 0 : stream == stdout ? 1 : 2;
    int fd = FIRST;
    if (!win32_state())
        return win32_crt_fail(EBADF);
    win32_lock();
    while (fd < WIN32_DESCRIPTORS &&
           !(win32_state()->descriptors[fd].handle && win32_state()->descriptors[fd].stream == stream))
        fd++;
    win32_unlock();
    return fd < WIN32_DESCRIPTORS ? fd : win32_crt_fail(EBADF);
}
