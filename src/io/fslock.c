/*
 * The internal file system: byte-range locks. Held by a file object, a process and a key; the list of a
 * file's is under the volume's lock, and so is every look at it. Who waits for one stands in a cancel-safe
 * queue of the volume's.
 */
#include "fs.h"

struct fs_lock {
    struct fs_lock *Next;
    PFILE_OBJECT Owner;
    PEPROCESS Process;
    ULONG Key;
    BOOLEAN Exclusive;
    ULONGLONG First, Length;
};

static BOOLEAN is_own(const struct fs_lock *lock, const struct fs_lock *other)
{
    return lock->Owner == other->Owner && lock->Process == other->Process && lock->Key == other->Key;
}

/* One of no length is in the way, and is stood in the way of, only inside a range. */
static BOOLEAN overlap(const struct fs_lock *a, const struct fs_lock *b)
{
    if (!a->Length || !b->Length)
        return !a->Length ? a->First > b->First && a->First - b->First < b->Length
                          : b->First > a->First && b->First - a->First < a->Length;
    return a->First <= b->First + (b->Length - 1) && b->First <= a->First + (a->Length - 1);
}

/* An exclusive lock overlaps nothing; a shared one overlaps shared ones, and exclusive ones of its own
 * handle. */
static BOOLEAN is_free(const struct fs_file *file, const struct fs_lock *wanted)
{
    for (const struct fs_lock *lock = file->Locks; lock; lock = lock->Next)
        if (overlap(lock, wanted) && (wanted->Exclusive || (lock->Exclusive && !is_own(lock, wanted))))
            return FALSE;
    return TRUE;
}

static struct fs_lock describe(PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    return (struct fs_lock){.Owner = stack->FileObject,
                            .Process = IoGetRequestorProcess(irp),
                            .Key = stack->Parameters.LockControl.Key,
                            .Exclusive = (stack->Flags & SL_EXCLUSIVE_LOCK) != 0,
                            .First = (ULONGLONG)stack->Parameters.LockControl.ByteOffset.QuadPart,
                            .Length = (ULONGLONG)stack->Parameters.LockControl.Length->QuadPart};
}

static void set_first(struct fs_file *file, struct fs_lock *lock)
{
    __atomic_store_n(&file->Locks, lock, __ATOMIC_RELEASE);
}

static NTSTATUS add(struct fs_file *file, const struct fs_lock *wanted)
{
    struct fs_lock *lock = malloc(sizeof *lock);
    if (!lock)
        return STATUS_INSUFFICIENT_RESOURCES;
    *lock = *wanted;
    lock->Next = file->Locks;
    set_first(file, lock);
    return STATUS_SUCCESS;
}

static void take_out(struct fs_file *file, struct fs_lock *lock)
{
    struct fs_lock **link = &file->Locks;
    while (*link != lock)
        link = &(*link)->Next;
    if (link == &file->Locks)
        set_first(file, lock->Next);
    else
        *link = lock->Next;
    free(lock);
}

/* --- who waits --- */

#define IRP_OF(entry) CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry)

