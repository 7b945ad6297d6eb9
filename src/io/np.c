/*
 * Named pipes: the driver, names and instances, opening and closing; NtCreateNamedPipeFile.
 */
#include "np.h"

#include "../rtl/rtl.h"
#include "../se/se.h"
#include "ntio_undocumented.h"

/* --- work under the lock --- */

void np_begin(struct np_work *work)
{
    InitializeListHead(&work->Done);
    KeAcquireSpinLock(&NP->Lock, &work->Irql);
}

void np_end_irp(struct np_work *work, PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    InsertTailList(&work->Done, &irp->Tail.Overlay.ListEntry);
}

void np_finish(struct np_work *work)
{
    KeReleaseSpinLock(&NP->Lock, work->Irql);
    while (!IsListEmpty(&work->Done)) {
        PLIST_ENTRY entry = RemoveHeadList(&work->Done);
        IopCompleteRequest(CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry), IO_NAMED_PIPE_INCREMENT,
                           NULL);
    }
}

static VOID NTAPI cancel(PDEVICE_OBJECT device, PIRP irp)
{
    struct np_work work;
    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    np_begin(&work);
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    PVOID context = *np_context(irp);
    switch ((ULONG_PTR)irp->Tail.Overlay.DriverContext[2]) {
    case NP_WRITE:
        if (context) {
            struct np_entry *entry = context;
            struct np_queue *queue = entry->Queue;
            entry->Irp = NULL;
            np_drop_entry(&work, entry, STATUS_CANCELLED);
            np_settle(&work, queue);
        }
        break;
    case NP_WAIT:
        if (context)
            np_drop_waiter(context);
        break;
    default:
        break;
    }
    np_end_irp(&work, irp, STATUS_CANCELLED, 0);
    np_finish(&work);
}

NTSTATUS np_wait(struct np_work *work, PLIST_ENTRY list, PIRP irp, enum np_wait kind)
{
    (void)work;
    irp->Tail.Overlay.DriverContext[2] = (PVOID)(ULONG_PTR)kind;
    IoSetCancelRoutine(irp, cancel);
    if (irp->Cancel && IoSetCancelRoutine(irp, NULL))
        return STATUS_CANCELLED;
    IoMarkIrpPending(irp);
    if (list)
        InsertTailList(list, &irp->Tail.Overlay.ListEntry);
    else
        InitializeListHead(&irp->Tail.Overlay.ListEntry);
    return STATUS_PENDING;
}

BOOLEAN np_take(PIRP irp)
{
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
    InitializeListHead(&irp->Tail.Overlay.ListEntry);
    return IoSetCancelRoutine(irp, NULL) != NULL;
}

void np_end_all(struct np_work *work, PLIST_ENTRY list, NTSTATUS status)
{
    while (!IsListEmpty(list)) {
        PIRP irp = CONTAINING_RECORD(list->Flink, IRP, Tail.Overlay.ListEntry);
        if (np_take(irp))
            np_end_irp(work, irp, status, 0);
    }
}

/* --- pipes and their instances --- */

BOOLEAN np_same_name(PCUNICODE_STRING a, PCUNICODE_STRING b)
{
    size_t count = a->Length / sizeof(WCHAR), i = 0;
    if (a->Length != b->Length)
        return FALSE;
    while (i < count && rtl_upcase(a->Buffer[i]) == rtl_upcase(b->Buffer[i]))
        i++;
    return i == count;
}

struct np_pipe *np_find(PCUNICODE_STRING name)
{
    for (PLIST_ENTRY at = NP->Pipes.Flink; at != &NP->Pipes; at = at->Flink) {
        struct np_pipe *pipe = CONTAINING_RECORD(at, struct np_pipe, Link);
        if (np_same_name(&pipe->Name, name))
            return pipe;
    }
    return NULL;
}

struct np_instance *np_listening(struct np_pipe *pipe)
{
    for (PLIST_ENTRY at = pipe->Instances.Flink; at != &pipe->Instances; at = at->Flink) {
        struct np_instance *instance = CONTAINING_RECORD(at, struct np_instance, Link);
        if (instance->State == FILE_PIPE_LISTENING_STATE && instance->Ends[NP_SERVER])
            return instance;
    }
    return NULL;
}

static void free_pipe(struct np_pipe *pipe)
{
    if (pipe->Security)
        MmFreeSystemPool(pipe->Security);
    if (pipe->Name.Buffer)
        MmFreeSystemPool(pipe->Name.Buffer);
    MmFreeSystemPool(pipe);
}

static void dereference(struct np_pipe *pipe)
{
    if (--pipe->References == 0)
        free_pipe(pipe);
}

