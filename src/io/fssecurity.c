/*
 * The internal file system: who may do what with a file. The host keeps no descriptors: what is set, and what
 * a new file gets from its directory, is remembered as long as the machine runs; every other file has what
 * Windows gives to those below C:\.
 *
 * Checked are opens in user mode, and those in kernel mode that ask for it (OBJ_FORCE_ACCESS_CHECK,
 * IO_FORCE_ACCESS_CHECK); an impersonating thread opens as its client.
 */
#include "fs.h"
#include "iop.h"

#include "../se/se.h"

/* --- descriptors --- */

/* Full access for administrators and the system, changes for those who have logged on, reading for users. */
#define FILE_DEFAULT L"O:BAG:SYD:AI(A;ID;FA;;;BA)(A;ID;FA;;;SY)(A;ID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)"
#define DIRECTORY_DEFAULT                                                                                    \
    L"O:BAG:SYD:AI(A;OICIID;FA;;;BA)(A;OICIID;FA;;;SY)(A;OICIID;0x1200a9;;;BU)(A;OICIID;0x1301bf;;;AU)"

/* The file's own, or everybody's; under the lock. NULL: no memory. */
static PSECURITY_DESCRIPTOR descriptor_of(const struct fs_file *file, BOOLEAN directory)
{
    if (file && file->Security)
        return file->Security;
    PSECURITY_DESCRIPTOR *slot = &FS->Security[directory != FALSE];
    if (!*slot) {
        UNICODE_STRING text;
        RtlInitUnicodeString(&text, directory ? DIRECTORY_DEFAULT : FILE_DEFAULT);
        if (!NT_SUCCESS(SeDescriptorFromText(&text, slot)))
            *slot = NULL;
    }
    return *slot;
}

void fs_free_security(struct fs_file *file)
{
    if (file->Security)
        MmFreeSystemPool(file->Security);
    file->Security = NULL;
}

