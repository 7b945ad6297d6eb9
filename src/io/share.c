/*
 * Share access: who may open a file that others have open, kept by the driver in a SHARE_ACCESS, and for the
 * name by which it was opened (a hard link) in a LINK_SHARE_ACCESS. All under the caller's lock.
 */
#include "iop.h"

/* What one open does and what it lets others do: 1 or 0 each, so that they can be counted. */
struct wish {
    ULONG read, write, remove;
    ULONG share_read, share_write, share_delete;
};

static bool takes_part(const struct wish *w)
{
    return w->read || w->write || w->remove;
}

/* A file that takes no part shares nothing that could be counted. */
static struct wish wish_of(ACCESS_MASK access, ULONG share, ULONG flags)
{
    struct wish w = {
        .read = (access & (FILE_EXECUTE | FILE_READ_DATA)) != 0,
        .write = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0,
        .remove = (access & DELETE) != 0,
        .share_read = (share & FILE_SHARE_READ) != 0,
        .share_write = (share & FILE_SHARE_WRITE) != 0,
        .share_delete = (share & FILE_SHARE_DELETE) != 0,
    };
    /* Who may not write cannot lock out the other readers. */
    if ((flags & IO_SHARE_ACCESS_NO_WRITE_PERMISSION) && w.read)
        w.share_read = 1;
    return w;
}

static struct wish wish_of_file(PFILE_OBJECT file)
{
    return (struct wish){
        .read = file->ReadAccess != 0,
        .write = file->WriteAccess != 0,
        .remove = file->DeleteAccess != 0,
        .share_read = file->SharedRead != 0,
        .share_write = file->SharedWrite != 0,
        .share_delete = file->SharedDelete != 0,
    };
}

static void keep(PFILE_OBJECT file, const struct wish *w)
{
    file->ReadAccess = (BOOLEAN)w->read;
    file->WriteAccess = (BOOLEAN)w->write;
    file->DeleteAccess = (BOOLEAN)w->remove;
    if (!takes_part(w))
        return;
    file->SharedRead = (BOOLEAN)w->share_read;
    file->SharedWrite = (BOOLEAN)w->share_write;
    file->SharedDelete = (BOOLEAN)w->share_delete;
}

/*
 * one: 1 or (ULONG)-1. The counters are ULONGs that stand for themselves, so NT's arithmetic works on them.
 * Deleting a stream that is not the primary one leaves the link where it is.
 */
static void add(PSHARE_ACCESS share, PLINK_SHARE_ACCESS link, const struct wish *w, ULONG flags, ULONG one)
{
    if (!takes_part(w))
        return;
    share->OpenCount += one;
    share->Readers += w->read * one;
    share->Writers += w->write * one;
    share->Deleters += w->remove * one;
    share->SharedRead += w->share_read * one;
    share->SharedWrite += w->share_write * one;
    share->SharedDelete += w->share_delete * one;
    if (!link)
        return;
    link->OpenCount += one;
    link->Deleters += (flags & IO_SHARE_ACCESS_NON_PRIMARY_STREAM) ? 0 : w->remove * one;
    link->SharedDelete += w->share_delete * one;
}

static bool deletes_collide(const struct wish *w, ULONG opens, ULONG deleters, ULONG shared)
{
    return (w->remove && shared < opens) || (deleters && !w->share_delete);
}

static bool collides(const SHARE_ACCESS *share, const LINK_SHARE_ACCESS *link, const struct wish *w,
                     ULONG flags)
{
    if (!(flags & IO_CHECK_SHARE_ACCESS_DONT_CHECK_READ) &&
        ((w->read && share->SharedRead < share->OpenCount) || (share->Readers && !w->share_read)))
        return true;
    if (!(flags & IO_CHECK_SHARE_ACCESS_DONT_CHECK_WRITE) &&
        ((w->write && share->SharedWrite < share->OpenCount) || (share->Writers && !w->share_write)))
        return true;
    if (flags & IO_CHECK_SHARE_ACCESS_DONT_CHECK_DELETE)
        return false;
    if (link && !(flags & (IO_CHECK_SHARE_ACCESS_FORCE_USING_SCB | IO_SHARE_ACCESS_NON_PRIMARY_STREAM)))
        return deletes_collide(w, link->OpenCount, link->Deleters, link->SharedDelete);
    return deletes_collide(w, share->OpenCount, share->Deleters, share->SharedDelete);
}

static NTSTATUS check(ACCESS_MASK access, ULONG shared, PFILE_OBJECT file, PSHARE_ACCESS share,
                      PLINK_SHARE_ACCESS link, ULONG flags)
{
    struct wish w = wish_of(access, shared, flags);
    if (file && !(flags & IO_CHECK_SHARE_ACCESS_DONT_UPDATE_FILE_OBJECT))
        keep(file, &w);
    if (!takes_part(&w) && !(flags & IO_CHECK_SHARE_ACCESS_FORCE_CHECK))
        return STATUS_SUCCESS;
    if (collides(share, link, &w, flags))
        return STATUS_SHARING_VIOLATION;
    if (flags & IO_CHECK_SHARE_ACCESS_UPDATE_SHARE_ACCESS)
        add(share, link, &w, flags, 1);
    return STATUS_SUCCESS;
}

static void set(ACCESS_MASK access, ULONG shared, PFILE_OBJECT file, PSHARE_ACCESS share,
                PLINK_SHARE_ACCESS link, ULONG flags)
{
    struct wish w = wish_of(access, shared, flags);
    keep(file, &w);
    memset(share, 0, sizeof *share);
    if (link)
        memset(link, 0, sizeof *link);
    add(share, link, &w, flags, 1);
}

