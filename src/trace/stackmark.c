/*
 * How much of a kernel stack each dispatch routine uses: what lies below is filled with a pattern before the
 * routine is called, and searched for the lowest byte that has changed when it returns. What the routine
 * calls counts, other drivers included; what the observers of the gate use does not, they run on another
 * stack.
 */
#include <ntifs.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ntio/ntio.h>

#include "../ke/ke.h"
#include "describe.h"
#include "stackmark.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RAW __attribute__((no_sanitize("address"), noinline))
#elif defined(HOST_SANITIZED_MEMORY)
#define RAW HOST_BLIND __attribute__((noinline))
#endif
#endif
#ifndef RAW
#define RAW __attribute__((no_sanitize_address, noinline))
#endif

/* Of the stack right below the function that paints, for itself and what it calls. */
#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
#define OWN_FRAMES 1536
#else
#define OWN_FRAMES 512
#endif
#define PATTERN 0xC5C5C5C5C5C5C5C5ull

typedef uint64_t vector __attribute__((vector_size(16), may_alias));

static RAW void paint(uint8_t *from, uint8_t *to)
{
    const vector pattern = {PATTERN, PATTERN};
    for (; from < to; from += sizeof pattern)
        *(volatile vector *)from = pattern;
}

/* The lowest part, of 16 bytes, that is no longer painted. */
static RAW uint8_t *first_used(uint8_t *from, uint8_t *to)
{
    typedef uint64_t word __attribute__((may_alias));
    for (; to - from >= 64; from += 64) {
        const word *w = (const word *)from;
        if ((w[0] ^ PATTERN) | (w[1] ^ PATTERN) | (w[2] ^ PATTERN) | (w[3] ^ PATTERN) | (w[4] ^ PATTERN) |
            (w[5] ^ PATTERN) | (w[6] ^ PATTERN) | (w[7] ^ PATTERN))
            break;
    }
    for (; from < to; from += sizeof(vector)) {
        const word *w = (const word *)from;
        if ((w[0] ^ PATTERN) | (w[1] ^ PATTERN))
            break;
    }
    return from;
}

/* Measured: the most that a driver's routine for a major function used. */
struct mark {
    struct mark *next;
    char driver[64]; /* the service's name in small letters */
    unsigned major;
    size_t most;
};

struct tracep_marks {
    _Atomic unsigned lock;
    struct mark *first;
};

static struct mark *find(const char *driver, unsigned major)
{
    struct mark *mark = ntio_machine.stack_marks->first;
    while (mark && (mark->major != major || strcmp(mark->driver, driver) != 0))
        mark = mark->next;
    return mark;
}

static void name_of(PDRIVER_OBJECT driver, char *name, size_t size)
{
    /* The last component: the service's name. */
    const WCHAR *text = driver->DriverName.Buffer;
    size_t length = text ? driver->DriverName.Length / sizeof(WCHAR) : 0, first = 0, i;
    for (i = 0; i < length; i++)
        if (text[i] == '\\')
            first = i + 1;
    for (i = 0; first + i < length && i < size - 1; i++)
        name[i] =
            (char)(text[first + i] >= 'A' && text[first + i] <= 'Z' ? text[first + i] + 32 : text[first + i]);
    name[i] = 0;
}

static void record(const struct ki_activation *activation, size_t used)
{
    struct tracep_marks *marks = ntio_machine.stack_marks;
    char name[64];
    name_of(activation->driver, name, sizeof name);
    ki_lock(&marks->lock);
    struct mark *mark = find(name, activation->major);
    if (!mark && (mark = calloc(1, sizeof *mark))) {
        memcpy(mark->driver, name, sizeof mark->driver);
        mark->major = activation->major;
        mark->next = marks->first;
        marks->first = mark;
    }
    if (mark && used > mark->most)
        mark->most = used;
    ki_unlock(&marks->lock);
}

static void begin(struct ki_stack *stack, uint8_t *entry, PDEVICE_OBJECT device, PIO_STACK_LOCATION location)
{
    uint8_t *here = (uint8_t *)((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)15) - OWN_FRAMES;
    while (stack->depth && stack->activations[stack->depth - 1].entry <= entry)
        stack->depth--; /* an exception left it */
    if (stack->depth == KI_ACTIVATIONS || here <= stack->limit)
        return;
    uint8_t *used = first_used(stack->limit, here);
    if (stack->depth && used < stack->activations[stack->depth - 1].lowest)
        stack->activations[stack->depth - 1].lowest = used;
    stack->activations[stack->depth++] =
        (struct ki_activation){entry, here, device->DriverObject, location->MajorFunction};
    paint(used, here); /* below it is as it was painted the last time */
}

static void end(struct ki_stack *stack, uint8_t *entry)
{
    while (stack->depth && stack->activations[stack->depth - 1].entry < entry)
        stack->depth--;
    if (!stack->depth || stack->activations[stack->depth - 1].entry != entry)
        return;
    struct ki_activation done = stack->activations[--stack->depth];
    uint8_t *used = first_used(stack->limit, done.lowest);
    record(&done, (size_t)(entry - used));
    if (stack->depth && used < stack->activations[stack->depth - 1].lowest)
        stack->activations[stack->depth - 1].lowest = used;
}

void trace_mark_stack(enum gate_note note, void *entry, const uintptr_t args[4])
{
    PKTHREAD thread = KiThread;
    struct ki_stack *stack = thread ? thread->Stack : NULL;
    if (!stack || !ntio_machine.stack_marks)
        return;
    if (note == NOTE_IRP_DISPATCH)
        begin(stack, entry, (PDEVICE_OBJECT)args[0], (PIO_STACK_LOCATION)args[2]);
    else if (note == NOTE_IRP_DISPATCHED)
        end(stack, entry);
}

/* --- reading them --- */

NTIO_API size_t ntio_stack_used(const char *driver, unsigned major)
{
    struct tracep_marks *marks = ntio_machine.stack_marks;
    char name[64];
    size_t i, used;
    if (!marks || !driver)
        return 0;
    for (i = 0; driver[i] && i < sizeof name - 1; i++)
        name[i] = (char)(driver[i] >= 'A' && driver[i] <= 'Z' ? driver[i] + 32 : driver[i]);
    name[i] = 0;
    ki_lock(&marks->lock);
    struct mark *mark = find(name, major);
    used = mark ? mark->most : 0;
    ki_unlock(&marks->lock);
    return used;
}

void trace_start_marks(void)
{
    if (ntio_machine.kernel_stacks)
        ntio_machine.stack_marks = calloc(1, sizeof *ntio_machine.stack_marks);
}

/* What was measured goes to the log when the machine stops in order. */
void trace_stop_marks(void)
{
    struct tracep_marks *marks = ntio_machine.stack_marks;
    bool tell = !(gate_watched() & WATCH_CRASHED);
    if (!marks)
        return;
    ntio_machine.stack_marks = NULL;
    for (struct mark *mark = marks->first, *next; mark; mark = next) {
        next = mark->next;
        if (tell) {
            char text[192];
            int length =
                snprintf(text, sizeof text, "ntio: stack: %s %s used %zu of %zu bytes\n", mark->driver,
                         describe_major((UCHAR)mark->major), mark->most, ntio_machine.kernel_stacks);
            machine_log(text, (size_t)length);
        }
        free(mark);
    }
    free(marks);
}
