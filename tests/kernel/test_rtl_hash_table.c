/*
 * Dynamic hash tables.
 */
#include "rtl_test.h"

struct thing {
    ULONG Number;
    RTL_DYNAMIC_HASH_TABLE_ENTRY Entry;
};

static struct thing *thing_of(PRTL_DYNAMIC_HASH_TABLE_ENTRY entry)
{
    return CONTAINING_RECORD(entry, struct thing, Entry);
}

static ULONG count_all(PRTL_DYNAMIC_HASH_TABLE table)
{
    RTL_DYNAMIC_HASH_TABLE_ENUMERATOR at;
    ULONG count = 0;
    assert_true(RtlInitEnumerationHashTable(table, &at));
    assert_int_equal(RtlActiveEnumeratorsHashTable(table), 1);
    while (RtlEnumerateEntryHashTable(table, &at))
        count++;
    RtlEndEnumerationHashTable(table, &at);
    assert_int_equal(RtlActiveEnumeratorsHashTable(table), 0);
    return count;
}

static void creates(void **state)
{
    (void)state;
    PRTL_DYNAMIC_HASH_TABLE table = NULL;
    RTL_DYNAMIC_HASH_TABLE own, *mine = &own;
    assert_false(RtlCreateHashTable(&table, 0, 1));
    assert_false(RtlCreateHashTable(&table, 64, 0));
    assert_false(RtlCreateHashTableEx(&table, 100, 0, 0)); /* no power of two */
    assert_null(table);
    assert_true(RtlCreateHashTable(&table, 0, 0));
    assert_int_equal(table->Flags, RTL_HASH_ALLOCATED_HEADER);
    assert_int_equal(RtlTotalBucketsHashTable(table), 128);
    assert_int_equal(RtlEmptyBucketsHashTable(table), 128);
    RtlDeleteHashTable(table);
    assert_true(RtlCreateHashTableEx(&mine, 512, 3, 0));
    assert_ptr_equal(mine, &own);
    assert_int_equal(own.Flags, 0);
    assert_int_equal(RtlTotalBucketsHashTable(&own), 512);
    RtlDeleteHashTable(&own);
}

static void keeps_entries(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    static struct thing things[COUNT];
    PRTL_DYNAMIC_HASH_TABLE table = NULL;
    RTL_DYNAMIC_HASH_TABLE_CONTEXT context;
    assert_true(RtlCreateHashTable(&table, 0, 0));
    for (ULONG i = 0; i < COUNT; i++) {
        things[i].Number = i;
        assert_true(RtlInsertEntryHashTable(table, &things[i].Entry, i / 3, NULL)); /* three of each signature */
    }
    assert_int_equal(RtlTotalEntriesHashTable(table), COUNT);
    assert_int_equal(count_all(table), COUNT);
    assert_int_equal(things[0].Entry.Signature, 1); /* 0 is reserved */

    RtlInitHashTableContext(&context);
    ULONG seen = 0, sum = 0;
    for (PRTL_DYNAMIC_HASH_TABLE_ENTRY at = RtlLookupEntryHashTable(table, 50, &context); at;
         at = RtlGetNextEntryHashTable(table, &context)) {
        assert_int_equal(HASH_ENTRY_KEY(at), 50);
        sum += thing_of(at)->Number;
        seen++;
    }
    assert_int_equal(seen, 3);
    assert_int_equal(sum, 150 + 151 + 152);
    RtlReleaseHashTableContext(&context);
    RtlInitHashTableContext(&context);
    assert_null(RtlLookupEntryHashTable(table, 5000, &context));
    struct thing more = {.Number = 5000};
    assert_true(RtlInsertEntryHashTable(table, &more.Entry, 5000, &context)); /* where the look-up ended */
    assert_ptr_equal(RtlLookupEntryHashTable(table, 5000, NULL), &more.Entry);
    assert_true(RtlRemoveEntryHashTable(table, &more.Entry, NULL));
    assert_null(RtlLookupEntryHashTable(table, 5000, NULL));

    for (int i = 0; i < 400; i++)
        assert_true(RtlExpandHashTable(table));
    assert_int_equal(RtlTotalBucketsHashTable(table), 528);
    assert_int_equal(count_all(table), COUNT);
    for (ULONG i = 0; i < COUNT / 3; i++)
        assert_non_null(RtlLookupEntryHashTable(table, i, NULL));
    ULONG used = RtlNonEmptyBucketsHashTable(table);
    assert_in_range(used, 60, 100);
    while (RtlContractHashTable(table))
        ;
    assert_int_equal(RtlTotalBucketsHashTable(table), 128);
    assert_int_equal(count_all(table), COUNT);
    for (ULONG i = 0; i < COUNT / 3; i++)
        assert_non_null(RtlLookupEntryHashTable(table, i, NULL));

    /* entries may go while they are enumerated, and the table keeps its size meanwhile */
    RTL_DYNAMIC_HASH_TABLE_ENUMERATOR at;
    ULONG removed = 0;
    assert_true(RtlInitEnumerationHashTable(table, &at));
    assert_false(RtlExpandHashTable(table));
    for (PRTL_DYNAMIC_HASH_TABLE_ENTRY entry; (entry = RtlEnumerateEntryHashTable(table, &at)) != NULL;)
        if (thing_of(entry)->Number % 2) {
            assert_true(RtlRemoveEntryHashTable(table, entry, NULL));
            removed++;
        }
    RtlEndEnumerationHashTable(table, &at);
    assert_int_equal(removed, COUNT / 2);
    assert_int_equal(RtlTotalEntriesHashTable(table), COUNT / 2);

    assert_true(RtlInitWeakEnumerationHashTable(table, &at));
    PRTL_DYNAMIC_HASH_TABLE_ENTRY entry;
    while ((entry = RtlWeaklyEnumerateEntryHashTable(table, &at)) != NULL)
        RtlRemoveEntryHashTable(table, entry, NULL);
    RtlEndWeakEnumerationHashTable(table, &at);
    assert_int_equal(RtlTotalEntriesHashTable(table), 0);
    assert_int_equal(RtlNonEmptyBucketsHashTable(table), 0);
    RtlDeleteHashTable(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(creates), TEST(keeps_entries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
