/*
 * Volumes: which file systems there are, and which one has mounted what a device holds. Without a file system
 * that recognises it a device is opened itself. A device's DeviceLock is held while it is mounted or
 * verified; the lists stand under the database lock.
 */
#include "iop.h"

#define MOST_FILE_SYSTEMS 32

struct iop_fs_notify {
    struct iop_fs_notify *Next;
    PDRIVER_OBJECT Driver;
    PDRIVER_FS_NOTIFICATION Routine;
};

static bool is_file_system(PDEVICE_OBJECT device)
{
    return device->DeviceType == FILE_DEVICE_DISK_FILE_SYSTEM ||
           device->DeviceType == FILE_DEVICE_CD_ROM_FILE_SYSTEM ||
           device->DeviceType == FILE_DEVICE_TAPE_FILE_SYSTEM ||
           device->DeviceType == FILE_DEVICE_NETWORK_FILE_SYSTEM;
}

static DEVICE_TYPE file_system_for(PDEVICE_OBJECT device)
{
    switch (device->DeviceType) {
    case FILE_DEVICE_CD_ROM:
        return FILE_DEVICE_CD_ROM_FILE_SYSTEM;
    case FILE_DEVICE_TAPE:
        return FILE_DEVICE_TAPE_FILE_SYSTEM;
    default:
        return FILE_DEVICE_DISK_FILE_SYSTEM;
    }
}

/* The file systems of a type (0: all), in the order in which they are asked, each referenced. */
static ULONG list_file_systems(DEVICE_TYPE type, PDEVICE_OBJECT list[MOST_FILE_SYSTEMS])
{
    ULONG count = 0;
    iop_lock_database();
    for (PLIST_ENTRY at = IOP->file_systems.Flink; at != &IOP->file_systems; at = at->Flink) {
        PDEVICE_OBJECT device = CONTAINING_RECORD(at, DEVICE_OBJECT, Queue.ListEntry);
        if (count < MOST_FILE_SYSTEMS && (!type || device->DeviceType == type)) {
            ObpReferenceObject(device);
            list[count++] = device;
        }
    }
    iop_unlock_database();
    return count;
}

static void let_go(PDEVICE_OBJECT *list, ULONG count)
{
    while (count)
        ObpDereferenceObject(list[--count]);
}

static void notify(PDEVICE_OBJECT device, BOOLEAN active)
{
    PDRIVER_FS_NOTIFICATION routines[MOST_FILE_SYSTEMS];
    ULONG count = 0;
    iop_lock_database();
    for (struct iop_fs_notify *at = IOP->fs_notify; at && count < MOST_FILE_SYSTEMS; at = at->Next)
        routines[count++] = at->Routine;
    iop_unlock_database();
    for (ULONG i = 0; i < count; i++)
        routines[i](device, active);
}

/*
 * WDK: IoRegisterFileSystem. The newest is asked first, unless it says that it has low priority. The device
 * stays until it is unregistered. What is no file system's device is left alone.
 */
VOID NTAPI IoRegisterFileSystem(PDEVICE_OBJECT DeviceObject)
{
    GATE(IoRegisterFileSystem, DeviceObject);
    if (!is_file_system(DeviceObject))
        return;
    iop_lock_database();
    BOOLEAN fresh = !iop_device(DeviceObject)->FileSystem;
    if (fresh) {
        iop_device(DeviceObject)->FileSystem = TRUE;
        DeviceObject->ReferenceCount++;
        if (DeviceObject->Flags & DO_LOW_PRIORITY_FILESYSTEM)
            InsertTailList(&IOP->file_systems, &DeviceObject->Queue.ListEntry);
        else
            InsertHeadList(&IOP->file_systems, &DeviceObject->Queue.ListEntry);
        DeviceObject->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    }
    iop_unlock_database();
    if (fresh)
        notify(DeviceObject, TRUE);
}

VOID NTAPI IoUnregisterFileSystem(PDEVICE_OBJECT DeviceObject)
{
    GATE(IoUnregisterFileSystem, DeviceObject);
    if (!IopForgetFileSystem(DeviceObject))
        return;
    notify(DeviceObject, FALSE);
    IopDereferenceDevice(DeviceObject);
}

BOOLEAN IopForgetFileSystem(PDEVICE_OBJECT device)
{
    iop_lock_database();
    BOOLEAN was = iop_device(device)->FileSystem;
    if (was) {
        iop_device(device)->FileSystem = FALSE;
        RemoveEntryList(&device->Queue.ListEntry);
        InitializeListHead(&device->Queue.ListEntry);
    }
    iop_unlock_database();
    return was;
}

