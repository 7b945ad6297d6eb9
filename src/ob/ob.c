/*
 * The object manager's start and stop: its own types, the directories every system has, and what is left at
 * the end.
 */
#include "obp.h"

#include <stdio.h>

POBJECT_TYPE *ExDesktopObjectType;

static void must(NTSTATUS status, const char *what)
{
    if (NT_SUCCESS(status))
        return;
    char text[128];
    int length =
        snprintf(text, sizeof text, "ntio: cannot start: %s failed with 0x%08X\n", what, (unsigned)status);
    host_log(text, (size_t)length);
    host_abort();
}

static void create_types(struct obp_state *ob)
{
    POBJECT_TYPE type;
    OB_TYPE_INITIALIZER info = {.Name = L"Type",
                                .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE,
                                                   STANDARD_RIGHTS_EXECUTE, STANDARD_RIGHTS_REQUIRED | 1},
                                .ValidAccessMask = STANDARD_RIGHTS_REQUIRED | 1,
                                .UseDefaultObject = TRUE,
                                .DefaultObjectOffset = -1};
    must(ObCreateObjectType(&info, &type), "creating the type Type");
    info = (OB_TYPE_INITIALIZER){
        .Name = L"Directory",
        .GenericMapping = {STANDARD_RIGHTS_READ | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
                           STANDARD_RIGHTS_WRITE | DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY,
                           STANDARD_RIGHTS_EXECUTE | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
                           DIRECTORY_ALL_ACCESS},
        .ValidAccessMask = DIRECTORY_ALL_ACCESS,
        .UseDefaultObject = TRUE,
        .DefaultObjectOffset = -1,
        .CaseInsensitive = TRUE};
    must(ObCreateObjectType(&info, &ob->directory_type), "creating the type Directory");
    info = (OB_TYPE_INITIALIZER){
        .Name = L"SymbolicLink",
        .GenericMapping = {STANDARD_RIGHTS_READ | SYMBOLIC_LINK_QUERY, STANDARD_RIGHTS_WRITE,
                           STANDARD_RIGHTS_EXECUTE | SYMBOLIC_LINK_QUERY, SYMBOLIC_LINK_ALL_ACCESS},
        .ValidAccessMask = SYMBOLIC_LINK_ALL_ACCESS,
        .UseDefaultObject = TRUE,
        .DefaultObjectOffset = -1,
        .CaseInsensitive = TRUE,
        .DeleteProcedure = obp_delete_link,
        .ParseProcedure = obp_parse_link};
    must(ObCreateObjectType(&info, &ob->link_type), "creating the type SymbolicLink");
    /* Nobody makes one: it is there for those who want to be asked about its handles. */
    info = (OB_TYPE_INITIALIZER){.Name = L"Desktop",
                                 .GenericMapping = {0x20041, 0x200BE, 0x20100, 0xF01FF},
                                 .ValidAccessMask = 0xF01FF,
                                 .UseDefaultObject = TRUE,
                                 .DefaultObjectOffset = -1,
                                 .Filterable = TRUE,
                                 .RetainAccess = READ_CONTROL};
    must(ObCreateObjectType(&info, &type), "creating the type Desktop");
    ExDesktopObjectType = ObTypePointer(type);
}

static void create_root(struct obp_state *ob)
{
    PVOID root;
    must(ObCreateObject(KernelMode, ob->directory_type, NULL, KernelMode, NULL, sizeof(struct obp_directory),
                        0, 0, &root),
         "creating the root directory");
    must(ObInsertObject(root, NULL, 0, 0, NULL, NULL), "creating the root directory");
    ob_own(root);
    ob->root = root;
}

