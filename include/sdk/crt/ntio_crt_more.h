/*
 * What <stdlib.h>, <string.h> and <stdio.h> have beyond ntio_crt_misc.h: error texts, the environment, random numbers, aligned blocks.
 */
#ifndef NTIO_CRT_MORE_H
#define NTIO_CRT_MORE_H

#ifndef NTIO_CXX_DECLARES
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#endif

#include "ntio_compiler.h"

EXTERN_C_START

/** The text for an errno, cut off where there is no room; EINVAL without a buffer. */
NTIO_EXPORT int ntio_strerror_s(char *to, size_t size, int error);
NTIO_EXPORT int _wcserror_s(wchar_t *to, size_t size, int error);
NTIO_EXPORT int _get_errno(int *value);
NTIO_EXPORT int _set_errno(int value);
/** "NAME=value"; an empty value takes the name away. */
NTIO_EXPORT int _putenv(const char *assignment);
NTIO_EXPORT int _wputenv(const wchar_t *assignment);
NTIO_EXPORT int _putenv_s(const char *name, const char *value);
NTIO_EXPORT int _wputenv_s(const wchar_t *name, const wchar_t *value);
/** In a buffer of the process's, valid until the next call. */
NTIO_EXPORT wchar_t *_wgetenv(const wchar_t *name);
NTIO_EXPORT int ntio_rand_s(unsigned *value);

EXTERN_C_END

#define strerror_s(to, size, error) ntio_strerror_s((to), (size), (error))
#define rand_s(value)               ntio_rand_s(value)

#define _fseeki64(file, offset, origin) fseeko((file), (offset), (origin))
#define _ftelli64(file)                 ((long long)ftello(file))
#define _aligned_malloc(size, alignment) aligned_alloc((alignment), ((size) + (alignment) - 1) / (alignment) * (alignment))
#define _aligned_free(block)             free(block)
#define _isnan(x)                        __builtin_isnan(x)
#define _finite(x)                       __builtin_isfinite(x)

#endif
