/*
 * Structured exceptions: the frames of __try (include/nt/ntio_seh.h), their search, and faults of the host
 * that become exceptions. Only the thread that owns them touches frames, so there is no lock.
 */
#include "exception.h"
#include "../mm/mm.h"

#include <stdio.h>
#include <string.h>

/* The offsets of Rsp and Rip in the x64 CONTEXT. */
enum { CONTEXT_RSP_WORD = 0x98 / 8, CONTEXT_RIP_WORD = 0xF8 / 8 };

enum { SEH_PENDING_NONE, SEH_PENDING_HANDLER, SEH_PENDING_FINAL };

_Static_assert(sizeof(((struct ntio_seh_frame *)0)->record) == sizeof(EXCEPTION_RECORD), "room for a record");

/* --- frames --- */

/*
 * Whose frames an exception may reach: the client's, the kernel's, or a DPC's, which runs on top of an
 * interrupted thread but has a stack of its own on NT.
 */
static UCHAR seh_level(PKTHREAD thread)
{
    return (thread->InKernel ? 1 : 0) | (thread->InDpc ? 2 : 0);
}

struct ntio_seh_frame *ntio_seh_enter(struct ntio_seh_frame *frame)
{
    PKTHREAD thread = KiCurrentThread();
    frame->state = 0;
    frame->reason = 0;
    frame->in_kernel = seh_level(thread);
    frame->previous_mode = (unsigned char)thread->PreviousMode;
    frame->linked = 1;
    frame->previous = thread->SehTop;
    thread->SehTop = frame;
    return frame;
}

static void unlink_frame(PKTHREAD thread, struct ntio_seh_frame *frame)
{
    if (!frame->linked)
        return;
    thread->SehTop = frame->previous;
    frame->linked = 0;
}

/*
 * The frame is gone when its __finally block runs (the compiler may use its stack again), so what the block's
 * end needs moves to the thread for the moment between.
 */
void ki_seh_ended(struct ntio_seh_frame *frame)
{
    PKTHREAD thread = KiCurrentThread();
    unlink_frame(thread, frame);
    if (frame->state & NTIO_SEH_HANDLED_)
        thread->Seh.Pending = SEH_PENDING_HANDLER;
    if (!(frame->state & NTIO_SEH_FINALLY_))
        return;
    thread->Seh.Pending = SEH_PENDING_FINAL;
    thread->Seh.Reason = frame->reason;
    if (frame->reason == SEH_LEFT)
        memcpy(thread->Seh.Resume, frame->resume, sizeof frame->resume);
    if (frame->reason == SEH_EXCEPTION)
        memcpy(&thread->Seh.Record, frame->record, sizeof frame->record);
}

void ki_seh_left(struct ntio_seh_frame *frame)
{
    unlink_frame(KiCurrentThread(), frame);
    frame->reason = SEH_LEFT;
    _longjmp(frame->jump, 1);
}

_Noreturn void ki_seh_misuse(const char *what)
{
    char text[256];
    int length = snprintf(text, sizeof text, "ntio: %s\n", what);
    machine_log(text, (size_t)length);
    KiBugCheck(KMODE_EXCEPTION_NOT_HANDLED, (ULONG)STATUS_INVALID_UNWIND_TARGET,
               (ULONG_PTR)__builtin_return_address(0), 0, 0, __builtin_return_address(0));
}

/* --- the search --- */

static struct ntio_seh_frame *find_frame(PKTHREAD thread)
{
    UCHAR level = seh_level(thread);
    struct ntio_seh_frame *frame = thread->SehTop;
    while (frame && frame->in_kernel != level)
        frame = frame->previous;
    return frame;
}

/* WDK: "Bug Check 0x3B", "0x7E", "0x1E": which one depends on whose handler stands at the bottom of the
 * stack. */
static _Noreturn void unhandled(PKTHREAD thread, const EXCEPTION_RECORD *record)
{
    ULONG code = (ULONG)record->ExceptionCode;
    ULONG_PTR address = (ULONG_PTR)record->ExceptionAddress;
    if (!thread->InKernel && !thread->InDpc) {
        char place[160], text[256];
        host_symbol(record->ExceptionAddress, place, sizeof place);
        int length =
            snprintf(text, sizeof text, "ntio: unhandled exception %08X in the client at %s\n", code, place);
        machine_log(text, (size_t)length);
        host_abort();
    }
    if (thread->InDpc)
        KiBugCheck(KMODE_EXCEPTION_NOT_HANDLED, code, address, record->ExceptionInformation[0],
                   record->ExceptionInformation[1], record->ExceptionAddress);
    if (thread->PreviousMode == UserMode)
        KiBugCheck(SYSTEM_SERVICE_EXCEPTION, code, address, (ULONG_PTR)thread->Seh.Context, 0,
                   record->ExceptionAddress);
    KiBugCheck(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, code, address, (ULONG_PTR)record,
               (ULONG_PTR)thread->Seh.Context, record->ExceptionAddress);
}

