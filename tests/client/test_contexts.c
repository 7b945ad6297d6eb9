/*
 * Client memory is its process's alone: what a driver touches from another context is seen.
 * DRIVERS: contexts
 */
#include "win32_test.h"

#include <winioctl.h>
#include <string.h>

#include "../drivers/contexts/contexts.h"

static HANDLE open_device(void)
{
    HANDLE device = CreateFileA("\\\\.\\Contexts", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                NULL, OPEN_EXISTING, 0, NULL);
    assert_ptr_not_equal(device, INVALID_HANDLE_VALUE);
    return device;
}

/* The error, or 0. */
static DWORD control(DWORD code, void *buffer, DWORD size)
{
    DWORD count;
    HANDLE device = open_device();
    BOOL done = DeviceIoControl(device, code, NULL, 0, buffer, size, &count, NULL);
    DWORD error = done ? 0 : GetLastError();
    CloseHandle(device);
    return error;
}

static unsigned char *page(void)
{
    unsigned char *memory = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_non_null(memory);
    return memory;
}

static void touches(void *context)
{
    unsigned char *memory = page();
    (void)context;
    assert_int_equal(control(IOCTL_TOUCH_HERE, memory, 1), 0);
    assert_int_equal(memory[0], 1);
    assert_int_equal(control(IOCTL_TOUCH_ITEM, memory, 1), ERROR_NOACCESS);
    assert_int_equal(memory[0], 1);
    assert_int_equal(control(IOCTL_TOUCH_ATTACHED, memory, 1), 0);
    assert_int_equal(memory[0], 2);
    assert_true(VirtualFree(memory, 0, MEM_RELEASE));
}

static ntio_process *made(const char *image)
{
    ntio_process *process;
    assert_int_equal(ntio_process_create(&(ntio_process_options){.image = image}, &process), STATUS_SUCCESS);
    return process;
}

static void a_work_item_has_no_client_memory(void **state)
{
    (void)state;
    ntio_process *process = made("one.exe");
    for (int i = 0; i < 20; i++) {
        touches(NULL);
        assert_true(ntio_process_call(process, touches, NULL));
    }
    assert_int_equal(ntio_process_end(process, 0), STATUS_SUCCESS);
}

static void remember(void *context)
{
    unsigned char **memory = context;
    *memory = page();
    **memory = 5;
    assert_int_equal(control(IOCTL_REMEMBER, *memory, 1), 0);
    assert_int_equal(control(IOCTL_TOUCH_OLD, NULL, 0), 0);
    assert_int_equal(control(IOCTL_LOCK_OLD, NULL, 0), 0);
    assert_int_equal(**memory, 6);
}

static void touch_old(void *context)
{
    (void)context;
    assert_int_equal(control(IOCTL_TOUCH_OLD, NULL, 0), ERROR_NOACCESS);
    assert_int_equal(control(IOCTL_LOCK_OLD, NULL, 0), ERROR_NOACCESS);
}

static void look_at(void *context)
{
    unsigned char *memory = *(unsigned char **)context;
    MEMORY_BASIC_INFORMATION info;
    assert_int_equal(*memory, 6);
    assert_int_equal(VirtualQuery(memory, &info, sizeof info), sizeof info);
    assert_int_equal(info.State, MEM_COMMIT);
    DWORD old;
    assert_true(VirtualProtect(memory, 4096, PAGE_READONLY, &old));
}

static void one_processs_memory_is_not_anothers(void **state)
{
    (void)state;
    unsigned char *memory;
    ntio_process *one = made("one.exe"), *two = made("two.exe");
    assert_true(ntio_process_call(one, remember, &memory));
    assert_true(ntio_process_call(two, touch_old, NULL));
    touch_old(NULL);
    assert_true(ntio_process_call(one, look_at, &memory));
    MEMORY_BASIC_INFORMATION info; /* what is another's is nothing here */
    DWORD old;
    assert_int_equal(VirtualQuery(memory, &info, sizeof info), sizeof info);
    assert_int_equal(info.State, MEM_FREE);
    assert_false(VirtualFree(memory, 0, MEM_RELEASE));
    assert_false(VirtualProtect(memory, 4096, PAGE_READWRITE, &old));
    assert_int_equal(ntio_process_end(one, 0), STATUS_SUCCESS);
    touch_old(NULL);
    assert_int_equal(ntio_process_end(two, 0), STATUS_SUCCESS);
}

static void asks_late(void *context)
{
    ULONG id = *(ULONG *)context;
    static const DWORD codes[] = {IOCTL_LATE_BUFFERED, IOCTL_LATE_DIRECT, IOCTL_LATE_DPC};
    for (int i = 0; i < 3; i++) {
        CONTEXTS_ANSWER *answer = (void *)page();
        assert_int_equal(control(codes[i], answer, sizeof *answer), 0);
        assert_int_equal(answer->Requester, id);
        if (codes[i] != IOCTL_LATE_DPC)
            assert_int_equal(answer->Here, 4);
        assert_int_equal(GetCurrentProcessId(), id);
        VirtualFree(answer, 0, MEM_RELEASE);
    }
}

