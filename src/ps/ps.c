/*
 * Processes and threads: start and stop, the two processes every machine has, the reaper.
 */
#include "psp.h"

#include <ntio/ntio.h>

#include <stdio.h>
#include <stdlib.h>

POBJECT_TYPE *PsProcessType;
POBJECT_TYPE *PsThreadType;
PEPROCESS PsInitialSystemProcess;

static void must(NTSTATUS status, const char *what)
{
    if (NT_SUCCESS(status))
        return;
    char text[128];
    int length =
        snprintf(text, sizeof text, "ntio: cannot start: %s failed with 0x%08X\n", what, (unsigned)status);
    host_log(text, (size_t)length);
    host_abort();
}

void psp_create_types(void)
{
    struct psp_state *ps = PSP;
    static const OB_TYPE_INITIALIZER process = {
        .Name = L"Process",
        .GenericMapping = {STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION,
                           STANDARD_RIGHTS_WRITE | PROCESS_CREATE_PROCESS | PROCESS_CREATE_THREAD |
                               PROCESS_VM_OPERATION | PROCESS_VM_WRITE | PROCESS_DUP_HANDLE |
                               PROCESS_TERMINATE | PROCESS_SET_QUOTA | PROCESS_SET_INFORMATION,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, PROCESS_ALL_ACCESS},
        .ValidAccessMask = PROCESS_ALL_ACCESS,
        .Filterable = TRUE,
        .RetainAccess = SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION,
        .InvalidAttributes = OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENIF,
        .DeleteProcedure = psp_delete_process,
    };
    static const OB_TYPE_INITIALIZER thread = {
        .Name = L"Thread",
        .GenericMapping = {STANDARD_RIGHTS_READ | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION,
                           STANDARD_RIGHTS_WRITE | THREAD_TERMINATE | THREAD_SUSPEND_RESUME | THREAD_ALERT |
                               THREAD_SET_INFORMATION | THREAD_SET_CONTEXT,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, THREAD_ALL_ACCESS},
        .ValidAccessMask = THREAD_ALL_ACCESS,
        .Filterable = TRUE,
        .RetainAccess = SYNCHRONIZE | THREAD_QUERY_LIMITED_INFORMATION | THREAD_RESUME,
        .InvalidAttributes = OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENIF,
        .DeleteProcedure = psp_delete_thread,
    };
    must(ObCreateObjectType(&process, &ps->process_type), "creating the type Process");
    must(ObCreateObjectType(&thread, &ps->thread_type), "creating the type Thread");
    PsProcessType = ObTypePointer(ps->process_type);
    PsThreadType = ObTypePointer(ps->thread_type);
}

void ps_start(void)
{
    struct psp_state *ps = ntio_machine.ps = calloc(1, sizeof *ps);
    if (!ps)
        must(STATUS_NO_MEMORY, "allocating");
    InitializeListHead(&ps->processes);
    KeInitializeEvent(&ps->reap, SynchronizationEvent, FALSE);
    psp_create_types();
    atomic_store(&ps->next_id, 8);
    struct psp_new_process system = {.id = (HANDLE)(ULONG_PTR)4,
                                     .table = ob_kernel_handle_table(),
                                     .image = RTL_CONSTANT_STRING(L"System")};
    must(psp_create_process(&system, &ps->system), "the System process");
    PsInitialSystemProcess = ps->system;
    struct psp_new_process client = {.id = psp_new_id(),
                                     .parent = system.id,
                                     .image = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1\\client.exe"),
                                     .file = RTL_CONSTANT_STRING(L"\\??\\C:\\client.exe"),
                                     .command = RTL_CONSTANT_STRING(L"client.exe")};
    must(psp_create_process(&client, &ps->client), "the client process");
    KeSetThreadHooks(psp_adopt, psp_ending, psp_ended);
    ob_set_reaper(psp_wake_reaper);
}

PEPROCESS ps_system_process(void)
{
    return PSP->system;
}

PEPROCESS ps_client_process(void)
{
    return PSP ? PSP->client : NULL;
}

void ps_set_client_rundown(void (*routine)(void))
{
    PSP->client_rundown = routine;
}

void ps_set_thread_rundown(void (*routine)(PETHREAD))
{
    PSP->rundown = routine;
}

void ps_close_client_handles(void)
{
    struct psp_state *ps = PSP;
    if (!ps || !ps->client)
        return;
    /* In the client's own context, as its drivers would see it on NT. */
    PEPROCESS attached = PspAttach(ps->client);
    ob_handle_table_close_all(ps->client->Handles);
    MmUnmapViews(ps->client);
    PspAttach(attached);
}

