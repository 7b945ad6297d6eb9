/*
 * One mistake for each control code, all of them where a handler takes every exception, as many drivers have
 * it: the mistake is to be seen nevertheless.
 */
#include <ntddk.h>

#include "faults.h"

#define TAG 'tluF'

typedef VOID (*ROUTINE)(VOID);
struct object {
    ROUTINE Routine;
    UCHAR Bytes[56];
};

/* The device's extension. */
static ULONG64 *DeviceContext;

static VOID no_routine(VOID)
{
}

static void stack_overrun(const void *in, SIZE_T length)
{
    UCHAR buffer[32];
    RtlCopyMemory(buffer, in, length);
    DbgPrint("faults: %u\n", buffer[0]);
}

static void stack_loop(const UCHAR *in, ULONG length)
{
    UCHAR buffer[32];
    if (length + 4 > sizeof buffer)
        return;
    for (ULONG i = 0; i < length && in[i] != 0xFF; i++)
        buffer[i] = in[i];
    DbgPrint("faults: %u\n", buffer[0]);
}

static void pool_overrun(POOL_TYPE type, ptrdiff_t offset, SIZE_T length)
{
    UCHAR *block = ExAllocatePoolWithTag(type, 40, TAG);
    if (!block)
        return;
    RtlFillMemory(block, 40, 1);
    RtlFillMemory(block + offset, length, 0x41);
    ExFreePoolWithTag(block, TAG);
}

static void pool_overread(void *out)
{
    UCHAR *block = ExAllocatePoolWithTag(PagedPool, 40, TAG);
    if (!block)
        return;
    RtlZeroMemory(block, 40);
    RtlCopyMemory(out, block, 64);
    ExFreePoolWithTag(block, TAG);
}

static struct object *freed_object(void)
{
    struct object *object = ExAllocatePoolWithTag(NonPagedPool, sizeof *object, TAG);
    if (!object)
        return NULL;
    object->Routine = no_routine;
    ExFreePoolWithTag(object, TAG);
    return object;
}

static void call_local(BOOLEAN set)
{
    struct object object;
    if (set)
        object.Routine = no_routine;
    object.Routine();
}

static void call_new(BOOLEAN set)
{
    struct object *object = ExAllocatePoolWithTag(PagedPool, sizeof *object, TAG);
    if (!object)
        return;
    if (set)
        object->Routine = no_routine;
    ROUTINE routine = object->Routine;
    __try {
        routine();
    } __finally {
        ExFreePoolWithTag(object, TAG);
    }
}

static void decide_by_local(BOOLEAN set)
{
    LONG value;
    if (set)
        value = 1;
    if (value == 7)
        no_routine();
}

static void decide_by_pool(BOOLEAN set)
{
    LONG *block = ExAllocatePoolWithTag(PagedPool, 4 * sizeof *block, TAG);
    if (!block)
        return;
    if (set)
        block[2] = 1;
    if (block[2] == 7)
        no_routine();
    ExFreePoolWithTag(block, TAG);
}

static void decide_by_freed(void)
{
    struct object *object = freed_object();
    if (object && object->Routine == no_routine)
        no_routine();
}

static void call_pool(void)
{
    UCHAR *code = ExAllocatePoolWithTag(NonPagedPoolNx, 16, TAG);
    if (!code)
        return;
    code[0] = 0xC3;
    ((ROUTINE)code)();
}

static void open_file(void)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\??\\C:\\Windows\\faults.log");
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK block;
    HANDLE file;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (NT_SUCCESS(ZwCreateFile(&file, GENERIC_WRITE, &attributes, &block, NULL, FILE_ATTRIBUTE_NORMAL, 0,
                                FILE_OPEN_IF, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0)))
        ZwClose(file);
}

static void kernel_handle(HANDLE handle)
{
    PVOID object;
    if (NT_SUCCESS(ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &object, NULL)))
        ObDereferenceObject(object);
}

static ULONG sum_of(const volatile UCHAR *bytes, ULONG count)
{
    ULONG sum = 0, i;
    for (i = 0; i < count; i++)
        sum += bytes[i];
    return sum;
}

static VOID read_in_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    sum_of(context, 1);
}

