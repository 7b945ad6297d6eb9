/*
 * What can be asked about processes: the services, and the small routines that NT exports.
 */
#include "psp.h"

#include <string.h>

/* --- answers --- */

struct answer {
    union {
        PROCESS_BASIC_INFORMATION basic;
        KERNEL_USER_TIMES times;
        ULONG number;
        ULONG_PTR pointer;
        UNICODE_STRING text; /* with the characters behind it */
    };
    ULONG size; /* of what stands there, without the characters */
    PCUNICODE_STRING characters;
    USHORT skip; /* so many characters of them are left out */
};

static USHORT text_length(const struct answer *answer)
{
    return (USHORT)(answer->characters->Length - answer->skip * sizeof(WCHAR));
}

static ULONG needed(const struct answer *answer)
{
    if (!answer->characters)
        return answer->size;
    return (ULONG)(sizeof(UNICODE_STRING) + text_length(answer) + sizeof(WCHAR));
}

static void answer_number(struct answer *answer, ULONG number)
{
    answer->number = number;
    answer->size = sizeof number;
}

static void answer_times(struct answer *answer, PEPROCESS process)
{
    answer->times.CreateTime = process->CreateTime;
    answer->times.ExitTime.QuadPart =
        process->ExitTime.QuadPart; /* the host's processor time is nobody's here */
    answer->size = sizeof answer->times;
}

static void answer_basic(struct answer *answer, PEPROCESS process)
{
    answer->basic = (PROCESS_BASIC_INFORMATION){
        .ExitStatus = process->ExitStatus,
        .AffinityMask = psp_process_affinity(process),
        .BasePriority = 8,
        .UniqueProcessId = (ULONG_PTR)process->UniqueProcessId,
        .InheritedFromUniqueProcessId = (ULONG_PTR)process->ParentProcessId,
    };
    answer->size = sizeof answer->basic;
}

ULONG psp_session(PEPROCESS process)
{
    return process == PSP->system ? 0 : 1;
}

/* The class's answer; false: a class that is not known. */
static bool find_answer(struct answer *answer, PEPROCESS process, ULONG class)
{
    switch (class) {
    case ProcessBasicInformation:
        answer_basic(answer, process);
        return true;
    case ProcessTimes:
        answer_times(answer, process);
        return true;
    case ProcessDebugPort: /* there are no debuggers, no 32-bit processes and no critical ones */
    case ProcessWow64Information:
        answer->pointer = 0;
        answer->size = sizeof answer->pointer;
        return true;
    case ProcessSubsystemInformation: /* Win32's */
    case ProcessBreakOnTermination:
        answer_number(answer, 0);
        return true;
    case ProcessDebugFlags:
        answer_number(answer, 1); /* PROCESS_DEBUG_INHERIT: no debugger */
        return true;
    case ProcessHandleCount:
        answer_number(answer, ob_handle_table_count(process->Handles));
        return true;
    case ProcessSessionInformation:
        answer_number(answer, psp_session(process));
        return true;
    case ProcessImageFileName:
        answer->characters = &process->ImageFileName;
        return true;
    case ProcessImageFileNameWin32:
        answer->characters = &process->FileName;
        if (process->FileName.Length)
            answer->skip = 4; /* \??\ */
        return true;
    case ProcessCommandLineInformation:
        answer->characters = &process->CommandLine;
        return true;
    default:
        return false;
    }
}

static NTSTATUS give_text(const struct answer *answer, PUCHAR to, KPROCESSOR_MODE mode)
{
    USHORT length = text_length(answer);
    PWCHAR characters = (PWCHAR)(to + sizeof(UNICODE_STRING));
    UNICODE_STRING text = {length, (USHORT)(length + sizeof(WCHAR)), characters};
    static const WCHAR end;
    NTSTATUS status = MmCopyToMode(to, &text, sizeof text, mode);
    if (NT_SUCCESS(status))
        status = MmCopyToMode(characters, answer->characters->Buffer + answer->skip, length, mode);
    return NT_SUCCESS(status) ? MmCopyToMode(characters + length / sizeof(WCHAR), &end, sizeof end, mode)
                              : status;
}

/* Who may know everything may know little. */
static NTSTATUS reference(HANDLE handle, KPROCESSOR_MODE mode, PEPROCESS *process)
{
    NTSTATUS status = ObReferenceObjectByHandle(handle, PROCESS_QUERY_LIMITED_INFORMATION, PSP->process_type,
                                                mode, (PVOID *)process, NULL);
    return status == STATUS_ACCESS_DENIED
               ? ObReferenceObjectByHandle(handle, PROCESS_QUERY_INFORMATION, PSP->process_type, mode,
                                           (PVOID *)process, NULL)
               : status;
}

/*
 * STATUS_INVALID_INFO_CLASS; STATUS_INFO_LENGTH_MISMATCH, with the length needed in ReturnLength where a
 * string does not fit. The limited right is enough. (WDK: ZwQueryInformationProcess)
 */