void ps_for_each_thread(void (*routine)(PETHREAD, void *), void *context)
{
    struct psp_state *ps = PSP;
    ki_lock(&ps->lock);
    for (PLIST_ENTRY p = ps->processes.Flink; p != &ps->processes; p = p->Flink) {
        PEPROCESS process = CONTAINING_RECORD(p, EPROCESS, ProcessLinks);
        for (PLIST_ENTRY t = process->ThreadList.Flink; t != &process->ThreadList; t = t->Flink)
            routine(CONTAINING_RECORD(t, ETHREAD, ProcessListEntry), context);
    }
    ki_unlock(&ps->lock);
}

static void free_seh(PETHREAD thread, void *context)
{
    (void)context;
    ke_seh_free(&thread->Tcb.Seh);
}

/*
 * After a caught bug check only memory is given back: objects are in pool, which mm takes back whole, and
 * handle tables are ob's.
 */
void ps_stop(void)
{
    struct psp_state *ps = PSP;
    if (!ps)
        return;
    bool crashed = gate_watched() & WATCH_CRASHED;
    if (!crashed)
        ps_close_client_handles();
    ps->rundown = NULL;
    ps->client_rundown = NULL;
    ke_stop_threads();
    if (!crashed)
        ob_reap(); /* while there is still a thread with a process */
    else
        ps_for_each_thread(
            free_seh,
            NULL); /* nobody runs any more; threads stop at the gate, where no lock of ours is held */
    ke_forget_thread();
    ob_set_reaper(NULL);
    if (!crashed) {
        ob_close_kernel_handles(NULL); /* of threads, mostly */
        ObpDereferenceObject(ps->client);
        ObpDereferenceObject(ps->system);
        ob_reap();
    }
    PsInitialSystemProcess = NULL;
    PsProcessType = PsThreadType = NULL;
    free(ps);
    ntio_machine.ps = NULL;
}

/* --- acting for the system --- */

struct ps_system_scope ps_enter_system(void)
{
    PETHREAD thread = PspCurrentThread();
    host_faults_renew();
    struct ps_system_scope scope = {thread->Tcb.PreviousMode, thread->Tcb.InKernel, thread->AttachedProcess};
    thread->Tcb.PreviousMode = KernelMode;
    thread->Tcb.InKernel = TRUE;
    thread->AttachedProcess = PSP->system;
    mm_switch_context();
    return scope;
}

void ps_leave_system(struct ps_system_scope scope)
{
    PETHREAD thread = PspCurrentThread();
    thread->Tcb.PreviousMode = scope.mode;
    thread->AttachedProcess = scope.attached;
    mm_switch_context();
    KiLeaveService(&thread->Tcb, scope.in_kernel);
}

NTIO_API void ntio_run_in_kernel(void (*routine)(void *context), void *context)
{
    struct ps_system_scope scope = ps_enter_system();
    KiCallOnKernelStack(KiCurrentThread(), routine, context);
    ps_leave_system(scope);
}

/* --- the reaper: deletes objects whose last reference went at raised IRQL --- */

static void reap(void *context)
{
    struct psp_state *ps = context;
    for (;;) {
        KeWaitForSingleObject(&ps->reap, Executive, KernelMode, FALSE, NULL);
        ob_reap();
    }
}

static VOID reaper(PVOID context)
{
    KiCallOnKernelStack(KiCurrentThread(), reap, context);
}

void psp_wake_reaper(void)
{
    struct psp_state *ps = PSP;
    BOOLEAN not_yet = FALSE;
    if (atomic_compare_exchange_strong(&ps->reaping, &not_yet, TRUE))
        psp_start_reaper();
    KeSetEvent(&ps->reap, IO_NO_INCREMENT, FALSE);
}

/* Only machines that need one have one. Making a host thread is safe at any IRQL below the device levels. */
void psp_start_reaper(void)
{
    PETHREAD thread;
    struct psp_state *ps = PSP;
    if (!NT_SUCCESS(psp_create_thread(ps->system, PSP_MADE, KernelMode, NULL, &thread)))
        return;
    ob_own(thread);
    thread->System = TRUE;
    thread->StartAddress = reaper;
    thread->StartContext = ps;
    must(ObInsertObject(thread, NULL, 0, 0, NULL, NULL), "the reaper thread");
    atomic_fetch_add(&ps->system->ActiveThreads, 1);
    must(KeStartThread(&thread->Tcb, reaper, ps), "the reaper thread");
}
