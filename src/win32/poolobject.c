/*
 * Thread pools: objects, from their making to their end, and what each kind has.
 */
#include "pool.h"

#include <stdlib.h>

/* --- all kinds --- */

struct pool_object *pool_object(enum pool_kind kind, PVOID callback, PVOID context,
                                PTP_CALLBACK_ENVIRON environment)
{
    TP_CALLBACK_ENVIRON asked = {0};
    if (!callback) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (environment && !win32_read(&asked, environment, sizeof asked))
        return NULL;
    struct win32_pool *pool = asked.Pool ? (struct win32_pool *)asked.Pool : pool_of_process();
    if (!pool)
        return NULL;
    struct pool_object *object = calloc(1, sizeof *object);
    if (!object) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    object->kind = kind;
    object->pool = pool;
    object->group = (struct pool_group *)asked.CleanupGroup;
    object->cancelled = asked.CleanupGroupCancelCallback;
    object->finalize = asked.FinalizationCallback;
    object->callback = callback;
    object->context = context;
    object->due = POOL_NEVER;
    win32_lock();
    pool_append(&pools()->objects, &object->link);
    if (object->group)
        pool_append(&object->group->members, &object->member);
    win32_unlock();
    return object;
}

static void leave_group(struct pool_object *object)
{
    if (object->group)
        pool_unlink(&object->member);
    object->group = NULL;
}

void pool_done(struct pool_object *object, ULONG times)
{
    HANDLE told = NULL;
    win32_lock();
    bool idle = __atomic_sub_fetch(&object->busy, times, __ATOMIC_SEQ_CST) == 0;
    bool gone = idle && object->closed;
    if (gone) {
        told = object->told;
        leave_group(object);
        pool_unlink(&object->link);
    }
    win32_unlock();
    if (gone)
        free(object);
    else
        WakeByAddressAll(&object->busy); /* only an address: whoever waits there may free it now */
    if (told)
        NtSetEvent(told, NULL);
}

bool pool_close(struct pool_object *object, HANDLE told)
{
    win32_lock();
    object->closed = true; /* it is not armed again */
    object->told = told;
    bool busy = __atomic_fetch_add(&object->busy, 1, __ATOMIC_SEQ_CST) != 0;
    win32_unlock();
    pool_disarm(object);
    pool_done(object, 1);
    return !busy;
}

/* --- once --- */

BOOL WINAPI TrySubmitThreadpoolCallback(PTP_SIMPLE_CALLBACK pfns, PVOID pv, PTP_CALLBACK_ENVIRON pcbe)
{
    struct pool_object *object = pool_object(POOL_SIMPLE, (PVOID)pfns, pv, pcbe);
    if (!object)
        return FALSE;
    object->closed = true; /* gone after the one callback */
    return pool_submit(object);
}

/* --- work --- */

PTP_WORK WINAPI CreateThreadpoolWork(PTP_WORK_CALLBACK pfnwk, PVOID pv, PTP_CALLBACK_ENVIRON pcbe)
{
    return (PTP_WORK)pool_object(POOL_WORK, (PVOID)pfnwk, pv, pcbe);
}

VOID WINAPI SubmitThreadpoolWork(PTP_WORK pwk)
{
    pool_submit((struct pool_object *)pwk);
}

