/*
 * <io.h>: files by descriptor and by name. Descriptors are the run-time library's own, over handles; 0, 1 and 2 are the console.
 */
#ifndef NTIO_SDK_IO_H
#define NTIO_SDK_IO_H

#include <stddef.h>
#include <stdint.h>

#include "ntio_compiler.h"
#ifdef __cplusplus
#include "ntio_cxx.h" /* hides the host's */
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** 0 when the file is there (and can be written to, if the mode has 2), else -1 and errno ENOENT or EACCES. */
NTIO_EXPORT int _access(const char *path, int mode);
NTIO_EXPORT int _waccess(const wchar_t *path, int mode);

/** As CreateFile, also on a device; flags are _O_*. The descriptor, or -1 and errno. */
NTIO_EXPORT int ntio_open(const char *name, int flags, int mode);
NTIO_EXPORT int ntio_wopen(const wchar_t *name, int flags, int mode);
NTIO_EXPORT int _close(int fd);
/** Bytes read, fewer at the end and 0 there; in text mode each "\r\n" is a "\n". */
NTIO_EXPORT int _read(int fd, void *buffer, unsigned count);
NTIO_EXPORT int _write(int fd, const void *buffer, unsigned count);
NTIO_EXPORT int _lseek(int fd, int offset, int origin);
NTIO_EXPORT long long _lseeki64(int fd, long long offset, int origin);
NTIO_EXPORT int _tell(int fd);
NTIO_EXPORT long long _telli64(int fd);
NTIO_EXPORT int _eof(int fd);
NTIO_EXPORT int _filelength(int fd);
NTIO_EXPORT long long _filelengthi64(int fd);
NTIO_EXPORT int _chsize(int fd, int size);
NTIO_EXPORT int _commit(int fd);
NTIO_EXPORT int _isatty(int fd);
NTIO_EXPORT int _setmode(int fd, int mode);
/** Another descriptor for what the first is: both have one position. _dup2: 0; what stands in the stream over `to` goes before. */
NTIO_EXPORT int _dup(int fd);
NTIO_EXPORT int _dup2(int from, int to);
/** ends[0] is read and ends[1] written; in text mode unless it is _O_BINARY. */
NTIO_EXPORT int _pipe(int *ends, unsigned size, int mode);
/** 0, or the error, which is in errno, too. */
NTIO_EXPORT int _chsize_s(int fd, long long size);
NTIO_EXPORT int _access_s(const char *path, int mode);
NTIO_EXPORT int _waccess_s(const wchar_t *path, int mode);
NTIO_EXPORT int _open_osfhandle(intptr_t handle, int flags);
NTIO_EXPORT intptr_t _get_osfhandle(int fd);
/** Locks (_LK_*) a range of the file from where it stands: 0, or -1 and errno EACCES, EDEADLK, EINVAL, EBADF. */
NTIO_EXPORT int _locking(int fd, int mode, int count);
NTIO_EXPORT int _sopen_s(int *fd, const char *name, int flags, int share, int mode);
NTIO_EXPORT int _wsopen_s(int *fd, const wchar_t *name, int flags, int share, int mode);
NTIO_EXPORT int _unlink(const char *name);
NTIO_EXPORT int _wunlink(const wchar_t *name);
NTIO_EXPORT int _chmod(const char *name, int mode);
NTIO_EXPORT int _wchmod(const wchar_t *name, int mode);

/* --- searching a directory; the attributes are _A_* --- */

#define _A_NORMAL 0x00
#define _A_RDONLY 0x01
#define _A_HIDDEN 0x02
#define _A_SYSTEM 0x04
#define _A_SUBDIR 0x10
#define _A_ARCH   0x20

struct _finddata64i32_t {
    unsigned attrib;
    long long time_create, time_access, time_write;
    unsigned size;
    char name[260];
};
struct __finddata64_t {
    unsigned attrib;
    long long time_create, time_access, time_write;
    long long size;
    char name[260];
};
struct _wfinddata64i32_t {
    unsigned attrib;
    long long time_create, time_access, time_write;
    unsigned size;
    wchar_t name[260];
};
struct _wfinddata64_t {
    unsigned attrib;
    long long time_create, time_access, time_write;
    long long size;
    wchar_t name[260];
};

