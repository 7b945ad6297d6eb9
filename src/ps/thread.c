/*
 * Thread objects: adopted, system and client threads; how they start and end; what is asked about them.
 */
#include "psp.h"

#include <string.h>

#define THREAD_CREATE_SUSPENDED 1u /* NtCreateThreadEx's flag */

/* --- birth and death --- */

/* Asked for while the thread runs. */
static NTSTATUS exit_status_of(const ETHREAD *thread)
{
    return __atomic_load_n(&thread->ExitStatus, __ATOMIC_RELAXED);
}

static void set_exit_status(PETHREAD thread, NTSTATUS status)
{
    __atomic_store_n(&thread->ExitStatus, status, __ATOMIC_RELAXED);
}

/* A thread object with the creation reference; not yet inserted, not yet running. */
NTSTATUS psp_create_thread(PEPROCESS process, enum psp_birth birth, KPROCESSOR_MODE mode,
                           POBJECT_ATTRIBUTES attributes, PETHREAD *out)
{
    PETHREAD thread;
    KPROCESSOR_MODE probe = attributes ? KiPreviousMode() : KernelMode;
    NTSTATUS status = ObCreateObject(probe, PSP->thread_type, attributes, KernelMode, NULL, sizeof *thread, 0,
                                     0, (PVOID *)&thread);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeThread(&thread->Tcb, mode);
    psp_prepare_suspension(thread);
    InitializeListHead(&thread->IrpList);
    thread->Process = process;
    /* Before the list has it: the machine's stop ends what is the client's and was not adopted. */
    thread->Adopted = birth == PSP_ADOPTED;
    thread->System = process == PSP->system;
    thread->ExitStatus = STATUS_PENDING;
    thread->Cid.UniqueProcess = process->UniqueProcessId;
    thread->Cid.UniqueThread = psp_new_id();
    KeQuerySystemTime(&thread->CreateTime);
    ObpReferenceObject(process);
    ki_lock(&PSP->lock);
    InsertTailList(&process->ThreadList, &thread->ProcessListEntry);
    ki_unlock(&PSP->lock);
    *out = thread;
    return STATUS_SUCCESS;
}

void psp_delete_thread(PVOID object)
{
    PETHREAD thread = object;
    ki_lock(&PSP->lock);
    RemoveEntryList(&thread->ProcessListEntry);
    ki_unlock(&PSP->lock);
    ke_seh_free(&thread->Tcb.Seh);
    if (thread->ImpersonationToken)
        ObpDereferenceObject(thread->ImpersonationToken);
    ObpDereferenceObject(thread->Process);
}

/*
 * Nothing may ask for the current thread before there is one: until the object exists a stand-in on the stack
 * is it.
 */
PKTHREAD psp_adopt(bool own)
{
    ETHREAD stand_in;
    PETHREAD thread = NULL;
    memset(&stand_in, 0, sizeof stand_in);
    KeInitializeThread(&stand_in.Tcb, KernelMode);
    PEPROCESS process = own ? PSP->system : PSP->client;
    stand_in.Process = process;
    KiThread = &stand_in.Tcb;
    NTSTATUS status = psp_create_thread(process, PSP_ADOPTED, own ? KernelMode : UserMode, NULL, &thread);
    if (NT_SUCCESS(status)) {
        ob_own(thread);
        atomic_fetch_add(&process->ActiveThreads, 1);
        status = ObInsertObject(thread, NULL, 0, 0, NULL, NULL);
    }
    KiThread = NULL;
    return NT_SUCCESS(status) ? &thread->Tcb : NULL;
}

static void call_rundown(void *context)
{
    PSP->rundown(context);
}

static void run_down(PETHREAD thread)
{
    if (thread->RunDown)
        return;
    thread->RunDown = TRUE;
    BOOLEAN last = psp_leave_process(thread);
    if (PSP->rundown)
        KiCallOnKernelStack(&thread->Tcb, call_rundown, thread);
    if (last)
        psp_end_process(thread->Process);
}

void psp_ending(PKTHREAD tcb)
{
    PETHREAD thread = (PETHREAD)tcb;
    atomic_store(&thread->Terminating, TRUE);
    if (exit_status_of(thread) == STATUS_PENDING)
        set_exit_status(thread, STATUS_SUCCESS);
    run_down(thread);
}

