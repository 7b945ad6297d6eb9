/*
 * <sys/types.h> as a client sees it: the host's, and Microsoft's names.
 */
#ifndef NTIO_SDK_SYS_TYPES_H
#define NTIO_SDK_SYS_TYPES_H

#include_next <sys/types.h>

typedef unsigned short _ino_t;
typedef unsigned int _dev_t;
typedef int _off_t;

#endif
