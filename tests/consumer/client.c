/* A client with one question. */
#include <windows.h>
#include <winioctl.h>
#include <stdio.h>

#include "public.h"

int main(void)
{
    HANDLE device = CreateFileW(L"\\\\.\\Consumer", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD answer = 0, length = 0;
    if (device == INVALID_HANDLE_VALUE) {
        printf("CreateFile: error %u\n", (unsigned)GetLastError());
        return 1;
    }
    if (!DeviceIoControl(device, IOCTL_CONSUMER_ANSWER, NULL, 0, &answer, sizeof answer, &length, NULL)) {
        printf("DeviceIoControl: error %u\n", (unsigned)GetLastError());
        return 1;
    }
    printf("the driver says %u in %u bytes\n", (unsigned)answer, (unsigned)length);
    CloseHandle(device);
    return 0;
}
