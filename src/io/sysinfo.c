/*
 * NtQuerySystemInformation: the classes that drivers and their clients read.
 */
#include "iop.h"

#include "../ke/service.h"
#include "../mm/mm.h"

/* WDK headers leave the service out; drivers declare it themselves, each in its own way. */
NTSYSAPI NTSTATUS NTAPI NtQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);
NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG, PVOID, ULONG, PULONG);

enum {
    CLASS_BASIC = 0,
    CLASS_PROCESSOR = 1,
    CLASS_TIME = 3,
    CLASS_PROCESS = 5,
    CLASS_MODULE = 11,
    CLASS_DEBUGGER = 35,
    CLASS_RANGE_START = 50,
    CLASS_EMULATION_BASIC = 62,
    CLASS_CODE_INTEGRITY = 103,
};

struct basic {
    ULONG Reserved, TimerResolution, PageSize, NumberOfPhysicalPages, LowestPhysicalPageNumber,
        HighestPhysicalPageNumber, AllocationGranularity;
    ULONG_PTR MinimumUserModeAddress, MaximumUserModeAddress, ActiveProcessorsAffinityMask;
    CCHAR NumberOfProcessors;
};
C_ASSERT(sizeof(struct basic) == 0x40);

struct processor {
    USHORT ProcessorArchitecture, ProcessorLevel, ProcessorRevision, MaximumProcessors;
    ULONG ProcessorFeatureBits;
};
C_ASSERT(sizeof(struct processor) == 12);

struct time_of_day {
    LARGE_INTEGER BootTime, CurrentTime, TimeZoneBias;
    ULONG TimeZoneId, Reserved;
    ULONGLONG BootTimeBias, SleepTimeBias;
};
C_ASSERT(sizeof(struct time_of_day) == 48);

struct module {
    HANDLE Section;
    PVOID MappedBase, ImageBase;
    ULONG ImageSize, Flags;
    USHORT LoadOrderIndex, InitOrderIndex, LoadCount, OffsetToFileName;
    UCHAR FullPathName[256];
};
C_ASSERT(sizeof(struct module) == 296);
struct modules {
    ULONG NumberOfModules;
    struct module Modules[];
};
C_ASSERT(offsetof(struct modules, Modules) == 8);

/* --- the classes of a fixed size --- */

static void fill_basic(struct basic *info)
{
    unsigned processors = ntio_machine.processors;
    *info = (struct basic){
        .TimerResolution = 156250,
        .PageSize = PAGE_SIZE,
        .NumberOfPhysicalPages = 0x100000,
        .LowestPhysicalPageNumber = 0x1000,
        .HighestPhysicalPageNumber = 0x100FFF,
        .AllocationGranularity = 0x10000,
        .MinimumUserModeAddress = 0x10000,
        .MaximumUserModeAddress = 0x00007FFFFFFEFFFF,
        .ActiveProcessorsAffinityMask = processors >= 64 ? ~(ULONG_PTR)0 : ((ULONG_PTR)1 << processors) - 1,
        .NumberOfProcessors = (CCHAR)processors,
    };
}

static void fill_time(struct time_of_day *info)
{
    ULONGLONG now = KiSystemTime();
    *info = (struct time_of_day){
        .BootTime.QuadPart = (LONGLONG)(now - KiInterruptTime()),
        .CurrentTime.QuadPart = (LONGLONG)now,
        .TimeZoneBias.QuadPart = host_time_zone_bias_minutes() * 600000000ll,
    };
}

