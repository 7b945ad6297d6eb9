/*
 * The internal file system: listing directories. What is in one is noted down when a scan begins; the first
 * request decides which names are wanted.
 */
#include "fs.h"

#define MOST 0x40000 /* bytes given in one request, however much room there is */

struct fs_entry {
    USHORT length; /* of the name, in characters */
    WCHAR *name;
    struct host_about about;
    ULONG attributes;
    LONGLONG created, allocated;
};

/* --- what is in the directory --- */

static void forget_entries(struct fs_open *open)
{
    for (ULONG i = 0; i < open->Count; i++)
        free(open->Entries[i].name);
    free(open->Entries);
    open->Entries = NULL;
    open->Count = open->Next = 0;
}

void fs_forget_scan(struct fs_open *open)
{
    forget_entries(open);
    free(open->Pattern.Buffer);
}

struct scan {
    struct fs_open *open;
    ULONG room;
    BOOLEAN failed;
};

static BOOLEAN is_wanted(const struct fs_open *open, const WCHAR *name, size_t length)
{
    WCHAR upper[FS_NAME];
    if (open->MatchesAll)
        return TRUE;
    for (size_t i = 0; i < length; i++)
        upper[i] = RtlUpcaseUnicodeChar(name[i]);
    UNICODE_STRING text = {(USHORT)(length * sizeof(WCHAR)), sizeof upper, upper};
    return fs_matches(&open->Pattern, &text);
}

static void add(struct scan *scan, const WCHAR *name, size_t length, const struct host_about *about)
{
    struct fs_open *open = scan->open;
    if (!is_wanted(open, name, length))
        return;
    if (open->Count == scan->room) {
        ULONG room = scan->room ? 2 * scan->room : 16;
        struct fs_entry *more = realloc(open->Entries, room * sizeof *more);
        if (!more) {
            scan->failed = TRUE;
            return;
        }
        open->Entries = more;
        scan->room = room;
    }
    WCHAR *copy = malloc(length * sizeof(WCHAR));
    if (!copy) {
        scan->failed = TRUE;
        return;
    }
    memcpy(copy, name, length * sizeof(WCHAR));
    struct fs_file *file = fs_find(about);
    open->Entries[open->Count++] =
        (struct fs_entry){.length = (USHORT)length,
                          .name = copy,
                          .about = *about,
                          .attributes = fs_attributes(file, about),
                          .allocated = about->kind == HOST_DIRECTORY ? 0 : fs_allocated(file, about->size),
                          .created = file && file->Created ? file->Created : (LONGLONG)about->created};
}

/* A link is shown as what it leads to, if that is below the root. */
static bool add_entry(void *context, const struct host_entry *entry)
{
    struct scan *scan = context;
    struct host_about about;
    WCHAR name[FS_NAME];
    size_t length;
    if (fs_name(entry->name, name, &length) && host_entry_about(entry, &about) &&
        (about.kind == HOST_FILE || about.kind == HOST_DIRECTORY))
        add(scan, name, length, &about);
    return !scan->failed;
}

static int compare(const void *a, const void *b)
{
    const struct fs_entry *x = a, *y = b;
    for (USHORT i = 0; i < x->length && i < y->length; i++) {
        int difference = (int)RtlUpcaseUnicodeChar(x->name[i]) - (int)RtlUpcaseUnicodeChar(y->name[i]);
        if (difference)
            return difference;
    }
    return (int)x->length - (int)y->length;
}

static NTSTATUS list(struct fs_file *file, struct fs_open *open)
{
    struct scan scan = {.open = open};
    struct host_about own, above;
    forget_entries(open);
    if (file->Deleted)
        return STATUS_DELETE_PENDING;
    enum host_result result = host_path_about(FS->Root, file->Path, &own);
    if (result == HOST_OK && *file->Path) { /* the root has neither itself nor its parent */
        char parent[FS_PATH];
        strcpy(parent, file->Path);
        char *slash = strrchr(parent, '/');
        *(slash ? slash : parent) = 0;
        if (host_path_about(FS->Root, parent, &above) != HOST_OK)
            above = own;
        add(&scan, L".", 1, &own);
        add(&scan, L"..", 2, &above);
    }
    ULONG fixed = open->Count;
    if (result == HOST_OK)
        result = host_directory_list(FS->Root, file->Path, add_entry, &scan);
    if (result != HOST_OK)
        return fs_status(result);
    if (scan.failed)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (open->Count > fixed)
        qsort(open->Entries + fixed, open->Count - fixed, sizeof *open->Entries, compare);
    return STATUS_SUCCESS;
}

