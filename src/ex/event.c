/*
 * Events by handle, and the I/O manager's two ways to make one.
 */
#include "sync.h"

POBJECT_TYPE *ExEventObjectType;

void ex_create_event_type(void)
{
    static const OB_TYPE_INITIALIZER info = {
        .Name = L"Event",
        .GenericMapping = {STANDARD_RIGHTS_READ | EVENT_QUERY_STATE,
                           STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
                           EVENT_ALL_ACCESS},
        .ValidAccessMask = EVENT_ALL_ACCESS,
    };
    ExEventObjectType = ex_create_type(&info);
}

SERVICE(CreateEvent,
        (PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
         EVENT_TYPE EventType, BOOLEAN InitialState),
        (EventHandle, DesiredAccess, ObjectAttributes, EventType, InitialState))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKEVENT event;
    if (EventType != NotificationEvent && EventType != SynchronizationEvent)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = ObCreateService(EventHandle, mode, *ExEventObjectType, ObjectAttributes, sizeof *event,
                                      (PVOID *)&event);
    if (!NT_SUCCESS(status))
        return status;
    KeInitializeEvent(event, EventType, InitialState != FALSE);
    return ObInsertService(event, DesiredAccess, EventHandle, mode);
}

SERVICE(OpenEvent, (PHANDLE EventHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
        (EventHandle, DesiredAccess, ObjectAttributes))
{
    return ObOpenService(EventHandle, DesiredAccess, ObjectAttributes, *ExEventObjectType);
}

static LONG set(PKEVENT event)
{
    return KeSetEvent(event, EVENT_INCREMENT, FALSE);
}

static LONG reset(PKEVENT event)
{
    return KeResetEvent(event);
}

static LONG pulse(PKEVENT event)
{
    return KePulseEvent(event, EVENT_INCREMENT, FALSE);
}

static NTSTATUS change(HANDLE handle, PLONG previous, LONG (*how)(PKEVENT))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PKEVENT event;
    NTSTATUS status = ex_probe_long(previous, mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(handle, EVENT_MODIFY_STATE, *ExEventObjectType, mode,
                                           (PVOID *)&event, NULL);
    if (!NT_SUCCESS(status))
        return status;
    LONG state = how(event);
    ObpDereferenceObject(event);
    return ex_return_long(previous, state, mode);
}

SERVICE(SetEvent, (HANDLE EventHandle, PLONG PreviousState), (EventHandle, PreviousState))
{
    return change(EventHandle, PreviousState, set);
}

SERVICE(ResetEvent, (HANDLE EventHandle, PLONG PreviousState), (EventHandle, PreviousState))
{
    return change(EventHandle, PreviousState, reset);
}

SERVICE(ClearEvent, (HANDLE EventHandle), (EventHandle))
{
    return change(EventHandle, NULL, reset);
}

SERVICE(PulseEvent, (HANDLE EventHandle, PLONG PreviousState), (EventHandle, PreviousState))
{
    return change(EventHandle, PreviousState, pulse);
}

SERVICE(QueryEvent,
        (HANDLE EventHandle, ULONG EventInformationClass, PVOID EventInformation, ULONG Length,
         PULONG ReturnLength),
        (EventHandle, EventInformationClass, EventInformation, Length, ReturnLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct {
        EVENT_TYPE EventType;
        LONG EventState;
    } info; /* EVENT_BASIC_INFORMATION */
    PKEVENT event;
    if (EventInformationClass != 0)
        return STATUS_INVALID_INFO_CLASS;
    if (Length != sizeof info)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = ex_probe_out(EventInformation, Length, mode);
    if (NT_SUCCESS(status))
        status = ObReferenceObjectByHandle(EventHandle, EVENT_QUERY_STATE, *ExEventObjectType, mode,
                                           (PVOID *)&event, NULL);
    if (!NT_SUCCESS(status))
        return status;
    info.EventState = KeReadStateEvent(event);
    info.EventType =
        event->Header.Type == 0 ? NotificationEvent : SynchronizationEvent; /* KOBJECTS' first two */
    ObpDereferenceObject(event);
    status = MmCopyToMode(EventInformation, &info, sizeof info, mode);
    if (NT_SUCCESS(status) && ReturnLength)
        status = ex_return_long((PLONG)ReturnLength, sizeof info, mode);
    return status;
}

static PKEVENT named_event(PUNICODE_STRING name, PHANDLE handle, EVENT_TYPE type)
{
    OBJECT_ATTRIBUTES attributes;
    PKEVENT event;
    InitializeObjectAttributes(&attributes, name, OBJ_OPENIF, NULL, NULL);
    if (!NT_SUCCESS(ZwCreateEvent(handle, EVENT_ALL_ACCESS, &attributes, type, TRUE)))
        return NULL;
    if (!NT_SUCCESS(
            ObReferenceObjectByHandle(*handle, 0, *ExEventObjectType, KernelMode, (PVOID *)&event, NULL)))
        return NULL;
    ObpDereferenceObject(event); /* the handle keeps it */
    return event;
}

/* Opens or creates a named event, signalled when new. The pointer is good as long as the handle. NULL:
 * failed. PASSIVE_LEVEL. */
PKEVENT NTAPI IoCreateNotificationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    GATE(IoCreateNotificationEvent, EventName, EventHandle);
    return named_event(EventName, EventHandle, NotificationEvent);
}

PKEVENT NTAPI IoCreateSynchronizationEvent(PUNICODE_STRING EventName, PHANDLE EventHandle)
{
    GATE(IoCreateSynchronizationEvent, EventName, EventHandle);
    return named_event(EventName, EventHandle, SynchronizationEvent);
}
