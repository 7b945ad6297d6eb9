/*
 * Generic tables on AVL trees. BalancedRoot is no element: it stands above the tree, whose root is its right
 * child.
 */
#include "rtl.h"

#include <string.h>

typedef RTL_BALANCED_LINKS *links;

#define DATA(node)                                                                                           \
    ((PVOID)((links)(node) + 1)) /* sizeof(RTL_BALANCED_LINKS) before it, as the documentation promises */

enum { LEFT = -1, RIGHT = 1 }; /* sides, and the balance of a node whose tree is deeper there */

static inline links *child(links node, int side)
{
    return side == LEFT ? &node->LeftChild : &node->RightChild;
}

static inline CHAR side_of(links node)
{
    return node->Parent->LeftChild == node ? LEFT : RIGHT;
}

VOID RtlInitializeGenericTableAvl(PRTL_AVL_TABLE Table, PRTL_AVL_COMPARE_ROUTINE CompareRoutine,
                                  PRTL_AVL_ALLOCATE_ROUTINE AllocateRoutine,
                                  PRTL_AVL_FREE_ROUTINE FreeRoutine, PVOID TableContext)
{
    GATE(RtlInitializeGenericTableAvl, Table, CompareRoutine, AllocateRoutine, FreeRoutine);
    memset(Table, 0, sizeof *Table);
    Table->BalancedRoot.Parent = &Table->BalancedRoot;
    Table->CompareRoutine = CompareRoutine;
    Table->AllocateRoutine = AllocateRoutine;
    Table->FreeRoutine = FreeRoutine;
    Table->TableContext = TableContext;
}

static links first(PRTL_AVL_TABLE table)
{
    links node = table->BalancedRoot.RightChild;
    while (node && node->LeftChild)
        node = node->LeftChild;
    return node;
}

/* The node that comes next on that side, or NULL. */
static links neighbour(PRTL_AVL_TABLE table, links node, int side)
{
    links at = *child(node, side);
    if (at) {
        while (*child(at, -side))
            at = *child(at, -side);
        return at;
    }
    while (node->Parent != &table->BalancedRoot) {
        int from = side_of(node);
        node = node->Parent;
        if (from != side)
            return node;
    }
    return NULL;
}

static TABLE_SEARCH_RESULT find(PRTL_AVL_TABLE table, PVOID buffer, links *where)
{
    links node = table->BalancedRoot.RightChild;
    if (!node)
        return TableEmptyTree;
    for (;;) {
        RTL_GENERIC_COMPARE_RESULTS result = table->CompareRoutine(table, buffer, DATA(node));
        *where = node;
        if (result == GenericEqual)
            return TableFoundNode;
        links next = result == GenericLessThan ? node->LeftChild : node->RightChild;
        if (!next)
            return result == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
        node = next;
    }
}

/* --- balance --- */

static void rotate_up(links node)
{
    links parent = node->Parent, inner;
    int side = side_of(node);
    *child(parent->Parent, side_of(parent)) = node;
    node->Parent = parent->Parent;
    inner = *child(node, -side);
    *child(parent, side) = inner;
    if (inner)
        inner->Parent = parent;
    *child(node, -side) = parent;
    parent->Parent = node;
}

/* The node's tree is two levels deeper on that side. Returns whether the whole has become lower by one level.
 */
static bool rebalance(links node, CHAR side)
{
    links deep = *child(node, side);
    if (deep->Balance == side) {
        rotate_up(deep);
        node->Balance = deep->Balance = 0;
        return true;
    }
    if (deep->Balance == 0) { /* only where something was deleted */
        rotate_up(deep);
        deep->Balance = (CHAR)-side;
        return false;
    }
    links inner = *child(deep, (CHAR)-side);
    rotate_up(inner);
    rotate_up(inner);
    node->Balance = inner->Balance == side ? (CHAR)-side : 0;
    deep->Balance = inner->Balance == -side ? side : 0;
    inner->Balance = 0;
    return true;
}

static void grown(PRTL_AVL_TABLE table, links node)
{
    for (links parent; (parent = node->Parent) != &table->BalancedRoot; node = parent) {
        CHAR side = side_of(node);
        if (parent->Balance == 0) {
            parent->Balance = side;
        } else {
            if (parent->Balance == side)
                rebalance(parent, side);
            else
                parent->Balance = 0;
            return;
        }
    }
    table->DepthOfTree++;
}

