/*
 * The test side: values set by name, and .reg files read.
 */
#include "regtext.h"

#include <ntio/ntio.h>

#include <stdio.h>
#include <strings.h>

/* --- text --- */

PWSTR cmp_widen(const char *text, size_t length, size_t *units)
{
    PWSTR wide = malloc((length + 1) * sizeof(WCHAR));
    size_t at = 0;
    for (size_t i = 0; wide && i < length;) {
        unsigned char c = (unsigned char)text[i++];
        unsigned more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
        unsigned code = more == 3 ? c & 7 : more == 2 ? c & 15 : more == 1 ? c & 31 : c;
        for (; more && i < length && ((unsigned char)text[i] & 0xC0) == 0x80; more--)
            code = code << 6 | ((unsigned char)text[i++] & 0x3F);
        if (code < 0x10000) {
            wide[at++] = (WCHAR)code;
        } else { /* four bytes, two units */
            wide[at++] = (WCHAR)(0xD800 + ((code - 0x10000) >> 10));
            wide[at++] = (WCHAR)(0xDC00 + (code & 0x3FF));
        }
    }
    if (wide)
        wide[at] = 0;
    *units = at;
    return wide;
}

static bool starts(const char *text, size_t length, const char *name, size_t *rest)
{
    size_t count = strlen(name);
    if (length < count || strncasecmp(text, name, count) != 0 || (length > count && text[count] != '\\'))
        return false;
    *rest = count;
    return true;
}

