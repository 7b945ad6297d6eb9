/*
 * Processes and threads: who is current, system threads, client threads, ids, attaching.
 */
#include "ob_test.h"

PUCHAR PsGetProcessImageFileName(PEPROCESS Process); /* exported, and in no public header */

static void two_processes(void **state)
{
    (void)state;
    PEPROCESS process, system = PsInitialSystemProcess;
    assert_int_equal((ULONG_PTR)PsGetProcessId(system), 4);
    assert_ptr_not_equal(IoGetCurrentProcess(), system);
    assert_ptr_equal(PsGetProcessId(IoGetCurrentProcess()), PsGetCurrentProcessId());
    assert_int_equal((ULONG_PTR)PsGetCurrentProcessId() % 4, 0);
    assert_status(PsLookupProcessByProcessId((HANDLE)4, &process), STATUS_SUCCESS);
    assert_ptr_equal(process, system);
    ObDereferenceObject(process);
    assert_status(PsLookupProcessByProcessId((HANDLE)0x77770, &process), STATUS_INVALID_CID);
    assert_string_equal((char *)PsGetProcessImageFileName(system), "System");
    assert_false(PsIsSystemThread(PsGetCurrentThread()));
    assert_int_equal(ExGetPreviousMode(), UserMode);
}

static void in_system(void *context)
{
    (void)context;
    assert_ptr_equal(IoGetCurrentProcess(), PsInitialSystemProcess);
    assert_int_equal(ExGetPreviousMode(), KernelMode);
}

static void acting_for_the_system_ends(void **state)
{
    (void)state;
    ntio_run_in_kernel(in_system, NULL);
    assert_ptr_not_equal(IoGetCurrentProcess(), PsInitialSystemProcess);
    assert_int_equal(ExGetPreviousMode(), UserMode);
}

static void stop_it(void *context)
{
    *(int *)context = ntio_stop();
    assert_int_equal(ExGetPreviousMode(), KernelMode);
    assert_ptr_equal(IoGetCurrentProcess(), PsInitialSystemProcess);
}

static void stop_it_deeper(void *context)
{
    ntio_run_in_kernel(stop_it, context);
    stop_it(context);
}

static VOID NTAPI stop_it_in_a_thread(PVOID context)
{
    stop_it(context);
}

static void stop_it_elsewhere(void *context)
{
    HANDLE handle;
    assert_status(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, stop_it_in_a_thread, context),
                  STATUS_SUCCESS);
    assert_status(ZwWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    assert_status(ZwClose(handle), STATUS_SUCCESS);
}

/* On kernel stacks: test_kernel_stack. */
static void the_kernel_cannot_stop_the_machine(void **state)
{
    (void)state;
    int said = 0;
    ntio_run_in_kernel(stop_it, &said);
    assert_int_equal(said, 1);
    ntio_run_in_kernel(stop_it_deeper, &said);
    assert_int_equal(said, 3);
    ntio_run_in_kernel(stop_it_elsewhere, &said);
    assert_int_equal(said, 4);
    acting_for_the_system_ends(NULL);
    assert_int_equal(ntio_stop(), 4);
    assert_int_equal(ntio_start(NULL), 0);
}

static jmp_buf out;

static void jump_out(void *context)
{
    (void)context;
    longjmp(out, 1);
}

/* As a test does whose assertion fails in the kernel. */
static void who_has_jumped_out_of_it_can(void **state)
{
    (void)state;
    if (!setjmp(out))
        ntio_run_in_kernel(jump_out, NULL);
    assert_int_equal(ntio_stop(), 0);
    assert_int_equal(ntio_start(NULL), 0);
}

struct seen {
    KEVENT go;
    PETHREAD thread;
    PEPROCESS process;
    BOOLEAN system;
    KPROCESSOR_MODE mode;
    HANDLE id;
};

static VOID NTAPI system_thread(PVOID context)
{
    struct seen *seen = context;
    KeWaitForSingleObject(&seen->go, Executive, KernelMode, FALSE, NULL);
    seen->thread = PsGetCurrentThread();
    seen->process = IoGetCurrentProcess();
    seen->system = PsIsSystemThread(seen->thread);
    seen->mode = ExGetPreviousMode();
    seen->id = PsGetCurrentThreadId();
    PsTerminateSystemThread(STATUS_ALERTED);
    fail();
}

