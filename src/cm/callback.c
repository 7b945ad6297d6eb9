/*
 * Registry callbacks: registering them, asking them before an operation and telling them after it, and their
 * contexts.
 *
 * Before an operation they are asked from the highest altitude down; the first that refuses, or does it
 * itself (STATUS_CALLBACK_BYPASS), ends it. Afterwards those that agreed are told, from the lowest up. (WDK:
 * Handling Notifications)
 */
#include "cmp.h"
#include "../rtl/rtl.h"

#define LEGACY_ALTITUDE L"425000" /* of CmRegisterCallback */

/* What a callback has said about a Key object; in the lists of both. */
struct context {
    LIST_ENTRY of_key, of_callback;
    struct cmp_callback *callback;
    struct cmp_key *key;
    PVOID context;
};

static NTSTATUS ask(struct cmp_callback *callback, REG_NOTIFY_CLASS class, PVOID information)
{
    PETHREAD thread = PspCurrentThread();
    struct cmp_callback *outer = thread->Callback;
    thread->Callback = callback;
    NTSTATUS status = cmp_call_guarded(callback, class, information);
    thread->Callback = outer;
    return status;
}

/* --- registering --- */

static struct cmp_callback *find(const LARGE_INTEGER *cookie)
{
    for (PLIST_ENTRY e = CM->callbacks.Flink; e != &CM->callbacks; e = e->Flink) {
        struct cmp_callback *callback = CONTAINING_RECORD(e, struct cmp_callback, link);
        if (callback->cookie.QuadPart == cookie->QuadPart)
            return callback;
    }
    return NULL;
}

static NTSTATUS insert(struct cmp_callback *fresh, BOOLEAN may_collide)
{
    PLIST_ENTRY e = CM->callbacks.Flink;
    for (; e != &CM->callbacks; e = e->Flink) {
        int order = rtl_compare_altitudes(&CONTAINING_RECORD(e, struct cmp_callback, link)->altitude,
                                          &fresh->altitude);
        if (order == 0 && !may_collide)
            return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
        if (order < 0)
            break;
    }
    if (atomic_load(&CM->callback_count) == CMP_MAX_CALLBACKS)
        return STATUS_INSUFFICIENT_RESOURCES;
    InsertTailList(e, &fresh->link);
    fresh->cookie.QuadPart = ++CM->next_cookie;
    atomic_fetch_add(&CM->callback_count, 1);
    return STATUS_SUCCESS;
}

static NTSTATUS add(PEX_CALLBACK_FUNCTION function, PCUNICODE_STRING altitude, BOOLEAN may_collide,
                    PVOID context, PLARGE_INTEGER cookie)
{
    struct cmp_callback *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = cmp_copy_string(&fresh->altitude, altitude);
    if (!NT_SUCCESS(status)) {
        free(fresh);
        return status;
    }
    fresh->function = function;
    fresh->context = context;
    InitializeListHead(&fresh->contexts);
    KeInitializeEvent(&fresh->idle, NotificationEvent, FALSE);
    cmp_lock();
    status = insert(fresh, may_collide);
    if (NT_SUCCESS(status))
        *cookie = fresh->cookie;
    cmp_unlock();
    if (!NT_SUCCESS(status)) {
        free(fresh->altitude.Buffer);
        free(fresh);
    }
    return status;
}

/* At the altitude that Microsoft keeps for such callers. APC_LEVEL and below. (WDK: CmRegisterCallback) */
NTSTATUS NTAPI CmRegisterCallback(PEX_CALLBACK_FUNCTION Function, PVOID Context, PLARGE_INTEGER Cookie)
{
    GATE(CmRegisterCallback, Function, Context, Cookie);
    UNICODE_STRING altitude;
    RtlInitUnicodeString(&altitude, LEGACY_ALTITUDE);
    return add(Function, &altitude, TRUE, Context, Cookie);
}

/* STATUS_FLT_INSTANCE_ALTITUDE_COLLISION: the altitude is taken. (WDK: CmRegisterCallbackEx) */
NTSTATUS NTAPI CmRegisterCallbackEx(PEX_CALLBACK_FUNCTION Function, PCUNICODE_STRING Altitude, PVOID Driver,
                                    PVOID Context, PLARGE_INTEGER Cookie, PVOID Reserved)
{
    GATE(CmRegisterCallbackEx, Function, Altitude, Driver, Context);
    (void)Driver, (void)Reserved;
    if (!Altitude || !Altitude->Length)
        return STATUS_INVALID_PARAMETER;
    return add(Function, Altitude, FALSE, Context, Cookie);
}

/* --- contexts --- */

