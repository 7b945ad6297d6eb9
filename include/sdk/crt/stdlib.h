/*
 * <stdlib.h> as a client sees it: the host's, then what Microsoft's has otherwise.
 */
#ifdef NTIO_CXX_HOST
#include_next <stdlib.h>
#else
#ifndef NTIO_SDK_STDLIB_H
#define NTIO_SDK_STDLIB_H

#include_next <stdlib.h>
#include "ntio_crt_client.h"

#undef RAND_MAX
#define RAND_MAX 0x7FFF
#define rand   ntio_client_rand
#define srand  ntio_client_srand
#define itoa   ntio_itoa
#define ltoa   ntio_itoa
#define ultoa  ntio_ultoa

#endif
#endif
