/*
 * Structured exceptions, what exception.c and seh_jump.c share.
 */
#pragma once

#include "kip.h"

#include <ntio_seh.h>

/* Why a __try body is over. Zero: it ran to its end, or __leave. */
enum ki_seh_reason { SEH_EXCEPTION = 1, SEH_LEFT = 2 };

/*
 * One __try being executed. Frames are a stack of the thread's, not of the function's, since the compiler may use the
 * function's stack again as soon as the body's scope is left; a popped frame stays for the next __try.
 */
struct ntio_seh_frame {
    struct ntio_seh_frame *previous, *next;
    UCHAR level;     /* whose it is: seh_level */
    UCHAR compiler;  /* of the function: 1 clang, 0 other */
    UCHAR reason;
    struct ki_switch *stack; /* it stands on */
    UCHAR filtering; /* its filter runs: no exception comes here any more */
    KPROCESSOR_MODE mode;
    ULONG calls; /* KTHREAD.Calls when it was entered */
    EXCEPTION_POINTERS pointers;
    EXCEPTION_RECORD record;
    struct ntio_seh_place place;
    sigjmp_buf jump;
};

/* The two ways out of ntio_seh_exit: the body has ended, or something jumps out of it and would go on at these words. */
__attribute__((visibility("hidden"), used)) void ki_seh_ended(struct ntio_seh_scope *);
__attribute__((visibility("hidden"), used)) _Noreturn void ki_seh_left(const unsigned long long *words);

/* Stops the machine because __try was used in a way that ntio cannot follow; the log says in which. */
_Noreturn void ki_seh_misuse(const char *what);

struct host_fault;
/* Reports what the fault shows to be the driver's mistake, whoever handles the exception (suspect.c). */
void ki_judge_fault(PKTHREAD, const struct host_fault *);
/* The driver's instruction behind the fault, which may lie in a function that the driver called. */
const void *ki_fault_site(const struct host_fault *);
void *ki_shadowed_address(const struct host_fault *);
