/*
 * Named pipes: listening, disconnecting, waiting for an instance, transactions, and what is known of a pipe.
 */
#include "np.h"

/* --- clients that wait for an instance --- */

struct np_waiter {
    LIST_ENTRY Link; /* of np_state.Waiters, as long as it has an IRP */
    PIRP Irp;        /* NULL: it was told, and the timer frees this */
    BOOLEAN Endless; /* the timer is not set */
    KTIMER Timer;
    KDPC Dpc;
    UNICODE_STRING Name;
    WCHAR Text[];
};

/* Under the lock. The timer's routine may be under way, and then frees it. */
static void forget_waiter(struct np_waiter *waiter)
{
    *np_context(waiter->Irp) = NULL;
    waiter->Irp = NULL;
    RemoveEntryList(&waiter->Link);
    if (waiter->Endless || KeCancelTimer(&waiter->Timer))
        MmFreeSystemPool(waiter);
}

void np_drop_waiter(PVOID waiter)
{
    forget_waiter(waiter);
}

static VOID NTAPI waited_enough(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    struct np_waiter *waiter = context;
    struct np_work work;
    (void)dpc, (void)argument1, (void)argument2;
    np_begin(&work);
    PIRP irp = waiter->Irp;
    if (irp) {
        *np_context(irp) = NULL;
        RemoveEntryList(&waiter->Link);
        if (np_take(irp))
            np_end_irp(&work, irp, STATUS_IO_TIMEOUT, 0);
    }
    np_finish(&work);
    MmFreeSystemPool(waiter);
}

void np_offer(struct np_work *work, struct np_pipe *pipe)
{
    for (PLIST_ENTRY next, at = NP->Waiters.Flink; at != &NP->Waiters; at = next) {
        struct np_waiter *waiter = CONTAINING_RECORD(at, struct np_waiter, Link);
        next = at->Flink;
        if (!np_same_name(&waiter->Name, &pipe->Name))
            continue;
        PIRP irp = waiter->Irp;
        forget_waiter(waiter);
        if (np_take(irp))
            np_end_irp(work, irp, STATUS_SUCCESS, 0);
    }
}

/* STATUS_OBJECT_NAME_NOT_FOUND: there is no such pipe; STATUS_IO_TIMEOUT. */
static NTSTATUS wait_for_instance(PIRP irp, ULONG length)
{
    const FILE_PIPE_WAIT_FOR_BUFFER *asked = irp->AssociatedIrp.SystemBuffer;
    ULONG head = FIELD_OFFSET(FILE_PIPE_WAIT_FOR_BUFFER, Name);
    struct np_work work;
    if (length < head || asked->NameLength > length - head || asked->NameLength % sizeof(WCHAR) ||
        asked->NameLength > 0xFFFC)
        return STATUS_INVALID_PARAMETER;
    struct np_waiter *waiter = MmAllocateSystemPool(sizeof *waiter + asked->NameLength, NP_TAG);
    if (!waiter)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(waiter->Text, asked->Name, asked->NameLength);
    waiter->Name = (UNICODE_STRING){(USHORT)asked->NameLength, (USHORT)asked->NameLength, waiter->Text};
    KeInitializeTimer(&waiter->Timer);
    KeInitializeDpc(&waiter->Dpc, waited_enough, waiter);
    np_begin(&work);
    struct np_pipe *pipe = np_find(&waiter->Name);
    NTSTATUS status = !pipe                ? STATUS_OBJECT_NAME_NOT_FOUND
                      : np_listening(pipe) ? STATUS_SUCCESS
                                           : STATUS_PENDING;
    if (status == STATUS_PENDING) {
        waiter->Irp = irp;
        *np_context(irp) = waiter;
        LARGE_INTEGER timeout = asked->TimeoutSpecified ? asked->Timeout : pipe->Timeout;
        status = np_wait(&work, NULL, irp, NP_WAIT);
        if (status == STATUS_PENDING) {
            InsertTailList(&NP->Waiters, &waiter->Link);
            waiter->Endless = timeout.QuadPart == MINLONGLONG;
            if (!waiter->Endless)
                KeSetTimer(&waiter->Timer, timeout, &waiter->Dpc);
            waiter = NULL;
        }
    }
    np_finish(&work);
    if (waiter)
        MmFreeSystemPool(waiter);
    return status;
}

