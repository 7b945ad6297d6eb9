/*
 * MDLs beyond the usual: mapped into a range that was reserved before, and how that is misused; advanced past their first pages.
 * Contiguous memory of a node; whether a driver is verified.
 */
#include "ke_test.h"

#include <bugcodes.h>
#include <string.h>

#define TAG 'tseT'

static PMDL locked(char *base, ULONG length)
{
    PMDL mdl = IoAllocateMdl(base, length, FALSE, FALSE, NULL);
    assert_non_null(mdl);
    MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    return mdl;
}

static void map_reserved(void *context)
{
    (void)context;
    char *client = ntio_user_alloc(4 * PAGE_SIZE), *stack = (char[64]){0};
    char *range = MmAllocateMappingAddress(3 * PAGE_SIZE, TAG);
    assert_non_null(range);
    assert_int_equal((ULONG_PTR)range & (PAGE_SIZE - 1), 0);
    assert_false(MmIsAddressValid(range));
    PMDL mdl = locked(client + 100, 2 * PAGE_SIZE);
    for (int i = 0; i < 3; i++) {
        char *mapped = MmMapLockedPagesWithReservedMapping(range, TAG, mdl, MmCached);
        assert_ptr_equal(mapped, range + 100);
        assert_ptr_equal(mdl->MappedSystemVa, range);
        assert_true(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
        mapped[PAGE_SIZE + i] = (char)(i + 1);
        assert_int_equal(client[100 + PAGE_SIZE + i], i + 1);
        assert_int_equal(MmGetPhysicalAddress(mapped).QuadPart, MmGetPhysicalAddress(client + 100).QuadPart);
        MmUnmapReservedMapping(range, TAG, mdl);
        assert_false(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
        assert_false(MmIsAddressValid(range));
    }
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);

    /* What is too large is refused, and the range is as it was. */
    mdl = locked(client + 1, 3 * PAGE_SIZE);
    assert_null(MmMapLockedPagesWithReservedMapping(range, TAG, mdl, MmCached));
    assert_false(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);

    /* Memory that has no second address stays where it is. */
    mdl = locked(stack + 1, 10);
    char *mapped = MmMapLockedPagesWithReservedMapping(range, TAG, mdl, MmCached);
    assert_ptr_equal(mapped, stack + 1);
    MmUnmapReservedMapping(mapped, TAG, mdl);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    MmFreeMappingAddress(range, TAG);
    ntio_user_free(client);
}

/* Many neighbours: what one gives back is not the other's. */
static void neighbours(void *context)
{
    (void)context;
    char *ranges[8], *client = ntio_user_alloc(PAGE_SIZE);
    PMDL mdls[8];
    for (int i = 0; i < 8; i++) {
        ranges[i] = MmAllocateMappingAddress(1, TAG + (ULONG)i);
        mdls[i] = locked(client + i, 1);
        assert_ptr_equal(MmMapLockedPagesWithReservedMapping(ranges[i], TAG + (ULONG)i, mdls[i], MmCached), ranges[i] + i);
    }
    for (int i = 0; i < 8; i += 2) {
        MmUnmapReservedMapping(ranges[i], TAG + (ULONG)i, mdls[i]);
        MmFreeMappingAddress(ranges[i], TAG + (ULONG)i);
        assert_false(MmIsAddressValid(ranges[i]));
    }
    for (int i = 1; i < 8; i += 2) {
        ranges[i][i] = 'x';
        assert_int_equal(client[i], 'x');
        MmUnmapReservedMapping(ranges[i], TAG + (ULONG)i, mdls[i]);
        MmFreeMappingAddress(ranges[i], TAG + (ULONG)i);
    }
    for (int i = 0; i < 8; i++) {
        MmUnlockPages(mdls[i]);
        IoFreeMdl(mdls[i]);
    }
    ntio_user_free(client);
}

/* --- misuse: WDK, "Bug Check 0xDA: SYSTEM_PTE_MISUSE" --- */

static struct misuse {
    char *client, *range;
    PMDL mdl, larger, smaller;
} m;

static void prepare(void)
{
    m.client = ntio_user_alloc(4 * PAGE_SIZE);
    m.range = MmAllocateMappingAddress(2 * PAGE_SIZE, TAG);
    m.mdl = locked(m.client, 2 * PAGE_SIZE);
    m.larger = locked(m.client, 3 * PAGE_SIZE);
    m.smaller = locked(m.client, 1);
}

static void map_it(void)
{
    assert_ptr_equal(MmMapLockedPagesWithReservedMapping(m.range, TAG, m.mdl, MmCached), m.range);
}

static void reserve_nothing(void *context)
{
    (void)context;
    MmAllocateMappingAddress(0, TAG);
}

static void free_others(void *context)
{
    (void)context;
    MmFreeMappingAddress(m.range, TAG + 1);
}

static void free_none(void *context)
{
    (void)context;
    MmFreeMappingAddress(m.range + PAGE_SIZE, TAG);
}

static void free_mapped(void *context)
{
    (void)context;
    map_it();
    MmFreeMappingAddress(m.range, TAG);
}

static void map_others(void *context)
{
    (void)context;
    MmMapLockedPagesWithReservedMapping(m.range, TAG + 1, m.mdl, MmCached);
}

static void map_none(void *context)
{
    (void)context;
    MmMapLockedPagesWithReservedMapping(m.range + 1, TAG, m.mdl, MmCached);
}

static void map_again(void *context)
{
    (void)context;
    map_it();
    MmMapLockedPagesWithReservedMapping(m.range, TAG, m.smaller, MmCached);
}

static void unmap_others(void *context)
{
    (void)context;
    map_it();
    MmUnmapReservedMapping(m.range, TAG + 1, m.mdl);
}

static void unmap_none(void *context)
{
    (void)context;
    map_it();
    MmUnmapReservedMapping(m.range + PAGE_SIZE, TAG, m.mdl);
}

static void unmap_more(void *context)
{
    (void)context;
    map_it();
    MmUnmapReservedMapping(m.range, TAG, m.larger);
}

static void unmap_unmapped(void *context)
{
    (void)context;
    MmUnmapReservedMapping(m.range, TAG, m.mdl);
}

static void unmap_less(void *context)
{
    (void)context;
    map_it();
    MmUnmapReservedMapping(m.range, TAG, m.smaller);
}

static void unmap_as_usual(void *context)
{
    (void)context;
    map_it();
    MmUnmapLockedPages(m.range, m.mdl);
}

static void expect(void (*routine)(void *), ULONG_PTR p1, ULONG_PTR p3)
{
    assert_int_equal(ntio_start(NULL), 0);
    prepare();
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(routine, NULL, &caught));
    assert_int_equal(caught.code, SYSTEM_PTE_MISUSE);
    assert_int_equal(caught.parameters[0], p1);
    ULONG_PTR address = caught.parameters[1];
    assert_true(address == 0 || address - (ULONG_PTR)m.range <= PAGE_SIZE);
    assert_int_equal(caught.parameters[2], p3);
    ntio_stop();
}

