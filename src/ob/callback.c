/*
 * Object callbacks: who is asked before a handle to a process, thread or desktop is made, and told
 * afterwards.
 *
 * Before, they are asked from the highest altitude down; afterwards those that were asked are told in the
 * opposite order. A set that is being unregistered goes when it runs nowhere any more.
 */
#include "obp.h"
#include "../rtl/rtl.h"

struct obp_callbacks {
    struct obp_callbacks *next; /* by falling altitude; under callbacks_lock */
    UNICODE_STRING altitude;
    PVOID context;
    ULONG running; /* under callbacks_lock */
    ULONG count;
    OB_OPERATION_REGISTRATION operation[];
};

#define MOST_CALLS 64

struct call {
    struct obp_callbacks *set;
    const OB_OPERATION_REGISTRATION *operation;
    PVOID context;
};

/* Rights that no callback can take away: the RetainAccess of NT's types. */
static ACCESS_MASK retained(POBJECT_TYPE type)
{
    return type->Info.RetainAccess;
}

/* --- asking and telling --- */

static ULONG collect(POBJECT_TYPE type, OB_OPERATION operation, struct call *calls)
{
    ULONG count = 0;
    ob_acquire(&OBP->callbacks_lock);
    for (struct obp_callbacks *set = OBP->callbacks; set; set = set->next)
        for (ULONG i = 0; i < set->count && count < MOST_CALLS; i++)
            if (*set->operation[i].ObjectType == type && set->operation[i].Operations & operation) {
                set->running++;
                calls[count++] = (struct call){set, &set->operation[i], NULL};
            }
    ob_release(&OBP->callbacks_lock);
    return count;
}

static void release(struct obp_callbacks *set)
{
    ob_acquire(&OBP->callbacks_lock);
    set->running--;
    ob_release(&OBP->callbacks_lock);
}

static void ask(const struct obp_operation *about, struct call *call, ACCESS_MASK original,
                ACCESS_MASK *access)
{
    OB_PRE_OPERATION_PARAMETERS parameters = {0};
    OB_PRE_OPERATION_INFORMATION info = {
        .Operation = about->Operation,
        .KernelHandle = about->KernelHandle,
        .Object = obp_body(about->Header),
        .ObjectType = about->Header->Type,
        .Parameters = &parameters,
    };
    parameters.CreateHandleInformation.DesiredAccess = *access;
    parameters.CreateHandleInformation.OriginalDesiredAccess = original;
    if (about->Operation == OB_OPERATION_HANDLE_DUPLICATE) {
        parameters.DuplicateHandleInformation.SourceProcess = about->Source;
        parameters.DuplicateHandleInformation.TargetProcess = about->Target;
    }
    call->operation->PreOperation(call->set->context, &info);
    call->context = info.CallContext;
    /* Rights can be taken away only, and not from a kernel handle. */
    if (!about->KernelHandle)
        *access = (parameters.CreateHandleInformation.DesiredAccess & original) |
                  (*access & retained(about->Header->Type));
}

static void tell(const struct obp_operation *about, const struct call *call, NTSTATUS status,
                 ACCESS_MASK granted)
{
    OB_POST_OPERATION_PARAMETERS parameters = {.CreateHandleInformation.GrantedAccess = granted};
    OB_POST_OPERATION_INFORMATION info = {
        .Operation = about->Operation,
        .KernelHandle = about->KernelHandle,
        .Object = obp_body(about->Header),
        .ObjectType = about->Header->Type,
        .CallContext = call->context,
        .ReturnStatus = status,
        .Parameters = &parameters,
    };
    call->operation->PostOperation(call->set->context, &info);
}

NTSTATUS obp_filter(const struct obp_operation *about, ACCESS_MASK access,
                    NTSTATUS (*make)(void *context, ACCESS_MASK), void *context)
{
    struct call calls[MOST_CALLS];
    ACCESS_MASK original = access;
    PETHREAD thread = PspCurrentThread();
    ULONG count = collect(about->Header->Type, about->Operation, calls);
    BOOLEAN was = KiEnterService(&thread->Tcb);
    KeEnterCriticalRegion();
    ULONG depth = thread->ObjectCallbacks;
    thread->ObjectCallbacks = depth + 1;
    for (ULONG i = 0; i < count; i++)
        if (calls[i].operation->PreOperation)
            ask(about, &calls[i], original, &access);
    thread->ObjectCallbacks = depth;
    NTSTATUS status = make(context, access);
    thread->ObjectCallbacks = depth + 1;
    for (ULONG i = count; i-- > 0;) {
        if (calls[i].operation->PostOperation)
            tell(about, &calls[i], status, NT_SUCCESS(status) ? access : 0);
        release(calls[i].set);
    }
    thread->ObjectCallbacks = depth;
    KeLeaveCriticalRegion();
    KiLeaveService(&thread->Tcb, was);
    return status;
}

/* --- registering --- */

static BOOLEAN is_good(const OB_CALLBACK_REGISTRATION *given)
{
    if ((given->Version & 0xFF00) != OB_FLT_REGISTRATION_VERSION || !given->OperationRegistrationCount)
        return FALSE;
    for (ULONG i = 0; i < given->OperationRegistrationCount; i++) {
        const OB_OPERATION_REGISTRATION *operation = &given->OperationRegistration[i];
        if (!operation->ObjectType || !(*operation->ObjectType)->Info.Filterable)
            return FALSE;
        if (!(operation->Operations & (OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE)) ||
            operation->Operations & ~(ULONG)(OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE))
            return FALSE;
        if (!operation->PreOperation && !operation->PostOperation)
            return FALSE;
    }
    return TRUE;
}

