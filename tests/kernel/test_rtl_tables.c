/*
 * Splay links, generic tables on splay and on AVL trees.
 */
#include "rtl_test.h"

struct item {
    ULONG Key, Value;
};

static ULONG allocations, refuse;

static PVOID take(CLONG size)
{
    if (refuse)
        return NULL;
    allocations++;
    return malloc(size);
}

static RTL_GENERIC_COMPARE_RESULTS order(PVOID a, PVOID b)
{
    ULONG x = ((struct item *)a)->Key, y = ((struct item *)b)->Key;
    return x < y ? GenericLessThan : x > y ? GenericGreaterThan : GenericEqual;
}

static RTL_GENERIC_COMPARE_RESULTS compare(PRTL_GENERIC_TABLE table, PVOID a, PVOID b)
{
    assert_ptr_equal(table->TableContext, &allocations);
    return order(a, b);
}
static PVOID allocate(PRTL_GENERIC_TABLE table, CLONG size)
{
    (void)table;
    assert_int_equal(size, sizeof(struct item) + sizeof(RTL_SPLAY_LINKS) + sizeof(LIST_ENTRY));
    return take(size);
}
static VOID release(PRTL_GENERIC_TABLE table, PVOID buffer)
{
    (void)table;
    allocations--;
    free(buffer);
}
static RTL_GENERIC_COMPARE_RESULTS compare_avl(PRTL_AVL_TABLE table, PVOID a, PVOID b)
{
    assert_ptr_equal(table->TableContext, &allocations);
    return order(a, b);
}
static PVOID allocate_avl(PRTL_AVL_TABLE table, CLONG size)
{
    (void)table;
    assert_int_equal(size, sizeof(struct item) + sizeof(RTL_BALANCED_LINKS));
    return take(size);
}
static VOID release_avl(PRTL_AVL_TABLE table, PVOID buffer)
{
    (void)table;
    allocations--;
    free(buffer);
}

static ULONG key_of(PVOID data)
{
    return data ? ((struct item *)data)->Key : 0xFFFFFFFF;
}

/* Checks the links below the node and counts them; keys between low and high. */
static ULONG count_links(PRTL_SPLAY_LINKS node)
{
    ULONG count = 1;
    if (node->LeftChild) {
        assert_ptr_equal(node->LeftChild->Parent, node);
        count += count_links(node->LeftChild);
    }
    if (node->RightChild) {
        assert_ptr_equal(node->RightChild->Parent, node);
        count += count_links(node->RightChild);
    }
    return count;
}

static void splays_links(void **state)
{
    (void)state;
    RTL_SPLAY_LINKS n[5], *root;
    for (int i = 0; i < 5; i++)
        RtlInitializeSplayLinks(&n[i]);
    /* a list that leans to the left: 4 - 3 - 2 - 1 - 0 */
    for (int i = 4; i > 0; i--)
        RtlInsertAsLeftChild(&n[i], &n[i - 1]);
    assert_true(RtlIsRoot(&n[4]));
    assert_true(RtlIsLeftChild(&n[3]));
    root = RtlSplay(&n[0]);
    assert_ptr_equal(root, &n[0]);
    assert_true(RtlIsRoot(&n[0]));
    assert_null(n[0].LeftChild);
    assert_int_equal(count_links(root), 5);
    for (int i = 0; i < 4; i++) {
        assert_ptr_equal(RtlRealSuccessor(&n[i]), &n[i + 1]);
        assert_ptr_equal(RtlRealPredecessor(&n[i + 1]), &n[i]);
    }
    assert_null(RtlRealSuccessor(&n[4]));
    assert_null(RtlRealPredecessor(&n[0]));
    assert_ptr_equal(RtlSubtreeSuccessor(&n[0]), &n[1]);
    assert_null(RtlSubtreePredecessor(&n[0]));

    root = RtlSplay(&n[2]);
    assert_ptr_equal(RtlSubtreePredecessor(root), &n[1]);
    root = RtlDelete(&n[2]); /* two children: what moved up is splayed */
    assert_true(RtlIsRoot(root));
    assert_int_equal(count_links(root), 4);
    assert_ptr_equal(RtlRealSuccessor(&n[1]), &n[3]);

    PRTL_SPLAY_LINKS before = root;
    RtlDeleteNoSplay(&n[4], &root);
    assert_true(before == &n[4] || root == before);
    assert_int_equal(count_links(root), 3);
    RtlDeleteNoSplay(root, &root);
    RtlDeleteNoSplay(root, &root);
    assert_int_equal(count_links(root), 1);
    assert_true(RtlIsRoot(root));
    before = root;
    RtlDeleteNoSplay(before, &root);
    assert_null(root);
    RtlInitializeSplayLinks(&n[0]);
    assert_null(RtlDelete(&n[0]));
}

