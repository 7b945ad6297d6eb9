/*
 * Events, mutexes, semaphores and waitable timers: the dispatcher objects that a driver gets by handle.
 */
#include "win32p.h"

/* What every Create* ends with: the error tells whether the object was there before. */
static HANDLE created(NTSTATUS status, HANDLE handle)
{
    if (!NT_SUCCESS(status)) {
        win32_fail(status);
        return NULL;
    }
    win32_set_last_error(status == STATUS_OBJECT_NAME_EXISTS ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle;
}

static HANDLE opened(NTSTATUS status, HANDLE handle)
{
    if (!NT_SUCCESS(status)) {
        win32_fail(status);
        return NULL;
    }
    return handle;
}

typedef NTSTATUS(NTAPI *open_service)(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);

static HANDLE open_named(open_service open, DWORD access, BOOL inherit, const struct win32_wide *name)
{
    struct win32_object object;
    POBJECT_ATTRIBUTES attributes;
    HANDLE handle = NULL;
    if (!name->text) {
        win32_error(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    if (!win32_object(&object, NULL, inherit, name, 0, &attributes))
        return NULL;
    NTSTATUS status = open(&handle, access, attributes);
    win32_object_free(&object);
    return opened(status, handle);
}

static bool flags_are_among(DWORD flags, DWORD known)
{
    if (flags & ~known)
        win32_error(ERROR_INVALID_PARAMETER);
    return !(flags & ~known);
}

static HANDLE create_event(LPSECURITY_ATTRIBUTES security, const struct win32_wide *name, DWORD flags,
                           DWORD access)
{
    struct win32_object object;
    POBJECT_ATTRIBUTES attributes;
    HANDLE handle = NULL;
    if (!flags_are_among(flags, CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET) ||
        !win32_object(&object, security, FALSE, name, OBJ_OPENIF, &attributes))
        return NULL;
    NTSTATUS status =
        NtCreateEvent(&handle, access, attributes,
                      flags & CREATE_EVENT_MANUAL_RESET ? NotificationEvent : SynchronizationEvent,
                      (flags & CREATE_EVENT_INITIAL_SET) != 0);
    win32_object_free(&object);
    return created(status, handle);
}

static HANDLE create_mutex(LPSECURITY_ATTRIBUTES security, const struct win32_wide *name, DWORD flags,
                           DWORD access)
{
    struct win32_object object;
    POBJECT_ATTRIBUTES attributes;
    HANDLE handle = NULL;
    if (!flags_are_among(flags, CREATE_MUTEX_INITIAL_OWNER) ||
        !win32_object(&object, security, FALSE, name, OBJ_OPENIF, &attributes))
        return NULL;
    NTSTATUS status = NtCreateMutant(&handle, access, attributes, (flags & CREATE_MUTEX_INITIAL_OWNER) != 0);
    win32_object_free(&object);
    return created(status, handle);
}

static HANDLE create_semaphore(LPSECURITY_ATTRIBUTES security, LONG count, LONG most,
                               const struct win32_wide *name, DWORD access)
{
    struct win32_object object;
    POBJECT_ATTRIBUTES attributes;
    HANDLE handle = NULL;
    if (!win32_object(&object, security, FALSE, name, OBJ_OPENIF, &attributes))
        return NULL;
    NTSTATUS status = NtCreateSemaphore(&handle, access, attributes, count, most);
    win32_object_free(&object);
    return created(status, handle);
}

static HANDLE create_timer(LPSECURITY_ATTRIBUTES security, const struct win32_wide *name, DWORD flags,
                           DWORD access)
{
    struct win32_object object;
    POBJECT_ATTRIBUTES attributes;
    HANDLE handle = NULL;
    if (!flags_are_among(flags, CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION) ||
        !win32_object(&object, security, FALSE, name, OBJ_OPENIF, &attributes))
        return NULL;
    NTSTATUS status =
        NtCreateTimer(&handle, access, attributes,
                      flags & CREATE_WAITABLE_TIMER_MANUAL_RESET ? NotificationTimer : SynchronizationTimer);
    win32_object_free(&object);
    return created(status, handle);
}

static DWORD event_flags(BOOL manual, BOOL set)
{
    return (manual ? CREATE_EVENT_MANUAL_RESET : 0) | (set ? CREATE_EVENT_INITIAL_SET : 0);
}

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState,
                           LPCSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle =
        create_event(lpEventAttributes, &name, event_flags(bManualReset, bInitialState), EVENT_ALL_ACCESS);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES lpEventAttributes, BOOL bManualReset, BOOL bInitialState,
                           LPCWSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle =
        create_event(lpEventAttributes, &name, event_flags(bManualReset, bInitialState), EVENT_ALL_ACCESS);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCSTR lpName, DWORD dwFlags,
                             DWORD dwDesiredAccess)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle = create_event(lpEventAttributes, &name, dwFlags, dwDesiredAccess);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES lpEventAttributes, LPCWSTR lpName, DWORD dwFlags,
                             DWORD dwDesiredAccess)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle = create_event(lpEventAttributes, &name, dwFlags, dwDesiredAccess);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI OpenEventA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle = open_named(NtOpenEvent, dwDesiredAccess, bInheritHandle, &name);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI OpenEventW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle = open_named(NtOpenEvent, dwDesiredAccess, bInheritHandle, &name);
    win32_wide_free(&name);
    return handle;
}

