/*
 * Fast and guarded mutexes, resources, push locks and rundown protection: alone, against each other, and misused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>

#define THREADS 4
#define TURNS   2000

static int start(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static int stop(void **state)
{
    (void)state;
    return ntio_stop();
}

/* --- helpers: threads that run one routine, and a pause --- */

struct crew {
    KSTART_ROUTINE *routine;
    void *context;
    PVOID threads[THREADS];
};

static void muster(struct crew *crew, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        HANDLE handle;
        assert_int_equal(
            PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, crew->routine, crew->context), STATUS_SUCCESS);
        assert_int_equal(
            ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &crew->threads[i], NULL),
            STATUS_SUCCESS);
        ZwClose(handle);
    }
}

static void dismiss(struct crew *crew, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(KeWaitForSingleObject(crew->threads[i], Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
        ObDereferenceObject(crew->threads[i]);
    }
}

static void pause_a_little(void)
{
    LARGE_INTEGER interval = {.QuadPart = -10000};
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

static void in_kernel(void (*routine)(void *))
{
    ntio_run_in_kernel(routine, NULL);
}

/* --- fast and guarded mutexes --- */

static struct {
    FAST_MUTEX fast;
    KGUARDED_MUTEX guarded;
    ERESOURCE resource;
    EX_PUSH_LOCK push;
    EX_RUNDOWN_REF rundown;
    KEVENT entered, leave;
    unsigned long sum; /* deliberately plain: the lock must protect it */
    LONG readers, most_readers, order;
} shared;

static VOID NTAPI count_with_fast_mutex(PVOID context)
{
    (void)context;
    for (unsigned i = 0; i < TURNS; i++) {
        ExAcquireFastMutex(&shared.fast);
        shared.sum++;
        ExReleaseFastMutex(&shared.fast);
    }
}

static void fast_mutex(void *context)
{
    (void)context;
    ExInitializeFastMutex(&shared.fast);
    shared.sum = 0;
    ExAcquireFastMutex(&shared.fast);
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    assert_ptr_equal(shared.fast.Owner, KeGetCurrentThread());
    assert_false(ExTryToAcquireFastMutex(&shared.fast));
    ExReleaseFastMutex(&shared.fast);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true(ExTryToAcquireFastMutex(&shared.fast));
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    ExReleaseFastMutex(&shared.fast);
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&shared.fast);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    ExReleaseFastMutexUnsafe(&shared.fast);
    KeLeaveCriticalRegion();

    struct crew crew = {count_with_fast_mutex, NULL, {0}};
    muster(&crew, THREADS);
    dismiss(&crew, THREADS);
    assert_int_equal(shared.sum, THREADS * TURNS);
}

static void excludes_with_fast_mutexes(void **state)
{
    (void)state;
    in_kernel(fast_mutex);
}

static VOID NTAPI count_with_guarded_mutex(PVOID context)
{
    (void)context;
    for (unsigned i = 0; i < TURNS; i++) {
        KeAcquireGuardedMutex(&shared.guarded);
        shared.sum++;
        KeReleaseGuardedMutex(&shared.guarded);
    }
}

static void guarded_mutex(void *context)
{
    (void)context;
    KeInitializeGuardedMutex(&shared.guarded);
    shared.sum = 0;
    KeAcquireGuardedMutex(&shared.guarded);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true(KeAreAllApcsDisabled());
    assert_false(KeTryToAcquireGuardedMutex(&shared.guarded));
    KeReleaseGuardedMutex(&shared.guarded);
    assert_false(KeAreAllApcsDisabled());
    KeEnterGuardedRegion(); /* the caller's own affair then */
    KeAcquireGuardedMutexUnsafe(&shared.guarded);
    assert_false(KeTryToAcquireGuardedMutex(&shared.guarded));
    KeReleaseGuardedMutexUnsafe(&shared.guarded);
    assert_true(KeAreAllApcsDisabled());
    KeLeaveGuardedRegion();
    assert_false(KeAreAllApcsDisabled());
    struct crew crew = {count_with_guarded_mutex, NULL, {0}};
    muster(&crew, THREADS);
    dismiss(&crew, THREADS);
    assert_int_equal(shared.sum, THREADS * TURNS);
}

static void excludes_with_guarded_mutexes(void **state)
{
    (void)state;
    in_kernel(guarded_mutex);
}

/* --- resources --- */

static VOID NTAPI count_with_resource(PVOID context)
{
    (void)context;
    for (unsigned i = 0; i < TURNS; i++) {
        KeEnterCriticalRegion();
        if (i % 3) {
            ExAcquireResourceSharedLite(&shared.resource, TRUE);
            volatile unsigned long seen = shared.sum;
            (void)seen;
        } else {
            ExAcquireResourceExclusiveLite(&shared.resource, TRUE);
            shared.sum++;
        }
        ExReleaseResourceLite(&shared.resource);
        KeLeaveCriticalRegion();
    }
}

static VOID NTAPI try_resource(PVOID context)
{
    /* What another thread may have while somebody has it: bit 0 shared, bit 1 exclusive. */
    LONG *allowed = context;
    KeEnterCriticalRegion();
    *allowed = 0;
    if (ExAcquireResourceSharedLite(&shared.resource, FALSE)) {
        *allowed |= 1;
        ExReleaseResourceLite(&shared.resource);
    }
    if (ExTryToAcquireResourceExclusiveLite(&shared.resource)) {
        *allowed |= 2;
        ExReleaseResourceLite(&shared.resource);
    }
    KeLeaveCriticalRegion();
}

static LONG others_may(void)
{
    LONG allowed = -1;
    struct crew crew = {try_resource, &allowed, {0}};
    muster(&crew, 1);
    dismiss(&crew, 1);
    return allowed;
}

static void resource_alone(void *context)
{
    (void)context;
    PERESOURCE resource = &shared.resource;
    assert_int_equal(ExInitializeResourceLite(resource), STATUS_SUCCESS);
    KeEnterCriticalRegion();
    assert_int_equal(others_may(), 3);
    assert_true(ExAcquireResourceExclusiveLite(resource, FALSE));
    assert_true(ExAcquireResourceExclusiveLite(resource, FALSE));
    assert_true(ExAcquireResourceSharedLite(resource, FALSE));
    assert_true(ExIsResourceAcquiredExclusiveLite(resource));
    assert_int_equal(ExIsResourceAcquiredSharedLite(resource), 3);
    assert_int_equal(others_may(), 0);
    ExReleaseResourceLite(resource);
    ExReleaseResourceLite(resource);
    assert_int_equal(others_may(), 0);
    ExConvertExclusiveToSharedLite(resource);
    assert_false(ExIsResourceAcquiredExclusiveLite(resource));
    assert_int_equal(ExIsResourceAcquiredSharedLite(resource), 1);
    assert_int_equal(others_may(), 1);
    ExSetResourceOwnerPointer(resource, (PVOID)((ULONG_PTR)&shared | 3));
    assert_int_equal(ExIsResourceAcquiredSharedLite(resource), 0);
    assert_int_equal(others_may(), 1);
    ExReleaseResourceForThreadLite(resource, (ULONG_PTR)&shared | 3);
    assert_int_equal(others_may(), 3);
    assert_true(ExAcquireSharedStarveExclusive(resource, FALSE));
    assert_true(ExAcquireSharedWaitForExclusive(resource, FALSE));
    assert_int_equal(ExIsResourceAcquiredSharedLite(resource), 2);
    ExReleaseResourceLite(resource);
    ExReleaseResourceLite(resource);
    KeLeaveCriticalRegion();
    assert_ptr_equal(ExEnterCriticalRegionAndAcquireResourceExclusive(resource), KeGetCurrentThread());
    ExReleaseResourceAndLeaveCriticalRegion(resource);
    assert_ptr_equal(ExEnterCriticalRegionAndAcquireResourceShared(resource), KeGetCurrentThread());
    assert_true(KeAreApcsDisabled());
    assert_int_equal(ExIsResourceAcquiredSharedLite(resource), 1);
    ExReleaseResourceAndLeaveCriticalRegion(resource);
    assert_false(KeAreApcsDisabled());
    ExDisableResourceBoostLite(resource);
    assert_int_equal(ExReinitializeResourceLite(resource), STATUS_SUCCESS);
    assert_int_equal(others_may(), 3);
    assert_int_equal(ExDeleteResourceLite(resource), STATUS_SUCCESS);
}

static VOID NTAPI want_exclusive(PVOID context)
{
    (void)context;
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&shared.resource, TRUE);
    shared.order = shared.order * 10 + 1;
    ExReleaseResourceLite(&shared.resource);
    KeLeaveCriticalRegion();
}