void np_free_instance(struct np_instance *instance)
{
    dereference(instance->Pipe);
    MmFreeSystemPool(instance);
}

static struct np_end *new_end(ULONG side, const NAMED_PIPE_CREATE_PARAMETERS *parameters)
{
    struct np_end *end = MmAllocateSystemPool(sizeof *end, NP_TAG);
    if (end)
        *end = (struct np_end){.Side = side,
                               .ReadMode = parameters ? parameters->ReadMode : FILE_PIPE_BYTE_STREAM_MODE,
                               .CompletionMode =
                                   parameters ? parameters->CompletionMode : FILE_PIPE_QUEUE_OPERATION,
                               .ProcessId = (ULONG)(ULONG_PTR)PsGetCurrentProcessId()};
    return end;
}

/* --- names --- */

/* The pipe's name without a backslash before it. FALSE: it is the device, or its root directory. */
static BOOLEAN name_of(PFILE_OBJECT file, PUNICODE_STRING name)
{
    *name = file->FileName;
    if (name->Length && name->Buffer[0] == L'\\' && !file->RelatedFileObject) {
        name->Buffer++;
        name->Length -= sizeof(WCHAR);
        name->MaximumLength -= sizeof(WCHAR);
    }
    return name->Length != 0;
}

/* --- security --- */

static NTSTATUS check_descriptor(PSECURITY_DESCRIPTOR descriptor, PIRP irp, PIO_STACK_LOCATION stack,
                                 ACCESS_MASK desired)
{
    PACCESS_STATE state = stack->Parameters.Create.SecurityContext->AccessState;
    PPRIVILEGE_SET used = NULL;
    ACCESS_MASK granted = 0;
    NTSTATUS status = STATUS_SUCCESS;
    if (!descriptor || !desired ||
        (irp->RequestorMode == KernelMode && !(stack->Flags & SL_FORCE_ACCESS_CHECK)))
        return STATUS_SUCCESS;
    SeAccessCheck(descriptor, &state->SubjectSecurityContext, FALSE, desired, 0, &used,
                  (PGENERIC_MAPPING)&iop_file_mapping, UserMode, &granted, &status);
    if (used) {
        SeAppendPrivileges(state, used);
        SeFreePrivileges(used);
    }
    if (NT_SUCCESS(status)) {
        state->PreviouslyGrantedAccess |= granted;
        state->RemainingDesiredAccess &= ~(granted | MAXIMUM_ALLOWED);
    }
    return status;
}

/* The access asked for to a pipe of that name, if there is one; checked while the lock is not held. */
static NTSTATUS check_access(PCUNICODE_STRING name, PIRP irp, PIO_STACK_LOCATION stack, ACCESS_MASK more)
{
    struct np_work work;
    np_begin(&work);
    struct np_pipe *pipe = np_find(name);
    if (pipe)
        pipe->References++;
    np_finish(&work);
    if (!pipe)
        return STATUS_SUCCESS;
    ACCESS_MASK desired = stack->Parameters.Create.SecurityContext->DesiredAccess;
    NTSTATUS status = check_descriptor(pipe->Security, irp, stack, desired | more);
    np_begin(&work);
    dereference(pipe);
    np_finish(&work);
    return status;
}

