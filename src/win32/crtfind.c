/*
 * The C run-time library: searching a directory.
 */
#include "win32p.h"

#include <errno.h>
#include <string.h>

#define NTIO_CRT_IO_PLAIN
#include "../../include/sdk/crt/io.h"

#define EXPORT __attribute__((visibility("default")))
#define EPOCH  116444736000000000 /* 1970, as a FILETIME */

static int fail(void)
{
    return win32_crt_fail(win32_last_error() == ERROR_NOT_ENOUGH_MEMORY ? ENOMEM : ENOENT);
}

/* -1: the file system does not know it. */
static long long seconds(FILETIME time)
{
    LONGLONG value = (LONGLONG)((ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime);
    return value ? (value - EPOCH) / 10000000 : -1;
}

/* FILE_ATTRIBUTE_NORMAL is none of _A_*. */
#define FILL(found, data)                                                                                    \
    do {                                                                                                     \
        (found)->attrib = (data)->dwFileAttributes & ~(DWORD)FILE_ATTRIBUTE_NORMAL;                          \
        (found)->time_create = seconds((data)->ftCreationTime);                                              \
        (found)->time_access = seconds((data)->ftLastAccessTime);                                            \
        (found)->time_write = seconds((data)->ftLastWriteTime);                                              \
        (found)->size =                                                                                      \
            (__typeof__((found)->size))((ULONGLONG)(data)->nFileSizeHigh << 32 | (data)->nFileSizeLow);      \
        memcpy((found)->name, (data)->cFileName, sizeof(found)->name);                                       \
    } while (0)

#define SEARCH(FIRST, NEXT, CHAR, STRUCT, DATA, FindFirst, FindNext)                                         \
    EXPORT intptr_t FIRST(const CHAR *name, STRUCT *found)                                                   \
    {                                                                                                        \
        DATA data;                                                                                           \
        if (!name || !found)                                                                                 \
            return win32_crt_fail(EINVAL);                                                                   \
        HANDLE handle = FindFirst(name, &data);                                                              \
        if (handle == INVALID_HANDLE_VALUE)                                                                  \
            return fail();                                                                                   \
        FILL(found, &data);                                                                                  \
        return (intptr_t)handle;                                                                             \
    }                                                                                                        \
    EXPORT int NEXT(intptr_t handle, STRUCT *found)                                                          \
    {                                                                                                        \
        DATA data;                                                                                           \
        if (!found || handle == -1)                                                                          \
            return win32_crt_fail(EINVAL);                                                                   \
        if (!FindNext((HANDLE)handle, &data))                                                                \
            return fail();                                                                                   \
        FILL(found, &data);                                                                                  \
        return 0;                                                                                            \
    }

SEARCH(_findfirst64i32, _findnext64i32, char, struct _finddata64i32_t, WIN32_FIND_DATAA, FindFirstFileA,
       FindNextFileA)
SEARCH(_findfirst64, _findnext64, char, struct __finddata64_t, WIN32_FIND_DATAA, FindFirstFileA,
       FindNextFileA)
SEARCH(_wfindfirst64i32, _wfindnext64i32, WCHAR, struct _wfinddata64i32_t, WIN32_FIND_DATAW, FindFirstFileW,
       FindNextFileW)
SEARCH(_wfindfirst64, _wfindnext64, WCHAR, struct _wfinddata64_t, WIN32_FIND_DATAW, FindFirstFileW,
       FindNextFileW)

EXPORT int _findclose(intptr_t handle)
{
    return FindClose((HANDLE)handle) ? 0 : win32_crt_fail(EINVAL);
}
