/*
 * What one thread can do to another: its priority, whom it acts as, and an APC queued to it.
 */
#include "psp.h"

#include "../ke/service.h"
#include "../se/se.h"

enum { THREAD_PRIORITY = 2, THREAD_BASE_PRIORITY = 3, THREAD_PAGE_PRIORITY = 24 };

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

/* --- affinity: told, and obeyed in what a thread says of the processor that it is on --- */

KAFFINITY psp_process_affinity(PEPROCESS process)
{
    KAFFINITY affinity = atomic_load(&process->Affinity);
    return affinity ? affinity : KiAllProcessors();
}

KAFFINITY psp_thread_affinity(PETHREAD thread)
{
    KAFFINITY affinity = atomic_load(&thread->Tcb.UserAffinity);
    return affinity ? affinity : psp_process_affinity(thread->Process);
}

void psp_obey_affinity(PETHREAD thread)
{
    KAFFINITY affinity = psp_thread_affinity(thread);
    if (!(affinity >> thread->Tcb.Processor & 1))
        thread->Tcb.Processor = (UCHAR)__builtin_ctzll(affinity);
}

static NTSTATUS set_thread_affinity(HANDLE handle, PVOID information, ULONG length)
{
    KAFFINITY affinity;
    PETHREAD thread;
    if (length != sizeof affinity)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromMode(&affinity, information, sizeof affinity, KiPreviousMode());
    if (!NT_SUCCESS(status))
        return status;
    if (!affinity)
        return STATUS_INVALID_PARAMETER;
    status = reference(handle, THREAD_SET_INFORMATION, &thread);
    if (!NT_SUCCESS(status))
        return status;
    if (affinity & ~psp_process_affinity(thread->Process)) {
        status = STATUS_INVALID_PARAMETER;
    } else {
        atomic_store(&thread->Tcb.UserAffinity, affinity);
        if (thread == PspCurrentThread())
            psp_obey_affinity(thread);
    }
    ObpDereferenceObject(thread);
    return status;
}

static void forget_affinity(PETHREAD thread, void *process)
{
    if (thread->Process == process)
        atomic_store(&thread->Tcb.UserAffinity, 0);
}

/* ProcessAffinityMask, which its threads have from then on, too. */
SERVICE(SetInformationProcess,
        (HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass, PVOID ProcessInformation,
         ULONG ProcessInformationLength),
        (ProcessHandle, ProcessInformationClass, ProcessInformation, ProcessInformationLength))
{
    KAFFINITY affinity;
    PEPROCESS process;
    KPROCESSOR_MODE mode = KiPreviousMode();
    if ((ULONG)ProcessInformationClass != ProcessAffinityMask)
        return STATUS_INVALID_INFO_CLASS;
    if (ProcessInformationLength != sizeof affinity)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromMode(&affinity, ProcessInformation, sizeof affinity, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (!affinity || affinity & ~KiAllProcessors())
        return STATUS_INVALID_PARAMETER;
    status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_SET_INFORMATION, PSP->process_type, mode,
                                       (PVOID *)&process, NULL);
    if (!NT_SUCCESS(status))
        return status;
    atomic_store(&process->Affinity, affinity);
    ps_for_each_thread(forget_affinity, process);
    ObpDereferenceObject(process);
    if (PspCurrentProcess() == process)
        psp_obey_affinity(PspCurrentThread());
    return STATUS_SUCCESS;
}

/* LOW_PRIORITY is the system's own; for those of real time a client needs the privilege. */
static NTSTATUS set_priority(HANDLE handle, PVOID information, ULONG length)
{
    static const LUID increases = {SE_INC_BASE_PRIORITY_PRIVILEGE, 0};
    KPROCESSOR_MODE mode = KiPreviousMode();
    KPRIORITY priority;
    PETHREAD thread;
    if (length != sizeof priority)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromMode(&priority, information, sizeof priority, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (priority <= LOW_PRIORITY || priority > HIGH_PRIORITY)
        return STATUS_INVALID_PARAMETER;
    if (priority >= LOW_REALTIME_PRIORITY && !SeSinglePrivilegeCheck(increases, mode))
        return STATUS_PRIVILEGE_NOT_HELD;
    status = reference(handle, THREAD_SET_INFORMATION, &thread);
    if (!NT_SUCCESS(status))
        return status;
    KeSetPriorityThread(&thread->Tcb, priority);
    ObpDereferenceObject(thread);
    return STATUS_SUCCESS;
}

/* No page here is ever taken from a thread: there is nothing to decide. */
static NTSTATUS set_page_priority(HANDLE handle, PVOID information, ULONG length)
{
    PAGE_PRIORITY_INFORMATION priority;
    PETHREAD thread;
    if (length != sizeof priority)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromMode(&priority, information, sizeof priority, KiPreviousMode());
    if (!NT_SUCCESS(status))
        return status;
    if (priority.PagePriority > MEMORY_PRIORITY_NORMAL)
        return STATUS_INVALID_PARAMETER;
    status = reference(handle, THREAD_SET_INFORMATION, &thread);
    if (NT_SUCCESS(status))
        ObpDereferenceObject(thread);
    return status;
}

/*
 * ThreadImpersonationToken, ThreadAffinityMask, ThreadPagePriority, ThreadPriority, and ThreadBasePriority:
 * -2 to 2 from the process's, or its ends -15 and 15. The host schedules; this is what is asked back. (WDK:
 * ZwSetInformationThread)
 */
SERVICE(SetInformationThread,
        (HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
         ULONG ThreadInformationLength),
        (ThreadHandle, ThreadInformationClass, ThreadInformation, ThreadInformationLength))
{
    if ((ULONG)ThreadInformationClass == ThreadImpersonationToken)
        return set_token(ThreadHandle, ThreadInformation, ThreadInformationLength);
    if ((ULONG)ThreadInformationClass == ThreadAffinityMask)
        return set_thread_affinity(ThreadHandle, ThreadInformation, ThreadInformationLength);
    if ((ULONG)ThreadInformationClass == THREAD_PRIORITY)
        return set_priority(ThreadHandle, ThreadInformation, ThreadInformationLength);
    if ((ULONG)ThreadInformationClass == THREAD_PAGE_PRIORITY)
        return set_page_priority(ThreadHandle, ThreadInformation, ThreadInformationLength);
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
