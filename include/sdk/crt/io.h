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
NTIO_EXPORT int _open_osfhandle(intptr_t handle, int flags);
NTIO_EXPORT intptr_t _get_osfhandle(int fd);
/** Locks (_LK_*) a range of the file from where it stands: 0, or -1 and errno EACCES, EDEADLK, EINVAL, EBADF. */
NTIO_EXPORT int _locking(int fd, int mode, int count);
NTIO_EXPORT int _sopen_s(int *fd, const char *name, int flags, int share, int mode);
NTIO_EXPORT int _wsopen_s(int *fd, const wchar_t *name, int flags, int share, int mode);
NTIO_EXPORT int _unlink(const char *name);
NTIO_EXPORT int _wunlink(const wchar_t *name);
NTIO_EXPORT int _chmod(const char *name, int mode);

#ifdef __cplusplus
}
#endif

#ifndef NTIO_CRT_IO_PLAIN
/* With and without the mode that a file is made with. */
#define NTIO_OPEN_(name, flags, mode, ...) (name), (flags), (mode)
#define _open(...)                         ntio_open(NTIO_OPEN_(__VA_ARGS__, 0x180, 0))
#define _wopen(...)                        ntio_wopen(NTIO_OPEN_(__VA_ARGS__, 0x180, 0))
#define _creat(name, mode)                 ntio_open((name), 0x302, (mode))
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
#define unlink(name)                       _unlink(name)
#endif
#endif

#endif
