/* Reads, writes, positions, information, flush; requests that pend; the internal file system. */
#include "rig.h"

static struct {
    ULONG length, key, flags;
    LARGE_INTEGER offset;
    PVOID system, user;
    ULONG mdl_length;
    NTSTATUS status;
    ULONG_PTR information;
    PIRP pended;
    ULONG class;
} seen;

static NTSTATUS transfer(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    seen.length = stack->Parameters.Read.Length;
    seen.key = stack->Parameters.Read.Key;
    seen.offset = stack->Parameters.Read.ByteOffset;
    seen.system = irp->AssociatedIrp.SystemBuffer;
    seen.user = irp->UserBuffer;
    seen.flags = irp->Flags;
    seen.mdl_length = irp->MdlAddress ? MmGetMdlByteCount(irp->MdlAddress) : 0;
    if (stack->MajorFunction == IRP_MJ_READ && seen.system)
        memset(seen.system, 'r', seen.length);
    stack->FileObject->CurrentByteOffset.QuadPart = seen.offset.QuadPart + (LONGLONG)seen.information;
    return rig_complete(irp, seen.status, seen.information);
}

static int set_up(void **state)
{
    memset(&seen, 0, sizeof seen);
    int result = rig_set_up(state);
    rig.on[IRP_MJ_READ] = rig.on[IRP_MJ_WRITE] = transfer;
    return result;
}

static NTSTATUS read_at(HANDLE handle, PVOID buffer, ULONG length, LONGLONG at, PIO_STATUS_BLOCK iosb)
{
    LARGE_INTEGER offset = {.QuadPart = at};
    return NtReadFile(handle, NULL, NULL, NULL, iosb, buffer, length, &offset, NULL);
}

static void a_buffered_read(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    UCHAR buffer[10] = "..........";
    ULONG key = 0xBEEF;
    LARGE_INTEGER offset = {.QuadPart = 0x1122334455};
    seen.information = 3;
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 8, &offset, &key), STATUS_SUCCESS);
    assert_memory_equal(buffer, "rrr.......", 10);
    assert_int_equal(iosb.Information, 3);
    assert_int_equal(seen.length, 8);
    assert_int_equal(seen.key, 0xBEEF);
    assert_int_equal(seen.offset.QuadPart, 0x1122334455);
    assert_ptr_not_equal(seen.system, buffer);
    assert_true(seen.flags & IRP_READ_OPERATION);
    assert_true(seen.flags & IRP_BUFFERED_IO);
    assert_int_equal(read_at(handle, buffer, 0, 0, &iosb), STATUS_SUCCESS);
    assert_null(seen.system);
    NtClose(handle);
}

static void make_kinds(void *context)
{
    (void)context;
    rig_device(L"\\Device\\RigDirect", DO_DIRECT_IO, FALSE);
    rig_device(L"\\Device\\RigNeither", 0, FALSE);
}