static struct context *context_of(struct cmp_key *key, struct cmp_callback *callback)
{
    for (PLIST_ENTRY e = key->contexts.Flink; e != &key->contexts; e = e->Flink) {
        struct context *context = CONTAINING_RECORD(e, struct context, of_key);
        if (context->callback == callback)
            return context;
    }
    return NULL;
}

static PVOID read_context(struct cmp_key *key, struct cmp_callback *callback)
{
    if (!key)
        return NULL;
    cmp_lock();
    struct context *context = context_of(key, callback);
    PVOID value = context ? context->context : NULL;
    cmp_unlock();
    return value;
}

static void unlink_context(struct context *context)
{
    RemoveEntryList(&context->of_key);
    RemoveEntryList(&context->of_callback);
}

static void tell_cleanup(struct cmp_callback *callback, struct cmp_key *key, PVOID value)
{
    REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION info = {.Object = key, .ObjectContext = value};
    ask(callback, RegNtCallbackObjectContextCleanup, &info);
}

static void release(struct cmp_callback *callback)
{
    if (--callback->running == 0 && callback->leaving)
        KeSetEvent(&callback->idle, IO_NO_INCREMENT, FALSE);
}

void cmp_forget_contexts(struct cmp_key *key)
{
    cmp_lock();
    while (!IsListEmpty(&key->contexts)) {
        struct context *context = CONTAINING_RECORD(key->contexts.Flink, struct context, of_key);
        struct cmp_callback *callback = context->callback;
        unlink_context(context);
        callback->running++;
        cmp_unlock();
        tell_cleanup(callback, key, context->context);
        free(context);
        cmp_lock();
        release(callback);
    }
    cmp_unlock();
}

/*
 * What the callback gets as ObjectContext with each operation on this object from now on; with
 * RegNtCallbackObject- ContextCleanup it gets it back. Only from within the callback. NULL takes it away.
 * (WDK: CmSetCallbackObjectContext)
 */
NTSTATUS NTAPI CmSetCallbackObjectContext(PVOID Object, PLARGE_INTEGER Cookie, PVOID NewContext,
                                          PVOID *OldContext)
{
    GATE(CmSetCallbackObjectContext, Object, Cookie, NewContext, OldContext);
    struct cmp_key *key = Object;
    if (OldContext)
        *OldContext = NULL;
    if (!Object || !Cookie || ObGetObjectType(Object) != CmpKeyObjectType)
        return STATUS_INVALID_PARAMETER;
    struct context *fresh = calloc(1, sizeof *fresh), *gone = NULL;
    if (!fresh)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = STATUS_SUCCESS;
    cmp_lock();
    struct cmp_callback *callback = find(Cookie);
    struct context *there = callback ? context_of(key, callback) : NULL;
    if (there && OldContext)
        *OldContext = there->context;
    if (!callback) {
        status = STATUS_INVALID_PARAMETER;
    } else if (there && NewContext) {
        there->context = NewContext;
    } else if (there) {
        unlink_context(gone = there);
    } else if (NewContext) {
        *fresh = (struct context){.callback = callback, .key = key, .context = NewContext};
        InsertTailList(&key->contexts, &fresh->of_key);
        InsertTailList(&callback->contexts, &fresh->of_callback);
        fresh = NULL;
    }
    cmp_unlock();
    free(fresh);
    free(gone);
    return status;
}

/* --- unregistering --- */

static void forget_all_contexts(struct cmp_callback *callback)
{
    cmp_lock();
    while (!IsListEmpty(&callback->contexts)) {
        struct context *context = CONTAINING_RECORD(callback->contexts.Flink, struct context, of_callback);
        unlink_context(context);
        BOOLEAN alive = ObpReferenceObjectSafe(context->key);
        cmp_unlock();
        tell_cleanup(callback, context->key, context->context);
        if (alive)
            ObpDereferenceObject(context->key);
        free(context);
        cmp_lock();
    }
    cmp_unlock();
}

static void free_callback(struct cmp_callback *callback)
{
    free(callback->altitude.Buffer);
    free(callback);
}

static void wait_until_idle(struct cmp_callback *callback)
{
    cmp_lock();
    bool wait = callback->running != 0;
    KeClearEvent(&callback->idle);
    cmp_unlock();
    if (wait)
        KeWaitForSingleObject(&callback->idle, Executive, KernelMode, FALSE, NULL);
}

static void unlink_all_contexts(struct cmp_callback *callback)
{
    while (!IsListEmpty(&callback->contexts)) {
        struct context *context = CONTAINING_RECORD(callback->contexts.Flink, struct context, of_callback);
        unlink_context(context);
        free(context);
    }
}

