/*
 * Rtl: memory, strings, numbers, bitmaps, trees, time, versions, security descriptors, registry helpers; and what
 * prints and asserts (DbgPrint, ASSERT).
 */
#ifndef NTIO_DDK_RTL_H
#define NTIO_DDK_RTL_H

#include "ntio_base.h"
#include "ntio_list.h"
#include "ntio_memory.h"

/* --- memory --- */

#define RtlCopyBytes             RtlCopyMemory
#define RtlZeroBytes             RtlZeroMemory
#define RtlFillBytes             RtlFillMemory
#define RtlCopyMemoryNonTemporal RtlCopyMemory
#define RtlCopyVolatileMemory(d, s, n) memcpy((void *)(d), (const void *)(s), (n))
#define RtlFillVolatileMemory(d, n, f) memset((void *)(d), (f), (n))
#define RtlZeroVolatileMemory(d, n)    memset((void *)(d), 0, (n))
NTSYSAPI SIZE_T RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length);
NTSYSAPI BOOLEAN RtlIsZeroMemory(PVOID Buffer, SIZE_T Length);
#define RtlFillMemoryNonTemporal RtlFillMemory
NTIO_INLINE BOOLEAN RtlConstantTimeEqualMemory(const VOID *v1, const VOID *v2, ULONG len)
{
    UCHAR different = 0;
    for (ULONG i = 0; i < len; i++)
        different |= ((const volatile UCHAR *)v1)[i] ^ ((const volatile UCHAR *)v2)[i];
    return different == 0;
}
NTSYSAPI VOID RtlPrefetchMemoryNonTemporal(PVOID Source, SIZE_T Length);
#define RtlSecureZeroMemory2 RtlSecureZeroMemory

/* Values in memory that may be unaligned. */
#define RtlRetrieveUshort(d, s)  memcpy((d), (s), sizeof(USHORT))
#define RtlRetrieveUlong(d, s)   memcpy((d), (s), sizeof(ULONG))
#define RtlStoreUshort(d, v)     ntio_store((d), (v), sizeof(USHORT))
#define RtlStoreUlong(d, v)      ntio_store((d), (v), sizeof(ULONG))
#define RtlStoreUlonglong(d, v)  ntio_store((d), (v), sizeof(ULONGLONG))
#define RtlStoreUlongPtr(d, v)   ntio_store((d), (v), sizeof(ULONG_PTR))
NTIO_INLINE VOID ntio_store(PVOID Destination, ULONGLONG Value, SIZE_T Size)
{
    memcpy(Destination, &Value, Size);
}
#define RtlUshortByteSwap(v)     _byteswap_ushort((USHORT)(v))
#define RtlUlongByteSwap(v)      _byteswap_ulong((ULONG)(v))
#define RtlUlonglongByteSwap(v)  _byteswap_uint64((ULONGLONG)(v))

typedef struct _RTL_BALANCED_NODE {
    union {
        struct _RTL_BALANCED_NODE *Children[2];
        struct {
            struct _RTL_BALANCED_NODE *Left;
            struct _RTL_BALANCED_NODE *Right;
        };
    };
    union {
        UCHAR Red : 1;
        UCHAR Balance : 2;
        ULONG_PTR ParentValue;
    };
} RTL_BALANCED_NODE, *PRTL_BALANCED_NODE;

/* --- large integers --- */

