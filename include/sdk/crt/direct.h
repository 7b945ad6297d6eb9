/*
 * <direct.h>: the current directory.
 */
#ifndef NTIO_SDK_DIRECT_H
#define NTIO_SDK_DIRECT_H

#include <stddef.h>

#include "ntio_compiler.h"

EXTERN_C_START

/** As GetCurrentDirectory; a NULL buffer is answered with one from malloc. NULL, and errno ERANGE, when it does not fit. */
NTIO_EXPORT char *_getcwd(char *buffer, int maxlen);
/** 0, or -1 and errno ENOENT. */
NTIO_EXPORT int _chdir(const char *dirname);
/** As CreateDirectory and RemoveDirectory: 0, or -1 and errno. */
NTIO_EXPORT int _mkdir(const char *dirname);
NTIO_EXPORT int _wmkdir(const wchar_t *dirname);
NTIO_EXPORT int _rmdir(const char *dirname);
NTIO_EXPORT int _wrmdir(const wchar_t *dirname);

EXTERN_C_END

#endif
