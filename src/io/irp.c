/*
 * IRPs: memory, initialisation, reuse, and the buffers and MDLs that hang on them.
 *
 * With caching on, an IRP comes from a list of its thread, and with it room for a small system buffer right
 * behind its stack locations. Under a sanitizer of memory and the full verifier nothing is cached, so that a
 * block never is another's twin.
 */
#include "send.h"

/* --- the cache of a thread --- */

struct iop_thread_cache *iop_make_cache(PETHREAD thread)
{
    struct iop_thread_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->Thread = thread;
    iop_acquire(&IOP->caches_lock);
    cache->Next = IOP->caches;
    if (cache->Next)
        cache->Next->Previous = cache;
    IOP->caches = cache;
    iop_release(&IOP->caches_lock);
    thread->IrpCache = cache;
    return cache;
}

void iop_free_cache(struct iop_thread_cache *cache)
{
    iop_acquire(&IOP->caches_lock);
    if (cache->Next)
        cache->Next->Previous = cache->Previous;
    if (cache->Previous)
        cache->Previous->Next = cache->Next;
    else
        IOP->caches = cache->Next;
    iop_release(&IOP->caches_lock);
    cache->Thread->IrpCache = NULL;
    for (int i = 0; i <= IOP_CACHED_STACKS; i++)
        for (PIRP irp = cache->Irps[i]; irp;) {
            PIRP next = (PIRP)irp->MdlAddress;
            MmFreeSystemPool(irp);
            irp = next;
        }
    free(cache);
}

static inline size_t block_size(CCHAR stacks, BOOLEAN cached)
{
    return iop_irp_size(stacks) + (cached ? IOP_INLINE_BUFFER + IOP_INLINE_MDL : 0);
}

PIRP IopAllocateIrp(CCHAR StackSize)
{
    BOOLEAN cached = IOP->caching && StackSize <= IOP_CACHED_STACKS;
    struct iop_thread_cache *cache = cached ? PspCurrentThread()->IrpCache : NULL;
    if (cache && cache->Irps[(UCHAR)StackSize])
        return iop_take_irp(cache->Thread, StackSize);
    PIRP irp = MmAllocateRequestPool(block_size(StackSize, cached), IOP_TAG_IRP);
    if (irp)
        iop_initialize_irp(irp, StackSize,
                           IRP_ALLOCATED_FIXED_SIZE | (cached ? IRP_LOOKASIDE_ALLOCATION : 0));
    return irp;
}

void IopFreeIrp(PIRP irp)
{
    if (irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION) {
        PETHREAD thread = PspCurrentThread();
        struct iop_thread_cache *cache = iop_thread_cache(thread);
        if (cache && cache->Counts[(UCHAR)irp->StackCount] < IOP_CACHED_IRPS) {
            iop_put_irp(thread, irp);
            return;
        }
    }
    GATE_NOTE(NOTE_IRP_FREED, irp);
    iop_mark_freed(irp);
    MmFreeSystemPool(irp);
}

/* --- buffers --- */

PVOID IopAllocateSystemBuffer(PIRP irp, SIZE_T Length)
{
    if (irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION && Length <= IOP_INLINE_BUFFER)
        return iop_inline_buffer(irp);
    return MmAllocateRequestPool(Length, IOP_TAG_BUFFER);
}

void IopFreeSystemBuffer(PIRP irp)
{
    PVOID buffer = irp->AssociatedIrp.SystemBuffer;
    irp->AssociatedIrp.SystemBuffer = NULL;
    irp->Flags &= ~IRP_DEALLOCATE_BUFFER;
    if (!buffer || iop_is_inline_buffer(irp, buffer))
        return;
    MmFreeSystemPool(buffer); /* ours, or a driver's that it told us to free */
}

NTSTATUS IopCaptureSystemBuffer(PIRP irp, PVOID Buffer, ULONG InputLength, ULONG TotalLength)
{
    PVOID system = IopAllocateSystemBuffer(irp, TotalLength);
    if (!system)
        return STATUS_INSUFFICIENT_RESOURCES;
    irp->AssociatedIrp.SystemBuffer = system;
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    if (!InputLength)
        return STATUS_SUCCESS;
    NTSTATUS status = iop_copy_in(PspCurrentThread(), system, Buffer, InputLength);
    if (irp->RequestorMode != KernelMode) /* what a client sends is its own business */
        host_shadow_written(system, InputLength);
    return status;
}

