/*
 * Interrupts between processors and those that cannot be masked; the page that is shown to everybody.
 */
#include "rtl_test.h"

static ULONG seen, last;

static ULONG_PTR NTAPI visit(ULONG_PTR context)
{
    assert_int_equal(KeGetCurrentIrql(), IPI_LEVEL);
    last = KeGetCurrentProcessorNumberEx(NULL);
    seen |= 1u << last;
    return context + last;
}

static int start_with_four(void **state)
{
    (void)state;
    return ntio_start(&(ntio_options){.processors = 4});
}

static void calls_each_processor(void **state)
{
    (void)state;
    KIRQL irql;
    seen = 0;
    ULONG own = KeGetCurrentProcessorNumberEx(NULL);
    assert_int_equal(KeIpiGenericCall(visit, 100), 100 + own); /* what it returned on the caller's */
    assert_int_equal(seen, 0xF);
    assert_int_equal(last, own);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    KeIpiGenericCall(visit, 0);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KDPC_WATCHDOG_INFORMATION watchdog = {1, 1, 1, 1, 1};
    assert_int_equal(KeQueryDpcWatchdogInformation(&watchdog), STATUS_SUCCESS);
    assert_int_equal(watchdog.DpcTimeLimit, 0);
    KeLowerIrql(irql);
    assert_int_equal(KeQueryDpcWatchdogInformation(&watchdog), STATUS_UNSUCCESSFUL);
}

static BOOLEAN NTAPI on_nmi(PVOID context, BOOLEAN handled)
{
    assert_int_equal(KeGetCurrentIrql(), HIGH_LEVEL);
    ++*(int *)context;
    return handled || *(int *)context < 3;
}

static void raise_nmi(void *context)
{
    (void)context;
    ntio_raise_nmi();
}

static void calls_at_an_nmi(void **state)
{
    (void)state;
    int first = 0, second = 5;
    PVOID one = KeRegisterNmiCallback(on_nmi, &first), two = KeRegisterNmiCallback(on_nmi, &second);
    assert_non_null(one);
    assert_non_null(two);
    assert_true(ntio_raise_nmi()); /* the first handles it, the second does not */
    assert_int_equal(first, 1);
    assert_int_equal(second, 6);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(KeDeregisterNmiCallback(one), STATUS_SUCCESS);
    assert_int_equal(KeDeregisterNmiCallback(one), STATUS_INVALID_HANDLE);
    ntio_bugcheck crash;
    assert_true(ntio_catch_bugcheck(raise_nmi, NULL, &crash)); /* two is left behind */
    assert_int_equal(crash.code, NMI_HARDWARE_FAILURE);
    assert_int_equal(crash.parameters[0], 0x4F4454);
}

static LONGLONG value_of(volatile KSYSTEM_TIME *time)
{
    LARGE_INTEGER value;
    do {
        value.HighPart = time->High1Time;
        value.LowPart = time->LowPart;
    } while (value.HighPart != time->High2Time);
    return value.QuadPart;
}

static void shows_a_page_to_everybody(void **state)
{
    (void)state;
    LARGE_INTEGER before, after, ticks, later;
    KeQuerySystemTime(&before);
    LONGLONG shown = value_of(&SharedUserData->SystemTime);
    KeQuerySystemTime(&after);
    assert_true(before.QuadPart <= shown && shown <= after.QuadPart);
    ULONGLONG interrupt = KeQueryInterruptTime();
    assert_true((ULONGLONG)value_of(&SharedUserData->InterruptTime) >= interrupt);
    KeQueryTickCount(&ticks);
    LONGLONG tick = value_of(&SharedUserData->TickCount);
    KeQueryTickCount(&later);
    assert_true(ticks.QuadPart <= tick && tick <= later.QuadPart);
    assert_int_equal(SharedUserData->TickCountMultiplier >> 24, 15);
    assert_int_equal(SharedUserData->NtMajorVersion, 10);
    assert_int_equal(SharedUserData->NtMinorVersion, 0);
    assert_int_equal(SharedUserData->NtBuildNumber, 17763);
    assert_memory_equal(SharedUserData->NtSystemRoot, L"C:\\Windows", sizeof L"C:\\Windows");
    assert_int_equal(SharedUserData->ActiveProcessorCount, 4);
    assert_int_equal(SharedUserData->NtProductType, NtProductWinNt);
    assert_true(SharedUserData->ProcessorFeatures[PF_NX_ENABLED]);
    assert_ptr_equal((PVOID)KI_USER_SHARED_DATA, SharedUserData);
}

#define TEST4(function) cmocka_unit_test_setup_teardown(function, start_with_four, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST4(calls_each_processor), TEST4(calls_at_an_nmi),
                                       TEST4(shows_a_page_to_everybody)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
