/*
 * The internal file system: opening. What is there already, what is to be made, and the driver images that
 * are everywhere.
 */
#include "fs.h"

#define WRITES        (FILE_WRITE_DATA | FILE_APPEND_DATA)
#define KEPT          (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_TEMPORARY)
#define OVERWRITES(d) ((d) == FILE_SUPERSEDE || (d) == FILE_OVERWRITE || (d) == FILE_OVERWRITE_IF)

struct opening {
    PFILE_OBJECT object;
    UNICODE_STRING name; /* whole, without a backslash at the end */
    BOOLEAN slash;       /* there was one */
    ULONG disposition, options, attributes, share;
    LONGLONG allocation;
    ACCESS_MASK access;
    struct fs_opener who;
    struct fs_walk walk;
    ULONG_PTR *information;
};

/* --- names --- */

/* The whole name, in system pool: below the related file, if there is one. */
static NTSTATUS whole_name(PFILE_OBJECT object, PUNICODE_STRING name)
{
    PFILE_OBJECT related = object->RelatedFileObject;
    struct fs_file *base = related ? fs_file_of(related) : NULL;
    PCUNICODE_STRING rest = &object->FileName;
    UNICODE_STRING head = {0};
    if (related) {
        if (rest->Length && rest->Buffer[0] == L'\\')
            return STATUS_INVALID_PARAMETER;
        if (base && (base->Deleted || base->DeletePending))
            return STATUS_DELETE_PENDING;
        if (base) {
            NTSTATUS status = fs_full_name(base->Path, &head);
            if (!NT_SUCCESS(status))
                return status;
        } else {
            head = related->FileName;
        }
    }
    BOOLEAN separator = head.Length && rest->Length && head.Buffer[head.Length / sizeof(WCHAR) - 1] != L'\\';
    ULONG length = (ULONG)head.Length + rest->Length + (separator ? (ULONG)sizeof(WCHAR) : 0);
    PWSTR text = length <= 0xFFFC ? MmAllocateSystemPool(length + sizeof(WCHAR), IOP_TAG_NAME) : NULL;
    if (text) {
        if (head.Length)
            memcpy(text, head.Buffer, head.Length);
        if (separator)
            text[head.Length / sizeof(WCHAR)] = L'\\';
        if (rest->Length)
            memcpy((PUCHAR)text + length - rest->Length, rest->Buffer, rest->Length);
        text[length / sizeof(WCHAR)] = 0;
        *name = (UNICODE_STRING){(USHORT)length, (USHORT)(length + sizeof(WCHAR)), text};
    }
    if (base)
        MmFreeSystemPool(head.Buffer);
    return text ? STATUS_SUCCESS : length <= 0xFFFC ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NAME_TOO_LONG;
}

/* The file object's name becomes the whole one. */
static void take_name(struct opening *o)
{
    if (o->object->FileName.Buffer)
        MmFreeSystemPool(o->object->FileName.Buffer);
    o->object->FileName = o->name;
    o->name = (UNICODE_STRING){0};
}

/* --- without a host file: the volume, the root of a machine without files, and driver images --- */

static NTSTATUS open_bare(struct opening *o, BOOLEAN directory)
{
    if (o->slash && !directory)
        return STATUS_OBJECT_NAME_INVALID;
    if (o->disposition == FILE_CREATE)
        return *o->information = FILE_EXISTS, STATUS_OBJECT_NAME_COLLISION;
    /* An image can be copied over an image: it is empty, and stays so. */
    if (directory && OVERWRITES(o->disposition))
        return STATUS_MEDIA_WRITE_PROTECTED;
    if (o->options & FILE_DIRECTORY_FILE && !directory)
        return STATUS_NOT_A_DIRECTORY;
    if (o->options & FILE_NON_DIRECTORY_FILE && directory && o->name.Length)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (o->options & FILE_DELETE_ON_CLOSE)
        return STATUS_CANNOT_DELETE;
    take_name(o);
    *o->information = o->disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED
                      : OVERWRITES(o->disposition)     ? FILE_OVERWRITTEN
                                                       : FILE_OPENED;
    return STATUS_SUCCESS;
}

static NTSTATUS open_without_files(struct opening *o)
{
    BOOLEAN root = o->name.Length <= sizeof(WCHAR) && !o->slash;
    if (root || fs_is_image(&o->name))
        return open_bare(o, root);
    *o->information = FILE_DOES_NOT_EXIST;
    return o->disposition == FILE_OPEN || o->disposition == FILE_OVERWRITE ? STATUS_OBJECT_NAME_NOT_FOUND
                                                                           : STATUS_MEDIA_WRITE_PROTECTED;
}