static void touch_raised(enum faults_code which)
{
    KIRQL irql;
    KDPC dpc;
    KSPIN_LOCK lock;
    volatile UCHAR *block = ExAllocatePoolWithTag(PagedPool, 100, TAG), *other;
    if (!block)
        return;
    block[0] = 1;
    KeInitializeSpinLock(&lock);
    /* At APC_LEVEL it is allowed, and afterwards all is as before. */
    KeRaiseIrql(APC_LEVEL, &irql);
    block[1] = 2;
    KeLowerIrql(irql);
    KeAcquireSpinLock(&lock, &irql);
    KeReleaseSpinLock(&lock, irql);
    other = ExAllocatePoolWithTag(PagedPool, 5000, TAG);
    if (other)
        other[4999] = 1;
    if (sum_of(block, 2) != 3)
        return;
    if (which == FAULTS_paged_raised) {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        sum_of(block, 1);
        KeLowerIrql(irql);
    } else if (which == FAULTS_paged_locked) {
        KeAcquireSpinLock(&lock, &irql);
        block[0] = 1;
        KeReleaseSpinLock(&lock, irql);
    } else {
        KeInitializeDpc(&dpc, read_in_dpc, (PVOID)block);
        KeInsertQueueDpc(&dpc, NULL, NULL);
    }
    if (other)
        ExFreePoolWithTag((PVOID)other, TAG);
    ExFreePoolWithTag((PVOID)block, TAG);
}

static void irp_after_free(PDEVICE_OBJECT device)
{
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    if (!irp)
        return;
    IoFreeIrp(irp);
    DbgPrint("faults: %u\n", irp->Cancel);
}

static void lookaside_overrun(void)
{
    NPAGED_LOOKASIDE_LIST list;
    UCHAR *entry;
    ExInitializeNPagedLookasideList(&list, NULL, NULL, 0, 64, TAG, 0);
    entry = ExAllocateFromNPagedLookasideList(&list);
    if (entry) {
        RtlFillMemory(entry, 64, 1);
        entry[64] = 1;
        ExFreeToNPagedLookasideList(&list, entry);
    }
    ExDeleteNPagedLookasideList(&list);
}

static void large_overrun(void)
{
    volatile UCHAR *block = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    if (!block)
        return;
    block[3 * PAGE_SIZE - 1] = 1;
    block[3 * PAGE_SIZE] = 1;
    ExFreePoolWithTag((PVOID)block, TAG);
}

static void buffered(enum faults_code which, PIRP irp, ULONG length)
{
    volatile UCHAR *buffer = irp->AssociatedIrp.SystemBuffer;
    if (which == FAULTS_buffer_overrun)
        buffer[length] = 1;
    if (which == FAULTS_buffer_overread)
        sum_of(buffer, length + 1);
}

