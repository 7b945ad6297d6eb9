/*
 * NtDeviceIoControlFile and NtFsControlFile: buffers travel by the method in the control code, as the WDK's
 * page "Buffer Descriptions for I/O Control Codes" has it.
 */
#include "send.h"

#include <stdio.h>

struct control {
    PIO_APC_ROUTINE apc;
    PVOID apc_context;
    PIO_STATUS_BLOCK iosb;
    ULONG code;
    PVOID input;
    ULONG input_length;
    PVOID output;
    ULONG output_length;
    UCHAR major;
};

/* User addresses, before anything else is looked at; NULL buffers of some methods have no length. */
static IOP_HOT NTSTATUS probe(PETHREAD thread, struct control *c)
{
    ULONG method = METHOD_FROM_CTL_CODE(c->code);
    NTSTATUS status = iop_probe(thread, c->iosb, sizeof(IO_STATUS_BLOCK), sizeof(ULONG), true);
    if (!NT_SUCCESS(status))
        return status;
    if (method == METHOD_BUFFERED) {
        if (!c->output)
            c->output_length = 0;
        else if (c->output_length)
            status = iop_probe(thread, c->output, c->output_length, 1, true);
        if (!NT_SUCCESS(status))
            return status;
    }
    if (method != METHOD_NEITHER) {
        if (!c->input)
            c->input_length = 0;
        else if (c->input_length)
            status = iop_probe(thread, c->input, c->input_length, 1, false);
    }
    return status;
}

