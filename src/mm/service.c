/*
 * The system services for client memory: NtAllocateVirtualMemory and its family, and the test side's
 * ntio_user_alloc.
 */
#include "mip.h"

#include <ntio/ntio.h>

#include "../ke/service.h"
#include "../ps/ps.h"

#define MI_COMMIT_TYPES                                                                                      \
    (MEM_COMMIT | MEM_RESERVE | MEM_TOP_DOWN | MEM_RESET | MEM_PHYSICAL | MEM_WRITE_WATCH | MEM_LARGE_PAGES)

/* A range in and out, as the services take it. */
struct range {
    PVOID *base_pointer;
    PSIZE_T size_pointer;
    PVOID base;
    SIZE_T size;
};

static NTSTATUS capture(struct range *range, KPROCESSOR_MODE mode)
{
    if (mode != KernelMode) {
        NTSTATUS status = MmProbe(range->base_pointer, sizeof(PVOID), sizeof(PVOID), true);
        if (NT_SUCCESS(status))
            status = MmProbe(range->size_pointer, sizeof(SIZE_T), sizeof(SIZE_T), true);
        if (!NT_SUCCESS(status))
            return status;
    }
    NTSTATUS status = MmCopyFromMode(&range->base, range->base_pointer, sizeof range->base, mode);
    return NT_SUCCESS(status) ? MmCopyFromMode(&range->size, range->size_pointer, sizeof range->size, mode)
                              : status;
}

static void give_back(const struct range *range, KPROCESSOR_MODE mode)
{
    MmCopyToMode(range->size_pointer, &range->size, sizeof range->size, mode);
    MmCopyToMode(range->base_pointer, &range->base, sizeof range->base, mode);
}

/* The process, referenced unless it is the current one. */
static NTSTATUS find_process(HANDLE handle, ACCESS_MASK access, KPROCESSOR_MODE mode, PVOID *process)
{
    if (handle == NtCurrentProcess()) {
        *process = PspCurrentProcess();
        return STATUS_SUCCESS;
    }
    NTSTATUS status = ObReferenceObjectByHandle(handle, access, *PsProcessType, mode, process, NULL);
    if (NT_SUCCESS(status) && atomic_load(&((PEPROCESS)*process)->Exiting)) {
        ObpDereferenceObject(*process);
        status = STATUS_PROCESS_IS_TERMINATING;
    }
    return status;
}

static void let_go(HANDLE handle, PVOID process)
{
    if (handle != NtCurrentProcess())
        ObpDereferenceObject(process);
}

static NTSTATUS check_range(const struct range *range, NTSTATUS bad_base, NTSTATUS bad_size)
{
    if ((ULONG_PTR)range->base >= MmUserProbeAddress)
        return bad_base;
    if (range->size > MmUserProbeAddress - (ULONG_PTR)range->base)
        return bad_size;
    return STATUS_SUCCESS;
}

/*
 * STATUS_INVALID_PARAMETER_5 for a bad AllocationType, _4 for a bad size, _3 for ZeroBits, _2 for the
 * address; STATUS_INVALID_PAGE_PROTECTION; STATUS_CONFLICTING_ADDRESSES when the range is taken, lies outside
 * the memory we have for clients, or is to be committed and was not reserved. Large pages, AWE and write
 * watches: STATUS_NOT_SUPPORTED.
 */
