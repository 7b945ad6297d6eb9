/*
 * Notify routines for processes, threads and images.
 */
#include "ob_test.h"

#include <string.h>

/* What was told, in order: P+ P- T+ T- I, with who was told of and in whose context. */
static struct event {
    char what[3];
    ULONG process, thread, context;
    PEPROCESS object;
} events[64];
static unsigned count;
static struct {
    PS_CREATE_NOTIFY_INFO info;
    char image[128], command[128];
} created;
static NTSTATUS refusal;
static IMAGE_INFO image_info;
static char image_name[128];

static struct event *note(const char *what, HANDLE process, HANDLE thread)
{
    struct event *event = &events[count < 63 ? count++ : count];
    *event = (struct event){.process = HandleToULong(process),
                            .thread = HandleToULong(thread),
                            .context = HandleToULong(PsGetCurrentProcessId())};
    memcpy(event->what, what, strlen(what) + 1);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_true(KeAreApcsDisabled());
    return event;
}

static void narrow(char *text, PCUNICODE_STRING wide)
{
    USHORT i;
    for (i = 0; i < wide->Length / 2 && i < 127; i++)
        text[i] = (char)wide->Buffer[i];
    text[i] = 0;
}

static VOID NTAPI on_process(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO info)
{
    note(info ? "P+" : "P-", id, NULL)->object = process;
    if (!info)
        return;
    created.info = *info;
    narrow(created.image, info->ImageFileName);
    narrow(created.command, info->CommandLine);
    if (refusal)
        info->CreationStatus = refusal;
}

static VOID NTAPI on_process_ex2(PEPROCESS process, HANDLE id, PPS_CREATE_NOTIFY_INFO info)
{
    (void)process;
    note(info ? "E+" : "E-", id, NULL);
}

static VOID NTAPI on_process_old(HANDLE parent, HANDLE id, BOOLEAN create)
{
    note(create ? "O+" : "O-", id, parent);
}

static VOID NTAPI on_thread(HANDLE process, HANDLE thread, BOOLEAN create)
{
    note(create ? "T+" : "T-", process, thread);
}

static VOID NTAPI on_image(PUNICODE_STRING name, HANDLE process, PIMAGE_INFO info)
{
    note("I", process, NULL);
    image_info = *info;
    narrow(image_name, name);
}

static int begin(void **state)
{
    count = 0;
    refusal = 0;
    return start(state);
}

static void assert_events(const char *expected)
{
    char got[256] = "";
    for (unsigned i = 0; i < count; i++)
        strcat(strcat(got, i ? " " : ""), events[i].what);
    assert_string_equal(got, expected);
}

static void nothing(void *context)
{
    (void)context;
}