/* What is below parent on that side has become lower. */
static void shrunk(PRTL_AVL_TABLE table, links parent, CHAR side)
{
    while (parent != &table->BalancedRoot) {
        if (parent->Balance == side) {
            parent->Balance = 0;
        } else if (parent->Balance == 0) {
            parent->Balance = (CHAR)-side;
            return;
        } else {
            if (!rebalance(parent, (CHAR)-side))
                return;
            parent = parent->Parent;
        }
        side = side_of(parent);
        parent = parent->Parent;
    }
    table->DepthOfTree--;
}

static void take_out(PRTL_AVL_TABLE table, links node)
{
    links easy =
        node; /* has one child at most; for a node with two its neighbour goes, and then takes its place */
    if (node->LeftChild && node->RightChild)
        easy = neighbour(table, node, node->Balance == RIGHT ? RIGHT : LEFT);
    links rest = easy->LeftChild ? easy->LeftChild : easy->RightChild, parent = easy->Parent;
    CHAR side = side_of(easy);
    *child(parent, side) = rest;
    if (rest)
        rest->Parent = parent;
    shrunk(table, parent, side);
    if (easy == node)
        return;
    *child(node->Parent, side_of(node)) = easy;
    *easy = *node;
    if (easy->LeftChild)
        easy->LeftChild->Parent = easy;
    if (easy->RightChild)
        easy->RightChild->Parent = easy;
}

/* --- insert, delete, look up --- */

static PVOID insert(PRTL_AVL_TABLE table, PVOID buffer, CLONG size, PBOOLEAN new_element, links where,
                    TABLE_SEARCH_RESULT result)
{
    if (new_element)
        *new_element = FALSE;
    if (result == TableFoundNode)
        return DATA(where);
    links node = table->AllocateRoutine(table, size + (CLONG)sizeof *node);
    if (!node)
        return NULL;
    memset(node, 0, sizeof *node);
    node->Parent = result == TableEmptyTree ? &table->BalancedRoot : where;
    *child(node->Parent, result == TableInsertAsLeft ? LEFT : RIGHT) = node;
    table->NumberGenericTableElements++;
    grown(table, node);
    table->OrderedPointer = NULL;
    table->WhichOrderedElement = 0;
    memcpy(DATA(node), buffer, size);
    if (new_element)
        *new_element = TRUE;
    return DATA(node);
}

/* An element that equals is not replaced: *NewElement is FALSE, and the data returned is the old one's. NULL:
 * no memory. */
PVOID RtlInsertElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                      PBOOLEAN NewElement)
{
    GATE(RtlInsertElementGenericTableAvl, Table, Buffer, BufferSize, NewElement);
    links where = NULL;
    TABLE_SEARCH_RESULT result = find(Table, Buffer, &where);
    return insert(Table, Buffer, BufferSize, NewElement, where, result);
}

PVOID RtlInsertElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                          PBOOLEAN NewElement, PVOID NodeOrParent,
                                          TABLE_SEARCH_RESULT SearchResult)
{
    GATE(RtlInsertElementGenericTableFullAvl, Table, Buffer, BufferSize, NewElement);
    return insert(Table, Buffer, BufferSize, NewElement, NodeOrParent, SearchResult);
}

/* An enumeration under way (RtlEnumerateGenericTableAvl) goes on behind the element that is deleted. */
BOOLEAN RtlDeleteElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    GATE(RtlDeleteElementGenericTableAvl, Table, Buffer);
    links node = NULL;
    if (find(Table, Buffer, &node) != TableFoundNode)
        return FALSE;
    if (node == Table->RestartKey)
        Table->RestartKey = neighbour(Table, node, LEFT);
    Table->DeleteCount++;
    take_out(Table, node);
    Table->NumberGenericTableElements--;
    Table->WhichOrderedElement = 0;
    Table->OrderedPointer = NULL;
    Table->FreeRoutine(Table, node);
    return TRUE;
}

PVOID RtlLookupElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer)
{
    GATE(RtlLookupElementGenericTableAvl, Table, Buffer);
    links node = NULL;
    return find(Table, Buffer, &node) == TableFoundNode ? DATA(node) : NULL;
}

/* *NodeOrParent is left alone when the table is empty. */
PVOID RtlLookupElementGenericTableFullAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *NodeOrParent,
                                          TABLE_SEARCH_RESULT *SearchResult)
{
    GATE(RtlLookupElementGenericTableFullAvl, Table, Buffer, NodeOrParent, SearchResult);
    links node = NULL;
    *SearchResult = find(Table, Buffer, &node);
    if (*SearchResult != TableEmptyTree)
        *NodeOrParent = node;
    return *SearchResult == TableFoundNode ? DATA(node) : NULL;
}