static void err(PDEVICE_OBJECT device, enum faults_code which, faults_request *in, SIZE_T length, void *out)
{
    volatile struct object *nothing = NULL;
    struct object *object;
    ProbeForRead(in, sizeof *in, 1);
    switch (which) {
    case FAULTS_stack_overrun:
        stack_overrun(in, length);
        break;
    case FAULTS_stack_loop:
        stack_loop((const UCHAR *)in, (ULONG)length);
        break;
    case FAULTS_pool_overrun:
        pool_overrun(NonPagedPool, 40, 8);
        break;
    case FAULTS_pool_overrun_paged:
        pool_overrun(PagedPool, 40, 8);
        break;
    case FAULTS_pool_underrun:
        pool_overrun(NonPagedPool, -1, 1);
        break;
    case FAULTS_pool_overread:
        ProbeForWrite(out, 64, 1);
        pool_overread(out);
        break;
    case FAULTS_use_after_free:
        object = freed_object();
        if (object)
            object->Routine();
        break;
    case FAULTS_write_after_free:
        object = freed_object();
        if (object)
            object->Bytes[10] = 1;
        freed_object(); /* the next one of that size is looked at when it is allocated */
        break;
    case FAULTS_double_free:
        object = freed_object();
        ExFreePoolWithTag(object, TAG);
        break;
    case FAULTS_null_read:
        DbgPrint("faults: %u\n", nothing->Bytes[3]);
        break;
    case FAULTS_null_write:
        nothing->Bytes[3] = 1;
        break;
    case FAULTS_null_call:
        ((struct object){NULL}).Routine();
        break;
    case FAULTS_probed_low:
        ProbeForRead((void *)0x100, 16, 1);
        DbgPrint("faults: %u\n", *(volatile UCHAR *)0x108);
        break;
    case FAULTS_call_pool:
        call_pool();
        break;
    case FAULTS_call_client:
    case FAULTS_call_client_code:
        ((ROUTINE)in->where)();
        break;
    case FAULTS_uninitialised_stack:
        call_local(in->value != 0);
        break;
    case FAULTS_uninitialised_pool:
        call_new(in->value != 0);
        break;
    case FAULTS_decide_by_local:
        decide_by_local(in->value != 0);
        break;
    case FAULTS_decide_by_pool:
        decide_by_pool(in->value != 0);
        break;
    case FAULTS_decide_by_freed:
        decide_by_freed();
        break;
    case FAULTS_odd_address:
    case FAULTS_wild_write:
        *(volatile ULONG64 *)in->where = in->value;
        break;
    case FAULTS_kernel_address:
        in->where = DeviceContext;
        break;
    case FAULTS_write_anywhere:
        *(volatile ULONG64 *)in->where = in->value;
        break;
    case FAULTS_read_anywhere:
        *(volatile ULONG64 *)in->value = *(volatile ULONG64 *)in->where;
        break;
    case FAULTS_open_file:
        open_file();
        break;
    case FAULTS_kernel_handle:
        kernel_handle((HANDLE)(ULONG_PTR)in->value);
        break;
    case FAULTS_leak:
        (void)ExAllocatePoolWithTag(PagedPool, 24, TAG);
        break;
    case FAULTS_paged_raised:
    case FAULTS_paged_locked:
    case FAULTS_paged_dpc:
        touch_raised(which);
        break;
    case FAULTS_irp_after_free:
        irp_after_free(device);
        break;
    case FAULTS_lookaside_overrun:
        lookaside_overrun();
        break;
    case FAULTS_large_overrun:
        large_overrun();
        break;
    default:
        break;
    }
}

static NTSTATUS after_completion(enum faults_code which, PIRP irp, UCHAR *buffer)
{
    switch (which) {
    case FAULTS_completed_status:
        return irp->IoStatus.Status;
    case FAULTS_completed_read:
        DbgPrint("faults: %u\n", (ULONG)irp->IoStatus.Information);
        break;
    case FAULTS_completed_write:
        irp->IoStatus.Information = 4;
        break;
    case FAULTS_completed_location:
        DbgPrint("faults: %u\n", IoGetCurrentIrpStackLocation(irp)->MinorFunction);
        break;
    case FAULTS_completed_pend:
        IoMarkIrpPending(irp);
        break;
    case FAULTS_completed_buffer:
        buffer[3] = 0x41;
        break;
    case FAULTS_completed_free:
        ExFreePool(buffer);
        break;
    case FAULTS_completed_twice:
        IoCompleteRequest(irp, IO_NO_INCREMENT);
        break;
    default:
        break;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    enum faults_code which = (location->Parameters.DeviceIoControl.IoControlCode >> 2 & 0xFFF) - 0x900;
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        if (which >= FAULTS_buffer_overrun)
            buffered(which, irp, location->Parameters.DeviceIoControl.InputBufferLength);
        else
            err(device, which, location->Parameters.DeviceIoControl.Type3InputBuffer,
                location->Parameters.DeviceIoControl.InputBufferLength, irp->UserBuffer);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    UCHAR *buffer = irp->AssociatedIrp.SystemBuffer;
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return which < FAULTS_completed_status ? status : after_completion(which, irp, buffer);
}

static NTSTATUS open_or_close(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static VOID unload(PDRIVER_OBJECT driver)
{
    UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Faults");
    IoDeleteSymbolicLink(&link);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Faults"),
                   link = RTL_CONSTANT_STRING(L"\\DosDevices\\Faults");
    PDEVICE_OBJECT device;
    UNREFERENCED_PARAMETER(path);
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLOSE] = open_or_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->DriverUnload = unload;
    NTSTATUS status = IoCreateDevice(driver, 64, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
    if (!NT_SUCCESS(status))
        return status;
    DeviceContext = device->DeviceExtension;
    DeviceContext[0] = 0x1122334455667788;
    return IoCreateSymbolicLink(&link, &name);
}