/* The descriptor that was given, completed by its maker's token; in system pool, NULL when none was given. */
static NTSTATUS copy_security(PIO_STACK_LOCATION stack, PSECURITY_DESCRIPTOR *own)
{
    PACCESS_STATE state = stack->Parameters.CreatePipe.SecurityContext->AccessState;
    PSECURITY_DESCRIPTOR made;
    *own = NULL;
    if (!state->SecurityDescriptor)
        return STATUS_SUCCESS;
    NTSTATUS status =
        SeAssignSecurity(NULL, state->SecurityDescriptor, &made, FALSE, &state->SubjectSecurityContext,
                         (PGENERIC_MAPPING)&iop_file_mapping, PagedPool);
    if (!NT_SUCCESS(status))
        return status;
    ULONG length = RtlLengthSecurityDescriptor(made);
    *own = MmAllocateSystemPool(length, NP_TAG);
    if (*own)
        memcpy(*own, made, length);
    SeDeassignSecurity(&made);
    return *own ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* --- a client's end --- */

static NTSTATUS connect(struct np_work *work, PIO_STACK_LOCATION stack, PCUNICODE_STRING name,
                        struct np_end *end)
{
    ACCESS_MASK desired = stack->Parameters.Create.SecurityContext->DesiredAccess;
    struct np_pipe *pipe = np_find(name);
    if (!pipe)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if ((desired & FILE_READ_DATA && pipe->Configuration == FILE_PIPE_INBOUND) ||
        (desired & FILE_WRITE_DATA && pipe->Configuration == FILE_PIPE_OUTBOUND))
        return STATUS_ACCESS_DENIED;
    struct np_instance *instance = np_listening(pipe);
    if (!instance)
        return STATUS_PIPE_NOT_AVAILABLE;
    end->Instance = instance;
    instance->Ends[NP_CLIENT] = end;
    stack->FileObject->FsContext = end;
    stack->FileObject->Flags |= FO_NAMED_PIPE;
    np_connected(work, instance);
    return STATUS_SUCCESS;
}

/* STATUS_PIPE_NOT_AVAILABLE: no instance listens; STATUS_ACCESS_DENIED: also for the direction that the pipe
 * has not. */
NTSTATUS np_create(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    PFILE_OBJECT related = stack->FileObject->RelatedFileObject;
    UNICODE_STRING name;
    struct np_work work;
    if (related && related->FsContext)
        return STATUS_OBJECT_NAME_INVALID;
    *information = FILE_OPENED;
    if (!name_of(stack->FileObject, &name))
        return STATUS_SUCCESS;
    struct np_end *end = new_end(NP_CLIENT, NULL);
    if (!end)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = check_access(&name, irp, stack, 0);
    if (NT_SUCCESS(status)) {
        np_begin(&work);
        status = connect(&work, stack, &name, end);
        np_finish(&work);
    }
    if (!NT_SUCCESS(status))
        MmFreeSystemPool(end);
    return status;
}

/* --- a server's end --- */

static BOOLEAN are_valid(const NAMED_PIPE_CREATE_PARAMETERS *p, USHORT share, ULONG disposition)
{
    if (!p || p->NamedPipeType > FILE_PIPE_MESSAGE_TYPE || p->ReadMode > FILE_PIPE_MESSAGE_MODE ||
        p->CompletionMode > FILE_PIPE_COMPLETE_OPERATION)
        return FALSE;
    if (p->ReadMode == FILE_PIPE_MESSAGE_MODE && p->NamedPipeType != FILE_PIPE_MESSAGE_TYPE)
        return FALSE;
    if (!p->MaximumInstances || !p->TimeoutSpecified || p->DefaultTimeout.QuadPart >= 0)
        return FALSE;
    if (disposition != FILE_OPEN && disposition != FILE_CREATE && disposition != FILE_OPEN_IF)
        return FALSE;
    return share && !(share & ~(FILE_SHARE_READ | FILE_SHARE_WRITE));
}

static ULONG configuration_of(USHORT share)
{
    return share == FILE_SHARE_READ    ? FILE_PIPE_OUTBOUND
           : share == FILE_SHARE_WRITE ? FILE_PIPE_INBOUND
                                       : FILE_PIPE_FULL_DUPLEX;
}

static struct np_instance *new_instance(const NAMED_PIPE_CREATE_PARAMETERS *p)
{
    struct np_instance *instance = MmAllocateSystemPool(sizeof *instance, NP_TAG);
    if (!instance)
        return NULL;
    memset(instance, 0, sizeof *instance);
    instance->State = FILE_PIPE_LISTENING_STATE;
    InitializeListHead(&instance->Listeners);
    np_start_queue(&instance->Queues[NP_SERVER], p->InboundQuota);
    np_start_queue(&instance->Queues[NP_CLIENT], p->OutboundQuota);
    return instance;
}

static struct np_pipe *new_pipe(const NAMED_PIPE_CREATE_PARAMETERS *p, ULONG configuration,
                                PCUNICODE_STRING name)
{
    struct np_pipe *pipe = MmAllocateSystemPool(sizeof *pipe, NP_TAG);
    PWSTR text = MmAllocateSystemPool(name->Length, NP_TAG);
    if (!pipe || !text) {
        if (pipe)
            MmFreeSystemPool(pipe);
        if (text)
            MmFreeSystemPool(text);
        return NULL;
    }
    memcpy(text, name->Buffer, name->Length);
    *pipe = (struct np_pipe){.Name = {name->Length, name->Length, text},
                             .Type = p->NamedPipeType,
                             .Configuration = configuration,
                             .MaximumInstances = p->MaximumInstances,
                             .Timeout = p->DefaultTimeout};
    InitializeListHead(&pipe->Instances);
    return pipe;
}

/* Of the pipe that is there already. */
static NTSTATUS check_instance(const struct np_pipe *pipe, PIO_STACK_LOCATION stack, ULONG disposition)
{
    const NAMED_PIPE_CREATE_PARAMETERS *p = stack->Parameters.CreatePipe.Parameters;
    if (pipe->Current >= pipe->MaximumInstances)
        return STATUS_INSTANCE_NOT_AVAILABLE;
    if (disposition == FILE_CREATE || p->NamedPipeType != pipe->Type ||
        configuration_of(stack->Parameters.CreatePipe.ShareAccess) != pipe->Configuration)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* Takes the two that were made over; the pipe only if it is new. */
static NTSTATUS serve(struct np_work *work, PIO_STACK_LOCATION stack, struct np_pipe **made,
                      struct np_instance *instance, struct np_end *end, ULONG_PTR *information)
{
    ULONG disposition = stack->Parameters.CreatePipe.Options >> 24;
    struct np_pipe *pipe = np_find(&(*made)->Name);
    NTSTATUS status = pipe                       ? check_instance(pipe, stack, disposition)
                      : disposition == FILE_OPEN ? STATUS_OBJECT_NAME_NOT_FOUND
                                                 : STATUS_SUCCESS;
    if (!NT_SUCCESS(status))
        return status;
    *information = pipe ? FILE_OPENED : FILE_CREATED;
    if (!pipe) {
        pipe = *made;
        *made = NULL;
        InsertTailList(&NP->Pipes, &pipe->Link);
    }
    instance->Pipe = pipe;
    instance->Ends[NP_SERVER] = end;
    end->Instance = instance;
    pipe->Current++;
    pipe->References++;
    InsertTailList(&pipe->Instances, &instance->Link);
    stack->FileObject->FsContext = end;
    stack->FileObject->Flags |= FO_NAMED_PIPE;
    np_offer(work, pipe);
    return STATUS_SUCCESS;
}

/*
 * Another instance has to have the first one's type and direction. STATUS_INSTANCE_NOT_AVAILABLE: there are
 * as many as may be; STATUS_ACCESS_DENIED: it is not like the first, or was to be the first.
 */
NTSTATUS np_create_pipe(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    const NAMED_PIPE_CREATE_PARAMETERS *p = stack->Parameters.CreatePipe.Parameters;
    USHORT share = stack->Parameters.CreatePipe.ShareAccess;
    UNICODE_STRING name;
    struct np_work work;
    if (!name_of(stack->FileObject, &name))
        return STATUS_OBJECT_NAME_INVALID;
    if (!are_valid(p, share, stack->Parameters.CreatePipe.Options >> 24))
        return STATUS_INVALID_PARAMETER;
    PSECURITY_DESCRIPTOR security;
    NTSTATUS status = check_access(&name, irp, stack, FILE_CREATE_PIPE_INSTANCE);
    if (NT_SUCCESS(status))
        status = copy_security(stack, &security);
    if (!NT_SUCCESS(status))
        return status;
    struct np_pipe *pipe = new_pipe(p, configuration_of(share), &name);
    struct np_instance *instance = new_instance(p);
    struct np_end *end = new_end(NP_SERVER, p);
    status = STATUS_INSUFFICIENT_RESOURCES;
    if (pipe)
        pipe->Security = security;
    else if (security)
        MmFreeSystemPool(security);
    if (pipe && instance && end) {
        np_begin(&work);
        status = serve(&work, stack, &pipe, instance, end, information);
        np_finish(&work);
    }
    if (pipe)
        free_pipe(pipe);
    if (NT_SUCCESS(status))
        return status;
    if (instance)
        MmFreeSystemPool(instance);
    if (end)
        MmFreeSystemPool(end);
    return status;
}

/* --- the end of an open file --- */

NTSTATUS np_cleanup(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    struct np_end *end = np_end_of(stack);
    struct np_work work;
    (void)irp, (void)information;
    if (!end)
        return STATUS_SUCCESS;
    np_begin(&work);
    np_close_end(&work, end);
    np_finish(&work);
    return STATUS_SUCCESS;
}

NTSTATUS np_close(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    (void)irp, (void)information;
    if (np_end_of(stack))
        MmFreeSystemPool(np_end_of(stack));
    stack->FileObject->FsContext = NULL;
    return STATUS_SUCCESS;
}

/* --- the driver --- */

static NTSTATUS NTAPI dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    static iop_routine *const routines[IRP_MJ_MAXIMUM_FUNCTION + 1] = {
        [IRP_MJ_CREATE] = np_create,       [IRP_MJ_CREATE_NAMED_PIPE] = np_create_pipe,
        [IRP_MJ_CLEANUP] = np_cleanup,     [IRP_MJ_CLOSE] = np_close,
        [IRP_MJ_READ] = np_read,           [IRP_MJ_WRITE] = np_write,
        [IRP_MJ_FLUSH_BUFFERS] = np_flush, [IRP_MJ_QUERY_INFORMATION] = np_query,
        [IRP_MJ_SET_INFORMATION] = np_set, [IRP_MJ_FILE_SYSTEM_CONTROL] = np_control,
    };
    (void)device;
    return IopServeBuiltin(irp, routines);
}

#define DEVICE_NAME L"\\Device\\NamedPipe"
#define LINK_NAME   L"\\GLOBAL??\\PIPE"

static NTSTATUS NTAPI entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    static const UCHAR majors[] = {
        IRP_MJ_CREATE,
        IRP_MJ_CREATE_NAMED_PIPE,
        IRP_MJ_CLEANUP,
        IRP_MJ_CLOSE,
        IRP_MJ_READ,
        IRP_MJ_WRITE,
        IRP_MJ_FLUSH_BUFFERS,
        IRP_MJ_QUERY_INFORMATION,
        IRP_MJ_SET_INFORMATION,
        IRP_MJ_FILE_SYSTEM_CONTROL,
    };
    UNICODE_STRING name;
    PDEVICE_OBJECT device;
    (void)registry_path;
    for (size_t i = 0; i < sizeof majors; i++)
        driver->MajorFunction[majors[i]] = dispatch;
    RtlInitUnicodeString(&name, DEVICE_NAME);
    NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_NAMED_PIPE, 0, FALSE, &device);
    if (NT_SUCCESS(status))
        device->Flags |= DO_BUFFERED_IO;
    return status;
}

