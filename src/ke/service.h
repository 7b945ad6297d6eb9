/*
 * System services: one macro that defines the pair NtName/ZwName around one body.
 *
 *     SERVICE(Close, (HANDLE Handle), (Handle))
 *     {
 *         KPROCESSOR_MODE mode = KiPreviousMode();
 *         ...
 *         return STATUS_SUCCESS;
 *     }
 *
 * The body sees the parameters and returns an NTSTATUS (a return anywhere is fine). NtName leaves PreviousMode as it is; ZwName
 * sets it to KernelMode for the duration, when it is called inside the kernel. Called by the client it is the same
 * as NtName, as in ntdll. Both need a prototype in the public headers and a line in ddi.def (section nt). A
 * bug check or an exception that leaves the body needs no care here: the one never returns, the other restores
 * PreviousMode and InKernel as they were when the __try it lands in was entered.
 */
#pragma once

#include "ke.h"

static inline KPROCESSOR_MODE KiPreviousMode(void)
{
    return KiCurrentThread()->PreviousMode;
}

#define SERVICE_BARE(...)          __VA_ARGS__
#define SERVICE_FIRST_(first, ...) (first)
#define SERVICE_FIRST(...)         SERVICE_FIRST_(__VA_ARGS__, 0)

#define SERVICE_WORDS_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, ...)                                        \
    (ULONG_PTR)(a), (ULONG_PTR)(b), (ULONG_PTR)(c), (ULONG_PTR)(d), (ULONG_PTR)(e), (ULONG_PTR)(f),          \
        (ULONG_PTR)(g), (ULONG_PTR)(h), (ULONG_PTR)(i), (ULONG_PTR)(j), (ULONG_PTR)(k), (ULONG_PTR)(l),      \
        (ULONG_PTR)(m), (ULONG_PTR)(n)
/* Arguments as KiCallServiceOnStack takes them: KI_SERVICE_WORDS many. */
#define SERVICE_WORDS(...) SERVICE_WORDS_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

#define SERVICE(name, parameters, arguments)                                                                 \
    SERVICE_DEFINE(name, parameters, arguments, SERVICE_FIRST arguments, SERVICE_BARE arguments)
/* One without parameters. */
#define SERVICE0(name) SERVICE_DEFINE(name, (VOID), (), 0, 0)

#define SERVICE_DEFINE(name, parameters, arguments, first, ...)                                              \
    static inline NTSTATUS Kis##name parameters;                                                             \
    NTSYSAPI NTSTATUS NTAPI Nt##name parameters                                                              \
    {                                                                                                        \
        PKTHREAD thread_ = KiCurrentThread();                                                                \
        if (__builtin_expect(KiNeedsKernelStack(thread_), 0))                                                \
            return KiCallServiceOnStack(thread_, (void *)Nt##name, (ULONG_PTR[]){SERVICE_WORDS(__VA_ARGS__)});   \
        GATE(Nt##name, __VA_ARGS__);                                                                         \
        BOOLEAN was_ = KiEnterService(thread_);                                                              \
        GATE_NOTE(NOTE_SERVICE_ENTER, "Nt" #name, first, thread_->PreviousMode);                             \
        NTSTATUS status_ = Kis##name arguments;                                                              \
        GATE_NOTE(NOTE_SERVICE_LEAVE, "Nt" #name, status_);                                                  \
        KiLeaveService(thread_, was_);                                                                       \
        return status_;                                                                                      \
    }                                                                                                        \
    NTSYSAPI NTSTATUS NTAPI Zw##name parameters                                                              \
    {                                                                                                        \
        PKTHREAD thread_ = KiCurrentThread();                                                                \
        if (__builtin_expect(KiNeedsKernelStack(thread_), 0))                                                \
            return KiCallServiceOnStack(thread_, (void *)Zw##name, (ULONG_PTR[]){SERVICE_WORDS(__VA_ARGS__)});   \
        GATE(Zw##name, __VA_ARGS__);                                                                         \
        KPROCESSOR_MODE mode_ = thread_->PreviousMode;                                                       \
        BOOLEAN was_ = KiEnterService(thread_);                                                              \
        if (was_)                                                                                            \
            thread_->PreviousMode = KernelMode;                                                              \
        GATE_NOTE(NOTE_SERVICE_ENTER, "Zw" #name, first, thread_->PreviousMode);                             \
        NTSTATUS status_ = Kis##name arguments;                                                              \
        GATE_NOTE(NOTE_SERVICE_LEAVE, "Zw" #name, status_);                                                  \
        thread_->PreviousMode = mode_;                                                                       \
        KiLeaveService(thread_, was_);                                                                       \
        return status_;                                                                                      \
    }                                                                                                        \
    static inline NTSTATUS Kis##name parameters
