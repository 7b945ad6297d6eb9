/*
 * Handle tables: values, look-up, insertion, closing. ORDER ENTRY in obp.h is what the lock-free look-up
 * relies on.
 */
#include "hold.h"

/* --- tables --- */

struct ob_handle_table *ob_handle_table_create(PEPROCESS Process)
{
    struct ob_handle_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->Process = Process;
    table->NextNew = 1;
    ob_acquire(&OBP->tables_lock);
    table->Next = OBP->tables;
    OBP->tables = table;
    ob_release(&OBP->tables_lock);
    return table;
}

void ob_handle_table_free(struct ob_handle_table *table)
{
    ob_acquire(&OBP->tables_lock);
    struct ob_handle_table **link = &OBP->tables;
    while (*link && *link != table)
        link = &(*link)->Next;
    if (*link)
        *link = table->Next;
    ob_release(&OBP->tables_lock);
    for (unsigned i = 0; i < OBP_SEGMENTS; i++)
        free(atomic_load_explicit(&table->Segments[i], memory_order_relaxed));
    free(table);
}

ULONG ob_handle_table_count(struct ob_handle_table *table)
{
    return atomic_load(&table->Count);
}

struct ob_handle_table *ob_kernel_handle_table(void)
{
    return OBP->kernel_table;
}

void ob_handle_table_close_all(struct ob_handle_table *table)
{
    ob_acquire(&table->Lock);
    ULONG end = table->NextNew;
    ob_release(&table->Lock);
    for (ULONG i = 1; i < end; i++)
        obp_close(table, i, KernelMode, TRUE);
}

/* --- values --- */

BOOLEAN NTAPI ObIsKernelHandle(HANDLE Handle, KPROCESSOR_MODE Mode)
{
    GATE(ObIsKernelHandle, Handle, Mode);
    return Mode == KernelMode && ((ULONG_PTR)Handle & OBP_KERNEL_HANDLE) == OBP_KERNEL_HANDLE &&
           Handle != NtCurrentProcess() && Handle != NtCurrentThread();
}

struct ob_handle_table *obp_table_of(HANDLE handle, KPROCESSOR_MODE mode, ULONG_PTR *index)
{
    ULONG_PTR value = (ULONG_PTR)handle;
    if (__builtin_expect(value >= OBP_KERNEL_HANDLE, 0)) {
        if (mode != KernelMode)
            return NULL;
        *index = (value & ~OBP_KERNEL_HANDLE) >> 2;
        return OBP->kernel_table;
    }
    *index = value >> 2;
    return PspCurrentProcess()->Handles;
}

static HANDLE value_of(struct ob_handle_table *table, ULONG index, BOOLEAN kernel)
{
    (void)table;
    return (HANDLE)((kernel ? OBP_KERNEL_HANDLE : 0) | (ULONG_PTR)index << 2);
}

/* --- look-up --- */

/* Buys a batch of references for an entry that has run out; false when the handle is gone. */
static __attribute__((noinline)) bool refill(struct ob_handle_table *table, struct obp_entry *entry)
{
    ob_acquire(&table->Lock);
    uint64_t word = atomic_load_explicit(&entry->Object, memory_order_relaxed);
    POBP_HEADER header = (POBP_HEADER)(uintptr_t)(word & OBP_POINTER_MASK);
    if (header && word < OBP_PREPAID_ONE) {
        obp_reference(header, OBP_PREPAID_BATCH);
        atomic_fetch_add_explicit(&entry->Object, OBP_PREPAID_ONE * OBP_PREPAID_BATCH, memory_order_release);
    }
    ob_release(&table->Lock);
    return header != NULL;
}

