/*
 * A filter: it lays a device of its own over that of another driver, sees every request to it, and changes what comes back.
 * Here the bytes that are read from the device of examples/queue become upper case. Neither the other driver nor its client
 * knows of it.
 *
 * Requests enter a stack of devices at the top, whichever of them was opened by name. Each IRP has one stack location for
 * each device (the top device's StackSize says how many). On the way down each driver sets up the location of the next; on
 * the way up, that is when the lowest driver calls IoCompleteRequest, the completion routines are called, from the bottom to
 * the top.
 */
#include "filter.h"

static NTSTATUS FilterAttach(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING target = RTL_CONSTANT_STRING(FILTER_TARGET);
    PDEVICE_OBJECT device, top;
    PFILTER_EXTENSION extension;
    PFILE_OBJECT file;
    NTSTATUS status;

    /* Opens the target, and finds the top of its stack: there may be a filter already. */
    status = IoGetDeviceObjectPointer(&target, FILE_READ_ATTRIBUTES, &file, &top);
    if (!NT_SUCCESS(status))
        return status;

    /* FilterReadDone looks for the data in the system buffer. */
    if (!(top->Flags & DO_BUFFERED_IO)) {
        ObDereferenceObject(file);
        return STATUS_NOT_SUPPORTED;
    }

    /* Without a name: nobody is to open it except through the device below. */
    status = IoCreateDevice(DriverObject, sizeof(FILTER_EXTENSION), NULL, top->DeviceType,
                            top->Characteristics & FILE_DEVICE_SECURE_OPEN, FALSE, &device);
    if (NT_SUCCESS(status)) {
        extension = device->DeviceExtension;

        /*
         * The I/O manager prepares the buffers as the flags of the *top* device say, before any driver sees the IRP. So
         * they have to be those of the driver that uses the buffers.
         */
        device->Flags |= top->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO);

        /*
         * From this call on requests come in, perhaps before it has returned: Safe stores Lower before that, under the same
         * lock. It returns the device that was on top, which need not be the one that we found above. Our StackSize is one
         * more than that device's from here on. DO_DEVICE_INITIALIZING need not be cleared: for devices that DriverEntry
         * creates the I/O manager does it when DriverEntry has returned.
         */
        status = IoAttachDeviceToDeviceStackSafe(device, top, &extension->Lower);
        if (!NT_SUCCESS(status))
            IoDeleteDevice(device);
    }

    /* The attached device keeps the lower one from going away; it need not be open for that. */
    ObDereferenceObject(file);
    return status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG i;

    UNREFERENCED_PARAMETER(RegistryPath);
    /* Every request must be passed on, those too that nobody had thought of when the filter was written. */
    for (i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        DriverObject->MajorFunction[i] = FilterPass;
    DriverObject->MajorFunction[IRP_MJ_READ] = FilterRead;
    DriverObject->DriverUnload = FilterUnload;
    return FilterAttach(DriverObject);
}

/*
 * A filter may be asked to go while the device below it is in use. IoDetachDevice keeps new requests away; those that are
 * below us already have still to call FilterReadDone, and see FilterRead for that. A thread that is inside FilterRead or
 * FilterPass at this very moment is protected by nothing, on Windows as here: most filters have no DriverUnload for that
 * reason and stay until the machine stops.
 */
VOID FilterUnload(PDRIVER_OBJECT DriverObject)
{
    PDEVICE_OBJECT device = DriverObject->DeviceObject;
    PFILTER_EXTENSION extension = device->DeviceExtension;

    IoDetachDevice(extension->Lower);
    IoDeleteDevice(device);
}

/*
 * Passing on, unchanged and without wanting to hear of it again: the next driver gets our own stack location. Nothing must be
 * added to it then, no completion routine either.
 */
NTSTATUS FilterPass(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PFILTER_EXTENSION extension = DeviceObject->DeviceExtension;

    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(extension->Lower, Irp);
}

/*
 * Passing on with a completion routine: the next driver gets a copy of our location. Ex keeps our device, and with it the
 * driver's code, until the routine has returned, even if the filter is unloaded meanwhile. Our status is that of the driver
 * below, STATUS_PENDING too; what we may not do is look at the IRP after IoCallDriver, for it may be gone.
 */
NTSTATUS FilterRead(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PFILTER_EXTENSION extension = DeviceObject->DeviceExtension;
    NTSTATUS status;

    IoCopyCurrentIrpStackLocationToNext(Irp);
    status = IoSetCompletionRoutineEx(DeviceObject, Irp, FilterReadDone, NULL, TRUE, TRUE, TRUE);
    if (!NT_SUCCESS(status)) {
        Irp->IoStatus.Status = status;
        Irp->IoStatus.Information = 0;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return status;
    }
    return IoCallDriver(extension->Lower, Irp);
}

/*
 * The read is on its way up. This runs in the thread that completed it, at up to DISPATCH_LEVEL. The data are in the system
 * buffer still; the I/O manager copies Information bytes of it to the caller when we and everybody above us are done.
 */
NTSTATUS FilterReadDone(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PUCHAR bytes = Irp->AssociatedIrp.SystemBuffer;
    ULONG_PTR i;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    /*
     * The driver below returned STATUS_PENDING, and so did we. The mark it set is in its own stack location; ours needs one
     * too, or the caller would wait for ever.
     */
    if (Irp->PendingReturned)
        IoMarkIrpPending(Irp);

    if (NT_SUCCESS(Irp->IoStatus.Status))
        for (i = 0; i < Irp->IoStatus.Information; i++)
            if (bytes[i] >= 'a' && bytes[i] <= 'z')
                bytes[i] = (UCHAR)(bytes[i] - 'a' + 'A');

    /* Any status but STATUS_MORE_PROCESSING_REQUIRED: go on upwards. */
    return STATUS_CONTINUE_COMPLETION;
}
