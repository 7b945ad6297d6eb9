/*
 * The system services, Nt* and Zw*, for both sides: drivers get them through <ntifs.h>, clients through <winternl.h>.
 * Names and prototypes are Windows' own.
 *
 * An Nt* service trusts its arguments as the calling thread's previous mode says; its Zw* twin is for kernel code and
 * trusts them always. In user mode the two are one, which is what <winternl.h> makes of them.
 */
#ifndef NTIO_SERVICES_H
#define NTIO_SERVICES_H

#include "ntdef.h"
#include "ntio_file.h"
#include "ntio_query.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NTIO_SERVICE(name, parameters)                                                                       \
    NTSYSCALLAPI NTSTATUS NTAPI Nt##name parameters;                                                         \
    NTSYSCALLAPI NTSTATUS NTAPI Zw##name parameters

/* --- files and devices --- */

NTIO_SERVICE(CreateFile,
             (PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
              ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength));
NTIO_SERVICE(OpenFile, (PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                        PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions));
NTIO_SERVICE(ReadFile, (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                        PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                        PULONG Key));
NTIO_SERVICE(WriteFile, (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                         PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                         PULONG Key));
NTIO_SERVICE(DeviceIoControlFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength,
              PVOID OutputBuffer, ULONG OutputBufferLength));
NTIO_SERVICE(FsControlFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode, PVOID InputBuffer, ULONG InputBufferLength,
              PVOID OutputBuffer, ULONG OutputBufferLength));
NTIO_SERVICE(QueryInformationFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                    ULONG Length, FILE_INFORMATION_CLASS FileInformationClass));
NTIO_SERVICE(SetInformationFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                  ULONG Length, FILE_INFORMATION_CLASS FileInformationClass));
NTIO_SERVICE(QueryVolumeInformationFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation,
                                          ULONG Length, FS_INFORMATION_CLASS FsInformationClass));
NTIO_SERVICE(SetVolumeInformationFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation,
                                        ULONG Length, FS_INFORMATION_CLASS FsInformationClass));
NTIO_SERVICE(QueryDirectoryFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
              FILE_INFORMATION_CLASS FileInformationClass, BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
              BOOLEAN RestartScan));
NTIO_SERVICE(LockFile, (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                        PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key,
                        BOOLEAN FailImmediately, BOOLEAN ExclusiveLock));
NTIO_SERVICE(UnlockFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset,
                          PLARGE_INTEGER Length, ULONG Key));
NTIO_SERVICE(FlushBuffersFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock));
NTIO_SERVICE(CreateIoCompletion, (PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess,
                                  POBJECT_ATTRIBUTES ObjectAttributes, ULONG Count));
