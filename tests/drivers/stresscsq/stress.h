/* What the stress test and its drivers share. */
#pragma once

#define IOCTL_STRESS_COUNTS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _STRESS_COUNTS {
    LONGLONG Received, Succeeded, Cancelled;
} STRESS_COUNTS;
