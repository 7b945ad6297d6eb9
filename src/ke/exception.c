/*
 * Structured exceptions: the frames of __try (include/nt/ntio_seh.h), their search, and faults of the host
 * that become exceptions. Only the thread that owns them touches frames, so there is no lock.
 */
#include "exception.h"
#include "../mm/mm.h"

#include <bugcodes.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- frames --- */

/*
 * Whose frames an exception may reach: the client's, the kernel's, or a DPC's, which runs on top of an
 * interrupted thread but has a stack of its own on NT.
 */
static UCHAR seh_level(PKTHREAD thread)
{
    return (thread->InKernel ? 1 : 0) | (thread->InDpc ? 2 : 0);
}

static struct ntio_seh_frame *new_frame(PKTHREAD thread)
{
    struct ntio_seh_frame *frame = calloc(1, sizeof *frame);
    if (!frame)
        ki_seh_misuse("no memory for a __try");
    frame->previous = thread->SehTop;
    if (thread->SehTop)
        thread->SehTop->next = frame;
    else
        thread->Seh.First = frame;
    return frame;
}

sigjmp_buf *ntio_seh_enter(int compiler)
{
    PKTHREAD thread = KiCurrentThread();
    host_faults_renew();
    struct ntio_seh_frame *frame = thread->SehTop ? thread->SehTop->next : thread->Seh.First;
    if (__builtin_expect(!frame, 0))
        frame = new_frame(thread);
    frame->level = seh_level(thread);
    frame->compiler = (UCHAR)compiler;
    frame->reason = 0;
    frame->filtering = 0;
    frame->mode = (KPROCESSOR_MODE)thread->PreviousMode;
    frame->stack = thread->Switch;
    frame->calls = thread->Calls;
    thread->SehTop = frame;
    return &frame->jump;
}

void ke_seh_free(struct ke_seh *seh)
{
    for (struct ntio_seh_frame *frame = seh->First, *next; frame; frame = next) {
        next = frame->next;
        free(frame);
    }
    seh->First = NULL;
}

/* A body is over, by its end or a jump. */
static inline void tell_scope(PKTHREAD thread, ULONG calls)
{
    if (__builtin_expect(thread->Access != NULL && ntio_machine.hooks, 0))
        ntio_machine.hooks->scope(calls);
}

void ki_seh_ended(struct ntio_seh_scope *scope)
{
    PKTHREAD thread = KiCurrentThread();
    if (thread->SehTop) /* none: the machine was stopped inside the body */
        thread->SehTop = thread->SehTop->previous;
    tell_scope(thread, thread->Calls);
    thread->Seh.Final = (scope->state & NTIO_SEH_FINALLY_) != 0;
}

#if defined(__x86_64__)
/*
 * The address of a memory operand relative to rbp, rbx or rsp, which keep their values over a call; *code
 * moves behind it. NULL for any other operand.
 */
static unsigned *memory_operand(const unsigned char **code, const struct ntio_seh_place *place)
{
    unsigned byte = *(*code)++, mode = byte >> 6, base = byte & 7;
    if (mode != 1 && mode != 2)
        return NULL;
    if (base == 4 && *(*code)++ != 0x24)
        return NULL;
    int32_t offset = (int8_t) * *code;
    if (mode == 2)
        memcpy(&offset, *code, sizeof offset);
    *code += mode == 2 ? 4 : 1;
    uintptr_t value = place->words[base == 5 ? 3 : base == 3 ? 2 : 1];
    return base == 3 || base == 4 || base == 5 ? (unsigned *)(value + (uintptr_t)(intptr_t)offset) : NULL;
}
#endif

/*
 * clang keeps where a jump out of a scope goes in one variable of the function, sets it before the cleanup
 * function is called and reads it behind the call: a __try in the __finally block that runs in between would
 * change it. So the word that is loaded there is kept. gcc has a variable for each scope.
 */
