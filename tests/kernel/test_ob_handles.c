/*
 * Handles: values, access, duplicates, closing, references, and the bug checks for those who get them wrong.
 */
#include "ob_test.h"

static HANDLE event_with(ACCESS_MASK access)
{
    HANDLE handle;
    assert_status(NtCreateEvent(&handle, access, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    return handle;
}

static HANDLE kernel_event(void)
{
    HANDLE handle;
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_status(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                  STATUS_SUCCESS);
    return handle;
}

static void values_are_multiples_of_four(void **state)
{
    (void)state;
    HANDLE handle = event_with(EVENT_ALL_ACCESS);
    assert_int_not_equal((ULONG_PTR)handle, 0);
    assert_int_equal((ULONG_PTR)handle & 3, 0);
    assert_status(NtSetEvent((HANDLE)((ULONG_PTR)handle | 3), NULL),
                  STATUS_SUCCESS); /* tag bits are the user's */
    assert_status(NtClose(handle), STATUS_SUCCESS);
    assert_status(NtClose(handle), STATUS_INVALID_HANDLE);
    assert_status(NtClose(NULL), STATUS_INVALID_HANDLE);
    assert_status(NtClose((HANDLE)(ULONG_PTR)0x12345678), STATUS_INVALID_HANDLE);
    assert_status(NtClose((HANDLE)(ULONG_PTR)0x7FFFFFFFFFFFFFFC), STATUS_INVALID_HANDLE);
    assert_status(NtClose((HANDLE)(ULONG_PTR)0xFFFFFFFF80000004), STATUS_INVALID_HANDLE);
    assert_status(NtSetEvent(handle, NULL), STATUS_INVALID_HANDLE);
    assert_status(NtClose(NtCurrentProcess()), STATUS_SUCCESS);
}

static void the_table_grows(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    static HANDLE handles[MANY];
    for (int i = 0; i < MANY; i++) {
        handles[i] = event_with(EVENT_ALL_ACCESS);
        assert_int_equal((ULONG_PTR)handles[i] & 3, 0);
    }
    for (int i = 0; i < MANY; i += 2)
        assert_status(NtClose(handles[i]), STATUS_SUCCESS);
    for (int i = 0; i < MANY; i++)
        assert_status(NtSetEvent(handles[i], NULL), i % 2 ? STATUS_SUCCESS : STATUS_INVALID_HANDLE);
    for (int i = 1; i < MANY; i += 2)
        assert_status(NtClose(handles[i]), STATUS_SUCCESS);
}

static void access_is_what_was_granted(void **state)
{
    (void)state;
    HANDLE query = event_with(EVENT_QUERY_STATE), generic = event_with(GENERIC_WRITE),
           maximum = event_with(MAXIMUM_ALLOWED);
    LONG information[2];
    assert_status(NtSetEvent(query, NULL), STATUS_ACCESS_DENIED);
    assert_status(NtQueryEvent(query, 0, information, sizeof information, NULL), STATUS_SUCCESS);
    assert_int_equal(information[0], NotificationEvent);
    assert_status(NtWaitForSingleObject(query, FALSE, NULL), STATUS_ACCESS_DENIED);
    assert_status(NtSetEvent(generic, NULL), STATUS_SUCCESS);
    assert_status(NtQueryEvent(generic, 0, information, sizeof information, NULL), STATUS_ACCESS_DENIED);
    assert_status(NtSetEvent(maximum, NULL), STATUS_SUCCESS);
    assert_status(NtReleaseMutant(maximum, NULL), STATUS_OBJECT_TYPE_MISMATCH);

    PVOID object;
    OBJECT_HANDLE_INFORMATION handle;
    assert_status(
        ObReferenceObjectByHandle(query, EVENT_MODIFY_STATE, *ExEventObjectType, UserMode, &object, NULL),
        STATUS_ACCESS_DENIED);
    assert_null(object);
    assert_status(ObReferenceObjectByHandle(query, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode,
                                            &object, &handle),
                  STATUS_SUCCESS);
    assert_int_equal(handle.GrantedAccess, EVENT_QUERY_STATE);
    ObDereferenceObject(object);
    assert_status(ObReferenceObjectByHandle(query, 0, *PsThreadType, UserMode, &object, NULL),
                  STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(query);
    NtClose(generic);
    NtClose(maximum);
}

static void pseudo_handles_mean_the_current(void **state)
{
    (void)state;
    PVOID object;
    assert_status(ObReferenceObjectByHandle(NtCurrentThread(), THREAD_ALL_ACCESS, *PsThreadType, UserMode,
                                            &object, NULL),
                  STATUS_SUCCESS);
    assert_ptr_equal(object, PsGetCurrentThread());
    ObDereferenceObject(object);
    assert_status(ObReferenceObjectByHandle(NtCurrentProcess(), 0, NULL, UserMode, &object, NULL),
                  STATUS_SUCCESS);
    assert_ptr_equal(object, IoGetCurrentProcess());
    ObDereferenceObject(object);
    assert_status(ObReferenceObjectByHandle(NtCurrentProcess(), 0, *PsThreadType, UserMode, &object, NULL),
                  STATUS_OBJECT_TYPE_MISMATCH);
    HANDLE real;
    assert_status(NtDuplicateObject(NtCurrentProcess(), NtCurrentThread(), NtCurrentProcess(), &real, 0, 0,
                                    DUPLICATE_SAME_ACCESS),
                  STATUS_SUCCESS);
    assert_status(ObReferenceObjectByHandle(real, 0, *PsThreadType, UserMode, &object, NULL), STATUS_SUCCESS);
    assert_ptr_equal(object, PsGetCurrentThread());
    ObDereferenceObject(object);
    NtClose(real);
}

static void kernel_handles(void *context)
{
    HANDLE *out = context;
    HANDLE handle = *out = kernel_event();
    assert_true((LONG_PTR)handle < 0);
    assert_true(ObIsKernelHandle(handle, KernelMode));
    assert_status(ZwSetEvent(handle, NULL), STATUS_SUCCESS);
    assert_status(ZwClose((HANDLE)(ULONG_PTR)0x7654), STATUS_INVALID_HANDLE);
}

static void close_kernel(void *context)
{
    assert_status(ZwClose(*(HANDLE *)context), STATUS_SUCCESS);
}

static void kernel_handles_are_the_kernels(void **state)
{
    (void)state;
    HANDLE handle;
    ntio_run_in_kernel(kernel_handles, &handle);
    assert_false(ObIsKernelHandle(handle, UserMode));
    assert_status(NtSetEvent(handle, NULL), STATUS_INVALID_HANDLE);
    assert_status(NtClose(handle), STATUS_INVALID_HANDLE);
    PVOID object;
    assert_status(ObReferenceObjectByHandle(handle, 0, *ExEventObjectType, UserMode, &object, NULL),
                  STATUS_INVALID_HANDLE);
    assert_status(ObReferenceObjectByHandle(handle, 0, *ExEventObjectType, KernelMode, &object, NULL),
                  STATUS_SUCCESS);
    ObDereferenceObject(object);
    ntio_run_in_kernel(close_kernel, &handle);
    /* A user cannot ask for one. */
    assert_status(
        NtCreateEvent(&handle, EVENT_ALL_ACCESS, NAMED(NULL, OBJ_KERNEL_HANDLE), NotificationEvent, FALSE),
        STATUS_SUCCESS);
    assert_true((LONG_PTR)handle > 0);
    NtClose(handle);
}

static void duplicates(void **state)
{
    (void)state;
    HANDLE handle = event_with(EVENT_MODIFY_STATE | SYNCHRONIZE), copy, process = NtCurrentProcess();
    assert_status(NtDuplicateObject(process, handle, process, &copy, EVENT_QUERY_STATE, 0, 0),
                  STATUS_SUCCESS);
    assert_status(NtSetEvent(copy, NULL), STATUS_ACCESS_DENIED);
    ULONG basic[14];
    assert_status(NtQueryObject(copy, 0, basic, sizeof basic, NULL), STATUS_SUCCESS);
    assert_int_equal(basic[1], EVENT_QUERY_STATE);
    assert_int_equal(basic[2], 2);
    NtClose(copy);
    assert_status(NtDuplicateObject(process, handle, process, &copy, 0, 0,
                                    DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
                  STATUS_SUCCESS);
    assert_status(NtSetEvent(handle == copy ? NULL : handle, NULL), STATUS_INVALID_HANDLE);
    assert_status(NtSetEvent(copy, NULL), STATUS_SUCCESS);
    assert_status(
        NtDuplicateObject(process, (HANDLE)(ULONG_PTR)0x7770, process, &handle, 0, 0, DUPLICATE_SAME_ACCESS),
        STATUS_INVALID_HANDLE);
    assert_status(NtDuplicateObject(process, copy, process, BAD, 0, 0, DUPLICATE_SAME_ACCESS),
                  STATUS_ACCESS_VIOLATION);
    assert_status(NtDuplicateObject(copy, copy, process, &handle, 0, 0, DUPLICATE_SAME_ACCESS),
                  STATUS_OBJECT_TYPE_MISMATCH);
    assert_status(NtDuplicateObject(process, copy, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE), STATUS_SUCCESS);
    assert_status(NtClose(copy), STATUS_INVALID_HANDLE);
}

static void handles_can_be_protected(void **state)
{
    (void)state;
    HANDLE handle = event_with(EVENT_ALL_ACCESS);
    BOOLEAN flags[2] = {FALSE, TRUE};
    assert_status(NtSetInformationObject(handle, 4, flags, sizeof flags), STATUS_SUCCESS);
    assert_status(NtClose(handle), STATUS_HANDLE_NOT_CLOSABLE);
    BOOLEAN read[2] = {TRUE, FALSE};
    assert_status(NtQueryObject(handle, 4, read, sizeof read, NULL), STATUS_SUCCESS);
    assert_memory_equal(read, flags, sizeof read);
    flags[1] = FALSE;
    assert_status(NtSetInformationObject(handle, 4, flags, sizeof flags), STATUS_SUCCESS);
    assert_status(NtClose(handle), STATUS_SUCCESS);
}

static void exclusive_objects_have_one_owner(void **state)
{
    (void)state;
    HANDLE handle, second;
    assert_status(NtCreateEvent(&handle, EVENT_ALL_ACCESS, NAMED(L"\\BaseNamedObjects\\mine", OBJ_EXCLUSIVE),
                                NotificationEvent, FALSE),
                  STATUS_SUCCESS);
    assert_status(NtOpenEvent(&second, EVENT_ALL_ACCESS, NAMED(L"\\BaseNamedObjects\\mine", OBJ_EXCLUSIVE)),
                  STATUS_ACCESS_DENIED);
    assert_status(NtOpenEvent(&second, EVENT_ALL_ACCESS, NAMED(L"\\BaseNamedObjects\\mine", 0)),
                  STATUS_SUCCESS);
    NtClose(second);
    NtClose(handle);
}

static void references_keep_objects(void **state)
{
    (void)state;
    HANDLE handle = event_with(EVENT_ALL_ACCESS);
    PKEVENT event;
    assert_status(ObReferenceObjectByHandle(handle, 0, *ExEventObjectType, UserMode, (PVOID *)&event, NULL),
                  STATUS_SUCCESS);
    assert_int_equal((ULONG_PTR)event % 16, 0);
    NtClose(handle);
    KeSetEvent(event, 0, FALSE);
    assert_int_equal(KeReadStateEvent(event), 1);
    assert_status(ObReferenceObjectByPointer(event, 0, *ExEventObjectType, UserMode), STATUS_SUCCESS);
    assert_status(ObReferenceObjectByPointer(event, 0, *PsThreadType, UserMode), STATUS_OBJECT_TYPE_MISMATCH);
    assert_status(
        ObOpenObjectByPointer(event, 0, NULL, EVENT_MODIFY_STATE, *ExEventObjectType, UserMode, &handle),
        STATUS_SUCCESS);
    assert_status(NtSetEvent(handle, NULL), STATUS_SUCCESS);
    NtClose(handle);
    ObDereferenceObject(event);
    ObDereferenceObject(event);
}

static void last_reference_at_dispatch(void *context)
{
    PVOID object;
    HANDLE handle = kernel_event();
    (void)context;
    assert_status(ObReferenceObjectByHandle(handle, 0, *ExEventObjectType, KernelMode, &object, NULL),
                  STATUS_SUCCESS);
    ZwClose(handle);
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ObDereferenceObject(object);
    KeLowerIrql(irql);
    handle = kernel_event();
    assert_status(ObReferenceObjectByHandle(handle, 0, *ExEventObjectType, KernelMode, &object, NULL),
                  STATUS_SUCCESS);
    ZwClose(handle);
    ObDereferenceObjectDeferDelete(object);
}

static void objects_can_go_at_raised_irql(void **state)
{
    (void)state;
    ntio_run_in_kernel(last_reference_at_dispatch, NULL);
}

/* --- what stops the machine --- */

static void close_bad_kernel_handle(void *context)
{
    (void)context;
    ZwClose((HANDLE)(ULONG_PTR)0xFFFFFFFF80007654);
}

static void in_kernel_close_bad(void *context)
{
    ntio_run_in_kernel(close_bad_kernel_handle, context);
}

static void closing_a_bad_kernel_handle_is_0x93(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(in_kernel_close_bad, NULL, &caught));
    assert_int_equal(caught.code, 0x93);
    assert_int_equal(caught.parameters[0], 0xFFFFFFFF80007654);
    assert_int_equal(caught.parameters[1], 1);
}

static void dereference_too_often(void *context)
{
    PVOID object;
    HANDLE handle = event_with(EVENT_ALL_ACCESS);
    assert_status(ObReferenceObjectByHandle(handle, 0, *ExEventObjectType, UserMode, &object, NULL),
                  STATUS_SUCCESS);
    *(PVOID *)context = object;
    ObDereferenceObject(object);
    ObDereferenceObject(object);
    NtClose(handle);
}

static void one_dereference_too_many_is_0x18(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    PVOID object = NULL;
    assert_true(ntio_catch_bugcheck(dereference_too_often, &object, &caught));
    assert_int_equal(caught.code, 0x18);
    assert_ptr_equal(caught.parameters[1], object);
}

static void leave_open(void *context)
{
    (void)context;
    kernel_event();
}

static void a_kernel_handle_left_open_is_reported(void **state)
{
    (void)state;
    assert_int_equal(ntio_start(NULL), 0);
    ntio_run_in_kernel(leave_open, NULL);
    assert_int_equal(ntio_stop(), 1);
}

static void a_reference_left_is_reported(void **state)
{
    (void)state;
    assert_int_equal(ntio_start(NULL), 0);
    PVOID object;
    HANDLE handle = event_with(EVENT_ALL_ACCESS);
    assert_status(ObReferenceObjectByHandle(handle, 0, *ExEventObjectType, UserMode, &object, NULL),
                  STATUS_SUCCESS);
    NtClose(handle);
    assert_int_equal(ntio_stop(), 1);
}

static void a_clients_handles_go_with_it(void **state)
{
    (void)state;
    assert_int_equal(ntio_start(NULL), 0);
    event_with(EVENT_ALL_ACCESS);
    assert_int_equal(ntio_stop(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_are_multiples_of_four, start, stop),
        cmocka_unit_test_setup_teardown(the_table_grows, start, stop),
        cmocka_unit_test_setup_teardown(access_is_what_was_granted, start, stop),
        cmocka_unit_test_setup_teardown(pseudo_handles_mean_the_current, start, stop),
        cmocka_unit_test_setup_teardown(kernel_handles_are_the_kernels, start, stop),
        cmocka_unit_test_setup_teardown(duplicates, start, stop),
        cmocka_unit_test_setup_teardown(handles_can_be_protected, start, stop),
        cmocka_unit_test_setup_teardown(exclusive_objects_have_one_owner, start, stop),
        cmocka_unit_test_setup_teardown(references_keep_objects, start, stop),
        cmocka_unit_test_setup_teardown(objects_can_go_at_raised_irql, start, stop),
        cmocka_unit_test_setup_teardown(closing_a_bad_kernel_handle_is_0x93, start, stop),
        cmocka_unit_test_setup_teardown(one_dereference_too_many_is_0x18, start, stop),
        cmocka_unit_test(a_kernel_handle_left_open_is_reported),
        cmocka_unit_test(a_reference_left_is_reported),
        cmocka_unit_test(a_clients_handles_go_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
