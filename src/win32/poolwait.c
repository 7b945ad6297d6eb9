/*
 * Thread pools: the threads that wait, for objects and times, and those that take completions out of a port.
 */
#include "pool.h"

#include <stdlib.h>

/* --- times --- */

uint64_t pool_due_in(ULONG milliseconds)
{
    return milliseconds == INFINITE ? POOL_NEVER : host_clock() + (uint64_t)milliseconds * 10000;
}

/* Times that are past, and 0, are now. */
uint64_t pool_due(PFILETIME time)
{
    LONGLONG given = (LONGLONG)((ULONGLONG)time->dwHighDateTime << 32 | time->dwLowDateTime);
    if (given < 0)
        return host_clock() + (0 - (uint64_t)given);
    uint64_t now = host_time();
    return host_clock() + ((uint64_t)given > now ? (uint64_t)given - now : 0);
}

/* --- arming --- */

static void forget(struct pool_object *object)
{
    if (object->armed && object->handle)
        object->waiter->handles--;
    object->armed = false;
}

bool pool_disarm(struct pool_object *object)
{
    win32_lock();
    struct pool_waiter *waiter = object->waiter;
    bool was = object->armed, waits = was && object->handle;
    ULONG round = waits ? __atomic_load_n(&waiter->round, __ATOMIC_SEQ_CST) : 0;
    forget(object);
    win32_unlock();
    /* Until the thread waits for it no more: nothing that is signalled from now on is taken. */
    if (waits)
        NtSetEvent(waiter->control, NULL);
    while (waits && __atomic_load_n(&waiter->round, __ATOMIC_SEQ_CST) == round)
        WaitOnAddress(&waiter->round, &round, sizeof round, INFINITE);
    return was;
}

struct found {
    struct pool_object *object;
    uint64_t generation, due;
};

/*
 * Under the lock: timers that are due are put down in due[], counted as busy; what is to be waited for in the
 * other two. Returns how many are due. A wait for a handle is never due here: even late it looks at the
 * object before it times out.
 */
static unsigned look(struct pool_waiter *waiter, struct pool_object **due, HANDLE *handles,
                     struct found *objects, unsigned *count, uint64_t *next)
{
    unsigned found = 0;
    uint64_t now = host_clock();
    *count = 0;
    *next = POOL_NEVER;
    for (PLIST_ENTRY at = pools()->objects.Flink; at != &pools()->objects; at = at->Flink) {
        struct pool_object *object = CONTAINING_RECORD(at, struct pool_object, link);
        if (!object->armed || object->waiter != waiter)
            continue;
        if (object->due <= now && !object->handle && found < POOL_HANDLES) {
            due[found++] = object;
            __atomic_fetch_add(&object->busy, 1, __ATOMIC_SEQ_CST);
            uint64_t period = (uint64_t)object->period * 10000;
            object->due += period;
            if (period && object->due <= now)
                object->due = now + period; /* what was missed is not made up for */
            if (!period)
                forget(object);
        }
        if (!object->armed)
            continue;
        if (object->due < *next)
            *next = object->due;
        if (object->handle) {
            objects[*count] = (struct found){object, object->generation, object->due};
            handles[++*count] = object->handle;
        }
    }
    return found;
}

/* It may be gone, disarmed or armed anew meanwhile. */
static void tell(struct found found, ULONG result)
{
    struct pool_data data = {.result = result};
    bool there = false;
    win32_lock();
    for (PLIST_ENTRY at = pools()->objects.Flink; at != &pools()->objects && !there; at = at->Flink) {
        struct pool_object *object = CONTAINING_RECORD(at, struct pool_object, link);
        there = object == found.object && object->armed && object->generation == found.generation;
    }
    if (there) {
        forget(found.object);
        __atomic_fetch_add(&found.object->busy, 1, __ATOMIC_SEQ_CST);
    }
    win32_unlock();
    if (there && !pool_queue(found.object, &data))
        pool_done(found.object, 1);
}

/* Nothing was signalled: those whose time is over time out. */
static void tell_late(const struct found *objects, unsigned count)
{
    uint64_t now = host_clock();
    for (unsigned i = 0; i < count; i++)
        if (objects[i].due <= now)
            tell(objects[i], WAIT_TIMEOUT);
}

/* A handle that was closed while it is waited for would end every wait that has it. */
static void drop_bad(const HANDLE *handles, const struct found *objects, unsigned count)
{
    LARGE_INTEGER now = {.QuadPart = 0};
    for (unsigned i = 0; i < count; i++) {
        NTSTATUS status = NtWaitForSingleObject(handles[i + 1], FALSE, &now);
        if (!NT_SUCCESS(status)) {
            win32_lock();
            for (PLIST_ENTRY at = pools()->objects.Flink; at != &pools()->objects; at = at->Flink) {
                struct pool_object *object = CONTAINING_RECORD(at, struct pool_object, link);
                if (object == objects[i].object && object->generation == objects[i].generation)
                    forget(object);
            }
            win32_unlock();
        } else if (status != STATUS_TIMEOUT) {
            tell(objects[i], (ULONG)(status & ~0x3F));
        }
    }
}

