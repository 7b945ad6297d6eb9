/*
 * Copying between the memories of two processes, a piece at a time.
 */
#include "mip.h"

#include "../ke/service.h"
#include "../ps/ps.h"

enum { PIECE = 4096 };

/* STATUS_PARTIAL_COPY when a part could not be read or written; *done says how much was copied. */
static NTSTATUS copy(PEPROCESS from_process, const UCHAR *from, PEPROCESS to_process, UCHAR *to, SIZE_T size,
                     KPROCESSOR_MODE from_mode, KPROCESSOR_MODE to_mode, SIZE_T *done)
{
    UCHAR piece[PIECE];
    NTSTATUS status = STATUS_SUCCESS;
    for (*done = 0; *done < size && NT_SUCCESS(status);) {
        SIZE_T length = size - *done < PIECE ? size - *done : PIECE;
        /* To the end of the page only: what lies before a hole is copied. */
        SIZE_T rest = PAGE_SIZE - ((uintptr_t)(from + *done) & (PAGE_SIZE - 1));
        length = length < rest ? length : rest;
        PEPROCESS before = PspAttach(from_process);
        status = MmCopyFromMode(piece, from + *done, length, from_mode);
        PspAttach(to_process);
        if (NT_SUCCESS(status))
            status = MmCopyToMode(to + *done, piece, length, to_mode);
        PspAttach(before);
        if (NT_SUCCESS(status))
            *done += length;
    }
    return !NT_SUCCESS(status) ? STATUS_PARTIAL_COPY : status;
}

/* Exported by NT, not documented. In UserMode both ranges must be the client's: STATUS_ACCESS_VIOLATION. */
NTKERNELAPI NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS FromProcess, PVOID FromAddress, PEPROCESS ToProcess,
                                               PVOID ToAddress, SIZE_T BufferSize,
                                               KPROCESSOR_MODE PreviousMode, PSIZE_T NumberOfBytesCopied)
{
    GATE(MmCopyVirtualMemory, FromProcess, FromAddress, ToProcess, ToAddress);
    *NumberOfBytesCopied = 0;
    if (PreviousMode != KernelMode &&
        (!MmIsUserRange(FromAddress, BufferSize) || !MmIsUserRange(ToAddress, BufferSize)))
        return STATUS_ACCESS_VIOLATION;
    if (atomic_load(&FromProcess->Exiting) || atomic_load(&ToProcess->Exiting))
        return STATUS_PROCESS_IS_TERMINATING;
    return copy(FromProcess, FromAddress, ToProcess, ToAddress, BufferSize, PreviousMode, PreviousMode,
                NumberOfBytesCopied);
}

/* What the host lets read, page by page: no access of its own ends in a bug check. */
static SIZE_T read_virtual(UCHAR *to, const UCHAR *from, SIZE_T size)
{
    void *bad;
    if (host_copy(to, from, size, &bad))
        return size;
    SIZE_T done = (uintptr_t)bad > (uintptr_t)from && (uintptr_t)bad - (uintptr_t)from < size
                      ? (uintptr_t)bad - (uintptr_t)from
                      : 0;
    return host_copy(to, from, done, NULL) ? done : 0;
}

/* A page that is no frame lies at its own address. */
static SIZE_T read_page(UCHAR *to, ULONGLONG address, SIZE_T size)
{
    PFN_NUMBER pfn = address >> PAGE_SHIFT;
    SIZE_T offset = (SIZE_T)(address & (PAGE_SIZE - 1));
    if (pfn >= MI_PFN_OWN)
        return read_virtual(to, (UCHAR *)mi_own_address(pfn) + offset, size);
    struct mm_pages *memory;
    PVOID page;
    if (!NT_SUCCESS(MmCreatePhysicalPages(&memory)))
        return 0;
    BOOLEAN mapped = NT_SUCCESS(MmMapSystemPages(memory, pfn << PAGE_SHIFT, PAGE_SIZE, &page));
    if (mapped) {
        memcpy(to, (UCHAR *)page + offset, size);
        MmUnmapSystemPages(page);
    }
    MmDereferencePages(memory);
    return mapped ? size : 0;
}

