/*
 * Object callbacks: who is asked, what they can take away, in which order, and what they are told.
 */
#include "ob_test.h"

#include <string.h>

static char order[64];
static struct {
    int pre, post;
    OB_PRE_OPERATION_INFORMATION before;
    OB_PRE_OPERATION_PARAMETERS asked;
    OB_POST_OPERATION_INFORMATION after;
    ACCESS_MASK granted;
} seen;
static ACCESS_MASK clear_bits, set_bits;

static void add(char letter)
{
    size_t length = strlen(order);
    order[length] = letter;
    order[length + 1] = 0;
}

static OB_PREOP_CALLBACK_STATUS NTAPI before(PVOID context, POB_PRE_OPERATION_INFORMATION info)
{
    add(*(char *)context);
    seen.pre++;
    seen.before = *info;
    seen.asked = *info->Parameters;
    assert_ptr_equal(info->CallContext, NULL);
    info->CallContext = context;
    POB_PRE_CREATE_HANDLE_INFORMATION create = &info->Parameters->CreateHandleInformation;
    create->DesiredAccess = (create->DesiredAccess & ~clear_bits) | set_bits;
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI after(PVOID context, POB_POST_OPERATION_INFORMATION info)
{
    add((char)(*(char *)context + 'a' - 'A'));
    seen.post++;
    seen.after = *info;
    seen.granted = info->Parameters->CreateHandleInformation.GrantedAccess;
    assert_ptr_equal(info->CallContext, context);
}

static NTSTATUS registered(const WCHAR *altitude, char *name, POBJECT_TYPE *type, OB_OPERATION operations,
                           PVOID *handle)
{
    OB_OPERATION_REGISTRATION operation = {type, operations, before, after};
    OB_CALLBACK_REGISTRATION registration = {
        .Version = OB_FLT_REGISTRATION_VERSION,
        .OperationRegistrationCount = 1,
        .RegistrationContext = name,
        .OperationRegistration = &operation,
    };
    RtlInitUnicodeString(&registration.Altitude, altitude);
    return ObRegisterCallbacks(&registration, handle);
}

static int begin(void **state)
{
    memset(&seen, 0, sizeof seen);
    order[0] = 0;
    clear_bits = set_bits = 0;
    return start(state);
}

static ACCESS_MASK access_of(HANDLE handle)
{
    OBJECT_BASIC_INFORMATION basic;
    assert_status(NtQueryObject(handle, ObjectBasicInformation, &basic, sizeof basic, NULL), STATUS_SUCCESS);
    return basic.GrantedAccess;
}

static NTSTATUS open_process(ULONG id, ACCESS_MASK access, HANDLE *handle)
{
    OBJECT_ATTRIBUTES none;
    CLIENT_ID cid = {ULongToHandle(id), NULL};
    InitializeObjectAttributes(&none, NULL, 0, NULL, NULL);
    return NtOpenProcess(handle, access, &none, &cid);
}

#define BOTH (OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE)

static void rights_are_taken_away(void **state)
{
    (void)state;
    ntio_process *process;
    HANDLE handle;
    PVOID cookie;
    assert_status(ntio_process_create(NULL, &process), STATUS_SUCCESS);
    ULONG id = ntio_process_id(process);
    assert_status(registered(L"1000", "A", PsProcessType, BOTH, &cookie), STATUS_SUCCESS);
    clear_bits = PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION;
    set_bits = PROCESS_VM_WRITE;
    assert_status(open_process(id, PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION,
                               &handle),
                  STATUS_SUCCESS);
    /* None can be added, and not all of them taken. */
    assert_int_equal(access_of(handle), PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION);
    assert_string_equal(order, "Aa");
    assert_int_equal(seen.before.Operation, OB_OPERATION_HANDLE_CREATE);
    assert_int_equal(seen.before.KernelHandle, 0);
    assert_ptr_equal(seen.before.ObjectType, *PsProcessType);
    assert_int_equal(HandleToULong(PsGetProcessId(seen.before.Object)), id);
    assert_int_equal(seen.asked.CreateHandleInformation.OriginalDesiredAccess,
                     PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION);
    assert_int_equal(seen.granted, PROCESS_QUERY_INFORMATION | PROCESS_QUERY_LIMITED_INFORMATION);
    assert_status(seen.after.ReturnStatus, STATUS_SUCCESS);
    assert_status(NtTerminateProcess(handle, 0), STATUS_ACCESS_DENIED);

    /* Generic rights come mapped. */
    HANDLE other;
    clear_bits = set_bits = 0;
    assert_status(open_process(id, GENERIC_READ, &other), STATUS_SUCCESS);
    assert_int_equal(seen.asked.CreateHandleInformation.DesiredAccess,
                     STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION);
    NtClose(other);

    /* Duplicates, too. */
    clear_bits = PROCESS_QUERY_INFORMATION;
    assert_status(NtDuplicateObject(NtCurrentProcess(), handle, NtCurrentProcess(), &other, 0, 0,
                                    DUPLICATE_SAME_ACCESS),
                  STATUS_SUCCESS);
    assert_int_equal(seen.before.Operation, OB_OPERATION_HANDLE_DUPLICATE);
    assert_ptr_equal(seen.asked.DuplicateHandleInformation.SourceProcess, PsGetCurrentProcess());
    assert_ptr_equal(seen.asked.DuplicateHandleInformation.TargetProcess, PsGetCurrentProcess());
    assert_int_equal(access_of(other), PROCESS_QUERY_LIMITED_INFORMATION);
    NtClose(other);
    NtClose(handle);

    /* A kernel handle keeps what it asked for. */
    clear_bits = PROCESS_TERMINATE;
    assert_status(ObOpenObjectByPointer(seen.before.Object, OBJ_KERNEL_HANDLE, NULL, PROCESS_ALL_ACCESS,
                                        *PsProcessType, KernelMode, &handle),
                  STATUS_SUCCESS);
    assert_int_equal(seen.before.KernelHandle, 1);
    assert_int_equal(seen.granted, PROCESS_ALL_ACCESS);
    ObCloseHandle(handle, KernelMode);
    ObUnRegisterCallbacks(cookie);
    int asked = seen.pre;
    assert_status(open_process(id, PROCESS_TERMINATE, &handle), STATUS_SUCCESS);
    assert_int_equal(seen.pre, asked);
    NtClose(handle);
    assert_status(ntio_process_end(process, 0), STATUS_SUCCESS);
}

static void altitudes_order(void **state)
{
    (void)state;
    PVOID low, high, middle, other;
    HANDLE handle;
    ULONG own = HandleToULong(PsGetCurrentProcessId());
    assert_status(registered(L"20000", "B", PsProcessType, BOTH, &middle), STATUS_SUCCESS);
    assert_status(registered(L"3000.5", "A", PsProcessType, BOTH, &low), STATUS_SUCCESS);
    assert_status(registered(L"321000", "C", PsProcessType, BOTH, &high), STATUS_SUCCESS);
    assert_status(registered(L"020000", "D", PsProcessType, BOTH, &other), STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    assert_status(open_process(own, PROCESS_TERMINATE, &handle), STATUS_SUCCESS);
    assert_string_equal(order, "CBAabc");
    NtClose(handle);
    ObUnRegisterCallbacks(middle);
    order[0] = 0;
    assert_status(open_process(own, PROCESS_TERMINATE, &handle), STATUS_SUCCESS);
    assert_string_equal(order, "CAac");
    NtClose(handle);
    ObUnRegisterCallbacks(low);
    ObUnRegisterCallbacks(high);
}

static ULONG client_thread(PVOID context)
{
    (void)context;
    return 0;
}

static void threads_are_filtered(void **state)
{
    (void)state;
    PVOID cookie;
    HANDLE handle;
    assert_status(registered(L"1", "A", PsThreadType, OB_OPERATION_HANDLE_CREATE, &cookie), STATUS_SUCCESS);
    clear_bits = THREAD_TERMINATE | THREAD_SUSPEND_RESUME;
    assert_status(NtCreateThreadEx(&handle, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)client_thread,
                                   NULL, 0, 0, 0, 0, NULL),
                  STATUS_SUCCESS);
    assert_string_equal(order, "Aa");
    assert_int_equal(access_of(handle), THREAD_ALL_ACCESS & ~(THREAD_TERMINATE | THREAD_SUSPEND_RESUME));
    assert_status(NtWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    HANDLE other; /* not registered for */
    assert_status(NtDuplicateObject(NtCurrentProcess(), handle, NtCurrentProcess(), &other, 0, 0,
                                    DUPLICATE_SAME_ACCESS),
                  STATUS_SUCCESS);
    assert_string_equal(order, "Aa");
    NtClose(other);
    NtClose(handle);
    ObUnRegisterCallbacks(cookie);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    PVOID cookie;
    OB_OPERATION_REGISTRATION operation = {PsProcessType, BOTH, before, NULL};
    OB_CALLBACK_REGISTRATION registration = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"1"), NULL,
                                             &operation};
    assert_int_equal(ObGetFilterVersion(), 0x100);
    registration.Version = 0x200;
    assert_status(ObRegisterCallbacks(&registration, &cookie), STATUS_INVALID_PARAMETER);
    registration.Version = OB_FLT_REGISTRATION_VERSION;
    registration.OperationRegistrationCount = 0;
    assert_status(ObRegisterCallbacks(&registration, &cookie), STATUS_INVALID_PARAMETER);
    registration.OperationRegistrationCount = 1;
    operation.ObjectType = ExEventObjectType;
    assert_status(ObRegisterCallbacks(&registration, &cookie), STATUS_INVALID_PARAMETER);
    operation.ObjectType = PsProcessType;
    operation.Operations = 0;
    assert_status(ObRegisterCallbacks(&registration, &cookie), STATUS_INVALID_PARAMETER);
    operation.Operations = 4;
    assert_status(ObRegisterCallbacks(&registration, &cookie), STATUS_INVALID_PARAMETER);
    operation.Operations = BOTH;
    operation.PreOperation = NULL;
    assert_status(ObRegisterCallbacks(&registration, &cookie), STATUS_INVALID_PARAMETER);
    operation.PostOperation = after;
    operation.ObjectType = ExDesktopObjectType;
    assert_status(ObRegisterCallbacks(&registration, &cookie), STATUS_SUCCESS);
    ObUnRegisterCallbacks(cookie);
}

