/*
 * Private to the object manager: the object header, types, names, handle tables and the state they hang off.
 *
 * Locks, all leaves and held for a few dozen instructions (no callback and no DDI that may block runs under one):
 *   obp_state.names   every directory, every link target, every OBP_NAME's Directory
 *   OBJECT_TYPE.Lock  the list of a type's objects
 *   obp_state.security_lock  which descriptor an object has
 *   ob_handle_table.Lock  free list, growth, filling and emptying of entries (look-ups do not take it)
 * Order: names, then a type's, then a table's.
 */
#pragma once

#include "../ps/ps.h"
#include "../mm/mm.h"
#include "../ke/service.h"
#include "ob.h"

#include <stdlib.h>
#include <string.h>

#ifndef OBJ_PROTECT_CLOSE
#define OBJ_PROTECT_CLOSE 0x00000001L /* of a handle; not in the public headers */
#endif

#define OB_TAG_OBJECT 'tjbO'
#define OB_TAG_NAME   'mNbO'

struct ob_lock {
    _Atomic uint32_t held;
};

static inline void ob_acquire(struct ob_lock *lock)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&lock->held, 1, memory_order_acquire);) {
        if (gate_watched() & WATCH_CRASHED)
            KiStopCrashedThread(); /* the owner may have been stopped for good */
        host_spin(turn++);
    }
}
static inline void ob_release(struct ob_lock *lock)
{
    atomic_store_explicit(&lock->held, 0, memory_order_release);
}

/* --- objects --- */

enum obp_flags {
    OBP_NEW = 1 << 0,       /* created, not yet inserted; Create is valid */
    OBP_PERMANENT = 1 << 1, /* the name stays when the last handle is closed */
    OBP_EXCLUSIVE = 1 << 2,
    OBP_KERNEL_ONLY = 1 << 3, /* created by the kernel: user mode cannot have made it permanent or exclusive */
    OBP_SYSTEM = 1 << 4,      /* the library's own; may be left when the machine stops */
};

struct obp_create;
struct obp_name;
struct obp_directory;

/* Stands right before the body. */
typedef struct _OBP_HEADER {
    _Alignas(16) _Atomic LONG64 PointerCount; /* includes one for each handle and those prepaid in handle entries */
    _Atomic LONG64 HandleCount;
    POBJECT_TYPE Type;
    _Atomic(struct obp_name *) Name; /* set once, when inserted; lives as long as the object */
    struct obp_create *Create;
    PSECURITY_DESCRIPTOR SecurityDescriptor;
    PEPROCESS ExclusiveProcess;
    _Atomic ULONG Flags;
    ULONG BodySize;
    LIST_ENTRY TypeEntry;
    const void *Creator; /* address in the driver that made it, for reports; NULL: nobody asked */
    struct _OBP_HEADER *NextDeferred;
} OBP_HEADER, *POBP_HEADER;
_Static_assert(sizeof(OBP_HEADER) % 16 == 0, "the body must be aligned like pool");

static inline POBP_HEADER obp_header(const void *body)
{
    return (POBP_HEADER)((uintptr_t)body - sizeof(OBP_HEADER));
}
static inline PVOID obp_body(POBP_HEADER header)
{
    return header + 1;
}
static inline void obp_reference(POBP_HEADER header, LONG64 count)
{
    atomic_fetch_add_explicit(&header->PointerCount, count, memory_order_relaxed);
}
/* The count has become zero or less: deletes the object, or bug-checks (0x18). */
void obp_last_reference(POBP_HEADER, LONG64 left, const void *caller);
static inline LONG64 obp_dereference(POBP_HEADER header, LONG64 count, const void *caller)
{
    LONG64 left = atomic_fetch_sub_explicit(&header->PointerCount, count, memory_order_acq_rel) - count;
    if (__builtin_expect(left <= 0, 0))
        obp_last_reference(header, left, caller);
    return left;
}
void obp_delete(POBP_HEADER); /* at PASSIVE_LEVEL; the last reference is gone */

typedef struct _OBJECT_TYPE {
    UNICODE_STRING Name;
    char Text[24]; /* the name for reports */
    ULONG Index;
    OB_TYPE_INITIALIZER Info;
    _Atomic LONG Objects, Handles, MostObjects, MostHandles;
    struct ob_lock Lock;
    LIST_ENTRY ObjectList;
    struct _OBJECT_TYPE *Next, *Self;
} OBJECT_TYPE;

