/*
 * Who is told of processes, threads and images: the three tables of notify routines, and calling them.
 *
 * A routine is called with no lock held. Taking one out waits until it runs nowhere any more, as NT's
 * callback objects do.
 */
#include "psp.h"

static bool is_inside(const struct psp_notify *notify)
{
    for (const struct psp_call *call = PspCurrentThread()->Calls; call; call = call->outer)
        if (call->notify == notify)
            return true;
    return false;
}

static struct psp_notify *find(struct psp_notify_table *table, PVOID routine, ULONG kind)
{
    for (unsigned i = 0; i < PSP_NOTIFY_MOST; i++)
        if (table->entry[i].routine == routine && table->entry[i].kind == kind)
            return &table->entry[i];
    return NULL;
}

/* False: the table is full, or (unique) has the routine. */
static bool add(struct psp_notify_table *table, PVOID routine, ULONG kind, bool unique)
{
    ki_lock(&PSP->notify_lock);
    bool fits = !(unique && find(table, routine, kind));
    struct psp_notify *free = NULL;
    for (unsigned i = 0; i < PSP_NOTIFY_MOST && fits && !free; i++)
        if (!table->entry[i].routine && !table->entry[i].running)
            free = &table->entry[i];
    if (free) {
        *free = (struct psp_notify){routine, kind, 0};
        atomic_fetch_add(&table->count, 1);
    }
    ki_unlock(&PSP->notify_lock);
    return free != NULL;
}

static bool is_running(const struct psp_notify *notify)
{
    ki_lock(&PSP->notify_lock);
    bool running = notify->running != 0;
    ki_unlock(&PSP->notify_lock);
    return running;
}

static NTSTATUS take_out(struct psp_notify_table *table, PVOID routine, ULONG kind, const void *caller)
{
    ki_lock(&PSP->notify_lock);
    struct psp_notify *notify = routine ? find(table, routine, kind) : NULL;
    if (notify) {
        notify->routine = NULL;
        atomic_fetch_sub(&table->count, 1);
    }
    ki_unlock(&PSP->notify_lock);
    if (!notify)
        return STATUS_PROCEDURE_NOT_FOUND;
    if (is_inside(notify)) {
        char place[256];
        host_call_site(caller, place, sizeof place);
        machine_violation("a notify routine removes itself while it runs, from %s: Windows would wait for it "
                          "for ever",
                          place);
        return STATUS_SUCCESS;
    }
    LARGE_INTEGER pause = {.QuadPart = -1000};
    while (is_running(notify))
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
    return STATUS_SUCCESS;
}

/* --- calling --- */

struct round {
    struct psp_notify_table *table;
    unsigned next;
    struct psp_call call;
    BOOLEAN was;
};

static void begin_round(struct round *round, struct psp_notify_table *table)
{
    PETHREAD thread = PspCurrentThread();
    *round = (struct round){.table = table};
    round->was = KiEnterService(&thread->Tcb);
    KeEnterCriticalRegion();
    round->call.outer = thread->Calls;
    thread->Calls = &round->call;
}

static void release(struct psp_notify *notify)
{
    ki_lock(&PSP->notify_lock);
    notify->running--;
    ki_unlock(&PSP->notify_lock);
}

/* The next routine, which cannot go before the one after it is asked for. */
static bool next_routine(struct round *round, PVOID *routine, ULONG *kind)
{
    struct psp_notify *found = NULL;
    if (round->call.notify)
        release(round->call.notify);
    ki_lock(&PSP->notify_lock);
    while (round->next < PSP_NOTIFY_MOST && !found) {
        struct psp_notify *notify = &round->table->entry[round->next++];
        if (notify->routine)
            found = notify;
    }
    if (found) {
        found->running++;
        *routine = found->routine;
        *kind = found->kind;
    }
    ki_unlock(&PSP->notify_lock);
    round->call.notify = found;
    return found != NULL;
}

static void end_round(struct round *round)
{
    PETHREAD thread = PspCurrentThread();
    thread->Calls = round->call.outer;
    KeLeaveCriticalRegion();
    KiLeaveService(&thread->Tcb, round->was);
}

