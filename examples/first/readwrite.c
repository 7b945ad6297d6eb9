/*
 * Reads and writes, three ways. A write replaces what the device holds, a read returns it.
 */
#include "first.h"

/*
 * Where the data of this request is, as far as the driver is concerned.
 *
 *   buffered   The I/O manager made a copy in nonpaged pool. Safe at any IRQL, in any thread; costs the copy.
 *   direct     The I/O manager locked the caller's pages and described them in an MDL; the driver maps them. No
 *              copy; the caller can still change the bytes meanwhile.
 *   neither    The caller's own address. It means something only in the caller's process, and nothing about it has
 *              been checked: it may be unmapped, read-only, or an address of the kernel.
 */
static NTSTATUS FirstFindBuffer(FIRST_TRANSFER Transfer, PIRP Irp, PVOID *Buffer)
{
    *Buffer = NULL;
    switch (Transfer) {
    case FirstBuffered:
        *Buffer = Irp->AssociatedIrp.SystemBuffer;
        return STATUS_SUCCESS;
    case FirstDirect:
        /* No MDL is made for a length of zero. */
        if (Irp->MdlAddress == NULL)
            return STATUS_SUCCESS;
        *Buffer = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
        return *Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    default:
        *Buffer = Irp->UserBuffer;
        return STATUS_SUCCESS;
    }
}

/*
 * Copies between the caller's unchecked address and memory of ours. Probe first, so that an address of the kernel is
 * refused; then copy, all inside __try, because the caller can free the memory at any moment.
 */
static NTSTATUS FirstCopyNeither(BOOLEAN FromCaller, PVOID Caller, PVOID Ours, ULONG Length)
{
    __try {
        if (FromCaller) {
            ProbeForRead(Caller, Length, 1);
            RtlCopyMemory(Ours, Caller, Length);
        } else {
            ProbeForWrite(Caller, Length, 1);
            RtlCopyMemory(Caller, Ours, Length);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

/*
 * A user address must not be touched while a spin lock is held: the touch may have to wait for the page. So
 * the data goes through a copy in pool, and only that copy is made under the lock.
 */
static NTSTATUS FirstTransferData(PFIRST_EXTENSION Extension, BOOLEAN IsWrite, PVOID Buffer, ULONG Length,
                                  PULONG Transferred)
{
    NTSTATUS status = STATUS_SUCCESS;
    PVOID copy;
    KIRQL irql;

    *Transferred = 0;
    if (Length == 0)
        return STATUS_SUCCESS;
    copy = ExAllocatePool2(POOL_FLAG_NON_PAGED, FIRST_CAPACITY, FIRST_TAG);
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;

    if (IsWrite) {
        if (Extension->Transfer == FirstNeither)
            status = FirstCopyNeither(TRUE, Buffer, copy, Length);
        else
            RtlCopyMemory(copy, Buffer, Length);
        if (NT_SUCCESS(status)) {
            KeAcquireSpinLock(&Extension->Lock, &irql);
            RtlCopyMemory(Extension->Data, copy, Length);
            Extension->Length = Length;
            KeReleaseSpinLock(&Extension->Lock, irql);
        }
    } else {
        KeAcquireSpinLock(&Extension->Lock, &irql);
        Length = min(Length, Extension->Length);
        RtlCopyMemory(copy, Extension->Data, Length);
        KeReleaseSpinLock(&Extension->Lock, irql);
        if (Extension->Transfer == FirstNeither)
            status = FirstCopyNeither(FALSE, Buffer, copy, Length);
        else
            RtlCopyMemory(Buffer, copy, Length);
    }
    ExFreePoolWithTag(copy, FIRST_TAG);
    if (NT_SUCCESS(status))
        *Transferred = Length;
    return status;
}

NTSTATUS FirstReadWrite(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PFIRST_EXTENSION extension = DeviceObject->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    BOOLEAN isWrite = stack->MajorFunction == IRP_MJ_WRITE;
    ULONG length = isWrite ? stack->Parameters.Write.Length : stack->Parameters.Read.Length;
    ULONG transferred = 0;
    PVOID buffer;
    NTSTATUS status;

    if (isWrite && length > FIRST_CAPACITY)
        return FirstComplete(Irp, STATUS_INVALID_BUFFER_SIZE, 0);

    status = FirstFindBuffer(extension->Transfer, Irp, &buffer);
    if (NT_SUCCESS(status))
        status = FirstTransferData(extension, isWrite, buffer, length, &transferred);

    /* Information is how many bytes were moved: what ReadFile and WriteFile report to the caller. */
    return FirstComplete(Irp, status, transferred);
}
