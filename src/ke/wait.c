/*
 * Waiting: KeWaitForSingleObject and KeWaitForMultipleObjects, and how objects hand themselves to those who
 * wait.
 *
 * A wait that cannot be satisfied links one wait block to each object and parks. Whoever ends the wait
 * unlinks all of them, sets WaitStatus and State under the dispatcher lock and owes the thread exactly one
 * unpark; the thread goes on only after it has taken that token, so it cannot be gone when the unpark comes.
 */
#include "kip.h"

#define CALLER __builtin_return_address(0)

enum { BLOCK_STATE_ACTIVE = 4 };

void kip_init_header(DISPATCHER_HEADER *header, UCHAR type, UCHAR size, LONG state)
{
    header->Lock = 0;
    header->Type = type;
    header->Size = size;
    header->SignalState = state;
    InitializeListHead(&header->WaitListHead);
}

static void unpark_all(PKTHREAD thread)
{
    while (thread) {
        PKTHREAD next = thread->WakeNext;
        host_unpark(&thread->Parker);
        thread = next;
    }
}

void kip_unlock_dispatcher(struct kip_wake *wake)
{
    ki_unlock(&kip()->dispatcher);
    PKTHREAD first = wake->first, self = KiThread;
    wake->first = NULL;
    if (__builtin_expect(!first, 1))
        return;
    if (!self || !self->HoldsWakes) {
        unpark_all(first);
        return;
    }
    PKTHREAD *last = &self->HeldWakes;
    while (*last)
        last = &(*last)->WakeNext;
    *last = first;
}

void KiReleaseWakes(PKTHREAD self)
{
    PKTHREAD first = self->HeldWakes;
    self->HeldWakes = NULL;
    self->HoldsWakes = FALSE;
    unpark_all(first);
}

static bool is_signalled(DISPATCHER_HEADER *header, PKTHREAD thread)
{
    if (kip_type(header) == MutantObject && ((PRKMUTANT)header)->OwnerThread == thread)
        return true;
    return kip_state_of(header) > 0;
}

/* Takes the object for the thread; STATUS_ABANDONED for a mutant whose owner ended without releasing it. */
static NTSTATUS consume(DISPATCHER_HEADER *header, PKTHREAD thread)
{
    switch (kip_type(header)) {
    case EventSynchronizationObject:
    case TimerSynchronizationObject:
        kip_set_state(header, 0);
        return STATUS_SUCCESS;
    case SemaphoreObject:
        kip_set_state(header, kip_state_of(header) - 1);
        return STATUS_SUCCESS;
    case MutantObject: {
        PRKMUTANT mutant = (PRKMUTANT)header;
        LONG state = kip_state_of(header) - 1;
        kip_set_state(header, state);
        if (state != 0)
            return STATUS_SUCCESS;
        thread->KernelApcDisable -= mutant->ApcDisable;
        kip_own_mutant(mutant, thread);
        BOOLEAN abandoned = mutant->Abandoned;
        mutant->Abandoned = FALSE;
        return abandoned ? STATUS_ABANDONED : STATUS_SUCCESS;
    }
    default:
        return STATUS_SUCCESS;
    }
}

static void unlink_blocks(PKTHREAD thread)
{
    PKWAIT_BLOCK block = thread->WaitBlockList;
    do {
        DISPATCHER_HEADER *header = block->Object;
        kip_unlink(&block->WaitListEntry);
        if (kip_is_event(header) && IsListEmpty(&header->WaitListHead))
            __atomic_and_fetch(&header->Lock, ~(LONG)KIP_WAITED, __ATOMIC_RELAXED);
        block = block->NextWaitBlock;
    } while (block != thread->WaitBlockList);
    thread->WaitBlockList = NULL;
}

void kip_end_wait(PKTHREAD thread, LONG_PTR status, struct kip_wake *wake)
{
    if (thread->WaitBlockList)
        unlink_blocks(thread);
    kip_queue_thread_runs(thread);
    thread->WaitStatus = status;
    kip_set_thread_state(thread, THREAD_READY);
    /* In order: first satisfied, first woken. */
    thread->WakeNext = NULL;
    PKTHREAD *last = &wake->first;
    while (*last)
        last = &(*last)->WakeNext;
    *last = thread;
}

