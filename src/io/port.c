/*
 * Completion ports: the IoCompletion object type and its services, and the packets that finished requests
 * leave there.
 *
 * A port is a KQUEUE. An entry is the finished IRP itself, linked through Tail.Overlay.ListEntry with
 * PacketType IRP_PACKET and freed by whoever takes it out, or a packet that a client posted. A file object is
 * tied to a port once and for all: CompletionContext is set and goes with the file object.
 */
#include "iop.h"

enum { IRP_PACKET, POSTED_PACKET };

struct packet {
    LIST_ENTRY ListEntry;
    ULONG PacketType; /* where an IRP has its own: directly behind ListEntry */
    NTSTATUS Status;
    ULONG_PTR Information;
    PVOID Key, Context;
};
_Static_assert(FIELD_OFFSET(struct packet, PacketType) ==
                   FIELD_OFFSET(IRP, Tail.Overlay.PacketType) - FIELD_OFFSET(IRP, Tail.Overlay.ListEntry),
               "both kinds of entry are told apart by their PacketType");

static POBJECT_TYPE port_type(void)
{
    return IOP->port_type;
}

/* --- packets --- */

static void free_packet(PLIST_ENTRY entry)
{
    struct packet *packet = CONTAINING_RECORD(entry, struct packet, ListEntry);
    if (packet->PacketType == IRP_PACKET)
        IopFreeIrp(CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry));
    else
        MmFreeSystemPool(packet);
}

static void tell_packet(PLIST_ENTRY entry, PFILE_IO_COMPLETION_INFORMATION told)
{
    struct packet *packet = CONTAINING_RECORD(entry, struct packet, ListEntry);
    if (packet->PacketType == IRP_PACKET) {
        PIRP irp = CONTAINING_RECORD(entry, IRP, Tail.Overlay.ListEntry);
        told->KeyContext = irp->Tail.CompletionKey;
        told->ApcContext = irp->Overlay.AsynchronousParameters.UserApcContext;
        told->IoStatusBlock = irp->IoStatus;
    } else {
        told->KeyContext = packet->Key;
        told->ApcContext = packet->Context;
        told->IoStatusBlock.Information = packet->Information;
        told->IoStatusBlock.Status = packet->Status;
    }
}

void IopPostIrp(PIRP irp, PIO_COMPLETION_CONTEXT context)
{
    irp->Tail.CompletionKey = context->Key;
    irp->Tail.Overlay.PacketType = IRP_PACKET;
    KeInsertQueue(context->Port, &irp->Tail.Overlay.ListEntry);
}

static NTSTATUS post(PRKQUEUE queue, PVOID key, PVOID context, NTSTATUS status, ULONG_PTR information)
{
    struct packet *packet = MmAllocateSystemPool(sizeof *packet, 'pcoI');
    if (!packet)
        return STATUS_INSUFFICIENT_RESOURCES;
    packet->PacketType = POSTED_PACKET;
    packet->Key = key;
    packet->Context = context;
    packet->Status = status;
    packet->Information = information;
    KeInsertQueue(queue, &packet->ListEntry);
    return STATUS_SUCCESS;
}

void IopPostStatus(PFILE_OBJECT file, PVOID apc_context, NTSTATUS status, ULONG_PTR information)
{
    PIO_COMPLETION_CONTEXT context = __atomic_load_n(&file->CompletionContext, __ATOMIC_ACQUIRE);
    if (!context || !apc_context || NT_ERROR(status) ||
        (iop_file_flags(file) & FO_SKIP_COMPLETION_PORT && NT_SUCCESS(status)))
        return;
    post(context->Port, context->Key, apc_context, status, information);
}

/* Puts a packet into the port. Not in the WDK, but exported by NT. STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS NTAPI IoSetIoCompletion(PVOID IoCompletion, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus,
                                 ULONG_PTR IoStatusInformation, BOOLEAN Quota)
{
    GATE(IoSetIoCompletion, IoCompletion, KeyContext, ApcContext, IoStatus);
    (void)Quota;
    if (GATE_FAILS(IoSetIoCompletion))
        return STATUS_INSUFFICIENT_RESOURCES;
    return post(IoCompletion, KeyContext, ApcContext, IoStatus, IoStatusInformation);
}

/* --- the object type --- */

