/*
 * NT's base types: what every declaration of ours is made of, on the driver's side and on the client's.
 */
#ifndef NTIO_NTDEF_H
#define NTIO_NTDEF_H
#define _NTDEF_

#include "ntio_compiler.h"
#include "basetsd.h"
#include "guiddef.h"
#include "specstrings.h"

#define ANYSIZE_ARRAY 1

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

/* Scalars. LONG and ULONG are 32 bits whatever the host's long is. */
typedef char CHAR;
typedef short SHORT;
typedef int LONG;
typedef int INT;
typedef unsigned char UCHAR;
typedef unsigned short USHORT;
typedef unsigned int ULONG;
typedef unsigned int UINT;
typedef long long LONGLONG;
typedef unsigned long long ULONGLONG;
typedef LONGLONG USN;
typedef ULONGLONG DWORDLONG;
typedef double DOUBLE;
typedef wchar_t WCHAR;
typedef void *PVOID;
typedef void *HANDLE;
typedef UCHAR BOOLEAN;
typedef UCHAR KIRQL;
typedef LONG NTSTATUS;
typedef LONG HRESULT;
typedef LONG KPRIORITY;
typedef UCHAR FCHAR;
typedef USHORT FSHORT;
typedef ULONG FLONG;
typedef ULONG CLONG;
typedef USHORT CSHORT_UNSIGNED;
typedef SHORT CSHORT;
typedef UCHAR CCHAR_UNSIGNED;
typedef CHAR CCHAR;
typedef ULONG LCID;
typedef USHORT LANGID;
typedef ULONG LOGICAL;
typedef ULONG ACCESS_MASK;
typedef ULONG EXECUTION_STATE;
typedef CHAR KPROCESSOR_MODE;
typedef PVOID KSPIN_LOCK_STORAGE;
typedef void *PVOID64;

typedef CHAR *PCHAR, *LPCH, *PCH, *PNZCH;
typedef const CHAR *LPCCH, *PCCH, *PCNZCH;
typedef CHAR *NPSTR, *LPSTR, *PSTR, *PZPSTR;
typedef const CHAR *LPCSTR, *PCSTR, *PCZPSTR;
typedef CHAR *PZZSTR;
typedef const CHAR *PCZZSTR;
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *PNZWCH, *LPUWCH, *PUWCH;
typedef const WCHAR *LPCWCH, *PCWCH, *PCNZWCH, *PCUWCH;
typedef WCHAR *NWPSTR, *LPWSTR, *PWSTR, *LPUWSTR, *PUWSTR;
typedef const WCHAR *LPCWSTR, *PCWSTR, *LPCUWSTR, *PCUWSTR;
typedef WCHAR *PZZWSTR, *PUZZWSTR;
typedef const WCHAR *PCZZWSTR, *PCUZZWSTR;
typedef PWSTR *PZPWSTR;
typedef PCWSTR *PCZPWSTR;
typedef SHORT *PSHORT;
typedef LONG *PLONG;
typedef INT *PINT;
typedef UCHAR *PUCHAR;
typedef const UCHAR *PCUCHAR;
typedef USHORT *PUSHORT;
typedef const USHORT *PCUSHORT;
typedef ULONG *PULONG;
typedef const ULONG *PCULONG;
typedef UINT *PUINT;
typedef LONGLONG *PLONGLONG;
typedef ULONGLONG *PULONGLONG;
typedef DWORDLONG *PDWORDLONG;
typedef const void *PCVOID;
typedef CCHAR *PCCHAR;
typedef PVOID *PPVOID;
typedef HANDLE *PHANDLE;
typedef BOOLEAN *PBOOLEAN;
typedef KIRQL *PKIRQL;
typedef NTSTATUS *PNTSTATUS;
typedef LCID *PLCID;
typedef LANGID *PLANGID;
typedef LOGICAL *PLOGICAL;
typedef CSHORT *PCSHORT;
typedef ACCESS_MASK *PACCESS_MASK;
typedef CHAR *PSZ;
typedef const CHAR *PCSZ;
typedef ULONG CP_INDEX;

#ifndef _HRESULT_DEFINED
#define _HRESULT_DEFINED
#endif
#define DECLARE_HANDLE(name)                                                                                 \
    struct name##__ {                                                                                        \
        int unused;                                                                                          \
    };                                                                                                       \
    typedef struct name##__ *name

#define NT_SUCCESS(Status)     (((NTSTATUS)(Status)) >= 0)
#define NT_INFORMATION(Status) ((((ULONG)(Status)) >> 30) == 1)
#define NT_WARNING(Status)     ((((ULONG)(Status)) >> 30) == 2)
#define NT_ERROR(Status)       ((((ULONG)(Status)) >> 30) == 3)

