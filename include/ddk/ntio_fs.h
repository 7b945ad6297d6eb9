/*
 * What <ntifs.h> adds to Ke, Ex, Mm, Rtl and Io.
 */
#ifndef NTIO_DDK_FS_H
#define NTIO_DDK_FS_H

#include "ntio_fileinfo.h"
#include "ntio_queryfs.h"
#include "ntio_token.h"

/* --- Ke and Ex --- */

NTKERNELAPI VOID KeInitializeMutant(PRKMUTANT Mutant, BOOLEAN InitialOwner);
NTKERNELAPI LONG KeReleaseMutant(PRKMUTANT Mutant, KPRIORITY Increment, BOOLEAN Abandoned, BOOLEAN Wait);
NTKERNELAPI LONG KeReadStateMutant(PRKMUTANT Mutant);

typedef struct _KQUEUE {
    DISPATCHER_HEADER Header;
    LIST_ENTRY EntryListHead;
    volatile ULONG CurrentCount;
    ULONG MaximumCount;
    LIST_ENTRY ThreadListHead;
} KQUEUE, *PKQUEUE, *PRKQUEUE;

NTKERNELAPI VOID KeInitializeQueue(PRKQUEUE Queue, ULONG Count);
NTKERNELAPI LONG KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry);
NTKERNELAPI LONG KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry);
NTKERNELAPI PLIST_ENTRY KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout);
NTKERNELAPI ULONG KeRemoveQueueEx(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                  PLIST_ENTRY *EntryArray, ULONG Count);
NTKERNELAPI PLIST_ENTRY KeRundownQueue(PRKQUEUE Queue);
NTKERNELAPI LONG KeReadStateQueue(PRKQUEUE Queue);

typedef struct _KAPC_STATE {
    LIST_ENTRY ApcListHead[MaximumMode];
    struct _KPROCESS *Process;
    BOOLEAN KernelApcInProgress;
    BOOLEAN KernelApcPending;
    BOOLEAN UserApcPending;
} KAPC_STATE, *PKAPC_STATE, *PRKAPC_STATE;

NTKERNELAPI VOID KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState);
NTKERNELAPI VOID KeUnstackDetachProcess(PRKAPC_STATE ApcState);
NTKERNELAPI VOID KeAttachProcess(PRKPROCESS Process);
NTKERNELAPI VOID KeDetachProcess(VOID);
NTKERNELAPI BOOLEAN KeSetKernelStackSwapEnable(BOOLEAN Enable);
NTKERNELAPI VOID ExDisableResourceBoostLite(PERESOURCE Resource);

#define RtlOffsetToPointer(Base, Offset)  ((PCHAR)(((PCHAR)(Base)) + ((ULONG_PTR)(Offset))))
#define RtlPointerToOffset(Base, Pointer) ((ULONG)(((PCHAR)(Pointer)) - ((PCHAR)(Base))))
#ifndef FlagOn
#define FlagOn(Flags, Mask)        ((Flags) & (Mask))
#define BooleanFlagOn(Flags, Mask) ((BOOLEAN)(((Flags) & (Mask)) != 0))
#define SetFlag(Flags, Mask)       ((Flags) |= (Mask))
#define ClearFlag(Flags, Mask)     ((Flags) &= ~(Mask))
#endif

/* --- Rtl: memory, strings, time, security, heaps --- */

NTSYSAPI SIZE_T RtlCompareMemoryUlong(PVOID Source, SIZE_T Length, ULONG Pattern);
NTSYSAPI VOID RtlFillMemoryUlong(PVOID Destination, SIZE_T Length, ULONG Pattern);
NTSYSAPI VOID RtlFillMemoryUlonglong(PVOID Destination, SIZE_T Length, ULONGLONG Pattern);
NTSYSAPI NTSTATUS RtlInitAnsiStringEx(PANSI_STRING DestinationString, PCSZ SourceString);
NTSYSAPI NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NTSYSAPI BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NTSYSAPI NTSTATUS RtlDuplicateUnicodeString(ULONG Flags, PCUNICODE_STRING StringIn, PUNICODE_STRING StringOut);

#define RTL_DUPLICATE_UNICODE_STRING_NULL_TERMINATE       0x00000001
#define RTL_DUPLICATE_UNICODE_STRING_ALLOCATE_NULL_STRING 0x00000002

