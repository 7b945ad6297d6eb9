/*
 * Pool: what an allocation gives, what a bad request or free stops the machine with, and what is reported at the end.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ntio/ntio.h>
#include <ntifs.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#endif
#endif

#define TAG 'tseT'

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifndef ASAN
#define ASAN 0
#endif

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

static void gives_memory_of_every_size(void **state)
{
    (void)state;
    for (SIZE_T size = 0; size < 300000; size += size < 300 ? 1 : size / 7) {
        unsigned char *block = ExAllocatePoolWithTag(size % 2 ? PagedPool : NonPagedPoolNx, size, TAG);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % (size >= PAGE_SIZE ? PAGE_SIZE : 16), 0);
        memset(block, 0x5A, size);
        ExFreePoolWithTag(block, TAG);
    }
}

static void keeps_blocks_apart(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    static unsigned char *blocks[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        blocks[i] = ExAllocatePoolWithTag(NonPagedPool, i % 200 + 1, TAG);
        memset(blocks[i], (int)i, i % 200 + 1);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        for (unsigned j = 0; j < i % 200 + 1; j++)
            assert_int_equal(blocks[i][j], (unsigned char)i);
        ExFreePool(blocks[i]);
    }
}

static void zeroes_by_flags(void **state)
{
    (void)state;
    static const SIZE_T sizes[] = {1, 64, 4095, 4096, 65536, 65537, 1 << 20};
    for (unsigned turn = 0; turn < 3; turn++) {
        for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *block = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizes[i], TAG);
            assert_non_null(block);
            for (SIZE_T j = 0; j < sizes[i]; j++)
                assert_int_equal(block[j], 0);
            memset(block, 0xFF, sizes[i]);
            ExFreePoolWithTag(block, TAG);
        }
    }
    void *block = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED | POOL_FLAG_USE_QUOTA, 100, TAG);
    assert_non_null(block);
    ExFreePool2(block, TAG, NULL, 0);
    block = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, 100, TAG);
    assert_int_equal((uintptr_t)block % 64, 0);
    ExFreePool(block);
}

static void refuses_bad_flags(void **state)
{
    (void)state;
    assert_null(ExAllocatePool2(0, 16, TAG));
    assert_null(ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_NON_PAGED, 16, TAG));
    assert_null(ExAllocatePool2(POOL_FLAG_NON_PAGED | 0x10, 16, TAG));
    assert_null(ExAllocatePool2(POOL_FLAG_NON_PAGED, 16, 0));
    void *block = ExAllocatePool2(POOL_FLAG_NON_PAGED | 0x8000000000000000ull, 16, TAG); /* optional: passed over */
    assert_non_null(block);
    ExFreePool(block);
    assert_null(ExAllocatePoolWithTag(NonPagedPool, (SIZE_T)1 << 60, TAG));
}

/* What the third family of allocations may be told besides. */
static void understands_extended_parameters(void **state)
{
    (void)state;
    POOL_EXTENDED_PARAMETER parameters[2] = {{.Type = PoolExtendedParameterPriority, .Priority = LowPoolPriority},
                                             {.Type = PoolExtendedParameterNumaNode, .PreferredNode = 0}};
    unsigned char *block = ExAllocatePool3(POOL_FLAG_PAGED, 24, TAG, parameters, 2);
    assert_non_null(block);
    for (int i = 0; i < 24; i++)
        assert_int_equal(block[i], 0);
    ExFreePool2(block, TAG, NULL, 0);

    parameters[0].Type = PoolExtendedParameterSecurePool;
    assert_null(ExAllocatePool3(POOL_FLAG_NON_PAGED, 32, TAG, parameters, 2));
    parameters[0].Optional = 1;
    block = ExAllocatePool3(POOL_FLAG_NON_PAGED, 32, TAG, parameters, 2);
    assert_non_null(block);
    ExFreePool(block);
    parameters[0] = (POOL_EXTENDED_PARAMETER){.Type = PoolExtendedParameterMax};
    assert_null(ExAllocatePool3(POOL_FLAG_NON_PAGED, 32, TAG, parameters, 1));
    assert_null(ExAllocatePool3(POOL_FLAG_NON_PAGED, 32, 0, NULL, 0));
}