/* --- the states of an instance --- */

static void disconnect_client(struct np_instance *instance)
{
    struct np_end *client = instance->Ends[NP_CLIENT];
    if (client)
        client->Instance = NULL;
    instance->Ends[NP_CLIENT] = NULL;
}

void np_connected(struct np_work *work, struct np_instance *instance)
{
    instance->State = FILE_PIPE_CONNECTED_STATE;
    np_end_all(work, &instance->Listeners, STATUS_SUCCESS);
}

static void leave_pipe(struct np_instance *instance)
{
    struct np_pipe *pipe = instance->Pipe;
    RemoveEntryList(&instance->Link);
    if (--pipe->Current == 0)
        RemoveEntryList(&pipe->Link);
}

void np_close_end(struct np_work *work, struct np_end *end)
{
    struct np_instance *instance = end->Instance;
    if (!instance)
        return;
    BOOLEAN alone = !instance->Ends[!end->Side];
    end->Instance = NULL;
    instance->Ends[end->Side] = NULL;
    if (end->Side == NP_SERVER)
        leave_pipe(instance);
    np_end_all(work, &instance->Listeners, STATUS_PIPE_BROKEN);
    /* What the other end has not read yet it can still read; what it wrote nobody will. */
    np_break(work, &instance->Queues[end->Side], STATUS_PIPE_BROKEN, TRUE);
    np_break(work, &instance->Queues[!end->Side], STATUS_PIPE_BROKEN, alone);
    instance->State = FILE_PIPE_CLOSING_STATE;
    if (alone)
        np_free_instance(instance);
}

static NTSTATUS listen(struct np_work *work, struct np_end *end, PIRP irp)
{
    struct np_instance *instance = end->Instance;
    if (end->Side != NP_SERVER)
        return STATUS_ILLEGAL_FUNCTION;
    if (!instance)
        return STATUS_PIPE_DISCONNECTED;
    switch (instance->State) {
    case FILE_PIPE_CONNECTED_STATE:
        return STATUS_PIPE_CONNECTED;
    case FILE_PIPE_CLOSING_STATE:
        return STATUS_PIPE_CLOSING;
    case FILE_PIPE_DISCONNECTED_STATE:
        instance->State = FILE_PIPE_LISTENING_STATE;
        np_offer(work, instance->Pipe);
        if (end->CompletionMode == FILE_PIPE_COMPLETE_OPERATION)
            return STATUS_SUCCESS;
        break;
    default:
        if (end->CompletionMode == FILE_PIPE_COMPLETE_OPERATION)
            return STATUS_PIPE_LISTENING;
        break;
    }
    return np_wait(work, &instance->Listeners, irp, NP_LISTEN);
}

/* The client's end is as if it were closed, and what was under way is lost. */
static NTSTATUS disconnect(struct np_work *work, struct np_end *end)
{
    struct np_instance *instance = end->Instance;
    if (end->Side != NP_SERVER)
        return STATUS_ILLEGAL_FUNCTION;
    if (!instance || instance->State == FILE_PIPE_DISCONNECTED_STATE)
        return STATUS_PIPE_DISCONNECTED;
    if (instance->State == FILE_PIPE_LISTENING_STATE)
        return STATUS_PIPE_LISTENING;
    disconnect_client(instance);
    np_break(work, &instance->Queues[NP_CLIENT], STATUS_PIPE_DISCONNECTED, TRUE);
    np_break(work, &instance->Queues[NP_SERVER], STATUS_PIPE_DISCONNECTED, TRUE);
    instance->State = FILE_PIPE_DISCONNECTED_STATE;
    return STATUS_SUCCESS;
}

/* --- looking, and asking --- */

