/*
 * Named pipes: what is on its way from one end to the other.
 *
 * A writer's bytes go to whoever waits for some and are kept for whoever comes; the writer waits while more
 * than the quota of its direction is kept, and is told when what stands before the end of its bytes fits in
 * it.
 */
#include "np.h"

void np_start_queue(struct np_queue *queue, ULONG quota)
{
    InitializeListHead(&queue->Entries);
    InitializeListHead(&queue->Readers);
    InitializeListHead(&queue->Flushers);
    queue->Quota = quota;
    queue->Bytes = queue->Count = 0;
}

static struct np_entry *first_of(struct np_queue *queue)
{
    return IsListEmpty(&queue->Entries) ? NULL
                                        : CONTAINING_RECORD(queue->Entries.Flink, struct np_entry, Link);
}

static ULONG left_of(const struct np_entry *entry)
{
    return entry->Length - entry->Offset;
}

struct np_entry *np_new_entry(ULONG length)
{
    struct np_entry *entry = MmAllocateSystemPool(sizeof *entry + (SIZE_T)length, NP_TAG);
    if (entry)
        *entry = (struct np_entry){.Length = length};
    return entry;
}

static void end_writer(struct np_work *work, struct np_entry *entry, NTSTATUS status)
{
    PIRP irp = entry->Irp;
    entry->Irp = NULL;
    if (!irp)
        return;
    *np_context(irp) = NULL;
    if (np_take(irp))
        np_end_irp(work, irp, status, NT_SUCCESS(status) ? entry->Length : 0);
}

void np_drop_entry(struct np_work *work, struct np_entry *entry, NTSTATUS status)
{
    struct np_queue *queue = entry->Queue;
    end_writer(work, entry, status);
    RemoveEntryList(&entry->Link);
    queue->Bytes -= left_of(entry);
    queue->Count--;
    MmFreeSystemPool(entry);
}

void np_settle(struct np_work *work, struct np_queue *queue)
{
    ULONGLONG kept = 0;
    for (PLIST_ENTRY at = queue->Entries.Flink; at != &queue->Entries; at = at->Flink) {
        struct np_entry *entry = CONTAINING_RECORD(at, struct np_entry, Link);
        kept += left_of(entry);
        if (kept > queue->Quota)
            break;
        end_writer(work, entry, STATUS_SUCCESS);
    }
    struct np_entry *first = first_of(queue);
    for (PLIST_ENTRY next, at = queue->Flushers.Flink; at != &queue->Flushers; at = next) {
        PIRP irp = CONTAINING_RECORD(at, IRP, Tail.Overlay.ListEntry);
        next = at->Flink;
        if ((!first || first->Number > (ULONG_PTR)*np_context(irp)) && np_take(irp))
            np_end_irp(work, irp, STATUS_SUCCESS, 0);
    }
}

NTSTATUS np_draw(struct np_work *work, struct np_queue *queue, ULONG mode, PUCHAR to, ULONG length,
                 ULONG *got, BOOLEAN peeks)
{
    NTSTATUS status = STATUS_SUCCESS;
    *got = 0;
    for (PLIST_ENTRY next, at = queue->Entries.Flink; at != &queue->Entries; at = next) {
        struct np_entry *entry = CONTAINING_RECORD(at, struct np_entry, Link);
        next = at->Flink;
        ULONG room = length - *got, count = left_of(entry) < room ? left_of(entry) : room;
        BOOLEAN whole = count == left_of(entry);
        if (count)
            memcpy(to + *got, entry->Data + entry->Offset, count);
        *got += count;
        if (!peeks) {
            entry->Offset += count;
            queue->Bytes -= count;
        }
        if (!peeks && whole)
            np_drop_entry(work, entry, STATUS_SUCCESS);
        if (mode == FILE_PIPE_MESSAGE_MODE) {
            if (!whole)
                status = STATUS_BUFFER_OVERFLOW;
            break;
        }
        if (*got == length)
            break;
    }
    if (!peeks)
        np_settle(work, queue);
    return status;
}

NTSTATUS np_put(struct np_work *work, struct np_end *writer, struct np_entry *entry, PIRP irp, ULONG *written)
{
    struct np_instance *instance = writer->Instance;
    struct np_queue *queue = &instance->Queues[!writer->Side];
    struct np_end *reader = instance->Ends[!writer->Side];
    BOOLEAN message = instance->Pipe->Type == FILE_PIPE_MESSAGE_TYPE, given = FALSE;
    *written = entry->Length;
    while (IsListEmpty(&queue->Entries) && !IsListEmpty(&queue->Readers) && !(given && !left_of(entry))) {
        PIRP waiting = CONTAINING_RECORD(queue->Readers.Flink, IRP, Tail.Overlay.ListEntry);
        ULONG room = np_room(waiting), count = left_of(entry) < room ? left_of(entry) : room;
        if (!np_take(waiting))
            continue;
        if (count)
            memcpy(waiting->AssociatedIrp.SystemBuffer, entry->Data + entry->Offset, count);
        entry->Offset += count;
        given = TRUE;
        BOOLEAN cut = left_of(entry) && reader->ReadMode == FILE_PIPE_MESSAGE_MODE;
        np_end_irp(work, waiting, cut ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, count);
    }
    if (given ? !left_of(entry) : !entry->Length && !message) {
        MmFreeSystemPool(entry);
        return STATUS_SUCCESS;
    }
    ULONG space = queue->Quota > queue->Bytes ? queue->Quota - queue->Bytes : 0;
    BOOLEAN fits = left_of(entry) <= space;
    if (!fits && writer->CompletionMode == FILE_PIPE_COMPLETE_OPERATION && !(message && given)) {
        ULONG kept = message ? 0 : space;
        *written = entry->Offset + kept;
        if (!kept) {
            MmFreeSystemPool(entry);
            return STATUS_SUCCESS;
        }
        entry->Length = *written;
        fits = TRUE;
    }
    entry->Queue = queue;
    entry->Number = ++queue->Number;
    InsertTailList(&queue->Entries, &entry->Link);
    queue->Bytes += left_of(entry);
    queue->Count++;
    if (fits || writer->CompletionMode == FILE_PIPE_COMPLETE_OPERATION)
        return STATUS_SUCCESS;
    entry->Irp = irp;
    *np_context(irp) = entry;
    NTSTATUS status = np_wait(work, NULL, irp, NP_WRITE);
    if (status != STATUS_PENDING) {
        entry->Irp = NULL;
        np_drop_entry(work, entry, status);
    }
    return status;
}

