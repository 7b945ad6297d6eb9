/*
 * Structured exceptions, what exception.c, seh_frame.c and seh_jump.c share.
 */
#pragma once

#include "kip.h"

#include <ntio_seh.h>

/* Why a frame was jumped to. Zero, for a __finally block: the body ran to its end, or __leave. */
enum ki_seh_reason { SEH_EXCEPTION = 1, SEH_LEFT = 2, SEH_ASKED = 3 };

/*
 * One __try being executed. Frames are a stack of the thread's, not of the function's, since the compiler may use the
 * function's stack again as soon as the body's scope is left; a popped frame stays for the next __try.
 */
struct ntio_seh_frame {
    struct ntio_seh_frame *previous, *next;
    unsigned depth;  /* 1: the outermost; it never changes */
    UCHAR level;     /* whose it is: ki_seh_level */
    UCHAR how;       /* it was entered: NTIO_SEH_... */
    UCHAR reason;
    UCHAR filtering; /* its filter runs, and what is inside was left: no exception comes here any more */
    UCHAR finally;   /* it was asked, and has a __finally block */
    KPROCESSOR_MODE mode;
    ULONG calls;                   /* KTHREAD.Calls when it was entered */
    struct ki_switch *stack;       /* it stands on */
    struct ntio_seh_frame *target; /* whose handler is to run; NULL: the search has to go on here */
    EXCEPTION_POINTERS pointers;
    EXCEPTION_RECORD record;    /* the exception that it was left for */
    struct ntio_seh_place here; /* in the function */
    struct ntio_seh_place place;
    sigjmp_buf jump; /* here as well, if NTIO_SEH_LONGJMP_ */
};

/*
 * A search for a handler, on the stack of the raise, which stands until a frame is left for. An exception in one of
 * its filters begins another one, within it, from the innermost frame on: as on NT the frames that this one has asked are asked
 * again, and so is the one whose filter it is.
 */
struct ki_seh_search {
    struct ki_seh_search *outer;
    EXCEPTION_POINTERS pointers;
    unsigned depth;               /* of the innermost frame when it began */
    unsigned nesting;             /* how many stand around it */
    struct ntio_seh_frame *asked; /* last; NULL: none */
    void *deep;                   /* where ki_seh_answer goes back to */
};

/* So many can stand within each other. A kernel stack on Windows has room for few. */
enum { KI_SEH_NESTING = 100 };

/*
 * Whose frames an exception may reach: the client's (0), the kernel's, or a DPC's, which runs on top of an
 * interrupted thread but has a stack of its own on NT.
 */
static inline UCHAR ki_seh_level(PKTHREAD thread)
{
    return (thread->InKernel ? 1 : 0) | (thread->InDpc ? 2 : 0);
}

/* The first frame from this one outwards that an exception raised now may reach; NULL: none. */
struct ntio_seh_frame *ki_seh_find(PKTHREAD, struct ntio_seh_frame *from);
/* Runs the filter of a frame: what it says, 0 for a __finally block. */
int ki_seh_filter(PKTHREAD, struct ki_seh_search *, struct ntio_seh_frame *);
/* Leaves what is inside of the frame, __finally blocks first, for its handler; for its filter, if it is a late one. */
_Noreturn void ki_seh_unwind(PKTHREAD, struct ntio_seh_frame *target, const EXCEPTION_RECORD *);
/* Searches on after a late filter or a __finally block on the way to one. */
_Noreturn void ki_seh_search_on(PKTHREAD, const EXCEPTION_RECORD *);

/* Which of a place's words is its function's frame pointer: ORDER SEH. */
#if defined(__aarch64__)
#define KI_SEH_FRAME_POINTER 12
#else
#define KI_SEH_FRAME_POINTER 3
#endif

/* The filter is reached at words with all registers of its function but the stack pointer; it comes back by ki_seh_answer. */
int ki_seh_ask(const unsigned long long *words, void **deep);
void ki_seh_answer(int disposition, void *deep); /* does not return */

/* What ntio_seh_enter is made of: a new frame, where it puts its place. */
__attribute__((visibility("hidden"), used)) unsigned long long *ki_seh_enter(int how);
/* The two ways out of ntio_seh_exit: the body has ended, or something jumps out of it and would go on at these words. */
__attribute__((visibility("hidden"), used)) void ki_seh_ended(struct ntio_seh_scope *);
__attribute__((visibility("hidden"), used)) _Noreturn void ki_seh_left(const unsigned long long *words);

/* What a __finally block must not change while a jump waits to go on at the place: a word of clang's, or NULL (seh_clang.c). */
unsigned *ki_seh_destination(const struct ntio_seh_place *);

/* Stops the machine because __try was used in a way that ntio cannot follow; the log says in which. */
_Noreturn void ki_seh_misuse(const char *what);

struct host_fault;
/* Reports what the fault shows to be the driver's mistake, whoever handles the exception (suspect.c). */
void ki_judge_fault(PKTHREAD, const struct host_fault *);
void ki_judge_unloaded(const struct host_fault *);
/* The driver's instruction behind the fault, which may lie in a function that the driver called. */
const void *ki_fault_site(const struct host_fault *);
void ki_note_fault(PKTHREAD, const struct host_fault *); /* what the report of a bug check begins with */
void *ki_shadowed_address(const struct host_fault *);
