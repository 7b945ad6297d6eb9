/*
 * What the win32dev driver is asked for; its tests include this too.
 */
#pragma once

#define WIN32DEV_TYPE 0x8123

/* Input: the status to return and how many bytes to claim; output: up to that many bytes of 0xA5. */
#define IOCTL_WIN32DEV_RETURN CTL_CODE(WIN32DEV_TYPE, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Pends until it is cancelled or released. */
#define IOCTL_WIN32DEV_PEND CTL_CODE(WIN32DEV_TYPE, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Completes the pending request with STATUS_SUCCESS and no bytes. */
#define IOCTL_WIN32DEV_RELEASE CTL_CODE(WIN32DEV_TYPE, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_WIN32DEV_WRITERS CTL_CODE(WIN32DEV_TYPE, 0x804, METHOD_BUFFERED, FILE_WRITE_ACCESS)
/* A file system control: it arrives as IRP_MJ_FILE_SYSTEM_CONTROL and returns the same byte. */
#define FSCTL_WIN32DEV_ECHO CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)

struct win32dev_return {
    int status;
    unsigned bytes;
};

/* The contents that reads and writes see; the end of file is at its end. */
#define WIN32DEV_SIZE 64