SERVICE(AllocateVirtualMemory,
        (HANDLE ProcessHandle, PVOID *BaseAddress, ULONG_PTR ZeroBits, PSIZE_T RegionSize,
         ULONG AllocationType, ULONG Protect),
        (ProcessHandle, BaseAddress, ZeroBits, RegionSize, AllocationType, Protect))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct range range = {BaseAddress, RegionSize, NULL, 0};
    struct mi_space *space = &mip()->client;
    PVOID process;
    if (ZeroBits > 21)
        return STATUS_INVALID_PARAMETER_3;
    if ((AllocationType & ~(ULONG)MI_COMMIT_TYPES) ||
        !(AllocationType & (MEM_COMMIT | MEM_RESERVE | MEM_RESET)) ||
        ((AllocationType & MEM_RESET) && AllocationType != MEM_RESET))
        return STATUS_INVALID_PARAMETER_5;
    if (AllocationType & (MEM_PHYSICAL | MEM_WRITE_WATCH | MEM_LARGE_PAGES | MEM_RESET))
        return STATUS_NOT_SUPPORTED;
    NTSTATUS status = capture(&range, mode);
    if (!NT_SUCCESS(status))
        return status;
    status = check_range(&range, STATUS_INVALID_PARAMETER_2, STATUS_INVALID_PARAMETER_4);
    if (!NT_SUCCESS(status))
        return status;
    if (!range.size)
        return STATUS_INVALID_PARAMETER_4;
    if (ZeroBits) /* asks for an address below 4 GB, where we have none */
        return STATUS_NO_MEMORY;
    status = find_process(ProcessHandle, PROCESS_VM_OPERATION, mode, &process);
    if (!NT_SUCCESS(status))
        return status;
    status = mi_space_allocate(space, process, &range.base, &range.size, AllocationType, Protect);
    let_go(ProcessHandle, process);
    if (NT_SUCCESS(status))
        give_back(&range, mode);
    return status;
}

/* STATUS_INVALID_PARAMETER_4 for a bad FreeType. A part of a region can be decommitted, not released. */
SERVICE(FreeVirtualMemory, (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG FreeType),
        (ProcessHandle, BaseAddress, RegionSize, FreeType))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct range range = {BaseAddress, RegionSize, NULL, 0};
    struct mi_space *space = &mip()->client;
    PVOID process;
    if (FreeType != MEM_DECOMMIT && FreeType != MEM_RELEASE)
        return STATUS_INVALID_PARAMETER_4;
    NTSTATUS status = capture(&range, mode);
    if (!NT_SUCCESS(status))
        return status;
    status = check_range(&range, STATUS_INVALID_PARAMETER_2, STATUS_INVALID_PARAMETER_3);
    if (!NT_SUCCESS(status))
        return status;
    status = find_process(ProcessHandle, PROCESS_VM_OPERATION, mode, &process);
    if (!NT_SUCCESS(status))
        return status;
    status = mi_space_free(space, process, &range.base, &range.size, FreeType);
    let_go(ProcessHandle, process);
    if (NT_SUCCESS(status))
        give_back(&range, mode);
    return status;
}

SERVICE(ProtectVirtualMemory,
        (HANDLE ProcessHandle, PVOID *BaseAddress, PSIZE_T RegionSize, ULONG NewProtect, PULONG OldProtect),
        (ProcessHandle, BaseAddress, RegionSize, NewProtect, OldProtect))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct range range = {BaseAddress, RegionSize, NULL, 0};
    struct mi_space *space = &mip()->client;
    PVOID process;
    NTSTATUS status = capture(&range, mode);
    if (NT_SUCCESS(status) && mode != KernelMode)
        status = MmProbe(OldProtect, sizeof(ULONG), sizeof(ULONG), true);
    if (!NT_SUCCESS(status))
        return status;
    status = check_range(&range, STATUS_INVALID_PARAMETER_2, STATUS_INVALID_PARAMETER_3);
    if (!NT_SUCCESS(status))
        return status;
    if (!range.size)
        return STATUS_INVALID_PARAMETER_3;
    status = find_process(ProcessHandle, PROCESS_VM_OPERATION, mode, &process);
    if (!NT_SUCCESS(status))
        return status;
    ULONG old;
    status = mi_space_protect(space, process, &range.base, &range.size, NewProtect, &old);
    let_go(ProcessHandle, process);
    if (!NT_SUCCESS(status))
        return status;
    give_back(&range, mode);
    return MmCopyToMode(OldProtect, &old, sizeof old, mode);
}

