/*
 * What is said about memory that was misused: whose block it was, who freed it, which MDL it was about, what an address was.
 */
#include "ke_test.h"

#include <stdio.h>
#include <string.h>

#define TAG 'tseT'

#if defined(__SANITIZE_ADDRESS__)
#define ADDRESSES_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESSES_SANITIZED 1
#endif
#endif

static char said[16384];
static size_t said_length;

static void hear(void *context, const char *text, size_t length)
{
    (void)context;
    if (length > sizeof said - 1 - said_length)
        length = sizeof said - 1 - said_length;
    memcpy(said + said_length, text, length);
    said_length += length;
    said[said_length] = 0;
}

static void begin(ntio_options options)
{
    options.log = hear;
    said_length = 0;
    said[0] = 0;
    assert_int_equal(ntio_start(&options), 0);
}

static void assert_said(const char *text)
{
    if (!strstr(said, text))
        fail_msg("not said: %s\nsaid:\n%s", text, said);
}

/* Starts a machine, and expects body to stop it. */
static ntio_bugcheck stops(ntio_options options, void (*body)(void *), void *context, uint32_t code)
{
    static ntio_bugcheck caught;
    begin(options);
    assert_true(ntio_catch_bugcheck(body, context, &caught));
    assert_int_equal(caught.code, code);
    assert_int_equal(ntio_stop(), 0);
    return caught;
}

static __attribute__((noinline)) char *new_block(size_t size)
{
    char *block = ExAllocatePoolWithTag(NonPagedPoolNx, size, TAG);
    assert_non_null(block);
    return block;
}

static void touch(void *context)
{
    *(volatile char *)context = 1;
}

/* --- pool --- */

static void free_twice(void *context)
{
    char *block = new_block(40);
    (void)context;
    ExFreePoolWithTag(block, TAG);
    ExFreePoolWithTag(block, TAG);
}

static void free_inside(void *context)
{
    (void)context;
    ExFreePoolWithTag(new_block(40) + 16, TAG);
}

static void free_with_another_tag(void *context)
{
    (void)context;
    ExFreePoolWithTag(new_block(40), 'rehO');
}

static void whose_block_was_freed_is_said(void **state)
{
    (void)state;
    stops((ntio_options){0}, free_twice, NULL, 0xC2);
    assert_said(" of 40 bytes (tag 'Test', allocated at new_block+");
    assert_said(", freed at free_twice+");
    assert_said(" was freed again");
    stops((ntio_options){0}, free_inside, NULL, 0xC2);
    assert_said(" of 40 bytes (tag 'Test', allocated at new_block+");
    assert_said(" was freed by an address 16 bytes behind its start");
    ntio_options special = {.special_pool = NTIO_SPECIAL_POOL_END};
    for (int i = 0; i < 2; i++) {
        stops(i ? special : (ntio_options){0}, free_with_another_tag, NULL, 0xC2);
        assert_said(" of 40 bytes (tag 'Test', allocated at new_block+");
        assert_said(" was freed with the tag 'Oher'");
    }
    stops(special, free_inside, NULL, 0xC1);
    assert_said(" was freed by an address that is not its start");
}

static void free_an_irp(void *context)
{
    (void)context;
    ExFreePool(IoAllocateIrp(3, FALSE));
}

static void an_irp_is_no_block_of_a_driver_s(void **state)
{
    (void)state;
    ntio_options special = {.special_pool = NTIO_SPECIAL_POOL_END};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stops(i ? special : (ntio_options){0}, free_an_irp, NULL, 0xC2).parameters[0], 0x99);
        assert_said(" was freed by a driver: it is the I/O manager's, an IRP or the system buffer of one");
    }
}

#ifndef ADDRESSES_SANITIZED /* which stops at the line */
static void what_nobody_asks_for_again_is_looked_at_in_the_end(void **state)
{
    (void)state;
    begin((ntio_options){0});
    char *block = new_block(40);
    volatile char *stale = block;
    ExFreePoolWithTag(block, TAG);
    stale[7] = 1;
    assert_int_equal(ntio_stop(), 1);
    assert_said(" was written to at offset 7 after it was freed");
    assert_said(", freed at what_nobody_asks_for_again_is_looked_at_in_the_end+");
}
#endif

/* --- MDLs --- */

static PMDL locked(void *base, ULONG length, LOCK_OPERATION operation)
{
    PMDL mdl = IoAllocateMdl(base, length, FALSE, FALSE, NULL);
    assert_non_null(mdl);
    MmProbeAndLockPages(mdl, UserMode, operation);
    return mdl;
}

