/*
 * I/O work items: a routine called later by a system worker thread. The item holds a reference to its device
 * (or driver) object until the routine has returned, so that the driver cannot be unloaded under it.
 */
#include "iop.h"

struct _IO_WORKITEM {
    WORK_QUEUE_ITEM Item; /* first: what the worker thread gets */
    PIO_WORKITEM_ROUTINE Routine;
    PIO_WORKITEM_ROUTINE_EX RoutineEx;
    PVOID IoObject;
    PVOID Context;
    LONG Queued;
    BOOLEAN Ours; /* from IoAllocateWorkItem */
};

static void initialize(PIO_WORKITEM item, PVOID object, BOOLEAN ours)
{
    memset(item, 0, sizeof *item);
    item->IoObject = object;
    item->Ours = ours;
}

/* NULL: no memory. IRQL <= DISPATCH_LEVEL. (WDK: IoAllocateWorkItem) */
PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    GATE(IoAllocateWorkItem, DeviceObject);
    if (GATE_FAILS(IoAllocateWorkItem))
        return NULL;
    PIO_WORKITEM item = MmAllocateSystemPool(sizeof *item, IOP_TAG_MISC);
    if (item)
        initialize(item, DeviceObject, TRUE);
    return item;
}

/* An item that is still queued is bug check 0xE4, as an item in freed pool is. (WDK: IoFreeWorkItem) */
VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    GATE(IoFreeWorkItem, IoWorkItem);
    if (__atomic_load_n(&IoWorkItem->Queued, __ATOMIC_ACQUIRE))
        KiBugCheck(WORKER_INVALID, 0, (ULONG_PTR)&IoWorkItem->Item, (ULONG_PTR)IoWorkItem, sizeof *IoWorkItem,
                   __builtin_return_address(0));
    MmFreeSystemPool(IoWorkItem);
}

/* For IoSizeofWorkItem bytes of the driver's own. (WDK: IoInitializeWorkItem) */
VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem)
{
    GATE(IoInitializeWorkItem, IoObject, IoWorkItem);
    initialize(IoWorkItem, IoObject, FALSE);
}

VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
    GATE(IoUninitializeWorkItem, IoWorkItem);
    if (__atomic_load_n(&IoWorkItem->Queued, __ATOMIC_ACQUIRE))
        KiBugCheck(WORKER_INVALID, 0, (ULONG_PTR)&IoWorkItem->Item, (ULONG_PTR)IoWorkItem, sizeof *IoWorkItem,
                   __builtin_return_address(0));
}

ULONG NTAPI IoSizeofWorkItem(VOID)
{
    GATE(IoSizeofWorkItem);
    return sizeof(struct _IO_WORKITEM);
}

static PDRIVER_OBJECT driver_of(PVOID object)
{
    return ((PDEVICE_OBJECT)object)->Type == IO_TYPE_DEVICE ? ((PDEVICE_OBJECT)object)->DriverObject : object;
}

/* A routine that runs, on its thread's stack; IOP->running, under drivers_lock. */
struct iop_running {
    struct iop_running *next;
    PKTHREAD thread;
    PDRIVER_OBJECT driver;
};

static void begin(struct iop_running *running, PVOID object)
{
    running->thread = KiCurrentThread();
    running->driver = driver_of(object);
    iop_acquire(&IOP->drivers_lock);
    running->next = IOP->running;
    IOP->running = running;
    iop_release(&IOP->drivers_lock);
}

static void end(struct iop_running *running)
{
    iop_acquire(&IOP->drivers_lock);
    struct iop_running **at = &IOP->running;
    while (*at != running)
        at = &(*at)->next;
    *at = running->next;
    iop_release(&IOP->drivers_lock);
    atomic_fetch_sub(&iop_driver_extension(running->driver)->WorkItems,
                     1); /* the driver's image may go now */
}