static inline POBP_HEADER reference_entry(struct ob_handle_table *table, struct obp_entry *entry,
                                          ULONG *access)
{
    for (;;) {
        uint64_t before = atomic_load_explicit(&entry->Access, memory_order_acquire);
        uint64_t word = atomic_load_explicit(&entry->Object, memory_order_relaxed);
        if (word < OBP_PREPAID_ONE) {
            if (!word || !refill(table, entry))
                return NULL;
            continue;
        }
        if (!atomic_compare_exchange_weak_explicit(&entry->Object, &word, word - OBP_PREPAID_ONE,
                                                   memory_order_acquire, memory_order_relaxed))
            continue;
        POBP_HEADER header = (POBP_HEADER)(uintptr_t)(word & OBP_POINTER_MASK);
        if (__builtin_expect(atomic_load_explicit(&entry->Access, memory_order_relaxed) == before, 1)) {
            *access = (ULONG)before;
            return header;
        }
        /* Closed and opened again in between: what was read is another handle's. */
        obp_dereference(header, 1, NULL);
    }
}

static NTSTATUS look_up_pseudo(HANDLE handle, POBJECT_TYPE type, PVOID *object, ACCESS_MASK *granted)
{
    PVOID own = handle == NtCurrentProcess() ? (PVOID)PspCurrentProcess() : (PVOID)PspCurrentThread();
    POBP_HEADER header = obp_header(own);
    if (type && header->Type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    obp_reference(header, 1);
    *object = own;
    *granted = header->Type->Info.ValidAccessMask;
    return STATUS_SUCCESS;
}

static inline NTSTATUS look_up(HANDLE handle, KPROCESSOR_MODE mode, POBJECT_TYPE type, PVOID *object,
                               ULONG *access)
{
    if (__builtin_expect((LONG_PTR)handle < 0, 0) &&
        (handle == NtCurrentProcess() || handle == NtCurrentThread()))
        return look_up_pseudo(handle, type, object, access);
    ULONG_PTR index;
    struct ob_handle_table *table = obp_table_of(handle, mode, &index);
    struct obp_entry *entry = table ? obp_entry(table, index) : NULL;
    POBP_HEADER header = entry ? reference_entry(table, entry, access) : NULL;
    if (__builtin_expect(!header, 0))
        return STATUS_INVALID_HANDLE;
    if (__builtin_expect(type && header->Type != type, 0)) {
        obp_dereference(header, 1, NULL);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *object = obp_body(header);
    return STATUS_SUCCESS;
}

NTSTATUS ObpLookupHandle(HANDLE Handle, KPROCESSOR_MODE Mode, POBJECT_TYPE Type, PVOID *Object,
                         ACCESS_MASK *Granted)
{
    ULONG access;
    NTSTATUS status = look_up(Handle, Mode, Type, Object, &access);
    if (NT_SUCCESS(status))
        *Granted = access & OBP_GRANTED_MASK;
    return status;
}

/* --- holding --- */

static inline _Atomic ULONG_PTR *free_place(PKTHREAD thread)
{
    for (int i = 0; i < KE_HELD; i++)
        if (!atomic_load_explicit(&thread->Held[i], memory_order_relaxed))
            return &thread->Held[i];
    return NULL; /* services nested that deep do it the ordinary way */
}

struct ob_hold ObpHoldSlowly(PKTHREAD thread, HANDLE handle, KPROCESSOR_MODE mode, POBJECT_TYPE type)
{
    ULONG_PTR index;
    ULONG access;
    struct ob_hold hold = {.Place = -1};
    struct ob_handle_table *table = obp_table_of(handle, mode, &index);
    struct obp_entry *entry = table ? obp_entry(table, index) : NULL;
    _Atomic ULONG_PTR *place = entry && KiIsVisited(thread) ? free_place(thread) : NULL;
    POBP_HEADER header = place ? obp_hold_entry(entry, thread, place, &access) : NULL;
    if (header && header->Type == type) {
        hold.Object = obp_body(header);
        hold.Place = (SHORT)(place - thread->Held);
        hold.Granted = access & OBP_GRANTED_MASK;
        return hold;
    }
    if (header)
        ObpEmptyPlace(thread, place);
    NTSTATUS status = ObpLookupHandle(handle, mode, type, &hold.Object, &access);
    if (NT_SUCCESS(status)) {
        hold.Granted = access;
    } else {
        hold.Object = NULL;
        hold.Status = status;
    }
    return hold;
}

void ObpDereferenceHeld(ULONG_PTR held)
{
    obp_dereference((POBP_HEADER)(held & ~OB_HELD_COUNTED), 1, NULL);
}

/* The entry is empty already. */
static void count_holder(PKTHREAD thread, void *header)
{
    for (int i = 0; i < KE_HELD; i++)
        if (atomic_load_explicit(&thread->Held[i], memory_order_relaxed) == (ULONG_PTR)header) {
            obp_reference(header, 1);
            atomic_store_explicit(&thread->Held[i], (ULONG_PTR)header | OB_HELD_COUNTED,
                                  memory_order_relaxed);
        }
}

static NTSTATUS reference_by_handle(HANDLE handle, ACCESS_MASK desired, POBJECT_TYPE type,
                                    KPROCESSOR_MODE mode, PVOID *object,
                                    POBJECT_HANDLE_INFORMATION information)
{
    PVOID found;
    ULONG access;
    *object = NULL;
    NTSTATUS status = look_up(handle, mode, type, &found, &access);
    if (!NT_SUCCESS(status))
        return status;
    ULONG granted = access & OBP_GRANTED_MASK;
    if (mode != KernelMode && desired & ~granted) {
        ObpDereferenceObject(found);
        return STATUS_ACCESS_DENIED;
    }
    if (information) {
        information->GrantedAccess = granted;
        information->HandleAttributes = (access & OBP_ENTRY_INHERIT ? OBJ_INHERIT : 0) |
                                        (access & OBP_ENTRY_PROTECT ? OBJ_PROTECT_CLOSE : 0) |
                                        (access & OBP_ENTRY_AUDIT ? 4 : 0);
    }
    *object = found;
    return STATUS_SUCCESS;
}

/*
 * The object behind a handle of the current process, referenced. AccessMode KernelMode: no access check, and
 * kernel handles are seen. PASSIVE_LEVEL. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
 * STATUS_ACCESS_DENIED.
 */
NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                         KPROCESSOR_MODE AccessMode, PVOID *Object,
                                         POBJECT_HANDLE_INFORMATION HandleInformation)
{
    GATE(ObReferenceObjectByHandle, Handle, DesiredAccess, ObjectType, AccessMode);
    return reference_by_handle(Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation);
}

NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess,
                                                POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                                ULONG Tag, PVOID *Object,
                                                POBJECT_HANDLE_INFORMATION HandleInformation)
{
    GATE(ObReferenceObjectByHandleWithTag, Handle, DesiredAccess, ObjectType, AccessMode);
    (void)Tag;
    return reference_by_handle(Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation);
}

