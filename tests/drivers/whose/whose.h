/*
 * What the driver whose is asked about addresses.
 */
#pragma once

#define WHOSE_CODE(n) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x940 + (n), METHOD_BUFFERED, FILE_ANY_ACCESS)

#define IOCTL_WHOSE_PROBE   WHOSE_CODE(0) /* in: probe_request, out: probe_answer */
#define IOCTL_WHOSE_SERVICE WHOSE_CODE(1) /* in: service_request, out: service_answer */
#define IOCTL_WHOSE_ECHO    WHOSE_CODE(2) /* in: 4 bytes, out: the request's mode, 4 bytes */

enum address_kind {
    OF_NONPAGED_POOL,
    OF_PAGED_POOL,
    OF_DATA,
    OF_CODE,
    OF_STACK,
    OF_EXTENSION,
    OF_IRP,
    OF_SYSTEM_BUFFER,
    OF_MAPPING,    /* the system's, of the client's page */
    OF_CLIENT,     /* that page */
    ACROSS_THE_END /* from the client's page to the end of all addresses */
};

struct probe_request {
    unsigned kind, write;
    unsigned long long page; /* the client's, 4096 bytes */
};

struct probe_answer {
    int status;
    unsigned valid;
    unsigned long long address;
};

enum { CLIENTS_BUFFERS = 0, KERNEL_INPUT = 1, KERNEL_OUTPUT = 2, KERNEL_STATUS_BLOCK = 4 };

struct service_request {
    unsigned zw, kernel; /* zw: by ZwDeviceIoControlFile, else Nt; kernel: which of its arguments are in pool */
    unsigned long long handle, page;
};

struct service_answer {
    int status;
    unsigned mode; /* mode: what ECHO saw as the requestor's; 0xFF: it was not called */
    unsigned before, after; /* the thread's previous mode, 0 kernel, 1 user */
};
