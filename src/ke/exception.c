/*
 * Structured exceptions: how they are raised, faults of the host among them, and the search for a handler.
 */
#include "exception.h"
#include "../mm/mm.h"

#include <bugcodes.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the search --- */

BOOLEAN KiIsInTry(PKTHREAD thread)
{
    return ki_seh_find(thread, thread->SehTop) != NULL;
}

/* WDK: "Bug Check 0x3B", "0x7E", "0x1E": which one depends on whose handler stands at the bottom of the
 * stack. */
static _Noreturn void unhandled(PKTHREAD thread, const EXCEPTION_RECORD *record)
{
    ULONG code = (ULONG)record->ExceptionCode;
    ULONG_PTR address = (ULONG_PTR)record->ExceptionAddress;
    /* A call that does not return may be its function's last instruction. */
    const char *where = record->ExceptionAddress;
    if (record->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
        where--;
    else if (thread->Seh.Site)
        where = thread->Seh.Site;
    if (!thread->InKernel && !thread->InDpc) {
        char place[160], text[256];
        host_place(where, place, sizeof place);
        int length =
            snprintf(text, sizeof text, "ntio: unhandled exception %08X in the client at %s\n", code, place);
        machine_log(text, (size_t)length);
        host_abort();
    }
    if (thread->InDpc)
        KiBugCheck(KMODE_EXCEPTION_NOT_HANDLED, code, address, record->ExceptionInformation[0],
                   record->ExceptionInformation[1], where);
    if (thread->PreviousMode == UserMode)
        KiBugCheck(SYSTEM_SERVICE_EXCEPTION, code, address, (ULONG_PTR)thread->Seh.Context, 0, where);
    KiBugCheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, code, address, (ULONG_PTR)record,
               (ULONG_PTR)thread->Seh.Context, where);
}

void KiSetClientFilters(ke_client_filter *first, ke_client_filter *last)
{
    atomic_store(&kip()->first_filter, first);
    atomic_store(&kip()->last_filter, last);
}

/* One of the two: the first is asked before all frames, the last behind them. */
static bool client_continues(PKTHREAD thread, struct ki_seh_search *search, ke_client_filter *filter)
{
    if (!filter || ki_seh_level(thread) != 0)
        return false;
    thread->Seh.Search = search;
    LONG disposition = filter(&search->pointers);
    thread->Seh.Search = search->outer;
    return disposition < 0;
}

static void note(PKTHREAD thread, const EXCEPTION_RECORD *record, const CONTEXT *context, const void *site)
{
    thread->Seh.Record = *record;
    thread->Seh.Site = site;
    memcpy(thread->Seh.Context, context, sizeof thread->Seh.Context);
}

/* Each filter that is asked about an exception raises another one, which it is asked about. On NT that ends
 * with the stack. */
static _Noreturn void out_of_stack(PKTHREAD thread, EXCEPTION_RECORD *record)
{
    static const char text[] = "ntio: a filter raises an exception whenever it is asked about one\n";
    machine_log(text, sizeof text - 1);
    if (ki_seh_level(thread) != 0)
        KiBugCheck(UNEXPECTED_KERNEL_MODE_TRAP, 8, (ULONG_PTR)thread->Seh.Context,
                   thread->Seh.Context[KI_CONTEXT_RSP], thread->Seh.Context[KI_CONTEXT_RIP],
                   thread->Seh.Site ? thread->Seh.Site : record->ExceptionAddress);
    record->ExceptionCode = STATUS_STACK_OVERFLOW;
    unhandled(thread, record);
}

/*
 * The search on NT: filters from the innermost frame outwards; the first that wants the exception has
 * everything inside of it left. Returns when one wants the execution to go on.
 */
