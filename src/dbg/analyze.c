/*
 * A bug check's report, in the manner of !analyze -v: the code by name, its parameters explained, the driver
 * whose fault it is, the IRPs of the thread with their stack locations, and the host's call stack.
 *
 * Nothing here may fault or wait: the machine has stopped, perhaps because its structures are broken.
 */
#include <ntifs.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../components.h"
#include "../host/host.h"
#include "../io/io.h"
#include "../ke/ke.h"
#include "../mm/mm.h"
#include "../ps/ps.h"
#include "../trace/describe.h"

struct report {
    char *text;
    size_t size, length;
};

static __attribute__((format(printf, 2, 3))) void add(struct report *report, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int more = vsnprintf(report->text + report->length, report->size - report->length, format, list);
    va_end(list);
    if (more > 0)
        report->length += (size_t)more;
    if (report->length >= report->size)
        report->length = report->size - 1;
}

/* A copy of a kernel structure, or false when its memory cannot be read. */
static bool peek(void *copy, const void *address, size_t size)
{
    return MmIsKernelAddress(address) && host_peek(copy, address, size);
}

static void add_parameters(struct report *report, const struct machine_crash *crash)
{
    const struct ki_bug_code *known = KiFindBugCode(crash->code);
    add(report, "*** STOP: %s (0x%X)\n", known ? known->name : "unknown bug check", crash->code);
    if (known && known->text)
        add(report, "%s\n", known->text);
    add(report, "Arguments:\n");
    for (int i = 0; i < 4; i++) {
        const char *fill = KiDescribeFill(crash->parameters[i]);
        add(report, "  Arg%d: %016llx  %s%s%s\n", i + 1, (unsigned long long)crash->parameters[i],
            known && known->parameters[i] ? known->parameters[i] : "", fill ? ": " : "", fill ? fill : "");
    }
    const char *rule = KiFindBugRule(crash->code, crash->parameters);
    if (rule)
        add(report, "RULE:    %s\n", rule);
}

enum { INNERMOST = 24, OUTERMOST = 8, FRAMES = 512 };

struct call_stack {
    void *frames[FRAMES];
    const void *at[FRAMES];
    int count;
    int first; /* that the report shows */
    int fault; /* whose callee the fault was in; -1: there was none */
};

/* Of a call that returns there, or just behind it when the call does not return; -1: of none. */
static int frame_of(const struct call_stack *stack, const void *address)
{
    for (int i = 0; i < stack->count; i++)
        if (stack->frames[i] == address || (const char *)stack->frames[i] - 1 == (const char *)address)
            return i;
    return -1;
}

/* Of the function in which the fault was that is reported; NULL: it is none. */
static const void *fault_frame(const struct machine_crash *crash)
{
    const struct ke_seh *seh = KiThread ? &KiThread->Seh : NULL;
    return seh && (crash->caller == seh->FaultPc || crash->caller == seh->Site) ? seh->FaultFrame : NULL;
}

/* The call of the function with that frame; -1: it is not among them. */
static int frame_at(const struct call_stack *stack, const void *frame)
{
    for (int i = 0; i < stack->count; i++)
        if (stack->at[i] == frame)
            return i;
    return -1;
}

static void collect(struct call_stack *stack, const struct machine_crash *crash)
{
    const void *fault = fault_frame(crash);
    stack->count = host_frames(NULL, stack->frames, stack->at, FRAMES);
    /* A sanitizer that stands between a signal and its handler keeps no frame pointers: there the walk ends.
     */
    if (fault && frame_at(stack, fault) < 0)
        stack->count = host_frames(fault, stack->frames, stack->at, FRAMES);
}

/* How the report came about is nobody's question: the frames begin with the routine that the blamed one
 * called. */
