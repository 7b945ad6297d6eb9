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
