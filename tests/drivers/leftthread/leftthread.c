/*
 * Leaves a system thread behind when it is unloaded: one that waits, or one that ends by itself. Its links it
 * takes away by other names than it made them by.
 */
#include <ntddk.h>

#include "leftthread.h"

static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\LeftThread");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\LeftThread");
static UNICODE_STRING LinkName2 = RTL_CONSTANT_STRING(L"\\DosDevices\\Global\\LeftThread2");
static UNICODE_STRING OtherName = RTL_CONSTANT_STRING(L"\\GLOBAL\?\?\\LEFTTHREAD");
static UNICODE_STRING OtherName2 = RTL_CONSTANT_STRING(L"\\DosDevices\\LeftThread2");
static KEVENT Never;
static volatile LONG Stop;

static VOID Wait(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID Leave(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    while (!InterlockedCompareExchange(&Stop, 0, 0))
        YieldProcessor();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS StartThread(PKSTART_ROUTINE Routine)
{
    HANDLE Thread;
    NTSTATUS Status = PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, Routine, NULL);
    if (NT_SUCCESS(Status))
        ZwClose(Thread);
    return Status;
}

static NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    PVOID *Places = Irp->AssociatedIrp.SystemBuffer;
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Information = 0;
    if (Stack->MajorFunction == IRP_MJ_DEVICE_CONTROL)
        switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
        case LEFT_WAITING:
            Status = StartThread(Wait);
            break;
        case LEFT_LEAVING:
            Status = StartThread(Leave);
            break;
        case LEFT_PLACES:
            Places[0] = (PVOID)&Stop;
            Places[1] = (PVOID)(ULONG_PTR)Leave;
            Irp->IoStatus.Information = 2 * sizeof(PVOID);
            break;
        default:
            Status = STATUS_INVALID_DEVICE_REQUEST;
            break;
        }
    Irp->IoStatus.Status = Status;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    InterlockedExchange(&Stop, 1);
    IoDeleteSymbolicLink(&OtherName);
    IoDeleteSymbolicLink(&OtherName2);
    IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PDEVICE_OBJECT Device;
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &DeviceName, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (NT_SUCCESS(Status)) {
        Status = IoCreateSymbolicLink(&LinkName2, &DeviceName);
        if (!NT_SUCCESS(Status))
            IoDeleteSymbolicLink(&LinkName);
    }
    if (!NT_SUCCESS(Status))
        IoDeleteDevice(Device);
    return Status;
}