NTSYSAPI VOID RtlFreeOemString(POEM_STRING OemString);
NTSYSAPI NTSTATUS RtlAppendStringToString(PSTRING Destination, const STRING *Source);
NTSYSAPI BOOLEAN RtlPrefixString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive);
NTSYSAPI BOOLEAN RtlSuffixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
NTSYSAPI NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                           BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlValidateUnicodeString(ULONG Flags, PCUNICODE_STRING String);
NTSYSAPI NTSTATUS RtlOemStringToUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString,
                                              BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                              BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUpcaseUnicodeStringToOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                    BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlOemStringToCountedUnicodeString(PUNICODE_STRING DestinationString, PCOEM_STRING SourceString,
                                                     BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                     BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUpcaseUnicodeStringToCountedOemString(POEM_STRING DestinationString, PCUNICODE_STRING SourceString,
                                                           BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlMultiByteToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString,
                                         PULONG BytesInUnicodeString, const CHAR *MultiByteString,
                                         ULONG BytesInMultiByteString);
NTSYSAPI NTSTATUS RtlUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                         PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                         ULONG BytesInUnicodeString);
NTSYSAPI NTSTATUS RtlMultiByteToUnicodeSize(PULONG BytesInUnicodeString, const CHAR *MultiByteString,
                                            ULONG BytesInMultiByteString);
NTSYSAPI NTSTATUS RtlUnicodeToMultiByteSize(PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                            ULONG BytesInUnicodeString);
NTSYSAPI NTSTATUS RtlOemToUnicodeN(PWCH UnicodeString, ULONG MaxBytesInUnicodeString, PULONG BytesInUnicodeString,
                                   PCCH OemString, ULONG BytesInOemString);
NTSYSAPI NTSTATUS RtlUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString,
                                   PCWCH UnicodeString, ULONG BytesInUnicodeString);
NTSYSAPI NTSTATUS RtlUpcaseUnicodeToOemN(PCHAR OemString, ULONG MaxBytesInOemString, PULONG BytesInOemString,
                                         PCWCH UnicodeString, ULONG BytesInUnicodeString);
NTSYSAPI NTSTATUS RtlUpcaseUnicodeToMultiByteN(PCHAR MultiByteString, ULONG MaxBytesInMultiByteString,
                                               PULONG BytesInMultiByteString, PCWCH UnicodeString,
                                               ULONG BytesInUnicodeString);
NTSYSAPI ULONG RtlxOemStringToUnicodeSize(PCOEM_STRING OemString);
NTSYSAPI ULONG RtlxUnicodeStringToOemSize(PCUNICODE_STRING UnicodeString);

#define RtlOemStringToUnicodeSize(String)  RtlxOemStringToUnicodeSize(String)
#define RtlUnicodeStringToOemSize(String)  RtlxUnicodeStringToOemSize(String)
#define RtlOemStringToCountedUnicodeSize(String) \
    ((ULONG)(RtlOemStringToUnicodeSize(String) - sizeof(UNICODE_NULL)))
#define RtlUnicodeStringToCountedOemSize(String) ((ULONG)(RtlUnicodeStringToOemSize(String) - sizeof(ANSI_NULL)))

NTSYSAPI NTSTATUS RtlUnicodeStringToInt64(PCUNICODE_STRING String, ULONG Base, PLONG64 Number, PWSTR *EndPointer);

typedef struct _GENERATE_NAME_CONTEXT {
    USHORT Checksum;
    BOOLEAN CheckSumInserted;
    UCHAR NameLength;
    WCHAR NameBuffer[8];
    ULONG ExtensionLength;
    WCHAR ExtensionBuffer[4];
    ULONG LastIndexValue;
} GENERATE_NAME_CONTEXT, *PGENERATE_NAME_CONTEXT;

NTSYSAPI NTSTATUS RtlGenerate8dot3Name(PCUNICODE_STRING Name, BOOLEAN AllowExtendedCharacters,
                                       PGENERATE_NAME_CONTEXT Context, PUNICODE_STRING Name8dot3);
