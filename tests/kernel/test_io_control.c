/* Control codes: the four methods, access, fast I/O, and what a client's bad input gets. */
#include "rig.h"

#define CODE(function, method, access) CTL_CODE(FILE_DEVICE_UNKNOWN, function, method, access)

static struct {
    ULONG in, out, code;
    PVOID system, user, type3;
    PMDL mdl;
    ULONG mdl_length;
    UCHAR minor;
    KPROCESSOR_MODE mode;
    NTSTATUS status;
    ULONG_PTR information;
    BOOLEAN echo; /* output: the input's bytes, each one more */
} seen;

static NTSTATUS look(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    seen.in = stack->Parameters.DeviceIoControl.InputBufferLength;
    seen.out = stack->Parameters.DeviceIoControl.OutputBufferLength;
    seen.code = stack->Parameters.DeviceIoControl.IoControlCode;
    seen.type3 = stack->Parameters.DeviceIoControl.Type3InputBuffer;
    seen.system = irp->AssociatedIrp.SystemBuffer;
    seen.user = irp->UserBuffer;
    seen.mdl = irp->MdlAddress;
    seen.mdl_length = irp->MdlAddress ? MmGetMdlByteCount(irp->MdlAddress) : 0;
    seen.minor = stack->MinorFunction;
    seen.mode = irp->RequestorMode;
    if (seen.echo) {
        PUCHAR from = seen.system, to = from;
        if (METHOD_FROM_CTL_CODE(seen.code) == METHOD_OUT_DIRECT)
            to = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
        for (ULONG i = 0; i < seen.in && i < seen.out; i++)
            to[i] = (UCHAR)(from[i] + 1);
    }
    return rig_complete(irp, seen.status, seen.information);
}

static NTSTATUS control(HANDLE handle, ULONG code, PVOID in, ULONG in_length, PVOID out, ULONG out_length,
                        PIO_STATUS_BLOCK iosb)
{
    return NtDeviceIoControlFile(handle, NULL, NULL, NULL, iosb, code, in, in_length, out, out_length);
}

static int set_up(void **state)
{
    memset(&seen, 0, sizeof seen);
    int result = rig_set_up(state);
    rig.on[IRP_MJ_DEVICE_CONTROL] = look;
    return result;
}

static void buffered(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb = {.Status = 99, .Information = 99};
    UCHAR in[8] = "abcdefg", out[600];
    ULONG code = CODE(0x801, METHOD_BUFFERED, FILE_ANY_ACCESS);
    memset(out, '.', sizeof out);
    seen.echo = TRUE;
    seen.information = 4;
    assert_int_equal(control(handle, code, in, 3, out, 5, &iosb), STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 4);
    assert_memory_equal(out, "bcd", 3);
    assert_int_equal(out[4], '.'); /* Information bytes, not one more */
    assert_memory_equal(in, "abcdefg", 7);
    assert_int_equal(seen.in, 3);
    assert_int_equal(seen.out, 5);
    assert_int_equal(seen.code, code);
    assert_int_equal(seen.mode, UserMode);
    assert_null(seen.mdl);
    assert_null(seen.type3);
    assert_non_null(seen.system);
    assert_ptr_not_equal(seen.system, out);

    /* Errors copy nothing and leave the status block alone, warnings copy. */
    memset(out, '.', sizeof out);
    iosb = (IO_STATUS_BLOCK){.Status = 99, .Information = 99};
    seen.status = STATUS_UNSUCCESSFUL;
    assert_int_equal(control(handle, code, in, 3, out, 5, &iosb), STATUS_UNSUCCESSFUL);
    assert_int_equal(out[0], '.');
    assert_int_equal(iosb.Status, 99);
    seen.status = STATUS_BUFFER_OVERFLOW;
    seen.information = 2;
    assert_int_equal(control(handle, code, in, 3, out, 5, &iosb), STATUS_BUFFER_OVERFLOW);
    assert_memory_equal(out, "bc..", 4);
    assert_int_equal(iosb.Status, STATUS_BUFFER_OVERFLOW);
    assert_int_equal(iosb.Information, 2);

    /* Larger than what an IRP brings along. */
    seen.status = STATUS_SUCCESS;
    seen.information = 600;
    assert_int_equal(control(handle, code, out, 600, out, 600, &iosb), STATUS_SUCCESS);
    assert_int_equal(out[0], 'c');
    assert_int_equal(out[599], '.' + 1);
    NtClose(handle);
}

