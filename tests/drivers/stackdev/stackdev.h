/*
 * What the driver stackdev is asked to do with its stack.
 */
#pragma once

#define STACKDEV_CODE(n) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900 + (n), METHOD_BUFFERED, FILE_ANY_ACCESS)

#define IOCTL_STACK_BOUNDS   STACKDEV_CODE(0) /* out: stack_bounds, of the dispatch routine */
#define IOCTL_STACK_DPC      STACKDEV_CODE(1) /* out: stack_bounds, of a DPC */
#define IOCTL_STACK_THREAD   STACKDEV_CODE(2) /* out: stack_bounds, of a system thread */
#define IOCTL_STACK_EXPANDED STACKDEV_CODE(3) /* out: stack_bounds, in KeExpandKernelStackAndCallout with 60 KB */
#define IOCTL_STACK_USE      STACKDEV_CODE(4) /* in: bytes to use up, about */
#define IOCTL_STACK_RECURSE  STACKDEV_CODE(5) /* calls itself for ever */
#define IOCTL_STACK_ARRAY    STACKDEV_CODE(6) /* one frame that is larger than the stack */
#define IOCTL_STACK_RAISE    STACKDEV_CODE(7) /* in: bytes; raises down there, handles it up here; out: the code */
#define IOCTL_STACK_PRINT    STACKDEV_CODE(8) /* in: bytes; prints down there */
#define IOCTL_STACK_ENTRY    STACKDEV_CODE(9) /* out: stack_bounds, of DriverEntry */
#define IOCTL_STACK_PROBE    STACKDEV_CODE(10) /* out: what ProbeForRead raises for a local variable */
#define IOCTL_STACK_HANDED   STACKDEV_CODE(11) /* out: stack_bounds; reads them through a handle of the driver's own */
#define IOCTL_STACK_NULL     STACKDEV_CODE(12) /* reads through NULL, deep in the stack */
#define IOCTL_STACK_WILD     STACKDEV_CODE(13) /* writes far below its stack */
#define IOCTL_STACK_NEARLY   STACKDEV_CODE(14) /* in: DO_...; does it with hardly any stack left */

enum { DO_NOTHING, DO_RAISE, DO_PRINT, DO_OPEN, DO_OPEN_NOTHING, DO_READ_NULL };

struct stack_bounds {
    unsigned long long low, high, initial, remaining, local;
};
