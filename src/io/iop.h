/*
 * Private to io. How the parts fit:
 *
 *   driver.c unload.c   driver objects: DriverEntry, DriverUnload, what was left behind
 *   device.c attach.c   device objects and stacks of them
 *   link.c              symbolic links to devices
 *   irp.c build.c       IRPs: memory, initialisation, the IoBuild routines
 *   call.c complete.c   an IRP's way down and back up
 *   completed.c         what is done to one that nobody may touch any more
 *   thread.c cancel.c   the requests of a thread; taking them back
 *   parse.c create.c    opening: NtCreateFile, the Device type's parse method
 *   file.c share.c      file objects: cleanup, close, the lock of synchronous ones, share access
 *   send.h service.c    what the services that send an IRP have in common: the hot path, and what is rare
 *   control.c rw.c info.c fileops.c lock.c   those services
 *   port.c              completion ports
 *   csq.c packet.c      cancel-safe queues; StartIo and its device queue
 *   remlock.c workitem.c  remove locks; work items
 *   timer.c interrupt.c the timer of a device; connecting interrupts
 *   volume.c stream.c   file systems and what they have mounted; their stream file objects
 *   harderror.c         what a user would be told
 *   secure.c            who may open what; the descriptors of devices and files
 *   fs.h fs*.c          the internal file system: the host's files below a root, and the driver images
 *   np.h np*.c          named pipes
 *
 * Locks, all leaves and never held across a call into a driver:
 *   iop_state.lock        device lists, attachment chains, DEVICE_OBJECT.ReferenceCount, links, shutdown
 * lists ETHREAD.IrpListLock   that thread's list of requests and iop_request.State of the IRPs on it
 *   iop_state.caches_lock the list of thread caches
 * FILE_OBJECT.Busy is NT's own lock of synchronous file objects; it is held across the dispatch call, as NT's
 * is.
 *
 * An IRP that the I/O manager built is finished where IoCompleteRequest was called, not in an APC of the
 * requesting thread: NT needs the APC to reach the requester's address space, here every thread sees the same
 * memory. So a completion never depends on what the requester's thread is doing. Until it is finished the IRP
 * is on its thread's list.
 */
#pragma once

#include "io.h"
#include "../ke/ke.h"
#include "../ke/service.h"
#include "../mm/mm.h"
#include "../ob/ob.h"
#include "../ps/ps.h"

#include <stdlib.h>
#include <string.h>

/* A sanitizer knows of each block of memory whose it is: no two requests may have the same one after each other. */
#if defined(__SANITIZE_ADDRESS__) || defined(HOST_SANITIZED_MEMORY)
#define IOP_KNOWN_BLOCKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IOP_KNOWN_BLOCKS 1
#endif
#endif
#ifndef IOP_KNOWN_BLOCKS
#define IOP_KNOWN_BLOCKS 0
#endif
#if IOP_KNOWN_BLOCKS || defined(__SANITIZE_THREAD__)
#define IOP_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IOP_SANITIZED 1
#endif
#endif
#ifndef IOP_SANITIZED
#define IOP_SANITIZED 0
#endif

#define IOP_TAG_IRP    ' prI'
#define IOP_TAG_BUFFER ' BoI'
#define IOP_TAG_NAME   'mNoI'
#define IOP_TAG_DRIVER 'virD'
#define IOP_TAG_DEVICE 'iveD'
#define IOP_TAG_MISC   '  oI'

/* Device and driver state that NT keeps in undocumented members; the names and bits are NT's. */
#define DOE_UNLOAD_PENDING   0x00000001
#define DOE_DELETE_PENDING   0x00000002
#define DOE_REMOVE_PENDING   0x00000004
#define DOE_REMOVE_PROCESSED 0x00000008
#define DOE_START_PENDING    0x00000010

#ifndef DRVO_UNLOAD_INVOKED
#define DRVO_UNLOAD_INVOKED 0x00000001
#endif
#ifndef DRVO_LEGACY_DRIVER
#define DRVO_LEGACY_DRIVER 0x00000002
#endif
#ifndef DRVO_INITIALIZED
#define DRVO_INITIALIZED 0x00000010
#endif

