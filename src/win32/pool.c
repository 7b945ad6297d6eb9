/*
 * Thread pools: pools, their threads, what is queued for them, and what a callback can ask for.
 */
#include "pool.h"

#include <stdlib.h>
#include <string.h>

struct _TP_CALLBACK_INSTANCE {
    struct pool_object *object; /* NULL: it has dissociated itself */
    HANDLE event, semaphore, mutex;
    LONG releases;
    PCRITICAL_SECTION section;
    HMODULE library;
};

/* --- pools --- */

struct win32_pool *pool_new(bool made)
{
    struct win32_pool *pool = calloc(1, sizeof *pool);
    NTSTATUS status =
        pool ? NtCreateSemaphore(&pool->semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, MAXLONG) : STATUS_NO_MEMORY;
    if (!NT_SUCCESS(status)) {
        free(pool);
        win32_fail(status);
        return NULL;
    }
    pool->process = win32_process_id();
    pool->made = made;
    pool->most = POOL_MOST;
    win32_lock();
    pool->next = pools()->pools;
    pools()->pools = pool;
    win32_unlock();
    return pool;
}

struct win32_pool *pool_of_process(void)
{
    DWORD process = win32_process_id();
    win32_lock();
    struct win32_pool *pool = pools()->pools, *first = NULL;
    for (; pool; pool = pool->next)
        if (pool->process == process && !pool->made)
            first = pool; /* of two that were made at once, the older one */
    win32_unlock();
    return first ? first : pool_new(false);
}

/* --- threads --- */

static void call(struct pool_object *object, struct pool_data *data, PTP_CALLBACK_INSTANCE instance)
{
    switch (object->kind) {
    case POOL_SIMPLE:
        ((PTP_SIMPLE_CALLBACK)object->callback)(instance, object->context);
        break;
    case POOL_FUNCTION:
        ((LPTHREAD_START_ROUTINE)object->callback)(object->context);
        break;
    case POOL_WORK:
        ((PTP_WORK_CALLBACK)object->callback)(instance, object->context, (PTP_WORK)object);
        break;
    case POOL_TIMER:
        ((PTP_TIMER_CALLBACK)object->callback)(instance, object->context, (PTP_TIMER)object);
        break;
    case POOL_WAIT:
        ((PTP_WAIT_CALLBACK)object->callback)(instance, object->context, (PTP_WAIT)object, data->result);
        break;
    case POOL_IO:
        ((PTP_WIN32_IO_CALLBACK)object->callback)(instance, object->context, data->overlapped, data->result,
                                                  data->bytes, (PTP_IO)object);
        break;
    case POOL_REGISTERED:
    case POOL_QUEUED:
        ((WAITORTIMERCALLBACK)object->callback)(object->context, data->result == WAIT_TIMEOUT);
        break;
    case POOL_BOUND:
        ((LPOVERLAPPED_COMPLETION_ROUTINE)object->callback)(data->result, (DWORD)data->bytes,
                                                            data->overlapped);
        break;
    }
}

static void run(struct pool_object *object, struct pool_data *data)
{
    TP_CALLBACK_INSTANCE instance = {.object = object};
    bool again = object->kind == POOL_REGISTERED && !object->once;
    PTP_SIMPLE_CALLBACK finalize = object->finalize;
    PVOID context = object->context;
    call(object, data, &instance);
    if (finalize)
        finalize(&instance, context);
    NtTestAlert(); /* a thread of a machine that has stopped meanwhile ends here */
    if (instance.section)
        LeaveCriticalSection(instance.section);
    if (instance.mutex)
        NtReleaseMutant(instance.mutex, NULL);
    if (instance.semaphore)
        NtReleaseSemaphore(instance.semaphore, instance.releases, NULL);
    if (instance.event)
        NtSetEvent(instance.event, NULL);
    if (instance.library)
        FreeLibrary(instance.library);
    if (again)
        pool_arm(object, object->handle, pool_due_in(object->timeout), 0);
    if (instance.object)
        pool_done(object, 1);
}

