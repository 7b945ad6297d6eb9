/*
 * The test side: a key and all below it written as a .reg file.
 */
#include "regtext.h"

#include <ntio/ntio.h>

#include <stdio.h>

/* Text that grows; error when there was no memory. */
struct text {
    char *bytes;
    size_t length, room;
    bool error;
};

static void put(struct text *t, const char *bytes, size_t length)
{
    if (t->length + length > t->room) {
        size_t room = 2 * (t->room + length) + 256;
        char *more = realloc(t->bytes, room);
        if (!more) {
            t->error = true;
            return;
        }
        t->bytes = more;
        t->room = room;
    }
    memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
}

static void put_text(struct text *t, const char *text)
{
    put(t, text, strlen(text));
}

static void put_code(struct text *t, unsigned code)
{
    char bytes[4];
    unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3, at = 0;
    bytes[at++] = (char)(more ? (0x7F80 >> more & 0xFF) | code >> 6 * more : code);
    while (more--)
        bytes[at++] = (char)(0x80 | (code >> 6 * more & 0x3F));
    put(t, bytes, at);
}

static void put_wide(struct text *t, const WCHAR *wide, size_t units, bool escape)
{
    for (size_t i = 0; i < units; i++) {
        unsigned code = wide[i];
        if (code >= 0xD800 && code < 0xDC00 && i + 1 < units)
            code = 0x10000 + ((code - 0xD800) << 10) + (wide[++i] & 0x3FF);
        if (escape && (code == '"' || code == '\\'))
            put_text(t, "\\");
        put_code(t, code);
    }
}

/* A terminated string without zeros or line ends inside can be written as such. */
static bool is_plain(const struct cmp_value *value)
{
    const WCHAR *text = value->data;
    ULONG units = value->size / sizeof(WCHAR);
    if (value->type != REG_SZ || !units || value->size % sizeof(WCHAR) || text[units - 1])
        return false;
    for (ULONG i = 0; i + 1 < units; i++)
        if (text[i] < 0x20)
            return false;
    return true;
}

static void put_value(struct text *t, const struct cmp_value *value)
{
    char number[32];
    if (value->name.Length) {
        put_text(t, "\"");
        put_wide(t, value->name.Buffer, value->name.Length / sizeof(WCHAR), true);
        put_text(t, "\"=");
    } else {
        put_text(t, "@=");
    }
    if (is_plain(value)) {
        put_text(t, "\"");
        put_wide(t, value->data, value->size / sizeof(WCHAR) - 1, true);
        put_text(t, "\"\n");
        return;
    }
    if (value->type == REG_DWORD && value->size == sizeof(ULONG)) {
        ULONG dword;
        memcpy(&dword, value->data, sizeof dword);
        snprintf(number, sizeof number, "dword:%08x\n", dword);
        put_text(t, number);
        return;
    }
    if (value->type == REG_BINARY)
        snprintf(number, sizeof number, "hex:");
    else
        snprintf(number, sizeof number, "hex(%x):", value->type);
    put_text(t, number);
    const UCHAR *bytes = value->data;
    for (ULONG i = 0; i < value->size; i++) {
        snprintf(number, sizeof number, "%s%02x", !i ? "" : i % 24 ? "," : ",\\\n  ", bytes[i]);
        put_text(t, number);
    }
    put_text(t, "\n");
}

static void put_path(struct text *t, struct cmp_node *node)
{
    ULONG length = cmp_path_length(node);
    PWSTR path = malloc(length + sizeof(WCHAR));
    if (!path) {
        t->error = true;
        return;
    }
    cmp_write_path(node, path);
    UNICODE_STRING whole = {(USHORT)length, (USHORT)length, path}, root;
    size_t found = RTL_COUNT(cmp_roots), matched = 0;
    for (size_t i = 0; i < RTL_COUNT(cmp_roots); i++) {
        RtlInitUnicodeString(&root, cmp_roots[i].key);
        if (i != 3 && root.Length > matched && RtlPrefixUnicodeString(&root, &whole, TRUE)) {
            found = i;
            matched = root.Length;
        }
    }
    if (found < RTL_COUNT(cmp_roots))
        put_text(t, cmp_roots[found].name);
    put_wide(t, path + matched / sizeof(WCHAR), (length - matched) / sizeof(WCHAR), false);
    free(path);
}

/* Under the lock. Links are written as the values they have. */
static void put_key(struct text *t, struct cmp_node *node)
{
    put_text(t, "\n[");
    put_path(t, node);
    put_text(t, "]\n");
    for (ULONG i = 0; i < node->values; i++)
        put_value(t, &node->value[i]);
    struct cmp_node *child;
    for (ULONG i = 0; (child = cmp_child_at(node, i)) != NULL && !t->error; i++)
        if (!child->is_volatile && !child->is_link)
            put_key(t, child);
}

NTIO_API int32_t ntio_registry_save(const char *path, const char *reg_file)
{
    struct text text = {0};
    UNICODE_STRING name;
    struct cmp_node *node;
    if (!CM)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = cmp_path_of(path, strlen(path), &name);
    if (!NT_SUCCESS(status))
        return status;
    put_text(&text, "Windows Registry Editor Version 5.00\n");
    cmp_lock();
    status = cmp_find_path(&name, FALSE, &node);
    if (NT_SUCCESS(status))
        put_key(&text, node);
    cmp_unlock();
    free(name.Buffer);
    if (NT_SUCCESS(status) && text.error)
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(status)) {
        FILE *file = fopen(reg_file, "wb");
        status = STATUS_UNSUCCESSFUL;
        if (file) {
            bool written = fwrite(text.bytes, 1, text.length, file) == text.length;
            if (fclose(file) == 0 && written)
                status = STATUS_SUCCESS;
        }
    }
    free(text.bytes);
    return status;
}
