/*
 * Microsoft's intrinsics as far as drivers and clients of ours meet them.
 */
#ifndef NTIO_INTRIN_WRAPPER_H
#define NTIO_INTRIN_WRAPPER_H
#include "ntio_intrin.h"
#if defined(__x86_64__) || defined(__i386__)
#define __rdtsc() __builtin_ia32_rdtsc()
#endif
#endif
