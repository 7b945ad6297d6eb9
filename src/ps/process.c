/*
 * Process objects, attaching to one, and what is asked about them.
 */
#include "psp.h"

#include <stdlib.h>
#include <string.h>

HANDLE psp_new_id(void)
{
    return (HANDLE)(ULONG_PTR)atomic_fetch_add(&PSP->next_id, 4);
}

/* The last component, in ASCII, as EPROCESS has it: at most 15 characters. */
static void set_image_name(PEPROCESS process)
{
    USHORT count = process->ImageFileName.Length / sizeof(WCHAR), from = 0;
    for (USHORT i = 0; i < count; i++)
        if (process->ImageFileName.Buffer[i] == L'\\')
            from = i + 1;
    for (USHORT i = 0; i + 1u < sizeof process->ImageName && from + i < count; i++)
        process->ImageName[i] = (CHAR)process->ImageFileName.Buffer[from + i];
}

static void free_names(UNICODE_STRING *image, UNICODE_STRING *file, UNICODE_STRING *command)
{
    psp_free_text(image);
    psp_free_text(file);
    psp_free_text(command);
}

NTSTATUS psp_create_process(const struct psp_new_process *about, PEPROCESS *out)
{
    PEPROCESS process;
    NTSTATUS status = ObCreateObject(KernelMode, PSP->process_type, NULL, KernelMode, NULL, sizeof *process,
                                     0, 0, (PVOID *)&process);
    if (!NT_SUCCESS(status)) {
        struct psp_new_process copy = *about;
        if (copy.simulated)
            free_names(&copy.image, &copy.file, &copy.command);
        return status;
    }
    ob_own(process);
    process->Header.Type = 3; /* ProcessObject of NT's KOBJECTS */
    process->Header.Size = sizeof(DISPATCHER_HEADER) / sizeof(LONG);
    InitializeListHead(&process->Header.WaitListHead);
    InitializeListHead(&process->ThreadList);
    process->UniqueProcessId = about->id;
    process->ParentProcessId = about->parent;
    process->ExitStatus = STATUS_PENDING;
    KeQuerySystemTime(&process->CreateTime);
    process->ImageFileName = about->image;
    process->FileName = about->file;
    process->CommandLine = about->command;
    process->Simulated = process->OwnsNames = about->simulated;
    set_image_name(process);
    process->Handles = about->table;
    ki_lock(&PSP->lock);
    InsertTailList(&PSP->processes, &process->ProcessLinks);
    ki_unlock(&PSP->lock);
    if (!about->table && !(process->Handles = ob_handle_table_create(process))) {
        ObpDereferenceObject(process);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    status = ObInsertObject(process, NULL, 0, 0, NULL, NULL);
    if (NT_SUCCESS(status))
        *out = process;
    return status;
}

void psp_delete_process(PVOID object)
{
    PEPROCESS process = object;
    ki_lock(&PSP->lock);
    RemoveEntryList(&process->ProcessLinks);
    ki_unlock(&PSP->lock);
    if (process->Handles && process->Handles != ob_kernel_handle_table())
        ob_handle_table_free(process->Handles);
    if (process->Token)
        ObpDereferenceObject(process->Token);
    if (process->OwnsNames)
        free_names(&process->ImageFileName, &process->FileName, &process->CommandLine);
}

/* --- DDIs --- */

PEPROCESS NTAPI IoGetCurrentProcess(VOID)
{
    GATE(IoGetCurrentProcess);
    return PspCurrentProcess();
}

PEPROCESS NTAPI PsGetCurrentProcess(VOID)
{
    GATE(PsGetCurrentProcess);
    return PspCurrentProcess();
}

BOOLEAN NTAPI PsIsSystemProcess(PEPROCESS Process)
{
    GATE(PsIsSystemProcess, Process);
    return Process == PSP->system;
}

/* The process of the current thread, also while it is attached to another one. */
HANDLE NTAPI PsGetCurrentProcessId(VOID)
{
    GATE(PsGetCurrentProcessId);
    return PspCurrentThread()->Cid.UniqueProcess;
}

HANDLE NTAPI PsGetProcessId(PEPROCESS Process)
{
    GATE(PsGetProcessId, Process);
    return Process->UniqueProcessId;
}

/* Exported, and in no public header. */
NTKERNELAPI PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process)
{
    GATE(PsGetProcessImageFileName, Process);
    return (PUCHAR)Process->ImageName;
}