static void leave_locked(void *context)
{
    (void)context;
    locked((char *)ntio_user_alloc(PAGE_SIZE) + 5, 10, IoReadAccess);
    ntio_stop();
}

static void an_mdl_that_is_left_locked_is_named(void **state)
{
    (void)state;
    stops((ntio_options){0}, leave_locked, NULL, 0x76);
    assert_said(" still locks 1 pages of the client's memory at ");
    assert_said("; it was allocated at locked+");
}

static void take_too_large_a_part(void *context)
{
    char *base = ntio_user_alloc(2 * PAGE_SIZE);
    PMDL mdl = locked(base, PAGE_SIZE, IoReadAccess), part = IoAllocateMdl(base, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    size_t offset = *(size_t *)context;
    IoBuildPartialMdl(mdl, part, base + offset, offset ? PAGE_SIZE - (ULONG)offset + 1 : PAGE_SIZE + 1);
}

static void map_pages_that_are_nobody_s(void *context)
{
    PMDL mdl = IoAllocateMdl(NULL, PAGE_SIZE, FALSE, FALSE, NULL);
    MmGetMdlPfnArray(mdl)[0] = *(PFN_NUMBER *)context;
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
    MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
}

static bool has_second_addresses(void)
{
    begin((ntio_options){0});
    char *base = ntio_user_alloc(PAGE_SIZE);
    PMDL mdl = locked(base, PAGE_SIZE, IoReadAccess);
    bool has = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) != base;
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ntio_user_free(base);
    assert_int_equal(ntio_stop(), 0);
    return has;
}

static void pages_that_are_nobody_s_are_refused(void **state)
{
    (void)state;
    size_t whole = 0, middle = 100;
    stops((ntio_options){0}, take_too_large_a_part, &whole, 0x4E);
    assert_said("IoBuildPartialMdl was given 4097 bytes from offset 0 of an MDL that describes 4096, at "
                "take_too_large_a_part+");
    stops((ntio_options){0}, take_too_large_a_part, &middle, 0x4E);
    assert_said("IoBuildPartialMdl was given 3997 bytes from offset 100 of an MDL that describes 4096, at ");
    if (!has_second_addresses())
        return;
    static const PFN_NUMBER made_up[] = {0, 0x123456, 0x7FFFFFFFFFFull, 0xDFDFDFDFDFDFDFDFull};
    for (int i = 0; i < 4; i++) {
        PFN_NUMBER pfn = made_up[i];
        ntio_bugcheck caught = stops((ntio_options){0}, map_pages_that_are_nobody_s, &pfn, 0x4E);
        assert_int_equal(caught.parameters[0], 0x99);
        assert_int_equal(caught.parameters[1], pfn);
    }
}

