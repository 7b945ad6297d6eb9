/*
 * <sys/types.h> as a driver sees it: Microsoft's few names.
 */
#ifndef NTIO_DDK_SYS_TYPES_H
#define NTIO_DDK_SYS_TYPES_H

typedef unsigned short _ino_t;
typedef unsigned int _dev_t;
typedef int _off_t;

#endif
