/*
 * Structured exceptions, what exception.c and seh_jump.c share.
 */
#pragma once

#include "ke.h"

#include <ntio_seh.h>

/* ntio_seh_frame.reason and ntio_seh_final.reason: why the body is over. Zero: it ran to its end, or __leave. */
enum ki_seh_reason { SEH_EXCEPTION = 1, SEH_LEFT = 2 };

/* The two ways out of ntio_seh_exit: the body has ended, or something jumps out of it. */
__attribute__((visibility("hidden"), used)) void ki_seh_ended(struct ntio_seh_frame *);
__attribute__((visibility("hidden"), used)) void ki_seh_left(struct ntio_seh_frame *);

/* Stops the machine because __try was used in a way that ntio cannot follow; the log says in which. */
_Noreturn void ki_seh_misuse(const char *what);