NTSTATUS IopLockUserBuffer(PIRP irp, PVOID Buffer, ULONG Length, KPROCESSOR_MODE mode,
                           LOCK_OPERATION operation)
{
    PMDL mdl;
    if (irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION && !irp->MdlAddress &&
        ADDRESS_AND_SIZE_TO_SPAN_PAGES(Buffer, Length) <= IOP_INLINE_PAGES) {
        mdl = irp->MdlAddress = iop_inline_mdl(irp);
        MmInitializeMdl(mdl, Buffer, Length);
    } else {
        mdl = IoAllocateMdl(Buffer, Length, FALSE, TRUE, irp);
    }
    if (!mdl)
        return STATUS_INSUFFICIENT_RESOURCES;
    return MmLockMdl(mdl, mode, operation, NULL);
}

/* What the I/O manager has locked it unlocks: a driver that did so has unlocked the pages once too often. */
void IopUnlockMdls(PIRP irp, const void *caller)
{
    const CSHORT ready = MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL | MDL_IO_SPACE;
    if (caller && IopIsOwnIrp(irp) && irp->MdlAddress && !(irp->MdlAddress->MdlFlags & ready) &&
        ntio_machine.verifier != VERIFIER_OFF)
        KiBugCheck(PROCESS_HAS_LOCKED_PAGES, 1, (ULONG_PTR)irp->MdlAddress, MmLockedPageCount(), 0, caller);
    for (PMDL mdl = irp->MdlAddress; mdl; mdl = mdl->Next)
        if (mdl->MdlFlags & MDL_PAGES_LOCKED)
            MmUnlockPages(mdl);
}

void IopFreeMdls(PIRP irp)
{
    PMDL mdl = irp->MdlAddress;
    irp->MdlAddress = NULL;
    while (mdl) {
        PMDL next = mdl->Next;
        if (!(irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION) || mdl != iop_inline_mdl(irp))
            IoFreeMdl(mdl);
        mdl = next;
    }
}

/* --- the DDIs --- */

/*
 * An IRP with StackSize locations; the caller's own location is not among them. NULL: no memory, or StackSize
 * is not positive. ChargeQuota means nothing here. IRQL <= DISPATCH_LEVEL. (WDK: IoAllocateIrp)
 */
PIRP NTAPI IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota)
{
    GATE(IoAllocateIrp, StackSize, ChargeQuota);
    if (GATE_FAILS(IoAllocateIrp) || StackSize < 0)
        return NULL;
    PIRP irp = IopAllocateIrp(StackSize);
    if (irp && ChargeQuota)
        irp->AllocationFlags |= IRP_QUOTA_CHARGED;
    return irp;
}

/* As IoAllocateIrp, for the stack of the given device. (WDK: IoAllocateIrpEx) */
PIRP NTAPI IoAllocateIrpEx(PDEVICE_OBJECT DeviceObject, CCHAR StackSize, BOOLEAN ChargeQuota)
{
    GATE(IoAllocateIrpEx, DeviceObject, StackSize, ChargeQuota);
    if (GATE_FAILS(IoAllocateIrpEx) || StackSize < 0)
        return NULL;
    return IopAllocateIrp(StackSize);
}

static void initialize_foreign(PIRP irp, USHORT size, CCHAR stacks)
{
    irp->Type = IO_TYPE_IRP;
    irp->Size = size;
    irp->StackCount = stacks;
    irp->CurrentLocation = (CCHAR)(stacks + 1);
    irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(irp + 1) + stacks;
    InitializeListHead(&irp->ThreadListEntry);
}

/* Makes an IRP of memory that the driver allocated itself: IoSizeOfIrp(StackSize) bytes. (WDK:
 * IoInitializeIrp) */
VOID NTAPI IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize)
{
    GATE(IoInitializeIrp, Irp, PacketSize, StackSize);
    memset(Irp, 0, PacketSize);
    initialize_foreign(Irp, PacketSize, StackSize);
}

