/*
 * Queues: entries, and threads that take them, only so many of which run at a time.
 *
 * A thread belongs to the queue it last took an entry from (KTHREAD.Queue). CurrentCount is how many of those
 * threads are not waiting, for whatever; entries are handed out while it is below MaximumCount. So it goes
 * down when such a thread is about to park (wait.c) and up when its wait ends, and each time it goes down
 * somebody may be woken. Those who wait for an entry are served last come, first served, as in NT: the
 * thread that ran last is the one whose cache is warm. Everything is under the dispatcher lock.
 */
#include "kip.h"

#define CALLER __builtin_return_address(0)

VOID KeInitializeQueue(PRKQUEUE Queue, ULONG Count)
{
    GATE(KeInitializeQueue, Queue, Count);
    kip_init_header(&Queue->Header, QueueObject, sizeof(KQUEUE) / sizeof(LONG), 0);
    InitializeListHead(&Queue->EntryListHead);
    InitializeListHead(&Queue->ThreadListHead);
    Queue->CurrentCount = 0;
    Queue->MaximumCount = Count ? Count : ntio_machine.processors;
}

static PLIST_ENTRY pop(PRKQUEUE queue)
{
    kip_set_state(&queue->Header, kip_state_of(&queue->Header) - 1);
    PLIST_ENTRY entry = RemoveHeadList(&queue->EntryListHead);
    entry->Flink = NULL; /* as NT does; an entry that is removed twice is found out */
    return entry;
}

/* The one that came last of those who wait for an entry. */
static PKTHREAD last_waiter(PRKQUEUE queue)
{
    PLIST_ENTRY head = &queue->Header.WaitListHead;
    for (PLIST_ENTRY at = head->Blink; at != head; at = at->Blink) {
        PKWAIT_BLOCK block = CONTAINING_RECORD(at, KWAIT_BLOCK, WaitListEntry);
        if (block->WaitType == WaitDequeue)
            return block->Thread;
    }
    return NULL;
}

static void give(PKTHREAD thread, PLIST_ENTRY entry, struct kip_wake *wake)
{
    thread->QueueEntry = entry;
    kip_end_wait(thread, STATUS_SUCCESS, wake);
}

static void activate(PRKQUEUE queue, struct kip_wake *wake)
{
    PKTHREAD thread;
    while (!IsListEmpty(&queue->EntryListHead) && queue->CurrentCount < queue->MaximumCount &&
           (thread = last_waiter(queue)) != NULL)
        give(thread, pop(queue), wake);
}

void kip_queue_thread_blocks(PKTHREAD thread, struct kip_wake *wake)
{
    thread->Queue->CurrentCount--;
    activate(thread->Queue, wake);
}

void kip_leave_queue(PKTHREAD thread, struct kip_wake *wake)
{
    PRKQUEUE queue = thread->Queue;
    thread->Queue = NULL;
    RemoveEntryList(&thread->QueueListEntry);
    if (kip_thread_state(thread) != THREAD_WAITING)
        queue->CurrentCount--;
    activate(queue, wake);
}

static void join(PRKQUEUE queue, PKTHREAD thread, struct kip_wake *wake)
{
    if (thread->Queue == queue)
        return;
    if (thread->Queue)
        kip_leave_queue(thread, wake);
    thread->Queue = queue;
    queue->CurrentCount++;
    InsertTailList(&queue->ThreadListHead, &thread->QueueListEntry);
}

bool kip_take_entry(PRKQUEUE queue, PKTHREAD thread, NTSTATUS *status)
{
    if (queue->Header.Abandoned) {
        *status = STATUS_ABANDONED;
        return true;
    }
    /* The thread itself is counted, and gives its place up for the next entry. */
    if (IsListEmpty(&queue->EntryListHead) || queue->CurrentCount > queue->MaximumCount)
        return false;
    thread->QueueEntry = pop(queue);
    *status = STATUS_SUCCESS;
    return true;
}

static LONG insert(PRKQUEUE queue, PLIST_ENTRY entry, bool at_head, const void *caller)
{
    kip_check_object(&queue->Header, caller);
    struct kip_wake wake = kip_lock_dispatcher();
    LONG before = kip_state_of(&queue->Header);
    PKTHREAD waiter = queue->CurrentCount < queue->MaximumCount ? last_waiter(queue) : NULL;
    if (waiter) {
        give(waiter, entry, &wake);
    } else {
        kip_set_state(&queue->Header, before + 1);
        if (at_head)
            InsertHeadList(&queue->EntryListHead, entry);
        else
            InsertTailList(&queue->EntryListHead, entry);
        kip_satisfy(&queue->Header, &wake); /* who waits for the queue to have something, and takes nothing */
    }
    kip_unlock_dispatcher(&wake);
    return before;
}

/* Returns how many entries were there before. (WDK: KeInsertQueue) */
LONG KeInsertQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    GATE(KeInsertQueue, Queue, Entry);
    return insert(Queue, Entry, false, CALLER);
}