NTIO_INLINE LARGE_INTEGER RtlConvertLongToLargeInteger(LONG SignedInteger)
{
    LARGE_INTEGER value;
    value.QuadPart = SignedInteger;
    return value;
}
NTIO_INLINE LARGE_INTEGER RtlConvertUlongToLargeInteger(ULONG UnsignedInteger)
{
    LARGE_INTEGER value;
    value.QuadPart = UnsignedInteger;
    return value;
}
NTIO_INLINE LUID RtlConvertLongToLuid(LONG Long)
{
    LUID value;
    value.LowPart = (ULONG)Long;
    value.HighPart = Long < 0 ? -1 : 0;
    return value;
}
NTIO_INLINE LUID RtlConvertUlongToLuid(ULONG Ulong)
{
    LUID value;
    value.LowPart = Ulong;
    value.HighPart = 0;
    return value;
}
#define RtlEqualLuid(a, b) ((a)->LowPart == (b)->LowPart && (a)->HighPart == (b)->HighPart)
#define RtlIsZeroLuid(a)   ((BOOLEAN)(((a)->LowPart | (ULONG)(a)->HighPart) == 0))
NTSYSAPI LARGE_INTEGER RtlExtendedIntegerMultiply(LARGE_INTEGER Multiplicand, LONG Multiplier);
NTSYSAPI LARGE_INTEGER RtlExtendedLargeIntegerDivide(LARGE_INTEGER Dividend, ULONG Divisor, PULONG Remainder);
NTSYSAPI LARGE_INTEGER RtlEnlargedIntegerMultiply(LONG Multiplicand, LONG Multiplier);
NTSYSAPI LARGE_INTEGER RtlEnlargedUnsignedMultiply(ULONG Multiplicand, ULONG Multiplier);
NTSYSAPI LARGE_INTEGER RtlLargeIntegerDivide(LARGE_INTEGER Dividend, LARGE_INTEGER Divisor, PLARGE_INTEGER Remainder);
NTIO_INLINE LARGE_INTEGER RtlLargeIntegerAdd(LARGE_INTEGER Addend1, LARGE_INTEGER Addend2)
{
    Addend1.QuadPart += Addend2.QuadPart;
    return Addend1;
}
NTIO_INLINE LARGE_INTEGER RtlLargeIntegerSubtract(LARGE_INTEGER Minuend, LARGE_INTEGER Subtrahend)
{
    Minuend.QuadPart -= Subtrahend.QuadPart;
    return Minuend;
}
NTIO_INLINE LARGE_INTEGER RtlLargeIntegerNegate(LARGE_INTEGER Subtrahend)
{
    Subtrahend.QuadPart = -Subtrahend.QuadPart;
    return Subtrahend;
}
/* Counts are taken modulo 64. */
NTIO_INLINE LARGE_INTEGER RtlLargeIntegerShiftLeft(LARGE_INTEGER Value, CCHAR ShiftCount)
{
    Value.QuadPart = (LONGLONG)((ULONGLONG)Value.QuadPart << (ShiftCount & 63));
    return Value;
}
NTIO_INLINE LARGE_INTEGER RtlLargeIntegerShiftRight(LARGE_INTEGER Value, CCHAR ShiftCount)
{
    Value.QuadPart = (LONGLONG)((ULONGLONG)Value.QuadPart >> (ShiftCount & 63));
    return Value;
}
NTIO_INLINE LARGE_INTEGER RtlLargeIntegerArithmeticShift(LARGE_INTEGER Value, CCHAR ShiftCount)
{
    Value.QuadPart >>= ShiftCount & 63;
    return Value;
}
#define RtlLargeIntegerAnd(Result, Source, Mask)  ((Result).QuadPart = (Source).QuadPart & (Mask).QuadPart)
#define RtlLargeIntegerGreaterThan(X, Y)          ((X).QuadPart > (Y).QuadPart)
#define RtlLargeIntegerGreaterThanOrEqualTo(X, Y) ((X).QuadPart >= (Y).QuadPart)
#define RtlLargeIntegerEqualTo(X, Y)              ((X).QuadPart == (Y).QuadPart)
#define RtlLargeIntegerNotEqualTo(X, Y)           ((X).QuadPart != (Y).QuadPart)
#define RtlLargeIntegerLessThan(X, Y)             ((X).QuadPart < (Y).QuadPart)
#define RtlLargeIntegerLessThanOrEqualTo(X, Y)    ((X).QuadPart <= (Y).QuadPart)
#define RtlLargeIntegerGreaterThanZero(X)         ((X).QuadPart > 0)
#define RtlLargeIntegerEqualToZero(X)             ((X).QuadPart == 0)
#define RtlLargeIntegerLessThanZero(X)            ((X).QuadPart < 0)

/* --- counted strings --- */

