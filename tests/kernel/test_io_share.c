/*
 * Share access: every pair of opens against the rule, who may not write, and the names of a file that has several.
 */
#include "rig.h"

#define CHECK(c)                assert_true(c)
#define RETURNS(call, expected) assert_int_equal(call, (NTSTATUS)(expected))

static SHARE_ACCESS share;
static LINK_SHARE_ACCESS by_name;

static void expect(ULONG opens, ULONG readers, ULONG writers, ULONG deleters, ULONG r, ULONG w, ULONG d)
{
    SHARE_ACCESS wanted = {opens, readers, writers, deleters, r, w, d};
    assert_memory_equal(&share, &wanted, sizeof share);
}
static void expect_link(ULONG opens, ULONG deleters, ULONG d)
{
    LINK_SHARE_ACCESS wanted = {opens, deleters, d};
    assert_memory_equal(&by_name, &wanted, sizeof by_name);
}

/* All 8 accesses and 8 sharings of one open against those of another. */
static void pairs(void *context)
{
    (void)context;
    static const ACCESS_MASK access[3] = {FILE_READ_DATA, FILE_APPEND_DATA, DELETE};
    for (unsigned n = 0; n < 8 * 8 * 8 * 8; ++n) {
        unsigned a1 = n & 7, s1 = n >> 3 & 7, a2 = n >> 6 & 7, s2 = n >> 9;
        ACCESS_MASK first = FILE_READ_ATTRIBUTES, second = SYNCHRONIZE;
        for (unsigned i = 0; i < 3; ++i) {
            first |= (a1 >> i & 1) ? access[i] : 0;
            second |= (a2 >> i & 1) ? access[i] : 0;
        }
        FILE_OBJECT one = {.Type = IO_TYPE_FILE}, two = one;
        IoSetShareAccess(first, s1, &one, &share); /* FILE_SHARE_READ, WRITE and DELETE are the bits 0, 1 and 2 */
        bool works = !a1 || !a2 || (!(a2 & ~s1) && !(a1 & ~s2));
        RETURNS(IoCheckShareAccess(second, s2, &two, &share, FALSE), works ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION);
        assert_int_equal(share.OpenCount, a1 != 0);
        RETURNS(IoCheckShareAccess(second, s2, &two, &share, TRUE), works ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION);
        assert_int_equal(share.OpenCount, (a1 != 0) + (works && a2 != 0));
        CHECK(two.ReadAccess == (a2 & 1) && two.WriteAccess == (a2 >> 1 & 1) && two.DeleteAccess == a2 >> 2);
        if (works)
            IoRemoveShareAccess(&two, &share);
        IoRemoveShareAccess(&one, &share);
        expect(0, 0, 0, 0, 0, 0, 0);
    }
}

static void every_pair_of_opens_follows_the_rule(void **state)
{
    (void)state;
    ntio_run_in_kernel(pairs, NULL);
}

static void read_only(void *context)
{
    (void)context;
    FILE_OBJECT one = {.Type = IO_TYPE_FILE}, two = one;
    BOOLEAN no = FALSE, yes = TRUE;

    IoSetShareAccessEx(FILE_READ_DATA, 0, &one, &share, &no); /* exclusive reading becomes shared */
    expect(1, 1, 0, 0, 1, 0, 0);
    CHECK(one.SharedRead && !one.SharedWrite && !one.SharedDelete);
    RETURNS(IoCheckShareAccessEx(FILE_READ_DATA, 0, &two, &share, TRUE, &yes), STATUS_SHARING_VIOLATION);
    RETURNS(IoCheckShareAccessEx(FILE_READ_DATA, 0, &two, &share, TRUE, NULL), STATUS_SHARING_VIOLATION);
    RETURNS(IoCheckShareAccessEx(FILE_READ_DATA, 0, &two, &share, TRUE, &no), STATUS_SUCCESS);
    expect(2, 2, 0, 0, 2, 0, 0);
    RETURNS(IoCheckShareAccessEx(FILE_WRITE_DATA, FILE_SHARE_READ, &two, &share, TRUE, &no), STATUS_SHARING_VIOLATION);

    IoSetShareAccessEx(FILE_READ_DATA, 0, &one, &share, &yes);
    expect(1, 1, 0, 0, 0, 0, 0);
    IoSetShareAccessEx(FILE_READ_DATA, 0, &one, &share, NULL);
    expect(1, 1, 0, 0, 0, 0, 0);
    IoSetShareAccessEx(FILE_READ_ATTRIBUTES, 0, &one, &share, &no);
    expect(0, 0, 0, 0, 0, 0, 0);
}

static void who_may_not_write_locks_out_no_reader(void **state)
{
    (void)state;
    ntio_run_in_kernel(read_only, NULL);
}