static void keeps_a_splay_table(void **state)
{
    (void)state;
    RTL_GENERIC_TABLE table;
    BOOLEAN is_new;
    PVOID where = (PVOID)1, key = NULL;
    TABLE_SEARCH_RESULT result;
    RtlInitializeGenericTable(&table, compare, allocate, release, &allocations);
    assert_true(RtlIsGenericTableEmpty(&table));
    assert_null(RtlEnumerateGenericTable(&table, TRUE));
    assert_null(RtlEnumerateGenericTableWithoutSplaying(&table, &key));
    assert_null(RtlGetElementGenericTable(&table, 0));
    assert_null(RtlLookupElementGenericTableFull(&table, &(struct item){1, 0}, &where, &result));
    assert_int_equal(result, TableEmptyTree);
    assert_ptr_equal(where, (PVOID)1);
    assert_false(RtlDeleteElementGenericTable(&table, &(struct item){1, 0}));

    static const ULONG keys[] = {50, 20, 80, 10, 30, 70, 90};
    for (ULONG i = 0; i < 7; i++) {
        struct item item = {keys[i], i}, *in = RtlInsertElementGenericTable(&table, &item, sizeof item, &is_new);
        assert_true(is_new);
        assert_ptr_not_equal(in, &item);
        assert_int_equal(in->Value, i);
        assert_ptr_equal((char *)in - 40, table.TableRoot); /* the new one is the root */
    }
    assert_int_equal(RtlNumberGenericTableElements(&table), 7);
    struct item again = {30, 99}, *old = RtlInsertElementGenericTable(&table, &again, sizeof again, &is_new);
    assert_false(is_new);
    assert_int_equal(old->Value, 4); /* the old data stay */
    assert_int_equal(RtlNumberGenericTableElements(&table), 7);

    refuse = 1;
    is_new = TRUE;
    assert_null(RtlInsertElementGenericTable(&table, &(struct item){1, 1}, sizeof(struct item), &is_new));
    assert_false(is_new);
    refuse = 0;
    assert_int_equal(RtlNumberGenericTableElements(&table), 7);

    /* in the order of insertion, there and back */
    for (ULONG i = 0; i < 7; i++)
        assert_int_equal(key_of(RtlGetElementGenericTable(&table, i)), keys[i]);
    assert_int_equal(key_of(RtlGetElementGenericTable(&table, 2)), 80);
    assert_int_equal(key_of(RtlGetElementGenericTable(&table, 0)), 50);
    assert_null(RtlGetElementGenericTable(&table, 7));
    assert_null(RtlGetElementGenericTable(&table, 0xFFFFFFFF));

    /* in the order of the keys */
    static const ULONG sorted[] = {10, 20, 30, 50, 70, 80, 90};
    ULONG i = 0;
    for (PVOID at = RtlEnumerateGenericTable(&table, TRUE); at; at = RtlEnumerateGenericTable(&table, FALSE))
        assert_int_equal(key_of(at), sorted[i++]);
    assert_int_equal(i, 7);
    i = 0;
    key = NULL;
    for (PVOID at; (at = RtlEnumerateGenericTableWithoutSplaying(&table, &key)) != NULL;)
        assert_int_equal(key_of(at), sorted[i++]);
    assert_int_equal(i, 7);

    assert_int_equal(key_of(RtlLookupElementGenericTable(&table, &(struct item){70, 0})), 70);
    assert_null(RtlLookupElementGenericTable(&table, &(struct item){71, 0}));
    assert_null(RtlLookupElementGenericTableFull(&table, &(struct item){71, 0}, &where, &result));
    assert_true(result == TableInsertAsLeft || result == TableInsertAsRight);
    struct item seventy_one = {71, 7};
    old = RtlInsertElementGenericTableFull(&table, &seventy_one, sizeof seventy_one, &is_new, where, result);
    assert_true(is_new);
    assert_int_equal(old->Key, 71);
    assert_int_equal(count_links(table.TableRoot), 8);

    for (i = 0; i < 7; i++) {
        assert_true(RtlDeleteElementGenericTable(&table, &(struct item){keys[i], 0}));
        assert_int_equal(count_links(table.TableRoot), 7 - i);
        assert_int_equal(key_of(RtlGetElementGenericTable(&table, 6 - i)), 71);
    }
    assert_true(RtlDeleteElementGenericTable(&table, &seventy_one));
    assert_true(RtlIsGenericTableEmpty(&table));
    assert_int_equal(allocations, 0);
}