static void a_process_is_told_from_birth_to_death(void **state)
{
    (void)state;
    ntio_process *process;
    ULONG own = HandleToULong(PsGetCurrentProcessId());
    assert_status(PsSetCreateProcessNotifyRoutineEx(on_process, FALSE), STATUS_SUCCESS);
    assert_status(PsSetCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    assert_status(PsSetLoadImageNotifyRoutine(on_image), STATUS_SUCCESS);
    assert_status(ntio_process_create(&(ntio_process_options){.image = "C:\\Dir\\a b.exe",
                                                              .command_line = "\"a b.exe\" -x \xC3\xA4"},
                                      &process),
                  STATUS_SUCCESS);
    assert_events("P+ T+ I");
    ULONG id = ntio_process_id(process);
    for (int i = 0; i < 3; i++)
        assert_int_equal(events[i].process, id);
    /* The parent's context, but for the image: that is its own. */
    assert_int_equal(events[0].context, own);
    assert_int_equal(events[1].context, own);
    assert_int_equal(events[2].context, id);
    assert_int_equal(created.info.Size, sizeof(PS_CREATE_NOTIFY_INFO));
    assert_int_equal(created.info.FileOpenNameAvailable, 1);
    assert_int_equal(created.info.IsSubsystemProcess, 0);
    assert_int_equal(HandleToULong(created.info.ParentProcessId), own);
    assert_ptr_equal(created.info.CreatingThreadId.UniqueProcess, PsGetCurrentProcessId());
    assert_ptr_equal(created.info.CreatingThreadId.UniqueThread, PsGetCurrentThreadId());
    assert_string_equal(created.image, "\\??\\C:\\Dir\\a b.exe");
    assert_string_equal(created.command, "\"a b.exe\" -x \xE4");
    assert_string_equal(image_name, "\\Device\\HarddiskVolume1\\Dir\\a b.exe");
    assert_int_equal(image_info.SystemModeImage, 0);
    assert_int_equal(image_info.ImageAddressingMode, IMAGE_ADDRESSING_MODE_32BIT);
    assert_true(ntio_process_call(process, nothing, NULL)); /* the main thread: nothing new */
    assert_events("P+ T+ I");
    assert_status(ntio_process_end(process, 0), STATUS_SUCCESS);
    assert_events("P+ T+ I T- P-");
    for (int i = 3; i < 5; i++) {
        assert_int_equal(events[i].process, id);
        assert_int_equal(events[i].context, id);
    }
    assert_int_equal(events[3].thread, events[1].thread);
    assert_ptr_equal(events[4].object, events[0].object);
    assert_status(PsSetCreateProcessNotifyRoutineEx(on_process, TRUE), STATUS_SUCCESS);
    assert_status(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    assert_status(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_SUCCESS);
    count = 0;
    assert_status(ntio_process_create(NULL, &process), STATUS_SUCCESS);
    assert_status(ntio_process_end(process, 0), STATUS_SUCCESS);
    assert_events("");
}

static void a_process_can_be_refused(void **state)
{
    (void)state;
    ntio_process *process = (void *)1;
    refusal = STATUS_ACCESS_DENIED;
    assert_status(PsSetCreateProcessNotifyRoutineEx(on_process, FALSE), STATUS_SUCCESS);
    assert_status(ntio_process_create(NULL, &process), STATUS_ACCESS_DENIED);
    assert_null(process);
    assert_events("P+ P-");
    refusal = STATUS_VIRUS_INFECTED;
    assert_status(ntio_process_create(NULL, &process), STATUS_VIRUS_INFECTED);
    refusal = 0;
    assert_status(ntio_process_create(NULL, &process), STATUS_SUCCESS);
    assert_status(ntio_process_end(process, 0), STATUS_SUCCESS);
    assert_status(PsSetCreateProcessNotifyRoutineEx(on_process, TRUE), STATUS_SUCCESS);
}

static void all_kinds_are_told(void **state)
{
    (void)state;
    ntio_process *process;
    assert_status(PsSetCreateProcessNotifyRoutine(on_process_old, FALSE), STATUS_SUCCESS);
    assert_status(PsSetCreateProcessNotifyRoutineEx(on_process, FALSE), STATUS_SUCCESS);
    assert_status(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, (PVOID)on_process_ex2,
                                                     FALSE),
                  STATUS_SUCCESS);
    assert_status(PsSetCreateProcessNotifyRoutineEx2((PSCREATEPROCESSNOTIFYTYPE)1, (PVOID)on_process_ex2, FALSE),
                  STATUS_INVALID_PARAMETER);
    assert_status(ntio_process_create(NULL, &process), STATUS_SUCCESS);
    assert_events("O+ P+ E+");
    assert_int_equal(events[0].thread, HandleToULong(PsGetCurrentProcessId())); /* the parent */
    assert_status(ntio_process_end(process, 0), STATUS_SUCCESS);
    assert_events("O+ P+ E+ O- P- E-");
    assert_status(PsSetCreateProcessNotifyRoutine(on_process_old, TRUE), STATUS_SUCCESS);
    assert_status(PsSetCreateProcessNotifyRoutineEx(on_process, TRUE), STATUS_SUCCESS);
    assert_status(
        PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, (PVOID)on_process_ex2, TRUE),
        STATUS_SUCCESS);
}

