/*
 * Event tracing, as both sides see it: descriptors, registrations, levels, and what the headers that describe events (made
 * from manifests, TraceLoggingProvider.h) hand to ntio so that an event can be told in words.
 */
#ifndef NTIO_ETW_H
#define NTIO_ETW_H

#include "ntdef.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef ULONGLONG REGHANDLE, *PREGHANDLE;
typedef ULONGLONG TRACEHANDLE, *PTRACEHANDLE;

typedef struct _EVENT_DESCRIPTOR {
    USHORT Id;
    UCHAR Version;
    UCHAR Channel;
    UCHAR Level;
    UCHAR Opcode;
    USHORT Task;
    ULONGLONG Keyword;
} EVENT_DESCRIPTOR, *PEVENT_DESCRIPTOR;
typedef const EVENT_DESCRIPTOR *PCEVENT_DESCRIPTOR;

typedef struct _EVENT_DATA_DESCRIPTOR {
    ULONGLONG Ptr;
    ULONG Size;
    union {
        ULONG Reserved;
        struct {
            UCHAR Type;
            UCHAR Reserved1;
            USHORT Reserved2;
        };
    };
} EVENT_DATA_DESCRIPTOR, *PEVENT_DATA_DESCRIPTOR;

typedef struct _EVENT_FILTER_DESCRIPTOR {
    ULONGLONG Ptr;
    ULONG Size;
    ULONG Type;
} EVENT_FILTER_DESCRIPTOR, *PEVENT_FILTER_DESCRIPTOR;
typedef struct _EVENT_FILTER_HEADER {
    USHORT Id;
    UCHAR Version;
    UCHAR Reserved[5];
    ULONGLONG InstanceId;
    ULONG Size;
    ULONG NextOffset;
} EVENT_FILTER_HEADER, *PEVENT_FILTER_HEADER;

#define EVENT_MIN_LEVEL                       0
#define EVENT_MAX_LEVEL                       0xff
#define EVENT_ACTIVITY_CTRL_GET_ID            1
#define EVENT_ACTIVITY_CTRL_SET_ID            2
#define EVENT_ACTIVITY_CTRL_CREATE_ID         3
#define EVENT_ACTIVITY_CTRL_GET_SET_ID        4
#define EVENT_ACTIVITY_CTRL_CREATE_SET_ID     5
#define MAX_EVENT_DATA_DESCRIPTORS            128
#define MAX_EVENT_FILTER_DATA_SIZE            1024
#define EVENT_FILTER_TYPE_SCHEMATIZED         0x80000000
#define EVENT_WRITE_FLAG_NO_FAULTING          1
#define EVENT_WRITE_FLAG_INPRIVATE            2
#define EVENT_CONTROL_CODE_DISABLE_PROVIDER   0
#define EVENT_CONTROL_CODE_ENABLE_PROVIDER    1
#define EVENT_CONTROL_CODE_CAPTURE_STATE      2
#define EVENT_DATA_DESCRIPTOR_TYPE_NONE              0
#define EVENT_DATA_DESCRIPTOR_TYPE_EVENT_METADATA    1
#define EVENT_DATA_DESCRIPTOR_TYPE_PROVIDER_METADATA 2

#ifndef TRACE_LEVEL_NONE
#define TRACE_LEVEL_NONE        0
#define TRACE_LEVEL_CRITICAL    1
#define TRACE_LEVEL_FATAL       1
#define TRACE_LEVEL_ERROR       2
#define TRACE_LEVEL_WARNING     3
#define TRACE_LEVEL_INFORMATION 4
#define TRACE_LEVEL_VERBOSE     5
#define TRACE_LEVEL_RESERVED6   6
#define TRACE_LEVEL_RESERVED7   7
#define TRACE_LEVEL_RESERVED8   8
#define TRACE_LEVEL_RESERVED9   9
#endif

