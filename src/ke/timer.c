/*
 * Timers. Those that are set stand in 256 lists hashed by due time (Header.Hand says which), each in order;
 * the clock, which is processor 0's thread, sleeps until the earliest. DueTime is interrupt time. Everything
 * is under the dispatcher lock.
 */
#include "kip.h"

static unsigned bucket_of(uint64_t due)
{
    return (unsigned)(due >> 18) % KIP_TIMER_BUCKETS;
}

void kip_start_timers(void)
{
    struct kip_state *ke = kip();
    for (unsigned i = 0; i < KIP_TIMER_BUCKETS; i++) {
        InitializeListHead(&ke->timers[i]);
        ke->due[i] = HOST_FOREVER;
    }
    atomic_store(&ke->next_due, HOST_FOREVER);
}

static void init_timer(PKTIMER timer, TIMER_TYPE type)
{
    kip_init_header(&timer->Header,
                    type == NotificationTimer ? TimerNotificationObject : TimerSynchronizationObject, 0, 0);
    timer->DueTime.QuadPart = 0;
    timer->TimerListEntry.Flink = timer->TimerListEntry.Blink = NULL;
    timer->Dpc = NULL;
    timer->Processor = 0;
    timer->Period = 0;
}

VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    GATE(KeInitializeTimerEx, Timer, Type);
    init_timer(Timer, Type);
}

VOID KeInitializeTimer(PKTIMER Timer)
{
    GATE(KeInitializeTimer, Timer);
    init_timer(Timer, NotificationTimer);
}

static void note_first(unsigned bucket)
{
    struct kip_state *ke = kip();
    PLIST_ENTRY head = &ke->timers[bucket];
    ke->due[bucket] =
        IsListEmpty(head)
            ? HOST_FOREVER
            : (uint64_t)CONTAINING_RECORD(head->Flink, KTIMER, TimerListEntry)->DueTime.QuadPart;
}

/* True when the clock must wake earlier than it means to. */
static bool insert_timer(PKTIMER timer, uint64_t due)
{
    struct kip_state *ke = kip();
    unsigned bucket = bucket_of(due);
    PLIST_ENTRY head = &ke->timers[bucket], after = head->Blink;
    timer->DueTime.QuadPart = due;
    timer->Header.Hand = (UCHAR)bucket;
    timer->Header.Inserted = TRUE;
    while (after != head &&
           (uint64_t)CONTAINING_RECORD(after, KTIMER, TimerListEntry)->DueTime.QuadPart > due)
        after = after->Blink;
    InsertHeadList(after, &timer->TimerListEntry);
    note_first(bucket);
    if (due >= atomic_load_explicit(&ke->next_due, memory_order_relaxed))
        return false;
    atomic_store(&ke->next_due, due);
    return true;
}

static bool remove_timer(PKTIMER timer)
{
    if (!timer->Header.Inserted)
        return false;
    timer->Header.Inserted = FALSE;
    RemoveEntryList(&timer->TimerListEntry);
    note_first(timer->Header.Hand);
    return true;
}

/* True when the clock must wake earlier than it means to, for a periodic timer. */
static bool expire(PKTIMER timer, uint64_t now, struct ke_dpc_queue *queue, struct kip_wake *wake)
{
    PKDPC dpc = timer->Dpc;
    bool earlier = false;
    remove_timer(timer);
    kip_set_state(&timer->Header, 1);
    kip_satisfy(&timer->Header, wake);
    if (timer->Period) {
        uint64_t period = (uint64_t)timer->Period * UNITS_PER_MILLISECOND;
        uint64_t next = (uint64_t)timer->DueTime.QuadPart + period;
        earlier = insert_timer(timer, next > now ? next : now + period);
    }
    /* Last: the timer may be its DPC routine's to free. NT hands over the system time in two halves. */
    if (dpc) {
        ULONGLONG time = KiSystemTime();
        kip_queue_dpc(dpc, (PVOID)(ULONG_PTR)(ULONG)time, (PVOID)(ULONG_PTR)(ULONG)(time >> 32), queue, 0);
    }
    return earlier;
}

/* An absolute time that is over, as 0 is, expires the timer before this returns; only its DPC is the clock's
 * to run. */