void psp_ended(PKTHREAD tcb)
{
    PETHREAD thread = (PETHREAD)tcb;
    atomic_fetch_sub(&thread->Process->ActiveThreads, 1);
    ObpDereferenceObject(thread);
}

_Noreturn void PspExitThread(NTSTATUS exit_status)
{
    PETHREAD thread = PspCurrentThread();
    set_exit_status(thread, exit_status);
    atomic_store(&thread->Terminating, TRUE);
    run_down(thread);
    KeTerminateThread(exit_status);
}

static VOID run_system_thread(PVOID context)
{
    PETHREAD thread = context;
    KiCallOnKernelStack(&thread->Tcb, thread->StartAddress, thread->StartContext);
    PspExitThread(STATUS_SUCCESS);
}

VOID psp_run_user_thread(PVOID context)
{
    PETHREAD thread = context;
    psp_stay_suspended(thread);
    psp_tell_own_birth(thread);
    if (atomic_load(&thread->Doomed) == PS_DOOMED)
        PspExitThread(thread->TerminateStatus);
    psp_obey_affinity(thread);
    thread->Tcb.PreviousMode = UserMode;
    thread->Tcb.InKernel = FALSE;
    ULONG (*start)(PVOID) = (ULONG(*)(PVOID))(PVOID)thread->StartAddress;
    NTSTATUS exit_status = (NTSTATUS)start(thread->StartContext);
    if (PSP->client_rundown)
        PSP->client_rundown();
    PspExitThread(exit_status);
}

/* Inserts the thread, makes its handle, starts it. The creation reference becomes the running thread's. */
static NTSTATUS start(PETHREAD thread, ACCESS_MASK access, PKSTART_ROUTINE routine, PHANDLE handle)
{
    NTSTATUS status = ObInsertObject(thread, NULL, access, 1, NULL, handle);
    if (!NT_SUCCESS(status))
        return status;
    PEPROCESS process = thread->Process;
    status = psp_count_in(thread);
    if (!NT_SUCCESS(status)) {
        ObCloseHandle(*handle, ObIsKernelHandle(*handle, KernelMode) ? KernelMode : KiPreviousMode());
        ObpDereferenceObject(thread);
        return status;
    }
    psp_tell_thread(thread, TRUE);
    atomic_fetch_add(&process->ActiveThreads, 1);
    status = KeStartThread(&thread->Tcb, routine, thread); /* on success the thread may be gone by now */
    if (!NT_SUCCESS(status)) {
        atomic_fetch_sub(&process->ActiveThreads, 1);
        psp_count_out(thread);
        ObCloseHandle(*handle, ObIsKernelHandle(*handle, KernelMode) ? KernelMode : KiPreviousMode());
        ObpDereferenceObject(thread);
    }
    return status;
}

/*
 * A system thread: runs StartRoutine in kernel mode in the System process (or ProcessHandle's). The handle is
 * a kernel handle, whatever ObjectAttributes say. PASSIVE_LEVEL. (WDK: PsCreateSystemThread)
 */
NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
                                    POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                                    PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    GATE(PsCreateSystemThread, ThreadHandle, DesiredAccess, StartRoutine, StartContext);
    PEPROCESS process = PSP->system;
    PETHREAD thread;
    OBJECT_ATTRIBUTES attributes;
    if (ObjectAttributes)
        attributes = *ObjectAttributes;
    else
        InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    attributes.Attributes |= OBJ_KERNEL_HANDLE;
    if (ProcessHandle) {
        NTSTATUS status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_CREATE_THREAD, PSP->process_type,
                                                    KernelMode, (PVOID *)&process, NULL);
        if (!NT_SUCCESS(status))
            return status;
    }
    PKTHREAD current = KiCurrentThread();
    KPROCESSOR_MODE mode = current->PreviousMode;
    current->PreviousMode = KernelMode; /* the attributes are the driver's */
    NTSTATUS status = psp_create_thread(process, PSP_MADE, KernelMode, &attributes, &thread);
    if (ProcessHandle)
        ObpDereferenceObject(process);
    if (NT_SUCCESS(status)) {
        __atomic_store_n(&thread->StartAddress, StartRoutine, __ATOMIC_RELAXED); /* others look at it */
        thread->StartContext = StartContext;
        CLIENT_ID cid = thread->Cid;
        status = start(thread, DesiredAccess, run_system_thread, ThreadHandle);
        if (NT_SUCCESS(status) && ClientId)
            *ClientId = cid;
    }
    current->PreviousMode = mode;
    return status;
}

