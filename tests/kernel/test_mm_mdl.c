/*
 * MDLs: locking client memory, aliases of it, partial MDLs, chains, and what a misused MDL stops the machine with.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>
#include <string.h>

#define TAG 'tseT'

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

static NTSTATUS lock(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation)
{
    volatile NTSTATUS status = STATUS_SUCCESS;
    __try {
        MmProbeAndLockPages(mdl, mode, operation);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static void describes_a_range(void **state)
{
    (void)state;
    char *base = ntio_user_alloc(5 * PAGE_SIZE);
    assert_int_equal(MmSizeOfMdl(base + 100, 2 * PAGE_SIZE), sizeof(MDL) + 3 * sizeof(PFN_NUMBER));
    assert_int_equal(MmSizeOfMdl(base, 0), sizeof(MDL));
    PMDL mdl = IoAllocateMdl(base + 100, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    assert_non_null(mdl);
    assert_ptr_equal(mdl->StartVa, base);
    assert_int_equal(mdl->ByteOffset, 100);
    assert_int_equal(mdl->ByteCount, 2 * PAGE_SIZE);
    assert_int_equal(mdl->Size, sizeof(MDL) + 3 * sizeof(PFN_NUMBER));
    assert_null(mdl->Next);
    assert_ptr_equal(MmGetMdlVirtualAddress(mdl), base + 100);
    IoFreeMdl(mdl);
    ntio_user_free(base);
}

static void chains_to_an_irp(void **state)
{
    (void)state;
    IRP irp;
    memset(&irp, 0, sizeof irp);
    PMDL first = IoAllocateMdl(&irp, 10, FALSE, FALSE, &irp);
    assert_ptr_equal(irp.MdlAddress, first);
    PMDL second = IoAllocateMdl(&irp, 10, TRUE, FALSE, &irp), third = IoAllocateMdl(&irp, 10, TRUE, FALSE, &irp);
    assert_ptr_equal(first->Next, second);
    assert_ptr_equal(second->Next, third);
    assert_null(third->Next);
    IoFreeMdl(first);
    IoFreeMdl(second);
    IoFreeMdl(third);
}

static void aliases_client_memory(void **state)
{
    (void)state;
    char *base = ntio_user_alloc(3 * PAGE_SIZE);
    strcpy(base + PAGE_SIZE - 3, "across");
    PMDL mdl = IoAllocateMdl(base + PAGE_SIZE - 3, 7, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, UserMode, IoModifyAccess), STATUS_SUCCESS);
    assert_true(mdl->MdlFlags & MDL_PAGES_LOCKED);
    char *alias = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    assert_non_null(alias);
    assert_ptr_not_equal(alias, base + PAGE_SIZE - 3);
    assert_string_equal(alias, "across");
    alias[3] = 'O';
    assert_string_equal(base + PAGE_SIZE - 3, "acrOss");
    base[PAGE_SIZE - 3] = 'A';
    assert_int_equal(alias[0], 'A');
    assert_int_equal(MmGetPhysicalAddress(alias).QuadPart, MmGetPhysicalAddress(base + PAGE_SIZE - 3).QuadPart);
    assert_int_equal(MmGetMdlPfnArray(mdl)[0], MmGetPhysicalAddress(base).QuadPart >> PAGE_SHIFT);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), alias);
    MmUnlockPages(mdl);
    assert_false(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA));
    IoFreeMdl(mdl);
    ntio_user_free(base);
}

static void keeps_freed_memory_alive(void **state)
{
    (void)state;
    char *base = ntio_user_alloc(PAGE_SIZE);
    strcpy(base, "mine");
    PMDL mdl = IoAllocateMdl(base, 100, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    char *alias = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
    ntio_user_free(base);
    assert_string_equal(alias, "mine");
    char *others[64];
    for (unsigned i = 0; i < 64; i++) {
        others[i] = ntio_user_alloc(PAGE_SIZE);
        memset(others[i], 'x', PAGE_SIZE);
    }
    assert_string_equal(alias, "mine");
    for (unsigned i = 0; i < 64; i++)
        ntio_user_free(others[i]);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

static void survives_a_change_of_protection(void **state)
{
    (void)state;
    PVOID base = ntio_user_alloc(PAGE_SIZE), at = base;
    SIZE_T size = PAGE_SIZE;
    ULONG old;
    PMDL mdl = IoAllocateMdl(base, 100, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, UserMode, IoWriteAccess), STATUS_SUCCESS);
    assert_int_equal(NtProtectVirtualMemory(NtCurrentProcess(), &at, &size, PAGE_READONLY, &old), STATUS_SUCCESS);
    assert_int_equal(old, PAGE_READWRITE);
    char *alias = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    alias[0] = 42;
    assert_int_equal(*(char *)base, 42);
    MmUnlockPages(mdl);
    /* Locked anew, for writing it no longer goes. */
    assert_int_equal(lock(mdl, UserMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);
    assert_int_equal(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ntio_user_free(base);
}

static void locks_any_other_memory_in_place(void **state)
{
    (void)state;
    char local[3 * PAGE_SIZE] = "stack";
    PMDL mdl = IoAllocateMdl(local, sizeof local, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, UserMode, IoModifyAccess), STATUS_SUCCESS);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), local);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);

    static const char constant[10] = "constant";
    mdl = IoAllocateMdl((PVOID)constant, sizeof constant, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, UserMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);
    assert_int_equal(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);

    /* No bytes: nothing to look at. */
    mdl = IoAllocateMdl(NULL, 0, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, UserMode, IoReadAccess), STATUS_SUCCESS);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

