/*
 * Fast mutexes and guarded mutexes: one structure. Count is 1 when free, 0 when held, less by one for each
 * thread that waits; the releasing thread hands the mutex to one of them through the event.
 */
#include "exp.h"

static void take(PFAST_MUTEX mutex, PKTHREAD thread)
{
    if (__atomic_sub_fetch(&mutex->Count, 1, __ATOMIC_ACQUIRE) != 0) {
        __atomic_add_fetch(&mutex->Contention, 1, __ATOMIC_RELAXED);
        exp_wait(&mutex->Event);
    }
    __atomic_store_n(&mutex->Owner, thread, __ATOMIC_RELAXED);
}

static bool try_take(PFAST_MUTEX mutex, PKTHREAD thread)
{
    LONG free = 1;
    if (!__atomic_compare_exchange_n(&mutex->Count, &free, 0, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return false;
    __atomic_store_n(&mutex->Owner, thread, __ATOMIC_RELAXED);
    return true;
}

static void give(PFAST_MUTEX mutex)
{
    __atomic_store_n(&mutex->Owner, NULL, __ATOMIC_RELAXED);
    if (__atomic_add_fetch(&mutex->Count, 1, __ATOMIC_RELEASE) <= 0)
        KiSetEvent(&mutex->Event);
}

/* Taken again by its owner it would wait for itself for ever; with the verifier on that is bug check 0xC4,
 * 0x1000. */
static PKTHREAD check_owner(PFAST_MUTEX mutex, const void *caller)
{
    PKTHREAD thread = KiCurrentThread();
    if (__builtin_expect(__atomic_load_n(&mutex->Owner, __ATOMIC_RELAXED) == (void *)thread, 0) &&
        ntio_machine.verifier != VERIFIER_OFF)
        KiBugCheck(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x1000, (ULONG_PTR)mutex, 0, 0, caller);
    return thread;
}

/* --- fast mutexes: held at APC_LEVEL --- */

VOID FASTCALL ExAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    GATE(ExAcquireFastMutex, FastMutex);
    PKTHREAD thread = check_owner(FastMutex, __builtin_return_address(0));
    KIRQL old = KiRaiseIrql(thread, APC_LEVEL);
    take(FastMutex, thread);
    FastMutex->OldIrql = old;
}

BOOLEAN FASTCALL ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    GATE(ExTryToAcquireFastMutex, FastMutex);
    PKTHREAD thread = KiCurrentThread();
    KIRQL old = KiRaiseIrql(thread, APC_LEVEL);
    if (!try_take(FastMutex, thread)) {
        KiLowerIrql(thread, old);
        return FALSE;
    }
    FastMutex->OldIrql = old;
    return TRUE;
}

VOID FASTCALL ExReleaseFastMutex(PFAST_MUTEX FastMutex)
{
    GATE(ExReleaseFastMutex, FastMutex);
    KIRQL old = (KIRQL)FastMutex->OldIrql;
    give(FastMutex);
    KiLowerIrql(KiCurrentThread(), old);
}

/* The caller is in a critical region or at APC_LEVEL already. */
VOID FASTCALL ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    GATE(ExAcquireFastMutexUnsafe, FastMutex);
    take(FastMutex, check_owner(FastMutex, __builtin_return_address(0)));
}

VOID FASTCALL ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    GATE(ExReleaseFastMutexUnsafe, FastMutex);
    give(FastMutex);
}

/* --- guarded mutexes: held in a guarded region --- */

VOID NTAPI KeInitializeGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    GATE(KeInitializeGuardedMutex, Mutex);
    ExInitializeFastMutex(Mutex);
}

VOID NTAPI KeAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    GATE(KeAcquireGuardedMutex, Mutex);
    PKTHREAD thread = check_owner(Mutex, __builtin_return_address(0));
    KeEnterGuardedRegion();
    take(Mutex, thread);
}

BOOLEAN NTAPI KeTryToAcquireGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    GATE(KeTryToAcquireGuardedMutex, Mutex);
    KeEnterGuardedRegion();
    if (try_take(Mutex, KiCurrentThread()))
        return TRUE;
    KeLeaveGuardedRegion();
    return FALSE;
}

VOID NTAPI KeReleaseGuardedMutex(PKGUARDED_MUTEX Mutex)
{
    GATE(KeReleaseGuardedMutex, Mutex);
    give(Mutex);
    KeLeaveGuardedRegion();
}

VOID NTAPI KeAcquireGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
    GATE(KeAcquireGuardedMutexUnsafe, Mutex);
    take(Mutex, check_owner(Mutex, __builtin_return_address(0)));
}

VOID NTAPI KeReleaseGuardedMutexUnsafe(PKGUARDED_MUTEX Mutex)
{
    GATE(KeReleaseGuardedMutexUnsafe, Mutex);
    give(Mutex);
}