static int depth_of(PRTL_BALANCED_LINKS node, PRTL_BALANCED_LINKS parent)
{
    if (!node)
        return 0;
    assert_ptr_equal(node->Parent, parent);
    int left = depth_of(node->LeftChild, node), right = depth_of(node->RightChild, node);
    assert_int_equal(node->Balance, right - left);
    assert_in_range(right - left + 1, 0, 2);
    return 1 + (left > right ? left : right);
}

static void check_balance(PRTL_AVL_TABLE table)
{
    assert_int_equal(depth_of(table->BalancedRoot.RightChild, &table->BalancedRoot), table->DepthOfTree);
    assert_null(table->BalancedRoot.LeftChild);
}

/* 2000 random insertions and deletions against a plain array, the tree checked each time. */
static void balances_an_avl_table(void **state)
{
    (void)state;
    enum { KEYS = 97 };
    RTL_AVL_TABLE table;
    bool present[KEYS] = {false};
    ULONG seed = 7, count = 0;
    RtlInitializeGenericTableAvl(&table, compare_avl, allocate_avl, release_avl, &allocations);
    for (int turn = 0; turn < 2000; turn++) {
        struct item item = {RtlRandomEx(&seed) % KEYS, (ULONG)turn};
        BOOLEAN is_new;
        if (RtlRandomEx(&seed) % 3) {
            assert_non_null(RtlInsertElementGenericTableAvl(&table, &item, sizeof item, &is_new));
            assert_int_equal(is_new, !present[item.Key]);
            present[item.Key] = true;
        } else {
            assert_int_equal(RtlDeleteElementGenericTableAvl(&table, &item), present[item.Key]);
            present[item.Key] = false;
        }
        check_balance(&table);
        count = 0;
        for (ULONG i = 0; i < KEYS; i++)
            count += present[i];
        assert_int_equal(RtlNumberGenericTableElementsAvl(&table), count);
    }
    ULONG at = 0;
    for (ULONG i = 0; i < KEYS; i++)
        if (present[i])
            assert_int_equal(key_of(RtlGetElementGenericTableAvl(&table, at++)), i);
    assert_null(RtlGetElementGenericTableAvl(&table, at));
    for (ULONG i = 0; i < KEYS; i++)
        RtlDeleteElementGenericTableAvl(&table, &(struct item){i, 0});
    assert_true(RtlIsGenericTableEmptyAvl(&table));
    assert_int_equal(table.DepthOfTree, 0);
    assert_int_equal(allocations, 0);
}

static NTSTATUS tens(PRTL_AVL_TABLE table, PVOID data, PVOID match)
{
    (void)table;
    ULONG key = key_of(data), limit = *(ULONG *)match;
    return key > limit ? STATUS_NO_MORE_MATCHES : key % 10 ? STATUS_NO_MATCH : STATUS_SUCCESS;
}

