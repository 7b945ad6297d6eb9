/*
 * TraceLogging: self-describing events. On Windows the macros build descriptions that travel with the data; here they
 * hand names and values to ntio, which writes a line to its log. C only.
 */
#ifndef NTIO_TRACELOGGINGPROVIDER_H
#define NTIO_TRACELOGGINGPROVIDER_H

#include "evntprov.h"

struct ntio_tlg_provider {
    const char *name;
    GUID guid;
    REGHANDLE handle;
};
typedef struct ntio_tlg_provider *TraceLoggingHProvider;

enum ntio_tlg_kind { NTIO_TLG_NOTHING, NTIO_TLG_FIELD, NTIO_TLG_POINTER, NTIO_TLG_LEVEL, NTIO_TLG_KEYWORD, NTIO_TLG_OPCODE };
struct ntio_tlg_item {
    enum ntio_tlg_kind kind; /* field: data is the value; pointer: data is where the value's address stands */
    enum ntio_etw_type type;
    const char *name;
    const void *data;
    ULONGLONG size; /* or the number that the item is */
};

NTIO_INLINE VOID ntio_tlg_write(TraceLoggingHProvider provider, const char *name, const struct ntio_tlg_item *items,
                                ULONG count)
{
    struct ntio_etw_field fields[MAX_EVENT_DATA_DESCRIPTORS];
    EVENT_DATA_DESCRIPTOR data[MAX_EVENT_DATA_DESCRIPTORS];
    EVENT_DESCRIPTOR descriptor;
    ULONG used = 0, i;
    if (!provider->handle)
        return;
    EventDescCreate(&descriptor, 0, 0, 11, TRACE_LEVEL_VERBOSE, 0, 0, 0);
    for (i = 0; i < count; i++) {
        const struct ntio_tlg_item *item = &items[i];
        if (item->kind == NTIO_TLG_LEVEL)
            descriptor.Level = (UCHAR)item->size;
        else if (item->kind == NTIO_TLG_KEYWORD)
            descriptor.Keyword |= item->size;
        else if (item->kind == NTIO_TLG_OPCODE)
            descriptor.Opcode = (UCHAR)item->size;
        else if (item->kind != NTIO_TLG_NOTHING && used < MAX_EVENT_DATA_DESCRIPTORS) {
            fields[used].name = item->name;
            fields[used].type = item->type;
            EventDataDescCreate(&data[used++],
                                item->kind == NTIO_TLG_POINTER ? *(const void *const *)item->data : item->data,
                                (ULONG)item->size);
        }
    }
    ntio_etw_event(provider->handle, &descriptor, name, NULL, used, fields, data);
}

#define NTIO_TLG_GUID(l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#define TRACELOGGING_DECLARE_PROVIDER(handle) extern __attribute__((visibility("hidden"))) const TraceLoggingHProvider handle
#define TRACELOGGING_DEFINE_PROVIDER_STORAGE(storage, name, guid, ...)                                       \
    static struct ntio_tlg_provider storage = {name, NTIO_TLG_GUID guid, 0}
#define TRACELOGGING_DEFINE_PROVIDER(handle, name, guid, ...)                                                \
    static struct ntio_tlg_provider handle##_storage_ = {name, NTIO_TLG_GUID guid, 0};                       \
    extern __attribute__((visibility("hidden"))) const TraceLoggingHProvider handle;                         \
    const TraceLoggingHProvider handle = &handle##_storage_
#define TraceLoggingOptionGroup(...)
#define TraceLoggingOptionProviderTraits(...)

#ifdef NTIO_WDM_H
#define NTIO_TLG_REGISTER   EtwRegister
#define NTIO_TLG_UNREGISTER EtwUnregister
#define NTIO_TLG_ENABLED    EtwProviderEnabled
typedef PETWENABLECALLBACK TLG_PENABLECALLBACK;
typedef NTSTATUS TLG_STATUS;
#else
#define NTIO_TLG_REGISTER   EventRegister
#define NTIO_TLG_UNREGISTER EventUnregister
#define NTIO_TLG_ENABLED    EventProviderEnabled
typedef PENABLECALLBACK TLG_PENABLECALLBACK;
typedef HRESULT TLG_STATUS;
#endif

NTIO_INLINE TLG_STATUS TraceLoggingRegisterEx(TraceLoggingHProvider provider, TLG_PENABLECALLBACK callback, PVOID context)
{
    TLG_STATUS status = (TLG_STATUS)NTIO_TLG_REGISTER(&provider->guid, callback, context, &provider->handle);
    if (status == 0)
        ntio_etw_name(provider->handle, provider->name);
    return status;
}
#define TraceLoggingRegister(provider) TraceLoggingRegisterEx((provider), NULL, NULL)

