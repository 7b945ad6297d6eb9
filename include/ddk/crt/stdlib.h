/*
 * <stdlib.h> as a driver sees it: the kernel exports no malloc.
 */
#ifndef NTIO_DDK_STDLIB_H
#define NTIO_DDK_STDLIB_H

#include "string.h"

#ifdef __cplusplus
extern "C" {
#endif

int abs(int);
long labs(long);
int atoi(const char *);
long atol(const char *);
void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
void *bsearch(const void *, const void *, size_t, size_t, int (*)(const void *, const void *));

#ifdef __cplusplus
}
#endif

#define rand      ntio_rand
#define srand     ntio_srand
#define itoa      ntio_itoa
#define ltoa      ntio_itoa
#define ultoa     ntio_ultoa
#define _abs64(x) __builtin_llabs(x)

#ifndef _MAX_PATH
#define _MAX_PATH  260
#define _MAX_DRIVE 3
#define _MAX_DIR   256
#define _MAX_FNAME 256
#define _MAX_EXT   256
#endif
#ifndef __max
#define __max(a, b) ((a) > (b) ? (a) : (b))
#define __min(a, b) ((a) < (b) ? (a) : (b))
#endif
#undef RAND_MAX
#define RAND_MAX 0x7FFF

#endif
