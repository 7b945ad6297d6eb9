/*
 * Client memory: reserving, committing, protecting, freeing and querying, with the status of each mistake.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>
#include <string.h>

#define ME NtCurrentProcess()

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

static NTSTATUS allocate(PVOID *base, SIZE_T size, ULONG type, ULONG protect)
{
    return NtAllocateVirtualMemory(ME, base, 0, &size, type, protect);
}

static NTSTATUS release(PVOID base, SIZE_T size, ULONG type)
{
    return NtFreeVirtualMemory(ME, &base, &size, type);
}

static NTSTATUS protect(PVOID base, SIZE_T size, ULONG new, ULONG *old)
{
    return NtProtectVirtualMemory(ME, &base, &size, new, old);
}

static void reserves_and_commits(void **state)
{
    (void)state;
    PVOID base = NULL;
    SIZE_T size = 3 * PAGE_SIZE + 1;
    assert_int_equal(NtAllocateVirtualMemory(ME, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    assert_int_equal((uintptr_t)base % 0x10000, 0);
    assert_int_equal(size, 4 * PAGE_SIZE);

    MEMORY_BASIC_INFORMATION info;
    SIZE_T length;
    assert_int_equal(NtQueryVirtualMemory(ME, base, MemoryBasicInformation, &info, sizeof info, &length), STATUS_SUCCESS);
    assert_int_equal(length, sizeof info);
    assert_ptr_equal(info.BaseAddress, base);
    assert_ptr_equal(info.AllocationBase, base);
    assert_int_equal(info.RegionSize, 4 * PAGE_SIZE);
    assert_int_equal(info.State, MEM_RESERVE);
    assert_int_equal(info.Protect, 0);
    assert_int_equal(info.AllocationProtect, PAGE_READWRITE);
    assert_int_equal(info.Type, MEM_PRIVATE);

    PVOID second = (char *)base + PAGE_SIZE + 5;
    size = PAGE_SIZE;
    assert_int_equal(NtAllocateVirtualMemory(ME, &second, 0, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    assert_ptr_equal(second, (char *)base + PAGE_SIZE);
    assert_int_equal(size, 2 * PAGE_SIZE);
    for (unsigned i = 0; i < 2 * PAGE_SIZE; i++)
        assert_int_equal(((char *)second)[i], 0);
    memset(second, 1, 2 * PAGE_SIZE);
    assert_int_equal(
        NtQueryVirtualMemory(ME, (char *)second + 10, MemoryBasicInformation, &info, sizeof info, NULL), STATUS_SUCCESS);
    assert_ptr_equal(info.BaseAddress, second);
    assert_int_equal(info.RegionSize, 2 * PAGE_SIZE);
    assert_int_equal(info.State, MEM_COMMIT);
    assert_int_equal(info.Protect, PAGE_READWRITE);

    /* Committed again it keeps its contents; decommitted and committed it is zero. */
    assert_int_equal(allocate(&second, PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    assert_int_equal(*(char *)second, 1);
    assert_int_equal(release(second, PAGE_SIZE, MEM_DECOMMIT), STATUS_SUCCESS);
    assert_int_equal(allocate(&second, PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    assert_int_equal(*(char *)second, 0);
    assert_int_equal(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
    assert_int_equal(NtQueryVirtualMemory(ME, base, MemoryBasicInformation, &info, sizeof info, NULL), STATUS_SUCCESS);
    assert_int_equal(info.State, MEM_FREE);
    assert_int_equal(info.Protect, PAGE_NOACCESS);
    assert_null(info.AllocationBase);
}

static void refuses_bad_allocations(void **state)
{
    (void)state;
    PVOID base = NULL, high = (PVOID)0xFFFF800000000000;
    SIZE_T size = PAGE_SIZE;
    assert_int_equal(allocate(&base, 0, MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
    assert_int_equal(allocate(&base, ~(SIZE_T)0, MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
    assert_int_equal(allocate(&base, PAGE_SIZE, 0, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
    assert_int_equal(allocate(&base, PAGE_SIZE, MEM_COMMIT | 1, PAGE_READWRITE), STATUS_INVALID_PARAMETER_5);
    assert_int_equal(allocate(&high, PAGE_SIZE, MEM_RESERVE, PAGE_READWRITE), STATUS_INVALID_PARAMETER_2);
    assert_int_equal(NtAllocateVirtualMemory(ME, &base, 60, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_3);
    static const ULONG bad[] = {0, 3, PAGE_WRITECOPY, PAGE_EXECUTE_WRITECOPY, PAGE_NOACCESS | PAGE_GUARD, 0x1000};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(allocate(&base, PAGE_SIZE, MEM_COMMIT, bad[i]), STATUS_INVALID_PAGE_PROTECTION);
    assert_int_equal(allocate(&base, (SIZE_T)1 << 46, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY);
    assert_int_equal(NtAllocateVirtualMemory(ME, NULL, 0, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_ACCESS_VIOLATION);
    assert_int_equal(NtAllocateVirtualMemory(ME, &base, 0, NULL, MEM_COMMIT, PAGE_READWRITE), STATUS_ACCESS_VIOLATION);

    assert_int_equal(allocate(&base, PAGE_SIZE, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    PVOID again = base;
    assert_int_equal(allocate(&again, PAGE_SIZE, MEM_RESERVE, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    assert_int_equal(allocate(&again, 2 * PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    assert_int_equal(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
    assert_int_equal(allocate(&again, PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_CONFLICTING_ADDRESSES);
    assert_int_equal(allocate(&again, PAGE_SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    assert_ptr_equal(again, base);
    assert_int_equal(release(again, 0, MEM_RELEASE), STATUS_SUCCESS);
}

static void refuses_bad_frees(void **state)
{
    (void)state;
    PVOID base = ntio_user_alloc(4 * PAGE_SIZE), second = (char *)base + PAGE_SIZE;
    int local;
    assert_int_equal(release(base, 0, 0), STATUS_INVALID_PARAMETER_4);
    assert_int_equal(release(base, 0, MEM_RELEASE | MEM_DECOMMIT), STATUS_INVALID_PARAMETER_4);
    assert_int_equal(release(second, 0, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE);
    assert_int_equal(release(second, 0, MEM_DECOMMIT), STATUS_FREE_VM_NOT_AT_BASE);
    assert_int_equal(release(base, 5 * PAGE_SIZE, MEM_DECOMMIT), STATUS_UNABLE_TO_FREE_VM);
    assert_int_equal(release(&local, 0, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);
    assert_int_equal(release(base, 4 * PAGE_SIZE, MEM_RELEASE), STATUS_SUCCESS);
    assert_int_equal(release(base, 0, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);
}

static void changes_protection(void **state)
{
    (void)state;
    PVOID base = NULL;
    ULONG old = 0;
    assert_int_equal(allocate(&base, 4 * PAGE_SIZE, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    assert_int_equal(protect(base, PAGE_SIZE, PAGE_READONLY, &old), STATUS_NOT_COMMITTED);
    assert_int_equal(allocate(&base, 2 * PAGE_SIZE, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    assert_int_equal(protect(base, 3 * PAGE_SIZE, PAGE_READONLY, &old), STATUS_NOT_COMMITTED);
    assert_int_equal(protect(base, 2 * PAGE_SIZE, PAGE_WRITECOPY, &old), STATUS_INVALID_PAGE_PROTECTION);
    assert_int_equal(protect(base, 0, PAGE_READONLY, &old), STATUS_INVALID_PARAMETER_3);
    assert_int_equal(protect(base, 10 * PAGE_SIZE, PAGE_READONLY, &old), STATUS_CONFLICTING_ADDRESSES);
    assert_int_equal(protect(base, 2 * PAGE_SIZE, PAGE_EXECUTE_READ, &old), STATUS_SUCCESS);
    assert_int_equal(old, PAGE_READWRITE);
    assert_int_equal(protect(base, 1, PAGE_NOACCESS, &old), STATUS_SUCCESS);
    assert_int_equal(old, PAGE_EXECUTE_READ);
    assert_false(MmIsAddressValid(base));
    assert_true(MmIsAddressValid((char *)base + PAGE_SIZE));
    assert_int_equal(release(base, 0, MEM_RELEASE), STATUS_SUCCESS);
}

static void refuses_bad_queries(void **state)
{
    (void)state;
    MEMORY_BASIC_INFORMATION info;
    int local;
    assert_int_equal(NtQueryVirtualMemory(ME, &local, 999, &info, sizeof info, NULL), STATUS_INVALID_INFO_CLASS);
    assert_int_equal(NtQueryVirtualMemory(ME, &local, MemoryBasicInformation, &info, 1, NULL), STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(NtQueryVirtualMemory(ME, (PVOID)0xFFFF800000000000, MemoryBasicInformation, &info, sizeof info, NULL),
                     STATUS_INVALID_PARAMETER);
    assert_int_equal(
        NtQueryVirtualMemory(ME, &local, MemoryBasicInformation, NULL, sizeof info, NULL), STATUS_ACCESS_VIOLATION);
    assert_int_equal(
        NtQueryVirtualMemory(ME, &local, MemoryBasicInformation, &info, sizeof info, NULL), STATUS_SUCCESS);
    assert_int_equal(info.State, MEM_COMMIT);
    assert_int_equal(info.Protect, PAGE_READWRITE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reserves_and_commits, start, stop),
        cmocka_unit_test_setup_teardown(refuses_bad_allocations, start, stop),
        cmocka_unit_test_setup_teardown(refuses_bad_frees, start, stop),
        cmocka_unit_test_setup_teardown(changes_protection, start, stop),
        cmocka_unit_test_setup_teardown(refuses_bad_queries, start, stop),
    };
    return cmocka_run_group_tests_name("virtual memory", tests, NULL, NULL);
}
