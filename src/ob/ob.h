/*
 * The object manager's interface for the components above it. Names, prototypes and semantics are NT's own.
 */
#pragma once

#include <ntifs.h>
#include "../gate.h"

typedef enum _OB_OPEN_REASON { ObCreateHandle, ObOpenHandle, ObDuplicateHandle, ObInheritHandle } OB_OPEN_REASON;

/* Called for the rest of a name below an object of the type (devices, keys); returns the object opened, referenced. */
typedef NTSTATUS (*OB_PARSE_METHOD)(PVOID ParseObject, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                                    KPROCESSOR_MODE AccessMode, ULONG Attributes, PUNICODE_STRING CompleteName,
                                    PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object);

typedef struct _OB_TYPE_INITIALIZER {
    const WCHAR *Name;
    GENERIC_MAPPING GenericMapping;
    ULONG ValidAccessMask;
    ULONG InvalidAttributes;
    BOOLEAN UseDefaultObject;    /* waits on a handle go to an object that is always signalled */
    LONG DefaultObjectOffset;    /* or, if not negative, to the DISPATCHER_HEADER at this offset; -1: not waitable */
    BOOLEAN MaintainHandleCount;
    NTSTATUS (*OpenProcedure)(OB_OPEN_REASON, PEPROCESS, PVOID Object, ACCESS_MASK Granted, ULONG HandleCount);
    /* SystemHandleCount: handles of all processes that were open before this close; 1: this was the last. */
    VOID (*CloseProcedure)(PEPROCESS, PVOID Object, ACCESS_MASK Granted, ULONG ProcessHandleCount, ULONG SystemHandleCount);
    VOID (*DeleteProcedure)(PVOID Object); /* the last reference is gone; the body is freed afterwards */
    OB_PARSE_METHOD ParseProcedure;
    NTSTATUS (*QueryNameProcedure)(PVOID Object, BOOLEAN HasObjectName, POBJECT_NAME_INFORMATION, ULONG Length,
                                   PULONG ReturnLength, KPROCESSOR_MODE);
} OB_TYPE_INITIALIZER;

void ob_start(void);
void ob_stop(void); /* reports what was left open, then frees everything */

NTSTATUS ObCreateObjectType(const OB_TYPE_INITIALIZER *, POBJECT_TYPE *);
/* A zeroed body in nonpaged pool with one reference; name and attributes are captured from ObjectAttributes. */
NTSTATUS ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE, POBJECT_ATTRIBUTES, KPROCESSOR_MODE OwnershipMode,
                        PVOID ParseContext, ULONG BodySize, ULONG PagedCharge, ULONG NonPagedCharge, PVOID *Object);
/* Enters the name (if it has one) and makes a handle (if asked); consumes the creation reference as NT does. */
NTSTATUS ObInsertObject(PVOID Object, PACCESS_STATE, ACCESS_MASK, ULONG ObjectPointerBias, PVOID *NewObject, PHANDLE);
NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES, POBJECT_TYPE, KPROCESSOR_MODE, PACCESS_STATE, ACCESS_MASK,
                            PVOID ParseContext, PHANDLE);
NTSTATUS ObReferenceObjectByName(PUNICODE_STRING, ULONG Attributes, PACCESS_STATE, ACCESS_MASK, POBJECT_TYPE,
                                 KPROCESSOR_MODE, PVOID ParseContext, PVOID *Object);
VOID ObMakeTemporaryObject(PVOID Object);
POBJECT_TYPE ObGetObjectType(PVOID Object);
ULONG_PTR ObGetPointerCount(PVOID Object);
ULONG ObGetHandleCount(PVOID Object);
/* The device's, link's, ... own name inside its directory, without the path; empty when it has none. */
PCUNICODE_STRING ObGetObjectName(PVOID Object);
BOOLEAN ObIsKernelHandle(HANDLE, KPROCESSOR_MODE);

/*
 * Hot path: the object behind a handle of the current process (or of the system, for a kernel handle), referenced, with
 * the access its handle was granted. Lock-free; about one atomic read-modify-write. No access check.
 */
NTSTATUS ObpLookupHandle(HANDLE, KPROCESSOR_MODE, POBJECT_TYPE, PVOID *Object, ACCESS_MASK *Granted);

/* Handle tables belong to processes; ps makes and drops them. */
struct ob_handle_table;
struct ob_handle_table *ob_handle_table_create(PEPROCESS);
void ob_handle_table_close_all(struct ob_handle_table *); /* closes every handle as process exit does */
void ob_handle_table_free(struct ob_handle_table *);
ULONG ob_handle_table_count(struct ob_handle_table *);