static VOID NTAPI process(PVOID Parameter)
{
    PIO_WORKITEM item = Parameter;
    struct iop_running running;
    begin(&running, item->IoObject);
    PVOID object = item->IoObject, context = item->Context;
    PIO_WORKITEM_ROUTINE routine = item->Routine;
    PIO_WORKITEM_ROUTINE_EX routine_ex = item->RoutineEx;
    /* From here on the routine may queue the item again, or free it. */
    __atomic_store_n(&item->Queued, 0, __ATOMIC_RELEASE);
    if (routine_ex)
        routine_ex(object, context, item);
    else
        routine((PDEVICE_OBJECT)object, context);
    end(&running);
    ObpDereferenceObject(object);
    atomic_fetch_sub(&IOP->work_items, 1); /* last: the I/O manager may go now */
}

void IopWaitForWorkItems(void)
{
    const uint64_t pause = 500; /* 50 microseconds */
    while (atomic_load(&IOP->work_items)) {
        struct host_parker nap = {0};
        host_park(&nap, host_clock() + pause);
        if (gate_watched() & WATCH_CRASHED)
            KiStopCrashedThread();
    }
}

/* How many of the driver's routines the calling thread is in. */
static ULONG inside(PDRIVER_OBJECT driver)
{
    ULONG count = 0;
    iop_acquire(&IOP->drivers_lock);
    for (struct iop_running *r = IOP->running; r; r = r->next)
        count += r->thread == KiCurrentThread() && r->driver == driver;
    iop_release(&IOP->drivers_lock);
    return count;
}

BOOLEAN IopWaitForWorkItemsOf(PDRIVER_OBJECT driver)
{
    ULONG own = inside(driver);
    LARGE_INTEGER pause = {.QuadPart = -10000};
    for (int i = 0; i < 10000; i++) {
        if (atomic_load(&iop_driver_extension(driver)->WorkItems) <= own)
            return TRUE;
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
    }
    return FALSE;
}

static BOOLEAN queue(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine, PIO_WORKITEM_ROUTINE_EX routine_ex,
                     WORK_QUEUE_TYPE type, PVOID context)
{
    if (__atomic_exchange_n(&item->Queued, 1, __ATOMIC_ACQ_REL))
        return FALSE;
    item->Routine = routine;
    item->RoutineEx = routine_ex;
    item->Context = context;
    ObpReferenceObject(item->IoObject);
    atomic_fetch_add(&IOP->work_items, 1);
    atomic_fetch_add(&iop_driver_extension(driver_of(item->IoObject))->WorkItems, 1);
    ExInitializeWorkItem(&item->Item, process, item);
    ExQueueWorkItem(&item->Item, type);
    return TRUE;
}

static _Noreturn void queued_twice(PIO_WORKITEM item, const void *caller)
{
    KiBugCheck(WORKER_INVALID, 1, (ULONG_PTR)&item->Item, (ULONG_PTR)item, 0, caller);
}

/* Bug check 0xE4 when the item is queued already. IRQL <= DISPATCH_LEVEL. (WDK: IoQueueWorkItem) */
VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine,
                           WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    GATE(IoQueueWorkItem, IoWorkItem, WorkerRoutine, QueueType, Context);
    if (!queue(IoWorkItem, WorkerRoutine, NULL, QueueType, Context))
        queued_twice(IoWorkItem, __builtin_return_address(0));
}

VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                             WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    GATE(IoQueueWorkItemEx, IoWorkItem, WorkerRoutine, QueueType, Context);
    if (!queue(IoWorkItem, NULL, WorkerRoutine, QueueType, Context))
        queued_twice(IoWorkItem, __builtin_return_address(0));
}

/* FALSE: it is queued already. (WDK: IoTryQueueWorkItem) */
BOOLEAN NTAPI IoTryQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine,
                                 WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    GATE(IoTryQueueWorkItem, IoWorkItem, WorkerRoutine, QueueType, Context);
    return queue(IoWorkItem, NULL, WorkerRoutine, QueueType, Context);
}