static void results_reach_their_requester(void **state)
{
    (void)state;
    ntio_process *process = made("one.exe");
    ULONG id = ntio_process_id(process), own = GetCurrentProcessId();
    for (int i = 0; i < 20; i++) {
        assert_true(ntio_process_call(process, asks_late, &id));
        asks_late(&own);
    }
    assert_int_equal(ntio_process_end(process, 0), STATUS_SUCCESS);
}

static void crash(void *context)
{
    control((DWORD)(ULONG_PTR)context, page(), 1);
}

static void crash_there(void *context)
{
    ntio_process_call(made("victim.exe"), crash, context);
}

static void bug_checks_name_the_processes(void **state)
{
    (void)state;
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(crash_there, (void *)IOCTL_TOUCH_CRASH, &caught));
    assert_int_equal(caught.code, 0x7E); /* SYSTEM_THREAD_EXCEPTION_NOT_HANDLED */
    assert_int_equal((uint32_t)caught.parameters[0], (uint32_t)STATUS_ACCESS_VIOLATION);
    assert_non_null(strstr(caught.report, "(victim.exe); the thread is in the context of process 4 (System)"));
    assert_int_equal(ntio_start(NULL), 0);
    assert_int_equal(ntio_load_driver("contexts"), STATUS_SUCCESS);
    assert_true(ntio_catch_bugcheck(crash_there, (void *)IOCTL_TOUCH_DPC, &caught));
    assert_int_equal(caught.code, 0xD1); /* DRIVER_IRQL_NOT_LESS_OR_EQUAL */
    assert_int_equal(caught.parameters[1], 2);
    assert_non_null(strstr(caught.report, "(victim.exe); the thread is in nobody's context: a DPC"));
    assert_int_equal(ntio_start(NULL), 0);
    assert_int_equal(ntio_load_driver("contexts"), STATUS_SUCCESS);
}

static void one_process_has_no_contexts(void **state)
{
    (void)state;
    unsigned char *memory = page();
    assert_int_equal(control(IOCTL_TOUCH_ITEM, memory, 1), 0);
    assert_int_equal(memory[0], 1);
    VirtualFree(memory, 0, MEM_RELEASE);
}

static void one_process_may_ask_for_them(void **state)
{
    (void)state;
    assert_int_equal(ntio_unload_driver("contexts"), STATUS_SUCCESS);
    assert_int_equal(ntio_stop(), 0);
    assert_int_equal(ntio_start(&(ntio_options){.contexts = true}), 0);
    assert_int_equal(ntio_load_driver("contexts"), STATUS_SUCCESS);
    touches(NULL);
}

struct churn {
    ntio_process *process;
    int rounds;
};

static void write_and_check(void *context)
{
    struct churn *churn = context;
    unsigned char *memory = page();
    for (int i = 0; i < churn->rounds; i++) {
        memory[i % 4096] = (unsigned char)i;
        if (i % 16 == 0)
            assert_int_equal(control(IOCTL_TOUCH_HERE, memory + 4095, 1), 0);
        assert_int_equal(memory[i % 4096], (unsigned char)i);
    }
    VirtualFree(memory, 0, MEM_RELEASE);
}

static DWORD WINAPI churn_thread(void *context)
{
    write_and_check(context);
    return 0;
}

static void churn_there(void *context)
{
    HANDLE thread = CreateThread(NULL, 0, churn_thread, context, 0, NULL);
    write_and_check(context);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

static DWORD WINAPI other_process(void *context)
{
    struct churn *churn = context;
    assert_true(ntio_process_call(churn->process, churn_there, churn));
    return 0;
}

/* Nobody is kept from his own memory, however many run at once. */
static void everybody_keeps_his_own(void **state)
{
    (void)state;
    struct churn one = {made("one.exe"), 2000}, own = {NULL, 2000};
    HANDLE thread = CreateThread(NULL, 0, other_process, &one, 0, NULL);
    churn_there(&own);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    assert_int_equal(ntio_process_end(one.process, 0), STATUS_SUCCESS);
}

static int set_up(void **state)
{
    (void)state;
    return ntio_start(NULL) == 0 && ntio_load_driver("contexts") == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return ntio_stop();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_work_item_has_no_client_memory), TEST(one_processs_memory_is_not_anothers),
        TEST(results_reach_their_requester),    TEST(bug_checks_name_the_processes),
        TEST(one_process_has_no_contexts),      TEST(one_process_may_ask_for_them),
        TEST(everybody_keeps_his_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