/* Satisfies one thread's wait for all its objects, if they are all there. */
static bool take_all(PKTHREAD thread, PKWAIT_BLOCK first, NTSTATUS *status)
{
    PKWAIT_BLOCK block = first;
    do {
        if (!is_signalled(block->Object, thread))
            return false;
        block = block->NextWaitBlock;
    } while (block != first);
    *status = STATUS_SUCCESS;
    do {
        if (consume(block->Object, thread) == STATUS_ABANDONED)
            *status = STATUS_ABANDONED;
        block = block->NextWaitBlock;
    } while (block != first);
    return true;
}

void kip_satisfy(DISPATCHER_HEADER *header, struct kip_wake *wake)
{
    PLIST_ENTRY entry = header->WaitListHead.Flink;
    while (entry != &header->WaitListHead && kip_state_of(header) > 0) {
        PKWAIT_BLOCK block = CONTAINING_RECORD(entry, KWAIT_BLOCK, WaitListEntry);
        PKTHREAD thread = block->Thread;
        NTSTATUS status;
        if (block->WaitType == WaitDequeue) { /* served by queue.c */
            entry = entry->Flink;
            continue;
        }
        if (block->WaitType == WaitAny) {
            status = consume(header, thread) + block->WaitKey;
        } else if (!take_all(thread, thread->WaitBlockList, &status)) {
            entry = entry->Flink;
            continue;
        }
        kip_end_wait(thread, status, wake);
        /* The thread may have had further blocks on this very list: begin again. */
        entry = header->WaitListHead.Flink;
    }
}

VOID KiSignalObject(DISPATCHER_HEADER *header)
{
    struct kip_wake wake = kip_lock_dispatcher();
    kip_set_state(header, 1);
    kip_satisfy(header, &wake);
    kip_unlock_dispatcher(&wake);
}

/* Under the dispatcher lock: satisfies the wait without waiting, if that can be done. */
static bool take_now(const struct kip_wait *wait, NTSTATUS *status, bool *mutant_limit)
{
    if (wait->type == WaitDequeue)
        return kip_take_entry(wait->objects[0], wait->thread, status);
    if (wait->type == WaitAll) {
        for (ULONG i = 0; i < wait->count; i++)
            if (!is_signalled(wait->objects[i], wait->thread))
                return false;
        *status = STATUS_SUCCESS;
        for (ULONG i = 0; i < wait->count; i++)
            if (consume(wait->objects[i], wait->thread) == STATUS_ABANDONED)
                *status = STATUS_ABANDONED;
        return true;
    }
    for (ULONG i = 0; i < wait->count; i++) {
        DISPATCHER_HEADER *header = wait->objects[i];
        if (!is_signalled(header, wait->thread))
            continue;
        if (kip_type(header) == MutantObject && kip_state_of(header) == (LONG)MINLONG) {
            *mutant_limit = true;
            return true;
        }
        *status = consume(header, wait->thread) + (NTSTATUS)i;
        return true;
    }
    return false;
}

static void link_blocks(const struct kip_wait *wait)
{
    PKTHREAD thread = wait->thread;
    for (ULONG i = 0; i < wait->count; i++) {
        PKWAIT_BLOCK block = &wait->blocks[i];
        DISPATCHER_HEADER *header = wait->objects[i];
        block->Thread = thread;
        block->Object = header;
        block->NextWaitBlock = &wait->blocks[(i + 1) % wait->count];
        block->WaitKey = (USHORT)i;
        block->WaitType = (UCHAR)wait->type;
        block->BlockState = BLOCK_STATE_ACTIVE;
        kip_link_tail(&header->WaitListHead, &block->WaitListEntry);
        if (kip_is_event(header))
            __atomic_or_fetch(&header->Lock, KIP_WAITED, __ATOMIC_SEQ_CST);
    }
    thread->WaitBlockList = wait->count ? wait->blocks : NULL;
}

