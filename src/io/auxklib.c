/*
 * The auxiliary kernel-mode library: the loaded modules, and the bug check that is under way.
 */
#include "iop.h"

#include <aux_klib.h>

/* There is nothing to prepare. (WDK: AuxKlibInitialize) */
NTSTATUS NTAPI AuxKlibInitialize(VOID)
{
    GATE(AuxKlibInitialize);
    return STATUS_SUCCESS;
}

struct list {
    PUCHAR to;
    ULONG element, room, count; /* room and count in elements */
};

static void put(void *context, PVOID base, size_t size, const char *path)
{
    struct list *list = context;
    if (list->to && list->count < list->room) {
        AUX_MODULE_EXTENDED_INFO info = {.BasicInfo.ImageBase = base, .ImageSize = (ULONG)size};
        strncpy((char *)info.FullPathName, path, sizeof info.FullPathName - 1);
        const char *last = strrchr(path, '\\');
        info.FileNameOffset = (USHORT)(last ? last + 1 - path : 0);
        memcpy(list->to + (size_t)list->count * list->element, &info, list->element);
    }
    list->count++;
}

/*
 * An array of AUX_MODULE_BASIC_INFO or AUX_MODULE_EXTENDED_INFO, whichever ElementSize is the size of: first
 * the kernel. QueryInfo NULL: *BufferSize is set to what it takes; else STATUS_BUFFER_TOO_SMALL when it is
 * less. IRQL PASSIVE_LEVEL. (WDK: AuxKlibQueryModuleInformation)
 */
NTSTATUS NTAPI AuxKlibQueryModuleInformation(PULONG BufferSize, ULONG ElementSize, PVOID QueryInfo)
{
    GATE(AuxKlibQueryModuleInformation, BufferSize, ElementSize, QueryInfo);
    if (ElementSize != sizeof(AUX_MODULE_BASIC_INFO) && ElementSize != sizeof(AUX_MODULE_EXTENDED_INFO))
        return STATUS_INVALID_PARAMETER_2;
    struct list list = {
        .to = QueryInfo, .element = ElementSize, .room = QueryInfo ? *BufferSize / ElementSize : 0};
    IopForEachModule(put, &list);
    if (!QueryInfo)
        *BufferSize = list.count * ElementSize;
    return QueryInfo && list.count > list.room ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
}

/*
 * From a bug check callback: the code and its parameters. STATUS_INFO_LENGTH_MISMATCH unless BugCheckDataSize
 * is the structure's. (WDK: AuxKlibGetBugCheckData)
 */
NTSTATUS NTAPI AuxKlibGetBugCheckData(PKBUGCHECK_DATA BugCheckData)
{
    GATE(AuxKlibGetBugCheckData, BugCheckData);
    ULONG_PTR data[5];
    if (BugCheckData->BugCheckDataSize != sizeof *BugCheckData)
        return STATUS_INFO_LENGTH_MISMATCH;
    KiQueryBugCheckData(data);
    BugCheckData->BugCheckCode = (ULONG)data[0];
    BugCheckData->Parameter1 = data[1];
    BugCheckData->Parameter2 = data[2];
    BugCheckData->Parameter3 = data[3];
    BugCheckData->Parameter4 = data[4];
    return STATUS_SUCCESS;
}