/* It runs on, and lives as long as the machine. */
static void leave_inside(struct cmp_callback *callback, const void *caller)
{
    char place[256];
    host_call_site(caller, place, sizeof place);
    machine_violation("CmUnRegisterCallback from inside the callback, %s: Windows would wait for ever",
                      place);
    cmp_lock();
    unlink_all_contexts(callback);
    InsertTailList(&CM->left_callbacks, &callback->link);
    cmp_unlock();
}

/* Waits until the callback runs nowhere any more: it must not be called from there. STATUS_INVALID_PARAMETER:
 * no such cookie. (WDK: CmUnRegisterCallback) */
NTSTATUS NTAPI CmUnRegisterCallback(LARGE_INTEGER Cookie)
{
    GATE(CmUnRegisterCallback, Cookie.QuadPart);
    const void *caller = __builtin_return_address(0);
    cmp_lock();
    struct cmp_callback *callback = find(&Cookie);
    if (callback) {
        RemoveEntryList(&callback->link);
        atomic_fetch_sub(&CM->callback_count, 1);
        callback->leaving = TRUE;
    }
    cmp_unlock();
    if (!callback)
        return STATUS_INVALID_PARAMETER;
    if (PspCurrentThread()->Callback == callback) {
        leave_inside(callback, caller);
        return STATUS_SUCCESS;
    }
    wait_until_idle(callback);
    forget_all_contexts(callback);
    wait_until_idle(callback); /* another thread may have taken a context just before, to give it back */
    free_callback(callback);
    return STATUS_SUCCESS;
}

static void drop(struct cmp_callback *callback)
{
    unlink_all_contexts(callback);
    RemoveEntryList(&callback->link);
    atomic_fetch_sub(&CM->callback_count, 1);
    free_callback(callback);
}

void cmp_free_callbacks(void)
{
    while (!IsListEmpty(&CM->callbacks))
        drop(CONTAINING_RECORD(CM->callbacks.Flink, struct cmp_callback, link));
    while (!IsListEmpty(&CM->left_callbacks))
        free_callback(CONTAINING_RECORD(RemoveHeadList(&CM->left_callbacks), struct cmp_callback, link));
}

ULONG cm_report_left(const void *base, size_t size, const char *driver)
{
    ULONG count = 0;
    cmp_lock();
    for (PLIST_ENTRY e = CM->callbacks.Flink; e != &CM->callbacks;) {
        struct cmp_callback *callback = CONTAINING_RECORD(e, struct cmp_callback, link);
        e = e->Flink;
        if ((uintptr_t)callback->function - (uintptr_t)base >= size)
            continue;
        drop(callback);
        count++;
    }
    cmp_unlock();
    if (count)
        machine_violation("%s left %u registry callback%s registered: CmUnRegisterCallback is missing",
                          driver, count, count == 1 ? "" : "s");
    return count;
}

/* --- operations --- */

bool cmp_before(struct cmp_call *call, REG_NOTIFY_CLASS class, PVOID information, PVOID *call_context,
                PVOID *object_context, struct cmp_key *key)
{
    call->count = call->called = 0;
    call->taken = FALSE;
    call->before = information;
    if (!atomic_load_explicit(&CM->callback_count, memory_order_acquire))
        return true;
    struct cmp_callback *within = PspCurrentThread()->Callback;
    cmp_lock();
    for (PLIST_ENTRY e = CM->callbacks.Flink; e != &CM->callbacks; e = e->Flink) {
        struct cmp_callback *callback = CONTAINING_RECORD(e, struct cmp_callback, link);
        if (within && rtl_compare_altitudes(&callback->altitude, &within->altitude) >= 0)
            continue;
        callback->running++;
        call->callback[call->count++] = callback;
    }
    cmp_unlock();
    for (ULONG i = 0; i < call->count; i++) {
        *call_context = NULL;
        *object_context = read_context(key, call->callback[i]);
        NTSTATUS status = ask(call->callback[i], class, information);
        call->context[i] = *call_context;
        if (!NT_SUCCESS(status)) { /* STATUS_CALLBACK_BYPASS is an error, too */
            call->taken = TRUE;
            call->status = status == STATUS_CALLBACK_BYPASS ? STATUS_SUCCESS : status;
            return false;
        }
        call->called++;
    }
    return true;
}

/* A key that is opened or made is there only with success, and is whatever the callbacks made of it. (WDK:
 * CmGetCallbackVersion, 1.1) */