NTSYSAPI VOID RtlInitString(PSTRING DestinationString, PCSZ SourceString);
NTSYSAPI NTSTATUS RtlInitStringEx(PSTRING DestinationString, PCSZ SourceString);
NTSYSAPI VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString);
NTSYSAPI VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NTSYSAPI VOID RtlInitUTF8String(PUTF8_STRING DestinationString, PCSZ SourceString);
NTSYSAPI NTSTATUS RtlInitUTF8StringEx(PUTF8_STRING DestinationString, PCSZ SourceString);
NTIO_INLINE VOID RtlInitEmptyUnicodeString(PUNICODE_STRING Destination, PWCHAR Buffer, USHORT BufferSize)
{
    Destination->Length = 0;
    Destination->MaximumLength = BufferSize;
    Destination->Buffer = Buffer;
}
NTIO_INLINE VOID RtlInitEmptyAnsiString(PANSI_STRING Destination, PCHAR Buffer, USHORT BufferSize)
{
    Destination->Length = 0;
    Destination->MaximumLength = BufferSize;
    Destination->Buffer = Buffer;
}
NTSYSAPI VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString);
NTSYSAPI VOID RtlFreeAnsiString(PANSI_STRING AnsiString);
NTSYSAPI VOID RtlFreeUTF8String(PUTF8_STRING Utf8String);
NTSYSAPI VOID RtlCopyString(PSTRING DestinationString, const STRING *SourceString);
NTSYSAPI VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString);
NTSYSAPI NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source);
NTSYSAPI NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source);
NTSYSAPI LONG RtlCompareString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive);
NTSYSAPI BOOLEAN RtlEqualString(const STRING *String1, const STRING *String2, BOOLEAN CaseInSensitive);
NTSYSAPI LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
NTSYSAPI LONG RtlCompareUnicodeStrings(PCWCH String1, SIZE_T String1Length, PCWCH String2, SIZE_T String2Length,
                                       BOOLEAN CaseInSensitive);
NTSYSAPI BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
NTSYSAPI BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
NTSYSAPI NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm,
                                       PULONG HashValue);
#define HASH_STRING_ALGORITHM_DEFAULT 0
#define HASH_STRING_ALGORITHM_X65599  1
#define HASH_STRING_ALGORITHM_INVALID 0xffffffff
NTSYSAPI WCHAR RtlUpcaseUnicodeChar(WCHAR SourceCharacter);
NTSYSAPI WCHAR RtlDowncaseUnicodeChar(WCHAR SourceCharacter);
NTSYSAPI CHAR RtlUpperChar(CHAR Character);
NTSYSAPI VOID RtlUpperString(PSTRING DestinationString, const STRING *SourceString);
NTSYSAPI NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString,
                                         BOOLEAN AllocateDestinationString);

/* --- conversions --- */

NTSYSAPI NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                               BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                               BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUnicodeStringToUTF8String(PUTF8_STRING DestinationString, PCUNICODE_STRING SourceString,
                                               BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PUTF8_STRING SourceString,
                                               BOOLEAN AllocateDestinationString);
NTSYSAPI NTSTATUS RtlUnicodeToUTF8N(PCHAR UTF8StringDestination, ULONG UTF8StringMaxByteCount,
                                    PULONG UTF8StringActualByteCount, PCWCH UnicodeStringSource,
                                    ULONG UnicodeStringByteCount);
NTSYSAPI NTSTATUS RtlUTF8ToUnicodeN(PWSTR UnicodeStringDestination, ULONG UnicodeStringMaxByteCount,
                                    PULONG UnicodeStringActualByteCount, PCCH UTF8StringSource,
                                    ULONG UTF8StringByteCount);
NTSYSAPI ULONG RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString);
NTSYSAPI ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString);
#define RtlAnsiStringToUnicodeSize(String) RtlxAnsiStringToUnicodeSize(String)
#define RtlUnicodeStringToAnsiSize(String) RtlxUnicodeStringToAnsiSize(String)
NTSYSAPI NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String);
NTSYSAPI NTSTATUS RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String);
#define RtlIntPtrToUnicodeString(Value, Base, String) RtlInt64ToUnicodeString(Value, Base, String)
NTSYSAPI NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value);
NTSYSAPI NTSTATUS RtlCharToInteger(PCSZ String, ULONG Base, PULONG Value);
NTSYSAPI NTSTATUS RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString);
NTSYSAPI NTSTATUS RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid);

/* --- time --- */

NTSYSAPI VOID RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields);
NTSYSAPI BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time);

/* --- bitmaps --- */

typedef struct _RTL_BITMAP {
    ULONG SizeOfBitMap;
    PULONG Buffer;
} RTL_BITMAP, *PRTL_BITMAP;
typedef struct _RTL_BITMAP_RUN {
    ULONG StartingIndex;
    ULONG NumberOfBits;
} RTL_BITMAP_RUN, *PRTL_BITMAP_RUN;
NTSYSAPI VOID RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap);
NTSYSAPI VOID RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
NTSYSAPI VOID RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
NTSYSAPI BOOLEAN RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber);
NTSYSAPI VOID RtlClearAllBits(PRTL_BITMAP BitMapHeader);
NTSYSAPI VOID RtlSetAllBits(PRTL_BITMAP BitMapHeader);
NTSYSAPI ULONG RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
NTSYSAPI ULONG RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
NTSYSAPI ULONG RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
NTSYSAPI ULONG RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex);
NTSYSAPI VOID RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear);
NTSYSAPI VOID RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet);
NTSYSAPI ULONG RtlFindClearRuns(PRTL_BITMAP BitMapHeader, PRTL_BITMAP_RUN RunArray, ULONG SizeOfRunArray,
                                BOOLEAN LocateLongestRuns);
