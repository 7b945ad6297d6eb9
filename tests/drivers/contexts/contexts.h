/* What the driver contexts and its test share. */
#pragma once

/* METHOD_NEITHER: the byte at UserBuffer is incremented; where, is the question. */
#define IOCTL_TOUCH_HERE     CTL_CODE(0x8124, 0x800, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_TOUCH_ITEM     CTL_CODE(0x8124, 0x801, METHOD_NEITHER, FILE_ANY_ACCESS) /* in a work item, guarded */
#define IOCTL_TOUCH_ATTACHED CTL_CODE(0x8124, 0x802, METHOD_NEITHER, FILE_ANY_ACCESS) /* the same, attached to the requester */
#define IOCTL_TOUCH_CRASH    CTL_CODE(0x8124, 0x803, METHOD_NEITHER, FILE_ANY_ACCESS) /* the same, unguarded and not attached */
#define IOCTL_TOUCH_DPC      CTL_CODE(0x8124, 0x804, METHOD_NEITHER, FILE_ANY_ACCESS) /* in a DPC, unguarded */
#define IOCTL_REMEMBER       CTL_CODE(0x8124, 0x805, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_TOUCH_OLD      CTL_CODE(0x8124, 0x806, METHOD_NEITHER, FILE_ANY_ACCESS) /* what was remembered */
#define IOCTL_LOCK_OLD       CTL_CODE(0x8124, 0x807, METHOD_NEITHER, FILE_ANY_ACCESS) /* an MDL of it, probed */
/* Completed in a work item: the output says who asked and who answered. */
#define IOCTL_LATE_BUFFERED  CTL_CODE(0x8124, 0x810, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LATE_DIRECT    CTL_CODE(0x8124, 0x811, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_LATE_DPC       CTL_CODE(0x8124, 0x812, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _CONTEXTS_ANSWER {
    ULONG Requester; /* IoGetRequestorProcessId */
    ULONG Here;      /* PsGetCurrentProcessId of who answers */
} CONTEXTS_ANSWER;
