/*
 * Names as DOS has them: of a volume, and of a file on it. And asking a file object, without a handle.
 */
#include "iop.h"

/* --- volumes --- */

/* Whether the link of that drive letter leads to the device. */
static bool leads_to(WCHAR letter, PCUNICODE_STRING device)
{
    WCHAR path[] = L"\\GLOBAL??\\X:", target[128];
    UNICODE_STRING name, link = {0, sizeof target, target};
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle;
    path[10] = letter;
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenSymbolicLinkObject(&handle, SYMBOLIC_LINK_QUERY, &attributes)))
        return false;
    NTSTATUS status = ZwQuerySymbolicLinkObject(handle, &link, NULL);
    ZwClose(handle);
    return NT_SUCCESS(status) && RtlEqualUnicodeString(&link, device, TRUE);
}

/* STATUS_OBJECT_NAME_NOT_FOUND: no letter is the device's. */
static NTSTATUS find_letter(PVOID device, WCHAR *letter)
{
    UNICODE_STRING name;
    NTSTATUS status = ObpFullName(device, &name);
    if (!NT_SUCCESS(status))
        return status;
    for (*letter = L'A'; *letter <= L'Z' && name.Length; (*letter)++)
        if (leads_to(*letter, &name))
            break;
    bool found = name.Length && *letter <= L'Z';
    MmFreeSystemPool(name.Buffer);
    return found ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

static NTSTATUS volume_name(PVOID device, PUNICODE_STRING name, const void *caller)
{
    WCHAR letter;
    NTSTATUS status = find_letter(device, &letter);
    if (!NT_SUCCESS(status))
        return status;
    PWSTR text = MmAllocatePoolFor(caller, PagedPool, 3 * sizeof(WCHAR), IOP_TAG_NAME);
    if (!text)
        return STATUS_INSUFFICIENT_RESOURCES;
    text[0] = letter;
    text[1] = L':';
    text[2] = 0;
    *name = (UNICODE_STRING){2 * sizeof(WCHAR), 3 * sizeof(WCHAR), text};
    return STATUS_SUCCESS;
}

/* "C:", whose buffer the caller frees with ExFreePool. IRQL PASSIVE_LEVEL. (WDK: IoVolumeDeviceToDosName) */
NTSTATUS NTAPI IoVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName)
{
    GATE(IoVolumeDeviceToDosName, VolumeDeviceObject, DosName);
    return volume_name(VolumeDeviceObject, DosName, __builtin_return_address(0));
}

/* The same, by its older name. (WDK: RtlVolumeDeviceToDosName) */
NTSTATUS NTAPI RtlVolumeDeviceToDosName(PVOID VolumeDeviceObject, PUNICODE_STRING DosName)
{
    GATE(RtlVolumeDeviceToDosName, VolumeDeviceObject, DosName);
    return volume_name(VolumeDeviceObject, DosName, __builtin_return_address(0));
}

/* --- files --- */

/* "C:\directory\file" behind its structure, which the caller frees with ExFreePool. IRQL PASSIVE_LEVEL. (WDK:
 * IoQueryFileDosDeviceName) */
NTSTATUS NTAPI IoQueryFileDosDeviceName(PFILE_OBJECT FileObject,
                                        POBJECT_NAME_INFORMATION *ObjectNameInformation)
{
    GATE(IoQueryFileDosDeviceName, FileObject, ObjectNameInformation);
    WCHAR letter;
    NTSTATUS status = find_letter(FileObject->DeviceObject, &letter);
    if (!NT_SUCCESS(status))
        return status;
    SIZE_T length = 2 * sizeof(WCHAR) + FileObject->FileName.Length;
    if (length > 0xFFFC)
        return STATUS_NAME_TOO_LONG;
    POBJECT_NAME_INFORMATION about = MmAllocatePoolFor(__builtin_return_address(0), PagedPool,
                                                       sizeof *about + length + sizeof(WCHAR), IOP_TAG_NAME);
    if (!about)
        return STATUS_INSUFFICIENT_RESOURCES;
    PWSTR text = (PWSTR)(about + 1);
    text[0] = letter;
    text[1] = L':';
    if (FileObject->FileName.Length)
        memcpy(text + 2, FileObject->FileName.Buffer, FileObject->FileName.Length);
    text[length / sizeof(WCHAR)] = 0;
    about->Name = (UNICODE_STRING){(USHORT)length, (USHORT)(length + sizeof(WCHAR)), text};
    *ObjectNameInformation = about;
    return STATUS_SUCCESS;
}

/* --- asking --- */

static NTSTATUS NTAPI answered(PDEVICE_OBJECT device, PIRP irp, PVOID event)
{
    (void)device, (void)irp;
    KeSetEvent(event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* The two requests have their parameters at the same places. */
static NTSTATUS ask(PFILE_OBJECT file, UCHAR major, ULONG class, ULONG length, PVOID buffer, PULONG returned)
{
    PDEVICE_OBJECT device = IopRelatedDevice(file);
    KEVENT event;
    PIRP irp = IopAllocateIrp(device->StackSize);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp->Tail.Overlay.Thread = PspCurrentThread();
    irp->Tail.Overlay.OriginalFileObject = file;
    irp->Flags = IRP_SYNCHRONOUS_API;
    irp->RequestorMode = KernelMode;
    irp->AssociatedIrp.SystemBuffer = buffer;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = major;
    stack->FileObject = file;
    stack->Parameters.QueryFile.Length = length;
    stack->Parameters.QueryFile.FileInformationClass = (FILE_INFORMATION_CLASS) class;
    IoSetCompletionRoutine(irp, answered, &event, TRUE, TRUE, TRUE);
    if (IofCallDriver(device, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    NTSTATUS status = irp->IoStatus.Status;
    *returned = (ULONG)irp->IoStatus.Information;
    irp->AssociatedIrp.SystemBuffer = NULL; /* the caller's */
    IopFreeIrp(irp);
    return status;
}

/* The driver is asked; the buffer is the kernel's. What it does not know is its own status. (WDK:
 * IoQueryFileInformation) */
NTSTATUS NTAPI IoQueryFileInformation(PFILE_OBJECT FileObject, FILE_INFORMATION_CLASS FileInformationClass,
                                      ULONG Length, PVOID FileInformation, PULONG ReturnedLength)
{
    GATE(IoQueryFileInformation, FileObject, FileInformationClass, Length, FileInformation);
    return ask(FileObject, IRP_MJ_QUERY_INFORMATION, (ULONG)FileInformationClass, Length, FileInformation,
               ReturnedLength);
}

/* The same about its volume. (WDK: IoQueryVolumeInformation) */
NTSTATUS NTAPI IoQueryVolumeInformation(PFILE_OBJECT FileObject, FS_INFORMATION_CLASS FsInformationClass,
                                        ULONG Length, PVOID FsInformation, PULONG ReturnedLength)
{
    GATE(IoQueryVolumeInformation, FileObject, FsInformationClass, Length, FsInformation);
    return ask(FileObject, IRP_MJ_QUERY_VOLUME_INFORMATION, (ULONG)FsInformationClass, Length, FsInformation,
               ReturnedLength);
}