/* The clock expires a timer that is due before the wait's own time first, though its thread may not have come
 * to it. */
static bool has_due_timer(const struct kip_wait *wait)
{
    for (ULONG i = 0; i < wait->count; i++) {
        const DISPATCHER_HEADER *header = wait->objects[i];
        UCHAR type = kip_type(header);
        if ((type == TimerNotificationObject || type == TimerSynchronizationObject) && header->Inserted &&
            (uint64_t)((const KTIMER *)header)->DueTime.QuadPart <= wait->deadline)
            return true;
    }
    return false;
}

/* The thread is linked and parks until somebody, or the deadline, has ended its wait. */
static NTSTATUS park(const struct kip_wait *wait)
{
    PKTHREAD thread = wait->thread;
    struct kip_wake wake;
    bool late, look_again;
    uint64_t deadline = wait->deadline;
    do {
        if (kip_park(thread, deadline))
            return (NTSTATUS)thread->WaitStatus;
        wake = kip_lock_dispatcher();
        late = kip_thread_state(thread) == THREAD_WAITING;
        look_again = late && has_due_timer(wait);
        if (look_again) {
            kip_unlock_dispatcher(&wake);
            deadline = KiInterruptTime() + UNITS_PER_MILLISECOND;
        }
    } while (look_again);
    if (late) {
        if (thread->WaitBlockList)
            unlink_blocks(thread);
        kip_queue_thread_runs(thread);
        kip_set_thread_state(thread, THREAD_RUNNING);
    }
    kip_unlock_dispatcher(&wake);
    if (late)
        return STATUS_TIMEOUT;
    kip_park(thread, HOST_FOREVER); /* the token that is owed */
    return (NTSTATUS)thread->WaitStatus;
}

/* A thread that may not be switched away is about to wait. */
static void check_may_block(const struct kip_wait *wait)
{
    PKTHREAD thread = wait->thread;
    if (thread->InDpc)
        KiBugCheck(ATTEMPTED_SWITCH_FROM_DPC, (ULONG_PTR)thread, 0, (ULONG_PTR)__builtin_frame_address(0), 0,
                   wait->caller);
    KiBugCheck(IRQL_NOT_LESS_OR_EQUAL, wait->count ? (ULONG_PTR)wait->objects[0] : 0, thread->Irql, 0,
               (ULONG_PTR)wait->caller, wait->caller);
}

NTSTATUS kip_wait(const struct kip_wait *wait)
{
    PKTHREAD thread = wait->thread;
    NTSTATUS status = STATUS_SUCCESS;
    bool mutant_limit = false, may_block = thread->Irql < DISPATCH_LEVEL;
    /* NT notices only when it comes to switching; the rule is the same, and with the verifier on it always
     * holds. */
    if (!may_block && !wait->poll && ntio_machine.verifier != VERIFIER_OFF)
        check_may_block(wait);
    for (;;) {
        if (thread->Irql < APC_LEVEL && kip_kernel_apc_due(thread))
            KiLowerIrqlSlow(thread, thread->Irql);
        struct kip_wake wake = kip_lock_dispatcher();
        if (take_now(wait, &status, &mutant_limit)) {
            kip_unlock_dispatcher(&wake);
            if (mutant_limit)
                ExRaiseStatus(STATUS_MUTANT_LIMIT_EXCEEDED);
            return status;
        }
        status = kip_test_alert(thread, wait->mode, wait->alertable);
        if (status != STATUS_SUCCESS || wait->poll) {
            kip_unlock_dispatcher(&wake);
            return status != STATUS_SUCCESS ? status : STATUS_TIMEOUT;
        }
        if (!may_block) {
            kip_unlock_dispatcher(&wake);
            check_may_block(wait);
        }
        /* ORDER WAIT: linked first, looked at again then. */
        link_blocks(wait);
        if (take_now(wait, &status, &mutant_limit)) {
            unlink_blocks(thread);
            kip_unlock_dispatcher(&wake);
            return status;
        }
        /* An APC queued since it was looked for above did not find the thread waiting. */
        if (kip_kernel_apc_due(thread) && thread->Irql < APC_LEVEL) {
            if (thread->WaitBlockList)
                unlink_blocks(thread);
            kip_unlock_dispatcher(&wake);
            continue;
        }
        thread->WaitMode = wait->mode;
        thread->WaitIrql = thread->Irql;
        thread->Alertable = wait->alertable;
        __atomic_store_n(&thread->WaitCaller, wait->caller, __ATOMIC_RELAXED);
        kip_set_thread_state(thread, THREAD_WAITING);
        if (__builtin_expect(thread->Queue != NULL, 0))
            kip_queue_thread_blocks(thread, &wake);
        kip_unlock_dispatcher(&wake);
        status = park(wait);
        kip_set_thread_state(thread, THREAD_RUNNING);
        if (status != STATUS_KERNEL_APC)
            return status;
    }
}