static PVOID own_cookie;

static OB_PREOP_CALLBACK_STATUS NTAPI unregisters(PVOID context, POB_PRE_OPERATION_INFORMATION info)
{
    (void)context, (void)info;
    ObUnRegisterCallbacks(own_cookie);
    return OB_PREOP_SUCCESS;
}

static void unregistering_inside_is_told(void **state)
{
    HANDLE handle;
    OB_OPERATION_REGISTRATION operation = {PsProcessType, BOTH, unregisters, NULL};
    OB_CALLBACK_REGISTRATION registration = {OB_FLT_REGISTRATION_VERSION, 1, RTL_CONSTANT_STRING(L"1"), NULL,
                                             &operation};
    assert_status(ObRegisterCallbacks(&registration, &own_cookie), STATUS_SUCCESS);
    assert_status(open_process(HandleToULong(PsGetCurrentProcessId()), PROCESS_TERMINATE, &handle), STATUS_SUCCESS);
    NtClose(handle);
    ObUnRegisterCallbacks(own_cookie); /* there is no such thing any more */
    assert_int_equal(ntio_stop(), 2);
    start(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rights_are_taken_away),          TEST(altitudes_order),
        TEST(threads_are_filtered),           TEST(what_makes_no_sense_is_refused),
        TEST(unregistering_inside_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
