/*
 * Callback objects: a name on which drivers register routines that another driver has called.
 *
 * A registration that is being called is busy; who unregisters it waits until it is not.
 */
#include "exp.h"

#include "../ob/ob.h"

#define EXP_TAG_CALLBACK 'ablC'
#define EXP_CALLBACK_ALL (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0x1)

struct _CALLBACK_OBJECT {
    _Atomic unsigned lock;
    LIST_ENTRY registrations;
    BOOLEAN allow_multiple;
};

struct registration {
    LIST_ENTRY link;
    PCALLBACK_OBJECT object;
    PCALLBACK_FUNCTION routine;
    PVOID context;
    ULONG busy;
    bool leaving;
    KEVENT idle;
};

static NTSTATUS make(POBJECT_ATTRIBUTES attributes, BOOLEAN allow_multiple, PCALLBACK_OBJECT *object)
{
    NTSTATUS status = ObCreateObject(KernelMode, exp_state()->callback_type, attributes, KernelMode, NULL,
                                     sizeof **object, 0, 0, (PVOID *)object);
    if (!NT_SUCCESS(status))
        return status;
    InitializeListHead(&(*object)->registrations);
    (*object)->allow_multiple = allow_multiple;
    return STATUS_SUCCESS;
}

static NTSTATUS create(POBJECT_ATTRIBUTES attributes, BOOLEAN allow_multiple, PHANDLE handle)
{
    PCALLBACK_OBJECT object;
    NTSTATUS status = make(attributes, allow_multiple, &object);
    if (!NT_SUCCESS(status))
        return status;
    return ObInsertObject(object, NULL, EXP_CALLBACK_ALL, 0, NULL, handle);
}

/* The system's own: nobody notifies them here, since the time is not set and the machine does not sleep. */
static void create_system_callback(PCWSTR path)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    if (!NT_SUCCESS(make(&attributes, TRUE, &object)))
        host_abort();
    ob_own(object);
    if (!NT_SUCCESS(ObInsertObject(object, NULL, 0, 0, NULL, NULL)))
        host_abort();
    ObpDereferenceObject(object); /* the name keeps it alive */
}

void exp_callbacks_start(void)
{
    static const OB_TYPE_INITIALIZER type = {
        .Name = L"Callback",
        .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE | 0x1, STANDARD_RIGHTS_EXECUTE,
                           EXP_CALLBACK_ALL},
        .ValidAccessMask = EXP_CALLBACK_ALL,
        .DefaultObjectOffset = -1,
    };
    if (!NT_SUCCESS(ObCreateObjectType(&type, &exp_state()->callback_type)))
        host_abort();
    create_system_callback(L"\\Callback\\PowerState");
    create_system_callback(L"\\Callback\\SetSystemTime");
}

/*
 * The object of that name, referenced; made when there is none and Create is TRUE
 * (STATUS_OBJECT_NAME_NOT_FOUND otherwise). Without a name there is none: STATUS_UNSUCCESSFUL. (WDK:
 * ExCreateCallback)
 */
NTSTATUS NTAPI ExCreateCallback(PCALLBACK_OBJECT *CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes,
                                BOOLEAN Create, BOOLEAN AllowMultipleCallbacks)
{
    GATE(ExCreateCallback, CallbackObject, ObjectAttributes, Create, AllowMultipleCallbacks);
    HANDLE handle;
    if (!ObjectAttributes || !ObjectAttributes->ObjectName)
        return STATUS_UNSUCCESSFUL;
    NTSTATUS status = ObOpenObjectByName(ObjectAttributes, exp_state()->callback_type, KernelMode, NULL,
                                         EXP_CALLBACK_ALL, NULL, &handle);
    if (!NT_SUCCESS(status) && Create)
        status = create(ObjectAttributes, AllowMultipleCallbacks, &handle);
    if (!NT_SUCCESS(status))
        return status;
    status = ObReferenceObjectByHandle(handle, 0, exp_state()->callback_type, KernelMode,
                                       (PVOID *)CallbackObject, NULL);
    ZwClose(handle);
    return status;
}

/* NULL when there is no memory, or the object allows one registration and has it. */
PVOID NTAPI ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
                               PVOID CallbackContext)
{
    GATE(ExRegisterCallback, CallbackObject, CallbackFunction, CallbackContext);
    if (GATE_FAILS(ExRegisterCallback))
        return NULL;
    struct registration *registration = MmAllocateSystemPool(sizeof *registration, EXP_TAG_CALLBACK);
    if (!registration)
        return NULL;
    registration->object = CallbackObject;
    registration->routine = CallbackFunction;
    registration->context = CallbackContext;
    registration->busy = 0;
    registration->leaving = false;
    KeInitializeEvent(&registration->idle, NotificationEvent, FALSE);
    ki_lock(&CallbackObject->lock);
    bool room = CallbackObject->allow_multiple || IsListEmpty(&CallbackObject->registrations);
    if (room)
        InsertTailList(&CallbackObject->registrations, &registration->link);
    ki_unlock(&CallbackObject->lock);
    if (!room) {
        MmFreeSystemPool(registration);
        return NULL;
    }
    ObReferenceObject(CallbackObject);
    return registration;
}

VOID NTAPI ExUnregisterCallback(PVOID CallbackRegistration)
{
    GATE(ExUnregisterCallback, CallbackRegistration);
    struct registration *registration = CallbackRegistration;
    PCALLBACK_OBJECT object = registration->object;
    ki_lock(&object->lock);
    registration->leaving = true;
    bool busy = registration->busy != 0;
    if (!busy)
        RemoveEntryList(&registration->link);
    ki_unlock(&object->lock);
    if (busy) {
        exp_wait(&registration->idle);
        ki_lock(&object->lock);
        RemoveEntryList(&registration->link);
        ki_unlock(&object->lock);
    }
    MmFreeSystemPool(registration);
    ObDereferenceObject(object);
}

/* Calls every routine in the order of registration, at the caller's IRQL. */
VOID NTAPI ExNotifyCallback(PVOID CallbackObject, PVOID Argument1, PVOID Argument2)
{
    GATE(ExNotifyCallback, CallbackObject, Argument1, Argument2);
    PCALLBACK_OBJECT object = CallbackObject;
    ki_lock(&object->lock);
    PLIST_ENTRY link = object->registrations.Flink;
    while (link != &object->registrations) {
        struct registration *registration = CONTAINING_RECORD(link, struct registration, link);
        link = link->Flink;
        if (registration->leaving)
            continue;
        registration->busy++;
        ki_unlock(&object->lock);
        registration->routine(registration->context, Argument1, Argument2);
        ki_lock(&object->lock);
        link = registration->link.Flink;
        if (--registration->busy == 0 && registration->leaving)
            KiSetEvent(&registration->idle);
    }
    ki_unlock(&object->lock);
}
