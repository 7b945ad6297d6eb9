/*
 * File systems: registering, mounting, verifying; stream file objects; hard errors.
 */
#include "rig.h"

static struct {
    PDEVICE_OBJECT disk, fs, second, volume;
    int mounts, verifies, second_mounts, opened_volume, opened_disk, cleanups, closes, told, told_off;
    NTSTATUS mount_status, verify_status;
    PVPB vpb;
} world;

static PDEVICE_OBJECT make(PCWSTR name, DEVICE_TYPE type)
{
    UNICODE_STRING text;
    PDEVICE_OBJECT device = NULL;
    if (name)
        RtlInitUnicodeString(&text, name);
    if (!NT_SUCCESS(IoCreateDevice(rig.driver, 0, name ? &text : NULL, type, 0, FALSE, &device)))
        return NULL;
    device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return device;
}

static NTSTATUS on_fs_control(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    if (stack->MinorFunction == IRP_MN_MOUNT_VOLUME) {
        if (device == world.second) {
            world.second_mounts++;
            return rig_complete(irp, STATUS_UNRECOGNIZED_VOLUME, 0);
        }
        world.mounts++;
        if (!NT_SUCCESS(world.mount_status))
            return rig_complete(irp, world.mount_status, 0);
        PVPB vpb = stack->Parameters.MountVolume.Vpb;
        if (stack->Parameters.MountVolume.DeviceObject != world.disk || vpb->RealDevice != world.disk)
            return rig_complete(irp, STATUS_INVALID_PARAMETER, 0);
        if (!world.volume)
            world.volume = make(NULL, FILE_DEVICE_DISK_FILE_SYSTEM);
        world.volume->StackSize = (CCHAR)(world.disk->StackSize + 1);
        vpb->DeviceObject = world.volume;
        vpb->VolumeLabelLength = 6;
        memcpy(vpb->VolumeLabel, L"ABC", 6);
        world.vpb = vpb;
        return rig_complete(irp, STATUS_SUCCESS, 0);
    }
    if (stack->MinorFunction == IRP_MN_VERIFY_VOLUME) {
        world.verifies++;
        return rig_complete(irp, device == world.volume ? world.verify_status : STATUS_INVALID_PARAMETER, 0);
    }
    return rig_complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static NTSTATUS on_create(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)stack;
    world.opened_volume += device == world.volume;
    world.opened_disk += device == world.disk;
    return rig_complete(irp, STATUS_SUCCESS, FILE_OPENED);
}
static NTSTATUS on_cleanup(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    world.cleanups++;
    return rig_complete(irp, STATUS_SUCCESS, 0);
}
static NTSTATUS on_close(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    world.closes++;
    return rig_complete(irp, STATUS_SUCCESS, 0);
}

static VOID NTAPI on_change(PDEVICE_OBJECT device, BOOLEAN active)
{
    (void)device;
    active ? world.told++ : world.told_off++;
}

static void set_up(void)
{
    memset(&world, 0, sizeof world);
    world.disk = make(L"\\Device\\Disk", FILE_DEVICE_DISK);
    world.fs = make(NULL, FILE_DEVICE_DISK_FILE_SYSTEM);
    world.second = make(NULL, FILE_DEVICE_DISK_FILE_SYSTEM);
    rig.on[IRP_MJ_FILE_SYSTEM_CONTROL] = on_fs_control;
    rig.on[IRP_MJ_CREATE] = on_create;
    rig.on[IRP_MJ_CLEANUP] = on_cleanup;
    rig.on[IRP_MJ_CLOSE] = on_close;
}

