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
    BOOLEAN CaseInsensitive;     /* names of such objects ignore case whatever OBJ_CASE_INSENSITIVE says */
    BOOLEAN Holdable;            /* handles can be held (ObpHoldByHandle); closing one visits every thread */
    BOOLEAN Filterable;          /* ObRegisterCallbacks is possible */
    ACCESS_MASK RetainAccess;    /* what no callback takes away */
    BOOLEAN OwnSecurity;         /* the type checks access itself (files): a duplicate never gets more access */
    NTSTATUS (*OpenProcedure)(OB_OPEN_REASON, PEPROCESS, PVOID Object, ACCESS_MASK Granted, ULONG HandleCount);
    /* Handles to the object that were open before this close, in this process and in all; 1: this was the last. */
    VOID (*CloseProcedure)(PEPROCESS, PVOID Object, ACCESS_MASK Granted, ULONG ProcessHandleCount, ULONG SystemHandleCount);
    VOID (*DeleteProcedure)(PVOID Object); /* the last reference is gone; the body is freed afterwards */
    /* Whether the object has more references than the system's own, so that a driver can drop one; NULL: not known. */
    BOOLEAN (*SpareProcedure)(PVOID Object);
    OB_PARSE_METHOD ParseProcedure;
    /* Queries (into the library's memory) or sets the descriptor; NULL: the object manager keeps it. */
    NTSTATUS (*SecurityProcedure)(PVOID Object, SECURITY_OPERATION_CODE, PSECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
                                  PULONG Length, KPROCESSOR_MODE);
    NTSTATUS (*QueryNameProcedure)(PVOID Object, BOOLEAN HasObjectName, POBJECT_NAME_INFORMATION, ULONG Length,
                                   PULONG ReturnLength, KPROCESSOR_MODE);
} OB_TYPE_INITIALIZER;

void ob_start(void);
void ob_stop(void); /* reports what was left open, then frees everything */

NTSTATUS ObCreateObjectType(const OB_TYPE_INITIALIZER *, POBJECT_TYPE *);
/* A zeroed body in nonpaged pool with one reference; name and attributes are captured from ObjectAttributes. */
NTSTATUS ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE, POBJECT_ATTRIBUTES, KPROCESSOR_MODE OwnershipMode,
                        PVOID ParseContext, ULONG BodySize, ULONG PagedCharge, ULONG NonPagedCharge, PVOID *Object);
/*
 * ObInsertObject enters the name (if it has one) and makes a handle (if asked). Success with a handle, and every failure, consumes the
 * creation reference; success without a handle leaves it with the caller. ObjectPointerBias more references are the
 * caller's on success, when NewObject or a handle was asked for. STATUS_OBJECT_NAME_EXISTS: OBJ_OPENIF found one; handle and
 * NewObject mean that one.
 */
NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES, POBJECT_TYPE, KPROCESSOR_MODE, PACCESS_STATE, ACCESS_MASK,
                            PVOID ParseContext, PHANDLE);
/* Not in the public headers, but exported: drivers declare these themselves. */
NTKERNELAPI NTSTATUS ObReferenceObjectByName(PUNICODE_STRING, ULONG Attributes, PACCESS_STATE, ACCESS_MASK, POBJECT_TYPE,
                                             KPROCESSOR_MODE, PVOID ParseContext, PVOID *Object);
NTKERNELAPI POBJECT_TYPE ObGetObjectType(PVOID Object);
ULONG_PTR ObGetPointerCount(PVOID Object);
ULONG ObGetHandleCount(PVOID Object);
/* The device's, link's, ... own name inside its directory, without the path; empty when it has none. */
PCUNICODE_STRING ObGetObjectName(PVOID Object);
/* A place that holds the type's pointer for as long as the type lives: what ExEventObjectType and its like point to. */
POBJECT_TYPE *ObTypePointer(POBJECT_TYPE);
/* What a wait on a handle to the object waits for. */
PVOID ObGetWaitObject(PVOID Object);
const char *ObGetTypeText(POBJECT_TYPE); /* "File", "Device", ... */
const void *ObGetCreator(PVOID Object);  /* address in the driver that made a permanent object; NULL: not known */
/* The library's own object: may be left when the machine stops. */
void ob_own(PVOID Object);

/*
 * What se does for the object manager, which comes before it: until it is there nothing is guarded. Descriptors that come back are in
 * system pool.
 */
struct ob_security {
    void (*Subject)(PACCESS_STATE); /* fills in who acts */
    /* Moves what the subject gets from RemainingDesiredAccess to PreviouslyGrantedAccess; no descriptor: everything. */
    NTSTATUS (*Check)(PSECURITY_DESCRIPTOR, PACCESS_STATE, const GENERIC_MAPPING *);
    NTSTATUS (*Capture)(PSECURITY_DESCRIPTOR given, KPROCESSOR_MODE, PSECURITY_DESCRIPTOR *own);
    NTSTATUS (*Assign)(PSECURITY_DESCRIPTOR parent, PSECURITY_DESCRIPTOR given, BOOLEAN directory, PACCESS_STATE,
                       const GENERIC_MAPPING *, KPROCESSOR_MODE, PSECURITY_DESCRIPTOR *result);
    NTSTATUS (*Query)(PSECURITY_DESCRIPTOR, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR to, ULONG length, ULONG *needed);
    NTSTATUS (*Replace)(PSECURITY_DESCRIPTOR old, PSECURITY_DESCRIPTOR from, SECURITY_INFORMATION, const GENERIC_MAPPING *,
                        KPROCESSOR_MODE, PSECURITY_DESCRIPTOR *result);
};
void ob_set_security(const struct ob_security *);
const struct ob_security *ob_security_of_objects(void); /* NULL: nothing is guarded */
/* The object's own descriptor, held until it is dereferenced; NULL: it has none. */
PSECURITY_DESCRIPTOR ObpReferenceSecurity(PVOID Object);
void ObpDereferenceSecurity(PSECURITY_DESCRIPTOR);
NTSTATUS ObpSetSecurity(PVOID Object, PSECURITY_DESCRIPTOR); /* takes a copy; it is self-relative */
NTSTATUS ObpChangeSecurity(PVOID Object, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR from, KPROCESSOR_MODE);

