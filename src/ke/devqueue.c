/*
 * Device queues: a busy flag and the requests that wait, under a spin lock of the queue's own.
 */
#include "kip.h"

VOID KeInitializeDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    GATE(KeInitializeDeviceQueue, DeviceQueue);
    DeviceQueue->Type = DeviceQueueObject;
    DeviceQueue->Size = sizeof(KDEVICE_QUEUE);
    InitializeListHead(&DeviceQueue->DeviceListHead);
    __atomic_store_n(&DeviceQueue->Lock, 0, __ATOMIC_RELAXED);
    DeviceQueue->Busy = FALSE;
}

static BOOLEAN insert(PKDEVICE_QUEUE queue, PKDEVICE_QUEUE_ENTRY entry, const ULONG *key)
{
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLock(&queue->Lock, &handle);
    BOOLEAN inserted = queue->Busy;
    if (key)
        entry->SortKey = *key;
    if (inserted) {
        PLIST_ENTRY before = &queue->DeviceListHead;
        if (key)
            while (before->Blink != &queue->DeviceListHead &&
                   CONTAINING_RECORD(before->Blink, KDEVICE_QUEUE_ENTRY, DeviceListEntry)->SortKey > *key)
                before = before->Blink;
        InsertTailList(before, &entry->DeviceListEntry);
    }
    entry->Inserted = inserted;
    queue->Busy = TRUE;
    KeReleaseInStackQueuedSpinLock(&handle);
    return inserted;
}

/* FALSE: the queue was idle and is busy now, with this request. */
BOOLEAN KeInsertDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    GATE(KeInsertDeviceQueue, DeviceQueue, DeviceQueueEntry);
    return insert(DeviceQueue, DeviceQueueEntry, NULL);
}

BOOLEAN KeInsertByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry,
                                 ULONG SortKey)
{
    GATE(KeInsertByKeyDeviceQueue, DeviceQueue, DeviceQueueEntry, SortKey);
    return insert(DeviceQueue, DeviceQueueEntry, &SortKey);
}

/* The first with at least the key, else the first of all. */
static PLIST_ENTRY choose(PKDEVICE_QUEUE queue, const ULONG *key)
{
    PLIST_ENTRY head = &queue->DeviceListHead, first = head->Flink;
    if (!key)
        return first;
    for (PLIST_ENTRY at = first; at != head; at = at->Flink)
        if (CONTAINING_RECORD(at, KDEVICE_QUEUE_ENTRY, DeviceListEntry)->SortKey >= *key)
            return at;
    return first;
}

static PKDEVICE_QUEUE_ENTRY take(PKDEVICE_QUEUE queue, const ULONG *key)
{
    KLOCK_QUEUE_HANDLE handle;
    PKDEVICE_QUEUE_ENTRY entry = NULL;
    KeAcquireInStackQueuedSpinLock(&queue->Lock, &handle);
    if (!IsListEmpty(&queue->DeviceListHead)) {
        entry = CONTAINING_RECORD(choose(queue, key), KDEVICE_QUEUE_ENTRY, DeviceListEntry);
        RemoveEntryList(&entry->DeviceListEntry);
        entry->Inserted = FALSE;
    } else {
        queue->Busy = FALSE;
    }
    KeReleaseInStackQueuedSpinLock(&handle);
    return entry;
}

/* NULL: nothing waits, and the queue is idle now. */
PKDEVICE_QUEUE_ENTRY KeRemoveDeviceQueue(PKDEVICE_QUEUE DeviceQueue)
{
    GATE(KeRemoveDeviceQueue, DeviceQueue);
    return take(DeviceQueue, NULL);
}

PKDEVICE_QUEUE_ENTRY KeRemoveByKeyDeviceQueue(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    GATE(KeRemoveByKeyDeviceQueue, DeviceQueue, SortKey);
    return take(DeviceQueue, &SortKey);
}

/* As KeRemoveByKeyDeviceQueue, but an idle queue is no mistake. */
PKDEVICE_QUEUE_ENTRY KeRemoveByKeyDeviceQueueIfBusy(PKDEVICE_QUEUE DeviceQueue, ULONG SortKey)
{
    GATE(KeRemoveByKeyDeviceQueueIfBusy, DeviceQueue, SortKey);
    return take(DeviceQueue, &SortKey);
}

/* TRUE: it was in the queue. */
BOOLEAN KeRemoveEntryDeviceQueue(PKDEVICE_QUEUE DeviceQueue, PKDEVICE_QUEUE_ENTRY DeviceQueueEntry)
{
    GATE(KeRemoveEntryDeviceQueue, DeviceQueue, DeviceQueueEntry);
    KLOCK_QUEUE_HANDLE handle;
    KeAcquireInStackQueuedSpinLock(&DeviceQueue->Lock, &handle);
    BOOLEAN was = DeviceQueueEntry->Inserted;
    if (was) {
        DeviceQueueEntry->Inserted = FALSE;
        RemoveEntryList(&DeviceQueueEntry->DeviceListEntry);
    }
    KeReleaseInStackQueuedSpinLock(&handle);
    return was;
}