static void mounts_volumes(void **state)
{
    (void)state;
    HANDLE handle;
    KIRQL irql;
    set_up();
    assert_non_null(world.disk->Vpb);
    assert_int_equal(IoRegisterFsRegistrationChange(rig.driver, on_change), STATUS_SUCCESS);
    assert_int_equal(IoRegisterFsRegistrationChange(rig.driver, on_change), STATUS_DEVICE_ALREADY_ATTACHED);

    /* without a file system the device itself is opened */
    assert_int_equal(rig_open(L"\\Device\\Disk", FILE_READ_DATA | SYNCHRONIZE, 7, 0x20, &handle), STATUS_SUCCESS);
    assert_int_equal(world.opened_disk, 1);
    ZwClose(handle);

    IoRegisterFileSystem(world.fs);
    IoRegisterFileSystem(world.fs); /* twice is once */
    IoRegisterFileSystem(world.second);
    IoRegisterFileSystem(rig.device); /* none */
    assert_int_equal(world.told, 2);

    world.mount_status = STATUS_UNRECOGNIZED_VOLUME;
    assert_int_equal(rig_open(L"\\Device\\Disk", FILE_READ_DATA | SYNCHRONIZE, 7, 0x20, &handle), STATUS_SUCCESS);
    assert_int_equal(world.opened_disk, 2);
    assert_int_equal(world.second_mounts, 1); /* the newest is asked first */
    assert_int_equal(world.mounts, 1);
    ZwClose(handle);

    world.mount_status = STATUS_SUCCESS;
    assert_int_equal(rig_open(L"\\Device\\Disk", SYNCHRONIZE, 7, 0x20, &handle), STATUS_SUCCESS);
    assert_int_equal(world.mounts, 1); /* only the device is wanted: nothing is mounted */
    ZwClose(handle);

    assert_int_equal(rig_open(L"\\Device\\Disk\\file", FILE_READ_DATA | SYNCHRONIZE, 7, 0x20, &handle),
                     STATUS_SUCCESS);
    assert_int_equal(world.mounts, 2);
    assert_int_equal(world.opened_volume, 1);
    IoAcquireVpbSpinLock(&irql);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_int_equal(world.vpb->Flags, VPB_MOUNTED);
    assert_int_equal(world.vpb->ReferenceCount, 1);
    IoReleaseVpbSpinLock(irql);
    PFILE_OBJECT file;
    assert_int_equal(
        ObReferenceObjectByHandle(handle, 0, *IoFileObjectType, KernelMode, (PVOID *)&file, NULL), STATUS_SUCCESS);
    assert_ptr_equal(file->Vpb, world.vpb);
    assert_ptr_equal(file->DeviceObject, world.disk);
    assert_ptr_equal(IoGetRelatedDeviceObject(file), world.volume);
    assert_ptr_equal(IoGetBaseFileSystemDeviceObject(file), world.volume);
    ObDereferenceObject(file);
    ZwClose(handle);
    assert_int_equal(world.vpb->ReferenceCount, 0);

    assert_int_equal(rig_open(L"\\Device\\Disk\\two", FILE_READ_DATA | SYNCHRONIZE, 7, 0x20, &handle), STATUS_SUCCESS);
    assert_int_equal(world.mounts, 2); /* it is mounted */
    ZwClose(handle);
    world.vpb->Flags |= VPB_LOCKED;
    assert_int_equal(rig_open(L"\\Device\\Disk\\x", FILE_READ_DATA | SYNCHRONIZE, 7, 0x20, &handle),
                     STATUS_ACCESS_DENIED);
    world.vpb->Flags &= ~VPB_LOCKED;

    /* verify: the same volume, and then another one */
    assert_int_equal(IoVerifyVolume(world.disk, FALSE), STATUS_SUCCESS);
    assert_int_equal(world.verifies, 1);
    world.verify_status = STATUS_WRONG_VOLUME;
    PVPB old = world.vpb;
    assert_int_equal(IoVerifyVolume(world.disk, FALSE), STATUS_WRONG_VOLUME);
    assert_int_equal(world.mounts, 3);
    assert_ptr_not_equal(world.disk->Vpb, old);
    assert_ptr_equal(world.disk->Vpb, world.vpb);
    assert_int_equal(world.disk->Vpb->Flags, VPB_MOUNTED);

    IoUnregisterFileSystem(world.second);
    assert_int_equal(world.told_off, 1);
    IoUnregisterFsRegistrationChange(rig.driver, on_change);
    IoUnregisterFileSystem(world.fs);
    IoUnregisterFileSystem(world.fs);
    assert_int_equal(world.told_off, 1);
    world.disk->Vpb->DeviceObject = NULL;
    assert_int_equal(IoVerifyVolume(rig.device, FALSE), STATUS_SUCCESS); /* no volume at all */
}

