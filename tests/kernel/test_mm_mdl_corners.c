/*
 * Corners of MDLs: mappings that may not be written, mappings in the client at an address it chose, arrays of page frame
 * numbers that a driver put together, buffers without a byte or across pages, pages below an address.
 */
#include "ke_test.h"

#include <string.h>

#define TAG 'tseT'

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

static PMDL locked(void *base, ULONG length, LOCK_OPERATION operation)
{
    PMDL mdl = IoAllocateMdl(base, length, FALSE, FALSE, NULL);
    assert_non_null(mdl);
    assert_int_equal(lock(mdl, UserMode, operation), STATUS_SUCCESS);
    return mdl;
}

static void unlocked(PMDL mdl)
{
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/* --- read-only --- */

static char *volatile target;

static void store(void *context)
{
    (void)context;
    *(volatile char *)target = 1;
}

static void load(void *context)
{
    (void)context;
    (void)*(volatile char *)target;
}

static void touch_no_write(void *context)
{
    char *base = ntio_user_alloc(PAGE_SIZE);
    base[5] = 'r';
    PMDL mdl = locked(base + 5, 10, IoReadAccess);
    target = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoWrite);
    assert_non_null(target);
    assert_int_equal(*target, 'r');
    base[5] = 's';
    assert_int_equal(*target, 's');
    if (context)
        ntio_run_in_kernel(store, NULL);
    unlocked(mdl);
    ntio_user_free(base);
}

static void touch_protected(void *context)
{
    char *base = ntio_user_alloc(2 * PAGE_SIZE);
    PMDL mdl = locked(base, 2 * PAGE_SIZE, IoModifyAccess);
    char *alias = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    alias[PAGE_SIZE] = 1;
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_SUCCESS);
    base[PAGE_SIZE] = 2; /* the client's own address is not concerned */
    assert_int_equal(alias[PAGE_SIZE], 2);
    target = alias + PAGE_SIZE;
    if (context == store)
        ntio_run_in_kernel(store, NULL);
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_NOACCESS), STATUS_SUCCESS);
    assert_false(MmIsAddressValid(target));
    if (context == load)
        ntio_run_in_kernel(load, NULL);
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_READWRITE), STATUS_SUCCESS);
    alias[PAGE_SIZE] = 3;
    assert_int_equal(base[PAGE_SIZE], 3);
    unlocked(mdl);
    ntio_user_free(base);
}

static void stops(void (*body)(void *), void *context, uint32_t code, uint64_t access)
{
    ntio_bugcheck caught;
    assert_int_equal(ntio_start(NULL), 0);
    assert_true(ntio_catch_bugcheck(body, context, &caught));
    assert_int_equal(caught.code, code);
    assert_int_equal(caught.parameters[0], (uintptr_t)target);
    if (code == 0x50)
        assert_int_equal(caught.parameters[1], access);
    assert_int_equal(ntio_stop(), 0);
}

static void a_mapping_may_be_read_only(void **state)
{
    (void)state;
    assert_int_equal(ntio_start(NULL), 0);
    touch_no_write(NULL);
    touch_protected(NULL);
    assert_int_equal(ntio_stop(), 0);
    stops(touch_no_write, store, 0xBE, 0);
    stops(touch_protected, store, 0xBE, 0);
    stops(touch_protected, load, 0x50, 0);
}

static void only_mapped_ones_are_protected(void **state)
{
    (void)state;
    char *base = ntio_user_alloc(PAGE_SIZE), local[64];
    PMDL mdl = locked(base, 16, IoReadAccess);
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW);
    unlocked(mdl);
    mdl = locked(local, sizeof local, IoReadAccess);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), local);
    assert_int_equal(MmProtectMdlSystemAddress(mdl, PAGE_READONLY), STATUS_NOT_MAPPED_VIEW);
    unlocked(mdl);
    ntio_user_free(base);
}

/* --- in the client --- */