static VOID NTAPI want_shared(PVOID context)
{
    (void)context;
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&shared.resource, TRUE);
    InterlockedExchange(&shared.order, shared.order * 10 + 2);
    ExReleaseResourceLite(&shared.resource);
    KeLeaveCriticalRegion();
}

static void resource_order(void *context)
{
    (void)context;
    PERESOURCE resource = &shared.resource;
    ExInitializeResourceLite(resource);
    KeEnterCriticalRegion();
    shared.order = 0;
    /* A sharer that comes after an exclusive waiter waits behind it, unless it may starve it. */
    ExAcquireResourceSharedLite(resource, TRUE);
    struct crew writer = {want_exclusive, NULL, {0}}, reader = {want_shared, NULL, {0}};
    muster(&writer, 1);
    while (!ExGetExclusiveWaiterCount(resource))
        pause_a_little();
    muster(&reader, 1);
    while (!ExGetSharedWaiterCount(resource))
        pause_a_little();
    assert_true(ExAcquireResourceSharedLite(resource, FALSE));
    assert_true(ExAcquireSharedStarveExclusive(resource, FALSE));
    assert_false(ExAcquireSharedWaitForExclusive(resource, FALSE));
    assert_int_equal(others_may(), 0);
    ExReleaseResourceLite(resource);
    ExReleaseResourceLite(resource);
    ExReleaseResourceLite(resource);
    dismiss(&writer, 1);
    dismiss(&reader, 1);
    assert_true(shared.order == 12 || shared.order == 21);
    KeLeaveCriticalRegion();

    shared.sum = 0;
    struct crew crew = {count_with_resource, NULL, {0}};
    muster(&crew, THREADS);
    dismiss(&crew, THREADS);
    assert_int_equal(shared.sum, THREADS * ((TURNS + 2) / 3));
    ExDeleteResourceLite(resource);
}