static DWORD WINAPI wait_for_all(LPVOID context)
{
    struct pool_waiter *waiter = context;
    HANDLE handles[POOL_HANDLES + 1] = {waiter->control};
    struct found objects[POOL_HANDLES];
    struct pool_object *due[POOL_HANDLES];
    for (;;) {
        unsigned count;
        uint64_t next;
        win32_lock();
        unsigned found = look(waiter, due, handles, objects, &count, &next);
        __atomic_fetch_add(&waiter->round, 1, __ATOMIC_SEQ_CST);
        win32_unlock();
        WakeByAddressAll(&waiter->round);
        for (unsigned i = 0; i < found; i++) {
            struct pool_data data = {.result = WAIT_TIMEOUT};
            if (!pool_queue(due[i], &data))
                pool_done(due[i], 1);
        }
        if (found)
            continue; /* there may be more, and time has passed */
        uint64_t now = host_clock();
        LARGE_INTEGER timeout = {.QuadPart = next > now ? -(LONGLONG)(next - now) : 0};
        NTSTATUS status = NtWaitForMultipleObjects(count + 1, handles, WaitAny, FALSE,
                                                   next == POOL_NEVER ? NULL : &timeout);
        if (status >= STATUS_WAIT_1 && status <= STATUS_WAIT_0 + (NTSTATUS)count)
            tell(objects[status - 1], WAIT_OBJECT_0);
        else if (status > STATUS_ABANDONED_WAIT_0 && status <= STATUS_ABANDONED_WAIT_0 + (NTSTATUS)count)
            tell(objects[status - STATUS_ABANDONED_WAIT_0 - 1], WAIT_ABANDONED_0);
        else if (status == STATUS_TIMEOUT)
            tell_late(objects, count);
        else if (!NT_SUCCESS(status) && !count)
            return 0; /* its own event is gone, and so is the process */
        else if (!NT_SUCCESS(status))
            drop_bad(handles, objects, count);
    }
}

/* Of this process, with room for one more handle. */
static struct pool_waiter *find_waiter(DWORD process, bool handle)
{
    struct pool_waiter *waiter = pools()->waiters;
    while (waiter && (waiter->process != process || (handle && waiter->handles == POOL_HANDLES)))
        waiter = waiter->next;
    return waiter;
}

static struct pool_waiter *new_waiter(DWORD process)
{
    struct pool_waiter *waiter = calloc(1, sizeof *waiter);
    if (!waiter)
        return NULL;
    waiter->process = process;
    if (!NT_SUCCESS(NtCreateEvent(&waiter->control, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE))) {
        free(waiter);
        return NULL;
    }
    HANDLE thread = CreateThread(NULL, 0, wait_for_all, waiter, CREATE_SUSPENDED, NULL);
    if (!thread) {
        NtClose(waiter->control);
        free(waiter);
        return NULL;
    }
    win32_lock();
    waiter->next = pools()->waiters;
    pools()->waiters = waiter;
    win32_unlock();
    NtResumeThread(thread, NULL);
    NtClose(thread);
    return waiter;
}

bool pool_arm(struct pool_object *object, HANDLE handle, uint64_t due, ULONG period)
{
    DWORD process = object->pool->process;
    for (;;) {
        win32_lock();
        struct pool_waiter *waiter = find_waiter(process, handle != NULL);
        if (waiter) {
            forget(object);
            bool arms = !object->closed;
            object->waiter = waiter;
            object->handle = handle;
            object->due = due;
            object->period = period;
            object->generation = ++pools()->generation;
            object->armed = arms;
            if (handle && arms)
                waiter->handles++;
        }
        win32_unlock();
        if (waiter) {
            NtSetEvent(waiter->control, NULL);
            return true;
        }
        if (!new_waiter(process))
            return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    }
}

/* --- completions --- */

static DWORD WINAPI take_completions(LPVOID context)
{
    struct pool_port *port = context;
    for (;;) {
        PVOID key, overlapped;
        IO_STATUS_BLOCK io;
        if (NtRemoveIoCompletion(port->port, &key, &overlapped, &io, NULL) != STATUS_SUCCESS)
            return 0;
        struct pool_object *object = key;
        struct pool_data data = {.result =
                                     NT_SUCCESS(io.Status) ? ERROR_SUCCESS : RtlNtStatusToDosError(io.Status),
                                 .bytes = io.Information,
                                 .overlapped = overlapped};
        if (object->kind == POOL_BOUND)
            __atomic_fetch_add(&object->busy, 1, __ATOMIC_SEQ_CST);
        if (!pool_queue(object, &data))
            pool_done(object, 1);
    }
}

static struct pool_port *port_of_process(DWORD process)
{
    win32_lock();
    struct pool_port *port = pools()->ports;
    while (port && port->process != process)
        port = port->next;
    win32_unlock();
    if (port)
        return port;
    port = calloc(1, sizeof *port);
    if (!port)
        return NULL;
    port->process = process;
    HANDLE thread = NULL;
    if (NT_SUCCESS(NtCreateIoCompletion(&port->port, IO_COMPLETION_ALL_ACCESS, NULL, 0)))
        thread = CreateThread(NULL, 0, take_completions, port, 0, NULL);
    if (!thread) {
        if (port->port)
            NtClose(port->port);
        free(port);
        return NULL;
    }
    NtClose(thread);
    win32_lock();
    port->next = pools()->ports;
    pools()->ports = port;
    win32_unlock();
    return port;
}

NTSTATUS pool_bind(struct pool_object *object, HANDLE file)
{
    struct pool_port *port = port_of_process(object->pool->process);
    if (!port)
        return STATUS_NO_MEMORY;
    FILE_COMPLETION_INFORMATION information = {port->port, object};
    IO_STATUS_BLOCK io;
    return NtSetInformationFile(file, &io, &information, sizeof information, FileCompletionInformation);
}