/* --- with one --- */

NTSTATUS fs_open_data(struct fs_file *file, enum host_open how)
{
    struct host_file **slot = how == HOST_OPEN_READ ? &file->Reader : &file->Writer, *opened;
    if (*slot || (how == HOST_OPEN_READ && file->Writer))
        return STATUS_SUCCESS;
    enum host_result result = host_file_open(FS->Root, file->Path, how, &opened);
    if (result == HOST_OK)
        __atomic_store_n(slot, opened, __ATOMIC_RELEASE);
    return result == HOST_OK ? STATUS_SUCCESS : fs_status(result);
}

/* The file object belongs to the file from now on. */
static NTSTATUS attach(struct opening *o, struct fs_file *file)
{
    UNICODE_STRING name = {0};
    struct fs_open *open = calloc(1, sizeof *open);
    NTSTATUS status = open ? fs_full_name(file->Path, &name) : STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(status))
        status = IoCheckShareAccess(o->access, o->share, o->object, &file->Sharing, TRUE);
    if (!NT_SUCCESS(status)) {
        if (name.Buffer)
            MmFreeSystemPool(name.Buffer);
        free(open);
        return status;
    }
    MmFreeSystemPool(o->name.Buffer);
    o->name = name; /* in the case that the host has it */
    take_name(o);
    open->DeleteOnClose = (o->options & FILE_DELETE_ON_CLOSE) != 0;
    o->object->FsContext = file;
    o->object->FsContext2 = open;
    file->Opens++;
    file->Handles++;
    return STATUS_SUCCESS;
}

static void remember(struct fs_file *file, ULONG attributes)
{
    ULONG kept = attributes & KEPT;
    file->Attributes = kept | (file->Directory ? 0 : FILE_ATTRIBUTE_ARCHIVE);
    file->Remembered = kept != 0;
}

static NTSTATUS create_new(struct opening *o)
{
    BOOLEAN directory = (o->options & FILE_DIRECTORY_FILE) != 0;
    struct host_file *data = NULL;
    struct host_about about;
    if (o->slash && !directory)
        return STATUS_OBJECT_NAME_INVALID;
    if (directory && o->attributes & FILE_ATTRIBUTE_TEMPORARY)
        return STATUS_INVALID_PARAMETER;
    if (o->options & FILE_DELETE_ON_CLOSE && o->attributes & FILE_ATTRIBUTE_READONLY && !directory)
        return STATUS_CANNOT_DELETE;
    PSECURITY_DESCRIPTOR security;
    NTSTATUS status = fs_check_create(&o->who, o->walk.path, directory);
    if (NT_SUCCESS(status))
        status = fs_new_security(&o->who, o->walk.path, directory, &security);
    if (!NT_SUCCESS(status))
        return status;
    enum host_result result = directory ? host_directory_make(FS->Root, o->walk.path)
                                        : host_file_open(FS->Root, o->walk.path, HOST_OPEN_CREATE, &data);
    if (result == HOST_OK)
        result = host_path_about(FS->Root, o->walk.path, &about);
    struct fs_file *file = result == HOST_OK ? fs_get(&about, o->walk.path) : NULL;
    if (!file) {
        if (data)
            host_file_close(data);
        if (security)
            MmFreeSystemPool(security);
        return result == HOST_OK ? STATUS_INSUFFICIENT_RESOURCES : fs_status(result);
    }
    file->Writer = data;
    file->Created = 0; /* an older file's, when the host gives its number to this one */
    fs_free_security(file);
    file->Security = security;
    remember(file, o->attributes);
    if (o->attributes & FILE_ATTRIBUTE_READONLY && !directory)
        (void)host_path_set_read_only(FS->Root, file->Path, true);
    status = attach(o, file);
    if (NT_SUCCESS(status) && !directory && o->allocation > 0)
        file->Allocated = o->allocation;
    *o->information = FILE_CREATED;
    fs_release(file);
    return status;
}

