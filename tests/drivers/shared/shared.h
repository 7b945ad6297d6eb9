/*
 * What the client of the driver \\.\Shared knows of it.
 */
#pragma once

/* Writes "driver" into the section \BaseNamedObjects\ntio-shared through a view of its own; output: what was there, 16 bytes. */
#define IOCTL_SHARED_VIEW CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* The same through a view in the system's space. */
#define IOCTL_SHARED_SYSTEM CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Fills the direct buffer with '#'. */
#define IOCTL_SHARED_FILL CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
