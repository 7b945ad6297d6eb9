/*
 * What the tests of asynchronous requests share: the driver asyncdev, loaded and unloaded around each test.
 */
#pragma once

#include "win32_test.h"

#include <winioctl.h>
#include <string.h>

#include "../drivers/asyncdev/asyncdev.h"

static inline int async_start(void **state)
{
    (void)state;
    if (ntio_start(NULL) != 0)
        return -1;
    assert_int_equal(ntio_load_driver("asyncdev"), STATUS_SUCCESS);
    return 0;
}

static inline int async_stop(void **state)
{
    (void)state;
    assert_int_equal(ntio_unload_driver("asyncdev"), STATUS_SUCCESS);
    assert_int_equal(ntio_stop(), 0);
    return 0;
}

static inline HANDLE async_open(DWORD flags)
{
    HANDLE device = CreateFileA("\\\\.\\AsyncDev", GENERIC_READ | GENERIC_WRITE,
                                FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, flags, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    return device;
}

/* Through a synchronous handle of its own. */
static inline BOOL async_tell(DWORD code, void *in, DWORD in_length, void *out, DWORD out_length)
{
    DWORD count;
    HANDLE device = async_open(0);
    BOOL done = DeviceIoControl(device, code, in, in_length, out, out_length, &count, NULL);
    DWORD error = GetLastError();
    CloseHandle(device);
    SetLastError(error);
    return done;
}

static inline void async_complete(NTSTATUS status, ULONG information, BOOL from_dpc)
{
    ASYNC_COMPLETE how = {status, information, (ULONG)from_dpc};
    assert_true(async_tell(IOCTL_ASYNC_COMPLETE, &how, sizeof how, NULL, 0));
}

static inline ASYNC_COUNTS async_counts(void)
{
    ASYNC_COUNTS counts;
    assert_true(async_tell(IOCTL_ASYNC_COUNTS, NULL, 0, &counts, sizeof counts));
    return counts;
}

/* Until so many requests wait in the driver's queue. */
static inline void async_await_queued(ULONG count)
{
    while (async_counts().Queued != count)
        SwitchToThread();
}

/* A request that does not come back at once. */
#define assert_pends(call)                                                                                   \
    do {                                                                                                     \
        assert_false(call);                                                                                  \
        assert_int_equal(GetLastError(), ERROR_IO_PENDING);                                                  \
    } while (0)
