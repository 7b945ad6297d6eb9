/* A driver in the C++ of drivers: classes, templates, memory by a tag; no exceptions and no library. */
#include "kernel.h"
#include "public.h"

#pragma warning(disable : 4201 4100)

ULONG SelfTest(_In_ PDEVICE_OBJECT device);

DRIVER_UNLOAD CxxUnload;
_Dispatch_type_(IRP_MJ_CREATE) _Dispatch_type_(IRP_MJ_CLOSE) DRIVER_DISPATCH CxxCreateClose;
_Dispatch_type_(IRP_MJ_DEVICE_CONTROL) DRIVER_DISPATCH CxxControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, CxxUnload)
#endif

struct Globals {
    LIST_ENTRY Head;
    FastMutex Mutex;
    ULONG Count;
    void Init()
    {
        InitializeListHead(&Head);
        Mutex.Init();
    }
};

Globals g_Globals;

static NTSTATUS CompleteIrp(PIRP irp, NTSTATUS status = STATUS_SUCCESS, ULONG_PTR information = 0)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING)
{
    g_Globals.Init();
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\CxxDev");
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\CxxDev");
    PDEVICE_OBJECT device = nullptr;
    auto status = STATUS_SUCCESS;
    bool linked = false;
    do {
        status = IoCreateDevice(DriverObject, 0, &name, CXXDEV_TYPE, 0, FALSE, &device);
        if (!NT_SUCCESS(status))
            break;
        device->Flags |= DO_BUFFERED_IO;
        status = IoCreateSymbolicLink(&link, &name);
        if (!NT_SUCCESS(status))
            break;
        linked = true;
    } while (false);
    if (!NT_SUCCESS(status)) {
        if (linked)
            IoDeleteSymbolicLink(&link);
        if (device)
            IoDeleteDevice(device);
        return status;
    }
    DriverObject->DriverUnload = CxxUnload;
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DriverObject->MajorFunction[IRP_MJ_CLOSE] = CxxCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = CxxControl;
    return status;
}

void CxxUnload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\??\\CxxDev");
    PAGED_CODE();
    while (!IsListEmpty(&g_Globals.Head)) {
        auto entry = RemoveHeadList(&g_Globals.Head);
        delete CONTAINING_RECORD(entry, Node<cxx_number>, Entry);
    }
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(DriverObject->DeviceObject);
}

_Use_decl_annotations_ NTSTATUS CxxCreateClose(PDEVICE_OBJECT, PIRP Irp)
{
    return CompleteIrp(Irp);
}

struct Abstract {
    Abstract() { Call(); }
    void Call() { Pure(); }
    virtual void Pure() = 0;
};
struct Concrete : Abstract {
    void Pure() override {}
};

struct Counted {
    ULONG *Gone;
    ~Counted() { ++*Gone; }
};

/* What has a destructor is deleted with its size. */
static ULONG DeleteArray(ULONG count)
{
    ULONG gone = 0;
    auto array = new (PagedPool) Counted[count];
    for (ULONG i = 0; i < count; i++)
        array[i].Gone = &gone;
    delete[] array;
    return gone;
}

static NTSTATUS TryBuffers(PIO_STACK_LOCATION stack, PIRP irp, ULONG_PTR &information)
{
    auto &parameters = stack->Parameters.DeviceIoControl;
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        auto in = static_cast<PUCHAR>(parameters.Type3InputBuffer);
        ProbeForRead(in, parameters.InputBufferLength, 1);
        ULONG length = 0;
        while (length < parameters.InputBufferLength && in[length])
            length++;
        ProbeForWrite(irp->UserBuffer, sizeof(ULONG), __alignof(ULONG));
        *static_cast<PULONG>(irp->UserBuffer) = length;
        information = sizeof(ULONG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

NTSTATUS CxxControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    auto stack = IoGetCurrentIrpStackLocation(Irp);
    auto &parameters = stack->Parameters.DeviceIoControl;
    auto buffer = reinterpret_cast<cxx_number *>(Irp->AssociatedIrp.SystemBuffer);
    auto status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG_PTR information = 0;
    switch (parameters.IoControlCode) {
    case IOCTL_CXX_PUSH: {
        if (parameters.InputBufferLength < sizeof(cxx_number)) {
            status = STATUS_BUFFER_TOO_SMALL;
            break;
        }
        auto node = new (PagedPool) Node<cxx_number>;
        if (!node) {
            status = STATUS_INSUFFICIENT_RESOURCES;
            break;
        }
        node->Data = *buffer;
        AutoLock<FastMutex> locker(g_Globals.Mutex);
        InsertTailList(&g_Globals.Head, &node->Entry);
        g_Globals.Count++;
        status = STATUS_SUCCESS;
        break;
    }
    case IOCTL_CXX_ARRAY:
        if (parameters.InputBufferLength < sizeof(cxx_number) || parameters.OutputBufferLength < sizeof(cxx_number)) {
            status = STATUS_BUFFER_TOO_SMALL;
            break;
        }
        buffer->Value = DeleteArray(buffer->Value);
        information = sizeof(cxx_number);
        status = STATUS_SUCCESS;
        break;
    case IOCTL_CXX_SUM: {
        AutoLock locker(g_Globals.Mutex);
        unsigned sum = 0;
        for (auto entry = g_Globals.Head.Flink; entry != &g_Globals.Head; entry = entry->Flink)
            sum += CONTAINING_RECORD(entry, Node<cxx_number>, Entry)->Data.Value;
        if (parameters.OutputBufferLength < sizeof(sum)) {
            status = STATUS_BUFFER_TOO_SMALL;
            break;
        }
        buffer->Value = sum;
        information = sizeof(sum);
        status = STATUS_SUCCESS;
        break;
    }
    case IOCTL_CXX_SQUARE: {
        Shape *shape = new (NonPagedPool) Square(buffer->Value);
        buffer->Value = shape->Area();
        delete shape;
        information = sizeof(cxx_number);
        status = STATUS_SUCCESS;
        break;
    }
    case IOCTL_CXX_TRY:
        status = TryBuffers(stack, Irp, information);
        break;
    case IOCTL_CXX_SELF:
        *reinterpret_cast<PULONG>(buffer) = SelfTest(DeviceObject);
        information = sizeof(ULONG);
        status = STATUS_SUCCESS;
        break;
    case IOCTL_CXX_PURE: {
        Concrete concrete;
        status = STATUS_SUCCESS;
        break;
    }
    }
    return CompleteIrp(Irp, status, information);
}
