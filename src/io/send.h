/*
 * The hot path, inline: from a handle to the IRP, into the driver, and back to the caller. What is rare is
 * called out of line (service.c, irp.c, complete.c). DeviceIoControl's cost is this file's.
 */
#pragma once

#include "iop.h"
#include "../ob/hold.h"

/*
 * These are one function in each service that uses them, so that a call's struct iop_call lives in registers.
 * For that its address must not get out: what is rare and out of line is given a copy.
 */
#define IOP_HOT inline __attribute__((always_inline))

/* --- the caller's memory --- */

static inline BOOLEAN iop_on_own_stack(PETHREAD thread, const volatile void *address, SIZE_T length)
{
    return KiOnOwnStack(&thread->Tcb, address, length);
}

static inline bool iop_in_one_page(const volatile void *address, SIZE_T length)
{
    return ((uintptr_t)address & (PAGE_SIZE - 1)) + length <= PAGE_SIZE;
}

static inline NTSTATUS iop_probe(PETHREAD thread, const volatile void *address, SIZE_T length,
                                 ULONG alignment, bool write)
{
    if (iop_on_own_stack(thread, address, length) && !((uintptr_t)address & (alignment - 1)))
        return STATUS_SUCCESS;
    /* A little of one page. */
    if (iop_in_one_page(address, length) && alignment == 1 && MmIsUserPage(address) &&
        (!write || host_touch((volatile void *)address, true)))
        return STATUS_SUCCESS;
    return MmProbe(address, length, alignment, write);
}

/* Most system buffers are small: a copy without a call. */
static inline void iop_copy(void *to, const void *from, SIZE_T length)
{
    typedef long long unit __attribute__((vector_size(16), may_alias, aligned(1)));
    if (length > 128) {
        memcpy(to, from, length);
        return;
    }
    SIZE_T at = 0;
    for (; at + 16 <= length; at += 16)
        *(unit *)((PUCHAR)to + at) = *(const unit *)((const UCHAR *)from + at);
    if (at < length)
        memcpy((PUCHAR)to + at, (const UCHAR *)from + at, length - at);
}

/* From memory that was probed, or the kernel's own: only a fault is caught. */
static inline NTSTATUS iop_copy_in(PETHREAD thread, void *to, const void *from, SIZE_T length)
{
    if (iop_on_own_stack(thread, from, length)) {
        iop_copy(to, from, length);
        return STATUS_SUCCESS;
    }
    void *bad;
    return host_copy(to, from, length, &bad) ? STATUS_SUCCESS : MmAccessFault(bad, HOST_READ);
}

/*
 * For the sanitizer what a client sends counts as written, whether it was in the client or not: a driver can neither know nor
 * help it. Buffers that are not captured are the client's own.
 */
