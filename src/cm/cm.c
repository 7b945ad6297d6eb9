/*
 * The registry's start and stop, and access by path for the components above.
 */
#include "cmp.h"

#include "../components.h"

void cm_start(void)
{
    struct cmp_state *cm = ntio_machine.cm = calloc(1, sizeof *cm);
    if (!cm)
        host_abort();
    InitializeListHead(&cm->nodes);
    InitializeListHead(&cm->watches);
    InitializeListHead(&cm->callbacks);
    InitializeListHead(&cm->left_callbacks);
    if (!NT_SUCCESS(cmp_start_tree()) || !NT_SUCCESS(cmp_guard_tree()) || !NT_SUCCESS(cmp_start_keys()) ||
        !NT_SUCCESS(cmp_start_transactions()))
        host_abort();
}

/* Key objects may be left; what they do when they go later is nothing. Nobody else is there, so no lock is
 * taken. */
void cm_stop(void)
{
    struct cmp_state *cm = ntio_machine.cm;
    if (!cm)
        return;
    cmp_free_watches();
    cmp_free_callbacks();
    cmp_free_transactions();
    cmp_free_tree();
    ntio_machine.cm = NULL;
    free(cm);
    CmpKeyObjectType = NULL;
}

/* The key of that full path; what is missing is made if wanted. Under the lock. */
NTSTATUS cmp_find_path(PCUNICODE_STRING path, BOOLEAN create, struct cmp_node **result)
{
    PWSTR made = NULL; /* the path behind a link */
    UNICODE_STRING remaining = *path, name, target;
    NTSTATUS status = STATUS_SUCCESS;
    struct cmp_node *node = NULL;
    for (unsigned turn = 0; status == STATUS_SUCCESS;) {
        struct cmp_node *child = CM->root;
        if (!cmp_next_component(&remaining, &name)) {
            status = node ? STATUS_SUCCESS : STATUS_OBJECT_PATH_SYNTAX_BAD;
            break;
        }
        if (!node && (name.Length != child->name.Length || !RtlEqualUnicodeString(&name, &child->name, TRUE)))
            status = STATUS_OBJECT_PATH_SYNTAX_BAD;
        else if (node && name.Length > CMP_MAX_KEY_NAME)
            status = STATUS_INVALID_PARAMETER;
        else if (node && !(child = cmp_find_child(node, &name)) && !create)
            status = STATUS_OBJECT_NAME_NOT_FOUND;
        else if (node && !child && cmp_path_length(node) + name.Length > 0xF000)
            status = STATUS_NAME_TOO_LONG;
        else if (node && !child && !NT_SUCCESS(status = cmp_make_way_for_child(node, &name)))
            child = NULL;
        else if (node && !child) {
            child = cmp_add_child(node, &name, node->is_volatile);
            status = child ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
            if (child)
                cmp_report(node, REG_NOTIFY_CHANGE_NAME);
        }
        node = child;
        if (status != STATUS_SUCCESS || !node->is_link)
            continue;
        if (!cmp_link_target(node, &target) || ++turn > 32 || target.Length + remaining.Length > 0xFFFC) {
            status = STATUS_OBJECT_NAME_NOT_FOUND;
            continue;
        }
        PWSTR next = malloc((size_t)target.Length + remaining.Length);
        if (!next) {
            status = STATUS_INSUFFICIENT_RESOURCES;
            continue;
        }
        memcpy(next, target.Buffer, target.Length);
        memcpy((PUCHAR)next + target.Length, remaining.Buffer, remaining.Length);
        remaining.Length = remaining.MaximumLength = (USHORT)(target.Length + remaining.Length);
        remaining.Buffer = next;
        free(made);
        made = next;
        node = NULL;
    }
    free(made);
    *result = node;
    return status;
}

NTSTATUS CmSetValueByPath(PCUNICODE_STRING path, PCUNICODE_STRING name, ULONG type, const void *data,
                          ULONG size)
{
    struct cmp_node *node;
    if (name->Length > CMP_MAX_VALUE_NAME)
        return STATUS_INVALID_PARAMETER;
    cmp_lock();
    NTSTATUS status = cmp_find_path(path, TRUE, &node);
    if (NT_SUCCESS(status))
        status = cmp_make_way(node);
    if (NT_SUCCESS(status))
        status = cmp_set_value(node, name, type, data, size);
    if (NT_SUCCESS(status))
        cmp_report(node, REG_NOTIFY_CHANGE_LAST_SET);
    cmp_unlock();
    return status;
}

NTSTATUS CmCreateKeyByPath(PCUNICODE_STRING path)
{
    struct cmp_node *node;
    cmp_lock();
    NTSTATUS status = cmp_find_path(path, TRUE, &node);
    cmp_unlock();
    return status;
}

NTSTATUS CmDeleteValueByPath(PCUNICODE_STRING path, PCUNICODE_STRING name)
{
    struct cmp_node *node;
    cmp_lock();
    NTSTATUS status = cmp_find_path(path, FALSE, &node);
    if (NT_SUCCESS(status))
        status = cmp_make_way(node);
    struct cmp_value *value = NT_SUCCESS(status) ? cmp_find_value(node, name) : NULL;
    if (value) {
        cmp_delete_value(node, value);
        cmp_report(node, REG_NOTIFY_CHANGE_LAST_SET);
    } else if (NT_SUCCESS(status)) {
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    }
    cmp_unlock();
    return status;
}

/* Depth first, from the last child. */
static void delete_tree(struct cmp_node *top)
{
    struct cmp_node *node = top;
    for (;;) {
        ULONG children = node->count[0] + node->count[1];
        if (children) {
            node = cmp_child_at(node, children - 1);
            continue;
        }
        struct cmp_node *parent = node->parent;
        bool last = node == top;
        cmp_cleanup_watches(node);
        cmp_remove(node);
        if (last) {
            cmp_report(parent, REG_NOTIFY_CHANGE_NAME);
            return;
        }
        node = parent;
    }
}

NTSTATUS CmDeleteTreeByPath(PCUNICODE_STRING path)
{
    struct cmp_node *node;
    cmp_lock();
    NTSTATUS status = cmp_find_path(path, FALSE, &node);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        status = STATUS_SUCCESS;
    else if (NT_SUCCESS(status) && (node->hive || !node->parent))
        status = STATUS_CANNOT_DELETE;
    else if (NT_SUCCESS(status))
        delete_tree(node);
    cmp_unlock();
    return status;
}

BOOLEAN CmKeyExists(PCUNICODE_STRING path)
{
    struct cmp_node *node;
    cmp_lock();
    NTSTATUS status = cmp_find_path(path, FALSE, &node);
    cmp_unlock();
    return NT_SUCCESS(status);
}