/* Ends the calling system thread; returns only (STATUS_INVALID_PARAMETER) when it is none. PASSIVE_LEVEL. */
NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    GATE(PsTerminateSystemThread, ExitStatus);
    if (!PspCurrentThread()->System)
        return STATUS_INVALID_PARAMETER;
    PspExitThread(ExitStatus);
}

static NTSTATUS create_user_thread(PEPROCESS process, PVOID routine, PVOID context, bool suspended,
                                   ACCESS_MASK access, POBJECT_ATTRIBUTES attributes, PHANDLE handle,
                                   PCLIENT_ID cid)
{
    PETHREAD thread;
    NTSTATUS status = psp_create_thread(process, PSP_MADE, UserMode, attributes, &thread);
    if (!NT_SUCCESS(status))
        return status;
    ob_own(thread);
    thread->StartAddress = (PKSTART_ROUTINE)routine;
    thread->StartContext = context;
    atomic_store(&thread->SuspendCount, suspended);
    if (cid)
        *cid = thread->Cid;
    return start(thread, access, psp_run_user_thread, handle);
}

NTSTATUS PspCreateUserThread(ULONG (*start_routine)(PVOID), PVOID context, SIZE_T stack_size, ULONG flags,
                             PHANDLE handle, PCLIENT_ID cid)
{
    (void)stack_size; /* a host thread's stack is as large as ke makes it */
    return create_user_thread(PspCurrentProcess(), (PVOID)start_routine, context, flags & PS_THREAD_SUSPENDED,
                              THREAD_ALL_ACCESS, NULL, handle, cid);
}

/* --- the machine stops --- */

static bool is_client_s(PETHREAD thread)
{
    return thread->Process == PSP->client && !thread->System && !thread->Adopted &&
           thread != PspCurrentThread();
}

static void doom_client(PETHREAD thread, void *context)
{
    (void)context;
    if (is_client_s(thread))
        psp_doom_thread(thread, STATUS_SUCCESS);
}

void ps_doom_client_threads(void)
{
    KiBeginLeaving();
    ps_for_each_thread(doom_client, NULL);
}

static void count_running(PETHREAD thread, void *context)
{
    if (is_client_s(thread) && !KiHasThreadEnded(&thread->Tcb))
        ++*(unsigned *)context;
}

void ps_await_client_threads(void)
{
    LARGE_INTEGER pause = {.QuadPart = -1000};
    for (int turn = 0; turn < 20000; turn++) {
        unsigned running = 0;
        ps_for_each_thread(count_running, &running);
        if (!running)
            return;
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
    }
}

/* --- system threads that a driver leaves --- */

struct left_threads {
    const void *base;
    size_t size;
    unsigned alive, blocked; /* blocked: in a wait that returns to the driver's code */
    ULONG id;                /* of one of them */
    const void *start, *wait;
};

static bool within(const struct left_threads *left, const void *address)
{
    return (uintptr_t)address - (uintptr_t)left->base < left->size;
}

static void look_at_left(PETHREAD thread, void *context)
{
    struct left_threads *left = context;
    const void *start = (void *)__atomic_load_n(&thread->StartAddress, __ATOMIC_RELAXED);
    if (!thread->System || !within(left, start) || thread == PspCurrentThread() ||
        atomic_load(&thread->Terminating) || KiHasThreadEnded(&thread->Tcb))
        return;
    const void *wait = KiBlockedBy(&thread->Tcb);
    bool blocked = wait && within(left, wait);
    left->alive++;
    left->blocked += blocked;
    if (left->blocked && !blocked)
        return;
    left->id = HandleToULong(thread->Cid.UniqueThread);
    left->start = start;
    left->wait = blocked ? wait : NULL;
}

