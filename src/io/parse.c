/*
 * Opening a device by name: the Device type's parse method, which makes the file object and sends
 * IRP_MJ_CREATE.
 */
#include "iop.h"

/* What an open asks for when it wants only the device itself, not what a file system on it makes of it. */
#define DIRECT_ACCESS                                                                                        \
    (SYNCHRONIZE | FILE_READ_ATTRIBUTES | READ_CONTROL | ACCESS_SYSTEM_SECURITY | WRITE_OWNER | WRITE_DAC)

const GENERIC_MAPPING iop_file_mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE,
                                          FILE_ALL_ACCESS};

static ULONG file_flags(POPEN_PACKET packet, ULONG attributes, BOOLEAN direct)
{
    static const struct {
        ULONG option, flag;
    } map[] = {
        {FILE_SYNCHRONOUS_IO_ALERT, FO_SYNCHRONOUS_IO | FO_ALERTABLE_IO},
        {FILE_SYNCHRONOUS_IO_NONALERT, FO_SYNCHRONOUS_IO},
        {FILE_NO_INTERMEDIATE_BUFFERING, FO_NO_INTERMEDIATE_BUFFERING},
        {FILE_WRITE_THROUGH, FO_WRITE_THROUGH},
        {FILE_SEQUENTIAL_ONLY, FO_SEQUENTIAL_ONLY},
        {FILE_RANDOM_ACCESS, FO_RANDOM_ACCESS},
    };
    ULONG flags = direct ? FO_DIRECT_DEVICE_OPEN : 0;
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (packet->CreateOptions & map[i].option)
            flags |= map[i].flag;
    if (!(attributes & OBJ_CASE_INSENSITIVE))
        flags |= FO_OPENED_CASE_SENSITIVE;
    if (packet->CreateFileType == CreateFileTypeNamedPipe)
        flags |= FO_NAMED_PIPE;
    else if (packet->CreateFileType == CreateFileTypeMailslot)
        flags |= FO_MAILSLOT;
    return flags;
}

/* The file object, holding on to the device that was named. It has no name of its own in the object manager.
 */