struct iop_lock {
    _Atomic uint32_t held;
};

static inline void iop_acquire(_Atomic uint32_t *held)
{
    for (unsigned turn = 0; atomic_exchange_explicit(held, 1, memory_order_acquire);) {
        if (gate_watched() & WATCH_CRASHED)
            KiStopCrashedThread(); /* the owner may have been stopped for good */
        host_spin(turn++);
    }
}
static inline void iop_release(_Atomic uint32_t *held)
{
    atomic_store_explicit(held, 0, memory_order_release);
}

/* --- devices --- */

struct iop_device_extension {
    DEVOBJ_EXTENSION Public;
    ULONG ExtensionFlags; /* DOE_* */
    PDEVICE_OBJECT AttachedTo;
    LONG StartIoCount, StartIoKey;
    ULONG StartIoFlags;
    BOOLEAN Permanent;    /* it has a name that IoDeleteDevice has to take away */
    BOOLEAN Linked;       /* on its driver's list */
    BOOLEAN FileSystem;   /* registered as one: on the list of them, and counted */
    const void *Creator;  /* who called IoCreateDevice */
    ULONG WarnedCodes[4]; /* control codes whose device type was already remarked on */
};

static inline struct iop_device_extension *iop_device(PDEVICE_OBJECT device)
{
    return (struct iop_device_extension *)device->DeviceObjectExtension;
}

struct iop_link {
    struct iop_link *Next;
    PVOID Object; /* not referenced */
    const void *Creator;
    UNICODE_STRING Name, Target;
};

/* --- drivers --- */

struct iop_client_extension {
    struct iop_client_extension *Next;
    PVOID Identification;
    _Alignas(16) UCHAR Data[];
};

struct iop_driver_extension {
    DRIVER_EXTENSION Public;
    struct iop_client_extension *Clients;
    void *ImageBase;
    size_t ImageSize;
    struct iop_driver *Record;
    LONG UnloadState; /* under the database lock */
    BOOLEAN Builtin;  /* our own: no image */
    _Atomic ULONG WorkItems; /* queued or running, for the driver or a device of it */
};

static inline struct iop_driver_extension *iop_driver_extension(PDRIVER_OBJECT driver)
{
    return (struct iop_driver_extension *)driver->DriverExtension;
}

/* Every driver with an image, by service name; what is left of it when a bug check stops the machine hangs
 * here. */
struct iop_driver {
    struct iop_driver *Next;
    PDRIVER_OBJECT Object; /* NULL: not yet, or no longer */
    struct host_image *Image;
    BOOLEAN Leaving; /* the name is free again */
    char Name[64];
};

struct iop_reinit {
    struct iop_reinit *Next;
    PDRIVER_OBJECT Driver;
    PDRIVER_REINITIALIZE Routine;
    PVOID Context;
};

struct iop_shutdown {
    struct iop_shutdown *Next;
    PDEVICE_OBJECT Device;
    BOOLEAN LastChance;
};

/* --- requests --- */

#define IOP_CACHED_STACKS 8   /* stack sizes that the thread caches know */
#define IOP_CACHED_IRPS   8   /* IRPs of each that a thread keeps */
#define IOP_INLINE_BUFFER 256 /* bytes of system buffer that a cached IRP brings along */
#define IOP_INLINE_PAGES  3   /* and pages that the MDL it brings along can describe */

/* Stands behind the last stack location of every IRP that IopAllocateIrp made. */
struct iop_request {
    ULONG BufferLength; /* bytes of the caller's output buffer: the most that is copied out */
    ULONG State;        /* IOP_REQUEST_*; under the IrpListLock of its thread */
    BOOLEAN Tracked;    /* it was on its thread's list or in its slot once */
    BOOLEAN InSlot;     /* of its thread, rather than on the list; changed under that lock once it is there */
    UCHAR KeepsFile;    /* enum iop_file: what becomes of the reference to the file object */
    _Atomic ULONG Life; /* IOP_LIFE_*; whoever sets the second of the two finishes the request */
    ACCESS_MASK Granted; /* of the handle it came by */
    ULONG Round; /* of the latest cancellation that has dealt with it, see cancel.c; under that lock */
    const void *Dispatch; /* the top driver's dispatch routine, for reports */
};
_Static_assert(sizeof(struct iop_request) % 8 == 0, "the inline buffer follows");

