/*
 * What the kernel exports and no header of Windows declares. A driver that uses such a thing brings a declaration of its own, which may differ
 * from ours; so these show themselves only to the library and to whoever includes this header.
 */
#ifndef NTIO_UNDOCUMENTED_H
#define NTIO_UNDOCUMENTED_H

#include "ntifs.h"
#include "ntio_services.h"

#ifdef __cplusplus
extern "C" {
#endif

extern NTKERNELAPI PULONG NtBuildNumber;
extern NTKERNELAPI POBJECT_TYPE *ExMutantObjectType;
extern NTKERNELAPI POBJECT_TYPE *ExTimerObjectType;
extern NTKERNELAPI POBJECT_TYPE *MmSectionObjectType;
NTKERNELAPI PEPROCESS PsGetThreadProcess(PETHREAD Thread);
NTKERNELAPI BOOLEAN PsIsSystemProcess(PEPROCESS Process);
NTKERNELAPI BOOLEAN PsIsThreadImpersonating(PETHREAD Thread);
NTSYSAPI ULONG RtlComputeCrc32(ULONG PartialCrc, PVOID Buffer, ULONG Length);
NTSYSAPI NTSTATUS RtlAppendAsciizToString(PSTRING Destination, PCSZ Source);
NTSYSAPI BOOLEAN RtlValidAcl(PACL Acl);
NTSYSAPI ULONG RtlUniform(PULONG Seed);
NTSYSAPI DECLSPEC_NORETURN VOID RtlRaiseStatus(NTSTATUS Status);
NTSYSAPI VOID RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);
NTSYSAPI SIZE_T RtlSizeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);
NTKERNELAPI NTSTATUS IoSetIoCompletion(PVOID IoCompletion, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus,
                                       ULONG_PTR IoStatusInformation, BOOLEAN Quota);
NTKERNELAPI NTSTATUS IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction);
NTKERNELAPI VOID IoDeleteDriver(PDRIVER_OBJECT DriverObject);
extern NTKERNELAPI POBJECT_TYPE *IoDriverObjectType;
extern NTKERNELAPI POBJECT_TYPE *IoDeviceObjectType;

#ifdef __cplusplus
}
#endif

#endif