/* --- insertion --- */

/* An unused index, with its segment in place; 0: no memory, or 2^24 handles are open. Under the lock. */
static ULONG take_index(struct ob_handle_table *table)
{
    ULONG index = table->FirstFree;
    if (index) {
        table->FirstFree = obp_entry(table, index)->NextFree;
        return index;
    }
    index = table->NextNew;
    if (index >= OBP_MAXIMUM_INDEX)
        return 0;
    if (!obp_entry(table, index)) {
        unsigned segment = 31u - (unsigned)__builtin_clz(index + (1u << OBP_FIRST_SEGMENT));
        struct obp_entry *entries = calloc((size_t)1 << segment, sizeof *entries);
        if (!entries)
            return 0;
        atomic_store_explicit(&table->Segments[segment - OBP_FIRST_SEGMENT], entries, memory_order_release);
    }
    table->NextNew = index + 1;
    return index;
}

NTSTATUS obp_insert_handle(struct ob_handle_table *table, POBP_HEADER header, ULONG access,
                           const void *creator, ULONG *index)
{
    ob_acquire(&table->Lock);
    *index = take_index(table);
    if (!*index) {
        ob_release(&table->Lock);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    struct obp_entry *entry = obp_entry(table, *index);
    uint64_t sequence = (atomic_load_explicit(&entry->Access, memory_order_relaxed) & ~UINT64_C(0xFFFFFFFF)) +
                        OBP_SEQUENCE_ONE;
    entry->Creator = creator;
    atomic_store_explicit(&entry->Access, sequence | access, memory_order_release);
    atomic_store_explicit(&entry->Object, (uint64_t)(uintptr_t)header, memory_order_release);
    atomic_fetch_add_explicit(&table->Count, 1, memory_order_relaxed);
    ob_release(&table->Lock);
    return STATUS_SUCCESS;
}

/* Whether one more handle may be opened, and its counting (NT's ObpIncrementHandleCount). */
static NTSTATUS count_handle(OB_OPEN_REASON reason, POBP_HEADER header, ULONG attributes, ACCESS_MASK granted,
                             PEPROCESS process)
{
    POBJECT_TYPE type = header->Type;
    bool exclusive = atomic_load(&header->Flags) & OBP_EXCLUSIVE;
    if (attributes & OBJ_EXCLUSIVE && (attributes & OBJ_INHERIT || !exclusive))
        return STATUS_INVALID_PARAMETER;
    if (exclusive) {
        /* The flag and the owner are settled under the lock that nothing else holds for long. */
        ob_acquire(&OBP->names);
        PEPROCESS owner = header->ExclusiveProcess;
        bool denied = owner ? owner != process || (attributes & OBJ_EXCLUSIVE && reason != ObCreateHandle)
                            : atomic_load(&header->HandleCount) != 0;
        if (!denied)
            header->ExclusiveProcess = process;
        ob_release(&OBP->names);
        if (denied)
            return STATUS_ACCESS_DENIED;
    }
    ULONG handles = (ULONG)atomic_fetch_add(&header->HandleCount, 1) + 1;
    if (type->Info.OpenProcedure) {
        NTSTATUS status = type->Info.OpenProcedure(reason, process, obp_body(header), granted, handles);
        if (!NT_SUCCESS(status)) {
            atomic_fetch_sub(&header->HandleCount, 1);
            return status;
        }
    }
    LONG all = atomic_fetch_add(&type->Handles, 1) + 1;
    if (all > atomic_load(&type->MostHandles))
        atomic_store(&type->MostHandles, all);
    return STATUS_SUCCESS;
}

/* One handle fewer: tells the type, and takes a temporary object's name away with the last. */
static void uncount_handle(POBP_HEADER header, PEPROCESS process, ACCESS_MASK granted,
                           ULONG others_in_process)
{
    POBJECT_TYPE type = header->Type;
    ULONG handles = (ULONG)atomic_fetch_sub(&header->HandleCount, 1);
    atomic_fetch_sub(&type->Handles, 1);
    if (handles == 1 && atomic_load(&header->Flags) & OBP_EXCLUSIVE) {
        ob_acquire(&OBP->names);
        header->ExclusiveProcess = NULL;
        ob_release(&OBP->names);
    }
    if (type->Info.CloseProcedure)
        type->Info.CloseProcedure(process, obp_body(header), granted, others_in_process + 1, handles);
    if (handles == 1)
        obp_check_name(header);
}

ACCESS_MASK obp_grant(POBJECT_TYPE type, PACCESS_STATE state)
{
    ACCESS_MASK wanted = state->RemainingDesiredAccess;
    if (wanted & MAXIMUM_ALLOWED)
        wanted = (wanted & ~MAXIMUM_ALLOWED) | type->Info.GenericMapping.GenericAll;
    return (wanted | state->PreviouslyGrantedAccess) & (type->Info.ValidAccessMask | ACCESS_SYSTEM_SECURITY);
}

struct making {
    OB_OPEN_REASON reason;
    POBP_HEADER header;
    ULONG attributes;
    KPROCESSOR_MODE mode;
    BOOLEAN kernel;
    struct ob_handle_table *table;
    PHANDLE handle;
};

static NTSTATUS make_handle(void *context, ACCESS_MASK granted)
{
    const struct making *making = context;
    POBP_HEADER header = making->header;
    struct ob_handle_table *table = making->table;
    NTSTATUS status = count_handle(making->reason, header, making->attributes, granted, table->Process);
    if (!NT_SUCCESS(status))
        return status;
    ULONG access = granted | (making->attributes & OBJ_INHERIT ? OBP_ENTRY_INHERIT : 0) |
                   (making->attributes & OBJ_PROTECT_CLOSE ? OBP_ENTRY_PROTECT : 0) |
                   (header->Type->Info.Holdable ? OBP_ENTRY_HOLDABLE : 0);
    const void *creator = table == OBP->kernel_table && making->mode == KernelMode ? obp_creator() : NULL;
    ULONG index;
    obp_reference(header, 1);
    status = obp_insert_handle(table, header, access, creator, &index);
    if (!NT_SUCCESS(status)) {
        uncount_handle(header, table->Process, granted, 0);
        obp_dereference(header, 1, NULL);
        return status;
    }
    *making->handle = value_of(table, index, making->kernel);
    return STATUS_SUCCESS;
}

static NTSTATUS create_handle(struct making *making, PEPROCESS source, PACCESS_STATE state)
{
    POBP_HEADER header = making->header;
    OB_OPEN_REASON reason = making->reason;
    KPROCESSOR_MODE mode = obp_check_mode(making->mode, making->attributes);
    if (!making->table) {
        making->kernel = (making->attributes & OBJ_KERNEL_HANDLE) != 0;
        making->table = making->kernel ? OBP->kernel_table : PspCurrentProcess()->Handles;
    }
    NTSTATUS status = STATUS_SUCCESS;
    if (reason == ObCreateHandle)
        status = obp_check_creator(header, state, mode);
    else if (reason == ObOpenHandle || (reason == ObDuplicateHandle && state->RemainingDesiredAccess))
        status = obp_check_access(header, state, mode);
    if (!NT_SUCCESS(status))
        return status;
    ACCESS_MASK granted = obp_grant(header->Type, state);
    if (!header->Type->Info.Filterable || !atomic_load(&OBP->callback_count))
        return make_handle(making, granted);
    struct obp_operation operation = {
        .Operation = reason == ObDuplicateHandle ? OB_OPERATION_HANDLE_DUPLICATE : OB_OPERATION_HANDLE_CREATE,
        .KernelHandle = making->table == OBP->kernel_table,
        .Header = header,
        .Source = source,
        .Target = making->table->Process ? making->table->Process : ps_system_process(),
    };
    return obp_filter(&operation, granted, make_handle, making);
}

/*
 * Makes a handle (NT's ObpCreateHandle). The caller's reference stays the caller's. The table is given, or
 * NULL: the one that attributes and the current process say.
 */
NTSTATUS obp_create_handle(OB_OPEN_REASON reason, POBP_HEADER header, POBJECT_TYPE type, PACCESS_STATE state,
                           ULONG attributes, KPROCESSOR_MODE mode, struct ob_handle_table *table,
                           PHANDLE handle)
{
    if (type && header->Type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    struct making making = {reason, header, attributes, mode, FALSE, table, handle};
    return create_handle(&making, NULL, state);
}

NTSTATUS obp_duplicate_handle(PEPROCESS source, POBP_HEADER header, PACCESS_STATE state, ULONG attributes,
                              KPROCESSOR_MODE mode, struct ob_handle_table *table, PHANDLE handle)
{
    struct making making = {ObDuplicateHandle, header, attributes, mode, FALSE, table, handle};
    return create_handle(&making, source, state);
}

/* --- closing --- */

static ULONG handles_in(struct ob_handle_table *table, POBP_HEADER header)
{
    ULONG count = 0;
    for (ULONG i = 1; i < table->NextNew; i++) {
        uint64_t word = atomic_load_explicit(&obp_entry(table, i)->Object, memory_order_relaxed);
        count += (word & OBP_POINTER_MASK) == (uintptr_t)header;
    }
    return count;
}

NTSTATUS obp_close(struct ob_handle_table *table, ULONG_PTR index, KPROCESSOR_MODE mode, BOOLEAN force)
{
    (void)mode;
    ob_acquire(&table->Lock);
    struct obp_entry *entry = obp_entry(table, index);
    uint64_t word = entry ? atomic_load_explicit(&entry->Object, memory_order_relaxed) : 0;
    if (!word) {
        ob_release(&table->Lock);
        return STATUS_INVALID_HANDLE;
    }
    ULONG access = (ULONG)atomic_load_explicit(&entry->Access, memory_order_relaxed);
    if (access & OBP_ENTRY_PROTECT && !force) {
        ob_release(&table->Lock);
        return STATUS_HANDLE_NOT_CLOSABLE;
    }
    /* Look-ups may still take prepaid references until this exchange; what is left of them is given back
     * below. */
    word = atomic_exchange_explicit(&entry->Object, 0, memory_order_acq_rel);
    POBP_HEADER header = (POBP_HEADER)(uintptr_t)(word & OBP_POINTER_MASK);
    /* Only an object with several handles can have others here; a walk is cheap against keeping a count for
     * each pair. */
    ULONG others = atomic_load(&header->HandleCount) > 1 ? handles_in(table, header) : 0;
    entry->NextFree = table->FirstFree;
    table->FirstFree = (ULONG)index;
    atomic_fetch_sub_explicit(&table->Count, 1, memory_order_relaxed);
    ob_release(&table->Lock);

    if (access & OBP_ENTRY_HOLDABLE)
        KiVisitThreads(count_holder, header);
    uncount_handle(header, table->Process, access & OBP_GRANTED_MASK, others);
    obp_dereference(header, (LONG64)(word >> OBP_POINTER_BITS) + 1, NULL);
    return STATUS_SUCCESS;
}

/* NT's ObpCloseHandle: what NtClose and ObCloseHandle do, with NT's bug check for the kernel's own bad
 * handles. */
static NTSTATUS close_handle(HANDLE handle, KPROCESSOR_MODE mode, const void *caller)
{
    /* Pseudo handles (process, thread, session, the tokens) need not be closed, and closing them does
     * nothing. */
    if ((LONG_PTR)handle < 0 && (LONG_PTR)handle >= -6)
        return STATUS_SUCCESS;
    ULONG_PTR index;
    struct ob_handle_table *table = obp_table_of(handle, mode, &index);
    NTSTATUS status = table ? obp_close(table, index, mode, FALSE) : STATUS_INVALID_HANDLE;
    if (NT_SUCCESS(status) || !ObIsKernelHandle(handle, mode))
        return status;
    KiBugCheck(INVALID_KERNEL_HANDLE, (ULONG_PTR)handle, status == STATUS_HANDLE_NOT_CLOSABLE ? 0 : 1, 0, 0,
               caller);
}

/* Closes a handle of the current process, or with PreviousMode KernelMode of the system. PASSIVE_LEVEL. */
NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode)
{
    GATE(ObCloseHandle, Handle, PreviousMode);
    return close_handle(Handle, PreviousMode, __builtin_return_address(0));
}

SERVICE(Close, (HANDLE Handle), (Handle))
{
    return close_handle(Handle, KiPreviousMode(), __builtin_return_address(0));
}
