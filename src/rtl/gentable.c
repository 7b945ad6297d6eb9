/*
 * Generic tables on splay trees: the element looked for last is the root. Elements also stand in the order of
 * their insertion.
 */
#include "rtl.h"

#include <string.h>

/* What stands before the user's data: sizeof(RTL_SPLAY_LINKS) + sizeof(LIST_ENTRY), as the documentation
 * promises. */
struct element {
    RTL_SPLAY_LINKS Links;
    LIST_ENTRY InOrder;
    LONGLONG Data; /* of any size, aligned like this */
};
#define OVERHEAD       FIELD_OFFSET(struct element, Data)
#define ELEMENT(links) CONTAINING_RECORD(links, struct element, Links)
#define DATA(links)    ((PVOID)&ELEMENT(links)->Data)

VOID RtlInitializeGenericTable(PRTL_GENERIC_TABLE Table, PRTL_GENERIC_COMPARE_ROUTINE CompareRoutine,
                               PRTL_GENERIC_ALLOCATE_ROUTINE AllocateRoutine,
                               PRTL_GENERIC_FREE_ROUTINE FreeRoutine, PVOID TableContext)
{
    GATE(RtlInitializeGenericTable, Table, CompareRoutine, AllocateRoutine, FreeRoutine);
    Table->TableRoot = NULL;
    InitializeListHead(&Table->InsertOrderList);
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->WhichOrderedElement = 0;
    Table->NumberGenericTableElements = 0;
    Table->CompareRoutine = CompareRoutine;
    Table->AllocateRoutine = AllocateRoutine;
    Table->FreeRoutine = FreeRoutine;
    Table->TableContext = TableContext;
}

/* The element that equals buffer, or the one below which it would be inserted. */
static TABLE_SEARCH_RESULT find(PRTL_GENERIC_TABLE table, PVOID buffer, PRTL_SPLAY_LINKS *where)
{
    PRTL_SPLAY_LINKS node = table->TableRoot;
    if (!node)
        return TableEmptyTree;
    for (;;) {
        PRTL_SPLAY_LINKS child;
        RTL_GENERIC_COMPARE_RESULTS result = table->CompareRoutine(table, buffer, DATA(node));
        *where = node;
        if (result == GenericEqual)
            return TableFoundNode;
        child = result == GenericLessThan ? node->LeftChild : node->RightChild;
        if (!child)
            return result == GenericLessThan ? TableInsertAsLeft : TableInsertAsRight;
        node = child;
    }
}

static PVOID insert(PRTL_GENERIC_TABLE table, PVOID buffer, CLONG size, PBOOLEAN new_element,
                    PRTL_SPLAY_LINKS where, TABLE_SEARCH_RESULT result)
{
    PRTL_SPLAY_LINKS node = where;
    if (new_element)
        *new_element = FALSE;
    if (result != TableFoundNode) {
        struct element *element = table->AllocateRoutine(table, size + (CLONG)OVERHEAD);
        if (!element)
            return NULL;
        node = &element->Links;
        RtlInitializeSplayLinks(node);
        InsertTailList(&table->InsertOrderList, &element->InOrder);
        table->NumberGenericTableElements++;
        if (result == TableInsertAsLeft)
            RtlInsertAsLeftChild(where, node);
        else if (result == TableInsertAsRight)
            RtlInsertAsRightChild(where, node);
        memcpy(&element->Data, buffer, size);
        if (new_element)
            *new_element = TRUE;
    }
    table->TableRoot = rtl_splay(node);
    return DATA(node);
}

/* An element that equals is not replaced: *NewElement is FALSE, and the data returned is the old one's. NULL:
 * no memory. */
PVOID RtlInsertElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                   PBOOLEAN NewElement)
{
    GATE(RtlInsertElementGenericTable, Table, Buffer, BufferSize, NewElement);
    PRTL_SPLAY_LINKS where = NULL;
    TABLE_SEARCH_RESULT result = find(Table, Buffer, &where);
    return insert(Table, Buffer, BufferSize, NewElement, where, result);
}

PVOID RtlInsertElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, CLONG BufferSize,
                                       PBOOLEAN NewElement, PVOID NodeOrParent,
                                       TABLE_SEARCH_RESULT SearchResult)
{
    GATE(RtlInsertElementGenericTableFull, Table, Buffer, BufferSize, NewElement);
    return insert(Table, Buffer, BufferSize, NewElement, NodeOrParent, SearchResult);
}

