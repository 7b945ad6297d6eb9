/*
 * Reads and writes its buffers in the ways that watched.h names.
 */
#include <ntifs.h>

#include "watched.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD WatchedUnload;
static DRIVER_DISPATCH WatchedOpenClose;
static DRIVER_DISPATCH WatchedControl;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Watched");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Watched");
static PDEVICE_OBJECT Device;
static FAST_IO_DISPATCH FastIo;

/* A sanitizer that stops at the mistake itself would keep us from seeing what becomes of it. */
#define UNCHECKED                                                                                            \
    __attribute__((no_sanitize("address", "thread", "undefined"), noinline)) /* reports name it */

static UNCHECKED ULONG ReadAt(PVOID Address)
{
    return *(volatile ULONG *)Address;
}

static UNCHECKED VOID WriteAt(PVOID Address)
{
    *(volatile ULONG *)Address = 0x5A5A5A5A;
}

static ULONG ReadProbed(PVOID Address, SIZE_T Length)
{
    ULONG value = 0;
    __try {
        ProbeForRead(Address, Length, 1);
        value = ReadAt(Address);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        value = (ULONG)GetExceptionCode();
    }
    return value;
}

static ULONG ReadAtDispatch(PVOID Address)
{
    ULONG value = 0;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    __try {
        value = ReadAt(Address);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        value = (ULONG)GetExceptionCode();
    }
    KeLowerIrql(irql);
    return value;
}

static ULONG ReadInTry(PVOID Address)
{
    ULONG value = 0;
    __try {
        value = ReadAt(Address);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        value = (ULONG)GetExceptionCode();
    }
    return value;
}

static VOID JustProbe(PVOID Address, SIZE_T Length)
{
    __try {
        ProbeForRead(Address, Length, 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Length = 0;
    }
}

static ULONG ReadLocked(PVOID Address, ULONG Length)
{
    PMDL mdl = IoAllocateMdl(Address, Length, FALSE, FALSE, NULL);
    ULONG value = 0;
    PVOID mapped;
    if (mdl == NULL)
        return 0;
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IoFreeMdl(mdl);
        return 0;
    }
    mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (mapped != NULL)
        value = ReadAt(mapped);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    return value;
}

/* Sends the device a request whose dispatch routine never returns. */
static VOID RaiseBelow(VOID)
{
    IO_STATUS_BLOCK iosb;
    KEVENT event;
    PIRP irp;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildDeviceIoControlRequest(IOCTL_WATCHED_RAISED, Device, NULL, 0, NULL, 0, FALSE, &event, &iosb);
    if (irp == NULL)
        return;
    __try {
        IoCallDriver(Device, irp);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        irp->IoStatus.Status = STATUS_UNSUCCESSFUL;
        IoCompleteRequest(irp, IO_NO_INCREMENT);
    }
}

static ULONG ReadServed(PVOID Address)
{
    SIZE_T length = 0;
    MEMORY_BASIC_INFORMATION *info = Address;
    ZwQueryVirtualMemory(ZwCurrentProcess(), Address, MemoryBasicInformation, info, sizeof *info, &length);
    return ReadAt(Address);
}

static ULONG Follow(ULONG Code, struct watched_pointer *Input, PIRP Irp)
{
    PVOID address = Input->pointer;
    switch (Code) {
    case IOCTL_WATCHED_FOLLOW:
        return ReadAt(address);
    case IOCTL_WATCHED_FOLLOW_IN_TRY:
        return ReadInTry(address);
    case IOCTL_WATCHED_USER_BUFFER:
        WriteAt(Irp->UserBuffer);
        return 0;
    case IOCTL_WATCHED_PROBED:
        return ReadProbed(address, Input->length);
    case IOCTL_WATCHED_PROBED_BEFORE:
        JustProbe(address, Input->length);
        return ReadInTry(address);
    case IOCTL_WATCHED_PROBED_OUTSIDE:
        JustProbe(address, Input->length);
        return ReadAt(address);
    case IOCTL_WATCHED_LOCKED:
        return ReadLocked(address, Input->length);
    case IOCTL_WATCHED_VALID:
        return MmIsAddressValid(address) ? ReadAt(address) : 0;
    case IOCTL_WATCHED_AT_DISPATCH:
        JustProbe(Input->pointer, Input->length);
        return ReadAtDispatch(Input->pointer);
    case IOCTL_WATCHED_TOO_FAR:
        JustProbe(address, 1);
        return ReadInTry((PUCHAR)address + PAGE_SIZE);
    case IOCTL_WATCHED_RAISE:
        RaiseBelow();
        return ReadProbed(address, Input->length);
    case IOCTL_WATCHED_SERVICE:
        return ReadServed(address);
    default:
        return 0;
    }
}

