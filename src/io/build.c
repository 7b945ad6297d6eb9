/*
 * The IoBuild routines: IRPs that a driver sends to another driver.
 */
#include "iop.h"

static PIRP make_associated(PIRP master, CCHAR stacks)
{
    PIRP associated = IopAllocateIrp(stacks);
    if (!associated)
        return NULL;
    associated->Flags |= IRP_ASSOCIATED_IRP;
    associated->RequestorMode = master->RequestorMode;
    associated->Tail.Overlay.Thread = master->Tail.Overlay.Thread;
    associated->AssociatedIrp.MasterIrp = master;
    return associated;
}

/*
 * An IRP that carries part of a larger one: the master is completed when all its associated IRPs are. The
 * caller counts them in the master's AssociatedIrp.IrpCount. (WDK: IoMakeAssociatedIrp)
 */
PIRP NTAPI IoMakeAssociatedIrp(PIRP Irp, CCHAR StackSize)
{
    GATE(IoMakeAssociatedIrp, Irp, StackSize);
    return GATE_FAILS(IoMakeAssociatedIrp) ? NULL : make_associated(Irp, StackSize);
}

/* The buffer of a read or write, the way the device wants it. On failure nothing is left. */
static NTSTATUS attach_buffer(PDEVICE_OBJECT device, PIRP irp, PVOID buffer, ULONG length, BOOLEAN reading)
{
    NTSTATUS status;
    if (device->Flags & DO_BUFFERED_IO) {
        if (length == 0)
            return STATUS_SUCCESS;
        status = IopCaptureSystemBuffer(irp, buffer, reading ? 0 : length, length);
        if (reading) {
            irp->UserBuffer = buffer;
            irp->Flags |= IRP_INPUT_OPERATION;
            iop_request(irp)->BufferLength = length;
        }
    } else if (device->Flags & DO_DIRECT_IO) {
        if (length == 0)
            return STATUS_SUCCESS;
        status = IopLockUserBuffer(irp, buffer, length, KernelMode, reading ? IoWriteAccess : IoReadAccess);
    } else {
        irp->UserBuffer = buffer;
        status = STATUS_SUCCESS;
    }
    return status;
}

static PIRP build_fsd_request(ULONG major, PDEVICE_OBJECT device, PVOID buffer, ULONG length,
                              PLARGE_INTEGER offset, PIO_STATUS_BLOCK iosb)
{
    PIRP irp = IopAllocateIrp(device->StackSize);
    if (!irp)
        return NULL;
    irp->Tail.Overlay.Thread = (PETHREAD)PspCurrentThread();
    irp->UserIosb = iosb;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = (UCHAR)major;
    if (major == IRP_MJ_READ || major == IRP_MJ_WRITE) {
        NTSTATUS status = attach_buffer(device, irp, buffer, length, major == IRP_MJ_READ);
        if (!NT_SUCCESS(status)) {
            IopFreeMdls(irp);
            IopFreeSystemBuffer(irp);
            IopFreeIrp(irp);
            return NULL;
        }
        irp->Flags |= major == IRP_MJ_READ ? IRP_READ_OPERATION : IRP_WRITE_OPERATION;
        if (major == IRP_MJ_READ) {
            stack->Parameters.Read.Length = length;
            if (offset)
                stack->Parameters.Read.ByteOffset = *offset;
        } else {
            stack->Parameters.Write.Length = length;
            if (offset)
                stack->Parameters.Write.ByteOffset = *offset;
        }
    }
    GATE_NOTE(NOTE_IRP_BUILT, irp, device, major);
    return irp;
}

/*
 * A read, write, flush, shutdown or pnp request that the caller frees in its completion routine. NULL when
 * there is no memory or the buffer cannot be locked. IRQL <= APC_LEVEL. (WDK: IoBuildAsynchronousFsdRequest)
 */
PIRP NTAPI IoBuildAsynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer,
                                         ULONG Length, PLARGE_INTEGER StartingOffset,
                                         PIO_STATUS_BLOCK IoStatusBlock)
{
    GATE(IoBuildAsynchronousFsdRequest, MajorFunction, DeviceObject, Buffer, Length);
    if (GATE_FAILS(IoBuildAsynchronousFsdRequest))
        return NULL;
    return build_fsd_request(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock);
}