/* The first request's, for as long as the file is open. */
static NTSTATUS fix_pattern(struct fs_open *open, PCUNICODE_STRING pattern)
{
    BOOLEAN all =
        !pattern || !pattern->Length || (pattern->Length == sizeof(WCHAR) && pattern->Buffer[0] == L'*');
    if (!all) {
        open->Pattern.Buffer = malloc(pattern->Length);
        if (!open->Pattern.Buffer)
            return STATUS_INSUFFICIENT_RESOURCES;
        open->Pattern.Length = open->Pattern.MaximumLength = pattern->Length;
        for (ULONG i = 0; i < pattern->Length / sizeof(WCHAR); i++)
            open->Pattern.Buffer[i] = RtlUpcaseUnicodeChar(pattern->Buffer[i]);
    }
    open->MatchesAll = all;
    open->Scanned = TRUE;
    return STATUS_SUCCESS;
}

/* --- what the requester gets of it --- */

/* Where a class keeps the name, and what it has before it; 0: no such class. */
struct layout {
    ULONG name, name_length; /* offsets */
    BOOLEAN full;            /* begins as FILE_DIRECTORY_INFORMATION does */
    ULONG id;
};

static const struct layout layouts[FileMaximumInformation] = {
    [FileDirectoryInformation] = {FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileName),
                                  FIELD_OFFSET(FILE_DIRECTORY_INFORMATION, FileNameLength), TRUE, 0},
    [FileFullDirectoryInformation] = {FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileName),
                                      FIELD_OFFSET(FILE_FULL_DIR_INFORMATION, FileNameLength), TRUE, 0},
    [FileBothDirectoryInformation] = {FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileName),
                                      FIELD_OFFSET(FILE_BOTH_DIR_INFORMATION, FileNameLength), TRUE, 0},
    [FileNamesInformation] = {FIELD_OFFSET(FILE_NAMES_INFORMATION, FileName),
                              FIELD_OFFSET(FILE_NAMES_INFORMATION, FileNameLength), FALSE, 0},
    [FileIdBothDirectoryInformation] = {FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileName),
                                        FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileNameLength), TRUE,
                                        FIELD_OFFSET(FILE_ID_BOTH_DIR_INFORMATION, FileId)},
    [FileIdFullDirectoryInformation] = {FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileName),
                                        FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileNameLength), TRUE,
                                        FIELD_OFFSET(FILE_ID_FULL_DIR_INFORMATION, FileId)},
    [FileIdGlobalTxDirectoryInformation] = {FIELD_OFFSET(FILE_ID_GLOBAL_TX_DIR_INFORMATION, FileName),
                                            FIELD_OFFSET(FILE_ID_GLOBAL_TX_DIR_INFORMATION, FileNameLength),
                                            TRUE, FIELD_OFFSET(FILE_ID_GLOBAL_TX_DIR_INFORMATION, FileId)},
    [FileIdExtdDirectoryInformation] = {FIELD_OFFSET(FILE_ID_EXTD_DIR_INFORMATION, FileName),
                                        FIELD_OFFSET(FILE_ID_EXTD_DIR_INFORMATION, FileNameLength), TRUE,
                                        FIELD_OFFSET(FILE_ID_EXTD_DIR_INFORMATION, FileId)},
    [FileIdExtdBothDirectoryInformation] = {FIELD_OFFSET(FILE_ID_EXTD_BOTH_DIR_INFORMATION, FileName),
                                            FIELD_OFFSET(FILE_ID_EXTD_BOTH_DIR_INFORMATION, FileNameLength),
                                            TRUE, FIELD_OFFSET(FILE_ID_EXTD_BOTH_DIR_INFORMATION, FileId)},
};

/* One entry, as much of its name as there is room for; the buffer is zero. */
static void put(PUCHAR to, const struct layout *layout, const struct fs_entry *entry, ULONG name_bytes)
{
    PFILE_DIRECTORY_INFORMATION common = (PFILE_DIRECTORY_INFORMATION)to;
    const struct host_about *about = &entry->about;
    if (layout->full) {
        ULONGLONG size = about->kind == HOST_DIRECTORY ? 0 : about->size;
        common->CreationTime.QuadPart = entry->created;
        common->LastAccessTime.QuadPart = (LONGLONG)about->accessed;
        common->LastWriteTime.QuadPart = (LONGLONG)about->written;
        common->ChangeTime.QuadPart = (LONGLONG)about->changed;
        common->EndOfFile.QuadPart = (LONGLONG)size;
        common->AllocationSize.QuadPart = entry->allocated;
        common->FileAttributes = entry->attributes;
    }
    if (layout->id)
        ((PLARGE_INTEGER)(to + layout->id))->QuadPart = (LONGLONG)about->id;
    *(PULONG)(to + layout->name_length) = entry->length * (ULONG)sizeof(WCHAR);
    memcpy(to + layout->name, entry->name, name_bytes);
}

