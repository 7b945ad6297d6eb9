/*
 * Dynamic hash tables: linear hashing, one bucket split or merged at a time, when the caller says so. A
 * bucket is a list; those who enumerate stand in it themselves, with the reserved signature, so that the
 * entry they are at may be removed.
 */
#include "rtl.h"

#include "../mm/mm.h"

#include <string.h>

enum {
    FIRST_SHIFT = 7,
    FIRST = 1 << FIRST_SHIFT, /* buckets, and the fewest there are */
    PARTS = 16,               /* of the directory: FIRST, FIRST, 2 * FIRST, 4 * FIRST ... buckets */
    MOST = FIRST << (PARTS - 1),
};
#define TAG 'hTHR'

typedef struct {
    PLIST_ENTRY Parts[PARTS];
} directory;

#define ENTRY(link) CONTAINING_RECORD(link, RTL_DYNAMIC_HASH_TABLE_ENTRY, Linkage)

/* The list heads never move, because contexts and enumerators point to them. */
static PLIST_ENTRY bucket_at(PRTL_DYNAMIC_HASH_TABLE table, ULONG index)
{
    directory *d = table->Directory;
    if (index < FIRST)
        return &d->Parts[0][index];
    unsigned part = 31u - (unsigned)__builtin_clz(index >> FIRST_SHIFT);
    return &d->Parts[part + 1][index - ((ULONG)FIRST << part)];
}

static bool add_part(PRTL_DYNAMIC_HASH_TABLE table, const void *caller, ULONG index)
{
    directory *d = table->Directory;
    unsigned part = index < FIRST ? 0 : 32u - (unsigned)__builtin_clz(index >> FIRST_SHIFT);
    ULONG count = part ? (ULONG)FIRST << (part - 1) : FIRST;
    if (d->Parts[part])
        return true;
    d->Parts[part] = MmAllocatePoolFor(caller, NonPagedPoolNx, count * sizeof(LIST_ENTRY), TAG);
    for (ULONG i = 0; d->Parts[part] && i < count; i++)
        InitializeListHead(&d->Parts[part][i]);
    return d->Parts[part] != NULL;
}

static ULONG bucket_of(PRTL_DYNAMIC_HASH_TABLE table, ULONG_PTR signature)
{
    ULONGLONG mixed = ((ULONGLONG)signature >> table->Shift) * 0x9E3779B97F4A7C15ull;
    ULONG hash = (ULONG)(mixed >> 32), index = hash & table->DivisorMask;
    return index < table->Pivot ? hash & (table->DivisorMask << 1 | 1) : index;
}

static bool is_valid(PRTL_DYNAMIC_HASH_TABLE_ENTRY entry)
{
    return entry->Signature != RTL_HASH_RESERVED_SIGNATURE;
}

static bool has_entries(PLIST_ENTRY head)
{
    for (PLIST_ENTRY at = head->Flink; at != head; at = at->Flink)
        if (is_valid(ENTRY(at)))
            return true;
    return false;
}

static void destroy(const void *caller, PRTL_DYNAMIC_HASH_TABLE table)
{
    directory *d = table->Directory;
    if (d) {
        for (unsigned i = 0; i < PARTS; i++)
            if (d->Parts[i])
                MmFreePoolFor(caller, d->Parts[i], TAG);
        MmFreePoolFor(caller, d, TAG);
        table->Directory = NULL;
    }
    if (table->Flags & RTL_HASH_ALLOCATED_HEADER)
        MmFreePoolFor(caller, table, TAG);
}

static bool create(const void *caller, PRTL_DYNAMIC_HASH_TABLE *where, ULONG size, ULONG shift, ULONG flags)
{
    PRTL_DYNAMIC_HASH_TABLE table = *where;
    if (flags || shift >= 8 * sizeof(ULONG_PTR) || size > MOST || (size & (size - 1)) || size < FIRST)
        return false;
    if (!table && !(table = MmAllocatePoolFor(caller, NonPagedPoolNx, sizeof *table, TAG)))
        return false;
    memset(table, 0, sizeof *table);
    table->Flags = *where ? 0 : RTL_HASH_ALLOCATED_HEADER;
    table->Shift = shift;
    table->TableSize = size;
    table->DivisorMask = size - 1;
    table->Directory = MmAllocatePoolFor(caller, NonPagedPoolNx, sizeof(directory), TAG);
    bool made = table->Directory != NULL;
    if (made)
        memset(table->Directory, 0, sizeof(directory));
    for (ULONG i = 0; made && i < size; i = i ? i * 2 : FIRST)
        made = add_part(table, caller, i);
    if (!made) {
        destroy(caller, table);
        return false;
    }
    *where = table;
    return true;
}