VOID WINAPI WaitForThreadpoolWorkCallbacks(PTP_WORK pwk, BOOL fCancelPendingCallbacks)
{
    pool_await((struct pool_object *)pwk, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolWork(PTP_WORK pwk)
{
    pool_close((struct pool_object *)pwk, NULL);
}

/* --- timers --- */

PTP_TIMER WINAPI CreateThreadpoolTimer(PTP_TIMER_CALLBACK pfnti, PVOID pv, PTP_CALLBACK_ENVIRON pcbe)
{
    return (PTP_TIMER)pool_object(POOL_TIMER, (PVOID)pfnti, pv, pcbe);
}

BOOL WINAPI SetThreadpoolTimerEx(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod, DWORD msWindowLength)
{
    struct pool_object *object = (struct pool_object *)pti;
    (void)msWindowLength; /* it may be late by that much, and is not */
    BOOL was = pool_disarm(object);
    if (pftDueTime)
        pool_arm(object, NULL, pool_due(pftDueTime), msPeriod);
    return was;
}

VOID WINAPI SetThreadpoolTimer(PTP_TIMER pti, PFILETIME pftDueTime, DWORD msPeriod, DWORD msWindowLength)
{
    SetThreadpoolTimerEx(pti, pftDueTime, msPeriod, msWindowLength);
}

BOOL WINAPI IsThreadpoolTimerSet(PTP_TIMER pti)
{
    struct pool_object *object = (struct pool_object *)pti;
    win32_lock();
    BOOL set = object->armed;
    win32_unlock();
    return set;
}

VOID WINAPI WaitForThreadpoolTimerCallbacks(PTP_TIMER pti, BOOL fCancelPendingCallbacks)
{
    pool_await((struct pool_object *)pti, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolTimer(PTP_TIMER pti)
{
    pool_close((struct pool_object *)pti, NULL);
}

/* --- waits --- */

PTP_WAIT WINAPI CreateThreadpoolWait(PTP_WAIT_CALLBACK pfnwa, PVOID pv, PTP_CALLBACK_ENVIRON pcbe)
{
    return (PTP_WAIT)pool_object(POOL_WAIT, (PVOID)pfnwa, pv, pcbe);
}

BOOL WINAPI SetThreadpoolWaitEx(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout, PVOID Reserved)
{
    struct pool_object *object = (struct pool_object *)pwa;
    (void)Reserved;
    BOOL was = pool_disarm(object);
    if (h)
        pool_arm(object, h, pftTimeout ? pool_due(pftTimeout) : POOL_NEVER, 0);
    return was;
}

VOID WINAPI SetThreadpoolWait(PTP_WAIT pwa, HANDLE h, PFILETIME pftTimeout)
{
    SetThreadpoolWaitEx(pwa, h, pftTimeout, NULL);
}

VOID WINAPI WaitForThreadpoolWaitCallbacks(PTP_WAIT pwa, BOOL fCancelPendingCallbacks)
{
    pool_await((struct pool_object *)pwa, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolWait(PTP_WAIT pwa)
{
    pool_close((struct pool_object *)pwa, NULL);
}

/* --- I/O --- */

/* The file's handle must be for overlapped I/O and have no port yet: ERROR_INVALID_PARAMETER. */
PTP_IO WINAPI CreateThreadpoolIo(HANDLE fl, PTP_WIN32_IO_CALLBACK pfnio, PVOID pv, PTP_CALLBACK_ENVIRON pcbe)
{
    struct pool_object *object = pool_object(POOL_IO, (PVOID)pfnio, pv, pcbe);
    NTSTATUS status = object ? pool_bind(object, fl) : STATUS_SUCCESS;
    if (NT_SUCCESS(status))
        return (PTP_IO)object;
    if (object)
        pool_close(object, NULL);
    win32_fail(status);
    return NULL;
}

VOID WINAPI StartThreadpoolIo(PTP_IO pio)
{
    __atomic_fetch_add(&((struct pool_object *)pio)->busy, 1, __ATOMIC_SEQ_CST);
}

VOID WINAPI CancelThreadpoolIo(PTP_IO pio)
{
    pool_done((struct pool_object *)pio, 1);
}

VOID WINAPI WaitForThreadpoolIoCallbacks(PTP_IO pio, BOOL fCancelPendingCallbacks)
{
    pool_await((struct pool_object *)pio, fCancelPendingCallbacks);
}

VOID WINAPI CloseThreadpoolIo(PTP_IO pio)
{
    pool_close((struct pool_object *)pio, NULL);
}

/* --- clean-up groups --- */

PTP_CLEANUP_GROUP WINAPI CreateThreadpoolCleanupGroup(VOID)
{
    struct pool_group *group = calloc(1, sizeof *group);
    if (!group) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    pool_init(&group->members);
    win32_lock();
    pool_append(&pools()->groups, &group->link);
    win32_unlock();
    return (PTP_CLEANUP_GROUP)group;
}

/* The first member, taken out of the group and kept from going away. */
static struct pool_object *take_member(struct pool_group *group)
{
    struct pool_object *object = NULL;
    win32_lock();
    if (!pool_empty(&group->members)) {
        object = CONTAINING_RECORD(group->members.Flink, struct pool_object, member);
        leave_group(object);
        __atomic_fetch_add(&object->busy, 1, __ATOMIC_SEQ_CST);
    }
    win32_unlock();
    return object;
}

/* Every object in the group is closed when its callbacks have ended; those cancelled before they began are
 * told of. */
VOID WINAPI CloseThreadpoolCleanupGroupMembers(PTP_CLEANUP_GROUP ptpcg, BOOL fCancelPendingCallbacks,
                                               PVOID pvCleanupContext)
{
    struct pool_object *object;
    while ((object = take_member((struct pool_group *)ptpcg)) != NULL) {
        PTP_CLEANUP_GROUP_CANCEL_CALLBACK cancelled = object->cancelled;
        PVOID context = object->context;
        pool_disarm(object);
        ULONG before = __atomic_load_n(&object->busy, __ATOMIC_SEQ_CST);
        if (fCancelPendingCallbacks)
            pool_cancel(object);
        bool fewer = __atomic_load_n(&object->busy, __ATOMIC_SEQ_CST) < before;
        /* What is left is ours alone. */
        for (ULONG busy; (busy = __atomic_load_n(&object->busy, __ATOMIC_SEQ_CST)) > 1;)
            WaitOnAddress(&object->busy, &busy, sizeof busy, INFINITE);
        if (fCancelPendingCallbacks && cancelled && (fewer || object->kind != POOL_SIMPLE))
            cancelled(context, pvCleanupContext);
        pool_close(object, NULL);
        pool_done(object, 1);
    }
}

VOID WINAPI CloseThreadpoolCleanupGroup(PTP_CLEANUP_GROUP ptpcg)
{
    struct pool_group *group = (struct pool_group *)ptpcg;
    win32_lock();
    while (!pool_empty(&group->members))
        leave_group(CONTAINING_RECORD(group->members.Flink, struct pool_object, member));
    pool_unlink(&group->link);
    win32_unlock();
    free(group);
}