static BOOLEAN set_timer(PKTIMER timer, LARGE_INTEGER due_time, LONG period, PKDPC dpc, const void *caller)
{
    kip_check_object(&timer->Header, caller);
    struct kip_processor *clock = &kip()->processors[0];
    bool over = due_time.QuadPart >= 0 && (uint64_t)due_time.QuadPart <= KiSystemTime();
    uint64_t due = over ? KiInterruptTime() : kip_deadline(due_time.QuadPart);
    struct kip_wake wake = kip_lock_dispatcher();
    bool was_set = remove_timer(timer), needs_clock;
    kip_set_state(&timer->Header, 0);
    timer->Dpc = dpc;
    timer->Period = period;
    if (over) {
        timer->DueTime.QuadPart = (LONGLONG)due;
        needs_clock = expire(timer, due, &clock->dpcs, &wake) || dpc;
    } else {
        needs_clock = insert_timer(timer, due);
    }
    kip_unlock_dispatcher(&wake);
    if (needs_clock)
        kip_start_processor(clock);
    return was_set;
}

/* DueTime negative: relative, else absolute system time; Period in milliseconds. TRUE: it was set already. */
BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    GATE(KeSetTimerEx, Timer, DueTime.QuadPart, Period, Dpc);
    return set_timer(Timer, DueTime, Period, Dpc, __builtin_return_address(0));
}

BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc)
{
    GATE(KeSetTimer, Timer, DueTime.QuadPart, Dpc);
    return set_timer(Timer, DueTime, 0, Dpc, __builtin_return_address(0));
}

/* The delay that may be tolerated is none. */
BOOLEAN KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay,
                              PKDPC Dpc)
{
    GATE(KeSetCoalescableTimer, Timer, DueTime.QuadPart, Period, TolerableDelay);
    return set_timer(Timer, DueTime, (LONG)Period, Dpc, __builtin_return_address(0));
}

/* TRUE: it was set. A DPC that it has queued already stays queued. */
BOOLEAN KeCancelTimer(PKTIMER Timer)
{
    GATE(KeCancelTimer, Timer);
    struct kip_wake wake = kip_lock_dispatcher();
    bool was_set = remove_timer(Timer);
    kip_unlock_dispatcher(&wake);
    return was_set;
}

/* It has not expired yet, or is periodic. */
BOOLEAN KiIsTimerSet(PKTIMER Timer)
{
    struct kip_wake wake = kip_lock_dispatcher();
    BOOLEAN is_set = Timer->Header.Inserted;
    kip_unlock_dispatcher(&wake);
    return is_set;
}

static bool lies_in(const volatile void *address, const void *base, size_t size)
{
    return (uintptr_t)address - (uintptr_t)base < size;
}

/* What of the timer lies there: the timer (0), its DPC (1) or that one's routine (2), as bug check 0xC7
 * numbers them; -1: nothing. */
static int part_in(PKTIMER timer, const void *base, size_t size, const volatile void **part)
{
    PKDPC dpc = timer->Dpc;
    const volatile void *parts[] = {timer, dpc, dpc ? (const void *)(ULONG_PTR)dpc->DeferredRoutine : NULL};
    for (int i = 0; i < 3; i++) {
        *part = parts[i];
        if (lies_in(parts[i], base, size))
            return i;
    }
    return -1;
}

void KiCheckTimers(const void *base, size_t size, const void *caller)
{
    const volatile void *part = NULL;
    int what = -1;
    struct kip_wake wake = kip_lock_dispatcher();
    for (unsigned i = 0; i < KIP_TIMER_BUCKETS && what < 0; i++)
        for (PLIST_ENTRY at = kip()->timers[i].Flink; at != &kip()->timers[i] && what < 0; at = at->Flink)
            what = part_in(CONTAINING_RECORD(at, KTIMER, TimerListEntry), base, size, &part);
    kip_unlock_dispatcher(&wake);
    if (what >= 0)
        KiBugCheck(TIMER_OR_DPC_INVALID, (ULONG_PTR)what, (ULONG_PTR)part, (ULONG_PTR)base,
                   (ULONG_PTR)base + size, caller);
}

BOOLEAN KeReadStateTimer(PKTIMER Timer)
{
    GATE(KeReadStateTimer, Timer);
    return kip_state_of(&Timer->Header) != 0;
}

/* Expires what is due, in order of due time; its DPCs come into the queue. Returns when the next timer is
 * due. */
uint64_t kip_run_timers(struct ke_dpc_queue *queue)
{
    struct kip_state *ke = kip();
    struct kip_wake wake = kip_lock_dispatcher();
    uint64_t next;
    for (;;) {
        uint64_t now = KiInterruptTime();
        unsigned first = 0;
        for (unsigned i = 1; i < KIP_TIMER_BUCKETS; i++)
            if (ke->due[i] < ke->due[first])
                first = i;
        next = ke->due[first];
        if (next > now)
            break;
        expire(CONTAINING_RECORD(ke->timers[first].Flink, KTIMER, TimerListEntry), now, queue, &wake);
    }
    atomic_store(&ke->next_due, next);
    kip_unlock_dispatcher(&wake);
    return next;
}
