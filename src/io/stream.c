/*
 * Stream file objects: a file system's own, to cache what is no file of anybody's. They are not opened, and
 * have no handle.
 */
#include "iop.h"

enum { WITH_CLEANUP = 1 };

static PFILE_OBJECT create(PFILE_OBJECT file, PDEVICE_OBJECT device, int flags, NTSTATUS *status)
{
    OBJECT_ATTRIBUTES none;
    PFILE_OBJECT stream;
    if (file)
        device = file->DeviceObject;
    InitializeObjectAttributes(&none, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    *status = ObCreateObject(KernelMode, IopFileObjectType, &none, KernelMode, NULL, sizeof(FILE_OBJECT), 0,
                             0, (PVOID *)&stream);
    if (!NT_SUCCESS(*status))
        return NULL;
    stream->Type = IO_TYPE_FILE;
    stream->Size = sizeof(FILE_OBJECT);
    stream->Flags = FO_STREAM_FILE;
    KeInitializeEvent(&stream->Event, NotificationEvent, FALSE);
    KeInitializeEvent(&stream->Lock, SynchronizationEvent, FALSE);
    InitializeListHead(&stream->IrpList);
    KeInitializeSpinLock(&stream->IrpListLock);
    iop_lock_database();
    device->ReferenceCount++;
    iop_unlock_database();
    stream->DeviceObject = device;
    if (flags & WITH_CLEANUP)
        IopCleanUpFile(stream);
    return stream;
}

/*
 * WDK: IoCreateStreamFileObject. For the device, or for that of the file. The driver gets IRP_MJ_CLEANUP
 * before it returns, and IRP_MJ_CLOSE when the last reference goes. Raises what went wrong.
 */
PFILE_OBJECT NTAPI IoCreateStreamFileObject(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject)
{
    GATE(IoCreateStreamFileObject, FileObject, DeviceObject);
    NTSTATUS status;
    PFILE_OBJECT stream = create(FileObject, DeviceObject, WITH_CLEANUP, &status);
    if (!stream)
        RtlRaiseStatus(status);
    return stream;
}

/* As above, with a handle of the kernel's if the caller wants one, and NULL when it fails. */
PFILE_OBJECT NTAPI IoCreateStreamFileObjectEx(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject,
                                              PHANDLE FileObjectHandle)
{
    GATE(IoCreateStreamFileObjectEx, FileObject, DeviceObject, FileObjectHandle);
    NTSTATUS status;
    PFILE_OBJECT stream = create(FileObject, DeviceObject, FileObjectHandle ? 0 : WITH_CLEANUP, &status);
    if (!stream)
        RtlRaiseStatus(status);
    if (FileObjectHandle) {
        status = ObOpenObjectByPointer(stream, OBJ_KERNEL_HANDLE, NULL, FILE_ALL_ACCESS, IopFileObjectType,
                                       KernelMode, FileObjectHandle);
        if (!NT_SUCCESS(status)) {
            ObpDereferenceObject(stream);
            RtlRaiseStatus(status);
        }
    }
    return stream;
}

/* WDK: IoCreateStreamFileObjectLite. Without IRP_MJ_CLEANUP. */
PFILE_OBJECT NTAPI IoCreateStreamFileObjectLite(PFILE_OBJECT FileObject, PDEVICE_OBJECT DeviceObject)
{
    GATE(IoCreateStreamFileObjectLite, FileObject, DeviceObject);
    NTSTATUS status;
    PFILE_OBJECT stream = create(FileObject, DeviceObject, 0, &status);
    if (!stream)
        RtlRaiseStatus(status);
    return stream;
}
