/*
 * Going on in another process: a driver's thread (KeStackAttachProcess), and the system's own.
 */
#include "psp.h"

#include <string.h>

PEPROCESS PspAttach(PEPROCESS process)
{
    PETHREAD thread = PspCurrentThread();
    PEPROCESS before = thread->AttachedProcess;
    thread->AttachedProcess = process == thread->Process ? NULL : process;
    mm_switch_context();
    return before;
}

struct ps_visit PspVisit(PEPROCESS process)
{
    PETHREAD thread = PspCurrentThread();
    struct ps_visit visit = {thread->AttachedProcess, thread->Visiting, TRUE};
    if (PspCurrentProcess() == process && !thread->Tcb.InDpc) {
        visit.begun = FALSE;
        return visit;
    }
    thread->AttachedProcess = process == thread->Process ? NULL : process;
    thread->Visiting = TRUE;
    return visit;
}

void PspEndVisit(struct ps_visit visit)
{
    PETHREAD thread = PspCurrentThread();
    thread->AttachedProcess = visit.attached;
    thread->Visiting = visit.visiting;
    mm_switch_context();
}

static void check_attach(PEPROCESS process, const void *caller)
{
    PETHREAD thread = PspCurrentThread();
    if (thread->Tcb.InDpc)
        KiBugCheck(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)process, (ULONG_PTR)thread->Process,
                   thread->AttachedProcess != NULL, 1, caller);
}

/* The current thread goes on in another process: its handles and its memory. Undone by
 * KeUnstackDetachProcess. Bug check 0x5 in a DPC. (WDK: KeStackAttachProcess) */
VOID NTAPI KeStackAttachProcess(PRKPROCESS Process, PRKAPC_STATE ApcState)
{
    GATE(KeStackAttachProcess, Process, ApcState);
    check_attach((PEPROCESS)(PVOID)Process, __builtin_return_address(0));
    memset(ApcState, 0, sizeof *ApcState);
    ApcState->Process = (PVOID)PspAttach((PEPROCESS)(PVOID)Process);
}

VOID NTAPI KeUnstackDetachProcess(PRKAPC_STATE ApcState)
{
    GATE(KeUnstackDetachProcess, ApcState);
    PspAttach((PEPROCESS)(PVOID)ApcState->Process);
}

/* The older pair, which does not nest: attached already, it is bug check 0x5. Exported by NT, not documented.
 */
VOID NTAPI KeAttachProcess(PRKPROCESS Process)
{
    GATE(KeAttachProcess, Process);
    PETHREAD thread = PspCurrentThread();
    PEPROCESS process = (PEPROCESS)(PVOID)Process;
    check_attach(process, __builtin_return_address(0));
    if (thread->AttachedProcess && PspCurrentProcess() != process)
        KiBugCheck(INVALID_PROCESS_ATTACH_ATTEMPT, (ULONG_PTR)process, (ULONG_PTR)thread->Process, TRUE, 0,
                   __builtin_return_address(0));
    PspAttach(process);
}

VOID NTAPI KeDetachProcess(VOID)
{
    GATE(KeDetachProcess);
    PspAttach(NULL);
}