static struct obp_callbacks *copy(const OB_CALLBACK_REGISTRATION *given)
{
    size_t operations = given->OperationRegistrationCount * sizeof(OB_OPERATION_REGISTRATION);
    struct obp_callbacks *set = malloc(sizeof *set + operations + given->Altitude.Length);
    if (!set)
        return NULL;
    *set = (struct obp_callbacks){.context = given->RegistrationContext,
                                  .count = given->OperationRegistrationCount};
    memcpy(set->operation, given->OperationRegistration, operations);
    set->altitude.Buffer = (PWSTR)(PVOID)((char *)set->operation + operations);
    set->altitude.Length = set->altitude.MaximumLength = given->Altitude.Length;
    memcpy(set->altitude.Buffer, given->Altitude.Buffer, given->Altitude.Length);
    return set;
}

static NTSTATUS insert(struct obp_callbacks *set)
{
    NTSTATUS status = STATUS_SUCCESS;
    ob_acquire(&OBP->callbacks_lock);
    struct obp_callbacks **at = &OBP->callbacks;
    int order = 1;
    while (*at && (order = rtl_compare_altitudes(&(*at)->altitude, &set->altitude)) > 0)
        at = &(*at)->next;
    if (*at && order == 0) {
        status = STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    } else {
        set->next = *at;
        *at = set;
        atomic_fetch_add(&OBP->callback_count, 1);
    }
    ob_release(&OBP->callbacks_lock);
    return status;
}

/* False: there is no such set. */
static bool take_out(struct obp_callbacks *set)
{
    ob_acquire(&OBP->callbacks_lock);
    struct obp_callbacks **at = &OBP->callbacks;
    while (*at && *at != set)
        at = &(*at)->next;
    bool found = *at != NULL;
    if (found) {
        *at = set->next;
        atomic_fetch_sub(&OBP->callback_count, 1);
    }
    ob_release(&OBP->callbacks_lock);
    return found;
}

static bool is_running(const struct obp_callbacks *set)
{
    ob_acquire(&OBP->callbacks_lock);
    bool running = set->running != 0;
    ob_release(&OBP->callbacks_lock);
    return running;
}

USHORT NTAPI ObGetFilterVersion(VOID)
{
    GATE(ObGetFilterVersion);
    return OB_FLT_REGISTRATION_VERSION;
}

/*
 * STATUS_INVALID_PARAMETER: a version, type or operation that is none;
 * STATUS_FLT_INSTANCE_ALTITUDE_COLLISION. Windows wants the routines in an image linked with /INTEGRITYCHECK
 * (else STATUS_ACCESS_DENIED); an image has no such flag here. IRQL <= APC_LEVEL. (WDK: ObRegisterCallbacks)
 */
NTSTATUS NTAPI ObRegisterCallbacks(POB_CALLBACK_REGISTRATION CallbackRegistration, PVOID *RegistrationHandle)
{
    GATE(ObRegisterCallbacks, CallbackRegistration, RegistrationHandle);
    if (!is_good(CallbackRegistration))
        return STATUS_INVALID_PARAMETER;
    struct obp_callbacks *set = GATE_FAILS(ObRegisterCallbacks) ? NULL : copy(CallbackRegistration);
    if (!set)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = insert(set);
    if (NT_SUCCESS(status))
        *RegistrationHandle = set;
    else
        free(set);
    return status;
}

/* Waits until none of the set's routines runs any more. IRQL <= APC_LEVEL. (WDK: ObUnRegisterCallbacks) */
VOID NTAPI ObUnRegisterCallbacks(PVOID RegistrationHandle)
{
    GATE(ObUnRegisterCallbacks, RegistrationHandle);
    struct obp_callbacks *set = RegistrationHandle;
    const void *caller = __builtin_return_address(0);
    char place[256];
    if (!take_out(set)) {
        host_call_site(caller, place, sizeof place);
        machine_violation("ObUnRegisterCallbacks(%p) from %s: there is no such registration", (void *)set,
                          place);
        return;
    }
    LARGE_INTEGER pause = {.QuadPart = -1000};
    if (PspCurrentThread()->ObjectCallbacks && is_running(set)) {
        host_call_site(caller, place, sizeof place);
        machine_violation("ObUnRegisterCallbacks from inside a callback, %s: Windows would wait for ever",
                          place);
        set->next = OBP->leaving; /* it has to live on */
        OBP->leaving = set;
        return;
    }
    while (is_running(set))
        KeDelayExecutionThread(KernelMode, FALSE, &pause);
    free(set);
}

/* --- what is left --- */

static bool lies_in(const struct obp_callbacks *set, const void *base, size_t size)
{
    for (ULONG i = 0; i < set->count; i++)
        if ((uintptr_t)set->operation[i].PreOperation - (uintptr_t)base < size ||
            (uintptr_t)set->operation[i].PostOperation - (uintptr_t)base < size)
            return true;
    return false;
}

ULONG obp_report_callbacks(const void *base, size_t size, const char *driver)
{
    ULONG count = 0;
    for (;;) {
        ob_acquire(&OBP->callbacks_lock);
        struct obp_callbacks *set = OBP->callbacks;
        while (set && !lies_in(set, base, size))
            set = set->next;
        ob_release(&OBP->callbacks_lock);
        if (!set)
            return count;
        machine_violation(
            "%s left its object callbacks registered (%u operations): ObUnRegisterCallbacks is missing",
            driver, set->count);
        take_out(set);
        free(set);
        count++;
    }
}

void obp_free_callbacks(void)
{
    struct obp_callbacks *lists[] = {OBP->callbacks, OBP->leaving};
    for (int i = 0; i < 2; i++)
        for (struct obp_callbacks *set = lists[i], *next; set; set = next) {
            next = set->next;
            free(set);
        }
}