static void refuses_bad_memory(void **state)
{
    (void)state;
    char *pool = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    static const LOCK_OPERATION operations[] = {IoReadAccess, IoWriteAccess, IoModifyAccess};
    for (unsigned i = 0; i < 3; i++) {
        PVOID bad[] = {NULL, (PVOID)0x1000, (PVOID)~(uintptr_t)0xFFF, pool};
        for (unsigned j = 0; j < 4; j++) {
            PMDL mdl = IoAllocateMdl(bad[j], 64, FALSE, FALSE, NULL);
            assert_int_equal(lock(mdl, UserMode, operations[i]), STATUS_ACCESS_VIOLATION);
            assert_false(mdl->MdlFlags & MDL_PAGES_LOCKED);
            IoFreeMdl(mdl);
        }
    }
    /* The kernel may lock its own. */
    PMDL mdl = IoAllocateMdl(pool, 64, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, KernelMode, IoModifyAccess), STATUS_SUCCESS);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), pool);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ExFreePool(pool);

    /* The second page is not committed. */
    PVOID base = NULL, page;
    SIZE_T size = 2 * PAGE_SIZE, one = PAGE_SIZE;
    assert_int_equal(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE, PAGE_READWRITE), 0);
    page = base;
    assert_int_equal(NtAllocateVirtualMemory(NtCurrentProcess(), &page, 0, &one, MEM_COMMIT, PAGE_READWRITE), 0);
    mdl = IoAllocateMdl(base, PAGE_SIZE + 1, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    IoFreeMdl(mdl);
    ntio_user_free(base);
}

static void builds_for_nonpaged_pool(void **state)
{
    (void)state;
    char *pool = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    PMDL mdl = IoAllocateMdl(pool + 10, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    assert_true(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), pool + 10);
    assert_int_equal(MmGetMdlPfnArray(mdl)[1], MmGetMdlPfnArray(mdl)[0] + 1);

    PMDL part = IoAllocateMdl(pool + 10, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    IoBuildPartialMdl(mdl, part, pool + PAGE_SIZE + 5, 20);
    assert_true(part->MdlFlags & MDL_PARTIAL);
    assert_int_equal(part->ByteCount, 20);
    assert_int_equal(part->ByteOffset, 5);
    assert_int_equal(MmGetMdlPfnArray(part)[0], MmGetMdlPfnArray(mdl)[1]);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), pool + PAGE_SIZE + 5);
    MmPrepareMdlForReuse(part);
    IoBuildPartialMdl(mdl, part, pool + 20, 0);
    assert_int_equal(part->ByteCount, 2 * PAGE_SIZE - 10);
    IoFreeMdl(part);
    IoFreeMdl(mdl);
    ExFreePool(pool);
}

static void maps_a_part_of_a_locked_buffer(void **state)
{
    (void)state;
    char *base = ntio_user_alloc(3 * PAGE_SIZE);
    memset(base, 'a', 3 * PAGE_SIZE);
    PMDL mdl = IoAllocateMdl(base, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, UserMode, IoModifyAccess), STATUS_SUCCESS);
    PMDL part = IoAllocateMdl(base, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    IoBuildPartialMdl(mdl, part, base + PAGE_SIZE + 7, 10);
    char *alias = MmGetSystemAddressForMdlSafe(part, NormalPagePriority);
    assert_true(part->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED);
    alias[0] = 'b';
    assert_int_equal(base[PAGE_SIZE + 7], 'b');
    MmPrepareMdlForReuse(part);
    assert_false(part->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED);
    IoFreeMdl(part);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ntio_user_free(base);
}

static void maps_into_the_client(void **state)
{
    (void)state;
    char *pool = ExAllocatePoolWithTag(NonPagedPoolNx, PAGE_SIZE, TAG);
    strcpy(pool, "shared");
    PMDL mdl = IoAllocateMdl(pool, PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    char *user = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    assert_non_null(user);
    assert_ptr_not_equal(user, pool);
    assert_string_equal(user, "shared");
    user[0] = 'S';
    assert_string_equal(pool, "Shared");
    MmUnmapLockedPages(user, mdl);
    IoFreeMdl(mdl);
    ExFreePool(pool);
}

static void gives_pages(void **state)
{
    (void)state;
    PHYSICAL_ADDRESS low = {.QuadPart = 0}, high = {.QuadPart = 0xFFFFFFFF}, skip = {.QuadPart = 0};
    PMDL mdl = MmAllocatePagesForMdl(low, high, skip, 3 * PAGE_SIZE + 1);
    assert_non_null(mdl);
    assert_int_equal(MmGetMdlByteCount(mdl), 4 * PAGE_SIZE);
    char *pages = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    assert_non_null(pages);
    for (unsigned i = 0; i < 4 * PAGE_SIZE; i++)
        assert_int_equal(pages[i], 0);
    pages[0] = 1;
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_SUCCESS);
    assert_int_equal(MmProtectMdlSystemAddress(mdl, 0x1234), STATUS_INVALID_PAGE_PROTECTION);
    MmUnmapLockedPages(pages, mdl);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);

    PHYSICAL_ADDRESS highest = {.QuadPart = 0x7FFFFFFFFFFFFFFF};
    char *contiguous = MmAllocateContiguousMemory(2 * PAGE_SIZE, highest);
    assert_int_equal(MmGetPhysicalAddress(contiguous + PAGE_SIZE).QuadPart,
                     MmGetPhysicalAddress(contiguous).QuadPart + PAGE_SIZE);
    memset(contiguous, 1, 2 * PAGE_SIZE);
    MmFreeContiguousMemory(contiguous);
}