/* The last handle is closed: nobody can post any more, and who waits would wait for ever. */
static void close_port(PEPROCESS process, PVOID object, ACCESS_MASK granted, ULONG process_handles,
                       ULONG system_handles)
{
    (void)process, (void)granted, (void)process_handles;
    if (system_handles == 1)
        KiAbandonQueue(object);
}

static void delete_port(PVOID object)
{
    PLIST_ENTRY first = KeRundownQueue(object), entry = first;
    if (!first)
        return;
    do {
        PLIST_ENTRY next = entry->Flink;
        free_packet(entry);
        entry = next;
    } while (entry != first);
}

void IopCreatePortType(void)
{
    static const OB_TYPE_INITIALIZER info = {
        .Name = L"IoCompletion",
        .GenericMapping = {STANDARD_RIGHTS_READ | IO_COMPLETION_QUERY_STATE,
                           STANDARD_RIGHTS_WRITE | IO_COMPLETION_MODIFY_STATE,
                           STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, IO_COMPLETION_ALL_ACCESS},
        .ValidAccessMask = IO_COMPLETION_ALL_ACCESS,
        .InvalidAttributes = OBJ_PERMANENT | OBJ_OPENLINK,
        .CloseProcedure = close_port,
        .DeleteProcedure = delete_port,
    };
    ObCreateObjectType(&info, &IOP->port_type);
}

/* --- a file and its port --- */

