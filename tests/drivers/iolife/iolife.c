/* A driver that tells what it found when it was loaded, and leaves behind what it is told to. */
#include <ntifs.h>

#include "iolife.h"

static ULONG Loads;
static ULONG Leave;
static IOLIFE_FACTS Facts;
static PDEVICE_OBJECT Device;
static PKINTERRUPT Interrupt;
static KTIMER Timer;
static KDPC Dpc;
static struct {
    KTIMER Timer;
    KDPC Dpc;
} * InPool;
static KBUGCHECK_CALLBACK_RECORD Callback;
static UNICODE_STRING DeviceName = RTL_CONSTANT_STRING(L"\\Device\\IoLife");
static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\IoLife");

DRIVER_INITIALIZE DriverEntry;

static VOID LifeCopy(PWSTR To, ULONG Size, PUNICODE_STRING From)
{
    RtlCopyMemory(To, From->Buffer, min(Size - sizeof(WCHAR), From->Length));
}

static NTSTATUS NTAPI LifeDispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = STATUS_SUCCESS;
    ULONG_PTR information = 0;

    if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        switch (stack->Parameters.DeviceIoControl.IoControlCode) {
        case IOCTL_IOLIFE_FACTS:
            if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof Facts) {
                status = STATUS_BUFFER_TOO_SMALL;
                break;
            }
            Facts.StillSet = DeviceObject->Flags & DO_DEVICE_INITIALIZING;
            RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, &Facts, sizeof Facts);
            information = sizeof Facts;
            break;
        case IOCTL_IOLIFE_LEAVE:
            Leave = *(PULONG)Irp->AssociatedIrp.SystemBuffer;
            break;
        default:
            status = STATUS_INVALID_DEVICE_REQUEST;
        }
    }
    Irp->IoStatus.Status = status;
    Irp->IoStatus.Information = information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

static VOID NTAPI LifeDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

static BOOLEAN NTAPI LifeInterrupt(PKINTERRUPT Interrupt, PVOID ServiceContext)
{
    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(ServiceContext);
    return TRUE;
}

static VOID NTAPI LifeBugCheck(PVOID Buffer, ULONG Length)
{
    RtlFillMemory(Buffer, Length, 1);
}

static VOID NTAPI LifeProcess(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(CreateInfo);
}

static VOID NTAPI LifeThread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ThreadId);
    UNREFERENCED_PARAMETER(Create);
}

static VOID NTAPI LifeImage(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(FullImageName);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ImageInfo);
}

static OB_PREOP_CALLBACK_STATUS NTAPI LifeAsked(PVOID Context, POB_PRE_OPERATION_INFORMATION Information)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Information);
    return OB_PREOP_SUCCESS;
}

static VOID LifeFilter(VOID)
{
    PVOID handle;
    OB_OPERATION_REGISTRATION operation = {PsProcessType, OB_OPERATION_HANDLE_CREATE, LifeAsked, NULL};
    OB_CALLBACK_REGISTRATION registration = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"321000"),
                                             NULL, &operation};
    ObRegisterCallbacks(&registration, &handle);
}

static VOID LifePermanent(VOID)
{
    HANDLE event;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\IoLifeStays");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_KERNEL_HANDLE, NULL, NULL);
    ZwCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, TRUE);
    ZwClose(event);
}

