/*
 * Exceptions of the client: raised by hand, and the filters that belong to the process instead of a __try.
 */
#include "win32p.h"

#include <stdlib.h>

struct win32_vectored {
    struct win32_vectored *next;
    PVECTORED_EXCEPTION_HANDLER handler;
};

VOID WINAPI RaiseException(DWORD dwExceptionCode, DWORD dwExceptionFlags, DWORD nNumberOfArguments,
                           const ULONG_PTR *lpArguments)
{
    const DWORD reserved = 0x10000000; /* WDK: "RaiseException": the system clears it */
    EXCEPTION_RECORD record = {
        .ExceptionCode = (NTSTATUS)(dwExceptionCode & ~reserved),
        .ExceptionFlags = dwExceptionFlags & EXCEPTION_NONCONTINUABLE,
        .ExceptionAddress = __builtin_return_address(0),
    };
    if (nNumberOfArguments > EXCEPTION_MAXIMUM_PARAMETERS)
        nNumberOfArguments = EXCEPTION_MAXIMUM_PARAMETERS;
    if (lpArguments)
        record.NumberParameters = nNumberOfArguments;
    for (DWORD i = 0; i < record.NumberParameters; i++)
        record.ExceptionInformation[i] = lpArguments[i];
    win32_raise(&record);
}

/* --- handlers --- */

/* They may add and remove handlers: each is found anew. */
static PVECTORED_EXCEPTION_HANDLER handler_at(unsigned place)
{
    PVECTORED_EXCEPTION_HANDLER handler = NULL;
    win32_lock();
    struct win32_vectored *at = win32_state()->vectored;
    while (at && place-- > 0)
        at = at->next;
    if (at)
        handler = at->handler;
    win32_unlock();
    return handler;
}

static int32_t ask_first(PEXCEPTION_POINTERS pointers)
{
    PVECTORED_EXCEPTION_HANDLER handler;
    for (unsigned i = 0; (handler = handler_at(i)) != NULL; i++)
        if (handler(pointers) == EXCEPTION_CONTINUE_EXECUTION)
            return EXCEPTION_CONTINUE_EXECUTION;
    return EXCEPTION_CONTINUE_SEARCH;
}

static int32_t ask_last(PEXCEPTION_POINTERS pointers)
{
    win32_lock();
    LPTOP_LEVEL_EXCEPTION_FILTER filter = win32_state()->unhandled;
    win32_unlock();
    int32_t disposition = filter ? filter(pointers) : EXCEPTION_CONTINUE_SEARCH;
    if (disposition == EXCEPTION_EXECUTE_HANDLER)
        ExitProcess((UINT)pointers->ExceptionRecord->ExceptionCode);
    return disposition;
}

/* Under the lock. */
static void tell(struct win32p_state *state)
{
    win32_set_filters(state->vectored ? ask_first : NULL, state->unhandled ? ask_last : NULL);
}

PVOID WINAPI AddVectoredExceptionHandler(ULONG First, PVECTORED_EXCEPTION_HANDLER Handler)
{
    struct win32p_state *state = win32_state();
    struct win32_vectored *entry = calloc(1, sizeof *entry);
    if (!entry) {
        win32_error(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    entry->handler = Handler;
    win32_lock();
    struct win32_vectored **at = &state->vectored;
    while (*at && !First)
        at = &(*at)->next;
    entry->next = *at;
    *at = entry;
    tell(state);
    win32_unlock();
    return entry;
}

ULONG WINAPI RemoveVectoredExceptionHandler(PVOID Handle)
{
    struct win32p_state *state = win32_state();
    win32_lock();
    struct win32_vectored **at = &state->vectored, *found;
    while (*at && *at != Handle)
        at = &(*at)->next;
    found = *at;
    if (found) {
        *at = found->next;
        tell(state);
    }
    win32_unlock();
    free(found);
    return found != NULL;
}

LPTOP_LEVEL_EXCEPTION_FILTER WINAPI
SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER lpTopLevelExceptionFilter)
{
    struct win32p_state *state = win32_state();
    win32_lock();
    LPTOP_LEVEL_EXCEPTION_FILTER before = state->unhandled;
    state->unhandled = lpTopLevelExceptionFilter;
    tell(state);
    win32_unlock();
    return before;
}

/* There is nobody to show a message to: without the process' own filter the handler is to run. */
LONG WINAPI UnhandledExceptionFilter(struct _EXCEPTION_POINTERS *ExceptionInfo)
{
    win32_lock();
    LPTOP_LEVEL_EXCEPTION_FILTER filter = win32_state()->unhandled;
    win32_unlock();
    return filter ? filter(ExceptionInfo) : EXCEPTION_EXECUTE_HANDLER;
}

void win32_exception_stop(void)
{
    struct win32p_state *state = win32_state();
    win32_set_filters(NULL, NULL);
    for (struct win32_vectored *entry = state->vectored, *next; entry; entry = next) {
        next = entry->next;
        free(entry);
    }
    state->vectored = NULL;
}
