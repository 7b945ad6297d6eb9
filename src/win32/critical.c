/*
 * Critical sections: one interlocked word while nobody contends, an event when somebody does.
 *
 * LockCount is -1 when free and otherwise the number of threads that own or want the section, less one.
 * Whoever takes it from -1 to 0 owns it; whoever finds it taken waits for the event, which an owner that
 * leaves others behind sets once.
 */
#include "win32p.h"

static HANDLE current(void)
{
    return (HANDLE)(ULONG_PTR)win32_thread_id();
}

static HANDLE owner_of(LPCRITICAL_SECTION section)
{
    return __atomic_load_n(&section->OwningThread, __ATOMIC_RELAXED);
}

static void own(LPCRITICAL_SECTION section, HANDLE thread)
{
    __atomic_store_n(&section->OwningThread, thread, __ATOMIC_RELAXED);
}

BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount, DWORD Flags)
{
    (void)Flags;
    *lpCriticalSection = (CRITICAL_SECTION){.LockCount = -1, .SpinCount = dwSpinCount & 0x00FFFFFF};
    return TRUE;
}

VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    InitializeCriticalSectionEx(lpCriticalSection, 0, 0);
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount)
{
    return InitializeCriticalSectionEx(lpCriticalSection, dwSpinCount, 0);
}

DWORD WINAPI SetCriticalSectionSpinCount(LPCRITICAL_SECTION lpCriticalSection, DWORD dwSpinCount)
{
    DWORD before = (DWORD)lpCriticalSection->SpinCount;
    lpCriticalSection->SpinCount = dwSpinCount & 0x00FFFFFF;
    return before;
}

VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    if (lpCriticalSection->LockSemaphore)
        NtClose(lpCriticalSection->LockSemaphore);
    *lpCriticalSection = (CRITICAL_SECTION){.LockCount = -1};
}

/* The event, made by the first thread that needs it. */
static HANDLE event_of(LPCRITICAL_SECTION section)
{
    HANDLE event = __atomic_load_n(&section->LockSemaphore, __ATOMIC_ACQUIRE), none = NULL;
    if (event)
        return event;
    if (!NT_SUCCESS(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE)))
        return NULL;
    if (__atomic_compare_exchange_n(&section->LockSemaphore, &none, event, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return event;
    NtClose(event);
    return none;
}

BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    HANDLE thread = current();
    LONG free = -1;
    if (__atomic_compare_exchange_n(&lpCriticalSection->LockCount, &free, 0, 0, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED)) {
        own(lpCriticalSection, thread);
        lpCriticalSection->RecursionCount = 1;
        return TRUE;
    }
    if (owner_of(lpCriticalSection) != thread)
        return FALSE;
    __atomic_fetch_add(&lpCriticalSection->LockCount, 1, __ATOMIC_RELAXED);
    lpCriticalSection->RecursionCount++;
    return TRUE;
}

VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    for (unsigned turn = 0; turn <= lpCriticalSection->SpinCount; turn++) {
        if (TryEnterCriticalSection(lpCriticalSection))
            return;
        if (lpCriticalSection->SpinCount)
            host_spin(turn);
    }
    if (__atomic_add_fetch(&lpCriticalSection->LockCount, 1, __ATOMIC_ACQUIRE) != 0) {
        HANDLE event = event_of(lpCriticalSection);
        for (unsigned turn = 0; !event; event = event_of(lpCriticalSection))
            host_spin(turn++); /* no memory for it now */
        NtWaitForSingleObject(event, FALSE, NULL);
    }
    own(lpCriticalSection, current());
    lpCriticalSection->RecursionCount = 1;
}

VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection)
{
    if (--lpCriticalSection->RecursionCount > 0) {
        __atomic_fetch_sub(&lpCriticalSection->LockCount, 1, __ATOMIC_RELAXED);
        return;
    }
    own(lpCriticalSection, NULL);
    if (__atomic_sub_fetch(&lpCriticalSection->LockCount, 1, __ATOMIC_RELEASE) < 0)
        return;
    HANDLE event = event_of(lpCriticalSection);
    for (unsigned turn = 0; !event; event = event_of(lpCriticalSection))
        host_spin(turn++);
    NtSetEvent(event, NULL);
}
