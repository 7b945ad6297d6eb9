/*
 * Thread pools as they were before Windows Vista: work items, registered waits, timer queues, files bound to
 * completions.
 */
#include "pool.h"

#include <stdlib.h>

BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE Function, PVOID Context, ULONG Flags)
{
    struct pool_object *object = pool_object(POOL_FUNCTION, (PVOID)Function, Context, NULL);
    (void)Flags;
    if (!object)
        return FALSE;
    object->closed = true;
    return pool_submit(object);
}

BOOL WINAPI BindIoCompletionCallback(HANDLE FileHandle, LPOVERLAPPED_COMPLETION_ROUTINE Function, ULONG Flags)
{
    (void)Flags;
    struct pool_object *object = pool_object(POOL_BOUND, (PVOID)Function, NULL, NULL);
    if (!object)
        return FALSE;
    NTSTATUS status =
        pool_bind(object, FileHandle); /* then it stays as long as the file may complete something */
    if (NT_SUCCESS(status))
        return TRUE;
    pool_close(object, NULL);
    return win32_fail(status);
}

/* --- what is closed by its handle --- */

/* False, with the last error set, when it is none: the handle is the client's word. */
static bool is_object(HANDLE handle, enum pool_kind kind)
{
    bool found = false;
    win32_lock();
    for (PLIST_ENTRY at = pools()->objects.Flink; at != &pools()->objects && !found; at = at->Flink) {
        struct pool_object *object = CONTAINING_RECORD(at, struct pool_object, link);
        found = object == (struct pool_object *)handle && object->kind == kind && !object->closed;
    }
    win32_unlock();
    return found || win32_error(ERROR_INVALID_HANDLE);
}

/* INVALID_HANDLE_VALUE: waits for the callbacks. */
static BOOL close_object(struct pool_object *object, HANDLE event)
{
    if (event == INVALID_HANDLE_VALUE) {
        __atomic_fetch_add(&object->busy, 1, __ATOMIC_SEQ_CST); /* it stays until we have seen it */
        pool_close(object, NULL);
        for (ULONG busy; (busy = __atomic_load_n(&object->busy, __ATOMIC_SEQ_CST)) > 1;)
            WaitOnAddress(&object->busy, &busy, sizeof busy, INFINITE);
        pool_done(object, 1);
        return TRUE;
    }
    return pool_close(object, event) || event ? TRUE : win32_error(ERROR_IO_PENDING);
}

/* --- registered waits --- */

BOOL WINAPI RegisterWaitForSingleObject(PHANDLE phNewWaitObject, HANDLE hObject, WAITORTIMERCALLBACK Callback,
                                        PVOID Context, ULONG dwMilliseconds, ULONG dwFlags)
{
    HANDLE none = NULL, new;
    if (!win32_write(phNewWaitObject, &none, sizeof none))
        return FALSE;
    struct pool_object *object = pool_object(POOL_REGISTERED, (PVOID)Callback, Context, NULL);
    if (!object)
        return FALSE;
    object->once = (dwFlags & WT_EXECUTEONLYONCE) != 0;
    object->timeout = dwMilliseconds;
    new = object;
    if (!win32_write(phNewWaitObject, &new, sizeof new) ||
        !pool_arm(object, hObject, pool_due_in(dwMilliseconds), 0)) {
        pool_close(object, NULL);
        return FALSE;
    }
    return TRUE;
}

BOOL WINAPI UnregisterWaitEx(HANDLE WaitHandle, HANDLE CompletionEvent)
{
    return is_object(WaitHandle, POOL_REGISTERED) &&
           close_object((struct pool_object *)WaitHandle, CompletionEvent);
}

BOOL WINAPI UnregisterWait(HANDLE WaitHandle)
{
    return UnregisterWaitEx(WaitHandle, NULL);
}

/* --- timer queues --- */

HANDLE WINAPI CreateTimerQueue(VOID)
{
    struct pool_queue *queue = calloc(1, sizeof *queue);
    if (!queue) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    win32_lock();
    pool_append(&pools()->queues, &queue->link);
    win32_unlock();
    return queue;
}