static _Noreturn void dispatch(PKTHREAD thread, const EXCEPTION_RECORD *record)
{
    struct ntio_seh_frame *frame = find_frame(thread);
    if (!frame)
        unhandled(thread, record);
    thread->SehTop = frame->previous;
    thread->PreviousMode = (KPROCESSOR_MODE)frame->previous_mode; /* as the service that is unwound would */
    frame->linked = 0;
    frame->reason = SEH_EXCEPTION;
    memmove(frame->record, record, sizeof frame->record);
    _longjmp(frame->jump, 1);
}

static _Noreturn void raise_from(const EXCEPTION_RECORD *record, void *pc, void *stack)
{
    PKTHREAD thread = KiCurrentThread();
    memset(thread->Seh.Context, 0, sizeof thread->Seh.Context);
    thread->Seh.Context[CONTEXT_RIP_WORD] = (ULONG_PTR)pc;
    thread->Seh.Context[CONTEXT_RSP_WORD] = (ULONG_PTR)stack;
    if (record != &thread->Seh.Record)
        thread->Seh.Record = *record;
    dispatch(thread, &thread->Seh.Record);
}

_Noreturn void KiRaiseException(const EXCEPTION_RECORD *record)
{
    raise_from(record, record->ExceptionAddress, __builtin_frame_address(0));
}

/* --- what the macros call --- */

/*
 * Notes the code of the exception that the filter at this depth of this function now judges. Notes of
 * functions that were left, and deeper ones of this function, are dead: stacks grow downwards.
 */
static void note_handling(PKTHREAD thread, void *function, ULONG depth, ULONG code)
{
    struct ke_seh *seh = &thread->Seh;
    while (seh->Handlings) {
        const struct ke_seh_handling *top = &seh->Handling[seh->Handlings - 1];
        if (top->Function > function || (top->Function == function && top->Depth < depth))
            break;
        seh->Handlings--;
    }
    if (seh->Handlings == KE_SEH_HANDLINGS) {
        memmove(seh->Handling, seh->Handling + 1, sizeof seh->Handling - sizeof seh->Handling[0]);
        seh->Handlings--;
    }
    seh->Handling[seh->Handlings++] = (struct ke_seh_handling){function, depth, code};
}

unsigned long long *ntio_seh_catch(struct ntio_seh_frame *frame, void *function_frame, unsigned depth)
{
    if (frame->reason == SEH_LEFT)
        return frame->resume;
    PKTHREAD thread = KiCurrentThread();
    EXCEPTION_RECORD *record = (EXCEPTION_RECORD *)frame->record;
    frame->pointers[0] = record;
    frame->pointers[1] = thread->Seh.Context;
    note_handling(thread, function_frame, depth, (ULONG)record->ExceptionCode);
    return NULL;
}

void ntio_seh_accept(struct ntio_seh_frame *frame, int disposition)
{
    if (disposition < 0)
        ki_seh_misuse("a filter returned EXCEPTION_CONTINUE_EXECUTION: the instruction cannot be resumed, "
                      "its function was left");
    if (disposition == EXCEPTION_CONTINUE_SEARCH)
        dispatch(KiCurrentThread(), (const EXCEPTION_RECORD *)frame->record);
    frame->state |= NTIO_SEH_HANDLED_;
}

int ntio_seh_handle(void)
{
    struct ke_seh *seh = &KiCurrentThread()->Seh;
    if (seh->Pending != SEH_PENDING_HANDLER)
        return 0;
    seh->Pending = SEH_PENDING_NONE;
    return 1;
}

int ntio_seh_final_begin(struct ntio_seh_final *final)
{
    struct ke_seh *seh = &KiCurrentThread()->Seh;
    if (final->stage || seh->Pending != SEH_PENDING_FINAL)
        return 0;
    seh->Pending = SEH_PENDING_NONE;
    final->stage = 1;
    final->reason = seh->Reason;
    if (final->reason == SEH_LEFT)
        memcpy(final->resume, seh->Resume, sizeof final->resume);
    if (final->reason == SEH_EXCEPTION)
        memcpy(final->record, &seh->Record, sizeof final->record);
    return 1;
}