static void keep_destination(struct ntio_seh_place *place)
{
    place->kept = NULL;
#if defined(__x86_64__)
    const unsigned char *code = (const unsigned char *)place->words[0];
    for (int i = 0; i < 6; i++) {
        if (code[0] == 0x8B) { /* mov r32, memory: this is it */
            code++;
            place->kept = memory_operand(&code, place);
            break;
        } else if (code[0] == 0x48 && code[1] == 0x8B) { /* mov r64, memory: AddressSanitizer's shadow */
            code += 2;
            (void)memory_operand(&code, place);
        } else if (code[0] == 0xC6) { /* mov memory, imm8: it marks the scope as left */
            code++;
            (void)memory_operand(&code, place);
            code++;
        } else {
            break;
        }
    }
    if (place->kept)
        place->value = *place->kept;
#endif
}

static struct ntio_seh_place *restore(struct ntio_seh_place *place)
{
    if (place->kept)
        *place->kept = place->value;
    return place;
}

_Noreturn void ki_seh_left(const unsigned long long *words)
{
    PKTHREAD thread = KiCurrentThread();
    struct ntio_seh_frame *frame = thread->SehTop;
    if (!frame)
        ki_seh_misuse("the machine was stopped inside a __try, whose body then was left by a jump");
    memcpy(frame->place.words, words, sizeof frame->place.words);
    frame->place.kept = NULL;
    if (frame->compiler == 1)
        keep_destination(&frame->place);
    frame->reason = SEH_LEFT;
    thread->SehTop = frame->previous;
    tell_scope(thread, thread->Calls);
    thread->Seh.Jumped = frame;
    ki_jump(thread, frame->stack, &frame->jump, 1);
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
    while (frame && (frame->level != level || frame->filtering))
        frame = frame->previous;
    return frame;
}

