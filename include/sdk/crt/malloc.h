/*
 * <malloc.h> as a client sees it.
 */
#ifndef NTIO_SDK_MALLOC_H
#define NTIO_SDK_MALLOC_H

#include <stdlib.h>

#define _alloca __builtin_alloca
#ifndef alloca
#define alloca __builtin_alloca
#endif

#endif