static void find_first(struct call_stack *stack, const struct machine_crash *crash)
{
    int caller = frame_of(stack, crash->caller);
    const void *fault = fault_frame(crash);
    stack->fault = caller < 0 && crash->caller && fault ? frame_at(stack, fault) : -1;
    stack->first = caller > 0 ? caller - 1 : stack->fault >= 0 ? stack->fault : 0;
    for (int i = 0; i < stack->count && i < 16 && caller <= 0 && stack->fault < 0; i++) {
        char text[256];
        host_symbol((char *)stack->frames[i] - 1, text, sizeof text);
        if (strncmp(text, "KiBugCheck+", 11) == 0) {
            stack->first = i + 1;
            return;
        }
    }
}

/*
 * The caller is a fault's instruction, or where a call returns to: that line may be the next one. Where it
 * lies in the system itself, it is the driver that called it who is asked.
 */
static void add_blame(struct report *report, const struct machine_crash *crash,
                      const struct call_stack *stack)
{
    char text[256];
    const void *caller = crash->caller;
    bool returns = frame_of(stack, caller) >= 0;
    if (!caller)
        return;
    for (int i = stack->first; i < stack->count && !mm_image_owner(caller); i++) {
        if (!mm_image_owner(stack->frames[i]))
            continue;
        caller = stack->frames[i];
        returns = true;
    }
    PDRIVER_OBJECT driver = mm_image_owner(caller);
    if (driver)
        add(report, "DRIVER:  %s\n", describe_driver(driver, text, sizeof text));
    if (returns)
        host_call_site(caller, text, sizeof text);
    else
        host_place(caller, text, sizeof text);
    add(report, "AT:      %s\n", text);
}

/* What an exception that nobody handled was: the parameters tell its code at most. */
static void add_exception(struct report *report, const struct machine_crash *crash)
{
    char text[64];
    const EXCEPTION_RECORD *record = KiThread ? &KiThread->Seh.Record : NULL;
    bool tells = crash->code == SYSTEM_SERVICE_EXCEPTION || crash->code == KMODE_EXCEPTION_NOT_HANDLED ||
                 crash->code == SYSTEM_THREAD_EXCEPTION_NOT_HANDLED;
    if (!tells || !record || (uint32_t)record->ExceptionCode != (uint32_t)crash->parameters[0])
        return;
    add(report, "RAISED:  %s", describe_status(record->ExceptionCode, text, sizeof text));
    if (record->ExceptionCode == STATUS_ACCESS_VIOLATION && record->NumberParameters == 2)
        add(report, ", %s the address %016llx",
            record->ExceptionInformation[0] == 1   ? "writing to"
            : record->ExceptionInformation[0] == 8 ? "calling"
                                                   : "reading from",
            (unsigned long long)record->ExceptionInformation[1]);
    add(report, "\n");
}

static PEPROCESS process_of(PETHREAD thread)
{
    return thread->AttachedProcess ? thread->AttachedProcess : thread->Process;
}

/* An address of a process's memory that another one's thread fell over. */
static void add_owner(struct report *report, const struct machine_crash *crash)
{
    PETHREAD thread = (PETHREAD)KiThread;
    if (!thread || !atomic_load(&ntio_machine.contexts))
        return;
    const EXCEPTION_RECORD *record = &thread->Tcb.Seh.Record;
    bool first = crash->code == DRIVER_IRQL_NOT_LESS_OR_EQUAL || crash->code == IRQL_NOT_LESS_OR_EQUAL;
    ULONG_PTR address = first ? crash->parameters[0]
                        : record->ExceptionCode == STATUS_ACCESS_VIOLATION && record->NumberParameters == 2
                            ? record->ExceptionInformation[1]
                            : 0;
    EPROCESS owner, here;
    if (!peek(&owner, MmOwnerOf((void *)address), sizeof owner) ||
        !peek(&here, process_of(thread), sizeof here))
        return;
    bool in_dpc = thread->Tcb.InDpc;
    if (!in_dpc && owner.UniqueProcessId == here.UniqueProcessId)
        return;
    add(report, "MEMORY:  %p is process %llu's (%.15s); the thread is in ", (void *)address,
        (unsigned long long)(ULONG_PTR)owner.UniqueProcessId, owner.ImageName);
    if (in_dpc)
        add(report, "nobody's context: a DPC\n");
    else
        add(report, "the context of process %llu (%.15s)\n",
            (unsigned long long)(ULONG_PTR)here.UniqueProcessId, here.ImageName);
}