/* *HashTable is NULL, and the table is allocated, or it is memory of the caller's. */
BOOLEAN RtlCreateHashTable(PRTL_DYNAMIC_HASH_TABLE *HashTable, ULONG Shift, ULONG Flags)
{
    GATE(RtlCreateHashTable, HashTable, Shift, Flags);
    return create(__builtin_return_address(0), HashTable, FIRST, Shift, Flags);
}

BOOLEAN RtlCreateHashTableEx(PRTL_DYNAMIC_HASH_TABLE *HashTable, ULONG InitialSize, ULONG Shift, ULONG Flags)
{
    GATE(RtlCreateHashTableEx, HashTable, InitialSize, Shift, Flags);
    return create(__builtin_return_address(0), HashTable, InitialSize ? InitialSize : FIRST, Shift, Flags);
}

/* The entries are the caller's: whoever did not remove them loses the table only. */
VOID RtlDeleteHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable)
{
    GATE(RtlDeleteHashTable, HashTable);
    destroy(__builtin_return_address(0), HashTable);
}

static ULONG_PTR usable(ULONG_PTR signature)
{
    return signature == RTL_HASH_RESERVED_SIGNATURE ? RTL_HASH_RESERVED_SIGNATURE + 1 : signature;
}

/* Fills in the context: the bucket, and the link before the first entry of that signature, or before its end.
 */
static void look_up(PRTL_DYNAMIC_HASH_TABLE table, ULONG_PTR signature,
                    PRTL_DYNAMIC_HASH_TABLE_CONTEXT context)
{
    PLIST_ENTRY head = bucket_at(table, bucket_of(table, signature)), at = head->Flink;
    while (at != head && ENTRY(at)->Signature != signature)
        at = at->Flink;
    context->ChainHead = head;
    context->PrevLinkage = at->Blink;
    context->Signature = signature;
}

/* Entries of one signature stand together, the newest first. A context that the caller has from a look-up
 * saves another. */
BOOLEAN RtlInsertEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry,
                                ULONG_PTR Signature, PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context)
{
    GATE(RtlInsertEntryHashTable, HashTable, Entry, Signature, Context);
    RTL_DYNAMIC_HASH_TABLE_CONTEXT own = {.ChainHead = NULL}, *context = Context ? Context : &own;
    Entry->Signature = usable(Signature);
    if (!context->ChainHead)
        look_up(HashTable, Entry->Signature, context);
    if (!has_entries(context->ChainHead))
        HashTable->NonEmptyBuckets++;
    HashTable->NumEntries++;
    InsertHeadList(context->PrevLinkage, &Entry->Linkage);
    return TRUE;
}

BOOLEAN RtlRemoveEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, PRTL_DYNAMIC_HASH_TABLE_ENTRY Entry,
                                PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context)
{
    GATE(RtlRemoveEntryHashTable, HashTable, Entry, Context);
    PLIST_ENTRY head = bucket_at(HashTable, bucket_of(HashTable, Entry->Signature));
    if (Context) {
        Context->ChainHead = head;
        Context->PrevLinkage = Entry->Linkage.Blink;
        Context->Signature = Entry->Signature;
    }
    RemoveEntryList(&Entry->Linkage);
    HashTable->NumEntries--;
    if (!has_entries(head))
        HashTable->NonEmptyBuckets--;
    return TRUE;
}

PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlLookupEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable, ULONG_PTR Signature,
                                                      PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context)
{
    GATE(RtlLookupEntryHashTable, HashTable, Signature, Context);
    RTL_DYNAMIC_HASH_TABLE_CONTEXT own, *context = Context ? Context : &own;
    look_up(HashTable, usable(Signature), context);
    PLIST_ENTRY at = context->PrevLinkage->Flink;
    return at == context->ChainHead ? NULL : ENTRY(at);
}

/* The next entry of the signature that the context was made for. */
PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlGetNextEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                                       PRTL_DYNAMIC_HASH_TABLE_CONTEXT Context)
{
    GATE(RtlGetNextEntryHashTable, HashTable, Context);
    PLIST_ENTRY current = Context->PrevLinkage->Flink, at = current->Flink;
    while (at != Context->ChainHead && !is_valid(ENTRY(at)))
        at = at->Flink;
    if (current == Context->ChainHead || at == Context->ChainHead ||
        ENTRY(at)->Signature != Context->Signature)
        return NULL;
    Context->PrevLinkage = at->Blink;
    return ENTRY(at);
}

/* --- enumerate: strongly (entries may be removed meanwhile), weakly (whoever may insert and remove) --- */

