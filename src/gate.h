/*
 * The gate: the one place every DDI passes.
 *
 * Each exported DDI opens with GATE(Name) or GATE(Name, arg, ...) (up to four arguments, pointers or
 * integers), and has one line in ddi.def. With nobody watching this is one load and one predictable branch. With
 * somebody watching, gate_enter checks the IRQL rule, calls the observers (trace, verifier, scheduler) and does not return
 * when the machine has crashed. What happens inside the system and is no DDI call (an IRP handed to a dispatch
 * routine, a completion routine called) is told with GATE_NOTE. Nothing else of this kind exists.
 */
#pragma once

#include "machine.h"

enum ddi_id {
#define DDI(name, component, low, high, category) DDI_##name,
#include "ddi.def"
#undef DDI
    DDI_COUNT
};

struct ddi_info {
    const char *name;
    const char *component;
    uint8_t low, high; /* IRQL range in which the call is legal */
    const char *category;
};
extern const struct ddi_info ddi_table[DDI_COUNT];

/* What can be noted; the arguments of each, in order, stand beside it. */
enum gate_note {
    NOTE_IRP_BUILT,           /* irp, device, major; the I/O manager built it for a request */
    NOTE_IRP_DISPATCH,        /* device, irp, stack location; about to call the dispatch routine */
    NOTE_IRP_DISPATCHED,      /* device, irp (may be freed: a name only), status returned, major */
    NOTE_IRP_COMPLETING,      /* irp, status, information, priority boost; IoCompleteRequest begins */
    NOTE_IRP_ROUTINE,         /* device, irp, completion routine; about to call it */
    NOTE_IRP_ROUTINE_RETURNED, /* device, irp (may be freed), status returned */
    NOTE_IRP_FINISHED,        /* irp, status, information, bytes copied out; back with the requester */
    NOTE_IRP_FREED,           /* irp */
    NOTE_IRP_CANCEL,          /* irp, cancel routine or NULL */
    NOTE_FAST_IO_CALL,        /* device, file object, major; about to call the routine, NOTE_FAST_IO follows */
    NOTE_FAST_IO,             /* device, file object, major, whether it was taken */
    NOTE_SERVICE_ENTER,       /* name (const char *), handle, previous mode */
    NOTE_SERVICE_LEAVE,       /* name (const char *), status */
    NOTE_DRIVER_LOADING,      /* driver object */
    NOTE_DRIVER_LOADED,       /* driver object, status of DriverEntry */
    NOTE_DRIVER_UNLOADING,    /* driver object */
    NOTE_DRIVER_UNLOADED,     /* driver object (a name only) */
    NOTE_BUGCHECK,            /* code, parameter 1, parameter 2, parameter 3 */
};

struct gate_observer {
    struct gate_observer *next;
    void (*enter)(struct gate_observer *, enum ddi_id, void *caller, const uintptr_t args[4]);
    void (*note)(struct gate_observer *, enum gate_note, const uintptr_t args[4]);
    bool (*fails)(struct gate_observer *, enum ddi_id, void *caller); /* NULL: never */
};
void gate_observe(struct gate_observer *);
void gate_unobserve(struct gate_observer *);

/* Kernel stacks are measured around each dispatch routine (trace); entry: the frame of the gate. */
void trace_mark_stack(enum gate_note, void *entry, const uintptr_t args[4]);

void gate_enter(enum ddi_id, void *caller, uintptr_t, uintptr_t, uintptr_t, uintptr_t);
void gate_note(enum gate_note, uintptr_t, uintptr_t, uintptr_t, uintptr_t);
/* A rule that holds for some arguments only; why (" in user mode") stands behind the IRQL in the violation. */
void gate_check_irql(enum ddi_id, unsigned high, const char *why, const void *caller);
bool gate_fails(enum ddi_id, void *caller);

static inline unsigned gate_watched(void)
{
    return atomic_load_explicit(&ntio_machine.watch, memory_order_relaxed);
}

#define GATE_ARGS_(a, b, c, d, ...) (uintptr_t)(a), (uintptr_t)(b), (uintptr_t)(c), (uintptr_t)(d)
#define GATE_ARGS(...)              GATE_ARGS_(__VA_ARGS__, 0, 0, 0, 0)

#define GATE(name, ...)                                                                                      \
    do {                                                                                                     \
        if (__builtin_expect(gate_watched(), 0))                                                             \
            gate_enter(DDI_##name, __builtin_return_address(0), GATE_ARGS(__VA_OPT__(__VA_ARGS__, ) 0));      \
    } while (0)

#define GATE_NOTE(note, ...)                                                                                 \
    do {                                                                                                     \
        if (__builtin_expect(gate_watched(), 0))                                                             \
            gate_note(note, GATE_ARGS(__VA_ARGS__));                                                         \
    } while (0)

/* True when this call of an allocating DDI must fail on purpose. */
#define GATE_FAILS(name)                                                                                     \
    (__builtin_expect(gate_watched(), 0) && gate_fails(DDI_##name, __builtin_return_address(0)))
