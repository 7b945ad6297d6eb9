/*
 * Directory objects: making the system's own, and the services.
 */
#include "obp.h"

NTSTATUS obp_make_directory(const WCHAR *path, POBJECT_TYPE type, PVOID *directory)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&attributes, &name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE,
                               NULL, NULL);
    PVOID object;
    NTSTATUS status = ObCreateObject(KernelMode, type, &attributes, KernelMode, NULL,
                                     sizeof(struct obp_directory), 0, 0, &object);
    if (!NT_SUCCESS(status))
        return status;
    ob_own(object);
    status = ObInsertObject(object, NULL, 0, 0, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (directory)
        *directory = object; /* the name keeps it alive */
    ObpDereferenceObject(object);
    return STATUS_SUCCESS;
}

NTSTATUS ObOpenService(PHANDLE Out, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES Attributes,
                       POBJECT_TYPE Type)
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    HANDLE handle;
    NTSTATUS status = obp_probe_handle_out(Out, mode);
    if (NT_SUCCESS(status))
        status = ObOpenObjectByName(Attributes, Type, mode, NULL, DesiredAccess, NULL, &handle);
    return NT_SUCCESS(status) ? ObReturnHandle(handle, Out, mode) : status;
}

NTSTATUS ObCreateService(PHANDLE Out, KPROCESSOR_MODE Mode, POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes,
                         ULONG Size, PVOID *Object)
{
    NTSTATUS status = obp_probe_handle_out(Out, Mode);
    return NT_SUCCESS(status) ? ObCreateObject(Mode, Type, Attributes, Mode, NULL, Size, 0, 0, Object)
                              : status;
}

NTSTATUS ObInsertService(PVOID Object, ACCESS_MASK DesiredAccess, PHANDLE Out, KPROCESSOR_MODE Mode)
{
    HANDLE handle;
    NTSTATUS status = ObInsertObject(Object, NULL, DesiredAccess, 0, NULL, &handle);
    if (!NT_SUCCESS(status))
        return status;
    NTSTATUS told = ObReturnHandle(handle, Out, Mode);
    return NT_SUCCESS(told) ? status : told;
}

SERVICE(CreateDirectoryObject,
        (PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
        (DirectoryHandle, DesiredAccess, ObjectAttributes))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    PVOID object;
    NTSTATUS status = ObCreateService(DirectoryHandle, mode, OBP->directory_type, ObjectAttributes,
                                      sizeof(struct obp_directory), &object);
    return NT_SUCCESS(status) ? ObInsertService(object, DesiredAccess, DirectoryHandle, mode) : status;
}

SERVICE(OpenDirectoryObject,
        (PHANDLE DirectoryHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes),
        (DirectoryHandle, DesiredAccess, ObjectAttributes))
{
    return ObOpenService(DirectoryHandle, DesiredAccess, ObjectAttributes, OBP->directory_type);
}

/* The entry number `at`, counted through the buckets; NULL: no more. Under the names lock. */
static struct obp_name *entry_at(struct obp_directory *directory, ULONG at)
{
    if (at >= directory->Count)
        return NULL;
    for (ULONG bucket = 0; bucket < OBP_BUCKETS; bucket++)
        for (struct obp_name *name = directory->Buckets[bucket]; name; name = name->Next)
            if (at-- == 0)
                return name;
    return NULL;
}

static ULONG entry_size(const struct obp_name *name)
{
    return (ULONG)sizeof(OBJECT_DIRECTORY_INFORMATION) + name->Name.Length + name->Object->Type->Name.Length +
           2 * (ULONG)sizeof(WCHAR);
}

/* Copies a string behind the entries and makes it point where the caller will see it. */
static PUCHAR place(PUNICODE_STRING to, PCUNICODE_STRING from, PUCHAR at, PUCHAR ours, PUCHAR theirs)
{
    memcpy(at, from->Buffer, from->Length);
    memset(at + from->Length, 0, sizeof(WCHAR));
    *to = (UNICODE_STRING){from->Length, from->Length + sizeof(WCHAR), (PWSTR)(theirs + (at - ours))};
    return at + from->Length + sizeof(WCHAR);
}