static struct pool_item *take(struct win32_pool *pool)
{
    struct pool_item *item = pool->first;
    if (!item)
        return NULL;
    pool->first = item->next;
    if (!pool->first)
        pool->last = NULL;
    pool->queued--;
    return item;
}

static DWORD WINAPI work(LPVOID context)
{
    struct win32_pool *pool = context;
    for (;;) {
        NtWaitForSingleObject(pool->semaphore, FALSE, NULL);
        win32_lock();
        struct pool_item *item = take(pool);
        bool leave = !item && pool->closed;
        pool->idle--; /* as it was counted when it began to wait */
        if (leave)
            pool->workers--;
        win32_unlock();
        if (leave)
            return 0;
        if (item) {
            struct pool_object *object = item->object;
            struct pool_data data = item->data;
            free(item);
            run(object, &data);
        }
        win32_lock();
        pool->idle++;
        win32_unlock();
    }
}

/* One more thread, which is counted already. */
static bool start_worker(struct win32_pool *pool)
{
    HANDLE thread = CreateThread(NULL, 0, work, pool, 0, NULL);
    if (thread) {
        NtClose(thread);
        return true;
    }
    win32_lock();
    pool->idle--;
    pool->workers--;
    bool others = pool->workers != 0;
    win32_unlock();
    return others;
}

bool pool_queue(struct pool_object *object, const struct pool_data *data)
{
    struct win32_pool *pool = object->pool;
    struct pool_item *item = malloc(sizeof *item);
    if (!item)
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    *item = (struct pool_item){NULL, object, data ? *data : (struct pool_data){0}};
    win32_lock();
    if (pool->last)
        pool->last->next = item;
    else
        pool->first = item;
    pool->last = item;
    pool->queued++;
    bool more = pool->idle < pool->queued && pool->workers < pool->most;
    if (more) {
        pool->workers++;
        pool->idle++;
    }
    win32_unlock();
    bool there = !more || start_worker(pool);
    NtReleaseSemaphore(pool->semaphore, 1, NULL);
    return there;
}

static void change_busy(struct pool_object *object, ULONG by)
{
    __atomic_fetch_add(&object->busy, by, __ATOMIC_SEQ_CST);
}

bool pool_submit(struct pool_object *object)
{
    change_busy(object, 1);
    bool queued = pool_queue(object, NULL);
    if (!queued)
        pool_done(object, 1);
    return queued;
}

void pool_cancel(struct pool_object *object)
{
    struct win32_pool *pool = object->pool;
    struct pool_item *mine = NULL, **link = &pool->first;
    ULONG count = 0;
    win32_lock();
    pool->last = NULL;
    while (*link) {
        struct pool_item *item = *link;
        if (item->object != object) {
            pool->last = item;
            link = &item->next;
            continue;
        }
        *link = item->next;
        item->next = mine;
        mine = item;
        pool->queued--;
        count++;
    }
    win32_unlock();
    while (mine) {
        struct pool_item *next = mine->next;
        free(mine);
        mine = next;
    }
    if (count)
        pool_done(object, count);
}

void pool_await(struct pool_object *object, BOOL cancel)
{
    if (cancel)
        pool_cancel(object);
    for (ULONG busy; (busy = __atomic_load_n(&object->busy, __ATOMIC_SEQ_CST)) != 0;)
        WaitOnAddress(&object->busy, &busy, sizeof busy, INFINITE);
}

/* --- the client's side of pools --- */

PTP_POOL WINAPI CreateThreadpool(PVOID reserved)
{
    if (reserved) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return (PTP_POOL)pool_new(true);
}

/* Its threads end when nothing is queued; the rest goes with the machine. */
VOID WINAPI CloseThreadpool(PTP_POOL ptpp)
{
    struct win32_pool *pool = (struct win32_pool *)ptpp;
    win32_lock();
    pool->closed = true;
    LONG workers = (LONG)pool->workers;
    win32_unlock();
    if (workers)
        NtReleaseSemaphore(pool->semaphore, workers, NULL);
}

