/*
 * Keys and values in memory. What is not said to do so takes no lock: the caller has it.
 */
#include "cmp.h"

/* --- names --- */

NTSTATUS cmp_copy_string(PUNICODE_STRING to, PCUNICODE_STRING from)
{
    *to = (UNICODE_STRING){0};
    if (!from->Length)
        return STATUS_SUCCESS;
    to->Buffer = malloc(from->Length);
    if (!to->Buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(to->Buffer, from->Buffer, from->Length);
    to->Length = to->MaximumLength = from->Length;
    return STATUS_SUCCESS;
}

/* As keys are sorted: by the upper-case letters, the shorter first. */
static int compare(PCUNICODE_STRING a, PCUNICODE_STRING b)
{
    ULONG shorter = (a->Length < b->Length ? a->Length : b->Length) / sizeof(WCHAR);
    for (ULONG i = 0; i < shorter; i++) {
        int difference = (int)rtl_upcase(a->Buffer[i]) - (int)rtl_upcase(b->Buffer[i]);
        if (difference)
            return difference;
    }
    return (int)a->Length - (int)b->Length;
}

bool cmp_next_component(PUNICODE_STRING remaining, PUNICODE_STRING component)
{
    while (remaining->Length && *remaining->Buffer == L'\\') {
        remaining->Buffer++;
        remaining->Length -= sizeof(WCHAR);
    }
    *component = *remaining;
    while (remaining->Length && *remaining->Buffer != L'\\') {
        remaining->Buffer++;
        remaining->Length -= sizeof(WCHAR);
    }
    component->Length -= remaining->Length;
    component->MaximumLength = component->Length;
    return component->Length != 0;
}

ULONG cmp_path_length(struct cmp_node *node)
{
    ULONG length = 0;
    for (; node; node = node->parent)
        length += (ULONG)sizeof(WCHAR) + node->name.Length;
    return length;
}

void cmp_write_path(struct cmp_node *node, PWSTR to)
{
    PWSTR end = to + cmp_path_length(node) / sizeof(WCHAR);
    for (; node; node = node->parent) {
        end -= node->name.Length / sizeof(WCHAR);
        memcpy(end, node->name.Buffer, node->name.Length);
        *--end = L'\\';
    }
}

/* --- the tree --- */

void cmp_touch(struct cmp_node *node)
{
    node->written.QuadPart = (LONGLONG)KiSystemTime();
}

void cmp_reference(struct cmp_node *node)
{
    node->references++;
}

static void free_node(struct cmp_node *node)
{
    RemoveEntryList(&node->all);
    for (ULONG i = 0; i < node->values; i++) {
        free(node->value[i].name.Buffer);
        free(node->value[i].data);
    }
    free(node->value);
    for (int kind = 0; kind <= CMP_FRESH; kind++)
        free(node->child[kind]);
    free(node->pending); /* when all goes */
    cmp_release_security(node->security);
    free(node->name.Buffer);
    free(node->class.Buffer);
    free(node);
}

void cmp_dereference(struct cmp_node *node)
{
    while (node && --node->references == 0) {
        struct cmp_node *parent = node->parent;
        free_node(node);
        node = parent;
    }
}

/* Where the name is, or would be, among the children of one kind. */
static ULONG place_of(struct cmp_node *node, int kind, PCUNICODE_STRING name, bool *there)
{
    ULONG low = 0, high = node->count[kind];
    while (low < high) {
        ULONG middle = low + (high - low) / 2;
        int order = compare(&node->child[kind][middle]->name, name);
        if (order == 0) {
            *there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *there = false;
    return low;
}

struct cmp_node *cmp_find_child(struct cmp_node *node, PCUNICODE_STRING name)
{
    for (int kind = 0; kind < 2; kind++) {
        bool there;
        ULONG at = place_of(node, kind, name, &there);
        if (there)
            return node->child[kind][at];
    }
    return NULL;
}

struct cmp_node *cmp_child_at(struct cmp_node *node, ULONG index)
{
    if (index < node->count[0])
        return node->child[0][index];
    index -= node->count[0];
    return index < node->count[1] ? node->child[1][index] : NULL;
}

static struct cmp_node *new_node(PCUNICODE_STRING name)
{
    struct cmp_node *node = calloc(1, sizeof *node);
    if (!node)
        return NULL;
    if (!NT_SUCCESS(cmp_copy_string(&node->name, name))) {
        free(node);
        return NULL;
    }
    node->references = 1;
    cmp_touch(node);
    InsertTailList(&CM->nodes, &node->all);
    return node;
}

/* For one more, and for all new ones when they are settled. */
static bool make_room(struct cmp_node *node, int kind)
{
    ULONG needed = node->count[kind] + 1 + (kind == CMP_FRESH ? 0 : node->count[CMP_FRESH]);
    if (needed <= node->room[kind])
        return true;
    ULONG room = max(needed, node->room[kind] ? 2 * node->room[kind] : 8);
    struct cmp_node **child = realloc(node->child[kind], room * sizeof *child);
    if (!child)
        return false;
    node->child[kind] = child;
    node->room[kind] = room;
    return true;
}

static void put_in(struct cmp_node *parent, struct cmp_node *node, int kind)
{
    bool there;
    ULONG at = place_of(parent, kind, &node->name, &there);
    struct cmp_node **list = parent->child[kind];
    memmove(list + at + 1, list + at, (parent->count[kind] - at) * sizeof *list);
    list[at] = node;
    parent->count[kind]++;
}

static void take_out(struct cmp_node *parent, struct cmp_node *node, int kind)
{
    bool there;
    ULONG at = place_of(parent, kind, &node->name, &there);
    struct cmp_node **list = parent->child[kind];
    parent->count[kind]--;
    memmove(list + at, list + at + 1, (parent->count[kind] - at) * sizeof *list);
}

struct cmp_node *cmp_add_child(struct cmp_node *parent, PCUNICODE_STRING name, BOOLEAN is_volatile)
{
    struct cmp_node *node = make_room(parent, is_volatile) ? new_node(name) : NULL;
    if (!node)
        return NULL;
    node->is_volatile = is_volatile;
    node->parent = parent;
    cmp_reference(parent);
    put_in(parent, node, is_volatile);
    parent->written = node->written;
    return node;
}

void cmp_remove(struct cmp_node *node)
{
    cmp_clear_way(node);
    take_out(node->parent, node, node->is_volatile);
    node->deleted = TRUE;
    cmp_touch(node->parent);
    cmp_dereference(node);
}

NTSTATUS cmp_rename(struct cmp_node *node, PCUNICODE_STRING name)
{
    UNICODE_STRING own;
    NTSTATUS status = cmp_copy_string(&own, name);
    if (!NT_SUCCESS(status))
        return status;
    take_out(node->parent, node, node->is_volatile);
    free(node->name.Buffer);
    node->name = own;
    put_in(node->parent, node, node->is_volatile);
    cmp_touch(node);
    return STATUS_SUCCESS;
}

struct cmp_node *cmp_add_fresh(struct cmp_node *parent, PCUNICODE_STRING name, BOOLEAN is_volatile)
{
    bool room = make_room(parent, CMP_FRESH) && make_room(parent, is_volatile);
    struct cmp_node *node = room ? new_node(name) : NULL;
    if (!node)
        return NULL;
    node->is_volatile = is_volatile;
    node->parent = parent;
    cmp_reference(parent);
    put_in(parent, node, CMP_FRESH);
    return node;
}

struct cmp_node *cmp_find_fresh(struct cmp_node *node, PCUNICODE_STRING name)
{
    bool there;
    if (!node->count[CMP_FRESH])
        return NULL;
    ULONG at = place_of(node, CMP_FRESH, name, &there);
    return there ? node->child[CMP_FRESH][at] : NULL;
}

void cmp_remove_fresh(struct cmp_node *node)
{
    take_out(node->parent, node, CMP_FRESH);
    node->deleted = TRUE;
    cmp_dereference(node);
}

void cmp_settle(struct cmp_node *node)
{
    take_out(node->parent, node, CMP_FRESH);
    put_in(node->parent, node, node->is_volatile);
    cmp_touch(node->parent);
}

/* --- values --- */

struct cmp_value *cmp_find_value(struct cmp_node *node, PCUNICODE_STRING name)
{
    for (ULONG i = 0; i < node->values; i++)
        if (compare(&node->value[i].name, name) == 0)
            return &node->value[i];
    return NULL;
}

static struct cmp_value *add_value(struct cmp_node *node, PCUNICODE_STRING name)
{
    if (node->values == node->values_room) {
        ULONG room = node->values_room ? 2 * node->values_room : 8;
        struct cmp_value *value = realloc(node->value, room * sizeof *value);
        if (!value)
            return NULL;
        node->value = value;
        node->values_room = room;
    }
    struct cmp_value *value = &node->value[node->values];
    *value = (struct cmp_value){0};
    if (!NT_SUCCESS(cmp_copy_string(&value->name, name)))
        return NULL;
    node->values++;
    return value;
}

NTSTATUS cmp_set_value(struct cmp_node *node, PCUNICODE_STRING name, ULONG type, const void *data, ULONG size)
{
    PVOID own = NULL;
    if (size && !(own = malloc(size)))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct cmp_value *value = cmp_find_value(node, name);
    if (!value && !(value = add_value(node, name))) {
        free(own);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (size)
        memcpy(own, data, size);
    free(value->data);
    value->data = own;
    value->type = type;
    value->size = size;
    cmp_touch(node);
    return STATUS_SUCCESS;
}

void cmp_delete_value(struct cmp_node *node, struct cmp_value *value)
{
    free(value->name.Buffer);
    free(value->data);
    ULONG behind = --node->values - (ULONG)(value - node->value);
    memmove(value, value + 1, behind * sizeof *value);
    cmp_touch(node);
}

struct cmp_node *cmp_copy_content(struct cmp_node *node)
{
    struct cmp_node *copy = new_node(&node->name);
    NTSTATUS status = copy ? cmp_copy_string(&copy->class, &node->class) : STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < node->values && NT_SUCCESS(status); i++)
        status = cmp_set_value(copy, &node->value[i].name, node->value[i].type, node->value[i].data,
                               node->value[i].size);
    if (copy && !NT_SUCCESS(status)) {
        cmp_dereference(copy);
        return NULL;
    }
    if (copy) {
        copy->written = node->written;
        copy->security = cmp_reference_security(node->security);
    }
    return copy;
}

void cmp_swap_content(struct cmp_node *a, struct cmp_node *b)
{
    struct cmp_node was = *a;
    a->values = b->values, a->values_room = b->values_room, a->value = b->value;
    a->class = b->class, a->written = b->written, a->security = b->security;
    b->values = was.values, b->values_room = was.values_room, b->value = was.value;
    b->class = was.class, b->written = was.written, b->security = was.security;
}

bool cmp_link_target(struct cmp_node *node, PUNICODE_STRING target)
{
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, CMP_LINK_VALUE);
    struct cmp_value *value = cmp_find_value(node, &name);
    if (!value || value->type != REG_LINK || !value->size || value->size > 0xFFFC || value->size & 1)
        return false;
    *target = (UNICODE_STRING){(USHORT)value->size, (USHORT)value->size, value->data};
    return true;
}

/* --- the beginning and the end --- */

static struct cmp_node *make(struct cmp_node *parent, const WCHAR *text, BOOLEAN hive)
{
    UNICODE_STRING path, component;
    RtlInitUnicodeString(&path, text);
    while (parent && cmp_next_component(&path, &component)) {
        struct cmp_node *child = cmp_find_child(parent, &component);
        parent = child ? child : cmp_add_child(parent, &component, FALSE);
    }
    if (parent && hive)
        parent->hive = TRUE;
    return parent;
}

static struct cmp_node *make_link(struct cmp_node *parent, const WCHAR *name, const WCHAR *target)
{
    UNICODE_STRING value, path;
    struct cmp_node *node = make(parent, name, FALSE);
    RtlInitUnicodeString(&value, CMP_LINK_VALUE);
    RtlInitUnicodeString(&path, target);
    if (!node || !NT_SUCCESS(cmp_set_value(node, &value, REG_LINK, path.Buffer, path.Length)))
        return NULL;
    node->is_link = TRUE;
    return node;
}

/* What every machine has before anything is installed on it. */
NTSTATUS cmp_start_tree(void)
{
    static const WCHAR *const machine_keys[] = {
        L"SYSTEM\\ControlSet001\\Control\\Class",
        L"SYSTEM\\ControlSet001\\Enum",
        L"SYSTEM\\ControlSet001\\Hardware Profiles\\0001",
        L"SYSTEM\\ControlSet001\\Services",
        L"SYSTEM\\Select",
        L"SOFTWARE\\Classes",
        L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion",
        L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion",
        L"HARDWARE\\DESCRIPTION\\System",
        L"HARDWARE\\DEVICEMAP",
    };
    static const WCHAR *const hives[] = {L"SYSTEM", L"SOFTWARE", L"HARDWARE", L"SAM", L"SECURITY"};
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, L"REGISTRY");
    struct cmp_node *root = CM->root = new_node(&name);
    struct cmp_node *machine = make(root, L"MACHINE", TRUE), *user = make(root, L"USER", TRUE);
    if (!machine || !user)
        return STATUS_INSUFFICIENT_RESOURCES;
    root->fixed = machine->fixed = user->fixed = TRUE;
    root->hive = TRUE;
    bool made = true;
    for (size_t i = 0; i < RTL_COUNT(hives); i++)
        made = made && make(machine, hives[i], TRUE);
    for (size_t i = 0; i < RTL_COUNT(machine_keys); i++)
        made = made && make(machine, machine_keys[i], FALSE);
    made = made && make(user, L".DEFAULT", TRUE) && make(user, L".DEFAULT\\Software", FALSE);
    made = made && make(user, CM_CLIENT_SID, TRUE) && make(user, CM_CLIENT_SID L"\\Software", FALSE);
    made = made && make_link(user, L"S-1-5-18", L"\\REGISTRY\\USER\\.DEFAULT");
    made = made &&
           make_link(machine, L"SYSTEM\\CurrentControlSet", L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001");
    made = made && make_link(machine, L"SYSTEM\\ControlSet001\\Hardware Profiles\\Current",
                             L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Hardware Profiles\\0001");
    return made ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void cmp_free_tree(void)
{
    while (!IsListEmpty(&CM->nodes))
        free_node(CONTAINING_RECORD(CM->nodes.Flink, struct cmp_node, all));
    CM->root = NULL;
}