BOOLEAN RtlDeleteElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    GATE(RtlDeleteElementGenericTable, Table, Buffer);
    PRTL_SPLAY_LINKS node = NULL;
    if (find(Table, Buffer, &node) != TableFoundNode)
        return FALSE;
    Table->TableRoot = rtl_splay_delete(node);
    RemoveEntryList(&ELEMENT(node)->InOrder);
    Table->NumberGenericTableElements--;
    Table->WhichOrderedElement = 0;
    Table->OrderedPointer = &Table->InsertOrderList;
    Table->FreeRoutine(Table, ELEMENT(node));
    return TRUE;
}

static PVOID look_up(PRTL_GENERIC_TABLE table, PVOID buffer, PVOID *where, TABLE_SEARCH_RESULT *result)
{
    PRTL_SPLAY_LINKS node = NULL;
    *result = find(table, buffer, &node);
    if (*result != TableEmptyTree)
        *where = node;
    if (*result != TableFoundNode) /* no splaying: the place found must remain one */
        return NULL;
    table->TableRoot = rtl_splay(node);
    return DATA(node);
}

PVOID RtlLookupElementGenericTable(PRTL_GENERIC_TABLE Table, PVOID Buffer)
{
    GATE(RtlLookupElementGenericTable, Table, Buffer);
    PVOID where;
    TABLE_SEARCH_RESULT result;
    return look_up(Table, Buffer, &where, &result);
}

/* *NodeOrParent is left alone when the table is empty. */
PVOID RtlLookupElementGenericTableFull(PRTL_GENERIC_TABLE Table, PVOID Buffer, PVOID *NodeOrParent,
                                       TABLE_SEARCH_RESULT *SearchResult)
{
    GATE(RtlLookupElementGenericTableFull, Table, Buffer, NodeOrParent, SearchResult);
    return look_up(Table, Buffer, NodeOrParent, SearchResult);
}

static PRTL_SPLAY_LINKS first(PRTL_GENERIC_TABLE table)
{
    PRTL_SPLAY_LINKS node = table->TableRoot;
    while (node && node->LeftChild)
        node = node->LeftChild;
    return node;
}

/* In the order of the keys. Where it is the tree remembers by its root: a look-up in between moves on from
 * there. */
PVOID RtlEnumerateGenericTable(PRTL_GENERIC_TABLE Table, BOOLEAN Restart)
{
    GATE(RtlEnumerateGenericTable, Table, Restart);
    if (!Table->TableRoot)
        return NULL;
    PRTL_SPLAY_LINKS node = Restart ? first(Table) : rtl_splay_next(Table->TableRoot);
    if (!node)
        return NULL;
    Table->TableRoot = rtl_splay(node);
    return DATA(node);
}

/* *RestartKey, NULL at first, is the element returned last, which must not have been deleted since. */
PVOID RtlEnumerateGenericTableWithoutSplaying(PRTL_GENERIC_TABLE Table, PVOID *RestartKey)
{
    GATE(RtlEnumerateGenericTableWithoutSplaying, Table, RestartKey);
    if (!Table->TableRoot)
        return NULL;
    PRTL_SPLAY_LINKS node = *RestartKey ? rtl_splay_next(*RestartKey) : first(Table);
    if (!node)
        return NULL;
    *RestartKey = node;
    return DATA(node);
}

/* The I-th element, from 0 on, in the order of insertion. The table remembers where it was and goes on from
 * there. */
PVOID RtlGetElementGenericTable(PRTL_GENERIC_TABLE Table, ULONG I)
{
    GATE(RtlGetElementGenericTable, Table, I);
    if (I >= Table->NumberGenericTableElements)
        return NULL;
    PLIST_ENTRY at = Table->OrderedPointer;
    ULONG which = Table->WhichOrderedElement, wanted = I + 1; /* the head of the list is number 0 */
    for (; which < wanted; which++)
        at = at->Flink;
    for (; which > wanted; which--)
        at = at->Blink;
    Table->OrderedPointer = at;
    Table->WhichOrderedElement = which;
    return &CONTAINING_RECORD(at, struct element, InOrder)->Data;
}

ULONG RtlNumberGenericTableElements(PRTL_GENERIC_TABLE Table)
{
    GATE(RtlNumberGenericTableElements, Table);
    return Table->NumberGenericTableElements;
}

BOOLEAN RtlIsGenericTableEmpty(PRTL_GENERIC_TABLE Table)
{
    GATE(RtlIsGenericTableEmpty, Table);
    return !Table->TableRoot;
}