NTSYSAPI BOOLEAN RtlIsNameLegalDOS8Dot3(PCUNICODE_STRING Name, POEM_STRING OemName, PBOOLEAN NameContainsSpaces);
NTSYSAPI BOOLEAN RtlIsValidOemCharacter(PWCHAR Char);
NTSYSAPI BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER Time, PULONG ElapsedSeconds);
NTSYSAPI VOID RtlSecondsSince1970ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time);
NTSYSAPI BOOLEAN RtlTimeToSecondsSince1980(PLARGE_INTEGER Time, PULONG ElapsedSeconds);
NTSYSAPI VOID RtlSecondsSince1980ToTime(ULONG ElapsedSeconds, PLARGE_INTEGER Time);
NTSYSAPI NTSTATUS RtlCreateSecurityDescriptorRelative(PISECURITY_DESCRIPTOR_RELATIVE SecurityDescriptor,
                                                      ULONG Revision);
NTSYSAPI NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent,
                                               PACL *Dacl, PBOOLEAN DaclDefaulted);
NTSYSAPI NTSTATUS RtlSetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN SaclPresent, PACL Sacl,
                                               BOOLEAN SaclDefaulted);
NTSYSAPI NTSTATUS RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN SaclPresent,
                                               PACL *Sacl, PBOOLEAN SaclDefaulted);
NTSYSAPI NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner,
                                                BOOLEAN OwnerDefaulted);
NTSYSAPI NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Owner,
                                                PBOOLEAN OwnerDefaulted);
NTSYSAPI NTSTATUS RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Group,
                                                BOOLEAN GroupDefaulted);
NTSYSAPI NTSTATUS RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID *Group,
                                                PBOOLEAN GroupDefaulted);
NTSYSAPI NTSTATUS RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                              PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                              PULONG BufferLength);
NTSYSAPI NTSTATUS RtlSelfRelativeToAbsoluteSD(PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                                              PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                                              PULONG AbsoluteSecurityDescriptorSize, PACL Dacl, PULONG DaclSize,
                                              PACL Sacl, PULONG SaclSize, PSID Owner, PULONG OwnerSize,
                                              PSID PrimaryGroup, PULONG PrimaryGroupSize);
NTSYSAPI NTSTATUS RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision);
NTSYSAPI NTSTATUS RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);
NTSYSAPI NTSTATUS RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask,
                                           PSID Sid);
NTSYSAPI NTSTATUS RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid);
NTSYSAPI NTSTATUS RtlAddAce(PACL Acl, ULONG AceRevision, ULONG StartingAceIndex, PVOID AceList, ULONG AceListLength);
NTSYSAPI NTSTATUS RtlGetAce(PACL Acl, ULONG AceIndex, PVOID *Ace);
NTSYSAPI NTSTATUS RtlDeleteAce(PACL Acl, ULONG AceIndex);
NTSYSAPI BOOLEAN RtlValidSid(PSID Sid);
NTSYSAPI BOOLEAN RtlEqualSid(PSID Sid1, PSID Sid2);
NTSYSAPI BOOLEAN RtlEqualPrefixSid(PSID Sid1, PSID Sid2);
NTSYSAPI ULONG RtlLengthSid(PSID Sid);
NTSYSAPI ULONG RtlLengthRequiredSid(ULONG SubAuthorityCount);
NTSYSAPI NTSTATUS RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount);
NTSYSAPI NTSTATUS __cdecl RtlInitializeSidEx(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                             UCHAR SubAuthorityCount, ...);
NTSYSAPI PSID_IDENTIFIER_AUTHORITY RtlIdentifierAuthoritySid(PSID Sid);
NTSYSAPI PULONG RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority);
NTSYSAPI PUCHAR RtlSubAuthorityCountSid(PSID Sid);
NTSYSAPI NTSTATUS RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid);
NTSYSAPI NTSTATUS RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid,
                                               BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount,
                                              ULONG SubAuthority0, ULONG SubAuthority1, ULONG SubAuthority2,
                                              ULONG SubAuthority3, ULONG SubAuthority4, ULONG SubAuthority5,
                                              ULONG SubAuthority6, ULONG SubAuthority7, PSID *Sid);
NTSYSAPI PVOID RtlFreeSid(PSID Sid);
NTSYSAPI VOID RtlCopyLuid(PLUID DestinationLuid, PLUID SourceLuid);
NTSYSAPI ULONG RtlRandom(PULONG Seed);
NTSYSAPI ULONG RtlRandomEx(PULONG Seed);
NTSYSAPI USHORT RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID *BackTrace,
                                         PULONG BackTraceHash);
