/*
 * What a process has read from disks and written to them, as file systems count it.
 */
#include "psp.h"

/* WDK: PsIsDiskCountersEnabled. Nobody reads them here, so file systems need not count. */
BOOLEAN NTAPI PsIsDiskCountersEnabled(VOID)
{
    GATE(PsIsDiskCountersEnabled);
    return FALSE;
}

/* WDK: PsUpdateDiskCounters. Counts all the same. */
VOID NTAPI PsUpdateDiskCounters(PEPROCESS Process, ULONG64 BytesRead, ULONG64 BytesWritten,
                                ULONG ReadOperationCount, ULONG WriteOperationCount,
                                ULONG FlushOperationCount)
{
    GATE(PsUpdateDiskCounters, Process, BytesRead, BytesWritten, ReadOperationCount);
    __atomic_add_fetch(&Process->Disk.BytesRead, BytesRead, __ATOMIC_RELAXED);
    __atomic_add_fetch(&Process->Disk.BytesWritten, BytesWritten, __ATOMIC_RELAXED);
    __atomic_add_fetch(&Process->Disk.Reads, ReadOperationCount, __ATOMIC_RELAXED);
    __atomic_add_fetch(&Process->Disk.Writes, WriteOperationCount, __ATOMIC_RELAXED);
    __atomic_add_fetch(&Process->Disk.Flushes, FlushOperationCount, __ATOMIC_RELAXED);
}