static PVOID object_after(const struct cmp_call *call, REG_NOTIFY_CLASS class, PVOID object, NTSTATUS status)
{
    const REG_CREATE_KEY_INFORMATION_V1 *info = call->before;
    if (class != RegNtPostCreateKeyEx && class != RegNtPostOpenKeyEx)
        return object;
    return NT_SUCCESS(status) ? *info->ResultObject : NULL;
}

NTSTATUS cmp_after(struct cmp_call *call, REG_NOTIFY_CLASS class, struct cmp_key *key, PVOID object,
                   NTSTATUS status)
{
    if (call->taken)
        status = call->status;
    if (!call->count)
        return status;
    for (ULONG i = call->called; i-- > 0;) {
        struct cmp_callback *callback = call->callback[i];
        object = object_after(call, class, object, status);
        REG_POST_OPERATION_INFORMATION info = {
            .Object = object,
            .Status = status,
            .PreInformation = call->before,
            .ReturnStatus = status,
            .CallContext = call->context[i],
            .ObjectContext = read_context(object ? object : key, callback),
        };
        if (ask(callback, class, &info) == STATUS_CALLBACK_BYPASS) {
            status = info.ReturnStatus;
            object = info.Object;
        }
    }
    cmp_lock();
    for (ULONG i = 0; i < call->count; i++)
        release(call->callback[i]);
    cmp_unlock();
    return status;
}

void cmp_tell_close(struct cmp_key *key)
{
    struct cmp_call call;
    REG_KEY_HANDLE_CLOSE_INFORMATION info = {.Object = key};
    CMP_BEFORE(&call, RegNtPreKeyHandleClose, &info, key); /* nobody can refuse */
    cmp_forget_contexts(key);
    cmp_after(&call, RegNtPostKeyHandleClose, NULL, NULL, STATUS_SUCCESS);
}

/* --- what callbacks ask about keys --- */

static NTSTATUS identify(PLARGE_INTEGER cookie, PVOID object, PULONG_PTR id, PUNICODE_STRING *name)
{
    struct cmp_key *key = object;
    if (!cookie || !object || ObGetObjectType(object) != CmpKeyObjectType || !key->node)
        return STATUS_INVALID_PARAMETER;
    if (id)
        *id = (ULONG_PTR)key->node;
    if (!name)
        return STATUS_SUCCESS;
    UNICODE_STRING path;
    NTSTATUS status = cmp_name_of(key->node, &path);
    if (!NT_SUCCESS(status))
        return status;
    PUNICODE_STRING made = MmAllocateSystemPool(sizeof *made + path.MaximumLength, CMP_TAG);
    if (made) {
        *made = (UNICODE_STRING){path.Length, path.MaximumLength, (PWSTR)(made + 1)};
        memcpy(made->Buffer, path.Buffer, path.MaximumLength);
    }
    MmFreeSystemPool(path.Buffer);
    *name = made;
    return made ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* ObjectID is the same for all objects of one key. The name lives as long as the object. (WDK:
 * CmCallbackGetKeyObjectID) */
NTSTATUS NTAPI CmCallbackGetKeyObjectID(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                        PCUNICODE_STRING *ObjectName)
{
    GATE(CmCallbackGetKeyObjectID, Cookie, Object, ObjectID, ObjectName);
    PUNICODE_STRING name = NULL;
    NTSTATUS status = identify(Cookie, Object, ObjectID, ObjectName ? &name : NULL);
    if (!NT_SUCCESS(status) || !ObjectName)
        return status;
    struct cmp_key *key = Object;
    cmp_lock();
    PUNICODE_STRING kept = key->own_name;
    if (!kept)
        key->own_name = name;
    cmp_unlock();
    if (kept)
        MmFreeSystemPool(name);
    *ObjectName = kept ? kept : name;
    return STATUS_SUCCESS;
}

/* The name is the caller's, for CmCallbackReleaseKeyObjectIDEx. Flags: 0. (WDK: CmCallbackGetKeyObjectIDEx)
 */
NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                          PCUNICODE_STRING *ObjectName, ULONG Flags)
{
    GATE(CmCallbackGetKeyObjectIDEx, Cookie, Object, ObjectID, ObjectName);
    if (Flags)
        return STATUS_INVALID_PARAMETER;
    return identify(Cookie, Object, ObjectID, (PUNICODE_STRING *)ObjectName);
}

VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName)
{
    GATE(CmCallbackReleaseKeyObjectIDEx, ObjectName);
    MmFreeSystemPool((PVOID)ObjectName);
}

/* 1.1: that of Windows 7 and later. */
VOID NTAPI CmGetCallbackVersion(PULONG Major, PULONG Minor)
{
    GATE(CmGetCallbackVersion, Major, Minor);
    if (Major)
        *Major = 1;
    if (Minor)
        *Minor = 1;
}