NTSYSAPI VOID RtlCaptureContext(PCONTEXT ContextRecord);
NTSYSAPI ULONG RtlNtStatusToDosError(NTSTATUS Status);
NTSYSAPI ULONG RtlNtStatusToDosErrorNoTeb(NTSTATUS Status);

#define HEAP_NO_SERIALIZE        0x00000001
#define HEAP_GROWABLE            0x00000002
#define HEAP_GENERATE_EXCEPTIONS 0x00000004
#define HEAP_ZERO_MEMORY         0x00000008
#define HEAP_CREATE_ALIGN_16     0x00010000

typedef NTSTATUS NTAPI RTL_HEAP_COMMIT_ROUTINE(PVOID Base, PVOID *CommitAddress, PSIZE_T CommitSize);
typedef RTL_HEAP_COMMIT_ROUTINE *PRTL_HEAP_COMMIT_ROUTINE;
typedef struct _RTL_HEAP_PARAMETERS {
    ULONG Length;
    SIZE_T SegmentReserve;
    SIZE_T SegmentCommit;
    SIZE_T DeCommitFreeBlockThreshold;
    SIZE_T DeCommitTotalFreeThreshold;
    SIZE_T MaximumAllocationSize;
    SIZE_T VirtualMemoryThreshold;
    SIZE_T InitialCommit;
    SIZE_T InitialReserve;
    PRTL_HEAP_COMMIT_ROUTINE CommitRoutine;
    SIZE_T Reserved[2];
} RTL_HEAP_PARAMETERS, *PRTL_HEAP_PARAMETERS;

NTSYSAPI PVOID RtlCreateHeap(ULONG Flags, PVOID HeapBase, SIZE_T ReserveSize, SIZE_T CommitSize, PVOID Lock,
                             PRTL_HEAP_PARAMETERS Parameters);
NTSYSAPI PVOID RtlDestroyHeap(PVOID HeapHandle);
NTSYSAPI PVOID RtlAllocateHeap(PVOID HeapHandle, ULONG Flags, SIZE_T Size);
NTSYSAPI BOOLEAN RtlFreeHeap(PVOID HeapHandle, ULONG Flags, PVOID BaseAddress);

/* --- Rtl: compression --- */

#define COMPRESSION_FORMAT_NONE        0x0000
#define COMPRESSION_FORMAT_DEFAULT     0x0001
#define COMPRESSION_FORMAT_LZNT1       0x0002
#define COMPRESSION_FORMAT_XPRESS      0x0003
#define COMPRESSION_FORMAT_XPRESS_HUFF 0x0004
#define COMPRESSION_ENGINE_STANDARD    0x0000
#define COMPRESSION_ENGINE_MAXIMUM     0x0100
#define COMPRESSION_ENGINE_HIBER       0x0200

NTSYSAPI NTSTATUS NTAPI RtlGetCompressionWorkSpaceSize(USHORT CompressionFormatAndEngine,
                                                       PULONG CompressBufferWorkSpaceSize,
                                                       PULONG CompressFragmentWorkSpaceSize);
NTSYSAPI NTSTATUS NTAPI RtlCompressBuffer(USHORT CompressionFormatAndEngine, PUCHAR UncompressedBuffer,
                                          ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                          ULONG CompressedBufferSize, ULONG UncompressedChunkSize,
                                          PULONG FinalCompressedSize, PVOID WorkSpace);
NTSYSAPI NTSTATUS NTAPI RtlDecompressBuffer(USHORT CompressionFormat, PUCHAR UncompressedBuffer,
                                            ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                            ULONG CompressedBufferSize, PULONG FinalUncompressedSize);
NTSYSAPI NTSTATUS NTAPI RtlDecompressBufferEx(USHORT CompressionFormat, PUCHAR UncompressedBuffer,
                                             ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                             ULONG CompressedBufferSize, PULONG FinalUncompressedSize, PVOID WorkSpace);