static NTSTATUS peek(struct np_work *work, struct np_end *end, PIRP irp, ULONG length, ULONG_PTR *information)
{
    FILE_PIPE_PEEK_BUFFER *answer = irp->AssociatedIrp.SystemBuffer;
    struct np_instance *instance = end->Instance;
    ULONG head = FIELD_OFFSET(FILE_PIPE_PEEK_BUFFER, Data), got;
    if (length < head)
        return STATUS_INVALID_PARAMETER;
    if (!instance)
        return STATUS_PIPE_DISCONNECTED;
    struct np_queue *queue = &instance->Queues[end->Side];
    if (instance->State == FILE_PIPE_CLOSING_STATE && IsListEmpty(&queue->Entries))
        return STATUS_PIPE_BROKEN;
    if (instance->State != FILE_PIPE_CONNECTED_STATE && instance->State != FILE_PIPE_CLOSING_STATE)
        return STATUS_INVALID_PIPE_STATE;
    memset(answer, 0, head);
    answer->NamedPipeState = instance->State;
    answer->ReadDataAvailable = queue->Bytes;
    if (instance->Pipe->Type == FILE_PIPE_MESSAGE_TYPE && !IsListEmpty(&queue->Entries)) {
        struct np_entry *first = CONTAINING_RECORD(queue->Entries.Flink, struct np_entry, Link);
        answer->NumberOfMessages = queue->Count;
        answer->MessageLength = first->Length - first->Offset;
    }
    NTSTATUS status = np_draw(work, queue, end->ReadMode, (PUCHAR)answer->Data, length - head, &got, TRUE);
    if (got < queue->Bytes && length == head)
        status = STATUS_BUFFER_OVERFLOW;
    *information = head + got;
    return status;
}

/* The reader's buffer: in pool, to be copied out when the answer has come. */
static NTSTATUS attach_output(PIRP irp, ULONG length)
{
    if (!length)
        return STATUS_SUCCESS;
    if (irp->RequestorMode != KernelMode) {
        NTSTATUS status = MmProbe(irp->UserBuffer, length, 1, true);
        if (!NT_SUCCESS(status))
            return status;
    }
    NTSTATUS status = IopCaptureSystemBuffer(irp, NULL, 0, length);
    if (!NT_SUCCESS(status))
        return status;
    irp->Flags |= IRP_INPUT_OPERATION;
    if (IopIsOwnIrp(irp))
        iop_request(irp)->BufferLength = length;
    return STATUS_SUCCESS;
}

static NTSTATUS begin_transaction(const struct np_end *end)
{
    const struct np_instance *instance = end->Instance;
    if (!instance)
        return STATUS_PIPE_DISCONNECTED;
    if (instance->State != FILE_PIPE_CONNECTED_STATE ||
        instance->Pipe->Configuration != FILE_PIPE_FULL_DUPLEX)
        return STATUS_INVALID_PIPE_STATE;
    if (end->ReadMode != FILE_PIPE_MESSAGE_MODE)
        return STATUS_INVALID_READ_MODE;
    return IsListEmpty(&instance->Queues[end->Side].Entries) ? STATUS_SUCCESS : STATUS_PIPE_BUSY;
}

/*
 * Writes a message, however much of it is kept, and reads the one that comes in answer.
 * STATUS_INVALID_PIPE_STATE, STATUS_INVALID_READ_MODE: not of messages; STATUS_PIPE_BUSY: there is something
 * to be read already.
 */
static NTSTATUS transact(struct np_end *end, PIRP irp, PIO_STACK_LOCATION stack)
{
    ULONG in = stack->Parameters.FileSystemControl.InputBufferLength,
          out = stack->Parameters.FileSystemControl.OutputBufferLength, written;
    struct np_work work;
    struct np_entry *entry = np_new_entry(in);
    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = in ? MmCopyFromMode(entry->Data, stack->Parameters.FileSystemControl.Type3InputBuffer,
                                          in, irp->RequestorMode)
                         : STATUS_SUCCESS;
    if (NT_SUCCESS(status))
        status = attach_output(irp, out);
    if (!NT_SUCCESS(status)) {
        MmFreeSystemPool(entry);
        return status;
    }
    np_begin(&work);
    status = begin_transaction(end);
    if (NT_SUCCESS(status)) {
        /* The answer is waited for before the question is put: whoever has waited for it may answer at once.
         */
        irp->Tail.Overlay.DriverContext[1] = (PVOID)(ULONG_PTR)out;
        status = np_wait(&work, &end->Instance->Queues[end->Side].Readers, irp, NP_READ);
    }
    if (status == STATUS_PENDING) {
        /* Nobody waits for room: the message is kept as a whole. */
        struct np_queue *queue = &end->Instance->Queues[!end->Side];
        ULONG quota = queue->Quota;
        queue->Quota = MAXULONG;
        (void)np_put(&work, end, entry, NULL, &written);
        queue->Quota = quota;
    } else {
        MmFreeSystemPool(entry);
    }
    np_finish(&work);
    return status;
}