static void misused(void **state)
{
    (void)state;
    expect(reserve_nothing, 0x100, TAG);
    expect(free_others, 0x101, TAG + 1);
    expect(free_none, 0x102, TAG);
    expect(free_mapped, 0x103, TAG);
    expect(map_others, 0x104, TAG + 1);
    expect(map_none, 0x105, TAG);
    expect(unmap_others, 0x108, TAG + 1);
    expect(unmap_none, 0x109, TAG);
    expect(unmap_more, 0x10A, 2);
    expect(unmap_unmapped, 0x10B, TAG);
    expect(unmap_less, 0x10C, TAG);
    expect(unmap_as_usual, 0x301, 0);
}

static void mapped_again(void **state)
{
    (void)state;
    prepare();
    ntio_bugcheck caught;
    assert_true(ntio_catch_bugcheck(map_again, NULL, &caught));
    assert_int_equal(caught.parameters[0], 0x107);
    assert_int_equal(caught.parameters[1], (ULONG_PTR)m.range);
    assert_int_equal(caught.parameters[2], (ULONG_PTR)m.range);
    assert_int_equal(caught.parameters[3], (ULONG_PTR)m.range + PAGE_SIZE);
}

static void left_reserved(void **state)
{
    (void)state;
    assert_int_equal(ntio_start(NULL), 0);
    assert_non_null(MmAllocateMappingAddress(1, TAG));
    assert_int_equal(ntio_stop(), 1);
}

