/*
 * The frames of __try (include/nt/ntio_seh.h): what its macros call, and the ways to a frame, to ask its
 * filter or to leave for it. Only the thread that owns them touches frames, so there is no lock.
 */
#include "exception.h"

#include <bugcodes.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The thread sanitizer's record of the calls must not know these: they do not return to where they were
 * called. AddressSanitizer has to be told when frames are left for good.
 */
#if defined(HOST_SANITIZED_MEMORY)
#define UNTRACED HOST_BLIND
#elif defined(__clang__)
#define UNTRACED __attribute__((disable_sanitizer_instrumentation))
#elif defined(__SANITIZE_THREAD__)
#define UNTRACED __attribute__((no_sanitize_thread))
#else
#define UNTRACED
#endif
void __asan_handle_no_return(void) __attribute__((weak));

/* --- entering and leaving --- */

static struct ntio_seh_frame *new_frame(PKTHREAD thread)
{
    struct ntio_seh_frame *frame = calloc(1, sizeof *frame);
    if (!frame)
        ki_seh_misuse("no memory for a __try");
    frame->previous = thread->SehTop;
    frame->depth = thread->SehTop ? thread->SehTop->depth + 1 : 1;
    if (thread->SehTop)
        thread->SehTop->next = frame;
    else
        thread->Seh.First = frame;
    return frame;
}

unsigned long long *ki_seh_enter(int how)
{
    PKTHREAD thread = KiCurrentThread();
    host_faults_renew();
    struct ntio_seh_frame *frame = thread->SehTop ? thread->SehTop->next : thread->Seh.First;
    if (__builtin_expect(!frame, 0))
        frame = new_frame(thread);
    frame->level = ki_seh_level(thread);
    frame->how = (UCHAR)how;
    frame->reason = 0;
    frame->filtering = 0;
    frame->finally = 0;
    frame->mode = (KPROCESSOR_MODE)thread->PreviousMode;
    frame->stack = thread->Switch;
    frame->calls = thread->Calls;
    thread->SehTop = frame;
    return frame->here.words;
}

