/*
 * A driver that includes <wdm.h> alone and declares for itself what <ntddk.h> would have told.
 */
#include <wdm.h>

typedef struct _IMAGE_INFO {
    ULONG Properties;
    PVOID ImageBase;
} IMAGE_INFO, *PIMAGE_INFO;
typedef VOID (*PLOAD_IMAGE_NOTIFY_ROUTINE)(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO ImageInfo);
NTKERNELAPI NTSTATUS PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine);
NTKERNELAPI HANDLE PsGetProcessId(PVOID Process);
typedef struct _RTL_AVL_TABLE {
    PVOID Root;
} RTL_AVL_TABLE;

NTSTATUS be_told(PLOAD_IMAGE_NOTIFY_ROUTINE routine);
NTSTATUS be_told(PLOAD_IMAGE_NOTIFY_ROUTINE routine)
{
    RTL_AVL_TABLE table = {PsGetProcessId(PsGetCurrentProcess())};
    return table.Root ? PsSetLoadImageNotifyRoutine(routine) : STATUS_UNSUCCESSFUL;
}
