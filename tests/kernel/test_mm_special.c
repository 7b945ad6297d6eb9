/*
 * Special pool in both alignments, and paged pool that is out at DISPATCH_LEVEL, as the kernel's own code meets them. What a
 * driver sees is in tests/faults.
 */
#include "ke_test.h"

#include <string.h>

#define TAG 'tseT'

static int start_end(void **state)
{
    (void)state;
    return ntio_start(&(ntio_options){.special_pool = NTIO_SPECIAL_POOL_END});
}

static int start_start(void **state)
{
    (void)state;
    return ntio_start(&(ntio_options){.special_pool = NTIO_SPECIAL_POOL_START});
}

static int start_out(void **state)
{
    (void)state;
    return ntio_start(&(ntio_options){.paged_out = true});
}

static void blocks_lie_where_they_should(bool start)
{
    for (SIZE_T size = 0; size < 20000; size += size < 100 ? 1 : size / 3) {
        unsigned char *block = ExAllocatePoolWithTag(size % 2 ? PagedPool : NonPagedPoolNx, size, TAG);
        assert_non_null(block);
        if (start || size >= PAGE_SIZE)
            assert_int_equal((uintptr_t)block % PAGE_SIZE, 0);
        else
            assert_int_equal(((uintptr_t)block + (size ? (size + 15) / 16 * 16 : 16)) % PAGE_SIZE, 0);
        for (SIZE_T i = 0; i < size; i++)
            assert_int_equal(block[i], 0xCD);
        memset(block, 0x5A, size);
        ExFreePoolWithTag(block, TAG);
        block = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, TAG);
        for (SIZE_T i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        ExFreePool(block);
    }
}

static void at_the_end(void **state)
{
    (void)state;
    blocks_lie_where_they_should(false);
    char *block = ExAllocatePoolWithTagPriority(NonPagedPool, 32, TAG, NormalPoolPrioritySpecialPoolUnderrun);
    assert_int_equal((uintptr_t)block % PAGE_SIZE, 0);
    ExFreePool(block);
    POOL_EXTENDED_PARAMETER priority = {.Type = PoolExtendedParameterPriority,
                                        .Priority = LowPoolPrioritySpecialPoolUnderrun};
    block = ExAllocatePool3(POOL_FLAG_NON_PAGED, 32, TAG, &priority, 1);
    assert_int_equal((uintptr_t)block % PAGE_SIZE, 0);
    ExFreePool(block);
    block = ExAllocatePoolWithTag(NonPagedPoolCacheAligned, 100, TAG);
    assert_int_equal((uintptr_t)block % PAGE_SIZE, PAGE_SIZE - 128);
    ExFreePool(block);
    block = ExAllocatePoolWithTag(NonPagedPool, (SIZE_T)8 << 20, TAG); /* too large: ordinary pool */
    assert_non_null(block);
    ExFreePool(block);
}

static void at_the_start(void **state)
{
    (void)state;
    blocks_lie_where_they_should(true);
    char *block = ExAllocatePoolWithTagPriority(NonPagedPool, 32, TAG, HighPoolPrioritySpecialPoolOverrun);
    assert_int_equal((uintptr_t)block % PAGE_SIZE, PAGE_SIZE - 32);
    ExFreePool(block);
}

/* Freed addresses are not used again soon. */
static void freed_ones_wait(void **state)
{
    (void)state;
    void *first = ExAllocatePoolWithTag(NonPagedPool, 64, TAG);
    ExFreePool(first);
    for (int i = 0; i < 2000; i++) {
        void *block = ExAllocatePoolWithTag(NonPagedPool, 64, TAG);
        assert_non_null(block);
        assert_ptr_not_equal(block, first);
        ExFreePool(block);
    }
    assert_false(MmIsAddressValid(first));
}

/* More than what the quarantine holds: they do come back. */
static void there_is_no_end_of_it(void **state)
{
    (void)state;
    for (int i = 0; i < 2200; i++) {
        char *block = ExAllocatePoolWithTag(NonPagedPool, 31 * PAGE_SIZE, TAG);
        assert_non_null(block);
        block[i] = 1;
        ExFreePool(block);
    }
}