static NTSTATUS fill(struct fs_open *open, const struct layout *layout, PUCHAR buffer, ULONG room,
                     BOOLEAN single, ULONG_PTR *information)
{
    ULONG at = 0, last = 0;
    while (open->Next < open->Count) {
        const struct fs_entry *entry = &open->Entries[open->Next];
        ULONG start = (at + 7) & ~7u, name = entry->length * (ULONG)sizeof(WCHAR);
        if (start > room || room - start < layout->name + name) {
            if (at)
                break;
            /* Not even the first: what there is room for, and the whole length. */
            name = room - layout->name;
            put(buffer, layout, entry, name & ~1u);
            open->Next++;
            *information = layout->name + (name & ~1u);
            return STATUS_BUFFER_OVERFLOW;
        }
        if (at)
            *(PULONG)(buffer + last) = start - last;
        put(buffer + start, layout, entry, name);
        last = start;
        at = start + layout->name + name;
        open->Next++;
        if (single)
            break;
    }
    *information = at;
    return at ? STATUS_SUCCESS : STATUS_NO_MORE_FILES;
}

static NTSTATUS scan_on(struct fs_file *file, struct fs_open *open, PIO_STACK_LOCATION stack,
                        const struct layout *layout, PUCHAR buffer, ULONG length, ULONG_PTR *information)
{
    BOOLEAN first = !open->Scanned;
    NTSTATUS status = STATUS_SUCCESS;
    if (first)
        status = fix_pattern(open, stack->Parameters.QueryDirectory.FileName);
    if (NT_SUCCESS(status) && (first || stack->Flags & SL_RESTART_SCAN))
        status = list(file, open);
    if (!NT_SUCCESS(status))
        return status;
    if (first && !open->Count)
        return STATUS_NO_SUCH_FILE;
    return fill(open, layout, buffer, length, (stack->Flags & SL_RETURN_SINGLE_ENTRY) != 0, information);
}

/* With SL_NO_CURSOR_UPDATE_QUERY each request is a scan of its own, which leaves the file object's where it
 * is. */
static NTSTATUS query(struct fs_file *file, struct fs_open *open, PIO_STACK_LOCATION stack,
                      const struct layout *layout, PUCHAR buffer, ULONG length, ULONG_PTR *information)
{
    struct fs_open own = {.DeleteOnClose = FALSE};
    if (!(stack->Flags & SL_NO_CURSOR_UPDATE_QUERY))
        return scan_on(file, open, stack, layout, buffer, length, information);
    NTSTATUS status = scan_on(file, &own, stack, layout, buffer, length, information);
    fs_forget_scan(&own);
    return status;
}

NTSTATUS fs_directory(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    PFILE_OBJECT object = stack->FileObject;
    struct fs_file *file = fs_file_of(object);
    ULONG class = stack->Parameters.QueryDirectory.FileInformationClass,
          length = stack->Parameters.QueryDirectory.Length;
    if (stack->MinorFunction != IRP_MN_QUERY_DIRECTORY)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (file ? !file->Directory : object->FileName.Length > sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    if (class >= FileMaximumInformation || !layouts[class].name)
        return STATUS_INVALID_INFO_CLASS;
    if (length < layouts[class].name)
        return STATUS_BUFFER_TOO_SMALL;
    if (!file)
        return STATUS_NO_SUCH_FILE; /* a machine without files */
    if (length > MOST)
        length = MOST;
    PUCHAR buffer = calloc(1, length);
    if (!buffer)
        return STATUS_INSUFFICIENT_RESOURCES;
    fs_lock();
    NTSTATUS status = query(file, object->FsContext2, stack, &layouts[class], buffer, length, information);
    fs_unlock();
    if (!NT_ERROR(status) && *information) {
        NTSTATUS copied;
        if (irp->MdlAddress) {
            PVOID to = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
            copied = to ? (memcpy(to, buffer, *information), STATUS_SUCCESS) : STATUS_INSUFFICIENT_RESOURCES;
        } else {
            copied = MmCopyToMode(irp->UserBuffer, buffer, *information, irp->RequestorMode);
        }
        if (!NT_SUCCESS(copied)) {
            status = copied;
            *information = 0;
        }
    }
    free(buffer);
    return status;
}
