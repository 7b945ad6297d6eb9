/*
 * Hard errors: what a user would be told in a window. Nobody sits before this machine: the log has the text,
 * and nobody answers it.
 */
#include "iop.h"

/* A line on the log. Does the thread want such messages? Those of the system and of the client do, unless
 * they said otherwise. */
static BOOLEAN tell(NTSTATUS status, PCUNICODE_STRING what, PETHREAD thread)
{
    if (thread && __atomic_load_n(&thread->HardErrorsDisabled, __ATOMIC_RELAXED))
        return FALSE;
    static const UNICODE_STRING none = {0};
    bool said = what && what->Length;
    DbgPrint("Hard error 0x%08lX%s%wZ\n", status, said ? ": " : "", said ? what : &none);
    return TRUE;
}

/* WDK: IoSetHardErrorOrVerifyDevice. Which device is the cause, for those above. */
VOID NTAPI IoSetHardErrorOrVerifyDevice(PIRP Irp, PDEVICE_OBJECT DeviceObject)
{
    GATE(IoSetHardErrorOrVerifyDevice, Irp, DeviceObject);
    PETHREAD thread = Irp->Tail.Overlay.Thread;
    if (thread)
        __atomic_store_n(&thread->DeviceToVerify, DeviceObject, __ATOMIC_RELEASE);
}

/* WDK: IoGetDeviceToVerify. What IoSetHardErrorOrVerifyDevice left with the thread, or NULL. */
PDEVICE_OBJECT NTAPI IoGetDeviceToVerify(PETHREAD Thread)
{
    GATE(IoGetDeviceToVerify, Thread);
    return __atomic_load_n(&Thread->DeviceToVerify, __ATOMIC_ACQUIRE);
}

VOID NTAPI IoSetDeviceToVerify(PETHREAD Thread, PDEVICE_OBJECT DeviceObject)
{
    GATE(IoSetDeviceToVerify, Thread, DeviceObject);
    __atomic_store_n(&Thread->DeviceToVerify, DeviceObject, __ATOMIC_RELEASE);
}

/*
 * WDK: IoRaiseHardError. The user would be asked whether to try again. He is told and does not answer, which
 * means no: the IRP is completed with the status it has and no information.
 */
VOID NTAPI IoRaiseHardError(PIRP Irp, PVPB Vpb, PDEVICE_OBJECT RealDeviceObject)
{
    GATE(IoRaiseHardError, Irp, Vpb, RealDeviceObject);
    UNICODE_STRING label = {0};
    if (Vpb)
        label = (UNICODE_STRING){Vpb->VolumeLabelLength, Vpb->VolumeLabelLength, Vpb->VolumeLabel};
    tell(Irp->IoStatus.Status, Vpb ? &label : NULL, Irp->Tail.Overlay.Thread);
    Irp->IoStatus.Information = 0;
    IofCompleteRequest(Irp, IO_DISK_INCREMENT);
}

/* WDK: IoRaiseInformationalHardError. FALSE: the thread (NULL: none) does not want it. */
BOOLEAN NTAPI IoRaiseInformationalHardError(NTSTATUS ErrorStatus, PUNICODE_STRING String, PKTHREAD Thread)
{
    GATE(IoRaiseInformationalHardError, ErrorStatus, String, Thread);
    return tell(ErrorStatus, String, (PETHREAD)Thread);
}

/* WDK: IoSetThreadHardErrorMode. Returns what it was for the current thread. */
BOOLEAN NTAPI IoSetThreadHardErrorMode(BOOLEAN EnableHardErrors)
{
    GATE(IoSetThreadHardErrorMode, EnableHardErrors);
    return !__atomic_exchange_n(&PspCurrentThread()->HardErrorsDisabled, (BOOLEAN)!EnableHardErrors,
                                __ATOMIC_RELAXED);
}

/*
 * WDK: IoSetMasterIrpStatus. A failure takes the place of success, and STATUS_VERIFY_REQUIRED of anything; of
 * two failures the larger one stays. STATUS_FT_READ_FROM_COPY is kept from being told.
 */
VOID NTAPI IoSetMasterIrpStatus(PIRP MasterIrp, NTSTATUS Status)
{
    GATE(IoSetMasterIrpStatus, MasterIrp, Status);
    NTSTATUS was = MasterIrp->IoStatus.Status;
    if (Status == STATUS_FT_READ_FROM_COPY)
        return;
    if (Status == STATUS_VERIFY_REQUIRED || was == STATUS_FT_READ_FROM_COPY ||
        (!NT_SUCCESS(Status) && (was == STATUS_SUCCESS || (!NT_SUCCESS(was) && Status > was))))
        MasterIrp->IoStatus.Status = Status;
}