NTIO_INLINE VOID TraceLoggingUnregister(TraceLoggingHProvider provider)
{
    REGHANDLE handle = provider->handle;
    provider->handle = 0;
    if (handle)
        NTIO_TLG_UNREGISTER(handle);
}

#define TraceLoggingProviderEnabled(provider, level, keyword) NTIO_TLG_ENABLED((provider)->handle, (level), (keyword))
#define TraceLoggingProviderId(provider)                      ((provider)->guid)

#define NTIO_TLG_ITEM(kind, size) {NTIO_TLG_##kind, (enum ntio_etw_type)0, 0, 0, size}
#ifdef __cplusplus
/* In C++ a field's value is a temporary, which lives until the whole expression is done. */
extern "C++" {
template <size_t count> inline void ntio_tlg_list(TraceLoggingHProvider provider, const char *name, const struct ntio_tlg_item (&items)[count])
{
    ntio_tlg_write(provider, name, items, count);
}
template <typename T> inline T ntio_tlg_plain(T value)
{
    return value;
}
template <typename T> inline const void *ntio_tlg_at(const T &value)
{
    return &value;
}
}
#define NTIO_TLG_AT(ctype, value) ntio_tlg_at<ctype>((ctype)(value))
#define TraceLoggingWrite(provider, name, ...) ntio_tlg_list((provider), name, {NTIO_TLG_ITEM(NOTHING, 0), ##__VA_ARGS__})
#else
#define NTIO_TLG_AT(ctype, value) (&(const ctype){(ctype)(value)})
#define TraceLoggingWrite(provider, name, ...)                                                               \
    do {                                                                                                     \
        const struct ntio_tlg_item ntio_tlg_items_[] = {NTIO_TLG_ITEM(NOTHING, 0), ##__VA_ARGS__};         \
        ntio_tlg_write((provider), name, ntio_tlg_items_, sizeof ntio_tlg_items_ / sizeof ntio_tlg_items_[0]); \
    } while (0)
#endif
#define TraceLoggingWriteActivity(provider, name, activity, related, ...)                                    \
    TraceLoggingWrite(provider, name, ##__VA_ARGS__)

#define TraceLoggingLevel(level)       NTIO_TLG_ITEM(LEVEL, (level))
#define TraceLoggingKeyword(keyword)   NTIO_TLG_ITEM(KEYWORD, (keyword))
#define TraceLoggingOpcode(opcode)     NTIO_TLG_ITEM(OPCODE, (opcode))
#define TraceLoggingEventTag(...)      NTIO_TLG_ITEM(NOTHING, 0)
#define TraceLoggingChannel(...)       NTIO_TLG_ITEM(NOTHING, 0)
#define TraceLoggingDescription(...)   NTIO_TLG_ITEM(NOTHING, 0)
#define TraceLoggingCustomAttribute(...) NTIO_TLG_ITEM(NOTHING, 0)
#define TraceLoggingStruct(...)        NTIO_TLG_ITEM(NOTHING, 0)

/* A field's name may be left out: then it is the value's text. */
#define NTIO_TLG_SECOND(a, b, ...) b
#define NTIO_TLG_NAME(text, ...)   NTIO_TLG_SECOND(0, ##__VA_ARGS__, text)
#define NTIO_TLG_SCALAR(ctype, type, value, ...)                                                             \
    {NTIO_TLG_FIELD, NTIO_ETW_##type, NTIO_TLG_NAME(#value, ##__VA_ARGS__), NTIO_TLG_AT(ctype, value), sizeof(ctype)}
#define NTIO_TLG_BYTES(type, value, bytes, ...)                                                              \
    {NTIO_TLG_FIELD, NTIO_ETW_##type, NTIO_TLG_NAME(#value, ##__VA_ARGS__), (value), (bytes)}

#define TraceLoggingInt8(value, ...)      NTIO_TLG_SCALAR(INT8, SIGNED, value, ##__VA_ARGS__)
#define TraceLoggingUInt8(value, ...)     NTIO_TLG_SCALAR(UINT8, UNSIGNED, value, ##__VA_ARGS__)
#define TraceLoggingInt16(value, ...)     NTIO_TLG_SCALAR(INT16, SIGNED, value, ##__VA_ARGS__)
#define TraceLoggingUInt16(value, ...)    NTIO_TLG_SCALAR(UINT16, UNSIGNED, value, ##__VA_ARGS__)
#define TraceLoggingInt32(value, ...)     NTIO_TLG_SCALAR(INT32, SIGNED, value, ##__VA_ARGS__)
#define TraceLoggingUInt32(value, ...)    NTIO_TLG_SCALAR(UINT32, UNSIGNED, value, ##__VA_ARGS__)
#define TraceLoggingInt64(value, ...)     NTIO_TLG_SCALAR(INT64, SIGNED, value, ##__VA_ARGS__)
#define TraceLoggingUInt64(value, ...)    NTIO_TLG_SCALAR(UINT64, UNSIGNED, value, ##__VA_ARGS__)
#define TraceLoggingHexInt8(value, ...)   NTIO_TLG_SCALAR(INT8, HEX, value, ##__VA_ARGS__)
#define TraceLoggingHexUInt8(value, ...)  NTIO_TLG_SCALAR(UINT8, HEX, value, ##__VA_ARGS__)
#define TraceLoggingHexInt16(value, ...)  NTIO_TLG_SCALAR(INT16, HEX, value, ##__VA_ARGS__)
#define TraceLoggingHexUInt16(value, ...) NTIO_TLG_SCALAR(UINT16, HEX, value, ##__VA_ARGS__)
#define TraceLoggingHexInt32(value, ...)  NTIO_TLG_SCALAR(INT32, HEX, value, ##__VA_ARGS__)
#define TraceLoggingHexUInt32(value, ...) NTIO_TLG_SCALAR(UINT32, HEX, value, ##__VA_ARGS__)
#define TraceLoggingHexInt64(value, ...)  NTIO_TLG_SCALAR(INT64, HEX, value, ##__VA_ARGS__)
#define TraceLoggingHexUInt64(value, ...) NTIO_TLG_SCALAR(UINT64, HEX, value, ##__VA_ARGS__)
#define TraceLoggingLong(value, ...)      NTIO_TLG_SCALAR(LONG, SIGNED, value, ##__VA_ARGS__)
#define TraceLoggingULong(value, ...)     NTIO_TLG_SCALAR(ULONG, UNSIGNED, value, ##__VA_ARGS__)
#define TraceLoggingHexLong(value, ...)   NTIO_TLG_SCALAR(LONG, HEX, value, ##__VA_ARGS__)
#define TraceLoggingHexULong(value, ...)  NTIO_TLG_SCALAR(ULONG, HEX, value, ##__VA_ARGS__)
#define TraceLoggingIntPtr(value, ...)    NTIO_TLG_SCALAR(LONG_PTR, SIGNED, value, ##__VA_ARGS__)
#define TraceLoggingUIntPtr(value, ...)   NTIO_TLG_SCALAR(ULONG_PTR, UNSIGNED, value, ##__VA_ARGS__)
#define TraceLoggingHexIntPtr(value, ...) NTIO_TLG_SCALAR(LONG_PTR, HEX, value, ##__VA_ARGS__)
#define TraceLoggingHexUIntPtr(value, ...) NTIO_TLG_SCALAR(ULONG_PTR, HEX, value, ##__VA_ARGS__)
#define TraceLoggingFloat32(value, ...)   NTIO_TLG_SCALAR(float, FLOAT, value, ##__VA_ARGS__)
#define TraceLoggingFloat64(value, ...)   NTIO_TLG_SCALAR(double, FLOAT, value, ##__VA_ARGS__)
#define TraceLoggingBoolean(value, ...)   NTIO_TLG_SCALAR(UINT8, BOOLEAN, value, ##__VA_ARGS__)
#define TraceLoggingBool(value, ...)      NTIO_TLG_SCALAR(INT32, BOOLEAN, value, ##__VA_ARGS__)
#define TraceLoggingChar(value, ...)      NTIO_TLG_SCALAR(CHAR, CHARACTER, value, ##__VA_ARGS__)
#define TraceLoggingWChar(value, ...)     NTIO_TLG_SCALAR(WCHAR, CHARACTER, value, ##__VA_ARGS__)
#define TraceLoggingPointer(value, ...)   NTIO_TLG_SCALAR(ULONG_PTR, HEX, value, ##__VA_ARGS__)
#define TraceLoggingCodePointer(value, ...) NTIO_TLG_SCALAR(ULONG_PTR, HEX, value, ##__VA_ARGS__)
#define TraceLoggingPid(value, ...)       NTIO_TLG_SCALAR(UINT32, UNSIGNED, value, ##__VA_ARGS__)
#define TraceLoggingTid(value, ...)       NTIO_TLG_SCALAR(UINT32, UNSIGNED, value, ##__VA_ARGS__)
#define TraceLoggingPort(value, ...)      NTIO_TLG_SCALAR(UINT16, UNSIGNED, value, ##__VA_ARGS__)
#define TraceLoggingWinError(value, ...)  NTIO_TLG_SCALAR(UINT32, UNSIGNED, value, ##__VA_ARGS__)
#define TraceLoggingNTStatus(value, ...)  NTIO_TLG_SCALAR(INT32, STATUS, value, ##__VA_ARGS__)
#define TraceLoggingNTSTATUS(value, ...)  NTIO_TLG_SCALAR(INT32, STATUS, value, ##__VA_ARGS__)
#define TraceLoggingHResult(value, ...)   NTIO_TLG_SCALAR(UINT32, HEX, value, ##__VA_ARGS__)
#define TraceLoggingHRESULT(value, ...)   NTIO_TLG_SCALAR(UINT32, HEX, value, ##__VA_ARGS__)

#define TraceLoggingString(value, ...)        NTIO_TLG_BYTES(ANSI, value, 0xFFFFFFFF, ##__VA_ARGS__)
#define TraceLoggingUtf8String(value, ...)    NTIO_TLG_BYTES(ANSI, value, 0xFFFFFFFF, ##__VA_ARGS__)
#define TraceLoggingWideString(value, ...)    NTIO_TLG_BYTES(WIDE, value, 0xFFFFFFFF, ##__VA_ARGS__)
#define TraceLoggingCountedString(value, length, ...)     NTIO_TLG_BYTES(ANSI, value, (length), ##__VA_ARGS__)
#define TraceLoggingCountedUtf8String(value, length, ...) NTIO_TLG_BYTES(ANSI, value, (length), ##__VA_ARGS__)
#define TraceLoggingCountedWideString(value, length, ...)                                                    \
    NTIO_TLG_BYTES(WIDE, value, (length) * sizeof(WCHAR), ##__VA_ARGS__)
#define TraceLoggingAnsiString(value, ...)                                                                   \
    {NTIO_TLG_FIELD, NTIO_ETW_ANSI, NTIO_TLG_NAME(#value, ##__VA_ARGS__), (value)->Buffer, (value)->Length}
#define TraceLoggingUnicodeString(value, ...)                                                                \
    {NTIO_TLG_FIELD, NTIO_ETW_WIDE, NTIO_TLG_NAME(#value, ##__VA_ARGS__), (value)->Buffer, (value)->Length}
#define TraceLoggingBinary(value, bytes, ...) NTIO_TLG_BYTES(BINARY, value, (bytes), ##__VA_ARGS__)
#define TraceLoggingSid(value, ...)           NTIO_TLG_BYTES(SID, value, 68, ##__VA_ARGS__)
#define TraceLoggingGuid(value, ...)                                                                         \
    {NTIO_TLG_FIELD, NTIO_ETW_GUID, NTIO_TLG_NAME(#value, ##__VA_ARGS__), NTIO_TLG_AT(GUID, value), sizeof(GUID)}
#define TraceLoggingFileTime(value, ...)      NTIO_TLG_BYTES(UNSIGNED, &(value), 8, ##__VA_ARGS__)
#define TraceLoggingSystemTime(value, ...)    NTIO_TLG_BYTES(BINARY, &(value), 16, ##__VA_ARGS__)
#define NTIO_TLG_ARRAY(ctype, value, count, ...) NTIO_TLG_BYTES(BINARY, value, (count) * sizeof(ctype), ##__VA_ARGS__)
#define TraceLoggingInt8Array(value, count, ...)      NTIO_TLG_ARRAY(INT8, value, count, ##__VA_ARGS__)
#define TraceLoggingUInt8Array(value, count, ...)     NTIO_TLG_ARRAY(UINT8, value, count, ##__VA_ARGS__)
#define TraceLoggingHexUInt8Array(value, count, ...)  NTIO_TLG_ARRAY(UINT8, value, count, ##__VA_ARGS__)
#define TraceLoggingUInt16Array(value, count, ...)    NTIO_TLG_ARRAY(UINT16, value, count, ##__VA_ARGS__)
#define TraceLoggingInt32Array(value, count, ...)     NTIO_TLG_ARRAY(INT32, value, count, ##__VA_ARGS__)
#define TraceLoggingUInt32Array(value, count, ...)    NTIO_TLG_ARRAY(UINT32, value, count, ##__VA_ARGS__)
#define TraceLoggingHexUInt32Array(value, count, ...) NTIO_TLG_ARRAY(UINT32, value, count, ##__VA_ARGS__)
#define TraceLoggingUInt64Array(value, count, ...)    NTIO_TLG_ARRAY(UINT64, value, count, ##__VA_ARGS__)

/* The type is the value's own. */
#ifdef __cplusplus
extern "C++" {
template <typename T> struct ntio_tlg_type {
    static constexpr enum ntio_etw_type value = NTIO_ETW_HEX;
};
#define NTIO_TLG_TYPE_IS(type, etw)                                                                          \
    template <> struct ntio_tlg_type<type> {                                                                 \
        static constexpr enum ntio_etw_type value = NTIO_ETW_##etw;                                                                    \
    };
NTIO_TLG_TYPE_IS(char *, ANSI)
NTIO_TLG_TYPE_IS(const char *, ANSI)
NTIO_TLG_TYPE_IS(wchar_t *, WIDE)
NTIO_TLG_TYPE_IS(const wchar_t *, WIDE)
NTIO_TLG_TYPE_IS(float, FLOAT)
NTIO_TLG_TYPE_IS(double, FLOAT)
NTIO_TLG_TYPE_IS(GUID, GUID)
NTIO_TLG_TYPE_IS(char, CHARACTER)
NTIO_TLG_TYPE_IS(wchar_t, CHARACTER)
NTIO_TLG_TYPE_IS(signed char, SIGNED)
NTIO_TLG_TYPE_IS(short, SIGNED)
NTIO_TLG_TYPE_IS(int, SIGNED)
NTIO_TLG_TYPE_IS(long, SIGNED)
NTIO_TLG_TYPE_IS(long long, SIGNED)
NTIO_TLG_TYPE_IS(unsigned char, UNSIGNED)
NTIO_TLG_TYPE_IS(unsigned short, UNSIGNED)
NTIO_TLG_TYPE_IS(unsigned, UNSIGNED)
NTIO_TLG_TYPE_IS(unsigned long, UNSIGNED)
NTIO_TLG_TYPE_IS(unsigned long long, UNSIGNED)
NTIO_TLG_TYPE_IS(bool, BOOLEAN)
}
#define NTIO_TLG_TYPE_OF(v) ntio_tlg_type<decltype(ntio_tlg_plain(v))>::value
#define NTIO_TLG_IS_TEXT(v) (NTIO_TLG_TYPE_OF(v) == NTIO_ETW_ANSI || NTIO_TLG_TYPE_OF(v) == NTIO_ETW_WIDE)
#define TraceLoggingValue(v, ...)                                                                            \
    {NTIO_TLG_IS_TEXT(v) ? NTIO_TLG_POINTER : NTIO_TLG_FIELD, NTIO_TLG_TYPE_OF(v), NTIO_TLG_NAME(#v, ##__VA_ARGS__), \
     ntio_tlg_at(ntio_tlg_plain(v)), NTIO_TLG_IS_TEXT(v) ? 0xFFFFFFFF : (ULONG)sizeof(ntio_tlg_plain(v))}
#else
#define NTIO_TLG_TYPE_OF(value)                                                                              \
    _Generic((value), char *: NTIO_ETW_ANSI, const char *: NTIO_ETW_ANSI, wchar_t *: NTIO_ETW_WIDE,          \
        const wchar_t *: NTIO_ETW_WIDE, float: NTIO_ETW_FLOAT, double: NTIO_ETW_FLOAT, GUID: NTIO_ETW_GUID,  \
        char: NTIO_ETW_CHARACTER, wchar_t: NTIO_ETW_UNSIGNED, signed char: NTIO_ETW_SIGNED, short: NTIO_ETW_SIGNED, \
        int: NTIO_ETW_SIGNED, long: NTIO_ETW_SIGNED, long long: NTIO_ETW_SIGNED,                             \
        unsigned char: NTIO_ETW_UNSIGNED, unsigned: NTIO_ETW_UNSIGNED, unsigned long: NTIO_ETW_UNSIGNED,     \
        unsigned long long: NTIO_ETW_UNSIGNED, _Bool: NTIO_ETW_BOOLEAN, default: NTIO_ETW_HEX)
#define NTIO_TLG_IS_TEXT(value)                                                                              \
    _Generic((value), char *: 1, const char *: 1, wchar_t *: 1, const wchar_t *: 1, default: 0)
#define TraceLoggingValue(value, ...)                                                                        \
    {NTIO_TLG_IS_TEXT(value) ? NTIO_TLG_POINTER : NTIO_TLG_FIELD, NTIO_TLG_TYPE_OF(value),                   \
     NTIO_TLG_NAME(#value, ##__VA_ARGS__), (const __typeof__(((void)0, (value)))[1]){(value)},               \
     NTIO_TLG_IS_TEXT(value) ? 0xFFFFFFFF : sizeof(__typeof__(((void)0, (value))))}
#endif

#endif
