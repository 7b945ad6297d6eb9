/*
 * Microsoft's intrinsics as far as drivers and clients of ours meet them.
 */
#ifndef NTIO_INTRIN_WRAPPER_H
#define NTIO_INTRIN_WRAPPER_H
#include "ntio_intrin.h"
#if defined(__x86_64__) || defined(__i386__)
#define __rdtsc() __builtin_ia32_rdtsc()
#define __rdtscp(aux) __builtin_ia32_rdtscp(aux)
#ifdef __cplusplus
extern "C" {
#endif
NTKERNELAPI ULONG64 __readmsr(ULONG Register); /* of a driver; what a test answers (ntio_add_msrs) */
NTKERNELAPI void __writemsr(ULONG Register, ULONG64 Value);
#ifdef __cplusplus
}
#endif
#ifdef __cpuid /* <cpuid.h> gives its macro another form */
#undef __cpuid
#endif
#define __cpuid ntio_cpuid
#define __cpuidex ntio_cpuidex
NTIO_INLINE void ntio_cpuidex(int cpuInfo[4], int function_id, int subfunction_id)
{
    __asm__ __volatile__("cpuid"
                         : "=a"(cpuInfo[0]), "=b"(cpuInfo[1]), "=c"(cpuInfo[2]), "=d"(cpuInfo[3])
                         : "0"(function_id), "2"(subfunction_id));
}
NTIO_INLINE void ntio_cpuid(int cpuInfo[4], int function_id)
{
    ntio_cpuidex(cpuInfo, function_id, 0);
}
#endif
#endif
