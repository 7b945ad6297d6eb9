/*
 * Threads that are stopped and let go on.
 */
#include "psp.h"

void psp_stay_suspended(PETHREAD thread)
{
    /* The event may still be set by an older resumption. */
    while (atomic_load(&thread->SuspendCount) > 0 && atomic_load(&thread->Doomed) != PS_DOOMED)
        KeWaitForSingleObject(&thread->Resumed, Suspended, KernelMode, FALSE, NULL);
}

static VOID NTAPI leave_be(PRKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                           PVOID *SystemArgument1, PVOID *SystemArgument2)
{
    (void)Apc, (void)NormalRoutine, (void)NormalContext, (void)SystemArgument1, (void)SystemArgument2;
}

static VOID NTAPI suspend(PVOID context, PVOID argument1, PVOID argument2)
{
    (void)argument1, (void)argument2;
    psp_stay_suspended(context);
}

void psp_prepare_suspension(PETHREAD thread)
{
    KeInitializeEvent(&thread->Resumed, SynchronizationEvent, FALSE);
    KeInitializeApc(&thread->SuspendApc, &thread->Tcb, OriginalApcEnvironment, leave_be, NULL, suspend,
                    KernelMode, thread);
}

static NTSTATUS open_thread(HANDLE handle, KPROCESSOR_MODE mode, PETHREAD *thread)
{
    return ObReferenceObjectByHandle(handle, THREAD_SUSPEND_RESUME, PSP->thread_type, mode, (PVOID *)thread,
                                     NULL);
}

static NTSTATUS give_count(PULONG to, LONG count, KPROCESSOR_MODE mode)
{
    ULONG previous = (ULONG)count;
    return to ? MmCopyToMode(to, &previous, sizeof previous, mode) : STATUS_SUCCESS;
}

/*
 * The thread stops, until it is resumed as often as it was suspended. It stops when a kernel APC can run in
 * it: at once when it waits or runs below APC_LEVEL in the system outside of critical regions, else when it
 * gets there. In the client's own code that is its next call of the system. STATUS_SUSPEND_COUNT_EXCEEDED: it
 * is suspended 127 times already; STATUS_THREAD_IS_TERMINATING.
 */
SERVICE(SuspendThread, (HANDLE ThreadHandle, PULONG PreviousSuspendCount),
        (ThreadHandle, PreviousSuspendCount))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PETHREAD thread;
    NTSTATUS status = open_thread(ThreadHandle, mode, &thread);
    if (!NT_SUCCESS(status))
        return status;
    LONG count = atomic_load(&thread->SuspendCount);
    do
        if (count == MAXIMUM_SUSPEND_COUNT)
            status = STATUS_SUSPEND_COUNT_EXCEEDED;
        else if (atomic_load(&thread->Terminating))
            status = STATUS_THREAD_IS_TERMINATING;
    while (NT_SUCCESS(status) && !atomic_compare_exchange_weak(&thread->SuspendCount, &count, count + 1));
    /* One that was suspended when it was made waits already; one that has ended takes no APC, and needs none.
     */
    if (NT_SUCCESS(status) && count == 0)
        KeInsertQueueApc(&thread->SuspendApc, NULL, NULL, IO_NO_INCREMENT);
    ObpDereferenceObject(thread);
    return NT_SUCCESS(status) ? give_count(PreviousSuspendCount, count, mode) : status;
}

SERVICE(ResumeThread, (HANDLE ThreadHandle, PULONG PreviousSuspendCount),
        (ThreadHandle, PreviousSuspendCount))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PETHREAD thread;
    NTSTATUS status = open_thread(ThreadHandle, mode, &thread);
    if (!NT_SUCCESS(status))
        return status;
    LONG count = atomic_load(&thread->SuspendCount);
    while (count > 0 && !atomic_compare_exchange_weak(&thread->SuspendCount, &count, count - 1))
        ;
    if (count == 1)
        KeSetEvent(&thread->Resumed, IO_NO_INCREMENT, FALSE);
    ObpDereferenceObject(thread);
    return give_count(PreviousSuspendCount, count, mode);
}
