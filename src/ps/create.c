/*
 * How processes begin that a test or a client starts.
 */
#include "psp.h"
#include "../se/se.h"

#include <string.h>

static const WCHAR volume[] = L"\\Device\\HarddiskVolume1";

/* The concatenation in system pool; with what follows the first `skip` characters of the second. */
static bool join(UNICODE_STRING *result, const WCHAR *first, PCUNICODE_STRING second, USHORT skip,
                 const WCHAR *third)
{
    size_t a = 0, b = second->Length / sizeof(WCHAR) - skip, c = 0;
    while (first[a])
        a++;
    while (third[c])
        c++;
    size_t bytes = (a + b + c) * sizeof(WCHAR);
    *result = (UNICODE_STRING){0};
    if (bytes > 0xFFFC)
        return false;
    result->Buffer = MmAllocateSystemPool(bytes + sizeof(WCHAR), PSP_TAG_NAME);
    if (!result->Buffer)
        return false;
    memcpy(result->Buffer, first, a * sizeof(WCHAR));
    memcpy(result->Buffer + a, second->Buffer + skip, b * sizeof(WCHAR));
    memcpy(result->Buffer + a + b, third, c * sizeof(WCHAR));
    result->Buffer[a + b + c] = 0;
    result->Length = (USHORT)bytes;
    result->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    return true;
}

static bool make_names(struct psp_new_process *about, PCUNICODE_STRING image, PCUNICODE_STRING command)
{
    bool drive = image->Length >= 3 * sizeof(WCHAR) && image->Buffer[1] == L':' && image->Buffer[2] == L'\\';
    if (!drive)
        return false;
    if (join(&about->image, volume, image, 2, L"") && join(&about->file, L"\\??\\", image, 0, L"") &&
        (command ? join(&about->command, L"", command, 0, L"")
                 : join(&about->command, L"\"", image, 0, L"\"")))
        return true;
    psp_free_text(&about->image);
    psp_free_text(&about->file);
    psp_free_text(&about->command);
    return false;
}

static NTSTATUS make_main_thread(PEPROCESS process)
{
    PETHREAD thread;
    NTSTATUS status = psp_create_thread(process, PSP_MADE, UserMode, NULL, &thread);
    if (!NT_SUCCESS(status))
        return status;
    ob_own(thread);
    status = ObInsertObject(thread, NULL, 0, 0, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    atomic_fetch_add(&process->ActiveThreads, 1);
    psp_count_in(thread);
    process->MainThread = thread;
    atomic_store(&process->MainState, PS_MAIN_IDLE);
    return STATUS_SUCCESS;
}

/* What drivers may refuse. */
static NTSTATUS tell(PEPROCESS process)
{
    PS_CREATE_NOTIFY_INFO info = {
        .Size = sizeof info,
        .FileOpenNameAvailable = TRUE,
        .ParentProcessId = process->ParentProcessId,
        .CreatingThreadId = PspCurrentThread()->Cid,
        .ImageFileName = &process->FileName,
        .CommandLine = &process->CommandLine,
        .CreationStatus = STATUS_SUCCESS,
    };
    psp_tell_process(process, &info);
    psp_tell_thread(process->MainThread, TRUE);
    return info.CreationStatus;
}

/* In the new thread. */
static void tell_birth(void *context)
{
    psp_tell_own_birth(context);
}

static void tell_image(void *context)
{
    PEPROCESS process = context;
    IMAGE_INFO info = {
        .ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT,
        .ImageBase = process->SectionBaseAddress,
        .ImageSize = PSP_IMAGE_SIZE,
    };
    PspTellImage(&process->ImageFileName, process->UniqueProcessId, &info);
}

NTSTATUS psp_start_process(PCUNICODE_STRING dos_image, PCUNICODE_STRING command, PEPROCESS parent, ULONG user,
                           PEPROCESS *result)
{
    struct psp_new_process about = {.id = psp_new_id(), .parent = parent->UniqueProcessId, .simulated = TRUE};
    PEPROCESS process;
    if (!make_names(&about, dos_image, command))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    NTSTATUS status = psp_create_process(&about, &process);
    if (!NT_SUCCESS(status))
        return status;
    status = SeGiveToken(process, user == PSP_PARENTS_USER ? parent : NULL, user);
    if (NT_SUCCESS(status))
        status = make_main_thread(process);
    if (!NT_SUCCESS(status)) {
        ObpDereferenceObject(process);
        return status;
    }
    ObpReferenceObject(process); /* the caller's */
    process->SectionBaseAddress = MmReserveForImage(process, PSP_IMAGE_SIZE);
    MmUseContexts();
    status = tell(process);
    if (!NT_SUCCESS(status)) {
        psp_terminate_process(process, status);
        ObpDereferenceObject(process);
        return status;
    }
    KeRunAsThread(&process->MainThread->Tcb, tell_birth, process->MainThread);
    if (PspImagesAreTold())
        KeRunAsThread(&process->MainThread->Tcb, tell_image, process);
    *result = process;
    return STATUS_SUCCESS;
}

static NTSTATUS open_both(PEPROCESS process, PHANDLE process_handle, PHANDLE thread_handle)
{
    NTSTATUS status = ObOpenObjectByPointer(process, 0, NULL, PROCESS_ALL_ACCESS, PSP->process_type,
                                            KernelMode, process_handle);
    if (!NT_SUCCESS(status))
        return status;
    status = ObOpenObjectByPointer(process->MainThread, 0, NULL, THREAD_ALL_ACCESS, PSP->thread_type,
                                   KernelMode, thread_handle);
    if (!NT_SUCCESS(status))
        ObCloseHandle(*process_handle, KiPreviousMode());
    return status;
}

NTSTATUS PspStartProgram(PCUNICODE_STRING image, PCUNICODE_STRING command, ULONG (*start)(PVOID),
                         PVOID context, ULONG flags, PHANDLE process_handle, PHANDLE thread_handle,
                         PCLIENT_ID cid)
{
    PEPROCESS process;
    NTSTATUS status = psp_start_process(image, command, PspCurrentProcess(), PSP_PARENTS_USER, &process);
    if (!NT_SUCCESS(status))
        return status;
    PETHREAD thread = process->MainThread;
    *cid = thread->Cid;
    status = open_both(process, process_handle, thread_handle);
    int idle = PS_MAIN_IDLE;
    if (NT_SUCCESS(status) && atomic_compare_exchange_strong(&process->MainState, &idle, PS_MAIN_BUSY)) {
        thread->StartAddress = (PKSTART_ROUTINE)(PVOID)start;
        thread->StartContext = context;
        atomic_store(&thread->SuspendCount, (flags & PS_THREAD_SUSPENDED) != 0);
        status = KeStartThread(&thread->Tcb, psp_run_user_thread, thread);
        if (!NT_SUCCESS(status)) {
            ObCloseHandle(*process_handle, KiPreviousMode());
            ObCloseHandle(*thread_handle, KiPreviousMode());
            atomic_store(&process->MainState, PS_MAIN_IDLE);
        }
    }
    if (!NT_SUCCESS(status))
        psp_terminate_process(process, status);
    ObpDereferenceObject(process);
    return status;
}
