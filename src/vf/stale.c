/*
 * Stale output: bytes that a driver declared with Information and never wrote. What it should write is filled
 * with a pattern that differs from byte to byte and from request to request; where it still stands the byte
 * was not written.
 *
 * A driver may write a byte that happens to be the pattern's. So a run of four is reported at once, and a
 * shorter one when the same hole has shown in as many requests as make four bytes together.
 */
#include "accessp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STALE_SURE  4u
#define STALE_HOLES 512u
#define STALE_SHOWN 8

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

/* --- before --- */

static uint8_t *direct_output(const struct access_request *request)
{
    PIRP irp = request->irp;
    if (irp->Flags & IRP_BUFFERED_IO && irp->Flags & IRP_INPUT_OPERATION)
        return NULL;
    if (request->major != IRP_MJ_READ && request->major != IRP_MJ_DEVICE_CONTROL &&
        request->major != IRP_MJ_FILE_SYSTEM_CONTROL)
        return NULL;
    if (irp->MdlAddress)
        return irp->MdlAddress->MdlFlags & MDL_WRITE_OPERATION ? MmGetMdlVirtualAddress(irp->MdlAddress)
                                                               : NULL;
    bool neither = request->major == IRP_MJ_READ || METHOD_FROM_CTL_CODE(request->code) == METHOD_NEITHER;
    return neither ? irp->UserBuffer : NULL;
}

static void fill_direct(struct access_request *request)
{
    uint8_t *output = direct_output(request), *filled = NULL;
    if (!output || !request->output)
        return;
    request->before = malloc(request->output);
    filled = malloc(request->output);
    if (request->before && filled &&
        NT_SUCCESS(MmCopyFromMode(request->before, output, request->output, UserMode))) {
        fill(request, filled, 0, request->output);
        if (NT_SUCCESS(MmCopyToMode(output, filled, request->output, UserMode)))
            request->direct = output;
    }
    free(filled);
}

void stale_begin(struct access_request *request)
{
    PIRP irp = request->irp;
    bool buffered = irp->Flags & IRP_BUFFERED_IO && irp->Flags & IRP_INPUT_OPERATION;
    if (buffered && irp->AssociatedIrp.SystemBuffer && request->output > request->input) {
        fill(request, irp->AssociatedIrp.SystemBuffer, request->input, request->output);
        request->filled = true;
    } else if (access_on(ACCESS_STALE_DIRECT)) {
        fill_direct(request);
    }
}

/* --- after --- */

struct stale_report {
    size_t count, runs;
    size_t from[STALE_SHOWN], to[STALE_SHOWN];
};

static void add_run(struct stale_report *report, size_t from, size_t to)
{
    if (report->runs < STALE_SHOWN) {
        report->from[report->runs] = from;
        report->to[report->runs] = to;
    }
    report->runs++;
    report->count += to - from;
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
            add_run(&report, i, end);
        i = end + 1;
    }
    ki_unlock(&access_state()->lock);
    return report;
}

static void tell(const struct access_request *request, const struct stale_report *report, size_t declared,
                 const char *what)
{
    char place[200], driver[100], code[64], runs[300];
    size_t length = 0;
    if (!report->runs ||
        !access_first_report(((uintptr_t)request->dispatch ^ (uintptr_t)request->code << 20) +
                             report->from[0]))
        return;
    host_symbol(request->dispatch, place, sizeof place);
    access_driver_name(request->dispatch, driver, sizeof driver);
    access_describe(request, code, sizeof code);
    for (size_t i = 0; i < report->runs && i < STALE_SHOWN; i++)
        length += (size_t)snprintf(runs + length, sizeof runs - length,
                                   report->to[i] - report->from[i] > 1 ? "%s%zu-%zu" : "%s%zu", i ? ", " : "",
                                   report->from[i], report->to[i] - 1);
    machine_violation(
        "%s declared %zu bytes of output and never wrote %zu of them: offsets %s%s; %s. IRP %p, %s, "
        "sent to %s",
        driver, declared, report->count, runs, report->runs > STALE_SHOWN ? ", ..." : "", what,
        (void *)request->irp, code, place);
}

static void tell_overrun(const struct access_request *request, ULONG_PTR information)
{
    char place[200], driver[100], code[64];
    if (!access_first_report((uintptr_t)request->dispatch ^ (uintptr_t)request->code << 24))
        return;
    host_symbol(request->dispatch, place, sizeof place);
    access_driver_name(request->dispatch, driver, sizeof driver);
    access_describe(request, code, sizeof code);
    machine_violation(
        "%s declared %llu bytes of output, but the caller's buffer has %u: the caller believes it. "
        "IRP %p, %s, sent to %s",
        driver, (unsigned long long)information, request->output, (void *)request->irp, code, place);
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

static void end_direct(const struct access_request *request, size_t declared)
{
    uint8_t *bytes = malloc(request->output);
    if (bytes && NT_SUCCESS(MmCopyFromMode(bytes, request->direct, request->output, UserMode))) {
        struct stale_report report = find_runs(request, bytes, 0, declared);
        restore(request, bytes);
        tell(request, &report, declared, "the caller takes its own old bytes for the answer");
    }
    free(bytes);
}

void stale_end(struct access_request *request, NTSTATUS status, ULONG_PTR information, SIZE_T copied)
{
    PIRP irp = request->irp;
    bool buffered = irp->Flags & IRP_BUFFERED_IO && irp->Flags & IRP_INPUT_OPERATION;
    size_t declared = NT_ERROR(status) ? 0 : information < request->output ? information : request->output;
    if (!NT_ERROR(status) && information > request->output && !buffered)
        tell_overrun(request, information); /* of buffered output the I/O manager tells itself */
    if (request->filled && irp->AssociatedIrp.SystemBuffer && copied > request->input) {
        struct stale_report report =
            find_runs(request, irp->AssociatedIrp.SystemBuffer, request->input, copied);
        tell(request, &report, copied, "what the caller gets is old memory of the kernel's");
    }
    if (request->direct)
        end_direct(request, declared);
}

void stale_stop(void)
{
    free(access_state()->holes);
    access_state()->holes = NULL;
}
