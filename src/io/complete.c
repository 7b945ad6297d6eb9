/*
 * An IRP's way up: completion routines, and the second stage that gives the result to the requester.
 */
#include "send.h"

/* The IRP may have been freed: no sanitizer has a say in these reads. ORDER FREED (iop.h). */
#if IOP_SANITIZED
__attribute__((no_sanitize("address", "thread"), noinline)) HOST_BLIND
#else
inline
#endif
    static BOOLEAN
    was_completed(PIRP irp)
{
    return irp->Type != IO_TYPE_IRP || irp->CurrentLocation > irp->StackCount + 1;
}

static void check_completion(PIRP irp, const void *caller)
{
    NTSTATUS status = irp->IoStatus.Status;
    if (status == STATUS_PENDING || status == -1)
        KiBugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x06, (ULONG_PTR)(ULONG)status, (ULONG_PTR)irp, 0,
                   caller);
    PDRIVER_CANCEL routine = __atomic_load_n(&irp->CancelRoutine, __ATOMIC_RELAXED);
    if (routine && ntio_machine.verifier != VERIFIER_OFF)
        KiBugCheck(DRIVER_VERIFIER_IOMANAGER_VIOLATION, 0x07, (ULONG_PTR)routine, (ULONG_PTR)irp, 0, caller);
}

static inline void clear_location(PIO_STACK_LOCATION stack)
{
    stack->MinorFunction = 0;
    stack->Flags = 0;
    stack->Control = 0;
    stack->Parameters.Others.Argument1 = NULL;
    stack->Parameters.Others.Argument2 = NULL;
    stack->Parameters.Others.Argument3 = NULL;
    stack->Parameters.Others.Argument4 = NULL;
    stack->FileObject = NULL;
}

/* Calls the completion routines from the current location up. FALSE: one of them wants to go on with the IRP
 * itself. */
static BOOLEAN walk_up(PIRP irp)
{
    PIO_STACK_LOCATION stack = irp->Tail.Overlay.CurrentStackLocation;
    irp->CurrentLocation++;
    irp->Tail.Overlay.CurrentStackLocation++;
    for (; irp->CurrentLocation <= irp->StackCount + 1;
         stack++, irp->CurrentLocation++, irp->Tail.Overlay.CurrentStackLocation++) {
        UCHAR control = stack->Control;
        irp->PendingReturned = control & SL_PENDING_RETURNED;
        BOOLEAN invoke = control & (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL) &&
                         ((NT_SUCCESS(irp->IoStatus.Status) && control & SL_INVOKE_ON_SUCCESS) ||
                          (!NT_SUCCESS(irp->IoStatus.Status) && control & SL_INVOKE_ON_ERROR) ||
                          (control & SL_INVOKE_ON_CANCEL && irp->Cancel));
        BOOLEAN top = irp->CurrentLocation == irp->StackCount + 1;
        if (!invoke) {
            if (irp->PendingReturned && !top)
                IoMarkIrpPending(irp);
            clear_location(stack);
            continue;
        }
        PIO_COMPLETION_ROUTINE routine = stack->CompletionRoutine;
        PVOID context = stack->Context;
        /* The routine's own device is the one of the location above; the IRP's allocator has none. */
        PDEVICE_OBJECT device = top ? NULL : irp->Tail.Overlay.CurrentStackLocation->DeviceObject;
        clear_location(stack);
        GATE_NOTE(NOTE_IRP_ROUTINE, device, irp, routine);
        NTSTATUS status = routine(device, irp, context);
        GATE_NOTE(NOTE_IRP_ROUTINE_RETURNED, device, irp, status);
        if (status == STATUS_MORE_PROCESSING_REQUIRED)
            return FALSE;
    }
    return TRUE;
}

static void complete_associated(PIRP irp, CCHAR boost, const void *caller)
{
    PIRP master = irp->AssociatedIrp.MasterIrp;
    LONG left = __atomic_sub_fetch(&master->AssociatedIrp.IrpCount, 1, __ATOMIC_ACQ_REL);
    IopUnlockMdls(irp, caller);
    IopFreeMdls(irp);
    IopFreeIrp(irp);
    if (left == 0)
        IopCompleteRequest(master, boost, caller);
}

/* A driver's own IRP came up to the I/O manager, which never sent it. NT falls over its missing thread. */
static void report_stray(PIRP irp, const void *caller)
{
    char place[256];
    host_call_site(caller, place, sizeof place);
    machine_violation(
        "IRP %p was allocated by a driver and completed past its owner: the completion routine has to "
        "return STATUS_MORE_PROCESSING_REQUIRED and free it. Completed from %s",
        (void *)irp, place);
}