void psp_tell_process(PEPROCESS process, PPS_CREATE_NOTIFY_INFO info)
{
    struct round round;
    PVOID routine;
    ULONG kind;
    if (!atomic_load(&PSP->processes_told.count))
        return;
    begin_round(&round, &PSP->processes_told);
    while (next_routine(&round, &routine, &kind)) {
        if (kind == PSP_NOTIFY_PLAIN)
            ((PCREATE_PROCESS_NOTIFY_ROUTINE)routine)(process->ParentProcessId, process->UniqueProcessId,
                                                      info != NULL);
        else
            ((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)routine)(process, process->UniqueProcessId, info);
    }
    end_round(&round);
}

static void tell_thread(PETHREAD thread, BOOLEAN create, bool plain, bool others)
{
    struct round round;
    PVOID routine;
    ULONG kind;
    if (!atomic_load(&PSP->threads_told.count))
        return;
    begin_round(&round, &PSP->threads_told);
    while (next_routine(&round, &routine, &kind))
        if (kind == PSP_NOTIFY_PLAIN ? plain : others && !thread->System)
            ((PCREATE_THREAD_NOTIFY_ROUTINE)routine)(thread->Cid.UniqueProcess, thread->Cid.UniqueThread,
                                                     create);
    end_round(&round);
}

void psp_tell_thread(PETHREAD thread, BOOLEAN create)
{
    tell_thread(thread, create, true, !create);
}

void psp_tell_own_birth(PETHREAD thread)
{
    if (!thread->BirthTold)
        tell_thread(thread, TRUE, false, true);
    thread->BirthTold = TRUE;
}

bool PspImagesAreTold(void)
{
    return atomic_load(&PSP->images_told.count) != 0;
}

void PspTellImage(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info)
{
    struct round round;
    PVOID routine;
    ULONG kind;
    if (!PspImagesAreTold())
        return;
    begin_round(&round, &PSP->images_told);
    while (next_routine(&round, &routine, &kind))
        ((PLOAD_IMAGE_NOTIFY_ROUTINE)routine)(name, process, info);
    end_round(&round);
}

/* --- what a driver left --- */

static ULONG forget(struct psp_notify_table *table, const void *base, size_t size, const char *driver,
                    const char *what)
{
    ULONG count = 0;
    for (unsigned i = 0; i < PSP_NOTIFY_MOST; i++) {
        ki_lock(&PSP->notify_lock);
        PVOID routine = table->entry[i].routine;
        bool left = routine && (uintptr_t)routine - (uintptr_t)base < size;
        if (left) {
            table->entry[i].routine = NULL;
            atomic_fetch_sub(&table->count, 1);
        }
        ki_unlock(&PSP->notify_lock);
        if (left) {
            char place[256];
            host_place(routine, place, sizeof place);
            machine_violation("%s left its %s notify routine %s registered", driver, what, place);
            count++;
        }
    }
    return count;
}

ULONG ps_report_left(const void *base, size_t size, const char *driver)
{
    struct psp_state *ps = PSP;
    return forget(&ps->processes_told, base, size, driver, "process") +
           forget(&ps->threads_told, base, size, driver, "thread") +
           forget(&ps->images_told, base, size, driver, "image") + psp_report_threads(base, size, driver);
}

/* --- DDIs --- */

static NTSTATUS set_process(PVOID routine, ULONG kind, BOOLEAN remove, const void *caller)
{
    if (remove)
        return take_out(&PSP->processes_told, routine, kind, caller);
    return routine && add(&PSP->processes_told, routine, kind, true) ? STATUS_SUCCESS
                                                                     : STATUS_INVALID_PARAMETER;
}

/*
 * Called in the context of the thread that creates a process, and of the last one that leaves it.
 * STATUS_INVALID_PARAMETER: registered already, or there are 64. Removing: STATUS_PROCEDURE_NOT_FOUND when it
 * is not. IRQL PASSIVE_LEVEL. (WDK: PsSetCreateProcessNotifyRoutine)
 */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove)
{
    GATE(PsSetCreateProcessNotifyRoutine, NotifyRoutine, Remove);
    return set_process((PVOID)NotifyRoutine, PSP_NOTIFY_PLAIN, Remove, __builtin_return_address(0));
}

/*
 * As above, with the facts, and may refuse the process through CreationStatus. Windows wants the driver's
 * image linked with /INTEGRITYCHECK (else STATUS_ACCESS_DENIED); an image has no such flag here. (WDK:
 * PsSetCreateProcessNotifyRoutineEx)
 */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine,
                                                 BOOLEAN Remove)
{
    GATE(PsSetCreateProcessNotifyRoutineEx, NotifyRoutine, Remove);
    return set_process((PVOID)NotifyRoutine, PSP_NOTIFY_EX, Remove, __builtin_return_address(0));
}