static void direct_and_neither(void **state)
{
    (void)state;
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    UCHAR buffer[10] = "..........";
    ntio_run_in_kernel(make_kinds, NULL);
    assert_int_equal(rig_open(L"\\Device\\RigDirect", GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, 0,
                              FILE_SYNCHRONOUS_IO_NONALERT, &handle),
                     0);
    assert_int_equal(read_at(handle, buffer, 10, 0, &iosb), STATUS_SUCCESS);
    assert_int_equal(seen.mdl_length, 10);
    assert_null(seen.system);
    assert_int_equal(read_at(handle, buffer, 0, 0, &iosb), STATUS_SUCCESS);
    assert_int_equal(seen.mdl_length, 0);
    assert_int_equal(read_at(handle, (PVOID)16, 10, 0, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtWriteFile(handle, NULL, NULL, NULL, &iosb, (PVOID) "const", 5, NULL, NULL),
                     STATUS_SUCCESS);
    assert_int_equal(seen.mdl_length, 5);
    NtClose(handle);
    assert_int_equal(rig_open(L"\\Device\\RigNeither", GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, 0,
                              FILE_SYNCHRONOUS_IO_NONALERT, &handle),
                     0);
    assert_int_equal(read_at(handle, buffer, 10, 0, &iosb), STATUS_SUCCESS);
    assert_ptr_equal(seen.user, buffer);
    assert_null(seen.system);
    NtClose(handle);
}

static void positions(void **state)
{
    (void)state;
    HANDLE handle = rig_handle(), other;
    IO_STATUS_BLOCK iosb;
    UCHAR buffer[10];
    FILE_POSITION_INFORMATION position;
    LARGE_INTEGER at = {.QuadPart = 100}, here = {.LowPart = FILE_USE_FILE_POINTER_POSITION, .HighPart = -1},
                  end = {.LowPart = FILE_WRITE_TO_END_OF_FILE, .HighPart = -1}, negative = {.QuadPart = -10};
    seen.information = 10;
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 10, NULL, NULL), 0);
    assert_int_equal(seen.offset.QuadPart, 0);
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 10, &here, NULL), 0);
    assert_int_equal(seen.offset.QuadPart, 10);
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 10, &at, NULL), 0);
    assert_int_equal(seen.offset.QuadPart, 100);
    assert_int_equal(
        NtQueryInformationFile(handle, &iosb, &position, sizeof position, FilePositionInformation), 0);
    assert_int_equal(position.CurrentByteOffset.QuadPart, 110);
    assert_int_equal(iosb.Information, sizeof position);
    position.CurrentByteOffset.QuadPart = 5;
    assert_int_equal(NtSetInformationFile(handle, &iosb, &position, sizeof position, FilePositionInformation),
                     0);
    position.CurrentByteOffset.QuadPart = -5;
    assert_int_equal(NtSetInformationFile(handle, &iosb, &position, sizeof position, FilePositionInformation),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(rig.count[IRP_MJ_QUERY_INFORMATION], 0);
    assert_int_equal(rig.count[IRP_MJ_SET_INFORMATION], 0);
    assert_int_equal(NtWriteFile(handle, NULL, NULL, NULL, &iosb, buffer, 10, NULL, NULL), 0);
    assert_int_equal(seen.offset.QuadPart, 5);
    assert_int_equal(NtWriteFile(handle, NULL, NULL, NULL, &iosb, buffer, 10, &end, NULL), 0);
    assert_int_equal(seen.offset.QuadPart, end.QuadPart);
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 10, &negative, NULL),
                     STATUS_INVALID_PARAMETER);
    NtClose(handle);
    /* A handle for overlapped requests has no position: it has to be told where. */
    assert_int_equal(rig_open(L"\\Device\\Rig", GENERIC_READ, 0, 0, &other), 0);
    assert_int_equal(NtReadFile(other, NULL, NULL, NULL, &iosb, buffer, 10, NULL, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(read_at(other, buffer, 10, 7, &iosb), STATUS_SUCCESS);
    NtClose(other);
}

static void access_is_checked(void **state)
{
    (void)state;
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    UCHAR buffer[4];
    assert_int_equal(
        rig_open(L"\\Device\\Rig", FILE_WRITE_DATA | SYNCHRONIZE, 0, FILE_SYNCHRONOUS_IO_NONALERT, &handle),
        0);
    assert_int_equal(read_at(handle, buffer, 4, 0, &iosb), STATUS_ACCESS_DENIED);
    assert_int_equal(NtWriteFile(handle, NULL, NULL, NULL, &iosb, buffer, 4, NULL, NULL), STATUS_SUCCESS);
    NtClose(handle);
    assert_int_equal(
        rig_open(L"\\Device\\Rig", FILE_APPEND_DATA | SYNCHRONIZE, 0, FILE_SYNCHRONOUS_IO_NONALERT, &handle),
        0);
    assert_int_equal(NtWriteFile(handle, NULL, NULL, NULL, &iosb, buffer, 4, NULL, NULL), STATUS_SUCCESS);
    assert_int_equal(seen.offset.LowPart, FILE_WRITE_TO_END_OF_FILE);
    assert_int_equal(seen.offset.HighPart, -1);
    NtClose(handle);
    assert_int_equal(
        rig_open(L"\\Device\\Rig", FILE_READ_DATA | SYNCHRONIZE, 0, FILE_SYNCHRONOUS_IO_NONALERT, &handle),
        0);
    assert_int_equal(NtWriteFile(handle, NULL, NULL, NULL, &iosb, buffer, 4, NULL, NULL),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(NtFlushBuffersFile(handle, &iosb), STATUS_ACCESS_DENIED);
    NtClose(handle);
}

static void bad_input(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    UCHAR buffer[64];
    assert_int_equal(read_at(handle, (PVOID)16, 4, 0, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(read_at(handle, (PVOID) "constant", 4, 0, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(read_at(handle, rig.device, 4, 0, &iosb), STATUS_ACCESS_VIOLATION);
    assert_int_equal(read_at(handle, buffer, 4, 0, NULL), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 4, (PVOID)16, NULL),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 4, NULL, (PVOID)16),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtReadFile(NULL, NULL, NULL, NULL, &iosb, buffer, 4, NULL, NULL), STATUS_INVALID_HANDLE);
    assert_int_equal(NtReadFile(handle, (HANDLE)0x7654, NULL, NULL, &iosb, buffer, 4, NULL, NULL),
                     STATUS_INVALID_HANDLE);
    assert_int_equal(NtWriteFile(handle, NULL, NULL, NULL, &iosb, (PVOID)16, 4, NULL, NULL),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtQueryInformationFile(handle, &iosb, buffer, sizeof buffer, 0),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal(NtQueryInformationFile(handle, &iosb, buffer, sizeof buffer, 5000),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal(NtQueryInformationFile(handle, &iosb, buffer, 39, FileBasicInformation),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(NtQueryInformationFile(handle, &iosb, (PVOID)16, 40, FileBasicInformation),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtSetInformationFile(handle, &iosb, buffer, 64, FileStandardInformation),
                     STATUS_INVALID_INFO_CLASS);
    assert_int_equal(NtQueryVolumeInformationFile(handle, &iosb, buffer, 64, 77), STATUS_INVALID_INFO_CLASS);
    assert_int_equal(NtQueryVolumeInformationFile(handle, &iosb, buffer, 4, FileFsDeviceInformation),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(read_at(handle, buffer, 4, 0, &iosb), STATUS_SUCCESS);
    assert_int_equal(rig.count[IRP_MJ_READ], 1);
    assert_int_equal(rig.count[IRP_MJ_QUERY_INFORMATION], 0);
    NtClose(handle);
}

/* --- information --- */

static NTSTATUS inform(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device;
    seen.length = stack->Parameters.QueryFile.Length;
    seen.class = stack->Parameters.QueryFile.FileInformationClass;
    seen.system = irp->AssociatedIrp.SystemBuffer;
    if (stack->MajorFunction == IRP_MJ_SET_INFORMATION)
        return rig_complete(irp,
                            ((PFILE_END_OF_FILE_INFORMATION)seen.system)->EndOfFile.QuadPart == 4711
                                ? STATUS_SUCCESS
                                : STATUS_UNSUCCESSFUL,
                            0);
    memset(seen.system, 0x77, seen.length);
    return rig_complete(irp, STATUS_SUCCESS, seen.information);
}

static void information(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    FILE_STANDARD_INFORMATION standard = {0};
    FILE_END_OF_FILE_INFORMATION end = {.EndOfFile.QuadPart = 4711};
    FILE_ACCESS_INFORMATION access;
    FILE_MODE_INFORMATION mode;
    FILE_FS_DEVICE_INFORMATION device;
    rig.on[IRP_MJ_QUERY_INFORMATION] = rig.on[IRP_MJ_SET_INFORMATION] = inform;
    seen.information = sizeof standard;
    assert_int_equal(
        NtQueryInformationFile(handle, &iosb, &standard, sizeof standard, FileStandardInformation), 0);
    assert_int_equal(iosb.Information, sizeof standard);
    assert_int_equal(standard.NumberOfLinks, 0x77777777);
    assert_int_equal(seen.class, FileStandardInformation);
    assert_int_equal(NtSetInformationFile(handle, &iosb, &end, sizeof end, FileEndOfFileInformation), 0);
    assert_int_equal(seen.class, FileEndOfFileInformation);
    assert_int_equal(NtQueryInformationFile(handle, &iosb, &access, sizeof access, FileAccessInformation), 0);
    assert_int_equal(access.AccessFlags, FILE_GENERIC_READ | FILE_GENERIC_WRITE);
    assert_int_equal(NtQueryInformationFile(handle, &iosb, &mode, sizeof mode, FileModeInformation), 0);
    assert_int_equal(mode.Mode, FILE_SYNCHRONOUS_IO_NONALERT);
    assert_int_equal(
        NtQueryVolumeInformationFile(handle, &iosb, &device, sizeof device, FileFsDeviceInformation), 0);
    assert_int_equal(device.DeviceType, FILE_DEVICE_UNKNOWN);
    assert_int_equal(rig.count[IRP_MJ_QUERY_INFORMATION], 1);
    assert_int_equal(rig.count[IRP_MJ_QUERY_VOLUME_INFORMATION], 0);
    assert_int_equal(NtFlushBuffersFile(handle, &iosb), 0);
    assert_int_equal(rig.count[IRP_MJ_FLUSH_BUFFERS], 1);
    NtClose(handle);
}

/* --- requests that pend --- */

static VOID NTAPI on_cancel(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    seen.pended = NULL;
    rig_complete(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS pend(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    (void)device, (void)stack;
    IoMarkIrpPending(irp);
    IoSetCancelRoutine(irp, on_cancel);
    seen.pended = irp;
    return STATUS_PENDING;
}

static void finish_pended(void *context)
{
    PIRP irp = seen.pended;
    seen.pended = NULL;
    IoSetCancelRoutine(irp, NULL);
    memset(irp->AssociatedIrp.SystemBuffer, 'p', 4);
    rig_complete(irp, *(NTSTATUS *)context, 4);
}

static VOID NTAPI finish_later(PKDPC dpc, PVOID context, PVOID one, PVOID two)
{
    (void)dpc, (void)one, (void)two;
    NTSTATUS status = STATUS_SUCCESS;
    (void)context;
    finish_pended(&status);
}

static void an_overlapped_read(void **state)
{
    (void)state;
    HANDLE handle, event;
    static IO_STATUS_BLOCK iosb; /* the last request is told its end when this function has returned */
    static UCHAR buffer[6];
    LARGE_INTEGER offset = {.QuadPart = 0}, none = {.QuadPart = 0};
    NTSTATUS status = STATUS_SUCCESS;
    iosb = (IO_STATUS_BLOCK){.Status = 77, .Information = 77};
    memset(buffer, '.', sizeof buffer);
    rig.on[IRP_MJ_READ] = pend;
    assert_int_equal(rig_open(L"\\Device\\Rig", GENERIC_READ, 0, 0, &handle), 0);
    assert_int_equal(NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, TRUE), 0);
    assert_int_equal(NtReadFile(handle, event, NULL, NULL, &iosb, buffer, 4, &offset, NULL), STATUS_PENDING);
    assert_int_equal(iosb.Status, 77);
    assert_int_equal(NtWaitForSingleObject(event, FALSE, &none), STATUS_TIMEOUT);
    ntio_run_in_kernel(finish_pended, &status);
    assert_int_equal(NtWaitForSingleObject(event, FALSE, &none), STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_SUCCESS);
    assert_int_equal(iosb.Information, 4);
    assert_memory_equal(buffer, "pppp..", 6);
    /* An error that comes late is told like a success, but for the data. */
    status = STATUS_IO_DEVICE_ERROR;
    assert_int_equal(NtReadFile(handle, event, NULL, NULL, &iosb, buffer, 4, &offset, NULL), STATUS_PENDING);
    memset(buffer, '.', sizeof buffer);
    ntio_run_in_kernel(finish_pended, &status);
    assert_int_equal(NtWaitForSingleObject(event, FALSE, &none), STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_IO_DEVICE_ERROR);
    assert_int_equal(buffer[0], '.');
    /* Cancelled: by file, then by closing the last handle's thread's requests. */
    assert_int_equal(NtReadFile(handle, event, NULL, NULL, &iosb, buffer, 4, &offset, NULL), STATUS_PENDING);
    IO_STATUS_BLOCK cancel;
    assert_int_equal(NtCancelIoFileEx(handle, (PIO_STATUS_BLOCK)buffer, &cancel), STATUS_NOT_FOUND);
    assert_int_equal(NtCancelIoFileEx(handle, &iosb, &cancel), STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_CANCELLED);
    assert_int_equal(NtReadFile(handle, event, NULL, NULL, &iosb, buffer, 4, &offset, NULL), STATUS_PENDING);
    assert_int_equal(NtCancelIoFile(handle, &cancel), STATUS_SUCCESS);
    assert_int_equal(iosb.Status, STATUS_CANCELLED);
    assert_int_equal(NtCancelIoFileEx(handle, NULL, &cancel), STATUS_NOT_FOUND);
    /* The machine stops with this one outstanding, and its status is written after this function has returned. */
    static IO_STATUS_BLOCK late_iosb;
    static UCHAR late_buffer[4];
    assert_int_equal(NtReadFile(handle, event, NULL, NULL, &late_iosb, late_buffer, 4, &offset, NULL), STATUS_PENDING);
}

static KTIMER timer;
static KDPC dpc;

static NTSTATUS pend_for_a_while(PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    LARGE_INTEGER due = {.QuadPart = -10 * 10000};
    NTSTATUS status = pend(device, irp, stack);
    KeInitializeDpc(&dpc, finish_later, NULL);
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, due, &dpc);
    return status;
}

static void a_synchronous_read_waits(void **state)
{
    (void)state;
    HANDLE handle = rig_handle();
    IO_STATUS_BLOCK iosb;
    UCHAR buffer[6] = "......";
    rig.on[IRP_MJ_READ] = pend_for_a_while;
    for (int i = 0; i < 3; i++) {
        memset(buffer, '.', sizeof buffer);
        assert_int_equal(NtReadFile(handle, NULL, NULL, NULL, &iosb, buffer, 4, NULL, NULL), STATUS_SUCCESS);
        assert_memory_equal(buffer, "pppp..", 6);
        assert_int_equal(iosb.Information, 4);
    }
    NtClose(handle);
}

static int apcs;

static VOID NTAPI on_apc(PVOID context, PIO_STATUS_BLOCK iosb, ULONG reserved)
{
    (void)reserved;
    assert_int_equal((uintptr_t)context, 0x1234);
    assert_int_equal(iosb->Information, 4);
    apcs++;
}

static void an_apc_tells_the_thread(void **state)
{
    (void)state;
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    UCHAR buffer[6];
    LARGE_INTEGER offset = {.QuadPart = 0}, none = {.QuadPart = 0};
    NTSTATUS status = STATUS_SUCCESS;
    apcs = 0;
    rig.on[IRP_MJ_READ] = pend;
    assert_int_equal(rig_open(L"\\Device\\Rig", GENERIC_READ, 0, 0, &handle), 0);
    assert_int_equal(NtReadFile(handle, NULL, on_apc, (PVOID)0x1234, &iosb, buffer, 4, &offset, NULL),
                     STATUS_PENDING);
    ntio_run_in_kernel(finish_pended, &status);
    assert_int_equal(apcs, 0);
    NtDelayExecution(TRUE, &none);
    assert_int_equal(apcs, 1);
    NtClose(handle);
}

/* --- the internal file system --- */

static void images_are_files(void **state)
{
    (void)state;
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    FILE_BASIC_INFORMATION basic;
    FILE_STANDARD_INFORMATION standard;
    UCHAR buffer[4];
    ntio_register_image("shown", "/nowhere/shown.sys");
    assert_int_equal(rig_open(L"\\??\\C:\\any\\where\\Shown.SYS", GENERIC_READ | SYNCHRONIZE, FILE_SHARE_READ,
                              FILE_SYNCHRONOUS_IO_NONALERT, &handle),
                     STATUS_SUCCESS);
    assert_int_equal(NtQueryInformationFile(handle, &iosb, &basic, sizeof basic, FileBasicInformation), 0);
    assert_int_equal(basic.FileAttributes, FILE_ATTRIBUTE_NORMAL);
    assert_int_equal(
        NtQueryInformationFile(handle, &iosb, &standard, sizeof standard, FileStandardInformation), 0);
    assert_int_equal(standard.NumberOfLinks, 1);
    assert_int_equal(read_at(handle, buffer, 4, 0, &iosb), STATUS_END_OF_FILE);
    NtClose(handle);
    assert_int_equal(rig_open(L"\\??\\C:\\any\\where\\hidden.sys", GENERIC_READ, 0, 0, &handle),
                     STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(rig_open(L"\\??\\C:\\any\\shown.sys\\", GENERIC_READ, 0, 0, &handle),
                     STATUS_OBJECT_NAME_INVALID);
    RtlInitUnicodeString(&name, L"\\SystemRoot\\System32\\drivers\\shown.sys");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    assert_int_equal(NtQueryAttributesFile(&attributes, &basic), STATUS_SUCCESS);
    assert_int_equal(basic.FileAttributes, FILE_ATTRIBUTE_NORMAL);
    assert_int_equal(NtQueryAttributesFile(&attributes, (PVOID)16), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtDeleteFile(&attributes), STATUS_CANNOT_DELETE);
    assert_int_equal(
        NtCreateFile(&handle, GENERIC_WRITE, &attributes, &iosb, NULL, 0, 0, FILE_CREATE, 0, NULL, 0),
        STATUS_OBJECT_NAME_COLLISION);
}

static void parameters_of_an_open(void **state)
{
    (void)state;
    static const struct {
        ACCESS_MASK access;
        ULONG attributes, share, disposition, options;
    } rows[] = {
        {GENERIC_READ, 0x80000000, 0, FILE_OPEN, 0},
        {GENERIC_READ, 0, 8, FILE_OPEN, 0},
        {GENERIC_READ, 0, 0, FILE_MAXIMUM_DISPOSITION + 1, 0},
        {GENERIC_READ, 0, 0, FILE_OPEN, 0x80000000},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT},
        {FILE_READ_DATA | SYNCHRONIZE, 0, 0, FILE_OPEN,
         FILE_SYNCHRONOUS_IO_NONALERT | FILE_SYNCHRONOUS_IO_ALERT},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_DELETE_ON_CLOSE},
        {FILE_READ_DATA, 0, 0, FILE_OVERWRITE, FILE_DIRECTORY_FILE},
        {FILE_READ_DATA, 0, 0, FILE_OPEN, FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE},
        {FILE_APPEND_DATA, 0, 0, FILE_OPEN, FILE_NO_INTERMEDIATE_BUFFERING},
    };
    HANDLE handle;
    IO_STATUS_BLOCK iosb;
    UNICODE_STRING name, odd = {3, 4, L"ab"};
    OBJECT_ATTRIBUTES attributes;
    LARGE_INTEGER size = {.QuadPart = -1};
    RtlInitUnicodeString(&name, L"\\Device\\Rig");
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(NtCreateFile(&handle, rows[i].access, &attributes, &iosb, NULL, rows[i].attributes,
                                      rows[i].share, rows[i].disposition, rows[i].options, NULL, 0),
                         STATUS_INVALID_PARAMETER);
    assert_int_equal(
        NtCreateFile(&handle, GENERIC_READ, &attributes, &iosb, &size, 0, 0, FILE_OPEN, 0, NULL, 0),
        STATUS_INVALID_PARAMETER);
    assert_int_equal(NtCreateFile(NULL, GENERIC_READ, &attributes, &iosb, NULL, 0, 0, FILE_OPEN, 0, NULL, 0),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(
        NtCreateFile(&handle, GENERIC_READ, &attributes, NULL, NULL, 0, 0, FILE_OPEN, 0, NULL, 0),
        STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtCreateFile(&handle, GENERIC_READ, (PVOID)16, &iosb, NULL, 0, 0, FILE_OPEN, 0, NULL, 0),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(
        NtCreateFile(&handle, GENERIC_READ, &attributes, &iosb, NULL, 0, 0, FILE_OPEN, 0, (PVOID)16, 12),
        STATUS_ACCESS_VIOLATION);
    UCHAR ea[16] = {0};
    ea[5] = 9;
    assert_int_equal(
        NtCreateFile(&handle, GENERIC_READ, &attributes, &iosb, NULL, 0, 0, FILE_OPEN, 0, ea, 12),
        STATUS_EA_LIST_INCONSISTENT);
    attributes.ObjectName = (PUNICODE_STRING)16;
    assert_int_equal(
        NtCreateFile(&handle, GENERIC_READ, &attributes, &iosb, NULL, 0, 0, FILE_OPEN, 0, NULL, 0),
        STATUS_ACCESS_VIOLATION);
    attributes.ObjectName = &odd;
    assert_int_equal(
        NtCreateFile(&handle, GENERIC_READ, &attributes, &iosb, NULL, 0, 0, FILE_OPEN, 0, NULL, 0),
        STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(rig.count[IRP_MJ_CREATE], 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_buffered_read),
        T(direct_and_neither),
        T(positions),
        T(access_is_checked),
        T(bad_input),
        T(information),
        T(an_overlapped_read),
        T(a_synchronous_read_waits),
        T(an_apc_tells_the_thread),
        T(images_are_files),
        T(parameters_of_an_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