/* Threads that run may be on their way out; they are waited for until they have ended, or wait themselves. */
ULONG psp_report_threads(const void *base, size_t size, const char *driver)
{
    LARGE_INTEGER pause = {.QuadPart = -10000};
    struct left_threads left;
    for (int turn = 0; turn < 10000; turn++) {
        left = (struct left_threads){.base = base, .size = size};
        ps_for_each_thread(look_at_left, &left);
        if (!left.alive)
            return 0;
        if (left.blocked == left.alive)
            break;
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
    }
    char start[256], wait[256] = "";
    host_place(left.start, start, sizeof start);
    if (left.wait)
        host_call_site(left.wait, wait, sizeof wait);
    machine_violation(
        "%s left %u system thread%s running, thread %u in %s%s%s: DriverUnload has to wait for their end",
        driver, left.alive, left.alive == 1 ? "" : "s", left.id, start, left.wait ? ", which waits at " : "",
        wait);
    return left.alive;
}

/* --- DDIs --- */

PETHREAD NTAPI PsGetCurrentThread(VOID)
{
    GATE(PsGetCurrentThread);
    return PspCurrentThread();
}

HANDLE NTAPI PsGetCurrentThreadId(VOID)
{
    GATE(PsGetCurrentThreadId);
    return PspCurrentThread()->Cid.UniqueThread;
}

HANDLE NTAPI PsGetThreadId(PETHREAD Thread)
{
    GATE(PsGetThreadId, Thread);
    return Thread->Cid.UniqueThread;
}

HANDLE NTAPI PsGetThreadProcessId(PETHREAD Thread)
{
    GATE(PsGetThreadProcessId, Thread);
    return Thread->Cid.UniqueProcess;
}

PEPROCESS NTAPI PsGetThreadProcess(PETHREAD Thread)
{
    GATE(PsGetThreadProcess, Thread);
    return Thread->Process;
}

PEPROCESS NTAPI IoThreadToProcess(PETHREAD Thread)
{
    GATE(IoThreadToProcess, Thread);
    return Thread->Process;
}

BOOLEAN NTAPI PsIsSystemThread(PETHREAD Thread)
{
    GATE(PsIsSystemThread, Thread);
    return Thread->System;
}

BOOLEAN NTAPI PsIsThreadTerminating(PETHREAD Thread)
{
    GATE(PsIsThreadTerminating, Thread);
    return atomic_load(&Thread->Terminating);
}

/* STATUS_PENDING while it runs. */
NTSTATUS NTAPI PsGetThreadExitStatus(PETHREAD Thread)
{
    GATE(PsGetThreadExitStatus, Thread);
    return exit_status_of(Thread);
}

LONGLONG NTAPI PsGetThreadCreateTime(PETHREAD Thread)
{
    GATE(PsGetThreadCreateTime, Thread);
    return Thread->CreateTime.QuadPart;
}

struct search {
    CLIENT_ID cid;
    PETHREAD found;
};

static void match(PETHREAD thread, void *context)
{
    struct search *search = context;
    if (search->found || thread->Cid.UniqueThread != search->cid.UniqueThread)
        return;
    if (search->cid.UniqueProcess && thread->Cid.UniqueProcess != search->cid.UniqueProcess)
        return;
    if (ObpReferenceObjectSafe(thread))
        search->found = thread;
}

/* The thread, referenced. STATUS_INVALID_CID when there is none of that id. Up to APC_LEVEL. */
NTSTATUS NTAPI PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD *Thread)
{
    GATE(PsLookupThreadByThreadId, ThreadId, Thread);
    struct search search = {{NULL, ThreadId}, NULL};
    ps_for_each_thread(match, &search);
    *Thread = search.found;
    return search.found ? STATUS_SUCCESS : STATUS_INVALID_CID;
}

/* --- services --- */

