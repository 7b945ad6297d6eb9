/*
 * Events, mutants and semaphores by handle, and waiting for them.
 */
#include "ob_test.h"

static LARGE_INTEGER at_once;

static HANDLE event_of(EVENT_TYPE type, BOOLEAN signalled)
{
    HANDLE handle;
    assert_status(NtCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, type, signalled), STATUS_SUCCESS);
    return handle;
}

static NTSTATUS poll(HANDLE handle)
{
    return NtWaitForSingleObject(handle, FALSE, &at_once);
}

static void events(void **state)
{
    (void)state;
    HANDLE notification = event_of(NotificationEvent, FALSE),
           synchronization = event_of(SynchronizationEvent, TRUE);
    LONG before = -1;
    assert_status(poll(notification), STATUS_TIMEOUT);
    assert_status(NtSetEvent(notification, &before), STATUS_SUCCESS);
    assert_int_equal(before, 0);
    assert_status(poll(notification), STATUS_SUCCESS);
    assert_status(poll(notification), STATUS_SUCCESS);
    assert_status(NtPulseEvent(notification, &before), STATUS_SUCCESS);
    assert_int_equal(before, 1);
    assert_status(poll(notification), STATUS_TIMEOUT);
    assert_status(poll(synchronization), STATUS_SUCCESS);
    assert_status(poll(synchronization), STATUS_TIMEOUT);
    assert_status(NtSetEvent(synchronization, NULL), STATUS_SUCCESS);
    LONG information[2];
    ULONG length = 0;
    assert_status(NtQueryEvent(synchronization, 0, information, sizeof information, &length), STATUS_SUCCESS);
    assert_int_equal(information[0], SynchronizationEvent);
    assert_int_equal(information[1], 1);
    assert_int_equal(length, 8);
    assert_status(NtClearEvent(synchronization), STATUS_SUCCESS);
    assert_status(poll(synchronization), STATUS_TIMEOUT);
    assert_status(NtSetEvent(notification, BAD), STATUS_ACCESS_VIOLATION);
    assert_status(poll(notification), STATUS_TIMEOUT); /* refused before it did anything */
    assert_status(NtQueryEvent(notification, 1, information, sizeof information, NULL),
                  STATUS_INVALID_INFO_CLASS);
    assert_status(NtQueryEvent(notification, 0, information, 4, NULL), STATUS_INFO_LENGTH_MISMATCH);
    NtClose(notification);
    NtClose(synchronization);
}

static void mutants(void **state)
{
    (void)state;
    HANDLE mutant;
    LONG count = 7;
    assert_status(NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE), STATUS_SUCCESS);
    assert_status(poll(mutant), STATUS_SUCCESS); /* again: recursion */
    assert_status(NtReleaseMutant(mutant, &count), STATUS_SUCCESS);
    assert_int_equal(count, -1);
    assert_status(NtReleaseMutant(mutant, &count), STATUS_SUCCESS);
    assert_int_equal(count, 0);
    assert_status(NtReleaseMutant(mutant, &count), STATUS_MUTANT_NOT_OWNED);
    NtClose(mutant);
    /* Closed while owned. */
    assert_status(NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE), STATUS_SUCCESS);
    NtClose(mutant);
}

static ULONG NTAPI abandon(PVOID context)
{
    return (ULONG)NtWaitForSingleObject(context, FALSE, NULL);
}

static void mutants_are_abandoned(void **state)
{
    (void)state;
    HANDLE mutant, thread;
    assert_status(NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE), STATUS_SUCCESS);
    assert_status(NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)abandon,
                                   mutant, 0, 0, 0, 0, NULL),
                  STATUS_SUCCESS);
    assert_status(NtWaitForSingleObject(thread, FALSE, NULL), STATUS_SUCCESS);
    assert_status(NtWaitForSingleObject(mutant, FALSE, NULL), STATUS_ABANDONED);
    assert_status(NtReleaseMutant(mutant, NULL), STATUS_SUCCESS);
    NtClose(mutant);
    NtClose(thread);
}

static void semaphores(void **state)
{
    (void)state;
    HANDLE semaphore;
    LONG before = -1;
    assert_status(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 3, 2), STATUS_INVALID_PARAMETER);
    assert_status(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 0), STATUS_INVALID_PARAMETER);
    assert_status(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 1, 2), STATUS_SUCCESS);
    assert_status(poll(semaphore), STATUS_SUCCESS);
    assert_status(poll(semaphore), STATUS_TIMEOUT);
    assert_status(NtReleaseSemaphore(semaphore, 2, &before), STATUS_SUCCESS);
    assert_int_equal(before, 0);
    assert_status(NtReleaseSemaphore(semaphore, 1, &before), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    assert_status(NtReleaseSemaphore(semaphore, 0, &before), STATUS_INVALID_PARAMETER);
    NtClose(semaphore);
}