static inline void iop_is_sent(KPROCESSOR_MODE mode, void *buffer, SIZE_T length)
{
#ifdef HOST_SANITIZED_MEMORY
    if (mode == KernelMode || !length || !MmIsUserRange(buffer, length))
        return;
    PUCHAR at = buffer, end = at + length;
    while (at < end && host_touch(at, false))
        at = (PUCHAR)PAGE_ALIGN(at) + PAGE_SIZE;
    host_shadow_written(buffer, (at < end ? at : end) - (PUCHAR)buffer);
#else
    (void)mode, (void)buffer, (void)length;
#endif
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

/* IopCaptureSystemBuffer; input is the kernel's, or probed. */
static inline NTSTATUS iop_capture(PETHREAD thread, PIRP irp, PVOID input, ULONG input_length, ULONG total)
{
    if (__builtin_expect(!(irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION) || total > IOP_INLINE_BUFFER, 0))
        return IopCaptureSystemBuffer(irp, input, input_length, total);
    PVOID buffer = iop_inline_buffer(irp);
    irp->AssociatedIrp.SystemBuffer = buffer;
    irp->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    return input_length ? iop_copy_in(thread, buffer, input, input_length) : STATUS_SUCCESS;
}

/* IopLockUserBuffer. */
static inline NTSTATUS iop_lock_buffer(PETHREAD thread, PIRP irp, PVOID buffer, ULONG length,
                                       KPROCESSOR_MODE mode, LOCK_OPERATION operation)
{
    if (__builtin_expect(irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION && !irp->MdlAddress &&
                             mode != KernelMode && !thread->AttachedProcess &&
                             MmLockOwnPage(iop_inline_mdl(irp), &thread->Tcb, thread->Process, buffer, length,
                                           operation != IoReadAccess),
                         1)) {
        irp->MdlAddress = iop_inline_mdl(irp);
        return STATUS_SUCCESS;
    }
    return IopLockUserBuffer(irp, buffer, length, mode, operation);
}

/* IopFreeMdls. */
static inline void iop_free_mdls(PIRP irp)
{
    if (__builtin_expect(irp->AllocationFlags & IRP_LOOKASIDE_ALLOCATION &&
                             irp->MdlAddress == iop_inline_mdl(irp) && !irp->MdlAddress->Next,
                         1))
        irp->MdlAddress = NULL;
    else
        IopFreeMdls(irp);
}

/*
 * The request that its thread is sending right now stands in a slot of its own: put there with a plain store
 * and taken out with one atomic operation. ORDER SLOT: whoever else looks at it holds the thread's
 * IrpListLock and pins it (thread.c).
 */
static inline void iop_enter_slot(PETHREAD thread, PIRP irp, struct iop_request *request)
{
    struct iop_thread_cache *cache = iop_thread_cache(thread);
    if (__builtin_expect(!cache || atomic_load_explicit(&cache->Slot, memory_order_relaxed), 0)) {
        IopQueueThreadIrp(irp); /* a driver sends another request while it handles this one */
        return;
    }
    request->Tracked = request->InSlot = TRUE;
    atomic_store_explicit(&cache->Slot, (uintptr_t)irp, memory_order_release);
}

static inline void iop_leave_slot(PETHREAD thread, PIRP irp, struct iop_request *request)
{
    uintptr_t expected = (uintptr_t)irp;
    if (__builtin_expect(!request->InSlot || !atomic_compare_exchange_strong_explicit(
                                                 &thread->IrpCache->Slot, &expected, 0, memory_order_acq_rel,
                                                 memory_order_relaxed),
                         0))
        IopDequeueThreadIrp(irp);
}

/* --- a service's call --- */

/* References the file by its handle. Access: all of these bits must have been granted (user mode). */
static IOP_HOT NTSTATUS iop_open_call(struct iop_call *call, PETHREAD thread, HANDLE handle,
                                      ACCESS_MASK access)
{
    call->thread = thread;
    call->mode = call->thread->Tcb.PreviousMode;
    call->synchronous = FALSE;
    call->event = NULL;
    call->irp = NULL;
    call->hold = ObpHoldByHandle(&call->thread->Tcb, handle, call->mode, IopFileObjectType);
    if (__builtin_expect(!call->hold.Object, 0))
        return call->hold.Status;
    call->granted = call->hold.Granted;
    call->file = call->hold.Object;
    if (__builtin_expect(call->mode != KernelMode && (call->granted & access) != access, 0)) {
        ObpLetGo(&call->thread->Tcb, call->hold);
        return STATUS_ACCESS_DENIED;
    }
    return STATUS_SUCCESS;
}

/* iop_take_event and iop_abandon, for a call that lives in registers. */
static IOP_HOT NTSTATUS iop_call_event(struct iop_call *call, HANDLE event)
{
    if (__builtin_expect(!event, 1))
        return STATUS_SUCCESS;
    struct iop_call copy = *call;
    NTSTATUS status = iop_take_event(&copy, event);
    call->event = copy.event;
    return status;
}
static IOP_HOT NTSTATUS iop_abandon_call(const struct iop_call *call, NTSTATUS status)
{
    struct iop_call copy = *call;
    return iop_abandon(&copy, status);
}

/* Locks a synchronous file object, clears the event of another, and finds the device. */
static IOP_HOT NTSTATUS iop_enter_call(struct iop_call *call)
{
    PFILE_OBJECT file = call->file;
    PDEVICE_OBJECT device = file->DeviceObject;
    call->device = __builtin_expect(file->Vpb || device->Vpb || device->AttachedDevice, 0)
                       ? IopRelatedDevice(file)
                       : device;
    if (!(iop_file_flags(file) & FO_SYNCHRONOUS_IO)) {
        IopSettle(call->thread);
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
static IOP_HOT NTSTATUS iop_make_irp(struct iop_call *call, UCHAR major, PIO_STATUS_BLOCK iosb,
                                     PIO_APC_ROUTINE apc, PVOID apc_context)
{
    CCHAR stacks = call->device->StackSize;
    if (__builtin_expect(apc && call->file->CompletionContext, 0))
        return STATUS_INVALID_PARAMETER; /* either of the two is told, not both */
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
    request->KeepsFile = call->synchronous ? IOP_FILE_WAITED : IOP_FILE_SHARED;
    request->Granted = call->granted;
    request->Dispatch = (void *)call->device->DriverObject->MajorFunction[major];
    return STATUS_SUCCESS;
}

/* --- down and back --- */

/* IopCallDriver for an IRP that is the sender's own: its top location is stack. */
static IOP_HOT NTSTATUS iop_dispatch(PETHREAD thread, PDEVICE_OBJECT device, PIRP irp,
                                     PIO_STACK_LOCATION stack)
{
    irp->CurrentLocation--;
    irp->Tail.Overlay.CurrentStackLocation = stack;
    stack->DeviceObject = device;
    UCHAR major = stack->MajorFunction;
    PDRIVER_DISPATCH dispatch = device->DriverObject->MajorFunction[major];
    GATE_NOTE(NOTE_IRP_DISPATCH, device, irp, stack);
    KIRQL irql = thread->Tcb.Irql;
    NTSTATUS status = dispatch(device, irp);
    if (__builtin_expect(thread->Tcb.Irql != irql, 0))
        IopReportIrql(device, irql, (void *)dispatch);
    if (__builtin_expect(gate_watched(), 0)) {
        if (iop_hides_completed())
            status = IopTakeBack(irp, status);
        GATE_NOTE(NOTE_IRP_DISPATCHED, device, irp, status, major);
    }
    return status;
}

/* The system buffer's bytes to the caller, Information many, unless the status is an error. Returns how many.
 */
static inline SIZE_T iop_copy_out(PETHREAD thread, PIRP irp)
{
    SIZE_T length = irp->IoStatus.Information;
    NTSTATUS status = irp->IoStatus.Status;
    if (!(irp->Flags & IRP_INPUT_OPERATION) || length == 0 || NT_ERROR(status))
        return 0;
    if (IopIsOwnIrp(irp) && length <= iop_request(irp)->BufferLength && irp->AssociatedIrp.SystemBuffer &&
        status != STATUS_VERIFY_REQUIRED) {
        if (iop_on_own_stack(thread, irp->UserBuffer, length)) {
            iop_copy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, length);
            return length;
        }
        if (iop_in_one_page(irp->UserBuffer, length) && MmIsUserPage(irp->UserBuffer) &&
            host_copy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, length, NULL))
            return length;
    }
    return IopCopyOut(irp); /* tries once more, and tells what is wrong */
}

/* What IopFinishRequest does, for the ordinary end of a synchronous request: no event or APC, completed
 * inside. */
static IOP_HOT void iop_finish(struct iop_call *call, PIRP irp)
{
    PFILE_OBJECT file = call->file;
    ULONG flags = irp->Flags;
    if (__builtin_expect(!call->synchronous || call->event || irp->PendingReturned ||
                             irp->Overlay.AsynchronousParameters.UserApcRoutine ||
                             !KiEventState(&file->Event) ||
                             !iop_on_own_stack(call->thread, irp->UserIosb, sizeof(IO_STATUS_BLOCK)),
                         0)) {
        if (call->synchronous)
            iop_request(irp)->KeepsFile = IOP_FILE_OWNED;
        IopFinishRequest(irp);
        return;
    }
    SIZE_T copied = flags & IRP_BUFFERED_IO ? iop_copy_out(call->thread, irp) : 0;
    NTSTATUS status = irp->IoStatus.Status;
    GATE_NOTE(NOTE_IRP_FINISHED, irp, status, irp->IoStatus.Information, copied);
    if (flags & IRP_DEALLOCATE_BUFFER && !iop_is_inline_buffer(irp, irp->AssociatedIrp.SystemBuffer))
        IopFreeSystemBuffer(irp);
    if (irp->MdlAddress)
        iop_free_mdls(irp);
    if (!NT_ERROR(status)) {
        *irp->UserIosb = irp->IoStatus;
        file->FinalStatus = status;
    }
    iop_put_irp(call->thread, irp);
}

/* IopSynchronousServiceTail. Consumes everything in the call. */
static IOP_HOT NTSTATUS iop_send(struct iop_call *call)
{
    PIRP irp = call->irp;
    PFILE_OBJECT file = call->file;
    GATE_NOTE(NOTE_IRP_BUILT, irp, call->device, call->stack->MajorFunction);
    if (!call->synchronous) { /* the request may outlive the call, and keeps the file with a reference of its
                                 own */
        ObpReferenceObject(file);
        ObpLetGo(&call->thread->Tcb, call->hold);
    }
    struct iop_request *request = (struct iop_request *)(call->stack + 1);
    iop_enter_slot(call->thread, irp, request);
    if (call->synchronous)
        __atomic_store_n(&file->FinalStatus, STATUS_PENDING, __ATOMIC_RELAXED);
    NTSTATUS status = iop_dispatch(call->thread, call->device, irp, call->stack);
    if (__builtin_expect(IopReturned(irp, request, status), 1)) {
        if (status == STATUS_PENDING && call->synchronous)
            status = irp->IoStatus.Status;
        iop_leave_slot(call->thread, irp, request);
        iop_finish(call, irp);
    } else {
        IopListSlot(call->thread, irp);
        if (call->synchronous)
            status = iop_wait_for_file(file, irp, call->thread, call->mode);
    }
    if (call->synchronous) {
        IopUnlockFile(file);
        ObpLetGo(&call->thread->Tcb, call->hold);
    }
    return status;
}
