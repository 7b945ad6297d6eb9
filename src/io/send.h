/*
 * The hot path, inline: from a handle to the IRP, into the driver, and back to the caller. What is rare is
 * called out of line (service.c, irp.c, complete.c). DeviceIoControl's cost is this file's.
 */
#pragma once

#include "iop.h"

/* --- the caller's memory --- */

/*
 * In the part of the calling thread's own stack that is in use: always there and writable, so that nothing
 * needs to be probed and a copy cannot fault. Buffers and status blocks of synchronous requests are often
 * there.
 */
static inline BOOLEAN iop_on_own_stack(PETHREAD thread, const volatile void *address, SIZE_T length)
{
    uintptr_t at = (uintptr_t)address, low = (uintptr_t)__builtin_frame_address(0);
    return at >= low && length <= (uintptr_t)thread->Tcb.StackBase - at &&
           at < (uintptr_t)thread->Tcb.StackBase;
}

static inline NTSTATUS iop_probe(PETHREAD thread, const volatile void *address, SIZE_T length,
                                 ULONG alignment, bool write)
{
    if (iop_on_own_stack(thread, address, length) && !((uintptr_t)address & (alignment - 1)))
        return STATUS_SUCCESS;
    return MmProbe(address, length, alignment, write);
}

/* From memory that was probed, or the kernel's own: only a fault is caught. */
static inline NTSTATUS iop_copy_in(PETHREAD thread, void *to, const void *from, SIZE_T length)
{
    if (iop_on_own_stack(thread, from, length)) {
        memcpy(to, from, length);
        return STATUS_SUCCESS;
    }
    return MmCopyFromMode(to, from, length, KernelMode);
}

/* --- IRPs --- */

static inline PIRP iop_take_irp(PETHREAD thread, CCHAR stacks)
{
    struct iop_thread_cache *cache = thread->IrpCache;
    PIRP irp;
    if (__builtin_expect(!cache || (UCHAR)stacks > IOP_CACHED_STACKS || !(irp = cache->Irps[(UCHAR)stacks]),
                         0))
        return IopAllocateIrp(stacks);
    cache->Irps[(UCHAR)stacks] = (PIRP)irp->MdlAddress;
    cache->Counts[(UCHAR)stacks]--;
    iop_initialize_irp(irp, stacks, IRP_ALLOCATED_FIXED_SIZE | IRP_LOOKASIDE_ALLOCATION);
    return irp;
}

static inline void iop_put_irp(PETHREAD thread, PIRP irp)
{
    struct iop_thread_cache *cache = thread->IrpCache;
    UCHAR stacks = (UCHAR)irp->StackCount;
    if (__builtin_expect(!(irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION) || !cache ||
                             stacks > IOP_CACHED_STACKS || cache->Counts[stacks] >= IOP_CACHED_IRPS,
                         0)) {
        IopFreeIrp(irp);
        return;
    }
    GATE_NOTE(NOTE_IRP_FREED, irp);
    iop_mark_freed(irp);
    irp->MdlAddress = (PMDL)cache->Irps[stacks];
    cache->Irps[stacks] = irp;
    cache->Counts[stacks]++;
}

/*
 * The request that its thread is sending right now stands in a slot of its own: put there with a plain store
 * and taken out with one atomic operation. ORDER SLOT: whoever else looks at it holds the thread's
 * IrpListLock and pins it (thread.c).
 */
static inline void iop_enter_slot(PETHREAD thread, PIRP irp)
{
    struct iop_thread_cache *cache = iop_thread_cache(thread);
    if (__builtin_expect(!cache || atomic_load_explicit(&cache->Slot, memory_order_relaxed), 0)) {
        IopQueueThreadIrp(irp); /* a driver sends another request while it handles this one */
        return;
    }
    iop_request(irp)->Tracked = iop_request(irp)->InSlot = TRUE;
    atomic_store_explicit(&cache->Slot, (uintptr_t)irp, memory_order_release);
}

static inline void iop_leave_slot(PETHREAD thread, PIRP irp)
{
    uintptr_t expected = (uintptr_t)irp;
    if (__builtin_expect(!iop_request(irp)->InSlot || !atomic_compare_exchange_strong_explicit(
                                                          &thread->IrpCache->Slot, &expected, 0,
                                                          memory_order_acq_rel, memory_order_relaxed),
                         0))
        IopDequeueThreadIrp(irp);
}

