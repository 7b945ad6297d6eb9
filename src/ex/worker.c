/*
 * System worker threads: two queues, critical and delayed. Each begins with one thread; a worker that takes
 * an item and leaves nobody idle for the next one starts another before it runs it, so that items may wait
 * for each other, also for one that is queued later.
 */
#include "exp.h"

static void start_worker(struct exp_queue *queue);

static PWORK_QUEUE_ITEM take_item(struct exp_queue *queue, bool *short_handed)
{
    PWORK_QUEUE_ITEM item = NULL;
    ki_lock(&queue->lock);
    queue->idle--;
    if (!IsListEmpty(&queue->items)) {
        item = CONTAINING_RECORD(RemoveHeadList(&queue->items), WORK_QUEUE_ITEM, List);
        item->List.Flink = NULL; /* it may be queued again from now on */
        queue->queued--;
    }
    *short_handed = queue->queued >= queue->idle && queue->workers < EXP_WORKERS && !queue->stopping;
    ki_unlock(&queue->lock);
    return item;
}

static void run(PWORK_QUEUE_ITEM item)
{
    /* The item is the routine's to free. */
    PWORKER_THREAD_ROUTINE routine = item->WorkerRoutine;
    PVOID parameter = (PVOID)item->Parameter;
    routine(parameter);
    PKTHREAD thread = KiCurrentThread();
    if (thread->Irql != PASSIVE_LEVEL)
        KiBugCheck(WORKER_THREAD_RETURNED_AT_BAD_IRQL, (ULONG_PTR)routine, thread->Irql, (ULONG_PTR)parameter,
                   (ULONG_PTR)item, routine);
    if (KiCombinedApcDisable(thread))
        KiBugCheck(APC_INDEX_MISMATCH, (ULONG_PTR)routine, 0, KiCombinedApcDisable(thread), 1, routine);
}

static VOID NTAPI worker(PVOID context)
{
    struct exp_queue *queue = context;
    for (;;) {
        ki_lock(&queue->lock);
        queue->idle++;
        ki_unlock(&queue->lock);
        exp_wait(&queue->work);
        bool short_handed;
        PWORK_QUEUE_ITEM item = take_item(queue, &short_handed);
        if (!item)
            return; /* a unit without an item: the end */
        if (short_handed)
            start_worker(queue);
        run(item);
    }
}

static void start_worker(struct exp_queue *queue)
{
    ki_lock(&queue->lock);
    unsigned mine = queue->workers;
    bool room = mine < EXP_WORKERS && !queue->stopping;
    if (room)
        queue->workers++;
    ki_unlock(&queue->lock);
    if (!room)
        return;
    HANDLE handle;
    PVOID thread = NULL;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, worker, queue);
    if (NT_SUCCESS(status)) {
        status =
            ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &thread, NULL);
        ObCloseHandle(handle, KernelMode);
    }
    ki_lock(&queue->lock);
    queue->threads[mine] = NT_SUCCESS(status) ? thread : NULL;
    ki_unlock(&queue->lock);
}

void exp_workers_start(void)
{
    for (size_t i = 0; i < EXP_QUEUES; i++) {
        struct exp_queue *queue = &exp_state()->queues[i];
        InitializeListHead(&queue->items);
        KeInitializeSemaphore(&queue->work, 0, MAXLONG);
        start_worker(queue);
    }
}

void exp_workers_stop(void)
{
    for (size_t i = 0; i < EXP_QUEUES; i++) {
        struct exp_queue *queue = &exp_state()->queues[i];
        ki_lock(&queue->lock);
        queue->stopping = true;
        unsigned workers = queue->workers;
        ki_unlock(&queue->lock);
        KeReleaseSemaphore(&queue->work, 0, (LONG)workers, FALSE);
        for (unsigned j = 0; j < workers; j++) {
            PVOID thread = queue->threads[j];
            if (!thread)
                continue;
            exp_wait(thread);
            ObDereferenceObject(thread);
        }
    }
}

static struct exp_queue *queue_of(WORK_QUEUE_TYPE type)
{
    bool delayed = type == DelayedWorkQueue || type == NormalWorkQueue || type == BackgroundWorkQueue;
    return &exp_state()->queues[delayed];
}

/* WDK: "Bug Check 0xE4": 1 for an item that is queued already, 6 for a queue that does not exist, 7 without a
 * routine. */
VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType)
{
    GATE(ExQueueWorkItem, WorkItem, QueueType);
    const void *caller = __builtin_return_address(0);
    if (QueueType >= MaximumWorkQueue && QueueType < CustomPriorityWorkQueue)
        KiBugCheck(WORKER_INVALID, 6, (ULONG_PTR)WorkItem, QueueType, 0, caller);
    if (!WorkItem->WorkerRoutine)
        KiBugCheck(WORKER_INVALID, 7, (ULONG_PTR)WorkItem, QueueType, 0, caller);
    struct exp_queue *queue = queue_of(QueueType);
    ki_lock(&queue->lock);
    bool active = WorkItem->List.Flink != NULL;
    if (!active) {
        InsertTailList(&queue->items, &WorkItem->List);
        queue->queued++;
    }
    ki_unlock(&queue->lock);
    if (active)
        KiBugCheck(WORKER_INVALID, 1, (ULONG_PTR)WorkItem, QueueType, 0, caller);
    KeReleaseSemaphore(&queue->work, 0, 1, FALSE);
}
