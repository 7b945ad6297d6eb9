/*
 * Copying, filling and comparing memory under NT's names; the compiler's own functions do it.
 */
#ifndef NTIO_MEMORY_H
#define NTIO_MEMORY_H

#include "ntdef.h"
#include <string.h>

#define RtlEqualMemory(a, b, n) (!memcmp((a), (b), (n)))
#define RtlCopyMemory(d, s, n)  memcpy((d), (s), (n))
#define RtlMoveMemory(d, s, n)  memmove((d), (s), (n))
#define RtlFillMemory(d, n, f)  memset((d), (f), (n))
#define RtlZeroMemory(d, n)     memset((d), 0, (n))

/* memset that no compiler takes away. */
NTIO_INLINE PVOID RtlSecureZeroMemory(PVOID Destination, SIZE_T Length)
{
    memset(Destination, 0, Length);
    __asm__ __volatile__("" : : "r"(Destination) : "memory");
    return Destination;
}

#endif