static NTSTATUS map_at(PMDL mdl, PVOID at, ULONG priority, char **address)
{
    volatile NTSTATUS status = STATUS_SUCCESS;
    __try {
        *address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, at, FALSE, priority);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static void mappings_in_the_client(void **state)
{
    (void)state;
    char *pool = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG), *address = NULL;
    memset(pool, 'p', 3 * PAGE_SIZE);
    PMDL mdl = IoAllocateMdl(pool + 100, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    assert_int_equal(map_at(mdl, NULL, NormalPagePriority | MdlMappingNoWrite, &address), STATUS_SUCCESS);
    assert_int_equal((uintptr_t)address % PAGE_SIZE, 100);
    assert_int_equal(address[2 * PAGE_SIZE - 1], 'p');
    /* For the client to read: locking it for writing fails there. */
    PMDL again = IoAllocateMdl(address, 10, FALSE, FALSE, NULL);
    assert_int_equal(lock(again, UserMode, IoWriteAccess), STATUS_ACCESS_VIOLATION);
    assert_int_equal(lock(again, UserMode, IoReadAccess), STATUS_SUCCESS);
    unlocked(again);
    MmUnmapLockedPages(address, mdl);
    assert_false(MmIsAddressValid(address));

    /* Where the client wants it: the same place again; and not where something else is. */
    PVOID base = (PVOID)((uintptr_t)address & ~(uintptr_t)0xFFFF);
    char *second = NULL;
    assert_int_equal(map_at(mdl, base, NormalPagePriority, &second), STATUS_SUCCESS);
    assert_ptr_equal(second, (char *)base + 100);
    second[0] = 'q';
    assert_int_equal(pool[100], 'q');
    assert_int_equal(map_at(mdl, base, NormalPagePriority, &address), STATUS_CONFLICTING_ADDRESSES);
    MmUnmapLockedPages(second, mdl);
    IoFreeMdl(mdl);
    ExFreePool(pool);
}

/* --- arrays of page frame numbers --- */

static void a_driver_s_own_array(void **state)
{
    (void)state;
    char *base = ntio_user_alloc(4 * PAGE_SIZE);
    for (int i = 0; i < 4; i++)
        base[i * PAGE_SIZE] = (char)('a' + i);
    PMDL all = locked(base, 4 * PAGE_SIZE, IoModifyAccess);
    PPFN_NUMBER from = MmGetMdlPfnArray(all);
    /* The third page and then the first. */
    PMDL two = IoAllocateMdl(NULL, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmGetMdlPfnArray(two)[0] = from[2];
    MmGetMdlPfnArray(two)[1] = from[0];
    two->MdlFlags |= MDL_PAGES_LOCKED;
    char *alias = MmMapLockedPagesSpecifyCache(two, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
    assert_non_null(alias);
    assert_int_equal(alias[0], 'c');
    assert_int_equal(alias[PAGE_SIZE], 'a');
    alias[PAGE_SIZE] = 'z';
    assert_int_equal(base[0], 'z');
    MmUnmapLockedPages(alias, two);
    two->MdlFlags &= ~MDL_PAGES_LOCKED;
    IoFreeMdl(two);
    unlocked(all);
    ntio_user_free(base);
}

static void no_byte_and_a_byte_across(void **state)
{
    (void)state;
    char *base = ntio_user_alloc(2 * PAGE_SIZE);
    PMDL mdl = locked(base + 17, 0, IoReadAccess);
    assert_int_equal(MmGetMdlByteCount(mdl), 0);
    assert_int_equal(MmGetMdlByteOffset(mdl), 17);
    unlocked(mdl);
    assert_int_equal(ADDRESS_AND_SIZE_TO_SPAN_PAGES(base + PAGE_SIZE - 1, 1), 1);
    assert_int_equal(ADDRESS_AND_SIZE_TO_SPAN_PAGES(base + PAGE_SIZE - 1, 2), 2);
    mdl = locked(base + PAGE_SIZE - 1, 2, IoModifyAccess);
    assert_int_equal(mdl->Size, sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    char *alias = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    alias[0] = 1;
    alias[1] = 2;
    assert_int_equal(base[PAGE_SIZE - 1], 1);
    assert_int_equal(base[PAGE_SIZE], 2);
    unlocked(mdl);
    /* The range wraps around: nothing is there. */
    mdl = IoAllocateMdl((PVOID)(uintptr_t)-16, 64, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    IoFreeMdl(mdl);
    /* Half of it has been given back. */
    PVOID half = base + PAGE_SIZE;
    SIZE_T size = PAGE_SIZE;
    assert_int_equal(NtFreeVirtualMemory(NtCurrentProcess(), &half, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    mdl = IoAllocateMdl(base + PAGE_SIZE - 1, 2, FALSE, FALSE, NULL);
    assert_int_equal(lock(mdl, UserMode, IoReadAccess), STATUS_ACCESS_VIOLATION);
    IoFreeMdl(mdl);
    ntio_user_free(base);
}

static void an_mdl_is_used_again(void **state)
{
    (void)state;
    char *base = ntio_user_alloc(4 * PAGE_SIZE);
    PMDL all = locked(base, 4 * PAGE_SIZE, IoModifyAccess), part = IoAllocateMdl(base, PAGE_SIZE, FALSE, FALSE, NULL);
    for (int i = 0; i < 4; i++) {
        IoBuildPartialMdl(all, part, base + i * PAGE_SIZE, PAGE_SIZE);
        char *alias = MmGetSystemAddressForMdlSafe(part, NormalPagePriority);
        memset(alias, i + 1, PAGE_SIZE);
        MmPrepareMdlForReuse(part);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(base[i * PAGE_SIZE], i + 1);
        assert_int_equal(base[(i + 1) * PAGE_SIZE - 1], i + 1);
    }
    /* When the whole is mapped the part lives in that mapping, and stays when it is given up. */
    char *whole = MmGetSystemAddressForMdlSafe(all, NormalPagePriority);
    IoBuildPartialMdl(all, part, base + PAGE_SIZE + 9, 100);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(part, NormalPagePriority), whole + PAGE_SIZE + 9);
    MmPrepareMdlForReuse(part);
    assert_int_equal(whole[PAGE_SIZE + 9], 2);
    IoFreeMdl(part);
    unlocked(all);
    ntio_user_free(base);
}

static void pages_below_an_address(void **state)
{
    (void)state;
    PHYSICAL_ADDRESS low = {.QuadPart = 0}, nothing = {.QuadPart = 0xFFF}, high = {.QuadPart = 0x7FFFFFFFFFFFFFFF},
                     skip = {.QuadPart = 0};
    assert_null(MmAllocatePagesForMdlEx(low, nothing, skip, PAGE_SIZE, MmCached, 0));
    assert_null(MmAllocatePagesForMdl(low, high, skip, 0));
    PMDL mdl = MmAllocatePagesForMdlEx(low, high, skip, 2 * PAGE_SIZE, MmCached, MM_ALLOCATE_FULLY_REQUIRED);
    assert_non_null(mdl);
    assert_int_equal(MmGetMdlByteOffset(mdl), 0);
    assert_true(mdl->MdlFlags & MDL_PAGES_LOCKED);
    /* In the kernel and in the client at once: one memory. */
    char *kernel = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), *user = NULL;
    assert_int_equal(map_at(mdl, NULL, NormalPagePriority, &user), STATUS_SUCCESS);
    kernel[PAGE_SIZE + 1] = 7;
    if (user != kernel)
        assert_int_equal(user[PAGE_SIZE + 1], 7);
    MmUnmapLockedPages(user, mdl);
    assert_int_equal(kernel[PAGE_SIZE + 1], 7);
    MmFreePagesFromMdl(mdl); /* unmaps it, too */
    assert_false(mdl->MdlFlags & MDL_PAGES_LOCKED);
    ExFreePool(mdl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mapping_may_be_read_only),
        CASE(only_mapped_ones_are_protected),
        CASE(mappings_in_the_client),
        CASE(a_driver_s_own_array),
        CASE(no_byte_and_a_byte_across),
        CASE(an_mdl_is_used_again),
        CASE(pages_below_an_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