unsigned long long *ntio_seh_final_end(struct ntio_seh_final *final)
{
    if (final->inside)
        ki_seh_misuse("break out of a __finally block is not supported");
    if (final->reason == SEH_EXCEPTION)
        dispatch(KiCurrentThread(), (const EXCEPTION_RECORD *) final->record);
    return final->reason == SEH_LEFT ? final->resume : NULL;
}

unsigned ntio_seh_code(void *function_frame, unsigned depth)
{
    const struct ke_seh *seh = &KiCurrentThread()->Seh;
    for (unsigned i = seh->Handlings; i-- > 0;)
        if (seh->Handling[i].Function == function_frame && seh->Handling[i].Depth == depth)
            return seh->Handling[i].Code;
    ki_seh_misuse("GetExceptionCode() in a handler that lies too many handlers back");
}

struct _EXCEPTION_POINTERS *ntio_seh_information(struct ntio_seh_frame *frame)
{
    if (frame->linked || frame->reason != SEH_EXCEPTION)
        ki_seh_misuse("GetExceptionInformation() outside a filter");
    return (struct _EXCEPTION_POINTERS *)frame->pointers;
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

/* Windows' kernel half: an address there that is not valid is never an exception. */
static bool is_kernel_half(const void *address)
{
    return MmIsKernelAddress(address) || (uintptr_t)address >> 47 == 0x1FFFF;
}

/* A page fault that NT's own fault handler does not turn into an exception, even inside a __try. */
static void check_page_fault(PKTHREAD thread, const struct host_fault *fault)
{
    ULONG_PTR address = (ULONG_PTR)fault->address, pc = (ULONG_PTR)fault->pc;
    if (thread->Irql >= DISPATCH_LEVEL) {
        ULONG access = fault->access == HOST_WRITE ? 1 : fault->access == HOST_EXECUTE ? 8 : 0;
        ULONG code = mm_image_owner(fault->pc) ? DRIVER_IRQL_NOT_LESS_OR_EQUAL : IRQL_NOT_LESS_OR_EQUAL;
        KiBugCheck(code, address, thread->Irql, access, pc, fault->pc);
    }
    if (fault->access == HOST_WRITE && mm_image_owner(fault->address))
        KiBugCheck(ATTEMPTED_WRITE_TO_READONLY_MEMORY, address, 0, 0, 0, fault->pc);
    if (is_kernel_half(fault->address)) {
        ULONG access = fault->access == HOST_WRITE ? 2 : fault->access == HOST_EXECUTE ? 0x10 : 0;
        KiBugCheck(PAGE_FAULT_IN_NONPAGED_AREA, address, access, pc, 2, fault->pc);
    }
}

static bool on_fault(const struct host_fault *fault)
{
    PKTHREAD thread = KiThread;
    if (!thread || gate_watched() & WATCH_CRASHED)
        return false;
    if (seh_level(thread) == 0 && !find_frame(thread))
        return false; /* the client's own crash: its host's business */
    if (fault->kind == HOST_FAULT_ACCESS && seh_level(thread) != 0)
        check_page_fault(thread, fault);
    EXCEPTION_RECORD record = {
        .ExceptionCode = fault_status(fault->kind),
        .ExceptionAddress = fault->pc,
    };
    if (fault->kind == HOST_FAULT_ACCESS) {
        record.NumberParameters = 2;
        record.ExceptionInformation[0] = fault->access == HOST_WRITE     ? 1
                                         : fault->access == HOST_EXECUTE ? 8
                                                                         : 0;
        record.ExceptionInformation[1] = (ULONG_PTR)fault->address;
    }
    raise_from(&record, fault->pc, fault->stack);
}

void ke_exceptions_start(void)
{
    if (!host_faults_install(on_fault))
        machine_violation("ntio: the host's faults cannot be caught; bad addresses will end the process");
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

/* Differs from Windows: never returns, since no filter can continue the execution. */
VOID RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord)
{
    GATE(RtlRaiseException, ExceptionRecord);
    EXCEPTION_RECORD record = *ExceptionRecord;
    record.ExceptionAddress = __builtin_return_address(0);
    raise_from(&record, __builtin_return_address(0), __builtin_frame_address(0));
}