/* --- fetches --- */

static UCHAR Message[64];

static UNCHECKED ULONG CheckLength(const struct watched_message *Input)
{
    return ((const volatile struct watched_message *)Input)->length <= sizeof Input->data;
}

static UNCHECKED ULONG UseLength(const struct watched_message *Input)
{
    return ((const volatile struct watched_message *)Input)->length;
}

static ULONG Twice(const struct watched_message *Input)
{
    return CheckLength(Input) ? UseLength(Input) : 0;
}

static ULONG Fetch(ULONG Code, PVOID Input, ULONG Length)
{
    const struct watched_message *message = Input;
    struct watched_message captured;
    struct watched_pointer pointer;
    ULONG result = 0;
    __try {
        ProbeForRead(Input, Length, 1);
        switch (Code) {
        case IOCTL_WATCHED_TWICE:
            result = Twice(message);
            break;
        case IOCTL_WATCHED_ONCE:
            RtlCopyMemory(&captured, message, sizeof captured);
            result = captured.length <= sizeof captured.data ? captured.length : 0;
            break;
        case IOCTL_WATCHED_EACH_ONCE:
            result = message->length;
            result += message->sum;
            result += message->data[0];
            result += message->data[1];
            break;
        case IOCTL_WATCHED_COPY:
            RtlCopyMemory(Message, Input, Length <= sizeof Message ? Length : sizeof Message);
            result = Message[0];
            break;
        case IOCTL_WATCHED_COPY_TWICE:
            RtlCopyMemory(Message, Input, 8);
            RtlCopyMemory(Message, Input, Length <= sizeof Message ? Length : sizeof Message);
            result = Message[0];
            break;
        case IOCTL_WATCHED_EMBEDDED:
            RtlCopyMemory(&pointer, Input, sizeof pointer);
            ProbeForRead(pointer.pointer, pointer.length, 1);
            result = Twice(pointer.pointer);
            break;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        result = (ULONG)GetExceptionCode();
    }
    return result;
}

static ULONG Echo(const UCHAR *Input, ULONG InputLength, PUCHAR Output, ULONG OutputLength)
{
    ULONG i, length = InputLength < OutputLength ? InputLength : OutputLength;
    __try {
        ProbeForRead(Input, InputLength, 1);
        ProbeForWrite(Output, OutputLength, 1);
        for (i = 0; i < length; i++)
            Output[i] = (UCHAR)(Input[i] + 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        length = 0;
    }
    return length;
}

static NTSTATUS Direct(ULONG Code, PIRP Irp, PULONG_PTR Information)
{
    struct watched_message *message;
    if (Irp->MdlAddress == NULL)
        return STATUS_INVALID_PARAMETER;
    message = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (message == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (Code == IOCTL_WATCHED_WRITE_INPUT)
        WriteAt(message);
    else if (Code == IOCTL_WATCHED_READ_INPUT)
        *Information = ReadAt(message);
    else
        *Information = Twice(message);
    return STATUS_SUCCESS;
}

/* --- output --- */

static NTSTATUS Answer(ULONG Code, PIRP Irp, ULONG OutputLength, PULONG_PTR Information)
{
    PUCHAR output = Irp->AssociatedIrp.SystemBuffer;
    struct watched_answer *answer = (struct watched_answer *)output;
    *Information = OutputLength;
    switch (Code) {
    case IOCTL_WATCHED_STALE_TAIL:
        RtlFillMemory(output, OutputLength / 2, 'x');
        break;
    case IOCTL_WATCHED_STALE_HOLE:
        if (OutputLength < sizeof *answer)
            return STATUS_BUFFER_TOO_SMALL;
        answer->tag = 1;
        answer->value = 2;
        answer->count = 3;
        answer->total = 4;
        *Information = sizeof *answer;
        break;
    case IOCTL_WATCHED_STALE_NONE:
        RtlFillMemory(output, OutputLength, 'x');
        break;
    case IOCTL_WATCHED_STALE_DIRECT:
    case IOCTL_WATCHED_TOO_MUCH:
        output = MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
        if (output == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        RtlFillMemory(output, Code == IOCTL_WATCHED_TOO_MUCH ? OutputLength : OutputLength / 2, 'x');
        *Information = Code == IOCTL_WATCHED_TOO_MUCH ? OutputLength + 1 : OutputLength - 4;
        break;
    case IOCTL_WATCHED_TOO_MUCH_BUFFERED:
        RtlFillMemory(output, OutputLength, 'x');
        *Information = OutputLength + 1;
        break;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS WatchedOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS WatchedControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode, number = (code >> 2 & 0xFFF) - 0x800;
    ULONG input = stack->Parameters.DeviceIoControl.InputBufferLength;
    ULONG output = stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG_PTR information = 0;
    NTSTATUS status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(DeviceObject);

    if (code == IOCTL_WATCHED_RAISED)
        ExRaiseStatus(STATUS_DEVICE_NOT_READY);
    if (number < 20) {
        struct watched_pointer *pointer = Irp->AssociatedIrp.SystemBuffer;
        if (input < sizeof *pointer || output < sizeof(ULONG))
            return Complete(Irp, STATUS_INVALID_PARAMETER, 0);
        *(PULONG)pointer = Follow(code, pointer, Irp);
        information = sizeof(ULONG);
    } else if (number < 30) {
        status = Direct(code, Irp, &information);
    } else if (code == IOCTL_WATCHED_ECHO) {
        information =
            Echo(stack->Parameters.DeviceIoControl.Type3InputBuffer, input, Irp->UserBuffer, output);
    } else if (code == IOCTL_WATCHED_RAW) {
        information = ReadAt(stack->Parameters.DeviceIoControl.Type3InputBuffer);
    } else if (number < 40) {
        information = Fetch(code, stack->Parameters.DeviceIoControl.Type3InputBuffer, input);
    } else {
        status = Answer(code, Irp, output, &information);
    }
    return Complete(Irp, status, information);
}

static BOOLEAN WatchedFastControl(PFILE_OBJECT FileObject, BOOLEAN Wait, PVOID Input, ULONG InputLength,
                                  PVOID Output, ULONG OutputLength, ULONG Code, PIO_STATUS_BLOCK IoStatus,
                                  PDEVICE_OBJECT DeviceObject)
{
    UNREFERENCED_PARAMETER(FileObject);
    UNREFERENCED_PARAMETER(Wait);
    UNREFERENCED_PARAMETER(InputLength);
    UNREFERENCED_PARAMETER(Output);
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(DeviceObject);
    if (Code != IOCTL_WATCHED_FAST)
        return FALSE;
    IoStatus->Status = STATUS_SUCCESS;
    IoStatus->Information = ReadAt(Input);
    return TRUE;
}

static VOID WatchedUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(Device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = IoCreateDevice(DriverObject, 0, &DeviceName, WATCHED_TYPE, 0, FALSE, &Device);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(Device);
        return status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = WatchedOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = WatchedOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = WatchedOpenClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = WatchedControl;
    FastIo.SizeOfFastIoDispatch = sizeof FastIo;
    FastIo.FastIoDeviceControl = WatchedFastControl;
    DriverObject->FastIoDispatch = &FastIo;
    DriverObject->DriverUnload = WatchedUnload;
    return STATUS_SUCCESS;
}