#define IOP_REQUEST_QUEUED 0x01 /* on the list of its thread */
#define IOP_REQUEST_PINNED 0x02 /* somebody cancels it: it must not go away */
#define IOP_REQUEST_FINISH 0x04 /* completed while pinned: whoever unpins it finishes it */

enum iop_file {
    IOP_FILE_SHARED, /* the completion drops it */
    IOP_FILE_WAITED, /* the service drops it, after it has waited for the completion */
    IOP_FILE_OWNED,  /* the service drops it, and finishes the request itself */
};
#define IOP_FILE_ARMED ((NTSTATUS)0x1FF) /* in FinalStatus; ORDER ARMED (service.c) */

/*
 * A request that a service sent is finished by the service when it is completed before the top dispatch
 * routine returned, else by the completion. So the service may look at the IRP when the dispatch routine
 * returns, and sees whether the status returned, the pending mark and the completion agree. IRPs that drivers
 * send begin with RETURNED.
 */
#define IOP_LIFE_COMPLETED 0x01
#define IOP_LIFE_RETURNED  0x02
#define IOP_LIFE_BACK      0x04 /* the dispatch routine has returned; where completed IRPs are hidden (completed.c) */

static inline BOOLEAN IopIsOwnIrp(PIRP irp)
{
    return (irp->AllocationFlags & IRP_ALLOCATED_FIXED_SIZE) != 0;
}
static inline struct iop_request *iop_request(PIRP irp)
{
    return (struct iop_request *)((PUCHAR)irp + sizeof(IRP) +
                                  (size_t)irp->StackCount * sizeof(IO_STACK_LOCATION));
}
/* ORDER FREED: what a second completion (complete.c) or a second IoFreeIrp (irp.c) finds. */
static inline void iop_mark_freed(PIRP irp)
{
    irp->Type = 0;
    irp->CurrentLocation = (CCHAR)(irp->StackCount + 2);
}

/* Bytes of IRP, stack locations and iop_request, in units of what iop_clear clears. */
static inline size_t iop_irp_size(CCHAR stacks)
{
    return (sizeof(IRP) + (size_t)stacks * sizeof(IO_STACK_LOCATION) + sizeof(struct iop_request) + 15) &
           ~(size_t)15;
}

/* All of one of IopAllocateIrp's blocks, a few hundred bytes, where memset costs more. The stores are volatile
 * so that the compiler makes no memset of them. */
static inline void iop_clear(PIRP irp, CCHAR stacks)
{
    typedef long long unit __attribute__((vector_size(16), may_alias));
    enum { UNITS = sizeof(IRP) / sizeof(unit), LEAST = (sizeof(IO_STACK_LOCATION) + sizeof(struct iop_request)) / 16 };
    volatile unit *at = (volatile unit *)irp;
#pragma GCC unroll 32
    for (unsigned i = 0; i < UNITS + LEAST; i++)
        at[i] = (unit){0, 0};
    volatile unit *end = (volatile unit *)((PUCHAR)irp + iop_irp_size(stacks));
    for (at += UNITS + LEAST; at < end; at++)
        *at = (unit){0, 0};
}
_Static_assert(sizeof(IRP) % 16 == 0, "the IRP is cleared in units of 16 bytes");

/* Of one of IopAllocateIrp's blocks. */
static inline void iop_initialize_irp(PIRP irp, CCHAR stacks, UCHAR flags)
{
    size_t size = sizeof(IRP) + (size_t)stacks * sizeof(IO_STACK_LOCATION);
    iop_clear(irp, stacks);
    irp->Type = IO_TYPE_IRP;
    irp->Size = (USHORT)size;
    irp->StackCount = stacks;
    irp->CurrentLocation = (CCHAR)(stacks + 1);
    irp->AllocationFlags = flags;
    irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(irp + 1) + stacks;
    InitializeListHead(&irp->ThreadListEntry);
    atomic_init(&iop_request(irp)->Life, IOP_LIFE_RETURNED);
}

