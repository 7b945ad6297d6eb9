/*
 * Version conditions, heaps, check sums; what is run once.
 */
#include "rtl_test.h"

static NTSTATUS ask(ULONG major, ULONG minor, ULONG build, UCHAR condition, ULONG types)
{
    RTL_OSVERSIONINFOEXW info = {.dwOSVersionInfoSize = sizeof info, .dwMajorVersion = major, .dwMinorVersion = minor,
                                 .dwBuildNumber = build};
    ULONGLONG mask = 0;
    for (ULONG type = 1; type <= 0x80; type <<= 1)
        if (types & type)
            VER_SET_CONDITION(mask, type, condition);
    return RtlVerifyVersionInfo(&info, types, mask);
}

static void verifies_versions(void **state)
{
    (void)state;
    enum { VERSION = VER_MAJORVERSION | VER_MINORVERSION };
    assert_int_equal(VerSetConditionMask(0, VER_MINORVERSION, VER_EQUAL), 1);
    assert_int_equal(VerSetConditionMask(0, VER_MAJORVERSION, VER_GREATER_EQUAL), 3 << 3);
    assert_int_equal(VerSetConditionMask(1, VER_PRODUCT_TYPE, VER_LESS_EQUAL), 1 | 5 << 21);
    assert_int_equal(VerSetConditionMask(1, 0, VER_LESS), 1);
    assert_int_equal(VerSetConditionMask(0, VER_MAJORVERSION, 0xFF), 7 << 3);

    assert_int_equal(ask(10, 0, 0, VER_GREATER_EQUAL, VERSION), STATUS_SUCCESS);
    assert_int_equal(ask(6, 1, 0, VER_GREATER_EQUAL, VERSION), STATUS_SUCCESS); /* 10.0 is more than 6.1 */
    assert_int_equal(ask(10, 1, 0, VER_GREATER_EQUAL, VERSION), STATUS_REVISION_MISMATCH);
    assert_int_equal(ask(11, 0, 0, VER_GREATER_EQUAL, VERSION), STATUS_REVISION_MISMATCH);
    assert_int_equal(ask(10, 0, 0, VER_GREATER, VERSION), STATUS_REVISION_MISMATCH);
    assert_int_equal(ask(10, 0, 0, VER_EQUAL, VERSION), STATUS_SUCCESS);
    assert_int_equal(ask(10, 1, 0, VER_EQUAL, VERSION), STATUS_REVISION_MISMATCH);
    assert_int_equal(ask(10, 1, 0, VER_LESS, VERSION), STATUS_SUCCESS);
    assert_int_equal(ask(10, 0, 17763, VER_EQUAL, VER_BUILDNUMBER), STATUS_SUCCESS);
    assert_int_equal(ask(10, 0, 17764, VER_GREATER_EQUAL, VER_BUILDNUMBER | VERSION), STATUS_REVISION_MISMATCH);
    RTL_OSVERSIONINFOEXW info = {.dwOSVersionInfoSize = sizeof info, .wProductType = VER_NT_WORKSTATION,
                                 .wSuiteMask = 0x100};
    assert_int_equal(RtlVerifyVersionInfo(&info, 0, 1), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlVerifyVersionInfo(&info, VER_MAJORVERSION, 0), STATUS_INVALID_PARAMETER);
    ULONGLONG mask = VerSetConditionMask(0, VER_PRODUCT_TYPE, VER_EQUAL);
    assert_int_equal(RtlVerifyVersionInfo(&info, VER_PRODUCT_TYPE, mask), STATUS_SUCCESS);
    mask = VerSetConditionMask(0, VER_SUITENAME, VER_AND);
    assert_int_equal(RtlVerifyVersionInfo(&info, VER_SUITENAME, mask), STATUS_SUCCESS);
    info.wSuiteMask = 0x102;
    assert_int_equal(RtlVerifyVersionInfo(&info, VER_SUITENAME, mask), STATUS_REVISION_MISMATCH);
    mask = VerSetConditionMask(0, VER_SUITENAME, VER_OR);
    assert_int_equal(RtlVerifyVersionInfo(&info, VER_SUITENAME, mask), STATUS_SUCCESS);
}

static void computes_check_sums(void **state)
{
    (void)state;
    assert_int_equal(RtlComputeCrc32(0, "123456789", 9), 0xCBF43926);
    assert_int_equal(RtlComputeCrc32(RtlComputeCrc32(0, "1234", 4), "56789", 5), 0xCBF43926);
    assert_int_equal(RtlComputeCrc32(0, "", 0), 0);
    assert_true(RtlIsZeroMemory((char[3]){0}, 3));
    assert_false(RtlIsZeroMemory((char[3]){0, 0, 1}, 3));
    assert_false(RtlIsZeroMemory((char[3]){1}, 3));
    assert_true(RtlIsZeroMemory("x", 0));
    assert_true(RtlConstantTimeEqualMemory("abc", "abd", 2));
    assert_false(RtlConstantTimeEqualMemory("abc", "abd", 3));
}