static void waiting_for_several(void **state)
{
    (void)state;
    HANDLE handles[70];
    for (int i = 0; i < 70; i++)
        handles[i] = event_of(SynchronizationEvent, i == 5);
    assert_status(NtWaitForMultipleObjects(64, handles, WaitAny, FALSE, &at_once), STATUS_WAIT_0 + 5);
    assert_status(NtWaitForMultipleObjects(64, handles, WaitAny, FALSE, &at_once), STATUS_TIMEOUT);
    assert_status(NtWaitForMultipleObjects(65, handles, WaitAny, FALSE, &at_once),
                  STATUS_INVALID_PARAMETER_1);
    assert_status(NtWaitForMultipleObjects(0, handles, WaitAny, FALSE, &at_once), STATUS_INVALID_PARAMETER_1);
    assert_status(NtWaitForMultipleObjects(1, handles, 9, FALSE, &at_once), STATUS_INVALID_PARAMETER_3);
    assert_status(NtWaitForMultipleObjects(2, BAD, WaitAny, FALSE, &at_once), STATUS_ACCESS_VIOLATION);
    assert_status(NtWaitForMultipleObjects(2, handles, WaitAny, FALSE, BAD), STATUS_ACCESS_VIOLATION);
    for (int i = 0; i < 3; i++)
        NtSetEvent(handles[i], NULL);
    assert_status(NtWaitForMultipleObjects(4, handles, WaitAll, FALSE, &at_once), STATUS_TIMEOUT);
    assert_status(NtWaitForMultipleObjects(3, handles, WaitAll, FALSE, &at_once), STATUS_SUCCESS);
    handles[68] = handles[67];
    assert_status(NtWaitForMultipleObjects(2, handles + 67, WaitAll, FALSE, &at_once),
                  STATUS_INVALID_PARAMETER_MIX);
    HANDLE odd[2] = {handles[0], (HANDLE)(ULONG_PTR)0x77770};
    assert_status(NtWaitForMultipleObjects(2, odd, WaitAny, FALSE, &at_once), STATUS_INVALID_HANDLE);
}

static void signal_and_wait(void **state)
{
    (void)state;
    HANDLE first = event_of(NotificationEvent, FALSE), second = event_of(NotificationEvent, TRUE);
    assert_status(NtSignalAndWaitForSingleObject(first, second, FALSE, &at_once), STATUS_SUCCESS);
    assert_status(poll(first), STATUS_SUCCESS);
    assert_status(NtSignalAndWaitForSingleObject(NtCurrentThread(), second, FALSE, &at_once),
                  STATUS_OBJECT_TYPE_MISMATCH);
}

static void delays(void **state)
{
    (void)state;
    LARGE_INTEGER little = {.QuadPart = -10};
    assert_status(NtDelayExecution(FALSE, &little), STATUS_SUCCESS);
    assert_status(NtDelayExecution(FALSE, BAD), STATUS_ACCESS_VIOLATION);
    assert_status(NtDelayExecution(FALSE, NULL), STATUS_ACCESS_VIOLATION);
}

static void named_events_in_kernel(void *context)
{
    (void)context;
    UNICODE_STRING name;
    HANDLE first, second;
    RtlInitUnicodeString(&name, L"\\BaseNamedObjects\\drivers");
    PKEVENT event = IoCreateNotificationEvent(&name, &first);
    assert_non_null(event);
    assert_int_equal(KeReadStateEvent(event), 1);
    assert_ptr_equal(IoCreateNotificationEvent(&name, &second), event);
    ZwClose(first);
    ZwClose(second);
    PKEVENT other = IoCreateSynchronizationEvent(&name, &first);
    assert_non_null(other);
    ZwClose(first);
}

static void drivers_can_name_events(void **state)
{
    (void)state;
    ntio_run_in_kernel(named_events_in_kernel, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events, start, stop),
        cmocka_unit_test_setup_teardown(mutants, start, stop),
        cmocka_unit_test_setup_teardown(mutants_are_abandoned, start, stop),
        cmocka_unit_test_setup_teardown(semaphores, start, stop),
        cmocka_unit_test_setup_teardown(waiting_for_several, start, stop),
        cmocka_unit_test_setup_teardown(signal_and_wait, start, stop),
        cmocka_unit_test_setup_teardown(delays, start, stop),
        cmocka_unit_test_setup_teardown(drivers_can_name_events, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