static void registering_has_limits(void **state)
{
    (void)state;
    assert_status(PsSetCreateProcessNotifyRoutineEx(on_process, TRUE), STATUS_PROCEDURE_NOT_FOUND);
    assert_status(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_PROCEDURE_NOT_FOUND);
    assert_status(PsRemoveLoadImageNotifyRoutine(on_image), STATUS_PROCEDURE_NOT_FOUND);
    assert_status(PsSetLoadImageNotifyRoutineEx(on_image, 2), STATUS_INVALID_PARAMETER_2);
    assert_status(PsSetCreateProcessNotifyRoutineEx(on_process, FALSE), STATUS_SUCCESS);
    assert_status(PsSetCreateProcessNotifyRoutineEx(on_process, FALSE), STATUS_INVALID_PARAMETER);
    assert_status(PsSetCreateProcessNotifyRoutine(on_process_old, TRUE), STATUS_PROCEDURE_NOT_FOUND);
    assert_status(PsSetCreateProcessNotifyRoutineEx(on_process, TRUE), STATUS_SUCCESS);
    for (int i = 0; i < 64; i++)
        assert_status(PsSetCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    assert_status(PsSetCreateThreadNotifyRoutine(on_thread), STATUS_INSUFFICIENT_RESOURCES);
    for (int i = 0; i < 64; i++)
        assert_status(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    assert_status(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_PROCEDURE_NOT_FOUND);
}

static VOID NTAPI run(PVOID context)
{
    (void)context;
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI on_user_thread(HANDLE process, HANDLE thread, BOOLEAN create)
{
    assert_ptr_equal(PsGetCurrentThreadId(), thread); /* birth as well as death */
    note(create ? "U+" : "U-", process, thread);
}

static ULONG client_thread(PVOID context)
{
    (void)context;
    return 3;
}

static void simulated_threads_tell_themselves(void **state)
{
    (void)state;
    ntio_process *process;
    assert_status(PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, (PVOID)on_user_thread),
                  STATUS_SUCCESS);
    assert_status(ntio_process_create(NULL, &process), STATUS_SUCCESS);
    assert_status(ntio_process_end(process, 0), STATUS_SUCCESS);
    assert_events("U+ U-");
    assert_status(PsRemoveCreateThreadNotifyRoutine(on_user_thread), STATUS_SUCCESS);
}

static void threads_are_told(void **state)
{
    (void)state;
    HANDLE handle;
    assert_status(PsSetCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    assert_status(PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, (PVOID)on_user_thread),
                  STATUS_SUCCESS);
    assert_status(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, run, NULL), STATUS_SUCCESS);
    join_system_thread(handle);
    assert_events("T+ T-");
    assert_int_equal(events[0].process, 4);
    assert_int_equal(events[1].context, 4);
    assert_int_equal(events[0].thread, events[1].thread);
    count = 0;
    assert_status(NtCreateThreadEx(&handle, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(), (PVOID)client_thread,
                                   NULL, 0, 0, 0, 0, NULL),
                  STATUS_SUCCESS);
    assert_status(NtWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    NtClose(handle);
    assert_events("T+ U+ T- U-");
    assert_status(PsRemoveCreateThreadNotifyRoutine(on_thread), STATUS_SUCCESS);
    assert_status(PsRemoveCreateThreadNotifyRoutine(on_user_thread), STATUS_SUCCESS);
}

static VOID NTAPI removes_itself(HANDLE parent, HANDLE id, BOOLEAN create)
{
    (void)parent, (void)id, (void)create;
    assert_status(PsSetCreateProcessNotifyRoutine(removes_itself, TRUE), STATUS_SUCCESS);
}

static void removing_oneself_is_told(void **state)
{
    ntio_process *process;
    assert_status(PsSetCreateProcessNotifyRoutine(removes_itself, FALSE), STATUS_SUCCESS);
    assert_status(ntio_process_create(NULL, &process), STATUS_SUCCESS);
    assert_status(ntio_process_end(process, 0), STATUS_SUCCESS);
    assert_int_equal(ntio_stop(), 1);
    start(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_process_is_told_from_birth_to_death), TEST(a_process_can_be_refused),
        TEST(all_kinds_are_told),                    TEST(registering_has_limits),
        TEST(threads_are_told),                      TEST(simulated_threads_tell_themselves),
        TEST(removing_oneself_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