/** A handle for _findnext and _findclose, or -1 and errno ENOENT. The name may have wildcards. */
NTIO_EXPORT intptr_t _findfirst64i32(const char *name, struct _finddata64i32_t *found);
NTIO_EXPORT intptr_t _findfirst64(const char *name, struct __finddata64_t *found);
NTIO_EXPORT intptr_t _wfindfirst64i32(const wchar_t *name, struct _wfinddata64i32_t *found);
NTIO_EXPORT intptr_t _wfindfirst64(const wchar_t *name, struct _wfinddata64_t *found);
/** 0, or -1 and errno ENOENT: there are no more. */
NTIO_EXPORT int _findnext64i32(intptr_t handle, struct _finddata64i32_t *found);
NTIO_EXPORT int _findnext64(intptr_t handle, struct __finddata64_t *found);
NTIO_EXPORT int _wfindnext64i32(intptr_t handle, struct _wfinddata64i32_t *found);
NTIO_EXPORT int _wfindnext64(intptr_t handle, struct _wfinddata64_t *found);
NTIO_EXPORT int _findclose(intptr_t handle);
#define _finddata_t    _finddata64i32_t
#define _finddatai64_t __finddata64_t
#define _wfinddata_t   _wfinddata64i32_t
#define _findfirst     _findfirst64i32
#define _findnext      _findnext64i32
#define _findfirsti64  _findfirst64
#define _findnexti64   _findnext64
#define _wfindfirst    _wfindfirst64i32
#define _wfindnext     _wfindnext64i32

#ifdef __cplusplus
}
#endif

#ifndef NTIO_CRT_IO_PLAIN
/* With and without the mode that a file is made with. */
#define NTIO_OPEN_(name, flags, mode, ...) (name), (flags), (mode)
#define _open(...)                         ntio_open(NTIO_OPEN_(__VA_ARGS__, 0x180, 0))
#define _wopen(...)                        ntio_wopen(NTIO_OPEN_(__VA_ARGS__, 0x180, 0))
#define _creat(name, mode)                 ntio_open((name), 0x302, (mode))
#define _wcreat(name, mode)                ntio_wopen((name), 0x302, (mode))
/* Everything is shared, as by _open. */
#define NTIO_SOPEN_(name, flags, share, mode, ...) (name), (flags), (mode)
#define _sopen(...)                        ntio_open(NTIO_SOPEN_(__VA_ARGS__, 0x180, 0))
#define _wsopen(...)                       ntio_wopen(NTIO_SOPEN_(__VA_ARGS__, 0x180, 0))
#ifdef __cplusplus
extern "C++" {
inline int open(const char *name, int flags, int mode = 0x180)
{
    return ntio_open(name, flags, mode);
}
inline int access(const char *path, int mode)
{
    return _access(path, mode);
}
inline int close(int fd)
{
    return _close(fd);
}
inline int read(int fd, void *buffer, unsigned count)
{
    return _read(fd, buffer, count);
}
inline int write(int fd, const void *buffer, unsigned count)
{
    return _write(fd, buffer, count);
}
inline int lseek(int fd, int offset, int origin)
{
    return _lseek(fd, offset, origin);
}
inline int isatty(int fd)
{
    return _isatty(fd);
}
inline int dup(int fd)
{
    return _dup(fd);
}
inline int dup2(int from, int to)
{
    return _dup2(from, to);
}
inline int unlink(const char *name)
{
    return _unlink(name);
}
}
#else
#define open(...)                          _open(__VA_ARGS__)
#define access(path, mode)                 _access(path, mode)
#define close(fd)                          _close(fd)
#define read(fd, buffer, count)            _read(fd, buffer, count)
#define write(fd, buffer, count)           _write(fd, buffer, count)
#define lseek(fd, offset, origin)          _lseek(fd, offset, origin)
#define isatty(fd)                         _isatty(fd)
#define dup(fd)                            _dup(fd)
#define dup2(from, to)                     _dup2(from, to)
#define eof(fd)                            _eof(fd)
#define tell(fd)                           _tell(fd)
#define filelength(fd)                     _filelength(fd)
#define chsize(fd, size)                   _chsize(fd, size)
#define setmode(fd, mode)                  _setmode(fd, mode)
#define creat(name, mode)                  _creat(name, mode)
#define sopen(...)                         _sopen(__VA_ARGS__)
#define unlink(name)                       _unlink(name)
#endif
#endif

#endif