/* The system buffer inside a cached IRP's own block. */
static inline PVOID iop_inline_buffer(PIRP irp)
{
    uintptr_t end = (uintptr_t)(iop_request(irp) + 1);
    return (PVOID)((end + 15) & ~(uintptr_t)15);
}

static inline BOOLEAN iop_is_inline_buffer(PIRP irp, PVOID buffer)
{
    return irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION && buffer == iop_inline_buffer(irp);
}

#define IOP_INLINE_MDL (sizeof(MDL) + IOP_INLINE_PAGES * sizeof(PFN_NUMBER))
/* The MDL behind it; only of an IRP with IRP_LOOKASIDE_ALLOCATION. */
static inline PMDL iop_inline_mdl(PIRP irp)
{
    return (PMDL)((PUCHAR)iop_inline_buffer(irp) + IOP_INLINE_BUFFER);
}

/* Belongs to one thread; nobody else touches it while the thread runs. */
struct iop_thread_cache {
    struct iop_thread_cache *Next, *Previous;
    PETHREAD Thread;
    _Atomic uintptr_t Slot; /* the request that is being sent, and IOP_SLOT_*; ORDER SLOT (send.h) */
    PKEVENT Left;           /* IopWaitForRequests': set when one has gone; this and the next under IrpListLock */
    _Atomic ULONG Finishing; /* requests off the list that are being finished by other threads */
    PIRP Irps[IOP_CACHED_STACKS + 1]; /* linked through MdlAddress */
    UCHAR Counts[IOP_CACHED_STACKS + 1];
};

#define IOP_SLOT_PINNED 1u
#define IOP_SLOT_FINISH 2u

struct iop_state {
    _Atomic uint32_t lock, caches_lock, drivers_lock, errors_lock;
    struct iop_error *open_errors, *errors; /* being filled in; written, in their order (errorlog.c) */
    KSPIN_LOCK cancel_lock;
    BOOLEAN caching; /* IRPs are kept for the next request; where they are not, completed ones are hidden */
    _Atomic uint32_t completed_lock;
    struct iop_completed *completed; /* the hidden ones (completed.c) */
    BOOLEAN stopping; /* whoever has a file locked now has been abandoned in the middle of it (a test that
                         failed) */
    struct iop_driver *drivers;
    struct iop_link *links;
    struct iop_shutdown *shutdown;
    struct iop_reinit *reinits;
    struct iop_thread_cache *caches;
    _Atomic unsigned work_items; /* queued, or not yet let go of their device */
    _Atomic unsigned activities_lock;
    struct iop_activity *activities; /* of requests (activity.c) */
    struct iop_running *running; /* work items that run (workitem.c); under drivers_lock */
    ULONG autogenerated; /* number of the next device without a name of its own */
    LIST_ENTRY file_systems; /* devices, by Queue.ListEntry: volume.c */
    struct iop_fs_notify *fs_notify;
    struct iop_vpb *old_vpbs; /* of volumes that are gone: open files may still have them */
    KSPIN_LOCK vpb_lock;
    UNICODE_STRING hardware_database;
    CONFIGURATION_INFORMATION configuration;
    PDRIVER_OBJECT file_system;
    struct fs_volume *volume; /* fs.h */
    struct np_state *pipes;   /* np.h */
    POBJECT_TYPE port_type;
    _Atomic ULONG cancel_round;
};
#define IOP (ntio_machine.io)

static inline void iop_lock_database(void)
{
    iop_acquire(&IOP->lock);
}
static inline void iop_unlock_database(void)
{
    iop_release(&IOP->lock);
}

/* --- volume.c --- */

struct iop_vpb {
    VPB Public;
    struct iop_vpb *Next;
};
PVPB IopNewVpb(PDEVICE_OBJECT);
void IopDereferenceVpb(PVPB); /* what an open file had */
NTSTATUS IopMountForOpen(PDEVICE_OBJECT, PVPB *);
BOOLEAN IopForgetFileSystem(PDEVICE_OBJECT); /* was it one? */
void IopFreeVolumes(void);