static void search_frames(PKTHREAD thread, EXCEPTION_RECORD *record, CONTEXT *context, const void *site)
{
    struct ki_seh_search search = {
        .outer = thread->Seh.Search,
        .pointers = {record, context},
        .depth = thread->SehTop ? thread->SehTop->depth : 0,
        .nesting = thread->Seh.Search ? thread->Seh.Search->nesting + 1 : 0,
    };
    if (search.nesting == KI_SEH_NESTING) {
        note(thread, record, context, site);
        out_of_stack(thread, record);
    }
    if (client_continues(thread, &search, atomic_load(&kip()->first_filter)))
        return;
    for (struct ntio_seh_frame *frame = ki_seh_find(thread, thread->SehTop); frame;
         frame = ki_seh_find(thread, frame->previous)) {
        int disposition = frame->how & NTIO_SEH_LATE_ ? 1 : ki_seh_filter(thread, &search, frame);
        if (disposition < 0)
            return;
        if (disposition > 0) {
            if (frame->how & NTIO_SEH_LATE_)
                memcpy(thread->Seh.Context, context, sizeof thread->Seh.Context);
            ki_seh_unwind(thread, frame, record);
        }
    }
    if (client_continues(thread, &search, atomic_load(&kip()->last_filter)))
        return;
    note(thread, record, context, site);
    unhandled(thread, record);
}

/*
 * WDK: "EXCEPTION_RECORD": an attempt to continue after an exception that is not continuable raises
 * STATUS_NONCONTINUABLE_EXCEPTION. A filter that would go on even then would be asked for ever.
 */
static void raise_at(EXCEPTION_RECORD *record, CONTEXT *context, const void *site)
{
    PKTHREAD thread = KiCurrentThread();
    if (record != &thread->Seh.Record)
        thread->Seh.Record = *record;
    search_frames(thread, record, context, site);
    if (!(record->ExceptionFlags & EXCEPTION_NONCONTINUABLE))
        return;
    EXCEPTION_RECORD second = {
        .ExceptionCode = STATUS_NONCONTINUABLE_EXCEPTION,
        .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
        .ExceptionRecord = record,
        .ExceptionAddress = record->ExceptionAddress,
    };
    search_frames(thread, &second, context, site);
    unhandled(thread, &second);
}

_Static_assert(offsetof(CONTEXT, Rip) - offsetof(CONTEXT, Rax) == 8 * (HOST_FAULT_WORDS - 1),
               "host_fault_get's order");

static void raise_from(EXCEPTION_RECORD *record, void *pc, void *stack)
{
    CONTEXT context;
    memset(&context, 0, sizeof context);
    context.ContextFlags = CONTEXT_CONTROL;
    context.Rip = (ULONG_PTR)pc;
    context.Rsp = (ULONG_PTR)stack;
    raise_at(record, &context, NULL);
}

_Noreturn void ki_seh_search_on(PKTHREAD thread, const EXCEPTION_RECORD *record)
{
    EXCEPTION_RECORD copy = *record;
    CONTEXT context;
    memcpy(&context, thread->Seh.Context, sizeof context);
    search_frames(thread, &copy, &context, thread->Seh.Site);
    ki_seh_misuse(
        "a filter returned EXCEPTION_CONTINUE_EXECUTION, but the function of the instruction was left");
}

void KiRaiseException(const EXCEPTION_RECORD *record)
{
    EXCEPTION_RECORD copy = *record;
    raise_from(&copy, record->ExceptionAddress, __builtin_frame_address(0));
}

/* --- faults --- */

static NTSTATUS fault_status(enum host_fault_kind kind)
{
    switch (kind) {
    case HOST_FAULT_ALIGNMENT:
        return STATUS_DATATYPE_MISALIGNMENT;
    case HOST_FAULT_ILLEGAL:
        return STATUS_ILLEGAL_INSTRUCTION;
    case HOST_FAULT_DIVIDE:
        return STATUS_INTEGER_DIVIDE_BY_ZERO;
    case HOST_FAULT_FLOAT:
        return STATUS_FLOAT_INVALID_OPERATION;
    case HOST_FAULT_BREAKPOINT:
        return STATUS_BREAKPOINT;
    default:
        return STATUS_ACCESS_VIOLATION;
    }
}