static void start_system_thread(void *context)
{
    static struct seen seen;
    (void)context;
    HANDLE handle;
    CLIENT_ID cid;
    PETHREAD thread, same;
    memset(&seen, 0, sizeof seen);
    KeInitializeEvent(&seen.go, NotificationEvent, FALSE);
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_status(
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, NULL, &cid, system_thread, &seen),
        STATUS_SUCCESS);
    assert_true(ObIsKernelHandle(handle, KernelMode));
    assert_status(ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, (PVOID *)&thread, NULL),
                  STATUS_SUCCESS);
    assert_status(PsLookupThreadByThreadId(cid.UniqueThread, &same), STATUS_SUCCESS);
    assert_ptr_equal(same, thread);
    assert_ptr_equal(PsGetThreadId(thread), cid.UniqueThread);
    assert_int_equal((ULONG_PTR)cid.UniqueProcess, 4);
    ObDereferenceObject(same);
    assert_status(PsGetThreadExitStatus(thread), STATUS_PENDING);
    KeSetEvent(&seen.go, 0, FALSE);
    assert_status(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL), STATUS_SUCCESS);
    assert_status(PsGetThreadExitStatus(thread), STATUS_ALERTED);
    assert_true(PsIsThreadTerminating(thread));
    assert_ptr_equal(seen.thread, thread);
    assert_ptr_equal(seen.process, PsInitialSystemProcess);
    assert_true(seen.system);
    assert_int_equal(seen.mode, KernelMode);
    assert_ptr_equal(seen.id, cid.UniqueThread);
    ObDereferenceObject(thread);
    assert_status(ZwWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    assert_status(ZwClose(handle), STATUS_SUCCESS);
    assert_status(PsTerminateSystemThread(STATUS_SUCCESS), STATUS_INVALID_PARAMETER);
}

static void system_threads(void **state)
{
    (void)state;
    ntio_run_in_kernel(start_system_thread, NULL);
}

static VOID NTAPI returning_thread(PVOID context)
{
    __atomic_fetch_add((LONG *)context, 1, __ATOMIC_RELAXED);
}

static void start_many(void *context)
{
    enum { MANY = 40 };
    static LONG count;
    (void)context;
    PETHREAD threads[MANY];
    count = 0;
    for (int i = 0; i < MANY; i++) {
        HANDLE handle;
        assert_status(PsCreateSystemThread(&handle, 0, NULL, NULL, NULL, returning_thread, &count),
                      STATUS_SUCCESS);
        assert_status(
            ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, (PVOID *)&threads[i], NULL),
            STATUS_SUCCESS);
        ZwClose(handle);
    }
    for (int i = 0; i < MANY; i++) {
        KeWaitForSingleObject(threads[i], Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(threads[i]);
    }
    assert_int_equal(__atomic_load_n(&count, __ATOMIC_RELAXED), MANY);
}

/* Whatever process it is made in, and whether it was asked for or not. */
static void a_system_threads_handle_is_the_kernels(void **state)
{
    (void)state;
    HANDLE handle;
    OBJECT_ATTRIBUTES attributes;
    LONG ended = 0;
    InitializeObjectAttributes(&attributes, NULL, 0, NULL, NULL);
    for (int i = 0; i < 2; i++) {
        assert_status(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, i ? &attributes : NULL, NULL, NULL,
                                           returning_thread, &ended),
                      STATUS_SUCCESS);
        assert_true(ObIsKernelHandle(handle, KernelMode));
        assert_status(NtClose(handle), STATUS_INVALID_HANDLE); /* no client's */
        join_system_thread(handle);
    }
    assert_int_equal(attributes.Attributes, 0);
    assert_int_equal(ended, 2);
}

static void many_system_threads(void **state)
{
    (void)state;
    ntio_run_in_kernel(start_many, NULL);
}

static VOID NTAPI endless_thread(PVOID context)
{
    KeWaitForSingleObject(context, Executive, KernelMode, FALSE, NULL);
}

static void start_endless(void *context)
{
    HANDLE handle;
    assert_status(PsCreateSystemThread(&handle, 0, NULL, NULL, NULL, endless_thread, context),
                  STATUS_SUCCESS);
    ZwClose(handle);
}

static void a_waiting_system_thread_does_not_keep_the_machine(void **state)
{
    (void)state;
    static KEVENT never;
    KeInitializeEvent(&never, NotificationEvent, FALSE);
    ntio_run_in_kernel(start_endless, &never);
}

static ULONG NTAPI client_thread(PVOID context)
{
    HANDLE *ids = context;
    ids[0] = PsGetCurrentThreadId();
    ids[1] = PsGetCurrentProcessId();
    if (ExGetPreviousMode() == UserMode)
        NtTerminateThread(NtCurrentThread(), 42);
    return 43;
}

struct basic { /* THREAD_BASIC_INFORMATION */
    NTSTATUS ExitStatus;
    PVOID Teb;
    CLIENT_ID ClientId;
    ULONG_PTR Affinity;
    LONG Priority, BasePriority;
};

