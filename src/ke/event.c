/*
 * Events.
 *
 * Setting one that nobody waits for takes no lock. ORDER WAIT: a setter stores the state and then looks for
 * waiters, a waiter (wait.c) links itself and then looks at the state, all sequentially consistent, so at
 * least one of them sees the other. States are consumed under the dispatcher lock only.
 */
#include "kip.h"

VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    GATE(KeInitializeEvent, Event, Type, State);
    kip_init_header(&Event->Header,
                    Type == NotificationEvent ? EventNotificationObject : EventSynchronizationObject,
                    sizeof(KEVENT) / sizeof(LONG), State != FALSE);
}

static __attribute__((noinline)) LONG set_with_waiters(PRKEVENT event, bool already_set)
{
    struct kip_wake wake = kip_lock_dispatcher();
    LONG old = already_set ? 0 : kip_set_state(&event->Header, 1);
    if (old == 0)
        kip_satisfy(&event->Header, &wake);
    kip_unlock_dispatcher(&wake);
    return old;
}

LONG KiSetEvent(PKEVENT event)
{
    if (__builtin_expect(kip_has_waiters(&event->Header), 0))
        return set_with_waiters(event, false);
    LONG old = kip_set_state(&event->Header, 1);
    /* Somebody may have come to wait meanwhile, and have seen the old state. */
    if (old == 0 && kip_has_waiters(&event->Header))
        set_with_waiters(event, true);
    return old;
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