static void zero_lengths(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    UCHAR byte[4];
    for (ULONG method = 0; method < 4; method++) {
        assert_int_equal(control(handle, CODE(0x802, method, 0), NULL, 0, NULL, 0, &iosb), STATUS_SUCCESS);
        assert_null(seen.system);
        assert_null(seen.mdl);
        assert_null(seen.user);
        assert_null(seen.type3);
    }
    for (ULONG method = 0; method < 3; method++) {
        assert_int_equal(control(handle, CODE(0x802, method, 0), byte, 0, byte, 0, &iosb), STATUS_SUCCESS);
        assert_null(seen.system);
        assert_null(seen.mdl);
    }
    /* A length without a buffer counts as none, except for the second buffer of the direct methods. */
    assert_int_equal(control(handle, CODE(0x802, METHOD_BUFFERED, 0), NULL, 8, NULL, 8, &iosb),
                     STATUS_SUCCESS);
    assert_int_equal(seen.in, 0);
    assert_int_equal(seen.out, 0);
    assert_int_equal(control(handle, CODE(0x802, METHOD_OUT_DIRECT, 0), NULL, 8, NULL, 8, &iosb),
                     STATUS_ACCESS_VIOLATION);
    NtClose(handle);
}

static void direct(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    UCHAR in[4] = "abc", out[8] = "........";
    assert_int_equal(control(handle, CODE(0x803, METHOD_IN_DIRECT, 0), in, 3, out, 8, &iosb), STATUS_SUCCESS);
    assert_int_equal(seen.mdl_length, 8);
    assert_non_null(seen.system);
    seen.echo = TRUE;
    seen.information = 3;
    assert_int_equal(control(handle, CODE(0x803, METHOD_OUT_DIRECT, 0), in, 3, out, 8, &iosb),
                     STATUS_SUCCESS);
    assert_memory_equal(out, "bcd.....", 8);
    assert_int_equal(iosb.Information, 3);
    NtClose(handle);
}

static void neither(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    /* Nothing is looked at: not the addresses, not the lengths. */
    assert_int_equal(control(handle, CODE(0x804, METHOD_NEITHER, 0), (PVOID)8, 100, (PVOID)16, 200, &iosb),
                     STATUS_SUCCESS);
    assert_ptr_equal(seen.type3, (PVOID)8);
    assert_ptr_equal(seen.user, (PVOID)16);
    assert_null(seen.system);
    assert_int_equal(seen.in, 100);
    assert_int_equal(seen.out, 200);
    NtClose(handle);
}