/* What OBJECT_ATTRIBUTES said, captured; the name is ours. */
struct obp_create {
    ULONG Attributes;
    HANDLE RootDirectory;
    UNICODE_STRING Name; /* Buffer: system pool; empty: none */
    PSECURITY_DESCRIPTOR SecurityDescriptor;
    KPROCESSOR_MODE Mode; /* how RootDirectory is to be looked up */
};
NTSTATUS obp_capture_attributes(POBJECT_ATTRIBUTES, KPROCESSOR_MODE, struct obp_create *);
NTSTATUS obp_capture_name(PUNICODE_STRING, KPROCESSOR_MODE, PUNICODE_STRING own);
NTSTATUS obp_capture_buffer(PCUNICODE_STRING given, KPROCESSOR_MODE, PUNICODE_STRING own);
void obp_release_create(struct obp_create *);
/* Security (security.c). */
#define OBP_TRAVERSE_PRIVILEGE 0x1 /* ACCESS_STATE.Flags: TOKEN_HAS_TRAVERSE_PRIVILEGE */
NTSTATUS obp_capture_security(PSECURITY_DESCRIPTOR given, KPROCESSOR_MODE, PSECURITY_DESCRIPTOR *own);
NTSTATUS obp_assign_security(POBP_HEADER, PSECURITY_DESCRIPTOR given, struct obp_directory *parent, PACCESS_STATE,
                             KPROCESSOR_MODE);
void obp_drop_security(POBP_HEADER);
KPROCESSOR_MODE obp_check_mode(KPROCESSOR_MODE, ULONG attributes); /* OBJ_FORCE_ACCESS_CHECK */
NTSTATUS obp_check_access(POBP_HEADER, PACCESS_STATE, KPROCESSOR_MODE);
NTSTATUS obp_check_creator(POBP_HEADER, PACCESS_STATE, KPROCESSOR_MODE);
NTSTATUS obp_check_directory(struct obp_directory *, PACCESS_STATE, ACCESS_MASK, KPROCESSOR_MODE);
void obp_complete_access_state(PACCESS_STATE);
NTSTATUS obp_probe_handle_out(PHANDLE, KPROCESSOR_MODE);

/* --- names --- */

#define OBP_BUCKETS 37u
#define OBP_MAX_REPARSE 32

/* An object's place in a directory. The entry owns a reference to the object, the object one to the directory. */
struct obp_name {
    struct obp_name *Next;
    struct obp_directory *Directory; /* NULL: no longer entered */
    POBP_HEADER Object;
    ULONG Hash;
    UNICODE_STRING Name;
    WCHAR Buffer[];
};

struct obp_directory { /* the body of a Directory object */
    struct obp_name *Buckets[OBP_BUCKETS];
    ULONG Count;
};

struct obp_link { /* the body of a SymbolicLink object */
    UNICODE_STRING Target;
    LARGE_INTEGER CreationTime;
};

struct obp_lookup {
    /* in */
    HANDLE Root;
    UNICODE_STRING *Name; /* owned buffer in system pool; rewritten when a name is reparsed */
    ULONG Attributes;
    POBJECT_TYPE Type; /* NULL: any */
    KPROCESSOR_MODE Mode;
    PVOID ParseContext;
    PACCESS_STATE AccessState;
    PSECURITY_DESCRIPTOR Security; /* what Insert was given */
    POBP_HEADER Insert; /* enter this object where the name ends, if nothing is there */
    /* out */
    PVOID Object; /* referenced; equal to Insert's body when that was entered */
};
NTSTATUS obp_lookup(struct obp_lookup *);
NTSTATUS obp_parse_link(PVOID, POBJECT_TYPE, PACCESS_STATE, KPROCESSOR_MODE, ULONG, PUNICODE_STRING, PUNICODE_STRING,
                        PVOID, PVOID *);
void obp_delete_link(PVOID);
NTSTATUS obp_enter_type(POBJECT_TYPE);
void obp_check_name(POBP_HEADER); /* takes the name away if nothing keeps it */
NTSTATUS obp_make_directory(const WCHAR *path, POBJECT_TYPE, PVOID *);
NTSTATUS obp_make_link(const WCHAR *path, const WCHAR *target);
BOOLEAN obp_same_name(PCUNICODE_STRING, PCUNICODE_STRING, BOOLEAN ignore_case);
ULONG obp_hash_name(PCUNICODE_STRING);
/* Full path of an object into a buffer of system pool; Buffer NULL and Length 0 when it has none. */
NTSTATUS obp_full_name(POBP_HEADER, PUNICODE_STRING);

/* --- handles --- */

/*
 * ORDER ENTRY. Object: the header's address in the low 48 bits, above it how many references to the object the entry has
 * paid in advance, besides the handle's own. A look-up takes one of those with a single compare-exchange; when they
 * run out, a batch is bought under the lock. Access: granted access (25 bits) and attributes; the high half counts how often
 * the word was written. Written before Object is published, so a look-up that reads the same Access before and after
 * it took its reference knows that access and object belong together.
 *
 * ORDER HOLD. A holdable entry's object may also be held: the thread writes it to its own Held, passes a light barrier and
 * reads the entry again; if that is unchanged it holds the object. Who closes the entry empties it, and then (KiVisitThreads is
 * the other half of the barrier) takes a reference for every thread that has the object in Held, before it gives the
 * handle's own reference back.
 */