/* A thread of the client that runs StartRoutine(Argument) in user mode. Only in the current process. */
SERVICE(CreateThreadEx,
        (PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         HANDLE ProcessHandle, PVOID StartRoutine, PVOID Argument, ULONG CreateFlags, SIZE_T ZeroBits,
         SIZE_T StackSize, SIZE_T MaximumStackSize, PVOID AttributeList),
        (ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle, StartRoutine, Argument, CreateFlags,
         ZeroBits, StackSize, MaximumStackSize, AttributeList))
{
    (void)ZeroBits;
    (void)StackSize;
    (void)MaximumStackSize;
    (void)AttributeList;
    KPROCESSOR_MODE mode = KiPreviousMode();
    PEPROCESS process;
    HANDLE handle;
    if (CreateFlags & ~THREAD_CREATE_SUSPENDED)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObProbeHandleOut(ThreadHandle, mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_CREATE_THREAD, PSP->process_type, mode,
                                           (PVOID *)&process, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = create_user_thread(process, StartRoutine, Argument, CreateFlags & THREAD_CREATE_SUSPENDED,
                                DesiredAccess, ObjectAttributes, &handle, NULL);
    ObpDereferenceObject(process);
    return NT_SUCCESS(status) ? ObReturnHandle(handle, ThreadHandle, mode) : status;
}

SERVICE(OpenThread,
        (PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         PCLIENT_ID ClientId),
        (ThreadHandle, DesiredAccess, ObjectAttributes, ClientId))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct search search = {{0}, NULL};
    HANDLE handle;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status = ObProbeHandleOut(ThreadHandle, mode);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&attributes, ObjectAttributes, sizeof attributes, mode);
    if (NT_SUCCESS(status))
        status = ClientId ? MmCopyFromMode(&search.cid, ClientId, sizeof search.cid, mode)
                          : STATUS_INVALID_PARAMETER_MIX;
    if (NT_SUCCESS(status) && attributes.ObjectName)
        status = STATUS_INVALID_PARAMETER_MIX;
    if (!NT_SUCCESS(status))
        return status;
    ps_for_each_thread(match, &search);
    if (!search.found)
        return STATUS_INVALID_CID;
    ULONG flags =
        mode == KernelMode ? attributes.Attributes : attributes.Attributes & ~(ULONG)OBJ_KERNEL_HANDLE;
    status = ObOpenObjectByPointer(search.found, flags, NULL, DesiredAccess, PSP->thread_type, mode, &handle);
    ObpDereferenceObject(search.found);
    return NT_SUCCESS(status) ? ObReturnHandle(handle, ThreadHandle, mode) : status;
}

/* On the doomed thread, on its way to user mode. */
static VOID NTAPI terminate_apc(PRKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                                PVOID *Argument1, PVOID *Argument2)
{
    (void)NormalRoutine, (void)NormalContext, (void)Argument1, (void)Argument2;
    PETHREAD thread = CONTAINING_RECORD(Apc, ETHREAD, TerminateApc);
    KiLowerIrql(&thread->Tcb, PASSIVE_LEVEL);
    PspExitThread(thread->TerminateStatus);
}

/*
 * Another thread's end comes when it is on its way back from the system to the client: at once if it waits
 * there for something on behalf of the client, else with its next call that returns. A host thread that is in
 * the client's own code cannot be stopped from outside.
 */