VOID WINAPI SetThreadpoolThreadMaximum(PTP_POOL ptpp, DWORD cthrdMost)
{
    struct win32_pool *pool = (struct win32_pool *)ptpp;
    win32_lock();
    pool->most = cthrdMost ? cthrdMost : 1;
    win32_unlock();
}

BOOL WINAPI SetThreadpoolThreadMinimum(PTP_POOL ptpp, DWORD cthrdMic)
{
    struct win32_pool *pool = (struct win32_pool *)ptpp;
    for (;;) {
        win32_lock();
        pool->least = cthrdMic;
        if (pool->most < cthrdMic)
            pool->most = cthrdMic;
        bool more = pool->workers < cthrdMic;
        if (more) {
            pool->workers++;
            pool->idle++;
        }
        win32_unlock();
        if (!more)
            return TRUE;
        HANDLE thread = CreateThread(NULL, 0, work, pool, 0, NULL);
        if (!thread) {
            win32_lock();
            pool->workers--;
            pool->idle--;
            win32_unlock();
            return FALSE;
        }
        NtClose(thread);
    }
}

/* --- what a callback can ask for --- */

/* There is a thread for every callback that is queued, as long as there are fewer than the most. */
BOOL WINAPI CallbackMayRunLong(PTP_CALLBACK_INSTANCE pci)
{
    if (!pci->object)
        return FALSE;
    win32_lock();
    bool room = pci->object->pool->workers < pci->object->pool->most;
    win32_unlock();
    return room;
}

VOID WINAPI DisassociateCurrentThreadFromCallback(PTP_CALLBACK_INSTANCE pci)
{
    struct pool_object *object = pci->object;
    pci->object = NULL;
    if (object)
        pool_done(object, 1);
}

VOID WINAPI SetEventWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE evt)
{
    pci->event = evt;
}

VOID WINAPI ReleaseSemaphoreWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE sem, DWORD crel)
{
    pci->semaphore = sem;
    pci->releases = (LONG)crel;
}

VOID WINAPI ReleaseMutexWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HANDLE mut)
{
    pci->mutex = mut;
}

VOID WINAPI LeaveCriticalSectionWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, PCRITICAL_SECTION pcs)
{
    pci->section = pcs;
}

VOID WINAPI FreeLibraryWhenCallbackReturns(PTP_CALLBACK_INSTANCE pci, HMODULE mod)
{
    pci->library = mod;
}

/* --- start and stop --- */

void win32_pool_start(void)
{
    struct win32_pools *all = calloc(1, sizeof *all);
    if (!all)
        host_abort();
    pool_init(&all->objects);
    pool_init(&all->groups);
    pool_init(&all->queues);
    win32_state()->pools = all;
}

#define FREE_ALL(head, type)                                                                                 \
    while (!pool_empty(head)) {                                                                              \
        type *first = CONTAINING_RECORD((head)->Flink, type, link);                                          \
        pool_unlink(&first->link);                                                                           \
        free(first);                                                                                         \
    }

/* The client's threads are gone, and the handles are closed. */
void win32_pool_stop(void)
{
    struct win32_pools *all = pools();
    for (struct win32_pool *pool; (pool = all->pools) != NULL;) {
        all->pools = pool->next;
        for (struct pool_item *item; (item = take(pool)) != NULL;)
            free(item);
        free(pool);
    }
    for (struct pool_waiter *waiter; (waiter = all->waiters) != NULL;) {
        all->waiters = waiter->next;
        free(waiter);
    }
    for (struct pool_port *port; (port = all->ports) != NULL;) {
        all->ports = port->next;
        free(port);
    }
    FREE_ALL(&all->objects, struct pool_object);
    FREE_ALL(&all->groups, struct pool_group);
    FREE_ALL(&all->queues, struct pool_queue);
    free(all);
    win32_state()->pools = NULL;
}