/* For a compare routine that finds several elements equal: the first of them. */
PVOID RtlLookupFirstMatchingElementGenericTableAvl(PRTL_AVL_TABLE Table, PVOID Buffer, PVOID *RestartKey)
{
    GATE(RtlLookupFirstMatchingElementGenericTableAvl, Table, Buffer, RestartKey);
    links node = NULL;
    *RestartKey = NULL;
    if (find(Table, Buffer, &node) != TableFoundNode)
        return NULL;
    for (links left = node; (left = neighbour(Table, left, LEFT)) != NULL; node = left)
        if (Table->CompareRoutine(Table, Buffer, DATA(left)) != GenericEqual)
            break;
    *RestartKey = node;
    return DATA(node);
}

/* --- enumerate, in the order of the keys --- */

static PVOID next(PRTL_AVL_TABLE table, links *key)
{
    links node = *key ? neighbour(table, *key, RIGHT) : first(table);
    if (!node)
        return NULL;
    *key = node;
    return DATA(node);
}

PVOID RtlEnumerateGenericTableAvl(PRTL_AVL_TABLE Table, BOOLEAN Restart)
{
    GATE(RtlEnumerateGenericTableAvl, Table, Restart);
    if (Restart)
        Table->RestartKey = NULL;
    return next(Table, &Table->RestartKey);
}

PVOID RtlEnumerateGenericTableWithoutSplayingAvl(PRTL_AVL_TABLE Table, PVOID *RestartKey)
{
    GATE(RtlEnumerateGenericTableWithoutSplayingAvl, Table, RestartKey);
    links key = *RestartKey;
    PVOID data = next(Table, &key);
    *RestartKey = key;
    return data;
}

/*
 * Goes on where *RestartKey stands, or, when that is NULL or something was deleted since (*DeleteCount),
 * where Buffer would stand; NextFlag says to begin behind it. The match routine decides: STATUS_SUCCESS,
 * STATUS_NO_MATCH (go on), else the end.
 */
PVOID RtlEnumerateGenericTableLikeADirectory(PRTL_AVL_TABLE Table, PRTL_AVL_MATCH_FUNCTION MatchFunction,
                                             PVOID MatchData, ULONG NextFlag, PVOID *RestartKey,
                                             PULONG DeleteCount, PVOID Buffer)
{
    GATE(RtlEnumerateGenericTableLikeADirectory, Table, MatchFunction, MatchData, NextFlag);
    links node = *RestartKey;
    if (!Table->BalancedRoot.RightChild) {
        *RestartKey = NULL;
        return NULL;
    }
    if (*DeleteCount != Table->DeleteCount)
        node = NULL;
    if (node) {
        if (NextFlag)
            node = neighbour(Table, node, RIGHT);
    } else {
        TABLE_SEARCH_RESULT result = find(Table, Buffer, &node);
        if (result == TableInsertAsRight || (result == TableFoundNode && NextFlag))
            node = neighbour(Table, node, RIGHT);
    }
    *DeleteCount = Table->DeleteCount;
    for (; node; node = neighbour(Table, node, RIGHT)) {
        NTSTATUS status = MatchFunction ? MatchFunction(Table, DATA(node), MatchData) : STATUS_SUCCESS;
        if (status == STATUS_SUCCESS) {
            *RestartKey = node;
            return DATA(node);
        }
        if (status != STATUS_NO_MATCH)
            break;
    }
    return NULL;
}

/* The I-th element, from 0 on, in the order of the keys. */
PVOID RtlGetElementGenericTableAvl(PRTL_AVL_TABLE Table, ULONG I)
{
    GATE(RtlGetElementGenericTableAvl, Table, I);
    if (I >= Table->NumberGenericTableElements)
        return NULL;
    links node = Table->OrderedPointer;
    ULONG which = Table->WhichOrderedElement, wanted = I + 1; /* 0: none yet */
    if (!node || !which) {
        node = first(Table);
        which = 1;
    }
    for (; which < wanted; which++)
        node = neighbour(Table, node, RIGHT);
    for (; which > wanted; which--)
        node = neighbour(Table, node, LEFT);
    Table->OrderedPointer = node;
    Table->WhichOrderedElement = which;
    return DATA(node);
}

ULONG RtlNumberGenericTableElementsAvl(PRTL_AVL_TABLE Table)
{
    GATE(RtlNumberGenericTableElementsAvl, Table);
    return Table->NumberGenericTableElements;
}

BOOLEAN RtlIsGenericTableEmptyAvl(PRTL_AVL_TABLE Table)
{
    GATE(RtlIsGenericTableEmptyAvl, Table);
    return !Table->NumberGenericTableElements;
}
