/*
 * Whose address it is, and the probes: which ranges raise what.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>

static int start(void **state)
{
    (void)state;
    return ntio_start(NULL);
}

static int stop(void **state)
{
    (void)state;
    return ntio_stop();
}

static NTSTATUS probe(const void *address, SIZE_T length, ULONG alignment, bool write)
{
    volatile NTSTATUS status = STATUS_SUCCESS;
    __try {
        if (write)
            ProbeForWrite((PVOID)address, length, alignment);
        else
            ProbeForRead(address, length, alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static void probes_for_reading(void **state)
{
    (void)state;
    char local[64];
    PVOID pool = ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'tseT');
    assert_int_equal(probe(local, sizeof local, 1, false), STATUS_SUCCESS);
    assert_int_equal(probe(NULL, 0, 1, false), STATUS_SUCCESS);
    assert_int_equal(probe(pool, 0, 1, false), STATUS_SUCCESS);
    /* Only the range counts: that nothing is there shows when it is touched. */
    assert_int_equal(probe(NULL, 16, 1, false), STATUS_SUCCESS);
    assert_int_equal(probe((PVOID)((uintptr_t)local | 1), 8, 4, false), STATUS_DATATYPE_MISALIGNMENT);
    assert_int_equal(probe(pool, 64, 1, false), STATUS_ACCESS_VIOLATION);
    assert_int_equal(probe((char *)pool + 63, 1, 1, false), STATUS_ACCESS_VIOLATION);
    assert_int_equal(probe((PVOID)0xFFFF800000000000, 1, 1, false), STATUS_ACCESS_VIOLATION);
    assert_int_equal(probe(local, ~(SIZE_T)0, 1, false), STATUS_ACCESS_VIOLATION);
    assert_int_equal(probe(local, ~(SIZE_T)0 - (uintptr_t)local + 2, 1, false), STATUS_ACCESS_VIOLATION);
    ExFreePool(pool);
}

static void probes_for_writing(void **state)
{
    (void)state;
    PVOID base = ntio_user_alloc(3 * PAGE_SIZE), second = (char *)base + PAGE_SIZE;
    SIZE_T size = PAGE_SIZE;
    ULONG old;
    static const char constant[16] = "constant";
    *(char *)base = 'k';
    assert_int_equal(probe(base, 3 * PAGE_SIZE, 8, true), STATUS_SUCCESS);
    assert_int_equal(*(char *)base, 'k');
    assert_int_equal(probe(NULL, 1, 1, true), STATUS_ACCESS_VIOLATION);
    assert_int_equal(probe(constant, 1, 1, true), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtProtectVirtualMemory(NtCurrentProcess(), &second, &size, PAGE_READONLY, &old), STATUS_SUCCESS);
    assert_int_equal(probe(base, PAGE_SIZE, 1, true), STATUS_SUCCESS);
    assert_int_equal(probe(base, PAGE_SIZE + 1, 1, true), STATUS_ACCESS_VIOLATION);
    assert_int_equal(probe(base, 3 * PAGE_SIZE, 1, false), STATUS_SUCCESS);
    ntio_user_free(base);
}

static void meets_a_guard_page_once(void **state)
{
    (void)state;
    PVOID base = ntio_user_alloc(PAGE_SIZE), at = base;
    SIZE_T size = PAGE_SIZE;
    ULONG old;
    assert_int_equal(
        NtProtectVirtualMemory(NtCurrentProcess(), &at, &size, PAGE_READWRITE | PAGE_GUARD, &old), STATUS_SUCCESS);
    assert_int_equal(probe(base, 1, 1, true), STATUS_GUARD_PAGE_VIOLATION);
    assert_int_equal(probe(base, 1, 1, true), STATUS_SUCCESS);
    ntio_user_free(base);
}

static void knows_valid_addresses(void **state)
{
    (void)state;
    int local;
    PVOID pool = ExAllocatePoolWithTag(NonPagedPoolNx, 64, 'tseT');
    assert_true(MmIsAddressValid(&local));
    assert_true(MmIsAddressValid(pool));
    assert_false(MmIsAddressValid(NULL));
    assert_false(MmIsAddressValid((PVOID)0xFFFF800000000000));
    assert_true((ULONG_PTR)&local < MmUserProbeAddress);
    ExFreePool(pool);
}

static void finds_system_routines(void **state)
{
    (void)state;
    static WCHAR known[] = L"ExFreePoolWithTag", unknown[] = L"printf", almost[] = L"ExFreePoolWithTa";
    UNICODE_STRING name = {sizeof known - sizeof(WCHAR), sizeof known, known};
    assert_ptr_equal(MmGetSystemRoutineAddress(&name), (PVOID)ExFreePoolWithTag);
    name = (UNICODE_STRING){sizeof unknown - sizeof(WCHAR), sizeof unknown, unknown};
    assert_null(MmGetSystemRoutineAddress(&name));
    name = (UNICODE_STRING){sizeof almost - sizeof(WCHAR), sizeof almost, almost};
    assert_null(MmGetSystemRoutineAddress(&name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(probes_for_reading, start, stop),
        cmocka_unit_test_setup_teardown(probes_for_writing, start, stop),
        cmocka_unit_test_setup_teardown(meets_a_guard_page_once, start, stop),
        cmocka_unit_test_setup_teardown(knows_valid_addresses, start, stop),
        cmocka_unit_test_setup_teardown(finds_system_routines, start, stop),
    };
    return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