static void lock_raised(void *context)
{
    void *base = context;
    KIRQL irql;
    PMDL mdl = IoAllocateMdl(base, 10, FALSE, FALSE, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    MmUnlockPages(mdl);
    KeLowerIrql(irql);
    IoFreeMdl(mdl);
}

static void map_for_the_client_raised(void *context)
{
    KIRQL irql;
    PMDL mdl = IoAllocateMdl(context, 10, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(mdl);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    PVOID address = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    KeLowerIrql(irql);
    MmUnmapLockedPages(address, mdl);
    IoFreeMdl(mdl);
}

static void what_can_be_paged_out_is_not_locked_raised(void **state)
{
    (void)state;
    begin((ntio_options){0});
    char *client = ntio_user_alloc(PAGE_SIZE), *paged = ExAllocatePoolWithTag(PagedPool, 100, TAG),
         *nonpaged = new_block(100);
    ntio_run_in_kernel(lock_raised, nonpaged);
    assert_int_equal(said_length, 0);
    ntio_run_in_kernel(lock_raised, client);
    assert_said("MmProbeAndLockPages called at IRQL DISPATCH_LEVEL (2), legal at most at APC_LEVEL for memory that can be "
                "paged out, from lock_raised+");
    ntio_run_in_kernel(lock_raised, paged);
    ntio_run_in_kernel(map_for_the_client_raised, nonpaged);
    assert_said("MmMapLockedPagesSpecifyCache called at IRQL DISPATCH_LEVEL (2), legal at most at APC_LEVEL in user mode, "
                "from map_for_the_client_raised+");
    ExFreePool(paged);
    ExFreePool(nonpaged);
    ntio_user_free(client);
    assert_int_equal(ntio_stop(), 3);
}

/* --- read-only input --- */

static void write_to_part(void *context)
{
    char *base = ntio_user_alloc(2 * PAGE_SIZE);
    PMDL mdl = locked(base, 2 * PAGE_SIZE, context ? IoModifyAccess : IoReadAccess);
    PMDL part = IoAllocateMdl(base, 2 * PAGE_SIZE, FALSE, FALSE, NULL),
         again = IoAllocateMdl(base, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    IoBuildPartialMdl(mdl, part, base + 10, PAGE_SIZE);
    IoBuildPartialMdl(part, again, base + 20, 100);
    char *at = MmGetSystemAddressForMdlSafe(again, NormalPagePriority);
    assert_int_equal(*at, 0);
    ntio_run_in_kernel(touch, at);
    assert_int_equal(base[20], 1);
    IoFreeMdl(again);
    IoFreeMdl(part);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ntio_user_free(base);
}

static void a_part_of_what_may_be_read_may_be_read(void **state)
{
    (void)state;
    if (!has_second_addresses())
        skip();
    ntio_options options = {.direct_read_only = true};
    begin(options);
    write_to_part(&options); /* locked for writing */
    assert_int_equal(ntio_stop(), 0);
    ntio_bugcheck caught = stops(options, write_to_part, NULL, 0xBE);
    assert_non_null(strstr(caught.report, "\nMEMORY:  "));
    assert_non_null(strstr(caught.report, " is in the mapping of an MDL that may only be read"));

    begin(options);
    char *base = ntio_user_alloc(PAGE_SIZE);
    PMDL mdl = locked(base, 100, IoReadAccess), other = NULL;
    char *client = MmMapLockedPagesSpecifyCache(mdl, UserMode, MmCached, NULL, FALSE, NormalPagePriority);
    NTSTATUS status = STATUS_SUCCESS;
    other = IoAllocateMdl(client, 10, FALSE, FALSE, NULL);
    __try {
        MmProbeAndLockPages(other, UserMode, IoWriteAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    assert_int_equal(status, STATUS_ACCESS_VIOLATION);
    IoFreeMdl(other);
    MmUnmapLockedPages(client, mdl);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    ntio_user_free(base);
    assert_int_equal(ntio_stop(), 0);
}

/* --- addresses --- */

static void touch_unmapped(void *context)
{
    (void)context;
    char *base = ntio_user_alloc(PAGE_SIZE);
    PMDL mdl = locked(base, PAGE_SIZE, IoModifyAccess);
    char *at = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    MmUnlockPages(mdl);
    ntio_run_in_kernel(touch, at);
}

static void touch_behind(void *context)
{
    (void)context;
    char *base = ntio_user_alloc(PAGE_SIZE);
    PMDL mdl = locked(base, PAGE_SIZE, IoModifyAccess);
    ntio_run_in_kernel(touch, (char *)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) + PAGE_SIZE);
}

#ifndef ADDRESSES_SANITIZED
static void touch_large(void *context)
{
    char *block = new_block(context ? 400 * PAGE_SIZE : 3 * PAGE_SIZE);
    if (context)
        ExFreePoolWithTag(block, TAG);
    ntio_run_in_kernel(touch, block + (context ? 100 : 3 * PAGE_SIZE + 8));
}
#endif

static void what_the_address_was_is_told(void **state)
{
    (void)state;
    if (has_second_addresses()) {
        ntio_bugcheck caught = stops((ntio_options){0}, touch_unmapped, NULL, 0x50);
        assert_non_null(strstr(caught.report, " is where system addresses of MDLs are, but of none at the moment"));
        caught = stops((ntio_options){0}, touch_behind, NULL, 0x50);
        assert_non_null(strstr(caught.report, " lies behind the system address of an MDL\n"));
    }
#ifndef ADDRESSES_SANITIZED
    ntio_bugcheck caught = stops((ntio_options){0}, touch_large, NULL, 0x50);
    assert_non_null(strstr(caught.report, " lies 8 bytes behind pool block "));
    assert_non_null(strstr(caught.report, " of 12288 bytes (tag 'Test', allocated at new_block+"));
    caught = stops((ntio_options){0}, touch_large, touch_large, 0x50);
    assert_non_null(strstr(caught.report, " lies 100 bytes inside of pool block "));
    assert_non_null(strstr(caught.report, ", freed at touch_large+"));
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whose_block_was_freed_is_said),
        cmocka_unit_test(an_irp_is_no_block_of_a_driver_s),
#ifndef ADDRESSES_SANITIZED
        cmocka_unit_test(what_nobody_asks_for_again_is_looked_at_in_the_end),
#endif
        cmocka_unit_test(an_mdl_that_is_left_locked_is_named),
        cmocka_unit_test(pages_that_are_nobody_s_are_refused),
        cmocka_unit_test(what_can_be_paged_out_is_not_locked_raised),
        cmocka_unit_test(a_part_of_what_may_be_read_may_be_read),
        cmocka_unit_test(what_the_address_was_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
