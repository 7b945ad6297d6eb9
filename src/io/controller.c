/*
 * Controller objects: a driver's devices take turns at the hardware that they share. Who has the controller
 * is the one whose routine was called last and kept it.
 */
#include "iop.h"

#define TAG 'rtnC'

/* NULL: no memory. The extension is zeroed. IRQL PASSIVE_LEVEL. (WDK: IoCreateController) */
PCONTROLLER_OBJECT NTAPI IoCreateController(ULONG Size)
{
    GATE(IoCreateController, Size);
    SIZE_T head = (sizeof(CONTROLLER_OBJECT) + 15) & ~(SIZE_T)15;
    PCONTROLLER_OBJECT controller =
        GATE_FAILS(IoCreateController)
            ? NULL
            : MmAllocatePoolFor(__builtin_return_address(0), NonPagedPoolNx, head + Size, TAG);
    if (!controller)
        return NULL;
    memset(controller, 0, head + Size);
    controller->Type = IO_TYPE_CONTROLLER;
    controller->Size = (CSHORT)(sizeof *controller + Size);
    controller->ControllerExtension = (PUCHAR)controller + head;
    KeInitializeDeviceQueue(&controller->DeviceWaitQueue);
    return controller;
}

VOID NTAPI IoDeleteController(PCONTROLLER_OBJECT ControllerObject)
{
    GATE(IoDeleteController, ControllerObject);
    MmFreePoolFor(__builtin_return_address(0), ControllerObject, TAG);
}

/* It is the device's turn. False: its routine keeps the controller, and will free it. */
static bool is_done(PDEVICE_OBJECT device)
{
    PWAIT_CONTEXT_BLOCK wcb = &device->Queue.Wcb;
    return wcb->DeviceRoutine(device, device->CurrentIrp, NULL, wcb->DeviceContext) == DeallocateObject;
}

static void pass_on(PCONTROLLER_OBJECT controller)
{
    PKDEVICE_QUEUE_ENTRY entry;
    while ((entry = KeRemoveDeviceQueue(&controller->DeviceWaitQueue)) != NULL)
        if (!is_done(CONTAINING_RECORD(entry, DEVICE_OBJECT, Queue.Wcb.WaitQueueEntry)))
            return;
}

/*
 * Calls the routine when the controller is free, at once or from IoFreeController, with the device's
 * CurrentIrp. A device waits for one controller at a time. IRQL DISPATCH_LEVEL. (WDK: IoAllocateController)
 */
VOID NTAPI IoAllocateController(PCONTROLLER_OBJECT ControllerObject, PDEVICE_OBJECT DeviceObject,
                                PDRIVER_CONTROL ExecutionRoutine, PVOID Context)
{
    GATE(IoAllocateController, ControllerObject, DeviceObject, ExecutionRoutine, Context);
    PWAIT_CONTEXT_BLOCK wcb = &DeviceObject->Queue.Wcb;
    wcb->DeviceRoutine = ExecutionRoutine;
    wcb->DeviceContext = Context;
    if (!KeInsertDeviceQueue(&ControllerObject->DeviceWaitQueue, &wcb->WaitQueueEntry) &&
        is_done(DeviceObject))
        pass_on(ControllerObject);
}

/* Whoever waits longest is next. IRQL DISPATCH_LEVEL. (WDK: IoFreeController) */
VOID NTAPI IoFreeController(PCONTROLLER_OBJECT ControllerObject)
{
    GATE(IoFreeController, ControllerObject);
    pass_on(ControllerObject);
}
