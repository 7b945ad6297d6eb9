/*
 * What <stdio.h> has of files by name. Streams are the host's own structure (FILE); what is behind them is the client's C:.
 */
#ifndef NTIO_CRT_IO_H
#define NTIO_CRT_IO_H

#include <stddef.h>

#include "ntio_compiler.h"

EXTERN_C_START

/** As fopen, on C:, devices (\\.\X) and, when C: has no files, the host's for plain names. Without "b" lines end in "\r\n". */
NTIO_EXPORT void *ntio_fopen(const char *name, const char *mode);
NTIO_EXPORT void *ntio_wfopen(const wchar_t *name, const wchar_t *mode);
NTIO_EXPORT int ntio_fopen_s(void **file, const char *name, const char *mode);
NTIO_EXPORT int ntio_wfopen_s(void **file, const wchar_t *name, const wchar_t *mode);
/** The stream goes to another file from now on; of the standard streams what the host's names say, too. */
NTIO_EXPORT void *ntio_freopen(const char *name, const char *mode, void *stream);
NTIO_EXPORT int ntio_freopen_s(void **file, const char *name, const char *mode, void *stream);
NTIO_EXPORT void *ntio_fdopen(int fd, const char *mode);
NTIO_EXPORT int ntio_fileno(void *stream);
NTIO_EXPORT int ntio_remove(const char *name);
NTIO_EXPORT int ntio_rename(const char *from, const char *to);

EXTERN_C_END

#endif
