/*
 * Event tracing sessions: levels, flags and structures. What controls sessions is not there: every provider is
 * enabled and writes to ntio's log (ntio_etw_enable).
 */
#ifndef NTIO_EVNTRACE_H
#define NTIO_EVNTRACE_H
#define _EVNTRACE_

#include "ntio_etw.h"
#include "wmistr.h"

#define EVENT_TRACE_TYPE_INFO            0x00
#define EVENT_TRACE_TYPE_START           0x01
#define EVENT_TRACE_TYPE_END             0x02
#define EVENT_TRACE_TYPE_STOP            0x02
#define EVENT_TRACE_TYPE_DC_START        0x03
#define EVENT_TRACE_TYPE_DC_END          0x04
#define EVENT_TRACE_TYPE_EXTENSION       0x05
#define EVENT_TRACE_TYPE_REPLY           0x06
#define EVENT_TRACE_TYPE_DEQUEUE         0x07
#define EVENT_TRACE_TYPE_RESUME          0x07
#define EVENT_TRACE_TYPE_CHECKPOINT      0x08
#define EVENT_TRACE_TYPE_SUSPEND         0x08
#define EVENT_TRACE_TYPE_WINEVT_SEND     0x09
#define EVENT_TRACE_TYPE_WINEVT_RECEIVE  0xF0

#define EVENT_TRACE_FLAG_PROCESS         0x00000001
#define EVENT_TRACE_FLAG_THREAD          0x00000002
#define EVENT_TRACE_FLAG_IMAGE_LOAD      0x00000004
#define EVENT_TRACE_FLAG_DISK_IO         0x00000100
#define EVENT_TRACE_FLAG_DISK_FILE_IO    0x00000200
#define EVENT_TRACE_FLAG_REGISTRY        0x00020000
#define EVENT_TRACE_FLAG_DBGPRINT        0x00040000
#define EVENT_TRACE_FLAG_DRIVER          0x00800000

#define EVENT_TRACE_FILE_MODE_NONE       0x00000000
#define EVENT_TRACE_FILE_MODE_SEQUENTIAL 0x00000001
#define EVENT_TRACE_FILE_MODE_CIRCULAR   0x00000002
#define EVENT_TRACE_FILE_MODE_APPEND     0x00000004
#define EVENT_TRACE_REAL_TIME_MODE       0x00000100
#define EVENT_TRACE_BUFFERING_MODE       0x00000400
#define EVENT_TRACE_PRIVATE_LOGGER_MODE  0x00000800
#define EVENT_TRACE_CONTROL_QUERY        0
#define EVENT_TRACE_CONTROL_STOP         1
#define EVENT_TRACE_CONTROL_UPDATE       2
#define EVENT_TRACE_CONTROL_FLUSH        3

#define TRACE_MESSAGE_SEQUENCE           1
#define TRACE_MESSAGE_GUID               2
#define TRACE_MESSAGE_COMPONENTID        4
#define TRACE_MESSAGE_TIMESTAMP          8
#define TRACE_MESSAGE_PERFORMANCE_TIMESTAMP 16
#define TRACE_MESSAGE_SYSTEMINFO         32

#define KERNEL_LOGGER_NAMEW L"NT Kernel Logger"
#define KERNEL_LOGGER_NAMEA "NT Kernel Logger"

typedef struct _EVENT_TRACE_HEADER {
    USHORT Size;
    union {
        USHORT FieldTypeFlags;
        struct {
            UCHAR HeaderType;
            UCHAR MarkerFlags;
        };
    };
    union {
        ULONG Version;
        struct {
            UCHAR Type;
            UCHAR Level;
            USHORT Version;
        } Class;
    };
    ULONG ThreadId;
    ULONG ProcessId;
    LARGE_INTEGER TimeStamp;
    union {
        GUID Guid;
        ULONGLONG GuidPtr;
    };
    union {
        struct {
            ULONG KernelTime;
            ULONG UserTime;
        };
        ULONG64 ProcessorTime;
        struct {
            ULONG ClientContext;
            ULONG Flags;
        };
    };
} EVENT_TRACE_HEADER, *PEVENT_TRACE_HEADER;

typedef struct _EVENT_INSTANCE_HEADER {
    USHORT Size;
    union {
        USHORT FieldTypeFlags;
        struct {
            UCHAR HeaderType;
            UCHAR MarkerFlags;
        };
    };
    union {
        ULONG Version;
        struct {
            UCHAR Type;
            UCHAR Level;
            USHORT Version;
        } Class;
    };
    ULONG ThreadId;
    ULONG ProcessId;
    LARGE_INTEGER TimeStamp;
    ULONGLONG RegHandle;
    ULONG InstanceId;
    ULONG ParentInstanceId;
    union {
        struct {
            ULONG KernelTime;
            ULONG UserTime;
        };
        ULONG64 ProcessorTime;
        struct {
            ULONG EventId;
            ULONG Flags;
        };
    };
    ULONGLONG ParentRegHandle;
} EVENT_INSTANCE_HEADER, *PEVENT_INSTANCE_HEADER;

typedef struct _MOF_FIELD {
    ULONG64 DataPtr;
    ULONG Length;
    ULONG DataType;
} MOF_FIELD, *PMOF_FIELD;
#define MAX_MOF_FIELDS 16

typedef struct _EVENT_TRACE_PROPERTIES {
    WNODE_HEADER Wnode;
    ULONG BufferSize;
    ULONG MinimumBuffers;
    ULONG MaximumBuffers;
    ULONG MaximumFileSize;
    ULONG LogFileMode;
    ULONG FlushTimer;
    ULONG EnableFlags;
    LONG AgeLimit;
    ULONG NumberOfBuffers;
    ULONG FreeBuffers;
    ULONG EventsLost;
    ULONG BuffersWritten;
    ULONG LogBuffersLost;
    ULONG RealTimeBuffersLost;
    HANDLE LoggerThreadId;
    ULONG LogFileNameOffset;
    ULONG LoggerNameOffset;
} EVENT_TRACE_PROPERTIES, *PEVENT_TRACE_PROPERTIES;

#endif