static void shares_resources(void **state)
{
    (void)state;
    in_kernel(resource_alone);
    in_kernel(resource_order);
}

/* --- push locks --- */

static VOID NTAPI count_with_push_lock(PVOID context)
{
    (void)context;
    for (unsigned i = 0; i < TURNS; i++) {
        KeEnterCriticalRegion();
        if (i % 3) {
            ExAcquirePushLockShared(&shared.push);
            volatile unsigned long seen = shared.sum;
            (void)seen;
            ExReleasePushLockShared(&shared.push);
        } else {
            ExAcquirePushLockExclusive(&shared.push);
            shared.sum++;
            ExReleasePushLockExclusive(&shared.push);
        }
        KeLeaveCriticalRegion();
    }
}

static void push_lock(void *context)
{
    (void)context;
    ExInitializePushLock(&shared.push);
    shared.sum = 0;
    struct crew crew = {count_with_push_lock, NULL, {0}};
    muster(&crew, THREADS);
    dismiss(&crew, THREADS);
    assert_int_equal(shared.sum, THREADS * ((TURNS + 2) / 3));
    assert_int_equal(shared.push, 0);
}

static void shares_push_locks(void **state)
{
    (void)state;
    in_kernel(push_lock);
}

/* --- rundown protection --- */

static VOID NTAPI use_protected(PVOID context)
{
    (void)context;
    assert_true(ExAcquireRundownProtection(&shared.rundown));
    KeSetEvent(&shared.entered, 0, FALSE);
    KeWaitForSingleObject(&shared.leave, Executive, KernelMode, FALSE, NULL);
    shared.sum = 7;
    ExReleaseRundownProtection(&shared.rundown);
}