static void links(void *context)
{
    (void)context;
    enum { ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, READS = FILE_SHARE_READ };
    enum { UPDATE = IO_CHECK_SHARE_ACCESS_UPDATE_SHARE_ACCESS };
    FILE_OBJECT one = {.Type = IO_TYPE_FILE}, two = one;
    LINK_SHARE_ACCESS other = {0};

    /* Reads through one name and does not let it be deleted; the other name may go. */
    IoSetLinkShareAccess(FILE_READ_DATA, READS, &one, &share, &by_name, 0);
    expect(1, 1, 0, 0, 1, 0, 0);
    expect_link(1, 0, 0);
    RETURNS(IoCheckLinkShareAccess(DELETE, ALL, &two, &share, &by_name, UPDATE), STATUS_SHARING_VIOLATION);
    RETURNS(IoCheckLinkShareAccess(DELETE, ALL, &two, &share, NULL, UPDATE), STATUS_SHARING_VIOLATION);
    RETURNS(IoCheckLinkShareAccess(DELETE, ALL, &two, &share, &other, 0), STATUS_SUCCESS);
    RETURNS(IoCheckLinkShareAccess(DELETE, ALL, &two, &share, &other, UPDATE | IO_CHECK_SHARE_ACCESS_FORCE_USING_SCB),
           STATUS_SHARING_VIOLATION);
    expect(1, 1, 0, 0, 1, 0, 0);
    IoUpdateLinkShareAccess(&two, &share, &other);
    expect(2, 1, 0, 1, 2, 1, 1);
    CHECK(other.OpenCount == 1 && other.Deleters == 1 && other.SharedDelete == 1);
    IoRemoveLinkShareAccess(&two, &share, &other);
    CHECK(other.OpenCount == 0 && other.Deleters == 0 && other.SharedDelete == 0);
    expect(1, 1, 0, 0, 1, 0, 0);

    /* What is not to be checked. */
    RETURNS(IoCheckLinkShareAccess(DELETE, ALL, &two, &share, &by_name, IO_CHECK_SHARE_ACCESS_DONT_CHECK_DELETE),
           STATUS_SUCCESS);
    RETURNS(IoCheckLinkShareAccess(FILE_WRITE_DATA, ALL, &two, &share, &by_name, 0), STATUS_SHARING_VIOLATION);
    RETURNS(IoCheckLinkShareAccess(FILE_WRITE_DATA, ALL, &two, &share, &by_name, IO_CHECK_SHARE_ACCESS_DONT_CHECK_WRITE),
           STATUS_SUCCESS);
    RETURNS(IoCheckLinkShareAccess(FILE_READ_DATA, 0, &two, &share, &by_name, 0), STATUS_SHARING_VIOLATION);
    RETURNS(IoCheckLinkShareAccess(FILE_READ_DATA, 0, &two, &share, &by_name, IO_CHECK_SHARE_ACCESS_DONT_CHECK_READ),
           STATUS_SUCCESS);
    RETURNS(IoCheckLinkShareAccess(FILE_READ_DATA, 0, &two, &share, &by_name, IO_SHARE_ACCESS_NO_WRITE_PERMISSION),
           STATUS_SUCCESS);

    /* Without a file object, and with one that stays as it is. */
    RETURNS(IoCheckLinkShareAccess(FILE_READ_ATTRIBUTES, 0, NULL, &share, &by_name, UPDATE), STATUS_SUCCESS);
    RETURNS(IoCheckLinkShareAccess(FILE_READ_ATTRIBUTES, 0, NULL, &share, &by_name, IO_CHECK_SHARE_ACCESS_FORCE_CHECK),
           STATUS_SHARING_VIOLATION);
    RETURNS(IoCheckLinkShareAccess(FILE_READ_ATTRIBUTES, READS, NULL, &share, &by_name,
                                  UPDATE | IO_CHECK_SHARE_ACCESS_FORCE_CHECK),
           STATUS_SUCCESS);
    expect(1, 1, 0, 0, 1, 0, 0);
    two = (FILE_OBJECT){.Type = IO_TYPE_FILE};
    RETURNS(IoCheckLinkShareAccess(FILE_READ_DATA, ALL, &two, &share, &by_name,
                                  UPDATE | IO_CHECK_SHARE_ACCESS_DONT_UPDATE_FILE_OBJECT),
           STATUS_SUCCESS);
    CHECK(!two.ReadAccess && !two.SharedRead);
    expect(2, 2, 0, 0, 2, 1, 1);
    expect_link(2, 0, 1);

    /* Deleting another stream is no matter of the name's. */
    IoSetLinkShareAccess(FILE_READ_DATA, ALL, &one, &share, &by_name, 0);
    RETURNS(IoCheckLinkShareAccess(DELETE, ALL, &two, &share, &by_name, IO_SHARE_ACCESS_NON_PRIMARY_STREAM),
           STATUS_SUCCESS);
    IoUpdateLinkShareAccessEx(&two, &share, &by_name, IO_SHARE_ACCESS_NON_PRIMARY_STREAM);
    expect(2, 1, 0, 1, 2, 2, 2);
    expect_link(2, 0, 2);
    IoRemoveLinkShareAccessEx(&two, &share, &by_name, IO_SHARE_ACCESS_NON_PRIMARY_STREAM);
    IoRemoveLinkShareAccessEx(&one, &share, &by_name, 0);
    expect(0, 0, 0, 0, 0, 0, 0);
    expect_link(0, 0, 0);
}

static void each_name_has_its_own_deletes(void **state)
{
    (void)state;
    ntio_run_in_kernel(links, NULL);
}

#define RIG_TEST(function) cmocka_unit_test_setup_teardown(function, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {RIG_TEST(every_pair_of_opens_follows_the_rule),
                                       RIG_TEST(who_may_not_write_locks_out_no_reader),
                                       RIG_TEST(each_name_has_its_own_deletes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
