/*
 * Does wrong what lined.h names, and says on which line.
 */
#include <ntifs.h>

#include "lined.h"

#define TAG 'eniL'

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD LinedUnload;
static DRIVER_DISPATCH LinedOpenClose;
static DRIVER_DISPATCH LinedControl;

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\Lined");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\Lined");
static PDEVICE_OBJECT Device;
static PVOID volatile Left;

/* A sanitizer that stops at the mistake itself would keep us from seeing what becomes of it. */
#define UNCHECKED __attribute__((no_sanitize("address", "thread", "undefined"), noinline))
#define HERE(line) (*(line) = __LINE__)

static NTSTATUS Complete(PIRP Irp)
{
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static NTSTATUS LinedOpenClose(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    return Complete(Irp);
}

static UNCHECKED VOID Stops(volatile ULONG *Line)
{
    HERE(Line); KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
}

static UNCHECKED VOID Faults(volatile ULONG *Line, volatile ULONG *Wild)
{
    HERE(Line); *Wild = 1;
}

static UNCHECKED VOID CallsRaised(volatile ULONG *Line)
{
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    HERE(Line); PsGetVersion(NULL, NULL, NULL, NULL);
    KeLowerIrql(irql);
}

static UNCHECKED VOID Leaks(volatile ULONG *Line)
{
    HERE(Line); Left = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    RtlZeroMemory(Left, 64);
}

static UNCHECKED ULONG Recurses(volatile ULONG *Line, ULONG Depth)
{
    volatile UCHAR room[512];
    room[Depth % sizeof room] = 1;
    HERE(Line); ULONG more = Recurses(Line, Depth + 1);
    return more + room[(Depth + 1) % sizeof room];
}

static UNCHECKED VOID Breaks(volatile ULONG *Line)
{
    HERE(Line); DbgBreakPoint();
    *Line += 0;
}

static UNCHECKED VOID Probes(volatile ULONG *Line, PVOID Bad)
{
    HERE(Line); ProbeForRead(Bad, 4, 1);
    *Line += 0;
}

/* clang-format off: the check of the cookie belongs to the same line */
static UNCHECKED VOID Overruns(volatile ULONG *Line) { volatile UCHAR room[16], *volatile at = room; HERE(Line); for (ULONG i = 0; i < 32; i++) at[i] = 1; }
/* clang-format on */

static NTSTATUS LinedControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(Irp);
    volatile ULONG *line = Irp->UserBuffer;
    UNREFERENCED_PARAMETER(DeviceObject);
    switch ((location->Parameters.DeviceIoControl.IoControlCode >> 2 & 0xFFF) - 0x900) {
    case LINED_STOPS:
        Stops(line);
        break;
    case LINED_FAULTS:
        Faults(line, (PULONG)(ULONG_PTR)0xFFFF800000001000ull);
        break;
    case LINED_CALLS_RAISED:
        CallsRaised(line);
        break;
    case LINED_LEAKS:
        Leaks(line);
        break;
    case LINED_RECURSES:
        *line = Recurses(line, 0);
        break;
    case LINED_BREAKS:
        Breaks(line);
        break;
    case LINED_OVERRUNS:
        Overruns(line);
        break;
    case LINED_PROBES:
        Probes(line, Device);
        break;
    }
    return Complete(Irp);
}

static VOID LinedUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(Device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = IoCreateDevice(DriverObject, 0, &DeviceName, LINED_TYPE, 0, FALSE, &Device);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(Device);
        return status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = LinedOpenClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = LinedOpenClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = LinedControl;
    DriverObject->DriverUnload = LinedUnload;
    return STATUS_SUCCESS;
}
