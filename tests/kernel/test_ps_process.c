/*
 * Simulated processes: what they are called, whose handles and tokens they have, how they end.
 */
#include "ob_test.h"

#include <string.h>

NTKERNELAPI PUCHAR NTAPI PsGetProcessImageFileName(PEPROCESS Process);

static ntio_process *made(const char *image, const char *command_line)
{
    ntio_process *process;
    ntio_process_options options = {.image = image, .command_line = command_line};
    assert_status(ntio_process_create(&options, &process), STATUS_SUCCESS);
    assert_non_null(process);
    return process;
}

struct seen {
    ULONG process, thread;
    PEPROCESS object;
    HANDLE handle;
    NTSTATUS status;
};

static void look(void *context)
{
    struct seen *seen = context;
    seen->process = HandleToULong(PsGetCurrentProcessId());
    seen->thread = HandleToULong(PsGetCurrentThreadId());
    seen->object = PsGetCurrentProcess();
    assert_ptr_equal(IoGetCurrentProcess(), seen->object);
    assert_ptr_equal(PsGetThreadProcess(PsGetCurrentThread()), seen->object);
    assert_int_equal(ExGetPreviousMode(), UserMode);
}

static void a_process_is_somebody_else(void **state)
{
    (void)state;
    struct seen here, there = {0}, again = {0};
    ntio_process *process = made("C:\\Tools\\other.exe", NULL);
    look(&here);
    assert_true(ntio_process_call(process, look, &there));
    assert_int_equal(there.process, ntio_process_id(process));
    assert_int_not_equal(there.process, here.process);
    assert_int_not_equal(there.thread, here.thread);
    assert_string_equal((char *)PsGetProcessImageFileName(there.object), "other.exe");
    assert_status(PsGetProcessExitStatus(there.object), STATUS_PENDING);
    /* Its main thread is played again; we are who we were. */
    assert_true(ntio_process_call(process, look, &again));
    assert_int_equal(again.thread, there.thread);
    look(&again);
    assert_int_equal(again.thread, here.thread);
    assert_int_equal(again.process, here.process);
    PEPROCESS found;
    assert_status(PsLookupProcessByProcessId(ULongToHandle(there.process), &found), STATUS_SUCCESS);
    assert_ptr_equal(found, there.object);
    assert_status(ntio_process_status(process), STATUS_PENDING);
    assert_status(ntio_process_end(process, 42), STATUS_SUCCESS);
    assert_status(PsGetProcessExitStatus(found), 42);
    LARGE_INTEGER now = {.QuadPart = 0};
    assert_status(KeWaitForSingleObject(found, Executive, KernelMode, FALSE, &now), STATUS_SUCCESS);
    ObDereferenceObject(found);
}

static void calls_nest(void *context)
{
    struct seen inner = {0}, outer, after;
    look(&outer);
    assert_true(ntio_process_call(context, look, &inner));
    assert_int_equal(inner.process, ntio_process_id(context));
    look(&after);
    assert_int_equal(after.thread, outer.thread);
    /* Its main thread is taken already: this is another one. */
    assert_int_not_equal(inner.process, outer.process);
}

static void look_twice(void *context)
{
    struct seen outer, inner = {0};
    look(&outer);
    assert_true(ntio_process_call(context, look, &inner));
    assert_int_equal(inner.process, outer.process);
    assert_int_not_equal(inner.thread, outer.thread);
}

static void playing_nests(void **state)
{
    (void)state;
    ntio_process *one = made("one.exe", NULL), *two = made("two.exe", NULL);
    assert_true(ntio_process_call(one, calls_nest, two));
    assert_true(ntio_process_call(one, look_twice, one));
    assert_status(ntio_process_end(one, 0), STATUS_SUCCESS);
    assert_status(ntio_process_end(two, 0), STATUS_SUCCESS);
}

