/*
 * Memory: whose an address is, and what the components above need beyond the DDIs.
 */
#pragma once

#include <ntifs.h>
#include "../gate.h"
#include "../host/host.h"

void mm_start(void);
void mm_stop(void); /* reports pool that is still allocated, then releases all ranges */

/* The kernel's address range: pool, system mappings, kernel stacks. One reservation; driver images are told apart by io. */
static inline bool MmIsKernelAddress(const volatile void *address)
{
    return (uintptr_t)address - ntio_machine.kernel_base < ntio_machine.kernel_size;
}
/* Driver images count as kernel addresses too; slower, for probes. */
bool MmIsSystemAddress(const volatile void *address, SIZE_T length);
void mm_add_image(void *base, size_t size, void *driver_object);
void mm_remove_image(void *base);
void *mm_image_owner(const void *address); /* the driver object whose image holds the address, or NULL */

/*
 * Guarded copies between the client's memory and the system's: STATUS_ACCESS_VIOLATION when the client's range is bad.
 * KernelMode callers are trusted (no range check) but a fault is still caught.
 */
NTSTATUS MmCopyFromMode(void *to, const void *client, SIZE_T length, KPROCESSOR_MODE mode);
NTSTATUS MmCopyToMode(void *client, const void *from, SIZE_T length, KPROCESSOR_MODE mode);
/* As ProbeForRead/ProbeForWrite, but with a status instead of an exception. */
NTSTATUS MmProbe(const volatile void *address, SIZE_T length, ULONG alignment, bool write);

/* Pool that the library itself owns: never charged to a driver, never in its leak report. */
PVOID MmAllocateSystemPool(SIZE_T bytes, ULONG tag);
VOID MmFreeSystemPool(PVOID);
/* Reports (0xC4/0x62) what a driver left allocated, each with tag, size and where it came from; returns how many. */
ULONG MmReportDriverPool(void *driver_object);

/* Client memory: VirtualAlloc and friends stand on these (NtAllocateVirtualMemory). */