/* --- irp.c --- */

PIRP IopAllocateIrp(CCHAR StackSize);
void IopFreeIrp(PIRP);
/* A system buffer for the IRP; IopFreeSystemBuffer knows where it came from. */
PVOID IopAllocateSystemBuffer(PIRP, SIZE_T Length);
void IopFreeSystemBuffer(PIRP);
void IopFreeMdls(PIRP); /* unlocked already */
void IopUnlockMdls(PIRP, const void *caller); /* who completes it; NULL: it was never sent */
NTSTATUS IopLockUserBuffer(PIRP, PVOID Buffer, ULONG Length, KPROCESSOR_MODE, LOCK_OPERATION);
/* Buffer is the kernel's, or probed. */
NTSTATUS IopCaptureSystemBuffer(PIRP, PVOID Buffer, ULONG InputLength, ULONG TotalLength);
struct iop_thread_cache *iop_make_cache(PETHREAD);
void iop_free_cache(struct iop_thread_cache *);

/* --- call.c, complete.c --- */

NTSTATUS IopCallDriver(PDEVICE_OBJECT, PIRP, const void *caller); /* caller: NULL for the I/O manager's own requests */
_Noreturn void IopReportIrql(PDEVICE_OBJECT, KIRQL before, const void *dispatch);
SIZE_T IopCopyOut(PIRP);
void IopCompleteRequest(PIRP, CCHAR boost, const void *caller);
/* The same without the last step: returns the file object that is to be dereferenced then, or NULL. */
PFILE_OBJECT IopTellRequester(PIRP);
void IopFinishRequest(
    PIRP); /* the second stage: copy out, tell the requester, free; the IRP is off its list */
/*
 * The dispatch routine returned to the sender. TRUE: it is completed and the sender finishes it; FALSE: it is
 * pending. Stops the machine when status, pending mark and completion contradict each other.
 */
BOOLEAN IopReturnedSlow(PIRP, NTSTATUS);
static inline BOOLEAN IopReturned(PIRP irp, struct iop_request *request, NTSTATUS status)
{
    ULONG life = atomic_load_explicit(&request->Life, memory_order_acquire);
    if (__builtin_expect(life & IOP_LIFE_COMPLETED && status != STATUS_PENDING && !irp->PendingReturned, 1))
        return TRUE;
    return IopReturnedSlow(irp, status);
}
NTSTATUS NTAPI IopInvalidDeviceRequest(PDEVICE_OBJECT, PIRP);

/* --- completed.c; none of them where IRPs are cached --- */

/*
 * Hides an IRP that has been completed, if its dispatch routine has not returned. FALSE: not done, and whoever completes it has to
 * go on. TRUE: the sender finishes it.
 */
static inline bool iop_hides_completed(void)
{
    return (gate_watched() & WATCH_COMPLETED) != 0;
}
BOOLEAN IopHideCompleted(PIRP, const void *caller);
BOOLEAN IopIsHidden(PIRP);
/* The dispatch routine has returned the status to the sender: says what was done to the IRP, and what the status is. */
NTSTATUS IopTakeBack(PIRP, NTSTATUS);
void IopFreeCompleted(void);

/* --- thread.c, cancel.c --- */

/* The current thread's, made if need be; NULL: no memory. */
static inline struct iop_thread_cache *iop_thread_cache(PETHREAD thread)
{
    return __builtin_expect(thread->IrpCache != NULL, 1) ? thread->IrpCache : iop_make_cache(thread);
}
void IopQueueThreadIrp(PIRP);
/* The slot's request pends: it moves to the list, unless it is gone already. */
void IopListSlot(PETHREAD, PIRP);
/* Waits while somebody cancels it; not for IRPs that the caller itself has pinned. */
void IopDequeueThreadIrp(PIRP);
/* Off slot or list. FALSE: somebody has it pinned. */
BOOLEAN IopTakeOff(PIRP);
/* Takes it off slot or list and finishes it; when it is pinned whoever holds it finishes it. */
void IopFinishTracked(PIRP);
/* Until the thread has no request on the file (NULL: on any); FALSE: patience ran out without one going. */
BOOLEAN IopWaitForRequests(PETHREAD, PFILE_OBJECT, PLARGE_INTEGER patience);
/*
 * In NT a requester's thread sees all of a request's end or nothing of it, because that happens in an APC of this thread. Here
 * another thread may have written the status block and not yet set the event: a thread that saw the one and
 * sends another request with the same event waits for the rest.
 */
