/*
 * The C run-time library's functions that name a file and do not open it: remove, rename, directories, modes.
 * Which names are the host's is crtio.c's business.
 */
#include "win32p.h"

#include <errno.h>
#include <stdio.h>

#include "../../include/sdk/crt/fcntl.h"
#define NTIO_CRT_IO_PLAIN /* no names without an underscore */
#include "../../include/sdk/crt/io.h"
#include "../../include/sdk/crt/ntio_crt_io.h"

#define EXPORT __attribute__((visibility("default")))

static int result_of(BOOL done)
{
    return done ? 0 : win32_crt_fail_last();
}

EXPORT int ntio_remove(const char *name)
{
    struct win32_wide wide;
    if (!name)
        return win32_crt_fail(EINVAL);
    if (!win32_state())
        return remove(name);
    if (!win32_wide_from_ansi(&wide, name))
        return win32_crt_fail_last();
    int result = win32_crt_is_hosts(wide.text) ? remove(name) : result_of(DeleteFileW(wide.text));
    win32_wide_free(&wide);
    return result;
}

EXPORT int ntio_rename(const char *from, const char *to)
{
    struct win32_wide wide;
    if (!from || !to)
        return win32_crt_fail(EINVAL);
    if (!win32_state())
        return rename(from, to);
    if (!win32_wide_from_ansi(&wide, from))
        return win32_crt_fail_last();
    int result = win32_crt_is_hosts(wide.text) ? rename(from, to) : result_of(MoveFileA(from, to));
    win32_wide_free(&wide);
    return result;
}

EXPORT int _unlink(const char *name)
{
    return ntio_remove(name);
}

EXPORT int _wunlink(const WCHAR *name)
{
    return name ? result_of(DeleteFileW(name)) : win32_crt_fail(EINVAL);
}

EXPORT int _chmod(const char *name, int mode)
{
    DWORD attributes = GetFileAttributesA(name);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return win32_crt_fail_last();
    attributes = mode & _S_IWRITE ? attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY
                                  : (attributes | FILE_ATTRIBUTE_READONLY) & ~(DWORD)FILE_ATTRIBUTE_NORMAL;
    return result_of(SetFileAttributesA(name, attributes));
}

EXPORT int _mkdir(const char *name)
{
    return result_of(CreateDirectoryA(name, NULL));
}

EXPORT int _wmkdir(const WCHAR *name)
{
    return result_of(CreateDirectoryW(name, NULL));
}

EXPORT int _rmdir(const char *name)
{
    return result_of(RemoveDirectoryA(name));
}

EXPORT int _wrmdir(const WCHAR *name)
{
    return result_of(RemoveDirectoryW(name));
}

EXPORT int _waccess(const WCHAR *name, int mode)
{
    DWORD attributes = GetFileAttributesW(name);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return win32_crt_fail_last();
    return mode & 2 && attributes & FILE_ATTRIBUTE_READONLY ? win32_crt_fail(EACCES) : 0;
}

EXPORT int _wchmod(const WCHAR *name, int mode)
{
    DWORD attributes = GetFileAttributesW(name);
    if (attributes == INVALID_FILE_ATTRIBUTES)
        return win32_crt_fail_last();
    attributes = mode & _S_IWRITE ? attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY
                                  : (attributes | FILE_ATTRIBUTE_READONLY) & ~(DWORD)FILE_ATTRIBUTE_NORMAL;
    return result_of(SetFileAttributesW(name, attributes));
}

EXPORT int _access_s(const char *name, int mode)
{
    return !name ? errno = EINVAL : _access(name, mode) ? errno : 0;
}

EXPORT int _waccess_s(const WCHAR *name, int mode)
{
    return !name ? errno = EINVAL : _waccess(name, mode) ? errno : 0;
}