/* What speaks against opening what is there, before anybody else's opens are looked at. */
static NTSTATUS may_open(const struct opening *o, const struct fs_file *file)
{
    BOOLEAN directory = o->walk.about.kind == HOST_DIRECTORY, root = !o->walk.length;
    ULONG attributes = fs_attributes(file, &o->walk.about);
    if (file && file->DeletePending)
        return STATUS_DELETE_PENDING;
    if (o->disposition == FILE_CREATE)
        return STATUS_OBJECT_NAME_COLLISION;
    if (directory && o->options & FILE_NON_DIRECTORY_FILE)
        return STATUS_FILE_IS_A_DIRECTORY;
    if (!directory && o->options & FILE_DIRECTORY_FILE)
        return STATUS_NOT_A_DIRECTORY;
    if (!directory && o->slash)
        return STATUS_OBJECT_NAME_INVALID;
    if (directory && OVERWRITES(o->disposition))
        return STATUS_OBJECT_NAME_COLLISION;
    if (o->options & FILE_DELETE_ON_CLOSE && (root || attributes & FILE_ATTRIBUTE_READONLY))
        return STATUS_CANNOT_DELETE;
    if (attributes & FILE_ATTRIBUTE_READONLY && (o->access & WRITES || OVERWRITES(o->disposition)))
        return STATUS_ACCESS_DENIED;
    if (OVERWRITES(o->disposition) &&
        attributes & ~o->attributes & (FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

static NTSTATUS overwrite(struct opening *o, struct fs_file *file)
{
    if (file->Mapped)
        return STATUS_USER_MAPPED_FILE;
    enum host_result result = host_file_resize(file->Writer, 0);
    if (result != HOST_OK)
        return fs_status(result);
    file->Allocated = o->allocation > 0 ? o->allocation : 0;
    ULONG before = o->disposition == FILE_SUPERSEDE || !file->Remembered ? 0 : file->Attributes;
    remember(file, o->attributes | before);
    if (o->attributes & FILE_ATTRIBUTE_READONLY)
        (void)host_path_set_read_only(FS->Root, file->Path, true);
    *o->information = o->disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : FILE_OVERWRITTEN;
    return STATUS_SUCCESS;
}

/* What MAXIMUM_ALLOWED came to, which the others' sharing has to allow: not writing what is read-only. */
static ACCESS_MASK whole_access(const struct opening *o, const struct fs_file *file)
{
    ACCESS_MASK access = fs_is_checked(&o->who) ? o->who.state->PreviouslyGrantedAccess : FILE_ALL_ACCESS;
    return fs_attributes(file, &o->walk.about) & FILE_ATTRIBUTE_READONLY ? access & ~(ACCESS_MASK)WRITES
                                                                         : access;
}

static NTSTATUS open_found(struct opening *o)
{
    BOOLEAN overwrites = OVERWRITES(o->disposition);
    NTSTATUS status = may_open(o, fs_find(&o->walk.about));
    if (status == STATUS_OBJECT_NAME_COLLISION)
        *o->information = FILE_EXISTS;
    if (NT_SUCCESS(status))
        status = fs_check_open(&o->who, fs_find(&o->walk.about), o->walk.about.kind == HOST_DIRECTORY,
                               o->walk.path,
                               o->disposition == FILE_SUPERSEDE ? DELETE
                               : overwrites ? FILE_WRITE_DATA | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES
                                            : 0);
    if (!NT_SUCCESS(status))
        return status;
    struct fs_file *file = fs_get(&o->walk.about, o->walk.path);
    if (!file)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (o->access & MAXIMUM_ALLOWED)
        o->access = whole_access(o, file);
    /* Overwriting is writing, as far as the others' sharing goes. */
    ACCESS_MASK access = o->access;
    if (overwrites)
        access |= o->disposition == FILE_SUPERSEDE ? DELETE | FILE_WRITE_DATA : FILE_WRITE_DATA;
    status = IoCheckShareAccess(access, o->share, o->object, &file->Sharing, FALSE);
    if (NT_SUCCESS(status) && !file->Directory && (access & WRITES))
        status = fs_open_data(file, HOST_OPEN_WRITE);
    if (NT_SUCCESS(status) && !file->Directory && access & (FILE_READ_DATA | FILE_EXECUTE))
        status = fs_open_data(file, HOST_OPEN_READ);
    if (NT_SUCCESS(status))
        status = attach(o, file);
    if (NT_SUCCESS(status)) {
        *o->information = FILE_OPENED;
        if (overwrites)
            status = overwrite(o, file);
        if (!NT_SUCCESS(status)) { /* no cleanup and no close will come */
            IoRemoveShareAccess(o->object, &file->Sharing);
            free(o->object->FsContext2);
            o->object->FsContext = o->object->FsContext2 = NULL;
            file->Opens--;
            file->Handles--;
        }
    }
    fs_release(file);
    return status;
}

static NTSTATUS open_file(struct opening *o)
{
    NTSTATUS status = fs_walk(&o->walk, &o->name);
    if (NT_SUCCESS(status))
        return open_found(o);
    if (status != STATUS_OBJECT_NAME_NOT_FOUND && status != STATUS_OBJECT_PATH_NOT_FOUND)
        return status;
    *o->information = FILE_DOES_NOT_EXIST;
    BOOLEAN opens = o->disposition == FILE_OPEN || o->disposition == FILE_OPEN_IF;
    if (opens && fs_is_image(&o->name))
        return open_bare(o, FALSE);
    if (o->disposition == FILE_OPEN || o->disposition == FILE_OVERWRITE ||
        status == STATUS_OBJECT_PATH_NOT_FOUND)
        return status;
    return create_new(o);
}

/*
 * Where something is to be renamed to: the directory is opened, and the file object's name is what it will be
 * called there.
 */
static NTSTATUS open_target_directory(struct opening *o)
{
    size_t end = o->name.Length / sizeof(WCHAR), start = end;
    while (start && o->name.Buffer[start - 1] != L'\\')
        start--;
    char text[FS_PATH];
    if (o->slash || !start)
        return STATUS_OBJECT_NAME_INVALID;
    NTSTATUS status = fs_component(o->name.Buffer + start, end - start, text);
    if (!NT_SUCCESS(status))
        return status;
    status = fs_walk(&o->walk, &o->name);
    if (!NT_SUCCESS(status) && status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    ULONG_PTR information = NT_SUCCESS(status) ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
    size_t length = (end - start) * sizeof(WCHAR);
    PWSTR leaf = MmAllocateSystemPool(length + sizeof(WCHAR), IOP_TAG_NAME);
    if (!leaf)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(leaf, o->name.Buffer + start, length);
    leaf[length / sizeof(WCHAR)] = 0;
    UNICODE_STRING parent = {(USHORT)((start > 1 ? start - 1 : 1) * sizeof(WCHAR)), o->name.MaximumLength,
                             o->name.Buffer};
    status = fs_walk(&o->walk, &parent);
    struct fs_file *file = NULL;
    if (NT_SUCCESS(status) && o->walk.about.kind != HOST_DIRECTORY)
        status = STATUS_OBJECT_PATH_NOT_FOUND;
    if (NT_SUCCESS(status) && !(file = fs_get(&o->walk.about, o->walk.path)))
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(status) && file->DeletePending)
        status = STATUS_DELETE_PENDING;
    if (NT_SUCCESS(status))
        status = attach(o, file);
    if (NT_SUCCESS(status)) {
        MmFreeSystemPool(o->object->FileName.Buffer);
        o->object->FileName = (UNICODE_STRING){(USHORT)length, (USHORT)(length + sizeof(WCHAR)), leaf};
        *o->information = information;
    } else {
        MmFreeSystemPool(leaf);
    }
    if (file)
        fs_release(file);
    return status;
}

/* "\a\" names the directory \a; the root keeps its backslash. */
static void strip_slash(struct opening *o)
{
    size_t count = o->name.Length / sizeof(WCHAR);
    if (count < 2 || o->name.Buffer[count - 1] != L'\\' || o->name.Buffer[count - 2] == L'\\')
        return;
    o->name.Length -= sizeof(WCHAR);
    o->slash = TRUE;
}

NTSTATUS fs_create(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    PIO_SECURITY_CONTEXT security = stack->Parameters.Create.SecurityContext;
    struct opening o = {
        .object = stack->FileObject,
        .disposition = stack->Parameters.Create.Options >> 24,
        .options = stack->Parameters.Create.Options & 0xFFFFFF,
        .attributes = stack->Parameters.Create.FileAttributes,
        .share = stack->Parameters.Create.ShareAccess,
        .allocation = irp->Overlay.AllocationSize.QuadPart,
        .access = security->DesiredAccess,
        .who = {security->AccessState, security->DesiredAccess, irp->RequestorMode,
                (stack->Flags & SL_FORCE_ACCESS_CHECK) != 0},
        .information = information,
    };
    if (o.options & FILE_OPEN_BY_FILE_ID)
        return STATUS_NOT_SUPPORTED;
    fs_lock();
    NTSTATUS status = whole_name(o.object, &o.name);
    if (NT_SUCCESS(status)) {
        BOOLEAN volume = o.name.Length == 0;
        strip_slash(&o);
        if (!FS->Root)
            status = open_without_files(&o);
        else if (volume)
            status = open_bare(&o, TRUE);
        else if (stack->Flags & SL_OPEN_TARGET_DIRECTORY)
            status = open_target_directory(&o);
        else if (stack->Parameters.Create.EaLength && o.disposition != FILE_OPEN)
            status = STATUS_EAS_NOT_SUPPORTED;
        else if (o.slash && o.options & FILE_NON_DIRECTORY_FILE)
            status = STATUS_OBJECT_NAME_INVALID;
        else
            status = open_file(&o);
    }
    fs_unlock();
    if (o.name.Buffer)
        MmFreeSystemPool(o.name.Buffer);
    return status;
}
