/*
 * The system services, Nt* and Zw*: NTIO_SERVICE(zw, nt, name, parameters), where zw and nt tell which header shows that name to drivers:
 * DDK (<wdm.h> and <ntddk.h>), IFS (<ntifs.h>) or OWN (none: drivers declare it themselves). Included once for each of the three by the
 * headers that define NTIO_SHOW_DDK, NTIO_SHOW_IFS and NTIO_SHOW_OWN.
 *
 * An Nt* service trusts its arguments as the calling thread's previous mode says; its Zw* twin is for kernel code and
 * trusts them always. In user mode the two are one, which is what <winternl.h> makes of them.
 */
#define NTIO_SERVICE(zw, nt, name, parameters)                                                               \
    NTIO_SHOW_##zw(Zw##name, parameters) NTIO_SHOW_##nt(Nt##name, parameters)

/* --- files and devices --- */

NTIO_SERVICE(DDK, IFS, CreateFile,
             (PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER AllocationSize, ULONG FileAttributes, ULONG ShareAccess,
              ULONG CreateDisposition, ULONG CreateOptions, PVOID EaBuffer, ULONG EaLength))
NTIO_SERVICE(DDK, IFS, OpenFile, (PHANDLE FileHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                        PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG OpenOptions))
NTIO_SERVICE(OWN, OWN, CreateNamedPipeFile,
             (PHANDLE FileHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
              ULONG NamedPipeType, ULONG ReadMode, ULONG CompletionMode, ULONG MaximumInstances, ULONG InboundQuota,
              ULONG OutboundQuota, PLARGE_INTEGER DefaultTimeout))
NTIO_SERVICE(DDK, IFS, ReadFile, (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                        PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                        PULONG Key))
NTIO_SERVICE(DDK, IFS, WriteFile, (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                         PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length, PLARGE_INTEGER ByteOffset,
                         PULONG Key))
NTIO_SERVICE(DDK, IFS, DeviceIoControlFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength,
              PVOID OutputBuffer, ULONG OutputBufferLength))
NTIO_SERVICE(IFS, IFS, FsControlFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode, PVOID InputBuffer, ULONG InputBufferLength,
              PVOID OutputBuffer, ULONG OutputBufferLength))
NTIO_SERVICE(DDK, IFS, QueryInformationFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                    ULONG Length, FILE_INFORMATION_CLASS FileInformationClass))
NTIO_SERVICE(DDK, IFS, SetInformationFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation,
                                  ULONG Length, FILE_INFORMATION_CLASS FileInformationClass))
NTIO_SERVICE(DDK, IFS, QueryVolumeInformationFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation,
                                          ULONG Length, FS_INFORMATION_CLASS FsInformationClass))
NTIO_SERVICE(IFS, IFS, SetVolumeInformationFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID FsInformation,
                                        ULONG Length, FS_INFORMATION_CLASS FsInformationClass))
NTIO_SERVICE(IFS, IFS, QueryDirectoryFile,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
              FILE_INFORMATION_CLASS FileInformationClass, BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName,
              BOOLEAN RestartScan))
NTIO_SERVICE(IFS, IFS, QueryDirectoryFileEx,
             (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
              PIO_STATUS_BLOCK IoStatusBlock, PVOID FileInformation, ULONG Length,
              FILE_INFORMATION_CLASS FileInformationClass, ULONG QueryFlags, PUNICODE_STRING FileName))
NTIO_SERVICE(IFS, OWN, QueryEaFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length,
                           BOOLEAN ReturnSingleEntry, PVOID EaList, ULONG EaListLength, PULONG EaIndex,
                           BOOLEAN RestartScan))
NTIO_SERVICE(IFS, OWN, SetEaFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PVOID Buffer, ULONG Length))
NTIO_SERVICE(DDK, OWN, AllocateLocallyUniqueId, (PLUID Luid))
NTIO_SERVICE(IFS, IFS, LockFile, (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                        PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset, PLARGE_INTEGER Length, ULONG Key,
                        BOOLEAN FailImmediately, BOOLEAN ExclusiveLock))
