/*
 * Events.
 *
 * Setting one that nobody waits for takes no lock, and its one compare-and-exchange is the setter's last
 * touch: a waiter that sees the state may return and take the event with it, which often lies on its stack.
 * ORDER WAIT: the exchange covers the state and KIP_WAITED together, a waiter (wait.c) sets KIP_WAITED before
 * it looks at the state; so either the setter finds KIP_WAITED and goes through the lock, under which a
 * linked waiter keeps the event alive, or the waiter finds the state. States are consumed under the
 * dispatcher lock only.
 */
#include "kip.h"

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    GATE(KeInitializeEvent, Event, Type, State);
    kip_init_header(&Event->Header,
                    Type == NotificationEvent ? EventNotificationObject : EventSynchronizationObject,
                    sizeof(KEVENT) / sizeof(LONG), State != FALSE);
}

static __attribute__((noinline)) LONG set_with_waiters(PRKEVENT event)
{
    struct kip_wake wake = kip_lock_dispatcher();
    LONG old = kip_set_state(&event->Header, 1);
    if (old == 0)
        kip_satisfy(&event->Header, &wake);
    kip_unlock_dispatcher(&wake);
    return old;
}

LONG KiSetEvent(PKEVENT event)
{
    uint64_t *word = kip_header_word(&event->Header);
    uint64_t old = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    do {
        if (__builtin_expect(old & KIP_WAITED, 0))
            return set_with_waiters(event);
        if (old >> 32)
            return (LONG)(old >> 32);
    } while (!__atomic_compare_exchange_n(word, &old, old | (uint64_t)1 << 32, true, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    return 0;
}

/* Wait only says that a wait follows at once; here it costs nothing not to know. Returns the previous state.
 */
LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    GATE(KeSetEvent, Event, Increment, Wait);
    return KiSetEvent(Event);
}

LONG KeResetEvent(PRKEVENT Event)
{
    GATE(KeResetEvent, Event);
    return kip_set_state(&Event->Header, 0);
}

VOID KeClearEvent(PRKEVENT Event)
{
    GATE(KeClearEvent, Event);
    KiResetEvent(Event);
}

LONG KeReadStateEvent(PRKEVENT Event)
{
    GATE(KeReadStateEvent, Event);
    return kip_state_of(&Event->Header);
}

/* Releases who waits now (one of them, for a synchronization event) and leaves the event reset. */
LONG KePulseEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    GATE(KePulseEvent, Event, Increment, Wait);
    struct kip_wake wake = kip_lock_dispatcher();
    LONG old = kip_set_state(&Event->Header, 1);
    if (old == 0)
        kip_satisfy(&Event->Header, &wake);
    kip_set_state(&Event->Header, 0);
    kip_unlock_dispatcher(&wake);
    return old;
}