/* The whole structure for a caller with room for it; a part, where Windows gives parts. */
static NTSTATUS fixed(const void *info, ULONG size, BOOLEAN parts, PVOID to, ULONG room, PULONG length,
                      KPROCESSOR_MODE mode)
{
    if (parts ? room > size : room != size) {
        *length = parts ? 0 : size;
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    *length = room;
    return MmCopyToMode(to, info, room, mode);
}

/* Test-signed code is loaded: nothing of ours is signed. */
static NTSTATUS code_integrity(PVOID to, ULONG room, PULONG length, KPROCESSOR_MODE mode)
{
    struct {
        ULONG Length, CodeIntegrityOptions;
    } info;
    *length = sizeof info;
    if (room < sizeof info)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = MmCopyFromMode(&info, to, sizeof info, mode);
    if (!NT_SUCCESS(status))
        return status;
    if (info.Length != sizeof info)
        return STATUS_INFO_LENGTH_MISMATCH;
    info.CodeIntegrityOptions = 0x3; /* enabled, test signing */
    return MmCopyToMode(to, &info, sizeof info, mode);
}

/* --- modules --- */

enum { MOST_MODULES = 1024 };

static void put_module(void *context, PVOID base, size_t size, const char *path)
{
    struct modules *list = context;
    ULONG index = list->NumberOfModules++;
    if (index >= MOST_MODULES)
        return;
    struct module *module = &list->Modules[index];
    *module = (struct module){
        .ImageBase = base,
        .ImageSize = (ULONG)size,
        .Flags = 0x08804000,
        .LoadOrderIndex = (USHORT)index,
        .LoadCount = 1,
    };
    size_t length = strlen(path);
    if (length >= sizeof module->FullPathName)
        length = sizeof module->FullPathName - 1;
    memcpy(module->FullPathName, path, length);
    const char *last = strrchr(path, '\\');
    module->OffsetToFileName = (USHORT)(last ? last + 1 - path : 0);
}

void IopForEachModule(void (*visit)(void *context, PVOID base, size_t size, const char *path), void *context)
{
    PVOID base;
    size_t size;
    host_own_range(&base, &size);
    visit(context, base, size, "\\SystemRoot\\system32\\ntoskrnl.exe");
    iop_acquire(&IOP->drivers_lock);
    for (struct iop_driver *record = IOP->drivers; record; record = record->Next) {
        char path[128] = "\\SystemRoot\\System32\\drivers\\";
        if (!record->Image || record->Leaving)
            continue;
        host_image_range(record->Image, &base, &size);
        strcat(path, record->Name);
        strcat(path, ".sys");
        visit(context, base, size, path);
    }
    iop_release(&IOP->drivers_lock);
}

static NTSTATUS modules(PVOID to, ULONG room, PULONG length, KPROCESSOR_MODE mode)
{
    const ULONG head = offsetof(struct modules, Modules);
    struct modules *list = malloc(head + MOST_MODULES * sizeof(struct module));
    if (!list)
        return STATUS_INSUFFICIENT_RESOURCES;
    memset(list, 0, head);
    IopForEachModule(put_module, list);
    *length = head + list->NumberOfModules * (ULONG)sizeof(struct module);
    NTSTATUS status = room < *length ? STATUS_INFO_LENGTH_MISMATCH : MmCopyToMode(to, list, *length, mode);
    free(list);
    return status;
}

static NTSTATUS processes(PVOID to, ULONG room, PULONG length, KPROCESSOR_MODE mode)
{
    ULONG size = 0x10000;
    for (;;) {
        PVOID list = malloc(size);
        if (!list)
            return STATUS_INSUFFICIENT_RESOURCES;
        *length = PspListProcesses(list, size, to);
        if (*length <= size) {
            NTSTATUS status =
                room < *length ? STATUS_INFO_LENGTH_MISMATCH : MmCopyToMode(to, list, *length, mode);
            free(list);
            return status;
        }
        free(list);
        size = 2 * *length;
    }
}

static NTSTATUS answer(ULONG class, PVOID to, ULONG room, PULONG length, KPROCESSOR_MODE mode)
{
    switch (class) {
    case CLASS_BASIC:
    case CLASS_EMULATION_BASIC: {
        struct basic info;
        fill_basic(&info);
        return fixed(&info, sizeof info, FALSE, to, room, length, mode);
    }
    case CLASS_PROCESSOR: {
        struct processor info = {9, 6, 0, (USHORT)ntio_machine.processors, 0};
        *length = sizeof info;
        if (room < sizeof info)
            return STATUS_INFO_LENGTH_MISMATCH;
        return fixed(&info, sizeof info, FALSE, to, sizeof info, length, mode);
    }
    case CLASS_TIME: {
        struct time_of_day info;
        fill_time(&info);
        return fixed(&info, sizeof info, TRUE, to, room, length, mode);
    }
    case CLASS_DEBUGGER: {
        BOOLEAN info[2] = {ntio_machine.kd_enabled, ntio_machine.kd_not_present};
        *length = sizeof info;
        if (room < sizeof info)
            return STATUS_INFO_LENGTH_MISMATCH;
        return fixed(info, sizeof info, FALSE, to, sizeof info, length, mode);
    }
    case CLASS_RANGE_START: {
        PVOID start = (PVOID)ntio_machine.kernel_base;
        return fixed(&start, sizeof start, FALSE, to, room, length, mode);
    }
    case CLASS_PROCESS:
        return processes(to, room, length, mode);
    case CLASS_MODULE:
        return modules(to, room, length, mode);
    case CLASS_CODE_INTEGRITY:
        return code_integrity(to, room, length, mode);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

/*
 * STATUS_INFO_LENGTH_MISMATCH, with the length that is needed, for another length than the class has;
 * STATUS_INVALID_INFO_CLASS for those that are not told. (Win32: NtQuerySystemInformation)
 */
SERVICE(QuerySystemInformation, (ULONG class, PVOID buffer, ULONG room, PULONG returned),
        (class, buffer, room, returned))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    ULONG length = 0;
    if (mode != KernelMode) {
        ULONG alignment = class == CLASS_DEBUGGER ? sizeof(BOOLEAN) : sizeof(ULONG);
        NTSTATUS status = room ? MmProbe(buffer, room, alignment, true) : STATUS_SUCCESS;
        if (NT_SUCCESS(status) && returned)
            status = MmProbe(returned, sizeof *returned, sizeof(ULONG), true);
        if (!NT_SUCCESS(status))
            return status;
    }
    NTSTATUS status = answer(class, buffer, room, &length, mode);
    if (returned && status != STATUS_INVALID_INFO_CLASS) {
        NTSTATUS told = MmCopyToMode(returned, &length, sizeof length, mode);
        if (!NT_SUCCESS(told))
            return told;
    }
    return status;
}
