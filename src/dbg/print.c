/*
 * DbgPrint and its family: text to the machine's log, line by line, and the component filter.
 */
#include "guard.h"
#include "../ke/ke.h"
#include "../rtl/rtl.h"

#include <stdlib.h>
#include <string.h>

/* WDK, "DbgPrint": at most 512 bytes a call, the text of the prefix included. */
#define PRINT_LIMIT 512
#define LINE_LIMIT  4096
#define COMPONENTS  160 /* more than DPFLTR_ENDOFTABLE_ID */

/* A line that a thread has begun. */
struct line {
    struct line *next;
    uint64_t thread;
    size_t length;
    char text[LINE_LIMIT];
};

struct dbgp_state {
    _Atomic bool locked;
    struct line *lines;     /* under the lock */
    _Atomic unsigned begun; /* how many: a thread's own line is in the list when it looks */
    _Atomic ULONG masks[COMPONENTS];
};

void dbg_start(void)
{
    struct dbgp_state *state = calloc(1, sizeof *state);
    if (!state)
        return;
    /* Windows prints only errors by default; here all is printed, there is nobody to turn it on. */
    for (size_t i = 0; i < COMPONENTS; i++)
        atomic_init(&state->masks[i], 0xFFFFFFFF);
    ntio_machine.dbg = state;
}

void dbg_stop(void)
{
    struct dbgp_state *state = ntio_machine.dbg;
    if (!state)
        return;
    ntio_machine.dbg = NULL;
    for (struct line *line = state->lines, *next; line; line = next) {
        next = line->next;
        line->text[line->length++] = '\n';
        machine_log(line->text, line->length);
        free(line);
    }
    free(state);
}

static void lock(struct dbgp_state *state)
{
    for (unsigned turn = 0; atomic_exchange_explicit(&state->locked, true, memory_order_acquire); turn++)
        host_spin(turn);
}

static void unlock(struct dbgp_state *state)
{
    atomic_store_explicit(&state->locked, false, memory_order_release);
}

static struct line *take_line(struct dbgp_state *state, uint64_t thread)
{
    struct line *line = NULL;
    lock(state);
    for (struct line **at = &state->lines; *at; at = &(*at)->next) {
        if ((*at)->thread == thread) {
            line = *at;
            *at = line->next;
            atomic_fetch_sub_explicit(&state->begun, 1, memory_order_relaxed);
            break;
        }
    }
    unlock(state);
    return line;
}

static void give_line(struct dbgp_state *state, struct line *line)
{
    lock(state);
    line->next = state->lines;
    state->lines = line;
    atomic_fetch_add_explicit(&state->begun, 1, memory_order_relaxed);
    unlock(state);
}

/* Whole lines go out at once, the rest waits for its newline. Only the thread itself touches its line. */
static void write_text(struct dbgp_state *state, const char *text, size_t length)
{
    uint64_t thread = host_thread_id();
    struct line *line =
        atomic_load_explicit(&state->begun, memory_order_relaxed) ? take_line(state, thread) : NULL;
    size_t whole = length;
    while (whole && text[whole - 1] != '\n')
        whole--;
    if (line && whole) {
        size_t room = LINE_LIMIT - line->length;
        if (whole <= room) {
            memcpy(line->text + line->length, text, whole);
            machine_log(line->text, line->length + whole);
        } else {
            machine_log(line->text, line->length);
            machine_log(text, whole);
        }
        free(line);
        line = NULL;
    } else if (whole) {
        machine_log(text, whole);
    }
    text += whole;
    length -= whole;
    if (length && !line)
        line = calloc(1, sizeof *line);
    if (!line) {
        if (length)
            machine_log(text, length);
        return;
    }
    line->thread = thread;
    if (length >= LINE_LIMIT - line->length) { /* room for the newline that dbg_stop may add */
        machine_log(line->text, line->length);
        line->length = 0;
    }
    memcpy(line->text + line->length, text, length);
    line->length += length;
    give_line(state, line);
}

/* --- filter --- */

static ULONG level_mask(ULONG Level)
{
    return Level < 32 ? 1u << Level : Level;
}

