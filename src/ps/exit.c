/*
 * How processes end: the last thread to leave tells it, closes the handles and gives the memory back.
 */
#include "psp.h"

NTSTATUS psp_count_in(PETHREAD thread)
{
    PEPROCESS process = thread->Process;
    ki_lock(&PSP->lock);
    bool fits = !atomic_load(&process->Exiting);
    if (fits) {
        atomic_fetch_add(&process->LiveThreads, 1);
        thread->Counted = TRUE;
    }
    ki_unlock(&PSP->lock);
    return fits ? STATUS_SUCCESS : STATUS_PROCESS_IS_TERMINATING;
}

BOOLEAN psp_count_out(PETHREAD thread)
{
    PEPROCESS process = thread->Process;
    ki_lock(&PSP->lock);
    thread->Counted = FALSE;
    BOOLEAN last = atomic_fetch_sub(&process->LiveThreads, 1) == 1 && process->Simulated;
    if (last)
        atomic_store(&process->Exiting, TRUE);
    ki_unlock(&PSP->lock);
    return last;
}

BOOLEAN psp_leave_process(PETHREAD thread)
{
    if (!thread->Counted)
        return FALSE;
    PEPROCESS process = thread->Process;
    thread->AttachedProcess = NULL;
    psp_tell_thread(thread, FALSE);
    if (process->MainThread == thread)
        atomic_store(&process->MainState, PS_MAIN_ENDED);
    BOOLEAN last = psp_count_out(thread);
    if (last) {
        LONG running = STATUS_PENDING;
        __atomic_compare_exchange_n(&process->ExitStatus, &running, thread->ExitStatus, FALSE,
                                    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
        psp_tell_process(process, NULL);
    }
    return last;
}

/* On its last thread, whose requests are gone. */
void psp_end_process(PEPROCESS process)
{
    ob_handle_table_close_all(process->Handles);
    MmFreeProcessMemory(process);
    KeQuerySystemTime(&process->ExitTime);
    KiSignalObject(&process->Header);
    ObpDereferenceObject(process); /* it was alive; the thread still has a reference */
}

/* --- ending one --- */

struct doomed {
    PEPROCESS process;
    NTSTATUS status;
};

static void doom(PETHREAD thread, void *context)
{
    const struct doomed *doomed = context;
    PEPROCESS process = doomed->process;
    if (thread->Process != process || thread->System || thread == PspCurrentThread())
        return;
    if (thread == process->MainThread && atomic_load(&process->MainState) != PS_MAIN_BUSY)
        return;
    psp_doom_thread(thread, doomed->status);
}

static void leave(void *status)
{
    PspExitThread((NTSTATUS)(LONG_PTR)status);
}

NTSTATUS psp_terminate_process(PEPROCESS process, NTSTATUS status)
{
    PETHREAD current = PspCurrentThread();
    struct doomed doomed = {process, status};
    if (!process->Simulated)
        return STATUS_ACCESS_DENIED;
    ki_lock(&PSP->lock);
    BOOLEAN already = atomic_exchange(&process->Exiting, TRUE);
    if (!already)
        __atomic_store_n(&process->ExitStatus, status, __ATOMIC_RELEASE);
    ki_unlock(&PSP->lock);
    if (already && current->Process != process)
        return STATUS_PROCESS_IS_TERMINATING;
    ps_for_each_thread(doom, &doomed);
    int idle = PS_MAIN_IDLE;
    if (atomic_compare_exchange_strong(&process->MainState, &idle, PS_MAIN_BUSY))
        KeRunAsThread(&process->MainThread->Tcb, leave, (void *)(LONG_PTR)status);
    if (current->Process == process)
        PspExitThread(status);
    return STATUS_SUCCESS;
}

/*
 * A process of a test's or of CreateProcess's ends with all its threads: those inside the system at once, the
 * others with their next call. STATUS_ACCESS_DENIED for the two processes that every machine has;
 * STATUS_PROCESS_IS_TERMINATING. (WDK: ZwTerminateProcess)
 */
SERVICE(TerminateProcess, (HANDLE ProcessHandle, NTSTATUS ExitStatus), (ProcessHandle, ExitStatus))
{
    PEPROCESS current = PspCurrentThread()->Process, process = current;
    if (ProcessHandle) {
        NTSTATUS status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_TERMINATE, PSP->process_type,
                                                    KiPreviousMode(), (PVOID *)&process, NULL);
        if (!NT_SUCCESS(status))
            return status;
        /* Its own thread does not come back to give the reference back; it has one itself. */
        if (process == current)
            ObpDereferenceObject(process);
    }
    NTSTATUS status = psp_terminate_process(process, ExitStatus);
    if (process != current)
        ObpDereferenceObject(process);
    return status;
}

/* --- the machine stops --- */

static PEPROCESS first_simulated(void)
{
    PEPROCESS found = NULL;
    ki_lock(&PSP->lock);
    for (PLIST_ENTRY e = PSP->processes.Flink; e != &PSP->processes && !found; e = e->Flink) {
        PEPROCESS process = CONTAINING_RECORD(e, EPROCESS, ProcessLinks);
        if (process->Simulated && !process->Header.SignalState && !process->GivenUp &&
            ObpReferenceObjectSafe(process))
            found = process;
    }
    ki_unlock(&PSP->lock);
    return found;
}

bool psp_await_process(PEPROCESS process)
{
    LARGE_INTEGER patience = {.QuadPart = -50000000};
    if (KeWaitForSingleObject(process, Executive, KernelMode, FALSE, &patience) != STATUS_TIMEOUT)
        return true;
    if (!process->GivenUp)
        machine_violation(
            "the process %llu (%s) does not end: a thread of it calls nothing of the system, where it "
            "would be stopped",
            (unsigned long long)(ULONG_PTR)process->UniqueProcessId, process->ImageName);
    process->GivenUp = TRUE;
    return false;
}

void ps_end_processes(void)
{
    PEPROCESS process;
    while ((process = first_simulated()) != NULL) {
        psp_terminate_process(process, STATUS_SUCCESS);
        psp_await_process(process);
        ObpDereferenceObject(process);
    }
}