void IopCompleteRequest(PIRP irp, CCHAR boost, const void *caller)
{
    if (__builtin_expect((iop_hides_completed() && IopIsHidden(irp)) || was_completed(irp), 0))
        KiBugCheck(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 0, 0, 0, caller);
    check_completion(irp, caller);
    GATE_NOTE(NOTE_IRP_COMPLETING, irp, irp->IoStatus.Status, irp->IoStatus.Information, boost);
    if (!walk_up(irp))
        return;
    if (irp->Flags & IRP_ASSOCIATED_IRP) {
        complete_associated(irp, boost, caller);
        return;
    }
    if (!irp->Tail.Overlay.Thread) {
        report_stray(irp, caller);
        return;
    }
    if (irp->Tail.Overlay.AuxiliaryBuffer) {
        ExFreePool(irp->Tail.Overlay.AuxiliaryBuffer);
        irp->Tail.Overlay.AuxiliaryBuffer = NULL;
    }
    if (irp->MdlAddress)
        IopUnlockMdls(irp, caller);

    if (IopIsOwnIrp(irp)) {
        if (iop_hides_completed() && IopHideCompleted(irp, caller))
            return;
        struct iop_request *request = iop_request(irp);
        ULONG life = atomic_load_explicit(&request->Life, memory_order_relaxed);
        if (irp->Tail.Overlay.Thread != (PETHREAD)KiThread)
            life = atomic_fetch_or_explicit(&request->Life, IOP_LIFE_COMPLETED, memory_order_acq_rel);
        else if (!(life & IOP_LIFE_RETURNED)) /* nobody else looks at it before this thread has returned */
            atomic_store_explicit(&request->Life, life | IOP_LIFE_COMPLETED, memory_order_relaxed);
        if (!(life & IOP_LIFE_RETURNED))
            return; /* the sender, once the dispatch routine has returned to it, finishes it */
    }
    if (irp->Flags & IRP_CLOSE_OPERATION) { /* IopSendAndWait's; freed by it once the event is set */
        PKEVENT event = irp->UserEvent;
        *irp->UserIosb = irp->IoStatus;
        KiSetEvent(event);
        return;
    }
    IopFinishTracked(irp);
}

/*
 * What IopCompleteRequest does for the commonest of requests: a service sent it, the top driver completes it
 * in the sender's thread without having pended it, and nothing hangs on it but a system buffer or a page.
 * FALSE: nothing done. It calls nothing and so saves no register; a sanitizer that watches freed memory needs
 * was_completed to look first.
 */
static inline BOOLEAN complete_simply(PIRP irp)
{
    PIO_STACK_LOCATION stack = irp->Tail.Overlay.CurrentStackLocation;
    NTSTATUS status = irp->IoStatus.Status;
    if (IOP_SANITIZED || irp->Type != IO_TYPE_IRP || irp->CurrentLocation != irp->StackCount ||
        stack->Control || status == STATUS_PENDING || status == -1 ||
        __atomic_load_n(&irp->CancelRoutine, __ATOMIC_RELAXED) ||
        irp->Tail.Overlay.Thread != (PETHREAD)KiThread || irp->Tail.Overlay.AuxiliaryBuffer ||
        irp->Flags & (IRP_ASSOCIATED_IRP | IRP_CLOSE_OPERATION) || !IopIsOwnIrp(irp))
        return FALSE;
    struct iop_request *request = (struct iop_request *)(stack + 1);
    ULONG life = atomic_load_explicit(&request->Life, memory_order_relaxed);
    if (life & IOP_LIFE_RETURNED ||
        (irp->MdlAddress && (irp->MdlAddress->Next || !MmUnlockOwnPage(irp->MdlAddress, KiThread))))
        return FALSE;
    irp->CurrentLocation = (CCHAR)(irp->StackCount + 2);
    irp->Tail.Overlay.CurrentStackLocation = stack + 2;
    irp->PendingReturned = FALSE;
    clear_location(stack);
    atomic_store_explicit(&request->Life, life | IOP_LIFE_COMPLETED, memory_order_relaxed);
    return TRUE;
}

/*
 * Completes an IRP: calls the completion routines of the drivers above and gives the result to the requester.
 * The IRP is gone then. Bug checks: 0x44 completed already; 0xC9/0x06 with STATUS_PENDING or -1; 0xC9/0x07
 * with a cancel routine still set (unless the verifier is off). IRQL <= DISPATCH_LEVEL. (WDK:
 * IofCompleteRequest)
 */
VOID FASTCALL IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost)
{
    /* Every request comes here: what is common calls nothing and saves no register. */
    if (__builtin_expect(!gate_watched() && complete_simply(Irp), 1))
        return;
    GATE(IofCompleteRequest, Irp, PriorityBoost);
    IopCompleteRequest(Irp, PriorityBoost, __builtin_return_address(0));
}

