/*
 * The Nt* services and the Rtl* functions that ntdll gives a client.
 *
 * ntdll has each service under two names that mean the same; in the kernel the Zw* one means more (it trusts its caller), so
 * here Zw* is spelt as Nt*.
 */
#ifndef NTIO_WINTERNL_H
#define NTIO_WINTERNL_H
#define _WINTERNL_

#include "ntio_native_show.h"

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
NTSYSAPI BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NTSYSAPI NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask);
NTSYSAPI BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
NTSYSAPI SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length);
NTSYSAPI BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds);
NTSYSAPI PVOID RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size);
/** \??\C:\... in a buffer for RtlFreeUnicodeString; FilePart: its last component, NULL behind a backslash. No name is relative. */
NTIO_EXPORT BOOLEAN NTAPI RtlDosPathNameToNtPathName_U(PCWSTR DosName, PUNICODE_STRING NtName, PCWSTR *FilePart,
                                                       PVOID RelativeName);
NTSYSAPI NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation);

typedef enum _SYSTEM_INFORMATION_CLASS {
    SystemBasicInformation = 0,
    SystemProcessorInformation = 1,
    SystemPerformanceInformation = 2,
    SystemTimeOfDayInformation = 3,
    SystemProcessInformation = 5,
    SystemProcessorPerformanceInformation = 8,
    SystemModuleInformation = 11,
    SystemInterruptInformation = 23,
    SystemExceptionInformation = 33,
    SystemKernelDebuggerInformation = 35,
    SystemRegistryQuotaInformation = 37,
    SystemLookasideInformation = 45,
    SystemCodeIntegrityInformation = 103,
    SystemPolicyInformation = 134
} SYSTEM_INFORMATION_CLASS;

typedef struct _SYSTEM_BASIC_INFORMATION {
    BYTE Reserved1[24];
    PVOID Reserved2[4];
    CCHAR NumberOfProcessors;
} SYSTEM_BASIC_INFORMATION, *PSYSTEM_BASIC_INFORMATION;
typedef struct _SYSTEM_TIMEOFDAY_INFORMATION {
    BYTE Reserved1[48];
} SYSTEM_TIMEOFDAY_INFORMATION, *PSYSTEM_TIMEOFDAY_INFORMATION;
typedef struct _SYSTEM_CODEINTEGRITY_INFORMATION {
    ULONG Length;
    ULONG CodeIntegrityOptions;
} SYSTEM_CODEINTEGRITY_INFORMATION, *PSYSTEM_CODEINTEGRITY_INFORMATION;
typedef struct _SYSTEM_THREAD_INFORMATION {
    LARGE_INTEGER Reserved1[3];
    ULONG Reserved2;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    KPRIORITY Priority;
    LONG BasePriority;
    ULONG Reserved3;
    ULONG ThreadState;
    ULONG WaitReason;
} SYSTEM_THREAD_INFORMATION, *PSYSTEM_THREAD_INFORMATION;
typedef struct _SYSTEM_PROCESS_INFORMATION {
    ULONG NextEntryOffset;
    ULONG NumberOfThreads;
    BYTE Reserved1[48];
    UNICODE_STRING ImageName;
    KPRIORITY BasePriority;
    HANDLE UniqueProcessId;
    PVOID Reserved2;
    ULONG HandleCount;
    ULONG SessionId;
    PVOID Reserved3;
    SIZE_T PeakVirtualSize;
    SIZE_T VirtualSize;
    ULONG Reserved4;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    PVOID Reserved5;
    SIZE_T QuotaPagedPoolUsage;
    PVOID Reserved6;
    SIZE_T QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
    SIZE_T PrivatePageCount;
    LARGE_INTEGER Reserved7[6];
} SYSTEM_PROCESS_INFORMATION, *PSYSTEM_PROCESS_INFORMATION;

/** STATUS_INFO_LENGTH_MISMATCH, with the length needed, when the buffer is not the class's; STATUS_INVALID_INFO_CLASS. */
NTSYSAPI NTSTATUS NTAPI NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS SystemInformationClass, PVOID SystemInformation,
                                                 ULONG SystemInformationLength, PULONG ReturnLength);

#ifdef __cplusplus
}
#endif

#define ZwQuerySystemInformation          NtQuerySystemInformation
#define ZwCreateSection                   NtCreateSection
#define ZwOpenSection                     NtOpenSection
#define ZwQuerySection                    NtQuerySection
#define ZwMapViewOfSection                NtMapViewOfSection
#define ZwUnmapViewOfSection              NtUnmapViewOfSection
#define ZwFlushVirtualMemory              NtFlushVirtualMemory
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
#define ZwLockFile                        NtLockFile
#define ZwUnlockFile                      NtUnlockFile
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
#define ZwCreateNamedPipeFile             NtCreateNamedPipeFile
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
#define ZwSuspendThread                   NtSuspendThread
#define ZwTerminateThread                 NtTerminateThread
#define ZwResumeThread                    NtResumeThread
#define ZwDuplicateToken                  NtDuplicateToken
#define ZwFilterToken                     NtFilterToken
#define ZwSetInformationToken             NtSetInformationToken
#define ZwQueryInformationThread          NtQueryInformationThread
#define ZwSetInformationProcess           NtSetInformationProcess
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