/* Reference counting without the gate, for the library's own use. */
void ObpReferenceObject(PVOID Object);
void ObpDereferenceObject(PVOID Object);
void ObpDereferenceObjectLater(PVOID Object); /* never deletes inside the call */
BOOLEAN ObpReferenceObjectSafe(PVOID Object); /* FALSE: it is being deleted */
void ObpDeferDelete(PVOID Object);            /* its count has become zero; deleted at PASSIVE_LEVEL by the reaper */
void ob_reap(void);                           /* deletes what was deferred; PASSIVE_LEVEL */
void ob_settle(void);                         /* the same, and waits until no other thread is still about it */
void ob_set_reaper(void (*wake)(void));       /* any IRQL up to DISPATCH_LEVEL: arranges for ob_reap to be called */

/*
 * For parse methods that answer STATUS_REPARSE: makes CompleteName "prefix" followed by "rest" (rest may be its own tail).
 * CompleteName's buffer is replaced.
 */
NTSTATUS ObpReplaceName(PUNICODE_STRING CompleteName, PCUNICODE_STRING Prefix, PCUNICODE_STRING Rest);

/* The full path of an object, "\Device\X", in a buffer for MmFreeSystemPool; empty when it has none. */
NTSTATUS ObpFullName(PVOID Object, PUNICODE_STRING FullName);

/*
 * What a driver left: kernel handles it opened and permanent objects (links, devices, ...) whose creator lies in the image at
 * [base, base + size). Reports each as a violation; returns how many. Forgets them, so that they are not reported twice.
 */
ULONG ob_report_left(const void *base, size_t size, const char *driver);

/*
 * The machine stops: closes what is still open in the system's table, of that type or (NULL) of any, and reports what code outside
 * the library opened.
 */
void ob_close_kernel_handles(POBJECT_TYPE);

/*
 * For services. A handle's destination is probed before anything is made, and the handle returned through it at the end
 * (and closed again if that fails). ObOpenService is all that most NtOpen* services are.
 */
NTSTATUS ObProbeHandleOut(PHANDLE, KPROCESSOR_MODE);
NTSTATUS ObReturnHandle(HANDLE, PHANDLE Out, KPROCESSOR_MODE);
NTSTATUS ObOpenService(PHANDLE Out, ACCESS_MASK, POBJECT_ATTRIBUTES, POBJECT_TYPE);
/*
 * The two halves of most NtCreate* services: probe and create, then name it and hand the handle out. The second's
 * STATUS_OBJECT_NAME_EXISTS is a success: the handle is for the one that was there.
 */
NTSTATUS ObCreateService(PHANDLE Out, KPROCESSOR_MODE, POBJECT_TYPE, POBJECT_ATTRIBUTES, ULONG Size, PVOID *Object);
NTSTATUS ObInsertService(PVOID Object, ACCESS_MASK, PHANDLE Out, KPROCESSOR_MODE);

/*
 * Hot path: the object behind a handle of the current process (or of the system, for a kernel handle), referenced, with
 * the access its handle was granted. Lock-free; about one atomic read-modify-write. No access check.
 */
NTSTATUS ObpLookupHandle(HANDLE, KPROCESSOR_MODE, POBJECT_TYPE, PVOID *Object, ACCESS_MASK *Granted);

/* What ObpHoldByHandle (hold.h) returns. */
struct ob_hold {
    PVOID Object; /* NULL: not held, Status says why */
    SHORT Place;  /* in KTHREAD.Held; -1: it is counted */
    union {
        ACCESS_MASK Granted;
        NTSTATUS Status;
    };
};
#define OB_HELD_COUNTED ((ULONG_PTR)1) /* in KTHREAD.Held: who closed the handle took a reference for the holder */
void ObpDereferenceHeld(ULONG_PTR held);
static inline void ObpEmptyPlace(PKTHREAD current, _Atomic ULONG_PTR *place)
{
    KiEnterOwn(current);
    ULONG_PTR held = atomic_load_explicit(place, memory_order_relaxed);
    atomic_store_explicit(place, 0, memory_order_relaxed);
    KiLeaveOwn(current);
    if (__builtin_expect(held & OB_HELD_COUNTED, 0))
        ObpDereferenceHeld(held);
}
static inline void ObpLetGo(PKTHREAD current, struct ob_hold hold)
{
    if (__builtin_expect(hold.Place >= 0, 1))
        ObpEmptyPlace(current, &current->Held[hold.Place]);
    else
        ObpDereferenceObject(hold.Object);
}

/* Handle tables belong to processes; ps makes and drops them. */
struct ob_handle_table;
struct ob_handle_table *ob_handle_table_create(PEPROCESS);
void ob_handle_table_close_all(struct ob_handle_table *); /* closes every handle as process exit does */
void ob_handle_table_free(struct ob_handle_table *);
ULONG ob_handle_table_count(struct ob_handle_table *);
struct ob_handle_table *ob_kernel_handle_table(void); /* the System process's */