static int use_heap(void *context)
{
    (void)context;
    PVOID heap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL), other = RtlCreateHeap(0, NULL, 0, 0, NULL, NULL);
    assert_non_null(heap);
    assert_null(RtlCreateHeap(0, heap, 0, 0, NULL, NULL)); /* none in the caller's memory */
    char *a = RtlAllocateHeap(heap, HEAP_ZERO_MEMORY, 100), *b = RtlAllocateHeap(heap, 0, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_ptr_equal((ULONG_PTR)a % 16, 0);
    assert_true(RtlIsZeroMemory(a, 100));
    assert_int_equal(RtlSizeHeap(heap, 0, a), 100);
    assert_int_equal(RtlSizeHeap(heap, 0, b), 0);
    assert_null(RtlAllocateHeap(heap, 0, (SIZE_T)-100));
    assert_false(RtlFreeHeap(other, 0, a));
    assert_true(RtlFreeHeap(heap, 0, a));
    assert_true(RtlFreeHeap(heap, 0, NULL));
    assert_null(RtlDestroyHeap(heap)); /* with the block that is left */
    assert_null(RtlDestroyHeap(other));
    assert_null(RtlDestroyHeap(NULL));
    return 0;
}

static void keeps_heaps(void **state)
{
    (void)state;
    use_heap(NULL);
}

/* --- once --- */

static ULONG runs;

static ULONG NTAPI initialise(PRTL_RUN_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once;
    if (__atomic_add_fetch(&runs, 1, __ATOMIC_SEQ_CST) == 1 && parameter)
        return FALSE;
    *context = (PVOID)0x1230;
    return TRUE;
}

static void runs_once(void **state)
{
    (void)state;
    RTL_RUN_ONCE once = RTL_RUN_ONCE_INIT;
    PVOID context = NULL;
    runs = 0;
    assert_int_equal(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY, &context), STATUS_UNSUCCESSFUL);
    assert_int_equal(RtlRunOnceExecuteOnce(&once, initialise, &once, &context), STATUS_UNSUCCESSFUL);
    assert_int_equal(RtlRunOnceExecuteOnce(&once, initialise, &once, &context), STATUS_SUCCESS);
    assert_ptr_equal(context, (PVOID)0x1230);
    context = NULL;
    assert_int_equal(RtlRunOnceExecuteOnce(&once, initialise, &once, &context), STATUS_SUCCESS);
    assert_ptr_equal(context, (PVOID)0x1230);
    assert_int_equal(runs, 2);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_CHECK_ONLY, NULL), STATUS_SUCCESS);
    assert_int_equal(RtlRunOnceComplete(&once, 0, NULL), STATUS_UNSUCCESSFUL);

    RtlRunOnceInitialize(&once);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC | RTL_RUN_ONCE_CHECK_ONLY, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, NULL), STATUS_PENDING);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, RTL_RUN_ONCE_ASYNC, NULL), STATUS_PENDING);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, 0, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlRunOnceComplete(&once, 0, (PVOID)8), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, (PVOID)9), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, (PVOID)8), STATUS_SUCCESS);
    assert_int_equal(RtlRunOnceComplete(&once, RTL_RUN_ONCE_ASYNC, (PVOID)16), STATUS_UNSUCCESSFUL);
    assert_int_equal(RtlRunOnceBeginInitialize(&once, 0, &context), STATUS_SUCCESS);
    assert_ptr_equal(context, (PVOID)8);
}

struct crowd {
    RTL_RUN_ONCE Once;
    KEVENT Inside, Leave;
};

static ULONG NTAPI slow(PRTL_RUN_ONCE once, PVOID parameter, PVOID *context)
{
    struct crowd *crowd = parameter;
    (void)once;
    __atomic_add_fetch(&runs, 1, __ATOMIC_SEQ_CST);
    KeSetEvent(&crowd->Inside, 0, FALSE);
    KeWaitForSingleObject(&crowd->Leave, Executive, KernelMode, FALSE, NULL);
    *context = crowd;
    return TRUE;
}

static VOID one_of_them(PVOID parameter)
{
    struct crowd *crowd = parameter;
    PVOID context = NULL;
    NTSTATUS status = RtlRunOnceExecuteOnce(&crowd->Once, slow, crowd, &context);
    PsTerminateSystemThread(status == STATUS_SUCCESS && context == crowd ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL);
}

static void makes_the_others_wait(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    struct crowd crowd = {.Once = RTL_RUN_ONCE_INIT};
    HANDLE handles[THREADS];
    runs = 0;
    KeInitializeEvent(&crowd.Inside, NotificationEvent, FALSE);
    KeInitializeEvent(&crowd.Leave, NotificationEvent, FALSE);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(
            PsCreateSystemThread(&handles[i], THREAD_ALL_ACCESS, NULL, NULL, NULL, one_of_them, &crowd), 0);
    KeWaitForSingleObject(&crowd.Inside, Executive, KernelMode, FALSE, NULL);
    LARGE_INTEGER moment = {.QuadPart = -100000};
    KeDelayExecutionThread(KernelMode, FALSE, &moment);
    KeSetEvent(&crowd.Leave, 0, FALSE);
    for (int i = 0; i < THREADS; i++) {
        PETHREAD thread;
        assert_int_equal(ObReferenceObjectByHandle(handles[i], SYNCHRONIZE, *PsThreadType, KernelMode,
                                                   (PVOID *)&thread, NULL),
                         0);
        KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(thread);
        ObCloseHandle(handles[i], KernelMode);
    }
    assert_int_equal(runs, 1);
    PVOID context;
    assert_int_equal(RtlRunOnceBeginInitialize(&crowd.Once, RTL_RUN_ONCE_CHECK_ONLY, &context), STATUS_SUCCESS);
    assert_ptr_equal(context, &crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(verifies_versions), TEST(computes_check_sums), TEST(keeps_heaps),
                                       TEST(runs_once), TEST(makes_the_others_wait)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
