/*
 * The gate's slow path: who watches, and what is checked when somebody does.
 */
#include "gate.h"

#include <stdlib.h>

#include "components.h"
#include "ke/ke.h"
#include "mm/mm.h"

enum { PASSIVE = PASSIVE_LEVEL, APC = APC_LEVEL, DISPATCH = DISPATCH_LEVEL, DIRQL = 12, HIGH = HIGH_LEVEL };

const struct ddi_info ddi_table[DDI_COUNT] = {
#define DDI(name, component, low, high, category) [DDI_##name] = {#name, #component, low, high, #category},
#include "ddi.def"
#undef DDI
};

struct gatep_state {
    _Atomic(struct gate_observer *) observers; /* changed only while the machine starts or stops */
};

void gate_start(void)
{
    ntio_machine.gate = calloc(1, sizeof *ntio_machine.gate);
}

void gate_stop(void)
{
    free(ntio_machine.gate);
    ntio_machine.gate = NULL;
}

void gate_observe(struct gate_observer *observer)
{
    observer->next = atomic_load(&ntio_machine.gate->observers);
    atomic_store(&ntio_machine.gate->observers, observer);
    atomic_fetch_or(&ntio_machine.watch, WATCH_OBSERVER | (observer->fails ? WATCH_FAULTS : 0));
}

void gate_unobserve(struct gate_observer *observer)
{
    struct gate_observer *first = atomic_load(&ntio_machine.gate->observers);
    if (first == observer) {
        atomic_store(&ntio_machine.gate->observers, observer->next);
    } else {
        while (first && first->next != observer)
            first = first->next;
        if (first)
            first->next = observer->next;
    }
    if (!atomic_load(&ntio_machine.gate->observers))
        atomic_fetch_and(&ntio_machine.watch, ~(unsigned)(WATCH_OBSERVER | WATCH_FAULTS));
}

static const char *irql_name(unsigned irql)
{
    static const char *const names[] = {"PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL"};
    return irql < 3 ? names[irql] : irql < HIGH ? "DIRQL" : "HIGH_LEVEL";
}

static void check_irql(enum ddi_id id, unsigned low, unsigned high, const char *why, const void *caller)
{
    PKTHREAD thread = KiThread;
    if (!thread || (thread->Irql >= low && thread->Irql <= high))
        return;
    char place[256];
    host_call_site(caller, place, sizeof place);
    machine_violation("%s called at IRQL %s (%u), legal %s %s%s, from %s", ddi_table[id].name,
                      irql_name(thread->Irql), thread->Irql, thread->Irql > high ? "at most at" : "not below",
                      irql_name(thread->Irql > high ? high : low), why, place);
}

void gate_check_irql(enum ddi_id id, unsigned high, const char *why, const void *caller)
{
    if (gate_watched() & WATCH_IRQL && !host_is_own_code(caller))
        check_irql(id, 0, high, why, caller);
}

/* What the observers are told, on the host's stack: they print and walk. */
struct telling {
    enum ddi_id id;
    enum gate_note note;
    void *caller;
    uintptr_t args[4];
};

static void tell_enter(void *context)
{
    struct telling *tell = context;
    for (struct gate_observer *o = atomic_load(&ntio_machine.gate->observers); o; o = o->next)
        if (o->enter)
            o->enter(o, tell->id, tell->caller, tell->args);
}

static void tell_note(void *context)
{
    struct telling *tell = context;
    for (struct gate_observer *o = atomic_load(&ntio_machine.gate->observers); o; o = o->next)
        if (o->note)
            o->note(o, tell->note, tell->args);
}

/* The frame of the DDI that called the gate: the library keeps frame pointers. */
#if defined(__x86_64__) || defined(__aarch64__)
#define CALLER_FRAME (*(void **)__builtin_frame_address(0))
#else
#define CALLER_FRAME __builtin_frame_address(0)
#endif

void gate_enter(enum ddi_id id, void *caller, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)
{
    unsigned watch = gate_watched();
    if (watch & WATCH_CRASHED)
        KiStopCrashedThread();
    if (watch & WATCH_LEAVING)
        KiLeaveFromClient();
    /* The library's own calls are right by construction; only a driver's or a test's are held to the rule. */
    if (watch & WATCH_IRQL && !host_is_own_code(caller))
        check_irql(id, ddi_table[id].low, ddi_table[id].high, "", caller);
    if (watch & WATCH_STACKS && !host_is_own_code(caller))
        KiCheckStack(CALLER_FRAME, caller);
    if (!(watch & WATCH_OBSERVER))
        return;
    struct telling tell = {.id = id, .caller = caller, .args = {a, b, c, d}};
    KiCallOnHostStack(KiThread, tell_enter, &tell);
}

void gate_note(enum gate_note note, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)
{
    unsigned watch = gate_watched();
    if (watch & WATCH_CRASHED && note != NOTE_BUGCHECK)
        KiStopCrashedThread();
    struct telling tell = {.note = note, .args = {a, b, c, d}};
    if (watch & WATCH_OBSERVER)
        KiCallOnHostStack(KiThread, tell_note, &tell);
    if (watch & WATCH_STACKS)
        trace_mark_stack(note, __builtin_frame_address(0), tell.args);
}

bool gate_fails(enum ddi_id id, void *caller)
{
    if (!(gate_watched() & WATCH_FAULTS))
        return false;
    for (struct gate_observer *o = atomic_load(&ntio_machine.gate->observers); o; o = o->next)
        if (o->fails && o->fails(o, id, caller))
            return true;
    return false;
}
