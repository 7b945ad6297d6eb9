/*
 * The internal file system's names: from NT's to the host's, whatever their case, without ever leaving the
 * root.
 */
#include "fs.h"

#define MAX_LINKS 8

/* --- one component --- */

static BOOLEAN is_legal(PCWSTR name, size_t length)
{
    if (length == 0 || length >= FS_NAME ||
        (name[0] == L'.' && (length == 1 || (length == 2 && name[1] == L'.'))))
        return FALSE;
    for (size_t i = 0; i < length; i++)
        if (name[i] < 0x20 || (name[i] < 0x80 && strchr("\"*/:<>?\\|", (char)name[i])))
            return FALSE;
    return TRUE;
}

NTSTATUS fs_component(PCWSTR name, size_t length, char text[FS_PATH])
{
    ULONG bytes = 0;
    if (!is_legal(name, length) ||
        RtlUnicodeToUTF8N(text, FS_PATH - 1, &bytes, name, (ULONG)(length * sizeof(WCHAR))) != STATUS_SUCCESS)
        return STATUS_OBJECT_NAME_INVALID;
    text[bytes] = 0;
    return STATUS_SUCCESS;
}

BOOLEAN fs_name(const char *host, WCHAR name[FS_NAME], size_t *length)
{
    ULONG bytes = 0;
    if (RtlUTF8ToUnicodeN(name, (FS_NAME - 1) * sizeof(WCHAR), &bytes, host, (ULONG)strlen(host)) !=
        STATUS_SUCCESS)
        return FALSE;
    *length = bytes / sizeof(WCHAR);
    return is_legal(name, *length);
}

struct search {
    WCHAR wanted[FS_NAME];
    size_t length;
    char found[FS_PATH];
};

static bool compare(void *context, const struct host_entry *entry)
{
    struct search *search = context;
    WCHAR name[FS_NAME];
    size_t length;
    if (!fs_name(entry->name, name, &length) || length != search->length)
        return true;
    for (size_t i = 0; i < length; i++)
        if (RtlUpcaseUnicodeChar(name[i]) != RtlUpcaseUnicodeChar(search->wanted[i]))
            return true;
    strcpy(search->found, entry->name);
    return false;
}

/* The name that the directory has for it in another case; FALSE: it has none. */
static BOOLEAN find_case(const char *directory, const char *name, struct search *search)
{
    search->found[0] = 0;
    return fs_name(name, search->wanted, &search->length) &&
           host_directory_list(FS->Root, directory, compare, search) == HOST_OK && search->found[0];
}

/* --- the way there --- */

NTSTATUS fs_append(struct fs_walk *walk, const char *name, size_t length)
{
    if (walk->length + length + 2 > sizeof walk->path)
        return STATUS_NAME_TOO_LONG;
    if (walk->length)
        walk->path[walk->length++] = '/';
    memcpy(walk->path + walk->length, name, length);
    walk->path[walk->length += length] = 0;
    return STATUS_SUCCESS;
}

static void cut(struct fs_walk *walk, size_t length)
{
    walk->path[walk->length = length] = 0;
}

static NTSTATUS follow(struct fs_walk *walk, size_t parent);

static NTSTATUS step(struct fs_walk *walk, const char *name, size_t name_length)
{
    struct search search;
    size_t parent = walk->length;
    if (!walk->found || walk->about.kind != HOST_DIRECTORY)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    NTSTATUS status = fs_append(walk, name, name_length);
    if (!NT_SUCCESS(status))
        return status;
    enum host_result result = host_path_about(FS->Root, walk->path, &walk->about);
    if (result == HOST_MISSING) {
        char text[FS_PATH];
        memcpy(text, name, name_length);
        text[name_length] = 0;
        cut(walk, parent);
        if (find_case(walk->path, text, &search)) {
            status = fs_append(walk, search.found, strlen(search.found));
            if (NT_SUCCESS(status))
                result = host_path_about(FS->Root, walk->path, &walk->about);
        } else {
            status = fs_append(walk, name, name_length);
        }
        if (!NT_SUCCESS(status))
            return status;
    }
    walk->found = result == HOST_OK;
    if (result != HOST_OK)
        return result == HOST_MISSING ? STATUS_SUCCESS : fs_status(result);
    if (walk->about.kind == HOST_OTHER)
        return STATUS_ACCESS_DENIED;
    return walk->about.kind == HOST_LINK ? follow(walk, parent) : STATUS_SUCCESS;
}

/* What is behind the link at the end of the path, as long as it is below the root. */
static NTSTATUS follow(struct fs_walk *walk, size_t parent)
{
    char target[FS_PATH];
    const char *at = target, *root = host_root_path(FS->Root);
    size_t prefix = strlen(root);
    if (++walk->links > MAX_LINKS)
        return STATUS_ACCESS_DENIED;
    enum host_result result = host_path_link(FS->Root, walk->path, target, sizeof target);
    if (result != HOST_OK)
        return fs_status(result);
    cut(walk, parent);
    if (*at == '/') {
        if (strncmp(at, root, prefix) != 0 || (at[prefix] && at[prefix] != '/'))
            return STATUS_ACCESS_DENIED;
        at += prefix;
        cut(walk, 0);
    }
    result = host_path_about(FS->Root, walk->path, &walk->about);
    if (result != HOST_OK)
        return fs_status(result);
    while (*at) {
        size_t length = strcspn(at, "/");
        NTSTATUS status = STATUS_SUCCESS;
        if (length == 2 && at[0] == '.' && at[1] == '.') {
            if (!walk->length)
                return STATUS_ACCESS_DENIED;
            char *slash = strrchr(walk->path, '/');
            cut(walk, slash ? (size_t)(slash - walk->path) : 0);
            result = host_path_about(FS->Root, walk->path, &walk->about);
            status = result == HOST_OK ? STATUS_SUCCESS : fs_status(result);
        } else if (length && !(length == 1 && at[0] == '.')) {
            status = step(walk, at, length);
        }
        if (!NT_SUCCESS(status))
            return status;
        at += length + (at[length] == '/');
    }
    return STATUS_SUCCESS;
}