void ob_start(void)
{
    struct obp_state *ob = ntio_machine.ob = calloc(1, sizeof *ob);
    if (!ob)
        must(STATUS_NO_MEMORY, "allocating");
    KeInitializeEvent(&ob->always, NotificationEvent, TRUE);
    create_types(ob);
    create_root(ob);
    must(obp_make_directory(L"\\ObjectTypes", ob->directory_type, NULL), "\\ObjectTypes");
    for (POBJECT_TYPE type = ob->types; type; type = type->Next)
        must(obp_enter_type(type), "\\ObjectTypes");
    static const WCHAR *const directories[] = {L"\\Device",           L"\\Driver",   L"\\FileSystem",
                                               L"\\BaseNamedObjects", L"\\Callback", L"\\KernelObjects",
                                               L"\\Sessions",         L"\\Security", L"\\Windows"};
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
        must(obp_make_directory(directories[i], ob->directory_type, NULL), "a system directory");
    must(obp_make_directory(L"\\GLOBAL\?\?", ob->directory_type, (PVOID *)&ob->global), "\\GLOBAL\?\?");
    must(obp_make_link(L"\\DosDevices", L"\\\?\?"), "\\DosDevices");
    must(obp_make_link(L"\\GLOBAL\?\?\\Global", L"\\GLOBAL\?\?"), "\\GLOBAL\?\?\\Global");
    must(obp_make_link(L"\\GLOBAL\?\?\\GLOBALROOT", L""), "\\GLOBAL\?\?\\GLOBALROOT");
    must(obp_make_link(L"\\BaseNamedObjects\\Global", L"\\BaseNamedObjects"), "\\BaseNamedObjects\\Global");
    must(obp_make_link(L"\\BaseNamedObjects\\Local", L"\\BaseNamedObjects"), "\\BaseNamedObjects\\Local");
    ob->kernel_table = ob_handle_table_create(NULL);
    if (!ob->kernel_table)
        must(STATUS_NO_MEMORY, "allocating");
}

/* --- what is left --- */

static void describe(POBP_HEADER header, char *text, size_t size)
{
    UNICODE_STRING full;
    int at = snprintf(text, size, "%s", header->Type->Text);
    if (!NT_SUCCESS(obp_full_name(header, &full)) || !full.Buffer)
        return;
    if ((size_t)at + 2 < size)
        text[at++] = ' ';
    for (USHORT i = 0; i < full.Length / sizeof(WCHAR) && (size_t)at + 1 < size; i++)
        text[at++] = full.Buffer[i] < 0x80 ? (char)full.Buffer[i] : '?';
    text[at] = 0;
    MmFreeSystemPool(full.Buffer);
}

static void report_handle(ULONG index, POBP_HEADER header, const void *creator, const char *driver)
{
    char what[192], where[256] = "somewhere";
    describe(header, what, sizeof what);
    if (creator)
        host_call_site(creator, where, sizeof where);
    machine_violation("%s left the kernel handle 0x%llx to %s open, opened from %s", driver,
                      (unsigned long long)(OBP_KERNEL_HANDLE | (ULONG_PTR)index << 2), what, where);
}

static bool lies_in(const void *address, const void *base, size_t size)
{
    return (uintptr_t)address - (uintptr_t)base < size;
}

static ULONG report_handles(const void *base, size_t size, const char *driver)
{
    struct ob_handle_table *table = OBP->kernel_table;
    ULONG count = 0;
    for (ULONG i = 1; i < table->NextNew; i++) {
        struct obp_entry *entry = obp_entry(table, i);
        ob_acquire(&table->Lock);
        POBP_HEADER header = (POBP_HEADER)(uintptr_t)(atomic_load(&entry->Object) & OBP_POINTER_MASK);
        const void *creator = entry->Creator;
        bool left = header && creator && lies_in(creator, base, size);
        if (left) {
            entry->Creator = NULL;
            obp_reference(header, 1);
        }
        ob_release(&table->Lock);
        if (left) {
            report_handle(i, header, creator, driver);
            obp_dereference(header, 1, NULL);
            count++;
        }
    }
    return count;
}

static ULONG report_objects(POBJECT_TYPE type, const void *base, size_t size, const char *driver)
{
    ULONG count = 0;
    ob_acquire(&type->Lock);
    for (PLIST_ENTRY e = type->ObjectList.Flink; e != &type->ObjectList;) {
        POBP_HEADER header = CONTAINING_RECORD(e, OBP_HEADER, TypeEntry);
        const void *creator = header->Creator;
        if (!creator || !lies_in(creator, base, size) || !(atomic_load(&header->Flags) & OBP_PERMANENT) ||
            !ObpReferenceObjectSafe(obp_body(header))) {
            e = e->Flink;
            continue;
        }
        header->Creator = NULL;
        ob_release(&type->Lock);
        char what[192], where[256];
        describe(header, what, sizeof what);
        host_call_site(creator, where, sizeof where);
        machine_violation("%s left %s behind, created from %s", driver, what, where);
        obp_dereference(header, 1, NULL);
        count++;
        ob_acquire(&type->Lock);
        e = type->ObjectList.Flink; /* what has been reported is not reported again */
    }
    ob_release(&type->Lock);
    return count;
}

