/*
 * Private to the internal file system (fs*.c), the volume C:.
 *
 *   fs.c        the driver: start, stop, driver images as files, the dispatch routines' frame
 *   fsname.c    NT names to host paths and back; wildcards
 *   fsrtl.c     FsRtl*: names in expressions
 *   fscreate.c  opening
 *   fsdata.c    reading, writing, flushing, cleanup, close
 *   fsinfo.c    information about files and volumes
 *   fsset.c     what changes a file: times, size, name, deletion
 *   fsdir.c     listing directories
 *   fslock.c    byte-range locks
 *   fssecurity.c who may do what
 *   fsmap.c     files under sections
 *
 * A file object's FsContext is the fs_file that all opens of one host file share, FsContext2 its own fs_open. A
 * file object without either is a driver's image, the volume itself, or the root directory of a machine without
 * files.
 *
 * fs_volume.Lock guards all of it but the contents: reads and writes at an offset go to the host side by side.
 * It is never held while an IRP is completed.
 */
#pragma once

#include "iop.h"

#define FS_PATH    4096 /* bytes of a host path below the root */
#define FS_NAME    256  /* characters of one component, and one more */
#define FS_CLUSTER 4096

struct fs_file {
    struct fs_file *Next;
    ULONGLONG Device, Id;
    SHARE_ACCESS Sharing;
    ULONG Opens;   /* file objects not yet closed */
    ULONG Handles; /* those not yet cleaned up */
    ULONG Mapped;  /* sections on it: it cannot become shorter */
    BOOLEAN Directory, DeletePending, Deleted;
    /* What the host has no place for is remembered as long as the machine runs. */
    BOOLEAN Remembered;
    ULONG Attributes;
    LONGLONG Created;   /* 0: the host's */
    LONGLONG Allocated; /* as much as was asked for, while it is open */
    struct host_file *Reader, *Writer; /* opened when first needed; loaded without the lock */
    char *Path;                        /* from malloc */
    PSECURITY_DESCRIPTOR Security; /* in system pool; NULL: what all have */
    struct fs_lock *Locks; /* fslock.c; loaded without the lock to see whether there are any */
};

struct fs_open {
    BOOLEAN DeleteOnClose;
    BOOLEAN Posix;        /* its delete takes the name at once, whoever else has the file */
    BOOLEAN Scanned;      /* the pattern is fixed */
    BOOLEAN MatchesAll;
    UNICODE_STRING Pattern; /* in upper case; from malloc */
    struct fs_entry *Entries;
    ULONG Count, Next;
};

struct fs_volume {
    KMUTEX Lock;
    struct host_root *Root; /* NULL: no files */
    struct fs_file *Files;
    PSECURITY_DESCRIPTOR Security[2]; /* what files have, and directories, when nobody has said more; made when first needed */
    IO_CSQ LockQueue; /* of IRP_MN_LOCK requests */
    LIST_ENTRY LockWaiters;
    KSPIN_LOCK LockQueueLock;
};
#define FS (IOP->volume)

static inline void fs_lock(void)
{
    KeWaitForSingleObject(&FS->Lock, Executive, KernelMode, FALSE, NULL);
}
static inline void fs_unlock(void)
{
    KeReleaseMutex(&FS->Lock, FALSE);
}
static inline struct fs_file *fs_file_of(PFILE_OBJECT file)
{
    return file->FsContext;
}

/* --- fs.c --- */

NTSTATUS fs_status(enum host_result); /* of a name's last component: HOST_MISSING is STATUS_OBJECT_NAME_NOT_FOUND */
BOOLEAN fs_is_image(PCUNICODE_STRING path);
/* The file that is open or remembered, or NULL. */
struct fs_file *fs_find(const struct host_about *);
/* Found or made, not yet counted; NULL: no memory. */
struct fs_file *fs_get(const struct host_about *, const char *path);
void fs_release(struct fs_file *); /* frees it, unless it is open or something has to be remembered */
LONGLONG fs_allocated(const struct fs_file *, ULONGLONG size); /* the file may be NULL */
ULONG fs_attributes(const struct fs_file *, const struct host_about *); /* the file may be NULL */

/* --- fsname.c --- */

struct fs_walk {
    char path[FS_PATH]; /* where it is, or would be */
    size_t length;
    BOOLEAN found;
    ULONG links;
    struct host_about about; /* when found */
};
/*
 * From "\a\b" to the host's file. STATUS_OBJECT_NAME_NOT_FOUND: only the last component is missing;
 * STATUS_OBJECT_PATH_NOT_FOUND, _NAME_INVALID; STATUS_ACCESS_DENIED: a link leads out of the root.
 */
NTSTATUS fs_walk(struct fs_walk *, PCUNICODE_STRING name);
NTSTATUS fs_append(struct fs_walk *, const char *name, size_t length);
/* One component as the host spells it, terminated; STATUS_OBJECT_NAME_INVALID. */
NTSTATUS fs_component(PCWSTR name, size_t length, char text[FS_PATH]);
/* The host's name; FALSE: it is none on NT. */
BOOLEAN fs_name(const char *host, WCHAR name[FS_NAME], size_t *length);
/* "\a\b" in system pool. */
NTSTATUS fs_full_name(const char *path, PUNICODE_STRING name);
/* Both in upper case already; with NT's five wildcards. */
BOOLEAN fs_matches(PCUNICODE_STRING pattern, PCUNICODE_STRING name);
BOOLEAN fs_has_wildcards(PCUNICODE_STRING);

/* --- fssecurity.c; under the lock --- */

struct fs_opener {
    PACCESS_STATE state;
    ACCESS_MASK desired;
    KPROCESSOR_MODE mode;
    BOOLEAN forced; /* checked even in kernel mode */
};
static inline bool fs_is_checked(const struct fs_opener *who)
{
    return who->mode == UserMode || who->forced;
}
NTSTATUS fs_check_open(const struct fs_opener *, const struct fs_file *, BOOLEAN directory, const char *path, ACCESS_MASK more);
NTSTATUS fs_check_create(const struct fs_opener *, const char *path, BOOLEAN directory);
NTSTATUS fs_new_security(const struct fs_opener *, const char *path, BOOLEAN directory, PSECURITY_DESCRIPTOR *own);
void fs_free_security(struct fs_file *);

/* --- fslock.c --- */

void fs_start_locks(struct fs_volume *);
/* STATUS_FILE_LOCK_CONFLICT: the range, which is not empty, is not to be read or written. */
NTSTATUS fs_check_locks(struct fs_file *, PIRP, LONGLONG offset, ULONG length, ULONG key, BOOLEAN writes);
void fs_drop_locks(struct fs_file *, PFILE_OBJECT); /* its last handle is gone */
void fs_free_locks(struct fs_file *);

/* Requests that drivers build have not passed the I/O manager: the class's shortest buffer. */
static inline NTSTATUS fs_check_length(struct iop_class class, ULONG length)
{
    if (!class.length)
        return STATUS_INVALID_PARAMETER;
    return length < class.length ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS;
}

/* --- the dispatch routines: what they return completes the IRP with *information, unless it is STATUS_PENDING --- */

iop_routine fs_create, fs_cleanup, fs_close, fs_read, fs_write, fs_flush, fs_query, fs_set, fs_query_volume,
    fs_directory, fs_lock_control, fs_query_security, fs_set_security, fs_no_attributes;
/* Opens the host's file for the transfers to come. Under the lock. */
NTSTATUS fs_open_data(struct fs_file *, enum host_open);
BOOLEAN fs_is_empty(const char *path);
void fs_forget_scan(struct fs_open *);
extern const struct mm_files fs_mapped_files;