NTSYSAPI ULONG RtlFindLongestRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex);
NTSYSAPI ULONG RtlFindFirstRunClear(PRTL_BITMAP BitMapHeader, PULONG StartingIndex);
NTSYSAPI ULONG RtlFindNextForwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex);
NTSYSAPI ULONG RtlFindLastBackwardRunClear(PRTL_BITMAP BitMapHeader, ULONG FromIndex, PULONG StartingRunIndex);
NTSYSAPI ULONG RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader);
NTSYSAPI ULONG RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader);
NTSYSAPI ULONG RtlNumberOfSetBitsUlongPtr(ULONG_PTR Target);
NTSYSAPI BOOLEAN RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
NTSYSAPI BOOLEAN RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length);
NTSYSAPI CCHAR RtlFindMostSignificantBit(ULONGLONG Set);
NTSYSAPI CCHAR RtlFindLeastSignificantBit(ULONGLONG Set);
#define RtlCheckBit(BMH, BP) ((((PLONG)(BMH)->Buffer)[(BP) / 32] >> ((BP) % 32)) & 0x1)

/* --- security descriptors --- */

NTSYSAPI NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision);
NTSYSAPI BOOLEAN RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor);
NTSYSAPI BOOLEAN RtlValidRelativeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptorInput,
                                                    ULONG SecurityDescriptorLength,
                                                    SECURITY_INFORMATION RequiredInformation);
NTSYSAPI ULONG RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor);
NTSYSAPI NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent, PACL Dacl,
                                               BOOLEAN DaclDefaulted);
NTSYSAPI VOID RtlMapGenericMask(PACCESS_MASK AccessMask, const GENERIC_MAPPING *GenericMapping);

/* --- the registry, by path --- */

typedef NTSTATUS NTAPI RTL_QUERY_REGISTRY_ROUTINE(PWSTR ValueName, ULONG ValueType, PVOID ValueData, ULONG ValueLength,
                                                  PVOID Context, PVOID EntryContext);
typedef RTL_QUERY_REGISTRY_ROUTINE *PRTL_QUERY_REGISTRY_ROUTINE;
typedef struct _RTL_QUERY_REGISTRY_TABLE {
    PRTL_QUERY_REGISTRY_ROUTINE QueryRoutine;
    ULONG Flags;
    PWSTR Name;
    PVOID EntryContext;
    ULONG DefaultType;
    PVOID DefaultData;
    ULONG DefaultLength;
} RTL_QUERY_REGISTRY_TABLE, *PRTL_QUERY_REGISTRY_TABLE;
#define RTL_QUERY_REGISTRY_SUBKEY     0x00000001
#define RTL_QUERY_REGISTRY_TOPKEY     0x00000002
#define RTL_QUERY_REGISTRY_REQUIRED   0x00000004
#define RTL_QUERY_REGISTRY_NOVALUE    0x00000008
#define RTL_QUERY_REGISTRY_NOEXPAND   0x00000010
#define RTL_QUERY_REGISTRY_DIRECT     0x00000020
#define RTL_QUERY_REGISTRY_DELETE     0x00000040
#define RTL_QUERY_REGISTRY_NOSTRING   0x00000080
#define RTL_QUERY_REGISTRY_TYPECHECK  0x00000100
#define RTL_QUERY_REGISTRY_TYPECHECK_SHIFT 24
#define RTL_QUERY_REGISTRY_TYPECHECK_MASK  (0xff << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT)
#define RTL_REGISTRY_ABSOLUTE   0
#define RTL_REGISTRY_SERVICES   1
#define RTL_REGISTRY_CONTROL    2
#define RTL_REGISTRY_WINDOWS_NT 3
#define RTL_REGISTRY_DEVICEMAP  4
#define RTL_REGISTRY_USER       5
#define RTL_REGISTRY_MAXIMUM    6
#define RTL_REGISTRY_HANDLE     0x40000000
#define RTL_REGISTRY_OPTIONAL   0x80000000
NTSYSAPI NTSTATUS RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable,
                                         PVOID Context, PVOID Environment);
