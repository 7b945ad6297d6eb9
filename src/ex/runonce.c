/*
 * What is run once. The low two bits of the pointer are its state; meanwhile the rest is the list of those
 * who wait, on their own stacks, and afterwards the context.
 */
#include "exp.h"

enum { FRESH = 0, RUNNING = 1, DONE = 2, ASYNC = 3, STATE = 3 };

struct waiter {
    struct waiter *Next;
    KEVENT Event;
};

static ULONG_PTR load(PRTL_RUN_ONCE once)
{
    return (ULONG_PTR)__atomic_load_n(&once->Ptr, __ATOMIC_ACQUIRE);
}

static bool exchange(PRTL_RUN_ONCE once, ULONG_PTR was, ULONG_PTR is)
{
    PVOID expected = (PVOID)was;
    return __atomic_compare_exchange_n(&once->Ptr, &expected, (PVOID)is, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

VOID RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce)
{
    GATE(RtlRunOnceInitialize, RunOnce);
    __atomic_store_n(&RunOnce->Ptr, NULL, __ATOMIC_RELEASE);
}

static NTSTATUS begin(PRTL_RUN_ONCE once, ULONG flags, PVOID *context)
{
    bool async = flags & RTL_RUN_ONCE_ASYNC;
    if (flags & ~(RTL_RUN_ONCE_CHECK_ONLY | RTL_RUN_ONCE_ASYNC))
        return STATUS_INVALID_PARAMETER;
    if (async && flags & RTL_RUN_ONCE_CHECK_ONLY)
        return STATUS_INVALID_PARAMETER;
    for (;;) {
        ULONG_PTR now = load(once);
        if ((now & STATE) == DONE) {
            if (context)
                *context = (PVOID)(now & ~(ULONG_PTR)STATE);
            return STATUS_SUCCESS;
        }
        if (flags & RTL_RUN_ONCE_CHECK_ONLY)
            return STATUS_UNSUCCESSFUL;
        if (now == FRESH) {
            if (exchange(once, now, async ? ASYNC : RUNNING))
                return STATUS_PENDING;
        } else if ((now & STATE) == ASYNC) {
            return async ? STATUS_PENDING : STATUS_INVALID_PARAMETER;
        } else if (async) {
            return STATUS_INVALID_PARAMETER;
        } else {
            struct waiter waiter = {.Next = (struct waiter *)(now & ~(ULONG_PTR)STATE)};
            KeInitializeEvent(&waiter.Event, SynchronizationEvent, FALSE);
            if (exchange(once, now, (ULONG_PTR)&waiter | RUNNING))
                exp_wait(&waiter.Event);
        }
    }
}

static NTSTATUS complete(PRTL_RUN_ONCE once, ULONG flags, PVOID context)
{
    bool failed = flags & RTL_RUN_ONCE_INIT_FAILED, async = flags & RTL_RUN_ONCE_ASYNC;
    if (flags & ~(RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_INIT_FAILED) || (failed && async))
        return STATUS_INVALID_PARAMETER;
    if ((ULONG_PTR)context & STATE || (failed && context))
        return STATUS_INVALID_PARAMETER;
    ULONG_PTR after = failed ? FRESH : (ULONG_PTR)context | DONE;
    for (;;) {
        ULONG_PTR now = load(once);
        if ((now & STATE) != (async ? ASYNC : RUNNING))
            return (now & STATE) == FRESH || (now & STATE) == DONE ? STATUS_UNSUCCESSFUL
                                                                   : STATUS_INVALID_PARAMETER;
        if (!exchange(once, now, after))
            continue;
        struct waiter *waiter = async ? NULL : (struct waiter *)(now & ~(ULONG_PTR)STATE);
        while (waiter) {
            struct waiter *next = waiter->Next; /* gone with its stack as soon as it is woken */
            KiSetEvent(&waiter->Event);
            waiter = next;
        }
        return STATUS_SUCCESS;
    }
}

/*
 * STATUS_PENDING: the caller is to initialise (with RTL_RUN_ONCE_ASYNC, others too), and to call
 * RtlRunOnceComplete. Without it others wait meanwhile.
 */
NTSTATUS RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context)
{
    GATE(RtlRunOnceBeginInitialize, RunOnce, Flags, Context);
    return begin(RunOnce, Flags, Context);
}

/* STATUS_UNSUCCESSFUL: another one completed it before (asynchronous initialisation). */
NTSTATUS RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context)
{
    GATE(RtlRunOnceComplete, RunOnce, Flags, Context);
    return complete(RunOnce, Flags, Context);
}

NTSTATUS RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter,
                               PVOID *Context)
{
    GATE(RtlRunOnceExecuteOnce, RunOnce, InitFn, Parameter, Context);
    NTSTATUS status = begin(RunOnce, 0, Context);
    if (status != STATUS_PENDING)
        return status;
    if (!InitFn(RunOnce, Parameter, Context)) {
        complete(RunOnce, RTL_RUN_ONCE_INIT_FAILED, NULL);
        return STATUS_UNSUCCESSFUL;
    }
    return complete(RunOnce, 0, Context ? *Context : NULL);
}
