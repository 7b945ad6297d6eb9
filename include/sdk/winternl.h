/*
 * The Nt* services and the Rtl* functions that ntdll gives a client.
 *
 * ntdll has each service under two names that mean the same; in the kernel the Zw* one means more (it trusts its caller), so
 * here Zw* is spelt as Nt*.
 */
#ifndef NTIO_WINTERNL_H
#define NTIO_WINTERNL_H
#define _WINTERNL_

#include "windef.h"
#include "ntio_services.h"

#ifdef __cplusplus
extern "C" {
#endif

NTSYSAPI ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status);
NTSYSAPI VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NTSYSAPI VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString);
NTSYSAPI NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString,
                                                     PCANSI_STRING SourceString,
                                                     BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString,
                                                     PCUNICODE_STRING SourceString,
                                                     BOOLEAN AllocateDestinationString);
NTSYSAPI VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString);
NTSYSAPI VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString);
NTSYSAPI NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation);

#ifdef __cplusplus
}
#endif

#define ZwCreateFile                      NtCreateFile
#define ZwOpenFile                        NtOpenFile
#define ZwReadFile                        NtReadFile
#define ZwWriteFile                       NtWriteFile
#define ZwDeviceIoControlFile             NtDeviceIoControlFile
#define ZwFsControlFile                   NtFsControlFile
#define ZwQueryInformationFile            NtQueryInformationFile
#define ZwSetInformationFile              NtSetInformationFile
#define ZwQueryVolumeInformationFile      NtQueryVolumeInformationFile
#define ZwSetVolumeInformationFile        NtSetVolumeInformationFile
#define ZwQueryDirectoryFile              NtQueryDirectoryFile
#define ZwFlushBuffersFile                NtFlushBuffersFile
#define ZwCancelIoFile                    NtCancelIoFile
#define ZwCancelIoFileEx                  NtCancelIoFileEx
#define ZwCancelSynchronousIoFile         NtCancelSynchronousIoFile
#define ZwQueryAttributesFile             NtQueryAttributesFile
#define ZwQueryFullAttributesFile         NtQueryFullAttributesFile
#define ZwDeleteFile                      NtDeleteFile
#define ZwLoadDriver                      NtLoadDriver
#define ZwUnloadDriver                    NtUnloadDriver
#define ZwClose                           NtClose
#define ZwDuplicateObject                 NtDuplicateObject
#define ZwQueryObject                     NtQueryObject
#define ZwSetInformationObject            NtSetInformationObject
#define ZwMakeTemporaryObject             NtMakeTemporaryObject
#define ZwMakePermanentObject             NtMakePermanentObject
#define ZwCreateDirectoryObject           NtCreateDirectoryObject
#define ZwOpenDirectoryObject             NtOpenDirectoryObject
#define ZwQueryDirectoryObject            NtQueryDirectoryObject
#define ZwCreateSymbolicLinkObject        NtCreateSymbolicLinkObject
#define ZwOpenSymbolicLinkObject          NtOpenSymbolicLinkObject
#define ZwQuerySymbolicLinkObject         NtQuerySymbolicLinkObject
#define ZwWaitForSingleObject             NtWaitForSingleObject
#define ZwWaitForMultipleObjects          NtWaitForMultipleObjects
#define ZwSignalAndWaitForSingleObject    NtSignalAndWaitForSingleObject
#define ZwDelayExecution                  NtDelayExecution
#define ZwYieldExecution                  NtYieldExecution
#define ZwTestAlert                       NtTestAlert
#define ZwCreateEvent                     NtCreateEvent
#define ZwOpenEvent                       NtOpenEvent
#define ZwSetEvent                        NtSetEvent
#define ZwResetEvent                      NtResetEvent
#define ZwClearEvent                      NtClearEvent
#define ZwPulseEvent                      NtPulseEvent
#define ZwQueryEvent                      NtQueryEvent
#define ZwCreateMutant                    NtCreateMutant
#define ZwOpenMutant                      NtOpenMutant
#define ZwReleaseMutant                   NtReleaseMutant
#define ZwCreateSemaphore                 NtCreateSemaphore
#define ZwOpenSemaphore                   NtOpenSemaphore
#define ZwReleaseSemaphore                NtReleaseSemaphore
#define ZwCreateTimer                     NtCreateTimer
#define ZwOpenTimer                       NtOpenTimer
#define ZwSetTimer                        NtSetTimer
#define ZwCancelTimer                     NtCancelTimer
#define ZwCreateKey                       NtCreateKey
#define ZwOpenKey                         NtOpenKey
#define ZwOpenKeyEx                       NtOpenKeyEx
#define ZwDeleteKey                       NtDeleteKey
#define ZwRenameKey                       NtRenameKey
#define ZwFlushKey                        NtFlushKey
#define ZwQueryKey                        NtQueryKey
#define ZwEnumerateKey                    NtEnumerateKey
#define ZwSetInformationKey               NtSetInformationKey
#define ZwQueryValueKey                   NtQueryValueKey
#define ZwQueryMultipleValueKey           NtQueryMultipleValueKey
#define ZwEnumerateValueKey               NtEnumerateValueKey
#define ZwSetValueKey                     NtSetValueKey
#define ZwDeleteValueKey                  NtDeleteValueKey
#define ZwNotifyChangeKey                 NtNotifyChangeKey
#define ZwCreateThreadEx                  NtCreateThreadEx
#define ZwOpenThread                      NtOpenThread
#define ZwOpenProcess                     NtOpenProcess
#define ZwTerminateThread                 NtTerminateThread
#define ZwResumeThread                    NtResumeThread
#define ZwQueryInformationThread          NtQueryInformationThread
#define ZwSetInformationThread            NtSetInformationThread
#define ZwQueryInformationProcess         NtQueryInformationProcess
#define ZwQueueApcThread                  NtQueueApcThread
#define ZwAllocateVirtualMemory           NtAllocateVirtualMemory
#define ZwFreeVirtualMemory               NtFreeVirtualMemory
#define ZwProtectVirtualMemory            NtProtectVirtualMemory
#define ZwQueryVirtualMemory              NtQueryVirtualMemory
#define ZwLockVirtualMemory               NtLockVirtualMemory
#define ZwUnlockVirtualMemory             NtUnlockVirtualMemory
#define ZwQuerySystemTime                 NtQuerySystemTime
#define ZwQueryPerformanceCounter         NtQueryPerformanceCounter

#endif