NTSYSAPI NTSTATUS RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType,
                                        PVOID ValueData, ULONG ValueLength);
NTSYSAPI NTSTATUS RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName);
NTSYSAPI NTSTATUS RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path);
NTSYSAPI NTSTATUS RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path);

/* --- versions, random numbers, stack traces, heaps --- */

NTSYSAPI NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW VersionInformation);
NTSYSAPI NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW VersionInfo, ULONG TypeMask, ULONGLONG ConditionMask);
NTSYSAPI ULONGLONG VerSetConditionMask(ULONGLONG ConditionMask, ULONG TypeMask, UCHAR Condition);
NTSYSAPI BOOLEAN RtlIsNtDdiVersionAvailable(ULONG Version);
NTSYSAPI BOOLEAN RtlIsServicePackVersionInstalled(ULONG Version);
NTSYSAPI ULONG RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags);
NTSYSAPI NTSTATUS RtlVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName);

#ifndef HEAP_GROWABLE
#endif
#define RtlGetCallersAddress(CallersAddress, CallersCaller)                                                  \
    (*(CallersAddress) = __builtin_return_address(0), *(CallersCaller) = NULL)
typedef enum _OS_DEPLOYEMENT_STATE_VALUES {
    OS_DEPLOYMENT_STANDARD = 1,
    OS_DEPLOYMENT_COMPACT
} OS_DEPLOYEMENT_STATE_VALUES;

/* --- debug output and assertions --- */

#define DPFLTR_ERROR_LEVEL   0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL   2
#define DPFLTR_INFO_LEVEL    3
#define DPFLTR_MASK          0x80000000
typedef enum _DPFLTR_TYPE {
    DPFLTR_SYSTEM_ID = 0,
    DPFLTR_SMSS_ID = 1,
    DPFLTR_SETUP_ID = 2,
    DPFLTR_NTFS_ID = 3,
    DPFLTR_FSTUB_ID = 4,
    DPFLTR_CRASHDUMP_ID = 5,
    DPFLTR_CDAUDIO_ID = 6,
    DPFLTR_CDROM_ID = 7,
    DPFLTR_CLASSPNP_ID = 8,
    DPFLTR_DISK_ID = 9,
    DPFLTR_REDBOOK_ID = 10,
    DPFLTR_STORPROP_ID = 11,
    DPFLTR_SCSIPORT_ID = 12,
    DPFLTR_SCSIMINIPORT_ID = 13,
    DPFLTR_CONFIG_ID = 14,
    DPFLTR_I8042PRT_ID = 15,
    DPFLTR_SERMOUSE_ID = 16,
    DPFLTR_LSERMOUS_ID = 17,
    DPFLTR_KBDHID_ID = 18,
    DPFLTR_MOUHID_ID = 19,
    DPFLTR_KBDCLASS_ID = 20,
    DPFLTR_MOUCLASS_ID = 21,
    DPFLTR_TWOTRACK_ID = 22,
    DPFLTR_WMILIB_ID = 23,
    DPFLTR_ACPI_ID = 24,
    DPFLTR_AMLI_ID = 25,
    DPFLTR_HALIA64_ID = 26,
    DPFLTR_VIDEO_ID = 27,
    DPFLTR_SVCHOST_ID = 28,
    DPFLTR_VIDEOPRT_ID = 29,
    DPFLTR_TCPIP_ID = 30,
    DPFLTR_DMSYNTH_ID = 31,
    DPFLTR_NTOSPNP_ID = 32,
    DPFLTR_FASTFAT_ID = 33,
    DPFLTR_SAMSS_ID = 34,
    DPFLTR_PNPMGR_ID = 35,
    DPFLTR_NETAPI_ID = 36,
    DPFLTR_SCSERVER_ID = 37,
    DPFLTR_SCCLIENT_ID = 38,
    DPFLTR_SERIAL_ID = 39,
    DPFLTR_SERENUM_ID = 40,
    DPFLTR_UHCD_ID = 41,
    DPFLTR_IHVDRIVER_ID = 77,
    DPFLTR_IHVVIDEO_ID = 78,
    DPFLTR_IHVAUDIO_ID = 79,
    DPFLTR_IHVNETWORK_ID = 80,
    DPFLTR_IHVSTREAMING_ID = 81,
    DPFLTR_IHVBUS_ID = 82,
    DPFLTR_DEFAULT_ID = 101
} DPFLTR_TYPE;