/* WDK: IoRegisterFsRegistrationChange. It is told at once about those that are there. */
NTSTATUS NTAPI IoRegisterFsRegistrationChange(PDRIVER_OBJECT DriverObject,
                                              PDRIVER_FS_NOTIFICATION DriverNotificationRoutine)
{
    GATE(IoRegisterFsRegistrationChange, DriverObject, DriverNotificationRoutine);
    struct iop_fs_notify *entry = calloc(1, sizeof *entry);
    if (!entry)
        return STATUS_INSUFFICIENT_RESOURCES;
    entry->Driver = DriverObject;
    entry->Routine = DriverNotificationRoutine;
    iop_lock_database();
    struct iop_fs_notify **at = &IOP->fs_notify;
    while (*at && ((*at)->Driver != DriverObject || (*at)->Routine != DriverNotificationRoutine))
        at = &(*at)->Next;
    BOOLEAN twice = *at != NULL;
    if (!twice)
        *at = entry;
    iop_unlock_database();
    if (twice) {
        free(entry);
        return STATUS_DEVICE_ALREADY_ATTACHED;
    }
    PDEVICE_OBJECT list[MOST_FILE_SYSTEMS];
    ULONG count = list_file_systems(0, list);
    for (ULONG i = 0; i < count; i++)
        DriverNotificationRoutine(list[i], TRUE);
    let_go(list, count);
    return STATUS_SUCCESS;
}

VOID NTAPI IoUnregisterFsRegistrationChange(PDRIVER_OBJECT DriverObject,
                                            PDRIVER_FS_NOTIFICATION DriverNotificationRoutine)
{
    GATE(IoUnregisterFsRegistrationChange, DriverObject, DriverNotificationRoutine);
    struct iop_fs_notify *found = NULL;
    iop_lock_database();
    for (struct iop_fs_notify **at = &IOP->fs_notify; *at; at = &(*at)->Next)
        if ((*at)->Driver == DriverObject && (*at)->Routine == DriverNotificationRoutine) {
            found = *at;
            *at = found->Next;
            break;
        }
    iop_unlock_database();
    free(found);
}

void IopFreeVolumes(void)
{
    while (IOP->fs_notify) {
        struct iop_fs_notify *next = IOP->fs_notify->Next;
        free(IOP->fs_notify);
        IOP->fs_notify = next;
    }
    while (IOP->old_vpbs) {
        struct iop_vpb *next = IOP->old_vpbs->Next;
        MmFreeSystemPool(IOP->old_vpbs);
        IOP->old_vpbs = next;
    }
}

/* --- volume parameter blocks --- */

PVPB IopNewVpb(PDEVICE_OBJECT device)
{
    struct iop_vpb *vpb = MmAllocateSystemPool(sizeof *vpb, IOP_TAG_DEVICE);
    if (!vpb)
        return NULL;
    memset(vpb, 0, sizeof *vpb);
    vpb->Public.Type = IO_TYPE_VPB;
    vpb->Public.Size = sizeof(VPB);
    vpb->Public.RealDevice = device;
    return &vpb->Public;
}

/* WDK: IoAcquireVpbSpinLock. Flags, DeviceObject and ReferenceCount of every VPB stand under it. */
VOID NTAPI IoAcquireVpbSpinLock(PKIRQL Irql)
{
    GATE(IoAcquireVpbSpinLock, Irql);
    KeAcquireSpinLock(&IOP->vpb_lock, Irql);
}

VOID NTAPI IoReleaseVpbSpinLock(KIRQL Irql)
{
    GATE(IoReleaseVpbSpinLock, Irql);
    KeReleaseSpinLock(&IOP->vpb_lock, Irql);
}

static USHORT vpb_flags(PVPB vpb)
{
    KIRQL irql;
    KeAcquireSpinLock(&IOP->vpb_lock, &irql);
    USHORT flags = vpb->Flags;
    KeReleaseSpinLock(&IOP->vpb_lock, irql);
    return flags;
}

void IopDereferenceVpb(PVPB vpb)
{
    KIRQL irql;
    KeAcquireSpinLock(&IOP->vpb_lock, &irql);
    vpb->ReferenceCount--;
    KeReleaseSpinLock(&IOP->vpb_lock, irql);
}

/* --- mount and verify --- */

struct mount {
    UCHAR Minor, Flags;
    PVPB Vpb;
    PDEVICE_OBJECT Device;
};

static void fill(PIRP irp, PIO_STACK_LOCATION stack, void *context)
{
    struct mount *mount = context;
    (void)irp;
    stack->MinorFunction = mount->Minor;
    stack->Flags = mount->Flags;
    stack->Parameters.MountVolume.Vpb = mount->Vpb;
    stack->Parameters.MountVolume.DeviceObject = mount->Device;
}

static NTSTATUS ask(PDEVICE_OBJECT file_system, UCHAR minor, PDEVICE_OBJECT device, PDEVICE_OBJECT meant,
                    UCHAR flags)
{
    struct mount mount = {minor, flags, device ? device->Vpb : NULL, meant};
    return IopSendAndWait(IopTopOfStack(file_system), NULL, IRP_MJ_FILE_SYSTEM_CONTROL,
                          IRP_MOUNT_COMPLETION | IRP_SYNCHRONOUS_PAGING_IO, fill, &mount);
}

