/*
 * Bug checks. The machine stops: by default with a report and the end of the process; when a test has said
 * that it expects one, with the facts recorded, every thread of the machine out of it, and the test going on
 * behind ntio_catch_bugcheck.
 */
#include "kip.h"

#include <stdio.h>
#include <string.h>

#include <ntio/ntio.h>

#define CALLER __builtin_return_address(0)

static void report(const struct machine_crash *crash)
{
    char text[8192];
    size_t length = machine_report(crash, text, sizeof text);
    machine_log(text, length);
}

static _Noreturn void report_and_abort(const struct machine_crash *crash)
{
    report(crash);
    host_abort();
}

static void record(const struct machine_crash *crash, ntio_bugcheck *caught)
{
    if (!caught)
        return;
    caught->code = crash->code;
    memcpy(caught->parameters, crash->parameters, sizeof caught->parameters);
    size_t length = machine_report(crash, caught->report, sizeof caught->report);
    caught->report[length < sizeof caught->report ? length : sizeof caught->report - 1] = 0;
}

/* The first bug check has been recorded, or its recording has failed in turn: nothing runs on. */
static _Noreturn void leave_crashed_machine(PKTHREAD thread)
{
    struct kip_state *ke = kip();
    struct kip_catch *catch = atomic_load(&ntio_machine.catcher);
    if (catch && catch->host_thread == host_thread_id())
        ki_jump(thread, catch->stack, &catch->jump, 1);
    if (thread && thread == ke->stopper) {
        static const char text[] = "ntio: a bug check while the machine was being stopped\n";
        host_log(text, sizeof text - 1);
        host_abort();
    }
    KiStopCrashedThread();
    host_thread_exit(); /* a host thread that was about to become one of the machine's */
}

/*
 * Code and parameters are Windows' own; Caller is an address in whose code the fault is, or NULL. Any IRQL,
 * with any lock of a driver's held, and inside a fault handler; but not with a lock of the library's own.
 */
void KiBugCheck(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, const void *Caller)
{
    struct kip_state *ke = kip();
    PKTHREAD thread = KiThread;
    struct machine_crash crash = {Code, {P1, P2, P3, P4}, Caller};
    if (!ke)
        report_and_abort(&crash);
    int was = NOT_CRASHED;
    if (!atomic_compare_exchange_strong(&ke->crashed, &was, CRASHING)) {
        if (was == CRASHED || ke->crashing != thread)
            leave_crashed_machine(thread);
        /* While this thread was writing the report or calling the callbacks: what there is of it must do. */
        if (!atomic_load(&ntio_machine.catcher))
            host_abort();
    } else {
        ke->crashing = thread;
        memcpy(ke->crash_data, (ULONG_PTR[5]){Code, P1, P2, P3, P4}, sizeof ke->crash_data);
        GATE_NOTE(NOTE_BUGCHECK, Code, P1, P2, P3);
        struct kip_catch *catch = atomic_load(&ntio_machine.catcher);
        if (catch)
            record(&crash, catch->caught);
        else
            report(&crash);
        kip_call_bugcheck_callbacks(thread);
        if (!catch)
            host_abort();
    }
    atomic_fetch_or(&ntio_machine.watch, WATCH_CRASHED);
    atomic_store(&ke->stopping, true);
    ke->crashing = NULL;
    atomic_store(&ke->crashed, CRASHED);
    kip_wake_everybody();
    leave_crashed_machine(thread);
}

void KiQueryBugCheckData(ULONG_PTR data[5])
{
    memcpy(data, kip()->crash_data, sizeof kip()->crash_data);
}

VOID KeBugCheck(ULONG BugCheckCode)
{
    GATE(KeBugCheck, BugCheckCode);
    KiBugCheck(BugCheckCode, 0, 0, 0, 0, CALLER);
}

VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                  ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
    GATE(KeBugCheckEx, BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3);
    KiBugCheck(BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4,
               CALLER);
}

/* A function of its own: nothing it changes is used after the jump. */
static __attribute__((noinline)) void run_until_crash(struct kip_catch *catch, void (*body)(void *),
                                                      void *context)
{
    if (sigsetjmp(catch->jump, 0) == 0)
        body(context);
}

NTIO_API bool ntio_catch_bugcheck(void (*body)(void *context), void *context, ntio_bugcheck *caught)
{
    struct kip_catch catch = {
        .outer = atomic_load(&ntio_machine.catcher),
        .stack = KiThread ? KiThread->Switch : NULL,
        .host_thread = host_thread_id(),
        .caught = caught,
    };
    if (caught)
        memset(caught, 0, sizeof *caught);
    atomic_store(&ntio_machine.catcher, &catch);
    run_until_crash(&catch, body, context);
    atomic_store(&ntio_machine.catcher, catch.outer);
    struct kip_state *ke = kip();
    if (!ke || !atomic_load(&ke->crashed))
        return false;
    for (unsigned turn = 0; atomic_load(&ke->crashed) == CRASHING; turn++)
        host_spin(turn);
    /* Whatever this thread was in the middle of is over. */
    ke_end_playing();
    PKTHREAD thread = KiThread ? KiThread : ke->boot;
    KiThread = thread;
    thread->Irql = PASSIVE_LEVEL;
    thread->PreviousMode = KernelMode;
    thread->InKernel = TRUE;
    thread->InDpc = FALSE;
    thread->SehTop = NULL;
    thread->Seh.Search = NULL;
    thread->SpinLocksHeld = 0;
    ke_stop_threads();
    ntio_stop();
    return true;
}
