/* What the driver was asked last with IRP_MJ_LOCK_CONTROL. */
#pragma once

#define LOCKDEV_LAST CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

struct lockdev_last {
    ULONG minor, flags, key, times;
    LONGLONG offset, length;
};
