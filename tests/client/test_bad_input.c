/*
 * Whatever a client hands in, it gets the error that Windows gives, and the device goes on working.
 * DRIVERS: methods
 */
#include "win32_test.h"

#include <winioctl.h>
#include <winsvc.h>
#include <string.h>

#include "../drivers/methods/methods.h"

#define PAGE 4096

static const char *const names[] = {"\\\\.\\MethodsBuffered", "\\\\.\\MethodsDirect",
                                    "\\\\.\\MethodsNeither"};
static HANDLE devices[3];
static HANDLE event;

/* Addresses where eight bytes cannot be read, and (the last ones) where they cannot be written. */
enum { UNREADABLE = 9, UNWRITABLE = 10 };
static char *bad[UNWRITABLE];
static char *region; /* two pages committed, one page read-only, one not accessible, the rest reserved */

static void make_addresses(void)
{
    DWORD old;
    region = VirtualAlloc(NULL, 16 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    assert_non_null(region);
    assert_ptr_equal(VirtualAlloc(region, 4 * PAGE, MEM_COMMIT, PAGE_READWRITE), region);
    assert_true(VirtualProtect(region + 2 * PAGE, PAGE, PAGE_READONLY, &old));
    assert_true(VirtualProtect(region + 3 * PAGE, PAGE, PAGE_NOACCESS, &old));
    char *gone = VirtualAlloc(NULL, PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_true(VirtualFree(gone, 0, MEM_RELEASE));
    char *all[UNWRITABLE] = {
        NULL,
        BAD_LOW,
        BAD_HIGH,
        (char *)UINTPTR_MAX - 3,               /* wraps around */
        (char *)(ULONG_PTR)0x0000800000000000, /* the first that is no user address, nor any address */
        region + 3 * PAGE,                     /* not accessible */
        region + 3 * PAGE - 4,                 /* readable at first */
        region + 4 * PAGE,                     /* reserved */
        gone,
        region + 2 * PAGE - 4, /* the second half is read-only */
    };
    memcpy(bad, all, sizeof bad);
}

static int start(void **state)
{
    if (machine_start(state) || ntio_load_driver("methods") != STATUS_SUCCESS)
        return -1;
    for (int i = 0; i < 3; i++) {
        devices[i] = CreateFileA(names[i], GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        assert_ptr_not_equal(devices[i], INVALID_HANDLE_VALUE);
    }
    event = CreateEventA(NULL, TRUE, FALSE, NULL);
    make_addresses();
    return 0;
}

static void they_work(void)
{
    unsigned char data[8] = {1, 2, 3, 4, 5, 6, 7, 8}, out[8] = {0}, sum = 36;
    DWORD count;
    for (int i = 0; i < 3; i++) {
        assert_true(WriteFile(devices[i], data, 8, &count, NULL));
        assert_int_equal(count, 8);
        assert_true(ReadFile(devices[i], out, 8, &count, NULL));
        assert_memory_equal(out, data, 8);
        assert_true(DeviceIoControl(devices[i], IOCTL_METHODS_BUFFERED, data, 8, out, 8, &count, NULL));
        assert_int_equal(out[0], 8);
        assert_true(DeviceIoControl(devices[i], IOCTL_METHODS_IN, &sum, 1, data, 8, &count, NULL));
        assert_true(DeviceIoControl(devices[i], IOCTL_METHODS_OUT, data, 8, out, 8, &count, NULL));
        assert_true(DeviceIoControl(devices[i], IOCTL_METHODS_NEITHER, data, 8, out, 8, &count, NULL));
        assert_int_equal(out[7], 1);
    }
}

static int stop(void **state)
{
    they_work();
    for (int i = 0; i < 3; i++)
        assert_true(CloseHandle(devices[i]));
    assert_true(CloseHandle(event));
    assert_true(VirtualFree(region, 0, MEM_RELEASE));
    assert_int_equal(ntio_unload_driver("methods"), STATUS_SUCCESS);
    return machine_stop(state);
}

static void control_fails(DWORD code, void *in, DWORD in_length, void *out, DWORD out_length, DWORD error)
{
    DWORD count;
    for (int i = 0; i < 3; i++)
        assert_fails(DeviceIoControl(devices[i], code, in, in_length, out, out_length, &count, NULL), error);
}

static void pointers_to_data(void **state)
{
    (void)state;
    unsigned char data[8] = {0};
    DWORD count;
    for (int i = 0; i < UNREADABLE; i++) {
        for (int d = 0; d < 3; d++)
            assert_fails(WriteFile(devices[d], bad[i], 8, &count, NULL), ERROR_NOACCESS);
        control_fails(IOCTL_METHODS_IN, data, 1, bad[i], 8, ERROR_NOACCESS);
        if (bad[i]) {
            control_fails(IOCTL_METHODS_BUFFERED, bad[i], 8, data, 8, ERROR_NOACCESS);
            control_fails(IOCTL_METHODS_IN, bad[i], 8, data, 8, ERROR_NOACCESS);
            control_fails(IOCTL_METHODS_OUT, bad[i], 8, data, 8, ERROR_NOACCESS);
        }
        control_fails(IOCTL_METHODS_NEITHER, bad[i], 8, data, 8, ERROR_NOACCESS);
    }
    for (int i = 0; i < UNWRITABLE; i++) {
        for (int d = 0; d < 3; d++)
            assert_fails(ReadFile(devices[d], bad[i], 8, &count, NULL), ERROR_NOACCESS);
        if (bad[i])
            control_fails(IOCTL_METHODS_BUFFERED, data, 8, bad[i], 8, ERROR_NOACCESS);
        control_fails(IOCTL_METHODS_OUT, data, 8, bad[i], 8, ERROR_NOACCESS);
        control_fails(IOCTL_METHODS_NEITHER, data, 8, bad[i], 8, ERROR_NOACCESS);
    }
    /* A buffer that the I/O manager copies is not there when it is NULL, whatever its length. */
    control_fails(IOCTL_METHODS_IN, NULL, 1, data, 8, ERROR_INVALID_PARAMETER);
    assert_true(DeviceIoControl(devices[0], IOCTL_METHODS_BUFFERED, NULL, 8, data, 8, &count, NULL));
    assert_int_equal(count, 0);
    assert_true(DeviceIoControl(devices[0], IOCTL_METHODS_BUFFERED, data, 8, NULL, 8, &count, NULL));
    assert_int_equal(count, 0);
    assert_true(DeviceIoControl(devices[0], IOCTL_METHODS_OUT, NULL, 8, data, 8, &count, NULL));
    assert_int_equal(count, 0);
    /* What is only read may be read-only, and nothing is looked at for a length of zero. */
    assert_true(WriteFile(devices[1], region + 2 * PAGE, 8, &count, NULL));
    assert_true(DeviceIoControl(devices[0], IOCTL_METHODS_IN, data, 1, region + 2 * PAGE, 8, &count, NULL));
    for (int i = 0; i < UNWRITABLE; i++) {
        assert_true(DeviceIoControl(devices[0], IOCTL_METHODS_BUFFERED, bad[i], 0, bad[i], 0, &count, NULL));
        assert_true(DeviceIoControl(devices[0], IOCTL_METHODS_OUT, bad[i], 0, bad[i], 0, &count, NULL));
        assert_true(DeviceIoControl(devices[0], IOCTL_METHODS_NEITHER, bad[i], 0, bad[i], 0, &count, NULL));
    }
}

static void pointers_to_results(void **state)
{
    (void)state;
    unsigned char data[8] = {0};
    DWORD count;
    for (int i = 1; i < UNREADABLE; i++) { /* NULL: not wanted */
        LPDWORD where = (LPDWORD)(void *)bad[i];
        LPOVERLAPPED overlapped = (LPOVERLAPPED)(void *)bad[i];
        for (int d = 0; d < 3; d++) {
            if (bad[i] != region + 3 * PAGE - 4) { /* there is room for a DWORD there, which is read-only */
                assert_fails(ReadFile(devices[d], data, 8, where, NULL), ERROR_NOACCESS);
                assert_fails(WriteFile(devices[d], data, 8, where, NULL), ERROR_NOACCESS);
                assert_fails(
                    DeviceIoControl(devices[d], IOCTL_METHODS_BUFFERED, data, 8, data, 8, where, NULL),
                    ERROR_NOACCESS);
            }
            assert_fails(ReadFile(devices[d], data, 8, &count, overlapped), ERROR_NOACCESS);
            assert_fails(WriteFile(devices[d], data, 8, &count, overlapped), ERROR_NOACCESS);
            assert_fails(
                DeviceIoControl(devices[d], IOCTL_METHODS_BUFFERED, data, 8, data, 8, &count, overlapped),
                ERROR_NOACCESS);
        }
    }
}

static void lengths(void **state)
{
    (void)state;
    static unsigned char data[PAGE];
    const DWORD long_ones[] = {0xFFFFFFFF, 0x80000000, 0x7FFFFFFF};
    DWORD count;
    for (int i = 0; i < 3; i++) {
        DWORD length = long_ones[i];
        /* No MDL describes more than 4 GB less a page. */
        DWORD direct = length == 0xFFFFFFFF ? ERROR_NO_SYSTEM_RESOURCES : ERROR_NOACCESS;
        assert_fails(ReadFile(devices[1], region, length, &count, NULL), ERROR_NOACCESS); /* probed before */
        assert_fails(WriteFile(devices[1], region, length, &count, NULL), direct);
        assert_fails(ReadFile(devices[2], region, length, &count, NULL), ERROR_NOACCESS);
        control_fails(IOCTL_METHODS_OUT, data, 8, region, length, direct);
        control_fails(IOCTL_METHODS_IN, data, 1, region, length, direct);
        control_fails(IOCTL_METHODS_BUFFERED, data, 8, region, length, ERROR_NOACCESS);
        control_fails(IOCTL_METHODS_NEITHER, data, 8, region, length, ERROR_NOACCESS);
    }
    /* No more than there is. */
    assert_true(WriteFile(devices[0], data, sizeof data, &count, NULL));
    assert_int_equal(count, 64);
    assert_true(ReadFile(devices[0], data, sizeof data, &count, NULL));
    assert_int_equal(count, 64);
}

static void codes(void **state)
{
    (void)state;
    unsigned char data[8] = {0};
    DWORD count;
    const DWORD unknown[] = {0, 0xFFFFFFFC, 0xFFFFFFFF, IOCTL_METHODS_BUFFERED + 0x40, 0x82340000};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        control_fails(unknown[i], data, 8, data, 8, ERROR_INVALID_FUNCTION);
    control_fails(IOCTL_METHODS_IN, data, 2, data, 8, ERROR_INVALID_PARAMETER);
    data[0] = 1;
    control_fails(IOCTL_METHODS_IN, data, 1, data + 1, 7, ERROR_CRC);
    /* The rights of the handle. */
    HANDLE reader = CreateFileA(names[0], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE writer = CreateFileA(names[0], GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE nobody = CreateFileA(names[0], 0, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_fails(DeviceIoControl(reader, IOCTL_METHODS_IN, data, 1, data, 0, &count, NULL),
                 ERROR_ACCESS_DENIED);
    assert_true(DeviceIoControl(reader, IOCTL_METHODS_OUT, data, 1, data, 0, &count, NULL));
    assert_fails(DeviceIoControl(writer, IOCTL_METHODS_OUT, data, 1, data, 0, &count, NULL),
                 ERROR_ACCESS_DENIED);
    assert_fails(DeviceIoControl(writer, IOCTL_METHODS_NEITHER, data, 0, data, 0, &count, NULL),
                 ERROR_ACCESS_DENIED);
    assert_true(DeviceIoControl(nobody, IOCTL_METHODS_BUFFERED, data, 1, data, 1, &count, NULL));
    assert_fails(ReadFile(writer, data, 1, &count, NULL), ERROR_ACCESS_DENIED);
    assert_fails(WriteFile(reader, data, 1, &count, NULL), ERROR_ACCESS_DENIED);
    assert_fails(ReadFile(nobody, data, 1, &count, NULL), ERROR_ACCESS_DENIED);
    assert_fails(FlushFileBuffers(reader), ERROR_ACCESS_DENIED);
    assert_true(CloseHandle(reader));
    assert_true(CloseHandle(writer));
    assert_true(CloseHandle(nobody));
}

static void handles(void **state)
{
    (void)state;
    unsigned char data[8] = {0};
    LARGE_INTEGER to = {.QuadPart = 0}, now;
    HANDLE copy, closed = CreateFileA(names[0], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD count, flags;
    assert_true(CloseHandle(closed));
    HANDLE none[] = {NULL,
                     (HANDLE)(ULONG_PTR)0x5000,
                     (HANDLE)(ULONG_PTR)0x13579BDF2468ACE0,
                     (HANDLE)(LONG_PTR)-100,
                     (HANDLE)(ULONG_PTR)0xFFFFFFFF80000004, /* what a handle of the kernel looks like */
                     closed,
                     devices}; /* an address */
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_fails(ReadFile(none[i], data, 8, &count, NULL), ERROR_INVALID_HANDLE);
        assert_fails(WriteFile(none[i], data, 8, &count, NULL), ERROR_INVALID_HANDLE);
        assert_fails(DeviceIoControl(none[i], IOCTL_METHODS_BUFFERED, data, 8, data, 8, &count, NULL),
                     ERROR_INVALID_HANDLE);
        assert_fails(CloseHandle(none[i]), ERROR_INVALID_HANDLE);
        assert_fails(FlushFileBuffers(none[i]), ERROR_INVALID_HANDLE);
        assert_fails(SetFilePointerEx(none[i], to, &now, FILE_BEGIN), ERROR_INVALID_HANDLE);
        assert_fails(SetFilePointer(none[i], 0, NULL, FILE_CURRENT) != INVALID_SET_FILE_POINTER,
                     ERROR_INVALID_HANDLE);
        assert_fails(GetHandleInformation(none[i], &flags), ERROR_INVALID_HANDLE);
        assert_fails(CancelIo(none[i]), ERROR_INVALID_HANDLE);
        assert_fails(DuplicateHandle(GetCurrentProcess(), none[i], GetCurrentProcess(), &copy, 0, FALSE,
                                     DUPLICATE_SAME_ACCESS),
                     ERROR_INVALID_HANDLE);
        assert_fails(
            DuplicateHandle(none[i], devices[0], GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
            ERROR_INVALID_HANDLE);
    }
    /* A handle of another kind. */
    assert_fails(ReadFile(event, data, 8, &count, NULL), ERROR_INVALID_HANDLE);
    assert_fails(DeviceIoControl(event, IOCTL_METHODS_BUFFERED, data, 8, data, 8, &count, NULL),
                 ERROR_INVALID_HANDLE);
    assert_fails(FlushFileBuffers(event), ERROR_INVALID_HANDLE);
    assert_fails(
        DuplicateHandle(event, devices[0], GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS),
        ERROR_INVALID_HANDLE);
    assert_fails(SetEvent(devices[0]), ERROR_INVALID_HANDLE);
    /* More than the handle has cannot be had from it. */
    HANDLE reader = CreateFileA(names[0], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    assert_true(
        DuplicateHandle(GetCurrentProcess(), reader, GetCurrentProcess(), &copy, GENERIC_READ, FALSE, 0));
    assert_true(CloseHandle(copy));
    for (int i = 1; i < UNREADABLE; i++)
        assert_fails(DuplicateHandle(GetCurrentProcess(), reader, GetCurrentProcess(),
                                     (LPHANDLE)(void *)bad[i], 0, FALSE, DUPLICATE_SAME_ACCESS),
                     ERROR_NOACCESS);
    assert_true(CloseHandle(reader));
    assert_fails(CloseHandle(reader), ERROR_INVALID_HANDLE);
}

static void opens(const char *name, DWORD error)
{
    WCHAR wide[2048];
    SetLastError(0xDEAD);
    assert_ptr_equal(CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
    int length = 0;
    do
        wide[length] = (unsigned char)name[length];
    while (name[length++]);
    SetLastError(0xDEAD);
    assert_ptr_equal(CreateFileW(wide, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), INVALID_HANDLE_VALUE);
    assert_int_equal(GetLastError(), error);
}

static void names_of_files(void **state)
{
    (void)state;
    static char long_name[2000];
    opens("", ERROR_PATH_NOT_FOUND);
    opens("\\\\.\\", ERROR_INVALID_NAME);
    opens("\\\\.\\NoSuch", ERROR_FILE_NOT_FOUND);
    opens("\\\\.\\NoSuch\\file", ERROR_PATH_NOT_FOUND);
    opens("\\\\.\\MethodsBuffere", ERROR_FILE_NOT_FOUND);
    opens("MethodsBuffered", ERROR_FILE_NOT_FOUND);
    memset(long_name, 'x', sizeof long_name - 1);
    memcpy(long_name, "\\\\.\\", 4);
    opens(long_name, ERROR_PATH_NOT_FOUND); /* longer than MAX_PATH */
    for (int i = 1; i < UNREADABLE; i++) {
        if (bad[i] == region + 3 * PAGE - 4)
            continue; /* zeros: an empty name */
        assert_fails(CreateFileA(bad[i], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) !=
                         INVALID_HANDLE_VALUE,
                     ERROR_NOACCESS);
        if (bad[i] != (char *)UINTPTR_MAX - 3)
            assert_fails(CreateFileW((LPCWSTR)(void *)bad[i], GENERIC_READ, 0, NULL, OPEN_EXISTING, 0,
                                     NULL) != INVALID_HANDLE_VALUE,
                         ERROR_NOACCESS);
        assert_fails(CreateFileA(names[0], GENERIC_READ, 0, (LPSECURITY_ATTRIBUTES)(void *)bad[i],
                                 OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE,
                     ERROR_NOACCESS);
    }
    /* The terminator is missing where the memory ends. */
    memset(region + 2 * PAGE - 16, 'a', 16);
    DWORD old;
    assert_true(VirtualProtect(region + 2 * PAGE, PAGE, PAGE_NOACCESS, &old));
    assert_fails(CreateFileA(region + 2 * PAGE - 16, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) !=
                     INVALID_HANDLE_VALUE,
                 ERROR_NOACCESS);
    assert_true(VirtualProtect(region + 2 * PAGE, PAGE, PAGE_READONLY, &old));
    for (DWORD disposition = 0; disposition < 10; disposition++)
        if (disposition < CREATE_NEW || disposition > TRUNCATE_EXISTING)
            assert_fails(CreateFileA(names[0], GENERIC_READ, 0, NULL, disposition, 0, NULL) !=
                             INVALID_HANDLE_VALUE,
                         ERROR_INVALID_PARAMETER);
    assert_fails(CreateFileA(names[0], GENERIC_READ, 0x80, NULL, OPEN_EXISTING, 0, NULL) !=
                     INVALID_HANDLE_VALUE,
                 ERROR_INVALID_PARAMETER);
}

static void file_pointers(void **state)
{
    (void)state;
    LARGE_INTEGER to = {.QuadPart = -1}, now;
    assert_fails(SetFilePointerEx(devices[0], to, &now, FILE_BEGIN), ERROR_NEGATIVE_SEEK);
    to.QuadPart = INT64_MIN;
    assert_fails(SetFilePointerEx(devices[0], to, &now, FILE_CURRENT), ERROR_NEGATIVE_SEEK);
    to.QuadPart = 0;
    assert_fails(SetFilePointerEx(devices[0], to, &now, 3), ERROR_INVALID_PARAMETER);
    assert_fails(SetFilePointerEx(devices[0], to, &now, FILE_END),
                 ERROR_INVALID_FUNCTION); /* the driver's word */
    for (int i = 1; i < UNREADABLE; i++) {
        assert_fails(SetFilePointerEx(devices[0], to, (PLARGE_INTEGER)(void *)bad[i], FILE_BEGIN),
                     ERROR_NOACCESS);
        if (bad[i] != region + 3 * PAGE - 4)
            assert_fails(SetFilePointer(devices[0], 0, (PLONG)(void *)bad[i], FILE_BEGIN) !=
                             INVALID_SET_FILE_POINTER,
                         ERROR_NOACCESS);
    }
}

static void dos_devices(void **state)
{
    (void)state;
    char text[64];
    assert_fails(QueryDosDeviceA("NoSuchName", text, sizeof text), ERROR_FILE_NOT_FOUND);
    assert_fails(QueryDosDeviceA("MethodsBuffered", text, 3), ERROR_INSUFFICIENT_BUFFER);
    assert_fails(QueryDosDeviceA("MethodsBuffered", text, 0), ERROR_INSUFFICIENT_BUFFER);
    assert_fails(QueryDosDeviceA(NULL, text, 3), ERROR_INSUFFICIENT_BUFFER);
    assert_fails(DefineDosDeviceA(0, "NewName", NULL), ERROR_INVALID_PARAMETER);
    assert_fails(DefineDosDeviceA(0x80000000, "NewName", "x"), ERROR_INVALID_PARAMETER);
    assert_fails(DefineDosDeviceA(DDD_EXACT_MATCH_ON_REMOVE, "NewName", "x"), ERROR_INVALID_PARAMETER);
    assert_fails(DefineDosDeviceA(DDD_REMOVE_DEFINITION, "NoSuchName", NULL), ERROR_FILE_NOT_FOUND);
    for (int i = 1; i < UNREADABLE; i++) {
        assert_fails(QueryDosDeviceA("MethodsBuffered", bad[i], 64), ERROR_NOACCESS);
        if (bad[i] == region + 3 * PAGE - 4)
            continue;
        assert_fails(QueryDosDeviceA(bad[i], text, sizeof text), ERROR_NOACCESS);
        assert_fails(DefineDosDeviceA(DDD_RAW_TARGET_PATH, bad[i], "\\Device\\X"), ERROR_NOACCESS);
        assert_fails(DefineDosDeviceA(DDD_RAW_TARGET_PATH, "NewName", bad[i]), ERROR_NOACCESS);
    }
    assert_int_equal(QueryDosDeviceA("MethodsBuffered", text, sizeof text), 25);
    assert_string_equal(text, "\\Device\\MethodsBuffered");
}

static void memory(void **state)
{
    (void)state;
    DWORD old;
    MEMORY_BASIC_INFORMATION info;
    assert_fails(VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualAlloc(NULL, PAGE, 0, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualAlloc(NULL, PAGE, MEM_COMMIT, 0), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualAlloc(NULL, PAGE, MEM_COMMIT, 0x1234), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualAlloc(NULL, (SIZE_T)-1, MEM_RESERVE, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualAlloc(BAD_LOW, PAGE, MEM_RESERVE, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualAlloc(BAD_HIGH, PAGE, MEM_RESERVE, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualAlloc(region, PAGE, MEM_RESERVE, PAGE_READWRITE), ERROR_INVALID_ADDRESS);
    assert_fails(VirtualFree(region, PAGE, MEM_RELEASE), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualFree(region, 0, 0), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualFree(region + PAGE, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
    assert_fails(VirtualFree(bad[8], 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
    assert_fails(VirtualProtect(region, PAGE, 0x1234, &old), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualProtect(region + 8 * PAGE, PAGE, PAGE_READONLY, &old), ERROR_INVALID_ADDRESS);
    for (int i = 0; i < UNREADABLE; i++)
        if (bad[i] != region + 3 * PAGE - 4) {
            assert_fails(VirtualProtect(region, PAGE, PAGE_READWRITE, (PDWORD)(void *)bad[i]),
                         ERROR_NOACCESS);
            assert_fails(VirtualQuery(region, (PMEMORY_BASIC_INFORMATION)(void *)bad[i], sizeof info),
                         ERROR_NOACCESS);
        }
    assert_fails(VirtualQuery(region, &info, 8), ERROR_BAD_LENGTH);
    assert_fails(VirtualQuery(BAD_HIGH, &info, sizeof info), ERROR_INVALID_PARAMETER);
}

static void services(void **state)
{
    (void)state;
    SERVICE_STATUS status;
    SC_HANDLE manager = OpenSCManagerA(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE service = CreateServiceA(manager, "methods", NULL, SERVICE_ALL_ACCESS, SERVICE_KERNEL_DRIVER,
                                       SERVICE_DEMAND_START, 0, "methods.sys", NULL, NULL, NULL, NULL, NULL);
    assert_non_null(service);
    for (int i = 1; i < UNREADABLE; i++) {
        if (bad[i] == region + 3 * PAGE - 4)
            continue;
        SC_HANDLE none = (SC_HANDLE)(void *)bad[i];
        assert_fails(OpenSCManagerA(bad[i], NULL, SC_MANAGER_CONNECT), ERROR_NOACCESS);
        assert_fails(OpenServiceA(manager, bad[i], SERVICE_START), ERROR_NOACCESS);
        assert_fails(CreateServiceA(manager, bad[i], NULL, 0, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, 0,
                                    "x.sys", NULL, NULL, NULL, NULL, NULL),
                     ERROR_NOACCESS);
        assert_fails(CreateServiceA(manager, "x", NULL, 0, SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, 0,
                                    bad[i], NULL, NULL, NULL, NULL, NULL),
                     ERROR_NOACCESS);
        assert_fails(QueryServiceStatus(service, (LPSERVICE_STATUS)(void *)bad[i]), ERROR_INVALID_ADDRESS);
        assert_fails(ControlService(service, SERVICE_CONTROL_INTERROGATE, (LPSERVICE_STATUS)(void *)bad[i]),
                     ERROR_INVALID_ADDRESS);
        assert_fails(OpenServiceA(none, "methods", SERVICE_START), ERROR_INVALID_HANDLE);
        assert_fails(StartServiceA(none, 0, NULL), ERROR_INVALID_HANDLE);
        assert_fails(QueryServiceStatus(none, &status), ERROR_INVALID_HANDLE);
        assert_fails(ControlService(none, SERVICE_CONTROL_STOP, &status), ERROR_INVALID_HANDLE);
        assert_fails(DeleteService(none), ERROR_INVALID_HANDLE);
        assert_fails(CloseServiceHandle(none), ERROR_INVALID_HANDLE);
    }
    assert_fails(ControlService(service, 0, &status), ERROR_INVALID_PARAMETER);
    assert_fails(ControlService(service, 0x1000, &status), ERROR_INVALID_PARAMETER);
    assert_fails(StartServiceA(service, 0, NULL), ERROR_SERVICE_ALREADY_RUNNING);
    assert_true(DeleteService(service));
    assert_true(CloseServiceHandle(service));
    assert_true(CloseServiceHandle(manager));
}

/* Buffers of every small length: those that end with a page are whole, those that reach into the next one are
 * bad from there on. */
static void every_length_at_the_edge_of_a_page(void **state)
{
    static const DWORD codes[] = {IOCTL_METHODS_BUFFERED, IOCTL_METHODS_OUT};
    unsigned char in[150], out[150];
    char *end = region + 3 * PAGE; /* of the read-only page, before one that is not accessible */
    char *writable_end = region + 2 * PAGE;
    DWORD count, old;
    (void)state;
    for (unsigned i = 0; i < sizeof in; i++)
        in[i] = (unsigned char)(i * 7 + 1);
    assert_true(VirtualProtect(region + 2 * PAGE, PAGE, PAGE_READWRITE, &old));
    memcpy(region + 2 * PAGE + PAGE - sizeof in, in, sizeof in);
    assert_true(VirtualProtect(region + 2 * PAGE, PAGE, PAGE_READONLY, &old));
    for (unsigned code = 0; code < 2; code++)
        for (DWORD length = 1; length <= sizeof in; length++) {
            /* in: the last bytes of the page */
            memset(out, 0xEE, sizeof out);
            assert_true(
                DeviceIoControl(devices[0], codes[code], end - length, length, out, length, &count, NULL));
            assert_int_equal(count, length);
            for (DWORD i = 0; i < length; i++)
                assert_int_equal(out[i], in[sizeof in - 1 - i]);
            assert_true(length == sizeof out || out[length] == 0xEE);
            assert_false(DeviceIoControl(devices[0], codes[code], end - length + 1, length, out, length,
                                         &count, NULL));
            assert_int_equal(GetLastError(), ERROR_NOACCESS);
            /* out: likewise, and what is before it stays */
            writable_end[-(int)length - 1] = 0x5A;
            assert_true(DeviceIoControl(devices[0], codes[code], in, length, writable_end - length, length,
                                        &count, NULL));
            for (DWORD i = 0; i < length; i++)
                assert_int_equal((unsigned char)writable_end[(int)i - (int)length], in[length - 1 - i]);
            assert_int_equal(writable_end[-(int)length - 1], 0x5A);
            assert_false(DeviceIoControl(devices[0], codes[code], in, length, writable_end - length + 1,
                                         length, &count, NULL));
            assert_int_equal(GetLastError(), ERROR_NOACCESS);
        }
    they_work();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
        TEST(pointers_to_data),
        TEST(pointers_to_results),
        TEST(lengths),
        TEST(codes),
        TEST(handles),
        TEST(names_of_files),
        TEST(file_pointers),
        TEST(dos_devices),
        TEST(memory),
        TEST(services),
        TEST(every_length_at_the_edge_of_a_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
