/*
 * What <stdlib.h> and <stdio.h> have beyond strings, numbers and files.
 */
#ifndef NTIO_CRT_MISC_H
#define NTIO_CRT_MISC_H

#include <stddef.h>

#include "ntio_compiler.h"

EXTERN_C_START

/** Parts of "C:\a\b.c": "C:", "\a\", "b", ".c". NULL where one is not wanted. */
NTIO_EXPORT void _splitpath(const char *path, char *drive, char *directory, char *name, char *extension);
NTIO_EXPORT void _wsplitpath(const wchar_t *path, wchar_t *drive, wchar_t *directory, wchar_t *name, wchar_t *extension);
NTIO_EXPORT void _makepath(char *path, const char *drive, const char *directory, const char *name, const char *extension);
NTIO_EXPORT void _wmakepath(wchar_t *path, const wchar_t *drive, const wchar_t *directory, const wchar_t *name,
                            const wchar_t *extension);
NTIO_EXPORT char *_fullpath(char *to, const char *path, size_t size);
NTIO_EXPORT wchar_t *ntio_fgetws(wchar_t *to, int size, void *stream);
NTIO_EXPORT void _wperror(const wchar_t *text);
/** "pause" and "cls"; -1 and ENOENT for any other command: there is no cmd.exe. NULL: 0, there is none. */
NTIO_EXPORT int ntio_system(const char *command);
NTIO_EXPORT int _wsystem(const wchar_t *command);
NTIO_EXPORT int ntio_getenv_s(size_t *needed, char *to, size_t size, const char *name);
NTIO_EXPORT int _dupenv_s(char **to, size_t *length, const char *name);

EXTERN_C_END

#endif
