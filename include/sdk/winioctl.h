/*
 * Device types, CTL_CODE and Windows' own control codes, as a client includes them.
 */
#ifndef NTIO_WINIOCTL_H
#define NTIO_WINIOCTL_H
#define _WINIOCTL_

#include "windef.h"
#include "devioctl.h"
#include "ntddstor.h"
#include "ntdddisk.h"
#include "ntio_fsctl.h"

#define IOCTL_VOLUME_BASE ((DWORD)'V')
#define IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS CTL_CODE(IOCTL_VOLUME_BASE, 0, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _DISK_EXTENT {
    DWORD DiskNumber;
    LARGE_INTEGER StartingOffset;
    LARGE_INTEGER ExtentLength;
} DISK_EXTENT, *PDISK_EXTENT;

typedef struct _VOLUME_DISK_EXTENTS {
    DWORD NumberOfDiskExtents;
    DISK_EXTENT Extents[1];
} VOLUME_DISK_EXTENTS, *PVOLUME_DISK_EXTENTS;

#endif