static VOID NTAPI leave_later(PVOID context)
{
    (void)context;
    pause_a_little();
    KeSetEvent(&shared.leave, 0, FALSE);
}

static void rundown(void *context)
{
    (void)context;
    shared.sum = 0;
    ExInitializeRundownProtection(&shared.rundown);
    KeInitializeEvent(&shared.entered, NotificationEvent, FALSE);
    KeInitializeEvent(&shared.leave, NotificationEvent, FALSE);
    assert_true(ExAcquireRundownProtectionEx(&shared.rundown, 3));
    ExReleaseRundownProtectionEx(&shared.rundown, 3);
    struct crew user = {use_protected, NULL, {0}}, later = {leave_later, NULL, {0}};
    muster(&user, 1);
    KeWaitForSingleObject(&shared.entered, Executive, KernelMode, FALSE, NULL);
    muster(&later, 1);
    ExWaitForRundownProtectionRelease(&shared.rundown);
    assert_int_equal(shared.sum, 7);
    assert_false(ExAcquireRundownProtection(&shared.rundown));
    ExWaitForRundownProtectionRelease(&shared.rundown);
    dismiss(&user, 1);
    dismiss(&later, 1);
    ExReInitializeRundownProtection(&shared.rundown);
    assert_true(ExAcquireRundownProtection(&shared.rundown));
    ExReleaseRundownProtection(&shared.rundown);
    ExWaitForRundownProtectionRelease(&shared.rundown);
    ExRundownCompleted(&shared.rundown);

    PEX_RUNDOWN_REF_CACHE_AWARE aware = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, 'tseT');
    assert_true(ExAcquireRundownProtectionCacheAware(aware));
    ExReleaseRundownProtectionCacheAware(aware);
    ExWaitForRundownProtectionReleaseCacheAware(aware);
    assert_false(ExAcquireRundownProtectionCacheAware(aware));
    ExFreeCacheAwareRundownProtection(aware);
}

static void runs_down(void **state)
{
    (void)state;
    in_kernel(rundown);
}

/* --- what the machine stops for --- */

static void release_unowned(void *context)
{
    (void)context;
    ExInitializeResourceLite(&shared.resource);
    KeEnterCriticalRegion();
    ExReleaseResourceLite(&shared.resource);
}

static void acquire_mutex_twice(void *context)
{
    (void)context;
    ExInitializeFastMutex(&shared.fast);
    ExAcquireFastMutex(&shared.fast);
    ExAcquireFastMutex(&shared.fast);
}

static void stops_for_misuse(void **state)
{
    (void)state;
    ntio_bugcheck caught = {0};
    assert_int_equal(ntio_start(NULL), 0);
    assert_true(ntio_catch_bugcheck(release_unowned, NULL, &caught));
    assert_int_equal(caught.code, 0xE3);
    assert_ptr_equal((void *)caught.parameters[0], &shared.resource);
    assert_int_equal(ntio_stop(), 0);

    assert_int_equal(ntio_start(&(ntio_options){.verifier = NTIO_VERIFIER_STANDARD}), 0);
    assert_true(ntio_catch_bugcheck(acquire_mutex_twice, NULL, &caught));
    assert_int_equal(caught.code, 0xC4);
    assert_int_equal(caught.parameters[0], 0x1000);
    assert_int_equal(ntio_stop(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(excludes_with_fast_mutexes, start, stop),
        cmocka_unit_test_setup_teardown(excludes_with_guarded_mutexes, start, stop),
        cmocka_unit_test_setup_teardown(shares_resources, start, stop),
        cmocka_unit_test_setup_teardown(shares_push_locks, start, stop),
        cmocka_unit_test_setup_teardown(runs_down, start, stop),
        cmocka_unit_test(stops_for_misuse),
    };
    return cmocka_run_group_tests_name("executive locks", tests, NULL, NULL);
}