BOOL WINAPI SetEvent(HANDLE hEvent)
{
    return win32_result(NtSetEvent(hEvent, NULL));
}

BOOL WINAPI ResetEvent(HANDLE hEvent)
{
    return win32_result(NtClearEvent(hEvent));
}

BOOL WINAPI PulseEvent(HANDLE hEvent)
{
    return win32_result(NtPulseEvent(hEvent, NULL));
}

HANDLE WINAPI CreateMutexA(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle = create_mutex(lpMutexAttributes, &name, bInitialOwner ? CREATE_MUTEX_INITIAL_OWNER : 0,
                                 MUTEX_ALL_ACCESS);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCWSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle = create_mutex(lpMutexAttributes, &name, bInitialOwner ? CREATE_MUTEX_INITIAL_OWNER : 0,
                                 MUTEX_ALL_ACCESS);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateMutexExA(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCSTR lpName, DWORD dwFlags,
                             DWORD dwDesiredAccess)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle = create_mutex(lpMutexAttributes, &name, dwFlags, dwDesiredAccess);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateMutexExW(LPSECURITY_ATTRIBUTES lpMutexAttributes, LPCWSTR lpName, DWORD dwFlags,
                             DWORD dwDesiredAccess)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle = create_mutex(lpMutexAttributes, &name, dwFlags, dwDesiredAccess);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI OpenMutexA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle = open_named(NtOpenMutant, dwDesiredAccess, bInheritHandle, &name);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI OpenMutexW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle = open_named(NtOpenMutant, dwDesiredAccess, bInheritHandle, &name);
    win32_wide_free(&name);
    return handle;
}

BOOL WINAPI ReleaseMutex(HANDLE hMutex)
{
    return win32_result(NtReleaseMutant(hMutex, NULL));
}

HANDLE WINAPI CreateSemaphoreA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                               LONG lMaximumCount, LPCSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle =
        create_semaphore(lpSemaphoreAttributes, lInitialCount, lMaximumCount, &name, SEMAPHORE_ALL_ACCESS);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                               LONG lMaximumCount, LPCWSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle =
        create_semaphore(lpSemaphoreAttributes, lInitialCount, lMaximumCount, &name, SEMAPHORE_ALL_ACCESS);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateSemaphoreExA(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                                 LONG lMaximumCount, LPCSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle = flags_are_among(dwFlags, 0) ? create_semaphore(lpSemaphoreAttributes, lInitialCount,
                                                                   lMaximumCount, &name, dwDesiredAccess)
                                                : NULL;
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateSemaphoreExW(LPSECURITY_ATTRIBUTES lpSemaphoreAttributes, LONG lInitialCount,
                                 LONG lMaximumCount, LPCWSTR lpName, DWORD dwFlags, DWORD dwDesiredAccess)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle = flags_are_among(dwFlags, 0) ? create_semaphore(lpSemaphoreAttributes, lInitialCount,
                                                                   lMaximumCount, &name, dwDesiredAccess)
                                                : NULL;
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI OpenSemaphoreA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpName))
        return NULL;
    HANDLE handle = open_named(NtOpenSemaphore, dwDesiredAccess, bInheritHandle, &name);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI OpenSemaphoreW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpName))
        return NULL;
    HANDLE handle = open_named(NtOpenSemaphore, dwDesiredAccess, bInheritHandle, &name);
    win32_wide_free(&name);
    return handle;
}

