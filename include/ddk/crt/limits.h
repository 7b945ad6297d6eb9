/* <limits.h>: the host's, and ntio_limits.h over it. */
#ifndef NTIO_CRT_LIMITS_H
#define NTIO_CRT_LIMITS_H

#include_next <limits.h>

#include <ntio_limits.h>

#endif
