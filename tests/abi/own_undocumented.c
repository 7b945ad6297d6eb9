/*
 * A driver that includes <ntifs.h> and declares for itself what the kernel exports and no header declares: not always as ntio has it.
 */
#include <ntifs.h>

typedef enum _SYSTEM_INFORMATION_CLASS { SystemBasicInformation = 0, SystemModuleInformation = 11 } SYSTEM_INFORMATION_CLASS;
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(SYSTEM_INFORMATION_CLASS Class, PVOID Information, ULONG Length, PULONG Needed);
NTSYSAPI NTSTATUS NTAPI ZwQueryInformationProcess(HANDLE Process, ULONG Class, PVOID Information, ULONG Length, PULONG Needed);
NTSYSAPI NTSTATUS NTAPI ZwQueryDirectoryObject(HANDLE, PVOID, ULONG, BOOLEAN, BOOLEAN, PULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwOpenThread(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PCLIENT_ID);
NTSYSAPI NTSTATUS NTAPI ZwProtectVirtualMemory(HANDLE, PVOID *, PULONG, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwWaitForMultipleObjects(ULONG, PHANDLE, ULONG, BOOLEAN, PLARGE_INTEGER);
NTKERNELAPI PCHAR PsGetProcessImageFileName(PEPROCESS Process);
NTKERNELAPI PPEB PsGetProcessPeb(PEPROCESS Process);
NTKERNELAPI NTSTATUS ObReferenceObjectByName(PUNICODE_STRING Name, ULONG Attributes, PACCESS_STATE State, ACCESS_MASK Access,
                                             POBJECT_TYPE Type, KPROCESSOR_MODE Mode, PVOID Context, PVOID *Object);
NTKERNELAPI PVOID ObGetObjectType(PVOID Object);
NTKERNELAPI BOOLEAN PsIsSystemProcess(PVOID Process);
NTKERNELAPI PVOID PsGetThreadProcess(PVOID Thread);
NTKERNELAPI NTSTATUS IoCreateDriver(PUNICODE_STRING Name, NTSTATUS (*Entry)(PVOID, PVOID));
extern POBJECT_TYPE IoDriverObjectType;
extern PVOID *IoDeviceObjectType;
extern POBJECT_TYPE *MmSectionObjectType;

typedef struct _OBJECT_TYPE_INFORMATION {
    UNICODE_STRING TypeName;
    ULONG Reserved[22];
} OBJECT_TYPE_INFORMATION, *POBJECT_TYPE_INFORMATION;
typedef struct _OBJECT_DIRECTORY_INFORMATION {
    UNICODE_STRING Name, TypeName;
} OBJECT_DIRECTORY_INFORMATION, *POBJECT_DIRECTORY_INFORMATION;
typedef struct _THREAD_BASIC_INFORMATION {
    NTSTATUS ExitStatus;
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
} THREAD_BASIC_INFORMATION, *PTHREAD_BASIC_INFORMATION;
typedef struct _PEB {
    BOOLEAN InheritedAddressSpace, ReadImageFileExecOptions, BeingDebugged;
} PEB;

NTSTATUS look_at(PEPROCESS process);
NTSTATUS look_at(PEPROCESS process)
{
    PROCESS_BASIC_INFORMATION basic = {0};
    NTSTATUS status = ZwQueryInformationProcess(ZwCurrentProcess(), ProcessBasicInformation, &basic, sizeof basic, NULL);
    if (NT_SUCCESS(status) && basic.PebBaseAddress && basic.PebBaseAddress->BeingDebugged)
        return STATUS_DEBUGGER_INACTIVE;
    return PsGetProcessPeb(process) || PsGetProcessImageFileName(process)[0] ? status : STATUS_UNSUCCESSFUL;
}