BOOL WINAPI ReleaseSemaphore(HANDLE hSemaphore, LONG lReleaseCount, LPLONG lpPreviousCount)
{
    return win32_result(NtReleaseSemaphore(hSemaphore, lReleaseCount, lpPreviousCount));
}

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
                                   LPCSTR lpTimerName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpTimerName))
        return NULL;
    HANDLE handle = create_timer(lpTimerAttributes, &name,
                                 bManualReset ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0, TIMER_ALL_ACCESS);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES lpTimerAttributes, BOOL bManualReset,
                                   LPCWSTR lpTimerName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpTimerName))
        return NULL;
    HANDLE handle = create_timer(lpTimerAttributes, &name,
                                 bManualReset ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0, TIMER_ALL_ACCESS);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCSTR lpTimerName,
                                     DWORD dwFlags, DWORD dwDesiredAccess)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpTimerName))
        return NULL;
    HANDLE handle = create_timer(lpTimerAttributes, &name, dwFlags, dwDesiredAccess);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES lpTimerAttributes, LPCWSTR lpTimerName,
                                     DWORD dwFlags, DWORD dwDesiredAccess)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpTimerName))
        return NULL;
    HANDLE handle = create_timer(lpTimerAttributes, &name, dwFlags, dwDesiredAccess);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI OpenWaitableTimerA(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCSTR lpTimerName)
{
    struct win32_wide name;
    if (!win32_wide_from_ansi(&name, lpTimerName))
        return NULL;
    HANDLE handle = open_named(NtOpenTimer, dwDesiredAccess, bInheritHandle, &name);
    win32_wide_free(&name);
    return handle;
}

HANDLE WINAPI OpenWaitableTimerW(DWORD dwDesiredAccess, BOOL bInheritHandle, LPCWSTR lpTimerName)
{
    struct win32_wide name;
    if (!win32_wide_from_wide(&name, lpTimerName))
        return NULL;
    HANDLE handle = open_named(NtOpenTimer, dwDesiredAccess, bInheritHandle, &name);
    win32_wide_free(&name);
    return handle;
}

BOOL WINAPI SetWaitableTimer(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
                             PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine,
                             BOOL fResume)
{
    /* The two routines' types differ in the sign of the time's upper half alone. */
    return win32_result(NtSetTimer(hTimer, (PLARGE_INTEGER)lpDueTime,
                                   (PTIMER_APC_ROUTINE)(PVOID)pfnCompletionRoutine, lpArgToCompletionRoutine,
                                   (BOOLEAN)(fResume != 0), lPeriod, NULL));
}

/* Nothing is asked to wake up and every tolerable delay is one of none. */
BOOL WINAPI SetWaitableTimerEx(HANDLE hTimer, const LARGE_INTEGER *lpDueTime, LONG lPeriod,
                               PTIMERAPCROUTINE pfnCompletionRoutine, LPVOID lpArgToCompletionRoutine,
                               PREASON_CONTEXT WakeContext, ULONG TolerableDelay)
{
    (void)WakeContext, (void)TolerableDelay;
    return SetWaitableTimer(hTimer, lpDueTime, lPeriod, pfnCompletionRoutine, lpArgToCompletionRoutine,
                            FALSE);
}

BOOL WINAPI CancelWaitableTimer(HANDLE hTimer)
{
    return win32_result(NtCancelTimer(hTimer, NULL));
}
