/*
 * The client's processes: programs started, asked about, read, ended.
 */
#include "win32_test.h"

#include <winternl.h>
#include <string.h>

#undef STATUS_PENDING

static volatile LONG runs;
static char seen_arguments[256];
static DWORD seen_id;

static int worker(int argc, char **argv)
{
    InterlockedIncrement((LONG *)&runs);
    seen_id = GetCurrentProcessId();
    seen_arguments[0] = 0;
    for (int i = 0; i < argc; i++) {
        strcat(seen_arguments, "<");
        strcat(seen_arguments, argv[i]);
        strcat(seen_arguments, ">");
    }
    if (argc > 1 && !strcmp(argv[1], "exit"))
        ExitProcess(77);
    if (argc > 1 && !strcmp(argv[1], "wait"))
        Sleep(INFINITE);
    return 5;
}

static BOOL start(char *command, DWORD flags, PROCESS_INFORMATION *info)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    return CreateProcessA(NULL, command, NULL, NULL, FALSE, flags, NULL, NULL, &startup, info);
}

static DWORD finish(PROCESS_INFORMATION *info)
{
    DWORD code = 0;
    assert_int_equal(WaitForSingleObject(info->hProcess, 5000), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(info->hThread, 5000), WAIT_OBJECT_0);
    assert_true(GetExitCodeProcess(info->hProcess, &code));
    CloseHandle(info->hThread);
    CloseHandle(info->hProcess);
    return code;
}

static void a_program_runs(void **state)
{
    (void)state;
    PROCESS_INFORMATION info;
    char line[] = "worker one \"two three\" \\\"four\\\" a\\\\b \"c d\\\\\" e\"\"f";
    assert_true(start(line, 0, &info));
    assert_int_equal(GetProcessId(info.hProcess), info.dwProcessId);
    assert_int_equal(GetThreadId(info.hThread), info.dwThreadId);
    assert_int_equal(finish(&info), 5);
    assert_int_equal(seen_id, info.dwProcessId);
    assert_int_not_equal(seen_id, GetCurrentProcessId());
    assert_string_equal(seen_arguments, "<worker><one><two three><\"four\"><a\\\\b><c d\\><ef>");
    WCHAR wide[] = L"\"C:\\Tools\\worker.exe\" exit";
    STARTUPINFOW startup = {.cb = sizeof startup};
    assert_true(CreateProcessW(L"c:\\tools\\WORKER.exe", wide, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info));
    assert_int_equal(finish(&info), 77);
}