NTSTATUS IopSetCompletionPort(PFILE_OBJECT file, PVOID buffer, KPROCESSOR_MODE mode)
{
    FILE_COMPLETION_INFORMATION given;
    PVOID port;
    NTSTATUS status = MmCopyFromMode(&given, buffer, sizeof given, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (iop_file_flags(file) & FO_SYNCHRONOUS_IO)
        return STATUS_INVALID_PARAMETER;
    status =
        ObReferenceObjectByHandle(given.Port, IO_COMPLETION_MODIFY_STATE, port_type(), mode, &port, NULL);
    if (!NT_SUCCESS(status))
        return status;
    PIO_COMPLETION_CONTEXT context = MmAllocateSystemPool(sizeof *context, 'pcoI');
    if (!context) {
        ObpDereferenceObject(port);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *context = (IO_COMPLETION_CONTEXT){port, given.Key, 1};
    PIO_COMPLETION_CONTEXT none = NULL;
    if (__atomic_compare_exchange_n(&file->CompletionContext, &none, context, FALSE, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED))
        return STATUS_SUCCESS;
    MmFreeSystemPool(context);
    ObpDereferenceObject(port);
    return STATUS_INVALID_PARAMETER; /* it has one */
}

void IopForgetCompletionPort(PFILE_OBJECT file)
{
    PIO_COMPLETION_CONTEXT context = file->CompletionContext;
    if (!context)
        return;
    file->CompletionContext = NULL;
    ObpDereferenceObject(context->Port);
    MmFreeSystemPool(context);
}

static const struct {
    ULONG mode, flag;
} notification_modes[] = {
    {FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, FO_SKIP_COMPLETION_PORT},
    {FILE_SKIP_SET_EVENT_ON_HANDLE, FO_SKIP_SET_EVENT},
    {FILE_SKIP_SET_USER_EVENT_ON_FAST_IO, FO_SKIP_SET_FAST_IO},
};

/* Modes are only ever added. (WDK: FILE_IO_COMPLETION_NOTIFICATION_INFORMATION) */
NTSTATUS IopSetNotificationModes(PFILE_OBJECT file, PVOID buffer, KPROCESSOR_MODE mode)
{
    FILE_IO_COMPLETION_NOTIFICATION_INFORMATION given;
    ULONG flags = 0, known = 0;
    NTSTATUS status = MmCopyFromMode(&given, buffer, sizeof given, mode);
    if (!NT_SUCCESS(status))
        return status;
    for (size_t i = 0; i < RTL_NUMBER_OF(notification_modes); i++) {
        known |= notification_modes[i].mode;
        if (given.Flags & notification_modes[i].mode)
            flags |= notification_modes[i].flag;
    }
    if (given.Flags & ~known)
        return STATUS_INVALID_PARAMETER;
    if (given.Flags & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS && iop_file_flags(file) & FO_SYNCHRONOUS_IO)
        return STATUS_INVALID_PARAMETER;
    __atomic_fetch_or(&file->Flags, flags, __ATOMIC_RELAXED);
    return STATUS_SUCCESS;
}

ULONG IopNotificationModes(PFILE_OBJECT file)
{
    ULONG modes = 0;
    for (size_t i = 0; i < RTL_NUMBER_OF(notification_modes); i++)
        if (iop_file_flags(file) & notification_modes[i].flag)
            modes |= notification_modes[i].mode;
    return modes;
}

/* --- the services --- */

/* Count: how many of the threads that take packets may run at a time; 0: one for each processor. */
SERVICE(CreateIoCompletion,
        (PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         ULONG Count),
        (IoCompletionHandle, DesiredAccess, ObjectAttributes, Count))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PRKQUEUE queue;
    HANDLE handle;
    NTSTATUS status = ObProbeHandleOut(IoCompletionHandle, mode);
    if (NT_SUCCESS(status))
        status = ObCreateObject(mode, port_type(), ObjectAttributes, mode, NULL, sizeof *queue, 0, 0,
                                (PVOID *)&queue);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeQueue(queue, Count);
    status = ObInsertObject(queue, NULL, DesiredAccess, 0, NULL, &handle);
    if (!NT_SUCCESS(status))
        return status;
    NTSTATUS told = ObReturnHandle(handle, IoCompletionHandle, mode);
    return NT_SUCCESS(told) ? status : told;
}

SERVICE(OpenIoCompletion,
        (PHANDLE IoCompletionHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
        (IoCompletionHandle, DesiredAccess, ObjectAttributes))
{
    return ObOpenService(IoCompletionHandle, DesiredAccess, ObjectAttributes, port_type());
}

SERVICE(SetIoCompletion,
        (HANDLE IoCompletionHandle, PVOID KeyContext, PVOID ApcContext, NTSTATUS IoStatus,
         ULONG_PTR IoStatusInformation),
        (IoCompletionHandle, KeyContext, ApcContext, IoStatus, IoStatusInformation))
{
    PVOID queue;
    NTSTATUS status = ObReferenceObjectByHandle(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, port_type(),
                                                KiPreviousMode(), &queue, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = post(queue, KeyContext, ApcContext, IoStatus, IoStatusInformation);
    ObpDereferenceObject(queue);
    return status;
}

static NTSTATUS capture_timeout(PLARGE_INTEGER timeout, PLARGE_INTEGER own, KPROCESSOR_MODE mode)
{
    return timeout ? MmCopyFromMode(own, timeout, sizeof *own, mode) : STATUS_SUCCESS;
}

/* STATUS_TIMEOUT; STATUS_ABANDONED_WAIT_0 when the last handle of the port was closed meanwhile. */
SERVICE(RemoveIoCompletion,
        (HANDLE IoCompletionHandle, PVOID *KeyContext, PVOID *ApcContext, PIO_STATUS_BLOCK IoStatusBlock,
         PLARGE_INTEGER Timeout),
        (IoCompletionHandle, KeyContext, ApcContext, IoStatusBlock, Timeout))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    FILE_IO_COMPLETION_INFORMATION told;
    LARGE_INTEGER timeout;
    PLIST_ENTRY entry;
    ULONG removed;
    PVOID queue;
    NTSTATUS status = STATUS_SUCCESS;
    if (mode != KernelMode) {
        status = MmProbe(KeyContext, sizeof *KeyContext, sizeof(PVOID), true);
        if (NT_SUCCESS(status))
            status = MmProbe(ApcContext, sizeof *ApcContext, sizeof(PVOID), true);
        if (NT_SUCCESS(status))
            status = iop_probe_iosb(IoStatusBlock, mode);
    }
    if (NT_SUCCESS(status))
        status = capture_timeout(Timeout, &timeout, mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, port_type(), mode,
                                           &queue, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = KiRemoveQueue(queue, mode, FALSE, Timeout ? &timeout : NULL, &entry, 1, &removed, NULL);
    ObpDereferenceObject(queue);
    if (!removed)
        return status;
    tell_packet(entry, &told);
    free_packet(entry);
    status = MmCopyToMode(KeyContext, &told.KeyContext, sizeof told.KeyContext, mode);
    if (NT_SUCCESS(status))
        status = MmCopyToMode(ApcContext, &told.ApcContext, sizeof told.ApcContext, mode);
    if (NT_SUCCESS(status))
        status = MmCopyToMode(IoStatusBlock, &told.IoStatusBlock, sizeof told.IoStatusBlock, mode);
    return status;
}

#define PACKETS_AT_ONCE 64

/* As many packets as there are, up to Count; waits for the first. */
SERVICE(RemoveIoCompletionEx,
        (HANDLE IoCompletionHandle, PFILE_IO_COMPLETION_INFORMATION IoCompletionInformation, ULONG Count,
         PULONG NumEntriesRemoved, PLARGE_INTEGER Timeout, BOOLEAN Alertable),
        (IoCompletionHandle, IoCompletionInformation, Count, NumEntriesRemoved, Timeout, Alertable))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PLIST_ENTRY entries[PACKETS_AT_ONCE];
    LARGE_INTEGER timeout;
    ULONG removed;
    PVOID queue;
    NTSTATUS status = STATUS_SUCCESS;
    if (!Count || Count > MAXULONG / sizeof *IoCompletionInformation)
        return STATUS_INVALID_PARAMETER;
    if (mode != KernelMode) {
        status =
            MmProbe(IoCompletionInformation, Count * sizeof *IoCompletionInformation, sizeof(PVOID), true);
        if (NT_SUCCESS(status))
            status = MmProbe(NumEntriesRemoved, sizeof *NumEntriesRemoved, sizeof(ULONG), true);
    }
    if (NT_SUCCESS(status))
        status = capture_timeout(Timeout, &timeout, mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(IoCompletionHandle, IO_COMPLETION_MODIFY_STATE, port_type(), mode,
                                           &queue, NULL);
    if (!NT_SUCCESS(status))
        return status;
    status = KiRemoveQueue(queue, mode, Alertable, Timeout ? &timeout : NULL, entries,
                           Count < PACKETS_AT_ONCE ? Count : PACKETS_AT_ONCE, &removed, NULL);
    ObpDereferenceObject(queue);
    for (ULONG i = 0; i < removed; i++) {
        FILE_IO_COMPLETION_INFORMATION told;
        tell_packet(entries[i], &told);
        free_packet(entries[i]);
        if (NT_SUCCESS(status))
            status = MmCopyToMode(&IoCompletionInformation[i], &told, sizeof told, mode);
    }
    NTSTATUS copied = MmCopyToMode(NumEntriesRemoved, &removed, sizeof removed, mode);
    return NT_SUCCESS(copied) ? status : copied;
}

/* IoCompletionBasicInformation: how many packets there are. */
SERVICE(QueryIoCompletion,
        (HANDLE IoCompletionHandle, IO_COMPLETION_INFORMATION_CLASS IoCompletionInformationClass,
         PVOID IoCompletionInformation, ULONG IoCompletionInformationLength, PULONG ReturnLength),
        (IoCompletionHandle, IoCompletionInformationClass, IoCompletionInformation,
         IoCompletionInformationLength, ReturnLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    IO_COMPLETION_BASIC_INFORMATION about;
    PVOID queue;
    if (IoCompletionInformationClass != IoCompletionBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (IoCompletionInformationLength != sizeof about)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = ObReferenceObjectByHandle(IoCompletionHandle, IO_COMPLETION_QUERY_STATE, port_type(),
                                                mode, &queue, NULL);
    if (!NT_SUCCESS(status))
        return status;
    about.Depth = KeReadStateQueue(queue);
    ObpDereferenceObject(queue);
    status = MmCopyToMode(IoCompletionInformation, &about, sizeof about, mode);
    ULONG length = sizeof about;
    if (NT_SUCCESS(status) && ReturnLength)
        status = MmCopyToMode(ReturnLength, &length, sizeof length, mode);
    return status;
}
