/*
 * The driver's own declarations.
 */
#pragma once

#include <ntddk.h>

/* The device that is filtered: that of examples/queue. */
#define FILTER_TARGET L"\\Device\\Queue"

typedef struct _FILTER_EXTENSION {
    PDEVICE_OBJECT Lower; /* where every request is passed on to */
} FILTER_EXTENSION, *PFILTER_EXTENSION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD FilterUnload;
DRIVER_DISPATCH FilterPass;

_Dispatch_type_(IRP_MJ_READ)
DRIVER_DISPATCH FilterRead;

IO_COMPLETION_ROUTINE FilterReadDone;