/* --- the second stage --- */

static void report_overrun(PIRP irp, ULONG_PTR information, ULONG length)
{
    char place[256];
    host_place(iop_request(irp)->Dispatch, place, sizeof place);
    machine_violation(
        "IRP %p completed with Information %llu, but the caller's output buffer has %u bytes: Windows would "
        "write past it. Sent to %s",
        (void *)irp, (unsigned long long)information, length, place);
}

/* iop_copy_out, where it is not simple. */
SIZE_T IopCopyOut(PIRP irp)
{
    SIZE_T length = irp->IoStatus.Information;
    if (!irp->AssociatedIrp.SystemBuffer || irp->IoStatus.Status == STATUS_VERIFY_REQUIRED)
        return 0;
    if (IopIsOwnIrp(irp) && length > iop_request(irp)->BufferLength) {
        report_overrun(irp, length, iop_request(irp)->BufferLength);
        length = iop_request(irp)->BufferLength;
    }
    NTSTATUS status =
        MmCopyToMode(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, length, irp->RequestorMode);
    if (NT_SUCCESS(status))
        return length;
    irp->IoStatus.Status = status;
    return 0;
}

/* Status last: whoever polls it may then read Information. */
void iop_write_iosb(PIO_STATUS_BLOCK iosb, KPROCESSOR_MODE mode, NTSTATUS status, ULONG_PTR information)
{
    if (!iosb)
        return;
    if (mode == KernelMode || iop_on_own_stack(PspCurrentThread(), iosb, sizeof *iosb)) {
        iosb->Information = information;
        __atomic_store_n(&iosb->Status, status, __ATOMIC_RELEASE);
        return;
    }
    if (NT_SUCCESS(MmCopyToMode(&iosb->Information, &information, sizeof information, mode)))
        (void)MmCopyToMode(&iosb->Status, &status, sizeof status, mode);
}

static void set_file_event(PIRP irp, PFILE_OBJECT file)
{
    __atomic_store_n(&file->FinalStatus, irp->IoStatus.Status, __ATOMIC_RELEASE);
    /*
     * The event of a synchronous file object stays set while nothing pends on it (iop_send), and only the
     * thread that has the file locked gets here with a request that did not pend.
     */
    if (!irp->PendingReturned && iop_file_flags(file) & FO_SYNCHRONOUS_IO && KiEventState(&file->Event))
        return;
    KiSetEvent(&file->Event);
}

/* ORDER ARMED (service.c): the thread that has the file locked may let go of it right after this. */
static void wake_owner(PFILE_OBJECT file, NTSTATUS status)
{
    if (__atomic_exchange_n(&file->FinalStatus, status, __ATOMIC_ACQ_REL) == IOP_FILE_ARMED)
        KiSetEvent(&file->Event);
}