LONGLONG NTAPI PsGetProcessCreateTimeQuadPart(PEPROCESS Process)
{
    GATE(PsGetProcessCreateTimeQuadPart, Process);
    return Process->CreateTime.QuadPart;
}

/* STATUS_PENDING while it runs. */
NTSTATUS NTAPI PsGetProcessExitStatus(PEPROCESS Process)
{
    GATE(PsGetProcessExitStatus, Process);
    return Process->ExitStatus;
}

/* Returns TRUE for a checked build, which this is not. Each result may be left out. */
BOOLEAN NTAPI PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber,
                           PUNICODE_STRING CSDVersion)
{
    GATE(PsGetVersion, MajorVersion, MinorVersion, BuildNumber, CSDVersion);
    RTL_OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    RtlGetVersion(&version);
    if (MajorVersion)
        *MajorVersion = version.dwMajorVersion;
    if (MinorVersion)
        *MinorVersion = version.dwMinorVersion;
    if (BuildNumber)
        *BuildNumber = version.dwBuildNumber;
    if (CSDVersion)
        *CSDVersion = (UNICODE_STRING){0};
    return FALSE;
}

PEPROCESS psp_find_process(HANDLE id)
{
    struct psp_state *ps = PSP;
    PEPROCESS found = NULL;
    ki_lock(&ps->lock);
    for (PLIST_ENTRY e = ps->processes.Flink; e != &ps->processes && !found; e = e->Flink) {
        PEPROCESS process = CONTAINING_RECORD(e, EPROCESS, ProcessLinks);
        if (process->UniqueProcessId == id && ObpReferenceObjectSafe(process))
            found = process;
    }
    ki_unlock(&ps->lock);
    return found;
}

/* The process, referenced. STATUS_INVALID_CID when there is none of that id. Up to APC_LEVEL. */
NTSTATUS NTAPI PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS *Process)
{
    GATE(PsLookupProcessByProcessId, ProcessId, Process);
    *Process = psp_find_process(ProcessId);
    return *Process ? STATUS_SUCCESS : STATUS_INVALID_CID;
}

/* --- services --- */

/* The process of that id; with a thread's id as well, that thread's. */
static PEPROCESS find_client(const CLIENT_ID *cid)
{
    PETHREAD thread;
    PEPROCESS process = psp_find_process(cid->UniqueProcess);
    if (!process || !cid->UniqueThread)
        return process;
    bool has = false;
    if (NT_SUCCESS(PsLookupThreadByThreadId(cid->UniqueThread, &thread))) {
        has = thread->Process == process;
        ObpDereferenceObject(thread);
    }
    if (has)
        return process;
    ObpDereferenceObject(process);
    return NULL;
}

/* STATUS_INVALID_PARAMETER_MIX: a name, or no client id. STATUS_INVALID_CID. (WDK: ZwOpenProcess) */
SERVICE(OpenProcess,
        (PHANDLE ProcessHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         PCLIENT_ID ClientId),
        (ProcessHandle, DesiredAccess, ObjectAttributes, ClientId))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    CLIENT_ID cid;
    HANDLE handle;
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status = ObProbeHandleOut(ProcessHandle, mode);
    if (NT_SUCCESS(status))
        status = MmCopyFromMode(&attributes, ObjectAttributes, sizeof attributes, mode);
    if (NT_SUCCESS(status))
        status = ClientId ? MmCopyFromMode(&cid, ClientId, sizeof cid, mode) : STATUS_INVALID_PARAMETER_MIX;
    if (!NT_SUCCESS(status))
        return status;
    if (attributes.ObjectName)
        return STATUS_INVALID_PARAMETER_MIX;
    PEPROCESS process = find_client(&cid);
    if (!process)
        return STATUS_INVALID_CID;
    ULONG flags =
        mode == KernelMode ? attributes.Attributes : attributes.Attributes & ~(ULONG)OBJ_KERNEL_HANDLE;
    status = ObOpenObjectByPointer(process, flags, NULL, DesiredAccess, PSP->process_type, mode, &handle);
    ObpDereferenceObject(process);
    return NT_SUCCESS(status) ? ObReturnHandle(handle, ProcessHandle, mode) : status;
}
