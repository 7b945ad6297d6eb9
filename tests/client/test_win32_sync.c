/*
 * Events, mutexes, semaphores, waits, threads, critical sections, virtual memory and DOS devices.
 */
#include "win32_test.h"

#include <string.h>

static void test_events(void **state)
{
    (void)state;
    HANDLE manual = CreateEventA(NULL, TRUE, FALSE, NULL),
           automatic = CreateEventW(NULL, FALSE, TRUE, L"ntio event");
    assert_int_equal(GetLastError(), ERROR_SUCCESS);
    HANDLE again = CreateEventA(NULL, FALSE, TRUE, "ntio event");
    assert_non_null(again);
    assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);
    assert_int_equal(WaitForSingleObject(again, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(automatic, 0), WAIT_TIMEOUT);
    assert_true(SetEvent(manual));
    assert_int_equal(WaitForSingleObject(manual, INFINITE), WAIT_OBJECT_0);
    HANDLE both[] = {automatic, manual};
    assert_int_equal(WaitForMultipleObjects(2, both, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
    assert_int_equal(WaitForMultipleObjects(2, both, TRUE, 10), WAIT_TIMEOUT);
    assert_true(SetEvent(automatic));
    assert_int_equal(WaitForMultipleObjects(2, both, TRUE, 10), WAIT_OBJECT_0);
    assert_true(ResetEvent(manual));
    assert_true(PulseEvent(manual));
    assert_int_equal(WaitForSingleObject(manual, 0), WAIT_TIMEOUT);
    HANDLE opened = OpenEventA(EVENT_ALL_ACCESS, FALSE, "Local\\ntio event");
    assert_non_null(opened);
    assert_true(CloseHandle(opened));
    assert_fails(OpenEventA(EVENT_ALL_ACCESS, FALSE, "no such event"), ERROR_FILE_NOT_FOUND);
    assert_fails(OpenEventA(EVENT_ALL_ACCESS, FALSE, NULL), ERROR_INVALID_PARAMETER);
    assert_fails(CreateMutexA(NULL, FALSE, "ntio event"), ERROR_INVALID_HANDLE);
    assert_true(CloseHandle(manual));
    assert_true(CloseHandle(automatic));
    assert_true(CloseHandle(again));
    assert_fails(SetEvent(manual), ERROR_INVALID_HANDLE);
    assert_fails(WaitForSingleObject(manual, 0) != WAIT_FAILED, ERROR_INVALID_HANDLE);
    assert_fails(WaitForMultipleObjects(0, both, TRUE, 0) != WAIT_FAILED, ERROR_INVALID_PARAMETER);
    assert_fails(WaitForMultipleObjects(65, both, TRUE, 0) != WAIT_FAILED, ERROR_INVALID_PARAMETER);
    assert_fails(WaitForMultipleObjects(2, BAD_LOW, TRUE, 0) != WAIT_FAILED, ERROR_NOACCESS);
}

static void test_mutexes_and_semaphores(void **state)
{
    (void)state;
    LONG before;
    HANDLE mutex = CreateMutexA(NULL, TRUE, NULL), semaphore = CreateSemaphoreA(NULL, 1, 2, NULL);
    assert_int_equal(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    assert_true(ReleaseMutex(mutex));
    assert_true(ReleaseMutex(mutex));
    assert_fails(ReleaseMutex(mutex), ERROR_NOT_OWNER);
    assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    assert_true(ReleaseSemaphore(semaphore, 2, &before));
    assert_int_equal(before, 0);
    assert_fails(ReleaseSemaphore(semaphore, 1, NULL), ERROR_TOO_MANY_POSTS);
    assert_fails(CreateSemaphoreA(NULL, 3, 2, NULL), ERROR_INVALID_PARAMETER);
    assert_true(CloseHandle(mutex));
    assert_true(CloseHandle(semaphore));

    mutex = CreateMutexExA(NULL, "ntio mutex", CREATE_MUTEX_INITIAL_OWNER, MUTEX_ALL_ACCESS);
    assert_int_equal(GetLastError(), ERROR_SUCCESS);
    assert_true(ReleaseMutex(mutex));
    HANDLE same = CreateMutexExW(NULL, L"ntio mutex", CREATE_MUTEX_INITIAL_OWNER, SYNCHRONIZE);
    assert_int_equal(GetLastError(), ERROR_ALREADY_EXISTS);
    assert_fails(ReleaseMutex(same), ERROR_NOT_OWNER); /* it was there: nobody's */
    assert_fails(CreateMutexExA(NULL, NULL, 2, MUTEX_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    assert_true(CloseHandle(same));
    assert_true(CloseHandle(mutex));
    semaphore = CreateSemaphoreExA(NULL, 0, 5, NULL, 0, SYNCHRONIZE);
    assert_fails(ReleaseSemaphore(semaphore, 1, NULL), ERROR_ACCESS_DENIED);
    assert_true(CloseHandle(semaphore));
    semaphore = CreateSemaphoreExW(NULL, 0, 5, NULL, 0, SEMAPHORE_ALL_ACCESS);
    assert_true(ReleaseSemaphore(semaphore, 5, NULL));
    assert_fails(CreateSemaphoreExA(NULL, 0, 5, NULL, 1, SEMAPHORE_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    assert_true(CloseHandle(semaphore));
}

static int routines;

static VOID NTAPI note_apc(ULONG_PTR data)
{
    routines += (int)data;
}

static VOID WINAPI note_timer(LPVOID context, DWORD low, DWORD high)
{
    assert_true(low || high);
    *(int *)context += 1;
}

static void test_waitable_timers(void **state)
{
    (void)state;
    LARGE_INTEGER soon = {.QuadPart = -20000}, late = {.QuadPart = -36000000000}, past = {.QuadPart = 1};
    int ticks = 0;
    HANDLE automatic = CreateWaitableTimerA(NULL, FALSE, NULL),
           manual = CreateWaitableTimerW(NULL, TRUE, L"ntio timer");
    assert_true(SetWaitableTimer(automatic, &soon, 0, NULL, NULL, FALSE));
    assert_int_equal(WaitForSingleObject(automatic, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(automatic, INFINITE), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(automatic, 0), WAIT_TIMEOUT);
    assert_true(SetWaitableTimer(manual, &past, 0, NULL, NULL, FALSE));
    assert_int_equal(WaitForSingleObject(manual, INFINITE), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(manual, INFINITE), WAIT_OBJECT_0); /* it stays */
    assert_true(CancelWaitableTimer(manual)); /* and so it does when it is cancelled */
    assert_int_equal(WaitForSingleObject(manual, 0), WAIT_OBJECT_0);
    assert_true(SetWaitableTimer(manual, &late, 0, NULL, NULL, FALSE));
    assert_int_equal(WaitForSingleObject(manual, 0), WAIT_TIMEOUT);
    HANDLE again = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, "ntio timer");
    assert_true(SetWaitableTimer(again, &soon, 0, NULL, NULL, FALSE)); /* the same one */
    assert_int_equal(WaitForSingleObject(manual, INFINITE), WAIT_OBJECT_0);
    assert_fails(OpenWaitableTimerW(TIMER_ALL_ACCESS, FALSE, L"no such timer"), ERROR_FILE_NOT_FOUND);
    /* Periodic, with a routine that runs in alertable waits of this thread. */
    assert_true(SetWaitableTimerEx(automatic, &soon, 2, note_timer, &ticks, NULL, 0));
    while (ticks < 3)
        assert_int_equal(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_true(CancelWaitableTimer(automatic));
    int seen = ticks;
    assert_int_equal(SleepEx(10, TRUE), 0);
    assert_int_equal(ticks, seen);
    /* A handle may be closed while it ticks. */
    for (int i = 0; i < 50; i++) {
        HANDLE closed =
            CreateWaitableTimerExW(NULL, NULL, CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, TIMER_ALL_ACCESS);
        LARGE_INTEGER now = {.QuadPart = -1};
        assert_true(SetWaitableTimer(closed, &now, 1, note_timer, &ticks, FALSE));
        assert_true(CloseHandle(closed));
    }
    SleepEx(0, TRUE);
    HANDLE readable = CreateWaitableTimerExA(NULL, NULL, CREATE_WAITABLE_TIMER_MANUAL_RESET, SYNCHRONIZE);
    assert_fails(SetWaitableTimer(readable, &soon, 0, NULL, NULL, FALSE), ERROR_ACCESS_DENIED);
    assert_fails(CreateWaitableTimerExA(NULL, NULL, 8, TIMER_ALL_ACCESS), ERROR_INVALID_PARAMETER);
    assert_fails(SetWaitableTimer(automatic, &soon, -1, NULL, NULL, FALSE), ERROR_INVALID_PARAMETER);
    assert_true(CloseHandle(readable));
    assert_true(CloseHandle(again));
    assert_true(CloseHandle(manual));
    assert_true(CloseHandle(automatic));
}

static void test_alertable_waits(void **state)
{
    (void)state;
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), other = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE both[] = {event, other};
    routines = 0;
    assert_true(QueueUserAPC(note_apc, GetCurrentThread(), 1));
    assert_int_equal(WaitForSingleObjectEx(event, 0, FALSE), WAIT_TIMEOUT);
    assert_int_equal(routines, 0);
    assert_int_equal(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(routines, 1);
    QueueUserAPC(note_apc, GetCurrentThread(), 1);
    QueueUserAPC(note_apc, GetCurrentThread(), 1);
    assert_int_equal(WaitForMultipleObjectsEx(2, both, TRUE, INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(routines, 3); /* all at once */
    /* An object that is there already comes first. */
    QueueUserAPC(note_apc, GetCurrentThread(), 1);
    SetEvent(other);
    assert_int_equal(WaitForMultipleObjectsEx(2, both, FALSE, INFINITE, TRUE), WAIT_OBJECT_0 + 1);
    assert_int_equal(SignalObjectAndWait(other, event, INFINITE, TRUE), WAIT_IO_COMPLETION);
    assert_int_equal(routines, 4);
    assert_int_equal(SignalObjectAndWait(event, other, INFINITE, FALSE), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0); /* it was signalled */
    assert_int_equal(SignalObjectAndWait(event, other, 1, FALSE), WAIT_TIMEOUT);
    assert_fails(SignalObjectAndWait(GetCurrentThread(), other, 1, FALSE) != WAIT_FAILED,
                 ERROR_INVALID_HANDLE);
    assert_true(CloseHandle(event));
    assert_true(CloseHandle(other));
}

static CRITICAL_SECTION section;
static int counter;
static DWORD slot;

static DWORD WINAPI count(LPVOID parameter)
{
    int times = (int)(LONG_PTR)parameter;
    TlsSetValue(slot, parameter);
    for (int i = 0; i < times; i++) {
        EnterCriticalSection(&section);
        EnterCriticalSection(&section);
        counter++;
        LeaveCriticalSection(&section);
        LeaveCriticalSection(&section);
    }
    return TlsGetValue(slot) == parameter ? 42 : 0;
}

static DWORD WINAPI leave_early(LPVOID parameter)
{
    SetEvent((HANDLE)parameter);
    ExitThread(7);
}

static void test_threads(void **state)
{
    (void)state;
    HANDLE threads[3];
    DWORD ids[3], code;
    InitializeCriticalSection(&section);
    slot = TlsAlloc();
    assert_int_not_equal(slot, TLS_OUT_OF_INDEXES);
    assert_null(TlsGetValue(slot));
    for (int i = 0; i < 3; i++) {
        threads[i] = CreateThread(NULL, 0, count, (LPVOID)(LONG_PTR)2000, i ? 0 : CREATE_SUSPENDED, &ids[i]);
        assert_non_null(threads[i]);
        assert_int_equal(GetThreadId(threads[i]), ids[i]);
    }
    assert_true(GetExitCodeThread(threads[0], &code));
    assert_int_equal(code, STILL_ACTIVE);
    assert_int_equal(ResumeThread(threads[0]), 1);
    assert_int_equal(WaitForMultipleObjects(3, threads, TRUE, INFINITE), WAIT_OBJECT_0);
    assert_int_equal(counter, 6000);
    for (int i = 0; i < 3; i++) {
        assert_true(GetExitCodeThread(threads[i], &code));
        assert_int_equal(code, 42);
        assert_true(CloseHandle(threads[i]));
    }
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, leave_early, event, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 7);
    assert_true(CloseHandle(thread));
    assert_true(CloseHandle(event));
    assert_true(TlsFree(slot));
    assert_fails(TlsFree(slot), ERROR_INVALID_PARAMETER);
    assert_fails(TlsSetValue(64, NULL), ERROR_INVALID_PARAMETER);
    DeleteCriticalSection(&section);
    assert_int_not_equal(GetCurrentThreadId(), ids[0]);
    assert_int_equal(GetProcessId(GetCurrentProcess()), GetCurrentProcessId());
}

static void test_virtual_memory(void **state)
{
    (void)state;
    DWORD old;
    MEMORY_BASIC_INFORMATION about;
    unsigned char *memory = VirtualAlloc(NULL, 10000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    assert_non_null(memory);
    assert_int_equal((ULONG_PTR)memory % 0x10000, 0);
    memory[9999] = 1;
    assert_int_equal(VirtualQuery(memory, &about, sizeof about), sizeof about);
    assert_int_equal(about.RegionSize, 12288);
    assert_int_equal(about.State, MEM_COMMIT);
    assert_true(VirtualProtect(memory, 4096, PAGE_READONLY, &old));
    assert_int_equal(old, PAGE_READWRITE);
    assert_fails(VirtualProtect(memory, 4096, 0x12345, &old), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualFree(memory, 4096, MEM_RELEASE), ERROR_INVALID_PARAMETER);
    assert_true(VirtualFree(memory, 0, MEM_RELEASE));
    assert_fails(VirtualFree(memory, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
    assert_fails(VirtualAlloc(NULL, 0, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
    assert_fails(VirtualAlloc((LPVOID)4096, 1, MEM_COMMIT, PAGE_READWRITE), ERROR_INVALID_PARAMETER);
}

static void test_dos_devices(void **state)
{
    (void)state;
    char text[300];
    assert_fails(QueryDosDeviceA("NtioNothing", text, sizeof text), ERROR_FILE_NOT_FOUND);
    assert_true(DefineDosDeviceA(DDD_RAW_TARGET_PATH, "NtioLink", "\\Device\\One"));
    assert_int_equal(QueryDosDeviceA("NtioLink", text, sizeof text), 13);
    assert_memory_equal(text, "\\Device\\One\0", 13);
    assert_true(DefineDosDeviceA(DDD_RAW_TARGET_PATH, "ntiolink", "\\Device\\Two"));
    assert_int_equal(QueryDosDeviceA("NtioLink", text, sizeof text), 25);
    assert_memory_equal(text, "\\Device\\Two\0\\Device\\One\0", 25);
    assert_fails(QueryDosDeviceA("NtioLink", text, 10), ERROR_INSUFFICIENT_BUFFER);
    assert_fails(DefineDosDeviceA(DDD_REMOVE_DEFINITION | DDD_RAW_TARGET_PATH | DDD_EXACT_MATCH_ON_REMOVE,
                                  "NtioLink", "\\Device"),
                 ERROR_FILE_NOT_FOUND);
    assert_true(DefineDosDeviceA(DDD_REMOVE_DEFINITION, "NtioLink", NULL));
    assert_int_equal(QueryDosDeviceA("NtioLink", text, sizeof text), 13);
    assert_string_equal(text, "\\Device\\One");
    /* All names, among them ours; the list ends in an empty one. */
    static char names[20000];
    bool found = false;
    assert_true(QueryDosDeviceA(NULL, names, sizeof names) > 0);
    for (const char *name = names; *name; name += strlen(name) + 1)
        found = found || !strcmp(name, "NtioLink");
    assert_true(found);
    assert_true(DefineDosDeviceA(DDD_REMOVE_DEFINITION, "NtioLink", NULL));
    assert_fails(QueryDosDeviceA("NtioLink", text, sizeof text), ERROR_FILE_NOT_FOUND);
    assert_true(DefineDosDeviceA(0, "NtioDrive", "C:\\tmp"));
    assert_true(QueryDosDeviceA("NtioDrive", text, sizeof text));
    assert_string_equal(text, "\\?\?\\C:\\tmp");
    assert_fails(DefineDosDeviceA(0x8000, "NtioDrive", "x"), ERROR_INVALID_PARAMETER);
    assert_fails(DefineDosDeviceA(0, BAD_LOW, "x"), ERROR_NOACCESS);
    /* NtioDrive is left to the end of the machine. */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, machine_start, machine_stop)
        TEST(test_events),          TEST(test_mutexes_and_semaphores),
        TEST(test_threads),         TEST(test_virtual_memory),
        TEST(test_dos_devices),     TEST(test_waitable_timers),
        TEST(test_alertable_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