NTSYSAPI NTSTATUS NTAPI RtlDecompressFragment(USHORT CompressionFormat, PUCHAR UncompressedFragment,
                                              ULONG UncompressedFragmentSize, PUCHAR CompressedBuffer,
                                              ULONG CompressedBufferSize, ULONG FragmentOffset,
                                              PULONG FinalUncompressedSize, PVOID WorkSpace);

/* --- Rtl: prefix tables --- */

typedef struct _PREFIX_TABLE_ENTRY {
    CSHORT NodeTypeCode;
    CSHORT NameLength;
    struct _PREFIX_TABLE_ENTRY *NextPrefixTree;
    RTL_SPLAY_LINKS Links;
    PSTRING Prefix;
} PREFIX_TABLE_ENTRY, *PPREFIX_TABLE_ENTRY;
typedef struct _PREFIX_TABLE {
    CSHORT NodeTypeCode;
    CSHORT NameLength;
    PPREFIX_TABLE_ENTRY NextPrefixTree;
} PREFIX_TABLE, *PPREFIX_TABLE;

NTSYSAPI VOID PfxInitialize(PPREFIX_TABLE PrefixTable);
NTSYSAPI BOOLEAN PfxInsertPrefix(PPREFIX_TABLE PrefixTable, PSTRING Prefix, PPREFIX_TABLE_ENTRY PrefixTableEntry);
NTSYSAPI VOID PfxRemovePrefix(PPREFIX_TABLE PrefixTable, PPREFIX_TABLE_ENTRY PrefixTableEntry);
NTSYSAPI PPREFIX_TABLE_ENTRY PfxFindPrefix(PPREFIX_TABLE PrefixTable, PSTRING FullName);

typedef struct _UNICODE_PREFIX_TABLE_ENTRY {
    CSHORT NodeTypeCode;
    CSHORT NameLength;
    struct _UNICODE_PREFIX_TABLE_ENTRY *NextPrefixTree;
    struct _UNICODE_PREFIX_TABLE_ENTRY *CaseMatch;
    RTL_SPLAY_LINKS Links;
    PUNICODE_STRING Prefix;
} UNICODE_PREFIX_TABLE_ENTRY, *PUNICODE_PREFIX_TABLE_ENTRY;
typedef struct _UNICODE_PREFIX_TABLE {
    CSHORT NodeTypeCode;
    CSHORT NameLength;
    PUNICODE_PREFIX_TABLE_ENTRY NextPrefixTree;
    PUNICODE_PREFIX_TABLE_ENTRY LastNextEntry;
} UNICODE_PREFIX_TABLE, *PUNICODE_PREFIX_TABLE;

NTSYSAPI VOID RtlInitializeUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable);
NTSYSAPI BOOLEAN RtlInsertUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_STRING Prefix,
                                        PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry);
NTSYSAPI VOID RtlRemoveUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PUNICODE_PREFIX_TABLE_ENTRY PrefixTableEntry);
NTSYSAPI PUNICODE_PREFIX_TABLE_ENTRY RtlFindUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, PCUNICODE_STRING FullName,
                                                          ULONG CaseInsensitiveIndex);
NTSYSAPI PUNICODE_PREFIX_TABLE_ENTRY RtlNextUnicodePrefix(PUNICODE_PREFIX_TABLE PrefixTable, BOOLEAN Restart);

/* --- Io and Mm --- */

typedef struct _COMPRESSED_DATA_INFO {
    USHORT CompressionFormatAndEngine;
    UCHAR CompressionUnitShift;
    UCHAR ChunkShift;
    UCHAR ClusterShift;
    UCHAR Reserved;
    USHORT NumberOfChunks;
    ULONG CompressedChunkSizes[ANYSIZE_ARRAY];
} COMPRESSED_DATA_INFO;

#define IRP_BEING_VERIFIED         0x10
#define IO_TYPE_APC                18
#define IO_TYPE_DPC                19
#define IO_TYPE_DEVICE_QUEUE       20

typedef VOID NTAPI DRIVER_FS_NOTIFICATION(struct _DEVICE_OBJECT *DeviceObject, BOOLEAN FsActive);
typedef DRIVER_FS_NOTIFICATION *PDRIVER_FS_NOTIFICATION;

#define IO_OPEN_TARGET_DIRECTORY        0x0004
#define IO_STOP_ON_SYMLINK              0x0008
#define IO_ATTACH_DEVICE_API            0x80000000