NTSTATUS psp_doom_thread(PETHREAD thread, NTSTATUS status)
{
    UCHAR no = PS_NOT_DOOMED;
    if (atomic_load(&thread->Terminating) ||
        !atomic_compare_exchange_strong(&thread->Doomed, &no, PS_BEING_DOOMED))
        return STATUS_SUCCESS;
    thread->TerminateStatus = status;
    atomic_store(&thread->Doomed, PS_DOOMED);
    KeInitializeApc(&thread->TerminateApc, &thread->Tcb, OriginalApcEnvironment, terminate_apc, NULL,
                    (PKNORMAL_ROUTINE)(PVOID)terminate_apc, UserMode, NULL);
    KiInsertUrgentApc(&thread->TerminateApc);
    KeSetEvent(&thread->Resumed, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

SERVICE(TerminateThread, (HANDLE ThreadHandle, NTSTATUS ExitStatus), (ThreadHandle, ExitStatus))
{
    PETHREAD current = PspCurrentThread(), thread = current;
    if (ThreadHandle) {
        NTSTATUS status = ObReferenceObjectByHandle(ThreadHandle, THREAD_TERMINATE, PSP->thread_type,
                                                    KiPreviousMode(), (PVOID *)&thread, NULL);
        if (!NT_SUCCESS(status))
            return status;
        if (thread != current) {
            status = thread->System ? STATUS_INVALID_PARAMETER : psp_doom_thread(thread, ExitStatus);
            ObpDereferenceObject(thread);
            return status;
        }
        ObpDereferenceObject(thread);
    }
    if (thread->System)
        return STATUS_INVALID_PARAMETER;
    PspExitThread(ExitStatus);
}

struct basic_information { /* THREAD_BASIC_INFORMATION */
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    ULONG_PTR AffinityMask;
    KPRIORITY Priority;
    LONG BasePriority;
};
_Static_assert(sizeof(struct basic_information) == 48, "THREAD_BASIC_INFORMATION");

enum {
    THREAD_BASIC = 0,
    THREAD_TIMES = 1,
    THREAD_WIN32_START = 9,
    THREAD_IS_IO_PENDING = 16,
    THREAD_IS_TERMINATED = 20,
    THREAD_SUBSYSTEM = 45,
};

union thread_answer {
    struct basic_information basic;
    KERNEL_USER_TIMES times;
    PVOID start;
    ULONG number;
};

/* 0: a class that is not told. */
static ULONG thread_answer_size(ULONG class)
{
    switch (class) {
    case THREAD_BASIC:
        return sizeof(struct basic_information);
    case THREAD_TIMES:
        return sizeof(KERNEL_USER_TIMES);
    case THREAD_WIN32_START:
        return sizeof(PVOID);
    case THREAD_IS_IO_PENDING:
    case THREAD_IS_TERMINATED:
    case THREAD_SUBSYSTEM:
        return sizeof(ULONG);
    default:
        return 0;
    }
}

static union thread_answer answer_about(PETHREAD thread, ULONG class)
{
    switch (class) {
    case THREAD_BASIC:
        return (union thread_answer){
            .basic = {exit_status_of(thread), NULL, thread->Cid, psp_thread_affinity(thread),
                      thread->Tcb.Priority,
                      thread->Tcb.BasePriority - 8}}; /* as an increment over the process's */
    case THREAD_TIMES:                                /* when it ended, and what it took, nobody measures */
        return (union thread_answer){.times.CreateTime = thread->CreateTime};
    case THREAD_WIN32_START:
        return (union thread_answer){.start = (PVOID)(ULONG_PTR)thread->StartAddress};
    case THREAD_IS_IO_PENDING:
        return (union thread_answer){.number = !IsListEmpty(&thread->IrpList)};
    case THREAD_IS_TERMINATED:
        return (union thread_answer){.number = atomic_load(&thread->Terminating)};
    default: /* the only subsystem is Win32's */
        return (union thread_answer){.number = 0};
    }
}

SERVICE(QueryInformationThread,
        (HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass, PVOID ThreadInformation,
         ULONG ThreadInformationLength, PULONG ReturnLength),
        (ThreadHandle, ThreadInformationClass, ThreadInformation, ThreadInformationLength, ReturnLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    ULONG class = (ULONG)ThreadInformationClass, size = thread_answer_size(class);
    if (!size)
        return STATUS_INVALID_INFO_CLASS;
    if (ThreadInformationLength != size)
        return STATUS_INFO_LENGTH_MISMATCH;
    PETHREAD thread;
    NTSTATUS status = ObReferenceObjectByHandle(ThreadHandle, THREAD_QUERY_INFORMATION, PSP->thread_type,
                                                mode, (PVOID *)&thread, NULL);
    if (!NT_SUCCESS(status))
        return status;
    union thread_answer answer = answer_about(thread, class);
    status = MmCopyToMode(ThreadInformation, &answer, size, mode);
    ObpDereferenceObject(thread);
    if (NT_SUCCESS(status) && ReturnLength)
        status = MmCopyToMode(ReturnLength, &size, sizeof size, mode);
    return status;
}

SERVICE0(TestAlert)
{
    return KeTestAlertThread(KiPreviousMode()) ? STATUS_ALERTED : STATUS_SUCCESS;
}

SERVICE0(YieldExecution)
{
    host_spin(1000); /* far enough into a spin that it gives the processor away */
    return STATUS_SUCCESS;
}
