/*
 * Stacks of devices: attaching, detaching, and finding one's way in a stack.
 */
#include "iop.h"

PDEVICE_OBJECT IopTopOfStack(PDEVICE_OBJECT device)
{
    PDEVICE_OBJECT above;
    while ((above = __atomic_load_n(&device->AttachedDevice, __ATOMIC_ACQUIRE)) != NULL)
        device = above;
    return device;
}

PDEVICE_OBJECT IopRelatedDevice(PFILE_OBJECT file)
{
    PDEVICE_OBJECT device = file->DeviceObject;
    if (file->Vpb && file->Vpb->DeviceObject)
        device = file->Vpb->DeviceObject;
    else if (!(iop_file_flags(file) & FO_DIRECT_DEVICE_OPEN) && device->Vpb && device->Vpb->DeviceObject)
        device = device->Vpb->DeviceObject;
    return IopTopOfStack(device);
}

/* WDK: IoGetAttachedDevice. The topmost device of the stack, not referenced. */
PDEVICE_OBJECT NTAPI IoGetAttachedDevice(PDEVICE_OBJECT DeviceObject)
{
    GATE(IoGetAttachedDevice, DeviceObject);
    return IopTopOfStack(DeviceObject);
}

/* WDK: IoGetAttachedDeviceReference. The topmost device of the stack, referenced. */
PDEVICE_OBJECT NTAPI IoGetAttachedDeviceReference(PDEVICE_OBJECT DeviceObject)
{
    GATE(IoGetAttachedDeviceReference, DeviceObject);
    iop_lock_database();
    PDEVICE_OBJECT top = IopTopOfStack(DeviceObject);
    ObpReferenceObject(top);
    iop_unlock_database();
    return top;
}

/* WDK: IoGetRelatedDeviceObject. Where a request for the file object is sent: the top of its device's stack.
 */
PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(PFILE_OBJECT FileObject)
{
    GATE(IoGetRelatedDeviceObject, FileObject);
    return IopRelatedDevice(FileObject);
}

/* WDK: IoGetBaseFileSystemDeviceObject. As above, but the lowest device: the one that was opened or the
 * mounted file system's. */
PDEVICE_OBJECT NTAPI IoGetBaseFileSystemDeviceObject(PFILE_OBJECT FileObject)
{
    GATE(IoGetBaseFileSystemDeviceObject, FileObject);
    if (FileObject->Vpb && FileObject->Vpb->DeviceObject)
        return FileObject->Vpb->DeviceObject;
    PDEVICE_OBJECT device = FileObject->DeviceObject;
    if (!(iop_file_flags(FileObject) & FO_DIRECT_DEVICE_OPEN) && device->Vpb && device->Vpb->DeviceObject)
        return device->Vpb->DeviceObject;
    return device;
}

/* The device below, referenced, or NULL: there is none, or it is going away. (WDK: IoGetLowerDeviceObject) */
PDEVICE_OBJECT NTAPI IoGetLowerDeviceObject(PDEVICE_OBJECT DeviceObject)
{
    GATE(IoGetLowerDeviceObject, DeviceObject);
    PDEVICE_OBJECT lower = NULL;
    iop_lock_database();
    if (!(iop_device(DeviceObject)->ExtensionFlags &
          (DOE_UNLOAD_PENDING | DOE_DELETE_PENDING | DOE_REMOVE_PENDING | DOE_REMOVE_PROCESSED)))
        lower = iop_device(DeviceObject)->AttachedTo;
    if (lower)
        ObpReferenceObject(lower);
    iop_unlock_database();
    return lower;
}

/* The lowest device of the stack, referenced. (WDK: IoGetDeviceAttachmentBaseRef) */
PDEVICE_OBJECT NTAPI IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT DeviceObject)
{
    GATE(IoGetDeviceAttachmentBaseRef, DeviceObject);
    iop_lock_database();
    PDEVICE_OBJECT device = DeviceObject;
    while (iop_device(device)->AttachedTo)
        device = iop_device(device)->AttachedTo;
    ObpReferenceObject(device);
    iop_unlock_database();
    return device;
}

/* Puts source on top of target's stack; the device it is attached to, or NULL when that is not ready or going
 * away. */