/* The only type is PsCreateProcessNotifySubsystems; every process here is a Win32 one. (WDK:
 * PsSetCreateProcessNotifyRoutineEx2) */
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType,
                                                  PVOID NotifyInformation, BOOLEAN Remove)
{
    GATE(PsSetCreateProcessNotifyRoutineEx2, NotifyType, NotifyInformation, Remove);
    if (NotifyType != PsCreateProcessNotifySubsystems)
        return STATUS_INVALID_PARAMETER;
    return set_process(NotifyInformation, PSP_NOTIFY_EX2, Remove, __builtin_return_address(0));
}

/* Creation is told in the creating thread, the end in the ending one. STATUS_INSUFFICIENT_RESOURCES: there
 * are
 * 64. (WDK: PsSetCreateThreadNotifyRoutine) */
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    GATE(PsSetCreateThreadNotifyRoutine, NotifyRoutine);
    return add(&PSP->threads_told, (PVOID)NotifyRoutine, PSP_NOTIFY_PLAIN, false)
               ? STATUS_SUCCESS
               : STATUS_INSUFFICIENT_RESOURCES;
}

/* With PsCreateThreadNotifyNonSystem the new thread itself tells, and system threads are left out. (WDK:
 * PsSetCreateThreadNotifyRoutineEx) */
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(PSCREATETHREADNOTIFYTYPE NotifyType, PVOID NotifyInformation)
{
    GATE(PsSetCreateThreadNotifyRoutineEx, NotifyType, NotifyInformation);
    if (NotifyType != PsCreateThreadNotifyNonSystem && NotifyType != PsCreateThreadNotifySubsystems)
        return STATUS_INVALID_PARAMETER;
    return add(&PSP->threads_told, NotifyInformation,
               NotifyType == PsCreateThreadNotifyNonSystem ? PSP_NOTIFY_EX : PSP_NOTIFY_PLAIN, false)
               ? STATUS_SUCCESS
               : STATUS_INSUFFICIENT_RESOURCES;
}

/* STATUS_PROCEDURE_NOT_FOUND. (WDK: PsRemoveCreateThreadNotifyRoutine) */
NTSTATUS NTAPI PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    GATE(PsRemoveCreateThreadNotifyRoutine, NotifyRoutine);
    NTSTATUS status =
        take_out(&PSP->threads_told, (PVOID)NotifyRoutine, PSP_NOTIFY_PLAIN, __builtin_return_address(0));
    return status != STATUS_PROCEDURE_NOT_FOUND ? status
                                                : take_out(&PSP->threads_told, (PVOID)NotifyRoutine,
                                                           PSP_NOTIFY_EX, __builtin_return_address(0));
}

/* Told when the image of a process or a driver (ProcessId 0) has been mapped, before it runs. (WDK:
 * PsSetLoadImageNotifyRoutine) */
NTSTATUS NTAPI PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    GATE(PsSetLoadImageNotifyRoutine, NotifyRoutine);
    return add(&PSP->images_told, (PVOID)NotifyRoutine, PSP_NOTIFY_PLAIN, false)
               ? STATUS_SUCCESS
               : STATUS_INSUFFICIENT_RESOURCES;
}

/* Of the flags only PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE is known; no image here is of another
 * architecture. STATUS_INVALID_PARAMETER_2. (WDK: PsSetLoadImageNotifyRoutineEx) */
NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags)
{
    GATE(PsSetLoadImageNotifyRoutineEx, NotifyRoutine, Flags);
    if (Flags & ~(ULONG_PTR)PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE)
        return STATUS_INVALID_PARAMETER_2;
    return add(&PSP->images_told, (PVOID)NotifyRoutine, PSP_NOTIFY_PLAIN, false)
               ? STATUS_SUCCESS
               : STATUS_INSUFFICIENT_RESOURCES;
}

/* STATUS_PROCEDURE_NOT_FOUND. (WDK: PsRemoveLoadImageNotifyRoutine) */
NTSTATUS NTAPI PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    GATE(PsRemoveLoadImageNotifyRoutine, NotifyRoutine);
    return take_out(&PSP->images_told, (PVOID)NotifyRoutine, PSP_NOTIFY_PLAIN, __builtin_return_address(0));
}