NTSTATUS cmp_path_of(const char *text, size_t length, PUNICODE_STRING path)
{
    size_t rest = 0, units, front = 0;
    const WCHAR *root = L"";
    if (length == 0)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (text[0] != '\\') {
        for (size_t i = 0; i < RTL_COUNT(cmp_roots) && !*root; i++)
            if (starts(text, length, cmp_roots[i].name, &rest) ||
                starts(text, length, cmp_roots[i].abbreviation, &rest))
                root = cmp_roots[i].key;
        if (!*root)
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        front = rtl_length(root);
    }
    PWSTR tail = cmp_widen(text + rest, length - rest, &units);
    if (!tail)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (front + units > 0x7FFE) {
        free(tail);
        return STATUS_NAME_TOO_LONG;
    }
    path->Length = path->MaximumLength = (USHORT)((front + units) * sizeof(WCHAR));
    path->Buffer = malloc(path->Length + sizeof(WCHAR));
    if (path->Buffer) {
        memcpy(path->Buffer, root, front * sizeof(WCHAR));
        memcpy(path->Buffer + front, tail, units * sizeof(WCHAR));
    }
    free(tail);
    return path->Buffer ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS set_value(PCUNICODE_STRING path, const char *name, size_t length, ULONG type,
                          const void *data, ULONG size)
{
    size_t units;
    PWSTR wide = cmp_widen(name, length, &units);
    if (!wide)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (units <= CMP_MAX_VALUE_NAME / sizeof(WCHAR)) {
        UNICODE_STRING value = {(USHORT)(units * sizeof(WCHAR)), (USHORT)(units * sizeof(WCHAR)), wide};
        status = CmSetValueByPath(path, &value, type, data, size);
    }
    free(wide);
    return status;
}

/* Enters the kernel for as long as the tree is worked on. */
struct scope {
    PKTHREAD thread;
    BOOLEAN was;
};

static struct scope enter(void)
{
    struct scope scope = {KiCurrentThread(), FALSE};
    scope.was = KiEnterService(scope.thread);
    return scope;
}

NTIO_API int32_t ntio_registry_set(const char *path, const char *name, uint32_t type, const void *data,
                                   size_t size)
{
    UNICODE_STRING key;
    if (!CM || size > 0x7FFFFFFF)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = cmp_path_of(path, strlen(path), &key);
    if (!NT_SUCCESS(status))
        return status;
    struct scope scope = enter();
    if (!name && !size)
        status = CmCreateKeyByPath(&key);
    else
        status = set_value(&key, name ? name : "", name ? strlen(name) : 0, type, data, (ULONG)size);
    KiLeaveService(scope.thread, scope.was);
    free(key.Buffer);
    return status;
}

/* --- .reg files --- */

struct reader {
    char *text, *next; /* the whole file, UTF-8, terminated */
    unsigned line;
    UNICODE_STRING key; /* the current one; empty: none, or a deleted one */
    BOOLEAN ansi;       /* REGEDIT4: the bytes of strings are characters */
    BOOLEAN skipping;   /* values behind a deleted key have nowhere to go */
};

static char *to_utf8(const unsigned char *bytes, size_t size)
{
    char *text = malloc(size * 3 / 2 + 1), *to = text;
    for (size_t i = 2; text && i + 1 < size; i += 2) {
        unsigned code = bytes[i] | (unsigned)bytes[i + 1] << 8;
        if (code >= 0xD800 && code < 0xDC00 && i + 3 < size) {
            i += 2;
            code = 0x10000 + ((code - 0xD800) << 10) + ((bytes[i] | (unsigned)bytes[i + 1] << 8) & 0x3FF);
        }
        if (code < 0x80) {
            *to++ = (char)code;
            continue;
        }
        unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        *to++ = (char)((0x7F80 >> more & 0xFF) | code >> 6 * more);
        while (more--)
            *to++ = (char)(0x80 | (code >> 6 * more & 0x3F));
    }
    if (text)
        *to = 0;
    return text;
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t size = 0, room = 0;
    if (!file)
        return NULL;
    for (;;) {
        if (size + 1 >= room) {
            room = room ? 2 * room : 4096;
            char *more = realloc(bytes, room);
            if (!more)
                break;
            bytes = more;
        }
        size_t got = fread(bytes + size, 1, room - size - 1, file);
        if (!got)
            break;
        size += got;
    }
    fclose(file);
    if (!bytes)
        return NULL;
    bytes[size] = 0;
    if (size >= 2 && (unsigned char)bytes[0] == 0xFF && (unsigned char)bytes[1] == 0xFE) {
        char *text = to_utf8((unsigned char *)bytes, size);
        free(bytes);
        return text;
    }
    return bytes;
}

/* The next line that says something, continued ones joined, without blanks around it; NULL: the end. */
static char *next_line(struct reader *r)
{
    while (*r->next) {
        char *line = r->next, *to = line;
        bool more = true;
        while (more && *r->next) {
            char *end = r->next + strcspn(r->next, "\r\n");
            size_t length = (size_t)(end - r->next);
            more = length && end[-1] == '\\' && *line != '[' && *line != ';';
            memmove(to, r->next, length - (more ? 1 : 0));
            to += length - (more ? 1 : 0);
            r->next = end + (*end == '\r' && end[1] == '\n' ? 2 : *end ? 1 : 0);
            r->line++;
            r->next += more ? strspn(r->next, " \t") : 0;
        }
        *to = 0;
        line += strspn(line, " \t");
        while (to > line && strchr(" \t", to[-1]))
            *--to = 0;
        if (*line && *line != ';')
            return line;
    }
    return NULL;
}

/* Takes the escapes out of a quoted string in place and ends it; the character behind the closing quote, or
 * NULL. */
static char *unquote(char *text, size_t *length)
{
    char *from = text, *to = text;
    while (*from && *from != '"') {
        if (*from == '\\' && from[1])
            from++;
        *to++ = *from++;
    }
    if (*from != '"')
        return NULL;
    *length = (size_t)(to - text);
    return from + 1;
}

/* Nothing more stands on the line, but perhaps a comment. */
static bool is_end(const char *text)
{
    text += strspn(text, " \t");
    return !*text || *text == ';';
}

static bool read_hex(const char *text, unsigned char *bytes, ULONG *size)
{
    *size = 0;
    while (!is_end(text)) {
        char *end;
        unsigned long value = strtoul(text, &end, 16);
        if (end == text || value > 0xFF)
            return false;
        bytes[(*size)++] = (unsigned char)value;
        text = end + strspn(end, " \t");
        if (*text == ',')
            text++;
        else if (!is_end(text))
            return false;
        text += strspn(text, " \t");
    }
    return true;
}

static NTSTATUS set_narrow(struct reader *r, const char *name, size_t length, ULONG type, const void *bytes,
                           ULONG size)
{
    size_t units;
    PWSTR wide = cmp_widen(bytes, size, &units);
    if (!wide)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = set_value(&r->key, name, length, type, wide, (ULONG)(units * sizeof(WCHAR)));
    free(wide);
    return status;
}

static NTSTATUS read_data(struct reader *r, const char *name, size_t length, char *data)
{
    UNICODE_STRING value;
    size_t units = 0;
    if (*data == '-' && is_end(data + 1)) {
        PWSTR wide = cmp_widen(name, length, &units);
        if (!wide)
            return STATUS_INSUFFICIENT_RESOURCES;
        value = (UNICODE_STRING){(USHORT)(units * sizeof(WCHAR)), (USHORT)(units * sizeof(WCHAR)), wide};
        NTSTATUS status = CmDeleteValueByPath(&r->key, &value);
        free(wide);
        return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : status;
    }
    if (*data == '"') {
        char *behind = unquote(data + 1, &units);
        if (!behind || !is_end(behind))
            return STATUS_INVALID_PARAMETER;
        PWSTR wide = cmp_widen(data + 1, units, &units);
        if (!wide)
            return STATUS_INSUFFICIENT_RESOURCES;
        NTSTATUS status =
            set_value(&r->key, name, length, REG_SZ, wide, (ULONG)((units + 1) * sizeof(WCHAR)));
        free(wide);
        return status;
    }
    char *end;
    if (!strncasecmp(data, "dword:", 6)) {
        ULONG number = (ULONG)strtoul(data + 6, &end, 16);
        if (end == data + 6 || !is_end(end))
            return STATUS_INVALID_PARAMETER;
        return set_value(&r->key, name, length, REG_DWORD, &number, sizeof number);
    }
    ULONG type = REG_BINARY, size;
    if (strncasecmp(data, "hex", 3) != 0)
        return STATUS_INVALID_PARAMETER;
    data += 3;
    if (*data == '(') {
        type = (ULONG)strtoul(data + 1, &end, 16);
        if (end == data + 1 || *end != ')')
            return STATUS_INVALID_PARAMETER;
        data = end + 1;
    }
    if (*data != ':')
        return STATUS_INVALID_PARAMETER;
    unsigned char *bytes = malloc(strlen(data));
    if (!bytes)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    if (read_hex(data + 1, bytes, &size))
        status = r->ansi && (type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ)
                     ? set_narrow(r, name, length, type, bytes, size)
                     : set_value(&r->key, name, length, type, bytes, size);
    free(bytes);
    return status;
}

static NTSTATUS read_key(struct reader *r, char *line)
{
    const char *close = strrchr(line, ']'); /* a name may have one, too */
    if (!close || !is_end(close + 1))
        return STATUS_INVALID_PARAMETER;
    size_t length = (size_t)(close - line) + 1;
    bool remove = line[1] == '-';
    free(r->key.Buffer);
    r->key = (UNICODE_STRING){0};
    NTSTATUS status = cmp_path_of(line + 1 + remove, length - 2 - remove, &r->key);
    if (!NT_SUCCESS(status))
        return status;
    r->skipping = remove;
    return remove ? CmDeleteTreeByPath(&r->key) : CmCreateKeyByPath(&r->key);
}

static NTSTATUS read_value(struct reader *r, char *line)
{
    char *name = "", *behind = line + 1;
    size_t length = 0;
    if (*line == '"')
        behind = unquote(name = line + 1, &length);
    else if (*line != '@')
        return STATUS_INVALID_PARAMETER;
    if (!behind || !r->key.Length)
        return STATUS_INVALID_PARAMETER;
    behind += strspn(behind, " \t");
    if (*behind++ != '=')
        return STATUS_INVALID_PARAMETER;
    behind += strspn(behind, " \t");
    return r->skipping ? STATUS_SUCCESS : read_data(r, name, length, behind);
}

static NTSTATUS read_all(struct reader *r)
{
    char *line = next_line(r);
    if (line && !strncmp(line, "\xEF\xBB\xBF", 3))
        line += 3;
    if (!line || (strcmp(line, "Windows Registry Editor Version 5.00") != 0 && strcmp(line, "REGEDIT4") != 0))
        return STATUS_INVALID_PARAMETER;
    r->ansi = strcmp(line, "REGEDIT4") == 0;
    NTSTATUS status = STATUS_SUCCESS;
    while (NT_SUCCESS(status) && (line = next_line(r)) != NULL)
        status = *line == '[' ? read_key(r, line) : read_value(r, line);
    return status;
}

NTIO_API int32_t ntio_registry_load(const char *reg_file)
{
    struct reader r = {0};
    if (!CM)
        return STATUS_INVALID_PARAMETER;
    r.text = r.next = read_file(reg_file);
    if (!r.text)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    struct scope scope = enter();
    NTSTATUS status = read_all(&r);
    KiLeaveService(scope.thread, scope.was);
    if (!NT_SUCCESS(status)) {
        char text[512];
        int length =
            snprintf(text, sizeof text, "ntio: %s, line %u: 0x%08X\n", reg_file, r.line, (unsigned)status);
        machine_log(text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
    }
    free(r.key.Buffer);
    free(r.text);
    return status;
}