#define MINCHAR      0x80
#define MAXCHAR      0x7f
#define MINSHORT     0x8000
#define MAXSHORT     0x7fff
#define MINLONG      0x80000000
#define MAXLONG      0x7fffffff
#define MAXULONG     0xffffffff
#define MAXDWORD     0xffffffff
#define MAXBYTE      0xff
#define MAXWORD      0xffff
#define UNICODE_NULL ((WCHAR)0)
#define ANSI_NULL    ((CHAR)0)
#define UNICODE_STRING_MAX_BYTES ((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS (32767)
#ifndef TEXT
#define __TEXT(quote) L##quote
#endif

#define NOTHING

#define UNALIGNED   __unaligned
#define UNALIGNED64 __unaligned
#define MEMORY_ALLOCATION_ALIGNMENT 16
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define PROBE_ALIGNMENT(s) __alignof__(ULONG)
#define TYPE_ALIGNMENT(t)  __alignof__(t)

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    struct {
        ULONG LowPart;
        ULONG HighPart;
    };
    struct {
        ULONG LowPart;
        ULONG HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;
typedef const LARGE_INTEGER *PCLARGE_INTEGER;
typedef struct _LUID {
    ULONG LowPart;
    LONG HighPart;
} LUID, *PLUID;

typedef struct _FLOAT128 {
    LONGLONG LowPart;
    LONGLONG HighPart;
} FLOAT128, *PFLOAT128;

typedef struct _QUAD {
    union {
        LONGLONG UseThisFieldToCopy;
        double DoNotUseThisField;
    };
} QUAD, *PQUAD, UQUAD, *PUQUAD;

/* Counted strings: lengths are in bytes, and nobody promises a terminator. */
typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING, UTF8_STRING, *PUTF8_STRING;
typedef const STRING *PCSTRING, *PCANSI_STRING, *PCOEM_STRING, *PCUTF8_STRING;

typedef struct _CSTRING {
    USHORT Length;
    USHORT MaximumLength;
    const char *Buffer;
} CSTRING, *PCSTRING_CONST;

typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING32 {
    USHORT Length;
    USHORT MaximumLength;
    ULONG Buffer;
} STRING32, *PSTRING32, UNICODE_STRING32, *PUNICODE_STRING32, ANSI_STRING32, *PANSI_STRING32;
typedef struct _STRING64 {
    USHORT Length;
    USHORT MaximumLength;
    ULONGLONG Buffer;
} STRING64, *PSTRING64, UNICODE_STRING64, *PUNICODE_STRING64, ANSI_STRING64, *PANSI_STRING64;

#ifdef __cplusplus
extern "C++" {
/* A literal as the buffer of a string that nobody writes to; wide and narrow. */
constexpr CHAR *ntio_literal(const CHAR *s)
{
    return const_cast<CHAR *>(s);
}
constexpr WCHAR *ntio_literal(const WCHAR *s)
{
    return const_cast<WCHAR *>(s);
}
}
#else
#define ntio_literal(s) ((void *)(s))
#endif
#define RTL_CONSTANT_STRING(s)                                                                               \
    {                                                                                                        \
        sizeof(s) - sizeof((s)[0]), sizeof(s), ntio_literal(s)                                               \
    }
#define DECLARE_CONST_UNICODE_STRING(name, string)                                                           \
    const WCHAR name##_buffer[] = string;                                                                    \
    const UNICODE_STRING name = {sizeof(string) - sizeof(WCHAR), sizeof(string), (PWCH)name##_buffer}
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(name, string)                                                    \
    extern const DECLSPEC_SELECTANY UNICODE_STRING name;                                                     \
    const UNICODE_STRING name = RTL_CONSTANT_STRING(string)
#define DECLARE_UNICODE_STRING_SIZE(name, size)                                                              \
    WCHAR name##_buffer[size];                                                                               \
    UNICODE_STRING name = {0, (size) * sizeof(WCHAR), name##_buffer}

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY, *RESTRICTED_POINTER_LIST, *PRLIST_ENTRY;
typedef const LIST_ENTRY *PCLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct LIST_ENTRY32 {
    ULONG Flink;
    ULONG Blink;
} LIST_ENTRY32, *PLIST_ENTRY32;
typedef struct LIST_ENTRY64 {
    ULONGLONG Flink;
    ULONGLONG Blink;
} LIST_ENTRY64, *PLIST_ENTRY64;

typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;

typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
    struct {
        ULONGLONG Alignment;
        ULONGLONG Region;
    };
    struct {
        ULONGLONG Depth : 16;
        ULONGLONG Sequence : 48;
        ULONGLONG Reserved : 4;
        ULONGLONG NextEntry : 60;
    } HeaderX64;
} SLIST_HEADER, *PSLIST_HEADER;

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef const OBJECT_ATTRIBUTES *PCOBJECT_ATTRIBUTES;

#define OBJ_INHERIT                       0x00000002L
#define OBJ_PERMANENT                     0x00000010L
#define OBJ_EXCLUSIVE                     0x00000020L
#define OBJ_CASE_INSENSITIVE              0x00000040L
#define OBJ_OPENIF                        0x00000080L
#define OBJ_OPENLINK                      0x00000100L
#define OBJ_KERNEL_HANDLE                 0x00000200L
#define OBJ_FORCE_ACCESS_CHECK            0x00000400L
#define OBJ_IGNORE_IMPERSONATED_DEVICEMAP 0x00000800L
#define OBJ_DONT_REPARSE                  0x00001000L
#define OBJ_VALID_ATTRIBUTES              0x00001FF2L

#define InitializeObjectAttributes(p, n, a, r, s)                                                            \
    do {                                                                                                     \
        (p)->Length = sizeof(OBJECT_ATTRIBUTES);                                                             \
        (p)->RootDirectory = (r);                                                                            \
        (p)->Attributes = (a);                                                                               \
        (p)->ObjectName = (n);                                                                               \
        (p)->SecurityDescriptor = (s);                                                                       \
        (p)->SecurityQualityOfService = NULL;                                                                \
    } while (0)
#define RTL_INIT_OBJECT_ATTRIBUTES(n, a)                                                                     \
    {                                                                                                        \
        sizeof(OBJECT_ATTRIBUTES), NULL, (PUNICODE_STRING)(n), (a), NULL, NULL                               \
    }
#define RTL_CONSTANT_OBJECT_ATTRIBUTES(n, a) RTL_INIT_OBJECT_ATTRIBUTES(n, a)

typedef struct _CLIENT_ID {
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;

typedef struct _PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number;
    UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;
typedef struct _GROUP_AFFINITY {
    KAFFINITY Mask;
    USHORT Group;
    USHORT Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _WAIT_TYPE { WaitAll, WaitAny, WaitNotification, WaitDequeue, WaitDpc } WAIT_TYPE;
typedef enum _NT_PRODUCT_TYPE { NtProductWinNt = 1, NtProductLanManNt, NtProductServer } NT_PRODUCT_TYPE;
typedef enum _SUITE_TYPE {
    SmallBusiness,
    Enterprise,
    BackOffice,
    CommunicationServer,
    TerminalServer,
    SmallBusinessRestricted,
    EmbeddedNT,
    DataCenter,
    SingleUserTS,
    Personal,
    Blade,
    EmbeddedRestricted,
    SecurityAppliance,
    StorageServer,
    ComputeServer,
    WHServer,
    PhoneNT,
    MultiUserTS,
    MaxSuiteType
} SUITE_TYPE;

/* Structures, members, assertions. */
#define FIELD_OFFSET(type, field)  ((LONG)__builtin_offsetof(type, field))
#define UFIELD_OFFSET(type, field) ((ULONG)__builtin_offsetof(type, field))
#define CONTAINING_RECORD(address, type, field)                                                              \
    ((type *)((char *)(address) - (ULONG_PTR)__builtin_offsetof(type, field)))
#define RTL_FIELD_TYPE(type, field)          (((type *)0)->field)
#define RTL_FIELD_SIZE(type, field)          (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (FIELD_OFFSET(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_CONTAINS_FIELD(p, size, field)                                                                   \
    ((((char *)(&(p)->field)) + sizeof((p)->field)) <= (((char *)(p)) + (size)))
#define RTL_NUMBER_OF_V1(a)         (sizeof(a) / sizeof((a)[0]))
#define RTL_NUMBER_OF_V2(a)         RTL_NUMBER_OF_V1(a)
#define RTL_NUMBER_OF(a)            RTL_NUMBER_OF_V1(a)
#define ARRAYSIZE(a)                RTL_NUMBER_OF_V2(a)
#define _ARRAYSIZE(a)               RTL_NUMBER_OF_V1(a)
#define RTL_NUMBER_OF_FIELD(t, f)   (RTL_NUMBER_OF(RTL_FIELD_TYPE(t, f)))
#define RTL_PADDING_BETWEEN_FIELDS(t, a, b) (FIELD_OFFSET(t, b) - FIELD_OFFSET(t, a) - RTL_FIELD_SIZE(t, a))
#define RTL_BITS_OF(sizeOfArg)      (sizeof(sizeOfArg) * 8)
#define RTL_BITS_OF_FIELD(t, f)     (RTL_BITS_OF(RTL_FIELD_TYPE(t, f)))
#define RTL_IS_POWER_OF_TWO(v)      ((v) != 0 && !((v) & ((v) - 1)))
#define RTL_IS_CLEAR_OR_SINGLE_FLAG(f, m) ((((f) & (m)) == 0) || RTL_IS_POWER_OF_TWO((f) & (m)))
#define PROBE_ALIGNMENT32(s)        __alignof__(ULONG)
#define C_ASSERT(e)                 NTIO_STATIC_ASSERT(e, #e)
#define UNREFERENCED_PARAMETER(p)      ((void)(p))
#define DBG_UNREFERENCED_PARAMETER(p)  ((void)(p))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(v) ((void)(v))
#define DEFAULT_UNREACHABLE         default: __builtin_unreachable()
#define Int32x32To64(a, b)          ((LONGLONG)(LONG)(a) * (LONGLONG)(LONG)(b))
#define UInt32x32To64(a, b)         ((ULONGLONG)(ULONG)(a) * (ULONGLONG)(ULONG)(b))
#define Int64ShllMod32(a, b)        ((ULONGLONG)(a) << ((b) & 31))
#define Int64ShraMod32(a, b)        ((LONGLONG)(a) >> ((b) & 31))
#define Int64ShrlMod32(a, b)        ((ULONGLONG)(a) >> ((b) & 31))
#ifndef NOMINMAX
#ifdef __cplusplus
#ifndef NTIO_MIN_MAX
#define NTIO_MIN_MAX
/* Functions where Windows has macros, so that std::min is left alone. */
extern "C++" {
template <class A, class B> constexpr auto min(A a, B b) -> decltype(true ? A() : B())
{
    return a < b ? a : b;
}
template <class A, class B> constexpr auto max(A a, B b) -> decltype(true ? A() : B())
{
    return a > b ? a : b;
}
}
#endif
#elif !defined(min)
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif
#define ARGUMENT_PRESENT(p)         ((CHAR *)((ULONG_PTR)(p)) != (CHAR *)NULL)
#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(t)                                                                        \
    extern "C++" {                                                                                           \
    constexpr t operator|(t a, t b) { return t((__underlying_type(t))a | (__underlying_type(t))b); }         \
    constexpr t operator&(t a, t b) { return t((__underlying_type(t))a & (__underlying_type(t))b); }         \
    constexpr t operator^(t a, t b) { return t((__underlying_type(t))a ^ (__underlying_type(t))b); }         \
    constexpr t operator~(t a) { return t(~(__underlying_type(t))a); }                                       \
    inline t &operator|=(t &a, t b) { return a = a | b; }                                                    \
    inline t &operator&=(t &a, t b) { return a = a & b; }                                                    \
    inline t &operator^=(t &a, t b) { return a = a ^ b; }                                                    \
    }
#else
#define DEFINE_ENUM_FLAG_OPERATORS(t)
#endif

#define MAKELANGID(p, s)      ((((USHORT)(s)) << 10) | (USHORT)(p))
#define PRIMARYLANGID(lgid)   ((USHORT)(lgid) & 0x3ff)
#define SUBLANGID(lgid)       ((USHORT)(lgid) >> 10)
#define LANG_NEUTRAL          0x00
#define LANG_CHINESE          0x04
#define LANG_GERMAN           0x07
#define LANG_ENGLISH          0x09
#define LANG_SPANISH          0x0a
#define LANG_FRENCH           0x0c
#define LANG_ITALIAN          0x10
#define LANG_JAPANESE         0x11
#define LANG_KOREAN           0x12
#define LANG_RUSSIAN          0x19
#define SUBLANG_NEUTRAL       0x00
#define SUBLANG_DEFAULT       0x01
#define SUBLANG_SYS_DEFAULT   0x02
#define SUBLANG_ENGLISH_US    0x01
#define SUBLANG_ENGLISH_UK    0x02
#define SUBLANG_CHINESE_SIMPLIFIED 0x02
#define MAKELCID(lgid, srtid) ((ULONG)((((ULONG)((USHORT)(srtid))) << 16) | ((ULONG)((USHORT)(lgid)))))
#define LANGIDFROMLCID(lcid)  ((USHORT)(lcid))
#define LANG_SYSTEM_DEFAULT   MAKELANGID(LANG_NEUTRAL, SUBLANG_SYS_DEFAULT)
#define LANG_USER_DEFAULT     MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT)
#define LOCALE_NEUTRAL        MAKELCID(MAKELANGID(LANG_NEUTRAL, SUBLANG_NEUTRAL), 0)
#define LOCALE_SYSTEM_DEFAULT MAKELCID(LANG_SYSTEM_DEFAULT, 0)
#define LOCALE_USER_DEFAULT   MAKELCID(LANG_USER_DEFAULT, 0)

#define MAXIMUM_PROC_PER_GROUP    64
#define MAXIMUM_PROCESSORS        MAXIMUM_PROC_PER_GROUP
#define ALL_PROCESSOR_GROUPS      0xffff
#define MAXIMUM_WAIT_OBJECTS      64
#define MAXIMUM_SUSPEND_COUNT     MAXCHAR

#endif
