/*
 * The I/O manager's interface for the components above it.
 */
#pragma once

#include <ntifs.h>
#include "../gate.h"
#include "../ps/ps.h"

extern POBJECT_TYPE IopDeviceObjectType, IopDriverObjectType, IopFileObjectType;

void io_start(void);
void io_stop(void); /* unloads what is still loaded, reports what is left */

/* Drivers by service name (no path, no extension); the registered image of that name is loaded. */
NTSTATUS IopLoadDriver(PCUNICODE_STRING service);
NTSTATUS IopUnloadDriver(PCUNICODE_STRING service);
BOOLEAN IopIsDriverLoaded(PCUNICODE_STRING service);

/* The request that the thread is sending right now; NULL: none. What else it has outstanding is on its
 * IrpList. For reports. */
PIRP IopCurrentIrp(PETHREAD);