void kip_set_timeout(struct kip_wait *wait, PLARGE_INTEGER timeout)
{
    wait->deadline = HOST_FOREVER;
    wait->poll = timeout && timeout->QuadPart == 0;
    if (timeout && !wait->poll)
        wait->deadline = kip_deadline(timeout->QuadPart);
}

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                               BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    GATE(KeWaitForSingleObject, Object, WaitReason, WaitMode, Timeout);
    PKTHREAD thread = KiCurrentThread();
    DISPATCHER_HEADER *header = Object;
    /* The cheap case: something that stays signalled and is. */
    if (kip_type(header) == EventNotificationObject && thread->Irql < DISPATCH_LEVEL &&
        kip_state_of(header) > 0)
        return STATUS_SUCCESS;
    kip_check_object(header, CALLER);
    struct kip_wait wait = {
        .thread = thread,
        .blocks = thread->WaitBlock,
        .objects = &Object,
        .count = 1,
        .type = WaitAny,
        .mode = WaitMode,
        .alertable = Alertable,
        .caller = CALLER,
    };
    kip_set_timeout(&wait, Timeout);
    return kip_wait(&wait);
}

NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID Object[], WAIT_TYPE WaitType, KWAIT_REASON WaitReason,
                                  KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout,
                                  PKWAIT_BLOCK WaitBlockArray)
{
    GATE(KeWaitForMultipleObjects, Count, Object, WaitType, WaitReason);
    if (Count > (WaitBlockArray ? MAXIMUM_WAIT_OBJECTS : THREAD_WAIT_OBJECTS))
        KiBugCheck(MAXIMUM_WAIT_OBJECTS_EXCEEDED, 0, 0, 0, 0, CALLER);
    PKTHREAD thread = KiCurrentThread();
    for (ULONG i = 0; i < Count; i++)
        kip_check_object(Object[i], CALLER);
    struct kip_wait wait = {
        .thread = thread,
        .blocks = WaitBlockArray ? WaitBlockArray : thread->WaitBlock,
        .objects = Object,
        .count = Count,
        .type = WaitType,
        .mode = WaitMode,
        .alertable = Alertable,
        .caller = CALLER,
    };
    kip_set_timeout(&wait, Timeout);
    return kip_wait(&wait);
}

/* STATUS_SUCCESS when the time is over; STATUS_USER_APC or STATUS_ALERTED when an alertable delay ended
 * early. */
NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval)
{
    GATE(KeDelayExecutionThread, WaitMode, Alertable, Interval);
    struct kip_wait wait = {
        .thread = KiCurrentThread(),
        .type = WaitAny,
        .mode = WaitMode,
        .alertable = Alertable,
        .caller = CALLER,
    };
    kip_set_timeout(&wait, Interval);
    NTSTATUS status = kip_wait(&wait);
    if (status != STATUS_TIMEOUT)
        return status;
    if (wait.poll)
        host_spin(~0u); /* a delay of zero gives way to others */
    return STATUS_SUCCESS;
}