static VOID NTAPI free_after_apc(PRKAPC Apc, PKNORMAL_ROUTINE *NormalRoutine, PVOID *NormalContext,
                                 PVOID *Argument1, PVOID *Argument2)
{
    (void)NormalRoutine, (void)NormalContext, (void)Argument1, (void)Argument2;
    IopFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

static VOID NTAPI free_without_apc(PRKAPC Apc)
{
    IopFreeIrp(CONTAINING_RECORD(Apc, IRP, Tail.Apc));
}

/* The IRP itself is the APC that tells the requester; it is freed when that is delivered. */
static void queue_user_apc(PIRP irp)
{
    PKTHREAD thread = (PKTHREAD)irp->Tail.Overlay.Thread;
    PKNORMAL_ROUTINE routine =
        (PKNORMAL_ROUTINE)(ULONG_PTR)irp->Overlay.AsynchronousParameters.UserApcRoutine;
    PVOID context = irp->Overlay.AsynchronousParameters.UserApcContext;
    KeInitializeApc(&irp->Tail.Apc, thread, CurrentApcEnvironment, free_after_apc, free_without_apc, routine,
                    irp->RequestorMode, context);
    if (!KeInsertQueueApc(&irp->Tail.Apc, irp->UserIosb, NULL, 2))
        IopFreeIrp(irp);
}

/* The port that is to learn of it: the file's, if the requester gave a context and no APC. */
static inline PIO_COMPLETION_CONTEXT port_of(PIRP irp, PFILE_OBJECT file)
{
    PIO_COMPLETION_CONTEXT context =
        file ? __atomic_load_n(&file->CompletionContext, __ATOMIC_ACQUIRE) : NULL;
    if (__builtin_expect(!context, 1))
        return NULL;
    if (!IopIsOwnIrp(irp) || irp->Flags & (IRP_SYNCHRONOUS_API | IRP_CREATE_OPERATION) ||
        !irp->Overlay.AsynchronousParameters.UserApcContext)
        return NULL;
    if (iop_file_flags(file) & FO_SKIP_COMPLETION_PORT && !irp->PendingReturned &&
        NT_SUCCESS(irp->IoStatus.Status))
        return NULL;
    return context;
}

static inline BOOLEAN skips_event(PFILE_OBJECT file)
{
    return (iop_file_flags(file) & (FO_SKIP_SET_EVENT | FO_SYNCHRONOUS_IO)) == FO_SKIP_SET_EVENT;
}

/*
 * As NT's IopCompleteRequest: buffer, status block, event, file object's event, APC or port, in that order.
 * Who waits for a driver's own IRP, which no file has, runs when it is freed: a driver that frees it once
 * more is told so.
 */
static PFILE_OBJECT tell(PIRP irp)
{
    PFILE_OBJECT file = irp->Tail.Overlay.OriginalFileObject;
    PKEVENT event = irp->UserEvent;
    ULONG flags = irp->Flags;
    PETHREAD thread = PspCurrentThread();
    SIZE_T copied = flags & IRP_BUFFERED_IO ? iop_copy_out(thread, irp) : 0;
    NTSTATUS status = irp->IoStatus.Status;
    GATE_NOTE(NOTE_IRP_FINISHED, irp, status, irp->IoStatus.Information, copied);
    if (flags & IRP_DEALLOCATE_BUFFER)
        IopFreeSystemBuffer(irp);
    if (irp->MdlAddress)
        IopFreeMdls(irp);

    UCHAR keeps_file = !file              ? IOP_FILE_OWNED
                       : IopIsOwnIrp(irp) ? iop_request(irp)->KeepsFile
                                          : IOP_FILE_SHARED;
    BOOLEAN owner_waits = keeps_file == IOP_FILE_WAITED && !(flags & IRP_SYNCHRONOUS_API);
    BOOLEAN synchronous = flags & IRP_SYNCHRONOUS_API || (file && iop_file_flags(file) & FO_SYNCHRONOUS_IO);
    /* Whose the status block is. */
    KPROCESSOR_MODE mode = flags & IRP_SYNCHRONOUS_API ? KernelMode : irp->RequestorMode;
    PIO_COMPLETION_CONTEXT port = NULL;
    PKEVENT late = NULL;
    BOOLEAN apc = FALSE;
    if (!NT_ERROR(status) || (irp->PendingReturned && !synchronous)) {
        iop_write_iosb(irp->UserIosb, mode, status, irp->IoStatus.Information);
        port = port_of(irp, file);
        apc = irp->Overlay.AsynchronousParameters.UserApcRoutine && !(flags & IRP_CREATE_OPERATION);
        /* A service that waits for an event of its own lets go of the file once that is set. */
        if (event && file && !(flags & IRP_SYNCHRONOUS_API))
            KiSetEvent(event);
        if (file && !owner_waits && (!event || iop_file_flags(file) & FO_SYNCHRONOUS_IO) &&
            !skips_event(file))
            set_file_event(irp, file);
        if (event && file && flags & IRP_SYNCHRONOUS_API)
            KiSetEvent(event);
        else if (!file)
            late = event;
    } else if (irp->PendingReturned && file && !owner_waits) {
        /* An error of a request that somebody waits for: only who waits is told. */
        if (flags & IRP_SYNCHRONOUS_API)
            iop_write_iosb(irp->UserIosb, mode, status, irp->IoStatus.Information);
        if (event && flags & IRP_SYNCHRONOUS_API)
            KiSetEvent(event);
        else
            set_file_event(irp, file);
    }
    if (event && file && !(flags & IRP_SYNCHRONOUS_API))
        ObpDereferenceObject(event);
    if (__builtin_expect(apc, 0))
        queue_user_apc(irp);
    else if (__builtin_expect(port != NULL, 0))
        IopPostIrp(irp, port);
    else if (IopIsOwnIrp(irp))
        iop_put_irp(thread, irp);
    else
        IoFreeIrp(irp);
    if (__builtin_expect(late != NULL, 0))
        KiSetEvent(late);
    if (owner_waits)
        wake_owner(file, status);
    return keeps_file == IOP_FILE_SHARED ? file : NULL;
}

PFILE_OBJECT IopTellRequester(PIRP irp)
{
    PETHREAD requester = irp->Tail.Overlay.Thread;
    struct ps_visit visit = ps_visit(requester ? requester->Process : NULL);
    PFILE_OBJECT file = tell(irp);
    ps_end_visit(visit);
    return file;
}

void IopFinishRequest(PIRP irp)
{
    PFILE_OBJECT file = IopTellRequester(irp);
    if (file)
        ObpDereferenceObject(file);
}