NTKERNELAPI BOOLEAN IoIsOperationSynchronous(PIRP Irp);
NTKERNELAPI PEPROCESS IoGetRequestorProcess(PIRP Irp);
NTKERNELAPI ULONG IoGetRequestorProcessId(PIRP Irp);
NTKERNELAPI NTSTATUS IoGetRequestorSessionId(PIRP Irp, PULONG pSessionId);
NTKERNELAPI VOID IoQueueThreadIrp(PIRP Irp);
NTKERNELAPI PDEVICE_OBJECT IoGetLowerDeviceObject(PDEVICE_OBJECT DeviceObject);
NTKERNELAPI PDEVICE_OBJECT IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT DeviceObject);
NTKERNELAPI NTSTATUS IoGetDiskDeviceObject(PDEVICE_OBJECT FileSystemDeviceObject, PDEVICE_OBJECT *DiskDeviceObject);
NTKERNELAPI NTSTATUS IoEnumerateDeviceObjectList(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT *DeviceObjectList,
                                                 ULONG DeviceObjectListSize, PULONG ActualNumberDeviceObjects);
NTKERNELAPI PDEVICE_OBJECT IoGetBaseFileSystemDeviceObject(PFILE_OBJECT FileObject);
NTKERNELAPI PEPROCESS IoThreadToProcess(PETHREAD Thread);
NTKERNELAPI BOOLEAN IoIsSystemThread(PETHREAD Thread);
NTKERNELAPI NTSTATUS IoCheckEaBufferValidity(PFILE_FULL_EA_INFORMATION EaBuffer, ULONG EaLength, PULONG ErrorOffset);
NTKERNELAPI NTSTATUS IoCheckFunctionAccess(ACCESS_MASK GrantedAccess, UCHAR MajorFunction, UCHAR MinorFunction,
                                           ULONG IoControlCode, PVOID Argument1, PVOID Argument2);
NTKERNELAPI NTSTATUS IoCheckQuerySetFileInformation(FILE_INFORMATION_CLASS FileInformationClass, ULONG Length,
                                                    BOOLEAN SetOperation);
typedef struct _FILE_QUOTA_INFORMATION {
    ULONG NextEntryOffset;
    ULONG SidLength;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER QuotaUsed;
    LARGE_INTEGER QuotaThreshold;
    LARGE_INTEGER QuotaLimit;
    SID Sid;
} FILE_QUOTA_INFORMATION, *PFILE_QUOTA_INFORMATION;
NTKERNELAPI NTSTATUS IoCheckQuerySetVolumeInformation(FS_INFORMATION_CLASS FsInformationClass, ULONG Length,
                                                      BOOLEAN SetOperation);
NTKERNELAPI NTSTATUS IoCheckQuotaBufferValidity(PFILE_QUOTA_INFORMATION QuotaBuffer, ULONG QuotaLength,
                                                PULONG ErrorOffset);
NTKERNELAPI NTSTATUS IoCheckDesiredAccess(PACCESS_MASK DesiredAccess, ACCESS_MASK GrantedAccess);
NTKERNELAPI NTSTATUS IoQueryFileInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass,
                                            ULONG Length, PVOID FileInformation, PULONG ReturnedLength);
NTKERNELAPI NTSTATUS IoQueryVolumeInformation(PFILE_OBJECT FileObject, FS_INFORMATION_CLASS FsInformationClass,
                                              ULONG Length, PVOID FsInformation, PULONG ReturnedLength);
NTKERNELAPI NTSTATUS IoQueryFileDosDeviceName(PFILE_OBJECT FileObject, POBJECT_NAME_INFORMATION *ObjectNameInformation);
NTKERNELAPI VOID IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject);
NTKERNELAPI BOOLEAN PsIsDiskCountersEnabled(VOID);
NTKERNELAPI VOID PsUpdateDiskCounters(PEPROCESS Process, ULONG64 BytesRead, ULONG64 BytesWritten,
                                      ULONG ReadOperationCount, ULONG WriteOperationCount, ULONG FlushOperationCount);

