/*
 * Output that was never written, by a pattern that differs from byte to byte and from request to request;
 * where it still stands the byte was not written.
 *
 * A driver may write a byte that happens to be the pattern's. So a run of four is reported at once, and a
 * shorter one when the same hole has shown in as many requests as make four bytes together.
 */
#include "stale.h"

#ifndef HOST_SANITIZED_MEMORY

#include <stdlib.h>
#include <string.h>

#define STALE_SURE  4u
#define STALE_HOLES 512u

struct stale_hole {
    const void *dispatch; /* with what follows: whose */
    ULONG code;
    ULONG offset, length, matched;
};

/* Of no common value: neither 0 nor 0xFF. */
static uint8_t pattern(const struct access_request *request, size_t offset)
{
    uint64_t x = request->serial * 0x9E3779B97F4A7C15ull + offset * 0xD1B54A32D192ED03ull;
    x = (x ^ x >> 32) * 0xBF58476D1CE4E5B9ull;
    return (uint8_t)(1 + (x >> 40) % 254);
}

static void fill(const struct access_request *request, uint8_t *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        bytes[i] = pattern(request, i);
}

void stale_begin_buffered(struct access_request *request)
{
    if (request->output <= request->input)
        return;
    fill(request, request->irp->AssociatedIrp.SystemBuffer, request->input, request->output);
    request->filled = true;
}

void stale_begin_direct(struct access_request *request, uint8_t *output)
{
    uint8_t *filled = malloc(request->output);
    request->before = malloc(request->output);
    if (request->before && filled &&
        NT_SUCCESS(MmCopyFromMode(request->before, output, request->output, UserMode))) {
        fill(request, filled, 0, request->output);
        if (NT_SUCCESS(MmCopyToMode(output, filled, request->output, UserMode)))
            request->direct = output;
    }
    free(filled);
}

static bool is_pattern(const struct access_request *request, const uint8_t *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (bytes[i] != pattern(request, i))
            return false;
    return true;
}

static bool is_of(const struct stale_hole *hole, const struct access_request *request)
{
    return hole->dispatch == request->dispatch && hole->code == request->code;
}

/* A hole in which something was written this time is none. */
static void forget_holes(const struct access_request *request, const uint8_t *bytes, size_t length)
{
    struct accessp_state *state = access_state();
    unsigned kept = 0;
    for (unsigned i = 0; i < state->hole_count; i++) {
        const struct stale_hole *hole = &state->holes[i];
        bool none = is_of(hole, request) && hole->offset + hole->length <= length &&
                    !is_pattern(request, bytes, hole->offset, hole->offset + hole->length);
        if (!none)
            state->holes[kept++] = *hole;
    }
    state->hole_count = kept;
}

/* True when the short run is a hole beyond doubt. */
static bool is_sure_hole(const struct access_request *request, size_t from, size_t to)
{
    struct accessp_state *state = access_state();
    if (!state->holes)
        state->holes = calloc(STALE_HOLES, sizeof state->holes[0]);
    for (unsigned i = 0; i < state->hole_count; i++) {
        struct stale_hole *hole = &state->holes[i];
        if (!is_of(hole, request) || hole->offset != from || hole->length > to - from)
            continue;
        hole->matched += hole->length;
        return hole->matched >= STALE_SURE;
    }
    if (state->holes && state->hole_count < STALE_HOLES)
        state->holes[state->hole_count++] = (struct stale_hole){request->dispatch, request->code, (ULONG)from,
                                                                (ULONG)(to - from), (ULONG)(to - from)};
    return false;
}

static struct stale_report find_runs(const struct access_request *request, const uint8_t *bytes, size_t from,
                                     size_t to)
{
    struct stale_report report = {0};
    ki_lock(&access_state()->lock);
    forget_holes(request, bytes, to);
    for (size_t i = from; i < to;) {
        size_t end = i;
        while (end < to && bytes[end] == pattern(request, end))
            end++;
        if (end > i && (end - i >= STALE_SURE || is_sure_hole(request, i, end)))
            stale_add_run(&report, i, end);
        i = end + 1;
    }
    ki_unlock(&access_state()->lock);
    return report;
}

void stale_end_buffered(const struct access_request *request, size_t copied)
{
    const uint8_t *bytes = request->irp->AssociatedIrp.SystemBuffer;
    if (copied <= request->input)
        return;
    struct stale_report report = find_runs(request, bytes, request->input, copied);
    stale_tell_buffered(request, &report, bytes, copied);
}

/* Gives the client back what stood where nothing was written. */
static void restore(const struct access_request *request, uint8_t *bytes)
{
    for (size_t i = 0; i < request->output;) {
        size_t end = i;
        while (end < request->output && bytes[end] == pattern(request, end))
            end++;
        if (end - i >= STALE_SURE || (end > i && end == request->output))
            (void)MmCopyToMode(request->direct + i, request->before + i, end - i, UserMode);
        i = end + 1;
    }
}

void stale_end_direct(const struct access_request *request, size_t declared)
{
    uint8_t *bytes = malloc(request->output);
    if (bytes && NT_SUCCESS(MmCopyFromMode(bytes, request->direct, request->output, UserMode))) {
        struct stale_report report = find_runs(request, bytes, 0, declared);
        restore(request, bytes);
        stale_tell_direct(request, &report, bytes, declared);
    }
    free(bytes);
}

void stale_stop(void)
{
    free(access_state()->holes);
    access_state()->holes = NULL;
}

#endif