BOOLEAN KiIsInTry(PKTHREAD thread)
{
    return find_frame(thread) != NULL;
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
        host_symbol(where, place, sizeof place);
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

static _Noreturn void dispatch(PKTHREAD thread, const EXCEPTION_RECORD *record)
{
    struct ntio_seh_frame *frame = find_frame(thread);
    if (!frame)
        unhandled(thread, record);
    frame->record = *record;
    frame->reason = SEH_EXCEPTION;
    thread->SehTop = frame;
    thread->PreviousMode = frame->mode; /* as the services that are unwound would */
    thread->Seh.Jumped = frame;
    tell_scope(thread, frame->calls);
    ki_jump(thread, frame->stack, &frame->jump, 1);
}

static _Noreturn void raise_from(const EXCEPTION_RECORD *record, void *pc, void *stack)
{
    PKTHREAD thread = KiCurrentThread();
    memset(thread->Seh.Context, 0, sizeof thread->Seh.Context);
    thread->Seh.Context[KI_CONTEXT_RIP] = (ULONG_PTR)pc;
    thread->Seh.Context[KI_CONTEXT_RSP] = (ULONG_PTR)stack;
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
static void note_handling(PKTHREAD thread, void *function, ULONG depth, struct ntio_seh_frame *frame)
{
    struct ke_seh *seh = &thread->Seh;
    while (seh->Handlings) {
        const struct ke_seh_handling *top = &seh->Handling[seh->Handlings - 1];
        if (top->Stack != thread->Switch
                ? ki_switch_is_live(thread, top->Stack)
                : top->Function > function || (top->Function == function && top->Depth < depth))
            break;
        seh->Handlings--;
    }
    if (seh->Handlings == KE_SEH_HANDLINGS) {
        memmove(seh->Handling, seh->Handling + 1, sizeof seh->Handling - sizeof seh->Handling[0]);
        seh->Handlings--;
    }
    seh->Handling[seh->Handlings++] =
        (struct ke_seh_handling){function, depth, (ULONG)frame->record.ExceptionCode, frame, thread->Switch};
}

static const struct ke_seh_handling *find_handling(void *function, ULONG depth)
{
    const struct ke_seh *seh = &KiCurrentThread()->Seh;
    for (unsigned i = seh->Handlings; i-- > 0;)
        if (seh->Handling[i].Function == function && seh->Handling[i].Depth == depth)
            return &seh->Handling[i];
    ki_seh_misuse("GetExceptionCode() in a handler that lies too many handlers back");
}

struct ntio_seh_place *ntio_seh_catch(void *function, unsigned depth)
{
    PKTHREAD thread = KiCurrentThread();
    struct ntio_seh_frame *frame = thread->Seh.Jumped;
    thread->Seh.Jumped = NULL;
    if (frame->reason == SEH_LEFT)
        return restore(&frame->place);
    frame->filtering = 1;
    frame->pointers.ExceptionRecord = &frame->record;
    frame->pointers.ContextRecord = (void *)thread->Seh.Context;
    note_handling(thread, function, depth, frame);
    return NULL;
}

/* Returns 1 to run the handler; a filter that does not want it never comes back. */
int ntio_seh_accept(int disposition)
{
    PKTHREAD thread = KiCurrentThread();
    struct ntio_seh_frame *frame = thread->SehTop;
    thread->SehTop = frame->previous;
    if (disposition < 0)
        ki_seh_misuse(
            "a filter returned EXCEPTION_CONTINUE_EXECUTION, but the function of the instruction was left");
    if (disposition == EXCEPTION_CONTINUE_SEARCH)
        dispatch(thread, &frame->record);
    return 1;
}

/* NULL when the block does not run: its __try was not executed (it stands below an if without braces). */
struct ntio_seh_final *ntio_seh_final_begin(struct ntio_seh_final *final)
{
    PKTHREAD thread = KiCurrentThread();
    struct ke_seh *seh = &thread->Seh;
    struct ntio_seh_frame *frame = seh->Jumped;
    final->reason = 0;
    if (!frame) {
        BOOLEAN run = seh->Final;
        seh->Final = FALSE;
        return run ? final : NULL;
    }
    seh->Jumped = NULL;
    final->reason = frame->reason;
    if (frame->reason == SEH_LEFT) {
        final->place = frame->place;
    } else {
        thread->SehTop = frame->previous;
        memcpy(final->record, &frame->record, sizeof frame->record);
    }
    return final;
}

struct ntio_seh_place *ntio_seh_final_end(struct ntio_seh_final *final)
{
    if (final->inside)
        ki_seh_misuse("break out of a __finally block is not supported");
    if (final->reason == SEH_EXCEPTION)
        dispatch(KiCurrentThread(), (const EXCEPTION_RECORD *) final->record);
    return final->reason == SEH_LEFT ? restore(&final->place) : NULL;
}

unsigned ntio_seh_code(void *function, unsigned depth)
{
    return find_handling(function, depth)->Code;
}

struct _EXCEPTION_POINTERS *ntio_seh_information(void *function, unsigned depth)
{
    const struct ke_seh_handling *handling = find_handling(function, depth);
    if (KiCurrentThread()->SehTop != handling->Frame || !handling->Frame->filtering)
        ki_seh_misuse("GetExceptionInformation() outside a filter");
    return &handling->Frame->pointers;
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

static bool on_fault(const struct host_fault *fault)
{
    PKTHREAD thread = KiThread;
    if (thread && thread->Stack && fault->kind == HOST_FAULT_ACCESS && ki_take_stack_fault(thread, fault))
        return true;
    if (!thread || gate_watched() & WATCH_CRASHED)
        return false;
    if (seh_level(thread) == 0 && !find_frame(thread))
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
    if (fault->kind == HOST_FAULT_ACCESS && seh_level(thread) != 0) {
        thread->Seh.Site = ki_fault_site(fault);
        check_page_fault(thread, fault);
        ki_judge_fault(thread, fault);
    }
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