#define IO_REPARSE_TAG_RESERVED_ZERO  0
#define IO_REPARSE_TAG_RESERVED_ONE   1
#define IO_REPARSE_TAG_RESERVED_RANGE IO_REPARSE_TAG_RESERVED_ONE
#define IO_REPARSE_TAG_VALID_VALUES   0xF000FFFF
#define IsReparseTagMicrosoft(_tag)     ((_tag) & 0x80000000)
#define IsReparseTagNameSurrogate(_tag) ((_tag) & 0x20000000)
#define IsReparseTagValid(_tag) (!((_tag) & ~IO_REPARSE_TAG_VALID_VALUES) && (_tag) > IO_REPARSE_TAG_RESERVED_RANGE)

NTKERNELAPI VOID IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject);
NTKERNELAPI VOID IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject);
NTKERNELAPI NTSTATUS IoRegisterFsRegistrationChange(PDRIVER_OBJECT DriverObject,
                                                    PDRIVER_FS_NOTIFICATION DriverNotificationRoutine);
NTKERNELAPI VOID IoUnregisterFsRegistrationChange(PDRIVER_OBJECT DriverObject,
                                                  PDRIVER_FS_NOTIFICATION DriverNotificationRoutine);
NTKERNELAPI VOID IoAcquireVpbSpinLock(PKIRQL Irql);
NTKERNELAPI VOID IoReleaseVpbSpinLock(KIRQL Irql);
NTKERNELAPI NTSTATUS IoVerifyVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRawMount);
NTKERNELAPI PFILE_OBJECT IoCreateStreamFileObject(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject);
NTKERNELAPI PFILE_OBJECT IoCreateStreamFileObjectEx(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject,
                                                    PHANDLE FileObjectHandle);
NTKERNELAPI PFILE_OBJECT IoCreateStreamFileObjectLite(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject);

typedef enum _MMFLUSH_TYPE { MmFlushForDelete, MmFlushForWrite } MMFLUSH_TYPE;

NTKERNELAPI BOOLEAN MmFlushImageSection(PSECTION_OBJECT_POINTERS SectionObjectPointer, MMFLUSH_TYPE FlushType);
NTKERNELAPI BOOLEAN MmCanFileBeTruncated(PSECTION_OBJECT_POINTERS SectionPointer, PLARGE_INTEGER NewFileSize);
NTKERNELAPI ULONG MmDoesFileHaveUserWritableReferences(PSECTION_OBJECT_POINTERS SectionPointer);
NTKERNELAPI BOOLEAN MmIsRecursiveIoFault(VOID);

typedef struct _IO_PRIORITY_INFO {
    ULONG Size;
    ULONG ThreadPriority;
    ULONG PagePriority;
    IO_PRIORITY_HINT IoPriority;
} IO_PRIORITY_INFO, *PIO_PRIORITY_INFO;

NTIO_INLINE VOID IoInitializePriorityInfo(PIO_PRIORITY_INFO PriorityInfo)
{
    PriorityInfo->Size = sizeof(IO_PRIORITY_INFO);
    PriorityInfo->ThreadPriority = 0xffff;
    PriorityInfo->PagePriority = 0;
    PriorityInfo->IoPriority = IoPriorityNormal;
}

/* --- file system filter callbacks: their types; nobody calls any --- */

#define FS_FILTER_ACQUIRE_FOR_SECTION_SYNCHRONIZATION ((UCHAR)-1)
#define FS_FILTER_RELEASE_FOR_SECTION_SYNCHRONIZATION ((UCHAR)-2)
#define FS_FILTER_ACQUIRE_FOR_MOD_WRITE               ((UCHAR)-3)
#define FS_FILTER_RELEASE_FOR_MOD_WRITE               ((UCHAR)-4)
#define FS_FILTER_ACQUIRE_FOR_CC_FLUSH                ((UCHAR)-5)
#define FS_FILTER_RELEASE_FOR_CC_FLUSH                ((UCHAR)-6)

typedef enum _FS_FILTER_SECTION_SYNC_TYPE {
    SyncTypeOther = 0,
    SyncTypeCreateSection
} FS_FILTER_SECTION_SYNC_TYPE, *PFS_FILTER_SECTION_SYNC_TYPE;

typedef struct _FS_FILTER_SECTION_SYNC_OUTPUT {
    ULONG StructureSize;
    ULONG SizeReturned;
    ULONG Flags;
    ULONG DesiredReadAlignment;
} FS_FILTER_SECTION_SYNC_OUTPUT, *PFS_FILTER_SECTION_SYNC_OUTPUT;