/* --- MmAdvanceMdl --- */

static void advance(void *context)
{
    (void)context;
    char *client = ntio_user_alloc(4 * PAGE_SIZE);
    PMDL mdl = locked(client + 16, 3 * PAGE_SIZE);
    assert_int_equal(MmAdvanceMdl(mdl, 3 * PAGE_SIZE), STATUS_INVALID_PARAMETER_2);
    assert_int_equal(MmAdvanceMdl(mdl, ~0u), STATUS_INVALID_PARAMETER_2);
    char *mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    PFN_NUMBER third = MmGetMdlPfnArray(mdl)[2];

    /* Inside the first page nothing but the offset changes. */
    assert_int_equal(MmAdvanceMdl(mdl, 84), STATUS_SUCCESS);
    assert_ptr_equal(MmGetMdlVirtualAddress(mdl), client + 100);
    assert_int_equal(MmGetMdlByteCount(mdl), 3 * PAGE_SIZE - 84);
    assert_ptr_equal(mdl->MappedSystemVa, mapped + 84);

    assert_int_equal(MmAdvanceMdl(mdl, 2 * PAGE_SIZE), STATUS_SUCCESS);
    assert_ptr_equal(mdl->StartVa, client + 2 * PAGE_SIZE);
    assert_int_equal(MmGetMdlByteOffset(mdl), 100);
    assert_int_equal(MmGetMdlByteCount(mdl), PAGE_SIZE - 84);
    assert_int_equal(MmGetMdlPfnArray(mdl)[0], third);
    char *there = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    assert_ptr_equal(there, mapped + 2 * PAGE_SIZE + 84);
    assert_false(MmIsAddressValid(mapped));
    assert_false(MmIsAddressValid(mapped + PAGE_SIZE));
    there[0] = 'h', there[PAGE_SIZE - 85] = 'e';
    assert_int_equal(client[2 * PAGE_SIZE + 100], 'h');
    assert_int_equal(client[3 * PAGE_SIZE + 15], 'e');
    /* The pages before are unlocked: the client can give them back, and only those. */
    PVOID base = client;
    SIZE_T size = 2 * PAGE_SIZE;
    assert_int_equal(ZwFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ntio_user_free(client);

    /* Pool: nothing is locked, and its address goes along. */
    char *pool = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);
    mdl = IoAllocateMdl(pool, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    assert_int_equal(MmAdvanceMdl(mdl, PAGE_SIZE + 1), STATUS_SUCCESS);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), pool + PAGE_SIZE + 1);
    assert_int_equal(MmGetPhysicalAddress(pool + PAGE_SIZE).QuadPart >> PAGE_SHIFT, MmGetMdlPfnArray(mdl)[0]);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(pool, TAG);

    /* Memory that has no second address. */
    static char own[3 * PAGE_SIZE];
    mdl = locked(own, sizeof own);
    mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    assert_int_equal(MmAdvanceMdl(mdl, 2 * PAGE_SIZE), STATUS_SUCCESS);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), mapped + 2 * PAGE_SIZE);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/* --- memory of a node --- */