static void mdls_describe_it(void **state)
{
    (void)state;
    unsigned char *block = ExAllocatePoolWithTag(NonPagedPool, 6000, TAG);
    PMDL mdl = IoAllocateMdl(block, 6000, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), block);
    PPFN_NUMBER pfns = MmGetMdlPfnArray(mdl);
    assert_int_equal(MmGetPhysicalAddress(block).QuadPart >> PAGE_SHIFT, pfns[0]);
    assert_int_equal(MmGetPhysicalAddress(block + PAGE_SIZE).QuadPart >> PAGE_SHIFT, pfns[1]);
    IoFreeMdl(mdl);
    ExFreePool(block);
}

/* --- what the machine stops for --- */

static char *volatile victim;

static void read_behind(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(NonPagedPool, 64, TAG);
    (void)*(volatile char *)(victim + 64);
}

static void write_freed(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(PagedPool, 64, TAG);
    ExFreePool(victim);
    *(volatile char *)(victim + 1) = 1;
}

static void write_slack(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(NonPagedPool, 60, TAG);
    victim[60] = 0;
    ExFreePool(victim);
}

static void write_before(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(NonPagedPool, 60, TAG);
    victim[-7] = 0;
    ExFreePool(victim);
}

static void flip_a_bit(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(NonPagedPool, 60, TAG);
    victim[61] ^= 4;
    ExFreePool(victim);
}

static void free_twice(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(NonPagedPool, 60, TAG);
    ExFreePool(victim);
    ExFreePool(victim);
}

static void free_inside(void *context)
{
    (void)context;
    victim = (char *)ExAllocatePoolWithTag(NonPagedPool, 64, TAG) + 16;
    ExFreePool(victim);
}

static void free_by_another_name(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(NonPagedPool, 64, TAG);
    ExFreePoolWithTag(victim, 'rehO');
}

static void allocate_raised(void *context)
{
    (void)context;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ExAllocatePoolWithTag(PagedPool, 77, TAG);
}

static void free_raised(void *context)
{
    (void)context;
    KIRQL irql;
    victim = ExAllocatePoolWithTag(PagedPool, 77, TAG);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ExFreePool(victim);
}

static void in_kernel(void *body)
{
    ntio_run_in_kernel(*(void (**)(void *))body, NULL);
}

static ntio_bugcheck stops(int (*start)(void **), void (*body)(void *))
{
    static ntio_bugcheck caught;
    assert_int_equal(start(NULL), 0);
    assert_true(ntio_catch_bugcheck(in_kernel, &body, &caught));
    assert_int_equal(ntio_stop(), 0);
    return caught;
}

#define AT(p) ((uint64_t)(uintptr_t)(p))

static void misuse_stops(void **state)
{
    (void)state;
    ntio_bugcheck c = stops(start_end, read_behind);
    assert_int_equal(c.code, 0xCD);
    assert_int_equal(c.parameters[0], AT(victim + 64));
    assert_int_equal(c.parameters[1], 0);
    assert_int_not_equal(c.parameters[2], 0);
    c = stops(start_end, write_freed);
    assert_int_equal(c.code, 0xCC);
    assert_int_equal(c.parameters[0], AT(victim + 1));
    assert_int_equal(c.parameters[1], 1);
    static const struct {
        void (*body)(void *);
        int (*start)(void **);
        int reason, offset;
    } cases[] = {
        {write_slack, start_end, 0x24, 60},  {write_slack, start_start, 0x24, 60}, {write_before, start_end, 0x23, -7},
        {flip_a_bit, start_end, 0x32, 61},   {free_twice, start_end, 0x20, 0},     {free_twice, start_start, 0x20, 0},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        c = stops(cases[i].start, cases[i].body);
        assert_int_equal(c.code, 0xC1);
        assert_int_equal(c.parameters[0], AT(victim));
        assert_int_equal(c.parameters[1], cases[i].offset ? AT(victim + cases[i].offset) : 0);
        assert_int_equal(c.parameters[3], cases[i].reason);
    }
    c = stops(start_end, free_inside);
    assert_int_equal(c.code, 0xC1);
    assert_int_equal(c.parameters[0], AT(victim));
    assert_int_equal(c.parameters[1], 64);
    assert_int_equal(c.parameters[2], 48);
    assert_int_equal(c.parameters[3], 0x21);
    c = stops(start_end, free_by_another_name);
    assert_int_equal(c.code, 0xC2);
    assert_int_equal(c.parameters[0], 0xA);
    c = stops(start_end, allocate_raised);
    assert_int_equal(c.code, 0xC1);
    assert_int_equal(c.parameters[0], DISPATCH_LEVEL);
    assert_int_equal(c.parameters[1], PagedPool);
    assert_int_equal(c.parameters[2], 77);
    assert_int_equal(c.parameters[3], 0x30);
    c = stops(start_end, free_raised);
    assert_int_equal(c.code, 0xC1);
    assert_int_equal(c.parameters[2], AT(victim));
    assert_int_equal(c.parameters[3], 0x31);
}