static NTSTATUS make_file(POPEN_PACKET packet, PDEVICE_OBJECT device, ULONG attributes, KPROCESSOR_MODE mode,
                          PCUNICODE_STRING rest, BOOLEAN direct, PFILE_OBJECT *result)
{
    OBJECT_ATTRIBUTES none;
    PFILE_OBJECT file;
    InitializeObjectAttributes(&none, NULL, attributes & OBJ_INHERIT, NULL, NULL);
    NTSTATUS status = ObCreateObject(KernelMode, IopFileObjectType, &none, mode, NULL, sizeof(FILE_OBJECT), 0,
                                     0, (PVOID *)&file);
    if (!NT_SUCCESS(status))
        return status;
    file->Type = IO_TYPE_FILE;
    file->Size = sizeof(FILE_OBJECT);
    file->RelatedFileObject = packet->RelatedFileObject;
    file->Flags = file_flags(packet, attributes, direct);
    KeInitializeEvent(&file->Event, NotificationEvent, FALSE);
    KeInitializeEvent(&file->Lock, SynchronizationEvent, FALSE);
    InitializeListHead(&file->IrpList);
    KeInitializeSpinLock(&file->IrpListLock);
    if (rest->Length) {
        file->FileName.Buffer = MmAllocateSystemPool((SIZE_T)rest->Length + sizeof(WCHAR), IOP_TAG_NAME);
        if (!file->FileName.Buffer) {
            ObpDereferenceObject(file);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        file->FileName.Length = rest->Length;
        file->FileName.MaximumLength = (USHORT)(rest->Length + (rest->Length < 0xFFFE ? sizeof(WCHAR) : 0));
        memcpy(file->FileName.Buffer, rest->Buffer, rest->Length);
        file->FileName.Buffer[rest->Length / sizeof(WCHAR)] = 0;
    }
    file->DeviceObject = device;
    *result = file;
    return STATUS_SUCCESS;
}

/* WDK: IoGetFileObjectGenericMapping. What the generic rights mean for a file. */
PGENERIC_MAPPING NTAPI IoGetFileObjectGenericMapping(VOID)
{
    GATE(IoGetFileObjectGenericMapping);
    return (PGENERIC_MAPPING)&iop_file_mapping;
}

/* Takes a file object back that no driver knows (any more): no cleanup, no close. */
static void discard_file(PFILE_OBJECT file)
{
    PDEVICE_OBJECT device = file->DeviceObject;
    file->DeviceObject = NULL;
    ObpDereferenceObject(file);
    IopDereferenceDevice(device);
}

static void fill_create(POPEN_PACKET packet, PIRP irp, PIO_STACK_LOCATION stack,
                        PIO_SECURITY_CONTEXT security)
{
    ULONG options = (packet->Disposition << 24) | (packet->CreateOptions & 0x00FFFFFF);
    switch (packet->CreateFileType) {
    case CreateFileTypeNamedPipe:
        stack->MajorFunction = IRP_MJ_CREATE_NAMED_PIPE;
        stack->Parameters.CreatePipe.SecurityContext = security;
        stack->Parameters.CreatePipe.Options = options;
        stack->Parameters.CreatePipe.ShareAccess = packet->ShareAccess;
        stack->Parameters.CreatePipe.Parameters = packet->ExtraCreateParameters;
        break;
    case CreateFileTypeMailslot:
        stack->MajorFunction = IRP_MJ_CREATE_MAILSLOT;
        stack->Parameters.CreateMailslot.SecurityContext = security;
        stack->Parameters.CreateMailslot.Options = options;
        stack->Parameters.CreateMailslot.ShareAccess = packet->ShareAccess;
        stack->Parameters.CreateMailslot.Parameters = packet->ExtraCreateParameters;
        break;
    default:
        stack->MajorFunction = IRP_MJ_CREATE;
        stack->Parameters.Create.SecurityContext = security;
        stack->Parameters.Create.Options = options;
        stack->Parameters.Create.FileAttributes = packet->FileAttributes;
        stack->Parameters.Create.ShareAccess = packet->ShareAccess;
        stack->Parameters.Create.EaLength = packet->EaLength;
        break;
    }
    irp->AssociatedIrp.SystemBuffer = packet->EaBuffer;
    irp->Overlay.AllocationSize = packet->AllocationSize;
}

/* Sends IRP_MJ_CREATE and waits for it. */
static NTSTATUS send_create(POPEN_PACKET packet, PDEVICE_OBJECT top, PFILE_OBJECT file, PACCESS_STATE access,
                            KPROCESSOR_MODE mode, ULONG attributes)
{
    PIRP irp = IopAllocateIrp(top->StackSize);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityImpersonation, SECURITY_DYNAMIC_TRACKING, FALSE};
    IO_SECURITY_CONTEXT security = {&qos, access,
                                    access->PreviouslyGrantedAccess | access->RemainingDesiredAccess,
                                    packet->CreateOptions};
    IO_STATUS_BLOCK iosb = {.Status = STATUS_PENDING};
    irp->Tail.Overlay.Thread = (PETHREAD)PspCurrentThread();
    irp->Tail.Overlay.OriginalFileObject = file;
    irp->RequestorMode = mode;
    irp->Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    irp->UserIosb = &iosb;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->FileObject = file;
    if (!(attributes & OBJ_CASE_INSENSITIVE))
        stack->Flags |= SL_CASE_SENSITIVE;
    if (packet->Options & IO_FORCE_ACCESS_CHECK || attributes & OBJ_FORCE_ACCESS_CHECK)
        stack->Flags |= SL_FORCE_ACCESS_CHECK;
    if (packet->Options & IO_OPEN_TARGET_DIRECTORY)
        stack->Flags |= SL_OPEN_TARGET_DIRECTORY;
    if (packet->Options & IO_STOP_ON_SYMLINK)
        stack->Flags |= SL_STOP_ON_SYMLINK;
    fill_create(packet, irp, stack, &security);
    struct iop_request *request = iop_request(irp);
    request->Dispatch = (void *)top->DriverObject->MajorFunction[stack->MajorFunction];
    request->KeepsFile = IOP_FILE_WAITED;
    atomic_init(&request->Life, 0);
    packet->FileObject = file;
    GATE_NOTE(NOTE_IRP_BUILT, irp, top, stack->MajorFunction);
    file->FinalStatus = STATUS_PENDING;
    IopQueueThreadIrp(irp);
    if (IopReturned(irp, iop_request(irp), IopCallDriver(top, irp, NULL))) {
        iosb = irp->IoStatus;
        IopDequeueThreadIrp(irp);
        irp->AssociatedIrp.SystemBuffer = NULL; /* the caller's extended attributes */
        irp->UserIosb = NULL;
        irp->PendingReturned = TRUE; /* so that the file object's event is set, as NT does by hand */
        IopFinishRequest(irp);
    } else {
        /* The status block is written before the event is set. */
        KeWaitForSingleObject(&file->Event, Executive, KernelMode, FALSE, NULL);
    }
    packet->Information = iosb.Information;
    return iosb.Status;
}