static void client_threads(void **state)
{
    (void)state;
    HANDLE handle, ids[2] = {NULL, NULL};
    ULONG suspended = 0;
    LARGE_INTEGER at_once = {.QuadPart = 0};
    struct basic basic;
    assert_status(NtCreateThreadEx(&handle, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)client_thread,
                                   ids, 1, 0, 0, 0, NULL),
                  STATUS_SUCCESS);
    assert_status(NtQueryInformationThread(handle, 0, &basic, sizeof basic, NULL), STATUS_SUCCESS);
    assert_status(basic.ExitStatus, STATUS_PENDING);
    assert_status(NtWaitForSingleObject(handle, FALSE, &at_once), STATUS_TIMEOUT);
    assert_status(NtResumeThread(handle, &suspended), STATUS_SUCCESS);
    assert_int_equal(suspended, 1);
    assert_status(NtWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    assert_status(NtQueryInformationThread(handle, 0, &basic, sizeof basic, NULL), STATUS_SUCCESS);
    assert_int_equal(basic.ExitStatus, 42);
    assert_ptr_equal(ids[0], basic.ClientId.UniqueThread);
    assert_ptr_equal(ids[1], PsGetCurrentProcessId());
    assert_status(NtQueryInformationThread(handle, 0, &basic, 4, NULL), STATUS_INFO_LENGTH_MISMATCH);
    PVOID began = NULL;
    KERNEL_USER_TIMES times = {.CreateTime.QuadPart = -1};
    ULONG subsystem = 77, length = 0;
    assert_status(NtQueryInformationThread(handle, ThreadQuerySetWin32StartAddress, &began, sizeof began, &length),
                  STATUS_SUCCESS);
    assert_ptr_equal(began, client_thread);
    assert_int_equal(length, sizeof(PVOID));
    assert_status(NtQueryInformationThread(handle, ThreadTimes, &times, sizeof times, NULL), STATUS_SUCCESS);
    assert_true(times.CreateTime.QuadPart > 0);
    assert_status(NtQueryInformationThread(handle, ThreadSubsystemInformation, &subsystem, sizeof subsystem, NULL),
                  STATUS_SUCCESS);
    assert_int_equal(subsystem, 0);
    subsystem = 77;
    assert_status(NtQueryInformationProcess(NtCurrentProcess(), ProcessSubsystemInformation, &subsystem,
                                            sizeof subsystem, NULL),
                  STATUS_SUCCESS);
    assert_int_equal(subsystem, 0);
    assert_status(NtQueryInformationThread(handle, 9999, &basic, 4, NULL), STATUS_INVALID_INFO_CLASS);
    NtClose(handle);
}

static void attach(void *context)
{
    KAPC_STATE outer, inner;
    HANDLE handle = context;
    PEPROCESS client;
    assert_status(NtSetEvent(handle, NULL), STATUS_INVALID_HANDLE); /* System's table */
    assert_status(PsLookupProcessByProcessId(PsGetCurrentProcessId(), &client), STATUS_SUCCESS);
    KeStackAttachProcess((PRKPROCESS)client, &outer);
    assert_ptr_equal(IoGetCurrentProcess(), client);
    assert_status(ZwSetEvent(handle, NULL), STATUS_SUCCESS);
    KeStackAttachProcess((PRKPROCESS)PsInitialSystemProcess, &inner);
    assert_ptr_equal(IoGetCurrentProcess(), PsInitialSystemProcess);
    KeUnstackDetachProcess(&inner);
    assert_ptr_equal(IoGetCurrentProcess(), client);
    KeUnstackDetachProcess(&outer);
    assert_ptr_equal(IoGetCurrentProcess(), PsInitialSystemProcess);
    ObDereferenceObject(client);
}

static void attaching_changes_the_handle_table(void **state)
{
    (void)state;
    HANDLE handle;
    assert_status(NtCreateEvent(&handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE), STATUS_SUCCESS);
    ntio_run_in_kernel(attach, handle);
    NtClose(handle);
}

static void processes_and_threads_can_be_opened(void **state)
{
    (void)state;
    HANDLE process, thread;
    CLIENT_ID cid = {PsGetCurrentProcessId(), NULL};
    ULONG count = 0;
    assert_status(NtOpenProcess(&process, PROCESS_ALL_ACCESS, NAMED(NULL, 0), &cid), STATUS_SUCCESS);
    assert_status(NtQueryInformationProcess(process, 20, &count, sizeof count, NULL), STATUS_SUCCESS);
    assert_int_equal(count, 1);
    cid.UniqueThread = PsGetCurrentThreadId();
    assert_status(NtOpenThread(&thread, THREAD_ALL_ACCESS, NAMED(NULL, 0), &cid), STATUS_SUCCESS);
    NtClose(thread);
    cid.UniqueProcess = (HANDLE)4;
    assert_status(NtOpenThread(&thread, THREAD_ALL_ACCESS, NAMED(NULL, 0), &cid), STATUS_INVALID_CID);
    NtClose(process);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_processes, start, stop),
        cmocka_unit_test_setup_teardown(acting_for_the_system_ends, start, stop),
        cmocka_unit_test_setup_teardown(the_kernel_cannot_stop_the_machine, start, stop),
        cmocka_unit_test_setup_teardown(who_has_jumped_out_of_it_can, start, stop),
        cmocka_unit_test_setup_teardown(system_threads, start, stop),
        cmocka_unit_test_setup_teardown(a_system_threads_handle_is_the_kernels, start, stop),
        cmocka_unit_test_setup_teardown(many_system_threads, start, stop),
        cmocka_unit_test_setup_teardown(a_waiting_system_thread_does_not_keep_the_machine, start, stop),
        cmocka_unit_test_setup_teardown(client_threads, start, stop),
        cmocka_unit_test_setup_teardown(attaching_changes_the_handle_table, start, stop),
        cmocka_unit_test_setup_teardown(processes_and_threads_can_be_opened, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