static void raise_in_kernel(void *context)
{
    volatile NTSTATUS *status = context;
    __try {
        ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, (SIZE_T)1 << 60, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status[0] = GetExceptionCode();
    }
    __try {
        ExAllocatePoolWithQuotaTag(PagedPool, (SIZE_T)1 << 60, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status[1] = GetExceptionCode();
    }
    status[2] = ExAllocatePoolWithQuotaTag(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, (SIZE_T)1 << 60, TAG) != NULL;
}

static void raises_when_asked_to(void **state)
{
    (void)state;
    NTSTATUS status[3] = {0, 0, 1};
    ntio_run_in_kernel(raise_in_kernel, status);
    assert_int_equal(status[0], STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(status[1], STATUS_INSUFFICIENT_RESOURCES);
    assert_int_equal(status[2], 0);
}

/* --- what the machine stops for --- */

struct misuse {
    void (*body)(void *);
    ULONG code;
    ULONG64 first;
};

static void *volatile victim;

static void free_twice(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(NonPagedPool, 64, TAG);
    ExFreePool(victim);
    ExFreePool(victim);
}

static void free_large_twice(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(NonPagedPool, 1 << 20, TAG);
    ExFreePool(victim);
    ExFreePool(victim);
}

static void free_inside(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(NonPagedPool, 64, TAG);
    ExFreePool((char *)victim + 16);
}

static void free_client_memory(void *context)
{
    (void)context;
    int local;
    ExFreePool(&local);
}

static void free_null(void *context)
{
    (void)context;
    ExFreePool(NULL);
}

static void free_wrong_tag(void *context)
{
    (void)context;
    victim = ExAllocatePoolWithTag(NonPagedPool, 64, TAG);
    ExFreePoolWithTag(victim, 'rehO');
}

static void allocate_without_tag(void *context)
{
    (void)context;
    ExAllocatePoolWithTag(NonPagedPool, 64, 0);
}

static void allocate_odd_tag(void *context)
{
    (void)context;
    ExAllocatePoolWithTag(NonPagedPool, 64, '....');
}

static void allocate_must_succeed(void *context)
{
    (void)context;
    ExAllocatePoolWithTag(NonPagedPoolMustSucceed, 64, TAG);
}

static void allocate_paged_raised(void *context)
{
    (void)context;
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    ExAllocatePoolWithTag(PagedPool, 64, TAG);
}

static const struct misuse misuses[] = {
    {free_twice, 0xC2, 0x7},          {free_large_twice, 0xC2, 0x7},       {free_inside, 0xC2, 0x99},
    {free_client_memory, 0xC2, 0x40}, {free_null, 0xC2, 0x46},             {free_wrong_tag, 0xC2, 0xA},
    {allocate_without_tag, 0xC2, 0x9B}, {allocate_odd_tag, 0xC2, 0x9D},    {allocate_must_succeed, 0xC2, 0x9A},
    {allocate_paged_raised, 0xC2, 0x8},
};

static void stops_for_misuse(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof misuses / sizeof misuses[0]; i++) {
        ntio_bugcheck caught = {0};
        assert_int_equal(ntio_start(NULL), 0);
        assert_true(ntio_catch_bugcheck(misuses[i].body, NULL, &caught));
        assert_int_equal(caught.code, misuses[i].code);
        assert_int_equal(caught.parameters[0], misuses[i].first);
        if (misuses[i].body == free_twice)
            assert_ptr_equal((void *)caught.parameters[3], victim);
        if (misuses[i].body == free_wrong_tag) {
            assert_ptr_equal((void *)caught.parameters[1], victim);
            assert_int_equal(caught.parameters[2], TAG);
            assert_int_equal(caught.parameters[3], 'rehO');
        }
        assert_int_equal(ntio_stop(), 0);
    }
}

/* Under AddressSanitizer these are reported at the line that does them, and end the process. */

static void write_behind(void *context)
{
    (void)context;
    char *block = victim = ExAllocatePoolWithTag(NonPagedPool, 60, TAG);
    block[60] = 1;
    ExFreePool(block);
}

static void write_before(void *context)
{
    (void)context;
    char *block = victim = ExAllocatePoolWithTag(NonPagedPool, 60, TAG);
    block[-1] = 1;
    ExFreePool(block);
}

static void write_after_free(void *context)
{
    (void)context;
    char *block = victim = ExAllocatePoolWithTag(NonPagedPool, 60, TAG);
    ExFreePool(block);
    block[3] = 1;
    ExFreePool(ExAllocatePoolWithTag(NonPagedPool, 60, TAG));
}

static void sees_corruption(void **state)
{
    (void)state;
    static const struct misuse corruptions[] = {
        {write_behind, 0x19, 0x21}, {write_before, 0x19, 0x20}, {write_after_free, 0x19, 0xD}};
    if (ASAN)
        skip();
    for (unsigned i = 0; i < 3; i++) {
        ntio_bugcheck caught = {0};
        assert_int_equal(ntio_start(NULL), 0);
        assert_true(ntio_catch_bugcheck(corruptions[i].body, NULL, &caught));
        assert_int_equal(caught.code, corruptions[i].code);
        assert_int_equal(caught.parameters[0], corruptions[i].first);
        assert_int_equal(ntio_stop(), 0);
    }
}

static void touch_freed_large(void *context)
{
    (void)context;
    char *block = ExAllocatePoolWithTag(NonPagedPool, 1 << 20, TAG);
    ExFreePool(block);
    *(volatile char *)block = 1;
}

static void run_touch(void *context)
{
    ntio_run_in_kernel(touch_freed_large, context);
}

static void faults_on_freed_large_block(void **state)
{
    (void)state;
    ntio_bugcheck caught = {0};
    assert_int_equal(ntio_start(NULL), 0);
    assert_true(ntio_catch_bugcheck(run_touch, NULL, &caught));
    assert_int_equal(caught.code, 0x50);
    assert_int_equal(ntio_stop(), 0);
}

static char seen[8192];

static void keep_log(void *context, const char *text, size_t length)
{
    (void)context;
    size_t used = strlen(seen);
    if (length > sizeof seen - 1 - used)
        length = sizeof seen - 1 - used;
    memcpy(seen + used, text, length);
    seen[used + length] = 0;
}

static void reports_what_is_left(void **state)
{
    (void)state;
    seen[0] = 0;
    assert_int_equal(ntio_start(&(ntio_options){.log = keep_log}), 0);
    assert_non_null(ExAllocatePoolWithTag(PagedPool, 77, 'tfeL'));
    assert_int_equal(ntio_stop(), 1);
    assert_non_null(strstr(seen, "77 bytes of paged pool"));
    assert_non_null(strstr(seen, "'Left'"));
}

/* What lies behind a block was written by nobody, up to the next one that is in use. */
static void nothing_lies_behind_a_block(void **state)
{
    (void)state;
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
    enum { SIZE = 3000, BEHIND = 2 * SIZE };
    char *block = ExAllocatePoolWithTag(NonPagedPoolNx, SIZE, TAG);
    memset(block, 1, SIZE);
    assert_int_equal(__msan_test_shadow(block, SIZE), -1);
    for (int i = 0; i < BEHIND; i++)
        assert_int_equal(__msan_test_shadow(block + SIZE + i, 1), 0);
    ExFreePoolWithTag(block, TAG);
    return;
#endif
#endif
    skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_memory_of_every_size, start, stop),
        cmocka_unit_test_setup_teardown(keeps_blocks_apart, start, stop),
        cmocka_unit_test_setup_teardown(nothing_lies_behind_a_block, start, stop),
        cmocka_unit_test_setup_teardown(zeroes_by_flags, start, stop),
        cmocka_unit_test_setup_teardown(refuses_bad_flags, start, stop),
        cmocka_unit_test_setup_teardown(understands_extended_parameters, start, stop),
        cmocka_unit_test_setup_teardown(raises_when_asked_to, start, stop),
        cmocka_unit_test(stops_for_misuse),
        cmocka_unit_test(sees_corruption),
        cmocka_unit_test(faults_on_freed_large_block),
        cmocka_unit_test(reports_what_is_left),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