static void add_memory(struct report *report, const struct machine_crash *crash)
{
    char text[700];
    if ((crash->code == PAGE_FAULT_IN_NONPAGED_AREA || crash->code == ATTEMPTED_WRITE_TO_READONLY_MEMORY ||
         crash->code == DRIVER_IRQL_NOT_LESS_OR_EQUAL || crash->code == IRQL_NOT_LESS_OR_EQUAL) &&
        MmDescribeBadAddress((const void *)(uintptr_t)crash->parameters[0], text, sizeof text))
        add(report, "MEMORY:  %s\n", text);
}

/* The codes with an IRP among their parameters. Those of others may point into a stack, where anything looks
 * like one. */
static bool tells_irp(uint32_t code)
{
    return code == NO_MORE_IRP_STACK_LOCATIONS || code == MULTIPLE_IRP_COMPLETE_REQUESTS ||
           code == CANCEL_STATE_IN_COMPLETED_IRP || code == DRIVER_VERIFIER_IOMANAGER_VIOLATION ||
           code == DRIVER_VERIFIER_DETECTED_VIOLATION;
}

static bool looks_like_irp(const IRP *irp, const void *address)
{
    return irp->Type == IO_TYPE_IRP && !((uintptr_t)address & 7) && irp->StackCount >= 0 &&
           irp->StackCount <= 64 && irp->CurrentLocation >= 0 &&
           irp->CurrentLocation <= irp->StackCount + 2 &&
           irp->Size >= sizeof(IRP) + (size_t)irp->StackCount * sizeof(IO_STACK_LOCATION);
}

static void add_irp(struct report *report, PIRP address)
{
    IRP irp;
    char text[256];
    if (!peek(&irp, address, sizeof irp) || !looks_like_irp(&irp, address))
        return;
    add(report, "IRP %p: %d stack locations, current %d, %s, Information %llu%s%s\n", (void *)address,
        irp.StackCount, irp.CurrentLocation, describe_status(irp.IoStatus.Status, text, sizeof text),
        (unsigned long long)irp.IoStatus.Information, irp.PendingReturned ? ", pending returned" : "",
        irp.Cancel ? ", cancelled" : "");
    for (int i = irp.StackCount; i >= 1; i--) {
        IO_STACK_LOCATION location;
        if (!peek(&location, (PIO_STACK_LOCATION)(address + 1) + i - 1, sizeof location))
            return;
        DEVICE_OBJECT device;
        bool has_device =
            peek(&device, location.DeviceObject, sizeof device) && device.Type == IO_TYPE_DEVICE;
        if (!has_device && location.MajorFunction == 0 && location.CompletionRoutine == NULL)
            continue;
        describe_request(&irp, &location, text, sizeof text);
        add(report, "  %c%2d  %s", i == irp.CurrentLocation ? '>' : ' ', i, text);
        if (has_device)
            add(report, "  on %s", describe_device(location.DeviceObject, text, sizeof text));
        add(report, "\n");
    }
}

static void add_irps(struct report *report, const struct machine_crash *crash)
{
    PETHREAD thread = (PETHREAD)KiThread;
    PIRP shown = NULL;
    for (int i = 0; i < 4 && !shown && tells_irp(crash->code); i++) {
        IRP irp;
        if (peek(&irp, (void *)(uintptr_t)crash->parameters[i], sizeof irp) &&
            looks_like_irp(&irp, (void *)(uintptr_t)crash->parameters[i])) {
            shown = (PIRP)(uintptr_t)crash->parameters[i];
            add_irp(report, shown);
        }
    }
    if (!thread || !thread->IrpList.Flink)
        return;
    PIRP current = IopCurrentIrp(thread);
    if (current && current != shown)
        add_irp(report, current);
    int most = 4;
    for (LIST_ENTRY *entry = thread->IrpList.Flink; entry != &thread->IrpList && most-- > 0;) {
        LIST_ENTRY copy;
        if (!peek(&copy, entry, sizeof copy))
            return;
        PIRP irp = CONTAINING_RECORD(entry, IRP, ThreadListEntry);
        if (irp != shown)
            add_irp(report, irp);
        entry = copy.Flink;
    }
}