NTIO_SERVICE(IFS, IFS, UnlockFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER ByteOffset,
                          PLARGE_INTEGER Length, ULONG Key))
NTIO_SERVICE(IFS, OWN, FlushBuffersFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock))
NTIO_SERVICE(OWN, OWN, CreateIoCompletion, (PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess,
                                  POBJECT_ATTRIBUTES ObjectAttributes, ULONG Count))
NTIO_SERVICE(OWN, OWN, OpenIoCompletion,
             (PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(OWN, OWN, SetIoCompletion, (HANDLE IoCompletionHandle, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus,
                               ULONG_PTR IoStatusInformation))
NTIO_SERVICE(OWN, OWN, RemoveIoCompletion, (HANDLE IoCompletionHandle, PVOID *KeyContext, PVOID *ApcContext,
                                  PIO_STATUS_BLOCK IoStatusBlock, PLARGE_INTEGER Timeout))
NTIO_SERVICE(OWN, OWN, RemoveIoCompletionEx,
             (HANDLE IoCompletionHandle, PFILE_IO_COMPLETION_INFORMATION IoCompletionInformation, ULONG Count,
              PULONG NumEntriesRemoved, PLARGE_INTEGER Timeout, BOOLEAN Alertable))
NTIO_SERVICE(OWN, OWN, QueryIoCompletion,
             (HANDLE IoCompletionHandle, IO_COMPLETION_INFORMATION_CLASS IoCompletionInformationClass,
              PVOID IoCompletionInformation, ULONG IoCompletionInformationLength, PULONG ReturnLength))
NTIO_SERVICE(OWN, OWN, CancelIoFile, (HANDLE FileHandle, PIO_STATUS_BLOCK IoStatusBlock))
NTIO_SERVICE(OWN, OWN, CancelIoFileEx, (HANDLE FileHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock))
NTIO_SERVICE(OWN, OWN, CancelSynchronousIoFile,
             (HANDLE ThreadHandle, PIO_STATUS_BLOCK IoRequestToCancel, PIO_STATUS_BLOCK IoStatusBlock))
NTIO_SERVICE(OWN, OWN, QueryAttributesFile,
             (POBJECT_ATTRIBUTES ObjectAttributes, struct _FILE_BASIC_INFORMATION *FileInformation))
NTIO_SERVICE(DDK, OWN, QueryFullAttributesFile,
             (POBJECT_ATTRIBUTES ObjectAttributes, struct _FILE_NETWORK_OPEN_INFORMATION *FileInformation))
NTIO_SERVICE(IFS, OWN, DeleteFile, (POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(DDK, OWN, LoadDriver, (PUNICODE_STRING DriverServiceName))
NTIO_SERVICE(DDK, OWN, UnloadDriver, (PUNICODE_STRING DriverServiceName))

/* --- objects and handles --- */

NTIO_SERVICE(DDK, IFS, Close, (HANDLE Handle))
NTIO_SERVICE(IFS, OWN, DuplicateObject, (HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle,
                               PHANDLE TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                               ULONG Options))
NTIO_SERVICE(IFS, IFS, QueryObject, (HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass, PVOID ObjectInformation,
                           ULONG ObjectInformationLength, PULONG ReturnLength))
NTIO_SERVICE(OWN, OWN, SetInformationObject, (HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                                    PVOID ObjectInformation, ULONG ObjectInformationLength))
NTIO_SERVICE(IFS, IFS, QuerySecurityObject, (HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                   PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length, PULONG LengthNeeded))
NTIO_SERVICE(IFS, IFS, SetSecurityObject, (HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                                 PSECURITY_DESCRIPTOR SecurityDescriptor))
NTIO_SERVICE(DDK, OWN, MakeTemporaryObject, (HANDLE Handle))
NTIO_SERVICE(OWN, OWN, MakePermanentObject, (HANDLE Handle))
NTIO_SERVICE(DDK, OWN, CreateDirectoryObject,
             (PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(IFS, OWN, OpenDirectoryObject,
             (PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(OWN, OWN, QueryDirectoryObject, (HANDLE DirectoryHandle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry,
                                    BOOLEAN RestartScan, PULONG Context, PULONG ReturnLength))
NTIO_SERVICE(OWN, OWN, CreateSymbolicLinkObject, (PHANDLE LinkHandle, ACCESS_MASK DesiredAccess,
                                        POBJECT_ATTRIBUTES ObjectAttributes, PUNICODE_STRING LinkTarget))
NTIO_SERVICE(DDK, OWN, OpenSymbolicLinkObject,
             (PHANDLE LinkHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(DDK, OWN, QuerySymbolicLinkObject, (HANDLE LinkHandle, PUNICODE_STRING LinkTarget, PULONG ReturnedLength))

/* --- waits and dispatcher objects --- */

NTIO_SERVICE(IFS, OWN, WaitForSingleObject, (HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout))
NTIO_SERVICE(OWN, OWN, WaitForMultipleObjects,
             (ULONG Count, HANDLE Handles[], WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout))
NTIO_SERVICE(OWN, OWN, SignalAndWaitForSingleObject,
             (HANDLE SignalHandle, HANDLE WaitHandle, BOOLEAN Alertable, PLARGE_INTEGER Timeout))
NTIO_SERVICE(OWN, OWN, DelayExecution, (BOOLEAN Alertable, PLARGE_INTEGER DelayInterval))
NTIO_SERVICE(OWN, OWN, YieldExecution, (VOID))
NTIO_SERVICE(OWN, OWN, TestAlert, (VOID))

NTIO_SERVICE(IFS, OWN, CreateEvent, (PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           EVENT_TYPE EventType, BOOLEAN InitialState))
NTIO_SERVICE(DDK, OWN, OpenEvent, (PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(IFS, OWN, SetEvent, (HANDLE EventHandle, PLONG PreviousState))
NTIO_SERVICE(OWN, OWN, ResetEvent, (HANDLE EventHandle, PLONG PreviousState))
NTIO_SERVICE(OWN, OWN, ClearEvent, (HANDLE EventHandle))
NTIO_SERVICE(OWN, OWN, PulseEvent, (HANDLE EventHandle, PLONG PreviousState))
NTIO_SERVICE(OWN, OWN, QueryEvent, (HANDLE EventHandle, ULONG EventInformationClass, PVOID EventInformation, ULONG Length,
                          PULONG ReturnLength))

NTIO_SERVICE(OWN, OWN, CreateMutant, (PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                            BOOLEAN InitialOwner))
NTIO_SERVICE(OWN, OWN, OpenMutant, (PHANDLE MutantHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(OWN, OWN, ReleaseMutant, (HANDLE MutantHandle, PLONG PreviousCount))

NTIO_SERVICE(OWN, OWN, CreateSemaphore, (PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes, LONG InitialCount, LONG MaximumCount))
NTIO_SERVICE(OWN, OWN, OpenSemaphore,
             (PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(OWN, OWN, ReleaseSemaphore, (HANDLE SemaphoreHandle, LONG ReleaseCount, PLONG PreviousCount))

NTIO_SERVICE(DDK, OWN, CreateTimer, (PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           TIMER_TYPE TimerType))
NTIO_SERVICE(DDK, OWN, OpenTimer, (PHANDLE TimerHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(DDK, OWN, SetTimer, (HANDLE TimerHandle, PLARGE_INTEGER DueTime, PTIMER_APC_ROUTINE TimerApcRoutine,
                        PVOID TimerContext, BOOLEAN ResumeTimer, LONG Period, PBOOLEAN PreviousState))
NTIO_SERVICE(DDK, OWN, CancelTimer, (HANDLE TimerHandle, PBOOLEAN CurrentState))

/* --- the registry --- */

NTIO_SERVICE(DDK, OWN, CreateKey, (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                         ULONG TitleIndex, PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition))
NTIO_SERVICE(DDK, OWN, OpenKey, (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(DDK, OWN, OpenKeyEx, (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                         ULONG OpenOptions))
NTIO_SERVICE(DDK, OWN, DeleteKey, (HANDLE KeyHandle))
NTIO_SERVICE(DDK, OWN, RenameKey, (HANDLE KeyHandle, PUNICODE_STRING NewName))
NTIO_SERVICE(DDK, OWN, FlushKey, (HANDLE KeyHandle))
NTIO_SERVICE(DDK, OWN, QueryKey, (HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                        ULONG Length, PULONG ResultLength))
NTIO_SERVICE(DDK, OWN, EnumerateKey, (HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
                            PVOID KeyInformation, ULONG Length, PULONG ResultLength))
NTIO_SERVICE(DDK, OWN, SetInformationKey, (HANDLE KeyHandle, KEY_SET_INFORMATION_CLASS KeySetInformationClass,
                                 PVOID KeySetInformation, ULONG KeySetInformationLength))
NTIO_SERVICE(DDK, OWN, QueryValueKey, (HANDLE KeyHandle, PUNICODE_STRING ValueName,
                             KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                             ULONG Length, PULONG ResultLength))
NTIO_SERVICE(DDK, OWN, QueryMultipleValueKey, (HANDLE KeyHandle, PKEY_VALUE_ENTRY ValueEntries, ULONG EntryCount,
                                     PVOID ValueBuffer, PULONG BufferLength, PULONG RequiredBufferLength))
NTIO_SERVICE(DDK, OWN, EnumerateValueKey, (HANDLE KeyHandle, ULONG Index,
                                 KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation,
                                 ULONG Length, PULONG ResultLength))
NTIO_SERVICE(DDK, OWN, SetValueKey, (HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data,
                           ULONG DataSize))
NTIO_SERVICE(DDK, OWN, DeleteValueKey, (HANDLE KeyHandle, PUNICODE_STRING ValueName))
NTIO_SERVICE(IFS, OWN, NotifyChangeKey, (HANDLE KeyHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
                               PIO_STATUS_BLOCK IoStatusBlock, ULONG CompletionFilter, BOOLEAN WatchTree,
                               PVOID Buffer, ULONG BufferSize, BOOLEAN Asynchronous))

/* --- processes and threads --- */

NTIO_SERVICE(OWN, OWN, CreateThreadEx,
             (PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              HANDLE ProcessHandle, PVOID StartRoutine, PVOID Argument, ULONG CreateFlags, SIZE_T ZeroBits,
              SIZE_T StackSize, SIZE_T MaximumStackSize, PVOID AttributeList))
NTIO_SERVICE(OWN, OWN, OpenThread, (PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                          PCLIENT_ID ClientId))
NTIO_SERVICE(DDK, DDK, OpenProcess, (PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                           PCLIENT_ID ClientId))
NTIO_SERVICE(OWN, IFS, OpenProcessToken, (HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle))
NTIO_SERVICE(IFS, IFS, OpenProcessTokenEx, (HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                                  PHANDLE TokenHandle))
NTIO_SERVICE(OWN, IFS, OpenThreadToken, (HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
                               PHANDLE TokenHandle))
NTIO_SERVICE(IFS, IFS, OpenThreadTokenEx, (HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
                                 ULONG HandleAttributes, PHANDLE TokenHandle))
NTIO_SERVICE(IFS, IFS, DuplicateToken, (HANDLE ExistingTokenHandle, ACCESS_MASK DesiredAccess,
                                        POBJECT_ATTRIBUTES ObjectAttributes, BOOLEAN EffectiveOnly, TOKEN_TYPE TokenType,
                                        PHANDLE NewTokenHandle))
NTIO_SERVICE(OWN, IFS, FilterToken, (HANDLE ExistingTokenHandle, ULONG Flags, PTOKEN_GROUPS SidsToDisable,
                                     PTOKEN_PRIVILEGES PrivilegesToDelete, PTOKEN_GROUPS RestrictedSids,
                                     PHANDLE NewTokenHandle))
NTIO_SERVICE(IFS, IFS, SetInformationToken, (HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                             PVOID TokenInformation, ULONG TokenInformationLength))
NTIO_SERVICE(IFS, IFS, QueryInformationToken, (HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                     PVOID TokenInformation, ULONG TokenInformationLength, PULONG ReturnLength))
NTIO_SERVICE(OWN, IFS, AdjustPrivilegesToken, (HANDLE TokenHandle, BOOLEAN DisableAllPrivileges, PTOKEN_PRIVILEGES NewState,
                                     ULONG BufferLength, PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength))
NTIO_SERVICE(DDK, OWN, TerminateProcess, (HANDLE ProcessHandle, NTSTATUS ExitStatus))
NTIO_SERVICE(OWN, OWN, TerminateThread, (HANDLE ThreadHandle, NTSTATUS ExitStatus))
NTIO_SERVICE(OWN, OWN, SuspendThread, (HANDLE ThreadHandle, PULONG PreviousSuspendCount))
NTIO_SERVICE(OWN, OWN, ResumeThread, (HANDLE ThreadHandle, PULONG PreviousSuspendCount))
NTIO_SERVICE(OWN, OWN, QueryInformationThread, (HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass,
                                      PVOID ThreadInformation, ULONG ThreadInformationLength, PULONG ReturnLength))
NTIO_SERVICE(OWN, OWN, SetInformationProcess, (HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass,
                                                PVOID ProcessInformation, ULONG ProcessInformationLength))
NTIO_SERVICE(DDK, IFS, SetInformationThread, (HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass,
                                    PVOID ThreadInformation, ULONG ThreadInformationLength))
NTIO_SERVICE(OWN, DDK, QueryInformationProcess,
             (HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass, PVOID ProcessInformation,
              ULONG ProcessInformationLength, PULONG ReturnLength))

NTIO_SERVICE(OWN, OWN, QueueApcThread, (HANDLE ThreadHandle, PPS_APC_ROUTINE ApcRoutine, PVOID ApcArgument1,
                              PVOID ApcArgument2, PVOID ApcArgument3))

/* --- virtual memory --- */

NTIO_SERVICE(IFS, IFS, AllocateVirtualMemory, (HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits,
                                     PSIZE_T RegionSize, ULONG AllocationType, ULONG Protect))
NTIO_SERVICE(OWN, OWN, ReadVirtualMemory, (HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T BufferSize,
                                 PSIZE_T NumberOfBytesRead))
NTIO_SERVICE(OWN, OWN, WriteVirtualMemory, (HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T BufferSize,
                                  PSIZE_T NumberOfBytesWritten))
NTIO_SERVICE(IFS, IFS, FreeVirtualMemory, (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType))
NTIO_SERVICE(OWN, OWN, ProtectVirtualMemory, (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG NewProtect,
                                    PULONG OldProtect))
NTIO_SERVICE(IFS, IFS, QueryVirtualMemory, (HANDLE ProcessHandle, PVOID BaseAddress,
                                  MEMORY_INFORMATION_CLASS MemoryInformationClass, PVOID MemoryInformation,
                                  SIZE_T MemoryInformationLength, PSIZE_T ReturnLength))
NTIO_SERVICE(OWN, OWN, LockVirtualMemory,
             (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType))
NTIO_SERVICE(OWN, OWN, UnlockVirtualMemory,
             (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG MapType))

NTIO_SERVICE(IFS, OWN, FlushVirtualMemory,
             (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, PIO_STATUS_BLOCK IoStatus))
NTIO_SERVICE(DDK, IFS, CreateSection,
             (PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PLARGE_INTEGER MaximumSize, ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle))
NTIO_SERVICE(DDK, OWN, OpenSection, (PHANDLE SectionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(OWN, OWN, QuerySection, (HANDLE SectionHandle, SECTION_INFORMATION_CLASS SectionInformationClass,
                            PVOID SectionInformation, SIZE_T SectionInformationLength, PSIZE_T ReturnLength))
NTIO_SERVICE(DDK, OWN, MapViewOfSection,
             (HANDLE SectionHandle, HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits, SIZE_T CommitSize,
              PLARGE_INTEGER SectionOffset, PSIZE_T ViewSize, SECTION_INHERIT InheritDisposition, ULONG AllocationType,
              ULONG Win32Protect))
NTIO_SERVICE(DDK, OWN, UnmapViewOfSection, (HANDLE ProcessHandle, PVOID BaseAddress))

/* --- transactions --- */

NTIO_SERVICE(DDK, DDK, CreateTransaction,
             (PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, LPGUID Uow,
              HANDLE TmHandle, ULONG CreateOptions, ULONG IsolationLevel, ULONG IsolationFlags,
              PLARGE_INTEGER Timeout, PUNICODE_STRING Description))
NTIO_SERVICE(DDK, DDK, OpenTransaction, (PHANDLE TransactionHandle, ACCESS_MASK DesiredAccess,
                               POBJECT_ATTRIBUTES ObjectAttributes, LPGUID Uow, HANDLE TmHandle))
NTIO_SERVICE(DDK, DDK, CommitTransaction, (HANDLE TransactionHandle, BOOLEAN Wait))
NTIO_SERVICE(DDK, DDK, RollbackTransaction, (HANDLE TransactionHandle, BOOLEAN Wait))
NTIO_SERVICE(DDK, DDK, QueryInformationTransaction,
             (HANDLE TransactionHandle, TRANSACTION_INFORMATION_CLASS TransactionInformationClass,
              PVOID TransactionInformation, ULONG TransactionInformationLength, PULONG ReturnLength))
NTIO_SERVICE(DDK, DDK, SetInformationTransaction,
             (HANDLE TransactionHandle, TRANSACTION_INFORMATION_CLASS TransactionInformationClass,
              PVOID TransactionInformation, ULONG TransactionInformationLength))

NTIO_SERVICE(DDK, DDK, CreateTransactionManager,
             (PHANDLE TmHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PUNICODE_STRING LogFileName, ULONG CreateOptions, ULONG CommitStrength))
NTIO_SERVICE(DDK, DDK, OpenTransactionManager,
             (PHANDLE TmHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              PUNICODE_STRING LogFileName, LPGUID TmIdentity, ULONG OpenOptions))
NTIO_SERVICE(DDK, DDK, RecoverTransactionManager, (HANDLE TransactionManagerHandle))
NTIO_SERVICE(DDK, DDK, RollforwardTransactionManager, (HANDLE TransactionManagerHandle, PLARGE_INTEGER TmVirtualClock))
NTIO_SERVICE(DDK, DDK, QueryInformationTransactionManager,
             (HANDLE TransactionManagerHandle,
              TRANSACTIONMANAGER_INFORMATION_CLASS TransactionManagerInformationClass,
              PVOID TransactionManagerInformation, ULONG TransactionManagerInformationLength, PULONG ReturnLength))

NTIO_SERVICE(DDK, DDK, CreateResourceManager,
             (PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess, HANDLE TmHandle, LPGUID RmGuid,
              POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions, PUNICODE_STRING Description))
NTIO_SERVICE(DDK, DDK, OpenResourceManager, (PHANDLE ResourceManagerHandle, ACCESS_MASK DesiredAccess, HANDLE TmHandle,
                                   LPGUID ResourceManagerGuid, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(DDK, DDK, RecoverResourceManager, (HANDLE ResourceManagerHandle))
NTIO_SERVICE(DDK, DDK, GetNotificationResourceManager,
             (HANDLE ResourceManagerHandle, PTRANSACTION_NOTIFICATION TransactionNotification,
              ULONG NotificationLength, PLARGE_INTEGER Timeout, PULONG ReturnLength, ULONG Asynchronous,
              ULONG_PTR AsynchronousContext))
NTIO_SERVICE(DDK, DDK, QueryInformationResourceManager,
             (HANDLE ResourceManagerHandle, RESOURCEMANAGER_INFORMATION_CLASS ResourceManagerInformationClass,
              PVOID ResourceManagerInformation, ULONG ResourceManagerInformationLength, PULONG ReturnLength))

NTIO_SERVICE(DDK, DDK, CreateEnlistment,
             (PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess, HANDLE ResourceManagerHandle,
              HANDLE TransactionHandle, POBJECT_ATTRIBUTES ObjectAttributes, ULONG CreateOptions,
              NOTIFICATION_MASK NotificationMask, PVOID EnlistmentKey))
NTIO_SERVICE(DDK, DDK, OpenEnlistment, (PHANDLE EnlistmentHandle, ACCESS_MASK DesiredAccess, HANDLE RmHandle,
                              LPGUID EnlistmentGuid, POBJECT_ATTRIBUTES ObjectAttributes))
NTIO_SERVICE(DDK, DDK, QueryInformationEnlistment,
             (HANDLE EnlistmentHandle, ENLISTMENT_INFORMATION_CLASS EnlistmentInformationClass,
              PVOID EnlistmentInformation, ULONG EnlistmentInformationLength, PULONG ReturnLength))
NTIO_SERVICE(DDK, DDK, SetInformationEnlistment,
             (HANDLE EnlistmentHandle, ENLISTMENT_INFORMATION_CLASS EnlistmentInformationClass,
              PVOID EnlistmentInformation, ULONG EnlistmentInformationLength))
NTIO_SERVICE(DDK, DDK, RecoverEnlistment, (HANDLE EnlistmentHandle, PVOID EnlistmentKey))
NTIO_SERVICE(DDK, DDK, PrePrepareEnlistment, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock))
NTIO_SERVICE(DDK, DDK, PrepareEnlistment, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock))
NTIO_SERVICE(DDK, DDK, CommitEnlistment, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock))
NTIO_SERVICE(DDK, DDK, RollbackEnlistment, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock))
NTIO_SERVICE(DDK, DDK, PrePrepareComplete, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock))
NTIO_SERVICE(DDK, DDK, PrepareComplete, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock))
NTIO_SERVICE(DDK, DDK, CommitComplete, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock))
NTIO_SERVICE(DDK, DDK, RollbackComplete, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock))
NTIO_SERVICE(DDK, DDK, ReadOnlyEnlistment, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock))
NTIO_SERVICE(DDK, DDK, SinglePhaseReject, (HANDLE EnlistmentHandle, PLARGE_INTEGER TmVirtualClock))

/* --- keys in a transaction --- */

NTIO_SERVICE(DDK, OWN, CreateKeyTransacted,
             (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
              PUNICODE_STRING Class, ULONG CreateOptions, HANDLE TransactionHandle, PULONG Disposition))
NTIO_SERVICE(DDK, OWN, OpenKeyTransacted, (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                                 HANDLE TransactionHandle))
NTIO_SERVICE(DDK, OWN, OpenKeyTransactedEx,
             (PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions,
              HANDLE TransactionHandle))

/* --- time --- */

NTIO_SERVICE(OWN, OWN, QuerySystemTime, (PLARGE_INTEGER SystemTime))
NTIO_SERVICE(OWN, OWN, QueryPerformanceCounter, (PLARGE_INTEGER PerformanceCounter, PLARGE_INTEGER PerformanceFrequency))

#undef NTIO_SERVICE
#undef NTIO_SHOW_DDK
#undef NTIO_SHOW_IFS
#undef NTIO_SHOW_OWN
