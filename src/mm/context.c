/*
 * Whose memory is in reach: each process's own, for the threads that are in its context.
 *
 * All processes share the host's one address space, so a client's range has an owner instead: while a thread
 * that is not in the owner's context runs, the range's pages are inaccessible (shut). A range is shut when a
 * thread goes from one context to another or waits, and opened again by the fault of the first thread that is
 * in its owner's context; so nobody is ever kept from what is his, and a stray access is missed only if a
 * thread of the owner's touched the same range since, on another processor. Memory that the client has from
 * elsewhere (its stack, malloc) has no owner.
 *
 * All of this is off (ntio_machine.contexts) until there are two clients, or somebody asks for it.
 */
#include "mip.h"

#include "../ps/ps.h"

/* A DPC is in nobody's context, even if the thread it interrupts has one; the system's own visits are. */
void *mi_context(void)
{
    PETHREAD thread = (PETHREAD)KiThread;
    if (!thread)
        return ps_client_process(); /* the client's own thread, before its first call */
    if (thread->Tcb.InDpc && !thread->Visiting)
        return NULL;
    return PspCurrentProcess();
}

bool mi_resolve_fault(void *address, int access)
{
    struct mip_state *mm = mip();
    if (mm && ntio_machine.paged_out && mi_paged_resolve(address))
        return true;
    return mm && atomic_load(&ntio_machine.contexts) && mi_in_space(&mm->client, address) &&
           mi_space_resolve(&mm->client, mi_context(), address, access);
}

void MmUseContexts(void)
{
    if (atomic_exchange(&ntio_machine.contexts, true))
        return;
    host_faults_resolve(mi_resolve_fault);
    MmSwitchContext();
}

void MmSwitchContext(void)
{
    mi_space_shut_others(&mip()->client, mi_context());
}

void MmLeaveContext(void)
{
    mi_space_shut_others(&mip()->client, NULL);
}

void *MmOwnerOf(const volatile void *address)
{
    struct mip_state *mm = mip();
    return mm && mi_in_space(&mm->client, address) ? mi_space_owner(&mm->client, address) : NULL;
}

void *MmReserveForImage(PEPROCESS process, SIZE_T size)
{
    void *base = NULL;
    NTSTATUS status =
        mi_space_allocate(&mip()->client, process, &base, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    return NT_SUCCESS(status) ? base : NULL;
}

/* Bug check 0x76 when pages of it are still locked. */
void MmFreeProcessMemory(PEPROCESS process)
{
    LONG64 locked = atomic_load(&process->LockedPages);
    if (locked > 0)
        mi_tell_locked(process);
    if (locked > 0)
        KiBugCheck(PROCESS_HAS_LOCKED_PAGES, 0, (ULONG_PTR)process, (ULONG_PTR)locked, 0, NULL);
    MmUnmapViews(process);
    mi_space_free_owned(&mip()->client, process);
}