ULONG ob_report_left(const void *base, size_t size, const char *driver)
{
    ULONG count = report_handles(base, size, driver) + obp_report_callbacks(base, size, driver);
    /* A link is permanent because IoCreateSymbolicLink makes it so; whatever else is, the driver has asked
     * for. */
    return count + report_objects(OBP->link_type, base, size, driver);
}

void ob_close_kernel_handles(POBJECT_TYPE type)
{
    struct ob_handle_table *table = OBP->kernel_table;
    for (ULONG i = 1; i < table->NextNew; i++) {
        struct obp_entry *entry = obp_entry(table, i);
        POBP_HEADER header = (POBP_HEADER)(uintptr_t)(atomic_load(&entry->Object) & OBP_POINTER_MASK);
        if (!header || (type && header->Type != type))
            continue;
        if (entry->Creator)
            report_handle(i, header, entry->Creator, "somebody");
        obp_close(table, i, KernelMode, TRUE);
    }
}

static POBP_HEADER first_named(POBJECT_TYPE type)
{
    for (PLIST_ENTRY e = type->ObjectList.Flink; e != &type->ObjectList; e = e->Flink) {
        POBP_HEADER header = CONTAINING_RECORD(e, OBP_HEADER, TypeEntry);
        struct obp_name *name = atomic_load(&header->Name);
        if (name && name->Directory && !atomic_load(&header->HandleCount))
            return header;
    }
    return NULL;
}

/* Takes every name away: what only its name kept goes. */
static void remove_names(void)
{
    for (POBJECT_TYPE type = OBP->types; type; type = type->Next) {
        if (type == OBP->type_type || type == OBP->directory_type)
            continue;
        for (POBP_HEADER header; (header = first_named(type)) != NULL;) {
            atomic_fetch_and(&header->Flags, ~(ULONG)OBP_PERMANENT);
            obp_check_name(header);
        }
    }
    ob_reap();
}

/* No delete procedure: the component it belongs to has stopped. */
static void free_body(POBP_HEADER header)
{
    if (header->Create) {
        obp_release_create(header->Create);
        MmFreeSystemPool(header->Create);
    }
    struct obp_name *name = atomic_load(&header->Name);
    if (name)
        MmFreeSystemPool(name);
    obp_drop_security(header);
    MmFreeSystemPool(header);
}

/* Objects that somebody still has a reference to. The library's own may; anybody else's is a leak. */
static void free_rest(POBJECT_TYPE type)
{
    while (!IsListEmpty(&type->ObjectList)) {
        POBP_HEADER header = CONTAINING_RECORD(RemoveHeadList(&type->ObjectList), OBP_HEADER, TypeEntry);
        if (type != OBP->directory_type && !(atomic_load(&header->Flags) & OBP_SYSTEM)) {
            char what[192];
            describe(header, what, sizeof what);
            machine_violation(
                "%s at %p still has %lld reference(s) when the machine stops: ObDereferenceObject is missing",
                what, obp_body(header), (long long)atomic_load(&header->PointerCount));
        }
        free_body(header);
    }
}

static void free_state(struct obp_state *ob)
{
    obp_free_callbacks();
    ExDesktopObjectType = NULL;
    for (struct ob_handle_table *table = ob->tables, *next; table; table = next) {
        next = table->Next;
        for (unsigned i = 0; i < OBP_SEGMENTS; i++)
            free(atomic_load_explicit(&table->Segments[i], memory_order_relaxed));
        free(table);
    }
    free(ob);
    ntio_machine.ob = NULL;
}

/*
 * After a caught bug check nothing can be trusted but memory itself: bodies and names are in pool, which mm
 * takes back whole.
 */
void ob_stop(void)
{
    struct obp_state *ob = OBP;
    if (!ob)
        return;
    if (gate_watched() & WATCH_CRASHED) {
        free_state(ob);
        return;
    }
    ob->wake_reaper = NULL;
    ob_reap();
    ob_close_kernel_handles(NULL);
    ob_reap();
    remove_names();
    for (POBJECT_TYPE type = ob->types; type; type = type->Next)
        if (type != ob->type_type && type != ob->directory_type)
            free_rest(type);
    free_rest(ob->directory_type);
    for (POBJECT_TYPE type = ob->types, next; type; type = next) {
        next = type->Next;
        free_body(obp_header(type));
    }
    free_state(ob);
}