void np_break(struct np_work *work, struct np_queue *queue, NTSTATUS status, BOOLEAN empties)
{
    for (PLIST_ENTRY next, at = queue->Entries.Flink; at != &queue->Entries; at = next) {
        struct np_entry *entry = CONTAINING_RECORD(at, struct np_entry, Link);
        next = at->Flink;
        if (entry->Irp || empties)
            np_drop_entry(work, entry, status);
    }
    np_end_all(work, &queue->Readers, status);
    np_end_all(work, &queue->Flushers, status);
}

/* --- requests --- */

static NTSTATUS check_state(const struct np_end *end)
{
    switch (end->Instance ? end->Instance->State : FILE_PIPE_DISCONNECTED_STATE) {
    case FILE_PIPE_DISCONNECTED_STATE:
        return STATUS_PIPE_DISCONNECTED;
    case FILE_PIPE_LISTENING_STATE:
        return STATUS_PIPE_LISTENING;
    case FILE_PIPE_CLOSING_STATE:
        return STATUS_PIPE_CLOSING;
    default:
        return STATUS_SUCCESS;
    }
}

static NTSTATUS read(struct np_work *work, struct np_end *end, PIRP irp, ULONG length, ULONG *got)
{
    NTSTATUS status = check_state(end);
    if (!NT_SUCCESS(status) && status != STATUS_PIPE_CLOSING)
        return status;
    struct np_queue *queue = &end->Instance->Queues[end->Side];
    if (!IsListEmpty(&queue->Entries))
        return np_draw(work, queue, end->ReadMode, irp->AssociatedIrp.SystemBuffer, length, got, FALSE);
    if (status == STATUS_PIPE_CLOSING)
        return STATUS_PIPE_BROKEN;
    if (end->CompletionMode == FILE_PIPE_COMPLETE_OPERATION)
        return STATUS_PIPE_EMPTY;
    irp->Tail.Overlay.DriverContext[1] = (PVOID)(ULONG_PTR)length;
    return np_wait(work, &queue->Readers, irp, NP_READ);
}

/* Waits while there is nothing; STATUS_PIPE_BROKEN at the end, STATUS_PIPE_EMPTY if it is not to wait. */
NTSTATUS np_read(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    struct np_end *end = np_end_of(stack);
    struct np_work work;
    ULONG got = 0;
    if (!end)
        return STATUS_INVALID_DEVICE_REQUEST;
    np_begin(&work);
    NTSTATUS status = read(&work, end, irp, stack->Parameters.Read.Length, &got);
    np_finish(&work);
    *information = got;
    return status;
}

NTSTATUS np_write(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    struct np_end *end = np_end_of(stack);
    ULONG length = stack->Parameters.Write.Length, written = 0;
    struct np_work work;
    if (!end)
        return STATUS_INVALID_DEVICE_REQUEST;
    struct np_entry *entry = np_new_entry(length);
    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (length)
        memcpy(entry->Data, irp->AssociatedIrp.SystemBuffer, length);
    np_begin(&work);
    NTSTATUS status = check_state(end);
    if (NT_SUCCESS(status))
        status = np_put(&work, end, entry, irp, &written);
    else
        MmFreeSystemPool(entry);
    np_finish(&work);
    if (status == STATUS_SUCCESS)
        *information = written;
    return status;
}

/* Until the other end has read what has been written so far. With nobody there, there is nothing to wait for.
 */
NTSTATUS np_flush(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    struct np_end *end = np_end_of(stack);
    struct np_work work;
    (void)information;
    if (!end)
        return STATUS_INVALID_DEVICE_REQUEST;
    np_begin(&work);
    NTSTATUS status = end->Instance ? STATUS_SUCCESS : STATUS_PIPE_DISCONNECTED;
    if (NT_SUCCESS(check_state(end))) {
        struct np_queue *queue = &end->Instance->Queues[!end->Side];
        *np_context(irp) = (PVOID)(ULONG_PTR)queue->Number;
        if (!IsListEmpty(&queue->Entries))
            status = np_wait(&work, &queue->Flushers, irp, NP_FLUSH);
    }
    np_finish(&work);
    return status;
}