static void open_event(void *context)
{
    struct seen *seen = context;
    seen->status = NtCreateEvent(&seen->handle, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
}

static void set_event(void *context)
{
    struct seen *seen = context;
    seen->status = NtSetEvent(seen->handle, NULL);
}

static void handles_are_its_own(void **state)
{
    (void)state;
    struct seen seen = {0};
    ntio_process *process = made(NULL, NULL);
    assert_true(ntio_process_call(process, open_event, &seen));
    assert_status(seen.status, STATUS_SUCCESS);
    assert_true(ntio_process_call(process, set_event, &seen));
    assert_status(seen.status, STATUS_SUCCESS);
    set_event(&seen);
    assert_status(seen.status, STATUS_INVALID_HANDLE);
    /* Attached, a kernel-mode caller sees them. */
    PEPROCESS object;
    KAPC_STATE apc;
    assert_status(PsLookupProcessByProcessId(ULongToHandle(ntio_process_id(process)), &object), STATUS_SUCCESS);
    KeStackAttachProcess((PRKPROCESS)object, &apc);
    set_event(&seen);
    assert_status(seen.status, STATUS_SUCCESS);
    KeUnstackDetachProcess(&apc);
    set_event(&seen);
    assert_status(seen.status, STATUS_INVALID_HANDLE);
    assert_status(ntio_process_end(process, 0), STATUS_SUCCESS); /* and closes its handle */
    ObDereferenceObject(object);
}

static void exit_here(void *context)
{
    NtTerminateProcess(NULL, (NTSTATUS)(ULONG_PTR)context);
    fail(); /* it does not come back */
}

static void a_process_ends_itself(void **state)
{
    (void)state;
    struct seen seen;
    ntio_process *process = made(NULL, NULL);
    assert_false(ntio_process_call(process, exit_here, (void *)7));
    assert_status(ntio_process_status(process), 7);
    assert_false(ntio_process_call(process, look, &seen));
    assert_status(ntio_process_end(process, 8), STATUS_SUCCESS);
}

static ULONG wait_forever(PVOID context)
{
    NtWaitForSingleObject((HANDLE)context, FALSE, NULL);
    return 1;
}

struct threads {
    HANDLE event, thread[3];
};

static void start_threads(void *context)
{
    struct threads *threads = context;
    assert_status(NtCreateEvent(&threads->event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE),
                  STATUS_SUCCESS);
    for (int i = 0; i < 3; i++)
        assert_status(NtCreateThreadEx(&threads->thread[i], THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                                       (PVOID)wait_forever, threads->event, 0, 0, 0, 0, NULL),
                      STATUS_SUCCESS);
}

static void its_threads_end_with_it(void **state)
{
    (void)state;
    struct threads threads;
    HANDLE handle;
    ntio_process *process = made(NULL, NULL);
    CLIENT_ID id = {ULongToHandle(ntio_process_id(process)), NULL};
    assert_true(ntio_process_call(process, start_threads, &threads));
    OBJECT_ATTRIBUTES none;
    InitializeObjectAttributes(&none, NULL, 0, NULL, NULL);
    assert_status(NtOpenProcess(&handle, PROCESS_QUERY_INFORMATION | SYNCHRONIZE, &none, &id), STATUS_SUCCESS);
    assert_status(NtTerminateProcess(handle, 9), STATUS_ACCESS_DENIED);
    assert_status(NtClose(handle), STATUS_SUCCESS);
    assert_status(NtOpenProcess(&handle, PROCESS_TERMINATE | SYNCHRONIZE, &none, &id), STATUS_SUCCESS);
    assert_status(NtTerminateProcess(handle, 9), STATUS_SUCCESS);
    assert_status(NtWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    assert_status(NtTerminateProcess(handle, 10), STATUS_PROCESS_IS_TERMINATING);
    assert_status(ntio_process_status(process), 9);
    assert_status(NtClose(handle), STATUS_SUCCESS);
    assert_status(ntio_process_end(process, 0), STATUS_SUCCESS);
    /* The two that every machine has do not. */
    assert_status(NtTerminateProcess(NtCurrentProcess(), 1), STATUS_ACCESS_DENIED);
}

static void ask_admin(void *context)
{
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
    *(BOOLEAN *)context = SeTokenIsAdmin(token);
    PsDereferencePrimaryToken(token);
}

static void tokens_are_its_own(void **state)
{
    (void)state;
    ntio_process *user, *child, *system;
    ntio_user who = NTIO_USER_USER, boss = NTIO_USER_SYSTEM, nobody = 17;
    BOOLEAN admin = TRUE;
    assert_status(ntio_process_create(&(ntio_process_options){.user = &who}, &user), STATUS_SUCCESS);
    assert_status(ntio_process_create(&(ntio_process_options){.parent = user}, &child), STATUS_SUCCESS);
    assert_status(ntio_process_create(&(ntio_process_options){.user = &boss}, &system), STATUS_SUCCESS);
    assert_true(ntio_process_call(user, ask_admin, &admin));
    assert_false(admin);
    admin = TRUE;
    assert_true(ntio_process_call(child, ask_admin, &admin));
    assert_false(admin);
    assert_true(ntio_process_call(system, ask_admin, &admin));
    assert_true(admin);
    admin = FALSE;
    ask_admin(&admin);
    assert_true(admin);
    assert_status(ntio_process_end(child, 0), STATUS_SUCCESS);
    assert_status(ntio_process_end(user, 0), STATUS_SUCCESS);
    assert_status(ntio_process_end(system, 0), STATUS_SUCCESS);
    assert_status(ntio_process_create(&(ntio_process_options){.user = &nobody}, &user), STATUS_INVALID_PARAMETER);
    assert_null(user);
    assert_status(ntio_process_create(&(ntio_process_options){.image = "relative\\a.exe"}, &user),
                  STATUS_OBJECT_PATH_SYNTAX_BAD);
}

static void the_stop_ends_what_is_left(void **state)
{
    (void)state;
    struct threads threads;
    ntio_process *process = made(NULL, NULL);
    made(NULL, NULL);
    assert_true(ntio_process_call(process, start_threads, &threads));
}

static void crash(void *context)
{
    (void)context;
    KeBugCheck(0xE2);
}

static void crash_in(void *context)
{
    ntio_process_call(context, crash, NULL);
}

static void catch_there(void *context)
{
    ntio_bugcheck *caught = context;
    assert_true(ntio_catch_bugcheck(crash, NULL, caught));
}

static void a_bug_check_ends_the_play(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(crash_in, made(NULL, NULL), &caught));
    assert_int_equal(caught.code, 0xE2);
    assert_int_equal(ntio_start(NULL), 0);
    assert_false(ntio_process_call(made(NULL, NULL), catch_there, &caught));
    assert_int_equal(caught.code, 0xE2);
    assert_int_equal(ntio_start(NULL), 0);
    struct seen seen = {0};
    ntio_process *process = made(NULL, NULL);
    assert_true(ntio_process_call(process, look, &seen));
    assert_int_equal(seen.process, ntio_process_id(process));
}

NTKERNELAPI NTSTATUS NTAPI MmCopyVirtualMemory(PEPROCESS, PVOID, PEPROCESS, PVOID, SIZE_T, KPROCESSOR_MODE, PSIZE_T);

static void allocate(void *context)
{
    PVOID *base = context;
    SIZE_T size = 4096;
    *base = NULL;
    assert_status(NtAllocateVirtualMemory(NtCurrentProcess(), base, 0, &size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE),
                  STATUS_SUCCESS);
    strcpy(*base, "there");
}

static void drivers_ask_and_copy(void *context)
{
    ntio_process *process = context;
    PEPROCESS object;
    PVOID base;
    PUNICODE_STRING name;
    SIZE_T done;
    char text[16];
    assert_true(ntio_process_call(process, allocate, &base));
    assert_status(PsLookupProcessByProcessId(ULongToHandle(ntio_process_id(process)), &object), STATUS_SUCCESS);
    assert_status(MmCopyVirtualMemory(object, base, PsGetCurrentProcess(), text, 6, KernelMode, &done), STATUS_SUCCESS);
    assert_int_equal(done, 6);
    assert_string_equal(text, "there");
    assert_status(MmCopyVirtualMemory(PsGetCurrentProcess(), "back", object, base, 5, KernelMode, &done), STATUS_SUCCESS);
    assert_status(MmCopyVirtualMemory(object, base, PsGetCurrentProcess(), text, 5, KernelMode, &done), STATUS_SUCCESS);
    assert_string_equal(text, "back");
    assert_status(MmCopyVirtualMemory(PsGetCurrentProcess(), base, object, base, 5, KernelMode, &done), STATUS_PARTIAL_COPY);
    assert_int_equal(done, 0);
    assert_status(MmCopyVirtualMemory(object, base, PsGetCurrentProcess(), object, 5, UserMode, &done),
                  STATUS_ACCESS_VIOLATION);
    assert_status(SeLocateProcessImageName(object, &name), STATUS_SUCCESS);
    UNICODE_STRING expected = RTL_CONSTANT_STRING(L"\\Device\\HarddiskVolume1\\process.exe");
    assert_true(RtlEqualUnicodeString(name, &expected, FALSE));
    ExFreePool(name);
    ObDereferenceObject(object);
}

static void processes_can_be_asked_and_copied(void **state)
{
    (void)state;
    ntio_process *process = made(NULL, NULL);
    ntio_run_in_kernel(drivers_ask_and_copy, process);
    assert_status(ntio_process_end(process, 0), STATUS_SUCCESS);
}

static void lock_there(void *context)
{
    PVOID base;
    PMDL *mdl = context;
    allocate(&base);
    *mdl = IoAllocateMdl(base, 100, FALSE, FALSE, NULL);
    MmProbeAndLockPages(*mdl, UserMode, IoWriteAccess);
}

static void end_locked(void *context)
{
    PMDL mdl;
    ntio_process_call(context, lock_there, &mdl);
    ntio_process_end(context, 0);
}

static void ending_with_locked_pages_stops(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(end_locked, made(NULL, NULL), &caught));
    assert_int_equal(caught.code, 0x76); /* PROCESS_HAS_LOCKED_PAGES */
    assert_int_equal(caught.parameters[0], 0);
    assert_int_equal(caught.parameters[2], 1);
    assert_int_equal(ntio_start(NULL), 0);
}

