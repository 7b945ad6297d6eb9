/*
 * DPCs. Each waits in the queue of a thread (who queued it) or of a processor; DpcData points to the queue
 * while it does. Claiming a DPC is one compare-and-swap of DpcData, the list has a lock because anybody may
 * remove it.
 */
#include "kip.h"
#include "../mm/mm.h"

#define TARGETED 0x500 /* added to Number by KeSetTargetProcessorDpc, as NT does */

void kip_init_dpc_queue(struct ke_dpc_queue *queue)
{
    InitializeListHead(&queue->List);
}

static void init_dpc(PRKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context, UCHAR type)
{
    dpc->Type = type;
    dpc->Importance = MediumImportance;
    dpc->Number = 0;
    dpc->DeferredRoutine = routine;
    dpc->DeferredContext = context;
    dpc->SystemArgument1 = dpc->SystemArgument2 = NULL;
    __atomic_store_n(&dpc->DpcData, NULL, __ATOMIC_RELAXED);
}

VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    GATE(KeInitializeDpc, Dpc, DeferredRoutine, DeferredContext);
    init_dpc(Dpc, DeferredRoutine, DeferredContext, DpcObject);
}

/*
 * A threaded DPC runs at PASSIVE_LEVEL, in a thread of its processor, and thus never before KeInsertQueueDpc
 * returns; like any DPC it must not wait. (WDK: Introduction to Threaded DPCs)
 */
VOID KeInitializeThreadedDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext)
{
    GATE(KeInitializeThreadedDpc, Dpc, DeferredRoutine, DeferredContext);
    init_dpc(Dpc, DeferredRoutine, DeferredContext, ThreadedDpcObject);
}

VOID KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance)
{
    GATE(KeSetImportanceDpc, Dpc, Importance);
    Dpc->Importance = (UCHAR)Importance;
}

/* Nothing changes for a processor that is none. (WDK: KeSetTargetProcessorDpc) */
VOID KeSetTargetProcessorDpc(PRKDPC Dpc, CCHAR Number)
{
    GATE(KeSetTargetProcessorDpc, Dpc, Number);
    if ((UCHAR)Number < ntio_machine.processors)
        Dpc->Number = (USHORT)(TARGETED + Number);
}

NTSTATUS KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber)
{
    GATE(KeSetTargetProcessorDpcEx, Dpc, ProcNumber);
    if (ProcNumber->Group != 0 || ProcNumber->Reserved != 0 || ProcNumber->Number >= ntio_machine.processors)
        return STATUS_INVALID_PARAMETER;
    Dpc->Number = (USHORT)(TARGETED + ProcNumber->Number);
    return STATUS_SUCCESS;
}

/* Puts the DPC into its target's queue, by default the caller's own; false: it is queued already. */
bool kip_queue_dpc(PKDPC dpc, PVOID argument1, PVOID argument2, struct ke_dpc_queue *own, UCHAR own_processor)
{
    struct kip_processor *target = NULL;
    struct ke_dpc_queue *queue = own;
    if (dpc->Number >= TARGETED) {
        unsigned number = (unsigned)(dpc->Number - TARGETED);
        if (number != own_processor && number < ntio_machine.processors && number < KIP_PROCESSORS) {
            target = &kip()->processors[number];
            queue = &target->dpcs;
        }
    }
    if (dpc->Type == ThreadedDpcObject) {
        if (!target)
            target = &kip()->processors[own_processor % KIP_PROCESSORS];
        queue = &target->threaded;
    }
    PVOID nobody = NULL;
    ki_lock(&queue->Lock);
    if (!__atomic_compare_exchange_n(&dpc->DpcData, &nobody, (PVOID)queue, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED)) {
        ki_unlock(&queue->Lock);
        return false;
    }
    dpc->SystemArgument1 = argument1;
    dpc->SystemArgument2 = argument2;
    if (dpc->Importance == HighImportance)
        InsertHeadList(&queue->List, &dpc->DpcListEntry);
    else
        InsertTailList(&queue->List, &dpc->DpcListEntry);
    atomic_fetch_add(&queue->Count, 1);
    ki_unlock(&queue->Lock);
    if (target)
        kip_start_processor(target);
    return true;
}

/* FALSE: it was queued already, and its arguments are those of the first time. */
BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    GATE(KeInsertQueueDpc, Dpc, SystemArgument1, SystemArgument2);
    PKTHREAD thread = KiCurrentThread();
    if (!kip_queue_dpc(Dpc, SystemArgument1, SystemArgument2, &thread->Dpcs, thread->Processor))
        return FALSE;
    if (thread->Irql < DISPATCH_LEVEL)
        KiLowerIrql(thread, thread->Irql);
    return TRUE;
}

BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc)
{
    GATE(KeRemoveQueueDpc, Dpc);
    struct ke_dpc_queue *queue;
    while ((queue = __atomic_load_n(&Dpc->DpcData, __ATOMIC_ACQUIRE))) {
        ki_lock(&queue->Lock);
        if (__atomic_load_n(&Dpc->DpcData, __ATOMIC_RELAXED) != queue) {
            ki_unlock(&queue->Lock);
            continue;
        }
        RemoveEntryList(&Dpc->DpcListEntry);
        atomic_fetch_sub(&queue->Count, 1);
        __atomic_store_n(&Dpc->DpcData, NULL, __ATOMIC_RELEASE);
        ki_unlock(&queue->Lock);
        return TRUE;
    }
    return FALSE;
}

/* A DPC's routine, taken out of the DPC before it runs: it may queue or free its own DPC. */
struct dpc_call {
    PKDPC dpc;
    PKDEFERRED_ROUTINE routine;
    PVOID context, argument1, argument2;
};

static bool take_dpc(struct ke_dpc_queue *queue, struct dpc_call *call)
{
    bool taken = false;
    ki_lock(&queue->Lock);
    if (!IsListEmpty(&queue->List)) {
        PKDPC dpc = CONTAINING_RECORD(RemoveHeadList(&queue->List), KDPC, DpcListEntry);
        *call = (struct dpc_call){dpc, dpc->DeferredRoutine, dpc->DeferredContext, dpc->SystemArgument1,
                                  dpc->SystemArgument2};
        atomic_fetch_sub(&queue->Count, 1);
        __atomic_store_n(&dpc->DpcData, NULL, __ATOMIC_RELEASE);
        taken = true;
    }
    ki_unlock(&queue->Lock);
    return taken;
}

static void report_held(const void *routine)
{
    char place[200];
    host_place(routine, place, sizeof place);
    machine_violation(
        "the DPC routine %s returned with a spin lock held: KeReleaseSpinLockFromDpcLevel is missing", place);
}

static void call_dpc(PKTHREAD thread, const struct dpc_call *call, KIRQL irql)
{
    LONG held = thread->SpinLocksHeld;
    call->routine(call->dpc, call->context, call->argument1, call->argument2);
    if (__builtin_expect(thread->Irql != irql, 0))
        KiBugCheck(IRQL_UNEXPECTED_VALUE, (ULONG_PTR)thread->Irql << 16 | (ULONG_PTR)irql << 8,
                   (ULONG_PTR)call->routine, 0, 0, (const void *)(ULONG_PTR)call->routine);
    if (__builtin_expect(thread->SpinLocksHeld > held, 0))
        report_held((const void *)(ULONG_PTR)call->routine);
}

static void run_dpcs(void *context)
{
    struct ke_dpc_queue *queue = context;
    PKTHREAD thread = KiThread;
    struct dpc_call call;
    while (take_dpc(queue, &call))
        call_dpc(thread, &call, DISPATCH_LEVEL);
}

void kip_drain_dpcs(PKTHREAD thread, struct ke_dpc_queue *queue)
{
    BOOLEAN in_kernel = thread->InKernel;
    KPROCESSOR_MODE mode = thread->PreviousMode;
    atomic_store(&queue->Draining, 1);
    if (__builtin_expect(gate_watched() & WATCH_PAGED, 0))
        KiForbidPaged(thread, DISPATCH_LEVEL);
    thread->InDpc = TRUE;
    thread->InKernel = TRUE;
    thread->PreviousMode = KernelMode;
    mm_leave_context();
    KiCallOnNewStack(thread, run_dpcs, queue); /* NT has one for DPCs on each processor */
    thread->PreviousMode = mode;
    thread->InKernel = in_kernel;
    thread->InDpc = FALSE;
    atomic_store(&queue->Draining, 0);
    atomic_fetch_add(&queue->Drains, 1);
}

/* On a processor's thread, at PASSIVE_LEVEL. False: there were none. */
static bool drain_threaded(PKTHREAD thread, struct ke_dpc_queue *queue)
{
    struct dpc_call call;
    if (!atomic_load(&queue->Count))
        return false;
    atomic_store(&queue->Draining, 1);
    while (take_dpc(queue, &call))
        call_dpc(thread, &call, PASSIVE_LEVEL);
    atomic_store(&queue->Draining, 0);
    atomic_fetch_add(&queue->Drains, 1);
    return true;
}

