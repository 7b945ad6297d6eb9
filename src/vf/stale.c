/*
 * Stale output: bytes that a driver declared with Information and never wrote, and more declared than there
 * is room for.
 */
#include "stale.h"

#include <stdio.h>

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

void stale_begin(struct access_request *request)
{
    PIRP irp = request->irp;
    uint8_t *output;
    if (irp->Flags & IRP_BUFFERED_IO && irp->Flags & IRP_INPUT_OPERATION) {
        if (irp->AssociatedIrp.SystemBuffer)
            stale_begin_buffered(request);
    } else if (access_on(ACCESS_STALE_DIRECT) && request->output && (output = direct_output(request))) {
        stale_begin_direct(request, output);
    }
}

/* --- after --- */

void stale_add_run(struct stale_report *report, size_t from, size_t to)
{
    if (report->runs < STALE_SHOWN) {
        report->from[report->runs] = from;
        report->to[report->runs] = to;
    }
    report->runs++;
    report->count += to - from;
}

static void tell(const struct access_request *request, const struct stale_report *report, const void *bytes,
                 size_t declared, const char *what)
{
    char place[200], driver[100], code[64], runs[300];
    size_t length = 0;
    if (!report->runs ||
        !access_first_report(((uintptr_t)request->dispatch ^ (uintptr_t)request->code << 20) +
                             report->from[0]))
        return;
    host_place(request->dispatch, place, sizeof place);
    access_driver_name(request->dispatch, driver, sizeof driver);
    access_describe(request, code, sizeof code);
    for (size_t i = 0; i < report->runs && i < STALE_SHOWN; i++)
        length += (size_t)snprintf(runs + length, sizeof runs - length,
                                   report->to[i] - report->from[i] > 1 ? "%s%zu-%zu" : "%s%zu", i ? ", " : "",
                                   report->from[i], report->to[i] - 1);
    machine_violation("%s declared %zu bytes of output and " STALE_NEVER_WROTE
                      ": offsets %s%s; %s. IRP %p, %s, "
                      "sent to %s",
                      driver, declared, report->count, runs, report->runs > STALE_SHOWN ? ", ..." : "", what,
                      (void *)request->irp, code, place);
    for (size_t i = 0; i < report->runs && i < STALE_SHOWN; i++) {
        size_t length = report->to[i] - report->from[i];
        host_shadow_tell((const uint8_t *)bytes + report->from[i],
                         length < STALE_LOOKED_AT ? length : STALE_LOOKED_AT);
    }
}

void stale_tell_buffered(const struct access_request *request, const struct stale_report *report,
                         const void *bytes, size_t declared)
{
    tell(request, report, bytes, declared, "what the caller gets is old memory of the kernel's");
}

void stale_tell_direct(const struct access_request *request, const struct stale_report *report,
                       const void *bytes, size_t declared)
{
    tell(request, report, bytes, declared, "the caller takes its own old bytes for the answer");
}

static void tell_overrun(const struct access_request *request, ULONG_PTR information)
{
    char place[200], driver[100], code[64];
    if (!access_first_report((uintptr_t)request->dispatch ^ (uintptr_t)request->code << 24))
        return;
    host_place(request->dispatch, place, sizeof place);
    access_driver_name(request->dispatch, driver, sizeof driver);
    access_describe(request, code, sizeof code);
    machine_violation(
        "%s declared %llu bytes of output, but the caller's buffer has %u: the caller believes it. "
        "IRP %p, %s, sent to %s",
        driver, (unsigned long long)information, request->output, (void *)request->irp, code, place);
}

void stale_end(struct access_request *request, NTSTATUS status, ULONG_PTR information, SIZE_T copied)
{
    PIRP irp = request->irp;
    bool buffered = irp->Flags & IRP_BUFFERED_IO && irp->Flags & IRP_INPUT_OPERATION;
    size_t declared = NT_ERROR(status) ? 0 : information < request->output ? information : request->output;
    if (!NT_ERROR(status) && information > request->output && !buffered)
        tell_overrun(request, information); /* of buffered output the I/O manager tells itself */
    if (request->filled && irp->AssociatedIrp.SystemBuffer)
        stale_end_buffered(request, copied);
    if (request->direct)
        stale_end_direct(request, declared);
}