static VOID NTAPI insert_waiter(PIO_CSQ csq, PIRP irp)
{
    InsertTailList(&CONTAINING_RECORD(csq, struct fs_volume, LockQueue)->LockWaiters,
                   &irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI remove_waiter(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

/* The context is the file object whose waiters are meant; NULL: anybody's who can have his lock. */
static PIRP NTAPI next_waiter(PIO_CSQ csq, PIRP irp, PVOID context)
{
    PLIST_ENTRY head = &CONTAINING_RECORD(csq, struct fs_volume, LockQueue)->LockWaiters;
    for (PLIST_ENTRY at = irp ? irp->Tail.Overlay.ListEntry.Flink : head->Flink; at != head; at = at->Flink) {
        struct fs_lock wanted = describe(IRP_OF(at));
        if (context ? wanted.Owner == context : is_free(fs_file_of(wanted.Owner), &wanted))
            return IRP_OF(at);
    }
    return NULL;
}

static VOID NTAPI acquire_queue(PIO_CSQ csq, PKIRQL irql)
{
    KeAcquireSpinLock(&CONTAINING_RECORD(csq, struct fs_volume, LockQueue)->LockQueueLock, irql);
}

static VOID NTAPI release_queue(PIO_CSQ csq, KIRQL irql)
{
    KeReleaseSpinLock(&CONTAINING_RECORD(csq, struct fs_volume, LockQueue)->LockQueueLock, irql);
}

static void end(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IopCompleteRequest(irp, IO_NO_INCREMENT, NULL);
}

static VOID NTAPI end_cancelled(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    end(irp, STATUS_CANCELLED);
}

void fs_start_locks(struct fs_volume *volume)
{
    InitializeListHead(&volume->LockWaiters);
    KeInitializeSpinLock(&volume->LockQueueLock);
    IoCsqInitialize(&volume->LockQueue, insert_waiter, remove_waiter, next_waiter, acquire_queue,
                    release_queue, end_cancelled);
}

/* Everybody who can have his lock gets it, in the order in which they came. */
static void grant(void)
{
    for (;;) {
        fs_lock();
        PIRP irp = IoCsqRemoveNextIrp(&FS->LockQueue, NULL);
        NTSTATUS status = STATUS_SUCCESS;
        if (irp) {
            struct fs_lock wanted = describe(irp);
            status = add(fs_file_of(wanted.Owner), &wanted);
        }
        fs_unlock();
        if (!irp)
            return;
        end(irp, status);
    }
}

/* --- requests --- */

static NTSTATUS lock_range(PIRP irp, struct fs_file *file, const struct fs_lock *wanted, BOOLEAN waits)
{
    if (wanted->Length && wanted->First + (wanted->Length - 1) < wanted->First)
        return STATUS_INVALID_LOCK_RANGE;
    fs_lock();
    BOOLEAN free = is_free(file, wanted);
    NTSTATUS status = free ? add(file, wanted) : STATUS_LOCK_NOT_GRANTED;
    fs_unlock();
    if (free || !waits)
        return status;
    IoCsqInsertIrp(&FS->LockQueue, irp, NULL);
    grant(); /* what was in the way may have gone meanwhile */
    return STATUS_PENDING;
}

static NTSTATUS unlock_single(struct fs_file *file, const struct fs_lock *wanted)
{
    struct fs_lock *found = NULL;
    fs_lock();
    for (struct fs_lock *lock = file->Locks; lock; lock = lock->Next)
        if (is_own(lock, wanted) && lock->First == wanted->First && lock->Length == wanted->Length &&
            (!found || (lock->Exclusive && !found->Exclusive)))
            found = lock;
    if (found)
        take_out(file, found);
    fs_unlock();
    if (!found)
        return STATUS_RANGE_NOT_LOCKED;
    grant();
    return STATUS_SUCCESS;
}

static void unlock_all(struct fs_file *file, PFILE_OBJECT owner, PEPROCESS process, const ULONG *key)
{
    fs_lock();
    for (struct fs_lock *next, *lock = file->Locks; lock; lock = next) {
        next = lock->Next;
        if (lock->Owner == owner && (!process || lock->Process == process) && (!key || lock->Key == *key))
            take_out(file, lock);
    }
    fs_unlock();
    grant();
}

NTSTATUS fs_lock_control(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    (void)information;
    struct fs_file *file = fs_file_of(stack->FileObject);
    ULONG key = stack->Parameters.LockControl.Key;
    if (!file || file->Directory)
        return STATUS_INVALID_PARAMETER;
    struct fs_lock wanted;
    switch (stack->MinorFunction) {
    case IRP_MN_LOCK:
        wanted = describe(irp);
        return lock_range(irp, file, &wanted, !(stack->Flags & SL_FAIL_IMMEDIATELY));
    case IRP_MN_UNLOCK_SINGLE:
        wanted = describe(irp);
        return unlock_single(file, &wanted);
    case IRP_MN_UNLOCK_ALL:
        unlock_all(file, stack->FileObject, IoGetRequestorProcess(irp), NULL);
        return STATUS_SUCCESS;
    case IRP_MN_UNLOCK_ALL_BY_KEY:
        unlock_all(file, stack->FileObject, IoGetRequestorProcess(irp), &key);
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

NTSTATUS fs_check_locks(struct fs_file *file, PIRP irp, LONGLONG offset, ULONG length, ULONG key,
                        BOOLEAN writes)
{
    if (!__atomic_load_n(&file->Locks, __ATOMIC_ACQUIRE) || irp->Flags & IRP_PAGING_IO)
        return STATUS_SUCCESS;
    struct fs_lock access = {.Owner = IoGetCurrentIrpStackLocation(irp)->FileObject,
                             .Process = IoGetRequestorProcess(irp),
                             .Key = key,
                             .First = (ULONGLONG)offset,
                             .Length = length};
    NTSTATUS status = STATUS_SUCCESS;
    fs_lock();
    for (const struct fs_lock *lock = file->Locks; lock; lock = lock->Next)
        if (overlap(lock, &access) && (lock->Exclusive ? !is_own(lock, &access) : writes))
            status = STATUS_FILE_LOCK_CONFLICT;
    fs_unlock();
    return status;
}

void fs_drop_locks(struct fs_file *file, PFILE_OBJECT object)
{
    PIRP irp;
    while ((irp = IoCsqRemoveNextIrp(&FS->LockQueue, object)) != NULL)
        end(irp, STATUS_RANGE_NOT_LOCKED);
    if (__atomic_load_n(&file->Locks, __ATOMIC_ACQUIRE))
        unlock_all(file, object, NULL, NULL);
}

void fs_free_locks(struct fs_file *file)
{
    while (file->Locks)
        take_out(file, file->Locks);
}
