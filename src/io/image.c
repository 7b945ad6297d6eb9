/*
 * Drivers' images as the loader describes them: DriverSection, and the image notification.
 */
#include "iop.h"

/* The loader's entry for a module. NT's is longer; drivers find the links, the names and the flags in it. */
struct module {
    LIST_ENTRY InLoadOrderLinks; /* of itself alone */
    PVOID ExceptionTable;
    ULONG ExceptionTableSize;
    PVOID GpValue;
    PVOID NonPagedDebugInfo;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT LoadCount;
    USHORT Spare[33]; /* up to the length of NT's */
    WCHAR Name[];
};
_Static_assert(offsetof(struct module, DllBase) == 0x30, "DllBase");
_Static_assert(offsetof(struct module, FullDllName) == 0x48, "FullDllName");
_Static_assert(offsetof(struct module, BaseDllName) == 0x58, "BaseDllName");
_Static_assert(offsetof(struct module, Flags) == 0x68, "Flags");

#define DIRECTORY L"\\SystemRoot\\System32\\drivers\\"

NTSTATUS IopDescribeImage(PDRIVER_OBJECT driver, PCUNICODE_STRING service)
{
    UNICODE_STRING directory = RTL_CONSTANT_STRING(DIRECTORY), suffix = RTL_CONSTANT_STRING(L".sys");
    ULONG length = (ULONG)directory.Length + service->Length + suffix.Length;
    struct module *module = MmAllocateSystemPool(sizeof *module + length, IOP_TAG_DRIVER);
    if (!module)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(module, 0, sizeof *module + length);
    InitializeListHead(&module->InLoadOrderLinks);
    module->DllBase = driver->DriverStart;
    module->EntryPoint = (PVOID)driver->DriverInit;
    module->SizeOfImage = driver->DriverSize;
    module->LoadCount = 1;
    module->FullDllName = (UNICODE_STRING){0, (USHORT)length, module->Name};
    RtlAppendUnicodeStringToString(&module->FullDllName, &directory);
    RtlAppendUnicodeStringToString(&module->FullDllName, service);
    RtlAppendUnicodeStringToString(&module->FullDllName, &suffix);
    USHORT base = (USHORT)(length - directory.Length);
    module->BaseDllName = (UNICODE_STRING){base, base, module->Name + directory.Length / sizeof(WCHAR)};
    driver->DriverSection = module;
    return STATUS_SUCCESS;
}

void IopTellImage(PDRIVER_OBJECT driver)
{
    struct module *module = driver->DriverSection;
    IMAGE_INFO info = {
        .ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT,
        .SystemModeImage = TRUE,
        .ImageBase = driver->DriverStart,
        .ImageSize = driver->DriverSize,
    };
    if (!PspImagesAreTold())
        return;
    struct ps_system_scope scope = ps_enter_system();
    PspTellImage(&module->FullDllName, NULL, &info);
    ps_leave_system(scope);
}
