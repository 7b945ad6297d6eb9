/*
 * <direct.h>: the current directory.
 */
#ifndef NTIO_SDK_DIRECT_H
#define NTIO_SDK_DIRECT_H

#include "ntio_compiler.h"

/** As GetCurrentDirectory; a NULL buffer is answered with one from malloc. NULL, and errno ERANGE, when it does not fit. */
NTIO_EXPORT char *_getcwd(char *buffer, int maxlen);
/** 0, or -1 and errno ENOENT. */
NTIO_EXPORT int _chdir(const char *dirname);

#endif