/* Of the frame that was just entered. */
sigjmp_buf *ntio_seh_jump(void)
{
    return &KiCurrentThread()->SehTop->jump;
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

static struct ntio_seh_place *restore(struct ntio_seh_place *place)
{
    if (place->kept)
        *place->kept = place->value;
    return place;
}

/* --- going to a frame --- */

static void go_there(void *context)
{
    struct ntio_seh_frame *frame = context;
    if (__asan_handle_no_return)
        __asan_handle_no_return();
    ntio_seh_resume(&frame->here);
}

static _Noreturn void leave_for(PKTHREAD thread, struct ntio_seh_frame *frame)
{
    thread->Seh.Jumped = frame;
    if (frame->how & NTIO_SEH_LONGJMP_)
        ki_jump(thread, frame->stack, &frame->jump, 1);
    if (__builtin_expect(thread->Switch != NULL, 0))
        ki_leave_stack(thread, frame->stack, go_there, frame);
    go_there(frame);
    host_abort();
}

_Noreturn void ki_seh_left(const unsigned long long *words)
{
    PKTHREAD thread = KiCurrentThread();
    struct ntio_seh_frame *frame = thread->SehTop;
    if (!frame)
        ki_seh_misuse("the machine was stopped inside a __try, whose body then was left by a jump");
    memcpy(frame->place.words, words, sizeof frame->place.words);
    host_shadow_written(frame->place.words, sizeof frame->place.words);
    frame->place.kept = frame->how & NTIO_SEH_CLANG_ ? ki_seh_destination(&frame->place) : NULL;
    if (frame->place.kept)
        frame->place.value = *frame->place.kept;
    frame->reason = SEH_LEFT;
    thread->SehTop = frame->previous;
    tell_scope(thread, thread->Calls);
    leave_for(thread, frame);
}

_Noreturn void ki_seh_misuse(const char *what)
{
    char text[256];
    int length = snprintf(text, sizeof text, "ntio: %s\n", what);
    machine_log(text, (size_t)length);
    KiBugCheck(KMODE_EXCEPTION_NOT_HANDLED, (ULONG)STATUS_INVALID_UNWIND_TARGET,
               (ULONG_PTR)__builtin_return_address(0), 0, 0, __builtin_return_address(0));
}

struct ntio_seh_frame *ki_seh_find(PKTHREAD thread, struct ntio_seh_frame *frame)
{
    UCHAR level = ki_seh_level(thread);
    while (frame && (frame->level != level || frame->filtering))
        frame = frame->previous;
    return frame;
}

/* A function that calls itself has another frame pointer each time. */
static bool are_in_one_call(const struct ntio_seh_frame *one, const struct ntio_seh_frame *other)
{
    return one->here.words[KI_SEH_FRAME_POINTER] == other->here.words[KI_SEH_FRAME_POINTER] &&
           one->stack == other->stack;
}

/* Stands the frame between a raise and the function whose filter raised again? That function is asked as a
 * whole. */
static bool is_asked_again(const struct ki_seh_search *search, const struct ntio_seh_frame *frame)
{
    for (; search; search = search->outer)
        if (frame->depth <= search->depth && search->asked &&
            (frame->depth >= search->asked->depth || are_in_one_call(frame, search->asked)))
            return true;
    return false;
}

int ki_seh_filter(PKTHREAD thread, struct ki_seh_search *search, struct ntio_seh_frame *frame)
{
    EXCEPTION_RECORD *record = search->pointers.ExceptionRecord;
    record->ExceptionFlags &= ~(ULONG)EXCEPTION_NESTED_CALL;
    if (is_asked_again(search->outer, frame))
        record->ExceptionFlags |= EXCEPTION_NESTED_CALL;
    search->asked = frame;
    thread->Seh.Search = search;
    thread->Seh.Jumped = frame;
    frame->reason = SEH_ASKED;
    int disposition = ki_seh_ask(frame->here.words, &search->deep);
    thread->Seh.Search = search->outer;
    return disposition;
}

static _Noreturn void unwind_to(PKTHREAD thread, struct ntio_seh_frame *target)
{
    struct ntio_seh_frame *frame = thread->SehTop;
    while (frame != target && !(frame->finally && frame->level == target->level))
        frame = frame->previous;
    while (thread->Seh.Search && thread->Seh.Search->depth >= frame->depth)
        thread->Seh.Search = thread->Seh.Search->outer;
    frame->reason = SEH_EXCEPTION;
    frame->target = frame == target && target->how & NTIO_SEH_LATE_ ? NULL : target;
    thread->SehTop = frame;
    thread->PreviousMode = frame->mode; /* as the services that are unwound would */
    tell_scope(thread, frame->calls);
    leave_for(thread, frame);
}

_Noreturn void ki_seh_unwind(PKTHREAD thread, struct ntio_seh_frame *target, const EXCEPTION_RECORD *record)
{
    target->record = *record;
    unwind_to(thread, target);
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

/* NULL: the filter is to run. 1: the handler is. Else where a jump goes on that leaves the body. */
struct ntio_seh_place *ntio_seh_catch(void *function, unsigned depth)
{
    PKTHREAD thread = KiCurrentThread();
    struct ntio_seh_frame *frame = thread->Seh.Jumped;
    thread->Seh.Jumped = NULL;
    if (frame->reason == SEH_ASKED)
        return NULL;
    if (frame->reason == SEH_LEFT)
        return restore(&frame->place);
    note_handling(thread, function, depth, frame);
    if (frame->target) {
        thread->SehTop = frame->previous;
        return (struct ntio_seh_place *)1;
    }
    frame->filtering = 1;
    frame->pointers.ExceptionRecord = &frame->record;
    frame->pointers.ContextRecord = (void *)thread->Seh.Context;
    return NULL;
}

/* The search whose filter runs; NULL: a late one does. */
static struct ki_seh_search *current_search(PKTHREAD thread)
{
    const struct ntio_seh_frame *top = thread->SehTop;
    struct ki_seh_search *search = thread->Seh.Search;
    return top && top->filtering && !(search && search->depth >= top->depth) ? NULL : search;
}

/* Comes back, with 1, when the filter was a late one and the handler is to run. */
UNTRACED int ntio_seh_accept(int disposition)
{
    PKTHREAD thread = KiCurrentThread();
    struct ki_seh_search *search = current_search(thread);
    if (search)
        ki_seh_answer(disposition, search->deep);
    struct ntio_seh_frame *frame = thread->SehTop;
    thread->SehTop = frame->previous;
    if (disposition < 0)
        ki_seh_misuse(
            "a filter returned EXCEPTION_CONTINUE_EXECUTION, but the function of the instruction was left");
    if (disposition == EXCEPTION_CONTINUE_SEARCH)
        ki_seh_search_on(thread, &frame->record);
    return 1;
}

/* NULL when the block does not run: its __try was not executed (it stands below an if without braces). */
UNTRACED struct ntio_seh_final *ntio_seh_final_begin(struct ntio_seh_final *final)
{
    PKTHREAD thread = KiCurrentThread();
    struct ke_seh *seh = &thread->Seh;
    struct ntio_seh_frame *frame = seh->Jumped;
    seh->Jumped = NULL;
    if (frame && frame->reason == SEH_ASKED) {
        frame->finally = 1;
        ki_seh_answer(EXCEPTION_CONTINUE_SEARCH, seh->Search->deep);
    }
    final->reason = 0;
    if (!frame) {
        BOOLEAN run = seh->Final;
        seh->Final = FALSE;
        return run ? final : NULL;
    }
    final->reason = frame->reason;
    if (frame->reason == SEH_LEFT) {
        final->place = frame->place;
    } else {
        thread->SehTop = frame->previous;
        final->target = frame->target;
        memcpy(final->record, &frame->record, sizeof frame->record);
    }
    return final;
}

struct ntio_seh_place *ntio_seh_final_end(struct ntio_seh_final *final)
{
    if (final->inside)
        ki_seh_misuse("break out of a __finally block is not supported");
    if (final->reason == SEH_EXCEPTION && final->target)
        unwind_to(KiCurrentThread(), final->target);
    if (final->reason == SEH_EXCEPTION)
        ki_seh_search_on(KiCurrentThread(), (const EXCEPTION_RECORD *) final->record);
    return final->reason == SEH_LEFT ? restore(&final->place) : NULL;
}

unsigned ntio_seh_code(void *function, unsigned depth, int in_filter)
{
    struct ki_seh_search *search = in_filter ? current_search(KiCurrentThread()) : NULL;
    return search ? (unsigned)search->pointers.ExceptionRecord->ExceptionCode
                  : find_handling(function, depth)->Code;
}

struct _EXCEPTION_POINTERS *ntio_seh_information(void *function, unsigned depth)
{
    PKTHREAD thread = KiCurrentThread();
    struct ki_seh_search *search = current_search(thread);
    if (search)
        return &search->pointers;
    const struct ke_seh_handling *handling = find_handling(function, depth);
    if (thread->SehTop != handling->Frame || !handling->Frame->filtering)
        ki_seh_misuse("GetExceptionInformation() outside a filter");
    return &handling->Frame->pointers;
}