struct obp_entry {
    _Atomic uint64_t Object;
    _Atomic uint64_t Access;
    const void *Creator;
    ULONG NextFree;
    ULONG Reserved;
};
#define OBP_POINTER_BITS   48
#define OBP_POINTER_MASK   ((UINT64_C(1) << OBP_POINTER_BITS) - 1)
#define OBP_PREPAID_ONE    (UINT64_C(1) << OBP_POINTER_BITS)
#define OBP_PREPAID_BATCH  0x4000
#define OBP_GRANTED_MASK   0x01FFFFFFu
#define OBP_ENTRY_PROTECT  0x02000000u /* from close */
#define OBP_ENTRY_INHERIT  0x04000000u
#define OBP_ENTRY_AUDIT    0x08000000u
#define OBP_ENTRY_HOLDABLE 0x10000000u
#define OBP_SEQUENCE_ONE   (UINT64_C(1) << 32)
#define OBP_FIRST_SEGMENT  6 /* log2 of the entries in the first segment; each further one is twice as long */
#define OBP_SEGMENTS       18
#define OBP_KERNEL_HANDLE  ((ULONG_PTR)0xFFFFFFFF80000000ull)
#define OBP_MAXIMUM_INDEX  ((1u << (OBP_FIRST_SEGMENT + OBP_SEGMENTS)) - (1u << OBP_FIRST_SEGMENT))

struct ob_handle_table {
    _Atomic(struct obp_entry *) Segments[OBP_SEGMENTS];
    PEPROCESS Process;
    struct ob_lock Lock;
    ULONG FirstFree; /* 0: none */
    ULONG NextNew;   /* lowest index never used */
    _Atomic ULONG Count;
    struct ob_handle_table *Next;
};

static inline struct obp_entry *obp_entry(struct ob_handle_table *table, ULONG_PTR index)
{
    if (__builtin_expect(index - 1 < (1u << OBP_FIRST_SEGMENT) - 1, 1)) {
        struct obp_entry *first = atomic_load_explicit(&table->Segments[0], memory_order_acquire);
        return first ? first + index : NULL;
    }
    if (index - 1 >= OBP_MAXIMUM_INDEX - 1)
        return NULL;
    ULONG at = (ULONG)index + (1u << OBP_FIRST_SEGMENT);
    unsigned segment = 31u - (unsigned)__builtin_clz(at);
    struct obp_entry *entries =
        atomic_load_explicit(&table->Segments[segment - OBP_FIRST_SEGMENT], memory_order_acquire);
    return entries ? entries + (at - (1u << segment)) : NULL;
}
/* The table and index that a handle means to a caller of that mode; NULL: none. Pseudo handles are not in a table. */
struct ob_handle_table *obp_table_of(HANDLE, KPROCESSOR_MODE, ULONG_PTR *index);
/* Takes over one reference to the object. */
NTSTATUS obp_insert_handle(struct ob_handle_table *, POBP_HEADER, ULONG access, const void *creator, ULONG *index);
NTSTATUS obp_close(struct ob_handle_table *, ULONG_PTR index, KPROCESSOR_MODE, BOOLEAN force);
/* The same for a duplicate of a handle of the process `source`. */
NTSTATUS obp_duplicate_handle(PEPROCESS source, POBP_HEADER, PACCESS_STATE, ULONG attributes, KPROCESSOR_MODE,
                              struct ob_handle_table *, PHANDLE);
NTSTATUS obp_create_handle(OB_OPEN_REASON, POBP_HEADER, POBJECT_TYPE, PACCESS_STATE, ULONG attributes, KPROCESSOR_MODE,
                           struct ob_handle_table *, PHANDLE);
ACCESS_MASK obp_grant(POBJECT_TYPE, PACCESS_STATE);
void obp_init_access_state(PACCESS_STATE, ACCESS_MASK, POBJECT_TYPE);

/* --- callbacks (callback.c) --- */

struct obp_callbacks;
struct obp_operation {
    OB_OPERATION Operation;
    BOOLEAN KernelHandle;
    POBP_HEADER Header;
    PEPROCESS Source, Target; /* of a duplicate */
};
/* Asks the callbacks what is left of the access, makes the handle with that, and tells them. */
NTSTATUS obp_filter(const struct obp_operation *, ACCESS_MASK, NTSTATUS (*make)(void *context, ACCESS_MASK),
                    void *context);
ULONG obp_report_callbacks(const void *base, size_t size, const char *driver);
void obp_free_callbacks(void);

/* The driver on whose behalf the current call is made, as an address in it; NULL when nobody wants to know. */
const void *obp_creator(void);

/* --- state --- */

struct obp_state {
    struct ob_lock names;
    struct ob_lock security_lock; /* every header's SecurityDescriptor */
    const struct ob_security *security;
    struct obp_directory *root, *global;
    POBJECT_TYPE type_type, directory_type, link_type;
    POBJECT_TYPE types;
    ULONG type_count;
    struct ob_lock tables_lock;
    struct ob_handle_table *tables;
    struct ob_handle_table *kernel_table;
    struct ob_lock callbacks_lock;
    _Atomic ULONG callback_count;
    struct obp_callbacks *callbacks, *leaving;
    KEVENT always; /* what a wait on an object without a dispatcher header waits for */
    _Atomic(POBP_HEADER) deferred;
    _Atomic ULONG reaping; /* threads in ob_reap */
    void (*wake_reaper)(void);
};
#define OBP (ntio_machine.ob)