static PHYSICAL_ADDRESS at(LONGLONG address)
{
    return (PHYSICAL_ADDRESS){.QuadPart = address};
}

static void nodes(void *context)
{
    (void)context;
    PHYSICAL_ADDRESS low = at(0), high = at(INT64_MAX), none = at(0);
    char *p = MmAllocateContiguousNodeMemory(5000, low, high, none, PAGE_READWRITE | PAGE_NOCACHE, MM_ANY_NODE_OK);
    assert_non_null(p);
    p[4999] = 1;
    assert_int_equal(MmGetPhysicalAddress(p + PAGE_SIZE).QuadPart, MmGetPhysicalAddress(p).QuadPart + PAGE_SIZE);
    MmFreeContiguousMemory(p);
    assert_null(MmAllocateContiguousNodeMemory(1, low, high, none, PAGE_READONLY, 0));
    assert_null(MmAllocateContiguousNodeMemory(1, low, high, none, 0, 0));
    assert_null(MmAllocateContiguousNodeMemory(1, low, high, none, PAGE_READWRITE | PAGE_NOCACHE | PAGE_WRITECOMBINE, 0));
    assert_null(MmAllocateContiguousNodeMemory(1, low, at(0xFFF), none, PAGE_READWRITE, 0));
    assert_null(MmAllocateContiguousNodeMemory(2 * PAGE_SIZE, low, high, at(PAGE_SIZE), PAGE_READWRITE, 0));
#if defined(__x86_64__)
    unsigned char *code = MmAllocateContiguousNodeMemory(1, low, high, none, PAGE_EXECUTE_READWRITE, 0);
    memcpy(code, "\xB8\x2A\0\0\0\xC3", 6); /* mov eax, 42; ret */
    int (*run)(void);
    memcpy(&run, &code, sizeof run);
    assert_int_equal(run(), 42);
    MmFreeContiguousMemory(code);
#endif
    p = MmAllocateContiguousMemorySpecifyCacheNode(1, low, high, none, MmCached, 0);
    assert_non_null(p);
    MmFreeContiguousMemorySpecifyCache(p, 1, MmCached);
}

static NTSTATUS NTAPI entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)driver, (void)path;
    return STATUS_SUCCESS;
}

static void verifying(void *context)
{
    bool on = context != NULL;
    PDRIVER_OBJECT driver = NULL;
    assert_int_equal(MmIsDriverVerifying(driver), on);
    assert_int_equal(MmIsDriverSuspectForVerifier(driver), on);
    assert_false(MmIsDriverVerifyingByAddress((PVOID)(ULONG_PTR)entry)); /* no driver's image */
}

static void whether_it_is_verified(void **state)
{
    (void)state;
    ntio_options options = {.verifier = NTIO_VERIFIER_OFF};
    assert_int_equal(ntio_start(&options), 0);
    ntio_run_in_kernel(verifying, NULL);
    assert_int_equal(ntio_stop(), 0);
    options.verifier = NTIO_VERIFIER_STANDARD;
    assert_int_equal(ntio_start(&options), 0);
    ntio_run_in_kernel(verifying, &options);
    assert_int_equal(ntio_stop(), 0);
}

#define IN_KERNEL(name)                                                                                      \
    static void test_##name(void **state)                                                                    \
    {                                                                                                        \
        (void)state;                                                                                         \
        ntio_run_in_kernel(name, NULL);                                                                      \
    }

IN_KERNEL(map_reserved)
IN_KERNEL(neighbours)
IN_KERNEL(advance)
IN_KERNEL(nodes)

#define TEST(function) cmocka_unit_test_setup_teardown(function, start_machine, stop_machine)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_map_reserved),
        TEST(test_neighbours),
        cmocka_unit_test(misused),
        TEST(mapped_again),
        cmocka_unit_test(left_reserved),
        TEST(test_advance),
        TEST(test_nodes),
        cmocka_unit_test(whether_it_is_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
