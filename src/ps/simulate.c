/*
 * The test side's processes: started, played by the test's own threads, ended.
 */
#include "psp.h"

#include <ntio/ntio.h>

#include <string.h>

static PEPROCESS process_of(ntio_process *process)
{
    return (PEPROCESS)(void *)process;
}

/* A path of the test's, UTF-8, as one of drive C:; one without a directory is of its root. In system pool. */
static bool widen(const char *text, bool path, UNICODE_STRING *wide)
{
    ULONG bytes = 0;
    size_t length = strlen(text);
    USHORT lead = path && !strchr(text, '\\') ? 3 : 0;
    *wide = (UNICODE_STRING){0};
    if (length > 0x3000 || !NT_SUCCESS(RtlUTF8ToUnicodeN(NULL, 0, &bytes, text, (ULONG)length)))
        return false;
    wide->MaximumLength = (USHORT)(bytes + lead * sizeof(WCHAR));
    wide->Length = wide->MaximumLength;
    wide->Buffer = MmAllocateSystemPool(wide->MaximumLength + sizeof(WCHAR), PSP_TAG_NAME);
    if (!wide->Buffer)
        return false;
    memcpy(wide->Buffer, L"C:\\", lead * sizeof(WCHAR));
    return NT_SUCCESS(RtlUTF8ToUnicodeN(wide->Buffer + lead, bytes, &bytes, text, (ULONG)length));
}

NTIO_API int32_t ntio_process_create(const ntio_process_options *options, ntio_process **process)
{
    static const ntio_process_options defaults;
    UNICODE_STRING image = {0}, command = {0};
    PEPROCESS made;
    if (!options)
        options = &defaults;
    *process = NULL;
    if (!PSP)
        return STATUS_UNSUCCESSFUL;
    PETHREAD thread = PspCurrentThread();
    PEPROCESS parent = options->parent ? process_of(options->parent) : PspCurrentProcess();
    ULONG user = options->user ? (ULONG)*options->user : PSP_PARENTS_USER;
    BOOLEAN was = KiEnterService(&thread->Tcb);
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (widen(options->image ? options->image : "process.exe", true, &image) &&
        (!options->command_line || widen(options->command_line, false, &command)))
        status = psp_start_process(&image, options->command_line ? &command : NULL, parent, user, &made);
    psp_free_text(&image);
    psp_free_text(&command);
    KiLeaveService(&thread->Tcb, was);
    if (NT_SUCCESS(status))
        *process = (ntio_process *)(void *)made;
    return status;
}

NTIO_API uint32_t ntio_process_id(ntio_process *process)
{
    return (uint32_t)(ULONG_PTR)process_of(process)->UniqueProcessId;
}

NTIO_API int32_t ntio_process_status(ntio_process *process)
{
    return __atomic_load_n(&process_of(process)->ExitStatus, __ATOMIC_ACQUIRE);
}

/* --- playing --- */

struct part {
    void (*routine)(void *);
    void *context;
    BOOLEAN for_once; /* the thread ends with the routine */
};

static void play(void *context)
{
    struct part *part = context;
    PETHREAD thread = PspCurrentThread();
    psp_tell_own_birth(thread);
    thread->Tcb.PreviousMode = UserMode;
    thread->Tcb.InKernel = FALSE;
    part->routine(part->context);
    if (KiThread != &thread->Tcb) /* the machine was stopped inside */
        return;
    thread->Tcb.InKernel = TRUE;
    if (part->for_once || atomic_load(&thread->Doomed))
        PspExitThread(part->for_once ? STATUS_SUCCESS : thread->TerminateStatus);
}

/* One more thread, for a test's thread that comes while the main one is played, or has ended. */
static PETHREAD make_thread(PEPROCESS process)
{
    PETHREAD thread;
    if (!NT_SUCCESS(psp_create_thread(process, PSP_MADE, UserMode, NULL, &thread)))
        return NULL;
    ob_own(thread);
    if (!NT_SUCCESS(ObInsertObject(thread, NULL, 0, 0, NULL, NULL)))
        return NULL;
    if (!NT_SUCCESS(psp_count_in(thread))) {
        ObpDereferenceObject(thread);
        return NULL;
    }
    atomic_fetch_add(&process->ActiveThreads, 1);
    psp_tell_thread(thread, TRUE);
    return thread;
}

NTIO_API bool ntio_process_call(ntio_process *which, void (*routine)(void *context), void *context)
{
    PEPROCESS process = process_of(which);
    struct part part = {routine, context, FALSE};
    if (!PSP)
        return false;
    int idle = PS_MAIN_IDLE;
    BOOLEAN is_main = atomic_compare_exchange_strong(&process->MainState, &idle, PS_MAIN_BUSY);
    PETHREAD thread = is_main ? process->MainThread : make_thread(process);
    if (!thread)
        return false;
    part.for_once = !is_main;
    bool back = KeRunAsThread(&thread->Tcb, play, &part);
    if (!is_main || !PSP)
        return PSP && !atomic_load(&process->Exiting);
    int busy = PS_MAIN_BUSY;
    if (back)
        atomic_compare_exchange_strong(&process->MainState, &busy, PS_MAIN_IDLE);
    return back;
}

NTIO_API int32_t ntio_process_end(ntio_process *which, int32_t status)
{
    PEPROCESS process = process_of(which);
    if (!which)
        return STATUS_SUCCESS;
    if (!PSP)
        return STATUS_UNSUCCESSFUL;
    PETHREAD thread = PspCurrentThread();
    BOOLEAN was = KiEnterService(&thread->Tcb);
    NTSTATUS result = psp_terminate_process(process, status);
    if (!psp_await_process(process))
        result = STATUS_TIMEOUT;
    else if (result == STATUS_PROCESS_IS_TERMINATING)
        result = STATUS_SUCCESS;
    ObpDereferenceObject(process);
    KiLeaveService(&thread->Tcb, was);
    return result;
}