SERVICE(QueryInformationProcess,
        (HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass, PVOID ProcessInformation,
         ULONG ProcessInformationLength, PULONG ReturnLength),
        (ProcessHandle, ProcessInformationClass, ProcessInformation, ProcessInformationLength, ReturnLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct answer answer;
    PEPROCESS process;
    memset(&answer, 0, sizeof answer);
    if (!find_answer(&answer, PSP->system, (ULONG)ProcessInformationClass))
        return STATUS_INVALID_INFO_CLASS;
    if (!answer.characters && ProcessInformationLength != answer.size)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = reference(ProcessHandle, mode, &process);
    if (!NT_SUCCESS(status))
        return status;
    memset(&answer, 0, sizeof answer);
    find_answer(&answer, process, (ULONG)ProcessInformationClass);
    ULONG length = needed(&answer);
    if (ProcessInformationLength < length)
        status = STATUS_INFO_LENGTH_MISMATCH;
    else if (answer.characters)
        status = give_text(&answer, ProcessInformation, mode);
    else
        status = MmCopyToMode(ProcessInformation, &answer, length, mode);
    ObpDereferenceObject(process);
    if (ReturnLength && (NT_SUCCESS(status) || status == STATUS_INFO_LENGTH_MISMATCH)) {
        NTSTATUS told = MmCopyToMode(ReturnLength, &length, sizeof length, mode);
        if (!NT_SUCCESS(told))
            status = told;
    }
    return status;
}

/* --- routines that NT exports, of which few are documented --- */

/* A copy of the image's name, \Device\HarddiskVolume1\..., for ExFreePool. (WDK: SeLocateProcessImageName) */
NTSTATUS NTAPI SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING *pImageFileName)
{
    GATE(SeLocateProcessImageName, Process, pImageFileName);
    USHORT length = Process->ImageFileName.Length;
    *pImageFileName = NULL;
    PUNICODE_STRING copy = GATE_FAILS(SeLocateProcessImageName)
                               ? NULL
                               : MmAllocatePoolFor(__builtin_return_address(0), NonPagedPool,
                                                   sizeof *copy + length + sizeof(WCHAR), PSP_TAG_NAME);
    if (!copy)
        return STATUS_NO_MEMORY;
    copy->Buffer = (PWCH)(copy + 1);
    copy->Length = length;
    copy->MaximumLength = (USHORT)(length + sizeof(WCHAR));
    memcpy(copy->Buffer, Process->ImageFileName.Buffer, length);
    copy->Buffer[length / sizeof(WCHAR)] = 0;
    *pImageFileName = copy;
    return STATUS_SUCCESS;
}

NTKERNELAPI HANDLE NTAPI PsGetProcessInheritedFromUniqueProcessId(PEPROCESS Process)
{
    GATE(PsGetProcessInheritedFromUniqueProcessId, Process);
    return Process->ParentProcessId;
}

/* NULL for System and the client, whose images the host has. */
NTKERNELAPI PVOID NTAPI PsGetProcessSectionBaseAddress(PEPROCESS Process)
{
    GATE(PsGetProcessSectionBaseAddress, Process);
    return Process->SectionBaseAddress;
}

/* No process here has an environment block: drivers that look for one find NULL, as in System. */
NTKERNELAPI struct _PEB *NTAPI PsGetProcessPeb(PEPROCESS Process)
{
    GATE(PsGetProcessPeb, Process);
    return NULL;
}

NTKERNELAPI PVOID NTAPI PsGetProcessWow64Process(PEPROCESS Process)
{
    GATE(PsGetProcessWow64Process, Process);
    return NULL;
}

NTKERNELAPI PVOID NTAPI PsGetProcessDebugPort(PEPROCESS Process)
{
    GATE(PsGetProcessDebugPort, Process);
    return NULL;
}

NTKERNELAPI BOOLEAN NTAPI PsIsProcessBeingDebugged(PEPROCESS Process)
{
    GATE(PsIsProcessBeingDebugged, Process);
    return FALSE;
}

NTKERNELAPI BOOLEAN NTAPI PsIsProtectedProcess(PEPROCESS Process)
{
    GATE(PsIsProtectedProcess, Process);
    return FALSE;
}

NTKERNELAPI BOOLEAN NTAPI PsIsProtectedProcessLight(PEPROCESS Process)
{
    GATE(PsIsProtectedProcessLight, Process);
    return FALSE;
}

NTKERNELAPI BOOLEAN NTAPI PsGetProcessExitProcessCalled(PEPROCESS Process)
{
    GATE(PsGetProcessExitProcessCalled, Process);
    return atomic_load(&Process->Exiting);
}

NTKERNELAPI ULONG NTAPI PsGetProcessSessionId(PEPROCESS Process)
{
    GATE(PsGetProcessSessionId, Process);
    return psp_session(Process);
}

NTKERNELAPI ULONG NTAPI PsGetCurrentProcessSessionId(VOID)
{
    GATE(PsGetCurrentProcessSessionId);
    return psp_session(PspCurrentProcess());
}

/* When the current process ended: 0, since it runs. (WDK: PsGetProcessExitTime) */
LARGE_INTEGER NTAPI PsGetProcessExitTime(VOID)
{
    GATE(PsGetProcessExitTime);
    return PspCurrentProcess()->ExitTime;
}

NTKERNELAPI PEPROCESS NTAPI PsGetCurrentThreadProcess(VOID)
{
    GATE(PsGetCurrentThreadProcess);
    return PspCurrentThread()->Process;
}

NTKERNELAPI HANDLE NTAPI PsGetCurrentThreadProcessId(VOID)
{
    GATE(PsGetCurrentThreadProcessId);
    return PspCurrentThread()->Cid.UniqueProcess;
}

NTKERNELAPI CCHAR NTAPI PsGetCurrentThreadPreviousMode(VOID)
{
    GATE(PsGetCurrentThreadPreviousMode);
    return PspCurrentThread()->Tcb.PreviousMode;
}

/* No thread here has an environment block, as system threads have none on NT. (WDK: PsGetCurrentThreadTeb) */
PVOID NTAPI PsGetCurrentThreadTeb(VOID)
{
    GATE(PsGetCurrentThreadTeb);
    return NULL;
}

NTKERNELAPI PVOID NTAPI PsGetThreadTeb(PETHREAD Thread)
{
    GATE(PsGetThreadTeb, Thread);
    return NULL;
}