/*
 * Windows' kernel half: an address there that is not valid is never an exception. All ones is no address but
 * a general protection fault, which is one. (AddressSanitizer's check of an address in that half faults in
 * that manner.)
 */
static bool is_kernel_half(const void *address)
{
    return MmIsKernelAddress(address) ||
           ((uintptr_t)address >> 47 == 0x1FFFF && (uintptr_t)address != UINTPTR_MAX);
}

/* A page fault that NT's own fault handler does not turn into an exception, even inside a __try. */
static void check_page_fault(PKTHREAD thread, const struct host_fault *fault)
{
    ULONG_PTR address = (ULONG_PTR)fault->address, pc = (ULONG_PTR)fault->pc;
    if (mi_is_special(fault->address))
        mi_special_fault(fault->address, fault->access == HOST_WRITE, ki_fault_site(fault));
    if (thread->Irql >= DISPATCH_LEVEL) {
        ULONG access = fault->access == HOST_WRITE ? 1 : fault->access == HOST_EXECUTE ? 8 : 0;
        ULONG code =
            mm_image_owner(ki_fault_site(fault)) ? DRIVER_IRQL_NOT_LESS_OR_EQUAL : IRQL_NOT_LESS_OR_EQUAL;
        KiBugCheck(code, address, thread->Irql, access, pc, ki_fault_site(fault));
    }
    if (fault->access == HOST_WRITE && (mm_image_owner(fault->address) || MmIsSystemMapping(fault->address)))
        KiBugCheck(ATTEMPTED_WRITE_TO_READONLY_MEMORY, address, 0, 0, 0, ki_fault_site(fault));
    if (is_kernel_half(fault->address) && !(fault->access == HOST_EXECUTE && fault->mapped)) {
        ULONG access = fault->access == HOST_WRITE ? 2 : fault->access == HOST_EXECUTE ? 0x10 : 0;
        KiBugCheck(PAGE_FAULT_IN_NONPAGED_AREA, address, access, pc, 2, ki_fault_site(fault));
    }
}

const void *KiFaultSite(const struct host_fault *fault)
{
    return ki_fault_site(fault);
}

/* The client's, on which there was no room to go on. What was given out by the machine can lie next to a
 * stack and is none. */
static bool is_stack_overflow(const struct host_fault *fault)
{
    const uintptr_t near = 64 * 1024;
    return ki_seh_level(KiThread) == 0 && fault->kind == HOST_FAULT_ACCESS &&
           (uintptr_t)fault->address - ntio_machine.client_base >= ntio_machine.client_size &&
           (uintptr_t)fault->address - ((uintptr_t)fault->stack - near) < 2 * near;
}

static void raise_fault_as(struct host_fault *fault, bool stack_overflow)
{
    const void *site = KiCurrentThread()->Seh.Site;
    EXCEPTION_RECORD record = {
        .ExceptionCode = fault_status(fault->kind),
        .ExceptionAddress = fault->pc,
    };
    if (fault->kind == HOST_FAULT_ACCESS) {
        record.ExceptionCode = MmAccessFault(fault->address, fault->access);
        record.NumberParameters = 2;
        record.ExceptionInformation[0] = fault->access == HOST_WRITE     ? 1
                                         : fault->access == HOST_EXECUTE ? 8
                                                                         : 0;
        record.ExceptionInformation[1] = (ULONG_PTR)fault->address;
    }
    if (stack_overflow)
        record.ExceptionCode = STATUS_STACK_OVERFLOW;
    CONTEXT context;
    memset(&context, 0, sizeof context);
    unsigned long long *words = (void *)((char *)&context + offsetof(CONTEXT, Rax));
    host_fault_get(fault, words, &context.EFlags);
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    raise_at(&record, &context, site);
    host_fault_set(fault, words, context.EFlags);
}

