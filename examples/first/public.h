/*
 * What the driver and its client share: device names and control codes.
 *
 * CTL_CODE puts four facts into one number: the device type (0x8000 and above are ours to use), the function (0x800 and
 * above likewise), the method, which says how the two buffers travel, and the access the caller's handle must have.
 */
#pragma once

#define FIRST_DEVICE_TYPE 0x8001

#define IOCTL_FIRST_REVERSE   CTL_CODE(FIRST_DEVICE_TYPE, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
#define IOCTL_FIRST_CHECKSUM  CTL_CODE(FIRST_DEVICE_TYPE, 0x801, METHOD_IN_DIRECT, FILE_WRITE_ACCESS)
#define IOCTL_FIRST_FILL      CTL_CODE(FIRST_DEVICE_TYPE, 0x802, METHOD_OUT_DIRECT, FILE_READ_ACCESS)
#define IOCTL_FIRST_UPPERCASE CTL_CODE(FIRST_DEVICE_TYPE, 0x803, METHOD_NEITHER, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
