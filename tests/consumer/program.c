/* Starts the machine itself, loads the driver whose image argv[1] names, asks it its question. */
#include <windows.h>
#include <winioctl.h>
#include <ntio/ntio.h>
#include <stdio.h>

#include "public.h"

int main(int argc, char **argv)
{
    DWORD answer = 0, length = 0;
    if (argc != 2)
        return 2;
    ntio_register_image("consumer", argv[1]);
    if (ntio_start(NULL) != 0 || ntio_load_driver("consumer") != 0)
        return 1;
    HANDLE device = CreateFileW(L"\\\\.\\Consumer", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    BOOL done = DeviceIoControl(device, IOCTL_CONSUMER_ANSWER, NULL, 0, &answer, sizeof answer, &length, NULL);
    CloseHandle(device);
    printf("the driver says %u\n", (unsigned)answer);
    return done && answer == 42 && ntio_stop() == 0 ? 0 : 1;
}
