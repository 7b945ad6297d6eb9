/*
 * What the watched driver does with its buffers; its tests include this too. The right ones and the wrong ones, one control
 * code each.
 */
#pragma once

#define WATCHED_TYPE 0x8236

#define WATCHED_CODE(n, method) CTL_CODE(WATCHED_TYPE, 0x800 + (n), method, FILE_ANY_ACCESS)

/* METHOD_BUFFERED; the input is a struct watched_pointer. The output is what was read there. */
#define IOCTL_WATCHED_FOLLOW         WATCHED_CODE(0, METHOD_BUFFERED) /* reads where it points, unguarded */
#define IOCTL_WATCHED_FOLLOW_IN_TRY  WATCHED_CODE(1, METHOD_BUFFERED) /* unprobed, but in a __try */
#define IOCTL_WATCHED_USER_BUFFER    WATCHED_CODE(2, METHOD_BUFFERED) /* writes to Irp->UserBuffer */
#define IOCTL_WATCHED_PROBED         WATCHED_CODE(3, METHOD_BUFFERED) /* probes and reads in one __try */
#define IOCTL_WATCHED_PROBED_BEFORE  WATCHED_CODE(4, METHOD_BUFFERED) /* in two */
#define IOCTL_WATCHED_PROBED_OUTSIDE WATCHED_CODE(5, METHOD_BUFFERED) /* reads behind the __try */
#define IOCTL_WATCHED_LOCKED         WATCHED_CODE(6, METHOD_BUFFERED) /* by an MDL of its own */
#define IOCTL_WATCHED_VALID          WATCHED_CODE(7, METHOD_BUFFERED) /* asks MmIsAddressValid, then reads */
#define IOCTL_WATCHED_TOO_FAR        WATCHED_CODE(8, METHOD_BUFFERED) /* probes 1 byte, reads on the next page */
#define IOCTL_WATCHED_RAISE          WATCHED_CODE(9, METHOD_BUFFERED) /* raises in a request to itself, then as PROBED */
#define IOCTL_WATCHED_RAISED         WATCHED_CODE(10, METHOD_BUFFERED)
#define IOCTL_WATCHED_SERVICE        WATCHED_CODE(11, METHOD_BUFFERED) /* has a service fill it, then reads unguarded */

#define IOCTL_WATCHED_AT_DISPATCH    WATCHED_CODE(13, METHOD_BUFFERED) /* probes, raises its IRQL and reads, in a __try */

#define IOCTL_WATCHED_FAST           WATCHED_CODE(12, METHOD_BUFFERED) /* fast I/O: reads the client's input as it is */

/* Direct. */
#define IOCTL_WATCHED_WRITE_INPUT WATCHED_CODE(20, METHOD_IN_DIRECT) /* stores into a buffer locked for reading */
#define IOCTL_WATCHED_READ_INPUT  WATCHED_CODE(21, METHOD_IN_DIRECT)
#define IOCTL_WATCHED_TWICE_INPUT WATCHED_CODE(22, METHOD_IN_DIRECT) /* checks, then uses */

/* METHOD_NEITHER; the input is a struct watched_message. */
#define IOCTL_WATCHED_TWICE     WATCHED_CODE(30, METHOD_NEITHER) /* checks Length, then copies so many bytes */
#define IOCTL_WATCHED_ONCE      WATCHED_CODE(31, METHOD_NEITHER) /* captures it first */
#define IOCTL_WATCHED_EACH_ONCE WATCHED_CODE(32, METHOD_NEITHER) /* reads each member once */
#define IOCTL_WATCHED_COPY      WATCHED_CODE(33, METHOD_NEITHER) /* copies all of it, of any length, once */
#define IOCTL_WATCHED_COPY_TWICE WATCHED_CODE(34, METHOD_NEITHER)
#define IOCTL_WATCHED_EMBEDDED  WATCHED_CODE(35, METHOD_NEITHER) /* a struct watched_pointer to a message: TWICE there */
#define IOCTL_WATCHED_ECHO      WATCHED_CODE(36, METHOD_NEITHER) /* copies the input to the output, each byte one more */
#define IOCTL_WATCHED_RAW       WATCHED_CODE(37, METHOD_NEITHER) /* reads the input unguarded */

/* Output. */
#define IOCTL_WATCHED_STALE_TAIL   WATCHED_CODE(40, METHOD_BUFFERED) /* writes half of what it declares */
#define IOCTL_WATCHED_STALE_HOLE   WATCHED_CODE(41, METHOD_BUFFERED) /* leaves the padding of a structure */
#define IOCTL_WATCHED_STALE_NONE   WATCHED_CODE(42, METHOD_BUFFERED) /* writes it all */
#define IOCTL_WATCHED_STALE_INPUT  WATCHED_CODE(43, METHOD_BUFFERED) /* declares the input, which it leaves */
#define IOCTL_WATCHED_STALE_DIRECT WATCHED_CODE(44, METHOD_OUT_DIRECT)
#define IOCTL_WATCHED_TOO_MUCH     WATCHED_CODE(45, METHOD_OUT_DIRECT) /* declares a byte more than there is */
#define IOCTL_WATCHED_TOO_MUCH_BUFFERED WATCHED_CODE(46, METHOD_BUFFERED)

struct watched_pointer {
    void *pointer;
    unsigned length;
};

struct watched_message {
    unsigned length;
    unsigned sum;
    unsigned char data[56];
};

/* With two bytes of padding behind tag and four behind count. */
struct watched_answer {
    unsigned short tag;
    unsigned value;
    unsigned count;
    unsigned long long total;
};
