/*
 * The text trace: the way of every IRP, printed from the gate's notes, one line an event.
 *
 * IRPs are told apart by a number given when they are first seen, not by address: addresses come back, and a
 * trace with numbers is the same in every run. The lines of one IRP are indented by its stack level.
 */
#include <ntifs.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ntio/ntio.h>

#include "../components.h"
#include "../gate.h"
#include "../host/host.h"
#include "../mm/mm.h"
#include "../ob/ob.h"
#include "describe.h"
#include "stackmark.h"

enum { SLOTS = 1024 };

struct tracep_state {
    struct gate_observer observer;
    _Atomic bool lock;
    unsigned last; /* number given most recently */
    struct {
        PIRP irp;
        unsigned number;
    } seen[SLOTS]; /* open hashing by address; a freed IRP leaves a hole that its probe chain closes */
};

struct line {
    char text[512];
    size_t length;
};

static __attribute__((format(printf, 2, 3))) void add(struct line *line, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int more = vsnprintf(line->text + line->length, sizeof line->text - line->length, format, list);
    va_end(list);
    if (more > 0)
        line->length += (size_t)more;
    if (line->length > sizeof line->text - 2)
        line->length = sizeof line->text - 2;
}

static void put(struct line *line)
{
    line->text[line->length++] = '\n';
    machine_log(line->text, line->length);
}

static void lock(struct tracep_state *state)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&state->lock, true, memory_order_acquire);)
        host_spin(turn++);
}

static void unlock(struct tracep_state *state)
{
    atomic_store_explicit(&state->lock, false, memory_order_release);
}

static unsigned slot_of(PIRP irp)
{
    return (unsigned)(((uintptr_t)irp >> 4) * 2654435761u) % SLOTS;
}

static unsigned number_of(struct tracep_state *state, PIRP irp)
{
    lock(state);
    unsigned slot = slot_of(irp), steps = 0;
    while (state->seen[slot].irp && state->seen[slot].irp != irp && steps++ < SLOTS)
        slot = (slot + 1) % SLOTS;
    if (state->seen[slot].irp != irp && steps < SLOTS) {
        state->seen[slot].irp = irp;
        state->seen[slot].number = ++state->last;
    }
    unsigned number = state->seen[slot].irp == irp ? state->seen[slot].number : 0;
    unlock(state);
    return number;
}

static void forget(struct tracep_state *state, PIRP irp)
{
    lock(state);
    unsigned slot = slot_of(irp), steps = 0;
    while (state->seen[slot].irp && state->seen[slot].irp != irp && steps++ < SLOTS)
        slot = (slot + 1) % SLOTS;
    if (state->seen[slot].irp == irp) {
        unsigned hole = slot;
        for (unsigned next = (hole + 1) % SLOTS; state->seen[next].irp; next = (next + 1) % SLOTS) {
            unsigned home = slot_of(state->seen[next].irp);
            if ((next + SLOTS - home) % SLOTS >= (next + SLOTS - hole) % SLOTS) {
                state->seen[hole] = state->seen[next];
                hole = next;
            }
        }
        state->seen[hole].irp = NULL;
    }
    unlock(state);
}

static void begin(struct line *line, struct tracep_state *state, PIRP irp, int level)
{
    line->length = 0;
    add(line, "irp %-3u %*s", number_of(state, irp), level * 2, "");
}

static int level_of(PIRP irp)
{
    return irp->StackCount >= irp->CurrentLocation ? irp->StackCount - irp->CurrentLocation : 0;
}

static void add_device(struct line *line, PDEVICE_OBJECT device)
{
    char name[128];
    describe_device(device, name, sizeof name);
    add(line, "%s", name);
}

static void add_parameters(struct line *line, PIRP irp, PIO_STACK_LOCATION stack)
{
    char text[256];
    describe_request(irp, stack, text, sizeof text);
    add(line, "%s", text);
}

static void on_dispatch(struct tracep_state *state, PDEVICE_OBJECT device, PIRP irp, PIO_STACK_LOCATION stack)
{
    struct line line;
    begin(&line, state, irp, level_of(irp));
    add(&line, "-> ");
    add_device(&line, device);
    add(&line, "  ");
    add_parameters(&line, irp, stack);
    put(&line);
}