static ULONG component_index(ULONG ComponentId)
{
    return ComponentId < COMPONENTS ? ComponentId : DPFLTR_DEFAULT_ID;
}

static bool is_wanted(const struct dbgp_state *state, ULONG ComponentId, ULONG Level)
{
    return (atomic_load_explicit(&state->masks[component_index(ComponentId)], memory_order_relaxed) &
            level_mask(Level)) != 0;
}

NTSTATUS DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level)
{
    GATE(DbgQueryDebugFilterState, ComponentId, Level);
    return is_wanted(ntio_machine.dbg, ComponentId, Level);
}

NTSTATUS DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State)
{
    GATE(DbgSetDebugFilterState, ComponentId, Level, State);
    if (ComponentId >= COMPONENTS)
        return STATUS_INVALID_PARAMETER_1;
    if (State)
        atomic_fetch_or(&ntio_machine.dbg->masks[ComponentId], level_mask(Level));
    else
        atomic_fetch_and(&ntio_machine.dbg->masks[ComponentId], ~level_mask(Level));
    return STATUS_SUCCESS;
}

/* --- print --- */

struct printing {
    const char *prefix, *format;
    ULONG component, level, status;
    va_list arguments;
};

static ULONG print_here(const char *prefix, ULONG component, ULONG level, const char *format,
                        va_list arguments)
{
    struct dbgp_state *state = ntio_machine.dbg;
    if (!state)
        return (ULONG)STATUS_DEVICE_NOT_READY;
    if (component != (ULONG)-1 && !is_wanted(state, component, level))
        return STATUS_SUCCESS;
    char text[PRINT_LIMIT + 1];
    size_t length = strlen(prefix);
    if (length > PRINT_LIMIT)
        length = PRINT_LIMIT;
    memcpy(text, prefix, length);
    int rest = rtl_print_utf8(text + length, PRINT_LIMIT + 1 - length, format, arguments);
    if (rest < 0 || (size_t)rest > PRINT_LIMIT - length) { /* cut off, and so that it ends its line */
        length = PRINT_LIMIT;
        text[PRINT_LIMIT - 1] = '\n';
    } else {
        length += (size_t)rest;
    }
    write_text(state, text, length);
    return STATUS_SUCCESS;
}

static void print_there(void *context)
{
    struct printing *p = context;
    p->status = print_here(p->prefix, p->component, p->level, p->format, p->arguments);
}

static void print_on_host_stack(void *context)
{
    KiCallOnHostStack(KiThread, print_there, context);
}

/*
 * The host's library needs more stack than the kernel's print: it runs on the host's. An argument that cannot
 * be read ends the print, and its exception is the status.
 */
static ULONG print(const char *prefix, ULONG component, ULONG level, const char *format, va_list arguments)
{
    struct printing p = {.prefix = prefix, .format = format, .component = component, .level = level};
    va_copy(p.arguments, arguments);
    NTSTATUS status = dbgp_call_guarded(print_on_host_stack, &p);
    va_end(p.arguments);
    return NT_SUCCESS(status) ? p.status : (ULONG)status;
}

ULONG DbgPrint(PCSTR Format, ...)
{
    GATE(DbgPrint, Format);
    va_list arguments;
    va_start(arguments, Format);
    ULONG status = print("", (ULONG)-1, 0, Format, arguments);
    va_end(arguments);
    return status;
}

ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    GATE(DbgPrintEx, ComponentId, Level, Format);
    va_list arguments;
    va_start(arguments, Format);
    ULONG status = print("", ComponentId, Level, Format, arguments);
    va_end(arguments);
    return status;
}

ULONG DbgPrintReturnControlC(PCCH Format, ...)
{
    GATE(DbgPrintReturnControlC, Format);
    va_list arguments;
    va_start(arguments, Format);
    ULONG status = print("", (ULONG)-1, 0, Format, arguments);
    va_end(arguments);
    return status;
}

ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list arglist)
{
    GATE(vDbgPrintEx, ComponentId, Level, Format);
    return print("", ComponentId, Level, Format, arglist);
}

ULONG vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format, va_list arglist)
{
    GATE(vDbgPrintExWithPrefix, Prefix, ComponentId, Level, Format);
    return print(Prefix, ComponentId, Level, Format, arglist);
}
