/*
 * <sys/types.h> as a client sees it: the host's, and Microsoft's names.
 */
#ifndef NTIO_SDK_SYS_TYPES_H
#define NTIO_SDK_SYS_TYPES_H

/* Names that Microsoft's has not, and that clients declare for themselves, with Microsoft's types. */
#define u_int64_t ntio_host_u_int64_t
#include_next <sys/types.h>
#undef u_int64_t

typedef unsigned short _ino_t;
typedef unsigned int _dev_t;
typedef int _off_t;

#endif
