/*
 * The client: reads that wait, told of their end in the ways Win32 has for that, and called back before it. Run it with
 * NTIO_TRACE=1 to see the IRPs wait.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

#include "public.h"

static int failures;

static void check(BOOL ok, const char *what)
{
    if (ok) {
        printf("%-62s ok\n", what);
    } else {
        printf("%-62s FAILED, error %lu\n", what, GetLastError());
        failures++;
    }
}

/* With FILE_FLAG_OVERLAPPED a call that has to wait comes back at once, and the OVERLAPPED says later how it ended. */
static HANDLE open_device(DWORD flags)
{
    HANDLE device = CreateFileA(QUEUE_WIN32_NAME, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    check(device != INVALID_HANDLE_VALUE, "CreateFile");
    return device;
}

static BOOL start_read(HANDLE device, char *buffer, DWORD size, OVERLAPPED *overlapped)
{
    memset(overlapped, 0, sizeof *overlapped);
    overlapped->hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    return !ReadFile(device, buffer, size, NULL, overlapped) && GetLastError() == ERROR_IO_PENDING;
}

static BOOL ended(HANDLE device, OVERLAPPED *overlapped, DWORD *count)
{
    BOOL ok = GetOverlappedResult(device, overlapped, count, TRUE);
    DWORD error = GetLastError();
    CloseHandle(overlapped->hEvent);
    SetLastError(error);
    return ok;
}

static void wait_for_a_write(HANDLE reader, HANDLE writer)
{
    OVERLAPPED overlapped;
    char buffer[32] = "";
    DWORD count = 0;

    printf("\nA read waits for a write\n");
    check(!WriteFile(writer, "early", 5, &count, NULL) && GetLastError() == ERROR_NOT_READY,
          "  a write that nobody waits for is refused");
    check(start_read(reader, buffer, sizeof buffer, &overlapped), "  ReadFile returns, with ERROR_IO_PENDING");
    check(!HasOverlappedIoCompleted(&overlapped), "  it has not completed");
    check(WriteFile(writer, "hello", 5, &count, NULL) && count == 5, "  WriteFile on another handle");
    check(ended(reader, &overlapped, &count) && count == 5 && !memcmp(buffer, "hello", 5), "  the read has the bytes");
}

static void cancel_one_of_two(HANDLE reader, HANDLE writer)
{
    OVERLAPPED first, second;
    char one[32] = "", two[32] = "";
    DWORD count = 0;

    printf("\nTwo reads wait, and one is cancelled\n");
    check(start_read(reader, one, sizeof one, &first) && start_read(reader, two, sizeof two, &second), "  two reads");
    check(CancelIoEx(reader, &first), "  CancelIoEx for the first");
    check(!ended(reader, &first, &count) && GetLastError() == ERROR_OPERATION_ABORTED, "  it ends as aborted");
    check(!CancelIoEx(reader, &first) && GetLastError() == ERROR_NOT_FOUND, "  there is nothing left to cancel");
    check(WriteFile(writer, "for you", 7, &count, NULL), "  WriteFile");
    check(ended(reader, &second, &count) && count == 7 && !memcmp(two, "for you", 7), "  the second read has the bytes");
}

struct waiting {
    HANDLE device;
    char buffer[32];
    DWORD count, error;
    BOOL ok;
};

static DWORD WINAPI read_in_a_thread(LPVOID parameter)
{
    struct waiting *waiting = parameter;
    waiting->ok = ReadFile(waiting->device, waiting->buffer, sizeof waiting->buffer, &waiting->count, NULL);
    waiting->error = GetLastError();
    return 0;
}

/* On a handle without FILE_FLAG_OVERLAPPED the thread waits inside ReadFile. */
static void wait_in_a_thread(HANDLE writer)
{
    struct waiting waiting = {0};
    HANDLE thread;
    DWORD count = 0;

    printf("\nA thread waits in ReadFile\n");
    waiting.device = open_device(0);
    thread = CreateThread(NULL, 0, read_in_a_thread, &waiting, 0, NULL);
    while (!WriteFile(writer, "at last", 7, &count, NULL) && GetLastError() == ERROR_NOT_READY)
        SwitchToThread(); /* it has not got there yet */
    check(count == 7, "  WriteFile, as soon as it waits");
    WaitForSingleObject(thread, INFINITE);
    check(waiting.ok && waiting.count == 7 && !memcmp(waiting.buffer, "at last", 7), "  the thread has the bytes");
    CloseHandle(thread);
    CloseHandle(waiting.device);
}

int main(void)
{
    HANDLE reader = open_device(FILE_FLAG_OVERLAPPED), writer = open_device(0);

    if (reader == INVALID_HANDLE_VALUE || writer == INVALID_HANDLE_VALUE)
        return 1;
    wait_for_a_write(reader, writer);
    cancel_one_of_two(reader, writer);
    wait_in_a_thread(writer);
    CloseHandle(reader);
    CloseHandle(writer);
    printf("\n%s\n", failures ? "something failed" : "all well");
    return failures ? 1 : 0;
}
