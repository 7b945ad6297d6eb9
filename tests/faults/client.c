/* Makes the driver of tests/drivers/faults commit one mistake, whose name is the argument. */
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

#include "../drivers/faults/faults.h"

static const char *const names[] = {
#define FAULTS_TEXT(name) #name,
    FAULTS(FAULTS_TEXT)
#undef FAULTS_TEXT
};

static void payload(void)
{
    printf("client: called in kernel mode\n");
}

int main(int argc, char **argv)
{
    int which = 0;
    while (argc == 2 && which < FAULTS_COUNT && strcmp(names[which], argv[1]) != 0)
        which++;
    if (argc != 2 || which == FAULTS_COUNT)
        return 2;
    HANDLE device = CreateFileA("\\\\.\\Faults", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    unsigned char *page = VirtualAlloc(NULL, 8192, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (device == INVALID_HANDLE_VALUE || !page)
        return 3;
    faults_request *request = (faults_request *)page;
    DWORD length = sizeof *request, got;
    switch (which) {
    case FAULTS_stack_overrun:
        memset(page, 'A', length = 80);
        break;
    case FAULTS_stack_loop:
        memset(page, 'A', 80);
        page[80] = 0xFF;
        length = 0xFFFFFFFE;
        break;
    case FAULTS_call_client:
        request->where = page + 4096;
        page[4096] = 0xC3;
        break;
    case FAULTS_call_client_code:
        request->where = (void *)payload;
        break;
    case FAULTS_odd_address:
        request->where = (void *)0x4141414141414140;
        break;
    case FAULTS_write_anywhere:
    case FAULTS_read_anywhere:
        DeviceIoControl(device, FAULTS_CODE(FAULTS_kernel_address), page, length, NULL, 0, &got, NULL);
        request->value = (ULONG_PTR)(page + 4096);
        break;
    case FAULTS_kernel_handle:
        request->value = (ULONG_PTR)CreateEventA(NULL, TRUE, FALSE, NULL);
        break;
    case FAULTS_wild_write:
        request->where = (void *)0xFFFFF80012345678;
        break;
    case FAULTS_buffer_overrun:
    case FAULTS_buffer_overread:
        length = 96; /* more than the client wants back, and a multiple of what pool is cut into */
        break;
    default:
        break;
    }
    BOOL done = DeviceIoControl(device, FAULTS_CODE(which), page, length, page + 64, 64, &got, NULL);
    printf("client: %s, error %lu\n", done ? "done" : "failed", (unsigned long)GetLastError());
    CloseHandle(device);
    return 0;
}