/*
 * As above, but the I/O manager frees the IRP and sets Event when it is completed; it belongs to the calling
 * thread until then. IRQL PASSIVE_LEVEL. (WDK: IoBuildSynchronousFsdRequest)
 */
PIRP NTAPI IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer,
                                        ULONG Length, PLARGE_INTEGER StartingOffset, PKEVENT Event,
                                        PIO_STATUS_BLOCK IoStatusBlock)
{
    GATE(IoBuildSynchronousFsdRequest, MajorFunction, DeviceObject, Buffer, Length);
    if (GATE_FAILS(IoBuildSynchronousFsdRequest))
        return NULL;
    PIRP irp = build_fsd_request(MajorFunction, DeviceObject, Buffer, Length, StartingOffset, IoStatusBlock);
    if (!irp)
        return NULL;
    irp->UserEvent = Event;
    IopQueueThreadIrp(irp);
    return irp;
}

/*
 * A device control, or an internal one. Buffers travel by the method in the code; they are trusted as the
 * kernel's own. The I/O manager frees the IRP and sets Event. NULL: no memory, or a direct buffer cannot be
 * locked. IRQL PASSIVE_LEVEL. (WDK: IoBuildDeviceIoControlRequest)
 */
PIRP NTAPI IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer,
                                         ULONG InputBufferLength, PVOID OutputBuffer,
                                         ULONG OutputBufferLength, BOOLEAN InternalDeviceIoControl,
                                         PKEVENT Event, PIO_STATUS_BLOCK IoStatusBlock)
{
    GATE(IoBuildDeviceIoControlRequest, IoControlCode, DeviceObject, InputBuffer, OutputBuffer);
    if (GATE_FAILS(IoBuildDeviceIoControlRequest))
        return NULL;
    PIRP irp = IopAllocateIrp(DeviceObject->StackSize);
    if (!irp)
        return NULL;
    irp->Tail.Overlay.Thread = (PETHREAD)PspCurrentThread();
    irp->UserIosb = IoStatusBlock;
    irp->UserEvent = Event;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
    stack->Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
    stack->Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
    stack->Parameters.DeviceIoControl.IoControlCode = IoControlCode;

    NTSTATUS status = STATUS_SUCCESS;
    ULONG method = IoControlCode & 3;
    if (method == METHOD_BUFFERED && (InputBufferLength || OutputBufferLength)) {
        ULONG total = InputBufferLength > OutputBufferLength ? InputBufferLength : OutputBufferLength;
        status = IopCaptureSystemBuffer(irp, InputBuffer, InputBuffer ? InputBufferLength : 0, total);
        irp->UserBuffer = OutputBuffer;
        if (OutputBuffer) {
            irp->Flags |= IRP_INPUT_OPERATION;
            iop_request(irp)->BufferLength = OutputBufferLength;
        }
    } else if (method == METHOD_IN_DIRECT || method == METHOD_OUT_DIRECT) {
        if (InputBuffer && InputBufferLength)
            status = IopCaptureSystemBuffer(irp, InputBuffer, InputBufferLength, InputBufferLength);
        if (NT_SUCCESS(status) && OutputBuffer && OutputBufferLength)
            status = IopLockUserBuffer(irp, OutputBuffer, OutputBufferLength, KernelMode,
                                       method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
    } else if (method == METHOD_NEITHER) {
        stack->Parameters.DeviceIoControl.Type3InputBuffer = InputBuffer;
        irp->UserBuffer = OutputBuffer;
    }
    if (!NT_SUCCESS(status)) {
        IopFreeMdls(irp);
        IopFreeSystemBuffer(irp);
        IopFreeIrp(irp);
        return NULL;
    }
    GATE_NOTE(NOTE_IRP_BUILT, irp, DeviceObject, stack->MajorFunction);
    IopQueueThreadIrp(irp);
    return irp;
}

/* As IoMakeAssociatedIrp; the device is of no account. (WDK: IoMakeAssociatedIrpEx) */
PIRP NTAPI IoMakeAssociatedIrpEx(PIRP Irp, PDEVICE_OBJECT DeviceObject, CCHAR StackSize)
{
    GATE(IoMakeAssociatedIrpEx, Irp, DeviceObject, StackSize);
    return GATE_FAILS(IoMakeAssociatedIrpEx) ? NULL : make_associated(Irp, StackSize);
}
