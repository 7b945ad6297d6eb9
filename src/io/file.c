/*
 * File objects: what happens when their handles are closed, when they go, and the lock of the synchronous
 * ones.
 */
#include "iop.h"

/* --- cleanup and close --- */

static void cleanup(PFILE_OBJECT file, ULONG flags)
{
    __atomic_fetch_or(&file->Flags, FO_CLEANUP_COMPLETE, __ATOMIC_RELAXED);
    IopSendAndWait(IopRelatedDevice(file), file, IRP_MJ_CLEANUP, flags, NULL, NULL);
}

void IopCleanUpFile(PFILE_OBJECT file)
{
    cleanup(file, 0);
}

static void fill_unlock(PIRP irp, PIO_STACK_LOCATION stack, void *context)
{
    (void)irp, (void)context;
    stack->MinorFunction = IRP_MN_UNLOCK_ALL;
}

/* A handle is closed: the last one in the process drops byte range locks, the last of all sends
 * IRP_MJ_CLEANUP. */
void IopCloseFileMethod(PEPROCESS Process, PVOID Object, ACCESS_MASK Granted, ULONG ProcessHandles,
                        ULONG SystemHandles)
{
    (void)Process, (void)Granted;
    PFILE_OBJECT file = Object;
    if (ProcessHandles != 1 || !file->DeviceObject)
        return;
    BOOLEAN locked = FALSE;
    if (SystemHandles == 1 && iop_file_flags(file) & FO_SYNCHRONOUS_IO && !IOP->stopping)
        locked = NT_SUCCESS(IopLockFile(file, KernelMode));
    if (file->LockOperation && SystemHandles != 1)
        IopSendAndWait(IopRelatedDevice(file), file, IRP_MJ_LOCK_CONTROL, 0, fill_unlock, NULL);
    if (SystemHandles == 1)
        cleanup(file, 0);
    if (locked)
        IopUnlockFile(file);
}

/* The last reference is gone. A file that never had a handle gets its cleanup now. */
void IopDeleteFileMethod(PVOID Object)
{
    PFILE_OBJECT file = Object;
    PDEVICE_OBJECT device = file->DeviceObject;
    if (device) {
        if (!(iop_file_flags(file) & (FO_CLEANUP_COMPLETE | FO_STREAM_FILE)))
            cleanup(file, 0);
        IopSendAndWait(IopRelatedDevice(file), file, IRP_MJ_CLOSE, 0, NULL, NULL);
    }
    IopForgetCompletionPort(file);
    if (file->FileName.Buffer)
        MmFreeSystemPool(file->FileName.Buffer);
    if (file->Vpb && !(iop_file_flags(file) & FO_STREAM_FILE))
        IopDereferenceVpb(file->Vpb);
    if (device)
        IopDereferenceDevice(device);
}

/* --- the name --- */

/* "\Device\X" and the rest of the name behind it. */
NTSTATUS IopQueryNameMethod(PVOID Object, BOOLEAN HasObjectName, POBJECT_NAME_INFORMATION Information,
                            ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    (void)HasObjectName, (void)Mode;
    PFILE_OBJECT file = Object;
    UNICODE_STRING device = {0};
    NTSTATUS status =
        file->DeviceObject ? ObpFullName(file->DeviceObject, &device) : STATUS_OBJECT_PATH_INVALID;
    if (!NT_SUCCESS(status))
        return status;
    ULONG name = (ULONG)device.Length + file->FileName.Length;
    ULONG needed = (ULONG)sizeof(OBJECT_NAME_INFORMATION) + name + (ULONG)sizeof(WCHAR);
    *ReturnLength = needed;
    if (Length < needed) {
        status =
            Length < sizeof(OBJECT_NAME_INFORMATION) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    } else {
        PWSTR text = (PWSTR)(Information + 1);
        memcpy(text, device.Buffer, device.Length);
        if (file->FileName.Length)
            memcpy((PUCHAR)text + device.Length, file->FileName.Buffer, file->FileName.Length);
        text[name / sizeof(WCHAR)] = 0;
        Information->Name = (UNICODE_STRING){(USHORT)name, (USHORT)(name + sizeof(WCHAR)), text};
    }
    if (device.Buffer)
        MmFreeSystemPool(device.Buffer);
    return status;
}

/* --- the lock of synchronous file objects --- */

NTSTATUS IopLockFileSlow(PFILE_OBJECT file, KPROCESSOR_MODE mode)
{
    NTSTATUS status = STATUS_SUCCESS;
    BOOLEAN alertable = (iop_file_flags(file) & FO_ALERTABLE_IO) != 0;
    __atomic_add_fetch(&file->Waiters, 1, __ATOMIC_SEQ_CST);
    host_barrier(); /* the other half of IopUnlockFile */
    while (__atomic_exchange_n(&file->Busy, 1, __ATOMIC_SEQ_CST) != 0) {
        NTSTATUS wait = KeWaitForSingleObject(&file->Lock, Executive, mode, alertable, NULL);
        if (wait == STATUS_ALERTED || wait == STATUS_USER_APC) {
            status = wait;
            break;
        }
    }
    __atomic_sub_fetch(&file->Waiters, 1, __ATOMIC_SEQ_CST);
    /* Who gives up may have taken the wake-up of another. */
    if (status != STATUS_SUCCESS && __atomic_load_n(&file->Busy, __ATOMIC_SEQ_CST) == 0)
        IopUnlockFileSlow(file);
    return status;
}

void IopUnlockFileSlow(PFILE_OBJECT file)
{
    KiSetEvent(&file->Lock);
}
