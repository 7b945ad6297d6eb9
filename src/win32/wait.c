/*
 * Waiting and sleeping.
 */
#include "win32p.h"

PLARGE_INTEGER win32_timeout(LARGE_INTEGER *timeout, DWORD milliseconds)
{
    if (milliseconds == INFINITE)
        return NULL;
    timeout->QuadPart = -(LONGLONG)milliseconds * 10000;
    return timeout;
}

static DWORD wait_result(NTSTATUS status)
{
    if (NT_SUCCESS(status))
        return (DWORD)status; /* the numbers of WAIT_OBJECT_0, WAIT_TIMEOUT, ... are the statuses' */
    win32_fail(status);
    return WAIT_FAILED;
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable)
{
    LARGE_INTEGER room;
    PLARGE_INTEGER timeout = win32_timeout(&room, dwMilliseconds);
    NTSTATUS status;
    if (win32_is_console(hHandle))
        return WAIT_OBJECT_0;
    do
        status = NtWaitForSingleObject(hHandle, (BOOLEAN)(bAlertable != 0), timeout);
    while (bAlertable && status == STATUS_ALERTED);
    return wait_result(status);
}

DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
    return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                                      DWORD dwMilliseconds, BOOL bAlertable)
{
    LARGE_INTEGER room;
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    PLARGE_INTEGER timeout = win32_timeout(&room, dwMilliseconds);
    NTSTATUS status;
    if (!nCount || nCount > MAXIMUM_WAIT_OBJECTS) {
        win32_error(ERROR_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    if (!win32_read(handles, lpHandles, nCount * sizeof(HANDLE)))
        return WAIT_FAILED;
    do
        status = NtWaitForMultipleObjects(nCount, handles, bWaitAll ? WaitAll : WaitAny,
                                          (BOOLEAN)(bAlertable != 0), timeout);
    while (bAlertable && status == STATUS_ALERTED);
    return wait_result(status);
}

DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
                                    DWORD dwMilliseconds)
{
    return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

DWORD WINAPI SignalObjectAndWait(HANDLE hObjectToSignal, HANDLE hObjectToWaitOn, DWORD dwMilliseconds,
                                 BOOL bAlertable)
{
    LARGE_INTEGER room;
    PLARGE_INTEGER timeout = win32_timeout(&room, dwMilliseconds);
    NTSTATUS status =
        NtSignalAndWaitForSingleObject(hObjectToSignal, hObjectToWaitOn, (BOOLEAN)(bAlertable != 0), timeout);
    return wait_result(status);
}

DWORD WINAPI SleepEx(DWORD dwMilliseconds, BOOL bAlertable)
{
    LARGE_INTEGER interval = {.QuadPart = INT64_MIN}; /* as near to for ever as there is */
    NTSTATUS status;
    win32_timeout(&interval, dwMilliseconds);
    do
        status = NtDelayExecution((BOOLEAN)(bAlertable != 0), &interval);
    while (bAlertable && status == STATUS_ALERTED);
    return status == STATUS_USER_APC ? WAIT_IO_COMPLETION : 0;
}

VOID WINAPI Sleep(DWORD dwMilliseconds)
{
    SleepEx(dwMilliseconds, FALSE);
}
