/*
 * What the methods driver is asked for; its tests include this too. Each code takes an input and fills an output or
 * reads it, in its method's way, and claims as many bytes as it moved.
 */
#pragma once

#define METHODS_TYPE 0x8234

/* The input's bytes, in reverse, into the output. */
#define IOCTL_METHODS_BUFFERED CTL_CODE(METHODS_TYPE, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_METHODS_OUT      CTL_CODE(METHODS_TYPE, 0x903, METHOD_OUT_DIRECT, FILE_READ_ACCESS)
#define IOCTL_METHODS_NEITHER  CTL_CODE(METHODS_TYPE, 0x904, METHOD_NEITHER, FILE_READ_ACCESS | FILE_WRITE_ACCESS)
/* Adds up the second buffer's bytes; succeeds when the sum is the input's one byte. */
#define IOCTL_METHODS_IN CTL_CODE(METHODS_TYPE, 0x902, METHOD_IN_DIRECT, FILE_WRITE_ACCESS)
