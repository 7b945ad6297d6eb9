/*
 * <sys/stat.h> as a client sees it: the state of the client's files. A test, which is the host's program too, keeps the host's stat.
 */
#ifndef NTIO_SDK_SYS_STAT_H
#define NTIO_SDK_SYS_STAT_H

#ifndef _WIN32
#include_next <sys/stat.h>
#endif
/* The host's are macros. */
#undef st_atime
#undef st_mtime
#undef st_ctime

#include <sys/types.h>
#include <time.h>

#include "ntio_compiler.h"

#define _S_IFMT   0xF000
#define _S_IFDIR  0x4000
#define _S_IFCHR  0x2000
#define _S_IFIFO  0x1000
#define _S_IFREG  0x8000
#ifndef _S_IREAD
#define _S_IREAD  0x0100
#define _S_IWRITE 0x0080
#endif
#define _S_IEXEC  0x0040

#define NTIO_STAT_(SIZE)                                                                                     \
    _dev_t st_dev; /* the drive, 2 for C: */                                                                 \
    _ino_t st_ino;                                                                                           \
    unsigned short st_mode;                                                                                  \
    short st_nlink;                                                                                          \
    short st_uid;                                                                                            \
    short st_gid;                                                                                            \
    _dev_t st_rdev;                                                                                          \
    SIZE st_size;                                                                                            \
    __time64_t st_atime;                                                                                     \
    __time64_t st_mtime;                                                                                     \
    __time64_t st_ctime;

struct _stat64i32 {
    NTIO_STAT_(_off_t)
};
struct _stat64 {
    NTIO_STAT_(long long)
};

#ifdef __cplusplus
extern "C" {
#endif

/** 0, or -1 and errno: ENOENT, EINVAL (no name, no room), EBADF, EOVERFLOW (a size that needs _stat64). */
NTIO_EXPORT int _stat64i32(const char *path, struct _stat64i32 *about);
NTIO_EXPORT int _wstat64i32(const wchar_t *path, struct _stat64i32 *about);
NTIO_EXPORT int _fstat64i32(int fd, struct _stat64i32 *about);
NTIO_EXPORT int _stat64(const char *path, struct _stat64 *about);
NTIO_EXPORT int _wstat64(const wchar_t *path, struct _stat64 *about);
NTIO_EXPORT int _fstat64(int fd, struct _stat64 *about);

#ifdef __cplusplus
}
#endif

#define _stat       _stat64i32
#define _wstat      _wstat64i32
#define _fstat      _fstat64i32
#define _stati64    _stat64
#define _wstati64   _wstat64
#define _fstati64   _fstat64

#ifdef _WIN32
#define stat        _stat64i32
#define fstat       _fstat64i32
#define S_IFMT      _S_IFMT
#define S_IFDIR     _S_IFDIR
#define S_IFCHR     _S_IFCHR
#define S_IFREG     _S_IFREG
#ifndef S_IREAD
#define S_IREAD     _S_IREAD
#define S_IWRITE    _S_IWRITE
#endif
#define S_IEXEC     _S_IEXEC
#endif

#endif
