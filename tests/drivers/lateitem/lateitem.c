/*
 * Queues a work item and is unloaded without waiting for it: the item holds the device, and with it the driver.
 */
#include <ntddk.h>

static PDEVICE_OBJECT Device;
static PVOID Block;

static VOID Work(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    LARGE_INTEGER Delay;
    Delay.QuadPart = -1000000; /* 100 ms */
    UNREFERENCED_PARAMETER(DeviceObject);
    KeDelayExecutionThread(KernelMode, FALSE, &Delay);
    ExFreePoolWithTag(Block, 'etaL');
    IoFreeWorkItem((PIO_WORKITEM)Context);
    DbgPrint("late: worked\n");
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("late: unload\n");
    IoDeleteDevice(Device);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PIO_WORKITEM Item;
    NTSTATUS Status;
    UNREFERENCED_PARAMETER(RegistryPath);
    Status = IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    Block = ExAllocatePoolWithTag(NonPagedPool, 100, 'etaL');
    Item = IoAllocateWorkItem(Device);
    if (!Block || !Item) {
        if (Block)
            ExFreePoolWithTag(Block, 'etaL');
        if (Item)
            IoFreeWorkItem(Item);
        IoDeleteDevice(Device);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    IoQueueWorkItem(Item, Work, DelayedWorkQueue, Item);
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