/* --- a service's call --- */

/* References the file by its handle. Access: all of these bits must have been granted (user mode). */
static inline NTSTATUS iop_open_call(struct iop_call *call, HANDLE handle, ACCESS_MASK access)
{
    call->thread = PspCurrentThread();
    call->mode = call->thread->Tcb.PreviousMode;
    call->synchronous = FALSE;
    call->event = NULL;
    call->irp = NULL;
    NTSTATUS status =
        ObpLookupHandle(handle, call->mode, IopFileObjectType, (PVOID *)&call->file, &call->granted);
    if (!NT_SUCCESS(status))
        return status;
    if (__builtin_expect(call->mode != KernelMode && (call->granted & access) != access, 0)) {
        ObpDereferenceObject(call->file);
        return STATUS_ACCESS_DENIED;
    }
    return STATUS_SUCCESS;
}

/* Locks a synchronous file object, clears the event of another, and finds the device. */
static inline NTSTATUS iop_enter_call(struct iop_call *call)
{
    PFILE_OBJECT file = call->file;
    PDEVICE_OBJECT device = file->DeviceObject;
    call->device = __builtin_expect(file->Vpb || device->Vpb || device->AttachedDevice, 0)
                       ? IopRelatedDevice(file)
                       : device;
    if (!(file->Flags & FO_SYNCHRONOUS_IO)) {
        KeClearEvent(&file->Event);
        return STATUS_SUCCESS;
    }
    NTSTATUS status = IopLockFile(file, call->mode);
    if (!NT_SUCCESS(status))
        return status;
    call->synchronous = TRUE;
    return STATUS_SUCCESS; /* its event is cleared only when a request pends: iop_send */
}

/* Allocates the IRP and fills in what all services have in common. */
static inline NTSTATUS iop_make_irp(struct iop_call *call, UCHAR major, PIO_STATUS_BLOCK iosb,
                                    PIO_APC_ROUTINE apc, PVOID apc_context)
{
    CCHAR stacks = call->device->StackSize;
    PIRP irp = iop_take_irp(call->thread, stacks);
    if (!irp)
        return STATUS_INSUFFICIENT_RESOURCES;
    call->irp = irp;
    irp->Tail.Overlay.OriginalFileObject = call->file;
    irp->Tail.Overlay.Thread = call->thread;
    irp->RequestorMode = call->mode;
    irp->UserEvent = call->event;
    irp->UserIosb = iosb;
    irp->Overlay.AsynchronousParameters.UserApcRoutine = apc;
    irp->Overlay.AsynchronousParameters.UserApcContext = apc_context;
    PIO_STACK_LOCATION stack = (PIO_STACK_LOCATION)(irp + 1) + stacks - 1;
    stack->MajorFunction = major;
    stack->FileObject = call->file;
    call->stack = stack;
    struct iop_request *request = (struct iop_request *)(stack + 1);
    atomic_init(&request->Life, 0);
    request->KeepsFile = call->synchronous;
    request->Granted = call->granted;
    request->Dispatch = (void *)call->device->DriverObject->MajorFunction[major];
    return STATUS_SUCCESS;
}

/* IopSynchronousServiceTail. Consumes everything in the call. */
static inline NTSTATUS iop_send(struct iop_call *call)
{
    PIRP irp = call->irp;
    PFILE_OBJECT file = call->file;
    GATE_NOTE(NOTE_IRP_BUILT, irp, call->device, call->stack->MajorFunction);
    iop_enter_slot(call->thread, irp);
    if (call->synchronous)
        __atomic_store_n(&file->FinalStatus, STATUS_PENDING, __ATOMIC_RELAXED);
    NTSTATUS status = IopCallDriver(call->device, irp, NULL);
    if (__builtin_expect(IopReturned(irp, status), 1)) {
        if (status == STATUS_PENDING && call->synchronous)
            status = irp->IoStatus.Status;
        iop_leave_slot(call->thread, irp);
        IopFinishRequest(irp);
    } else {
        IopListSlot(call->thread, irp);
        if (call->synchronous)
            status = iop_wait_for_file(file, irp, call->thread, call->mode);
    }
    if (call->synchronous) {
        IopUnlockFile(file);
        ObpDereferenceObject(file);
    }
    return status;
}
