/*
 * Power requests on their way down: there is no power manager that sends any, but a filter hands on what it
 * is sent.
 */
#include "iop.h"

/*
 * Hands a power request to the next driver, as IoCallDriver does (which takes its place since Windows Vista).
 * IRQL <= DISPATCH_LEVEL. (WDK: PoCallDriver)
 */
NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    GATE(PoCallDriver, DeviceObject, Irp);
    return IopCallDriver(DeviceObject, Irp, __builtin_return_address(0));
}

/*
 * Before Windows Vista: the driver can take the next power request. It does nothing since. IRQL <=
 * DISPATCH_LEVEL. (WDK: PoStartNextPowerIrp)
 */
VOID NTAPI PoStartNextPowerIrp(PIRP Irp)
{
    GATE(PoStartNextPowerIrp, Irp);
    (void)Irp;
}
