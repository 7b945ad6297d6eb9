/*
 * The driver's own declarations.
 *
 * The driver makes three devices that do the same and differ only in how a read's or write's buffer comes to them.
 */
#pragma once

#include <ntddk.h>

#include "public.h"

#define FIRST_TAG      'tsrF'
#define FIRST_CAPACITY 4096

typedef enum _FIRST_TRANSFER { FirstBuffered, FirstDirect, FirstNeither, FirstTransfers } FIRST_TRANSFER;

/* Each device's own memory, which IoCreateDevice allocates with the device object, zeroed. */
typedef struct _FIRST_EXTENSION {
    FIRST_TRANSFER Transfer;
    KSPIN_LOCK Lock; /* guards Length and Data: two threads may write at the same time */
    ULONG Length;
    UCHAR Data[FIRST_CAPACITY];
} FIRST_EXTENSION, *PFIRST_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD FirstUnload;

_Dispatch_type_(IRP_MJ_CREATE)
_Dispatch_type_(IRP_MJ_CLEANUP)
_Dispatch_type_(IRP_MJ_CLOSE)
DRIVER_DISPATCH FirstCreateClose;

_Dispatch_type_(IRP_MJ_READ)
_Dispatch_type_(IRP_MJ_WRITE)
DRIVER_DISPATCH FirstReadWrite;

_Dispatch_type_(IRP_MJ_DEVICE_CONTROL)
DRIVER_DISPATCH FirstDeviceControl;

NTSTATUS FirstComplete(_In_ PIRP Irp, _In_ NTSTATUS Status, _In_ ULONG_PTR Information);