void IopSettle(PETHREAD);
void IopUnpin(PETHREAD, PIRP);
void IopThreadRundown(PETHREAD);
BOOLEAN IopCancelIrp(PIRP);
/* If it is still outstanding. */
BOOLEAN IopCancelThreadIrp(PETHREAD, PIRP);
/* Cancels what the thread (NULL: the process) has outstanding on the file (NULL: any). Returns how many. */
ULONG IopCancelRequests(PETHREAD, PEPROCESS, PFILE_OBJECT, PIO_STATUS_BLOCK);

/* --- device.c, attach.c --- */

PDEVICE_OBJECT IopTopOfStack(PDEVICE_OBJECT); /* IoGetAttachedDevice without the gate */
PDEVICE_OBJECT IopRelatedDevice(PFILE_OBJECT);
/* Rights (secure.c). */
NTSTATUS IopMakeDescriptor(PSECURITY_DESCRIPTOR given, DEVICE_TYPE, ULONG characteristics, PISECURITY_DESCRIPTOR result,
                           PSECURITY_DESCRIPTOR *memory); /* memory: to be freed after the result */
NTSTATUS IopCheckDeviceOpen(PDEVICE_OBJECT, PACCESS_STATE, KPROCESSOR_MODE, BOOLEAN itself);
NTSTATUS IopSecurityMethod(PVOID, SECURITY_OPERATION_CODE, PSECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PULONG,
                           KPROCESSOR_MODE);
/* descriptor: who may open it; NULL: what the type of device says. */
NTSTATUS IopCreateDevice(PDRIVER_OBJECT, ULONG extension_size, PUNICODE_STRING name, DEVICE_TYPE,
                         ULONG characteristics, BOOLEAN exclusive, PSECURITY_DESCRIPTOR, const void *caller,
                         PDEVICE_OBJECT *);
NTSTATUS IopReferenceDevice(PDEVICE_OBJECT, BOOLEAN related); /* a file object is about to be opened on it */
void IopDereferenceDevice(PDEVICE_OBJECT);
void
    IopCheckUnload(PDRIVER_OBJECT); /* calls DriverUnload if that was asked for and nothing holds it up now */
void IopDeleteDeviceMethod(PVOID);
BOOLEAN IopIsDeviceSpare(PVOID);
void IopDeleteTimer(PDEVICE_OBJECT); /* timer.c; waits until its routine has returned */
void iop_forget_links(void);
void IopShutdownDevices(void);
void IopUnregisterShutdown(PDEVICE_OBJECT);

/* sysinfo.c: first the kernel, which is the library, then the drivers; under drivers_lock */
void IopForEachModule(void (*visit)(void *context, PVOID base, size_t size, const char *path), void *context);

/* activity.c */
void IopForgetActivity(PIRP);
void IopForgetActivities(void);

void IopWaitForWorkItems(void);
/* For those of one driver, but for one that the caller is in. FALSE: they do not come back. */
BOOLEAN IopWaitForWorkItemsOf(PDRIVER_OBJECT); /* workitem.c */

/* --- driver.c, unload.c --- */

/* What a driver's image is called, for who looks at DriverSection; who wants to know of images is told (image.c). */
NTSTATUS IopDescribeImage(PDRIVER_OBJECT, PCUNICODE_STRING service);
void IopTellImage(PDRIVER_OBJECT);
void IopDeleteDriverMethod(PVOID);
NTSTATUS IopCreateBuiltinDriver(PUNICODE_STRING Name, PDRIVER_INITIALIZE, PDRIVER_OBJECT *);
/* Its dispatch routine: calls the one for the major function, and completes the IRP with what it says unless that is pending. */
typedef NTSTATUS iop_routine(PIRP, PIO_STACK_LOCATION, ULONG_PTR *information);
NTSTATUS IopServeBuiltin(PIRP, iop_routine *const routines[IRP_MJ_MAXIMUM_FUNCTION + 1]);
void IopForgetReinitialization(PDRIVER_OBJECT);
void IopDiscardDriver(PDRIVER_OBJECT);
void IopUnloadAllDrivers(void);
PDRIVER_OBJECT IopReferenceDriver(PCUNICODE_STRING service);
void iop_driver_name(PDRIVER_OBJECT, char *text, size_t size);
void IopFreeErrorLog(void);