NTIO_SERVICE(OpenIoCompletion,
             (PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(SetIoCompletion, (HANDLE IoCompletionHandle, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus,
                               ULONG_PTR IoStatusInformation));
NTIO_SERVICE(RemoveIoCompletion, (HANDLE IoCompletionHandle, PVOID *KeyContext, PVOID *ApcContext,
                                  PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER Timeout));
NTIO_SERVICE(RemoveIoCompletionEx,
             (HANDLE IoCompletionHandle, PFILE_IO_COMPLETION_INFORMATION IoCompletionInformation, ULONG Count,
              PULONG NumEntriesRemoved, PLARGE_INTEGER Timeout, BOOLEAN Alertable));
NTIO_SERVICE(QueryIoCompletion,
             (HANDLE IoCompletionHandle, IO_COMPLETION_INFORMATION_CLASS IoCompletionInformationClass,
              PVOID IoCompletionInformation, ULONG IoCompletionInformationLength, PULONG ReturnLength));
NTIO_SERVICE(CancelIoFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock));
NTIO_SERVICE(CancelIoFileEx, (HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock));
NTIO_SERVICE(CancelSynchronousIoFile,
             (HANDLE ThreadHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock));
NTIO_SERVICE(QueryAttributesFile,
             (POBJECT_ATTRIBUTES ObjectAttributes, struct _FILE_BASIC_INFORMATION *FileInformation));
NTIO_SERVICE(QueryFullAttributesFile,
             (POBJECT_ATTRIBUTES ObjectAttributes, struct _FILE_NETWORK_OPEN_INFORMATION *FileInformation));
NTIO_SERVICE(DeleteFile, (POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(LoadDriver, (PUNICODE_STRING DriverServiceName));
NTIO_SERVICE(UnloadDriver, (PUNICODE_STRING DriverServiceName));

/* --- objects and handles --- */

NTIO_SERVICE(Close, (HANDLE Handle));
NTIO_SERVICE(DuplicateObject, (HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle,
                               PHANDLE TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                               ULONG Options));
NTIO_SERVICE(QueryObject, (HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass, PVOID ObjectInformation,
                           ULONG ObjectInformationLength, PULONG ReturnLength));
NTIO_SERVICE(SetInformationObject, (HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                                    PVOID ObjectInformation, ULONG ObjectInformationLength));
NTIO_SERVICE(QuerySecurityObject, (HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                   PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length, PULONG LengthNeeded));
NTIO_SERVICE(SetSecurityObject, (HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                 PSECURITY_DESCRIPTOR SecurityDescriptor));
NTIO_SERVICE(MakeTemporaryObject, (HANDLE Handle));
NTIO_SERVICE(MakePermanentObject, (HANDLE Handle));
NTIO_SERVICE(CreateDirectoryObject,
             (PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(OpenDirectoryObject,
             (PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(QueryDirectoryObject, (HANDLE DirectoryHandle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry,
                                    BOOLEAN RestartScan, PULONG Context, PULONG ReturnLength));
NTIO_SERVICE(CreateSymbolicLinkObject, (PHANDLE LinkHandle, ACCESS_MASK DesiredAccess,
                                        POBJECT_ATTRIBUTES ObjectAttributes, PUNICODE_STRING LinkTarget));
NTIO_SERVICE(OpenSymbolicLinkObject,
             (PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(QuerySymbolicLinkObject, (HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength));

/* --- waits and dispatcher objects --- */

NTIO_SERVICE(WaitForSingleObject, (HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout));
NTIO_SERVICE(WaitForMultipleObjects,
             (ULONG Count, HANDLE Handles[], WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout));
NTIO_SERVICE(SignalAndWaitForSingleObject,
             (HANDLE SignalHandle, HANDLE WaitHandle, BOOLEAN Alertable, PLARGE_INTEGER Timeout));
NTIO_SERVICE(DelayExecution, (BOOLEAN Alertable, PLARGE_INTEGER DelayInterval));
NTIO_SERVICE(YieldExecution, (VOID));
NTIO_SERVICE(TestAlert, (VOID));

NTIO_SERVICE(CreateEvent, (PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           EVENT_TYPE EventType, BOOLEAN InitialState));
NTIO_SERVICE(OpenEvent, (PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(SetEvent, (HANDLE EventHandle, PLONG PreviousState));
NTIO_SERVICE(ResetEvent, (HANDLE EventHandle, PLONG PreviousState));
NTIO_SERVICE(ClearEvent, (HANDLE EventHandle));
NTIO_SERVICE(PulseEvent, (HANDLE EventHandle, PLONG PreviousState));
NTIO_SERVICE(QueryEvent, (HANDLE EventHandle, ULONG EventInformationClass, PVOID EventInformation, ULONG Length,
                          PULONG ReturnLength));

NTIO_SERVICE(CreateMutant, (PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            BOOLEAN InitialOwner));
NTIO_SERVICE(OpenMutant, (PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(ReleaseMutant, (HANDLE MutantHandle, PLONG PreviousCount));

NTIO_SERVICE(CreateSemaphore, (PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes, LONG InitialCount, LONG MaximumCount));
NTIO_SERVICE(OpenSemaphore,
             (PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(ReleaseSemaphore, (HANDLE SemaphoreHandle, LONG ReleaseCount, PLONG PreviousCount));

typedef VOID(NTAPI *PTIMER_APC_ROUTINE)(PVOID TimerContext, ULONG TimerLowValue, LONG TimerHighValue);
NTIO_SERVICE(CreateTimer, (PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           TIMER_TYPE TimerType));
NTIO_SERVICE(OpenTimer, (PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(SetTimer, (HANDLE TimerHandle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE TimerApcRoutine,
                        PVOID TimerContext, BOOLEAN ResumeTimer, LONG Period, PBOOLEAN PreviousState));
NTIO_SERVICE(CancelTimer, (HANDLE TimerHandle, PBOOLEAN CurrentState));

/* --- the registry --- */

NTIO_SERVICE(CreateKey, (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                         ULONG TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition));
NTIO_SERVICE(OpenKey, (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(OpenKeyEx, (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                         ULONG OpenOptions));
NTIO_SERVICE(DeleteKey, (HANDLE KeyHandle));
NTIO_SERVICE(RenameKey, (HANDLE KeyHandle, PUNICODE_STRING NewName));
NTIO_SERVICE(FlushKey, (HANDLE KeyHandle));
NTIO_SERVICE(QueryKey, (HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                        ULONG Length, PULONG ResultLength));
NTIO_SERVICE(EnumerateKey, (HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
                            PVOID KeyInformation, ULONG Length, PULONG ResultLength));
NTIO_SERVICE(SetInformationKey, (HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS KeySetInformationClass,
                                 PVOID KeySetInformation, ULONG KeySetInformationLength));
NTIO_SERVICE(QueryValueKey, (HANDLE KeyHandle, PUNICODE_STRING ValueName,
                             KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                             ULONG Length, PULONG ResultLength));
NTIO_SERVICE(QueryMultipleValueKey, (HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount,
                                     PVOID ValueBuffer, PULONG BufferLength, PULONG RequiredBufferLength));
NTIO_SERVICE(EnumerateValueKey, (HANDLE KeyHandle, ULONG Index,
                                 KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                                 ULONG Length, PULONG ResultLength));
NTIO_SERVICE(SetValueKey, (HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data,
                           ULONG DataSize));
NTIO_SERVICE(DeleteValueKey, (HANDLE KeyHandle, PUNICODE_STRING ValueName));
NTIO_SERVICE(NotifyChangeKey, (HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                               PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter, BOOLEAN WatchTree,
                               PVOID Buffer, ULONG BufferSize, BOOLEAN Asynchronous));

/* --- processes and threads --- */

NTIO_SERVICE(CreateThreadEx,
             (PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              HANDLE ProcessHandle, PVOID StartRoutine, PVOID Argument, ULONG CreateFlags, SIZE_T ZeroBits,
              SIZE_T StackSize, SIZE_T MaximumStackSize, PVOID AttributeList));
NTIO_SERVICE(OpenThread, (PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                          PCLIENT_ID ClientId));
NTIO_SERVICE(OpenProcess, (PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           PCLIENT_ID ClientId));
NTIO_SERVICE(OpenProcessToken, (HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle));
NTIO_SERVICE(OpenProcessTokenEx, (HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                                  PHANDLE TokenHandle));
NTIO_SERVICE(OpenThreadToken, (HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
                               PHANDLE TokenHandle));
NTIO_SERVICE(OpenThreadTokenEx, (HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
                                 ULONG HandleAttributes, PHANDLE TokenHandle));
NTIO_SERVICE(QueryInformationToken, (HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                     PVOID TokenInformation, ULONG TokenInformationLength, PULONG ReturnLength));
NTIO_SERVICE(AdjustPrivilegesToken, (HANDLE TokenHandle, BOOLEAN DisableAllPrivileges, PTOKEN_PRIVILEGES NewState,
                                     ULONG BufferLength, PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength));
NTIO_SERVICE(TerminateProcess, (HANDLE ProcessHandle, NTSTATUS ExitStatus));
NTIO_SERVICE(TerminateThread, (HANDLE ThreadHandle, NTSTATUS ExitStatus));
NTIO_SERVICE(SuspendThread, (HANDLE ThreadHandle, PULONG PreviousSuspendCount));
NTIO_SERVICE(ResumeThread, (HANDLE ThreadHandle, PULONG PreviousSuspendCount));
NTIO_SERVICE(QueryInformationThread, (HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass,
                                      PVOID ThreadInformation, ULONG ThreadInformationLength, PULONG ReturnLength));
NTIO_SERVICE(SetInformationThread, (HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass,
                                    PVOID ThreadInformation, ULONG ThreadInformationLength));
NTIO_SERVICE(QueryInformationProcess,
             (HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass, PVOID ProcessInformation,
              ULONG ProcessInformationLength, PULONG ReturnLength));

typedef VOID(NTAPI *PPS_APC_ROUTINE)(PVOID ApcArgument1, PVOID ApcArgument2, PVOID ApcArgument3);
NTIO_SERVICE(QueueApcThread, (HANDLE ThreadHandle, PPS_APC_ROUTINE ApcRoutine, PVOID ApcArgument1,
                              PVOID ApcArgument2, PVOID ApcArgument3));

/* --- virtual memory --- */

NTIO_SERVICE(AllocateVirtualMemory, (HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
                                     PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect));
NTIO_SERVICE(ReadVirtualMemory, (HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T BufferSize,
                                 PSIZE_T NumberOfBytesRead));
NTIO_SERVICE(WriteVirtualMemory, (HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T BufferSize,
                                  PSIZE_T NumberOfBytesWritten));
NTIO_SERVICE(FreeVirtualMemory, (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType));
NTIO_SERVICE(ProtectVirtualMemory, (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG NewProtect,
                                    PULONG OldProtect));
NTIO_SERVICE(QueryVirtualMemory, (HANDLE ProcessHandle, PVOID BaseAddress,
                                  MEMORY_INFORMATION_CLASS MemoryInformationClass, PVOID MemoryInformation,
                                  SIZE_T MemoryInformationLength, PSIZE_T ReturnLength));
NTIO_SERVICE(LockVirtualMemory,
             (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType));
NTIO_SERVICE(UnlockVirtualMemory,
             (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType));

NTIO_SERVICE(FlushVirtualMemory,
             (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, PIO_STATUS_BLOCK IoStatus));
NTIO_SERVICE(CreateSection,
             (PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle));
NTIO_SERVICE(OpenSection, (PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes));
NTIO_SERVICE(QuerySection, (HANDLE SectionHandle, SECTION_INFORMATION_CLASS SectionInformationClass,
                            PVOID SectionInformation, SIZE_T SectionInformationLength, PSIZE_T ReturnLength));
NTIO_SERVICE(MapViewOfSection,
             (HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize,
              PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
              ULONG Win32Protect));
NTIO_SERVICE(UnmapViewOfSection, (HANDLE ProcessHandle, PVOID BaseAddress));

/* --- time --- */

NTIO_SERVICE(QuerySystemTime, (PLARGE_INTEGER SystemTime));
NTIO_SERVICE(QueryPerformanceCounter, (PLARGE_INTEGER PerformanceCounter, PLARGE_INTEGER PerformanceFrequency));

#undef NTIO_SERVICE

#ifdef __cplusplus
}
#endif

#endif