static void begin(PRTL_DYNAMIC_HASH_TABLE table, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR at)
{
    at->BucketIndex = 0;
    at->ChainHead = bucket_at(table, 0);
    at->HashEntry.Signature = RTL_HASH_RESERVED_SIGNATURE;
    InsertHeadList(at->ChainHead, &at->HashEntry.Linkage);
    table->NumEnumerators++;
}

static PRTL_DYNAMIC_HASH_TABLE_ENTRY next(PRTL_DYNAMIC_HASH_TABLE table,
                                          PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR at)
{
    PLIST_ENTRY link = at->HashEntry.Linkage.Flink;
    for (;;) {
        for (; link != at->ChainHead; link = link->Flink)
            if (is_valid(ENTRY(link))) {
                RemoveEntryList(&at->HashEntry.Linkage);
                InsertHeadList(link, &at->HashEntry.Linkage);
                return ENTRY(link);
            }
        if (at->BucketIndex + 1 >= table->TableSize)
            return NULL;
        RemoveEntryList(&at->HashEntry.Linkage);
        at->ChainHead = bucket_at(table, ++at->BucketIndex);
        InsertHeadList(at->ChainHead, &at->HashEntry.Linkage);
        link = at->HashEntry.Linkage.Flink;
    }
}

static void end(PRTL_DYNAMIC_HASH_TABLE table, PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR at)
{
    RemoveEntryList(&at->HashEntry.Linkage);
    at->ChainHead = NULL;
    table->NumEnumerators--;
}

BOOLEAN RtlInitEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                    PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    GATE(RtlInitEnumerationHashTable, HashTable, Enumerator);
    begin(HashTable, Enumerator);
    return TRUE;
}

PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlEnumerateEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                                         PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    GATE(RtlEnumerateEntryHashTable, HashTable, Enumerator);
    return next(HashTable, Enumerator);
}

VOID RtlEndEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    GATE(RtlEndEnumerationHashTable, HashTable, Enumerator);
    end(HashTable, Enumerator);
}

BOOLEAN RtlInitWeakEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                        PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    GATE(RtlInitWeakEnumerationHashTable, HashTable, Enumerator);
    begin(HashTable, Enumerator);
    return TRUE;
}

PRTL_DYNAMIC_HASH_TABLE_ENTRY RtlWeaklyEnumerateEntryHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                                               PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    GATE(RtlWeaklyEnumerateEntryHashTable, HashTable, Enumerator);
    return next(HashTable, Enumerator);
}

VOID RtlEndWeakEnumerationHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable,
                                    PRTL_DYNAMIC_HASH_TABLE_ENUMERATOR Enumerator)
{
    GATE(RtlEndWeakEnumerationHashTable, HashTable, Enumerator);
    end(HashTable, Enumerator);
}

/* --- grow and shrink by one bucket --- */

/* FALSE: somebody enumerates, there is no memory, or the table is as large as it can be. */
BOOLEAN RtlExpandHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable)
{
    GATE(RtlExpandHashTable, HashTable);
    PRTL_DYNAMIC_HASH_TABLE table = HashTable;
    if (table->NumEnumerators || table->TableSize == MOST ||
        !add_part(table, __builtin_return_address(0), table->TableSize))
        return FALSE;
    PLIST_ENTRY from = bucket_at(table, table->Pivot), to = bucket_at(table, table->TableSize);
    ULONG old = table->Pivot;
    table->TableSize++;
    table->Pivot++;
    if (!IsListEmpty(from)) {
        for (PLIST_ENTRY at = from->Flink, following; at != from; at = following) {
            following = at->Flink;
            if (bucket_of(table, ENTRY(at)->Signature) != old) {
                RemoveEntryList(at);
                InsertTailList(to, at);
            }
        }
        if (!IsListEmpty(to) && !IsListEmpty(from))
            table->NonEmptyBuckets++;
    }
    if (table->Pivot == table->DivisorMask + 1) {
        table->DivisorMask = table->DivisorMask << 1 | 1;
        table->Pivot = 0;
    }
    return TRUE;
}

BOOLEAN RtlContractHashTable(PRTL_DYNAMIC_HASH_TABLE HashTable)
{
    GATE(RtlContractHashTable, HashTable);
    PRTL_DYNAMIC_HASH_TABLE table = HashTable;
    if (table->NumEnumerators || table->TableSize == FIRST)
        return FALSE;
    if (!table->Pivot) {
        table->DivisorMask >>= 1;
        table->Pivot = table->DivisorMask + 1;
    }
    table->Pivot--;
    table->TableSize--;
    PLIST_ENTRY to = bucket_at(table, table->Pivot), from = bucket_at(table, table->TableSize);
    if (!IsListEmpty(to) && !IsListEmpty(from))
        table->NonEmptyBuckets--;
    while (!IsListEmpty(from))
        InsertTailList(to, RemoveHeadList(from));
    return TRUE;
}