/* Takes a descriptor from pool over. */
static NTSTATUS to_system_pool(PSECURITY_DESCRIPTOR made, PSECURITY_DESCRIPTOR *own)
{
    ULONG length = RtlLengthSecurityDescriptor(made);
    *own = MmAllocateSystemPool(length, IOP_TAG_MISC);
    if (*own)
        memcpy(*own, made, length);
    SeDeassignSecurity(&made);
    return *own ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* --- opening --- */

static NTSTATUS check(PSECURITY_DESCRIPTOR descriptor, PACCESS_STATE state, ACCESS_MASK desired,
                      PACCESS_MASK granted)
{
    PPRIVILEGE_SET used = NULL;
    NTSTATUS status;
    if (!descriptor)
        return STATUS_INSUFFICIENT_RESOURCES;
    SeAccessCheck(descriptor, &state->SubjectSecurityContext, FALSE, desired, 0, &used,
                  (PGENERIC_MAPPING)&iop_file_mapping, UserMode, granted, &status);
    if (used) {
        SeAppendPrivileges(state, used);
        SeFreePrivileges(used);
    }
    return status;
}

/* The directory of what is at the path: its descriptor, under the lock. */
static PSECURITY_DESCRIPTOR of_parent(const char *path)
{
    char text[FS_PATH];
    struct host_about about;
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    memcpy(text, path, length);
    text[length] = 0;
    bool found = host_path_about(FS->Root, text, &about) == HOST_OK;
    return descriptor_of(found ? fs_find(&about) : NULL, TRUE);
}

/*
 * The access asked for to a file that is there, and `more` because of what is to be done with it. Who may
 * delete what is in the directory may delete the file, and who may list it may read the file's attributes.
 * STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD, STATUS_BAD_IMPERSONATION_LEVEL.
 */
NTSTATUS fs_check_open(const struct fs_opener *who, const struct fs_file *file, BOOLEAN directory,
                       const char *path, ACCESS_MASK more)
{
    static const struct {
        ACCESS_MASK right, parents;
    } lent[] = {{DELETE, FILE_DELETE_CHILD}, {FILE_READ_ATTRIBUTES, FILE_LIST_DIRECTORY}};
    PACCESS_STATE state = who->state;
    ACCESS_MASK desired = who->desired | more, granted = 0, by_parent = 0, unused;
    if (!fs_is_checked(who))
        return STATUS_SUCCESS;
    if (!desired) /* an open without rights is none of the descriptor's */
        return STATUS_SUCCESS;
    for (size_t i = 0; *path && i < sizeof lent / sizeof lent[0]; i++)
        if (desired & lent[i].right && NT_SUCCESS(check(of_parent(path), state, lent[i].parents, &unused)))
            by_parent |= lent[i].right;
    NTSTATUS status = STATUS_SUCCESS;
    if (desired & ~by_parent)
        status = check(descriptor_of(file, directory), state, desired & ~by_parent, &granted);
    if (!NT_SUCCESS(status))
        return status;
    if (desired & MAXIMUM_ALLOWED)
        state->PreviouslyGrantedAccess |= granted | by_parent;
    state->RemainingDesiredAccess &= ~(granted | by_parent | MAXIMUM_ALLOWED);
    state->PreviouslyGrantedAccess |= who->desired & (granted | by_parent);
    return STATUS_SUCCESS;
}

/* Whether the directory takes a new file. The maker has all access that he asks for to what he makes. */
NTSTATUS fs_check_create(const struct fs_opener *who, const char *path, BOOLEAN directory)
{
    ACCESS_MASK granted;
    return fs_is_checked(who) ? check(of_parent(path), who->state,
                                      directory ? FILE_ADD_SUBDIRECTORY : FILE_ADD_FILE, &granted)
                              : STATUS_SUCCESS;
}

/*
 * A new file's own descriptor, in system pool: the one given, and what the directory hands down. NULL: as it
 * is without one. STATUS_INVALID_OWNER, STATUS_PRIVILEGE_NOT_HELD.
 */
NTSTATUS fs_new_security(const struct fs_opener *who, const char *path, BOOLEAN directory,
                         PSECURITY_DESCRIPTOR *own)
{
    PSECURITY_DESCRIPTOR parent = of_parent(path), given = who->state->SecurityDescriptor, made;
    *own = NULL;
    if (!fs_is_checked(who) && !given && parent == FS->Security[1])
        return STATUS_SUCCESS;
    NTSTATUS status = SeAssignSecurity(parent, given, &made, directory, &who->state->SubjectSecurityContext,
                                       (PGENERIC_MAPPING)&iop_file_mapping, PagedPool);
    return NT_SUCCESS(status) ? to_system_pool(made, own) : status;
}

/* --- asking and changing --- */

/* STATUS_BUFFER_OVERFLOW, with the length needed. */
NTSTATUS fs_query_security(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    struct fs_file *file = fs_file_of(stack->FileObject);
    SECURITY_INFORMATION what = stack->Parameters.QuerySecurity.SecurityInformation;
    ULONG length = stack->Parameters.QuerySecurity.Length;
    fs_lock();
    PSECURITY_DESCRIPTOR descriptor = descriptor_of(file, !file || file->Directory);
    NTSTATUS status = descriptor ? SeQuerySecurityDescriptorInfo(&what, irp->UserBuffer, &length, &descriptor)
                                 : STATUS_INSUFFICIENT_RESOURCES;
    fs_unlock();
    if (status == STATUS_BUFFER_TOO_SMALL)
        status = STATUS_BUFFER_OVERFLOW;
    if (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW)
        *information = length;
    return status;
}

NTSTATUS fs_set_security(PIRP irp, PIO_STACK_LOCATION stack, ULONG_PTR *information)
{
    struct fs_file *file = fs_file_of(stack->FileObject);
    SECURITY_INFORMATION what = stack->Parameters.SetSecurity.SecurityInformation;
    (void)irp, (void)information;
    if (!file)
        return STATUS_INVALID_PARAMETER;
    fs_lock();
    PSECURITY_DESCRIPTOR now = descriptor_of(file, file->Directory), own;
    NTSTATUS status =
        now ? SeSetSecurityDescriptorInfo(NULL, &what, stack->Parameters.SetSecurity.SecurityDescriptor, &now,
                                          PagedPool, (PGENERIC_MAPPING)&iop_file_mapping)
            : STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(status))
        status = to_system_pool(now, &own);
    if (NT_SUCCESS(status)) {
        fs_free_security(file);
        file->Security = own;
    }
    fs_unlock();
    return status;
}
