/*
 * Waiting on addresses, and what stands on it: slim reader/writer locks, condition variables, one-time
 * initialisation. None of them needs to be taken down, so that they hold nothing but their own word; who
 * waits stands in a list of the machine's.
 */
#include "win32p.h"

#include <string.h>

struct win32_address_waiter {
    struct win32_address_waiter *next;
    volatile const void *address;
    HANDLE event;
};

static bool equals(volatile const void *address, const void *value, size_t size)
{
    switch (size) {
    case 1:
        return __atomic_load_n((volatile const uint8_t *)address, __ATOMIC_SEQ_CST) ==
               *(const uint8_t *)value;
    case 2:
        return __atomic_load_n((volatile const uint16_t *)address, __ATOMIC_SEQ_CST) ==
               *(const uint16_t *)value;
    case 4:
        return __atomic_load_n((volatile const uint32_t *)address, __ATOMIC_SEQ_CST) ==
               *(const uint32_t *)value;
    default:
        return __atomic_load_n((volatile const uint64_t *)address, __ATOMIC_SEQ_CST) ==
               *(const uint64_t *)value;
    }
}

/* FALSE: it is not in the list (any more). */
static bool unlist(struct win32_address_waiter *waiter)
{
    struct win32_address_waiter **link = &win32_state()->address_waiters;
    while (*link && *link != waiter)
        link = &(*link)->next;
    if (!*link)
        return false;
    *link = waiter->next;
    return true;
}

/* Success when it was woken, or the address no longer has the value; it may have it again. */
static NTSTATUS wait_for(volatile const void *address, const void *value, size_t size, DWORD milliseconds)
{
    struct win32p_state *state = win32_state();
    struct win32_address_waiter waiter = {.address = address};
    LARGE_INTEGER time;
    NTSTATUS status = NtCreateEvent(&waiter.event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE);
    if (!NT_SUCCESS(status))
        return status;
    /* Counted first and compared then: whoever changes the value and sees no waiter has been seen here. */
    __atomic_fetch_add(&state->address_waiting, 1, __ATOMIC_SEQ_CST);
    win32_lock();
    bool waits = equals(address, value, size);
    if (waits) {
        waiter.next = state->address_waiters;
        state->address_waiters = &waiter;
    }
    win32_unlock();
    if (waits)
        status = NtWaitForSingleObject(waiter.event, FALSE, win32_timeout(&time, milliseconds));
    win32_lock();
    bool woken = waits && !unlist(&waiter);
    win32_unlock();
    if (woken && status == STATUS_TIMEOUT) /* after all: the event is about to be set, and used until then */
        status = NtWaitForSingleObject(waiter.event, FALSE, NULL);
    __atomic_fetch_sub(&state->address_waiting, 1, __ATOMIC_SEQ_CST);
    NtClose(waiter.event);
    return status;
}

static void wake(volatile const void *address, bool all)
{
    struct win32p_state *state = win32_state();
    if (!__atomic_load_n(&state->address_waiting, __ATOMIC_SEQ_CST))
        return;
    for (bool more = true; more;) {
        win32_lock();
        struct win32_address_waiter **link = &state->address_waiters, **last = NULL;
        for (; *link; link = &(*link)->next)
            if ((*link)->address == address)
                last = link; /* who has waited longest */
        HANDLE event = NULL;
        if (last) {
            event = (*last)->event; /* its waiter closes it only when it has been set */
            *last = (*last)->next;
        }
        win32_unlock();
        if (event)
            NtSetEvent(event, NULL);
        more = all && event;
    }
}

BOOL WINAPI WaitOnAddress(volatile VOID *Address, PVOID CompareAddress, SIZE_T AddressSize,
                          DWORD dwMilliseconds)
{
    if (AddressSize != 1 && AddressSize != 2 && AddressSize != 4 && AddressSize != 8)
        return win32_error(ERROR_INVALID_PARAMETER);
    NTSTATUS status = wait_for(Address, CompareAddress, AddressSize, dwMilliseconds);
    if (status == STATUS_TIMEOUT)
        return win32_error(ERROR_TIMEOUT);
    return win32_result(status);
}