typedef enum _FS_FILTER_STREAM_FO_NOTIFICATION_TYPE {
    NotifyTypeCreate = 0,
    NotifyTypeRetired
} FS_FILTER_STREAM_FO_NOTIFICATION_TYPE, *PFS_FILTER_STREAM_FO_NOTIFICATION_TYPE;

typedef union _FS_FILTER_PARAMETERS {
    struct {
        PLARGE_INTEGER EndingOffset;
        PERESOURCE *ResourceToRelease;
    } AcquireForModifiedPageWriter;
    struct {
        PERESOURCE ResourceToRelease;
    } ReleaseForModifiedPageWriter;
    struct {
        FS_FILTER_SECTION_SYNC_TYPE SyncType;
        ULONG PageProtection;
        PFS_FILTER_SECTION_SYNC_OUTPUT OutputInformation;
    } AcquireForSectionSynchronization;
    struct {
        FS_FILTER_STREAM_FO_NOTIFICATION_TYPE NotificationType;
        __declspec(align(8)) BOOLEAN SafeToRecurse;
    } NotifyStreamFileObject;
    struct {
        PVOID Argument1;
        PVOID Argument2;
        PVOID Argument3;
        PVOID Argument4;
        PVOID Argument5;
    } Others;
} FS_FILTER_PARAMETERS, *PFS_FILTER_PARAMETERS;

typedef struct _FS_FILTER_CALLBACK_DATA {
    ULONG SizeOfFsFilterCallbackData;
    UCHAR Operation;
    UCHAR Reserved;
    PDEVICE_OBJECT DeviceObject;
    PFILE_OBJECT FileObject;
    FS_FILTER_PARAMETERS Parameters;
} FS_FILTER_CALLBACK_DATA, *PFS_FILTER_CALLBACK_DATA;

typedef NTSTATUS(NTAPI *PFS_FILTER_CALLBACK)(PFS_FILTER_CALLBACK_DATA Data, PVOID *CompletionContext);
typedef VOID(NTAPI *PFS_FILTER_COMPLETION_CALLBACK)(PFS_FILTER_CALLBACK_DATA Data, NTSTATUS OperationStatus,
                                                    PVOID CompletionContext);

typedef struct _FS_FILTER_CALLBACKS {
    ULONG SizeOfFsFilterCallbacks;
    ULONG Reserved;
    PFS_FILTER_CALLBACK PreAcquireForSectionSynchronization;
    PFS_FILTER_COMPLETION_CALLBACK PostAcquireForSectionSynchronization;
    PFS_FILTER_CALLBACK PreReleaseForSectionSynchronization;
    PFS_FILTER_COMPLETION_CALLBACK PostReleaseForSectionSynchronization;
    PFS_FILTER_CALLBACK PreAcquireForCcFlush;
    PFS_FILTER_COMPLETION_CALLBACK PostAcquireForCcFlush;
    PFS_FILTER_CALLBACK PreReleaseForCcFlush;
    PFS_FILTER_COMPLETION_CALLBACK PostReleaseForCcFlush;
    PFS_FILTER_CALLBACK PreAcquireForModifiedPageWriter;
    PFS_FILTER_COMPLETION_CALLBACK PostAcquireForModifiedPageWriter;
    PFS_FILTER_CALLBACK PreReleaseForModifiedPageWriter;
    PFS_FILTER_COMPLETION_CALLBACK PostReleaseForModifiedPageWriter;
} FS_FILTER_CALLBACKS, *PFS_FILTER_CALLBACKS;

/* --- FsRtl: names, and which exceptions to handle --- */

#define DOS_STAR (L'<') /* any characters, but not beyond the last dot */
#define DOS_QM   (L'>') /* one character, or none before a dot and at the end */
#define DOS_DOT  (L'"') /* a dot, or nothing at the end */

NTKERNELAPI BOOLEAN FsRtlDoesNameContainWildCards(PUNICODE_STRING Name);
NTKERNELAPI BOOLEAN FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase,
                                            PWCH UpcaseTable);
NTKERNELAPI BOOLEAN FsRtlIsNtstatusExpected(NTSTATUS Ntstatus);

#endif