/* --- what the machine stops for --- */

static void free_locked(void *context)
{
    PMDL mdl = IoAllocateMdl(context, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    IoFreeMdl(mdl);
}

static void unlock_twice(void *context)
{
    PMDL mdl = IoAllocateMdl(context, 100, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    MmUnlockPages(mdl);
    MmUnlockPages(mdl);
}

static void unlock_pool(void *context)
{
    (void)context;
    PMDL mdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG), 10, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    MmUnlockPages(mdl);
}

static void lock_pool_mdl(void *context)
{
    (void)context;
    PMDL mdl = IoAllocateMdl(ExAllocatePoolWithTag(NonPagedPoolNx, 10, TAG), 10, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
}

static void partial_too_big(void *context)
{
    PMDL mdl = IoAllocateMdl(context, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    PMDL part = IoAllocateMdl(context, 10, FALSE, FALSE, NULL);
    IoBuildPartialMdl(mdl, part, context, 2 * PAGE_SIZE);
}

static void map_unlocked(void *context)
{
    PMDL mdl = IoAllocateMdl(context, 100, FALSE, FALSE, NULL);
    MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}

static void stops_for_misuse(void **state)
{
    (void)state;
    static const struct {
        void (*body)(void *);
        ULONG code;
        ULONG64 first;
    } misuses[] = {
        {free_locked, 0x76, 0},     {unlock_twice, 0x76, 1},    {unlock_pool, 0xC4, 0x7D},
        {lock_pool_mdl, 0xC4, 0xB0}, {partial_too_big, 0x40, 0}, {map_unlocked, 0xC4, 0xB3},
    };
    for (unsigned i = 0; i < sizeof misuses / sizeof misuses[0]; i++) {
        ntio_bugcheck caught = {0};
        assert_int_equal(ntio_start(NULL), 0);
        char *base = ntio_user_alloc(2 * PAGE_SIZE);
        assert_true(ntio_catch_bugcheck(misuses[i].body, base, &caught));
        assert_int_equal(caught.code, misuses[i].code);
        assert_int_equal(caught.parameters[0], misuses[i].first);
        if (misuses[i].body == free_locked)
            assert_int_equal(caught.parameters[2], 2);
        assert_int_equal(ntio_stop(), 0);
    }
}

static void lock_and_stop(void *context)
{
    PMDL mdl = IoAllocateMdl(context, 10, FALSE, FALSE, NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    ntio_stop();
}

/* The client ends before the drivers do, and its pages must be its own again then. */
static void stops_for_pages_left_locked(void **state)
{
    (void)state;
    static char page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
    ntio_bugcheck caught;
    assert_int_equal(ntio_start(NULL), 0);
    assert_true(ntio_catch_bugcheck(lock_and_stop, page, &caught));
    assert_int_equal(caught.code, 0x76);
    assert_int_equal(caught.parameters[0], 0);
    assert_int_equal(caught.parameters[2], 1);
    assert_int_equal(ntio_stop(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(describes_a_range, start, stop),
        cmocka_unit_test_setup_teardown(chains_to_an_irp, start, stop),
        cmocka_unit_test_setup_teardown(aliases_client_memory, start, stop),
        cmocka_unit_test_setup_teardown(keeps_freed_memory_alive, start, stop),
        cmocka_unit_test_setup_teardown(survives_a_change_of_protection, start, stop),
        cmocka_unit_test_setup_teardown(locks_any_other_memory_in_place, start, stop),
        cmocka_unit_test_setup_teardown(refuses_bad_memory, start, stop),
        cmocka_unit_test_setup_teardown(builds_for_nonpaged_pool, start, stop),
        cmocka_unit_test_setup_teardown(maps_a_part_of_a_locked_buffer, start, stop),
        cmocka_unit_test_setup_teardown(maps_into_the_client, start, stop),
        cmocka_unit_test_setup_teardown(gives_pages, start, stop),
        cmocka_unit_test(stops_for_misuse),
        cmocka_unit_test(stops_for_pages_left_locked),
    };
    return cmocka_run_group_tests_name("mdl", tests, NULL, NULL);
}
