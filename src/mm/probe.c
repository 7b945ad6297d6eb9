/*
 * Whose address is it, and may it be touched: the probes, the guarded copies, MmIsAddressValid.
 *
 * ProbeForRead looks at the range only, as on Windows; ProbeForWrite touches a byte of each page. In user
 * mode every address is the client's that is not in the kernel's range, in a driver's image or beyond
 * MmUserProbeAddress.
 */
#include "mip.h"

#include "../host/host.h"

/* The host's own limits: Windows' would cut off the top of the first thread's stack. */
ULONG_PTR MmUserProbeAddress = MI_USER_PROBE_ADDRESS;
PVOID MmHighestUserAddress = (PVOID)(MI_USER_PROBE_ADDRESS - 1);
PVOID MmSystemRangeStart = (PVOID)0xFFFF800000000000ull;

static NTSTATUS touch_pages(const volatile void *address, SIZE_T length)
{
    uintptr_t last = (uintptr_t)address + length - 1;
    for (uintptr_t at = (uintptr_t)address; at <= last; at = (at & ~(uintptr_t)(PAGE_SIZE - 1)) + PAGE_SIZE)
        if (!mi_touch((volatile void *)at, true))
            return MmAccessFault((volatile void *)at, HOST_WRITE);
    return STATUS_SUCCESS;
}

NTSTATUS MmProbe(const volatile void *address, SIZE_T length, ULONG alignment, bool write)
{
    if (!length)
        return STATUS_SUCCESS;
    if ((uintptr_t)address & (alignment - 1))
        return STATUS_DATATYPE_MISALIGNMENT;
    if (KiThread && KiOnOwnStack(KiThread, address, length))
        return STATUS_SUCCESS;
    if (!MmIsUserRange(address, length))
        return STATUS_ACCESS_VIOLATION;
    if (__builtin_expect((uintptr_t)address < 0x10000, 0) && KiThread) {
        KiThread->LowProbe = (uintptr_t)address;
        KiThread->LowProbeLength = length;
    }
    return write ? touch_pages(address, length) : STATUS_SUCCESS;
}

NTSTATUS MmAccessFault(const volatile void *address, int access)
{
    (void)access;
    struct mip_state *mm = mip();
    if (mm && mi_in_space(&mm->client, address))
        return mi_space_fault(&mm->client, address);
    return STATUS_ACCESS_VIOLATION;
}

NTSTATUS MmCopyFromMode(void *to, const void *client, SIZE_T length, KPROCESSOR_MODE mode)
{
    void *bad;
    if (!length)
        return STATUS_SUCCESS;
    if (mode != KernelMode && !MmIsUserRange(client, length))
        return STATUS_ACCESS_VIOLATION;
    if (!host_copy(to, client, length, &bad))
        return MmAccessFault(bad, HOST_READ);
    if (mode != KernelMode) /* whether a client has written what it sends is its own business */
        host_shadow_written(to, length);
    return STATUS_SUCCESS;
}

NTSTATUS MmCopyToMode(void *client, const void *from, SIZE_T length, KPROCESSOR_MODE mode)
{
    void *bad;
    if (!length)
        return STATUS_SUCCESS;
    if (mode != KernelMode && !MmIsUserRange(client, length))
        return STATUS_ACCESS_VIOLATION;
    return host_copy(client, from, length, &bad) ? STATUS_SUCCESS : MmAccessFault(bad, HOST_WRITE);
}

static void raise_status(NTSTATUS status)
{
    if (status == STATUS_DATATYPE_MISALIGNMENT)
        ExRaiseDatatypeMisalignment();
    if (status == STATUS_ACCESS_VIOLATION)
        ExRaiseAccessViolation();
    ExRaiseStatus(status);
}

/* Raises STATUS_ACCESS_VIOLATION or STATUS_DATATYPE_MISALIGNMENT; a range of no bytes always passes. */
VOID NTAPI ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment)
{
    GATE(ProbeForRead, Address, Length, Alignment);
    NTSTATUS status = MmProbe(Address, Length, Alignment, false);
    if (!NT_SUCCESS(status))
        raise_status(status);
    if (__builtin_expect(ntio_machine.hooks != NULL, 0))
        ntio_machine.hooks->probed(Address, Length);
}

VOID NTAPI ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment)
{
    GATE(ProbeForWrite, Address, Length, Alignment);
    NTSTATUS status = MmProbe(Address, Length, Alignment, true);
    if (!NT_SUCCESS(status))
        raise_status(status);
    if (__builtin_expect(ntio_machine.hooks != NULL, 0))
        ntio_machine.hooks->probed(Address, Length);
}

BOOLEAN NTAPI MmIsAddressValid(PVOID VirtualAddress)
{
    GATE(MmIsAddressValid, VirtualAddress);
    BOOLEAN valid = mi_touch(VirtualAddress, false);
    if (__builtin_expect(ntio_machine.hooks != NULL, 0))
        ntio_machine.hooks->probed(VirtualAddress, 0);
    return valid;
}