void IopStartPipes(void)
{
    UNICODE_STRING name, target;
    NP = MmAllocateSystemPool(sizeof *NP, NP_TAG);
    if (!NP)
        return;
    memset(NP, 0, sizeof *NP);
    KeInitializeSpinLock(&NP->Lock);
    InitializeListHead(&NP->Pipes);
    InitializeListHead(&NP->Waiters);
    RtlInitUnicodeString(&name, L"\\FileSystem\\Npfs");
    if (!NT_SUCCESS(IopCreateBuiltinDriver(&name, entry, &NP->Driver)))
        return;
    RtlInitUnicodeString(&name, LINK_NAME);
    RtlInitUnicodeString(&target, DEVICE_NAME);
    (void)IoCreateSymbolicLink(&name, &target);
}

void IopStopPipes(void)
{
    UNICODE_STRING name;
    if (!NP || !NP->Driver)
        return;
    RtlInitUnicodeString(&name, LINK_NAME);
    (void)IoDeleteSymbolicLink(&name);
    IoDeleteDevice(NP->Driver->DeviceObject);
    IopDiscardDriver(NP->Driver);
    NP->Driver = NULL;
}

/*
 * Makes an instance of the pipe \Device\NamedPipe\..., and the pipe with the first one, and opens the
 * server's end. ShareAccess is what clients may do: FILE_SHARE_READ makes it outbound, FILE_SHARE_WRITE
 * inbound. DefaultTimeout, negative, is for clients that wait for an instance and do not say how long. IRQL
 * PASSIVE_LEVEL. Exported by NT, not documented.
 */