/* With the device's lock held: asks the file systems of its kind, one after the other, whether the volume is
 * theirs. */
static NTSTATUS mount(PDEVICE_OBJECT device)
{
    PDEVICE_OBJECT list[MOST_FILE_SYSTEMS];
    NTSTATUS status = STATUS_UNRECOGNIZED_VOLUME;
    for (int loads = 0; loads < MOST_FILE_SYSTEMS; loads++) {
        ULONG count = list_file_systems(file_system_for(device), list);
        BOOLEAN again = FALSE;
        status = STATUS_UNRECOGNIZED_VOLUME;
        for (ULONG i = 0; i < count && !again; i++) {
            status = ask(list[i], IRP_MN_MOUNT_VOLUME, device, IopTopOfStack(device), 0);
            if (NT_SUCCESS(status)) {
                KIRQL irql;
                KeAcquireSpinLock(&IOP->vpb_lock, &irql);
                device->Vpb->Flags |= VPB_MOUNTED;
                KeReleaseSpinLock(&IOP->vpb_lock, irql);
                break;
            }
            if (status == STATUS_FS_DRIVER_REQUIRED) { /* a recogniser: it loads the file system itself */
                ask(list[i], IRP_MN_LOAD_FILE_SYSTEM, NULL, list[i], 0);
                again = TRUE;
            } else if (status == STATUS_NO_MEDIA_IN_DEVICE) {
                break;
            }
        }
        let_go(list, count);
        if (!again)
            break;
    }
    return status;
}

static void lock_device(PDEVICE_OBJECT device)
{
    KeWaitForSingleObject(&device->DeviceLock, Executive, KernelMode, FALSE, NULL);
}

static void unlock_device(PDEVICE_OBJECT device)
{
    KeSetEvent(&device->DeviceLock, IO_NO_INCREMENT, FALSE);
}

/*
 * The mounted volume of a device that is opened, with a reference in *vpb; NULL: there is none, and the
 * device itself is meant. STATUS_ACCESS_DENIED when the volume is locked.
 */
NTSTATUS IopMountForOpen(PDEVICE_OBJECT device, PVPB *vpb)
{
    NTSTATUS status = STATUS_SUCCESS;
    *vpb = NULL;
    if (!device->Vpb || (!(vpb_flags(device->Vpb) & VPB_MOUNTED) && IsListEmpty(&IOP->file_systems)))
        return STATUS_SUCCESS;
    lock_device(device);
    if (!(vpb_flags(device->Vpb) & VPB_MOUNTED))
        mount(device);
    KIRQL irql;
    KeAcquireSpinLock(&IOP->vpb_lock, &irql);
    if (device->Vpb->Flags & VPB_LOCKED) {
        status = STATUS_ACCESS_DENIED;
    } else if (device->Vpb->Flags & VPB_MOUNTED && device->Vpb->DeviceObject) {
        *vpb = device->Vpb;
        device->Vpb->ReferenceCount++;
    }
    KeReleaseSpinLock(&IOP->vpb_lock, irql);
    unlock_device(device);
    return status;
}

/*
 * WDK: IoVerifyVolume. The file system that has mounted the volume looks whether it is still that one. When
 * it is not (STATUS_WRONG_VOLUME) the device gets a new VPB, and whoever recognises the new volume mounts it.
 */
NTSTATUS NTAPI IoVerifyVolume(PDEVICE_OBJECT DeviceObject, BOOLEAN AllowRawMount)
{
    GATE(IoVerifyVolume, DeviceObject, AllowRawMount);
    PDEVICE_OBJECT device = DeviceObject;
    if (!device->Vpb)
        return STATUS_SUCCESS;
    lock_device(device);
    NTSTATUS status = STATUS_SUCCESS;
    UCHAR flags = AllowRawMount ? SL_ALLOW_RAW_MOUNT : 0;
    BOOLEAN mounted = (vpb_flags(device->Vpb) & VPB_MOUNTED) != 0;
    if (mounted)
        status =
            ask(device->Vpb->DeviceObject, IRP_MN_VERIFY_VOLUME, device, device->Vpb->DeviceObject, flags);
    if (status == STATUS_WRONG_VOLUME) {
        PVPB fresh = IopNewVpb(device);
        if (fresh) {
            struct iop_vpb *old = CONTAINING_RECORD(device->Vpb, struct iop_vpb, Public);
            iop_lock_database(); /* open files still have the old one */
            old->Next = IOP->old_vpbs;
            IOP->old_vpbs = old;
            __atomic_store_n(&device->Vpb, fresh, __ATOMIC_RELEASE);
            iop_unlock_database();
            mount(device);
        }
    } else if (!mounted) {
        status = mount(device);
    }
    unlock_device(device);
    return status;
}
