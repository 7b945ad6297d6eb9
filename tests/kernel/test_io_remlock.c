/*
 * Remove locks: counting, removal, waiting, and what a driver built with DBG is told about its tags.
 */
#include "rig.h"

#include <pthread.h>
#include <stdio.h>

/* --- a log to find reports in; such tests count the violations themselves --- */

static char text[4096];

static void take_log(void *context, const char *line, size_t length)
{
    (void)context;
    size_t used = strlen(text);
    if (used + length < sizeof text) {
        memcpy(text + used, line, length);
        text[used + length] = 0;
    }
}

static int start_logged(void **state)
{
    (void)state;
    text[0] = 0;
    return ntio_start(&(ntio_options){.log = take_log});
}

static int start_plain(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

/* Each test function has its own state; a driver without DBG has the short structure. */
static ULONG short_size(void)
{
    return sizeof(IO_REMOVE_LOCK_COMMON_BLOCK);
}

struct long_lock {
    IO_REMOVE_LOCK_COMMON_BLOCK Common;
    IO_REMOVE_LOCK_DBG_BLOCK Dbg;
};

static void counts(void *context)
{
    (void)context;
    IO_REMOVE_LOCK lock;
    ULONG size = short_size();
    IoInitializeRemoveLockEx(&lock, 'tseT', 0, 0, size);
    assert_int_equal(lock.Common.IoCount, 1);
    assert_false(lock.Common.Removed);
    for (int i = 0; i < 3; i++)
        assert_int_equal(IoAcquireRemoveLockEx(&lock, NULL, "", 1, size), STATUS_SUCCESS);
    assert_int_equal(lock.Common.IoCount, 4);
    IoReleaseRemoveLockEx(&lock, NULL, size);
    IoReleaseRemoveLockEx(&lock, NULL, size);
    assert_int_equal(lock.Common.IoCount, 2);
    IoReleaseRemoveLockAndWaitEx(&lock, NULL, size); /* nobody else: returns at once */
    assert_int_equal(lock.Common.IoCount, 0);
    assert_true(lock.Common.Removed);
    assert_int_equal(IoAcquireRemoveLockEx(&lock, NULL, "", 1, size), STATUS_DELETE_PENDING);
    assert_int_equal(lock.Common.IoCount, 0);
}

static void counts_at_dispatch_level(void *context)
{
    (void)context;
    IO_REMOVE_LOCK lock;
    KIRQL irql;
    IoInitializeRemoveLock(&lock, 'tseT', 0, 0);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(IoAcquireRemoveLock(&lock, &lock), STATUS_SUCCESS);
    assert_int_equal(IoAcquireRemoveLock(&lock, &irql), STATUS_SUCCESS);
    IoReleaseRemoveLock(&lock, &lock);
    KeLowerIrql(irql);
    IoReleaseRemoveLockAndWait(&lock, &irql);
    assert_int_equal(lock.Common.IoCount, 0);
}

/* --- waiting for the last --- */

static struct {
    struct long_lock lock;
    ULONG size;
    KEVENT acquired;
    int released;
} shared;

static void hold(void *context)
{
    PIO_REMOVE_LOCK lock = (PIO_REMOVE_LOCK)&shared.lock;
    (void)context;
    assert_int_equal(IoAcquireRemoveLockEx(lock, &shared, __FILE__, __LINE__, shared.size), STATUS_SUCCESS);
    KeSetEvent(&shared.acquired, 0, FALSE);
    /* Until the remover has begun: from then on nobody gets it. */
    for (;;) {
        NTSTATUS status = IoAcquireRemoveLockEx(lock, &status, __FILE__, __LINE__, shared.size);
        if (status == STATUS_DELETE_PENDING)
            break;
        assert_int_equal(status, STATUS_SUCCESS);
        IoReleaseRemoveLockEx(lock, &status, shared.size);
    }
    __atomic_store_n(&shared.released, 1, __ATOMIC_SEQ_CST);
    IoReleaseRemoveLockEx(lock, &shared, shared.size);
}

static void *hold_main(void *context)
{
    ntio_run_in_kernel(hold, context);
    return NULL;
}

static void remove_it(void *context)
{
    PIO_REMOVE_LOCK lock = (PIO_REMOVE_LOCK)&shared.lock;
    (void)context;
    KeWaitForSingleObject(&shared.acquired, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(IoAcquireRemoveLockEx(lock, context, __FILE__, __LINE__, shared.size), STATUS_SUCCESS);
    IoReleaseRemoveLockAndWaitEx(lock, context, shared.size);
    assert_int_equal(__atomic_load_n(&shared.released, __ATOMIC_SEQ_CST), 1);
    assert_int_equal(shared.lock.Common.IoCount, 0);
}

static void wait_for_holder(ULONG size)
{
    pthread_t thread;
    memset(&shared, 0, sizeof shared);
    shared.size = size;
    KeInitializeEvent(&shared.acquired, SynchronizationEvent, FALSE);
    IoInitializeRemoveLockEx((PIO_REMOVE_LOCK)&shared.lock, 'tseT', 1, 10, size);
    assert_int_equal(pthread_create(&thread, NULL, hold_main, NULL), 0);
    ntio_run_in_kernel(remove_it, &thread);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void the_remover_waits_for_all(void **state)
{
    (void)state;
    wait_for_holder(short_size());
    wait_for_holder(sizeof(struct long_lock));
}

/* --- tags --- */

static void use_wrong_tag(void *context)
{
    struct long_lock lock;
    ULONG size = sizeof lock;
    PIO_REMOVE_LOCK it = (PIO_REMOVE_LOCK)&lock;
    IoInitializeRemoveLockEx(it, 'tseT', 0, 0, size);
    assert_int_equal(IoAcquireRemoveLockEx(it, (PVOID)0x11, "a.c", 1, size), STATUS_SUCCESS);
    assert_int_equal(IoAcquireRemoveLockEx(it, (PVOID)0x22, "a.c", 2, size), STATUS_SUCCESS);
    IoReleaseRemoveLockEx(it, (PVOID)0x11, size);
    assert_string_equal(text, "");
    IoReleaseRemoveLockEx(it, (PVOID)0x11, size); /* held no longer with this one */
    assert_int_equal(lock.Common.IoCount, 1);
    *(PVOID *)context = it;
    assert_int_equal(IoAcquireRemoveLockEx(it, (PVOID)0x33, "a.c", 3, size), STATUS_SUCCESS);
    IoReleaseRemoveLockAndWaitEx(it, (PVOID)0x33, size);
    /* So that the tag that is left over does not keep its memory. */
    assert_int_equal(lock.Common.IoCount, 0);
    lock.Common.IoCount = 2;
    lock.Common.Removed = FALSE;
    IoReleaseRemoveLockEx(it, (PVOID)0x22, size);
    assert_null(lock.Dbg.Blocks);
}

static void a_wrong_tag_is_reported(void **state)
{
    (void)state;
    PVOID lock = NULL;
    char expected[160];
    ntio_run_in_kernel(use_wrong_tag, &lock);
    snprintf(expected, sizeof expected,
             "violation: remove lock %p was released with tag %p, with which it is not held, from ", lock,
             (void *)0x11);
    assert_non_null(strstr(text, expected));
    assert_non_null(strstr(text, "use_wrong_tag"));
    assert_int_equal(ntio_stop(), 1);
}

/* The same tag may be used more than once, and each release takes one. */
static void use_tags_twice(void *context)
{
    struct long_lock lock;
    ULONG size = sizeof lock;
    PIO_REMOVE_LOCK it = (PIO_REMOVE_LOCK)&lock;
    (void)context;
    IoInitializeRemoveLockEx(it, 'tseT', 0, 0, size);
    for (int i = 0; i < 2; i++)
        assert_int_equal(IoAcquireRemoveLockEx(it, it, "a.c", 1, size), STATUS_SUCCESS);
    IoReleaseRemoveLockEx(it, it, size);
    IoReleaseRemoveLockAndWaitEx(it, it, size);
    assert_null(lock.Dbg.Blocks);
}

static void pass_the_watermark(void *context)
{
    struct long_lock lock;
    ULONG size = sizeof lock;
    PIO_REMOVE_LOCK it = (PIO_REMOVE_LOCK)&lock;
    (void)context;
    IoInitializeRemoveLockEx(it, 'tseT', 0, 2, size);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(text, "");
        assert_int_equal(IoAcquireRemoveLockEx(it, it, "a.c", 1, size), STATUS_SUCCESS);
    }
    IoReleaseRemoveLockEx(it, it, size);
    IoReleaseRemoveLockEx(it, it, size);
    IoReleaseRemoveLockAndWaitEx(it, it, size);
}

static void more_than_the_watermark_is_reported(void **state)
{
    (void)state;
    ntio_run_in_kernel(pass_the_watermark, NULL);
    assert_non_null(strstr(text, "is acquired 3 times, at most 2 are expected, from "));
    assert_int_equal(ntio_stop(), 1);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }
IN_KERNEL(counts)
IN_KERNEL(counts_at_dispatch_level)
IN_KERNEL(use_tags_twice)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_counts, start_plain, rig_stop),
        cmocka_unit_test_setup_teardown(test_counts_at_dispatch_level, start_plain, rig_stop),
        cmocka_unit_test_setup_teardown(test_use_tags_twice, start_plain, rig_stop),
        cmocka_unit_test_setup_teardown(the_remover_waits_for_all, start_plain, rig_stop),
        cmocka_unit_test_setup_teardown(a_wrong_tag_is_reported, start_logged, rig_stop),
        cmocka_unit_test_setup_teardown(more_than_the_watermark_is_reported, start_logged, rig_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