static VOID NTAPI LifeUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    if (!(Leave & IOLIFE_LEAVE_LINK))
        IoDeleteSymbolicLink(&LinkName);
    if (!(Leave & IOLIFE_LEAVE_DEVICE))
        IoDeleteDevice(Device);
    if (Leave & IOLIFE_LEAVE_POOL)
        ExAllocatePoolWithTag(NonPagedPool, 100, 'kaeL');
    if (Leave & IOLIFE_LEAVE_TIMER) {
        LARGE_INTEGER late;
        late.QuadPart = -36000000000;
        KeInitializeTimer(&Timer);
        KeInitializeDpc(&Dpc, LifeDpc, NULL);
        KeSetTimer(&Timer, late, &Dpc);
    }
    if (Leave & IOLIFE_LEAVE_TIMER_IN_POOL) {
        LARGE_INTEGER late;
        late.QuadPart = -36000000000;
        InPool = ExAllocatePoolWithTag(NonPagedPool, sizeof *InPool, 'efiL');
        KeInitializeTimer(&InPool->Timer);
        KeInitializeDpc(&InPool->Dpc, LifeDpc, NULL);
        KeSetTimer(&InPool->Timer, late, &InPool->Dpc);
    }
    if (Leave & IOLIFE_LEAVE_INTERRUPT)
        IoConnectInterrupt(&Interrupt, LifeInterrupt, NULL, NULL, 0x31, 5, 5, Latched, FALSE, 1, FALSE);
    if (Leave & IOLIFE_LEAVE_CALLBACK)
        KeRegisterBugCheckCallback(&Callback, LifeBugCheck, &Leave, sizeof Leave, (PUCHAR) "iolife");
    if (Leave & IOLIFE_LEAVE_NOTIFY) {
        PsSetCreateProcessNotifyRoutineEx(LifeProcess, FALSE);
        PsSetCreateThreadNotifyRoutine(LifeThread);
        PsSetLoadImageNotifyRoutine(LifeImage);
    }
    if (Leave & IOLIFE_LEAVE_FILTER)
        LifeFilter();
    if (Leave & IOLIFE_LEAVE_PERMANENT)
        LifePermanent();
}

static VOID NTAPI LifeReinitialize(PDRIVER_OBJECT DriverObject, PVOID Context, ULONG Count)
{
    if (Count == 1)
        IoRegisterDriverReinitialization(DriverObject, LifeReinitialize, Context);
    Facts.Reinitialized = Count;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PUCHAR block, other;
    ULONG i;
    NTSTATUS status = IoCreateDevice(DriverObject, 0, &DeviceName, 0x8123, 0, FALSE, &Device);

    if (!NT_SUCCESS(status))
        return status;
    status = IoCreateSymbolicLink(&LinkName, &DeviceName);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(Device);
        return status;
    }
    DriverObject->MajorFunction[IRP_MJ_CREATE] = LifeDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = LifeDispatch;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = LifeDispatch;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = LifeDispatch;
    DriverObject->DriverUnload = LifeUnload;
    IoRegisterDriverReinitialization(DriverObject, LifeReinitialize, NULL);

    Facts.Loads = ++Loads;
    Facts.Initializing = Device->Flags & DO_DEVICE_INITIALIZING;
    Facts.InImage = (ULONG_PTR)DriverEntry - (ULONG_PTR)DriverObject->DriverStart < DriverObject->DriverSize;
    Facts.InitIsEntry = DriverObject->DriverInit == DriverEntry;
    Facts.EntryIrql = KeGetCurrentIrql();
    Facts.EntryProcess = HandleToULong(PsGetProcessId(PsGetCurrentProcess()));
    if (NT_SUCCESS(IoAllocateDriverObjectExtension(DriverObject, (PVOID)&Facts, 64, (PVOID *)&block))) {
        Facts.ExtensionZeroed = TRUE;
        for (i = 0; i < 64; i++)
            if (block[i])
                Facts.ExtensionZeroed = FALSE;
        Facts.ExtensionFound = IoGetDriverObjectExtension(DriverObject, (PVOID)&Facts) == block &&
                               IoGetDriverObjectExtension(DriverObject, &Loads) == NULL;
        Facts.CollisionSeen =
            IoAllocateDriverObjectExtension(DriverObject, (PVOID)&Facts, 8, (PVOID *)&other) ==
            STATUS_OBJECT_NAME_COLLISION;
    }
    LifeCopy(Facts.RegistryPath, sizeof Facts.RegistryPath, RegistryPath);
    LifeCopy(Facts.DriverName, sizeof Facts.DriverName, &DriverObject->DriverName);
    LifeCopy(Facts.ServiceKeyName, sizeof Facts.ServiceKeyName,
             &DriverObject->DriverExtension->ServiceKeyName);
    LifeCopy(Facts.HardwareDatabase, sizeof Facts.HardwareDatabase, DriverObject->HardwareDatabase);
    return STATUS_SUCCESS;
}