/* Whether it is a queue; NULL, the process's own, is one. */
static bool is_queue(HANDLE handle)
{
    bool found = !handle;
    win32_lock();
    for (PLIST_ENTRY at = pools()->queues.Flink; at != &pools()->queues && !found; at = at->Flink)
        found = at == &((struct pool_queue *)handle)->link;
    win32_unlock();
    return found || win32_error(ERROR_INVALID_HANDLE);
}

BOOL WINAPI CreateTimerQueueTimer(PHANDLE phNewTimer, HANDLE TimerQueue, WAITORTIMERCALLBACK Callback,
                                  PVOID Parameter, DWORD DueTime, DWORD Period, ULONG Flags)
{
    HANDLE none = NULL, new;
    if (!win32_write(phNewTimer, &none, sizeof none) || !is_queue(TimerQueue))
        return FALSE;
    struct pool_object *object = pool_object(POOL_QUEUED, (PVOID)Callback, Parameter, NULL);
    if (!object)
        return FALSE;
    object->queue = TimerQueue;
    new = object;
    if (!win32_write(phNewTimer, &new, sizeof new) ||
        !pool_arm(object, NULL, pool_due_in(DueTime), Flags & WT_EXECUTEONLYONCE ? 0 : Period)) {
        pool_close(object, NULL);
        return FALSE;
    }
    return TRUE;
}

/* One that has expired and does not repeat stays as it is. */
BOOL WINAPI ChangeTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, ULONG DueTime, ULONG Period)
{
    struct pool_object *object = Timer;
    if (!is_queue(TimerQueue) || !is_object(Timer, POOL_QUEUED))
        return FALSE;
    if (pool_disarm(object))
        return pool_arm(object, NULL, pool_due_in(DueTime), Period);
    return TRUE;
}

BOOL WINAPI DeleteTimerQueueTimer(HANDLE TimerQueue, HANDLE Timer, HANDLE CompletionEvent)
{
    return is_queue(TimerQueue) && is_object(Timer, POOL_QUEUED) &&
           close_object((struct pool_object *)Timer, CompletionEvent);
}

/* Any timer of the queue, no longer to begin; NULL: there is none. */
static struct pool_object *timer_of(struct pool_queue *queue)
{
    struct pool_object *found = NULL;
    win32_lock();
    for (PLIST_ENTRY at = pools()->objects.Flink; at != &pools()->objects && !found; at = at->Flink) {
        struct pool_object *object = CONTAINING_RECORD(at, struct pool_object, link);
        if (object->kind == POOL_QUEUED && object->queue == queue && !object->closed) {
            object->queue = NULL;
            found = object;
        }
    }
    win32_unlock();
    return found;
}

/* With an event, it is set when the callbacks that are under way have returned. */
BOOL WINAPI DeleteTimerQueueEx(HANDLE TimerQueue, HANDLE CompletionEvent)
{
    struct pool_object *object;
    BOOL idle = TRUE, event = CompletionEvent && CompletionEvent != INVALID_HANDLE_VALUE;
    if (!TimerQueue)
        return win32_error(ERROR_INVALID_HANDLE);
    if (!is_queue(TimerQueue))
        return FALSE;
    while ((object = timer_of(TimerQueue)) != NULL)
        idle &= close_object(object, event ? INVALID_HANDLE_VALUE : CompletionEvent);
    struct pool_queue *queue = TimerQueue;
    win32_lock();
    pool_unlink(&queue->link);
    win32_unlock();
    free(queue);
    if (event)
        NtSetEvent(CompletionEvent, NULL);
    return idle ? TRUE : win32_error(ERROR_IO_PENDING);
}

/* Callbacks that are under way are not waited for. */
BOOL WINAPI DeleteTimerQueue(HANDLE TimerQueue)
{
    return DeleteTimerQueueEx(TimerQueue, NULL) || GetLastError() == ERROR_IO_PENDING;
}