static void makes_stream_files(void **state)
{
    (void)state;
    set_up();
    PFILE_OBJECT stream = IoCreateStreamFileObject(NULL, world.disk);
    assert_non_null(stream);
    assert_int_equal(world.cleanups, 1);
    assert_true(stream->Flags & FO_STREAM_FILE);
    assert_true(stream->Flags & FO_CLEANUP_COMPLETE);
    assert_ptr_equal(stream->DeviceObject, world.disk);
    PFILE_OBJECT other = IoCreateStreamFileObjectLite(stream, NULL);
    assert_ptr_equal(other->DeviceObject, world.disk);
    assert_int_equal(world.cleanups, 1);
    assert_int_equal(world.disk->ReferenceCount, 2);
    ObDereferenceObject(other);
    assert_int_equal(world.closes, 1);
    ObDereferenceObject(stream);
    assert_int_equal(world.closes, 2);
    assert_int_equal(world.cleanups, 1);
    assert_int_equal(world.disk->ReferenceCount, 0);
    HANDLE handle = NULL;
    stream = IoCreateStreamFileObjectEx(NULL, world.disk, &handle);
    assert_int_equal(world.cleanups, 1);
    assert_non_null(handle);
    assert_int_equal(ObCloseHandle(handle, KernelMode), STATUS_SUCCESS); /* the cleanup goes with the handle */
    assert_int_equal(world.cleanups, 2);
    ObDereferenceObject(stream);
    assert_int_equal(world.closes, 3);
    assert_int_equal(IoGetFileObjectGenericMapping()->GenericRead, FILE_GENERIC_READ);
    assert_int_equal(IoGetFileObjectGenericMapping()->GenericAll, FILE_ALL_ACCESS);

    SECTION_OBJECT_POINTERS pointers = {0};
    LARGE_INTEGER zero = {.QuadPart = 0};
    assert_true(MmFlushImageSection(&pointers, MmFlushForWrite));
    assert_true(MmCanFileBeTruncated(&pointers, &zero));
    assert_int_equal(MmDoesFileHaveUserWritableReferences(&pointers), 0);
    pointers.DataSectionObject = &pointers;
    assert_true(MmFlushImageSection(&pointers, MmFlushForWrite));
    assert_false(MmFlushImageSection(&pointers, MmFlushForDelete));
    assert_false(MmCanFileBeTruncated(&pointers, &zero));
    assert_false(MmIsRecursiveIoFault());
}

static NTSTATUS done(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    *(NTSTATUS *)context = irp->IoStatus.Status;
    assert_int_equal(irp->IoStatus.Information, 0);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void tells_of_hard_errors(void **state)
{
    (void)state;
    set_up();
    PIRP irp = IoAllocateIrp(2, FALSE);
    NTSTATUS status = STATUS_PENDING;
    irp->Tail.Overlay.Thread = PsGetCurrentThread();
    IoSetHardErrorOrVerifyDevice(irp, world.disk);
    assert_ptr_equal(IoGetDeviceToVerify(PsGetCurrentThread()), world.disk);
    IoSetDeviceToVerify(PsGetCurrentThread(), NULL);
    assert_null(IoGetDeviceToVerify(PsGetCurrentThread()));
    IoSetNextIrpStackLocation(irp);
    IoSetCompletionRoutine(irp, done, &status, TRUE, TRUE, TRUE);
    IoSetNextIrpStackLocation(irp);
    irp->IoStatus.Status = STATUS_DEVICE_NOT_READY;
    irp->IoStatus.Information = 5;
    IoRaiseHardError(irp, world.disk->Vpb, world.disk); /* nobody is there to say "try again" */
    assert_int_equal(status, STATUS_DEVICE_NOT_READY);
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSetMasterIrpStatus(irp, STATUS_SUCCESS);
    assert_int_equal(irp->IoStatus.Status, STATUS_SUCCESS);
    IoSetMasterIrpStatus(irp, STATUS_IO_DEVICE_ERROR);
    assert_int_equal(irp->IoStatus.Status, STATUS_IO_DEVICE_ERROR);
    IoSetMasterIrpStatus(irp, STATUS_SUCCESS);
    assert_int_equal(irp->IoStatus.Status, STATUS_IO_DEVICE_ERROR);
    IoSetMasterIrpStatus(irp, STATUS_VERIFY_REQUIRED);
    assert_int_equal(irp->IoStatus.Status, STATUS_VERIFY_REQUIRED);
    IoFreeIrp(irp);

    UNICODE_STRING what = RTL_CONSTANT_STRING(L"disk");
    assert_true(IoRaiseInformationalHardError(STATUS_LOST_WRITEBEHIND_DATA, &what, NULL));
    assert_true(IoSetThreadHardErrorMode(FALSE));
    assert_false(IoRaiseInformationalHardError(STATUS_LOST_WRITEBEHIND_DATA, &what,
                                               (PKTHREAD)PsGetCurrentThread()));
    assert_false(IoSetThreadHardErrorMode(TRUE));
    assert_true(IoRaiseInformationalHardError(STATUS_LOST_WRITEBEHIND_DATA, NULL, (PKTHREAD)PsGetCurrentThread()));
}

#define RIG_TEST(function) cmocka_unit_test_setup_teardown(function, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {RIG_TEST(mounts_volumes), RIG_TEST(makes_stream_files),
                                       RIG_TEST(tells_of_hard_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