NTSTATUS fs_walk(struct fs_walk *walk, PCUNICODE_STRING name)
{
    size_t count = name->Length / sizeof(WCHAR), at = 0;
    char text[FS_PATH];
    walk->length = walk->links = 0;
    walk->path[0] = 0;
    enum host_result result = host_path_about(FS->Root, "", &walk->about);
    walk->found = result == HOST_OK;
    if (result != HOST_OK)
        return fs_status(result);
    if (count == 0 || name->Buffer[0] != L'\\')
        return STATUS_OBJECT_NAME_INVALID;
    /* That the name can be one comes before whether it is there. */
    for (at = 1; at < count;) {
        size_t end = at;
        while (end < count && name->Buffer[end] != L'\\')
            end++;
        if (!is_legal(name->Buffer + at, end - at) || end + 1 == count)
            return STATUS_OBJECT_NAME_INVALID;
        at = end + 1;
    }
    for (at = 1; at < count;) {
        size_t end = at;
        while (end < count && name->Buffer[end] != L'\\')
            end++;
        NTSTATUS status = fs_component(name->Buffer + at, end - at, text);
        if (NT_SUCCESS(status))
            status = step(walk, text, strlen(text));
        if (!NT_SUCCESS(status))
            return status;
        at = end + 1;
    }
    return walk->found ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS fs_full_name(const char *path, PUNICODE_STRING name)
{
    ULONG length = (ULONG)strlen(path), bytes = 0;
    /* No character takes more units of UTF-16 than bytes of UTF-8. */
    if ((length + 2) * sizeof(WCHAR) > 0xFFFE)
        return STATUS_NAME_TOO_LONG;
    PWSTR text = MmAllocateSystemPool((length + 2) * sizeof(WCHAR), IOP_TAG_NAME);
    if (!text)
        return STATUS_INSUFFICIENT_RESOURCES;
    text[0] = L'\\';
    if (length)
        (void)RtlUTF8ToUnicodeN(text + 1, length * (ULONG)sizeof(WCHAR), &bytes, path, length);
    ULONG count = 1 + bytes / (ULONG)sizeof(WCHAR);
    for (ULONG i = 1; i < count; i++)
        if (text[i] == L'/')
            text[i] = L'\\';
    text[count] = 0;
    *name = (UNICODE_STRING){(USHORT)(count * sizeof(WCHAR)), (USHORT)((length + 2) * sizeof(WCHAR)), text};
    return STATUS_SUCCESS;
}

/* --- wildcards --- */

#define ANY_NAME  L'*' /* anything */
#define ANY_ONE   L'?' /* any one character */
#define MAX_STATE 512

BOOLEAN fs_has_wildcards(PCUNICODE_STRING pattern)
{
    for (ULONG i = 0; i < pattern->Length / sizeof(WCHAR); i++) {
        WCHAR c = pattern->Buffer[i];
        if (c == ANY_NAME || c == ANY_ONE || c == DOS_STAR || c == DOS_QM || c == DOS_DOT)
            return TRUE;
    }
    return FALSE;
}

/* Adds the places in the pattern that are reached from those marked without taking a character. */
static void skip(const WCHAR *pattern, size_t length, BOOLEAN *at, BOOLEAN end, BOOLEAN dot)
{
    for (size_t i = 0; i < length; i++) {
        if (!at[i])
            continue;
        WCHAR p = pattern[i];
        if (p == ANY_NAME || p == DOS_STAR || (p == DOS_QM && (end || dot)) || (p == DOS_DOT && end))
            at[i + 1] = TRUE;
    }
}

/* All places that can be reached are followed at once, so that no pattern takes long. */
BOOLEAN fs_matches(PCUNICODE_STRING expression, PCUNICODE_STRING name)
{
    BOOLEAN places[2][MAX_STATE + 1];
    const WCHAR *pattern = expression->Buffer, *text = name->Buffer;
    size_t length = expression->Length / sizeof(WCHAR), count = name->Length / sizeof(WCHAR),
           last_dot = count;
    if (length > MAX_STATE)
        return FALSE;
    for (size_t i = 0; i < count; i++)
        if (text[i] == L'.')
            last_dot = i;
    BOOLEAN *now = places[0], *next = places[1];
    memset(now, 0, sizeof places[0]);
    now[0] = TRUE;
    for (size_t n = 0; n < count; n++) {
        WCHAR c = text[n];
        skip(pattern, length, now, FALSE, c == L'.');
        memset(next, 0, sizeof places[0]);
        for (size_t i = 0; i < length; i++) {
            if (!now[i])
                continue;
            WCHAR p = pattern[i];
            if (p == ANY_NAME || (p == DOS_STAR && n != last_dot))
                next[i] = TRUE;
            else if (p == ANY_ONE || (p == DOS_QM && c != L'.') || (p == DOS_DOT && c == L'.') || p == c)
                next[i + 1] = TRUE;
        }
        BOOLEAN *old = now;
        now = next;
        next = old;
    }
    skip(pattern, length, now, TRUE, FALSE);
    return now[length];
}