LONG KeInsertHeadQueue(PRKQUEUE Queue, PLIST_ENTRY Entry)
{
    GATE(KeInsertHeadQueue, Queue, Entry);
    return insert(Queue, Entry, true, CALLER);
}

NTSTATUS KiRemoveQueue(PRKQUEUE queue, KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER timeout,
                       PLIST_ENTRY *entries, ULONG count, PULONG removed, const void *caller)
{
    PKTHREAD thread = KiCurrentThread();
    PVOID object = queue;
    struct kip_wait wait = {
        .thread = thread,
        .blocks = thread->WaitBlock,
        .objects = &object,
        .count = 1,
        .type = WaitDequeue,
        .mode = mode,
        .alertable = alertable,
        .caller = caller,
    };
    *removed = 0;
    kip_set_timeout(&wait, timeout);
    struct kip_wake wake = kip_lock_dispatcher();
    join(queue, thread, &wake);
    kip_unlock_dispatcher(&wake);
    NTSTATUS status = kip_wait(&wait);
    if (status != STATUS_SUCCESS)
        return status;
    entries[(*removed)++] = thread->QueueEntry;
    if (count == 1)
        return STATUS_SUCCESS;
    wake = kip_lock_dispatcher();
    while (*removed < count && !IsListEmpty(&queue->EntryListHead))
        entries[(*removed)++] = pop(queue);
    kip_unlock_dispatcher(&wake);
    return STATUS_SUCCESS;
}

/*
 * The next entry. STATUS_TIMEOUT, STATUS_USER_APC or STATUS_ABANDONED, cast to a pointer, when there was
 * none. IRQL <= APC_LEVEL, or DISPATCH_LEVEL with a timeout of zero. (WDK: KeRemoveQueue)
 */
PLIST_ENTRY KeRemoveQueue(PRKQUEUE Queue, KPROCESSOR_MODE WaitMode, PLARGE_INTEGER Timeout)
{
    GATE(KeRemoveQueue, Queue, WaitMode, Timeout);
    PLIST_ENTRY entry;
    ULONG removed;
    NTSTATUS status = KiRemoveQueue(Queue, WaitMode, FALSE, Timeout, &entry, 1, &removed, CALLER);
    return status == STATUS_SUCCESS ? entry : (PLIST_ENTRY)(ULONG_PTR)(ULONG)status;
}

/* As many entries as there are, up to Count; waits for the first. A status as KeRemoveQueue's is returned as
 * the one entry. Not in the WDK. */
ULONG KeRemoveQueueEx(PKQUEUE Queue, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                      PLIST_ENTRY *EntryArray, ULONG Count)
{
    GATE(KeRemoveQueueEx, Queue, WaitMode, Timeout, Count);
    ULONG removed;
    NTSTATUS status = KiRemoveQueue(Queue, WaitMode, Alertable, Timeout, EntryArray, Count, &removed, CALLER);
    if (status == STATUS_SUCCESS)
        return removed;
    EntryArray[0] = (PLIST_ENTRY)(ULONG_PTR)(ULONG)status;
    return 1;
}

static void wake_all(PRKQUEUE queue, struct kip_wake *wake)
{
    PKTHREAD thread;
    queue->Header.Abandoned = TRUE;
    while ((thread = last_waiter(queue)) != NULL)
        kip_end_wait(thread, STATUS_ABANDONED, wake);
}

VOID KiAbandonQueue(PRKQUEUE queue)
{
    struct kip_wake wake = kip_lock_dispatcher();
    wake_all(queue, &wake);
    kip_unlock_dispatcher(&wake);
}

/*
 * Takes the queue out of use: whatever is in it is returned, the first entry linked in a ring with the others
 * (NULL: nothing was), and no thread belongs to it any more. (WDK: KeRundownQueue)
 */
PLIST_ENTRY KeRundownQueue(PRKQUEUE Queue)
{
    GATE(KeRundownQueue, Queue);
    struct kip_wake wake = kip_lock_dispatcher();
    wake_all(Queue, &wake);
    PLIST_ENTRY first = IsListEmpty(&Queue->EntryListHead) ? NULL : Queue->EntryListHead.Flink;
    RemoveEntryList(&Queue->EntryListHead);
    InitializeListHead(&Queue->EntryListHead);
    kip_set_state(&Queue->Header, 0);
    while (!IsListEmpty(&Queue->ThreadListHead)) {
        PKTHREAD thread = CONTAINING_RECORD(Queue->ThreadListHead.Flink, KTHREAD, QueueListEntry);
        kip_leave_queue(thread, &wake);
    }
    kip_unlock_dispatcher(&wake);
    return first;
}

/* How many entries there are. */
LONG KeReadStateQueue(PRKQUEUE Queue)
{
    GATE(KeReadStateQueue, Queue);
    return kip_state_of(&Queue->Header);
}
