/*
 * The C run-time library: the state of files, locks on them, and the time.
 */
#include "win32p.h"

#include <errno.h>
#include <limits.h>

#include "../../include/sdk/crt/sys/locking.h"
#define NTIO_CRT_IO_PLAIN
#include "../../include/sdk/crt/io.h"

#define EXPORT __attribute__((visibility("default")))
#define EPOCH  116444736000000000 /* 1970, as a FILETIME */

typedef long long time64;

/* As in the client's <sys/stat.h>, which the library, being the host's program, does not include. */
#define STAT(SIZE)                                                                                           \
    {                                                                                                        \
        unsigned dev;                                                                                        \
        unsigned short ino, mode;                                                                            \
        short links, uid, gid;                                                                               \
        unsigned rdev;                                                                                       \
        SIZE size;                                                                                           \
        time64 accessed, written, created;                                                                   \
    }
struct small STAT(int);
struct large STAT(long long);
_Static_assert(sizeof(struct small) == 48 && sizeof(struct large) == 56, "struct _stat");

enum { IFDIR = 0x4000, IFCHR = 0x2000, IFREG = 0x8000, IREAD = 0x100, IWRITE = 0x80, IEXEC = 0x40 };

static int fail(int error)
{
    errno = error;
    return -1;
}

static time64 seconds(FILETIME time)
{
    ULONGLONG value = (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
    return ((LONGLONG)value - EPOCH) / 10000000;
}

static bool is_program(LPCWSTR path)
{
    static const WCHAR kinds[][5] = {L".exe", L".com", L".bat", L".cmd"};
    size_t length = path ? win32_length(path) : 0;
    for (size_t i = 0; length > 4 && i < sizeof kinds / sizeof kinds[0]; i++)
        if (win32_equal(path + length - 4, kinds[i]))
            return true;
    return false;
}

static void describe(struct large *to, DWORD attributes, LPCWSTR path, long long size,
                     const FILETIME times[3])
{
    bool directory = attributes & FILE_ATTRIBUTE_DIRECTORY;
    unsigned mode = IREAD | (attributes & FILE_ATTRIBUTE_READONLY ? 0 : IWRITE);
    if (directory || is_program(path))
        mode |= IEXEC;
    mode |= mode >> 3 | mode >> 6;
    *to = (struct large){.dev = 2,
                         .rdev = 2,
                         .mode = (unsigned short)(mode | (directory ? IFDIR : IFREG)),
                         .links = 1,
                         .size = directory ? 0 : size,
                         .accessed = seconds(times[1]),
                         .written = seconds(times[2]),
                         .created = seconds(times[0])};
}

static int about_path(LPCWSTR path, struct large *to)
{
    WIN32_FILE_ATTRIBUTE_DATA about;
    for (LPCWSTR at = path; *at; at++)
        if (*at == L'*' || *at == L'?')
            return fail(ENOENT);
    if (!GetFileAttributesExW(path, GetFileExInfoStandard, &about))
        return fail(ENOENT);
    FILETIME times[] = {about.ftCreationTime, about.ftLastAccessTime, about.ftLastWriteTime};
    describe(to, about.dwFileAttributes, path,
             (long long)((ULONGLONG)about.nFileSizeHigh << 32 | about.nFileSizeLow), times);
    return 0;
}

static int about_descriptor(int fd, struct large *to)
{
    HANDLE handle = (HANDLE)_get_osfhandle(fd);
    BY_HANDLE_FILE_INFORMATION about;
    if (handle == INVALID_HANDLE_VALUE)
        return fail(EBADF);
    if (win32_is_console(handle) || !GetFileInformationByHandle(handle, &about)) {
        *to = (struct large){.dev = (unsigned)fd, .rdev = (unsigned)fd, .mode = IFCHR, .links = 1};
        return 0;
    }
    FILETIME times[] = {about.ftCreationTime, about.ftLastAccessTime, about.ftLastWriteTime};
    describe(to, about.dwFileAttributes, NULL,
             (long long)((ULONGLONG)about.nFileSizeHigh << 32 | about.nFileSizeLow), times);
    to->links = (short)about.nNumberOfLinks;
    return 0;
}

static int give_small(int result, const struct large *from, struct small *to)
{
    if (result)
        return result;
    if (from->size > INT_MAX)
        return fail(EOVERFLOW);
    *to = (struct small){from->dev,  from->ino,       from->mode,     from->links,   from->uid,    from->gid,
                         from->rdev, (int)from->size, from->accessed, from->written, from->created};
    return 0;
}

EXPORT int _wstat64(const WCHAR *path, struct large *about)
{
    if (!path || !about)
        return fail(EINVAL);
    return about_path(path, about);
}

EXPORT int _stat64(const char *path, struct large *about)
{
    struct win32_wide wide;
    if (!path || !about)
        return fail(EINVAL);
    if (!win32_wide_from_ansi(&wide, path))
        return fail(ENOENT);
    int result = about_path(wide.text, about);
    win32_wide_free(&wide);
    return result;
}

EXPORT int _fstat64(int fd, struct large *about)
{
    return about ? about_descriptor(fd, about) : fail(EINVAL);
}

EXPORT int _wstat64i32(const WCHAR *path, struct small *about)
{
    struct large all;
    return about ? give_small(_wstat64(path, &all), &all, about) : fail(EINVAL);
}

EXPORT int _stat64i32(const char *path, struct small *about)
{
    struct large all;
    return about ? give_small(_stat64(path, &all), &all, about) : fail(EINVAL);
}

EXPORT int _fstat64i32(int fd, struct small *about)
{
    struct large all;
    return about ? give_small(_fstat64(fd, &all), &all, about) : fail(EINVAL);
}

/*
 * Locks count bytes from where the file stands, or unlocks them. EACCES: something is in the way; EDEADLK: it
 * was, ten seconds long.
 */
EXPORT int _locking(int fd, int mode, int count)
{
    HANDLE handle = (HANDLE)_get_osfhandle(fd);
    if (handle == INVALID_HANDLE_VALUE)
        return fail(EBADF);
    long long at = _telli64(fd);
    if (count < 0 || at < 0 || mode < _LK_UNLCK || mode > _LK_NBRLCK)
        return fail(EINVAL);
    DWORD low = (DWORD)at, high = (DWORD)(at >> 32);
    if (mode == _LK_UNLCK)
        return UnlockFile(handle, low, high, (DWORD)count, 0) ? 0 : fail(EACCES);
    bool waits = mode == _LK_LOCK || mode == _LK_RLCK;
    for (int turn = 0; !LockFile(handle, low, high, (DWORD)count, 0); turn++) {
        if (!waits || win32_last_error() != ERROR_LOCK_VIOLATION)
            return fail(EACCES);
        if (turn == 9)
            return fail(EDEADLK);
        Sleep(1000);
    }
    return 0;
}

EXPORT int _sopen_s(int *fd, const char *name, int flags, int share, int mode)
{
    (void)share; /* everything is shared, as by _open */
    if (!fd)
        return errno = EINVAL;
    *fd = name ? ntio_open(name, flags, mode) : fail(EINVAL);
    return *fd < 0 ? errno : 0;
}

EXPORT int _wsopen_s(int *fd, const WCHAR *name, int flags, int share, int mode)
{
    (void)share;
    if (!fd)
        return errno = EINVAL;
    *fd = name ? ntio_wopen(name, flags, mode) : fail(EINVAL);
    return *fd < 0 ? errno : 0;
}

struct moment { /* struct __timeb64 */
    time64 time;
    unsigned short milliseconds;
    short zone, daylight;
};

EXPORT int _ftime64_s(struct moment *now)
{
    FILETIME time;
    TIME_ZONE_INFORMATION zone;
    if (!now)
        return EINVAL;
    GetSystemTimeAsFileTime(&time);
    DWORD kind = GetTimeZoneInformation(&zone);
    ULONGLONG value = (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
    *now = (struct moment){seconds(time), (unsigned short)(value / 10000 % 1000), (short)zone.Bias,
                           kind == TIME_ZONE_ID_DAYLIGHT};
    return 0;
}