/* On the stack of the fault. The instruction runs again when this returns. */
static void raise_fault(struct host_fault *fault)
{
    raise_fault_as(fault, false);
}

void ki_note_fault(PKTHREAD thread, const struct host_fault *fault)
{
    thread->Seh.FaultPc = fault->pc;
    thread->Seh.FaultFrame = fault->frame;
    thread->Seh.FaultLink = fault->link;
}

static bool on_fault(const struct host_fault *fault)
{
    PKTHREAD thread = KiThread;
    if (thread && thread->Stack && fault->kind == HOST_FAULT_ACCESS && ki_take_stack_fault(thread, fault))
        return true;
    if (!thread || gate_watched() & WATCH_CRASHED)
        return false;
    ki_note_fault(thread, fault);
    if (ki_seh_level(thread) == 0 && !ki_seh_find(thread, thread->SehTop) &&
        !atomic_load(&kip()->first_filter) && !atomic_load(&kip()->last_filter))
        return false; /* the client's own crash: its host's business */
    if (fault->kind == HOST_FAULT_BREAKPOINT && machine_take_break_point(fault->pc))
        return true;
    struct host_fault shadowed;
    if (fault->kind == HOST_FAULT_ACCESS && (uintptr_t)fault->address == UINTPTR_MAX &&
        ki_shadowed_address(fault)) {
        shadowed = *fault;
        shadowed.address = ki_shadowed_address(fault);
        fault = &shadowed;
    }
    thread->Seh.Site = NULL;
    if (fault->kind == HOST_FAULT_ACCESS && ki_seh_level(thread) != 0) {
        thread->Seh.Site = ki_fault_site(fault);
        ki_judge_unloaded(fault);
        check_page_fault(thread, fault);
        ki_judge_fault(thread, fault);
    }
    if (!host_fault_call(fault, raise_fault) &&
        !(ki_make_stack_room(thread, fault) && host_fault_call(fault, raise_fault)))
        raise_fault_as((struct host_fault *)fault, is_stack_overflow(fault));
    return true;
}

void ke_exceptions_start(void)
{
    if (!host_faults_install(on_fault))
        machine_violation("the host's faults cannot be caught; bad addresses will end the process");
}

void ke_exceptions_stop(void)
{
    host_faults_remove();
}

/* --- DDIs --- */

static _Noreturn void raise_status(NTSTATUS status, void *caller, void *stack)
{
    EXCEPTION_RECORD record = {
        .ExceptionCode = status,
        .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
        .ExceptionAddress = caller,
    };
    raise_from(&record, caller, stack);
    host_abort(); /* it is not continuable */
}

VOID ExRaiseStatus(NTSTATUS Status)
{
    GATE(ExRaiseStatus, Status);
    raise_status(Status, __builtin_return_address(0), __builtin_frame_address(0));
}

VOID RtlRaiseStatus(NTSTATUS Status)
{
    GATE(RtlRaiseStatus, Status);
    raise_status(Status, __builtin_return_address(0), __builtin_frame_address(0));
}

VOID ExRaiseAccessViolation(VOID)
{
    GATE(ExRaiseAccessViolation);
    raise_status(STATUS_ACCESS_VIOLATION, __builtin_return_address(0), __builtin_frame_address(0));
}

VOID ExRaiseDatatypeMisalignment(VOID)
{
    GATE(ExRaiseDatatypeMisalignment);
    raise_status(STATUS_DATATYPE_MISALIGNMENT, __builtin_return_address(0), __builtin_frame_address(0));
}

/* Returns when a filter wants the execution to go on. */
VOID RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord)
{
    GATE(RtlRaiseException, ExceptionRecord);
    ExceptionRecord->ExceptionAddress = __builtin_return_address(0);
    raise_from(ExceptionRecord, __builtin_return_address(0), __builtin_frame_address(0));
}
