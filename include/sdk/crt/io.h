/*
 * <io.h>: files by name.
 */
#ifndef NTIO_SDK_IO_H
#define NTIO_SDK_IO_H

#include "ntio_compiler.h"

/** 0 when the file is there (and can be written to, if the mode has 2), else -1 and errno ENOENT or EACCES. */
NTIO_EXPORT int _access(const char *path, int mode);

#endif