static NTSTATUS attribute(const struct np_end *end, PIRP irp, ULONG in, ULONG out, ULONG_PTR *information)
{
    static const char *const names[] = {[NP_CLIENT] = "ClientProcessId", [NP_SERVER] = "ServerProcessId"};
    const char *name = irp->AssociatedIrp.SystemBuffer;
    const struct np_instance *instance = end->Instance;
    if (!instance)
        return STATUS_PIPE_DISCONNECTED;
    for (ULONG side = 0; name && side < 2; side++) {
        size_t length = strlen(names[side]) + 1;
        if (in != length || memcmp(name, names[side], length) != 0)
            continue;
        if (!instance->Ends[side])
            return STATUS_NOT_FOUND;
        if (out < sizeof(ULONG))
            return STATUS_BUFFER_TOO_SMALL;
        memcpy(irp->AssociatedIrp.SystemBuffer, &instance->Ends[side]->ProcessId, sizeof(ULONG));
        *information = sizeof(ULONG);
        return STATUS_SUCCESS;
    }
    return STATUS_NOT_FOUND;
}

NTSTATUS np_control(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    ULONG in = stack->Parameters.FileSystemControl.InputBufferLength,
          out = stack->Parameters.FileSystemControl.OutputBufferLength,
          code = stack->Parameters.FileSystemControl.FsControlCode;
    struct np_end *end = np_end_of(stack);
    struct np_work work;
    NTSTATUS status;
    if (code == FSCTL_PIPE_WAIT)
        return end ? STATUS_ILLEGAL_FUNCTION : wait_for_instance(irp, in);
    if (!end)
        return STATUS_ILLEGAL_FUNCTION;
    if (code == FSCTL_PIPE_TRANSCEIVE)
        return transact(end, irp, stack);
    np_begin(&work);
    switch (code) {
    case FSCTL_PIPE_LISTEN:
        status = listen(&work, end, irp);
        break;
    case FSCTL_PIPE_DISCONNECT:
        status = disconnect(&work, end);
        break;
    case FSCTL_PIPE_PEEK:
        status = peek(&work, end, irp, out, information);
        break;
    case FSCTL_PIPE_GET_PIPE_ATTRIBUTE:
    case FSCTL_PIPE_GET_CONNECTION_ATTRIBUTE:
        status = attribute(end, irp, in, out, information);
        break;
    default:
        status = STATUS_NOT_SUPPORTED;
        break;
    }
    np_finish(&work);
    return status;
}

/* --- information --- */

static void describe(const struct np_end *end, FILE_PIPE_LOCAL_INFORMATION *about)
{
    const struct np_instance *instance = end->Instance;
    const struct np_pipe *pipe = instance->Pipe;
    const struct np_queue *in = &instance->Queues[end->Side], *out = &instance->Queues[!end->Side];
    *about = (FILE_PIPE_LOCAL_INFORMATION){
        .NamedPipeType = pipe->Type,
        .NamedPipeConfiguration = pipe->Configuration,
        .MaximumInstances = pipe->MaximumInstances,
        .CurrentInstances = pipe->Current,
        .InboundQuota = instance->Queues[NP_SERVER].Quota,
        .ReadDataAvailable = in->Bytes,
        .OutboundQuota = instance->Queues[NP_CLIENT].Quota,
        .WriteQuotaAvailable = out->Quota > out->Bytes ? out->Quota - out->Bytes : 0,
        .NamedPipeState = instance->State,
        .NamedPipeEnd = end->Side,
    };
}