static void enumerates_an_avl_table(void **state)
{
    (void)state;
    RTL_AVL_TABLE table;
    PVOID key = NULL, where = (PVOID)1;
    TABLE_SEARCH_RESULT result;
    ULONG deletions = 0, limit = 60;
    BOOLEAN is_new;
    RtlInitializeGenericTableAvl(&table, compare_avl, allocate_avl, release_avl, &allocations);
    assert_null(RtlEnumerateGenericTableAvl(&table, TRUE));
    assert_null(RtlEnumerateGenericTableLikeADirectory(&table, NULL, NULL, FALSE, &key, &deletions,
                                                       &(struct item){0, 0}));
    assert_null(RtlLookupElementGenericTableFullAvl(&table, &(struct item){5, 0}, &where, &result));
    assert_int_equal(result, TableEmptyTree);
    assert_ptr_equal(where, (PVOID)1);
    for (ULONG i = 0; i <= 100; i += 5) {
        struct item item = {i, i};
        assert_null(RtlLookupElementGenericTableFullAvl(&table, &item, &where, &result));
        assert_non_null(
            RtlInsertElementGenericTableFullAvl(&table, &item, sizeof item, &is_new, where, result));
        assert_true(is_new);
    }
    check_balance(&table);
    /* an element deleted under the enumeration does not stop it */
    assert_int_equal(key_of(RtlEnumerateGenericTableAvl(&table, TRUE)), 0);
    assert_int_equal(key_of(RtlEnumerateGenericTableAvl(&table, FALSE)), 5);
    assert_true(RtlDeleteElementGenericTableAvl(&table, &(struct item){5, 0}));
    assert_int_equal(key_of(RtlEnumerateGenericTableAvl(&table, FALSE)), 10);
    key = NULL;
    assert_int_equal(key_of(RtlEnumerateGenericTableWithoutSplayingAvl(&table, &key)), 0);
    assert_int_equal(key_of(RtlEnumerateGenericTableWithoutSplayingAvl(&table, &key)), 10);

    /* like a directory: 11 is not there, so it begins at 15, and 20 is the first that matches */
    key = NULL;
    deletions = table.DeleteCount;
    struct item from = {11, 0};
    assert_int_equal(
        key_of(RtlEnumerateGenericTableLikeADirectory(&table, tens, &limit, FALSE, &key, &deletions, &from)), 20);
    assert_int_equal(
        key_of(RtlEnumerateGenericTableLikeADirectory(&table, tens, &limit, FALSE, &key, &deletions, &from)), 20);
    assert_int_equal(
        key_of(RtlEnumerateGenericTableLikeADirectory(&table, tens, &limit, TRUE, &key, &deletions, &from)), 30);
    RtlDeleteElementGenericTableAvl(&table, &(struct item){30, 0}); /* the key is stale: it looks by the buffer */
    from.Key = 30;
    assert_int_equal(
        key_of(RtlEnumerateGenericTableLikeADirectory(&table, tens, &limit, TRUE, &key, &deletions, &from)), 40);
    assert_int_equal(deletions, table.DeleteCount);
    from.Key = 60;
    key = NULL;
    assert_null(RtlEnumerateGenericTableLikeADirectory(&table, tens, &limit, TRUE, &key, &deletions, &from));
    key = NULL;
    assert_int_equal(
        key_of(RtlEnumerateGenericTableLikeADirectory(&table, NULL, NULL, TRUE, &key, &deletions, &from)), 65);

    assert_int_equal(
        key_of(RtlLookupFirstMatchingElementGenericTableAvl(&table, &(struct item){65, 0}, &key)), 65);
    assert_non_null(key);
    assert_null(RtlLookupFirstMatchingElementGenericTableAvl(&table, &(struct item){66, 0}, &key));
    assert_null(key);
    for (ULONG i = 0; i <= 100; i++)
        RtlDeleteElementGenericTableAvl(&table, &(struct item){i, 0});
    assert_int_equal(allocations, 0);
}

/* A compare routine that finds many equal, as a search by prefix does: the first of them. */
static RTL_GENERIC_COMPARE_RESULTS compare_tens(PRTL_AVL_TABLE table, PVOID a, PVOID b)
{
    (void)table;
    struct item x = {((struct item *)a)->Key / 10, 0}, y = {((struct item *)b)->Key / 10, 0};
    return order(&x, &y);
}

static void finds_the_first_match(void **state)
{
    (void)state;
    RTL_AVL_TABLE table;
    PVOID key;
    RtlInitializeGenericTableAvl(&table, compare_avl, allocate_avl, release_avl, &allocations);
    for (ULONG i = 1; i < 60; i += 2)
        RtlInsertElementGenericTableAvl(&table, &(struct item){i, i}, sizeof(struct item), NULL);
    table.CompareRoutine = compare_tens;
    for (ULONG i = 0; i < 60; i += 10)
        assert_int_equal(
            key_of(RtlLookupFirstMatchingElementGenericTableAvl(&table, &(struct item){i + 7, 0}, &key)), i + 1);
    table.CompareRoutine = compare_avl;
    for (ULONG i = 1; i < 60; i += 2)
        assert_true(RtlDeleteElementGenericTableAvl(&table, &(struct item){i, 0}));
    assert_int_equal(allocations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(splays_links),
        TEST(keeps_a_splay_table),
        TEST(balances_an_avl_table),
        TEST(enumerates_an_avl_table),
        TEST(finds_the_first_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
