/*
 * Share access: who may open a file that others have open, kept by the driver in a SHARE_ACCESS.
 */
#include "iop.h"

static BOOLEAN takes_part(PFILE_OBJECT file)
{
    return file->ReadAccess || file->WriteAccess || file->DeleteAccess;
}

static void set_access(PFILE_OBJECT file, ACCESS_MASK access, ULONG share)
{
    file->ReadAccess = (access & (FILE_EXECUTE | FILE_READ_DATA)) != 0;
    file->WriteAccess = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    file->DeleteAccess = (access & DELETE) != 0;
    if (!takes_part(file))
        return;
    file->SharedRead = (share & FILE_SHARE_READ) != 0;
    file->SharedWrite = (share & FILE_SHARE_WRITE) != 0;
    file->SharedDelete = (share & FILE_SHARE_DELETE) != 0;
}

/* Under the caller's lock, as all of these. The counters are ULONGs that stand for themselves, so NT's
 * arithmetic works on them. */
static void add(PSHARE_ACCESS share, PFILE_OBJECT file, ULONG one)
{
    share->OpenCount += one;
    share->Readers += file->ReadAccess ? one : 0;
    share->Writers += file->WriteAccess ? one : 0;
    share->Deleters += file->DeleteAccess ? one : 0;
    share->SharedRead += file->SharedRead ? one : 0;
    share->SharedWrite += file->SharedWrite ? one : 0;
    share->SharedDelete += file->SharedDelete ? one : 0;
}

/* The first open of a file: ShareAccess is set up from it. (WDK: IoSetShareAccess) */
VOID NTAPI IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                            PSHARE_ACCESS ShareAccess)
{
    GATE(IoSetShareAccess, DesiredAccess, DesiredShareAccess, FileObject, ShareAccess);
    set_access(FileObject, DesiredAccess, DesiredShareAccess);
    memset(ShareAccess, 0, sizeof *ShareAccess);
    if (takes_part(FileObject))
        add(ShareAccess, FileObject, 1);
}

/*
 * Whether one more open is compatible with those there are. STATUS_SHARING_VIOLATION if not; otherwise, and
 * if Update, it is counted. (WDK: IoCheckShareAccess)
 */
NTSTATUS NTAPI IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                  PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess, BOOLEAN Update)
{
    GATE(IoCheckShareAccess, DesiredAccess, DesiredShareAccess, FileObject, ShareAccess);
    set_access(FileObject, DesiredAccess, DesiredShareAccess);
    if (!takes_part(FileObject))
        return STATUS_SUCCESS;
    if ((FileObject->ReadAccess && ShareAccess->SharedRead < ShareAccess->OpenCount) ||
        (FileObject->WriteAccess && ShareAccess->SharedWrite < ShareAccess->OpenCount) ||
        (FileObject->DeleteAccess && ShareAccess->SharedDelete < ShareAccess->OpenCount) ||
        (ShareAccess->Readers && !FileObject->SharedRead) ||
        (ShareAccess->Writers && !FileObject->SharedWrite) ||
        (ShareAccess->Deleters && !FileObject->SharedDelete))
        return STATUS_SHARING_VIOLATION;
    if (Update)
        add(ShareAccess, FileObject, 1);
    return STATUS_SUCCESS;
}

/* Counts an open that IoCheckShareAccess found compatible without counting it. (WDK: IoUpdateShareAccess) */
VOID NTAPI IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    GATE(IoUpdateShareAccess, FileObject, ShareAccess);
    if (takes_part(FileObject))
        add(ShareAccess, FileObject, 1);
}

/* An open goes. (WDK: IoRemoveShareAccess) */
VOID NTAPI IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    GATE(IoRemoveShareAccess, FileObject, ShareAccess);
    if (takes_part(FileObject))
        add(ShareAccess, FileObject, (ULONG)-1);
}
