/*
 * Output that was never written, with MemorySanitizer: its shadow knows of each byte whether it was. What was
 * copied there from pool or a local that was never written counts as little.
 */
#include "stale.h"

#ifdef HOST_SANITIZED_MEMORY

#include <stdlib.h>

void stale_begin_buffered(struct access_request *request)
{
    uint8_t *bytes = request->irp->AssociatedIrp.SystemBuffer;
    if (request->output > request->input)
        host_shadow_new(bytes + request->input, request->output - request->input);
    request->filled = true;
}

/* The copy keeps what the shadow was. */
void stale_begin_direct(struct access_request *request, uint8_t *output)
{
    request->before = MmIsUserRange(output, request->output) ? malloc(request->output) : NULL;
    if (!request->before || !host_copy(request->before, output, request->output, NULL))
        return;
    host_shadow_new(output, request->output);
    request->direct = output;
}

static struct stale_report find_runs(const uint8_t *bytes, size_t size)
{
    struct stale_report report = {0};
    for (size_t from = 0, end; from < size; from = end) {
        intptr_t hole = host_shadow_hole(bytes + from, size - from);
        if (hole < 0)
            break;
        for (end = from += (size_t)hole; end < size && host_shadow_hole(bytes + end, 1) == 0;)
            end++;
        stale_add_run(&report, from, end);
    }
    return report;
}

/* Told once is enough: to the client it is written. */
void stale_end_buffered(const struct access_request *request, size_t copied)
{
    const uint8_t *bytes = request->irp->AssociatedIrp.SystemBuffer;
    struct stale_report report = find_runs(bytes, copied);
    stale_tell_buffered(request, &report, bytes, copied);
    if (report.runs)
        host_shadow_written(request->irp->UserBuffer, copied);
}

void stale_end_direct(const struct access_request *request, size_t declared)
{
    const uint8_t *bytes = request->direct;
    struct stale_report report = find_runs(bytes, declared);
    stale_tell_direct(request, &report, bytes, declared);
    for (size_t i = 0; i < request->output; i++)
        if (host_shadow_hole(bytes + i, 1) == 0)
            host_shadow_copied(bytes + i, request->before + i, 1);
}

void stale_stop(void)
{
}

#endif
