/*
 * What one thread can do to another: its priority, whom it acts as, and an APC queued to it.
 */
#include "psp.h"

#include "../ke/service.h"
#include "../se/se.h"

enum { THREAD_BASE_PRIORITY = 3 };

static NTSTATUS reference(HANDLE handle, ACCESS_MASK access, PETHREAD *thread)
{
    return ObReferenceObjectByHandle(handle, access, PSP->thread_type, KiPreviousMode(), (PVOID *)thread,
                                     NULL);
}

static NTSTATUS set_token(HANDLE handle, PVOID information, ULONG length)
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE token;
    PETHREAD thread;
    if (length != sizeof token)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromMode(&token, information, sizeof token, mode);
    if (NT_SUCCESS(status))
        status = reference(handle, THREAD_SET_THREAD_TOKEN, &thread);
    if (!NT_SUCCESS(status))
        return status;
    status = SeSetThreadToken(thread, token, mode);
    ObpDereferenceObject(thread);
    return status;
}

/*
 * ThreadImpersonationToken, and ThreadBasePriority: -2 to 2 from the process's, or its ends -15 and 15. The
 * host schedules; this is what is asked back.
 */
SERVICE(SetInformationThread,
        (HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
         ULONG ThreadInformationLength),
        (ThreadHandle, ThreadInformationClass, ThreadInformation, ThreadInformationLength))
{
    if ((ULONG)ThreadInformationClass == ThreadImpersonationToken)
        return set_token(ThreadHandle, ThreadInformation, ThreadInformationLength);
    if ((ULONG)ThreadInformationClass != THREAD_BASE_PRIORITY)
        return STATUS_INVALID_INFO_CLASS;
    LONG increment;
    if (ThreadInformationLength != sizeof increment)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromMode(&increment, ThreadInformation, sizeof increment, KiPreviousMode());
    if (!NT_SUCCESS(status))
        return status;
    if ((increment < -2 || increment > 2) && increment != 15 && increment != -15)
        return STATUS_INVALID_PARAMETER;
    PETHREAD thread;
    status = reference(ThreadHandle, THREAD_SET_INFORMATION, &thread);
    if (!NT_SUCCESS(status))
        return status;
    KeSetBasePriorityThread(&thread->Tcb, increment);
    ObpDereferenceObject(thread);
    return STATUS_SUCCESS;
}

static VOID NTAPI free_delivered(PRKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                                 PVOID *Argument1, PVOID *Argument2)
{
    (void)NormalRoutine, (void)NormalContext, (void)Argument1, (void)Argument2;
    MmFreeSystemPool(Apc);
}

static VOID NTAPI free_dropped(PRKAPC Apc)
{
    MmFreeSystemPool(Apc);
}

SERVICE(QueueApcThread,
        (HANDLE ThreadHandle, PPS_APC_ROUTINE ApcRoutine, PVOID ApcArgument1, PVOID ApcArgument2,
         PVOID ApcArgument3),
        (ThreadHandle, ApcRoutine, ApcArgument1, ApcArgument2, ApcArgument3))
{
    PETHREAD thread;
    NTSTATUS status = reference(ThreadHandle, THREAD_SET_CONTEXT, &thread);
    if (!NT_SUCCESS(status))
        return status;
    PKAPC apc = NULL;
    if (thread->System)
        status = STATUS_INVALID_HANDLE;
    else if (!(apc = MmAllocateSystemPool(sizeof *apc, 'pasP')))
        status = STATUS_NO_MEMORY;
    if (apc) {
        KeInitializeApc(apc, &thread->Tcb, OriginalApcEnvironment, free_delivered, free_dropped,
                        (PKNORMAL_ROUTINE)(PVOID)ApcRoutine, UserMode, ApcArgument1);
        if (!KeInsertQueueApc(apc, ApcArgument2, ApcArgument3, 0)) {
            MmFreeSystemPool(apc);
            status = STATUS_UNSUCCESSFUL;
        }
    }
    ObpDereferenceObject(thread);
    return status;
}