VOID WINAPI WakeByAddressSingle(PVOID Address)
{
    wake(Address, false);
}

VOID WINAPI WakeByAddressAll(PVOID Address)
{
    wake(Address, true);
}

/* --- slim reader/writer locks: one for the writer, or two for each reader --- */

#define WRITER  ((ULONG_PTR)1)
#define READER  ((ULONG_PTR)2)
#define WORD(p) ((ULONG_PTR *)&(p)->Ptr)

VOID WINAPI InitializeSRWLock(PSRWLOCK SRWLock)
{
    *SRWLock = (SRWLOCK)SRWLOCK_INIT;
}

BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK SRWLock)
{
    ULONG_PTR free = 0;
    return __atomic_compare_exchange_n(WORD(SRWLock), &free, WRITER, FALSE, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

VOID WINAPI AcquireSRWLockExclusive(PSRWLOCK SRWLock)
{
    while (!TryAcquireSRWLockExclusive(SRWLock)) {
        ULONG_PTR seen = __atomic_load_n(WORD(SRWLock), __ATOMIC_SEQ_CST);
        if (seen)
            wait_for(SRWLock, &seen, sizeof seen, INFINITE);
    }
}

VOID WINAPI ReleaseSRWLockExclusive(PSRWLOCK SRWLock)
{
    __atomic_store_n(WORD(SRWLock), 0, __ATOMIC_SEQ_CST);
    wake(SRWLock, true);
}

BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK SRWLock)
{
    ULONG_PTR seen = __atomic_load_n(WORD(SRWLock), __ATOMIC_RELAXED);
    while (!(seen & WRITER))
        if (__atomic_compare_exchange_n(WORD(SRWLock), &seen, seen + READER, FALSE, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED))
            return TRUE;
    return FALSE;
}

VOID WINAPI AcquireSRWLockShared(PSRWLOCK SRWLock)
{
    const ULONG_PTR writer = WRITER;
    while (!TryAcquireSRWLockShared(SRWLock))
        wait_for(SRWLock, &writer, sizeof writer, INFINITE);
}

VOID WINAPI ReleaseSRWLockShared(PSRWLOCK SRWLock)
{
    __atomic_sub_fetch(WORD(SRWLock), READER, __ATOMIC_SEQ_CST);
    wake(SRWLock, true); /* a writer waits for one value, which has changed */
}

/* --- condition variables: how often they were signalled --- */

VOID WINAPI InitializeConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
    *ConditionVariable = (CONDITION_VARIABLE)CONDITION_VARIABLE_INIT;
}

VOID WINAPI WakeConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
    __atomic_add_fetch(WORD(ConditionVariable), 1, __ATOMIC_SEQ_CST);
    wake(ConditionVariable, false);
}

VOID WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE ConditionVariable)
{
    __atomic_add_fetch(WORD(ConditionVariable), 1, __ATOMIC_SEQ_CST);
    wake(ConditionVariable, true);
}

static BOOL slept(NTSTATUS status)
{
    return status == STATUS_TIMEOUT ? win32_error(ERROR_TIMEOUT) : win32_result(status);
}

BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE ConditionVariable, PCRITICAL_SECTION CriticalSection,
                                     DWORD dwMilliseconds)
{
    ULONG_PTR seen = __atomic_load_n(WORD(ConditionVariable), __ATOMIC_SEQ_CST);
    LeaveCriticalSection(CriticalSection);
    NTSTATUS status = wait_for(ConditionVariable, &seen, sizeof seen, dwMilliseconds);
    EnterCriticalSection(CriticalSection);
    return slept(status);
}

BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE ConditionVariable, PSRWLOCK SRWLock,
                                      DWORD dwMilliseconds, ULONG Flags)
{
    bool shared = Flags & CONDITION_VARIABLE_LOCKMODE_SHARED;
    ULONG_PTR seen = __atomic_load_n(WORD(ConditionVariable), __ATOMIC_SEQ_CST);
    if (Flags & ~(ULONG)CONDITION_VARIABLE_LOCKMODE_SHARED)
        return win32_error(ERROR_INVALID_PARAMETER);
    if (shared)
        ReleaseSRWLockShared(SRWLock);
    else
        ReleaseSRWLockExclusive(SRWLock);
    NTSTATUS status = wait_for(ConditionVariable, &seen, sizeof seen, dwMilliseconds);
    if (shared)
        AcquireSRWLockShared(SRWLock);
    else
        AcquireSRWLockExclusive(SRWLock);
    return slept(status);
}

/* --- one-time initialisation: nothing, somebody at it, or the context with its low bits --- */

#define BUSY ((ULONG_PTR)1)
#define DONE ((ULONG_PTR)2)

VOID WINAPI InitOnceInitialize(PINIT_ONCE InitOnce)
{
    *InitOnce = (INIT_ONCE)INIT_ONCE_STATIC_INIT;
}

/* Whose turn it is waits until nobody is at it; *pending: the caller has to do it. Not asynchronous. */
BOOL WINAPI InitOnceBeginInitialize(LPINIT_ONCE lpInitOnce, DWORD dwFlags, PBOOL fPending, LPVOID *lpContext)
{
    if (dwFlags & ~(DWORD)INIT_ONCE_CHECK_ONLY)
        return win32_error(ERROR_INVALID_PARAMETER);
    for (;;) {
        ULONG_PTR seen = __atomic_load_n(WORD(lpInitOnce), __ATOMIC_SEQ_CST);
        if ((seen & 3) == DONE) {
            *fPending = FALSE;
            if (lpContext)
                *lpContext = (LPVOID)(seen & ~(ULONG_PTR)3);
            return TRUE;
        }
        if (dwFlags & INIT_ONCE_CHECK_ONLY)
            return win32_error(ERROR_GEN_FAILURE);
        if (seen == BUSY) {
            wait_for(lpInitOnce, &seen, sizeof seen, INFINITE);
        } else if (__atomic_compare_exchange_n(WORD(lpInitOnce), &seen, BUSY, FALSE, __ATOMIC_SEQ_CST,
                                               __ATOMIC_RELAXED)) {
            *fPending = TRUE;
            return TRUE;
        }
    }
}

BOOL WINAPI InitOnceComplete(LPINIT_ONCE lpInitOnce, DWORD dwFlags, LPVOID lpContext)
{
    ULONG_PTR seen = __atomic_load_n(WORD(lpInitOnce), __ATOMIC_SEQ_CST);
    bool failed = dwFlags & INIT_ONCE_INIT_FAILED;
    if (dwFlags & ~(DWORD)INIT_ONCE_INIT_FAILED || (ULONG_PTR)lpContext & 3 || (failed && lpContext))
        return win32_error(ERROR_INVALID_PARAMETER);
    if (seen != BUSY)
        return win32_error(ERROR_GEN_FAILURE);
    __atomic_store_n(WORD(lpInitOnce), failed ? 0 : (ULONG_PTR)lpContext | DONE, __ATOMIC_SEQ_CST);
    wake(lpInitOnce, true);
    return TRUE;
}

BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE InitOnce, PINIT_ONCE_FN InitFn, PVOID Parameter, LPVOID *Context)
{
    BOOL pending;
    PVOID context = NULL;
    if (!InitOnceBeginInitialize(InitOnce, 0, &pending, Context))
        return FALSE;
    if (!pending)
        return TRUE;
    if (!InitFn(InitOnce, Parameter, &context)) {
        InitOnceComplete(InitOnce, INIT_ONCE_INIT_FAILED, NULL);
        return FALSE;
    }
    if (Context)
        *Context = context;
    return InitOnceComplete(InitOnce, 0, context);
}
