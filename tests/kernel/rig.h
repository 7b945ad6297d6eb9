/*
 * A driver inside the test: its dispatch routines are the test's own functions, and it counts what it is
 * sent.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>
#include <string.h>

NTSTATUS NTAPI IoCreateDriver(PUNICODE_STRING DriverName, PDRIVER_INITIALIZE InitializationFunction);
VOID NTAPI IoDeleteDriver(PDRIVER_OBJECT DriverObject);

typedef NTSTATUS rig_routine(PDEVICE_OBJECT, PIRP, PIO_STACK_LOCATION);

static struct {
    PDRIVER_OBJECT driver;
    PDEVICE_OBJECT device;
    int count[IRP_MJ_MAXIMUM_FUNCTION + 1];
    rig_routine *on[IRP_MJ_MAXIMUM_FUNCTION + 1];
} rig;

static inline NTSTATUS rig_complete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI rig_dispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    __atomic_add_fetch(&rig.count[stack->MajorFunction], 1, __ATOMIC_RELAXED);
    if (rig.on[stack->MajorFunction])
        return rig.on[stack->MajorFunction](device, irp, stack);
    return rig_complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI rig_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    (void)registry_path;
    rig.driver = driver;
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = rig_dispatch;
    return STATUS_SUCCESS;
}

static inline PDEVICE_OBJECT rig_device(PCWSTR name, ULONG flags, BOOLEAN exclusive)
{
    UNICODE_STRING text;
    PDEVICE_OBJECT device = NULL;
    if (name)
        RtlInitUnicodeString(&text, name);
    NTSTATUS status =
        IoCreateDevice(rig.driver, 64, name ? &text : NULL, FILE_DEVICE_UNKNOWN, 0, exclusive, &device);
    if (!NT_SUCCESS(status))
        return NULL;
    device->Flags |= flags;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return device;
}

static void rig_make(void *context)
{
    *(NTSTATUS *)context = IoCreateDriver(NULL, rig_entry);
    rig.device = rig_device(L"\\Device\\Rig", DO_BUFFERED_IO, FALSE);
}

static inline int rig_set_up(void **state)
{
    (void)state;
    NTSTATUS status = STATUS_UNSUCCESSFUL;
    memset(&rig, 0, sizeof rig);
    if (ntio_start(NULL) != 0)
        return -1;
    ntio_run_in_kernel(rig_make, &status);
    return NT_SUCCESS(status) && rig.device ? 0 : -1;
}

static void rig_unmake(void *context)
{
    (void)context;
    for (PDEVICE_OBJECT device = rig.driver ? rig.driver->DeviceObject : NULL; device;
         device = device->NextDevice)
        if (device->AttachedDevice)
            IoDetachDevice(device);
    for (PDEVICE_OBJECT next, device = rig.driver ? rig.driver->DeviceObject : NULL; device; device = next) {
        next = device->NextDevice;
        IoDeleteDevice(device);
    }
    if (rig.driver)
        IoDeleteDriver(rig.driver);
}

static inline int rig_tear_down(void **state)
{
    (void)state;
    ntio_run_in_kernel(rig_unmake, NULL);
    return ntio_stop() == 0 ? 0 : -1;
}

/* For tests that end in a bug check. */
static inline int rig_stop(void **state)
{
    (void)state;
    return ntio_stop() == 0 ? 0 : -1;
}

static inline NTSTATUS rig_open(PCWSTR name, ACCESS_MASK access, ULONG share, ULONG options, PHANDLE handle)
{
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;
    RtlInitUnicodeString(&text, name);
    InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE, NULL, NULL);
    *handle = NULL;
    return NtOpenFile(handle, access, &attributes, &iosb, share, options);
}

static inline HANDLE rig_handle(void)
{
    HANDLE handle;
    NTSTATUS status = rig_open(L"\\Device\\Rig", GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, 0,
                               FILE_SYNCHRONOUS_IO_NONALERT, &handle);
    assert_int_equal(status, STATUS_SUCCESS);
    return handle;
}

#define expect_bugcheck(body, context, code_, p1)                                                            \
    do {                                                                                                     \
        ntio_bugcheck caught_;                                                                               \
        assert_true(ntio_catch_bugcheck(body, context, &caught_));                                           \
        assert_int_equal(caught_.code, code_);                                                               \
        assert_int_equal(caught_.parameters[0], (uint64_t)(p1));                                             \
    } while (0)