/* --- parse.c, create.c, file.c --- */

#define OPEN_PACKET_PATTERN 0xbeaa0251

typedef struct _OPEN_PACKET {
    CSHORT Type, Size;
    PFILE_OBJECT FileObject;
    NTSTATUS FinalStatus;
    ULONG_PTR Information;
    ULONG ParseCheck;
    PFILE_OBJECT RelatedFileObject;
    ULONG CreateOptions;
    USHORT FileAttributes, ShareAccess;
    PVOID EaBuffer;
    ULONG EaLength;
    ULONG Options; /* IO_* of IoCreateFile */
    ULONG Disposition;
    LARGE_INTEGER AllocationSize;
    CREATE_FILE_TYPE CreateFileType;
    PVOID ExtraCreateParameters;
    PDEVICE_OBJECT TopDeviceObjectHint;
} OPEN_PACKET, *POPEN_PACKET;

extern const GENERIC_MAPPING iop_file_mapping; /* what the generic rights mean for files and devices */
NTSTATUS IopParseDevice(PVOID, POBJECT_TYPE, PACCESS_STATE, KPROCESSOR_MODE, ULONG, PUNICODE_STRING,
                        PUNICODE_STRING, PVOID, PVOID *);
NTSTATUS IopParseFile(PVOID, POBJECT_TYPE, PACCESS_STATE, KPROCESSOR_MODE, ULONG, PUNICODE_STRING,
                      PUNICODE_STRING, PVOID, PVOID *);
void IopCloseFileMethod(PEPROCESS, PVOID, ACCESS_MASK, ULONG, ULONG);
void IopDeleteFileMethod(PVOID);
void IopCleanUpFile(PFILE_OBJECT); /* sends IRP_MJ_CLEANUP */
NTSTATUS IopQueryNameMethod(PVOID, BOOLEAN, POBJECT_NAME_INFORMATION, ULONG, PULONG, KPROCESSOR_MODE);
NTSTATUS IopLockFileSlow(PFILE_OBJECT, KPROCESSOR_MODE);
void IopUnlockFileSlow(PFILE_OBJECT);

/* FO_*: some change while requests are under way on other threads. */
static inline ULONG iop_file_flags(PFILE_OBJECT file)
{
    return __atomic_load_n(&file->Flags, __ATOMIC_RELAXED);
}

/* The lock of a synchronous file object: one request at a time. */
static inline NTSTATUS IopLockFile(PFILE_OBJECT file, KPROCESSOR_MODE mode)
{
    if (__builtin_expect(__atomic_exchange_n(&file->Busy, 1, __ATOMIC_ACQUIRE) == 0, 1))
        return STATUS_SUCCESS;
    return IopLockFileSlow(file, mode);
}
static inline void IopUnlockFile(PFILE_OBJECT file)
{
    /* Either the waiter's exchange sees Busy clear or we see it in Waiters: the barrier is in IopLockFileSlow. */
    __atomic_store_n(&file->Busy, 0, __ATOMIC_RELEASE);
    host_light_barrier();
    if (__builtin_expect(__atomic_load_n(&file->Waiters, __ATOMIC_RELAXED) != 0, 0))
        IopUnlockFileSlow(file);
}

/* --- service.c --- */

/*
 * What a service knows of the request it is about to send. Filled by iop_begin, taken apart by iop_send or
 * iop_abandon.
 */
