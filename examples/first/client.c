/*
 * The client: an ordinary Win32 program that opens the driver's devices and sends them every kind of request.
 * Run it with NTIO_TRACE=1 to see the IRPs.
 */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>
#include <string.h>

#include "public.h"

static int failures;

static void check(BOOL ok, const char *what)
{
    if (ok) {
        printf("%-58s ok\n", what);
    } else {
        printf("%-58s FAILED, error %lu\n", what, GetLastError());
        failures++;
    }
}

static HANDLE open_device(const char *name)
{
    HANDLE device = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    printf("\n");
    check(device != INVALID_HANDLE_VALUE, name);
    return device;
}

static void write_and_read(const char *name)
{
    static const char text[] = "The quick brown fox";
    char back[64] = "";
    DWORD count = 0;
    HANDLE device = open_device(name);

    if (device == INVALID_HANDLE_VALUE)
        return;
    check(WriteFile(device, text, sizeof text, &count, NULL) && count == sizeof text, "  WriteFile");
    check(ReadFile(device, back, sizeof back, &count, NULL) && count == sizeof text && !memcmp(back, text, sizeof text),
          "  ReadFile returns what was written");
    CloseHandle(device);
}

static void four_methods(void)
{
    char text[] = "stressed", output[sizeof text], page[4096];
    BYTE fill = 0x5A;
    DWORD sum = 0, count = 0, i;
    HANDLE device = open_device("\\\\.\\FirstBuffered");

    if (device == INVALID_HANDLE_VALUE)
        return;
    check(DeviceIoControl(device, IOCTL_FIRST_REVERSE, text, 8, output, 8, &count, NULL) && count == 8 &&
              !memcmp(output, "desserts", 8),
          "  METHOD_BUFFERED: the reverse of \"stressed\"");

    for (i = 0; i < sizeof page; i++) {
        page[i] = (char)i;
        sum += (BYTE)page[i];
    }
    check(DeviceIoControl(device, IOCTL_FIRST_CHECKSUM, &sum, sizeof sum, page, sizeof page, &count, NULL),
          "  METHOD_IN_DIRECT: the checksum of a page");

    check(DeviceIoControl(device, IOCTL_FIRST_FILL, &fill, sizeof fill, page, sizeof page, &count, NULL) &&
              count == sizeof page && page[0] == 0x5A && page[sizeof page - 1] == 0x5A,
          "  METHOD_OUT_DIRECT: a page filled by the driver");

    check(DeviceIoControl(device, IOCTL_FIRST_UPPERCASE, text, sizeof text, output, sizeof output, &count, NULL) &&
              !strcmp(output, "STRESSED"),
          "  METHOD_NEITHER: upper case from address to address");
    check(!DeviceIoControl(device, IOCTL_FIRST_UPPERCASE, (PVOID)16, 8, output, sizeof output, &count, NULL) &&
              GetLastError() == ERROR_NOACCESS,
          "  METHOD_NEITHER: a bad address is refused");
    check(!DeviceIoControl(device, CTL_CODE(FIRST_DEVICE_TYPE, 0x8FF, METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0, NULL, 0,
                           &count, NULL) &&
              GetLastError() == ERROR_INVALID_FUNCTION,
          "  an unknown code is refused");
    CloseHandle(device);
}

int main(void)
{
    write_and_read("\\\\.\\FirstBuffered");
    write_and_read("\\\\.\\FirstDirect");
    write_and_read("\\\\.\\FirstNeither");
    four_methods();
    printf("\n%s\n", failures ? "something failed" : "all well");
    return failures ? 1 : 0;
}