static void attach_twice(void *context)
{
    KeAttachProcess((PRKPROCESS)context);
    KeAttachProcess((PRKPROCESS)PsInitialSystemProcess);
}

static void the_old_attach_does_not_nest(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    PEPROCESS object;
    ntio_process *process = made(NULL, NULL);
    assert_status(PsLookupProcessByProcessId(ULongToHandle(ntio_process_id(process)), &object), STATUS_SUCCESS);
    KeAttachProcess((PRKPROCESS)object);
    assert_ptr_equal(PsGetCurrentProcess(), object);
    KeDetachProcess();
    assert_ptr_not_equal(PsGetCurrentProcess(), object);
    ObDereferenceObject(object);
    assert_true(ntio_catch_bugcheck(attach_twice, object, &caught));
    assert_int_equal(caught.code, 0x5); /* INVALID_PROCESS_ATTACH_ATTEMPT */
    assert_int_equal(ntio_start(NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_process_is_somebody_else), TEST(playing_nests),           TEST(handles_are_its_own),
        TEST(a_process_ends_itself),      TEST(its_threads_end_with_it), TEST(tokens_are_its_own),
        TEST(the_stop_ends_what_is_left), TEST(a_bug_check_ends_the_play),
        TEST(processes_can_be_asked_and_copied), TEST(ending_with_locked_pages_stops),
        TEST(the_old_attach_does_not_nest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
