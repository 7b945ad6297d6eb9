/*
 * Fiber-local storage, of threads alone: what differs from thread-local storage is that somebody is told of
 * the values when a thread or an index goes.
 */
#include "win32p.h"

#include <stdlib.h>

/* A thread's values; in the list as long as the thread is there. Everything is under win32_lock, but no
 * callback. */
struct values {
    struct values *next;
    PVOID value[FLS_MAXIMUM_AVAILABLE];
};

struct win32_fls {
    struct values *threads;
    bool used[FLS_MAXIMUM_AVAILABLE];
    PFLS_CALLBACK_FUNCTION callback[FLS_MAXIMUM_AVAILABLE];
};

void win32_fls_start(void)
{
    win32_state()->fls = calloc(1, sizeof *win32_state()->fls);
    if (!win32_state()->fls)
        host_abort();
    win32_set_rundown(win32_fls_thread_ends);
}

void win32_fls_stop(void)
{
    struct win32_fls *fls = win32_state()->fls;
    while (fls->threads) {
        struct values *values = fls->threads;
        fls->threads = values->next;
        free(values);
    }
    free(fls);
}

/* Takes the value away from its thread; NULL: nobody is to be told. */
static PVOID take(struct values *values, DWORD index, PFLS_CALLBACK_FUNCTION *callback)
{
    win32_lock();
    PVOID value = values->value[index];
    values->value[index] = NULL;
    *callback = win32_state()->fls->callback[index];
    win32_unlock();
    return *callback ? value : NULL;
}

void win32_fls_thread_ends(void)
{
    struct values *values = *win32_fls_values();
    if (!values)
        return;
    for (DWORD i = 0; i < FLS_MAXIMUM_AVAILABLE; i++) {
        PFLS_CALLBACK_FUNCTION callback;
        PVOID value = take(values, i, &callback);
        if (value)
            callback(value);
    }
    win32_lock();
    struct values **link = &win32_state()->fls->threads;
    while (*link != values)
        link = &(*link)->next;
    *link = values->next;
    win32_unlock();
    *win32_fls_values() = NULL;
    free(values);
}

/* Index 0 is nobody's, as on Windows. */
DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback)
{
    struct win32_fls *fls = win32_state()->fls;
    DWORD index = 1;
    win32_lock();
    while (index < FLS_MAXIMUM_AVAILABLE && fls->used[index])
        index++;
    if (index < FLS_MAXIMUM_AVAILABLE) {
        fls->used[index] = true;
        fls->callback[index] = lpCallback;
    }
    win32_unlock();
    if (index < FLS_MAXIMUM_AVAILABLE)
        return index;
    win32_error(ERROR_NO_MORE_ITEMS);
    return FLS_OUT_OF_INDEXES;
}

static bool is_used(DWORD index)
{
    win32_lock();
    bool used = index < FLS_MAXIMUM_AVAILABLE && win32_state()->fls->used[index];
    win32_unlock();
    return used || win32_error(ERROR_INVALID_PARAMETER);
}

PVOID WINAPI FlsGetValue(DWORD dwFlsIndex)
{
    struct values *values = *win32_fls_values();
    if (!is_used(dwFlsIndex))
        return NULL;
    win32_set_last_error(ERROR_SUCCESS);
    win32_lock(); /* FlsFree takes values away from other threads */
    PVOID value = values ? values->value[dwFlsIndex] : NULL;
    win32_unlock();
    return value;
}

BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData)
{
    struct win32_fls *fls = win32_state()->fls;
    struct values *values = *win32_fls_values();
    if (!is_used(dwFlsIndex))
        return FALSE;
    bool made = !values;
    if (made && !(values = calloc(1, sizeof *values)))
        return win32_error(ERROR_NOT_ENOUGH_MEMORY);
    win32_lock();
    if (made) {
        values->next = fls->threads;
        fls->threads = values;
    }
    values->value[dwFlsIndex] = lpFlsData;
    win32_unlock();
    *win32_fls_values() = values;
    return TRUE;
}

/* Values of one thread after the other, on the calling one. A thread may end meanwhile: each turn begins
 * anew. */
BOOL WINAPI FlsFree(DWORD dwFlsIndex)
{
    struct win32_fls *fls = win32_state()->fls;
    if (!is_used(dwFlsIndex))
        return FALSE;
    for (;;) {
        PVOID value = NULL;
        win32_lock();
        PFLS_CALLBACK_FUNCTION callback = fls->callback[dwFlsIndex];
        struct values *values = fls->threads;
        while (values && !values->value[dwFlsIndex])
            values = values->next;
        if (values) {
            value = values->value[dwFlsIndex];
            values->value[dwFlsIndex] = NULL;
        } else {
            fls->used[dwFlsIndex] = false;
            fls->callback[dwFlsIndex] = NULL;
        }
        win32_unlock();
        if (!values)
            return TRUE;
        if (callback)
            callback(value);
    }
}