/*
 * Entries from *context on into a buffer of ours, laid out as the caller will see it at `theirs`: an array
 * ended by an empty element, then the strings. Sets *used to the bytes written or, when one entry does not
 * fit, needed.
 */
static NTSTATUS list(struct obp_directory *directory, PUCHAR ours, PUCHAR theirs, ULONG length, bool single,
                     PULONG context, PULONG used)
{
    NTSTATUS status = STATUS_SUCCESS;
    ULONG count = 0, total = sizeof(OBJECT_DIRECTORY_INFORMATION);
    ob_acquire(&OBP->names);
    struct obp_name *name;
    while ((name = entry_at(directory, *context + count)) != NULL) {
        ULONG more = entry_size(name);
        if (total + more > length) {
            status = single ? STATUS_BUFFER_TOO_SMALL : STATUS_MORE_ENTRIES;
            if (single)
                total += more;
            break;
        }
        total += more;
        count++;
        if (single)
            break;
    }
    if (!name && !count)
        status = STATUS_NO_MORE_ENTRIES;
    PUCHAR at = ours + (count + 1) * sizeof(OBJECT_DIRECTORY_INFORMATION);
    OBJECT_DIRECTORY_INFORMATION *entries = (OBJECT_DIRECTORY_INFORMATION *)ours;
    for (ULONG i = 0; i < count; i++) {
        name = entry_at(directory, *context + i);
        at = place(&entries[i].Name, &name->Name, at, ours, theirs);
        at = place(&entries[i].TypeName, &name->Object->Type->Name, at, ours, theirs);
    }
    ob_release(&OBP->names);
    *context += count;
    *used = status == STATUS_NO_MORE_ENTRIES ? 0 : total;
    return status;
}

/*
 * STATUS_MORE_ENTRIES: the rest did not fit. STATUS_NO_MORE_ENTRIES: none from Context on.
 * STATUS_BUFFER_TOO_SMALL: the single entry asked for does not fit; ReturnLength says what would.
 */
SERVICE(QueryDirectoryObject,
        (HANDLE DirectoryHandle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan,
         PULONG Context, PULONG ReturnLength),
        (DirectoryHandle, Buffer, Length, ReturnSingleEntry, RestartScan, Context, ReturnLength))
{
    KPROCESSOR_MODE mode = KiPreviousMode();
    struct obp_directory *directory;
    ULONG context = 0, used = 0;
    NTSTATUS status;
    if (mode != KernelMode &&
        (!NT_SUCCESS(status = MmProbe(Buffer, Length, sizeof(WCHAR), true)) ||
         !NT_SUCCESS(status = MmProbe(Context, sizeof *Context, sizeof(ULONG), true)) ||
         (ReturnLength && !NT_SUCCESS(status = MmProbe(ReturnLength, sizeof(ULONG), sizeof(ULONG), true)))))
        return status;
    if (!RestartScan && !NT_SUCCESS(status = MmCopyFromMode(&context, Context, sizeof context, mode)))
        return status;
    status = ObReferenceObjectByHandle(DirectoryHandle, DIRECTORY_QUERY, OBP->directory_type, mode,
                                       (PVOID *)&directory, NULL);
    if (!NT_SUCCESS(status))
        return status;
    PUCHAR ours = calloc(1, (size_t)Length + sizeof(OBJECT_DIRECTORY_INFORMATION));
    if (!ours) {
        ObpDereferenceObject(directory);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    status = list(directory, ours, Buffer, Length, ReturnSingleEntry, &context, &used);
    NTSTATUS told = STATUS_SUCCESS;
    if (NT_SUCCESS(status) && status != STATUS_NO_MORE_ENTRIES)
        told = MmCopyToMode(Buffer, ours, used < Length ? used : Length, mode);
    if (NT_SUCCESS(told))
        told = MmCopyToMode(Context, &context, sizeof context, mode);
    if (NT_SUCCESS(told) && ReturnLength)
        told = MmCopyToMode(ReturnLength, &used, sizeof used, mode);
    free(ours);
    ObpDereferenceObject(directory);
    return NT_SUCCESS(told) ? status : told;
}