/* Memory the client has from elsewhere is told a page at a time, by trying it. */
static void query_foreign(PVOID address, PMEMORY_BASIC_INFORMATION info)
{
    *info = (MEMORY_BASIC_INFORMATION){0};
    info->BaseAddress = (PVOID)((uintptr_t)address & ~(uintptr_t)(PAGE_SIZE - 1));
    info->RegionSize = PAGE_SIZE;
    info->State = MEM_FREE;
    info->Protect = PAGE_NOACCESS;
    if (MmIsSystemAddress(address, 1) || !mi_touch(address, false))
        return;
    info->State = MEM_COMMIT;
    info->Type = MEM_PRIVATE;
    info->AllocationBase = info->BaseAddress;
    info->Protect = info->AllocationProtect = mi_touch(address, true) ? PAGE_READWRITE : PAGE_READONLY;
}

SERVICE(QueryVirtualMemory,
        (HANDLE ProcessHandle, PVOID BaseAddress, MEMORY_INFORMATION_CLASS MemoryInformationClass,
         PVOID MemoryInformation, SIZE_T MemoryInformationLength, PSIZE_T ReturnLength),
        (ProcessHandle, BaseAddress, MemoryInformationClass, MemoryInformation, MemoryInformationLength,
         ReturnLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct mi_space *space = &mip()->client;
    PVOID process;
    if (MemoryInformationClass != MemoryBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (MemoryInformationLength < sizeof(MEMORY_BASIC_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    if ((ULONG_PTR)BaseAddress >= MmUserProbeAddress)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = find_process(ProcessHandle, PROCESS_QUERY_INFORMATION, mode, &process);
    if (!NT_SUCCESS(status))
        return status;
    MEMORY_BASIC_INFORMATION info;
    if (mi_in_space(space, BaseAddress))
        mi_space_query(space, process, BaseAddress, &info);
    else
        query_foreign(BaseAddress, &info);
    let_go(ProcessHandle, process);
    status = MmCopyToMode(MemoryInformation, &info, sizeof info, mode);
    SIZE_T length = sizeof info;
    if (NT_SUCCESS(status) && ReturnLength)
        status = MmCopyToMode(ReturnLength, &length, sizeof length, mode);
    return status;
}

/* --- buffers lent to a request --- */

void *MmLendClient(PEPROCESS process, SIZE_T offset, SIZE_T size)
{
    void *base = NULL;
    SIZE_T region = offset + size;
    if (!NT_SUCCESS(mi_space_allocate(&mip()->client, process, &base, &region, MEM_RESERVE | MEM_COMMIT,
                                      PAGE_READWRITE)))
        return NULL;
    mi_poison(base, offset);
    mi_poison((uint8_t *)base + offset + size, region - offset - size);
    return (uint8_t *)base + offset;
}

void MmTakeBackClient(PEPROCESS process, void *memory)
{
    void *base = (void *)((uintptr_t)memory & ~(uintptr_t)(PAGE_SIZE - 1));
    SIZE_T region = 0;
    mi_space_free(&mip()->client, process, &base, &region, MEM_RELEASE);
}

/* --- the test side --- */

/* A test that plays the kernel means the client. */
static void *tester(void)
{
    PEPROCESS process = PspCurrentProcess();
    return process == ps_system_process() ? ps_client_process() : process;
}

NTIO_API void *ntio_user_alloc(size_t size)
{
    void *base = NULL;
    SIZE_T region = size;
    if (!mip() || !size ||
        !NT_SUCCESS(mi_space_allocate(&mip()->client, tester(), &base, &region, MEM_RESERVE | MEM_COMMIT,
                                      PAGE_READWRITE)))
        return NULL;
    mi_poison((uint8_t *)base + size, region - size);
    return base;
}

NTIO_API void ntio_user_free(void *memory)
{
    SIZE_T region = 0;
    if (mip() && memory)
        mi_space_free(&mip()->client, tester(), &memory, &region, MEM_RELEASE);
}