SERVICE(CreateNamedPipeFile,
        (PHANDLE FileHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         PIO_STATUS_BLOCK IoStatusBlock, ULONG ShareAccess, ULONG CreateDisposition, ULONG CreateOptions,
         ULONG NamedPipeType, ULONG ReadMode, ULONG CompletionMode, ULONG MaximumInstances,
         ULONG InboundQuota, ULONG OutboundQuota, PLARGE_INTEGER DefaultTimeout),
        (FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, ShareAccess, CreateDisposition,
         CreateOptions, NamedPipeType, ReadMode, CompletionMode, MaximumInstances, InboundQuota,
         OutboundQuota, DefaultTimeout))
{
    NAMED_PIPE_CREATE_PARAMETERS parameters = {NamedPipeType, ReadMode,      CompletionMode, MaximumInstances,
                                               InboundQuota,  OutboundQuota, {{0}},          FALSE};
    if (DefaultTimeout) {
        NTSTATUS status = MmCopyFromMode(&parameters.DefaultTimeout, DefaultTimeout, sizeof(LARGE_INTEGER),
                                         KiPreviousMode());
        if (!NT_SUCCESS(status))
            return status;
        parameters.TimeoutSpecified = TRUE;
    }
    return IoCreateFile(FileHandle, DesiredAccess, ObjectAttributes, IoStatusBlock, NULL, 0, ShareAccess,
                        CreateDisposition, CreateOptions, NULL, 0, CreateFileTypeNamedPipe, &parameters, 0);
}