/* --- processors --- */

static void serve_processor(void *context)
{
    struct kip_processor *processor = context;
    PKTHREAD thread = KiCurrentThread();
    thread->Processor = processor->number;
    atomic_store(&processor->thread, thread);
    for (;;) {
        uint64_t next = HOST_FOREVER;
        thread->Irql = DISPATCH_LEVEL;
        if (processor->number == 0)
            next = kip_run_timers(&processor->dpcs);
        while (atomic_load(&processor->dpcs.Count))
            kip_drain_dpcs(thread, &processor->dpcs);
        KiLowerIrql(thread, PASSIVE_LEVEL);
        if (!drain_threaded(thread, &processor->threaded))
            kip_park(thread, next);
    }
}

static VOID run_processor(PVOID context)
{
    KiCallOnKernelStack(KiCurrentThread(), serve_processor, context);
}

/* Makes the processor's thread, if it is not there yet, and makes it look at what it has to do. */
void kip_start_processor(struct kip_processor *processor)
{
    if (!atomic_exchange(&processor->started, true) &&
        KeStartThread(NULL, run_processor, processor) != STATUS_SUCCESS)
        machine_violation("no thread for processor %u: its DPCs and timers do not run", processor->number);
    PKTHREAD thread = atomic_load(&processor->thread);
    if (thread)
        host_unpark(&thread->Parker);
}

/* A queue that had something to run when the flush began. */
struct busy_queue {
    struct kip_thread *owner; /* NULL: a processor's */
    PKTHREAD thread;
    struct ke_dpc_queue *queue;
    unsigned drains;
};

enum { BUSY_MOST = 2 * KIP_PROCESSORS + 64 };

static bool is_busy(struct ke_dpc_queue *queue)
{
    return atomic_load(&queue->Count) || atomic_load(&queue->Draining);
}

/* Queues of threads live as long as the threads: they are looked at under the list's lock only. */
static unsigned find_busy(struct busy_queue *busy, PKTHREAD self)
{
    struct kip_state *ke = kip();
    unsigned count = 0;
    for (unsigned i = 0; i < KIP_PROCESSORS; i++) {
        struct ke_dpc_queue *queues[] = {&ke->processors[i].dpcs, &ke->processors[i].threaded};
        for (unsigned j = 0; j < 2; j++)
            if (is_busy(queues[j]))
                busy[count++] = (struct busy_queue){NULL, NULL, queues[j], atomic_load(&queues[j]->Drains)};
    }
    ki_lock(&ke->threads_lock);
    for (struct kip_thread *at = ke->threads; at && count < BUSY_MOST; at = at->next)
        if (at->thread && at->thread != self && is_busy(&at->thread->Dpcs))
            busy[count++] =
                (struct busy_queue){at, at->thread, &at->thread->Dpcs, atomic_load(&at->thread->Dpcs.Drains)};
    ki_unlock(&ke->threads_lock);
    return count;
}

static bool still_busy(const struct busy_queue *busy)
{
    struct kip_state *ke = kip();
    bool is = false;
    if (!busy->owner)
        return is_busy(busy->queue) && atomic_load(&busy->queue->Drains) == busy->drains;
    ki_lock(&ke->threads_lock);
    for (struct kip_thread *at = ke->threads; at; at = at->next)
        if (at == busy->owner && at->thread == busy->thread)
            is = is_busy(busy->queue) && atomic_load(&busy->queue->Drains) == busy->drains;
    ki_unlock(&ke->threads_lock);
    return is;
}

void kip_flush_dpcs(PKTHREAD self)
{
    struct busy_queue busy[BUSY_MOST];
    const uint64_t pause = 500; /* 50 microseconds */
    unsigned count = find_busy(busy, self);
    for (unsigned i = 0; i < count;) {
        if (!still_busy(&busy[i])) {
            i++;
            continue;
        }
        struct host_parker nap = {0};
        host_park(&nap, host_clock() + pause);
        if (gate_watched() & WATCH_CRASHED)
            KiStopCrashedThread();
    }
}

/* Waits until what is queued now, on whatever thread or processor, has run. */
VOID KeFlushQueuedDpcs(VOID)
{
    GATE(KeFlushQueuedDpcs);
    PKTHREAD thread = KiCurrentThread();
    KiLowerIrql(thread, thread->Irql);
    kip_flush_dpcs(thread);
}

BOOLEAN KeIsExecutingDpc(VOID)
{
    GATE(KeIsExecutingDpc);
    return KiCurrentThread()->InDpc;
}
