/* <limits.h>: the host's, and ntio_limits.h over it. gcc's own asks for the host's once more, by a way that leads here. */
#ifdef _GCC_NEXT_LIMITS_H
#include_next <limits.h>
#else
#ifndef NTIO_CRT_LIMITS_H
#define NTIO_CRT_LIMITS_H

#include_next <limits.h>

#include <ntio_limits.h>

#endif
#endif
