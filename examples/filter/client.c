/*
 * The client of examples/queue's device once more, now with the filter over it: it opens the same name and notices nothing
 * but the upper case. Run it with NTIO_TRACE=1 to see each IRP pass two drivers, down and up.
 */
#include <windows.h>
#include <stdio.h>
#include <string.h>

#include "../queue/public.h"

static int failures;

static void check(BOOL ok, const char *what)
{
    if (ok) {
        printf("%-50s ok\n", what);
    } else {
        printf("%-50s FAILED, error %lu\n", what, GetLastError());
        failures++;
    }
}

int main(void)
{
    HANDLE reader = CreateFileA(QUEUE_WIN32_NAME, GENERIC_READ, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    HANDLE writer = CreateFileA(QUEUE_WIN32_NAME, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    OVERLAPPED overlapped = {0};
    char buffer[32] = "";
    DWORD count = 0;

    check(reader != INVALID_HANDLE_VALUE && writer != INVALID_HANDLE_VALUE, "CreateFile");
    if (failures)
        return 1;
    overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);

    check(!ReadFile(reader, buffer, sizeof buffer, NULL, &overlapped) && GetLastError() == ERROR_IO_PENDING,
          "ReadFile waits, below the filter");
    check(WriteFile(writer, "Hello, filter 1", 15, &count, NULL) && count == 15, "WriteFile passes it unchanged");
    check(GetOverlappedResult(reader, &overlapped, &count, TRUE) && count == 15, "the read ends");
    check(!memcmp(buffer, "HELLO, FILTER 1", 15), "in upper case");

    check(!ReadFile(reader, buffer, sizeof buffer, NULL, &overlapped) && GetLastError() == ERROR_IO_PENDING,
          "ReadFile waits again");
    check(CancelIoEx(reader, &overlapped), "CancelIoEx reaches the driver below");
    check(!GetOverlappedResult(reader, &overlapped, &count, TRUE) && GetLastError() == ERROR_OPERATION_ABORTED,
          "the read is aborted");
    CloseHandle(overlapped.hEvent);
    CloseHandle(reader);
    CloseHandle(writer);
    printf("\n%s\n", failures ? "something failed" : "all well");
    return failures ? 1 : 0;
}