static void access(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    static const struct {
        ACCESS_MASK desired;
        ULONG required;
        NTSTATUS status;
    } rows[] = {
        {GENERIC_READ, FILE_ANY_ACCESS, STATUS_SUCCESS},
        {GENERIC_READ, FILE_READ_ACCESS, STATUS_SUCCESS},
        {GENERIC_READ, FILE_WRITE_ACCESS, STATUS_ACCESS_DENIED},
        {GENERIC_READ, FILE_READ_ACCESS | FILE_WRITE_ACCESS, STATUS_ACCESS_DENIED},
        {GENERIC_WRITE, FILE_WRITE_ACCESS, STATUS_SUCCESS},
        {GENERIC_WRITE, FILE_READ_ACCESS, STATUS_ACCESS_DENIED},
        {GENERIC_READ | GENERIC_WRITE, FILE_READ_ACCESS | FILE_WRITE_ACCESS, STATUS_SUCCESS},
        {GENERIC_ALL, FILE_READ_ACCESS | FILE_WRITE_ACCESS, STATUS_SUCCESS},
        {MAXIMUM_ALLOWED, FILE_READ_ACCESS | FILE_WRITE_ACCESS, STATUS_SUCCESS},
        {FILE_READ_ATTRIBUTES, FILE_ANY_ACCESS, STATUS_SUCCESS},
        {FILE_READ_ATTRIBUTES, FILE_READ_ACCESS, STATUS_ACCESS_DENIED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        HANDLE handle;
        assert_int_equal(rig_open(L"\\Device\\Rig", rows[i].desired | SYNCHRONIZE, 0,
                                  FILE_SYNCHRONOUS_IO_NONALERT, &handle),
                         STATUS_SUCCESS);
        assert_int_equal(
            control(handle, CODE(0x805, METHOD_BUFFERED, rows[i].required), NULL, 0, NULL, 0, &iosb),
            rows[i].status);
        NtClose(handle);
    }
}

static NTSTATUS validate(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    return rig_complete(
        irp, IoValidateDeviceIoControlAccess(irp, stack->Parameters.DeviceIoControl.IoControlCode >> 2 & 7),
        0);
}

static void validated_access(void **state)
{
    (void)state;
    IO_STATUS_BLOCK iosb;
    HANDLE handle;
    rig.on[IRP_MJ_DEVICE_CONTROL] = validate;
    assert_int_equal(
        rig_open(L"\\Device\\Rig", GENERIC_READ | SYNCHRONIZE, 0, FILE_SYNCHRONOUS_IO_NONALERT, &handle), 0);
    assert_int_equal(control(handle, CODE(0x800 | FILE_READ_ACCESS, 0, 0), NULL, 0, NULL, 0, &iosb),
                     STATUS_SUCCESS);
    assert_int_equal(control(handle, CODE(0x800 | FILE_WRITE_ACCESS, 0, 0), NULL, 0, NULL, 0, &iosb),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(control(handle, CODE(0x804, 0, 0), NULL, 0, NULL, 0, &iosb), STATUS_INVALID_PARAMETER);
    NtClose(handle);
}

static void file_system_controls(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    UCHAR byte = 1;
    rig.on[IRP_MJ_FILE_SYSTEM_CONTROL] = look;
    seen.minor = 99;
    assert_int_equal(NtFsControlFile(handle, NULL, NULL, NULL, &iosb, 0x90018, &byte, 1, NULL, 0),
                     STATUS_SUCCESS);
    assert_int_equal(seen.minor, IRP_MN_USER_FS_REQUEST);
    assert_int_equal(seen.code, 0x90018);
    NtClose(handle);
}

static void events_are_set(void **state)
{
    (void)state;
    HANDLE handle = rig_handle(), event;
    IO_STATUS_BLOCK iosb;
    LARGE_INTEGER none = {.QuadPart = 0};
    assert_int_equal(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE), 0);
    seen.status = STATUS_UNSUCCESSFUL; /* an error on the spot clears the event and does not set it */
    assert_int_equal(
        NtDeviceIoControlFile(handle, event, NULL, NULL, &iosb, CODE(0x800, 0, 0), NULL, 0, NULL, 0),
        STATUS_UNSUCCESSFUL);
    assert_int_equal(NtWaitForSingleObject(event, FALSE, &none), STATUS_TIMEOUT);
    seen.status = STATUS_SUCCESS;
    assert_int_equal(
        NtDeviceIoControlFile(handle, event, NULL, NULL, &iosb, CODE(0x800, 0, 0), NULL, 0, NULL, 0), 0);
    assert_int_equal(NtWaitForSingleObject(event, FALSE, &none), STATUS_SUCCESS);
    assert_int_equal(NtWaitForSingleObject(handle, FALSE, &none), STATUS_SUCCESS);
    assert_int_equal(
        NtDeviceIoControlFile(handle, handle, NULL, NULL, &iosb, CODE(0x800, 0, 0), NULL, 0, NULL, 0),
        STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(event);
    NtClose(handle);
}

static struct {
    int calls;
    BOOLEAN take;
} fast;

static BOOLEAN NTAPI fast_control(PFILE_OBJECT file, BOOLEAN wait, PVOID in, ULONG in_length, PVOID out,
                                  ULONG out_length, ULONG code, PIO_STATUS_BLOCK iosb, PDEVICE_OBJECT device)
{
    (void)file, (void)wait, (void)in, (void)in_length, (void)out, (void)out_length, (void)code, (void)device;
    fast.calls++;
    iosb->Status = STATUS_SUCCESS;
    iosb->Information = 77;
    return fast.take;
}

static void fast_io_is_tried_first(void **state)
{
    (void)state;
    static FAST_IO_DISPATCH table = {.SizeOfFastIoDispatch = sizeof table,
                                     .FastIoDeviceControl = fast_control};
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    rig.driver->FastIoDispatch = &table;
    fast.calls = 0;
    fast.take = TRUE;
    assert_int_equal(control(handle, CODE(0x800, 0, 0), NULL, 0, NULL, 0, &iosb), STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 77);
    assert_int_equal(rig.count[IRP_MJ_DEVICE_CONTROL], 0);
    fast.take = FALSE;
    assert_int_equal(control(handle, CODE(0x800, 0, 0), NULL, 0, NULL, 0, &iosb), STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 0);
    assert_int_equal(fast.calls, 2);
    assert_int_equal(rig.count[IRP_MJ_DEVICE_CONTROL], 1);
    rig.driver->FastIoDispatch = NULL;
    NtClose(handle);
}

static PDRIVER_OBJECT bare;

/* A driver that fills in nothing but what opening needs. */
static NTSTATUS NTAPI bare_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path)
{
    UNICODE_STRING name;
    PDEVICE_OBJECT device;
    (void)registry_path;
    bare = driver;
    driver->MajorFunction[IRP_MJ_CREATE] = rig.driver->MajorFunction[IRP_MJ_CREATE];
    driver->MajorFunction[IRP_MJ_WRITE] = NULL;
    RtlInitUnicodeString(&name, L"\\Device\\Bare");
    return IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
}

static void make_bare(void *context)
{
    *(NTSTATUS *)context = IoCreateDriver(NULL, bare_entry);
}

static void drop_bare(void *context)
{
    (void)context;
    IoDeleteDevice(bare->DeviceObject);
    IoDeleteDriver(bare);
}

static void unknown_requests_are_refused(void **state)
{
    (void)state;
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status;
    UCHAR bytes[4];
    ntio_run_in_kernel(make_bare, &status);
    assert_int_equal(status, STATUS_SUCCESS);
    assert_false(bare->DeviceObject->Flags & DO_DEVICE_INITIALIZING);
    assert_int_equal(rig_open(L"\\Device\\Bare", GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, 0,
                              FILE_SYNCHRONOUS_IO_NONALERT, &handle),
                     0);
    assert_int_equal(control(handle, CODE(0x800, 0, 0), NULL, 0, NULL, 0, &iosb),
                     STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, bytes, 4, NULL, NULL),
                     STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(NtWriteFile(handle, NULL, NULL, NULL, &iosb, bytes, 4, NULL, NULL),
                     STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(NtFlushBuffersFile(handle, &iosb), STATUS_INVALID_DEVICE_REQUEST);
    assert_int_equal(NtClose(handle), STATUS_SUCCESS);
    ntio_run_in_kernel(drop_bare, NULL);
}

static void bad_input_gets_its_status(void **state)
{
    (void)state;
    HANDLE handle = rig_handle(), event, directory;
    IO_STATUS_BLOCK iosb;
    UCHAR good[16];
    PVOID bad = (PVOID)16, kernel = rig.device;
    ULONG b = CODE(0x800, METHOD_BUFFERED, 0), in = CODE(0x800, METHOD_IN_DIRECT, 0),
          out = CODE(0x800, METHOD_OUT_DIRECT, 0);
    assert_int_equal(control(NULL, b, NULL, 0, NULL, 0, &iosb), STATUS_INVALID_HANDLE);
    assert_int_equal(control((HANDLE)0x7654, b, NULL, 0, NULL, 0, &iosb), STATUS_INVALID_HANDLE);
    assert_int_equal(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE), 0);
    assert_int_equal(control(event, b, NULL, 0, NULL, 0, &iosb), STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(control(NtCurrentProcess(), b, NULL, 0, NULL, 0, &iosb), STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(control(handle, b, NULL, 0, NULL, 0, bad), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, b, NULL, 0, NULL, 0, NULL), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, b, NULL, 0, NULL, 0, kernel), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, b, NULL, 0, NULL, 0, (PIO_STATUS_BLOCK)(good + 1)),
                     STATUS_DATATYPE_MISALIGNMENT);
    assert_int_equal(control(handle, b, bad, 8, good, 8, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, b, good, 8, bad, 8, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, b, kernel, 8, good, 8, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, b, good, 8, kernel, 8, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, b, good, 0xFFFFFFFF, NULL, 0, &iosb) == STATUS_SUCCESS, 0);
    assert_int_equal(control(handle, in, bad, 8, good, 8, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, in, good, 8, bad, 8, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, out, good, 8, bad, 8, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, out, good, 8, kernel, 8, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, out, good, 8, (PVOID)(UINTPTR_MAX - 3), 8, &iosb),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, out, good, 8, (PVOID) "constant", 8, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(handle, in, good, 8, (PVOID) "constant", 8, &iosb), STATUS_SUCCESS);
    assert_int_equal(NtDeviceIoControlFile(handle, (HANDLE)0x7654, NULL, NULL, &iosb, b, NULL, 0, NULL, 0),
                     STATUS_INVALID_HANDLE);
    /* A handle to something that is no file, opened by name. */
    assert_int_equal(rig_open(L"\\Device", GENERIC_READ, 0, 0, &directory), STATUS_OBJECT_TYPE_MISMATCH);
    /* And the device goes on working. */
    assert_int_equal(control(handle, b, good, 16, good, 16, &iosb), STATUS_SUCCESS);
    NtClose(event);
    NtClose(handle);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(buffered),
        T(zero_lengths),
        T(direct),
        T(neither),
        T(access),
        T(validated_access),
        T(file_system_controls),
        T(events_are_set),
        T(fast_io_is_tried_first),
        T(unknown_requests_are_refused),
        T(bad_input_gets_its_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