/* A driver asks that another name be opened instead: it has put that name into the file object. */
static NTSTATUS reparse(POPEN_PACKET packet, PFILE_OBJECT file, PUNICODE_STRING complete)
{
    static const UNICODE_STRING none;
    if (packet->Information > IO_REPARSE && packet->Information != IO_REMOUNT)
        return STATUS_IO_REPARSE_TAG_NOT_HANDLED;
    NTSTATUS status = ObpReplaceName(complete, &file->FileName, &none);
    return NT_SUCCESS(status) ? STATUS_REPARSE : status;
}

/*
 * Something below a device is to be opened. Without an open packet only the device object itself can be
 * meant.
 */
NTSTATUS IopParseDevice(PVOID ParseObject, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                        KPROCESSOR_MODE AccessMode, ULONG Attributes, PUNICODE_STRING CompleteName,
                        PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object)
{
    PDEVICE_OBJECT device = ParseObject;
    POPEN_PACKET packet = Context;
    *Object = NULL;
    if (!packet && RemainingName->Length == 0 && (!Type || Type == IopDeviceObjectType)) {
        ObpReferenceObject(device);
        *Object = device;
        return STATUS_SUCCESS;
    }
    if (!packet || packet->Type != IO_TYPE_OPEN_PACKET || packet->Size != sizeof(OPEN_PACKET))
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (packet->RelatedFileObject)
        device = packet->RelatedFileObject->DeviceObject;
    NTSTATUS status = IopReferenceDevice(device, packet->RelatedFileObject != NULL);
    if (!NT_SUCCESS(status))
        return packet->FinalStatus = status;

    BOOLEAN itself = RemainingName->Length == 0 && !packet->RelatedFileObject;
    BOOLEAN forced = packet->Options & IO_FORCE_ACCESS_CHECK || Attributes & OBJ_FORCE_ACCESS_CHECK;
    RtlMapGenericMask(&AccessState->RemainingDesiredAccess, &iop_file_mapping);
    status = IopCheckDeviceOpen(device, AccessState, forced ? UserMode : AccessMode, itself);
    if (!NT_SUCCESS(status)) {
        IopDereferenceDevice(device);
        return packet->FinalStatus = status;
    }
    ACCESS_MASK access = AccessState->RemainingDesiredAccess | AccessState->PreviouslyGrantedAccess;
    BOOLEAN direct = itself && !(access & ~DIRECT_ACCESS) && packet->CreateFileType == CreateFileTypeNone;
    PFILE_OBJECT file;
    status = make_file(packet, device, Attributes, AccessMode, RemainingName, direct, &file);
    if (!NT_SUCCESS(status)) {
        IopDereferenceDevice(device);
        return packet->FinalStatus = status;
    }
    if (packet->RelatedFileObject ? packet->RelatedFileObject->Vpb != NULL : !direct)
        status = IopMountForOpen(device, &file->Vpb);
    if (!NT_SUCCESS(status)) {
        discard_file(file);
        return packet->FinalStatus = status;
    }
    PDEVICE_OBJECT top = IopRelatedDevice(file);
    status = send_create(packet, top, file, AccessState, AccessMode, Attributes);
    packet->FinalStatus = status;
    file->RelatedFileObject = NULL; /* means something during the create only */
    if (status == STATUS_REPARSE)
        status = packet->FinalStatus = reparse(packet, file, CompleteName);
    else if (NT_SUCCESS(status)) {
        packet->ParseCheck = OPEN_PACKET_PATTERN;
        *Object = file;
        return STATUS_SUCCESS;
    }
    packet->FileObject = NULL;
    discard_file(file);
    return status;
}

/* A name relative to an open file: the file's own device takes it, with the file as RelatedFileObject. */
NTSTATUS IopParseFile(PVOID ParseObject, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                      KPROCESSOR_MODE AccessMode, ULONG Attributes, PUNICODE_STRING CompleteName,
                      PUNICODE_STRING RemainingName, PVOID Context, PVOID *Object)
{
    PFILE_OBJECT file = ParseObject;
    POPEN_PACKET packet = Context;
    if (!packet || packet->Type != IO_TYPE_OPEN_PACKET || packet->Size != sizeof(OPEN_PACKET))
        return STATUS_OBJECT_TYPE_MISMATCH;
    packet->RelatedFileObject = file;
    return IopParseDevice(file->DeviceObject, Type, AccessState, AccessMode, Attributes, CompleteName,
                          RemainingName, Context, Object);
}