typedef enum _EVENT_INFO_CLASS {
    EventProviderBinaryTrackInfo,
    EventProviderSetReserved1,
    EventProviderSetTraits,
    EventProviderUseDescriptorType,
    MaxEventInfo
} EVENT_INFO_CLASS;

NTIO_INLINE VOID EventDataDescCreate(PEVENT_DATA_DESCRIPTOR EventDataDescriptor, const VOID *DataPtr, ULONG DataSize)
{
    EventDataDescriptor->Ptr = (ULONGLONG)(ULONG_PTR)DataPtr;
    EventDataDescriptor->Size = DataSize;
    EventDataDescriptor->Reserved = 0;
}

NTIO_INLINE VOID EventDescCreate(PEVENT_DESCRIPTOR EventDescriptor, USHORT Id, UCHAR Version, UCHAR Channel, UCHAR Level,
                                 USHORT Task, UCHAR Opcode, ULONGLONG Keyword)
{
    EventDescriptor->Id = Id;
    EventDescriptor->Version = Version;
    EventDescriptor->Channel = Channel;
    EventDescriptor->Level = Level;
    EventDescriptor->Task = Task;
    EventDescriptor->Opcode = Opcode;
    EventDescriptor->Keyword = Keyword;
}

NTIO_INLINE VOID EventDescZero(PEVENT_DESCRIPTOR EventDescriptor)
{
    EventDescCreate(EventDescriptor, 0, 0, 0, 0, 0, 0, 0);
}

#define EventDescGetId(d)      ((d)->Id)
#define EventDescGetVersion(d) ((d)->Version)
#define EventDescGetTask(d)    ((d)->Task)
#define EventDescGetOpcode(d)  ((d)->Opcode)
#define EventDescGetChannel(d) ((d)->Channel)
#define EventDescGetLevel(d)   ((d)->Level)
#define EventDescGetKeyword(d) ((d)->Keyword)
#define EventDescSetId(d, v)      ((d)->Id = (v), (d))
#define EventDescSetVersion(d, v) ((d)->Version = (v), (d))
#define EventDescSetTask(d, v)    ((d)->Task = (v), (d))
#define EventDescSetOpcode(d, v)  ((d)->Opcode = (v), (d))
#define EventDescSetLevel(d, v)   ((d)->Level = (v), (d))
#define EventDescSetChannel(d, v) ((d)->Channel = (v), (d))
#define EventDescSetKeyword(d, v) ((d)->Keyword = (v), (d))
#define EventDescOrKeyword(d, v)  ((d)->Keyword |= (v), (d))

/* --- what is ours: events with names --- */

/* How the bytes of a field are shown. Their number is the data descriptor's. */
enum ntio_etw_type {
    NTIO_ETW_BINARY,
    NTIO_ETW_ANSI, /* up to a terminator */
    NTIO_ETW_WIDE,
    NTIO_ETW_SIGNED,
    NTIO_ETW_UNSIGNED,
    NTIO_ETW_HEX,
    NTIO_ETW_BOOLEAN,
    NTIO_ETW_FLOAT,
    NTIO_ETW_GUID,
    NTIO_ETW_SID,
    NTIO_ETW_STATUS,
    NTIO_ETW_CHARACTER,
};

struct ntio_etw_field {
    const char *name;
    enum ntio_etw_type type;
};

/*
 * Writes an event whose fields are known; the data are in the fields' order. `message` may be NULL; a %1 in it stands for
 * the first field. Status values as EtwWrite's.
 */
NTIO_EXPORT NTSTATUS ntio_etw_event(REGHANDLE handle, PCEVENT_DESCRIPTOR descriptor, const char *name, const char *message,
                                    ULONG count, const struct ntio_etw_field *fields, const EVENT_DATA_DESCRIPTOR *data);
/* Gives a registration the name it is logged under; without one that is its GUID. Not copied. */
NTIO_EXPORT void ntio_etw_name(REGHANDLE handle, const char *name);

#ifdef __cplusplus
}
#endif
#endif
