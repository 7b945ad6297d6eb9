/*
 * What the kernel's tests share: the machine around each test, threads beside it, bug checks expected.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>

#include <ntio/ntio.h>
#include <ntifs.h>

#define MILLISECONDS(n) ((LONGLONG)(n) * 10000)

static inline int start_machine(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static inline int stop_machine(void **state)
{
    (void)state;
    return ntio_stop();
}

static inline LARGE_INTEGER relative(LONGLONG units)
{
    return (LARGE_INTEGER){.QuadPart = -units};
}

/* Waits without a timeout, on one object, as a driver does. */
static inline NTSTATUS wait_for(PVOID object)
{
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, NULL);
}

static inline NTSTATUS poll(PVOID object)
{
    LARGE_INTEGER now = {.QuadPart = 0};
    return KeWaitForSingleObject(object, Executive, KernelMode, FALSE, &now);
}

static inline void pause_for(LONGLONG milliseconds)
{
    LARGE_INTEGER time = relative(MILLISECONDS(milliseconds));
    assert_int_equal(KeDelayExecutionThread(KernelMode, FALSE, &time), STATUS_SUCCESS);
}

/* A host thread that calls the kernel: routine runs as ntio_run_in_kernel has it. */
struct beside {
    pthread_t thread;
    void (*routine)(void *);
    void *context;
};

static inline void *beside_main(void *value)
{
    struct beside *beside = value;
    ntio_run_in_kernel(beside->routine, beside->context);
    return NULL;
}

static inline void run_beside(struct beside *beside, void (*routine)(void *), void *context)
{
    beside->routine = routine;
    beside->context = context;
    assert_int_equal(pthread_create(&beside->thread, NULL, beside_main, beside), 0);
}

static inline void join_beside(struct beside *beside)
{
    assert_int_equal(pthread_join(beside->thread, NULL), 0);
}

/* Runs body and expects the bug check; the machine is running again when it returns. */
static inline ntio_bugcheck expect_bugcheck(void (*body)(void *), void *context, uint32_t code)
{
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(body, context, &caught));
    assert_int_equal(caught.code, code);
    assert_int_equal(ntio_stop(), 0);
    assert_int_equal(ntio_start(NULL), 0);
    return caught;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start_machine, stop_machine)