/* NULL: nobody looked whether the user may write. */
static ULONG permission_flags(const BOOLEAN *may_write)
{
    return may_write && !*may_write ? IO_SHARE_ACCESS_NO_WRITE_PERMISSION : 0;
}

/* The first open of a file: ShareAccess is set up from it. (WDK: IoSetShareAccess) */
VOID NTAPI IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                            PSHARE_ACCESS ShareAccess)
{
    GATE(IoSetShareAccess, DesiredAccess, DesiredShareAccess, FileObject, ShareAccess);
    set(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, NULL, 0);
}

/* WritePermission may be NULL; if it is FALSE, the open shares reading whatever it asks. (WDK:
 * IoSetShareAccessEx) */
VOID NTAPI IoSetShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                              PSHARE_ACCESS ShareAccess, PBOOLEAN WritePermission)
{
    GATE(IoSetShareAccessEx, DesiredAccess, DesiredShareAccess, FileObject, ShareAccess);
    set(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, NULL, permission_flags(WritePermission));
}

/* LinkShareAccess may be NULL. (WDK: IoSetLinkShareAccess) */
VOID NTAPI IoSetLinkShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                                PSHARE_ACCESS ShareAccess, PLINK_SHARE_ACCESS LinkShareAccess,
                                ULONG IoShareAccessFlags)
{
    GATE(IoSetLinkShareAccess, DesiredAccess, DesiredShareAccess, FileObject, ShareAccess);
    set(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, LinkShareAccess, IoShareAccessFlags);
}

/*
 * Whether one more open is compatible with those there are. STATUS_SHARING_VIOLATION if not; otherwise, and
 * if Update, it is counted. (WDK: IoCheckShareAccess)
 */
NTSTATUS NTAPI IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                  PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess, BOOLEAN Update)
{
    GATE(IoCheckShareAccess, DesiredAccess, DesiredShareAccess, FileObject, ShareAccess);
    return check(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, NULL,
                 Update ? IO_CHECK_SHARE_ACCESS_UPDATE_SHARE_ACCESS : 0);
}

/* As IoCheckShareAccess; WritePermission as in IoSetShareAccessEx. (WDK: IoCheckShareAccessEx) */
NTSTATUS NTAPI IoCheckShareAccessEx(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                    PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess, BOOLEAN Update,
                                    PBOOLEAN WritePermission)
{
    GATE(IoCheckShareAccessEx, DesiredAccess, DesiredShareAccess, FileObject, ShareAccess);
    ULONG flags = permission_flags(WritePermission);
    return check(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, NULL,
                 flags | (Update ? IO_CHECK_SHARE_ACCESS_UPDATE_SHARE_ACCESS : 0));
}

/*
 * As IoCheckShareAccess, with deletes checked against the link's counts if there is a LinkShareAccess, and
 * with the IO_(CHECK_)SHARE_ACCESS flags. FileObject may be NULL. (WDK: IoCheckLinkShareAccess)
 */
NTSTATUS NTAPI IoCheckLinkShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                      PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                      PLINK_SHARE_ACCESS LinkShareAccess, ULONG IoShareAccessFlags)
{
    GATE(IoCheckLinkShareAccess, DesiredAccess, DesiredShareAccess, FileObject, ShareAccess);
    return check(DesiredAccess, DesiredShareAccess, FileObject, ShareAccess, LinkShareAccess,
                 IoShareAccessFlags);
}

static void count(PFILE_OBJECT file, PSHARE_ACCESS share, PLINK_SHARE_ACCESS link, ULONG flags, ULONG one)
{
    struct wish w = wish_of_file(file);
    add(share, link, &w, flags, one);
}

/* Counts an open that IoCheckShareAccess found compatible without counting it. (WDK: IoUpdateShareAccess) */
VOID NTAPI IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    GATE(IoUpdateShareAccess, FileObject, ShareAccess);
    count(FileObject, ShareAccess, NULL, 0, 1);
}

VOID NTAPI IoUpdateLinkShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                   PLINK_SHARE_ACCESS LinkShareAccess)
{
    GATE(IoUpdateLinkShareAccess, FileObject, ShareAccess, LinkShareAccess);
    count(FileObject, ShareAccess, LinkShareAccess, 0, 1);
}

/* Of the flags only IO_SHARE_ACCESS_NON_PRIMARY_STREAM means something. (WDK: IoUpdateLinkShareAccessEx) */
VOID NTAPI IoUpdateLinkShareAccessEx(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                     PLINK_SHARE_ACCESS LinkShareAccess, ULONG IoShareAccessFlags)
{
    GATE(IoUpdateLinkShareAccessEx, FileObject, ShareAccess, LinkShareAccess, IoShareAccessFlags);
    count(FileObject, ShareAccess, LinkShareAccess, IoShareAccessFlags, 1);
}

/* An open goes. (WDK: IoRemoveShareAccess) */
VOID NTAPI IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    GATE(IoRemoveShareAccess, FileObject, ShareAccess);
    count(FileObject, ShareAccess, NULL, 0, (ULONG)-1);
}

VOID NTAPI IoRemoveLinkShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                   PLINK_SHARE_ACCESS LinkShareAccess)
{
    GATE(IoRemoveLinkShareAccess, FileObject, ShareAccess, LinkShareAccess);
    count(FileObject, ShareAccess, LinkShareAccess, 0, (ULONG)-1);
}

VOID NTAPI IoRemoveLinkShareAccessEx(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess,
                                     PLINK_SHARE_ACCESS LinkShareAccess, ULONG IoShareAccessFlags)
{
    GATE(IoRemoveLinkShareAccessEx, FileObject, ShareAccess, LinkShareAccess, IoShareAccessFlags);
    count(FileObject, ShareAccess, LinkShareAccess, IoShareAccessFlags, (ULONG)-1);
}