static IOP_HOT NTSTATUS attach_buffers(struct iop_call *call, const struct control *c)
{
    PIRP irp = call->irp;
    PIO_STACK_LOCATION stack = call->stack;
    ULONG method = METHOD_FROM_CTL_CODE(c->code);
    stack->Parameters.DeviceIoControl.OutputBufferLength = c->output_length;
    stack->Parameters.DeviceIoControl.InputBufferLength = c->input_length;
    stack->Parameters.DeviceIoControl.IoControlCode = c->code;
    NTSTATUS status = STATUS_SUCCESS;
    switch (method) {
    case METHOD_BUFFERED:
        if (!c->input_length && !c->output_length)
            break;
        irp->UserBuffer = c->output;
        if (c->output) {
            irp->Flags |= IRP_INPUT_OPERATION;
            iop_request(irp)->BufferLength = c->output_length;
        }
        return iop_capture(call->thread, irp, c->input, c->input ? c->input_length : 0,
                           c->input_length > c->output_length ? c->input_length : c->output_length);
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
        if (c->input && c->input_length)
            status = iop_capture(call->thread, irp, c->input, c->input_length, c->input_length);
        if (method == METHOD_IN_DIRECT)
            iop_is_sent(call->mode, c->output, c->output_length);
        if (NT_SUCCESS(status) && c->output_length)
            status = iop_lock_buffer(call->thread, irp, c->output, c->output_length, call->mode,
                                     method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
        return status;
    default:
        iop_is_sent(call->mode, c->input, c->input_length);
        irp->UserBuffer = c->output;
        stack->Parameters.DeviceIoControl.Type3InputBuffer = c->input;
        break;
    }
    return STATUS_SUCCESS;
}

/* A control code of another device type than the device's: allowed, but seldom meant. Once for each device
 * and code. */
static void remark_on_type(PDEVICE_OBJECT device, ULONG code)
{
    struct iop_device_extension *extension = iop_device(device);
    char text[256], driver[96];
    for (int i = 0; i < 4; i++) {
        ULONG seen = 0;
        if (__atomic_compare_exchange_n(&extension->WarnedCodes[i], &seen, code, FALSE, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            break;
        if (seen == code || i == 3)
            return;
    }
    iop_driver_name(device->DriverObject, driver, sizeof driver);
    int length =
        snprintf(text, sizeof text,
                 "ntio: warning: control code 0x%08X has device type 0x%X, the device of %s has 0x%X\n", code,
                 (unsigned)DEVICE_TYPE_FROM_CTL_CODE(code), driver, (unsigned)device->DeviceType);
    machine_log(text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

/* TRUE: the driver did it there and then. */
static BOOLEAN try_fast_io(struct iop_call *call, const struct control *c, NTSTATUS *status)
{
    PFAST_IO_DISPATCH fast = call->device->DriverObject->FastIoDispatch;
    if (__builtin_expect(!fast, 1) || c->major != IRP_MJ_DEVICE_CONTROL ||
        fast->SizeOfFastIoDispatch <= FIELD_OFFSET(FAST_IO_DISPATCH, FastIoDeviceControl) ||
        !fast->FastIoDeviceControl)
        return FALSE;
    if (call->mode != KernelMode && c->output_length && METHOD_FROM_CTL_CODE(c->code) != METHOD_NEITHER &&
        METHOD_FROM_CTL_CODE(c->code) != METHOD_BUFFERED) {
        *status = MmProbe(c->output, c->output_length, 1, METHOD_FROM_CTL_CODE(c->code) == METHOD_OUT_DIRECT);
        if (!NT_SUCCESS(*status))
            return FALSE; /* the IRP's way finds the same */
    }
    IO_STATUS_BLOCK iosb = {0};
    GATE_NOTE(NOTE_FAST_IO_CALL, call->device, call->file, IRP_MJ_DEVICE_CONTROL);
    BOOLEAN taken = fast->FastIoDeviceControl(call->file, TRUE, c->input, c->input_length, c->output,
                                              c->output_length, c->code, &iosb, call->device);
    GATE_NOTE(NOTE_FAST_IO, call->device, call->file, IRP_MJ_DEVICE_CONTROL, taken);
    if (!taken)
        return FALSE;
    iop_write_iosb(c->iosb, call->mode, iosb.Status, iosb.Information);
    if (call->event && !(iop_file_flags(call->file) & FO_SKIP_SET_FAST_IO))
        KiSetEvent(call->event);
    IopPostStatus(call->file, c->apc ? NULL : c->apc_context, iosb.Status, iosb.Information);
    *status = iosb.Status;
    return TRUE;
}

static IOP_HOT NTSTATUS control(HANDLE handle, HANDLE event, struct control *c)
{
    struct iop_call call;
    NTSTATUS status;
    PETHREAD thread = PspCurrentThread();
    if (thread->Tcb.PreviousMode != KernelMode) {
        status = probe(thread, c);
        if (!NT_SUCCESS(status))
            return status;
    }
    /* The code's access bits are FILE_READ_DATA and FILE_WRITE_DATA. */
    status = iop_open_call(&call, thread, handle, (c->code >> 14) & (FILE_READ_DATA | FILE_WRITE_DATA));
    if (!NT_SUCCESS(status))
        return status;
    status = iop_call_event(&call, event);
    if (NT_SUCCESS(status))
        status = iop_enter_call(&call);
    if (!NT_SUCCESS(status))
        return iop_abandon_call(&call, status);
    if (__builtin_expect(call.device->DeviceType != DEVICE_TYPE_FROM_CTL_CODE(c->code), 0) &&
        c->major == IRP_MJ_DEVICE_CONTROL && ntio_machine.verifier != VERIFIER_OFF)
        remark_on_type(call.device, c->code);
    if (__builtin_expect(call.device->DriverObject->FastIoDispatch != NULL, 0)) {
        struct iop_call call_copy = call;
        struct control c_copy = *c;
        if (try_fast_io(&call_copy, &c_copy, &status))
            return iop_abandon(&call_copy, status);
    }
    status = iop_make_irp(&call, c->major, c->iosb, c->apc, c->apc_context);
    if (NT_SUCCESS(status))
        status = attach_buffers(&call, c);
    if (!NT_SUCCESS(status))
        return iop_abandon_call(&call, status);
    if (c->major == IRP_MJ_FILE_SYSTEM_CONTROL) {
        call.irp->Flags |= IRP_DEFER_IO_COMPLETION;
        call.stack->MinorFunction = IRP_MN_USER_FS_REQUEST;
    }
    return iop_send(&call);
}

/* Inline in both of its services: there is no other call between the client and the driver. */
static IOP_HOT NTSTATUS KisDeviceIoControlFile(HANDLE, HANDLE, PIO_APC_ROUTINE, PVOID, PIO_STATUS_BLOCK,
                                               ULONG, PVOID, ULONG, PVOID, ULONG);
SERVICE(DeviceIoControlFile,
        (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
         PIO_STATUS_BLOCK IoStatusBlock, ULONG IoControlCode, PVOID InputBuffer, ULONG InputBufferLength,
         PVOID OutputBuffer, ULONG OutputBufferLength),
        (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, IoControlCode, InputBuffer,
         InputBufferLength, OutputBuffer, OutputBufferLength))
{
    struct control c = {ApcRoutine,    ApcContext,         IoStatusBlock,
                        IoControlCode, InputBuffer,        InputBufferLength,
                        OutputBuffer,  OutputBufferLength, IRP_MJ_DEVICE_CONTROL};
    return control(FileHandle, Event, &c);
}

SERVICE(FsControlFile,
        (HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine, PVOID ApcContext,
         PIO_STATUS_BLOCK IoStatusBlock, ULONG FsControlCode, PVOID InputBuffer, ULONG InputBufferLength,
         PVOID OutputBuffer, ULONG OutputBufferLength),
        (FileHandle, Event, ApcRoutine, ApcContext, IoStatusBlock, FsControlCode, InputBuffer,
         InputBufferLength, OutputBuffer, OutputBufferLength))
{
    struct control c = {ApcRoutine,    ApcContext,         IoStatusBlock,
                        FsControlCode, InputBuffer,        InputBufferLength,
                        OutputBuffer,  OutputBufferLength, IRP_MJ_FILE_SYSTEM_CONTROL};
    return control(FileHandle, Event, &c);
}

/*
 * Whether the requester's handle was granted what RequiredAccess (FILE_READ_ACCESS, FILE_WRITE_ACCESS) asks
 * for, for codes that are defined with FILE_ANY_ACCESS but move data. Kernel requesters always pass.
 * STATUS_ACCESS_DENIED. (WDK: IoValidateDeviceIoControlAccess)
 */
NTSTATUS NTAPI IoValidateDeviceIoControlAccess(PIRP Irp, ULONG RequiredAccess)
{
    GATE(IoValidateDeviceIoControlAccess, Irp, RequiredAccess);
    if (RequiredAccess & ~(ULONG)(FILE_READ_ACCESS | FILE_WRITE_ACCESS))
        return STATUS_INVALID_PARAMETER;
    if (Irp->RequestorMode == KernelMode || !IopIsOwnIrp(Irp))
        return STATUS_SUCCESS;
    return (iop_request(Irp)->Granted & RequiredAccess) == RequiredAccess ? STATUS_SUCCESS
                                                                          : STATUS_ACCESS_DENIED;
}
