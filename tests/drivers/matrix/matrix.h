/* What the driver matrix and its test share. Answers are a MATRIX_ANSWER, but for IN_DIRECT's. */
#pragma once

#define MATRIX_CODE(n, method) CTL_CODE(0x8237, 0x800 + (n), method, FILE_ANY_ACCESS)

/* Right in every mode: the sum of the request's bytes. */
#define IOCTL_MATRIX_BUFFERED   MATRIX_CODE(0, METHOD_BUFFERED)
#define IOCTL_MATRIX_IN_DIRECT  MATRIX_CODE(1, METHOD_IN_DIRECT)  /* of the second buffer, modulo its length, as the count */
#define IOCTL_MATRIX_OUT_DIRECT MATRIX_CODE(2, METHOD_OUT_DIRECT)
#define IOCTL_MATRIX_NEITHER    MATRIX_CODE(3, METHOD_NEITHER)    /* probes and copies in one __try */
#define IOCTL_MATRIX_POINTER    MATRIX_CODE(4, METHOD_BUFFERED)   /* of what the MATRIX_POINTER in it says */
#define IOCTL_MATRIX_MDL        MATRIX_CODE(5, METHOD_NEITHER)    /* by MDLs of its own */
#define IOCTL_MATRIX_ITEM       MATRIX_CODE(6, METHOD_NEITHER)    /* the same, answered in a work item */
#define IOCTL_MATRIX_ATTACHED   MATRIX_CODE(7, METHOD_NEITHER)    /* as NEITHER, in a work item attached to the caller */
#define IOCTL_MATRIX_DPC        MATRIX_CODE(8, METHOD_BUFFERED)   /* answered in a timer's DPC */
/* Wrong. */
#define IOCTL_MATRIX_FOLLOW     MATRIX_CODE(20, METHOD_BUFFERED)  /* as POINTER, without a probe */
#define IOCTL_MATRIX_REACH      MATRIX_CODE(21, METHOD_NEITHER)   /* as ATTACHED, without attaching */

typedef struct _MATRIX_POINTER {
    void *Pointer;
    ULONG Length;
} MATRIX_POINTER;

typedef struct _MATRIX_ANSWER {
    LONG Status; /* of the exception; 0 */
    ULONG Sum;
    ULONG Requester; /* the process who asks */
} MATRIX_ANSWER;