struct iop_call {
    KPROCESSOR_MODE mode;
    BOOLEAN synchronous; /* FO_SYNCHRONOUS_IO: the file object is locked and the service waits */
    PETHREAD thread;
    PFILE_OBJECT file;
    struct ob_hold hold; /* of the file; no reference */
    ACCESS_MASK granted;
    PDEVICE_OBJECT device; /* top of the stack */
    PKEVENT event;         /* the caller's, referenced */
    PIRP irp;
    PIO_STACK_LOCATION stack; /* the top location */
};

/* iop_open_call, iop_enter_call, iop_make_irp, iop_send: send.h */
/* References the event, if one is given, and clears it. */
NTSTATUS iop_take_event(struct iop_call *, HANDLE event);
/* Waits until the request that pends on a locked synchronous file is finished; its status. */
NTSTATUS iop_wait_for_file(PFILE_OBJECT, PIRP, PETHREAD, KPROCESSOR_MODE);
/* Undoes everything in the call and returns the status it was given. */
NTSTATUS iop_abandon(struct iop_call *, NTSTATUS);
/* For requests that finish inside the service on any kind of file: a local event and status block. */
struct iop_wait {
    KEVENT event;
    IO_STATUS_BLOCK iosb;
};
NTSTATUS iop_make_waiting_irp(struct iop_call *, UCHAR major, struct iop_wait *);
/* What an information class needs: bytes of buffer (0: there is no such class) and granted access. */
struct iop_class {
    ULONG length;
    ACCESS_MASK access;
};
struct iop_class iop_file_class(FILE_INFORMATION_CLASS, bool sets);
struct iop_class iop_volume_class(FS_INFORMATION_CLASS, bool sets);
/* Sends it, waits, and tells *iosb the result unless it is an error, which is returned; the call is over. */
NTSTATUS iop_send_and_wait(struct iop_call *, struct iop_wait *, PIO_STATUS_BLOCK iosb);
/* Gives the IRP the caller's buffer as its device wants it; STATUS_INSUFFICIENT_RESOURCES, or what locking and copying say. */
NTSTATUS iop_attach_buffer(struct iop_call *, PVOID buffer, ULONG length, bool sets);
void iop_leave_call(struct iop_call *);
NTSTATUS iop_probe_iosb(PIO_STATUS_BLOCK, KPROCESSOR_MODE);
void iop_write_iosb(PIO_STATUS_BLOCK, KPROCESSOR_MODE, NTSTATUS, ULONG_PTR);

/*
 * Sends an IRP of the I/O manager's own (cleanup, close, shutdown, ...) to the stack of a device and waits
 * for it; the caller's fill may set the top location up.
 */
NTSTATUS IopSendAndWait(PDEVICE_OBJECT, PFILE_OBJECT, UCHAR major, ULONG flags,
                        void (*fill)(PIRP, PIO_STACK_LOCATION, void *), void *context);
NTSTATUS IopSendForResult(PDEVICE_OBJECT, PFILE_OBJECT, UCHAR major, ULONG flags,
                          void (*fill)(PIRP, PIO_STACK_LOCATION, void *), void *context, PIO_STATUS_BLOCK);

/* --- port.c --- */

void IopCreatePortType(void);
NTSTATUS IopSetCompletionPort(PFILE_OBJECT, PVOID buffer, KPROCESSOR_MODE); /* FileCompletionInformation */
void IopForgetCompletionPort(PFILE_OBJECT);
NTSTATUS IopSetNotificationModes(PFILE_OBJECT, PVOID buffer, KPROCESSOR_MODE);
ULONG IopNotificationModes(PFILE_OBJECT);
/* Leaves the finished IRP in the file's port; it is freed when it is taken out. */
void IopPostIrp(PIRP, PIO_COMPLETION_CONTEXT);
/* The same for a request that needed no IRP. */
void IopPostStatus(PFILE_OBJECT, PVOID apc_context, NTSTATUS, ULONG_PTR information);

/* --- fs.c --- */

void IopStartFileSystem(void);
void IopStopFileSystem(void);
void IopFreeFileSystem(void); /* what is left, also after a bug check */

/* --- np.c --- */

void IopStartPipes(void);
void IopStopPipes(void);

/* Services\<name> with what every service has, unless it is there. */
NTSTATUS IopMakeServiceKey(PCUNICODE_STRING key, PCUNICODE_STRING service);