static void what_is_not_there_is_not_started(void **state)
{
    (void)state;
    PROCESS_INFORMATION info;
    char missing[] = "nobody.exe", elsewhere[] = "C:\\Other\\worker.exe", line[] = "worker";
    STARTUPINFOA startup = {.cb = sizeof startup};
    assert_false(start(missing, 0, &info));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_false(start(elsewhere, 0, &info));
    assert_int_equal(GetLastError(), ERROR_FILE_NOT_FOUND);
    assert_false(CreateProcessA(NULL, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_false(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &info));
    assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

static void a_program_can_be_held_and_ended(void **state)
{
    (void)state;
    PROCESS_INFORMATION info;
    char line[] = "worker wait";
    LONG before = runs;
    assert_true(start(line, CREATE_SUSPENDED, &info));
    Sleep(20);
    assert_int_equal(InterlockedOr(&runs, 0), before);
    assert_int_equal(ResumeThread(info.hThread), 1);
    while (InterlockedOr(&runs, 0) == before)
        Sleep(1);
    DWORD code;
    assert_true(GetExitCodeProcess(info.hProcess, &code));
    assert_int_equal(code, STILL_ACTIVE);
    assert_true(TerminateProcess(info.hProcess, 9));
    assert_int_equal(finish(&info), 9);
    assert_false(TerminateProcess(NULL, 1));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
}

static void names_can_be_asked_for(void **state)
{
    (void)state;
    ntio_process *process;
    assert_int_equal(ntio_process_create(&(ntio_process_options){.image = "C:\\Dir\\name.exe", .command_line = "x y"},
                                         &process),
                     0);
    HANDLE handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, ntio_process_id(process));
    assert_non_null(handle);
    char name[64];
    DWORD size = sizeof name;
    assert_true(QueryFullProcessImageNameA(handle, 0, name, &size));
    assert_string_equal(name, "C:\\Dir\\name.exe");
    assert_int_equal(size, 15);
    size = sizeof name;
    assert_true(QueryFullProcessImageNameA(handle, PROCESS_NAME_NATIVE, name, &size));
    assert_string_equal(name, "\\Device\\HarddiskVolume1\\Dir\\name.exe");
    size = 15;
    assert_false(QueryFullProcessImageNameA(handle, 0, name, &size));
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);

    union {
        UNICODE_STRING text;
        char room[64];
    } answer;
    ULONG length = 0;
    assert_int_equal(NtQueryInformationProcess(handle, ProcessCommandLineInformation, &answer, 8, &length),
                     STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(length, sizeof(UNICODE_STRING) + 8);
    assert_int_equal(NtQueryInformationProcess(handle, ProcessCommandLineInformation, &answer, sizeof answer, NULL), 0);
    assert_int_equal(answer.text.Length, 6);
    assert_memory_equal(answer.text.Buffer, L"x y", 8);
    ULONG_PTR port = 7;
    assert_int_equal(NtQueryInformationProcess(handle, ProcessDebugPort, &port, sizeof port, NULL), 0);
    assert_int_equal(port, 0);
    assert_int_equal(NtQueryInformationProcess(handle, ProcessDebugPort, &port, 4, NULL), STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(NtQueryInformationProcess(handle, MaxProcessInfoClass, &port, sizeof port, NULL),
                     STATUS_INVALID_INFO_CLASS);
    PROCESS_BASIC_INFORMATION basic;
    assert_int_equal(NtQueryInformationProcess(handle, ProcessBasicInformation, &basic, sizeof basic, NULL), 0);
    assert_int_equal(basic.UniqueProcessId, ntio_process_id(process));
    CloseHandle(handle);
    assert_int_equal(ntio_process_end(process, 0), 0);
}

static unsigned char *target;

static void make_target(void *context)
{
    (void)context;
    target = VirtualAlloc(NULL, 8192, MEM_RESERVE, PAGE_READWRITE);
    assert_non_null(VirtualAlloc(target, 4096, MEM_COMMIT, PAGE_READWRITE));
    memcpy(target, "theirs", 7);
    memset(target + 4000, 'x', 96);
}

static void check_target(void *context)
{
    assert_string_equal((char *)target, context);
}

static void memory_can_be_read_and_written(void **state)
{
    (void)state;
    ntio_process *process;
    char text[200];
    SIZE_T done;
    assert_int_equal(ntio_process_create(NULL, &process), 0);
    assert_true(ntio_process_call(process, make_target, NULL));
    HANDLE handle = OpenProcess(PROCESS_VM_READ | PROCESS_VM_WRITE | PROCESS_VM_OPERATION, FALSE,
                                ntio_process_id(process));
    assert_true(ReadProcessMemory(handle, target, text, 7, &done));
    assert_int_equal(done, 7);
    assert_string_equal(text, "theirs");
    assert_true(WriteProcessMemory(handle, target, "OURS", 5, &done));
    assert_true(ntio_process_call(process, check_target, "OURS"));
    assert_false(ReadProcessMemory(handle, target + 4000, text, 200, &done)); /* up to where there is nothing */
    assert_int_equal(GetLastError(), ERROR_PARTIAL_COPY);
    assert_int_equal(done, 96);
    assert_false(ReadProcessMemory(GetCurrentProcess(), target, text, 7, &done));
    assert_int_equal(done, 0);
    /* Memory allocated there is its own. */
    unsigned char *more = VirtualAllocEx(handle, NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_non_null(more);
    assert_true(WriteProcessMemory(handle, more, "new", 4, &done));
    target = more;
    assert_true(ntio_process_call(process, check_target, "new"));
    CloseHandle(handle);
    handle = OpenProcess(PROCESS_VM_READ, FALSE, ntio_process_id(process));
    assert_false(WriteProcessMemory(handle, more, "x", 2, &done));
    assert_int_equal(GetLastError(), ERROR_ACCESS_DENIED);
    CloseHandle(handle);
    assert_int_equal(ntio_process_end(process, 0), 0);
}

static void exits(void *context)
{
    (void)context;
    ExitProcess(3);
}

static void exit_process_ends_the_simulated_one(void **state)
{
    (void)state;
    ntio_process *process;
    assert_int_equal(ntio_process_create(NULL, &process), 0);
    assert_false(ntio_process_call(process, exits, NULL));
    assert_int_equal(ntio_process_status(process), 3);
    assert_int_equal(ntio_process_end(process, 0), 0);
}

static int set_up(void **state)
{
    (void)state;
    ntio_register_program("C:\\Tools\\worker.exe", worker);
    return ntio_start(NULL);
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
        TEST(a_program_runs),          TEST(what_is_not_there_is_not_started), TEST(a_program_can_be_held_and_ended),
        TEST(names_can_be_asked_for),  TEST(memory_can_be_read_and_written),   TEST(exit_process_ends_the_simulated_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