NTSYSAPI ULONG __cdecl DbgPrint(PCSTR Format, ...);
NTSYSAPI ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
NTSYSAPI ULONG __cdecl DbgPrintReturnControlC(PCCH Format, ...);
NTSYSAPI ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list arglist);
NTSYSAPI ULONG vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format, va_list arglist);
NTSYSAPI ULONG DbgPrompt(PCCH Prompt, PCH Response, ULONG Length);
NTSYSAPI NTSTATUS DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level);
NTSYSAPI NTSTATUS DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State);
NTSYSAPI VOID DbgBreakPoint(VOID);
NTSYSAPI VOID DbgBreakPointWithStatus(ULONG Status);
NTSYSAPI VOID RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PSTR MutableMessage);
#define DBG_STATUS_CONTROL_C  1
#define DBG_STATUS_SYSRQ      2
#define DBG_STATUS_BUGCHECK_FIRST  3
#define DBG_STATUS_BUGCHECK_SECOND 4
#define DBG_STATUS_FATAL      5
#define NTIO_ASSERT(exp, msg) ntio_assert(!!(exp), #exp, __FILE__, __LINE__, (msg))
NTIO_INLINE BOOLEAN ntio_assert(BOOLEAN Holds, const char *Expression, const char *File, ULONG Line, const char *Message)
{
    if (!Holds)
        RtlAssert((PVOID)Expression, (PVOID)File, Line, (PSTR)Message);
    return Holds;
}
NTIO_INLINE BOOLEAN ntio_soft_assert(BOOLEAN Holds, const char *Expression, const char *File, ULONG Line)
{
    if (!Holds)
        DbgPrint("%s(%u): soft assertion failed: %s\n", File, Line, Expression);
    return Holds;
}
#if DBG
#define KdPrint(_x_)    DbgPrint _x_
#define KdPrintEx(_x_)  DbgPrintEx _x_
#define vKdPrintEx(_x_) vDbgPrintEx _x_
#define KdBreakPoint()  DbgBreakPoint()
#define KdBreakPointWithStatus(s) DbgBreakPointWithStatus(s)
#define ASSERT(exp)          NTIO_ASSERT(exp, NULL)
#define ASSERTMSG(msg, exp)  NTIO_ASSERT(exp, msg)
#define RTL_SOFT_ASSERT(exp) ntio_soft_assert(!!(exp), #exp, __FILE__, __LINE__)
#define RTL_SOFT_ASSERTMSG(msg, exp) RTL_SOFT_ASSERT(exp)
#define RTL_VERIFY(exp)          ASSERT(exp)
#define RTL_VERIFYMSG(msg, exp)  ASSERTMSG(msg, exp)
#define RTL_SOFT_VERIFY(exp)     RTL_SOFT_ASSERT(exp)
#else
#define KdPrint(_x_)    ((void)0)
#define KdPrintEx(_x_)  ((void)0)
#define vKdPrintEx(_x_) ((void)0)
#define KdBreakPoint()  ((void)0)
#define KdBreakPointWithStatus(s) ((void)0)
#define ASSERT(exp)          ((void)0)
#define ASSERTMSG(msg, exp)  ((void)0)
#define RTL_SOFT_ASSERT(exp) ((void)0)
#define RTL_SOFT_ASSERTMSG(msg, exp) ((void)0)
#define RTL_VERIFY(exp)          ((exp) ? TRUE : FALSE)
#define RTL_VERIFYMSG(msg, exp)  ((exp) ? TRUE : FALSE)
#define RTL_SOFT_VERIFY(exp)     ((exp) ? TRUE : FALSE)
#endif
#define RTL_ASSERT(exp)            ASSERT(exp)
#define RTL_ASSERTMSG(msg, exp)    ASSERTMSG(msg, exp)
#define NT_ASSERT(exp)             ASSERT(exp)
#define NT_ASSERTMSG(msg, exp)     ASSERTMSG(msg, exp)
#define NT_ASSERTMSGW(msg, exp)    ASSERT(exp)
#define NT_VERIFY(exp)             RTL_VERIFY(exp)
#define NT_VERIFYMSG(msg, exp)     RTL_VERIFYMSG(msg, exp)
#define NT_FRE_ASSERT(exp)         NTIO_ASSERT(exp, NULL)
#define NT_FRE_ASSERTMSG(msg, exp) NTIO_ASSERT(exp, msg)
#define DbgRaiseAssertionFailure() RtlAssert((PVOID) "DbgRaiseAssertionFailure", (PVOID)__FILE__, __LINE__, NULL)

#endif