/* Where the thread stands on a kernel stack: how many bytes of it the frame is, up to its caller's. */
static void add_frame_size(struct report *report, const void *frame, const void *next)
{
    const uint8_t *low = KiThread->Stack->low, *base = KiThread->Stack->base;
    if ((const uint8_t *)frame < low || (const uint8_t *)next <= (const uint8_t *)frame ||
        (const uint8_t *)next > base)
        add(report, "        ");
    else
        add(report, " %6zu ", (size_t)((const uint8_t *)next - (const uint8_t *)frame));
}

static bool is_same_function(const void *address, const void *other)
{
    char text[256], other_text[256];
    host_symbol(address, text, sizeof text);
    host_symbol(other, other_text, sizeof other_text);
    size_t length = strcspn(text, "+");
    return length == strcspn(other_text, "+") && !memcmp(text, other_text, length);
}

/* A function that calls nobody, or has not made its frame yet, has its caller in the link register alone. */
static bool has_caller_in_link(const struct call_stack *stack, const struct machine_crash *crash)
{
    const char *link = KiThread->Seh.FaultLink;
    return link && link != crash->caller && link != stack->frames[stack->first] &&
           !is_same_function(link - 1, KiThread->Seh.FaultPc);
}

static void add_stack(struct report *report, const struct machine_crash *crash,
                      const struct call_stack *stack)
{
    bool sizes = KiThread && KiThread->Stack;
    int count = stack->count, first = stack->first, line = 0;
    char text[256];
    add(report, "STACK:\n");
    if (sizes)
        add(report, "  #    bytes  of the kernel stack %p..%p\n", (void *)KiThread->Stack->limit,
            (void *)KiThread->Stack->base);
    if (stack->fault >= 0) {
        host_place(KiThread->Seh.FaultPc, text, sizeof text);
        add(report, "  %2d%s  %s\n", line++, sizes ? "        " : "", text);
        if (crash->caller != KiThread->Seh.FaultPc) {
            host_call_site(crash->caller, text, sizeof text);
            add(report, "  %2d%s  %s\n", line++, sizes ? "        " : "", text);
        }
        if (has_caller_in_link(stack, crash)) {
            host_call_site(KiThread->Seh.FaultLink, text, sizeof text);
            add(report, "  %2d%s  %s\n", line++, sizes ? "        " : "", text);
        }
    }
    for (int i = first; i < count; i++) {
        if (i == first + INNERMOST && count > i + OUTERMOST) {
            add(report, "  ... %d more ...\n", count - OUTERMOST - i);
            line += count - OUTERMOST - i;
            i = count - OUTERMOST;
        }
        host_call_site(stack->frames[i], text, sizeof text);
        add(report, "  %2d", line++);
        if (sizes)
            add_frame_size(report, stack->at[i], i + 1 < count ? stack->at[i + 1] : NULL);
        add(report, "  %s\n", text);
    }
}

static size_t report_crash(const struct machine_crash *crash, char *text, size_t size)
{
    struct report report = {text, size, 0};
    struct call_stack stack;
    PKTHREAD thread = KiThread;
    collect(&stack, crash);
    find_first(&stack, crash);
    add(&report, "\n");
    add_parameters(&report, crash);
    add_exception(&report, crash);
    add_blame(&report, crash, &stack);
    if (thread)
        add(&report, "THREAD:  IRQL %u, previous mode %s\n", thread->Irql,
            thread->PreviousMode == KernelMode ? "kernel" : "user");
    add_owner(&report, crash);
    add_memory(&report, crash);
    add_irps(&report, crash);
    add_stack(&report, crash, &stack);
    return report.length;
}

void analyze_start(void)
{
    ntio_machine.reporter = report_crash;
}

void analyze_stop(void)
{
    ntio_machine.reporter = NULL;
}