static void leaks_are_counted(void **state)
{
    (void)state;
    assert_int_equal(start_end(NULL), 0);
    assert_non_null(ExAllocatePoolWithTag(PagedPool, 77, TAG));
    assert_int_equal(ntio_stop(), 1);
}

/* --- paged pool that is out --- */

static void read_raised(void *context)
{
    (void)context;
    KIRQL irql;
    victim = ExAllocatePoolWithTag(PagedPool, 64, TAG);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    (void)*(volatile char *)victim;
}

/* A new object's descriptor is from paged pool, whatever pool was named. */
static void read_descriptor_raised(void *context)
{
    (void)context;
    KIRQL irql;
    SECURITY_SUBJECT_CONTEXT subject;
    PSECURITY_DESCRIPTOR made = NULL;
    SeCaptureSubjectContext(&subject);
    SeAssignSecurity(NULL, NULL, &made, FALSE, &subject, IoGetFileObjectGenericMapping(), NonPagedPool);
    SeReleaseSubjectContext(&subject);
    victim = made;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    (void)*(volatile char *)victim;
}

static void raised_stops(void **state)
{
    (void)state;
    ntio_bugcheck c = stops(start_out, read_raised);
    assert_int_equal(c.code, 0x0A); /* by code that is no driver's; 0xD1 for those, see tests/faults */
    assert_int_equal(c.parameters[0], AT(victim));
    assert_int_equal(c.parameters[1], DISPATCH_LEVEL);
    assert_int_equal(c.parameters[2], 0);
    c = stops(start_out, read_descriptor_raised);
    assert_int_equal(c.code, 0x0A);
    assert_int_equal(c.parameters[0], AT(victim));
}

struct pair {
    volatile char *block;
    volatile LONG stop;
};

static void stay_raised(void *context)
{
    struct pair *pair = context;
    KIRQL irql;
    for (int i = 0; i < 50; i++) {
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        for (volatile int j = 0; j < 1000; j++)
            continue;
        KeLowerIrql(irql);
        pair->block[1] = (char)i;
    }
    InterlockedExchange((volatile LONG *)&pair->stop, 1);
}

/* One thread's level is no other thread's matter. */
static void others_go_on(void **state)
{
    (void)state;
    struct pair pair = {.block = ExAllocatePoolWithTag(PagedPool, 64, TAG)};
    struct beside beside;
    run_beside(&beside, stay_raised, &pair);
    char copy[64];
    unsigned turns = 0;
    while (!InterlockedCompareExchange((volatile LONG *)&pair.stop, 0, 0)) {
        pair.block[0] = (char)++turns;
        assert_int_equal(pair.block[0], (char)turns);
        char *other = ExAllocatePoolWithTag(PagedPool, 64 + turns % 9000, TAG);
        memcpy(copy, other, 64);
        ExFreePool(other);
    }
    join_beside(&beside);
    assert_int_equal(pair.block[1], 49);
    ExFreePool((void *)pair.block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(at_the_end, start_end, stop_machine),
        cmocka_unit_test_setup_teardown(at_the_start, start_start, stop_machine),
        cmocka_unit_test_setup_teardown(freed_ones_wait, start_end, stop_machine),
        cmocka_unit_test_setup_teardown(there_is_no_end_of_it, start_end, stop_machine),
        cmocka_unit_test_setup_teardown(mdls_describe_it, start_end, stop_machine),
        cmocka_unit_test(misuse_stops),
        cmocka_unit_test(leaks_are_counted),
        cmocka_unit_test(raised_stops),
        cmocka_unit_test_setup_teardown(others_go_on, start_out, stop_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