/* Makes a driver's own IRP as good as new, with IoStatus.Status set to Iostatus. (WDK: IoReuseIrp) */
VOID NTAPI IoReuseIrp(PIRP Irp, NTSTATUS Iostatus)
{
    GATE(IoReuseIrp, Irp, Iostatus);
    CCHAR stacks = Irp->StackCount;
    if (IopIsOwnIrp(Irp)) {
        iop_initialize_irp(Irp, stacks, Irp->AllocationFlags);
    } else {
        USHORT size = Irp->Size;
        memset(Irp, 0, sizeof(IRP) + (size_t)stacks * sizeof(IO_STACK_LOCATION));
        initialize_foreign(Irp, size, stacks);
    }
    Irp->IoStatus.Status = Iostatus;
}

/* Reads a field of an IRP that may have been freed: no sanitizer has a say in it. */
__attribute__((no_sanitize("address", "thread"), noinline)) HOST_BLIND static CSHORT peek_type(PIRP irp)
{
    return irp->Type;
}

/*
 * Frees an IRP. Freeing one that is no IRP, or was freed before, is bug check 0x44 as in NT; one that is
 * still on its thread's list 0xC9/0x02 (Driver Verifier: "still associated with a thread").
 */
VOID NTAPI IoFreeIrp(PIRP Irp)
{
    GATE(IoFreeIrp, Irp);
    const void *caller = __builtin_return_address(0);
    if (peek_type(Irp) != IO_TYPE_IRP)
        KiBugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)Irp, 0, 0, 0, caller);
    if (IopIsOwnIrp(Irp) && iop_request(Irp)->Tracked)
        KiBugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x02, (ULONG_PTR)Irp, 0, 0, caller);
    IopForgetActivity(Irp);
    if (IopIsOwnIrp(Irp)) {
        IopFreeIrp(Irp);
        return;
    }
    /* Memory of the driver's own that it made an IRP of with IoInitializeIrp: NT gives it back to pool. */
    GATE_NOTE(NOTE_IRP_FREED, Irp);
    Irp->Type = 0;
    ExFreePool(Irp);
}

/* As IoInitializeIrp; the device is of no account. (WDK: IoInitializeIrpEx) */
VOID NTAPI IoInitializeIrpEx(PIRP Irp, PDEVICE_OBJECT DeviceObject, USHORT PacketSize, CCHAR StackSize)
{
    GATE(IoInitializeIrpEx, Irp, DeviceObject, PacketSize, StackSize);
    memset(Irp, 0, PacketSize);
    initialize_foreign(Irp, PacketSize, StackSize);
}

/* The hint stands in three bits of Irp->Flags, one more than its value; none means normal. */
#define HINT_SHIFT 17
#define HINT_MASK  (7u << HINT_SHIFT)

/* WDK: IoGetIoPriorityHint */
IO_PRIORITY_HINT NTAPI IoGetIoPriorityHint(PIRP Irp)
{
    GATE(IoGetIoPriorityHint, Irp);
    ULONG hint = (Irp->Flags & HINT_MASK) >> HINT_SHIFT;
    return hint ? (IO_PRIORITY_HINT)(hint - 1) : IoPriorityNormal;
}

/* STATUS_INVALID_PARAMETER for a hint that is none. (WDK: IoSetIoPriorityHint) */
NTSTATUS NTAPI IoSetIoPriorityHint(PIRP Irp, IO_PRIORITY_HINT PriorityHint)
{
    GATE(IoSetIoPriorityHint, Irp, PriorityHint);
    if ((ULONG)PriorityHint >= MaxIoPriorityTypes)
        return STATUS_INVALID_PARAMETER;
    Irp->Flags = (Irp->Flags & ~HINT_MASK) | ((ULONG)PriorityHint + 1) << HINT_SHIFT;
    return STATUS_SUCCESS;
}

/* No request here comes from the pager. (WDK: IoGetPagingIoPriority) */
IO_PAGING_PRIORITY NTAPI IoGetPagingIoPriority(PIRP Irp)
{
    GATE(IoGetPagingIoPriority, Irp);
    return Irp->Flags & (IRP_PAGING_IO | IRP_SYNCHRONOUS_PAGING_IO) ? IoPagingPriorityNormal
                                                                    : IoPagingPriorityInvalid;
}