static NTSTATUS query(const struct np_end *end, FILE_INFORMATION_CLASS class, PVOID buffer, ULONG length,
                      ULONG_PTR *information)
{
    FILE_PIPE_LOCAL_INFORMATION about;
    if (!end->Instance)
        return STATUS_PIPE_DISCONNECTED;
    describe(end, &about);
    switch (class) {
    case FilePipeInformation:
        *(PFILE_PIPE_INFORMATION)buffer = (FILE_PIPE_INFORMATION){end->ReadMode, end->CompletionMode};
        *information = sizeof(FILE_PIPE_INFORMATION);
        return STATUS_SUCCESS;
    case FilePipeLocalInformation:
        *(PFILE_PIPE_LOCAL_INFORMATION)buffer = about;
        *information = sizeof about;
        return STATUS_SUCCESS;
    case FileStandardInformation: {
        PFILE_STANDARD_INFORMATION standard = buffer;
        *standard = (FILE_STANDARD_INFORMATION){.NumberOfLinks = 1, .DeletePending = TRUE};
        standard->AllocationSize.QuadPart = (LONGLONG)about.InboundQuota + about.OutboundQuota;
        standard->EndOfFile.QuadPart = about.ReadDataAvailable;
        *information = sizeof *standard;
        return STATUS_SUCCESS;
    }
    case FileBasicInformation:
        *(PFILE_BASIC_INFORMATION)buffer = (FILE_BASIC_INFORMATION){.FileAttributes = FILE_ATTRIBUTE_NORMAL};
        *information = sizeof(FILE_BASIC_INFORMATION);
        return STATUS_SUCCESS;
    case FileNameInformation: {
        PFILE_NAME_INFORMATION name = buffer;
        PCUNICODE_STRING own = &end->Instance->Pipe->Name;
        ULONG head = FIELD_OFFSET(FILE_NAME_INFORMATION, FileName),
              whole = own->Length + (ULONG)sizeof(WCHAR);
        ULONG room = length - head, given = whole < room ? whole : room;
        name->FileNameLength = whole;
        if (given >= sizeof(WCHAR)) {
            name->FileName[0] = L'\\';
            memcpy(name->FileName + 1, own->Buffer, given - sizeof(WCHAR));
        }
        *information = head + given;
        return given < whole ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    }
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

NTSTATUS np_query(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    struct np_end *end = np_end_of(stack);
    struct np_work work;
    if (!end)
        return STATUS_INVALID_PARAMETER;
    np_begin(&work);
    NTSTATUS status = query(end, stack->Parameters.QueryFile.FileInformationClass,
                            irp->AssociatedIrp.SystemBuffer, stack->Parameters.QueryFile.Length, information);
    np_finish(&work);
    return status;
}

/* The modes. Messages are read as such only where they are written as such. */
NTSTATUS np_set(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    struct np_end *end = np_end_of(stack);
    const FILE_PIPE_INFORMATION *modes = irp->AssociatedIrp.SystemBuffer;
    struct np_work work;
    (void)information;
    if (!end || stack->Parameters.SetFile.FileInformationClass != FilePipeInformation ||
        modes->ReadMode > FILE_PIPE_MESSAGE_MODE || modes->CompletionMode > FILE_PIPE_COMPLETE_OPERATION)
        return STATUS_INVALID_PARAMETER;
    np_begin(&work);
    NTSTATUS status = STATUS_SUCCESS;
    if (!end->Instance)
        status = STATUS_PIPE_DISCONNECTED;
    else if (modes->ReadMode == FILE_PIPE_MESSAGE_MODE && end->Instance->Pipe->Type != FILE_PIPE_MESSAGE_TYPE)
        status = STATUS_INVALID_PARAMETER;
    else if (modes->CompletionMode != end->CompletionMode &&
             modes->CompletionMode == FILE_PIPE_COMPLETE_OPERATION &&
             !IsListEmpty(&end->Instance->Queues[end->Side].Readers))
        status = STATUS_PIPE_BUSY;
    if (NT_SUCCESS(status)) {
        end->ReadMode = modes->ReadMode;
        end->CompletionMode = modes->CompletionMode;
    }
    np_finish(&work);
    return status;
}
