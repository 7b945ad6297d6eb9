/*
 * \\.\Whose tells what the probes say of addresses of every kind, and what a system service says of a caller in the
 * kernel.
 */
#include <ntifs.h>

#include "whose.h"

#define TAG 'sohW'

static ULONG SomeData = 1;

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD WhoseUnload;
static DRIVER_DISPATCH WhoseOpenClose;
static DRIVER_DISPATCH WhoseControl;

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static NTSTATUS WhoseOpenClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS, 0);
}

static NTSTATUS TryProbe(PVOID Address, SIZE_T Length, BOOLEAN Write)
{
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        if (Write)
            ProbeForWrite(Address, Length, 1);
        else
            ProbeForRead(Address, Length, 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static NTSTATUS Probe(PDEVICE_OBJECT Device, PIRP Irp)
{
    struct probe_request request = *(struct probe_request *)Irp->AssociatedIrp.SystemBuffer;
    struct probe_answer *answer = Irp->AssociatedIrp.SystemBuffer;
    PVOID block = NULL, address = NULL;
    SIZE_T length = 4;
    ULONG local = 0;
    PMDL mdl = NULL;

    switch (request.kind) {
    case OF_NONPAGED_POOL:
    case OF_PAGED_POOL:
        address = block =
            ExAllocatePoolWithTag(request.kind == OF_PAGED_POOL ? PagedPool : NonPagedPoolNx, length, TAG);
        break;
    case OF_DATA:
        address = &SomeData;
        break;
    case OF_CODE:
        address = (PVOID)(ULONG_PTR)WhoseControl;
        break;
    case OF_STACK:
        address = &local;
        break;
    case OF_EXTENSION:
        address = Device->DeviceExtension;
        break;
    case OF_IRP:
        address = Irp;
        break;
    case OF_SYSTEM_BUFFER:
        address = Irp->AssociatedIrp.SystemBuffer;
        break;
    case OF_MAPPING:
        mdl = IoAllocateMdl((PVOID)(ULONG_PTR)request.page, PAGE_SIZE, FALSE, FALSE, NULL);
        if (!mdl)
            return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
        MmProbeAndLockPages(mdl, UserMode, IoModifyAccess);
        address = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
        break;
    case OF_CLIENT:
        address = (PVOID)(ULONG_PTR)request.page;
        break;
    case ACROSS_THE_END:
        address = (PVOID)(ULONG_PTR)request.page;
        length = (SIZE_T)0 - (SIZE_T)request.page;
        break;
    }
    if (!address)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);

    answer->status = TryProbe(address, length, (BOOLEAN)request.write);
    answer->valid = MmIsAddressValid(address);
    answer->address = (ULONG_PTR)address;
    if (mdl) {
        MmUnlockPages(mdl);
        IoFreeMdl(mdl);
    }
    if (block)
        ExFreePoolWithTag(block, TAG);
    return Complete(Irp, STATUS_SUCCESS, sizeof *answer);
}

struct block {
    IO_STATUS_BLOCK Status;
    ULONG In, Out;
};

static NTSTATUS Service(PIRP Irp)
{
    struct service_request request = *(struct service_request *)Irp->AssociatedIrp.SystemBuffer;
    struct service_answer *answer = Irp->AssociatedIrp.SystemBuffer;
    struct block *client = (struct block *)(ULONG_PTR)request.page;
    struct block *kernel = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof *kernel, TAG);
    struct block *in = request.kernel & KERNEL_INPUT ? kernel : client;
    struct block *out = request.kernel & KERNEL_OUTPUT ? kernel : client;
    struct block *status = request.kernel & KERNEL_STATUS_BLOCK ? kernel : client;
    HANDLE handle = (HANDLE)(ULONG_PTR)request.handle;

    if (!kernel)
        return Complete(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    in->In = 0;
    out->Out = 0xFF;
    answer->before = ExGetPreviousMode();
    answer->status =
        request.zw ? ZwDeviceIoControlFile(handle, NULL, NULL, NULL, &status->Status, IOCTL_WHOSE_ECHO, &in->In,
                                           sizeof in->In, &out->Out, sizeof out->Out)
                   : NtDeviceIoControlFile(handle, NULL, NULL, NULL, &status->Status, IOCTL_WHOSE_ECHO, &in->In,
                                           sizeof in->In, &out->Out, sizeof out->Out);
    answer->after = ExGetPreviousMode();
    answer->mode = out->Out;
    ExFreePoolWithTag(kernel, TAG);
    return Complete(Irp, STATUS_SUCCESS, sizeof *answer);
}

static NTSTATUS WhoseControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_WHOSE_PROBE:
        return Probe(Device, Irp);
    case IOCTL_WHOSE_SERVICE:
        return Service(Irp);
    case IOCTL_WHOSE_ECHO:
        *(PULONG)Irp->AssociatedIrp.SystemBuffer = Irp->RequestorMode;
        return Complete(Irp, STATUS_SUCCESS, sizeof(ULONG));
    }
    return Complete(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
}

static VOID WhoseUnload(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Whose");
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(Driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Whose");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Whose");
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(Driver, 16, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);

    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&link, &name);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
        return status;
    }
    Driver->MajorFunction[IRP_MJ_CREATE] = WhoseOpenClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = WhoseOpenClose;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = WhoseControl;
    Driver->DriverUnload = WhoseUnload;
    return STATUS_SUCCESS;
}