static SIZE_T read_physical(UCHAR *to, ULONGLONG address, SIZE_T size)
{
    SIZE_T done = 0;
    while (done < size) {
        SIZE_T rest = PAGE_SIZE - (SIZE_T)((address + done) & (PAGE_SIZE - 1)), length = size - done;
        length = length < rest ? length : rest;
        if (read_page(to + done, address + done, length) != length)
            break;
        done += length;
    }
    return done;
}

/*
 * STATUS_INVALID_ADDRESS when not all of it could be read; *NumberOfBytesTransferred says how much was.
 * STATUS_INVALID_PARAMETER_4 for both flags or none. An address that is none does no harm, the kernel's range
 * included. IRQL <= APC_LEVEL. (WDK: MmCopyMemory)
 */
NTSTATUS NTAPI MmCopyMemory(PVOID TargetAddress, MM_COPY_ADDRESS SourceAddress, SIZE_T NumberOfBytes,
                            ULONG Flags, PSIZE_T NumberOfBytesTransferred)
{
    GATE(MmCopyMemory, TargetAddress, SourceAddress.VirtualAddress, NumberOfBytes, Flags);
    *NumberOfBytesTransferred = 0;
    if (Flags == MM_COPY_MEMORY_VIRTUAL)
        *NumberOfBytesTransferred = read_virtual(TargetAddress, SourceAddress.VirtualAddress, NumberOfBytes);
    else if (Flags == MM_COPY_MEMORY_PHYSICAL)
        *NumberOfBytesTransferred =
            read_physical(TargetAddress, (ULONGLONG)SourceAddress.PhysicalAddress.QuadPart, NumberOfBytes);
    else
        return STATUS_INVALID_PARAMETER_4;
    return *NumberOfBytesTransferred == NumberOfBytes ? STATUS_SUCCESS : STATUS_INVALID_ADDRESS;
}

enum direction { READ_IT, WRITE_IT };

static NTSTATUS transfer(HANDLE handle, enum direction direction, PVOID there, PVOID here, SIZE_T size,
                         PSIZE_T told)
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PEPROCESS process, own = PspCurrentProcess();
    SIZE_T done = 0;
    if (mode != KernelMode && (!MmIsUserRange(there, size) || !MmIsUserRange(here, size)))
        return STATUS_ACCESS_VIOLATION;
    NTSTATUS status =
        ObReferenceObjectByHandle(handle, direction == READ_IT ? PROCESS_VM_READ : PROCESS_VM_WRITE,
                                  *PsProcessType, mode, (PVOID *)&process, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (direction == READ_IT)
        status = copy(process, there, own, here, size, mode, mode, &done);
    else
        status = copy(own, here, process, there, size, mode, mode, &done);
    ObpDereferenceObject(process);
    if (told) {
        NTSTATUS stored = MmCopyToMode(told, &done, sizeof done, mode);
        if (!NT_SUCCESS(stored))
            status = stored;
    }
    return status;
}

/* STATUS_PARTIAL_COPY: not all of it could be read, and the count says how much was. */
SERVICE(ReadVirtualMemory,
        (HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T BufferSize, PSIZE_T NumberOfBytesRead),
        (ProcessHandle, BaseAddress, Buffer, BufferSize, NumberOfBytesRead))
{
    return transfer(ProcessHandle, READ_IT, BaseAddress, Buffer, BufferSize, NumberOfBytesRead);
}

SERVICE(WriteVirtualMemory,
        (HANDLE ProcessHandle, PVOID BaseAddress, PVOID Buffer, SIZE_T BufferSize,
         PSIZE_T NumberOfBytesWritten),
        (ProcessHandle, BaseAddress, Buffer, BufferSize, NumberOfBytesWritten))
{
    return transfer(ProcessHandle, WRITE_IT, BaseAddress, Buffer, BufferSize, NumberOfBytesWritten);
}
