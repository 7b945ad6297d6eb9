/* What the tests of asynchronous requests tell the driver asyncdev. */
#pragma once

#define ASYNC_CODE(n) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (n), METHOD_BUFFERED, FILE_ANY_ACCESS)

/* Completes there and then with the ULONG status given and as many bytes as there is room for. */
#define IOCTL_ASYNC_NOW ASYNC_CODE(0)
/* The same, but marked pending and STATUS_PENDING returned. */
#define IOCTL_ASYNC_NOW_PENDING ASYNC_CODE(1)
/* Waits in the cancel-safe queue, as reads do. */
#define IOCTL_ASYNC_WAIT ASYNC_CODE(2)
/* Waits where nothing can cancel it, until IOCTL_ASYNC_RELEASE. */
#define IOCTL_ASYNC_HOLD    ASYNC_CODE(3)
#define IOCTL_ASYNC_RELEASE ASYNC_CODE(4)
/* Completes the first that waits in the queue: ASYNC_COMPLETE in; STATUS_NO_MORE_ENTRIES: there is none. */
#define IOCTL_ASYNC_COMPLETE ASYNC_CODE(5)
/* ASYNC_OBJECT in, the result (a ULONG) out. */
#define IOCTL_ASYNC_OBJECT ASYNC_CODE(6)
/* ASYNC_COUNTS out. */
#define IOCTL_ASYNC_COUNTS ASYNC_CODE(7)

typedef struct _ASYNC_COMPLETE {
    LONG Status;
    ULONG Information;
    ULONG FromDpc;
} ASYNC_COMPLETE;

enum {
    ASYNC_SET_EVENT,
    ASYNC_RESET_EVENT,
    ASYNC_READ_EVENT,
    ASYNC_RELEASE_SEMAPHORE,
    ASYNC_READ_SEMAPHORE,
    ASYNC_WAIT_SEMAPHORE, /* the status of a wait with timeout zero */
    ASYNC_WAIT_MUTEX,
    ASYNC_WAIT_TIMER,
    ASYNC_READ_TIMER
};

typedef struct _ASYNC_OBJECT {
    ULONGLONG Handle;
    ULONG What;
    ULONG Count;
} ASYNC_OBJECT;

typedef struct _ASYNC_COUNTS {
    ULONG Queued, Cancelled, Cleanups, Closes, Running, MostRunning;
} ASYNC_COUNTS;