static PDEVICE_OBJECT attach(PDEVICE_OBJECT source, PDEVICE_OBJECT target, PDEVICE_OBJECT *attached_to)
{
    iop_lock_database();
    PDEVICE_OBJECT top = IopTopOfStack(target);
    if (top->Flags & DO_DEVICE_INITIALIZING ||
        iop_device(top)->ExtensionFlags &
            (DOE_UNLOAD_PENDING | DOE_DELETE_PENDING | DOE_REMOVE_PENDING | DOE_REMOVE_PROCESSED)) {
        top = NULL;
    } else {
        source->StackSize = (CCHAR)(top->StackSize + 1);
        source->AlignmentRequirement = top->AlignmentRequirement;
        source->SectorSize = top->SectorSize;
        if (iop_device(top)->ExtensionFlags & DOE_START_PENDING)
            iop_device(source)->ExtensionFlags |= DOE_START_PENDING;
        iop_device(source)->AttachedTo = top;
        /* Before the first request can come: NT writes it under the lock for the Safe routine. */
        if (attached_to)
            *attached_to = top;
        __atomic_store_n(&top->AttachedDevice, source, __ATOMIC_RELEASE);
    }
    iop_unlock_database();
    if (!top && attached_to)
        *attached_to = NULL;
    return top;
}

/* The device that SourceDevice was attached to, the former top of the stack, or NULL. (WDK:
 * IoAttachDeviceToDeviceStack) */
PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice)
{
    GATE(IoAttachDeviceToDeviceStack, SourceDevice, TargetDevice);
    return attach(SourceDevice, TargetDevice, NULL);
}

/* As above; *AttachedToDeviceObject is written before any request can come. (WDK:
 * IoAttachDeviceToDeviceStackSafe) */
NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice,
                                               PDEVICE_OBJECT *AttachedToDeviceObject)
{
    GATE(IoAttachDeviceToDeviceStackSafe, SourceDevice, TargetDevice, AttachedToDeviceObject);
    return attach(SourceDevice, TargetDevice, AttachedToDeviceObject) ? STATUS_SUCCESS
                                                                      : STATUS_NO_SUCH_DEVICE;
}

/* The device by name, opened and closed again around finding it. */
static NTSTATUS open_device(PUNICODE_STRING name, ACCESS_MASK access, PFILE_OBJECT *file,
                            PDEVICE_OBJECT *device)
{
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    InitializeObjectAttributes(&attributes, name, OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS status = ZwOpenFile(&handle, access, &attributes, &iosb, 0, FILE_NON_DIRECTORY_FILE);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(handle, 0, IopFileObjectType, KernelMode, (PVOID *)file, NULL);
    if (NT_SUCCESS(status))
        *device = IopRelatedDevice(*file);
    ZwClose(handle);
    return status;
}

/*
 * The top of a named device's stack and a referenced file object that keeps it; the caller drops that one.
 * The device gets IRP_MJ_CREATE and IRP_MJ_CLEANUP now and IRP_MJ_CLOSE then. (WDK: IoGetDeviceObjectPointer)
 */
NTSTATUS NTAPI IoGetDeviceObjectPointer(PUNICODE_STRING ObjectName, ACCESS_MASK DesiredAccess,
                                        PFILE_OBJECT *FileObject, PDEVICE_OBJECT *DeviceObject)
{
    GATE(IoGetDeviceObjectPointer, ObjectName, DesiredAccess, FileObject, DeviceObject);
    return open_device(ObjectName, DesiredAccess, FileObject, DeviceObject);
}

/* Attaches SourceDevice to the stack of a named device. (WDK: IoAttachDevice) */
NTSTATUS NTAPI IoAttachDevice(PDEVICE_OBJECT SourceDevice, PUNICODE_STRING TargetDevice,
                              PDEVICE_OBJECT *AttachedDevice)
{
    GATE(IoAttachDevice, SourceDevice, TargetDevice, AttachedDevice);
    PFILE_OBJECT file;
    PDEVICE_OBJECT device;
    NTSTATUS status = open_device(TargetDevice, FILE_READ_ATTRIBUTES, &file, &device);
    if (!NT_SUCCESS(status))
        return status;
    if (!attach(SourceDevice, device, AttachedDevice))
        status = STATUS_NO_SUCH_DEVICE;
    ObpDereferenceObject(file);
    return status;
}

/* Takes the device that is attached to TargetDevice off it. IRQL PASSIVE_LEVEL. (WDK: IoDetachDevice) */
VOID NTAPI IoDetachDevice(PDEVICE_OBJECT TargetDevice)
{
    GATE(IoDetachDevice, TargetDevice);
    ObpReferenceObject(TargetDevice);
    iop_lock_database();
    PDEVICE_OBJECT source = TargetDevice->AttachedDevice;
    if (source)
        iop_device(source)->AttachedTo = NULL;
    __atomic_store_n(&TargetDevice->AttachedDevice, NULL, __ATOMIC_RELEASE);
    TargetDevice
        ->ReferenceCount++; /* whatever waited for the stack to be taken apart happens when this one goes */
    iop_unlock_database();
    IopDereferenceDevice(TargetDevice);
    ObpDereferenceObject(TargetDevice);
}