static void note(struct gate_observer *observer, enum gate_note what, const uintptr_t args[4])
{
    struct tracep_state *state = CONTAINING_RECORD(observer, struct tracep_state, observer);
    struct line line = {.length = 0};
    char text[128];
    switch (what) {
    case NOTE_IRP_DISPATCH:
        on_dispatch(state, (PDEVICE_OBJECT)args[0], (PIRP)args[1], (PIO_STACK_LOCATION)args[2]);
        return;
    case NOTE_IRP_DISPATCHED:
        begin(&line, state, (PIRP)args[1], 0);
        add(&line, "<- ");
        add_device(&line, (PDEVICE_OBJECT)args[0]);
        add(&line, " returned %s", describe_status((NTSTATUS)args[2], text, sizeof text));
        break;
    case NOTE_IRP_COMPLETING:
        begin(&line, state, (PIRP)args[0], level_of((PIRP)args[0]));
        add(&line, "   completed %s, Information %llu", describe_status((NTSTATUS)args[1], text, sizeof text),
            (unsigned long long)args[2]);
        if (args[3])
            add(&line, ", boost %llu", (unsigned long long)args[3]);
        break;
    case NOTE_IRP_ROUTINE:
        begin(&line, state, (PIRP)args[1], level_of((PIRP)args[1]));
        add(&line, "   completion routine ");
        host_symbol((void *)args[2], text, sizeof text);
        add(&line, "%s", text);
        break;
    case NOTE_IRP_ROUTINE_RETURNED:
        if ((NTSTATUS)args[2] != STATUS_MORE_PROCESSING_REQUIRED)
            return;
        begin(&line, state, (PIRP)args[1], 0);
        add(&line, "   completion stopped: STATUS_MORE_PROCESSING_REQUIRED");
        break;
    case NOTE_IRP_FINISHED:
        begin(&line, state, (PIRP)args[0], 0);
        add(&line, "done %s, Information %llu", describe_status((NTSTATUS)args[1], text, sizeof text),
            (unsigned long long)args[2]);
        if (args[3])
            add(&line, ", %llu bytes copied out", (unsigned long long)args[3]);
        break;
    case NOTE_IRP_FREED:
        forget(state, (PIRP)args[0]);
        return;
    case NOTE_IRP_CANCEL:
        begin(&line, state, (PIRP)args[0], 0);
        add(&line, args[1] ? "cancelled, cancel routine called" : "cancelled, no cancel routine");
        break;
    case NOTE_FAST_IO:
        add(&line, "fast io  ");
        add_device(&line, (PDEVICE_OBJECT)args[0]);
        add(&line, "  %s  %s", describe_major((UCHAR)args[2]), args[3] ? "taken" : "refused: an IRP follows");
        break;
    case NOTE_DRIVER_LOADED:
        if (!((PDRIVER_OBJECT)args[0])->DriverStart)
            return; /* the library's own */
        add(&line, "driver   %s  DriverEntry returned %s",
            describe_driver((PDRIVER_OBJECT)args[0], (char[96]){0}, 96),
            describe_status((NTSTATUS)args[1], text, sizeof text));
        break;
    case NOTE_DRIVER_UNLOADING:
        add(&line, "driver   %s  DriverUnload", describe_driver((PDRIVER_OBJECT)args[0], text, sizeof text));
        break;
    default:
        return;
    }
    put(&line);
}

static void enter(struct gate_observer *observer, enum ddi_id id, void *caller, const uintptr_t args[4])
{
    (void)observer;
    if (!(ntio_machine.trace & NTIO_TRACE_CALLS) || !mm_image_owner(caller))
        return;
    struct line line = {.length = 0};
    add(&line, "call     %s(0x%llx, 0x%llx, 0x%llx, 0x%llx)", ddi_table[id].name, (unsigned long long)args[0],
        (unsigned long long)args[1], (unsigned long long)args[2], (unsigned long long)args[3]);
    put(&line);
}

void trace_start(void)
{
    trace_start_marks();
    if (!ntio_machine.trace)
        return;
    struct tracep_state *state = calloc(1, sizeof *state);
    if (!state)
        return;
    ntio_machine.trace_state = state;
    state->observer.enter = enter;
    state->observer.note = note;
    gate_observe(&state->observer);
}

void trace_stop(void)
{
    trace_stop_marks();
    if (!ntio_machine.trace_state)
        return;
    gate_unobserve(&ntio_machine.trace_state->observer);
    free(ntio_machine.trace_state);
    ntio_machine.trace_state = NULL;
}
